#include "codec/yml.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "codec/base64.h"
#include "codec/real.h"
#include "codec/yml_go_source.h"
#include "codec/yml_scalar.h"

enum { ANCHORS_MAX = 1000 };

struct anchor {
    struct anchor *next;
    const char *name;
    const struct value *value;
    size_t nodes; /* in it, itself included */
    int height;   /* levels of nesting in it */
};

struct reader {
    struct arena *a;
    struct diags *diags;
    const char *what;
    const struct path *path;
    bool lenient, key_is_float;
    const char *error; /* go-yaml's words for what was reported, when lenient */
    yaml_parser_t parser;
    yaml_event_t event;
    struct anchor *anchors; /* of this document, newest first */
    int anchor_count;
    size_t nodes; /* of the whole text, with anchors expanded */
    int depth, deepest;
};

static bool fail_at(struct reader *r, const yaml_mark_t *mark, const char *reason)
{
    if (!r->error)
        r->error = text_f(r->a, "yaml: line %zu: %s", mark->line + 1, reason);
    return diag_error(r->diags, r->path, text_f(r->a, "Cannot read YAML: %s", r->what),
                      "Line %zu, column %zu: %s.", mark->line + 1, mark->column + 1, reason);
}

static bool fail(struct reader *r, const char *reason)
{
    return fail_at(r, &r->event.start_mark, reason);
}

/* go-yaml counts lines from 0, but for what its scanner finds. */
static const char *go_error(const struct reader *r, const char *problem)
{
    const yaml_parser_t *p = &r->parser;
    size_t line = p->problem_mark.line ? p->problem_mark.line : p->context_mark.line;

    if (p->problem_mark.line && p->error == YAML_SCANNER_ERROR)
        line++;
    if (!line || p->error == YAML_READER_ERROR)
        return text_f(r->a, "yaml: %s", problem);
    return text_f(r->a, "yaml: line %zu: %s", line, problem);
}

static bool parser_failed(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "the text cannot be parsed";

    r->error = go_error(r, problem);

    if (p->error == YAML_READER_ERROR)
        return diag_error(r->diags, r->path, text_f(r->a, "Cannot read YAML: %s", r->what),
                          "Byte %zu: %s.", p->problem_offset, problem);
    return fail_at(r, &p->problem_mark,
                   p->context ? text_f(r->a, "%s (%s)", problem, p->context) : problem);
}

/* A failure that go-yaml words its own way and without a line. */
static bool fail_as(struct reader *r, const char *go_words, const char *reason)
{
    r->error = go_words;
    return fail(r, reason);
}

static bool next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) || parser_failed(r);
}

static bool count_nodes(struct reader *r, size_t nodes, int height)
{
    r->nodes += nodes;
    if (r->nodes > YML_NODES_MAX)
        return fail(r, text_f(r->a, "the text has more than %d values", YML_NODES_MAX));
    if (r->depth + height > YML_DEPTH_MAX)
        return fail(r, text_f(r->a, "the text is nested deeper than %d levels", YML_DEPTH_MAX));
    if (r->depth + height > r->deepest)
        r->deepest = r->depth + height;
    return true;
}

