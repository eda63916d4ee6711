"""The notification server and logind go away, come back, hang, crash, and say what makes no sense, while the daemon needs
them."""

import os
import signal

import pytest

from rig import (MINUTE, at_second, now_usec, stop,
                 fixture_caller, fixture_person, fixture_screen)  # noqa: F401
from rig_outside import fixture_daemon_inside, fixture_outside  # noqa: F401
from test_arrival import Logind, waits
from test_crash import due_soon
from test_daemon import entry, prompt, row

SECOND = 1000000


def off_screen(caller, card):
    while row(caller, card)["on_screen"]:
        pass


# --- the notification server ---

def test_crashes_in_the_middle_of_notify(person, caller, screen, daemon):
    """It waits, untold of as a problem of the person's, and the next server shows it, once."""
    screen.do("set", mode="crash")
    due_soon(person)
    assert screen.next()["event"] == "notify"
    assert screen.process.wait(20) == 1
    other = person.serve()
    assert other.next()["event"] == "notify"
    card, reminder, _ = caller.next("Shown")
    assert reminder == "soon" and row(caller, card)["on_screen"]
    assert [one["state"] for one in caller.open()] == ["shown"] and caller.get("Problem") == ""


def test_hangs(person, caller, screen, daemon, outside):
    """It is told; the prompt is shown when the server is well again, in its own time."""
    due_soon(person)
    os.kill(screen.process.pid, signal.SIGSTOP)
    while not caller.open() or caller.open()[0]["state"] != "showing":
        pass
    outside.elapse(daemon, 30 * SECOND)
    problem = caller.changed("Problem", bool)
    assert "does not answer" in problem and "the prompt waits" in problem
    caller.call("Note", "meanwhile", False)
    os.kill(screen.process.pid, signal.SIGCONT)
    outside.elapse(daemon, 5 * SECOND)
    assert caller.next("Shown")[1] == "soon"
    assert caller.get("Problem") == ""


def test_replaced_by_another(person, caller, screen, daemon):
    """What the first showed is off the screen and open; the second draws the next one, and replaces nothing there."""
    card, _ = prompt(caller, screen)
    screen.stop()
    off_screen(caller, card)
    other = person.serve(name="another", vendor="other")
    assert row(caller, card)["state"] == "shown"
    second = caller.call("Prompt", "care")
    assert other.next()["replaces"] == 0
    assert caller.next("Closed") == (card, "replaced")
    assert caller.next("Shown")[0] == second
    other.do("action", id=1, key="helpful")
    assert caller.next("Closed") == (second, "answered")


@pytest.mark.parametrize("mode", ["zero", "error"])
def test_refuses(person, caller, screen, daemon, outside, mode):
    """Told; it waits, is tried again, each time later, and is shown as soon as it can be."""
    screen.do("set", mode=mode)
    due_soon(person)
    assert screen.next()["event"] == "notify"
    assert "server refused it" in caller.changed("Problem", bool)
    screen.do("set")
    assert screen.events == []  # not at once
    outside.elapse(daemon, 5 * SECOND)
    assert screen.next()["event"] == "notify"
    while waits(caller) == []:
        pass
    screen.do("set", mode="normal")
    outside.elapse(daemon, 11 * SECOND)
    assert screen.next()["event"] == "notify"
    assert caller.next("Shown")[1] == "soon"
    assert caller.get("Problem") == ""


def test_senseless_signals(caller, screen, daemon):
    """A flood of what is of no prompt, or of no sense: nothing happens, and what is meant still counts."""
    card, asked = prompt(caller, screen)
    screen.do("noise", id=asked["id"], times=3000)
    assert row(caller, card)["on_screen"] and caller.entries()[-1].get("choice") is None
    screen.do("action", id=asked["id"], key="helpful")
    assert caller.next("Closed") == (card, "answered")
    assert caller.get("Problem") == "" and [one["id"] for one in caller.entries()] == [card]


@pytest.mark.parametrize("reason,state", [(0, "shown"), (1, "shown"), (2, None), (3, "shown"), (4, "shown"), (77, "shown")])
def test_closed_for_each_reason(caller, screen, daemon, reason, state):
    card, asked = prompt(caller, screen)
    screen.do("closed", id=asked["id"], reason=reason)
    if state is None:
        assert caller.next("Closed") == (card, "dismissed")
        return
    caller.call("ListPresence")  # whatever was to come of it has come
    assert row(caller, card)["state"] == state
    caller.call("Answer", card, "helpful", "")


# --- logind ---

def test_logind_goes_and_comes_back(person, screen):
    """Locked, and nobody there to say so any more: as after a return, what waits comes in a minute or more. A logind that
    is only restarted is back before that, and its word counts again."""
    seat = person.keep(Logind(person))
    seat.lock()
    person.start()
    caller = person.caller()
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; hold_for = "1h"; } );\n' % expression)
    assert caller.changed("OpenCount") == 1 and waits(caller) == [("soon", due)]
    assert caller.get("Presence") == "away"
    stop(seat.server.process)
    assert caller.changed("Presence") == "available"
    before = now_usec()
    assert before + MINUTE // 2 < caller.get("NextElapseUSec") <= before + 3 * MINUTE
    seat.restart()
    seat.lock()
    assert caller.changed("Presence") == "away" and waits(caller) == [("soon", due)]
    assert caller.get("Problem") == ""
    screen.do("set")
    assert screen.events == []


def test_logind_is_never_there(person, screen):
    """No system bus at all, as in a container: prompts come."""
    person.start()
    caller = person.caller()
    due_soon(person)
    assert caller.next("Shown")[1] == "soon"
    assert screen.next()["event"] == "notify"
    assert {one["state"] for one in caller.call("ListPresence") if one["source"].startswith("logind")} <= {
        "unknown", "absent"}


def test_logind_hangs(person, screen):
    """It is waited for 2 s, and then does without; calls are answered all the while."""
    seat = person.keep(Logind(person))
    os.kill(seat.server.process.pid, signal.SIGSTOP)
    try:
        person.start()
        caller = person.caller()
        due_soon(person)
        caller.call("Note", "a line", False)
        assert caller.next("Shown")[1] == "soon"
        assert screen.next()["event"] == "notify"
        assert entry(caller, caller.open()[0]["id"])["reminder"] == "soon"
    finally:
        os.kill(seat.server.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("session", [{"LockedHint": "'yes'"}, {"LockedHint": "dbus.UInt32(7)", "IdleHint": "dbus.Array([1])"},
                                     {"Active": "'maybe'", "IdleSinceHint": "'long'"}], ids=["text", "number", "mixed"])
def test_logind_says_what_makes_no_sense(person, screen, session):
    person.keep(Logind(person, session))
    person.start()
    caller = person.caller()
    due_soon(person)
    assert caller.next("Shown")[1] == "soon"
    assert screen.next()["event"] == "notify"

