"""`kindly report`: own words first, then what is fair to say in numbers, on a terminal, as JSON and as a page."""

import calendar
import html.parser
import json
import os
import re
import resource
import signal
import stat
import subprocess
import time

import pytest

from rig_client import BUILD, ID, KINDLY, ROOT, Bus, Daemon, Journal, Person, on_terminal

DONE, FAILED, USAGE, _ = range(4)
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
DAY = 24 * HOUR
MONDAY = 1_795_426_320 * SECOND  # 2026-11-23 10:32 in a zone one hour east
RANGE = ("--since", "2026-11-01", "--until", "2026-12-01")
BERLIN = {"TZ": "Europe/Berlin"}


@pytest.fixture(name="person")
def fixture_person(tmp_path):
    return Person(tmp_path, None)


@pytest.fixture(name="journal")
def fixture_journal(person):
    journal = Journal(person)
    journal.database.execute("PRAGMA synchronous = OFF")
    yield journal
    journal.end()


def shown(journal, usec, theme, choice=None, closed="unanswered", due=True, **values):
    """A prompt that was shown, and what became of it."""
    due = {"due_usec": usec} if due else {}
    entry = journal.add("shown", usec, theme=theme, text=f"A prompt about {theme}.", prompt=f"{theme}-01", **due)
    if choice:
        journal.add("answered", usec + MINUTE, entry, choice=choice, **values)
    else:
        journal.add("closed", usec + MINUTE, entry, detail=closed)
    return entry


@pytest.fixture(name="lived")
def fixture_lived(journal):
    """Ten days: care is marked twenty times and more, patience a few times, one prompt is let pass each day."""
    for day in range(10):
        start = MONDAY + (day - 9) * DAY
        shown(journal, start, "care", "helpful" if day % 3 else "okay")
        shown(journal, start + HOUR, "care", "helpful" if day % 2 else "not-for-me")
        shown(journal, start + 3 * HOUR, "noticing", closed=("seen", "dismissed", "unanswered")[day % 3])
    for day in range(4):
        shown(journal, MONDAY - 12 * DAY + day * HOUR, "patience", "helpful" if day < 3 else "hard")
    shown(journal, MONDAY - 12 * DAY + 5 * HOUR, "kindness", "okay", note="I was tired, not lazy.\n\nStill am.")
    journal.add("noted", MONDAY + 2 * HOUR, note="A line of my own.")
    return journal


def report(person, *arguments, env=None, **options):
    status, out, err = person.run("report", *arguments, env=BERLIN | (env or {}), **options)
    assert (status, err) == (DONE, ""), err
    return out


def report_on_terminal(person, *arguments, columns):
    status, out = on_terminal(person, "report", *arguments, columns=columns, env=BERLIN)
    assert status == DONE
    return out


# ---- On a terminal ----

WORDS = """Your journal
From 1 November 2026 to 30 November 2026.

In your own words

Wednesday 11 November 2026, 15:32
  I was tired, not lazy.

  Still am.

Monday 23 November 2026, 12:32
  A line of my own.
"""
FIGURES = """

What the prompts were about

How often each theme was shown. It says what came, not how you did.

  Kindness  █                     Shown 1 time.
  Noticing  ██████████            Shown 10 times.
  Care      ████████████████████  Shown 20 times.
  Patience  ████                  Shown 4 times.


What you marked as helpful

Only prompts that you marked helpful, okay or not for you are in it. Letting one
pass says nothing, and is not counted.

  Kindness  □                     You marked 0 of 1 as helpful; too few to say
                                  more.
  Care      ······━━━━●━━━━·····  You marked 11 of 20 as helpful: roughly,
                                  between 34 and 74 in 100.
  Patience  ■■■                   You marked 3 of 3 as helpful; too few to say
                                  more.
"""
CALENDAR = """

Days with a moment

A mark is a day on which you answered or wrote something, whatever it was. The
others are days like any other.

  November 2026  ··········●··●●●●●●●●●●·······   11, 14-23


When prompts arrived

By the hour in which they came, on the clock of the place where you were.

  10:00  ████████████████████  11 prompts.
  11:00  ████████████████████  11 prompts.
  12:00  █▊                    1 prompt.
  13:00  ████████████████████  11 prompts.
  15:00  █▊                    1 prompt.
"""


