"""What goes wrong outside: the daemon is killed between any two steps and comes back, its presenter or the
notification server hangs, fails, dies, or isn't there. Nothing is lost, and nothing is shown twice."""

import html
import os
import pathlib
import select
import signal

import pytest

from rig import (HOUR, INFINITY, KINDLYD, MINUTE, NAME, OBJECT, PATIENCE, Bus, at_second, now_usec,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from rig_presenter import ROOT
from test_daemon import SECRET, entry, prompt, row

MOVING = ("on_screen", "until_usec")  # what a start may change of an open prompt


def settled(rows):
    return [{key: value for key, value in one.items() if key not in MOVING} for one in rows]


def again(person, daemon):
    """Kills the daemon, and starts another."""
    daemon.kill()
    return person.start()


def killed_and_back(person, daemon, caller):
    """Kills and starts; nothing that was open or written is another now."""
    before = settled(caller.open()), caller.entries()
    daemon = again(person, daemon)
    assert settled(caller.open()) == before[0]
    assert caller.entries() == before[1]
    return daemon


# --- kill -9 ---

def test_nothing_is_lost(person, caller, screen, daemon):
    """A whole day in small: after each step the daemon is killed."""
    daemon = killed_and_back(person, daemon, caller)
    first, asked = prompt(caller, screen)
    daemon = killed_and_back(person, daemon, caller)
    assert screen.next()["event"] == "close"  # its presenter ended with it
    assert screen.next()["replaces"] == asked["id"]  # and it is back in its place

    until = caller.call("Snooze", first, HOUR)
    daemon = killed_and_back(person, daemon, caller)
    assert abs(row(caller, first)["until_usec"] - until) < MINUTE
    caller.call("Note", SECRET, True)
    daemon = killed_and_back(person, daemon, caller)
    caller.call("Answer", first, "hard", "and a line")
    daemon = killed_and_back(person, daemon, caller)
    assert row(caller, first)["stage"] == "hard" and entry(caller, first)["note"] == "and a line"
    caller.call("Answer", first, "support", "")
    daemon = killed_and_back(person, daemon, caller)
    caller.call("Answer", first, "enough", "")
    daemon = killed_and_back(person, daemon, caller)
    assert caller.open() == []
    caller.call("Pause", INFINITY)
    daemon = killed_and_back(person, daemon, caller)
    assert caller.get("PausedUntilUSec") == INFINITY
    caller.call("Resume")
    caller.call("Forget", first)
    daemon = killed_and_back(person, daemon, caller)
    assert caller.get("PausedUntilUSec") == 0 and entry(caller, first)["state"] == "forgotten"


@pytest.mark.parametrize("what,steps", [("three-breaths", 2), ("forgiveness", 0)])
def test_put_back_as_it_was(person, caller, screen, daemon, what, steps):
    card, asked = prompt(caller, screen, what)
    for _ in range(steps):
        caller.call("Answer", card, "next", "")
        asked = screen.next()
    killed_and_back(person, daemon, caller)
    assert screen.next()["event"] == "close"
    back = screen.next()
    assert (back["body"], back["summary"], back["actions"]) == (asked["body"], asked["summary"], asked["actions"])
    assert back["replaces"] == asked["id"]
    screen.do("action", id=back["id"], key="default")
    assert caller.next("Answered" if what == "forgiveness" else "Closed")[0] == card


def test_not_put_in_anothers_place(person, caller, screen, daemon):
    """Another server now: its ids are others, so nothing of it is replaced."""
    card, _ = prompt(caller, screen)
    daemon.kill()
    screen.stop()
    other = person.serve()
    person.start()
    assert other.next()["replaces"] == 0
    assert row(caller, card)["state"] == "shown"


def test_not_put_in_the_place_of_another_bus(person, caller, screen, daemon, tmp_path):
    card, asked = prompt(caller, screen)
    daemon.kill()
    assert screen.next()["event"] == "close"
    (tmp_path / "other").mkdir()
    person.bus = person.keep(Bus(str(tmp_path / "other")))
    person.env["DBUS_SESSION_BUS_ADDRESS"] = person.bus.address
    person.watcher = None
    other = person.serve()
    person.start()
    back = other.next()
    assert (back["replaces"], back["body"]) == (0, asked["body"])
    assert row(person.caller(), card)["state"] == "shown"


def test_killed_while_it_is_being_shown(person, caller, screen, daemon):
    """The server has it, and hasn't answered: it is shown anew, once, and written down once."""
    screen.do("set", mode="hold")
    card = caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    assert row(caller, card)["state"] == "showing"
    daemon.kill()
    screen.do("set", mode="normal")
    screen.do("release")
    person.start()
    assert caller.next("Shown")[0] == card
    assert row(caller, card)["on_screen"]
    assert [one["id"] for one in caller.entries()] == [card]


def test_due_is_not_shown_twice(person, caller, screen, daemon):
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    card = caller.next("Shown")[0]
    assert screen.next()["event"] == "notify"
    caller.call("Answer", card, "helpful", "")
    assert screen.next()["event"] == "close"
    daemon = killed_and_back(person, daemon, caller)
    caller.call("Reload")
    assert caller.open() == [] and [one["due_usec"] for one in caller.entries()] == [due]
    assert caller.get("NextElapseUSec") == INFINITY
    screen.do("set")
    assert screen.events == []


def test_due_while_it_was_not_running(person, screen):
    due, expression = at_second(2)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    person.start().kill()
    select.select([], [], [], max(0, due - now_usec()) / 1e6 + 0.1)  # the machine was off
    person.start()
    caller = person.caller()
    assert screen.next()["event"] == "notify"
    (listed,) = caller.open()
    assert listed["due_usec"] == due and listed["reminder"] == "soon"


@pytest.mark.parametrize("times", [20])
def test_killed_at_any_moment(person, screen, times):
    """Whatever was replied is there afterwards, wherever in its work the daemon was killed."""
    screen.do("set")
    caller = person.caller()
    notes = []
    for i in range(times):
        daemon = person.start()
        assert [one["note"] for one in caller.entries() if one["kind"] == "note"] == notes
        card = caller.call("Prompt", "humanity")
        caller.call("Note", "line %d" % i, i % 2 == 0)
        notes.append("line %d" % i)
        if i % 3:
            caller.call("Answer", card, "later" if i % 3 == 1 else "helpful", "")
        daemon.kill()
        stop_at = i % 4  # the next one is killed early in its start
        if stop_at:
            early = person.start(ready=False)
            for _ in range(stop_at * 5):
                os.sched_yield()
            early.kill()
    assert pathlib.Path(person.journal).stat().st_mode & 0o777 == 0o600


# --- the presenter and the server ---

def test_a_hanging_server_holds_nobody_up(caller, screen):
    screen.do("set", mode="hold")
    card = caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    assert row(caller, card)["state"] == "showing"
    caller.call("Note", "meanwhile", False)
    assert caller.get("OpenCount") == 1
    screen.do("set", mode="normal")
    screen.do("release")
    assert caller.next("Shown")[0] == card
    assert row(caller, card)["on_screen"]


def test_answered_before_the_server_did(caller, screen):
    screen.do("set", mode="hold")
    card = caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")
    screen.do("release")
    assert screen.next()["event"] == "close"  # what came late is taken off the screen
    assert caller.open() == []


def presenter_of(daemon):
    return [pid for pid, (name, state) in daemon.children().items() if state != "Z"]


def due_soon(person):
    _due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; hold_for = "1h"; } );\n' % expression)


