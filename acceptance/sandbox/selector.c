#include "acceptance/sandbox/selector.h"

#include <string.h>

#include "acceptance/sandbox/status.h"

/* --- reading --------------------------------------------------------------------------- */
static const struct value *requirement(struct arena *a, struct text key, const char *operator,
                                       const struct value * values)
{
    return value_map_of(a, {"key", value_string_of(a, text_trim(key))},
                        {"operator", value_string(a, operator)}, {"values", values});
}

static size_t find_text(struct text t, const char *wanted)
{
    size_t len = strlen(wanted);

    for (size_t i = 0; i + len <= t.len; i++)
        if (memcmp(t.at + i, wanted, len) == 0)
            return i;
    return t.len;
}

static const struct value *set_values(struct arena *a, struct text inside)
{
    const struct value *out = &value_empty_list;
    struct text piece;

    while (text_split(&inside, ',', &piece))
        out = value_append(a, out, value_string_of(a, text_trim(piece)));
    return out;
}

static struct text part(struct text t, size_t from, size_t to)
{
    return (struct text){t.at + from, to - from};
}

/* One term: "a=b", "a!=b", "a in (x,y)", "a notin (x)", "a", "!a"; NULL when it is none. */
static const struct value *read_term(struct arena *a, struct text t)
{
    static const char *const sets[] = {" in ", " notin ", " in(", " notin("};
    static const char *const equals[] = {"!=", "==", "="};

    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        size_t at = find_text(t, sets[i]), open = find_text(t, "(");

        if (at < t.len && open < t.len && text_ends_with(t, ")"))
            return requirement(a, part(t, 0, at), strstr(sets[i], "not") ? "NotIn" : "In",
                               set_values(a, part(t, open + 1, t.len - 1)));
    }
    for (size_t i = 0; i < 3; i++) {
        size_t at = find_text(t, equals[i]), len = strlen(equals[i]);

        if (at < t.len)
            return requirement(
                a, part(t, 0, at), i ? "In" : "NotIn",
                value_list_of(a, value_string_of(a, text_trim(part(t, at + len, t.len)))));
    }
    if (find_text(t, " ") < t.len || t.len == 0)
        return NULL;
    return *t.at == '!' ? requirement(a, part(t, 1, t.len), "DoesNotExist", &value_empty_list)
                        : requirement(a, t, "Exists", &value_empty_list);
}

/* Up to the next comma outside parentheses. */
static bool next_term(struct text *rest, struct text *term)
{
    size_t depth = 0, i = 0;

    if (!rest->at || rest->len == 0)
        return false;
    for (; i < rest->len && (rest->at[i] != ',' || depth); i++) {
        depth += rest->at[i] == '(';
        depth -= rest->at[i] == ')' && depth;
    }
    *term = text_trim(part(*rest, 0, i));
    *rest = part(*rest, i < rest->len ? i + 1 : i, rest->len);
    return true;
}

static bool read_labels(struct request *r, struct selector *out)
{
    struct text rest = text_of(request_parameter(r, "labelSelector")), term;

    while (next_term(&rest, &term)) {
        const struct value *v = read_term(r->a, term);

        if (!v)
            return status_fail(r, 400, "BadRequest",
                               "unable to parse requirement: found '' expected: '('");
        out->labels = value_append(r->a, out->labels, v);
    }
    return true;
}

/* Which fields a kind's lists can be filtered by. */
static const struct {
    const char *plural, *path;
} known[] = {
    {"pods", "spec.nodeName"},           {"pods", "status.phase"},  {"secrets", "type"},
    {"namespaces", "status.phase"},      {"events", "reason"},      {"events", "type"},
    {"nodes", "spec.unschedulable"},     {"services", "spec.type"}, {"jobs", "status.successful"},
    {"pods", "spec.serviceAccountName"},
};

