"""`kindly`: arguments -> exit status, standard output, standard error."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

from rig_client import ID, INFINITY, KINDLY, NAME, OTHER, ROOT, TIMEOUT, Bus, Daemon, GLib, Journal, Person, error, local, on_terminal, rows

UTC, BERLIN = {"TZ": "UTC"}, {"TZ": "Europe/Berlin"}
DONE, FAILED, USAGE, UNREACHABLE = range(4)
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000

NOT_RUNNING = "kindly: kindlyd is not running (start it with: systemctl --user start kindlyd)\n"
CHOICES = [("helpful", "Helpful"), ("later", "In 15 min"), ("not-this", "Not this")]
SHOWN = {"id": ID, "state": "shown", "reminder": "daytime", "text": "Slow is still a way of going.", "choices": CHOICES}


if not KINDLY.exists():
    raise FileNotFoundError(f"{KINDLY} is not built")


def named(value):
    """A test's name: the arguments; of what is expected nothing."""
    return (" ".join(value) or "-")[:40] if isinstance(value, list) else ""


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    bus = Bus(tmp_path_factory.mktemp("bus"))
    yield bus
    bus.end()


@pytest.fixture
def daemon(bus):
    daemon = Daemon(bus.address)
    yield daemon
    daemon.end()


@pytest.fixture
def person(bus, tmp_path):
    return Person(tmp_path, bus.address)


@pytest.fixture
def journal(person):
    journal = Journal(person)
    yield journal
    journal.end()


def now():
    return time.time_ns() // 1000


