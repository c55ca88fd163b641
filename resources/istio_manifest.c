#include <string.h>

#include "codec/yml.h"
#include "kube/connection.h"
#include "kube/field.h"
#include "kube/set.h"
#include "schema/check.h"
#include "schema/resource.h"

#define IMPORT_HINT                                                                                \
    "terraform import <address> "                                                                  \
    "'cluster=<name>,kubeconfig=<path>,context=<context>,api_version=<apiVersion>,kind=<kind>,"    \
    "namespace=<namespace>,name=<name>'"

static bool check_place(struct call *c, const struct path *at, const struct value *v)
{
    const struct value *nothing;

    return field_at(c->arena, &value_null, value_z(v), &nothing) ||
           diag_error(c->diags, at, "Not a place in an object",
                      "\"%s\" cannot be read. A place looks like status.phase, "
                      "status.conditions[0].type or metadata.labels[\"a.b/c\"].",
                      value_z(v));
}

static const struct attribute field_rows[] = {
    STRING("path", REQUIRED, "Place in the object, such as `status.loadBalancer.ingress[0].ip`.",
           .check = check_place),
    STRING("value", OPTIONAL,
           "Text, number or bool that the place is to hold. Left out, anything but empty is fine."),
    END_ATTRIBUTES,
};

static const struct attribute wait_rows[] = {
    BOOL("ready", OPTIONAL,
         "Wait as the kind asks for it: workloads until they are rolled out, CRDs until they are "
         "established, load balancers until they have an address, claims until they are bound."),
    STRING("condition", OPTIONAL, "Wait until this entry of `status.conditions` is `True`.",
           .check = check_not_empty),
    NESTED("field", NESTING_SINGLE, field_rows, OPTIONAL, "Wait until a field has a value."),
    END_ATTRIBUTES,
};

static const struct attribute delete_rows[] = {
    STRING("propagation", OPTIONAL | COMPUTED,
           "What becomes of the objects that these objects own.",
           .one_of = ONE_OF("Background", "Foreground", "Orphan"), .fallback = "Background"),
    BOOL("wait", OPTIONAL | COMPUTED,
         "Wait until the objects are gone. When one does not go, the error names what blocks it.",
         .fallback = "true"),
    END_ATTRIBUTES,
};

