# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the runner: what is wrong in a run must not pass."""

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import splats  # noqa: E402  pylint: disable=wrong-import-position
import verdict  # noqa: E402  pylint: disable=wrong-import-position

TREE = HERE.parents[3] / "build/linux"
RUN = HERE.parent / "run"

CLEAN_LOG = """\
[    0.000000] Linux version 6.12.0 (cxl@build) #1 SMP
[    0.000000] printk: legacy bootconsole [udbg0] enabled
[    0.611201] cxl: loading out-of-tree debugging aid, not tainting
[    1.204113] cxl afu0.0: 511 processes, 2048 interrupts
[    1.310250] EEH: Call Trace:
[    1.402000] kmemleak: Kernel memory leak detector initialized (mem pool)
[    3.046526] reboot: Power down
"""

KNOWN_LOG = """\
[    0.421004][    T1] BUG: using smp_processor_id() in preemptible [00000000] code: swapper/0/1
[    0.421311][    T1] caller is set_subcores_per_core+0x98/0x190
[    0.421702][    T1] CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 6.12.0 #1
[    0.422004][    T1] Call Trace:
[    0.422301][    T1] [c0000000021f7b90] [c000000000c3a8b4] dump_stack_lvl+0x90/0xf0
""".splitlines()

PASSING = """\
KTAP version 1
1..3
ok 1 driver_loaded
  KTAP version 1
  # Subtest: smoke
  1..2
  #  RUN           global.copy ...
  ok 1 global.copy
  ok 2 global.other # SKIP no such thing here
ok 2 smoke
ok 3 module_unloads
"""


class Splats(unittest.TestCase):
    """The list of bad lines."""

    def test_each_pattern_matches_its_sample(self):
        """Every pattern by itself, not only the list as a whole."""
        for regex, sample in splats.SPLATS:
            with self.subTest(regex):
                self.assertRegex(sample, regex)

    def test_timestamps_do_not_hide_a_splat(self):
        """With the prefixes that the kernel's log can have."""
        for prefix in ("[    1.2] ", "[  123.456789] ", "[    9.1][  T42] "):
            for _, sample in splats.SPLATS:
                self.assertTrue(splats.find([prefix + sample + "\r\n"]), sample)

    def test_clean_log(self):
        """A quiet kernel is not accused."""
        self.assertEqual(splats.find(CLEAN_LOG.splitlines()), [])

    def test_known(self):
        """Exactly that complaint is passed over, with its trace, and no other."""
        self.assertEqual(splats.find(KNOWN_LOG), [])
        for old, new in (("swapper/0/1", "sh/77"), ("set_subcores_per_core", "cxl_afu_reset")):
            log = [line.replace(old, new) for line in KNOWN_LOG]
            with self.subTest(new):
                self.assertEqual(splats.find(log), [log[0], log[3]])
        self.assertEqual(splats.find(KNOWN_LOG + KNOWN_LOG[3:]), [KNOWN_LOG[3]])

    def test_known_with_others_in_between(self):
        """Another processor logs something meanwhile: nothing of note, or a splat."""
        for i in range(1, 4):
            for said, bad in (("Trying to unpack rootfs image as initramfs...", False),
                              ("WARNING: CPU: 1 PID: 7 at lib/foo.c:3 bar+0x1", True)):
                line = "[    0.421205][   T88] " + said
                with self.subTest(i=i, said=said):
                    self.assertEqual(splats.find(KNOWN_LOG[:i] + [line] + KNOWN_LOG[i:]),
                                     [line] if bad else [])


