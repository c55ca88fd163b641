#include "istio/gateway.h"

#include <string.h>

#include "codec/json.h"
#include "schema/check.h"

#define NLB "service.beta.kubernetes.io/aws-load-balancer-"
#define ALB "alb.ingress.kubernetes.io/"

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
           "health check, 15021."),
    STRING("protocol", OPTIONAL, "Default: `http`.", .one_of = ONE_OF("http", "https", "tcp")),
    END_ATTRIBUTES,
};

const struct attribute gateway_load_balancer_rows[] = {
    STRING("type", OPTIONAL,
           "`nlb` and `alb` are made by the AWS load balancer controller, `classic` by Kubernetes' "
           "own AWS provider. Default: `nlb`.",
           .one_of = ONE_OF("nlb", "alb", "classic")),
    STRING("controller", OPTIONAL,
           "`id` of the istio_load_balancer_controller that makes it: its only use is the order "
           "of creation and removal."),
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

/* --- reading arguments ---------------------------------------------------------- */

static const char *text_or(const struct value *v, const char *fallback)
{
    return value_is_set(v) ? value_z(v) : fallback;
}

static const struct value *load_balancer(const struct value *planned)
{
    return value_at(planned, "load_balancer");
}

static bool is_type(const struct value *planned, const char *type)
{
    const struct value *lb = load_balancer(planned);

    return value_is_set(lb) && strcmp(text_or(value_at(lb, "type"), "nlb"), type) == 0;
}

static bool is_east_west(const struct value *planned)
{
    return strcmp(value_text(planned, "direction"), "east-west") == 0;
}

static bool is_internal(const struct value *planned)
{
    return strcmp(value_text(planned, "exposure"), "internal") == 0;
}

const char *gateway_network(const struct value *planned)
{
    const struct value *own = value_at(planned, "network");

    return value_is_set(own) ? value_z(own) : value_z(value_in(planned, "cluster", "network"));
}

const char *gateway_selector(const char *name)
{
    return strncmp(name, "istio-", 6) == 0 ? name + 6 : name;
}

/* "a,b,c" */
static const struct value *joined(struct arena *a, const struct value *list)
{
    struct text_builder b;

    text_builder_init(&b, a, 64 * 1024);
    for (size_t i = 0; i < value_count(list); i++) {
        if (i > 0)
            text_add_char(&b, ',');
        text_add(&b, value_string_text(value_item(list, i)));
    }
    return value_string_of(a, text_built(&b));
}

/* "team=mesh,stage=test" */
static const struct value *joined_tags(struct arena *a, const struct value *map)
{
    struct text_builder b;

    text_builder_init(&b, a, 64 * 1024);
    for (size_t i = 0; i < value_count(map); i++)
        text_add_f(&b, "%s%s=%s", i > 0 ? "," : "", map->map.entries[i].key,
                   value_z(map->map.entries[i].value));
    return value_string_of(a, text_built(&b));
}

/* --- annotations ----------------------------------------------------------------- */

struct annotations {
    struct value_builder builder;
    struct arena *arena;
};

static void annotate(struct annotations *to, const char *key, const struct value *v)
{
    if (value_is_set(v) && value_count(v) + value_string_text(v).len > 0)
        value_builder_set(&to->builder, key, v);
}

static void annotate_z(struct annotations *to, const char *key, const char *z)
{
    value_builder_set(&to->builder, key, value_string(to->arena, z));
}

static void annotate_all(struct annotations *to, const struct value *map)
{
    for (size_t i = 0; i < value_count(map); i++)
        annotate(to, map->map.entries[i].key, map->map.entries[i].value);
}

static void annotate_nlb(struct annotations *to, const struct value *planned)
{
    const struct value *lb = load_balancer(planned), *check = value_at(lb, "health_check");
    const struct value *cross_zone = value_at(lb, "cross_zone");
    const struct value *certificates = value_at(lb, "certificate_arns");
    bool crosses = !value_is_set(cross_zone) || value_as_bool(cross_zone);

    annotate_z(to, NLB "type", "external");
    annotate_z(to, NLB "nlb-target-type", text_or(value_at(lb, "target_type"), "ip"));
    annotate_z(to, NLB "scheme", is_internal(planned) ? "internal" : "internet-facing");
    annotate_z(to, NLB "cross-zone-load-balancing-enabled", crosses ? "true" : "false");
    annotate_z(to, NLB "healthcheck-path", text_or(value_at(check, "path"), "/healthz/ready"));
    annotate_z(to, NLB "healthcheck-port", text_or(value_at(check, "port"), "15021"));
    annotate_z(to, NLB "healthcheck-protocol", text_or(value_at(check, "protocol"), "http"));
    annotate(to, NLB "subnets", joined(to->arena, value_at(lb, "subnets")));
    annotate(to, NLB "security-groups", joined(to->arena, value_at(lb, "security_groups")));
    annotate(to, NLB "additional-resource-tags", joined_tags(to->arena, value_at(lb, "tags")));
    if (value_count(certificates) > 0) {
        annotate(to, NLB "ssl-cert", joined(to->arena, certificates));
        annotate_z(to, NLB "ssl-ports", "443");
    }
}

static void annotate_classic(struct annotations *to, const struct value *planned)
{
    if (is_internal(planned))
        annotate_z(to, NLB "internal", "true");
    annotate(to, NLB "additional-resource-tags",
             joined_tags(to->arena, value_at(load_balancer(planned), "tags")));
}

static const struct value *service_annotations(struct arena *a, const struct value *planned)
{
    const struct value *lb = load_balancer(planned);
    struct annotations to = {.arena = a};

    value_builder_init(&to.builder, a);
    if (is_type(planned, "nlb"))
        annotate_nlb(&to, planned);
    if (is_type(planned, "classic"))
        annotate_classic(&to, planned);
    if (!is_type(planned, "alb")) {
        annotate(&to, "external-dns.alpha.kubernetes.io/hostname", value_at(lb, "hostname"));
        annotate_all(&to, value_at(lb, "annotations"));
    }
    annotate_all(&to, value_at(planned, "annotations"));
    return value_builder_map(&to.builder);
}

/* --- values ------------------------------------------------------------------------ */

static const struct value *port_of(struct arena *a, const struct value *row)
{
    const struct value *target = value_at(row, "target_port"), *node = value_at(row, "node_port");
    const struct value *port =
        value_map_of(a, {"name", value_at(row, "name")}, {"port", value_at(row, "port")},
                     {"protocol", value_string(a, text_or(value_at(row, "protocol"), "TCP"))},
                     {"targetPort", value_is_set(target) ? target : value_at(row, "port")});

    return value_is_set(node) ? value_with(a, port, "nodePort", node) : port;
}

static const struct value *ports_of(struct arena *a, const struct value *rows)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(rows); i++)
        value_builder_add(&b, port_of(a, value_item(rows, i)));
    return value_builder_list(&b);
}

