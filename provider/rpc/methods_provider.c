/* The provider block: validate, configure, stop. */
#include "base/log.h"
#include "provider.h"
#include "rpc/method.h"

/* An absent configuration is an empty block. */
static bool read_config(struct operation *o, const Tfplugin6__DynamicValue *message,
                        const struct value **out)
{
    const struct type *t = attributes_type(o->call.arena, o->provider->attributes);

    if (!wire_read(&o->call, message, t, out))
        return false;
    if (!value_is_set(*out))
        *out = type_empty(o->call.arena, t);
    o->call.config = *out;
    return true;
}

static void validate_config(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ValidateProviderConfig__Request *request = message;
    const struct value *config;

    (void)response;
    if (read_config(o, request->config, &config))
        (void)provider_validate(o->provider, &o->call, config);
}

static void configure(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ConfigureProvider__Request *request = message;
    const struct value *config;

    (void)response;
    log_event(LOG_INFO, "rpc", "configuring", "terraform_version", request->terraform_version,
              "provider_version", PROVIDER_VERSION, NULL);
    if (read_config(o, request->config, &config))
        (void)provider_configure(o->provider, &o->call, config);
}

static void stop(struct operation *o, const void *message, void *response)
{
    (void)message;
    (void)response;
    log_event(LOG_INFO, "rpc", "stop requested", NULL);
    cancel_fire(o->provider->cancel);
}

const struct method methods_provider[] = {
    PROVIDER_METHOD(ValidateProviderConfig, validate_provider_config, validate_config),
    PROVIDER_METHOD(ConfigureProvider, configure_provider, configure),
    {.path = "/tfplugin6.Provider/StopProvider",
     .request = &tfplugin6__stop_provider__request__descriptor,
     .response = &tfplugin6__stop_provider__response__descriptor,
     .run = stop,
     .kind = METHOD_AT_ONCE},
    END_METHODS,
};
