#include <string.h>

#include "helm/arguments.h"
#include "istio/control_plane.h"
#include "istio/control_plane_id.h"
#include "istio/install_adopt.h"
#include "istio/install_values.h"
#include "istio/istiod.h"
#include "istio/namespace.h"
#include "istio/version.h"
#include "kube/connection.h"
#include "schema/check.h"
#include "schema/resource.h"
#include "source/source.h"

/* Private data. */
#define ROOT_PENDING "root_pending" /* as istiod_ca says */
#define NETWORK_GIVEN "network"     /* label that the last apply left on the namespace */

/* "" or a label. */
static bool check_revision(struct call *c, const struct path *at, const struct value *v)
{
    return !value_z(v)[0] || check_dns_label(c, at, v);
}

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED,
            "Cluster that it is installed on. Its `name` is what istiod calls it."),
    STRING("version", REQUIRED, "Version of Istio, such as `1.27.3`; 1.13.0 or newer.",
           .check = version_check),
    STRING("revision", OPTIONAL | COMPUTED | FORCE_NEW,
           "Revision, for several control planes side by side: a name such as `1-28`. Empty is the "
           "default one.",
           .fallback = "", .check = check_revision),
    TYPED("revision_tags", &type_string_list, OPTIONAL,
          "Tags that point at this revision: names by which namespaces may ask for it.",
          .check_element = check_dns_label),
    STRING("default_revision", OPTIONAL,
           "Revision whose istiod validates for the whole cluster, a value of the chart base. "
           "Default: this one."),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW,
           "Namespace of istiod. It is made when it is missing, with the label of the cluster's "
           "network.",
           .fallback = NAMESPACE_DEFAULT, .check = check_dns_label),
    STRING("profile", OPTIONAL,
           "Istio's own set of defaults: `default`, `minimal`, `demo`, `ambient`, `preview`, "
           "`remote`, `stable`, `openshift` or `empty`. Before Istio 1.21, whose charts know no "
           "profiles, what the profile meant is said by values.",
           .check = check_not_empty),
    STRING("mesh_id", OPTIONAL, "Name of the mesh; the same on all of its clusters.",
           .check = check_not_empty),
    STRING("network", OPTIONAL, "Network of its pods. Default: that of the connection.",
           .check = check_label_value),
    STRING("trust_domain", OPTIONAL, "Trust domain of the workloads' identities.",
           .check = check_dns_subdomain),
    NESTED("components", NESTING_SINGLE, component_rows, OPTIONAL,
           "The charts that are installed, with values for each."),
    TYPED("pilot_env", &type_string_map, OPTIONAL, "Environment of istiod."),
    DYNAMIC("mesh_config", OPTIONAL, "Mesh configuration (`meshConfig`), over that of the chart.",
            .check = arguments_check_object),
    VALUES_ROWS,
    CHART("chart", OPTIONAL,
          "Where the charts come from: a repository, or a folder (`path`) that holds `base`, "
          "`istiod`, `cni` and `ztunnel`. Default: what the provider names, else the Istio "
          "project's repository."),
    STRING("cacerts", OPTIONAL,
           "`id` of the istio_cacerts of this cluster: it is made before istiod starts, and "
           "istiod's root is compared with it."),
    BOOL("restart_on_root_change", OPTIONAL | COMPUTED,
         "Restart istiod when the Secret `cacerts` is of another root than the one in use. "
         "Workloads must be restarted then too, and cannot talk to each other by mTLS until they "
         "are. Without it a warning says so.",
         .fallback = "false", .requires = NAMES("cacerts")),
    BOOL("wait", OPTIONAL | COMPUTED, "Wait until everything that was installed is ready.",
         .fallback = "true"),
    BOOL("wait_for_webhooks", OPTIONAL | COMPUTED,
         "Wait besides until istiod answers the webhooks that are configured for it. Has no effect "
         "without `wait`.",
         .fallback = "true"),
    BOOL("force_conflicts", OPTIONAL | COMPUTED,
         "Take fields over that another manager owns. Without it they are an error that names the "
         "manager and the fields.",
         .fallback = "false"),
    BOOL("take_ownership", OPTIONAL | COMPUTED,
         "Take over objects, and releases, that somebody else installed.", .fallback = "false"),
    BOOL("keep_crds", OPTIONAL | COMPUTED,
         "Leave the CRDs when this is destroyed. With them goes all that users configured.",
         .fallback = "true"),
    STRING("id", COMPUTED, "`<cluster>/<namespace>/<revision>@<version>`."),
    RELEASE_OBJECTS("objects",
                    "The objects of all its charts, by `Kind.group/namespace/name`. A plan shows "
                    "those that it touches, with the places that change."),
    TYPED("drift", LIST_OF(type_string), COMPUTED,
          "What has changed on the cluster since the last apply, as `key: place`. The next apply "
          "puts it right."),
    STRING("istiod_address", COMPUTED, "Where proxies reach istiod: a name and the port 15012."),
    STRING("root_fingerprint", COMPUTED | KEEP_STATE,
           "SHA-256 of the root that istiod signs for; null while that is not known."),
    NESTED("releases", NESTING_MAP, install_release_rows, COMPUTED,
           "The Helm releases, by component."),
    END_ATTRIBUTES,
};