def verbs():
    lines = subprocess.run([KINDLY, "--list-verbs"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split("\t")[0] for line in lines]


# ---- Help and usage ----


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_and_refuses_unknown_options(person, verb):
    status, out, err = person.run(verb, "--help")
    assert (status, err) == (DONE, "")
    assert out.startswith(f"Usage: kindly {verb} ") or out.startswith(f"Usage: kindly {verb}\n")
    assert person.run("help", verb) == (DONE, out, "")
    options = person.run("--list-options", verb)[1].splitlines()
    for line in options:
        assert line.split("\t")[0] in out
    assert person.run(verb, "--no-such-thing")[::2] == (
        USAGE,
        f"kindly: {verb} has no option --no-such-thing; see: kindly {verb} --help\n",
    )
    assert person.run(verb, "-Z")[0] == USAGE


def test_general_help_and_version(person):
    status, out, err = person.run("--help")
    assert (status, err) == (DONE, "")
    for verb in verbs():
        assert f"\n  {verb} " in out
    assert person.run("help") == person.run("-h") == (DONE, out, "")
    assert all(len(line) <= 88 for line in out.splitlines())
    status, out, err = person.run("--version")
    assert (status, err) == (DONE, "") and re.fullmatch(r"kindly \d+\.\d+\.\d+\n", out)


COMPLETE = """
source docs/completions/kindly.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_kindly
echo "${COMPREPLY[*]}"
"""


@pytest.mark.parametrize(
    "words, completed",
    [
        (["kindly", "sn"], "snooze"),
        (["kindly", ""], " ".join(verbs())),
        (["kindly", "help", "re"], " ".join(verb for verb in verbs() if verb.startswith("re"))),
        (["kindly", "journal", "--no"], "--notes"),
        (["kindly", "answer", "--"], "--note --id --help"),
        (["kindly", "check", "./"], ""),
    ],
    ids=named,
)
def test_completion_for_bash(person, words, completed):
    environment = person.environment | {"PATH": f"{KINDLY.parent}:{person.environment['PATH']}"}
    command = ["bash", "-c", COMPLETE, "bash", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.stdout, done.stderr) == (completed + "\n", "")


FIELDS = "{state}, {open}, {next}, {reminder}, {paused}, {presence}, {problem}"

WRONG = [
    (["stauts"], 'there is no verb "stauts"; did you mean "status"?'),
    (["stat"], 'there is no verb "stat"'),  # no matching by prefix
    (["xyzzyxyzzy"], 'there is no verb "xyzzyxyzzy"; see: kindly --help'),
    (["help", "snoze"], 'there is no verb "snoze"; did you mean "snooze"?'),
    (["--list-options", "nothing-like-it"], "there is no verb"),
    (["--jsn"], "status has no option --jsn; did you mean --json?"),
    (["status", "--js"], "status has no option --js"),
    (["status", "now"], 'status does not take "now"; see: kindly status --help'),
    (["status", "--json=yes"], '--json takes no value with "="'),
    (["status", "--json", "--json"], "--json is given twice"),
    (["status", "--format"], "--format needs a value: FORMAT"),
    (["status", "--format", "waybar", "--json"], "status takes --format or --json, not both"),
    (["status", "--follow"], "--follow goes with --format only"),
    (["status", "--format", "{nxt}"], f'"{{nxt}}" is no field: {FIELDS}, or waybar alone'),
    (["status", "--format", "{}"], f'"{{}}" is no field: {FIELDS}, or waybar alone'),
    (["status", "--format", "waybr"], f'"waybr" names no field: {FIELDS}, or waybar alone'),
    (["status", "--format", ""], f'"" names no field: {FIELDS}, or waybar alone'),
    (["status", "--format", "{open"], '"{" without "}"; the character itself is \\{'),
    (["status", "--format", "{open{next}"], '"{" without "}"'),
    (["status", "--format", "{open}}"], '"}" without "{"; the character itself is \\}'),
    (["status", "--format", "{open}]"], '"]" without "["; the character itself is \\]'),
    (["status", "--format", "[{open}"], '"[" without "]"; the character itself is \\['),
    (["status", "--format", "[{open} [{next}]]"], '"[" within "[ ]"'),
    (["status", "--format", "{open}\\e[m"], 'after "\\" comes one of n t \\ { } [ ]'),
    (["status", "--format", "{open}\\"], 'after "\\" comes one of'),
    (["dismiss", "--id"], "--id needs a value: ID"),
    (["answer"], "answer needs more: kindly answer CHOICE"),
    (["answer", "helpfull"], 'there is no choice "helpfull"; did you mean "helpful"?'),
    (["answer", "xyzzyxyzzy"], 'there is no choice "xyzzyxyzzy"; kindly status shows those of the open prompt'),
    (["answer", "helpful", "later"], 'answer does not take "later"'),
    (["snooze", "soon"], '"soon" is neither a span (20min, 1h 30min) nor a time'),
    (["snooze", "0"], '"0" is no time at all'),
    (["snooze", "infinity"], "a prompt can't be put off for ever"),
    (["pause", "until", "noon"], '"until noon" is neither a span'),
    (["note", "--open", "words"], "note takes TEXT or --open, not both"),
    (["note", "--keep", "--for-a-hard-day"], "note takes --keep or --for-a-hard-day, not both"),
    (["learning", "resets"], "learning takes one word: reset"),
    (["forget"], "forget takes one of: an ID, --since TIME, --everything"),
    (["forget", ID, "--everything"], "forget takes one of"),
    (["forget", ID, "--until", "now"], "--until goes with --since only"),
    (["forget", "--since", "now", "--until", "yesterday"], "--until is not after --since"),
    (["forget", "--since", "whenever"], '--since: "whenever" is not a time'),
    (["forget", ""], "the ID is empty"),
    (["forget", "--everything"], "asks first, and nobody can answer here; --yes goes on unasked"),
    (["export", "--format", "html"], '--format is jsonl or markdown, not "html"'),
    (["export", "--since", "?"], '--since: "?" is not a time'),
    (["import"], ""),
    (["sync"], ""),
    (["hold"], "hold needs a command: kindly hold --while COMMAND..."),
    (["hold", "--while"], "hold needs a command"),
    (["hold", "sleep", "--while", "true"], 'hold does not take "sleep"'),
    (["upcoming", "-n", "0"], '--lines takes a number from 1 to 1000, not "0"'),
    (["upcoming", "--lines=1001"], "--lines takes a number from 1 to 1000"),
    (["upcoming", "-n3x"], 'not "3x"'),
    (["upcoming", "-n", "-1"], 'not "-1"'),
    (["upcoming", "-n"], "--lines needs a value: N"),
    (["journal", "--theme", "kindnes"], 'there is no theme "kindnes"; did you mean "kindness"?'),
    (["journal", "--theme", "q"], "kindness, acceptance, humanity"),
    (["journal", "--until", "?"], '--until: "?" is not a time'),
    (["watch", "--since", "yesterday"], '--since takes the id of an entry, not "yesterday"'),
    (["calendar"], "calendar needs more: kindly calendar EXPRESSION"),
    (["calendar", "--base-time", "x", "daily"], '--base-time: "x" is not a time'),
    (["calendar", "-n", "many", "daily"], "--iterations takes a number"),
    (["calendar", "daily No/Where"], ""),
]


@pytest.mark.parametrize("arguments, message", WRONG, ids=named)
def test_wrong_usage(daemon, person, arguments, message):
    status, out, err = person.run(*arguments)
    assert (status, out) == (USAGE, "")
    assert message in err and err.splitlines()[-1].startswith("kindly: ")
    assert daemon.calls == []


# ---- Without a daemon ----

NEEDS_DAEMON = [
    [],
    ["status", "--json"],
    ["now"],
    ["hard"],
    ["answer", "helpful"],
    ["snooze"],
    ["snooze", "20min"],
    ["dismiss"],
    ["note", "words"],
    ["forget", ID],
    ["forget", "--everything", "--yes"],
    ["pause"],
    ["resume"],
    ["hold", "--while", "true"],
    ["upcoming"],
    ["why"],
    ["support", "--show"],
    ["presence"],
    ["watch"],
    ["learning", "reset"],
    ["reload"],
]


@pytest.mark.parametrize("arguments", NEEDS_DAEMON, ids=named)
def test_not_running(person, arguments):
    assert person.run(*arguments) == (UNREACHABLE, "", NOT_RUNNING)


@pytest.mark.parametrize("arguments", NEEDS_DAEMON, ids=named)
def test_no_bus(tmp_path, arguments):
    status, out, err = Person(tmp_path, None).run(*arguments)
    assert (status, out) == (UNREACHABLE, "")
    assert err.startswith("kindly: there is no session bus here") and err.count("\n") == 1


CALLS = [
    (["now"], "Prompt"),
    (["answer", "helpful"], "Answer"),
    (["snooze", "20min"], "Snooze"),
    (["snooze", "tomorrow"], "SnoozeUntil"),
    (["dismiss"], "Dismiss"),
    (["note", "words"], "Note"),
    (["forget", ID], "Forget"),
    (["forget", "--everything", "--yes"], "ForgetRange"),
    (["pause"], "Pause"),
    (["resume"], "Resume"),
    (["hold", "--while", "true"], "Hold"),
    (["upcoming"], "ListUpcoming"),
    (["status"], "ListOpen"),
    (["presence"], "ListPresence"),
    (["why"], "Explain"),
    (["learning", "reset"], "ResetLearning"),
    (["reload"], "Reload"),
    (["watch", "--since", ID], "ListEntries"),
]


@pytest.mark.parametrize("arguments, member", CALLS, ids=named)
def test_what_the_daemon_refuses(daemon, person, arguments, member):
    daemon.replies[member] = error("InvalidArgument", "That is not allowed.")
    assert person.run(*arguments) == (FAILED, "", "kindly: That is not allowed.\n")
    daemon.replies[member] = error("org.freedesktop.DBus.Error.NoReply", "x")
    status, out, err = person.run(*arguments)
    assert (status, out) == (UNREACHABLE, "") and err.startswith("kindly: kindlyd did not answer")


def test_message_of_many_lines_without_control_characters(daemon, person):
    daemon.replies["Reload"] = error("Config", "a.conf:1: no\na.conf:2: \x1b[31mno")
    assert person.run("reload") == (FAILED, "", "kindly: a.conf:1: no\na.conf:2: ?[31mno\n")


# ---- Prompts ----

ASKING = """  Slow is still a way of going.

    kindly answer helpful    Helpful
    kindly answer later      In 15 min
    kindly answer not-this   Not this
"""


@pytest.mark.parametrize("arguments, what", [(["now"], ""), (["now", "care"], "care"), (["hard"], "hard")])
def test_now(daemon, person, arguments, what):
    daemon.replies["ListOpen"] = rows(SHOWN)
    assert person.run(*arguments) == (DONE, ASKING, "")
    assert daemon.did() == [("Prompt", (what,))]


def test_practice_step(daemon, person):
    practice = SHOWN | {"title": "Three breaths", "u:step": 2, "u:steps": 3, "choices": [("next", "Next")]}
    daemon.replies["ListOpen"] = rows(practice)
    expected = "  Three breaths (2 of 3)\n\n  Slow is still a way of going.\n\n    kindly answer next   Next\n"
    assert person.run("now", "three-breaths") == (DONE, expected, "")


def test_answer_closes(daemon, person):
    daemon.replies["ListOpen"] = [rows(SHOWN), rows()]
    assert person.run("answer", "helpful", "--id", ID) == (DONE, "Noted.\n", "")
    assert daemon.did() == [("Answer", (ID, "helpful", ""))]


def test_answer_asks_on_in_place(daemon, person):
    asks = SHOWN | {"stage": "hard", "text": "Nothing needs fixing this minute.", "choices": [("steady", "Steady")]}
    waiting = {"id": OTHER, "state": "waiting", "reminder": "evening"}
    daemon.replies["ListOpen"] = [rows(waiting, SHOWN), rows(waiting, asks)]
    expected = f"  Nothing needs fixing this minute.\n\n    kindly answer steady --id {ID}   Steady\n"
    assert person.run("answer", "hard") == (DONE, expected, "")


def test_answer_with_a_line(daemon, person):
    person.run("answer", "okay", "--note=I was tired, not lazy.")
    person.run("answer", "okay", "--note", input="Two\nlines\n\n")
    assert daemon.did() == [
        ("Answer", ("", "okay", "I was tired, not lazy.")),
        ("Answer", ("", "okay", "Two\nlines")),
    ]
    assert person.run("answer", "okay", "--note", input="\n")[::2] == (FAILED, "kindly: nothing written, nothing saved\n")


def test_snooze_as_the_prompt_says(daemon, person):
    until = now() + 15 * MINUTE
    daemon.replies["ListOpen"] = [rows(SHOWN), rows(SHOWN | {"state": "snoozed", "until_usec": until})]
    assert person.run("snooze") == (DONE, f"Back {person.words_of(until, 'at')}.\n", "")
    assert daemon.did() == [("Answer", ("", "later", ""))]


@pytest.mark.parametrize(
    "words, span",
    [(["20min"], 20 * MINUTE), (["1h", "30min"], 90 * MINUTE), (["1h 30min"], 90 * MINUTE), (["90"], 90 * SECOND)],
)
def test_snooze_for_a_span(daemon, person, words, span):
    back = now() + span
    daemon.replies["Snooze"] = GLib.Variant("(t)", (back,))
    assert person.run("snooze", *words, "--id", ID) == (DONE, f"Back {person.words_of(back, 'at')}.\n", "")
    assert daemon.did() == [("Snooze", (ID, span))]


def test_snooze_for_days(daemon, person):
    back = now() + 72 * HOUR
    daemon.replies["Snooze"] = GLib.Variant("(t)", (back,))
    day = time.strftime("%a %d %b", local(back, person.zone)).replace(" 0", " ")
    year = local(back, person.zone).tm_year
    if year != local(now(), person.zone).tm_year:
        day += f" {year}"
    assert person.run("snooze", "3days") == (DONE, f"Back {person.words_of(back, day)}.\n", "")


def test_snooze_until_tomorrow(daemon, person):
    back = now() + 21 * HOUR
    daemon.replies["SnoozeUntil"] = GLib.Variant("(t)", (back,))
    assert person.run("snooze", "tomorrow") == (DONE, f"Back {person.words_of(back, 'tomorrow')}.\n", "")
    [(member, (id, until))] = daemon.did()
    assert (member, id) == ("SnoozeUntil", "")
    assert person.words_of(until, "tomorrow") == "tomorrow 09:00"
    assert 12 * HOUR < until - now() < 36 * HOUR


def test_dismiss_and_why(daemon, person):
    assert person.run("dismiss", f"--id={ID}") == (DONE, "Put away.\n", "")
    assert person.run("why") == person.run("why", ID) == (DONE, "For variety.\n", "")
    assert daemon.did() == [("Dismiss", (ID,)), ("Explain", ("",)), ("Explain", (ID,))]


# ---- Looks ----


def test_status_of_nothing(daemon, person):
    expected = "Nothing is open.\nNothing is to come.\nNot paused.\n"
    assert person.run() == person.run("status") == (DONE, expected, "")


def test_status(daemon, person):
    next, until = now() + HOUR, now() + 2 * HOUR
    daemon.properties["NextElapseUSec"] = GLib.Variant("t", next)
    daemon.properties["NextReminder"] = GLib.Variant("s", "daytime")
    daemon.properties["PausedUntilUSec"] = GLib.Variant("t", until)
    daemon.properties["Problem"] = GLib.Variant("s", "The journal can't be written.")
    daemon.properties["Fewer"] = GLib.Variant("u", 1)
    daemon.replies["ListOpen"] = rows(
        SHOWN,
        {"id": OTHER, "state": "snoozed", "text": "Later text.", "until_usec": until},
        {"id": OTHER, "state": "waiting", "reminder": "evening"},
    )
    expected = (
        f"Open:\n{ASKING}\nPut off until {person.words_of(until)}:\n  Later text.\n\n"
        "Waiting for a good moment: evening.\n\n"
        f"Next: daytime, {person.words_of(next)}.\nPaused until {person.words_of(until)}.\n"
        "You chose fewer: of each three prompts one passes by (kindly learning reset\nundoes it).\n"
        "Needs a look: The journal can't be written.\n"
    )
    assert person.run("status") == (DONE, expected, "")


def test_status_of_the_fewest(daemon, person):
    daemon.properties["Fewer"] = GLib.Variant("u", 2)
    told = "You chose fewer: of each three prompts two pass by (kindly learning reset undoes\nit).\n"
    assert person.run("status")[1].endswith(told)


def test_presence_where_nothing_tells_it(daemon, person):
    daemon.replies["ListPresence"] = rows()
    assert person.run("presence") == (DONE, "Nothing here tells whether you are there.\n", "")


def test_values_of_types_that_are_not_used_yet(daemon, person):
    """A newer daemon may answer with more: what JSON has a word for is passed on, and the rest is said to be none."""
    daemon.replies["ListPresence"] = rows({"source": "lock", "y:small": 7, "i:less": -1, "x:least": -5_000_000_000})
    expected = [{"source": "lock", "small": 7, "less": -1, "least": -5_000_000_000}]
    assert json.loads(person.run("presence", "--json")[1]) == expected
    daemon.replies["ListPresence"] = rows({"source": "lock", "d:half": 0.5})
    status, out, err = person.run("presence", "--json")
    assert (status, out) == (FAILED, "") and err.startswith("kindly: cannot read what kindlyd answered")


def test_doctor_where_only_the_client_is(daemon, person):
    alone = person.folder / "alone"
    alone.mkdir()
    shutil.copy(KINDLY, alone)
    done = subprocess.run([alone / "kindly", "doctor"], env=person.environment, capture_output=True, text=True, check=False)
    told = " ".join(done.stdout.split())
    assert daemon and done.returncode == FAILED
    for program in ("kindly-notify", "kindly-tty"):
        assert f"{program} is not where it was installed" in told


def test_doctor_of_another_version(daemon, person):
    daemon.properties["Version"] = GLib.Variant("s", "0.0.9")
    status, out, err = person.run("doctor")
    assert (status, err) == (FAILED, "") and "Version 0.0.9 runs, and this is 0.1.0" in " ".join(out.split())


@pytest.mark.parametrize(
    "paused, presence, line",
    [
        (0, "away", "Not paused."),
        (0, "quiet", "Quiet hours; not paused."),
        (INFINITY, "paused", "Paused until you resume (kindly resume)."),
    ],
)
def test_status_says_whether_it_is_paused(daemon, person, paused, presence, line):
    daemon.properties["PausedUntilUSec"] = GLib.Variant("t", paused)
    daemon.properties["Presence"] = GLib.Variant("s", presence)
    assert person.run("status")[1].splitlines()[-1] == line


def test_status_json(daemon, person):
    daemon.replies["ListOpen"] = rows(SHOWN | {"due_usec": 5, "on_screen": True})
    status, out, err = person.run("--json")
    assert (status, err) == (DONE, "") and out.count("\n") == 1
    assert json.loads(out) == {
        "version": "0.1.0",
        "presence": "available",
        "paused": False,
        "open": [SHOWN | {"due_usec": 5, "on_screen": True, "choices": [list(choice) for choice in CHOICES]}],
    }
    daemon.properties["PausedUntilUSec"] = GLib.Variant("t", 7)
    daemon.properties["PresenceUSec"] = GLib.Variant("t", 6)
    daemon.properties["NextElapseUSec"] = GLib.Variant("t", 8)
    daemon.properties["NextReminder"] = GLib.Variant("s", "daytime")
    daemon.properties["Problem"] = GLib.Variant("s", "A look.")
    object = json.loads(person.run("status", "--json")[1])
    assert (object["paused"], object["paused_until_usec"], object["presence_usec"]) == (True, 7, 6)
    assert (object["next_elapse_usec"], object["next_reminder"], object["problem"]) == (8, "daytime", "A look.")


# ---- One line for bars ----

HIDDEN = {"id": OTHER, "state": "waiting", "reminder": "evening"}
PUT_OFF = {"id": OTHER, "state": "snoozed", "text": "A secret text.", "until_usec": 5}


def is_so(daemon, rows_open=(), **properties):
    """Sets what the daemon says: properties without it are as when nothing is."""
    kinds = {"PausedUntilUSec": "t", "NextElapseUSec": "t"}
    for name, value in properties.items():
        daemon.properties[name] = GLib.Variant(kinds.get(name, "s"), value)
    daemon.replies["ListOpen"] = rows(*rows_open)


@pytest.mark.parametrize(
    "format, line",
    [
        ("{state}", "calm"),
        ("{state}|{open}|{next}|{reminder}|{paused}|{presence}|{problem}", "calm|||||available|"),
        ("[{open} open][, next {next}]", ""),
        ("a[b][{state}] c", "ab" "calm c"),
        (r"{state}\n\t\\ \{\}\[\]", "calm\n\t\\ {}[]"),
        (r"[{open}\]][\[{state}\]]", "[calm]"),
        ("[● {state} 友達]", "● calm 友達"),
    ],
)
def test_format(daemon, person, format, line):
    assert person.run("status", "--format", format) == (DONE, f"{line}\n", "")
    assert person.run("--format=" + format) == (DONE, f"{line}\n", "")


def test_format_of_what_there_is(daemon, person):
    every = "{state}|{open}|{next}|{reminder}|{paused}|{presence}|{problem}"
    next, until = now() + HOUR, now() + 24 * HOUR
    is_so(daemon, [SHOWN, HIDDEN, PUT_OFF], NextElapseUSec=next, NextReminder="day\x1btime", PausedUntilUSec=until,
          Presence="paused", Problem="Look\nhere.")
    clock = person.words_of(next).removeprefix("today ")
    expected = f"open|1|{clock}|day?time|{person.words_of(until, 'tomorrow')}|paused|Look here.\n"
    assert person.run("status", "--format", every) == (DONE, expected, "")
    is_so(daemon, PausedUntilUSec=INFINITY)
    assert person.run("status", "--format", "[paused until {paused}]")[1] == "paused until resumed\n"


@pytest.mark.parametrize(
    "state, rows_open, properties",
    [
        ("calm", [], {}),
        ("calm", [HIDDEN, PUT_OFF], {}),  # what is held back or put off does not call from the bar
        ("paused", [], {"PausedUntilUSec": INFINITY}),
        ("problem", [], {"PausedUntilUSec": INFINITY, "Problem": "A look."}),
        ("open", [SHOWN], {"PausedUntilUSec": INFINITY, "Problem": "A look."}),
        ("open", [SHOWN | {"state": "showing"}, SHOWN], {}),
    ],
)
def test_state_in_a_bar(daemon, person, state, rows_open, properties):
    is_so(daemon, rows_open, **properties)
    count = sum(row["state"] in ("shown", "showing") for row in rows_open)
    assert person.run("status", "--format", "{state} {open}")[1] == f"{state} {count or ''}\n"
    object = json.loads(person.run("status", "--format", "waybar")[1])
    assert (object["class"], object["alt"]) == (state, state)


def waybar(person, status=DONE):
    """What waybar gets: one line of JSON with these keys, whose texts are Pango's markup."""
    got, out, err = person.run("status", "--format", "waybar")
    assert got == status and out.count("\n") == 1 and out.endswith("}\n")
    object = json.loads(out)
    assert list(object) == ["text", "alt", "tooltip", "class"]
    return object["class"], object["text"], ElementTree.fromstring(f"<m>{object['tooltip']}</m>").text


def test_waybar(daemon, person):
    next, until = now() + HOUR, now() + 2 * HOUR
    assert waybar(person) == ("calm", "○", "Nothing is to come.")
    is_so(daemon, [SHOWN, HIDDEN, PUT_OFF, SHOWN], NextElapseUSec=next, NextReminder='<b>&amp; "mine"</i>',
          PausedUntilUSec=until, Problem="1 < 2 & \x01" + "so it goes, " * 9)
    state, sign, tooltip = waybar(person)
    assert (state, sign) == ("open", "●")
    lines = tooltip.splitlines()
    assert lines[:5] == [
        "2 prompts are open.",
        "Waiting for a good moment: evening.",
        f'Next: <b>&amp; "mine"</i>, {person.words_of(next)}.',
        f"Paused until {person.words_of(until)}.",
        "Needs a look: 1 < 2 & ?so it goes, so it goes, so it goes, so it goes, so it",
    ]
    assert all(len(line) <= 80 for line in lines)
    assert SHOWN["text"] not in tooltip and "secret" not in tooltip


def test_bar_without_a_daemon(person, tmp_path):
    """The line is there, and says so; the exit status too."""
    off = {"text": "·", "alt": "off", "tooltip": "kindlyd is not running.", "class": "off"}
    status, out, err = person.run("status", "--format", "waybar")
    assert (status, json.loads(out), err) == (UNREACHABLE, off, NOT_RUNNING)
    assert person.run("status", "--format", "{state}|{open}[|{next}]|") == (UNREACHABLE, "off||\n", NOT_RUNNING)
    (tmp_path / "nobody").mkdir()
    status, out, err = Person(tmp_path / "nobody", None).run("status", "--format", "waybar")
    assert (status, json.loads(out)) == (UNREACHABLE, off) and "no session bus" in err


def test_bar_does_not_start_the_daemon(tmp_path):
    """Who has stopped it would not want a bar to bring it back. Other verbs do start it."""
    services = tmp_path / "services"
    services.mkdir()
    mark = tmp_path / "started"
    (services / "kindly.service").write_text(
        f'[D-BUS Service]\nName={NAME}\nExec=/bin/sh -c "touch {mark}; exit 1"\n'
    )
    bus = Bus(tmp_path, services)
    try:
        person = Person(tmp_path, bus.address)
        assert person.run("status", "--format", "{state}")[::2] == (UNREACHABLE, NOT_RUNNING)
        process = person.start("status", "--format", "{state}", "--follow")
        assert process.stdout.readline() == b"off\n"
        process.terminate()
        process.communicate(timeout=TIMEOUT)
        assert not mark.exists()
        assert person.run("status")[0] == UNREACHABLE and mark.exists()
    finally:
        bus.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_follow(bus, person, number):
    """A line at once, and whenever it is another one; the daemon may go and come."""
    process = person.start("status", "--format", "{state} {open}", "--follow")
    assert process.stdout.readline() == b"off \n"
    daemon = Daemon(bus.address)
    assert process.stdout.readline() == b"calm \n"
    for rows_open, line in (([SHOWN], b"open 1\n"), ([SHOWN, SHOWN], b"open 2\n"), ([HIDDEN], b"calm \n")):
        before = len(daemon.calls)
        daemon.emit("Noted", GLib.Variant("(s)", (ID,)))  # nothing changes: no line
        daemon.wait_for("ListOpen", before)
        is_so(daemon, rows_open)
        daemon.emit("Noted", GLib.Variant("(s)", (ID,)))
        assert process.stdout.readline() == line
    daemon.end()
    assert process.stdout.readline() == b"off \n"
    process.send_signal(number)
    assert process.communicate(timeout=TIMEOUT) == (b"", b"") and process.returncode == DONE


def test_follow_ends_when_nobody_reads(daemon, person):
    process = person.start("status", "--format", "waybar", "--follow")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(TIMEOUT) == DONE
    assert process.stderr.read() == b""
    process.stderr.close()


def zone_before_midnight(seconds):
    """A zone in which midnight is so far away."""
    clock = time.gmtime()
    west = (clock.tm_hour * 3600 + clock.tm_min * 60 + clock.tm_sec + seconds) % 86400
    return "<NIGHT>%d:%02d:%02d" % (west // 3600, west // 60 % 60, west % 60)


def test_follow_over_midnight(daemon, person):
    """At midnight tomorrow becomes today, though nothing has happened."""
    is_so(daemon, NextElapseUSec=now() + HOUR)
    for seconds in (2, 10, 30):  # a busy machine may start it only after midnight
        zone = {"TZ": zone_before_midnight(seconds)}
        process = person.start("status", "--format", "{next}", "--follow", env=zone)
        first = process.stdout.readline()
        second = process.stdout.readline() if first.startswith(b"tomorrow ") else b""
        process.terminate()
        process.communicate(timeout=TIMEOUT)
        if second:
            break
    assert re.fullmatch(rb"tomorrow 0[01]:\d\d\n", first) and first == b"tomorrow " + second


def test_upcoming(daemon, person):
    first, second = now() + HOUR, now() + 2 * HOUR
    items = [
        {"due_usec": first, "reminder": "daytime", "kind": "times"},
        {"due_usec": second, "reminder": "daytime", "kind": "snoozed", "id": ID},
    ]
    daemon.replies["ListUpcoming"] = rows(*items)
    expected = f"{person.words_of(first):20}daytime\n{person.words_of(second):20}daytime (put off)\n"
    assert person.run("upcoming") == (DONE, expected, "")
    assert json.loads(person.run("upcoming", "-n", "2", "--json")[1]) == items
    person.run("upcoming", "-n1000")
    assert daemon.calls == [("ListUpcoming", (n,)) for n in (10, 2, 1000)]
    daemon.replies["ListUpcoming"] = rows()
    assert person.run("upcoming") == (DONE, "Nothing is to come.\n", "")
    assert person.run("upcoming", "--json") == (DONE, "[]\n", "")


def test_presence(daemon, person):
    items = [
        {"source": "logind-lock", "state": "away", "detail": "locked", "holds": True},
        {"source": "screensaver", "state": "absent", "detail": "", "holds": False},
    ]
    daemon.replies["ListPresence"] = rows(*items)
    expected = "logind-lock  away, holds prompts back (locked)\nscreensaver  absent\n"
    assert person.run("presence") == (DONE, expected, "")
    assert json.loads(person.run("presence", "--json")[1]) == items


def test_no_control_characters(daemon, person):
    daemon.replies["ListOpen"] = rows(SHOWN | {"text": "a\x1b]0;x\x07b\x7fc\u009bd\te\r", "choices": [("x\x1b", "y\n")]})
    assert person.run("now") == (DONE, "  a?]0;x?b?c?d e?\n\n    kindly answer x?   y \n", "")


LONG = "If you notice a harsh thought about yourself, what might a gentler version of it sound like, if any? " * 3


def test_wrapped_at_the_width(daemon, person):
    daemon.replies["ListOpen"] = rows(SHOWN | {"text": LONG, "choices": []})
    for width, out in ((80, person.run("now")[1]), (40, on_terminal(person, "now")[1])):
        lines = out.splitlines()
        assert width - 15 < max(map(len, lines)) <= width
        assert all(line.startswith("  ") and line == line.rstrip() for line in lines)
        assert " ".join(out.split()) == LONG.strip()


# ---- Pause, reload, erase ----


def test_pause(daemon, person):
    assert person.run("pause") == (DONE, "Paused until you resume (kindly resume).\n", "")
    assert person.run("pause", "infinity") == (DONE, "Paused until you resume (kindly resume).\n", "")
    before = now()
    status, out, err = person.run("pause", "1h", "30min")
    until = daemon.calls[-1][1][0]
    assert before <= until - 90 * MINUTE <= now()
    assert (status, out, err) == (DONE, f"Paused until {person.words_of(until)}.\n", "")
    assert person.run("pause", "tomorrow", "8:00") == (DONE, "Paused until tomorrow 08:00.\n", "")
    assert person.run("resume") == (DONE, "Not paused.\n", "")
    assert [call[0] for call in daemon.calls] == ["Pause"] * 4 + ["Resume"]
    assert daemon.calls[0] == daemon.calls[1] == ("Pause", (INFINITY,))


def test_reload_is_silent(daemon, person):
    assert person.run("reload") == (DONE, "", "")
    assert daemon.calls == [("Reload", ())]


OUT_OF_REACH = (
    "Out of reach, if there are any: files of kindly export, copies of kindly backup,\nand backups of this computer.\n"
)


def test_forget(daemon, person):
    assert person.run("forget", ID) == (DONE, "Erased.\n" + OUT_OF_REACH, "")
    assert person.run("forget", "--since", "@5", "--until=@7.5") == (DONE, "There was nothing to erase.\n", "")
    daemon.replies["ForgetRange"] = GLib.Variant("(u)", (1,))
    assert person.run("forget", "--since", "@5") == (DONE, "Erased 1 entry.\n" + OUT_OF_REACH, "")
    daemon.replies["ForgetRange"] = GLib.Variant("(u)", (3,))
    assert person.run("forget", "--everything", "--yes") == (DONE, "Erased 3 entries.\n" + OUT_OF_REACH, "")
    assert daemon.calls == [
        ("Forget", (ID,)),
        ("ForgetRange", (5 * SECOND, 7_500_000)),
        ("ForgetRange", (5 * SECOND, INFINITY)),
        ("ForgetRange", (0, INFINITY)),
    ]


def test_forget_everything_asks_on_a_terminal(daemon, person):
    status, out = on_terminal(person, "forget", "--everything", written=b"y\n")
    assert status == FAILED and "Type yes to go on" in out and "nothing was erased" in out
    assert daemon.calls == []
    assert on_terminal(person, "forget", "--everything", written=b"yes\n")[0] == DONE
    assert on_terminal(person, "forget", "--everything", "--yes")[0] == DONE
    assert daemon.calls == [("ForgetRange", (0, INFINITY))] * 2


# ---- Notes ----


@pytest.mark.parametrize(
    "arguments, input, text, keep",
    [
        (["a line"], "", "a line", False),
        (["a", "line", "--keep"], "", "a line", True),
        (["a", "line", "--for-a-hard-day"], "", "a line", None),
        (["--", "--keep"], "", "--keep", False),
        ([], "from a pipe\nof two lines\n", "from a pipe\nof two lines", False),
        (["--keep"], "Grüße\r\n", "Grüße", True),
        ([], "x" * 4000 + "\n", "x" * 4000, False),
    ],
)
def test_note(daemon, person, arguments, input, text, keep):
    again = {True: " You may see it again some day.", False: "", None: " In a hard moment it comes first."}[keep]
    assert person.run("note", *arguments, input=input) == (DONE, f"Written down.{again}\n", "")
    assert daemon.did() == [("NoteForHardDay", (text,)) if keep is None else ("Note", (text, keep))]


@pytest.mark.parametrize(
    "input, message",
    [
        ("", "nothing written, nothing saved"),
        (" \n\t\n", "nothing written, nothing saved"),
        (b"\xff\xfe", "that is not text in UTF-8, nothing saved"),
        (b"a\xc3(", "that is not text in UTF-8, nothing saved"),
        (b"a\xc0\xaf", "that is not text in UTF-8, nothing saved"),  # a slash in two bytes
        (b"a\xed\xa0\x80", "that is not text in UTF-8, nothing saved"),  # half of a pair
        (b"a\0b", "that is not text in UTF-8, nothing saved"),
        ("x" * 4001, "that is longer than a note can be (4000 bytes), nothing saved"),
        ("x" * 1_000_000, "that is longer than a note can be (4000 bytes), nothing saved"),
    ],
)
def test_note_that_can_not_be_saved(daemon, person, input, message):
    process = person.start("note", stdin=subprocess.PIPE)
    try:
        out, err = process.communicate(input if isinstance(input, bytes) else input.encode(), timeout=TIMEOUT)
    except BrokenPipeError:
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out, err.decode()) == (FAILED, b"", f"kindly: {message}\n")
    assert daemon.calls == []


def test_note_in_the_editor(daemon, person):
    editor = person.program("my-editor", f'ls -ld "$2" "${{2%/*}}" >{person.folder}/seen; echo "$1 words" >"$2"; : >"$2~"')
    status, out = on_terminal(person, "note", env={"EDITOR": f"{editor} --own"})
    assert (status, out) == (DONE, "Written down.\n")
    assert daemon.did() == [("Note", ("--own words", False))]
    seen = (person.folder / "seen").read_text().splitlines()
    assert seen[0].startswith("drwx------") and seen[1].startswith("-rw-------")
    assert str(person.runtime) in seen[1]
    assert list(person.runtime.iterdir()) == []


def test_editor_leaves_nothing_behind_however_it_ends(daemon, person):
    visual = person.program("visual", 'echo words >"$1"; exit 3')
    status, out = on_terminal(person, "note", env={"EDITOR": "false", "VISUAL": str(visual)})
    assert status == FAILED and "ended with status 3, nothing saved" in out
    status, out = on_terminal(person, "note", env={"EDITOR": "true"})
    assert (status, out) == (FAILED, "kindly: nothing written, nothing saved\n")
    person.program("killer", 'echo words >"$1"; read -r _ _ _ kindly _ </proc/$PPID/stat; kill -TERM $kindly; kill -INT $kindly')
    status, out = on_terminal(person, "note", env={"EDITOR": "killer"})
    assert status in (-signal.SIGTERM, -signal.SIGINT)
    assert list(person.runtime.iterdir()) == []
    assert daemon.did() == []


def test_what_was_written_is_given_back(daemon, person):
    person.program("my-editor", 'echo "dear words" >"$1"')
    daemon.replies["Note"] = error("Journal", "The journal can't be written.")
    status, out = on_terminal(person, "note", columns=200, env={"EDITOR": "my-editor"})
    assert status == FAILED
    assert out.splitlines() == [
        "kindly: The journal can't be written.",
        "kindly: this is what you wrote; it was not saved:",
        "dear words",
    ]


def test_nobody_writes_for_nothing(person):
    assert on_terminal(person, "note", columns=200, env={"EDITOR": "false"}) == (UNREACHABLE, NOT_RUNNING)


def test_note_without_editor(daemon, person):
    status, out = on_terminal(person, "note", columns=200, written=b"typed\n\x04")
    assert status == DONE and "Ctrl-D on a line of its own ends it" in out and out.endswith("Written down.\n")
    assert daemon.did() == [("Note", ("typed", False))]


def without_other_programs(person, *names):
    """PATH with the shell and these stand-ins only."""
    folder = person.folder / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("sh",):
        (folder / name).symlink_to(f"/bin/{name}")
    for name, script in names:
        person.program(name, script)
    person.environment["PATH"] = str(folder)


def test_note_in_a_window(daemon, person):
    without_other_programs(person, ("kdialog", 'echo "$*"'))
    assert person.run("note", "--open", "--keep")[0] == DONE
    person.program("zenity", 'echo "$*"')
    assert person.run("note", "--open")[0] == DONE
    assert daemon.did() == [
        ("Note", ("--title kindly --inputbox A line to see again some day", True)),
        ("Note", ("--entry --title=kindly --text A line of your own", False)),
    ]
    person.program("zenity", "exit 1")
    assert person.run("note", "--open") == (FAILED, "", "kindly: nothing written, nothing saved\n")


def test_note_in_a_terminal_window(daemon, person):
    without_other_programs(person)
    status, out, err = person.run("note", "--open")
    assert (status, out) == (FAILED, "") and err.startswith("kindly: no window to write in")
    person.program("x-terminal-emulator", f'echo "$*" >{person.folder}/seen')
    assert person.run("note", "--open", "--keep") == (DONE, "", "")
    assert (person.folder / "seen").read_text() == f"-e {KINDLY.resolve()} note --keep\n"
    assert person.run("note", "--open", "--for-a-hard-day") == (DONE, "", "")
    assert (person.folder / "seen").read_text() == f"-e {KINDLY.resolve()} note --for-a-hard-day\n"


# ---- Hold ----


@pytest.mark.parametrize(
    "command, status",
    [
        (["true"], 0),
        (["false"], 1),
        (["sh", "-c", "exit 42"], 42),
        (["sh", "-c", "kill -TERM $$"], 128 + 15),
        (["--", "sh", "-c", "exit 7"], 7),
        (["no-such-command-here"], 127),
        (["/"], 126),
    ],
    ids=named,
)
def test_hold_ends_as_the_command(daemon, person, command, status):
    result, out, err = person.run("hold", "--while", *command)
    assert (result, out) == (status, "")
    assert err.startswith("kindly: cannot run") if status in (126, 127) else err == ""
    name = command[1] if command[0] == "--" else command[0]
    assert daemon.calls == [("Hold", (name if name != "/" else "a command",))]


def test_hold_passes_words_on_and_holds_meanwhile(daemon, person):
    process = person.start("hold", "--while", "/bin/sh", "-c", 'echo "$*"; cat', "--", "--id", "-n", stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"--id -n\n"
    assert daemon.calls == [("Hold", ("sh",))]
    holder = daemon.sender
    assert daemon.is_on_bus(holder)
    out, err = process.communicate(b"read\n", timeout=TIMEOUT)
    assert (process.returncode, out, err) == (0, b"read\n", b"")
    assert not daemon.is_on_bus(holder)


PASSED_ON = "INT TERM HUP QUIT USR1 USR2 ALRM"


@pytest.mark.parametrize("number", [getattr(signal, "SIG" + name) for name in PASSED_ON.split()])
def test_hold_passes_signals_on(daemon, person, number):
    script = f"trap 'exit 9' {PASSED_ON}; echo ready; while :; do read line; done"
    process = person.start("hold", "--while", "sh", "-c", script, stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 9


def test_hold_leaves_the_keys_of_a_terminal_to_the_terminal(daemon, person):
    """Ctrl-C reaches the command once."""
    main, other = pty.openpty()
    script = "trap 'n=$((n + 1)); echo got $n' INT; echo ready; read a; read b; exit 5"
    command = ["setsid", "--ctty", "--wait", KINDLY, "hold", "--while", "sh", "-c", script]
    process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=person.environment)
    os.close(other)
    with os.fdopen(main, "rb+", buffering=0) as terminal:
        assert terminal.read(7) == b"ready\r\n"
        terminal.write(b"\x03")
        out = b""
        while b"got 1" not in out:
            out += terminal.read(100)
        terminal.write(b"a\nb\n")
        assert process.wait(TIMEOUT) == 5
        assert b"got 2" not in out + terminal.read(1000)


def test_hold_outlives_the_daemon(bus, person):
    first = Daemon(bus.address)
    process = person.start("hold", "--while", "sh", "-c", "echo ready; cat", stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    first.end()
    second = Daemon(bus.address)
    second.wait_for("Hold")
    assert second.calls == [("Hold", ("sh",))]
    process.communicate(b"", timeout=TIMEOUT)
    second.end()
    assert process.returncode == 0


def test_hold_outlives_the_bus(tmp_path):
    bus = Bus(tmp_path)
    daemon = Daemon(bus.address)
    process = Person(tmp_path, bus.address).start("hold", "--while", "sh", "-c", "echo ready; cat; exit 7",
                                                  stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    daemon.connection.set_exit_on_close(False)
    bus.end()
    daemon.end()
    assert process.communicate(b"", timeout=TIMEOUT) == (b"", b"") and process.returncode == 7


# ---- Watch ----

SIGNALS = [
    ("Shown", "(sss)", (ID, "daytime", "care"), {"id": ID, "reminder": "daytime", "theme": "care"}, f"{ID}  daytime care"),
    ("Answered", "(ss)", (ID, "helpful"), {"id": ID, "choice": "helpful"}, f"{ID}  helpful"),
    ("Snoozed", "(st)", (ID, SECOND), {"id": ID, "until_usec": SECOND}, None),
    ("Closed", "(ss)", (ID, "seen"), {"id": ID, "how": "seen"}, f"{ID}  seen"),
    ("Noted", "(s)", (ID,), {"id": ID}, ID),
]


def read_watch(daemon, process):
    """A line for each signal, one after the other."""
    lines = []
    for member, types, values, _, _ in SIGNALS:
        daemon.emit(member, GLib.Variant(types, values))
        lines.append(process.stdout.readline().decode())
    return lines


def start_watch(daemon, person, *arguments, stdout=subprocess.PIPE):
    """Begun for sure: entries are asked for when signals are watched already."""
    process = person.start("watch", "--since", ID, *arguments)
    daemon.wait_for("ListEntries")
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch(daemon, person, number):
    process = start_watch(daemon, person)
    for (member, _, _, _, rest), line in zip(SIGNALS, read_watch(daemon, process)):
        moment, word, after = re.fullmatch(r"(\S+)  (\S+)  (.*)\n", line).groups()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d", moment)
        assert word == member.lower()
        assert after == rest or (member == "Snoozed" and after.startswith(f"{ID}  19"))
    process.send_signal(number)
    assert process.communicate(timeout=TIMEOUT) == (b"", b"") and process.returncode == DONE


def test_watch_json(daemon, person):
    process = start_watch(daemon, person, "--json")
    for (member, _, _, keys, _), line in zip(SIGNALS, read_watch(daemon, process)):
        object = json.loads(line)
        assert abs(object.pop("time_usec") - now()) < 60 * SECOND
        assert object == {"event": member.lower()} | keys
    process.terminate()
    process.communicate(timeout=TIMEOUT)


def test_watch_of_a_newer_daemon(daemon, person):
    """What it tells beyond what is known here is passed over."""
    process = start_watch(daemon, person)
    daemon.emit("Rested", GLib.Variant("(s)", (ID,)))
    daemon.emit("Noted", GLib.Variant("(s)", (OTHER,)))
    assert process.stdout.readline().endswith(f"  noted  {OTHER}\n".encode())
    process.terminate()
    assert process.communicate(timeout=TIMEOUT) == (b"", b"")


def test_watch_where_nothing_can_be_written(daemon, person):
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = subprocess.Popen([KINDLY, "watch", "--since", ID], env=person.environment, stdout=full,
                                   stderr=subprocess.PIPE)
    daemon.wait_for("ListEntries")
    daemon.emit("Noted", GLib.Variant("(s)", (ID,)))
    assert process.communicate(timeout=TIMEOUT)[1].startswith(b"kindly: cannot go on: No space left")
    assert process.returncode == FAILED


def test_watch_since(daemon, person):
    items = [
        {"id": ID, "time_usec": SECOND, "state": "seen"},
        {"id": OTHER, "time_usec": 2 * SECOND, "state": "answered", "theme": "care", "choice": "okay", "text": "T",
         "note": "N"},
    ]
    daemon.replies["ListEntries"] = rows(*items)
    process = person.start("watch", "--since", ID.replace("-", "").upper(), "--json")
    told = items[1] | {"event": "entry"}
    del told["text"], told["note"]
    assert json.loads(process.stdout.readline()) == told
    process.terminate()
    process.communicate(timeout=TIMEOUT)
    [(_, (since, until, limit))] = daemon.calls
    assert (since, until, limit) == (0x0192F0C10000 * 1000, INFINITY, 0)
    process = person.start("watch", "--since", ID)
    line = process.stdout.readline().decode()
    assert re.fullmatch(rf"19[67]\S+  answered  {OTHER}  care okay\n", line)
    process.terminate()
    process.communicate(timeout=TIMEOUT)


def test_watch_ends_when_nobody_reads(daemon, person):
    process = start_watch(daemon, person)
    process.stdout.close()
    assert process.wait(TIMEOUT) == DONE
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=named)
def test_watch_ends_when_nobody_reads_what_was(daemon, person, arguments):
    """Also if there is more to tell than a pipe takes."""
    daemon.replies["ListEntries"] = rows(*[{"id": OTHER, "time_usec": SECOND, "state": "seen"}] * 9000)
    process = person.start("watch", "--since", ID, *arguments)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(TIMEOUT) == DONE
    assert process.stderr.read() == b""
    process.stderr.close()


def test_watch_goes_on_without_the_daemon(bus, person):
    first = Daemon(bus.address)
    process = start_watch(first, person)
    first.end()
    assert re.fullmatch(rb"20\S+  stopped\n", process.stdout.readline())
    second = Daemon(bus.address)
    assert re.fullmatch(rb"20\S+  started\n", process.stdout.readline())
    second.emit("Noted", GLib.Variant("(s)", (ID,)))
    assert process.stdout.readline().endswith(b"  noted  " + ID.encode() + b"\n")
    process.terminate()
    assert process.communicate(timeout=TIMEOUT) == (b"", b"") and process.returncode == DONE
    process = start_watch(second, person, "--json")
    second.end()
    object = json.loads(process.stdout.readline())
    assert abs(object.pop("time_usec") - now()) < 60 * SECOND and object == {"event": "stopped"}
    process.terminate()
    process.communicate(timeout=TIMEOUT)


def test_watch_into_a_file(daemon, person):
    daemon.replies["ListEntries"] = rows({"id": OTHER, "time_usec": SECOND, "state": "seen"})
    path = person.folder / "watched"
    with path.open("w") as file:
        process = subprocess.Popen([KINDLY, "watch", "--since", ID], env=person.environment, stdout=file)
    daemon.wait_for("ListEntries")
    process.terminate()  # taken up when the entries have been printed
    assert process.wait(TIMEOUT) == DONE
    assert path.read_text().endswith(f"  seen  {OTHER}\n")


def test_watch_ends_with_the_bus(tmp_path):
    bus = Bus(tmp_path)
    daemon = Daemon(bus.address)
    process = start_watch(daemon, Person(tmp_path, bus.address))
    daemon.emit("Noted", GLib.Variant("(s)", (ID,)))
    process.stdout.readline()
    daemon.connection.set_exit_on_close(False)
    bus.end()
    out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (UNREACHABLE, b"kindly: the session bus has ended\n")
    assert re.fullmatch(rb"(\S+  stopped\n)?", out)  # a bus that ends lets go of its connections one by one
    daemon.end()


# ---- Journal ----


def test_no_journal_yet(person):
    assert person.run("journal") == (DONE, "Nothing written yet.\n", "")
    assert person.run("journal", "--json") == (DONE, "[]\n", "")
    assert not (person.folder / ".local").exists()


MONDAY = 1_795_426_320 * SECOND  # 2026-11-23 10:32 in a zone one hour east
DAY = 24 * HOUR


@pytest.fixture
def written(journal):
    shown = {"theme": "kindness", "prompt": "kindness-01", "reminder": "daytime"}
    first = journal.add("shown", MONDAY, text="Slow is still a way of going.", **shown)
    journal.add("answered", MONDAY + MINUTE, first, choice="helpful", note="I was tired, not lazy.\n\nStill am.")
    journal.add("missed", MONDAY + HOUR, reminder="evening", detail="quiet", due_usec=MONDAY + HOUR)
    second = journal.add("shown", MONDAY + DAY, text="Nothing to do here.", theme="care", prompt="care-01")
    journal.add("closed", MONDAY + DAY + HOUR, second, detail="unanswered")
    journal.add("noted", MONDAY + DAY + 2 * HOUR, note="A line of my own.")
    return journal


RANGE = ["--since", "2026-11-01"]
FIRST = """Monday 23 November 2026

10:32  Slow is still a way of going.
       Helpful
         I was tired, not lazy.

         Still am.
"""
SECOND_DAY = """Tuesday 24 November 2026

10:32  Nothing to do here.
"""
NOTED = "12:32  A line of my own.\n"


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], f"{FIRST}\n{SECOND_DAY}{NOTED}"),
        (["--notes"], f"{FIRST}\nTuesday 24 November 2026\n\n{NOTED}"),
        (["--theme", "kindness"], FIRST),
        (["--grep", "TIRED"], FIRST),
        (["--grep", "xyzzy"], "Nothing there in that time.\n"),
        (["--until", "2026-11-24"], FIRST),
        (["--missed", "--until=2026-11-24"], f"{FIRST}11:32  evening, not shown: quiet hours\n"),
    ],
    ids=named,
)
def test_journal(person, written, arguments, expected):
    assert person.run("journal", *RANGE, *arguments, env=BERLIN) == (DONE, expected, "")


