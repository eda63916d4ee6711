"""What README.md and the man pages show is run: every command of every block of commands, in its order, by a person who
has a daemon, a screen and a journal. What would act on the machine itself (make, systemctl, a browser, an editor) is a
stand-in that takes only what the real one would take; where the real one is tested, the stand-in says so."""

import os
import re
import signal
import subprocess

import pytest

from rig import BUILD, PATIENCE, fixture_person  # noqa: F401
from rig_presenter import ROOT, Lines

DOCS = os.path.join(ROOT, "docs")
DOCUMENTS = ["README.md"] + sorted("docs/" + name for name in os.listdir(DOCS) if name.endswith(".scd"))
PROGRAMS = ("kindly", "kindlyd", "dbus-run-session", "make", "systemctl", "journalctl", "busctl", "mkdir", "ln", "cp", "echo",
            "$EDITOR", "sudo", "apt", "git", "cd", "rm", "mv", "sqlite3", "printf")

# `make -n` reads the Makefile and finds the goal, without doing anything; test_install.py installs.
STAND_INS = {
    "make": f'exec /usr/bin/make -n -C {ROOT} "$@" >/dev/null',
    "sudo": 'exec "$@"',
    "apt": 'case $1,$2 in install,./*.deb|remove,--purge) ;; *) exit 9;; esac',
    # test_systemd.py enables, starts and stops the unit under a real manager.
    "systemctl": 'case $* in "--user daemon-reload"|"--user "*" kindlyd") ;; *) exit 9;; esac',
    "journalctl": '[ "$*" = "--user -u kindlyd" ]',
    "xdg-open": '[ -s "$1" ] || [ -s "${1#file://}" ]',
    "zoom": ":",
    "my-editor": '[ -f "$1" ] && echo "# a line of the person" >>"$1"',
}
GOES_ON = (" --follow", " watch", " monitor ", "dbus-run-session")  # prints until it is ended


def blocks(text):
    """(what stands before it in a comment line, its lines) of each fenced block."""
    for match in re.finditer(r"(?:^; (\w+)(?: \S+)?\n+)?^```\w*\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2).splitlines()


def commands(name):
    """Those that test_docs.py does not already run with what they print ("; run")."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        for kind, lines in blocks(file.read()):
            prompted = any(line.startswith("$ ") for line in lines)
            if kind == "run":
                continue
            for line in lines:
                if prompted and not line.startswith("$ "):
                    continue
                command = re.split(r"\s{2,}#", line.removeprefix("$ "))[0].rstrip()
                if command.split(" ")[0] in PROGRAMS:
                    yield command


def test_each_page_has_an_example_that_is_run():
    for name in DOCUMENTS:
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            assert list(commands(name)) or re.search(r"^; run$", file.read(), re.M), name


def test_all_that_looks_like_a_command_is_one():
    """No block of commands has a line that would be left out."""
    for name in DOCUMENTS:
        found = list(commands(name))
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            for kind, lines in blocks(file.read()):
                if kind is None and lines[0].removeprefix("$ ").split(" ")[0] in PROGRAMS and "$ " not in lines[0]:
                    assert [line for line in lines if line and line[0] != "#"
                            and line.split(" ")[0] not in PROGRAMS] == [], name
        assert len(found) == len(set(found)) or name == "README.md", name


@pytest.fixture(name="home")
def fixture_home(person, tmp_path):
    """With an open prompt, a decks' file to take in, and a home that is the working folder."""
    person.env["HOME"] = str(tmp_path / "home")
    for name, path in (("XDG_CONFIG_HOME", "home/.config"), ("XDG_STATE_HOME", "home/.local/state"),
                       ("XDG_DATA_HOME", "home/.local/share")):
        (tmp_path / path).mkdir(parents=True)
        person.env[name] = str(tmp_path / path)
    person.config = tmp_path / "home/.config/kindly/kindly.conf"
    person.config.parent.mkdir(mode=0o700)
    person.journal = tmp_path / "home/.local/state/kindly/journal.db"
    person.schedule()
    stand_ins = tmp_path / "stand-ins"
    stand_ins.mkdir()
    for name, script in STAND_INS.items():
        (stand_ins / name).write_text("#!/bin/sh\n%s\n" % script)
        (stand_ins / name).chmod(0o755)
    person.env |= {"PATH": os.pathsep.join([str(stand_ins), BUILD, person.env["PATH"]]), "EDITOR": "my-editor"}
    person.env["TZ"] = "Europe/Berlin"
    (tmp_path / "home/a-line.txt").write_text("I was tired, not lazy.\n")
    (tmp_path / "home/trial.conf").write_text("gap = 5;\n")  # a mistake, of which it tells at once
    (tmp_path / "home/lines.txt").write_text("Is there something that could wait until tomorrow?\n")
    (tmp_path / "home/care.conf").write_bytes(open(os.path.join(ROOT, "config/decks/en/care.conf"), "rb").read())
    (tmp_path / "home/Sync/kindly").mkdir(parents=True)
    person.serve()
    person.daemon = person.start()
    return person


def adapted(command, entry):
    """A command with what a reader puts in place of a word in capitals, or of an installed file; questions are answered
    with Enter."""
    if command == "kindly setup":
        return command + " </dev/null"
    command = command.replace("forget ID", "forget " + entry).replace("do ...;", "do :;")
    return command.replace("/usr/local/share/kindly/kindly.conf", os.path.join(ROOT, "config/kindly.conf"))


def until_first_line(person, command, entry):
    """Runs what goes on by itself until it has said something; `watch`, what came after an entry."""
    command = command.split(" | ")[0].replace(" watch", " watch --since " + entry)
    process = subprocess.Popen(["sh", "-c", "exec " + command], env=person.env, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, cwd=person.env["HOME"], start_new_session=True)
    lines = Lines(process.stdout.fileno())
    try:
        return lines.next()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)
        process.stdout.close()


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if list(commands(name))])
def test_each_command_can_be_run(home, name):
    caller = home.caller()
    for command in commands(name):
        home.daemon.listen()
        entry = caller.call("Note", "To be forgotten.", False)
        prompt = caller.call("Prompt", "care")
        while caller.next("Shown")[0] != prompt:
            pass
        if any(word in command + " " for word in GOES_ON):
            assert until_first_line(home, command, entry) is not None, command
            continue
        status, out, err = home.run("sh", "-c", "exec <a-line.txt; " + adapted(command, entry), cwd=home.env["HOME"])
        assert status == 0, (command, out, err)
        if command == "kindly check":
            assert "no mistakes" in out, out
