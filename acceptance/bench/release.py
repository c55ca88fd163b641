"""A release of N objects: planned and applied by istio_chart, against the same bodies from
the bare sender."""
import json
import os

from apply import NAMESPACE, TEXT, access
from workspace import PROVIDERS, Workspace, window_ms

CHART = """apiVersion: v2
name: many
version: 1.0.0
description: As many ConfigMaps as the values say, for the bench.
"""
TEMPLATE = """{{- range $i := until (int .Values.count) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "item-%05d" $i }}
data:
  number: {{ printf "%05d" $i | quote }}
  text: {{ $.Values.text | quote }}
{{- end }}
"""
RELEASE = """
resource "istio_chart" "many" {
  cluster          = { name = "bench", %(access)s }
  name             = "many"
  namespace        = "%(namespace)s"
  create_namespace = false
  chart            = { path = "%(chart)s" }
  values           = { count = %(count)d, text = "%(text)s" }
}
"""


class Releases:
    def __init__(self, bench):
        self.bench = bench
        self.chart = os.path.join(bench.folder, "many")
        os.makedirs(os.path.join(self.chart, "templates"))
        for name, text in (("Chart.yaml", CHART), ("templates/configmaps.yaml", TEMPLATE)):
            with open(os.path.join(self.chart, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.here = Workspace(os.path.join(bench.folder, "release"), bench.binary, watched=True)

    def configure(self, namespace, count, text=TEXT):
        self.here.configure(PROVIDERS + RELEASE % {
            "access": access(self.bench.cluster), "namespace": namespace, "chart": self.chart,
            "count": count, "text": text})

    def apply(self, namespace, count):
        self.here.forget()
        self.bench.make_namespace(namespace)
        self.configure(namespace, count)
        self.here.run("plan", "-out=plan.bin", log="DEBUG")
        planned = self.here.call_ms("PlanResourceChange")
        self.here.run("apply", "plan.bin", log="DEBUG")
        sent = self.here.requests()
        patches = [r for r in sent if r.method == "PATCH" and "/configmaps/" in r.url]
        if len([r for r in patches if r.over]) != count:
            raise OSError(f"{count} objects took {len(patches)} requests")
        return {"plan_ms": planned, "send_ms": window_ms(patches),
                "call_ms": self.here.call_ms("ApplyResourceChange"),
                "others": sum(r.over for r in sent) - count}

    def pairs(self, count, rounds, name="r"):
        """[(plugin's figures, sender's figures)]; who goes first changes with each round."""
        found = []
        for number in range(rounds):
            ours, theirs = f"{name}{count}-plugin-{number}", f"{name}{count}-sender-{number}"
            self.bench.make_namespace(theirs)
            if number % 2:
                sent = self.bench.send(theirs, count)
                found.append((self.apply(ours, count), sent))
            else:
                applied = self.apply(ours, count)
                found.append((applied, self.bench.send(theirs, count)))
        return found

    def plans(self, namespace, count):
        """What a plan of a release that is there costs: (calls in ms, requests) without a
        change, and with one value changed that all objects hold."""
        self.configure(namespace, count)
        seconds = self.here.run("plan", "-detailed-exitcode", log="DEBUG")
        quiet = (seconds, self.cost())
        self.configure(namespace, count, "y" * len(TEXT))
        seconds = self.here.run("plan", log="DEBUG")
        return quiet, (seconds, self.cost())

    def cost(self):
        calls = self.here.call_ms("ReadResource") + self.here.call_ms("PlanResourceChange")
        return calls, [r.method for r in self.here.requests() if r.over]
