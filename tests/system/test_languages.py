"""The interface in each language there is a catalogue of: what a person reads is in it, what scripts read is not. And
the catalogues: up to date, whole, with buttons that fit. Locales are made here, so that the machine needs none."""

import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ElementTree

import pytest

from rig import BUILD, FAR_AWAY, PATIENCE, Person, fixture_person, now_usec  # noqa: F401
from rig_presenter import ROOT
from test_daemon import kept_line, prompt

PO = os.path.join(ROOT, "po")
BUTTON_COLUMNS = 24
BUTTONS = ("daemon/core/choice.c", "daemon/notify/notice.c")
TINY = """theme = "noticing"; language = "{0}"; reviewed = false;
prompts = ( {{ id = "{0}-1"; text = "{1}"; }} );
"""

# Of each: its locale, a button that answers, one that puts off, the title, "Nothing is open.", the help's first word,
# how a moment of tomorrow is said, and the sign that a number's fraction has there.
SAID = {
    "de": ("de_DE", "Hilfreich", "In 15 Min.", "Ein Moment für dich", "Nichts ist offen.", "Aufruf:", "morgen"),
    "es": ("es_ES", "Me ayuda", "En 15 min", "Un momento para ti", "No hay nada abierto.", "Uso:", "mañana"),
    "fr": ("fr_FR", "Utile", "Dans 15 min", "Un moment pour vous", "Rien n’est ouvert.", "Utilisation\u00a0:", "demain"),
    "zh_CN": ("zh_CN", "有帮助", "15 分钟后", "给你的片刻", "没有开着的提示。", "用法：kindly", "明天"),
}
LANGUAGES = list(SAID)


def linguas():
    with open(os.path.join(PO, "LINGUAS"), encoding="utf-8") as file:
        return file.read().split()


# --- the catalogues ---

def unquoted(lines):
    return "".join(json.loads(line) for line in lines)


def entries(path):
    """The entries of a catalogue, without its header: where from, flags, and its texts by keyword."""
    with open(path, encoding="utf-8") as file:
        blocks = file.read().strip().split("\n\n")[1:]
    for block in blocks:
        texts, lines = {}, block.split("\n")
        for line in lines:
            if match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
                keyword = match[1]
                texts[keyword] = [match[2]]
            elif line.startswith('"'):
                texts[keyword].append(line)
        yield ([line[3:] for line in lines if line.startswith("#: ")], "fuzzy" in block.split("msgid")[0],
               {keyword: unquoted(parts) for keyword, parts in texts.items()})


def columns(text):
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) - sum(unicodedata.combining(c) > 0 for c in text) + wide


def test_linguas_are_the_catalogues():
    assert sorted(linguas()) == sorted(os.path.basename(path)[:-3] for path in glob.glob(PO + "/*.po"))
    assert sorted(linguas()) == sorted(LANGUAGES), "a new language has a row in this file, too"


def test_catalogues_are_up_to_date(tmp_path):
    """`make pot` changes nothing: whoever changes a text runs it, and translates."""
    for name in ("Makefile", "daemon", "po"):
        subprocess.run(["cp", "-a", os.path.join(ROOT, name), tmp_path], check=True)
    subprocess.run(["make", "-s", "pot"], cwd=tmp_path, check=True, timeout=PATIENCE)
    for name in ["kindly.pot"] + [language + ".po" for language in linguas()]:
        with open(os.path.join(PO, name), encoding="utf-8") as ours:
            assert ours.read() == (tmp_path / "po" / name).read_text("utf-8"), f"{name} is not what make pot makes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_whole(language):
    path = os.path.join(PO, language + ".po")
    subprocess.run(["msgfmt", "--check", "-o", os.devnull, path], check=True)
    n = 0
    for where, fuzzy, texts in entries(path):
        n += 1
        said = [text for keyword, text in texts.items() if keyword.startswith("msgstr")]
        assert said and all(said) and not fuzzy, texts
        for text in said:
            assert not re.search("[!！¡]", text), text
            if set(BUTTONS) & set(where) and texts["msgid"] != "Answer with: kindly answer":
                assert 0 < columns(text.replace("%u", "15").replace("%s", "1h 30min")) <= BUTTON_COLUMNS, text
    assert n > 300


