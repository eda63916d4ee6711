"""kindly doctor and kindly backup, with the real daemon and without it."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

import pytest

from rig import (BUILD,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401

WORDS = "SECRETWORDS"


def doctor(person, *options):
    status, out, told = person.run("kindly", "doctor", *options)
    assert told == "", told
    return status, out


def look(person):
    """The findings that need a look, and the whole."""
    status, out = doctor(person, "--json")
    found = json.loads(out)
    looks = [one["text"] for one in found["findings"] if one["needs_a_look"]]
    assert found["well"] == (not looks) and status == (1 if looks else 0)
    return looks, found


def damage(journal):
    """In a page of entries, in the middle."""
    with open(journal, "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.seek(file.tell() // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)


def fill(caller, lines=60):
    for number in range(lines):
        caller.call("Note", "%s %d %s" % (WORDS, number, "x" * 3000), False)


def test_all_is_well(person, caller, screen):
    assert screen
    fill(caller, 3)
    looks, found = look(person)
    assert looks == []
    assert found["copies"] == [] and found["sandbox"] == "none"
    journal = found["journal"]
    assert (journal["entries"], journal["lines"], journal["version"], journal["mode"]) == (3, 3, 1, 0o600)
    assert journal["path"] == str(person.journal) and journal["size"] == person.journal.stat().st_size
    status, out = doctor(person)
    assert status == 0 and out.endswith("\nAll is well.\n")
    assert "Backups, exports" in out and "alone can read it" in out and "3 entries" in out
    assert all(len(line) <= 80 or "/" in line for line in out.splitlines())
    assert WORDS not in out


# Takes no new privileges, and a filter of system calls that lets all through.
FILTERED = ("python3", "-c", """import ctypes, os, struct, sys
allow = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("@HP", 1, ctypes.addressof(allow)))
prctl = ctypes.CDLL(None).prctl
assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program) == 0
os.execv(sys.argv[1], sys.argv[1:])""")
ALONE = ("unshare", "--user", "--map-current-user", "--mount")
WALLS = ("sh", "-c", 'mount --bind "$HOME/.." "$HOME/.." && mount -o remount,bind,ro / && exec "$@"', "sh")
needs_namespaces = pytest.mark.skipif(
    subprocess.run([*ALONE, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0,
    reason="no user namespaces")


@pytest.mark.parametrize("inside, expected", [
    (("setpriv", "--no-new-privs"), "none"),
    (FILTERED, "basic"),
    pytest.param(ALONE + FILTERED, "basic", marks=needs_namespaces),
    pytest.param(ALONE + WALLS + FILTERED, "strict", marks=needs_namespaces),
], ids=["privileges", "filter", "namespace", "walls"])
def test_a_sandbox_is_known_by_what_it_is_made_of(person, screen, inside, expected):
    assert screen
    person.start(inside=inside)
    assert look(person)[1]["sandbox"] == expected


def test_nothing_written_yet(person):
    looks, found = look(person)
    assert len(looks) == 1 and "does not answer" in looks[0]  # nothing starts it on this bus
    assert not person.journal.exists()
    assert "Nothing is written yet" in found["findings"][0]["text"]


def test_no_bus(person):
    person.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    looks, _found = look(person)
    assert len(looks) == 1 and "no session bus" in looks[0]


def test_no_server(person, daemon):
    """`daemon` has a screen; here it is gone, and the session is a graphical one."""
    assert daemon
    person.server.stop()
    person.env["DISPLAY"] = ":77"
    looks, _found = look(person)
    assert len(looks) == 1 and "No notification server" in looks[0]
    del person.env["DISPLAY"]
    assert look(person)[0] == []
    person.serve()
    for where in ({}, {"DISPLAY": ":77"}):
        person.env |= where
        looks, found = look(person)
        (text,) = [one["text"] for one in found["findings"] if "A notification server is there" in one["text"]]
        assert looks == [] and text.endswith("there.") == bool(where)


def test_mistakes_in_the_schedule(person, daemon):
    assert daemon
    person.schedule('reminders = ( { name = "far"; att = "12:00"; } );\n')
    looks, _found = look(person)
    assert any("kindly check" in text for text in looks)


@pytest.mark.parametrize("what,mode,told", [(".", 0o750, "750"), ("journal.db", 0o644, "644"),
                                            ("journal.db.v0", 0o604, "604")])
def test_modes_that_let_others_in(person, caller, what, mode, told):
    fill(caller, 1)
    path = person.journal.parent / what
    if not path.exists():
        path.write_bytes(b"")
    path.chmod(mode)
    looks, _found = look(person)
    assert len(looks) == 1 and told in looks[0] and str(path.resolve()) in looks[0]


def test_anothers_file(person, caller):
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a file away")
    fill(caller, 1)
    os.chown(person.journal, 65534, -1)
    assert any("another user" in text for text in look(person)[0])


def test_a_linked_folder(person, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    person.journal.parent.symlink_to(elsewhere)
    person.start()
    person.serve()
    looks, found = look(person)
    assert looks == []
    assert any("link to %s" % elsewhere in one["text"] for one in found["findings"])


SHIM = """
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
int statfs(const char *path, struct statfs *ret) {
    (void)path;
    memset(ret, 0, sizeof *ret);
    ret->f_type = (__typeof__(ret->f_type))strtoul(getenv("FILE_SYSTEM"), NULL, 0);
    return 0;
}
"""


@pytest.mark.parametrize("kind,words,needs_a_look", [("0x4d44", "(FAT) keeps no modes", True),
                                                     ("0xfe534d42", "another machine (SMB)", True),
                                                     ("0x65735546", "of a program (FUSE)", False),
                                                     ("0xef53", "alone can read it", False)])
def test_file_systems(person, caller, tmp_path, kind, words, needs_a_look):
    """What statfs() says is put into its mouth: few machines could mount these."""
    fill(caller, 1)
    (tmp_path / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "shim.so", tmp_path / "shim.c"], check=True)
    person.env |= {"LD_PRELOAD": str(tmp_path / "shim.so"), "FILE_SYSTEM": kind}
    if b"__asan_init" in pathlib.Path(BUILD, "kindly").read_bytes():
        person.env["ASAN_OPTIONS"] = "verify_asan_link_order=0"
    looks, found = look(person)
    (text,) = [one["text"] for one in found["findings"] if words in one["text"]]
    assert looks == ([text] if needs_a_look else [])


def test_damage_is_found_and_mended(person, caller, daemon):
    fill(caller)
    daemon.end()
    damage(person.journal)
    looks, _found = look(person)
    assert any("Damaged" in text and "--mend" in text for text in looks)
    assert list(person.journal.parent.glob("*.damaged-*")) == []  # it only looked
    before = person.journal.read_bytes()
    daemon = person.start()
    status, _out, told = person.run("kindly", "doctor", "--mend")
    assert status == 1 and "systemctl --user stop kindlyd" in told
    daemon.end()
    part = person.journal.with_name("journal.db.rescue-part")
    part.mkdir()
    status, _out, told = person.run("kindly", "doctor", "--mend")
    assert status == 1 and told.startswith("kindly: ") and person.journal.read_bytes() == before
    part.rmdir()
    status, out = doctor(person, "--mend")
    (aside,) = person.journal.parent.glob("*.damaged-*")
    assert status == 1 and str(aside) in out.replace("\n          ", "")
    assert aside.read_bytes() == before
    person.start()
    caller = person.caller()
    assert caller.get("Problem") == ""  # it was seen
    lines = [one["note"] for one in caller.entries()]
    assert 50 < len(lines) < 60 and all(line.startswith(WORDS) for line in lines)
    looks, found = look(person)
    assert looks == []
    assert [(one["kind"], one["path"], one["mode"]) for one in found["copies"]] == [("damaged", str(aside), 0o600)]
    os.truncate(aside, 2_540_000)
    assert any("(2.5 MB): " in one["text"] for one in look(person)[1]["findings"])


def test_damage_that_keeps_it_closed(person, caller, daemon):
    fill(caller)
    daemon.end()
    with open(person.journal, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)
    looks, _found = look(person)
    assert any("kindly doctor --mend does that now." in text for text in looks)


def test_what_was_told_ends_when_it_was_seen(person, screen):
    assert screen
    person.start().end()
    person.journal.write_bytes(b"no database " * 1000)
    person.start()
    caller = person.caller()
    assert "kindly doctor" in caller.get("Problem")
    looks, _found = look(person)
    assert len(looks) == 1 and "was damaged" in looks[0]
    assert caller.get("Problem") == ""
    assert look(person)[0] == []


def test_a_newer_version(person, caller, daemon):
    """It is read as far as it is known, and never written; prompts run unrecorded, and that is told."""
    fill(caller, 2)
    daemon.end()
    db = sqlite3.connect(person.journal)
    db.executescript("PRAGMA user_version = 99; ALTER TABLE event ADD COLUMN later TEXT")
    db.close()
    before = person.journal.read_bytes()
    daemon = person.start()
    caller = person.caller()
    assert "newer version" in caller.get("Problem")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    status, out, told = person.run("kindly", "journal")
    assert status == 0 and WORDS + " 1" in out and "newer version" in told
    looks, found = look(person)
    assert len(looks) == 2 and all("newer version" in text for text in looks)
    assert found["journal"]["version"] == 99
    daemon.end()
    assert person.journal.read_bytes() == before


# --- backup ---

def rows(path):
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute("SELECT * FROM event ORDER BY seq").fetchall()
    finally:
        db.close()


def test_backup_and_back(person, caller, daemon, tmp_path):
    fill(caller, 5)
    copy = tmp_path / "copy.db"
    status, out, told = person.run("kindly", "backup", str(copy))
    assert (status, told) == (0, "") and "5 entries" in out and "not encrypted" in out
    assert copy.stat().st_mode & 0o777 == 0o600
    was = rows(copy)
    status, out, told = person.run("kindly", "backup", str(copy))
    assert status == 1 and "--force" in told
    caller.call("Note", "one more", False)
    status, out, told = person.run("kindly", "backup", "--force", str(copy))
    assert (status, told) == (0, "") and len(rows(copy)) == len(was) + 1
    # And back, as the manual says.
    caller.call("Note", "after the copy", False)
    daemon.end()
    shutil.copy(copy, person.journal)
    for name in ("journal.db-wal", "journal.db-shm"):
        (person.journal.parent / name).unlink(missing_ok=True)
    person.start()
    assert [one["note"] for one in person.caller().entries()][-1] == "one more"


def test_backup_while_the_daemon_writes(person, caller, tmp_path):
    """Each copy is a whole moment: lines 0 to n without a hole."""
    fill(caller, 200)
    copier = subprocess.Popen(["sh", "-c", 'for i in 1 2 3 4 5 6 7 8; do "$0" backup "$1/copy-$i.db" || exit; done',
                               os.path.join(BUILD, "kindly"), str(tmp_path)], env=person.env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    number = 200
    while copier.poll() is None:
        caller.call("Note", "%s %d" % (WORDS, number), False)
        number += 1
    assert copier.communicate()[1] == b"" and copier.returncode == 0
    last = 0
    for one in range(1, 9):
        path = tmp_path / ("copy-%d.db" % one)
        db = sqlite3.connect(path)
        numbers = [int(note.split()[1]) for (note,) in db.execute("SELECT note FROM event WHERE kind = 'noted'")]
        db.close()
        assert sorted(numbers) == list(range(len(numbers))) and len(numbers) >= last
        last = len(numbers)
    assert caller.get("Problem") == ""


def test_backup_says_why_not(person, caller, tmp_path):
    status, _out, told = person.run("kindly", "backup", str(tmp_path / "none" / "copy.db"))
    assert status == 1 and "No such file" in told
    status, _out, told = person.run("kindly", "backup", "--force", str(person.journal))
    assert status == 1 and "the journal itself" in told
    status, _out, told = person.run("kindly", "backup", "--force", str(tmp_path))
    assert status == 1 and "not a file" in told
    assert person.run("kindly", "backup")[0] == 2
    fill(caller)
    assert caller.get("Problem") == ""


def test_backup_without_a_journal(person, tmp_path):
    status, _out, told = person.run("kindly", "backup", str(tmp_path / "copy.db"))
    assert status == 1 and "nothing is written yet" in told
    assert not (tmp_path / "copy.db").exists()


def test_backup_of_a_damaged_journal(person, caller, daemon, tmp_path):
    fill(caller)
    daemon.end()
    damage(person.journal)
    status, _out, told = person.run("kindly", "backup", str(tmp_path / "copy.db"))
    assert status == 1 and "damaged" in told and "kindly doctor" in told
    assert list(tmp_path.glob("copy.db*")) == []