def test_journal_of_a_practice_and_a_hard_day(person, journal):
    """How far it went, in words that call nothing unfinished."""
    for choice, answered in (("next", "stepped"), ("enough", "answered")):
        entry = journal.add("shown", MONDAY, text="Feel your feet.", prompt="three-breaths")
        journal.add("stepped", MONDAY + MINUTE, entry, choice="next", step=1)
        journal.add(answered, MONDAY + MINUTE, entry, choice=choice, step=2)
    line = journal.add("noted", MONDAY + HOUR, note="This passes.")
    journal.add("for-hard-day", MONDAY + HOUR, line)
    out = person.run("journal", *RANGE, env=BERLIN)[1]
    assert out.count("Feel your feet.\n       A practice, as far as its step 3\n") == 2
    assert out.endswith("This passes.\n       For a hard day\n")
    assert not re.search("unfinished|unanswered|only|not ", out)


def test_journal_ids(person, written):
    out = person.run("journal", *RANGE, "--ids")[1]
    assert len(re.findall(r"^       [0-9a-f]{8}-[0-9a-f-]{27}$", out, re.M)) == 3


def test_journal_json(person, written):
    status, out, err = person.run("journal", *RANGE, "--json", "--missed")
    assert (status, err) == (DONE, "")
    first, missed, second, noted = json.loads(out)
    assert re.fullmatch(r"[0-9a-f-]{36}", first.pop("id")) and first.pop("device") == "64646464-6464-6464-6464-646464646464"
    assert first == {
        "time_usec": MONDAY,
        "offset_sec": 3600,
        "kind": "prompt",
        "state": "answered",
        "reminder": "daytime",
        "theme": "kindness",
        "prompt": "kindness-01",
        "text": "Slow is still a way of going.",
        "choice": "helpful",
        "note": "I was tired, not lazy.\n\nStill am.",
        "keep": False,
        "for_hard_day": False,
    }
    assert (missed["kind"], missed["rule"], missed["due_usec"]) == ("missed", "quiet", MONDAY + HOUR)
    assert (second["state"], noted["kind"], noted["note"]) == ("unanswered", "note", "A line of my own.")


