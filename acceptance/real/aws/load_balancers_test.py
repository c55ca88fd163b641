"""Checks of the controller's stand-in, of its webhook and of faults, with an API server that is
a few objects in memory. aws_test.py runs these too.
"""

import json

import aws_test
import reconcile
import webhook

UID = "5d1c0f5e-0000-4000-8000-000000000001"
ALB = "alb.ingress.kubernetes.io/"
ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"


class FakeServer:
    """What Reconcile asks of an API server."""

    def __init__(self, slices):
        self.slices, self.nodes, self.services, self.merged = slices, [], {}, []

    def items(self, path):
        if path == "/api/v1/nodes":
            return self.nodes
        return self.slices if path.startswith(SLICES) else []

    def request(self, _method, path):
        found = self.services.get(path)
        return (200, found) if found else (404, {})

    def merge(self, path, body):
        self.merged.append((path, body))
        return 200


def service(leaving=False, finalizers=()):
    meta = {"name": "cart", "namespace": "shop", "uid": UID, "finalizers": list(finalizers),
            "annotations": {ANNOTATION + "type": "external", ANNOTATION + "nlb-target-type": "ip",
                            ANNOTATION + "scheme": "internet-facing"}}  # fmt: skip
    if leaving:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"metadata": meta, "spec": {"type": "LoadBalancer", "ports": [
        {"name": "http", "port": 80, "protocol": "TCP"}]}}  # fmt: skip


