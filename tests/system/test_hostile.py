"""What other programs on the bus could do to the daemon, by mistake or not: floods, huge and odd texts, callers that go
away in the middle. It answers, refuses with a reason, and stays small."""

import contextlib
import html
import os
import sqlite3

import pytest
from gi.repository import GLib

from rig import (HOUR, INFINITY, LIMITS, NAME, OBJECT, Caller, Refused, now_usec,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from test_daemon import kept_line, prompt

HUGE = "x" * (8 * 1024 * 1024)


def send(caller, member, signature="()", *arguments):
    """Calls without waiting for the reply."""
    caller.connection.call(NAME, OBJECT, NAME, member, GLib.Variant(signature, arguments), None, 0, -1, None, None)


@pytest.mark.parametrize("member,arguments,error", [
    ("Prompt", (HUGE,), "InvalidArgument"), ("Answer", (HUGE, HUGE, HUGE), "NoSuchEntry"),
    ("Answer", ("", HUGE, ""), "InvalidArgument"), ("Answer", ("", "helpful", HUGE), LIMITS),
    ("Note", (HUGE, False), LIMITS), ("Hold", (HUGE,), "InvalidArgument"), ("Release", (HUGE,), "InvalidArgument"),
    ("Explain", (HUGE,), "NoSuchEntry"), ("Forget", (HUGE,), "NoSuchEntry"), ("Keep", (HUGE, True), "NoSuchEntry"),
    ("Dismiss", (HUGE,), "NoSuchEntry"), ("Snooze", (HUGE, 1), "NoSuchEntry"),
])
def test_huge_texts(caller, screen, member, arguments, error):
    prompt(caller, screen)
    name, told = caller.refused(member, *arguments)
    assert name == error and len(told) < 300
    assert caller.open()[0]["state"] == "shown"


@pytest.mark.parametrize("ahead", ["", "x", "xx"])
@pytest.mark.parametrize("member,arguments", [("Prompt", ()), ("Answer", ("helpful", "")), ("Answer", None), ("Release", ()),
                                              ("Explain", ()), ("Forget", ())])
def test_a_text_is_told_back_in_whole_letters(caller, screen, member, arguments, ahead):
    """A bus ends the connection of whoever sends half a letter."""
    text = ahead + "\u20ac" * 40
    prompt(caller, screen)
    told = caller.refused(member, *(("", text, "") if arguments is None else (text, *arguments)))[1]
    assert "\u20ac\"" in told and "?" not in told
    assert caller.get("Version")


@pytest.mark.parametrize("member,arguments", [("Note", (True,)), ("Prompt", ()), ("Hold", ()), ("Explain", ())])
def test_codes_that_stand_for_no_character(caller, member, arguments):
    name, told = caller.refused(member, "a\ufffe", *arguments)
    assert name == "InvalidArgument" and "U+FFFE" in told
    assert caller.get("Version")


def test_words_that_are_no_text(daemon, person):
    """As a shell of another charset would hand them on."""
    assert daemon
    for verb in "now", "why":
        status, out, told = person.run("kindly", verb, os.fsdecode(b"gr\xfc\xdfe"))
        assert (status, out) == (2, "") and "UTF-8" in told


def test_paths_that_are_no_text(person, screen):
    """What Problem and Reload say begins with a path."""
    assert screen
    folder = person.folder / os.fsdecode(b"bad\xff\xc3")
    folder.mkdir()
    (folder / "kindly.conf").write_text("nonsense")
    person.start("--config", str(folder / "kindly.conf"))
    caller = person.caller()
    assert "bad??/kindly.conf:" in caller.get("Problem")
    assert "bad??/kindly.conf:" in caller.refused("Reload")[1]


def test_a_line_of_the_journal_that_is_no_text(person, caller):
    """As another program may have written it there: it is mended as it is read, or the bus would end the
    connection."""
    entry = caller.call("Note", "gruesse", False)
    with contextlib.closing(sqlite3.connect(person.journal)) as db, db:
        db.execute("UPDATE event SET note = CAST(x'6772fcdf65' AS TEXT) WHERE kind = 'noted'")
    (row,) = caller.entries()
    assert (row["id"], row["note"]) == (entry, "gr??e")
    assert caller.get("Version")


@pytest.mark.parametrize("text", ["\x01\x02\x1b[31m", "\u202ereversed", "two\nlines", "\t", "💚" * 1000, "\x7f",
                                  "<b>markup</b> & <img src='x'>", "%s%n%d", "'; DROP TABLE event; --"])
def test_odd_texts(caller, screen, tmp_path, text):
    """They are kept as they are, and what goes to the screen is text."""
    caller.call("Note", text, True)
    assert caller.entries()[-1]["note"] == text
    line, _ = kept_line(caller, tmp_path, text=text)
    card, asked = prompt(caller, screen, "own")
    assert caller.open()[0]["text"].endswith(" you wrote: " + text)
    screen.do("action", id=asked["id"], key="open")
    shown = screen.next()["body"]
    assert "<" not in shown and not any(ord(letter) < 32 and letter != "\n" for letter in shown)
    assert caller.next("Answered") == (card, "open")
    caller.call("Forget", line)
    assert caller.next("Closed") == (card, "forgotten")


def test_many_prompts_at_once(caller, daemon, screen):
    for _ in range(100):
        send(caller, "Prompt", "(s)", "")
    last = caller.call("Prompt", "humanity")
    while caller.next("Shown")[0] != last:
        pass
    (only,) = caller.open()
    assert only["id"] == last
    assert len(daemon.children()) == 1
    screen.do("set")
    drawn = [event for event in screen.events if event["event"] == "notify"]
    assert drawn and html.unescape(drawn[-1]["body"]) == only["text"]
    closed = {event["id"] for event in screen.events if event["event"] == "close"}
    assert {event["id"] for event in drawn} - closed == {drawn[-1]["id"]}  # one is on the screen, ever


def test_as_many_open_as_there_may_be(caller, screen):
    with pytest.raises(Refused) as full:
        for _ in range(100):
            card, _ = prompt(caller, screen)
            caller.call("Snooze", card, HOUR)
    assert full.value.name == LIMITS
    assert 16 <= len(caller.open()) <= 64
    newest = prompt(caller, screen)[0]  # one more by hand is always possible
    assert caller.open()[0]["id"] == newest
    caller.call("Pause", now_usec() + HOUR)
    caller.call("Resume")
    for row in caller.open():
        caller.call("Dismiss", row["id"])
    assert caller.open() == []


def test_callers_that_go_away(person, caller):
    caller.call("Note", "stays", False)
    for _ in range(50):
        gone = Caller(person.bus.address)
        send(gone, "Prompt", "(s)", "")
        send(gone, "Hold", "(s)", "gone")
        send(gone, "ListPresence")
        send(gone, "ListEntries", "(ttu)", 0, INFINITY, 0)
        gone.connection.flush_sync(None)
        gone.stop()
    caller.call("ListPresence")
    while caller.get("Presence") != "available":
        caller.changed("Presence")
    assert caller.entries()[0]["note"] == "stays"


def test_many_presence_questions(caller):
    for _ in range(500):
        send(caller, "ListPresence")
    assert caller.call("ListPresence")


@pytest.mark.parametrize("more", ['quiet = ["00:00-24:00"];\n', "most_per_day = 0;\n", "gap = \"1d\";\n"])
def test_a_schedule_that_never_shows(person, screen, more):
    """Far from anything to come, a look ahead ends soon."""
    assert screen
    person.schedule('reminders = ( { name = "often"; at = "*:*:00"; } );\n' + more, calm=False)
    person.start()
    caller = person.caller()
    for _ in range(20):
        caller.call("Note", "a line", False)
    assert len(caller.call("ListUpcoming", 1000)) <= 1000
