#include "acceptance/sandbox/controllers.h"

#include <string.h>
#include <time.h>

#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/decode.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/managers.h"
#include "acceptance/sandbox/mesh.h"
#include "acceptance/sandbox/remove.h"
#include "acceptance/sandbox/review.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/json.h"

enum { IDLE_MS = 1000 };

static const char manager_name[] = "kube-controller-manager";

/* --- tools ------------------------------------------------------------------------------------ */
static bool is(const struct kind *kind, const char *group, const char *plural)
{
    return kind_is(kind, group, plural) && !(kind->flags & KIND_CUSTOM);
}

static const struct value *put(struct sandbox *s, struct arena *a, const struct kind *kind,
                               const char *subresource, const struct value *before,
                               const struct value *after)
{
    struct write w = {a, kind, manager_name, subresource, false};

    after = managers_update(&w, before, after);
    return before && value_equal(before, after) ? after : store_put(s, a, kind, after);
}

/* An object that a controller makes. */
static void make(struct sandbox *s, struct arena *a, const struct kind *kind, const char *ns,
                 const char *name, const struct value *v)
{
    struct write w = {a, kind, manager_name, "", false};

    v = value_with(a, v, "kind", value_string(a, kind->kind));
    v = value_with(a, v, "apiVersion", value_string(a, kind_api_version(a, kind)));
    v = value_with_in(a, v, value_string(a, name), "metadata", "name");
    if (*ns)
        v = value_with_in(a, v, value_string(a, ns), "metadata", "namespace");
    v = value_with_in(a, v, value_string(a, identity_random_uid(a)), "metadata", "uid");
    v = value_with_in(a, v, value_string(a, clock_rfc3339(a, clock_now())), "metadata",
                      "creationTimestamp");
    store_put(s, a, kind, managers_update(&w, NULL, v));
}

static const struct value *condition(struct arena *a, const char *type, const char *status,
                                     const char *reason, const char *message)
{
    const struct value *now = value_string(a, clock_rfc3339(a, clock_now()));

    return value_map_of(a, {"type", value_string(a, type)}, {"status", value_string(a, status)},
                        {"lastUpdateTime", now}, {"lastTransitionTime", now},
                        {"reason", value_string(a, reason)}, {"message", value_string(a, message)});
}

static bool is_leaving(const struct value *v)
{
    return value_has(value_at(v, "metadata"), "deletionTimestamp");
}

/* --- namespaces --------------------------------------------------------------------------------
 */
static void furnish_namespace(struct sandbox *s, struct arena *a, const char *name)
{
    static const char about[] =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
        "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
        "guaranteed across distributions of Kubernetes clusters.";
    const struct kind *accounts = kind_find(s, "", "v1", "serviceaccounts");
    const struct kind *maps = kind_find(s, "", "v1", "configmaps");
    const struct value *root = value_map_of(a, {"ca.crt", value_string(a, s->identity->ca_pem)});
    const struct value *notes =
        value_map_of(a, {"kubernetes.io/description", value_string(a, about)});

    if (!store_find(s, accounts, name, "default"))
        make(s, a, accounts, name, "default", &value_empty_map);
    if (!store_find(s, maps, name, "kube-root-ca.crt"))
        make(
            s, a, maps, name, "kube-root-ca.crt",
            value_map_of(a, {"metadata", value_map_of(a, {"annotations", notes})}, {"data", root}));
}

/* The kind under which an object of a collection was written. */
static const struct kind *kind_in(struct sandbox *s, const struct collection *c,
                                  const struct value *v)
{
    const char *version = value_text(v, "apiVersion"), *slash = strchr(version, '/');
    const struct kind *kind = kind_find(s, c->group, slash ? slash + 1 : version, c->plural);

    for (size_t i = 0; !kind && i < s->custom_count; i++)
        if (kind_is(s->custom[i], c->group, c->plural))
            kind = s->custom[i];
    return kind;
}

