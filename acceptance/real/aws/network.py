"""EC2's rules about networks that moto lacks: what blocks a delete, quotas, states that take
time, ids that there are not.
"""

import ipaddress

import corrections
from account import ACCOUNT_ID
from moto.ec2.models import ec2_backends
from wire import Refusal

LOOKS = 2  # how often something is looked at before it has got to its next state
ADDRESSES_MAX = VPCS_MAX = 5


def refuse(code, message, status=400):
    raise Refusal(status, code, message)


def ec2_of(rules, request):
    return rules.account.ec2(request.region)


def used_regions():
    return list(ec2_backends[ACCOUNT_ID].keys())


def interfaces_in(ec2, **wanted):
    return [one for one in ec2.enis.values()
            if all(getattr(one, name) == value for name, value in wanted.items())]  # fmt: skip


def all_groups(ec2):
    return [group for groups in ec2.groups.values() for group in groups.values()]


def live_peerings(ec2):
    return [one for one in ec2.vpc_pcxs.values() if not corrections.is_gone(one)]


# --- networks -----------------------------------------------------------------------
def create_vpc(rules, request):
    own = [vpc for vpc in ec2_of(rules, request).vpcs.values() if not vpc.is_default]
    if len(own) >= VPCS_MAX:
        refuse("VpcLimitExceeded", "The maximum number of VPCs has been reached.")


def vpc_is_blocked(ec2, vpc_id):
    return (interfaces_in(ec2, vpc_id=vpc_id)
            or [one for one in ec2.internet_gateways.values() if one.vpc and one.vpc.id == vpc_id]
            or [one for one in ec2.egress_only_internet_gateways.values() if one.vpc_id == vpc_id]
            or [one for one in all_groups(ec2) if one.vpc_id == vpc_id and one.name != "default"]
            or [one for one in live_peerings(ec2) if vpc_id in (one.vpc.id, one.peer_vpc.id)])  # fmt: skip