static const struct attribute object_rows[] = {
    STRING("api_version", COMPUTED, "The apiVersion by which the object is read."),
    STRING("uid", COMPUTED, "UID of the object: it is deleted only while it has this one."),
    STRING("digest", COMPUTED, "Salted digest of the fields that this resource owns."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster where the objects are."),
    DYNAMIC("manifest", OPTIONAL, "One object, or a list of objects, as HCL.",
            .exactly_one_of = "content"),
    STRING("yaml", OPTIONAL, "One or several documents, as YAML or JSON.",
           .exactly_one_of = "content"),
    DYNAMIC("manifest_wo", OPTIONAL | WRITE_ONLY,
            "One object, or a list of objects, of which only digests are kept: for Secrets.",
            .exactly_one_of = "content", .version_attribute = "manifest_wo_version"),
    NUMBER("manifest_wo_version", OPTIONAL,
           "Any number; change it when `manifest_wo` has changed, which cannot be seen otherwise.",
           .requires = NAMES("manifest_wo")),
    BOOL("force_conflicts", OPTIONAL | COMPUTED,
         "Take fields over that another manager owns. Without it they are an error that names the "
         "manager and the fields.",
         .fallback = "false"),
    NESTED("wait", NESTING_SINGLE, wait_rows, OPTIONAL,
           "What to wait for after an apply, for every object of this resource."),
    NESTED("delete", NESTING_SINGLE, delete_rows, OPTIONAL, "How the objects are deleted."),
    STRING("id", COMPUTED | KEEP_STATE, "Cluster and first object."),
    NESTED("objects", NESTING_MAP, object_rows, COMPUTED,
           "The objects by `Kind.group/namespace/name` (`ConfigMap/shop/cart`), as they are on the "
           "cluster."),
    TYPED("drift", LIST_OF(type_string), COMPUTED,
          "What has changed on the cluster since the last apply: `ConfigMap/shop/cart: data.size`. "
          "Only fields that this resource owns count. The next apply puts it right."),
    END_ATTRIBUTES,
};

/* --- objects ----------------------------------------------------------------- */

static const struct path *content_path(struct call *c, const struct value *config)
{
    static const char *const names[] = {"manifest", "yaml", "manifest_wo"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!value_is_null(value_at(config, names[i])))
            return path_name(c->arena, NULL, names[i]);
    return NULL;
}

/* The objects of a configuration or state as a list; unknown while nothing is
 * known of them, null when there are none (manifest_wo in a state). */
static bool objects_of(struct call *c, const struct value *from, const struct value **out)
{
    const struct path *at = content_path(c, from);
    const struct value *content = path_value(from, at);

    *out = &value_null;
    if (!at)
        return true;
    *out = content;
    if (value_is_unknown(content) || content->kind == VALUE_LIST)
        return true;
    if (strcmp(at->name, "yaml") == 0)
        return yml_read_all(c->arena, value_string_text(content), "The manifest", at, c->diags,
                            out);
    if (content->kind != VALUE_MAP)
        return diag_error(c->diags, at, "Not a manifest",
                          "It is a %s. Give an object, or a list of objects; a YAML text goes into "
                          "the argument yaml.",
                          value_kind_name(content));
    *out = value_list_of(c->arena, content);
    return true;
}

/* The same for an apply, where write-only content is in the configuration. */
static bool objects_to_apply(struct call *c, const struct value *planned, const struct value **out)
{
    return objects_of(c, content_path(c, planned) ? planned : c->config, out);
}

static bool is_secret_content(const struct value *object)
{
    return strcmp(value_text(object, "kind"), "Secret") == 0 &&
           (!value_is_null(value_at(object, "data")) ||
            !value_is_null(value_at(object, "stringData")));
}

static bool check_secrets(struct call *c, const struct path *at, bool in_list,
                          const struct value *objects)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(objects); i++)
        if (is_secret_content(value_item(objects, i)))
            fine = diag_error(c->diags, in_list ? path_index(c->arena, at, i) : at,
                              text_f(c->arena, "The data of Secret %s would be stored in the state",
                                     value_z(value_in(value_item(objects, i), "metadata", "name"))),
                              "What stands in %s is kept in state and plan as plain text. Use "
                              "manifest_wo, of which only digests are kept, in a resource of its "
                              "own.",
                              at->name);
    return fine;
}

static bool manifest_validate(struct call *c, const struct value *config)
{
    const struct path *at = content_path(c, config);
    const struct value *objects;
    bool in_list, fine;

    if (!objects_of(c, config, &objects))
        return false;
    if (value_is_null(objects) || value_is_unknown(objects))
        return true;
    in_list = path_value(config, at)->kind == VALUE_LIST;
    fine = value_count(objects) > 0 ||
           diag_error(c->diags, at, "The manifest holds no object", "Give at least one object.");
    fine = kube_set_check(c, at, in_list, objects) && fine;
    return (strcmp(at->name, "manifest_wo") == 0 || check_secrets(c, at, in_list, objects)) && fine;
}

/* --- applying ---------------------------------------------------------------- */

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

static bool wait_for_all(struct call *c, struct kube *k, const struct value *wait,
                         const struct value *objects)
{
    const struct value *field = value_at(wait, "field");
    struct field_wanted wanted = {
        value_text(field, "path"),
        value_is_set(value_at(field, "value")) ? value_text(field, "value") : NULL,
    };
    char *condition = arena_strdup(c->arena, value_text(wait, "condition"));

    if (value_flag(wait, "ready") &&
        !kube_set_wait(c, k, objects, "be ready", kube_judge_ready, NULL))
        return false;
    if (condition[0] && !kube_set_wait(c, k, objects, text_f(c->arena, "be %s", condition),
                                       kube_judge_condition, condition))
        return false;
    return value_is_null(field) ||
           kube_set_wait(c, k, objects, text_f(c->arena, "have %s", wanted.place), field_judge,
                         &wanted);
}

/* Once more: only now is all of it known. */
static bool check_known(struct call *c, const struct value *planned, const struct value *objects)
{
    const struct path *at = content_path(c, planned);

    return kube_set_check(c, NULL, false, objects) && (!at || check_secrets(c, at, false, objects));
}