/* --- what all hooks need ---------------------------------------------------------- */

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

static const struct value *id_of(struct arena *a, const struct value *object)
{
    const struct control_plane_id id = {
        .cluster = connection_name(value_at(object, "cluster")),
        .namespace = value_text(object, "namespace"),
        .version = value_text(object, "version"),
        .revision = value_text(object, "revision"),
    };

    return id.cluster[0] && id.namespace[0] && id.version[0] ? control_plane_id_write(a, &id)
                                                             : &value_unknown;
}

static const struct value *address_of(struct arena *a, const struct value *object)
{
    return value_f(a, "%s.%s.svc:15012", component_istiod(a, value_text(object, "revision")),
                   value_text(object, "namespace"));
}

/* `object` with what the releases are now. */
static const struct value *described(const struct install *w, const struct value *object)
{
    struct arena *a = w->call->arena;

    object = value_with(a, object, "objects", w->objects);
    object = value_with(a, object, "releases", w->releases);
    return value_with(a, object, "drift", w->drift);
}

static void keep_private(struct call *c, const struct install *w, bool root_pending)
{
    c->private_out =
        value_with(c->arena, install_private(w), ROOT_PENDING, value_bool(root_pending));
}

/* What is taken over has no label of ours that could be missed. */
static void keep_network(struct call *c, const struct install *w)
{
    c->private_out = value_with(c->arena, c->private_out, NETWORK_GIVEN,
                                value_string(c->arena, install_network(w->object)));
}

/* --- applying ---------------------------------------------------------------------- */

static bool bring_about(struct install *w, bool is_create)
{
    struct call *c = w->call;

    return control_plane_check_server(c, w->kube, w->object, is_create) &&
           control_plane_check_ca(c, w->kube, w->object) &&
           namespace_ensure(c, w->kube, w->namespace, install_network(w->object)) &&
           install_apply(w) && control_plane_wait(w);
}

static bool control_plane_create(struct call *c, const struct value *planned,
                                 const struct value **out)
{
    const struct value *root = &value_null;
    bool done, pending = false;
    struct install w;
    struct kube *k;

    if (!open_cluster(c, planned, &k))
        return false;
    install_begin(&w, c, k, planned, NULL);
    done = bring_about(&w, true) && control_plane_settle_root(&w, true, &root, &pending);
    keep_private(c, &w, pending);
    keep_network(c, &w);
    if (!done && !value_count(w.objects) && !value_count(w.releases)) {
        namespace_leave(c, value_at(planned, "cluster"), w.namespace);
        return false;
    }
    *out = value_with(c->arena, described(&w, planned), "id", id_of(c->arena, planned));
    *out = value_with(c->arena, *out, "istiod_address", address_of(c->arena, planned));
    *out = value_with(c->arena, *out, "root_fingerprint", root);
    return done;
}

static bool control_plane_update(struct call *c, const struct value *prior,
                                 const struct value *planned, const struct value **out)
{
    const struct value *root = value_at(planned, "root_fingerprint"), *now;
    bool may_restart = value_is_unknown(root), done, pending = false;
    struct install w;
    struct kube *k;

    *out = prior;
    if (!open_cluster(c, planned, &k))
        return false;
    install_begin(&w, c, k, planned, prior);
    done = bring_about(&w, false) && control_plane_settle_root(&w, may_restart, &now, &pending);
    keep_private(c, &w, pending);
    keep_network(c, &w);
    *out = described(&w, done ? planned : prior);
    if (done && may_restart)
        *out = value_with(c->arena, *out, "root_fingerprint", now);
    return done;
}

