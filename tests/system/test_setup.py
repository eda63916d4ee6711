"""kindly setup: the conversation in a terminal, by lines and in windows; what it writes, and that it writes all of it or
nothing; how kindlyd is started, and that it starts at login."""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import stat
import subprocess
import threading

import pytest

from rig import BUILD, DBUS, DBUS_OBJECT, NAME, PATIENCE, GLib, Gio, fixture_person, fixture_screen  # noqa: F401
from rig_ask import Conversation
from rig_presenter import ROOT, Lines, stop

KINDLY = os.path.join(BUILD, "kindly")
DONE, FAILED, USAGE, UNREACHABLE = range(4)
QUESTIONS = ["How many prompts a day", "Between which hours", "One more in the evening", "more often?", "less often?",
             "What may prompts call you", "when you ask for support", "start by itself"]
OWN = """# mine
reminders = (\r
    { name = "a"; at = "Mon..Fri 08:00"; },  # early
    { name = "b"; times = 2; between = "10-00"; gap = "1h" } // two
);
themes = { care = "off" }
name = "Sam"
""".replace('"10-00"', '"10:00-18:00"')


def default():
    with open(os.path.join(ROOT, "config/kindly.conf"), encoding="utf-8", newline="") as file:
        return file.read()


def text_of(person):
    return person.config.read_bytes().decode()


def changed(before, after):
    """The lines that differ, of texts with as many lines."""
    before, after = before.split("\n"), after.split("\n")
    return [(was, now) for was, now in zip(before, after, strict=True) if was != now]


def everything(person):
    """All that a home holds: {path: content}."""
    return {str(path.relative_to(person.folder)): path.read_bytes() for name in ("home", "config", "state", "data")
            for path in (person.folder / name).rglob("*") if path.is_file()}


class UserManager:
    """What systemd's user manager answers about our unit. `calls` are what it was asked to do."""

    XML = """<node><interface name="org.freedesktop.systemd1.Manager">
      <method name="GetUnitFileState"><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
      <method name="EnableUnitFiles"><arg type="as" direction="in"/><arg type="b" direction="in"/>
        <arg type="b" direction="in"/><arg type="b" direction="out"/><arg type="a(sss)" direction="out"/></method>
      <method name="DisableUnitFiles"><arg type="as" direction="in"/><arg type="b" direction="in"/>
        <arg type="a(sss)" direction="out"/></method>
      <method name="Reload"/>
      <method name="StartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
        <arg type="o" direction="out"/></method>
    </interface></node>"""

    def __init__(self, address, start, state="disabled"):
        self.calls, self.state, self.start = [], state, start
        self.refused = None  # the call that is
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(address, ready), daemon=True)
        self.thread.start()
        assert ready.wait(PATIENCE)

    def _run(self, address, ready):
        self.context.push_thread_default()
        flags = Gio.DBusConnectionFlags
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.register_object("/org/freedesktop/systemd1", Gio.DBusNodeInfo.new_for_xml(self.XML).interfaces[0],
                                 self._method, None, None)
        self.bus.call_sync(DBUS, DBUS_OBJECT, DBUS, "RequestName",
                           GLib.Variant("(su)", ("org.freedesktop.systemd1", 4)), None, 0, -1, None)
        started = GLib.idle_source_new()
        started.set_callback(lambda *_: ready.set())
        started.attach(self.context)
        self.loop.run()
        if not self.bus.is_closed():
            self.bus.close_sync(None)

    def _method(self, _connection, _sender, _path, _interface, member, arguments, invocation):
        arguments = arguments.unpack()
        if member == "GetUnitFileState":
            if not self.state:
                invocation.return_dbus_error("org.freedesktop.DBus.Error.FileNotFound", "no such unit")
            else:
                invocation.return_value(GLib.Variant("(s)", (self.state,)))
            return
        self.calls.append((member, *arguments))
        if member == self.refused:
            invocation.return_dbus_error("org.freedesktop.systemd1.UnitMasked", "Unit kindlyd.service is masked")
            return
        if member == "StartUnit":
            self.start()
        replies = {"EnableUnitFiles": GLib.Variant("(ba(sss))", (True, [])),
                   "DisableUnitFiles": GLib.Variant("(a(sss))", ([],)), "StartUnit": GLib.Variant("(o)", ("/job",))}
        invocation.return_value(replies.get(member))

    def stop(self):
        self.loop.quit()
        self.thread.join(PATIENCE)


