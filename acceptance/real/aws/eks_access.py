"""Who may do what in a cluster: access entries and their policies. The policies of
administrators are system:masters for the API server, those of readers and writers its own
roles "view" and "edit" (bound in servers_pool.py).
"""

import time

from eks_records import arn, refuse, unique

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
GROUPS = {
    "AmazonEKSClusterAdminPolicy": "system:masters",
    "AmazonEKSAdminPolicy": "system:masters",
    "AmazonEKSEditPolicy": "acceptance:edit",
    "AmazonEKSViewPolicy": "acceptance:view",
    "AmazonEKSAdminViewPolicy": "acceptance:view",
    "AmazonEKSAutoNodePolicy": None,
    "AmazonEKSSecretReaderPolicy": None,
    "AmazonEKSNetworkingPolicy": None,
}


# --- entries ------------------------------------------------------------------------------
def username_of(account_id, principal, kind):
    """Sessions of a role carry their name into the user's."""
    if kind != "STANDARD":
        return "system:node:{{EC2PrivateDNSName}}"
    if ":role/" not in principal:
        return principal
    name = principal.rpartition("/")[2]
    return f"arn:aws:sts::{account_id}:assumed-role/{name}/{{{{SessionName}}}}"


def add_entry(eks, cluster, principal, kind, policy=None, **given):
    """Also EKS itself makes them: for who made the cluster, and for nodes."""
    entry_id = f"{cluster.id}/{principal}"
    if eks.find("access-entry", cluster.region, entry_id):
        return None
    body = {
        "clusterName": cluster.id,
        "principalArn": principal,
        "accessEntryArn": arn(cluster.region, "access-entry", cluster.id, unique()),
        "createdAt": time.time(),
        "modifiedAt": time.time(),
        "type": kind,
        "kubernetesGroups": given.get("kubernetesGroups", []),
        "username": given.get("username") or username_of(principal.split(":")[4], principal, kind),
    }
    entry = eks.add_below("access-entry", cluster, principal, body, given.get("tags"))
    entry.extra["policies"] = {}
    if policy:
        entry.extra["policies"][POLICY_PREFIX + policy] = new_policy(
            POLICY_PREFIX + policy, {"type": "cluster", "namespaces": []})  # fmt: skip
    return entry


def check_mode(cluster):
    if cluster.body["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        refuse(400, "InvalidRequest", "The cluster's authentication mode must be set to one of"
               " [API, API_AND_CONFIG_MAP] to perform this operation.")  # fmt: skip


def check_groups(call):
    for group in call.get("kubernetesGroups", []):
        if group.startswith("system:"):
            refuse(400, "InvalidParameter", f"The kubernetes group name {group} is invalid, it"
                   " cannot start with system:")  # fmt: skip


def create_access_entry(eks, call):
    cluster, principal = eks.cluster(call), call.get("principalArn")
    check_mode(cluster)
    if not (eks.account.role(principal) or ":user/" in principal):
        refuse(400, "InvalidParameter",
               f"The specified principalArn is invalid: invalid principal: {principal}")  # fmt: skip
    check_groups(call)
    given = {name: call.get(name) for name in ("kubernetesGroups", "username", "tags")
             if call.get(name) is not None}  # fmt: skip
    entry = add_entry(eks, cluster, principal, call.get("type", "STANDARD"), **given)
    if not entry:
        refuse(409, "ResourceInUse",
               "The specified access entry resource is already in use on this cluster.")  # fmt: skip
    return entry.shown_as("accessEntry")


def entry_of(eks, call):
    return eks.get("access-entry", call, call.get("principalArn"))


def describe_access_entry(eks, call):
    return entry_of(eks, call).shown_as("accessEntry")


def list_access_entries(eks, call):
    wanted = call.get("associatedPolicyArn")
    return {"accessEntries": [one.body["principalArn"]
                              for one in eks.below("access-entry", eks.cluster(call))
                              if not wanted or wanted in one.extra["policies"]]}  # fmt: skip


def update_access_entry(eks, call):
    entry = entry_of(eks, call)
    check_groups(call)
    for name in ("kubernetesGroups", "username"):
        if call.get(name) is not None:
            entry.body[name] = call.get(name)
    return entry.shown_as("accessEntry")


def delete_access_entry(eks, call):
    eks.remove(entry_of(eks, call))
    return {}


# --- policies -----------------------------------------------------------------------------
def new_policy(policy_arn, scope):
    now = time.time()
    return {"policyArn": policy_arn, "accessScope": scope, "associatedAt": now, "modifiedAt": now}


def associate_access_policy(eks, call):
    entry, policy_arn = entry_of(eks, call), call.get("policyArn")
    if policy_arn.removeprefix(POLICY_PREFIX) not in GROUPS:
        refuse(400, "InvalidParameter", f"The policyArn parameter format is not valid: {policy_arn}")
    if entry.body["type"] != "STANDARD":
        refuse(400, "InvalidRequest", "You cannot associate an access policy to an access entry of"
               f" type {entry.body['type']}")  # fmt: skip
    policy = new_policy(policy_arn, call.get("accessScope"))
    entry.extra["policies"][policy_arn] = policy
    return {"clusterName": call.cluster_name, "principalArn": entry.body["principalArn"],
            "associatedAccessPolicy": policy}  # fmt: skip


def disassociate_access_policy(eks, call):
    if not entry_of(eks, call).extra["policies"].pop(call.get("policyArn"), None):
        refuse(404, "ResourceNotFound",
               f"The specified policy {call.get('policyArn')} is not associated.")  # fmt: skip
    return {}


def list_associated_access_policies(eks, call):
    entry = entry_of(eks, call)
    return {"clusterName": call.cluster_name, "principalArn": entry.body["principalArn"],
            "associatedAccessPolicies": list(entry.extra["policies"].values())}  # fmt: skip


# --- who somebody is in the cluster ----------------------------------------------------------
def groups_of(entry):
    """Policies for some namespaces only give nothing here."""
    found = list(entry.body["kubernetesGroups"])
    for policy_arn, policy in entry.extra["policies"].items():
        group = GROUPS[policy_arn.removeprefix(POLICY_PREFIX)]
        if group and policy["accessScope"]["type"] == "cluster":
            found.append(group)
    return found


def user_of(eks_find, cluster, principal, caller_arn):
    """(name, groups) of a caller; None = may not come in."""
    if cluster.body["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        is_creator = (cluster.extra["creator"] == principal and cluster.body["accessConfig"]
                      ["bootstrapClusterCreatorAdminPermissions"])  # fmt: skip
        return ("kubernetes-admin", ["system:masters"]) if is_creator else None
    entry = eks_find("access-entry", cluster.region, f"{cluster.id}/{principal}")
    if not entry:
        return None
    session = caller_arn.rpartition("/")[2]
    return entry.body["username"].replace("{{SessionName}}", session), groups_of(entry)
