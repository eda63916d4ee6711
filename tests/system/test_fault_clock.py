"""The wall clock is set under a running daemon, the machine sleeps, and the zone's file goes: what is open, put off,
paused and held is what a person would expect, and nothing comes twice or in heaps."""

import pytest

from rig import (DAY, HOUR, MINUTE, at_second, now_usec,
                 fixture_caller, fixture_person, fixture_screen)  # noqa: F401
from rig_outside import fixture_daemon_inside, fixture_outside  # noqa: F401
from test_daemon import prompt, row

pytestmark = pytest.mark.full

YEAR = 365 * DAY
STEPS = [-YEAR, -HOUR, HOUR, YEAR]


def comes_next(caller, wanted):
    """Waits until what comes next is as wanted: presence is asked before time moves on."""
    at = caller.get("NextElapseUSec")
    while not wanted(at):
        at = caller.changed("NextElapseUSec")
    return at


def waits(caller, card):
    """Waits until it is that one's turn, as after a return: in a minute or more."""
    caller.changed("NextElapseUSec")
    while row(caller, card)["state"] != "waiting":
        caller.changed("NextElapseUSec")


def go_to_next(caller, daemon, outside):
    """Time goes by until the next thing is to happen."""
    outside.elapse(daemon, max(caller.get("NextElapseUSec") - outside.now(), 0))


def named(usec):
    return "%+dh" % (usec // HOUR)


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_open_on_the_screen(caller, screen, daemon, outside, step):
    """It stays where it is, for as long as it would from now on; set past its end, it closes without a word."""
    card, asked = prompt(caller, screen)
    caller.seen()
    outside.set_clock(daemon, step)
    if step >= HOUR:
        assert caller.next("Closed") == (card, "unanswered")
        assert screen.next() == {"event": "close", "id": asked["id"]}
        assert caller.open() == []
    else:
        caller.get("Version")  # it may be answered before the clock is looked at, the next call may not
        listed = row(caller, card)
        assert listed["state"] == "shown" and listed["on_screen"]
        outside.elapse(daemon, HOUR)
        assert caller.next("Closed") == (card, "unanswered")
    screen.do("set")
    assert [event for event in screen.events if event["event"] == "notify"] == []
    assert caller.get("Problem") == ""


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_put_off_for_a_while(caller, screen, daemon, outside, step):
    """A quarter of an hour is one, whatever the clock says."""
    card, _ = prompt(caller, screen)
    caller.call("Snooze", card, 15 * MINUTE)
    assert screen.next()["event"] == "close"
    outside.set_clock(daemon, step)
    assert row(caller, card)["state"] == "snoozed"
    comes_next(caller, lambda at: abs(at - outside.now() - 15 * MINUTE) < MINUTE)
    outside.elapse(daemon, 14 * MINUTE)
    assert row(caller, card)["state"] == "snoozed"
    caller.seen()
    outside.elapse(daemon, MINUTE)
    assert caller.next("Shown")[0] == card
    assert screen.next()["event"] == "notify"


@pytest.mark.parametrize("step", STEPS, ids=named)
@pytest.mark.parametrize("what", ["pause", "snooze"])
def test_until_a_time_of_day(caller, screen, daemon, outside, step, what):
    """What was put off to a moment of the clock keeps to the clock, and says so."""
    until = now_usec() + 30 * MINUTE
    if what == "pause":
        caller.call("Pause", until)
    else:
        card, _ = prompt(caller, screen)
        caller.call("SnoozeUntil", card, until)
        assert screen.next()["event"] == "close"
    caller.seen()
    outside.set_clock(daemon, step)
    if step > 0 and what == "pause":
        assert caller.changed("PausedUntilUSec") == 0
    elif step > 0:
        waits(caller, card)
        go_to_next(caller, daemon, outside)
        assert caller.next("Shown")[0] == card
    elif what == "pause":
        assert caller.get("PausedUntilUSec") == until
        outside.elapse(daemon, until - outside.now())
        assert caller.changed("PausedUntilUSec") == 0
    else:
        assert (row(caller, card)["until_usec"], caller.get("NextElapseUSec")) == (until, until)


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_held(person, caller, screen, daemon, outside, step):
    """A hold has no end but its holder's; what waits under it comes when it is let go, if it isn't too old by then."""
    cookie = caller.call("Hold", "a talk")
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; hold_for = "2h"; } );\n' % at_second(1)[1])
    caller.changed("OpenCount", lambda count: count == 1)
    waiting = caller.open()[0]["id"]
    outside.set_clock(daemon, step)
    assert caller.get("Presence") == "busy"
    if step == YEAR:
        assert caller.next("Closed") == (waiting, "missed")
    else:
        assert row(caller, waiting)["state"] == "waiting"
    caller.call("Release", cookie)
    if step != YEAR:
        assert row(caller, waiting)["state"] == "waiting"
        go_to_next(caller, daemon, outside)
        assert caller.next("Shown")[0] == waiting
        assert screen.next()["event"] == "notify"
    screen.do("set")
    assert screen.events == []


def schedule_hourly(person):
    """Each hour, half an hour from now: what was due before that is too old. Gives the minute."""
    minute = (now_usec() // MINUTE + 30) % 60
    person.schedule('reminders = ( { name = "hourly"; at = "*:%02d"; hold_for = "10min"; } );\n' % minute)
    return minute


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_what_comes_due(person, caller, screen, daemon, outside, step):
    """However far it is set: nothing comes for what was jumped over, and the next prompt comes when its hour strikes."""
    minute = schedule_hourly(person)
    caller.changed("NextReminder", lambda name: name == "hourly")
    outside.set_clock(daemon, step)
    hour = outside.now() // HOUR * HOUR + minute * MINUTE
    hour += HOUR if hour <= outside.now() else 0
    comes_next(caller, lambda at: at == hour)
    assert caller.open() == []
    go_to_next(caller, daemon, outside)
    assert caller.next("Shown")[1] == "hourly"
    assert screen.next()["event"] == "notify"
    outside.set_clock(daemon, -3 * HOUR)  # there and back again: what was shown is not shown again
    if step < YEAR:  # else what was jumped over is over
        comes_next(caller, lambda at: at == hour - 2 * HOUR)
    outside.set_clock(daemon, 3 * HOUR)
    comes_next(caller, lambda at: at == hour + HOUR)
    assert [one["due_usec"] for one in caller.entries() if one["kind"] != "missed"] == [hour]


@pytest.mark.parametrize("hours", [1, 24 * 400])
def test_the_machine_slept(person, caller, screen, daemon, outside, hours):
    """A snooze that came due comes; of all that came due meanwhile, at most one."""
    card, _ = prompt(caller, screen)
    caller.call("Snooze", card, 30 * MINUTE)
    assert screen.next()["event"] == "close"
    schedule_hourly(person)
    caller.changed("NextReminder")
    caller.seen()
    outside.elapse(daemon, hours * HOUR)
    waits(caller, card)
    assert len(caller.open()) == 1
    go_to_next(caller, daemon, outside)
    assert caller.next("Shown")[0] == card
    screen.do("set")
    assert [event["event"] for event in screen.events] == ["notify"]
    assert caller.get("Problem") == ""
