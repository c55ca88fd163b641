#include "istio/gateway_adopt.h"

#include <string.h>

#include "istio/adoption.h"
#include "istio/gateway.h"
#include "istio/gateway_exposure.h"
#include "istio/gateway_values.h"

/* --- the load balancer ------------------------------------------------------------------ */

/* Texts that stand in one annotation each; what is said anyway need not be said. */
static const struct {
    const char *annotation, *attribute, *fallback;
    bool of_health_check;
} texts[] = {
    {GATEWAY_NLB "nlb-target-type", "target_type", "ip", false},
    {GATEWAY_NLB "healthcheck-path", "path", "/healthz/ready", true},
    {GATEWAY_NLB "healthcheck-port", "port", "15021", true},
    {GATEWAY_NLB "healthcheck-protocol", "protocol", "http", true},
    {GATEWAY_DNS_NAME, "hostname", "", false},
};
static const struct {
    const char *annotation, *attribute;
} lists[] = {
    {GATEWAY_NLB "subnets", "subnets"},
    {GATEWAY_NLB "security-groups", "security_groups"},
    {GATEWAY_NLB "ssl-cert", "certificate_arns"},
};

struct unpacking {
    struct arena *arena;
    const struct value *balancer, *left; /* annotations that nothing says yet */
};

/* Null when there is none of this name. */
static const struct value *unpack(struct unpacking *u, const char *annotation)
{
    const struct value *v = value_at(u->left, annotation);

    if (value_has(u->left, annotation))
        u->left = value_with(u->arena, u->left, annotation, NULL);
    return v;
}

static void unpack_texts(struct unpacking *u)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const struct value *v = unpack(u, texts[i].annotation);

        if (!value_is_set(v) || strcmp(value_z(v), texts[i].fallback) == 0)
            continue;
        if (texts[i].of_health_check)
            u->balancer =
                value_with_in(u->arena, u->balancer, v, "health_check", texts[i].attribute);
        else
            u->balancer = value_with(u->arena, u->balancer, texts[i].attribute, v);
    }
}

static void unpack_lists(struct unpacking *u)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        struct text rest = value_string_text(unpack(u, lists[i].annotation)), piece;
        const struct value *list = &value_empty_list;

        while (rest.len && text_split(&rest, ',', &piece))
            list = value_append(u->arena, list, value_string_of(u->arena, piece));
        if (value_count(list) > 0)
            u->balancer = value_with(u->arena, u->balancer, lists[i].attribute, list);
    }
}

static void unpack_tags(struct unpacking *u)
{
    struct text rest = value_string_text(unpack(u, GATEWAY_NLB "additional-resource-tags")), piece;
    const struct value *tags = &value_empty_map;

    while (rest.len && text_split(&rest, ',', &piece)) {
        struct text key;

        text_split(&piece, '=', &key);
        tags = value_with(u->arena, tags, text_z(u->arena, key), value_string_of(u->arena, piece));
    }
    if (value_count(tags) > 0)
        u->balancer = value_with(u->arena, u->balancer, "tags", tags);
}

/* `annotations` as the load balancer that they ask for and the rest of them. */
static void take_balancer(struct adoption *w)
{
    struct unpacking u = {.arena = w->arena, .left = value_at(w->object, "annotations")};
    static const char *const ranges_at[] = {"service", "loadBalancerSourceRanges", NULL};
    const struct value *ranges = adoption_at(w, ranges_at);

    if (strcmp(value_text(u.left, GATEWAY_NLB "type"), "external") != 0)
        return;
    u.balancer = value_map_of(w->arena, {"type", value_string(w->arena, "nlb")});
    unpack(&u, GATEWAY_NLB "type");
    unpack(&u, GATEWAY_NLB "scheme");
    unpack(&u, GATEWAY_NLB "ssl-ports");
    if (strcmp(value_z(unpack(&u, GATEWAY_NLB "cross-zone-load-balancing-enabled")), "false") == 0)
        u.balancer = value_with(w->arena, u.balancer, "cross_zone", &value_false);
    unpack_texts(&u);
    unpack_lists(&u);
    unpack_tags(&u);
    if (value_count(ranges) > 0) {
        u.balancer = value_with(w->arena, u.balancer, "source_ranges", ranges);
        adoption_drop(w, ranges_at);
    }
    w->object = value_with(w->arena, w->object, "load_balancer", u.balancer);
    w->object = value_with(w->arena, w->object, "annotations",
                           value_count(u.left) > 0 ? u.left : &value_null);
}

