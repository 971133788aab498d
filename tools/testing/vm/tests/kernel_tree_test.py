# SPDX-License-Identifier: GPL-2.0-only
"""Tests of kernel-tree: what it must replace, leave alone and refuse."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[4]
SCRIPT = TOP / "tools/testing/vm/kernel-tree"
OLD = ("drivers/misc/cxl/old.c", "drivers/misc/cxl/old.o",
       "drivers/misc/cxl/deep/older.h", "include/misc/cxl-old.h",
       "include/uapi/misc/cxl.h", "Documentation/arch/powerpc/cxl.rst",
       "Documentation/ABI/obsolete/sysfs-class-cxl")
OTHERS = ("drivers/misc/ocxl/main.c", "include/misc/ocxl.h",
          "drivers/cxl/core.c", "Documentation/arch/powerpc/index.rst")
MARK = "not ours\n"


class KernelTree(unittest.TestCase):
    """In a tree that looks like a kernel's to the script."""

    def setUp(self):
        # pylint: disable=consider-using-with
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.tree = pathlib.Path(self.temporary.name) / "tree"
        (self.tree / "arch/powerpc").mkdir(parents=True)
        self.set_version(6, 12)
        for name in OLD + OTHERS:
            self.put(name)

    def set_version(self, version, patchlevel):
        """Make it a tree of that kernel."""
        (self.tree / "Makefile").write_text(
            f"VERSION = {version}\nPATCHLEVEL = {patchlevel}\nSUBLEVEL = 1\n",
            encoding="utf-8")

    def put(self, name):
        """A file that is not ours."""
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK, encoding="utf-8")

    def install(self, path=os.environ["PATH"]):
        """Run the script; returns its status and what it said."""
        done = subprocess.run([str(SCRIPT), str(self.tree)], check=False, text=True,
                              env={**os.environ, "PATH": path}, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_replaces_the_old_driver(self):
        """Nothing old is left, everything of ours is there."""
        status, said = self.install()
        self.assertEqual(status, 0, said)
        for name in OLD:
            path = self.tree / name
            self.assertFalse(path.exists() and path.read_text("utf-8") == MARK, name)
        for name in ("drivers/misc/cxl/Kconfig", "include/uapi/misc/cxl.h",
                     "include/misc/cxl-base.h"):
            self.assertEqual((self.tree / name).read_bytes(),
                             (TOP / name).read_bytes(), name)

    def test_leaves_others_alone(self):
        """Names that only look alike."""
        self.install()
        for name in OTHERS:
            self.assertEqual((self.tree / name).read_text("utf-8"), MARK)

    def test_writes_only_what_differs(self):
        """Or every build would compile everything again."""
        self.install()
        same, other = (self.tree / "drivers/misc/cxl" / n for n in ("Kconfig", "Makefile"))
        other.write_text(MARK, encoding="utf-8")
        for path in (same, other):
            os.utime(path, (1, 1))
        status, said = self.install()
        self.assertEqual(status, 0, said)
        self.assertEqual(same.stat().st_mtime, 1)
        self.assertGreater(other.stat().st_mtime, 1)

    def test_removes_what_we_no_longer_have(self):
        """Within the driver's places and, by the record, elsewhere."""
        self.install()
        self.put("drivers/misc/cxl/gone.c")
        self.put("Documentation/driver-api/gone.rst")
        record = self.tree / ".cxl-overlay"
        record.write_text("\n".join(sorted(
            record.read_text("utf-8").split() + ["Documentation/driver-api/gone.rst"])
        ) + "\n", encoding="utf-8")
        self.assertEqual(self.install()[0], 0)
        self.assertFalse((self.tree / "drivers/misc/cxl/gone.c").exists())
        self.assertFalse((self.tree / "Documentation/driver-api/gone.rst").exists())

    def test_keeps_objects_of_a_build_in_the_tree(self):
        """After the first time they are ours."""
        self.install()
        self.put("drivers/misc/cxl/main.o")
        self.install()
        self.assertTrue((self.tree / "drivers/misc/cxl/main.o").exists())

    def test_stops_if_something_old_stays(self):
        """Here because rm does nothing."""
        tools = pathlib.Path(self.temporary.name) / "bin"
        tools.mkdir()
        (tools / "rm").symlink_to("/bin/true")
        status, said = self.install(f"{tools}:{os.environ['PATH']}")
        self.assertNotEqual(status, 0)
        self.assertIn("files of another cxl driver", said)
        self.assertIn("drivers/misc/cxl/old.c", said)

    def test_stops_if_a_copy_is_incomplete(self):
        """Here because cp does nothing."""
        tools = pathlib.Path(self.temporary.name) / "bin"
        tools.mkdir()
        (tools / "cp").symlink_to("/bin/true")
        status, said = self.install(f"{tools}:{os.environ['PATH']}")
        self.assertNotEqual(status, 0)
        self.assertIn("differs from", said)

    def test_refuses_other_kernels(self):
        """Without touching them."""
        self.set_version(6, 1)
        status, said = self.install()
        self.assertNotEqual(status, 0)
        self.assertIn("is Linux 6.1;", said)
        self.assertTrue((self.tree / OLD[0]).exists())
