#include "helm/set_expression.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "codec/json.h"

/* END is what Helm's reader calls EOF: it ends the expression without a complaint,
 * wherever it comes up. */
enum outcome { DONE, END, FAILED };

struct setting {
    struct call *call;
    const struct set_options *options;
    struct text all;
    size_t at;
};

/* Only names are shown: what stands behind "=" may be a secret. */
static enum outcome fail(const struct setting *s, const char *reason)
{
    struct text shown = s->all;
    const char *equals = shown.len > 0 ? memchr(shown.at, '=', shown.len) : NULL;

    if (equals)
        shown.len = (size_t)(equals - shown.at);
    diag_error(s->call->diags, s->options->at, "A value cannot be set", "In \"%s%s\": %s.",
               text_printable(s->call->arena, shown, 200), equals ? "=..." : "", reason);
    return FAILED;
}

static enum outcome fail_key(const struct setting *s, struct text key, const char *reason)
{
    return fail(s, text_f(s->call->arena, "\"%.*s\" %s", (int)key.len, key.at, reason));
}

/* The text before the next of `stops`, backslashes taken away; *stop is 0 at the end. */
static struct text until(struct setting *s, const char *stops, char *stop)
{
    bool literal = s->options->kind == SET_LITERAL;
    struct text_builder b;

    text_builder_init(&b, s->call->arena, s->all.len);
    for (*stop = '\0'; s->at < s->all.len; s->at++) {
        char byte = s->all.at[s->at];

        if (byte != '\0' && strchr(stops, byte)) {
            *stop = byte;
            s->at++;
            break;
        }
        if (byte == '\\' && !literal) {
            if (s->at + 1 == s->all.len)
                continue;
            byte = s->all.at[++s->at];
        }
        text_add_char(&b, byte);
    }
    return text_built(&b);
}

/* --- values ------------------------------------------------------------------ */

static bool is_word(struct text t, const char *word)
{
    return t.len == strlen(word) && strncasecmp(t.at, word, t.len) == 0;
}

static bool integer_of(struct text t, int64_t *out)
{
    size_t sign = t.len > 0 && (t.at[0] == '-' || t.at[0] == '+');
    char *end;

    if (t.len == sign || t.len > 32 || (t.at[0] == '0' && t.len > 1))
        return false;
    for (size_t i = sign; i < t.len; i++)
        if (!isdigit((unsigned char)t.at[i]))
            return false;
    errno = 0;
    *out = strtoll(t.at, &end, 10);
    return errno == 0;
}

static const struct datum *typed(struct arena *a, struct text t)
{
    int64_t integer;

    if (is_word(t, "true"))
        return &datum_true;
    if (is_word(t, "false"))
        return &datum_false;
    if (is_word(t, "null"))
        return &datum_nil;
    if (integer_of(t, &integer))
        return datum_int64(a, integer);
    return datum_string(a, t);
}

static enum outcome scalar(struct setting *s, struct text t, const struct datum **out)
{
    struct arena *a = s->call->arena;
    struct text bytes;

    switch (s->options->kind) {
    case SET_AUTO:
        *out = typed(a, t);
        return DONE;
    case SET_FILE:
        if (!s->options->read(s->call, s->options->data, text_z(a, t), &bytes))
            return FAILED;
        *out = datum_string(a, bytes);
        return DONE;
    default:
        *out = datum_string(a, t);
        return DONE;
    }
}

/* "{a,b}" behind its first brace; a comma behind the last one is taken too. */
static enum outcome braces(struct setting *s, const struct datum **out)
{
    const struct datum **items =
        arena_array(s->call->arena, s->all.len + 1, sizeof(struct datum *));
    size_t count = 0;
    char stop;

