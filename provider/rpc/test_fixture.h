/* test_fixture - a provider of its own for the tests of rpc: one type of each
 * kind, whose attribute `mode` says what goes wrong. Defines the registry, so a
 * program that includes this (once) has these types instead of the real ones. */
#ifndef RPC_TEST_FIXTURE_H
#define RPC_TEST_FIXTURE_H
#include <string.h>

#include "schema/check.h"
#include "schema/resource.h"
#include "schema/type.h"

/* Never reached by a test: a wait that nothing ends would hang it. */
enum { FIXTURE_WAIT_MS = 10 * 60 * 1000 };

static const struct attribute fixture_port[] = {
    NUMBER("number", REQUIRED, "Number of the port."),
    STRING("protocol", OPTIONAL | COMPUTED, "Protocol.", .fallback = "TCP"),
    END_ATTRIBUTES,
};

static const struct attribute fixture_thing[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name of the thing.", .check = check_dns_label),
    STRING("zone", OPTIONAL | FORCE_NEW, "Second half of its identity."),
    STRING("mode", OPTIONAL, "What goes wrong."),
    NUMBER("size", OPTIONAL | COMPUTED, "Size of the thing.", .fallback = "3"),
    NESTED("ports", NESTING_LIST, fixture_port, OPTIONAL, "Ports of the thing."),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the thing.", .deprecated = "Use tags."),
    DYNAMIC("values", OPTIONAL, "Anything."),
    STRING("secret", OPTIONAL | WRITE_ONLY, "Never stored.", .version_attribute = "secret_version"),
    NUMBER("secret_version", OPTIONAL, "Change it with the secret."),
    STRING("id", COMPUTED | KEEP_STATE, "Id of the thing."),
    STRING("revision", COMPUTED, "Changes with every update.", .unknown_if = NAMES("size")),
    END_ATTRIBUTES,
};

static inline bool fixture_mode(const struct value *object, const char *mode)
{
    return text_is(value_string_text(value_at(object, "mode")), mode);
}

static inline const struct value *fixture_made(struct call *c, const struct value *planned)
{
    const struct value *made = value_with(c->arena, planned, "id",
                                          value_f(c->arena, "id-%s", value_text(planned, "name")));

    return value_with(c->arena, made, "revision",
                      value_f(c->arena, "r%lld", (long long)value_integer_at(planned, "size")));
}

static inline bool fixture_change(struct call *c, const struct value *planned,
                                  const struct value **out)
{
    if (fixture_mode(planned, "refused"))
        return diag_error(c->diags, path_of(c->arena, "mode"), "Refused", "Nothing was made.");
    *out = fixture_made(c, planned);
    c->private_out = value_map_of(
        c->arena, {"secret_bytes",
                   value_integer(c->arena, (int64_t)strlen(value_text(c->config, "secret")))});
    if (fixture_mode(planned, "unknown"))
        *out = value_with(c->arena, *out, "revision", &value_unknown);
    if (fixture_mode(planned, "nothing"))
        *out = NULL;
    if (fixture_mode(planned, "leaks"))
        *out = value_with(c->arena, *out, "secret", value_at(c->config, "secret"));
    if (fixture_mode(planned, "shapeless"))
        *out = value_with(c->arena, *out, "size", value_string(c->arena, "large"));
    if (fixture_mode(planned, "half"))
        return diag_error(c->diags, NULL, "Half done", "The second half failed.");
    if (fixture_mode(planned, "waits"))
        return call_wait_ms(c, FIXTURE_WAIT_MS, "the end of the test", "nothing");
    return true;
}

static inline bool fixture_create(struct call *c, const struct value *planned,
                                  const struct value **out)
{
    return fixture_change(c, planned, out);
}

static inline bool fixture_update(struct call *c, const struct value *prior,
                                  const struct value *planned, const struct value **out)
{
    (void)prior;
    return fixture_change(c, planned, out);
}

static inline bool fixture_read(struct call *c, const struct value *state, const struct value **out)
{
    if (fixture_mode(state, "unreadable"))
        return diag_error(c->diags, NULL, "Cannot read", "The server is away.");
    if (!fixture_mode(state, "gone"))
        *out = fixture_mode(state, "drifted")
                   ? value_with(c->arena, state, "size", value_integer(c->arena, 99))
                   : state;
    return true;
}

static inline bool fixture_remove(struct call *c, const struct value *state)
{
    return !fixture_mode(state, "stuck") ||
           diag_error(c->diags, NULL, "Cannot remove", "A finalizer holds it.");
}

static inline bool fixture_import(struct call *c, const char *id, const struct value **out)
{
    if (strcmp(id, "absent") == 0)
        return true;
    *out = value_map_of(c->arena, {"name", value_string(c->arena, id)});
    return true;
}

static inline bool fixture_upgrade_0(struct call *c, const struct value *old,
                                     const struct value **out)
{
    *out = value_with(c->arena, old, "name", value_at(old, "title"));
    return true;
}

