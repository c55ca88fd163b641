"""A chart rendered by chart-render and by real Helm: whole process, share of the render, memory."""
import os
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
STAND_IN = HERE.parent / "charts" / "istiod"
REPEAT = 21


def spend(command):
    """Milliseconds of the whole process and its peak of resident memory in MB."""
    began = time.perf_counter()
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nothing)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise OSError(f"{' '.join(command)} failed")
    return (time.perf_counter() - began) * 1e3, usage.ru_maxrss / 1024


def helm_program():
    script = HERE.parent / "yardstick" / "build_helm.sh"
    return subprocess.run([script], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def charts():
    """Title to path; the real chart is whatever BENCH_CHART names."""
    found = {"istiod stand-in": str(STAND_IN)}
    named = os.environ.get("BENCH_CHART")
    if named:
        found[os.path.basename(os.path.abspath(named))] = named
    return found


def measure(render, helm, chart, rounds):
    """Pairs (ours, Helm's) of ms, of ms in the process, and of MB.

    A render's own time is what it adds: for ours the mean of further renders in one process, for
    Helm the whole process less one that only says its version."""
    whole, share, memory = [], [], []
    for _ in range(rounds):
        ours = spend([render, chart])
        many = spend([render, chart, "--repeat", str(REPEAT)])
        theirs = spend([helm, "template", "release-name", chart])
        bare = spend([helm, "version"])
        whole.append((ours[0], theirs[0]))
        share.append(((many[0] - ours[0]) / (REPEAT - 1), max(theirs[0] - bare[0], 0.1)))
        memory.append((ours[1], theirs[1]))
    return whole, share, memory
