#include <string.h>

#include "base/clock.h"
#include "crypto/key.h"
#include "istio/bundle.h"
#include "istio/issued.h"
#include "istio/namespace.h"
#include "istio/rotation.h"
#include "istio/signer.h"
#include "istio/trust.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define VALIDITY_DEFAULT "17520h"
#define RENEW_BEFORE_DEFAULT "2160h"

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
           .fallback = RENEW_BEFORE_DEFAULT, .check = check_duration),
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

/* --- the object from the bundle -------------------------------------------------------- */

static int64_t seconds_of(const struct value *object, const char *name)
{
    return clock_parse_duration_ms(value_text(object, name)) / 1000;
}

/* Due, and a new CA would last longer: one that ends with its root does not. */
static bool is_due(struct arena *a, const struct value *object, int64_t expires_at)
{
    struct cacerts_signer_info signer;

    if (expires_at - seconds_of(object, "renew_before") > clock_now())
        return false;
    return value_is_null(value_at(object, "root")) ||
           !signer_look(a, value_at(object, "root"), &signer) || signer.expires_at > expires_at;
}

static const struct value *with_default(struct arena *a, const struct value *object,
                                        const char *name, const char *text)
{
    return value_is_set(value_at(object, name))
               ? object
               : value_with(a, object, name, value_string(a, text));
}

/* After an import, the certificate tells what it was issued with. */
static const struct value *with_arguments(struct arena *a, const struct value *object,
                                          const struct cacerts_info *info)
{
    const char *validity = issued_validity(a, info->not_before, info->expires_at);

    object = with_default(a, object, "organization", issued_part(a, info->ca_subject, "O"));
    object = with_default(a, object, "key_algorithm", info->key_algorithm);
    object = with_default(a, object, "validity", validity);
    return with_default(a, object, "renew_before", RENEW_BEFORE_DEFAULT);
}

static const char *id_of(struct arena *a, const struct value *object)
{
    return text_f(a, "%s/%s/%s", connection_name(value_at(object, "cluster")),
                  value_text(object, "namespace"), CACERTS_SECRET_NAME);
}

static const struct value *describe(struct arena *a, const struct value *object,
                                    const struct bundle *b)
{
    const struct cacerts_info *info = &b->info;
    const struct value *v = with_arguments(a, object, info);
    const char *expires_at = info->expires_at ? clock_rfc3339(a, info->expires_at) : NULL;

    v = value_with(a, v, "id", value_string(a, id_of(a, v)));
    v = value_with(a, v, "secret_name", value_string(a, CACERTS_SECRET_NAME));
    v = value_with(a, v, "certificate_pem",
                   value_string_of(a, trust_certificates(a, b->files.cert_chain)));
    v = value_with(a, v, "fingerprint_sha256", value_string(a, info->ca_fingerprint));
    v = value_with(a, v, "root_fingerprint_sha256", value_string(a, info->root_fingerprint));
    v = value_with(a, v, "root_fingerprints", b->roots);
    v = value_with(a, v, "serial", value_string(a, info->ca_serial));
    v = value_with(a, v, "expires_at", value_string(a, expires_at));
    return value_with(a, v, "ready_for_renewal", value_bool(is_due(a, v, info->expires_at)));
}

/* What Terraform keeps beside the state: what was written last. */
static void remember(struct call *c, const struct bundle *b)
{
    c->private_out =
        value_map_of(c->arena, {"written", value_string(c->arena, bundle_digest(c, b))});
}

static bool was_written_by_us(struct call *c, const struct bundle *b)
{
    const char *written = value_text(c->private_data, "written");

    return !written[0] || strcmp(written, bundle_digest(c, b)) == 0;
}

/* --- what is to be done ------------------------------------------------------------------ */

static bool differs(const struct value *one, const struct value *other, const char *name)
{
    return !value_equal(value_at(one, name), value_at(other, name));
}

static bool signer_differs(struct arena *a, const struct value *prior, const struct value *planned)
{
    struct cacerts_signer_info was, is;

    return signer_look(a, value_at(prior, "root"), &was) &&
           signer_look(a, value_at(planned, "root"), &is) &&
           strcmp(was.fingerprint, is.fingerprint) != 0;
}