def test_nothing_yet(person):
    out = report(person)
    assert out.startswith("Your journal\nThe last year, from ")
    assert "There is no line of your own in this time. That is fine.\n" in out
    assert "too few for a picture" in out and "nothing needs to be" in out
    assert not (person.folder / ".local").exists()


def test_words_lead_and_numbers_follow(person, lived):
    assert report(person, *RANGE) == WORDS + FIGURES


def test_calendar_only_when_asked_for(person, lived):
    out = report(person, *RANGE, "--calendar")
    assert out.startswith(WORDS + FIGURES + "\n\nDays with a moment\n")
    assert out.partition(FIGURES)[2] == CALENDAR


def test_ascii(person, lived):
    out = report(person, *RANGE, "--calendar", "--ascii")
    assert out.isascii()
    assert "  Noticing  ##########            Shown 10 times.\n" in out
    assert "  Kindness  o                     You marked 0 of 1" in out
    assert "  Care      ......====O====.....  You marked 11 of 20" in out
    assert "  November 2026  ..........O..OOOOOOOOOO.......   11, 14-23\n" in out
    assert report(person, *RANGE, "--calendar", env={"LC_ALL": "C"}) == out


@pytest.mark.parametrize("columns", [20, 31, 40, 57, 66, 79])
def test_no_line_is_wider_than_the_terminal(person, lived, columns):
    lived.add("noted", MONDAY + 3 * HOUR, note="Some more words of mine, which go on for longer than one line can hold.")
    out = report_on_terminal(person, *RANGE, "--calendar", columns=columns)
    assert max(map(len, out.splitlines())) <= columns
    whole = report(person, *RANGE, "--calendar")
    pictures = re.compile(r"[█▏▎▍▌▋▊▉■□━●·]+")
    assert sorted(pictures.sub(" ", out).split()) == sorted(pictures.sub(" ", whole).split())


def test_days_in_words(person, journal):
    """Two are named, more are a range; a month without any is there as well, and says nothing."""
    for day in ("10-01", "10-02", "10-04", "10-05", "10-06", "10-31", "12-01"):
        journal.add("noted", calendar.timegm(time.strptime(f"2025-{day}", "%Y-%m-%d")) * SECOND, note="x")
    out = report(person, "--since", "2025-01-01", "--calendar")
    assert out.partition("any other.\n\n")[2].partition("\n\n")[0] == """\
  October 2025   ●●·●●●························●  1, 2, 4-6, 31
  November 2025  ······························
  December 2025  ●······························  1"""


def test_too_few_showings_are_no_picture(person, journal):
    for hour in range(19):
        shown(journal, MONDAY + hour * MINUTE, "care")
    assert "Fewer than 20 prompts were shown in this time: too few for a picture.\n" in report(person, *RANGE)
    shown(journal, MONDAY + HOUR, "care")
    assert "  Care  ████████████████████  Shown 20 times.\n" in report(person, *RANGE)


def test_too_little_to_draw_is_still_something(person, journal):
    for n, theme in enumerate(["kindness"] + 161 * ["care"]):
        journal.add("shown", MONDAY + n, theme=theme, text="A prompt.", prompt=f"{theme}-01")
    for options, drawn in ((), "\u258f"), (("--ascii",), "#"):
        assert f"  Kindness  {drawn}                     Shown 1 time.\n" in report(person, *RANGE, *options)


def test_only_the_newest_lines(person, journal):
    for day in range(14):
        journal.add("noted", MONDAY - (13 - day) * HOUR, note=f"Line {day}.")
    out = report(person, *RANGE)
    assert re.findall(r"Line (\d+)\.", out) == [str(day) for day in range(2, 14)]
    assert "These are the newest. kindly journal --notes --since 2026-11-01 has more.\n" in out
    page = person.folder / "page.html"
    report(person, *RANGE, "--html", page)
    assert len(re.findall(r"Line \d+\.", page.read_text())) == 14


