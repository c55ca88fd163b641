#include "istio/namespace.h"

#include <string.h>

#include "kube/contents.h"
#include "kube/wait.h"

static const char managed_by[] = "app.kubernetes.io/managed-by";
static const char network_label[] = "topology.istio.io/network";

static struct kube_ref ref_of(const char *name)
{
    return (struct kube_ref){"v1", "Namespace", NULL, name};
}

static const char *label(const struct value *namespace, const char *key)
{
    return value_z(value_in(namespace, "metadata", "labels", key));
}

static bool is_made_by_us(const struct value *namespace)
{
    return strcmp(label(namespace, managed_by), KUBE_FIELD_MANAGER) == 0;
}

static bool is_going(const struct value *namespace)
{
    return value_is_set(value_in(namespace, "metadata", "deletionTimestamp"));
}

bool namespace_find(struct call *c, struct kube *k, const char *name, const struct value **out)
{
    const struct kube_ref ref = ref_of(name);

    return kube_get(c, k, &ref, out);
}

bool namespace_refresh(struct call *c, struct kube *k, const char *name, const char *network,
                       bool *ours, const char **drift)
{
    const struct value *found;

    *ours = false;
    *drift = NULL;
    if (!namespace_find(c, k, name, &found))
        return false;
    *ours = found && is_made_by_us(found) && !is_going(found);
    if (found && network[0] && strcmp(label(found, network_label), network) != 0)
        *drift = text_f(c->arena, "Namespace//%s: metadata.labels[\"%s\"]", name, network_label);
    return true;
}

bool namespace_is_ours(struct call *c, struct kube *k, const char *name, bool *ours)
{
    const char *unused;

    return namespace_refresh(c, k, name, "", ours, &unused);
}

/* Without labels the whole entry is left out: an empty one would be owned too. */
static const struct value *object_of(struct arena *a, const char *name, bool ours,
                                     const char *network)
{
    const struct value *metadata = value_map_of(a, {"name", value_string(a, name)});

    if (ours)
        metadata =
            value_with_in(a, metadata, value_string(a, KUBE_FIELD_MANAGER), "labels", managed_by);
    if (network[0])
        metadata = value_with_in(a, metadata, value_string(a, network), "labels", network_label);
    return value_map_of(a, {"apiVersion", value_string(a, "v1")},
                        {"kind", value_string(a, "Namespace")}, {"metadata", metadata});
}

/* --- making ------------------------------------------------------------------- */

/* Created, not applied: of several that do so at once one wins, and what it
 * says is not undone by the others. */
static bool make(struct call *c, struct kube *k, const char *name, const char *network,
                 const struct value **out)
{
    struct diags said;
    struct call quiet;

    diags_init(&said, c->arena);
    quiet = call_quietly(c, &said);
    if (kube_create(&quiet, k, object_of(c->arena, name, true, network), 0, NULL, out))
        return true;
    if (namespace_find(&quiet, k, name, out) && *out && !is_going(*out))
        return true;
    diags_append(c->diags, &said);
    return false;
}

static bool wait_until_gone(struct call *c, struct kube *k, const char *name)
{
    const struct kube_ref ref = ref_of(name);
    const struct value *last;

    return kube_wait_for(c, k, &ref, "be deleted, so that it can be made anew", kube_judge_gone,
                         NULL, &last);
}

static bool put_network(struct call *c, struct kube *k, const char *name, const char *network,
                        const struct value *found)
{
    const char *present = label(found, network_label);
    bool ours = is_made_by_us(found);
    const struct value *unused;

    if (!network[0] || strcmp(present, network) == 0)
        return true;
    if (present[0] && !kube_is_ours(found))
        return diag_error(c->diags, NULL,
                          text_f(c->arena, "Namespace %s is in another network", name),
                          "On cluster %s it has the label %s=%s, and the connection of the cluster "
                          "says %s. All pods of a cluster are in one network: correct the one that "
                          "is wrong.",
                          kube_name(k), network_label, present, network);
    return kube_apply(c, k, object_of(c->arena, name, ours, network), ours ? KUBE_FORCE : 0,
                      &unused);
}

