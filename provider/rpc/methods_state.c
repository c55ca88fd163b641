/* States from elsewhere: of an older version, imported, of another type. */
#include "codec/json.h"
#include "rpc/method.h"
#include "rpc/state.h"
#include "schema/invariant.h"

#ifdef TEST_BUILD
enum { CHECK_INVARIANTS = 1 };
#else
enum { CHECK_INVARIANTS = 0 };
#endif

/* A raw tree becomes an object of today's schema. */
static bool conform(struct call *c, const struct value *raw, const struct value **out)
{
    const struct type *t = resource_type(c->arena, c->resource);
    const struct value *typed;

    return json_to_type(c->arena, raw, t, c->diags, &typed) && state_settle(c, typed, false, out) &&
           (!CHECK_INVARIANTS || value_is_null(*out) || invariant_state(c, c->resource, *out));
}

static const struct upgrade *upgrade_from(const struct resource *r, int64_t version)
{
    for (const struct upgrade *u = r->upgrades; u && u->run; u++)
        if (u->from_version == version)
            return u;
    return NULL;
}

static bool upgrade(struct call *c, int64_t version, const struct value **state)
{
    if (version > c->resource->version)
        return diag_error(c->diags, NULL, "State is of a newer provider",
                          "The state of %s has version %lld, this provider knows up to %lld. Use "
                          "the provider version that wrote it, or a newer one.",
                          c->resource->name, (long long)version, (long long)c->resource->version);
    for (; version < c->resource->version && !value_is_null(*state); version++) {
        const struct upgrade *u = upgrade_from(c->resource, version);

        if (!u)
            return diag_error(c->diags, NULL, "State is too old",
                              "The state of %s has version %lld, from which this provider has no "
                              "way up. Apply once with an older provider version.",
                              c->resource->name, (long long)version);
        if (!u->run(c, *state, state))
            return false;
    }
    return true;
}

static void upgrade_state(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__UpgradeResourceState__Request *request = message;
    Tfplugin6__UpgradeResourceState__Response *reply = response;
    struct call *c = &o->call;
    const struct value *state;

    if (!operation_resource(o, KIND_MANAGED, request->type_name) ||
        !wire_read_raw(c, request->raw_state, text_f(c->arena, "state of %s", c->resource->name),
                       &state) ||
        !upgrade(c, request->version, &state) || !conform(c, state, &state))
        return;
    (void)wire_write(c, state, resource_type(c->arena, c->resource), &reply->upgraded_state);
}

static void upgrade_identity(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__UpgradeResourceIdentity__Request *request = message;
    Tfplugin6__UpgradeResourceIdentity__Response *reply = response;
    struct call *c = &o->call;
    const struct value *raw, *identity;

    if (!operation_resource(o, KIND_MANAGED, request->type_name) ||
        !wire_read_raw(c, request->raw_identity,
                       text_f(c->arena, "identity of %s", c->resource->name), &raw) ||
        !json_to_type(c->arena, raw, wire_identity_type(c->arena, c->resource), c->diags,
                      &identity))
        return;
    (void)wire_write_identity(c, identity, &reply->upgraded_identity);
}

/* --- import ---------------------------------------------------------------- */

/* "key=value,key=value"; a value with a comma stands in double quotes. */
static const char *identity_id(struct call *c, const struct value *identity)
{
    struct text_builder b;

    text_builder_init(&b, c->arena, DIAG_DETAIL_BYTES_MAX);
    for (size_t i = 0; identity->kind == VALUE_MAP && i < identity->map.count; i++) {
        const struct value_entry *entry = &identity->map.entries[i];
        struct text value = value_string_text(entry->value);
        struct text rest = value, piece;
        bool quoted = text_split(&rest, ',', &piece) && rest.at;

        if (value_is_null(entry->value))
            continue;
        text_add_f(&b, "%s%s=%s", b.len ? "," : "", entry->key, quoted ? "\"" : "");
        text_add(&b, value);
        text_add_z(&b, quoted ? "\"" : "");
    }
    return text_built(&b).at;
}

