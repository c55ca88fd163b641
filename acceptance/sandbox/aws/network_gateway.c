/* Internet gateways, and those for IPv6 that only let out. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

static const char *const filters[] = {"internet-gateway-id",
                                      "internetGatewayId",
                                      "attachment.vpc-id",
                                      "attachmentSet.vpcId",
                                      "attachment.state",
                                      "attachmentSet.state",
                                      "owner-id",
                                      "ownerId",
                                      NULL};
const struct network_kind network_internet_gateway = {.kind = "internet-gateway",
                                                      .prefix = "igw",
                                                      .ids = "InternetGatewayId",
                                                      .set = "internetGatewaySet",
                                                      .id = "internetGatewayId",
                                                      .not_found =
                                                          "InvalidInternetGatewayID.NotFound",
                                                      .filters = filters};
const struct network_kind network_egress_only_gateway = {
    .kind = "egress-only-internet-gateway",
    .prefix = "eigw",
    .ids = "EgressOnlyInternetGatewayId",
    .set = "egressOnlyInternetGatewaySet",
    .id = "egressOnlyInternetGatewayId",
    .not_found = "InvalidEgressOnlyInternetGatewayId.NotFound",
    .filters = NULL};

static const struct value *attachment(struct arena *a, const char *vpc, const char *state)
{
    return value_list_of(
        a, value_map_of(a, {"vpcId", value_string(a, vpc)}, {"state", value_string(a, state)}));
}

static bool create_gateway(struct cloud_request *r)
{
    struct record *gateway =
        network_new(r, &network_internet_gateway,
                    value_map_of(r->a, {"ownerId", value_string(r->a, r->cloud->account)},
                                 {"attachmentSet", &value_empty_list}));

    return gateway && network_answer(r, "internetGateway", &network_internet_gateway, gateway);
}

static bool describe_gateways(struct cloud_request *r)
{
    return network_describe(r, &network_internet_gateway);
}

static bool attach_gateway(struct cloud_request *r)
{
    struct record *gateway =
        network_get(r, &network_internet_gateway, cloud_text(r, "InternetGatewayId"));
    struct record *vpc = gateway ? network_get(r, &network_vpc, cloud_text(r, "VpcId")) : NULL;

    if (!vpc)
        return false;
    if (*record_text(gateway, ".vpcId"))
        return cloud_refuse(r, 400, "Resource.AlreadyAssociated",
                            "resource %s is already attached to network %s", gateway->id,
                            record_text(gateway, ".vpcId"));
    if (network_where(r->cloud, r->region, &network_internet_gateway, ".vpcId", vpc->id))
        return cloud_refuse(r, 400, "InvalidParameterValue",
                            "Network %s already has an internet gateway attached", vpc->id);
    record_set(gateway, ".vpcId", value_string(r->a, vpc->id));
    record_set(gateway, "attachmentSet", attachment(r->a, vpc->id, "available"));
    return network_done(r);
}

/* Does something in the VPC have an address that the internet sees? */
static bool has_public_addresses(struct cloud_request *r, const char *vpc)
{
    struct record *address = NULL;

    while ((address = record_next(r->cloud, address, r->region, network_address.kind))) {
        const struct record *interface = record_find(r->cloud, r->region, network_interface.kind,
                                                     record_text(address, "networkInterfaceId"));

        if (interface && record_is(interface, "vpcId", vpc))
            return true;
    }
    while ((address = record_next(r->cloud, address, r->region, network_interface.kind)))
        if (record_is(address, "vpcId", vpc) && value_has(address->body, "association"))
            return true;
    return false;
}

static bool detach_gateway(struct cloud_request *r)
{
    struct record *gateway =
        network_get(r, &network_internet_gateway, cloud_text(r, "InternetGatewayId"));
    const char *vpc = cloud_text(r, "VpcId");

    if (!gateway)
        return false;
    if (!record_is(gateway, ".vpcId", vpc))
        return cloud_refuse(r, 400, "Gateway.NotAttached",
                            "resource %s is not attached to network %s", gateway->id, vpc);
    if (has_public_addresses(r, vpc))
        return cloud_refuse(r, 400, "DependencyViolation",
                            "Network %s has some mapped public address(es). Please unmap those "
                            "public address(es) before detaching the gateway.",
                            vpc);
    record_set(gateway, ".vpcId", NULL);
    record_set(gateway, "attachmentSet", &value_empty_list);
    return network_done(r);
}

static bool delete_gateway(struct cloud_request *r)
{
    struct record *gateway =
        network_get(r, &network_internet_gateway, cloud_text(r, "InternetGatewayId"));

    if (!gateway)
        return false;
    if (*record_text(gateway, ".vpcId"))
        return cloud_refuse(r, 400, "DependencyViolation",
                            "The internetGateway '%s' has dependencies and cannot be deleted.",
                            gateway->id);
    record_remove(r->cloud, gateway);
    return network_done(r);
}

/* --- egress only --------------------------------------------------------------------------- */
static bool create_egress_only(struct cloud_request *r)
{
    const char *token = cloud_text(r, "ClientToken");
    struct record *gateway, *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId"));

    if (!vpc || !token_check(r, token, &gateway))
        return false;
    if (!gateway) {
        gateway =
            network_new(r, &network_egress_only_gateway,
                        value_map_of(r->a, {"attachmentSet", attachment(r->a, vpc->id, "attached")},
                                     {".vpcId", value_string(r->a, vpc->id)}));
        if (!gateway)
            return false;
        token_keep(r, token, gateway);
    }
    return network_answer(r, "egressOnlyInternetGateway", &network_egress_only_gateway, gateway);
}

static bool describe_egress_only(struct cloud_request *r)
{
    return network_describe(r, &network_egress_only_gateway);
}

static bool delete_egress_only(struct cloud_request *r)
{
    struct record *gateway =
        network_get(r, &network_egress_only_gateway, cloud_text(r, "EgressOnlyInternetGatewayId"));

    if (!gateway)
        return false;
    record_remove(r->cloud, gateway);
    return cloud_answer(r, value_map_of(r->a, {"returnCode", &value_true}));
}

const struct cloud_operation network_gateway_operations[] = {
    {.name = "CreateInternetGateway", .handle = create_gateway, .parameters = "TagSpecification"},
    {.name = "DescribeInternetGateways",
     .handle = describe_gateways,
     .parameters = "InternetGatewayId" NETWORK_PAGED},
    {.name = "AttachInternetGateway",
     .handle = attach_gateway,
     .parameters = "!InternetGatewayId !VpcId"},
    {.name = "DetachInternetGateway",
     .handle = detach_gateway,
     .parameters = "!InternetGatewayId !VpcId"},
    {.name = "DeleteInternetGateway", .handle = delete_gateway, .parameters = "!InternetGatewayId"},
    {.name = "CreateEgressOnlyInternetGateway",
     .handle = create_egress_only,
     .parameters = "!VpcId TagSpecification ClientToken"},
    {.name = "DescribeEgressOnlyInternetGateways",
     .handle = describe_egress_only,
     .parameters = "EgressOnlyInternetGatewayId" NETWORK_PAGED},
    {.name = "DeleteEgressOnlyInternetGateway",
     .handle = delete_egress_only,
     .parameters = "!EgressOnlyInternetGatewayId"},
    {.name = NULL}};