/* False: answered. Kinds that have fields of their own say it in other words. */
static bool check_field(struct request *r, const char *path)
{
    bool own = r->kind->flags & KIND_CUSTOM;

    if (strcmp(path, "metadata.name") == 0 || strcmp(path, "metadata.namespace") == 0)
        return true;
    if (strcmp(r->kind->plural, "events") == 0 && strncmp(path, "involvedObject.", 15) == 0)
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        bool here = strcmp(known[i].plural, r->kind->plural) == 0;

        own |= here;
        if (here && strcmp(known[i].path, path) == 0)
            return true;
    }
    if (own)
        return status_fail(r, 400, "BadRequest", "field label not supported: %s", path);
    return status_fail(r, 400, "BadRequest",
                       "\"%s\" is not a known field selector: only \"metadata.name\", "
                       "\"metadata.namespace\"",
                       path);
}

static bool read_fields(struct request *r, struct selector *out)
{
    struct text rest = text_of(request_parameter(r, "fieldSelector")), term;

    while (next_term(&rest, &term)) {
        const struct value *v = read_term(r->a, term);
        const char *path = v ? value_text(v, "key") : "";

        if (!v || value_count(value_at(v, "values")) == 0)
            return status_fail(r, 400, "BadRequest", "invalid field selector: %s",
                               text_z(r->a, term));
        if (!check_field(r, path))
            return false;
        out->fields = value_append(r->a, out->fields, v);
    }
    return true;
}

bool selector_read(struct request *r, struct selector *out)
{
    *out = (struct selector){&value_empty_list, &value_empty_list};
    return read_labels(r, out) && read_fields(r, out);
}

bool selector_is_empty(const struct selector *s)
{
    return value_count(s->labels) == 0 && value_count(s->fields) == 0;
}

struct selector selector_copy(struct arena *a, const struct selector *s)
{
    return (struct selector){value_copy(a, s->labels), value_copy(a, s->fields)};
}

/* --- matching -------------------------------------------------------------------------- */
static bool has_value(const struct value *values, const char *wanted)
{
    for (size_t i = 0; i < value_count(values); i++)
        if (strcmp(value_z(value_item(values, i)), wanted) == 0)
            return true;
    return false;
}

static bool requirement_holds(const struct value *term, bool present, const char *actual)
{
    const char *operator= value_text(term, "operator");
    bool in = present && has_value(value_at(term, "values"), actual);

    if (strcmp(operator, "In") == 0)
        return in;
    if (strcmp(operator, "NotIn") == 0)
        return !in;
    return present == (strcmp(operator, "Exists") == 0);
}

static const char *field_text(const struct value *object, const char *path)
{
    struct text rest = text_of(path), step;

    while (text_split(&rest, '.', &step)) {
        const struct value *next = &value_null;

        for (size_t i = 0; object->kind == VALUE_MAP && i < value_count(object); i++)
            if (text_is(step, object->map.entries[i].key))
                next = object->map.entries[i].value;
        object = next;
    }
    return value_z(object);
}

bool selector_matches(const struct selector *s, const struct value *object)
{
    const struct value *labels = value_in(object, "metadata", "labels");

    for (size_t i = 0; i < value_count(s->labels); i++) {
        const struct value *term = value_item(s->labels, i);
        const char *key = value_text(term, "key");

        if (!requirement_holds(term, value_has(labels, key), value_text(labels, key)))
            return false;
    }
    for (size_t i = 0; i < value_count(s->fields); i++) {
        const struct value *term = value_item(s->fields, i);

        if (!requirement_holds(term, true, field_text(object, value_text(term, "key"))))
            return false;
    }
    return true;
}

bool selector_object_matches(const struct value *selector, const struct value *labels)
{
    const struct value *wanted = value_at(selector, "matchLabels");
    const struct value *terms = value_at(selector, "matchExpressions");

    for (size_t i = 0; i < value_count(wanted); i++)
        if (!value_has(labels, wanted->map.entries[i].key) ||
            !value_equal(value_at(labels, wanted->map.entries[i].key),
                         wanted->map.entries[i].value))
            return false;
    for (size_t i = 0; i < value_count(terms); i++) {
        const char *key = value_text(value_item(terms, i), "key");

        if (!requirement_holds(value_item(terms, i), value_has(labels, key),
                               value_text(labels, key)))
            return false;
    }
    return true;
}