def test_the_last_year(person, journal):
    now = time.time_ns() // 1000
    journal.add("noted", now - 367 * DAY, note="Long ago.")
    journal.add("noted", now - 364 * DAY, note="Last year.")
    out = report(person)
    assert out.splitlines()[1].startswith("The last year, from ")
    assert "Last year." in out and "Long ago." not in out
    out = report(person, "--since", "400 days ago")
    assert out.splitlines()[1].startswith("From ") and "Long ago." in out


def test_unanswered_prompts_say_nothing(person, journal):
    """However they ended, the report is the same, and has no word about it."""
    outs = set()
    for closed in ("unanswered", "seen", "dismissed", "replaced"):
        journal.database.execute("DELETE FROM event")
        for day in range(21):
            shown(journal, MONDAY - day * DAY, "care", closed=closed)
        journal.add("missed", MONDAY, reminder="daytime", detail="hold", due_usec=MONDAY)
        outs.add(report(person, *RANGE, "--calendar"))
    assert len(outs) == 1
    out = outs.pop()
    assert "There is no answer and no line in this time. That is fine." in out
    assert not re.search(r"unanswered|missed|ignored|dismissed|streak|score|hard", out, re.I)


def test_hard_moments_are_no_numbers(person, journal):
    for day in range(3):
        shown(journal, MONDAY - day * DAY, "care", "hard", note="It was a lot.")
    out = report(person, *RANGE, "--calendar")
    assert out.count("It was a lot.") == 3
    assert "Nothing was marked in this time, and nothing needs to be." in out
    assert "hard" not in out.lower()


def test_erased_entries_are_nowhere(person, journal):
    entry = shown(journal, MONDAY, "care", "helpful", note="Erased.")
    before = report(person, *RANGE, "--calendar", "--json")
    journal.add("forgotten", MONDAY + HOUR, entry)
    journal.database.execute("UPDATE event SET text = zeroblob(1), note = zeroblob(1), choice = zeroblob(1)")
    journal.database.commit()
    after = json.loads(report(person, *RANGE, "--calendar", "--json"))
    assert before and after["words"] == [] and after["themes"] == [] and after["days"] == [] and sum(after["hours"]) == 0


def test_control_characters_do_not_reach_the_terminal(person, journal):
    journal.add("noted", MONDAY, note="a\x1b]0;x\x07b\x9bc\x00")
    journal.database.execute("UPDATE event SET note = CAST(x'61ff1b5b62' AS TEXT) WHERE rowid = 1")
    journal.database.commit()
    out = report(person, *RANGE)
    assert "  a??[b\n" in out and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out)


# ---- JSON ----


def test_json(person, lived):
    told = json.loads(report(person, *RANGE, "--json"))
    assert list(told) == ["since_usec", "until_usec", "words", "themes"]
    assert told["until_usec"] - told["since_usec"] == 30 * DAY
    first, second = told["words"]
    assert re.fullmatch(r"[0-9a-f-]{36}", first.pop("id")) and second.pop("id")
    assert first == {"time_usec": MONDAY - 12 * DAY + 5 * HOUR, "offset_sec": 3600, "theme": "kindness", "keep": False,
                     "text": "A prompt about kindness.", "note": "I was tired, not lazy.\n\nStill am."}
    assert second == {"time_usec": MONDAY + 2 * HOUR, "offset_sec": 3600, "keep": False, "note": "A line of my own."}
    assert told["themes"] == [
        {"theme": "kindness", "shown": 1, "marked": 1, "helpful": 0},
        {"theme": "noticing", "shown": 10, "marked": 0, "helpful": 0},
        {"theme": "care", "shown": 20, "marked": 20, "helpful": 11, "low_percent": 34, "high_percent": 74},
        {"theme": "patience", "shown": 4, "marked": 3, "helpful": 3},
    ]


def test_json_with_the_calendar(person, lived):
    told = json.loads(report(person, "--since", "2026-11-01", "--calendar", "--json"))
    assert "until_usec" not in told
    assert told["days"] == ["2026-11-11"] + [f"2026-11-{day}" for day in range(14, 24)]
    assert told["hours"] == [0] * 10 + [11, 11, 1, 11, 0, 1] + [0] * 8


# ---- Usage ----


