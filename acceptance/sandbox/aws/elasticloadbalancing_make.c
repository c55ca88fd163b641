/* Load balancers as they are made, live and end. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/aws/elasticloadbalancing.h"
#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"
#include "codec/json.h"

enum { PROVISION_SECONDS = 150, CHECK_SECONDS = 45, INTERFACE_SECONDS = 60 };

/* Of Elastic Load Balancing itself, for aliases in Route 53. */
static const struct {
    const char *region, *network, *application;
} zones[] = {{"eu-central-1", "Z3F0SRJ5LGBH90", "Z215JYRZR1TBD5"},
             {"eu-west-1", "Z2IFOLAFXWLO4F", "Z32O12XQLNTSW2"},
             {"us-east-1", "Z26RNL4JYFTOTI", "Z35SXDOTRQ7X7K"},
             {"us-east-2", "ZLMOA37VPKANP", "Z3AADJGX6KTTL2"},
             {"us-west-2", "Z18D5FSROUN65G", "Z1H1FL5HABSF5"}};

/* --- names -------------------------------------------------------------------------------- */
static const char *arn(struct cloud *c, struct arena *a, const char *region, const char *what)
{
    return text_f(a, "arn:aws:elasticloadbalancing:%s:%s:%s", region, c->account, what);
}

/* 16 digits. */
static const char *new_id(struct cloud *c, struct arena *a)
{
    return cloud_new_id(c, a, "x") + 3;
}

static const char *zone_of(const char *region, bool is_network)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
        if (strcmp(zones[i].region, region) == 0)
            return is_network ? zones[i].network : zones[i].application;
    return "";
}

/* Names below .localhost are this machine's, whatever a name server says. */
static const char *dns_name(struct arena *a, const char *name, const char *id, const char *region,
                            bool is_network, bool is_internal)
{
    if (is_network)
        return text_f(a, "%s-%s.elb.%s.amazonaws.com.localhost", name, id, region);
    return text_f(a, "%s%s-%.10s.%s.elb.amazonaws.com.localhost", is_internal ? "internal-" : "",
                  name, id, region);
}

/* "net/mesh/0123456789abcdef" of its ARN. */
static const char *short_name(const struct record *balancer)
{
    return strchr(balancer->id, '/') + 1;
}

/* --- load balancers ------------------------------------------------------------------------- */
static void set_state(struct record *balancer, const char *code, const char *reason)
{
    struct arena *a = balancer->arena;
    const struct value *state = value_map_of(a, {"Code", value_string(a, code)});

    record_set(balancer, "State",
               *reason ? value_with(a, state, "Reason", value_string(a, reason)) : state);
}

static void provision(struct cloud *c, struct record *balancer)
{
    const char *fail = value_text(balancer->tags, CLOUD_EKS_FAIL);
    bool fails = *fail && strncmp(fail, "Target.", 7) != 0;

    (void)c;
    set_state(balancer, fails ? "failed" : "active", fails ? fail : "");
}

/* An interface in each of its subnets; false = one of them has no room. */
static bool add_interfaces(struct cloud *c, const struct record *balancer,
                           const struct value *subnets, bool is_network)
{
    struct arena *a = balancer->arena;
    const char *description = text_f(a, "ELB %s", short_name(balancer));

    for (size_t i = 0; i < value_count(subnets); i++) {
        const struct record *subnet =
            record_find(c, balancer->region, network_subnet.kind, value_z(value_item(subnets, i)));
        struct record *made =
            subnet ? network_interface_add(c, subnet,
                                           is_network ? "network_load_balancer" : "interface",
                                           description, value_at(balancer->body, "SecurityGroups"))
                   : NULL;

        if (!made)
            return false;
        record_set(made, "requesterId", value_string(a, "amazon-elb"));
        record_set(made, "attachment",
                   value_with(a, value_at(made->body, "attachment"), "instanceOwnerId",
                              value_string(a, "amazon-elb")));
    }
    return true;
}

static void remove_interfaces(struct cloud *c, const struct record *balancer, int64_t seconds)
{
    const char *description = text_f(balancer->arena, "ELB %s", short_name(balancer));
    struct record *at = NULL;

    while ((at = record_next(c, at, balancer->region, network_interface.kind)))
        if (record_is(at, "description", description))
            record_later(c, at, seconds, record_remove);
}

