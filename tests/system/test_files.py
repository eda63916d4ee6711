"""Files as people and programs change them while the daemon runs: a schedule written, renamed, linked, deleted, made,
mistaken; decks; a journal that can't be written. A change is noticed without being told."""

import contextlib
import os
import shutil
import sqlite3

import pytest

from rig import (FAR_AWAY, HOUR, NOBODY, Refused, at_second, now_usec,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from test_daemon import entry, prompt, row

BAD = 'reminders = ( { name = "far"; att = "12:00"; } );\n'


def far(name):
    return FAR_AWAY.replace('"far"', '"%s"' % name)


def reminder_is(caller, name):
    """Waits until the schedule with that reminder is in force."""
    caller.changed("NextReminder", lambda value: value == name)


def replace(path, text):
    """As editors do: another file, renamed over it."""
    other = path.with_name(".kindly.conf.new")
    other.write_text(text, encoding="utf-8")
    other.rename(path)


# --- the schedule changes ---

def test_written_in_place(person, caller):
    for name in ("one", "two", "three"):
        person.config.write_text(far(name), encoding="utf-8")
        reminder_is(caller, name)


def test_renamed_over(person, caller):
    for name in ("one", "two", "three"):
        replace(person.config, far(name))
        reminder_is(caller, name)


def test_deleted_and_made(person, caller):
    person.config.unlink()
    caller.changed("NextReminder", lambda value: value != "far")  # the shipped one
    person.config.write_text(far("again"), encoding="utf-8")
    reminder_is(caller, "again")


def test_made_for_the_first_time(person, screen):
    assert screen
    shutil.rmtree(person.folder / "config")
    person.start()
    caller = person.caller()
    assert caller.get("Problem") == ""
    person.config.write_text(far("first"), encoding="utf-8")
    reminder_is(caller, "first")


def test_folder_deleted_and_made(person, caller):
    shutil.rmtree(person.config.parent)
    caller.changed("NextReminder", lambda value: value != "far")
    person.config.parent.mkdir()
    person.config.write_text(far("again"), encoding="utf-8")
    reminder_is(caller, "again")
    person.config.write_text(far("and-again"), encoding="utf-8")
    reminder_is(caller, "and-again")


def test_folder_moved_and_linked(person, caller, tmp_path):
    """As dotfile managers do with a folder that is there."""
    dotfiles = tmp_path / "dotfiles"
    person.config.parent.rename(dotfiles)
    person.config.parent.symlink_to(dotfiles)
    (dotfiles / "kindly.conf").write_text(far("linked"), encoding="utf-8")
    reminder_is(caller, "linked")
    replace(dotfiles / "kindly.conf", far("renamed"))
    reminder_is(caller, "renamed")


@pytest.mark.parametrize("links", [1, 2, 3])
def test_behind_links(person, screen, tmp_path, links):
    """The file in its own folder, links to it in others, each relative to where it stands."""
    assert screen
    person.config.unlink()
    at = person.config
    for i in range(links):
        folder = tmp_path / ("dotfiles%d" % i)
        folder.mkdir()
        at.symlink_to(os.path.relpath(folder / "kindly.conf", at.parent))
        at = folder / "kindly.conf"
    at.write_text(far("first"), encoding="utf-8")
    person.start()
    caller = person.caller()
    assert caller.get("NextReminder") == "first"
    at.write_text(far("written"), encoding="utf-8")
    reminder_is(caller, "written")
    replace(at, far("renamed"))
    reminder_is(caller, "renamed")
    other = tmp_path / "elsewhere.conf"
    other.write_text(far("elsewhere"), encoding="utf-8")
    person.config.unlink()
    person.config.symlink_to(other)
    reminder_is(caller, "elsewhere")
    replace(other, far("and-renamed"))
    reminder_is(caller, "and-renamed")


def test_a_link_into_nothing_is_filled(person, screen, tmp_path):
    assert screen
    person.config.unlink()
    person.config.symlink_to(tmp_path / "not" / "yet" / "kindly.conf")
    person.start()
    caller = person.caller()
    (tmp_path / "not" / "yet").mkdir(parents=True)
    (tmp_path / "not" / "yet" / "kindly.conf").write_text(far("filled"), encoding="utf-8")
    reminder_is(caller, "filled")


def test_a_link_to_itself(person, screen):
    assert screen
    person.config.unlink()
    person.config.symlink_to(person.config)
    person.start()
    caller = person.caller()
    person.config.unlink()
    person.config.write_text(far("mended"), encoding="utf-8")
    reminder_is(caller, "mended")


def test_config_option(person, screen, tmp_path):
    assert screen
    path = tmp_path / "mine.conf"
    path.write_text(far("mine"), encoding="utf-8")
    person.start("--config", str(path))
    caller = person.caller()
    assert caller.get("NextReminder") == "mine"
    replace(path, far("changed"))
    reminder_is(caller, "changed")


# --- mistakes ---

def test_bad_on_reload(person, caller, daemon):
    person.config.write_text(BAD, encoding="utf-8")
    problem = caller.changed("Problem", bool)
    assert "kindly.conf:1: " in problem and "att" in problem and problem.endswith("the schedule in force stays")
    name, told = caller.refused("Reload")
    assert name == "Config"
    assert all("kindly.conf:1: " in line for line in told.splitlines()) and "att" in told
    assert caller.get("NextReminder") == "far"
    person.config.write_text(far("mended"), encoding="utf-8")
    reminder_is(caller, "mended")
    assert caller.get("Problem") == ""
    assert "kindly.conf:1: " in daemon.stderr()


def test_every_mistake_is_told(person, caller):
    person.config.write_text(FAR_AWAY + "".join('wrong%d = 1;\n' % i for i in range(50)), encoding="utf-8")
    problem = caller.changed("Problem", bool)
    assert len(problem) < 500 and "kindly.conf:2: " in problem and "49 more" in problem
    _, told = caller.refused("Reload")
    assert len(told.splitlines()) == 50 and "kindly.conf:51: " in told.splitlines()[-1]


MANY = FAR_AWAY + "".join("wrong%d = 1;\n" % i for i in range(200))


@pytest.mark.parametrize("text", [BAD, "reminders = (", "\0", "", "x" * 2000000, MANY],
                         ids=["key", "syntax", "nul", "empty", "large", "many"])
def test_bad_at_the_start(person, screen, text):
    person.config.write_text(text, encoding="utf-8")
    person.start()
    caller = person.caller()
    problem = caller.get("Problem")
    assert "kindly.conf" in problem and problem.endswith("the shipped default is in force")
    assert caller.get("NextReminder") in ("daytime", "")
    told = screen.next()
    assert (told["event"], told["summary"]) == ("notify", "Your schedule has a mistake")
    assert "kindly.conf" in told["body"]
    while not caller.open()[0]["on_screen"]:
        pass
    (notice,) = caller.open()
    assert notice["choices"] == [("okay", "Okay")]
    screen.do("action", id=told["id"], key="okay")
    caller.changed("OpenCount", lambda count: count == 0)
    assert caller.entries() == []  # it is no prompt
    person.schedule()
    caller.changed("Problem", lambda value: value == "")
    assert screen.next()["event"] == "close"
    screen.do("set")
    assert screen.events == []


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_not_a_file(person, screen, make):
    assert screen
    person.config.unlink()
    make(person.config)
    person.start()
    assert "kindly.conf" in person.caller().get("Problem")


# --- what a reload keeps ---

def test_reload_keeps_what_is_open(person, caller, screen, daemon):
    put_off, asked = prompt(caller, screen)
    until = caller.call("Snooze", put_off, HOUR)
    assert screen.next() == {"event": "close", "id": asked["id"]}
    shown, _ = prompt(caller, screen, "three-breaths")
    caller.call("Answer", shown, "next", "")
    screen.next()
    before = caller.open()
    person.schedule(far("other"))
    daemon.told("RELOADING=1", "READY=1")
    assert [one["reminder"] for one in caller.call("ListUpcoming", 2)] == ["", "other"]
    after = caller.open()
    for was, one in zip(before, after):
        was.pop("until_usec", None), one.pop("until_usec", None)
        assert one == was
    assert len(after) == 2 and abs(caller.get("NextElapseUSec") - until) < 60000000
    screen.do("set")
    assert screen.events == [] and daemon.process.poll() is None


def test_a_new_reminder_starts_now(person, caller, screen):
    hour_ago = now_usec() // 1000000 - 3600
    person.schedule('reminders = ( { name = "past"; at = "@%d"; },\n'
                    '{ name = "hourly"; at = "hourly"; hold_for = "1d"; } );\n' % hour_ago)
    reminder_is(caller, "hourly")
    assert caller.get("NextElapseUSec") > now_usec() - 1000000
    assert caller.entries() == [] and caller.open() == []
    screen.do("set")
    assert screen.events == []


def test_waiting_for_a_reminder_that_is_gone(person, caller):
    caller.call("Hold", "a talk")
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % at_second(1)[1])
    caller.changed("OpenCount", lambda count: count == 1)
    waiting = caller.open()[0]["id"]
    person.schedule()
    assert caller.next("Closed") == (waiting, "missed")
    assert entry(caller, waiting)["rule"] == "removed"