class Newcomer:
    """Somebody who has nothing of kindly yet. What they start ends with the test."""

    def __init__(self, person):
        self.person, self.started = person, []
        person.config.unlink()
        person.config.parent.rmdir()
        self.entry = person.folder / "config/autostart/kindlyd.desktop"
        self.caller = person.caller()

    def lines(self, *answers, options=()):
        """Runs it with these answers; status, what it prints, what it tells."""
        process = subprocess.run([KINDLY, "setup", *options], input="".join(answer + "\n" for answer in answers),
                                 capture_output=True, env=self.person.env, timeout=PATIENCE, check=False, text=True)
        self.note_started()
        return process.returncode, process.stdout, process.stderr

    def talk(self, *words):
        return self.person.keep(Conversation(self.person.env, KINDLY, *words, columns=100))

    def note_started(self):
        if self.is_running():
            name = GLib.Variant("(s)", (NAME,))
            pid = self.caller.ask(DBUS, DBUS_OBJECT, DBUS, "GetConnectionUnixProcessID", name)[0]
            if pid not in [known for known, _ in self.started]:
                self.started.append((pid, os.pidfd_open(pid)))

    def is_running(self):
        return self.caller.ask(DBUS, DBUS_OBJECT, DBUS, "NameHasOwner", GLib.Variant("(s)", (NAME,)))[0]

    def stop(self):
        self.note_started()
        for _pid, fd in self.started:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGTERM)
            assert select.select([fd], [], [], PATIENCE)[0], "kindlyd goes on"
            os.close(fd)


@pytest.fixture(name="new")
def fixture_new(person):
    return person.keep(Newcomer(person))


# ---- By lines ----


def test_the_defaults(new, person, screen):
    status, out, err = new.lines(options=["--defaults"])
    assert (status, err) == (DONE, "")
    assert out.startswith("All set.\nNext: daytime, ") and "kindly edit" in out
    assert text_of(person) == default()
    assert stat.S_IMODE(person.config.stat().st_mode) == 0o600
    assert screen.next()["event"] == "notify"  # the first prompt
    entry = new.entry.read_text()
    assert f'\nExec="{BUILD}/kindlyd"\n' in entry and "\nX-systemd-skip=true\n" in entry
    assert subprocess.run(["desktop-file-validate", new.entry], check=False).returncode == 0


def test_again_it_changes_nothing(new, person, screen):
    assert new.lines()[0] == DONE
    assert screen.next()["event"] == "notify"
    before, written = everything(person), person.config.stat().st_mtime_ns
    for answers in (), ("",) * 8, ("3", "9:30 - 20:30", "no", "-", "-", "-", "findahelpline.com", "yes"):
        status, out, err = new.lines(*answers)
        assert (status, err) == (DONE, "") and out.startswith("All set.\n")
    after = everything(person)
    for name in before:
        assert "journal.db" in name or before[name] == after[name], name
    assert person.config.stat().st_mtime_ns == written
    assert new.caller.call("ListEntries", 0, 2**64 - 1, 0)[1:] == []  # one first prompt, and no other


