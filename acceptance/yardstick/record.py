#!/usr/bin/env python3
"""Records what real Helm makes of every case and of every fixture chart.

    record.py [NAME...]     `make yardstick-record`; NAME is a topic of cases/ or a chart

Nothing but Helm's answers is changed: what people wrote in a case file stays as it is.

The text of a single template is not what `helm template` prints: it prints documents. A second
file that is no YAML makes it print, under --debug, the rendered text of all files as it is, in a
random order, but trimmed at the end of all: an answer that stands last is asked for again. Our side
renders the template as NOTES.txt, which Helm would not print: so Helm gets it as notes.txt.
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import cases

HERE = pathlib.Path(__file__).resolve().parent
CHARTS = HERE.parent / "charts"
JOBS = 3
OURS, HELMS = "templates/NOTES.txt", "templates/notes.txt"
BROKEN = [f"templates/zz-broken{i}.txt" for i in range(6)]
SOURCE = "---\n# Source: case/{}\n"
PLACE = re.compile(r"[^\s():]+\.(?:ya?ml|tpl|txt|json)(?::\d+){1,2}")
LAST_MESSAGE = [
    re.compile(r".*<.*?>: (.*)", re.S),          # executing "x" at <node>: message
    re.compile(r".*\(\S+?:\d+\): (.*)", re.S),    # parse error at (file:line): message
    re.compile(r".*\(\S+?:\d+:\d+\): (.*)", re.S),  # execution error at (file:line:column): message
    re.compile(r".*?:\d+:(?:\d+:)? (.*)", re.S),
]


# Words of Go's own about a crash: that it fails there is the rule, not how it says so.
CRASH = re.compile(r"runtime error: |reflect[:.]|interface conversion: |assignment to entry in nil")


class Helm:
    def __init__(self, home):
        self.program = subprocess.run([HERE / "build_helm.sh"], check=True, text=True,
                                      stdout=subprocess.PIPE).stdout.strip()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TZ": "UTC",
                            "KUBECONFIG": str(home / "none")}
        self.version = self.run(["version", "--short"])[1].strip()

    def run(self, arguments):
        """Status, output and errors; line ends stay as they are."""
        done = subprocess.run([self.program, *arguments], env=self.environment, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def error_of(stderr, case, folder=""):
    """('error', [place, message]) or, when it has no place, ('refused', text)."""
    loosely = bool(case) and case.loosely
    text = stderr.replace(f"{folder}/", "")
    text = text[text.index("Error: ") + len("Error: "):] if "Error: " in text else text
    text = text.split("\n\nUse --debug flag")[0].rstrip("\n").replace(HELMS, OURS)
    places = PLACE.findall(text)
    if not places:
        return "refused", text
    if case and case.whole:
        return "error", text.split("\n")
    rest = text
    if "<" in text and " executing " in text:
        rest = LAST_MESSAGE[0].match(text)[1] if LAST_MESSAGE[0].match(text) else text
    else:
        for shape in LAST_MESSAGE[1:]:
            if shape.match(text):
                rest = shape.match(text)[1]
                break
    if CRASH.search(rest):
        loosely = True
    return "error", [places[-1]] + ([] if loosely else [line for line in rest.split("\n") if line])


def write_chart(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def arguments_of(case, folder):
    arguments = ["template", "rel", str(folder / "case"), "--namespace", "apart"]
    for i, text in enumerate(case.values):
        (folder / f"values{i}.yaml").write_bytes(text.encode())
        arguments += ["-f", str(folder / f"values{i}.yaml")]
    for flag in case.flags:
        arguments += flag.split(" ", 1)
    return arguments


def pieces_of(stdout, files):
    """(file, text) in the order in which Helm printed them."""
    heads = "|".join(re.escape(SOURCE.format(name)) for name in files)
    pieces = re.split(f"({heads})", stdout)
    return list(zip(pieces[1::2], pieces[2::2]))


def record_template(helm, case, template):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = {**case.files, HELMS: template, **{name: ": [" for name in BROKEN}}
        write_chart(folder / "case", files)
        while True:
            pieces = pieces_of(helm.run(arguments_of(case, folder) + ["--debug"])[1], files)
            if not pieces:  # Under --debug the reason is buried in a Go stack.
                return error_of(helm.run(arguments_of(case, folder))[2], case, folder)
            if pieces[-1][0] != SOURCE.format(HELMS):
                # Helm leaves out a file that is blank.
                return "text", dict(pieces).get(SOURCE.format(HELMS), "\n")[:-1].replace(HELMS, OURS)


def record_manifest(helm, case):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_chart(folder / "case", case.files)
        status, stdout, stderr = helm.run(arguments_of(case, folder))
        if status == 0:
            return "manifest", stdout.rstrip("\n")
        return error_of(stderr, case, folder)


def record_file(helm, pool, path):
    preface, found = cases.read(path)
    jobs = []
    for case in found:
        if case.templates:
            jobs.append([pool.submit(record_template, helm, case, template)
                         for template in case.templates])
        else:
            jobs.append([pool.submit(record_manifest, helm, case)])
    results = [[job.result() for job in row] for row in jobs]
    cases.write(path, preface, found, results)
    return sum(len(row) for row in results)


def record_chart(helm, values):
    """charts/<chart>/<case>.values.yaml; its first line may say options: `# options: --set a=b`."""
    chart = CHARTS / values.parent.name
    first = values.read_text(encoding="utf-8").split("\n", 1)[0]
    options = shlex.split(first[len("# options:"):]) if first.startswith("# options:") else []
    status, stdout, stderr = helm.run(["template", "rel", str(chart), "--namespace", "apart",
                                       "-f", str(values), *options])
    into = values.with_name(values.name.replace(".values.yaml", ".rendered.yaml"))
    if status:
        kind, body = error_of(stderr, None, HERE)
        text = f"# {kind}\n" + ("\n".join(body) if kind == "error" else body) + "\n"
    else:
        text = stdout.rstrip("\n") + "\n"
    into.write_text(text, encoding="utf-8")
    return 1


def main():
    wanted = set(sys.argv[1:])
    count = 0
    with tempfile.TemporaryDirectory() as home, \
            concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        helm = Helm(pathlib.Path(home))
        for path in cases.all_files():
            if not wanted or path.stem in wanted:
                count += record_file(helm, pool, path)
        charts = [values for values in sorted(HERE.glob("charts/*/*.values.yaml"))
                  if not wanted or values.parent.name in wanted]
        count += sum(pool.map(lambda values: record_chart(helm, values), charts))
        if not wanted:
            (HERE / "cases" / "HELM_VERSION").write_text(helm.version + "\n")
    print(f"{count} answers of Helm {helm.version} recorded")


if __name__ == "__main__":
    main()
