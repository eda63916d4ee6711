"""Floods: more calls, and larger ones, than any person or script has a use for. Each is answered, in the order of its
connection; nobody waits for somebody else's flood to end; and the daemon's memory stays what it was."""

import json
import re
import signal
import socket
import sys
import uuid

import pytest
from gi.repository import Gio, GLib

from rig import (DBUS, DBUS_OBJECT, INFINITY, LIMITS, NAME, OBJECT, Caller, now_usec,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401

MIB = 1024 * 1024


class Line:
    """A connection to the bus that sends as fast as it can, and reads only when it is told to."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(re.search("path=([^,]+)", address)[1])
        self.socket.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")
        self.received, self.serial = b"", 0
        while b"\r\nOK" not in b"\r\n" + self.received or not self.received.endswith(b"\r\n"):
            self.received += self.socket.recv(4096)
        self.received = b""
        self.call("Hello", None, name=DBUS, path=DBUS_OBJECT)
        self.replies(1)

    def blob(self, member, arguments=None, name=NAME, path=OBJECT):
        self.serial += 1
        message = Gio.DBusMessage.new_method_call(name, path, name, member)
        if arguments:
            message.set_body(arguments)
        message.set_serial(self.serial)
        return bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE))

    def call(self, *arguments, times=1, **where):
        """The same, so many times."""
        blob = bytearray(self.blob(*arguments, **where))
        for serial in range(self.serial, self.serial + times):
            blob[8:12] = serial.to_bytes(4, sys.byteorder)
            self.socket.sendall(blob)
        self.serial += times - 1

    def reply(self):
        """The next one, or an error."""
        while True:
            while len(self.received) < 16 or len(self.received) < (
                    size := Gio.DBusMessage.bytes_needed(self.received[:16])):
                got = self.socket.recv(MIB)
                assert got, "the bus has closed the connection"
                self.received += got
            message = Gio.DBusMessage.new_from_blob(self.received[:size], Gio.DBusCapabilityFlags.NONE)
            self.received = self.received[size:]
            if message.get_message_type() in (Gio.DBusMessageType.METHOD_RETURN, Gio.DBusMessageType.ERROR):
                return message

    def replies(self, n):
        """Reads on until there were so many; gives the errors among them."""
        names = [self.reply().get_error_name() for _ in range(n)]
        return [name for name in names if name]

    def arrived(self):
        """The bus has all that was sent; gives how many replies to it came before the bus said so."""
        self.call("GetId", None, name=DBUS, path=DBUS_OBJECT)
        replies = 0
        while self.reply().get_reply_serial() != self.serial:
            replies += 1
        return replies

    def close(self):
        self.socket.close()


pytestmark = pytest.mark.once  # what they weigh says nothing of a build with sanitizers


@pytest.fixture(name="line")
def fixture_line(person, daemon):
    assert daemon
    line = Line(person.bus.address)
    yield line
    line.close()


def memory(daemon, what):
    """In bytes: VmRSS, what it holds, or VmHWM, the most that it has held."""
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(re.search(what + r":\s*(\d+)", status.read())[1]) * 1024


def fill(caller, folder, n):
    """So many lines of one's own, each as long as one can be."""
    time, device = now_usec(), str(uuid.UUID(int=7))
    path = folder / "lines.jsonl"
    for begin in range(0, n, 200):
        with open(path, "w", encoding="ascii") as file:
            for number in range(begin, min(begin + 200, n)):
                one = str(uuid.UUID(int=(time // 1000) << 80 | 0x7000 << 64 | 0x8000 << 48 | number))
                json.dump({"version": 1, "id": one, "entry": one, "device": device, "time_usec": time, "kind": "noted",
                           "note": "x" * 4000}, file)
                file.write("\n")
        with open(path, "rb") as file:
            caller.call("Import", file)
    path.unlink()


EVERYTHING = GLib.Variant("(ttu)", (0, INFINITY, 0))
MIX = [("ListOpen", None), ("Explain", GLib.Variant("(s)", ("",))), ("Note", GLib.Variant("(sb)", ("a line", False))),
       ("ListUpcoming", GLib.Variant("(u)", (5,))), ("ListPresence", None)]


def test_imports_are_of_a_size_that_is_soon_taken_in(caller, tmp_path):
    path = tmp_path / "blank.jsonl"
    for size, name in (2 * MIB, None), (2 * MIB + 1, "InvalidArgument"):
        path.write_bytes(b"\n" * size)
        with open(path, "rb") as file:
            if name:
                error, told = caller.refused("Import", file)
                assert error == name and "2 MiB" in told and "portions" in told
            else:
                assert caller.call("Import", file) == 0


@pytest.mark.full
def test_a_large_schedule_and_large_decks(person, screen):
    """Ten thousand reminders, and fifty thousand prompts in five decks, with the shipped ones beside them."""
    assert screen
    reminders = ",\n".join(f'{{ name = "r{number}"; at = "Mon *-1..6-1..7 {number % 24}:{number % 60}"; }}'
                           for number in range(10000))
    person.schedule(f"reminders = (\n{reminders}\n);\n")
    assert 500000 < person.config.stat().st_size < MIB
    decks = person.folder / "data/kindly/decks"
    decks.mkdir(parents=True)
    for deck in range(5):
        prompts = ",\n".join(f'{{ id = "d{deck}-{number}"; text = "This is the text of prompt {number}."; }}'
                             for number in range(10000))
        (decks / f"{deck}.conf").write_text(f'theme = "care"; language = "en"; prompts = (\n{prompts}\n);\n')
    daemon = person.start()
    caller = person.caller()
    assert caller.get("Problem") == "" and len(caller.call("ListUpcoming", 100)) == 100
    assert caller.call("Prompt", "care")
    caller.call("Reload")
    assert memory(daemon, "VmHWM") < 96 * MIB


@pytest.mark.full
def test_twenty_thousand_calls_of_two_hundred_clients(person, daemon, caller):
    lines = [Line(person.bus.address) for _ in range(200)]
    before = memory(daemon, "VmRSS")
    for line in lines:
        line.socket.sendall(b"".join(line.blob(*MIX[(line.serial + 1) % len(MIX)]) for _ in range(100)))
    errors = [error for line in lines for error in line.replies(100)]
    assert set(errors) <= {NAME + ".Error.NoSuchEntry"}  # Explain, as nothing was shown yet
    assert len(caller.entries()) == 4000
    assert memory(daemon, "VmHWM") - before < 32 * MIB
    for line in lines:
        line.close()


def test_huge_calls_one_after_another(daemon, caller, line):
    """The bus itself holds what has not been read yet."""
    before = memory(daemon, "VmHWM")
    line.call("Note", GLib.Variant("(sb)", ("x" * (8 * MIB), False)), times=40)
    caller.call("Note", "in between", False)
    assert line.replies(40) == [LIMITS] * 40
    assert memory(daemon, "VmHWM") - before < 48 * MIB
    assert [row["note"] for row in caller.entries()] == ["in between"]


@pytest.mark.full
def test_a_caller_that_asks_much_and_reads_nothing(daemon, caller, line, tmp_path):
    """A hundred megabytes for it lie in the bus, not in the daemon."""
    fill(caller, tmp_path, 1000)
    before = memory(daemon, "VmHWM")
    line.call("ListEntries", EVERYTHING, times=25)
    assert len(caller.call("ListEntries", 0, INFINITY, 3)) == 3
    caller.call("Note", "in between", False)
    assert line.replies(25) == []
    assert memory(daemon, "VmHWM") - before < 48 * MIB


def test_nobody_waits_for_anothers_long_calls(daemon, caller, line, tmp_path):
    """Not for a short call, and not for a long one, in its turn."""
    fill(caller, tmp_path, 200)
    daemon.process.send_signal(signal.SIGSTOP)
    line.call("ListEntries", EVERYTHING, times=200)
    line.arrived()
    daemon.process.send_signal(signal.SIGCONT)
    caller.call("Note", "in between", False)
    assert len(caller.call("ListEntries", 0, INFINITY, 3)) == 3
    daemon.process.send_signal(signal.SIGSTOP)
    answered = line.arrived()
    assert answered < 100
    daemon.process.send_signal(signal.SIGCONT)
    assert line.replies(200 - answered) == []


def test_more_long_calls_than_may_wait(daemon, caller, line):
    """They are there at once, when it wakes; some are answered before the last is taken."""
    daemon.process.send_signal(signal.SIGSTOP)
    line.call("ListUpcoming", GLib.Variant("(u)", (1000,)), times=2000)
    assert line.arrived() == 0
    daemon.process.send_signal(signal.SIGCONT)
    errors = line.replies(2000)
    assert 0 < len(errors) <= 2000 - 256 and set(errors) == {LIMITS}
    assert caller.call("ListUpcoming", 1)
    line.call("ListUpcoming", GLib.Variant("(u)", (1,)), times=100)
    assert line.replies(100) == []
