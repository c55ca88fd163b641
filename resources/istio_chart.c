#include <inttypes.h>
#include <string.h>

#include "helm/arguments.h"
#include "istio/namespace.h"
#include "kube/connection.h"
#include "release/release_state.h"
#include "schema/check.h"
#include "schema/fallback.h"
#include "schema/resource.h"
#include "source/source.h"

#define IMPORT_HINT                                                                                \
    "terraform import <address> "                                                                  \
    "'cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>,name=<release>'"

#define REVISION "revision"

enum { NAME_BYTES_MAX = 53 }; /* Helm's: what is derived from it has to be a name too */

static bool check_name(struct call *c, const struct path *at, const struct value *v)
{
    return check_dns_subdomain(c, at, v) &&
           (value_string_text(v).len <= NAME_BYTES_MAX ||
            diag_error(c->diags, at, "The name of the release is too long",
                       "Helm allows %d characters, because names of objects are made of it.",
                       NAME_BYTES_MAX));
}

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster where the chart is installed."),
    STRING("name", REQUIRED | FORCE_NEW, "Name of the release.", .check = check_name),
    STRING("namespace", REQUIRED | FORCE_NEW,
           "Namespace of the release, and of its objects that name none.",
           .check = check_dns_label),
    BOOL("create_namespace", OPTIONAL | COMPUTED,
         "Make the namespace when it is missing, and delete it with the last thing in it.",
         .fallback = "true"),
    CHART("chart", REQUIRED, "The chart and where it comes from."),
    VALUES_ROWS,
    VALUES_WO_ROWS,
    BOOL("force_conflicts", OPTIONAL | COMPUTED,
         "Take fields over that another manager owns. Without it they are an error that names the "
         "manager and the fields.",
         .fallback = "false"),
    BOOL("take_ownership", OPTIONAL | COMPUTED,
         "Make objects that exist, and a release of that name that was installed by Helm, part of "
         "this release. Without it they are an error.",
         .fallback = "false"),
    BOOL("wait", OPTIONAL | COMPUTED,
         "Wait until workloads are rolled out, Jobs are complete, load balancers have an address "
         "and volumes are bound.",
         .fallback = "true"),
    BOOL("skip_crds", OPTIONAL | COMPUTED,
         "Leave the CRDs of the chart's folder crds/ alone. Else they are created, and upgraded "
         "with the chart.",
         .fallback = "false"),
    BOOL("delete_crds", OPTIONAL | COMPUTED,
         "Delete the chart's CRDs with the release, and with them every object of their kinds. "
         "Else they stay.",
         .fallback = "false"),
    BOOL("disable_hooks", OPTIONAL | COMPUTED, "Do not run the chart's hooks.",
         .fallback = "false"),
    BOOL("skip_schema_validation", OPTIONAL | COMPUTED,
         "Do not hold the values against the chart's `values.schema.json`.", .fallback = "false"),
    NUMBER("history_limit", OPTIONAL | COMPUTED,
           "How many release records are kept for `helm history` and `helm rollback`.", .min = 1,
           .max = 1000, .fallback = "10"),
    STRING("id", COMPUTED | KEEP_STATE, "Cluster, namespace and name."),
    NUMBER("revision", COMPUTED, "Revision of the newest release record."),
    STRING("status", COMPUTED, "Status of that record: `deployed`, `failed` and others."),
    STRING("chart_version", COMPUTED, "Version of the chart."),
    STRING("app_version", COMPUTED, "Version of what the chart installs."),
    STRING("digest", COMPUTED,
           "SHA-256 of the chart's archive, or of the folder's content: `sha256:<hex>`."),
    RELEASE_OBJECTS("objects",
                    "The objects of the release by `Kind.group/namespace/name`, with what the last "
                    "apply did to each. A plan shows just those that it touches."),
    RELEASE_DRIFT,
    END_ATTRIBUTES,
};

/* --- one release and its state ------------------------------------------------ */

