#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "istio/namespace.h"
#include "istio/reader.h"
#include "istio/remote_secret.h"
#include "istio/service_token.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define VALIDITY_DEFAULT "8760h"
#define RENEW_BEFORE_DEFAULT "720h"

enum { VALIDITY_SECONDS_MIN = 600 }; /* what the TokenRequest API takes */

static const struct attribute token_rows[] = {
    STRING("type", OPTIONAL | COMPUTED,
           "`secret`: one that does not expire, in a Secret of its own on the remote cluster, as "
           "istioctl makes it. `bound`: one that expires and is renewed when Terraform runs; an "
           "istiod before 1.30 drops its old client of the cluster before the new one has synced.",
           .fallback = "secret", .one_of = ONE_OF("secret", "bound")),
    STRING("validity", OPTIONAL,
           "How long a bound token is wanted for; left out, `" VALIDITY_DEFAULT
           "`. Servers may shorten it, EKS to `24h`.",
           .check = check_duration),
    STRING("renew_before", OPTIONAL,
           "How long before its end the plan shows the renewal of a bound token; left out, "
           "`" RENEW_BEFORE_DEFAULT "`, and never more than a third of its life.",
           .check = check_duration),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster whose istiod is to watch the other one."),
    CLUSTER("remote", REQUIRED,
            "The cluster to be watched. Its name is the one that its own istiod has as "
            "`clusterName`."),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW,
           "Namespace of istiod, on both clusters. It is made where it is missing, with the label "
           "of the cluster's network.",
           .fallback = NAMESPACE_DEFAULT, .check = check_dns_label),
    STRING("service_account", OPTIONAL | COMPUTED | FORCE_NEW,
           "Service account on the remote cluster as which istiod reads it.",
           .fallback = READER_ACCOUNT_DEFAULT, .check = check_dns_subdomain),
    BOOL("create_service_account", OPTIONAL | COMPUTED,
         "Make the account, its ClusterRole and its binding where they are missing. Those that "
         "Istio's charts brought are used as they are.",
         .fallback = "true"),
    NESTED("token", NESTING_SINGLE, token_rows, OPTIONAL,
           "The token that istiod is given. Left out, one that does not expire."),
    STRING("server_override", OPTIONAL,
           "Address of the remote API server as the pods of `cluster` reach it. Left out, the "
           "connection's.",
           .check = check_https_url),
    STRING("tls_server_name", OPTIONAL,
           "Name to expect in the remote API server's certificate instead of the address's.",
           .check = check_not_empty),
    STRING("id", COMPUTED | KEEP_STATE, "`<cluster>/<namespace>/<name of the Secret>`."),
    STRING("secret_name", COMPUTED | KEEP_STATE,
           "Name of the Secret on `cluster`: `istio-remote-secret-<remote>`."),
    STRING("server", COMPUTED | KEEP_STATE, "Address of the remote API server in the Secret."),
    STRING("token_fingerprint_sha256", COMPUTED | KEEP_STATE,
           "SHA-256 of the token, in lower-case hexadecimal."),
    STRING("token_expires_at", COMPUTED | KEEP_STATE,
           "When the token expires (RFC 3339); null for one that does not."),
    BOOL("ready_for_renewal", COMPUTED | KEEP_STATE,
         "The next apply writes the Secret anew: the time has come, the remote cluster refuses the "
         "token, or the Secret is not what was written."),
    END_ATTRIBUTES,
};

/* --- what is to be done ------------------------------------------------------------- */

/* One cluster to be watched by another. */
struct work {
    struct call *call;
    const struct value *object;
    struct kube *cluster;
    const char *namespace, *watcher, *remote; /* the mesh's names of both clusters */
    struct reader reader;
};

