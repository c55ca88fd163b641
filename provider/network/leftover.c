/* Finding what was left, and waiting until it is gone. */
#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "aws/elasticloadbalancing.h"
#include "aws/tags.h"
#include "base/clock.h"
#include "base/log.h"
#include "network/leftover_parts.h"

enum {
    POLL_MIN_MS = 2 * 1000,
    POLL_MAX_MS = 15 * 1000,
    SPEAK_MS = 10 * 1000, /* kept of the call's time to say what is left */
    TEXT_BYTES_MAX = 8 * 1024,
};

struct search {
    struct call *call;
    struct aws *aws;
    const struct leftover_place *place;
    struct leftover *list;
    size_t count, capacity;
};

static bool of_cluster(const struct search *s)
{
    return *s->place->cluster != '\0';
}

static void add(struct search *s, const struct leftover *one)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 16;
        struct leftover *list = arena_array(s->call->arena, capacity, sizeof(*list));

        if (s->count)
            memcpy(list, s->list, s->count * sizeof(*list));
        s->list = list;
        s->capacity = capacity;
    }
    s->list[s->count++] = *one;
}

/* --- Elastic Load Balancing ------------------------------------------------------------------- */

static const struct value *in_vpc(const struct search *s, const struct value *items)
{
    const struct value *list = &value_empty_list;

    for (size_t i = 0; i < value_count(items); i++)
        if (!*s->place->vpc_id ||
            strcmp(value_text(value_item(items, i), "VpcId"), s->place->vpc_id) == 0)
            list = value_append(s->call->arena, list, value_item(items, i));
    return list;
}

/* Target groups keep nothing from going: only those count that are proven. */
static bool find_balancing(struct search *s, const struct aws_operation *operation,
                           const char *kind, const char *arn_member, const char *name_member)
{
    bool groups = strcmp(kind, LEFTOVER_TARGET_GROUP) == 0;
    const struct value *items, *tags;

    if (!aws_list(s->call, s->aws, operation, &value_empty_map, &items))
        return false;
    items = in_vpc(s, items);
    if (!elasticloadbalancing_list_tags(s->call, s->aws, items, arn_member, &tags))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *one = value_item(items, i);
        const char *cluster = leftover_proof(value_item(tags, i));

        if (of_cluster(s) ? strcmp(cluster, s->place->cluster) == 0 : *cluster || !groups)
            add(s, &(struct leftover){
                       .kind = kind,
                       .id = value_text(one, arn_member),
                       .name = value_text(one, name_member),
                       .made_by = leftover_maker(s->call->arena, value_item(tags, i), cluster),
                       .cluster = cluster,
                       .passes = true,
                       .object = one,
                   });
    }
    return true;
}

/* --- EC2 ---------------------------------------------------------------------------------------
 */

static const struct value *filters(const struct search *s)
{
    struct arena *a = s->call->arena;

    if (*s->place->vpc_id)
        return ec2_filter(a, NULL, "vpc-id", s->place->vpc_id);
    return value_list_of(a, value_map_of(a, {"Name", value_string(a, "tag-key")},
                                         {"Values", leftover_proof_keys(a, s->place->cluster)}));
}

/* EKS takes the group that it made away itself; the rest it gives back when nodes go. */
static bool is_cluster_at_work(const struct value *object, const struct value *tags)
{
    const char *status = value_text(object, "Status"), *state = value_text(object, "State");

    return *value_text(tags, "aws:eks:cluster-name") ||
           (*status && strcmp(status, "available") != 0) ||
           (*state && strcmp(state, "available") != 0);
}

/* Of a cluster that runs: what is its, and not in use. */
static bool counts(const struct search *s, const struct value *object, const struct value *tags,
                   const char *cluster)
{
    return !of_cluster(s) ||
           (strcmp(cluster, s->place->cluster) == 0 && !is_cluster_at_work(object, tags));
}

