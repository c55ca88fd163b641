"""The API servers that clusters of the fake EKS are: taken in the order in which clusters become
active, and given back when they are deleted. What a cluster left on its server goes with it, as
with a real one.
"""

import base64
import json
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

WIPE_SECONDS = 60
REQUEST_SECONDS = 20
# Made by servers themselves, or gone with what they describe.
PASSING = {"Event", "Lease", "Endpoints", "EndpointSlice", "ComponentStatus"}
BINDINGS = (("acceptance:view", "view"), ("acceptance:edit", "edit"))


def say(text):
    print(f"aws: {text}", file=sys.stderr, flush=True)


class Server:
    """One API server, spoken to as an administrator."""

    def __init__(self, name, url, ca_pem, token):
        self.name, self.url, self.ca_pem, self.token = name, url, ca_pem, token
        self.ca_base64 = base64.b64encode(ca_pem.encode()).decode()
        context = ssl.create_default_context(cadata=ca_pem)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))  # fmt: skip
        self.owner, self.wiping, self.before = None, False, set()

    def request(self, method, path, body=None, content_type="application/json"):
        """(status, parsed JSON); the status is 0 when there was no answer."""
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode())  # fmt: skip
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content_type)
        try:
            with self.opener.open(request, timeout=REQUEST_SECONDS) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, {}
        except (OSError, ValueError):
            return 0, {}

    def items(self, path):
        return self.request("GET", path)[1].get("items") or []

    def merge(self, path, body):
        return self.request("PATCH", path, body, "application/merge-patch+json")[0]

    # --- what is on it ---------------------------------------------------------------
    def collections(self):
        """Paths of all that can be listed and deleted, with their kinds."""
        found = []
        groups = self.request("GET", "/apis")[1].get("groups") or []
        prefixes = ["/api/v1"]
        prefixes += ["/apis/" + one["preferredVersion"]["groupVersion"] for one in groups]
        for prefix in prefixes:
            for entry in self.request("GET", prefix)[1].get("resources") or []:
                if {"list", "delete"} <= set(entry["verbs"]) and "/" not in entry["name"]:
                    found.append((prefix, entry))
        return [(prefix, entry) for prefix, entry in found if entry["kind"] not in PASSING]

    def objects(self):
        """uid -> (path, "Kind namespace/name", has finalizers)"""
        found = {}
        for prefix, entry in self.collections():
            for item in self.items(f"{prefix}/{entry['name']}"):
                meta = item["metadata"]
                namespace = f"namespaces/{meta['namespace']}/" if entry["namespaced"] else ""
                path = f"{prefix}/{namespace}{entry['name']}/{urllib.parse.quote(meta['name'])}"
                found[meta["uid"]] = (path, f"{entry['kind']} {meta.get('namespace', '')}/{meta['name']}",
                                      bool(meta.get("finalizers")))  # fmt: skip
        return found

    def wipe(self):
        """Back to what was there when it was taken."""
        deadline = time.monotonic() + WIPE_SECONDS
        named = set()
        while time.monotonic() < deadline:
            left = {uid: entry for uid, entry in self.objects().items() if uid not in self.before}
            if not left:
                return
            named |= {what for _, what, _ in left.values()}
            for path, _, has_finalizers in left.values():
                if has_finalizers and self.request("DELETE", path)[0] in (200, 202):
                    self.merge(path, {"metadata": {"finalizers": None}})
                elif not has_finalizers:
                    self.request("DELETE", path)
            time.sleep(0.1)
        say(f"{self.name}: not gone after {WIPE_SECONDS} s: {sorted(named)}")


class ServersPool:
    """path: a JSON list of {name, url, ca_pem, token}, which may come later; each of them is
    then told to on_server.
    """

    def __init__(self, path, on_server):
        self.path, self.on_server = path, on_server
        self.lock = threading.Lock()
        self.servers = None

    def all(self):
        with self.lock:
            if self.servers is None and self.path.exists():
                self.servers = [Server(**one) for one in json.loads(self.path.read_text())]
                for server in self.servers:
                    self.on_server(server)
            return list(self.servers or [])

    def take(self, owner):
        """One that is free, or None."""
        for server in self.all():
            if not server.owner and not server.wiping:
                server.owner, server.before = owner, set(server.objects())
                self.bind(server)
                return server
        return None

    def bind(self, server):
        """What the policies of readers and writers mean there."""
        for group, role in BINDINGS:
            server.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": {"name": group},
                "subjects": [{"kind": "Group", "name": group,
                              "apiGroup": "rbac.authorization.k8s.io"}],
                "roleRef": {"kind": "ClusterRole", "name": role,
                            "apiGroup": "rbac.authorization.k8s.io"}})  # fmt: skip

    def give_back(self, server):
        """Free again when it is clean, which takes a while."""
        server.owner, server.wiping = None, True

        def clean():
            try:
                server.wipe()
            finally:
                server.wiping = False

        threading.Thread(target=clean, daemon=True).start()
