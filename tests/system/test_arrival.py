"""A prompt that arrives well: the daemon with a logind, a notification server and windows that do as they are told."""

import os
import signal
import subprocess
import sys

import dbus
import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import (FAR_AWAY, INFINITY, MINUTE, at_second, fixture_caller, fixture_daemon, fixture_person,  # noqa: E402, F401
                 fixture_screen, now_usec)
from rig_link import Windows  # noqa: E402
from rig_mock import LOGIND, MAKO, MOCK, SESSION, SESSION_PATH, XFCONF, logind, start_services  # noqa: E402
from rig_presenter import PATIENCE, Bus  # noqa: E402
from test_crash import presenter_of  # noqa: E402

ALL_DAY = 'quiet = [];\ngap = "1s";\nmost_per_day = 50;\nshow_for = "until answered";\n'


class Logind:
    """A system bus with a logind on it."""

    def __init__(self, person, session=None):
        folder = person.folder / "system"
        folder.mkdir()
        self.person, self.session = person, session
        self.bus = person.keep(Bus(str(folder)))
        person.env["DBUS_SYSTEM_BUS_ADDRESS"] = self.bus.address
        self.connection = dbus.bus.BusConnection(self.bus.address)
        self.restart()

    def restart(self):
        self.server = start_services([logind(self.session)], {"system": self.bus.address}, self.person.env)
        self.mock = dbus.Interface(self.connection.get_object(LOGIND, SESSION_PATH, introspect=False), MOCK)

    def lock(self, locked=True):
        self.mock.UpdateProperties(SESSION, {"LockedHint": locked})

    def stop(self):
        self.connection.close()
        self.server.process.stdin.close()
        self.server.process.stdout.close()
        self.server.process.wait(PATIENCE)


@pytest.fixture(name="seat")
def fixture_seat(person):
    return person.keep(Logind(person))


def waits(caller):
    return [(card["reminder"], card["due_usec"]) for card in caller.open() if card["state"] == "waiting"]


def missed(caller):
    return [(entry["due_usec"], entry["rule"]) for entry in caller.entries() if entry["kind"] == "missed"]


# --- lock and return ---

def test_locked_then_back(seat, person, screen):
    """Due under the lock: nothing; after the return one prompt, but not for a minute."""
    seat.lock()
    person.start()
    caller = person.caller()
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    assert caller.changed("OpenCount") == 1 and waits(caller) == [("soon", due)]
    assert caller.get("Presence") == "away"
    before = now_usec()
    seat.lock(False)
    shown_at = caller.changed("NextElapseUSec", lambda value: value > before)
    assert before + MINUTE <= shown_at <= now_usec() + 3 * MINUTE
    screen.do("set")
    assert screen.events == []


def ago(minutes):
    """A reminder's time of day so many minutes ago, and when that was."""
    due = now_usec() // (60 * 1000000) * 60 - minutes * 60
    return due * 1000000, subprocess.run(["date", "-u", "-d", "@%d" % due, "+%H:%M"], check=True, text=True,
                                         capture_output=True).stdout.strip()


@pytest.mark.parametrize("youngest, young", [
    pytest.param(60, 3, marks=pytest.mark.full),  # waits for the return in its own time, one to three minutes
    (200, 0),
])
def test_eight_hours_of_lock(seat, person, screen, youngest, young):
    """20 came due. Of those that are still young the newest is shown after the return; if none is, there is none."""
    times = [ago(youngest + 20 * i) for i in range(20)]
    person.schedule('reminders = ( { name = "many"; at = [%s]; } );\n'
                    % ", ".join('"%s UTC"' % clock for _, clock in times) + ALL_DAY, calm=False)
    person.start().end()
    set_back(person, times[-1][0] - 5 * MINUTE)
    seat.lock()
    person.start()
    caller = person.caller()
    while len(caller.entries()) < 20 - young:
        caller.next("Closed")
    assert set(dict(missed(caller)).values()) == {"hold"}
    assert sorted(waits(caller)) == [("many", due) for due, _ in reversed(times[:young])]
    back = now_usec()
    seat.lock(False)
    if young:
        shown_at = caller.changed("NextElapseUSec", lambda value: back < value < back + 10 * MINUTE)
        assert back + MINUTE <= shown_at <= now_usec() + 3 * MINUTE and screen.events == []
        subprocess.run(["sleep", "%f" % ((shown_at - now_usec()) / 1e6)], check=True)
        caller.next("Shown")
        assert now_usec() >= shown_at and screen.next()["event"] == "notify"
    assert waits(caller) == []
    assert [rule for _, rule in missed(caller)].count("newer") == max(young - 1, 0)
    screen.do("set")
    assert screen.events == []


