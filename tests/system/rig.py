"""What the daemon's tests stand on: a person with a home, a schedule and a session bus of their own, kindlyd as it is
built, and a caller on the bus that keeps every signal until a test asks for it. The notification server is that of
rig_presenter. Nothing waits for time to pass: every wait is for the next message, and fails after PATIENCE seconds."""

import collections
import contextlib
import functools
import os
import pathlib
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import gi
import pytest

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_presenter import BUILD, PATIENCE, Bus, Server, stop  # noqa: E402

KINDLYD = os.path.join(BUILD, "kindlyd")
NAME = "org.kindlyd.Kindly1"
OBJECT = "/org/kindlyd/Kindly1"
ERROR = NAME + ".Error."
LIMITS = "org.freedesktop.DBus.Error.LimitsExceeded"
DBUS = "org.freedesktop.DBus"
DBUS_OBJECT = "/org/freedesktop/DBus"
INFINITY = 2**64 - 1
MINUTE = 60 * 1000000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOBODY = "0192f0c1-0000-7000-8000-000000000001"  # an id that is none

# Never anything by itself: what is shown, a test asks for.
FAR_AWAY = 'reminders = ( { name = "far"; at = "2100-01-01 12:00"; } );\n'
CALM = "quiet = [];\ngap = \"1s\";\nmost_per_day = 50;\nshow_for = \"until answered\";\n"

# busctl's words for what a call takes: one table for all callers.
SIGNATURES = {
    "Prompt": "s", "Answer": "sss", "Snooze": "st", "SnoozeUntil": "st", "Dismiss": "s", "Note": "sb", "NoteForHardDay": "s", "Keep": "sb",
    "Forget": "s", "ForgetRange": "tt", "Pause": "t", "Resume": "", "Hold": "s", "Release": "s", "Reload": "",
    "ResetLearning": "", "Import": "h", "ListOpen": "", "ListUpcoming": "u", "ListEntries": "ttu",
    "ListPresence": "", "Explain": "s",
}


def now_usec():
    return time.time_ns() // 1000


def at_second(seconds_ahead):
    """The next whole second at least so many ahead, in microseconds, and as a calendar expression in UTC."""
    second = now_usec() // 1000000 + 1 + seconds_ahead
    return second * 1000000, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))


class Refused(Exception):
    """A D-Bus error: its name, and its message."""

    def __init__(self, name, message):
        super().__init__("%s: %s" % (name, message))
        self.name, self.message = name, message


