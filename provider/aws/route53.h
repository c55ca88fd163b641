/* route53 - hosted zones and their records.
 *
 * Inputs and outputs are maps with the API's own member names; ids are those without
 * "/hostedzone/" and "/change/" before them. Names are compared as DNS does.
 * Source: Route 53 API reference, version 2013-04-01. */
#ifndef AWS_ROUTE53_H
#define AWS_ROUTE53_H
#include "aws/aws.h"
#include "aws/wait.h"

extern const struct aws_operation route53_get_hosted_zone_row, route53_list_hosted_zones_by_name,
    route53_change_resource_record_sets, route53_list_resource_record_sets, route53_get_change;

/* Behind the last slash of an id: "/hostedzone/Z1" is "Z1". */
const char *route53_id(const char *id);
/* "*.a.example" is "\052.A.example.". */
bool route53_same_name(const char *a, const char *b);

bool route53_get_hosted_zone(struct call *c, struct aws *session, const char *id,
                             const struct value **zone);
/* The zone of that very name, public or private; NULL = none. */
bool route53_find_hosted_zone(struct call *c, struct aws *session, const char *name,
                              bool is_private, const struct value **zone);
/* The record without a routing policy; NULL = none. */
bool route53_find_record(struct call *c, struct aws *session, const char *zone_id, const char *name,
                         const char *type, const struct value **record);
/* Makes or replaces a record (a ResourceRecordSet). *change_id: for route53_change_done. */
bool route53_upsert_record(struct call *c, struct aws *session, const char *zone_id,
                           const struct value *record, const char **change_id);
/* Route 53 deletes only what is repeated exactly: give what route53_find_record() gave.
 * One that is gone meanwhile is a success, with "" as *change_id. */
bool route53_delete_record(struct call *c, struct aws *session, const char *zone_id,
                           const struct value *record, const char **change_id);

/* Input: {"Id": change id}. */
extern const struct aws_wait route53_change_done;

#endif
