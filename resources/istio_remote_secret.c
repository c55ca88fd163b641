#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "istio/namespace.h"
#include "istio/peer.h"
#include "istio/service_token.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

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
    NESTED("token", NESTING_SINGLE, token_policy_attributes, OPTIONAL,
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

static bool open_peer(struct call *c, const struct value *object, struct peer *out)
{
    const struct value *cluster = value_at(object, "cluster"), *remote = value_at(object, "remote");
    const char *namespace = value_text(object, "namespace");

    *out = (struct peer){
        .namespace = namespace,
        .network = value_text(cluster, "network"),
        .watcher = connection_name(cluster),
        .name = connection_name(remote),
        .reader = {.namespace = namespace,
                   .account = value_text(object, "service_account"),
                   .network = value_text(remote, "network"),
                   .proxy_url = value_text(remote, "proxy_url"),
                   .may_create = value_flag(object, "create_service_account")},
        .server = value_text(object, "server_override"),
        .tls_server_name = value_text(object, "tls_server_name"),
        .token = token_policy_of(value_at(object, "token")),
    };
    return kube_open(c, cluster, path_of(c->arena, "cluster"), &out->cluster) &&
           kube_open(c, remote, path_of(c->arena, "remote"), &out->reader.kube);
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
    const struct token_policy policy = token_policy_of(value_at(object, "token"));
    struct text token = text_of(access->token);
    const struct value *v = with_id(a, object);

    v = value_with(a, v, "server", string_or_null(a, access->server));
    v = value_with(a, v, "token_fingerprint_sha256",
                   string_or_null(a, token.len ? digest_sha256_hex(a, c->diags, token) : ""));
    v = value_with(a, v, "token_expires_at",
                   string_or_null(a, expires_at ? clock_rfc3339(a, expires_at) : ""));
    return value_with(a, v, "ready_for_renewal", value_bool(token_policy_is_due(&policy, claims)));
}

/* What Terraform keeps beside the state: what was written last. */
static bool write_peer(struct call *c, const struct peer *p, const struct value *planned,
                       unsigned flags, const struct value **out)
{
    struct remote_access access = {"", "", TEXT(""), ""};
    const struct value *secret;

    if (!peer_write(c, p, flags, &access, &secret))
        return false;
    c->private_out = value_map_of(
        c->arena, {"written", value_string(c->arena, remote_secret_digest(c, secret, p->name))});
    *out = describe(c, planned, &access);
    return true;
}

static bool was_written_by_us(struct call *c, const struct peer *p, const struct value *secret)
{
    const char *written = value_text(c->private_data, "written");

    return !written[0] || strcmp(written, remote_secret_digest(c, secret, p->name)) == 0;
}

/* --- create ------------------------------------------------------------------------------- */

/* While there is no Secret for istiod: what is on the remote cluster is found by
 * its names. */
static const struct value *unfinished(struct call *c, const struct value *object)
{
    const struct remote_access none = {"", "", TEXT(""), ""};

    return value_with(c->arena, describe(c, object, &none), "ready_for_renewal", &value_true);
}

static bool remote_secret_create(struct call *c, const struct value *planned,
                                 const struct value **out)
{
    bool ensured, changed;
    struct peer p;

    if (!open_peer(c, planned, &p) || !peer_refuse_same(c, &p) || !peer_refuse_foreign(c, &p))
        return false;
    ensured = reader_ensure(c, &p.reader, &changed);
    if (ensured || changed)
        *out = unfinished(c, planned);
    return ensured && write_peer(c, &p, planned, 0, out);
}

/* --- read ------------------------------------------------------------------------------------ */

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

static const char *find_fault(struct call *c, const struct peer *p, const struct value *state,
                              const struct value *secret, const struct remote_access *access)
{
    if (!was_written_by_us(c, p, secret))
        return "it was changed since it was written";
    return peer_fault(c, p, access, value_at(state, "remote"), path_of(c->arena, "remote"));
}

/* A Secret that is gone is written anew too: to call all of it gone would leave
 * what is on the remote cluster behind. */
static bool remote_secret_reread(struct call *c, const struct value *state,
                                 const struct value **out)
{
    const char *fault = "it is gone";
    struct remote_access access;
    const struct value *secret;
    struct peer p;

    if (!open_peer(c, state, &p) || !peer_find(c, &p, &secret))
        return false;
    *out = NULL;
    if (!secret && value_is_null(value_at(state, "id")))
        return true; /* nothing to import */
    *out = unfinished(c, state);
    if (secret) {
        remote_secret_read(c->arena, secret, p.name, &access, &fault);
        *out = describe(c, with_arguments(c->arena, state, &access), &access);
        fault = fault ? fault : find_fault(c, &p, state, secret, &access);
    }
    if (!fault)
        return true;
    *out = value_with(c->arena, *out, "ready_for_renewal", &value_true);
    diag_warning(c->diags, NULL,
                 text_f(c->arena, "Secret %s/%s will be written anew", p.namespace,
                        value_text(*out, "secret_name")),
                 "On cluster %s, %s.", p.watcher, fault);
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
    const struct token_policy was = token_policy_of(value_at(prior, "token")),
                              is = token_policy_of(value_at(planned, "token"));
    int64_t expires_at = clock_parse_rfc3339(value_text(prior, "token_expires_at"));

    return value_flag(prior, "ready_for_renewal") || differs(prior, planned, "remote") ||
           differs(prior, planned, "server_override") ||
           differs(prior, planned, "tls_server_name") || was.type != is.type ||
           (is.type == READER_TOKEN_BOUND &&
            (was.validity_seconds != is.validity_seconds ||
             (was.renew_before_seconds != is.renew_before_seconds &&
              token_policy_is_near(&is, expires_at))));
}

static bool remote_secret_update(struct call *c, const struct value *prior,
                                 const struct value *planned, const struct value **out)
{
    const struct token_policy was = token_policy_of(value_at(prior, "token"));
    struct peer p;

    *out = prior;
    if (!open_peer(c, planned, &p) || !peer_refuse_same(c, &p) ||
        !reader_ensure(c, &p.reader, NULL))
        return false;
    if (!is_rewritten(prior, planned)) {
        if (!namespace_ensure(c, p.cluster, p.namespace, p.network))
            return false;
        *out = planned;
        return true;
    }
    return write_peer(c, &p, planned, KUBE_FORCE, out) && /* it is ours, whoever wrote to it */
           (was.type == p.token.type || reader_revoke(c, &p.reader, p.watcher, was.type));
}

static bool remote_secret_remove(struct call *c, const struct value *state)
{
    struct peer p;

    return open_peer(c, state, &p) && peer_remove(c, &p);
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

static bool remote_secret_validate(struct call *c, const struct value *config)
{
    bool distinct = refuse_same(c, config);

    return token_policy_check(c, path_of(c->arena, "token"), value_at(config, "token")) && distinct;
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
           "was made here is removed with the last of them. Like Istio's own, the role reads "
           "Secrets too: istiod waits for their list before it takes a cluster as synced.",
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