def test_journal_shows_the_last_thirty_days(person, journal):
    journal.add("noted", now() - 31 * DAY, note="Long ago.")
    journal.add("noted", now() - 29 * DAY, note="Lately.")
    out = person.run("journal")[1]
    assert "Lately." in out and "Long ago." not in out
    assert "Long ago." in person.run("journal", "--until", "30 days ago")[1]


def test_journal_of_erased_content(person, journal):
    entry = journal.add("noted", MONDAY, note="x")
    journal.add("forgotten", MONDAY + HOUR, entry)
    journal.database.execute("UPDATE event SET note = zeroblob(1) WHERE note IS NOT NULL")
    journal.database.commit()
    assert person.run("journal", *RANGE, env=BERLIN)[1].endswith("10:32  (erased)\n")


LONG = "A prompt that says more than fits on one line of a terminal, as some of them do, is told by how it begins."


def test_journal_says_what_became_of_each(person, journal):
    put_off = journal.add("shown", MONDAY, text=LONG, theme="care")
    journal.add("snoozed", MONDAY + MINUTE, put_off, until_usec=MONDAY + HOUR)
    journal.add("answered", MONDAY + HOUR, put_off, choice="okay", note=f"{LONG} {LONG}")
    away = journal.add("shown", MONDAY + 2 * HOUR, text="Put\naway.")
    journal.add("closed", MONDAY + 2 * HOUR, away, detail="dismissed")
    seen = journal.add("shown", MONDAY + 3 * HOUR, text="Seen.")
    journal.add("closed", MONDAY + 3 * HOUR, seen, detail="seen")
    passed = journal.add("shown", MONDAY + 4 * HOUR, text="Let pass.")
    journal.add("closed", MONDAY + 4 * HOUR, passed, detail="unanswered")
    kept = journal.add("noted", MONDAY + 5 * HOUR, note="Kept.")
    journal.database.execute("INSERT INTO kept VALUES (?)", (kept,))
    journal.database.commit()
    out = person.run("journal", *RANGE, env=BERLIN)[1]
    assert out == """Monday 23 November 2026

10:32  A prompt that says more than fits on one line of a terminal, as some of…
       Put off · Okay
         A prompt that says more than fits on one line of a terminal, as some of
         them do, is told by how it begins. A prompt that says more than fits on
         one line of a terminal, as some of them do, is told by how it begins.
12:32  Put away.
       Put away
13:32  Seen.
       Put away
14:32  Let pass.
15:32  Kept.
       Kept
"""


