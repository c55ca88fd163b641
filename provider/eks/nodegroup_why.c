/* Why nodes do not join: what EKS, Auto Scaling, EC2 and the cluster itself can tell. Looking
 * changes nothing, and what may not be looked at is passed over. */
#include <string.h>

#include "aws/autoscaling.h"
#include "aws/ec2.h"
#include "aws/eks.h"
#include "base/clock.h"
#include "eks/nodegroup_parts.h"
#include "kube/kube.h"

enum {
    LOOK_MS = 30 * 1000,     /* an API server may be out of our reach */
    JOIN_S = 7 * 60,         /* a node needs one or two minutes from its launch */
    LAUNCHES_FAILED_MAX = 3, /* in a row, of a kind that might pass */
    NAMED_MAX = 5,           /* instances that a message names */
    TEXT_BYTES_MAX = DIAG_DETAIL_BYTES_MAX / 2,
};

struct look {
    struct call call; /* its diagnostics go nowhere */
    struct diags said;
    const struct nodegroup_work *work;
    const struct step *step;
    const struct value *group;
};

static struct arena *arena_of(struct look *l)
{
    return l->call.arena;
}

/* --- words and what to do -----------------------------------------------------------------------
 */

static const char ADDRESSES[] =
    "The subnets have no free addresses left: give the group larger or more subnets.";
static const char QUOTA[] = "Ask for a larger quota in Service Quotas (EC2), or choose smaller or "
                            "fewer instances.";
static const char CAPACITY[] =
    "AWS has no such machine there now: name more instance types, or subnets in other zones.";
static const char ROLE[] = "Look at the node role and its instance profile: the role has to exist, "
                           "to trust ec2.amazonaws.com, and nobody may have changed the profile.";
static const char TEMPLATE[] =
    "Look at the launch template: somebody has changed or deleted it, or what it names.";
static const char JOIN[] =
    "Nodes have to reach the API server, ECR, S3, EC2 and STS by a NAT gateway or VPC endpoints; "
    "the VPC needs DNS hostnames; the node role needs its access entry (type EC2_LINUX).";

/* Reasons that do not pass by themselves, by what EC2 says of them. */
static const struct step_advice launches[] = {
    {"vCPU", QUOTA},
    {"quota", QUOTA},
    {"LimitExceeded", QUOTA},
    {"limit of", QUOTA},
    {"MaxSpotInstanceCountExceeded", QUOTA},
    {"sufficient", CAPACITY},
    {"no Spot capacity", CAPACITY},
    {"UnfulfillableCapacity", CAPACITY},
    {"not supported in your requested Availability Zone", CAPACITY},
    {"free addresses", ADDRESSES},
    {"launch template", TEMPLATE},
    {"LaunchTemplate", TEMPLATE},
    {"security group", TEMPLATE},
    {"not authorized", ROLE},
    {"UnauthorizedOperation", ROLE},
    {"ServiceLinkedRole", ROLE},
    {"KMS", "The key that encrypts the disks cannot be used: its policy has to let the role "
            "AWSServiceRoleForAutoScaling use it."},
    {NULL, NULL},
};

const struct step_advice nodegroup_advice[] = {
    {"NodeCreationFailure", JOIN},
    {"InsufficientFreeAddresses", ADDRESSES},
    {"LimitExceeded", QUOTA},
    {"IamNodeRoleNotFound", ROLE},
    {"IamInstanceProfileNotFound", ROLE},
    {"AccessDenied", ROLE},
    {"Ec2LaunchTemplate", TEMPLATE},
    {"Ec2SecurityGroup", TEMPLATE},
    {"AmiIdNotFound", TEMPLATE},
    {"Ec2Subnet", "Look at the group's subnets: they have to exist, and public ones to give their "
                  "instances public addresses."},
    {"AsgInstanceLaunchFailures", CAPACITY},
    {"PodEvictionFailure", "A PodDisruptionBudget, or a pod that does not end, keeps a node from "
                           "being drained: kubectl get pdb --all-namespaces."},
    {NULL, NULL},
};

const char *nodegroup_health(struct arena *a, const struct value *group)
{
    const char *health = eks_health(a, group);

    return *health ? text_f(a, "%s %s", health, step_advice_on(nodegroup_advice, health)) : "";
}

