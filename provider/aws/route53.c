#include "aws/route53.h"

#include <string.h>
#include <strings.h>

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member zone_config[] = {MEMBER("Comment", AWS_STRING),
                                                MEMBER("PrivateZone", AWS_BOOL), END_MEMBERS};
static const struct aws_member zone[] = {MEMBER("Id", AWS_STRING), MEMBER("Name", AWS_STRING),
                                         MEMBER("Config", AWS_STRUCTURE, .members = zone_config),
                                         MEMBER("ResourceRecordSetCount", AWS_INTEGER),
                                         END_MEMBERS};
static const struct aws_member by_id[] = {MEMBER("Id", AWS_STRING, .place = AWS_PATH), END_MEMBERS};
static const struct aws_member zone_out[] = {MEMBER("HostedZone", AWS_STRUCTURE, .members = zone),
                                             END_MEMBERS};
static const struct aws_member zones_in[] = {
    MEMBER("DNSName", AWS_STRING, .wire = "dnsname", .place = AWS_URL_QUERY),
    MEMBER("MaxItems", AWS_STRING, .wire = "maxitems", .place = AWS_URL_QUERY), END_MEMBERS};
static const struct aws_member zones_out[] = {
    MEMBER("HostedZones", AWS_LIST, .members = zone, .item = "HostedZone"), END_MEMBERS};

static const struct aws_member resource_record[] = {MEMBER("Value", AWS_STRING), END_MEMBERS};
static const struct aws_member alias[] = {MEMBER("HostedZoneId", AWS_STRING),
                                          MEMBER("DNSName", AWS_STRING),
                                          MEMBER("EvaluateTargetHealth", AWS_BOOL), END_MEMBERS};
static const struct aws_member record[] = {/* in this order: the schema wants it so */
                                           MEMBER("Name", AWS_STRING),
                                           MEMBER("Type", AWS_STRING),
                                           MEMBER("SetIdentifier", AWS_STRING),
                                           MEMBER("TTL", AWS_INTEGER),
                                           MEMBER("ResourceRecords", AWS_LIST,
                                                  .members = resource_record,
                                                  .item = "ResourceRecord"),
                                           MEMBER("AliasTarget", AWS_STRUCTURE, .members = alias),
                                           END_MEMBERS};
static const struct aws_member change[] = {
    MEMBER("Action", AWS_STRING), MEMBER("ResourceRecordSet", AWS_STRUCTURE, .members = record),
    END_MEMBERS};
static const struct aws_member batch[] = {
    MEMBER("Comment", AWS_STRING), MEMBER("Changes", AWS_LIST, .members = change, .item = "Change"),
    END_MEMBERS};
static const struct aws_member change_in[] = {
    MEMBER("HostedZoneId", AWS_STRING, .wire = "Id", .place = AWS_PATH),
    MEMBER("ChangeBatch", AWS_STRUCTURE, .members = batch), END_MEMBERS};
static const struct aws_member info[] = {MEMBER("Id", AWS_STRING), MEMBER("Status", AWS_STRING),
                                         MEMBER("SubmittedAt", AWS_TIME), END_MEMBERS};
static const struct aws_member info_out[] = {MEMBER("ChangeInfo", AWS_STRUCTURE, .members = info),
                                             END_MEMBERS};
static const struct aws_member records_in[] = {
    MEMBER("HostedZoneId", AWS_STRING, .wire = "Id", .place = AWS_PATH),
    MEMBER("StartRecordName", AWS_STRING, .wire = "name", .place = AWS_URL_QUERY),
    MEMBER("StartRecordType", AWS_STRING, .wire = "type", .place = AWS_URL_QUERY),
    MEMBER("MaxItems", AWS_STRING, .wire = "maxitems", .place = AWS_URL_QUERY), END_MEMBERS};
