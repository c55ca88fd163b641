/* Waiting for what EKS has accepted: the states of its objects and updates. */
#include "aws/eks.h"
#include "base/text.h"

static const char *const active[] = {"ACTIVE", NULL};

/* --- clusters ------------------------------------------------------------------------ */

static const char *const cluster_status[] = {"cluster", "status", NULL};
static const char *const cluster_failed[] = {"FAILED", "DELETING", NULL};
static const char *const cluster_stuck[] = {"FAILED", NULL};

const struct aws_wait eks_cluster_active = {
    .what = "cluster to become ACTIVE",
    .operation = &eks_describe_cluster_row,
    .path = cluster_status,
    .done = active,
    .failed = cluster_failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 30000,
};
const struct aws_wait eks_cluster_deleted = {
    .what = "cluster to be deleted",
    .operation = &eks_describe_cluster_row,
    .path = cluster_status,
    .failed = cluster_stuck,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 30000,
};

/* --- node groups --------------------------------------------------------------------- */

static const char *const nodegroup_status[] = {"nodegroup", "status", NULL};
static const char *const nodegroup_failed[] = {"CREATE_FAILED", "DELETE_FAILED", "DELETING", NULL};
static const char *const delete_failed[] = {"DELETE_FAILED", NULL};

const struct aws_wait eks_nodegroup_active = {
    .what = "node group to become ACTIVE",
    .operation = &eks_describe_nodegroup_row,
    .path = nodegroup_status,
    .done = active,
    .failed = nodegroup_failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 30000,
};
const struct aws_wait eks_nodegroup_deleted = {
    .what = "node group to be deleted",
    .operation = &eks_describe_nodegroup_row,
    .path = nodegroup_status,
    .failed = delete_failed,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 30000,
};

/* --- add-ons ------------------------------------------------------------------------- */

static const char *const addon_status[] = {"addon", "status", NULL};
/* DEGRADED is none of them: coredns is that until there are nodes. */
static const char *const addon_failed[] = {"CREATE_FAILED", "DELETE_FAILED", "DELETING", NULL};

const struct aws_wait eks_addon_active = {
    .what = "add-on to become ACTIVE",
    .operation = &eks_describe_addon_row,
    .path = addon_status,
    .done = active,
    .failed = addon_failed,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 10000,
};
const struct aws_wait eks_addon_deleted = {
    .what = "add-on to be deleted",
    .operation = &eks_describe_addon_row,
    .path = addon_status,
    .failed = delete_failed,
    .until_gone = true,
    .poll_ms_min = 500,
    .poll_ms_max = 10000,
};

/* --- updates -------------------------------------------------------------------------- */

static const char *const update_status[] = {"update", "status", NULL};
static const char *const successful[] = {"Successful", NULL};
static const char *const unsuccessful[] = {"Failed", "Cancelled", NULL};

const struct aws_wait eks_update_successful = {
    .what = "update to be Successful",
    .operation = &eks_describe_update,
    .path = update_status,
    .done = successful,
    .failed = unsuccessful,
    .may_be_missing = true,
    .poll_ms_min = 500,
    .poll_ms_max = 15000,
};

/* The same as health issues, under other names. */
static const char *update_errors(struct arena *a, const struct value *errors)
{
    const struct value *issues = &value_empty_list;

    for (size_t i = 0; i < value_count(errors); i++) {
        const struct value *one = value_item(errors, i);

        issues = value_append(a, issues,
                              value_map_of(a, {"code", value_at(one, "errorCode")},
                                           {"message", value_at(one, "errorMessage")},
                                           {"resourceIds", value_at(one, "resourceIds")}));
    }
    return eks_health(a, value_map_of(a, {"health", value_map_of(a, {"issues", issues})}));
}

const char *eks_explain(struct arena *a, const struct value *output)
{
    static const char *const objects[] = {"cluster", "nodegroup", "addon"};

    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        if (value_has(output, objects[i]))
            return eks_health(a, value_at(output, objects[i]));
    return update_errors(a, value_in(output, "update", "errors"));
}
