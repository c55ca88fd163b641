#include "acceptance/sandbox/aws/network.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { PAGE_MIN = 5, PAGE_MAX = 1000 };

/* --- filters ----------------------------------------------------------------------------- */
static const char *scalar_text(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_BOOL)
        return value_as_bool(v) ? "true" : "false";
    return v->kind == VALUE_NUMBER ? text_z(a, v->number.text) : value_z(v);
}

/* Does something at path ("attachmentSet.vpcId", through lists) match one of the patterns? */
static bool matches(struct arena *a, const struct value *v, struct text path,
                    const struct value *patterns)
{
    struct text piece;

    if (v->kind == VALUE_LIST) {
        for (size_t i = 0; i < value_count(v); i++)
            if (matches(a, value_item(v, i), path, patterns))
                return true;
        return false;
    }
    if (path.len) {
        text_split(&path, '.', &piece);
        return matches(a, value_at(v, text_z(a, piece)), path, patterns);
    }
    for (size_t i = 0; v->kind != VALUE_NULL && i < value_count(patterns); i++)
        if (fnmatch(value_z(value_item(patterns, i)), scalar_text(a, v), 0) == 0)
            return true;
    return false;
}

/* Where a filter looks; NULL = EC2 knows no such filter. */
static const char *filter_path(const struct network_kind *kind, const char *name)
{
    for (const char *const *at = kind->filters; at && *at; at += 2)
        if (strcmp(at[0], name) == 0)
            return at[1];
    return NULL;
}

static bool has_tag(struct arena *a, const struct value *tags, const char *key,
                    const struct value *patterns)
{
    return value_has(tags, key) && matches(a, value_at(tags, key), text_of(""), patterns);
}

static bool has_tag_key(struct arena *a, const struct value *tags, const struct value *patterns)
{
    for (size_t i = 0; i < value_count(tags); i++)
        if (matches(a, value_string(a, tags->map.entries[i].key), text_of(""), patterns))
            return true;
    return false;
}

static bool passes(struct cloud_request *r, const struct network_kind *kind,
                   const struct value *object, const struct value *filters)
{
    for (size_t i = 0; i < value_count(filters); i++) {
        const struct value *filter = value_item(filters, i), *tags = value_at(object, ".tags");
        const struct value *patterns = cloud_items(r->a, value_at(filter, "Value"));
        const char *name = value_text(filter, "Name");
        bool fits;

        if (strncmp(name, "tag:", 4) == 0)
            fits = has_tag(r->a, tags, name + 4, patterns);
        else if (strcmp(name, "tag-key") == 0)
            fits = has_tag_key(r->a, tags, patterns);
        else
            fits = matches(r->a, object, text_of(filter_path(kind, name)), patterns);
        if (!fits)
            return false;
    }
    return true;
}

static bool filters_known(struct cloud_request *r, const struct network_kind *kind,
                          const struct value *filters)
{
    for (size_t i = 0; i < value_count(filters); i++) {
        const char *name = value_text(value_item(filters, i), "Name");

        if (strncmp(name, "tag:", 4) != 0 && strcmp(name, "tag-key") != 0 &&
            !filter_path(kind, name))
            return cloud_refuse(r, 400, "InvalidParameterValue", "The filter '%s' is invalid",
                                name);
    }
    return true;
}

/* --- looking ------------------------------------------------------------------------------ */
const struct value *network_view(struct cloud_request *r, const struct network_kind *kind,
                                 const struct record *record)
{
    const struct value *body = kind->view ? kind->view(r, record) : record->body;
    struct value_builder tags;

    value_builder_init(&tags, r->a);
    for (size_t i = 0; i < value_count(record->tags); i++) {
        const struct value_entry *tag = &record->tags->map.entries[i];

        value_builder_add(&tags, value_map_of(r->a, {"key", value_string(r->a, tag->key)},
                                              {"value", tag->value}));
    }
    body = value_with(r->a, body, ".tags", record->tags);
    return value_with(r->a, body, kind->tag_set ? kind->tag_set : "tagSet",
                      value_builder_list(&tags));
}

struct record *network_get(struct cloud_request *r, const struct network_kind *kind, const char *id)
{
    struct record *found = record_seen(r->cloud, r->region, kind->kind, id);

    if (!found)
        cloud_refuse(r, 400, kind->not_found, "The %s ID '%s' does not exist", kind->kind, id);
    return found;
}

static bool page_bounds(struct cloud_request *r, size_t *from, size_t *most)
{
    const char *max = cloud_text(r, "MaxResults"), *token = cloud_text(r, "NextToken");

    *most = *max ? strtoul(max, NULL, 10) : PAGE_MAX;
    *from = *token ? strtoul(token + strcspn(token, "0123456789"), NULL, 10) : 0;
    if (*most < PAGE_MIN || *most > PAGE_MAX)
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Value ( %s ) for parameter maxResults is invalid. Expecting a value "
                            "greater than %d.",
                            max, PAGE_MIN);
    if (*token && strncmp(token, "page-", 5) != 0)
        return cloud_refuse(r, 400, "InvalidNextToken", "The token '%s' is invalid", token);
    return true;
}

