/* ec2 - the operations of EC2 that we use, by the names of its API.
 *
 * Inputs and outputs are maps with the API's own member names. A function in the
 * singular (ec2_describe_vpc) gives the object itself, NULL when there is none; what is
 * still listed although it is deleted counts as none. Deletes of what does not exist
 * succeed. What changes something just made, and deletes, name in `pending` what passes
 * by itself: use aws_call_until() for them. Where a row has a token, creating may be
 * repeated; elsewhere look by tag first.
 * Source: EC2 API reference, version 2016-11-15. */
#ifndef AWS_EC2_H
#define AWS_EC2_H
#include "aws/aws.h"
#include "aws/wait.h"

extern const struct aws_operation
    /* networks: ec2_vpc.c */
    ec2_create_vpc,
    ec2_describe_vpcs, ec2_describe_vpc_attribute_row, ec2_modify_vpc_attribute,
    ec2_associate_vpc_cidr_block, ec2_delete_vpc, ec2_create_subnet, ec2_describe_subnets,
    ec2_modify_subnet_attribute, ec2_associate_subnet_cidr_block, ec2_delete_subnet,
    ec2_describe_availability_zones, ec2_describe_account_attributes,
    /* ways out: ec2_gateway.c */
    ec2_create_internet_gateway, ec2_describe_internet_gateways, ec2_attach_internet_gateway,
    ec2_detach_internet_gateway, ec2_delete_internet_gateway,
    ec2_create_egress_only_internet_gateway, ec2_describe_egress_only_internet_gateways,
    ec2_delete_egress_only_internet_gateway, ec2_allocate_address, ec2_describe_addresses,
    ec2_release_address, ec2_create_nat_gateway, ec2_describe_nat_gateways, ec2_delete_nat_gateway,
    /* routes: ec2_route_table.c */
    ec2_create_route_table, ec2_describe_route_tables, ec2_delete_route_table,
    ec2_associate_route_table, ec2_replace_route_table_association, ec2_disassociate_route_table,
    ec2_create_route, ec2_replace_route, ec2_delete_route,
    /* between networks: ec2_vpc_peering.c */
    ec2_create_vpc_peering_connection, ec2_accept_vpc_peering_connection,
    ec2_describe_vpc_peering_connections, ec2_modify_vpc_peering_connection_options,
    ec2_delete_vpc_peering_connection,
    /* who may talk to whom: ec2_security_group.c */
    ec2_create_security_group, ec2_describe_security_groups, ec2_delete_security_group,
    ec2_authorize_security_group_ingress, ec2_authorize_security_group_egress,
    ec2_revoke_security_group_ingress, ec2_revoke_security_group_egress,
    ec2_describe_security_group_rules, ec2_modify_security_group_rules,
    /* nodes: ec2_launch_template.c */
    ec2_create_launch_template, ec2_describe_launch_templates, ec2_modify_launch_template,
    ec2_delete_launch_template, ec2_create_launch_template_version,
    ec2_describe_launch_template_versions,
    /* what is in a network: ec2_instance.c */
    ec2_describe_instances, ec2_describe_network_interfaces, ec2_detach_network_interface,
    ec2_delete_network_interface, ec2_describe_volumes, ec2_delete_volume,
    ec2_describe_vpc_endpoints,
    /* of anything: ec2.c */
    ec2_create_tags, ec2_delete_tags, ec2_describe_tags;

/* --- looking for several ---------------------------------------------------------- */

/* `filters` (NULL = none yet) and one more: "vpc-id", "tag:Name", "state". */
const struct value *ec2_filter(struct arena *a, const struct value *filters, const char *name,
                               const char *value);
/* One filter "tag:KEY" for each entry of a map of tags. */
const struct value *ec2_filter_tags(struct arena *a, const struct value *filters,
                                    const struct value *tags);
/* The items of all pages of a describe operation. */
bool ec2_list(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *filters, const struct value **items);
/* The region's own zones: neither local, wavelength nor opt-in ones. */
bool ec2_list_availability_zones(struct call *c, struct aws *session, const struct value **zones);
/* Instances without the reservations around them. */
bool ec2_list_instances(struct call *c, struct aws *session, const struct value *filters,
                        const struct value **instances);

/* --- looking at one ---------------------------------------------------------------- */

bool ec2_describe_vpc(struct call *c, struct aws *session, const char *id,
                      const struct value **vpc);
/* "enableDnsSupport", "enableDnsHostnames"; false when there is no such VPC. */
bool ec2_describe_vpc_attribute(struct call *c, struct aws *session, const char *vpc_id,
                                const char *attribute, bool *on);
bool ec2_describe_subnet(struct call *c, struct aws *session, const char *id,
                         const struct value **subnet);
bool ec2_describe_internet_gateway(struct call *c, struct aws *session, const char *id,
                                   const struct value **gateway);
bool ec2_describe_egress_only_internet_gateway(struct call *c, struct aws *session, const char *id,
                                               const struct value **gateway);
bool ec2_describe_address(struct call *c, struct aws *session, const char *allocation_id,
                          const struct value **address);
bool ec2_describe_nat_gateway(struct call *c, struct aws *session, const char *id,
                              const struct value **gateway);
bool ec2_describe_route_table(struct call *c, struct aws *session, const char *id,
                              const struct value **table);
/* The route of a table (of ec2_describe_route_table) to a block; NULL = none. */
const struct value *ec2_route_to(const struct value *table, const char *cidr_block);
/* The association of a subnet in a table; NULL = none. */
const struct value *ec2_association_of(const struct value *table, const char *subnet_id);
bool ec2_describe_security_group(struct call *c, struct aws *session, const char *id,
                                 const struct value **group);
bool ec2_describe_security_group_rule(struct call *c, struct aws *session, const char *id,
                                      const struct value **rule);
/* By the region of the session: each side sees it in its own. */
bool ec2_describe_vpc_peering_connection(struct call *c, struct aws *session, const char *id,
                                         const struct value **connection);
bool ec2_describe_launch_template(struct call *c, struct aws *session, const char *id,
                                  const struct value **template);
/* version: a number, "$Latest" or "$Default". */
bool ec2_describe_launch_template_version(struct call *c, struct aws *session, const char *id,
                                          const char *version, const struct value **out);
bool ec2_describe_network_interface(struct call *c, struct aws *session, const char *id,
                                    const struct value **interface);

/* --- waiting ------------------------------------------------------------------------ */

/* Inputs are those of the describe operation with one id. */
extern const struct aws_wait ec2_vpc_available, ec2_vpc_deleted, ec2_subnet_available,
    ec2_subnet_deleted, ec2_nat_gateway_available, ec2_nat_gateway_deleted,
    ec2_network_interface_available, ec2_vpc_peering_connection_requested,
    ec2_vpc_peering_connection_active, ec2_vpc_peering_connection_deleted;
/* Until the subnet's association is there and done, or the route is there (it may be a
 * blackhole). */
bool ec2_wait_association(struct call *c, struct aws *session, const char *table_id,
                          const char *subnet_id, const struct value **association);
bool ec2_wait_route(struct call *c, struct aws *session, const char *table_id,
                    const char *cidr_block, const struct value **route);
/* For aws_wait(): why a NAT gateway or a peering failed. */
const char *ec2_explain_nat_gateway(struct arena *a, const struct value *output);
const char *ec2_explain_vpc_peering_connection(struct arena *a, const struct value *output);

#endif
