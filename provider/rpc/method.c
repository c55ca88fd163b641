#include "rpc/method.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "provider.h"

static const struct method *const themes[] = {
    methods_resource, methods_state,     methods_data,     methods_provider,
    methods_schema,   methods_ephemeral, methods_function, methods_plugin,
};

const struct method *method_find(struct text path)
{
    for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++)
        for (const struct method *m = themes[i]; m->path; m++)
            if (text_is(path, m->path))
                return m;
    return NULL;
}

static void *take_memory(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void leave_memory(void *arena, void *block)
{
    (void)arena; /* goes with the arena */
    (void)block;
}

/* Every reply but a few has a repeated field of this name. */
static void put_diagnostics(struct arena *a, ProtobufCMessage *reply, const struct diags *diags)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(reply->descriptor, "diagnostics");
    char *start = (char *)reply;
    Tfplugin6__Diagnostic **list;

    if (!field || !diags->count)
        return;
    list = wire_diagnostics(a, diags);
    memcpy(start + field->quantifier_offset, &diags->count, sizeof(diags->count));
    memcpy(start + field->offset, &list, sizeof(list));
}

static struct text pack(struct arena *a, const ProtobufCMessage *reply)
{
    size_t len = protobuf_c_message_get_packed_size(reply);
    uint8_t *bytes = arena_alloc(a, len);

    protobuf_c_message_pack(reply, bytes);
    return (struct text){(const char *)bytes, len};
}

static void log_done(struct arena *a, const struct method *m, const struct operation *o,
                     int64_t started_ms)
{
    if (!log_enabled(LOG_DEBUG))
        return;
    log_event(LOG_DEBUG, "rpc", "call done", "method", m->path, "type",
              o->call.resource ? o->call.resource->name : "", "failed",
              o->call.diags->failed ? "true" : "false", "ms",
              text_f(a, "%lld", (long long)(clock_monotonic_ms() - started_ms)), NULL);
}

bool method_run(const struct method *m, struct provider *provider, struct arena *a,
                struct text request, struct text *reply)
{
    ProtobufCAllocator allocator = {take_memory, leave_memory, a};
    struct clients *clients = arena_alloc(a, sizeof(*clients));
    struct operation o = {.provider = provider};
    int64_t started_ms = clock_monotonic_ms();
    struct diags diags;
    ProtobufCMessage *message, *response;

    message =
        protobuf_c_message_unpack(m->request, &allocator, request.len, (const uint8_t *)request.at);
    if (!message)
        return false;
    diags_init(&diags, a);
    provider_clients(provider, clients);
    call_init(&o.call, a, &diags, provider->cancel, clients);
    o.call.config_unknown = !value_is_wholly_known(clients->provider_config);
    response = wire_new(a, m->response);
    m->run(&o, message, response);
    put_diagnostics(a, response, &diags);
    *reply = pack(a, response);
    log_done(a, m, &o, started_ms);
    return true;
}

bool operation_resource(struct operation *o, enum resource_kind kind, const char *name)
{
    static const char *const kinds[] = {"resource", "data source", "ephemeral resource",
                                        "function"};

    o->call.resource = resource_find(kind, name);
    return o->call.resource ||
           diag_error(o->call.diags, NULL, "Unknown type",
                      "This version of the provider has no %s \"%s\".", kinds[kind], name);
}

static bool refuse_write_only(void *data, const struct attribute *row, const struct path *at,
                              const struct value *v)
{
    struct call *c = data;

    if ((row->flags & WRITE_ONLY) && !value_is_null(v))
        diag_error(c->diags, at, "Write-only argument needs a newer Terraform",
                   "The value of \"%s\" is never stored, which Terraform can do from version 1.11 "
                   "on. Upgrade it, or leave this argument out.",
                   row->name);
    return true;
}

bool operation_write_only(struct operation *o, const Tfplugin6__ClientCapabilities *client,
                          const struct value *config)
{
    if (!client || !client->write_only_attributes_allowed)
        attributes_walk(o->call.arena, o->call.resource->attributes, config, refuse_write_only,
                        &o->call);
    return !o->call.diags->failed;
}
