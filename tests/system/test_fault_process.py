"""How the daemon is started, and what it is sent: a signal in the middle of any write, streams that are closed or that
nobody reads, limits, an empty environment, folders that can't be made, two at once. What was told to be done is done."""

import contextlib
import os
import select
import signal
import sqlite3
import subprocess
import threading

import pytest

from rig import (FAR_AWAY, HOUR, INFINITY, KINDLYD, PATIENCE, Refused, Kindlyd,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from rig_outside import fixture_outside  # noqa: F401
from test_crash import due_soon
from test_daemon import prompt, row
from test_kill import GONE

BAD = FAR_AWAY + "nonsense = 1;\n"


def in_shell(script):
    """What a program is started inside of: a shell that changes what is around it."""
    return "sh", "-c", script + '; exec "$@"', "sh"


def gets_ready(daemon):
    """Whether it does, or ends before."""
    try:
        daemon.told("READY=1")
        return True
    except pytest.fail.Exception:
        return False


def is_sound(person):
    with contextlib.closing(sqlite3.connect(person.journal)) as journal:
        return journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# --- signals ---

def note(caller):
    return caller.call("Note", "a line", True)


def show(caller):
    return caller.call("Prompt", "humanity")


def answer(caller):
    return caller.call("Answer", "", "okay", "with a line")


def snooze(caller):
    return caller.call("Snooze", "", HOUR)


def forget(caller):
    return caller.call("Forget", caller.open()[0]["id"])


def pause(caller):
    return caller.call("Pause", INFINITY)


def state_of(caller):
    """All that a call can change, without what differs from run to run."""
    return ([(one["state"], one["stage"], one["snoozes"]) for one in caller.open()],
            [(one["kind"], one.get("state"), one.get("note"), one.get("choice")) for one in caller.entries()],
            caller.get("PausedUntilUSec"))


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.full)])
@pytest.mark.parametrize("call", [
    note, *(pytest.param(call, marks=pytest.mark.full) for call in (show, answer, snooze, forget, pause))])
def test_in_the_middle_of_each_write(person, screen, outside, call, number):
    """The 1st, 2nd, 3rd ... write of a call brings the signal, until one has fewer. SIGTERM lets the call end, and is
    obeyed then; after either, all of it is there or nothing, and all if it was answered."""
    assert screen
    met = 0
    for write in range(1, 100):
        daemon = person.start(inside=outside.inside)
        caller = person.caller()
        for one in caller.open():
            caller.call("Dismiss", one["id"])
        caller.call("Resume")
        if call is not show:
            show(caller)
            caller.next("Shown")
        before = state_of(caller)
        outside.signal_at(write, number)
        answered = True
        try:
            call(caller)
        except Refused as refused:
            assert refused.name in GONE
            answered = False
        if not outside.has_come():
            outside.mend()
            daemon.end()
            break
        met += 1
        assert daemon.status() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        caller.stop()
        assert is_sound(person)
        daemon = person.start()
        caller = person.caller()
        after = state_of(caller)
        assert caller.get("Problem") == ""
        assert answered or number == signal.SIGKILL
        if answered:
            assert after != before
        daemon.end()
        caller.stop()
    assert met > 1


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_in_the_middle_of_the_first_start(person, screen, outside, number):
    """While the journal is made: the next start ends what was begun."""
    assert screen
    for write in range(1, 200, 1 if number == signal.SIGKILL else 3):
        outside.signal_at(write, number)
        daemon = person.start(inside=outside.inside, first=True, ready=False)
        assert gets_ready(daemon) or number == signal.SIGKILL
        if not outside.has_come():
            daemon.end()
            break
        assert daemon.status() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        daemon = person.start(first=True)
        caller = person.caller()
        assert caller.get("Problem") == "" and caller.call("Note", "a line", False)
        assert daemon.end() == 0 and is_sound(person)
        caller.stop()
        for path in person.journal.parent.iterdir():
            path.unlink()
    assert write > 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_in_the_middle_of_an_import(person, screen, outside, tmp_path, number):
    """All of it or nothing; nothing is there twice when it is taken in again."""
    assert screen
    daemon = person.start()
    caller = person.caller()
    for i in range(50):
        caller.call("Note", "line %d" % i, False)
    exported = tmp_path / "exported.jsonl"
    exported.write_text(person.run("kindly", "export")[1], encoding="utf-8")
    daemon.end()
    for path in person.journal.parent.iterdir():
        path.unlink()
    for write in (1, 2, 3, 5, 8, 13):
        daemon = person.start(inside=outside.inside, first=True)
        caller = person.caller()
        outside.signal_at(write, number)
        with contextlib.suppress(Refused), open(exported, "rb") as file:
            caller.call("Import", file)
        assert outside.has_come()
        assert daemon.status() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        daemon = person.start()
        caller = person.caller()
        notes = [one["note"] for one in caller.entries() if "note" in one]
        assert notes == [] and number == signal.SIGKILL or len(notes) == 50
        with open(exported, "rb") as file:
            caller.call("Import", file)
        assert sorted(one["note"] for one in caller.entries() if "note" in one) == sorted(
            "line %d" % i for i in range(50))
        assert daemon.end() == 0
        for path in person.journal.parent.iterdir():
            path.unlink()