/* Starts deletion of everything inside; true when nothing is left. */
static bool empty_namespace(struct sandbox *s, struct arena *a, const char *name, size_t *held)
{
    bool empty = true;

    *held = 0;
    for (size_t i = 0; i < s->collection_count; i++) {
        struct collection *c = s->collections[i];
        size_t first, end;

        store_range(c, name, &first, &end);
        for (size_t k = end; k-- > first;) {
            const struct value *v = k < c->count ? stored_value(a, c->items[k]) : &value_null;
            const struct kind *kind = kind_in(s, c, v);

            if (!is_leaving(v) && kind)
                remove_start(s, a, kind, v, "Background");
        }
        store_range(c, name, &first, &end);
        *held += end - first;
        empty &= first == end;
    }
    return empty;
}

static const struct value *namespace_conditions(struct arena *a, size_t held)
{
    const char *left = held ? "True" : "False";

    return value_list_of(
        a,
        condition(a, "NamespaceContentRemaining", left,
                  held ? "SomeResourcesRemain" : "ContentRemoved",
                  held ? text_f(a, "Some resources are remaining: %zu resource instances", held)
                       : "All content successfully removed"),
        condition(a, "NamespaceFinalizersRemaining", left,
                  held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                  held ? text_f(a,
                                "Some content in the namespace has finalizers remaining: %zu "
                                "resource instances",
                                held)
                       : "All content-preserving finalizers finished"));
}

static void run_namespace(struct sandbox *s, struct arena *a, const struct kind *kind,
                          const struct value *v)
{
    const char *name = value_z(value_in(v, "metadata", "name"));
    size_t held;

    if (!is_leaving(v)) {
        furnish_namespace(s, a, name);
    } else if (empty_namespace(s, a, name, &held)) {
        v = value_with_in(a, v, namespace_conditions(a, 0), "status", "conditions");
        v = store_put(s, a, kind, v);
        v = value_with_in(a, v, NULL, "spec", "finalizers");
        remove_when_released(s, a, kind, v);
    } else if (value_count(value_in(v, "status", "conditions")) == 0) {
        put(s, a, kind, "status", v,
            value_with_in(a, v, namespace_conditions(a, held), "status", "conditions"));
    }
}

/* --- workloads -----------------------------------------------------------------------------------
 */
static const struct value *deployment_status(struct arena *a, const struct value *v)
{
    const struct value *count = value_in(v, "spec", "replicas");

    return value_map_of(
        a, {"observedGeneration", value_in(v, "metadata", "generation")}, {"replicas", count},
        {"updatedReplicas", count}, {"readyReplicas", count}, {"availableReplicas", count},
        {"conditions",
         value_list_of(
             a,
             condition(a, "Available", "True", "MinimumReplicasAvailable",
                       "Deployment has minimum availability."),
             condition(a, "Progressing", "True", "NewReplicaSetAvailable",
                       text_f(a, "ReplicaSet \"%s-5d6f7c8b9\" has successfully progressed.",
                              value_z(value_in(v, "metadata", "name")))))});
}

static const struct value *daemon_set_status(struct arena *a, const struct value *v)
{
    const struct value *one = value_integer(a, 1), *none = value_integer(a, 0);

    return value_map_of(a, {"observedGeneration", value_in(v, "metadata", "generation")},
                        {"currentNumberScheduled", one}, {"desiredNumberScheduled", one},
                        {"numberAvailable", one}, {"numberReady", one},
                        {"updatedNumberScheduled", one}, {"numberMisscheduled", none});
}

static const struct value *set_status(struct arena *a, const struct value *v)
{
    const struct value *count = value_in(v, "spec", "replicas");

    return value_map_of(a, {"observedGeneration", value_in(v, "metadata", "generation")},
                        {"replicas", count}, {"readyReplicas", count}, {"availableReplicas", count},
                        {"currentReplicas", count}, {"updatedReplicas", count});
}

/* A Job whose pods bear the annotation acceptance/outcome: fails does; the real servers'
 * kwok has a stage for the same. */