bool network_list(struct cloud_request *r, const struct network_kind *kind,
                  const struct value *objects)
{
    const struct value *filters = cloud_items(r->a, value_at(r->parameters, "Filter"));
    struct value_builder page;
    size_t from, most, fit = 0;
    const struct value *out;

    if (!filters_known(r, kind, filters) || !page_bounds(r, &from, &most))
        return false;
    value_builder_init(&page, r->a);
    for (size_t i = 0; i < value_count(objects); i++)
        if (passes(r, kind, value_item(objects, i), filters) && fit++ >= from && page.count < most)
            value_builder_add(&page, value_item(objects, i));
    out = value_map_of(r->a, {kind->set, value_builder_list(&page)});
    if (fit > from + page.count)
        out = value_with(r->a, out, "nextToken", value_f(r->a, "page-%zu", from + page.count));
    return cloud_answer(r, out);
}

bool network_describe(struct cloud_request *r, const struct network_kind *kind)
{
    const struct value *ids = cloud_items(r->a, value_at(r->parameters, kind->ids));
    struct record *record = NULL;
    struct value_builder all;

    if (value_count(ids) && value_has(r->parameters, "MaxResults"))
        return cloud_refuse(r, 400, "InvalidParameterCombination",
                            "The parameter %s cannot be used with the parameter MaxResults",
                            kind->ids);
    value_builder_init(&all, r->a);
    for (size_t i = 0; i < value_count(ids); i++) {
        record = network_get(r, kind, value_z(value_item(ids, i)));
        if (!record)
            return false;
        value_builder_add(&all, network_view(r, kind, record));
    }
    record = NULL;
    while (!value_count(ids) && (record = record_next(r->cloud, record, r->region, kind->kind)))
        if (record->seen_at_ms <= clock_monotonic_ms())
            value_builder_add(&all, network_view(r, kind, record));
    return network_list(r, kind, value_builder_list(&all));
}

struct record *network_where(struct cloud *c, const char *region, const struct network_kind *kind,
                             const char *key, const char *text)
{
    struct record *record = NULL;

    while ((record = record_next(c, record, region, kind->kind)))
        if (record_is(record, key, text))
            return record;
    return NULL;
}

/* --- making ---------------------------------------------------------------------------------- */
static bool tags_wanted(struct cloud_request *r, const char *type, const struct value **out)
{
    const struct value *specifications =
        cloud_items(r->a, value_at(r->parameters, "TagSpecification"));

    *out = &value_empty_map;
    for (size_t i = 0; i < value_count(specifications); i++) {
        const struct value *one = value_item(specifications, i);
        const struct value *tags = cloud_items(r->a, value_at(one, "Tag"));

        if (strcmp(value_text(one, "ResourceType"), type) != 0)
            return cloud_refuse(r, 400, "InvalidParameterValue",
                                "'%s' is not a valid taggable resource type for this operation.",
                                value_text(one, "ResourceType"));
        for (size_t k = 0; k < value_count(tags); k++) {
            const char *key = value_text(value_item(tags, k), "Key");

            if (strncmp(key, "aws:", 4) == 0)
                return cloud_refuse(r, 400, "InvalidParameterValue",
                                    "Tag keys starting with 'aws:' are reserved for internal use");
            *out = value_with(r->a, *out, key,
                              value_string(r->a, value_text(value_item(tags, k), "Value")));
        }
    }
    return true;
}

struct record *network_new(struct cloud_request *r, const struct network_kind *kind,
                           const struct value *body)
{
    const char *id = cloud_new_id(r->cloud, r->a, kind->prefix);
    const struct value *tags;
    struct record *record;

    if (!tags_wanted(r, kind->kind, &tags))
        return NULL;
    body = value_merge(r->a, value_map_of(r->a, {kind->id, value_string(r->a, id)}), body);
    record = record_add(r->cloud, r->region, kind->kind, id, body);
    record->tags = value_copy(record->arena, tags);
    return record;
}

bool network_answer(struct cloud_request *r, const char *member, const struct network_kind *kind,
                    const struct record *record)
{
    return cloud_answer(r, value_map_of(r->a, {member, network_view(r, kind, record)}));
}

bool network_done(struct cloud_request *r)
{
    return cloud_answer(r, value_map_of(r->a, {"return", &value_true}));
}

void network_available(struct cloud *c, struct record *record)
{
    (void)c;
    record_set(record, "state", value_string(record->arena, "available"));
}

const char *network_arn(const struct cloud_request *r, const char *kind, const char *id)
{
    return text_f(r->a, "arn:aws:ec2:%s:%s:%s/%s", r->region, r->cloud->account, kind, id);
}

