"""What was answered is there, exactly once: while the daemon is killed at any moment, and on file systems that refuse.

SEED (printed, and settable) makes a run again as far as the machine's timing lets it: it is the order of calls and the
moment of each kill."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from rig import (HOUR, Refused, PATIENCE,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401

GONE = ("org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner")
CALLS_A_LIFE = 20  # at most; the kill comes somewhere among them
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


class Writer:
    """Sends calls, and keeps which of them were answered. A call without an answer may be there once, or not at all."""

    def __init__(self, caller, chance):
        self.caller, self.chance = caller, chance
        self.sent = 0
        self.answered, self.unknown = [], []  # (kind of event, entry's id or None, note or None)
        self.card, self.snoozes = None, 0

    def _call(self, what, member, *arguments):
        """True: it was answered; False: the daemon is gone."""
        self.sent += 1
        try:
            reply = self.caller.call(member, *arguments)
        except Refused as refused:
            if refused.name not in GONE:
                raise
            self.unknown.append(what)
            return None
        self.answered.append((what[0], what[1] or reply, what[2]))
        return reply or True

    def step(self):
        """One more call; False: the daemon is gone."""
        number = self.sent
        if self.chance.random() < 0.4:
            return self._call(("noted", None, "line %d" % number), "Note", "line %d" % number, number % 2 == 0)
        if not self.card:
            self.card, self.snoozes = self._call(("shown", None, None), "Prompt", "three-breaths"), 0
            return self.card
        if self.snoozes < 2 and self.chance.random() < 0.6:
            self.snoozes += 1
            return self._call(("snoozed", self.card, None), "Snooze", self.card, self.chance.randrange(1, 24) * HOUR)
        card, self.card = self.card, None
        return self._call(("answered", card, "answer %d" % number), "Answer", card, "okay", "answer %d" % number)

    def begin(self):
        """Whether the last call was done isn't known, so what follows begins anew: not too many stay open."""
        self.card = None
        for one in self.caller.open():
            self.caller.call("Dismiss", one["id"])