/* Health check first: controllers that know no annotations ask the first port. */
static const struct value *east_west_ports(struct arena *a)
{
    static const struct {
        const char *name;
        int port;
    } ports[] = {
        {"status-port", 15021}, {"tls", 15443}, {"tls-istiod", 15012}, {"tls-webhook", 15017}};
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        value_builder_add(&b, value_map_of(a, {"name", value_string(a, ports[i].name)},
                                           {"port", value_integer(a, ports[i].port)},
                                           {"protocol", value_string(a, "TCP")},
                                           {"targetPort", value_integer(a, ports[i].port)}));
    return value_builder_list(&b);
}

/* That of seed documents and of Istio's own selectors: by which a mesh tells one
 * gateway from another. */
static const struct value *labels_of(struct arena *a, const struct value *planned)
{
    const struct value *own = value_at(planned, "labels");
    const struct value *labels =
        value_map_of(a, {"ingressgateway.istio.io/direction", value_at(planned, "direction")},
                     {"ingressgateway.istio.io/type", value_at(planned, "exposure")});

    return value_is_set(own) ? value_merge(a, labels, own) : labels;
}

static const char *service_type(const struct value *planned)
{
    const struct value *own = value_at(planned, "service_type");

    return value_is_set(own) ? value_z(own) : is_type(planned, "alb") ? "NodePort" : "LoadBalancer";
}

