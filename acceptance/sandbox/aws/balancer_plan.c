/* What a controller reads from a Service or an Ingress. */
#include <ctype.h>
#include <string.h>

#include "acceptance/sandbox/aws/balancer.h"
#include "acceptance/sandbox/aws/network.h"
#include "codec/json.h"

enum { NAME_PART = 8, ADDRESSES_MIN = 8, ZONES_MIN = 2 /* of an application load balancer */ };

#define SERVICE "service.beta.kubernetes.io/aws-load-balancer-"
#define INGRESS "alb.ingress.kubernetes.io/"

/* --- tools ----------------------------------------------------------------------------------- */
/* Of the name that the kind of object uses; "" = it is not there. */
static const char *annotation(const struct balancer *b, const struct balancer_plan *p,
                              const char *name)
{
    return value_text(
        value_in(p->object, "metadata", "annotations"),
        text_f(b->a, "%s%s", strcmp(p->kind, "Service") == 0 ? SERVICE : INGRESS, name));
}

/* Letters and digits alone, so many at most. */
static const char *part(struct arena *a, const char *text, size_t most)
{
    char *out = arena_alloc(a, most + 1);
    size_t len = 0;

    for (; *text && len < most; text++)
        if (isalnum((unsigned char)*text))
            out[len++] = *text;
    return out;
}

/* "k8s-<namespace>-<name>-<hash>". */
static const char *made_name(const struct balancer *b, const struct balancer_plan *p,
                             const char *seed)
{
    const char *uid = value_z(value_in(p->object, "metadata", "uid"));

    return text_f(
        b->a, "k8s-%s-%s-%s", part(b->a, p->ns, NAME_PART), part(b->a, p->name, NAME_PART),
        balancer_hash(b->a, text_f(b->a, "%s %s %s %s", b->cluster->id, p->stack, uid, seed)));
}

const char *balancer_cluster_tag(const struct balancer *b)
{
    return b->is_auto ? "eks:eks-cluster-name" : "elbv2.k8s.aws/cluster";
}

const char *balancer_tag(const struct balancer *b, const struct balancer_plan *p, const char *name)
{
    const char *kind = strcmp(p->kind, "Service") == 0 ? "service" : "ingress";

    return text_f(b->a, "%s.%s/%s", kind, b->is_auto ? "eks.amazonaws.com" : "k8s.aws", name);
}

static bool has_finalizer(const struct value *object, const char *name)
{
    const struct value *all = value_in(object, "metadata", "finalizers");

    for (size_t i = 0; i < value_count(all); i++)
        if (strcmp(value_z(value_item(all, i)), name) == 0)
            return true;
    return false;
}

/* --- whose it is -------------------------------------------------------------------------------
 */
static void begin(const struct balancer *b, const struct value *object, const char *kind,
                  struct balancer_plan *p)
{
    *p = (struct balancer_plan){.object = object,
                                .kind = kind,
                                .ns = value_z(value_in(object, "metadata", "namespace")),
                                .name = value_z(value_in(object, "metadata", "name")),
                                .is_network = strcmp(kind, "Service") == 0,
                                .tags = &value_empty_map,
                                .subnets = &value_empty_list,
                                .groups = &value_empty_list,
                                .listeners = &value_empty_list};
    p->path = text_f(b->a,
                     p->is_network ? "/api/v1/namespaces/%s/services/%s"
                                   : "/apis/networking.k8s.io/v1/namespaces/%s/ingresses/%s",
                     p->ns, p->name);
    p->stack = text_f(b->a, "%s/%s", p->ns, p->name);
    p->finalizer = balancer_tag(b, p, "resources");
}

/* `serves`: it is this controller's, if it is not being deleted. */
static bool decide(struct balancer_plan *p, bool serves)
{
    bool leaves = value_has(value_at(p->object, "metadata"), "deletionTimestamp");

    p->is_wanted = serves && !leaves;
    p->is_ours = p->is_wanted || has_finalizer(p->object, p->finalizer);
    return p->is_ours;
}

