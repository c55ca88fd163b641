#include "eks/access.h"

#include <string.h>

#include "aws/eks.h"
#include "aws/iam.h"
#include "eks/cluster_tag.h"
#include "eks/text_set.h"
#include "schema/check.h"

#define ADMINISTRATOR "AmazonEKSClusterAdminPolicy"
/* Values of CLUSTER_ROLE_TAG. Callers' entries are never removed: whoever applied last
 * must not lock out who applied before. */
#define ROLE_CALLER "caller"
#define ROLE_ENTRY "access-entry"

enum { PENDING_MS = 2 * 60 * 1000 };

static bool check_policy(struct call *c, const struct path *at, const struct value *v)
{
    return strncmp(value_z(v), "arn:", 4) == 0 ? check_arn(c, at, v) : check_not_empty(c, at, v);
}

const struct attribute access_rows[] = {
    TYPED("policies", &type_string_list, OPTIONAL,
          "Access policies: names such as `AmazonEKSViewPolicy`, or ARNs.",
          .check_element = check_policy),
    TYPED("namespaces", &type_string_list, OPTIONAL,
          "Namespaces in which the policies hold. Default: in the whole cluster.",
          .check_element = check_not_empty),
    TYPED("kubernetes_groups", &type_string_list, OPTIONAL,
          "Groups of Kubernetes that the principal is in, for bindings of roles.",
          .check_element = check_not_empty),
    STRING("username", OPTIONAL,
           "Name of the user in Kubernetes. Default: EKS makes it of the ARN.",
           .check = check_not_empty),
    END_ATTRIBUTES,
};

/* --- who calls -------------------------------------------------------------------- */

/* "admin" of "arn:aws:sts::1:assumed-role/admin/session"; NULL = not such a session. */
static const char *role_of_session(struct arena *a, const char *caller)
{
    static const char kind[] = "assumed-role/";
    const char *slash;
    struct arn arn;

    if (!arn_parse(a, caller, &arn) || strncmp(arn.resource, kind, sizeof(kind) - 1) != 0)
        return NULL;
    arn.resource += sizeof(kind) - 1;
    slash = strchr(arn.resource, '/');
    return slash ? text_z(a, (struct text){arn.resource, (size_t)(slash - arn.resource)})
                 : arn.resource;
}

/* Who may not read roles is told nothing of paths. */
bool access_principal(struct call *c, struct aws *aws, const char **arn)
{
    struct aws_identity identity;
    struct aws_reply reply;
    const char *role;

    if (!aws_identity(c, aws, &identity))
        return false;
    *arn = arn_of_principal(c->arena, identity.arn);
    role = role_of_session(c->arena, identity.arn);
    if (!role)
        return true;
    if (!aws_try(c, aws, &iam_get_role_row,
                 value_map_of(c->arena, {"RoleName", value_string(c->arena, role)}), &reply))
        return false;
    if (reply.output)
        *arn = value_text(value_at(reply.output, "Role"), "Arn");
    return true;
}

/* --- rules ------------------------------------------------------------------------ */

static bool check_groups(struct call *c, const struct path *at, const struct value *groups)
{
    for (size_t i = 0; i < value_count(groups); i++)
        if (strncmp(value_z(value_item(groups, i)), "system:", 7) == 0)
            return diag_error(c->diags, path_index(c->arena, at, i), "Not a group for an entry",
                              "EKS refuses groups that begin with system:. Administrators get the "
                              "policy " ADMINISTRATOR ".");
    return true;
}

bool access_check(struct call *c, const struct path *at, const struct value *entries)
{
    bool fine = true;

    for (size_t i = 0; value_is_set(entries) && i < value_count(entries); i++) {
        const struct value_entry *one = &entries->map.entries[i];
        const struct path *here = path_key(c->arena, at, one->key);
        const struct value *namespaces = value_at(one->value, "namespaces");

        fine = check_arn(c, here, value_string(c->arena, one->key)) && fine;
        fine = check_groups(c, path_name(c->arena, here, "kubernetes_groups"),
                            value_at(one->value, "kubernetes_groups")) &&
               fine;
        if (value_count(namespaces) && value_is_null(value_at(one->value, "policies")))
            fine = diag_error(c->diags, path_name(c->arena, here, "namespaces"),
                              "Namespaces without policies",
                              "They limit where the policies hold, and there are none.");
    }
    return fine;
}

/* --- one entry ---------------------------------------------------------------------- */

struct access_work {
    struct call *call;
    struct aws *aws;
    const char *cluster, *caller;
    const struct value *tags;
    const struct value *drift;
    bool look_only;
};

/* What is wanted of one principal: policies as a list {policyArn, accessScope}. */
struct wish {
    const char *principal, *role;
    const struct value *groups, *policies; /* groups null = left alone */
    const char *username;                  /* "" = EKS's choice */
    bool is_caller;
};

