"""What there is in EKS: records by kind, region and id, with states that take time."""

import copy
import secrets
import time

from account import ACCOUNT_ID
from wire import Refusal

FAIL_TAG = "sandbox/fail"  # what carries it fails instead of becoming active, with its value
ARN_KINDS = {"pod-identity-association": "podidentityassociation", "access-entry": "access-entry"}


def refuse(status, code, message):
    raise Refusal(status, code + "Exception", message)


class Record:
    """body is what is answered; `extra` is only ours."""

    def __init__(self, kind, region, record_id, body, tags):
        self.kind, self.region, self.id = kind, region, record_id
        self.body, self.extra = body, {}
        if tags is not None:
            self.body["tags"] = dict(tags)
        self.due_at = self.then = None

    @property
    def status(self):
        return self.body.get("status")

    @status.setter
    def status(self, status):
        self.body["status"] = status

    def later(self, seconds, then):
        """Calls then(record) when so much time has gone by."""
        self.due_at, self.then = time.monotonic() + seconds, then

    def set_issue(self, code, message):
        issue = {"code": code, "message": message, "resourceIds": [self.id]}
        self.body["health"] = {"issues": [issue]}

    def fails(self, status):
        """Is it to fail by its tag? Then it has."""
        code = self.body.get("tags", {}).get(FAIL_TAG)
        if code:
            self.status = status
            self.set_issue(code, f"It was to fail: the tag {FAIL_TAG} says so.")
        return bool(code)

    def view(self):
        return copy.deepcopy(self.body)

    def shown_as(self, member):
        """An answer that is made when it is sent."""
        return lambda: {member: self.view()}


def arn(region, kind, *rest):
    return f"arn:aws:eks:{region}:{ACCOUNT_ID}:{ARN_KINDS.get(kind, kind)}/" + "/".join(rest)


def unique():
    return "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))


class Records:
    def __init__(self, account, servers):
        self.account, self.servers = account, servers
        self.records = []

    def add(self, kind, region, record_id, body, tags=None):
        record = Record(kind, region, record_id, body, tags)
        self.records.append(record)
        return record

    def remove(self, record):
        if record in self.records:
            self.records.remove(record)

    def ripen(self):
        for record in list(self.records):
            if record.due_at is not None and record.due_at <= time.monotonic():
                then, record.due_at = record.then, None
                then(record)

    def find(self, kind, region, record_id):
        return next((one for one in self.records
                     if (one.kind, one.region, one.id) == (kind, region, record_id)), None)  # fmt: skip

    def below(self, kind, cluster):
        return [one for one in self.records
                if (one.kind, one.region) == (kind, cluster.region)
                and one.extra.get("cluster") == cluster.id]  # fmt: skip

    def cluster(self, call):
        found = self.find("cluster", call.region, call.cluster_name)
        if not found:
            refuse(404, "ResourceNotFound", f"No cluster found for name: {call.cluster_name}.")
        return found

    def active_cluster(self, call):
        cluster = self.cluster(call)
        if cluster.status != "ACTIVE":
            refuse(409, "ResourceInUse", f"Cluster {cluster.id} is not ACTIVE but {cluster.status}.")
        return cluster

    def get(self, kind, call, name):
        cluster = self.cluster(call)
        found = self.find(kind, call.region, f"{cluster.id}/{name}")
        if not found:
            refuse(404, "ResourceNotFound", f"No {kind} found for name: {name}.")
        return found

    def add_below(self, kind, cluster, name, body, tags):
        record = self.add(kind, cluster.region, f"{cluster.id}/{name}", body, tags or {})
        record.extra["cluster"] = cluster.id
        return record

    def cluster_on(self, server_name):
        """The record of the cluster that has this API server; None = none has."""
        return next((one for one in self.records if one.kind == "cluster"
                     and one.extra.get("server") and one.extra["server"].name == server_name),
                    None)  # fmt: skip

    def release_all(self):
        for record in self.records:
            if record.kind == "cluster" and record.extra.get("server"):
                self.servers.give_back(record.extra.pop("server"))

    def inventory(self):
        self.ripen()
        kinds = ("cluster", "nodegroup", "addon", "access-entry", "pod-identity-association")
        return [f"{one.region} {one.kind} {one.id}" for one in self.records if one.kind in kinds]