def test_each_answer(new, person, screen):
    assert screen
    status, _out, err = new.lines("4", "9\u201321", "y", "1, care", "own", 'Sam "S"', "Call Kim", "no")
    assert (status, err) == (DONE, "")
    assert not new.entry.exists()
    added = '    kindness = "more";\n', '    care = "more";\n    own = "less";\n'
    text = text_of(person)
    for line in added:
        assert line in text
        text = text.replace(line, "")
    assert [now.split("  ,")[-1].strip() for _was, now in changed(default(), text)] == [
        '{ name = "daytime";  between = "09:00-21:00"; times = 4; gap = "90min"; on = "Mon..Sun"; }',
        '{ name = "evening";  at = "20:15"; write = true;           themes = ["care", "respect", "own"]; }',
        'name = "Sam \\"S\\"";', 'support = "Call Kim";']
    assert new.caller.get("NextReminder") in ("daytime", "evening")
    # And back to what it was; a theme is said to be normal then.
    assert new.lines("3", "9:30-20:30", "n", "-", "-", "-", "findahelpline.com", "yes")[0] == DONE
    assert new.entry.exists()
    text = text_of(person)
    for theme in "kindness", "care", "own":
        assert f'    {theme} = "normal";\n' in text
        text = text.replace(f'    {theme} = "normal";\n', "")
    assert text == default()


def test_none_a_day_and_some_again(new, person):
    assert new.lines("0", "yes")[0] == DONE  # the hours are not asked then
    assert '#   { name = "daytime";' in text_of(person) and '\n    { name = "evening";' in text_of(person)
    assert new.caller.get("NextReminder") == "evening"
    assert new.lines("2", "12:00-18:00", "no")[0] == DONE
    assert text_of(person) == default().replace("09:30-20:30", "12:00-18:00").replace("times = 3; gap", "times = 2; gap")


def test_room_is_made_for_many(new, person):
    assert new.lines("7", "08:00-22:00", "yes")[0] == DONE
    assert "\nmost_per_day = 8;\n" in text_of(person)


def test_a_schedule_of_ones_own(new, person):
    """Comments, order, line breaks and everything that was not asked stay."""
    person.config.parent.mkdir()
    person.config.write_text(OWN, newline="")
    person.config.chmod(0o640)
    assert new.lines("3", "", "", "friend", "", "Kim")[0] == DONE
    assert not new.entry.exists() and not new.is_running()  # as it was
    assert text_of(person) == OWN.replace("times = 2", "times = 3").replace(
        'care = "off" }', 'care = "off"; friend = "more"; }').replace('"Sam"', '"Kim"')
    assert stat.S_IMODE(person.config.stat().st_mode) == 0o640
    assert new.lines("", "", "yes", "-", "", "", "", "yes")[0] == DONE
    assert new.caller.call("ListEntries", 0, 2**64 - 1, 0) == []  # no first prompt: they know it already
    assert '\n   ,{ name = "evening"; at = "20:15"; write = true;' in text_of(person)
    assert 'friend = "normal"; }' in text_of(person)
    assert new.lines("0")[0] == DONE
    assert '\n#  ,{ name = "b"; times = 3; between = "10:00-18:00"; gap = "1h" } // two\n' in text_of(person)


@pytest.mark.parametrize("answers, message", [
    (["many"], "That has to be a whole number from 0 to 50."),
    (["51"], "That has to be a whole number from 0 to 50."),
    (["-1"], "That has to be a whole number from 0 to 50."),
    (["1.5"], "That has to be a whole number from 0 to 50."),
    (["3", "morning"], "That has to be two times of day, such as 09:30-20:30."),
    (["3", "9:3-20"], "That has to be two times of day, such as 09:30-20:30."),
    (["3", "25-26"], "That has to be two times of day, such as 09:30-20:30."),
    (["3", "9-20:60"], "That has to be two times of day, such as 09:30-20:30."),
    (["8"], "8 prompts don't fit into 09:30-20:30 with 1h 30min between two of them; up to 7 would."),
    (["3", "10-12"], "3 prompts don't fit into 10:00-12:00 with 1h 30min between two of them; up to 1 would."),
    (["", "", "yes, no"], '"yes, no" is no answer to: One more in the evening'),
    (["", "", "perhaps"], '"perhaps" is no answer to: One more in the evening'),
    (["", "", "", "kindness, nothing"], '"kindness, nothing" is no answer to: Are there themes'),
    (["", "", "", "care", "care"], '"care" can\'t come both more and less often.'),
    (["", "", "", "", "", "x" * 501], "That is longer than it can be (500 bytes)."),
    (["", "", "", "", "", "a\tb\x1b"], '"a b?" is no answer to: What may prompts call you?'),
], ids=repr)
def test_a_wrong_answer_changes_nothing(new, person, answers, message):
    status, out, err = new.lines(*answers)
    assert (status, out) == (USAGE, "")
    assert err.startswith("kindly: " + message) and err.endswith("\nkindly: nothing was changed\n"), err
    assert everything(person) == {} and not new.is_running()