class Judge(unittest.TestCase):
    """What the files of a run say."""

    def judge(self, results, console=CLEAN_LOG):
        """The verdict on a run that left these two."""
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            if results is not None:
                (directory / "results.ktap").write_text(results, encoding="utf-8")
            if console is not None:
                (directory / "console.log").write_text(console, encoding="utf-8")
            return verdict.judge(directory, TREE)

    def test_good_run(self):
        """Three tests, one skipped, and the kernel's log."""
        told = self.judge(PASSING)
        self.assertEqual(str(told), "4 passed, 0 failed, 1 skipped")
        self.assertTrue(told.ok())

    def test_carriage_returns(self):
        """A console may add them."""
        self.assertTrue(self.judge(PASSING.replace("\n", "\r\n")).ok())

    def test_failed_test(self):
        """A failure is counted once, and named with its group."""
        told = self.judge(PASSING.replace("  ok 1", "  not ok 1")
                          .replace("ok 2 smoke", "not ok 2 smoke"))
        self.assertEqual(told.failed, 1)
        self.assertIn("smoke/global.copy", told.problems[0])

    def test_splat(self):
        """All tests passed, but the kernel complained."""
        for _, sample in splats.SPLATS:
            with self.subTest(sample):
                told = self.judge(PASSING, CLEAN_LOG + "[    2.1] " + sample + "\n")
                self.assertFalse(told.ok())
                self.assertEqual(told.failed, 1)

    def test_missing_last_test(self):
        """The plan says three, two reported."""
        self.assertFalse(self.judge(PASSING.replace("ok 3 module_unloads\n", "")).ok())

    def test_missing_nested_test(self):
        """A program ended early, and its group claims success."""
        self.assertFalse(self.judge(PASSING.replace(
            "  ok 2 global.other # SKIP no such thing here\n", "")).ok())

    def test_group_fails_after_its_last_test(self):
        """For instance a crash in the program's cleanup."""
        told = self.judge(PASSING.replace("ok 2 smoke", "not ok 2 smoke"))
        self.assertEqual(told.failed, 1)

    def test_cut_off_in_a_group(self):
        """The guest died while a program ran."""
        self.assertFalse(self.judge(PASSING.split("  ok 2")[0]).ok())

    def test_wrong_number(self):
        """A result was lost or came twice."""
        self.assertFalse(self.judge(PASSING.replace("ok 3", "ok 4")).ok())

    def test_no_plan(self):
        """Without a plan nobody knows what is missing."""
        self.assertFalse(self.judge(PASSING.replace("1..3\n", "", 1)).ok())

    def test_nothing_ran(self):
        """No file, an empty one, one without tests, one with noise."""
        for results in (None, "", "KTAP version 1\n1..0\n", "hello\n"):
            with self.subTest(results):
                self.assertFalse(self.judge(results).ok())

    def test_only_skipped(self):
        """A run that tested nothing is no success."""
        told = self.judge("KTAP version 1\n1..1\nok 1 a # SKIP no card\n", "")
        self.assertFalse(told.ok())

    def test_silent_console(self):
        """Then nobody knows what the kernel had to say."""
        self.assertFalse(self.judge(PASSING, None).ok())


class Run(unittest.TestCase):
    """The runner as a whole, with a program that plays QEMU."""

    def run_with(self, qemu, *args):
        """Status and output of a run with this shell script as QEMU."""
        with tempfile.TemporaryDirectory() as name:
            build = pathlib.Path(name)
            for path in ("kernel/release/vmlinux", "rootfs/release.cpio"):
                (build / path).parent.mkdir(parents=True)
                (build / path).touch()
            fake = build / "qemu"
            fake.write_text("#!/bin/sh\nlog=" + name + "/log/selftest-release\n"
                            + textwrap.dedent(qemu), encoding="utf-8")
            fake.chmod(0o755)
            (build / "good").write_text(PASSING, encoding="utf-8")
            (build / "clean").write_text(CLEAN_LOG, encoding="utf-8")
            env = {k: v for k, v in os.environ.items() if k != "QEMU"}
            done = subprocess.run(
                [str(RUN), "selftest", "--build", name, "--qemu", str(fake),
                 "--timeout", "5", *args], check=False, env=env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            totals = build / "log/selftest-release/totals"
            return (done.returncode, done.stdout,
                    totals.read_text("utf-8") if totals.exists() else None)

    GOOD = """\
        cp "${0%/*}/good" $log/results.ktap
        cp "${0%/*}/clean" $log/console.log
        """

    def test_good_run(self):
        """Passes, and says so with a status and totals."""
        status, said, totals = self.run_with(self.GOOD)
        self.assertEqual(status, 0, said)
        self.assertRegex(totals, r"^4 0 1 \d+\n$")

    def test_timeout(self):
        """A guest that hangs is ended and fails, whatever it reported."""
        start = os.times().elapsed
        status, said, _ = self.run_with(self.GOOD + "exec sleep 50\n", "--timeout", "1")
        self.assertLess(os.times().elapsed - start, 20)
        self.assertEqual(status, 1)
        self.assertIn("did not power off within 1 s", said)
        self.assertIn("console.log", said)

    def test_qemu_fails(self):
        """QEMU's last words are shown."""
        status, said, _ = self.run_with(self.GOOD + "echo no such device >&2; exit 1\n")
        self.assertEqual(status, 1)
        self.assertIn("no such device", said)

    def test_qemu_crashes(self):
        """Killed by a signal after the results."""
        status, said, _ = self.run_with(self.GOOD + "kill -SEGV $$\n")
        self.assertEqual(status, 1, said)

    def test_results_of_an_earlier_run(self):
        """Nothing old is judged: this QEMU leaves nothing."""
        status, said, _ = self.run_with("exit 0\n")
        self.assertEqual(status, 1)
        self.assertIn("sent no results", said)

    def test_guest_panics(self):
        """The machine stops with a panic in its log."""
        status, said, _ = self.run_with(
            self.GOOD + "echo 'Kernel panic - not syncing: x' >>$log/console.log\n")
        self.assertEqual(status, 1)
        self.assertIn("Kernel panic", said)

    def test_missing_kernel(self):
        """A sentence that names the target to run."""
        status, said, _ = self.run_with(self.GOOD, "--kernel", "debug")
        self.assertNotEqual(status, 0)
        self.assertIn("run 'make kernel", said)
