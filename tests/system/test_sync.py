"""kindly sync: two daemons with two state folders and rsync between two shared folders, in random order, until both
agree; and every kind of file that has no business there. `test_sync.py --orders N [--seed S]` prints the table."""

import argparse
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import resource
import sqlite3
import sys
import tempfile
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import HOUR  # noqa: E402
from rig_outside import Outside  # noqa: E402
from rig_sync import Change, Device, Life, fixture_laptop, rsync  # noqa: E402

DONE, FAILED, USAGE, UNREACHABLE = range(4)
SECRET = "a-most-private-sentence"
STRANGER = "11111111-2222-4333-8444-555555555555"
STEPS = 40


def line(number, device=STRANGER, **more):
    id = "01977a3e-0000-7000-8000-%012x" % number
    return json.dumps({"version": 1, "id": id, "entry": id, "device": device, "kind": "noted",
                       "time_usec": 1750000000000000 + number, "note": "line %d" % number, **more}) + "\n"


@pytest.fixture(name="devices")
def fixture_devices(tmp_path):
    devices = []
    try:
        for name in ("laptop", "desktop"):
            devices.append(Device(tmp_path, name))
        yield devices
    finally:
        for device in devices:
            device.stop()


def carried(*devices):
    """Both write, rsync carries, both take in."""
    for device in devices:
        device.synced()
    rsync(devices[0], devices[1])
    rsync(devices[1], devices[0])
    for device in devices:
        device.synced()


# ---- Two devices ----


def play(folder, orders, seed, say):
    """Orders on one pair of devices, each going on from where the one before it ended."""
    devices = [Device(folder, "laptop"), Device(folder, "desktop")]
    try:
        say("%-12s %6s %8s %10s %7s %12s" % ("seed", "steps", "entries", "forgotten", "rounds", "differences"))
        entries = differences = 0
        for order in range(orders):
            life = Life(devices, seed + order)
            life.live(STEPS)
            rounds = life.settle()
            left = life.differences()
            entries, differences = len(devices[0].rows()), differences + len(left)
            say("%-12d %6d %8d %10d %7s %12s" % (life.seed, life.steps, entries, len(life.forgotten), rounds,
                                               len(left) or "none"))
            assert rounds and not left, (life.seed, left[:4])
            for word in life.forgotten:
                assert [device.holding(word) for device in devices] == [[], []], life.seed
            for word in life.said.values():
                assert all(device.holding(word) for device in devices), life.seed
        say("%d orders, %d entries, differences: %s" % (orders, entries, differences or "none"))
    finally:
        for device in devices:
            device.stop()


