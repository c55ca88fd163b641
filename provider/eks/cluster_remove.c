/* Taking a cluster down, in the order in which AWS lets things go. */
#include <string.h>

#include "aws/eks.h"
#include "base/log.h"
#include "eks/cluster_parts.h"
#include "eks/cluster_workload.h"
#include "network/leftover.h"

enum { BUSY_MS = 60 * 60 * 1000, LEFTOVER_MS = 10 * 60 * 1000, FORCED_MS = 3 * 60 * 1000 };

/* --- what controllers left ------------------------------------------------------------ */

static struct leftover_place place_of(const struct eks_cluster_work *w)
{
    return (struct leftover_place){
        .cluster = w->name,
        .vpc_id = value_z(value_in(w->found, "resourcesVpcConfig", "vpcId")),
    };
}

/* Controllers get time to do their work; where it may be done for them, not all of it. */
static int64_t patience_ms(const struct eks_cluster_work *w)
{
    int64_t third = call_left_ms(w->call) / 3;

    if (!value_flag(w->eks, "force_destroy"))
        return LEFTOVER_MS;
    return third < FORCED_MS ? third : FORCED_MS;
}

static bool remove_leftovers(struct eks_cluster_work *w)
{
    const struct leftover_place place = place_of(w);
    bool force = value_flag(w->eks, "force_destroy");
    struct leftover *list;
    size_t count;

    if (force && !cluster_workload_remove(w))
        return false;
    if (!leftover_wait(w->call, w->aws, &place, patience_ms(w), &list, &count))
        return false;
    if (!count)
        return true;
    if (force)
        return leftover_remove(w->call, w->aws, &place);
    return diag_error(w->call->diags, NULL,
                      text_f(w->call->arena, "Cluster %s still has things in AWS", w->name),
                      "Its controllers made them, and nobody could take them down once the cluster "
                      "is gone:\n%s\n\nDelete the Services of type LoadBalancer, the Ingresses and "
                      "the claims of volumes in the cluster and apply again, or set "
                      "eks.force_destroy = true and apply before the destroy.",
                      leftover_text(w->call->arena, list, count));
}

/* --- what is in it ----------------------------------------------------------------------- */

static bool remove_association(struct eks_cluster_work *w, const struct value *input)
{
    const struct value *output;

    if (!aws_call(w->call, w->aws, &eks_describe_pod_identity_association_row, input, &output))
        return false;
    return !output || !cluster_tags_are_ours(value_in(output, "association", "tags"), w->name) ||
           aws_call(w->call, w->aws, &eks_delete_pod_identity_association, input, &output);
}

/* Ours alone: those of others go with the cluster, those of add-ons with them. */
static bool remove_associations(struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *input = value_map_of(a, {"clusterName", cluster_text(w, w->name)}), *list;

    if (!aws_list(w->call, w->aws, &eks_list_pod_identity_associations, input, &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++)
        if (!remove_association(w, value_with(a, input, "associationId",
                                              value_at(value_item(list, i), "associationId"))))
            return false;
    return true;
}

static bool remove_cluster(struct eks_cluster_work *w)
{
    const struct value *output;

    log_event(LOG_INFO, "eks", "deletes a cluster", "cluster", w->name, NULL);
    return aws_call_until(w->call, w->aws, &eks_delete_cluster, cluster_input(w), BUSY_MS,
                          &output) &&
           aws_wait(w->call, w->aws, &eks_cluster_deleted, cluster_input(w), eks_explain, &output);
}

static bool check_protection(struct eks_cluster_work *w)
{
    return !value_flag(w->found, "deletionProtection") ||
           diag_error(w->call->diags, path_of(w->call->arena, "eks", "deletion_protection"),
                      text_f(w->call->arena, "Cluster %s is protected from deletion", w->name),
                      "Set eks.deletion_protection = false and apply before the destroy.");
}

/* One that is being made or changed is waited for: EKS deletes no other. */
static bool settle(struct eks_cluster_work *w)
{
    static const char *const passing[] = {"CREATING", "UPDATING", "PENDING", NULL};

    for (const char *const *one = passing; *one; one++)
        if (strcmp(cluster_status(w), *one) == 0)
            return cluster_await_active(w);
    return true;
}

static bool remove_all(struct eks_cluster_work *w)
{
    const struct value *output;

    if (strcmp(cluster_status(w), "DELETING") == 0)
        return aws_wait(w->call, w->aws, &eks_cluster_deleted, cluster_input(w), eks_explain,
                        &output);
    return check_protection(w) && settle(w) &&
           (strcmp(cluster_status(w), "ACTIVE") != 0 || remove_leftovers(w)) &&
           addon_remove_all(w->call, w->aws, w->name) && remove_associations(w) &&
           nodegroup_remove_all(w->call, w->aws, w->name) && remove_cluster(w);
}

bool eks_cluster_remove(struct eks_cluster_work *w)
{
    if (w->found && !remove_all(w))
        return false;
    return cluster_provider_remove(w, w->oidc_provider_arn) && cluster_roles_remove(w);
}

bool eks_cluster_has_remains(struct eks_cluster_work *w, bool *remains)
{
    return cluster_role_is_there(w, "cluster", remains) &&
           (*remains || cluster_role_is_there(w, "node", remains)) &&
           (*remains || cluster_provider_is_there(w, remains));
}