static const struct value *text(const struct access_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

static const struct value *entry_input(const struct access_work *w, const char *principal)
{
    return value_map_of(w->call->arena, {"clusterName", text(w, w->cluster)},
                        {"principalArn", text(w, principal)});
}

static bool may_change(struct access_work *w, const char *what)
{
    if (w->look_only)
        w->drift = value_append(w->call->arena, w->drift, text(w, what));
    return !w->look_only;
}

static const struct value *policies_wanted(const struct access_work *w, const struct value *entry)
{
    const struct value *names = value_at(entry, "policies"),
                       *namespaces = value_at(entry, "namespaces"), *list = &value_empty_list;
    struct arena *a = w->call->arena;
    const struct value *scope =
        value_map_of(a, {"type", text(w, value_count(namespaces) ? "namespace" : "cluster")},
                     {"namespaces", value_count(namespaces) ? namespaces : &value_empty_list});

    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_z(value_item(names, i));

        if (strncmp(name, "arn:", 4) != 0)
            name = partition_access_policy(a, aws_partition(w->aws), name);
        list = value_append(a, list,
                            value_map_of(a, {"policyArn", text(w, name)}, {"accessScope", scope}));
    }
    return list;
}

static bool same_scope(const struct value *x, const struct value *y)
{
    return strcmp(value_text(x, "type"), value_text(y, "type")) == 0 &&
           text_set_equal(value_at(x, "namespaces"), value_at(y, "namespaces"));
}

static const struct value *policy_in(const struct value *list, const struct value *policy)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(value_item(list, i), "policyArn"), value_at(policy, "policyArn")))
            return value_item(list, i);
    return NULL;
}

static bool ensure_policies(struct access_work *w, const struct wish *wish, bool is_new)
{
    const struct value *now = &value_empty_list, *output, *input = entry_input(w, wish->principal);
    struct arena *a = w->call->arena;

    if (!is_new && !aws_list(w->call, w->aws, &eks_list_associated_access_policies, input, &now))
        return false;
    for (size_t i = 0; i < value_count(wish->policies); i++) {
        const struct value *policy = value_item(wish->policies, i), *has = policy_in(now, policy);

        if ((has && same_scope(value_at(has, "accessScope"), value_at(policy, "accessScope"))) ||
            !may_change(w, text_f(a, "access entry %s: policies", wish->principal)))
            continue;
        if (!aws_call_until(w->call, w->aws, &eks_associate_access_policy,
                            value_merge(a, input, policy), PENDING_MS, &output))
            return false;
    }
    for (size_t i = 0; !wish->is_caller && i < value_count(now); i++) {
        const struct value *policy = value_item(now, i);

        if (policy_in(wish->policies, policy) ||
            !may_change(w, text_f(a, "access entry %s: policies", wish->principal)))
            continue;
        if (!aws_call(w->call, w->aws, &eks_disassociate_access_policy,
                      value_with(a, input, "policyArn", value_at(policy, "policyArn")), &output))
            return false;
    }
    return true;
}

static bool make(struct access_work *w, const struct wish *wish)
{
    struct arena *a = w->call->arena;
    const struct value *input = entry_input(w, wish->principal), *output;

    input = value_with(a, input, "kubernetesGroups", wish->groups);
    if (*wish->username)
        input = value_with(a, input, "username", text(w, wish->username));
    input = value_with(a, input, "tags", cluster_tags(w->call, w->tags, w->cluster, wish->role));
    return aws_call_until(w->call, w->aws, &eks_create_access_entry, input, PENDING_MS, &output);
}

static bool repair(struct access_work *w, const struct wish *wish, const struct value *now)
{
    struct arena *a = w->call->arena;
    const struct value *input = entry_input(w, wish->principal), *output;
    bool groups = value_is_null(wish->groups) ||
                  text_set_equal(wish->groups, value_at(now, "kubernetesGroups"));

    if (groups && (!*wish->username || strcmp(wish->username, value_text(now, "username")) == 0))
        return true;
    if (!may_change(w, text_f(a, "access entry %s: groups or user name", wish->principal)))
        return true;
    input = value_with(a, input, "kubernetesGroups", wish->groups);
    if (*wish->username)
        input = value_with(a, input, "username", text(w, wish->username));
    return aws_call(w->call, w->aws, &eks_update_access_entry, input, &output);
}

static bool ensure(struct access_work *w, const struct wish *wish)
{
    const struct value *now;

    if (!eks_describe_access_entry(w->call, w->aws, w->cluster, wish->principal, &now))
        return false;
    if (now)
        return repair(w, wish, now) && ensure_policies(w, wish, false);
    return !may_change(w, text_f(w->call->arena, "access entry %s: missing", wish->principal)) ||
           (make(w, wish) && ensure_policies(w, wish, true));
}

/* --- all of them ---------------------------------------------------------------------- */

