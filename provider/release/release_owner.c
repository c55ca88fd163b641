/* release_owner - whose objects and fields are whose: Helm's marks, managers that
 * installed before us, fields that others write and are never fought over. */
#include <stdlib.h>
#include <string.h>

#include "release/release_parts.h"

static const char label_managed[] = "app.kubernetes.io/managed-by";
static const char annotation_name[] = "meta.helm.sh/release-name";
static const char annotation_namespace[] = "meta.helm.sh/release-namespace";

const struct value *release_marked(struct arena *a, const struct release *r,
                                   const struct value *object)
{
    object = value_with_in(a, object, value_string(a, "Helm"), "metadata", "labels", label_managed);
    object = value_with_in(a, object, value_string(a, r->name), "metadata", "annotations",
                           annotation_name);
    return value_with_in(a, object, value_string(a, r->namespace), "metadata", "annotations",
                         annotation_namespace);
}

bool release_is_crd(const struct value *object)
{
    return strcmp(value_text(object, "kind"), "CustomResourceDefinition") == 0 &&
           text_starts_with(text_of(value_text(object, "apiVersion")), "apiextensions.k8s.io/");
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool release_is_kept(const struct value *object)
{
    struct text policy = text_trim(
        value_string_text(value_in(object, "metadata", "annotations", "helm.sh/resource-policy")));

    if (policy.len != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (lower(policy.at[i]) != "keep"[i])
            return false;
    return true;
}

/* --- managers that installed ----------------------------------------------------- */

/* Whatever its program is called: who wrote Helm's mark installed the object. */
static bool wrote_mark(const struct value *entry)
{
    return value_has(value_in(entry, "fieldsV1", "f:metadata", "f:annotations"),
                     "f:meta.helm.sh/release-name");
}

/* Objects of crds/, and those of istioctl, bear no mark. */
static bool is_installer(const struct value *entry)
{
    static const char *const names[] = {"helm", "Helm", "istioctl", "istio-operator"};
    const char *manager = value_text(entry, "manager");

    if (value_text(entry, "subresource")[0] || strcmp(manager, KUBE_FIELD_MANAGER) == 0)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(manager, names[i]) == 0)
            return true;
    return text_starts_with(text_of(manager), "terraform-provider-helm") || wrote_mark(entry);
}

static const struct value *managers_of(const struct value *live)
{
    return value_in(live, "metadata", "managedFields");
}

static bool has_installer(const struct value *live)
{
    const struct value *managers = managers_of(live);

    for (size_t i = 0; i < value_count(managers); i++)
        if (is_installer(value_item(managers, i)))
            return true;
    return false;
}

/* Their fields as ours, for looking only. */
static const struct value *with_installers(struct arena *a, const struct value *live)
{
    const struct value *managers = managers_of(live);
    struct value_builder b;

    if (!has_installer(live))
        return live;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(managers); i++) {
        const struct value *entry = value_item(managers, i);

        if (is_installer(entry))
            entry = value_with(a, entry, "manager", value_string(a, KUBE_FIELD_MANAGER));
        value_builder_add(&b, entry);
    }
    return value_with_in(a, live, value_builder_list(&b), "metadata", "managedFields");
}

/* FieldsV1: an empty map is a leaf, and a leaf's ownership covers what is below. */
static const struct value *union_of(struct arena *a, const struct value *x, const struct value *y)
{
    struct value_builder b;

    if (!value_count(x))
        return y;
    if (!value_count(y))
        return x;
    value_builder_init(&b, a);
    for (size_t i = 0; i < x->map.count; i++) {
        const char *key = x->map.entries[i].key;

        value_builder_push(&b, key,
                           value_has(y, key)
                               ? union_of(a, x->map.entries[i].value, value_at(y, key))
                               : x->map.entries[i].value);
    }
    for (size_t i = 0; i < y->map.count; i++)
        if (!value_has(x, y->map.entries[i].key))
            value_builder_push(&b, y->map.entries[i].key, y->map.entries[i].value);
    return value_builder_map(&b);
}

/* One entry of ours by apply in place of the installers'; the server wants one entry
 * for each manager, operation and version. */
static const struct value *managers_migrated(struct arena *a, const struct value *live)
{
    const struct value *managers = managers_of(live), *first = NULL, *fields = &value_empty_map;
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(managers); i++) {
        const struct value *entry = value_item(managers, i);
        bool ours = strcmp(value_text(entry, "manager"), KUBE_FIELD_MANAGER) == 0 &&
                    strcmp(value_text(entry, "operation"), "Apply") == 0 &&
                    !value_text(entry, "subresource")[0];

        if (!ours && !is_installer(entry)) {
            value_builder_add(&b, entry);
            continue;
        }
        first = first && !ours ? first : entry;
        fields = union_of(a, fields, value_at(entry, "fieldsV1"));
    }
    first = value_with(a, first, "manager", value_string(a, KUBE_FIELD_MANAGER));
    first = value_with(a, first, "operation", value_string(a, "Apply"));
    value_builder_add(&b, value_with(a, first, "fieldsV1", fields));
    return value_builder_list(&b);
}

