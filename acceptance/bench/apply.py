"""Plans and applies against running servers."""
import json
import os
import subprocess

from workspace import PROVIDERS, Workspace, window_ms

CONFIGMAP = {"apiVersion": "v1", "kind": "ConfigMap"}
TEXT = "x" * 200
QUERY = "?fieldManager=bench-sender&fieldValidation=Strict"
NAMESPACE = "/api/v1/namespaces/"
BUILT_IN_ONLY = 'resource "terraform_data" "a" {\n  input = 1\n}\n\nresource "terraform_data" "b" {\n' \
                "  input = terraform_data.a.id\n}\n"


def access(cluster, indent):
    """The arguments by which a cluster is reached."""
    return (f'{indent}host           = "{cluster.host}"\n{indent}token          = "{cluster.token}"\n'
            f"{indent}ca_certificate = <<EOT\n{cluster.ca_pem.strip()}\nEOT\n")


def configmap(namespace, number):
    return dict(CONFIGMAP, metadata={"name": f"item-{number:05}", "namespace": namespace},
                data={"number": f"{number:05}", "text": TEXT})


def many(cluster, namespace, count):
    """The same objects as those of configmap()."""
    return PROVIDERS + (
        'resource "istio_manifest" "all" {\n  cluster = {\n    name           = "bench"\n'
        + access(cluster, "    ") + "  }\n  manifest = [for i in range(" + str(count) + ") : {\n"
        '    apiVersion = "v1"\n    kind       = "ConfigMap"\n'
        f'    metadata   = {{ name = format("item-%05d", i), namespace = "{namespace}" }}\n'
        f'    data       = {{ number = format("%05d", i), text = "{TEXT}" }}\n  }}]\n}}\n')


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
    def plans(self, count):
        """Seconds of such plans: (with the plugin, with built-in resources only)."""
        self.make_namespace("plan")
        ours = Workspace(os.path.join(self.folder, "ours"), self.binary)
        built_in = Workspace(os.path.join(self.folder, "built-in"), self.binary)
        ours.configure(PROVIDERS + 'resource "istio_cluster" "east" {\n  name = "east"\n  existing = {\n'
                       + access(self.cluster, "    ") + '  }\n}\n\nresource "istio_manifest" "one" {\n'
                       '  cluster = istio_cluster.east.connection\n  manifest = {\n'
                       '    apiVersion = "v1"\n    kind = "ConfigMap"\n'
                       '    metadata = { name = "one", namespace = "plan" }\n    data = { a = "1" }\n'
                       "  }\n}\n")
        built_in.configure(BUILT_IN_ONLY)
        for workspace in (ours, built_in):
            workspace.run("apply", "-auto-approve")
            workspace.run("plan", "-detailed-exitcode")  # 0: there is nothing to do
        return [(ours.run("plan"), built_in.run("plan")) for _ in range(count)]

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
                              stdout=subprocess.PIPE)
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
        """Requests of a plan that changes nothing, of what was applied last."""
        self.watched.run("plan", "-detailed-exitcode", log="DEBUG")
        return [(r.method, r.url[len(self.cluster.host):]) for r in self.watched.requests()]


def ten_clusters(folder, binary, clusters):
    """Peak memory of one process that serves ten clusters: (apply, plan)."""
    here = Workspace(folder, binary, watched=True)
    text = PROVIDERS
    for number, cluster in enumerate(clusters):
        cluster.put(NAMESPACE + f"ten-{number}", json.dumps({"apiVersion": "v1", "kind": "Namespace"}))
        text += (f'\nresource "istio_cluster" "c{number}" {{\n  name = "c{number}"\n  existing = {{\n'
                 + access(cluster, "    ") + f'  }}\n}}\n\nresource "istio_manifest" "m{number}" {{\n'
                 f"  cluster = istio_cluster.c{number}.connection\n  manifest = {{\n"
                 '    apiVersion = "v1"\n    kind = "ConfigMap"\n'
                 f'    metadata = {{ name = "one", namespace = "ten-{number}" }}\n'
                 '    data = { a = "1" }\n  }\n}\n')
    here.configure(text)
    return here.run_watched("apply", "-auto-approve"), here.run_watched("plan", "-detailed-exitcode")
