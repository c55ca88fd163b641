#include <string.h>

#include "http/resolve.h"
#include "kube/connection.h"
#include "kube/wait.h"
#include "network/load_balancer.h"
#include "schema/check.h"
#include "schema/resource.h"

static const struct attribute front_rows[] = {
    STRING("namespace", REQUIRED, "Its namespace.", .check = check_dns_label),
    STRING("name", REQUIRED, "Its name.", .check = check_dns_subdomain),
    END_ATTRIBUTES,
};

static const struct attribute listener_rows[] = {
    NUMBER("port", COMPUTED, "Port that it listens on."),
    STRING("protocol", COMPUTED, "Such as `TCP` or `HTTPS`."),
    BOOL("healthy", COMPUTED, "Whether what comes here reaches a healthy target."),
    STRING("reason", COMPUTED, "Why it does not: AWS's codes; empty when it does."),
    END_ATTRIBUTES,
};

static const struct attribute target_rows[] = {
    NUMBER("port", COMPUTED, "Port of the listener."),
    STRING("target_group_arn", COMPUTED, "ARN of the target group."),
    STRING("target", COMPUTED, "Address of a pod, or id of an instance."),
    NUMBER("target_port", COMPUTED, "Port there."),
    STRING("zone", COMPUTED, "Availability zone."),
    STRING("state", COMPUTED, "`healthy`, `unhealthy`, `initial`, `draining`, `unused` and so on."),
    STRING("reason", COMPUTED,
           "AWS's code for a state other than healthy: `Target.FailedHealthChecks`."),
    STRING("description", COMPUTED, "AWS's words for it."),
    END_ATTRIBUTES,
};

static const struct attribute attributes[] = {
    CLUSTER("cluster", OPTIONAL,
            "The cluster of `service` or `ingress`. With `eks` it also says region, profile and "
            "role to ask AWS with."),
    NESTED("service", NESTING_SINGLE, front_rows, OPTIONAL,
           "The Service in front of which it is: it has the host name in its status.",
           .exactly_one_of = "which", .requires = NAMES("cluster")),
    NESTED("ingress", NESTING_SINGLE, front_rows, OPTIONAL, "The Ingress, likewise.",
           .exactly_one_of = "which", .requires = NAMES("cluster")),
    STRING("hostname", OPTIONAL,
           "Its DNS name, as in the status of a Service: `istio_gateway.x.hostname`.",
           .exactly_one_of = "which", .check = check_not_empty),
    STRING("arn", OPTIONAL | COMPUTED, "ARN of the load balancer.", .exactly_one_of = "which",
           .check = check_arn),
    STRING("name", OPTIONAL | COMPUTED, "Name of the load balancer.", .exactly_one_of = "which",
           .check = check_not_empty),
    STRING("region", OPTIONAL,
           "Its region. Default: that of the ARN, else the cluster's, else that of the provider's "
           "`aws` block, the environment or the profile."),
    BOOL("wait", OPTIONAL,
         "Wait until it serves: active, its name resolves here, and each listener has healthy "
         "targets. Default: false."),
    STRING("id", COMPUTED, "The ARN."),
    STRING("dns_name", COMPUTED, "Its DNS name."),
    STRING("type", COMPUTED, "`network` or `application`."),
    STRING("scheme", COMPUTED, "`internal` or `internet-facing`."),
    STRING("state", COMPUTED, "`provisioning`, `active`, `active_impaired` or `failed`."),
    STRING("state_reason", COMPUTED, "AWS's words for that state; null when it has none."),
    STRING("zone_id", COMPUTED, "Hosted zone of its DNS name, for alias records in Route 53."),
    STRING("vpc_id", COMPUTED, "Id of its VPC."),
    TYPED("availability_zones", &type_string_list, COMPUTED, "Names of its zones."),
    TYPED("addresses", &type_string_list, COMPUTED,
          "Addresses that the DNS name has, as asked from here. Those of an application load "
          "balancer change."),
    BOOL("healthy", COMPUTED, "It is active, and each listener has healthy targets."),
    NESTED("listeners", NESTING_LIST, listener_rows, COMPUTED, "Its listeners."),
    NESTED("targets", NESTING_LIST, target_rows, COMPUTED,
           "What they lead to, and what AWS says of its health."),
    END_ATTRIBUTES,
};

/* --- its name ------------------------------------------------------------------------ */

static const char *hostname_of(const struct value *front)
{
    const struct value *points = value_in(front, "status", "loadBalancer", "ingress");

    for (size_t i = 0; i < value_count(points); i++)
        if (*value_text(value_item(points, i), "hostname"))
            return value_text(value_item(points, i), "hostname");
    return "";
}

static enum kube_verdict judge_hostname(struct call *c, void *data, const struct value *object,
                                        const char **last_seen)
{
    (void)c;
    (void)data;
    *last_seen = object ? "its status has no host name; see its events, and whether the AWS load "
                          "balancer controller runs"
                        : "it does not exist";
    return object && *hostname_of(object) ? KUBE_DONE : KUBE_NOT_YET;
}

