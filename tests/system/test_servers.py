"""Notification servers with their habits, as a server of our own has them: what can't be run here, or not be made to
happen. Those that can are also tried for real, each in tests/desktops."""

import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_link import fixture_bus, fixture_env, fixture_notify, fixture_server, fixture_started  # noqa: E402, F401
from rig_presenter import CAPS, Driver, Server  # noqa: E402

UNAVAILABLE = "org.kindlyd.Presenter1.Error.Unavailable"
CHOICES = ("helpful=Helpful", "later=In 15 min", "not-this=Not this")


def as_drawn(server):
    """What the next notification asked for, if the server has drawn it."""
    sent = server.next()
    assert sent["event"] == "notify" and sent["drawn"], sent
    return sent


# --- KDE Plasma ---

def test_plasma_takes_the_same_again_after_a_second(notify, server):
    """ExcessNotificationGeneration is no failure: the same prompt, shown anew, waits for its second."""
    server.do("set", traits=["flood"])
    first = notify.shown("a")[2]
    as_drawn(server)
    second = notify.shown("a")[2]
    assert second != first
    assert server.next() == {"event": "close", "id": first}
    refused, taken = server.next(), server.next()
    assert (refused["id"], refused["drawn"], taken["drawn"]) == (0, False, True)
    assert (refused["summary"], refused["body"]) == (taken["summary"], taken["body"])


def test_plasma_closes_as_revoked_after_a_click(notify, server):
    """Reason 3 there is no withdrawal of ours, and no answer."""
    server_id = notify.shown("a", choices=CHOICES)[2]
    server.do("action", id=server_id, key="helpful")
    server.do("closed", id=server_id, reason=3)
    assert notify.next() == ("chosen", "a", "helpful")
    notify.shown("b")


def test_plasma_draws_nothing_for_an_id_that_is_over(notify, server):
    """It would take the old id and show nothing. The daemon names what it knew; here it is known to be gone."""
    bus_id, owner, server_id = notify.shown("a", choices=CHOICES)
    server.next()
    server.do("action", id=server_id, key="not-this")
    server.do("closed", id=server_id, reason=3)
    assert notify.next() == ("chosen", "a", "not-this")
    notify.shown("a", step="b:1", replaces="(ssu):%s,%s,%d" % (bus_id, owner, server_id))
    assert server.next()["replaces"] == 0


# --- GNOME Shell ---

def test_gnome_loses_the_buttons_of_what_is_replaced(notify, server):
    """While its banner is up: a step is shown anew there, and the one before goes."""
    server.do("set", name="gnome-shell")
    bus_id, owner, server_id = notify.shown("a", choices=CHOICES)
    server.next()
    notify.shown("a", choices=CHOICES, step="b:1", replaces="(ssu):%s,%s,%d" % (bus_id, owner, server_id))
    assert server.next() == {"event": "close", "id": server_id}
    assert server.next()["replaces"] == 0


def test_gnome_sends_signals_twice(notify, server):
    server.do("set", traits=["twice"], name="gnome-shell")
    server_id = notify.shown("a", choices=CHOICES)[2]
    server.do("action", id=server_id, key="later")
    server.do("closed", id=server_id, reason=2)
    assert notify.next() == ("chosen", "a", "later")
    notify.shown("b")


def test_gnome_evicts_the_oldest(notify, server):
    """Reason 1 at four in one source: off the screen, not read."""
    server_id = notify.shown("a")[2]
    server.do("closed", id=server_id, reason=1)
    assert notify.next() == ("closed", "a", "off-screen")


def test_gnome_draws_three(notify, server, tmp_path, env):
    """Writing takes the place of the first choice; what puts off and what says no stay among the three."""
    env["PATH"] = "%s:%s" % (tmp_path, env["PATH"])
    assert notify.end() == 0
    (tmp_path / "zenity").write_text("#!/bin/sh\n")
    (tmp_path / "zenity").chmod(0o755)
    env["DISPLAY"] = ":0"
    server.do("set", name="gnome-shell")
    writer = Driver("kindly-notify", env=env)
    try:
        writer.shown("a", choices=CHOICES, write="b:1")
        assert server.next()["actions"][2::2] == ["write", "later", "not-this"]
    finally:
        writer.stop()


# --- xfce4-notifyd ---

def test_xfce_without_actions_names_the_command(notify, server):
    """In do-not-disturb it has no actions, and closes at once with reason 4: never shown, but open."""
    server.do("set", caps=[cap for cap in CAPS if cap != "actions"], name="Xfce Notify Daemon")
    notify.show("a", body="Text.", choices=CHOICES)
    assert notify.next() == ("named",)
    server_id = int(notify.next()[4])
    assert server.next()["body"] == "Text.\n<i>Answer with: kindly answer</i>"
    server.do("closed", id=server_id, reason=4)
    assert notify.next() == ("closed", "a", "off-screen")


@pytest.mark.parametrize("named, lines", [(0, 1), (2, 1), (3, 0)])
def test_three_showings_name_it(notify, server, named, lines):
    server.do("set", caps=["body"])
    notify.show("a", body="Text.", choices=CHOICES, named="u:%d" % named)
    assert [notify.next() for _ in range(lines)] == [("named",)] * lines
    assert notify.next()[0] == "reply"
    assert server.next()["body"].count("\n") == lines


