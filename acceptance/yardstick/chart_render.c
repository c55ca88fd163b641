/* chart-render - prints what `helm template` prints, with the engine of the plugin.
 *
 *   chart-render [NAME] CHART [options]
 *     -f, --values FILE        a values file; "-" is standard input
 *     --set, --set-string, --set-file, --set-json, --set-literal EXPRESSION
 *     --name NAME              of the release: release-name
 *     -n, --namespace NAME     default
 *     --kube-version V         the server's; -a, --api-versions V[,V...] more of it
 *     --is-upgrade  --include-crds  --no-hooks  --skip-tests  --skip-schema-validation
 *     -s, --show-only FILE     documents of templates/... alone
 *     --notes                  the notes instead of the objects
 *     --repeat N               renders N times and prints once: for measuring
 *
 * CHART is a folder or a .tgz. Errors go to stderr, then the status is 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/yml.h"
#include "helm/folder.h"
#include "helm/ignore.h"
#include "helm/manifest.h"
#include "helm/render.h"
#include "helm/set_expression.h"
#include "helm/values.h"

enum { ARGUMENTS_MAX = 256 };

struct given {
    const char *all[ARGUMENTS_MAX];
    size_t count;
};

struct options {
    struct given positional, files, sets[SET_LITERAL + 1], show_only, api_versions;
    const char *name, *namespace, *kube_version;
    bool is_upgrade, include_crds, no_hooks, skip_tests, skip_schema, notes;
    long repeat;
};

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "chart-render: %s%s\n", why, what);
    return 2;
}

/* --- arguments --------------------------------------------------------------- */

static struct given *list_of(struct options *o, const char *option)
{
    const struct {
        const char *name, *letter;
        struct given *list;
    } rows[] = {
        {"--values", "-f", &o->files},
        {"--set", "", &o->sets[SET_AUTO]},
        {"--set-string", "", &o->sets[SET_STRING]},
        {"--set-file", "", &o->sets[SET_FILE]},
        {"--set-json", "", &o->sets[SET_JSON]},
        {"--set-literal", "", &o->sets[SET_LITERAL]},
        {"--show-only", "-s", &o->show_only},
        {"--api-versions", "-a", &o->api_versions},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strcmp(option, rows[i].name) == 0 || strcmp(option, rows[i].letter) == 0)
            return rows[i].list;
    return NULL;
}

static const char **text_of_option(struct options *o, const char *option)
{
    if (strcmp(option, "--name") == 0)
        return &o->name;
    if (strcmp(option, "--namespace") == 0 || strcmp(option, "-n") == 0)
        return &o->namespace;
    if (strcmp(option, "--kube-version") == 0)
        return &o->kube_version;
    return NULL;
}

static bool *flag_of(struct options *o, const char *option)
{
    const struct {
        const char *name;
        bool *flag;
    } rows[] = {
        {"--is-upgrade", &o->is_upgrade},
        {"--include-crds", &o->include_crds},
        {"--no-hooks", &o->no_hooks},
        {"--skip-tests", &o->skip_tests},
        {"--skip-schema-validation", &o->skip_schema},
        {"--notes", &o->notes},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strcmp(option, rows[i].name) == 0)
            return rows[i].flag;
    return NULL;
}

static bool add(struct given *list, const char *value)
{
    if (list->count < ARGUMENTS_MAX)
        list->all[list->count] = value;
    return list->count++ < ARGUMENTS_MAX;
}

/* "--name=value" counts as two. *at moves to the last argument that was used. */
static const char *value_behind(int argc, char **argv, int *at, const char *equals)
{
    if (equals)
        return equals + 1;
    return *at + 1 < argc ? argv[++*at] : NULL;
}

