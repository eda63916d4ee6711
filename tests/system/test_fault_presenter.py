"""The program that shows notifications is killed, or stops answering, at each step of a showing; or it is none. The
prompt is on the screen again, or waits, or is open for kindly; and what went wrong is told."""

import contextlib
import os
import select
import signal

import pytest

from rig import (MINUTE, PATIENCE, fixture_caller, fixture_person, fixture_screen)  # noqa: F401
from rig_link import Windows
from rig_outside import fixture_daemon_inside, fixture_outside  # noqa: F401
from test_arrival import EVENING
from test_crash import due_soon, presenter_of
from test_daemon import entry, prompt, row

SECOND = 1000000
PATIENCE_FOR_A_SHOWING = 30 * SECOND


def hit(daemon, number):
    """Sends it to the one presenter; gives its id."""
    (pid,) = presenter_of(daemon)
    os.kill(pid, number)
    return pid


def next_notify(screen):
    while True:
        event = screen.next()
        if event["event"] == "notify":
            return event


def is_off_screen(caller, card):
    while row(caller, card)["on_screen"]:
        pass
    return row(caller, card)["state"] == "shown"


# --- killed ---

def test_killed_under_what_it_shows(caller, screen, daemon):
    """The notification is still drawn, but a click on it would reach nobody: it is put back in its place."""
    card, asked = prompt(caller, screen)
    hit(daemon, signal.SIGKILL)
    back = next_notify(screen)
    assert (back["replaces"], back["body"], back["actions"]) == (asked["id"], asked["body"], asked["actions"])
    assert caller.get("Problem") == ""
    screen.do("action", id=back["id"], key="helpful")
    assert caller.next("Closed") == (card, "answered")


def test_killed_under_it_again(caller, screen, daemon):
    """It isn't started without end: the prompt leaves the screen, stays open, and that is told; the next one is shown."""
    card, asked = prompt(caller, screen)
    hit(daemon, signal.SIGKILL)
    assert next_notify(screen)["replaces"] == asked["id"]
    while not row(caller, card)["on_screen"] or row(caller, card)["state"] != "shown":
        pass
    hit(daemon, signal.SIGKILL)
    problem = caller.changed("Problem", bool)
    assert "ended unexpectedly" in problem and "still open" in problem
    assert is_off_screen(caller, card) and presenter_of(daemon) == []
    caller.call("Answer", card, "helpful", "")
    other, _ = prompt(caller, screen, "care")
    assert caller.get("Problem") == "" and row(caller, other)["on_screen"]


def test_killed_under_nothing(caller, screen, daemon):
    """Nothing is to be put back, and nothing to be told; the next one is shown by another."""
    card, _ = prompt(caller, screen)
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")
    hit(daemon, signal.SIGKILL)
    while presenter_of(daemon):
        pass
    other, _ = prompt(caller, screen, "care")
    assert caller.get("Problem") == "" and row(caller, other)["on_screen"]


def test_killed_during_a_step(caller, screen, daemon):
    """The step is in the journal, so it is the one that is shown again."""
    card, asked = prompt(caller, screen, "three-breaths")
    screen.do("set", mode="hold")
    caller.call("Answer", card, "next", "")
    step = next_notify(screen)
    assert step["body"] != asked["body"]
    screen.do("set", mode="normal")
    hit(daemon, signal.SIGKILL)
    back = next_notify(screen)
    assert (back["body"], back["replaces"]) == (step["body"], asked["id"])
    screen.do("release")
    screen.do("action", id=back["id"], key="enough")
    assert caller.next("Closed") == (card, "answered")
    assert caller.get("Problem") == ""


def test_killed_while_a_line_is_written(person, screen, outside, tmp_path):
    """The window would give its line to nobody, so it goes with it; the prompt is back, and can be written to."""
    person.env["DISPLAY"] = ":99"
    windows = person.keep(Windows(tmp_path / "bin", person.env))
    windows.install()
    person.env["PATH"] += ":" + os.environ["PATH"]
    person.schedule(EVENING)
    daemon = person.start(inside=outside.inside)
    caller = person.caller()
    card = caller.call("Prompt", "evening")
    caller.next("Shown")
    shown = screen.next()
    screen.do("action", id=shown["id"], key="write")
    windows.opened()
    (pid,) = presenter_of(daemon)
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as children:
        (window,) = [os.pidfd_open(int(child)) for child in children.read().split()]
    hit(daemon, signal.SIGKILL)
    back = next_notify(screen)
    assert back["actions"] == shown["actions"]
    assert select.select([window], [], [], PATIENCE)[0]
    os.close(window)
    while not row(caller, card)["on_screen"]:
        pass
    screen.do("action", id=back["id"], key="write")
    windows.opened()
    windows.type("after all")
    assert caller.next("Answered") == (card, "okay")
    assert entry(caller, card)["note"] == "after all"