static const struct value *job_failed(struct arena *a)
{
    return value_map_of(
        a, {"startTime", value_string(a, clock_rfc3339(a, clock_now()))},
        {"failed", value_integer(a, 1)},
        {"conditions", value_list_of(a, condition(a, "Failed", "True", "BackoffLimitExceeded",
                                                  "Job has reached the specified backoff limit"))});
}

static const struct value *job_status(struct arena *a, const struct value *v)
{
    const struct value *now = value_string(a, clock_rfc3339(a, clock_now()));

    if (strcmp(value_z(value_in(v, "spec", "template", "metadata", "annotations",
                                "acceptance/outcome")),
               "fails") == 0)
        return job_failed(a);

    return value_map_of(
        a, {"startTime", now}, {"completionTime", now},
        {"succeeded", value_in(v, "spec", "completions")},
        {"conditions", value_list_of(a, condition(a, "Complete", "True", "CompletionsReached",
                                                  "Reached expected number of succeeded pods"))});
}

static const struct value *pod_status(struct arena *a, const struct value *v)
{
    const struct value *containers = value_in(v, "spec", "containers"), *out = &value_empty_list;

    for (size_t i = 0; i < value_count(containers); i++) {
        const struct value *c = value_item(containers, i);

        out = value_append(
            a, out,
            value_map_of(a, {"name", value_at(c, "name")}, {"image", value_at(c, "image")},
                         {"imageID", value_at(c, "image")}, {"ready", &value_true},
                         {"started", &value_true}, {"restartCount", value_integer(a, 0)}));
    }
    return value_map_of(
        a, {"phase", value_string(a, "Running")},
        {"conditions", value_list_of(a, condition(a, "Ready", "True", "", ""),
                                     condition(a, "ContainersReady", "True", "", ""))},
        {"containerStatuses", out}, {"podIP", value_string(a, "10.1.0.10")});
}

/* Whose class is named, another controller serves, which is not here. */
static bool wants_load_balancer(const struct value *service)
{
    const struct value *spec = value_at(service, "spec");

    return strcmp(value_text(spec, "type"), "LoadBalancer") == 0 &&
           !value_has(spec, "loadBalancerClass");
}

static const struct value *service_status(struct arena *a, const struct value *v)
{
    const char *name = value_z(value_in(v, "metadata", "name"));
    const char *ns = value_z(value_in(v, "metadata", "namespace"));
    const struct value *entry =
        value_map_of(a, {"hostname", value_f(a, "%s.%s.lb.invalid", name, ns)});
    const struct value *ingress = &value_empty_map;

    if (wants_load_balancer(v))
        ingress = value_map_of(a, {"ingress", value_list_of(a, entry)});
    return value_map_of(a, {"loadBalancer", ingress});
}

/* Kinds whose status follows from the spec alone. */
static const struct {
    const char *group, *plural;
    const struct value *(*status)(struct arena *a, const struct value *v);
} settling[] = {
    {"apps", "deployments", deployment_status},
    {"apps", "daemonsets", daemon_set_status},
    {"apps", "statefulsets", set_status},
    {"apps", "replicasets", set_status},
    {"batch", "jobs", job_status},
    {"", "pods", pod_status},
    {"", "services", service_status},
};

static bool is_settled(const struct sandbox *s, const struct kind *kind, const struct value *v)
{
    const struct value *status = value_at(v, "status");

    if (is(kind, "", "pods"))
        return strcmp(value_text(status, "phase"), "Pending") != 0;
    if (is(kind, "batch", "jobs"))
        return value_has(status, "succeeded") || value_has(status, "failed") ||
               value_flag(value_at(v, "spec"), "suspend");
    if (is(kind, "", "services"))
        return s->cloud ||
               value_has(value_at(status, "loadBalancer"), "ingress") == wants_load_balancer(v) ||
               value_has(value_at(v, "spec"), "loadBalancerClass");
    return value_equal(value_at(status, "observedGeneration"),
                       value_in(v, "metadata", "generation"));
}

