"""Clusters of EKS. Each has an API server of the pair for as long as it lives."""

import re
import secrets
import time

import corrections
import eks_access
import identity
from eks_records import Record, arn, refuse

VERSIONS = ("1.31", "1.32", "1.33", "1.34", "1.35")
VERSION_DEFAULT = "1.33"
CREATE_SECONDS, DELETE_SECONDS, SERVER_SECONDS, WIPE_SECONDS = 1.0, 0.5, 60, 0.2
ENDPOINT_DEFAULTS = {
    "securityGroupIds": [],
    "endpointPublicAccess": True,
    "endpointPrivateAccess": False,
    "publicAccessCidrs": ["0.0.0.0/0"],
}


# --- what a cluster needs -----------------------------------------------------------------
def check_role(eks, role_arn):
    role = eks.account.role(role_arn)
    if not role or not identity.trusts(role, "eks.amazonaws.com"):
        refuse(400, "InvalidParameter", f"Role with arn: {role_arn}, could not be assumed because"
               " it does not exist or the trusted entity is not correct")  # fmt: skip


def check_name(name):
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}", name):
        refuse(400, "InvalidParameter",
               f'The cluster name "{name}" does not match ^[0-9A-Za-z][A-Za-z0-9-_]*')  # fmt: skip


def check_version(version):
    if version not in VERSIONS:
        refuse(400, "InvalidParameter", f"unsupported Kubernetes version {version}")


def subnets_of(ec2, ids):
    """moto's subnets of one VPC, in two zones at least."""
    known = {one.id: one for zone in ec2.subnets.values() for one in zone.values()}
    found = [known[one] for one in ids if one in known]
    missing = [one for one in ids if one not in known
               or (found and known[one].vpc_id != found[0].vpc_id)]  # fmt: skip
    if missing:
        refuse(400, "InvalidParameter",
               f"The subnet ID '{missing[0]}' does not exist in the cluster's VPC")  # fmt: skip
    if len({one.availability_zone for one in found}) < 2:
        refuse(400, "InvalidParameter", "Subnets specified must be in at least two different AZs")
    return found


# --- what EKS puts into the VPC ---------------------------------------------------------------
def add_group(ec2, name, vpc_id):
    group_name = f"eks-cluster-sg-{name}-{secrets.randbelow(10**9)}"
    tags = {f"kubernetes.io/cluster/{name}": "owned", "Name": group_name}
    group = ec2.create_security_group(
        group_name, "EKS created security group applied to ENI that is attached to EKS Control"
        " Plane master nodes, as well as any managed workloads.", vpc_id=vpc_id, tags=tags)  # fmt: skip
    group.add_tags({"aws:eks:cluster-name": name})
    ec2.authorize_security_group_ingress(
        group.id, "-1", None, None, ip_ranges=[], source_groups=[{"GroupId": group.id}],
        vpc_id=vpc_id)  # fmt: skip
    return group


def add_interfaces(ec2, name, subnets, group_ids):
    for subnet in subnets[:2]:
        interface = ec2.create_network_interface(subnet, None, group_ids=group_ids)
        corrections.give(interface, "interface", f"Amazon EKS {name}", f"eks/{name}")


def leave_vpc(eks, cluster):
    ec2 = eks.account.ec2(cluster.region)
    for interface in list(ec2.enis.values()):
        if interface.belongs_to == f"eks/{cluster.id}":
            ec2.enis.pop(interface.id)
    group = cluster.body["resourcesVpcConfig"]["clusterSecurityGroupId"]
    for groups in ec2.groups.values():
        groups.pop(group, None)


# --- create -----------------------------------------------------------------------------------
def vpc_config(eks, call):
    ec2, given = eks.account.ec2(call.region), call.get("resourcesVpcConfig")
    subnets = subnets_of(ec2, given["subnetIds"])
    group = add_group(ec2, call.get("name"), subnets[0].vpc_id)
    groups = [*given.get("securityGroupIds", []), group.id]
    add_interfaces(ec2, call.get("name"), subnets, groups)
    return {**ENDPOINT_DEFAULTS, **given, "vpcId": subnets[0].vpc_id,
            "clusterSecurityGroupId": group.id}  # fmt: skip


def network_config(call):
    given = call.get("kubernetesNetworkConfig", {})
    return {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16",
            "elasticLoadBalancing": {"enabled": False}, **given}  # fmt: skip


