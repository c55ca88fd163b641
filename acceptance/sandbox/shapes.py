"""Writes shapes_data.c: the fields of the built-in kinds, as a Kubernetes API server publishes them.

    shapes.py SWAGGER_JSON GO_API_FOLDER GO_APIMACHINERY_FOLDER APIEXTENSIONS_FOLDER > shapes_data.c

SWAGGER_JSON is GET /openapi/v2 of a real server; it tells types, list types and map keys. The Go
sources tell the order of fields and which ones are left out when they are empty.
"""

import json
import pathlib
import re
import sys

ROOTS = """
io.k8s.api.core.v1. Namespace Secret ConfigMap ServiceAccount Service Endpoints Pod Event Node
  PersistentVolumeClaim PersistentVolume LimitRange ResourceQuota ReplicationController
io.k8s.api.apps.v1. Deployment DaemonSet StatefulSet ReplicaSet ControllerRevision
io.k8s.api.batch.v1. Job CronJob
io.k8s.api.rbac.v1. Role RoleBinding ClusterRole ClusterRoleBinding
io.k8s.api.admissionregistration.v1. MutatingWebhookConfiguration ValidatingWebhookConfiguration
  ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
io.k8s.api.autoscaling.v2. HorizontalPodAutoscaler
io.k8s.api.policy.v1. PodDisruptionBudget
io.k8s.api.networking.v1. Ingress IngressClass NetworkPolicy
io.k8s.api.coordination.v1. Lease
io.k8s.api.discovery.v1. EndpointSlice
io.k8s.api.storage.v1. StorageClass
io.k8s.api.scheduling.v1. PriorityClass
io.k8s.api.authentication.v1. TokenRequest TokenReview SelfSubjectReview
io.k8s.api.authorization.v1. SelfSubjectAccessReview SubjectAccessReview LocalSubjectAccessReview
  SelfSubjectRulesReview
io.k8s.kube-aggregator.pkg.apis.apiregistration.v1. APIService
io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1. CustomResourceDefinition
"""
SCALARS = {
    ("string", None): "s", ("string", "date-time"): "t", ("string", "byte"): "B",
    ("integer", None): "i", ("number", None): "n", ("boolean", None): "b",
}
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "I",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "J",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "J",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": "J",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "J",
}
FIELD = re.compile(r'^\t(\w+)?\s*([\w\.\*\[\]]+)\s+`.*?json:"([^"]*)"', re.M)


def go_structs(folders):
    structs = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.go")):
            if not path.name.endswith("types.go"):
                continue
            package = "/".join(path.parts[-3:-1])
            for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", path.read_text(), re.M | re.S):
                fields = []
                for _, go_type, tag in FIELD.findall(match[2]):
                    name, *options = tag.split(",")
                    keep = go_type.startswith("*") or not {"omitempty", "omitzero"} & set(options)
                    fields.append((name, "inline" in options, go_type.split(".")[-1], keep))
                structs[package, match[1]] = fields
    return structs


class Writer:
    def __init__(self, definitions, structs):
        self.definitions, self.structs = definitions, structs
        self.done, self.short = {}, {}

    def name(self, full):
        """Unique short name: Deployment, or autoscaling.v2.MetricSpec when taken."""
        short = full.rsplit(".", 1)[1]
        if self.short.setdefault(short, full) != full:
            short = "".join(full.split(".")[-3:])
        return short

    def type(self, prop):
        if "$ref" in prop:
            full = prop["$ref"].removeprefix("#/definitions/")
            if full in SPECIAL:
                return SPECIAL[full]
            target = self.definitions[full]
            if "properties" not in target:
                return self.type(target) if "type" in target and target["type"] != "object" else "J"
            self.struct(full)
            atomic = "atomic" in (target.get("x-kubernetes-map-type"), prop.get("x-kubernetes-map-type"))
            return self.name(full) + ("!" if atomic else "")
        if prop.get("type") == "array":
            item = self.type(prop["items"])
            kind = prop.get("x-kubernetes-list-type")
            if kind == "map":
                return f"[{item}]{{{','.join(prop['x-kubernetes-list-map-keys'])}}}"
            return f"[{item}]" + ("$" if kind == "set" else "")
        if prop.get("type") == "object":
            if "additionalProperties" not in prop:
                return "J"
            item = self.type(prop["additionalProperties"])
            return f"{{{item}}}" + ("!" if prop.get("x-kubernetes-map-type") == "atomic" else "")
        return SCALARS.get((prop.get("type"), prop.get("format"))) or SCALARS[prop["type"], None]

    def order(self, full):
        """Fields of the Go struct in order: {json name: zero values are kept}."""
        parts = full.split(".")
        package = "meta/v1" if "apimachinery" in full else "/".join(parts[-3:-1])
        found = {}

        def collect(key):
            for name, inline, go_type, keep in self.structs.get(key, []):
                if inline or not name:
                    for other in (key[0], "core/v1"):
                        if (other, go_type) in self.structs:
                            collect((other, go_type))
                            break
                else:
                    found.setdefault(name, keep)

        collect((package, parts[-1]))
        return found

    def struct(self, full):
        name = self.name(full)
        if name in self.done:
            return
        self.done[name] = None
        properties = self.definitions[full]["properties"]
        order = self.order(full)
        names = [n for n in order if n in properties] + [n for n in properties if n not in order]
        row = []
        for field in names:
            row.append(f"{field}={self.type(properties[field])}" + ("~" if order.get(field, True) else ""))
        self.done[name] = " ".join(row)


def main(swagger, *folders):
    definitions = json.load(open(swagger))["definitions"]
    writer = Writer(definitions, go_structs(folders))
    prefix = ""
    for word in ROOTS.split():
        if word.endswith("."):
            prefix = word
        elif prefix + word in definitions:
            writer.struct(prefix + word)
    print("/* Written by shapes.py from a real server's API description: do not edit. */")
    print('#include "acceptance/sandbox/shape.h"\n')
    print("/* clang-format off */\nconst char *const shapes_data[] = {")
    for name, row in writer.done.items():
        print(f'    "{name}:{row}",')
    print("    NULL};")


main(*sys.argv[1:])