/* --- EKS and Auto Scaling
 * ------------------------------------------------------------------------- */

static const char *by_health(struct look *l)
{
    static const char *const passing[] = {"InternalFailure",
                                          "ClusterUnreachable",
                                          "AutoScalingGroupRateLimitExceeded",
                                          "IamThrottling",
                                          "Unknown",
                                          NULL};
    const struct value *list = value_in(l->group, "health", "issues");

    for (size_t i = 0; i < value_count(list); i++) {
        const char *code = value_text(value_item(list, i), "code");
        bool passes = false;

        for (const char *const *one = passing; *one; one++)
            passes = passes || strcmp(*one, code) == 0;
        if (!passes)
            return text_f(arena_of(l), "EKS says: %s", nodegroup_health(arena_of(l), l->group));
    }
    return "";
}

static const char *scaling_group(const struct look *l)
{
    return value_text(value_item(value_in(l->group, "resources", "autoScalingGroups"), 0), "name");
}

/* How many of the newest launches have failed, one after the other. */
static size_t failed_in_a_row(const struct value *activities)
{
    size_t count = 0;

    while (count < value_count(activities) &&
           strcmp(value_text(value_item(activities, count), "StatusCode"), "Failed") == 0)
        count++;
    return count;
}

static const char *by_launches(struct look *l)
{
    const char *name = scaling_group(l), *message, *advice;
    const struct value *activities;
    size_t failed;

    if (!*name ||
        !autoscaling_describe_scaling_activities(&l->call, l->work->aws, name, &activities))
        return "";
    failed = failed_in_a_row(activities);
    message = value_text(value_item(activities, 0), "StatusMessage");
    advice = step_advice_on(launches, message);
    if (!failed || (!*advice && failed < LAUNCHES_FAILED_MAX))
        return "";
    return text_f(arena_of(l), "Auto Scaling group %s cannot launch instances: %s %s", name,
                  message, advice);
}

/* --- instances
 * ------------------------------------------------------------------------------------- */

struct instances {
    size_t running; /* for longer than JOIN_S */
    int64_t longest_s;
    const char *names;   /* "i-1 in subnet-1, i-2 in subnet-2" */
    const char *example; /* "i-1" */
    const char *died;    /* why the first that died did; "" */
};

static void add_instance(struct look *l, const struct value *one, struct instances *all)
{
    struct arena *a = arena_of(l);
    const char *state = value_z(value_in(one, "State", "Name")),
               *id = value_text(one, "InstanceId");
    const char *code = value_z(value_in(one, "StateReason", "Code"));
    int64_t age = aws_now(l->work->aws) - value_integer_at(one, "LaunchTime");

    if (strcmp(state, "terminated") == 0 && strncmp(code, "Client.", strlen("Client.")) == 0 &&
        !strstr(code, "UserInitiated") && !strstr(code, "InstanceInitiated"))
        all->died = text_f(a, "Instance %s ended at once: %s", id,
                           value_z(value_in(one, "StateReason", "Message")));
    if (strcmp(state, "running") != 0 || age < JOIN_S)
        return;
    all->longest_s = age > all->longest_s ? age : all->longest_s;
    all->example = id;
    if (all->running++ < NAMED_MAX)
        all->names = text_f(a, "%s%s%s in %s", all->names, *all->names ? ", " : "", id,
                            value_text(one, "SubnetId"));
}

