# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the comparison with the kernel's own driver."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import peer  # noqa: E402  pylint: disable=wrong-import-position

TREE = HERE.parents[3] / "build/linux"

RESULTS = """\
KTAP version 1
1..3
ok 1 driver_loaded
# running events
  KTAP version 1
  # Subtest: events
  1..3
  # Starting 3 tests from 1 test cases.
  #  RUN           events.good ...
  #            OK  events.good
  ok 1 events.good
  #  RUN           events.bad ...
  # events.c:60:bad:Expected pe (8) == number (0)
  # bad: Test failed
  #          FAIL  events.bad
  not ok 2 events.bad
  #      SKIP      no counters
  ok 3 events.other # SKIP no counters
not ok 2 events
ok 3 module_unloads
"""

LIST = """\
[private number]
why = It says another number.
outcome = failed
says = Expected pe .* == number
tests = events/events.bad
"""


def outcome(word, *said):
    """Short form."""
    return peer.Outcome(word, list(said))


class Reading(unittest.TestCase):
    """What is read from a run and from the list."""

    def test_outcomes(self):
        """Each test once, with what it complained about."""
        found = peer.outcomes(RESULTS, TREE)
        self.assertEqual({name: o.word for name, o in found.items()}, {
            "driver_loaded": "passed", "events/events.good": "passed",
            "events/events.bad": "failed", "events/events.other": "skipped",
            "module_unloads": "passed"})
        self.assertEqual(found["events/events.bad"].said,
                         ["events.c:60:bad:Expected pe (8) == number (0)"])
        self.assertEqual(found["events/events.other"].said, ["SKIP      no counters"])

    def test_a_kernel_that_stops(self):
        """Tests after the end of the results have none."""
        cut = RESULTS[:RESULTS.index("  not ok 2")]
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name, "events")
            directory.mkdir()
            (directory / "results.ktap").write_text(cut, encoding="utf-8")
            (directory / "console.log").write_text("Oops: Kernel access of bad area\n",
                                                   encoding="utf-8")
            found = peer.read_peer(pathlib.Path(name), TREE)
        self.assertEqual(found["events/events.good"].word, "passed")
        self.assertEqual(found["events/kernel_log"].word, "failed")
        rows = peer.compare(peer.complete(peer.outcomes(RESULTS.replace("not ok", "ok"), TREE),
                                          ["events"]), found, {})
        bad = {row[0] for row in rows if not row[4]}
        self.assertLessEqual({"events/events.bad", "events/events.other",
                              "events/module_unloads", "events/kernel_log"}, bad)

    def test_list(self):
        """What is written is what is known."""
        self.assertEqual(peer.parse_list(LIST, "pseries"), {
            "events/events.bad": peer.Difference("private number", ("failed",),
                                                 "Expected pe .* == number")})
        text = LIST.replace("= failed", "= failed or no result") + "    sh/with blanks\n"
        self.assertEqual(peer.parse_list(text, "pseries")["sh/with blanks"].words,
                         ("failed", "no result"))

    def test_platforms(self):
        """Differences on one platform are none on the other."""
        text = LIST.replace("tests =", "pseries =")
        self.assertIn("events/events.bad", peer.parse_list(text, "pseries"))
        self.assertEqual(peer.parse_list(text, "powernv8"), {})
        for more in ("powernv8 =\n    a/b\n", "powernv8 = a/b\n"):
            listed = peer.parse_list(LIST + more, "powernv8")
            self.assertEqual(set(listed), {"events/events.bad", "a/b"})

    def test_boots(self):
        """One for a program or each of its tests; without what is not to run."""
        paths = ["driver_loaded", "events/events.good", "events/events.bad", "fault/fault.one"]
        listed = peer.parse_list(LIST.replace("failed", "not run"), "pseries")
        self.assertEqual(list(peer.boots(paths, {}, [], [])), [("events", ""), ("fault", "")])
        self.assertEqual(list(peer.boots(paths, listed, [], [])),
                         [("events", "cxltest.args=-r,events.good"), ("fault", "")])
        self.assertEqual(list(peer.boots(paths, {}, ["events"], [])),
                         [("events", "cxltest.each=events.good,events.bad"), ("fault", "")])
        self.assertEqual(list(peer.boots(paths[:3], listed, ["events"], [])),
                         [("events", "cxltest.each=events.good")])
        self.assertEqual(list(peer.boots(paths[2:3], listed, [], [])), [])
        self.assertEqual(list(peer.boots(paths, {}, [], ["a,b", "fault,events"])),
                         [("events+fault", "")])
        self.assertEqual(list(peer.boots(paths, listed, [], ["events,fault"])),
                         [("events", "cxltest.args=-r,events.good"), ("fault", "")])

    def test_bad_lists(self):
        """Nothing is guessed."""
        for wrong in (LIST.replace("outcome = failed", "outcome = sometimes"),
                      LIST.replace("why = It says another number.\n", ""),
                      LIST + "  events/events.bad\n", LIST + LIST, "tests = a/b\n"):
            with self.subTest(wrong), self.assertRaises(ValueError):
                peer.parse_list(wrong, "pseries")

    def test_list_of_the_repository(self):
        """It can be read."""
        for path in HERE.parent.glob("peer-differences*.ini"):
            text = path.read_text(encoding="utf-8")
            peer.parse_list(text, "powernv8")
            self.assertTrue(peer.parse_list(text, "pseries"))


