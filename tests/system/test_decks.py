"""The wording of the English decks, as far as a program can judge it.

The files are read with a small parser of the few libconfig forms a deck uses, so that this test depends on nothing
that it is meant to check. It can be run alone (`python3 tests/system/test_decks.py` prints the table).
"""

import re
import unicodedata
from pathlib import Path

import pytest

DECKS = Path(__file__).resolve().parents[2] / "config" / "decks" / "en"

# Theme -> the depths its prompts may have.
DEPTHS = {
    "kindness": {2},
    "acceptance": {2},
    "humanity": {1},
    "noticing": {1},
    "friend": {2},
    "care": {1},
    "image": {2, 3},
    "respect": {2},
    "forgiveness": {2, 3},
    "patience": {1},
}
# Not shown in a person's first two weeks.
LATER = {"image", "forgiveness"}

PROMPTS_MIN = 8  # in a theme
EARLY_MIN = 90  # eligible in the first two weeks: 3 a day for 30 days without a repeat
LENGTH_MAX = 140
SHORT = 60  # below this a text is short

BANNED = {
    "pressure": "should, must, ought, always, never, just, simply, everyone, everybody, obviously",
    "cheer": "amazing, awesome, wonderful, beautiful, perfect, lovable, special, strong, brave, smile, congratulations",
    "belittling": "merely, at least, cheer up, calm down, bright side, could be worse",
    "promise": "will help, feel better, heal, healing, guaranteed",
    "clinic": "anxiety, anxious, depression, depressed, disorder, panic, symptom, therapy, trauma, treatment, mental",
    "gender": "he, she, him, her, his, hers, man, woman, men, women, guys, brother, sister, mother, father",
    "reproach": "missed, skipped, forgot, streak, score, progress, goal",
}

# A body or feeling prompt offers something else as well.
EXIT = re.compile(r"\b(or|instead|neither|none)\b", re.IGNORECASE)
HOLDING = re.compile(r"\bhold\w*\b[^.]*\bbreath", re.IGNORECASE)

STRING = r'"((?:[^"\\]|\\.)*)"'
SETTING = re.compile(rf"(\w+)\s*=\s*(?:{STRING}|(\w+))\s*;")


def settings(text):
    """The scalar settings of a text: strings as str, true and false as bool, numbers as int."""
    found = {}
    for key, string, word in SETTING.findall(text):
        assert key not in found, f"{key} stands twice in: {text.strip()}"
        found[key] = {"true": True, "false": False}[word] if word in ("true", "false") else int(word) if word else string
    return found


def read(name):
    """A deck: its header, its prompts, its practices (each with `steps`)."""
    text = (DECKS / f"{name}.conf").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    header, _, rest = text.partition("(")
    assert not re.search(r",\s*[)\]]", text), f"{name}.conf has a comma after a last item; libconfig 1.5 refuses it"
    groups = re.findall(rf"\{{((?:{STRING}|[^{{}}\"])*)\}}", rest)
    items = []
    for group, _ in groups:
        scalars, _, steps = group.partition("steps")
        item = settings(scalars)
        if steps:
            item["steps"] = re.findall(STRING, steps)
        items.append(item)
    return settings(header), items


def sentences(text):
    return [s for s in re.split(r"(?<=[.?!])['’”]?\s+", text) if s]


def share(part, whole):
    return part / whole if whole else 0.0


def figures(prompts):
    """Shares of a deck: sentences that start with "If", prompts that ask nothing, short prompts."""
    texts = [p["text"] for p in prompts]
    spoken = [s for t in texts for s in sentences(t)]
    return {
        "if": share(sum(s.startswith("If ") for s in spoken), len(spoken)),
        "no_question": share(sum("?" not in t for t in texts), len(texts)),
        "short": share(sum(len(t) < SHORT for t in texts), len(texts)),
        "write": sum(p.get("write", False) for p in prompts),
        "body": sum(p.get("body", False) for p in prompts),
    }