def test_ended_while_it_is_being_shown(person, screen, daemon, caller):
    """The server has it and hasn't answered: it is put away, and shown at the next start."""
    screen.do("set", mode="hold")
    card = caller.call("Prompt", "humanity")
    assert screen.next()["event"] == "notify"
    assert daemon.end() == 0
    screen.do("set", mode="normal")
    screen.do("release")
    person.start()
    assert caller.next("Shown")[0] == card
    assert row(caller, card)["on_screen"] and [one["id"] for one in caller.entries()] == [card]


def test_a_storm_of_hangups(person, screen, daemon, caller):
    """Each is a reload at most, and calls are answered in between."""
    card, _ = prompt(caller, screen)
    for _ in range(500):
        daemon.process.send_signal(signal.SIGHUP)
    caller.call("Note", "a line", False)
    person.config.write_text(BAD, encoding="utf-8")
    for _ in range(50):
        daemon.process.send_signal(signal.SIGHUP)
    assert "nonsense" in caller.changed("Problem", bool)
    assert row(caller, card)["on_screen"]
    assert daemon.stderr().count("nonsense") == 1


def test_stopped_and_continued(person, screen, daemon, caller):
    """What was asked meanwhile is done then, in its order."""
    card, _ = prompt(caller, screen)
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED)
    replies = []

    def ask():
        other = person.caller()
        replies.append(other.call("Note", "meanwhile", False))
        other.call("Answer", card, "helpful", "")

    asking = threading.Thread(target=ask)
    asking.start()
    due_soon(person)
    daemon.process.send_signal(signal.SIGCONT)
    asking.join(PATIENCE)
    assert [one["id"] for one in caller.entries() if one["kind"] == "note"] == replies
    assert caller.next("Closed") == (card, "answered")
    assert caller.next("Shown")[1] == "soon"


def test_two_at_once(person, screen):
    """One of them stays, and nothing is told of the journal."""
    assert screen
    for _ in range(2):
        daemons = [person.keep(Kindlyd(person.env, str(person.folder), ready=False)) for _ in range(2)]
        if not person.watcher:
            person.watcher = person.caller()
        person.watcher.appeared()
        ended = [one for one in daemons if one.process.poll() is not None]
        ends = {os.pidfd_open(one.pid): one for one in daemons if one not in ended}
        if not ended:
            ended = [ends[fd] for fd in select.select(list(ends), [], [], PATIENCE)[0]]
        for fd in ends:
            os.close(fd)
        (loser,) = ended
        (winner,) = [one for one in daemons if one is not loser]
        assert loser.status() == 1
        winner.told("READY=1")
        assert person.watcher.get("Problem") == ""
        assert winner.end() == 0
        person.watcher.seen()


# --- streams ---