def test_journal_of_a_journey(person, journal):
    """By the clock of the place, which is named where it was another than here."""
    journal.add("noted", MONDAY, note="Home.", offset_sec=3600)
    journal.add("noted", MONDAY + 15 * HOUR, note="Far.", offset_sec=9 * 3600)
    journal.add("noted", MONDAY + 16 * HOUR, note="Farther.", offset_sec=-12600)
    assert person.run("journal", *RANGE, env=BERLIN)[1] == """Monday 23 November 2026

10:32  Home.

Tuesday 24 November 2026

09:32 (UTC+9)  Far.

Monday 23 November 2026

22:02 (UTC-3:30)  Farther.
"""


def test_journal_that_is_none(person):
    folder = person.folder / ".local/state/kindly"
    folder.mkdir(parents=True)
    (folder / "journal.db").write_text("This is not a database, but it is long enough to look at.\n" * 50)
    status, out, err = person.run("journal")
    assert (status, out) == (FAILED, "") and err.startswith("kindly: ")


def test_journal_stays_as_it_is(person, written):
    path = person.folder / ".local/state/kindly/journal.db"
    before = path.read_bytes()
    person.run("journal", *RANGE)
    assert path.read_bytes() == before


# ---- Calendar ----

CALENDAR = [
    (BERLIN, ["--base-time", "2026-03-28T12:00:00Z", "02:30"], ["2026-03-29T03:30:00+02:00"]),
    (UTC, ["--base-time=@0", "-n", "2", "daily"], ["1970-01-02T00:00:00+00:00", "1970-01-03T00:00:00+00:00"]),
    (UTC, ["--base-time=@0", "--iterations=1", "Thu", "9:00"], ["1970-01-01T09:00:00+00:00"]),
    (UTC, ["--base-time", "@0.5", "*:*:0.75"], ["1970-01-01T00:00:00.75+00:00"]),
    (BERLIN, ["--base-time", "2026-07-01T00:00:00Z", "*-*-* 12:00 UTC"], ["2026-07-01T14:00:00+02:00"]),
    (UTC, ["--base-time", "@0", "-n5", "1970-01-02"], ["1970-01-02T00:00:00+00:00"]),
]