def test_programs_have_few_english_texts_left():
    """A sentence that the command says has to be marked; what is for scripts is no sentence."""
    unmarked = set()
    for path in glob.glob(os.path.join(ROOT, "daemon/client/*.c")):
        with open(path, encoding="utf-8") as file:
            unmarked |= set(re.findall(r'\b(?:complain|fail_usage|puts|f?printf|fputs|fail_errno)\((?:[\w-]+,\s*)?'
                                       r'"((?:[^"\\]|\\.)*[A-Za-z]{2} (?:[^"\\]|\\.)*)"', file.read()))
    unmarked = {text for text in unmarked if re.search("[A-Za-z]{2} ", re.sub("<[^>]*(>|$)", "", text))}  # tags are none
    assert unmarked <= {"kindly ", "%*skindly answer ", " --id "}  # commands


def test_desktop_entry():
    path = os.path.join(BUILD, "org.kindlyd.Kindly.desktop")
    subprocess.run(["desktop-file-validate", path], check=True)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    keys = [key for key in re.findall(r"^(GenericName|Comment|Keywords|Name)=", text, re.M)]
    for language in linguas():
        said = re.findall(r"^(\w+)\[%s\]=." % language, text, re.M)
        assert said == keys[1:], language  # the program's own name is the same everywhere


def test_description_for_software_centres():
    with open(os.path.join(ROOT, "units/org.kindlyd.Kindly.metainfo.xml.in"), encoding="utf-8") as file:
        root = ElementTree.fromstring(file.read().partition("?>")[2])  # with what stands there once there is a homepage
    for tag, texts in (("summary", 1), ("p", 3), ("caption", 2)):
        said = [text.get("{http://www.w3.org/XML/1998/namespace}lang") for text in root.iter(tag)]
        assert said == [None, *linguas()] * texts, tag


# --- the programs ---

@pytest.fixture(name="locales", scope="module")
def fixture_locales(tmp_path_factory):
    """A folder of real locales, with numbers and dates of their own."""
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/de_DE"):
        pytest.skip("no localedef, or no definitions to make locales of (package locales)")
    folder = tmp_path_factory.mktemp("locales")
    for name, *_ in SAID.values():
        subprocess.run(["localedef", "-i", name, "-f", "UTF-8", f"{folder}/{name}.UTF-8"], check=True,
                       capture_output=True)
    return folder


@pytest.fixture(name="speaker", params=LANGUAGES)
def fixture_speaker(request, person, locales):
    """A person whose desktop speaks the language."""
    person.language, person.said = request.param, SAID[request.param]
    person.env |= {"LOCPATH": str(locales), "LC_ALL": person.said[0] + ".UTF-8"}
    person.env.pop("LANGUAGE", None)
    return person


def in_english(person, *arguments):
    return subprocess.run([os.path.join(BUILD, "kindly"), *arguments], env=person.env | {"LC_ALL": "C.UTF-8"},
                          capture_output=True, text=True, timeout=PATIENCE, check=False).stdout


def drawn(asked):
    return dict(zip(asked["actions"][::2], asked["actions"][1::2]))


