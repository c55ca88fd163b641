#!/usr/bin/env python3
"""Real Kubernetes control planes on loopback, for the acceptance tests.

    servers.py run --clusters 2 -- COMMAND...

starts independent clusters (etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and kwok
with nodes that need no kubelet), waits until they work, runs COMMAND, stops everything it started,
and exits as COMMAND did (124 when --lifetime is over). COMMAND finds in its environment, N = 1, 2, ...:

    ISTIO_ACC_BACKEND         "real"
    ISTIO_ACC_CLUSTERS        how many clusters there are
    ISTIO_ACC_DIR             the working folder: cluster<N>/ has logs, keys and certificates
    ISTIO_ACC_KUBECONFIG_N    admin kubeconfig with a client certificate; its context is clusterN
    ISTIO_ACC_TOKEN_N         bearer token of "acceptance-admin", who may do everything
    ISTIO_ACC_NOBODY_TOKEN_N  bearer token of "nobody", who may do nothing

With --aws also an AWS account on loopback (see aws/), whose EKS clusters are these clusters: AWS_ENDPOINT_URL,
AWS_CA_BUNDLE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and ISTIO_ACC_AWS_TOKEN for its control interface.

Nothing outlives this program: it stops its children, and what COMMAND left running, on the way out,
also on a signal or when its own parent ends. When it is killed outright, the kernel kills its children.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True

from aws_account import AwsAccount  # noqa: E402  (no compiled files are left behind)
from processes import die_with_parent, make_keys, run_command, say, spawn, stop  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 120
START_ATTEMPTS = 3
PORTS = range(20000, 30000)  # below the range that the kernel gives to outgoing connections
LOG_LINES = 30
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: {name}
clusters:
- name: {name}
  cluster:
    server: {url}
    certificate-authority-data: {ca}
contexts:
- name: {name}
  context:
    cluster: {name}
    user: {name}-admin
users:
- name: {name}-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


class Stopped(Exception):
    """A signal, or the end of the lifetime, asks for an early and orderly end."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class StartFailed(Exception):
    """A server died, or did not become ready in time."""

    def __init__(self, what, log):
        super().__init__(what)
        self.log = log

    def is_port_clash(self):
        return "address already in use" in self.log.read_text(errors="replace")


def find_servers(version):
    """The folder with the server programs; builds them when they are not there yet."""
    with tempfile.TemporaryFile("w+") as output:
        if run_command([HERE / "build.sh"] + ([version] if version else []), stdout=output) != 0:
            sys.exit("servers.py: no Kubernetes servers to run")
        output.seek(0)
        return pathlib.Path(output.read().splitlines()[-1])


def free_port():
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    sys.exit("servers.py: no free port on 127.0.0.1")


