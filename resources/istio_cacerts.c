#include <string.h>

#include "base/clock.h"
#include "crypto/key.h"
#include "istio/authority.h"
#include "istio/issued.h"
#include "istio/namespace.h"
#include "istio/signer.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define VALIDITY_DEFAULT "17520h"

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "Cluster whose istiod signs with this CA."),
    NESTED("root", NESTING_SINGLE, signer_attributes, REQUIRED,
           "The CA that signs it: `signer` of an istio_root_ca."),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW,
           "Namespace of istiod. It is made when it is missing, with the label of the cluster's "
           "network.",
           .fallback = NAMESPACE_DEFAULT, .check = check_dns_label),
    STRING("organization", OPTIONAL | COMPUTED, "Organization in the CA's subject.",
           .fallback = "Istio", .check = check_not_empty),
    STRING("key_algorithm", OPTIONAL | COMPUTED, "Kind of the CA's key.", .fallback = "RSA-4096",
           .one_of = key_algorithms),
    STRING("validity", OPTIONAL | COMPUTED,
           "How long the CA is valid, such as `17520h`; no longer than the root.",
           .fallback = VALIDITY_DEFAULT, .check = check_duration),
    STRING("renew_before", OPTIONAL | COMPUTED,
           "How long before its end the plan shows its renewal. Renewal under the same root is "
           "picked up by a running istiod.",
           .fallback = AUTHORITY_RENEW_BEFORE, .check = check_duration),
    STRING("rotation", OPTIONAL,
           "What may be done to change the root under a running mesh. `trust_both` adds the new "
           "root to those that are trusted; `switch_signer` has the new root sign; `drop_old` "
           "ends the trust in the former ones; `immediate` does all at once, and breaks mTLS "
           "until everything was restarted.",
           .one_of = rotation_names),
    STRING("id", COMPUTED | KEEP_STATE, "`<cluster>/<namespace>/cacerts`."),
    STRING("secret_name", COMPUTED | KEEP_STATE, "Name of the Secret: `cacerts`."),
    STRING("certificate_pem", COMPUTED | KEEP_STATE,
           "The CA's certificate and the way up to the root, as in `cert-chain.pem`."),
    STRING("fingerprint_sha256", COMPUTED | KEEP_STATE,
           "SHA-256 of the CA's certificate, in lower-case hexadecimal."),
    STRING("root_fingerprint_sha256", COMPUTED | KEEP_STATE,
           "SHA-256 of the root that the CA is of."),
    TYPED("root_fingerprints", &type_string_list, COMPUTED | KEEP_STATE,
          "SHA-256 of all roots that are trusted, in the order of `root-cert.pem`."),
    STRING("serial", COMPUTED | KEEP_STATE, "Serial number, in lower-case hexadecimal."),
    STRING("expires_at", COMPUTED | KEEP_STATE, "When the CA, or one above it, ends (RFC 3339)."),
    BOOL("ready_for_renewal", COMPUTED | KEEP_STATE,
         "The next apply issues another CA: the time has come, or what the cluster holds is not "
         "what was issued."),
    END_ATTRIBUTES,
};

/* Of these, all change with another CA, the first two with the trusted roots. */
static const char *const outputs[] = {
    "certificate_pem", "root_fingerprints", "root_fingerprint_sha256", "fingerprint_sha256",
    "serial",          "expires_at",        "ready_for_renewal",       NULL};
static const char *const root_outputs[] = {"certificate_pem", "root_fingerprints", NULL};

/* --- create -------------------------------------------------------------------- */

static bool refuse_foreign(const struct authority *w)
{
    struct call *c = w->call;
    const char *how = text_f(c->arena,
                             "terraform import <address> cluster=%s,kubeconfig=<path>,"
                             "context=<context>,namespace=%s",
                             kube_name(w->kube), w->namespace);

    if (cacerts_is_istio_generated(w->present.secret))
        return diag_error(c->diags, NULL, "istiod made its own Secret cacerts",
                          "In namespace %s of cluster %s istiod runs with "
                          "USE_CACERTS_FOR_SELF_SIGNED_CA. To replace its root is to change it "
                          "under running workloads: take it over (%s), then choose a rotation.",
                          w->namespace, kube_name(w->kube), how);
    return diag_error(c->diags, NULL, "The Secret cacerts exists already",
                      "In namespace %s of cluster %s there is one that was not made here. Take it "
                      "over: %s",
                      w->namespace, kube_name(w->kube), how);
}

static bool cacerts_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct authority w;

    if (!authority_open(c, planned, &w) ||
        !namespace_find(c, w.kube, w.namespace, &w.namespace_found))
        return false;
    if (w.namespace_found && !bundle_read(c, w.kube, w.namespace, &w.present))
        return false;
    if (!w.present.secret)
        return authority_issue_first(&w, out);
    return kube_is_ours(w.present.secret) ? authority_adopt(&w, out) : refuse_foreign(&w);
}

