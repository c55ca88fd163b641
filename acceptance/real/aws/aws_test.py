#!/usr/bin/env python3
"""Checks of the account of front.py, without API servers: signatures, tokens, the rules that
moto lacks. Runs itself with the Python that build.sh makes.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import time
import types
import unittest
import urllib.parse

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
BUILT = subprocess.run([HERE / "build.sh"], check=True, stdout=subprocess.PIPE, text=True)
PYTHON = BUILT.stdout.splitlines()[-1]
if sys.executable != PYTHON:
    os.execv(PYTHON, [PYTHON, str(HERE / "aws_test.py"), *sys.argv[1:]])

sys.path.insert(0, str(HERE))
import authenticator  # noqa: E402
import signature  # noqa: E402
from botocore.auth import SigV4Auth, SigV4QueryAuth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from front import Front  # noqa: E402
from wire import Request  # noqa: E402

HOST = "127.0.0.1:1"
REGION = "eu-west-1"
VPC = {"CidrBlock": "10.1.0.0/16"}


class Refused(Exception):
    pass


def signed(key, service, method, target, body=b"", region=REGION, headers=()):
    """A request as botocore's signer makes it."""
    made = AWSRequest(method, f"https://{HOST}{target}", data=body, headers=dict(headers))
    SigV4Auth(Credentials(*key), service, region).add_auth(made)
    sent = {name.lower(): value for name, value in made.headers.items()}
    return Request(method, target, {**sent, "host": HOST}, body)


def token_of(key, cluster, region=REGION, expires=60):
    url = f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    made = AWSRequest("GET", url, headers={"x-k8s-aws-id": cluster})
    SigV4QueryAuth(Credentials(*key), "sts", region, expires=expires).add_auth(made)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(made.url.encode()).decode().rstrip("=")


class AccountTest(unittest.TestCase):
    front = None  # one for all: moto's state belongs to the process

    @classmethod
    def setUpClass(cls):
        AccountTest.front = AccountTest.front or Front(pathlib.Path("/nonexistent"))

    def setUp(self):
        self.front.reset()
        self.key = (self.front.account.key_id, self.front.account.secret)

    # --- asking -----------------------------------------------------------------------
    def send(self, service, method, target, body=b"", region=REGION, key=None):
        """The text of the answer; Refused with code when there is none."""
        content = "application/json" if service == "eks" else "application/x-www-form-urlencoded"
        reply = self.front.serve(signed(key or self.key, service, method, target, body, region,
                                        {"content-type": content}))  # fmt: skip
        text = reply.body.decode()
        if reply.status >= 300:
            code = dict(reply.headers).get("x-amzn-ErrorType") or between(text, "Code")
            raise Refused(code)
        return text

    def query(self, service, action, region=REGION, key=None, **parameters):
        form = urllib.parse.urlencode({"Action": action, **parameters})
        return self.send(service, "POST", "/", form.encode(), region, key)

    def ec2(self, action, region=REGION, **parameters):
        return self.query("ec2", action, region, Version="2016-11-15", **parameters)

    def iam(self, action, **parameters):
        return self.query("iam", action, "us-east-1", Version="2010-05-08", **parameters)

    def eks(self, method, target, body=None):
        text = self.send("eks", method, target, json.dumps(body).encode() if body else b"")
        return json.loads(text)

    def make(self, action, element, region=REGION, **parameters):
        return between(self.ec2(action, region, **parameters), element)

    def refused(self, code):
        return self.assertRaisesRegex(Refused, f"^{code}$")

    def inventory(self):
        return self.front.inventory()

    # --- making ---------------------------------------------------------------------------
    def make_role(self, name, principal, action="sts:AssumeRole"):
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": action}]}  # fmt: skip
        text = self.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return between(text, "Arn")

    def make_cluster(self, name="mesh", **more):
        """Active, without an API server."""
        vpc = self.make("CreateVpc", "vpcId", **VPC)
        subnets = [self.make("CreateSubnet", "subnetId", VpcId=vpc, CidrBlock=f"10.1.{n}.0/24",
                             AvailabilityZone=REGION + zone) for n, zone in enumerate("ab")]  # fmt: skip
        role = self.make_role("cluster", {"Service": "eks.amazonaws.com"})
        self.eks("POST", "/clusters", {"name": name, "roleArn": role,
                                       "resourcesVpcConfig": {"subnetIds": subnets},
                                       "accessConfig": {"authenticationMode": "API"}, **more})  # fmt: skip
        cluster = self.front.eks.find("cluster", REGION, name)
        self.assertEqual(cluster.status, "CREATING")
        cluster.due_at, cluster.status = None, "ACTIVE"
        return cluster


