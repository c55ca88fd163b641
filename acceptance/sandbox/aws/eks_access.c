/* Who may do what in a cluster of the stand-in EKS: access entries and their policies. Of
 * the policies those of administrators are known to the API server (system:masters); the
 * others give nothing there. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/cloud_iam.h"
#include "base/clock.h"

static const char policy_prefix[] = "arn:aws:eks::aws:cluster-access-policy/";

/* --- entries -------------------------------------------------------------------------------- */
static bool is_allowed(struct cloud_request *r, const struct record *cluster)
{
    const char *mode = value_z(value_in(cluster->body, "accessConfig", "authenticationMode"));

    return strcmp(mode, "CONFIG_MAP") != 0 ||
           cloud_refuse(r, 400, "InvalidRequestException",
                        "The cluster's authentication mode must be set to one of [API, "
                        "API_AND_CONFIG_MAP] to perform this operation.");
}

static bool principal_exists(struct cloud_request *r, const char *arn)
{
    const char *user = text_f(r->a, "arn:aws:iam::%s:user/", r->cloud->account);

    return strncmp(arn, user, strlen(user)) == 0 || cloud_iam_role_of_arn(r->cloud, arn) ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "The specified principalArn is invalid: invalid principal: %s", arn);
}

/* Sessions of a role carry their name into the user's. */
static const char *default_username(struct arena *a, const struct cloud *c, const char *principal,
                                    const char *type)
{
    const char *slash = strrchr(principal, '/');

    if (strcmp(type, "STANDARD") != 0)
        return "system:node:{{EC2PrivateDNSName}}";
    if (!strstr(principal, ":role/"))
        return principal;
    return text_f(a, "arn:aws:sts::%s:assumed-role/%s/{{SessionName}}", c->account,
                  slash ? slash + 1 : "");
}

static const struct value *new_policy(struct arena *a, const char *arn, const struct value *scope)
{
    const struct value *now = value_integer(a, clock_now());

    return value_map_of(a, {"policyArn", value_string(a, arn)}, {"accessScope", scope},
                        {"associatedAt", now}, {"modifiedAt", now});
}

static const struct value *entry_body(struct arena *a, const struct cloud *c, const char *principal,
                                      const char *type)
{
    return value_map_of(a, {"principalArn", value_string(a, principal)},
                        {"type", value_string(a, type)}, {"kubernetesGroups", &value_empty_list},
                        {"username", value_string(a, default_username(a, c, principal, type))},
                        {".policies", &value_empty_map});
}

void cloud_eks_entry_add(struct cloud *c, const struct record *cluster, const char *principal,
                         const char *type, const char *policy)
{
    struct arena *a = arena_new();
    const char *id = text_f(a, "%s/%s", cluster->id, principal);
    const char *mode = value_z(value_in(cluster->body, "accessConfig", "authenticationMode"));
    const struct value *scope =
        value_map_of(a, {"type", value_string(a, "cluster")}, {"namespaces", &value_empty_list});
    const struct value *body = entry_body(a, c, principal, type);

    body = value_with(a, body, "clusterName", value_string(a, cluster->id));
    body = value_with(a, body, "accessEntryArn",
                      value_f(a, "arn:aws:eks:%s:%s:access-entry/%s/%s", cluster->region,
                              c->account, cluster->id, cloud_new_id(c, a, "x") + 2));
    body = value_with(a, body, "createdAt", value_integer(a, clock_now()));
    if (policy) {
        const char *arn = text_f(a, "%s%s", policy_prefix, policy);

        body = value_with_in(a, body, new_policy(a, arn, scope), ".policies", arn);
    }
    if (strcmp(mode, "CONFIG_MAP") != 0 && !record_find(c, cluster->region, "access-entry", id))
        record_add(c, cluster->region, "access-entry", id, body)->seen_at_ms = 0;
    arena_free(a);
}

static bool groups_fit(struct cloud_request *r)
{
    const struct value *groups = value_at(r->parameters, "kubernetesGroups");

    for (size_t i = 0; i < value_count(groups); i++)
        if (strncmp(value_z(value_item(groups, i)), "system:", 7) == 0)
            return cloud_refuse(r, 400, "InvalidParameterException",
                                "The kubernetes group name %s is invalid, it cannot start with "
                                "system:",
                                value_z(value_item(groups, i)));
    return true;
}

