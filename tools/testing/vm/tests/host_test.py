# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what a guest can ask of the host."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import host  # noqa: E402  pylint: disable=wrong-import-position

CARDS = ["card0", "card1"]


class Parse(unittest.TestCase):
    """From a line to QEMU's command."""

    def test_values(self):
        """Numbers, truth and strings, with spaces and quotes in them."""
        for text, value in (("3", 3), ("true", True), ("-1", -1),
                            ('"0x344:*:-16:2"', "0x344:*:-16:2"),
                            ('"a b  c"', "a b  c"), (r'"\""', '"'), ('""', "")):
            with self.subTest(text):
                self.assertEqual(
                    host.parse(f"set card1 error-state {text}\r\n", CARDS),
                    ("qom-set", {"path": "/machine/peripheral/card1",
                                 "property": "error-state", "value": value}))

    def test_get(self):
        """Has no value."""
        self.assertEqual(host.parse("get card0 stat-attached\n", CARDS),
                         ("qom-get", {"path": "/machine/peripheral/card0",
                                      "property": "stat-attached"}))

    def test_afu(self):
        """An AFU has properties of its own."""
        self.assertEqual(host.parse('set card1/afu0 link "0:down"', CARDS),
                         ("qom-set", {"path": "/machine/peripheral/card1/afu[0]",
                                      "property": "link", "value": "0:down"}))

    def test_refused(self):
        """What is no request, and what would reach beyond the cards."""
        for line in ("", "set", "set card0", "set card0 serr", "set card0 serr ",
                     "get card0", "get card0 serr 3", "quit card0 serr 3",
                     "set card2 serr 3", "set card0/../card1 serr 3",
                     "set card2/afu0 serr 3", "set card0/afu serr 3",
                     "set card0/afu0/x serr 3",
                     "set /machine serr 3", "set card0 ../serr 3",
                     "set card0 serr three", "set card0 serr 3 4",
                     "set card0 serr [1]", 'set card0 serr {"a": 1}',
                     "set card0 serr null", "set card0 serr 1.5",
                     "set  card0 serr 3", "set card0 s\u00e4rr 3"):
            with self.subTest(line):
                with self.assertRaises(host.RequestError):
                    host.parse(line, CARDS)


class Answer(unittest.TestCase):
    """From QEMU's answer to a line."""

    def test_ok(self):
        """A set is only confirmed, a get has a value."""
        self.assertEqual(host.answer("set card0 serr 3", CARDS, lambda *_: {}), "ok")
        self.assertEqual(host.answer("get card0 serr", CARDS, lambda *_: 3), "ok 3")
        self.assertEqual(host.answer("get card0 serr", CARDS, lambda *_: 'a"\n'),
                         r'ok "a\"\n"')

    def test_error(self):
        """One line, from us or from QEMU."""
        def refuse(*_):
            raise host.RequestError("Property 'x'\nnot found")

        self.assertEqual(host.answer("set card0 x 3", CARDS, refuse),
                         "error Property 'x' not found")
        self.assertRegex(host.answer("set", CARDS, refuse), "^error not 'set ")

    def test_refused_requests_do_not_reach_qemu(self):
        """Even if it would have served them."""
        asked = []
        host.answer("set card7 serr 3", CARDS, lambda *a: asked.append(a))
        self.assertEqual(asked, [])
