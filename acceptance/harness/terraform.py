"""The Terraform (or OpenTofu) program in a folder of its own."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

COMMAND_SECONDS = 300
INTERRUPT_SECONDS = 120
BOX = re.compile(r"[│╷╵]")


def program():
    for name in (os.environ.get("TF_CLI", ""), "terraform", "tofu"):
        if name and shutil.which(name):
            return shutil.which(name)
    raise SystemExit("Neither terraform nor tofu is on the PATH (or set TF_CLI).")


def flat(text):
    """Output without frames and line breaks, so that wrapped messages compare."""
    return re.sub(r"\s+", " ", BOX.sub(" ", text))


def children_of(pid):
    """Processes that any thread of it has started."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="utf-8") as file:
            found += [int(word) for word in file.read().split()]
    return found


class Terraform:
    """One working directory; every command keeps its output and a TRACE log."""

    def __init__(self, folder, plugin_folder):
        self.folder = folder
        self.log = os.path.join(folder, "trace.log")
        self.plan_file = os.path.join(folder, "plan.bin")
        self.rc, self.plugin_folder = os.path.join(folder, "cli.tfrc"), plugin_folder
        self.use_plugin(plugin_folder)
        self.env = dict(os.environ, TF_CLI_CONFIG_FILE=self.rc, TF_IN_AUTOMATION="1",
                        TF_LOG="TRACE", TF_LOG_PATH=self.log, CHECKPOINT_DISABLE="1")

    def use_plugin(self, folder):
        with open(self.rc, "w", encoding="utf-8") as file:
            file.write('provider_installation {\n  dev_overrides {\n'
                       f'    "multicluster/istio" = "{folder}"\n  }}\n  direct {{}}\n}}\n')

    def plugin_pidfile(self):
        """Puts the plugin behind a launcher that leaves its process id in this file."""
        folder = os.path.join(self.folder, "launcher")
        launcher, pidfile = os.path.join(folder, "terraform-provider-istio"), folder + ".pid"
        os.makedirs(folder, exist_ok=True)
        with open(launcher, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho $$ > {pidfile}.new\nmv {pidfile}.new {pidfile}\n'
                       f'exec {self.plugin_folder}/terraform-provider-istio "$@"\n')
        os.chmod(launcher, 0o755)
        self.use_plugin(folder)
        return pidfile

    def set(self, variables):
        """Variables of its environment; None = not set."""
        for name, value in variables.items():
            if value is None:
                self.env.pop(name, None)
            else:
                self.env[name] = value

    def configure(self, text):
        if "required_providers" not in text:
            text = ('terraform {\n  required_providers {\n    istio = {\n'
                    '      source = "multicluster/istio"\n    }\n  }\n}\n') + text
        with open(os.path.join(self.folder, "main.tf"), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments, timeout=COMMAND_SECONDS):
        """(status, output); output has both streams."""
        done = subprocess.run([program(), *arguments], cwd=self.folder, env=self.env, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def plan(self, *more):
        """(status, output, changes): changes is address -> list of actions."""
        status, output = self.run("plan", "-input=false", "-no-color", "-out=" + self.plan_file,
                                  *more)
        changes = {}
        if status == 0:
            shown, text = self.run("show", "-json", self.plan_file)
            if shown != 0:
                raise AssertionError(f"terraform show failed:\n{text}")
            document = json.loads(text[text.index("{"):])
            for change in document.get("resource_changes", []):
                actions = change["change"]["actions"]
                if actions not in (["no-op"], ["read"]):
                    changes[change["address"]] = actions
            for name, change in document.get("output_changes", {}).items():
                if change["actions"] != ["no-op"]:
                    changes["output." + name] = change["actions"]
        return status, output, changes

    def apply(self):
        return self.run("apply", "-input=false", "-no-color", self.plan_file)

    def interrupted_apply(self, name, is_due):
        """Signals as soon as is_due(): INT to the program, KILL to its plugins."""
        running = subprocess.Popen([program(), "apply", "-auto-approve", "-input=false",
                                    "-no-color"], cwd=self.folder, env=self.env, text=True,
                                   errors="replace", stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        end = time.monotonic() + INTERRUPT_SECONDS
        while not is_due() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        for pid in [running.pid] if name == "INT" else children_of(running.pid):
            os.kill(pid, signal.Signals["SIG" + name])
        output, _ = running.communicate(timeout=INTERRUPT_SECONDS)
        return running.returncode, output

    def apply_at_once(self):
        """Without looking at a plan first."""
        return self.run("apply", "-auto-approve", "-input=false", "-no-color")

    def destroy(self, seconds=None):
        return self.run("destroy", "-auto-approve", "-input=false", "-no-color",
                        timeout=seconds or COMMAND_SECONDS)

    def output(self, name):
        status, text = self.run("output", "-json", name)
        if status != 0:
            raise AssertionError(f"no output {name}:\n{text}")
        return json.loads(text)

    def state_addresses(self):
        status, text = self.run("state", "list")
        return text.split() if status == 0 else []

    def files(self):
        """What a secret must not be in: state and its backups, the plan as JSON, the log."""
        texts = {}
        for name in os.listdir(self.folder):
            if name.startswith("terraform.tfstate") or name == "trace.log":
                with open(os.path.join(self.folder, name), encoding="utf-8",
                          errors="replace") as file:
                    texts[name] = file.read()
        if os.path.exists(self.plan_file):
            texts["plan"] = self.run("show", "-json", self.plan_file)[1]
        return texts
