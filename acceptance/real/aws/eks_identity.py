"""Pod identity: roles of service accounts."""

import secrets
import time

import identity
from eks_records import arn, refuse

KIND = "pod-identity-association"
SUMMARY = ("associationId", "associationArn", "clusterName", "namespace", "serviceAccount")


def check_role(eks, role_arn):
    role = eks.account.role(role_arn)
    if not role or not identity.trusts(role, "pods.eks.amazonaws.com"):
        refuse(400, "InvalidParameter", f"The role {role_arn} does not exist or its trust policy"
               " does not let pods.eks.amazonaws.com assume it")  # fmt: skip


def listed(eks, call):
    """Those of the namespace and service account that are asked for."""
    return [one for one in eks.below(KIND, eks.cluster(call))
            if call.get("namespace") in (None, one.body["namespace"])
            and call.get("serviceAccount") in (None, one.body["serviceAccount"])]  # fmt: skip


def create_pod_identity_association(eks, call):
    cluster = eks.cluster(call)
    if listed(eks, call):
        refuse(409, "ResourceInUse",
               f"Association already exists: {call.get('namespace')}/{call.get('serviceAccount')}")  # fmt: skip
    check_role(eks, call.get("roleArn"))
    name = "a-" + secrets.token_hex(9)[:17]
    body = {
        "clusterName": cluster.id,
        "associationId": name,
        "associationArn": arn(call.region, KIND, cluster.id, name),
        "createdAt": time.time(),
        "modifiedAt": time.time(),
        **{member: call.get(member) for member in ("namespace", "serviceAccount", "roleArn")},
    }
    return eks.add_below(KIND, cluster, name, body, call.get("tags")).shown_as("association")


def association_of(eks, call):
    return eks.get(KIND, call, call.get("associationId"))


def describe_pod_identity_association(eks, call):
    return association_of(eks, call).shown_as("association")


def list_pod_identity_associations(eks, call):
    return {"associations": [{member: one.body[member] for member in SUMMARY}
                             for one in listed(eks, call)]}  # fmt: skip


def update_pod_identity_association(eks, call):
    association = association_of(eks, call)
    if call.get("roleArn"):
        check_role(eks, call.get("roleArn"))
        association.body["roleArn"] = call.get("roleArn")
    return association.shown_as("association")


def delete_pod_identity_association(eks, call):
    association = association_of(eks, call)
    eks.remove(association)
    return {"association": association.view()}
