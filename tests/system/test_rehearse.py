"""`kindly rehearse` says what kindlyd will do: compared with the daemon itself, and with the rules for those who are away
or whose machine sleeps. And `kindly calendar`, on the night that has no 02:30."""

import datetime
import json

import pytest

from rig import FAR_AWAY, at_second, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: F401

DONE, FAILED, USAGE = range(3)
NO_JOURNAL = ("kindly: there is no journal yet, and so no secret of this device: times with chance in them will "
              "differ\n")
NOTHING = "kindly: nothing would be shown in that time\n"
BERLIN = {"TZ": "Europe/Berlin"}

MANY = """
reminders = (
    { name = "daytime"; between = "09:30-20:30"; times = 3; gap = "90min"; },
    { name = "night"; between = "22:00-02:00"; times = 2; gap = "1h"; on = "Mon,Wed,Fri"; },
    { name = "pause"; between = "10:00-18:00"; every = "4h"; practice = "three-breaths"; },
    { name = "evening"; at = ["20:15", "Sat 11:00"]; write = true; themes = ["care", "respect"]; },
    { name = "far"; at = "Mon..Fri 08:45 America/New_York"; }
);
quiet = ["02:30-08:30", "Fri,Sat 21:00-10:00"];
"""


def rehearse(person, *arguments, told=""):
    """The rows, each with its local time; what is told on standard error must be that."""
    status, out, err = person.run("kindly", "rehearse", *arguments)
    assert (status, err) == (DONE, told)
    rows = [line.split("\t") for line in out.splitlines()]
    assert all(len(row) == 4 for row in rows)
    return [(datetime.datetime.fromisoformat(row[0]), *row[1:]) for row in rows]