static bool import_id(struct call *c, const Tfplugin6__ImportResourceState__Request *request,
                      const char **id)
{
    const struct value *identity;

    *id = request->id;
    if (!c->resource->import)
        return diag_error(c->diags, NULL, "Import is not supported",
                          "%s has nothing remote that could be imported.", c->resource->name);
    if (**id)
        return true;
    if (!wire_read_identity(c, request->identity, &identity))
        return false;
    *id = identity_id(c, identity);
    return **id || diag_error(c->diags, NULL, "Import needs an id",
                              "Neither an id nor an identity was given for %s.", c->resource->name);
}

static bool import_object(struct call *c, const char *id, const struct value **out)
{
    const struct value *found = NULL;

    if (!c->resource->import(c, id, &found))
        return false;
    if (!found || !value_is_set(found))
        return diag_error(c->diags, NULL, "Nothing to import", "No %s exists for the id \"%s\".",
                          c->resource->name, id);
    return conform(c, found, out);
}

static void import_state(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ImportResourceState__Request *request = message;
    Tfplugin6__ImportResourceState__Response *reply = response;
    Tfplugin6__ImportResourceState__ImportedResource *imported;
    struct call *c = &o->call;
    const struct value *state = &value_null;
    const char *id;

    if (!operation_resource(o, KIND_MANAGED, request->type_name) || !import_id(c, request, &id) ||
        !import_object(c, id, &state))
        return;
    imported = wire_new(c->arena, &tfplugin6__import_resource_state__imported_resource__descriptor);
    imported->type_name = wire_string(c->resource->name);
    imported->private_ = wire_write_private(c);
    if (!wire_write(c, state, resource_type(c->arena, c->resource), &imported->state) ||
        !wire_write_identity(c, state, &imported->identity))
        return;
    reply->imported_resources = arena_array(c->arena, 1, sizeof(void *));
    reply->imported_resources[reply->n_imported_resources++] = imported;
}

/* --- move ------------------------------------------------------------------ */

static const struct move *find_move(const struct resource *r, const char *provider,
                                    const char *type)
{
    for (const struct move *m = r->moves; m && m->run; m++)
        if (text_ends_with(text_of(provider), m->source_provider) &&
            text_is(text_of(type), m->source_type))
            return m;
    return NULL;
}

static bool move_object(struct call *c, const Tfplugin6__MoveResourceState__Request *request,
                        const struct value **out)
{
    const struct move *m =
        find_move(c->resource, request->source_provider_address, request->source_type_name);
    const struct value *source, *moved = NULL;

    if (!m)
        return diag_error(c->diags, NULL, "Cannot move this resource",
                          "%s cannot take over the state of %s from %s. Remove it from the state "
                          "and import it instead.",
                          c->resource->name, request->source_type_name,
                          request->source_provider_address);
    return wire_read_raw(c, request->source_state,
                         text_f(c->arena, "state of %s", request->source_type_name), &source) &&
           m->run(c, source, &moved) && conform(c, moved ? moved : &value_null, out);
}

static void move_state(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__MoveResourceState__Request *request = message;
    Tfplugin6__MoveResourceState__Response *reply = response;
    struct call *c = &o->call;
    const struct value *state = &value_null;

    if (!operation_resource(o, KIND_MANAGED, request->target_type_name) ||
        !move_object(c, request, &state))
        return;
    if (wire_write(c, state, resource_type(c->arena, c->resource), &reply->target_state) &&
        wire_write_identity(c, state, &reply->target_identity))
        reply->target_private = wire_write_private(c);
}

const struct method methods_state[] = {
    PROVIDER_METHOD(UpgradeResourceState, upgrade_resource_state, upgrade_state),
    PROVIDER_METHOD(UpgradeResourceIdentity, upgrade_resource_identity, upgrade_identity),
    PROVIDER_METHOD(ImportResourceState, import_resource_state, import_state),
    PROVIDER_METHOD(MoveResourceState, move_resource_state, move_state),
    END_METHODS,
};
