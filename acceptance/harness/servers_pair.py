"""Two clusters or more, of either kind, held for as long as they are wanted."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

AWS_BACKENDS = ("sandbox", "real")  # those that offer what account.py names
CLUSTERS = 2  # that every case may count on
ACCEPTANCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def server_command(options, folder):
    """Charts come from the sandbox's program on either backend. options.aws: an AWS account
    too; options.aws_options: more for the stand-in one."""
    count = getattr(options, "clusters", CLUSTERS)
    sandbox = [os.path.join(options.build, "istio-sandbox"), "--charts",
               os.path.join(ACCEPTANCE, "charts"), "--lifetime", str(options.lifetime)]
    if options.backend == "sandbox":
        names = ",".join(f"cluster{n}" for n in range(1, count + 1))
        aws = ["--aws", "--aws-speed", "5000", *getattr(options, "aws_options", [])] if getattr(options, "aws", False) else []
        return sandbox + aws + ["--clusters", names, "--dir", folder, "--settle-ms", "20", "--"]
    aws = ["--aws"] if getattr(options, "aws", False) else []
    return sandbox + ["--dir", folder + "-charts", "--", sys.executable, os.path.join(ACCEPTANCE, "real", "servers.py"), "run", "--clusters",
            str(count), *aws, "--dir", folder, "--lifetime", str(options.lifetime), "--"]


class Servers:
    """A pair of clusters, held by a child process that waits for its stdin to close."""

    def __init__(self, options):
        self.folder = tempfile.mkdtemp(prefix="istio-acc-")
        script = 'env | grep -E "^(ISTIO_ACC|AWS)_" > "$1/env.tmp" && mv "$1/env.tmp" "$1/env"; cat >/dev/null'
        servers = os.path.join(self.folder, "servers")
        os.mkdir(servers)
        self.log = open(os.path.join(self.folder, "servers.log"), "w", encoding="utf-8")
        self.child = subprocess.Popen(
            server_command(options, servers) + ["sh", "-c", script, "sh", self.folder],
            stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT)
        self.env = self.wait_for_env(time.monotonic() + options.start_timeout)

    def wait_for_env(self, deadline):
        path = os.path.join(self.folder, "env")
        while not os.path.exists(path):
            if self.child.poll() is not None or time.monotonic() > deadline:
                with open(self.log.name, encoding="utf-8", errors="replace") as file:
                    raise SystemExit("The servers did not start:\n" + file.read()[-4000:])
            time.sleep(0.05)
        with open(path, encoding="utf-8") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)

    def stop(self):
        self.child.stdin.close()
        try:
            self.child.wait(60)
        except subprocess.TimeoutExpired:
            self.child.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