def set_back(person, usec):
    """As if the program had last run then, the reminders known since long before."""
    import sqlite3
    with sqlite3.connect(person.journal) as database:
        database.execute("UPDATE state SET planned_until_usec = ?", (usec,))
        database.execute("UPDATE reminder SET start_usec = 0")
    database.close()


def test_locked_while_it_is_shown(seat, person, screen):
    """It leaves the screen and stays open; it is not shown again."""
    person.start()
    caller = person.caller()
    card = caller.call("Prompt", "humanity")
    caller.next("Shown")
    shown = screen.next()
    seat.lock()
    assert screen.next() == {"event": "close", "id": shown["id"]}
    seat.lock(False)
    (still,) = caller.open()
    assert (still["id"], still["on_screen"], still["state"]) == (card, False, "shown")
    caller.call("Answer", card, "helpful", "")
    screen.do("set")
    assert screen.events == []


# --- who says so ---

def test_presence_names_each_source(seat, person, screen):
    """Plasma, Xfce and mako on one bus, with what only the presenter knows."""
    bus = {"session": person.bus.address}
    screen.stop()
    server = start_services([
        ("session", "org.freedesktop.Notifications", [
            ("/org/freedesktop/Notifications", "org.freedesktop.Notifications", {"Inhibited": "True"}, []),
            ("/fr/emersion/Mako", MAKO, {}, [("ListModes", "", "as", "ret = ['default', 'do-not-disturb']")])]),
        ("session", XFCONF, [("/org/xfce/Xfconf", XFCONF, {}, [("GetProperty", "ss", "v", "ret = True")])]),
    ], bus, person.env)
    try:
        person.start()
        status, out, told = person.run("kindly", "presence")
        assert status == 0, told
        lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
        for source in "kde-do-not-disturb", "xfce-do-not-disturb", "mako-do-not-disturb":
            assert "busy" in lines[source] and "do not disturb" in lines[source], out
        assert "available" in lines["logind-lock"]
    finally:
        server.process.stdin.close()
        server.process.stdout.close()
        server.process.wait(PATIENCE)


def set_banners(person, value):
    subprocess.run(["gsettings", "set", "org.gnome.desktop.notifications", "show-banners", value], env=person.env,
                   check=True, timeout=PATIENCE)


@pytest.mark.parametrize("hold, state", [('"locked", "do-not-disturb"', "waiting"), ('"locked"', "shown")])
def test_gnomes_do_not_disturb(person, hold, state):
    """Only GSettings tells it: the presenter looks, and the prompt waits if the schedule says so."""
    person.env["GSETTINGS_BACKEND"] = "keyfile"
    set_banners(person, "false")
    screen = person.serve(name="gnome-shell")
    person.start()
    caller = person.caller()
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\nhold = [%s];\n' % (at_second(1)[1], hold))
    if state == "shown":
        caller.next("Shown")
        assert screen.next()["event"] == "notify"
        return
    assert caller.changed("Presence", lambda value: value != "available") == "busy"
    (row,) = [row for row in caller.call("ListPresence") if row["source"] == "presenter"]
    assert (row["state"], row["detail"], row["holds"]) == ("busy", "do not disturb", True)
    assert [card["state"] for card in caller.open()] == ["waiting"]
    before = now_usec()
    set_banners(person, "true")
    assert caller.changed("Presence") == "available"
    assert caller.get("NextElapseUSec") >= before + MINUTE
    assert [row for row in caller.call("ListPresence") if row["source"] == "presenter"] == []


def test_the_one_that_knows_of_do_not_disturb_is_killed(person):
    """Nobody else would tell that it is over: the prompt comes, in its time, and whoever shows it looks again."""
    person.env["GSETTINGS_BACKEND"] = "keyfile"
    set_banners(person, "false")
    person.serve(name="gnome-shell")
    daemon = person.start()
    caller = person.caller()
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % at_second(1)[1])
    assert caller.changed("Presence", lambda value: value != "available") == "busy"
    (presenter,) = presenter_of(daemon)
    before = now_usec()
    os.kill(presenter, signal.SIGKILL)
    assert caller.changed("Presence") == "available"
    assert caller.get("NextElapseUSec") >= before + MINUTE
    assert [card["state"] for card in caller.open()] == ["waiting"]


# --- servers that come and go ---

def test_a_server_that_never_answers(person, screen):
    """The bus is answered all the while, and it is told."""
    screen.do("set", mode="hold")
    person.start()
    caller = person.caller()
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    assert screen.next()["event"] == "notify"
    for _ in range(50):
        (card,) = caller.call("ListOpen", timeout=5)
        assert (card["state"], card["due_usec"]) == ("showing", due)
    screen.do("release")
    assert caller.next("Shown")[1] == "soon"


