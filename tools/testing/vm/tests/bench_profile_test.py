# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what is made of the instructions of a guest."""

import collections
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import bench_profile  # noqa: E402  pylint: disable=wrong-import-position

RESULTS = """\
# symbol c008000000030100 t context_open\t[cxl]
# symbol c008000000030000 T cxl_open\t[cxl]
# symbol c008000000040000 d cxl_fops\t[cxl]
# marked open 1 1 2 1000
"""

LOG = """\
Trace 0: 0x7f80 [00000000/c000000000000100/ef/ff000000] before
mcp_write 0x3f00 size 8 val 0x101
Trace 0: 0x7f80 [00000000/c008000000030004/ef/ff000000] cxl_open
Trace 0: 0x7f81 [00000000/c008000000030104/ef/ff000000]
mcp_write 0x2090018 size 8 val 0x8000000000000000
Trace 0: 0x7f80 [00000000/c008000000030004/ef/ff000000]
mcp_write 0x3f00 size 8 val 0x102
Trace 0: 0x7f80 [00000000/c000000000000100/ef/ff000000] after
"""


class Profile(unittest.TestCase):
    """From the log to the table."""

    def test_between_marks(self):
        """What comes before and after does not count."""
        found = bench_profile.count_instructions(LOG.splitlines())
        self.assertEqual(found, {1: {"c008000000030004": 2, "c008000000030104": 1}})

    def test_guest(self):
        """Functions, no data, and how often."""
        modules, marked = bench_profile.parse_guest(RESULTS)
        self.assertEqual(sorted(modules), [(0xc008000000030000, "cxl_open [cxl]"),
                                           (0xc008000000030100, "context_open [cxl]")])
        self.assertEqual(marked, {1: ("open", 1, 2)})

    def test_names(self):
        """By the last symbol that is not behind; and what no symbol has."""
        symbols = bench_profile.Symbols([(0xc000000000000100, "reset"),
                                         (0xc000000000002000, "later")])
        for address, name in ((0xc000000000000100, "reset"), (0xc000000000001fff, "reset"),
                              (0xc000000000002000, "later"), (0x2004, "later"),
                              (0x10000400, "(program)"), (0x7fff00001000, "(program)"),
                              (0x30001000, "(firmware)"), (0xc000000000000000, "0x" + "c" + "0" * 15)):
            self.assertEqual(symbols.name(address), name)

    def test_table(self):
        """Per operation, the largest first, the rest in one line."""
        functions = collections.Counter({f"f{i}": 2 * (100 - i) for i in range(30)})
        lines = list(bench_profile.table("open", functions, 2))
        self.assertEqual(lines[0], f"open: {sum(functions.values()) / 2:.0f} instructions")
        self.assertEqual(lines[1].split(), ["100.0", "3.9%", "f0"])
        self.assertEqual(len(lines), 27)
        self.assertTrue(lines[-1].endswith("(5 others)"))


if __name__ == "__main__":
    unittest.main()