class Cluster:
    """One control plane. Its files are in <dir>/cluster<N>/."""

    def __init__(self, number, directory, servers, options, aws=None):
        self.name = f"cluster{number}"
        self.number = number
        self.dir = directory / self.name
        self.keys = self.dir / "keys"
        self.servers = servers
        self.options = options
        self.aws = aws
        self.kubeconfig = self.dir / "kubeconfig"
        self.token = secrets.token_hex(16)
        self.nobody_token = secrets.token_hex(16)
        self.processes = {}
        self.url = None
        self.opener = None

    def prepare(self):
        """Everything that does not depend on ports."""
        self.dir.mkdir()
        make_keys(self.keys, self.name, f"10.{self.number}.0.1")
        (self.keys / "tokens.csv").write_text(
            f'{self.token},acceptance-admin,1,"system:masters"\n{self.nobody_token},nobody,2\n'
        )
        context = ssl.create_default_context(cafile=self.keys / "ca.crt")
        context.load_cert_chain(self.keys / "client.crt", self.keys / "client.key")
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def launch(self, name, *flags):
        with open(self.dir / f"{name}.log", "wb") as log:
            self.processes[name] = spawn(
                [self.servers / name, *flags],
                cwd=self.dir,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.dir)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def launch_api(self):
        """Starts etcd and the API server on new ports."""
        etcd, peer, port = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{port}"
        self.write_kubeconfig()
        shutil.rmtree(self.dir / "etcd", ignore_errors=True)
        self.launch(
            "etcd",
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
        )
        self.launch(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # it refuses a loopback address
            f"--secure-port={port}",
            "--tls-cert-file=keys/server.crt",
            "--tls-private-key-file=keys/server.key",
            "--client-ca-file=keys/ca.crt",
            "--token-auth-file=keys/tokens.csv",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            f"--service-cluster-ip-range=10.{self.number}.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-account-key-file=keys/accounts.pub",
            "--service-account-signing-key-file=keys/accounts.key",
            *(self.aws.apiserver_flags(self.dir, self.name) if self.aws else ()),
            *self.options.apiserver_flag,
        )

    def launch_controllers(self):
        self.launch(
            "kube-controller-manager",
            "--kubeconfig=kubeconfig",
            "--root-ca-file=keys/ca.crt",
            "--service-account-private-key-file=keys/accounts.key",
            "--cluster-signing-cert-file=keys/ca.crt",
            "--cluster-signing-key-file=keys/ca.key",
            "--use-service-account-credentials=true",
            "--kube-api-qps=500",  # the default holds the start back by seconds
            "--kube-api-burst=500",
            "--leader-elect=false",
            "--secure-port=0",
        )
        self.launch(
            "kube-scheduler", "--kubeconfig=kubeconfig", "--leader-elect=false", "--secure-port=0"
        )
        if self.options.nodes:
            self.launch(
                "kwok",
                "--kubeconfig=kubeconfig",
                f"--config={HERE / 'stages.yaml'}",
                *([] if self.aws else [f"--config={HERE / 'stages_load_balancer.yaml'}"]),
                "--manage-all-nodes=true",
                "--node-lease-duration-seconds=40",
                f"--cidr=10.{100 + self.number}.0.0/16",
                "--node-ip=192.0.2.1",
            )

    def write_kubeconfig(self):
        def inline(name):
            return base64.b64encode((self.keys / name).read_bytes()).decode()

        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(
            KUBECONFIG.format(
                name=self.name,
                url=self.url,
                ca=inline("ca.crt"),
                certificate=inline("client.crt"),
                key=inline("client.key"),
            )
        )

    def request(self, path, body=None):
        """GETs, or POSTs a body; None when the server refuses or is not there yet."""
        data = body and json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, headers={"Content-Type": "application/json"}
        )
        failures = (OSError, http.client.HTTPException)
        with contextlib.suppress(*failures), self.opener.open(request, timeout=5) as reply:
            return reply.read()
        return None

    def wait(self, what, check):
        deadline = time.monotonic() + START_SECONDS
        while not check():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise StartFailed(f"{self.name}: {name} ended", self.dir / f"{name}.log")
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self.name}: {what}: not within {START_SECONDS} s",
                    self.dir / "kube-apiserver.log",
                )
            time.sleep(0.05)

    def wait_for_api(self):
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                return self.wait("/readyz", lambda: self.request("/readyz"))
            except StartFailed as failure:
                if attempt == START_ATTEMPTS or not failure.is_port_clash():
                    raise
            say(f"{self.name}: a port was taken, trying others")
            self.stop()
            self.launch_api()

    def create_nodes(self):
        for node in range(1, self.options.nodes + 1):
            name = f"{self.name}-node{node}"
            labels = {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": self.name,
                "topology.kubernetes.io/zone": f"{self.name}-{node}",
            }
            body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            self.wait(f"node {name}", lambda: self.request("/api/v1/nodes", body))

    def nodes_are_ready(self):
        nodes = json.loads(self.request("/api/v1/nodes") or '{"items": []}')["items"]
        usable = [node for node in nodes if is_ready(node) and not node["spec"].get("taints")]
        return len(usable) == self.options.nodes

    def wait_for_controllers(self):
        for path in ("/api/v1/namespaces/kube-system",
                     "/api/v1/namespaces/default/serviceaccounts/default",
                     "/api/v1/namespaces/default/configmaps/kube-root-ca.crt"):  # fmt: skip
            self.wait(path, lambda path=path: self.request(path))
        self.wait("nodes", self.nodes_are_ready)

    def stop(self):
        """etcd goes last: without it an API server does not end in good order."""
        etcd = self.processes.pop("etcd", None)
        stop(self.processes.values())
        stop([etcd] if etcd else [])
        self.processes = {}

    def environment(self):
        return {
            f"ISTIO_ACC_KUBECONFIG_{self.number}": str(self.kubeconfig),
            f"ISTIO_ACC_TOKEN_{self.number}": self.token,
            f"ISTIO_ACC_NOBODY_TOKEN_{self.number}": self.nobody_token,
        }