struct asking {
    struct kube *kube;
    struct kube_ref ref;
};

/* *hostname "" = none yet. */
static bool ask_front(struct call *c, void *data, const char **hostname)
{
    const struct asking *asking = data;
    const struct value *front;

    if (!kube_get(c, asking->kube, &asking->ref, &front))
        return false;
    *hostname = hostname_of(front);
    return true;
}

static bool find_front(struct call *c, const struct value *config, const char *argument,
                       struct asking *asking, const char **hostname)
{
    const struct value *named = value_at(config, argument), *front;
    const struct path *at = path_of(c->arena, argument);
    bool is_service = strcmp(argument, "service") == 0;

    asking->ref = (struct kube_ref){is_service ? "v1" : "networking.k8s.io/v1",
                                    is_service ? "Service" : "Ingress",
                                    value_text(named, "namespace"), value_text(named, "name")};
    if (!kube_open(c, value_at(config, "cluster"), path_of(c->arena, "cluster"), &asking->kube) ||
        (value_flag(config, "wait") &&
         !kube_wait_for(c, asking->kube, &asking->ref, "get the host name of a load balancer",
                        judge_hostname, NULL, &front)) ||
        !ask_front(c, asking, hostname))
        return false;
    return **hostname ||
           diag_error(c->diags, at, "No load balancer",
                      "%s on cluster %s has no host name of a load balancer in its status, or "
                      "does not exist. With wait = true it is waited for.",
                      kube_ref_text(c->arena, &asking->ref), kube_name(asking->kube));
}

/* --- reading --------------------------------------------------------------------------- */

static const char *region_of(struct call *c, const struct value *config)
{
    struct arn arn;

    if (*value_text(config, "region"))
        return value_text(config, "region");
    return arn_parse(c->arena, value_text(config, "arn"), &arn) ? arn.region : "";
}

static bool open_aws(struct call *c, const struct value *config, struct aws **aws)
{
    const struct value *cluster = value_at(config, "cluster");
    const struct aws_access access = {.region = region_of(c, config)};
    const char *region = access.region;

    if (!value_is_set(value_at(cluster, "eks")))
        return aws_open(c, &access, path_of(c->arena, "region"), aws);
    if (*region)
        cluster = value_with_in(c->arena, cluster, value_string(c->arena, region), "eks", "region");
    return load_balancer_open(c, cluster, aws);
}

static bool refuse_missing(struct call *c, struct aws *aws, const struct load_balancer_key *key)
{
    return diag_error(
        c->diags, NULL, "No load balancer",
        "AWS knows none with %s %s in %s. Classic load balancers, which Kubernetes' own AWS "
        "provider makes, are not shown.",
        *key->arn    ? "the ARN"
        : *key->name ? "the name"
                     : "the DNS name",
        *key->arn    ? key->arn
        : *key->name ? key->name
                     : key->hostname,
        aws_region(aws));
}

static const struct value *described(struct call *c, const struct value *config,
                                     const struct value *found)
{
    static const char *const given[] = {"cluster", "service", "ingress", "hostname",
                                        "region",  "wait",    "timeouts"};

    for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
        found = value_with(c->arena, found, given[i], value_at(config, given[i]));
    return value_with(c->arena, found, "id", value_at(found, "arn"));
}

static bool balancer_read(struct call *c, const struct value *config, const struct value **out)
{
    struct asking asking = {NULL, {NULL, NULL, NULL, NULL}};
    struct load_balancer_key key = {.arn = value_text(config, "arn"),
                                    .name = value_text(config, "name"),
                                    .hostname = value_text(config, "hostname")};
    const char *argument = value_is_set(value_at(config, "service")) ? "service" : "ingress", *why;
    const struct value *found, *addresses;
    struct aws *aws;

    if (value_is_set(value_at(config, argument))) {
        if (!find_front(c, config, argument, &asking, &key.hostname))
            return false;
        key.rename = ask_front;
        key.data = &asking;
    }
    if (!open_aws(c, config, &aws))
        return false;
    if (value_flag(config, "wait") ? !load_balancer_wait(c, aws, &key, &found)
                                   : !load_balancer_describe(c, aws, &key, &found))
        return false;
    if (!found)
        return refuse_missing(c, aws, &key);
    if (!resolve_name(c, value_text(found, "dns_name"), &addresses, &why))
        return false;
    *out = described(c, config, value_with(c->arena, found, "addresses", addresses));
    return true;
}

DATA_SOURCE(istio_load_balancer) = {
    .name = "istio_load_balancer",
    .kind = KIND_DATA,
    .summary = "The load balancer in AWS in front of a Service or Ingress, and whether it serves.",
    .doc = "Finds a network or application load balancer by what stands in the status of a Service "
           "or Ingress, or by its own name, and tells each target's health with AWS's reason. With "
           "`wait` it is read when it serves; without, as it is.",
    .attributes = attributes,
    .timeouts = {.read = 900},
    .read = balancer_read,
};
