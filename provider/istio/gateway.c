#include "istio/gateway.h"

#include <string.h>

#include "schema/check.h"

const struct attribute gateway_port_rows[] = {
    STRING("name", REQUIRED, "Name of the port. Istio takes the protocol from its first word.",
           .check = check_not_empty),
    NUMBER("port", REQUIRED, "Port of the Service.", .min = 1, .max = 65535),
    NUMBER("target_port", OPTIONAL, "Port of the pods. Default: the same.", .min = 1, .max = 65535),
    NUMBER("node_port", OPTIONAL, "Port of the nodes. Default: one that Kubernetes picks.",
           .min = 1, .max = 65535),
    STRING("protocol", OPTIONAL, "Default: `TCP`.", .one_of = ONE_OF("TCP", "UDP")),
    END_ATTRIBUTES,
};

static const struct attribute health_check_rows[] = {
    STRING("path", OPTIONAL, "Default: `/healthz/ready`.", .check = check_not_empty),
    STRING("port", OPTIONAL,
           "Number, or the name of a port of the Service. Default: that of the gateway's own "
           "health check, 15021. With nodes as targets, an AWS load balancer controller from 2.6.2 "
           "on finds the node port of a name such as `status-port`."),
    STRING("protocol", OPTIONAL, "Default: `http`.", .one_of = ONE_OF("http", "https", "tcp")),
    END_ATTRIBUTES,
};

const struct attribute gateway_load_balancer_rows[] = {
    STRING("type", OPTIONAL,
           "`nlb` and `alb` are made by the AWS load balancer controller, `classic` by Kubernetes' "
           "own AWS provider. Default: `nlb`.",
           .one_of = ONE_OF("nlb", "alb", "classic")),
    STRING(
        "controller", OPTIONAL,
        "`id` of the istio_load_balancer_controller that makes it, on the same cluster: its only "
        "use is the order of creation and removal."),
    STRING("target_type", OPTIONAL,
           "Whether targets are pods (`ip`) or nodes (`instance`). Default: `ip` of an NLB, "
           "`instance` of an ALB.",
           .one_of = ONE_OF("ip", "instance")),
    BOOL("cross_zone", OPTIONAL, "Whether each zone's address serves all zones. Default: true."),
    NESTED("health_check", NESTING_SINGLE, health_check_rows, OPTIONAL,
           "How the load balancer asks whether a target is healthy."),
    TYPED("source_ranges", &type_string_list, OPTIONAL, "CIDR blocks that may call.",
          .check_element = check_cidr),
    TYPED("subnets", &type_string_list, OPTIONAL,
          "Ids or names of its subnets. Default: those that are tagged for it."),
    TYPED("security_groups", &type_string_list, OPTIONAL, "Ids or names of its security groups."),
    STRING("hostname", OPTIONAL, "Name that external-dns gives it."),
    TYPED("certificate_arns", &type_string_list, OPTIONAL,
          "Certificates with which an ALB, or an NLB's port 443, ends TLS.",
          .check_element = check_arn),
    TYPED("tags", &type_string_map, OPTIONAL, "Tags of what is made in AWS for it."),
    TYPED("annotations", &type_string_map, OPTIONAL,
          "Further annotations of the Service, or of an ALB's Ingress. They win over the others."),
    END_ATTRIBUTES,
};

/* --- what is said ----------------------------------------------------------------- */

bool gateway_is_behind(const struct value *planned, const char *type)
{
    const struct value *balancer = value_at(planned, "load_balancer");
    const char *own = value_text(balancer, "type");

    return value_is_set(balancer) && strcmp(own[0] ? own : "nlb", type) == 0;
}

bool gateway_is_east_west(const struct value *planned)
{
    return strcmp(value_text(planned, "direction"), "east-west") == 0;
}

bool gateway_is_egress(const struct value *planned)
{
    return strcmp(value_text(planned, "direction"), "egress") == 0;
}

