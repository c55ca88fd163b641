/* Elastic IPs and the NAT gateways that use them. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"
#include "base/clock.h"

/* As long as AWS takes. */
enum { NAT_SECONDS = 100, ADDRESSES = 5 };

static const char *const address_filters[] = {"allocation-id",
                                              "allocationId",
                                              "public-ip",
                                              "publicIp",
                                              "association-id",
                                              "associationId",
                                              "network-interface-id",
                                              "networkInterfaceId",
                                              "domain",
                                              "domain",
                                              NULL};
const struct network_kind network_address = {.kind = "elastic-ip",
                                             .prefix = "eipalloc",
                                             .ids = "AllocationId",
                                             .set = "addressesSet",
                                             .id = "allocationId",
                                             .not_found = "InvalidAllocationID.NotFound",
                                             .filters = address_filters};
static const char *const nat_filters[] = {"nat-gateway-id", "natGatewayId", "subnet-id",
                                          "subnetId",       "vpc-id",       "vpcId",
                                          "state",          "state",        NULL};
const struct network_kind network_nat_gateway = {.kind = "natgateway",
                                                 .prefix = "nat",
                                                 .ids = "NatGatewayId",
                                                 .set = "natGatewaySet",
                                                 .id = "natGatewayId",
                                                 .not_found = "NatGatewayNotFound",
                                                 .filters = nat_filters};

/* --- addresses ------------------------------------------------------------------------------ */
static size_t address_count(struct cloud_request *r)
{
    struct record *record = NULL;
    size_t count = 0;

    while ((record = record_next(r->cloud, record, r->region, network_address.kind)))
        count++;
    return count;
}

static bool allocate_address(struct cloud_request *r)
{
    size_t most = r->cloud->options.addresses_max ? r->cloud->options.addresses_max : ADDRESSES;
    uint32_t ip = 0xcb007100U + (uint32_t)(r->cloud->made % 250) + 1; /* 203.0.113.0/24 */
    struct record *address;

    if (address_count(r) >= most)
        return cloud_refuse(r, 400, "AddressLimitExceeded",
                            "The maximum number of addresses has been reached.");
    address = network_new(r, &network_address,
                          value_map_of(r->a, {"publicIp", value_string(r->a, network_ip(r->a, ip))},
                                       {"domain", value_string(r->a, "vpc")},
                                       {"networkBorderGroup", value_string(r->a, r->region)},
                                       {"publicIpv4Pool", value_string(r->a, "amazon")}));
    return address && cloud_answer(r, address->body);
}

static bool describe_addresses(struct cloud_request *r)
{
    return network_describe(r, &network_address);
}

static bool release_address(struct cloud_request *r)
{
    struct record *address = network_get(r, &network_address, cloud_text(r, "AllocationId"));

    if (!address)
        return false;
    if (value_has(address->body, "associationId"))
        return cloud_refuse(r, 400, "InvalidIPAddress.InUse",
                            "The address with allocation id '%s' is in use.", address->id);
    record_remove(r->cloud, address);
    return network_done(r);
}

/* --- NAT gateways ----------------------------------------------------------------------------- */
static struct record *address_of(struct cloud *c, const struct record *nat)
{
    return record_find(c, nat->region, network_address.kind, record_text(nat, ".allocationId"));
}

static void fail(struct record *nat, const char *code, const char *message)
{
    record_set(nat, "state", value_string(nat->arena, "failed"));
    record_set(nat, "failureCode", value_string(nat->arena, code));
    record_set(nat, "failureMessage", value_string(nat->arena, message));
}

static void let_go(struct cloud *c, struct record *nat)
{
    struct record *interface =
        record_find(c, nat->region, network_interface.kind, record_text(nat, ".interfaceId"));
    struct record *address = address_of(c, nat);

    if (address && interface && record_is(address, "networkInterfaceId", interface->id)) {
        record_set(address, "associationId", NULL);
        record_set(address, "networkInterfaceId", NULL);
        record_set(address, "privateIpAddress", NULL);
    }
    if (interface)
        record_remove(c, interface);
}

static void become_available(struct cloud *c, struct record *nat)
{
    if (record_is(nat, "connectivityType", "public") &&
        !network_where(c, nat->region, &network_internet_gateway, ".vpcId",
                       record_text(nat, "vpcId"))) {
        let_go(c, nat);
        fail(nat, "Gateway.NotAttached", "Network has no Internet gateway attached");
        return;
    }
    network_available(c, nat);
}

static void become_deleted(struct cloud *c, struct record *nat)
{
    let_go(c, nat);
    record_set(nat, "state", value_string(nat->arena, "deleted"));
    record_fade(c, nat);
}

