#include <string.h>

#include "codec/semver.h"
#include "helm/arguments.h"
#include "helm/extra.h"
#include "helm/release_state.h"
#include "helm/source.h"
#include "istio/component.h"
#include "istio/control_plane_id.h"
#include "istio/gateway.h"
#include "istio/gateway_live.h"
#include "istio/namespace.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"

#define IMPORT_HINT                                                                                \
    "terraform import <address> "                                                                  \
    "'cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>,name=<name>'"

#define REVISION "release_revision"

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
           "outside of it.",
           .fallback = "north-south", .one_of = ONE_OF("east-west", "north-south")),
    STRING("exposure", OPTIONAL | COMPUTED,
           "Whether the load balancer has public addresses (`external`) or private ones.",
           .fallback = "external", .one_of = ONE_OF("internal", "external")),
    STRING("network", OPTIONAL,
           "Network that an east-west gateway is the entry to. Default: that of the connection.",
           .check = check_label_value),
    STRING("service_type", OPTIONAL,
           "Type of the Service. Default: `LoadBalancer`, or `NodePort` behind an ALB.",
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
         "Wait until the load balancer has an address.", .fallback = "true"),
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
    END_ATTRIBUTES,
};

/* What is wanted, as the release that it is. */
struct wanted {
    struct release release;
    struct control_plane_id control_plane;
    const char *revision, *version;
};

static struct gateway_front front_of(const struct value *object)
{
    const char *type = value_z(value_in(object, "load_balancer", "type"));

    return (struct gateway_front){value_text(object, "namespace"), value_text(object, "name"),
                                  strcmp(type, "alb") == 0};
}

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

/* --- what is wanted --------------------------------------------------------------------- */

static bool read_control_plane(struct call *c, const struct value *object, struct wanted *w)
{
    const struct value *id = value_at(object, "control_plane");

    w->control_plane = (struct control_plane_id){"", NAMESPACE_DEFAULT, "", ""};
    if (value_is_set(id) && !control_plane_id_read(c, path_of(c->arena, "control_plane"),
                                                   value_z(id), &w->control_plane))
        return false;
    w->version = value_is_set(value_at(object, "version")) ? value_text(object, "version")
                                                           : w->control_plane.version;
    w->revision = value_is_set(value_at(object, "revision")) ? value_text(object, "revision")
                                                             : w->control_plane.revision;
    return true;
}

/* Istio before 1.12 has no chart of this name. */
static bool is_legacy(const char *version)
{
    struct semver v;

    return semver_read(text_of(version), &v) && v.major == 1 && v.minor < 12;
}

static unsigned flags_of(const struct value *object)
{
    return (value_flag(object, "force_conflicts") ? RELEASE_FORCE_CONFLICTS : 0) |
           (value_flag(object, "take_ownership") ? RELEASE_TAKE_OWNERSHIP : 0);
}

/* A folder holds the charts of a control plane too, each in a folder of its own. */
static const struct value *source_of(struct call *c, const struct value *object, const char *name)
{
    const struct value *source = value_at(object, "chart");
    const char *path = value_text(source, "path");

    return path[0] ? value_with(c->arena, source, "path", value_f(c->arena, "%s/%s", path, name))
                   : source;
}

static bool fetch(struct call *c, const struct value *object, struct wanted *w,
                  const struct value **values)
{
    bool legacy = is_legacy(w->version);
    const struct value *effective =
        value_with(c->arena, object, "revision", value_string(c->arena, w->revision));
    const char *name = legacy ? GATEWAY_CHART_LEGACY : GATEWAY_CHART;
    const struct chart_request request = {
        .source = source_of(c, object, name),
        .at = path_of(c->arena, "chart"),
        .name = name,
        .version = w->version,
        .repository = COMPONENT_REPOSITORY,
    };
    struct chart *chart;

    if (!arguments_values(c, object, gateway_values(c->arena, effective, legacy), values) ||
        !chart_fetch(c, &request, &chart))
        return false;
    w->release.chart =
        extra_objects(c->arena, chart, "istio_gateway.yaml",
                      gateway_objects(c->arena, effective, w->control_plane.namespace));
    return true;
}