static const struct value *settled(const struct sandbox *s, struct arena *a,
                                   const struct kind *kind, const struct value *v,
                                   const struct value *status)
{
    if (is(kind, "apps", "deployments") && s->minor >= 35)
        status = value_with(a, status, "terminatingReplicas", value_integer(a, 0));
    if (is(kind, "apps", "deployments"))
        v = value_with_in(a, v, value_string(a, "1"), "metadata", "annotations",
                          "deployment.kubernetes.io/revision");
    return value_with(a, v, "status", status);
}

static void settle(struct sandbox *s, struct arena *a, const struct kind *kind,
                   const struct value *v)
{
    for (size_t i = 0; i < sizeof(settling) / sizeof(*settling); i++)
        if (is(kind, settling[i].group, settling[i].plural) && !is_settled(s, kind, v))
            put(s, a, kind, "status", v, settled(s, a, kind, v, settling[i].status(a, v)));
}

/* --- definitions ---------------------------------------------------------------------------------
 */
static void run_definition(struct sandbox *s, struct arena *a, const struct kind *kind,
                           const struct value *v)
{
    const struct value *spec = value_at(v, "spec");
    const char *group = value_text(spec, "group");
    const char *plural = value_z(value_in(spec, "names", "plural"));
    struct kind any = {.group = group, .plural = plural};
    struct collection *c;

    if (!is_leaving(v)) {
        crd_register(s, v);
        if (value_count(value_in(v, "status", "conditions")) == 0) {
            struct write w = {a, kind, "kube-apiserver", "status", false};

            store_put(s, a, kind, managers_update(&w, v, crd_established(a, v)));
        }
        return;
    }
    c = store_collection(s, &any);
    for (size_t i = c->count; i-- > 0;) {
        const struct value *object = i < c->count ? stored_value(a, c->items[i]) : &value_null;
        const struct kind *custom = kind_in(s, c, object);

        if (custom && !is_leaving(object))
            remove_start(s, a, custom, object, "Background");
    }
    if (c->count)
        return; /* finalizers hold some: looked at again when they go */
    crd_unregister(s, group, plural);
    remove_when_released(s, a, kind, value_with_in(a, v, NULL, "metadata", "finalizers"));
}

/* --- tokens, owners
 * -------------------------------------------------------------------------------- */
static void run_secret(struct sandbox *s, struct arena *a, const struct kind *kind,
                       const struct value *v)
{
    const struct value *filled;

    if (strcmp(value_text(v, "type"), "kubernetes.io/service-account-token") != 0 ||
        value_has(value_at(v, "data"), "token"))
        return;
    filled = review_fill_secret(s, a, v);
    if (filled)
        put(s, a, kind, "", v, filled);
}

/* Token Secrets of an account go with it; and a new account fills waiting ones. */
static void run_account(struct sandbox *s, struct arena *a, const char *ns)
{
    const struct kind *secrets = kind_find(s, "", "v1", "secrets");
    struct collection *c = store_collection(s, secrets);
    size_t first, end;

    store_range(c, ns, &first, &end);
    for (size_t i = first; i < end; i++)
        run_secret(s, a, secrets, stored_value(a, c->items[i]));
}

static bool is_owned_by(const struct value *v, const char *uid)
{
    const struct value *owners = value_in(v, "metadata", "ownerReferences");

    for (size_t i = 0; i < value_count(owners); i++)
        if (strcmp(value_text(value_item(owners, i), "uid"), uid) == 0)
            return true;
    return false;
}

static bool uid_exists(const struct sandbox *s, const char *uid)
{
    for (size_t i = 0; i < s->collection_count; i++)
        for (size_t k = 0; k < s->collections[i]->count; k++)
            if (strcmp(s->collections[i]->items[k]->uid, uid) == 0)
                return true;
    return false;
}

