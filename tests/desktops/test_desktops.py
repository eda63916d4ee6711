"""Real notification servers: what kindly draws on them is read off the screen, what is clicked is found in the journal.
KINDLY_DESKTOP names one server of the table in servers.py; each test leaves the screen empty. Pictures are kept where
KINDLY_PICTURES says.

A screen has no word for "drawn": pictures are taken until one is as wanted, for PATIENCE seconds."""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import time

import pytest

from screen import Reading, start_of
from servers import CALM, FAR_AWAY, PATIENCE, SERVERS
from rig_presenter import ROOT
from test_dunst import in_the_file

SHOW_FOR = "3s"


class Screen:
    """What is read on a desktop's screen, again and again until it is as wanted."""

    def __init__(self, desktop, pictures):
        self.desktop, self.pictures = desktop, pictures
        self.empty = self.reading = None
        self.path = os.path.join(desktop.folder, "picture.png")

    def settle(self):
        """A desktop that is drawn and doesn't change any more is the empty screen."""
        deadline, last, alike = time.monotonic() + PATIENCE, None, 0
        while alike < self.desktop.pictures_alike and time.monotonic() < deadline:
            picture = self.desktop.picture(self.path)
            alike = alike + 1 if picture == last and self.desktop.is_drawn(picture) else 0
            last = picture
        self.empty, self.reading = picture, None

    @contextlib.contextmanager
    def seen_as_empty(self):
        """Meanwhile only what comes on top of the screen as it is now is read."""
        empty, self.empty = self.empty, self.look().picture
        self.reading = None
        yield
        self.empty, self.reading = empty, None

    def look(self):
        picture = self.desktop.picture(self.path)
        if not self.reading or picture != self.reading.picture:
            self.reading = Reading(picture, self.empty)
        return self.reading

    def until(self, wanted, otherwise):
        """Gives the reading that is as wanted; a failure tells the one that had most on it."""
        deadline = time.monotonic() + PATIENCE
        most = self.look()
        while not wanted(self.look()):
            most = max(most, self.reading, key=lambda reading: len(reading.words))
            if time.monotonic() > deadline:
                most.picture.save("%s-failing.png" % self.pictures)
                pytest.fail("%s; read: %s" % (otherwise, most.text() or "nothing"))
        return self.reading

    def see(self, *texts):
        """Waits for a text, or another that stands for it; gives its places."""
        def find(reading):
            return next(filter(None, map(reading.find, texts)), None)

        return find(self.until(find, "no %r on the screen" % texts[0]))

    def place(self, *texts):
        """The lowest place of a text, buttons being below the words, once it has come to rest."""
        last = None
        while last != (last := self.see(*texts)[-1]):
            pass
        return last

    def lose(self, text):
        self.until(lambda reading: not reading.find(text), "%r stays on the screen" % text)

    def clear(self, boxes):
        """Waits until the empty screen is seen again in all these places."""
        self.until(lambda reading: all(map(reading.is_empty_at, boxes)), "it stays on the screen")

    def save(self, name):
        shutil.copy(self.path, "%s-%s.png" % (self.pictures, name))


class Person:
    """Who asks for prompts, reads them and clicks."""

    def __init__(self, desktop, screen):
        self.desktop, self.screen, self.home = desktop, screen, desktop.person
        self.places = None
        self.schedule("until answered")
        self.daemon = self.home.start("--decks", self.decks())
        self.caller = self.home.caller()

    def decks(self):
        """The shipped ones without what invites a line: then the buttons are the same for each prompt."""
        folder = self.home.folder / "decks/en"
        folder.mkdir(parents=True)
        for deck in pathlib.Path(ROOT, "config/decks/en").glob("*.conf"):
            (folder / deck.name).write_text(deck.read_text().replace(" write = true;", ""))
        return str(folder.parent)

    def schedule(self, show_for):
        self.home.schedule(FAR_AWAY + "conceal = [];\n" + CALM.replace("until answered", show_for), calm=False)

    def row(self, card):
        (row,) = [row for row in self.caller.open() if row["id"] == card]
        return row

    def restart_the_server(self):
        self.desktop.kill()
        self.desktop.start()
        self.desktop.move_away()
        self.screen.settle()

    def server_id(self, card):
        """The server's id of what is shown, and who showed it."""
        with sqlite3.connect("file:%s?mode=ro" % self.home.journal, uri=True) as database:
            return database.execute("SELECT owner, server_id FROM open WHERE id = ?",
                                    (bytes.fromhex(card.replace("-", "")),)).fetchone()

    def prompt(self, what):
        """Asks for a prompt and waits until it can be read; gives its id and the places of its text."""
        self.desktop.move_away()
        card = self.caller.call("Prompt", what)
        assert self.caller.next("Shown")[0] == card
        return card, self.read(card)

    def read(self, card):
        self.places = self.screen.see(start_of(self.row(card)["text"]))
        return self.places

    def unfold(self):
        self.desktop.unfold(self.places[-1])

    def choose(self, label):
        self.unfold()
        self.desktop.choose(label, self.screen)
        self.desktop.move_away()

    def closed(self, card, how):
        assert self.caller.next("Closed") == (card, how)

    def state(self, card):
        return {entry["id"]: entry["state"] for entry in self.caller.entries()}[card]

    def answers(self, card):
        return in_the_file(self.home, card)


