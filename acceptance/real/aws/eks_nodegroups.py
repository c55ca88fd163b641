"""Managed node groups of EKS. Their nodes are Node objects on the cluster's API server, which
kwok makes ready, and network interfaces in the subnets; no instance runs.
"""

import secrets
import time

import corrections
import eks_access
import eks_addons
import eks_updates
import identity
from eks_records import arn, refuse, unique

CREATE_SECONDS = DELETE_SECONDS = 1.0
CONFIG_SECONDS, VERSION_SECONDS = 0.5, 1.0
RELEASE_DAY = 20260801
NODES_MAX = 20
EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute",
           "PREFER_NO_SCHEDULE": "PreferNoSchedule"}  # fmt: skip


# --- nodes ---------------------------------------------------------------------------------
def node_object(group, node):
    body, labels = group.body, {
        "kubernetes.io/hostname": node["name"], "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "eks.amazonaws.com/nodegroup": group.body["nodegroupName"],
        "eks.amazonaws.com/capacityType": group.body["capacityType"],
        "node.kubernetes.io/instance-type": group.body["instanceTypes"][0],
        "topology.kubernetes.io/region": group.region,
        "topology.kubernetes.io/zone": node["zone"],
    }  # fmt: skip
    taints = [{**taint, "effect": EFFECTS[taint["effect"]]} for taint in body.get("taints", [])]
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": node["name"], "labels": {**labels, **body.get("labels", {})}},
            "spec": {"providerID": f"aws:///{node['zone']}/{node['instance']}",
                     "taints": taints}}  # fmt: skip


def server_of(eks, group):
    cluster = eks.find("cluster", group.region, group.extra["cluster"])
    return cluster and cluster.extra.get("server")


def put_node(eks, group, node):
    server, body = server_of(eks, group), node_object(group, node)
    if server and server.request("POST", "/api/v1/nodes", body)[0] == 409:
        server.merge(f"/api/v1/nodes/{node['name']}", body)


def add_node(eks, group):
    ec2, index = eks.account.ec2(group.region), len(group.extra["nodes"])
    subnets = group.body["subnets"]
    cluster = eks.find("cluster", group.region, group.extra["cluster"])
    security = cluster.body["resourcesVpcConfig"]["clusterSecurityGroupId"]
    subnet = ec2.get_subnet(subnets[index % len(subnets)])
    instance = "i-0" + secrets.token_hex(8)
    interface = ec2.create_network_interface(subnet, None, group_ids=[security])
    corrections.give(interface, "interface", f"aws-K8S-{instance}", instance)
    dashed = interface.private_ip_address.replace(".", "-")
    node = {"name": f"ip-{dashed}.{group.region}.compute.internal", "instance": instance,
            "zone": subnet.availability_zone, "interface": interface.id}  # fmt: skip
    group.extra["nodes"].append(node)


def remove_node(eks, group):
    node, server = group.extra["nodes"].pop(), server_of(eks, group)
    eks.account.ec2(group.region).enis.pop(node["interface"], None)
    if server:
        server.request("DELETE", f"/api/v1/nodes/{node['name']}")


def settle(eks, group):
    """As many nodes as wanted, as they are now wanted."""
    set_nodes(eks, group, min(group.body["scalingConfig"]["desiredSize"], NODES_MAX))
    cluster = eks.find("cluster", group.region, group.extra["cluster"])
    if cluster and group.extra["nodes"]:
        eks_addons.settle(eks, cluster)


def set_nodes(eks, group, wanted):
    while len(group.extra["nodes"]) > wanted:
        remove_node(eks, group)
    while len(group.extra["nodes"]) < wanted:
        add_node(eks, group)
    for node in group.extra["nodes"]:
        put_node(eks, group, node)