@pytest.mark.full
def test_a_server_that_is_well_again(person, screen):
    """After the 30 s that a showing gets, and the pause after a failure: told, and then shown."""
    screen.do("set", mode="hold")
    person.start()
    caller = person.caller()
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    assert screen.next()["event"] == "notify"
    screen.do("set", mode="normal")
    for patience in range(3):
        try:
            problem = caller.changed("Problem", lambda value: value != "")
            break
        except TimeoutError:
            assert patience < 2
    assert "does not answer" in problem and waits(caller) == [("soon", due)]
    assert caller.next("Shown")[1] == "soon"
    assert caller.get("Problem") == "" and screen.next()["event"] == "notify"


def test_no_server_for_a_while(person):
    """It waits; when a server is there it comes, after a moment, once."""
    person.start()
    caller = person.caller()
    due, expression = at_second(1)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % expression)
    assert caller.changed("OpenCount") == 1 and waits(caller) == [("soon", due)]
    screen = person.serve()
    assert caller.next("Shown")[1] == "soon"
    assert screen.next()["event"] == "notify"


def test_the_server_starts_anew(person, caller, screen):
    """What it showed is gone from the screen, and still open; the next prompt replaces nothing there."""
    card = caller.call("Prompt", "humanity")
    caller.next("Shown")
    screen.stop()
    second = person.serve()
    newer = caller.call("Prompt", "care")
    while caller.next("Shown")[0] != newer:
        pass
    assert second.next()["replaces"] == 0
    assert caller.entries()[0]["id"] == card


# --- the command in the text ---

def test_the_command_is_named_three_times(person, screen):
    """Over restarts too: the count is kept."""
    screen.do("set", caps=["body"])
    named = []
    for _ in range(2):
        daemon = person.start()
        caller = person.caller()
        for _ in range(2):
            card = caller.call("Prompt", "humanity")
            caller.next("Shown")
            while (event := screen.next())["event"] != "notify":
                pass
            named.append("Answer with: kindly answer" in event["body"])
            caller.call("Dismiss", card)
        daemon.end()
    assert named == [True, True, True, False]


# --- a line that is written ---

@pytest.fixture(name="windows")
def fixture_windows(person):
    person.env["DISPLAY"] = ":7"
    windows = person.keep(Windows(person.folder / "bin", person.env))
    windows.install()
    return windows


def invite(person, caller, screen):
    """A prompt that invites a line, whose Write was clicked."""
    card = caller.call("Prompt", "evening")
    caller.next("Shown")
    while (event := screen.next())["event"] != "notify":
        pass
    assert event["actions"][2] == "write", event["actions"]
    screen.do("action", id=event["id"], key="write")
    screen.do("closed", id=event["id"], reason=2)
    return card


EVENING = 'reminders = ( { name = "evening"; at = "2100-01-01 20:15"; write = true; } );\n'


def test_written_in_a_window_and_kept(person, screen, windows):
    person.schedule(EVENING)
    person.start()
    caller = person.caller()
    card = invite(person, caller, screen)
    windows.opened()
    windows.type("a kind line")
    assert caller.next("Answered") == (card, "okay")
    saved = screen.next()
    assert saved["summary"] == "Saved" and saved["actions"][2::2] == ["keep", "journal-only", "erase"]
    screen.do("action", id=saved["id"], key="keep")
    assert caller.next("Closed") == (card, "answered")
    (entry,) = caller.entries()
    assert (entry["note"], entry["choice"], entry["keep"]) == ("a kind line", "okay", True)


def test_written_after_the_prompt_has_ended(person, screen, windows):
    """It is a line of its own then, not lost."""
    person.schedule(EVENING)
    person.start()
    caller = person.caller()
    card = invite(person, caller, screen)
    windows.opened()
    caller.call("Dismiss", card)
    windows.type("late, but mine")
    noted = caller.next("Noted")[0]
    (entry,) = [entry for entry in caller.entries() if entry["id"] == noted]
    assert entry["note"] == "late, but mine" and noted != card


def test_never_written_is_still_open(person, screen, windows):
    person.schedule(EVENING)
    person.start()
    caller = person.caller()
    card = invite(person, caller, screen)
    windows.opened()
    windows.type("cancel")
    assert windows.opened() == "ended"
    for _ in range(1000):  # the bus has no word for it
        if not caller.open()[0]["on_screen"]:
            break
    assert not caller.open()[0]["on_screen"]
    assert [(row["id"], row["state"]) for row in caller.open()] == [(card, "shown")]
