/* Route tables, what they are associated with, and their routes. */
#include <string.h>

#include "aws/ec2_parts.h"

enum { POLL_MIN_MS = 1000, POLL_MAX_MS = 5000 };

/* --- shapes ----------------------------------------------------------------------- */

static const struct aws_member association_state[] = {
    MEMBER("State", AWS_STRING), MEMBER("StatusMessage", AWS_STRING), END_MEMBERS};
static const struct aws_member association[] = {
    MEMBER("RouteTableAssociationId", AWS_STRING),
    MEMBER("RouteTableId", AWS_STRING),
    MEMBER("SubnetId", AWS_STRING),
    MEMBER("Main", AWS_BOOL),
    MEMBER("AssociationState", AWS_STRUCTURE, .members = association_state),
    END_MEMBERS};
#define ROUTE_WAY                                                                                  \
    MEMBER("DestinationCidrBlock", AWS_STRING), MEMBER("DestinationIpv6CidrBlock", AWS_STRING),    \
        MEMBER("GatewayId", AWS_STRING), MEMBER("NatGatewayId", AWS_STRING),                       \
        MEMBER("EgressOnlyInternetGatewayId", AWS_STRING),                                         \
        MEMBER("VpcPeeringConnectionId", AWS_STRING)
static const struct aws_member route[] = {ROUTE_WAY, MEMBER("State", AWS_STRING),
                                          MEMBER("Origin", AWS_STRING), END_MEMBERS};
static const struct aws_member route_table[] = {
    MEMBER("RouteTableId", AWS_STRING),
    MEMBER("VpcId", AWS_STRING),
    MEMBER("Associations", AWS_LIST, .wire = "associationSet", .members = association),
    MEMBER("Routes", AWS_LIST, .wire = "routeSet", .members = route),
    EC2_TAGS,
    END_MEMBERS};
static const struct aws_member create_table_in[] = {MEMBER("VpcId", AWS_STRING),
                                                    EC2_TAG_SPECIFICATIONS,
                                                    MEMBER("ClientToken", AWS_STRING), END_MEMBERS};
static const struct aws_member table_out[] = {
    MEMBER("RouteTable", AWS_STRUCTURE, .members = route_table), END_MEMBERS};
static const struct aws_member tables_in[] = {EC2_LIST("RouteTableIds", "RouteTableId"), EC2_PAGED,
                                              END_MEMBERS};
static const struct aws_member tables_out[] =
    EC2_LISTED("RouteTables", "routeTableSet", route_table);
static const struct aws_member table_in[] = {MEMBER("RouteTableId", AWS_STRING), END_MEMBERS};

static const struct aws_member associate_in[] = {MEMBER("RouteTableId", AWS_STRING),
                                                 MEMBER("SubnetId", AWS_STRING), END_MEMBERS};
static const struct aws_member associate_out[] = {
    MEMBER("AssociationId", AWS_STRING),
    MEMBER("AssociationState", AWS_STRUCTURE, .members = association_state), END_MEMBERS};
static const struct aws_member replace_in[] = {MEMBER("AssociationId", AWS_STRING),
                                               MEMBER("RouteTableId", AWS_STRING), END_MEMBERS};
static const struct aws_member replace_out[] = {
    MEMBER("NewAssociationId", AWS_STRING),
    MEMBER("AssociationState", AWS_STRUCTURE, .members = association_state), END_MEMBERS};
static const struct aws_member disassociate_in[] = {MEMBER("AssociationId", AWS_STRING),
                                                    END_MEMBERS};
static const struct aws_member route_in[] = {MEMBER("RouteTableId", AWS_STRING), ROUTE_WAY,
                                             END_MEMBERS};
static const struct aws_member create_route_out[] = {MEMBER("Return", AWS_BOOL), END_MEMBERS};
static const struct aws_member delete_route_in[] = {
    MEMBER("RouteTableId", AWS_STRING), MEMBER("DestinationCidrBlock", AWS_STRING),
    MEMBER("DestinationIpv6CidrBlock", AWS_STRING), END_MEMBERS};

/* --- operations -------------------------------------------------------------------- */

static const char *const associated[] = {"Resource.AlreadyAssociated", NULL};
static const char *const route_exists[] = {"RouteAlreadyExists", NULL};
/* The target was just made, or is being made. */
static const char *const target_unseen[] = {"*.NotFound", "InvalidParameterException", NULL};

const struct aws_operation ec2_create_route_table =
    EC2("CreateRouteTable", .input = create_table_in, .output = table_out, .pending = ec2_unseen,
        .token = "ClientToken");
