"""docs/examples/: what each file tells a desktop to run is run here, as the desktop would, beside the real daemon."""

import configparser
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
from gi.repository import GLib

from rig import (BUILD, MINUTE, PATIENCE, Caller, fixture_caller, fixture_daemon, fixture_person, fixture_screen,
                 now_usec)  # noqa: F401
from rig_presenter import ROOT, Bus, Lines, stop

EXAMPLES = os.path.join(ROOT, "docs", "examples")
LOGIN, SESSION = "org.freedesktop.login1", "/org/freedesktop/login1/session/c1"


def example(name):
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        return file.read()


@pytest.fixture(autouse=True)
def fixture_path(person):
    person.env["PATH"] = BUILD + os.pathsep + person.env["PATH"]


class Running:
    """A program that goes on, and its lines."""

    def __init__(self, person, *command, end=signal.SIGTERM, **how):
        self.end = end
        self.process = subprocess.Popen(command, env=person.env, stdout=subprocess.PIPE, **how)
        self.lines = Lines(self.process.stdout.fileno())
        person.keep(self)

    def next(self):
        return self.lines.next()

    def stop(self):
        self.process.send_signal(self.end)
        stop(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


def shell(person, command):
    """Runs a command as bars, window managers and idle daemons do."""
    status, _, err = person.run("sh", "-c", command)
    assert (status, err) == (0, ""), command


def test_every_example_has_a_test():
    """Here, or in test_example_units.py."""
    named = set()
    for path in __file__, os.path.join(os.path.dirname(__file__), "test_example_units.py"):
        with open(path, encoding="utf-8") as file:
            named |= set(re.findall(r'(?:example\(|EXAMPLES(?:,| /) )"([\w.-]+)"', file.read()))
    assert sorted(named) == sorted(os.listdir(EXAMPLES))


@pytest.mark.parametrize("name", sorted(os.listdir(EXAMPLES)))
def test_each_begins_with_what_it_is_for(name):
    lines = example(name).removeprefix("#!/bin/sh\n").splitlines()
    assert re.match(r"(#|//|/\*|;) \S", lines[0]) and max(map(len, lines)) <= 120


# ---- Bars ----


def test_waybar(person, caller):
    text = re.sub(r"^\s*//.*$", "", example("waybar.jsonc"), flags=re.M)
    module = json.loads(text)["custom/kindly"]
    assert module["return-type"] == "json"
    bar = Running(person, "sh", "-c", module["exec"])

    def shown():
        return json.loads(bar.next())["class"]

    assert shown() == "calm"
    shell(person, module["on-click"])
    assert caller.next("Shown")[1:2] == ("",)
    assert shown() == "open"
    caller.call("Dismiss", "")
    assert shown() == "calm"
    shell(person, module["on-click-middle"])
    assert shown() == "open" and caller.open()[0]["stage"] == "hard"
    caller.call("Dismiss", "")
    assert shown() == "calm"
    shell(person, module["on-click-right"])
    assert shown() == "paused" and caller.get("PausedUntilUSec") > 0
    shell(person, module["on-click-right"])
    assert shown() == "calm" and caller.get("PausedUntilUSec") == 0


def test_waybar_without_a_daemon(person, daemon):
    module = json.loads(re.sub(r"^\s*//.*$", "", example("waybar.jsonc"), flags=re.M))["custom/kindly"]
    bar = Running(person, "sh", "-c", module["exec"])
    assert json.loads(bar.next())["class"] == "calm"
    daemon.end()
    assert json.loads(bar.next())["class"] == "off"
    person.start()
    assert json.loads(bar.next())["class"] == "calm"


def test_waybar_style():
    """Each state has its class, and no class is of anything else; so have the signs of one's own."""
    with open(os.path.join(ROOT, "daemon/client/bar.c"), encoding="utf-8") as file:
        states = set(re.findall(r'\[STATE_\w+\] = \{"(\w+)"', file.read()))
    assert len(states) == 5
    assert set(re.findall(r"#custom-kindly\.(\w+)", example("waybar.css"))) == states
    own = re.search(r'"format-icons": (\{.*\})', example("waybar.jsonc"))[1]
    assert set(json.loads(own)) == states


def test_i3blocks(person, caller):
    """The real one: nothing to see, then something, then nothing again."""
    bar = Running(person, "i3blocks", "-c", os.path.join(EXAMPLES, "i3blocks.conf"), end=signal.SIGKILL)
    assert json.loads(bar.next())["version"] == 1

    def until(wanted):
        while True:
            blocks = json.loads(re.sub(r"^,|^\[(?=\[)", "", bar.next()) or "[]")
            if [block["full_text"].strip() for block in blocks if block.get("name") == "kindly"] == [wanted]:
                return

    until("")
    caller.call("Prompt", "care")
    until("● 1")
    caller.call("Pause", 2**64 - 1)
    until("● 1 paused until resumed")
    caller.call("Dismiss", "")
    until("paused until resumed")
    caller.call("Resume")
    until("")


def test_polybar(person, caller):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(example("polybar.ini"))
    module = parser["module/kindly"]
    assert (module["type"], module["tail"]) == ("custom/script", "true")
    bar = Running(person, "sh", "-c", module["exec"])
    assert bar.next() == "○"
    shell(person, module["click-left"])
    assert bar.next() == "○ 1"
    shell(person, module["click-middle"])
    assert caller.next("Closed")[1] == "replaced" and caller.open()[0]["stage"] == "hard"
    shell(person, module["click-right"])
    assert re.fullmatch(r"○ 1 paused until (tomorrow )?\d\d:\d\d", bar.next())


# ---- Keys ----


def bindings():
    return dict(re.findall(r'^ +bindsym (\w+) exec --no-startup-id (.*), mode "default"$', example("sway-i3.conf"), re.M))


def test_sway_and_i3(person, caller):
    keys = bindings()
    assert sorted(keys) == sorted("nhysdpr")
    told = re.search(r"^set \$kindly (.*)$", example("sway-i3.conf"), re.M)[1]
    assert re.findall(r"(?:^|  )(\w) ", told) == list("nhysdpr")  # what the bar shows meanwhile

    def press(key):
        shell(person, keys[key])

    press("n")
    card = caller.next("Shown")[0]
    press("y")
    assert caller.next("Answered") == (card, "helpful") and caller.next("Closed") == (card, "answered")
    press("n")
    card = caller.next("Shown")[0]
    press("s")
    assert caller.next("Snoozed")[0] == card
    press("d")
    assert caller.next("Closed") == (card, "dismissed")
    press("h")
    assert caller.open()[0]["stage"] == "hard"
    press("p")
    assert caller.get("PausedUntilUSec") > 0
    press("r")
    assert caller.get("PausedUntilUSec") == 0


# ---- Calls, idleness, timers ----


def test_call(person, caller):
    call = Running(person, os.path.join(EXAMPLES, "call.sh"), "sh", "-c", 'echo "$0 $1"; cat; exit 7', "a b", "c",
                   stdin=subprocess.PIPE)
    assert call.next() == "a b c"
    assert caller.changed("Presence") == "busy"
    held = [row for row in caller.call("ListPresence") if row["source"] == "hold"]
    assert [row["detail"] for row in held] == ["sh"]
    call.process.stdin.close()
    assert call.process.wait(PATIENCE) == 7
    assert caller.changed("Presence") == "available"


def test_call_that_is_killed(person, caller):
    """The hold goes with who held; what it ran goes on."""
    call = Running(person, os.path.join(EXAMPLES, "call.sh"), "sh", "-c", "echo $$; cat", stdin=subprocess.PIPE)
    command = int(call.next())
    assert caller.changed("Presence") == "busy"
    call.process.kill()
    assert caller.changed("Presence") == "available"
    os.kill(command, 0)
    call.process.stdin.close()
    with pytest.raises(EOFError):  # cat has read the end and has ended
        call.next()


def test_call_without_kindly(person):
    status, out, err = person.run(os.path.join(EXAMPLES, "call.sh"), "sh", "-c", "echo here; exit 9")
    assert (status, out, err) == (9, "here\n", "")
    person.env["PATH"] = "/usr/bin:/bin"
    assert person.run(os.path.join(EXAMPLES, "call.sh"), "sh", "-c", "exit 9") == (9, "", "")


LOGIND = """
import dbus, dbusmock, dbus.mainloop.glib, os, sys
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(sys.argv[1])
name = dbus.service.BusName("{login}", bus)
root, user, path = "/org/freedesktop/login1", "/org/freedesktop/login1/user/me", "{session}"
manager = dbusmock.DBusMockObject(name, root, "{login}.Manager", {{"BlockInhibited": ""}})
manager.AddMethod("{login}.Manager", "GetUser", "u", "o", "ret = dbus.ObjectPath('%s')" % user)
manager.AddMethod("{login}.Manager", "ListSessions", "", "a(susso)",
                  "ret = [('c1', dbus.UInt32(%d), 'me', 'seat0', dbus.ObjectPath('%s'))]" % (os.getuid(), path))
own = dbusmock.DBusMockObject(name, user, "{login}.User",
                              {{"Display": dbus.Struct(("c1", dbus.ObjectPath(path)), signature="so")}})
session = dbusmock.DBusMockObject(name, path, "{login}.Session", {{"LockedHint": False, "Active": True, "Id": "c1",
                                                                 "IdleHint": False, "IdleSinceHint": dbus.UInt64(0)}})
print("ready", flush=True)
GLib.MainLoop().run()
"""


def test_swayidle(person, tmp_path):
    """swayidle calls SetIdleHint(true) of its session after so many seconds of rest; logind keeps since when that is so.
    Kindly adds idle_after: a small number of seconds is right."""
    lines = [line for line in example("swayidle.conf").splitlines() if line and line[0] != "#"]
    (command, seconds), = (line.split() for line in lines)
    assert command == "idlehint" and 0 < int(seconds) <= 60
    (tmp_path / "system").mkdir()
    system = person.keep(Bus(str(tmp_path / "system")))
    person.env["DBUS_SYSTEM_BUS_ADDRESS"] = system.address
    logind = Running(person, sys.executable, "-c", LOGIND.format(login=LOGIN, session=SESSION), system.address)
    assert logind.next() == "ready"
    person.start()
    caller, swayidle = person.caller(), person.keep(Caller(system.address))

    for idle, minutes, state in ((False, 0, "available"), (True, 4.9, "available"), (True, 5.1, "away"),
                                 (False, 0, "available")):
        since = now_usec() - int(minutes * MINUTE)
        hints = {"IdleHint": GLib.Variant("b", idle), "IdleSinceHint": GLib.Variant("t", since)}
        swayidle.ask(LOGIN, SESSION, "org.freedesktop.DBus.Mock", "UpdateProperties",
                     GLib.Variant("(sa{sv})", (LOGIN + ".Session", hints)))
        row = next(row for row in caller.call("ListPresence") if row["source"] == "logind-idle")
        assert (row["state"], row["holds"]) == (state, state == "away")


def test_timer(person, caller):
    service, timer = (os.path.join(EXAMPLES, "kindly-after-work.service"),
                      os.path.join(EXAMPLES, "kindly-after-work.timer"))
    status, _, err = person.run("systemd-analyze", "--user", "verify", timer, service)
    assert status == 0, err
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(service)
    status, out, err = person.run(*shlex.split(parser["Service"]["ExecStart"]))
    card, reminder, theme = caller.next("Shown")
    assert (status, out, err) == (0, f's "{card}"\n', "") and (reminder, theme) == ("", "care")
    calendar = re.search(r"^OnCalendar=(.*)$", example("kindly-after-work.timer"), re.M)[1]
    assert person.run("kindly", "calendar", calendar)[0] == 0
