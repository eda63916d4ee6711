"""What the man pages say is so: they name every verb, option, key, member and file format there is, their examples are
run, and their pages can be made. And completion: what each shell gets to offer."""

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import termios

import pytest

from rig import BUILD, PATIENCE, fixture_person  # noqa: F401
from rig_presenter import ROOT
from test_decks import PRACTICES

DOCS = os.path.join(ROOT, "docs")
KINDLY = os.path.join(BUILD, "kindly")
PAGES = sorted(name for name in os.listdir(DOCS) if name.endswith(".scd"))
USAGE = 2


def page(name):
    with open(os.path.join(DOCS, name + ".scd"), encoding="utf-8") as file:
        return file.read()


def source(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def printed(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def words(*arguments):
    """The first column of a list that kindly gives to shells."""
    return [line.split("\t")[0] for line in printed(KINDLY, *arguments).splitlines()]


VERBS = words("--list-verbs")


# ---- Pages ----


def test_the_pages_are_those_that_name_each_other():
    assert PAGES == [name + ".scd" for name in ("kindly-decks.5", "kindly-journal.5", "kindly.1", "kindly.conf.5",
                                                "kindlyd.8", "org.kindlyd.Kindly1.5")]
    ours = {re.sub(r"\.(\d)\.scd$", r"(\1)", name) for name in PAGES}
    for name in PAGES:
        text = page(name[:-4])
        own = re.sub(r"\.(\d)\.scd$", r"(\1)", name)
        assert text.startswith(own + "\n")
        named = {"%s(%s)" % match for match in re.findall(r"\*([\w.-]+)\*\((\d)\)", text)}
        assert {other for other in named if other.startswith(("kindly", "org."))} <= ours - {own}
        assert text.rstrip().rsplit("\n\n", 1)[0].endswith("# SEE ALSO")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_made(name):
    if not shutil.which("scdoc"):
        pytest.fail("scdoc is needed")
    with open(os.path.join(DOCS, name), "rb") as file:
        made = subprocess.run(["scdoc"], stdin=file, capture_output=True, check=False, timeout=PATIENCE)
    assert (made.returncode, made.stderr) == (0, b"")
    if shutil.which("mandoc"):
        checked = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=made.stdout, capture_output=True,
                                 check=False, timeout=PATIENCE)
        assert checked.returncode == 0, checked.stdout.decode()
    if shutil.which("groff"):
        checked = subprocess.run(["groff", "-man", "-t", "-ww", "-z", "-Kutf8", "-Tutf8"], input=made.stdout,
                                 capture_output=True, check=False, timeout=PATIENCE)
        assert (checked.returncode, checked.stderr) == (0, b"")


# ---- Everything is named ----


def paragraph(text, start):
    """A definition and what is indented below it."""
    match = re.search(r"^%s.*\n(?:(?:\t.*)?\n)*" % re.escape(start), text, re.M)
    return match.group(0) if match else ""


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_described(verb):
    """With all its options: in its usage line, and each in a line of its own."""
    told = paragraph(page("kindly.1"), f"*{verb}*")
    assert told, f"kindly.1.scd does not describe {verb}"
    for line in printed(KINDLY, verb, "--help").splitlines():
        option = re.match(r" +(?:(-\w), )?(--[\w-]+)", line)
        if not option or option[2] == "--help":
            continue
        letter, name = option.groups()
        usage = told.splitlines()[0]
        assert f"*{letter or name}*" in usage, usage
        assert re.search(r"^\t(.*, )?\*%s\*" % name, told, re.M), f"{verb} {name}"
        assert not letter or re.search(r"^\t\*%s\* " % letter, told, re.M), f"{verb} {letter}"


def test_no_verb_or_option_that_is_none():
    text = page("kindly.1")
    described = text[text.index("# EVERY DAY"):text.index("# OPTIONS OF ALL VERBS")]
    assert set(re.findall(r"^\*([\w-]+)\*", described, re.M)) == set(VERBS)
    options = {option for verb in VERBS for option in words("--list-options", verb)}
    assert set(re.findall(r"\*(--[\w-]+)\*", described)) <= options


def table_keys(name):
    """The names in a table of keys: { "name", take_..."""
    code = source("daemon/store/%s.c" % name[0])
    table = code[code.index("%s[] = {" % name[1]):]
    return re.findall(r'^    \{"(\w+)", take_', table[:table.index("\n};")], re.M)


def part(text, heading):
    """What stands below a heading."""
    return re.search(r"^# %s\n(.*?)(?=^# |\Z)" % heading, text, re.M | re.S)[1]


@pytest.mark.parametrize("table, name, heading", [
    (("config", "schedule_keys"), "kindly.conf.5", "KEYS"),
    (("config", "reminder_keys"), "kindly.conf.5", "REMINDERS"),
    (("deck", "deck_keys"), "kindly-decks.5", "KEYS OF A DECK"),
    (("deck", "prompt_keys"), "kindly-decks.5", "KEYS OF A PROMPT"),
    (("deck", "practice_keys"), "kindly-decks.5", "KEYS OF A PRACTICE"),
    (("wordlist", "wordlist_keys"), "kindly-decks.5", "KEYS OF A WORD LIST"),
])
def test_each_key_is_described(table, name, heading):
    told = re.findall(r"^(\*.*\*)$", part(page(name), heading), re.M)
    told = [key for line in told for key in re.findall(r"\*(\w+)\*", line)]
    keys = table_keys(table)
    assert len(keys) >= 3 and sorted(told) == sorted(keys)


def test_each_key_of_an_exported_event_is_described():
    code = source("daemon/store/exchange.c")
    table = code[code.index("keys[] = {"):]
    keys = re.findall(r'^    \{"(\w+)", KEY_', table[:table.index("\n};")], re.M)
    text = part(page("kindly-journal.5"), "JSON LINES")
    assert len(keys) >= 19 and re.findall(r"^\*(\w+)\*$", text, re.M) == keys
    kinds = re.findall(r'\[EVENT_\w+\] = "([\w-]+)"', source("daemon/core/event.c"))
    assert len(kinds) == 12 and all(f"_{kind}_" in paragraph(text, "*kind*") for kind in kinds)
    words_ = re.findall(r'\[(?:MISSED|CLOSED)_\w+\] = "([\w-]+)"', source("daemon/core/event.c"))
    assert len(words_) == 16 and all(f"_{word}_" in paragraph(text, "*kind*") for word in words_)


def test_defaults_are_those_of_the_table():
    code = source("daemon/store/config.c")
    code = code[code.index("schedule_keys[] = {"):]
    keys, checked = part(page("kindly.conf.5"), "KEYS"), 0
    for entry in code[:code.index("\n};")].split("\n    {")[1:]:
        name, fallback = re.match(r'"(\w+)"', entry)[1], re.search(r'("(?:[^"\\]|\\.)*"),\s+false\}', entry)
        told = re.sub(r"\s+", " ", paragraph(keys, f"*{name}*"))
        if name == "hold":
            assert "Default: all four." in told
        elif fallback:
            checked += 1
            assert "Default: %s." % re.sub(r"\\(.)", r"\1", fallback[1][1:-1]) in told, name
    assert checked >= 15


def test_themes_are_those_of_the_table():
    themes = re.findall(r'\[THEME_\w+\] = "(\w+)"', source("daemon/core/theme.c"))
    assert len(themes) == 11
    for theme in themes:
        assert f"_{theme}_" in page("kindly.conf.5") and f"_{theme}_" in page("kindly-decks.5")


def test_the_rules_of_what_is_missed_are_those_of_the_table():
    told = paragraph(page("kindly.1"), "*rehearse*")
    rules = re.findall(r'\[MISSED_\w+\] = "([\w-]+)"', source("daemon/core/event.c"))
    assert len(rules) == 9
    for rule in set(rules) - {"removed"}:  # nothing is taken out of a schedule while it is rehearsed
        assert f"_{rule}_" in told


def test_each_field_of_a_bar_is_described():
    fields = re.findall(r'^    \{"(\w+)", N_\("[^\n]*put_\w+\}', source("daemon/client/bar.c"), re.M)
    assert len(fields) == 7
    lines = re.findall(r"^(\*\{.*\}\*)$", part(page("kindly.1"), "BARS"), re.M)
    assert [field for line in lines for field in re.findall(r"\*\{(\w+)\}\*", line)] == fields
    told = printed(KINDLY, "status", "--help")
    assert re.findall(r"\{(\w+)\}", told) == fields
    assert words("--complete", "status", "--format", "") == ["waybar"] + ["{%s}" % field for field in fields]


def test_each_option_of_the_daemon_is_described():
    told = re.findall(r"^\*(--[\w-]+)\*", part(page("kindlyd.8"), "OPTIONS"), re.M)
    assert told == re.findall(r"^ +(--[\w-]+)", printed(os.path.join(BUILD, "kindlyd"), "--help"), re.M)


def test_each_member_of_the_interface_is_named():
    xml = source("units/org.kindlyd.Kindly1.xml")
    text = page("org.kindlyd.Kindly1.5")
    block = text[text.index("methods     "):]
    block = block[:block.index("```")]
    for kind, heading in (("method", "methods"), ("property", "properties"), ("signal", "signals")):
        told = re.search(r"^%s +((?:.*\n)(?: +.*\n)*)" % heading, block, re.M)[1].split()
        assert told == re.findall(r'<%s name="(\w+)"' % kind, xml)
    errors = re.search(r"^errors .*and: ((?:.*\n)(?: +.*\n)*)", block, re.M)[1].split()
    assert errors == re.findall(r"^    (\w+)  +\w", xml[xml.index("Errors are"):xml.index("Too many open")], re.M)


# ---- Examples ----


def examples(text):
    """(kind, file, block) in their order."""
    for match in re.finditer(r"^; (run|file)(?: (\S+))?\n+```\n(.*?)^```$", text, re.M | re.S):
        yield match.groups()


def sessions(block):
    """The commands of a block, each with what it prints."""
    for session in block.split("$ ")[1:]:
        command, _, expected = session.partition("\n")
        yield command, expected


@pytest.mark.parametrize("name", [name[:-4] for name in PAGES if "\n; run" in page(name[:-4])])
def test_examples(person, tmp_path, name):
    person.config.unlink()
    person.env |= {"TZ": "Europe/Berlin", "PATH": BUILD + os.pathsep + person.env["PATH"]}
    ran = 0
    for kind, file, block in examples(page(name)):
        if kind == "file":
            (tmp_path / file).write_text(block)
            status, out, err = person.run("kindly", "check", file, cwd=tmp_path)
            assert (status, out.splitlines()[0], err) == (0, f"{file}: no mistakes.", "")
            continue
        for command, expected in sessions(block):
            ran += 1
            status, out, err = person.run("sh", "-c", command, cwd=tmp_path)
            assert (out, err) == (expected, ""), command
            assert status == (1 if expected == "never\n" else 0), command
    assert ran > 0


def test_examples_of_commands_are_commands():
    """In all pages: every `kindly` command in a block has a verb and options that there are."""
    for name in PAGES:
        for block in re.findall(r"^```\n(.*?)^```$", page(name[:-4]), re.M | re.S):
            for command in re.findall(r"(?:^|\| |\$ )kindly ([^|\n]*)", block, re.M):
                verb, *rest = command.split()
                assert verb in VERBS, command
                options = words("--list-options", verb) + ["-n"]
                if verb != "hold":
                    assert {word for word in rest if re.match(r"--?[a-z]", word)} <= set(options), command


# ---- Completion ----

BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_kindly
printf '%s\\n' "${COMPREPLY[@]}"
"""
THEMES = "kindness acceptance humanity noticing friend care image respect forgiveness patience own".split()
COMPLETED = [
    (["sn"], ["snooze"]),
    ([""], VERBS),
    (["re"], [verb for verb in VERBS if verb.startswith("re")]),
    (["help", "so"], []),
    (["help", "ca"], ["calendar"]),
    (["journal", "--no"], ["--notes"]),
    (["answer", "--"], ["--note", "--id", "--help"]),
    (["answer", "h"], ["helpful", "hard"]),
    (["now", ""], THEMES + ["daytime", "a\\ long\\ name"] + PRACTICES + ["then-and-now", "guidance"]),
    (["learning", ""], ["reset"]),
    (["config", "get", "snoo"], ["snoozes"]),
    (["config", "set", "qui"], []),
    (["note", "--f"], ["--for-a-hard-day"]),
    (["now", "a"], ["acceptance", "a\\ long\\ name", "as-to-a-friend"]),
    (["now", "care", ""], []),
    (["journal", "--theme", "f"], ["friend", "forgiveness"]),
    (["journal", "--theme", "=", "pa"], ["patience"]),
    (["journal", "--theme", "="], THEMES),
    (["journal", "--theme", "own", "--mi"], ["--missed"]),
    (["status", "--format", "w"], ["waybar"]),
    (["snooze", ""], []),
    (["check", ""], []),
    (["deck", ""], ["import"]),
    (["deck", "import", ""], []),
    (["deck", "import", "--theme", "pa"], ["patience"]),
    (["deck", "import", "--"], ["--theme", "--language", "--name", "--help"]),
    (["rehearse", "--config", ""], []),
    (["hold", "--while", "kindly-no-such"], []),
    (["hold", "--while", "ls", "--"], []),
    (["nothing-like-it", ""], []),
]


def complete(person, *typed):
    command = ["bash", "--norc", "-c", BASH, "bash", os.path.join(DOCS, "completions/kindly.bash"), "kindly", *typed]
    person.env["PATH"] = BUILD + os.pathsep + person.env["PATH"]
    status, out, err = person.run(*command)
    assert (status, err) == (0, "")
    return out.splitlines() if out != "\n" else []


@pytest.mark.parametrize("typed, expected", COMPLETED, ids=[" ".join(case[0]) or "-" for case in COMPLETED])
def test_completion(person, typed, expected):
    """Without a daemon, and without making anything."""
    person.schedule('reminders = ( { name = "daytime"; at = "12:00"; }, { name = "a long name"; at = "13:00"; } );\n')
    assert complete(person, *typed) == expected
    assert not person.journal.parent.exists()


def test_completion_of_what_is_open(person):
    person.serve()
    person.start()
    caller = person.caller()
    first, second = caller.call("Prompt", "noticing"), caller.call("Prompt", "three-breaths")
    caller.call("Snooze", second, 3600 * 1000000)
    third = caller.call("Prompt", "three-breaths")
    open_ids = [row["id"] for row in caller.open()]
    assert sorted(open_ids) == sorted([second, third])
    for typed in (["why", ""], ["forget", ""], ["snooze", "--id", ""], ["dismiss", "--id", "=", ""]):
        assert sorted(complete(person, *typed)) == sorted(open_ids)
    assert complete(person, "why", first) == []
    assert complete(person, "answer", "ne") == ["next"]
    assert complete(person, "answer", "--id", third, "ne") == ["next"]  # the value of an option is no word of the verb


def test_files_and_commands_are_left_to_the_shell(person):
    for typed, expected in ((["check", ""], "files"), (["check", "a", ""], "files"),
                            (["deck", "import", ""], "files"), (["rehearse", "--config", "x"], "files"),
                            (["hold", "--while", ""], "commands"), (["hold", "--while", "ls", "-"], "files")):
        assert person.run("kindly", "--complete", *typed) == (0, f"\t{expected}\n", "")


@pytest.mark.parametrize("shell, path", [("bash", "kindly.bash"), ("zsh", "_kindly"), ("fish", "kindly.fish")])
def test_completion_files(shell, path):
    """Each asks the command, and lists nothing of its own."""
    text = source(os.path.join("docs/completions", path))
    assert "kindly --complete" in text
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not [word for word in VERBS + THEMES if re.search(r"(?<![\w-])%s(?![\w-])" % word, code)]
    subprocess.run([shell, "-n", os.path.join(DOCS, "completions", path)], check=True, timeout=PATIENCE)


# What bash is asked above, the other shells are asked as they ask it themselves: fish with its own command, zsh with the
# keys of somebody at a terminal.


def ask_fish(person, line):
    script = "source %s/completions/kindly.fish; complete -C $argv[1]" % DOCS
    status, out, err = person.run("fish", "--no-config", "-c", script, line)
    assert (status, err) == (0, "")
    return [re.sub(r"\\(.)", r"\1", offered.split("\t")[0]) for offered in out.splitlines()]


ZSH_BEGIN = """unsetopt zle_bracketed_paste prompt_cr prompt_sp; fpath=({docs}/completions $fpath)
autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' verbose yes; zstyle ':completion:*' list-packed no
LISTMAX=9999; compdef _kindly kindly; PS1=as''ks
"""


def ask_zsh(person, line):
    """Types a line and ^D, which lists what could come; then empties the line, and waits for a word it knows.
    In the list, words with the same description share a row."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 1000, 0, 0))
    shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                             env=person.env | {"TERM": "dumb", "HISTFILE": ""}, cwd=person.env["HOME"])
    os.close(theirs)
    try:
        read_until(ours, b"", ZSH_BEGIN.format(docs=DOCS).encode(), b"asks")
        seen = read_until(ours, b"", line.encode() + b"\x04\x15print do''ne\n", b"done\r\n")
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
    rows = [re.match(r"(\S.*?)  +-- \S", row) for row in seen.decode().replace("\r", "\n").splitlines()]
    return [word for row in rows if row for word in re.split(" {2,}", row[1].replace("\\", ""))]