bool balancer_plan_service(const struct balancer *b, const struct value *service,
                           struct balancer_plan *p)
{
    const struct value *spec = value_at(service, "spec");
    const char *class_name = value_text(spec, "loadBalancerClass"), *type;
    bool serves;

    begin(b, service, "Service", p);
    type = annotation(b, p, "type");
    if (b->is_auto)
        serves = strcmp(class_name, "eks.amazonaws.com/nlb") == 0;
    else if (*class_name)
        serves = strcmp(class_name, "service.k8s.aws/nlb") == 0;
    else
        serves = strcmp(type, "external") == 0 || strcmp(type, "nlb-ip") == 0;
    return decide(p, serves && strcmp(value_text(spec, "type"), "LoadBalancer") == 0);
}

bool balancer_plan_ingress(const struct balancer *b, const struct value *ingress,
                           struct balancer_plan *p)
{
    const char *wanted = b->is_auto ? "eks.amazonaws.com/alb" : "ingress.k8s.aws/alb";
    const char *class_name = value_text(value_at(ingress, "spec"), "ingressClassName");
    const char *old =
        value_z(value_in(ingress, "metadata", "annotations", "kubernetes.io/ingress.class"));
    const struct value *classes = *class_name ? balancer_list(b, "/apis/networking.k8s.io/v1/"
                                                                 "ingressclasses")
                                              : &value_empty_list;
    bool serves = !b->is_auto && !*class_name && strcmp(old, "alb") == 0;

    for (size_t i = 0; i < value_count(classes); i++)
        if (strcmp(value_z(value_in(value_item(classes, i), "metadata", "name")), class_name) == 0)
            serves = strcmp(value_z(value_in(value_item(classes, i), "spec", "controller")),
                            wanted) == 0;
    begin(b, ingress, "Ingress", p);
    return decide(p, serves);
}

/* --- subnets ------------------------------------------------------------------------------------
 */
static bool is_named(const struct record *subnet, const char *names)
{
    struct text rest = text_of(names), piece;

    while (rest.len && text_split(&rest, ',', &piece)) {
        piece = text_trim(piece);
        if (text_is(piece, subnet->id) || text_is(piece, value_text(subnet->tags, "Name")))
            return true;
    }
    return false;
}

/* It carries tags of clusters, but not of this one. */
static bool is_of_others(const struct balancer *b, const struct record *subnet)
{
    static const char prefix[] = "kubernetes.io/cluster/";
    bool others = false;

    for (size_t i = 0; i < value_count(subnet->tags); i++)
        others =
            others || strncmp(subnet->tags->map.entries[i].key, prefix, sizeof(prefix) - 1) == 0;
    return others && !value_has(subnet->tags, text_f(b->a, "%s%s", prefix, b->name));
}

static bool has_role(const struct record *subnet, const char *role)
{
    const char *v = value_text(subnet->tags, role);

    return value_has(subnet->tags, role) && (!*v || strcmp(v, "1") == 0);
}

/* Is there one of its zone already, whose id comes first? Then *better is true. */
static const struct value *one_of_zone(const struct balancer *b, const struct value *list,
                                       const struct record *subnet)
{
    const struct value *out = &value_empty_list;
    bool known = false;

    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *id = value_item(list, i);
        const struct record *other =
            record_find(b->c, b->cluster->region, network_subnet.kind, value_z(id));

        if (other &&
            record_is(other, "availabilityZone", record_text(subnet, "availabilityZone"))) {
            known = true;
            id = strcmp(subnet->id, other->id) < 0 ? value_string(b->a, subnet->id) : id;
        }
        out = value_append(b->a, out, id);
    }
    return known ? out : value_append(b->a, out, value_string(b->a, subnet->id));
}