static inline bool fixture_upgrade_1(struct call *c, const struct value *old,
                                     const struct value **out)
{
    *out = value_with(c->arena, old, "size",
                      value_integer(c->arena, 10 * value_integer_at(old, "size")));
    return true;
}

static inline bool fixture_move(struct call *c, const struct value *source,
                                const struct value **out)
{
    *out = value_map_of(c->arena, {"name", value_at(source, "id")});
    return true;
}

static const struct upgrade fixture_upgrades[] = {
    {0, fixture_upgrade_0},
    {1, fixture_upgrade_1},
    {0, NULL},
};

static const struct move fixture_moves[] = {
    {"hashicorp/null", "null_resource", fixture_move},
    {NULL, NULL, NULL},
};

static const struct resource fixture_managed = {
    .name = "istio_thing",
    .summary = "A thing that tests make.",
    .attributes = fixture_thing,
    .version = 2,
    .timeouts = {.create = 60, .update = 60},
    .import_doc = "Its name.",
    .identity = NAMES("name", "zone"),
    .upgrades = fixture_upgrades,
    .moves = fixture_moves,
    .create = fixture_create,
    .read = fixture_read,
    .update = fixture_update,
    .remove = fixture_remove,
    .import = fixture_import,
};

/* A resource that needs nothing but a create: everything else is optional. */
static const struct attribute fixture_mark_rows[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name of the mark."),
    END_ATTRIBUTES,
};

static inline bool fixture_mark_create(struct call *c, const struct value *planned,
                                       const struct value **out)
{
    (void)c;
    *out = planned;
    return true;
}

static const struct resource fixture_mark = {
    .name = "istio_mark",
    .summary = "A mark that nobody sees.",
    .attributes = fixture_mark_rows,
    .create = fixture_mark_create,
};

static const struct attribute fixture_looked_up[] = {
    STRING("name", REQUIRED, "Name to look up."),
    STRING("mode", OPTIONAL, "What goes wrong."),
    STRING("found", COMPUTED | SENSITIVE, "What was found."),
    END_ATTRIBUTES,
};

static inline bool fixture_look_up(struct call *c, const struct value *config,
                                   const struct value **out)
{
    if (fixture_mode(config, "waits"))
        return call_wait_ms(c, FIXTURE_WAIT_MS, "the end of the test", "nothing");
    if (!fixture_mode(config, "nothing"))
        *out = value_with(c->arena, config, "found",
                          value_f(c->arena, "<%s>", value_text(config, "name")));
    return true;
}

static const struct resource fixture_data = {
    .name = "istio_thing",
    .kind = KIND_DATA,
    .summary = "Looks a thing up.",
    .attributes = fixture_looked_up,
    .read = fixture_look_up,
};

static inline bool fixture_open(struct call *c, const struct value *config,
                                struct ephemeral_result *out)
{
    if (!fixture_look_up(c, config, &out->result))
        return false;
    out->renew_at = 1000;
    c->private_out = value_map_of(c->arena, {"lease", value_integer(c->arena, 7)});
    return true;
}

static inline bool fixture_lease(struct call *c)
{
    return value_integer_at(c->private_data, "lease") == 7 ||
           diag_error(c->diags, NULL, "No lease", "It was never opened.");
}

static inline bool fixture_renew(struct call *c, struct ephemeral_result *out)
{
    out->renew_at = 2000;
    return fixture_lease(c);
}

static const struct resource fixture_ephemeral = {
    .name = "istio_lease",
    .kind = KIND_EPHEMERAL,
    .summary = "A lease on a thing.",
    .attributes = fixture_looked_up,
    .open = fixture_open,
    .renew = fixture_renew,
    .close = fixture_lease,
};

static const struct attribute fixture_parameters[] = {
    STRING("separator", REQUIRED, "Text between the others."),
    END_ATTRIBUTES,
};

static const struct attribute fixture_variadic[] = {
    STRING("texts", OPTIONAL, "Texts to join."),
    END_ATTRIBUTES,
};

static inline bool fixture_join(struct call *c, const struct value *arguments,
                                const struct value **out)
{
    const struct value *texts = value_item(arguments, 1);
    const char *joined = "";

    for (size_t i = 0; i < value_count(texts); i++) {
        const char *z = value_z(value_item(texts, i));

        if (strcmp(z, "bad") == 0)
            return diag_error(c->diags, path_index(c->arena, NULL, i + 1), "Bad text", "Not this.");
        joined = text_f(c->arena, "%s%s%s", joined, i ? value_z(value_item(arguments, 0)) : "", z);
    }
    *out = value_string(c->arena, joined);
    return true;
}

static const struct resource fixture_function = {
    .name = "join_things",
    .kind = KIND_FUNCTION,
    .summary = "Joins texts.",
    .attributes = fixture_parameters,
    .variadic = fixture_variadic,
    .returns = &type_string,
    .run = fixture_join,
};

const struct resource *const registry[] = {
    &fixture_managed, &fixture_mark, &fixture_data, &fixture_ephemeral, &fixture_function, NULL,
};

#endif