def test_a_schedule_with_a_mistake(new, person):
    person.config.parent.mkdir()
    person.config.write_text("gap = 5;\n")
    status, out, err = new.lines()
    assert (status, out) == (FAILED, "") and "kindly edit mends it" in err and f"{person.config}:1: " in err
    assert text_of(person) == "gap = 5;\n" and not new.entry.exists()


@pytest.mark.parametrize("how", ["link", "file", "folder"])
def test_what_is_left_alone(new, person, how):
    """The rest is done all the same; where nothing would change there is nothing to say."""
    person.config.parent.mkdir()
    person.config.write_text(OWN, newline="")
    if how == "link":
        person.config.rename(person.folder / "dotfiles")
        person.config.symlink_to(person.folder / "dotfiles")
    elif how == "file":
        person.config.chmod(0o400)
    else:
        person.config.parent.chmod(0o500)
    try:
        status, out, err = new.lines("5", "", "", "", "", "", "", "yes")
        assert status == FAILED and "left alone" in err
        assert '-    4      { name = "b"; times = 2; between' in out and '+    4      { name = "b"; times = 5; between' in out
        assert f"{person.config} is a link or read-only, and left alone." in " ".join(out.split())
        assert text_of(person) == OWN and new.entry.exists() and new.is_running()
        status, out, err = new.lines()
        assert (status, err) == (DONE, "") and out.startswith("All set.\n")
    finally:
        person.config.parent.chmod(0o700)
    assert text_of(person) == OWN


def test_without_a_bus(new, person):
    person.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
    person.env["XDG_RUNTIME_DIR"] = "/nonexistent"
    status, out, err = new.lines()
    assert status == UNREACHABLE and "there is no session bus here" in err
    assert out.startswith("Saved, but kindlyd could not be started.")
    assert text_of(person) == default() and new.entry.exists()


def test_options_exclude_each_other(person):
    assert person.run("kindly", "setup", "--open", "--defaults") == (
        USAGE, "", "kindly: setup takes one of --defaults, --open and --first\n")


# ---- At login ----


@pytest.fixture(name="manager")
def fixture_manager(new, person):
    """Starts kindlyd as the unit would."""
    return person.keep(UserManager(person.bus.address, lambda: person.keep(
        Background(person.env, os.path.join(BUILD, "kindlyd")))))


class Background:
    def __init__(self, env, *command, fds=()):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, pass_fds=fds)

    def stop(self):
        stop(self.process)


def test_with_systemd(new, person, manager, screen):
    assert screen
    new.entry.parent.mkdir()
    new.entry.write_text("[Desktop Entry]\n")  # of a time without systemd
    status, out, err = new.lines()
    assert (status, err) == (DONE, "") and "Next: daytime" in out
    assert manager.calls == [("EnableUnitFiles", ["kindlyd.service"], False, False), ("Reload",),
                             ("StartUnit", "kindlyd.service", "replace")]
    assert not new.entry.exists() and text_of(person) == default()
    manager.calls.clear()
    manager.state = "enabled"
    assert new.lines()[0] == DONE and manager.calls == []
    assert new.lines("", "", "", "", "", "", "", "no")[0] == DONE
    assert manager.calls == [("DisableUnitFiles", ["kindlyd.service"], False), ("Reload",)]
    manager.calls.clear()
    manager.state = "disabled"  # which stands when it is run again
    assert new.lines()[0] == DONE and manager.calls == []