static bool has_living_owner(const struct sandbox *s, const struct value *v, const char *gone)
{
    const struct value *owners = value_in(v, "metadata", "ownerReferences");

    for (size_t i = 0; i < value_count(owners); i++) {
        const char *uid = value_text(value_item(owners, i), "uid");

        if (strcmp(uid, gone) != 0 && uid_exists(s, uid))
            return true;
    }
    return false;
}

/* Deletes what only uid owned; true when there is nothing of that kind left. */
static bool collect_dependents(struct sandbox *s, struct arena *a, const char *uid)
{
    bool none = true;

    for (size_t i = 0; i < s->collection_count; i++) {
        struct collection *c = s->collections[i];

        for (size_t k = c->count; k-- > 0;) {
            const struct value *v;
            const struct kind *kind;

            if (k >= c->count || !c->items[k]->has_owners)
                continue;
            v = stored_value(a, c->items[k]);
            kind = kind_in(s, c, v);
            if (!kind || !is_owned_by(v, uid) || has_living_owner(s, v, uid))
                continue;
            if (!is_leaving(v))
                remove_start(s, a, kind, v, "Background");
            none &= !store_find(s, kind, value_z(value_in(v, "metadata", "namespace")),
                                value_z(value_in(v, "metadata", "name")));
        }
    }
    return none;
}

static void run_foreground(struct sandbox *s, struct arena *a, const struct kind *kind,
                           const struct value *v)
{
    const struct value *list = value_in(v, "metadata", "finalizers"), *left = &value_empty_list;

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), "foregroundDeletion") != 0)
            left = value_append(a, left, value_item(list, i));
    if (!is_leaving(v) || value_count(left) == value_count(list) ||
        !collect_dependents(s, a, value_z(value_in(v, "metadata", "uid"))))
        return;
    v = value_with_in(a, v, value_count(left) ? left : NULL, "metadata", "finalizers");
    if (value_count(left))
        store_put(s, a, kind, v);
    else
        remove_when_released(s, a, kind, v);
}

/* --- a fresh cluster
 * ------------------------------------------------------------------------------ */
static const struct {
    const char *plural, *name, *json;
} seeds[] = {
    {"clusterroles", "cluster-admin",
     "{\"rules\":[{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]},"
     "{\"nonResourceURLs\":[\"*\"],\"verbs\":[\"*\"]}]}"},
    {"clusterroles", "view",
     "{\"rules\":[{\"apiGroups\":[\"\",\"apps\",\"batch\"],\"resources\":[\"configmaps\","
     "\"endpoints\","
     "\"pods\",\"services\",\"serviceaccounts\",\"namespaces\",\"deployments\",\"jobs\"],"
     "\"verbs\":[\"get\",\"list\",\"watch\"]}]}"},
    {"clusterroles", "system:discovery",
     "{\"rules\":[{\"nonResourceURLs\":[\"/api\",\"/api/*\",\"/apis\",\"/apis/*\",\"/healthz\","
     "\"/livez\",\"/openapi\",\"/openapi/*\",\"/readyz\",\"/version\",\"/version/\"],"
     "\"verbs\":[\"get\"]}]}"},
    {"clusterroles", "system:public-info-viewer",
     "{\"rules\":[{\"nonResourceURLs\":[\"/healthz\",\"/livez\",\"/readyz\",\"/version\","
     "\"/version/\"],\"verbs\":[\"get\"]}]}"},
    {"clusterroles", "system:basic-user",
     "{\"rules\":[{\"apiGroups\":[\"authorization.k8s.io\"],\"resources\":"
     "[\"selfsubjectaccessreviews\",\"selfsubjectrulesreviews\"],\"verbs\":[\"create\"]},"
     "{\"apiGroups\":[\"authentication.k8s.io\"],\"resources\":[\"selfsubjectreviews\"],"
     "\"verbs\":[\"create\"]}]}"},
    {"clusterrolebindings", "cluster-admin", "cluster-admin system:masters"},
    {"clusterrolebindings", "system:discovery", "system:discovery system:authenticated"},
    {"clusterrolebindings", "system:basic-user", "system:basic-user system:authenticated"},
    {"clusterrolebindings", "system:public-info-viewer",
     "system:public-info-viewer system:authenticated system:unauthenticated"},
};

