#include <string.h>

#include "istio/namespace.h"
#include "istio/revision.h"
#include "kube/connection.h"
#include "kube/set.h"
#include "schema/check.h"
#include "schema/resource.h"

#define IMPORT_HINT                                                                                \
    "terraform import <address> "                                                                  \
    "'cluster=<name>,kubeconfig=<path>,context=<context>,tag=<tag>'"

static const struct attribute object_rows[] = {
    STRING("api_version", COMPUTED, "The apiVersion by which the object is read."),
    STRING("uid", COMPUTED, "UID of the object: it is deleted only while it has this one."),
    STRING("digest", COMPUTED, "Salted digest of the fields that this resource owns."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The cluster where the revision is installed."),
    STRING("tag", REQUIRED | FORCE_NEW,
           "Name of the tag: what namespaces and pods have in their label `istio.io/rev`. The tag "
           "`default` stands for those with `istio-injection=enabled` and no revision.",
           .check = check_dns_label),
    STRING("revision", REQUIRED,
           "The revision that it points at; `default` is an istiod without one.",
           .check = check_dns_label),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW, "Namespace of istiod.",
           .fallback = NAMESPACE_DEFAULT, .check = check_dns_label),
    STRING("injection_url", OPTIONAL,
           "Where the API server reaches an istiod outside of the cluster. Left out, the webhooks "
           "call the Service of the revision.",
           .check = check_https_url),
    BOOL("service", OPTIONAL | COMPUTED,
         "Make the Service `istiod-revision-tag-<tag>` too, by which proxies of Istio 1.28 and "
         "later find the tag's istiod.",
         .fallback = "true"),
    BOOL("force_conflicts", OPTIONAL | COMPUTED,
         "Take fields over that another manager owns, such as istioctl.", .fallback = "false"),
    STRING("id", COMPUTED | KEEP_STATE, "`<cluster>/<namespace>/<tag>`."),
    NESTED("objects", NESTING_MAP, object_rows, COMPUTED,
           "The objects by `Kind.group/namespace/name`, as they are on the cluster."),
    TYPED("drift", LIST_OF(type_string), COMPUTED,
          "What has changed on the cluster since the last apply. The next apply puts it right."),
    END_ATTRIBUTES,
};

static const struct value *objects_of(struct call *c, const struct value *object)
{
    const struct revision_tag tag = {
        .tag = value_text(object, "tag"),
        .revision = value_text(object, "revision"),
        .namespace = value_text(object, "namespace"),
        .injection_url = value_text(object, "injection_url"),
        .service = value_flag(object, "service"),
    };

    return revision_tag_objects(c->arena, &tag);
}

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

static bool apply(struct call *c, const struct value *planned, const struct value *before,
                  const struct value **inventory)
{
    const struct kube_set_options options = {
        .flags = KUBE_NEW_ONLY | (value_flag(planned, "force_conflicts") ? KUBE_FORCE : 0),
        .import_hint = IMPORT_HINT,
        .planned = value_at(planned, "objects"),
    };
    struct kube *k;

    *inventory = before;
    return open_cluster(c, planned, &k) &&
           revision_check_tag(c, k, value_text(planned, "tag"), value_text(planned, "revision")) &&
           kube_set_apply(c, k, objects_of(c, planned), before, &options, inventory);
}

static const struct value *described(struct call *c, const struct value *object,
                                     const struct value *inventory, const struct value *drift)
{
    object = value_with(c->arena, object, "objects", inventory);
    return value_with(c->arena, object, "drift", drift);
}

static const struct value *id_of(struct call *c, const struct value *object)
{
    return value_f(c->arena, "%s/%s/%s", connection_name(value_at(object, "cluster")),
                   value_text(object, "namespace"), value_text(object, "tag"));
}

static bool revision_tag_create(struct call *c, const struct value *planned,
                                const struct value **out)
{
    const struct value *inventory;
    bool done = apply(c, planned, &value_empty_map, &inventory);

    if (!done && !value_count(inventory))
        return false;
    *out = value_with(c->arena, described(c, planned, inventory, &value_empty_list), "id",
                      id_of(c, planned));
    return done;
}

static bool revision_tag_update(struct call *c, const struct value *prior,
                                const struct value *planned, const struct value **out)
{
    const struct value *inventory;
    bool done = apply(c, planned, value_at(prior, "objects"), &inventory);

    *out = done ? described(c, planned, inventory, &value_empty_list)
                : value_with(c->arena, prior, "objects", inventory);
    return done;
}