static bool work_open(struct call *c, const struct value *object, struct work *out)
{
    const struct value *cluster = value_at(object, "cluster"), *remote = value_at(object, "remote");

    *out = (struct work){
        .call = c,
        .object = object,
        .namespace = value_text(object, "namespace"),
        .watcher = connection_name(cluster),
        .remote = connection_name(remote),
        .reader = {.namespace = value_text(object, "namespace"),
                   .account = value_text(object, "service_account"),
                   .network = value_text(remote, "network"),
                   .proxy_url = value_text(remote, "proxy_url"),
                   .may_create = value_flag(object, "create_service_account")},
    };
    return kube_open(c, cluster, path_of(c->arena, "cluster"), &out->cluster) &&
           kube_open(c, remote, path_of(c->arena, "remote"), &out->reader.kube);
}

static struct kube_ref secret_ref(const struct work *w)
{
    return (struct kube_ref){"v1", "Secret", w->namespace,
                             remote_secret_name(w->call->arena, w->remote)};
}

static bool is_bound(const struct value *object)
{
    return strcmp(value_z(value_in(object, "token", "type")), "bound") == 0;
}

static enum reader_token token_type(const struct value *object)
{
    return is_bound(object) ? READER_TOKEN_BOUND : READER_TOKEN_SECRET;
}

static int64_t token_seconds(const struct value *object, const char *name, const char *fallback)
{
    const char *text = value_z(value_in(object, "token", name));

    return clock_parse_duration_ms(text[0] ? text : fallback) / 1000;
}

static int64_t validity_of(const struct value *object)
{
    return token_seconds(object, "validity", VALIDITY_DEFAULT);
}

static int64_t renew_before_of(const struct value *object)
{
    return token_seconds(object, "renew_before", RENEW_BEFORE_DEFAULT);
}

/* --- the object from the Secret ------------------------------------------------------- */

static const struct value *with_id(struct arena *a, const struct value *object)
{
    const char *name = remote_secret_name(a, connection_name(value_at(object, "remote")));

    object = value_with(a, object, "secret_name", value_string(a, name));
    return value_with(a, object, "id",
                      value_f(a, "%s/%s/%s", connection_name(value_at(object, "cluster")),
                              value_text(object, "namespace"), name));
}

/* A server that shortens lives must not be asked for a new token in each apply. */
static bool is_due(const struct value *object, const struct value *claims)
{
    int64_t expires_at = value_integer_at(claims, "exp"), life, margin = renew_before_of(object);

    if (!expires_at)
        return false;
    life = expires_at - value_integer_at(claims, "iat");
    if (margin > life / 3)
        margin = life / 3;
    return expires_at - margin <= clock_now();
}

static const struct value *string_or_null(struct arena *a, const char *z)
{
    return z[0] ? value_string(a, z) : &value_null;
}

static const struct value *describe(struct call *c, const struct value *object,
                                    const struct remote_access *access)
{
    struct arena *a = c->arena;
    const struct value *claims = service_token_claims(a, access->token);
    int64_t expires_at = value_integer_at(claims, "exp");
    struct text token = text_of(access->token);
    const struct value *v = with_id(a, object);

    v = value_with(a, v, "server", string_or_null(a, access->server));
    v = value_with(a, v, "token_fingerprint_sha256",
                   string_or_null(a, token.len ? digest_sha256_hex(a, c->diags, token) : ""));
    v = value_with(a, v, "token_expires_at",
                   string_or_null(a, expires_at ? clock_rfc3339(a, expires_at) : ""));
    return value_with(a, v, "ready_for_renewal", value_bool(is_due(object, claims)));
}

/* What Terraform keeps beside the state: what was written last. */
static void remember(struct work *w, const struct value *secret)
{
    struct call *c = w->call;
    const char *digest = remote_secret_digest(c, secret, w->remote);

    c->private_out = value_map_of(c->arena, {"written", value_string(c->arena, digest)});
}

/* --- writing ---------------------------------------------------------------------------- */

static void warn_of_loopback(const struct work *w, const char *server)
{
    if (remote_secret_is_loopback(server))
        diag_warning(w->call->diags, path_of(w->call->arena, "server_override"),
                     text_f(w->call->arena, "%s leads to the machine itself", server),
                     "istiod of cluster %s will look for cluster %s there, in its own pod. Set "
                     "server_override to an address that the pods of cluster %s reach.",
                     w->watcher, w->remote, w->watcher);
}

