"""A plugin process as Terraform starts it: time to the handshake line, memory
there, and the schema that it answers with."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
SCHEMA_CALLS = {"5": "/tfplugin5.Provider/GetSchema", "6": "/tfplugin6.Provider/GetProviderSchema"}
MIRRORS = ("~/.terraform.d/plugins", "~/.local/share/terraform/plugins",
           "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")


def client_certificate(folder):
    """A self-signed one on P-521, as Terraform's."""
    path = os.path.join(folder, "client.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:secp521r1", "-noenc", "-subj", "/CN=localhost", "-days", "1",
                    "-keyout", path + ".key", "-out", path], check=True, capture_output=True)
    with open(path, encoding="ascii") as file:
        return file.read()


def other_provider():
    """The binary to compare with, or None."""
    named = os.environ.get("BENCH_OTHER_PROVIDER")
    if named:
        return os.path.abspath(named)
    folders = [os.path.expanduser(folder) for folder in MIRRORS]
    folders += [folder for folder in [os.environ.get("TF_PLUGIN_CACHE_DIR")] if folder]
    found = [path for folder in folders
             for path in glob.glob(os.path.join(folder, "**", "terraform-provider-aws_v*"),
                                   recursive=True)
             if os.path.isfile(path) and os.access(path, os.X_OK)]
    return max(found, key=os.path.getmtime, default=None)


def memory_mb(pid):
    """(resident, of that written by this process alone)"""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line and "kB" in line)
    values = {name: int(text.split()[0]) for name, text in fields.items()}
    return values["Rss"] / 1024, values["Private_Dirty"] / 1024


class Started:
    """One running plugin; leaving the block ends it."""

    def __init__(self, binary, certificate=None):
        self.folder = tempfile.mkdtemp(prefix="bench-")
        environment = {"TF_PLUGIN_MAGIC_COOKIE": COOKIE, "PLUGIN_PROTOCOL_VERSIONS": "4,5,6",
                       "PLUGIN_MIN_PORT": "10000", "PLUGIN_MAX_PORT": "25000",
                       "TMPDIR": self.folder, "PATH": os.environ["PATH"]}
        if certificate:
            environment["PLUGIN_CLIENT_CERT"] = certificate
        began = time.perf_counter()
        self.process = subprocess.Popen([binary], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.line = self.process.stdout.readline().decode().strip()
        self.ms = (time.perf_counter() - began) * 1e3
        if self.line.count("|") < 4:
            self.__exit__()
            raise OSError(f"{binary} gave no handshake line")
        self.rss_mb, self.written_mb = memory_mb(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def schema(self, sender):
        """{"bytes", "ms"}; None when it does not speak gRPC."""
        _, protocol, _, address, transport = self.line.split("|")[:5]
        if transport != "grpc" or protocol not in SCHEMA_CALLS:
            return None
        done = subprocess.run([sender, "call", address, SCHEMA_CALLS[protocol]], check=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)


def rounds(count, binaries, certificate):
    """{(name, with TLS): [(ms, resident MB, written MB)]}: one start of each in every round."""
    figures = {(name, tls): [] for name in binaries for tls in (True, False)}
    for number in range(count + 1):
        for (name, tls), found in figures.items():
            with Started(binaries[name], certificate if tls else None) as plugin:
                if number:  # the first round only fills caches
                    found.append((plugin.ms, plugin.rss_mb, plugin.written_mb))
    return figures


def protocol(binary):
    """What a handshake line tells: "protocol 6, grpc"."""
    with Started(binary) as plugin:
        parts = plugin.line.split("|")
        return f"protocol {parts[1]}, {parts[4]}"


def schemas(count, binaries, sender):
    """{name: [figures of schema(), ...]}; None for one that does not speak gRPC."""
    figures = {name: [] for name in binaries}
    for _ in range(count):
        for name, binary in binaries.items():
            with Started(binary) as plugin:
                figures[name].append(plugin.schema(sender))
    return {name: None if None in values else values for name, values in figures.items()}
