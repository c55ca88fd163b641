#include <stdio.h>

#include "base/test.h"
#include "provider.h"
#include "rpc/test_fixture.h"
#include "rpc/test_message.h"

#define FOLDER "provider/rpc/testdata"

static const struct method *method_named(struct arena *a, const char *name)
{
    const struct method *m = method_find(text_of(text_f(a, "/tfplugin6.Provider/%s", name)));

    if (!m)
        fail_msg("no method %s", name);
    return m;
}

/* The types of a case's values: of the resource it names, else the provider's. */
static enum resource_kind kind_of(const struct method *m)
{
    if (strstr(m->path, "Data"))
        return KIND_DATA;
    return strstr(m->path, "Ephemeral") ? KIND_EPHEMERAL : KIND_MANAGED;
}

static struct message_types types_of(struct arena *a, const struct provider *p,
                                     const struct method *m, const struct value *request)
{
    struct message_types types = {.any_type = &type_string};
    const char *name = value_text(request, "type_name");

    if (!*name)
        name = value_text(request, "target_type_name");
    if (resource_find(kind_of(m), name)) {
        types.rows = resource_attributes(a, resource_find(kind_of(m), name));
        types.identity = wire_identity_type(a, resource_find(kind_of(m), name));
    }
    if (value_has(request, "config") && !types.rows)
        types.rows = p->attributes;
    return types;
}

/* "text..." stands for every text that starts so, "..." for anything. */
static bool as_expected(const struct value *wanted, const struct value *actual)
{
    struct text start = value_string_text(wanted);
    size_t count = value_count(wanted);

    if (text_ends_with(start, "...")) {
        start.len -= 3;
        return !start.len || (actual->kind == VALUE_STRING && actual->string.len >= start.len &&
                              memcmp(actual->string.at, start.at, start.len) == 0);
    }
    if (wanted->kind != actual->kind || !count)
        return value_equal(wanted, actual);
    if (count != value_count(actual))
        return false;
    for (size_t i = 0; i < count; i++)
        if (wanted->kind == VALUE_LIST ? !as_expected(wanted->list.items[i], actual->list.items[i])
                                       : !as_expected(wanted->map.entries[i].value,
                                                      value_at(actual, wanted->map.entries[i].key)))
            return false;
    return true;
}

static const struct value *ask(struct arena *a, struct provider *p, const struct method *m,
                               const struct value *request)
{
    struct message_types types = types_of(a, p, m, request);
    struct arena *own = arena_new();
    const struct value *shown;
    struct text reply;

    assert_true(method_run(m, p, own, message_request(a, &types, m, request), &reply));
    shown = message_reply(a, &types, m, reply);
    arena_free(own);
    return shown;
}

static void run_cases(struct arena *a, const char *file)
{
    const struct value *cases = case_file(a, FOLDER, file);
    struct provider *p = provider_new();
    int failed = 0;

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_item(cases, i);
        const struct value *reply =
            ask(a, p, method_named(a, value_text(one, "method")), value_at(one, "request"));

        if (as_expected(value_at(one, "reply"), reply))
            continue;
        failed++; /* print_message() would cut at 1,024 bytes */
        printf("%s: %s\n got    %s\n wanted %s\n", file, value_text(one, "name"),
               json_write(a, reply).at, json_write(a, value_at(one, "reply")).at);
    }
    provider_free(p);
    if (failed)
        fail_msg("%d of %zu cases", failed, value_count(cases));
}

TEST(resources)
{
    run_cases(a, "resource_cases.json");
}

TEST(states_from_elsewhere)
{
    run_cases(a, "state_cases.json");
}

TEST(data_ephemeral_functions)
{
    run_cases(a, "other_cases.json");
}

TEST(provider_block)
{
    run_cases(a, "provider_cases.json");
}

TEST(schemas)
{
    run_cases(a, "schema_cases.json");
}

/* --- what no well-behaved client sends -------------------------------------- */

static const struct method *const themes[] = {
    methods_resource, methods_state,     methods_data,     methods_provider,
    methods_schema,   methods_ephemeral, methods_function,
};

#define METHOD_EACH(m)                                                                             \
    for (size_t theme_ = 0; theme_ < sizeof(themes) / sizeof(themes[0]); theme_++)                 \
        for (const struct method *m = themes[theme_]; m->path; m++)

static bool run_bytes(struct provider *p, const struct method *m, struct text bytes)
{
    struct arena *own = arena_new();
    struct text reply;
    bool done = method_run(m, p, own, bytes, &reply);

    arena_free(own);
    return done;
}

TEST(absent_fields_are_answered)
{
    struct provider *p = provider_new();

    METHOD_EACH(m)
    {
        const struct value *reply = ask(a, p, m, &value_empty_map);

        /* Whatever needs a type says that it has none. */
        if (protobuf_c_message_descriptor_get_field_by_name(m->request, "type_name"))
            assert_true(
                text_starts_with(value_string_text(value_item(value_at(reply, "diagnostics"), 0)),
                                 "error : Unknown type: "));
    }
    provider_free(p);
}