class Judging(unittest.TestCase):
    """What counts as a failure."""

    known = peer.Difference("private number", ("failed",), "Expected pe")
    race = peer.Difference("private number", ("passed", "failed"), "Expected pe")

    def good(self, mine, other, listed=None):
        """Whether the comparison accepts that."""
        return peer.judge(mine, other, listed)[1]

    def test_same(self):
        """Two drivers that do the same."""
        self.assertTrue(self.good(outcome("passed"), outcome("passed")))
        self.assertTrue(self.good(outcome("skipped"), outcome("skipped")))

    def test_not_listed(self):
        """A difference nobody knows."""
        for word in peer.OUTCOMES[1:]:
            self.assertFalse(self.good(outcome("passed"), outcome(word)))

    def test_listed(self):
        """A known one, for the known reason only."""
        self.assertTrue(self.good(outcome("passed"), outcome("failed", "Expected pe 1"),
                                  self.known))
        self.assertFalse(self.good(outcome("passed"),
                                   outcome("failed", "Expected pe 1", "Expected 0"),
                                   self.known))

    def test_listed_race(self):
        """One of those outcomes, and for the known reason."""
        self.assertTrue(self.good(outcome("passed"), outcome("passed"), self.race))
        self.assertTrue(self.good(outcome("passed"), outcome("failed", "Expected pe 1"),
                                  self.race))
        self.assertFalse(self.good(outcome("passed"), outcome("failed", "Expected 0"),
                                   self.race))
        self.assertFalse(self.good(outcome("passed"), outcome("no result"), self.race))

    def test_complaints_of_any_program(self):
        """Beside what is listed, or alone."""
        def good(other, listed):
            return peer.judge(outcome("passed"), other, listed,
                              peer.Difference("warning", ("passed", "failed"), "warned"))[1]
        self.assertTrue(good(outcome("passed"), None))
        self.assertTrue(good(outcome("failed", "warned"), None))
        self.assertTrue(good(outcome("failed", "Expected pe", "warned"), self.known))
        self.assertFalse(good(outcome("failed", "warned", "stopped"), self.known))
        self.assertFalse(good(outcome("failed", "stopped"), None))
        self.assertFalse(good(outcome("no result"), None))
        rows = peer.compare({"events/kernel_log": outcome("passed")},
                            {"events/kernel_log": outcome("failed", "warned")},
                            {"*/kernel_log": peer.Difference("w", ("passed", "failed"), "warned")})
        self.assertEqual([(row[0], row[4]) for row in rows], [("events/kernel_log", True)])

    def test_boots_to_repeat(self):
        """Those that a difference without a reason came from, and no others."""
        rows = [("open/open.limit", "passed", "failed", "NOT LISTED", False),
                ("copy/copy.lines", "passed", "passed", "same", True),
                ("read+host/kernel_log", "passed", "failed", "NOT LISTED", False),
                ("vpd/vpd.format", "passed", "failed", "a reason", True),
                ("smoke/smoke.copy", "passed", "no result", "NOT LISTED", False)]
        self.assertEqual(
            peer.differing(rows, ["copy", "open", "read+host", "smoke+busy", "vpd"]),
            ["open", "read+host", "smoke+busy"])

    def test_listed_and_gone(self):
        """What no longer occurs, or occurs in another way, is no longer known."""
        for word in ("passed", "skipped", "no result", "not run"):
            self.assertFalse(self.good(outcome("passed"), outcome(word), self.known))

    def test_listed_test_that_does_not_exist(self):
        """A name that was changed."""
        rows = peer.compare({}, {}, {"events/gone": self.known})
        self.assertEqual([row[4] for row in rows], [False])


if __name__ == "__main__":
    unittest.main()
