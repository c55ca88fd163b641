"""Checks of the controller's stand-in, of its webhook and of faults, with an API server that is
a few objects in memory. aws_test.py runs these too.
"""

import json

import aws_test
import reconcile
import webhook

UID = "5d1c0f5e-0000-4000-8000-000000000001"
ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"


class FakeServer:
    """What Reconcile asks of an API server."""

    def __init__(self, slices):
        self.slices, self.merged = slices, []

    def items(self, path):
        return self.slices if path.startswith(SLICES) else []

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


class LoadBalancersTest(aws_test.AccountTest):
    def reconcile(self, cluster, server, item):
        reconcile.Reconcile(self.front.account, cluster, server, "Service", item, True).run()

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
