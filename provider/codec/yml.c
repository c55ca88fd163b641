#include "codec/yml.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

enum {
    ANCHORS_MAX = 1000,
    SIMPLE_KEY_BYTES_MAX = 200, /* YAML ends simple keys at 1,024 characters, escapes included */
};

/* What is written was read or built within the readers' limits. */
static const size_t output_bytes_max = SIZE_MAX / 4;

/* --- what a plain scalar means ------------------------------------------- */

static bool is_one_of(struct text t, const char *const *words)
{
    for (; *words; words++)
        if (text_is(t, *words))
            return true;
    return false;
}

static const struct value *word_value(struct text t)
{
    static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON",  NULL};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                     "False", "FALSE", "off", "Off", "OFF", NULL};
    static const char *const null[] = {"", "~", "null", "Null", "NULL", NULL};

    if (t.len > strlen("false"))
        return NULL;
    return is_one_of(t, null)  ? &value_null
           : is_one_of(t, yes) ? &value_true
           : is_one_of(t, no)  ? &value_false
                               : NULL;
}

static bool is_not_finite(struct text t)
{
    static const char *const words[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                        ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                        "-.Inf", "-.INF", NULL};

    return is_one_of(t, words);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int digit_of(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

/* 0x1f, 0o17, 017, 0b101: up to 64 bits, as Go's base 0; NULL for other texts. */
static const struct value *prefixed_integer(struct arena *a, struct text t, bool negative)
{
    uint64_t base = 8, out = 0;
    char letter = (char)(t.len > 2 ? t.at[1] | 0x20 : 0);
    size_t i = 1;

    if (t.len < 2 || t.at[0] != '0')
        return NULL;
    if (letter == 'x' || letter == 'o' || letter == 'b') {
        base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
        i = 2;
    }
    for (; i < t.len; i++) {
        uint64_t digit = (uint64_t)digit_of(t.at[i]);

        if (digit >= base || out > (UINT64_MAX - digit) / base)
            return NULL;
        out = out * base + digit;
    }
    return value_number(a,
                        text_of(text_f(a, "%s%llu", negative ? "-" : "", (unsigned long long)out)));
}

/* NULL when the text is a string to YAML. */
static const struct value *number_value(struct arena *a, struct text t)
{
    char *plain = arena_alloc(a, t.len + 1);
    const struct value *number;
    size_t len = 0;
    bool sign;

    if (!t.len || !(is_digit(t.at[0]) || strchr("+-.", t.at[0])))
        return NULL;
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != '_' || t.at[0] == '.')
            plain[len++] = t.at[i];
    sign = plain[0] == '-' || plain[0] == '+';
    number = prefixed_integer(a, (struct text){plain + sign, len - sign}, plain[0] == '-');
    return number ? number : value_number(a, (struct text){plain, len});
}

/* --- reading ------------------------------------------------------------- */

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
    yaml_parser_t parser;
    yaml_event_t event;
    struct anchor *anchors; /* of this document, newest first */
    int anchor_count;
    size_t nodes; /* of the whole text, with anchors expanded */
    int depth, deepest;
};

static bool fail_at(const struct reader *r, const yaml_mark_t *mark, const char *reason)
{
    return diag_error(r->diags, r->path, text_f(r->a, "Cannot read YAML: %s", r->what),
                      "Line %zu, column %zu: %s.", mark->line + 1, mark->column + 1, reason);
}

static bool fail(const struct reader *r, const char *reason)
{
    return fail_at(r, &r->event.start_mark, reason);
}

