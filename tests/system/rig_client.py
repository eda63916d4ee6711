"""Runs `kindly` against a stand-in for the daemon on a bus of its own.

The stand-in registers the interface of units/org.kindlyd.Kindly1.xml, so that a call with wrong types is refused by
the bus library. It answers what a test has set, and keeps the calls. Nothing of the person's desktop is touched: the
bus has no service files, and every folder is the test's own.
"""

import os
import pty
import re
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("KINDLY_BUILD", ROOT / "build" / "release"))
KINDLY = BUILD / "kindly"
NAME = "org.kindlyd.Kindly1"
OBJECT = "/org/kindlyd/Kindly1"
INFINITY = 2**64 - 1
TIMEOUT = 20  # seconds after which a hanging command is a failure

ID = "0192f0c1-0000-7000-8000-000000000001"
OTHER = "0192f0c1-0000-7000-8000-000000000002"

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  SERVICES
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def noon_zone():
    """A zone in which it is about noon now, so that "today" is today for hours to come and past."""
    offset = 12 - time.gmtime().tm_hour
    return f"<NOON>{-offset}"


def local(usec, zone):
    """The broken-down local time in a zone of noon_zone()."""
    offset = -int(zone.removeprefix("<NOON>"))
    return time.gmtime(usec // 1_000_000 + offset * 3600)


class Bus:
    """A session bus; it starts nothing but what `services` (a folder) says."""

    def __init__(self, folder, services=None):
        config = Path(folder) / "bus.conf"
        config.write_text(BUS_CONFIG.replace("SERVICES", f"<servicedir>{services}</servicedir>" if services else ""))
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--print-address", "--nofork"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self.process.stdout.readline().strip()

    def end(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.process.stdout.close()


class Daemon:
    """The stand-in. `replies` holds a GLib.Variant, a list of them (one a call, the last stays), or an exception made
    by error(), by member; `calls` the (member, arguments) so far, in order."""

    def __init__(self, address):
        self.calls = []
        self.called = threading.Condition()
        self.replies = {
            "Prompt": GLib.Variant("(s)", (ID,)),
            "Snooze": GLib.Variant("(t)", (0,)),
            "SnoozeUntil": GLib.Variant("(t)", (0,)),
            "Note": GLib.Variant("(s)", (ID,)),
            "NoteForHardDay": GLib.Variant("(s)", (ID,)),
            "ForgetRange": GLib.Variant("(u)", (0,)),
            "Hold": GLib.Variant("(s)", ("cookie-1",)),
            "Explain": GLib.Variant("(s)", ("For variety.",)),
        }
        for member in ("ListOpen", "ListUpcoming", "ListEntries", "ListPresence"):
            self.replies[member] = GLib.Variant("(aa{sv})", ([],))
        self.properties = {
            "Version": GLib.Variant("s", "0.1.0"),
            "Presence": GLib.Variant("s", "available"),
            "PresenceUSec": GLib.Variant("t", 0),
            "PausedUntilUSec": GLib.Variant("t", 0),
            "NextElapseUSec": GLib.Variant("t", INFINITY),
            "NextReminder": GLib.Variant("s", ""),
            "OpenCount": GLib.Variant("u", 0),
            "Fewer": GLib.Variant("u", 0),
            "Problem": GLib.Variant("s", ""),
        }
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self.thread.start()
        assert self.ready.wait(TIMEOUT)

    def _run(self, address):
        self.context.push_thread_default()
        flags = Gio.DBusConnectionFlags
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
        )
        xml = (ROOT / "units" / f"{NAME}.xml").read_text()
        interface = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
        self.connection.register_object(OBJECT, interface, self._method, self._property, None)
        do_not_queue = 4
        owner = self._bus("RequestName", GLib.Variant("(su)", (NAME, do_not_queue))).unpack()[0]
        assert owner == 1, "another stand-in has the name"
        started = GLib.idle_source_new()  # from inside the loop: a quit before it runs would be lost
        started.set_callback(lambda *_: self.ready.set())
        started.attach(self.context)
        self.loop.run()
        if not self.connection.is_closed():
            self._bus("ReleaseName", GLib.Variant("(s)", (NAME,)))
            self.connection.close_sync(None)
        self.context.pop_thread_default()

    def _bus(self, member, arguments):
        bus = "org.freedesktop.DBus"
        return self.connection.call_sync(bus, "/org/freedesktop/DBus", bus, member, arguments, None, 0, -1, None)

    def _property(self, _connection, _sender, _path, _interface, name):
        return self.properties[name]

    def _method(self, _connection, sender, _path, _interface, member, arguments, invocation):
        reply = self.replies.get(member)
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        with self.called:
            self.calls.append((member, arguments.unpack()))
            self.sender = sender
            self.called.notify_all()
        if isinstance(reply, Exception):
            invocation.return_dbus_error(*reply.args)
        else:
            invocation.return_value(reply)

    def wait_for(self, member, before=0):
        """Until the member has been called, after the first `before` calls."""
        with self.called:
            assert self.called.wait_for(lambda: any(call[0] == member for call in self.calls[before:]), TIMEOUT)

    def emit(self, member, arguments):
        self.connection.emit_signal(None, OBJECT, NAME, member, arguments)
        self.connection.flush_sync(None)

    def is_on_bus(self, name):
        bus = "org.freedesktop.DBus"
        reply = self.connection.call_sync(
            bus, "/org/freedesktop/DBus", bus, "NameHasOwner", GLib.Variant("(s)", (name,)), None, 0, -1, None
        )
        return reply.unpack()[0]

    def did(self):
        """The calls that are not looks."""
        return [call for call in self.calls if not call[0].startswith("List")]

    def end(self):
        self.loop.quit()
        self.thread.join(TIMEOUT)
        assert not self.thread.is_alive()


def error(name, message):
    """For Daemon.replies: org.kindlyd.Kindly1.Error.NAME, or a whole name."""
    return RuntimeError(name if "." in name else f"{NAME}.Error.{name}", message)


def rows(*items):
    """A reply aa{sv}: integers become t, but `i:key` and `u:key` those types."""
    types = {str: "s", bool: "b", int: "t", list: "a(ss)"}

    def variant(key, value):
        kind, _, name = key.rpartition(":")
        return name, GLib.Variant(kind or types[type(value)], value)

    return GLib.Variant("(aa{sv})", ([dict(variant(k, v) for k, v in item.items()) for item in items],))


class Person:
    """A home, a bus (or none), and the command."""

    def __init__(self, folder, address):
        self.folder = Path(folder)
        self.zone = noon_zone()
        self.runtime = self.folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_CONFIG_DIRS": str(self.folder / "none"),
            "LC_ALL": "C.UTF-8",
            "TZ": self.zone,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GCOV_ERROR_FILE"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        if address:
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = address

    def start(self, *arguments, **options):
        environment = self.environment | options.pop("env", {})
        return subprocess.Popen(
            [KINDLY, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )

    def run(self, *arguments, input="", **options):
        """The exit status, standard output and standard error, as text."""
        stdin = {} if "stdin" in options else {"stdin": subprocess.PIPE}
        process = self.start(*arguments, **stdin, **options)
        data = input if isinstance(input, bytes) else input.encode()
        out, err = process.communicate(data if stdin else None, timeout=TIMEOUT)
        return process.returncode, out.decode(), err.decode()

    def program(self, name, script):
        """An executable of that name in front of PATH."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        if not self.environment["PATH"].startswith(str(folder)):
            self.environment["PATH"] = f"{folder}:{self.environment['PATH']}"
        return path

    def words_of(self, usec, day="today"):
        return time.strftime(f"{day} %H:%M", local(usec, self.zone))


def schema():
    """The tables of the journal, as the daemon makes them."""
    source = (ROOT / "daemon" / "store" / "schema.c").read_text()
    block = source[source.index("migrations[") :]
    block = block[: block.index("};")]
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block))


class Journal:
    """A journal file with events of the test's choosing."""

    def __init__(self, person):
        folder = person.folder / ".local/state/kindly"
        folder.mkdir(parents=True)
        self.database = sqlite3.connect(folder / "journal.db")
        self.database.executescript(schema())
        self.database.execute(
            "INSERT INTO state (one, device, secret, planned_until_usec) VALUES (1, ?, ?, 0)", (b"d" * 16, b"s" * 16)
        )
        self.database.execute("PRAGMA application_id = 0x6b6e646c")
        self.database.execute("PRAGMA user_version = 1")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.commit()
        self.n = 0

    def add(self, kind, usec, entry=None, **values):
        """Adds an event; without `entry` it begins one. Returns the entry's id as bytes."""
        self.n += 1
        id = (usec // 1000).to_bytes(6, "big") + b"\x70\0\x80\0\0\0\0\0\0" + bytes([self.n])
        row = {"id": id, "entry": entry or id, "device": b"d" * 16, "kind": kind, "time_usec": usec, "offset_sec": 3600}
        row |= {"step": 0, "keep": 0} | values
        columns = ", ".join(row)
        self.database.execute(
            f"INSERT INTO event ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
        )
        self.database.commit()
        return entry or id

    def end(self):
        self.database.close()


def on_terminal(person, *arguments, columns=40, written=b"", env=None):
    """Runs on a terminal of that width; what it printed, and the status."""
    main, other = pty.openpty()
    subprocess.run(["stty", "cols", str(columns)], stdin=other, check=True)
    process = subprocess.Popen(
        [KINDLY, *arguments],
        stdin=other,
        stdout=other,
        stderr=other,
        env=person.environment | (env or {}),
        start_new_session=True,
    )
    os.close(other)
    os.write(main, written)
    out = b""
    while True:
        try:
            data = os.read(main, 4096)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(main)
    return process.wait(TIMEOUT), out.decode().replace("\r\n", "\n")
