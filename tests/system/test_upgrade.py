"""A newer kindly with what an older one left behind: the journal and the schedule of every version that came out, in
tests/upgrade/VERSION, and of this one as it is."""

import contextlib
import json
import pathlib
import re
import shutil
import sqlite3

import pytest

import rig_upgrade
from rig import fixture_person  # noqa: F401
from rig_presenter import ROOT

KEPT = sorted(path.name for path in pathlib.Path(ROOT, "tests/upgrade").iterdir())


def test_the_versions_that_are_kept():
    """One that came out can't be left out later: the changelog knows them."""
    changes = pathlib.Path(ROOT, "CHANGELOG.md").read_text(encoding="utf-8")
    assert KEPT and set(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.M)) == set(KEPT)


@pytest.fixture(name="old", params=[*KEPT, "as it is"])
def fixture_old(request, tmp_path):
    """The folder of a version."""
    if request.param in KEPT:
        return pathlib.Path(ROOT, "tests/upgrade", request.param)
    rig_upgrade.make(tmp_path / "as it is")
    return tmp_path / "as it is"


def upgrade(person, old):
    """The person's files are now those."""
    person.journal.parent.mkdir(mode=0o700)
    shutil.copy(old / "journal.db", person.journal)
    person.journal.chmod(0o600)
    shutil.copy(old / "kindly.conf", person.config)


def version(journal, number=None):
    """The version of its tables; `number` becomes it."""
    with contextlib.closing(sqlite3.connect(journal)) as database:
        if number is not None:
            database.execute(f"PRAGMA user_version = {number}")
        return database.execute("PRAGMA user_version").fetchone()[0]


def holds(found, wanted):
    """All that was there is there, and the same; there may be more."""
    if isinstance(wanted, dict):
        return wanted.keys() <= found.keys() and all(holds(found[key], wanted[key]) for key in wanted)
    return found == wanted


def test_nothing_is_lost(person, old):
    upgrade(person, old)
    wanted = json.loads((old / "expected.json").read_text(encoding="utf-8"))
    status, out, told = person.run("kindly", "check", str(person.config))
    assert status == 0, out + told
    person.serve()
    daemon = person.start()
    caller = person.caller()
    assert caller.get("Problem") == ""
    found = rig_upgrade.said(person, caller)
    for table in ("events", "entries"):
        rows = {row["id"]: row for row in found[table]}
        for row in wanted[table]:
            assert holds(rows[row["id"]], row), (row, rows[row["id"]])
    for name in ("open", "paused_until_usec"):
        assert found[name] == wanted[name], name
    assert found["week"] == [tuple(row) for row in wanted["week"]]

    caller.call("Answer", wanted["open"][0]["id"], "helpful", "and it goes on")
    hard = caller.call("Prompt", "hard")
    assert rig_upgrade.HARD in next(row["text"] for row in caller.open() if row["id"] == hard)
    assert rig_upgrade.SECRET.encode() not in person.journal.read_bytes()
    assert daemon.end() == 0
    person.start()
    assert any(row.get("note") == "and it goes on" for row in person.caller().entries())


def test_tables_of_a_newer_version_are_left_alone(person, old):
    """Back to an older version: it says so, and what is new stays as it is."""
    upgrade(person, old)
    version(person.journal, version(person.journal) + 1000)
    before = person.journal.read_bytes()
    person.start()
    caller = person.caller()
    assert "was written by a newer version of kindly, and is left as it is" in caller.get("Problem")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    assert person.journal.read_bytes() == before