class Caller:
    """A connection to the session bus. Signals of kindlyd are kept in their order."""

    def __init__(self, address):
        flags = Gio.DBusConnectionFlags
        self.context = GLib.MainContext()
        self.context.push_thread_default()
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.signals = collections.deque()
        for name, interface, path in ((NAME, None, OBJECT), (DBUS, DBUS, DBUS_OBJECT)):
            self.connection.signal_subscribe(name, interface, None, path, None, Gio.DBusSignalFlags.NONE,
                                             self._signal)
        self.context.pop_thread_default()

    def _signal(self, _connection, _sender, _path, _interface, member, arguments):
        self.signals.append((member, arguments.unpack()))

    def stop(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def ask(self, name, path, interface, member, arguments=None, timeout=PATIENCE, fds=None):
        try:
            reply, _fds = self.connection.call_with_unix_fd_list_sync(
                name, path, interface, member, arguments, None, Gio.DBusCallFlags.NO_AUTO_START,
                int(timeout * 1000), fds, None)
        except GLib.Error as error:
            dbus_name = Gio.DBusError.get_remote_error(error)
            if not dbus_name:
                raise
            raise Refused(dbus_name, error.message.removeprefix("GDBus.Error:%s: " % dbus_name)) from None
        return reply.unpack()

    def call(self, member, *arguments, timeout=PATIENCE):
        """Gives the one value of the reply, or None. Import takes a file."""
        fds = None
        if member == "Import":
            fds = Gio.UnixFDList()
            arguments = (fds.append(arguments[0].fileno()),)
        reply = self.ask(NAME, OBJECT, NAME, member, GLib.Variant("(%s)" % SIGNATURES[member], arguments), timeout,
                         fds)
        return reply[0] if reply else None

    def refused(self, member, *arguments):
        """The error a call ends with, without the house's prefix, and its message."""
        with pytest.raises(Refused) as caught:
            self.call(member, *arguments)
        return caught.value.name.removeprefix(ERROR), caught.value.message

    def begin(self, member):
        """Calls without waiting. Gives a function that waits for the reply, or for the name of the error."""
        ends = []
        self.context.push_thread_default()
        self.connection.call(NAME, OBJECT, NAME, member, None, None, Gio.DBusCallFlags.NO_AUTO_START, PATIENCE * 1000,
                             None, lambda connection, result: ends.append(result))
        self.context.pop_thread_default()

        def wait():
            while not ends:
                self.context.iteration(True)
            try:
                return self.connection.call_finish(ends[0]).unpack()
            except GLib.Error as error:
                return Gio.DBusError.get_remote_error(error)
        return wait

    def get(self, name):
        return self.ask(NAME, OBJECT, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (NAME, name)))[0]

    def _next(self):
        late = []
        timer = GLib.timeout_source_new(PATIENCE * 1000)
        timer.set_callback(lambda _unused: late.append(True) or False)
        timer.attach(self.context)
        try:
            while not self.signals and not late:
                self.context.iteration(True)
        finally:
            timer.destroy()
        if not self.signals:
            raise TimeoutError("no signal for %d s" % PATIENCE)
        return self.signals.popleft()

    def next(self, member):
        """The arguments of the next signal of that name; those before it are dropped."""
        while True:
            name, arguments = self._next()
            if name == member:
                return arguments

    def next_of(self, *members):
        """The next signal that is one of these, with its arguments."""
        while True:
            name, arguments = self._next()
            if name in members:
                return name, arguments

    def changed(self, name, wanted=None):
        """The value in the next change of a property, or in the next that is as wanted."""
        while True:
            value = self.next("PropertiesChanged")[1].get(name)
            if value is not None and (wanted is None or wanted(value)):
                return value

    def seen(self):
        """The signals that are here already: a round trip has brought all that was sent before it."""
        self.ask(DBUS, DBUS_OBJECT, DBUS, "GetId")
        while self.context.iteration(False):
            pass
        signals = list(self.signals)
        self.signals.clear()
        return signals

    def vanished(self, name=NAME):
        """Waits until the name's owner is gone."""
        while True:
            changed, was, owner = self.next("NameOwnerChanged")
            if changed == name and was and not owner:
                return

    def appeared(self, name=NAME):
        """Waits until somebody takes the name, or owns it already."""
        if self.ask(DBUS, DBUS_OBJECT, DBUS, "NameHasOwner", GLib.Variant("(s)", (name,)))[0]:
            return
        while True:
            changed, _was, owner = self.next("NameOwnerChanged")
            if changed == name and owner:
                return

    def open(self):
        return self.call("ListOpen")

    def entries(self):
        return self.call("ListEntries", 0, INFINITY, 0)