@pytest.fixture(name="desktop", scope="module")
def fixture_desktop(tmp_path_factory):
    name = os.environ.get("KINDLY_DESKTOP", "dunst")
    if not shutil.which(SERVERS[name].command[0]):
        pytest.skip(name + " is not installed")
    desktop = SERVERS[name](tmp_path_factory.mktemp("d"))
    try:
        desktop.prepare()
        desktop.start()
        yield desktop
    finally:
        desktop.stop()
        shutil.rmtree(desktop.env["XDG_RUNTIME_DIR"])


@pytest.fixture(name="screen", scope="module")
def fixture_screen(desktop, tmp_path_factory):
    pictures = os.environ.get("KINDLY_PICTURES") or tmp_path_factory.mktemp("pictures")
    screen = Screen(desktop, os.path.join(pictures, desktop.package))
    desktop.move_away()
    screen.settle()
    screen.save("empty")
    return screen


@pytest.fixture(name="the_person", scope="module")
def fixture_the_person(desktop, screen):
    return Person(desktop, screen)


@pytest.fixture(name="person")
def fixture_person(the_person, request):
    """What one test leaves behind is none of the next one's business: a failing one costs the server its life."""
    failed = request.session.testsfailed
    yield the_person
    for row in the_person.caller.open():
        the_person.caller.call("Dismiss", row["id"])
    if request.session.testsfailed > failed:
        the_person.restart_the_server()


def test_shown(person, screen, record_property):
    """A server need not draw more than three choices; the third one leads to the others."""
    card, _ = person.prompt("humanity")
    person.unfold()
    labels = [label for _, label in person.row(card)["choices"]]
    if person.desktop.clicked == "button":
        for label in labels[:3]:
            screen.see(label)
        record_property("note", "%d of %d" % (sum(bool(screen.look().find(label)) for label in labels), len(labels)))
    screen.look()
    screen.save("shown")


def test_answered(person, screen, record_property):
    card, places = person.prompt("noticing")
    person.choose("Helpful")
    person.closed(card, "answered")
    assert person.answers(card) == ["helpful"]
    screen.clear(places)
    record_property("note", person.desktop.clicked)


def test_second_question(person, screen, record_property):
    """Its choices take the place of the first ones."""
    card, places = person.prompt("kindness")
    before = person.server_id(card)
    person.choose("Not this")
    assert person.caller.next("Answered") == (card, "not-this")
    assert len(person.read(card)) == 1
    person.unfold()
    if person.desktop.clicked == "button":
        screen.see("Not for me")
        assert not screen.look().find("Helpful")
    screen.save("second-question")
    record_property("note", "same" if person.server_id(card) == before else "anew")
    person.choose("Not for me")
    person.closed(card, "answered")
    assert person.answers(card)[-1] == "not-for-me"
    screen.clear(places)


def test_step(person, screen, record_property):
    """While one step stands on the screen the next one takes its place."""
    card, _ = person.prompt("three-breaths")
    first, before = start_of(person.row(card)["text"]), person.server_id(card)
    person.caller.call("Answer", card, "next", "")
    places = person.read(card)
    screen.lose(first)
    screen.save("step")
    record_property("note", "same" if person.server_id(card) == before else "anew")
    person.choose("Enough for now")
    person.closed(card, "answered")
    screen.clear(places)


def test_two_alike(person, screen):
    """The same words again: one is on the screen, and it is the newer."""
    first, _ = person.prompt("three-breaths")
    second, places = person.prompt("three-breaths")
    assert person.state(first) == "replaced"
    screen.until(lambda reading: len(reading.find(start_of(person.row(second)["text"]))) == 1, "not one of them")
    screen.save("two-alike")
    person.choose("Enough for now")
    person.closed(second, "answered")
    screen.clear(places)


def test_withdrawn(person, screen):
    card, places = person.prompt("care")
    person.caller.call("Dismiss", card)
    person.closed(card, "dismissed")
    screen.clear(places)


def test_restarted(person, screen):
    """The server ends in the middle of a prompt; the next one is shown by its successor."""
    lost, _ = person.prompt("patience")
    person.restart_the_server()
    card, places = person.prompt("acceptance")
    assert person.state(lost) == "replaced"
    screen.save("restarted")
    person.choose("Helpful")
    person.closed(card, "answered")
    assert person.answers(card) == ["helpful"]
    screen.clear(places)


def test_expired(person, screen, record_property):
    """Off the screen after its time, and still open."""
    person.schedule(SHOW_FOR)
    person.caller.call("Reload")
    card, places = person.prompt("humanity")
    screen.clear(places)
    assert person.row(card)["state"] == "shown"
    record_property("note", person.desktop.history())
    person.caller.call("Answer", card, "helpful", "")
    assert person.answers(card) == ["helpful"]
