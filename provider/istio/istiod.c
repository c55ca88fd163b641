#include "istio/istiod.h"

#include <string.h>

#include "base/clock.h"
#include "istio/revision.h"
#include "kube/set.h"
#include "kube/wait.h"

enum { LOOK_AGAIN_MS = 500 };

/* --- serving --------------------------------------------------------------------------- */

static bool is_ready(const struct value *endpoint)
{
    const struct value *ready = value_in(endpoint, "conditions", "ready");

    return value_count(value_at(endpoint, "addresses")) > 0 &&
           (!value_is_set(ready) || value_as_bool(ready));
}

static size_t count_ready(const struct value *slices, size_t *all)
{
    size_t ready = 0;

    *all = 0;
    for (size_t i = 0; i < value_count(slices); i++) {
        const struct value *endpoints = value_at(value_item(slices, i), "endpoints");

        *all += value_count(endpoints);
        for (size_t j = 0; j < value_count(endpoints); j++)
            ready += is_ready(value_item(endpoints, j));
    }
    return ready;
}

/* Their names are not known before, so that no single one can be watched. */
bool istiod_wait_endpoints(struct call *c, struct kube *k, const char *namespace, const char *name)
{
    const struct kube_ref slices = {"discovery.k8s.io/v1", "EndpointSlice", namespace, NULL};
    const char *selector = text_f(c->arena, "kubernetes.io/service-name=%s", name);
    const char *what =
        text_f(c->arena, "Service %s/%s to have an endpoint that is ready", namespace, name);
    const struct value *found;
    size_t all;

    for (;;) {
        if (!kube_list(c, k, &slices, selector, &found))
            return false;
        if (count_ready(found, &all))
            return true;
        if (!call_wait_ms(c, LOOK_AGAIN_MS, what,
                          text_f(c->arena,
                                 "On cluster %s it has %zu endpoints, none of which is "
                                 "ready.",
                                 kube_name(k), all)))
            return false;
    }
}

/* --- alone ------------------------------------------------------------------------------ */

bool istiod_check_alone(struct call *c, struct kube *k, const char *namespace, const char *revision)
{
    const struct kube_ref deployments = {"apps/v1", "Deployment", NULL, NULL};
    const char *label = revision[0] ? revision : REVISION_DEFAULT;
    const struct value *found;

    if (!kube_list(c, k, &deployments, text_f(c->arena, "app=istiod,%s=%s", REVISION_LABEL, label),
                   &found))
        return false;
    for (size_t i = 0; i < value_count(found); i++) {
        const struct kube_ref other = kube_ref_of(value_item(found, i));

        if (strcmp(other.namespace, namespace) != 0)
            return diag_error(c->diags, path_of(c->arena, "revision"),
                              "Two control planes of the same revision",
                              "Cluster %s has an istiod of revision %s already, in namespace %s "
                              "(Deployment %s); both would inject into the same pods. Give this "
                              "one a revision of its own, or import the other.",
                              kube_name(k), label, other.namespace, other.name);
    }
    return true;
}

/* --- CA ---------------------------------------------------------------------------------- */

static const char *root_in_use(const struct istiod_ca *ca)
{
    const char *reached = ca->bundle.info.root_fingerprint;

    if (!value_count(ca->trust.fingerprints) || trust_holds(ca->trust.fingerprints, reached))
        return reached;
    return value_z(value_item(ca->trust.fingerprints, 0));
}

bool istiod_ca_read(struct call *c, struct kube *k, const char *namespace, struct istiod_ca *out)
{
    if (!bundle_read(c, k, namespace, &out->bundle) || !trust_read(c, k, namespace, &out->trust))
        return false;
    out->root_fingerprint = root_in_use(out);
    out->is_pending = out->bundle.secret && !out->bundle.fault && out->trust.is_found &&
                      !trust_holds(out->trust.fingerprints, out->bundle.info.root_fingerprint);
    return true;
}

bool istiod_ca_check(struct call *c, const struct istiod_ca *ca, const char *cluster,
                     const char *namespace, const struct path *at)
{
    if (!ca->bundle.secret)
        return diag_error(c->diags, at, "The Secret cacerts is missing",
                          "Cluster %s has none in namespace %s. Without it istiod makes a root of "
                          "its own, which no other cluster trusts, and looks at the Secret only "
                          "when it is restarted.",
                          cluster, namespace);
    return !ca->bundle.fault ||
           diag_error(c->diags, at, "istiod cannot use the Secret cacerts",
                      "In namespace %s of cluster %s: %s", namespace, cluster, ca->bundle.fault);
}

void istiod_ca_warn(struct call *c, const struct istiod_ca *ca, const char *cluster,
                    const char *namespace)
{
    diag_warning(c->diags, path_of(c->arena, "cacerts"),
                 "istiod must be restarted to sign with the root of cacerts",
                 "In namespace %s of cluster %s the Secret cacerts is of the root %s, while istiod "
                 "hands out %s. istiod looks at another root only when it starts. "
                 "restart_on_root_change = true restarts it in the next apply; the workloads have "
                 "to be restarted after it, and cannot talk to each other by mTLS until they "
                 "are.",
                 namespace, cluster, ca->bundle.info.root_fingerprint, ca->root_fingerprint);
}

static enum kube_verdict judge_trust(struct call *c, void *data, const struct value *object,
                                     const char **last_seen)
{
    const struct value *roots =
        trust_fingerprints(c->arena, value_string_text(value_in(object, "data", "root-cert.pem")));

    *last_seen = "istiod has not written the new root into it";
    return object && trust_holds(roots, data) ? KUBE_DONE : KUBE_NOT_YET;
}