    do {
        struct text t = until(s, ",}", &stop);

        if (!stop)
            return fail(s, "a list must end with \"}\"");
        if (scalar(s, t, &items[count++]) != DONE)
            return FAILED;
    } while (stop == ',');
    if (s->at < s->all.len && s->all.at[s->at] == ',')
        s->at++;
    *out = datum_list(s->call->arena, items, count);
    return DONE;
}

/* Skips blanks; true when nothing is left before the next comma, which goes too. */
static bool is_blank(struct setting *s)
{
    for (; s->at < s->all.len; s->at++) {
        if (s->all.at[s->at] == ',')
            return s->at++, true;
        if (!isspace((unsigned char)s->all.at[s->at]))
            return false;
    }
    return true;
}

/* Bytes of the JSON value at the front: whether it is one, json_read says. */
static size_t json_extent(struct text t)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < t.len; i++) {
        char byte = t.at[i];

        if (quoted) {
            i += byte == '\\';
            quoted = byte != '"';
            if (!quoted && depth == 0)
                return i + 1;
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            depth -= depth > 0;
            if (depth == 0)
                return i + 1;
        } else if (depth == 0 && (byte == ',' || isspace((unsigned char)byte))) {
            return i;
        }
    }
    return t.len;
}

static enum outcome json(struct setting *s, const struct datum **out)
{
    struct text rest;
    const struct value *v;
    struct diags quiet;
    size_t extent;

    *out = &datum_nil;
    if (is_blank(s))
        return DONE;
    rest = (struct text){s->all.at + s->at, s->all.len - s->at};
    extent = json_extent(rest);
    diags_init(&quiet, s->call->arena);
    if (!json_read(s->call->arena, (struct text){rest.at, extent}, "value", &quiet, &v))
        return fail(s, "the value is no JSON");
    *out = datum_of_value(s->call->arena, v);
    s->at += extent;
    is_blank(s);
    return DONE;
}

/* What stands behind "=". *ends: nothing did. */
static enum outcome value_behind(struct setting *s, const struct datum **out, bool *ends)
{
    char stop;

    *ends = false;
    if (s->options->kind == SET_JSON)
        return json(s, out);
    if (s->options->kind == SET_LITERAL)
        return scalar(s, until(s, "", &stop), out);
    if (s->at == s->all.len) {
        *ends = true;
        *out = &datum_empty_string;
        return DONE;
    }
    if (s->all.at[s->at] == '{') {
        s->at++;
        return braces(s, out);
    }
    return scalar(s, until(s, ",", &stop), out);
}

/* --- places ------------------------------------------------------------------ */

static const struct datum *with_item(struct arena *a, const struct datum *list, size_t index,
                                     const struct datum *item)
{
    size_t had = datum_len(list), count = had > index ? had : index + 1;
    const struct datum **items = arena_array(a, count, sizeof(struct datum *));

    for (size_t i = 0; i < count; i++)
        items[i] = i < had ? list->list.items[i] : &datum_nil;
    items[index] = item;
    return datum_list(a, items, count);
}

static void put(const struct datum *map, struct text key, const struct datum *v)
{
    if (key.len > 0)
        datum_set(map, key, v);
}

/* The number before "]". */
static enum outcome index_of(struct setting *s, size_t *out)
{
    char stop;
    struct text digits = until(s, "]", &stop);
    int64_t index = 0;
    bool sound = digits.len > 0 && digits.len < 10;

    for (size_t i = 0; i < digits.len && sound; i++) {
        sound = isdigit((unsigned char)digits.at[i]);
        index = index * 10 + (digits.at[i] - '0');
    }
    if (!stop || !sound)
        return fail(s, text_f(s->call->arena, "the list place \"[%.*s\" is no number with \"]\"",
                              (int)digits.len, digits.at));
    if (index > SET_INDEX_MAX)
        return fail(s, text_f(s->call->arena, "the list place %lld is above %d", (long long)index,
                              SET_INDEX_MAX));
    *out = (size_t)index;
    return DONE;
}

static enum outcome set_key(struct setting *s, const struct datum *map, size_t level);