# --- create ------------------------------------------------------------------------------
def check_role(eks, role_arn):
    role = eks.account.role(role_arn)
    if not role:
        refuse(400, "InvalidParameter",
               f"The role with name {role_arn} cannot be found. (IamNodeRoleNotFound)")  # fmt: skip
    if not identity.trusts(role, "ec2.amazonaws.com"):
        refuse(400, "InvalidParameter", "Following required service principals [ec2.amazonaws.com]"
               f" were not found in the trust relationships of nodeRole {role_arn}")  # fmt: skip


def check_scaling(scaling):
    low, wanted, high = (scaling[name] for name in ("minSize", "desiredSize", "maxSize"))
    if not (0 <= low <= wanted <= high and high >= 1):
        refuse(400, "InvalidParameter", f"Minimum capacity {low}, desired capacity {wanted} and"
               f" maximum capacity {high} do not follow each other")  # fmt: skip


def check_subnets(eks, cluster, ids):
    ec2, vpc_id = eks.account.ec2(cluster.region), cluster.body["resourcesVpcConfig"]["vpcId"]
    known = {one.id for zone in ec2.subnets.values() for one in zone.values()
             if one.vpc_id == vpc_id}  # fmt: skip
    for subnet_id in ids:
        if subnet_id not in known:
            refuse(400, "InvalidParameter",
                   f"The subnet ID '{subnet_id}' does not exist in the cluster's VPC")  # fmt: skip


def check_template(eks, call):
    given = call.get("launchTemplate")
    if given is None:
        return
    if bool(given.get("id")) == bool(given.get("name")):
        refuse(400, "InvalidParameter",
               "A launch template is named by its id or its name, not both")  # fmt: skip
    if call.get("diskSize") is not None or call.get("remoteAccess") is not None:
        refuse(400, "InvalidParameter",
               "Disk size and remote access are told in the launch template")  # fmt: skip
    templates = eks.account.ec2(call.region).launch_templates
    if given.get("id") and given["id"] not in templates:
        refuse(400, "InvalidRequest", f"Launch template with ID {given['id']} was not found."
               " (Ec2LaunchTemplateNotFound)")  # fmt: skip


def nodegroup_body(cluster, call):
    kept = ("nodegroupName", "nodeRole", "subnets", "scalingConfig", "instanceTypes", "amiType",
            "diskSize", "capacityType", "launchTemplate", "labels", "taints", "updateConfig",
            "nodeRepairConfig")  # fmt: skip
    name, version = call.get("nodegroupName"), call.get("version") or cluster.body["version"]
    body = {
        "clusterName": cluster.id,
        "nodegroupArn": arn(call.region, "nodegroup", cluster.id, name, unique()),
        "createdAt": time.time(),
        "modifiedAt": time.time(),
        "status": "CREATING",
        "version": version,
        "releaseVersion": call.get("releaseVersion") or f"{version}.4-{RELEASE_DAY}",
        "capacityType": "ON_DEMAND",
        "instanceTypes": ["t3.medium"],
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 2},
        "updateConfig": {"maxUnavailable": 1},
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{unique()}"}]},
        "health": {"issues": []},
    }
    body.update({member: call.get(member) for member in kept if call.get(member) is not None})
    return body


def create_nodegroup(eks, call):
    cluster, name = eks.active_cluster(call), call.get("nodegroupName")
    if eks.find("nodegroup", call.region, f"{cluster.id}/{name}"):
        refuse(409, "ResourceInUse", f"NodeGroup already exists with name {name} and cluster name"
               f" {cluster.id}")  # fmt: skip
    body = nodegroup_body(cluster, call)
    check_role(eks, body["nodeRole"])
    check_subnets(eks, cluster, body["subnets"])
    check_template(eks, call)
    check_scaling(body["scalingConfig"])
    group = eks.add_below("nodegroup", cluster, name, body, call.get("tags"))
    group.extra["nodes"] = []
    add_profile(eks, group)
    if cluster.body["accessConfig"]["authenticationMode"] != "CONFIG_MAP":
        eks_access.add_entry(eks, cluster, body["nodeRole"], "EC2_LINUX")
    group.later(CREATE_SECONDS, lambda record: become_active(eks, record))
    return group.shown_as("nodegroup")