def test_presenter_killed_once_is_started_again(person, caller, screen, daemon):
    screen.do("set", mode="hold")
    due_soon(person)
    assert screen.next()["event"] == "notify"
    (pid,) = presenter_of(daemon)
    screen.do("set", mode="normal")
    os.kill(pid, signal.SIGKILL)
    assert screen.next()["event"] == "notify"
    assert caller.next("Shown")[1] == "soon"
    assert caller.get("Problem") == ""
    assert presenter_of(daemon) != [pid]
    assert [state for _, state in daemon.children().values() if state == "Z"] == []


def test_presenter_killed_before_it_was_asked(caller, screen, daemon):
    """A prompt comes before the daemon has noticed: now and then, so it is tried until it was so for sure."""
    caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    for _ in range(10):
        for pid in presenter_of(daemon):
            os.kill(pid, signal.SIGKILL)
        card = caller.call("Prompt", "care")
        while caller.next("Shown")[0] != card:
            pass
        screen.do("set")
        drawn = [event for event in screen.events if event["event"] == "notify"]  # the one before may be put back first
        assert html.unescape(drawn[-1]["body"]) == row(caller, card)["text"]
        screen.events.clear()
        assert len(presenter_of(daemon)) == 1


def test_presenter_killed_twice_is_a_problem(person, caller, screen, daemon):
    screen.do("set", mode="hold")
    due_soon(person)
    for _ in range(2):
        assert screen.next()["event"] == "notify"
        (pid,) = presenter_of(daemon)
        os.kill(pid, signal.SIGKILL)
    assert "ended unexpectedly" in caller.changed("Problem", bool)
    (waiting,) = caller.open()
    assert (waiting["state"], waiting["reminder"]) == ("waiting", "soon")
    assert caller.entries() == []
    screen.stop()  # who takes the name next is tried at once
    other = person.serve()
    assert other.next()["event"] == "notify"
    assert caller.next("Shown")[0] == waiting["id"]
    assert caller.get("Problem") == ""


