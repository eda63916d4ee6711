"""kindly edit and kindly config: the schedule changed by its person, with a daemon that takes it up, and with nothing lost
whatever happens."""

import json
import os
import signal
import stat

import pytest

from rig import BUILD, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: F401
from rig_ask import Conversation
from rig_presenter import ROOT

KINDLY = os.path.join(BUILD, "kindly")
DONE, FAILED, USAGE = range(3)
SCHEDULE = """# mine
reminders = (
    { name = "daytime"; between = "09:30-20:30"; times = 3; }  # as I like it
);\r
quiet = [];
name = "Sam"; sound = false
"""


def default():
    with open(os.path.join(ROOT, "config/kindly.conf"), encoding="utf-8", newline="") as file:
        return file.read()


@pytest.fixture(name="edited")
def fixture_edited(person):
    """A person with an editor of the test's own; `edited(script)` runs kindly edit with it."""
    path = person.folder / "editor"
    person.config.write_text(SCHEDULE, newline="")

    def edit(script, *, terminal=False):
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        person.env["EDITOR"] = str(path)
        if terminal:
            return person.keep(Conversation(person.env, KINDLY, "edit"))
        return person.run("kindly", "edit")

    return edit


def text_of(person):
    return person.config.read_bytes().decode()


def draft_of(person):
    return person.config.with_name("kindly.conf.draft")


def left(person):
    return sorted(path.name for path in person.config.parent.iterdir())


# ---- config get ----


def test_get(person):
    person.config.write_text(SCHEDULE)
    status, out, err = person.run("kindly", "config", "get")
    assert (status, err) == (DONE, "")
    assert out.splitlines()[0] == 'idle_after     "5min"  (default)'
    assert 'name           "Sam"\n' in out and "sound          false  (default)\n" in out
    rows = json.loads(person.run("kindly", "config", "get", "--json")[1])
    assert [row["key"] for row in rows] == [line.split()[0] for line in out.splitlines()]
    assert all(set(row) == {"key", "value", "default", "allowed"} for row in rows)
    by_key = {row["key"]: row for row in rows}
    assert [by_key["gap"]] == json.loads("[" + person.run("kindly", "config", "get", "gap", "--json")[1] + "]")
    assert by_key["name"]["value"] == "Sam" and not by_key["name"]["default"]
    assert by_key["snoozes"] == {"key": "snoozes", "value": 2, "default": True, "allowed": "a whole number from 0 to 10"}
    assert by_key["learn"]["value"] is True


@pytest.mark.parametrize("key, value", [("name", "Sam"), ("gap", "90min"), ("snoozes", "2"), ("sound", "false"),
                                        ("daytime.times", "3"), ("daytime.between", "09:30-20:30")])
def test_get_one(person, key, value):
    person.config.write_text(SCHEDULE)
    assert person.run("kindly", "config", "get", key) == (DONE, value + "\n", "")


def test_get_what_is_a_list_there(person):
    """A key that may be a word as well; among all it is left out then."""
    person.config.write_text(SCHEDULE + 'languages = ["en"];\n')
    status, out, err = person.run("kindly", "config", "get")
    assert (status, err) == (DONE, "") and "\nlanguages" not in out
    assert person.run("kindly", "config", "get", "languages") == (
        USAGE, "", "kindly: languages is a list or a group; kindly edit changes it\n")


@pytest.mark.parametrize("key", ["themes.care", "daytime.gap"])
def test_get_what_is_not_set(person, key):
    person.config.write_text(SCHEDULE)
    assert person.run("kindly", "config", "get", key) == (FAILED, "", f"kindly: {key} is not set\n")


def test_each_scalar_of_the_table_can_be_set_to_its_default(person):
    """And the commented file stays as it is, byte for byte, but for what isn't written in it."""
    person.config.unlink()
    for row in json.loads(person.run("kindly", "config", "get", "--json")[1]):
        value = row["value"]
        words = str(value).lower() if isinstance(value, bool) else str(value)
        status, out, err = person.run("kindly", "config", "set", row["key"], words)
        assert (status, err) == (DONE, "")
        assert out.startswith(row["key"] + " = ")
    assert text_of(person) == default().replace('# languages = ["en"];\n', '# languages = ["en"];\nlanguages = "locale";\n')
    assert stat.S_IMODE(person.config.stat().st_mode) == 0o600


