/* Data sources: validate and read. */
#include "rpc/method.h"
#include "rpc/state.h"
#include "schema/check.h"

static bool read_config(struct operation *o, const char *name,
                        const Tfplugin6__DynamicValue *message)
{
    struct call *c = &o->call;

    if (!operation_resource(o, KIND_DATA, name) ||
        !wire_read(c, message, resource_type(c->arena, c->resource), &c->config))
        return false;
    return value_is_set(c->config) ||
           diag_error(c->diags, NULL, "Malformed request", "The configuration of %s is missing.",
                      c->resource->name);
}

static void validate(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ValidateDataResourceConfig__Request *request = message;

    (void)response;
    if (read_config(o, request->type_name, request->config))
        (void)check_config(&o->call, o->call.resource, o->call.config);
}

static bool read_data(struct call *c, const struct value **out)
{
    const struct value *found = NULL;

    c->deadline_ms = resource_deadline_ms(c->resource, c->config, "read");
    if (!c->resource->read(c, c->config, &found))
        return false;
    if (!found || !value_is_set(found))
        return diag_error(c->diags, NULL, "Bug in the provider: nothing was read",
                          "%s reported success but returned nothing. Please report this.",
                          c->resource->name);
    return state_settle(c, found, false, out);
}

static void read_data_source(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ReadDataSource__Request *request = message;
    Tfplugin6__ReadDataSource__Response *reply = response;
    struct call *c = &o->call;
    const struct value *found = &value_null;

    if (read_config(o, request->type_name, request->config) && read_data(c, &found))
        (void)wire_write(c, found, resource_type(c->arena, c->resource), &reply->state);
}

const struct method methods_data[] = {
    PROVIDER_METHOD(ValidateDataResourceConfig, validate_data_resource_config, validate),
    PROVIDER_METHOD(ReadDataSource, read_data_source, read_data_source),
    END_METHODS,
};
