"""The whole program on a screen: kindlyd, kindly-notify and dunst under a virtual X server. What is drawn is seen on a
picture of the screen, what is clicked is found in the journal."""

import os
import sqlite3
import subprocess

import pytest

from rig import at_second, fixture_person  # noqa: F401
from rig_presenter import PATIENCE, Lines
from test_presenter import Program, picture, picture_until, start_dunst


@pytest.fixture(name="dunst")
def fixture_dunst(person, tmp_path):
    read, write = os.pipe()
    person.keep(Program("Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp",
                        pass_fds=[write]))
    os.close(write)
    person.env["DISPLAY"] = ":" + Lines(read).next()
    os.close(read)
    return start_dunst(person.env, tmp_path, person.keep)


@pytest.fixture(name="caller")
def fixture_caller(person, dunst):
    assert dunst
    person.start()
    return person.caller()


def dunstctl(person, *arguments):
    subprocess.run(["dunstctl", *arguments], env=person.env, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)


def in_the_file(person, card):
    """What the journal's file says of an entry: the choices, oldest first."""
    with sqlite3.connect("file:%s?mode=ro" % person.journal, uri=True) as database:
        return [choice for (choice,) in database.execute(
            "SELECT choice FROM event WHERE entry = ? AND choice IS NOT NULL ORDER BY id",
            (bytes.fromhex(card.replace("-", "")),))]


def look(person, path):
    """What is on a picture, as a word that is another one for another picture."""
    done = subprocess.run(["identify", "-format", "%#", str(path)], env=person.env, check=True, capture_output=True,
                          timeout=PATIENCE)
    return done.stdout


def test_shown_clicked_recorded(person, caller, tmp_path):
    picture_until(person.env, tmp_path / "empty.png", lambda colours: colours == 1)
    card = caller.call("Prompt", "humanity")
    assert caller.next("Shown")[0] == card
    picture_until(person.env, tmp_path / "shown.png", lambda colours: colours > 20)
    dunstctl(person, "context")  # the stand-in for dmenu picks "In 15 min"
    assert caller.next("Snoozed")[0] == card
    picture_until(person.env, tmp_path / "put-off.png", lambda colours: colours == 1)
    caller.call("Answer", card, "not-for-me", "")
    (entry,) = caller.entries()
    assert (entry["choice"], entry["snoozes"]) == ("not-for-me", 1)
    assert in_the_file(person, card) == ["not-for-me"]


def test_concealed_then_opened(person, caller, tmp_path):
    card = caller.call("Prompt", "forgiveness")
    assert caller.next("Shown")[0] == card
    picture_until(person.env, tmp_path / "concealed.png", lambda colours: colours > 20)
    concealed = look(person, tmp_path / "concealed.png")
    dunstctl(person, "action", "0")
    assert caller.next("Answered") == (card, "open")
    for _ in range(100):  # X has no word for "drawn"
        picture(person.env, tmp_path / "opened.png")
        if look(person, tmp_path / "opened.png") != concealed:
            break
    assert look(person, tmp_path / "opened.png") != concealed
    dunstctl(person, "action", "0")
    assert caller.next("Closed") == (card, "seen")
    picture_until(person.env, tmp_path / "gone.png", lambda colours: colours == 1)
    assert in_the_file(person, card) == ["open"]


def test_by_the_schedule_and_dismissed(person, caller, tmp_path):
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; practice = "three-breaths"; } );\n'
                    % at_second(1)[1])
    card, reminder, _ = caller.next("Shown")
    assert reminder == "soon"
    picture_until(person.env, tmp_path / "practice.png", lambda colours: colours > 20)
    dunstctl(person, "close")
    assert caller.next("Closed") == (card, "dismissed")
    assert caller.entries()[-1]["state"] == "dismissed"


def test_do_not_disturb_waits(person, caller):
    """dunst paused: a prompt of the schedule waits, one by hand is asked for all the same."""
    dunstctl(person, "set-paused", "true")
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % at_second(1)[1])
    assert caller.changed("Presence") == "busy"
    (waiting,) = caller.open()
    assert waiting["state"] == "waiting"
    dunstctl(person, "set-paused", "false")
    assert caller.changed("Presence") == "available"
    assert caller.open()[0]["until_usec"] > 0


def test_kindly_finds_it(person, caller):
    """The command beside the screen: the same prompt, the same answer."""
    card = caller.call("Prompt", "humanity")
    assert caller.next("Shown")[0] == card
    status, out, told = person.run("kindly", "answer", "helpful")
    assert status == 0, out + told
    assert caller.next("Closed") == (card, "answered")
    assert in_the_file(person, card) == ["helpful"]