def is_ready(node):
    conditions = node.get("status", {}).get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def start(clusters):
    """Brings all clusters up side by side: each step for all of them before the next one."""
    began = time.monotonic()
    for cluster in clusters:
        cluster.prepare()
        cluster.launch_api()
    for cluster in clusters:
        cluster.wait_for_api()
        cluster.launch_controllers()
    for cluster in clusters:
        cluster.create_nodes()
    for cluster in clusters:
        cluster.wait_for_controllers()
    say(f"{len(clusters)} clusters ready after {time.monotonic() - began:.1f} s")


def environment(clusters, directory, aws):
    result = dict(os.environ)
    result["ISTIO_ACC_BACKEND"] = "real"
    result["ISTIO_ACC_CLUSTERS"] = str(len(clusters))
    result["ISTIO_ACC_DIR"] = str(directory)
    for cluster in clusters:
        result.update(cluster.environment())
    return aws.lead(result) if aws else result


def show_failure(failure):
    say(failure)
    lines = failure.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    say(f"the last lines of {failure.log.name}:")
    print("\n".join(lines), file=sys.stderr, flush=True)


def run_clusters(options, directory):
    servers = options.servers or find_servers(options.kubernetes)
    aws = AwsAccount(directory / "aws") if options.aws else None
    clusters = [
        Cluster(number, directory, servers.resolve(), options, aws)
        for number in range(1, options.clusters + 1)
    ]
    try:
        if aws:
            aws.start()
        start(clusters)
        if aws:
            aws.add_servers(clusters)
        return run_command(options.command, env=environment(clusters, directory, aws))
    except StartFailed as failure:
        show_failure(failure)
        return 1
    finally:
        ignore_signals()
        for cluster in clusters:
            cluster.stop()
        if aws:
            aws.stop()


def ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def on_signal(number, _frame):
    ignore_signals()
    raise Stopped(124 if number == signal.SIGALRM else 128 + number)


def working_folder(wanted):
    if wanted is None:
        return pathlib.Path(tempfile.mkdtemp(prefix="istio-acceptance-"))
    wanted.mkdir(parents=True, exist_ok=True)
    if any(wanted.iterdir()):
        sys.exit(f"servers.py: {wanted} is not empty, and would be removed at the end")
    return wanted.resolve()


def run(options):
    die_with_parent(signal.SIGTERM)
    for number in SIGNALS:
        signal.signal(number, on_signal)
    directory = working_folder(options.dir)
    try:
        signal.alarm(options.lifetime)
        return run_clusters(options, directory)
    except Stopped as stopped:
        say("stopped by a signal" if stopped.status != 124 else "the lifetime is over")
        return stopped.status
    finally:
        if not options.keep:
            shutil.rmtree(directory, ignore_errors=True)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    action = parser.add_subparsers(required=True).add_parser("run", help="run COMMAND with clusters")
    action.add_argument("--clusters", type=int, choices=range(1, 10), default=2, metavar="1-9")
    action.add_argument("--nodes", type=int, default=2, help="nodes of a cluster; 0: kwok is not run")
    action.add_argument("--kubernetes", metavar="VERSION", help="such as v1.36.3; see build.sh")
    action.add_argument("--servers", type=pathlib.Path, help="folder of the programs, instead of build.sh")
    action.add_argument("--dir", type=pathlib.Path, help="working folder, empty or new; removed at the end")
    action.add_argument("--keep", action="store_true", help="leave the working folder, to read the logs")
    action.add_argument("--lifetime", type=int, default=3600, metavar="SECONDS")
    action.add_argument("--apiserver-flag", action="append", default=[], metavar="FLAG",
                        help="one more flag for each kube-apiserver; repeatable")  # fmt: skip
    action.add_argument("--aws", action="store_true", help="an AWS account too, whose EKS they are")
    action.add_argument("command", nargs="+", metavar="COMMAND")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:])))
