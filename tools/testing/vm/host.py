# SPDX-License-Identifier: GPL-2.0-only
"""Lets a guest's tests change the emulated cards from outside.

A guest writes a line to its third console and gets one back:

    set CARD PROPERTY VALUE     ok, or error TEXT; VALUE is JSON
    get CARD PROPERTY           ok JSON, or error TEXT

CARD is its name, or with /afuN behind it, the model of its N-th AFU. Only
properties of the cards can be reached; QEMU's monitor does the work. Both
connections are pairs of sockets that QEMU inherits: nobody else can use them.
"""

import asyncio
import json
import pathlib
import re
import socket
import sys
import threading

_REQUEST = re.compile(r"(?P<verb>set|get) (?P<card>[\w-]+)(?:/afu(?P<afu>\d))?"
                      r" (?P<name>[\w-]+)"
                      r"(?: (?P<value>\S.*))?", re.ASCII)


class RequestError(Exception):
    """A request that cannot be served, and why."""


def parse(line, cards):
    """Turn a request into a QMP command and its arguments."""
    match = _REQUEST.fullmatch(line.strip())
    if not match:
        raise RequestError("not 'set CARD PROPERTY VALUE' or 'get CARD PROPERTY'")
    if match["card"] not in cards:
        raise RequestError(f"no card {match['card']}, there is: {' '.join(cards)}")
    path = "/machine/peripheral/" + match["card"]
    if match["afu"]:
        path += f"/afu[{match['afu']}]"
    arguments = {"path": path, "property": match["name"]}
    if match["verb"] == "get":
        if match["value"] is not None:
            raise RequestError("get takes no value")
        return "qom-get", arguments
    try:
        arguments["value"] = json.loads(match["value"] or "")
    except ValueError as error:
        raise RequestError(f"the value is not JSON: {error}") from error
    if not isinstance(arguments["value"], (bool, int, str)):
        raise RequestError("the value is no boolean, integer or string")
    return "qom-set", arguments


def answer(line, cards, command):
    """Serve one request: command(name, arguments) asks QEMU."""
    try:
        verb, arguments = parse(line, cards)
        result = command(verb, arguments)
    except RequestError as error:
        # One line, whatever QEMU said.
        return "error " + " ".join(str(error).split())
    return "ok" if verb == "qom-set" else "ok " + json.dumps(result)


def qmp_module(top):
    """The QMP library of the QEMU source that was built, or an installed one."""
    source = top / "build/qemu/.source"
    if source.exists():
        sys.path.append(str(pathlib.Path(source.read_text("utf-8").strip()) / "python"))
    try:
        from qemu.qmp import QMPError, legacy  # pylint: disable=import-outside-toplevel
    except ImportError:
        sys.exit("Error: QEMU's Python library is missing; run 'make qemu' first.")
    return QMPError, legacy.QEMUMonitorProtocol


class HostChannel:
    """Serves one guest, in a thread, until QEMU ends."""

    def __init__(self, top, cards):
        self.error, self.protocol = qmp_module(top)
        self.cards = cards
        self.line, self.qemu_line = socket.socketpair()
        self.monitor, self.qemu_monitor = socket.socketpair()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def qemu_fds(self):
        """What QEMU inherits."""
        return (self.qemu_line.fileno(), self.qemu_monitor.fileno())

    def qemu_arguments(self):
        """The character device for the console, called host, and the monitor."""
        line, monitor = self.qemu_fds()
        return ["-chardev", f"socket,id=host,fd={line}",
                "-chardev", f"socket,id=qmp,fd={monitor}",
                "-mon", "chardev=qmp,mode=control"]

    def start(self):
        """Serve from now on; QEMU was started and has its ends."""
        self.qemu_line.close()
        self.qemu_monitor.close()
        self.thread.start()

    def join(self):
        """QEMU has ended: wait for the thread, which sees that, too."""
        self.thread.join(timeout=10)

    def _run(self):
        asyncio.set_event_loop(asyncio.new_event_loop())
        try:
            with self.protocol(sock=self.monitor, server=True) as monitor:
                monitor.accept(timeout=None)
                self._serve(monitor)
        except (self.error, OSError, EOFError):
            # QEMU is gone; how it ended is the runner's business.
            pass

    def _serve(self, monitor):
        def command(name, arguments):
            try:
                return monitor.command(name, **arguments)
            except self.error as error:
                raise RequestError(error) from error

        with self.line.makefile("r", encoding="ascii", errors="replace") as lines:
            for line in lines:
                text = answer(line, self.cards, command) + "\n"
                self.line.sendall(text.encode("ascii", "replace"))