# ---- config set ----


@pytest.mark.parametrize("words, before, after", [
    (["gap", "1h", "30min"], "sound = false\n", 'sound = false\ngap = "1h 30min";\n'),
    (["name", 'A "B" \\C'], 'name = "Sam"', 'name = "A \\"B\\" \\\\C"'),
    (["name", ""], 'name = "Sam"', 'name = ""'),
    (["name", "7"], 'name = "Sam"', 'name = "7"'),
    (["sound", "true"], "sound = false", "sound = true"),
    (["daytime.times", "5"], "times = 3", "times = 5"),
    (["daytime.gap", "1h"], 'times = 3; }', 'times = 3; gap = "1h"; }'),
    (["themes.care", "more"], "sound = false\n", 'sound = false\nthemes = { care = "more"; };\n'),
], ids=repr)
def test_set_changes_that_alone(person, words, before, after):
    person.config.write_text(SCHEDULE, newline="")
    person.config.chmod(0o640)
    assert person.run("kindly", "config", "set", *words)[::2] == (DONE, "")
    assert text_of(person) == SCHEDULE.replace(before, after)
    assert stat.S_IMODE(person.config.stat().st_mode) == 0o640
    assert left(person) == ["kindly.conf"]
    written = person.config.stat().st_mtime_ns
    assert person.run("kindly", "config", "set", *words)[0] == DONE  # it is so already
    assert person.config.stat().st_mtime_ns == written


@pytest.mark.parametrize("words, message", [
    (["set", "most_per_day", "99"], '"most_per_day" is 99, but must be a whole number from 0 to 50'),
    (["set", "most_per_day", "many"], '"most_per_day" is "many", but must be a whole number from 0 to 50'),
    (["set", "sound", "yes"], '"sound" is "yes", but must be true or false'),
    (["set", "gap", "3days"], '"gap" is "3days", but must be a time span up to "1d", such as "90min"'),
    (["set", "path", "on"], '"path" is "on", but must be "self-image", or "" for none'),
    (["set", "daytime.times", "20"],
     "daytime: 20 times do not fit into 09:30-20:30 with a gap of 1h 30min: at most 7 do"),
    (["set", "daytime.tims", "2"], 'unknown key "tims": did you mean "times"?'),
    (["set", "daytime.name", "care"],
     '"name" is "care": that is a theme\'s id; give the reminder another name'),
    (["set", "themes.care", "lots"], '"care" is "lots", but must be "more", "normal", "less" or "off"'),
    (["set", "themes.car", "off"], 'there is no setting "car"; did you mean "care"?'),
    (["set", "daytimes.times", "2"], 'there is no reminder "daytimes"; did you mean "daytime"?'),
    (["set", "a\nb.times", "2"], 'there is no reminder "a'),
    (["set", "show_fr", "2s"], 'there is no setting "show_fr"; did you mean "show_for"?'),
    (["set", "name", "a\nb"], '"a\nb" can\'t stand in a schedule'),
    (["set", "snoozes", "9" * 40], f'"{"9" * 40}" can\'t stand in a schedule'),
    (["get", "nothing.like.it"], 'there is no reminder "nothing.like"'),
    (["get", "zzzzz"], 'there is no setting "zzzzz"; there are idle_after, gap, '),
    (["get", "reminders"], "reminders is a list or a group; kindly edit changes it"),
    (["set", "quiet", "[]"], "quiet is a list or a group; kindly edit changes it"),
    (["get", "quiet"], "quiet is a list or a group; kindly edit changes it"),
    (["set", "gap"], "config set needs more: kindly config set KEY VALUE"),
    (["get", "gap", "1h"], 'config get takes one KEY, not "1h"'),
    (["set", "--json", "gap", "1h"], "--json goes with config get only"),
    (["put", "gap", "1h"], 'config does not know "put"; it is get or set'),
], ids=repr)
def test_wrong_usage_changes_nothing(person, words, message):
    person.config.write_text(SCHEDULE, newline="")
    status, out, err = person.run("kindly", "config", *words)
    assert (status, out) == (USAGE, "")
    assert err.startswith("kindly: " + message), err
    assert text_of(person) == SCHEDULE and left(person) == ["kindly.conf"]