def test_a_prompt(speaker):
    _, helpful, later, title, *_ = speaker.said
    screen = speaker.serve()
    speaker.start()
    caller = speaker.caller()
    card = caller.call("Prompt", "noticing")
    asked = screen.next()
    assert caller.next("Shown")[0] == card and asked["summary"] == title
    buttons = drawn(asked)
    assert (buttons["helpful"], buttons["later"]) == (helpful, later)
    assert all(columns(label) <= BUTTON_COLUMNS for label in buttons.values())
    assert len(set(buttons.values())) == len(buttons)
    row = caller.open()[0]
    assert (row["id"], row["state"], row["stage"], row["title"]) == (card, "shown", "prompt", title)
    assert ("helpful", helpful) in row["choices"]
    status, out, _ = speaker.run("kindly", "status")
    assert status == 0 and re.search(r"kindly answer helpful\s+" + helpful, out)
    name, told = caller.refused("Answer", card, "not-a-choice", "")
    assert name == "InvalidArgument" and "not-a-choice" in told and "is not a choice" not in told
    screen.do("action", id=asked["id"], key="hard")
    assert screen.next()["summary"] == {"de": "Ein schwerer Moment", "es": "Un momento difícil",
                                        "fr": "Un moment difficile", "zh_CN": "难熬的时候"}[speaker.language]


def test_what_kindly_itself_says(speaker, tmp_path):
    """Also what is put together: around the support line, and around a date and the person's own line."""
    screen = speaker.serve()
    speaker.start()
    caller = speaker.caller()
    _, asked = prompt(caller, screen, "guidance")
    title, opening = {"de": ("Vor dem ersten", "Unterstützung: "), "es": ("Antes de la primera", "Apoyo: "),
                      "fr": ("Avant la première", "Soutien\u00a0: "), "zh_CN": ("第一条之前", "支持：")}[speaker.language]
    assert asked["summary"] == title and asked["body"].split("\n")[-1] == opening + "findahelpline.com"
    assert "treatment" not in asked["body"]
    line, time = kept_line(caller, tmp_path, days=2000, text="x.")
    card, asked = prompt(caller, screen, "then-and-now")
    caller.call("Answer", card, "open", "")
    wrote, still = next(row for row in caller.open() if row["id"] == card)["text"].split("\n\n")
    day = datetime.datetime.fromtimestamp(time / 1000000, datetime.timezone.utc)
    months = {"de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
              "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
              "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
              "zh_CN": " ".join(f"{month}月" for month in range(1, 13))}[speaker.language].split()
    said = {"de": "Am {d}. {m} {y} hast du geschrieben: x.", "es": "El {d} de {m} de {y} escribiste: x.",
            "fr": "Le {d} {m} {y}, vous avez écrit\u00a0: x.", "zh_CN": "{y}年{m}{d}日你写过：x."}[speaker.language]
    assert wrote == said.format(d=day.day, m=months[day.month - 1], y=day.year)
    assert still.endswith(("?", "？")) and "still" not in still
    assert next(row for row in caller.open() if row["id"] == card)["prompt"] == line


def test_what_is_stored_and_logged_is_english(speaker):
    """A hard moment's own text is in the journal as the code has it, and is translated where it is printed."""
    screen = speaker.serve()
    daemon = speaker.start()
    caller = speaker.caller()
    caller.call("Prompt", "hard")
    shown = screen.next()["body"]
    assert "Nothing needs fixing" not in shown
    speaker.schedule('reminders = 5;\n')
    daemon.told("RELOADING=1", "READY=1")
    assert "the schedule in force stays" in daemon.stderr()
    assert "the schedule in force stays" not in caller.get("Problem")
    assert caller.entries()[0]["text"] == "Nothing needs fixing this minute."
    status, out, _ = speaker.run("kindly", "journal")
    assert status == 0 and shown.split("\n")[0] in re.sub(r"\s+", " ", out)


