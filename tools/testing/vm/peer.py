#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares what the tests say of this driver and of the kernel's own one.

Both ran on the same emulated card. A difference that the list does not explain
is a failure, and so is a listed one that did not occur: either the card, a test,
or what is written about the other driver is wrong.
"""

import argparse
import configparser
import dataclasses
import pathlib
import re
import sys
import time

sys.dont_write_bytecode = True
import machine  # noqa: E402  pylint: disable=wrong-import-position
import splats  # noqa: E402  pylint: disable=wrong-import-position
import verdict  # noqa: E402  pylint: disable=wrong-import-position

OUTCOMES = ("passed", "failed", "skipped", "no result", "not run")
# What every run adds to the programs it runs.
COMMON = ("driver_loaded", "module_unloads")
# How the test harness tells why a test failed or was skipped.
_REASON = re.compile(r":Expected |Test terminated (unexpectedly|by (timeout|signal))|# +SKIP ")


@dataclasses.dataclass
class Outcome:
    """How one test ended, and what it said."""

    word: str
    said: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Difference:
    """Why a test ends otherwise, how (more than one in a race), and what it may say."""

    reason: str
    words: tuple
    says: str


_LIKE_OURS = Difference("", (), "")


def reasons(log):
    """The lines in which a test says what is wrong."""
    return [line.strip().lstrip("# ") for line in log if _REASON.search(line)]


def outcomes(text, tree):
    """Map the path of each test of a KTAP document to its outcome."""
    found = {}
    parser = verdict.load_parser(tree)[0]
    names = {parser.TestStatus.SUCCESS: "passed", parser.TestStatus.FAILURE: "failed",
             parser.TestStatus.SKIPPED: "skipped"}

    def walk(test, path):
        for sub in test.subtests:
            walk(sub, path + [sub.name])
        if path and path[-1] and not test.subtests:
            found["/".join(path)] = Outcome(names.get(test.status, "no result"),
                                            reasons(test.log))

    if text.strip():
        walk(parser.parse_run_tests(text.splitlines()), [])
    return found


def read_run(directory, tree):
    """The outcomes of one run, and the bad lines of the kernel's log."""
    def text(name):
        path = directory / name
        if not path.exists():
            return ""
        return path.read_text(encoding="utf-8", errors="replace").replace("\r", "")

    return outcomes(text("results.ktap"), tree), splats.find(text("console.log").splitlines())


def programs_of(paths):
    """The programs that these tests belong to."""
    return sorted({path.split("/")[0] for path in paths} - set(COMMON))


def read_peer(directory, tree):
    """The outcomes of all boots; what every boot has is there as BOOT/NAME."""
    result = {}
    for place in sorted(path for path in directory.iterdir() if path.is_dir()):
        run, bad = read_run(place, tree)
        run["kernel_log"] = Outcome("failed" if bad else "passed", bad)
        for path, outcome in run.items():
            known = path in (*COMMON, "kernel_log")
            result[f"{place.name}/{path}" if known else path] = outcome
    return result


def complete(ours, booted):
    """Our outcomes of one run for all, by the names that read_peer() gives."""
    result = {path: outcome for path, outcome in ours.items() if path not in COMMON}
    for name in booted:
        for path in COMMON:
            result[f"{name}/{path}"] = ours.get(path, Outcome("no result"))
        result[f"{name}/kernel_log"] = Outcome("passed")
    return result


