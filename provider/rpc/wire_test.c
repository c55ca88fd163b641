#include "rpc/wire.h"

#include <string.h>

#include "base/test.h"
#include "codec/msgpack.h"
#include "schema/diag.h"

/* The same call for all tests of this file: no clients, no cancel. */
static struct call *call_of(struct arena *a, const struct resource *r)
{
    struct diags *diags = arena_alloc(a, sizeof(*diags));
    struct call *c = arena_alloc(a, sizeof(*c));

    diags_init(diags, a);
    call_init(c, a, diags, NULL, NULL);
    c->resource = r;
    return c;
}

TEST(no_message_reads_as_null)
{
    struct call *c = call_of(a, NULL);
    const struct value *v;

    assert_true(wire_read(c, NULL, &type_string, &v));
    assert_true(value_is_null(v));
    assert_true(wire_read(c, wire_new(a, &tfplugin6__dynamic_value__descriptor), &type_string, &v));
    assert_true(value_is_null(v));
}

TEST(json_is_read_where_msgpack_is_absent)
{
    Tfplugin6__DynamicValue *m = wire_new(a, &tfplugin6__dynamic_value__descriptor);
    struct call *c = call_of(a, NULL);
    const struct value *v;

    m->json = wire_bytes(TEXT("[\"x\", \"y\"]"));
    assert_true(wire_read(c, m, &type_string_list, &v));
    assert_string_equal(value_z(value_item(v, 1)), "y");
    m->json = wire_bytes(TEXT("[\"x\","));
    assert_false(wire_read(c, m, &type_string_list, &v));
    assert_true(c->diags->failed);
}

TEST(what_is_written_is_read_back)
{
    const struct value *values[] = {
        &value_null,
        &value_unknown,
        value_string(a, "x"),
        value_string(a, ""),
        value_string_of(a, TEXT("nul\0inside")),
    };
    struct call *c = call_of(a, NULL);

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        Tfplugin6__DynamicValue *m;
        const struct value *v;

        assert_true(wire_write(c, values[i], &type_string, &m));
        assert_true(wire_read(c, m, &type_string, &v));
        assert_true(value_equal(v, values[i]));
    }
}

TEST(a_value_of_another_type_is_not_written)
{
    struct call *c = call_of(a, NULL);
    Tfplugin6__DynamicValue *m;

    assert_false(wire_write(c, value_list_of(a, &value_true), &type_string, &m));
    assert_null(m);
    assert_true(c->diags->failed);
}

TEST(paths_keep_their_kinds_of_step)
{
    const struct path *p =
        path_key(a, path_name(a, path_index(a, path_name(a, NULL, "ports"), 2), "labels"), "x");
    Tfplugin6__AttributePath *m = wire_path(a, p);

    assert_int_equal(m->n_steps, 4);
    assert_string_equal(m->steps[0]->attribute_name, "ports");
    assert_int_equal(m->steps[1]->selector_case,
                     TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_INT);
    assert_int_equal(m->steps[1]->element_key_int, 2);
    assert_string_equal(m->steps[2]->attribute_name, "labels");
    assert_int_equal(m->steps[3]->selector_case,
                     TFPLUGIN6__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_STRING);
    assert_string_equal(m->steps[3]->element_key_string, "x");
    assert_null(wire_path(a, NULL)); /* the whole block: no message at all */
}

/* Go refuses a message with invalid UTF-8, and severity 0. */
TEST(diagnostics_are_fit_for_the_host)
{
    Tfplugin6__Diagnostic **m;
    struct diags diags;

    diags_init(&diags, a);
    diag_error(&diags, NULL, "bad \xff text", "from %s", "a\x1b[31m\xc3server");
    diag_warning(&diags, path_of(a, "name"), "careful", "%s", "");
    m = wire_diagnostics(a, &diags);
    assert_int_equal(m[0]->severity, TFPLUGIN6__DIAGNOSTIC__SEVERITY__ERROR);
    assert_true(text_utf8_valid(text_of(m[0]->summary)));
    assert_true(text_utf8_valid(text_of(m[0]->detail)));
    assert_null(strchr(m[0]->detail, '\x1b'));
    assert_null(m[0]->attribute);
    assert_int_equal(m[1]->severity, TFPLUGIN6__DIAGNOSTIC__SEVERITY__WARNING);
    assert_int_equal(m[1]->attribute->n_steps, 1);
}

TEST(private_data_is_kept_until_it_is_replaced)
{
    static const struct resource r = {.name = "x"};
    struct call *c = call_of(a, &r);

    assert_true(wire_read_private(c, wire_bytes(TEXT(""))));
    assert_int_equal(wire_write_private(c).len, 0);
    assert_true(wire_read_private(c, wire_bytes(TEXT("{\"a\":1}"))));
    assert_true(text_is(wire_text(wire_write_private(c)), "{\"a\":1}"));
    c->private_out = value_map_of(a, {"b", &value_true});
    assert_true(text_is(wire_text(wire_write_private(c)), "{\"b\":true}"));
    assert_false(wire_read_private(c, wire_bytes(TEXT("3"))));
    assert_true(value_is_null(c->private_data));
}

/* --- schemas ---------------------------------------------------------------- */

static const struct attribute leaf[] = {
    STRING("key", REQUIRED, "Key."),
    END_ATTRIBUTES,
};
static const struct attribute rows[] = {
    NESTED("one", NESTING_SINGLE, leaf, OPTIONAL, "One."),
    NESTED("many", NESTING_LIST, leaf, OPTIONAL, "Many."),
    NESTED("some", NESTING_SET, leaf, OPTIONAL, "Some."),
    NESTED("named", NESTING_MAP, leaf, OPTIONAL, "Named."),
    NESTED("must", NESTING_BLOCK, leaf, REQUIRED, "Must."),
    NESTED("may", NESTING_BLOCK, leaf, OPTIONAL, "May."),
    TYPED("texts", &type_string_set, REQUIRED | SENSITIVE, "Texts."),
    END_ATTRIBUTES,
};

TEST(nesting_modes_and_blocks)
{
    static const Tfplugin6__Schema__Object__NestingMode modes[] = {
        TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__SINGLE,
        TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__LIST,
        TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__SET,
        TFPLUGIN6__SCHEMA__OBJECT__NESTING_MODE__MAP,
    };
    Tfplugin6__Schema *m = wire_schema(a, rows, 7, "Doc.");

    assert_int_equal(m->version, 7);
    assert_int_equal(m->block->n_attributes, 5);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(m->block->attributes[i]->nested_type->nesting, modes[i]);
        assert_int_equal(m->block->attributes[i]->type.len, 0); /* exactly one of the two */
    }
    assert_true(text_is(wire_text(m->block->attributes[4]->type), "[\"set\",\"string\"]"));
    assert_null(m->block->attributes[4]->nested_type);
    assert_int_equal(m->block->n_block_types, 2);
    /* For SINGLE the host wants both counts equal, 0 or 1. */
    assert_int_equal(m->block->block_types[0]->min_items, 1);
    assert_int_equal(m->block->block_types[0]->max_items, 1);
    assert_int_equal(m->block->block_types[1]->min_items, 0);
    assert_int_equal(m->block->block_types[1]->max_items, 0);
}
