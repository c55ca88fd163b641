#include "acceptance/sandbox/mesh.h"

#include <string.h>

#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/managers.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/base64.h"

#define ADMISSION "admissionregistration.k8s.io"

static bool is(const struct kind *kind, const char *group, const char *plural)
{
    return kind_is(kind, group, plural) && !(kind->flags & KIND_CUSTOM);
}

static const char *label(const struct value *v, const char *key)
{
    return value_z(value_at(value_in(v, "metadata", "labels"), key));
}

static void put(struct sandbox *s, struct arena *a, const struct kind *kind, const char *manager,
                const struct value *before, const struct value *after)
{
    struct write w = {a, kind, manager, "", false};

    if (!before || !value_equal(before, after))
        store_put(s, a, kind, managers_update(&w, before, after));
}

/* An object of ours as it is now, with what every object has when it is new. */
static const struct value *object_of(struct sandbox *s, struct arena *a, const struct kind *kind,
                                     const char *ns, const char *name, const struct value **before)
{
    const struct value *metadata =
        value_map_of(a, {"name", value_string(a, name)}, {"namespace", value_string(a, ns)},
                     {"uid", value_string(a, identity_random_uid(a))},
                     {"creationTimestamp", value_string(a, clock_rfc3339(a, clock_now()))});

    *before = store_get(s, a, kind, ns, name);
    return *before ? *before
                   : value_map_of(a, {"apiVersion", value_string(a, kind_api_version(a, kind))},
                                  {"kind", value_string(a, kind->kind)}, {"metadata", metadata});
}

/* --- endpoints ----------------------------------------------------------------------- */

static bool selects(const struct value *service, const struct value *deployment)
{
    const struct value *selector = value_in(service, "spec", "selector");
    const struct value *labels = value_in(deployment, "spec", "template", "metadata", "labels");

    for (size_t i = 0; i < value_count(selector); i++)
        if (!value_equal(selector->map.entries[i].value,
                         value_at(labels, selector->map.entries[i].key)))
            return false;
    return value_count(selector) > 0;
}

static const struct value *slice_ports(struct arena *a, const struct value *service)
{
    const struct value *ports = value_in(service, "spec", "ports");
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *port = value_item(ports, i), *target = value_at(port, "targetPort");
        bool named = target->kind != VALUE_NUMBER;

        value_builder_add(&b, value_map_of(a, {"name", value_string(a, value_text(port, "name"))},
                                           {"port", named ? value_at(port, "port") : target},
                                           {"protocol", value_string(a, "TCP")}));
    }
    return value_builder_list(&b);
}

static void give_endpoints(struct sandbox *s, struct arena *a, const struct value *service)
{
    const struct kind *slices = kind_find(s, "discovery.k8s.io", "v1", "endpointslices");
    const char *name = value_z(value_in(service, "metadata", "name"));
    const char *ns = value_z(value_in(service, "metadata", "namespace"));
    const struct value *owner =
        value_map_of(a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Service")},
                     {"name", value_string(a, name)}, {"uid", value_in(service, "metadata", "uid")},
                     {"controller", &value_true}, {"blockOwnerDeletion", &value_true});
    const struct value *endpoint = value_map_of(
        a, {"addresses", value_list_of(a, value_string(a, "10.1.0.10"))},
        {"conditions", value_map_of(a, {"ready", &value_true}, {"serving", &value_true},
                                    {"terminating", &value_false})});
    const struct value *before, *v;

    if (!slices)
        return;
    v = object_of(s, a, slices, ns, text_f(a, "%s-stand", name), &before);
    v = value_with_in(a, v, value_list_of(a, owner), "metadata", "ownerReferences");
    v = value_with_in(a, v, value_string(a, name), "metadata", "labels",
                      "kubernetes.io/service-name");
    v = value_with_in(a, v, value_string(a, "endpointslice-controller.k8s.io"), "metadata",
                      "labels", "endpointslice.kubernetes.io/managed-by");
    v = value_with(a, v, "addressType", value_string(a, "IPv4"));
    v = value_with(a, v, "endpoints", value_list_of(a, endpoint));
    put(s, a, slices, "kube-controller-manager", before,
        value_with(a, v, "ports", slice_ports(a, service)));
}

/* Every object of a kind in a namespace ("" = all), with what else there is to know. */
typedef void visit_fn(struct sandbox *s, struct arena *a, const struct kind *kind,
                      const struct value *v, const struct value *other);

static void visit(struct sandbox *s, struct arena *a, const struct kind *kind, const char *ns,
                  visit_fn *each, const struct value *other)
{
    struct collection *c = store_collection(s, kind);
    size_t first, end;

    store_range(c, ns, &first, &end);
    for (size_t i = first; i < end && i < c->count; i++)
        each(s, a, kind, stored_value(a, c->items[i]), other);
}

static void join_service(struct sandbox *s, struct arena *a, const struct kind *kind,
                         const struct value *service, const struct value *deployment)
{
    (void)kind;
    if (selects(service, deployment))
        give_endpoints(s, a, service);
}