static bool control_plane_remove(struct call *c, const struct value *state)
{
    struct install w;
    struct kube *k;

    if (!open_cluster(c, state, &k))
        return false;
    install_begin(&w, c, k, state, state);
    if (control_plane_has_istiod(state))
        istiod_warn_of_dependents(c, k, w.namespace);
    if (!install_remove(&w) || !namespace_release(c, k, w.namespace))
        return false;
    if (component_is_wanted(state, COMPONENT_BASE))
        istiod_warn_of_leftovers(c, k, w.namespace);
    return true;
}

/* --- reading ------------------------------------------------------------------------ */

static const struct value *imported(struct install *w, const struct release_found *found)
{
    struct install_adopted adopted[COMPONENT_COUNT];
    const struct value *object;

    for (int i = 0; i < COMPONENT_COUNT; i++)
        adopted[i] = (struct install_adopted){found[i].found, found[i].chart_version,
                                              found[i].found ? found[i].values : &value_null};
    object = install_adopt(w->call->arena, w->object, adopted);
    object = value_with(w->call->arena, object, "id", id_of(w->call->arena, object));
    return value_with(w->call->arena, object, "istiod_address", address_of(w->call->arena, object));
}

static bool read_imported(struct install *w, const struct value **out)
{
    struct release_found found[COMPONENT_COUNT];

    if (!install_look(w, found))
        return false;
    if (!value_count(w->releases)) {
        *out = NULL;
        return true;
    }
    *out = imported(w, found);
    return true;
}

static bool read_root(struct install *w, const struct value **out)
{
    const struct value *root;
    bool pending;

    w->object = *out;
    if (!control_plane_settle_root(w, false, &root, &pending))
        return false;
    keep_private(w->call, w, pending);
    *out = value_with(w->call->arena, described(w, *out), "root_fingerprint", root);
    return true;
}

/* Without its network's label, istiod takes the cluster's pods for those of any network. */
static bool read_namespace(struct install *w, bool *ours)
{
    const char *network = value_text(w->call->private_data, NETWORK_GIVEN), *line;
    struct arena *a = w->call->arena;

    if (!namespace_refresh(w->call, w->kube, w->namespace, network, ours, &line))
        return false;
    if (line)
        w->drift = value_append(a, w->drift, value_string(a, line));
    return true;
}

static bool control_plane_read(struct call *c, const struct value *state, const struct value **out)
{
    struct install w;
    struct kube *k;
    bool ours;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")))
        return true;
    if (!open_cluster(c, state, &k))
        return false;
    install_begin(&w, c, k, state, state);
    if (value_is_null(value_at(state, "id")) && !read_imported(&w, out))
        return false;
    if (!*out)
        return true;
    w.object = *out;
    if (!install_refresh(&w) || !read_namespace(&w, &ours))
        return false;
    if (!value_count(w.releases) && !ours) {
        *out = NULL;
        return true;
    }
    return read_root(&w, out);
}

/* --- planning ------------------------------------------------------------------------ */

static void plan_all_unknown(struct call *c, struct plan *plan)
{
    static const char *const outputs[] = {"objects", "releases", "drift", NULL};

    plan_set_all_unknown(c, plan, outputs);
}

static bool plan_releases(struct call *c, struct plan *plan)
{
    const struct value *planned = plan->planned;
    struct install w;
    bool changes;
    struct kube *k;

    if (!kube_open_for_plan(c, value_at(planned, "cluster"), path_of(c->arena, "cluster"), &k) ||
        (k && !control_plane_check_server(c, k, planned, plan_is_create(plan))))
        return false;
    install_begin(&w, c, k, planned, plan->prior);
    if (!install_plan(&w, &changes))
        return false;
    c->private_out = install_private(&w);
    plan_set(c, plan, "objects", w.objects);
    plan_set(c, plan, "releases", w.releases);
    plan_set(c, plan, "drift", &value_empty_list);
    return true;
}

static bool restarts(const struct call *c, const struct plan *plan)
{
    return !plan_is_create(plan) && value_flag(c->private_data, ROOT_PENDING) &&
           value_flag(plan->planned, "restart_on_root_change") &&
           value_is_set(value_at(plan->planned, "cacerts"));
}