TEST(garbage_is_no_message)
{
    static const struct text garbage[] = {
        {"\x0a", 1},                     /* field 1 without its length */
        {"\x0a\xff\xff\xff\xff\x0f", 6}, /* 4 GB are promised */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
        {"\x0a\x05xy", 4},
    };
    struct provider *p = provider_new();

    METHOD_EACH(m)
    {
        for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
            assert_false(run_bytes(p, m, garbage[i]));
    }
    provider_free(p);
}

static struct text apply_request(struct arena *a, const char *msgpack_hex)
{
    struct message_types types = {.any_type = &type_dynamic};
    const struct value *state = value_map_of(a, {"$bytes", value_string(a, msgpack_hex)});

    return message_request(a, &types, method_named(a, "ApplyResourceChange"),
                           value_map_of(a, {"type_name", value_string(a, "istio_thing")},
                                        {"planned_state", state}, {"config", state}));
}

TEST(truncated_requests_do_no_harm)
{
    const struct method *m = method_named(a, "ApplyResourceChange");
    struct text whole = apply_request(a, "8ba46e616d65a16ea2");
    struct provider *p = provider_new();

    for (size_t len = 0; len <= whole.len; len++) {
        /* A copy of just that length, so that an overrun is seen. */
        char *part = memory_new(1, len ? len : 1);

        memcpy(part, whole.at, len);
        (void)run_bytes(p, m, (struct text){part, len});
        memory_free(part);
    }
    provider_free(p);
}

/* Any text from outside that ends up in a diagnostic must be UTF-8: the host
 * refuses the whole reply else. */
TEST(foreign_text_becomes_utf8)
{
    static const char *const names[] = {"\xff\xfe", "ab\xc3", "\xed\xa0\x80", "a\x01z"};
    struct message_types types = {.any_type = &type_string};
    const struct method *m = method_named(a, "ReadResource");
    struct provider *p = provider_new();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text reply,
            request = message_request(a, &types, m,
                                      value_map_of(a, {"type_name", value_string(a, names[i])}));
        const struct value *said;

        assert_true(method_run(m, p, a, request, &reply));
        said = value_item(value_at(message_reply(a, &types, m, reply), "diagnostics"), 0);
        assert_true(value_string_text(said).len > 0);
        assert_true(text_utf8_valid(value_string_text(said)));
    }
    provider_free(p);
}

/* 10,000 lists in a value of any type. */
TEST(deep_values_are_refused)
{
    enum { DEPTH = 10000 };
    static const char type[] = "[\"tuple\",[\"dynamic\"]]";
    const struct method *m = method_named(a, "PlanResourceChange");
    struct message_types types = {.any_type = &type_dynamic};
    struct provider *p = provider_new();
    struct text reply, request;
    struct text_builder hex;

    text_builder_init(&hex, a, 4 << 20);
    for (int i = 0; i < DEPTH; i++) {
        text_add_z(&hex, "92c4");
        text_add_f(&hex, "%02x", (unsigned)strlen(type));
        for (size_t k = 0; k < strlen(type); k++)
            text_add_f(&hex, "%02x", (unsigned)type[k]);
        text_add_z(&hex, "91");
    }
    text_add_z(&hex, "c0");
    request = apply_request(a, text_f(a, "8ba676616c756573%s", text_built(&hex).at));
    assert_true(method_run(m, p, a, request, &reply));
    assert_true(value_count(value_at(message_reply(a, &types, m, reply), "diagnostics")) > 0);
    provider_free(p);
}

TEST(unknown_methods_are_not_found)
{
    assert_null(method_find(TEXT("/tfplugin6.Provider/ListResource")));
    assert_null(method_find(TEXT("/plugin.GRPCBroker/StartStream")));
    assert_null(method_find(TEXT("")));
    assert_non_null(method_find(TEXT("/plugin.GRPCStdio/StreamStdio")));
}

/* Configure under a debugger may come again while calls run. */
TEST(configuration_is_what_calls_receive)
{
    struct provider *p = provider_new();
    const struct value *config = value_map_of(
        a, {"config", value_map_of(a, {"log", value_map_of(a, {"http_bodies", &value_true})})});
    struct clients before, after;

    provider_clients(p, &before);
    assert_string_equal(json_write(a, ask(a, p, method_named(a, "ConfigureProvider"), config)).at,
                        "{}");
    provider_clients(p, &after);
    assert_true(value_is_null(before.provider_config));
    assert_true(value_as_bool(value_in(after.provider_config, "log", "http_bodies")));
    provider_free(p);
}

TEST(stop_fires_the_cancel)
{
    struct provider *p = provider_new();

    assert_false(cancel_fired(p->cancel));
    (void)ask(a, p, method_named(a, "StopProvider"), &value_empty_map);
    assert_true(cancel_fired(p->cancel));
    provider_free(p);
}