bool release_migrate(struct call *c, struct kube *k, const struct value *live,
                     const struct value **out)
{
    const struct kube_ref ref = kube_ref_of(live);
    const struct value *metadata;

    *out = live;
    if (!has_installer(live))
        return true;
    metadata = value_map_of(c->arena, {"managedFields", managers_migrated(c->arena, live)},
                            {"resourceVersion", value_in(live, "metadata", "resourceVersion")});
    return kube_patch(c, k, &ref, value_map_of(c->arena, {"metadata", metadata}), 0, out);
}

/* --- fields of others -------------------------------------------------------------- */

enum fought {
    FOUGHT_UNCOUNTED = 1 << 0, /* left out of digests */
    FOUGHT_EMPTY = 1 << 1,     /* an empty value is never applied */
    FOUGHT_SCALED = 1 << 2,    /* left to an autoscaler of the release, and to `scale` */
};

/* Fields that controllers write into objects of charts. "*" is every element of a list,
 * which has the key `name`. */
static const struct {
    const char *kind;
    const char *path[5];
    unsigned flags;
} fought_over[] = {
    {"MutatingWebhookConfiguration",
     {"webhooks", "*", "clientConfig", "caBundle"},
     FOUGHT_UNCOUNTED | FOUGHT_EMPTY},
    {"ValidatingWebhookConfiguration",
     {"webhooks", "*", "clientConfig", "caBundle"},
     FOUGHT_UNCOUNTED | FOUGHT_EMPTY},
    {"MutatingWebhookConfiguration", {"webhooks", "*", "failurePolicy"}, FOUGHT_UNCOUNTED},
    {"ValidatingWebhookConfiguration", {"webhooks", "*", "failurePolicy"}, FOUGHT_UNCOUNTED},
    {"CustomResourceDefinition",
     {"spec", "conversion", "webhook", "clientConfig", "caBundle"},
     FOUGHT_UNCOUNTED | FOUGHT_EMPTY},
    {"APIService", {"spec", "caBundle"}, FOUGHT_UNCOUNTED | FOUGHT_EMPTY},
    {"Deployment", {"spec", "replicas"}, FOUGHT_SCALED},
    {"StatefulSet", {"spec", "replicas"}, FOUGHT_SCALED},
    {"ReplicaSet", {"spec", "replicas"}, FOUGHT_SCALED},
};
enum { PATH_STEPS = 5 };

/* What decides over a field: NULL = drop it always. */
typedef bool drop_fn(void *data, const struct value *v, const struct value *owners);

/* Steps down path and owners (a list of FieldsV1 maps of others) side by side. */
static const struct value *owners_below(struct arena *a, const struct value *owners,
                                        const char *key)
{
    const struct value *below = &value_empty_list;

    for (size_t i = 0; i < value_count(owners); i++)
        if (value_has(value_item(owners, i), key))
            below = value_append(a, below, value_at(value_item(owners, i), key));
    return below;
}

static const struct value *without(struct arena *a, const struct value *v, const char *const *path,
                                   size_t steps, const struct value *owners, drop_fn *drop,
                                   void *data);

static const struct value *without_in_elements(struct arena *a, const struct value *list,
                                               const char *const *path, size_t steps,
                                               const struct value *owners, drop_fn *drop,
                                               void *data)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_item(list, i);
        const char *key = text_f(a, "k:{\"name\":\"%s\"}", value_text(item, "name"));

        value_builder_add(&b,
                          without(a, item, path, steps, owners_below(a, owners, key), drop, data));
    }
    return value_builder_list(&b);
}

static const struct value *without(struct arena *a, const struct value *v, const char *const *path,
                                   size_t steps, const struct value *owners, drop_fn *drop,
                                   void *data)
{
    const struct value *below;

    if (!steps || !path[0] || !value_has(v, path[0]))
        return v;
    owners = owners_below(a, owners, text_f(a, "f:%s", path[0]));
    below = value_at(v, path[0]);
    if (steps == 1 || !path[1])
        return drop(data, below, owners) ? value_with(a, v, path[0], NULL) : v;
    if (strcmp(path[1], "*") == 0)
        below = without_in_elements(a, below, path + 2, steps - 2, owners, drop, data);
    else
        below = without(a, below, path + 1, steps - 1, owners, drop, data);
    return value_with(a, v, path[0], below);
}

/* --- what counts ---------------------------------------------------------------------- */

static bool drop_always(void *data, const struct value *v, const struct value *owners)
{
    (void)data;
    (void)v;
    (void)owners;
    return true;
}

const struct value *release_view(struct arena *a, const struct value *live)
{
    const char *kind = value_text(live, "kind");

    live = with_installers(a, live);
    for (size_t i = 0; i < sizeof(fought_over) / sizeof(*fought_over); i++)
        if (fought_over[i].flags & FOUGHT_UNCOUNTED && strcmp(fought_over[i].kind, kind) == 0)
            live = without(a, live, fought_over[i].path, PATH_STEPS, &value_empty_list, drop_always,
                           NULL);
    return live;
}

