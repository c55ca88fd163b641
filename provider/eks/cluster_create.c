/* The cluster itself: made, waited for, tagged; what EKS refuses, said so that one can go on. */
#include <string.h>

#include "aws/eks.h"
#include "base/clock.h"
#include "base/log.h"
#include "eks/cluster_parts.h"

enum { ROLE_VISIBLE_MS = 2 * 60 * 1000, ROLE_POLL_MS = 3 * 1000 };

/* --- refusals --------------------------------------------------------------------- */

static bool mentions(const struct aws_error *error, const char *const *pieces)
{
    for (; *pieces; pieces++)
        if (strstr(error->message, *pieces))
            return true;
    return false;
}

/* IAM's news has not come to EKS yet: its words are the only sign. */
static bool role_is_not_seen(const struct aws_error *error)
{
    static const char *const pieces[] = {"does not exist",
                                         "could not be assumed",
                                         "trusted entity",
                                         "Error in role params",
                                         "policies are missing",
                                         "must include",
                                         NULL};

    return aws_error_is(error, eks_create_cluster.pending) && strstr(error->message, "ole") &&
           mentions(error, pieces);
}

static const char *joined(struct arena *a, const struct value *list)
{
    const char *text = "";

    for (size_t i = 0; i < value_count(list); i++)
        text = text_f(a, "%s%s%s", text, i ? ", " : "", value_z(value_item(list, i)));
    return text;
}

static const struct path *at(const struct eks_cluster_work *w, const char *argument)
{
    return path_of(w->call->arena, "eks", argument);
}

/* " It offers 1.32, 1.33."; "" when it does not tell. */
static const char *versions_offered(struct eks_cluster_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *list, *names = &value_empty_list;
    struct diags unheard;
    struct call quiet = call_quietly(w->call, &unheard);

    diags_init(&unheard, a);
    if (!aws_list(&quiet, w->aws, &eks_describe_cluster_versions, &value_empty_map, &list))
        return "";
    for (size_t i = 0; i < value_count(list); i++)
        names = value_append(a, names, value_at(value_item(list, i), "clusterVersion"));
    return value_count(names) ? text_f(a, " It offers %s.", joined(a, names)) : "";
}

static bool refuse_zone(struct eks_cluster_work *w, const struct aws_error *error)
{
    const char *zones = joined(w->call->arena, value_at(error->detail, "validZones"));

    return diag_error(w->call->diags, at(w, "subnet_ids"), "EKS has no room in one of the zones",
                      "In %s: %s%s%s%s", aws_region(w->aws), error->message,
                      *zones ? "\n\nZones that do: " : "", zones,
                      *zones ? ". Name subnets in these." : "");
}

static bool refused(struct eks_cluster_work *w, const struct aws_error *error)
{
    static const char *const version[] = {"ersion", NULL}, *const subnets[] = {"ubnet", NULL};
    bool is_argument = aws_error_is(error, eks_create_cluster.pending);
    const char *region = aws_region(w->aws);
    struct diags *d = w->call->diags;

    if (strcmp(error->code, "UnsupportedAvailabilityZoneException") == 0)
        return refuse_zone(w, error);
    if (strcmp(error->code, "ResourceLimitExceededException") == 0)
        return diag_error(d, NULL, "A quota of EKS is reached",
                          "In %s: %s\n\nDelete what is not needed, or raise the quota: Service "
                          "Quotas, Amazon Elastic Kubernetes Service (EKS), \"Clusters\", in this "
                          "region.",
                          region, error->message);
    if (is_argument && mentions(error, version))
        return diag_error(d, at(w, "version"), "EKS does not offer this version",
                          "In %s: %s.%s\n\nLeave version out for AWS's default, or choose one that "
                          "EKS supports.",
                          region, error->message, versions_offered(w));
    if (is_argument && mentions(error, subnets))
        return diag_error(d, at(w, "subnet_ids"), "EKS does not take the subnets",
                          "In %s: %s\n\nIt needs subnets of one VPC in two availability zones at "
                          "least, with some free addresses in each.",
                          region, error->message);
    return aws_refused(w->call, w->aws, &eks_create_cluster, w->name, error);
}

/* --- making it ------------------------------------------------------------------------ */