@pytest.mark.parametrize("refused", ["EnableUnitFiles", "StartUnit"])
def test_a_unit_that_is_masked(new, person, manager, refused):
    manager.refused = refused
    status, out, err = new.lines()
    assert status == (UNREACHABLE if refused == "StartUnit" else FAILED) and err == \
        "kindly: systemd can't do that with kindlyd.service: Unit kindlyd.service is masked\n"
    assert text_of(person) == default() and not new.is_running()


def test_the_entry_leads_to_a_folder_of_any_name(new, person):
    """Read as GLib reads it: a string of the file, then its fields, then words."""
    folder = person.folder / "100% \\ \"mine\" $HOME `x`/build/release"
    folder.mkdir(parents=True)
    (folder.parent.parent / "config").symlink_to(os.path.join(ROOT, "config"))
    kindly, kindlyd = shutil.copy(KINDLY, folder), folder / "kindlyd"
    kindlyd.write_text(f'#!/bin/sh\nexec "{BUILD}/kindlyd"\n')
    kindlyd.chmod(0o755)
    assert person.run(kindly, "setup", "--defaults")[::2] == (DONE, "")
    new.note_started()
    file = GLib.KeyFile()
    file.load_from_file(str(new.entry), GLib.KeyFileFlags.NONE)
    command = file.get_string("Desktop Entry", "Exec")
    assert command.count("%") == 2 and GLib.shell_parse_argv(command.replace("%%", "%"))[1] == [str(kindlyd)]


def test_a_user_manager_without_our_unit(new, manager):
    """As when it runs from its build folder: the desktop's own way is taken."""
    manager.state = None
    assert new.lines()[0] == DONE
    assert manager.calls == [] and new.entry.exists()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_an_entry_that_the_person_switched_off_stays_off(new, line):
    assert new.lines()[0] == DONE
    off = new.entry.read_text() + line + "\n"
    new.entry.write_text(off)
    assert new.lines()[0] == DONE
    assert not new.entry.exists()  # which is off, too
    new.entry.write_text(off)
    assert new.lines("", "", "", "", "", "", "", "yes")[0] == DONE
    assert line not in new.entry.read_text()


# ---- In a terminal ----


def test_a_conversation(new, person, screen):
    talk = new.talk("setup")
    seen = talk.answer(QUESTIONS[0] + " would you like? 0 means none by the schedule.\n[3] ", "8")
    assert seen.startswith("A few times a day a short invitation comes up.") and "This is not treatment" in seen
    assert "whoever can use your account can read" in " ".join(seen.split())
    assert "Not every text has been read by a native speaker" in seen and \
        "Ctrl-C leaves everything as it is" in " ".join(seen.split())
    talk.answer("stay quiet.\n[09:30-20:30] ", "")
    seen = talk.answer("[8] ", "4")
    assert "8 prompts don't fit into 09:30-20:30 with 1h 30min between two of them; up to 7\nwould." in seen
    talk.answer("[09:30-20:30] ", "at noon")
    seen = talk.answer("[09:30-20:30] ", "12-20")
    assert "That has to be two times of day" in seen
    talk.answer("  Yes, No\n[No] ", "maybe")
    seen = talk.answer("  Yes, No\n[No] ", "Y")
    assert "That is not among the answers." in seen
    seen = talk.answer("[none] ", "fr , 10")
    assert "\n   5 friend: the warmth one would give a friend\n" in seen and "- for none" in seen
    talk.answer("[none] ", "5")
    talk.answer("[friend, patience] ", "-")  # it can't be both: asked again from there, with what was said
    talk.answer("[none] ", "")
    talk.answer("[none] ", "Sam \t")
    talk.answer("[findahelpline.com] ", "")
    assert everything(person) == {} and not new.is_running()  # nothing before the last answer
    talk.answer("[Yes] ", "")
    said, status = talk.rest()
    assert status == DONE and "All set.\nNext: daytime, " in said
    text = text_of(person)
    assert 'between = "12:00-20:00"; times = 4;' in text and 'name = "Sam";' in text and "friend" not in \
        [line.split()[0] for line in text.split("themes = {")[1].split("}")[0].splitlines() if line]
    assert screen.next()["body"].split("\n")[0].split()[0] in said  # the first prompt is there, and here


