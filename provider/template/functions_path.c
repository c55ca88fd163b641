/* Paths and URLs. Those for the system's files (osBase ...) do the same: ours is Unix. */
#include "template/convert.h"
#include "template/template.h"
#include "template/uri.h"

/* --- paths ---------------------------------------------------------------------------- */
static struct text first(struct text t, size_t len)
{
    return (struct text){t.at, len};
}

/* Bytes up to the last slash and with it. */
static size_t folder_len(struct text path)
{
    size_t len = path.len;

    while (len && path.at[len - 1] != '/')
        len--;
    return len;
}

/* Takes the last element away. */
static void go_up(struct text_builder *b, size_t floor)
{
    while (b->len > floor && b->at[b->len - 1] != '/')
        b->len--;
    if (b->len > floor)
        b->len--;
}

/* The shortest path to the same place: no "//", no ".", ".." only at its beginning. */
static struct text clean(struct arena *a, struct text path)
{
    bool rooted = text_starts_with(path, "/");
    struct text_builder b;
    struct text element;
    size_t floor = rooted; /* nothing before it can be taken away */

    text_builder_init(&b, a, path.len + 1);
    if (rooted)
        text_add_char(&b, '/');
    while (text_split(&path, '/', &element)) {
        bool up = text_is(element, "..");

        if (!element.len || text_is(element, "."))
            continue;
        if (up && (b.len > floor || rooted)) {
            go_up(&b, floor);
            continue;
        }
        if (b.len > rooted)
            text_add_char(&b, '/');
        text_add(&b, element);
        if (up)
            floor = b.len;
    }
    return b.len ? text_built(&b) : TEXT(".");
}

static const struct datum *run_clean(struct function_call *f)
{
    return datum_string(f->arena, clean(f->arena, function_text(f, 0)));
}

static const struct datum *run_base(struct function_call *f)
{
    struct text path = function_text(f, 0);
    bool empty = !path.len;
    size_t folder;

    while (path.len && path.at[path.len - 1] == '/')
        path.len--;
    folder = folder_len(path);
    path = (struct text){path.at + folder, path.len - folder};
    return datum_string(f->arena, path.len ? path : empty ? TEXT(".") : TEXT("/"));
}

static const struct datum *run_dir(struct function_call *f)
{
    struct text path = function_text(f, 0);

    return datum_string(f->arena, clean(f->arena, first(path, folder_len(path))));
}

static const struct datum *run_ext(struct function_call *f)
{
    struct text path = function_text(f, 0);

    for (size_t i = path.len; i > 0 && path.at[i - 1] != '/'; i--)
        if (path.at[i - 1] == '.')
            return datum_string(f->arena, (struct text){path.at + i - 1, path.len - i + 1});
    return &datum_empty_string;
}

static const struct datum *run_is_absolute(struct function_call *f)
{
    return datum_bool(text_starts_with(function_text(f, 0), "/"));
}

/* --- URLs ------------------------------------------------------------------------------ */
static void set(struct function_call *f, const struct datum *map, const char *key, struct text t)
{
    datum_set(map, text_of(key), datum_string(f->arena, t));
}

static const struct datum *run_url_parse(struct function_call *f)
{
    const struct datum *out = datum_map_new(f->arena);
    struct text_builder user;
    struct uri uri;
    const char *error = uri_read(f->arena, function_text(f, 0), &uri);

    if (error)
        return function_fail(f, "unable to parse url: %s", error);
    text_builder_init(&user, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    uri_print_user(&user, &uri);
    set(f, out, "scheme", uri.scheme);
    set(f, out, "host", uri.host);
    set(f, out, "hostname", uri_hostname(&uri));
    set(f, out, "path", uri.path);
    set(f, out, "query", uri.query);
    set(f, out, "opaque", uri.opaque);
    set(f, out, "fragment", uri.fragment);
    set(f, out, "userinfo", text_built(&user));
    return out;
}

/* An absent part is empty; false and reported when it is no text. */
static bool get(struct function_call *f, const char *key, struct text *out)
{
    const struct datum *d = datum_get_z(function_argument(f, 0), key);

    *out = d && d->kind == DATUM_STRING ? d->text : (struct text){"", 0};
    if (!d || d->kind == DATUM_STRING)
        return true;
    if (d->kind == DATUM_NIL)
        convert_nil_error(f);
    else
        function_fail(f, "unable to parse %s key, must be of type string, but %s found", key,
                      datum_kind_name(d));
    return false;
}

static const struct datum *run_url_join(struct function_call *f)
{
    struct uri uri = {0}, user;
    struct text_builder b;
    struct text words;
    const char *error;

    if (!get(f, "scheme", &uri.scheme) || !get(f, "host", &uri.host) ||
        !get(f, "path", &uri.path) || !get(f, "query", &uri.query) ||
        !get(f, "opaque", &uri.opaque) || !get(f, "fragment", &uri.fragment) ||
        !get(f, "userinfo", &words))
        return NULL;
    if (words.len) {
        text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
        text_add_z(&b, "proto://");
        text_add(&b, words);
        text_add_z(&b, "@host");
        if ((error = uri_read(f->arena, text_built(&b), &user)))
            return function_fail(f, "unable to parse userinfo in dict: %s", error);
        uri.has_user = user.has_user;
        uri.has_password = user.has_password;
        uri.user = user.user;
        uri.password = user.password;
    }
    text_builder_init(&b, f->arena, TEMPLATE_OUTPUT_BYTES_MAX);
    uri_print(&b, &uri);
    return convert_built(f, &b);
}

const struct function functions_path[] = {
    {"base", "s", run_base, 0},
    {"dir", "s", run_dir, 0},
    {"ext", "s", run_ext, 0},
    {"clean", "s", run_clean, 0},
    {"isAbs", "s", run_is_absolute, 0},
    {"osBase", "s", run_base, 0},
    {"osDir", "s", run_dir, 0},
    {"osExt", "s", run_ext, 0},
    {"osClean", "s", run_clean, 0},
    {"osIsAbs", "s", run_is_absolute, 0},
    {"urlParse", "s", run_url_parse, 0},
    {"urlJoin", "m", run_url_join, 0},
    {0},
};
