"""The AWS account of a job, as a test sees it: plain signed requests, independent of the
provider's own client, and the Kubernetes API of its EKS clusters.

What a backend has to offer, in the environment of the command that it runs:
AWS_ENDPOINT_URL (one endpoint for all services, all regions), AWS_CA_BUNDLE,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and ISTIO_ACC_AWS_TOKEN, the bearer token for
GET <endpoint>/sandbox/inventory: what exists, a line "region kind id" each. It may also
offer GET <endpoint>/sandbox/secrets: the secret keys and session tokens that it gave out.
"""
import base64
import json
import os
import ssl
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree

from cluster import Cluster
from signer import encode, eks_token, signed_headers

REGION = "eu-west-1"  # what AWS_REGION says
BUSY_SECONDS = 30
BUSY = ("RequestLimitExceeded", "Throttling", "ThrottlingException")
# (protocol, version or target, the one region to sign for)
SERVICES = {"ec2": ("ec2", "2016-11-15", None), "sts": ("query", "2011-06-15", None),
            "elasticloadbalancing": ("query", "2015-12-01", None),
            "autoscaling": ("query", "2011-01-01", None),
            "iam": ("query", "2010-05-08", "us-east-1"), "eks": ("rest-json", "", None),
            "secretsmanager": ("json", "secretsmanager", None),
            "route53": ("rest-xml", "", "us-east-1")}