def parse_list(text, platform):
    """Read the differences on a platform; raises ValueError on what cannot be meant."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    found = {}
    for reason in parser.sections():
        part = parser[reason]
        words = tuple(part.get("outcome", "").split(" or "))
        lists = set(part) - {"outcome", "says", "why"}
        if len(part) != len(lists) + 3 or set(words) - set(OUTCOMES) \
                or not lists or lists - {"tests", *machine.PLATFORMS}:
            raise ValueError(f"[{reason}] needs an outcome, says, why and tests")
        paths = "\n".join(part.get(key, "") for key in ("tests", platform)).split("\n")
        for path in filter(None, paths):
            if path in found:
                raise ValueError(f"{path} is there twice")
            found[path] = Difference(reason, words, part["says"])
    return found


def judge(mine, other, listed, anywhere=None):
    """A sentence about a test, and whether it is as it should be.

    anywhere is what any program may have a complaint about, beside what is listed.
    """
    if listed is None:
        if mine.word == other.word:
            return "same", True
        if anywhere is None:
            return "NOT LISTED", False
        listed, anywhere = anywhere, None
    if other.word not in listed.words or listed.words == (mine.word,):
        return f"LISTED as {' or '.join(listed.words)}: {listed.reason}", False
    says = f"{listed.says}|{anywhere.says}" if anywhere else listed.says
    strange = [line for line in other.said if not re.search(says, line)]
    if strange:
        return f"LISTED, but it says: {strange[0]}", False
    return listed.reason, True


def compare(ours, peer, listed):
    """One row (test, ours, peer, sentence, good) for each test there is."""
    nothing = Outcome("not run")
    rows = []
    anywhere = {path[2:]: known for path, known in listed.items() if path.startswith("*/")}
    named = {path for path in listed if not path.startswith("*/")}
    for path in list(ours) + sorted((set(peer) | named) - set(ours)):
        mine, other = ours.get(path, nothing), peer.get(path, nothing)
        rows.append((path, mine.word, other.word,
                     *judge(mine, other, listed.get(path), anywhere.get(path.split("/")[-1]))))
    return rows


def report(rows):
    """Print the table, except for what every run has and is the same."""
    print(f"    {'test':<44} {'ours':<9} {'peer':<9}")
    for path, mine, other, sentence, good in rows:
        if sentence == "same" and path.split("/")[-1] in (*COMMON, "kernel_log"):
            continue
        print(f"  {' ' if good else '!'} {path:<44} {mine:<9} {other:<9} {sentence}")


def parse_args():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boots", metavar="NAMES",
                        help="only print which boots there are to be, with words for the "
                             "kernel; the tests of these programs run one at a time")
    parser.add_argument("--together", metavar="A,B...", default="",
                        help="with --boots: which programs can share a boot")
    parser.add_argument("--list", choices=["differing"],
                        help="only print which boots had differences to look into")
    parser.add_argument("--platform", choices=machine.PLATFORMS, default="pseries",
                        help="what the guests ran on")
    parser.add_argument("listed", type=pathlib.Path, help="list of known differences")
    parser.add_argument("ours", nargs="?", type=pathlib.Path, help="log directory of our run")
    parser.add_argument("peer", nargs="?", type=pathlib.Path,
                        help="directory of the other driver's, one below it per program")
    parser.add_argument("tree", nargs="?", type=pathlib.Path, help="kernel tree")
    parser.add_argument("programs", nargs="*", help="what ran, if not everything")
    return parser.parse_args()


def boots(paths, listed, alone, together):
    """What to boot for the tests with these paths: programs, and words for the kernel.

    In programs that are alone each test has a driver of its own; those of a group
    that are together share a boot, if all of their tests run.
    """
    groups = {}
    for name in programs_of(paths):
        tests = [path.split("/", 1)[1] for path in paths if path.startswith(name + "/")]
        run = [test for test in tests
               if listed.get(f"{name}/{test}", _LIKE_OURS).words != ("not run",)]
        if name in alone and run:
            yield name, "cxltest.each=" + ",".join(run)
        elif run == tests:
            group = next((group for group in together if name in group.split(",")), name)
            groups.setdefault(group, []).append(name)
        elif run:
            yield name, "cxltest.args=" + ",".join(f"-r,{test}" for test in run)
    yield from (("+".join(names), "") for names in groups.values())


def differing(rows, booted):
    """The boots that these rows should not have come from."""
    bad = {path.split("/")[0] for path, _, _, _, good in rows if not good}
    return [name for name in booted if bad & {name, *name.split("+")}]


def main():
    """Compare, print, keep the totals."""
    start = time.monotonic()
    args = parse_args()
    try:
        listed = parse_list(args.listed.read_text(encoding="utf-8"), args.platform)
    except ValueError as error:
        sys.exit(f"Error: {args.listed}: {error}")
    if args.programs:
        listed = {path: difference for path, difference in listed.items()
                  if path.split("/")[0] in ("*", *args.programs)}
    ours, bad = read_run(args.ours, args.tree)
    if not ours or bad or {o.word for o in ours.values()} - {"passed", "skipped"}:
        sys.exit(f"Error: there is nothing to compare with: see {args.ours}.")
    if args.boots is not None:
        for boot in boots(ours, listed, args.boots.split(), args.together.split()):
            print(*boot)
        return 0
    booted = sorted(path.name for path in args.peer.iterdir() if path.is_dir())
    rows = compare(complete(ours, booted), read_peer(args.peer, args.tree), listed)
    if args.list:
        print(*differing(rows, booted), sep="\n")
        return 0
    report(rows)
    told = verdict.Verdict(passed=sum(row[4] for row in rows),
                           failed=sum(not row[4] for row in rows))
    told.save(args.peer / "totals", time.monotonic() - start)
    same = sum(row[3] == "same" for row in rows)
    left_out = sum(row[2] == "not run" and row[4] for row in rows)
    print(f"peer-check: {same} same, {told.passed - same} known differences "
          f"({left_out} of them not run), {told.failed} to look into")
    return 0 if told.ok() else 1


if __name__ == "__main__":
    sys.exit(main())
