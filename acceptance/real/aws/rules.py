"""What stands between a request and moto: refusals that moto lacks come first, then moto
answers, then follows what AWS would do next. By service: network.py (EC2), identity.py (IAM and
STS), balancing.py (Elastic Load Balancing).
"""

import hashlib

import balancing
import identity
import network
from account import ACCOUNT_ID
from botocore.model import OperationNotFoundError
from moto.secretsmanager.models import secretsmanager_backends
from wire import Refusal

SERVICES = {
    "ec2": network.RULES,
    "iam": identity.IAM_RULES,
    "sts": identity.STS_RULES,
    "elasticloadbalancing": balancing.RULES,
}
TOKENS = ("ClientToken",)


class Rules:
    """One request at a time, under the account's lock."""

    def __init__(self, account, verifier):
        self.account, self.verifier = account, verifier
        self.tokens = {}

    def serve(self, request):
        before, after = SERVICES.get(request.service, {}).get(request.action, (None, None))
        again = self.answered_before(request)
        if again:
            return again
        answer = before(self, request) if before else None
        answer = answer or self.forward(request)
        if after and answer.status < 300:
            answer = after(self, request, answer) or answer
        self.keep_token(request, answer)
        return answer

    def forward(self, request):
        try:
            return self.account.forward(request)
        except (OperationNotFoundError, NotImplementedError) as unknown:
            raise Refusal(400, "InvalidAction", f"The action {request.action} is not valid for this"
                          " web service.") from unknown  # fmt: skip

    # --- client tokens ------------------------------------------------------------
    def token(self, request):
        text = next((request.form[name] for name in TOKENS if request.form.get(name)), None)
        return text and (request.service, request.region, request.action, text)

    def answered_before(self, request):
        """A repeated create gives the same thing; with other parameters it is refused."""
        digest, answer = self.tokens.get(self.token(request), (None, None))
        if digest and digest != digest_of(request):
            raise Refusal(400, "IdempotentParameterMismatch",
                          "The client token was used with other parameters before.")  # fmt: skip
        return answer

    def keep_token(self, request, answer):
        if self.token(request) and answer.status < 300:
            self.tokens[self.token(request)] = digest_of(request), answer

    # --- what there is -------------------------------------------------------------
    def inventory(self):
        """ "region kind id" of all that is not there from the start, or only still listed."""
        lines = []
        for region in sorted(network.used_regions()):
            lines += network.inventory(self.account.ec2(region), region)
            lines += balancing.inventory(self.account, region)
        for region in sorted(secretsmanager_backends[ACCOUNT_ID]):
            secrets = self.account.backend("secretsmanager", region).secrets
            lines += [f"{region} secret {name}" for name in secrets]
        zones = self.account.backend("route53", "aws").zones
        return lines + identity.inventory(self.account) + [f"- hostedzone {name}" for name in zones]


def digest_of(request):
    return hashlib.sha256(repr(sorted(request.form.items())).encode()).hexdigest()
