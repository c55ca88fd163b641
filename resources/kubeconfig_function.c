#include "codec/yml.h"
#include "kube/connection.h"
#include "schema/resource.h"

static const struct attribute parameters[] = {
    STRING("name", REQUIRED, "Name of the cluster, user and context in the kubeconfig."),
    STRING("server", REQUIRED, "Address of the API server, `https://…`."),
    STRING("ca_certificate", REQUIRED, "Certificate authority of the API server, as PEM."),
    STRING("token", REQUIRED, "Bearer token; an empty text leaves the user without credentials."),
    END_ATTRIBUTES,
};

static bool build(struct call *c, const struct value *arguments, const struct value **out)
{
    struct kubeconfig_parts parts = {
        .name = value_z(value_item(arguments, 0)),
        .server = value_z(value_item(arguments, 1)),
        .ca_pem = value_string_text(value_item(arguments, 2)),
        .token = value_z(value_item(arguments, 3)),
    };

    if (!*parts.name)
        return diag_error(c->diags, path_index(c->arena, NULL, 0), "The name is empty",
                          "A kubeconfig needs a name for its cluster and context.");
    if (!text_starts_with(text_of(parts.server), "https://"))
        return diag_error(c->diags, path_index(c->arena, NULL, 1), "Not an https address",
                          "The server is \"%s\"; it has to begin with https://.", parts.server);
    if (!*parts.token)
        parts.token = NULL;
    *out = value_string_of(c->arena, yml_write(c->arena, kubeconfig_build(c->arena, &parts)));
    return true;
}

FUNCTION(kubeconfig) = {
    .name = "kubeconfig",
    .kind = KIND_FUNCTION,
    .summary = "Writes a kubeconfig for one cluster.",
    .doc = "The text holds one cluster, one user and one context, all called `name`. With a token "
           "the result is as secret as the token: pass it on as an ephemeral or sensitive value.",
    .attributes = parameters,
    .returns = &type_string,
    .run = build,
};