static bool is_stale(struct arena *a, const struct value *prior, const struct value *planned)
{
    int64_t expires_at = clock_parse_rfc3339(value_text(prior, "expires_at"));

    return value_flag(prior, "ready_for_renewal") || differs(prior, planned, "organization") ||
           differs(prior, planned, "key_algorithm") || differs(prior, planned, "validity") ||
           strcmp(connection_name(value_at(prior, "cluster")),
                  connection_name(value_at(planned, "cluster"))) != 0 ||
           signer_differs(a, prior, planned) ||
           (differs(prior, planned, "renew_before") && is_due(a, planned, expires_at));
}

/* From state and plan alone, so that it is the same at plan and at apply. */
static bool next_step(struct call *c, const struct value *prior, const struct value *planned,
                      struct rotation *out)
{
    const struct path *at = path_of(c->arena, "root", "certificate_pem");
    const struct value *root = value_at(planned, "root");
    struct cacerts_signer_info signer;
    const struct rotation_state state = {
        .chain_root = value_text(prior, "root_fingerprint_sha256"),
        .roots = value_at(prior, "root_fingerprints"),
        .wanted_root = signer_look(c->arena, root, &signer) ? signer.root_fingerprint : "",
        .rotation = value_text(planned, "rotation"),
        .is_stale = is_stale(c->arena, prior, planned),
    };

    if (!state.wanted_root[0])
        return diag_error(c->diags, at, "The root's certificate cannot be read",
                          "It has to be PEM, as istio_root_ca gives it out.");
    return rotation_next(c, &state, out);
}

static bool refuse_if_running(struct call *c, struct kube *k, const struct value *planned,
                              struct trust *trust)
{
    const char *namespace = value_text(planned, "namespace");
    struct cacerts_signer_info signer;
    bool depends;

    if (!signer_look(c->arena, value_at(planned, "root"), &signer))
        return true; /* whoever signs with it says so */
    if (!trust_depends_on_other(c, k, namespace, signer.root_fingerprint, trust, &depends))
        return false;
    return !depends || rotation_refuse(c, kube_name(k), namespace, trust->fingerprints,
                                       signer.root_fingerprint);
}

/* --- writing ------------------------------------------------------------------------------- */

/* One cluster's CA on its way. */
struct work {
    struct call *call;
    struct kube *kube;
    const struct value *planned;
    const char *namespace;
    struct bundle present;
    unsigned flags;
    bool is_create;
    const struct value *namespace_found; /* of a create: NULL = to be made */
};

static bool work_open(struct call *c, const struct value *planned, struct work *out)
{
    *out =
        (struct work){.call = c, .planned = planned, .namespace = value_text(planned, "namespace")};
    return kube_open(c, value_at(planned, "cluster"), path_of(c->arena, "cluster"), &out->kube);
}

static bool write_files(struct work *w, const struct cacerts_bundle *files,
                        const struct value **out)
{
    const char *network = value_z(value_in(w->planned, "cluster", "network"));
    struct bundle written;

    if (w->is_create) {
        if (!namespace_ensure_found(w->call, w->kube, w->namespace, network, w->namespace_found))
            return false;
        *out = w->planned; /* from here on something of ours may be there */
    }
    if (!bundle_write(w->call, w->kube, w->namespace, &w->present, files, w->flags, &written))
        return false;
    remember(w->call, &written);
    *out = describe(w->call->arena, w->planned, &written);
    return true;
}

/* root-cert.pem as it is to be; empty = the signer's root alone. */
static bool wanted_roots(struct work *w, enum rotation_roots roots, struct text *out)
{
    struct call *c = w->call;
    const struct path *at = path_of(c->arena, "root", "certificate_pem");
    struct text root;

    *out = roots == ROTATION_AS_IS ? w->present.files.root_cert : TEXT("");
    if (roots != ROTATION_JOINED)
        return true;
    return signer_root(c, value_at(w->planned, "root"), at, &root) &&
           cacerts_roots_join(c->arena, c->diags, at, w->present.files.root_cert, root, out);
}

static bool issue(struct work *w, struct text roots, const struct value **out)
{
    struct call *c = w->call;
    const struct path *at = path_of(c->arena, "root");
    const struct cacerts_request request = {
        .cluster_name = connection_name(value_at(w->planned, "cluster")),
        .organization = value_text(w->planned, "organization"),
        .namespace = w->namespace,
        .key_algorithm = value_text(w->planned, "key_algorithm"),
        .validity_seconds = seconds_of(w->planned, "validity"),
        .now = clock_now(),
        .form = w->present.files.form,
        .root_cert = roots,
    };
    struct cacerts_signer signer;
    struct cacerts_bundle files;

    return signer_load(c, value_at(w->planned, "root"), at, &signer) &&
           cacerts_issue(c->arena, c->diags, at, &signer, &request, &files) &&
           write_files(w, &files, out);
}