class Kindlyd:
    """The daemon. It has started when it says so to the supervisor, whose part the test has."""

    def __init__(self, env, folder, *options, ready=True, stdin=subprocess.DEVNULL, inside=()):
        """`inside`: a command that ends in its place, after it has made what is around it another."""
        self.log = pathlib.Path(folder) / "kindlyd.log"
        path = os.path.join(folder, "notify-%d" % time.monotonic_ns())
        self.supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.supervisor.bind(path)
        self.supervisor.settimeout(PATIENCE)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*inside, KINDLYD, *options], env={**env, "NOTIFY_SOCKET": path},
                                            stdin=stdin, stderr=log, stdout=log)
        self.pid = self.process.pid
        if ready:
            self.told("READY=1")

    def told(self, *wanted):
        """Waits until the supervisor is told these, in order."""
        for what in wanted:
            while self._next_word() != what:
                pass

    def listen(self):
        """Takes what the supervisor was told meanwhile: with ten words unread, the next one waits."""
        self.supervisor.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.supervisor.recv(4096):
                pass
        self.supervisor.settimeout(PATIENCE)

    def _next_word(self):
        ended = os.pidfd_open(self.pid) if self.process.poll() is None else -1
        try:
            ready, _, _ = select.select([self.supervisor] + ([ended] if ended >= 0 else []), [], [], PATIENCE)
        finally:
            if ended >= 0:
                os.close(ended)
        if self.supervisor not in ready:
            pytest.fail("kindlyd said nothing: %s" % self.stderr())
        return self.supervisor.recv(4096).decode()

    def stderr(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def status(self):
        """Waits until it has ended."""
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.status()

    def children(self):
        """The processes it has started: {pid: (name, state)}."""
        found = {}
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
            except OSError:
                continue
            state, parent = rest.split()[:2]
            if int(parent) == self.pid:
                found[int(folder.name)] = (name, state)
        return found

    def stop(self):
        stop(self.process)
        self.supervisor.close()
        assert "Sanitizer" not in self.stderr() and "runtime error" not in self.stderr(), self.stderr()


@functools.cache
def guided_journal():
    """The bytes of a journal in which nothing is but that the guidance of the first start was read."""
    with tempfile.TemporaryDirectory() as folder:
        person = Person(folder)
        try:
            assert person.start(first=True).end() == 0
        finally:
            person.stop()
        with contextlib.closing(sqlite3.connect(person.journal)) as journal, journal:
            journal.execute("UPDATE state SET guidance = 3")
            journal.execute("DELETE FROM reminder")
        return person.journal.read_bytes()


class Person:
    """A home, a schedule, a bus; what is started here ends with the test, the last first."""

    def __init__(self, folder, services=None):
        """`services`: a folder that says what the bus may start."""
        self.folder = pathlib.Path(folder)
        self.things = []
        self.env = {name: value for name, value in os.environ.items()
                    if name not in ("DISPLAY", "WAYLAND_DISPLAY", "JOURNAL_STREAM", "NOTIFY_SOCKET",
                                    "GSETTINGS_SCHEMA_DIR", "XDG_SESSION_ID")}
        for name, path in (("HOME", "home"), ("XDG_RUNTIME_DIR", "run"), ("XDG_CONFIG_HOME", "config"),
                           ("XDG_STATE_HOME", "state"), ("XDG_DATA_HOME", "data")):
            (self.folder / path).mkdir(mode=0o700)
            self.env[name] = str(self.folder / path)
        self.env |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", "GSETTINGS_BACKEND": "memory", "XDG_CONFIG_DIRS": "/nonexistent",
                     "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}
        self.config = self.folder / "config/kindly/kindly.conf"
        self.config.parent.mkdir(mode=0o700)
        self.journal = self.folder / "state/kindly/journal.db"
        self.bus = self.keep(Bus(str(self.folder), services))
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.bus.address
        self.server, self.watcher = None, None
        self.schedule()

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def stop(self):
        for thing in reversed(self.things):
            thing.stop()

    def schedule(self, text=FAR_AWAY, *, calm=True):
        """Writes the schedule; calm: no quiet hours, no gap worth the name."""
        self.config.write_text(text + (CALM if calm else ""), encoding="utf-8")

    def serve(self, **how):
        """Starts the notification server."""
        self.server = self.keep(Server(self.env, **how))
        return self.server

    def begin_journal(self):
        self.journal.parent.mkdir(mode=0o700)
        self.journal.touch(mode=0o600)
        self.journal.write_bytes(guided_journal())

    def start(self, *options, first=False, **how):
        """Starts kindlyd, once the bus has noticed the end of one before it. first: the person was not told yet what
        this is, so that the guidance takes the first prompt's place."""
        if not first and "--journal" not in options and not self.journal.parent.exists():
            self.begin_journal()
        if not self.watcher:
            self.watcher = self.keep(Caller(self.bus.address))
        deadline = time.monotonic() + PATIENCE
        while self.watcher.ask(DBUS, DBUS_OBJECT, DBUS, "NameHasOwner", GLib.Variant("(s)", (NAME,)))[0]:
            assert time.monotonic() < deadline, "another kindlyd runs"
        return self.keep(Kindlyd(self.env, str(self.folder), *options, **how))

    def caller(self):
        return self.keep(Caller(self.bus.address))

    def run(self, program, *arguments, **how):
        """Runs a program of the build, or any other; gives the exit status, what it printed, and what it told."""
        path = os.path.join(BUILD, program)
        done = subprocess.run([path if os.path.exists(path) else program, *arguments], env=self.env, check=False,
                              capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, **how)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(name="person")
def fixture_person(tmp_path):
    person = Person(tmp_path)
    try:
        yield person
    finally:
        person.stop()
        shutil.rmtree(tmp_path / "run")


@pytest.fixture(name="screen")
def fixture_screen(person):
    """A notification server of the test's own."""
    return person.serve()


@pytest.fixture(name="daemon")
def fixture_daemon(person, screen):
    assert screen
    return person.start()


@pytest.fixture(name="caller")
def fixture_caller(person, daemon):
    assert daemon
    return person.caller()