def test_a_warning_is_told_once(person):
    person.config.write_text(SCHEDULE)
    status, out, err = person.run("kindly", "config", "set", "most_per_day", "2")
    assert status == DONE and "3 can come due on one day" in err
    assert person.run("kindly", "config", "set", "gap", "80min")[2] == ""  # it was so before


def test_a_mistake_is_told_without_the_warnings_beside_it(person):
    person.config.write_text('reminders = ( { name = "a"; at = "12:00"; themes = ["care"]; } );\n'
                             'themes = { care = "off"; };\n')
    assert person.run("kindly", "config", "set", "gap", "3days") == (
        USAGE, "", 'kindly: "gap" is "3days", but must be a time span up to "1d", such as "90min"\n')


def test_a_schedule_with_a_zero_byte_is_not_touched(person):
    person.config.write_bytes(b"# \0\n" + SCHEDULE.encode())
    for words in (["config", "get"], ["config", "set", "sound", "true"]):
        assert person.run("kindly", *words)[:2] == (FAILED, "")
    assert person.config.read_bytes() == b"# \0\n" + SCHEDULE.encode()


def test_a_schedule_with_a_mistake_is_not_touched(person):
    person.config.write_text("reminders = ();\ngap = 5;\n")
    for words in (["get"], ["get", "gap"], ["set", "sound", "true"]):
        status, out, err = person.run("kindly", "config", *words)
        assert (status, out) == (FAILED, "")
        assert err == f'{person.config}:2: "gap" is 5, but must be a time span up to "1d", such as "90min"\n' \
            "kindly: the schedule has a mistake, so it is left as it is; kindly edit mends it\n"
    assert text_of(person) == "reminders = ();\ngap = 5;\n"


LEFT_ALONE = ["link", "dangling", "file", "folder", "fifo"]


def leave_alone(person, how):
    """Makes the person's file one that is somebody else's to change."""
    if how in ("link", "dangling"):
        target = person.folder / "dotfiles"
        person.config.rename(target)
        person.config.symlink_to(target)
        if how == "dangling":
            target.unlink()
    elif how == "file":
        person.config.chmod(0o400)
    elif how == "folder":
        person.config.parent.chmod(0o500)
    else:
        person.config.unlink()
        os.mkfifo(person.config)


@pytest.mark.parametrize("how", LEFT_ALONE)
def test_what_is_left_alone(person, how):
    person.config.write_text(SCHEDULE)
    leave_alone(person, how)
    status, out, err = person.run("kindly", "config", "set", "daytime.times", "4")
    assert status == FAILED
    if how == "fifo":
        assert err == f"kindly: {person.config}: Invalid argument\n"
    else:
        why = "a symbolic link, and left alone; change it where it is kept" if how in ("link", "dangling") \
            else "read-only, and left alone"
        assert err == f"kindly: {person.config} is {why}\n"
    if how not in ("fifo", "dangling"):
        assert out == "These lines would change (- as it is, + as it would be):\n" \
            '-    3      { name = "daytime"; between = "09:30-20:30"; times = 3; }  # as I like it\n' \
            '+    3      { name = "daytime"; between = "09:30-20:30"; times = 4; }  # as I like it\n'
        assert person.config.read_bytes().decode() == SCHEDULE
    person.env["EDITOR"] = "false"
    assert person.run("kindly", "edit")[0] == FAILED
    person.config.parent.chmod(0o700)
    assert left(person) == ["kindly.conf"]


