"""Child processes that never outlive their parent, and keys with a CA of their own."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time

STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1

OPENSSL_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, IP:{service_ip}, DNS:localhost, DNS:kubernetes, \
DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""


def say(text):
    print(f"servers.py: {text}", file=sys.stderr, flush=True)


def die_with_parent(signal_number):
    """Has the kernel send this process a signal when its parent ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def child_setup():
    parent = os.getpid()

    def setup():
        die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return setup


def spawn(command, **options):
    """Starts a child in a session of its own, so that Ctrl-C reaches only this program."""
    return subprocess.Popen(
        [str(part) for part in command],
        start_new_session=True,
        preexec_fn=child_setup(),
        **options,
    )


def signal_group(process, signal_number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal_number)


def wait_for_exit(processes):
    """True when all of them ended within the time that a stop may take."""
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
    return True


def stop(processes):
    """Ends children and what they started, gently first."""
    running = [process for process in processes if process.poll() is None]
    for process in running:
        signal_group(process, signal.SIGTERM)
    if not wait_for_exit(running):
        for process in running:
            signal_group(process, signal.SIGKILL)
            process.wait()


def run_command(command, **options):
    """Runs a command to its end and returns its exit status; leaves nothing of it behind."""
    process = spawn(command, **options)
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        signal_group(process, signal.SIGKILL)
    finally:
        stop([process])
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def openssl(folder, *arguments):
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"servers.py: openssl {arguments[0]} failed:\n{done.stderr}")


def make_certificate(folder, name, subject, *signer):
    """Makes <name>.key and <name>.crt; the extensions are the section of the subject's role."""
    openssl(
        folder, "req", "-x509", "-config", "openssl.cnf", "-extensions", name, "-subj", subject,
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30",
        "-keyout", f"{name}.key", "-out", f"{name}.crt", *signer,
    )  # fmt: skip


def make_keys(folder, name, service_ip):
    folder.mkdir(mode=0o700)
    (folder / "openssl.cnf").write_text(OPENSSL_CONFIG.format(service_ip=service_ip))
    by_ca = ("-CA", "ca.crt", "-CAkey", "ca.key")
    make_certificate(folder, "ca", f"/CN={name}-ca")
    make_certificate(folder, "server", "/CN=kube-apiserver", *by_ca)
    make_certificate(folder, "client", "/O=system:masters/CN=kubernetes-admin", *by_ca)
    openssl(folder, "genrsa", "-out", "accounts.key", "2048")
    openssl(folder, "rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")