static bool apply(struct call *c, const struct value *planned, const struct value *before,
                  const struct value **inventory)
{
    const struct kube_set_options options = {
        .flags = KUBE_NEW_ONLY | (value_flag(planned, "force_conflicts") ? KUBE_FORCE : 0),
        .import_hint = IMPORT_HINT,
        .planned = value_at(planned, "objects"),
    };
    const struct value *objects;
    struct kube *k;

    *inventory = before;
    return objects_to_apply(c, planned, &objects) && check_known(c, planned, objects) &&
           open_cluster(c, planned, &k) &&
           kube_set_apply(c, k, objects, before, &options, inventory) &&
           wait_for_all(c, k, value_at(planned, "wait"), objects);
}

static const struct value *described(struct call *c, const struct value *object,
                                     const struct value *inventory)
{
    object = value_with(c->arena, object, "objects", inventory);
    return value_with(c->arena, object, "drift", &value_empty_list);
}

static bool manifest_create(struct call *c, const struct value *planned, const struct value **out)
{
    const struct value *inventory, *first;
    bool done = apply(c, planned, &value_empty_map, &inventory);

    if (!done && !value_count(inventory))
        return false;
    first = value_f(c->arena, "%s/%s", connection_name(value_at(planned, "cluster")),
                    inventory->map.entries[0].key);
    *out = value_with(c->arena, described(c, planned, inventory), "id", first);
    return done;
}

/* What was applied but did not become what was waited for: with the digests of
 * before, the next refresh shows how far the change came. */
static const struct value *with_old_digests(struct call *c, const struct value *inventory,
                                            const struct value *before)
{
    for (size_t i = 0; i < value_count(before); i++) {
        const char *key = before->map.entries[i].key;

        if (value_has(inventory, key))
            inventory =
                value_with_in(c->arena, inventory, value_at(before->map.entries[i].value, "digest"),
                              key, "digest");
    }
    return inventory;
}

static bool manifest_update(struct call *c, const struct value *prior, const struct value *planned,
                            const struct value **out)
{
    const struct value *inventory, *before = value_at(prior, "objects");
    bool done = apply(c, planned, before, &inventory);

    *out = done ? described(c, planned, inventory)
                : value_with(c->arena, prior, "objects", with_old_digests(c, inventory, before));
    return done;
}

static bool manifest_remove(struct call *c, const struct value *state)
{
    const struct value *how = value_at(state, "delete"), *wait = value_at(how, "wait");
    const struct kube_delete_options options = {
        .propagation = value_text(how, "propagation")[0] ? value_text(how, "propagation") : NULL,
        .wait = !value_is_set(wait) || value_as_bool(wait),
    };
    struct kube *k;

    return open_cluster(c, state, &k) &&
           kube_set_delete(c, k, value_at(state, "objects"), &options, NULL);
}

/* --- reading ----------------------------------------------------------------- */

/* The import has left one object in `objects`, of which only the name is known. */
static bool read_imported(struct call *c, struct kube *k, const struct value *state,
                          const struct value **out)
{
    const struct value *named = value_at(state, "objects");
    const char *key = value_count(named) ? named->map.entries[0].key : "";
    const struct kube_ref ref =
        kube_set_ref(c->arena, key, value_text(value_at(named, key), "api_version"));
    const struct value *live, *entry;

    if (!kube_get(c, k, &ref, &live))
        return false;
    if (!live)
        return true;
    if (!kube_set_entry(c, live, &entry))
        return false;
    *out = described(c, state, value_map_of(c->arena, {key, entry}));
    *out = value_with(c->arena, *out, "id",
                      value_f(c->arena, "%s/%s", connection_name(value_at(state, "cluster")), key));
    *out = value_with(c->arena, *out, "force_conflicts", &value_false);
    if (strcmp(value_text(live, "kind"), "Secret") != 0)
        *out = value_with(c->arena, *out, "manifest", kube_set_written(c->arena, live));
    if (!kube_is_ours(live))
        *out = value_with(c->arena, *out, "drift",
                          value_list_of(c->arena, value_f(c->arena, "%s: (not managed)", key)));
    return true;
}