def table():
    lines = [f"{'theme':<12} {'prompts':>7} {'If':>5} {'no ?':>5} {'<60':>5} {'write':>5} {'body':>5}"]
    total = 0
    for theme in DEPTHS:
        _, prompts = read(theme)
        f = figures(prompts)
        total += len(prompts)
        lines.append(
            f"{theme:<12} {len(prompts):>7} {f['if']:>5.0%} {f['no_question']:>5.0%} {f['short']:>5.0%}"
            f" {f['write']:>5} {f['body']:>5}"
        )
    return "\n".join(lines + [f"{'all':<12} {total:>7}"])


def check_words(where, text):
    assert 0 < len(text) <= LENGTH_MAX, f"{where}: {len(text)} characters, at most {LENGTH_MAX}: {text}"
    assert text == text.strip() and "  " not in text, f"{where}: spare spaces: {text}"
    assert text.count("?") <= 1, f"{where}: more than one question: {text}"
    assert "!" not in text, f"{where}: an exclamation mark: {text}"
    assert text.rstrip("'’”")[-1] in ".?", f"{where}: no full stop or question mark at the end: {text}"
    odd = [c for c in text if unicodedata.category(c)[0] in "SC" or ord(c) > 0xFFFF]
    assert not odd, f"{where}: symbols or emoji {odd}: {text}"
    for reason, words in BANNED.items():
        for word in words.split(", "):
            assert not re.search(rf"\b{word}\b", text, re.IGNORECASE), f"{where}: {reason}, {word!r}: {text}"
    assert not HOLDING.search(text), f"{where}: holding of breath: {text}"


def test_folder_holds_the_ten_themes_and_the_practices():
    assert {p.stem for p in DECKS.glob("*")} == set(DEPTHS) | {"practices"}


@pytest.mark.parametrize("theme", DEPTHS)
def test_header(theme):
    header, _ = read(theme)
    assert set(header) == {"theme", "language", "title", "license", "reviewed"}
    assert header["theme"] == theme and header["language"] == "en" and header["title"]
    assert header["license"] == "CC0-1.0" and isinstance(header["reviewed"], bool)


@pytest.mark.parametrize("theme", DEPTHS)
def test_prompts(theme):
    _, prompts = read(theme)
    assert len(prompts) >= PROMPTS_MIN
    assert [p["id"] for p in prompts] == [f"{theme}-{i:02}" for i in range(1, len(prompts) + 1)]
    assert {p["depth"] for p in prompts} <= DEPTHS[theme]
    for p in prompts:
        assert {"id", "text", "depth"} <= set(p) <= {"id", "text", "depth", "body", "write"}, p
        assert p.get("body", True) is True and p.get("write", True) is True, f"{p['id']}: leave a key out when false"
        check_words(p["id"], p["text"])
        if p.get("body"):
            assert EXIT.search(p["text"]), f"{p['id']}: a body or feeling prompt without a way out: {p['text']}"


@pytest.mark.parametrize("theme", DEPTHS)
def test_voice(theme):
    _, prompts = read(theme)
    f = figures(prompts)
    assert f["if"] <= 1 / 3, f"{theme}: too many sentences start with If"
    assert f["no_question"] >= 1 / 3, f"{theme}: too few prompts ask nothing"
    assert f["short"] >= 1 / 4, f"{theme}: too few short prompts"
    assert f["write"] >= 2, f"{theme}: too few prompts invite a line"


def test_no_text_stands_twice_and_there_are_enough():
    prompts = {theme: read(theme)[1] for theme in DEPTHS}
    texts = [p["text"].lower() for deck in prompts.values() for p in deck]
    assert len(texts) == len(set(texts))
    assert sum(len(deck) for theme, deck in prompts.items() if theme not in LATER) >= EARLY_MIN


def test_practices():
    header, practices = read("practices")
    assert header == {"language": "en", "license": "CC0-1.0", "reviewed": False}
    assert [p["id"] for p in practices] == ["hard-moment", "three-breaths"]
    for p in practices:
        assert set(p) == {"id", "title", "steps"} and p["title"]
        assert 3 <= len(p["steps"]) <= 5
        for i, step in enumerate(p["steps"], 1):
            check_words(f"{p['id']} step {i}", step)
            if re.search(r"\b(breath\w*|hand|body)\b", step, re.IGNORECASE):
                assert EXIT.search(step), f"{p['id']} step {i}: no way out: {step}"


def test_table_is_printed(capsys):
    with capsys.disabled():
        print("\n" + table())


if __name__ == "__main__":
    print(table())