static const struct value *places(struct cloud *c, struct arena *a, const char *region,
                                  const struct value *subnets, const char **vpc)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(subnets); i++) {
        const struct record *subnet =
            record_find(c, region, network_subnet.kind, value_z(value_item(subnets, i)));

        if (!subnet)
            continue;
        *vpc = record_text(subnet, "vpcId");
        value_builder_add(&b,
                          value_map_of(a, {"ZoneName", value_at(subnet->body, "availabilityZone")},
                                       {"SubnetId", value_string(a, subnet->id)},
                                       {"LoadBalancerAddresses", &value_empty_list}));
    }
    return value_builder_list(&b);
}

static const struct value *default_attributes(struct arena *a, bool is_network)
{
    const struct value *off = value_string(a, "false");

    return value_map_of(
        a, {"deletion_protection.enabled", off}, {"access_logs.s3.enabled", off},
        {"access_logs.s3.bucket", &value_empty_string},
        {"access_logs.s3.prefix", &value_empty_string},
        {"load_balancing.cross_zone.enabled", value_string(a, is_network ? "false" : "true")},
        {is_network ? "dns_record.client_routing_policy" : "idle_timeout.timeout_seconds",
         value_string(a, is_network ? "any_availability_zone" : "60")});
}

struct record *elasticloadbalancing_add(struct cloud *c, const char *region, const char *name,
                                        const char *type, const char *scheme,
                                        const struct value *subnets, const struct value *groups,
                                        const struct value *tags)
{
    struct arena *a = arena_new();
    bool is_network = strcmp(type, "network") == 0, is_internal = strcmp(scheme, "internal") == 0;
    const char *id = new_id(c, a), *vpc = "";
    const struct value *in = places(c, a, region, subnets, &vpc);
    const char *full =
        arn(c, a, region, text_f(a, "loadbalancer/%s/%s/%s", is_network ? "net" : "app", name, id));
    const struct value *body = value_map_of(
        a, {"LoadBalancerArn", value_string(a, full)},
        {"DNSName", value_string(a, dns_name(a, name, id, region, is_network, is_internal))},
        {"CanonicalHostedZoneId", value_string(a, zone_of(region, is_network))},
        {"CreatedTime", value_string(a, clock_rfc3339(a, clock_now()))},
        {"LoadBalancerName", value_string(a, name)}, {"Scheme", value_string(a, scheme)},
        {"VpcId", value_string(a, vpc)}, {"Type", value_string(a, type)}, {"AvailabilityZones", in},
        {"SecurityGroups", groups}, {"IpAddressType", value_string(a, "ipv4")},
        {".attributes", default_attributes(a, is_network)});
    struct record *made = record_add(c, region, ELASTICLOADBALANCING_BALANCER, full, body);

    made->tags = value_copy(made->arena, tags);
    set_state(made, "provisioning", "");
    record_later(c, made, PROVISION_SECONDS, provision);
    if (!add_interfaces(c, made, subnets, is_network)) {
        remove_interfaces(c, made, 0);
        record_remove(c, made);
        made = NULL;
    }
    arena_free(a);
    return made;
}

void elasticloadbalancing_remove(struct cloud *c, struct record *balancer)
{
    struct record *at;

    while ((at = elasticloadbalancing_listener_of(c, NULL, balancer)))
        record_remove(c, at);
    remove_interfaces(c, balancer, INTERFACE_SECONDS);
    record_remove(c, balancer);
}

/* --- listeners ------------------------------------------------------------------------------- */
static const struct value *forward(struct arena *a, const struct value *groups)
{
    const struct value *shares = &value_empty_list, *action;

    for (size_t i = 0; i < value_count(groups); i++)
        shares = value_append(a, shares,
                              value_map_of(a, {"TargetGroupArn", value_item(groups, i)},
                                           {"Weight", value_integer(a, 1)}));
    action = value_map_of(a, {"Type", value_string(a, "forward")}, {"Order", value_integer(a, 1)},
                          {"ForwardConfig", value_map_of(a, {"TargetGroups", shares})});
    return value_count(groups) == 1 ? value_with(a, action, "TargetGroupArn", value_item(groups, 0))
                                    : action;
}

static const struct value *not_found(struct arena *a)
{
    return value_map_of(
        a, {"Type", value_string(a, "fixed-response")}, {"Order", value_integer(a, 1)},
        {"FixedResponseConfig", value_map_of(a, {"StatusCode", value_string(a, "404")},
                                             {"ContentType", value_string(a, "text/plain")})});
}