static struct text scalar_text(const struct reader *r)
{
    return (struct text){(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
}

/* What a tag leaves of its namespace: "str" of "tag:yaml.org,2002:str". */
static struct text core_tag(const char *tag)
{
    static const char core[] = "tag:yaml.org,2002:";

    if (!tag || strcmp(tag, "!") == 0)
        return TEXT("");
    return text_of(strncmp(tag, core, sizeof(core) - 1) == 0 ? tag + sizeof(core) - 1 : tag);
}

static bool tag_fits(struct text tag, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NULL:
        return text_is(tag, "null");
    case VALUE_BOOL:
        return text_is(tag, "bool");
    case VALUE_NUMBER:
        return text_is(tag, "float") ||
               (text_is(tag, "int") && !memchr(v->number.text.at, '.', v->number.text.len));
    case VALUE_LIST:
        return text_is(tag, "seq");
    case VALUE_MAP:
        return text_is(tag, "map");
    default:
        return text_is(tag, "timestamp");
    }
}

/* Tags that change what a scalar is; others are but names. */
static bool is_core_scalar(struct text tag)
{
    return text_is(tag, "null") || text_is(tag, "bool") || text_is(tag, "int") ||
           text_is(tag, "float") || text_is(tag, "timestamp");
}

static bool check_tag(struct reader *r, const yaml_char_t *tag, const struct value *v)
{
    struct text core = core_tag((const char *)tag);

    if (!core.len || tag_fits(core, v) || (r->lenient && !is_core_scalar(core)))
        return true;
    return fail(r, text_f(r->a, "the tag %s is not supported here", (const char *)tag));
}

static bool read_binary(struct reader *r, struct text encoded, const struct value **out)
{
    struct text bytes;

    if (!base64_decode(r->a, encoded, BASE64_STANDARD, &bytes))
        return fail_as(r, "yaml: !!binary value contains invalid base64 data",
                       "a !!binary value is no base64");
    if (!text_utf8_valid(bytes))
        return fail(r, "a !!binary value is no text in UTF-8");
    *out = value_string_of(r->a, bytes);
    return true;
}

static const char *not_finite_words(struct text t)
{
    return (t.at[t.len - 1] | 0x20) == 'n' ? "json: unsupported value: NaN"
           : t.at[0] == '-'                ? "json: unsupported value: -Inf"
                                           : "json: unsupported value: +Inf";
}

static bool read_scalar(struct reader *r, const struct value **out)
{
    struct text t = scalar_text(r), tag = core_tag((const char *)r->event.data.scalar.tag);
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (r->lenient && text_is(tag, "binary"))
        return read_binary(r, t, out);
    if (text_is(tag, "str") || (!tag.len && (!plain || r->event.data.scalar.tag)) ||
        (r->lenient && tag.len && !is_core_scalar(tag))) {
        *out = value_string_of(r->a, t);
        return true;
    }
    if (yml_scalar_meaning(r->a, t) == YML_NOT_FINITE)
        return fail_as(r, not_finite_words(t), "infinity and not-a-number have no place in JSON");
    *out = yml_scalar_value(r->a, t);
    return check_tag(r, r->event.data.scalar.tag, *out);
}

static bool read_node(struct reader *r, const struct value **out);

static bool read_sequence(struct reader *r, const struct value **out)
{
    struct value_builder items;
    const struct value *item;

    value_builder_init(&items, r->a);
    if (!check_tag(r, r->event.data.sequence_start.tag, &value_empty_list))
        return false;
    while (true) {
        if (!next_event(r))
            return false;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (!read_node(r, &item))
            return false;
        value_builder_add(&items, item);
    }
    *out = value_builder_list(&items);
    return true;
}

static bool is_merge_key(const struct reader *r)
{
    return r->event.type == YAML_SCALAR_EVENT && !r->event.data.scalar.tag &&
           r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && text_is(scalar_text(r), "<<");
}

/* As Helm's libraries make a key of a number: a float as a float32, which it may be too
 * large for. */
static struct text number_key(struct reader *r, const struct value *v)
{
    char text[REAL_TEXT_BYTES];

    if (!r->lenient || !r->key_is_float)
        return v->number.text;
    if (isinf((float)v->number.real))
        return text_of(v->number.real < 0 ? "-.inf" : ".inf");
    real_print_float(text, (float)v->number.real);
    return text_of(arena_strdup(r->a, text));
}

/* JSON has string keys only; numbers and bools become their text. */
static bool read_key(struct reader *r, const char **key)
{
    const struct value *v;
    struct text text;

    if (!r->lenient && r->event.type != YAML_SCALAR_EVENT && r->event.type != YAML_ALIAS_EVENT)
        return fail(r, "a key must be a string");
    r->key_is_float =
        r->event.type == YAML_SCALAR_EVENT && yml_scalar_meaning(r->a, scalar_text(r)) == YML_FLOAT;
    if (!read_node(r, &v))
        return false;
    text = v->kind == VALUE_NUMBER ? number_key(r, v)
           : v->kind == VALUE_BOOL ? text_of(v->boolean ? "true" : "false")
                                   : value_string_text(v);
    if (v->kind == VALUE_NULL || v->kind == VALUE_LIST || v->kind == VALUE_MAP)
        return fail_as(r,
                       v->kind == VALUE_NULL
                           ? "unsupported map key of type: %!s(<nil>)"
                           : text_f(r->a, "yaml: invalid map key: %s", yml_go_source(r->a, v)),
                       "a key must be a string");
    if (memchr(text.at, '\0', text.len + 1) != text.at + text.len)
        return fail(r, "a key holds a NUL character");
    *key = text.at;
    return true;
}

/* Behind "<<": a map, or a list of maps of which earlier ones win. */
static bool read_merge(struct reader *r, struct value_builder *merged)
{
    const struct value *v, *map;
    size_t count;

    if (!next_event(r) || !read_node(r, &v))
        return false;
    count = v->kind == VALUE_LIST ? v->list.count : 1;
    for (size_t i = 0; i < count; i++) {
        map = v->kind == VALUE_LIST ? v->list.items[i] : v;
        if (map->kind != VALUE_MAP)
            return fail_as(r, "yaml: map merge requires map or sequence of maps as the value",
                           "only maps can be merged with <<");
        value_builder_add(merged, map);
    }
    return true;
}

struct ranked {
    const char *key;
    size_t rank;
};

static int by_key_and_rank(const void *left, const void *right)
{
    const struct ranked *l = left, *r = right;
    int order = strcmp(l->key, r->key);

    return order ? order : (l->rank > r->rank) - (l->rank < r->rank);
}

enum keep { KEEP_FIRST, KEEP_LAST };

/* Of entries with the same key only one stays. */
static const struct value *one_of_each(struct arena *a, const struct value_builder *all,
                                       enum keep keep)
{
    struct ranked *ranked = arena_array(a, all->count, sizeof(*ranked));
    bool *dropped = arena_array(a, all->count, sizeof(*dropped));
    struct value_builder kept;