static unsigned flags_of(const struct value *object)
{
    return (value_flag(object, "force_conflicts") ? (unsigned)RELEASE_FORCE_CONFLICTS : 0) |
           (value_flag(object, "take_ownership") ? (unsigned)RELEASE_TAKE_OWNERSHIP : 0) |
           (value_flag(object, "delete_crds") ? 0 : (unsigned)RELEASE_KEEP_CRDS) |
           (value_flag(object, "disable_hooks") ? (unsigned)RELEASE_NO_HOOKS : 0) |
           (value_flag(object, "wait") ? (unsigned)RELEASE_WAIT : 0) |
           (value_flag(object, "skip_schema_validation") ? (unsigned)RELEASE_NO_SCHEMA : 0) |
           (value_flag(object, "skip_crds") ? (unsigned)RELEASE_NO_CRDS : 0);
}

/* Name, namespace and flags: enough for a removal. */
static struct release release_of(struct call *c, const struct value *object)
{
    return (struct release){
        .name = value_text(object, "name"),
        .namespace = value_text(object, "namespace"),
        .flags = flags_of(object),
        .history = (size_t)value_integer_at(object, "history_limit"),
        .at = path_of(c->arena, "chart"),
        .values_at = path_of(c->arena, "values"),
        .import_hint = IMPORT_HINT,
    };
}

/* The chart and its values with it. `object` is the plan, or while planning the
 * configuration; `chosen` the plan, or while planning the state: what a constraint has
 * chosen stays chosen until `chart` changes. */
static bool release_get(struct call *c, const struct value *object, const struct value *chosen,
                        struct release *out)
{
    const struct value *source = value_at(object, "chart");
    bool same = value_equal(value_at(chosen, "chart"), source);
    const struct chart_request request = {
        .source = source,
        .at = path_of(c->arena, "chart"),
        .version = "",
        .chosen = same ? value_text(chosen, "chart_version") : "",
    };
    struct chart *chart;

    if (!arguments_values(c, object, &value_null, &out->values) ||
        !chart_fetch(c, &request, &chart))
        return false;
    out->chart = chart;
    return true;
}

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

/* --- applying ------------------------------------------------------------------ */

static bool is_as_planned(struct call *c, const struct value *planned, const struct chart *chart)
{
    const char *digest = value_text(planned, "digest");

    return !digest[0] || strcmp(digest, chart->digest) == 0 ||
           diag_error(c->diags, path_of(c->arena, "chart"), "The chart has changed since the plan",
                      "The plan was made with %s, and now there is %s (%s %s). Nothing was "
                      "changed: plan and apply again.",
                      digest, chart->digest, chart->name, chart->version);
}

/* *r keeps the chart, *after what exists, whether it is done or not. */
static bool apply(struct call *c, const struct value *prior, const struct value *planned,
                  struct release *r, struct release_memory *after)
{
    const struct release_memory before = release_state_memory(c, prior, REVISION);
    struct kube *k;

    *after = before;
    *r = release_of(c, planned);
    if (!release_get(c, planned, planned, r) || !is_as_planned(c, planned, r->chart) ||
        !open_cluster(c, planned, &k))
        return false;
    if (value_flag(planned, "create_namespace") && !namespace_ensure(c, k, r->namespace, ""))
        return false;
    r->planned = value_at(planned, "objects");
    r->planned_revision = value_integer_at(planned, "revision");
    return release_apply(c, k, r, &before, after);
}

/* The whole state after an apply that wrote something. */
static const struct value *settled(struct call *c, const struct value *planned,
                                   const struct release *r, const struct release_memory *after)
{
    struct arena *a = c->arena;
    const struct value *out = release_state_kept(c, planned, REVISION, after, &value_empty_list);

    out = value_with(a, out, "chart_version", value_string(a, r->chart->version));
    out = value_with(a, out, "app_version", value_string(a, r->chart->app_version));
    out = value_with(a, out, "digest", value_string(a, r->chart->digest));
    return value_with(a, out, "id", release_state_id(c, planned));
}

static bool chart_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct release_memory after;
    struct release r;
    bool done = apply(c, &value_null, planned, &r, &after);

    if (!done && !after.revision) {
        if (value_flag(planned, "create_namespace"))
            namespace_leave(c, value_at(planned, "cluster"), value_text(planned, "namespace"));
        return false;
    }
    *out = settled(c, planned, &r, &after);
    return done;
}

