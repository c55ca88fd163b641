#include "istio/revision.h"

#include <string.h>

#include "schema/path.h"

/* --- the objects of a tag --------------------------------------------------------- */

static const struct value *expression(struct arena *a, const char *key, const char *operator_name,
                                      const char *one)
{
    const struct value *e = value_map_of(a, {"key", value_string(a, key)},
                                         {"operator", value_string(a, operator_name)});

    return one ? value_with(a, e, "values", value_list_of(a, value_string(a, one))) : e;
}

static const struct value *selector(struct arena *a, const struct value *x, const struct value *y)
{
    return value_map_of(a, {"matchExpressions", y ? value_list_of(a, x, y) : value_list_of(a, x)});
}

static const char *istiod_name(struct arena *a, const char *revision)
{
    return strcmp(revision, REVISION_DEFAULT) == 0 ? "istiod" : text_f(a, "istiod-%s", revision);
}

static const struct value *client_config(struct arena *a, const struct revision_tag *t)
{
    if (t->injection_url && t->injection_url[0])
        return value_map_of(a, {"url", value_string(a, t->injection_url)});
    return value_map_of(
        a, {"service",
            value_map_of(a, {"name", value_string(a, istiod_name(a, t->revision))},
                         {"namespace", value_string(a, t->namespace)},
                         {"path", value_string(a, "/inject")}, {"port", value_integer(a, 443)})});
}

/* Without a caBundle: istiod writes its own into every configuration that bears the
 * label of its revision. */
static const struct value *webhook(struct arena *a, const struct revision_tag *t,
                                   const char *prefix, const struct value *namespaces,
                                   const struct value *pods)
{
    const struct value *version = value_list_of(a, value_string(a, "v1"));
    const struct value *rule =
        value_map_of(a, {"operations", value_list_of(a, value_string(a, "CREATE"))},
                     {"apiGroups", value_list_of(a, &value_empty_string)}, {"apiVersions", version},
                     {"resources", value_list_of(a, value_string(a, "pods"))});

    return value_map_of(
        a, {"name", value_f(a, "%ssidecar-injector.istio.io", prefix)},
        {"clientConfig", client_config(a, t)}, {"sideEffects", value_string(a, "None")},
        {"rules", value_list_of(a, rule)}, {"failurePolicy", value_string(a, "Fail")},
        {"reinvocationPolicy", value_string(a, "Never")}, {"admissionReviewVersions", version},
        {"namespaceSelector", namespaces}, {"objectSelector", pods});
}

/* The namespace names the tag; or it says nothing and the pod does. */
static void add_tag_webhooks(struct value_builder *to, const struct revision_tag *t)
{
    struct arena *a = to->arena;
    const struct value *not_refused = expression(a, "sidecar.istio.io/inject", "NotIn", "false");
    const struct value *no_injection = expression(a, "istio-injection", "DoesNotExist", NULL);
    const struct value *of_tag = expression(a, REVISION_LABEL, "In", t->tag);
    const struct value *no_revision = expression(a, REVISION_LABEL, "DoesNotExist", NULL);

    value_builder_add(to, webhook(a, t, "rev.namespace.", selector(a, of_tag, no_injection),
                                  selector(a, not_refused, NULL)));
    value_builder_add(to, webhook(a, t, "rev.object.", selector(a, no_revision, no_injection),
                                  selector(a, not_refused, of_tag)));
}

/* What has no revision at all belongs to the tag "default". */
static void add_default_webhooks(struct value_builder *to, const struct revision_tag *t)
{
    struct arena *a = to->arena;
    const struct value *not_refused = expression(a, "sidecar.istio.io/inject", "NotIn", "false");
    const struct value *asked_for = expression(a, "sidecar.istio.io/inject", "In", "true");
    const struct value *enabled = expression(a, "istio-injection", "In", "enabled");
    const struct value *no_injection = expression(a, "istio-injection", "DoesNotExist", NULL);
    const struct value *no_revision = expression(a, REVISION_LABEL, "DoesNotExist", NULL);

    value_builder_add(to, webhook(a, t, "namespace.", selector(a, enabled, NULL),
                                  selector(a, not_refused, NULL)));
    value_builder_add(to, webhook(a, t, "object.", selector(a, no_injection, no_revision),
                                  selector(a, asked_for, no_revision)));
}

static const struct value *labels_of(struct arena *a, const struct revision_tag *t, const char *app)
{
    return value_map_of(a, {"app", value_string(a, app)},
                        {REVISION_LABEL, value_string(a, t->revision)},
                        {REVISION_TAG_LABEL, value_string(a, t->tag)});
}