static void warn_of_short_life(const struct work *w, int64_t expires_at)
{
    int64_t life = expires_at - clock_now(), wanted = validity_of(w->object);

    if (expires_at && life < wanted - wanted / 10)
        diag_warning(w->call->diags, path_of(w->call->arena, "token", "validity"),
                     text_f(w->call->arena, "Cluster %s shortens the token's life", w->remote),
                     "It was wanted for %lld hours and expires at %s. Terraform has to run before "
                     "that time to renew it.",
                     (long long)wanted / 3600, clock_rfc3339(w->call->arena, expires_at));
}

/* Names may be kept apart and yet mean one cluster. Who may not read the uids is
 * not held up by that. */
static bool check_distinct(const struct work *w)
{
    struct call *c = w->call, quiet;
    const char *uid, *remote_uid;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (!kube_uid(&quiet, w->cluster, &uid) || !kube_uid(&quiet, w->reader.kube, &remote_uid) ||
        strcmp(uid, remote_uid) != 0)
        return true;
    return diag_error(c->diags, path_of(c->arena, "remote"), "A cluster would watch itself",
                      "%s (%s) and %s (%s) are the same cluster: its kube-system has the uid %s.",
                      w->watcher, kube_host(w->cluster), w->remote, kube_host(w->reader.kube), uid);
}

/* The new token is proven before it replaces the old one, which is taken away
 * after that. */
static bool write_secret(struct work *w, unsigned flags, const struct value **out)
{
    struct call *c = w->call;
    const struct value *object = w->object, *secret;
    const struct reader_request request = {
        .watcher = w->watcher,
        .type = token_type(object),
        .seconds = validity_of(object),
        .server = value_text(object, "server_override"),
        .tls_server_name = value_text(object, "tls_server_name"),
    };
    struct remote_access access = {"", "", TEXT(""), ""};
    int64_t expires_at;

    if (!reader_grant(c, &w->reader, &request, &access, &expires_at) ||
        !namespace_ensure(c, w->cluster, w->namespace,
                          value_z(value_in(object, "cluster", "network"))) ||
        !kube_apply(c, w->cluster, remote_secret_object(c->arena, w->namespace, w->remote, &access),
                    flags, &secret))
        return false;
    remember(w, secret);
    *out = describe(c, object, &access);
    warn_of_loopback(w, access.server);
    warn_of_short_life(w, expires_at);
    return true;
}

/* --- create ------------------------------------------------------------------------------- */

/* Before anything is written anywhere. */
static bool refuse_foreign(struct work *w)
{
    const struct kube_ref ref = secret_ref(w);
    struct call *c = w->call;
    const struct value *found;

    if (!kube_get(c, w->cluster, &ref, &found))
        return false;
    if (!found || kube_is_ours(found))
        return true;
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "%s exists already", kube_ref_text(c->arena, &ref)),
                      "On cluster %s there is one that was not made here, perhaps by istioctl. "
                      "Take it over: terraform import <address> cluster=%s,kubeconfig=<path>,"
                      "context=<context>,remote=%s,remote_context=<context>,namespace=%s",
                      w->watcher, w->watcher, w->remote, w->namespace);
}

/* The whole object while nothing was written for istiod: what was made on the
 * remote cluster is found again by its names. */
static const struct value *unfinished(struct call *c, const struct value *planned)
{
    static const char *const names[] = {"server", "token_fingerprint_sha256", "token_expires_at",
                                        NULL};
    const struct value *v = with_id(c->arena, planned);

    for (const char *const *name = names; *name; name++)
        v = value_with(c->arena, v, *name, &value_null);
    return value_with(c->arena, v, "ready_for_renewal", &value_true);
}

static bool remote_secret_create(struct call *c, const struct value *planned,
                                 const struct value **out)
{
    struct work w;

    if (!work_open(c, planned, &w) || !check_distinct(&w) || !refuse_foreign(&w))
        return false;
    *out = unfinished(c, planned);
    return write_secret(&w, 0, out);
}

