"""One case, step by step; what every case demands without saying so:

- after an apply the next plan is empty (unless "then changes" is expected);
- at the end destroy succeeds and no object of the provider's is left;
- state, plan and TRACE log hold no secret: no private key and no token that any
  Secret on the clusters or of Secrets Manager held at any step, none of the tokens that were given,
  and nothing that the case planted;
- with an AWS account, it holds what it held before, and neither its keys nor a signature
  or a token that was made with them shows.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import case as case_format
from account import REGION, Account, Refused
from cluster import Cluster, field
from istiod import Istiod
from terraform import Terraform, flat

ACCEPTANCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HELM = os.path.join(ACCEPTANCE, "yardstick", "helm")
FAILED_DESTROY_SECONDS = 60
IN_TIME_SECONDS = 20
SIGNED = re.compile(r"k8s-aws-v1\.[A-Za-z0-9_-]{20}|Signature=[0-9a-f]{64}")
SECRET_KEY = re.compile(r"key\.pem$|^tls\.key$|^token$|^private|^password$|secret", re.I)


def indent(text):
    return text.strip().replace("\n", "\n    ")


def secret_words(data):
    """What of a decoded Secret value would give it away: tokens and key lines."""
    if "PRIVATE KEY" in data:
        lines = [line for line in data.splitlines() if len(line) == 64 and "-" not in line]
        return lines[1:4]
    tokens = re.findall(r"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}", data)
    return tokens


def chart_words(env):
    """Where the stand-in charts are, plain and with TLS."""
    if "ISTIO_ACC_CHARTS" not in env:
        return {}
    plain, tls = env["ISTIO_ACC_CHARTS"], env["ISTIO_ACC_CHARTS_TLS"]
    with open(env["ISTIO_ACC_CHARTS_CA"], encoding="utf-8") as file:
        ca_pem = file.read()
    return {"chartfolder": os.path.join(ACCEPTANCE, "charts"), "charts": plain + "/charts", "registry": plain.replace("http", "oci") + "/charts",
            "chartserver": plain, "chartshost": plain.partition("://")[2],
            "chartstls": tls, "chartstlshost": tls.partition("://")[2],
            "chartsca": indent(ca_pem)}


def aws_words(account):
    return {} if account is None else {
        "awskey": account.key[0], "awssecret": account.key[1], "awsurl": account.url,
        "awsregion": REGION}


class CaseRun:
    def __init__(self, path, env, build, keep):
        self.path, self.keep = path, keep
        self.folder = tempfile.mkdtemp(prefix="istio-case-")
        self.ns = "acc-" + uuid.uuid4().hex[:8]
        self.account = Account(env) if "ISTIO_ACC_AWS_TOKEN" in env else None
        self.clusters, words = [], {"ns": self.ns, "folder": self.folder, "helm": HELM,
                                    **chart_words(env), **aws_words(self.account)}
        for n in ("1", "2"):
            cluster = Cluster(env["ISTIO_ACC_KUBECONFIG_" + n], env["ISTIO_ACC_TOKEN_" + n])
            self.clusters.append(cluster)
            words.update({"kubeconfig" + n: cluster.kubeconfig, "host" + n: cluster.host,
                          "ca" + n: indent(cluster.ca_pem), "token" + n: cluster.token,
                          "bundle" + n: base64.b64encode(cluster.ca_pem.encode()).decode(),
                          "nobody" + n: env["ISTIO_ACC_NOBODY_TOKEN_" + n]})
        self.steps = case_format.read(path, words)
        self.terraform = Terraform(self.folder, build)
        self.secrets, self.state_may_hold_secrets = set(), False
        self.configured_text = ""
        self.given = [words[w] for w in ("token1", "token2", "nobody1", "nobody2", "awskey",
                                         "awssecret") if w in words]
        self.inventory_before, self.called, self.istiod = None, {}, None

    # --- the run ---------------------------------------------------------------
    def run(self):
        """None, or what went wrong."""
        before = [cluster.ours() for cluster in self.clusters]
        problem = None
        try:
            for step in self.steps:
                self.execute(step)
            self.scan()
        except (AssertionError, subprocess.TimeoutExpired) as wrong:
            problem = f"{self.path}: {step}\n{wrong}"
        problem = self.clean_up(before, problem)
        if problem and self.keep:
            return f"{problem}\nkept: {self.folder}"
        shutil.rmtree(self.folder, ignore_errors=True)
        return problem

    def execute(self, step):
        method = getattr(self, "step_" + step.name.replace("-", "_"))
        method(step)
        self.collect_secrets()

    def clean_up(self, before, problem):
        if self.istiod:
            self.istiod.end()
        if self.terraform.state_addresses():
            status, output = self.final_destroy(FAILED_DESTROY_SECONDS if problem else None)
            if status != 0:
                problem = (problem or self.path) + "\nfinal destroy failed:\n" + output
        for n, cluster in enumerate(self.clusters):
            left = sorted(set(cluster.ours()) - set(before[n]))
            if left and not problem:
                problem = f"{self.path}: left behind on cluster {n + 1}: {left}"
            cluster.delete("/api/v1/namespaces/" + self.ns)
        return problem or self.left_in_account()

    def final_destroy(self, seconds):
        """What went wrong before is told soon, also when a destroy would wait for long."""
        try:
            return self.terraform.destroy(seconds)
        except subprocess.TimeoutExpired:
            return 1, "it took too long"

    def left_in_account(self):
        if self.inventory_before is None:
            return None
        self.account.control("DELETE", "faults")
        try:
            self.step_aws_nothing(None)
        except AssertionError as wrong:
            return f"{self.path}: {wrong}"
        return None

    # --- secrets -----------------------------------------------------------------
    def collect_secrets(self):
        clusters = self.account.clusters() if self.inventory_before is not None else []
        for cluster in self.clusters + clusters:
            for secret in cluster.secrets():
                for key, encoded in (secret.get("data") or {}).items():
                    data = base64.b64decode(encoded).decode("utf-8", "replace")
                    if SECRET_KEY.search(key) or "PRIVATE KEY" in data or "token:" in data:
                        self.secrets.update(secret_words(data))
        if self.inventory_before is not None:
            self.secrets.update(self.account.key_secrets())
            for value in self.account.secret_values():
                self.secrets.update(secret_words(value))

    def scan(self):
        written = {word for word in self.given if word in self.configured_text}
        words = (self.secrets | set(self.given)) - written
        words |= {urllib.parse.quote(word, safe="") for word in words}
        for name, text in self.terraform.files().items():
            if self.state_may_hold_secrets and name != "trace.log":
                continue
            for word in words:
                if word in text:
                    raise AssertionError(f"{name} holds a secret: {word[:12]}…")
            if signed := SIGNED.search(text):
                raise AssertionError(f"{name} holds a signature: {signed.group()[:24]}…")

    def step_secret(self, step):
        self.secrets.add(step.arguments)

    def step_state_may_hold_secrets(self, _step):
        self.state_may_hold_secrets = True

    # --- terraform ---------------------------------------------------------------
    def step_config(self, step):
        self.configured_text += step.body
        self.terraform.configure(step.body)

    def step_example(self, step):
        source = os.path.join(os.path.dirname(ACCEPTANCE), "examples", step.arguments)
        shutil.copytree(source, self.folder, dirs_exist_ok=True)
        with open(os.path.join(self.folder, "terraform.tfvars"), "w", encoding="utf-8") as file:
            file.write(step.body)

    def step_plan(self, step, *more):
        expect = Expectation(step.lines())
        status, output, changes = self.terraform.plan(*more)
        expect.check_text(status, output)
        if status == 0:
            expect.check_changes(changes, output)
        return expect, status

    def step_apply(self, step, *more):
        expect = Expectation(step.lines())
        status, output, changes = self.terraform.plan(*more)
        if status == 0:
            expect.check_changes(changes, output)
            applied, text = self.terraform.apply()
            status, output = applied, output + text
        expect.check_text(status, output)
        if status == 0 and not expect.changes_follow and not more:
            again, text, left = self.terraform.plan()
            if again != 0 or left:
                raise AssertionError(f"the plan after the apply is not empty: {left}\n{text}")

    def step_apply_target(self, step):
        self.step_apply(step, *("-target=" + address for address in step.arguments.split()))

    def step_interrupt(self, step):
        name, number, path = step.arguments.split(None, 2)
        if number == "aws":
            status, output = self.interrupt_at_request(name, path)
        else:
            cluster = self.cluster(number)
            status, output = self.terraform.interrupted_apply(name, lambda: cluster.get(path))
        Expectation(step.lines() + ["any warning"]).check_text(status, output)

    def interrupt_at_request(self, name, request):
        self.account.control("DELETE", "requests")
        if name != "KILL":
            return self.terraform.interrupted_apply(
                name, lambda: request in self.account.control("GET", "requests"))
        self.account.control("POST", "kill", {"pidfile": self.terraform.plugin_pidfile(), "at": 1,
                                              "match": request})
        try:
            return self.terraform.apply_at_once()
        finally:
            self.account.control("DELETE", "faults")

    def step_validate(self, step):
        expect = Expectation(step.lines())
        expect.check_text(*self.terraform.run("validate", "-no-color"))

    def step_import(self, step):
        address, _, identity = step.arguments.partition(" ")
        expect = Expectation(step.lines())
        expect.check_text(*self.terraform.run("import", "-input=false", "-no-color", address,
                                              self.filled(identity)))

    def step_destroy(self, step):
        Expectation(step.lines()).check_text(*self.terraform.destroy())

    def step_forget(self, step):
        status, output = self.terraform.run("state", "rm", *step.arguments.split())
        if status != 0:
            raise AssertionError(output)

    def step_output(self, step):
        check_value(step.arguments, self.terraform.output(step.arguments), step.lines()[0])

    def step_needs_helm(self, _step):
        """Looked at by the runner, before the case starts."""

    def step_environment(self, step):
        name, _, value = step.arguments.partition(" ")
        self.terraform.set({name: value or None})

    def step_clock(self, step):
        self.terraform.env["ISTIO_TEST_CLOCK"] = step.arguments

    # --- AWS ---------------------------------------------------------------------
    def step_needs_aws(self, _step):
        self.inventory_before = self.account.inventory()
        self.terraform.set(self.account.environment(self.folder))

    def step_istiod(self, _step):
        self.istiod = Istiod(self.account)
        self.istiod.start()

    def filled(self, text):
        """With what it names as ${NAME.FIELD}: outputs, and what an answer of AWS was called."""
        def value(match):
            name = match[1]
            whole = self.called[name] if name in self.called else self.terraform.output(name)
            found = field(whole, match[2].lstrip("."))
            return found if isinstance(found, str) else json.dumps(found)
        return re.sub(r"\$\{([\w-]+)([^}]*)\}", value, text)

    def step_aws(self, step):
        region, service, operation = self.filled(step.arguments).split(" ", 2)
        body, parameters = self.filled(step.body).strip(), {}
        if body.startswith("{"):
            parameters, end = json.JSONDecoder().raw_decode(body)
            body = body[end:]
        lines = case_format.lines_of(body)
        wanted = [line[6:] for line in lines if line.startswith("error ")]
        try:
            answer = self.account.call(region, service, operation, parameters)
        except Refused as refused:
            if wanted != [refused.code]:
                raise
            return
        if wanted:
            raise AssertionError(f"it was not refused: {answer}")
        for line in [line for line in lines if line.startswith("call it ")]:
            self.called[line[8:]] = answer
            lines.remove(line)
        if "in time" in lines:
            lines.remove("in time")
            answer = self.answer_in_time((region, service, operation, parameters), lines)
        check_fields(answer, lines)

    def answer_in_time(self, call, lines):
        """The first of which the lines hold, or the last that there was time for."""
        end = time.monotonic() + IN_TIME_SECONDS
        while True:
            answer = self.account.call(*call)
            if time.monotonic() > end or holds(answer, lines):
                return answer
            time.sleep(0.1)

    def step_aws_inventory(self, step):
        lines = self.account.inventory()
        for wanted in step.lines():
            count, regex = self.filled(wanted).split(" ", 1)
            if sum(re.search(regex, line) is not None for line in lines) != int(count):
                raise AssertionError(f"not {count} of {regex} among " + "; ".join(lines))

    def step_aws_nothing(self, _step):
        left = sorted(set(self.account.inventory()) - set(self.inventory_before))
        if left:
            raise AssertionError("left behind in the account: " + "; ".join(left))

    def step_aws_fault(self, step):
        if step.body.strip():
            self.account.control("POST", "faults", json.loads(self.filled(step.body)))
        else:
            self.account.control("DELETE", "faults")

    # --- clusters ----------------------------------------------------------------
    def cluster(self, name):
        """1, 2, or of the account."""
        return self.clusters[int(name) - 1] if name in ("1", "2") else self.account.cluster(name)

    def target(self, step):
        name, _, path = step.arguments.partition(" ")
        return self.cluster(name), path.strip()

    def step_put(self, step):
        cluster, path = self.target(step)
        body = step.body
        if body.startswith("<"):
            name = os.path.join(os.path.dirname(self.path), body[1:].strip())
            with open(name, encoding="utf-8") as file:
                body = file.read()
        cluster.put(path, body)

    def step_patch(self, step):
        cluster, path = self.target(step)
        cluster.patch(path, step.body)

    def step_apply_as(self, step):
        manager, number, path = step.arguments.split()
        self.cluster(number).apply(path, step.body, manager)

    def step_status(self, step):
        cluster, path = self.target(step)
        cluster.patch(path + "/status", step.body)

    def step_delete(self, step):
        cluster, path = self.target(step)
        cluster.delete(path)
        if re.fullmatch("/api/v1/namespaces/[^/]+", path):
            cluster.await_gone(path)

    def step_object(self, step):
        cluster, path = self.target(step)
        found = cluster.get(path)
        if step.lines() == ["absent"]:
            if found is not None:
                raise AssertionError(f"{path} exists")
            return
        if found is None:
            raise AssertionError(f"{path} does not exist")
        check_fields(found, step.lines())

    def step_save(self, step):
        number, path, name, target = step.arguments.split()
        found = self.cluster(number).get(path)
        value = field(found, name) if found else None
        if value is None:
            raise AssertionError(f"no {name} in {path}")
        with open(os.path.join(self.folder, target), "w", encoding="utf-8") as file:
            file.write(value)

    def step_shell(self, step):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", step.body], cwd=self.folder,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout)


class Expectation:
    def __init__(self, lines):
        self.errors, self.warnings, self.actions, self.shows = [], [], {}, []
        self.counts = None
        self.changes_follow = self.any_warning = False
        for line in lines:
            self.read(line)

    def read(self, line):
        word, _, rest = line.partition(" ")
        if word == "error":
            self.errors.append(rest)
        elif line == "any warning":
            self.any_warning = True
        elif word == "warning":
            self.warnings.append(rest)
        elif word == "shows":
            self.shows.append(rest)
        elif line == "then changes":
            self.changes_follow = True
        elif line == "empty":
            self.counts = (0, 0, 0)
        elif word in ("create", "update", "delete"):
            self.actions[rest] = [word]
        elif word == "replace":
            self.actions[rest] = "replace"
        elif match := re.fullmatch(r"add (\d+) change (\d+) destroy (\d+)", line):
            self.counts = tuple(int(count) for count in match.groups())
        else:
            raise ValueError(f"not an expectation: {line}")

    def check_text(self, status, output):
        text = flat(output)
        for wanted in self.errors + self.warnings + self.shows:
            if flat(wanted) not in text:
                raise AssertionError(f"the output lacks: {wanted}\n{output}")
        if bool(self.errors) != (status != 0):
            raise AssertionError(f"status {status}, expected errors {self.errors}\n{output}")
        if "Warning:" in text.replace("Warning: Provider development overrides", "").replace(
                "Warning: Resource targeting", "").replace("Warning: Applied changes may be",
                                                           "") and not (self.warnings or self.any_warning):
            raise AssertionError(f"an unexpected warning:\n{output}")

    def check_changes(self, changes, output):
        resources = {address: actions for address, actions in changes.items()
                     if not address.startswith("output.")}
        for address, wanted in self.actions.items():
            got = resources.get(address)
            if wanted == "replace" and got and set(got) == {"create", "delete"}:
                continue
            if got != wanted:
                raise AssertionError(f"{address}: planned {got}, expected {wanted}\n{output}")
        if self.counts is not None:
            counted = tuple(sum(action in actions for actions in resources.values())
                            for action in ("create", "update", "delete"))
            if counted != self.counts:
                raise AssertionError(f"planned add/change/destroy {counted}, expected"
                                     f" {self.counts}\n{output}")


def holds(found, lines):
    try:
        check_fields(found, lines)
    except AssertionError:
        return False
    return True


def check_fields(found, lines):
    for line in lines:
        name, rest = re.fullmatch(r"(\S+) (=.*|~.*|absent)", line).groups()
        check_value(name, field(found, name), rest)


def check_value(name, value, line):
    operator, _, wanted = line.partition(" ")
    if operator == "absent" and value is None:
        return
    if operator == "=" and value == json.loads(wanted):
        return
    if operator == "~" and value is not None and re.search(wanted, value if isinstance(
            value, str) else json.dumps(value), re.S):
        return
    raise AssertionError(f"{name} is {json.dumps(value)[:2000]}, expected {line}")
