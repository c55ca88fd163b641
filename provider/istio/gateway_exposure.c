#include "istio/gateway_exposure.h"

#include <string.h>

#include "istio/gateway.h"

enum { LIST_BYTES_MAX = 64 * 1024 };

static const char *text_or(const struct value *v, const char *fallback)
{
    return value_is_set(v) ? value_z(v) : fallback;
}

/* "a,b,c" */
static const struct value *joined(struct arena *a, const struct value *list)
{
    struct text_builder b;

    text_builder_init(&b, a, LIST_BYTES_MAX);
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

    text_builder_init(&b, a, LIST_BYTES_MAX);
    for (size_t i = 0; i < value_count(map); i++)
        text_add_f(&b, "%s%s=%s", i > 0 ? "," : "", map->map.entries[i].key,
                   value_z(map->map.entries[i].value));
    return value_string_of(a, text_built(&b));
}

/* --- annotations of the Service ------------------------------------------------------ */

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
    const struct value *lb = value_at(planned, "load_balancer"),
                       *check = value_at(lb, "health_check");
    const struct value *cross_zone = value_at(lb, "cross_zone");
    const struct value *certificates = value_at(lb, "certificate_arns");
    bool crosses = !value_is_set(cross_zone) || value_as_bool(cross_zone);

    annotate_z(to, GATEWAY_NLB "type", "external");
    annotate_z(to, GATEWAY_NLB "nlb-target-type", text_or(value_at(lb, "target_type"), "ip"));
    annotate_z(to, GATEWAY_NLB "scheme",
               gateway_is_internal(planned) ? "internal" : "internet-facing");
    annotate_z(to, GATEWAY_NLB "cross-zone-load-balancing-enabled", crosses ? "true" : "false");
    annotate_z(to, GATEWAY_NLB "healthcheck-path",
               text_or(value_at(check, "path"), "/healthz/ready"));
    annotate_z(to, GATEWAY_NLB "healthcheck-port", text_or(value_at(check, "port"), "15021"));
    annotate_z(to, GATEWAY_NLB "healthcheck-protocol",
               text_or(value_at(check, "protocol"), "http"));
    annotate(to, GATEWAY_NLB "subnets", joined(to->arena, value_at(lb, "subnets")));
    annotate(to, GATEWAY_NLB "security-groups", joined(to->arena, value_at(lb, "security_groups")));
    annotate(to, GATEWAY_NLB "additional-resource-tags",
             joined_tags(to->arena, value_at(lb, "tags")));
    if (value_count(certificates) > 0) {
        annotate(to, GATEWAY_NLB "ssl-cert", joined(to->arena, certificates));
        annotate_z(to, GATEWAY_NLB "ssl-ports", "443");
    }
}

static void annotate_classic(struct annotations *to, const struct value *planned)
{
    if (gateway_is_internal(planned))
        annotate_z(to, GATEWAY_NLB "internal", "true");
    annotate(to, GATEWAY_NLB "additional-resource-tags",
             joined_tags(to->arena, value_at(value_at(planned, "load_balancer"), "tags")));
}

const struct value *gateway_service_annotations(struct arena *a, const struct value *planned)
{
    const struct value *lb = value_at(planned, "load_balancer");
    struct annotations to = {.arena = a};

    value_builder_init(&to.builder, a);
    if (gateway_is_behind(planned, "nlb"))
        annotate_nlb(&to, planned);
    if (gateway_is_behind(planned, "classic"))
        annotate_classic(&to, planned);
    if (!gateway_is_behind(planned, "alb")) {
        annotate(&to, GATEWAY_DNS_NAME, value_at(lb, "hostname"));
        annotate_all(&to, value_at(lb, "annotations"));
    }
    annotate_all(&to, value_at(planned, "annotations"));
    return value_builder_map(&to.builder);
}

/* --- an ALB -------------------------------------------------------------------------- */

/* The name, because the controller finds the node port by it; 15021 would be asked of
 * the nodes as it is. */
static const char *health_port(const struct value *planned)
{
    const struct value *ports = value_at(planned, "ports");

    for (size_t i = 0; i < value_count(ports); i++)
        if (value_integer_at(value_item(ports, i), "port") == 15021)
            return value_text(value_item(ports, i), "name");
    return value_count(ports) > 0 ? "traffic-port" : "status-port";
}

static const struct value *alb_annotations(struct arena *a, const struct value *planned)
{
    const struct value *lb = value_at(planned, "load_balancer"),
                       *check = value_at(lb, "health_check");
    const struct value *certificates = value_at(lb, "certificate_arns");
    bool ends_tls = value_count(certificates) > 0;
    struct annotations to = {.arena = a};

    value_builder_init(&to.builder, a);
    annotate_z(&to, GATEWAY_ALB "scheme",
               gateway_is_internal(planned) ? "internal" : "internet-facing");
    annotate_z(&to, GATEWAY_ALB "target-type", text_or(value_at(lb, "target_type"), "instance"));
    annotate_z(&to, GATEWAY_ALB "listen-ports",
               ends_tls ? "[{\"HTTP\": 80}, {\"HTTPS\": 443}]" : "[{\"HTTP\": 80}]");
    annotate_z(&to, GATEWAY_ALB "healthcheck-path",
               text_or(value_at(check, "path"), "/healthz/ready"));
    annotate_z(&to, GATEWAY_ALB "healthcheck-port",
               text_or(value_at(check, "port"), health_port(planned)));
    annotate_z(&to, GATEWAY_ALB "healthcheck-protocol",
               strcmp(text_or(value_at(check, "protocol"), "http"), "https") == 0 ? "HTTPS"
                                                                                  : "HTTP");
    if (ends_tls) {
        annotate(&to, GATEWAY_ALB "certificate-arn", joined(a, certificates));
        annotate_z(&to, GATEWAY_ALB "ssl-redirect", "443");
    }
    annotate(&to, GATEWAY_ALB "subnets", joined(a, value_at(lb, "subnets")));
    annotate(&to, GATEWAY_ALB "security-groups", joined(a, value_at(lb, "security_groups")));
    annotate(&to, GATEWAY_ALB "inbound-cidrs", joined(a, value_at(lb, "source_ranges")));
    annotate(&to, GATEWAY_ALB "tags", joined_tags(a, value_at(lb, "tags")));
    annotate(&to, GATEWAY_DNS_NAME, value_at(lb, "hostname"));
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

const struct value *gateway_ingress(struct arena *a, const struct value *planned,
                                    const struct value *labels)
{
    const struct value *backend = value_map_of(
        a, {"service", value_map_of(a, {"name", value_at(planned, "name")},
                                    {"port", value_map_of(a, {"number", http_port(a, planned)})})});
    const struct value *path =
        value_map_of(a, {"path", value_string(a, "/")}, {"pathType", value_string(a, "Prefix")},
                     {"backend", backend});
    const struct value *rule =
        value_map_of(a, {"http", value_map_of(a, {"paths", value_list_of(a, path)})});

    return value_map_of(
        a, {"apiVersion", value_string(a, "networking.k8s.io/v1")},
        {"kind", value_string(a, "Ingress")},
        {"metadata", value_map_of(a, {"name", value_at(planned, "name")},
                                  {"namespace", value_at(planned, "namespace")}, {"labels", labels},
                                  {"annotations", alb_annotations(a, planned)})},
        {"spec", value_map_of(a, {"ingressClassName", value_string(a, "alb")},
                              {"rules", value_list_of(a, rule)})});
}
