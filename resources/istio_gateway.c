#include <string.h>

#include "base/clock.h"
#include "helm/arguments.h"
#include "istio/gateway.h"
#include "istio/gateway_adopt.h"
#include "istio/gateway_balancer.h"
#include "istio/gateway_release.h"
#include "istio/namespace.h"
#include "kube/connection.h"
#include "kube/set.h"
#include "release/release_state.h"
#include "schema/check.h"
#include "schema/fallback.h"
#include "schema/resource.h"
#include "source/source.h"

#define REVISION "release_revision"

/* Without its controller a load balancer does not go, nor what it is in front of: no need
 * to wait for all of the time-out. */
enum { ORPHANED_MS = 2 * 60 * 1000 };

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster where the gateway runs."),
    STRING("name", REQUIRED | FORCE_NEW,
           "Name of the gateway: of its Helm release, Deployment and Service. Its pods have the "
           "label `istio` with this name, less a leading `istio-`.",
           .check = check_dns_label),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW,
           "Namespace of the gateway. It is made when it is missing.", .fallback = "istio-ingress",
           .check = check_dns_label),
    STRING("control_plane", OPTIONAL,
           "`id` of the istio_control_plane whose istiod runs it: says version, revision and "
           "istiod's namespace.",
           .check = check_not_empty),
    STRING("version", OPTIONAL, "Version of the gateway's chart. Default: the control plane's.",
           .check = check_not_empty),
    STRING("revision", OPTIONAL,
           "Revision or tag of the istiod that injects into it. Default: the control plane's."),
    STRING("direction", OPTIONAL | COMPUTED,
           "`east-west`: towards the other clusters of the mesh; `north-south`: towards callers "
           "outside of it; `egress`: towards servers outside of it.",
           .fallback = "north-south", .one_of = ONE_OF("east-west", "north-south", "egress")),
    STRING("exposure", OPTIONAL,
           "Whether the load balancer has public addresses (`external`) or private ones. Said, the "
           "objects also have the labels `ingressgateway.istio.io/type` and `/direction`, by which "
           "Gloo Mesh's selectors find gateways. Default: public ones, and no such labels.",
           .one_of = ONE_OF("internal", "external")),
    STRING("network", OPTIONAL,
           "Network that an east-west gateway is the entry to. Default: that of the connection.",
           .check = check_label_value),
    STRING("service_type", OPTIONAL,
           "Type of the Service. Default: `LoadBalancer`; `NodePort` behind an ALB; `ClusterIP` of "
           "an egress gateway.",
           .one_of = ONE_OF("LoadBalancer", "NodePort", "ClusterIP")),
    NESTED("ports", NESTING_LIST, gateway_port_rows, OPTIONAL,
           "Ports of the Service. Default: 15021, 80 and 443, or of an east-west gateway 15021, "
           "15443, 15012 and 15017."),
    NESTED("load_balancer", NESTING_SINGLE, gateway_load_balancer_rows, OPTIONAL,
           "The load balancer in front of it, in AWS. Left out, the cluster makes the one that it "
           "makes for any Service."),
    TYPED("expose_services", &type_string_list, OPTIONAL,
          "Hosts whose services the other networks may call through this gateway, such as "
          "`*.local`: makes the Gateway `cross-network-gateway` in istiod's namespace.",
          .min_items = 1),
    NUMBER("replicas", OPTIONAL, "Number of pods. Left out, the chart's autoscaler decides.",
           .min = 0, .max = 1000),
    TYPED("env", &type_string_map, OPTIONAL, "Environment of the proxy."),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of all objects of the gateway."),
    TYPED("annotations", &type_string_map, OPTIONAL, "Annotations of the Service."),
    VALUES_ROWS,
    CHART("chart", OPTIONAL,
          "Where the chart comes from: a repository, or a folder (`path`) that holds the folder "
          "`gateway`. Default: what the provider names, else the Istio project's repository."),
    BOOL("wait", OPTIONAL | COMPUTED, "Wait until the pods run.", .fallback = "true"),
    BOOL("wait_for_load_balancer", OPTIONAL | COMPUTED,
         "Wait until the load balancer has an address. On an EKS cluster also until AWS's load "
         "balancer is active, its name resolves where Terraform runs, and its targets are healthy, "
         "for which the credentials need `elasticloadbalancing:Describe*`.",
         .fallback = "true"),
    BOOL("force_conflicts", OPTIONAL | COMPUTED, "Take fields over that another manager owns.",
         .fallback = "false"),
    BOOL("take_ownership", OPTIONAL | COMPUTED,
         "Take over a gateway of this name that others installed.", .fallback = "false"),
    STRING("id", COMPUTED | KEEP_STATE, "`<cluster>/<namespace>/<name>`."),
    STRING("chart_version", COMPUTED, "Version of the chart that is installed."),
    NUMBER("release_revision", COMPUTED, "Number of the Helm release's newest record."),
    STRING("status", COMPUTED, "Status of that record: `deployed`, `failed`."),
    RELEASE_OBJECTS("objects", "The objects by `Kind.group/namespace/name`, and what the last "
                               "change of each was."),
    RELEASE_DRIFT,
    TYPED("addresses", &type_string_list, COMPUTED,
          "Addresses of the load balancer: IPs, or the host name where it has only that."),
    STRING("hostname", COMPUTED, "Host name of the load balancer."),
    STRING("load_balancer_arn", COMPUTED,
           "ARN of the load balancer in AWS. Null on clusters other than EKS's, and of a classic "
           "load balancer."),
    TYPED("target_health", &type_string_map, COMPUTED,
          "By port of that load balancer `healthy`, or `not healthy:` and AWS's reasons, such as "
          "`Target.FailedHealthChecks`. Null where there is no ARN. Single targets are told by the "
          "data source `istio_load_balancer`."),
    END_ATTRIBUTES,
};