def test_what_is_in_force_is_said(person, caller):
    status, out, err = person.run("kindly", "config", "set", "name", "Sam")
    assert (status, out, err) == (DONE, 'name = "Sam": in use.\n', "")
    assert caller.get("Problem") == ""
    person.run("kindly", "config", "set", "far.at", "2100-01-02 12:00")
    assert caller.get("NextElapseUSec") == 4102574400 * 1000000


# ---- edit ----


def test_edit(person, caller, edited):
    status, out, err = edited("sed -i 's/times = 3/times = 2/' \"$1\"")
    assert (status, err) == (DONE, "") and out.startswith("In use. Next: daytime, ")
    assert text_of(person) == SCHEDULE.replace("times = 3", "times = 2")
    assert left(person) == ["kindly.conf"]
    assert caller.get("NextReminder") == "daytime"


def test_edit_without_a_daemon(person, edited):
    status, out, err = edited("echo 'gap = \"1h\";' >>\"$1\"")
    assert (status, err) == (DONE, "")
    assert out == "Saved. kindlyd is not running; it takes it up when it starts.\n"


def test_edit_begins_with_the_commented_default(person, edited):
    person.config.unlink()
    person.config.parent.rmdir()
    assert edited(f'cp "$1" "{person.folder}/seen"; ls -l "$1" >>"{person.folder}/mode"')[:2] == \
        (DONE, "Nothing was changed.\n")
    assert (person.folder / "seen").read_text() == default()
    assert (person.folder / "mode").read_text().startswith("-rw-------")
    assert not person.config.exists() and left(person) == []
    assert edited("echo '# mine' >>\"$1\"")[0] == DONE
    assert text_of(person) == default() + "# mine\n"


def test_mistakes_are_shown_and_the_draft_is_kept(person, caller, edited):
    status, out, err = edited("echo 'gap = 5;' >>\"$1\"; echo 'nme = \"\";' >>\"$1\"")
    draft = draft_of(person)
    assert (status, out) == (FAILED, "")
    assert err == f'{draft}:7: "gap" is 5, but must be a time span up to "1d", such as "90min"\n' \
        f'{draft}:8: unknown key "nme": did you mean "name"?\n' \
        f"kindly: the schedule is as it was; the draft is kept, and kindly edit goes on with it: {draft}\n"
    assert text_of(person) == SCHEDULE and draft.read_bytes().decode().endswith('gap = 5;\nnme = "";\n')
    assert caller.get("Problem") == ""
    status, out, err = edited("sed -i 's/^gap = 5/gap = \"5min\"/; s/^nme = \"\";//' \"$1\"")
    assert status == DONE and err == f"kindly: going on with the draft that was kept last time, {draft}\n"
    assert text_of(person) == SCHEDULE + 'gap = "5min";\n\n' and left(person) == ["kindly.conf"]


@pytest.mark.parametrize("keys, kept", [("\n", False), ("l\n", True), ("\x04", True), ("\x03", True)], ids=repr)
def test_mistakes_in_a_terminal(person, edited, keys, kept):
    """The editor mends it the second time it is asked."""
    talk = edited("grep -q 'gap = 5' \"$1\" && sed -i 's/^gap = 5/gap = \"5min\"/' \"$1\" || echo 'gap = 5;' >>\"$1\"",
                  terminal=True)
    seen = talk.see(f"keep the draft ({draft_of(person)}). ")
    assert f'{draft_of(person)}:7: "gap" is 5, but must be a time span' in seen
    talk.type(keys)
    said, status = talk.rest()
    assert left(person) == ["kindly.conf"] + (["kindly.conf.draft"] if kept else [])
    assert status == (-signal.SIGINT if keys == "\x03" else FAILED if kept else DONE)
    assert text_of(person) == SCHEDULE + ("" if kept else 'gap = "5min";\n')
    if kept and keys != "\x03":
        assert "the schedule is as it was; the draft is kept" in said


