"""What controllers of a cloud do on the API servers of the pair.

A server that is a cluster of EKS has the AWS Load Balancer Controller, once a Deployment labelled
app.kubernetes.io/name=aws-load-balancer-controller is available there: Services of type
LoadBalancer get network load balancers in the account. On the other servers Services get a name,
as stages.yaml would give them one.
"""

import hashlib
import re
import sys
import threading
import time
import traceback

import balancing
from webhook import CLASS, is_available

PERIOD_SECONDS = 0.25
FINALIZER = "service.k8s.aws/resources"
PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
ROLES = {"internal": "kubernetes.io/role/internal-elb", "internet-facing": "kubernetes.io/role/elb"}


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
        services = [one for one in server.items("/api/v1/services")
                    if one["spec"].get("type") == "LoadBalancer" or has_finalizer(one)]  # fmt: skip
        with self.account.lock:
            cluster = self.eks().cluster_on(server.name)
        if not cluster:
            for service in services:
                give_name(server, service)
        elif services and is_available(server):
            for service in services:
                if is_ours(service):
                    Reconcile(self.account, cluster, server, service).run()


def path_of(service):
    meta = service["metadata"]
    return f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}"


def has_finalizer(service):
    return FINALIZER in service["metadata"].get("finalizers", [])


def is_leaving(service):
    return bool(service["metadata"].get("deletionTimestamp"))


def hostname_of(service):
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return ingress[0].get("hostname")


def give_name(server, service):
    """What stages_load_balancer.yaml does without us."""
    meta = service["metadata"]
    if not (is_leaving(service) or hostname_of(service) or service["spec"].get("loadBalancerClass")):
        set_hostname(server, service, f"{meta['name']}.{meta['namespace']}.lb.invalid")


def set_hostname(server, service, hostname):
    server.merge(path_of(service) + "/status",
                 {"status": {"loadBalancer": {"ingress": [{"hostname": hostname}]}}})  # fmt: skip


def annotation(service, name, default=""):
    return service["metadata"].get("annotations", {}).get(PREFIX + name, default)


def is_ours(service):
    """By its class, which the controller's webhook gives, or its type."""
    wanted = service["spec"].get("loadBalancerClass")
    is_external = annotation(service, "type") in ("external", "nlb-ip")
    return has_finalizer(service) or wanted == CLASS or not wanted and is_external


def short_name(service, *more):
    """k8s-<8 of the namespace>-<8 of the name>-<10 digits>."""
    meta = service["metadata"]
    digest = hashlib.sha256("/".join([meta["uid"], *more]).encode()).hexdigest()[:10]
    letters = [re.sub("[^a-z0-9]", "", meta[name].lower())[:8] for name in ("namespace", "name")]
    return f"k8s-{letters[0]}-{letters[1]}-{digest}"


