#include "istio/gateway_values.h"

#include <string.h>

#include "istio/gateway.h"
#include "istio/gateway_exposure.h"

const char *gateway_chart(const struct value *planned, bool legacy)
{
    if (!legacy)
        return "gateway";
    return gateway_is_egress(planned) ? "istio-egress" : "istio-ingress";
}

/* --- parts that all charts have -------------------------------------------------------- */

static const struct value *with_some(struct arena *a, const struct value *map, const char *key,
                                     const struct value *v)
{
    return value_count(v) > 0 ? value_with(a, map, key, v) : map;
}

static const struct value *with_text(struct arena *a, const struct value *map, const char *key,
                                     const char *z)
{
    return z[0] ? value_with(a, map, key, value_string(a, z)) : map;
}

static const struct value *port_of(struct arena *a, const struct value *row)
{
    const struct value *target = value_at(row, "target_port"), *node = value_at(row, "node_port");
    const char *protocol = value_text(row, "protocol");
    const struct value *port =
        value_map_of(a, {"name", value_at(row, "name")}, {"port", value_at(row, "port")},
                     {"protocol", value_string(a, protocol[0] ? protocol : "TCP")},
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

static const struct value *source_ranges(const struct value *planned)
{
    return gateway_is_behind(planned, "alb") ? &value_null
                                             : value_in(planned, "load_balancer", "source_ranges");
}

static const struct value *labels_of(struct arena *a, const struct value *planned)
{
    const struct value *own = value_at(planned, "labels"), *labels = &value_empty_map;

    if (value_is_set(value_at(planned, "exposure")) && !gateway_is_egress(planned))
        labels = value_map_of(a, {GATEWAY_DIRECTION_LABEL, value_at(planned, "direction")},
                              {GATEWAY_TYPE_LABEL, value_at(planned, "exposure")});
    return value_is_set(own) ? value_merge(a, labels, own) : labels;
}

/* --- the chart `gateway` ------------------------------------------------------------------ */

static const struct value *service_of(struct arena *a, const struct value *planned)
{
    const char *type = gateway_service_type(planned);
    const struct value *service = &value_empty_map;

    if (value_is_set(value_at(planned, "service_type")) || strcmp(type, "LoadBalancer") != 0)
        service = with_text(a, service, "type", type);
    service = with_some(a, service, "annotations", gateway_service_annotations(a, planned));
    service = with_some(a, service, "loadBalancerSourceRanges", source_ranges(planned));
    return with_some(a, service, "ports", ports_of(a, value_at(planned, "ports")));
}

/* The chart's networkGateway brings its own ports; with the user's own ones its
 * label and environment are said one by one. */
static const struct value *with_network(struct arena *a, const struct value *planned,
                                        const struct value *values)
{
    const struct value *network = value_string(a, gateway_network(planned));

    if (!gateway_is_east_west(planned) || !*value_z(network))
        return values;
    if (value_count(value_at(planned, "ports")) == 0)
        return value_with(a, values, "networkGateway", network);
    values = value_with_in(a, values, network, "labels", GATEWAY_NETWORK_LABEL);
    return value_with_in(a, values, network, "env", "ISTIO_META_REQUESTED_NETWORK_VIEW");
}

static const struct value *modern_values(struct arena *a, const struct value *planned,
                                         const struct gateway_home *home)
{
    const struct value *replicas = value_at(planned, "replicas"), *values = &value_empty_map;

    values = with_some(a, values, "service", service_of(a, planned));
    values = with_some(a, values, "labels", labels_of(a, planned));
    values = with_text(a, values, "revision", home->revision);
    values = with_some(a, values, "env", value_at(planned, "env"));
    if (value_is_set(replicas))
        values = value_with_in(a, value_with(a, values, "replicaCount", replicas), &value_false,
                               "autoscaling", "enabled");
    return with_network(a, planned, values);
}

/* --- istio-ingress and istio-egress -------------------------------------------------------- */

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

static const struct value *legacy_env(struct arena *a, const struct value *planned)
{
    const struct value *env = value_at(planned, "env");

    env = value_is_set(env) ? env : &value_empty_map;
    if (!gateway_is_east_west(planned))
        return env;
    /* Releases before 1.12 need both to route by SNI for their network. */
    env = value_with(a, env, "ISTIO_META_ROUTER_MODE", value_string(a, "sni-dnat"));
    return value_with(a, env, "ISTIO_META_REQUESTED_NETWORK_VIEW",
                      value_string(a, gateway_network(planned)));
}

/* These are the selector too, and all labels that the Service gets. */
static const struct value *legacy_labels(struct arena *a, const struct value *planned)
{
    const struct value *labels = labels_of(a, planned);

    labels = value_with(a, labels, "app", value_at(planned, "name"));
    labels = value_with(a, labels, "istio", value_string(a, gateway_selector(planned)));
    return gateway_is_east_west(planned) ? value_with(a, labels, GATEWAY_NETWORK_LABEL,
                                                      value_string(a, gateway_network(planned)))
                                         : labels;
}

/* No webhook fills these pods: what it would say of the mesh is said here. */
static const struct value *legacy_mesh(struct arena *a, const struct value *planned,
                                       const struct gateway_home *home)
{
    const struct value *cluster = value_at(planned, "cluster");
    const struct value *mesh =
        value_map_of(a, {"istioNamespace", value_string(a, home->namespace)},
                     {"multiCluster", value_map_of(a, {"clusterName", value_at(cluster, "name")})});

    return with_text(a, mesh, "network", gateway_network(planned));
}

static const struct value *legacy_values(struct arena *a, const struct value *planned,
                                         const struct gateway_home *home)
{
    const struct value *ports = value_at(planned, "ports"),
                       *replicas = value_at(planned, "replicas");
    const struct value *gateway =
        value_map_of(a, {"name", value_at(planned, "name")}, {"labels", legacy_labels(a, planned)},
                     {"type", value_string(a, gateway_service_type(planned))},
                     {"serviceAnnotations", gateway_service_annotations(a, planned)},
                     {"env", legacy_env(a, planned)});
    const char *key = gateway_is_egress(planned) ? "istio-egressgateway" : "istio-ingressgateway";

    if (gateway_is_east_west(planned))
        gateway = value_with(a, gateway, "ports", east_west_ports(a));
    gateway = with_some(a, gateway, "ports", ports_of(a, ports));
    gateway = with_some(a, gateway, "loadBalancerSourceRanges", source_ranges(planned));
    if (value_is_set(replicas))
        gateway = value_with(a, value_with(a, gateway, "autoscaleEnabled", &value_false),
                             "replicaCount", replicas);
    return with_text(a,
                     value_map_of(a, {"gateways", value_map_of(a, {key, gateway})},
                                  {"global", legacy_mesh(a, planned, home)}),
                     "revision", home->revision);
}

const struct value *gateway_values(struct arena *a, const struct value *planned,
                                   const struct gateway_home *home)
{
    return home->legacy ? legacy_values(a, planned, home) : modern_values(a, planned, home);
}

/* --- objects beside the chart's ------------------------------------------------------------- */

static const struct value *cross_network_gateway(struct arena *a, const struct value *planned,
                                                 const char *namespace)
{
    const struct value *server =
        value_map_of(a,
                     {"port", value_map_of(a, {"number", value_integer(a, 15443)},
                                           {"name", value_string(a, "tls")},
                                           {"protocol", value_string(a, "TLS")})},
                     {"tls", value_map_of(a, {"mode", value_string(a, "AUTO_PASSTHROUGH")})},
                     {"hosts", value_at(planned, "expose_services")});
    const struct value *selector =
        value_map_of(a, {"istio", value_string(a, gateway_selector(planned))});

    return value_map_of(
        a, {"apiVersion", value_string(a, "networking.istio.io/v1beta1")},
        {"kind", value_string(a, "Gateway")},
        {"metadata", value_map_of(a, {"name", value_string(a, "cross-network-gateway")},
                                  {"namespace", value_string(a, namespace)})},
        {"spec", value_map_of(a, {"selector", selector}, {"servers", value_list_of(a, server)})});
}

const struct value *gateway_objects(struct arena *a, const struct value *planned,
                                    const struct gateway_home *home)
{
    struct value_builder b;

    value_builder_init(&b, a);
    if (value_count(value_at(planned, "expose_services")) > 0)
        value_builder_add(&b, cross_network_gateway(a, planned, home->namespace));
    if (gateway_is_behind(planned, "alb"))
        value_builder_add(&b, gateway_ingress(a, planned, labels_of(a, planned)));
    return value_builder_list(&b);
}
