"""The account: moto's server application, loaded into this process, with its state within reach
of the rules that it lacks. One lock guards it all, since moto is not made for threads.
"""

import base64
import os
import secrets
import threading

ACCOUNT_ID = "111122223333"
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import corrections  # noqa: E402  (moto reads the variables above)
from moto.backends import get_backend  # noqa: E402
from moto.moto_api._internal.models import moto_api_backend  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: E402
from signature import Key  # noqa: E402
from wire import Answer  # noqa: E402

USER = "stand-in"


class Account:
    def __init__(self):
        self.lock = threading.RLock()
        corrections.install()
        self.application = DomainDispatcherApplication(create_backend_app)
        self.key_id = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
        self.secret = secrets.token_urlsafe(30)
        self.control_token = secrets.token_urlsafe(30)
        self.seed()

    def key(self):
        return Key(self.key_id, self.secret, self.user_arn())

    def reset(self):
        """Empty again; the tests' key goes on being valid."""
        moto_api_backend.reset()
        self.seed()

    def seed(self):
        """The user whose key the tests have: moto's STS knows it."""
        iam = self.backend("iam", "aws")
        iam.create_user("us-east-1", USER)
        key = iam.create_access_key(USER)
        iam.access_keys.pop(key.access_key_id)
        key.access_key_id, key.secret_access_key = self.key_id, self.secret
        iam.access_keys[self.key_id] = key

    def user_arn(self):
        return f"arn:aws:iam::{ACCOUNT_ID}:user/{USER}"

    def backend(self, service, region):
        return get_backend(service)[ACCOUNT_ID][region]

    def ec2(self, region):
        return self.backend("ec2", region)

    def forward(self, request):
        headers = {name: value for name, value in request.headers.items()
                   if name not in ("content-length", "connection", "transfer-encoding")}  # fmt: skip
        if request.key and "authorization" not in headers:  # presigned: moto looks here only
            headers["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential={request.key.id}/20260101/{request.region}/"
                f"{request.service}/aws4_request, SignedHeaders=host, Signature=0")
        builder = EnvironBuilder(
            method=request.method, path=request.path, query_string=request.query,
            headers=headers, data=request.body)  # fmt: skip
        chunks, status, got = run_wsgi_app(self.application, builder.get_environ(), buffered=True)
        return Answer(int(status.split()[0]), got.get("Content-Type", "text/xml"),
                      b"".join(chunks))  # fmt: skip

    def role(self, arn):
        """moto's role of that ARN; None when there is none."""
        return next((role for role in self.backend("iam", "aws").roles.values()
                     if role.arn == arn), None)  # fmt: skip

    def caller(self, key_id):
        """(ARN, user id) as moto's STS tells who a key is."""
        user_id, arn, _ = self.backend("sts", "aws").get_caller_identity(key_id, "us-east-1")
        return arn, user_id

    def principal(self, arn):
        """Sessions of a role are the role, with its path."""
        if ":assumed-role/" not in arn:
            return arn
        name = arn.split("/")[1]
        return next((role.arn for role in self.backend("iam", "aws").roles.values()
                     if role.name == name), arn)  # fmt: skip