@pytest.mark.parametrize("arguments, message", [
    (["--booklet"], "--booklet is a page: it needs --html FILE or --open"),
    (["--booklet", "--json"], "--booklet is a page: it needs --html FILE or --open"),
    (["--html", "x", "--open"], "--html and --open don't go together"),
    (["--open", "--json"], "--open and --json don't go together"),
    (["--json", "--ascii"], "--ascii and --json don't go together"),
    (["--html", ""], "--html needs the name of a file"),
    (["--since", "2026-11-02", "--until", "2026-11-02"], "there is no time between --since and --until"),
    (["--since", "2199-01-01"], "there is no time between --since and --until"),
    (["--since", "once"], '--since: "once" is not a time (2026-03-28, yesterday, last monday, 14:30)'),
])
def test_wrong_usage(person, arguments, message):
    assert person.run("report", *arguments) == (USAGE, "", f"kindly: {message}\n")
    assert not (person.folder / "x").exists()


# ---- The page ----

HARD_WORDS = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</style></title><!-- ]]> --> &amp; &#x41; \"quoted\" 'single'",
    "שלום, היום היה יום קשה. ABC",
    "\u202eturned\u202c \u2066isolated\u2069 💛🧘🏽‍♀️ 友達がいる é",
    "w" * 4000,
    "\ufffe\uffff\ufdd0 none of these are characters",
]