    for (size_t i = 0; i < all->count; i++)
        ranked[i] = (struct ranked){all->entries[i].key, i};
    if (all->count)
        qsort(ranked, all->count, sizeof(*ranked), by_key_and_rank);
    for (size_t i = 1; i < all->count; i++)
        if (strcmp(ranked[i].key, ranked[i - 1].key) == 0)
            dropped[ranked[keep == KEEP_FIRST ? i : i - 1].rank] = true;
    value_builder_init(&kept, a);
    for (size_t i = 0; i < all->count; i++)
        if (!dropped[i])
            value_builder_push(&kept, all->entries[i].key, all->entries[i].value);
    return value_builder_map(&kept);
}

/* Own entries win over merged ones, wherever they stand. */
static const struct value *with_merged(struct reader *r, struct value_builder *own,
                                       const struct value_builder *merged)
{
    if (!merged->count)
        return value_builder_map(own);
    for (size_t i = 0; i < merged->count; i++) {
        const struct value *map = merged->entries[i].value;

        for (size_t j = 0; j < map->map.count; j++)
            value_builder_push(own, map->map.entries[j].key, map->map.entries[j].value);
    }
    return one_of_each(r->a, own, KEEP_FIRST);
}

/* go-yaml v2 merges where << stands: what comes later wins. Of a list of maps the
 * first wins, so the last goes first. */
static void merge_here(struct value_builder *own, const struct value_builder *merged)
{
    for (size_t i = merged->count; i-- > 0;) {
        const struct value *map = merged->entries[i].value;

        for (size_t j = 0; j < map->map.count; j++)
            value_builder_push(own, map->map.entries[j].key, map->map.entries[j].value);
    }
}

static bool read_entry(struct reader *r, struct value_builder *own, struct value_builder *merged)
{
    const struct value *v;
    const char *key = NULL;

    if (is_merge_key(r)) {
        if (!read_merge(r, merged))
            return false;
        if (r->lenient) {
            merge_here(own, merged);
            merged->count = 0;
        }
        return true;
    }
    if (!read_key(r, &key) || !next_event(r) || !read_node(r, &v))
        return false;
    value_builder_push(own, key, v);
    return true;
}

static bool read_mapping(struct reader *r, const struct value **out)
{
    struct value_builder own, merged;
    const char *duplicate;

    value_builder_init(&own, r->a);
    value_builder_init(&merged, r->a);
    if (!check_tag(r, r->event.data.mapping_start.tag, &value_empty_map))
        return false;
    while (true) {
        if (!next_event(r))
            return false;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!read_entry(r, &own, &merged))
            return false;
    }
    duplicate = value_builder_duplicate(&own);
    if (r->lenient) {
        *out = duplicate ? one_of_each(r->a, &own, KEEP_LAST) : value_builder_map(&own);
        return true;
    }
    if (duplicate)
        return fail(r, text_f(r->a, "the map that ends here has the key \"%s\" twice", duplicate));
    *out = with_merged(r, &own, &merged);
    return true;
}

static bool read_alias(struct reader *r, const struct value **out)
{
    const char *name = (const char *)r->event.data.alias.anchor;

    for (const struct anchor *anchor = r->anchors; anchor; anchor = anchor->next)
        if (strcmp(anchor->name, name) == 0) {
            *out = anchor->value;
            return count_nodes(r, anchor->nodes, anchor->height);
        }
    return fail_as(r, text_f(r->a, "yaml: unknown anchor '%s' referenced", name),
                   text_f(r->a, "there is no anchor &%s in front of this alias", name));
}

/* NULL when the node has none. */
static const char *anchor_name(const struct reader *r)
{
    const yaml_char_t *name = r->event.type == YAML_SCALAR_EVENT ? r->event.data.scalar.anchor
                              : r->event.type == YAML_SEQUENCE_START_EVENT
                                  ? r->event.data.sequence_start.anchor
                                  : r->event.data.mapping_start.anchor;

    return arena_strdup(r->a, (const char *)name);
}

