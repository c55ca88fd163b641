"""EKS itself: moto's has neither access entries, add-ons, pod identity nor updates. Operations
are found, and their inputs and outputs checked, by AWS's own model (botocore's). Records are
in eks_records.py; the operations, by their names in snake case, in the other eks_*.py.
"""

import json
import re
import urllib.parse

import botocore.session
import eks_access
import eks_addons
import eks_clusters
import eks_identity
import eks_nodegroups
import eks_updates
from botocore import xform_name
from botocore.validate import ParamValidator
from eks_records import Records
from wire import Refusal, json_answer

MODULES = (eks_clusters, eks_updates, eks_nodegroups, eks_addons, eks_access, eks_identity)


def load_routes():
    """(method, pattern of the path, operation) of what we serve; literal paths first."""
    model = botocore.session.get_session().get_service_model("eks")
    routes = []
    for name in model.operation_names:
        handler = next((getattr(module, xform_name(name)) for module in MODULES
                        if hasattr(module, xform_name(name))), None)  # fmt: skip
        if handler:
            operation = model.operation_model(name)
            uri = operation.http["requestUri"]
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri) + "$")
            routes.append((operation.http["method"], pattern, operation, handler))
    return sorted(routes, key=lambda route: route[1].groups)


ROUTES = load_routes()


class Call:
    """One request for EKS: its region, who asks, and all members of the input in one map."""

    def __init__(self, request, operation, path_members):
        self.region, self.key, self.operation = request.region, request.key, operation
        self.input = {
            name: urllib.parse.unquote(path_members[member.serialization.get("name", name)])
            for name, member in operation.input_shape.members.items()
            if member.serialization.get("location") == "uri"
        }
        self.input.update(read_query(request.query, operation.input_shape))
        if request.body:
            self.input.update(json.loads(request.body))
        report = ParamValidator().validate(self.input, operation.input_shape)
        if report.has_errors():
            raise Refusal(400, "InvalidParameterException", report.generate_report())

    def get(self, name, default=None):
        return self.input.get(name, default)

    @property
    def cluster_name(self):
        return self.get("clusterName") or self.get("name")

    def token(self):
        text = self.get("clientRequestToken")
        return text and (self.region, self.operation.name, text)


def read_query(query, shape):
    """Members that the model has in the query, in their types."""
    given = urllib.parse.parse_qs(query, keep_blank_values=True)
    found = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        if member.serialization.get("location") != "querystring" or wire_name not in given:
            continue
        texts = given[wire_name]
        found[name] = {"list": texts, "integer": int(texts[0]) if texts[0].isdigit() else texts[0],
                       "boolean": texts[0] == "true"}.get(member.type_name, texts[0])  # fmt: skip
    return found


class Eks(Records):
    def __init__(self, account, servers):
        super().__init__(account, servers)
        self.tokens = {}

    def serve(self, request):
        self.ripen()
        for method, pattern, operation, handler in ROUTES:
            match = pattern.match(request.path)
            if match and method == request.method:
                return json_answer(self.answer(Call(request, operation, match.groupdict()), handler))
        raise Refusal(404, "UnknownOperationException", f"{request.method} {request.path}")

    def answer(self, call, handler):
        """What an operation gives; a repeated create or update gives the same once more."""
        token, digest = call.token(), json.dumps(call.input, sort_keys=True)
        before, again = self.tokens.get(token, (None, None)) if token else (None, None)
        if before and before != digest:
            raise Refusal(400, "InvalidParameterException",
                          "The client token was used with other parameters before.")  # fmt: skip
        made = again or handler(self, call)
        output = made() if callable(made) else made
        check_output(call.operation, output)
        if token and not again:
            self.tokens[token] = digest, made
        return output


def check_output(operation, output):
    """The fake tells nothing that AWS's model does not know."""
    shape = operation.output_shape
    report = ParamValidator().validate(output, shape) if shape else None
    if report and report.has_errors():
        raise AssertionError(f"{operation.name} answers {output}: {report.generate_report()}")