class Refused(AssertionError):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Account:
    def __init__(self, env):
        self.url, self.ca_file = env["AWS_ENDPOINT_URL"], env["AWS_CA_BUNDLE"]
        self.key = env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
        self.control_token = env["ISTIO_ACC_AWS_TOKEN"]
        self.tls = ssl.create_default_context(cafile=self.ca_file)

    def environment(self, folder):
        """What leads an AWS client here; None = not to be set."""
        nothing = os.path.join(folder, "no-such-file")
        return {"AWS_ENDPOINT_URL": self.url, "AWS_CA_BUNDLE": self.ca_file,
                "AWS_ACCESS_KEY_ID": self.key[0], "AWS_SECRET_ACCESS_KEY": self.key[1],
                "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing,
                "AWS_SESSION_TOKEN": None, "AWS_PROFILE": None, "AWS_DEFAULT_REGION": None,
                "AWS_ROLE_ARN": None, "AWS_WEB_IDENTITY_TOKEN_FILE": None}

    def call(self, region, service, operation, parameters):
        """The answer as parsed JSON, whatever the wire has; raises Refused.

        operation: "DescribeVpcs" with parameters by their names on the wire; for eks and
        route53 "METHOD /path" with the body."""
        end = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self.call_once(region, service, operation, parameters)
            except Refused as refused:
                if refused.code not in BUSY or time.monotonic() > end:
                    raise
            time.sleep(0.2)

    def call_once(self, region, service, operation, parameters):
        protocol, version, signed_for = SERVICES[service]
        method, path, body, headers = "POST", "/", b"", {}
        if protocol.startswith("rest"):
            method, path = operation.split()
            body = json.dumps(parameters).encode() if parameters else b""
            headers["content-type"] = "application/json"
        elif protocol == "json":
            body = json.dumps(parameters).encode()
            headers = {"content-type": "application/x-amz-json-1.1",
                       "x-amz-target": f"{version}.{operation}"}
        else:
            form = {"Action": operation, "Version": version}
            flatten(form, "", parameters, ".member" if protocol == "query" else "")
            body = "&".join(f"{encode(k)}={encode(v)}" for k, v in form.items()).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        status, kind, text = self.send(signed_for or region, service, method, path, headers, body)
        answer = parse_json(text) if protocol.endswith("json") else parse_xml(text)
        if status >= 400:
            raise Refused(*refusal(answer, kind, text))
        return answer

    def send(self, region, service, method, path, headers, body):
        url = self.url + path
        headers = signed_headers(self.key, region, service, method, url, headers, body)
        request = urllib.request.Request(url, data=body or None, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as reply:
                return reply.status, "", reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("x-amzn-errortype", ""), error.read()

    # --- what exists ---------------------------------------------------------------
    def control(self, method, path, body=None):
        """The backend's own interface below /sandbox/."""
        request = urllib.request.Request(
            f"{self.url}/sandbox/{path}", method=method,
            data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Authorization", "Bearer " + self.control_token)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"/sandbox/{path}: {error.code} {error.read()}") from error

    def inventory(self):
        return sorted(self.control("GET", "inventory").splitlines())

    def secret_values(self):
        """The files in the secrets of Secrets Manager, and what holds none as it is."""
        found = []
        for line in self.inventory():
            region, kind, name = line.split(" ", 2)
            if kind != "secret":
                continue
            try:
                text = self.call(region, "secretsmanager", "GetSecretValue",
                                 {"SecretId": name}).get("SecretString", "")
            except Refused:
                continue  # it is being deleted
            files = parse_json(text)
            found += files.values() if isinstance(files, dict) and files else [text]
        return [value for value in found if isinstance(value, str)]

    def key_secrets(self):
        """Secret keys and session tokens of this account, where the backend tells them."""
        try:
            return self.control("GET", "secrets").splitlines()
        except AssertionError:
            return []

    # --- EKS -----------------------------------------------------------------------
    def cluster(self, name):
        """By "region/name" or the name alone (in REGION)."""
        region, _, name = name.rpartition("/")
        region = region or REGION
        found = self.call(region, "eks", "GET /clusters/" + encode(name), None)["cluster"]
        if "endpoint" not in found:
            raise AssertionError(f"cluster {name} has no endpoint: it is {found['status']}")
        return EksCluster(self, region, found)

    def clusters(self):
        """All that can be spoken to."""
        found = []
        for line in self.inventory():
            region, kind, name = line.split(" ", 2)
            if kind == "cluster":
                try:
                    found.append(self.cluster(f"{region}/{name}"))
                except AssertionError:
                    pass  # it is being made or deleted
        return found


class EksCluster(Cluster):
    """Signs a token for each request."""

    def __init__(self, account, region, described):
        self.name, self.region, self.account = described["name"], region, account
        self.host = described["endpoint"]
        self.ca_pem = base64.b64decode(described["certificateAuthority"]["data"]).decode()
        self.tls = ssl.create_default_context(cadata=self.ca_pem)

    @property
    def token(self):
        return eks_token(self.account.key, self.region, self.name)


def flatten(form, name, value, members):
    """{"Filter": [{"Name": "x"}]} as Filter.1.Name=x (query: Filter.member.1.Name)."""
    if isinstance(value, dict):
        for key, one in value.items():
            flatten(form, f"{name}.{key}" if name else key, one, members)
    elif isinstance(value, list):
        for number, one in enumerate(value, 1):
            flatten(form, f"{name}{members}.{number}", one, members)
    elif isinstance(value, bool):
        form[name] = str(value).lower()
    elif value is not None:
        form[name] = str(value)


def plain(element):
    """XML as JSON: text, lists of <item> or <member>, maps of the rest."""
    if len(element) == 0:
        return (element.text or "").strip()
    names = [child.tag.rpartition("}")[2] for child in element]
    if set(names) <= {"item", "member"}:
        return [plain(child) for child in element]
    return {name: plain(child) for name, child in zip(names, element)}


def parse_xml(text):
    try:
        root = xml.etree.ElementTree.fromstring(text)
    except xml.etree.ElementTree.ParseError:
        return {}
    answer = plain(root)
    for name in answer if isinstance(answer, dict) else ():
        if name.endswith("Result"):
            return answer[name]
    return answer


def parse_json(text):
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}


def refusal(answer, kind, text):
    """(code, message)"""
    if not isinstance(answer, dict):
        answer = {}
    error = answer.get("Error") or (answer.get("Errors") or {}).get("Error") or answer
    code = kind or error.get("__type") or error.get("Code") or "unknown"
    return (code.partition(":")[0].rpartition("#")[2],
            error.get("Message") or error.get("message") or text.decode("utf-8", "replace")[:500])
