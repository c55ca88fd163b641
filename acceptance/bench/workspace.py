"""A Terraform working directory with the plugin installed from a mirror, and what
the plugin said and needed while a command ran."""
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools"))

import mirror  # noqa: E402  (the folder is put on the path above)
from terraform import program  # noqa: E402

SECONDS_MAX = 120  # of one command
PROVIDERS = ('terraform {\n  required_providers {\n'
             '    istio = { source = "multicluster/istio" }\n  }\n}\n')
# In the plugin's place: leaves its process id, and its log out of Terraform's way.
LAUNCHER = ('#!/bin/sh\necho $$ > "$BENCH_FOLDER/pid"\n'
            'TF_LOG_PROVIDER="$BENCH_LOG" exec "{binary}" 2>> "$BENCH_FOLDER/log"\n')


def make_mirror(folder, binary, watched):
    """The CLI configuration of a mirror with the plugin, or its launcher, in it."""
    place = os.path.join(folder, "mirror")
    plugin = mirror.put(binary, place)
    if watched:
        os.remove(plugin)
        with open(plugin, "w", encoding="utf-8") as file:
            file.write(LAUNCHER.format(binary=binary))
        os.chmod(plugin, 0o755)
    return mirror.cli_config(place, os.path.join(folder, "cli.tfrc"))


class Workspace:
    def __init__(self, folder, binary, watched=False):
        os.makedirs(folder)
        self.folder, self.log = folder, os.path.join(folder, "log")
        self.environment = dict(os.environ, TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1",
                                TF_CLI_CONFIG_FILE=make_mirror(folder, binary, watched),
                                BENCH_FOLDER=folder, BENCH_LOG="")
        for name in ("TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PATH"):
            self.environment.pop(name, None)

    def configure(self, text):
        with open(os.path.join(self.folder, "main.tf"), "w", encoding="utf-8") as file:
            file.write(text)
        locked = os.path.exists(os.path.join(self.folder, ".terraform.lock.hcl"))
        if PROVIDERS in text and not locked:
            self.run("init")

    def run(self, *arguments, log=""):
        """Wall time in seconds; `log` is the level of the plugin's own log."""
        for name in ("log", "pid"):
            if os.path.exists(os.path.join(self.folder, name)):
                os.remove(os.path.join(self.folder, name))
        command = [program(), arguments[0], "-input=false", "-no-color", *arguments[1:]]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, env=dict(self.environment, BENCH_LOG=log),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise OSError(f"terraform {arguments[0]} ended with {done.returncode}:\n"
                          + done.stdout[-3000:])
        return seconds

    def forget(self):
        for name in ("terraform.tfstate", "terraform.tfstate.backup", "plan.bin"):
            if os.path.exists(os.path.join(self.folder, name)):
                os.remove(os.path.join(self.folder, name))

    # exec starts the count of memory anew: what the launcher took does not show.
    def run_watched(self, *arguments, log=""):
        """Largest memory of the plugin in kB: {"VmHWM", "RssAnon"}."""
        peak, ended = {"VmHWM": 0, "RssAnon": 0}, threading.Event()
        watcher = threading.Thread(target=self.watch, args=(peak, ended))
        watcher.start()
        try:
            self.run(*arguments, log=log)
        finally:
            ended.set()
            watcher.join()
        return peak

    def watch(self, peak, ended):
        while not ended.wait(0.002):
            try:
                with open(os.path.join(self.folder, "pid"), encoding="ascii") as file:
                    pid = int(file.read())
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    found = dict(re.findall(r"(VmHWM|RssAnon):\s+(\d+)", file.read()))
            except (OSError, ValueError):
                continue
            for name, value in found.items():
                peak[name] = max(peak[name], int(value))

    def requests(self):
        """What the plugin sent in the last run, from its log."""
        found = []
        with open(self.log, encoding="utf-8") as file:
            events = [json.loads(line) for line in file if line.startswith("{")]
        for event in events:
            if event["@module"] == "provider.http" and event["@message"] in ("request", "attempt"):
                found.append(Request(event))
        return found

    def call_ms(self, method):
        """How long the calls of an RPC took together."""
        with open(self.log, encoding="utf-8") as file:
            events = [json.loads(line) for line in file if '"call done"' in line]
        return sum(float(e["ms"]) for e in events if e["method"].endswith("/" + method))


class Request:
    """A line of the log: a request that was begun, or an attempt that is over."""

    def __init__(self, event):
        at = datetime.datetime.fromisoformat(event["@timestamp"].replace("Z", "+00:00"))
        self.method, self.url = event["method"], event["url"]
        self.over = event["@message"] == "attempt"
        self.end = at.timestamp() * 1e3
        self.begin = self.end - (float(event["took_ms"]) if self.over else 0)


def window_ms(requests):
    """From the begin of the first to the end of the last."""
    return max(r.end for r in requests) - min(r.begin for r in requests)