struct record *elasticloadbalancing_add_listener(struct cloud *c, const struct record *balancer,
                                                 const char *protocol, int64_t port,
                                                 const struct value *groups, bool by_rules,
                                                 const struct value *tags)
{
    struct arena *a = arena_new();
    const char *full = arn(c, a, balancer->region,
                           text_f(a, "listener/%s/%s", short_name(balancer), new_id(c, a)));
    struct record *made = record_add(
        c, balancer->region, ELASTICLOADBALANCING_LISTENER, full,
        value_map_of(
            a, {"ListenerArn", value_string(a, full)},
            {"LoadBalancerArn", value_string(a, balancer->id)}, {"Port", value_integer(a, port)},
            {"Protocol", value_string(a, protocol)},
            {"DefaultActions", value_list_of(a, by_rules ? not_found(a) : forward(a, groups))},
            {".groups", groups}));

    made->ghost = true; /* goes with its load balancer */
    made->tags = value_copy(made->arena, tags);
    arena_free(a);
    return made;
}

struct record *elasticloadbalancing_listener_of(struct cloud *c, const struct record *before,
                                                const struct record *balancer)
{
    struct record *at = record_next(c, before, balancer->region, ELASTICLOADBALANCING_LISTENER);

    while (at && !record_is(at, "LoadBalancerArn", balancer->id))
        at = record_next(c, at, balancer->region, ELASTICLOADBALANCING_LISTENER);
    return at;
}

static bool leads_to(const struct record *listener, const struct record *group)
{
    const struct value *groups = value_at(listener->body, ".groups");

    for (size_t i = 0; i < value_count(groups); i++)
        if (strcmp(value_z(value_item(groups, i)), group->id) == 0)
            return true;
    return false;
}

struct record *elasticloadbalancing_listener_to(struct cloud *c, const struct record *before,
                                                const struct record *group)
{
    struct record *at = record_next(c, before, group->region, ELASTICLOADBALANCING_LISTENER);

    while (at && !leads_to(at, group))
        at = record_next(c, at, group->region, ELASTICLOADBALANCING_LISTENER);
    return at;
}

/* --- target groups --------------------------------------------------------------------------- */
struct record *elasticloadbalancing_add_group(struct cloud *c, const struct record *balancer,
                                              const char *name, const char *target_type,
                                              const char *protocol, int64_t port,
                                              const struct value *tags)
{
    struct arena *a = arena_new();
    bool is_tcp = strcmp(protocol, "HTTP") != 0 && strcmp(protocol, "HTTPS") != 0;
    const char *full =
        arn(c, a, balancer->region, text_f(a, "targetgroup/%s/%s", name, new_id(c, a)));
    struct record *made = record_add(
        c, balancer->region, ELASTICLOADBALANCING_GROUP, full,
        value_map_of(a, {"TargetGroupArn", value_string(a, full)},
                     {"TargetGroupName", value_string(a, name)},
                     {"Protocol", value_string(a, protocol)}, {"Port", value_integer(a, port)},
                     {"VpcId", value_at(balancer->body, "VpcId")},
                     {"HealthCheckProtocol", value_string(a, is_tcp ? "TCP" : "HTTP")},
                     {"HealthCheckPort", value_string(a, "traffic-port")},
                     {"HealthCheckEnabled", &value_true},
                     {"HealthCheckPath", is_tcp ? &value_null : value_string(a, "/")},
                     {"TargetType", value_string(a, target_type)},
                     {"IpAddressType", value_string(a, "ipv4")}, {".targets", &value_empty_list}));

    made->tags = value_copy(made->arena, tags);
    arena_free(a);
    return made;
}

static const struct value *state_of(struct arena *a, const char *state, const char *reason,
                                    const char *description)
{
    const struct value *v = value_map_of(a, {"State", value_string(a, state)});

    return *reason ? value_merge(a, v,
                                 value_map_of(a, {"Reason", value_string(a, reason)},
                                              {"Description", value_string(a, description)}))
                   : v;
}