static const struct value *service_of(struct arena *a, const struct value *planned)
{
    const struct value *ranges = value_at(load_balancer(planned), "source_ranges");
    const struct value *ports = value_at(planned, "ports");
    const struct value *service = value_map_of(a, {"type", value_string(a, service_type(planned))},
                                               {"annotations", service_annotations(a, planned)});

    if (value_count(ranges) > 0 && !is_type(planned, "alb"))
        service = value_with(a, service, "loadBalancerSourceRanges", ranges);
    return value_count(ports) > 0 ? value_with(a, service, "ports", ports_of(a, ports)) : service;
}

/* The chart's networkGateway brings its own ports; with the user's own ones its
 * label and environment are said one by one. */
static const struct value *with_network(struct arena *a, const struct value *planned,
                                        const struct value *values)
{
    const struct value *network = value_string(a, gateway_network(planned));

    if (!is_east_west(planned) || !*value_z(network))
        return values;
    if (value_count(value_at(planned, "ports")) == 0)
        return value_with(a, values, "networkGateway", network);
    values = value_with_in(a, values, network, "labels", GATEWAY_NETWORK_LABEL);
    return value_with_in(a, values, network, "env", "ISTIO_META_REQUESTED_NETWORK_VIEW");
}

static const struct value *with_text(struct arena *a, const struct value *values, const char *key,
                                     const struct value *v)
{
    return value_is_set(v) && *value_z(v) ? value_with(a, values, key, v) : values;
}

static const struct value *modern_values(struct arena *a, const struct value *planned)
{
    const struct value *env = value_at(planned, "env"), *replicas = value_at(planned, "replicas");
    const struct value *values =
        value_map_of(a, {"service", service_of(a, planned)}, {"labels", labels_of(a, planned)});

    values = with_text(a, values, "revision", value_at(planned, "revision"));
    if (value_count(env) > 0)
        values = value_with(a, values, "env", env);
    if (value_is_set(replicas))
        values = value_with_in(a, value_with(a, values, "replicaCount", replicas), &value_false,
                               "autoscaling", "enabled");
    return with_network(a, planned, values);
}

static const struct value *legacy_env(struct arena *a, const struct value *planned)
{
    const struct value *env = value_at(planned, "env");

    env = value_is_set(env) ? env : &value_empty_map;
    if (!is_east_west(planned))
        return env;
    /* Releases before 1.12 need both to route by SNI for their network. */
    env = value_with(a, env, "ISTIO_META_ROUTER_MODE", value_string(a, "sni-dnat"));
    return value_with(a, env, "ISTIO_META_REQUESTED_NETWORK_VIEW",
                      value_string(a, gateway_network(planned)));
}

static const struct value *legacy_labels(struct arena *a, const struct value *planned)
{
    const char *name = value_text(planned, "name");
    const struct value *labels = labels_of(a, planned);

    labels = value_with(a, labels, "app", value_string(a, name));
    labels = value_with(a, labels, "istio", value_string(a, gateway_selector(name)));
    return is_east_west(planned) ? value_with(a, labels, GATEWAY_NETWORK_LABEL,
                                              value_string(a, gateway_network(planned)))
                                 : labels;
}

