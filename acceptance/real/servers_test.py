#!/usr/bin/env python3
"""Checks the clusters of servers.py the way the acceptance cases use them.

Run it alone: it starts itself again under "servers.py run". Arguments before "--" go to servers.py
(--kubernetes v1.30.14), those after it to unittest.
"""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from unittest import mock

sys.dont_write_bytecode = True
import servers  # noqa: E402

SERVERS = pathlib.Path(__file__).resolve().with_name("servers.py")
WAIT_SECONDS = 60


def wait_for(check):
    """The first true value of check(); an AssertionError when there is none in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {WAIT_SECONDS} s")


class Client:
    """Speaks to cluster N with what its kubeconfig holds, or with a token instead."""

    def __init__(self, number, token=None):
        text = pathlib.Path(os.environ[f"ISTIO_ACC_KUBECONFIG_{number}"]).read_text()
        self.url = re.search(r"server: (\S+)", text)[1]
        self.token = token
        context = ssl.create_default_context(cadata=inline(text, "certificate-authority"))
        if not token:
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(inline(text, "client-certificate") + inline(text, "client-key"))
                file.flush()
                context.load_cert_chain(file.name)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def send(self, method, path, body=None):
        """The status and the decoded answer, whatever the status is."""
        request = urllib.request.Request(
            self.url + path, method=method, data=body and json.dumps(body).encode()
        )
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self.opener.open(request, timeout=10) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            is_json = error.headers.get_content_type() == "application/json"
            return error.code, json.load(error) if is_json else {}

    def get(self, path):
        status, body = self.send("GET", path)
        return body if status == 200 else None

    def create(self, path, kind, name, **fields):
        body = {
            "apiVersion": "v1" if path.startswith("/api/") else "/".join(path.split("/")[2:4]),
            "kind": kind,
            "metadata": {"name": name, **fields.pop("metadata", {})},
            **fields,
        }
        status, answer = self.send("POST", path, body)
        if status != 201:
            raise AssertionError(f"POST {path}: {status}: {answer.get('message')}")
        return answer


def inline(kubeconfig, name):
    return base64.b64decode(re.search(rf"{name}-data: (\S+)", kubeconfig)[1]).decode()


class ClusterTest(unittest.TestCase):
    def setUp(self):
        self.client = Client(1)
        self.namespace = re.sub(r"[^a-z]+", "-", self._testMethodName.lower())
        self.client.create("/api/v1/namespaces", "Namespace", self.namespace)

    def path(self, collection, group="api/v1"):
        return f"/{group}/namespaces/{self.namespace}/{collection}"

    def test_version_is_the_real_one(self):
        version = self.client.get("/version")
        self.assertRegex(version["gitVersion"], r"^v1\.\d+\.\d+$")
        self.assertEqual(version["gitVersion"].split(".")[1], version["minor"])
        wanted = os.environ.get("ISTIO_ACC_TEST_VERSION", version["gitVersion"])
        self.assertEqual(version["gitVersion"], wanted)

    def test_clusters_are_independent(self):
        uids = {Client(n).get("/api/v1/namespaces/kube-system")["metadata"]["uid"] for n in (1, 2)}
        self.assertEqual(len(uids), 2)
        self.assertIsNone(Client(2).get(f"/api/v1/namespaces/{self.namespace}"))

    def test_tokens(self):
        namespaces = "/api/v1/namespaces"
        cases = (("TOKEN", 200), ("NOBODY_TOKEN", 403))
        for name, expected in cases:
            token = os.environ[f"ISTIO_ACC_{name}_1"]
            self.assertEqual(Client(1, token).send("GET", namespaces)[0], expected)
        self.assertEqual(Client(1, "wrong").send("GET", namespaces)[0], 401)
        self.assertEqual(Client(2, os.environ["ISTIO_ACC_TOKEN_1"]).send("GET", namespaces)[0], 401)

    def test_secret_of_an_account_gets_its_token(self):
        self.client.create(self.path("serviceaccounts"), "ServiceAccount", "reader")
        self.client.create(
            self.path("secrets"), "Secret", "reader", type="kubernetes.io/service-account-token",
            metadata={"annotations": {"kubernetes.io/service-account.name": "reader"}},
        )  # fmt: skip
        secret = self.path("secrets") + "/reader"
        data = wait_for(lambda: self.client.get(secret).get("data"))
        self.assertEqual(set(data), {"ca.crt", "namespace", "token"})
        token = base64.b64decode(data["token"]).decode()
        self.assertEqual(Client(1, token).send("GET", "/api/v1/namespaces")[0], 403)

    def test_token_request(self):
        account = self.path("serviceaccounts") + "/default"
        wait_for(lambda: self.client.get(account))
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        status, answer = self.client.send("POST", account + "/token", body)
        self.assertEqual(status, 201)
        self.assertEqual(Client(1, answer["status"]["token"]).send("GET", "/version")[0], 200)

    def test_deployment_becomes_available(self):
        labels = {"app": "web"}
        pod = {"containers": [{"name": "web", "image": "example.invalid/web:1"}]}
        path = self.path("deployments", "apis/apps/v1")
        self.client.create(path, "Deployment", "web", spec={
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        })  # fmt: skip
        self.client.create(self.path("services"), "Service", "web", spec={
            "type": "LoadBalancer", "selector": labels, "ports": [{"port": 80}],
        })  # fmt: skip

        def status_of(collection, field):
            answer = self.client.get(f"{collection}/web")
            return answer.get("status", {}).get(field)

        wait_for(lambda: status_of(path, "availableReplicas") == 2)
        wait_for(lambda: status_of(self.path("services"), "loadBalancer"))
        slices = self.path("endpointslices", "apis/discovery.k8s.io/v1")
        wait_for(lambda: [e for s in self.client.get(slices)["items"] for e in s["endpoints"]][1:])

    def test_job_completes(self):
        pod = {"restartPolicy": "Never", "containers": [{"name": "j", "image": "example.invalid/j"}]}
        path = self.path("jobs", "apis/batch/v1")
        self.client.create(path, "Job", "once", spec={"template": {"spec": pod}})
        wait_for(lambda: self.client.get(path + "/once").get("status", {}).get("succeeded") == 1)

    def test_definition_is_established_and_served(self):
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        self.client.create(path, "CustomResourceDefinition", "meshes.acceptance.test", spec={
            "group": "acceptance.test", "scope": "Namespaced",
            "names": {"plural": "meshes", "kind": "Mesh"},
            "versions": [{"name": "v1", "served": True, "storage": True,
                          "schema": {"openAPIV3Schema": schema}}],
        })  # fmt: skip
        meshes = self.path("meshes", "apis/acceptance.test/v1")
        wait_for(lambda: self.client.get(meshes))
        self.client.create(meshes, "Mesh", "one")
        self.assertEqual(self.client.send("DELETE", f"{path}/meshes.acceptance.test")[0], 200)
        wait_for(lambda: self.client.get(f"{path}/meshes.acceptance.test") is None)

    def test_namespace_goes_with_all_in_it(self):
        self.client.create(self.path("configmaps"), "ConfigMap", "left")
        path = f"/api/v1/namespaces/{self.namespace}"
        self.assertEqual(self.client.send("DELETE", path)[0], 200)
        wait_for(lambda: self.client.send("GET", path)[0] == 404)


def running_in(directory):
    """The processes whose working folder is below a directory."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(entry).startswith(str(directory)):
                found.append(entry.parent.name)
    return found