/* Place `index` of *list gets what the rest of the expression says. */
static enum outcome set_item(struct setting *s, const struct datum **list, size_t index,
                             size_t level)
{
    static const char stops[] = "[.=";
    struct arena *a = s->call->arena;
    const struct datum *old = datum_len(*list) > index ? (*list)->list.items[index] : NULL;
    const struct datum *item;
    enum outcome outcome;
    char stop;
    struct text junk = until(s, stops, &stop);
    size_t inner;
    bool ends;

    if (junk.len > 0)
        return fail_key(s, junk, "stands behind the place in a list");
    if (level > (size_t)SET_NESTING_MAX * 2)
        return fail(s, "it is nested too deep");
    switch (stop) {
    case '=':
        outcome = value_behind(s, &item, &ends);
        break;
    case '[':
        if (index_of(s, &inner) != DONE)
            return FAILED;
        if (old && old->kind != DATUM_NIL && old->kind != DATUM_LIST)
            return fail(s, "a place in a list is asked for where no list is");
        item = old && old->kind == DATUM_LIST ? old : datum_list(a, NULL, 0);
        outcome = set_item(s, &item, inner, level + 1);
        break;
    case '.':
        item = old && old->kind == DATUM_MAP ? old : datum_map_new(a);
        if (old && old != item)
            *list = with_item(a, *list, index, item);
        outcome = set_key(s, item, level);
        break;
    default:
        return END;
    }
    if (outcome == DONE)
        *list = with_item(a, *list, index, item);
    return outcome;
}

static enum outcome set_in_list(struct setting *s, const struct datum *map, struct text key,
                                size_t level)
{
    const struct datum *list = datum_get(map, key);
    enum outcome outcome;
    size_t index;

    if (index_of(s, &index) != DONE)
        return FAILED;
    if (list && list->kind != DATUM_LIST)
        return fail_key(s, key, "is no list");
    if (!list)
        list = datum_list(s->call->arena, NULL, 0);
    outcome = set_item(s, &list, index, level);
    put(map, key, list);
    return outcome;
}

static enum outcome set_in_map(struct setting *s, const struct datum *map, struct text key,
                               size_t level)
{
    const struct datum *inner = datum_get(map, key);
    enum outcome outcome;

    if (level + 1 > SET_NESTING_MAX)
        return fail(s,
                    text_f(s->call->arena, "names are nested more than %d deep", SET_NESTING_MAX));
    if (inner && inner->kind != DATUM_MAP)
        return fail_key(s, key, "is no map");
    if (!inner)
        inner = datum_map_new(s->call->arena);
    outcome = set_key(s, inner, level + 1);
    if (outcome == DONE && datum_len(inner) == 0)
        return fail_key(s, key, "has no value");
    if (datum_len(inner) > 0)
        put(map, key, inner);
    return outcome;
}

/* One "name=value" into map. */
static enum outcome set_key(struct setting *s, const struct datum *map, size_t level)
{
    const struct datum *v;
    char stop;
    struct text key = until(s, s->options->kind == SET_LITERAL ? "=[." : "=[,.", &stop);
    bool ends;

    switch (stop) {
    case '=':
        if (value_behind(s, &v, &ends) != DONE)
            return FAILED;
        put(map, key, v);
        return ends ? END : DONE;
    case '[':
        return set_in_list(s, map, key, level);
    case '.':
        return set_in_map(s, map, key, level);
    case ',':
        return fail_key(s, key, "has no value (it cannot end with a comma)");
    default:
        return key.len > 0 ? fail_key(s, key, "has no value") : END;
    }
}

bool set_expression(struct call *c, struct text expression, const struct set_options *options,
                    const struct datum *values)
{
    struct setting s = {.call = c, .options = options, .all = expression};
    enum outcome outcome;

    do
        outcome = set_key(&s, values, 0);
    while (outcome == DONE);
    return outcome == END;
}