def ingress(ports, leaving=False, finalizers=()):
    meta = {"name": "shop-ingress", "namespace": "shop", "uid": UID, "finalizers": list(finalizers),
            "annotations": {ALB + "scheme": "internet-facing", ALB + "target-type": "instance",
                            ALB + "listen-ports": json.dumps(ports), ALB + "tags": "Team=shop"}}  # fmt: skip
    if leaving:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    backend = {"service": {"name": "cart", "port": {"number": 80}}}
    return {"metadata": meta, "spec": {"ingressClassName": "alb", "rules": [
        {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}}  # fmt: skip


class LoadBalancersTest(aws_test.AccountTest):
    def reconcile(self, cluster, server, item):
        kind = "Service" if item["spec"].get("type") else "Ingress"
        reconcile.Reconcile(self.front.account, cluster, server, kind, item, True).run()

    def make_mesh(self):
        cluster = self.make_cluster()
        for number, subnet in enumerate(cluster.body["resourcesVpcConfig"]["subnetIds"]):
            self.ec2("CreateTags", **{"ResourceId.1": subnet, "Tag.1.Key": "kubernetes.io/role/elb",
                                      "Tag.1.Value": str(number)})  # fmt: skip
        slices = [{"ports": [{"name": "http", "port": 8080}], "endpoints": [
            {"addresses": ["10.1.0.9"], "conditions": {"ready": True}},
            {"addresses": ["10.1.1.9"], "conditions": {"ready": False}}]}]  # fmt: skip
        return cluster, FakeServer(slices)

    def elb(self, action, **parameters):
        return self.query("elasticloadbalancing", action, Version="2015-12-01", **parameters)

    def test_a_service_gets_a_load_balancer_and_loses_it(self):
        cluster, server = self.make_mesh()
        self.reconcile(cluster, server, service())
        text = self.elb("DescribeLoadBalancers")
        hostname = aws_test.between(text, "DNSName")
        self.assertRegex(hostname, r"^k8s-shop-cart-\w+-\w+\.elb\.eu-west-1\..+\.localhost$")
        self.assertEqual(server.merged[-1][1]["status"]["loadBalancer"]["ingress"],
                         [{"hostname": hostname}])  # fmt: skip
        tags = self.elb("DescribeTags", **{"ResourceArns.member.1": aws_test.between(
            text, "LoadBalancerArn")})  # fmt: skip
        for tag in ("elbv2.k8s.aws/cluster", "service.k8s.aws/stack", "service.k8s.aws/resource"):
            self.assertIn(f"<Key>{tag}</Key>", tags)
        with self.refused("DependencyViolation"):
            self.ec2("DeleteSubnet", SubnetId=cluster.body["resourcesVpcConfig"]["subnetIds"][0])
        self.reconcile(cluster, server, service(True, ["service.k8s.aws/resources"]))
        left = [line for line in self.inventory() if "load-balancer" in line or "target" in line]
        self.assertEqual((left, server.merged[-1][1]["metadata"]["finalizers"]), ([], []))

    def make_backend(self, server):
        """A node, and a Service of node ports."""
        server.nodes = [{"spec": {"providerID": "aws:///eu-west-1a/i-0123456789abcdef0"}}]
        server.services["/api/v1/namespaces/shop/services/cart"] = {
            "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"ports": [{"name": "http", "port": 80, "nodePort": 30080}]}}  # fmt: skip

    def test_an_ingress_gets_an_application_load_balancer_and_loses_it(self):
        cluster, server = self.make_mesh()
        self.make_backend(server)
        self.reconcile(cluster, server, ingress([{"HTTP": 80}, {"HTTPS": 443}]))
        text = self.elb("DescribeLoadBalancers")
        arn = aws_test.between(text, "LoadBalancerArn")
        self.assertRegex(arn, r":loadbalancer/app/k8s-shop-shopingr-[0-9a-f]{10}/")
        hostname = aws_test.between(text, "DNSName")
        self.assertRegex(hostname, r"^k8s-shop-.+\.eu-west-1\.elb\..+\.localhost$")
        self.assertEqual(server.merged[0][1]["metadata"]["finalizers"], ["ingress.k8s.aws/resources"])
        self.assertEqual(server.merged[-1][1]["status"]["loadBalancer"]["ingress"],
                         [{"hostname": hostname}])  # fmt: skip
        tags = self.elb("DescribeTags", **{"ResourceArns.member.1": arn})
        for tag in ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack", "ingress.k8s.aws/resource",
                    "Team"):  # fmt: skip
            self.assertIn(f"<Key>{tag}</Key>", tags)
        groups = self.elb("DescribeTargetGroups")
        self.assertEqual(aws_test.between(groups, "TargetType"), "instance")
        health = self.elb("DescribeTargetHealth",
                          TargetGroupArn=aws_test.between(groups, "TargetGroupArn"))  # fmt: skip
        self.assertEqual((aws_test.between(health, "Id"), aws_test.between(health, "Port"),
                          aws_test.between(health, "State")),
                         ("i-0123456789abcdef0", "30080", "initial"))  # fmt: skip
        self.assertEqual(self.listened(arn), {"80 HTTP", "443 HTTPS"})
        self.reconcile(cluster, server, ingress([{"HTTP": 8080}, {"HTTPS": 443}]))
        self.assertEqual(self.listened(arn), {"8080 HTTP", "443 HTTPS"})
        self.reconcile(cluster, server, ingress([{"HTTP": 80}], True, ["ingress.k8s.aws/resources"]))
        left = [line for line in self.inventory() if "load-balancer" in line or "target" in line]
        self.assertEqual((left, server.merged[-1][1]["metadata"]["finalizers"]), ([], []))

    def listened(self, arn):
        """"port protocol" of each listener."""
        text = self.elb("DescribeListeners", LoadBalancerArn=arn)
        return {f"{aws_test.between(piece, 'Port')} {aws_test.between(piece, 'Protocol')}"
                for piece in text.split("<ListenerArn>")[1:]}  # fmt: skip

    def test_targets_take_their_time(self):
        cluster, server = self.make_mesh()
        self.reconcile(cluster, server, service())
        arn = aws_test.between(self.elb("DescribeTargetGroups"), "TargetGroupArn")
        states = [[piece.partition("<")[0] for piece in self.elb(
            "DescribeTargetHealth", TargetGroupArn=arn).split("<State>")[1:]] for _ in range(3)]  # fmt: skip
        self.assertEqual(states, [["initial"] * 2, ["initial"] * 2, ["healthy", "unhealthy"]])
        self.reconcile(cluster, server, service())
        self.assertEqual(self.elb("DescribeTargetGroups").count("<TargetGroupArn>"), 1)

    def test_its_webhook_gives_a_class_to_services_that_say_nothing(self):
        def patched(**spec):
            item = {"metadata": {}, "spec": {"type": "LoadBalancer", **spec}}
            body = {"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview",
                    "request": {"uid": "u", "object": item}}  # fmt: skip
            response = webhook.review("/mutate-v1-service?timeout=10s", body)["response"]
            self.assertTrue(response["allowed"])
            return "patch" in response

        self.assertTrue(patched())
        self.assertFalse(patched(type="ClusterIP"))
        self.assertFalse(patched(loadBalancerClass="example.com/other"))

    def test_faults(self):
        faults = self.front.faults
        faults.add(json.dumps({"fault": "429", "match": "DescribeVpcs", "count": 1}))
        with self.refused("RequestLimitExceeded"):
            self.ec2("DescribeVpcs")
        self.ec2("DescribeVpcs")
        faults.add(json.dumps({"fault": "cut-after", "match": "CreateVpc", "first": 2}))
        request = aws_test.signed(self.key, "ec2", "POST", "/",
                                  b"Action=CreateVpc&Version=2016-11-15&CidrBlock=10.1.0.0%2F16",
                                  headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
        self.assertEqual([self.front.serve(request) is None for _ in range(2)], [False, True])
        self.assertEqual(sum(" vpc " in line for line in self.inventory()), 2)
        self.assertEqual(faults.log()[:2], ["POST ec2.eu-west-1/DescribeVpcs 503",
                                            "POST ec2.eu-west-1/DescribeVpcs 200"])  # fmt: skip
        with self.assertRaisesRegex(ValueError, "unknown fault"):
            faults.add(json.dumps({"fault": "flood"}))