def test_status_and_help(speaker):
    *_, nothing, usage, tomorrow = speaker.said
    speaker.start()
    status, out, _ = speaker.run("kindly")
    assert status == 0 and out.startswith(nothing + "\n")
    status, out, _ = speaker.run("kindly", "pause", "tomorrow")
    assert status == 0 and tomorrow in out
    assert speaker.run("kindly", "status", "--format", "{paused}") == (0, f"{tomorrow} 09:00\n", "")
    speaker.run("kindly", "pause", "1min")
    status, out, _ = speaker.run("kindly", "status", "--format", "{paused}")
    assert status == 0 and re.fullmatch(rf"({tomorrow} )?\d\d:\d\d\n", out)  # today goes without saying
    for arguments in ([], ["journal"], ["note"]):
        status, out, err = speaker.run("kindly", *arguments, "--help")
        assert (status, err) == (0, "") and out.startswith(usage)
        assert all(columns(line) <= 80 for line in out.splitlines())
    status, out, err = speaker.run("kindly", "nonsense")
    assert status == 2 and out == "" and "nonsense" in err and "there is no verb" not in err
    assert speaker.run("kindlyd", "--help")[1].startswith(usage.replace("kindly", ""))


# Of each: the page's language, its title, the heading of own words, and how a theme's times are said.
REPORTED = {
    "de": ("de", "Dein Tagebuch", "In deinen eigenen Worten", "20-mal gezeigt."),
    "es": ("es", "Tu diario", "Con tus propias palabras", "Mostrado 20 veces."),
    "fr": ("fr", "Votre journal", "Avec vos propres mots", "Montré 20 fois."),
    "zh_CN": ("zh-Hans", "你的日记", "用你自己的话", "显示过 20 次。"),
}


def test_the_report(speaker):
    """On a terminal, and as a page that says which language it is in. Own words are as they were written."""
    language, title, words, shown = REPORTED[speaker.language]
    speaker.start()
    caller = speaker.caller()
    ids, at = [f"01920000-0000-7000-8000-{i:012x}" for i in range(20)], now_usec()
    file = speaker.folder / "many.jsonl"
    file.write_text("".join(json.dumps({
        "version": 1, "id": entry, "entry": entry, "device": "01920000-0000-7000-8000-ffffffffffff", "kind": "shown",
        "time_usec": at - i, "due_usec": at - i, "theme": "care", "text": "A prompt."}) + "\n"
        for i, entry in enumerate(ids)))
    assert speaker.run("kindly", "import", str(file))[0] == 0
    caller.call("Note", "Own words stay.", False)
    page = speaker.folder / "report.html"
    for arguments in (["report"], ["report", "--html", str(page)]):
        status, out, err = speaker.run("kindly", *arguments)
        assert (status, err) == (0, "")
        text = out or page.read_text("utf-8")
        assert all(part in text for part in (title, words, shown, "Own words stay.")), text
        assert "Your journal" not in text and "Shown" not in text
    assert f'<html lang="{language}">' in page.read_text("utf-8")
    in_english(speaker, "report", "--html", str(page))
    assert '<html lang="en">' in page.read_text("utf-8") and "Shown 20 times." in page.read_text("utf-8")


def test_what_scripts_read_is_the_same(speaker):
    """JSON, lines of watch's and calendar's kind, exit codes; and numbers, whose fractions have commas there."""
    speaker.schedule(FAR_AWAY + 'idle_after = "1.5min"; gap = "0.5h"; languages = ["en"];\n', calm=False)
    speaker.start()
    speaker.caller().call("Note", "A line.", False)
    bad = speaker.folder / "bad.conf"
    bad.write_text("reminders = (); gap = 1.25;\n")
    rehearse = ["rehearse", "--days=2", "--from=2099-12-31"]
    for arguments in (["check", "--json", str(bad)], ["check", "--json"], ["status", "--json"], ["upcoming", "--json"],
                      ["journal", "--json"], ["report", "--json"], ["export"],
                      ["calendar", "--base-time=@1774699200.25", "-n", "3", "*:*:0/0.5"], rehearse, rehearse + ["--json"]):
        status, out, err = speaker.run("kindly", *arguments)
        assert (status, err) == (int(str(bad) in arguments), ""), arguments
        assert out and out == in_english(speaker, *arguments), arguments
    assert speaker.run("kindly", "calendar", "2000-01-01")[:2] == (1, "never\n")


