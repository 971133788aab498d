#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a table of what operations cost with both drivers, and compares two of them.

The guest's program measures, and marks beginnings and ends by stores that the
card's trace shows: what is between two of them belongs to the operation.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import subprocess
import sys

# The store of bench.c, and what it says.
_MARK = re.compile(r"mcp_write 0x3f00 .*val 0x([0-9a-f]+)")
_BEGIN = 1
# What is counted, and the trace events that tell of it.
_KINDS = {
    "hcalls": re.compile(r"spapr_capi_hcall "),
    "mmios": re.compile(r"(mcp|spapr_capi_p2|pnv_capi_(p1|p1n|p2n|desc))_(read|write) "),
    "interrupts": re.compile(r"(spapr_capi_irq|pnv_capi_msi) "),
}
# Largest difference of two runs, as a part of the figure. Memory comes in pages of 64 KiB,
# one of which is 164 bytes per context; and whose turn it is of eight processes is luck.
_NOISE = 0.001
_MORE_NOISE = {"open_context": 0.03, "started_context": 0.03, "opens_of_8_processes": 0.01}
# Operations of which the time counts as well, as the processor may wait in between.
_LATENCY = re.compile(r"interrupt_1|attach_1|detach_1|open_start_close|reset_\d+|module_load")
_GROWTH = ("attach", "interrupt", "detach")


@dataclasses.dataclass
class Measured:
    """What one guest has said."""

    figures: dict = dataclasses.field(default_factory=dict)
    counts: dict = dataclasses.field(default_factory=dict)
    failed: list = dataclasses.field(default_factory=list)


def parse_results(text):
    """Figures by (name, unit), and how the marks are to be read: number to (name, count)."""
    result, marked = Measured(), {}
    for line in text.splitlines():
        words = line.lstrip("# ").split(" ")
        if words[0] == "bench" and len(words) >= 7:
            name, per = words[1], " ".join(words[2:-4])
            units, _, instructions, nanoseconds = map(int, words[-4:])
            result.figures[name, f"instructions/{per}"] = instructions / units
            if _LATENCY.fullmatch(name):
                result.figures[name + "_time", "ns"] = nanoseconds / units
        elif words[0] == "marked":
            marked[int(words[2])] = (words[1], int(words[3]), int(words[4]))
        elif words[0] == "memory":
            result.figures[words[1], "bytes"] = int(words[2])
        elif words[0] == "failed":
            result.failed.append(line.lstrip("# "))
    return result, marked


def parse_mark(line):
    """An operation's number, and whether it begins, if the line of a log is a mark."""
    mark = _MARK.search(line)
    if not mark:
        return None
    value = int(mark[1], 16)
    return value >> 8, value & 0xff == _BEGIN


def count_events(lines):
    """What happened between the marks, by the number of the operation."""
    found, current = {}, None
    for line in lines:
        mark = parse_mark(line)
        if mark:
            number, begins = mark
            current = found.setdefault(number, collections.Counter()) if begins else None
            continue
        if current is None:
            continue
        for kind, pattern in _KINDS.items():
            if pattern.search(line):
                current[kind] += 1
    return found


def add_counts(result, marked, events):
    """How often something happened per operation.

    At the end of a stream is the AFU's interrupt, all others are faults.
    """
    for number, (name, units, samples) in marked.items():
        counter = events.get(number, collections.Counter())
        times = units * samples
        result.counts[name] = {kind: counter[kind] / times for kind in _KINDS}
        if name.startswith("stream_"):
            result.figures[name, "faults/MiB"] = (counter["interrupts"] - samples) / times


def read_run(directory):
    """Everything that a guest left behind."""
    def lines(name):
        return (directory / name).read_text(encoding="utf-8", errors="replace")

    result, marked = parse_results(lines("results.ktap").replace("\r", ""))
    add_counts(result, marked, count_events(lines("guest-errors.log").splitlines()))
    return result


def module_size(build, variant, size_tool):
    """Text, and data with what is zero at first, of the module."""
    where = build / "kernel" / variant / "drivers/misc/cxl/cxl.ko"
    said = subprocess.check_output([size_tool, str(where)], text=True)
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return {("module_text", "bytes"): text, ("module_data", "bytes"): data + bss}


def rows_of(platform, ours, peer):
    """One object per figure that both have."""
    for (name, unit), value in ours.figures.items():
        if (name, unit) not in peer.figures:
            continue
        other = peer.figures[name, unit]
        row = {"name": name, "platform": platform, "unit": unit, "ours": value,
               "peer": other, "ratio": value / other if other else None}
        if unit.startswith("instructions/") and name in ours.counts and name in peer.counts:
            for kind in _KINDS:
                row[kind] = {"ours": ours.counts[name][kind], "peer": peer.counts[name][kind]}
        yield row


def number(value):
    """A figure of about four digits."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def show(rows):
    """Print the table."""
    heads = [f"{kind:>15}" for kind in _KINDS]
    print(f"{'operation':<24} {'unit':<33} {'ours':>9} {'peer':>9} {'ratio':>6}", *heads)
    platform = None
    for row in rows:
        if row["platform"] != platform:
            platform = row["platform"]
            print(f"{platform}:")
        name, unit, ours, peer, ratio, *happened = cells(row)
        print(f"  {name:<22} {unit:<33} {ours:>9} {peer:>9} {ratio:>6}",
              *(f"{h:>15}" for h in happened))


def cells(row):
    """A row as words, for people."""
    yield from (row["name"], row["unit"], number(row["ours"]), number(row["peer"]),
                "-" if row["ratio"] is None else f"{row['ratio']:.2f}")
    for kind in _KINDS:
        yield f"{number(row[kind]['ours'])} / {number(row[kind]['peer'])}" if kind in row else ""


def simple_table(lines):
    """A table of reStructuredText; the first line has the heads, the first column words."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = "  ".join("=" * width for width in widths)
    yield rule
    for i, line in enumerate(lines):
        yield "  ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip()
        if i == 0:
            yield rule
    yield rule


