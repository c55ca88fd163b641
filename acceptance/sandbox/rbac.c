#include "acceptance/sandbox/rbac.h"

#include <ctype.h>
#include <string.h>

#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"

static const char group_name[] = "rbac.authorization.k8s.io";

static bool lists(const struct value *list, const char *wanted)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), wanted) == 0 ||
            strcmp(value_z(value_item(list, i)), "*") == 0)
            return true;
    return false;
}

static bool lists_resource(struct arena *a, const struct value *list, const struct access *x)
{
    if (!*x->subresource)
        return lists(list, x->resource);
    return lists(list, text_f(a, "%s/%s", x->resource, x->subresource)) ||
           lists(list, text_f(a, "*/%s", x->subresource));
}

/* "/healthz/" followed by a star covers all below. */
static bool lists_url(const struct value *list, const char *url)
{
    for (size_t i = 0; i < value_count(list); i++) {
        struct text pattern = value_string_text(value_item(list, i));

        if (text_is(pattern, url) ||
            (text_ends_with(pattern, "*") && strncmp(url, pattern.at, pattern.len - 1) == 0))
            return true;
    }
    return false;
}

static bool rule_allows(struct arena *a, const struct value *rule, const struct access *x)
{
    const struct value *names = value_at(rule, "resourceNames");

    if (!lists(value_at(rule, "verbs"), x->verb))
        return false;
    if (x->url)
        return lists_url(value_at(rule, "nonResourceURLs"), x->url);
    return lists(value_at(rule, "apiGroups"), x->group) &&
           lists_resource(a, value_at(rule, "resources"), x) &&
           (value_count(names) == 0 || (*x->name && lists(names, x->name)));
}

static bool subject_is(struct arena *a, const struct value *subject, const char *binding_ns,
                       const struct user *u)
{
    const char *kind = value_text(subject, "kind"), *name = value_text(subject, "name");
    const char *ns = value_text(subject, "namespace");

    if (strcmp(kind, "User") == 0)
        return strcmp(name, u->name) == 0;
    if (strcmp(kind, "Group") == 0)
        return user_in_group(u, name);
    return strcmp(kind, "ServiceAccount") == 0 &&
           strcmp(text_f(a, "system:serviceaccount:%s:%s", *ns ? ns : binding_ns, name), u->name) ==
               0;
}

/* Does a binding of role, found in ns ("" = cluster), allow it? */
static bool binding_allows(struct sandbox *s, struct arena *a, const struct value *binding,
                           const char *ns, const struct access *x)
{
    const struct value *subjects = value_at(binding, "subjects"), *role, *rules;
    bool bound = false, cluster;

    for (size_t i = 0; i < value_count(subjects) && !bound; i++)
        bound = subject_is(a, value_item(subjects, i), ns, x->user);
    if (!bound)
        return false;
    cluster = strcmp(value_z(value_in(binding, "roleRef", "kind")), "ClusterRole") == 0;
    role = store_get(s, a, kind_find(s, group_name, "v1", cluster ? "clusterroles" : "roles"),
                     cluster ? "" : ns, value_z(value_in(binding, "roleRef", "name")));
    rules = role ? value_at(role, "rules") : &value_null;
    for (size_t i = 0; i < value_count(rules); i++)
        if (rule_allows(a, value_item(rules, i), x))
            return true;
    return false;
}

static bool bindings_allow(struct sandbox *s, struct arena *a, const char *plural, const char *ns,
                           const struct access *x)
{
    const struct collection *c = store_collection(s, kind_find(s, group_name, "v1", plural));
    size_t first, end;

    store_range(c, ns, &first, &end);
    for (size_t i = first; i < end; i++)
        if (binding_allows(s, a, stored_value(a, c->items[i]), ns, x))
            return true;
    return false;
}

bool rbac_allows(struct sandbox *s, struct arena *a, const struct access *x)
{
    if (user_in_group(x->user, "system:masters"))
        return true;
    return bindings_allow(s, a, "clusterrolebindings", "", x) ||
           (*x->ns && bindings_allow(s, a, "rolebindings", x->ns, x));
}

bool rbac_check(struct request *r)
{
    struct access x = {&r->user,       r->verb, r->kind->group, r->kind->plural,
                       r->subresource, r->name, r->ns,          NULL};
    const char *resource = r->kind->plural, *scope = "at the cluster scope";

    /* A namespace is in its own namespace: RoleBindings inside may give access. */
    if (kind_is(r->kind, "", "namespaces"))
        x.ns = r->name;
    if (rbac_allows(r->s, r->a, &x))
        return true;
    if (*r->subresource)
        resource = text_f(r->a, "%s/%s", resource, r->subresource);
    if (*x.ns)
        scope = text_f(r->a, "in the namespace \"%s\"", x.ns);
    return status_object(r, 403, "Forbidden",
                         "%s%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group "
                         "\"%s\" %s",
                         kind_resource(r->a, r->kind),
                         *r->name ? text_f(r->a, " \"%s\"", r->name) : "", r->user.name, r->verb,
                         resource, r->kind->group, scope);
}

bool rbac_check_path(struct request *r)
{
    char *verb = arena_strdup(r->a, r->method);
    struct access x = {&r->user, verb, "", "", "", "", "", r->path};

    for (char *c = verb; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (rbac_allows(r->s, r->a, &x))
        return true;
    reply_value(r, 403,
                status_value(r->a, 403, "Forbidden",
                             text_f(r->a, "forbidden: User \"%s\" cannot %s path \"%s\"",
                                    r->user.name, verb, r->path),
                             &value_empty_map));
    return false;
}
