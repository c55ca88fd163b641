/* test_case - test cases as data: objects of a table as short JSON.
 *
 * Attributes that are null may be left out; the string "<unknown>" stands for
 * an unknown value, "<not null>" for one refined to be not null. Used by
 * *_test.c only; a malformed case fails its test. */
#ifndef SCHEMA_TEST_CASE_H
#define SCHEMA_TEST_CASE_H
#include <string.h>

#include "base/cancel.h"
#include "base/test.h"
#include "codec/json.h"
#include "schema/call.h"
#include "schema/element.h"

/* A call that keeps its own diagnostics. */
struct case_call {
    struct call call;
    struct diags diags;
};

static inline struct call *case_call(struct arena *a)
{
    struct case_call *c = arena_alloc(a, sizeof(*c));

    diags_init(&c->diags, a);
    call_init(&c->call, a, &c->diags, NULL, NULL);
    return &c->call;
}

/* All diagnostics, one per line: "path: summary: detail". */
static inline const char *case_said(struct arena *a, const struct call *c)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (const struct diag *d = c->diags->first; d; d = d->next)
        text_add_f(&b, "%s: %s: %s\n", path_text(a, d->path), d->summary, d->detail);
    return text_built(&b).at;
}

static inline const struct value *case_marked(struct arena *a, const struct value *v)
{
    static const struct value not_null = {.kind = VALUE_UNKNOWN, .refinement = {"\x81\x01\xc2", 3}};
    struct value_builder b;

    if (text_is(value_string_text(v), "<unknown>"))
        return &value_unknown;
    if (text_is(value_string_text(v), "<not null>"))
        return &not_null;
    if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++)
        if (v->kind == VALUE_LIST)
            value_builder_add(&b, case_marked(a, v->list.items[i]));
        else
            value_builder_push(&b, v->map.entries[i].key, case_marked(a, v->map.entries[i].value));
    return v->kind == VALUE_LIST ? value_builder_list(&b) : value_builder_map(&b);
}

static inline const struct value *case_same(void *data, const struct attribute *row,
                                            const struct path *at, const struct value *v)
{
    (void)data;
    (void)row;
    (void)at;
    return v;
}

static inline bool case_keys_known(const struct attribute *rows, const struct value *json)
{
    for (size_t i = 0; json->kind == VALUE_MAP && i < json->map.count; i++) {
        const struct attribute *row = attribute_find(rows, json->map.entries[i].key);
        const struct value *v = json->map.entries[i].value;

        if (!row)
            return false;
        for (size_t k = 0; row->nested && k < element_count(row, v); k++)
            if (!case_keys_known(row->nested, element_at(row, v, k)))
                return false;
    }
    return true;
}

/* The whole object of the table that the short JSON stands for. */
static inline const struct value *case_object(struct arena *a, const struct attribute *rows,
                                              const struct value *json)
{
    const struct value *full = attributes_map(a, rows, case_marked(a, json), case_same, NULL);

    if (!case_keys_known(rows, case_marked(a, json)) ||
        !type_admits(attributes_type(a, rows), full))
        fail_msg("a case does not fit its table: %s", json_write(a, json).at);
    return full;
}

/* The short form again: nulls left out, unknowns marked. */
static inline const struct value *case_short(struct arena *a, const struct value *v)
{
    struct value_builder b;

    if (value_is_unknown(v))
        return value_string(a, "<unknown>");
    if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++)
        if (v->kind == VALUE_LIST)
            value_builder_add(&b, case_short(a, v->list.items[i]));
        else if (!value_is_null(v->map.entries[i].value))
            value_builder_push(&b, v->map.entries[i].key, case_short(a, v->map.entries[i].value));
    return v->kind == VALUE_LIST ? value_builder_list(&b) : value_builder_map(&b);
}

static inline const char *case_text(struct arena *a, const struct value *v)
{
    return json_write(a, case_short(a, v)).at;
}

/* The list of cases in a file. */
static inline const struct value *case_file(struct arena *a, const char *folder, const char *name)
{
    const char *path = text_f(a, "%s/%s", folder, name);
    struct diags said;
    const struct value *cases;

    diags_init(&said, a);
    if (!json_read(a, test_file(a, path), path, &said, &cases) || cases->kind != VALUE_LIST)
        fail_msg("%s is no list of cases: %s", path, said.first ? said.first->detail : "");
    return cases;
}

#endif
