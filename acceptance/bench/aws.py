"""What resources ask of AWS, counted by the stand-in account, and what ten connections
to EKS clusters need of memory."""
import os
import re

from account import Account
from servers_pair import ACCEPTANCE
from workspace import PROVIDERS, Workspace

READS = re.compile(r"^\S+ [^/]*/(Describe|Get|List|Batch)|^GET ")

# In the order in which they are made: what it is, address, HCL.
STAGES = (
    ("istio_vpc: 3 zones, one NAT gateway", "istio_vpc.west", """
resource "istio_vpc" "west" {
  name               = "west"
  region             = "us-west-2"
  cidr_block         = "10.1.0.0/16"
  availability_zones = 3
}
"""),
    ("istio_vpc: 2 zones", "istio_vpc.east", """
resource "istio_vpc" "east" {
  name               = "east"
  region             = "us-east-1"
  cidr_block         = "10.2.0.0/16"
  availability_zones = 2
  nat_gateways       = "none"
}
"""),
    ("istio_vpc_peering", "istio_vpc_peering.mesh", """
resource "istio_vpc_peering" "mesh" {
  requester = {
    region          = "us-west-2"
    vpc_id          = istio_vpc.west.id
    route_table_ids = istio_vpc.west.private_route_table_ids
  }
  accepter = {
    region          = "us-east-1"
    vpc_id          = istio_vpc.east.id
    route_table_ids = istio_vpc.east.private_route_table_ids
  }
}
"""),
    ("istio_cluster.eks: 2 nodes, default add-ons", "istio_cluster.west", """
resource "istio_cluster" "west" {
  name    = "west"
  network = "network1"
  eks = {
    region      = "us-west-2"
    version     = "1.33"
    subnet_ids  = istio_vpc.west.private_subnet_ids
    node_groups = { default = { instance_types = ["m6i.large"], min_size = 2, max_size = 4 } }
  }
}
"""),
    ("istio_load_balancer_controller", "istio_load_balancer_controller.west", """
resource "istio_load_balancer_controller" "west" {
  cluster = istio_cluster.west.connection
  chart   = { path = "@chartfolder@/aws-load-balancer-controller" }
}
"""),
    ("istio_gateway with a network load balancer", "istio_gateway.edge", """
resource "istio_gateway" "edge" {
  cluster       = istio_cluster.west.connection
  name          = "edge"
  version       = "1.27.3"
  chart         = { repository = "@charts@" }
  load_balancer = { type = "nlb", controller = istio_load_balancer_controller.west.id }
}
"""),
    ("istio_root_ca in Secrets Manager", "istio_root_ca.mesh", """
resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage = {
    secrets_manager = { name = "mesh/root", region = "us-west-2", recovery_window_in_days = 0 }
  }
}
"""),
)

# What istiod would have made, and gateways look for.
INJECTOR = ("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/"
            "istio-sidecar-injector",
            '{"metadata": {"labels": {"app": "sidecar-injector", "istio.io/rev": "default"}},'
            ' "webhooks": []}')

TEN = """
resource "istio_vpc" "ten" {
  name               = "ten"
  region             = "us-west-2"
  cidr_block         = "10.3.0.0/16"
  availability_zones = 2
  nat_gateways       = "none"
}
resource "istio_cluster" "made" {
  count = 10
  name  = "made${count.index}"
  eks = {
    region      = "us-west-2"
    version     = "1.33"
    subnet_ids  = istio_vpc.ten.private_subnet_ids
    node_groups = {}
    addons      = {}
  }
}
"""
CONNECTED = """
resource "istio_cluster" "c%(number)d" {
  name     = "c%(number)d"
  existing = { eks = { cluster_name = "made%(number)d", region = "us-west-2" } }
}
resource "istio_manifest" "m%(number)d" {
  cluster  = istio_cluster.c%(number)d.connection
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "one", namespace = "default" }
    data       = { a = "1" }
  }
}
"""


class Counted:
    """The requests of one command: (those that change something, those that look)."""

    def __init__(self, lines):
        reads = [line for line in lines if READS.match(line)]
        self.changes, self.reads = len(lines) - len(reads), len(reads)

    def __str__(self):
        return f"{self.changes} change, {self.reads} look"


class Aws:
    def __init__(self, folder, binary, env):
        self.folder, self.binary, self.account = folder, binary, Account(env)
        self.words = {"@chartfolder@": os.path.join(ACCEPTANCE, "charts"),
                      "@charts@": env["ISTIO_ACC_CHARTS"] + "/charts"}

    def workspace(self, name):
        here = Workspace(os.path.join(self.folder, name), self.binary, watched=True)
        for key, value in self.account.environment(self.folder).items():
            if value is None:
                here.environment.pop(key, None)
            else:
                here.environment[key] = value
        return here

    def asked(self):
        """The requests since the last look, a line each."""
        lines = self.account.control("GET", "requests").splitlines()
        self.account.control("DELETE", "requests")
        return [line for line in lines if " -/" not in line]

    def counts(self):
        """[(what, create, refresh, destroy)]: a refresh is what a plan without a change asks
        more than the plan before the resource was there."""
        here, text, found, before = self.workspace("counts"), PROVIDERS, {}, 0
        for what, address, block in STAGES:
            for word, value in self.words.items():
                block = block.replace(word, value)
            text += block
            here.configure(text)
            if address == "istio_gateway.edge":
                self.account.cluster("us-west-2/west").put(*INJECTOR)
            self.asked()
            here.run("apply", "-auto-approve", "-refresh=false")
            made = Counted(self.asked())
            here.run("plan", "-detailed-exitcode")
            refreshed = len(self.asked())
            found[address] = [what, made, refreshed - before]
            before = refreshed
        for _, address, _ in reversed(STAGES):
            here.run("destroy", "-auto-approve", "-refresh=false", "-target=" + address)
            found[address].append(Counted(self.asked()))
        if left := self.account.inventory():
            raise OSError(f"left in the account: {left}")
        return list(found.values())

    def ten_clusters(self):
        """Peak memory of one process that reaches ten EKS clusters: (apply, plan)."""
        made, here = self.workspace("made"), self.workspace("ten")
        made.configure(PROVIDERS + TEN)
        made.run("apply", "-auto-approve")
        here.configure(PROVIDERS + "".join(CONNECTED % {"number": n} for n in range(10)))
        return (here.run_watched("apply", "-auto-approve"),
                here.run_watched("plan", "-detailed-exitcode"))