/* --- read ------------------------------------------------------------------------ */

/* A namespace that we made has to be taken away again: as long as it is there,
 * so is this resource. */
static bool read_missing(struct authority *w, const struct value **out)
{
    bool ours;

    if (!namespace_is_ours(w->call, w->kube, w->namespace, &ours))
        return false;
    *out = ours ? authority_describe(w->call->arena, w->object, &w->present) : NULL;
    return true;
}

static void warn_of_end(const struct authority *w)
{
    int64_t expires_at = w->present.info.expires_at;
    bool gains;

    if (authority_is_due(w->call->arena, w->object, expires_at, &gains) && !gains)
        diag_warning(w->call->diags, NULL, "The CA ends together with its root",
                     "That of namespace %s in cluster %s ends on %s, and so does what signs it: "
                     "issued anew it would last no longer. Change the root in time; see rotation.",
                     w->namespace, kube_name(w->kube), clock_rfc3339(w->call->arena, expires_at));
}

static bool read_present(struct authority *w, const struct value **out)
{
    struct call *c = w->call;

    *out = authority_describe(c->arena, w->object, &w->present);
    if (w->present.fault) {
        diag_warning(c->diags, NULL, "istiod cannot use the Secret cacerts",
                     "In namespace %s of cluster %s: %s", w->namespace, kube_name(w->kube),
                     w->present.fault);
        return true;
    }
    w->object = *out;
    warn_of_end(w);
    if (authority_is_as_written(c, &w->present))
        return true;
    diag_warning(c->diags, NULL, "The Secret cacerts was changed",
                 "In namespace %s of cluster %s it holds another CA, or other roots, than what was "
                 "written here (SHA-256 of the CA is %s now).",
                 w->namespace, kube_name(w->kube), w->present.info.ca_fingerprint);
    *out = value_with(c->arena, *out, "ready_for_renewal", &value_true);
    return true;
}

static bool cacerts_read(struct call *c, const struct value *state, const struct value **out)
{
    struct authority w;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")))
        return true;
    if (!authority_open(c, state, &w) || !bundle_read(c, w.kube, w.namespace, &w.present))
        return false;
    return w.present.secret ? read_present(&w, out) : read_missing(&w, out);
}

/* --- update ---------------------------------------------------------------------- */

static bool check_unchanged(const struct authority *w, const struct value *prior)
{
    if (strcmp(w->present.info.root_fingerprint, value_text(prior, "root_fingerprint_sha256")) == 0)
        return true;
    return diag_error(w->call->diags, NULL, "The Secret cacerts changed after the plan was made",
                      "In namespace %s of cluster %s it %s. Plan again.", w->namespace,
                      kube_name(w->kube),
                      w->present.secret ? "holds a CA of another root now" : "is gone");
}

static bool follow_network(struct authority *w, const struct value *prior)
{
    const struct value *was = value_in(prior, "cluster", "network"),
                       *is = value_in(w->object, "cluster", "network");

    return value_equal(was, is) || namespace_ensure(w->call, w->kube, w->namespace, value_z(is));
}

static bool cacerts_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    struct rotation next;
    struct authority w;

    *out = prior;
    if (!authority_next(c, prior, planned, &next) || !authority_open(c, planned, &w) ||
        !bundle_read(c, w.kube, w.namespace, &w.present) || !check_unchanged(&w, prior) ||
        !follow_network(&w, prior))
        return false;
    if (next.step == ROTATION_ISSUE && value_is_set(value_at(planned, "fingerprint_sha256")))
        next.step = ROTATION_KEEP; /* became due after the plan was made */
    return authority_carry_out(&w, &next, out);
}

/* --- remove ---------------------------------------------------------------------- */

static bool cacerts_remove(struct call *c, const struct value *state)
{
    const struct kube_delete_options options = {.propagation = NULL};
    struct authority w;
    struct kube_ref ref;

    if (!authority_open(c, state, &w))
        return false;
    ref = (struct kube_ref){"v1", "Secret", w.namespace, CACERTS_SECRET_NAME};
    return kube_delete(c, w.kube, &ref, &options) && namespace_release(c, w.kube, w.namespace);
}

/* --- plan ---------------------------------------------------------------------- */

