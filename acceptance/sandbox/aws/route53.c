/* The stand-in Route 53: hosted zones, their records, and changes that take a while.
 * Records, all in region "": "hostedzone" by its id; "record" by "zone/name/type/set",
 * whose body is the ResourceRecordSet; changes are ghosts. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"
#include "codec/xml.h"

enum { IN_SYNC_SECONDS = 30, PAGE_MAX = 300, PAGE_ZONES_MAX = 100, LABELS_MAX = 128 };

static const char *const items[] = {"Changes",
                                    "Change",
                                    "ResourceRecordSets",
                                    "ResourceRecordSet",
                                    "ResourceRecords",
                                    "ResourceRecord",
                                    "HostedZones",
                                    "HostedZone",
                                    "NameServers",
                                    "NameServer",
                                    "VPCs",
                                    "VPC",
                                    NULL};

/* --- bodies --------------------------------------------------------------------------- */
static bool is_list(const char *name)
{
    for (const char *const *at = items; *at; at += 2)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

static const struct value *value_of(struct arena *a, const struct xml_element *element)
{
    struct value_builder b;

    if (!element->first && !is_list(element->name))
        return value_string_of(a, element->text);
    value_builder_init(&b, a);
    for (const struct xml_element *at = element->first; at; at = at->next)
        if (is_list(element->name))
            value_builder_add(&b, value_of(a, at));
        else
            value_builder_set(&b, at->name, value_of(a, at));
    return is_list(element->name) ? value_builder_list(&b) : value_builder_map(&b);
}

/* Of a root element with this name; NULL = refused. */
static const struct value *body_of(struct cloud_request *r, const char *name)
{
    const struct xml_element *root;
    struct diags diags;

    diags_init(&diags, r->a);
    if (xml_read(r->a, r->body, "body", &diags, &root) && strcmp(root->name, name) == 0)
        return value_of(r->a, root);
    cloud_refuse(r, 400, "InvalidInput", "Invalid XML ; it has to be a %s", name);
    return NULL;
}

/* --- names ---------------------------------------------------------------------------- */
/* "*.A.example" is "\052.a.example.". */
static const char *canonical(struct arena *a, const char *name)
{
    struct text_builder b;

    text_builder_init(&b, a, CLOUD_BODY_BYTES_MAX);
    for (; *name; name++)
        if (*name == '*')
            text_add_z(&b, "\\052");
        else
            text_add_char(&b, (char)tolower((unsigned char)*name));
    if (!b.len || text_built(&b).at[b.len - 1] != '.')
        text_add_char(&b, '.');
    return text_built(&b).at;
}

/* "b.a.example." is "example.a.b.": zones and records are in this order. */
static const char *reversed(struct arena *a, const char *name)
{
    struct text rest = text_of(name), labels[LABELS_MAX];
    struct text_builder b;
    size_t count = 0;

    while (rest.len && count < LABELS_MAX && text_split(&rest, '.', &labels[count]))
        count += labels[count].len > 0;
    text_builder_init(&b, a, CLOUD_BODY_BYTES_MAX);
    while (count--)
        text_add_f(&b, "%s.", text_z(a, labels[count]));
    return text_built(&b).at;
}

static bool is_below(const char *name, const char *zone)
{
    size_t len = strlen(name), zone_len = strlen(zone);

    return len >= zone_len && strcmp(name + len - zone_len, zone) == 0 &&
           (len == zone_len || name[len - zone_len - 1] == '.');
}

/* --- changes -------------------------------------------------------------------------- */
static void come_in_sync(struct cloud *c, struct record *change)
{
    (void)c;
    record_set(change, "Status", value_string(change->arena, "INSYNC"));
}

/* Its ChangeInfo. */
static const struct value *begin_change(struct cloud_request *r)
{
    const char *id = cloud_iam_new_id(r->cloud, r->a, "C");
    struct record *change = record_add(r->cloud, "", "change", id,
                                       value_map_of(r->a, {"Id", value_f(r->a, "/change/%s", id)},
                                                    {"Status", value_string(r->a, "PENDING")},
                                                    {"SubmittedAt", cloud_iam_now(r->a)}));

    change->ghost = true;
    record_later(r->cloud, change, IN_SYNC_SECONDS, come_in_sync);
    return change->body;
}

static bool get_change(struct cloud_request *r)
{
    const char *id = cloud_text(r, "Id");
    const struct record *change = record_find(r->cloud, "", "change", id);

    if (!change)
        return cloud_refuse(r, 404, "NoSuchChange", "Could not find resource with ID: %s", id);
    return cloud_answer(r, value_map_of(r->a, {"ChangeInfo", change->body}));
}

/* --- zones ---------------------------------------------------------------------------- */
/* Of the path; NULL = refused. */
static struct record *find_zone(struct cloud_request *r)
{
    const char *id = cloud_text(r, "Id");
    struct record *zone = record_seen(r->cloud, "", "hostedzone", id);

    if (!zone)
        cloud_refuse(r, 404, "NoSuchHostedZone", "No hosted zone found with ID: %s", id);
    return zone;
}

/* The next record of a zone. */
static struct record *next_of(struct cloud *c, const struct record *before,
                              const struct record *zone)
{
    struct record *at = record_next(c, before, "", "record");
    size_t len = strlen(zone->id);

    while (at && (strncmp(at->id, zone->id, len) != 0 || at->id[len] != '/'))
        at = record_next(c, at, "", "record");
    return at;
}

static const struct value *zone_view(struct cloud_request *r, const struct record *zone)
{
    const struct record *at = NULL;
    int64_t count = 0;

    while ((at = next_of(r->cloud, at, zone)))
        count++;
    return value_with(r->a, zone->body, "ResourceRecordSetCount", value_integer(r->a, count));
}

static const char *record_id(struct arena *a, const struct record *zone, const struct value *set)
{
    return text_f(a, "%s/%s/%s/%s", zone->id, value_text(set, "Name"), value_text(set, "Type"),
                  value_text(set, "SetIdentifier"));
}

static void add_own(struct cloud_request *r, const struct record *zone, const char *type,
                    const char *ttl, const struct value *records)
{
    const struct value *set = value_map_of(
        r->a, {"Name", value_at(zone->body, "Name")}, {"Type", value_string(r->a, type)},
        {"TTL", value_string(r->a, ttl)}, {"ResourceRecords", records});

    record_add(r->cloud, "", "record", record_id(r->a, zone, set), set)->ghost = true;
}

static const struct value *one_record(struct arena *a, const char *text)
{
    return value_map_of(a, {"Value", value_string(a, text)});
}

static void add_own_records(struct cloud_request *r, const struct record *zone)
{
    struct arena *a = r->a;

    add_own(r, zone, "NS", "172800",
            value_list_of(
                a, one_record(a, "ns-1.awsdns-01.org."), one_record(a, "ns-2.awsdns-02.co.uk."),
                one_record(a, "ns-3.awsdns-03.com."), one_record(a, "ns-4.awsdns-04.net.")));
    add_own(r, zone, "SOA", "900",
            value_list_of(a, one_record(a, "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 "
                                           "7200 900 1209600 86400")));
}

static bool reference_is_new(struct cloud_request *r, const char *reference)
{
    const struct record *zone = NULL;

    if (!*reference)
        return cloud_refuse(r, 400, "InvalidInput", "CallerReference is missing");
    while ((zone = record_next(r->cloud, zone, "", "hostedzone")))
        if (record_is(zone, "CallerReference", reference))
            return cloud_refuse(r, 409, "HostedZoneAlreadyExists",
                                "A hosted zone has already been created with the specified caller "
                                "reference.");
    return true;
}

static const struct value *zone_config(struct arena *a, const struct value *body)
{
    bool is_private = value_is_set(value_at(body, "VPC"));

    return value_with(a, value_at(body, "HostedZoneConfig"), "PrivateZone", value_bool(is_private));
}

static bool create_hosted_zone(struct cloud_request *r)
{
    const struct value *body = body_of(r, "CreateHostedZoneRequest");
    const char *name = body ? value_text(body, "Name") : "", *id;
    struct record *zone;

    if (!body || !reference_is_new(r, value_text(body, "CallerReference")))
        return false;
    if (!strchr(name, '.'))
        return cloud_refuse(r, 400, "InvalidDomainName", "%s is not a domain name", name);
    id = cloud_iam_new_id(r->cloud, r->a, "Z");
    zone = record_add(r->cloud, "", "hostedzone", id,
                      value_map_of(r->a, {"Id", value_f(r->a, "/hostedzone/%s", id)},
                                   {"Name", value_string(r->a, canonical(r->a, name))},
                                   {"CallerReference", value_at(body, "CallerReference")},
                                   {"Config", zone_config(r->a, body)}));
    add_own_records(r, zone);
    cloud_answer(
        r, value_map_of(r->a, {"HostedZone", zone_view(r, zone)}, {"ChangeInfo", begin_change(r)}));
    r->status = 201;
    return true;
}

static bool get_hosted_zone(struct cloud_request *r)
{
    const struct record *zone = find_zone(r);

    return zone && cloud_answer(r, value_map_of(r->a, {"HostedZone", zone_view(r, zone)}));
}

static bool delete_hosted_zone(struct cloud_request *r)
{
    struct record *zone = find_zone(r), *at = NULL;

    if (!zone)
        return false;
    while ((at = next_of(r->cloud, at, zone)))
        if (!at->ghost)
            return cloud_refuse(r, 400, "HostedZoneNotEmpty",
                                "The specified hosted zone contains non-required resource record "
                                "sets and so cannot be deleted.");
    while ((at = next_of(r->cloud, NULL, zone)))
        record_remove(r->cloud, at);
    record_remove(r->cloud, zone);
    return cloud_answer(r, value_map_of(r->a, {"ChangeInfo", begin_change(r)}));
}

/* --- lists, in the order of DNS ------------------------------------------------------- */
struct listed {
    const char *order;
    const struct value *item;
};

static int compare(const void *one, const void *two)
{
    const struct listed *x = one, *y = two;

    return strcmp(x->order, y->order);
}

struct page {
    struct listed *listed;
    size_t count, size, begin, end;
};

static void page_cut(const struct cloud_request *r, const char *from, size_t size, struct page *p)
{
    size_t wanted = strtoul(cloud_text(r, "maxitems"), NULL, 10);

    p->size = wanted && wanted < size ? wanted : size;
    qsort(p->listed, p->count, sizeof(*p->listed), compare);
    while (p->begin < p->count && strcmp(p->listed[p->begin].order, from) < 0)
        p->begin++;
    p->end = p->begin + p->size < p->count ? p->begin + p->size : p->count;
}

static const struct value *page_answer(struct cloud_request *r, const struct page *p,
                                       const char *member)
{
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (size_t i = p->begin; i < p->end; i++)
        value_builder_add(&b, p->listed[i].item);
    return value_map_of(r->a, {member, value_builder_list(&b)},
                        {"IsTruncated", value_bool(p->end < p->count)},
                        {"MaxItems", value_integer(r->a, (int64_t)p->size)});
}

static struct listed *room_for_all(struct cloud_request *r, const char *kind)
{
    const struct record *at = NULL;
    size_t count = 1;

    while ((at = record_next(r->cloud, at, "", kind)))
        count++;
    return arena_array(r->a, count, sizeof(struct listed));
}

static bool list_hosted_zones(struct cloud_request *r)
{
    const char *from = cloud_text(r, "dnsname");
    struct page p = {.listed = room_for_all(r, "hostedzone")};
    const struct record *zone = NULL;
    const struct value *output;

    while ((zone = record_next(r->cloud, zone, "", "hostedzone")))
        if (record_seen(r->cloud, "", "hostedzone", zone->id))
            p.listed[p.count++] =
                (struct listed){reversed(r->a, record_text(zone, "Name")), zone_view(r, zone)};
    page_cut(r, *from ? reversed(r->a, canonical(r->a, from)) : "", PAGE_ZONES_MAX, &p);
    output = page_answer(r, &p, "HostedZones");
    if (p.end < p.count)
        output = value_with(r->a, output, "NextDNSName", value_at(p.listed[p.end].item, "Name"));
    return cloud_answer(r, output);
}

static bool list_resource_record_sets(struct cloud_request *r)
{
    const char *from = cloud_text(r, "name");
    struct page p = {.listed = room_for_all(r, "record")};
    struct record *zone = find_zone(r), *at = NULL;
    const struct value *output;

    if (!zone)
        return false;
    while ((at = next_of(r->cloud, at, zone)))
        p.listed[p.count++] =
            (struct listed){text_f(r->a, "%s %s %s", reversed(r->a, record_text(at, "Name")),
                                   record_text(at, "Type"), record_text(at, "SetIdentifier")),
                            at->body};
    page_cut(
        r,
        *from ? text_f(r->a, "%s %s", reversed(r->a, canonical(r->a, from)), cloud_text(r, "type"))
              : "",
        PAGE_MAX, &p);
    output = page_answer(r, &p, "ResourceRecordSets");
    if (p.end < p.count)
        output = value_merge(
            r->a, output,
            value_map_of(r->a, {"NextRecordName", value_at(p.listed[p.end].item, "Name")},
                         {"NextRecordType", value_at(p.listed[p.end].item, "Type")}));
    return cloud_answer(r, output);
}

/* --- records -------------------------------------------------------------------------- */
/* A batch that cannot be done has a form of its own. */
static bool refuse_batch(struct cloud_request *r, const char *message)
{
    r->status = 400;
    r->type = "text/xml;charset=UTF-8";
    r->reply = text_of(text_f(r->a,
                              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InvalidChangeBatch "
                              "xmlns=\"%s\"><Messages><Message>%s</Message></Messages>"
                              "<RequestId>%s</RequestId></InvalidChangeBatch>",
                              r->service->xmlns, xml_escape(r->a, text_of(message)), r->id));
    return false;
}

static const char *called(struct arena *a, const struct value *set)
{
    return text_f(a, "resource record set [name='%s', type='%s']", value_text(set, "Name"),
                  value_text(set, "Type"));
}

static bool values_fit(const struct value *set)
{
    const struct value *records = value_at(set, "ResourceRecords");
    const char *type = value_text(set, "Type");
    unsigned char address[16];

    for (size_t i = 0; i < value_count(records); i++) {
        const char *text = value_text(value_item(records, i), "Value");

        if (strcmp(type, "A") == 0 && inet_pton(AF_INET, text, address) != 1)
            return false;
        if (strcmp(type, "AAAA") == 0 && inet_pton(AF_INET6, text, address) != 1)
            return false;
        if (strcmp(type, "TXT") == 0 && text[0] != '"')
            return false;
    }
    return true;
}

/* NULL = it may stand there. */
static const char *set_fault(struct cloud_request *r, const struct record *zone,
                             const struct value *set)
{
    const char *name = value_text(set, "Name"), *type = value_text(set, "Type");
    bool is_alias = value_is_set(value_at(set, "AliasTarget"));
    bool is_cname = strcmp(type, "CNAME") == 0;
    const struct record *at = NULL;

    if (!is_below(name, record_text(zone, "Name")))
        return text_f(r->a, "RRSet with DNS name %s is not permitted in zone %s", name,
                      record_text(zone, "Name"));
    if (is_alias == (value_count(value_at(set, "ResourceRecords")) > 0) ||
        is_alias == (*value_text(set, "TTL") != '\0'))
        return "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
               "ResourceRecords]]";
    if (!values_fit(set))
        return text_f(r->a, "Invalid Resource Record: FATAL problem: a value of type %s", type);
    if (is_cname && strcmp(name, record_text(zone, "Name")) == 0)
        return text_f(r->a,
                      "RRSet of type CNAME with DNS name %s is not permitted at apex in zone "
                      "%s",
                      name, name);
    while ((at = next_of(r->cloud, at, zone)))
        if (record_is(at, "Name", name) && is_cname != record_is(at, "Type", "CNAME"))
            return text_f(r->a,
                          "RRSet of type %s with DNS name %s is not permitted because a "
                          "conflicting RRSet with the same DNS name already exists",
                          type, name);
    return NULL;
}

static const char *change_fault(struct cloud_request *r, const struct record *zone,
                                const char *action, const struct value *set)
{
    const struct record *there = record_find(r->cloud, "", "record", record_id(r->a, zone, set));

    if (strcmp(action, "DELETE") == 0) {
        if (!there)
            return text_f(r->a, "Tried to delete %s but it was not found", called(r->a, set));
        if (there->ghost)
            return "A HostedZone must contain exactly one SOA record and its NS record";
        return value_equal(there->body, set)
                   ? NULL
                   : text_f(r->a,
                            "Tried to delete %s but the values provided do not match the current "
                            "values",
                            called(r->a, set));
    }
    if (there && strcmp(action, "CREATE") == 0)
        return text_f(r->a, "Tried to create %s but it already exists", called(r->a, set));
    return set_fault(r, zone, set);
}

static void change_do(struct cloud_request *r, const struct record *zone, const char *action,
                      const struct value *set)
{
    const char *id = record_id(r->a, zone, set);
    struct record *there = record_find(r->cloud, "", "record", id);

    if (there)
        record_remove(r->cloud, there);
    if (strcmp(action, "DELETE") != 0)
        record_add(r->cloud, "", "record", id, set);
}

static const struct value *set_of(struct arena *a, const struct value *change)
{
    const struct value *set = value_at(change, "ResourceRecordSet");

    set = value_with(a, set, "Name", value_string(a, canonical(a, value_text(set, "Name"))));
    if (!value_is_set(value_at(set, "AliasTarget")))
        return set;
    return value_with_in(
        a, set, value_string(a, canonical(a, value_z(value_in(set, "AliasTarget", "DNSName")))),
        "AliasTarget", "DNSName");
}

/* All of them or none. */
static bool change_resource_record_sets(struct cloud_request *r)
{
    const struct record *zone = find_zone(r);
    const struct value *body = zone ? body_of(r, "ChangeResourceRecordSetsRequest") : NULL;
    const struct value *changes = value_in(body, "ChangeBatch", "Changes");

    if (!body)
        return false;
    for (size_t i = 0; i < value_count(changes); i++) {
        const struct value *one = value_item(changes, i);
        const char *fault = change_fault(r, zone, value_text(one, "Action"), set_of(r->a, one));

        if (fault)
            return refuse_batch(r, fault);
    }
    for (size_t i = 0; i < value_count(changes); i++)
        change_do(r, zone, value_text(value_item(changes, i), "Action"),
                  set_of(r->a, value_item(changes, i)));
    return cloud_answer(r, value_map_of(r->a, {"ChangeInfo", begin_change(r)}));
}

/* --- the service ---------------------------------------------------------------------- */
#define ROUTE53(operation_name, operation_handle, operation_method, operation_path)                \
    {                                                                                              \
        .name = (operation_name), .handle = (operation_handle), .method = (operation_method),      \
        .path = "/2013-04-01" operation_path                                                       \
    }

static const struct cloud_operation operations[] = {
    ROUTE53("CreateHostedZone", create_hosted_zone, "POST", "/hostedzone"),
    ROUTE53("ListHostedZones", list_hosted_zones, "GET", "/hostedzone"),
    ROUTE53("ListHostedZonesByName", list_hosted_zones, "GET", "/hostedzonesbyname"),
    ROUTE53("GetHostedZone", get_hosted_zone, "GET", "/hostedzone/{Id}"),
    ROUTE53("DeleteHostedZone", delete_hosted_zone, "DELETE", "/hostedzone/{Id}"),
    ROUTE53("ListResourceRecordSets", list_resource_record_sets, "GET", "/hostedzone/{Id}/rrset"),
    ROUTE53("ChangeResourceRecordSets", change_resource_record_sets, "POST",
            "/hostedzone/{Id}/rrset/"),
    ROUTE53("GetChange", get_change, "GET", "/change/{Id}"),
    {.name = NULL}};
static const struct cloud_operation *const tables[] = {operations, NULL};

const struct cloud_service cloud_route53 = {
    .name = "route53",
    .protocol = AWS_REST_XML,
    .version = "2013-04-01",
    .xmlns = "https://route53.amazonaws.com/doc/2013-04-01/",
    .region = "us-east-1",
    .operations = tables,
    .items = items,
};
