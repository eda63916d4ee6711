"""What can stand where the schedule, a deck or the folder of decks belongs, by mistake or not: nothing blocks, each is
told with its path, the good schedule stays in force, and what is put right is taken up."""

import os
import socket
import time

import pytest

from rig import (FAR_AWAY, PATIENCE,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from test_daemon import prompt
from test_files import far, reminder_is, replace

pytestmark = pytest.mark.full

DECK = 'theme = "humanity"; language = "en"; prompts = ( { id = "mine-1"; text = "My own words."; } );\n'


def make_sparse(path):
    with open(path, "wb") as file:
        file.truncate(4 << 30)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def make_unreadable(path):
    path.write_text(FAR_AWAY)
    path.chmod(0)


REGULAR = "isn't a regular file; it must be a regular file"
NOTHING_IN_IT = {"schedule": '"reminders" is missing', "deck": 'there are no "prompts"'}
HALF = {"schedule": FAR_AWAY[:30], "deck": DECK[:80]}
KINDS = {  # how it is made, and what is told of it
    "folder": (os.mkdir, REGULAR),
    "fifo": (os.mkfifo, REGULAR),
    "sparse": (make_sparse, "is too large"),
    "zero": (lambda path: path.symlink_to("/dev/zero"), REGULAR),
    "null": (lambda path: path.symlink_to("/dev/null"), REGULAR),
    "socket": (make_socket, "can't be read: No such device or address"),
    "link-to-nothing": (lambda path: path.symlink_to(path.parent / "nothing"), "can't be read: No such file"),
    "link-to-itself": (lambda path: path.symlink_to(path), "can't be read: Too many levels"),
    "empty": (lambda path: path.touch(), NOTHING_IN_IT),
    "unreadable": (make_unreadable, "can't be read: Permission denied"),
}
EVERY_KIND = [pytest.param(kind, marks=pytest.mark.skipif(
    kind == "unreadable" and os.geteuid() == 0, reason="root can read everything")) for kind in KINDS]


def remove(path):
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def told_of(kind, what):
    told = KINDS[kind][1]
    return told if isinstance(told, str) else told[what]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_in_place_of_the_schedule(person, caller, kind):
    caller.seen()
    person.config.unlink()
    KINDS[kind][0](person.config)
    told = "%s: %s" % (person.config, told_of(kind, "schedule"))
    problem = caller.changed("Problem", bool)
    assert problem.startswith(told) and problem.endswith("; the schedule in force stays")
    assert caller.get("NextReminder") == "far"
    assert caller.refused("Reload") == ("Config", problem.removesuffix("; the schedule in force stays"))
    status, out, _ = person.run("kindly", "check")
    assert status == 1 and out.startswith(told)
    assert "Needs a look: " in person.run("kindly")[1]
    remove(person.config)
    person.schedule(far("mended"))
    reminder_is(caller, "mended")
    assert caller.get("Problem") == ""


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_in_place_of_the_schedule_at_the_start(person, screen, kind):
    assert screen
    person.config.unlink()
    KINDS[kind][0](person.config)
    person.start()
    caller = person.caller()
    problem = caller.get("Problem")
    assert problem.startswith("%s: %s" % (person.config, told_of(kind, "schedule")))
    assert problem.endswith("; the shipped default is in force")
    remove(person.config)
    person.schedule(far("mended"))
    reminder_is(caller, "mended")


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_in_place_of_a_deck(person, caller, screen, daemon, kind):
    deck = person.folder / "data/kindly/decks/mine.conf"
    KINDS[kind][0](deck)
    told = "%s: %s" % (deck, told_of(kind, "deck"))
    problem = caller.changed("Problem", bool)
    assert problem.startswith(told) and problem.endswith("; it is left out")
    assert told in daemon.stderr()
    status, out, _ = person.run("kindly", "check")
    assert status == 1 and told in out
    prompt(caller, screen)
    remove(deck)
    assert caller.changed("Problem", lambda text: text == "") == ""


@pytest.mark.parametrize("kind", ["fifo", "zero", "socket", "link-to-itself", "empty"])
def test_in_place_of_the_decks(person, caller, screen, kind):
    folder = person.folder / "data/kindly/decks"
    folder.rmdir()
    KINDS[kind][0](folder)
    problem = caller.changed("Problem", bool)
    assert str(folder) in problem and "can't be read: " in problem
    prompt(caller, screen)
    remove(folder)
    folder.mkdir()
    caller.changed("Problem", lambda text: text == "")
    replace(folder / "mine.conf", DECK)
    assert person.run("kindly", "check")[0] == 0


@pytest.mark.parametrize("what", ["schedule", "deck"])
def test_half_written_then_completed(person, caller, what):
    """As an editor on a slow disk writes it: the half is told, and the whole is in force as soon as it is there."""
    path = person.config if what == "schedule" else person.folder / "data/kindly/decks/mine.conf"
    whole = far("whole") if what == "schedule" else DECK
    with open(path, "w", encoding="utf-8") as file:
        file.write(HALF[what])
    assert "%s:1: " % path in caller.changed("Problem", bool)
    assert caller.get("NextReminder") == "far"
    with open(path, "a", encoding="utf-8") as file:
        file.write(whole[len(HALF[what]):] if what == "deck" else "")
        if what == "schedule":
            file.seek(0)
            file.truncate()
            file.write(whole)
    assert caller.changed("Problem", lambda text: text == "") == ""
    assert caller.get("NextReminder") == ("whole" if what == "schedule" else "far")


def test_removed_is_the_shipped_one(person, caller):
    """Nobody's mistake: who removes the file wants the default."""
    person.config.unlink()
    caller.changed("NextReminder", lambda name: name != "far")
    assert caller.get("Problem") == ""
    status, out, _ = person.run("kindly", "check")
    assert status == 0 and "no mistakes" in out


def test_written_to_all_the_time(person, caller):
    """A file that something keeps writing to is read all the same."""
    end = time.monotonic() + PATIENCE
    taken = False
    while not taken and time.monotonic() < end:
        person.config.write_text(far("restless"), encoding="utf-8")
        taken = ("restless" in (arguments[1].get("NextReminder") for name, arguments in caller.seen()
                                if name == "PropertiesChanged"))
    assert taken


def test_many_mistakes_in_decks(person, caller):
    folder = person.folder / "data/kindly/decks"
    for i in range(20):
        (folder / ("bad%02d.conf" % i)).write_text("nonsense = 1;\n", encoding="utf-8")
    problem = caller.changed("Problem", lambda text: "more: kindly check" in text)
    assert problem.startswith(str(folder / "bad00.conf")) and len(problem) < 500
