"""The journal taken along and erased: export, import, forget, on a real daemon."""

import json
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import PATIENCE, Person  # noqa: E402
from rig_presenter import BUILD  # noqa: E402
from rig_sync import Change, Device, fixture_laptop  # noqa: E402

DONE, FAILED, USAGE = 0, 1, 2
SECRET = "a-most-private-sentence"


def strings(folder):
    """What strings(1) finds in all files below a folder."""
    files = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    return subprocess.run(["strings", "-a", "-n", "8", *files], check=True, capture_output=True,
                          timeout=PATIENCE).stdout.decode()


# ---- Export and import ----


def lived(laptop):
    laptop.wrote_lately("A line\nof *two* <lines>.")
    card = laptop.show("care")
    laptop.call("Answer", card, "helpful", "It helped.")
    card = laptop.show("noticing")
    laptop.call("Snooze", card, 3600 * 1000000)
    laptop.call("Dismiss", card)
    gone = laptop.call("Note", SECRET, False)
    laptop.call("Forget", gone)


def test_there_and_back(laptop, tmp_path):
    lived(laptop)
    file = tmp_path / "journal.jsonl"
    assert laptop.run("kindly", "export", str(file)) == (DONE, "", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == laptop.run("kindly", "export", "--format=jsonl")[1]
    assert SECRET not in file.read_text()
    other = Device(tmp_path, "desktop")
    try:
        assert other.run("kindly", "import", str(file)) == (DONE, "Taken in: 4 entries.\n", "")
        assert other.run("kindly", "import", str(file)) == (DONE, "Everything in it was there already.\n", "")
        assert other.exported() == laptop.exported() and other.rows() == laptop.rows()
        assert other.call("ListOpen") == []
        other.show("own")
    finally:
        other.stop()


def test_many(laptop, tmp_path):
    """More than one portion; and a mistake at the very end, which keeps all of it out."""
    def line(number, more=""):
        id = "01977a3e-0000-7000-8000-%012x" % number
        return '{"version":1,"id":"%s","entry":"%s","device":"11111111-2222-4333-8444-555555555555","kind":"noted",' \
               '"time_usec":%d,"note":"%s"%s}\n' % (id, id, 1750000000000000 + number, "n" * 600, more)
    file = tmp_path / "many.jsonl"
    file.write_text("".join(line(n) for n in range(1, 4001)) + line(4001, ',"step":-1'))
    status, out, err = laptop.run("kindly", "import", str(file))
    assert (status, out) == (FAILED, "") and err.startswith(f"kindly: {file}: line 4001: step is out of range")
    assert laptop.rows() == []
    file.write_text("".join(line(n) for n in range(1, 4001)) + line(4001).rstrip("\n"))
    assert laptop.run("kindly", "import", str(file)) == (DONE, "Taken in: 4001 entries.\n", "")


def test_markdown(laptop):
    laptop.env["TZ"] = "UTC"
    lived(laptop)
    status, out, err = laptop.run("kindly", "export", "--format", "markdown")
    assert (status, err) == (DONE, "")
    lines = out.splitlines()
    assert lines[0] == "# Journal" and lines[2].startswith("## ")
    assert lines[4].endswith("** *Kept*") and lines[6:8] == ["> A line", "> of \\*two\\* \\<lines\\>."]
    assert "> It helped." in lines and any(line.endswith(" *Helpful*") for line in lines)
    assert any(line.endswith(" *Put off · Put away*") for line in lines) and lines[-1].endswith("*(erased)*")


@pytest.mark.parametrize("text, quoted", [
    ("# no heading\n- no list\n1. nor this\n2) nor that", "> \\# no heading\n> \\- no list\n> 1\\. nor this\n> 2\\) nor that"),
    ("    no code\n\n\ttab", "> no code\n>\n> tab"),
    ("`a` [b](c) ~d~ &amp; \\", "> \\`a\\` \\[b\\](c) \\~d\\~ \\&amp; \\\\"),
    ("3.14 and 1", "> 3\\.14 and 1"),
    ("one\ttab", "> one tab"),
])
def test_markdown_reads_as_it_was_written(laptop, text, quoted):
    laptop.call("Note", text, False)
    assert laptop.run("kindly", "export", "--format", "markdown")[1].endswith(f"\n\n{quoted}\n")


def test_markdown_has_a_prompt_on_one_line(laptop, tmp_path):
    file = tmp_path / "lines.jsonl"
    id, device = "01977a3e-0000-7000-8000-000000000001", "11111111-2222-4333-8444-555555555555"
    event = {"version": 1, "id": id, "entry": id, "device": device, "kind": "shown", "theme": "care",
             "prompt": "care-001", "text": "Rest.\nOr\n- not.", "time_usec": 1750000000000000}
    file.write_text(json.dumps(event) + "\n")
    assert laptop.run("kindly", "import", str(file))[0] == DONE
    assert "** Rest. Or \\- not." in laptop.run("kindly", "export", "--format", "markdown")[1]


def test_export_ranges(laptop):
    laptop.call("Note", "now", False)
    assert laptop.run("kindly", "export", "--since", "+1h")[1] == ""
    assert laptop.run("kindly", "export", "--until", "1h ago")[1] == ""
    assert len(laptop.run("kindly", "export", "--since", "1h ago", "--until", "+1h")[1].splitlines()) == 1


def test_export_replaces_a_file_whole_or_not_at_all(laptop, tmp_path):
    laptop.call("Note", SECRET, False)
    folder = tmp_path / "out"
    folder.mkdir()
    file, link = folder / "file", folder / "link"
    file.write_text("before")
    file.chmod(0o644)
    link.symlink_to(file)
    assert laptop.run("kindly", "export", str(link))[0] == DONE
    assert link.is_symlink() and SECRET in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(folder.iterdir()) == [file, link]
    status, _out, err = laptop.run("kindly", "export", "/dev/full")
    assert status == USAGE and "no regular file" in err
    assert laptop.run("kindly", "export", str(folder))[0] == FAILED
    assert laptop.run("kindly", "export", str(tmp_path / "none" / "file"))[0] == FAILED
    small = tmp_path / "small"  # a file larger than may be written: what was there stays
    small.write_text("before")
    status, _out, err = laptop.run("sh", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$0" export "$1"',
                                   os.path.join(BUILD, "kindly"), str(small))
    assert status == FAILED and "File too large" in err and small.read_text() == "before"
    assert [path.name for path in tmp_path.glob(".kindly-*")] == []


def test_without_a_daemon_or_a_journal(tmp_path):
    person = Person(tmp_path)
    try:
        assert person.run("kindly", "export") == (FAILED, "", "kindly: there is no journal yet\n")
        file = tmp_path / "empty"
        file.write_text("{}\n")
        assert person.run("kindly", "import", str(file))[0] == FAILED
        assert person.run("kindly", "import", str(tmp_path / "none"))[0] == FAILED
        assert person.run("kindly", "import", str(tmp_path))[0] == FAILED
        assert person.run("kindly", "sync", str(tmp_path))[0] == 3
        assert not person.journal.exists()
    finally:
        person.stop()


# ---- Erasing ----


def test_forgotten_words_are_nowhere(laptop):
    """In the journal, its log, copies beside it, later exports, the synced file; also after a restart."""
    before = laptop.journal.parent / "journal.db.v0"
    laptop.call("Note", "innocent", False)
    shutil.copy(laptop.journal, before)
    with sqlite3.connect(laptop.journal) as database:
        database.execute("VACUUM INTO ?", (str(before) + ".tmp",))
    os.replace(str(before) + ".tmp", before)
    entry = laptop.call("Note", SECRET, True)
    laptop.synced()
    copies = [laptop.journal.parent / name for name in ("journal.db.v1", "journal.db.damaged-20261125T101112",
                                                        "journal.db.v2-wal")]
    with sqlite3.connect(laptop.journal) as database:
        for copy in copies[:2]:
            database.execute("VACUUM INTO ?", (str(copy),))
    shutil.copy(str(laptop.journal) + "-wal", copies[2])
    elsewhere = laptop.journal.parent / "journal.db.damaged-20261124T000000"
    elsewhere.write_bytes(b"nothing of it" * 1000)
    assert SECRET in strings(laptop.journal.parent)
    status, out, err = laptop.run("kindly", "forget", entry)
    assert (status, err) == (DONE, "")
    told = " ".join(out.split())
    for copy in copies[:2]:
        assert f"{copy}, a copy of the journal, held it too and was deleted." in told
    assert f"{elsewhere.name} is a damaged journal that was set aside." in told and before.name not in told
    for _ in range(2):
        assert SECRET not in strings(laptop.journal.parent) and SECRET not in strings(laptop.shared)
        assert sorted(path.name for path in laptop.journal.parent.iterdir() if path.name[:12] in
                      ("journal.db.v", "journal.db.d")) == [elsewhere.name, before.name]
        assert SECRET not in "".join(laptop.exported())
        laptop.daemon.end()
        laptop.daemon = laptop.start()


def test_a_journal_set_aside_outlives_what_was_erased_before(laptop, tmp_path):
    """A new journal that takes in that something was forgotten long ago leaves the damaged one alone."""
    laptop.call("Forget", laptop.call("Note", SECRET, False))
    laptop.call("Note", "innocent", False)
    file = tmp_path / "journal.jsonl"
    assert laptop.run("kindly", "export", str(file))[0] == DONE
    laptop.daemon.end()
    aside = laptop.journal.parent / "journal.db.damaged-20261125T101112"
    laptop.journal.rename(aside)
    laptop.daemon = laptop.start()
    assert laptop.run("kindly", "import", str(file))[1] == "Taken in: 2 entries.\n"
    assert aside.exists()
    innocent, = [row["id"] for row in laptop.rows() if "note" in row]
    assert laptop.run("kindly", "forget", innocent)[0] == DONE
    assert not aside.exists()


def test_forgotten_words_while_another_reads(laptop):
    """It is said that they aren't gone yet; and then they go without anybody asking again."""
    entry = laptop.call("Note", SECRET, False)
    reader = sqlite3.connect(laptop.journal, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT note FROM event").fetchall() == [(SECRET,)]
    status, out, err = laptop.run("kindly", "forget", entry)
    assert (status, out) == (FAILED, "") and "another program reads the journal" in err
    assert SECRET in strings(laptop.journal.parent)
    change = laptop.keep(Change(str(laptop.journal) + "-wal"))
    reader.close()
    while SECRET in strings(laptop.journal.parent):
        change.wait()
    assert "(erased)" in laptop.run("kindly", "journal")[1]


@pytest.mark.parametrize("how", ["--since", "--everything"])
def test_forget_many(laptop, how):
    laptop.call("Note", SECRET + "1", False)
    laptop.call("Answer", laptop.call("Prompt", "care"), "okay", SECRET + "2")
    laptop.synced()
    shutil.copy(laptop.journal, str(laptop.journal) + ".v1")
    shutil.copy(str(laptop.journal) + "-wal", str(laptop.journal) + ".v1-wal")
    assert laptop.run("kindly", "forget", "--everything")[0] == USAGE
    arguments = {"--since": ["--since", "1h ago"], "--everything": ["--everything", "--yes"]}[how]
    status, out, err = laptop.run("kindly", "forget", *arguments)
    assert (status, err) == (DONE, "") and out.startswith("Erased 2 entries.\n")
    assert SECRET not in strings(laptop.journal.parent) and SECRET not in strings(laptop.shared)
    assert laptop.run("kindly", "forget", *arguments)[1] == "There was nothing to erase.\n"
