"""What a running istiod writes into the webhooks of the EKS clusters of a case's account:
its CA, as soon as its Deployment is there. Neither kind of server runs one."""
import base64
import json
import threading

from account import Refused

PATH = "/apis/admissionregistration.k8s.io/v1/"
PLURALS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
PERIOD_SECONDS = 0.5
MANAGER = "pilot-discovery"


class Istiod(threading.Thread):
    def __init__(self, account):
        super().__init__(daemon=True)
        self.account, self.ended = account, threading.Event()

    def run(self):
        while not self.ended.wait(PERIOD_SECONDS):
            try:
                for cluster in self.account.clusters():
                    for plural in PLURALS:
                        self.fill(cluster, plural)
            except (AssertionError, OSError, Refused):
                pass  # a cluster that is coming or going

    @staticmethod
    def fill(cluster, plural):
        bundle = base64.b64encode(cluster.ca_pem.encode()).decode()
        for found in (cluster.get(PATH + plural) or {}).get("items", []):
            missing = [n for n, one in enumerate(found.get("webhooks", []))
                       if "istio" in one["name"] and not one["clientConfig"].get("caBundle")]
            if missing:
                patch = [{"op": "add", "path": f"/webhooks/{n}/clientConfig/caBundle",
                          "value": bundle} for n in missing]
                cluster.request("PATCH", f"{PATH}{plural}/{found['metadata']['name']}"
                                f"?fieldManager={MANAGER}", json.dumps(patch),
                                "application/json-patch+json")

    def end(self):
        self.ended.set()
        self.join(30)
