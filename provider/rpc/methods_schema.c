/* What the provider consists of: schemas, metadata, functions, identities. */
#include "provider.h"
#include "rpc/method.h"

static Tfplugin6__ServerCapabilities *capabilities(struct arena *a)
{
    Tfplugin6__ServerCapabilities *out = wire_new(a, &tfplugin6__server_capabilities__descriptor);

    out->plan_destroy = true;
    out->get_provider_schema_optional = true;
    out->move_resource_state = true;
    return out;
}

static size_t count_of(enum resource_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; registry[i]; i++)
        count += registry[i]->kind == kind;
    return count;
}

/* The protocol has one type of map entry per map, all with the same members. */
#define SCHEMA_MAP(arena, wanted, message, count, list, entry_descriptor, make)                    \
    do {                                                                                           \
        size_t at = 0;                                                                             \
        (message)->count = count_of(wanted);                                                       \
        (message)->list = (void *)wire_array((arena), (message)->count, &(entry_descriptor));      \
        for (size_t i = 0; registry[i]; i++) {                                                     \
            if (registry[i]->kind != (wanted))                                                     \
                continue;                                                                          \
            (message)->list[at]->key = wire_string(registry[i]->name);                             \
            (message)->list[at++]->value = make((arena), registry[i]);                             \
        }                                                                                          \
    } while (0)

static void get_provider_schema(struct operation *o, const void *request, void *response)
{
    Tfplugin6__GetProviderSchema__Response *reply = response;
    struct arena *a = o->call.arena;

    (void)request;
    reply->provider = wire_schema(a, o->provider->attributes, 0, o->provider->summary);
    reply->server_capabilities = capabilities(a);
    SCHEMA_MAP(a, KIND_MANAGED, reply, n_resource_schemas, resource_schemas,
               tfplugin6__get_provider_schema__response__resource_schemas_entry__descriptor,
               wire_resource_schema);
    SCHEMA_MAP(a, KIND_DATA, reply, n_data_source_schemas, data_source_schemas,
               tfplugin6__get_provider_schema__response__data_source_schemas_entry__descriptor,
               wire_resource_schema);
    SCHEMA_MAP(
        a, KIND_EPHEMERAL, reply, n_ephemeral_resource_schemas, ephemeral_resource_schemas,
        tfplugin6__get_provider_schema__response__ephemeral_resource_schemas_entry__descriptor,
        wire_resource_schema);
    SCHEMA_MAP(a, KIND_FUNCTION, reply, n_functions, functions,
               tfplugin6__get_provider_schema__response__functions_entry__descriptor,
               wire_function);
}

static void get_functions(struct operation *o, const void *request, void *response)
{
    Tfplugin6__GetFunctions__Response *reply = response;

    (void)request;
    SCHEMA_MAP(o->call.arena, KIND_FUNCTION, reply, n_functions, functions,
               tfplugin6__get_functions__response__functions_entry__descriptor, wire_function);
}

static void get_identity_schemas(struct operation *o, const void *request, void *response)
{
    Tfplugin6__GetResourceIdentitySchemas__Response *reply = response;
    struct arena *a = o->call.arena;

    (void)request;
    reply->identity_schemas =
        (Tfplugin6__GetResourceIdentitySchemas__Response__IdentitySchemasEntry **)wire_array(
            a, count_of(KIND_MANAGED),
            &tfplugin6__get_resource_identity_schemas__response__identity_schemas_entry__descriptor);
    for (size_t i = 0; registry[i]; i++) {
        if (registry[i]->kind != KIND_MANAGED || !registry[i]->identity)
            continue;
        reply->identity_schemas[reply->n_identity_schemas]->key = wire_string(registry[i]->name);
        reply->identity_schemas[reply->n_identity_schemas++]->value =
            wire_identity_schema(a, registry[i]);
    }
}

#define NAME_LIST(arena, wanted, message, count, list, item_descriptor, member)                    \
    do {                                                                                           \
        size_t at = 0;                                                                             \
        (message)->count = count_of(wanted);                                                       \
        (message)->list = (void *)wire_array((arena), (message)->count, &(item_descriptor));       \
        for (size_t i = 0; registry[i]; i++)                                                       \
            if (registry[i]->kind == (wanted))                                                     \
                (message)->list[at++]->member = wire_string(registry[i]->name);                    \
    } while (0)

static void get_metadata(struct operation *o, const void *request, void *response)
{
    Tfplugin6__GetMetadata__Response *reply = response;
    struct arena *a = o->call.arena;

    (void)request;
    reply->server_capabilities = capabilities(a);
    NAME_LIST(a, KIND_MANAGED, reply, n_resources, resources,
              tfplugin6__get_metadata__resource_metadata__descriptor, type_name);
    NAME_LIST(a, KIND_DATA, reply, n_data_sources, data_sources,
              tfplugin6__get_metadata__data_source_metadata__descriptor, type_name);
    NAME_LIST(a, KIND_EPHEMERAL, reply, n_ephemeral_resources, ephemeral_resources,
              tfplugin6__get_metadata__ephemeral_metadata__descriptor, type_name);
    NAME_LIST(a, KIND_FUNCTION, reply, n_functions, functions,
              tfplugin6__get_metadata__function_metadata__descriptor, name);
}

const struct method methods_schema[] = {
    PROVIDER_METHOD(GetProviderSchema, get_provider_schema, get_provider_schema),
    PROVIDER_METHOD(GetMetadata, get_metadata, get_metadata),
    PROVIDER_METHOD(GetFunctions, get_functions, get_functions),
    PROVIDER_METHOD(GetResourceIdentitySchemas, get_resource_identity_schemas,
                    get_identity_schemas),
    END_METHODS,
};