def read_events(path):
    """Beside whatever else is there, without writing: how often each thing was recorded."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counts = {}
        if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return counts  # killed before its tables were there
        for kind, entry, note in db.execute("SELECT kind, entry, note FROM event"):
            text = entry.hex()
            key = kind, "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])), note
            counts[key] = counts.get(key, 0) + 1
        return counts


def check(writer, counts):
    """Each call that was answered is there exactly once; one without an answer at most once; nothing else is."""
    wanted = {}
    for what in writer.answered:
        wanted[what] = wanted.get(what, 0) + 1
    for what, times in wanted.items():
        maybe = writer.unknown.count(what)
        found = counts.get(what, 0)
        assert times <= found <= times + maybe, "%s: %d times instead of %d" % (what, found, times)
    notes = [note for (kind, _entry, note) in counts if kind == "noted"]
    known = [note for (kind, _entry, note) in writer.answered + writer.unknown if kind == "noted"]
    assert len(notes) == len(set(notes)) and set(notes) <= set(known)


@pytest.mark.parametrize("kills,calls", [(12, 0), pytest.param(200, 2000, marks=pytest.mark.full)])
def test_killed_at_random_moments(person, kills, calls):
    print("SEED=%d" % SEED)
    chance = random.Random(SEED)
    writer = None
    pace = 0.005  # seconds for a call, as measured
    killed = 0
    while killed < kills or (writer and writer.sent < calls):
        early = chance.random() < 0.2  # in the middle of its start
        daemon = person.start(ready=not early)
        writer = writer or Writer(person.caller(), chance)
        if not early:
            writer.begin()
        moment = chance.random() * (0.04 if early else pace * CALLS_A_LIFE)
        timer = threading.Timer(moment, daemon.process.kill)
        timer.start()
        began, before = time.monotonic(), writer.sent
        while not early and writer.sent < before + CALLS_A_LIFE and writer.step():
            pass
        if writer.sent > before:
            pace = (time.monotonic() - began) / (writer.sent - before)
        timer.join()
        daemon.process.wait(PATIENCE)
        daemon.supervisor.close()
        killed += 1
        if person.journal.exists():
            check(writer, read_events(person.journal))
    person.start()
    check(writer, read_events(person.journal))
    assert writer.caller.get("Problem") == ""
    answered, recorded = len(writer.answered), sum(read_events(person.journal).values())
    print("%d kills, %d calls, %d answered, %d unknown, %d events" % (killed, writer.sent, answered,
                                                                      len(writer.unknown), recorded))
    assert answered > kills and len(writer.unknown) <= killed


def notes_in(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return sorted(note for (note,) in db.execute("SELECT note FROM event WHERE kind = 'noted'"))


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.full)])
def test_killed_while_a_damaged_one_is_replaced(person, rounds):
    """Killed in the middle, once or more: the damaged one is kept whole, and all of its entries are in the new one."""
    print("SEED=%d" % SEED)
    chance = random.Random(SEED)
    daemon = person.start()
    caller = person.caller()
    notes = sorted("line %d %s" % (number, "x" * 3000) for number in range(300))
    for note in notes:
        caller.call("Note", note, False)
    daemon.end()
    damaged = bytearray(person.journal.read_bytes())
    damaged[:100] = bytes(100)
    folder = person.journal.parent
    interrupted = 0
    for _ in range(rounds):
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        person.journal.write_bytes(damaged)
        for _ in range(chance.randrange(1, 4)):
            daemon = person.start(ready=False)
            timer = threading.Timer(chance.random() * 0.06, daemon.process.kill)
            timer.start()
            daemon.process.wait(PATIENCE)
            timer.join()
            daemon.supervisor.close()
            interrupted += any("rescue" in path.name for path in folder.iterdir())
        daemon = person.start()
        assert "set aside" in caller.get("Problem") or "kept whole" in caller.get("Problem")
        daemon.end()
        asides = [path for path in folder.glob("journal.db.damaged-*")]
        assert [path.read_bytes() for path in asides] == [bytes(damaged)]
        assert notes_in(person.journal) == notes
        assert [path.name for path in folder.iterdir() if "rescue" in path.name] == []
    print("%d of the kills came in the middle of it" % interrupted)


# --- file systems that refuse ---

UNSHARE = ["unshare", "--mount", "--propagation", "private", "sh", "-ec"]


@pytest.fixture(name="mounts", scope="module")
def fixture_mounts():
    """Mounts that nobody else sees."""
    done = subprocess.run([*UNSHARE, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("needs root, for mounts of its own: %s" % done.stderr.decode().strip())


def within(daemon, *command):
    subprocess.run(["nsenter", "--target=%d" % daemon.pid, "--mount", *command], check=True, timeout=PATIENCE)


def told_by(caller, *words):
    problem = caller.get("Problem")
    assert "journal" in problem.lower() and all(word in problem for word in words), problem


def entries_of(caller):
    return [one["note"] for one in caller.entries() if one["kind"] == "note"]


def fill(folder):
    """To the last block."""
    with open(folder / "fill", "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


@pytest.mark.parametrize("start_full", [False, True])
def test_full_file_system(person, screen, mounts, tmp_path, start_full):
    """What was answered is there, what can't be written is told; with room again it goes on."""
    assert screen and not mounts
    state = person.env["XDG_STATE_HOME"]
    script = 'mount -t tmpfs -o size=1m,mode=700 tmpfs "$0"; %s exec "$@"'
    before = 'dd if=/dev/zero of="$0/fill" bs=4k 2>/dev/null || :; mkdir -p "$0/kindly";'
    daemon = person.start(inside=[*UNSHARE, script % (before if start_full else ""), state])
    caller = person.caller()
    seen = person.folder.__class__("/proc/%d/root%s" % (daemon.pid, state))  # its own view of that folder
    answered = []
    if not start_full:
        for i in range(5):
            caller.call("Note", "line %d" % i, False)
            answered.append("line %d" % i)
        fill(seen)
    for i in range(60):  # what is written over in the WAL may still find its place
        try:
            caller.call("Note", "more %d %s" % (i, "x" * 3000), False)
            answered.append("more %d %s" % (i, "x" * 3000))
        except Refused as refused:
            assert refused.name.endswith(".Error.Journal")
    told_by(caller, "No space left" if start_full else "unrecorded")
    if not start_full:
        assert entries_of(caller) == answered
    assert daemon.process.poll() is None
    (seen / "fill").unlink()
    caller.call("Note", "after", False)
    assert caller.get("Problem") == ""
    assert entries_of(caller) == answered + ["after"]
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(seen / "kindly" / name, tmp_path / name)
    counts = read_events(tmp_path / "journal.db")
    assert [note for kind, _entry, note in counts if kind == "noted"] == answered + ["after"]


