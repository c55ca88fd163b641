"""The AWS account of aws/front.py beside the clusters: its process, and what leads to it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from processes import make_keys, run_command, say, spawn, stop

AWS = pathlib.Path(__file__).resolve().parent / "aws"
START_SECONDS = 60
WEBHOOK = """\
apiVersion: v1
kind: Config
current-context: webhook
clusters:
- name: account
  cluster:
    server: {url}/authenticate/{name}
    certificate-authority: {ca}
contexts:
- name: webhook
  context:
    cluster: account
    user: ""
"""
EGRESS = """\
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: {socket}
"""


def find_python():
    """A Python that has moto; it is installed when it is not there yet."""
    with tempfile.TemporaryFile("w+") as output:
        if run_command([AWS / "build.sh"], stdout=output) != 0:
            sys.exit("servers.py: no AWS account to run")
        output.seek(0)
        return output.read().splitlines()[-1]


class AwsAccount:
    """Its files are in the folder: keys, log, and what it tells of itself."""

    def __init__(self, directory):
        self.dir = directory
        self.process = self.described = None

    def start(self):
        began, python = time.monotonic(), find_python()
        self.dir.mkdir()
        make_keys(self.dir / "keys", "aws", "127.0.0.1")
        with open(self.dir / "front.log", "wb") as log:
            self.process = spawn(
                [python, AWS / "front.py", "--dir", self.dir, "--certificate", "keys/server.crt",
                 "--key", "keys/server.key"],
                cwd=self.dir, env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.dir)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
        path = self.dir / "account.json"
        while not path.exists():
            if self.process.poll() is not None or time.monotonic() > began + START_SECONDS:
                log = (self.dir / "front.log").read_text(errors="replace")
                sys.exit(f"servers.py: the AWS account did not start:\n{log[-4000:]}")
            time.sleep(0.05)
        self.described = json.loads(path.read_text())
        say(f"AWS account ready after {time.monotonic() - began:.1f} s")

    def stop(self):
        if self.process:
            stop([self.process])

    def apiserver_flags(self, directory, name):
        """For an API server that asks the account about the tokens of its callers, and finds the
        webhooks of the load balancer controller there."""
        config = directory / "webhook.yaml"
        config.write_text(WEBHOOK.format(url=self.described["url"], name=name,
                                         ca=self.dir / "keys" / "ca.crt"))  # fmt: skip
        egress = directory / "egress.yaml"
        egress.write_text(EGRESS.format(socket=self.dir / f"egress-{name}.sock"))
        return [f"--egress-selector-config-file={egress}",
                f"--authentication-token-webhook-config-file={config}",
                "--authentication-token-webhook-version=v1",
                "--authentication-token-webhook-cache-ttl=1s"]  # fmt: skip

    def add_servers(self, clusters):
        """The API servers that its clusters of EKS are."""
        listed = [{"name": one.name, "url": one.url, "token": one.token,
                   "ca_pem": (one.keys / "ca.crt").read_text()} for one in clusters]  # fmt: skip
        written = self.dir / "servers.tmp"
        written.touch(mode=0o600)
        written.write_text(json.dumps(listed))
        written.rename(self.dir / "servers.json")

    def lead(self, environment):
        """The environment with what AWS clients read, and without what would lead them elsewhere."""
        found = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        return {**found, "AWS_ENDPOINT_URL": self.described["url"],
                "AWS_CA_BUNDLE": str(self.dir / "keys" / "ca.crt"),
                "AWS_ACCESS_KEY_ID": self.described["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": self.described["secret_access_key"],
                "AWS_EC2_METADATA_DISABLED": "true",
                "ISTIO_ACC_AWS_TOKEN": self.described["token"]}  # fmt: skip
