/* auth - what proves who we are: obtained once for all callers, kept until it
 * is about to expire, replaced after a 401. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "kube/client.h"

enum {
    EXPIRY_MARGIN_S = 30,    /* a token must outlive the request that carries it */
    TOKEN_FILE_SECONDS = 60, /* between two looks at a token file */
};

bool auth_endpoint(struct call *c, struct kube *k, struct text certificate_pem, struct text key_pem,
                   const struct path *at, struct http_endpoint **out)
{
    const struct kube_target *t = &k->target;
    const struct http_endpoint_options options = {
        .base_url = t->host,
        .ca_pem = t->ca_pem.len ? t->ca_pem.at : NULL,
        .client_cert_pem = certificate_pem.len ? certificate_pem.at : NULL,
        .client_key_pem = key_pem.len ? key_pem.at : NULL,
        .tls_server_name = t->tls_server_name,
        .proxy_url = t->proxy_url,
    };
    struct kube_endpoint *entry;

    if (!http_endpoint_new(k->pool->http, &options, at, c->diags, out))
        return false;
    entry = memory_new(1, sizeof(*entry));
    *entry = (struct kube_endpoint){*out, k->endpoints};
    k->endpoints = entry;
    return true;
}

void auth_clear(struct kube *k)
{
    while (k->endpoints) {
        struct kube_endpoint *entry = k->endpoints;

        k->endpoints = entry->next;
        http_endpoint_free(entry->http);
        memory_free(entry);
    }
    memory_free(k->auth.token);
    k->auth = (struct kube_auth){.token = NULL};
}

const char *auth_text(struct arena *a, const struct kube *k)
{
    const struct kube_credentials *who = &k->target.credentials;

    if (who->exec)
        return text_f(a, "the credentials of the plugin %s", who->exec->command);
    if (who->eks)
        return text_f(a, "a token for the EKS cluster %s", value_text(who->eks, "cluster_name"));
    if (who->token_file)
        return text_f(a, "the token in %s", who->token_file);
    return who->token ? "the token of the connection" : "the client certificate of the connection";
}

/* When a JWT says that it expires; 0 when the token is no JWT or does not say. */
static int64_t jwt_expiry(struct arena *a, const char *token)
{
    struct text rest = text_of(token), header, payload, bytes;
    const struct value *claims;
    struct diags quiet;

    diags_init(&quiet, a);
    if (!text_split(&rest, '.', &header) || !text_split(&rest, '.', &payload) || !rest.at ||
        !base64_decode(a, payload, BASE64_URL_RAW, &bytes) ||
        !json_read(a, bytes, "token", &quiet, &claims))
        return 0;
    return value_integer_at(claims, "exp");
}

/* --- obtaining: under auth_lock ----------------------------------------------- */

static void auth_set(struct kube *k, const char *token, int64_t expires_at,
                     struct http_endpoint *endpoint)
{
    memory_free(k->auth.token);
    k->auth = (struct kube_auth){
        .token = token ? memory_strdup(token) : NULL,
        .expires_at = expires_at,
        .read_at = clock_now(),
        .generation = k->auth.generation + 1,
        .endpoint = endpoint,
    };
}

static bool obtain_exec(struct call *c, struct kube *k)
{
    struct http_endpoint *endpoint = k->base;
    struct exec_credential got;

    if (!exec_run(c, k->target.credentials.exec, k->name, &got))
        return false;
    if (got.client_certificate_pem.len &&
        !auth_endpoint(c, k, got.client_certificate_pem, got.client_key_pem, NULL, &endpoint))
        return false;
    auth_set(k, got.token, got.expires_at, endpoint);
    return true;
}

static bool obtain_eks(struct call *c, struct kube *k)
{
    int64_t expires_at = 0;
    const char *token;

    if (!k->pool->eks_token)
        return diag_error(c->diags, NULL, "EKS tokens cannot be made",
                          "Cluster %s signs in by EKS, which this build does not offer.", k->name);
    if (!k->pool->eks_token(c, k->target.credentials.eks, &token, &expires_at))
        return false;
    auth_set(k, token, expires_at, k->base);
    return true;
}

static bool obtain_file(struct call *c, struct kube *k)
{
    const char *path = k->target.credentials.token_file, *token;
    struct text bytes;

    if (!target_file(c, NULL, path, CREDENTIAL_FILE_BYTES_MAX, NULL, "The token file", false,
                     &bytes))
        return false;
    token = text_z(c->arena, text_trim(bytes));
    if (!token[0])
        return diag_error(c->diags, NULL, "The token file is empty", "Cluster %s: %s.", k->name,
                          path);
    auth_set(k, token, jwt_expiry(c->arena, token), k->base);
    return true;
}

static bool obtain(struct call *c, struct kube *k)
{
    const struct kube_credentials *who = &k->target.credentials;

    if (who->exec)
        return obtain_exec(c, k);
    if (who->eks)
        return obtain_eks(c, k);
    if (who->token_file)
        return obtain_file(c, k);
    auth_set(k, who->token, who->token ? jwt_expiry(c->arena, who->token) : 0, k->base);
    return true;
}

static bool is_renewable(const struct kube *k)
{
    const struct kube_credentials *who = &k->target.credentials;

    return who->exec || who->eks || who->token_file;
}

static bool is_fresh(const struct kube *k)
{
    const struct kube_auth *auth = &k->auth;
    int64_t now = clock_now();

    if (!auth->generation)
        return false;
    if (!is_renewable(k))
        return true;
    if (k->target.credentials.token_file)
        return now < auth->read_at + TOKEN_FILE_SECONDS;
    return !auth->expires_at || now + EXPIRY_MARGIN_S < auth->expires_at;
}

static void session_set(struct call *c, const struct kube *k, struct kube_session *out)
{
    *out = (struct kube_session){
        .endpoint = k->auth.endpoint,
        .token = arena_strdup(c->arena, k->auth.token),
        .authorization = k->auth.token ? text_f(c->arena, "Bearer %s", k->auth.token) : NULL,
        .expires_at = k->auth.expires_at,
        .generation = k->auth.generation,
    };
}

bool auth_session(struct call *c, struct kube *k, struct kube_session *out)
{
    bool done;

    pthread_mutex_lock(&k->auth_lock);
    done = is_fresh(k) || obtain(c, k);
    if (done)
        session_set(c, k, out);
    pthread_mutex_unlock(&k->auth_lock);
    return done;
}

bool auth_renew(struct call *c, struct kube *k, const struct kube_session *old, bool *renewed)
{
    bool done = true;

    *renewed = is_renewable(k);
    if (!*renewed)
        return true;
    pthread_mutex_lock(&k->auth_lock);
    if (k->auth.generation == old->generation) {
        log_event(LOG_DEBUG, "kube", "renewing credentials after a 401", "cluster", k->name, NULL);
        done = obtain(c, k);
    }
    pthread_mutex_unlock(&k->auth_lock);
    return done;
}

bool kube_token(struct call *c, struct kube *k, const char **token, int64_t *expires_at)
{
    struct kube_session session;

    *token = "";
    *expires_at = 0;
    if (!auth_session(c, k, &session))
        return false;
    *token = session.token ? session.token : "";
    *expires_at = session.token ? session.expires_at : 0;
    return true;
}
