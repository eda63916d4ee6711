"""What the texts of decks become: names, the check of their wording, and decks made from plain text."""

import json
import os
import pathlib
import shutil

import pytest

from rig import BUILD, FAR_AWAY, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: F401
from test_daemon import prompt, row

ROOT = pathlib.Path(__file__).resolve().parents[2]
DONE, FAILED, USAGE = 0, 1, 2
WARNINGS = "These are warnings: everything is used as it is.\n"
LIST = """language = "en"; conditional = ["if"]; exits = ["or"];
banned = ( { why = "pressure"; words = ["must"]; } );
"""

NAMED = """theme = "humanity"; language = "en"; prompts = (
    { id = "both"; text = "{name}, what went differently today?"; nameless = "What went differently today?"; } );
"""
NEEDS_A_NAME = 'theme = "patience"; language = "en"; prompts = ( { id = "one"; text = "{name}, slow is fine."; } );\n'


# --- names ---

@pytest.mark.parametrize("name, told", [("Kim", "Kim, what went differently today?"), ("", "What went differently today?")])
def test_a_name(person, screen, name, told):
    """On the screen, in the list, and in the journal."""
    decks = person.folder / "decks"
    decks.mkdir()
    (decks / "named.conf").write_text(NAMED, encoding="utf-8")
    (decks / "needs.conf").write_text(NEEDS_A_NAME, encoding="utf-8")
    person.schedule(FAR_AWAY + 'name = "%s";\n' % name)
    person.start("--decks", str(decks))
    caller = person.caller()
    card, asked = prompt(caller, screen)
    assert asked["body"] == told == row(caller, card)["text"]
    assert [one["text"] for one in caller.entries()] == [told]
    if name:
        assert prompt(caller, screen, "patience")[1]["body"] == "Kim, slow is fine."
    else:
        assert caller.refused("Prompt", "patience")[0] == "NoPrompt"


# --- the check ---

class Tree:
    """A source tree of its own with the program in its build folder, so that what is installed can be chosen."""

    def __init__(self, person):
        self.person = person
        self.folder = person.folder / "tree"
        self.program = self.folder / "build/release/kindly"
        self.program.parent.mkdir(parents=True)
        shutil.copy(os.path.join(BUILD, "kindly"), self.program)
        self.write("config/kindly.conf", FAR_AWAY)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def check(self, *arguments):
        status, out, err = self.person.run(self.program, "check", *arguments)
        assert err == ""
        return status, out


@pytest.fixture(name="tree")
def fixture_tree(person):
    return Tree(person)


def deck(id_, text, language="en", theme="care"):
    return f'theme = "{theme}"; language = "{language}";\nprompts = (\n    {{ id = "{id_}"; text = "{text}"; }} );\n'


def own(person, name, text):
    path = person.folder / "data/kindly/decks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/decks/*/*.conf")), ids=lambda path: "/".join(path.parts[-2:]))
def test_installed_decks_are_worded_well(person, path):
    status, out, err = person.run("kindly", "check", path)
    assert (status, out.splitlines()[0], err) == (DONE, f"{path.name}: no mistakes.", "")


def test_word_lists_have_no_mistakes(person):
    lists = sorted(ROOT.glob("config/wording/*.conf"))
    for path in lists:
        assert person.run("kindly", "check", path) == (DONE, f"{path.name}: no mistakes.\n", "")
    assert {path.stem for path in lists} <= {path.name for path in ROOT.glob("config/decks/*")}


def test_ours_are_errors_and_a_persons_own_are_warnings(person, tree):
    ours = tree.write("config/decks/en/care.conf", deck("care-01", "You must rest."))
    tree.write("config/wording/en.conf", LIST)
    mine = own(person, "mine.conf", deck("mine-1", "Tea is a must!"))
    told = [f'{ours}:3: "care-01" says "must" (pressure); better without',
            f'{mine}:3: "mine-1" has an exclamation mark; a full stop is enough',
            f'{mine}:3: "mine-1" says "must" (pressure); better without']
    assert tree.check() == (FAILED, "\n".join(told) + "\n")
    status, out = tree.check("--json")
    assert (status, json.loads(out)) == (FAILED, [{"severity": severity, "text": text} for severity, text in
                                                  zip(("error", "warning", "warning"), told)])
    assert tree.check(ours) == (FAILED, told[0] + "\n")
    assert tree.check(mine) == (DONE, "\n".join(told[1:]) + "\n" + WARNINGS)
    ours.write_text(deck("care-01", "You could rest."), encoding="utf-8")
    assert tree.check() == (DONE, "\n".join(told[1:]) + "\n" + WARNINGS)
    mine.unlink()
    assert tree.check() == (DONE, "kindly.conf: no mistakes.\n")


