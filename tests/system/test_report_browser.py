"""The page of `kindly report` as a browser shows it: nothing leaves it, an audit of its accessibility finds nothing, and
no width or colour scheme makes it unreadable. The pictures are kept in build/report/, to be looked at."""

import base64
import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from rig_browser import Browser, is_here
from rig_client import BUILD, ROOT

pytestmark = [pytest.mark.full, pytest.mark.once]

AXE = sorted(ROOT.glob("build/axe-*/node_modules/axe-core/axe.min.js"))
PICTURES = ROOT / "build/report"
END_SEC = 1795600000  # 25 November 2026
RANGE = ("--since", "2025-11-25", "--until", "2026-11-25")
VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]

AUDIT = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(
    result => done({violations: result.violations, incomplete: result.incomplete, passes: result.passes.length}),
    error => done({error: String(error)}));
"""
LAYOUT = """
const done = arguments[arguments.length - 1], wide = document.documentElement.clientWidth;
const out = [...document.querySelectorAll('body *')].filter(
    e => !e.closest('thead, caption') && e.getBoundingClientRect().right > wide + 1);
done({wide, scroll: document.documentElement.scrollWidth, out: out.map(e => e.outerHTML.slice(0, 200)),
      paper: getComputedStyle(document.body).backgroundColor,
      small: Math.min(...[...document.querySelectorAll('p, span, th, a')].map(e => parseFloat(getComputedStyle(e).fontSize)))});
"""
HARD_WORDS = [
    "<script>document.title = 'taken'</script><img src=\"https://example.invalid/a.png\"> & more",
    "a" * 4000,
    "שלום, היום היה יום קשה. ABC",
    "\u202eturned around\u202c 💛🧘🏽‍♀️ 友達がいる",
    "]]> <!-- <style> &lt; ' \"",
]


def page_of(folder, driver_arguments, *options, words=()):
    """A report of a journal that is made for it."""
    state = folder / "state"
    journal = state / "kindly/journal.db"
    subprocess.run([BUILD / "tests/system/journal-driver", journal, *map(str, driver_arguments), str(END_SEC)], check=True,
                   stdout=subprocess.DEVNULL)
    if words:
        with sqlite3.connect(journal) as database:
            ids = [row[0] for row in database.execute("SELECT seq FROM event WHERE note IS NOT NULL ORDER BY seq DESC")]
            for seq, text in zip(ids, words):
                database.execute("UPDATE event SET note = ? WHERE seq = ?", (text, seq))
        database.close()
    page = folder / "page.html"
    environment = {"XDG_STATE_HOME": str(state), "HOME": str(folder), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    subprocess.run([BUILD / "kindly", "report", *RANGE, "--html", page, *options], check=True, env=environment)
    return page


@pytest.fixture(name="browser", scope="module")
def fixture_browser(tmp_path_factory):
    assert is_here(), "chromium and its driver are needed: make deps-full"
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.stop()


def look(browser, page, width, scheme, **how):
    """Opens it, and has seen no request but the one for the page itself."""
    browser.requests(), browser.complaints()  # those of before
    browser.look(page.as_uri(), width, scheme, **how)
    layout = browser.run(LAYOUT)
    assert browser.requests() == [page.as_uri()]
    assert browser.complaints() == []
    assert layout["scroll"] <= layout["wide"] == width and layout["out"] == [], layout
    assert layout["small"] >= 14
    return layout


def audit(browser):
    assert AXE, "axe-core is needed: make deps-full"
    browser.run(AXE[-1].read_text() + "\narguments[arguments.length - 1]()")
    found = browser.run(AUDIT)
    assert "error" not in found and found["passes"] > 15, found
    problems = found["violations"] + found["incomplete"]
    assert problems == [], json.dumps([(rule["id"], rule["help"], [node["html"] for node in rule["nodes"]])
                                       for rule in problems], indent=1)


@pytest.mark.parametrize("width, scheme", VIEWS)
def test_year(browser, tmp_path, width, scheme):
    page = page_of(tmp_path, (7, 330, 3), "--calendar")
    layout = look(browser, page, width, scheme)
    brightness = sum(int(part) for part in layout["paper"].strip("rgb()").split(","))
    assert brightness > 700 if scheme == "light" else brightness < 120
    (PICTURES / f"year-{scheme}-{width}.png").write_bytes(browser.picture())
    audit(browser)


@pytest.mark.parametrize("width, scheme", VIEWS)
def test_words_of_every_kind(browser, tmp_path, width, scheme):
    """Nothing that was written becomes a part of the page."""
    page = page_of(tmp_path, (7, 30, 3), words=HARD_WORDS)
    look(browser, page, width, scheme)
    told = browser.run("""const own = [...document.querySelectorAll('.own p')].map(p => p.textContent);
        arguments[0]({own, title: document.title, scripts: document.scripts.length, images: document.images.length,
                      styles: document.styleSheets.length})""")
    assert set(HARD_WORDS) <= set(told["own"])
    assert (told["title"], told["scripts"], told["images"], told["styles"]) == ("Your journal", 0, 0, 1)
    (PICTURES / f"words-{scheme}-{width}.png").write_bytes(browser.picture())
    audit(browser)


def test_nothing_yet(browser, tmp_path):
    page = page_of(tmp_path, (7, 0, 1), "--calendar")
    look(browser, page, 390, "light")
    (PICTURES / "empty-light-390.png").write_bytes(browser.picture())
    audit(browser)


def test_booklet(browser, tmp_path):
    """On paper it is black on white whatever the screen's scheme, and its words begin on the second sheet."""
    page = page_of(tmp_path, (7, 330, 3), "--booklet")
    assert look(browser, page, 1280, "dark")["paper"] != "rgb(255, 255, 255)"
    (PICTURES / "booklet-dark-1280.png").write_bytes(browser.picture())
    audit(browser)
    assert look(browser, page, 560, "dark", media="print")["paper"] == "rgb(255, 255, 255)"
    browser.look(page.as_uri(), 560, "light", media="")
    pdf = base64.b64decode(browser.command("Page.printToPDF", preferCSSPageSize=True)["data"])
    (PICTURES / "booklet.pdf").write_bytes(pdf)
    sheets = [[float(size) for size in box.split()] for box in re.findall(rb"/MediaBox \[(.*?)\]", pdf)]
    assert 10 < len(sheets) < 40
    assert all(abs(width - 420) < 1 and abs(height - 595) < 1 for _left, _top, width, height in sheets)
