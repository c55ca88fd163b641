/* Ephemeral resources: open, renew, close; never in plan or state. */
#include "rpc/method.h"
#include "rpc/state.h"
#include "schema/check.h"

static bool read_config(struct operation *o, const char *name,
                        const Tfplugin6__DynamicValue *message)
{
    struct call *c = &o->call;

    if (!operation_resource(o, KIND_EPHEMERAL, name) ||
        !wire_read(c, message, resource_type(c->arena, c->resource), &c->config))
        return false;
    return value_is_set(c->config) ||
           diag_error(c->diags, NULL, "Malformed request", "The configuration of %s is missing.",
                      c->resource->name);
}

static void validate(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ValidateEphemeralResourceConfig__Request *request = message;

    (void)response;
    if (read_config(o, request->type_name, request->config))
        (void)check_config(&o->call, o->call.resource, o->call.config);
}

static Tfplugin6__Timestamp *timestamp(struct arena *a, int64_t at)
{
    Tfplugin6__Timestamp *out;

    if (!at)
        return NULL; /* never to be renewed */
    out = wire_new(a, &tfplugin6__timestamp__descriptor);
    out->seconds = at;
    return out;
}

static void open_resource(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__OpenEphemeralResource__Request *request = message;
    Tfplugin6__OpenEphemeralResource__Response *reply = response;
    struct call *c = &o->call;
    struct ephemeral_result opened = {.result = NULL};
    const struct value *result;

    if (!read_config(o, request->type_name, request->config))
        return;
    c->deadline_ms = resource_deadline_ms(c->resource, c->config, "open");
    if (!c->resource->open(c, c->config, &opened) ||
        !state_settle(c, opened.result ? opened.result : c->config, false, &result) ||
        !wire_write(c, result, resource_type(c->arena, c->resource), &reply->result))
        return;
    reply->renew_at = timestamp(c->arena, opened.renew_at);
    reply->private_opt_case = TFPLUGIN6__OPEN_EPHEMERAL_RESOURCE__RESPONSE__PRIVATE_OPT_PRIVATE;
    reply->private_ = wire_write_private(c);
}

static void renew_resource(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__RenewEphemeralResource__Request *request = message;
    Tfplugin6__RenewEphemeralResource__Response *reply = response;
    struct call *c = &o->call;
    struct ephemeral_result renewed = {.result = NULL};

    if (!operation_resource(o, KIND_EPHEMERAL, request->type_name) ||
        !wire_read_private(c, request->private_))
        return;
    if (c->resource->renew && !c->resource->renew(c, &renewed))
        return;
    reply->renew_at = timestamp(c->arena, renewed.renew_at);
    reply->private_opt_case = TFPLUGIN6__RENEW_EPHEMERAL_RESOURCE__RESPONSE__PRIVATE_OPT_PRIVATE;
    reply->private_ = wire_write_private(c);
}

static void close_resource(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__CloseEphemeralResource__Request *request = message;
    struct call *c = &o->call;

    (void)response;
    if (operation_resource(o, KIND_EPHEMERAL, request->type_name) &&
        wire_read_private(c, request->private_) && c->resource->close)
        (void)c->resource->close(c);
}

const struct method methods_ephemeral[] = {
    PROVIDER_METHOD(ValidateEphemeralResourceConfig, validate_ephemeral_resource_config, validate),
    PROVIDER_METHOD(OpenEphemeralResource, open_ephemeral_resource, open_resource),
    PROVIDER_METHOD(RenewEphemeralResource, renew_ephemeral_resource, renew_resource),
    PROVIDER_METHOD(CloseEphemeralResource, close_ephemeral_resource, close_resource),
    END_METHODS,
};