static bool ensure_entry(struct access_work *w, const struct value_entry *entry)
{
    const struct value *groups = value_at(entry->value, "kubernetes_groups");
    const struct wish wish = {
        .principal = entry->key,
        .role = ROLE_ENTRY,
        .groups = value_count(groups) ? groups : &value_empty_list,
        .policies = policies_wanted(w, entry->value),
        .username = value_text(entry->value, "username"),
        .is_caller = strcmp(entry->key, w->caller) == 0,
    };

    return ensure(w, &wish);
}

static bool ensure_caller(struct access_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *policies = value_list_of(a, text(w, ADMINISTRATOR));
    const struct wish wish = {
        .principal = w->caller,
        .role = ROLE_CALLER,
        .groups = &value_null,
        .policies = policies_wanted(w, value_map_of(a, {"policies", policies})),
        .username = "",
        .is_caller = true,
    };

    return ensure(w, &wish);
}

/* Does the entry say that it is one of `access_entries`? */
static bool is_ours(const struct access_work *w, const struct value *entry)
{
    const struct value *tags = value_at(entry, "tags");

    return cluster_tags_are_ours(tags, w->cluster) &&
           strcmp(value_text(tags, CLUSTER_ROLE_TAG), ROLE_ENTRY) == 0;
}

static bool prune(struct access_work *w, const struct value *entries)
{
    const struct value *list, *entry, *output;

    if (!aws_list(w->call, w->aws, &eks_list_access_entries,
                  value_map_of(w->call->arena, {"clusterName", text(w, w->cluster)}), &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++) {
        const char *principal = value_z(value_item(list, i));

        if (value_has(entries, principal) || strcmp(principal, w->caller) == 0)
            continue;
        if (!eks_describe_access_entry(w->call, w->aws, w->cluster, principal, &entry) ||
            (entry && is_ours(w, entry) &&
             !aws_call(w->call, w->aws, &eks_delete_access_entry, entry_input(w, principal),
                       &output)))
            return false;
    }
    return true;
}

static bool ensure_entries(struct access_work *w, const struct value *entries)
{
    for (size_t i = 0; value_is_set(entries) && i < value_count(entries); i++)
        if (!ensure_entry(w, &entries->map.entries[i]))
            return false;
    return true;
}

bool access_converge(struct call *c, struct aws *aws, const char *cluster,
                     const struct value *entries, const struct value *tags)
{
    struct access_work w = {
        .call = c, .aws = aws, .cluster = cluster, .tags = tags, .drift = &value_empty_list};

    return access_principal(c, aws, &w.caller) && ensure_caller(&w) &&
           ensure_entries(&w, entries) && prune(&w, entries);
}

bool access_drift(struct call *c, struct aws *aws, const char *cluster, const struct value *entries,
                  const struct value **drift)
{
    struct access_work w = {.call = c,
                            .aws = aws,
                            .cluster = cluster,
                            .caller = "",
                            .tags = &value_null,
                            .look_only = true,
                            .drift = &value_empty_list};
    bool done = !value_count(entries) ||
                (access_principal(c, aws, &w.caller) && ensure_entries(&w, entries));

    *drift = w.drift;
    return done;
}

/* --- import --------------------------------------------------------------------------- */

static bool describe_entry(struct access_work *w, const struct value *entry,
                           const struct value **out)
{
    const char *principal = value_text(entry, "principalArn");
    struct arena *a = w->call->arena;
    const struct value *policies, *names = &value_empty_list, *namespaces = &value_null,
                                  *groups = value_at(entry, "kubernetesGroups");

    if (!aws_list(w->call, w->aws, &eks_list_associated_access_policies, entry_input(w, principal),
                  &policies))
        return false;
    for (size_t i = 0; i < value_count(policies); i++) {
        const struct value *one = value_item(policies, i),
                           *scope = value_in(one, "accessScope", "namespaces");
        const char *arn = value_text(one, "policyArn"), *slash = strrchr(arn, '/');

        names = value_append(a, names, text(w, slash ? slash + 1 : arn));
        namespaces = value_count(scope) ? scope : namespaces;
    }
    *out = value_map_of(a, {"policies", value_count(names) ? names : &value_null},
                        {"namespaces", namespaces},
                        {"kubernetes_groups", value_count(groups) ? groups : &value_null},
                        {"username", &value_null});
    return true;
}

bool access_import(struct call *c, struct aws *aws, const char *cluster,
                   const struct value **entries)
{
    struct access_work w = {.call = c, .aws = aws, .cluster = cluster};
    const struct value *list, *entry, *described;

    *entries = &value_null;
    if (!aws_list(c, aws, &eks_list_access_entries,
                  value_map_of(c->arena, {"clusterName", text(&w, cluster)}), &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++) {
        const char *principal = value_z(value_item(list, i));

        if (!eks_describe_access_entry(c, aws, cluster, principal, &entry))
            return false;
        if (!entry || !is_ours(&w, entry))
            continue;
        if (!describe_entry(&w, entry, &described))
            return false;
        *entries = value_with(c->arena, *entries, principal, described);
    }
    return true;
}