/* Takes the address and puts an interface into the subnet, or fails the gateway. */
static void take(struct cloud_request *r, struct record *nat, const struct record *subnet)
{
    struct record *address = address_of(r->cloud, nat), *interface;
    struct arena *a = r->a;

    if (address && value_has(address->body, "associationId")) {
        fail(nat, "Resource.AlreadyAssociated",
             text_f(a, "Elastic IP address [%s] is already associated", address->id));
        return;
    }
    interface = network_interface_add(r->cloud, subnet, "nat_gateway",
                                      text_f(a, "Interface for NAT Gateway %s", nat->id),
                                      &value_empty_list);
    if (!interface) {
        fail(nat, "InsufficientFreeAddressesInSubnet", "Not enough free addresses in subnet");
        return;
    }
    record_set(nat, ".interfaceId", value_string(a, interface->id));
    if (address) {
        record_set(address, "associationId",
                   value_string(a, cloud_new_id(r->cloud, a, "eipassoc")));
        record_set(address, "networkInterfaceId", value_string(a, interface->id));
        record_set(address, "privateIpAddress", value_at(interface->body, "privateIpAddress"));
    }
    record_set(nat, "natGatewayAddressSet",
               value_list_of(
                   a, value_map_of(
                          a, {"allocationId", address ? value_string(a, address->id) : &value_null},
                          {"publicIp", address ? value_at(address->body, "publicIp") : &value_null},
                          {"networkInterfaceId", value_string(a, interface->id)},
                          {"privateIp", value_at(interface->body, "privateIpAddress")})));
    record_later(r->cloud, nat, NAT_SECONDS, become_available);
}

static struct record *new_nat(struct cloud_request *r)
{
    struct record *subnet = network_get(r, &network_subnet, cloud_text(r, "SubnetId")), *nat;
    const char *allocation = cloud_text(r, "AllocationId"),
               *connectivity = cloud_text(r, "ConnectivityType");
    struct arena *a = r->a;

    if (!subnet || (*allocation && !network_get(r, &network_address, allocation)))
        return NULL;
    if (strcmp(connectivity, "private") != 0 && !*allocation) {
        cloud_refuse(r, 400, "MissingParameter",
                     "The request must include the AllocationId parameter.");
        return NULL;
    }
    nat = network_new(
        r, &network_nat_gateway,
        value_map_of(a, {"subnetId", value_string(a, subnet->id)},
                     {"vpcId", value_at(subnet->body, "vpcId")},
                     {"state", value_string(a, "pending")},
                     {"connectivityType", value_string(a, *connectivity ? connectivity : "public")},
                     {"createTime", value_string(a, clock_rfc3339(a, clock_now()))},
                     {".allocationId", value_string(a, allocation)}));
    if (nat)
        take(r, nat, subnet);
    return nat;
}

static bool create_nat(struct cloud_request *r)
{
    const char *token = cloud_text(r, "ClientToken");
    struct record *nat;

    if (!token_check(r, token, &nat))
        return false;
    if (!nat) {
        nat = new_nat(r);
        if (!nat)
            return false;
        token_keep(r, token, nat);
    }
    return network_answer(r, "natGateway", &network_nat_gateway, nat);
}

static bool describe_nats(struct cloud_request *r)
{
    return network_describe(r, &network_nat_gateway);
}

static bool delete_nat(struct cloud_request *r)
{
    struct record *nat = network_get(r, &network_nat_gateway, cloud_text(r, "NatGatewayId"));

    if (!nat)
        return false;
    if (!record_is(nat, "state", "deleted") && !record_is(nat, "state", "deleting")) {
        record_set(nat, "state", value_string(r->a, "deleting"));
        record_later(r->cloud, nat, NAT_SECONDS, become_deleted);
    }
    return cloud_answer(r, value_map_of(r->a, {"natGatewayId", value_string(r->a, nat->id)}));
}

const struct cloud_operation network_nat_operations[] = {
    {.name = "AllocateAddress",
     .handle = allocate_address,
     .parameters = "Domain TagSpecification"},
    {.name = "DescribeAddresses",
     .handle = describe_addresses,
     .parameters = "AllocationId Filter"},
    {.name = "ReleaseAddress", .handle = release_address, .parameters = "!AllocationId"},
    {.name = "CreateNatGateway",
     .handle = create_nat,
     .parameters = "!SubnetId AllocationId ConnectivityType TagSpecification ClientToken"},
    {.name = "DescribeNatGateways",
     .handle = describe_nats,
     .parameters = "NatGatewayId" NETWORK_PAGED},
    {.name = "DeleteNatGateway", .handle = delete_nat, .parameters = "!NatGatewayId"},
    {.name = NULL}};
