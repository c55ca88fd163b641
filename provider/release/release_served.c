/* release_served - kinds of Kubernetes itself that a server does not serve, because it
 * is too new or too old for the chart. Custom kinds are left alone: their CRDs may come
 * before the apply does. */
#include <string.h>

#include "release/release_parts.h"

static struct text group_of(const char *api_version)
{
    const char *slash = strchr(api_version, '/');

    return (struct text){api_version, slash ? (size_t)(slash - api_version) : 0};
}

static bool is_of_kubernetes(struct text group)
{
    static const char *const groups[] = {
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "networking",
        "node",
        "rbac.authorization",
        "scheduling",
        "storage",
        NULL,
    };
    static const char tail[] = ".k8s.io";

    if (!group.len || !memchr(group.at, '.', group.len))
        return true;
    if (!text_ends_with(group, tail))
        return false;
    group.len -= strlen(tail);
    for (const char *const *name = groups; *name; name++)
        if (text_is(group, *name))
            return true;
    return false;
}

/* "policy/v1, extensions/v1": where the server has a kind of this name. */
static bool served_as(struct call *c, struct kube *k, const char *kind, const char **out)
{
    const struct value *all;
    struct text_builder b;

    if (!kube_api_versions(c, k, &all))
        return false;
    text_builder_init(&b, c->arena, 1000);
    for (size_t i = 0; i < value_count(all); i++) {
        struct text one = value_string_text(value_item(all, i));
        const char *slash = strrchr(value_z(value_item(all, i)), '/');

        if (!slash || strcmp(slash + 1, kind) != 0)
            continue;
        one.len -= strlen(slash);
        if (is_of_kubernetes(group_of(value_z(value_item(all, i)))))
            text_add_f(&b, "%s%.*s", b.len ? ", " : "", (int)one.len, one.at);
    }
    *out = b.len ? text_built(&b).at : "no such kind";
    return true;
}

static bool refuse(struct call *c, struct kube *k, const struct release *r,
                   const struct value *object)
{
    const struct kube_ref ref = kube_ref_of(object);
    struct kube_version server;
    const char *instead;

    if (!kube_version(c, k, &server) || !served_as(c, k, ref.kind, &instead))
        return false;
    return diag_error(
        c->diags, r->at,
        text_f(c->arena, "The chart of release %s does not fit this Kubernetes", r->name),
        "It asks for %s of %s; cluster %s is Kubernetes %s, which serves %s. Nothing was changed: "
        "use a version of the chart that is made for this Kubernetes, or switch the object off by "
        "values.",
        kube_ref_text(c->arena, &ref), ref.api_version, kube_name(k), server.git_version, instead);
}

bool release_check_served(struct call *c, struct kube *k, const struct release *r,
                          const struct value *objects)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = objects->map.entries[i].value;
        const struct kube_ref ref = kube_ref_of(object);
        struct kube_resource unused;
        bool found;

        if (!is_of_kubernetes(group_of(ref.api_version)))
            continue;
        if (!kube_discover(c, k, ref.api_version, ref.kind, &found, &unused))
            return false;
        fine = (found || refuse(c, k, r, object)) && fine;
    }
    return fine;
}