static bool manifest_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct value *cluster = value_at(state, "cluster"), *objects, *inventory, *drift;
    const struct path *at = path_of(c->arena, "cluster");
    struct kube *k;

    *out = NULL;
    if (!kube_reachable(c, cluster, at)) {
        *out = state;
        return true;
    }
    if (!open_cluster(c, state, &k))
        return false;
    if (value_is_null(value_at(state, "id")))
        return read_imported(c, k, state, out);
    if (!objects_of(c, state, &objects) ||
        !kube_set_refresh(c, k, objects, value_at(state, "objects"), &inventory, &drift))
        return false;
    if (value_count(inventory))
        *out = value_with(c->arena, described(c, state, inventory), "drift", drift);
    return true;
}

/* --- planning ---------------------------------------------------------------- */

/* Another way to write the same is no change. */
static bool keep_if_same(struct call *c, struct plan *plan, const struct value *objects)
{
    const struct value *prior_objects;

    if (!objects_of(c, plan->prior, &prior_objects))
        return false;
    if (value_is_null(objects) || value_is_null(prior_objects) || !value_is_wholly_known(objects) ||
        !kube_set_equal(c->arena, objects, prior_objects))
        return true;
    plan_keep(c, plan, "manifest");
    plan_keep(c, plan, "yaml");
    return true;
}

/* What is known to be as it should be already: nothing on another cluster, and
 * of write-only content what stands under the same version. */
static bool settled_objects(struct call *c, const struct plan *plan, const struct value *objects,
                            const struct value **out)
{
    *out = &value_null;
    if (plan_is_create(plan) || plan_changes(plan, "cluster"))
        return true;
    if (!content_path(c, plan->planned)) {
        if (!content_path(c, plan->prior) && !plan_changes(plan, "manifest_wo_version"))
            *out = objects;
        return true;
    }
    return objects_of(c, plan->prior, out);
}

static bool manifest_plan(struct call *c, struct plan *plan)
{
    const struct value *objects, *settled, *entries;

    connection_plan(c, plan, "cluster");
    if (!objects_of(c, plan->config, &objects) || !keep_if_same(c, plan, objects) ||
        !settled_objects(c, plan, objects, &settled))
        return false;
    entries = kube_set_plan(c->arena, objects, settled, value_at(plan->prior, "objects"),
                            value_at(plan->prior, "drift"));
    plan_set(c, plan, "objects", entries);
    plan_set(c, plan, "drift", &value_empty_list);
    return true;
}

/* --- import ------------------------------------------------------------------ */

static bool manifest_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"api_version", "kind", "namespace?", "name", NULL};
    const struct value *connection, *names, *object;

    if (!connection_import_id(c, id, keys, &connection, &names))
        return false;
    object = value_map_of(
        c->arena, {"apiVersion", value_at(names, "api_version")}, {"kind", value_at(names, "kind")},
        {"metadata", value_map_of(c->arena, {"namespace", value_at(names, "namespace")},
                                  {"name", value_at(names, "name")})});
    *out = value_map_of(
        c->arena, {"cluster", connection},
        {"objects",
         value_map_of(c->arena,
                      {kube_set_key(c->arena, object),
                       value_map_of(c->arena, {"api_version", value_at(names, "api_version")},
                                    {"uid", &value_null}, {"digest", &value_null})})});
    return true;
}

RESOURCE(istio_manifest) = {
    .name = "istio_manifest",
    .kind = KIND_MANAGED,
    .summary = "Any Kubernetes objects, as HCL or YAML, applied by server-side apply.",
    .doc = "Only the fields that are given belong to this resource: what others set on the same "
           "objects is left alone and is no drift. Objects are applied in the order that they "
           "need, many at once; a CRD and objects of its kind may stand in one resource. An object "
           "that leaves the manifest is deleted. An object that exists already and was not made "
           "by this provider is an error: import it.\n\n"
           "Secrets go into `manifest_wo`, which reaches neither state nor plan.",
    .attributes = attributes,
    .timeouts = {.create = 600, .read = 300, .update = 600, .remove = 600},
    .import_doc = "The import id names one object and how to reach its cluster; `namespace` is "
                  "left out for objects that live in none.",
    .validate = manifest_validate,
    .plan = manifest_plan,
    .create = manifest_create,
    .read = manifest_read,
    .update = manifest_update,
    .remove = manifest_remove,
    .import = manifest_import,
};