# --- decks ---

DECK = 'theme = "humanity"; language = "en"; prompts = ( { id = "mine-%d"; text = "My own words %d."; } );\n'


@pytest.mark.parametrize("place", ["", "en"])
def test_a_deck_is_added_and_taken_away(person, screen, place):
    """In a folder that was not there when the daemon started; the shipped decks are left out."""
    decks = person.folder / "decks"
    person.start("--decks", str(decks))
    caller = person.caller()
    assert caller.refused("Prompt", "humanity")[0] == "NoPrompt"
    folder = decks / place
    folder.mkdir(parents=True)
    for i in range(2):
        replace(folder / "mine.conf", DECK % (i, i))
        for _ in range(100000):  # decks are no property: nothing tells when they are in use
            try:
                caller.call("Prompt", "humanity")
            except Refused:
                continue
            if caller.open()[0]["prompt"] == "mine-%d" % i:
                break
        assert caller.open()[0]["text"] == "My own words %d." % i
    assert screen


def test_own_decks_are_noticed(person, caller, screen, daemon):
    """$XDG_DATA_HOME/kindly/decks needn't be there at the start."""
    (person.folder / "data/kindly/decks/en").mkdir(parents=True, exist_ok=True)
    daemon.told("RELOADING=1", "READY=1")
    deck = person.folder / "data/kindly/decks/en/mine.conf"
    deck.write_text('practices = ( { id = "my-way"; title = "My way"; steps = ("One.", "Two."); } );\n',
                    encoding="utf-8")
    daemon.told("RELOADING=1", "READY=1")
    card, asked = prompt(caller, screen, "my-way")
    assert asked["body"] == "One." and row(caller, card)["steps"] == 2