@pytest.mark.parametrize("zone, arguments, lines", CALENDAR, ids=named)
def test_calendar(person, zone, arguments, lines):
    assert person.run("calendar", *arguments, env=zone) == (DONE, "".join(f"{line}\n" for line in lines), "")


def test_calendar_never(person):
    assert person.run("calendar", "2020-02-30") == (FAILED, "never\n", "")


def test_calendar_base_time_now(person):
    status, out, err = person.run("calendar", "--base-time", "now", "*:*:*", env=UTC)
    assert (status, err) == (DONE, "") and re.match(r"20\d\d-", out)


def test_calendar_shows_where_it_is_wrong(person):
    status, out, err = person.run("calendar", "Mon 25:00")
    assert (status, out) == (USAGE, "")
    expression, caret, message = err.splitlines()
    assert expression == "  Mon 25:00" and caret == "      ^" and message.startswith("kindly: ")


def test_calendar_lists_of_clock_times(person):
    status, out, err = person.run("calendar", "--base-time=@0", "-n2", "09:00,18:00", env=UTC)
    assert (status, out) == (DONE, "1970-01-01T09:00:00+00:00\n1970-01-01T09:18:00+00:00\n")
    assert "lists minutes" in err


# ---- Check and support ----

GOOD = 'reminders = ( { name = "daytime"; at = "09:00"; } );\nsupport = "Call Ada, any evening.";\n'
DECK = (
    'theme = "patience"; language = "en"; title = "Time"; license = "CC0-1.0"; reviewed = %s;\n'
    'prompts = ( { id = "patience-x1"; text = "Slow is still a way of going."; depth = 1; } );\n'
)


