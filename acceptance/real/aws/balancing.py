"""Elastic Load Balancing's rules that moto lacks: health that takes time, names that this
machine resolves, unknown ARNs, what goes and stays with a load balancer.
"""

import secrets

import corrections
from account import ACCOUNT_ID
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup
from wire import Refusal

LOOKS = 2  # how often a target is looked at before it has been checked
# Of Elastic Load Balancing itself, for aliases in Route 53.
ZONES = {
    "eu-central-1": ("Z3F0SRJ5LGBH90", "Z215JYRZR1TBD5"),
    "eu-west-1": ("Z2IFOLAFXWLO4F", "Z32O12XQLNTSW2"),
    "us-east-1": ("Z26RNL4JYFTOTI", "Z35SXDOTRQ7X7K"),
    "us-east-2": ("ZLMOA37VPKANP", "Z3AADJGX6KTTL2"),
    "us-west-2": ("Z18D5FSROUN65G", "Z1H1FL5HABSF5"),
}


def elb_of(account, region):
    return account.backend("elbv2", region)


# --- making one -----------------------------------------------------------------------------
def add(account, region, name, kind, scheme, subnet_ids, group_ids, tags):
    """A load balancer with its interfaces; kind is "network" or "application"."""
    elb, ec2 = elb_of(account, region), account.ec2(region)
    made = elb.create_load_balancer(name, group_ids, subnet_ids, scheme=scheme,
                                    loadbalancer_type=kind, tags=[])  # fmt: skip
    elb.load_balancers.pop(made.arn)
    is_network, number = kind == "network", secrets.token_hex(8)
    short = f"{'net' if is_network else 'app'}/{name}/{number}"
    made.arn = f"arn:aws:elasticloadbalancing:{region}:{ACCOUNT_ID}:loadbalancer/{short}"
    made.dns_name = dns_name(name, number, region, is_network, scheme)
    made.canonical_hosted_zone_id = ZONES.get(region, ("", ""))[0 if is_network else 1]
    elb.load_balancers[made.arn] = made
    elb.tagging_service.tag_resource(made.arn, pairs(tags))
    for subnet_id in subnet_ids:
        interface = ec2.create_network_interface(ec2.get_subnet(subnet_id), None,
                                                 group_ids=group_ids)  # fmt: skip
        corrections.give(interface, "network_load_balancer" if is_network else "interface",
                         f"ELB {short}", made.arn, scheme == "internet-facing")  # fmt: skip
    return made


def dns_name(name, number, region, is_network, scheme):
    """Names below .localhost are this machine's, whatever a name server says."""
    if is_network:
        return f"{name}-{number}.elb.{region}.amazonaws.com.localhost"
    prefix = "internal-" if scheme == "internal" else ""
    return f"{prefix}{name}-{number[:10]}.{region}.elb.amazonaws.com.localhost"


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def drop_interfaces(account, region, arn):
    enis = account.ec2(region).enis
    for interface in list(enis.values()):
        if interface.belongs_to == arn:
            enis.pop(interface.id)


# --- health ---------------------------------------------------------------------------------
moto_health_for = FakeTargetGroup.health_for


def health_for(group, target, ec2):
    """initial for some looks; then moto's, or unhealthy when its pod is not ready."""
    found = moto_health_for(group, target, ec2)
    found.zone = group.targets.get(target["Id"], {}).get("AvailabilityZone")
    if found.status != "healthy":
        return found
    looks = group.__dict__.setdefault("looks", {})
    looks[target["Id"]] = looks.get(target["Id"], 0) + 1
    if looks[target["Id"]] <= LOOKS:
        return status(found, "initial", "Elb.InitialHealthChecking",
                      "Initial health checks in progress")  # fmt: skip
    fails = getattr(group, "fails", "")
    if fails.startswith("Target."):
        return status(found, "unhealthy", fails, "It was to fail: the tag sandbox/fail says so.")
    if target["Id"] in group.__dict__.get("unready", ()):
        return status(found, "unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    return found


def status(found, state, reason, description):
    made = FakeHealthStatus(found.instance_id, found.port, found.health_check_port, state, reason,
                            description)  # fmt: skip
    made.zone = found.zone
    return made


def target_of(health):
    zone = getattr(health, "zone", None)
    return {"Id": health.instance_id, "Port": health.port,
            **({"AvailabilityZone": zone} if zone else {})}  # fmt: skip


FakeTargetGroup.health_for = health_for
FakeHealthStatus.target = property(target_of)


# --- refusals ---------------------------------------------------------------------------------
def describe_tags(rules, request):
    elb = elb_of(rules.account, request.region)
    for arn in request.listed("ResourceArns"):
        if ":loadbalancer/" in arn and arn not in elb.load_balancers:
            raise Refusal(400, "LoadBalancerNotFound", f"One or more load balancers not found: {arn}")
        if ":targetgroup/" in arn and arn not in elb.target_groups:
            raise Refusal(400, "TargetGroupNotFound", f"One or more target groups not found: {arn}")


def delete_load_balancer(rules, request):
    elb = elb_of(rules.account, request.region)
    balancer = elb.load_balancers.get(request.form.get("LoadBalancerArn"))
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise Refusal(400, "OperationNotPermitted", f"Load balancer '{balancer.arn}' cannot be"
                      " deleted because deletion protection is enabled")  # fmt: skip


def after_delete_load_balancer(rules, request, _answer):
    drop_interfaces(rules.account, request.region, request.form["LoadBalancerArn"])


RULES = {
    "DescribeTags": (describe_tags, None),
    "DeleteLoadBalancer": (delete_load_balancer, after_delete_load_balancer),
}


def inventory(account, region):
    elb = elb_of(account, region)
    return ([f"{region} load-balancer {arn}" for arn in elb.load_balancers]
            + [f"{region} target-group {arn}" for arn in elb.target_groups])  # fmt: skip