static bool create_access_entry(struct cloud_request *r)
{
    static const char *const needed[] = {"principalArn", NULL};
    static const char *const kept[] = {"kubernetesGroups", "username", NULL};
    const char *principal = cloud_text(r, "principalArn"), *type = cloud_text(r, "type");
    const char *token = cloud_text(r, "clientRequestToken");
    const struct record *cluster = cloud_eks_cluster(r);
    struct record *again, *made;

    if (!cluster || !is_allowed(r, cluster) || !cloud_eks_needs(r, needed) ||
        !token_check(r, token, &again))
        return false;
    if (again)
        return cloud_eks_answer(r, "accessEntry", again);
    if (!principal_exists(r, principal) || !groups_fit(r))
        return false;
    if (record_find(r->cloud, r->region, "access-entry", cloud_eks_id(r, principal)))
        return cloud_refuse(r, 409, "ResourceInUseException",
                            "The specified access entry resource is already in use on this "
                            "cluster.");
    made = cloud_eks_new(
        r, "access-entry", cloud_eks_id(r, principal), "accessEntryArn", NULL,
        cloud_eks_given(r, kept, entry_body(r->a, r->cloud, principal, *type ? type : "STANDARD")));
    token_keep(r, token, made);
    return cloud_eks_answer(r, "accessEntry", made);
}

static struct record *get(struct cloud_request *r)
{
    return cloud_eks_find(r, "access-entry", cloud_text(r, "principalArn"));
}

static bool describe_access_entry(struct cloud_request *r)
{
    const struct record *entry = get(r);

    return entry && cloud_eks_answer(r, "accessEntry", entry);
}

static bool list_access_entries(struct cloud_request *r)
{
    return cloud_eks_list(r, "accessEntries", "access-entry", "principalArn");
}

static bool update_access_entry(struct cloud_request *r)
{
    struct record *entry = get(r);

    if (!entry || !groups_fit(r))
        return false;
    if (value_has(r->parameters, "kubernetesGroups"))
        record_set(entry, "kubernetesGroups", value_at(r->parameters, "kubernetesGroups"));
    if (value_has(r->parameters, "username"))
        record_set(entry, "username", value_at(r->parameters, "username"));
    return cloud_eks_answer(r, "accessEntry", entry);
}

static bool delete_access_entry(struct cloud_request *r)
{
    struct record *entry = get(r);

    if (!entry)
        return false;
    record_remove(r->cloud, entry);
    return cloud_answer(r, &value_empty_map);
}

/* --- policies ----------------------------------------------------------------------------------
 */
static bool policy_fits(struct cloud_request *r, const char *arn)
{
    static const char *const names[] = {"AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy",
                                        "AmazonEKSEditPolicy",         "AmazonEKSViewPolicy",
                                        "AmazonEKSAdminViewPolicy",    "AmazonEKSAutoNodePolicy",
                                        "AmazonEKSSecretReaderPolicy", "AmazonEKSNetworkingPolicy"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(arn, text_f(r->a, "%s%s", policy_prefix, names[i])) == 0)
            return true;
    return cloud_refuse(r, 400, "InvalidParameterException",
                        "The policyArn parameter format is not valid: %s", arn);
}

static bool associate_access_policy(struct cloud_request *r)
{
    static const char *const needed[] = {"policyArn", "accessScope", NULL};
    const char *arn = cloud_text(r, "policyArn");
    const struct value *scope = value_at(r->parameters, "accessScope"), *policy;
    struct record *entry = get(r);

    if (!entry || !cloud_eks_needs(r, needed) || !policy_fits(r, arn))
        return false;
    if (!record_is(entry, "type", "STANDARD"))
        return cloud_refuse(r, 400, "InvalidRequestException",
                            "You cannot associate an access policy to an access entry of type %s",
                            record_text(entry, "type"));
    policy = new_policy(r->a, arn, scope);
    record_set(entry, ".policies",
               value_with(r->a, value_at(entry->body, ".policies"), arn, policy));
    return cloud_answer(r, value_map_of(r->a, {"clusterName", value_at(entry->body, "clusterName")},
                                        {"principalArn", value_at(entry->body, "principalArn")},
                                        {"associatedAccessPolicy", policy}));
}

static bool disassociate_access_policy(struct cloud_request *r)
{
    const char *arn = cloud_text(r, "policyArn");
    struct record *entry = get(r);

    if (!entry)
        return false;
    if (!value_has(value_at(entry->body, ".policies"), arn))
        return cloud_refuse(r, 404, "ResourceNotFoundException",
                            "The specified policy %s is not associated.", arn);
    record_set(entry, ".policies", value_with(r->a, value_at(entry->body, ".policies"), arn, NULL));
    return cloud_answer(r, &value_empty_map);
}

