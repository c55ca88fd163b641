/* network - what the files of the stand-in EC2 share: looking at objects, tags, blocks of
 * addresses, network interfaces. An object whose body has ".vpcId" blocks that VPC's end. */
#ifndef SANDBOX_AWS_NETWORK_H
#define SANDBOX_AWS_NETWORK_H
#include "acceptance/sandbox/aws/cloud_server.h"

/* A kind of object, as it is asked for and answered. */
struct network_kind {
    const char *kind;           /* of its records */
    const char *prefix;         /* of its ids */
    const char *ids;            /* parameter: "VpcId" */
    const char *set;            /* member of the answer: "vpcSet" */
    const char *id;             /* member of the object: "vpcId" */
    const char *not_found;      /* "InvalidVpcID.NotFound" */
    const char *const *filters; /* pairs of a filter's name and where it looks; NULL ends */
    /* The object as it is now, without tags; NULL = the record's body. */
    const struct value *(*view)(struct cloud_request *r, const struct record *record);
    const char *tag_set; /* NULL = "tagSet" */
};
extern const struct network_kind network_vpc, network_subnet, network_internet_gateway,
    network_egress_only_gateway, network_address, network_nat_gateway, network_route_table,
    network_security_group, network_rule, network_peering, network_launch_template,
    network_interface, network_instance, network_volume;

/* The parameters of a describe operation beside the ids. */
#define NETWORK_PAGED " Filter MaxResults NextToken IncludeManagedResources"

bool network_describe(struct cloud_request *r, const struct network_kind *kind);
/* One page of ready objects (with tags in a map ".tags"), by the filters. */
bool network_list(struct cloud_request *r, const struct network_kind *kind,
                  const struct value *objects);
/* The object that a parameter names, as a reader sees it; NULL = refused. */
struct record *network_get(struct cloud_request *r, const struct network_kind *kind,
                           const char *id);
const struct value *network_view(struct cloud_request *r, const struct network_kind *kind,
                                 const struct record *record);
/* A new object in the request's region, with the tags that the request specifies for its
 * kind; the id is put into the body. NULL = refused (bad tags). */
struct record *network_new(struct cloud_request *r, const struct network_kind *kind,
                           const struct value *body);
/* {"vpc": …} of one object, or only {"return": true}. */
bool network_answer(struct cloud_request *r, const char *member, const struct network_kind *kind,
                    const struct record *record);
bool network_done(struct cloud_request *r);
/* "available" when it ripens. */
void network_available(struct cloud *c, struct record *record);
/* The first record of `kind` in the region whose body has text at key. */
struct record *network_where(struct cloud *c, const char *region, const struct network_kind *kind,
                             const char *key, const char *text);
const char *network_arn(const struct cloud_request *r, const char *kind, const char *id);

struct network_block {
    uint32_t first, last;
    unsigned prefix;
};
bool network_block_read(const char *cidr, struct network_block *out);
bool network_blocks_overlap(const struct network_block *a, const struct network_block *b);
const char *network_ip(struct arena *a, uint32_t ip);

/* An interface of something of AWS's in a subnet: of type "nat_gateway", "interface" (of
 * EKS), "network_load_balancer"; it blocks the subnet and its groups until it is removed.
 * NULL = the subnet has no free address. `groups`: list of ids. */
struct record *network_interface_add(struct cloud *c, const struct record *subnet, const char *type,
                                     const char *description, const struct value *groups);
int64_t network_free_addresses(struct cloud *c, const struct record *subnet);

extern const struct cloud_operation network_vpc_operations[], network_subnet_operations[],
    network_ipv6_operations[], network_gateway_operations[], network_nat_operations[],
    network_route_operations[], network_group_operations[], network_rule_operations[],
    network_peering_operations[], network_template_operations[], network_interface_operations[],
    network_instance_operations[], network_volume_operations[], network_tag_operations[];
/* IPv6: an association of a block that ripens with its VPC or subnet; a block of Amazon's;
 * refusals of a block that is no free one of the VPC, and of addresses without one. */
const struct value *network_ipv6_association(struct cloud_request *r, const char *prefix,
                                             const char *cidr);
const char *network_ipv6_new_block(const struct cloud_request *r);
void network_ipv6_ripen(struct cloud *c, struct record *record);
bool network_ipv6_block_free(struct cloud_request *r, const struct record *vpc, const char *cidr);
bool network_ipv6_may_assign(struct cloud_request *r, const struct record *subnet);
/* Data of the version that a node group names ("" = the default one); null = no such one. */
const struct value *network_template_data(struct cloud *c, const char *region, const char *id,
                                          const char *name, const char *version);
/* A new instance, running some time later; NULL = the subnet has no free address. */
struct record *network_instance_add(struct cloud *c, const struct record *subnet, const char *type,
                                    const struct value *groups, const struct value *tags);
/* It is only still listed; its interface is gone. */
void network_instance_terminate(struct cloud *c, struct record *instance);
/* What a new VPC has: its main route table and default group; and their end. */
void network_add_main_route_table(struct cloud_request *r, const struct record *vpc);
void network_add_default_group(struct cloud_request *r, const struct record *vpc);
void network_remove_rules(struct cloud *c, const struct record *group);
/* A group that something of AWS's or a controller makes. */
struct record *network_group_add(struct cloud *c, const char *region, const char *vpc,
                                 const char *name, const char *description,
                                 const struct value *tags);
/* All that comes from another group may enter. */
void network_group_admit(struct cloud *c, const struct record *group, const struct record *from,
                         const char *description);
/* The rules of others that name it go. */
void network_group_forget(struct cloud *c, const struct record *group);
/* Is it in use: by an interface, by a rule of another group? */
bool network_group_is_used(struct cloud *c, const struct record *group);
/* Does a peering that is asked for or active end in this VPC? */
bool network_is_peered(struct cloud *c, const char *region, const char *vpc);

#endif
