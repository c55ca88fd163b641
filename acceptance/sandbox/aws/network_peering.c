/* VPC peering connections. Each region of the two has a record of the same id, changed
 * together. */
#include <string.h>

#include "acceptance/sandbox/aws/network.h"

enum { STEP_SECONDS = 5 };

static const char *const filters[] = {"vpc-peering-connection-id",
                                      "vpcPeeringConnectionId",
                                      "requester-vpc-info.vpc-id",
                                      "requesterVpcInfo.vpcId",
                                      "accepter-vpc-info.vpc-id",
                                      "accepterVpcInfo.vpcId",
                                      "requester-vpc-info.cidr-block",
                                      "requesterVpcInfo.cidrBlock",
                                      "accepter-vpc-info.cidr-block",
                                      "accepterVpcInfo.cidrBlock",
                                      "status-code",
                                      "status.code",
                                      NULL};
const struct network_kind network_peering = {.kind = "vpc-peering-connection",
                                             .prefix = "pcx",
                                             .ids = "VpcPeeringConnectionId",
                                             .set = "vpcPeeringConnectionSet",
                                             .id = "vpcPeeringConnectionId",
                                             .not_found = "InvalidVpcPeeringConnectionID.NotFound",
                                             .filters = filters};

/* --- both records -------------------------------------------------------------------------- */
static void set_both(struct cloud *c, const char *id, const char *key, const struct value *v)
{
    struct record *side = NULL;

    while ((side = record_next(c, side, NULL, network_peering.kind)))
        if (strcmp(side->id, id) == 0)
            record_set(side, key, v);
}

static void set_state(struct cloud *c, const char *id, const char *code, const char *message)
{
    struct arena *a = arena_new();

    set_both(
        c, id, "status",
        value_map_of(a, {"code", value_string(a, code)}, {"message", value_string(a, message)}));
    set_both(c, id, ".state", value_string(a, code));
    arena_free(a);
}

static bool is_over(const struct record *peering)
{
    return record_is(peering, ".state", "deleted") || record_is(peering, ".state", "failed");
}

static const char *side_text(const struct record *peering, const char *side, const char *member)
{
    return value_text(value_at(peering->body, side), member);
}

bool network_is_peered(struct cloud *c, const char *region, const char *vpc)
{
    struct record *at = NULL;

    while ((at = record_next(c, at, region, network_peering.kind)))
        if (!is_over(at) && (strcmp(side_text(at, "requesterVpcInfo", "vpcId"), vpc) == 0 ||
                             strcmp(side_text(at, "accepterVpcInfo", "vpcId"), vpc) == 0))
            return true;
    return false;
}

/* --- asking -------------------------------------------------------------------------------- */
static const struct value *side_of(struct cloud_request *r, const struct record *vpc,
                                   const char *id, const char *region)
{
    const struct value *options =
        value_map_of(r->a, {"allowDnsResolutionFromRemoteVpc", &value_false});

    return value_map_of(r->a, {"vpcId", value_string(r->a, id)},
                        {"ownerId", value_string(r->a, r->cloud->account)},
                        {"region", value_string(r->a, region)},
                        {"cidrBlock", vpc ? value_at(vpc->body, "cidrBlock") : &value_null},
                        {"peeringOptions", options});
}

/* The other side gets to know of it, or it fails. */
static void reach(struct cloud *c, struct record *peering)
{
    const char *region = side_text(peering, "accepterVpcInfo", "region");
    struct network_block mine, theirs;
    bool blocks = network_block_read(side_text(peering, "requesterVpcInfo", "cidrBlock"), &mine) &&
                  network_block_read(side_text(peering, "accepterVpcInfo", "cidrBlock"), &theirs);

    if (!blocks || network_blocks_overlap(&mine, &theirs)) {
        set_state(c, peering->id, "failed",
                  "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range");
        record_fade(c, peering);
        return;
    }
    if (strcmp(region, peering->region) != 0)
        record_add(c, region, network_peering.kind, peering->id, peering->body)->ghost = true;
    set_state(c, peering->id, "pending-acceptance", "Pending Acceptance by the accepter");
}

static const struct record *existing(struct cloud_request *r, const char *vpc, const char *peer)
{
    struct record *at = NULL;

    while ((at = record_next(r->cloud, at, r->region, network_peering.kind)))
        if (!is_over(at) && strcmp(side_text(at, "requesterVpcInfo", "vpcId"), vpc) == 0 &&
            strcmp(side_text(at, "accepterVpcInfo", "vpcId"), peer) == 0)
            return at;
    return NULL;
}

