"""One Service or Ingress brought to what it wants: a load balancer in the account with its tags,
listeners, target groups and targets, as the AWS Load Balancer Controller makes them, or EKS Auto
Mode's own.
"""

import hashlib
import json
import re

import balancing
from corrections import tags_of

ROLES = {"internal": "kubernetes.io/role/internal-elb", "internet-facing": "kubernetes.io/role/elb"}
PREFIXES = {"Service": "service.beta.kubernetes.io/aws-load-balancer-",
            "Ingress": "alb.ingress.kubernetes.io/"}  # fmt: skip


def has_finalizer(item, finalizer):
    return finalizer in item["metadata"].get("finalizers", [])


class Reconcile:
    """kind: "Service" or "Ingress"; serves: it is this controller's, unless it is leaving."""

    def __init__(self, account, cluster, server, kind, item, serves):
        self.account, self.cluster, self.server = account, cluster, server
        self.kind, self.item, self.meta = kind, item, item["metadata"]
        self.region = cluster.region
        self.elb = balancing.elb_of(account, cluster.region)
        self.is_auto = bool(cluster.body.get("computeConfig", {}).get("enabled"))
        self.wanted = serves and not self.meta.get("deletionTimestamp")
        self.stack = f"{self.meta['namespace']}/{self.meta['name']}"
        self.finalizer = self.tag("resources")

    # --- names ----------------------------------------------------------------------
    def tag(self, name):
        domain = "eks.amazonaws.com" if self.is_auto else "k8s.aws"
        return f"{self.kind.lower()}.{domain}/{name}"

    def tags(self, resource):
        cluster_tag = "eks:eks-cluster-name" if self.is_auto else "elbv2.k8s.aws/cluster"
        given = self.annotation("additional-resource-tags" if self.kind == "Service" else "tags")
        pairs = (piece.split("=", 1) for piece in given.split(",") if "=" in piece)
        return {**{key.strip(): value.strip() for key, value in pairs},
                cluster_tag: self.cluster.id, self.tag("stack"): self.stack,
                self.tag("resource"): resource}  # fmt: skip

    def annotation(self, name, default=""):
        return self.meta.get("annotations", {}).get(PREFIXES[self.kind] + name, default)

    def name(self, *more):
        """k8s-<8 of the namespace>-<8 of the name>-<10 digits>."""
        text = "/".join([self.cluster.id, self.stack, self.meta["uid"], *more])
        letters = [re.sub("[^a-z0-9]", "", self.meta[key].lower())[:8]
                   for key in ("namespace", "name")]  # fmt: skip
        return f"k8s-{letters[0]}-{letters[1]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def path(self, kind="", name=""):
        kind, name = kind or self.kind, name or self.meta["name"]
        group = "/api/v1" if kind == "Service" else "/apis/networking.k8s.io/v1"
        plural = "services" if kind == "Service" else "ingresses"
        return f"{group}/namespaces/{self.meta['namespace']}/{plural}/{name}"

    # --- all of it --------------------------------------------------------------------
    def run(self):
        if not self.wanted:
            if has_finalizer(self.item, self.finalizer):
                self.remove()
            return
        if not has_finalizer(self.item, self.finalizer):
            self.set_finalizers([*self.meta.get("finalizers", []), self.finalizer])
        groups, listeners = self.plan()
        with self.account.lock:
            balancer = self.balancer() or self.make_balancer()
            if balancer:
                made = {group["name"]: self.bring_group(group, balancer) for group in groups}
                self.bring_listeners(balancer, listeners, made)
                self.drop_groups(set(made))
        if balancer:
            self.tell(balancer.dns_name)

    def set_finalizers(self, finalizers):
        self.server.merge(self.path(), {"metadata": {"finalizers": finalizers}})

    def tell(self, hostname):
        told = self.item.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
        if told[0].get("hostname") != hostname:
            self.server.merge(self.path() + "/status",
                              {"status": {"loadBalancer": {"ingress": [{"hostname": hostname}]}}})  # fmt: skip

    # --- what is wanted ---------------------------------------------------------------
    def plan(self):
        """(target groups, listeners: (port, protocol, names of groups))"""
        if self.kind == "Service":
            groups = [self.plan_group(self.item, port, port.get("protocol", "TCP"))
                      for port in self.item["spec"]["ports"]]  # fmt: skip
            return groups, [(port["port"], port.get("protocol", "TCP"), [group["name"]])
                            for port, group in zip(self.item["spec"]["ports"], groups)]  # fmt: skip
        groups = {group["name"]: group for group in self.plan_backends()}
        usual = '[{"HTTPS": 443}]' if self.annotation("certificate-arn") else '[{"HTTP": 80}]'
        listen = json.loads(self.annotation("listen-ports") or usual)
        return list(groups.values()), [(port, protocol, list(groups))
                                       for one in listen for protocol, port in one.items()]  # fmt: skip

    def plan_backends(self):
        spec = self.item["spec"]
        backends = [spec["defaultBackend"]] if spec.get("defaultBackend") else []
        backends += [path["backend"] for rule in spec.get("rules") or []
                     for path in rule.get("http", {}).get("paths") or []]  # fmt: skip
        for backend in backends:
            wanted = backend["service"]["port"]
            service = self.server.request("GET", self.path("Service", backend["service"]["name"]))[1]
            for port in service.get("spec", {}).get("ports", []):
                if wanted.get("number") == port["port"] or wanted.get("name") == port.get("name", 0):
                    yield self.plan_group(service, port, "HTTP")

    def target_type(self):
        is_service = self.kind == "Service"
        by_ip = self.is_auto or is_service and self.annotation("type") == "nlb-ip"
        given = self.annotation("nlb-target-type" if is_service else "target-type")
        return "ip" if "ip" in (given or ("ip" if by_ip else "instance")) else "instance"

    def plan_group(self, service, port, protocol):
        resource = f"{service['metadata']['namespace']}/{service['metadata']['name']}:{port['port']}"
        kind = self.target_type()
        return {"name": self.name(resource, protocol, kind), "resource": resource, "kind": kind,
                "protocol": protocol, "port": port["port"],
                "targets": self.targets(service, port, kind)}  # fmt: skip

    def endpoints(self, service):
        """(address, ports by name, is ready) of the Service's pods."""
        meta = service["metadata"]
        slices = self.server.items(
            f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices"
            f"?labelSelector=kubernetes.io%2Fservice-name%3D{meta['name']}")  # fmt: skip
        return [(address, {port.get("name") or "": port.get("port") for port in one["ports"] or []},
                 end.get("conditions", {}).get("ready", True))
                for one in slices for end in one.get("endpoints") or []
                for address in end["addresses"]]  # fmt: skip

    def targets(self, service, port, kind):
        """id -> (port, zone or None, is ready)"""
        ends = self.endpoints(service)
        if kind == "ip":
            return {address: (ports.get(port.get("name") or "", port["port"]), None, is_ready)
                    for address, ports, is_ready in ends}  # fmt: skip
        ready, found = any(is_ready for _, _, is_ready in ends), {}
        for node in self.server.items("/api/v1/nodes"):
            provider = re.fullmatch("aws:///([^/]+)/(i-.+)", node["spec"].get("providerID", ""))
            if provider:
                found[provider[2]] = (port.get("nodePort") or port["port"], provider[1], ready)
        return found

    # --- the load balancer --------------------------------------------------------------
    def balancer(self):
        name = self.name()
        return next((one for one in self.elb.load_balancers.values() if one.name == name), None)

    def subnets(self, scheme):
        """One in each zone of the cluster's VPC, by the tags that tell their role."""
        zones, vpc_id = {}, self.cluster.body["resourcesVpcConfig"]["vpcId"]
        for by_id in self.account.ec2(self.region).subnets.values():
            for subnet in by_id.values():
                if subnet.vpc_id == vpc_id and ROLES[scheme] in tags_of(subnet):
                    zones.setdefault(subnet.availability_zone, subnet.id)
        return list(zones.values())

    def make_balancer(self):
        is_public = self.annotation("scheme") == "internet-facing"
        scheme = "internet-facing" if is_public else "internal"
        subnet_ids = self.subnets(scheme)
        if not subnet_ids:
            return None
        given = self.kind == "Ingress" and self.annotation("security-groups")
        groups = re.findall("[^ ,]+", given or "") or [self.make_security_group().id]
        kind = "network" if self.kind == "Service" else "application"
        made = balancing.add(self.account, self.region, self.name(), kind, scheme, subnet_ids,
                             groups, self.tags("LoadBalancer"))  # fmt: skip
        given = self.annotation("attributes" if self.kind == "Service" else "load-balancer-attributes")
        made.attrs.update(pair.split("=", 1) for pair in given.split(",") if "=" in pair)
        if self.annotation("cross-zone-load-balancing-enabled"):
            made.attrs["load_balancing.cross_zone.enabled"] = self.annotation(
                "cross-zone-load-balancing-enabled")  # fmt: skip
        return made

    def make_security_group(self):
        """The front security group of the controller."""
        ec2, vpc_id = self.account.ec2(self.region), self.cluster.body["resourcesVpcConfig"]["vpcId"]
        return ec2.get_security_group_from_name(self.name(), vpc_id) or ec2.create_security_group(
            self.name(), "[k8s] Managed SecurityGroup for LoadBalancer", vpc_id=vpc_id,
            tags=self.tags("ManagedLBSecurityGroup"))  # fmt: skip

    # --- groups and listeners ---------------------------------------------------------------
    def own_groups(self):
        return [one for one in self.elb.target_groups.values()
                if getattr(one, "made_for", None) == self.meta["uid"]]  # fmt: skip

    def bring_group(self, group, balancer):
        found = next((one for one in self.own_groups() if one.name == group["name"]), None)
        found = found or self.make_group(group)
        zones = sorted({subnet.availability_zone for subnet in balancer.subnets})
        wanted = group["targets"]
        found.unready = {name for name, (_, _, is_ready) in wanted.items() if not is_ready}
        for index, name in enumerate(sorted(wanted)):
            port, zone, _ = wanted[name]
            if name not in found.targets:
                found.targets[name] = {"Id": name, "Port": port,
                                       "AvailabilityZone": zone or zones[index % len(zones)]}  # fmt: skip
        for name in set(found.targets) - set(wanted):
            del found.targets[name]
        return found

    def make_group(self, group):
        made = self.elb.create_target_group(
            group["name"], vpc_id=self.cluster.body["resourcesVpcConfig"]["vpcId"],
            protocol=group["protocol"], port=str(group["port"]), target_type=group["kind"],
            healthcheck_protocol="HTTP" if group["protocol"] == "HTTP" else "TCP",
            healthcheck_port="traffic-port", healthcheck_interval_seconds=10,
            healthcheck_timeout_seconds=5 if group["protocol"] == "HTTP" else 10,
            healthy_threshold_count="3", unhealthy_threshold_count="3",
            healthcheck_enabled="true", tags=[])  # fmt: skip
        self.elb.tagging_service.tag_resource(made.arn, balancing.pairs(self.tags(group["resource"])))
        made.made_for = self.meta["uid"]
        made.fails = self.tags("").get("sandbox/fail", "")
        return made

    def bring_listeners(self, balancer, listeners, groups):
        wanted = {(str(port), protocol) for port, protocol, names in listeners if names}
        for one in list(balancer.listeners.values()):
            if (str(one.port), one.protocol) not in wanted:
                self.elb.delete_listener(one.arn)
        there = {str(one.port) for one in balancer.listeners.values()}
        for port, protocol, names in listeners:
            if str(port) not in there and names:
                policy = "ELBSecurityPolicy-2016-08" if protocol == "HTTPS" else ""
                made = self.elb.create_listener(
                    balancer.arn, protocol, port, policy, None,
                    [{"Type": "forward", "TargetGroupArn": groups[names[0]].arn, "Order": 1}])  # fmt: skip
                self.elb.tagging_service.tag_resource(
                    made.arn, balancing.pairs(self.tags(str(port))))  # fmt: skip

    # --- the end ----------------------------------------------------------------------------
    def drop_groups(self, kept=()):
        for group in self.own_groups():
            if group.name not in kept:
                del self.elb.target_groups[group.arn]

    def remove(self):
        with self.account.lock:
            balancer = self.balancer()
            if balancer:
                self.elb.delete_load_balancer(balancer.arn)
                balancing.drop_interfaces(self.account, self.region, balancer.arn)
            self.drop_groups()
            for groups in self.account.ec2(self.region).groups.values():
                for group_id in [one.id for one in groups.values() if one.name == self.name()]:
                    del groups[group_id]
        self.set_finalizers([one for one in self.meta.get("finalizers", [])
                             if one != self.finalizer])  # fmt: skip
