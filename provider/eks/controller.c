/* Role and association of the load balancer controller, brought about and taken down. */
#include "eks/controller.h"

#include <string.h>

#include "aws/eks.h"
#include "aws/iam.h"
#include "aws/wait.h"
#include "eks/role.h"

#define AGENT "eks-pod-identity-agent"

/* --- names -------------------------------------------------------------------------------------
 */

static const char *name_of(struct arena *a, const struct aws *aws, const char *cluster)
{
    return role_name(a, cluster, aws_region(aws), "lbc");
}

bool controller_role_arn(struct call *c, struct aws *aws, const char *cluster, const char **arn)
{
    struct aws_identity identity;

    if (!aws_identity(c, aws, &identity))
        return false;
    *arn = text_f(c->arena, "arn:%s:iam::%s:role/%s", aws_partition(aws)->name, identity.account,
                  name_of(c->arena, aws, cluster));
    return true;
}

bool controller_is_made(struct arena *a, struct aws *aws, const char *cluster, const char *arn)
{
    return text_ends_with(text_of(arn), text_f(a, ":role/%s", name_of(a, aws, cluster)));
}

/* --- the role ----------------------------------------------------------------------------------
 */

static const char *issuer_of(const struct controller_plan *plan)
{
    return value_z(value_in(plan->found, "identity", "oidc", "issuer"));
}

static bool role_of(struct call *c, struct aws *aws, const struct controller_plan *plan,
                    struct role_plan *out)
{
    struct arena *a = c->arena;
    const char *provider = "";

    if (plan->irsa && !iam_open_id_connect_provider_arn(c, aws, issuer_of(plan), &provider))
        return false;
    *out = (struct role_plan){
        .name = name_of(a, aws, plan->cluster),
        .cluster = plan->cluster,
        .role = "load-balancer-controller",
        .trust = plan->irsa ? role_trust_service_account(a, provider, issuer_of(plan),
                                                         plan->namespace, plan->service_account)
                            : role_trust_pod_identity(a),
        .inline_policy = controller_policy(a, aws_partition(aws)->name, plan->cluster),
        .tags = plan->tags,
        .old_tags = plan->old_tags,
    };
    return true;
}

/* --- what it needs -------------------------------------------------------------------------------
 */

static bool check_agent(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    const struct value *agent;

    if (value_flag(value_at(plan->found, "computeConfig"), "enabled")) /* Auto Mode has its own */
        return true;
    if (!eks_describe_addon(c, aws, plan->cluster, AGENT, &agent))
        return false;
    return agent || diag_error(c->diags, path_of(c->arena, "identity"),
                               "The cluster has no Pod Identity agent",
                               "EKS cluster %s in %s has no add-on " AGENT ", from which pods get "
                               "their role. Add it (istio_cluster: eks.addons), or say identity = "
                               "\"irsa\", which uses the cluster's OIDC provider.",
                               plan->cluster, aws_region(aws));
}

static bool check_provider(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    const struct value *provider;
    const char *arn;

    if (!iam_open_id_connect_provider_arn(c, aws, issuer_of(plan), &arn) ||
        !iam_get_open_id_connect_provider(c, aws, arn, &provider))
        return false;
    return provider ||
           diag_error(c->diags, path_of(c->arena, "identity"),
                      "The cluster's OIDC provider is not known to IAM",
                      "IRSA needs %s, and there is none. Make it (istio_cluster: "
                      "eks.oidc_provider = true, or an OpenID Connect provider with the URL %s "
                      "and the client id sts.amazonaws.com), or say identity = \"pod-identity\".",
                      arn, issuer_of(plan));
}

bool controller_check(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    return plan->irsa ? check_provider(c, aws, plan) : check_agent(c, aws, plan);
}

/* --- the association
 * ------------------------------------------------------------------------------ */

static const struct value *by_id(struct arena *a, const struct controller_plan *plan,
                                 const struct value *association)
{
    return value_map_of(a, {"clusterName", value_string(a, plan->cluster)},
                        {"associationId", value_at(association, "associationId")});
}

static bool find_association(struct call *c, struct aws *aws, const struct controller_plan *plan,
                             const struct value **out)
{
    return eks_find_pod_identity_association(c, aws, plan->cluster, plan->namespace,
                                             plan->service_account, out);
}

static bool is_ours(const struct controller_plan *plan, const struct value *association)
{
    return association && cluster_tags_are_ours(value_at(association, "tags"), plan->cluster);
}

static const struct value *association_tags(struct call *c, const struct controller_plan *plan)
{
    return cluster_tags(c, plan->tags, plan->cluster, "load-balancer-controller");
}

static bool create_association(struct call *c, struct aws *aws, const struct controller_plan *plan,
                               const char *role_arn)
{
    struct arena *a = c->arena;
    const struct value *output;

    return aws_call_until(c, aws, &eks_create_pod_identity_association,
                          value_map_of(a, {"clusterName", value_string(a, plan->cluster)},
                                       {"namespace", value_string(a, plan->namespace)},
                                       {"serviceAccount", value_string(a, plan->service_account)},
                                       {"roleArn", value_string(a, role_arn)},
                                       {"tags", cluster_tags(c, plan->tags, plan->cluster,
                                                             "load-balancer-controller")}),
                          AWS_VISIBLE_MS, &output);
}