static bool wanted_of(struct call *c, const struct value *object, struct wanted *w)
{
    const struct value *values;

    *w = (struct wanted){.revision = ""};
    if (!read_control_plane(c, object, w) || !fetch(c, object, w, &values))
        return false;
    w->release.name = value_text(object, "name");
    w->release.namespace = value_text(object, "namespace");
    w->release.values = values;
    w->release.flags = flags_of(object);
    w->release.at = path_of(c->arena, "chart");
    w->release.values_at = path_of(c->arena, "values");
    w->release.import_hint = IMPORT_HINT;
    return true;
}

/* --- state ---------------------------------------------------------------------------- */

static bool with_addresses(struct call *c, struct kube *k, const struct value **object)
{
    const struct gateway_front front = front_of(*object);
    const struct value *addresses, *hostname;

    if (!gateway_addresses(c, k, &front, &addresses, &hostname))
        return false;
    *object = value_with(c->arena, *object, "addresses", addresses);
    *object = value_with(c->arena, *object, "hostname", hostname);
    return true;
}

static const struct value *without_addresses(struct call *c, const struct value *object)
{
    object = value_with(c->arena, object, "addresses", &value_empty_list);
    return value_with(c->arena, object, "hostname", &value_null);
}

/* --- create, update, remove -------------------------------------------------------------- */

static bool has_load_balancer(const struct value *object)
{
    const char *type = value_text(object, "service_type");

    return front_of(object).ingress || !type[0] || strcmp(type, "LoadBalancer") == 0;
}

static bool wait_for_all(struct call *c, struct kube *k, const struct value *object,
                         const struct release_memory *now)
{
    const struct gateway_front front = front_of(object);

    if (value_flag(object, "wait") && !gateway_wait_for_pods(c, k, now->objects))
        return false;
    return !value_flag(object, "wait_for_load_balancer") || !has_load_balancer(object) ||
           gateway_wait_for_address(c, k, &front);
}

/* *out is what exists afterwards, done or not; NULL while there is nothing. */
static bool install(struct call *c, const struct value *planned, struct release_memory before,
                    const struct value **out)
{
    struct release_memory now = before;
    struct wanted w;
    struct kube *k;
    bool done;

    *out = NULL;
    if (!wanted_of(c, planned, &w) || !open_cluster(c, planned, &k) ||
        !gateway_check_injector(c, k, w.revision) ||
        !namespace_ensure(c, k, w.release.namespace, ""))
        return false;
    w.release.planned = value_at(planned, "objects");
    w.release.planned_revision = value_integer_at(planned, "release_revision");
    done = release_apply(c, k, &w.release, &before, &now);
    if (!done && value_count(now.objects) == 0 && now.revision == 0)
        return false;
    *out = release_state_kept(c, planned, REVISION, &now, &value_empty_list);
    *out = value_with(c->arena, *out, "id", release_state_id(c, planned));
    *out = value_with(c->arena, *out, "chart_version",
                      value_string(c->arena, w.release.chart->version));
    *out = without_addresses(c, *out);
    return done && wait_for_all(c, k, planned, &now) && with_addresses(c, k, out);
}

static bool gateway_create(struct call *c, const struct value *planned, const struct value **out)
{
    bool done = install(c, planned, (struct release_memory){.private = &value_null}, out);

    if (!done && !*out)
        namespace_leave(c, value_at(planned, "cluster"), value_text(planned, "namespace"));
    return done;
}

static bool gateway_update(struct call *c, const struct value *prior, const struct value *planned,
                           const struct value **out)
{
    const struct value *now;
    bool done = install(c, planned, release_state_memory(c, prior, REVISION), &now);

    *out = done ? now : prior;
    if (!done && now) {
        /* What was reached; the arguments stay those of before, so that the next plan
         * shows the change again. */
        *out = value_with(c->arena, prior, "objects", value_at(now, "objects"));
        *out = value_with(c->arena, *out, "release_revision", value_at(now, "release_revision"));
        *out = value_with(c->arena, *out, "status", value_at(now, "status"));
    }
    return done;
}

static bool gateway_remove(struct call *c, const struct value *state)
{
    const struct release_memory before = release_state_memory(c, state, REVISION);
    const struct release release = {.name = value_text(state, "name"),
                                    .namespace = value_text(state, "namespace"),
                                    .flags = flags_of(state)};
    struct release_memory left;
    struct kube *k;

    return open_cluster(c, state, &k) && release_remove(c, k, &release, &before, &left) &&
           namespace_release(c, k, release.namespace);
}

/* --- read ------------------------------------------------------------------------------ */

