"""The journal's folder: no link in it is followed, and nothing in it can be read by others, whatever the umask."""

import os
import stat
import subprocess

import pytest

from rig import BUILD, fixture_person  # noqa: F401

VICTIM = "SOMEBODY ELSE'S FILE\n"
# What kindly gives to a file beside the journal; those of SQLite, each of which may keep the journal from being opened.
OURS = [".sync", ".notice", ".rescue", ".rescue-part", ".rescue-wal", ".v0", ".v1", ".v1-wal",
        ".damaged-20200101-000000", ".damaged-20200101-000000-wal"]
ENDINGS = [[""], ["-wal"], ["-shm"], ["-journal"], OURS]
WITHOUT_UMASK = ["sh", "-c", 'umask 000; exec "$@"', "sh"]


def live(person):
    """All that writes or reads there; what it says."""
    shared = person.folder / "shared"
    shared.mkdir(exist_ok=True)
    told = ""
    for verb in (["doctor"], ["note", "SECRETWORDS"], ["sync", str(shared)], ["doctor", "--json"],
                 ["backup", str(person.folder / "copy.db")], ["export", str(person.folder / "export.jsonl")],
                 ["forget", "--everything", "--yes"], ["journal"], ["doctor"]):
        done = subprocess.run([*WITHOUT_UMASK, os.path.join(BUILD, "kindly"), *verb], env=person.env, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
        told += done.stdout.decode()
    return told


@pytest.mark.parametrize("endings", ENDINGS, ids=["journal", "wal", "shm", "rollback", "ours"])
def test_no_link_is_followed(person, endings):
    victim, nowhere = person.folder / "victim", person.folder / "nowhere"
    victim.write_text(VICTIM)
    victim.chmod(0o644)
    person.begin_journal()
    for target in victim, nowhere:
        for ending in endings:
            path = person.journal.with_name("journal.db" + ending)
            path.unlink(missing_ok=True)
            path.symlink_to(target)
        daemon = person.start(inside=WITHOUT_UMASK)
        told = live(person)
        assert daemon.end() == 0
        assert VICTIM.strip() not in told + daemon.stderr()
        assert (victim.read_text(), stat.S_IMODE(victim.stat().st_mode)) == (VICTIM, 0o644)
        assert not nowhere.exists()


@pytest.mark.parametrize("damaged", [False, True])
def test_nobody_else_can_read(person, damaged):
    if damaged:
        person.begin_journal()
        with open(person.journal, "r+b") as journal:
            journal.seek(100)
            journal.write(b"\xff" * 4000)
    daemon = person.start(inside=WITHOUT_UMASK, first=not damaged)
    seen = set()
    for step in range(2):
        live(person)
        for folder, _, names in os.walk(person.folder / "state"):
            for name in names:
                path = os.path.join(folder, name)
                seen.add(name)
                assert stat.S_IMODE(os.lstat(path).st_mode) & 0o7077 == 0, path
        for made in "copy.db", "export.jsonl":
            path = person.folder / made
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            path.unlink()
        for path in (person.folder / "shared").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert step or {"journal.db", "journal.db-wal", "journal.db-shm", "journal.db.sync"} <= seen
    assert stat.S_IMODE(person.journal.parent.stat().st_mode) == 0o700
    assert daemon.end() == 0