def test_killed_before_it_withdraws(caller, screen, daemon):
    """Stopped, so that the call is still before it. What it drew stays drawn; the prompt is answered, and the next comes."""
    card, asked = prompt(caller, screen)
    pid = hit(daemon, signal.SIGSTOP)
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")
    os.kill(pid, signal.SIGKILL)
    other = caller.call("Prompt", "care")
    assert next_notify(screen)["replaces"] == 0
    assert [one["id"] for one in caller.open()] == [other]
    assert entry(caller, card)["choice"] == "helpful" and caller.get("Problem") == ""


# --- stopped ---

def vanish(daemon):
    """Waits until the presenter that was killed is gone: the daemon tells of it before that."""
    for pid in presenter_of(daemon):
        with contextlib.suppress(ProcessLookupError):
            fd = os.pidfd_open(pid)
            ended, _, _ = select.select([fd], [], [], PATIENCE)
            os.close(fd)
            assert ended


def test_stopped_before_its_reply(person, caller, screen, daemon, outside):
    """After 30 s it is killed, and told; after a pause it is shown anew."""
    screen.do("set", mode="hold")
    due_soon(person)
    assert screen.next()["event"] == "notify"
    hit(daemon, signal.SIGSTOP)
    outside.elapse(daemon, PATIENCE_FOR_A_SHOWING - SECOND)
    assert caller.open()[0]["state"] == "showing"
    screen.do("set", mode="normal")
    outside.elapse(daemon, SECOND)
    assert "does not answer" in caller.changed("Problem", bool)
    assert caller.open()[0]["state"] == "waiting"
    vanish(daemon)
    outside.elapse(daemon, 5 * SECOND)
    assert caller.next("Shown")[1] == "soon"
    assert caller.get("Problem") == "" and caller.open()[0]["on_screen"]


def test_stopped_during_a_step(caller, screen, daemon, outside):
    """The step is taken; it is off the screen until kindly or a restart brings it back."""
    card, asked = prompt(caller, screen, "three-breaths")
    hit(daemon, signal.SIGSTOP)
    caller.call("Answer", card, "next", "")
    outside.elapse(daemon, PATIENCE_FOR_A_SHOWING)
    assert "does not answer" in caller.changed("Problem", bool)
    assert is_off_screen(caller, card)
    assert row(caller, card)["step"] == 2
    caller.call("Answer", card, "next", "")
    caller.call("Answer", card, "enough", "")
    assert caller.next("Closed")[0] == card


def test_stopped_and_continued(caller, screen, daemon, outside):
    """A click meanwhile counts when it goes on."""
    card, asked = prompt(caller, screen)
    pid = hit(daemon, signal.SIGSTOP)
    screen.do("action", id=asked["id"], key="helpful")
    outside.elapse(daemon, MINUTE)
    assert row(caller, card)["on_screen"]
    os.kill(pid, signal.SIGCONT)
    assert caller.next("Closed") == (card, "answered")


def test_the_daemon_ends_beside_a_stopped_one(caller, screen, daemon):
    card, _ = prompt(caller, screen)
    pid = hit(daemon, signal.SIGSTOP)
    assert daemon.end() == 0
    os.kill(pid, signal.SIGCONT)
    assert screen.next()["event"] == "close"


# --- none ---

@pytest.mark.parametrize("script,mode", [
    (None, 0), ("", 0o755), ("#!/nonexistent\n", 0o755), ("#!/bin/sh\n", 0o644), ("#!/bin/sh\nexit 1\n", 0o755),
    ("#!/bin/sh\nexec cat /dev/zero >&3\n", 0o755),
    ("#!/bin/sh\nprintf '\\0AUTH ANONYMOUS\\r\\nBEGIN\\r\\n' >&3; exec cat /dev/zero >&3\n", 0o755),
    ("#!/bin/sh\nprintf '\\0AUTH ANONYMOUS\\r\\nBEGIN\\r\\n' >&3; exec yes l >&3\n", 0o755),
], ids=["missing", "empty", "interpreter", "mode", "exits", "zeros", "zeros-after-hello", "yes-after-hello"])
def test_no_presenter_at_all(person, tmp_path, script, mode):
    """Told once, the prompt waits, and the daemon stays as small and as quick as it was."""
    program = tmp_path / "presenter"
    if script is not None:
        program.write_text(script)
        program.chmod(mode)
    daemon = person.start("--presenter", str(program))
    caller = person.caller()
    due_soon(person)
    assert "ended unexpectedly" in caller.changed("Problem", bool)
    assert [one["state"] for one in caller.open()] == ["waiting"]
    caller.call("Note", "a line", False)
    assert daemon.stderr().count("ended unexpectedly") == 1
    with open("/proc/%d/status" % daemon.pid, encoding="ascii") as status:
        (peak,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    assert peak < 100 * 1024 or os.environ.get("VARIANT") == "asan"  # KiB; a sanitizer's shadow counts, too
    assert daemon.end() == 0
