#include "base/clock.h"
#include "codec/yml.h"
#include "istio/service_token.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster that the kubeconfig leads to."),
    STRING("service_account", REQUIRED, "Service account that the kubeconfig signs in as.",
           .check = check_dns_subdomain),
    STRING("namespace", REQUIRED, "Namespace of the service account.", .check = check_dns_label),
    STRING("validity", OPTIONAL,
           "How long the credentials are wanted for, such as `1h` (which is the default); the "
           "server may change it.",
           .check = check_duration),
    STRING("kubeconfig", COMPUTED | SENSITIVE,
           "The kubeconfig as YAML: one cluster, one user and one context, named as the cluster."),
    STRING("expires_at", COMPUTED, "When its token expires, RFC 3339."),
    END_ATTRIBUTES,
};

static bool kubeconfig_open(struct call *c, const struct value *config,
                            struct ephemeral_result *out)
{
    int64_t validity_ms = clock_parse_duration_ms(value_text(config, "validity"));
    struct kubeconfig_parts parts;
    struct service_token token;
    struct kube *k;

    if (!kube_open(c, value_at(config, "cluster"), path_of(c->arena, "cluster"), &k) ||
        !service_token_request(c, k, value_text(config, "namespace"),
                               value_text(config, "service_account"), &value_null,
                               validity_ms < 0 ? 3600 : validity_ms / 1000, &token))
        return false;
    parts = (struct kubeconfig_parts){
        .name = kube_name(k),
        .server = kube_host(k),
        .tls_server_name = kube_tls_server_name(k),
        .proxy_url = value_text(value_at(config, "cluster"), "proxy_url"),
        .ca_pem = kube_ca_pem(k),
        .token = token.token,
    };
    out->result = value_with(
        c->arena, config, "kubeconfig",
        value_string_of(c->arena, yml_write(c->arena, kubeconfig_build(c->arena, &parts))));
    out->result = value_with(c->arena, out->result, "expires_at",
                             value_string(c->arena, clock_rfc3339(c->arena, token.expires_at)));
    return true;
}

EPHEMERAL(istio_kubeconfig) = {
    .name = "istio_kubeconfig",
    .kind = KIND_EPHEMERAL,
    .summary = "A kubeconfig for a service account of a cluster, which is never stored.",
    .doc = "The token in it is made when Terraform runs and expires by itself; hand the text to a "
           "write-only argument or to another provider.",
    .attributes = attributes,
    .open = kubeconfig_open,
};