class LifeTest(unittest.TestCase):
    """Ends servers.py in every way there is: nothing may stay."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name) / "servers"

    def command(self, *arguments):
        version = os.environ.get("ISTIO_ACC_TEST_VERSION")
        chosen = ["--kubernetes", version] if version else []
        return [sys.executable, SERVERS, "run", "--clusters", "1", "--nodes", "0", "--dir", self.dir,
                *chosen, *arguments]  # fmt: skip

    def start(self, *arguments, wrapper=()):
        """Starts servers.py with a command that writes a file; waits for that file."""
        script = 'cd "$ISTIO_ACC_DIR" && : >started && exec sleep 600'
        process = subprocess.Popen(
            [*wrapper, *self.command(*arguments, "--", "sh", "-c", script)],
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: (self.dir / "started").exists() or process.poll() is not None)
        self.assertGreaterEqual(len(running_in(self.dir)), 5)
        return process

    def assert_nothing_left(self):
        wait_for(lambda: not running_in(self.dir))

    def test_status_of_the_command_is_the_status(self):
        done = subprocess.run(
            self.command("--", "sh", "-c", 'test "$ISTIO_ACC_BACKEND" = real && exit 7'),
            stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 7)
        self.assertFalse(self.dir.exists())
        self.assert_nothing_left()

    def test_signals_and_lifetime(self):
        for arguments, number, status in (
            ((), signal.SIGTERM, 143),
            ((), signal.SIGINT, 130),
            (("--lifetime", "15"), None, 124),
        ):
            with self.subTest(status=status):
                process = self.start(*arguments)
                if number:
                    process.send_signal(number)
                self.assertEqual(process.wait(WAIT_SECONDS), status)
                self.assertFalse(self.dir.exists())
                self.assert_nothing_left()

    def test_killed(self):
        self.start().kill()
        self.assert_nothing_left()

    def test_parent_dies(self):
        self.start(wrapper=("sh", "-c", '"$@"; true', "sh")).kill()
        wait_for(lambda: not self.dir.exists())
        self.assert_nothing_left()

    def test_taken_port_is_replaced(self):
        for number in servers.SIGNALS:
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        options = servers.parse([str(word) for word in self.command("--", "true")[2:]])
        self.dir.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ports = itertools.chain([taken.getsockname()[1]], iter(servers.free_port, None))
            with mock.patch.object(servers, "free_port", lambda: next(ports)):
                self.assertEqual(servers.run_clusters(options, self.dir), 0)
        self.assert_nothing_left()

    def test_failure_shows_the_log(self):
        done = subprocess.run(
            self.command("--apiserver-flag=--no-such-flag", "--", "true"),
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("cluster1: kube-apiserver ended", done.stderr)
        self.assertIn("unknown flag: --no-such-flag", done.stderr)
        self.assert_nothing_left()


def main(arguments):
    if os.environ.get("ISTIO_ACC_BACKEND") == "real":
        return unittest.main(argv=arguments)
    split = arguments.index("--") if "--" in arguments else len(arguments)
    mine = [sys.executable, str(pathlib.Path(__file__).resolve()), *arguments[split + 1 :]]
    if "--kubernetes" in arguments[:split]:
        os.environ["ISTIO_ACC_TEST_VERSION"] = arguments[arguments.index("--kubernetes") + 1]
    return os.execv(
        sys.executable, [sys.executable, str(SERVERS), "run", *arguments[1:split], "--", *mine]
    )


if __name__ == "__main__":
    main(sys.argv)
