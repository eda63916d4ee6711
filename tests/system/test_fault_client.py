"""`kindly` when the daemon hangs or dies under a call, when the journal can't be read, and when nobody takes what it
prints: a sentence, and the exit status that scripts rely on."""

import os
import signal
import subprocess

import pytest

from rig import (PATIENCE,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from rig_presenter import BUILD
from test_client import NEEDS_DAEMON, NOT_RUNNING, named

pytestmark = pytest.mark.full

KINDLY = os.path.join(BUILD, "kindly")
HANGS = "kindly: kindlyd did not answer; what was asked may or may not have been done\n"
PRINTS = ["status", "status --json", "journal", "journal --json", "upcoming", "presence", "check", "support", "export",
          "report", "doctor", "calendar daily", "now", "--help", "--version", "deck --help", "--list-verbs"]


def shell(person, script):
    done = subprocess.run(["sh", "-c", script], env={**person.env, "kindly": KINDLY}, capture_output=True, text=True,
                          check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", NEEDS_DAEMON, ids=named)
def test_the_daemon_hangs(person, daemon, arguments):
    """It isn't waited for without end: 25 s, D-Bus's own time, which is a short one here."""
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        person.env["SYSTEMD_BUS_TIMEOUT"] = "200ms"
        assert person.run("kindly", *arguments) == (3, "", HANGS)
    finally:
        daemon.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("arguments", [["now"], ["note", "words"], ["status"], ["watch"]], ids=named)
def test_the_daemon_dies_in_a_call(person, daemon, arguments):
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED)
    with subprocess.Popen([KINDLY, *arguments], env=person.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as command:
        while "kindly" not in names_waiting(person):
            pass
        daemon.kill()
        out, told = command.communicate(timeout=PATIENCE)
    assert (command.returncode, out) == (3, "") and told in (HANGS, NOT_RUNNING)


def names_waiting(person):
    """The programs that are connected to the bus, and have sent what they wanted to: they wait for a reply."""
    connections = subprocess.run(["busctl", "--user", "list", "--no-legend", "--unique"], env=person.env, check=True,
                                 capture_output=True, text=True, timeout=PATIENCE).stdout
    waiting = set()
    for line in connections.splitlines():
        pid, name = line.split()[1:3]
        try:
            with open("/proc/%s/wchan" % pid, encoding="ascii") as wchan, open("/proc/%s/stat" % pid) as stat:
                if wchan.read() or stat.read().rsplit(") ", 1)[1].startswith("S"):
                    waiting.add(name)
        except (OSError, ValueError):
            continue
    return waiting


@pytest.mark.parametrize("into,why", [(">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")])
def test_what_is_printed_can_not_be_written(person, caller, into, why):
    caller.call("Note", "a line", False)
    for arguments in PRINTS:
        assert shell(person, '"$kindly" %s %s' % (arguments, into)) == (
            1, "", "kindly: cannot write: %s\n" % why), arguments


def test_nobody_reads_what_is_printed(person, caller):
    """As every command in a pipe whose reader has enough: it ends, and has nothing to complain of."""
    for i in range(300):
        caller.call("Note", "line %d %s" % (i, "x" * 1000), False)
    for arguments in "journal --notes", "journal --json", "export", "report":
        status, out, told = shell(person, '{ "$kindly" %s; echo $? >&2; } | head -c 1' % arguments)
        assert told in ("141\n", "0\n"), (arguments, told)
        assert len(out) == 1


@pytest.mark.parametrize("streams", ["<&-", "2>&-", "<&- 2>&-"])
def test_other_streams_closed(person, caller, streams):
    caller.call("Note", "a line", False)
    status, out, _ = shell(person, '"$kindly" journal --notes %s' % streams)
    assert status == 0 and "a line" in out


READS = ["journal", "report", "export", "backup %s"]


@pytest.mark.parametrize("what", ["folder", pytest.param("unreadable", marks=pytest.mark.skipif(
    os.geteuid() == 0, reason="root can read everything"))])
def test_the_journal_can_not_be_read(person, caller, daemon, tmp_path, what):
    caller.call("Note", "a line", False)
    daemon.end()
    person.journal.chmod(0)
    if what == "folder":
        person.journal.unlink()
        person.journal.mkdir()
    why = "is not a regular file." if what == "folder" else "can't be opened: Permission denied."
    for arguments in READS:
        status, out, told = shell(person, '"$kindly" ' + arguments.replace("%s", str(tmp_path / "backup")))
        assert (status, out, told) == (1, "", "kindly: The journal %s %s\n" % (person.journal, why))
    assert not (tmp_path / "backup").exists()