class FrontTest(AccountTest):
    # --- signatures ---------------------------------------------------------------------
    def test_services_refuse_a_flipped_bit(self):
        cases = (("ec2", "AuthFailure"), ("sts", "SignatureDoesNotMatch"),
                 ("eks", "InvalidSignatureException"))  # fmt: skip
        for service, code in cases:
            for part in ("signature", "body", "path", "header"):
                request = signed(self.key, service, "POST", "/a%2Fb", b"Action=X", headers={
                    "x-amz-meaning": "one"})  # fmt: skip
                if part == "signature":
                    last = request.headers["authorization"][-1]
                    flipped = format(int(last, 16) ^ 1, "x")
                    request.headers["authorization"] = request.headers["authorization"][:-1] + flipped
                elif part == "body":
                    request.body = b"Action=Y"
                elif part == "path":
                    request.path = "/a/b"
                else:
                    request.headers["x-amz-meaning"] = "two"
                with self.subTest(service=service, part=part):
                    self.assertIn(code.encode(), self.front.serve(request).body)

    def test_other_refusals_of_signatures(self):
        with self.refused("InvalidClientTokenId"):
            self.query("sts", "GetCallerIdentity", key=("AKIANOBODY", "secret"))
        with self.refused("UnrecognizedClientException"):
            self.send("eks", "GET", "/clusters", key=(*self.key, "a session token"))
        old = signed(self.key, "ec2", "POST", "/", b"Action=DescribeVpcs")
        old.headers["x-amz-date"] = "20260101T000000Z"
        self.assertIn(b"AuthFailure", self.front.serve(old).body)
        bare = Request("POST", "/", {"host": HOST}, b"Action=GetCallerIdentity")
        self.assertIn(b"MissingAuthenticationToken", self.front.serve(bare).body)

    def test_known_signature(self):
        """The vector of an access entry's ARN in a path, computed elsewhere."""
        path = "/clusters/eks-1/access-entries/" + urllib.parse.quote(
            "arn:aws:iam::111122223333:role/mesh/admin", safe="")  # fmt: skip
        headers = {"host": "eks.eu-west-1.amazonaws.com", "x-amz-date": "20260115T120000Z",
                   "x-amz-security-token": "FakeSessionToken//Not+Real=="}  # fmt: skip
        canonical = signature.canonical_request("GET", path, "", headers, ";".join(headers),
                                                signature.EMPTY_HASH)  # fmt: skip
        made = signature.sign("wOrKeDeXaMpLe/NotARealSecretKey+0123456789", "20260115T120000Z",
                              "20260115/eu-west-1/eks", canonical)  # fmt: skip
        self.assertEqual(made, "e3e462662977d1c35ee73efbe5892dd3098a899635a98ce06962c16538c6a92b")

    def test_presigned_request(self):
        token = token_of(self.key, "x")
        url = urllib.parse.urlsplit(base64.urlsafe_b64decode(token[11:] + "==").decode())
        headers = {"host": f"sts.{REGION}.amazonaws.com", "x-k8s-aws-id": "x"}
        reply = self.front.serve(Request("GET", f"/?{url.query}", headers, b""))
        self.assertIn(b"user/stand-in", reply.body)
        headers["x-k8s-aws-id"] = "y"
        self.assertIn(b"SignatureDoesNotMatch",
                      self.front.serve(Request("GET", f"/?{url.query}", headers, b"")).body)  # fmt: skip

    # --- roles --------------------------------------------------------------------------
    def session(self, role):
        text = self.query("sts", "AssumeRole", Version="2011-06-15", RoleArn=role,
                          RoleSessionName="me")  # fmt: skip
        return [between(text, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]

    def test_roles_are_assumed_when_they_allow_it(self):
        with self.refused("AccessDenied"):
            self.session("arn:aws:iam::111122223333:role/nobody")
        closed = self.make_role("closed", {"Service": "ec2.amazonaws.com"}, "sts:TagSession")
        with self.refused("AccessDenied"):
            self.session(closed)
        key = self.session(self.make_role("open", {"AWS": "*"}))
        self.assertIn("assumed-role/open/me", self.query("sts", "GetCallerIdentity", key=key))
        with self.refused("InvalidClientTokenId"):
            self.query("sts", "GetCallerIdentity", key=key[:2])

    def test_policies_that_are_attached_stay(self):
        self.make_role("r", {"Service": "ec2.amazonaws.com"})
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip
        arn = between(self.iam("CreatePolicy", PolicyName="p",
                               PolicyDocument=json.dumps(document)), "Arn")  # fmt: skip
        self.iam("AttachRolePolicy", RoleName="r", PolicyArn=arn)
        with self.refused("DeleteConflict"):
            self.iam("DeletePolicy", PolicyArn=arn)
        self.iam("AttachRolePolicy", RoleName="r",
                 PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")  # fmt: skip
        self.iam("DetachRolePolicy", RoleName="r", PolicyArn=arn)
        self.iam("DeletePolicy", PolicyArn=arn)
        self.assertEqual(self.inventory(), ["- role r"])

    # --- networks -------------------------------------------------------------------------
    def make_network(self):
        vpc = self.make("CreateVpc", "vpcId", **VPC)
        subnet = self.make("CreateSubnet", "subnetId", VpcId=vpc, CidrBlock="10.1.0.0/24")
        gateway = self.make("CreateInternetGateway", "internetGatewayId")
        self.ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
        return vpc, subnet, gateway

    def nat_state(self, nat):
        return between(self.ec2("DescribeNatGateways", **{"NatGatewayId.1": nat}), "state")

    def test_what_blocks_a_delete(self):
        vpc, subnet, gateway = self.make_network()
        address = self.make("AllocateAddress", "allocationId", Domain="vpc")
        nat = self.make("CreateNatGateway", "natGatewayId", SubnetId=subnet, AllocationId=address)
        self.assertEqual([self.nat_state(nat) for _ in range(2)], ["pending", "available"])
        blocked = (("DeleteSubnet", {"SubnetId": subnet}, "DependencyViolation"),
                   ("DeleteVpc", {"VpcId": vpc}, "DependencyViolation"),
                   ("DetachInternetGateway", {"InternetGatewayId": gateway, "VpcId": vpc},
                    "DependencyViolation"),
                   ("ReleaseAddress", {"AllocationId": address}, "InvalidIPAddress.InUse"))  # fmt: skip
        for action, parameters, code in blocked:
            with self.subTest(action=action), self.refused(code):
                self.ec2(action, **parameters)
        self.ec2("DeleteNatGateway", NatGatewayId=nat)
        self.assertEqual([self.nat_state(nat) for _ in range(2)], ["deleting", "deleted"])
        for action in ("ReleaseAddress", "DetachInternetGateway", "DeleteSubnet"):
            self.ec2(action, **next(parameters for name, parameters, _ in blocked if name == action))
        self.ec2("DeleteInternetGateway", InternetGatewayId=gateway)
        self.ec2("DeleteVpc", VpcId=vpc)
        self.assertEqual(self.inventory(), [])

    def test_groups_in_use_stay(self):
        vpc = self.make("CreateVpc", "vpcId", **VPC)
        one, two = (self.make("CreateSecurityGroup", "groupId", GroupName=name, VpcId=vpc,
                              GroupDescription=name) for name in ("one", "two"))  # fmt: skip
        self.ec2("AuthorizeSecurityGroupIngress", GroupId=one, **{
            "IpPermissions.1.IpProtocol": "tcp", "IpPermissions.1.FromPort": 1,
            "IpPermissions.1.ToPort": 2, "IpPermissions.1.Groups.1.GroupId": two})  # fmt: skip
        with self.refused("DependencyViolation"):
            self.ec2("DeleteSecurityGroup", GroupId=two)
        for group in (one, two):
            self.ec2("DeleteSecurityGroup", GroupId=group)

    def test_unknown_ids(self):
        cases = (("DescribeNatGateways", "NatGatewayId.1", "nat-0", "NatGatewayNotFound"),
                 ("DeleteNatGateway", "NatGatewayId", "nat-0", "NatGatewayNotFound"),
                 ("DescribeVpcs", "VpcId.1", "vpc-0", "InvalidVpcID.NotFound"),
                 ("DescribeVpcPeeringConnections", "VpcPeeringConnectionId.1", "pcx-0",
                  "InvalidVpcPeeringConnectionID.NotFound"),
                 ("DescribeLaunchTemplates", "LaunchTemplateId.1", "lt-0",
                  "InvalidLaunchTemplateId.NotFound"))  # fmt: skip
        for action, name, value, code in cases:
            with self.subTest(action=action), self.refused(code):
                self.ec2(action, **{name: value})
        with self.refused("InvalidAction"):
            self.ec2("DescribeNothing")

    def test_tokens_of_clients(self):
        _, subnet, _ = self.make_network()
        address = self.make("AllocateAddress", "allocationId", Domain="vpc")
        wanted = {"SubnetId": subnet, "AllocationId": address, "ClientToken": "t"}
        made = {self.make("CreateNatGateway", "natGatewayId", **wanted) for _ in range(2)}
        self.assertEqual(len(made), 1)
        with self.refused("IdempotentParameterMismatch"):
            self.ec2("CreateNatGateway", **wanted, ConnectivityType="public")

    def test_filters_by_tag(self):
        _, subnet, _ = self.make_network()
        address = self.make("AllocateAddress", "allocationId", Domain="vpc")
        self.ec2("CreateNatGateway", SubnetId=subnet, AllocationId=address, **{
            "TagSpecification.1.ResourceType": "natgateway", "TagSpecification.1.Tag.1.Key": "k",
            "TagSpecification.1.Tag.1.Value": "v"})  # fmt: skip
        for value, count in (("v", 1), ("w", 0)):
            text = self.ec2("DescribeNatGateways", **{"Filter.1.Name": "tag:k",
                                                      "Filter.1.Value.1": value})  # fmt: skip
            self.assertEqual(text.count("<natGatewayId>"), count)

    def test_ipv6_of_a_network(self):
        vpc = self.make("CreateVpc", "vpcId", **VPC, AmazonProvidedIpv6CidrBlock="true")
        whole = between(self.ec2("DescribeVpcs", **{"VpcId.1": vpc}), "ipv6CidrBlock")
        self.assertRegex(whole, r"::/56$")
        subnet = self.make("CreateSubnet", "subnetId", VpcId=vpc, CidrBlock="10.1.0.0/24",
                           Ipv6CidrBlock=whole.replace("/56", "/64"))  # fmt: skip
        text = self.ec2("DescribeSubnets", **{"SubnetId.1": subnet})
        self.assertIn("<ipv6CidrBlockState><state>associated</state>", text)
        tag = "TagSpecification.1.Tag.1."
        gateway = self.make("CreateEgressOnlyInternetGateway", "egressOnlyInternetGatewayId",
                            VpcId=vpc, **{tag + "Key": "k", tag + "Value": "v",
                            "TagSpecification.1.ResourceType": "egress-only-internet-gateway"})  # fmt: skip
        for value, count in (("v", 1), ("w", 0)):
            text = self.ec2("DescribeEgressOnlyInternetGateways",
                            **{"Filter.1.Name": "tag:k", "Filter.1.Value.1": value})  # fmt: skip
            self.assertEqual(text.count("<egressOnlyInternetGatewayId>"), count)
        self.ec2("DeleteSubnet", SubnetId=subnet)
        with self.refused("DependencyViolation"):
            self.ec2("DeleteVpc", VpcId=vpc)
        self.ec2("DeleteEgressOnlyInternetGateway", EgressOnlyInternetGatewayId=gateway)
        self.ec2("DeleteVpc", VpcId=vpc)
        self.assertEqual(self.inventory(), [])

    def test_addresses_have_a_quota(self):
        for _ in range(5):
            self.ec2("AllocateAddress", Domain="vpc")
        with self.refused("AddressLimitExceeded"):
            self.ec2("AllocateAddress", Domain="vpc")

    def test_peering(self):
        here = self.make("CreateVpc", "vpcId", **VPC)
        same = self.make("CreateVpc", "vpcId", **VPC)
        there = self.make("CreateVpc", "vpcId", "us-west-2", CidrBlock="10.2.0.0/16")
        states = {}
        for peer, region in ((same, REGION), (there, "us-west-2")):
            made = self.make("CreateVpcPeeringConnection", "vpcPeeringConnectionId", VpcId=here,
                             PeerVpcId=peer, PeerRegion=region)  # fmt: skip
            states[made] = [between(self.ec2("DescribeVpcPeeringConnections", **{
                "VpcPeeringConnectionId.1": made}), "code") for _ in range(2)]  # fmt: skip
        self.assertEqual(list(states.values()), [["initiating-request", "failed"],
                                                 ["initiating-request", "pending-acceptance"]])  # fmt: skip
        with self.refused("OperationNotPermitted"):
            self.ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=made)
        self.ec2("AcceptVpcPeeringConnection", "us-west-2", VpcPeeringConnectionId=made)
        with self.refused("DependencyViolation"):
            self.ec2("DeleteVpc", VpcId=here)

    # --- EKS ------------------------------------------------------------------------------
    def who(self, token, cluster):
        answer = authenticator.review({"spec": {"token": token}}, cluster, self.front.eks,
                                      self.front.account, self.front.verifier)  # fmt: skip
        status = answer["status"]
        return status["user"] if status["authenticated"] else status["error"]

    def test_tokens_let_in_whom_entries_name(self):
        cluster = self.make_cluster()
        user = self.who(token_of(self.key, "mesh"), cluster)
        self.assertEqual(user["username"], "arn:aws:iam::111122223333:user/stand-in")
        self.assertEqual(user["groups"], ["system:masters"])
        role = self.make_role("guest", {"AWS": "*"})
        token = token_of(self.session(role), "mesh")
        self.assertIn("no access entry", self.who(token, cluster))
        self.eks("POST", "/clusters/mesh/access-entries",
                 {"principalArn": role, "kubernetesGroups": ["readers"]})  # fmt: skip
        user = self.who(token, cluster)
        self.assertEqual((user["username"], user["groups"]),
                         ("arn:aws:sts::111122223333:assumed-role/guest/me", ["readers"]))  # fmt: skip

    def test_tokens_that_are_refused(self):
        cluster = self.make_cluster()
        good = token_of(self.key, "mesh")
        url = base64.urlsafe_b64decode(good[11:] + "==").decode()

        def again(text):
            return "k8s-aws-v1." + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

        flipped = url[:-1] + format(int(url[-1], 16) ^ 1, "x")
        cases = {
            "another cluster": (token_of(self.key, "other"), "signature does not match"),
            "another secret": (token_of((self.key[0], "x"), "mesh"), "signature does not match"),
            "unknown key": (token_of(("AKIANOBODY", "x"), "mesh"), "no such key"),
            "a flipped bit": (again(flipped), "signature does not match"),
            "another region": (token_of(self.key, "mesh", "us-west-2"), "not a URL of STS"),
            "another host": (again(url.replace("sts.", "evil.", 1)), "not a URL of STS"),
            "another action": (again(url.replace("GetCallerIdentity", "AssumeRole")), "Action is"),
            "a parameter twice": (again(url + "&Action=GetCallerIdentity"), "parameters are"),
            "one parameter more": (again(url + "&X=1"), "parameters are"),
            "too long a life": (token_of(self.key, "mesh", expires=3600), "bad date or life"),
            "no prefix": (good[11:], "not a token"),
            "no base64": ("k8s-aws-v1.*", "not base64url"),
        }
        for name, (token, why) in cases.items():
            with self.subTest(name):
                self.assertIn(why, self.who(token, cluster))
        now = time.time()
        later = types.SimpleNamespace(time=lambda: now + 15 * 60 + 1)
        authenticator.time, real = later, authenticator.time
        self.addCleanup(setattr, authenticator, "time", real)
        self.assertIn("it is from", self.who(good, cluster))

    def test_clusters_and_what_belongs_to_them(self):
        cluster = self.make_cluster(tags={"a": "b"})
        described = self.eks("GET", "/clusters/mesh")["cluster"]
        self.assertRegex(described["identity"]["oidc"]["issuer"], "^https://oidc.eks.eu-west-1.+")
        self.assertEqual(described["tags"], {"a": "b"})
        group = described["resourcesVpcConfig"]["clusterSecurityGroupId"]
        with self.refused("DependencyViolation"):
            self.ec2("DeleteSecurityGroup", GroupId=group)
        self.eks("POST", "/clusters/mesh/addons", {"addonName": "vpc-cni"})
        with self.refused("ResourceInUseException"):
            self.eks("POST", "/clusters/mesh/addons", {"addonName": "vpc-cni"})
        with self.refused("InvalidParameterException"):
            self.eks("POST", "/clusters/mesh/updates", {"version": "1.31"})
        with self.refused("InvalidParameterException"):
            self.eks("POST", "/clusters/mesh/addons", {"addonName": "coredns", "resolve": "NONE"})
        update = self.eks("POST", "/clusters/mesh/updates", {"version": "1.34"})["update"]
        self.assertEqual((update["status"], cluster.status), ("InProgress", "UPDATING"))
        with self.refused("ResourceInUseException"):
            self.eks("DELETE", "/clusters/mesh")
        with self.refused("ResourceNotFoundException"):
            self.eks("GET", "/clusters/none")

    def test_a_cluster_leaves_nothing(self):
        cluster = self.make_cluster()
        before = len(self.inventory())
        self.eks("DELETE", "/clusters/mesh")
        cluster.due_at = 0
        left = self.inventory()
        kinds = ("cluster", "access-entry", "network-interface", "security-group")
        self.assertEqual([line for line in left if line.split()[1] in kinds], [])
        self.assertLess(len(left), before)


def between(text, element):
    """What stands in the first element of that name."""
    return text.partition(f"<{element}>")[2].partition(f"</{element}>")[0]


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.discover(str(HERE), "*_test.py")
    result = unittest.TextTestRunner().run(tests)
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
