"""Who bears a token of EKS: what the API servers ask by their webhook (TokenReview, v1).

The token is a presigned GetCallerIdentity for the regional STS that names the cluster in a
signed header. It is signed anew here with the name of the cluster that the asking server is, so
that a token for another one does not match; who the key is says moto's STS.
Source: the authenticator of EKS (aws-iam-authenticator).
"""

import base64
import binascii
import hmac
import time
import urllib.parse

import eks_access
from account import ACCOUNT_ID
from signature import CLOCK_SECONDS, EMPTY_HASH, canonical_request, seconds_of, sign

PREFIX = "k8s-aws-v1."
BYTES_MAX = 4096
AGE_SECONDS_MAX = 15 * 60
NEEDED = {"Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
          "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}  # fmt: skip
ALLOWED = NEEDED | {"X-Amz-Security-Token"}
FIXED = {"Action": "GetCallerIdentity", "Version": "2011-06-15",
         "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-SignedHeaders": "host;x-k8s-aws-id"}  # fmt: skip


class Unwelcome(Exception):
    """Why a token lets nobody in."""


def read(token, region):
    """(parts of the URL, its parameters); each of them once, and none that does not belong."""
    if not token.startswith(PREFIX) or len(token) > BYTES_MAX:
        raise Unwelcome("not a token of EKS")
    text = token[len(PREFIX) :]
    try:
        url = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise Unwelcome("not base64url") from wrong
    parts = urllib.parse.urlsplit(url)
    if (parts.scheme, parts.netloc) != ("https", f"sts.{region}.amazonaws.com") or parts.path != "/":
        raise Unwelcome(f"not a URL of STS in {region}: {parts.scheme}://{parts.netloc}{parts.path}")
    pairs = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
    parameters = dict(pairs)
    if len(parameters) != len(pairs) or not NEEDED <= set(parameters) <= ALLOWED:
        raise Unwelcome(f"parameters are {[name for name, _ in pairs]}")
    return parts, parameters


def check_time(parameters):
    at, expires = seconds_of(parameters["X-Amz-Date"]), parameters["X-Amz-Expires"]
    if at is None or not expires.isdigit() or int(expires) > AGE_SECONDS_MAX:
        raise Unwelcome("bad date or life")
    if not at - CLOCK_SECONDS <= time.time() < at + AGE_SECONDS_MAX:
        raise Unwelcome(f"it is from {parameters['X-Amz-Date']}")


def key_of(verifier, region, parameters):
    scope = parameters["X-Amz-Credential"].split("/")
    if len(scope) != 5 or scope[1:] != [parameters["X-Amz-Date"][:8], region, "sts", "aws4_request"]:
        raise Unwelcome(f"scope is {'/'.join(scope[1:])}")
    key = verifier.find(scope[0], parameters.get("X-Amz-Security-Token", ""))
    if not key or key.is_expired():
        raise Unwelcome("no such key, or it has expired")
    return key


def verify(token, region, cluster_name, verifier):
    """The key that made the token for this cluster; raises Unwelcome."""
    parts, parameters = read(token, region)
    for name, value in FIXED.items():
        if parameters[name] != value:
            raise Unwelcome(f"{name} is {parameters[name]}")
    check_time(parameters)
    key = key_of(verifier, region, parameters)
    headers = {"host": parts.netloc, "x-k8s-aws-id": cluster_name}
    canonical = canonical_request("GET", parts.path, parts.query, headers,
                                  parameters["X-Amz-SignedHeaders"], EMPTY_HASH)  # fmt: skip
    scope = f"{parameters['X-Amz-Date'][:8]}/{region}/sts"
    made = sign(key.secret, parameters["X-Amz-Date"], scope, canonical)
    if not hmac.compare_digest(made, parameters["X-Amz-Signature"]):
        raise Unwelcome("the signature does not match")
    return key


def who(token, cluster, eks, account, verifier):
    """The user for the API server; raises Unwelcome."""
    if cluster is None:
        raise Unwelcome("this server is no cluster of EKS now")
    key = verify(token, cluster.region, cluster.id, verifier)
    caller_arn, user_id = account.caller(key.id)
    principal = account.principal(caller_arn)
    user = eks_access.user_of(eks.find, cluster, principal, caller_arn)
    if not user:
        raise Unwelcome(f"{principal} has no access entry")
    name, groups = user
    return {"username": name, "uid": f"aws-iam-authenticator:{ACCOUNT_ID}:{user_id}",
            "groups": groups,
            "extra": {"arn": [caller_arn], "canonicalArn": [principal], "accessKeyId": [key.id]}}  # fmt: skip


def review(body, cluster, eks, account, verifier):
    """The TokenReview with its status."""
    try:
        user = who(body["spec"]["token"], cluster, eks, account, verifier)
        status = {"authenticated": True, "user": user}
    except Unwelcome as why:
        status = {"authenticated": False, "error": str(why)}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