/* "role group group..." */
static const struct value *binding_of(struct arena *a, struct text row)
{
    static const char group[] = "rbac.authorization.k8s.io";
    const struct value *subjects = &value_empty_list;
    struct text role, name;

    text_split(&row, ' ', &role);
    while (text_split(&row, ' ', &name))
        subjects = value_append(a, subjects,
                                value_map_of(a, {"kind", value_string(a, "Group")},
                                             {"apiGroup", value_string(a, group)},
                                             {"name", value_string_of(a, name)}));
    return value_map_of(a, {"subjects", subjects},
                        {"roleRef", value_map_of(a, {"kind", value_string(a, "ClusterRole")},
                                                 {"apiGroup", value_string(a, group)},
                                                 {"name", value_string_of(a, role)})});
}

static void seed_access(struct sandbox *s, struct arena *a)
{
    for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
        const struct kind *kind = kind_find(s, "rbac.authorization.k8s.io", "v1", seeds[i].plural);
        const struct value *v = NULL;
        struct diags diags;

        diags_init(&diags, a);
        if (*seeds[i].json != '{')
            v = binding_of(a, text_of(seeds[i].json));
        else if (!json_read(a, text_of(seeds[i].json), "seed", &diags, &v))
            continue;
        make(s, a, kind, "", seeds[i].name, v);
    }
}

void controllers_seed(struct sandbox *s)
{
    static const char *const names[] = {"kube-system", "kube-public", "kube-node-lease", "default"};
    const struct kind *namespaces = kind_find(s, "", "v1", "namespaces");
    struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const struct value *labels =
            value_map_of(a, {"kubernetes.io/metadata.name", value_string(a, names[i])});

        make(s, a, namespaces, "", names[i],
             value_map_of(
                 a, {"metadata", value_map_of(a, {"labels", labels})},
                 {"spec",
                  value_map_of(a, {"finalizers", value_list_of(a, value_string(a, "kubernetes"))})},
                 {"status", value_map_of(a, {"phase", value_string(a, "Active")})}));
        furnish_namespace(s, a, names[i]);
    }
    seed_access(s, a);
    arena_free(a);
}

/* --- the loop
 * -------------------------------------------------------------------------------------- */
static void add_task(struct sandbox *s, const struct kind *kind, const char *ns, const char *name,
                     int64_t due_ms)
{
    if (s->task_count == s->task_capacity) {
        s->task_capacity = s->task_capacity ? s->task_capacity * 2 : 64;
        s->tasks = memory_resize(s->tasks, s->task_capacity * sizeof(*s->tasks));
    }
    s->tasks[s->task_count++] = (struct task){due_ms, kind, memory_strdup(ns), memory_strdup(name)};
}

/* Settling takes time; what keeps the cluster consistent happens at once. */
static bool takes_time(const struct kind *kind)
{
    for (size_t i = 0; i < sizeof(settling) / sizeof(*settling); i++)
        if (is(kind, settling[i].group, settling[i].plural))
            return true;
    return is(kind, "", "namespaces") || is(kind, "", "secrets") ||
           is(kind, "apiextensions.k8s.io", "customresourcedefinitions");
}

void controllers_look(struct sandbox *s, const struct kind *kind, const char *ns, const char *name)
{
    add_task(s, kind, ns, name, clock_monotonic_ms() + (takes_time(kind) ? s->settle_ms : 0));
}

/* Namespaces and definitions wait until all that is in them is gone. */
static void look_at_waiting(struct sandbox *s, const char *plural, const char *group,
                            const char *name)
{
    const struct kind *kind = kind_find(s, group, "v1", plural);
    struct stored *found = store_find(s, kind, "", name);

    if (found)
        add_task(s, kind, "", name, clock_monotonic_ms());
}