/* --- read ------------------------------------------------------------------------------------ */

/* NULL, or why the next apply has to write it anew. */
static const char *judge(struct work *w, const struct value *secret,
                         const struct remote_access *access)
{
    struct call *c = w->call;
    const char *written = value_text(c->private_data, "written");
    struct proof proof;

    if (written[0] && strcmp(written, remote_secret_digest(c, secret, w->remote)) != 0)
        return "it was changed since it was written";
    if (!kube_reachable(c, value_at(w->object, "remote"), path_of(c->arena, "remote")) ||
        !reader_try(c, &w->reader, access, &proof))
        return NULL;
    switch (proof.verdict) {
    case PROOF_UNAUTHORIZED:
    case PROOF_FORBIDDEN:
        return text_f(c->arena, "cluster %s answers its token with %s", w->remote, proof.words);
    case PROOF_UNTRUSTED:
        return text_f(c->arena, "it does not trust cluster %s: %s", w->remote, proof.words);
    default:
        return NULL;
    }
}

/* After an import. */
static const struct value *with_arguments(struct arena *a, const struct value *object,
                                          const struct remote_access *access)
{
    const char *subject = value_text(service_token_claims(a, access->token), "sub");
    const char *account = strrchr(subject, ':');

    if (value_is_null(value_at(object, "create_service_account")))
        object = value_with(a, object, "create_service_account", &value_true);
    if (value_is_null(value_at(object, "service_account")))
        object = value_with(a, object, "service_account",
                            value_string(a, account ? account + 1 : READER_ACCOUNT_DEFAULT));
    return object;
}

static bool remote_secret_reread(struct call *c, const struct value *state,
                                 const struct value **out)
{
    struct remote_access access;
    const struct value *secret;
    const char *fault;
    struct kube_ref ref;
    struct work w;

    if (!work_open(c, state, &w))
        return false;
    ref = secret_ref(&w);
    if (!kube_get(c, w.cluster, &ref, &secret))
        return false;
    *out = NULL;
    if (!secret)
        return true;
    remote_secret_read(c->arena, secret, w.remote, &access, &fault);
    *out = describe(c, with_arguments(c->arena, state, &access), &access);
    fault = fault ? fault : judge(&w, secret, &access);
    if (!fault)
        return true;
    *out = value_with(c->arena, *out, "ready_for_renewal", &value_true);
    diag_warning(c->diags, NULL,
                 text_f(c->arena, "%s will be written anew", kube_ref_text(c->arena, &ref)),
                 "On cluster %s, %s.", w.watcher, fault);
    return true;
}

static bool remote_secret_read_state(struct call *c, const struct value *state,
                                     const struct value **out)
{
    *out = state;
    return !kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")) ||
           remote_secret_reread(c, state, out);
}

/* --- update -------------------------------------------------------------------------------------
 */

static bool differs(const struct value *prior, const struct value *planned, const char *name)
{
    return !value_equal(value_at(prior, name), value_at(planned, name));
}

/* From state and plan alone, so that it is the same at plan and at apply. */
static bool is_rewritten(const struct value *prior, const struct value *planned)
{
    int64_t expires_at = clock_parse_rfc3339(value_text(prior, "token_expires_at"));

    return value_flag(prior, "ready_for_renewal") || differs(prior, planned, "remote") ||
           differs(prior, planned, "server_override") ||
           differs(prior, planned, "tls_server_name") || is_bound(prior) != is_bound(planned) ||
           (is_bound(planned) && (validity_of(prior) != validity_of(planned) ||
                                  (renew_before_of(prior) != renew_before_of(planned) &&
                                   expires_at - renew_before_of(planned) <= clock_now())));
}