static bool find_interfaces(struct search *s)
{
    struct arena *a = s->call->arena;
    const struct value *items;

    if (!aws_list(
            s->call, s->aws, &ec2_describe_network_interfaces,
            value_map_of(a, {"Filters", filters(s)}, {"IncludeManagedResources", &value_true}),
            &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *one = value_item(items, i),
                           *tags = tags_map(a, value_at(one, "TagSet"));
        const char *cluster = leftover_proof(tags);

        if (counts(s, one, tags, cluster) &&
            strcmp(value_text(one, "InterfaceType"), "nat_gateway") != 0)
            add(s, &(struct leftover){
                       .kind = LEFTOVER_INTERFACE,
                       .id = value_text(one, "NetworkInterfaceId"),
                       .name = value_text(one, "Description"),
                       .made_by = leftover_interface_maker(a, one, cluster),
                       .cluster = cluster,
                       .passes = true,
                       .object = one,
                   });
    }
    return true;
}

static bool find_groups(struct search *s)
{
    struct arena *a = s->call->arena;
    const struct value *items;

    if (!ec2_list(s->call, s->aws, &ec2_describe_security_groups, filters(s), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *one = value_item(items, i), *tags = tags_map(a, value_at(one, "Tags"));
        const char *cluster = leftover_proof(tags);

        if (counts(s, one, tags, cluster) && strcmp(value_text(one, "GroupName"), "default") != 0)
            add(s, &(struct leftover){
                       .kind = LEFTOVER_GROUP,
                       .id = value_text(one, "GroupId"),
                       .name = value_text(one, "GroupName"),
                       .made_by = leftover_maker(a, tags, cluster),
                       .cluster = cluster,
                       .passes = *cluster != '\0',
                       .object = one,
                   });
    }
    return true;
}

static bool find_endpoints(struct search *s)
{
    const struct value *items;

    if (of_cluster(s))
        return true;
    if (!ec2_list(s->call, s->aws, &ec2_describe_vpc_endpoints, filters(s), &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *one = value_item(items, i);

        add(s, &(struct leftover){
                   .kind = LEFTOVER_ENDPOINT,
                   .id = value_text(one, "VpcEndpointId"),
                   .name = value_text(one, "ServiceName"),
                   .made_by = "",
                   .cluster = "",
                   .passes = strcmp(value_text(one, "State"), "deleting") == 0,
                   .object = one,
               });
    }
    return true;
}

/* Volumes are in zones, not in VPCs: only by the names of clusters. */
static bool find_volumes_of(struct search *s, const char *name)
{
    struct arena *a = s->call->arena;
    const struct value *items, *keys = leftover_proof_keys(a, name);

    if (!ec2_list(s->call, s->aws, &ec2_describe_volumes,
                  value_list_of(
                      a, value_map_of(a, {"Name", value_string(a, "tag-key")}, {"Values", keys})),
                  &items))
        return false;
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *one = value_item(items, i), *tags = tags_map(a, value_at(one, "Tags"));

        if (strcmp(leftover_proof(tags), name) == 0 && counts(s, one, tags, name))
            add(s,
                &(struct leftover){
                    .kind = LEFTOVER_VOLUME,
                    .id = value_text(one, "VolumeId"),
                    .name = value_text(tags, "Name"),
                    .made_by = leftover_maker(a, tags, name),
                    .cluster = name,
                    .passes = of_cluster(s) || strcmp(value_text(one, "State"), "available") != 0,
                    .object = one,
                });
    }
    return true;
}

static bool is_listed(const struct value *names, const char *name)
{
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(value_z(value_item(names, i)), name) == 0)
            return true;
    return false;
}

/* In a VPC also of the clusters that left something else there. */
static bool find_volumes(struct search *s)
{
    const struct value *names = s->place->clusters ? s->place->clusters : &value_empty_list;

    if (of_cluster(s))
        return find_volumes_of(s, s->place->cluster);
    for (size_t i = 0; i < s->count; i++)
        if (*s->list[i].cluster && !is_listed(names, s->list[i].cluster))
            names = value_append(s->call->arena, names,
                                 value_string(s->call->arena, s->list[i].cluster));
    for (size_t i = 0; i < value_count(names); i++)
        if (!find_volumes_of(s, value_z(value_item(names, i))))
            return false;
    return true;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int rank(const char *kind)
{
    static const char *const order[] = {LEFTOVER_LOAD_BALANCER, LEFTOVER_TARGET_GROUP,
                                        LEFTOVER_INTERFACE,     LEFTOVER_GROUP,
                                        LEFTOVER_VOLUME,        LEFTOVER_ENDPOINT};
    int i = 0;

    while (strcmp(order[i], kind) != 0)
        i++;
    return i;
}

static int compare(const void *x, const void *y)
{
    const struct leftover *one = x, *other = y;
    int by_kind = rank(one->kind) - rank(other->kind);

    return by_kind ? by_kind : strcmp(one->id, other->id);
}

bool leftover_find(struct call *c, struct aws *aws, const struct leftover_place *place,
                   struct leftover **list, size_t *count)
{
    struct search s = {.call = c, .aws = aws, .place = place};

    if (!find_balancing(&s, &elasticloadbalancing_describe_load_balancers, LEFTOVER_LOAD_BALANCER,
                        "LoadBalancerArn", "LoadBalancerName") ||
        !find_balancing(&s, &elasticloadbalancing_describe_target_groups, LEFTOVER_TARGET_GROUP,
                        "TargetGroupArn", "TargetGroupName") ||
        !find_interfaces(&s) || !find_groups(&s) || !find_endpoints(&s) || !find_volumes(&s))
        return false;
    if (s.count)
        qsort(s.list, s.count, sizeof(*s.list), compare);
    *list = s.list;
    *count = s.count;
    return true;
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static bool one_passes(const struct leftover *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].passes)
            return true;
    return false;
}

bool leftover_wait(struct call *c, struct aws *aws, const struct leftover_place *place, int64_t ms,
                   struct leftover **list, size_t *count)
{
    int64_t most = call_left_ms(c) - SPEAK_MS, pause_ms = POLL_MIN_MS;
    int64_t until = clock_monotonic_ms() + (ms < most ? ms : most);
    const char *before = "";

    for (;;) {
        const char *now;

        if (!leftover_find(c, aws, place, list, count))
            return false;
        if (!one_passes(*list, *count) || clock_monotonic_ms() + pause_ms > until)
            return true;
        now = leftover_text(c->arena, *list, *count);
        if (strcmp(now, before) != 0)
            log_event(LOG_INFO, "eks", "waits until controllers have taken away what they made",
                      "left", now, NULL);
        before = now;
        if (!call_wait_ms(c, pause_ms, "controllers to take away what they made",
                          text_f(c->arena, "Left are:\n%s", now)))
            return false;
        pause_ms = pause_ms * 3 / 2 < POLL_MAX_MS ? pause_ms * 3 / 2 : POLL_MAX_MS;
    }
}

const char *leftover_text(struct arena *a, const struct leftover *list, size_t count)
{
    struct text_builder b;

    text_builder_init(&b, a, TEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct leftover *one = &list[i];
        bool by_name = strncmp(one->id, "arn:", 4) == 0 && *one->name;

        text_add_f(&b, "- %s %s", one->kind, by_name ? one->name : one->id);
        if (!by_name && *one->name)
            text_add_f(&b, " (%s)", one->name);
        text_add_f(&b, *one->made_by ? ", made by %s\n" : "\n", one->made_by);
    }
    return b.at ? b.at : "";
}