def test_no_room_to_replace_a_damaged_one(person, screen, mounts):
    """It stays as it is, and prompts go on unrecorded, until there is room."""
    assert screen and not mounts
    daemon = person.start()
    caller = person.caller()
    for number in range(40):
        caller.call("Note", "line %d %s" % (number, "x" * 3000), False)
    daemon.end()
    damaged = bytes(100) + person.journal.read_bytes()[100:]
    person.journal.write_bytes(damaged)
    state = person.env["XDG_STATE_HOME"]
    script = ('mkdir "$0.new"; mount -t tmpfs -o size=1m,mode=700 tmpfs "$0.new"; cp -r "$0/kindly" "$0.new";'
              'dd if=/dev/zero of="$0.new/fill" bs=4k 2>/dev/null || :; mount --move "$0.new" "$0"; exec "$@"')
    daemon = person.start(inside=[*UNSHARE, script, state])
    seen = person.folder.__class__("/proc/%d/root%s" % (daemon.pid, state))
    told_by(caller, "is damaged", "can't be replaced")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    assert (seen / "kindly/journal.db").read_bytes() == damaged
    (seen / "fill").unlink()
    caller.call("Note", "after", False)
    told_by(caller, "kept whole")
    assert len(entries_of(caller)) == 41


def test_read_only_file_system(person, screen, mounts):
    """A state folder that became read-only: prompts go on, calls that would record say no, and nothing is lost."""
    assert screen and not mounts
    first = person.start()
    caller = person.caller()
    caller.call("Note", "before", False)
    first.kill()
    state = person.env["XDG_STATE_HOME"]
    script = 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"'
    daemon = person.start(inside=[*UNSHARE, script, state])
    told_by(caller, "Read-only file system")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    assert caller.refused("Prompt", "humanity")[0] == "Journal"
    status, out, told = person.run("nsenter", "--target=%d" % daemon.pid, "--mount", "env",
                                   os.path.join(os.environ["KINDLY_BUILD"], "kindly"), "journal")
    assert (status, told) == (0, "") and "before" in out
    within(daemon, "umount", state)
    caller.call("Note", "after", False)
    assert caller.get("Problem") == ""
    assert entries_of(caller) == ["before", "after"]


def test_a_copy_where_nothing_can_be_written(person, screen, mounts):
    """The -shm file that a reader needs can't be made there, and isn't needed, since nothing is in the WAL."""
    assert screen and not mounts
    first = person.start()
    person.caller().call("Note", "before", False)
    assert first.end() == 0
    assert [path.name for path in person.journal.parent.glob("journal.db*")] == ["journal.db"]
    status, out, told = person.run(
        "unshare", *UNSHARE[1:], 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@"',
        person.env["XDG_STATE_HOME"], os.path.join(os.environ["KINDLY_BUILD"], "kindly"), "journal")
    assert (status, told) == (0, "") and "before" in out