static bool update_association(struct call *c, struct aws *aws, const struct controller_plan *plan,
                               const struct value *association, const char *role_arn)
{
    struct arena *a = c->arena;
    const struct value *output;

    if (!is_ours(plan, association))
        return diag_error(
            c->diags, NULL, "Another role is associated with the service account",
            "Pod identity association %s of cluster %s gives %s/%s the role %s, not %s, and does "
            "not carry the tag " CLUSTER_TAG "=%s. Delete it, or give it this tag to have it "
            "changed.",
            value_text(association, "associationId"), plan->cluster, plan->namespace,
            plan->service_account, value_text(association, "roleArn"), role_arn, plan->cluster);
    return aws_call_until(
        c, aws, &eks_update_pod_identity_association,
        value_with(a, by_id(a, plan, association), "roleArn", value_string(a, role_arn)),
        AWS_VISIBLE_MS, &output);
}

/* Those of people, and ours; what they gave before and give no longer goes. */
static bool ensure_tags(struct call *c, struct aws *aws, const struct controller_plan *plan,
                        const struct value *association)
{
    struct arena *a = c->arena;
    const struct value *now = value_at(association, "tags"), *output,
                       *wanted = association_tags(c, plan), *missing = &value_empty_map,
                       *dropped = &value_empty_list,
                       *one = value_map_of(
                           a, {"resourceArn", value_at(association, "associationArn")});

    for (size_t i = 0; i < value_count(wanted); i++)
        if (!value_equal(value_at(now, wanted->map.entries[i].key), wanted->map.entries[i].value))
            missing =
                value_with(a, missing, wanted->map.entries[i].key, wanted->map.entries[i].value);
    for (size_t i = 0; i < value_count(plan->old_tags); i++)
        if (!value_has(wanted, plan->old_tags->map.entries[i].key) &&
            value_has(now, plan->old_tags->map.entries[i].key))
            dropped = value_append(a, dropped, value_string(a, plan->old_tags->map.entries[i].key));
    return (!value_count(missing) ||
            aws_call(c, aws, &eks_tag_resource, value_with(a, one, "tags", missing), &output)) &&
           (!value_count(dropped) ||
            aws_call(c, aws, &eks_untag_resource, value_with(a, one, "tagKeys", dropped), &output));
}

static bool ensure_association(struct call *c, struct aws *aws, const struct controller_plan *plan,
                               const char *role_arn)
{
    const struct value *found;

    if (!find_association(c, aws, plan, &found))
        return false;
    if (!found)
        return create_association(c, aws, plan, role_arn);
    if (strcmp(value_text(found, "roleArn"), role_arn) != 0 &&
        !update_association(c, aws, plan, found, role_arn))
        return false;
    return !is_ours(plan, found) || ensure_tags(c, aws, plan, found);
}

static bool remove_association(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    const struct value *found, *output;

    return find_association(c, aws, plan, &found) &&
           (!is_ours(plan, found) || aws_call(c, aws, &eks_delete_pod_identity_association,
                                              by_id(c->arena, plan, found), &output));
}

/* --- all
 * -------------------------------------------------------------------------------------------- */

bool controller_converge(struct call *c, struct aws *aws, const struct controller_plan *plan,
                         const char **role_arn)
{
    struct role_plan role;

    *role_arn = plan->role_arn;
    if (!plan->role_arn &&
        (!role_of(c, aws, plan, &role) || !role_converge(c, aws, &role, role_arn)))
        return false;
    return plan->irsa || ensure_association(c, aws, plan, *role_arn);
}

bool controller_prune(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    return (!plan->irsa || remove_association(c, aws, plan)) &&
           (!plan->role_arn ||
            role_remove(c, aws, name_of(c->arena, aws, plan->cluster), plan->cluster));
}

bool controller_remove(struct call *c, struct aws *aws, const struct controller_plan *plan)
{
    return remove_association(c, aws, plan) &&
           role_remove(c, aws, name_of(c->arena, aws, plan->cluster), plan->cluster);
}

static bool association_drift(struct call *c, struct aws *aws, const struct controller_plan *plan,
                              const char *role_arn, const struct value **drift, bool *exists)
{
    const struct value *found;
    const char *what;

    if (!find_association(c, aws, plan, &found))
        return false;
    *exists = *exists || is_ours(plan, found);
    if (found && strcmp(value_text(found, "roleArn"), role_arn) == 0)
        return true;
    what = found ? text_f(c->arena, "role %s", value_text(found, "roleArn")) : "missing";
    *drift = value_append(c->arena, *drift,
                          value_f(c->arena, "pod identity association %s/%s: %s", plan->namespace,
                                  plan->service_account, what));
    return true;
}

bool controller_drift(struct call *c, struct aws *aws, const struct controller_plan *plan,
                      const struct value **drift, bool *exists)
{
    const char *role_arn = plan->role_arn;
    struct role_plan role;

    *drift = &value_empty_list;
    *exists = false;
    if (!role_arn) {
        if (!role_of(c, aws, plan, &role) || !role_drift(c, aws, &role, drift, &role_arn))
            return false;
        *exists = *role_arn != '\0';
    }
    return plan->irsa || association_drift(c, aws, plan, role_arn, drift, exists);
}