bool namespace_ensure_found(struct call *c, struct kube *k, const char *name, const char *network,
                            const struct value *found)
{
    if (found && is_going(found)) {
        if (!wait_until_gone(c, k, name))
            return false;
        found = NULL;
    }
    if (!found && !make(c, k, name, network, &found))
        return false;
    return put_network(c, k, name, network, found);
}

bool namespace_ensure(struct call *c, struct kube *k, const char *name, const char *network)
{
    const struct value *found;

    return namespace_find(c, k, name, &found) && namespace_ensure_found(c, k, name, network, found);
}

/* --- taking away ----------------------------------------------------------------- */

/* What Kubernetes and istiod put into every namespace. */
static bool comes_by_itself(const struct value *object)
{
    static const struct {
        const char *kind, *name;
    } always[] = {
        {"ServiceAccount", "default"},
        {"ConfigMap", "kube-root-ca.crt"},
        {"ConfigMap", "istio-ca-root-cert"},
        {"ConfigMap", "istio-ca-crl"},
    };
    const char *kind = value_text(object, "kind");
    const char *name = value_z(value_in(object, "metadata", "name"));

    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        if (strcmp(always[i].kind, kind) == 0 && strcmp(always[i].name, name) == 0)
            return true;
    return false;
}

/* One request that mostly spares all the others: most of what we make is Secrets. */
static bool holds_secret(struct call *c, struct kube *k, const char *name, bool only_ours,
                         bool *held)
{
    const struct kube_ref secrets = {"v1", "Secret", name, NULL};
    const struct value *found;

    *held = false;
    if (!kube_list(c, k, &secrets, NULL, &found))
        return false;
    for (size_t i = 0; i < value_count(found); i++)
        *held = *held || !only_ours || kube_is_ours(value_item(found, i));
    return true;
}

/* *held = something is left that keeps the namespace, or our label on it. */
static bool is_held(struct call *c, struct kube *k, const char *name, bool only_ours, bool *held)
{
    struct kube_contents contents;

    if (!holds_secret(c, k, name, only_ours, held))
        return false;
    if (*held)
        return true;
    if (!kube_contents(c, k, name, &contents))
        return false;
    *held = contents.unlisted[0] != '\0';
    if (*held)
        diag_warning(c->diags, NULL, text_f(c->arena, "Namespace %s is kept", name),
                     "On cluster %s it cannot be seen whether it is empty; these could not be "
                     "listed: %s.",
                     kube_name(k), contents.unlisted);
    for (size_t i = 0; i < value_count(contents.objects); i++) {
        const struct value *object = value_item(contents.objects, i);

        *held = *held || (only_ours ? kube_is_ours(object) : !comes_by_itself(object));
    }
    return true;
}

static bool take_away(struct call *c, struct kube *k, const struct value *found, const char *name)
{
    const struct kube_ref ref = ref_of(name);
    const struct kube_delete_options options = {
        .uid = value_z(value_in(found, "metadata", "uid")),
        .wait = true,
    };

    return kube_delete(c, k, &ref, &options);
}

/* An apply without any field gives back all that were applied before. */
static bool take_label_off(struct call *c, struct kube *k, const char *name)
{
    const struct value *unused;

    return kube_apply(c, k, object_of(c->arena, name, false, ""), 0, &unused);
}

bool namespace_release(struct call *c, struct kube *k, const char *name)
{
    const struct value *found;
    bool held, made;

    if (!namespace_find(c, k, name, &found))
        return false;
    if (!found || is_going(found) || !kube_is_ours(found))
        return true;
    made = is_made_by_us(found);
    if (!is_held(c, k, name, !made, &held))
        return false;
    if (held)
        return true;
    return made ? take_away(c, k, found, name) : take_label_off(c, k, name);
}

void namespace_leave(struct call *c, const struct value *connection, const char *name)
{
    struct diags unheard;
    struct call quiet;
    struct kube *k;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (kube_open(&quiet, connection, NULL, &k))
        (void)namespace_release(&quiet, k, name);
}
