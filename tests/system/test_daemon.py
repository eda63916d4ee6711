"""The daemon with a notification server that does as it is told: from a prompt to its answer, on the screen and over
the bus, and every call with what it takes, what it replies, and what it refuses."""

import datetime
import html
import json
import os
import re
import signal
import sqlite3
import types
import uuid

import dbus
import pytest
from gi.repository import GLib

from rig import (CALM, DAY, DBUS, FAR_AWAY, HOUR, INFINITY, LIMITS, MINUTE, NAME, NOBODY, OBJECT, Person, at_second, now_usec,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401

SECRET = "My heart said a private thing"
CHOICES = [("helpful", "Helpful"), ("later", "In 15 min"), ("not-this", "Not this"), ("hard", "It's hard right now"),
           ("not-for-me", "Not for me")]
PRESETS = [("later-second", "In 1 h"), ("later-third", "Tomorrow")]  # drawn where there is room
OPEN_KEYS = {
    "id": str, "state": str, "reminder": str, "due_usec": int, "theme": str, "prompt": str, "title": str, "text": str,
    "stage": str, "step": int, "steps": int, "choices": list, "write": bool, "shown_usec": int, "on_screen": bool,
    "snoozes": int, "until_usec": int,
}
ENTRY_KEYS = {
    "id": str, "device": str, "time_usec": int, "offset_sec": int, "kind": str, "state": str, "rule": str,
    "reminder": str, "due_usec": int, "theme": str, "prompt": str, "text": str, "choice": str, "note": str,
    "keep": bool, "for_hard_day": bool, "snoozes": int, "step": int,
}


def fits(row, keys):
    for key, value in row.items():
        assert isinstance(value, keys[key]), (key, value)
    return True


def prompt(caller, screen, what="humanity"):
    """Asks for a prompt; gives its id and what the server was asked."""
    card = caller.call("Prompt", what)
    asked = screen.next()
    while asked["event"] == "close":
        asked = screen.next()
    assert caller.next("Shown")[0] == card
    return card, asked


def drawn(asked):
    """The choices on the notification, as the server got them, without the body's own."""
    return list(zip(asked["actions"][::2], asked["actions"][1::2]))[1:]


def entry(caller, card):
    return next(row for row in caller.entries() if row["id"] == card)


def row(caller, card):
    return next(row for row in caller.open() if row["id"] == card)


# --- a prompt and its answers, on the screen ---

def test_prompt_is_shown_and_listed(caller, screen):
    before = now_usec()
    card, asked = prompt(caller, screen)
    assert drawn(asked) == CHOICES
    (listed,) = caller.open()
    assert fits(listed, OPEN_KEYS)
    assert set(OPEN_KEYS) - set(listed) == {"step", "steps", "until_usec"}
    assert listed["id"] == card and listed["state"] == "shown" and listed["on_screen"]
    assert (listed["theme"], listed["stage"], listed["reminder"]) == ("humanity", "prompt", "")
    assert listed["text"] == html.unescape(asked["body"]) and listed["title"] == asked["summary"]
    assert listed["choices"] == CHOICES + PRESETS
    assert before <= listed["due_usec"] <= listed["shown_usec"] <= now_usec()


def test_helpful(caller, screen):
    card, asked = prompt(caller, screen)
    screen.do("action", id=asked["id"], key="helpful")
    assert caller.next("Answered") == (card, "helpful")
    assert caller.next("Closed") == (card, "answered")
    assert screen.next() == {"event": "close", "id": asked["id"]}
    assert caller.open() == []
    written = entry(caller, card)
    assert fits(written, ENTRY_KEYS)
    assert (written["kind"], written["state"], written["choice"]) == ("prompt", "answered", "helpful")
    assert written["text"] == html.unescape(asked["body"])
    assert "theme" in caller.call("Explain", card) and "theme" in caller.call("Explain", "")


def test_click_on_the_body_is_seen(caller, screen):
    card, asked = prompt(caller, screen)
    screen.do("action", id=asked["id"], key="default")
    assert caller.next_of("Closed", "Answered") == ("Closed", (card, "seen"))
    written = entry(caller, card)
    assert written["state"] == "seen" and "choice" not in written


@pytest.mark.parametrize("how", ["default", "open"])
def test_concealed_is_revealed_in_place(caller, screen, how):
    card, asked = prompt(caller, screen, "forgiveness")
    text = row(caller, card)["text"]
    assert (asked["summary"], asked["body"]) == ("A note for you", "")
    assert drawn(asked) == [("open", "Open")] and row(caller, card)["stage"] == "concealed"
    screen.do("action", id=asked["id"], key=how)
    revealed = screen.next()
    assert (revealed["event"], revealed["replaces"], html.unescape(revealed["body"])) == ("notify", asked["id"], text)
    assert drawn(revealed) == CHOICES
    assert [name for name, _ in caller.seen() if name == "Closed"] == []


def test_not_this_then_quiet_today(caller, screen):
    card, asked = prompt(caller, screen)
    screen.do("action", id=asked["id"], key="not-this")
    which = screen.next()
    assert which["replaces"] == asked["id"]
    assert [choice for choice, _ in drawn(which)] == ["hard", "not-for-me", "quiet-today"]
    assert caller.next("Answered") == (card, "not-this")
    screen.do("action", id=which["id"], key="quiet-today")
    assert caller.next("Answered") == (card, "quiet-today")
    until = caller.changed("PausedUntilUSec")
    assert until % DAY == 0 and now_usec() < until <= now_usec() + DAY
    assert caller.get("Presence") == "paused" and caller.get("PausedUntilUSec") == until
    caller.call("Resume")
    assert caller.changed("Presence") == "available" and caller.get("PausedUntilUSec") == 0


def test_hard_then_something_steadying(caller, screen):
    card, asked = prompt(caller, screen)
    screen.do("action", id=asked["id"], key="hard")
    offer = screen.next()
    assert [choice for choice, _ in drawn(offer)] == ["steady", "quiet-today", "support"]
    screen.do("action", id=offer["id"], key="steady")
    steps = [screen.next()]
    assert (row(caller, card)["step"], row(caller, card)["steps"]) == (1, 5)
    while len(steps) < 5:
        assert steps[-1]["replaces"] == asked["id"]
        assert drawn(steps[-1]) == [("next", "Next"), ("enough", "Enough for now")]
        screen.do("action", id=steps[-1]["id"], key="next")
        steps.append(screen.next())
    assert len({step["body"] for step in steps}) == 5
    screen.do("action", id=steps[-1]["id"], key="next")
    assert caller.next("Closed") == (card, "answered")
    assert screen.next()["event"] == "close"
    assert entry(caller, card)["choice"] == "hard"


def test_support(caller, screen, person, daemon):
    person.schedule(FAR_AWAY + 'support = "Call Sam";\n')
    daemon.told("RELOADING=1", "READY=1")
    card, asked = prompt(caller, screen, "hard")
    screen.do("action", id=asked["id"], key="support")
    shown = screen.next()
    assert (shown["summary"], shown["body"]) == ("Support", "Call Sam")
    screen.do("action", id=shown["id"], key="enough")
    assert caller.next("Closed") == (card, "answered")


def test_practice_left_early(caller, screen):
    card, asked = prompt(caller, screen, "hard-moment")
    screen.do("action", id=asked["id"], key="next")
    screen.next()
    screen.do("action", id=asked["id"], key="enough")
    assert caller.next("Closed") == (card, "answered")
    written = entry(caller, card)
    assert (written["prompt"], written["choice"], written["step"]) == ("hard-moment", "enough", 1)


def test_later_then_let_it_go(person, caller, screen, daemon):
    person.schedule(FAR_AWAY + 'snooze = ["1s"];\n')
    daemon.told("RELOADING=1", "READY=1")
    card, asked = prompt(caller, screen)
    for snoozes in (1, 2):
        before = now_usec()
        screen.do("action", id=asked["id"], key="later")
        put_off, until = caller.next("Snoozed")
        assert put_off == card and before + 1000000 <= until <= now_usec() + 1000000
        assert screen.next()["event"] == "close"
        assert caller.next("Shown")[0] == card
        asked = screen.next()
        assert row(caller, card)["snoozes"] == snoozes
    assert "later" not in dict(drawn(asked)) and ("let-go", "Let it go") in drawn(asked)
    assert caller.refused("Snooze", card, MINUTE)[0] == "TooManySnoozes"
    assert caller.refused("SnoozeUntil", card, now_usec() + HOUR)[0] == "TooManySnoozes"
    screen.do("action", id=asked["id"], key="let-go")
    assert caller.next("Closed") == (card, "dismissed")
    assert entry(caller, card)["snoozes"] == 2


@pytest.mark.parametrize("reason,how", [(2, "dismissed"), (1, None), (4, None)])
def test_closed_by_the_server(caller, screen, reason, how):
    card, asked = prompt(caller, screen)
    screen.do("closed", id=asked["id"], reason=reason)
    if how:
        assert caller.next("Closed") == (card, how)
        assert caller.open() == [] and entry(caller, card)["state"] == how
        return
    for _ in range(1000):  # nothing on the bus tells of it
        if not row(caller, card)["on_screen"]:
            break
    assert (row(caller, card)["state"], row(caller, card)["on_screen"]) == ("shown", False)
    assert [name for name, _ in caller.seen() if name != "PropertiesChanged"] == []
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")


def test_a_newer_one_replaces(caller, screen):
    first, asked = prompt(caller, screen)
    second = caller.call("Prompt", "care")
    assert screen.next() == {"event": "close", "id": asked["id"]}
    assert screen.next()["event"] == "notify"
    assert caller.next("Closed") == (first, "replaced")
    assert caller.next("Shown")[0] == second
    assert [one["id"] for one in caller.open()] == [second]


# --- the calls ---

@pytest.mark.parametrize("what", ["", "humanity", "far", "three-breaths", "hard"])
def test_prompt_what(caller, screen, what):
    prompt(caller, screen, what)


def test_prompt_refused(person, caller, daemon):
    name, told = caller.refused("Prompt", "happiness")
    assert name == "InvalidArgument" and "happiness" in told and "theme" in told and "practice" in told
    assert caller.refused("Prompt", "own")[0] == "NoPrompt"
    person.schedule(FAR_AWAY + 'languages = ["xx"];\n')
    daemon.told("RELOADING=1", "READY=1")
    assert caller.refused("Prompt", "")[0] == "NoPrompt"
    assert caller.open() == []


@pytest.mark.parametrize("choice", ["helpful", "okay", "not-for-me"])
def test_answer(caller, screen, choice):
    card, _ = prompt(caller, screen)
    caller.call("Answer", "", choice, SECRET)
    assert caller.next("Answered") == (card, choice)
    assert caller.next("Closed") == (card, "answered")
    written = entry(caller, card)
    assert (written["choice"], written["note"]) == (choice, SECRET)


@pytest.mark.parametrize("choice", ["let-go", "later", "not-this", "hard"])
def test_a_note_is_never_lost(person, caller, screen, daemon, choice):
    person.schedule(FAR_AWAY + "snoozes = %d;\n" % (choice != "let-go"))
    daemon.told("RELOADING=1", "READY=1")
    card, _ = prompt(caller, screen)
    caller.call("Answer", card, choice, SECRET)
    assert entry(caller, card)["note"] == SECRET


def test_answer_refused(caller, screen):
    assert caller.refused("Answer", "", "helpful", "")[0] == "NotOpen"
    assert caller.refused("Answer", NOBODY, "helpful", "")[0] == "NoSuchEntry"
    assert caller.refused("Answer", "not an id", "helpful", "")[0] == "NoSuchEntry"
    card, _ = prompt(caller, screen)
    for choice in ("", "Helpful", "keep", "next", "steady", "helpful "):
        name, told = caller.refused("Answer", card, choice, "")
        assert name == "InvalidArgument", choice
        for allowed, _ in CHOICES + [("okay", "")]:
            assert allowed in told
    assert caller.refused("Answer", card, "helpful", "x" * 4001)[0] == LIMITS
    assert caller.open()[0]["state"] == "shown" and "choice" not in entry(caller, card)
    caller.call("Answer", card, "helpful", "x" * 4000)
    assert caller.refused("Answer", card, "helpful", "")[0] == "NotOpen"


def test_snooze(caller, screen):
    card, asked = prompt(caller, screen)
    before = now_usec()
    until = caller.call("Snooze", card, 10 * MINUTE)
    assert before + 10 * MINUTE <= until <= now_usec() + 10 * MINUTE
    assert caller.next("Snoozed") == (card, until)
    assert screen.next() == {"event": "close", "id": asked["id"]}
    listed = row(caller, card)
    assert (listed["state"], listed["snoozes"], listed["on_screen"]) == ("snoozed", 1, False)
    assert abs(listed["until_usec"] - until) < MINUTE
    upcoming = caller.call("ListUpcoming", 2)
    assert [(one["kind"], one.get("id")) for one in upcoming] == [("snoozed", card), ("at", None)]
    assert abs(caller.get("NextElapseUSec") - until) < MINUTE
    wanted = now_usec() // 1000000 * 1000000 + 3 * HOUR
    assert caller.call("SnoozeUntil", "", wanted) == wanted
    assert row(caller, card)["until_usec"] == wanted
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")


def test_snooze_refused(caller, screen):
    for member, argument in (("Snooze", MINUTE), ("SnoozeUntil", now_usec() + HOUR)):
        assert caller.refused(member, "", argument)[0] == "NotOpen"
        assert caller.refused(member, NOBODY, argument)[0] == "NoSuchEntry"
    card, _ = prompt(caller, screen)
    for member, argument in (("Snooze", 0), ("Snooze", 367 * DAY), ("Snooze", INFINITY), ("SnoozeUntil", 0),
                             ("SnoozeUntil", now_usec() - 1), ("SnoozeUntil", INFINITY)):
        assert caller.refused(member, card, argument)[0] == "InvalidArgument", (member, argument)
    assert row(caller, card)["state"] == "shown"
    caller.call("Dismiss", card)
    assert caller.refused("Snooze", card, MINUTE)[0] == "NotOpen"


def test_dismiss(caller, screen):
    assert caller.refused("Dismiss", "")[0] == "NotOpen"
    assert caller.refused("Dismiss", NOBODY)[0] == "NoSuchEntry"
    card, _ = prompt(caller, screen)
    caller.call("Dismiss", "")
    assert caller.next("Closed") == (card, "dismissed")
    assert caller.refused("Dismiss", card)[0] == "NotOpen"
    assert entry(caller, card)["state"] == "dismissed"


def test_note_and_keep(caller, screen):
    line = caller.call("Note", SECRET, False)
    assert caller.next("Noted") == (line,)
    written = entry(caller, line)
    assert (written["kind"], written["state"], written["note"], written["keep"]) == ("note", "noted", SECRET, False)
    assert caller.call("Explain", line) == "You wrote this yourself."
    caller.call("Keep", line, True)
    assert entry(caller, line)["keep"]
    assert caller.refused("Prompt", "own")[0] == "NoPrompt"  # not sooner than two weeks after it was written
    caller.call("Keep", line, False)
    assert not entry(caller, line)["keep"]


def kept_line(caller, folder, days=20, choice=None, text=SECRET):
    """A line that was kept some days ago, on a prompt that was answered so; its id, and when it was written."""
    time = now_usec() - days * DAY
    line = str(uuid.UUID(int=(time // 1000) << 80 | 0x7000 << 64 | 0x8000 << 48 | days))
    device = str(uuid.UUID(int=7))
    events = [{"kind": "noted", "id": line, "note": text}, {"kind": "kept", "id": line[:-1] + "e", "keep": True}]
    if choice:
        events.append({"kind": "answered", "id": line[:-1] + "f", "choice": choice})
    path = folder / "kept.jsonl"
    path.write_text("".join(json.dumps({"version": 1, "entry": line, "device": device, "time_usec": time} | event) + "\n"
                            for event in events), encoding="utf-8")
    with open(path, "rb") as file:
        assert caller.call("Import", file) == 1
    path.unlink()
    return line, time


def test_a_kept_line_comes_back(caller, screen, tmp_path):
    """Concealed until it is opened, then with its date; not again at once."""
    line, time = kept_line(caller, tmp_path)
    card, asked = prompt(caller, screen, "own")
    assert SECRET not in asked["body"] + asked["summary"]
    screen.do("action", id=asked["id"], key="default")
    day = datetime.datetime.fromtimestamp(time / 1000000, datetime.timezone.utc)
    year = "" if day.year == datetime.datetime.now(datetime.timezone.utc).year else f" {day.year}"
    assert screen.next()["body"] == f"On {day.day} {day:%B}{year} you wrote: {SECRET}"
    assert row(caller, card)["prompt"] == line
    caller.call("Answer", card, "helpful", "")
    assert caller.refused("Prompt", "own")[0] == "NoPrompt"


def test_a_kept_line_of_a_hard_moment_does_not_come_back(caller, screen, tmp_path):
    assert screen
    kept_line(caller, tmp_path, choice="hard")
    assert caller.refused("Prompt", "own")[0] == "NoPrompt"


def test_then_and_now(caller, screen, tmp_path):
    assert caller.refused("Prompt", "then-and-now")[0] == "NoPrompt"
    kept_line(caller, tmp_path, days=200)
    card, asked = prompt(caller, screen, "then-and-now")
    assert SECRET not in asked["body"] + asked["summary"]
    screen.do("action", id=asked["id"], key="default")
    opened = screen.next()
    assert opened["body"].endswith(f"you wrote: {SECRET}\n\nIs this still how you see yourself?")
    assert opened["actions"][2::2] == ["still", "partly", "not-any-more"]
    screen.do("action", id=asked["id"], key="partly")
    assert caller.next("Closed") == (card, "answered")
    assert entry(caller, card)["choice"] == "partly"
    assert "half a year ago" in caller.call("Explain", card)


def test_a_line_for_a_hard_day(caller, screen, person):
    """The newest comes first in a hard moment; forgotten, it is on the screen and on the disk no more."""
    caller.call("NoteForHardDay", "an older one")
    line = caller.call("NoteForHardDay", SECRET)
    assert caller.refused("NoteForHardDay", "")[0] == "InvalidArgument"
    assert entry(caller, line)["for_hard_day"]
    card, asked = prompt(caller, screen, "hard")
    assert asked["body"] == f"Your own words for a day like this: {SECRET}\n\nNothing needs fixing this minute."
    assert asked["actions"][2::2] == ["steady", "quiet-today", "support"]
    caller.call("Forget", line)
    assert screen.next()["body"] == "Nothing needs fixing this minute."
    for path in person.journal.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path
    assert row(caller, card)["text"] == "Nothing needs fixing this minute."
    caller.call("Answer", card, "hard", "")
    assert "an older one" in screen.next()["body"]


@pytest.mark.parametrize("why, sentence", [
    ("new 0 0", "Its theme, care, had been shown least so far."),
    ("variety 6 8", "Its theme, care, had not been seen for longest: for variety."),
    ("learned 6 8", "Its theme, care, was drawn; you marked 6 of 8 of these helpful."),
    ("learned 0 0", "Its theme, care, was drawn by chance."),
    ("path 6 8", "Its theme, care, is where your path is now."),
    ("asked 6 8", "Its theme, care, was the one that could come."),
    ("offer", "It is a word from kindly itself, in the place of a prompt."),
    ("then-and-now", "It is a line that you kept half a year ago or longer."),
])
def test_why_after_each_branch(caller, tmp_path, why, sentence):
    """With the seed, which is for making the choice again."""
    path = tmp_path / "shown.jsonl"
    path.write_text(json.dumps({
        "version": 1, "id": NOBODY, "entry": NOBODY, "device": NOBODY, "kind": "shown", "time_usec": now_usec(),
        "due_usec": now_usec(), "theme": "care", "reminder": "daytime", "prompt": "care-01", "text": "Rest.",
        "why": why + " 0123456789abcdef"}) + "\n", encoding="utf-8")
    with open(path, "rb") as file:
        caller.call("Import", file)
    assert caller.call("Explain", NOBODY) == 'The reminder "daytime" came due. ' + sentence


@pytest.mark.parametrize("what, sentence", [
    ("hard", "It is there for a hard moment."),
    ("three-breaths", "It is a practice."),
])
def test_why_of_what_was_asked_for(caller, screen, what, sentence):
    card, asked = prompt(caller, screen, what)
    assert asked and caller.call("Explain", card) == "You asked for it. " + sentence
    caller.call("ForgetRange", 0, INFINITY)
    assert caller.call("Explain", card) == "You asked for it. Its content was erased."


def test_guidance(person):
    """At the first start it takes the first prompt's place, and is there again when asked for."""
    screen = person.serve()
    due, at = at_second(1)
    person.schedule('reminders = ( { name = "a"; at = "%s UTC"; } );\n' % at)
    person.start(first=True)
    caller = person.caller()
    card = caller.next("Shown")[0]
    shown = screen.next()
    assert shown["summary"] == "Before the first one" and "not treatment" in shown["body"]
    assert "findahelpline.com" in shown["body"] and shown["actions"][2::2] == ["okay", "support"]
    screen.do("action", id=shown["id"], key="okay")
    assert caller.next("Closed") == (card, "answered")
    assert entry(caller, card)["due_usec"] == due
    assert "from kindly itself" in caller.call("Explain", card)
    assert "not treatment" in person.run("kindly", "support")[1]
    _, again = prompt(caller, screen, "guidance")
    assert again["body"] == shown["body"]


def test_note_refused(caller, screen):
    assert caller.refused("Note", "", True)[0] == "InvalidArgument"
    name, told = caller.refused("Note", "x" * 4001, False)
    assert name == LIMITS and "4000" in told
    assert caller.entries() == []
    assert caller.call("Note", "x" * 4000, False)
    assert caller.refused("Keep", "", True)[0] == "InvalidArgument"
    assert caller.refused("Keep", NOBODY, True)[0] == "NoSuchEntry"
    card, _ = prompt(caller, screen)
    assert caller.refused("Keep", card, True)[0] == "InvalidArgument"


def test_forget(caller, screen, person):
    line = caller.call("Note", SECRET, True)
    card, asked = prompt(caller, screen)
    caller.call("Forget", line)
    assert entry(caller, line)["state"] == "forgotten" and "note" not in entry(caller, line)
    caller.call("Forget", card)
    assert caller.next("Closed") == (card, "forgotten")
    assert screen.next() == {"event": "close", "id": asked["id"]}
    assert "text" not in entry(caller, card)
    for path in person.journal.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path
    assert caller.refused("Prompt", "own")[0] == "NoPrompt"
    assert caller.refused("Forget", "")[0] == "InvalidArgument"
    assert caller.refused("Forget", NOBODY)[0] == "NoSuchEntry"


@pytest.mark.parametrize("by_range", [False, True])
def test_forget_a_line_that_is_before_the_eyes(caller, screen, person, tmp_path, by_range):
    line, time = kept_line(caller, tmp_path)
    card, _ = prompt(caller, screen, "own")
    if by_range:
        assert caller.call("ForgetRange", time, time + 1) == 1
    else:
        caller.call("Forget", line)
    assert caller.next("Closed") == (card, "forgotten")
    caller.call("Note", "another", False)
    for path in person.journal.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


def test_forget_range(caller, screen):
    since = now_usec()
    caller.call("Note", SECRET, False)
    card, _ = prompt(caller, screen)
    assert caller.call("ForgetRange", since, now_usec()) == 2
    assert caller.next("Closed") == (card, "forgotten")
    assert [row["state"] for row in caller.entries()] == ["forgotten", "forgotten"]
    assert caller.call("ForgetRange", 0, INFINITY) == 0
    assert caller.refused("ForgetRange", 5, 5)[0] == "InvalidArgument"
    assert caller.refused("ForgetRange", INFINITY, 0)[0] == "InvalidArgument"


def test_forget_while_another_reads(caller, person, screen):
    line = caller.call("Note", SECRET, False)
    reader = sqlite3.connect(person.journal, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT note FROM event").fetchall() == [(SECRET,)]
    name, told = caller.refused("Forget", line)
    assert name == "Journal" and "erased" in told
    reader.close()
    assert "note" not in entry(caller, line)
    caller.call("Forget", line)
    for path in person.journal.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


def test_erase_on_the_screen(caller, screen, person):
    """A line written with an answer, then erased by its choice, is gone from the disk."""
    card, _ = prompt(caller, screen)
    caller.call("Answer", card, "hard", SECRET)
    caller.call("Forget", card)
    for path in person.journal.parent.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


def test_pause_and_resume(caller, screen):
    for past in (0, 1, now_usec()):
        assert caller.refused("Pause", past)[0] == "InvalidArgument"
    caller.call("Pause", INFINITY)
    assert caller.changed("Presence") == "paused" and caller.get("PausedUntilUSec") == INFINITY
    prompt(caller, screen)  # by hand all the same
    caller.call("Resume")
    assert caller.changed("PausedUntilUSec") == 0
    caller.call("Resume")  # is no mistake
    until = now_usec() + HOUR
    caller.call("Pause", until)
    assert caller.changed("PausedUntilUSec") == until


def test_a_pause_ends_by_itself(caller):
    caller.call("Pause", now_usec() + 500000)
    assert caller.changed("Presence") == "paused"
    assert caller.changed("Presence") == "available"
    assert caller.get("PausedUntilUSec") == 0


def test_ids_sort_as_they_were_made(caller):
    """Within a millisecond, too: `kindly watch --since` leaves none out."""
    made = [caller.call("Note", "a line", False) for _ in range(200)]
    assert made == sorted(made)


def test_hold_and_release(caller):
    first, second = caller.call("Hold", "a talk"), caller.call("Hold", "")
    assert first != second
    assert caller.changed("Presence", lambda value: value == "busy")
    rows = [one for one in caller.call("ListPresence") if one["source"] == "hold"]
    assert [(one.get("detail", ""), one["state"], one["holds"]) for one in rows] == [
        ("a talk", "busy", True), ("", "busy", True)]
    caller.call("Release", first)
    assert caller.get("Presence") == "busy"
    caller.call("Release", second)
    assert caller.changed("Presence") == "available"
    for cookie in (first, "", "x" * 100000):
        name, told = caller.refused("Release", cookie)
        assert name == "InvalidArgument" and len(told) < 200


def test_hold_ends_with_its_caller(person, caller):
    other = person.caller()
    other.call("Hold", "gone soon")
    assert caller.changed("Presence") == "busy"
    other.stop()
    assert caller.changed("Presence") == "available"


def test_hold_refused(person, caller):
    assert caller.refused("Hold", "x" * 201)[0] == "InvalidArgument"
    cookies = [caller.call("Hold", "x" * 200) for _ in range(16)]
    assert caller.refused("Hold", "")[0] == LIMITS
    cookies += [one.call("Hold", "x" * 200) for one in [person.caller() for _ in range(3)] for _ in range(16)]
    assert person.caller().refused("Hold", "")[0] == LIMITS
    for cookie in cookies:
        caller.call("Release", cookie)
    assert caller.get("Presence") == "available"


def test_reset_learning(caller, screen):
    card, _ = prompt(caller, screen)
    caller.call("Answer", card, "helpful", "")
    caller.call("ResetLearning")
    assert entry(caller, card)["choice"] == "helpful"


def test_import(caller, tmp_path):
    exported = tmp_path / "entries.jsonl"
    line = ('{"version":1,"id":"%s","entry":"%s","device":"%s","kind":"noted","time_usec":1700000000000000,'
            '"offset_sec":3600,"note":"%s"}\n' % (NOBODY, NOBODY, NOBODY, SECRET))
    exported.write_text(line, encoding="utf-8")
    with open(exported, "rb") as file:
        assert caller.call("Import", file) == 1
        assert caller.call("Import", file) == 0
    (taken,) = caller.entries()
    assert fits(taken, ENTRY_KEYS)
    assert (taken["id"], taken["note"], taken["offset_sec"]) == (NOBODY, SECRET, 3600)
    exported.write_text(line + "nonsense\n", encoding="utf-8")
    with open(exported, "rb") as file:
        name, told = caller.refused("Import", file)
        assert name == "InvalidArgument" and told.startswith("line ")
    read, write = os.pipe()
    with open(read, "rb") as file, open(write, "wb"):
        assert caller.refused("Import", file)[0] == "InvalidArgument"  # and it doesn't wait for the pipe
    for path in ("/", "/dev/zero"):
        fd = os.open(path, os.O_RDONLY)
        assert caller.refused("Import", types.SimpleNamespace(fileno=lambda fd=fd: fd))[0] == "InvalidArgument"
        os.close(fd)


def test_lists(caller, screen):
    for limit in (0, 1001, 2**32 - 1):
        name, told = caller.refused("ListUpcoming", limit)
        assert name == "InvalidArgument" and "1000" in told
    assert [one["reminder"] for one in caller.call("ListUpcoming", 1000)] == ["far"]
    assert caller.refused("ListEntries", 0, INFINITY, 10001)[0] == "InvalidArgument"
    notes = [caller.call("Note", "line %d" % i, False) for i in range(5)]
    assert [row["id"] for row in caller.entries()] == notes
    assert [row["id"] for row in caller.call("ListEntries", 0, INFINITY, 2)] == notes[3:]
    times = [row["time_usec"] for row in caller.entries()]
    assert [row["id"] for row in caller.call("ListEntries", times[1], times[3], 0)] == notes[1:3]
    assert caller.call("ListEntries", INFINITY, 0, 0) == []
    for source in caller.call("ListPresence"):
        assert source["state"] in ("available", "away", "busy", "unknown", "absent")
    assert screen.process.poll() is None


def test_explain_refused(caller):
    for card in ("", NOBODY, "?"):
        assert caller.refused("Explain", card)[0] == "NoSuchEntry"


def test_properties(caller, screen):
    properties = caller.ask(NAME, OBJECT, DBUS + ".Properties", "GetAll", GLib.Variant("(s)", (NAME,)))[0]
    assert set(properties) == {"Version", "Presence", "PresenceUSec", "PausedUntilUSec", "NextElapseUSec",
                               "NextReminder", "OpenCount", "Fewer", "Problem"}
    assert (properties["Presence"], properties["Problem"], properties["OpenCount"]) == ("available", "", 0)
    assert (properties["NextElapseUSec"], properties["NextReminder"]) == (4102488000000000, "far")
    assert re.fullmatch(r"\d+\.\d+\.\d+", properties["Version"])
    prompt(caller, screen)
    assert caller.get("OpenCount") == 1
    caller.call("Answer", "", "helpful", "")
    assert caller.changed("OpenCount") == 0


def test_asking_by_hand_does_not_change_what_comes_next(caller, screen):
    caller.call("Prompt", "humanity")
    screen.next()
    caller.next("Shown")
    caller.call("Prompt", "care")
    changes = [arguments[1] for name, arguments in caller.seen() if name == "PropertiesChanged"]
    assert [change for change in changes if "NextElapseUSec" in change or "NextReminder" in change] == []


def test_busctl_is_enough(person, caller, screen):
    def busctl(*arguments):
        status, out, told = person.run("busctl", "--user", *arguments)
        assert status == 0, told
        return out.strip()

    def call(member, *arguments):
        return busctl("call", NAME, OBJECT, NAME, member, *arguments)

    card = call("Prompt", "s", "humanity").split('"')[1]
    assert screen.next()["event"] == "notify"
    assert caller.next("Shown")[0] == card
    assert card in call("ListOpen") and '"Not this"' in call("ListOpen")
    assert call("Snooze", "st", "", "60000000").startswith("t ")
    call("Answer", "sss", card, "helpful", "a line")
    assert '"a line"' in call("ListEntries", "ttu", "0", str(INFINITY), "0")
    assert call("Explain", "s", card).startswith('s "You asked for it')
    line = call("Note", "sb", "words", "true").split('"')[1]
    call("Keep", "sb", line, "false")
    call("Forget", "s", line)
    call("Pause", "t", str(INFINITY))
    assert busctl("get-property", NAME, OBJECT, NAME, "Presence", "PausedUntilUSec") == 's "paused"\nt %d' % INFINITY
    call("Resume")
    call("Reload")
    assert '"far"' in call("ListUpcoming", "u", "1")
    assert call("ForgetRange", "tt", "0", str(INFINITY)).startswith("u ")


# --- by the schedule ---

def scheduled(person, seconds_ahead=1, more=""):
    """A reminder that comes due soon: its time."""
    due, expression = at_second(seconds_ahead)
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; themes = ["humanity"]; } );\n' % expression + more)
    return due


def test_comes_due(person, caller, screen, daemon):
    due = scheduled(person)
    assert caller.changed("NextElapseUSec") == due
    daemon.told("READY=1")
    card, reminder, theme = caller.next("Shown")
    assert (reminder, theme) == ("soon", "humanity")
    assert due <= screen.next().get("time", now_usec()) < due + 5000000
    listed = row(caller, card)
    assert (listed["due_usec"], listed["reminder"]) == (due, "soon")
    assert caller.get("NextElapseUSec") == INFINITY and caller.get("NextReminder") == ""
    caller.call("Answer", card, "helpful", "")
    assert entry(caller, card)["due_usec"] == due
    assert "soon" in caller.call("Explain", card)


def test_held_and_released(person, caller, screen, daemon):
    due = scheduled(person)
    cookie = caller.call("Hold", "a talk")
    assert caller.changed("OpenCount") == 1
    (waiting,) = caller.open()
    assert waiting["state"] == "waiting" and waiting["due_usec"] == due and "text" not in waiting
    assert caller.refused("Answer", waiting["id"], "helpful", "")[0] == "NotOpen"
    assert caller.refused("Snooze", waiting["id"], MINUTE)[0] == "NotOpen"
    assert caller.refused("Dismiss", waiting["id"])[0] == "NotOpen"
    before = now_usec()
    caller.call("Release", cookie)
    later = caller.changed("NextElapseUSec", lambda value: value > before)
    assert before + MINUTE <= later <= now_usec() + 3 * MINUTE
    assert row(caller, waiting["id"])["until_usec"] == later
    caller.call("Hold", "away again")
    assert caller.changed("Presence") == "busy"
    assert "until_usec" not in row(caller, waiting["id"])
    assert daemon.process.poll() is None
    screen.do("set")
    assert screen.events == []  # nothing was drawn


def test_quiet_and_paused_are_missed(person, caller, daemon):
    due = scheduled(person, more='quiet = ["00:00-24:00"];\n')
    daemon.told("READY=1")
    person.schedule(person.config.read_text().replace(CALM, ""), calm=False)
    daemon.told("READY=1")
    assert caller.get("Presence") == "quiet"
    assert caller.next("Closed")[1] == "missed"
    (missed,) = caller.entries()
    assert (missed["kind"], missed["rule"], missed["due_usec"]) == ("missed", "quiet", due)
    assert "quiet" in caller.call("Explain", missed["id"])
    due = scheduled(person)
    daemon.told("READY=1")
    caller.call("Pause", INFINITY)
    assert caller.next("Closed")[1] == "missed"
    assert caller.entries()[-1]["rule"] == "paused"


# --- the process ---

def test_a_second_one_ends(person, daemon, caller):
    assert caller.open() == []
    before = {path: path.stat().st_mtime_ns for path in person.journal.parent.iterdir()}
    status, _, told = person.run("kindlyd")
    assert status == 1
    assert told == "kindlyd: another kindlyd already runs on this session bus; this one ends\n"
    assert {path: path.stat().st_mtime_ns for path in person.journal.parent.iterdir()} == before
    assert daemon.process.poll() is None


def test_bus_lost(person, daemon):
    person.bus.stop()
    assert daemon.status() == 75


def test_no_bus(person):
    person.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    status, _, told = person.run("kindlyd")
    assert status == 1 and "no session bus" in told
    assert not person.journal.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_told(person, caller, daemon, screen, how):
    _, asked = prompt(caller, screen)
    log = person.journal.with_name("journal.db-wal")
    assert log.exists()
    daemon.process.send_signal(how)
    caller.vanished()
    assert not log.exists()  # the journal is closed before another can take the name
    assert daemon.status() == 0
    assert screen.next() == {"event": "close", "id": asked["id"]}


def test_ends_while_a_caller_waits(person):
    """Whether the person is there is asked of a name with nobody who reads behind it."""
    deaf = dbus.bus.BusConnection(person.bus.address)
    deaf.request_name("org.freedesktop.ScreenSaver")
    daemon, caller = person.start(), person.caller()
    told = caller.begin("ListPresence")
    assert caller.get("Presence") == "available"  # by now that call is known, too
    assert daemon.end() == 0
    assert told() == DBUS + ".Error.NoReply"
    deaf.close()


def test_hangup_reloads(person, caller, daemon):
    assert caller.get("NextReminder") == "far"
    person.config.write_text(FAR_AWAY.replace("far", "farther"), encoding="utf-8")
    daemon.process.send_signal(signal.SIGHUP)
    assert caller.changed("NextReminder") == "farther"


@pytest.mark.parametrize("arguments,status,told", [
    (["--version"], 0, r"kindlyd \d+\.\d+\.\d+\n"),
    (["--help"], 0, r"(?s)Usage: kindlyd .*--presenter.*"),
    (["--nonsense"], 2, r"(?s).*--nonsense.*Try: kindlyd --help\n"),
    (["now"], 2, r'kindlyd: "now" is not an option\nTry: kindlyd --help\n'),
    (["--presenter", "window"], 2, r"kindlyd: --presenter is auto, desktop, terminal, .*\n"),
    (["--config"], 2, r"(?s).*requires an argument.*"),
    (["--decks", "."] * 17, 2, r"kindlyd: --decks can be given at most 16 times\n"),
])
def test_options(person, arguments, status, told):
    ended, out, err = person.run("kindlyd", *arguments)
    assert ended == status and re.fullmatch(told, out + err), out + err


def test_journal_elsewhere(person, screen, tmp_path):
    assert screen
    person.start("--journal", str(tmp_path / "there" / "j.db"))
    caller = person.caller()
    caller.call("Note", SECRET, False)
    assert (tmp_path / "there" / "j.db").stat().st_mode & 0o777 == 0o600
    assert not person.journal.exists()


def test_what_a_person_wrote_is_not_logged(person, caller, screen, daemon, tmp_path):
    caller.call("Note", SECRET, True)
    caller.call("NoteForHardDay", SECRET)
    kept_line(caller, tmp_path)
    card, _ = prompt(caller, screen)
    caller.call("Answer", card, "okay", SECRET)
    caller.refused("Answer", "", "helpful", SECRET)
    caller.refused("Note", SECRET * 1000, False)
    caller.refused("Keep", SECRET, True)
    caller.call("Hold", SECRET)
    prompt(caller, screen, "own")
    caller.call("Reload")
    assert daemon.end() == 0
    assert SECRET not in daemon.stderr() and "heart" not in daemon.stderr()


def test_log_has_priorities_under_systemd(person, screen):
    assert screen
    person.env["JOURNAL_STREAM"] = "1:2"
    daemon = person.start()
    person.caller().call("Reload")
    assert re.fullmatch(r"(<\d>.*\n)+", daemon.stderr())


def test_a_terminal_instead(person):
    """With nothing but a terminal's output the program works all the same."""
    daemon = person.start("--presenter", "terminal")
    caller = person.caller()
    card = caller.call("Prompt", "humanity")
    assert caller.next("Shown")[0] == card
    assert row(caller, card)["on_screen"]
    assert row(caller, card)["text"] in daemon.stderr()
    caller.call("Answer", card, "helpful", "")
    assert caller.next("Closed") == (card, "answered")


@pytest.mark.parametrize("options", [(), ("--presenter", "desktop")])
@pytest.mark.parametrize("display", [{"DISPLAY": ":99"}, {"WAYLAND_DISPLAY": "wayland-9"}, {}])
def test_a_server_is_started_only_where_there_is_a_display(tmp_path, options, display):
    """The session bus would start one anywhere, and it could draw nothing. The one here ends at once, and the prompt
    is open all the same."""
    services, started = tmp_path / "services", tmp_path / "started"
    services.mkdir()
    (services / "notifications.service").write_text(
        f"[D-BUS Service]\nName=org.freedesktop.Notifications\nExec=/bin/sh -c 'touch {started}; exit 1'\n")
    person = Person(tmp_path, services)
    try:
        person.env |= display
        person.start(*options)
        caller = person.caller()
        card = caller.call("Prompt", "humanity")
        assert caller.next("Shown")[0] == card
        assert started.exists() == bool(display)
        assert [(row["id"], row["on_screen"]) for row in caller.open()] == [(card, False)]
    finally:
        person.stop()
