# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what is made of the figures of a guest."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import bench  # noqa: E402  pylint: disable=wrong-import-position

RESULTS = """\
KTAP version 1
1..2
ok 1 driver_loaded
# memory open_context 1179
# bench spin iteration 100000 16 100036 100036
# bench interrupt_1 interrupt 1 16 5739 6739
# bench mmap mmap and munmap 2 16 1000 1000
# marked mmap 28 2 4
# marked interrupt_1 6 1 4
ok 2 all_measured
"""

TRACE = """\
spapr_capi_hcall attach handle 0x1 r5 0x0 r6 0x0 -> rc 0 r4 0x0
mcp_write 0x3f00 size 8 val 0x601
mcp_write 0x2090018 size 8 val 0x8000000000000000
spapr_capi_irq isn 0x1203
mcp_write 0x3f00 size 8 val 0x602
mcp_read 0x2090010 size 8 val 0x0
mcp_write 0x3f00 size 8 val 0x601
mcp_write 0x2090018 size 8 val 0x8000000000000000
spapr_capi_irq isn 0x1203
spapr_capi_hcall faults handle 0x1 r5 0x0 r6 0x0 -> rc 0 r4 0x0
mcp_write 0x3f00 size 8 val 0x602
mcp_write 0x3f00 size 8 val 0x1c01
pnv_capi_p2n_read slice 0 0x60 size 8 val 0x0
pnv_capi_msi vector 0x4
mcp_write 0x3f00 size 8 val 0x1c02
"""


class Results(unittest.TestCase):
    """What the program says."""

    def setUp(self):
        self.measured, self.marked = bench.parse_results(RESULTS)

    def test_figures(self):
        """Costs are given for one unit; an interrupt has its time, too."""
        self.assertEqual(self.measured.figures, {
            ("open_context", "bytes"): 1179,
            ("spin", "instructions/iteration"): 1.00036,
            ("interrupt_1", "instructions/interrupt"): 5739,
            ("interrupt_1_time", "ns"): 6739,
            ("mmap", "instructions/mmap and munmap"): 500,
        })
        self.assertEqual(self.measured.failed, [])

    def test_marked(self):
        """Numbers, names, and how often."""
        self.assertEqual(self.marked, {28: ("mmap", 2, 4), 6: ("interrupt_1", 1, 4)})

    def test_failed(self):
        """What failed has no figure, and is not passed over."""
        measured, _ = bench.parse_results("# failed open -28 No space left on device\n")
        self.assertEqual(measured.figures, {})
        self.assertEqual(len(measured.failed), 1)

    def test_clock(self):
        """A clock that does not count instructions is noticed."""
        self.assertTrue(bench.clock_is_counted(self.measured))
        self.measured.figures["spin", "instructions/iteration"] = 2.5
        self.assertFalse(bench.clock_is_counted(self.measured))


class Events(unittest.TestCase):
    """What the trace shows."""

    def test_between_marks(self):
        """Nothing else counts, and no mark does."""
        self.assertEqual(bench.count_events(TRACE.splitlines()), {
            6: {"mmios": 2, "interrupts": 2, "hcalls": 1},
            28: {"mmios": 1, "interrupts": 1},
        })


class Counts(unittest.TestCase):
    """What is made of the events."""

    def setUp(self):
        self.measured = bench.Measured()

    def test_per_operation(self):
        """A figure per operation, also for what never happened."""
        bench.add_counts(self.measured, {28: ("mmap", 2, 4)}, {28: {"hcalls": 8, "mmios": 4,
                                                                   "interrupts": 0}})
        self.assertEqual(self.measured.counts["mmap"],
                         {"hcalls": 1, "mmios": 0.5, "interrupts": 0})
        self.assertEqual(self.measured.figures, {})

    def test_faults(self):
        """The interrupt at the end is none."""
        bench.add_counts(self.measured, {5: ("stream_populated", 64, 4)},
                         {5: {"hcalls": 0, "mmios": 0, "interrupts": 4 + 2 * 256}})
        self.assertEqual(self.measured.figures, {("stream_populated", "faults/MiB"): 2})


def row(name, ours, peer):
    """One object of the file."""
    return {"platform": "pseries", "name": name, "unit": "ns", "ours": ours, "peer": peer}


class Table(unittest.TestCase):
    """What the documentation gets."""

    def test_table(self):
        """One table per platform, with columns as wide as their widest word."""
        rows = [row("open", 18112, 7307) | {"ratio": 2.479, "hcalls": {"ours": 0, "peer": 1.5}},
                row("close", 5, 5) | {"ratio": None}]
        text = list(bench.restructured(rows))
        self.assertEqual(text[:3], ["pseries", "-------", ""])
        self.assertEqual(text[6].split(),
                         ["open", "ns", "18112", "7307", "2.48", "0", "/", "1.50"])
        self.assertEqual(text[7].split(), ["close", "ns", "5", "5", "-"])
        self.assertEqual(text[3], text[8])
        self.assertEqual(len(text[3].split("  ")), 8)


class Differences(unittest.TestCase):
    """What is said of two runs."""

    def test_largest(self):
        """Of both drivers the one that differs more."""
        found = list(bench.differences([row("open", 1000, 500)], [row("open", 1000, 505)]))
        self.assertAlmostEqual(found[0][1], 0.01)

    def test_missing(self):
        """A figure that only one of them has is as different as can be."""
        one, two = [row("open", 1, 1)], [row("close", 1, 1)]
        self.assertEqual([d for _, d in bench.differences(one, two)], [float("inf")] * 2)

    def test_nothing(self):
        """Zero is like zero."""
        found = list(bench.differences([row("open", 0, 0)], [row("open", 0, 0)]))
        self.assertEqual(found[0][1], 0)


if __name__ == "__main__":
    unittest.main()