static const struct value *create_input(const struct eks_cluster_work *w, const char *role)
{
    const struct value *v = cluster_settings_input(w),
                       *cidr = value_at(w->eks, "service_ipv4_cidr"),
                       *key = value_at(w->eks, "kms_key_arn");
    struct arena *a = w->call->arena;

    v = value_merge(a, cluster_input(w), v);
    v = value_with(a, v, "roleArn", cluster_text(w, role));
    v = value_with_in(a, v, &value_true, "accessConfig", "bootstrapClusterCreatorAdminPermissions");
    v = value_with(a, v, "bootstrapSelfManagedAddons", &value_false);
    v = value_with(a, v, "tags",
                   cluster_tags(w->call, value_at(w->eks, "tags"), w->name, "cluster"));
    if (*value_text(w->eks, "version"))
        v = value_with(a, v, "version", value_at(w->eks, "version"));
    if (value_is_set(cidr))
        v = value_with_in(a, v, cidr, "kubernetesNetworkConfig", "serviceIpv4Cidr");
    if (value_is_set(key))
        v = value_with(
            a, v, "encryptionConfig",
            value_list_of(
                a, value_map_of(a, {"resources", value_list_of(a, cluster_text(w, "secrets"))},
                                {"provider", value_map_of(a, {"keyArn", key})})));
    return v;
}

/* Somebody, or we with an answer that was lost, made it meanwhile. */
static bool made_meanwhile(struct eks_cluster_work *w)
{
    return eks_cluster_find(w) && eks_cluster_check_found(w);
}

static bool make(struct eks_cluster_work *w)
{
    int64_t until = clock_monotonic_ms() + ROLE_VISIBLE_MS;
    const struct value *input;
    struct aws_reply reply;
    const char *role;

    if (!cluster_role_converge(w, &role))
        return false;
    input = create_input(w, role);
    for (;;) {
        if (!aws_try(w->call, w->aws, &eks_create_cluster, input, &reply))
            return false;
        if (reply.output || !role_is_not_seen(&reply.error) || clock_monotonic_ms() >= until)
            break;
        if (!call_wait_ms(w->call, ROLE_POLL_MS, "EKS to see the role of the cluster",
                          reply.error.message))
            return false;
    }
    if (aws_error_is(&reply.error, eks_create_cluster.exists))
        return made_meanwhile(w);
    if (!reply.output)
        return refused(w, &reply.error);
    log_event(LOG_INFO, "eks", "makes a cluster", "cluster", w->name, NULL);
    w->found = value_at(reply.output, "cluster");
    return true;
}

/* --- its states ------------------------------------------------------------------------- */

bool cluster_await_active(struct eks_cluster_work *w)
{
    const struct value *output;

    if (strcmp(cluster_status(w), "ACTIVE") == 0)
        return true;
    if (!aws_wait(w->call, w->aws, &eks_cluster_active, cluster_input(w), eks_explain, &output))
        return false;
    w->found = value_at(output, "cluster");
    return true;
}

bool cluster_makes_room(const struct eks_cluster_work *w)
{
    return strcmp(cluster_status(w), "FAILED") == 0 || strcmp(cluster_status(w), "DELETING") == 0;
}

static bool clear(struct eks_cluster_work *w)
{
    const struct value *output;

    if (strcmp(cluster_status(w), "FAILED") == 0 &&
        !aws_call_until(w->call, w->aws, &eks_delete_cluster, cluster_input(w), ROLE_VISIBLE_MS,
                        &output))
        return false;
    if (!aws_wait(w->call, w->aws, &eks_cluster_deleted, cluster_input(w), eks_explain, &output))
        return false;
    w->found = NULL;
    return true;
}

static bool look(struct eks_cluster_work *w)
{
    const char *role;

    if (!w->found || strcmp(cluster_status(w), "ACTIVE") != 0)
        (void)cluster_may_change(
            w, text_f(w->call->arena, "cluster: %s", w->found ? cluster_status(w) : "missing"));
    return !w->found || cluster_role_converge(w, &role);
}

bool cluster_ensure(struct eks_cluster_work *w)
{
    const char *role;

    if (w->look_only)
        return look(w);
    if (cluster_makes_room(w) && !clear(w))
        return false;
    if (w->found)
        return cluster_role_converge(w, &role) && cluster_await_active(w);
    return make(w) && cluster_await_active(w);
}
