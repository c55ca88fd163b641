"""Where moto's answers differ from EC2's and its objects have to know more: filters of NAT
gateways, egress-only gateways and peerings, IPv6 blocks of subnets, what network interfaces
belong to, dead routes. Rules are in rules.py.
"""

import fnmatch

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.route_tables import Route
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.egress_only_internet_gateways import EgressOnlyInternetGateway
from moto.ec2.responses.vpc_peering_connections import VPCPeeringConnections
from moto.secretsmanager.models import SecretsManagerBackend

PEERING_FILTERS = {
    "vpc-peering-connection-id": lambda peering: peering.id,
    "status-code": lambda peering: peering.status["Code"],
    "requester-vpc-info.vpc-id": lambda peering: peering.vpc.id,
    "requester-vpc-info.cidr-block": lambda peering: peering.vpc.cidr_block,
    "accepter-vpc-info.vpc-id": lambda peering: peering.peer_vpc.id,
    "accepter-vpc-info.cidr-block": lambda peering: peering.peer_vpc.cidr_block,
}


def tags_of(item):
    return {tag["key"] if "key" in tag else tag["Key"]:
            tag["value"] if "value" in tag else tag["Value"] for tag in item.get_tags()}  # fmt: skip


def fits(item, name, wanted, values_of):
    """Does an item pass one of EC2's filters?"""
    tags = tags_of(item)
    if name == "tag-key":
        return any(fnmatch.fnmatchcase(key, one) for one in wanted for key in tags)
    if name.startswith("tag:"):
        has = tags.get(name[4:])
    else:
        has = values_of[name](item)
    return has is not None and any(fnmatch.fnmatchcase(has, one) for one in wanted)


def passing(items, filters, values_of):
    return [item for item in items
            if all(fits(item, name, wanted, values_of)
                   for name, wanted in (filters or {}).items())]  # fmt: skip


NAT_FILTERS = {
    "nat-gateway-id": lambda nat: nat.id,
    "vpc-id": lambda nat: nat.vpc_id,
    "subnet-id": lambda nat: nat.subnet_id,
    "state": lambda nat: nat.state,
}


def describe_nat_gateways(backend, filters, nat_gateway_ids):
    found = list(backend.nat_gateways.values())
    if nat_gateway_ids:
        found = [nat for nat in found if nat.id in nat_gateway_ids]
    return passing(found, filters, NAT_FILTERS)


def describe_vpc_peering_connections(response):
    found = response.ec2_backend.describe_vpc_peering_connections(
        response._get_param("VpcPeeringConnectionIds", []))  # fmt: skip
    filters = response._filters_from_querystring()
    return ActionResult({"VpcPeeringConnections": passing(found, filters, PEERING_FILTERS)})


def describe_egress_only_internet_gateways(response):
    found = response.ec2_backend.describe_egress_only_internet_gateways(
        response._get_param("EgressOnlyInternetGatewayIds", []))  # fmt: skip
    filters = response._filters_from_querystring()
    return ActionResult({"EgressOnlyInternetGateways": passing(found, filters, {})})


def ipv6_blocks(subnet):
    """moto's own have a state in a state."""
    return [{"AssociationId": one["associationId"], "Ipv6CidrBlock": one["ipv6CidrBlock"],
             "Ipv6CidrBlockState": one["ipv6CidrBlockState"]}
            for one in subnet.ipv6_cidr_block_associations.values()
            if one["ipv6CidrBlockState"]["State"] == "associated"]  # fmt: skip


class ManagedAttachment:
    """How a network interface is attached to what is no instance of ours."""

    def __init__(self, interface):
        self.attachment_id = "eni-attach-" + interface.id.removeprefix("eni-")
        self.delete_on_termination = True
        self.device_index = 1
        self.network_card_index = 0
        self.instance_owner_id = "amazon-aws"
        self.status = "attached"
        self.instance_id = self.attach_time = None


def attachment(interface):
    """moto's own, or that of a service."""
    if getattr(interface, "belongs_to", None):
        return ManagedAttachment(interface)
    return moto_attachment(interface)


moto_attachment = NetworkInterface.attachment.fget


def is_gone(target):
    state = getattr(target, "state", None) or getattr(target, "status", {}).get("Code", "")
    return state in ("deleting", "deleted", "failed", "rejected")


def route_state(route):
    """A route to what is no more leads nowhere."""
    targets = [route.nat_gateway, route.vpc_pcx]
    return "blackhole" if any(target and is_gone(target) for target in targets) else "active"


def give(interface, kind, description, belongs_to, is_public=False):
    """Makes a network interface that of a service: in use, and not to be touched."""
    interface.interface_type, interface.description = kind, description
    interface.requester_managed, interface.status = True, "in-use"
    interface.requester_id = "amazon-aws"
    interface.belongs_to, interface.is_public = belongs_to, is_public
    if kind == "nat_gateway":
        interface._group_set = []  # it has none
    return interface


def check_secret(backend, name, token, string, binary, on_create=False):
    """A change that makes no version needs no token."""
    if not on_create and not token and string is None and binary is None:
        return None
    return moto_check_secret(backend, name, token, string, binary, on_create)


moto_check_secret = SecretsManagerBackend._check_with_existing_secrets_and_versions


def install():
    SecretsManagerBackend._check_with_existing_secrets_and_versions = check_secret
    NatGatewayBackend.describe_nat_gateways = describe_nat_gateways
    NatGateway.failure_code = NatGateway.failure_message = None
    VPCPeeringConnections.describe_vpc_peering_connections = describe_vpc_peering_connections
    EgressOnlyInternetGateway.describe_egress_only_internet_gateways = (
        describe_egress_only_internet_gateways)  # fmt: skip
    Subnet.ipv6_cidr_block_association_set = property(ipv6_blocks)
    NetworkInterface.attachment = property(attachment)
    NetworkInterface.belongs_to = None
    NetworkInterface.is_public = False
    Route.state = property(route_state)