def test_a_step_names_it_again_but_counts_once(notify, server):
    """dunst has its choices in a menu: one prompt says how to answer, in each of its steps."""
    server.do("set", name="dunst")
    notify.show("a", body="One.", choices=CHOICES)
    assert notify.next() == ("named",)
    assert notify.next()[0] == "reply"
    notify.shown("a", body="Two.", choices=CHOICES, step="b:1")
    bodies = [server.next()["body"], server.next()["body"]]
    assert bodies == ["One.\n<i>Answer with: kindly answer</i>", "Two.\n<i>Answer with: kindly answer</i>"]


# --- lxqt-notificationd ---

def test_lxqt_has_room_for_three_with_the_click(notify, server):
    """More become a list, whose first is the click on the text: three choices, and no such click."""
    server.do("set", name="lxqt-notificationd")
    notify.shown("a", choices=CHOICES + ("hard=It's hard right now",))
    assert server.next()["actions"][::2] == ["helpful", "later", "not-this"]



def test_lxqt_drops_a_text_that_stands_already(env, server, started):
    """After a presenter was killed its notification still stands: the next one takes its place instead of saying the
    same beside it, which would be dropped in silence."""
    server.do("set", traits=["same-text"])
    killed = started(Driver("kindly-notify", env=env))
    bus_id, owner, server_id = killed.shown("a", body="Text.")
    as_drawn(server)
    os.kill(killed.pid, signal.SIGKILL)
    again = started(Driver("kindly-notify", env=env))
    again.shown("a", body="Text.", replaces="(ssu):%s,%s,%d" % (bus_id, owner, server_id))
    assert as_drawn(server)["replaces"] == server_id


def test_lxqt_shows_the_same_prompt_anew(notify, server):
    """Once the first is off the screen."""
    server.do("set", traits=["same-text"])
    notify.shown("a", body="Text.")
    as_drawn(server)
    notify.shown("a", body="Text.")
    assert server.next()["event"] == "close"
    as_drawn(server)


# --- MATE, notification-daemon ---

def test_mate_has_room_for_twenty(notify, server):
    server.do("set", traits=["at-most-2"])
    first = notify.shown("a")[2]
    notify.shown("b")
    assert notify.error("c") == UNAVAILABLE
    server.do("closed", id=first, reason=1)
    notify.next()
    notify.shown("c")


def test_notification_daemon_refuses_to_close_what_is_gone(notify, server):
    server.do("set", traits=["closing-errors"])
    server_id = notify.shown("a")[2]
    server.do("closed", id=server_id, reason=2)
    assert notify.next() == ("closed", "a", "dismissed")
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    notify.shown("b")


def test_notification_daemon_keeps_the_bubble(notify, server):
    """When a notification is closed, but not past its time: so that comes first."""
    server.do("set", name="Notification Daemon", vendor="GNOME")
    server_id = notify.shown("a", show_for="t:%d" % (2**64 - 1))[2]
    server.next()
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    last = server.next()
    assert (last["replaces"], last["timeout"], last["summary"], last["actions"]) == (server_id, 1, " ", [])
    assert server.next() == {"event": "close", "id": server_id}


def test_mate_starts_its_ids_again(notify, server, env, started):
    """It ends when idle. An id of the server before is another's now: never replaced, never closed."""
    bus_id, owner, server_id = notify.shown("a")
    server.stop()
    assert notify.next() == ("closed", "a", "off-screen")
    second = started(Server(env))
    notify.shown("b", replaces="(ssu):%s,%s,%d" % (bus_id, owner, server_id))
    assert second.next()["replaces"] == 0


# --- fnott, deepin ---

def test_fnott_paused_shows_nothing(notify, server):
    server.do("set", mode="zero", name="fnott")
    assert notify.error("a", named="u:1") == UNAVAILABLE


def test_deepin_loses_what_replaces_nothing(notify, server):
    """The id 0 where an old id is to be replaced: shown anew."""
    bus_id, owner, _ = notify.shown("a")
    server.next()
    server.do("set", mode="stale-zero")
    notify.shown("b", replaces="(ssu):%s,%s,7" % (bus_id, owner))
    assert [server.next()["replaces"], as_drawn(server)["replaces"]] == [7, 0]


# --- SwayNotificationCenter ---

def test_swaync_closes_twice(notify, server):
    """Reason 3, then 2: our own closing, no dismissal of the person."""
    server.do("set", traits=["twice"])
    notify.shown("a")
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    notify.shown("b")
    assert notify.ask("withdraw", "b") == ("withdrawn",)


@pytest.mark.parametrize("show_for, kept", [("t:1000", False), ("t:%d" % (2**64 - 1), True)])
def test_its_time_over_it_leaves_the_history_too(notify, server, show_for, kept):
    """GNOME, Plasma and swaync would keep it there; notification-daemon knows no time at all."""
    server_id = notify.shown("a", show_for=show_for)[2]
    server.next()
    if kept:
        notify.shown("b")
        assert server.next()["event"] == "notify"
    else:
        assert notify.next() == ("closed", "a", "off-screen")
        assert server.next() == {"event": "close", "id": server_id}


def test_each_step_has_its_time(notify, server):
    """Replaced in place, the time begins anew: that of the first ends nothing."""
    notify.shown("a", show_for="t:60000000")
    notify.shown("a", step="b:1", show_for="t:1000")
    assert notify.next() == ("closed", "a", "off-screen")
    notify.shown("a", show_for="t:2000000")
    notify.shown("a", step="b:1", show_for="t:%d" % (2**64 - 1))
    notify.shown("b", show_for="t:2200000")
    assert notify.next() == ("closed", "b", "off-screen")  # and not the first, before it
