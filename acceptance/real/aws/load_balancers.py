"""What controllers of a cloud do on the API servers of the pair.

A server that is a cluster of EKS has the AWS Load Balancer Controller, once a Deployment labelled
app.kubernetes.io/name=aws-load-balancer-controller is available there, or in Auto Mode EKS's own:
Services of type LoadBalancer and Ingresses get load balancers in the account (reconcile.py);
those of nobody stay without an address. On the other servers Services get a name, as
stages_load_balancer.yaml would give them one.
"""

import sys
import threading
import time
import traceback

from reconcile import PREFIXES, Reconcile
from webhook import CLASS, is_available

PERIOD_SECONDS = 0.25
AUTO_CLASS = "eks.amazonaws.com/nlb"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
INGRESS_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
OLD_CLASS = "kubernetes.io/ingress.class"


class Controller:
    """One thread for all servers; account.lock is held only while the account changes."""

    def __init__(self, account, pool, eks):
        self.account, self.pool, self.eks = account, pool, eks

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            for server in self.pool.all():
                try:
                    self.look_at(server)
                except Exception:  # the next look may be luckier; the log tells
                    traceback.print_exc(file=sys.stderr)
            time.sleep(PERIOD_SECONDS)

    def look_at(self, server):
        if server.wiping:
            return
        services = server.items("/api/v1/services")
        with self.account.lock:
            cluster = self.eks().cluster_on(server.name)
        if not cluster:
            for service in services:
                give_name(server, service)
            return
        is_auto = bool(cluster.body.get("computeConfig", {}).get("enabled"))
        if not is_auto and not is_available(server):
            return
        for service in services:
            serves = serves_service(service, is_auto)
            Reconcile(self.account, cluster, server, "Service", service, serves).run()
        controllers = {one["metadata"]["name"]: one["spec"].get("controller")
                       for one in server.items(INGRESS_CLASSES)}  # fmt: skip
        for ingress in server.items(INGRESSES):
            serves = serves_ingress(ingress, controllers, is_auto)
            Reconcile(self.account, cluster, server, "Ingress", ingress, serves).run()


def serves_service(service, is_auto):
    """By its class, which the controller's webhook gives, or its type."""
    spec = service["spec"]
    wanted = spec.get("loadBalancerClass")
    kind = service["metadata"].get("annotations", {}).get(PREFIXES["Service"] + "type")
    if spec.get("type") != "LoadBalancer":
        return False
    if is_auto:
        return wanted == AUTO_CLASS
    return wanted == CLASS or not wanted and kind in ("external", "nlb-ip")


def serves_ingress(ingress, controllers, is_auto):
    name = ingress["spec"].get("ingressClassName")
    if not name:
        old = ingress["metadata"].get("annotations", {}).get(OLD_CLASS)
        return old == "alb" and not is_auto
    return controllers.get(name) == ("eks.amazonaws.com/alb" if is_auto else "ingress.k8s.aws/alb")


def give_name(server, service):
    """What stages_load_balancer.yaml does without us."""
    meta, spec = service["metadata"], service["spec"]
    told = service.get("status", {}).get("loadBalancer", {}).get("ingress")
    if spec.get("type") == "LoadBalancer" and not (
        meta.get("deletionTimestamp") or told or spec.get("loadBalancerClass")
    ):
        hostname = f"{meta['name']}.{meta['namespace']}.lb.invalid"
        server.merge(f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status",
                     {"status": {"loadBalancer": {"ingress": [{"hostname": hostname}]}}})  # fmt: skip