static bool add_anchor(struct reader *r, const char *name, const struct value *v, size_t nodes,
                       int height)
{
    struct anchor *anchor = arena_alloc(r->a, sizeof(*anchor));

    *anchor = (struct anchor){r->anchors, name, v, nodes, height};
    r->anchors = anchor;
    return ++r->anchor_count <= ANCHORS_MAX ||
           fail(r, text_f(r->a, "the text has more than %d anchors", ANCHORS_MAX));
}

/* The event is the node's first; afterwards it is the node's last. */
static bool read_node(struct reader *r, const struct value **out)
{
    bool nested = r->event.type != YAML_SCALAR_EVENT, done;
    size_t nodes = r->nodes;
    int deepest = r->deepest, depth = r->depth;
    const char *name;

    *out = &value_null;
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, out);
    name = anchor_name(r);
    r->depth += nested;
    r->deepest = r->depth;
    done = count_nodes(r, 1, 0) &&
           (!nested                                      ? read_scalar(r, out)
            : r->event.type == YAML_SEQUENCE_START_EVENT ? read_sequence(r, out)
                                                         : read_mapping(r, out));
    if (done && name)
        done = add_anchor(r, name, *out, r->nodes - nodes, r->deepest - depth);
    r->depth = depth;
    if (r->deepest < deepest)
        r->deepest = deepest;
    return done;
}

static bool read_document(struct reader *r, const struct value **out)
{
    r->anchors = NULL;
    r->anchor_count = 0;
    return next_event(r) && read_node(r, out) && next_event(r);
}

/* At most `most` documents, empty ones left out. */
static bool read_stream(struct reader *r, size_t most, const struct value **documents)
{
    struct value_builder all;
    const struct value *document;

    value_builder_init(&all, r->a);
    for (size_t read = 0; r->event.type != YAML_STREAM_END_EVENT && read < most;) {
        if (!next_event(r))
            return false;
        if (r->event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        if (!read_document(r, &document))
            return false;
        read++;
        if (!value_is_null(document))
            value_builder_add(&all, document);
    }
    *documents = value_builder_list(&all);
    return true;
}

static bool read_text(struct reader *r, struct text yaml, size_t most,
                      const struct value **documents)
{
    bool done;

    *documents = &value_empty_list;
    if (yaml.len > YML_BYTES_MAX)
        return diag_error(r->diags, r->path, text_f(r->a, "Cannot read YAML: %s", r->what),
                          "The text has %zu bytes; at most %d are read.", yaml.len, YML_BYTES_MAX);
    if (!yaml_parser_initialize(&r->parser))
        return diag_error(r->diags, r->path, "Out of memory", "No memory was left to read %s.",
                          r->what);
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)(yaml.at ? yaml.at : ""),
                                 yaml.len);
    done = read_stream(r, most, documents);
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    return done;
}

bool yml_read_all(struct arena *a, struct text yaml, const char *what, const struct path *at,
                  struct diags *diags, const struct value **documents)
{
    struct reader r = {.a = a, .diags = diags, .what = what, .path = at};

    return read_text(&r, yaml, SIZE_MAX, documents);
}

bool yml_read(struct arena *a, struct text yaml, const char *what, const struct path *at,
              struct diags *diags, const struct value **out)
{
    const struct value *documents;

    *out = &value_null;
    if (!yml_read_all(a, yaml, what, at, diags, &documents))
        return false;
    if (value_count(documents) > 1)
        return diag_error(diags, at, text_f(a, "Cannot read YAML: %s", what),
                          "The text has %zu documents where one was expected.",
                          value_count(documents));
    *out = value_item(documents, 0);
    return true;
}

bool yml_read_all_lenient(struct arena *a, struct text yaml, const char *what,
                          const struct path *at, struct diags *diags,
                          const struct value **documents)
{
    struct reader r = {.a = a, .diags = diags, .what = what, .path = at, .lenient = true};

    return read_text(&r, yaml, SIZE_MAX, documents);
}

bool yml_read_lenient(struct arena *a, struct text yaml, const char *what, const struct path *at,
                      struct diags *diags, const struct value **out)
{
    struct reader r = {.a = a, .diags = diags, .what = what, .path = at, .lenient = true};
    const struct value *documents;
    bool done = read_text(&r, yaml, 1, &documents);

    *out = value_item(documents, 0);
    return done;
}

const char *yml_try(struct arena *a, struct text yaml, const struct value **out)
{
    struct diags unheard;
    struct reader r = {.a = a, .diags = &unheard, .what = "text", .lenient = true};
    const struct value *documents;

    diags_init(&unheard, a);
    *out = &value_null;
    if (!read_text(&r, yaml, 1, &documents))
        return r.error ? r.error : text_f(a, "yaml: %s", unheard.first->detail);
    *out = value_item(documents, 0);
    return NULL;
}