def test_a_deck_is_ours_by_its_place(tree):
    """However it is named: by a link, from within, by a path with dots."""
    ours = tree.write("config/decks/en/care.conf", deck("care-01", "Rest!"))
    copy = tree.write("config/decks-of-mine/care.conf", ours.read_text())
    link = tree.folder / "link.conf"
    link.symlink_to(ours)
    for path in (ours, link, ours.parent / "../en/care.conf"):
        assert tree.check(path)[0] == FAILED
    assert tree.check(copy)[0] == DONE


def test_without_a_list_the_plain_rules_hold(person, tree):
    tree.write("config/wording/en.conf", LIST)
    polish = own(person, "pl.conf", deck("pl-1", "must!", "pl"))
    british = own(person, "gb.conf", deck("gb-1", "You must rest.", "en-GB"))
    assert tree.check(polish)[1].count("pl.conf:3: ") == 1
    assert 'says "must"' in tree.check(british)[1]
    anything = own(person, "any.conf", deck("any-1", "You must rest.").replace('language = "en";', ""))
    assert tree.check(anything) == (DONE, "any.conf: no mistakes.\n")


def test_a_list_with_mistakes_is_told_and_not_used(tree):
    words = tree.write("config/wording/en.conf", LIST + 'exit = ["or"];\n')
    ours = tree.write("config/decks/en/care.conf", deck("care-01", "You must rest."))
    for arguments in ((), (ours,), (words,)):
        status, out = tree.check(*arguments)
        assert (status, out.count("\n")) == (FAILED, 1) and out.startswith(f'{words}:3: unknown key "exit"')


def test_the_same_text_in_two_decks(person, tree):
    """Nearly the same counts within a theme, the same everywhere, of one language."""
    tree.write("config/decks/en/care.conf", deck("care-01", "Is there a glass of water near?"))
    person.schedule(FAR_AWAY + 'languages = ["en", "fr"];\n')
    near = deck("mine-1", "Is there a cup of water near you?")
    mine = own(person, "mine.conf", near)
    told = f'{mine}:3: "mine-1" says nearly the same as "care-01" (care.conf:3)\n'
    assert tree.check() == (DONE, told + WARNINGS)
    for other in (near.replace("care", "image"), near.replace('"en"', '"fr"')):
        mine.write_text(other, encoding="utf-8")
        assert tree.check() == (DONE, "kindly.conf: no mistakes.\n")
    mine.write_text(deck("mine-1", "is there a glass of water near?", theme="image"), encoding="utf-8")
    assert tree.check() == (DONE, told.replace("nearly the", "the") + WARNINGS)


def test_mistakes_that_matter_more_are_told_first(person, tree):
    texts = "".join(',{ id = "m%d"; text = "Number %d!"; }\n' % (i, i) for i in range(200))
    own(person, "mine.conf", deck("mine-1", "One.").replace(" );", "\n" + texts + " );"))
    person.schedule(FAR_AWAY + "snoozes = 99;\n")
    status, out = tree.check()
    lines = out.splitlines()
    assert status == FAILED and lines[0].startswith(f"{person.config}:2: ") and len(lines) == 101
    assert lines[-1].startswith("... and ")


def test_a_check_of_many_prompts(person, tree):
    texts = "".join(',{ id = "m%05d"; text = "%s."; }\n' % (i, " ".join("%x" % (i * 7919 * k % 65536) for k in range(3, 15)))
                    for i in range(50000))
    path = own(person, "many.conf", deck("one", "One.").replace(" );", "\n" + texts + " );"))
    assert tree.check(path)[0] == DONE
