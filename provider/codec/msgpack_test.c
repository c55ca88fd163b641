#include "codec/msgpack.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "codec/json.h"

static const char folder[] = "provider/codec/testdata/msgpack";

/* A case file has one "name: text" per line. */
struct example {
    const struct type *type;
    struct text bytes, writes; /* writes: bytes unless the file says other */
    const char *value, *error, *path;
};

static const char *line_of(struct arena *a, struct text file, const char *name)
{
    const char *prefix = text_f(a, "%s: ", name);
    struct text line;

    while (text_split(&file, '\n', &line))
        if (text_starts_with(line, prefix))
            return text_z(a, (struct text){line.at + strlen(prefix), line.len - strlen(prefix)});
    return NULL;
}

static struct text from_hex(struct arena *a, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *bytes = memory_new(1, len); /* not a byte more, for the address sanitizer */

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)strtoul((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
    arena_defer(a, memory_free, bytes);
    return (struct text){bytes, len};
}

static const struct type *type_of_text(struct arena *a, const char *json)
{
    const struct value *tree;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, text_of(json), "type", &diags, &tree));
    return type_from_value(a, tree);
}

static struct example example_read(struct arena *a, const char *kind, const char *name)
{
    struct text file = test_file(a, text_f(a, "%s/%s/%s", folder, kind, name));
    const char *writes = line_of(a, file, "writes");
    struct example e = {
        .type = type_of_text(a, line_of(a, file, "type")),
        .bytes = from_hex(a, line_of(a, file, "bytes")),
        .value = line_of(a, file, "value"),
        .error = line_of(a, file, "error"),
        .path = line_of(a, file, "path"),
    };

    e.writes = writes ? from_hex(a, writes) : e.bytes;
    assert_non_null(e.type);
    return e;
}

static void add_hex(struct text_builder *b, struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        text_add_f(b, "%02x", (unsigned char)bytes.at[i]);
}

/* JSON with ? and its refinement for unknowns, and (type) where a value has one. */
static void show(struct text_builder *b, const struct value *v)
{
    bool map = v->kind == VALUE_MAP;

    if (v->type)
        text_add_f(b, "(%s)", type_json(b->arena, v->type).at);
    if (v->kind == VALUE_UNKNOWN) {
        text_add_char(b, '?');
        add_hex(b, v->refinement);
    } else if (v->kind != VALUE_LIST && !map) {
        text_add(b, json_write(b->arena, v));
    } else {
        text_add_char(b, map ? '{' : '[');
        for (size_t i = 0; i < value_count(v); i++) {
            text_add_z(b, i ? "," : "");
            if (map)
                text_add_f(b, "\"%s\":", v->map.entries[i].key);
            show(b, map ? v->map.entries[i].value : v->list.items[i]);
        }
        text_add_char(b, map ? '}' : ']');
    }
}

static const char *shown(struct arena *a, const struct value *v)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    show(&b, v);
    return b.at;
}

TEST(valid_values_are_read_and_written)
{
    const char *const *names = test_files(a, text_f(a, "%s/valid", folder), ".txt");

    for (; *names; names++) {
        struct example e = example_read(a, "valid", *names);
        const struct value *v;
        struct diags diags;
        struct text out;

        diags_init(&diags, a);
        if (!msgpack_read(a, e.bytes, e.type, &diags, &v))
            fail_msg("%s: %s", *names, diags.first->detail);
        if (strcmp(shown(a, v), e.value) != 0)
            fail_msg("%s: was read as %s", *names, shown(a, v));
        assert_true(type_admits(e.type, v));
        if (!msgpack_write(a, v, e.type, &diags, &out))
            fail_msg("%s: %s", *names, diags.first->detail);
        if (!text_equal(out, e.writes)) {
            struct text_builder hex;

            text_builder_init(&hex, a, 1 << 20);
            add_hex(&hex, out);
            fail_msg("%s: was written as %s", *names, hex.at);
        }
    }
}

