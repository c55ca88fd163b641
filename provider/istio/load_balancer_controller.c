/* The controller's release: which chart of which version, and its values. */
#include "istio/load_balancer_controller.h"

#include <string.h>

#include "helm/arguments.h"
#include "istio/adoption.h"
#include "istio/webhook.h"
#include "kube/connection.h"
#include "source/source.h"

/* Another role means other pods. */
#define ROLE_ANNOTATION "istio.multicluster/role-arn"
#define IRSA_ANNOTATION "eks.amazonaws.com/role-arn"

/* --- values ---------------------------------------------------------------------------------- */

static bool is_irsa(const struct value *object)
{
    return strcmp(value_text(object, "identity"), "irsa") == 0;
}

/* keepTLSSecret: an upgrade keeps the webhook's certificate, or running pods would show
 * another one than the webhook's configuration expects until they are replaced. */
const struct value *load_balancer_controller_values(
    struct arena *a, const struct value *object, const struct load_balancer_controller_place *place)
{
    const struct value *role = value_string(a, place->role_arn);
    const struct value *account =
        value_map_of(a, {"create", &value_true}, {"name", value_at(object, "service_account")});
    const struct value *v =
        value_map_of(a, {"clusterName", value_string(a, place->cluster)},
                     {"region", value_string(a, place->region)},
                     {"vpcId", value_string(a, place->vpc_id)}, {"keepTLSSecret", &value_true},
                     {"podAnnotations", value_map_of(a, {ROLE_ANNOTATION, role})});

    if (is_irsa(object))
        account = value_with(a, account, "annotations", value_map_of(a, {IRSA_ANNOTATION, role}));
    v = value_with(a, v, "serviceAccount", account);
    return value_is_set(value_at(object, "replicas"))
               ? value_with(a, v, "replicaCount", value_at(object, "replicas"))
               : v;
}

const struct value *load_balancer_controller_adopt(struct arena *a, const struct value *object,
                                                   const struct value *values)
{
    static const char *const ours[] = {"clusterName", "region", "vpcId", "keepTLSSecret"};
    struct adoption w = {a, object, values->kind == VALUE_MAP ? values : &value_empty_map};
    const struct value *replicas = value_at(w.rest, "replicaCount");

    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
        adoption_drop(&w, ADOPTION_KEYS(ours[i]));
    adoption_drop(&w, ADOPTION_KEYS("podAnnotations", ROLE_ANNOTATION));
    adoption_drop(&w, ADOPTION_KEYS("serviceAccount", "create"));
    ADOPTION_TAKE(&w, "service_account", "serviceAccount", "name");
    w.object = value_with(a, w.object, "role_arn", &value_null);
    ADOPTION_TAKE(&w, "role_arn", "serviceAccount", "annotations", IRSA_ANNOTATION);
    w.object =
        value_with(a, w.object, "identity",
                   value_string(a, *value_text(w.object, "role_arn") ? "irsa" : "pod-identity"));
    if (replicas->kind == VALUE_NUMBER) {
        w.object = value_with(a, w.object, "replicas", replicas);
        adoption_drop(&w, ADOPTION_KEYS("replicaCount"));
    }
    return value_with(a, w.object, "values", value_count(w.rest) > 0 ? w.rest : &value_null);
}

/* --- the release -------------------------------------------------------------------------------
 */

struct release load_balancer_controller_named(const struct value *object)
{
    unsigned flags = 0;

    if (value_flag(object, "force_conflicts"))
        flags |= RELEASE_FORCE_CONFLICTS;
    if (value_flag(object, "take_ownership"))
        flags |= RELEASE_TAKE_OWNERSHIP;
    if (value_flag(object, "wait"))
        flags |= RELEASE_WAIT;
    return (struct release){.name = LOAD_BALANCER_CONTROLLER,
                            .namespace = value_text(object, "namespace"),
                            .flags = flags};
}

bool load_balancer_controller_is_known(const struct call *c, const struct value *object)
{
    static const char *const names[] = {
        "namespace",     "service_account", "identity", "role_arn",    "vpc_id",
        "chart_version", "replicas",        "values",   "values_yaml", "set"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!value_is_wholly_known(value_at(object, names[i])))
            return false;
    return connection_is_known(value_at(object, "cluster")) &&
           chart_source_is_known(c, value_at(object, "chart"));
}

/* "" = what the source has. */
static const char *version_of(const struct value *object)
{
    const struct value *source = value_at(object, "chart");
    const char *said = value_text(object, "chart_version");
    bool in_source = *value_text(source, "path") || *value_text(source, "version");

    return *said || in_source ? said : LOAD_BALANCER_CONTROLLER_CHART;
}

bool load_balancer_controller_release(struct call *c, const struct value *object,
                                      const struct load_balancer_controller_place *place,
                                      struct release *out)
{
    const struct chart_request request = {
        .source = value_at(object, "chart"),
        .at = path_of(c->arena, "chart"),
        .name = LOAD_BALANCER_CONTROLLER,
        .version = version_of(object),
        .repository = LOAD_BALANCER_CONTROLLER_REPOSITORY,
    };
    struct chart *chart;

    *out = load_balancer_controller_named(object);
    out->at = path_of(c->arena, "chart");
    out->values_at = path_of(c->arena, "values");
    out->import_hint = "terraform import <address> '" LOAD_BALANCER_CONTROLLER_IMPORT "'";
    if (!arguments_values(c, object, load_balancer_controller_values(c->arena, object, place),
                          &out->values) ||
        !chart_fetch(c, &request, &chart))
        return false;
    out->chart = chart;
    return true;
}

/* --- its webhook --------------------------------------------------------------------------------
 */

/* Every new Service of the cluster passes it, and is refused while nobody answers. */
bool load_balancer_controller_wait(struct call *c, struct kube *k, const char *namespace)
{
    struct arena *a = c->arena;
    const struct value *port =
        value_map_of(a, {"name", value_string(a, "http")}, {"port", value_integer(a, 80)});
    const struct value *trial = value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Service")},
        {"metadata", value_map_of(a, {"generateName", value_string(a, "controller-answers-")},
                                  {"namespace", value_string(a, namespace)})},
        {"spec", value_map_of(a, {"type", value_string(a, "LoadBalancer")},
                              {"ports", value_list_of(a, port)})});

    return webhook_wait_for_answer(c, k, "the load balancer controller", trial);
}