@pytest.mark.parametrize("at", range(len(QUESTIONS)), ids=lambda at: QUESTIONS[at])
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_it_changes_nothing(new, person, at, key):
    talk = new.talk("setup")
    for _ in range(at):
        talk.answer("] ", "")
    assert QUESTIONS[at] in " ".join(talk.see("] ").split())
    talk.type(key)
    said, status = talk.rest()
    assert status == FAILED and said.endswith("kindly: nothing was changed\n")
    assert everything(person) == {} and not new.is_running()


def test_changed_by_another_meanwhile(new, person):
    person.config.parent.mkdir()
    person.config.write_text(OWN, newline="")
    talk = new.talk("setup")
    talk.answer("] ", "5")
    for _ in QUESTIONS[1:-1]:
        talk.answer("] ", "")
    talk.see("] ")
    person.config.write_text(OWN + "# theirs\n", newline="")
    talk.type("yes\n")
    said, status = talk.rest()
    assert status == FAILED
    assert "was changed by something else meanwhile, and is left as it is" in " ".join(said.split())
    assert text_of(person) == OWN + "# theirs\n" and not new.is_running()


# ---- In windows ----


# Writes down what it is asked, and does as it is told: a status and a line, or what it was asked with.
WINDOW = """#!/bin/sh
{{ printf '%s' "{name}"; for word; do printf '\\037%s' "$word"; done; printf '\\036'; }} >>"{folder}/asked"
read -r reply <"{folder}/replies"
sed -i 1d "{folder}/replies"
[ -z "${{reply#*|}}" ] || printf '%b\\n' "${{reply#*|}}"
exit "${{reply%%|*}}"
"""


class Windows:
    def __init__(self, person, *programs):
        self.folder = person.folder / "bin"
        self.folder.mkdir()
        for tool in "sh", "sed", "setsid":
            (self.folder / tool).symlink_to(shutil.which(tool))
        for program in programs:
            self.add(program, WINDOW.format(name=program, folder=self.folder))
        person.env |= {"PATH": str(self.folder), "DISPLAY": ":7"}

    def add(self, program, script):
        (self.folder / program).write_text(script)
        (self.folder / program).chmod(0o755)

    def reply(self, *replies):
        (self.folder / "replies").write_text("".join(reply + "\n" for reply in replies))
        (self.folder / "asked").write_text("")

    def asked(self):
        """The commands, each a list of words."""
        return [words.split("\037") for words in (self.folder / "asked").read_text().split("\036")[:-1]]


def option(words, name):
    return words[words.index(name) + 1]


def test_zenity(new, person, screen):
    assert screen
    windows = Windows(person, "zenity", "kdialog")
    windows.reply("0|", "0|9", "0|09:30-20:30", "0|5", "0|10-20", "0|yes", "0|care own", "0|", "0|Sam", "0|Call Kim", "0|yes", "0|")
    assert new.lines(options=["--first"]) == (DONE, "", "")
    asked = windows.asked()
    assert (windows.folder / "replies").read_text() == "" and all(words[0] == "zenity" for words in asked)
    assert "--question" in asked[0] and "--ok-label=Go on" in asked[0]
    assert "This is not treatment" in option(asked[0], "--text") and "--no-markup" in asked[0]
    assert option(asked[1], "--text").startswith(QUESTIONS[0]) and option(asked[1], "--entry-text") == "3"
    assert option(asked[3], "--text").startswith("9 prompts don't fit") and option(asked[3], "--entry-text") == "9"
    assert "--radiolist" in asked[5] and asked[5][-8:] == ["FALSE", "yes", "Yes", "", "TRUE", "no", "No", ""]
    assert "--checklist" in asked[6] and asked[6][-4:-1] == ["FALSE", "own", "own"]
    assert "--info" in asked[-1] and option(asked[-1], "--text").startswith("All set.\nNext: daytime, ")
    text = text_of(person)
    assert 'between = "10:00-20:00"; times = 5;' in text and '\n    own = "more";\n' in text
    assert 'support = "Call Kim";' in text and new.entry.exists()
    windows.reply("0|", "0|5", "0|10:00-20:00", "0|yes", "0|", "0|own", "0|", "0|Call Kim", "0|yes", "0|")
    assert new.lines(options=["--open"]) == (DONE, "", "")
    asked = windows.asked()
    assert asked[4][-4:-1] == ["TRUE", "own", "own"]  # as it stands
    assert text_of(person) == text.replace('own = "more"', 'own = "less"').replace(
        'care = "more"', 'care = "normal"').replace('"Sam"', '""')


