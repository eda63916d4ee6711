"""The presence monitor against mocked desktops, on private buses of its own.

presence-driver runs the monitor alone and says what it learns, line by line. The services are python-dbusmock objects
in a second process (rig_mock.py), one for each test. Nothing here sleeps: every wait is for a
line, or for a method call's reply.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import dbus
import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_mock import (  # noqa: E402
    DUNST, IDLE_MONITOR, IDLE_PATH, LOGIND, MAKO, MANAGER, MOCK, NOTIFICATIONS, NOTIFICATIONS_PATH, PATIENCE, POWER,
    POWER_PATH, SESSION, SESSION_PATH, SESSIONS, SWAYNC, XFCONF, Lines, list_sessions, logind,
    start_services)

DRIVER = Path(os.environ.get("KINDLY_BUILD", "build/release")) / "tests/system/presence-driver"
LOCKED, IDLE, DO_NOT_DISTURB, PRESENTING = 1, 2, 4, 8
EVERYTHING = 15

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/{name}</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


class Desktop:
    """Two private buses, the services on them, and the monitor."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []
        self.connections = []
        (folder / "services").mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/session",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/system",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE", "GCOV_PREFIX", "LD_PRELOAD"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.driver = None

    def start_bus(self, name):
        config = self.folder / f"{name}.conf"
        config.write_text(BUS_CONFIG.format(folder=self.folder, name=name))
        bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"], stdout=subprocess.PIPE
        )
        bus.stdout.readline()
        self.running.append(bus)
        return bus

    def connect(self, bus="session"):
        connection = dbus.bus.BusConnection(f"unix:path={self.folder}/{bus}")
        self.connections.append(connection)  # it would leave the bus when nobody refers to it
        return connection

    def serve(self, *services):
        """Each service: (bus, name, [(path, interface, {property: expression}, [(method, in, out, code)])])."""
        addresses = {bus: f"unix:path={self.folder}/{bus}" for bus, *_ in services}
        server = start_services(services, addresses, self.environment)
        self.running.append(server.process)
        return server

    def mock(self, name, path, bus="session"):
        return dbus.Interface(self.connect(bus).get_object(name, path, introspect=False), MOCK)

    def start(self, hold=EVERYTHING, idle_after=300):
        self.driver = Lines([str(DRIVER)], self.environment)
        self.tell(f"configure {hold} {idle_after}", "ready")
        return self

    def tell(self, command, expected):
        self.driver.say(command)
        assert self.driver.next() == expected

    def expect(self, line):
        assert self.driver.next() == line

    def ask(self):
        """The rows by name, and what follows from them. A change it leads to is told first."""
        self.driver.say("ask")
        rows, held = {}, []
        while True:
            kind, _, rest = self.driver.next().partition(" ")
            if kind == "source":
                name, state, holds, detail = rest.split(" ", 3)
                row = (state, holds == "holds", detail)
                if name == "hold":
                    held.append(row)
                else:
                    rows[name] = row
            elif kind == "asked":
                return rows, held, rest
            else:
                assert kind == "changed"

    def close(self):
        """The driver first, while all it talks to is there: it must end well and have said nothing unexpected."""
        code, rest = self.driver.end() if self.driver else (0, "")
        for process in self.running:
            process.kill()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
            process.wait()
        assert (code, rest) == (0, "")


@pytest.fixture
def empty(tmp_path):
    desktop = Desktop(tmp_path)
    yield desktop
    desktop.close()


@pytest.fixture
def desktop(empty):
    empty.start_bus("session")
    empty.start_bus("system")
    return empty


def one_method(name, path, interface, method, types, code):
    return ("session", name, [(path, interface, {}, [(method, *types, code)])])


def screensaver(name, active="False"):
    return one_method(name, "/" + name.replace(".", "/"), name, "GetActive", ("", "b"), f"ret = {active}")


def notifications(path, interface, properties, methods=()):
    return ("session", NOTIFICATIONS, [(path, interface, properties, list(methods))])


