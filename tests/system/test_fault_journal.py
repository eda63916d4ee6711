"""The journal's folder and files are taken away, replaced, made links or unreadable under a running daemon, or there is no
more room: what was told to be done is there afterwards, or it was said that it could not be done."""

import errno
import os
import shutil

import pytest

from rig import (HOUR, INFINITY, Person, now_usec,
                 fixture_caller, fixture_person, fixture_screen)  # noqa: F401
from rig_outside import fixture_daemon_inside, fixture_outside  # noqa: F401
from test_crash import due_soon
from test_daemon import prompt, row


def notes(caller):
    return [one["note"] for one in caller.entries() if "note" in one]


def wal(person):
    return person.journal.with_name("journal.db-wal")


def after_kill(person, daemon, caller):
    daemon.kill()
    daemon = person.start()
    assert caller.get("Problem") == ""
    return daemon


# --- taken away ---

def test_the_wal_is_removed(person, caller, daemon):
    """What it held is still there after kill -9: the next call notices, and puts it into the file itself."""
    for i in range(10):
        caller.call("Note", "line %d" % i, False)
    wal(person).unlink()
    caller.call("Note", "after", False)
    assert person.run("kindly", "journal", "--notes")[1].count("line") == 10
    after_kill(person, daemon, caller)
    assert notes(caller) == ["line %d" % i for i in range(10)] + ["after"]


def test_the_file_is_removed(person, caller, daemon):
    """A new one is begun, with what is open and paused now."""
    card = caller.call("Prompt", "humanity")
    caller.next("Shown")
    caller.call("Note", "before", False)
    person.journal.unlink()
    caller.call("Pause", INFINITY)
    assert notes(caller) == [] and row(caller, card)["state"] == "shown"
    after_kill(person, daemon, caller)
    assert row(caller, card)["state"] == "shown" and caller.get("PausedUntilUSec") == INFINITY


def test_the_folder_becomes_a_file(person, caller, daemon):
    """Told until it is a folder again; prompts go on meanwhile, and nothing that was refused is done."""
    card = caller.call("Prompt", "humanity")
    caller.next("Shown")
    shutil.rmtree(person.journal.parent)
    person.journal.parent.write_text("", encoding="utf-8")
    for member, arguments in (("Note", ("a line", False)), ("Answer", (card, "helpful", "")), ("Pause", (INFINITY,)),
                              ("Snooze", (card, HOUR)), ("ListEntries", (0, INFINITY, 0))):
        assert caller.refused(member, *arguments)[0] == "Journal"
    assert caller.get("Problem") == "The journal %s can't be opened: Not a directory." % person.journal
    assert caller.get("PausedUntilUSec") == 0 and row(caller, card)["state"] == "shown"
    status, _, told = person.run("kindly", "journal")
    assert status == 1 and "Not a directory" in told
    due_soon(person)
    assert caller.next("Shown")[1] == "soon"
    person.journal.parent.unlink()
    caller.call("Note", "a line", False)
    assert caller.get("Problem") == "" and notes(caller) == ["a line"]
    after_kill(person, daemon, caller)
    assert notes(caller) == ["a line"]


# --- replaced ---

@pytest.fixture(name="theirs", scope="module")
def fixture_theirs(tmp_path_factory):
    """A journal of some length, as a backup is."""
    person = Person(tmp_path_factory.mktemp("theirs"))
    try:
        daemon = person.start()
        caller = person.caller()
        for i in range(200):
            caller.call("Note", "theirs %d %s" % (i, "y" * 500), False)
        daemon.end()
        return person.journal.read_bytes()
    finally:
        person.stop()


def test_a_backup_is_put_in_its_place(person, caller, daemon, theirs):
    """While the daemon runs, as nobody should: what was in the WAL belongs to the file before, and doesn't spoil it."""
    for i in range(50):
        caller.call("Note", "ours %d %s" % (i, "x" * 500), False)
    other = person.journal.with_name("other")
    other.write_bytes(theirs)
    other.rename(person.journal)
    caller.call("Note", "after", False)
    assert caller.get("Problem") == ""
    found = notes(caller)
    assert len(found) == 201 and all(note.startswith("theirs ") for note in found[:-1]) and found[-1] == "after"
    after_kill(person, daemon, caller)
    assert notes(caller) == found