static const struct value *legacy_values(struct arena *a, const struct value *planned)
{
    const struct value *ports = value_at(planned, "ports"),
                       *replicas = value_at(planned, "replicas");
    const struct value *service = service_of(a, planned);
    const struct value *gateway = value_map_of(
        a, {"name", value_at(planned, "name")}, {"labels", legacy_labels(a, planned)},
        {"type", value_at(service, "type")},
        {"serviceAnnotations", value_at(service, "annotations")}, {"env", legacy_env(a, planned)});
    const struct value *values;

    if (value_count(ports) > 0)
        gateway = value_with(a, gateway, "ports", value_at(service, "ports"));
    else if (is_east_west(planned))
        gateway = value_with(a, gateway, "ports", east_west_ports(a));
    if (value_has(service, "loadBalancerSourceRanges"))
        gateway = value_with(a, gateway, "loadBalancerSourceRanges",
                             value_at(service, "loadBalancerSourceRanges"));
    if (value_is_set(replicas))
        gateway = value_with(a, value_with(a, gateway, "autoscaleEnabled", &value_false),
                             "replicaCount", replicas);
    values = value_map_of(a, {"gateways", value_map_of(a, {"istio-ingressgateway", gateway})});
    return with_text(a, values, "revision", value_at(planned, "revision"));
}

const struct value *gateway_values(struct arena *a, const struct value *planned, bool legacy)
{
    return legacy ? legacy_values(a, planned) : modern_values(a, planned);
}

/* --- objects ------------------------------------------------------------------------ */

static const struct value *cross_network_gateway(struct arena *a, const struct value *planned,
                                                 const char *istio_namespace)
{
    const char *selector = gateway_selector(value_text(planned, "name"));
    const struct value *server =
        value_map_of(a,
                     {"port", value_map_of(a, {"number", value_integer(a, 15443)},
                                           {"name", value_string(a, "tls")},
                                           {"protocol", value_string(a, "TLS")})},
                     {"tls", value_map_of(a, {"mode", value_string(a, "AUTO_PASSTHROUGH")})},
                     {"hosts", value_at(planned, "expose_services")});

    return value_map_of(
        a, {"apiVersion", value_string(a, "networking.istio.io/v1beta1")},
        {"kind", value_string(a, "Gateway")},
        {"metadata", value_map_of(a, {"name", value_string(a, "cross-network-gateway")},
                                  {"namespace", value_string(a, istio_namespace)})},
        {"spec",
         value_map_of(a, {"selector", value_map_of(a, {"istio", value_string(a, selector)})},
                      {"servers", value_list_of(a, server)})});
}

static const struct value *alb_annotations(struct arena *a, const struct value *planned)
{
    const struct value *lb = load_balancer(planned), *check = value_at(lb, "health_check");
    const struct value *certificates = value_at(lb, "certificate_arns");
    bool ends_tls = value_count(certificates) > 0;
    struct annotations to = {.arena = a};

    value_builder_init(&to.builder, a);
    annotate_z(&to, ALB "scheme", is_internal(planned) ? "internal" : "internet-facing");
    annotate_z(&to, ALB "target-type", text_or(value_at(lb, "target_type"), "instance"));
    annotate_z(&to, ALB "listen-ports",
               ends_tls ? "[{\"HTTP\": 80}, {\"HTTPS\": 443}]" : "[{\"HTTP\": 80}]");
    annotate_z(&to, ALB "healthcheck-path", text_or(value_at(check, "path"), "/healthz/ready"));
    annotate_z(&to, ALB "healthcheck-port", text_or(value_at(check, "port"), "status-port"));
    annotate_z(&to, ALB "healthcheck-protocol",
               strcmp(text_or(value_at(check, "protocol"), "http"), "https") == 0 ? "HTTPS"
                                                                                  : "HTTP");
    if (ends_tls) {
        annotate(&to, ALB "certificate-arn", joined(a, certificates));
        annotate_z(&to, ALB "ssl-redirect", "443");
    }
    annotate(&to, ALB "subnets", joined(a, value_at(lb, "subnets")));
    annotate(&to, ALB "security-groups", joined(a, value_at(lb, "security_groups")));
    annotate(&to, ALB "inbound-cidrs", joined(a, value_at(lb, "source_ranges")));
    annotate(&to, ALB "tags", joined_tags(a, value_at(lb, "tags")));
    annotate(&to, "external-dns.alpha.kubernetes.io/hostname", value_at(lb, "hostname"));
    annotate_all(&to, value_at(lb, "annotations"));
    return value_builder_map(&to.builder);
}

