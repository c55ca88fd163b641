#include "istio/remote_secret.h"

#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yml.h"
#include "crypto/digest.h"
#include "kube/connection.h"
#include "kube/kube.h"

static const char multi_cluster_label[] = "istio/multiCluster";
static const char cluster_annotation[] = "networking.istio.io/cluster";

char *remote_secret_name(struct arena *a, const char *cluster)
{
    return text_f(a, "istio-remote-secret-%s", cluster);
}

/* --- writing ---------------------------------------------------------------------- */

/* Keys in the order that istioctl's have. */
static struct text kubeconfig(struct arena *a, const char *cluster,
                              const struct remote_access *access)
{
    const struct kubeconfig_parts parts = {
        .name = cluster,
        .server = access->server,
        .tls_server_name = access->tls_server_name,
        .ca_pem = access->ca_pem,
        .token = access->token,
    };

    return yml_write(a, value_sorted(a, kubeconfig_build(a, &parts)));
}

const struct value *remote_secret_object(struct arena *a, const char *namespace,
                                         const char *cluster, const struct remote_access *access)
{
    struct text encoded = base64_encode(a, kubeconfig(a, cluster, access), BASE64_STANDARD);
    const struct value *metadata = value_map_of(
        a, {"name", value_string(a, remote_secret_name(a, cluster))},
        {"namespace", value_string(a, namespace)},
        {"labels", value_map_of(a, {multi_cluster_label, value_string(a, "true")})},
        {"annotations", value_map_of(a, {cluster_annotation, value_string(a, cluster)})});

    return value_map_of(a, {"apiVersion", value_string(a, "v1")},
                        {"kind", value_string(a, "Secret")}, {"metadata", metadata},
                        {"data", value_map_of(a, {cluster, value_string_of(a, encoded)})});
}

/* --- reading ---------------------------------------------------------------------- */

/* The `key` of the entry with that name: clusters: [{name: …, cluster: …}]. */
static const struct value *entry(const struct value *list, const char *name, const char *key)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "name"), name) == 0)
            return value_at(value_item(list, i), key);
    return &value_null;
}

static void access_take(struct arena *a, const struct value *config, struct remote_access *out)
{
    const struct value *context =
        entry(value_at(config, "contexts"), value_text(config, "current-context"), "context");
    const struct value *cluster =
        entry(value_at(config, "clusters"), value_text(context, "cluster"), "cluster");
    const struct value *user =
        entry(value_at(config, "users"), value_text(context, "user"), "user");
    struct text encoded = value_string_text(value_at(cluster, "certificate-authority-data"));

    out->server = value_text(cluster, "server");
    out->tls_server_name = value_text(cluster, "tls-server-name");
    out->token = value_text(user, "token");
    if (!base64_decode(a, encoded, BASE64_STANDARD, &out->ca_pem))
        out->ca_pem = TEXT("");
}

void remote_secret_read(struct arena *a, const struct value *secret, const char *cluster,
                        struct remote_access *out, const char **fault)
{
    const struct value *config = &value_null;
    struct diags unheard;
    struct text yaml;

    *out = (struct remote_access){"", "", TEXT(""), ""};
    *fault = NULL;
    diags_init(&unheard, a);
    if (!kube_secret_data(a, secret, cluster, &yaml)) {
        *fault = text_f(a, "it has no data under the key %s", cluster);
        return;
    }
    if (!yml_read(a, yaml, "kubeconfig", NULL, &unheard, &config)) {
        *fault = text_f(a, "what is under the key %s is no kubeconfig", cluster);
        return;
    }
    access_take(a, config, out);
    if (strcmp(value_z(value_in(secret, "metadata", "labels", multi_cluster_label)), "true") != 0)
        *fault = text_f(a, "it lacks the label %s=true", multi_cluster_label);
    else if (!out->server[0] || !out->token[0])
        *fault = "its kubeconfig names no server with a token";
}

const char *remote_secret_digest(struct call *c, const struct value *secret, const char *cluster)
{
    const struct value *metadata = value_at(secret, "metadata");
    struct text seen = json_write(
        c->arena, value_list_of(c->arena, value_in(metadata, "labels", multi_cluster_label),
                                value_in(metadata, "annotations", cluster_annotation),
                                value_in(secret, "data", cluster)));

    return digest_sha256_hex(c->arena, c->diags, seen);
}

bool remote_secret_is_loopback(const char *server)
{
    static const char scheme[] = "https://";
    const char *host = strncmp(server, scheme, strlen(scheme)) == 0 ? server + strlen(scheme) : "";
    struct text name = {host, strcspn(host, host[0] == '[' ? "/" : ":/")};

    return text_is(name, "localhost") || text_starts_with(name, "[::1]") ||
           (text_starts_with(name, "127.") && strspn(host, "0123456789.") == name.len);
}