def test_a_backup_is_put_in_its_place_and_the_daemon_ends(person, caller, daemon, theirs):
    for i in range(50):
        caller.call("Note", "ours %d %s" % (i, "x" * 500), False)
    other = person.journal.with_name("other")
    other.write_bytes(theirs)
    other.rename(person.journal)
    assert daemon.end() == 0 and not wal(person).exists()
    person.start()
    assert caller.get("Problem") == "" and len(notes(caller)) == 200


def test_written_over(person, caller, daemon):
    """Emptied in place: set aside, and all that could be read is in a new one; at the latest when it starts."""
    caller.call("Note", "before", False)
    person.journal.write_bytes(b"")
    caller.call("Note", "after", False)
    assert daemon.end() == 0
    person.start()
    assert notes(caller) == ["before", "after"] and "kindly doctor" in caller.get("Problem")


def test_made_a_link(person, caller, daemon):
    """It goes on; at the next start, and for kindly, the link has to go."""
    caller.call("Note", "before", False)
    elsewhere = person.folder / "elsewhere.db"
    person.journal.rename(elsewhere)
    person.journal.symlink_to(elsewhere)
    caller.call("Note", "after", False)
    assert caller.get("Problem") == ""
    status, _, told = person.run("kindly", "journal")
    assert status == 1 and "is a symbolic link; it has to be the file itself" in told
    daemon.end()
    person.start()
    assert "is a symbolic link" in caller.get("Problem")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    person.journal.unlink()
    elsewhere.rename(person.journal)
    caller.call("Note", "a line", False)
    assert caller.get("Problem") == "" and notes(caller) == ["before", "after", "a line"]


# --- no room ---

def calls(caller, card):
    """Each call that records something, and what can be asked meanwhile."""
    return [("Note", ("more", False)), ("Note", ("kept", True)), ("NoteForHardDay", ("hard",)),
            ("Prompt", ("care",)), ("Answer", (card, "helpful", "")), ("Answer", (card, "okay", "with a line")),
            ("Snooze", (card, HOUR)), ("SnoozeUntil", (card, now_usec() + HOUR)), ("Dismiss", (card,)),
            ("Pause", (INFINITY,)), ("Forget", (card,)), ("ForgetRange", (0, INFINITY)), ("ResetLearning", ())]


@pytest.mark.parametrize("error", [errno.ENOSPC, pytest.param(errno.EIO, marks=pytest.mark.full),
                                   pytest.param(errno.EROFS, marks=pytest.mark.full)], ids=errno.errorcode.get)
def test_writes_fail(person, caller, daemon, screen, outside, error):
    """A full disk, a failing one, one that was made read-only. Each call says so and changes nothing, not in memory either; with room again all goes on."""
    card, _ = prompt(caller, screen)
    caller.call("Note", "before", False)
    before = caller.entries(), row(caller, card)
    outside.fail_from(1, error)
    for member, arguments in calls(caller, card):
        assert caller.refused(member, *arguments) == (
            "Journal", "The journal can't be read or written; nothing was changed"), member
        after = row(caller, card)
        for moving in "until_usec", "on_screen":
            after.pop(moving, None), before[1].pop(moving, None)
        assert (caller.entries(), after) == before, member
    assert caller.get("PausedUntilUSec") == 0
    problem = caller.get("Problem")
    assert problem.startswith("The journal %s can't be written (" % person.journal)
    assert problem.endswith("; prompts go on unrecorded")
    if error == errno.ENOSPC:
        assert os.strerror(error) in problem
    assert daemon.stderr().count("can't be written") == 1
    status, _, told = person.run("kindly", "note", "a line")
    assert status == 1 and told == "kindly: The journal can't be read or written; nothing was changed\n"
    assert "Needs a look: " in person.run("kindly")[1]
    due_soon(person)
    assert caller.next("Shown")[1] == "soon"
    outside.mend()
    caller.call("Answer", "", "helpful", "")
    assert caller.get("Problem") == ""
    caller.call("Note", "after", False)
    after_kill(person, daemon, caller)
    assert notes(caller) == ["before", "after"]


def test_ends_before_a_click_could_be_written(person, caller, daemon, screen, outside):
    """A click is kept until there is room, as long as the daemon runs; the prompt is open until it counts."""
    card, asked = prompt(caller, screen)
    outside.fail_from(1, errno.ENOSPC)
    screen.do("action", id=asked["id"], key="helpful")
    assert "can't be written" in caller.changed("Problem", bool)
    assert row(caller, card)["state"] == "shown"
    assert daemon.end() == 0
    outside.mend()
    person.start()
    assert [one["id"] for one in caller.open()] == [card] and caller.get("Problem") == ""
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")