/* --- blocks of addresses ------------------------------------------------------------------ */
bool network_block_read(const char *cidr, struct network_block *out)
{
    const char *slash = strchr(cidr, '/');
    char address[INET_ADDRSTRLEN] = "", *end = NULL;
    struct in_addr parsed;
    size_t len = slash ? (size_t)(slash - cidr) : sizeof(address);

    if (len >= sizeof(address))
        return false;
    memcpy(address, cidr, len);
    out->prefix = (unsigned)strtoul(slash + 1, &end, 10);
    if (inet_pton(AF_INET, address, &parsed) != 1 || end == slash + 1 || *end || out->prefix > 32)
        return false;
    out->first = ntohl(parsed.s_addr);
    out->last = out->first | (out->prefix == 32 ? 0 : UINT32_MAX >> out->prefix);
    return out->prefix != 0 || out->first == 0;
}

bool network_blocks_overlap(const struct network_block *a, const struct network_block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

const char *network_ip(struct arena *a, uint32_t ip)
{
    return text_f(a, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

/* --- tags of anything ------------------------------------------------------------------------ */
static struct record *taggable(struct cloud_request *r, const char *id)
{
    for (struct record *at = r->cloud->records; at; at = at->next)
        if (strcmp(at->id, id) == 0 && strcmp(at->region, r->region) == 0 &&
            at->seen_at_ms <= clock_monotonic_ms())
            return at;
    cloud_refuse(r, 400, "InvalidID.NotFound", "The ID '%s' is not valid", id);
    return NULL;
}

static bool change_tags(struct cloud_request *r, bool removes)
{
    const struct value *ids = cloud_items(r->a, value_at(r->parameters, "ResourceId"));
    const struct value *tags = cloud_items(r->a, value_at(r->parameters, "Tag"));

    for (size_t i = 0; i < value_count(ids); i++)
        if (!taggable(r, value_z(value_item(ids, i))))
            return false;
    for (size_t i = 0; i < value_count(ids); i++) {
        struct record *record = taggable(r, value_z(value_item(ids, i)));

        if (removes && !value_count(tags))
            record->tags = &value_empty_map;
        for (size_t k = 0; k < value_count(tags); k++) {
            const struct value *tag = value_item(tags, k), *given = value_at(tag, "Value");
            const char *key = arena_strdup(record->arena, value_text(tag, "Key"));
            bool differs = removes && value_has(tag, "Value") &&
                           !value_equal(given, value_at(record->tags, key));
            const struct value *v =
                removes ? NULL : value_string(record->arena, value_text(tag, "Value"));

            if (!differs)
                record->tags = value_with(record->arena, record->tags, key, v);
        }
    }
    return network_done(r);
}

static bool create_tags(struct cloud_request *r)
{
    return change_tags(r, false);
}

static bool delete_tags(struct cloud_request *r)
{
    return change_tags(r, true);
}

static const char *const tag_filters[] = {"key",           "key",          "value",
                                          "value",         "resource-id",  "resourceId",
                                          "resource-type", "resourceType", NULL};
static const struct network_kind tag_kind = {.set = "tagSet", .filters = tag_filters};

static bool describe_tags(struct cloud_request *r)
{
    struct value_builder all;

    value_builder_init(&all, r->a);
    for (const struct record *at = r->cloud->records; at; at = at->next)
        for (size_t i = 0; strcmp(at->region, r->region) == 0 && i < value_count(at->tags); i++)
            value_builder_add(
                &all, value_map_of(r->a, {"resourceId", value_string(r->a, at->id)},
                                   {"resourceType", value_string(r->a, at->kind)},
                                   {"key", value_string(r->a, at->tags->map.entries[i].key)},
                                   {"value", at->tags->map.entries[i].value}));
    return network_list(r, &tag_kind, value_builder_list(&all));
}

const struct cloud_operation network_tag_operations[] = {
    {.name = "CreateTags", .handle = create_tags, .parameters = "!ResourceId !Tag"},
    {.name = "DeleteTags", .handle = delete_tags, .parameters = "!ResourceId Tag"},
    {.name = "DescribeTags", .handle = describe_tags, .parameters = "Filter MaxResults NextToken"},
    {.name = NULL}};

static const struct cloud_operation *const tables[] = {
    network_vpc_operations,      network_subnet_operations,    network_ipv6_operations,
    network_gateway_operations,  network_nat_operations,       network_route_operations,
    network_group_operations,    network_rule_operations,      network_peering_operations,
    network_template_operations, network_interface_operations, network_instance_operations,
    network_volume_operations,   network_tag_operations,       NULL};

const struct cloud_service cloud_ec2 = {
    .name = "ec2",
    .protocol = AWS_EC2_QUERY,
    .version = "2016-11-15",
    .xmlns = "http://ec2.amazonaws.com/doc/2016-11-15/",
    .operations = tables,
};
