"""Updates of EKS: of clusters, and how all of them go; tags by ARN."""

import time

import eks_clusters
import eks_nodegroups
from eks_records import refuse, unique

CONFIG_SECONDS, VERSION_SECONDS = 0.5, 1.0
# What may be changed together; each row is one kind of update.
CHANGES = {
    "VpcConfigUpdate": ("resourcesVpcConfig",),
    "LoggingUpdate": ("logging",),
    "AccessConfigUpdate": ("accessConfig",),
    "UpgradePolicyUpdate": ("upgradePolicy",),
    "AutoModeUpdate": ("computeConfig", "kubernetesNetworkConfig", "storageConfig"),
    "DeletionProtectionUpdate": ("deletionProtection",),
}
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")


# --- how updates go ---------------------------------------------------------------------------
def start(eks, subject, kind, change, seconds):
    """An update of a record: its body takes `change` when the time is over."""
    if subject.status not in ("ACTIVE", "DEGRADED"):
        refuse(409, "ResourceInUse", f"Cannot update {subject.kind} {subject.id}: it is"
               f" {subject.status}, an update is in progress")  # fmt: skip
    subject.status = "UPDATING"
    body = {"id": unique(), "status": "InProgress", "type": kind, "params": [],
            "createdAt": time.time(), "errors": []}  # fmt: skip
    update = eks.add("update", subject.region, body["id"], body)
    update.extra["subject"] = subject
    update.later(seconds, lambda record: succeed(eks, record, change))
    return update.shown_as("update")


def succeed(eks, update, change):
    update.status = "Successful"
    subject = update.extra["subject"]
    if subject.status == "UPDATING":  # else it is being deleted
        subject.body.update(change)
        subject.status = "ACTIVE"
        if subject.kind == "nodegroup":
            eks_nodegroups.settle(eks, subject)


def describe_update(eks, call):
    cluster = eks.cluster(call)
    update = eks.find("update", call.region, call.get("updateId"))
    subject = update and update.extra["subject"]
    if not subject or subject.extra.get("cluster", subject.id) != cluster.id:
        refuse(404, "ResourceNotFound", f"No update found for ID: {call.get('updateId')}")
    return update.shown_as("update")


# --- of clusters -----------------------------------------------------------------------------
def change_of(call):
    """The one kind of change that the request asks for."""
    asked = [kind for kind, members in CHANGES.items()
             if any(call.get(member) is not None for member in members)]  # fmt: skip
    if len(asked) != 1:
        refuse(400, "InvalidParameter", "Only one type of update can be allowed." if asked
               else "At least one type of update must be specified.")  # fmt: skip
    return asked[0]


def check_mode(cluster, call):
    """CONFIG_MAP, API_AND_CONFIG_MAP, API: never back."""
    before = cluster.body["accessConfig"]["authenticationMode"]
    wanted = call.get("accessConfig", {}).get("authenticationMode", before)
    if MODES.index(wanted) < MODES.index(before):
        refuse(400, "InvalidParameter",
               f"Unsupported authentication mode update from {before} to {wanted}")  # fmt: skip


def merged(before, given):
    return {**before, **given} if isinstance(before, dict) and isinstance(given, dict) else given


def update_cluster_config(eks, call):
    cluster, kind = eks.cluster(call), change_of(call)
    check_mode(cluster, call)
    change = {member: merged(cluster.body.get(member), call.get(member))
              for member in CHANGES[kind] if call.get(member) is not None}  # fmt: skip
    if all(cluster.body.get(member) == value for member, value in change.items()):
        refuse(400, "InvalidParameter", "No changes needed for the requested update")
    if kind == "VpcConfigUpdate":
        eks_clusters.subnets_of(eks.account.ec2(call.region),
                                change["resourcesVpcConfig"]["subnetIds"])  # fmt: skip
    return start(eks, cluster, kind, change, CONFIG_SECONDS)


def minor_of(version):
    return int(version.split(".")[1])


def update_cluster_version(eks, call):
    cluster, wanted = eks.cluster(call), call.get("version")
    if minor_of(wanted) != minor_of(cluster.body["version"]) + 1:
        refuse(400, "InvalidParameter", "Unsupported Kubernetes minor version update from"
               f" {cluster.body['version']} to {wanted}")  # fmt: skip
    eks_clusters.check_version(wanted)
    return start(eks, cluster, "VersionUpdate", {"version": wanted}, VERSION_SECONDS)


# --- tags ------------------------------------------------------------------------------------
ARN_MEMBERS = ("arn", "nodegroupArn", "addonArn", "accessEntryArn", "associationArn")


def tagged(eks, call):
    wanted = call.get("resourceArn")
    for record in eks.records:
        if wanted in [record.body.get(member) for member in ARN_MEMBERS]:
            return record
    return refuse(404, "NotFound", f"No resource found for ARN: {wanted}")


def tag_resource(eks, call):
    tagged(eks, call).body.setdefault("tags", {}).update(call.get("tags"))
    return {}


def untag_resource(eks, call):
    tags = tagged(eks, call).body.setdefault("tags", {})
    for key in call.get("tagKeys"):
        tags.pop(key, None)
    return {}


def list_tags_for_resource(eks, call):
    return {"tags": dict(tagged(eks, call).body.get("tags", {}))}