static const char *const outputs_of_address[] = {"addresses", "hostname", "load_balancer_arn",
                                                 "target_health", NULL};

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

/* --- create, update, remove -------------------------------------------------------------- */

static bool wait_for_all(struct call *c, struct kube *k, const struct value *object)
{
    if (value_flag(object, "wait") && !gateway_wait_for_pods(c, k, value_at(object, "objects")))
        return false;
    return !value_flag(object, "wait_for_load_balancer") || !gateway_gets_address(object) ||
           gateway_wait_for_address(c, k, object);
}

/* Nothing on the cluster changes. */
static bool is_untouched(const struct value *prior, const struct value *planned)
{
    return !value_is_null(prior) &&
           value_equal(value_at(prior, "objects"), value_at(planned, "objects")) &&
           value_equal(value_at(prior, REVISION), value_at(planned, REVISION));
}

/* *now: what there is afterwards, done or not. */
static bool apply(struct call *c, struct kube *k, const struct value *planned,
                  struct gateway_release *wanted, const struct release_memory *before,
                  struct release_memory *now)
{
    struct release *r = &wanted->release;

    if (!gateway_check_injector(c, k, wanted->revision) ||
        !namespace_ensure(c, k, r->namespace, ""))
        return false;
    r->planned = value_at(planned, "objects");
    r->planned_revision = value_integer_at(planned, REVISION);
    return release_apply(c, k, r, before, now);
}

/* The plan left it open. */
static bool is_open(const struct value *planned, const char *output)
{
    return value_is_unknown(value_at(planned, output));
}

/* `object` with those outputs of `from` that the plan left open. */
static const struct value *reached(struct call *c, const struct value *planned,
                                   const struct value *from, const struct value *object)
{
    for (const char *const *name = outputs_of_address; *name; name++)
        if (is_open(planned, *name))
            object = value_with(c->arena, object, *name, value_at(from, *name));
    return object;
}

static bool serve(struct call *c, struct kube *k, const struct value *planned,
                  const struct value **object)
{
    const struct value *now = *object;
    bool done = gateway_balancer_serve(c, k, &now);

    *object = reached(c, planned, now, *object);
    return done;
}

/* *out is what exists afterwards, done or not; NULL while there is nothing. */
static bool install(struct call *c, const struct value *prior, const struct value *planned,
                    const struct value **out)
{
    const struct release_memory before = release_state_memory(c, prior, REVISION);
    struct release_memory now = before;
    struct gateway_release wanted;
    struct kube *k;
    bool done;

    *out = NULL;
    if (!gateway_release_of(c, planned, &wanted) || !open_cluster(c, planned, &k))
        return false;
    done = (is_untouched(prior, planned) || apply(c, k, planned, &wanted, &before, &now)) &&
           (!gateway_balancer_is_missing(prior) || gateway_balancer_revive(c, k, planned));
    if (!done && value_count(now.objects) == 0 && now.revision == 0)
        return false;
    *out = release_state_kept(c, planned, REVISION, &now, &value_empty_list);
    *out = value_with(c->arena, *out, "id", release_state_id(c, planned));
    *out = value_with(c->arena, *out, "chart_version",
                      value_string(c->arena, wanted.release.chart->version));
    if (is_open(planned, "addresses"))
        *out = gateway_with_addresses(c->arena, *out, NULL);
    *out = reached(c, planned, gateway_balancer_none(c->arena, *out), *out);
    if (!done || !wait_for_all(c, k, *out))
        return false;
    if (is_open(planned, "addresses") && !gateway_ask_addresses(c, k, out))
        return false;
    return serve(c, k, planned, out);
}

