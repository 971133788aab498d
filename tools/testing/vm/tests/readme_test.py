# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the README of the system tests: it names what is there, and all of it."""

import os
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[4]
SELFTESTS = TOP / "tools/testing/selftests/cxl"
KUNIT = TOP / "drivers/misc/cxl/tests"

# What makes a source a test program.
TEST = re.compile(r"^TEST(?:_F)?(?:_TIMEOUT)?\((\w+)(?:, (\w+))?", re.M)
CASE = re.compile(r"KUNIT_CASE(?:_\w+)?\((\w+)")


def names():
    """Programs, fixtures and tests, as the table writes them."""
    found = set()
    for source in SELFTESTS.glob("*.c"):
        for fixture, test in TEST.findall(source.read_text(encoding="utf-8")):
            found |= {source.stem, fixture, f"{fixture}.{test}"}
    for source in KUNIT.glob("*_test.c"):
        found.add(source.stem)
        found |= {f"{source.stem}.{c}" for c in CASE.findall(source.read_text(encoding="utf-8"))}
    return found


class Readme(unittest.TestCase):
    """What tools/testing/selftests/cxl/README promises."""

    def setUp(self):
        text = (SELFTESTS / "README").read_text(encoding="utf-8")
        start, self.defects = text.split("Defects of such drivers", 1)
        self.programs = set(re.findall(r"^(\w+)(?:\.sh)? +\w", start.split("Program  ", 1)[1],
                                       re.M))

    def test_every_program_is_described(self):
        """Each one has a line in the list."""
        sources = {s.stem for s in SELFTESTS.glob("*.c") if TEST.search(
            s.read_text(encoding="utf-8"))}
        sources |= {s.stem for s in SELFTESTS.glob("*.sh") if os.access(s, os.X_OK)}
        self.assertEqual(sources - self.programs, set())
        self.assertEqual(self.programs - sources, set())

    def test_tests_of_defects_exist(self):
        """None was renamed or removed without a word."""
        known = names()
        named = re.findall(r"\b[a-z]\w*\.(?!sh\b)[a-z]\w*\b|\b\w+_test\b", self.defects)
        self.assertGreater(len(named), 80)
        self.assertEqual([n for n in named if n not in known], [])


if __name__ == "__main__":
    unittest.main()
