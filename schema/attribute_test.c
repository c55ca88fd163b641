#include "schema/attribute.h"

#include "schema/fallback.h"
#include "schema/test_case.h"

static const struct attribute leaf[] = {
    STRING("key", REQUIRED, "Key."),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags."),
    END_ATTRIBUTES,
};

static const struct attribute middle[] = {
    NESTED("leaves", NESTING_LIST, leaf, OPTIONAL, "Leaves."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    STRING("name", REQUIRED, "Name."),
    NESTED("one", NESTING_SINGLE, leaf, OPTIONAL, "One."),
    NESTED("map", NESTING_MAP, middle, OPTIONAL, "Map."),
    NESTED("set", NESTING_SET, middle, OPTIONAL, "Set."),
    NESTED("timeouts", NESTING_BLOCK, leaf, OPTIONAL, "Timeouts."),
    END_ATTRIBUTES,
};

TEST(attribute_find_by_name)
{
    assert_ptr_equal(attribute_find(rows, "map"), &rows[2]);
    assert_null(attribute_find(rows, "key"));
    assert_null(attribute_find(NULL, "key"));
}

TEST(attributes_have_types)
{
    assert_string_equal(
        type_json(a, attributes_type(a, rows)).at,
        "[\"object\",{\"map\":[\"map\",[\"object\",{\"leaves\":[\"list\",[\"object\",{\"key\":"
        "\"string\",\"tags\":[\"map\",\"string\"]}]]}]],\"name\":\"string\",\"one\":[\"object\",{"
        "\"key\":\"string\",\"tags\":[\"map\",\"string\"]}],\"set\":[\"set\",[\"object\",{"
        "\"leaves\":[\"list\",[\"object\",{\"key\":\"string\",\"tags\":[\"map\",\"string\"]}]]}]],"
        "\"timeouts\":[\"object\",{\"key\":\"string\",\"tags\":[\"map\",\"string\"]}]}]");
}

static const struct value *object(struct arena *a, const char *json)
{
    struct diags said;
    const struct value *v;

    diags_init(&said, a);
    assert_true(json_read(a, text_of(json), "object", &said, &v));
    return case_marked(a, v);
}

struct visits {
    struct text_builder seen;
    const char *stop_at;
};

static bool visit(void *data, const struct attribute *row, const struct path *at,
                  const struct value *v)
{
    struct visits *visits = data;

    text_add_f(&visits->seen, "%s=%s ", path_text(visits->seen.arena, at), value_kind_name(v));
    return !visits->stop_at || strcmp(row->name, visits->stop_at) != 0;
}

static const char full[] =
    "{\"name\":\"n\",\"one\":null,\"map\":{\"k\":{\"leaves\":[{\"key\":\"a\",\"tags\":{\"x\":"
    "\"y\"}}]},\"l\":\"<unknown>\"},\"set\":[{\"leaves\":[{\"key\":\"b\"}]}],\"timeouts\":null}";

TEST(attributes_walk_parents_first)
{
    struct visits visits = {.stop_at = NULL};

    text_builder_init(&visits.seen, a, 4096);
    assert_true(attributes_walk(a, rows, object(a, full), visit, &visits));
    assert_string_equal(visits.seen.at,
                        "name=string one=null map=map map[\"k\"].leaves=list "
                        "map[\"k\"].leaves[0].key=string map[\"k\"].leaves[0].tags=map set=list "
                        "set=list set=string set=null timeouts=null ");
    visits.stop_at = "leaves";
    text_builder_init(&visits.seen, a, 4096);
    assert_false(attributes_walk(a, rows, object(a, full), visit, &visits));
    assert_string_equal(visits.seen.at, "name=string one=null map=map map[\"k\"].leaves=list ");
}

static const struct value *mark(void *data, const struct attribute *row, const struct path *at,
                                const struct value *v)
{
    struct arena *arena = data;

    (void)at;
    if (v->kind == VALUE_STRING)
        return value_f(arena, "%s!", value_z(v));
    return strcmp(row->name, "tags") == 0 ? &value_empty_map : v;
}

TEST(attributes_map_children_first)
{
    const struct value *mapped = attributes_map(a, rows, object(a, full), mark, a);

    assert_string_equal(case_text(a, mapped),
                        "{\"name\":\"n!\",\"map\":{\"k\":{\"leaves\":[{\"key\":\"a!\",\"tags\":{}"
                        "}]},\"l\":\"<unknown>\"},\"set\":[{\"leaves\":[{\"key\":\"b!\",\"tags\":"
                        "{}}]}]}");
    assert_true(value_has(mapped, "one"));
    assert_ptr_equal(attributes_map(a, rows, &value_null, mark, a), &value_null);
}

/* Values of the wrong shape come from broken clients only, and must not crash. */
TEST(attributes_walk_wrong_shapes)
{
    struct visits visits = {.stop_at = NULL};

    text_builder_init(&visits.seen, a, 4096);
    assert_true(attributes_walk(
        a, rows, object(a, "{\"one\":[1],\"map\":[{}],\"set\":{\"k\":{}},\"timeouts\":true}"),
        visit, &visits));
    assert_string_equal(visits.seen.at, "name=null one=list map=list set=map timeouts=bool ");
}

struct fallback_case {
    const struct type *type;
    const char *text, *json; /* json NULL: malformed */
};

TEST(fallback_literals)
{
    static const struct fallback_case cases[] = {
        {&type_string, "plain text", "\"plain text\""},
        {&type_string, "", "\"\""},
        {&type_string, "3", "\"3\""},
        {&type_number, "3", "3"},
        {&type_number, "-0.5", "-0.5"},
        {&type_bool, "true", "true"},
        {&type_bool, "false", "false"},
        {&type_string_list, "[]", "[]"},
        {&type_string_list, "[\"a\", \"b c\"]", "[\"a\",\"b c\"]"},
        {&type_string_map, "{}", "{}"},
        {&type_string_map, "{\"a\": \"b\", \"c\": \"d\"}", "{\"a\":\"b\",\"c\":\"d\"}"},
        {&type_dynamic, "{\"a\": [1, {\"b\": false}]}", "{\"a\":[1,{\"b\":false}]}"},
        {&type_number, "", NULL},
        {&type_number, "3 4", NULL},
        {&type_number, "three", NULL},
        {&type_bool, "null", NULL},
        {&type_string_list, "[\"a\" \"b\"]", NULL},
        {&type_string_list, "[\"a\"", NULL},
        {&type_string_list, "[\"a\\n\"]", NULL},
        {&type_string_map, "{\"a\"}", NULL},
        {&type_string_map, "{a: 1}", NULL},
        {&type_string_map, "{\"a\": 1", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct attribute row = {
            .name = "row", .type = cases[i].type, .fallback = cases[i].text};
        const struct value *v = fallback_value(a, &row);

        if (!cases[i].json != !v || (v && !text_is(json_write(a, v), cases[i].json)))
            fail_msg("%s: %s", cases[i].text, v ? json_write(a, v).at : "NULL");
    }
}

TEST(fallbacks_fill_what_is_missing)
{
    static const struct attribute silent[] = {
        STRING("name", REQUIRED, "Name."),
        STRING("mode", OPTIONAL | COMPUTED, "Mode.", .fallback = "auto"),
        NUMBER("port", OPTIONAL | COMPUTED, "Port.", .fallback = "80"),
        BOOL("wait", OPTIONAL | COMPUTED, "Wait.", .fallback = "true"),
        END_ATTRIBUTES,
    };
    const struct value *v = fallback_fill(a, silent, object(a, "{\"port\":1,\"mode\":null}"));

    assert_true(text_is(json_write(a, v), "{\"port\":1,\"mode\":\"auto\",\"wait\":true}"));
}