def profile_of(group):
    return group.body["resources"]["autoScalingGroups"][0]["name"]


def add_profile(eks, group):
    """The instance profile of its nodes, which keeps the role."""
    iam, role = eks.account.backend("iam", "aws"), eks.account.role(group.body["nodeRole"])
    iam.create_instance_profile(profile_of(group), "/", [role.name])


def become_active(eks, group):
    if not group.fails("CREATE_FAILED"):
        group.status = "ACTIVE"
        settle(eks, group)


# --- the rest -------------------------------------------------------------------------------
def nodegroup_of(eks, call):
    return eks.get("nodegroup", call, call.get("nodegroupName"))


def describe_nodegroup(eks, call):
    return nodegroup_of(eks, call).shown_as("nodegroup")


def list_nodegroups(eks, call):
    return {"nodegroups": [one.body["nodegroupName"]
                           for one in eks.below("nodegroup", eks.cluster(call))]}  # fmt: skip


def changed_labels(group, change):
    kept = {name: value for name, value in group.body.get("labels", {}).items()
            if name not in change.get("removeLabels", [])}  # fmt: skip
    return {**kept, **change.get("addOrUpdateLabels", {})}


def changed_taints(group, change):
    added, gone = change.get("addOrUpdateTaints", []), change.get("removeTaints", [])
    over = {(one["key"], one["effect"]) for one in [*added, *gone]}
    return [one for one in group.body.get("taints", [])
            if (one["key"], one["effect"]) not in over] + added  # fmt: skip


def update_nodegroup_config(eks, call):
    group, change = nodegroup_of(eks, call), {}
    if call.get("scalingConfig") is not None:
        change["scalingConfig"] = {**group.body["scalingConfig"], **call.get("scalingConfig")}
        check_scaling(change["scalingConfig"])
    if call.get("updateConfig") is not None:
        change["updateConfig"] = call.get("updateConfig")
    if call.get("labels") is not None:
        change["labels"] = changed_labels(group, call.get("labels"))
    if call.get("taints") is not None:
        change["taints"] = changed_taints(group, call.get("taints"))
    return eks_updates.start(eks, group, "ConfigUpdate", change, CONFIG_SECONDS)


def update_nodegroup_version(eks, call):
    group, cluster = nodegroup_of(eks, call), eks.cluster(call)
    check_template(eks, call)
    version = call.get("version") or cluster.body["version"]
    if eks_updates.minor_of(version) > eks_updates.minor_of(cluster.body["version"]):
        refuse(400, "InvalidParameter", f"Nodegroup Kubernetes version {version} is newer than the"
               f" cluster's {cluster.body['version']}")  # fmt: skip
    change = {"version": version,
              "releaseVersion": call.get("releaseVersion") or f"{version}.4-{RELEASE_DAY}"}  # fmt: skip
    if call.get("launchTemplate"):
        change["launchTemplate"] = {**group.body.get("launchTemplate", {}),
                                    **call.get("launchTemplate")}  # fmt: skip
    return eks_updates.start(eks, group, "VersionUpdate", change, VERSION_SECONDS)


def delete_nodegroup(eks, call):
    group = nodegroup_of(eks, call)
    if group.status in ("DELETING", "UPDATING"):
        refuse(409, "ResourceInUse", f"Nodegroup {group.id} is {group.status}")
    group.status = "DELETING"
    group.later(DELETE_SECONDS, lambda record: vanish(eks, record))
    return group.shown_as("nodegroup")


def vanish(eks, group):
    set_nodes(eks, group, 0)
    iam = eks.account.backend("iam", "aws")
    for name, profile in list(iam.instance_profiles.items()):
        if profile.name == profile_of(group):
            del iam.instance_profiles[name]
    eks.remove(group)