TEST(invalid_values_are_refused_with_a_path)
{
    const char *const *names = test_files(a, text_f(a, "%s/invalid", folder), ".txt");

    for (; *names; names++) {
        struct example e = example_read(a, "invalid", *names);
        const struct value *v;
        struct diags diags;

        diags_init(&diags, a);
        if (msgpack_read(a, e.bytes, e.type, &diags, &v))
            fail_msg("%s: was read as %s", *names, shown(a, v));
        assert_int_equal(diags.count, 1);
        if (!strstr(diags.first->detail, e.error))
            fail_msg("%s: %s", *names, diags.first->detail);
        if (e.path && strcmp(path_text(a, diags.first->path), e.path) != 0)
            fail_msg("%s: path %s", *names, path_text(a, diags.first->path));
    }
}

TEST(cut_values_are_refused_at_every_byte)
{
    const char *const *names = test_files(a, text_f(a, "%s/valid", folder), ".txt");

    for (; *names; names++) {
        struct example e = example_read(a, "valid", *names);

        for (size_t len = 0; len < e.bytes.len; len++) {
            char *copy = memory_new(1, len);
            const struct value *v;
            struct diags diags;

            memcpy(copy, e.bytes.at, len);
            diags_init(&diags, a);
            if (msgpack_read(a, (struct text){copy, len}, e.type, &diags, &v))
                fail_msg("%s: cut at %zu it was read as %s", *names, len, shown(a, v));
            memory_free(copy);
        }
    }
}

/* [type JSON of dynamic, [type JSON of dynamic, ...]]: costs 12 bytes a level. */
TEST(depth_has_a_limit)
{
    static const char level[] = "\x92\xc4\x09\"dynamic\"";
    struct text_builder b;
    const struct value *v;
    struct diags diags;

    text_builder_init(&b, a, 1 << 20);
    for (int i = 0; i < MSGPACK_DEPTH_MAX - 1; i++)
        text_add(&b, TEXT(level));
    text_add(&b, TEXT("\xc0"));
    diags_init(&diags, a);
    assert_true(msgpack_read(a, text_built(&b), &type_dynamic, &diags, &v));
    text_builder_init(&b, a, 1 << 20);
    for (int i = 0; i < 10000; i++)
        text_add(&b, TEXT(level));
    text_add(&b, TEXT("\xc0"));
    assert_false(msgpack_read(a, text_built(&b), &type_dynamic, &diags, &v));
    assert_non_null(strstr(diags.first->detail, "nested too deep"));
}

TEST(bare_arrays_10000_deep_are_refused)
{
    const struct type *types[] = {&type_dynamic, &type_string_list, &type_string, &type_string_map};
    char *bytes = arena_alloc(a, 10000);

    memset(bytes, 0x91, 10000);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct value *v;
        struct diags diags;

        diags_init(&diags, a);
        assert_false(msgpack_read(a, (struct text){bytes, 10000}, types[i], &diags, &v));
    }
}

/* A type of more than TYPE_DEPTH_MAX levels is none. */
TEST(deep_types_are_refused)
{
    struct text_builder type, b;
    const struct value *v;
    struct diags diags;

    text_builder_init(&type, a, 1 << 20);
    for (int i = 0; i < 10000; i++)
        text_add_z(&type, "[\"list\",");
    text_add_z(&type, "\"bool\"");
    for (int i = 0; i < 10000; i++)
        text_add_char(&type, ']');
    text_builder_init(&b, a, 1 << 20);
    text_add(&b, TEXT("\x92\xc6"));
    for (int shift = 24; shift >= 0; shift -= 8)
        text_add_char(&b, (char)(type.len >> shift & 0xff));
    text_add(&b, text_built(&type));
    text_add(&b, TEXT("\xc0"));
    diags_init(&diags, a);
    assert_false(msgpack_read(a, text_built(&b), &type_dynamic, &diags, &v));
    assert_non_null(strstr(diags.first->detail, "not one that Terraform has"));
}