const struct aws_operation ec2_describe_route_tables =
    EC2("DescribeRouteTables", .input = tables_in, .output = tables_out, .gone = ec2_missing,
        EC2_PAGES("RouteTables"), .flags = AWS_READS);
const struct aws_operation ec2_delete_route_table =
    EC2("DeleteRouteTable", .input = table_in, .gone = ec2_missing, .pending = ec2_blocked,
        .flags = AWS_READS);

const struct aws_operation ec2_associate_route_table =
    EC2("AssociateRouteTable", .input = associate_in, .output = associate_out, .exists = associated,
        .pending = ec2_unseen);
/* Gives the association a new id. */
const struct aws_operation ec2_replace_route_table_association =
    EC2("ReplaceRouteTableAssociation", .input = replace_in, .output = replace_out,
        .pending = ec2_unseen);
const struct aws_operation ec2_disassociate_route_table = EC2(
    "DisassociateRouteTable", .input = disassociate_in, .gone = ec2_missing, .flags = AWS_READS);

const struct aws_operation ec2_create_route =
    EC2("CreateRoute", .input = route_in, .output = create_route_out, .exists = route_exists,
        .pending = target_unseen);
const struct aws_operation ec2_replace_route =
    EC2("ReplaceRoute", .input = route_in, .pending = target_unseen, .flags = AWS_READS);
const struct aws_operation ec2_delete_route =
    EC2("DeleteRoute", .input = delete_route_in, .gone = ec2_missing, .flags = AWS_READS);

/* --- looking ------------------------------------------------------------------------ */

bool ec2_describe_route_table(struct call *c, struct aws *session, const char *id,
                              const struct value **out)
{
    return ec2_look_up(c, session, &ec2_describe_route_tables, "RouteTableIds", id, out);
}

const struct value *ec2_route_to(const struct value *table, const char *cidr_block)
{
    const struct value *routes = value_at(table, "Routes");

    for (size_t i = 0; i < value_count(routes); i++) {
        const struct value *one = value_item(routes, i);

        if (strcmp(value_text(one, "DestinationCidrBlock"), cidr_block) == 0 ||
            strcmp(value_text(one, "DestinationIpv6CidrBlock"), cidr_block) == 0)
            return one;
    }
    return NULL;
}

const struct value *ec2_association_of(const struct value *table, const char *subnet_id)
{
    const struct value *list = value_at(table, "Associations");

    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_text(value_item(list, i), "SubnetId"), subnet_id) == 0)
            return value_item(list, i);
    return NULL;
}

/* --- waiting ------------------------------------------------------------------------ */

/* Something in a table, and whether it is as it has to be. */
struct expected {
    const struct value *(*find)(const struct value *table, const char *key);
    const char *key;
    const char *what; /* "Timed out waiting for …" */
};

static const char *state_of(const struct value *one)
{
    const char *associated_state = value_text(value_at(one, "AssociationState"), "State");

    return *associated_state ? associated_state : value_text(one, "State");
}

static bool wait_in_table(struct call *c, struct aws *session, const char *table_id,
                          const struct expected *e, const struct value **out)
{
    for (int64_t pause_ms = POLL_MIN_MS;; pause_ms = POLL_MAX_MS) {
        const struct value *of;
        const char *state;

        if (!ec2_describe_route_table(c, session, table_id, &of))
            return false;
        *out = of ? e->find(of, e->key) : NULL;
        state = *out ? state_of(*out) : "not there yet";
        if (strcmp(state, "failed") == 0)
            return diag_error(c->diags, NULL, text_f(c->arena, "Waited in vain for %s", e->what),
                              "%s in %s is failed. %s", e->key, table_id,
                              value_text(value_at(*out, "AssociationState"), "StatusMessage"));
        if (*out && strcmp(state, "associating") != 0)
            return true;
        if (!call_wait_ms(c, pause_ms, e->what, text_f(c->arena, "Last seen: %s.", state)))
            return false;
    }
}

bool ec2_wait_association(struct call *c, struct aws *session, const char *table_id,
                          const char *subnet_id, const struct value **out)
{
    const struct expected e = {ec2_association_of, subnet_id, "association with a route table"};

    return wait_in_table(c, session, table_id, &e, out);
}

bool ec2_wait_route(struct call *c, struct aws *session, const char *table_id,
                    const char *cidr_block, const struct value **out)
{
    const struct expected e = {ec2_route_to, cidr_block, "route to become visible"};

    return wait_in_table(c, session, table_id, &e, out);
}
