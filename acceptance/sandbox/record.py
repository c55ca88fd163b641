"""Records what a server answers to the requests in testdata/*.requests.

    record.py OUT_FOLDER < environment of ISTIO_ACC_URL_1 or ISTIO_ACC_KUBECONFIG_1, ISTIO_ACC_TOKEN_1,
                           ISTIO_ACC_NOBODY_TOKEN_1

A .requests file has one request a line: METHOD PATH [j|m|y|p] [BODY]; j is JSON, m a merge patch,
y an apply patch, p a JSON patch; "wait SECONDS" waits, "as nobody" and "as admin" change who asks.
Answers go to OUT_FOLDER/NAME.answers, one line each: STATUS BODY, with what differs between two runs
(uids, versions, times, addresses, tokens) replaced by its name. Recorded from a real server into
testdata/, they are what sandbox_test.c expects.
"""

import json
import os
import pathlib
import re
import ssl
import sys
import time
import urllib.error
import urllib.request

TYPES = {
    "j": "application/json",
    "m": "application/merge-patch+json",
    "y": "application/apply-patch+yaml",
    "p": "application/json-patch+json",
}
VOLATILE = {
    "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "time", "token", "ca.crt", "expirationTimestamp",
    "lastTransitionTime", "lastUpdateTime", "clusterIP", "nodePort", "startTime", "completionTime",
    "kubernetes.io/service-account.uid", "batch.kubernetes.io/controller-uid", "controller-uid", "continue",
}  # fmt: skip


def normal(value, key=""):
    if key in VOLATILE and value not in (None, {}, "", "None"):
        return key
    if key == "clusterIPs":
        return [key]
    if isinstance(value, dict):
        return {k: normal(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [normal(v) for v in value]
    if isinstance(value, str):
        value = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uid", value)
        value = re.sub(r'(ReplicaSet \"[a-z]+-)[0-9a-z]+', r"\1hash", value)
    return value


def ask(url, token, method, path, kind, body):
    headers = {"Authorization": "Bearer " + token, "User-Agent": "curl/1"}
    if kind:
        headers["Content-Type"] = TYPES[kind]
    request = urllib.request.Request(url + path, method=method, headers=headers, data=body.encode() if body else None)
    context = ssl._create_unverified_context()  # loopback, and nothing secret is sent
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.dumps(normal(json.loads(text)), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return status, json.dumps(text)


def main(out):
    url = os.environ.get("ISTIO_ACC_URL_1")
    if not url:
        url = re.search(r"server: (\S+)", open(os.environ["ISTIO_ACC_KUBECONFIG_1"]).read())[1]
    here = pathlib.Path(__file__).resolve().parent / "testdata"
    only = sys.argv[2:]
    for case in sorted(here.glob("*.requests")):
        if only and case.stem not in only:
            continue
        token, lines = os.environ["ISTIO_ACC_TOKEN_1"], []
        for line in case.read_text().splitlines():
            words = line.split(" ", 3)
            if not line or line.startswith("#"):
                continue
            if words[0] == "wait":
                time.sleep(float(words[1]))
                continue
            if words[0] == "as":
                token = os.environ["ISTIO_ACC_NOBODY_TOKEN_1" if words[1] == "nobody" else "ISTIO_ACC_TOKEN_1"]
                continue
            method, path, kind, body = words + [""] * (4 - len(words))
            status, text = ask(url, token, method, path, kind, body)
            lines.append(f"{status} {text}\n")
        (pathlib.Path(out) / f"{case.stem}.answers").write_text("".join(lines))


main(sys.argv[1])
