"""kindlyd in a terminal, as over ssh: the whole program beside its terminal presenter, in the terminal that script(1)
makes; and `make run` there."""

import os
import signal
import subprocess

import pytest

from rig import BUILD, KINDLYD, NAME, PATIENCE, fixture_person  # noqa: F401
from rig_presenter import ROOT, Terminal, stop

SCHEDULE = 'reminders = ( { name = "evening"; at = "2100-01-01 20:15"; themes = ["care"]; write = true; } );\n'


class Recorded:
    """A command in the terminal of script(1), whose output is what stands there."""

    def __init__(self, env, command):
        self.process = subprocess.Popen(["script", "-qefc", command, "/dev/null"], env=env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = ""

    def type(self, keys):
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    see = Terminal.see

    @property
    def master(self):
        return self.process.stdout.fileno()

    def stop(self):
        stop(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


def begin(person, *options):
    person.schedule(SCHEDULE)
    person.env |= {"TERM": "xterm", "NO_COLOR": "1"}
    watcher = person.caller()
    terminal = person.keep(Recorded(person.env, " ".join(("exec", KINDLYD, *options))))
    watcher.appeared(NAME)
    return terminal


@pytest.fixture(name="terminal")
def fixture_terminal(person):
    return begin(person, "--presenter", "terminal")


def test_a_day_in_a_terminal(person, terminal):
    caller = person.caller()
    card = caller.call("Prompt", "evening")
    assert caller.next("Shown")[0] == card
    text = caller.open()[0]["text"]
    page = terminal.see("Put away\n")
    assert text.split()[0] in page and "h Helpful" in page and "w Write" in page and "\033[1" not in page
    terminal.type("w")
    terminal.see("  > ")
    terminal.type("früh, 友達\x7f!\n")
    assert caller.next("Answered") == (card, "okay")
    assert caller.entries()[-1]["note"] == "früh, 友!"
    terminal.see("Put away\n")
    terminal.type("k")
    assert caller.next("Closed") == (card, "answered")
    assert caller.entries()[-1]["keep"]

    card = caller.call("Prompt", "hard")
    terminal.see("s Something steadying")
    terminal.see("Put away\n")
    terminal.type("s")
    assert caller.next("Answered") == (card, "steady")
    terminal.see("n Next")
    terminal.see("Put away\n")
    terminal.type("\n")
    assert caller.next("Closed")[0] == card
    terminal.type("\x03")
    caller.vanished()
    assert terminal.process.wait(PATIENCE) == 0


def test_a_server_comes_to_a_terminal(person):
    """As a desktop that begins later: what comes then is shown there, and where that goes, in the terminal again."""
    terminal = begin(person)
    caller = person.caller()
    first = caller.call("Prompt", "care")
    assert caller.next("Shown")[0] == first
    terminal.see("Put away\n")
    screen = person.serve()
    second = caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    assert caller.next("Shown")[0] == second
    screen.stop()
    third = caller.call("Prompt", "care")
    assert caller.next("Shown")[0] == third
    terminal.see("Put away\n")
    assert [card["id"] for card in caller.open()] == [third] and caller.get("Problem") == ""


def test_a_terminal_that_is_closed(person, terminal):
    """Nothing is left that would hold the name, so that the next one can start."""
    caller = person.caller()
    card = caller.call("Prompt", "evening")
    assert caller.next("Shown")[0] == card
    terminal.process.kill()
    caller.vanished()
    again = person.keep(Recorded(person.env, f"exec {KINDLYD} --presenter terminal"))
    caller.appeared()
    assert [row["id"] for row in caller.open()] == [card]  # and nothing is lost
    card = caller.call("Prompt", "evening")
    while caller.next("Shown")[0] != card:
        pass
    again.type("h")
    assert caller.next("Answered") == (card, "helpful")


def test_hangup_elsewhere_is_a_reload(person):
    """Where standard input is no terminal, the signal means what it means to a daemon."""
    daemon = person.start("--presenter", "terminal")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.told("RELOADING=1", "READY=1")


def test_run_in_a_terminal(person):
    """`make run` without a desktop: a first prompt, answered with a key; Ctrl-C ends all of it."""
    person.env |= {"TERM": "xterm", "NO_COLOR": "1"}
    del person.env["DBUS_SESSION_BUS_ADDRESS"]
    terminal = person.keep(Recorded(person.env, f"exec {ROOT}/units/run.sh {BUILD}"))
    told = terminal.see("Put away\n")
    assert "prompts appear in this terminal" in told and "\nNext: " in told and "Ctrl-C ends it.\n" in told
    address = told.split("DBUS_SESSION_BUS_ADDRESS=")[1].split()[0]
    terminal.type("h")
    terminal.see("  Helpful\n")
    person.env["DBUS_SESSION_BUS_ADDRESS"] = address
    assert person.run("kindly", "now", "care")[0] == 0
    terminal.see("Put away\n")
    terminal.type("\x03")
    assert terminal.process.wait(PATIENCE) == 0
    assert person.run("kindly", "status")[0] == 3
    assert not os.path.exists(address.removeprefix("unix:path=").split(",")[0])