/* The port of plain HTTP: the ALB has ended TLS. */
static const struct value *http_port(struct arena *a, const struct value *planned)
{
    const struct value *ports = value_at(planned, "ports");

    for (size_t i = 0; i < value_count(ports); i++)
        if (strncmp(value_text(value_item(ports, i), "name"), "http", 4) == 0 &&
            strncmp(value_text(value_item(ports, i), "name"), "https", 5) != 0)
            return value_at(value_item(ports, i), "port");
    return value_integer(a, 80);
}

static const struct value *alb_ingress(struct arena *a, const struct value *planned)
{
    const struct value *backend = value_map_of(
        a, {"service", value_map_of(a, {"name", value_at(planned, "name")},
                                    {"port", value_map_of(a, {"number", http_port(a, planned)})})});
    const struct value *path =
        value_map_of(a, {"path", value_string(a, "/")}, {"pathType", value_string(a, "Prefix")},
                     {"backend", backend});
    const struct value *rule =
        value_map_of(a, {"http", value_map_of(a, {"paths", value_list_of(a, path)})});

    return value_map_of(a, {"apiVersion", value_string(a, "networking.k8s.io/v1")},
                        {"kind", value_string(a, "Ingress")},
                        {"metadata", value_map_of(a, {"name", value_at(planned, "name")},
                                                  {"namespace", value_at(planned, "namespace")},
                                                  {"labels", labels_of(a, planned)},
                                                  {"annotations", alb_annotations(a, planned)})},
                        {"spec", value_map_of(a, {"ingressClassName", value_string(a, "alb")},
                                              {"rules", value_list_of(a, rule)})});
}

const struct value *gateway_objects(struct arena *a, const struct value *planned,
                                    const char *istio_namespace)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (value_count(value_at(planned, "expose_services")) > 0)
        value_builder_add(&b, cross_network_gateway(a, planned, istio_namespace));
    if (is_type(planned, "alb"))
        value_builder_add(&b, alb_ingress(a, planned));
    return value_builder_list(&b);
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

bool gateway_validate(struct call *c, const struct value *config)
{
    bool fine = true, alb = is_type(config, "alb");

    if (is_east_west(config) && !has_network(config))
        fine = refuse(c, "network", "An east-west gateway needs a network",
                      "Other clusters find it by the network that it belongs to. Name one here, or "
                      "in the istio_cluster that the connection comes from.");
    if (!is_east_west(config) && value_count(value_at(config, "expose_services")) > 0 &&
        value_is_set(value_at(config, "direction")))
        fine = refuse(c, "expose_services", "Only an east-west gateway exposes services",
                      "Services are exposed to the other clusters of the mesh. Set direction to "
                      "\"east-west\", or route to them with a VirtualService instead.");
    if (is_east_west(config) && alb)
        fine = refuse(c, "load_balancer", "An ALB cannot carry east-west traffic",
                      "It ends TLS, and traffic between clusters is passed through unopened. Use "
                      "an NLB.");
    if (alb && value_is_set(value_at(config, "service_type")) &&
        strcmp(value_text(config, "service_type"), "LoadBalancer") == 0)
        fine = refuse(c, "service_type", "An ALB has a Service of its own kind",
                      "A Service of type LoadBalancer would get a second load balancer. Use "
                      "NodePort, or ClusterIP with target_type \"ip\".");
    return fine;
}
