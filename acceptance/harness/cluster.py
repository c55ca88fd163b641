"""A cluster as a test sees it: plain requests with an administrator's token,
independent of the provider's own client."""
import base64
import json
import ssl
import time
import urllib.error
import urllib.request

MANAGER = "terraform-provider-istio"
SERVED_SECONDS = 30
GONE_SECONDS = 60


class Cluster:
    def __init__(self, kubeconfig, token):
        with open(kubeconfig, encoding="utf-8") as file:
            text = file.read()
        self.kubeconfig = kubeconfig
        self.host = scalar(text, "server")
        self.ca_pem = base64.b64decode(scalar(text, "certificate-authority-data")).decode()
        self.token = token
        self.tls = ssl.create_default_context(cadata=self.ca_pem)

    def request(self, method, path, body=None, content_type="application/json", token=None):
        """(status, parsed JSON or text)"""
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.host + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + (token or self.token))
        request.add_header("Accept", "application/json")
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as reply:
                return reply.status, parse(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, parse(error.read())

    def get(self, path):
        end = time.monotonic() + SERVED_SECONDS
        while True:
            status, body = self.request("GET", path)
            if status != 429 or time.monotonic() > end:
                break
            time.sleep(0.2)  # storage of a new kind is being made
        if status == 404:
            return None
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body}")
        return body

    def put(self, path, body):
        """Creates or replaces, as somebody else than the provider."""
        collection, name = path.rsplit("/", 1)
        query = "?fieldManager=somebody-else"
        current = self.get(path)
        wanted = json.loads(body)
        wanted.setdefault("metadata", {})["name"] = name
        if current is None:
            done = self.request("POST", collection + query, json.dumps(wanted))
        else:
            wanted["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"]
            done = self.request("PUT", path + query, json.dumps(wanted))
        if done[0] not in (200, 201):
            raise AssertionError(f"PUT {path}: {done}")
        if wanted.get("kind") == "CustomResourceDefinition":
            self.await_kinds(wanted["spec"])

    def await_kinds(self, spec):
        """Until what a definition says is served."""
        end = time.monotonic() + SERVED_SECONDS
        for version in spec["versions"]:
            path = f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
            while self.request("GET", path)[0] != 200:
                if time.monotonic() > end:
                    raise AssertionError(f"{path} is not served after {SERVED_SECONDS} s")
                time.sleep(0.05)

    def patch(self, path, body):
        done = self.request("PATCH", path + "?fieldManager=somebody-else", body,
                            "application/merge-patch+json")
        if done[0] != 200:
            raise AssertionError(f"PATCH {path}: {done}")

    def apply(self, path, body, manager):
        done = self.request("PATCH", f"{path}?fieldManager={manager}&force=true", body,
                            "application/apply-patch+yaml")
        if done[0] not in (200, 201):
            raise AssertionError(f"apply of {path} as {manager}: {done}")

    def delete(self, path):
        done = self.request("DELETE", path)
        if done[0] not in (200, 202, 404):
            raise AssertionError(f"DELETE {path}: {done}")

    def await_gone(self, path):
        end = time.monotonic() + GONE_SECONDS
        while self.get(path) is not None:
            if time.monotonic() > end:
                raise AssertionError(f"{path} is not gone after {GONE_SECONDS} s")
            time.sleep(0.05)

    def collections(self):
        """(path, namespaced kind) of everything that can be listed."""
        found = [("/api/v1", entry) for entry in self.get("/api/v1")["resources"]]
        for group in self.get("/apis")["groups"]:
            prefix = "/apis/" + group["preferredVersion"]["groupVersion"]
            listing = self.get(prefix)
            found += [(prefix, entry) for entry in (listing or {}).get("resources", [])]
        return [(f"{prefix}/{entry['name']}", entry["kind"]) for prefix, entry in found
                if "list" in entry["verbs"] and "/" not in entry["name"]]

    def ours(self):
        """Every object that the provider wrote, as "Kind namespace/name"."""
        found = []
        for path, kind in self.collections():
            if kind in ("Event", "ComponentStatus", "Lease"):
                continue
            for item in (self.get(path) or {}).get("items", []):
                meta = item["metadata"]
                managers = {entry.get("manager") for entry in meta.get("managedFields", [])}
                if MANAGER in managers and not meta.get("deletionTimestamp"):
                    found.append(f"{kind} {meta.get('namespace', '')}/{meta['name']}")
        return sorted(found)

    def secrets(self):
        return (self.get("/api/v1/secrets") or {}).get("items", [])


def parse(data):
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def scalar(text, key):
    for line in text.splitlines():
        name, _, value = line.strip().lstrip("- ").partition(":")
        if name == key:
            return value.strip().strip('"')
    raise KeyError(key)


def field(value, path):
    """a.b\\.c[0].d in parsed JSON; None when absent. "|base64" decodes."""
    path, _, decode = path.partition("|")
    for step in path.replace("\\.", "\0").split("."):
        name, *indexes = step.replace("\0", ".").replace("]", "").split("[")
        if name:
            value = value.get(name) if isinstance(value, dict) else None
        for index in indexes:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) \
                else None
    if decode == "base64" and value is not None:
        value = base64.b64decode(value).decode("utf-8", "replace")
    return value