/* Only what is no business of the cluster has changed. */
static bool is_untouched(const struct value *prior, const struct value *planned)
{
    return value_equal(value_at(prior, "objects"), value_at(planned, "objects")) &&
           value_equal(value_at(prior, "revision"), value_at(planned, "revision"));
}

static bool chart_update(struct call *c, const struct value *prior, const struct value *planned,
                         const struct value **out)
{
    struct release_memory after;
    struct release r;
    bool done;

    *out = planned;
    if (is_untouched(prior, planned))
        return true;
    done = apply(c, prior, planned, &r, &after);
    *out = done ? settled(c, planned, &r, &after)
                : release_state_kept(c, prior, REVISION, &after, value_at(prior, "drift"));
    return done;
}

static bool chart_remove(struct call *c, const struct value *state)
{
    const struct release_memory before = release_state_memory(c, state, REVISION);
    const struct release r = release_of(c, state);
    struct release_memory left;
    struct kube *k;

    if (!open_cluster(c, state, &k))
        return false;
    if (!release_remove(c, k, &r, &before, &left))
        return false;
    return !value_flag(state, "create_namespace") || namespace_release(c, k, r.namespace);
}

/* --- reading ----------------------------------------------------------------------- */

static const struct value *chart_named(struct arena *a, const struct release_found *found)
{
    struct value_builder b;

    value_builder_init(&b, a);
    ATTRIBUTE_EACH (row, chart_source_attributes)
        value_builder_push(&b, row->name, &value_null);
    value_builder_set(&b, "name", value_string(a, found->chart_name));
    value_builder_set(&b, "version", value_string(a, found->chart_version));
    return value_builder_map(&b);
}

/* The import has left the names only. */
static bool read_imported(struct call *c, struct kube *k, const struct value *state,
                          const struct value **out)
{
    struct arena *a = c->arena;
    struct release_found found;

    if (!release_look(c, k, value_text(state, "name"), value_text(state, "namespace"), &found))
        return false;
    if (!found.found)
        return true;
    *out = release_state_kept(c, fallback_fill(a, attributes, state), REVISION, &found.memory,
                              &value_empty_list);
    *out = value_with(a, *out, "id", release_state_id(c, state));
    *out = value_with(a, *out, "chart", chart_named(a, &found));
    *out = value_with(a, *out, "values", value_count(found.values) ? found.values : &value_null);
    *out = value_with(a, *out, "chart_version", value_string(a, found.chart_version));
    *out = value_with(a, *out, "app_version", value_string(a, found.app_version));
    return true;
}

/* Nothing is left that a removal would delete. */
static bool is_bare(const struct value *state, const struct release_memory *memory)
{
    const struct value *objects = memory->objects;

    if (memory->revision)
        return false;
    for (size_t i = 0; i < value_count(objects); i++)
        if (value_flag(state, "delete_crds") ||
            !text_starts_with(text_of(objects->map.entries[i].key), "CustomResourceDefinition."))
            return false;
    return true;
}

/* Gone as a whole; the state stays for a namespace that is ours to delete. */
static bool is_gone(struct call *c, struct kube *k, const struct value *state,
                    const struct release_memory *memory, bool *gone)
{
    bool ours = false;

    *gone = is_bare(state, memory);
    if (!*gone || !value_flag(state, "create_namespace"))
        return true;
    if (!namespace_is_ours(c, k, value_text(state, "namespace"), &ours))
        return false;
    *gone = !ours;
    return true;
}

static bool chart_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct value *cluster = value_at(state, "cluster"), *drift;
    const struct release_memory before = release_state_memory(c, state, REVISION);
    struct release_memory after;
    struct kube *k;
    bool gone;

    *out = NULL;
    if (!kube_reachable(c, cluster, path_of(c->arena, "cluster"))) {
        *out = state;
        return true;
    }
    if (!open_cluster(c, state, &k))
        return false;
    if (value_is_null(value_at(state, "id")))
        return read_imported(c, k, state, out);
    if (!release_refresh(c, k, value_text(state, "name"), value_text(state, "namespace"), &before,
                         &after, &drift) ||
        !is_gone(c, k, state, &after, &gone))
        return false;
    if (!gone)
        *out = release_state_kept(c, state, REVISION, &after, drift);
    return true;
}