class Page(html.parser.HTMLParser):
    """Keeps what is in it, and that each element is closed in its turn."""

    def __init__(self, path):
        super().__init__()
        self.open, self.tags, self.own, self.links, self.text = [], set(), [], [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        attributes = dict(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        self.links += [attributes[name] for name in ("src", "href", "srcset", "xlink:href", "action", "data", "poster")
                       if name in attributes]
        if tag not in ("meta", "br", "rect", "circle"):
            self.open.append(tag)
        if tag == "p" and attributes.get("dir") == "auto":
            self.own.append("")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag == "br":
            self.own[-1] += "\n"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.own and self.open[-2:] == ["div", "p"]:
            self.own[-1] += data


def page_of(person, *options, **how):
    path = person.folder / "page.html"
    assert report(person, *options, "--html", str(path), **how) == ""
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    return path


@pytest.mark.parametrize("options", [(), ("--calendar",), ("--booklet",)], ids=" ".join)
def test_page_loads_nothing_and_runs_nothing(person, lived, options):
    path = page_of(person, *RANGE, *options)
    page = Page(path)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form", "base", "video", "audio"}
    assert all(re.fullmatch(r"#[a-z]+", link) for link in page.links)
    style = path.read_text().partition("<style>")[2].partition("</style>")[0]
    assert style and not re.search(r"url\(|@import|//|expression", style)
    assert "default-src 'none'" in path.read_text()
    assert page.own == ["I was tired, not lazy.", "Still am.", "A line of my own."]


def test_page_has_words_for_each_picture(person, lived):
    """Those of the terminal, in tables; the pictures are hidden from screen readers, their sentences are not."""
    text = page_of(person, *RANGE, "--calendar").read_text()
    pictures = re.findall(r'<svg [^>]*aria-hidden="true">.*?</svg><span>([^<]+)</span>', text)
    assert len(pictures) == text.count("<svg") == 4 + 3 + 1 + 5
    for sentence in pictures:
        assert sentence in " ".join((FIGURES + CALENDAR).split())
    assert re.findall(r'<tr><th scope="row">([^<]+)</th>', text)[:4] == ["Kindness", "Noticing", "Care", "Patience"]
    assert text.count("<caption>") == text.count("<table>") == 4


@pytest.mark.parametrize("options", [(), ("--booklet",)], ids=" ".join)
def test_what_was_written_stays_text(person, journal, options):
    for words in HARD_WORDS:
        shown(journal, MONDAY, "own", "okay", note=words)
    journal.database.execute("UPDATE event SET text = '<b>\n&lt;' WHERE text IS NOT NULL")
    journal.database.commit()
    page = Page(page_of(person, *RANGE, *options))
    assert page.own[:-1] == HARD_WORDS[:-1]
    assert page.own[-1] == "??? none of these are characters"
    assert "script" not in page.tags and "b" not in page.tags
    assert page.text.count("<b> &lt;") == (0 if options else len(HARD_WORDS))


@pytest.mark.parametrize("note, own", [
    ("one\ntwo", ["one\ntwo"]),
    ("\n\none\n\n\n\ntwo\n", ["one", "two"]),
    ("one\r\ntwo\r\n\r\nthree", ["one\ntwo", "three"]),
    ("a\x1b[1mb\tc\x7f", ["a?[1mb c?"]),
    ("\n", []),
], ids=repr)
def test_lines_and_paragraphs(person, journal, note, own):
    journal.add("noted", MONDAY, note=note)
    assert Page(page_of(person, *RANGE)).own == own


def test_bytes_that_are_no_text(person, journal):
    journal.add("noted", MONDAY, note="x")
    journal.database.execute("UPDATE event SET note = CAST(x'61ff3cc0af62' AS TEXT)")
    journal.database.commit()
    assert Page(page_of(person, *RANGE)).own == ["a?<??b"]


def test_kept_lines_say_so(person, journal):
    entry = journal.add("noted", MONDAY, note="Kept.")
    journal.database.execute("INSERT INTO kept (entry) VALUES (?)", (entry,))
    journal.database.commit()
    assert "A line you kept: it comes back some day." in page_of(person, *RANGE).read_text()
    assert json.loads(report(person, *RANGE, "--json"))["words"][0]["keep"] is True


def test_page_of_nothing(person):
    page = Page(page_of(person, "--calendar"))
    assert "svg" not in page.tags and "There is no line of your own in this time." in page.text


# ---- The file ----


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_only_the_person_can_read_it(person, lived, umask):
    path = person.folder / "out/page.html"
    path.parent.mkdir()
    path.write_text("older")
    path.chmod(0o644)
    report(person, *RANGE, "--html", str(path), preexec_fn=lambda: os.umask(umask))
    assert mode(path) == 0o600 and "A line of my own." in path.read_text()
    assert os.listdir(path.parent) == ["page.html"]


def test_in_this_folder(person, lived):
    report(person, *RANGE, "--html", "page.html", cwd=person.folder)
    assert mode(person.folder / "page.html") == 0o600


def test_never_through_a_link(person, lived):
    target, link = person.folder / "target", person.folder / "link"
    target.write_text("untouched")
    for points_to in (target, person.folder / "nowhere"):
        link.unlink(missing_ok=True)
        link.symlink_to(points_to)
        status, out, err = person.run("report", "--html", str(link))
        assert (status, out) == (FAILED, "") and err == f"kindly: {link} is a symbolic link; nothing is written through one\n"
        assert link.is_symlink() and target.read_text() == "untouched" and not (person.folder / "nowhere").exists()


def test_not_over_what_is_no_file(person, lived):
    for path in (person.folder / "folder", "/dev/null"):
        if path != "/dev/null":
            path.mkdir()
        assert person.run("report", "--html", str(path)) == (FAILED, "", f"kindly: {path} is there already, and is not a file\n")
    path = person.folder / "no/where/page.html"
    assert person.run("report", "--html", str(path)) == (FAILED, "", f"kindly: cannot write {path}: No such file or directory\n")


def test_whole_or_not_at_all(person, lived):
    """No room for all of it: what was there is there still, and nothing is left beside it."""
    path = person.folder / "out/page.html"
    path.parent.mkdir()
    path.write_text("older")

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    status, out, err = person.run("report", *RANGE, "--html", str(path), preexec_fn=no_room)
    assert (status, out, err) == (FAILED, "", f"kindly: cannot write {path}: File too large\n")
    assert os.listdir(path.parent) == ["page.html"] and path.read_text() == "older"


# ---- Opening it ----


@pytest.fixture(name="alone")
def fixture_alone(person):
    """A PATH with nothing on it but what a test puts there."""
    person.program("true", "exit 0")
    person.environment["PATH"] = str(person.folder / "bin")
    return person


def opened(person):
    return (person.folder / "opened").read_text()


def test_open(alone, lived):
    alone.program("xdg-open", f'echo "$#:$1" >>{alone.folder}/opened')
    assert report(alone, *RANGE, "--open") == ""
    page = alone.runtime / "kindly/report.html"
    assert opened(alone) == f"1:{page}\n"
    assert (mode(page), mode(page.parent)) == (0o600, 0o700)
    assert Page(page).own[-1] == "A line of my own."
    page.parent.chmod(0o755)
    report(alone, *RANGE, "--open", "--booklet")
    assert mode(page.parent) == 0o700 and os.listdir(page.parent) == ["report.html"]


def test_open_with_what_there_is(alone):
    alone.program("xdg-open", "exit 3")
    alone.program("gio", f'echo "$#:$1:$2" >>{alone.folder}/opened')
    report(alone, "--open")
    assert opened(alone) == f"2:open:{alone.runtime}/kindly/report.html\n"


def test_nothing_can_open_it(alone):
    page = alone.runtime / "kindly/report.html"
    told = f"kindly: nothing here could open the page; it is {page}\n"
    assert alone.run("report", "--open") == (FAILED, "", told)
    alone.program("xdg-open", "exit 3")
    assert alone.run("report", "--open") == (FAILED, "", told)


def test_no_private_place(alone):
    told = "kindly: there is no private place for the page here (XDG_RUNTIME_DIR); --html FILE writes it elsewhere\n"
    alone.program("xdg-open", f"touch {alone.folder}/opened")
    assert alone.run("report", "--open", env={"XDG_RUNTIME_DIR": ""}) == (FAILED, "", told)
    elsewhere = alone.folder / "elsewhere"
    elsewhere.mkdir()
    (alone.runtime / "kindly").symlink_to(elsewhere)
    assert alone.run("report", "--open") == (FAILED, "", told)
    assert os.listdir(elsewhere) == [] and not (alone.folder / "opened").exists()


def test_forget_takes_the_opened_page_away(tmp_path):
    """What is erased is not to be read there either."""
    bus = Bus(tmp_path)
    daemon = Daemon(bus.address)
    try:
        (tmp_path / "home").mkdir()
        person = Person(tmp_path / "home", bus.address)
        person.program("xdg-open", "exit 0")
        report(person, "--open")
        page = person.runtime / "kindly/report.html"
        assert page.exists()
        for _ in range(2):
            status, out, err = person.run("forget", ID)
            assert (status, err) == (DONE, "") and out.startswith("Erased.\n") and not page.exists()
    finally:
        daemon.end()
        bus.end()


def test_the_menu_opens_it():
    entry = (ROOT / "units/org.kindlyd.Kindly.desktop.in").read_text()
    main, *actions = entry.split("\n[Desktop Action ")
    assert "\nExec=@bindir@/kindly setup --first\n" in main and "\nTerminal=false\n" in main
    assert "\nExec=@bindir@/kindly now" in {action.partition("]")[0]: action for action in actions}["moment-now"]


# ---- The same journal, the same time ----


def seconds_of(*command, env):
    """Of the processor: what else runs on the machine doesn't count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def cost_of_report(folder, days, per_day, options):
    """How many events a journal has, and what a report of all of it costs."""
    made = subprocess.run([BUILD / "tests/system/journal-driver", folder / "kindly/journal.db", "1", str(days),
                           str(per_day), "1795600000"], check=True, capture_output=True)
    env = {"XDG_STATE_HOME": str(folder), "HOME": str(folder), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    command = [KINDLY, "report", "--since", "@0", "--until", "2027-01-01", "--calendar", *options]
    return int(made.stdout), min(seconds_of(*command, env=env) for _ in range(3))


@pytest.mark.full
@pytest.mark.once
@pytest.mark.parametrize("options", [[], ["--html"]], ids=["terminal", "page"])
def test_a_longer_journal_costs_no_more_than_its_length(tmp_path, options):
    options = options and [*options, tmp_path / "page.html"]
    few, cost_of_few = cost_of_report(tmp_path / "year", 365, 180, options)
    many, cost_of_many = cost_of_report(tmp_path / "ten-years", 3650, 180, options)
    assert many >= 1_000_000 and cost_of_many / cost_of_few < 2 * many / few
