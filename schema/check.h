/* check - validators: the generic pass over a configuration by its table, and
 * the checks that rows name. All report with the attribute's path. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H
#include "schema/attribute.h"
#include "schema/call.h"

struct resource;

/* Everything that the rows say (one_of, min, groups, checks, write-only use),
 * then the resource's own validate(). Reports all it finds, not just the first. */
bool check_config(struct call *c, const struct resource *r, const struct value *config);
bool check_attributes(struct call *c, const struct attribute *rows, const struct value *config);

bool check_not_empty(struct call *c, const struct path *at, const struct value *v);
/* RFC 1123 label: at most 63 of a-z 0-9 -, no - at the ends. */
bool check_dns_label(struct call *c, const struct path *at, const struct value *v);
/* Labels joined by dots, at most 253. */
bool check_dns_subdomain(struct call *c, const struct path *at, const struct value *v);
/* Kubernetes label value: at most 63, alphanumeric ends, - _ . inside, or empty. */
bool check_label_value(struct call *c, const struct path *at, const struct value *v);
/* [prefix/]name of a label or annotation. */
bool check_label_key(struct call *c, const struct path *at, const struct value *v);
/* Go duration text above zero: "1h30m". */
bool check_duration(struct call *c, const struct path *at, const struct value *v);
/* http:// or https:// with a host, no user information, no fragment. */
bool check_url(struct call *c, const struct path *at, const struct value *v);
bool check_https_url(struct call *c, const struct path *at, const struct value *v);
bool check_rfc3339(struct call *c, const struct path *at, const struct value *v);
/* 1 to 65535. */
bool check_port(struct call *c, const struct path *at, const struct value *v);
/* IPv4 or IPv6 prefix with no host bits set. */
bool check_cidr(struct call *c, const struct path *at, const struct value *v);
/* arn:partition:service:region:account:resource. */
bool check_arn(struct call *c, const struct path *at, const struct value *v);

#endif