static void join_deployment(struct sandbox *s, struct arena *a, const struct kind *kind,
                            const struct value *deployment, const struct value *service)
{
    join_service(s, a, kind, service, deployment);
}

/* --- istiod -------------------------------------------------------------------------------- */

#define ISTIOD "pilot-discovery"

static bool is_running_istiod(const struct value *deployment)
{
    return strcmp(label(deployment, "app"), "istiod") == 0 &&
           value_integer_at(value_at(deployment, "status"), "availableReplicas") > 0;
}

static const struct value *filled_webhooks(struct sandbox *s, struct arena *a,
                                           const struct value *webhooks)
{
    struct text bundle = base64_encode(a, text_of(s->identity->ca_pem), BASE64_STANDARD);
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(webhooks); i++) {
        const struct value *w =
            value_with(a, value_item(webhooks, i), "failurePolicy", value_string(a, "Fail"));

        value_builder_add(
            &b, value_with_in(a, w, value_string_of(a, bundle), "clientConfig", "caBundle"));
    }
    return value_builder_list(&b);
}

static void fill_webhooks(struct sandbox *s, struct arena *a, const struct kind *kind,
                          const struct value *configuration, const struct value *deployment)
{
    if (is_running_istiod(deployment) && *label(configuration, "istio.io/rev") &&
        strcmp(label(configuration, "istio.io/rev"), label(deployment, "istio.io/rev")) == 0)
        put(s, a, kind, ISTIOD, configuration,
            value_with(a, configuration, "webhooks",
                       filled_webhooks(s, a, value_at(configuration, "webhooks"))));
}

/* That of the Secret cacerts, else one that istiod would have made itself. */
static struct text root_of(struct sandbox *s, struct arena *a, const char *ns)
{
    const struct value *secret = store_get(s, a, kind_find(s, "", "v1", "secrets"), ns, "cacerts");
    const struct value *data = secret ? value_at(secret, "data") : &value_null;
    struct text root;

    if (base64_decode(a, value_string_text(value_at(data, "root-cert.pem")), BASE64_STANDARD,
                      &root) &&
        root.len > 0)
        return root;
    return text_of(s->identity->ca_pem);
}

static void give_root(struct sandbox *s, struct arena *a, const struct kind *kind,
                      const struct value *namespace, const struct value *deployment)
{
    const struct kind *maps = kind_find(s, "", "v1", "configmaps");
    const char *name = value_z(value_in(namespace, "metadata", "name"));
    const struct value *before, *v;
    struct text root;

    (void)kind;
    if (value_has(value_at(namespace, "metadata"), "deletionTimestamp") ||
        !is_running_istiod(deployment))
        return;
    root = root_of(s, a, value_z(value_in(deployment, "metadata", "namespace")));
    v = object_of(s, a, maps, name, "istio-ca-root-cert", &before);
    v = value_with_in(a, v, value_string(a, "true"), "metadata", "labels", "istio.io/config");
    put(s, a, maps, ISTIOD, before,
        value_with_in(a, v, value_string_of(a, root), "data", "root-cert.pem"));
}

static void each_namespace(struct sandbox *s, struct arena *a, const struct kind *kind,
                           const struct value *deployment, const struct value *namespace)
{
    give_root(s, a, kind, namespace, deployment);
}

static void each_istiod(struct sandbox *s, struct arena *a, const struct kind *kind,
                        const struct value *deployment, const struct value *configuration)
{
    const struct kind *of =
        kind_find(s, ADMISSION, "v1",
                  strcmp(value_text(configuration, "kind"), "MutatingWebhookConfiguration") == 0
                      ? "mutatingwebhookconfigurations"
                      : "validatingwebhookconfigurations");

    (void)kind;
    fill_webhooks(s, a, of, configuration, deployment);
}

static void look_for_istiod(struct sandbox *s, struct arena *a, const struct kind *kind,
                            const struct value *v)
{
    const struct kind *deployments = kind_find(s, "apps", "v1", "deployments");

    if (is(kind, "apps", "deployments") && is_running_istiod(v)) {
        visit(s, a, kind_find(s, ADMISSION, "v1", "mutatingwebhookconfigurations"), "",
              fill_webhooks, v);
        visit(s, a, kind_find(s, ADMISSION, "v1", "validatingwebhookconfigurations"), "",
              fill_webhooks, v);
        visit(s, a, kind_find(s, "", "v1", "namespaces"), "", give_root, v);
    } else if (strcmp(kind->group, ADMISSION) == 0) {
        visit(s, a, deployments, "", each_istiod, v);
    } else if (is(kind, "", "namespaces")) {
        visit(s, a, deployments, "", each_namespace, v);
    }
}

void mesh_look(struct sandbox *s, struct arena *a, const struct kind *kind, const struct value *v)
{
    const char *ns = value_z(value_in(v, "metadata", "namespace"));

    if (is(kind, "apps", "deployments"))
        visit(s, a, kind_find(s, "", "v1", "services"), ns, join_service, v);
    if (is(kind, "", "services"))
        visit(s, a, kind_find(s, "apps", "v1", "deployments"), ns, join_deployment, v);
    if (s->istiod)
        look_for_istiod(s, a, kind, v);
}