static bool revision_tag_remove(struct call *c, const struct value *state)
{
    const struct kube_delete_options options = {.wait = true};
    struct kube *k;

    return open_cluster(c, state, &k) &&
           kube_set_delete(c, k, value_at(state, "objects"), &options, NULL);
}

/* --- reading --------------------------------------------------------------------- */

/* What an import knows is the tag alone: the revision stands on the live object. */
static bool read_imported(struct call *c, struct kube *k, const struct value *state,
                          const struct value **out)
{
    const struct value *wanted = objects_of(c, state), *inventory = &value_empty_map;
    const struct value *drift = &value_empty_list, *revision = &value_null;
    bool service = false;

    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct kube_ref ref = kube_ref_of(value_item(wanted, i));
        const char *key = kube_set_key(c->arena, value_item(wanted, i));
        const struct value *live, *entry;

        if (!kube_get(c, k, &ref, &live) || (live && !kube_set_entry(c, live, &entry)))
            return false;
        if (!live)
            continue;
        if (value_is_null(revision))
            revision = value_at(value_in(live, "metadata", "labels"), REVISION_LABEL);
        service = service || strcmp(ref.kind, "Service") == 0;
        inventory = value_with(c->arena, inventory, key, entry);
        if (!kube_is_ours(live))
            drift = value_append(c->arena, drift, value_f(c->arena, "%s: (not managed)", key));
    }
    *out = NULL;
    if (value_count(inventory) == 0)
        return true;
    *out = value_with(c->arena, described(c, state, inventory, drift), "revision", revision);
    *out = value_with(c->arena, *out, "service", value_bool(service));
    *out = value_with(c->arena, *out, "id", id_of(c, state));
    return true;
}

static bool revision_tag_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct value *inventory, *drift;
    struct kube *k;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")))
        return true;
    if (!open_cluster(c, state, &k))
        return false;
    if (value_is_null(value_at(state, "id")))
        return read_imported(c, k, state, out);
    if (!kube_set_refresh(c, k, objects_of(c, state), value_at(state, "objects"), &inventory,
                          &drift))
        return false;
    *out = value_count(inventory) ? described(c, state, inventory, drift) : NULL;
    return true;
}

/* --- planning -------------------------------------------------------------------- */

static bool is_known(const struct value *object)
{
    static const char *const names[] = {"tag", "revision", "namespace", "injection_url", "service"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (value_is_unknown(value_at(object, names[i])))
            return false;
    return true;
}

static bool revision_tag_plan(struct call *c, struct plan *plan)
{
    bool known = is_known(plan->planned),
         fresh = plan_is_create(plan) || plan_changes(plan, "cluster");

    connection_plan(c, plan, "cluster");
    plan_set(c, plan, "objects",
             kube_set_plan(c->arena, known ? objects_of(c, plan->planned) : &value_unknown,
                           fresh ? &value_null : objects_of(c, plan->prior),
                           value_at(plan->prior, "objects"), value_at(plan->prior, "drift")));
    plan_set(c, plan, "drift", &value_empty_list);
    return true;
}

static bool revision_tag_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"tag", "namespace?", NULL};
    const struct value *connection, *names, *namespace;

    if (!connection_import_id(c, id, keys, &connection, &names))
        return false;
    namespace = value_at(names, "namespace");
    *out = value_map_of(c->arena, {"cluster", connection}, {"tag", value_at(names, "tag")},
                        {"namespace", value_is_set(namespace)
                                          ? namespace
                                          : value_string(c->arena, NAMESPACE_DEFAULT)},
                        {"service", &value_true}, {"force_conflicts", &value_false});
    return true;
}

RESOURCE(istio_revision_tag) = {
    .name = "istio_revision_tag",
    .kind = KIND_MANAGED,
    .summary = "A name for a revision of istiod, to which namespaces and pods refer.",
    .doc = "Workloads name the tag in their label `istio.io/rev`; to upgrade them, install the new "
           "revision beside the old one, point the tag at it, and restart them. The tag is checked "
           "against the cluster before it moves: the revision must inject there, and no revision "
           "may have the name of the tag.\n\n"
           "istiod itself writes the certificate of its webhooks: that field is never touched.",
    .attributes = attributes,
    .timeouts = {.create = 120, .read = 60, .update = 120, .remove = 120},
    .import_doc = "`cluster=<name>,kubeconfig=<path>,context=<context>,tag=<tag>`; "
                  "`namespace` when istiod is not in `istio-system`.",
    .plan = revision_tag_plan,
    .create = revision_tag_create,
    .read = revision_tag_read,
    .update = revision_tag_update,
    .remove = revision_tag_remove,
    .import = revision_tag_import,
};