bool istiod_restart(struct call *c, struct kube *k, const char *namespace, const char *name,
                    const char *root, bool until_handed_out)
{
    const struct kube_ref deployment = {"apps/v1", "Deployment", namespace, name};
    const struct kube_ref roots = {"v1", "ConfigMap", namespace, "istio-ca-root-cert"};
    const struct value *stamp = value_string(c->arena, clock_rfc3339(c->arena, clock_now()));
    const struct value *patch =
        value_with_in(c->arena, &value_empty_map, stamp, "spec", "template", "metadata",
                      "annotations", "kubectl.kubernetes.io/restartedAt");
    char *wanted = arena_strdup(c->arena, root);
    const struct value *last;

    return kube_patch(c, k, &deployment, patch, KUBE_ASIDE, &last) &&
           kube_wait_for(c, k, &deployment, "be rolled out again", kube_judge_ready, NULL, &last) &&
           (!until_handed_out ||
            kube_wait_for(c, k, &roots, "hold the root of cacerts", judge_trust, wanted, &last));
}

/* --- leaving ------------------------------------------------------------------------------ */

/* What cannot be listed is not named: this is but advice. */
static const struct value *list_quietly(struct call *c, struct kube *k, const char *api_version,
                                        const char *kind, const char *namespace,
                                        const char *selector)
{
    const struct kube_ref ref = {api_version, kind, namespace, NULL};
    const struct value *found;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    return kube_list(&quiet, k, &ref, selector, &found) ? found : &value_empty_list;
}

static void name_objects(struct call *c, struct text_builder *b, const char *kind,
                         const struct value *objects)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        struct kube_ref ref = kube_ref_of(value_item(objects, i));

        ref.kind = kind;
        text_add_f(b, "%s%s", b->len ? ", " : "", kube_ref_text(c->arena, &ref));
    }
}

enum { NAMES_BYTES_MAX = 4000 };

void istiod_warn_of_dependents(struct call *c, struct kube *k, const char *namespace)
{
    struct text_builder b;

    text_builder_init(&b, c->arena, NAMES_BYTES_MAX);
    name_objects(c, &b, "gateway",
                 list_quietly(c, k, "apps/v1", "Deployment", NULL,
                              "istio,istio notin (pilot,istiod),app!=istiod"));
    name_objects(c, &b, "remote secret",
                 list_quietly(c, k, "v1", "Secret", namespace, "istio/multiCluster=true"));
    if (b.len)
        diag_warning(c->diags, NULL, "Something still relies on this control plane",
                     "On cluster %s there are: %s. Gateways without an istiod cannot start new "
                     "pods, and their load balancers are best removed first.",
                     kube_name(k), text_built(&b).at);
}

/* Of the same name in many namespaces. */
static void name_count(struct text_builder *b, const char *kind, const char *name,
                       const struct value *objects)
{
    size_t count = 0;

    for (size_t i = 0; i < value_count(objects); i++)
        count += strcmp(value_z(value_in(value_item(objects, i), "metadata", "name")), name) == 0;
    if (count)
        text_add_f(b, "%s%s %s in %zu namespaces", b->len ? ", " : "", kind, name, count);
}

/* Those that istiod writes in its own namespace; what we made goes by itself. */
static const struct value *of_istiod(struct call *c, const struct value *objects)
{
    static const char *const names[] = {
        "istio-leader",
        "istio-namespace-controller-election",
        "istio-gateway-status-leader",
        "istio-gateway-deployment-default",
        "istio-gateway-ca",
        "istio-validation-controller-election",
        "istio-analyze-leader",
        "istio-ca-secret",
        CACERTS_SECRET_NAME,
        NULL,
    };
    struct value_builder b;

    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < value_count(objects); i++)
        for (const char *const *name = names; *name; name++)
            if (!kube_is_ours(value_item(objects, i)) &&
                strcmp(value_z(value_in(value_item(objects, i), "metadata", "name")), *name) == 0)
                value_builder_add(&b, value_item(objects, i));
    return value_builder_list(&b);
}

static size_t count_crds(const struct value *crds)
{
    size_t count = 0;

    for (size_t i = 0; i < value_count(crds); i++)
        count += text_ends_with(value_string_text(value_in(value_item(crds, i), "spec", "group")),
                                ".istio.io");
    return count;
}

void istiod_warn_of_leftovers(struct call *c, struct kube *k, const char *namespace)
{
    const struct value *maps = list_quietly(c, k, "v1", "ConfigMap", NULL, "istio.io/config=true");
    size_t crds = count_crds(
        list_quietly(c, k, "apiextensions.k8s.io/v1", "CustomResourceDefinition", NULL, NULL));
    struct text_builder b;

    text_builder_init(&b, c->arena, NAMES_BYTES_MAX);
    if (crds)
        text_add_f(&b, "%zu CRDs of istio.io", crds);
    name_count(&b, "ConfigMap", "istio-ca-root-cert", maps);
    name_count(&b, "ConfigMap", "istio-ca-crl", maps);
    name_objects(c, &b, "ConfigMap",
                 of_istiod(c, list_quietly(c, k, "v1", "ConfigMap", namespace, NULL)));
    name_objects(
        c, &b, "Lease",
        of_istiod(c, list_quietly(c, k, "coordination.k8s.io/v1", "Lease", namespace, NULL)));
    name_objects(c, &b, "Secret",
                 of_istiod(c, list_quietly(c, k, "v1", "Secret", namespace, NULL)));
    if (b.len)
        diag_warning(c->diags, NULL, "Istio leaves something behind",
                     "On cluster %s there remain: %s. CRDs are kept because all that users "
                     "configured goes with them; the rest is written by istiod itself. Delete what "
                     "is not needed any more.",
                     kube_name(k), text_built(&b).at);
}