static bool remote_secret_update(struct call *c, const struct value *prior,
                                 const struct value *planned, const struct value **out)
{
    const char *network = value_z(value_in(planned, "cluster", "network"));
    struct work w;

    *out = prior;
    if (!work_open(c, planned, &w))
        return false;
    if (!is_rewritten(prior, planned)) {
        if (!reader_ensure(c, &w.reader, NULL) ||
            !namespace_ensure(c, w.cluster, w.namespace, network))
            return false;
        *out = planned;
        return true;
    }
    if (!check_distinct(&w) || !write_secret(&w, KUBE_FORCE, out)) /* ours, whoever wrote to it */
        return false;
    return is_bound(prior) == is_bound(planned) ||
           reader_revoke(c, &w.reader, w.watcher, token_type(prior));
}

/* --- remove ---------------------------------------------------------------------------------- */

/* istiod lets go of the cluster before its token dies. */
static bool remote_secret_remove(struct call *c, const struct value *state)
{
    const struct kube_delete_options options = {.wait = true};
    struct kube_ref ref;
    struct work w;

    if (!work_open(c, state, &w))
        return false;
    ref = secret_ref(&w);
    return kube_delete(c, w.cluster, &ref, &options) &&
           reader_revoke(c, &w.reader, w.watcher, token_type(state)) &&
           reader_release(c, &w.reader) && namespace_release(c, w.cluster, w.namespace);
}

/* --- plan --------------------------------------------------------------------------------------
 */

static bool refuse_same(struct call *c, const struct value *object)
{
    const struct value *cluster = value_at(object, "cluster"), *remote = value_at(object, "remote");
    const char *name = connection_name(cluster), *uid = value_text(cluster, "uid");

    if (name[0] && strcmp(name, connection_name(remote)) == 0)
        return diag_error(c->diags, path_of(c->arena, "remote", "name"),
                          "Both clusters have the same name",
                          "cluster and remote are called %s. An istiod watches other clusters than "
                          "its own, and tells them apart by their names.",
                          name);
    if (uid[0] && strcmp(uid, value_text(remote, "uid")) == 0)
        return diag_error(c->diags, path_of(c->arena, "remote", "uid"),
                          "A cluster would watch itself",
                          "cluster and remote have different names and the same uid %s.", uid);
    return true;
}

/* The Secret, its key and the token's Secret are called after the clusters. */
static void replace_if_renamed(struct call *c, struct plan *plan, const char *attribute)
{
    const char *was = connection_name(value_at(plan->prior, attribute)),
               *is = connection_name(value_at(plan->planned, attribute));

    if (was[0] && is[0] && strcmp(was, is) != 0)
        plan_replace(c, plan, path_of(c->arena, attribute, "name"));
}

static bool remote_secret_plan(struct call *c, struct plan *plan)
{
    static const char *const outputs[] = {"server", "token_fingerprint_sha256", "token_expires_at",
                                          "ready_for_renewal", NULL};
    const struct value *planned = plan->planned, *override = value_at(planned, "server_override");

    connection_plan(c, plan, "cluster");
    connection_plan(c, plan, "remote");
    replace_if_renamed(c, plan, "cluster");
    replace_if_renamed(c, plan, "remote");
    if (!refuse_same(c, planned))
        return false;
    if (connection_name(value_at(planned, "cluster"))[0] &&
        connection_name(value_at(planned, "remote"))[0] && value_text(planned, "namespace")[0]) {
        const struct value *v = with_id(c->arena, planned);

        plan_set(c, plan, "id", value_at(v, "id"));
        plan_set(c, plan, "secret_name", value_at(v, "secret_name"));
    }
    if (!plan_is_create(plan) && is_rewritten(plan->prior, planned))
        plan_set_all_unknown(c, plan, outputs);
    if (value_is_set(override))
        plan_set(c, plan, "server", override);
    return true;
}

