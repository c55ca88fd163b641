"""Rules of IAM and STS that moto lacks: who may become what, and what blocks a delete."""

import json
import urllib.parse
import xml.etree.ElementTree

from account import ACCOUNT_ID
from signature import Key, seconds_of
from wire import Answer, Refusal


def trust_of(role):
    document = role.assume_role_policy_document
    return json.loads(document if document.lstrip().startswith("{") else
                      urllib.parse.unquote(document))  # fmt: skip


def trusts(role, service):
    """Does the role's trust policy name an AWS service?"""
    return service in json.dumps(trust_of(role))


# --- IAM ------------------------------------------------------------------------------
def policy_of(rules, request):
    return rules.account.backend("iam", "aws").managed_policies.get(request.form.get("PolicyArn"))


def delete_policy(rules, request):
    policy = policy_of(rules, request)
    if policy and policy.attachment_count:
        raise Refusal(409, "DeleteConflict", "Cannot delete a policy attached to entities.")
    if policy and len(policy.versions) > 1:
        raise Refusal(409, "DeleteConflict",
                      "This policy has more than one version. Before you delete a policy, you must"
                      " delete the policy's versions.")  # fmt: skip


def provider_of(rules, request):
    providers = rules.account.backend("iam", "aws").open_id_providers
    provider = providers.get(request.form.get("OpenIDConnectProviderArn"))
    if not provider:
        raise Refusal(404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "
                      + request.form.get("OpenIDConnectProviderArn", ""))  # fmt: skip
    return provider


def create_provider(rules, request):
    url = request.form.get("Url", "")
    if not url.startswith("https://"):
        raise Refusal(400, "ValidationError", "Invalid Open ID Connect Provider URL")


def add_client_id(rules, request):
    ids = provider_of(rules, request).client_id_list
    if request.form["ClientID"] not in ids:
        ids.append(request.form["ClientID"])
    return iam_done(request)


def remove_client_id(rules, request):
    ids = provider_of(rules, request).client_id_list
    if request.form["ClientID"] in ids:
        ids.remove(request.form["ClientID"])
    return iam_done(request)


def iam_done(request):
    text = (f'<{request.action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
            f"</{request.action}Response>")  # fmt: skip
    return Answer(200, "text/xml", text.encode())


IAM_RULES = {
    "DeletePolicy": (delete_policy, None),
    "CreateOpenIDConnectProvider": (create_provider, None),
    "AddClientIDToOpenIDConnectProvider": (add_client_id, None),
    "RemoveClientIDFromOpenIDConnectProvider": (remove_client_id, None),
}


# --- STS ------------------------------------------------------------------------------
def may_assume(rules, request):
    """moto lets everybody become anything; here the role has to be there and to say so."""
    arn = request.form.get("RoleArn", "")
    role = rules.account.role(arn)
    if role is None or f"sts:{request.action}" not in json.dumps(trust_of(role)):
        who = request.key.arn if request.key else "anonymous"
        raise Refusal(403, "AccessDenied", f"User: {who} is not authorized to perform:"
                      f" sts:{request.action} on resource: {arn}")  # fmt: skip


def web_identity(rules, request):
    pieces = request.form.get("WebIdentityToken", "").split(".")
    if len(pieces) != 3 or not all(pieces):
        raise Refusal(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    may_assume(rules, request)


def learn(rules, _request, answer):
    """Keys of sessions are good from now on."""
    root = xml.etree.ElementTree.fromstring(answer.body)
    found = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    at = found["Expiration"].replace("-", "").replace(":", "")
    expires_at = seconds_of(at.partition(".")[0].removesuffix("Z") + "Z")
    rules.verifier.add(Key(found["AccessKeyId"], found["SecretAccessKey"], found["Arn"],
                           found["SessionToken"], expires_at))  # fmt: skip


STS_RULES = {
    "AssumeRole": (may_assume, learn),
    "AssumeRoleWithWebIdentity": (web_identity, learn),
}


# --- what there is ---------------------------------------------------------------------
def inventory(account):
    iam = account.backend("iam", "aws")
    found = [("role", role.name) for role in iam.roles.values()
             if not role.name.startswith("AWSServiceRoleFor")]  # fmt: skip
    found += [("policy", arn) for arn in iam.managed_policies
              if arn.startswith(f"arn:aws:iam::{ACCOUNT_ID}:")]  # fmt: skip
    found += [("oidc-provider", arn) for arn in iam.open_id_providers]
    found += [("instance-profile", profile.name) for profile in iam.instance_profiles.values()]
    return [f"- {kind} {name}" for kind, name in found]