@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(person, screen, closed):
    """No file or socket of the daemon takes their numbers, or it would get what is logged."""
    daemon = person.start(inside=in_shell("exec " + closed))
    caller = person.caller()
    for fd in range(3):
        assert os.readlink("/proc/%d/fd/%d" % (daemon.pid, fd)) in ("/dev/null", str(daemon.log))
    prompt(caller, screen)
    person.config.write_text(BAD, encoding="utf-8")
    assert "nonsense" in caller.changed("Problem", bool)
    assert daemon.end() == 0


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_is_printed_can_not_be_written(person, option):
    with open("/dev/full", "wb") as full:
        assert subprocess.run([KINDLYD, option], env=person.env, stdout=full, check=False).returncode == 1


def full_pipe():
    """Its two ends; there is no room left in it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    return reading, writing


def test_nobody_reads_the_log(person, screen):
    """What there is no room for is lost, and holds nobody up; with room, the log goes on."""
    reading, writing = full_pipe()
    daemon = person.start(inside=in_shell("exec 2>/proc/%d/fd/%d" % (os.getpid(), writing)))
    os.close(writing)
    caller = person.caller()
    person.config.write_text(BAD, encoding="utf-8")
    assert "nonsense" in caller.changed("Problem", bool)
    prompt(caller, screen)
    os.set_blocking(reading, False)
    with contextlib.suppress(BlockingIOError):
        while os.read(reading, 65536):
            pass
    person.schedule()
    caller.changed("Problem", lambda text: text == "")
    os.set_blocking(reading, True)
    assert os.read(reading, 65536).startswith(b"kindlyd: ")
    os.close(reading)  # and without a reader at all
    person.config.write_text(BAD, encoding="utf-8")
    assert "nonsense" in caller.changed("Problem", bool)
    assert daemon.end() == 0


# --- limits ---

def test_few_files(person, screen):
    """With fewer and fewer files to open: it works, or says what is missing; and is sound when there are enough."""
    assert screen
    told = set()
    for limit in range(8, 24):
        daemon = person.start(inside=in_shell("ulimit -n %d" % limit), ready=False)
        caller = person.caller()
        if not gets_ready(daemon):
            assert daemon.status() == 1 and "Too many open files" in daemon.stderr()
            told.add("start")
            continue
        try:
            card = caller.call("Prompt", "humanity")
            while row(caller, card)["state"] == "showing":
                pass
            if row(caller, card)["on_screen"]:
                told.add("shown")
            else:
                assert "can't be started (Too many open files)" in caller.get("Problem")
                told.add("presenter")
        except Refused as refused:
            assert refused.name.endswith(".Error.Journal") and "Too many open files" in caller.get("Problem")
            told.add("journal")
        assert daemon.end() == 0
        caller.stop()
    assert told == {"start", "journal", "presenter", "shown"}
    assert is_sound(person)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start as many processes as it wants")
def test_no_more_processes(person, screen):
    """No presenter can be started: it is told, and the prompt is there for kindly."""
    assert screen
    person.start(inside=("prlimit", "--nproc=1"))
    caller = person.caller()
    card = caller.call("Prompt", "humanity")
    assert "can't be started (" in caller.changed("Problem", bool)
    caller.call("Answer", card, "helpful", "")


# --- the environment ---

@pytest.mark.parametrize("script", ["unset HOME", "unset XDG_RUNTIME_DIR", "export TMPDIR=/nonexistent",
                                    "unset XDG_RUNTIME_DIR LC_ALL LANG TZ PATH"])
def test_a_bare_environment(person, screen, script):
    person.start(inside=in_shell(script))
    prompt(person.caller(), screen)
    assert person.watcher.get("Problem") == ""


def test_folders_that_can_not_be_made(person, screen):
    """A home that nothing can be written to: prompts come, unrecorded, and it is told."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        person.env[name] = "/proc/%s" % name.lower()
    daemon = person.start("--config", str(person.config), first=True)
    caller = person.caller()
    assert "/proc/xdg_state_home/kindly/journal.db" in caller.get("Problem")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    due_soon(person)
    assert caller.next("Shown")[1] == "soon"
    assert screen.next()["event"] == "notify"
    assert daemon.end() == 0