def shown(person, *arguments):
    """(second, reminder) of the rows in JSON."""
    status, out, err = person.run("kindly", "rehearse", "--json", *arguments)
    assert (status, err) == (DONE, "")
    return [(row["time_usec"] // 1000000, row["reminder"]) for row in json.loads(out)]


def upcoming(caller, limit):
    return [(row["due_usec"] // 1000000, row["reminder"]) for row in caller.call("ListUpcoming", limit)]


# ---- The daemon itself ----


@pytest.mark.parametrize("schedule", [None, MANY], ids=["shipped", "many"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns"])
def test_upcoming_and_rehearse_agree(person, schedule, zone):
    person.env["TZ"] = zone
    if schedule:
        person.schedule(schedule, calm=False)
    else:
        person.config.unlink()
    person.start()
    expected = upcoming(person.caller(), 10)
    assert len(expected) == 10
    assert shown(person, "--days", "20")[:10] == expected


def test_what_is_shown_is_what_was_rehearsed(person, caller):
    """The text too: the same chance, the same history."""
    assert caller.call("Note", "A line to come back to.", True)
    instants = [at_second(4), at_second(5)]
    person.schedule("reminders = ( %s );\n" % ", ".join(
        '{ name = "r%d"; at = "%s UTC"; }' % (i, text) for i, (_usec, text) in enumerate(instants)))
    caller.call("Reload")
    rows = rehearse(person, "--days", "1")
    assert [(row[0].timestamp() * 1000000, row[1]) for row in rows] == [(instants[i][0], f"r{i}") for i in range(2)]
    for row in rows:
        assert caller.next("Shown")[1:] == row[1:3]
    entries = {entry["reminder"]: entry["text"] for entry in caller.entries() if entry["kind"] == "prompt"}
    assert entries == {row[1]: row[3] for row in rows}


def test_begins_with_what_is_open(person, caller):
    """What was put off comes back, with its text; the pause it meets is kept."""
    person.schedule(FAR_AWAY)
    identity = caller.call("Prompt", "noticing")
    caller.next("Shown")
    text = caller.open()[0]["text"]
    until = caller.call("Snooze", identity, 3600 * 1000000)
    assert [row[1:] for row in rehearse(person)] == [("", "noticing", text)]
    assert shown_times(person) == [until // 1000000]
    caller.call("Pause", until + 3600 * 1000000)
    assert shown_times(person) == [until // 1000000 + 3600]
    assert rehearse(person, "--from", "tomorrow", told=NOTHING) == []


def shown_times(person):
    out = person.run("kindly", "rehearse", "--json")[1]
    return [row["time_usec"] // 1000000 for row in json.loads(out)]


def test_a_pause_holds(person, caller):
    person.schedule("reminders = ( { name = \"noon\"; at = \"12:00\"; } );\n")
    caller.call("Reload")
    expected = upcoming(caller, 1)
    assert shown(person)[:1] == expected
    caller.call("Pause", 2**64 - 1)
    assert rehearse(person, told=NOTHING) == []
    assert {row[2:] for row in rehearse(person, "--missed")} == {("missed", "paused")}


def test_only_looks(person):
    """Nothing is made where there is nothing, and nothing is changed where there is something."""
    assert rehearse(person, told=NO_JOURNAL + NOTHING) == []
    assert not person.journal.parent.exists()
    person.start().end()
    before = person.journal.read_bytes()
    assert rehearse(person, told=NOTHING) == []
    assert person.journal.read_bytes() == before


# ---- Away, asleep ----

# (what the file says), (arguments), [(when from, when until, what)]: the reminders are at 12:10, 12:50 and 23:30.
AT = 'reminders = ( { name = "a"; at = "12:10"; }, { name = "b"; at = "12:50"; }, { name = "c"; at = "23:30"; } );\n'
DAY = "2026-11-24 "
SOON = [("11-24 12:10:00", "11-24 12:10:00", "a"), ("11-24 12:50:00", "11-24 12:50:00", "b")]
LATE = [("11-24 23:30:00", "11-24 23:30:00", "c")]
BACK = [("11-24 12:10:00", "11-24 12:10:00", "newer"), ("11-24 13:31:00", "11-24 13:33:00", "b")]
GONE = [("11-24 12:10:00", "11-24 12:10:00", "hold"), ("11-24 12:50:00", "11-24 12:50:00", "hold")]
ABSENT = [
    ("", [], SOON + LATE),
    ("", ["--away", "12:00-13:30"], BACK + LATE),
    ("", ["--asleep", "12:00-13:30"], BACK + LATE),
    ("", ["--away", "12:00-12:30,12:40-13:30"], [("11-24 12:31:00", "11-24 12:33:00", "a"), BACK[1]] + LATE),
    ("", ["--away", "12:00-12:30", "--away=12:40-13:30"], [("11-24 12:31:00", "11-24 12:33:00", "a"), BACK[1]] + LATE),
    ("", ["--away", "12:00-15:00"], GONE + LATE),
    ("", ["--asleep", "12:00-15:00"], GONE + LATE),
    ("", ["--away", "12:00-13:00", "--asleep", "12:30-13:30"], BACK + LATE),
    ("", ["--away", "12:09-12:12"], [("11-24 12:13:00", "11-24 12:15:00", "a"), SOON[1]] + LATE),
    ("", ["--away", "23:00-00:30"], SOON + [("11-25 00:31:00", "11-25 00:33:00", "c")]),
    ("", ["--asleep", "23:00-00:30"], SOON + [("11-25 00:31:00", "11-25 00:33:00", "c")]),
    ("", ["--asleep", "23:00-00:00"], SOON + [("11-25 00:01:00", "11-25 00:03:00", "c")]),
    ('hold = ["do-not-disturb"];', ["--away", "12:00-15:00"], SOON + LATE),
    ('quiet = ["13:00-13:40"];', ["--away", "12:00-13:30"],
     [("11-24 12:10:00", "11-24 12:10:00", "quiet"), ("11-24 12:50:00", "11-24 12:50:00", "quiet")] + LATE),
    ('quiet = ["23:00-08:00"];', [], SOON + [("11-24 23:30:00", "11-24 23:30:00", "quiet")]),
    ("most_per_day = 1;", [], [SOON[0], ("11-24 12:50:00", "11-24 12:50:00", "limit"),
                               ("11-24 23:30:00", "11-24 23:30:00", "limit")]),
]


@pytest.mark.parametrize("extra, arguments, expected", ABSENT, ids=[" ".join(case[1]) + case[0] for case in ABSENT])
def test_absence(person, tmp_path, extra, arguments, expected):
    person.env |= BERLIN
    calm = "" if "quiet" in extra else "quiet = [];\n"
    path = tmp_path / "absent.conf"
    path.write_text(AT + calm + extra)
    rows = rehearse(person, "--config", str(path), "--from", DAY + "00:40", "--days", "1", "--missed", *arguments,
                    told=NO_JOURNAL)
    assert len(rows) == len(expected), rows
    for (time, reminder, theme, text), (low, high, what) in zip(rows, expected):
        assert low <= time.strftime("%m-%d %H:%M:%S") <= high, rows
        assert what == (text if theme == "missed" else reminder), rows


# ---- By itself ----


def test_the_same_each_time_and_in_pieces(person):
    person.schedule(MANY, calm=False)
    person.start().end()
    whole = rehearse(person, "--from", "2026-11-24", "--days", "8", "--missed")
    assert whole and whole == rehearse(person, "--from", "2026-11-24", "--days", "8", "--missed")
    assert [row[0] for row in whole] == sorted(row[0] for row in whole)
    assert rehearse(person, "--from", "2026-11-24", "--days", "3", "--missed") == [
        row for row in whole if row[0].isoformat() < "2026-11-27"]
    assert [row for row in whole if row[2] != "missed"] == rehearse(person, "--from", "2026-11-24", "--days", "8")


def test_texts_follow_the_rules_of_choosing(person):
    """A year with the shipped decks, of what the rehearsal itself has shown, too: no theme twice a day or among the
    last three; none of the two that come later in the first weeks; no text again within 30 days."""
    person.config.unlink()
    rows = rehearse(person, "--from", "2026-11-24", "--days", "366", told=NO_JOURNAL)
    assert [row[3] for row in rows if row[2] == "-"]  # what kindly itself says, in the place of a prompt
    rows = [row for row in rows if row[2] != "-"]
    themes = [row[2] for row in rows]
    assert len(rows) > 150
    for i, row in enumerate(rows):
        assert row[2] not in themes[max(0, i - 3):i]
        assert row[2] not in [other[2] for other in rows[:i] if other[0].date() == row[0].date()]
    first = {row[2] for row in rows if (row[0] - rows[0][0]).days < 14}
    assert len(first) == 8 and not first & {"image", "forgiveness"}
    assert {"image", "forgiveness"} < set(themes)
    last = {}
    for time, _reminder, _theme, text in rows:
        assert text not in last or (time - last[text]).days >= 30, text
        last[text] = time


def test_json(person):
    person.schedule('reminders = ( { name = "a"; at = "12:00"; themes = ["care"]; }, '
                    '{ name = "b"; at = "12:00"; practice = "three-breaths"; } );\n')
    status, out, err = person.run("kindly", "rehearse", "--json", "--missed", "--from", "2026-11-24", "--days", "1")
    assert (status, err) == (DONE, NO_JOURNAL)
    missed, prompt = json.loads(out)
    assert missed == {"time_usec": 1795521600000000, "kind": "missed", "rule": "newer", "reminder": "b"}
    assert prompt.pop("text") and prompt.pop("prompt").startswith("care-")
    assert prompt == {"time_usec": 1795521600000000, "kind": "prompt", "reminder": "a", "theme": "care"}
    practice = rehearse(person, "--from", "2026-11-24", "--days", "1", "--away", "11:00-11:30", told=NO_JOURNAL)
    assert len(practice) == 1
    assert json.loads(person.run("kindly", "rehearse", "--json", "--from", "2099-01-01", "--days", "1")[1])


def test_a_practice_has_no_theme(person):
    person.schedule('reminders = ( { name = "b"; at = "12:00"; practice = "three-breaths"; } );\n')
    row, = rehearse(person, "--from", "2026-11-24", "--days", "1", told=NO_JOURNAL)
    assert row[1:3] == ("b", "-") and row[3].startswith("Three breaths")


def test_days_are_those_of_the_calendar(person):
    """Three days over the spring change are 71 hours."""
    person.env |= BERLIN
    person.schedule('reminders = ( { name = "late"; at = "02:30"; } );\n')
    rows = rehearse(person, "--from", "2026-03-28", "--days", "3", told=NO_JOURNAL)
    assert [row[0].isoformat() for row in rows] == [
        "2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"]


WRONG = [
    (["--days", "0"], USAGE, "--days takes a number from 1 to 366"),
    (["--days", "367"], USAGE, "--days takes a number from 1 to 366"),
    (["--from", "someday"], USAGE, '--from: "someday" is not a time'),
    (["--from", "2200-01-01"], USAGE, "--from: "),
    (["--away", ""], USAGE, "--away needs a window"),
    (["--away", "12:00"], USAGE, '--away: "12:00" is not a window'),
    (["--away", "12:00-13:60"], USAGE, "is not a window"),
    (["--away", "24:00-25:00"], USAGE, "is not a window"),
    (["--away", "12:0-13:00"], USAGE, "is not a window"),
    (["--away", "12:00-13:00,"], USAGE, "is not a window"),
    (["--away", "12:00-13:00 "], USAGE, "is not a window"),
    (["--asleep", "+1:00-13:00"], USAGE, '--asleep: "+1:00-13:00" is not a window'),
    (["--asleep", ",".join(["12:00-13:00"] * 65)], USAGE, "--asleep takes at most 64 windows"),
    (["--config", "/nonexistent"], FAILED, "/nonexistent: can't be read"),
    (["now"], USAGE, 'rehearse does not take "now"'),
]


@pytest.mark.parametrize("arguments, status, told", WRONG, ids=[" ".join(case[0])[:40] for case in WRONG])
def test_wrong_usage(person, arguments, status, told):
    done = person.run("kindly", "rehearse", *arguments)
    assert done[:2] == (status, "") and told in done[2]


def test_a_schedule_with_mistakes(person):
    person.schedule('reminders = ( { name = "a"; at = "nonsense"; }, { name = "b"; } );\n', calm=False)
    status, out, err = person.run("kindly", "rehearse")
    assert (status, out) == (FAILED, "") and len(err.splitlines()) == 2 and f"{person.config}:1: " in err


def test_ends_where_too_much_comes_due(person):
    person.schedule('reminders = ( { name = "a"; at = "*:*:*"; } );\n')
    status, out, err = person.run("kindly", "rehearse", "--from", "2026-11-24", "--days", "300")
    assert status == FAILED and out.count("\n") > 100
    assert err == NO_JOURNAL + "kindly: so much comes due that it ends here; take fewer --days\n"


# ---- calendar ----


def test_calendar_over_the_spring_change(person):
    person.env |= BERLIN
    done = person.run("kindly", "calendar", "--base-time", "2026-03-28 12:00", "--iterations", "3", "*-*-* 02:30")
    assert done == (DONE, "2026-03-29T03:30:00+02:00\n2026-03-30T02:30:00+02:00\n2026-03-31T02:30:00+02:00\n", "")