static bool change_roots(struct work *w, enum rotation_roots roots, const struct value **out)
{
    const struct path *at = path_of(w->call->arena, "root", "certificate_pem");
    struct cacerts_bundle files = w->present.files;

    if (!wanted_roots(w, roots, &files.root_cert))
        return false;
    if (!files.root_cert.len &&
        !signer_root(w->call, value_at(w->planned, "root"), at, &files.root_cert))
        return false;
    return write_files(w, &files, out);
}

/* The CA stays; what an import brought becomes ours. */
static bool keep(struct work *w, const struct value **out)
{
    if (!kube_is_ours(w->present.secret))
        return write_files(w, &w->present.files, out);
    *out = value_with(w->call->arena, w->planned, "id",
                      value_string(w->call->arena, id_of(w->call->arena, w->planned)));
    return true;
}

static bool carry_out(struct work *w, const struct rotation *next, const struct value **out)
{
    struct trust trust;
    struct text roots;

    if (next->breaks_trust && !refuse_if_running(w->call, w->kube, w->planned, &trust))
        return false;
    if (next->step == ROTATION_KEEP)
        return keep(w, out);
    if (next->step == ROTATION_ROOTS)
        return change_roots(w, next->roots, out);
    return wanted_roots(w, next->roots, &roots) && issue(w, roots, out);
}

/* --- create ----------------------------------------------------------------------------------- */

static bool refuse_foreign(struct work *w)
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

/* istiod may run with a root of its own. With trust_both or switch_signer that
 * one stays trusted beside ours. */
static bool issue_first(struct work *w, const struct value **out)
{
    bool may_run = w->namespace_found != NULL;
    const char *rotation = value_text(w->planned, "rotation");
    struct text roots = TEXT("");
    struct trust trust = {.is_found = false};

    if (may_run && (!rotation[0] || strcmp(rotation, "drop_old") == 0)) {
        if (!refuse_if_running(w->call, w->kube, w->planned, &trust))
            return false;
    } else if (may_run && strcmp(rotation, "immediate") != 0) {
        if (!trust_read(w->call, w->kube, w->namespace, &trust))
            return false;
        w->present.files.root_cert = trust.roots;
        if (value_count(trust.fingerprints) && !wanted_roots(w, ROTATION_JOINED, &roots))
            return false;
    }
    return issue(w, roots, out);
}

/* What a create that was cut short has left, as if it were in the state. */
static bool adopt(struct work *w, const struct value **out)
{
    const struct value *prior = describe(w->call->arena, w->planned, &w->present);
    const struct cacerts_info *info = &w->present.info;
    struct arena *a = w->call->arena;
    struct rotation next;

    prior = value_with(a, prior, "organization",
                       value_string(a, issued_part(a, info->ca_subject, "O")));
    prior = value_with(a, prior, "key_algorithm", value_string(a, info->key_algorithm));
    if (w->present.fault)
        prior = value_with(a, prior, "ready_for_renewal", &value_true);
    if (!next_step(w->call, prior, w->planned, &next))
        return false;
    if (next.step != ROTATION_KEEP)
        return carry_out(w, &next, out);
    return write_files(w, &w->present.files, out);
}

static bool cacerts_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct work w;

    if (!work_open(c, planned, &w) || !namespace_find(c, w.kube, w.namespace, &w.namespace_found))
        return false;
    if (w.namespace_found && !bundle_read(c, w.kube, w.namespace, &w.present))
        return false;
    if (w.present.secret && !kube_is_ours(w.present.secret))
        return refuse_foreign(&w);
    w.is_create = true;
    return w.present.secret ? adopt(&w, out) : issue_first(&w, out);
}

/* --- read ---------------------------------------------------------------------------------------
 */

static bool read_missing(struct work *w, const struct value **out)
{
    bool ours;

    if (!namespace_is_ours(w->call, w->kube, w->namespace, &ours))
        return false;
    *out = ours ? describe(w->call->arena, w->planned, &w->present) : NULL;
    if (ours)
        *out = value_with(w->call->arena, *out, "ready_for_renewal", &value_true);
    return true;
}

