"""What the texts of decks become: names, the check of their wording, and decks made from plain text."""

import json
import os
import pathlib
import re
import shutil

import pytest

from rig import BUILD, FAR_AWAY, Refused, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: F401
from rig_ask import Conversation
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

@pytest.mark.parametrize("name, told", [("Kim", "Kim, what went differently today?"),
                                        ("", "What went differently today?")])
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


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/decks/*/*.conf")),
                         ids=lambda path: "/".join(path.parts[-2:]))
def test_installed_decks_are_worded_well(person, path):
    status, out, err = person.run("kindly", "check", path)
    assert (status, out.splitlines()[0], err) == (DONE, f"{path.name}: no mistakes.", "")


def test_word_lists_have_no_mistakes(person):
    lists = sorted(ROOT.glob("config/wording/*.conf"))
    for path in lists:
        assert person.run("kindly", "check", path) == (DONE, f"{path.name}: no mistakes.\n", "")
    assert {path.stem for path in lists} == {path.name for path in ROOT.glob("config/decks/*") if path.is_dir()}


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
    words = [" ".join("%x" % (i * 7919 * k % 65536) for k in range(3, 15)) for i in range(50000)]
    texts = "".join(',{ id = "m%05d"; text = "%s."; }\n' % (i, text) for i, text in enumerate(words))
    path = own(person, "many.conf", deck("one", "One.").replace(" );", "\n" + texts + " );"))
    assert tree.check(path)[0] == DONE


# --- decks from plain text ---

LINES = """# What I say to myself.
Is there a cup of tea?

  You could sit down for a moment.  \r
The rain says "hush" on the roof; \\ is a slash.
"""
THEMES = "kindness, acceptance, humanity, noticing, friend, care, image, respect, forgiveness, patience"
ODD = 'has "\\"; letters and plain punctuation are enough'


def lines(person, text=LINES, name="my lines.txt"):
    path = person.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def decks(person):
    folder = person.folder / "data/kindly/decks"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_lines_become_a_deck(person, screen):
    """Written for the person alone, warned of, noticed by the daemon, and shown."""
    made = person.folder / "data/kindly/decks/my-lines.conf"
    person.start("--decks", str(made.parent))
    status, out, err = person.run("kindly", "deck", "import", lines(person), "--theme", "patience")
    assert (status, out) == (DONE, f'{made}: 3 prompts of the theme patience, in "en".\n')
    assert err == f'{made}:11: "my-lines-003" {ODD}\n'
    assert made.stat().st_mode & 0o777 == 0o600 and made.parent.stat().st_mode & 0o777 == 0o700
    assert decks(person) == ["my-lines.conf"]
    assert person.run("kindly", "check", made)[0] == DONE
    caller, texts = person.caller(), []
    while len(texts) < 3:
        try:
            card = caller.call("Prompt", "patience")  # nothing tells when a new deck is in use
        except Refused:
            continue
        assert caller.next("Shown")[0] == card
        texts.append(caller.open()[0]["text"])
    assert set(texts) == {"Is there a cup of tea?", "You could sit down for a moment.",
                          'The rain says "hush" on the roof; \\ is a slash.'}
    assert screen


def test_a_deck_is_never_written_over(person):
    assert person.run("kindly", "deck", "import", lines(person), "--theme=care", "--name=mine")[0] == DONE
    made = person.folder / "data/kindly/decks/mine.conf"
    before = made.read_bytes()
    again = person.run("kindly", "deck", "import", lines(person), "--theme=image", "--name=mine")
    assert again == (FAILED, "", f"kindly: {made} is there already, and left as it is; choose another --name\n")
    assert made.read_bytes() == before and decks(person) == ["mine.conf"]


def test_a_deck_typed_in_while_another_comes_there(person):
    talk = person.keep(Conversation(person.env, os.path.join(BUILD, "kindly"), "deck", "import", "--theme=care",
                                    "--name=mine"))
    talk.see("Ctrl-C drops it.\n")
    made = own(person, "mine.conf", deck("theirs-001", "Tea is fine."))
    before = made.read_bytes()
    talk.type("One.\n\x04")
    said, status = talk.rest()
    assert status == FAILED and f"{made} is there already, and left as it is" in said
    assert made.read_bytes() == before and decks(person) == ["mine.conf"]


def test_ids_of_another_deck_are_not_taken(person):
    own(person, "other.conf", deck("mine-002", "Tea is fine."))
    assert person.run("kindly", "deck", "import", lines(person), "--theme=care", "--name=mine") == (
        FAILED, "", 'kindly: another deck has a prompt "mine-002" already; choose another --name\n')
    assert decks(person) == ["other.conf"]


def test_lines_from_standard_input(person):
    for arguments in ((), ("-",)):
        name = f"n{len(arguments)}"
        command = ["sh", "-c", 'printf "One.\\n" | "$@"', "sh", os.path.join(BUILD, "kindly"), "deck", "import"]
        status, out, err = person.run(*command, *arguments, "--theme", "care", "--name", name)
        assert (status, err) == (DONE, "") and out.endswith(f'{name}.conf: 1 prompt of the theme care, in "en".\n')
    assert decks(person) == ["n0.conf", "n1.conf"]


def test_a_deck_beside_a_schedule_with_a_mistake(person):
    person.schedule("gap = 5;\n")
    status, out, _err = person.run("kindly", "deck", "import", lines(person), "--theme=care", "--name=mine")
    assert status == DONE and out.endswith('in "en".\n')


def test_the_language_of_a_new_deck(person):
    """The schedule's first, or the one that is named; with a word when the schedule doesn't read it."""
    person.schedule(FAR_AWAY + 'languages = ["fr", "de"];\n')
    for arguments, language, read in (((), "fr", True), (("--language=de",), "de", True),
                                      (("--language", "pt-BR"), "pt-BR", False)):
        status, out, _ = person.run("kindly", "deck", "import", lines(person), "--theme=care", f"--name={language}",
                                    *arguments)
        first, *rest = out.splitlines()
        assert status == DONE and first.endswith(f'in "{language}".')
        assert rest == ([] if read else ['They come when the schedule\'s languages have "pt-BR" among them.'])


BAD_LINES = [
    (b"One.\nTw\xffo.\n", "{path}:2: this line isn't valid UTF-8; save the text as UTF-8\n"),
    (b"One.\n\nT\two.\n\x1b[2J.\n",
     "{path}:3: this line has a control character, such as a tab; it is plain text\n"
     "{path}:4: this line has a control character, such as a tab; it is plain text\n"),
    (b"x" * 401, "{path}:1: this line has 401 bytes; a prompt has at most 400, better 140 characters\n"),
    (b"x.\n" * 10001, "{path}:10001: this is prompt 10001; a deck is made of at most 10000\n"),
    (b"#\n" * (4 * 1024 * 1024) + b"#", "kindly: {path} is larger than 8 MiB; a deck is made of at most 10000 lines\n"),
    (b"\n# nothing\n", "{path}: there is no prompt in it; each line is one\n"),
]


@pytest.mark.parametrize("text, told", BAD_LINES, ids=["utf-8", "control", "long", "many", "large", "none"])
def test_bad_lines_change_nothing(person, text, told):
    path = lines(person, text)
    assert person.run("kindly", "deck", "import", path, "--theme=care") == (FAILED, "", told.format(path=path))
    assert decks(person) == []


@pytest.mark.parametrize("arguments, told", [
    ((), "deck needs more: kindly deck import [FILE]"),
    (("export",), 'deck does not know "export"; it is: kindly deck import [FILE]'),
    (("import", "FILE"), f"deck import needs --theme=THEME, one of {THEMES}"),
    (("import", "FILE", "--theme=own"), f'there is no theme "own" for decks; it must be one of {THEMES}'),
    (("import", "FILE", "--theme=care", "--name=a/b"),
     "the name \"a/b\" can't be that of a deck: 1 to 50 letters (a to z), digits, '-', '_' and '.', the first one no "
     "'.'"),
    (("import", "FILE", "--theme=care", "--language=e n"), '"e n" is no language, such as en or pt-BR'),
    (("import", "--theme=care"), "deck import needs --name=NAME with standard input; the deck is called so"),
    (("import", "FILE", "--theme=care", "too much"), 'deck does not take "too much"; see: kindly deck --help'),
])
def test_a_deck_asked_for_wrongly(person, arguments, told):
    path = str(lines(person))
    given = [path if word == "FILE" else word for word in arguments]
    assert person.run("kindly", "deck", *given) == (USAGE, "", f"kindly: {told}\n")
    assert decks(person) == []


def test_files_that_cannot_be_read(person):
    for path, told in (("nowhere.txt", "No such file or directory"), (".", "Is a directory")):
        assert person.run("kindly", "deck", "import", path, "--theme=care", "--name=x", cwd=person.folder) == (
            FAILED, "", f"kindly: {path}: {told}\n")
    unnamed = lines(person, name="\u4f60\u597d.txt")
    status, _, err = person.run("kindly", "deck", "import", unnamed, "--theme=care")
    assert status == USAGE and "needs --name=NAME" in err


def test_a_place_that_cannot_be_written(person):
    """A file where the folder would be."""
    (person.folder / "data/kindly").write_text("")
    status, out, err = person.run("kindly", "deck", "import", lines(person), "--theme=care")
    assert (status, out) == (FAILED, "") and "my-lines.conf: Not a directory" in err


# --- the guide ---

def test_the_examples_of_the_guide_follow_its_rules(person):
    """As a deck: no mistake in what is recommended, and the shares of a deck are kept as well."""
    guide = (ROOT / "docs/writing-prompts.md").read_text(encoding="utf-8")
    after = re.findall(r"^- After: (.*)$", guide, re.M)
    assert [len(re.findall(start, guide, re.M)) for start in (r"^\*\*\d+\. ", "^- Before: ", "^- After: ")] == [13] * 3
    path = lines(person, "\n".join(after))
    status, out, err = person.run("kindly", "deck", "import", path, "--theme=care", "--name=guide")
    assert (status, err) == (DONE, "") and "guide.conf: 13 prompts" in out