/* --- what is applied -------------------------------------------------------------------- */

struct dropping {
    unsigned flags;
    bool scaled;
};

static bool drop_foreign(void *data, const struct value *v, const struct value *owners)
{
    const struct dropping *d = data;

    if (d->flags & FOUGHT_EMPTY && value_is_null(v))
        return true;
    if (d->flags & FOUGHT_EMPTY && v->kind == VALUE_STRING && !v->string.len)
        return true;
    return (d->flags & FOUGHT_SCALED && d->scaled) || value_count(owners) > 0;
}

/* Field sets of others; of those of workloads, what came by the sub-resource scale. */
static const struct value *foreign_sets(struct arena *a, const struct value *live, bool scale)
{
    const struct value *managers = managers_of(live), *sets = &value_empty_list;

    for (size_t i = 0; i < value_count(managers); i++) {
        const struct value *entry = value_item(managers, i);
        bool is_scale = strcmp(value_text(entry, "subresource"), "scale") == 0;

        if (strcmp(value_text(entry, "manager"), KUBE_FIELD_MANAGER) != 0 && !is_installer(entry) &&
            is_scale == scale)
            sets = value_append(a, sets, value_at(entry, "fieldsV1"));
    }
    return sets;
}

static const char *scaled_name(struct arena *a, const char *kind, const char *name)
{
    return text_f(a, "%s/%s", kind, name);
}

const struct value *release_scaled(struct arena *a, const struct value *objects)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i);
        const struct value *target = value_in(object, "spec", "scaleTargetRef");

        if (strcmp(value_text(object, "kind"), "HorizontalPodAutoscaler") == 0 ||
            strcmp(value_text(object, "kind"), "ScaledObject") == 0)
            value_builder_set(&b,
                              scaled_name(a,
                                          value_text(target, "kind")[0] ? value_text(target, "kind")
                                                                        : "Deployment",
                                          value_text(target, "name")),
                              &value_true);
    }
    return value_builder_map(&b);
}

const struct value *release_without_foreign(struct arena *a, const struct value *object,
                                            const struct value *live, const struct value *scaled)
{
    const char *kind = value_text(object, "kind");
    const char *name = value_z(value_in(object, "metadata", "name"));

    for (size_t i = 0; i < sizeof(fought_over) / sizeof(*fought_over); i++) {
        struct dropping d = {fought_over[i].flags, value_has(scaled, scaled_name(a, kind, name))};

        if (strcmp(fought_over[i].kind, kind) == 0)
            object = without(a, object, fought_over[i].path, PATH_STEPS,
                             foreign_sets(a, live ? live : &value_null, d.flags & FOUGHT_SCALED),
                             drop_foreign, &d);
    }
    return object;
}

/* --- who may write ------------------------------------------------------------------------ */

static bool refuse(struct call *c, struct kube *k, const struct release *r,
                   const struct value *live)
{
    const struct value *annotations = value_in(live, "metadata", "annotations");
    const struct kube_ref ref = kube_ref_of(live);
    const char *other = value_text(annotations, annotation_name);

    if (other[0])
        return diag_error(
            c->diags, r->at,
            text_f(c->arena, "%s belongs to another release", kube_ref_text(c->arena, &ref)),
            "On cluster %s it is marked as part of the release %s in namespace %s; here it would "
            "become part of %s in %s. Choose another name, or set take_ownership = true.",
            kube_name(k), other, value_text(annotations, annotation_namespace), r->name,
            r->namespace);
    return diag_error(
        c->diags, r->at,
        text_f(c->arena, "%s exists and is not part of this release",
               kube_ref_text(c->arena, &ref)),
        "Cluster %s has it already, without the marks of release %s in %s. Delete it, set "
        "take_ownership = true to make it part of this release, or, when the release as a whole "
        "was installed by Helm, import it: %s",
        kube_name(k), r->name, r->namespace, r->import_hint ? r->import_hint : "terraform import");
}

bool release_may_touch(struct call *c, struct kube *k, const struct release *r,
                       const struct value *entry, const struct value *object,
                       const struct value *live)
{
    const struct value *annotations = value_in(live, "metadata", "annotations");
    const char *uid = value_text(entry, "uid");

    if (r->flags & RELEASE_TAKE_OWNERSHIP)
        return true;
    if (uid[0] && strcmp(uid, value_z(value_in(live, "metadata", "uid"))) == 0)
        return true;
    if (strcmp(value_text(annotations, annotation_name), r->name) == 0 &&
        strcmp(value_text(annotations, annotation_namespace), r->namespace) == 0)
        return true;
    /* Those of crds/ bear no marks and are shared by releases. */
    if (release_is_crd(object) &&
        !value_has(value_in(object, "metadata", "annotations"), annotation_name))
        return true;
    return refuse(c, k, r, live);
}