static void find_subnets(const struct balancer *b, struct balancer_plan *p)
{
    const char *role = strcmp(p->scheme, "internal") == 0 ? "kubernetes.io/role/internal-elb"
                                                          : "kubernetes.io/role/elb";
    const char *named = annotation(b, p, "subnets");
    const struct record *at = NULL;
    size_t matched = 0, of_others = 0;

    while ((at = record_next(b->c, at, b->cluster->region, network_subnet.kind))) {
        if (!record_is(at, "vpcId", b->vpc) ||
            (*named ? !is_named(at, named) : !has_role(at, role)))
            continue;
        matched++;
        of_others += !*named && is_of_others(b, at);
        if ((*named || !is_of_others(b, at)) && network_free_addresses(b->c, at) >= ADDRESSES_MIN)
            p->subnets = one_of_zone(b, p->subnets, at);
    }
    if (!value_count(p->subnets) && of_others)
        p->fault = text_f(b->a,
                          "couldn't auto-discover subnets: unable to resolve at least one subnet "
                          "(%zu match VPC and tags: [%s], %zu tagged for other cluster)",
                          matched, role, of_others);
    else if (!value_count(p->subnets))
        p->fault = text_f(b->a,
                          "couldn't auto-discover subnets: unable to resolve at least one subnet "
                          "(%zu match VPC and tags: [%s])",
                          matched, role);
    else if (!p->is_network && value_count(p->subnets) < ZONES_MIN)
        p->fault = text_f(b->a, "subnets count less than minimal required count: %zu < %d",
                          value_count(p->subnets), ZONES_MIN);
}

/* --- what is made
 * --------------------------------------------------------------------------------- */
/* "a=b,c=d" of an annotation over the tags of the controller. */
static void read_tags(const struct balancer *b, struct balancer_plan *p)
{
    struct text rest =
        text_of(annotation(b, p, p->is_network ? "additional-resource-tags" : "tags"));
    struct text piece, key;

    while (rest.len && text_split(&rest, ',', &piece)) {
        text_split(&piece, '=', &key);
        if (key.len)
            p->tags = value_with(b->a, p->tags, text_z(b->a, text_trim(key)),
                                 value_string_of(b->a, text_trim(piece)));
    }
    p->tags = value_with(b->a, p->tags, balancer_cluster_tag(b), value_string(b->a, b->name));
    p->tags = value_with(b->a, p->tags, balancer_tag(b, p, "stack"), value_string(b->a, p->stack));
}

static const char *scheme_of(const struct balancer *b, const struct balancer_plan *p)
{
    const char *scheme = annotation(b, p, "scheme"), *internal = annotation(b, p, "internal");

    if (*scheme)
        return strcmp(scheme, "internet-facing") == 0 ? scheme : "internal";
    return p->is_network && strcmp(internal, "false") == 0 ? "internet-facing" : "internal";
}

static const char *target_type_of(const struct balancer *b, const struct balancer_plan *p)
{
    const char *type = annotation(b, p, p->is_network ? "nlb-target-type" : "target-type");
    bool by_ip = b->is_auto || (p->is_network && strcmp(annotation(b, p, "type"), "nlb-ip") == 0);

    if (!*type)
        type = by_ip ? "ip" : "instance";
    return strncmp(type, "ip", 2) == 0 || strcmp(type, "nlb-ip") == 0 ? "ip" : "instance";
}

static const struct value *group_of(const struct balancer *b, const struct balancer_plan *p,
                                    const struct value *service, const struct value *port,
                                    const char *protocol, const char *resource)
{
    struct arena *a = b->a;
    bool by_ip = strcmp(p->target_type, "ip") == 0;
    const struct value *target = value_at(port, by_ip ? "targetPort" : "nodePort");

    if (target->kind != VALUE_NUMBER)
        target = value_at(port, "port");
    return value_map_of(
        a,
        {"Name",
         value_string(a, made_name(b, p,
                                   text_f(a, "%s %s %s %s", resource, protocol, p->target_type,
                                          text_z(a, target->number.text))))},
        {"Resource", value_string(a, resource)}, {"Protocol", value_string(a, protocol)},
        {"Port", target}, {"Targets", balancer_targets(b, p, service, port)});
}