/* --- planning ------------------------------------------------------------------------ */

static const char *const outputs[] = {"revision", "status",  "chart_version", "app_version",
                                      "digest",   "objects", "drift",         NULL};

/* All that a chart is rendered with. */
static bool is_known(struct call *c, const struct value *config, const struct value *values)
{
    return chart_source_is_known(c, value_at(config, "chart")) && !value_is_unknown(values) &&
           !value_is_unknown(value_at(config, "name")) &&
           !value_is_unknown(value_at(config, "namespace"));
}

/* Written in another way, it is the same chart. */
static void keep_source(struct call *c, struct plan *plan, const struct release_outlook *outlook)
{
    if (!outlook->changes && !plan_is_create(plan))
        plan_keep(c, plan, "chart");
}

static void plan_outputs(struct call *c, struct plan *plan, const struct release *r,
                         const struct release_outlook *outlook)
{
    struct arena *a = c->arena;
    bool imported = value_is_null(value_at(plan->prior, "digest"));

    release_state_plan(c, plan, REVISION, r, outlook);
    plan_set(c, plan, "app_version", value_string(a, r->chart->app_version));
    plan_set(c, plan, "digest",
             !outlook->changes && !plan_is_create(plan) && imported
                 ? &value_null
                 : value_string(a, r->chart->digest));
}

static bool plan_release(struct call *c, struct plan *plan, struct release *r)
{
    const struct release_memory before = release_state_memory(c, plan->prior, REVISION);
    struct release_outlook outlook;
    struct kube *k;

    if (!release_get(c, plan->config, plan->prior, r) ||
        !kube_open_for_plan(c, value_at(plan->planned, "cluster"), path_of(c->arena, "cluster"),
                            &k) ||
        !release_plan(c, k, r, &before, &outlook))
        return false;
    plan_outputs(c, plan, r, &outlook);
    keep_source(c, plan, &outlook);
    return true;
}

static bool chart_plan(struct call *c, struct plan *plan)
{
    struct release r = release_of(c, plan->planned);
    const struct value *values;

    connection_plan(c, plan, "cluster");
    if (!arguments_values(c, plan->config, &value_null, &values))
        return false;
    if (is_known(c, plan->config, values))
        return plan_release(c, plan, &r);
    plan_set_all_unknown(c, plan, outputs);
    return true;
}

RESOURCE(istio_chart) = {
    .name = "istio_chart",
    .kind = KIND_MANAGED,
    .summary = "Any Helm chart as a release: planned object by object, watched for drift.",
    .doc = "The chart is rendered by the provider itself, as Helm 3.21 does, and applied by "
           "server-side apply; no helm program is needed. A plan shows which objects it makes, "
           "changes (with the places) and removes. Release records are Helm's own, so `helm list`, "
           "`helm history` and `helm uninstall` know the release, and one that Helm installed can "
           "be imported.\n\n"
           "A changed field is put back unless controllers own it: the `caBundle` and "
           "`failurePolicy` of webhooks, and the replicas of what an autoscaler scales, are left "
           "alone. Objects with the annotation `helm.sh/resource-policy: keep`, and CRDs unless "
           "`delete_crds` says else, stay when the release goes. Values are kept in the state; "
           "secret ones go into `values_wo`. The version that a constraint chose is kept until "
           "`chart` "
           "changes.",
    .attributes = attributes,
    .timeouts = {.create = 900, .read = 300, .update = 900, .remove = 900},
    .continues = NAMES("cluster", "namespace", "name"),
    .import_doc = "The import id names the release and how to reach its cluster.",
    .plan = chart_plan,
    .create = chart_create,
    .read = chart_read,
    .update = chart_update,
    .remove = chart_remove,
    .import = release_state_import,
};