static bool find_instances(struct look *l, struct instances *all)
{
    struct arena *a = arena_of(l);
    const struct value *filters = ec2_filter(a, NULL, "tag:eks:cluster-name", l->step->cluster),
                       *list;

    *all = (struct instances){.names = "", .example = "", .died = ""};
    filters = ec2_filter(a, filters, "tag:eks:nodegroup-name", l->step->name);
    if (!ec2_list_instances(&l->call, l->work->aws, filters, &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++)
        add_instance(l, value_item(list, i), all);
    return true;
}

/* --- Nodes
 * ------------------------------------------------------------------------------------------ */

struct nodes {
    bool asked;
    size_t count, ready;
    const char *trouble; /* of the last that is not ready */
};

static void add_node(struct look *l, const struct value *node, struct nodes *all)
{
    const struct value *conditions = value_in(node, "status", "conditions");

    all->count++;
    for (size_t i = 0; i < value_count(conditions); i++) {
        const struct value *one = value_item(conditions, i);

        if (strcmp(value_text(one, "type"), "Ready") != 0)
            continue;
        if (strcmp(value_text(one, "status"), "True") == 0)
            all->ready++;
        else
            all->trouble =
                text_f(arena_of(l), "Node %s: %s: %s", value_z(value_in(node, "metadata", "name")),
                       value_text(one, "reason"), value_text(one, "message"));
    }
}

static void find_nodes(struct look *l, struct nodes *all)
{
    const struct value *connection = l->work->cluster->connection, *list;
    const struct kube_ref ref = {.api_version = "v1", .kind = "Node"};
    struct kube *k;

    *all = (struct nodes){.trouble = ""};
    if (!connection || !value_is_set(connection) || !kube_open(&l->call, connection, NULL, &k) ||
        !kube_list(&l->call, k, &ref,
                   text_f(arena_of(l), "eks.amazonaws.com/nodegroup=%s", l->step->name), &list))
        return;
    all->asked = true;
    for (size_t i = 0; i < value_count(list); i++)
        add_node(l, value_item(list, i), all);
}

/* --- what is wrong around them
 * ------------------------------------------------------------------------ */

/* The table of a subnet: its own, or the VPC's main one. */
static const struct value *table_of(const struct value *tables, const char *subnet)
{
    const struct value *main = NULL;

    for (size_t i = 0; i < value_count(tables); i++) {
        const struct value *table = value_item(tables, i),
                           *associations = value_at(table, "Associations");

        if (ec2_association_of(table, subnet))
            return table;
        for (size_t k = 0; k < value_count(associations); k++)
            main = value_flag(value_item(associations, k), "Main") ? table : main;
    }
    return main;
}

static const char *trouble_with_route(struct look *l, const struct value *route, const char *subnet)
{
    struct arena *a = arena_of(l);
    const struct value *found;

    if (!route)
        return text_f(a,
                      "- %s has no default route: it needs one to a NAT gateway (or VPC endpoints "
                      "for all that nodes call).\n",
                      subnet);
    if (strcmp(value_text(route, "State"), "blackhole") == 0)
        return text_f(a, "- The default route of %s leads nowhere: %s%s is gone.\n", subnet,
                      value_text(route, "NatGatewayId"), value_text(route, "GatewayId"));
    if (strncmp(value_text(route, "GatewayId"), "igw-", 4) == 0 &&
        ec2_describe_subnet(&l->call, l->work->aws, subnet, &found) && found &&
        !value_flag(found, "MapPublicIpOnLaunch"))
        return text_f(a,
                      "- %s leads to an internet gateway, but its instances get no public "
                      "address.\n",
                      subnet);
    return "";
}

static void check_routes(struct look *l, const char *vpc, struct text_builder *b)
{
    const struct value *tables, *subnets = value_at(l->group, "subnets");

    if (!ec2_list(&l->call, l->work->aws, &ec2_describe_route_tables,
                  ec2_filter(arena_of(l), NULL, "vpc-id", vpc), &tables))
        return;
    for (size_t i = 0; i < value_count(subnets); i++) {
        const char *subnet = value_z(value_item(subnets, i));
        const struct value *table = table_of(tables, subnet);

        text_add_z(b,
                   trouble_with_route(l, table ? ec2_route_to(table, "0.0.0.0/0") : NULL, subnet));
    }
}

static void check_names(struct look *l, const char *vpc, struct text_builder *b)
{
    static const char *const attributes[] = {"enableDnsSupport", "enableDnsHostnames", NULL};
    bool on;

    for (const char *const *one = attributes; *one; one++)
        if (ec2_describe_vpc_attribute(&l->call, l->work->aws, vpc, *one, &on) && !on)
            text_add_f(b, "- %s of %s is off.\n", *one, vpc);
}

static void check_entry(struct look *l, struct text_builder *b)
{
    const char *role = value_text(l->group, "nodeRole");
    const struct value *entry;

    if (eks_describe_access_entry(&l->call, l->work->aws, l->step->cluster, role, &entry) && !entry)
        text_add_f(b, "- The node role %s has no access entry (type EC2_LINUX).\n", role);
}

static void check_endpoint(const struct value *network, struct text_builder *b)
{
    const struct value *blocks = value_at(network, "publicAccessCidrs");

    for (size_t i = 0; i < value_count(blocks); i++)
        if (strcmp(value_z(value_item(blocks, i)), "0.0.0.0/0") == 0)
            return;
    if (!value_flag(network, "endpointPrivateAccess") && value_count(blocks))
        text_add_z(b, "- The private endpoint is off, and the public one lets only some blocks in: "
                      "turn endpoint_private_access on.\n");
}

/* Lines of what is plainly wrong. */
static const char *around(struct look *l)
{
    const struct value *cluster, *network;
    struct text_builder b;
    const char *vpc;

    text_builder_init(&b, arena_of(l), TEXT_BYTES_MAX);
    if (!eks_describe_cluster(&l->call, l->work->aws, l->step->cluster, &cluster) || !cluster)
        return "";
    network = value_at(cluster, "resourcesVpcConfig");
    vpc = value_text(network, "vpcId");
    check_routes(l, vpc, &b);
    check_names(l, vpc, &b);
    check_entry(l, &b);
    check_endpoint(network, &b);
    return text_built(&b).at;
}

static const char *by_instances(struct look *l)
{
    struct arena *a = arena_of(l);
    struct instances all;
    struct nodes nodes;
    const char *wrong;

    if (!find_instances(l, &all))
        return "";
    if (*all.died)
        return text_f(a, "%s %s", all.died, step_advice_on(launches, all.died));
    if (!all.running)
        return "";
    find_nodes(l, &nodes);
    if (nodes.ready)
        return "";
    if (nodes.count)
        return text_f(a,
                      "Its nodes have registered, but are not ready after %lld minutes. %s. Look "
                      "at the add-ons vpc-cni and kube-proxy.",
                      (long long)(all.longest_s / 60), nodes.trouble);
    wrong = around(l);
    return text_f(a, "%zu instance%s of it (%s) %s run for up to %lld minutes, and %s.\n%s%s%s",
                  all.running, all.running == 1 ? "" : "s", all.names,
                  all.running == 1 ? "has" : "have", (long long)(all.longest_s / 60),
                  nodes.asked ? "none has registered as a Node" : "EKS has seen no node of it",
                  *wrong ? "What is wrong:\n" : "", wrong,
                  text_f(a,
                         "%s %s Their security groups have to let them reach the cluster's group "
                         "at 443. What an instance says itself: aws ec2 get-console-output "
                         "--instance-id %s --latest --region %s.",
                         *wrong ? "In general:" : "Look at these:", JOIN, all.example,
                         aws_region(l->work->aws)));
}

static void look_init(struct look *l, const struct nodegroup_work *w, const struct step *s,
                      const struct value *group)
{
    *l = (struct look){.work = w, .step = s, .group = group};
    diags_init(&l->said, w->call->arena);
    l->call = call_quietly(w->call, &l->said);
    if (clock_monotonic_ms() + LOOK_MS < l->call.deadline_ms)
        l->call.deadline_ms = clock_monotonic_ms() + LOOK_MS;
}

const char *nodegroup_why(const struct nodegroup_work *w, const struct step *s,
                          const struct value *group)
{
    struct look l;
    const char *why;

    look_init(&l, w, s, group);
    why = by_health(&l);
    if (!*why)
        why = by_launches(&l);
    return *why ? why : by_instances(&l);
}

const char *nodegroup_why_launches(const struct nodegroup_work *w, const struct step *s,
                                   const struct value *group)
{
    struct look l;

    look_init(&l, w, s, group);
    return by_launches(&l);
}

const char *nodegroup_why_failed(const struct nodegroup_work *w, const struct step *s,
                                 const struct value *group)
{
    struct arena *a = w->call->arena;
    const char *health = nodegroup_health(a, group), *wrong = "";
    struct look l;

    look_init(&l, w, s, group);
    if (strstr(health, "NodeCreationFailure"))
        wrong = around(&l);
    return text_f(a, "It is %s. %s%s%s", value_text(group, "status"), health,
                  *wrong ? "\nWhat is wrong:\n" : "", wrong);
}
