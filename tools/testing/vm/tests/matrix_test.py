# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the table of configurations."""

import itertools
import pathlib
import unittest

TABLE = pathlib.Path(__file__).resolve().parents[1] / "config/matrix.txt"

VALUES = {
    "compiler": ("gcc", "clang"), "pages": ("le64k", "be4k"), "cxl": ("m", "y"),
    "modules": ("y", "n"), "debugfs": ("y", "n"), "kunit": ("y", "m", "n"),
    "pseries": ("y", "n"), "powernv": ("y", "n"), "radix": ("y", "n"),
    "tracing": ("y", "n"), "huge": ("y", "n"), "locking": ("y", "n"),
}

# Pairs that Kconfig does not allow.
IMPOSSIBLE = (
    {"modules": "n", "cxl": "m"},
    {"modules": "n", "kunit": "m"},
    {"pseries": "n", "powernv": "n"},
)


def read_table():
    """The lines as dictionaries, without the marks."""
    lines = [line[1:].split() for line in TABLE.read_text(encoding="utf-8").split("\n")
             if line and not line.startswith("#")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


class Table(unittest.TestCase):
    """What config/matrix.txt promises."""

    def setUp(self):
        self.rows = read_table()

    def test_lines_are_complete(self):
        """Each has a known value for each column."""
        for row in self.rows:
            self.assertEqual(list(row), list(VALUES))
            for factor, value in row.items():
                self.assertIn(value, VALUES[factor] + ("n",) * (factor == "cxl"))

    def test_every_pair_occurs(self):
        """Each value meets each value of every other column."""
        rows = [row for row in self.rows if row["cxl"] != "n"]
        for a, b in itertools.combinations(VALUES, 2):
            for pair in ({a: x, b: y} for x in VALUES[a] for y in VALUES[b]):
                if pair in IMPOSSIBLE:
                    continue
                with self.subTest(pair):
                    self.assertTrue(any(pair.items() <= row.items() for row in rows))


if __name__ == "__main__":
    unittest.main()