def test_a_bad_deck_is_left_out(person, screen):
    deck = person.folder / "data/kindly/decks/mine.conf"
    deck.parent.mkdir(parents=True)
    deck.write_text('theme = "humanity"; prompts = ( { id = "x"; txt = "..."; } );\n', encoding="utf-8")
    daemon = person.start()
    prompt(person.caller(), screen)
    assert "mine.conf:1: " in daemon.stderr()


# --- the journal ---

@pytest.fixture(name="no_journal")
def fixture_no_journal(person):
    """A folder that nothing can be written to: for root, a file in its place."""
    folder = person.journal.parent
    if os.geteuid() == 0:
        folder.write_text("", encoding="utf-8")
        return folder.unlink
    folder.mkdir(mode=0o500)
    return lambda: folder.chmod(0o700)


def test_without_a_journal(person, screen, no_journal):
    daemon = person.start()
    caller = person.caller()
    assert "journal" in caller.get("Problem")
    for member, arguments in (("Note", ("a line", False)), ("Prompt", ("",)), ("Pause", (now_usec() + HOUR,)),
                              ("ListEntries", (0, 1, 0)), ("ResetLearning", ()), ("Forget", (NOBODY,)),
                              ("ForgetRange", (0, 1)), ("Explain", (NOBODY,))):
        assert caller.refused(member, *arguments)[0] == "Journal", member
    with open(person.config, "rb") as file:
        assert caller.refused("Import", file)[0] == "Journal"
    assert caller.get("PausedUntilUSec") == 0 and caller.open() == []
    person.schedule('reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % at_second(1)[1])
    assert caller.next("Shown")[1] == "soon"
    asked = screen.next()
    assert asked["event"] == "notify"
    assert caller.refused("Answer", "", "helpful", "")[0] == "Journal"
    assert caller.open()[0]["state"] == "shown"
    no_journal()
    caller.call("Note", "a line", False)
    assert caller.get("Problem") == ""
    assert [one["note"] for one in caller.entries() if "note" in one] == ["a line"]
    caller.call("Answer", "", "helpful", "")
    assert daemon.stderr().count("kindlyd: The journal") == 1


def test_a_journal_that_comes_back(person, screen):
    """What was open in it before joins what is open now; nothing of it is lost."""
    first = person.start()
    caller = person.caller()
    put_off = caller.call("Prompt", "care")
    assert screen.next()["event"] == "notify"
    caller.call("Snooze", put_off, 5 * HOUR)
    first.end()
    away = person.journal.parent.rename(person.journal.parent.with_name("away"))
    person.journal.parent.write_text("", encoding="utf-8")
    person.start()
    caller = person.caller()
    assert "journal" in caller.get("Problem") and caller.open() == []
    person.journal.parent.unlink()
    away.rename(person.journal.parent)
    caller.call("Note", "a line", False)
    assert [(one["id"], one["state"]) for one in caller.open()] == [(put_off, "snoozed")]
    assert caller.get("Problem") == ""


def test_more_open_than_there_may_be(person, screen):
    """A journal that is sound and can't be taken up: that is told, nothing in it is touched, and it is tried again."""
    assert screen
    daemon = person.start()
    caller = person.caller()
    caller.call("Snooze", caller.call("Prompt", "care"), HOUR)
    daemon.end()
    with contextlib.closing(sqlite3.connect(person.journal)) as db, db:
        columns = [column for _, column, *_ in db.execute("PRAGMA table_info(open)")][2:]
        for place in range(100, 164):
            db.execute("INSERT INTO open SELECT ?, randomblob(16), %s FROM open WHERE place < 100" % ", ".join(columns),
                       (place,))
    daemon = person.start()
    caller = person.caller()
    problem = "What was open could not be read from the journal"
    assert problem in caller.get("Problem") and caller.open() == []
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    assert caller.open() == []
    with contextlib.closing(sqlite3.connect(person.journal)) as db, db:
        assert db.execute("SELECT count(*) FROM open").fetchone() == (65,)
        db.execute("DELETE FROM open WHERE place >= 100")
    caller.call("Note", "a line", False)
    assert len(caller.open()) == 1 and caller.get("Problem") == ""


def test_the_journal_is_taken_away(person, caller):
    """Its folder is deleted under the running daemon: what is written next goes into a new one."""
    caller.call("Note", "before", False)
    shutil.rmtree(person.journal.parent)
    caller.call("Note", "after", False)
    assert caller.get("Problem") == ""
    assert [one["note"] for one in caller.entries()] == ["after"]
    assert person.journal.exists()


def aside(person):
    (found,) = [path for path in person.journal.parent.glob("journal.db.damaged-*") if path.suffix[-4:] != "-wal"]
    return found


def test_a_damaged_journal_is_set_aside(person, screen):
    """It is told, over restarts, until the person has seen it; what could be read goes on."""
    person.start().kill()
    person.journal.write_bytes(b"This is no database. " * 500)
    daemon = person.start()
    caller = person.caller()
    problem = caller.get("Problem")
    assert str(aside(person)) in problem and "nothing in it could be read" in problem
    assert aside(person).read_bytes() == b"This is no database. " * 500
    assert aside(person).stat().st_mode & 0o777 == 0o600
    caller.call("Note", "a line", False)
    assert caller.get("Problem") == problem
    daemon.kill()
    person.start()
    caller = person.caller()
    assert caller.get("Problem") == problem
    assert [one["note"] for one in caller.entries()] == ["a line"]
    (person.journal.parent / "journal.db.notice").unlink()
    caller.call("Reload")
    assert caller.get("Problem") == ""
    assert screen


def test_damage_met_while_running(person, caller):
    """The call that meets it fails or goes through; the next one goes on in the new journal, with what was there."""
    notes = ["line %d %s" % (i, "x" * 3000) for i in range(60)]
    for note in notes:
        caller.call("Note", note, False)
    with open(person.journal, "r+b") as file:  # in place, as a failing disk would
        file.seek(0, os.SEEK_END)
        pages = file.tell() // 4096
        for page in range(pages // 2, pages - 4, 3):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    for _ in range(5):
        try:
            left = [one["note"] for one in caller.entries()]
            caller.call("Note", "after", False)
            break
        except Refused as refused:
            assert refused.name.endswith("Journal")
    assert str(aside(person)) in caller.get("Problem")
    assert 10 < len(left) < 60 and set(left) <= set(notes)
    assert [one["note"] for one in caller.entries()] == left + ["after"]


def test_another_programs_database_is_left_as_it_is(person, screen):
    person.journal.parent.mkdir(mode=0o700)
    theirs = sqlite3.connect(person.journal)
    theirs.execute("CREATE TABLE theirs (a)")
    theirs.close()
    before = person.journal.read_bytes()
    person.start()
    caller = person.caller()
    assert "not a journal" in caller.get("Problem")
    assert caller.refused("Note", "a line", False)[0] == "Journal"
    assert person.journal.read_bytes() == before
    assert screen