static bool is_known(const struct value *planned)
{
    static const char *const names[] = {"namespace", "organization", "key_algorithm",
                                        "validity",  "renew_before", "rotation"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (value_is_unknown(value_at(planned, names[i])))
            return false;
    return !value_is_unknown(value_in(planned, "cluster", "name")) &&
           value_is_set(value_at(planned, "cluster")) &&
           value_is_set(value_in(planned, "root", "certificate_pem"));
}

static void plan_id(struct call *c, struct plan *plan)
{
    const struct value *planned = plan->planned;
    bool known =
        connection_name(value_at(planned, "cluster"))[0] && value_text(planned, "namespace")[0];

    plan_set(c, plan, "id",
             known ? value_string(c->arena, authority_id(c->arena, planned)) : &value_unknown);
    plan_set(c, plan, "secret_name", value_string(c->arena, CACERTS_SECRET_NAME));
}

/* A plan that cannot reach the cluster leaves the question to the apply. */
static bool plan_refusal(struct call *c, const struct value *planned)
{
    const struct value *cluster = value_at(planned, "cluster");
    struct authority w;

    if (!connection_is_known(cluster) || !kube_reachable(c, cluster, path_of(c->arena, "cluster")))
        return true;
    return authority_open(c, planned, &w) && authority_refuse_running(&w);
}

static void plan_same_duration(struct call *c, struct plan *plan, const char *name)
{
    const char *was = value_text(plan->prior, name), *is = value_text(plan->planned, name);

    if (was[0] && clock_parse_duration_ms(was) == clock_parse_duration_ms(is))
        plan_keep(c, plan, name);
}

static bool cacerts_plan(struct call *c, struct plan *plan)
{
    struct rotation next;

    connection_plan(c, plan, "cluster");
    plan_id(c, plan);
    if (plan_is_create(plan))
        return true;
    plan_same_duration(c, plan, "validity");
    plan_same_duration(c, plan, "renew_before");
    if (!is_known(plan->planned)) {
        plan_set_all_unknown(c, plan, outputs);
        return true;
    }
    if (!authority_next(c, plan->prior, plan->planned, &next) ||
        (next.breaks_trust && !plan_refusal(c, plan->planned)))
        return false;
    if (next.step == ROTATION_ISSUE)
        plan_set_all_unknown(c, plan, outputs);
    if (next.step == ROTATION_ROOTS)
        plan_set_all_unknown(c, plan, root_outputs);
    return true;
}

static bool cacerts_validate(struct call *c, const struct value *config)
{
    const struct value *validity = value_at(config, "validity"),
                       *renew_before = value_at(config, "renew_before");
    int64_t validity_ms, renew_before_ms;

    if (value_is_unknown(validity) || value_is_unknown(renew_before))
        return true;
    validity_ms =
        clock_parse_duration_ms(value_is_null(validity) ? VALIDITY_DEFAULT : value_z(validity));
    renew_before_ms = clock_parse_duration_ms(value_is_null(renew_before) ? AUTHORITY_RENEW_BEFORE
                                                                          : value_z(renew_before));
    if (validity_ms < 0 || renew_before_ms < validity_ms)
        return true;
    return diag_error(c->diags, path_of(c->arena, "renew_before"),
                      "Renewal would never come to an end",
                      "renew_before (%s when it is left out) has to be shorter than validity (%s "
                      "when it is left out).",
                      AUTHORITY_RENEW_BEFORE, VALIDITY_DEFAULT);
}

/* --- import ---------------------------------------------------------------------- */

static bool cacerts_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?", NULL};
    const struct value *connection, *rest;

    if (!connection_import_id(c, id, keys, &connection, &rest))
        return false;
    *out =
        value_map_of(c->arena, {"cluster", connection}, {"namespace", value_at(rest, "namespace")});
    *out = issued_fill(c->arena, *out, "namespace", NAMESPACE_DEFAULT);
    return true;
}

RESOURCE(istio_cacerts) = {
    .name = "istio_cacerts",
    .kind = KIND_MANAGED,
    .summary = "The signing CA of one cluster's istiod: the Secret `cacerts`, signed by the root "
               "that all clusters share.",
    .doc = "The private key is made by the provider, goes into the Secret and nowhere else. "
           "Create it before istiod starts: an istiod that runs with a root of its own does not "
           "look at the Secret until it is restarted.\n\n"
           "A changed root is refused while istiod runs, unless `rotation` says how. The way that "
           "keeps mTLS working has three applies, each in all clusters: `trust_both` and a restart "
           "of istiod and the workloads; `switch_signer`; and `drop_old` when the last workload "
           "certificate of the former root is renewed (24 hours by default). Make the new root a "
           "second istio_root_ca beside the old one for that time. Without `rotation`, roots that "
           "are trusted stay trusted.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc = "The import id names the cluster, how to reach it and the namespace of the "
                  "Secret, which may be left out when it is `istio-system`. A Secret that somebody "
                  "else made keeps its CA when that is of the same root; its validity, "
                  "organization and kind of key are what the arguments are compared with.",
    .validate = cacerts_validate,
    .plan = cacerts_plan,
    .create = cacerts_create,
    .read = cacerts_read,
    .update = cacerts_update,
    .remove = cacerts_remove,
    .import = cacerts_import,
};