static const struct aws_member records_out[] = {
    MEMBER("ResourceRecordSets", AWS_LIST, .members = record, .item = "ResourceRecordSet"),
    MEMBER("IsTruncated", AWS_BOOL), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const gone[] = {"NoSuchHostedZone", NULL};
static const char *const busy[] = {"PriorRequestNotComplete", NULL};

#define ROUTE53(operation_name, operation_method, operation_path, ...)                             \
    {                                                                                              \
        .name = (operation_name), .service = &aws_route53, .method = (operation_method),           \
        .path = (operation_path), .flags = AWS_READS, __VA_ARGS__                                  \
    }

const struct aws_operation route53_get_hosted_zone_row =
    ROUTE53("GetHostedZone", "GET", "/2013-04-01/hostedzone/{Id}", .input = by_id,
            .output = zone_out, .gone = gone);
const struct aws_operation route53_list_hosted_zones_by_name =
    ROUTE53("ListHostedZonesByName", "GET", "/2013-04-01/hostedzonesbyname", .input = zones_in,
            .output = zones_out, .items = "HostedZones");
/* Used for upserts and exact deletes only, so that repeating it harms nothing. */
const struct aws_operation route53_change_resource_record_sets =
    ROUTE53("ChangeResourceRecordSets", "POST", "/2013-04-01/hostedzone/{HostedZoneId}/rrset/",
            .input = change_in, .output = info_out, .pending = busy);
const struct aws_operation route53_list_resource_record_sets = ROUTE53(
    "ListResourceRecordSets", "GET", "/2013-04-01/hostedzone/{HostedZoneId}/rrset",
    .input = records_in, .output = records_out, .items = "ResourceRecordSets", .gone = gone);
const struct aws_operation route53_get_change =
    ROUTE53("GetChange", "GET", "/2013-04-01/change/{Id}", .input = by_id, .output = info_out);

static const char *const status[] = {"ChangeInfo", "Status", NULL};
static const char *const in_sync[] = {"INSYNC", NULL};

const struct aws_wait route53_change_done = {
    .what = "change of DNS records to reach all name servers",
    .operation = &route53_get_change,
    .path = status,
    .done = in_sync,
    .poll_ms_min = 500,
    .poll_ms_max = 10000,
};

/* --- names -------------------------------------------------------------------------- */

const char *route53_id(const char *id)
{
    const char *slash = strrchr(id, '/');

    return slash ? slash + 1 : id;
}

/* One character of a name in presentation form: \052 is "*". */
static char next_character(const char **at)
{
    const char *z = *at;
    char c = *z;

    if (c == '\\' && z[1] >= '0' && z[1] <= '3' && z[2] >= '0' && z[2] <= '7' && z[3] >= '0' &&
        z[3] <= '7') {
        *at = z + 4;
        return (char)((z[1] - '0') << 6 | (z[2] - '0') << 3 | (z[3] - '0'));
    }
    *at = z + 1;
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool is_end(const char *z)
{
    return !*z || strcmp(z, ".") == 0;
}

bool route53_same_name(const char *a, const char *b)
{
    while (!is_end(a) && !is_end(b))
        if (next_character(&a) != next_character(&b))
            return false;
    return is_end(a) && is_end(b);
}

/* --- looking ------------------------------------------------------------------------ */

bool route53_get_hosted_zone(struct call *c, struct aws *session, const char *id,
                             const struct value **out)
{
    const struct value *output;

    if (!aws_call(c, session, &route53_get_hosted_zone_row,
                  value_map_of(c->arena, {"Id", value_string(c->arena, route53_id(id))}), &output))
        return false;
    *out = output ? value_at(output, "HostedZone") : NULL;
    return true;
}

/* They come sorted, beginning with the name that was asked for; several zones may have
 * the same one. */
bool route53_find_hosted_zone(struct call *c, struct aws *session, const char *name,
                              bool is_private, const struct value **out)
{
    const struct value *output, *zones;

    *out = NULL;
    if (!aws_call(c, session, &route53_list_hosted_zones_by_name,
                  value_map_of(c->arena, {"DNSName", value_string(c->arena, name)}), &output))
        return false;
    zones = value_at(output, "HostedZones");
    for (size_t i = 0; i < value_count(zones) && !*out; i++) {
        const struct value *one = value_item(zones, i);

        if (route53_same_name(value_text(one, "Name"), name) &&
            value_flag(value_at(one, "Config"), "PrivateZone") == is_private)
            *out = one;
    }
    return true;
}

static const struct value *named(const struct value *records, const char *name, const char *type)
{
    for (size_t i = 0; i < value_count(records); i++) {
        const struct value *one = value_item(records, i);

        if (route53_same_name(value_text(one, "Name"), name) &&
            strcmp(value_text(one, "Type"), type) == 0 && !*value_text(one, "SetIdentifier"))
            return one;
    }
    return NULL;
}

bool route53_find_record(struct call *c, struct aws *session, const char *zone_id, const char *name,
                         const char *type, const struct value **out)
{
    struct arena *a = c->arena;
    const struct value *output;

    *out = NULL;
    if (!aws_call(c, session, &route53_list_resource_record_sets,
                  value_map_of(a, {"HostedZoneId", value_string(a, route53_id(zone_id))},
                               {"StartRecordName", value_string(a, name)},
                               {"StartRecordType", value_string(a, type)},
                               {"MaxItems", value_string(a, "1")}),
                  &output))
        return false;
    *out = output ? named(value_at(output, "ResourceRecordSets"), name, type) : NULL;
    return true;
}

/* --- changing ------------------------------------------------------------------------- */

static const struct value *change_of(struct arena *a, const char *zone_id, const char *action,
                                     const struct value *wanted)
{
    const struct value *one =
        value_map_of(a, {"Action", value_string(a, action)}, {"ResourceRecordSet", wanted});

    return value_map_of(a, {"HostedZoneId", value_string(a, route53_id(zone_id))},
                        {"ChangeBatch", value_map_of(a, {"Changes", value_list_of(a, one)})});
}

static const char *change_id_of(const struct value *output)
{
    return route53_id(value_text(value_at(output, "ChangeInfo"), "Id"));
}

bool route53_upsert_record(struct call *c, struct aws *session, const char *zone_id,
                           const struct value *wanted, const char **change_id)
{
    const struct value *output;

    if (!aws_call(c, session, &route53_change_resource_record_sets,
                  change_of(c->arena, zone_id, "UPSERT", wanted), &output))
        return false;
    *change_id = change_id_of(output);
    return true;
}

/* The code alone tells not what is wrong with the batch. */
static bool is_gone(const struct aws_error *error)
{
    static const char *const invalid[] = {"InvalidChangeBatch", NULL};

    return aws_error_is(error, gone) ||
           (aws_error_is(error, invalid) && strstr(error->message, "not found"));
}

bool route53_delete_record(struct call *c, struct aws *session, const char *zone_id,
                           const struct value *existing, const char **change_id)
{
    struct aws_reply reply;

    *change_id = "";
    if (!aws_try(c, session, &route53_change_resource_record_sets,
                 change_of(c->arena, zone_id, "DELETE", existing), &reply))
        return false;
    if (reply.output)
        *change_id = change_id_of(reply.output);
    return reply.output || is_gone(&reply.error) ||
           aws_refused(
               c, session, &route53_change_resource_record_sets,
               text_f(c->arena, "record %s of zone %s", value_text(existing, "Name"), zone_id),
               &reply.error);
}