def test_kdialog(new, person):
    windows = Windows(person, "zenity", "kdialog")
    person.env["XDG_CURRENT_DESKTOP"] = "KDE"
    windows.reply("0|", "0|2", "0|10-20", "0|no", "0|care\\nown", "0|", "0|", "0|", "0|no", "0|")
    assert new.lines(options=["--open"]) == (DONE, "", "")
    asked = windows.asked()
    assert all(words[0] == "kdialog" for words in asked)
    assert "--yesno" in asked[0] and option(asked[0], "--yes-label") == "Go on"
    assert asked[1][-3] == "--inputbox" and asked[1][-1] == "3"
    assert asked[3][-6:] == ["yes", "Yes", "off", "no", "No", "on"]
    assert "--separate-output" in asked[4] and asked[4][-3:] == ["own", "own", "off"]
    assert asked[-1][-2] == "--msgbox" and asked[-1][-1].startswith("All set.")
    assert '\n    care = "more";\n' in text_of(person) and 'support = "";' in text_of(person)
    assert not new.entry.exists()


@pytest.mark.parametrize("at", range(9))
def test_closing_a_window_changes_nothing(new, person, at):
    windows = Windows(person, "zenity")
    windows.reply("0|", *["0|3", "0|9-20", "0|yes", "0|", "0|", "0|Sam", "0|x", "0|yes"][:max(at - 1, 0)], "1|")
    windows.reply(*["0|", "0|3", "0|9-20", "0|yes", "0|", "0|", "0|Sam", "0|x", "0|yes"][:at], "1|")
    assert new.lines(options=["--open"]) == (FAILED, "", "kindly: nothing was changed\n")
    assert len(windows.asked()) == at + 1
    assert everything(person) == {} and not new.is_running()


def test_what_is_left_alone_is_said_in_the_window(new, person):
    person.config.parent.mkdir()
    person.config.write_text(OWN)
    person.config.chmod(0o400)
    windows = Windows(person, "zenity")
    windows.reply("0|", "0|1", "0|10:00-18:00", "0|no", "0|", "0|", "0|Sam", "0|", "0|no", "0|")
    assert new.lines(options=["--open"])[0] == FAILED
    assert option(windows.asked()[-1], "--text").startswith(f"{person.config} is a link or read-only, and left alone.")


def test_a_window_that_can_not_be_started(new, person):
    Windows(person).add("zenity", "#!/nonexistent\n")
    status, out, err = new.lines(options=["--open"])
    assert (status, out) == (FAILED, "") and err.startswith("kindly: cannot ask: "), err
    assert everything(person) == {}


def test_without_windows_a_terminal(new, person):
    windows = Windows(person)
    windows.add("xterm", f'#!/bin/sh\nshift\necho "$#" "$5" "$6" "$7" >"{windows.folder}/seen"\necho | "$@"\n')
    status, out, _err = new.lines(options=["--open"])
    assert status == DONE and out.startswith("All set.") and out.endswith("\nEnter closes this window. ")
    assert (windows.folder / "seen").read_text() == f"7 Enter closes this window. {KINDLY} setup\n"
    assert text_of(person) == default()


