"""Plans and applies against running servers."""
import json
import os
import subprocess

from workspace import PROVIDERS, SECONDS_MAX, Workspace, window_ms

TEXT = "x" * 200
QUERY = "?fieldManager=bench-sender&fieldValidation=Strict"
NAMESPACE = "/api/v1/namespaces/"
BUILT_IN_ONLY = """
resource "terraform_data" "a" {
  input = 1
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
"""
ONE_EACH = """
resource "istio_cluster" "c%(number)d" {
  name     = "c%(number)d"
  existing = { %(access)s }
}
resource "istio_manifest" "m%(number)d" {
  cluster  = istio_cluster.c%(number)d.connection
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "one", namespace = "%(namespace)s" }
    data       = { a = "1" }
  }
}
"""
MANY = """
resource "istio_manifest" "all" {
  cluster  = { name = "bench", %(access)s }
  manifest = [for i in range(%(count)d) : {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = format("item-%%05d", i), namespace = "%(namespace)s" }
    data       = { number = format("%%05d", i), text = "%(text)s" }
  }]
}
"""


def access(cluster):
    """The arguments by which a cluster is reached; HCL reads JSON's texts as its own."""
    return (f'host = "{cluster.host}", token = "{cluster.token}", '
            f"ca_certificate = {json.dumps(cluster.ca_pem)}")


def one_each(cluster, number, namespace):
    """A cluster and a manifest on it."""
    return ONE_EACH % {"number": number, "access": access(cluster), "namespace": namespace}


def many(cluster, namespace, count):
    return PROVIDERS + MANY % {"access": access(cluster), "count": count, "namespace": namespace,
                               "text": TEXT}


def configmap(namespace, number):
    """One of those of many()."""
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": f"item-{number:05}", "namespace": namespace},
            "data": {"number": f"{number:05}", "text": TEXT}}


class Bench:
    def __init__(self, folder, build, binary, cluster):
        self.folder, self.cluster, self.binary = folder, cluster, binary
        self.sender = os.path.join(build, "bench-sender")
        self.ca_file = os.path.join(folder, "ca.pem")
        with open(self.ca_file, "w", encoding="ascii") as file:
            file.write(cluster.ca_pem)
        self.watched = Workspace(os.path.join(folder, "watched"), binary, watched=True)

    def make_namespace(self, name):
        self.cluster.put(NAMESPACE + name, json.dumps({"apiVersion": "v1", "kind": "Namespace"}))

    # --- a plan with nothing to do -------------------------------------------------
    def planned(self, name, binary, text):
        """A working directory where nothing is left to do."""
        here = Workspace(os.path.join(self.folder, "plan-" + name), binary)
        here.configure(text)
        here.run("apply", "-auto-approve")
        here.run("plan", "-detailed-exitcode")  # ends with 0: there is nothing to do
        return here

    def plans(self, count, binaries):
        """[{name: seconds}]: with each plugin, and "none" with built-in resources only."""
        workspaces = {"none": self.planned("none", self.binary, BUILT_IN_ONLY)}
        for name, binary in binaries.items():
            self.make_namespace("plan-" + name)
            workspaces[name] = self.planned(name, binary,
                                            PROVIDERS + one_each(self.cluster, 0, "plan-" + name))
        return [{name: here.run("plan") for name, here in workspaces.items()} for _ in range(count)]

    # --- N objects ------------------------------------------------------------------
    def send(self, namespace, count):
        """The bare sender's figures."""
        path = os.path.join(self.folder, "bodies")
        with open(path, "w", encoding="utf-8") as file:
            for number in range(count):
                body = json.dumps(configmap(namespace, number), separators=(",", ":"))
                target = f"{NAMESPACE}{namespace}/configmaps/item-{number:05}{QUERY}"
                file.write(f"{target}\t{body}\n")
        done = subprocess.run([self.sender, "send", self.cluster.host, self.ca_file, path],
                              env=dict(os.environ, BENCH_TOKEN=self.cluster.token), check=True,
                              timeout=SECONDS_MAX, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def apply(self, namespace, count):
        """The plugin's figures of the same objects."""
        here = self.watched
        here.forget()
        here.configure(many(self.cluster, namespace, count))
        here.run("plan", "-out=plan.bin")
        # A whole millisecond is too coarse for one request: then the finer log.
        wall = here.run("apply", "plan.bin", log="TRACE" if count == 1 else "DEBUG")
        sent = here.requests()
        patches = [r for r in sent if r.method == "PATCH"]
        if len([r for r in patches if r.over]) != count:
            raise OSError(f"{count} objects took {len(patches)} requests")
        if count == 1:  # from the line of its begin to that of its end
            for request in patches:
                request.begin = min(request.begin, request.end) if not request.over else request.end
        return {"send_ms": window_ms(patches), "all_ms": window_ms(sent), "wall_s": wall,
                "call_ms": here.call_ms("ApplyResourceChange"),
                "others": sum(r.over for r in sent) - count}

    def pairs(self, count, rounds):
        """[(plugin's figures, sender's figures)]; who goes first changes with each round."""
        found = []
        for number in range(rounds):
            ours, theirs = f"n{count}-plugin-{number}", f"n{count}-sender-{number}"
            for namespace in (ours, theirs):
                self.make_namespace(namespace)
            if number % 2:
                sent = self.send(theirs, count)
                found.append((self.apply(ours, count), sent))
            else:
                applied = self.apply(ours, count)
                found.append((applied, self.send(theirs, count)))
        return found

    def refresh(self):
        """(requests, memory) of a plan that changes nothing, of what was applied last."""
        peak = self.watched.run_watched("plan", "-detailed-exitcode", log="DEBUG")
        sent = self.watched.requests()
        return [(r.method, r.url[len(self.cluster.host):]) for r in sent], peak


def ten_clusters(folder, binary, clusters):
    """Peak memory of one process that serves ten clusters: (apply, plan)."""
    here = Workspace(folder, binary, watched=True)
    text = PROVIDERS
    for number, cluster in enumerate(clusters):
        namespace = f"ten-{number}"
        cluster.put(NAMESPACE + namespace, json.dumps({"apiVersion": "v1", "kind": "Namespace"}))
        text += one_each(cluster, number, namespace)
    here.configure(text)
    return (here.run_watched("apply", "-auto-approve"),
            here.run_watched("plan", "-detailed-exitcode"))