def test_changed_by_another_meanwhile(person, edited):
    status, out, err = edited(f"echo '# theirs' >>{person.config}; echo '# mine' >>\"$1\"")
    draft = draft_of(person)
    assert status == FAILED
    assert err.splitlines()[0] == f"kindly: {person.config} was changed by something else meanwhile, and is left as it is"
    assert err.splitlines()[1].endswith(str(draft))
    assert text_of(person) == SCHEDULE + "# theirs\n" and draft.read_bytes().decode() == SCHEDULE + "# mine\n"
    assert "+    7  # mine\n" in out


def test_an_older_draft_is_for_the_person_to_look_at(person, edited):
    draft_of(person).write_text("# of yesterday\n")
    os.utime(draft_of(person), (1, 1))
    status, out, err = edited("echo '# mine' >>\"$1\"")
    assert (status, out) == (FAILED, "")
    assert err == "kindly: the schedule was changed after the draft that was kept last time; take from " \
        f"{draft_of(person)} what you need, and remove it\n"
    assert text_of(person) == SCHEDULE and draft_of(person).read_text() == "# of yesterday\n"


def test_an_editor_that_fails(person, edited):
    status, _out, err = edited("exit 3")
    assert status == FAILED and "ended with status 3, nothing saved" in err and left(person) == ["kindly.conf"]
    status, _out, err = edited("echo '# mine' >>\"$1\"; exit 3")
    assert status == FAILED and "the draft is kept" in err
    assert draft_of(person).read_bytes().decode() == SCHEDULE + "# mine\n" and text_of(person) == SCHEDULE


def test_an_editor_that_writes_a_zero_byte(person, edited):
    status, _out, err = edited("printf '# \\0\\n' >>\"$1\"")
    assert status == FAILED and err.startswith(f"kindly: {draft_of(person)}: ")
    assert text_of(person) == SCHEDULE and draft_of(person).read_bytes() == SCHEDULE.encode() + b"# \0\n"


def test_an_editor_that_writes_another_file(person, edited):
    """As editors do that save by renaming, with a backup."""
    assert edited("cp \"$1\" \"$1~\"; sed 's/Sam/Kim/' \"$1~\" >\"$1.new\"; mv \"$1.new\" \"$1\"")[0] == DONE
    assert text_of(person) == SCHEDULE.replace("Sam", "Kim") and left(person) == ["kindly.conf", "kindly.conf.draft~"]


def test_ctrl_c_in_an_editor_loses_nothing(person, edited):
    """It ends the editor, or the shell around it; what was written until then is kept, and kindly says where."""
    talk = edited("trap 'exit 1' INT; echo '# mine' >>\"$1\"; echo ready; while :; do read -r line; done", terminal=True)
    talk.see("ready\n")
    talk.type("\x03")
    said, status = talk.rest()
    assert status == FAILED and f"the draft is kept, and kindly edit goes on with it: {draft_of(person)}\n" in said
    assert text_of(person) == SCHEDULE and draft_of(person).read_bytes().decode() == SCHEDULE + "# mine\n"


def test_without_an_editor(person):
    person.env.pop("VISUAL", None)
    person.env.pop("EDITOR", None)
    assert person.run("kindly", "edit") == (
        USAGE, "", "kindly: there is no terminal to edit in, and neither $VISUAL nor $EDITOR is set\n")
    tools = person.folder / "bin"
    tools.mkdir()
    for name in ("nano", "vi"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} \"$#\"\n")
        (tools / name).chmod(0o755)
    (tools / "sh").symlink_to("/bin/sh")
    person.env["PATH"] = str(tools)
    said, status = person.keep(Conversation(person.env, KINDLY, "edit")).rest()
    assert (status, said) == (DONE, "nano 1\nNothing was changed.\n")


def test_a_file_with_a_mistake_is_mended(person, edited):
    person.config.write_text(SCHEDULE + "gap = 5;\n", newline="")
    assert edited("sed -i '/^gap = 5/d' \"$1\"")[0] == DONE
    assert text_of(person) == SCHEDULE