def schedule(person, text):
    path = person.folder / ".config/kindly/kindly.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_check(person):
    path = schedule(person, GOOD)
    status, out, err = person.run("check")
    assert (status, err) == (DONE, "") and "kindly.conf: no mistakes.\n" in out
    assert person.run("check", path) == (DONE, "kindly.conf: no mistakes.\n", "")
    assert person.run("check", "--json", path) == (DONE, "[]\n", "")


def test_check_tells_each_mistake(person):
    path = schedule(person, GOOD + 'quite = ["21:00-08:30"];\nsnoozes = 99;\n')
    status, out, err = person.run("check")
    assert (status, err) == (FAILED, "")
    lines = out.splitlines()
    assert any(line.startswith(f"{path}:3: ") and "quiet" in line for line in lines)
    assert any(line.startswith(f"{path}:4: ") for line in lines)
    assert "no mistakes" not in out
    status, out, err = person.run("check", path, "--json")
    mistakes = json.loads(out)
    assert (status, len(mistakes)) == (FAILED, 2)
    assert all(set(mistake) == {"severity", "text"} and mistake["severity"] == "error" for mistake in mistakes)


def test_check_of_a_deck(person):
    deck = person.folder / "patience.conf"
    deck.write_text(DECK % "false")
    unread = "Not every text has been read by a native speaker other than its author (reviewed = false).\n"
    assert person.run("check", deck) == (DONE, f"patience.conf: no mistakes.\n{unread}", "")
    deck.write_text(DECK % "true")
    assert person.run("check", deck) == (DONE, "patience.conf: no mistakes.\n", "")
    deck.write_text(DECK % "true" + 'colour = "red";\n')
    status, out, err = person.run("check", schedule(person, GOOD), deck)
    assert (status, err) == (FAILED, "") and out.startswith(f"{deck}:3: ")