@pytest.mark.parametrize("mode", ["error", "zero"])
def test_a_server_that_refuses(person, caller, screen, mode):
    screen.do("set", mode=mode)
    due_soon(person)
    assert screen.next()["event"] == "notify"
    (waiting,) = caller.open()
    assert waiting["state"] in ("showing", "waiting") and not waiting["on_screen"]
    screen.stop()
    other = person.serve()
    assert other.next()["event"] == "notify"
    assert caller.next("Shown")[0] == waiting["id"]


def test_no_server_yet(person):
    daemon = person.start()
    caller = person.caller()
    due_soon(person)
    assert caller.changed("OpenCount") == 1
    (waiting,) = caller.open()
    assert waiting["state"] == "waiting" and daemon.children() == {}
    screen = person.serve()
    assert screen.next()["event"] == "notify"
    assert caller.next("Shown")[0] == waiting["id"]


def test_no_server_within_hold_for(person):
    person.start()
    caller = person.caller()
    _due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; hold_for = "1s"; } );\n' % expression)
    assert caller.next("Closed")[1] == "missed"
    (missed,) = caller.entries()
    assert missed["rule"] == "hold"
    assert "longer than it may" in caller.call("Explain", missed["id"])


def test_by_hand_without_a_server(person):
    """It is there for whoever asked, without a screen too."""
    person.start()
    caller = person.caller()
    card = caller.call("Prompt", "humanity")
    assert (row(caller, card)["state"], row(caller, card)["on_screen"]) == ("shown", False)
    caller.call("Answer", card, "helpful", "")
    assert caller.open() == []


def test_the_server_restarts(person, caller, screen):
    card, _ = prompt(caller, screen)
    screen.stop()
    for _ in range(1000):
        if not row(caller, card)["on_screen"]:
            break
    assert row(caller, card)["state"] == "shown" and not row(caller, card)["on_screen"]
    other = person.serve()
    second = caller.call("Prompt", "care")
    asked = other.next()
    assert (asked["event"], asked["replaces"]) == ("notify", 0)
    assert caller.next("Closed") == (card, "replaced")
    assert caller.next("Shown")[0] == second