def read_until(fd, seen, typed, wanted):
    os.write(fd, typed)
    while wanted not in seen:
        ready, _, _ = select.select([fd], [], [], PATIENCE)
        assert ready, seen
        seen += os.read(fd, 65536)
    return seen


ASKED = [
    ("kindly ", lambda row: VERBS),
    ("kindly re", lambda row: [verb for verb in VERBS if verb.startswith("re")]),
    ("kindly now ", lambda row: THEMES + ["daytime", "a long name"] + PRACTICES + ["then-and-now", "guidance"]),
    ("kindly journal --theme ", lambda row: THEMES),
    ("kindly answer --", lambda row: ["--note", "--id", "--help"]),
    ("kindly snooze --id ", lambda row: [row["id"]]),
    ("kindly why ", lambda row: [row["id"]]),
    ("kindly answer l", lambda row: [choice for choice, _ in row["choices"] if choice.startswith("l")]),
]


@pytest.mark.parametrize("ask", [ask_fish, ask_zsh])
def test_other_shells_are_asked(person, ask):
    person.schedule('reminders = ( { name = "daytime"; at = "2100-01-01 12:00"; },'
                    ' { name = "a long name"; at = "2100-01-01 13:00"; } );\n')
    person.env["PATH"] = BUILD + os.pathsep + person.env["PATH"]
    person.serve()
    person.start()
    caller = person.caller()
    caller.call("Prompt", "noticing")
    caller.next("Shown")
    for line, expected in ASKED:
        assert sorted(ask(person, line)) == sorted(expected(caller.open()[0])), line