def test_doctor(speaker):
    """Told in the person's language; as JSON in English, whatever the daemon's own words are in."""
    speaker.start()
    speaker.caller().call("Note", "A line.", False)
    out = speaker.run("kindly", "doctor")[1]
    assert "Sound: " not in out and {"de": "1 eigene Zeile", "es": "1 línea tuya", "fr": "1 ligne à vous",
                                     "zh_CN": "1 句你自己的话"}[speaker.language] in re.sub(r"\s+", " ", out)
    found = json.loads(speaker.run("kindly", "doctor", "--json")[1])
    assert any(row["text"].startswith("Sound: 1 entry, 1 line of your own; ") for row in found["findings"])


def test_decks_follow_the_locale(speaker):
    """Those of the language where there are some, else English; what the schedule says goes first."""
    decks, language = speaker.folder / "decks", speaker.language[:2]
    (decks / "en").mkdir(parents=True)
    (decks / "en/tiny.conf").write_text(TINY.format("en", "Just English."))
    screen = speaker.serve()
    speaker.start("--decks", str(decks))
    caller = speaker.caller()

    def text():
        caller.call("Prompt", "noticing")
        while (asked := screen.next())["event"] == "close":
            pass
        caller.call("Dismiss", "")
        return asked["body"].split("\n")[0]

    assert text() == "Just English."
    (decks / language).mkdir()
    (decks / language / "tiny.conf").write_text(TINY.format(language, "And this."))
    caller.call("Reload")
    assert text() == "And this." and text() == "And this."
    speaker.schedule(FAR_AWAY + 'languages = ["en"];\n')
    caller.call("Reload")
    assert text() == "Just English."


def test_language_wishes(person, locales):
    """LANGUAGE goes before the locale, for the interface and for the decks, each by what there is."""
    decks = person.folder / "data/kindly/decks"
    for language in ("nl", "de"):
        (decks / language).mkdir(parents=True)
        (decks / language / "tiny.conf").write_text(TINY.format(language, "Of " + language))
    person.env |= {"LOCPATH": str(locales), "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "nl:fr:de"}
    assert person.run("kindly", "--help")[1].startswith(SAID["fr"][5])
    person.schedule('reminders = ( { name = "x"; at = "12:00"; themes = ["noticing"]; } );\n')
    texts = {line.split("\t")[3] for line in person.run("kindly", "rehearse", "--days=1")[1].splitlines()}
    assert texts == {"Of nl"}
    out = person.run("kindly", "check")[1]
    assert "(reviewed = false)" in out and "Not every text" not in out


def test_imported_decks_follow_the_locale(person, locales):
    """They are in the first language that has decks; what the schedule says goes first."""
    lines = person.folder / "mine.txt"
    lines.write_text("One.\nTwo.\n")
    person.env |= {"LOCPATH": str(locales), "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "nl:fr:de"}

    def language_of(name):
        status, _, err = person.run("kindly", "deck", "import", str(lines), "--theme=care", "--name", name)
        text = (person.folder / "data/kindly/decks" / (name + ".conf")).read_text("utf-8")
        return status, err, re.search(r'^language *= "(.*)";$', text, re.M)[1]

    assert language_of("first") == (0, "", "fr")
    person.schedule(FAR_AWAY + 'languages = ["es", "fr"];\n')
    assert language_of("second") == (0, "", "es")


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "xx_XX.UTF-8"])
def test_english_everywhere_else(person, locale):
    """Where there is no locale of that name, too, as everywhere in the C library."""
    person.env |= {"LC_ALL": locale, "LOCPATH": str(person.folder)}
    person.env.pop("LANGUAGE", None)
    assert person.run("kindly", "--help")[1].startswith("Usage: kindly")