static const struct value *webhook_configuration(struct arena *a, const struct revision_tag *t)
{
    bool usual = strcmp(t->namespace, "istio-system") == 0;
    struct value_builder webhooks;

    value_builder_init(&webhooks, a);
    add_tag_webhooks(&webhooks, t);
    if (strcmp(t->tag, REVISION_DEFAULT) == 0)
        add_default_webhooks(&webhooks, t);
    return value_map_of(
        a, {"apiVersion", value_string(a, "admissionregistration.k8s.io/v1")},
        {"kind", value_string(a, "MutatingWebhookConfiguration")},
        {"metadata", value_map_of(a,
                                  {"name", usual ? value_f(a, "istio-revision-tag-%s", t->tag)
                                                 : value_f(a, "istio-revision-tag-%s-%s", t->tag,
                                                           t->namespace)},
                                  {"labels", labels_of(a, t, "sidecar-injector")})},
        {"webhooks", value_builder_list(&webhooks)});
}

static const struct value *service_port(struct arena *a, const char *name, int port, int target)
{
    return value_map_of(a, {"name", value_string(a, name)}, {"port", value_integer(a, port)},
                        {"targetPort", value_integer(a, target)},
                        {"protocol", value_string(a, "TCP")});
}

static const struct value *tag_service(struct arena *a, const struct revision_tag *t)
{
    bool is_default = strcmp(t->revision, REVISION_DEFAULT) == 0;
    const struct value *pods = value_map_of(a, {"app", value_string(a, "istiod")},
                                            {is_default ? "istio" : REVISION_LABEL,
                                             value_string(a, is_default ? "pilot" : t->revision)});
    const struct value *ports = value_list_of(a, service_port(a, "grpc-xds", 15010, 15010),
                                              service_port(a, "https-dns", 15012, 15012),
                                              service_port(a, "https-webhook", 443, 15017),
                                              service_port(a, "http-monitoring", 15014, 15014));

    return value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Service")},
        {"metadata", value_map_of(a, {"name", value_f(a, "istiod-revision-tag-%s", t->tag)},
                                  {"namespace", value_string(a, t->namespace)},
                                  {"labels", labels_of(a, t, "istiod")})},
        {"spec", value_map_of(a, {"ports", ports}, {"selector", pods})});
}

const struct value *revision_tag_objects(struct arena *a, const struct revision_tag *tag)
{
    const struct value *configuration = webhook_configuration(a, tag);

    return tag->service ? value_list_of(a, configuration, tag_service(a, tag))
                        : value_list_of(a, configuration);
}

/* --- what a cluster has -------------------------------------------------------------- */

bool revision_list(struct call *c, struct kube *k, const struct value **revisions,
                   const struct value **tags)
{
    static const struct kube_ref configurations = {"admissionregistration.k8s.io/v1",
                                                   "MutatingWebhookConfiguration", NULL, NULL};
    const struct value *found;

    *revisions = *tags = &value_empty_list;
    if (!kube_list(c, k, &configurations, REVISION_LABEL, &found))
        return false;
    for (size_t i = 0; i < value_count(found); i++) {
        const struct value *labels = value_in(value_item(found, i), "metadata", "labels");
        const struct value *tag = value_at(labels, REVISION_TAG_LABEL);

        if (value_is_set(tag))
            *tags = value_append(c->arena, *tags, tag);
        else
            *revisions = value_append(c->arena, *revisions, value_at(labels, REVISION_LABEL));
    }
    return true;
}

static bool has(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), name) == 0)
            return true;
    return false;
}

static const char *named(struct arena *a, const struct value *list)
{
    struct text_builder b;

    text_builder_init(&b, a, 4096);
    for (size_t i = 0; i < value_count(list); i++)
        text_add_f(&b, "%s%s", i > 0 ? ", " : "", value_z(value_item(list, i)));
    return b.len > 0 ? text_built(&b).at : "none";
}

bool revision_check_tag(struct call *c, struct kube *k, const char *tag, const char *revision)
{
    const struct value *revisions, *tags;

    if (!revision_list(c, k, &revisions, &tags))
        return false;
    if (!has(revisions, revision))
        return diag_error(c->diags, path_of(c->arena, "revision"), "There is no such revision",
                          "No istiod of revision %s injects on cluster %s; those that do: %s. "
                          "Install it first: let the tag depend on its istio_control_plane.",
                          revision, kube_name(k), named(c->arena, revisions));
    if (strcmp(tag, REVISION_DEFAULT) != 0 && has(revisions, tag))
        return diag_error(c->diags, path_of(c->arena, "tag"), "A revision has the name of the tag",
                          "Cluster %s has an istiod of revision %s: both would inject into the "
                          "same pods. Choose another name for the tag.",
                          kube_name(k), tag);
    if (strcmp(tag, REVISION_DEFAULT) == 0 && strcmp(revision, REVISION_DEFAULT) != 0 &&
        has(revisions, REVISION_DEFAULT))
        return diag_error(c->diags, path_of(c->arena, "tag"),
                          "The default revision injects already",
                          "Cluster %s has an istiod without a revision, whose own injector matches "
                          "what the tag default would match. Remove it before the tag takes over.",
                          kube_name(k));
    return true;
}