def cluster_body(eks, call):
    kept = ("name", "roleArn", "encryptionConfig", "logging", "computeConfig", "storageConfig")
    issuer = f"https://oidc.eks.{call.region}.amazonaws.com/id/{secrets.token_hex(16).upper()}"
    body = {
        "arn": arn(call.region, "cluster", call.get("name")),
        "createdAt": time.time(),
        "version": call.get("version", VERSION_DEFAULT),
        "platformVersion": "eks.9",
        "status": "CREATING",
        "health": {"issues": []},
        "resourcesVpcConfig": vpc_config(eks, call),
        "kubernetesNetworkConfig": network_config(call),
        "accessConfig": {"authenticationMode": "CONFIG_MAP",
                         "bootstrapClusterCreatorAdminPermissions": True,
                         **call.get("accessConfig", {})},
        "upgradePolicy": call.get("upgradePolicy", {"supportType": "EXTENDED"}),
        "deletionProtection": call.get("deletionProtection", False),
        "identity": {"oidc": {"issuer": issuer}},
    }  # fmt: skip
    body.update({name: call.get(name) for name in kept if call.get(name) is not None})
    return body


def create_cluster(eks, call):
    name = call.get("name")
    check_name(name)
    if eks.find("cluster", call.region, name):
        refuse(409, "ResourceInUse", f"Cluster already exists with name: {name}")
    check_role(eks, call.get("roleArn"))
    check_version(call.get("version", VERSION_DEFAULT))
    cluster = eks.add("cluster", call.region, name, cluster_body(eks, call), call.get("tags", {}))
    cluster.extra["creator"] = eks.account.principal(call.key.arn)
    access = cluster.body["accessConfig"]
    if access["bootstrapClusterCreatorAdminPermissions"]:
        eks_access.add_entry(eks, cluster, cluster.extra["creator"], "STANDARD",
                             "AmazonEKSClusterAdminPolicy")  # fmt: skip
    become_active_after(eks, cluster, CREATE_SECONDS, time.monotonic() + SERVER_SECONDS)
    return cluster.shown_as("cluster")


def become_active_after(eks, cluster, seconds, give_up_at):
    cluster.later(seconds, lambda record: become_active(eks, record, give_up_at))


def become_active(eks, cluster, give_up_at):
    """As soon as an API server is free for it."""
    if cluster.fails("FAILED"):
        return
    server = eks.servers.take(f"{cluster.region}/{cluster.id}")
    if server:
        cluster.extra["server"] = server
        cluster.body["endpoint"] = server.url
        cluster.body["certificateAuthority"] = {"data": server.ca_base64}
        cluster.status = "ACTIVE"
    elif time.monotonic() < give_up_at:
        become_active_after(eks, cluster, CREATE_SECONDS, give_up_at)
    else:
        cluster.status = "FAILED"
        cluster.set_issue("InternalFailure", "There is no free API server in this pair.")


# --- look, delete ---------------------------------------------------------------------------------
def describe_cluster(eks, call):
    return eks.cluster(call).shown_as("cluster")


def list_clusters(eks, call):
    return {"clusters": [one.id for one in eks.records
                         if (one.kind, one.region) == ("cluster", call.region)]}  # fmt: skip


def delete_cluster(eks, call):
    cluster = eks.cluster(call)
    if cluster.status not in ("ACTIVE", "FAILED"):
        refuse(409, "ResourceInUse", f"Cannot delete because cluster {cluster.id} currently has an"
               f" update in progress: it is {cluster.status}")  # fmt: skip
    if eks.below("nodegroup", cluster):
        refuse(409, "ResourceInUse", "Cluster has nodegroups attached")
    if cluster.body["deletionProtection"]:
        refuse(400, "InvalidRequest",
               f"Cluster {cluster.id} cannot be deleted: deletion protection is on")  # fmt: skip
    cluster.status = "DELETING"
    cluster.later(DELETE_SECONDS, lambda record: vanish(eks, record))
    return cluster.shown_as("cluster")


def vanish(eks, cluster: Record):
    """First its API server is cleaned, so that nothing of it is there once it is gone."""
    server = cluster.extra.pop("server", None)
    if server:
        cluster.extra["wiped"] = server
        eks.servers.give_back(server)
    if cluster.extra.get("wiped") and cluster.extra["wiped"].wiping:
        cluster.later(WIPE_SECONDS, lambda record: vanish(eks, record))
        return
    for kind in ("addon", "access-entry", "pod-identity-association"):
        for record in eks.below(kind, cluster):
            eks.remove(record)
    leave_vpc(eks, cluster)
    eks.remove(cluster)