def test_started_by_the_bus_and_shown_at_once(person, tmp_path, monkeypatch):
    """The very call that starts the daemon has its prompt on the screen."""
    services = tmp_path / "services"
    services.mkdir()
    (tmp_path / "other").mkdir()
    pid = tmp_path / "pid"
    start = tmp_path / "start"
    start.write_text("#!/bin/sh\necho $$ >%s\nexec %s\n" % (pid, KINDLYD))
    start.chmod(0o755)
    (services / "kindly.service").write_text("[D-BUS Service]\nName=%s\nExec=%s\n" % (NAME, start))
    for name, value in person.env.items():  # what the bus starts, it gives its own environment
        monkeypatch.setenv(name, value)
    person.bus = person.keep(Bus(str(tmp_path / "other"), str(services)))
    person.env["DBUS_SESSION_BUS_ADDRESS"] = person.bus.address
    screen = person.serve()
    status, out, told = person.run("busctl", "--user", "call", NAME, OBJECT, NAME, "Prompt", "s", "humanity")
    assert status == 0, told
    assert screen.next()["event"] == "notify"
    caller = person.caller()
    for _ in range(1000):
        if caller.open()[0]["on_screen"]:
            break
    assert caller.open()[0]["id"] in out and caller.open()[0]["on_screen"]
    ended = os.pidfd_open(int(pid.read_text()))
    os.kill(int(pid.read_text()), signal.SIGTERM)
    assert select.select([ended], [], [], PATIENCE)[0]
    os.close(ended)


@pytest.mark.parametrize("script", ["exit 0", "exec 3>&-; exec cat", "printf nonsense >&3; exec cat", "kill -9 $$",
                                    "exec /nonexistent"])
def test_a_broken_presenter(person, tmp_path, script):
    program = tmp_path / "presenter"
    program.write_text("#!/bin/sh\n%s\n" % script)
    program.chmod(0o755)
    daemon = person.start("--presenter", str(program))
    caller = person.caller()
    due_soon(person)
    assert "unexpectedly" in caller.changed("Problem", bool)
    (waiting,) = caller.open()
    assert waiting["state"] == "waiting"
    for _ in range(1000):
        left = [state for _, state in daemon.children().values() if state == "Z"]
        if not left:
            break
    assert left == []


def test_a_missing_presenter(person, tmp_path):
    daemon = person.start("--presenter", str(tmp_path / "none"))
    caller = person.caller()
    due_soon(person)
    assert "unexpectedly" in caller.changed("Problem", bool)
    assert daemon.end() == 0


def test_a_hostile_presenter(person, tmp_path):
    """What it says is of no prompt, or makes no sense: nothing happens."""
    program = tmp_path / "presenter"
    program.write_text("""#!/usr/bin/python3
import gi
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib
socket = Gio.Socket.new_from_fd(3)
link = Gio.DBusConnection.new_sync(socket.connection_factory_create_connection(), None,
                                   Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                                   Gio.DBusConnectionFlags.DELAY_MESSAGE_PROCESSING, None, None)
xml = open(%r).read()
def say(name, signature, *arguments):
    link.emit_signal(None, "/org/kindlyd/Presenter1", "org.kindlyd.Presenter1", name,
                     GLib.Variant(signature, arguments) if signature else None)
def called(_link, _sender, _path, _interface, method, arguments, call):
    card = arguments[0]
    for other in ("", "nonsense", "0192f0c1-0000-7000-8000-000000000001"):
        say("Chosen", "(ss)", other, "helpful")
        say("Written", "(ss)", other, "text")
        say("Closed", "(ss)", other, "dismissed")
    say("Chosen", "(ss)", card, "no-such-choice")
    say("Chosen", "(ss)", card, "")
    say("Written", "(ss)", card, "")
    say("Written", "(ss)", card, "x" * 100000)
    say("Chosen", "(u)", 5)
    say("Chosen", None)
    say("Free", None)
    say("Strange", "(ss)", card, "helpful")
    call.return_value(GLib.Variant("(ssu)", ("bus", "owner", 7)))
    say("Chosen", "(ss)", card, "helpful")
info = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
link.register_object("/org/kindlyd/Presenter1", info, called, None, None)
loop = GLib.MainLoop()
link.connect("closed", lambda *_: loop.quit())
link.start_message_processing()
loop.run()
""" % os.path.join(ROOT, "units/org.kindlyd.Presenter1.xml"))
    program.chmod(0o755)
    person.start("--presenter", str(program))
    caller = person.caller()
    card = caller.call("Prompt", "humanity")
    assert caller.next("Closed") == (card, "answered")
    (written,) = caller.entries()
    assert written["choice"] == "helpful" and "note" not in written