void controllers_gone(struct sandbox *s, const struct kind *kind, const struct stored *gone)
{
    struct arena *a = arena_new();
    const struct value *v = stored_value(a, gone);
    const struct value *owners = value_in(v, "metadata", "ownerReferences");

    collect_dependents(s, a, gone->uid);
    if (is(kind, "", "serviceaccounts")) {
        const struct kind *secrets = kind_find(s, "", "v1", "secrets");
        struct collection *c = store_collection(s, secrets);

        for (size_t i = c->count; i-- > 0;) {
            const struct value *secret = i < c->count ? stored_value(a, c->items[i]) : &value_null;

            if (strcmp(value_z(value_in(secret, "metadata", "annotations",
                                        "kubernetes.io/service-account.uid")),
                       gone->uid) == 0)
                remove_start(s, a, secrets, secret, "Background");
        }
    }
    if (gone->ns.len)
        look_at_waiting(s, "namespaces", "", gone->ns.at);
    if (kind->flags & KIND_CUSTOM)
        look_at_waiting(s, "customresourcedefinitions", "apiextensions.k8s.io",
                        text_f(a, "%s.%s", kind->plural, kind->group));
    for (size_t i = 0; i < value_count(owners); i++) {
        const struct value *owner = value_item(owners, i);
        const char *version = value_text(owner, "apiVersion"), *slash = strchr(version, '/');
        const char *group =
            slash ? text_z(a, (struct text){version, (size_t)(slash - version)}) : "";
        const struct kind *of =
            kind_by_name(s, group, slash ? slash + 1 : version, value_text(owner, "kind"));

        if (of)
            add_task(s, of, of->flags & KIND_NAMESPACED ? gone->ns.at : "",
                     value_text(owner, "name"), clock_monotonic_ms());
    }
    arena_free(a);
}

static void run_task(struct sandbox *s, const struct task *task)
{
    struct arena *a = arena_new();
    const struct value *v = store_get(s, a, task->kind, task->ns, task->name);

    if (v && is(task->kind, "", "namespaces"))
        run_namespace(s, a, task->kind, v);
    else if (v && is(task->kind, "apiextensions.k8s.io", "customresourcedefinitions"))
        run_definition(s, a, task->kind, v);
    else if (v && is(task->kind, "", "secrets") && !is_leaving(v))
        run_secret(s, a, task->kind, v);
    else if (v && is(task->kind, "", "serviceaccounts"))
        run_account(s, a, task->ns);
    else if (v && !is_leaving(v))
        settle(s, a, task->kind, v);
    v = store_get(s, a, task->kind, task->ns, task->name);
    if (v && !is_leaving(v))
        mesh_look(s, a, task->kind, v);
    v = store_get(s, a, task->kind, task->ns, task->name);
    if (v)
        run_foreground(s, a, task->kind, v);
    arena_free(a);
}

int64_t controllers_run(struct sandbox *s, bool all)
{
    int64_t next = -1;

    for (size_t i = 0; i < s->task_count;) {
        int64_t wait = s->tasks[i].due_ms - clock_monotonic_ms();
        struct task task = s->tasks[i];

        if (wait > 0 && !all) {
            next = next < 0 || wait < next ? wait : next;
            i++;
            continue;
        }
        s->tasks[i] = s->tasks[--s->task_count];
        run_task(s, &task);
        memory_free(task.ns);
        memory_free(task.name);
        i = 0; /* it may have made more work, due at once */
        next = -1;
    }
    return next;
}

void *controllers_loop(void *sandbox)
{
    struct sandbox *s = sandbox;

    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        int64_t wait = controllers_run(s, false);
        struct timespec until;

        if (wait < 0 || wait > IDLE_MS)
            wait = IDLE_MS;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += wait / 1000;
        until.tv_nsec += wait % 1000 * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&s->changed, &s->lock, &until);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