static bool parser_failed(const struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "the text cannot be parsed";

    if (p->error == YAML_READER_ERROR)
        return diag_error(r->diags, r->path, text_f(r->a, "Cannot read YAML: %s", r->what),
                          "Byte %zu: %s.", p->problem_offset, problem);
    return fail_at(r, &p->problem_mark,
                   p->context ? text_f(r->a, "%s (%s)", problem, p->context) : problem);
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

static bool check_tag(const struct reader *r, const yaml_char_t *tag, const struct value *v)
{
    struct text core = core_tag((const char *)tag);

    if (!core.len || tag_fits(core, v))
        return true;
    return fail(r, text_f(r->a, "the tag %s is not supported here", (const char *)tag));
}

static bool read_scalar(struct reader *r, const struct value **out)
{
    struct text t = scalar_text(r), tag = core_tag((const char *)r->event.data.scalar.tag);
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const struct value *v = NULL;

    if (text_is(tag, "str") || (!tag.len && (!plain || r->event.data.scalar.tag))) {
        *out = value_string_of(r->a, t);
        return true;
    }
    if (is_not_finite(t))
        return fail(r, "infinity and not-a-number have no place in JSON");
    v = word_value(t);
    if (!v)
        v = number_value(r->a, t);
    *out = v ? v : value_string_of(r->a, t);
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

/* JSON has string keys only; numbers and bools become their text. */
static bool read_key(struct reader *r, const char **key)
{
    const struct value *v;
    struct text text;

    if (r->event.type != YAML_SCALAR_EVENT && r->event.type != YAML_ALIAS_EVENT)
        return fail(r, "a key must be a string");
    if (!read_node(r, &v))
        return false;
    text = v->kind == VALUE_NUMBER ? v->number.text
           : v->kind == VALUE_BOOL ? text_of(v->boolean ? "true" : "false")
                                   : value_string_text(v);
    if (v->kind == VALUE_NULL || v->kind == VALUE_LIST || v->kind == VALUE_MAP)
        return fail(r, "a key must be a string");
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
            return fail(r, "only maps can be merged with <<");
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

/* Of entries with the same key only the first stays. */
static const struct value *first_of_each(struct arena *a, const struct value_builder *all)
{
    struct ranked *ranked = arena_array(a, all->count, sizeof(*ranked));
    bool *dropped = arena_array(a, all->count, sizeof(*dropped));
    struct value_builder kept;

    for (size_t i = 0; i < all->count; i++)
        ranked[i] = (struct ranked){all->entries[i].key, i};
    if (all->count)
        qsort(ranked, all->count, sizeof(*ranked), by_key_and_rank);
    for (size_t i = 1; i < all->count; i++)
        dropped[ranked[i].rank] = strcmp(ranked[i].key, ranked[i - 1].key) == 0;
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
    return first_of_each(r->a, own);
}

static bool read_entry(struct reader *r, struct value_builder *own, struct value_builder *merged)
{
    const struct value *v;
    const char *key = NULL;

    if (is_merge_key(r))
        return read_merge(r, merged);
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
    return fail(r, text_f(r->a, "there is no anchor &%s in front of this alias", name));
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

static bool read_stream(struct reader *r, const struct value **documents)
{
    struct value_builder all;
    const struct value *document;

    value_builder_init(&all, r->a);
    while (r->event.type != YAML_STREAM_END_EVENT) {
        if (!next_event(r))
            return false;
        if (r->event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        if (!read_document(r, &document))
            return false;
        if (!value_is_null(document))
            value_builder_add(&all, document);
    }
    *documents = value_builder_list(&all);
    return true;
}

bool yml_read_all(struct arena *a, struct text yaml, const char *what, const struct path *at,
                  struct diags *diags, const struct value **documents)
{
    struct reader r = {.a = a, .diags = diags, .what = what, .path = at};
    bool done;

    *documents = &value_empty_list;
    if (yaml.len > YML_BYTES_MAX)
        return diag_error(diags, at, text_f(a, "Cannot read YAML: %s", what),
                          "The text has %zu bytes; at most %d are read.", yaml.len, YML_BYTES_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return diag_error(diags, at, "Out of memory", "No memory was left to read %s.", what);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(yaml.at ? yaml.at : ""),
                                 yaml.len);
    done = read_stream(&r, documents);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return done;
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

/* --- writing ------------------------------------------------------------- */

static void write_node(struct text_builder *b, const struct value *v, int indent);

static void new_line(struct text_builder *b, int indent)
{
    text_add_char(b, '\n');
    for (int i = 0; i < indent; i++)
        text_add_char(b, ' ');
}

/* Characters that YAML does not print, or takes for the end of a line: C0 but
 * newline and tab, C1, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF. The number of
 * their bytes, or 0; *rune is what they stand for. */
static size_t special_at(struct text t, size_t i, unsigned *rune)
{
    const unsigned char *at = (const unsigned char *)t.at + i;
    size_t left = t.len - i;

    *rune = at[0];
    if (at[0] < 0x20 || at[0] == 0x7f)
        return at[0] != '\n' && at[0] != '\t';
    if (left < 2 || at[0] < 0xc2)
        return 0;
    if (at[0] == 0xc2 && at[1] < 0xa0) {
        *rune = at[1];
        return 2;
    }
    if (left < 3 || (at[0] != 0xe2 && at[0] != 0xef))
        return 0;
    *rune = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    return *rune == 0x2028 || *rune == 0x2029 || *rune == 0xfeff || *rune >= 0xfffe ? 3 : 0;
}

static bool has_special(struct text t)
{
    unsigned rune;

    for (size_t i = 0; i < t.len; i++)
        if (special_at(t, i, &rune))
            return true;
    return false;
}

static void write_quoted(struct text_builder *b, struct text t)
{
    unsigned rune;

    text_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        size_t special = special_at(t, i, &rune);

        if (special) {
            text_add_f(b, rune < 0x100 ? "\\x%02x" : "\\u%04x", rune);
            i += special - 1;
        } else if (t.at[i] == '\n' || t.at[i] == '\t') {
            text_add_z(b, t.at[i] == '\n' ? "\\n" : "\\t");
        } else {
            if (t.at[i] == '"' || t.at[i] == '\\')
                text_add_char(b, '\\');
            text_add_char(b, t.at[i]);
        }
    }
    text_add_char(b, '"');
}

/* Digits and their company: numbers, dates and times to some reader. */
static bool looks_numeric(struct text t)
{
    bool digits = false;

    for (size_t i = 0; i < t.len; i++) {
        digits = digits || is_digit(t.at[i]);
        if (!is_digit(t.at[i]) && !strchr("+-.:_ eETtZzxXoO", t.at[i]))
            return false;
    }
    return digits;
}

/* Is the text a string when it stands there without quotes? */
static bool is_plain(struct arena *a, struct text t)
{
    char first = (char)(t.len ? t.at[0] : 0), last = (char)(t.len ? t.at[t.len - 1] : 0);
    bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                  is_digit(first) || first == '_' || first == '/' || (unsigned char)first >= 0x80;

    if (!letter || last == ' ' || last == ':' || word_value(t) || looks_numeric(t) ||
        number_value(a, t))
        return false;
    for (size_t i = 0; i + 1 < t.len; i++)
        if (t.at[i] == '\n' || t.at[i] == '\t' || (t.at[i] == ':' && t.at[i + 1] == ' ') ||
            (t.at[i] == ' ' && t.at[i + 1] == '#'))
            return false;
    return last != '\n' && last != '\t' && !has_special(t);
}

/* Several lines as a literal block, when nothing in them needs an escape and
 * the first shows where the block's text begins. */
static bool is_block(struct text t)
{
    return t.len > 1 && memchr(t.at, '\n', t.len) && !strchr(" \t\n", t.at[0]) && !has_special(t);
}

static void write_block(struct text_builder *b, struct text t, int indent)
{
    struct text line;
    bool ends = t.at[t.len - 1] == '\n', blank_end = ends && t.at[t.len - 2] == '\n';

    text_add_z(b, blank_end ? "|+" : ends ? "|" : "|-");
    t.len -= ends; /* what is written next begins with the last line's end */
    while (text_split(&t, '\n', &line)) {
        new_line(b, line.len ? indent : 0);
        text_add(b, line);
    }
}

static void write_string(struct text_builder *b, struct text t, int indent)
{
    if (is_plain(b->arena, t))
        text_add(b, t);
    else if (is_block(t))
        write_block(b, t, indent);
    else
        write_quoted(b, t);
}

static void write_key(struct text_builder *b, const char *key, int indent)
{
    struct text t = text_of(key);
    bool simple = t.len <= SIMPLE_KEY_BYTES_MAX;

    text_add_z(b, simple ? "" : "? ");
    if (is_plain(b->arena, t))
        text_add(b, t);
    else
        write_quoted(b, t);
    if (!simple)
        new_line(b, indent);
    text_add_char(b, ':');
}

static void write_map(struct text_builder *b, const struct value *v, int indent)
{
    for (size_t i = 0; i < v->map.count; i++) {
        const struct value *child = v->map.entries[i].value;
        bool list = child->kind == VALUE_LIST;

        if (i)
            new_line(b, indent);
        write_key(b, v->map.entries[i].key, indent);
        if (value_count(child))
            new_line(b, list ? indent : indent + 2);
        else
            text_add_char(b, ' ');
        write_node(b, child, list ? indent : indent + 2);
    }
}

static void write_list(struct text_builder *b, const struct value *v, int indent)
{
    for (size_t i = 0; i < v->list.count; i++) {
        if (i)
            new_line(b, indent);
        text_add_z(b, "- ");
        write_node(b, v->list.items[i], indent + 2);
    }
}

/* Where the node begins has been reached; further lines start at indent. */
static void write_node(struct text_builder *b, const struct value *v, int indent)
{
    assert(v->kind != VALUE_UNKNOWN);
    switch (v->kind) {
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        text_add_z(b, "null");
        break;
    case VALUE_BOOL:
        text_add_z(b, v->boolean ? "true" : "false");
        break;
    case VALUE_NUMBER:
        text_add(b, v->number.text);
        break;
    case VALUE_STRING:
        write_string(b, v->string, indent);
        break;
    case VALUE_LIST:
        if (!v->list.count)
            text_add_z(b, "[]");
        write_list(b, v, indent);
        break;
    case VALUE_MAP:
        if (!v->map.count)
            text_add_z(b, "{}");
        write_map(b, v, indent);
        break;
    }
}

struct text yml_write(struct arena *a, const struct value *v)
{
    struct text_builder b;
    bool block = v->kind == VALUE_STRING;

    text_builder_init(&b, a, output_bytes_max);
    write_node(&b, v, block ? 2 : 0);
    text_add_char(&b, '\n');
    return text_built(&b);
}