static bool gateway_create(struct call *c, const struct value *planned, const struct value **out)
{
    bool done = install(c, &value_null, planned, out);

    if (!done && !*out)
        namespace_leave(c, value_at(planned, "cluster"), value_text(planned, "namespace"));
    return done;
}

static bool gateway_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    const struct value *now;
    bool done = install(c, prior, planned, &now);

    *out = done ? now : prior;
    if (!done && now) {
        /* What was reached; the arguments stay those of before, so that the next plan
         * shows the change again. */
        *out = value_with(c->arena, prior, "objects", value_at(now, "objects"));
        *out = value_with(c->arena, *out, REVISION, value_at(now, REVISION));
        *out = value_with(c->arena, *out, "status", value_at(now, "status"));
    }
    return done;
}

static bool gateway_remove(struct call *c, const struct value *state)
{
    const struct release_memory before = release_state_memory(c, state, REVISION);
    const struct release release = gateway_release_named(state);
    struct gateway_farewell farewell;
    struct release_memory left;
    struct call hurried = *c;
    struct kube *k;

    if (!open_cluster(c, state, &k) || !gateway_balancer_before_end(c, k, state, &farewell))
        return false;
    if (farewell.orphaned && call_left_ms(c) > ORPHANED_MS)
        hurried.deadline_ms = clock_monotonic_ms() + ORPHANED_MS;
    if (!release_remove(&hurried, k, &release, &before, &left)) {
        gateway_balancer_explain_stuck(c, k, state, &farewell);
        return false;
    }
    return gateway_balancer_end(c, state, &farewell) && namespace_release(c, k, release.namespace);
}

/* --- read ------------------------------------------------------------------------------ */

/* Hosts of the Gateway beside the chart, which no value tells. */
static bool read_exposed(struct call *c, struct kube *k, const struct value *objects,
                         const struct value **object)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value_entry *e = &objects->map.entries[i];
        const struct kube_ref ref =
            kube_set_ref(c->arena, e->key, value_text(e->value, "api_version"));
        const struct value *live;

        if (strcmp(ref.kind, "Gateway") != 0 || strcmp(ref.name, "cross-network-gateway") != 0)
            continue;
        if (!kube_get(c, k, &ref, &live))
            return false;
        *object = value_with(c->arena, *object, "expose_services",
                             value_at(value_item(value_in(live, "spec", "servers"), 0), "hosts"));
    }
    return true;
}

static bool read_front(struct call *c, struct kube *k, const struct value **object)
{
    const char *missing;

    if (!gateway_ask_addresses(c, k, object) || !gateway_balancer_look(c, object, &missing))
        return false;
    if (*missing)
        *object = value_with(c->arena, *object, "drift",
                             value_append(c->arena, value_at(*object, "drift"),
                                          gateway_balancer_drift(c->arena, missing)));
    return true;
}

static bool read_imported(struct call *c, struct kube *k, const struct value *state,
                          const struct value **out)
{
    struct release_found found;

    *out = NULL;
    if (!release_look(c, k, value_text(state, "name"), value_text(state, "namespace"), &found))
        return false;
    if (!found.found)
        return true;
    state = gateway_adopt(c->arena, fallback_fill(c->arena, attributes, state), found.values);
    state = release_state_kept(c, state, REVISION, &found.memory, &value_empty_list);
    state = value_with(c->arena, state, "version", value_string(c->arena, found.chart_version));
    state =
        value_with(c->arena, state, "chart_version", value_string(c->arena, found.chart_version));
    *out = value_with(c->arena, state, "id", release_state_id(c, state));
    return read_exposed(c, k, found.memory.objects, out) && read_front(c, k, out);
}

static bool gateway_read(struct call *c, const struct value *state, const struct value **out)
{
    struct release_memory before = release_state_memory(c, state, REVISION), now;
    const struct value *drift;
    struct kube *k;
    bool ours;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")))
        return true;
    if (!open_cluster(c, state, &k))
        return false;
    if (value_is_null(value_at(state, "id")))
        return read_imported(c, k, state, out);
    if (!release_refresh(c, k, value_text(state, "name"), value_text(state, "namespace"), &before,
                         &now, &drift) ||
        !namespace_is_ours(c, k, value_text(state, "namespace"), &ours))
        return false;
    *out = release_state_kept(c, state, REVISION, &now, drift);
    if (value_count(now.objects) > 0 || now.revision > 0 || ours)
        return read_front(c, k, out);
    if (!gateway_balancer_remains(c, state)) /* else a destroy failed at its end */
        *out = NULL;
    return true;
}

