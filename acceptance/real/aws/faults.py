"""Requests that go wrong on purpose, and the record of all of them, as the sandbox has them
(sandbox/faults.h): POST /sandbox/faults, POST /sandbox/kill, /sandbox/requests.
"""

import json
import os
import signal
import threading
import time

from wire import PROTOCOLS, Answer, Refusal

HANG_SECONDS = 120
# (status, code) in the words of each protocol.
REFUSALS = {
    "429": {"ec2": (503, "RequestLimitExceeded"), "query": (400, "Throttling"),
            "json": (429, "ThrottlingException")},
    "500": {"ec2": (500, "InternalError"), "query": (500, "InternalFailure"),
            "json": (500, "ServerException")},
    "409": {"ec2": (400, "DependencyViolation"), "query": (409, "ConcurrentModification"),
            "json": (409, "ResourceInUseException")},
    "expired": {"ec2": (400, "RequestExpired"), "query": (403, "ExpiredToken"),
                "json": (403, "ExpiredTokenException")},
}  # fmt: skip
KINDS = {*REFUSALS, "cut", "cut-after", "slow", "garbage", "hang", "kill", "kill-after"}
GARBAGE = Answer(200, "text/xml", b"<Resp\x01 neither XML nor JSON")


class Fault:
    def __init__(self, kind, given):
        self.kind, self.match = kind, given.get("match", "")
        is_kill = kind.startswith("kill")
        self.first = given.get("at" if is_kill else "first") or 1
        self.count = 1 if is_kill else given.get("count", 0)
        self.pid, self.pidfile, self.seen = given.get("pid", 0), given.get("pidfile"), 0

    def is_due(self):
        return self.first <= self.seen and (not self.count or self.seen < self.first + self.count)

    def kill(self):
        """Whom the fault names: nobody when that is not there."""
        pid = self.pid
        if self.pidfile and os.path.exists(self.pidfile):
            with open(self.pidfile, encoding="utf-8") as file:
                pid = int(file.read() or 0)
        if pid > 1:
            os.kill(pid, signal.SIGKILL)


class Faults:
    def __init__(self):
        self.lock, self.items, self.lines = threading.Lock(), [], []
        self.cleared, self.slow_seconds = threading.Event(), 2.0

    def meet(self, line):
        """The fault that is due for a request, called "METHOD service.region/Operation"."""
        met = None
        with self.lock:
            for fault in self.items:
                if fault.match in line:
                    fault.seen += 1
                    met = met or (fault if fault.is_due() else None)
        if met and met.kind == "kill":
            met.kill()
        return met

    def around(self, line, service, serve):
        """The answer, or None: the connection is to be closed without one."""
        met = self.meet(line)
        kind = met.kind if met else ""
        if kind in ("slow", "hang"):
            self.cleared.wait(self.slow_seconds if kind == "slow" else HANG_SECONDS)
        answer = None if kind in ("cut", "kill") else self.answer(kind, service, serve)
        if kind == "kill-after":
            met.kill()
        with self.lock:
            self.lines.append(f"{line} {answer.status if answer else 0}")
        return None if kind in ("cut-after", "kill-after") else answer

    def answer(self, kind, service, serve):
        if kind == "garbage":
            return GARBAGE
        if kind not in REFUSALS:
            return serve(None)
        status, code = REFUSALS[kind][PROTOCOLS.get(service, "query")]
        return serve(Refusal(status, code, "A fault that was set on purpose."))

    # --- the control interface --------------------------------------------------------
    def add(self, body, is_kill=False):
        given = json.loads(body)
        kind = given.get("fault")
        if is_kill:
            kind = "kill-after" if given.get("after") else "kill"
        if kind not in KINDS:
            raise ValueError(f'unknown fault "{kind}"')
        self.slow_seconds = given.get("slow_ms", self.slow_seconds * 1000) / 1000
        with self.lock:
            self.items.append(Fault(kind, given))

    def clear(self):
        with self.lock:
            self.items.clear()
        self.cleared.set()  # hanging answers go on
        time.sleep(0)
        self.cleared = threading.Event()

    def log(self):
        with self.lock:
            return list(self.lines)

    def forget(self):
        with self.lock:
            self.lines.clear()