def minutes_ago(minutes):
    return f"dbus.UInt64({int((time.time() - 60 * minutes) * 1e6)})"


# Each: what is there, the row it is about, and what that row says.
ROWS = {
    "logind, unlocked": (logind(), "logind-lock", ("available", False, "")),
    "logind, locked": (logind({"LockedHint": "True"}), "logind-lock", ("away", True, "locked")),
    "logind, in front": (logind(), "logind-active", ("available", False, "")),
    "logind, behind": (logind({"Active": "False"}), "logind-active", ("away", True, "another session is in front")),
    "logind, no display": (logind({"LockedHint": "True"}, display="/"), "logind-lock", ("away", True, "locked")),
    "logind, not idle": (logind(), "logind-idle", ("available", False, "")),
    "logind, idle for ever": (logind({"IdleHint": "True"}), "logind-idle", ("away", True, "idle")),
    "logind, idle long": (
        logind({"IdleHint": "True", "IdleSinceHint": minutes_ago(12.01)}),
        "logind-idle",
        ("away", True, "idle for 12 min"),
    ),
    "logind, idle a little": (
        logind({"IdleHint": "True", "IdleSinceHint": minutes_ago(2)}),
        "logind-idle",
        ("available", False, ""),
    ),
    "logind, idle in the future": (
        logind({"IdleHint": "True", "IdleSinceHint": minutes_ago(-60)}),
        "logind-idle",
        ("available", False, ""),
    ),
    "logind, idle of another type": (
        logind({"IdleHint": "'yes'"}),
        "logind-idle",
        ("unknown", False, "an answer that makes no sense"),
    ),
    "logind, nothing inhibited": (logind(), "logind-inhibited", ("available", False, "")),
    "logind, idle inhibited": (
        logind(inhibited="'shutdown:idle:sleep'"),
        "logind-inhibited",
        ("busy", True, "a program keeps the screen on"),
    ),
    "logind, others inhibited": (
        logind(inhibited="'sleep:idleness'"),
        "logind-inhibited",
        ("available", False, ""),
    ),
    "screen saver off": (screensaver("org.freedesktop.ScreenSaver"), "screensaver", ("available", False, "")),
    "screen saver on": (screensaver("org.freedesktop.ScreenSaver", "True"), "screensaver", ("away", True, "locked")),
    "screen saver of gnome-settings-daemon": (
        one_method(
            "org.freedesktop.ScreenSaver",
            "/org/freedesktop/ScreenSaver",
            "org.freedesktop.ScreenSaver",
            "GetActive",
            ("", "b"),
            "raise dbus.exceptions.DBusException('no', name='org.freedesktop.DBus.Error.NotSupported')",
        ),
        "screensaver",
        ("unknown", False, "org.freedesktop.DBus.Error.NotSupported"),
    ),
    "GNOME locked": (screensaver("org.gnome.ScreenSaver", "True"), "gnome-screensaver", ("away", True, "locked")),
    "MATE locked": (screensaver("org.mate.ScreenSaver", "True"), "mate-screensaver", ("away", True, "locked")),
    "Cinnamon locked": (
        screensaver("org.cinnamon.ScreenSaver", "True"),
        "cinnamon-screensaver",
        ("away", True, "locked"),
    ),
    "Xfce locked": (screensaver("org.xfce.ScreenSaver", "True"), "xfce-screensaver", ("away", True, "locked")),
    "GNOME idle": (
        one_method(IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "GetIdletime", ("", "t"), "ret = 420000"),
        "gnome-idle",
        ("away", True, "idle for 7 min"),
    ),
    "GNOME nearly idle": (
        one_method(IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "GetIdletime", ("", "t"), "ret = 299999"),
        "gnome-idle",
        ("available", False, ""),
    ),
    "GNOME idle beyond all measure": (
        one_method(IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "GetIdletime", ("", "t"), "ret = 2**64 - 1"),
        "gnome-idle",
        ("away", True, "idle for 307445734561 min"),
    ),
    "KDE inhibited": (
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {"Inhibited": "True"}),
        "kde-do-not-disturb",
        ("busy", True, "do not disturb"),
    ),
    "KDE not inhibited": (
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {"Inhibited": "False"}),
        "kde-do-not-disturb",
        ("available", False, ""),
    ),
    "KDE inhibited, as text": (
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {"Inhibited": "'True'"}),
        "kde-do-not-disturb",
        ("unknown", False, "an answer that makes no sense"),
    ),
    "a server that isn't mako": (
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {}),
        "mako-do-not-disturb",
        ("absent", False, ""),
    ),
    "dunst paused": (
        notifications(NOTIFICATIONS_PATH, DUNST, {"paused": "True"}),
        "dunst-do-not-disturb",
        ("busy", True, "paused"),
    ),
    "mako in two modes": (
        notifications("/fr/emersion/Mako", MAKO, {}, [("ListModes", "", "as", "ret = ['default', 'do-not-disturb']")]),
        "mako-do-not-disturb",
        ("busy", True, "do not disturb"),
    ),
    "mako in another mode": (
        notifications("/fr/emersion/Mako", MAKO, {}, [("ListModes", "", "as", "ret = ['default', 'do-not']")]),
        "mako-do-not-disturb",
        ("available", False, ""),
    ),
    "swaync in do not disturb": (
        one_method(SWAYNC, "/org/erikreider/swaync/cc", SWAYNC, "GetDnd", ("", "b"), "ret = True"),
        "swaync-do-not-disturb",
        ("busy", True, "do not disturb"),
    ),
    "Xfce in do not disturb": (
        one_method(
            XFCONF,
            "/org/xfce/Xfconf",
            XFCONF,
            "GetProperty",
            ("ss", "v"),
            "ret = (args[0], args[1]) == ('xfce4-notifyd', '/do-not-disturb')",
        ),
        "xfce-do-not-disturb",
        ("busy", True, "do not disturb"),
    ),
    "Xfce, never set": (
        one_method(
            XFCONF,
            "/org/xfce/Xfconf",
            XFCONF,
            "GetProperty",
            ("ss", "v"),
            "raise dbus.exceptions.DBusException('no', name='org.xfce.Xfconf.Error.PropertyNotFound')",
        ),
        "xfce-do-not-disturb",
        ("available", False, ""),
    ),
    "a video plays": (
        one_method(SESSIONS, "/org/gnome/SessionManager", SESSIONS, "IsInhibited", ("u", "b"), "ret = args[0] == 8"),
        "session-inhibited",
        ("busy", True, "a program keeps the screen on"),
    ),
    "power is inhibited": (
        one_method(
            POWER,
            POWER_PATH,
            POWER + ".Inhibit",
            "HasInhibit",
            ("", "b"),
            "ret = True",
        ),
        "power-inhibited",
        ("busy", True, "a program keeps the screen on"),
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_each_source(desktop, case):
    service, name, expected = ROWS[case]
    desktop.serve(service)
    rows, _, presence = desktop.start().ask()
    assert rows[name] == expected
    assert presence == (expected[0] if expected[1] else "available")


def test_every_source_has_a_case(desktop):
    rows, _, _ = desktop.start().ask()
    assert set(rows) == {name for _, name, _ in ROWS.values()}


def test_nothing_there(desktop):
    rows, held, presence = desktop.start().ask()
    assert set(rows.values()) == {("absent", False, "")}
    assert (held, presence) == ([], "available")
    desktop.tell("now", "now available learned")


def test_before_the_first_answer(desktop):
    desktop.start().tell("now", "now available unknown")


def test_no_system_bus(empty):
    empty.start_bus("session")
    empty.serve(screensaver("org.gnome.ScreenSaver", "True"))
    rows, _, presence = empty.start().ask()
    assert rows["logind-lock"] == ("absent", False, "")
    assert presence == "away"


def test_system_bus_comes_back(desktop):
    first = desktop.start_bus("system2")  # stands in for a system bus that ends
    desktop.environment["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={desktop.folder}/system2"
    locked = ("system2", *logind({"LockedHint": "True"})[1:])
    desktop.serve(locked)
    desktop.start().tell("watch on", "watching on")
    desktop.expect("changed away")
    desktop.ask()  # the round of that answer is over
    first.kill()
    first.wait()
    (desktop.folder / "system2").unlink()
    rows, _, presence = desktop.ask()
    assert (rows["logind-lock"][0], presence) == ("absent", "available")
    desktop.start_bus("system2")
    desktop.serve(locked)
    rows, _, presence = desktop.ask()
    assert (rows["logind-lock"][0], presence) == ("away", "away")
    # It is watched again as well.
    mock = desktop.mock(LOGIND, SESSION_PATH, "system2")
    mock.UpdateProperties(SESSION, {"LockedHint": False})
    desktop.expect("changed available")


@pytest.mark.parametrize(
    "hold, expected", [(EVERYTHING, "away"), (IDLE | DO_NOT_DISTURB, "busy"), (PRESENTING, "available")]
)
def test_only_what_is_configured_holds(desktop, hold, expected):
    desktop.serve(
        screensaver("org.gnome.ScreenSaver", "True"),
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {"Inhibited": "True"}),
    )
    rows, _, presence = desktop.start(hold=hold).ask()
    assert presence == expected
    assert rows["gnome-screensaver"] == ("away", bool(hold & LOCKED), "locked")
    assert rows["kde-do-not-disturb"] == ("busy", bool(hold & DO_NOT_DISTURB), "do not disturb")


def test_configuring_anew_needs_no_asking(desktop):
    desktop.serve(screensaver("org.gnome.ScreenSaver", "True"))
    assert desktop.start().ask()[2] == "away"
    desktop.tell("configure 8 300", "ready")
    desktop.expect("changed available")


def test_no_service_is_started(desktop):
    """A service that the bus could start, and that would leave a mark, for every name that is asked."""
    mark = desktop.folder / "started"
    names = ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", IDLE_MONITOR, NOTIFICATIONS, SWAYNC, XFCONF]
    for name in names + [SESSIONS, POWER, LOGIND]:
        (desktop.folder / "services" / f"{name}.service").write_text(
            f"[D-BUS Service]\nName={name}\nExec=/usr/bin/touch {mark}\n"
        )
    for bus in ("session", "system"):
        desktop.connect(bus).call_blocking(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig", "", ()
        )
    desktop.start().tell("watch on", "watching on")
    rows, _, _ = desktop.ask()
    desktop.tell("watch off", "watching off")
    assert set(rows.values()) == {("absent", False, "")}
    assert not mark.exists()


def test_a_hanging_source_is_unknown(desktop):
    """The one slow test: 2 s, for all that hang together, and for those who ask meanwhile."""
    desktop.serve(
        screensaver("org.gnome.ScreenSaver", "True"),
        notifications(NOTIFICATIONS_PATH, NOTIFICATIONS, {"Inhibited": "True"}),
    )
    # Names with nobody who reads behind them.
    deaf = [desktop.connect("session"), desktop.connect("system")]
    for bus, name in ((deaf[0], "org.freedesktop.ScreenSaver"), (deaf[0], XFCONF), (deaf[1], LOGIND)):
        bus.request_name(name)
    desktop.start()
    begun = time.monotonic()
    desktop.tell("watch on", "watching on")
    desktop.driver.say("ask")
    desktop.expect("changed away")
    assert time.monotonic() - begun < 1.9  # what is known counts at once
    desktop.tell(f"configure {EVERYTHING} 300", "ready")  # asks anew, when this round is over
    rows, _, presence = desktop.ask()
    taken = time.monotonic() - begun
    assert 1.9 < taken < 5
    for name in ("screensaver", "xfce-do-not-disturb", "logind-lock", "logind-idle", "logind-inhibited"):
        assert rows[name] == ("unknown", False, "no answer within 2 s")
    assert rows["kde-do-not-disturb"][0] == "busy"
    assert presence == "away"
    # The first question shared the round: its rows came with those of the second.
    for line in range(len(rows)):
        assert desktop.driver.next().startswith("source ")
    desktop.expect("asked away")


def watch(desktop, first):
    desktop.start().tell("watch on", "watching on")
    if first != "available":
        desktop.expect(f"changed {first}")
    else:
        assert desktop.ask()[2] == "available"


def test_watch_logind(desktop):
    desktop.serve(logind())
    watch(desktop, "available")
    session = desktop.mock(LOGIND, SESSION_PATH, "system")
    session.UpdateProperties(SESSION, {"LockedHint": True})
    desktop.expect("changed away")
    session.UpdateProperties(SESSION, {"LockedHint": False, "IdleHint": True})
    desktop.ask()  # may share the round that the lock began
    assert desktop.ask()[0]["logind-idle"][0] == "away"
    session.UpdateProperties(SESSION, {"IdleHint": False})
    desktop.expect("changed available")
    manager = desktop.mock(LOGIND, "/org/freedesktop/login1", "system")
    manager.UpdateProperties(MANAGER, {"BlockInhibited": "idle"})
    desktop.expect("changed busy")
    session.UpdateProperties(SESSION, {"Active": False})
    desktop.expect("changed away")


def test_watch_a_session_that_comes(desktop):
    # No display yet, and none of this user's sessions on a seat.
    service = logind({"LockedHint": "True"}, display="/")
    service[2][0][3][1] = ("ListSessions", "", "a(susso)", "ret = dbus.Array([], signature='(susso)')")
    desktop.serve(service)
    watch(desktop, "available")
    manager = desktop.mock(LOGIND, "/org/freedesktop/login1", "system")
    manager.AddMethod(MANAGER, *list_sessions())
    manager.EmitSignal(MANAGER, "SessionNew", "so", ["2", dbus.ObjectPath(SESSION_PATH)])
    desktop.expect("changed away")


@pytest.mark.parametrize("name", ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"])
def test_watch_a_screen_saver(desktop, name):
    desktop.serve(screensaver(name))
    watch(desktop, "available")
    mock = desktop.mock(name, "/" + name.replace(".", "/"))
    mock.AddMethod(name, "GetActive", "", "b", "ret = True")
    mock.EmitSignal(name, "ActiveChanged", "b", [True])
    desktop.expect("changed away")
    mock.AddMethod(name, "GetActive", "", "b", "ret = False")
    mock.EmitSignal(name, "ActiveChanged", "b", [False])
    desktop.expect("changed available")


@pytest.mark.parametrize("interface, name", [(NOTIFICATIONS, "Inhibited"), (DUNST, "paused")])
def test_watch_a_notification_server(desktop, interface, name):
    desktop.serve(notifications(NOTIFICATIONS_PATH, interface, {name: "True"}))
    watch(desktop, "busy")
    mock = desktop.mock(NOTIFICATIONS, NOTIFICATIONS_PATH)
    mock.UpdateProperties(interface, {name: False})
    desktop.expect("changed available")
    mock.UpdateProperties(interface, {name: True})
    desktop.expect("changed busy")


SIGNALS = {  # name, path, interface; method and its types; the signal
    "swaync": (
        (SWAYNC, "/org/erikreider/swaync/cc", SWAYNC),
        ("GetDnd", "", "b"),
        ("SubscribeV2", "ubbb", [dbus.UInt32(0), True, False, False]),
    ),
    "swaync before 0.8": (
        (SWAYNC, "/org/erikreider/swaync/cc", SWAYNC),
        ("GetDnd", "", "b"),
        ("Subscribe", "ubb", [dbus.UInt32(0), True, False]),
    ),
    "xfconf": (
        (XFCONF, "/org/xfce/Xfconf", XFCONF),
        ("GetProperty", "ss", "v"),
        ("PropertyChanged", "ssv", ["xfce4-notifyd", "/do-not-disturb", True]),
    ),
    "session manager": (
        (SESSIONS, "/org/gnome/SessionManager", SESSIONS),
        ("IsInhibited", "u", "b"),
        ("InhibitorAdded", "o", [dbus.ObjectPath("/a")]),
    ),
    "power manager": (
        (POWER, POWER_PATH, POWER + ".Inhibit"),
        ("HasInhibit", "", "b"),
        ("HasInhibitChanged", "b", [True]),
    ),
}


@pytest.mark.parametrize("case", SIGNALS)
def test_watch_signals(desktop, case):
    (name, path, interface), (method, takes, gives), (signal, types, arguments) = SIGNALS[case]
    desktop.serve(one_method(name, path, interface, method, (takes, gives), "ret = False"))
    watch(desktop, "available")
    mock = desktop.mock(name, path)
    mock.AddMethod(interface, method, takes, gives, "ret = True")
    mock.EmitSignal(interface, signal, types, dbus.Array(arguments, signature="v"))
    desktop.expect("changed busy")


def test_watch_one_that_does_not_tell(desktop):
    """It is asked again, from time to time, as long as it holds; a question by hand is answered meanwhile."""
    desktop.serve(notifications("/fr/emersion/Mako", MAKO, {}, [("ListModes", "", "as", "ret = ['do-not-disturb']")]))
    watch(desktop, "busy")
    assert desktop.ask()[2] == "busy"


def test_watch_the_return(desktop):
    methods = [
        ("GetIdletime", "", "t", "ret = 900000"),
        ("AddUserActiveWatch", "", "u", "ret = 7"),
        ("RemoveWatch", "u", "", ""),
    ]
    desktop.serve(("session", IDLE_MONITOR, [(IDLE_PATH, IDLE_MONITOR, {}, methods)]))
    watch(desktop, "away")
    desktop.ask()  # so that the round after which it asks to be told has ended
    mock = desktop.mock(IDLE_MONITOR, IDLE_PATH)

    def calls(name):
        return [list(arguments) for _, method, arguments in mock.GetCalls() if method == name]

    assert len(calls("AddUserActiveWatch")) == 1
    mock.AddMethod(IDLE_MONITOR, "GetIdletime", "", "t", "ret = 10")
    mock.EmitSignal(IDLE_MONITOR, "WatchFired", "u", [8])  # of another program
    mock.EmitSignal(IDLE_MONITOR, "WatchFired", "u", [7])
    desktop.expect("changed available")
    assert calls("RemoveWatch") == []
    desktop.ask()  # so that no round is on its way that was told of 10
    mock.AddMethod(IDLE_MONITOR, "GetIdletime", "", "t", "ret = 900000")
    assert desktop.ask()[2] == "away"
    desktop.ask()
    desktop.tell("watch off", "watching off")
    assert desktop.ask()[2] == "away"  # what was sent before has arrived
    assert len(calls("AddUserActiveWatch")) == 2
    assert calls("RemoveWatch") == [[7]]


def test_watch_owners(desktop):
    """A source that goes no longer holds; one that comes is asked."""
    desktop.start().tell("watch on", "watching on")
    assert desktop.ask()[2] == "available"
    server = desktop.serve(screensaver("org.gnome.ScreenSaver", "True"))
    desktop.expect("changed away")
    server.process.kill()
    desktop.expect("changed available")
    desktop.serve(notifications(NOTIFICATIONS_PATH, DUNST, {"paused": "True"}))
    desktop.expect("changed busy")


def test_nothing_is_watched_when_off(desktop):
    desktop.serve(screensaver("org.gnome.ScreenSaver"))
    watch(desktop, "available")
    desktop.tell("watch off", "watching off")
    name = "org.gnome.ScreenSaver"
    mock = desktop.mock(name, "/org/gnome/ScreenSaver")
    mock.ClearCalls()
    mock.EmitSignal(name, "ActiveChanged", "b", [True])
    mock.AddMethod(name, "GetActive", "", "b", "ret = True")
    desktop.tell("now", "now available learned")
    assert len(mock.GetCalls()) == 0
    rules = desktop.connect().call_blocking(
        "org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus.Debug.Stats",
        "GetAllMatchRules",
        "",
        (),
    )
    assert [rule for rules in rules.values() for rule in rules if "ScreenSaver" in rule] == []
    # A question is answered all the same.
    assert desktop.ask()[2] == "away"


def test_signals_are_answered_together(desktop):
    desktop.serve(screensaver("org.gnome.ScreenSaver"))
    watch(desktop, "available")
    name = "org.gnome.ScreenSaver"
    mock = desktop.mock(name, "/org/gnome/ScreenSaver")
    mock.ClearCalls()
    mock.AddMethod(name, "GetActive", "", "b", "ret = True")
    begun = time.monotonic()
    for _ in range(200):
        mock.EmitSignal(name, "ActiveChanged", "b", [True])
    desktop.expect("changed away")
    asked = len(mock.GetMethodCalls("GetActive"))
    assert 1 <= asked <= 2 + (time.monotonic() - begun) / 0.1


def test_hold_and_release(desktop):
    desktop.start()
    script = desktop.connect()
    desktop.driver.say(f"hold {script.get_unique_name()} talking to a friend")
    verb, cookie = desktop.driver.next().split()
    assert verb == "held"
    desktop.expect("changed busy")
    rows, held, presence = desktop.ask()
    assert (held, presence) == ([("busy", True, "talking to a friend")], "busy")
    desktop.tell("release 0123456789abcdef0", "error ENOENT")
    desktop.tell(f"release {cookie}", "released")
    desktop.expect("changed available")
    desktop.tell(f"release {cookie}", "error ENOENT")


def test_hold_counts_whatever_is_configured(desktop):
    desktop.start(hold=0)
    script = desktop.connect()
    desktop.driver.say(f"hold {script.get_unique_name()} x")
    assert desktop.driver.next().startswith("held ")
    desktop.expect("changed busy")


def test_hold_ends_with_its_caller(desktop):
    desktop.start()
    first, second = desktop.connect(), desktop.connect()
    for script in (first, second, first):
        desktop.driver.say(f"hold {script.get_unique_name()} x")
    assert [desktop.driver.next() for _ in range(4)].count("changed busy") == 1
    first.close()
    for _ in range(1000):  # the bus takes a moment to notice, and tells only the monitor
        if len(desktop.ask()[1]) == 1:
            break
    assert len(desktop.ask()[1]) == 1
    second.close()
    desktop.expect("changed available")


def test_hold_of_a_caller_that_left_before(desktop):
    desktop.start()
    script = desktop.connect()
    name = script.get_unique_name()
    script.close()
    desktop.driver.say(f"hold {name} x")
    assert desktop.driver.next().startswith("held ")
    desktop.expect("changed busy")
    desktop.expect("changed available")


def test_at_most_64_holds_and_16_of_one(desktop):
    desktop.start()
    scripts = [desktop.connect() for _ in range(5)]
    for script in scripts[:4]:
        for _ in range(16):
            desktop.driver.say(f"hold {script.get_unique_name()} x")
    lines = [desktop.driver.next() for _ in range(65)]
    assert lines.count("changed busy") == 1
    cookies = [line.removeprefix("held ") for line in lines if line.startswith("held ")]
    assert len(set(cookies)) == 64
    desktop.tell(f"hold {scripts[4].get_unique_name()} x", "error E2BIG")
    desktop.tell(f"release {cookies[0]}", "released")
    desktop.tell(f"hold {scripts[3].get_unique_name()} x", "error E2BIG")
    desktop.driver.say(f"hold {scripts[4].get_unique_name()} x")
    assert desktop.driver.next().startswith("held ")


def test_away_is_more_than_busy(desktop):
    desktop.serve(screensaver("org.gnome.ScreenSaver", "True"))
    desktop.start()
    script = desktop.connect()
    desktop.driver.say(f"hold {script.get_unique_name()} x")
    assert desktop.driver.next().startswith("held ")
    desktop.expect("changed busy")
    assert desktop.ask()[2] == "away"