static bool cacerts_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct path *at = path_of(c->arena, "cluster");
    struct work w;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), at))
        return true;
    if (!work_open(c, state, &w) || !bundle_read(c, w.kube, w.namespace, &w.present))
        return false;
    if (!w.present.secret)
        return read_missing(&w, out);
    *out = describe(c->arena, state, &w.present);
    if (w.present.fault)
        diag_warning(c->diags, NULL, "istiod cannot use the Secret cacerts",
                     "In namespace %s of cluster %s: %s", w.namespace, kube_name(w.kube),
                     w.present.fault);
    else if (!was_written_by_us(c, &w.present))
        diag_warning(c->diags, NULL, "The Secret cacerts was changed",
                     "In namespace %s of cluster %s it holds another CA than the one that was "
                     "issued here (SHA-256 is %s now).",
                     w.namespace, kube_name(w.kube), w.present.info.ca_fingerprint);
    else
        return true;
    *out = value_with(c->arena, *out, "ready_for_renewal", &value_true);
    return true;
}

/* --- update -------------------------------------------------------------------------------------
 */

static bool check_unchanged(struct work *w, const struct value *prior)
{
    struct call *c = w->call;

    if (strcmp(w->present.info.root_fingerprint, value_text(prior, "root_fingerprint_sha256")) == 0)
        return true;
    return diag_error(c->diags, NULL, "The Secret cacerts changed after the plan was made",
                      "In namespace %s of cluster %s it %s. Plan again.", w->namespace,
                      kube_name(w->kube),
                      w->present.secret ? "holds a CA of another root now" : "is gone");
}

static bool cacerts_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    const char *network = value_z(value_in(planned, "cluster", "network"));
    struct rotation next;
    struct work w;

    *out = prior;
    if (!next_step(c, prior, planned, &next) || !work_open(c, planned, &w) ||
        !bundle_read(c, w.kube, w.namespace, &w.present) || !check_unchanged(&w, prior) ||
        (differs(value_at(prior, "cluster"), value_at(planned, "cluster"), "network") &&
         !namespace_ensure(c, w.kube, w.namespace, network)))
        return false;
    w.flags = KUBE_FORCE; /* it is ours, whoever wrote to it */
    return carry_out(&w, &next, out);
}

/* --- remove -------------------------------------------------------------------------------------
 */

static bool cacerts_remove(struct call *c, const struct value *state)
{
    const struct kube_delete_options options = {.propagation = NULL};
    struct work w;
    struct kube_ref ref;

    if (!work_open(c, state, &w))
        return false;
    ref = (struct kube_ref){"v1", "Secret", w.namespace, CACERTS_SECRET_NAME};
    return kube_delete(c, w.kube, &ref, &options) && namespace_release(c, w.kube, w.namespace);
}

/* --- plan ---------------------------------------------------------------------------------------
 */

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
             known ? value_string(c->arena, id_of(c->arena, planned)) : &value_unknown);
    plan_set(c, plan, "secret_name", value_string(c->arena, CACERTS_SECRET_NAME));
}

/* A plan that cannot reach the cluster leaves the question to the apply. */
static bool plan_refusal(struct call *c, const struct value *planned)
{
    const struct value *cluster = value_at(planned, "cluster");
    const struct path *at = path_of(c->arena, "cluster");
    struct trust trust;
    struct work w;

    if (!connection_is_known(cluster) || !kube_reachable(c, cluster, at))
        return true;
    return work_open(c, planned, &w) && refuse_if_running(c, w.kube, planned, &trust);
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
    if (!next_step(c, plan->prior, plan->planned, &next) ||
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
    renew_before_ms = clock_parse_duration_ms(value_is_null(renew_before) ? RENEW_BEFORE_DEFAULT
                                                                          : value_z(renew_before));
    if (validity_ms < 0 || renew_before_ms < validity_ms)
        return true;
    return diag_error(c->diags, path_of(c->arena, "renew_before"),
                      "Renewal would never come to an end",
                      "renew_before (%s when it is left out) has to be shorter than validity (%s "
                      "when it is left out).",
                      RENEW_BEFORE_DEFAULT, VALIDITY_DEFAULT);
}

/* --- import --------------------------------------------------------------------------------------
 */

static bool cacerts_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?", NULL};
    const struct value *connection, *rest;

    if (!connection_import_id(c, id, keys, &connection, &rest))
        return false;
    *out =
        value_map_of(c->arena, {"cluster", connection}, {"namespace", value_at(rest, "namespace")});
    *out = with_default(c->arena, *out, "namespace", NAMESPACE_DEFAULT);
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