static const char *description_of(const char *reason)
{
    static const char *const known[][2] = {
        {"Target.FailedHealthChecks", "Health checks failed"},
        {"Target.Timeout", "Request timed out"},
        {"Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(known[i][0], reason) == 0)
            return known[i][1];
    return "It was to fail: the tag " CLOUD_EKS_FAIL " says so.";
}

/* The load balancer that leads to it, or, until one does, NULL. */
static const struct record *balancer_of(struct cloud *c, const struct record *group)
{
    const struct record *listener = elasticloadbalancing_listener_to(c, NULL, group);

    return listener ? record_find(c, group->region, ELASTICLOADBALANCING_BALANCER,
                                  record_text(listener, "LoadBalancerArn"))
                    : NULL;
}

const struct value *elasticloadbalancing_health(struct cloud *c, struct arena *a,
                                                const struct record *group,
                                                const struct value *target)
{
    const struct record *balancer = balancer_of(c, group);
    const char *fail = value_text(group->tags, CLOUD_EKS_FAIL);

    if (!balancer)
        return state_of(a, "unused", "Target.NotInUse",
                        "Target group is not configured to receive traffic from the load balancer");
    if (!*fail)
        fail = value_text(balancer->tags, CLOUD_EKS_FAIL);
    if (strcmp(value_text(value_at(balancer->body, "State"), "Code"), "active") != 0)
        return state_of(a, "initial", "Elb.RegistrationInProgress",
                        "Target registration is in progress");
    if (!value_flag(target, "Checked"))
        return state_of(a, "initial", "Elb.InitialHealthChecking",
                        "Initial health checks in progress");
    if (strncmp(fail, "Target.", 7) != 0 && value_flag(target, "Ready"))
        return state_of(a, "healthy", "", "");
    fail = strncmp(fail, "Target.", 7) == 0 ? fail : "Target.FailedHealthChecks";
    return state_of(a, "unhealthy", fail, description_of(fail));
}

static void check_targets(struct cloud *c, struct record *group)
{
    struct arena *a = group->arena;
    const struct value *targets = value_at(group->body, ".targets");
    struct value_builder b;

    (void)c;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(targets); i++)
        value_builder_add(&b, value_with(a, value_item(targets, i), "Checked", &value_true));
    record_set(group, ".targets", value_builder_list(&b));
}

/* Was the same target checked before? */
static bool was_checked(const struct value *targets, const struct value *target)
{
    for (size_t i = 0; i < value_count(targets); i++)
        if (value_equal(value_at(value_item(targets, i), "Id"), value_at(target, "Id")) &&
            value_equal(value_at(value_item(targets, i), "Port"), value_at(target, "Port")))
            return value_flag(value_item(targets, i), "Checked");
    return false;
}

void elasticloadbalancing_set_targets(struct cloud *c, struct record *group,
                                      const struct value *targets)
{
    struct arena *a = arena_new();
    const struct value *before = value_at(group->body, ".targets"), *after;
    struct value_builder b;
    bool all_checked = true;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(targets); i++) {
        const struct value *target = value_item(targets, i);
        bool checked = was_checked(before, target);

        value_builder_add(&b, value_with(a, target, "Checked", value_bool(checked)));
        all_checked = all_checked && checked;
    }
    after = value_builder_list(&b);
    if (!value_equal(before, after)) {
        record_set(group, ".targets", after);
        if (!all_checked)
            record_later(c, group, CHECK_SECONDS, check_targets);
    }
    arena_free(a);
}

/* --- for tests -------------------------------------------------------------------------------- */
static void add_ports(struct cloud *c, const struct record *balancer, const struct value *wanted)
{
    const struct value *ports = value_at(wanted, "Listeners");
    struct arena *a = arena_new();

    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *one = value_item(ports, i), *type = value_at(one, "TargetType");
        const char *protocol = value_has(one, "Protocol") ? value_text(one, "Protocol") : "TCP";
        const char *name = text_f(a, "%.24s-%zu", record_text(balancer, "LoadBalancerName"), i);
        struct record *group = elasticloadbalancing_add_group(
            c, balancer, name, value_is_set(type) ? value_z(type) : "ip", protocol,
            value_integer_at(one, "Port"), balancer->tags);

        elasticloadbalancing_set_targets(c, group, value_at(one, "Targets"));
        elasticloadbalancing_add_listener(c, balancer, protocol, value_integer_at(one, "Port"),
                                          value_list_of(a, value_string(a, group->id)), false,
                                          balancer->tags);
    }
    arena_free(a);
}

char *cloud_add_load_balancer(struct cloud *c, const char *region, const char *json)
{
    struct arena *a = arena_new();
    const struct value *v, *tags;
    const struct record *made = NULL;
    const char *type, *scheme;
    char *hostname = NULL;

    if (json_try(a, text_of(json), &v) == NULL) {
        type = value_has(v, "Type") ? value_text(v, "Type") : "network";
        scheme = value_has(v, "Scheme") ? value_text(v, "Scheme") : "internal";
        tags = value_has(v, "Tags") ? value_at(v, "Tags") : &value_empty_map;
        pthread_mutex_lock(&c->lock);
        made =
            elasticloadbalancing_add(c, region, value_text(v, "Name"), type, scheme,
                                     value_at(v, "Subnets"), value_at(v, "SecurityGroups"), tags);
        if (made) {
            add_ports(c, made, v);
            hostname = memory_strdup(record_text(made, "DNSName"));
        }
        records_forget_removed(c);
        pthread_mutex_unlock(&c->lock);
    }
    arena_free(a);
    return hostname;
}