def test_two_devices_in_random_orders_agree(tmp_path):
    seed = int(os.environ.get("KINDLY_SEED", time.time_ns() // 1000000))
    print("seed", seed)
    play(tmp_path, 4, seed, print)


@pytest.mark.full
def test_many_orders(tmp_path):
    """Seen with -s; or run this file."""
    play(tmp_path, 25, time.time_ns() // 1000000, print)


def test_what_is_plain_text_is_said_once(laptop):
    laptop.call("Note", SECRET, False)
    first = laptop.synced()
    assert "plain text" in first and "old versions" in " ".join(first.split()) and f"Written: {laptop.own.name}." in first
    assert laptop.synced() == "Nothing new.\n"
    laptop.call("Note", "more", False)
    assert laptop.synced() == f"Written: {laptop.own.name}.\n"
    again = laptop.folder / "another"
    again.mkdir()
    assert "plain text" in laptop.sync(again)[1]


def test_doctor_knows_the_file(laptop):
    laptop.call("Note", "here", False)
    laptop.synced()
    found = json.loads(laptop.run("kindly", "doctor", "--json")[1])
    assert [(copy["kind"], copy["path"], copy["mode"]) for copy in found["copies"]] == [
        ("shared", str(laptop.own), 0o600)]


def test_files_are_private_and_whole(laptop):
    laptop.call("Note", SECRET, False)
    laptop.synced()
    assert [path.name for path in laptop.shared.iterdir()] == [laptop.own.name]
    assert laptop.own.stat().st_mode & 0o777 == 0o600
    known = laptop.journal.parent / "journal.db.sync"
    assert known.stat().st_mode & 0o777 == 0o600 and SECRET not in known.read_text()
    left = laptop.shared / ("~syncthing~%s.0123456789abcdef.part" % laptop.own.name)
    left.write_text("what a killed run left")
    laptop.call("Note", "more", False)
    laptop.synced()
    assert not left.exists()


def test_nothing_new_touches_nothing(devices):
    """Or a path unit that watches the folder would never come to rest."""
    for device in devices:
        device.call("Note", "of " + device.name, True)
    carried(*devices)
    before = [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in devices[0].shared.iterdir()]
    folder = devices[0].shared.stat().st_mtime_ns
    assert devices[0].synced() == "Nothing new.\n"
    assert [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in devices[0].shared.iterdir()] == before
    assert devices[0].shared.stat().st_mtime_ns == folder


def test_an_entry_of_another_device_leaves_this_one_alone(devices):
    laptop, desktop = devices
    desktop.wrote_lately("Be slow.")
    card = desktop.show("care")
    desktop.call("Pause", 2**64 - 1)
    carried(laptop, desktop)
    assert laptop.call("ListOpen") == [] and laptop.caller_.get("PausedUntilUSec") == 0
    assert card in [row["id"] for row in laptop.rows()]
    own = laptop.show("own")  # a kept line comes along
    text, = [row["text"] for row in laptop.call("ListOpen") if row["id"] == own]
    assert text.endswith(" you wrote: Be slow.")
    assert laptop.run("kindly", "why")[1].startswith("You asked for it.")


# ---- Forgetting ----


def test_what_is_forgotten_is_gone_everywhere(devices):
    laptop, desktop = devices
    entry = laptop.call("Note", SECRET, True)
    carried(laptop, desktop)
    assert laptop.holding(SECRET) and desktop.holding(SECRET)
    status, out, err = desktop.run("kindly", "forget", entry)
    assert (status, err) == (DONE, "")
    told = " ".join(out.split())
    assert told.startswith("Erased. It is gone from your file in %s too." % desktop.shared)
    assert "old versions that a file synchroniser keeps" in told
    assert desktop.holding(SECRET) == [laptop.own.name]  # of which the laptop is the only writer
    carried(desktop, laptop)
    rsync(laptop, desktop)
    assert laptop.holding(SECRET) == [] and desktop.holding(SECRET) == []
    # What a synchroniser brings back from its old versions stays away.
    (laptop.shared / desktop.own.name).write_text(line(1, desktop.device))
    laptop.synced()
    assert SECRET not in json.dumps(laptop.rows())


def test_forgetting_writes_the_own_file_anew_at_once(laptop):
    """Whoever asked for it."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    laptop.call("Forget", entry)
    assert laptop.holding(SECRET) == []
    laptop.call("Note", SECRET, False)
    laptop.synced()
    assert laptop.call("ForgetRange", 0, 2**64 - 1) > 0
    assert laptop.holding(SECRET) == []
    assert laptop.synced() == "Nothing new.\n"


def test_forgetting_takes_in_what_only_the_own_file_still_knows(laptop):
    """A synchroniser put it there, or the journal is an older one: it is not lost when the file is written anew."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    laptop.own.write_bytes(laptop.own.read_bytes() + line(9, laptop.device).encode())
    laptop.call("Forget", entry)
    assert [row["note"] for row in laptop.rows() if row.get("note")] == ["line 9"]
    assert laptop.holding(SECRET) == [] and b"line 9" in laptop.own.read_bytes()


def test_forgetting_with_an_own_file_that_is_broken(laptop):
    """It is left for kindly sync, which puts it aside and says so; until then the log says what is still there."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    laptop.own.write_bytes(laptop.own.read_bytes() + b"{\n")
    laptop.call("Forget", entry)
    assert SECRET not in json.dumps(laptop.rows()) and laptop.holding(SECRET) == [laptop.own.name]
    assert "kindly sync mends it" in laptop.daemon.stderr()
    status, _out, err = laptop.sync()
    assert status == FAILED and "changed by something else" in err


def test_forgetting_when_the_own_file_is_gone(laptop):
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    laptop.own.unlink()
    laptop.call("Forget", entry)
    assert SECRET not in json.dumps(laptop.rows()) and not laptop.own.exists()


def test_forgetting_while_the_folder_is_away(laptop):
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    away = laptop.folder / "away"
    laptop.shared.rename(away)
    status, out, _err = laptop.run("kindly", "forget", entry)
    assert status == DONE and "could not be written anew just now" in " ".join(out.split())
    away.rename(laptop.shared)
    assert laptop.synced() == f"Written: {laptop.own.name}.\n"
    assert laptop.holding(SECRET) == []


def test_what_the_daemon_can_not_write_the_command_writes(laptop):
    """As where the folder is outside the daemon's sandbox: here it is left one more file to open. What only the own
    file knows is taken in first."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    laptop.own.write_bytes(laptop.own.read_bytes() + line(9, laptop.device).encode())
    used = {int(path.name) for path in pathlib.Path(f"/proc/{laptop.daemon.pid}/fd").iterdir()}
    free = next(fd for fd in range(len(used) + 1) if fd not in used)
    later = next(fd for fd in range(free + 1, len(used) + 2) if fd not in used)
    _soft, hard = resource.prlimit(laptop.daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(laptop.daemon.pid, resource.RLIMIT_NOFILE, (later, hard))
    status, out, _err = laptop.run("kindly", "forget", entry)
    assert status == DONE and f"It is gone from your file in {laptop.shared} too." in " ".join(out.split())
    assert laptop.holding(SECRET) == [] and b"line 9" in laptop.own.read_bytes()
    assert [row["note"] for row in laptop.rows() if row.get("note")] == ["line 9"]


def test_without_the_daemon_nothing_is_taken_in(laptop):
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    assert laptop.daemon.end() == 0
    for words in (["sync", laptop.shared], ["import", laptop.shared / (STRANGER + ".jsonl")]):
        status, out, err = laptop.run("kindly", *words)
        assert (status, out) == (UNREACHABLE, "") and len(err.splitlines()) == 1, err
    assert laptop.rows() == []


def test_what_can_not_be_stored_is_taken_in_later(laptop):
    assert laptop.daemon.end() == 0
    outside = laptop.keep(Outside(str(laptop.folder)))
    laptop.daemon = laptop.start(inside=outside.inside)
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    outside.fail_from(1, errno.ENOSPC)
    status, _out, err = laptop.sync()
    assert (status, err) == (FAILED, "kindly: The journal can't be read or written; nothing was changed\n")
    outside.mend()
    assert laptop.sync()[0] == DONE and [row.get("note") for row in laptop.rows()] == ["line 1"]


def test_what_the_daemon_missed_is_made_good_when_it_starts(laptop):
    """It may have ended between erasing in the journal and in the file."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    away = laptop.folder / "away"
    laptop.shared.rename(away)
    laptop.call("Forget", entry)
    laptop.daemon.kill()
    away.rename(laptop.shared)
    assert laptop.holding(SECRET) == [laptop.own.name]
    laptop.daemon = laptop.start()
    assert laptop.holding(SECRET) == []


def test_forgetting_while_a_sync_runs(laptop):
    """Which may have read it before it was erased: the file is written again after it."""
    entry = laptop.call("Note", SECRET, False)
    laptop.synced()
    folder = os.open(laptop.journal.parent, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    status, out, err = laptop.run("kindly", "forget", entry)
    assert (status, err) == (DONE, "") and "kindly sync is running just now" in out
    assert laptop.holding(SECRET) == [laptop.own.name]
    change = laptop.keep(Change(laptop.shared))
    os.close(folder)
    while laptop.holding(SECRET):
        change.wait()


def test_an_open_prompt_that_is_forgotten_elsewhere_closes(devices):
    laptop, desktop = devices
    line_ = laptop.wrote_lately(SECRET)
    card = laptop.show("own")
    laptop.call("Snooze", card, HOUR)  # so that it stays open under the other one
    plain = laptop.show("care")
    assert SECRET in json.dumps(laptop.call("ListOpen"))
    carried(laptop, desktop)
    for entry in (line_, plain):
        desktop.call("Forget", entry)
    carried(desktop, laptop)
    assert laptop.call("ListOpen") == []
    laptop.call("Note", "after it", False)  # what is open is written down again with each turn
    assert laptop.holding(SECRET) == []


def test_a_line_for_a_hard_day_that_is_forgotten_elsewhere_goes_from_the_screen(devices):
    laptop, desktop = devices
    line_ = laptop.call("NoteForHardDay", SECRET)
    carried(laptop, desktop)
    hard = desktop.show("hard")
    assert SECRET in json.dumps(desktop.call("ListOpen"))
    laptop.call("Note", "of no matter", False)
    carried(laptop, desktop)
    assert SECRET in json.dumps(desktop.call("ListOpen"))
    laptop.call("Forget", line_)
    carried(laptop, desktop)
    assert [row["id"] for row in desktop.call("ListOpen")] == [hard]
    assert SECRET not in json.dumps(desktop.call("ListOpen"))
    desktop.call("Note", "after it", False)
    assert desktop.holding(SECRET) == []


# ---- What comes from elsewhere ----


def test_a_half_copied_file_waits(laptop):
    file = laptop.shared / (STRANGER + ".jsonl")
    whole = line(1) + line(2)
    file.write_text(whole[:-30])
    assert laptop.sync()[0] == DONE and [row.get("note") for row in laptop.rows()] == ["line 1"]
    out = laptop.synced()
    assert out.startswith(f"{file.name}: its last line has not arrived whole")
    file.write_text(whole)
    assert laptop.synced() == "Taken in: 1 entry.\n"
    assert laptop.synced() == "Nothing new.\n"


def refused(laptop, name, told):
    """The file is told, with these words; it stays, and what is right beside it is taken in."""
    beside = "22222222-2222-4333-8444-555555555555"
    number = 1000 + len(list(laptop.shared.iterdir()))
    (laptop.shared / (beside + ".jsonl")).write_text(line(number, beside))
    laptop.call("Note", "own %d" % number, False)
    status, out, err = laptop.sync()
    assert status == FAILED and err.startswith(f"kindly: {name}: ") and told in err, err
    assert len(err.splitlines()) == 1
    assert "Written: " in out and "line %d" % number in json.dumps(laptop.rows())
    assert os.path.lexists(laptop.shared / name)


@pytest.mark.parametrize("text, told", [
    (line(1) + line(2, version=2) + line(3), "line 2: version 2 is of a newer kindly"),
    (line(1) + line(2, kind="dreamt"), 'line 2: kind "dreamt" is unknown'),
    (line(1, device="22222222-2222-4333-8444-555555555556"), "line 1: device is another than the file is named for"),
    ('{"a":' + "[" * 5000 + "]" * 5000 + "}\n", "line 1: it is not a JSON object: it is nested too deeply"),
    (line(1, note=7), "line 1: note is not a string"),
    (line(1, note="n" * 4001), "line 1: note is longer than 4000 bytes"),
    ("x" * 70000 + "\n", "line 1: it is longer than 65536 bytes"),
    ("\0\0\0\0\n", "line 1: it holds a NUL"),
    ("PK\x03\x04 not ours\n", "line 1: it is not a JSON object"),
    (line(1, id="../../etc/passwd"), "line 1: id is not a UUID"),
], ids=["newer", "newer-kind", "forged", "deep", "type", "long-note", "long-line", "nul", "foreign", "path"])
def test_a_file_that_is_not_right(laptop, text, told):
    file = laptop.shared / (STRANGER + ".jsonl")
    file.write_text(text)
    refused(laptop, file.name, told)
    assert file.read_text() == text


def test_lines_before_a_mistake_are_taken_in_and_the_rest_when_it_is_mended(laptop):
    file = laptop.shared / (STRANGER + ".jsonl")
    file.write_text(line(1) + line(2, version=2))
    assert "line 2: version 2" in laptop.sync()[2]
    assert [row.get("note") for row in laptop.rows()] == ["line 1"]
    assert "line 2: version 2" in laptop.sync()[2]
    file.write_text(line(1) + line(2))
    assert laptop.synced() == "Taken in: 1 entry.\n"


def test_files_that_are_none(laptop):
    """A sparse file of ten gigabytes in one line, links, a pipe, a folder, a socket's name: nothing hangs, all is told."""
    outside = laptop.folder / "outside.jsonl"
    outside.write_text(line(1))
    names = {kind: "%08d-2222-4333-8444-555555555555.jsonl" % number
             for number, kind in enumerate(("huge", "link", "dangling", "device", "pipe", "folder"), 1)}
    with open(laptop.shared / names["huge"], "wb") as huge:
        huge.truncate(10 * 1024**3)
    (laptop.shared / names["link"]).symlink_to(outside)
    (laptop.shared / names["dangling"]).symlink_to("/nonexistent")
    (laptop.shared / names["device"]).symlink_to("/dev/zero")
    os.mkfifo(laptop.shared / names["pipe"])
    (laptop.shared / names["folder"]).mkdir()
    laptop.call("Note", "own", False)
    status, out, err = laptop.sync()
    told = {line_.split(": ")[1]: line_ for line_ in err.splitlines()}
    assert status == FAILED and set(told) == set(names.values())
    assert "the file is larger than 256 MiB" in told[names["huge"]]
    for kind in ("link", "dangling", "device"):
        assert "it is a symbolic link" in told[names[kind]]
    for kind in ("pipe", "folder"):
        assert "it is not a regular file" in told[names[kind]]
    assert f"Written: {laptop.own.name}." in out
    assert [row["note"] for row in laptop.rows()] == ["own"]


def test_names_that_are_not_ours_are_left_alone(laptop):
    for name in ("notes.jsonl", "README", ".stfolder", STRANGER + ".jsonl.part", "~syncthing~%s.jsonl.tmp" % STRANGER,
                 "00000000-0000-0000-0000-000000000000.jsonl", STRANGER + "jsonl"):
        (laptop.shared / name).write_text("anything\n")
    laptop.synced()
    assert [row.get("note") for row in laptop.rows()] == []


def test_what_a_synchroniser_makes_of_a_conflict_is_taken_in(laptop):
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    (laptop.shared / (STRANGER + ".sync-conflict-20261125-101112-ABCDEFG.jsonl")).write_text(line(1) + line(2))
    laptop.synced()
    assert [row["note"] for row in laptop.rows()] == ["line 1", "line 2"]


def test_a_clock_that_is_ahead(laptop):
    """Answers of the year 2100 teach as of now, and don't keep later ones from teaching."""
    late = 4102444800000000
    (laptop.shared / (STRANGER + ".jsonl")).write_text("".join(
        line(n, kind="shown", time_usec=late + n, due_usec=late, theme="care", prompt="care-01", reminder="far") for n in
        range(1, 8)))
    laptop.synced()
    with sqlite3.connect(f"file:{laptop.journal}?mode=ro", uri=True) as database:
        assert database.execute("SELECT max(shown_usec) FROM card").fetchone()[0] <= time.time_ns() // 1000
        assert database.execute("SELECT max(shown_usec) FROM theme").fetchone()[0] <= time.time_ns() // 1000
    assert laptop.run("kindly", "why")[0] == FAILED  # nothing was shown here
    card = laptop.show("care")
    assert laptop.call("Explain", card) == laptop.call("Explain", "")


def test_the_own_file_replaced_by_an_old_one(laptop):
    """By a synchroniser that knows no better; or the journal is older, restored from a backup."""
    laptop.call("Note", "one", False)
    laptop.synced()
    old = laptop.own.read_bytes()
    laptop.call("Note", "two", False)
    laptop.synced()
    new = laptop.own.read_bytes()
    laptop.own.write_bytes(old)
    assert laptop.synced() == f"Written: {laptop.own.name}.\n" and laptop.own.read_bytes() == new
    laptop.own.write_bytes(new + line(9, laptop.device).encode())  # what only the file still knows
    out = laptop.synced()
    assert out.startswith("Taken in: 1 entry.") and "line 9" in json.dumps(laptop.rows())
    assert b"line 9" in laptop.own.read_bytes()


def test_the_own_file_broken_is_put_aside(laptop):
    laptop.call("Note", "one", False)
    laptop.synced()
    good = laptop.own.read_bytes()
    for broken in (good[:-5], good + b"{\n"):
        laptop.own.write_bytes(broken)
        status, out, err = laptop.sync()
        assert status == FAILED and "changed by something else" in err
        assert laptop.own.read_bytes() == good and f"Written: {laptop.own.name}." in out
        aside, = laptop.shared.glob("*.aside-*")
        assert aside.read_bytes() == broken
        aside.unlink()


def test_what_is_known_of_folders_is_lost(laptop):
    laptop.call("Note", "one", False)
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    laptop.synced()
    known = laptop.journal.parent / "journal.db.sync"
    for text in (None, "", "nonsense\n", '{"folder":"%s","name":7}\n' % laptop.shared, "\0" * 300000):
        known.unlink()
        if text is not None:
            known.write_text(text)
        laptop.synced()
        assert laptop.synced() == "Nothing new.\n"


def test_many_folders_and_files(laptop):
    """Both have bounds; files that are gone make room for others."""
    name = "%08x-2222-4333-8444-555555555555.jsonl"
    for number in range(1, 1100):
        (laptop.shared / (name % number)).write_text("")
    status, _out, err = laptop.sync()
    assert status == FAILED and "more than 1000 files" in err
    for number in range(1, 1100):
        (laptop.shared / (name % number)).rename(laptop.shared / (name % (number + 5000)))
    assert laptop.sync()[0] == FAILED
    for number in range(1, 1000):
        (laptop.shared / (name % (number + 5000))).unlink()
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    assert laptop.synced() == "Taken in: 1 entry.\n"
    assert len((laptop.journal.parent / "journal.db.sync").read_text().splitlines()) == 102
    for number in range(8):
        folder = laptop.folder / str(number)
        folder.mkdir()
        status, _out, err = laptop.sync(folder)
        assert (status, "8 folders are remembered already" in err) == ((DONE, False) if number < 7 else (FAILED, True))


def test_a_newer_journal(laptop):
    """What isn't known here would be missing in this device's file: nothing is written, and nothing taken in."""
    laptop.call("Note", "one", False)
    laptop.synced()
    before = laptop.own.read_bytes()
    laptop.daemon.end()
    with contextlib.closing(sqlite3.connect(laptop.journal)) as journal, journal:
        journal.execute("PRAGMA user_version = 99")
    laptop.daemon = laptop.start()
    (laptop.shared / (STRANGER + ".jsonl")).write_text(line(1))
    status, out, err = laptop.sync()
    assert (status, out) == (FAILED, "") and "newer version" in err
    assert laptop.own.read_bytes() == before


def test_wrong_usage(laptop):
    assert laptop.sync(laptop.folder / "none")[0] == USAGE
    assert laptop.run("kindly", "sync")[0] == USAGE
    file = laptop.folder / "file"
    file.write_text("")
    status, _out, err = laptop.sync(file)
    assert status == FAILED and "Not a directory" in err
    strange = laptop.folder / "new\nline"
    strange.mkdir()
    assert laptop.sync(strange)[0] == USAGE


def test_a_folder_that_can_not_be_written(laptop):
    laptop.call("Note", SECRET, False)
    laptop.own.mkdir()
    status, _out, err = laptop.sync()
    assert status == FAILED and "it is not a regular file" in err


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1000000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        play(pathlib.Path(folder), options.orders, options.seed, lambda text: print(text, flush=True))


if __name__ == "__main__":
    main()