static bool validate_token(struct call *c, const struct value *config)
{
    static const char *const names[] = {"validity", "renew_before"};
    const struct value *token = value_at(config, "token");

    if (!value_is_wholly_known(token) || value_is_null(token))
        return true;
    for (size_t i = 0; i < 2 && !is_bound(config); i++)
        if (value_is_set(value_at(token, names[i])))
            return diag_error(c->diags, path_of(c->arena, "token", names[i]),
                              "The token does not expire", "%s goes with type = \"bound\" only.",
                              names[i]);
    if (!is_bound(config))
        return true;
    if (validity_of(config) < VALIDITY_SECONDS_MIN)
        return diag_error(c->diags, path_of(c->arena, "token", "validity"),
                          "The token's life is too short",
                          "Kubernetes makes none for less than 10m.");
    if (renew_before_of(config) < validity_of(config) ||
        value_is_null(value_at(token, "renew_before")))
        return true;
    return diag_error(
        c->diags, path_of(c->arena, "token", "renew_before"), "Renewal would never come to an end",
        "renew_before has to be shorter than validity (" VALIDITY_DEFAULT " when it is left out).");
}

static bool remote_secret_validate(struct call *c, const struct value *config)
{
    bool same = !refuse_same(c, config);

    return validate_token(c, config) && !same;
}

/* --- import ------------------------------------------------------------------------------------
 */

/* remote=west,remote_context=kind-west makes cluster=west,context=kind-west; the
 * kubeconfig is the cluster's where the remote one has none of its own. */
static const char *remote_import_id(struct arena *a, const struct value *rest,
                                    const struct value *cluster)
{
    static const char prefix[] = "remote_";
    struct text_builder b;

    text_builder_init(&b, a, 64 << 10);
    text_add_f(&b, "cluster=%s", value_text(rest, "remote"));
    for (size_t i = 0; i < value_count(rest); i++) {
        const char *key = rest->map.entries[i].key;

        if (strncmp(key, prefix, strlen(prefix)) == 0)
            text_add_f(&b, ",%s=\"%s\"", key + strlen(prefix), value_z(rest->map.entries[i].value));
    }
    if (!value_has(rest, "remote_kubeconfig") && !value_has(rest, "remote_eks"))
        text_add_f(&b, ",kubeconfig=\"%s\"", value_z(value_in(cluster, "kubeconfig", "path")));
    return text_built(&b).at;
}

static bool remote_secret_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"remote",          "remote_kubeconfig?", "remote_context?",
                                       "remote_eks?",     "remote_region?",     "remote_role_arn?",
                                       "remote_profile?", "remote_network?",    "remote_uid?",
                                       "namespace?",      "service_account?",   NULL};
    static const char *const none[] = {NULL};
    const struct value *cluster, *remote, *rest, *unused, *namespace;

    if (!connection_import_id(c, id, keys, &cluster, &rest) ||
        !connection_import_id(c, remote_import_id(c->arena, rest, cluster), none, &remote, &unused))
        return false;
    namespace = value_at(rest, "namespace");
    *out = value_map_of(c->arena, {"cluster", cluster}, {"remote", remote},
                        {"namespace", value_is_set(namespace)
                                          ? namespace
                                          : value_string(c->arena, NAMESPACE_DEFAULT)},
                        {"service_account", value_at(rest, "service_account")});
    return true;
}

RESOURCE(istio_remote_secret) = {
    .name = "istio_remote_secret",
    .kind = KIND_MANAGED,
    .summary = "Lets the istiod of one cluster watch another: the Secret that `istioctl "
               "create-remote-secret` writes, and on the other cluster the account that it uses.",
    .doc = "Before the Secret is written, its token has listed the services of the remote cluster "
           "with no other credential beside it. Each refresh tries it again; one that is refused "
           "is replaced by the next apply. The token is in the Secret and nowhere else: the state "
           "has its fingerprint.\n\n"
           "Each cluster of a multi-primary mesh needs one of these for every other cluster. The "
           "account with its ClusterRole and binding is shared by all that watch a cluster; what "
           "was made here is removed with the last of them.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc = "The import id names both clusters and how to reach them: the keys of the remote "
                  "one begin with `remote_`, and its kubeconfig is the same file when none is "
                  "named. A Secret that istioctl made stays as it is until something changes.",
    .validate = remote_secret_validate,
    .plan = remote_secret_plan,
    .create = remote_secret_create,
    .read = remote_secret_read_state,
    .update = remote_secret_update,
    .remove = remote_secret_remove,
    .import = remote_secret_import,
};