static void plan_ports(const struct balancer *b, struct balancer_plan *p)
{
    const struct value *ports = value_in(p->object, "spec", "ports");
    struct arena *a = b->a;

    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *port = value_item(ports, i), *group;
        const char *protocol = strcmp(value_text(port, "protocol"), "UDP") == 0 ? "UDP" : "TCP";

        group = group_of(b, p, p->object, port, protocol,
                         text_f(a, "%s:%lld", p->stack, (long long)value_integer_at(port, "port")));
        p->groups = value_append(a, p->groups, group);
        p->listeners =
            value_append(a, p->listeners,
                         value_map_of(a, {"Port", value_at(port, "port")},
                                      {"Protocol", value_string(a, protocol)},
                                      {"Groups", value_list_of(a, value_at(group, "Name"))}));
    }
}

/* --- Ingresses ----------------------------------------------------------------------------------
 */
static void plan_backend(const struct balancer *b, struct balancer_plan *p,
                         const struct value *backend)
{
    const struct value *wanted = value_in(backend, "service", "port"), *service, *ports, *group;
    const char *name = value_z(value_in(backend, "service", "name"));
    char *json =
        sandbox_object(b->sandbox, text_f(b->a, "/api/v1/namespaces/%s/services/%s", p->ns, name));

    if (!json || json_try(b->a, text_of(arena_strdup(b->a, json)), &service))
        service = &value_null;
    memory_free(json);
    ports = value_in(service, "spec", "ports");
    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *port = value_item(ports, i);

        if (!value_equal(value_at(port, "port"), value_at(wanted, "number")) &&
            strcmp(value_text(port, "name"), value_text(wanted, "name")) != 0)
            continue;
        group = group_of(
            b, p, service, port, "HTTP",
            text_f(b->a, "%s-%s:%lld", p->stack, name, (long long)value_integer_at(port, "port")));
        for (size_t k = 0; k < value_count(p->groups); k++)
            if (value_equal(value_at(value_item(p->groups, k), "Name"), value_at(group, "Name")))
                return;
        p->groups = value_append(b->a, p->groups, group);
        return;
    }
    p->fault = text_f(b->a, "ingress: %s: Service \"%s\" not found", p->stack, name);
}

static void plan_listeners(const struct balancer *b, struct balancer_plan *p)
{
    const char *ports = annotation(b, p, "listen-ports");
    bool has_certificate = *annotation(b, p, "certificate-arn");
    const struct value *list, *names = &value_empty_list;

    for (size_t i = 0; i < value_count(p->groups); i++)
        names = value_append(b->a, names, value_at(value_item(p->groups, i), "Name"));
    if (!*ports)
        ports = has_certificate ? "[{\"HTTPS\": 443}]" : "[{\"HTTP\": 80}]";
    if (json_try(b->a, text_of(ports), &list))
        list = &value_empty_list;
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *one = value_item(list, i);

        for (size_t k = 0; k < value_count(one); k++)
            p->listeners =
                value_append(b->a, p->listeners,
                             value_map_of(b->a, {"Port", one->map.entries[k].value},
                                          {"Protocol", value_string(b->a, one->map.entries[k].key)},
                                          {"Groups", names}));
    }
}

static void plan_rules(const struct balancer *b, struct balancer_plan *p)
{
    const struct value *spec = value_at(p->object, "spec"), *rules = value_at(spec, "rules");

    if (value_has(spec, "defaultBackend"))
        plan_backend(b, p, value_at(spec, "defaultBackend"));
    for (size_t i = 0; i < value_count(rules); i++) {
        const struct value *paths = value_in(value_item(rules, i), "http", "paths");

        for (size_t k = 0; k < value_count(paths); k++)
            plan_backend(b, p, value_at(value_item(paths, k), "backend"));
    }
    plan_listeners(b, p);
}

void balancer_plan_fill(const struct balancer *b, struct balancer_plan *p)
{
    p->scheme = scheme_of(b, p);
    p->target_type = target_type_of(b, p);
    p->load_balancer_name = annotation(b, p, p->is_network ? "name" : "load-balancer-name");
    if (!*p->load_balancer_name)
        p->load_balancer_name = made_name(b, p, p->scheme);
    read_tags(b, p);
    find_subnets(b, p);
    p->node_fault = balancer_node_fault(b);
    if (p->is_network)
        plan_ports(b, p);
    else
        plan_rules(b, p);
}