static bool create_peering(struct cloud_request *r)
{
    struct record *vpc = network_get(r, &network_vpc, cloud_text(r, "VpcId")), *peering;
    const char *peer = cloud_text(r, "PeerVpcId"), *region = cloud_text(r, "PeerRegion");
    const struct value *body;

    if (!vpc)
        return false;
    if (!*region)
        region = r->region;
    if (existing(r, vpc->id, peer))
        return cloud_refuse(r, 400, "VpcPeeringConnectionAlreadyExists",
                            "a peering connection between %s and %s exists already", vpc->id, peer);
    body = value_map_of(
        r->a, {"requesterVpcInfo", side_of(r, vpc, vpc->id, r->region)},
        {"accepterVpcInfo", side_of(r, record_find(r->cloud, region, "vpc", peer), peer, region)});
    peering = network_new(r, &network_peering, body);
    if (!peering)
        return false;
    set_state(r->cloud, peering->id, "initiating-request",
              text_f(r->a, "Initiating Request to %s", r->cloud->account));
    record_later(r->cloud, peering, STEP_SECONDS, reach);
    return network_answer(r, "vpcPeeringConnection", &network_peering, peering);
}

/* --- accepting, options, the end ------------------------------------------------------------- */
static void activate(struct cloud *c, struct record *peering)
{
    set_state(c, peering->id, "active", "Active");
}

static bool accept_peering(struct cloud_request *r)
{
    struct record *peering =
        network_get(r, &network_peering, cloud_text(r, "VpcPeeringConnectionId"));

    if (!peering)
        return false;
    if (strcmp(side_text(peering, "accepterVpcInfo", "region"), r->region) != 0)
        return cloud_refuse(r, 400, "OperationNotPermitted",
                            "Incorrect region ( %s ) specified for this operation on %s", r->region,
                            peering->id);
    if (record_is(peering, ".state", "active"))
        return network_answer(r, "vpcPeeringConnection", &network_peering, peering);
    if (!record_is(peering, ".state", "pending-acceptance"))
        return cloud_refuse(r, 400, "InvalidStateTransition",
                            "Invalid state transition for %s, attempting to transition from %s to "
                            "active",
                            peering->id, record_text(peering, ".state"));
    set_state(r->cloud, peering->id, "provisioning", "Provisioning");
    record_later(r->cloud, peering, STEP_SECONDS, activate);
    return network_answer(r, "vpcPeeringConnection", &network_peering, peering);
}

static bool describe_peerings(struct cloud_request *r)
{
    return network_describe(r, &network_peering);
}

static bool modify_options(struct cloud_request *r)
{
    static const char *const sides[][2] = {
        {"RequesterPeeringConnectionOptions", "requesterVpcInfo"},
        {"AccepterPeeringConnectionOptions", "accepterVpcInfo"}};
    struct record *peering =
        network_get(r, &network_peering, cloud_text(r, "VpcPeeringConnectionId"));

    if (!peering)
        return false;
    if (!record_is(peering, ".state", "active"))
        return cloud_refuse(r, 400, "OperationNotPermitted",
                            "Peering %s is not active. Peering options can be added only to "
                            "active peerings.",
                            peering->id);
    for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
        const struct value *wanted = value_at(r->parameters, sides[i][0]), *side;
        bool on = strcmp(value_text(wanted, "AllowDnsResolutionFromRemoteVpc"), "true") == 0;

        if (!value_count(wanted))
            continue;
        if (strcmp(side_text(peering, sides[i][1], "region"), r->region) != 0)
            return cloud_refuse(r, 400, "OperationNotPermitted",
                                "User cannot modify the options of the other region's side of %s",
                                peering->id);
        side = value_with_in(r->a, value_at(peering->body, sides[i][1]), value_bool(on),
                             "peeringOptions", "allowDnsResolutionFromRemoteVpc");
        set_both(r->cloud, peering->id, sides[i][1], side);
    }
    return network_done(r);
}

static bool delete_peering(struct cloud_request *r)
{
    struct record *peering =
        network_get(r, &network_peering, cloud_text(r, "VpcPeeringConnectionId"));
    struct record *side = NULL;

    if (!peering)
        return false;
    if (is_over(peering))
        return cloud_refuse(r, 400, "InvalidStateTransition",
                            "Invalid state transition for %s, attempting to transition from %s to "
                            "deleted",
                            peering->id, record_text(peering, ".state"));
    set_state(r->cloud, peering->id, "deleted", text_f(r->a, "Deleted by %s", r->cloud->account));
    while ((side = record_next(r->cloud, side, NULL, network_peering.kind)))
        if (strcmp(side->id, peering->id) == 0)
            record_fade(r->cloud, side);
    return network_done(r);
}

const struct cloud_operation network_peering_operations[] = {
    {.name = "CreateVpcPeeringConnection",
     .handle = create_peering,
     .parameters = "!VpcId !PeerVpcId PeerOwnerId PeerRegion TagSpecification"},
    {.name = "AcceptVpcPeeringConnection",
     .handle = accept_peering,
     .parameters = "!VpcPeeringConnectionId"},
    {.name = "DescribeVpcPeeringConnections",
     .handle = describe_peerings,
     .parameters = "VpcPeeringConnectionId" NETWORK_PAGED},
    {.name = "ModifyVpcPeeringConnectionOptions",
     .handle = modify_options,
     .parameters = "!VpcPeeringConnectionId RequesterPeeringConnectionOptions "
                   "AccepterPeeringConnectionOptions"},
    {.name = "DeleteVpcPeeringConnection",
     .handle = delete_peering,
     .parameters = "!VpcPeeringConnectionId"},
    {.name = NULL}};