def test_check_of_a_file_that_is_not_there(person):
    status, out, err = person.run("check", person.folder / "nothing.conf")
    assert (status, err) == (FAILED, "") and "nothing.conf" in out


CARE = """
A few times a day a short invitation comes up. Letting it pass is fine, and so
is no. This is not treatment, and not for emergencies. If it makes things worse,
it is fine to stop.
In an emergency, the emergency number of the place where you are is the one to
call.
"""


def test_support_needs_nothing(tmp_path):
    person = Person(tmp_path, None)
    schedule(person, GOOD)
    assert person.run("support") == (DONE, f"Call Ada, any evening.\nfindahelpline.com\n{CARE}", "")
    schedule(person, "this is not a schedule")
    status, out, err = person.run("support")
    assert (status, out) == (DONE, f"findahelpline.com\n{CARE}") and "kindly check" in err


def test_support_as_a_notification(daemon, person):
    assert person.run("support", "--show") == (DONE, "", "")
    assert daemon.calls == [("Prompt", ("hard",)), ("Answer", (ID, "support", ""))]


# ---- Output that can't be written ----


def test_full_disk(daemon, person):
    with open("/dev/full", "w") as full:
        process = subprocess.Popen(
            [KINDLY, "status"], env=person.environment, stdout=full, stderr=subprocess.PIPE, text=True
        )
        err = process.communicate(timeout=TIMEOUT)[1]
    assert process.returncode == FAILED and err.startswith("kindly: cannot write")
