#!/usr/bin/python3
"""What a person has when a version comes out: a journal with something of everything in it, a schedule, and what that
version says of them. rig_upgrade.py FOLDER writes it there (`make keep-version`), for test_upgrade.py to read with
whatever comes later.

Nothing in it depends on when it is read: the pause lasts until it is ended, and what is open stays open."""

import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

from rig import INFINITY, Person

NOTE, KEPT, HARD, SECRET = "I asked for help", "Slow is fine too: früh, 友達", "It has passed before", "not to be kept"
TAKEN_ALONG = ('{"version":1,"id":"%s","entry":"%s","device":"11111111-2222-4333-8444-555555555555","kind":"noted",'
               '"time_usec":1700000000000000,"offset_sec":3600,"keep":true,"note":"from another device"}\n')
ELSEWHERE = "018bcfe5-6800-7000-8000-000000000001"
# Every kind of reminder and most settings, so that what later versions make of them is seen.
SCHEDULE = """reminders = (
    { name = "daytime"; between = "09:30-20:30"; times = 3; gap = "90min"; on = "Mon..Sun"; },
    { name = "morning"; at = "Mon..Fri 08:45"; themes = ["care", "noticing"]; },
    { name = "breath"; between = "10:00-18:00"; every = "4h"; practice = "three-breaths"; hold_for = "30min"; },
    { name = "evening"; at = ["20:15", "Sun 17:00"]; write = true; themes = ["care", "respect", "own"]; }
);
quiet = ["21:00-08:30", "Fri,Sat 21:00-10:00"];
hold = ["locked", "idle"];
idle_after = "10min";
gap = "20min";
show_for = "1min";
expire_after = "until answered";
snooze = ["20min", "18:00", "tomorrow"];
snoozes = 3;
most_per_day = 12;
languages = ["en", "de"];
name = "Ana";
conceal = ["own"];
sound = false;
themes = { kindness = "more"; forgiveness = "off"; };
learn = true;
drift = false;
support = "Call Ana";
"""
A_WEEK = ("rehearse", "--from", "2098-03-03", "--days", "7", "--json", "--config")


def live(person, caller):
    """Something of everything that is written down."""
    def answered(theme, choice, note=""):
        caller.call("Answer", caller.call("Prompt", theme), choice, note)

    answered("humanity", "helpful", NOTE)
    answered("noticing", "not-for-me")
    caller.call("Note", KEPT, True)
    caller.call("NoteForHardDay", HARD)
    caller.call("Forget", caller.call("Note", SECRET, False))
    taken = person.folder / "taken.jsonl"
    taken.write_text(TAKEN_ALONG % (ELSEWHERE, ELSEWHERE), encoding="utf-8")
    with open(taken, "rb") as file:
        assert caller.call("Import", file) == 1
    caller.call("Pause", INFINITY)
    caller.call("Dismiss", caller.call("Prompt", "patience"))
    caller.call("Snooze", caller.call("Prompt", "respect"), 3600 * 1000000)
    card = caller.call("Prompt", "friend")  # stays open
    while caller.next("Shown")[0] != card:
        pass


def said(person, caller):
    """What kindly says of the journal and the schedule, as later versions have to say it, too."""
    status, exported, told = person.run("kindly", "export")
    assert (status, told) == (0, "")
    status, week, told = person.run("kindly", *A_WEEK, str(person.config))
    assert status == 0, told
    return {
        "events": [json.loads(line) for line in exported.splitlines()],
        "entries": caller.entries(),
        "open": [{name: row[name] for name in ("id", "state", "theme", "prompt", "text", "snoozes") if name in row}
                 for row in caller.open()],
        "paused_until_usec": caller.get("PausedUntilUSec"),
        "week": [(row["time_usec"], row["reminder"]) for row in json.loads(week)],
    }


def make(folder):
    """A version's folder: journal.db, kindly.conf, expected.json."""
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as ending:
        person = Person(home)
        ending.callback(person.stop)
        person.schedule(SCHEDULE, calm=False)
        person.serve()
        daemon = person.start()
        caller = person.caller()
        live(person, caller)
        expected = said(person, caller)
        assert daemon.end() == 0
        assert not person.journal.with_name("journal.db-wal").exists()  # one file is all of it
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        shutil.copy(person.journal, folder / "journal.db")
        shutil.copy(person.config, folder / "kindly.conf")
        text = json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if os.path.exists(sys.argv[1]):
        sys.exit(sys.argv[1] + " is there already. Once the version came out it stays; before that, remove it first.")
    os.environ["TZ"] = "UTC"
    time.tzset()
    make(sys.argv[1])