@pytest.mark.parametrize("display", [True, False])
def test_without_anything_a_notification(new, person, screen, display):
    Windows(person)
    if not display:
        del person.env["DISPLAY"]
    status, _out, err = new.lines(options=["--first"])
    assert status == FAILED and err.startswith("kindly: There is no window for the questions here:")
    shown = screen.next()
    assert shown["event"] == "notify" and shown["body"].endswith("In a terminal it is: kindly setup")
    assert everything(person) == {}


def test_after_the_first_time_the_menu_opens_the_journal(new, person):
    windows = Windows(person, "zenity")
    windows.reply()
    for name in "xdg-open", "gio":
        windows.add(name, f'#!/bin/sh\necho "$@" >>"{windows.folder}/opened"\n')
    person.config.parent.mkdir()
    person.config.write_text(OWN)
    assert new.lines(options=["--first"])[0] == DONE
    assert "report.html" in (windows.folder / "opened").read_text() and windows.asked() == []
    person.config.unlink()  # nor when there is something in the journal
    assert new.lines(options=["--defaults"])[0] == DONE
    person.config.unlink()
    assert new.lines(options=["--first"])[0] == DONE
    assert len((windows.folder / "opened").read_text().splitlines()) == 2 and windows.asked() == []


# ---- For real ----


@pytest.mark.full
def test_zenity_itself(new, person, screen):
    """Under an X server, with a keyboard and a mouse. Each window is seen to be drawn before a key is pressed in it."""
    assert screen
    read, write = os.pipe()
    person.keep(Background(person.env, "Xvfb", "-displayfd", str(write), "-screen", "0", "800x700x24", "-nolisten", "tcp",
                           fds=[write]))
    os.close(write)
    person.env["DISPLAY"] = ":" + Lines(read).next()
    os.close(read)
    setup = person.keep(Background(person.env, KINDLY, "setup", "--open"))
    pictures = pathlib.Path(os.environ.get("KINDLY_PICTURES", person.folder))

    def run(*command):
        return subprocess.run(command, env=person.env, check=True, timeout=PATIENCE, capture_output=True, text=True).stdout

    seen = []

    def find_next():
        """A window of another process than those before; its number may be that of the one before."""
        while True:
            try:
                window = run("xdotool", "search", "--sync", "--onlyvisible", "--name", "^kindly$").split()[-1]
                process = run("xdotool", "getwindowpid", window)
            except subprocess.CalledProcessError:  # it went away in between
                assert setup.process.poll() is None
                continue
            if process not in seen:
                seen.append(process)
                return window

    def keys(*pressed, picture=None, is_list=False):
        window = find_next()
        run("xdotool", "windowfocus", "--sync", window)
        if picture:
            run("import", "-window", "root", str(pictures / picture))
        if pressed:
            run("xdotool", "type", *pressed)
        if is_list:  # Enter is the list's own there: the button at the right below
            size = dict(line.split("=") for line in run("xdotool", "getwindowgeometry", "--shell", window).split())
            run("xdotool", "mousemove", "--window", window, str(int(size["WIDTH"]) - 50), str(int(size["HEIGHT"]) - 25),
                "click", "1")
        else:
            run("xdotool", "key", "Return")

    keys(picture="setup-begin.png")
    keys("8", picture="setup-times.png")
    keys()
    keys("5", picture="setup-problem.png")
    keys("10-20")
    keys(picture="setup-evening.png", is_list=True)  # as it stands
    keys(picture="setup-themes.png", is_list=True)
    keys(is_list=True)
    keys("Sam")
    keys()
    keys(is_list=True)
    keys(picture="setup-end.png")
    assert setup.process.wait(PATIENCE) == DONE
    new.note_started()
    text = text_of(person)
    assert 'between = "10:00-20:00"; times = 5;' in text and 'name = "Sam";' in text and new.entry.exists()
    assert text.replace("10:00-20:00", "09:30-20:30").replace("times = 5; gap", "times = 3; gap").replace('"Sam"', '""') == \
        default()