static bool list_associated_access_policies(struct cloud_request *r)
{
    const struct record *entry = get(r);
    const struct value *all = entry ? value_at(entry->body, ".policies") : &value_null;
    struct value_builder b;

    if (!entry)
        return false;
    value_builder_init(&b, r->a);
    for (size_t i = 0; i < value_count(all); i++)
        value_builder_add(&b, all->map.entries[i].value);
    return cloud_answer(r,
                        value_map_of(r->a, {"associatedAccessPolicies", value_builder_list(&b)}));
}

#define ENTRIES "/clusters/{clusterName}/access-entries"
#define ENTRY ENTRIES "/{principalArn}"
const struct cloud_operation cloud_eks_access_operations[] = {
    {.name = "CreateAccessEntry", .handle = create_access_entry, .method = "POST", .path = ENTRIES},
    {.name = "ListAccessEntries", .handle = list_access_entries, .method = "GET", .path = ENTRIES},
    {.name = "DescribeAccessEntry",
     .handle = describe_access_entry,
     .method = "GET",
     .path = ENTRY},
    {.name = "UpdateAccessEntry", .handle = update_access_entry, .method = "POST", .path = ENTRY},
    {.name = "DeleteAccessEntry", .handle = delete_access_entry, .method = "DELETE", .path = ENTRY},
    {.name = "AssociateAccessPolicy",
     .handle = associate_access_policy,
     .method = "POST",
     .path = ENTRY "/access-policies"},
    {.name = "ListAssociatedAccessPolicies",
     .handle = list_associated_access_policies,
     .method = "GET",
     .path = ENTRY "/access-policies"},
    {.name = "DisassociateAccessPolicy",
     .handle = disassociate_access_policy,
     .method = "DELETE",
     .path = ENTRY "/access-policies/{policyArn}"},
    {.name = NULL}};

/* --- who somebody is in the cluster ------------------------------------------------------------
 */
static bool is_administrator(struct arena *a, const struct record *entry)
{
    static const char *const names[] = {"AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy"};
    const struct value *policies = value_at(entry->body, ".policies");

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const struct value *policy = value_at(policies, text_f(a, "%s%s", policy_prefix, names[i]));

        if (strcmp(value_z(value_in(policy, "accessScope", "type")), "cluster") == 0)
            return true;
    }
    return false;
}

static const char *with_session(struct arena *a, const char *username, const char *caller)
{
    const char *at = strstr(username, "{{SessionName}}"), *session = strrchr(caller, '/');

    return at ? text_f(a, "%.*s%s", (int)(at - username), username, session ? session + 1 : "")
              : username;
}

static void fill(struct arena *a, const char *name, const struct value *given, bool is_master,
                 struct user *out)
{
    const char **groups = arena_array(a, value_count(given) + 3, sizeof(*groups));
    size_t count = 0;

    for (size_t i = 0; i < value_count(given); i++)
        groups[count++] = arena_strdup(a, value_z(value_item(given, i)));
    if (is_master)
        groups[count++] = "system:masters";
    groups[count++] = "system:authenticated";
    *out = (struct user){arena_strdup(a, name), arena_strdup(a, name), groups, NULL};
}

bool cloud_eks_user(struct cloud *c, struct arena *a, const struct record *cluster,
                    const char *token, struct user *out)
{
    const struct cloud_key *key = cloud_eks_token_key(c, a, cluster->region, cluster->id, token);
    const char *mode = value_z(value_in(cluster->body, "accessConfig", "authenticationMode"));
    const char *principal = key ? cloud_iam_principal(c, a, key->arn) : "";
    const struct record *entry;

    if (!key)
        return false;
    if (strcmp(mode, "CONFIG_MAP") == 0) {
        fill(a, "kubernetes-admin", &value_null, true, out);
        return record_is(cluster, ".creator", principal) &&
               value_flag(value_at(cluster->body, "accessConfig"),
                          "bootstrapClusterCreatorAdminPermissions");
    }
    entry =
        record_find(c, cluster->region, "access-entry", text_f(a, "%s/%s", cluster->id, principal));
    if (!entry)
        return false;
    fill(a, with_session(a, record_text(entry, "username"), key->arn),
         value_at(entry->body, "kubernetesGroups"), is_administrator(a, entry), out);
    return true;
}
