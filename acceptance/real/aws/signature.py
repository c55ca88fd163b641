"""Signature Version 4 from the service's side: what came is made canonical and signed anew
with the secret of the key it names. Shares no code with the provider's signer, nor with
botocore's. Source: AWS General Reference, "Signature Version 4 signing process".
"""

import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

from wire import PROTOCOLS, Refusal

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SECONDS = 5 * 60
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

# What each protocol's services call the same fault.
FAULTS = {
    "ec2": {
        "none": (401, "AuthFailure"),
        "unknown key": (401, "AuthFailure"),
        "signature": (401, "AuthFailure"),
        "key expired": (400, "RequestExpired"),
        "time": (400, "RequestExpired"),
    },
    "query": {
        "none": (403, "MissingAuthenticationToken"),
        "unknown key": (403, "InvalidClientTokenId"),
        "signature": (403, "SignatureDoesNotMatch"),
        "key expired": (403, "ExpiredToken"),
        "time": (403, "SignatureDoesNotMatch"),
    },
    "json": {
        "none": (403, "MissingAuthenticationTokenException"),
        "unknown key": (403, "UnrecognizedClientException"),
        "signature": (403, "InvalidSignatureException"),
        "key expired": (403, "ExpiredTokenException"),
        "time": (403, "InvalidSignatureException"),
    },
}


class Key:
    """Somebody's access key; a session token makes it a temporary one."""

    def __init__(self, key_id, secret, arn, session_token="", expires_at=None):
        self.id, self.secret, self.arn = key_id, secret, arn
        self.session_token, self.expires_at = session_token, expires_at

    def is_expired(self):
        return self.expires_at is not None and self.expires_at <= time.time()


class Claim:
    """What a request says about who signed it; None in key_id when it says nothing."""

    def __init__(self, request):
        query = dict(urllib.parse.parse_qsl(request.query, keep_blank_values=True))
        parts = header_parts(request.headers.get("authorization", ""))
        self.presigned = not parts and query.get("X-Amz-Algorithm") == ALGORITHM
        if self.presigned:
            parts = {name: query.get(f"X-Amz-{name}", "")
                     for name in ("Credential", "SignedHeaders", "Signature")}  # fmt: skip
        sent = query if self.presigned else request.headers
        name = "X-Amz-{}" if self.presigned else "x-amz-{}"
        self.at = sent.get(name.format("Date" if self.presigned else "date"), "")
        self.session_token = sent.get(
            name.format("Security-Token" if self.presigned else "security-token"), "")  # fmt: skip
        self.expires = int(query.get("X-Amz-Expires") or 0) if self.presigned else CLOCK_SECONDS
        self.signed_headers = parts.get("SignedHeaders", "")
        self.signature = parts.get("Signature", "")
        self.key_id = self.date = self.region = self.service = None
        scope = parts.get("Credential", "").split("/")
        if len(scope) == 5 and scope[4] == "aws4_request":
            self.key_id, self.date, self.region, self.service = scope[:4]


def header_parts(authorization):
    if not authorization.startswith(ALGORITHM + " "):
        return {}
    pieces = authorization[len(ALGORITHM) :].split(",")
    return dict(piece.strip().split("=", 1) for piece in pieces if "=" in piece)


def seconds_of(at):
    """Seconds since 1970 of "20260115T120000Z"; None when it is not of that form."""
    try:
        return calendar.timegm(time.strptime(at, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return None


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_query(query):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    kept = sorted((encode(name), encode(value)) for name, value in pairs
                  if name != "X-Amz-Signature")  # fmt: skip
    return "&".join(f"{name}={value}" for name, value in kept)


def canonical_request(method, path, query, headers, signed_headers, body_hash):
    """path as on the wire: every service here encodes it a second time."""
    lines = [method, urllib.parse.quote(path, safe="/-_.~"), canonical_query(query)]
    lines += [f"{name}:{re.sub(' +', ' ', headers.get(name, '').strip())}"
              for name in signed_headers.split(";")]  # fmt: skip
    return "\n".join([*lines, "", signed_headers, body_hash])


def sign(secret, at, scope, canonical):
    """The signature in hexadecimal; scope is "20260115/eu-west-1/ec2"."""
    key = b"AWS4" + secret.encode()
    for piece in [*scope.split("/"), "aws4_request"]:
        key = hmac.digest(key, piece.encode(), "sha256")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{at}\n{scope}/aws4_request\n{digest}"
    return hmac.new(key, text.encode(), "sha256").hexdigest()


class Verifier:
    """The keys of an account, and who of them signed a request."""

    def __init__(self):
        self.keys = {}

    def add(self, key):
        self.keys[key.id] = key

    def find(self, key_id, session_token):
        key = self.keys.get(key_id)
        matches = key and hmac.compare_digest(key.session_token, session_token)
        return key if matches else None

    def verify(self, request, claim):
        """The key; raises Refusal with what the service calls the fault."""
        service = claim.service or "sts"

        def refuse(fault, message):
            raise Refusal(*FAULTS[PROTOCOLS.get(service, "query")][fault], message)

        if claim.key_id is None:
            refuse("none", "Request is missing Authentication Token")
        key = self.find(claim.key_id, claim.session_token)
        if not key:
            refuse("unknown key", "The security token included in the request is invalid.")
        at, now = seconds_of(claim.at), time.time()
        if at is None or not claim.at.startswith(claim.date):
            refuse("signature", "Date in Credential scope does not match the date signed.")
        if not at - CLOCK_SECONDS <= now <= at + claim.expires:
            refuse("time", f"Signature expired: {claim.at} is not within {claim.expires} seconds"
                           f" of {time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}")  # fmt: skip
        signed = claim.signed_headers.split(";")
        must = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
        canonical = canonical_request(request.method, request.path, request.query, request.headers,
                                      claim.signed_headers, hashlib.sha256(request.body).hexdigest())
        made = sign(key.secret, claim.at, f"{claim.date}/{claim.region}/{service}", canonical)
        if not must <= set(signed) or not hmac.compare_digest(made, claim.signature):
            refuse("signature", "The request signature we calculated does not match the signature"
                                " you provided. Check your AWS Secret Access Key and signing"
                                " method.")  # fmt: skip
        if key.is_expired():
            refuse("key expired", "The security token included in the request is expired")
        return key