/* --- plan ------------------------------------------------------------------------------ */

static const char *const outputs[] = {"objects", "release_revision", "status", "chart_version",
                                      NULL};

static bool service_changes(const struct value *prior, const struct value *objects)
{
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value_entry *entry = &objects->map.entries[i];

        if ((strncmp(entry->key, "Service/", 8) == 0 || strncmp(entry->key, "Ingress.", 8) == 0) &&
            !value_equal(entry->value, value_at(value_at(prior, "objects"), entry->key)))
            return true;
    }
    return false;
}

/* The load balancer may be another one, or have an address by then at last. */
static bool address_changes(const struct plan *plan, const struct value *objects)
{
    return plan_is_create(plan) || value_is_unknown(objects) ||
           service_changes(plan->prior, objects) || plan_changes(plan, "wait_for_load_balancer") ||
           gateway_balancer_is_missing(plan->prior);
}

/* Health may change with every pod. */
static bool health_changes(const struct plan *plan, const struct value *objects)
{
    return address_changes(plan, objects) ||
           !value_equal(objects, value_at(plan->prior, "objects"));
}

static void set_addresses(struct call *c, struct plan *plan, const struct value *objects)
{
    const struct value *cluster = value_at(plan->planned, "cluster");
    bool other = address_changes(plan, objects),
         not_eks = value_is_set(cluster) && value_is_null(value_at(cluster, "eks"));

    for (const char *const *name = outputs_of_address; *name; name++)
        plan_set(c, plan, *name, other ? &value_unknown : value_at(plan->prior, *name));
    if (not_eks)
        plan_set(c, plan, "load_balancer_arn", &value_null);
    if (not_eks || health_changes(plan, objects))
        plan_set(c, plan, "target_health", not_eks ? &value_null : &value_unknown);
}

static bool gateway_plan(struct call *c, struct plan *plan)
{
    const struct release_memory before = release_state_memory(c, plan->prior, REVISION);
    const struct path *at = path_of(c->arena, "cluster");
    struct gateway_release wanted;
    struct release_outlook outlook;
    struct kube *k;

    connection_plan(c, plan, "cluster");
    if (!gateway_release_is_known(c, plan->planned)) {
        plan_set_all_unknown(c, plan, outputs);
        plan_set_all_unknown(c, plan, outputs_of_address);
        plan_set(c, plan, "drift", &value_empty_list);
        return true;
    }
    if (!gateway_release_of(c, plan->planned, &wanted) ||
        !kube_open_for_plan(c, value_at(plan->planned, "cluster"), at, &k) ||
        !release_plan(c, k, &wanted.release, &before, &outlook))
        return false;
    release_state_plan(c, plan, REVISION, &wanted.release, &outlook);
    set_addresses(c, plan, outlook.objects);
    return true;
}

static bool gateway_validate_config(struct call *c, const struct value *config)
{
    const struct value *version = value_at(config, "version");
    const struct value *control_plane = value_at(config, "control_plane");

    if (value_is_null(version) && value_is_null(control_plane) &&
        value_is_null(value_at(config, "chart")))
        return diag_error(c->diags, path_of(c->arena, "version"), "Which version of the gateway?",
                          "Give control_plane, whose version it then has, or version.");
    return gateway_validate(c, config);
}

RESOURCE(istio_gateway) = {
    .name = "istio_gateway",
    .kind = KIND_MANAGED,
    .summary = "A gateway of the mesh, with its load balancer.",
    .doc = "Installs Istio's gateway chart as a Helm release (`helm list` knows it), planned "
           "object by object. An east-west gateway is the entry of its network for the other "
           "clusters; with `expose_services` it lets their calls through. A north-south gateway "
           "is the entry for callers outside, behind an NLB, an ALB or a node port.\n\n"
           "The annotations of the load balancer are those that the AWS load balancer controller "
           "reads; `load_balancer.annotations` adds to them or replaces them.\n\n"
           "On an EKS cluster (a connection with `eks`) the apply waits until the load balancer "
           "serves, and says which target is not healthy and why. **Destroy** waits until it is "
           "gone from AWS. One that somebody deleted shows as `drift`; the next apply has its "
           "controller make another.",
    .attributes = attributes,
    .timeouts = {.create = 900, .read = 120, .update = 900, .remove = 900},
    .continues = NAMES("cluster", "namespace", "name"),
    .import_doc = "`" GATEWAY_IMPORT "`: the release is read from Helm's own record.",
    .validate = gateway_validate_config,
    .plan = gateway_plan,
    .create = gateway_create,
    .read = gateway_read,
    .update = gateway_update,
    .remove = gateway_remove,
    .import = release_state_import,
};
