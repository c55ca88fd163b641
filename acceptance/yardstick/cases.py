"""Case files: cases/<topic>.cases, read and written without losing a byte of what people wrote.

Text before the first case is explanation. A case is

    === its name
    >>> chart templates/_helpers.tpl     a file of the chart "case"; Chart.yaml has a default
    >>> values                           a values file of the user; several merge in order
    >>> flags                            options of `helm template`, one per line
    >>> template                         one file; its rendered text is what counts, or ...
    >>> each                             ... templates of one line each, or ...
    >>> manifest                         ... nothing: the files above, rendered to manifests
    <<< text | manifest | error | refused     what Helm makes of it, written by record.py

A section ends before the next marker; its last newline and one blank line before a marker do not
count. `>>> quoted template` and `<<< quoted text` hold one JSON string, for text that eyes or
editors would spoil. `error` lists place and message, each of which must be in our error; with
`>>> loosely` only the place, and with `>>> whole` all of Helm's words. `refused` is an error of no place: Helm's words are for people only.
Below `each`, what Helm makes of a line stands under it: `  = "text"`, `  ! ["place", "message"]`
or `  ? "refusal"`.
"""
import json
import pathlib
import re

MARKER = re.compile(r"^(>>>|<<<) (.*)$")
RECORDED = re.compile(r"^  [=!?] ")
PLAIN = re.compile(r"\A(?!.*(?:^(?:===|>>>|<<<)|[ \t]$))[^\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]*(?<!\n)\Z",
                   re.MULTILINE)
DEFAULT_CHART = "apiVersion: v2\nname: case\nversion: 1.2.3\nappVersion: 4.5.6\n"


class Case:
    def __init__(self, name):
        self.name = name
        self.sections = []  # (what, lines), without what was recorded

    def _text(self, lines):
        return "\n".join(lines)

    def find(self, what):
        return [lines for name, lines in self.sections if name == what]

    @property
    def loosely(self):
        return bool(self.find("loosely"))

    @property
    def whole(self):
        return bool(self.find("whole"))

    @property
    def files(self):
        """Path to text of the chart's own files."""
        files = {"Chart.yaml": DEFAULT_CHART}
        for name, lines in self.sections:
            for start, decode in (("chart ", str), ("quoted chart ", json.loads)):
                if name.startswith(start):
                    files[name[len(start):]] = decode(self._text(lines) + "\n")
        return files

    @property
    def values(self):
        return [self._text(lines) + "\n" for lines in self.find("values")]

    @property
    def flags(self):
        return [line for lines in self.find("flags") for line in lines if line]

    @property
    def templates(self):
        """Templates whose text counts; none when the manifest does."""
        found = [self._text(lines) for lines in self.find("template")]
        found += [json.loads(self._text(lines)) for lines in self.find("quoted template")]
        for lines in self.find("each"):
            found += [line for line in lines if line and not line.startswith("# ")]
        return found


def _strip(sections):
    """Takes away the blank line that stands before a marker."""
    for _, lines in sections:
        if lines and lines[-1] == "":
            lines.pop()


def read(path):
    """The explanation and the cases of a file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    preface, cases, into = [], [], None
    for number, line in enumerate(lines, 1):
        marker = MARKER.match(line)
        if line.startswith("=== "):
            cases.append(Case(line[4:]))
            into = None
        elif marker and not cases:
            raise SystemExit(f"{path}:{number}: a section before the first case")
        elif marker and marker[1] == "<<<":
            into = []  # recorded anew
        elif marker:
            into = []
            cases[-1].sections.append((marker[2], into))
        elif not cases:
            preface.append(line)
        elif into is None:
            if line:
                raise SystemExit(f"{path}:{number}: text outside of a section")
        elif not (RECORDED.match(line) and cases[-1].sections[-1][0] == "each"):
            into.append(line)
    for case in cases:
        _strip(case.sections)
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit(f"{path}: two cases are named {', '.join(sorted(twice))}")
    return "\n".join(preface), cases


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def _row(result):
    kind, body = result
    if kind == "error":
        return "  ! " + quoted(body)
    return ("  = " if kind == "text" else "  ? ") + quoted(body)


def _block(result):
    kind, body = result
    if kind == "error":
        body = "\n".join(body)
    if PLAIN.match(body):
        return [f"<<< {kind}"] + (body.split("\n") if body else [])
    return [f"<<< quoted {kind}", quoted(body)]


def write(path, preface, cases, results):
    """`results` holds for each case one (kind, body) per template, or one for its manifest."""
    out = [preface] if preface else []
    for case, recorded in zip(cases, results):
        out.append(f"=== {case.name}")
        rows = iter(recorded)
        for name, lines in case.sections:
            out.append(f">>> {name}")
            for line in lines:
                out.append(line)
                if name == "each" and line and not line.startswith("# "):
                    out.append(_row(next(rows)))
        for result in rows:
            out += _block(result)
        out.append("")
    path.write_text("\n".join(out).rstrip("\n") + "\n", encoding="utf-8")


def all_files():
    return sorted((pathlib.Path(__file__).resolve().parent / "cases").glob("*.cases"))