class Reconcile:
    """One Service brought to what it wants."""

    def __init__(self, account, cluster, server, service):
        self.account, self.cluster, self.server, self.service = account, cluster, server, service
        self.region = cluster.region
        self.elb = balancing.elb_of(account, cluster.region)
        meta = service["metadata"]
        self.tags = {
            "elbv2.k8s.aws/cluster": cluster.id,
            "service.k8s.aws/stack": f"{meta['namespace']}/{meta['name']}",
            "service.k8s.aws/resource": "LoadBalancer",
        }

    def run(self):
        if is_leaving(self.service) or self.service["spec"].get("type") != "LoadBalancer":
            if has_finalizer(self.service):
                self.remove()
            return
        if not has_finalizer(self.service):
            self.set_finalizers([*self.service["metadata"].get("finalizers", []), FINALIZER])
        endpoints = self.endpoints()
        with self.account.lock:
            balancer = self.balancer() or self.make_balancer()
            for port in self.service["spec"]["ports"] if balancer else ():
                self.bring_port(balancer, port, endpoints)
        if balancer and hostname_of(self.service) != balancer.dns_name:
            set_hostname(self.server, self.service, balancer.dns_name)

    def set_finalizers(self, finalizers):
        self.server.merge(path_of(self.service), {"metadata": {"finalizers": finalizers}})

    # --- the load balancer --------------------------------------------------------------
    def balancer(self):
        name = short_name(self.service)
        return next((one for one in self.elb.load_balancers.values() if one.name == name), None)

    def extra_tags(self):
        text = annotation(self.service, "additional-resource-tags")
        return dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)

    def subnets(self, scheme):
        """One in each zone of the cluster's VPC, by the tags that tell their role."""
        zones = {}
        vpc_id = self.cluster.body["resourcesVpcConfig"]["vpcId"]
        for by_id in self.account.ec2(self.region).subnets.values():
            for subnet in by_id.values():
                tags = balancing.corrections.tags_of(subnet)
                if subnet.vpc_id == vpc_id and ROLES[scheme] in tags:
                    zones.setdefault(subnet.availability_zone, subnet.id)
        return list(zones.values())

    def make_balancer(self):
        scheme = annotation(self.service, "scheme", "internal")
        subnet_ids, name = self.subnets(scheme), short_name(self.service)
        if not subnet_ids:
            return None
        group = self.make_group(name)
        made = balancing.add(self.account, self.region, name, "network", scheme, subnet_ids,
                             [group.id], {**self.tags, **self.extra_tags()})  # fmt: skip
        for pair in annotation(self.service, "attributes").split(","):
            if "=" in pair:
                made.attrs.update([pair.split("=", 1)])
        return made

    def make_group(self, name):
        """The front security group of the controller."""
        ec2 = self.account.ec2(self.region)
        vpc_id = self.cluster.body["resourcesVpcConfig"]["vpcId"]
        found = ec2.get_security_group_from_name(name, vpc_id)
        tags = {**self.tags, "service.k8s.aws/resource": "ManagedLBSecurityGroup"}
        return found or ec2.create_security_group(
            name, "[k8s] Managed SecurityGroup for LoadBalancer", vpc_id=vpc_id, tags=tags)  # fmt: skip

    # --- ports ----------------------------------------------------------------------------
    def endpoints(self):
        """(address, node's zone, is ready) of the Service's pods."""
        meta = self.service["metadata"]
        slices = self.server.items(
            f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices"
            f"?labelSelector=kubernetes.io%2Fservice-name%3D{meta['name']}")  # fmt: skip
        return [(address, ports_of(one), end.get("conditions", {}).get("ready", True))
                for one in slices for end in one.get("endpoints") or []
                for address in end["addresses"]]  # fmt: skip

    def bring_port(self, balancer, port, endpoints):
        group = self.group_of(port)
        if str(port["port"]) not in [str(one.port) for one in balancer.listeners.values()]:
            self.elb.create_listener(
                balancer.arn, port.get("protocol", "TCP"), port["port"], "", None,
                [{"Type": "forward", "TargetGroupArn": group.arn, "Order": 1}], tags=self.tag_pairs())  # fmt: skip
        self.set_targets(group, port, endpoints)

    def tag_pairs(self, resource=None):
        return balancing.pairs({**self.tags, **({"service.k8s.aws/resource": resource}
                                                if resource else {})})  # fmt: skip

    def group_of(self, port):
        name = short_name(self.service, str(port["port"]))
        found = next((one for one in self.elb.target_groups.values() if one.name == name), None)
        if found:
            return found
        meta = self.service["metadata"]
        resource = f"{meta['namespace']}/{meta['name']}:{port['port']}"
        made = self.elb.create_target_group(
            name, vpc_id=self.cluster.body["resourcesVpcConfig"]["vpcId"],
            protocol=port.get("protocol", "TCP"), port=str(port["port"]), target_type="ip",
            healthcheck_protocol="TCP", healthcheck_port="traffic-port",
            healthcheck_interval_seconds=10, healthcheck_timeout_seconds=10,
            healthy_threshold_count="3", unhealthy_threshold_count="3",
            healthcheck_enabled="true", tags=[])  # fmt: skip
        self.elb.tagging_service.tag_resource(made.arn, self.tag_pairs(resource))
        return made

    def set_targets(self, group, port, endpoints):
        zones = sorted({subnet.availability_zone for one in self.elb.load_balancers.values()
                        if one.name == short_name(self.service) for subnet in one.subnets})  # fmt: skip
        wanted = {address: (ports.get(port.get("name", "")), is_ready)
                  for address, ports, is_ready in endpoints}  # fmt: skip
        group.unready = {address for address, (_, is_ready) in wanted.items() if not is_ready}
        for index, (address, (number, _)) in enumerate(sorted(wanted.items())):
            if address not in group.targets:
                group.targets[address] = {"Id": address, "Port": number or port["port"],
                                          "AvailabilityZone": zones[index % len(zones)]}  # fmt: skip
        for address in set(group.targets) - set(wanted):
            del group.targets[address]

    # --- the end ----------------------------------------------------------------------------
    def remove(self):
        with self.account.lock:
            balancer = self.balancer()
            if balancer:
                self.elb.delete_load_balancer(balancer.arn)
                balancing.drop_interfaces(self.account, self.region, balancer.arn)
            names = {short_name(self.service, str(port["port"]))
                     for port in self.service["spec"]["ports"]}  # fmt: skip
            for arn, group in list(self.elb.target_groups.items()):
                if group.name in names:
                    del self.elb.target_groups[arn]
            self.remove_group()
        self.set_finalizers([one for one in self.service["metadata"].get("finalizers", [])
                             if one != FINALIZER])  # fmt: skip

    def remove_group(self):
        ec2, name = self.account.ec2(self.region), short_name(self.service)
        for groups in ec2.groups.values():
            for group_id in [one.id for one in groups.values() if one.name == name]:
                del groups[group_id]


def ports_of(endpoint_slice):
    return {port.get("name") or "": port.get("port") for port in endpoint_slice.get("ports") or []}