/* --- the other arguments ------------------------------------------------------------------- */

static const struct value *label_taken(struct adoption *w, const char *name)
{
    const struct value *labels = value_at(w->object, "labels"), *v = value_at(labels, name);

    if (value_is_set(v)) {
        labels = value_with(w->arena, labels, name, NULL);
        w->object = value_with(w->arena, w->object, "labels",
                               value_count(labels) > 0 ? labels : &value_null);
    }
    return v;
}

static void take_labels(struct adoption *w)
{
    adoption_take_texts(w, "labels", VALUE_MAP, ADOPTION_KEYS("labels"));
    if (!value_has(value_at(w->object, "labels"), GATEWAY_TYPE_LABEL) ||
        !value_has(value_at(w->object, "labels"), GATEWAY_DIRECTION_LABEL))
        return;
    w->object = value_with(w->arena, w->object, "exposure", label_taken(w, GATEWAY_TYPE_LABEL));
    label_taken(w, GATEWAY_DIRECTION_LABEL);
}

static void take_network(struct adoption *w)
{
    const char *own = value_z(value_in(w->object, "cluster", "network"));
    bool east_west = value_has(w->rest, "networkGateway");

    w->object = value_with(w->arena, w->object, "direction",
                           value_string(w->arena, east_west ? "east-west" : "north-south"));
    ADOPTION_DROP_IF(w, own, "networkGateway");
    ADOPTION_TAKE(w, "network", "networkGateway");
}

static void take_replicas(struct adoption *w)
{
    static const char *const enabled[] = {"autoscaling", "enabled", NULL};
    const struct value *replicas = value_at(w->rest, "replicaCount");

    if (replicas->kind != VALUE_NUMBER || !value_equal(adoption_at(w, enabled), &value_false))
        return;
    w->object = value_with(w->arena, w->object, "replicas", replicas);
    adoption_drop(w, enabled);
    adoption_drop(w, ADOPTION_KEYS("replicaCount"));
}

/* balancer: whether annotations are taken apart. */
static const struct value *taken_apart(struct arena *a, const struct value *object,
                                       const struct value *values, bool balancer)
{
    struct adoption w = {a, object, values};

    take_network(&w);
    take_labels(&w);
    take_replicas(&w);
    ADOPTION_TAKE(&w, "revision", "revision");
    ADOPTION_TAKE(&w, "service_type", "service", "type");
    adoption_take_texts(&w, "env", VALUE_MAP, ADOPTION_KEYS("env"));
    adoption_take_texts(&w, "annotations", VALUE_MAP, ADOPTION_KEYS("service", "annotations"));
    if (balancer)
        take_balancer(&w);
    return value_with(a, w.object, "values", value_count(w.rest) > 0 ? w.rest : &value_null);
}

static bool gives(struct arena *a, const struct value *object, const struct value *values)
{
    const struct gateway_home home = {.namespace = "", .revision = value_text(object, "revision")};
    const struct value *again = gateway_values(a, object, &home), *own = value_at(object, "values");

    return value_equal(value_is_set(own) ? value_merge(a, again, own) : again, values);
}

const struct value *gateway_adopt(struct arena *a, const struct value *object,
                                  const struct value *values)
{
    const struct value *out;

    values = values->kind == VALUE_MAP ? values : &value_empty_map;
    for (int depth = 2; depth > 0; depth--) {
        out = taken_apart(a, object, values, depth == 2);
        if (gives(a, out, values))
            return out;
    }
    out = value_with(a, object, "direction", value_string(a, "north-south"));
    return value_with(a, out, "values", values);
}