static bool control_plane_plan(struct call *c, struct plan *plan)
{
    const struct value *planned = plan->planned;

    connection_plan(c, plan, "cluster");
    if (!control_plane_check_cacerts(c, planned))
        return false;
    plan_set(c, plan, "id", id_of(c->arena, planned));
    if (value_is_set(value_at(planned, "revision")) && value_is_set(value_at(planned, "namespace")))
        plan_set(c, plan, "istiod_address", address_of(c->arena, planned));
    if (restarts(c, plan))
        plan_set_unknown(c, plan, "root_fingerprint");
    if (!plan_is_create(plan))
        version_warn_of_step(c, path_of(c->arena, "version"), value_text(plan->prior, "version"),
                             value_text(planned, "version"));
    if (install_is_known(c, planned) &&
        (!plan_is_create(plan) || connection_is_known(value_at(planned, "cluster"))))
        return plan_releases(c, plan);
    plan_all_unknown(c, plan);
    return true;
}

/* --- import ---------------------------------------------------------------------------- */

static const struct value *import_chart(struct arena *a, const struct value *told)
{
    const struct value *repository = value_at(told, "repository"), *path = value_at(told, "path");

    return value_is_null(repository) && value_is_null(path)
               ? &value_null
               : value_map_of(a, {"repository", repository}, {"path", path});
}

static bool control_plane_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?",  "revision?", "version?",
                                       "repository?", "path?",     NULL};
    const struct value *connection, *told, *namespace, *revision;

    if (!connection_import_id(c, id, keys, &connection, &told))
        return false;
    namespace = value_at(told, "namespace");
    revision = value_at(told, "revision");
    *out = value_map_of(
        c->arena, {"cluster", connection},
        {"namespace",
         value_is_null(namespace) ? value_string(c->arena, NAMESPACE_DEFAULT) : namespace},
        {"revision", value_is_null(revision) ? value_string(c->arena, "") : revision},
        {"version", value_at(told, "version")}, {"chart", import_chart(c->arena, told)},
        {"restart_on_root_change", &value_false}, {"wait", &value_true},
        {"wait_for_webhooks", &value_true}, {"force_conflicts", &value_false},
        {"take_ownership", &value_false}, {"keep_crds", &value_true});
    return true;
}

RESOURCE(istio_control_plane) = {
    .name = "istio_control_plane",
    .kind = KIND_MANAGED,
    .summary = "Istio on a cluster: istiod with its CRDs, CNI plug-in and ztunnel, as Helm "
               "releases that are planned object by object.",
    .doc = "Installed are the charts `base` and `istiod`, with the profile `ambient` also `cni` "
           "and `ztunnel`. They are installed and upgraded in the order base, istiod, cni, "
           "ztunnel, and removed with the webhooks first. `helm list` knows the releases, and what "
           "Helm installed can be imported.\n\n"
           "**Upgrades.** A changed `version` upgrades in place, one minor version at a time. For "
           "a canary, add a second istio_control_plane with a `revision`: it installs istiod "
           "alone, because `base`, `cni` and `ztunnel` exist once on a cluster and stay with the "
           "control plane that has no revision. Upgrade that one's `version` first when the canary "
           "needs newer CRDs. Where all control planes have a revision, one of them says "
           "`components = { base = { enabled = true } }`.\n\n"
           "**Values.** Typed arguments become values of the charts; `values`, `values_yaml` and "
           "`set` are merged over them for istiod, `components.<name>.values` for the others. A "
           "value that says something else than a typed argument is an error.\n\n"
           "**Root of trust.** With `cacerts` the Secret is checked before istiod starts. An "
           "istiod that runs with another root looks at the Secret only when it is restarted: "
           "refreshes warn of it, and `restart_on_root_change` lets the next apply do it.",
    .attributes = attributes,
    .timeouts = {.create = 900, .read = 300, .update = 900, .remove = 900},
    .continues = NAMES("cluster", "namespace", "revision"),
    .import_doc =
        "The import id names the cluster, how to reach it, and optionally the `namespace`, the "
        "`revision`, the `version` (default: that of istiod's chart), and where the charts come "
        "from (`repository` or `path`, as in `chart`). The releases `istio-base`, "
        "`istiod[-revision]`, `istio-cni` and `ztunnel` are taken over. What Helm was given for "
        "them becomes the typed arguments, and the rest `values`.",
    .validate = control_plane_validate,
    .plan = control_plane_plan,
    .create = control_plane_create,
    .read = control_plane_read,
    .update = control_plane_update,
    .remove = control_plane_remove,
    .import = control_plane_import,
};