static int read_option(struct arena *a, struct options *o, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    const char *option = equals ? text_z(a, (struct text){word, (size_t)(equals - word)}) : word;
    const char *value;

    if (flag_of(o, option))
        return *flag_of(o, option) = true, 0;
    value = value_behind(argc, argv, at, equals);
    if (!value)
        return usage("no value behind ", option);
    if (list_of(o, option))
        return add(list_of(o, option), value) ? 0 : usage("too many of ", option);
    if (text_of_option(o, option))
        return *text_of_option(o, option) = value, 0;
    if (strcmp(option, "--repeat") != 0)
        return usage("unknown option ", option);
    o->repeat = strtol(value, NULL, 10);
    return 0;
}

static int read_options(struct arena *a, struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int status = 0;

        if (argv[i][0] == '-' && argv[i][1])
            status = read_option(a, o, argc, argv, &i);
        else if (!add(&o->positional, argv[i]))
            status = usage("too many arguments", "");
        if (status)
            return status;
    }
    if (o->positional.count == 2)
        o->name = o->positional.all[0];
    if (o->positional.count < 1 || o->positional.count > 2)
        return usage("usage: chart-render [NAME] CHART [options]", "");
    return 0;
}

/* --- values ------------------------------------------------------------------ */

static bool read_file(struct call *c, __attribute__((unused)) void *data, const char *name,
                      struct text *out)
{
    struct loader l;

    loader_init(&l, c, NULL);
    return folder_read_file(&l, strcmp(name, "-") == 0 ? "/dev/stdin" : name, YML_BYTES_MAX, out);
}

static bool read_values(struct call *c, const struct options *o, const struct value **out)
{
    /* Helm's own order of the kinds */
    static const enum set_kind kinds[] = {SET_JSON, SET_AUTO, SET_STRING, SET_FILE, SET_LITERAL};
    const struct datum *values;
    struct value_builder documents;

    value_builder_init(&documents, c->arena);
    for (size_t i = 0; i < o->files.count; i++) {
        const struct value *document;
        struct text yaml;

        if (!read_file(c, NULL, o->files.all[i], &yaml) ||
            !yml_read_lenient(c->arena, yaml, o->files.all[i], NULL, c->diags, &document))
            return false;
        value_builder_add(&documents, document);
    }
    if (!values_of_user(c, value_builder_list(&documents), &value_empty_list, NULL, NULL, out))
        return false;
    values = values_to_datum(c->arena, *out);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
        for (size_t i = 0; i < o->sets[kinds[k]].count; i++) {
            struct set_options set = {.kind = kinds[k], .read = read_file};

            if (!set_expression(c, text_of(o->sets[kinds[k]].all[i]), &set, values))
                return false;
        }
    *out = values_from_datum(c->arena, values);
    return true;
}

static const struct value *more_versions(struct arena *a, const struct value *list,
                                         const struct given *given)
{
    for (size_t i = 0; i < given->count; i++) {
        struct text rest = text_of(given->all[i]), one;

        while (text_split(&rest, ',', &one))
            list = value_append(a, list, value_string_of(a, one));
    }
    return list;
}

/* --- printing ---------------------------------------------------------------- */

static bool is_test(const struct rendered_hook *hook)
{
    for (const char *const *event = hook->events; *event; event++)
        if (strcmp(*event, "test") == 0)
            return true;
    return false;
}

static void drop_tests(struct rendered *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->hook_count; i++)
        if (!is_test(&r->hooks[i]))
            r->hooks[kept++] = r->hooks[i];
    for (size_t i = 0; i < kept; i++) {
        size_t before = 0;

        for (size_t j = 0; j < kept; j++)
            before += r->hooks[j].position < r->hooks[i].position;
        r->hooks[i].position = before;
    }
    r->hook_count = kept;
}

/* The documents whose "# Source:" is chart/<pattern>. */
static bool show_only(struct call *c, const struct given *patterns, struct text all)
{
    size_t count;
    struct text *pieces = manifest_split(c->arena, all, &count);

    for (size_t p = 0; p < patterns->count; p++) {
        bool missing = true, bad;

        for (size_t i = 0; i < count; i++) {
            struct text rest = pieces[i], line;
            const char *slash;

            text_split(&rest, '\n', &line);
            slash =
                text_starts_with(line, "# Source: ") ? strchr(text_z(c->arena, line), '/') : NULL;
            if (!slash || !ignore_glob(patterns->all[p], slash + 1, &bad))
                continue;
            printf("---\n%.*s\n", (int)pieces[i].len, pieces[i].at);
            missing = false;
        }
        if (missing)
            return diag_error(c->diags, NULL, "Nothing to show",
                              "could not find template %s in chart", patterns->all[p]);
    }
    return true;
}

