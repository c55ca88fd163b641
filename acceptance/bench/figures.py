"""Rows of the table: medians, ratios of pairs, and what was aimed at."""
from statistics import median

HEAD = ("what", "here", "against", "ratio (min to max)", "target")


def spread(values, form="{:.2f}"):
    """Median with the smallest and the largest."""
    low, middle, high = (form.format(v) for v in (min(values), median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def ratios(pairs):
    """Pairs were measured side by side: the ratio of each counts, not that of medians."""
    return [a / b for a, b in pairs]


def short(value):
    """Three digits, and no fewer than stand before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


class Table:
    def __init__(self):
        self.rows, self.undone = [], []

    def title(self, text):
        self.rows.append((text,))

    def note(self, text):
        self.rows.append(("  " + text,))

    def row(self, what, here, against="", ratio="", target="", met=None):
        if met is not None:
            target += ", met" if met else ", MISSED"
        self.rows.append(("  " + what, here, against, ratio, target))

    def pair(self, what, pairs, unit, other, most=None):
        """One row for pairs (here, other); `most` is the ratio aimed at."""
        here, there = ([p[i] for p in pairs] for i in (0, 1))
        values = ratios(pairs)
        self.row(what, f"{short(median(here))} {unit}",
                 f"{short(median(there))} {unit} {other}",
                 spread(values), f"at most {most:g}" if most else "",
                 median(values) <= most if most else None)

    def cannot(self, what, why):
        self.undone.append(what)
        self.note(f"{what}: COULD NOT BE MEASURED: {why}")

    def __str__(self):
        full = [HEAD] + [row for row in self.rows if len(row) == len(HEAD)]
        widths = [max(len(row[i]) for row in full) for i in range(len(HEAD))]
        lines = []
        for row in [HEAD] + self.rows:
            if len(row) == 1:
                lines.append(row[0])
            else:
                lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths)))
        return "\n".join(line.rstrip() for line in lines)