static const struct value *parsed(struct arena *a, const char *json)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, text_of(json), "test", &diags, &v));
    return v;
}

/* What a resource returns without types of its own. */
static const struct {
    const char *type, *value, *hex;
} own_values[] = {
    {"[\"object\",{\"a\":\"string\",\"b\":\"bool\"}]", "{\"b\":true}", "82a161c0a162c3"},
    {"\"dynamic\"", "{\"a\":[1,\"x\",null]}",
     "92c4385b226f626a656374222c7b2261223a5b227475706c65222c5b226e756d626572"
     "222c22737472696e67222c2264796e616d6963225d5d7d5d81a1619301a178c0"},
    {"\"dynamic\"", "true", "92c40622626f6f6c22c3"},
    {"[\"list\",\"dynamic\"]", "[null,\"a\"]", "92c092c40822737472696e6722a161"},
};

TEST(untyped_values_get_their_own_type)
{
    for (size_t i = 0; i < sizeof(own_values) / sizeof(own_values[0]); i++) {
        const struct type *type = type_of_text(a, own_values[i].type);
        struct text_builder hex;
        struct diags diags;
        struct text out;

        diags_init(&diags, a);
        assert_true(msgpack_write(a, parsed(a, own_values[i].value), type, &diags, &out));
        text_builder_init(&hex, a, 1 << 20);
        add_hex(&hex, out);
        assert_string_equal(hex.at, own_values[i].hex);
    }
}

static const struct {
    const char *type, *value, *problem, *path;
} mistakes[] = {
    {"\"string\"", "1", "A number stands where the schema has string", ""},
    {"\"number\"", "\"1\"", "A string stands where the schema has number", ""},
    {"\"bool\"", "\"true\"", "A string stands where the schema has bool", ""},
    {"[\"list\",\"string\"]", "{}", "A map stands where the schema has list of string", ""},
    {"[\"set\",\"string\"]", "[\"a\",1]", "has string", "[1]"},
    {"[\"map\",\"bool\"]", "{\"k\":[]}", "has bool", "[\"k\"]"},
    {"[\"map\",\"bool\"]", "[]", "has map of bool", ""},
    {"[\"tuple\",[\"bool\"]]", "[]", "has tuple", ""},
    {"[\"object\",{\"a\":\"bool\"}]", "{\"b\":true}", "The schema has no \"b\"", ""},
    {"[\"object\",{\"a\":[\"list\",[\"object\",{\"b\":\"bool\"}]]}]", "{\"a\":[{\"b\":1}]}",
     "A number stands where the schema has bool", "a[0].b"},
};

TEST(values_that_do_not_fit_are_our_mistake)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct type *type = type_of_text(a, mistakes[i].type);
        struct diags diags;
        struct text out;

        diags_init(&diags, a);
        assert_false(msgpack_write(a, parsed(a, mistakes[i].value), type, &diags, &out));
        assert_string_equal(diags.first->summary, "Provider made a wrong value");
        assert_non_null(strstr(diags.first->detail, mistakes[i].problem));
        assert_string_equal(path_text(a, diags.first->path), mistakes[i].path);
        assert_int_equal(out.len, 0);
    }
}

TEST(strings_that_are_not_utf8_are_not_sent)
{
    const struct value *v = value_string_of(a, TEXT("\xff"));
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_false(msgpack_write(a, v, &type_string, &diags, &out));
    assert_non_null(strstr(diags.first->detail, "not valid UTF-8"));
}

TEST(what_was_read_outlives_the_bytes)
{
    char bytes[] = "\x81\xa1k\xa1v";
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(msgpack_read(a, (struct text){bytes, 5}, &type_string_map, &diags, &v));
    memset(bytes, 0, sizeof(bytes));
    assert_string_equal(value_text(v, "k"), "v");
}