static struct text output(struct call *c, const struct options *o, struct rendered *r)
{
    struct chart_files crds = render_crd_files(c->arena, r->chart);
    struct text_builder b;
    struct text objects;

    text_builder_init(&b, c->arena, 2 * (size_t)TEMPLATE_OUTPUT_BYTES_MAX);
    for (size_t i = 0; i < crds.count && o->include_crds; i++) {
        text_add_f(&b, "---\n# Source: %s\n", crds.all[i].name);
        text_add(&b, crds.all[i].data);
        text_add_char(&b, '\n');
    }
    text_add(&b, render_manifest(c->arena, r));
    objects = manifest_trim(text_built(&b));
    if (o->skip_tests)
        drop_tests(r);
    text_builder_init(&b, c->arena, 2 * (size_t)TEMPLATE_OUTPUT_BYTES_MAX);
    text_add(&b, objects);
    text_add_char(&b, '\n');
    if (!o->no_hooks)
        text_add(&b, render_hooks(c->arena, r));
    return text_built(&b);
}

static bool print(struct call *c, const struct options *o, struct rendered *r)
{
    struct text all = o->notes ? r->notes : output(c, o, r);

    if (o->show_only.count > 0 && !o->notes)
        return show_only(c, &o->show_only, all);
    fwrite(all.at, 1, all.len, stdout);
    return true;
}

static void complain(const struct diags *diags)
{
    for (const struct diag *d = diags->first; d; d = d->next)
        fprintf(stderr, "%s: %s: %s\n", d->severity == DIAG_ERROR ? "Error" : "Warning", d->summary,
                d->detail);
}

/* --- the whole --------------------------------------------------------------- */

static bool render(struct call *c, const struct options *o, struct rendered *out)
{
    struct render_options options = {.name = o->name,
                                     .namespace = o->namespace,
                                     .revision = 1,
                                     .is_upgrade = o->is_upgrade,
                                     .skip_schema = o->skip_schema};
    const char *path = o->positional.all[o->positional.count - 1];
    const struct value *values;
    struct chart *chart;

    capabilities_offline(c->arena, &options.capabilities);
    options.capabilities.api_versions =
        more_versions(c->arena, options.capabilities.api_versions, &o->api_versions);
    if (o->kube_version &&
        !capabilities_kube_version(c->arena, o->kube_version, &options.capabilities))
        return diag_error(c->diags, NULL, "Bad --kube-version", "%s is no version.",
                          o->kube_version);
    return read_values(c, o, &values) && chart_read_path(c, path, NULL, &chart) &&
           render_chart(c, chart, values, &options, out);
}

static bool run_once(const struct options *o, struct cancel *cancel, bool last)
{
    struct clients clients = {.provider_config = &value_null};
    struct arena *a = arena_new();
    struct rendered rendered;
    struct diags diags;
    struct call c;
    bool done;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, &clients);
    done = render(&c, o, &rendered) && (!last || print(&c, o, &rendered));
    if (last || !done)
        complain(&diags);
    arena_free(a);
    return done;
}

int main(int argc, char **argv)
{
    static struct options options = {.name = "release-name", .namespace = "default", .repeat = 1};
    struct arena *a = arena_new();
    struct cancel *cancel = cancel_new();
    int status = read_options(a, &options, argc, argv);

    for (long i = 0; i < options.repeat && !status; i++)
        status = run_once(&options, cancel, i + 1 == options.repeat) ? 0 : 1;
    cancel_free(cancel);
    arena_free(a);
    return status;
}
