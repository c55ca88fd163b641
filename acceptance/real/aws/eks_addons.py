"""Add-ons of EKS. What needs nodes is DEGRADED until there are some."""

import time

import eks_updates
from eks_records import arn, refuse, unique

CREATE_SECONDS = UPDATE_SECONDS = DELETE_SECONDS = 0.5
MINORS = range(31, 36)
# (newest version, default version, needs nodes); {minor} is Kubernetes' own.
ADDONS = {
    "vpc-cni": ("v1.20.4-eksbuild.2", "v1.20.3-eksbuild.1", False),
    "coredns": ("v1.12.4-eksbuild.1", "v1.12.3-eksbuild.1", True),
    "kube-proxy": ("v1.{minor}.3-eksbuild.4", "v1.{minor}.1-eksbuild.2", False),
    "eks-pod-identity-agent": ("v1.3.9-eksbuild.3", "v1.3.8-eksbuild.2", False),
    "aws-ebs-csi-driver": ("v1.51.0-eksbuild.1", "v1.50.1-eksbuild.1", True),
    "metrics-server": ("v0.8.0-eksbuild.3", "v0.8.0-eksbuild.2", True),
}


def versions(name, minor):
    """(version, is the default one), the newest one first."""
    newest, default, _ = ADDONS[name]
    return [(newest.format(minor=minor), False), (default.format(minor=minor), True)]


def describe_addon_versions(_eks, call):
    wanted = call.get("kubernetesVersion")
    minors = [eks_updates.minor_of(wanted)] if wanted else sorted(MINORS, reverse=True)
    found = []
    for name in ADDONS:
        if call.get("addonName") in (None, name):
            listed = [{"addonVersion": version,
                       "compatibilities": [{"clusterVersion": f"1.{minor}",
                                            "platformVersions": ["*"], "defaultVersion": default}]}
                      for minor in minors for version, default in versions(name, minor)]  # fmt: skip
            found.append({"addonName": name, "addonVersions": listed})
    return {"addons": found}


def check_version(cluster, name, wanted):
    known = versions(name, eks_updates.minor_of(cluster.body["version"]))
    if wanted and wanted not in [version for version, _ in known]:
        refuse(400, "InvalidParameter", f"Addon version specified is not supported: {name} {wanted}")


def check_role(eks, call):
    role = call.get("serviceAccountRoleArn")
    if role and not eks.account.role(role):
        refuse(400, "InvalidParameter", f"The role {role} does not exist")


# --- life --------------------------------------------------------------------------------
def become_active(eks, addon):
    if addon.fails("CREATE_FAILED"):
        return
    addon.status, addon.body["health"] = "ACTIVE", {"issues": []}
    cluster = eks.find("cluster", addon.region, addon.extra["cluster"])
    if ADDONS[addon.body["addonName"]][2] and cluster and not has_nodes(eks, cluster):
        addon.status = "DEGRADED"
        addon.set_issue("InsufficientNumberOfReplicas", "The add-on is unhealthy because it"
                        " doesn't have the desired number of replicas.")  # fmt: skip


def has_nodes(eks, cluster):
    return (any(one.extra.get("nodes") for one in eks.below("nodegroup", cluster))
            or cluster.body.get("computeConfig", {}).get("enabled"))  # fmt: skip


def settle(eks, cluster):
    """There are nodes now."""
    for addon in eks.below("addon", cluster):
        if addon.status == "DEGRADED":
            addon.later(CREATE_SECONDS, lambda record: become_active(eks, record))


def create_addon(eks, call):
    cluster, name = eks.active_cluster(call), call.get("addonName")
    if eks.find("addon", call.region, f"{cluster.id}/{name}"):
        refuse(409, "ResourceInUse", "Addon already exists.")
    if name not in ADDONS:
        refuse(400, "InvalidParameter", f"Addon {name} is not supported")
    check_role(eks, call)
    check_version(cluster, name, call.get("addonVersion"))
    minor = eks_updates.minor_of(cluster.body["version"])
    body = {
        "addonName": name,
        "clusterName": cluster.id,
        "status": "CREATING",
        "addonVersion": call.get("addonVersion") or versions(name, minor)[1][0],
        "health": {"issues": []},
        "addonArn": arn(call.region, "addon", cluster.id, name, unique()),
        "createdAt": time.time(),
        "modifiedAt": time.time(),
    }
    body.update({member: call.get(member) for member in ("serviceAccountRoleArn",
                 "configurationValues") if call.get(member) is not None})  # fmt: skip
    addon = eks.add_below("addon", cluster, name, body, call.get("tags"))
    addon.later(CREATE_SECONDS, lambda record: become_active(eks, record))
    return addon.shown_as("addon")


def addon_of(eks, call):
    return eks.get("addon", call, call.get("addonName"))


def describe_addon(eks, call):
    return addon_of(eks, call).shown_as("addon")


def list_addons(eks, call):
    return {"addons": [one.body["addonName"] for one in eks.below("addon", eks.cluster(call))]}


def update_addon(eks, call):
    addon = addon_of(eks, call)
    check_role(eks, call)
    check_version(eks.cluster(call), call.get("addonName"), call.get("addonVersion"))
    change = {member: call.get(member)
              for member in ("addonVersion", "serviceAccountRoleArn", "configurationValues")
              if call.get(member) is not None}  # fmt: skip
    return eks_updates.start(eks, addon, "AddonUpdate", change, UPDATE_SECONDS)


def delete_addon(eks, call):
    addon = addon_of(eks, call)
    if addon.status == "DELETING":
        refuse(409, "ResourceInUse", f"Addon {addon.id} is DELETING")
    addon.status = "DELETING"
    addon.later(DELETE_SECONDS, eks.remove)
    return addon.shown_as("addon")
