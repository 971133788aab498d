# SPDX-License-Identifier: GPL-2.0-only
"""Judges one run of a guest by what it left behind.

The results (KTAP) are parsed by the kernel tree's own parser; everything that
the parser would overlook is added here: no results at all, a group that failed
although its members passed, a bad line in the kernel's log.
"""

import dataclasses
import io
import pathlib
import sys

import splats


@dataclasses.dataclass
class Verdict:
    """Totals of a run, and a sentence for each thing that is wrong."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = dataclasses.field(default_factory=list)

    def fail(self, sentence):
        """Record one failure."""
        self.failed += 1
        self.problems.append(sentence)

    def ok(self):
        """True if something ran and nothing failed."""
        return self.failed == 0 and self.passed > 0

    def save(self, path, seconds):
        """Keep the totals for who adds them up, and how long it took."""
        path.write_text(f"{self.passed} {self.failed} {self.skipped} {seconds:.0f}\n",
                        encoding="utf-8")

    def __str__(self):
        return (f"{self.passed} passed, {self.failed} failed, "
                f"{self.skipped} skipped")


def load_parser(tree):
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree / "tools/testing/kunit"))
    import kunit_parser  # pylint: disable=import-outside-toplevel
    import kunit_printer  # pylint: disable=import-outside-toplevel

    # It prints while it parses; what matters is printed by us.
    said = io.StringIO()
    kunit_parser.stdout = kunit_printer.Printer(said)
    return kunit_parser, said


def _count(parser, test, path, verdict):
    """Add a test and all below it to the verdict."""
    name = "/".join(path)
    status = parser.TestStatus
    if not test.subtests:
        if test.status == status.SUCCESS:
            verdict.passed += 1
        elif test.status == status.SKIPPED:
            verdict.skipped += 1
        elif test.status == status.FAILURE:
            verdict.fail(f"{name or 'a test'} failed.")
        else:
            verdict.fail(f"{name or 'a test'} has no result: "
                         "it crashed, or never ran.")
        return
    before = verdict.failed
    for sub in test.subtests:
        _count(parser, sub, path + [sub.name], verdict)
    # The outermost document has no status line of its own.
    if path and verdict.failed == before and not test.ok_status():
        verdict.fail(f"{name} failed after its last test.")


def judge_results(text, tree, verdict):
    """Add what a KTAP document says to the verdict."""
    if not text.strip():
        verdict.fail("The guest sent no results.")
        return
    parser, said = load_parser(tree)
    test = parser.parse_run_tests(text.splitlines())
    before = verdict.failed
    _count(parser, test, [], verdict)
    if test.expected_count is None:
        verdict.fail("The results have no plan, tests may be missing.")
    errors = [line.split("[ERROR]", 1)[1].strip()
              for line in said.getvalue().splitlines() if "[ERROR]" in line]
    if errors and verdict.failed == before:
        for error in errors:
            verdict.fail(f"The results are not well formed: {error}")


def judge_log(text, verdict):
    """Add what the kernel's log shows to the verdict."""
    if not text.strip():
        verdict.fail("The guest's console stayed empty.")
        return
    bad = splats.find(text.splitlines())
    if not bad:
        verdict.passed += 1
        return
    verdict.fail(f"The kernel complained, {len(bad)} lines, first: {bad[0].strip()}")


def judge(directory, tree):
    """Judge a run by the files of its log directory."""
    verdict = Verdict()
    directory = pathlib.Path(directory)
    texts = []
    for name in ("results.ktap", "console.log"):
        path = directory / name
        texts.append(path.read_text(encoding="utf-8", errors="replace")
                     if path.exists() else "")
    judge_results(texts[0].replace("\r", ""), tree, verdict)
    judge_log(texts[1], verdict)
    return verdict