bool gateway_is_internal(const struct value *planned)
{
    return strcmp(value_text(planned, "exposure"), "internal") == 0;
}

const char *gateway_service_type(const struct value *planned)
{
    const char *own = value_text(planned, "service_type");

    if (own[0])
        return own;
    if (gateway_is_egress(planned))
        return "ClusterIP";
    return gateway_is_behind(planned, "alb") ? "NodePort" : "LoadBalancer";
}

bool gateway_gets_address(const struct value *planned)
{
    return gateway_is_behind(planned, "alb") ||
           strcmp(gateway_service_type(planned), "LoadBalancer") == 0;
}

const char *gateway_network(const struct value *planned)
{
    const char *own = value_text(planned, "network");

    return own[0] ? own : value_z(value_in(planned, "cluster", "network"));
}

const char *gateway_selector(const struct value *planned)
{
    const char *name = value_text(planned, "name"),
               *own = value_z(value_in(planned, "labels", "istio"));

    if (own[0])
        return own;
    return strncmp(name, "istio-", 6) == 0 ? name + 6 : name;
}

/* --- rules --------------------------------------------------------------------------- */

static bool refuse(struct call *c, const char *argument, const char *summary, const char *why)
{
    return diag_error(c->diags, path_of(c->arena, argument), summary, "%s", why);
}

/* Unknown counts as given: it may be. */
static bool has_network(const struct value *config)
{
    const struct value *own = value_at(config, "network"), *cluster = value_at(config, "cluster");

    return !value_is_null(own) || value_is_unknown(cluster) ||
           !value_is_null(value_at(cluster, "network"));
}

/* Ids of controllers begin with the cluster's name. */
static bool check_controller(struct call *c, const struct value *config)
{
    const char *name = value_z(value_in(config, "cluster", "name")),
               *id = value_z(value_in(config, "load_balancer", "controller"));
    size_t len = strcspn(id, "/");

    if (!*name || !*id || (len == strlen(name) && strncmp(id, name, len) == 0))
        return true;
    return diag_error(c->diags, path_of(c->arena, "load_balancer"),
                      "Load balancer controller of another cluster",
                      "The gateway runs on cluster %s, and controller is %s: name the "
                      "istio_load_balancer_controller of the same cluster.",
                      name, id);
}

bool gateway_validate(struct call *c, const struct value *config)
{
    bool fine = check_controller(c, config), alb = gateway_is_behind(config, "alb");

    if (gateway_is_east_west(config) && !has_network(config))
        fine = refuse(c, "network", "An east-west gateway needs a network",
                      "Other clusters find it by the network that it belongs to. Name one here, or "
                      "in the istio_cluster that the connection comes from.");
    if (!gateway_is_east_west(config) && value_count(value_at(config, "expose_services")) > 0 &&
        !value_is_unknown(value_at(config, "direction")))
        fine = refuse(c, "expose_services", "Only an east-west gateway exposes services",
                      "Services are exposed to the other clusters of the mesh. Set direction to "
                      "\"east-west\", or route to them with a VirtualService instead.");
    if (gateway_is_east_west(config) && alb)
        fine = refuse(c, "load_balancer", "An ALB cannot carry east-west traffic",
                      "It ends TLS, and traffic between clusters is passed through unopened. Use "
                      "an NLB.");
    if (alb && value_is_set(value_at(config, "service_type")) &&
        strcmp(value_text(config, "service_type"), "LoadBalancer") == 0)
        fine = refuse(c, "service_type", "An ALB has a Service of its own kind",
                      "A Service of type LoadBalancer would get a second load balancer. Use "
                      "NodePort, or ClusterIP with target_type \"ip\".");
    if (gateway_is_egress(config) && value_is_set(value_at(config, "load_balancer")))
        fine = refuse(c, "load_balancer", "An egress gateway has no load balancer",
                      "It is called from inside of the cluster only.");
    return fine;
}