/* What the user's values of a release that others installed say of the arguments. */
static const struct value *adopted(struct call *c, const struct value *state,
                                   const struct release_found *found)
{
    const struct value *network = value_at(found->values, "networkGateway");
    bool east_west = value_is_set(network);

    state = release_state_kept(c, state, REVISION, &found->memory, &value_empty_list);
    state = value_with(c->arena, state, "direction",
                       value_string(c->arena, east_west ? "east-west" : "north-south"));
    if (east_west)
        state = value_with(c->arena, state, "network", network);
    state = value_with(c->arena, state, "version", value_string(c->arena, found->chart_version));
    state =
        value_with(c->arena, state, "chart_version", value_string(c->arena, found->chart_version));
    return value_with(c->arena, state, "id", release_state_id(c, state));
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
    *out = adopted(c, state, &found);
    return with_addresses(c, k, out);
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
    *out = NULL;
    if (value_count(now.objects) == 0 && now.revision == 0 && !ours)
        return true;
    *out = release_state_kept(c, state, REVISION, &now, drift);
    return with_addresses(c, k, out);
}

/* --- plan ------------------------------------------------------------------------------ */

static const char *const outputs[] = {"objects",   "release_revision", "status", "chart_version",
                                      "addresses", "hostname",         NULL};

/* All that decides what is rendered. */
static bool is_known(const struct call *c, const struct value *planned)
{
    static const char *const names[] = {"name",        "namespace",       "control_plane",
                                        "version",     "revision",        "direction",
                                        "exposure",    "network",         "service_type",
                                        "ports",       "load_balancer",   "env",
                                        "labels",      "expose_services", "replicas",
                                        "annotations", "values",          "values_yaml",
                                        "set"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!value_is_wholly_known(value_at(planned, names[i])))
            return false;
    return connection_is_known(value_at(planned, "cluster")) &&
           chart_source_is_known(c, value_at(planned, "chart"));
}

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

static void set_addresses(struct call *c, struct plan *plan, const struct value *objects)
{
    bool other =
        plan_is_create(plan) || value_is_unknown(objects) || service_changes(plan->prior, objects);

    plan_set(c, plan, "addresses", other ? &value_unknown : value_at(plan->prior, "addresses"));
    plan_set(c, plan, "hostname", other ? &value_unknown : value_at(plan->prior, "hostname"));
}

static void set_outlook(struct call *c, struct plan *plan, const struct wanted *w,
                        const struct release_outlook *outlook)
{
    release_state_plan(c, plan, REVISION, &w->release, outlook);
    set_addresses(c, plan, outlook->objects);
}

static bool gateway_plan(struct call *c, struct plan *plan)
{
    struct release_memory before = release_state_memory(c, plan->prior, REVISION);
    struct release_outlook outlook;
    struct kube *k = NULL;
    struct wanted w;

    connection_plan(c, plan, "cluster");
    if (!is_known(c, plan->planned)) {
        plan_set_all_unknown(c, plan, outputs);
        plan_set(c, plan, "drift", &value_empty_list);
        return true;
    }
    if (!wanted_of(c, plan->planned, &w))
        return false;
    if (!kube_open_for_plan(c, value_at(plan->planned, "cluster"), path_of(c->arena, "cluster"),
                            &k) ||
        !release_plan(c, k, &w.release, &before, &outlook))
        return false;
    set_outlook(c, plan, &w, &outlook);
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

static bool gateway_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace", "name", NULL};
    const struct value *connection, *names;

    if (!connection_import_id(c, id, keys, &connection, &names))
        return false;
    *out = value_map_of(
        c->arena, {"cluster", connection}, {"namespace", value_at(names, "namespace")},
        {"name", value_at(names, "name")}, {"exposure", value_string(c->arena, "external")},
        {"wait", &value_true}, {"wait_for_load_balancer", &value_true},
        {"force_conflicts", &value_false}, {"take_ownership", &value_false});
    return true;
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
           "reads; `load_balancer.annotations` adds to them or replaces them.",
    .attributes = attributes,
    .timeouts = {.create = 900, .read = 120, .update = 900, .remove = 900},
    .import_doc = "`cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>,"
                  "name=<name>`: the release is read from Helm's own record.",
    .validate = gateway_validate_config,
    .plan = gateway_plan,
    .create = gateway_create,
    .read = gateway_read,
    .update = gateway_update,
    .remove = gateway_remove,
    .import = gateway_import,
};
