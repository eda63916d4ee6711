"""The wording of the installed decks, in each language, as far as a program can judge it.

The files are read with a parser of the few libconfig forms they use, and words are found with regular expressions, so
that this test depends on nothing that it is meant to check. It can be run alone (`python3 tests/system/test_decks.py`
prints the table).
"""

import functools
import itertools
import re
import unicodedata
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"
LANGUAGES = sorted(path.name for path in (CONFIG / "decks").iterdir() if path.is_dir())

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
DECKS = list(itertools.product(LANGUAGES, DEPTHS))

# The same in each language; a language may have fewer.
PRACTICES = ["hard-moment", "three-breaths", "soothing-touch", "as-to-a-friend", "name-a-feeling",
             "set-down-a-mistake", "old-picture", "close-of-day"]
# About the body or a feeling: these offer something else from the first step on.
BODILY = {"hard-moment", "three-breaths", "soothing-touch", "name-a-feeling"}

# Language -> prompts in a theme, practices. Of English there are so many that the eight themes of the first two weeks
# have well over 90: 3 a day for 30 days without a repeat.
MINIMUM = {"en": (20, 8)}
MINIMUM_ELSEWHERE = (10, 4)

ALIKE = 0.5  # the share of three-letter pieces that two texts have in common, from which on they are nearly the same
NAME = "Alexandra"


def length_max(language):
    return 70 if language == "zh" else 140


def is_short(language, text):
    return len(text) < (30 if language == "zh" else 60)


# --- The files ---

TOKEN = re.compile(r'\s+|#[^\n]*|("(?:[^"\\]|\\["\\])*"|[\w-]+|[=;,(){}\[\]])')


