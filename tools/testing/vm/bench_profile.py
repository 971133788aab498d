#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Says which functions execute the instructions of an operation.

QEMU tells the address of each instruction on a pipe, from when the guest is ready;
what is between the marks of bench.c belongs to the operation.
"""

import argparse
import asyncio
import bisect
import collections
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import bench  # noqa: E402  pylint: disable=wrong-import-position
import host  # noqa: E402  pylint: disable=wrong-import-position

TOP = pathlib.Path(__file__).resolve().parents[3]
# The property with which the guest is told to go on, see guest/bench.
_GO = {"path": "/machine/peripheral/card0", "property": "slbia-reads", "value": 1}
_KERNEL = 0xc000000000000000
# Where the kernel is while it runs without translation, and the firmware of bare metal.
_REAL_MODE = range(0, 0x8000000)
_FIRMWARE = range(0x30000000, 0x40000000)
_LINES = 25


class Symbols:
    """Names of functions by address."""

    def __init__(self, pairs):
        self.pairs = sorted(pairs)
        self.addresses = [address for address, _ in self.pairs]

    def name(self, address):
        """The function that has the address."""
        if address in _FIRMWARE:
            return "(firmware)"
        if address in _REAL_MODE:
            address |= _KERNEL
        if address < _KERNEL:
            return "(program)"
        index = bisect.bisect_right(self.addresses, address) - 1
        return self.pairs[index][1] if index >= 0 else hex(address)


def parse_symbols(lines, suffix=""):
    """Functions from lines of nm or of /proc/kallsyms."""
    for line in lines:
        words = line.split()
        if len(words) >= 3 and words[1] in "tTwW":
            yield int(words[0], 16), " ".join([words[2], *words[3:]]) + suffix


def parse_guest(text):
    """What the guest says: functions of its modules, and how many operations there were."""
    lines = [line.lstrip("# ") for line in text.replace("\r", "").splitlines()]
    symbols = [line.removeprefix("symbol ") for line in lines if line.startswith("symbol ")]
    _, marked = bench.parse_results(text.replace("\r", ""))
    return list(parse_symbols(symbols)), marked


def count_instructions(lines):
    """By operation's number, how often the instruction at each address was executed."""
    found, current = {}, None
    for line in lines:
        if line.startswith("Trace "):
            if current is not None:
                current[line.split("/", 2)[1]] += 1
            continue
        mark = bench.parse_mark(line)
        if mark:
            number, begins = mark
            current = found.setdefault(number, collections.Counter()) if begins else None
    return found


def by_function(addresses, symbols):
    """Instructions by function, from those by address."""
    functions = collections.Counter()
    for address, count in addresses.items():
        functions[symbols.name(int(address, 16))] += count
    return functions


def table(name, functions, times):
    """The lines to be printed for an operation that was executed so many times."""
    total = sum(functions.values())
    yield f"{name}: {total / times:.0f} instructions"
    for function, count in functions.most_common(_LINES):
        yield f"{count / times:12.1f} {count / total:6.1%}  {function}"
    rest = total - sum(count for _, count in functions.most_common(_LINES))
    if rest:
        yield f"{rest / times:12.1f} {rest / total:6.1%}  ({len(functions) - _LINES} others)"


def read_log(path):
    """Count what QEMU tells, until it ends."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return count_instructions(lines)


def wait_for(path, words):
    """Until the file has a line that ends so."""
    pattern = re.compile(f"{words}\r?$", re.MULTILINE)
    while not (path.exists() and pattern.search(path.read_text("utf-8", "replace"))):
        time.sleep(0.1)


def tell_each(results, monitor):
    """Have QEMU tell each instruction, from when the guest is ready until it is done."""
    wait_for(results, "# ready")
    asyncio.set_event_loop(asyncio.new_event_loop())
    _, protocol = host.qmp_module(TOP)
    with protocol(str(monitor)) as connection:
        connection.connect()

        def say(*commands):
            for command in commands:
                connection.command("human-monitor-command", **{"command-line": command})

        say("singlestep on", "log exec,nochain")
        connection.command("qom-set", **_GO)
        wait_for(results, "all_measured")
        # it takes too long to switch the machine off like this
        say("log none", "singlestep off")


def parse_args():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm", help="the program that lists symbols")
    parser.add_argument("--vmlinux", type=pathlib.Path, required=True)
    parser.add_argument("--results", type=pathlib.Path, required=True,
                        help="what the guest says")
    parser.add_argument("log", type=pathlib.Path, help="a pipe that QEMU writes its log to")
    parser.add_argument("monitor", type=pathlib.Path, help="the socket of QEMU's monitor")
    return parser.parse_args()


def main():
    """Watch one guest and print."""
    args = parse_args()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        counting = pool.submit(read_log, args.log)
        tell_each(args.results, args.monitor)
        found = counting.result()
    modules, marked = parse_guest(args.results.read_text("utf-8", "replace"))
    kernel = subprocess.check_output([args.nm, str(args.vmlinux)], text=True).splitlines()
    symbols = Symbols([*parse_symbols(kernel), *modules])
    for number, (name, units, samples) in marked.items():
        print(*table(name, by_function(found[number], symbols), units * samples), sep="\n")
    if not marked:
        sys.exit("Error: no operation was executed.")


if __name__ == "__main__":
    main()