def restructured(rows):
    """The tables as reStructuredText, one per platform."""
    heads = ["operation", "unit", "ours", "peer", "ratio", *_KINDS]
    for platform in dict.fromkeys(row["platform"] for row in rows):
        lines = [list(cells(row)) for row in rows if row["platform"] == platform]
        yield from (platform, "-" * len(platform), "")
        yield from simple_table([heads, *lines])
        yield ""


def growth(rows, platform, operation):
    """Numbers of contexts, and both drivers' costs."""
    found = {}
    for row in rows:
        match = re.fullmatch(operation + r"_(\d+)", row["name"])
        if match and row["platform"] == platform:
            found[int(match[1])] = (row["ours"], row["peer"])
    return sorted(found), [found[n] for n in sorted(found)]


def plot(rows, platforms, path):
    """How costs grow with the number of contexts: one picture per operation."""
    try:
        import matplotlib  # pylint: disable=import-outside-toplevel
        matplotlib.use("svg")
        from matplotlib import pyplot  # pylint: disable=import-outside-toplevel
        # words as words, and the same file from the same figures
        matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench"})
    except ImportError:
        print("No plot: python3-matplotlib is not installed.")
        return
    figure, axes = pyplot.subplots(1, len(_GROWTH), figsize=(4 * len(_GROWTH), 4))
    for axis, operation in zip(axes, _GROWTH):
        for platform, line in zip(platforms, ("-", "--")):
            contexts, costs = growth(rows, platform, operation)
            for who, marker in enumerate(("o", "s")):
                axis.plot(contexts, [c[who] for c in costs], line + marker, color=f"C{who}",
                          label=f"{('ours', 'peer')[who]}, {platform}")
        axis.set(title=operation, xlabel="contexts", ylabel="instructions")
        axis.set_ylim(bottom=0)
        axis.locator_params(nbins=4)
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    print(f"How it grows with the number of contexts: {path}")


def clock_is_counted(measured):
    """Whether the guest's counter counts instructions: an empty loop has one per round."""
    value = measured.figures.get(("spin", "instructions/iteration"))
    return value is None or abs(value - 1) < 0.01


def report(args):
    """Table, JSON and plot of the runs in a directory."""
    rows = []
    for platform in args.platforms:
        ours, peer = (read_run(args.directory / f"{platform}-{variant}")
                      for variant in ("bench", "peer"))
        for variant, measured in (("bench", ours), ("peer", peer)):
            if measured.failed or not clock_is_counted(measured):
                sys.exit(f"Error: {platform}, {variant}: "
                         + "; ".join(measured.failed or ["instructions are not counted"]))
            measured.figures.update(module_size(args.build, variant, args.size))
            measured.figures.pop(("spin", "instructions/iteration"), None)
        rows += rows_of(platform, ours, peer)
    if not rows:
        sys.exit("Error: nothing was measured.")
    show(rows)
    args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    args.table.write_text("\n".join([".. Made by tools/testing/vm/bench.py.", "",
                                     *restructured(rows)]), encoding="utf-8")
    plot(rows, args.platforms, args.plot)
    return 0


def differences(one, two):
    """The largest relative difference of each figure of two runs, in any driver."""
    key = ("platform", "name", "unit")
    others = {tuple(row[k] for k in key): row for row in two}
    for row in one:
        other = others.pop(tuple(row[k] for k in key), None)
        if other is None:
            yield row, float("inf")
            continue
        yield row, max(abs(row[who] - other[who]) / max(abs(row[who]), 1e-9)
                       if row[who] != other[who] else 0 for who in ("ours", "peer"))
    for row in others.values():
        yield row, float("inf")


def compare(args):
    """Say what differs in two runs by more than it may."""
    one, two = (json.loads(path.read_text(encoding="utf-8")) for path in (args.one, args.two))
    found = sorted(differences(one, two), key=lambda pair: -pair[1])
    bad = [pair for pair in found if pair[1] > _MORE_NOISE.get(pair[0]["name"], _NOISE)]
    for row, difference in bad:
        print(f"{row['platform']} {row['name']} ({row['unit']}): {difference:.3%}")
    print(f"{len(found)} figures, {len(bad)} differ by more than they may, "
          f"at most {found[0][1] if found else 0:.4%}")
    return 1 if bad or not found else 0


def parse_args():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    sub = commands.add_parser("report", help="make the table")
    sub.add_argument("--build", type=pathlib.Path, required=True)
    sub.add_argument("--size", default="size", help="the program that tells sizes of objects")
    sub.add_argument("--json", type=pathlib.Path, required=True)
    sub.add_argument("--table", type=pathlib.Path, required=True,
                     help="for the documentation, as reStructuredText")
    sub.add_argument("--plot", type=pathlib.Path, required=True)
    sub.add_argument("directory", type=pathlib.Path, help="logs of the runs")
    sub.add_argument("platforms", nargs="+")
    sub.set_defaults(function=report)
    sub = commands.add_parser("compare", help="two of its JSON files")
    sub.add_argument("one", type=pathlib.Path)
    sub.add_argument("two", type=pathlib.Path)
    sub.set_defaults(function=compare)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse_args()
    sys.exit(arguments.function(arguments))