def parse(path):
    """A libconfig file: groups as dict, lists and arrays as list, strings, true and false, whole numbers."""
    text, tokens, place = path.read_text(encoding="utf-8"), [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        assert match, f"{path}: {text[place:place + 40]!r} is beyond this parser"
        place = match.end()
        if match[1]:
            tokens.append(match[1])
    tokens.reverse()

    def expect(mark):
        token = tokens.pop()
        assert token == mark, f"{path}: {token} where {mark} was expected, before {' '.join(tokens[:-6:-1])}"

    def group(end):
        result = {}
        while tokens and tokens[-1] != end:
            name = tokens.pop()
            assert name not in result, f"{path}: {name} stands twice in {result}"
            expect("=")
            result[name] = value()
            expect(";")
        return result

    def items(end):
        result = []
        while tokens[-1] != end:
            if result:
                expect(",")
            result.append(value())  # so that a comma after the last item, which libconfig 1.5 refuses, fails here
        return result

    def value():
        token = tokens.pop()
        if token in "([":
            end = {"(": ")", "[": "]"}[token]
            result = items(end)
            expect(end)
        elif token == "{":
            result = group("}")
            expect("}")
        elif token.startswith('"'):
            result = re.sub(r"\\(.)", r"\1", token[1:-1])
        elif token in ("true", "false"):
            result = token == "true"
        else:
            result = int(token)
        return result

    return group(None)


@functools.lru_cache(maxsize=None)
def deck(language, name):
    return parse(CONFIG / "decks" / language / f"{name}.conf")


@functools.lru_cache(maxsize=None)
def wording(language):
    return parse(CONFIG / "wording" / f"{language}.conf")


# --- Words ---

WIDE = r"[\u2e80-\u9fff]"  # written without spaces between words
CLOSING = "'’”»」』）)"


def folded(text):
    return text.replace("’", "'").lower()


@functools.lru_cache(maxsize=None)
def pattern(phrase):
    """A word or phrase of a list: whole words in any case, but anywhere in a wide script. `*` ends a word in any way,
    `...` stands for any words of the sentence."""
    said = re.escape(folded(phrase)).replace(r"\ \.\.\.\ ", r"\b[^.?!]*\b").replace(r"\*", r"\w*")
    said = said.replace(r"\ ", r"\s")
    before = "" if re.match(WIDE, phrase) else r"(?<!\w)"
    after = "" if re.match(WIDE, phrase[-1]) else r"(?!\w)"
    return re.compile(before + said + after)


def found(phrases, text):
    """Those of the phrases that are in the text."""
    return [phrase for phrase in phrases if pattern(phrase).search(folded(text))]


def sentences(text):
    return [s for s in re.split(rf"(?<=[.?!])[{CLOSING}]*\s+|(?<=[。？！])[{CLOSING}]*", text) if s]


def opens_with(phrases, sentence):
    return any(pattern(phrase).match(folded(sentence).lstrip("'‘“«「『¿¡ \u00a0\u202f")) for phrase in phrases)


def questions(text):
    return sum(map(text.count, "?？"))


def shown(prompt):
    """What a person may see of it: with their name, or without one."""
    return [prompt["text"].replace("{name}", NAME)] + ([prompt["nameless"]] if "nameless" in prompt else [])


def pieces(text):
    letters = re.sub(r"\W", "", folded(text))
    return {letters[i:i + 3] for i in range(len(letters) - 2)}


def share(part, whole):
    return part / whole if whole else 0.0


def figures(language, theme):
    """Shares of a deck: sentences that open with "If", prompts that ask nothing, short prompts."""
    texts = [p["text"].replace("{name}", NAME) for p in deck(language, theme)["prompts"]]
    spoken = [s for t in texts for s in sentences(t)]
    return {
        "n": len(texts),
        "if": share(sum(opens_with(wording(language)["conditional"], s) for s in spoken), len(spoken)),
        "silent": share(sum(questions(t) == 0 for t in texts), len(texts)),
        "short": share(sum(is_short(language, t) for t in texts), len(texts)),
    }


def table():
    """Themes and languages: how many prompts, and of 100 sentences those with If, of 100 prompts the other two."""
    rows = {theme: [figures(language, theme) for language in LANGUAGES] for theme in DEPTHS}
    head = "".join(f" | {language + ':':<4}  If  no ?  short" for language in LANGUAGES)
    lines = [f"{theme:<11}" + "".join(
        f" | {f['n']:>4}  {f['if']:>3.0%} {f['silent']:>5.0%} {f['short']:>6.0%}" for f in row)
        for theme, row in rows.items()]
    totals = [sum(row[i]["n"] for row in rows.values()) for i in range(len(LANGUAGES))]
    return "\n".join([" " * 11 + head, *lines, f"{'all':<11}" + "".join(f" | {n:>4}{'':18}" for n in totals)])


# --- Each text ---

def check_words(language, where, text):
    end, longest = text.rstrip(CLOSING + "\u00a0\u202f"), length_max(language)
    assert 0 < len(text) <= longest, f"{where}: {len(text)} characters, at most {longest}: {text}"
    assert text == text.strip() and not re.search(r"\s\s", text), f"{where}: spare spaces: {text}"
    assert questions(text) <= 1, f"{where}: more than one question: {text}"
    assert not set(text) & set("!！¡"), f"{where}: an exclamation mark: {text}"
    assert end[-1] in ".?。？", f"{where}: no full stop or question mark at the end: {text}"
    odd = [c for c in text if unicodedata.category(c)[0] in "SC" or ord(c) > 0xFFFF]
    assert not odd, f"{where}: symbols or emoji {odd}: {text}"
    for group in wording(language)["banned"]:
        said = found(group["words"], text)
        assert not said, f"{where}: {group['why']}, {said}: {text}"


def check_exit(language, where, text):
    exits = wording(language)["exits"]
    assert found(exits, text), f"{where}: about the body or a feeling, and none of {exits}: {text}"


@pytest.mark.parametrize("language,theme", DECKS)
def test_header(language, theme):
    header = {key: value for key, value in deck(language, theme).items() if key != "prompts"}
    assert set(header) == {"theme", "language", "title", "license", "reviewed"}
    assert header["theme"] == theme and header["language"] == language and header["title"]
    assert header["license"] == "CC0-1.0" and isinstance(header["reviewed"], bool)


@pytest.mark.parametrize("language,theme", DECKS)
def test_ids(language, theme):
    """What is known of a prompt is known by its id: in English, where texts have been thrown out, theirs are gone."""
    ids = [p["id"] for p in deck(language, theme)["prompts"]]
    if language == "en":
        assert all(re.fullmatch(rf"{theme}-\d\d", i) for i in ids) and ids == sorted(set(ids))
    else:
        assert ids == [f"{language}-{theme}-{i:02}" for i in range(1, len(ids) + 1)]


@pytest.mark.parametrize("language,theme", DECKS)
def test_prompts(language, theme):
    for p in deck(language, theme)["prompts"]:
        assert {"id", "text", "depth"} <= set(p) <= {"id", "text", "nameless", "depth", "body", "write"}, p
        assert p["depth"] in DEPTHS[theme], p
        assert p.get("body", True) is True and p.get("write", True) is True, f"{p['id']}: leave a key out when false"
        assert ("{name}" in p["text"]) == ("nameless" in p), f"{p['id']}: a name and nameless go together"
        for text in shown(p):
            check_words(language, p["id"], text)
            if p.get("body"):
                check_exit(language, p["id"], text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_practices(language):
    header = {key: value for key, value in deck(language, "practices").items() if key != "practices"}
    assert header.pop("reviewed") in (True, False) and header == {"language": language, "license": "CC0-1.0"}
    practices = deck(language, "practices")["practices"]
    ids = [p["id"] for p in practices]
    assert ids == [i for i in PRACTICES if i in ids] and len(ids) >= MINIMUM.get(language, MINIMUM_ELSEWHERE)[1]
    for p in practices:
        assert set(p) == {"id", "title", "steps"} and p["title"]
        assert 3 <= len(p["steps"]) <= 5
        for i, step in enumerate(p["steps"], 1):
            check_words(language, f"{p['id']} step {i}", step)
        if p["id"] in BODILY:
            check_exit(language, f"{p['id']} step 1", p["steps"][0])


# --- All together ---

@pytest.mark.parametrize("language", LANGUAGES)
def test_folder_holds_the_ten_themes_and_the_practices(language):
    assert {p.name for p in (CONFIG / "decks" / language).iterdir()} == {f"{n}.conf" for n in [*DEPTHS, "practices"]}


@pytest.mark.parametrize("language,theme", DECKS)
def test_voice(language, theme):
    f = figures(language, theme)
    assert f["n"] >= MINIMUM.get(language, MINIMUM_ELSEWHERE)[0], "too few prompts"
    assert f["if"] <= 1 / 3, "too many sentences open with If"
    assert f["silent"] >= 1 / 3, "too few prompts ask nothing"
    assert f["short"] >= 1 / 4, "too few short prompts"
    assert sum("write" in p for p in deck(language, theme)["prompts"]) >= 2, "too few prompts invite a line"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_texts_are_alike(language):
    texts = [p["text"] for theme in DEPTHS for p in deck(language, theme)["prompts"]]
    texts += [step for p in deck(language, "practices")["practices"] for step in p["steps"]]
    cut = [(text, pieces(text)) for text in texts]
    alike = [(a, b) for (a, x), (b, y) in itertools.combinations(cut, 2) if share(len(x & y), len(x | y)) >= ALIKE]
    assert not alike


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_used_sparingly(language):
    """A name comes as one that is called, not as a mail merge."""
    assert sum("nameless" in p for theme in DEPTHS for p in deck(language, theme)["prompts"]) <= 8


# --- The lists ---

def test_each_language_has_a_list():
    assert {p.name for p in (CONFIG / "wording").iterdir()} == {f"{language}.conf" for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_list(language):
    rules = wording(language)
    assert set(rules) == {"language", "conditional", "exits", "banned"} and rules["language"] == language
    assert all(set(group) == {"why", "words"} and group["why"] and group["words"] for group in rules["banned"])
    banned = [word for group in rules["banned"] for word in group["words"]]
    for phrases in (banned, rules["conditional"], rules["exits"]):
        assert phrases and len(phrases) == len(set(phrases)), sorted(p for p in phrases if phrases.count(p) > 1)
        for phrase in phrases:
            assert phrase == " ".join(phrase.split()) and not re.search(r"\*\S|(^| )\*", phrase), phrase


FOUND = [
    ("must", "Nothing MUST be done.", True),
    ("must", "A jar of mustard.", False),
    ("should", "A shoulder can rest.", False),
    ("smil*", "A smile is free.", True),
    ("mustn't", "You mustn’t.", True),
    ("of course", "Of\u00a0course not.", True),
    ("of course", "A bit of coursework.", False),
    ("breath* ... and hold", "Breathe in, slowly, and hold.", True),
    ("breath* ... and hold", "One breath. Take a cup and hold.", False),
    ("加油", "今天也加油。", True),
]


@pytest.mark.parametrize("phrase,text,expected", FOUND)
def test_words_are_found(phrase, text, expected):
    assert bool(found([phrase], text)) == expected


def test_table_is_printed(capsys):
    with capsys.disabled():
        print("\n" + table())


if __name__ == "__main__":
    print(table())