def delete_vpc(rules, request):
    vpc_id = request.form.get("VpcId", "")
    if vpc_is_blocked(ec2_of(rules, request), vpc_id):
        refuse("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


def delete_subnet(rules, request):
    subnet_id = request.form.get("SubnetId", "")
    if interfaces_in(ec2_of(rules, request), subnet_id=subnet_id):
        refuse("DependencyViolation",
               f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")  # fmt: skip


def after_delete_subnet(rules, request, _answer):
    """Its place in a route table goes with it."""
    for table in ec2_of(rules, request).route_tables.values():
        table._associations = {name: target for name, target in table._associations.items()
                               if target != request.form["SubnetId"]}  # fmt: skip


# --- ways out ---------------------------------------------------------------------------
def has_public_addresses(ec2, vpc_id):
    mapped = [one for one in ec2.addresses if one.eni and one.eni.vpc_id == vpc_id]
    return mapped or [one for one in interfaces_in(ec2, vpc_id=vpc_id) if one.is_public]


def detach_internet_gateway(rules, request):
    vpc_id = request.form.get("VpcId", "")
    if has_public_addresses(ec2_of(rules, request), vpc_id):
        refuse("DependencyViolation", f"Network {vpc_id} has some mapped public address(es). Please"
               " unmap those public address(es) before detaching the gateway.")  # fmt: skip


def allocate_address(rules, request):
    if len(ec2_of(rules, request).addresses) >= ADDRESSES_MAX:
        refuse("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def release_address(rules, request):
    wanted = request.form.get("AllocationId", "")
    for address in ec2_of(rules, request).addresses:
        if address.allocation_id == wanted and (address.eni or address.instance):
            refuse("InvalidIPAddress.InUse", f"The address with allocation id '{wanted}' is in use.")


def nat_of(rules, request, nat_id):
    nat = ec2_of(rules, request).nat_gateways.get(nat_id)
    if not nat:
        refuse("NatGatewayNotFound", f"The Nat Gateway {nat_id} was not found")
    return nat


def create_nat_gateway(rules, request):
    if request.form.get("ConnectivityType") != "private" and not request.form.get("AllocationId"):
        refuse("MissingParameter", "The request must include the AllocationId parameter.")


def after_create_nat_gateway(rules, request, answer):
    ec2 = ec2_of(rules, request)
    nat = list(ec2.nat_gateways.values())[-1]
    nat.state, nat.looks = "pending", 0
    is_public = nat.connectivity_type != "private"
    corrections.give(nat._eni, "nat_gateway", f"Interface for NAT Gateway {nat.id}", nat.id,
                     is_public)  # fmt: skip
    if is_public and not any(one.vpc and one.vpc.id == nat.vpc_id
                             for one in ec2.internet_gateways.values()):  # fmt: skip
        nat.fails = True
    answer.body = answer.body.replace(b"<state>available</state>", b"<state>pending</state>")


def describe_nat_gateways(rules, request):
    for nat_id in request.listed("NatGatewayId"):
        nat_of(rules, request, nat_id)
    for nat in ec2_of(rules, request).nat_gateways.values():
        ripen_nat(ec2_of(rules, request), nat)


def ripen_nat(ec2, nat):
    nat.looks = getattr(nat, "looks", 0) + 1
    if nat.looks < LOOKS:
        return
    if nat.state == "pending":
        nat.state = "available"
        if getattr(nat, "fails", False):
            nat.state, nat.failure_code = "failed", "Gateway.NotAttached"
            nat.failure_message = f"Network {nat.vpc_id} has no Internet gateway attached"
            let_go(ec2, nat)
    elif nat.state == "deleting":
        nat.state = "deleted"
        let_go(ec2, nat)


def let_go(ec2, nat):
    """Its interface and its address are free."""
    ec2.enis.pop(nat._eni.id, None)
    for address in ec2.addresses:
        if address.eni is nat._eni:
            address.eni = address.association_id = None


def delete_nat_gateway(rules, request):
    nat_of(rules, request, request.form.get("NatGatewayId", ""))


def after_delete_nat_gateway(rules, request, _answer):
    nat = nat_of(rules, request, request.form["NatGatewayId"])
    nat.state, nat.looks = "deleting", 0


# --- routes -----------------------------------------------------------------------------
def create_route(rules, request):
    wanted = request.form.get("NatGatewayId")
    if not wanted:
        return
    nat = ec2_of(rules, request).nat_gateways.get(wanted)
    if not nat or corrections.is_gone(nat):
        refuse("InvalidNatGatewayID.NotFound", f"The natGateway ID '{wanted}' does not exist")


def delete_route_table(rules, request):
    table_id = request.form.get("RouteTableId", "")
    table = ec2_of(rules, request).route_tables.get(table_id)
    if table and table.main_association_id:
        refuse("DependencyViolation",
               f"The routeTable '{table_id}' has dependencies and cannot be deleted.")  # fmt: skip


# --- between networks ---------------------------------------------------------------------
def peering_of(rules, request, peering_id):
    peering = ec2_of(rules, request).vpc_pcxs.get(peering_id)
    if not peering:
        refuse("InvalidVpcPeeringConnectionID.NotFound",
               f"The vpcPeeringConnection ID '{peering_id}' does not exist")  # fmt: skip
    return peering


def create_peering(rules, request):
    mine, theirs = request.form.get("VpcId"), request.form.get("PeerVpcId")
    for one in live_peerings(ec2_of(rules, request)):
        if (one.vpc.id, one.peer_vpc.id) == (mine, theirs):
            refuse("VpcPeeringConnectionAlreadyExists",
                   f"a peering connection between {mine} and {theirs} exists already")  # fmt: skip


def after_create_peering(rules, request, _answer):
    peering = list(ec2_of(rules, request).vpc_pcxs.values())[-1]
    peering._status.initiating()
    peering.looks = 0


def ripen_peering(peering):
    """The other side gets to know of it, or it fails."""
    peering.looks = getattr(peering, "looks", 0) + 1
    if peering.looks < LOOKS or peering.status["Code"] != "initiating-request":
        return
    blocks = [ipaddress.ip_network(vpc.cidr_block) for vpc in (peering.vpc, peering.peer_vpc)]
    if blocks[0].overlaps(blocks[1]):
        peering._status.code = "failed"
        peering._status.message = (
            "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
    else:
        peering._status.pending()


def describe_peerings(rules, request):
    for peering_id in request.listed("VpcPeeringConnectionId"):
        peering_of(rules, request, peering_id)
    for peering in ec2_of(rules, request).vpc_pcxs.values():
        ripen_peering(peering)


def accept_peering(rules, request):
    peering = peering_of(rules, request, request.form.get("VpcPeeringConnectionId", ""))
    if peering.peer_vpc.region != request.region:
        refuse("OperationNotPermitted", f"Incorrect region ( {request.region} ) specified for this"
               f" operation on {peering.id}")  # fmt: skip


def modify_peering(rules, request):
    peering = peering_of(rules, request, request.form.get("VpcPeeringConnectionId", ""))
    if peering.status["Code"] != "active":
        refuse("OperationNotPermitted", f"Peering {peering.id} is not active. Peering options can"
               " be added only to active peerings.")  # fmt: skip
    for side, vpc in (("Requester", peering.vpc), ("Accepter", peering.peer_vpc)):
        asked = any(name.startswith(side) for name in request.form)
        if asked and vpc.region != request.region:
            refuse("OperationNotPermitted", "User cannot modify the options of the other region's"
                   f" side of {peering.id}")  # fmt: skip


def delete_peering(rules, request):
    peering = peering_of(rules, request, request.form.get("VpcPeeringConnectionId", ""))
    if corrections.is_gone(peering):
        code = peering.status["Code"]
        refuse("InvalidStateTransition", f"Invalid state transition for {peering.id}, attempting to"
               f" transition from {code} to deleted")  # fmt: skip


# --- who may talk to whom -------------------------------------------------------------------
def refers_to(group, group_id):
    rules = [*group.ingress_rules, *group.egress_rules]
    return any(rule.source_group.get("GroupId") == group_id for rule in rules)


def delete_security_group(rules, request):
    ec2, group_id = ec2_of(rules, request), request.form.get("GroupId", "")
    group = ec2.get_security_group_from_id(group_id)
    if group and group.name == "default":
        refuse("CannotDelete",
               f'the specified group: "{group_id}" name: "default" cannot be deleted by a user')  # fmt: skip
    used = any(one.id == group_id for eni in ec2.enis.values() for one in eni._group_set)
    if used or any(refers_to(other, group_id) for other in all_groups(ec2) if other is not group):
        refuse("DependencyViolation", f"resource {group_id} has a dependent object")


# --- interfaces and templates ------------------------------------------------------------------
def delete_network_interface(rules, request):
    wanted = request.form.get("NetworkInterfaceId", "")
    interface = ec2_of(rules, request).enis.get(wanted)
    if interface and interface.status == "in-use":
        refuse("InvalidParameterValue", f"Network interface '{wanted}' is currently in use.")


def detach_network_interface(rules, request):
    wanted = request.form.get("AttachmentId", "")
    for interface in ec2_of(rules, request).enis.values():
        if interface.belongs_to and interface.attachment.attachment_id == wanted:
            refuse("OperationNotPermitted",
                   f"You are not allowed to manage '{interface.interface_type}' attachments.", 403)  # fmt: skip


def after_create_launch_template(rules, request, _answer):
    """The template's own tags are none of what it says about instances."""
    for template in ec2_of(rules, request).launch_templates.values():
        for version in template.versions:
            version.data["TagSpecifications"] = [
                one for one in version.data.get("TagSpecifications", [])
                if one["ResourceType"] != "launch-template"]  # fmt: skip


def describe_launch_templates(rules, request):
    for wanted in request.listed("LaunchTemplateId"):
        if wanted not in ec2_of(rules, request).launch_templates:
            refuse("InvalidLaunchTemplateId.NotFound",
                   f"The specified launch template, with template ID {wanted}, does not exist.")  # fmt: skip


RULES = {
    "CreateVpc": (create_vpc, None),
    "DeleteVpc": (delete_vpc, None),
    "DeleteSubnet": (delete_subnet, after_delete_subnet),
    "DetachInternetGateway": (detach_internet_gateway, None),
    "AllocateAddress": (allocate_address, None),
    "ReleaseAddress": (release_address, None),
    "CreateNatGateway": (create_nat_gateway, after_create_nat_gateway),
    "DescribeNatGateways": (describe_nat_gateways, None),
    "DeleteNatGateway": (delete_nat_gateway, after_delete_nat_gateway),
    "CreateRoute": (create_route, None),
    "ReplaceRoute": (create_route, None),
    "DeleteRouteTable": (delete_route_table, None),
    "CreateVpcPeeringConnection": (create_peering, after_create_peering),
    "DescribeVpcPeeringConnections": (describe_peerings, None),
    "AcceptVpcPeeringConnection": (accept_peering, None),
    "ModifyVpcPeeringConnectionOptions": (modify_peering, None),
    "DeleteVpcPeeringConnection": (delete_peering, None),
    "DeleteSecurityGroup": (delete_security_group, None),
    "DeleteNetworkInterface": (delete_network_interface, None),
    "DetachNetworkInterface": (detach_network_interface, None),
    "CreateLaunchTemplate": (None, after_create_launch_template),
    "DescribeLaunchTemplates": (describe_launch_templates, None),
}


# --- what there is -----------------------------------------------------------------------------
def inventory(ec2, region):
    """Names of kinds as tag specifications have them; without what VPCs and AWS come with."""
    default = {vpc.id for vpc in ec2.vpcs.values() if vpc.is_default}
    found = [("vpc", one.id) for one in ec2.vpcs.values() if not one.is_default]
    found += [("subnet", one.id) for zone in ec2.subnets.values() for one in zone.values()
              if one.vpc_id not in default]  # fmt: skip
    found += [("internet-gateway", name) for name in ec2.internet_gateways]
    found += [("egress-only-internet-gateway", name) for name in ec2.egress_only_internet_gateways]
    found += [("elastic-ip", one.allocation_id) for one in ec2.addresses]
    found += [("natgateway", one.id) for one in ec2.nat_gateways.values() if one.state != "deleted"]
    found += [("route-table", one.id) for one in ec2.route_tables.values()
              if not one.main_association_id]  # fmt: skip
    found += [("security-group", one.id) for one in all_groups(ec2) if one.name != "default"]
    found += [("network-interface", name) for name in ec2.enis]
    found += [("vpc-peering-connection", one.id) for one in live_peerings(ec2)
              if one.vpc.region == region]  # fmt: skip
    found += [("launch-template", name) for name in ec2.launch_templates]
    return [f"{region} {kind} {name}" for kind, name in found]
