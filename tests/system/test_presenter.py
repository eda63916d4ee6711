"""The presenters at work: kindly-notify with a server that does as it is told and with dunst, kindly-tty on a
terminal. Needs the programs under $KINDLY_BUILD."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_link import fixture_bus, fixture_env, fixture_notify, fixture_server, fixture_started  # noqa: E402, F401
from rig_presenter import BUILD, CAPS, NAME, PATIENCE, ROOT, Bus, Driver, Lines, Server, Terminal, stop  # noqa: E402

CHOICES = ("helpful=Helpful", "later=In 15 min", "not-this=Not this")
KEYS = "h Helpful   l In 15 min   n Not this"
UNAVAILABLE = "org.kindlyd.Presenter1.Error.Unavailable"
HELD = "org.kindlyd.Presenter1.Error.Held"
INVALID = "org.freedesktop.DBus.Error.InvalidArgs"
INFINITY = str(2**64 - 1)


@pytest.fixture(name="terminal")
def fixture_terminal(started):
    return started(Terminal())


@pytest.fixture(name="tty")
def fixture_tty(terminal, env, started):
    return started(Driver("kindly-tty", env=env, terminal=terminal))


# --- the contract ---

def described(xml):
    """The interface as an ordered structure, without its comments."""
    interface = ElementTree.fromstring(xml).find("interface[@name='org.kindlyd.Presenter1']")
    return [(member.tag, member.get("name"),
             [(arg.get("name"), arg.get("type"), arg.get("direction", "out")) for arg in member])
            for member in interface]


@pytest.mark.parametrize("program", ["kindly-notify", "kindly-tty"])
def test_interface_is_as_documented(program, env, started):
    driver = started(Driver(program, env=env))
    _, xml = driver.ask("introspect")
    with open(os.path.join(ROOT, "units", "org.kindlyd.Presenter1.xml"), encoding="utf-8") as file:
        assert described(xml) == described(file.read())


@pytest.mark.parametrize("arguments", [
    {"card": ""}, {"card": "i" * 129}, {"title": ""}, {"title": "t" * 513}, {"body": "b" * 8193},
    {"choices": ["default=Mine"]}, {"choices": ["write=Mine"]}, {"choices": ["inline-reply=Mine"]}, {"choices": ["a=A", "a=B"]}, {"choices": ["=A"]}, {"choices": ["a="]},
    {"choices": ["c%d=C" % i for i in range(17)]},
], ids=repr)
@pytest.mark.parametrize("program", ["kindly-notify", "kindly-tty"])
def test_bounds(program, arguments, env, started):
    driver = started(Driver(program, env=env))
    assert driver.error(**{"card": "a", **arguments}) == INVALID


@pytest.mark.parametrize("program", ["kindly-notify", "kindly-tty"])
def test_started_by_hand(program, env):
    for arguments, status in ([], 1), (["--nonsense"], 2), (["--linger", "0"], 2), (["--linger", "1x"], 2):
        done = subprocess.run([os.path.join(BUILD, program), *arguments], env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        assert (done.returncode, done.stdout) == (status, b"")
        assert b"kindlyd" in done.stderr


# --- kindly-notify: what is sent ---

def test_what_a_server_gets(notify, server):
    bus_id, owner, server_id = notify.shown("a", "A <moment>", "Rest & \"be\" <b>kind</b>", CHOICES,
                                            show_for="t:45000000")
    sent = server.next()
    assert re.fullmatch("[0-9a-f]{32}", bus_id) and owner.startswith(":1.")
    assert server_id == sent["id"] == 1
    assert (sent["app"], sent["replaces"], sent["icon"]) == ("kindly", 0, "")
    assert sent["summary"] == "A <moment>"
    assert sent["body"] == "Rest &amp; &quot;be&quot; &lt;b&gt;kind&lt;/b&gt;"
    assert sent["actions"] == ["default", "Put away", "helpful", "Helpful", "later", "In 15 min",
                               "not-this", "Not this"]
    assert sent["timeout"] == 45000
    hints, types = sent["hints"], sent["types"]
    assert hints["image-path"].endswith(("org.kindlyd.Kindly", "/units/org.kindlyd.Kindly.svg"))
    assert hints["desktop-entry"] == "org.kindlyd.Kindly" and hints["category"] == "x-kindly.prompt"
    assert (hints["urgency"], types["urgency"]) == (1, "Byte")
    assert (hints["suppress-sound"], types["suppress-sound"]) == (True, "Boolean")
    assert (hints["resident"], types["resident"]) == (True, "Boolean")
    assert types["desktop-entry"] == types["category"] == types["image-path"] == "String"
    assert "transient" not in hints and "sound-name" not in hints


@pytest.mark.parametrize("caps, summary, body", [
    (CAPS, "A moment", "a &lt; b"),
    (["actions", "body"], "A moment", "a < b"),
    (["body", "body-markup"], "A moment", "a &lt; b\n<i>Answer with: kindly answer</i>"),
    (["body"], "A moment", "a < b\nAnswer with: kindly answer"),
    (["actions"], "A moment: a < b", ""),
    ([], "A moment: a < b", ""),
], ids=repr)
def test_capabilities_are_asked_afresh(notify, server, caps, summary, body):
    notify.shown("first")
    server.next()
    server.do("set", caps=caps)
    notify.show("second", body="a < b")
    if "Answer with" in body:
        assert notify.next() == ("named",)
    assert notify.next()[:2] == ("reply", "second")
    sent = server.next()
    assert (sent["summary"], sent["body"]) == (summary, body)


@pytest.mark.parametrize("hints, timeout, sound", [
    ({}, -1, None),
    ({"show_for": "t:" + INFINITY}, 0, None),
    ({"sound": "b:1"}, -1, "message-new-instant"),
    ({"sound": "b:1", "step": "b:1"}, -1, None),
    ({"sound": "s:yes", "show_for": "b:1", "unheard-of": "s:x"}, -1, None),
], ids=repr)
def test_hints(notify, server, hints, timeout, sound):
    notify.shown("a", **hints)
    sent = server.next()
    assert sent["timeout"] == timeout
    assert sent["hints"].get("sound-name") == sound
    assert ("suppress-sound" in sent["hints"]) == (sound is None)


def test_concealed_text_is_opened(notify, server):
    notify.shown("a", "A note for you", "", ["open=Open"], private="b:1")
    assert server.next()["actions"] == ["default", "Open", "open", "Open"]


# --- kindly-notify: what comes back ---

@pytest.mark.parametrize("choice", ["default", "helpful", "not-this"])
def test_chosen(notify, server, choice):
    server_id = notify.shown("a", choices=CHOICES)[2]
    server.do("action", id=server_id, key=choice)
    assert notify.next() == ("chosen", "a", choice)


@pytest.mark.parametrize("reason, how", [(1, "off-screen"), (2, "dismissed"), (4, "off-screen"), (9, "off-screen")])
def test_closed(notify, server, reason, how):
    server_id = notify.shown("a")[2]
    server.do("closed", id=server_id, reason=reason)
    assert notify.next() == ("closed", "a", how)


def test_what_is_not_told(notify, server):
    """Foreign ids, other senders, our own closing, doubles, and what follows a click. The reply to one more showing
    comes after all of it."""
    first = notify.shown("first")[2]
    second = notify.shown("second")[2]
    server.do("action", id=first + 1000, key="helpful")
    server.do("closed", id=first + 1000, reason=2)
    server.do("impostor", id=first, key="helpful")
    server.do("closed", id=first, reason=3)
    server.do("closed", id=first, reason=2)
    server.do("action", id=first, key="helpful")
    server.do("action", id=second, key="helpful")
    server.do("action", id=second, key="helpful")
    server.do("closed", id=second, reason=2)
    server.do("closed", id=second, reason=2)
    assert notify.next() == ("chosen", "second", "helpful")
    notify.shown("third")


def test_closed_at_once(notify, server):
    """As Xfce does while it must not disturb: the reply comes first."""
    server.do("set", mode="hold")
    notify.show("a")
    sent = server.next()
    server.do("closed", id=sent["id"], reason=4)
    server.do("release")
    assert notify.next()[0] == "reply"
    assert notify.next() == ("closed", "a", "off-screen")


def test_withdraw(notify, server):
    server_id = notify.shown("a")[2]
    server.next()
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    assert server.next() == {"event": "close", "id": server_id}
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    assert notify.ask("withdraw", "unheard of") == ("withdrawn",)
    notify.shown("b")
    assert server.next()["event"] == "notify"  # and no second closing before it


def test_end_of_the_daemon_withdraws(notify, server):
    ids = {notify.shown(card)[2] for card in ("a", "b")}
    server.next(), server.next()
    assert notify.end() == 0
    assert {server.next()["id"], server.next()["id"]} == ids


def test_terminate_withdraws(notify, server):
    server_id = notify.shown("a")[2]
    server.next()
    os.kill(notify.pid, signal.SIGTERM)
    assert server.next() == {"event": "close", "id": server_id}
    assert notify.next() == ("eof",)
    assert notify.next() == ("exit", "0")


# --- kindly-notify: steps and replacing ---

def test_step_in_place(notify, server):
    first = notify.shown("a", body="one", choices=["next=Next"])[2]
    server.next()
    server.do("action", id=first, key="next")
    assert notify.next() == ("chosen", "a", "next")
    assert notify.shown("a", body="two", choices=["enough=Enough for now"], step="b:1")[2] == first
    sent = server.next()
    assert (sent["replaces"], sent["body"]) == (first, "two")
    assert sent["actions"] == ["default", "Put away", "enough", "Enough for now"]
    server.do("action", id=first, key="enough")
    assert notify.next() == ("chosen", "a", "enough")


def test_step_after_the_server_closed(notify, server):
    """Most servers close after a click: the closing is heard before the step, which is shown anew."""
    first = notify.shown("a", choices=["next=Next"])[2]
    server.next()
    server.do("action", id=first, key="next")
    server.do("closed", id=first, reason=2)
    assert notify.next() == ("chosen", "a", "next")
    second = notify.shown("a", step="b:1")[2]
    assert server.next()["replaces"] == 0 and second != first
    server.do("closed", id=second, reason=2)
    assert notify.next() == ("closed", "a", "dismissed")


def test_same_id_afresh(notify, server):
    first = notify.shown("a")[2]
    server.next()
    assert notify.shown("a")[2] != first
    assert server.next() == {"event": "close", "id": first}
    assert server.next()["replaces"] == 0


def test_replaces(notify, server):
    bus_id, owner, server_id = notify.shown("a")
    server.next()
    for place, replaced in ((bus_id, owner), 7), ((bus_id, ":1.9999"), 0), (("0" * 32, owner), 0):
        notify.shown("b%s%s" % place, replaces="(ssu):%s,%s,7" % place)
        assert server.next()["replaces"] == replaced
    assert server_id != 7


def test_replaces_where_buttons_would_be_kept(notify, server):
    """There the old one is closed, and a new one comes."""
    server.do("set", name="gnome-shell")
    bus_id, owner, _ = notify.shown("a")
    server.next()
    notify.shown("b", replaces="(ssu):%s,%s,7" % (bus_id, owner))
    assert server.next() == {"event": "close", "id": 7}
    assert server.next()["replaces"] == 0


def test_replacing_what_is_gone(notify, server):
    bus_id, owner, _ = notify.shown("a")
    server.next()
    server.do("set", mode="stale")
    notify.shown("b", replaces="(ssu):%s,%s,7" % (bus_id, owner))
    assert [server.next()["replaces"], server.next()["replaces"]] == [7, 0]


# --- kindly-notify: when it cannot ---

@pytest.mark.usefixtures("bus")
def test_no_server(env, started):
    assert started(Driver("kindly-notify", env=env)).error("a") == UNAVAILABLE


def test_no_bus(env, started):
    assert started(Driver("kindly-notify", env=env)).error("a") == UNAVAILABLE


@pytest.mark.parametrize("mode", ["zero", "error"])
def test_refused(notify, server, mode):
    server.do("set", mode=mode)
    assert notify.error("a") == UNAVAILABLE
    server.do("set", mode="normal")
    notify.shown("a")


def test_refused_step_leaves_nothing(notify, server):
    server_id = notify.shown("a")[2]
    server.next()
    server.do("set", mode="error")
    assert notify.error("a", step="b:1") == UNAVAILABLE
    assert [server.next()["event"], server.next()["event"]] == ["notify", "notify"]
    server.do("set", mode="normal")
    notify.shown("b")
    assert server.next() == {"event": "close", "id": server_id}


def test_late_answer(notify, server):
    """While the server takes its time nothing is lost: calls wait, and are done in their order."""
    server.do("set", mode="hold")
    notify.show("a")
    sent = server.next()
    server.do("set", mode="normal")
    notify.send("withdraw", "a")
    notify.show("b")
    server.do("release")
    assert notify.next()[:2] == ("reply", "a")
    assert notify.next() == ("withdrawn",)
    assert notify.next()[:2] == ("reply", "b")
    assert server.next() == {"event": "close", "id": sent["id"]}


def test_server_restarts(notify, server, env, started):
    old_owner = notify.shown("a")[1]
    server.stop()
    assert notify.next() == ("closed", "a", "off-screen")
    assert notify.error("b") == UNAVAILABLE
    new = started(Server(env))
    _, owner, server_id = notify.shown("a", step="b:1")
    assert new.next()["replaces"] == 0 and owner != old_owner
    new.do("action", id=server_id, key="helpful")
    assert notify.next() == ("chosen", "a", "helpful")


def test_bus_lost(bus, notify):
    notify.shown("a")
    bus.stop()
    events = []
    while not events or events[-1][0] != "exit":
        events.append(notify.next())
    assert events[-1] == ("exit", "1")


def test_server_is_started(tmp_path, env, started):
    services = tmp_path / "services"
    services.mkdir()
    rig = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rig_presenter.py")
    script = tmp_path / "server"
    # The server ends with the bus; it has no one to talk to.
    script.write_text("#!/bin/sh\nexec %s %s server <%s/never >/dev/null 2>&1\n" % (sys.executable, rig, tmp_path))
    script.chmod(0o755)
    os.mkfifo(tmp_path / "never")
    keep_open = os.open(tmp_path / "never", os.O_RDWR)
    try:
        (services / (NAME + ".service")).write_text("[D-BUS Service]\nName=%s\nExec=%s\n" % (NAME, script))
        bus = started(Bus(str(tmp_path), str(services)))
        env["DBUS_SESSION_BUS_ADDRESS"] = bus.address
        notify = started(Driver("kindly-notify", env=env))
        assert notify.shown("a")[2] == 1
        assert notify.end() == 0
    finally:
        os.close(keep_open)


def test_ends_by_itself(server, env, started):
    notify = started(Driver("kindly-notify", "--linger", "1", env=env))
    server_id = notify.shown("a")[2]
    server.do("closed", id=server_id, reason=2)
    assert notify.next() == ("closed", "a", "dismissed")
    assert notify.next() == ("eof",)
    assert notify.next() == ("exit", "0")


# --- kindly-notify: do not disturb ---

def mate_schema(folder):
    folder.mkdir()
    (folder / "org.mate.gschema.xml").write_text(
        '<schemalist><schema id="org.mate.NotificationDaemon" path="/org/mate/notification-daemon/">'
        '<key name="do-not-disturb" type="b"><default>false</default></key></schema></schemalist>')
    subprocess.run(["glib-compile-schemas", str(folder)], check=True)


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("server_name, vendor, schema, key, held, free", [
    ("gnome-shell", "GNOME", "org.gnome.desktop.notifications", "show-banners", "false", "true"),
    ("Notification Daemon", "MATE", "org.mate.NotificationDaemon", "do-not-disturb", "true", "false"),
])
def test_held(env, tmp_path, started, server_name, vendor, schema, key, held, free):
    for tool in "gsettings", "glib-compile-schemas":
        if not shutil.which(tool):
            pytest.fail("needs " + tool)
    if not os.path.exists("/usr/share/glib-2.0/schemas/org.gnome.desktop.notifications.gschema.xml"):
        pytest.fail("needs gsettings-desktop-schemas")
    mate_schema(tmp_path / "schemas")
    env.update(GSETTINGS_BACKEND="keyfile", GSETTINGS_SCHEMA_DIR=str(tmp_path / "schemas"))

    def set_key(value):
        subprocess.run(["gsettings", "set", schema, key, value], env=env, check=True, timeout=PATIENCE)

    set_key(held)
    server = started(Server(env, name=server_name, vendor=vendor))
    notify = started(Driver("kindly-notify", "--linger", "1", env=env))
    assert notify.error("a") == HELD
    set_key(free)
    assert notify.next() == ("free",)
    notify.shown("a")
    set_key(held)
    assert notify.error("b") == HELD
    notify.shown("b", force="b:1")
    server.do("set", name="another")
    notify.shown("c")


# --- kindly-notify with dunst ---

class Program:
    def __init__(self, *command, **how):
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **how)

    def stop(self):
        stop(self.process)


@pytest.fixture(name="screen")
def fixture_screen(env, started):
    for tool in "dunst", "dunstctl", "Xvfb", "import", "identify":
        if not shutil.which(tool):
            pytest.fail("needs " + tool)
    read, write = os.pipe()
    started(Program("Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp",
                    pass_fds=[write]))
    os.close(write)
    env["DISPLAY"] = ":" + Lines(read).next()
    os.close(read)


def start_dunst(env, tmp_path, started):
    menu = tmp_path / "menu"
    menu.write_text("#!/bin/sh\ngrep -m1 '#In 15 min'\n")
    menu.chmod(0o755)
    config = tmp_path / "dunstrc"
    config.write_text("[global]\ndmenu = %s\nfont = Sans 11\nwidth = 400\nmarkup = full\n" % menu)
    watch = subprocess.Popen(["busctl", "--user", "--address=" + env["DBUS_SESSION_BUS_ADDRESS"], "--json=short",
                              "monitor", "--match=type='signal',member='NameOwnerChanged',arg0='%s'" % NAME],
                             env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        Lines(watch.stderr.fileno()).next()  # "Monitoring bus message stream."
        dunst = started(Program("dunst", "-conf", str(config), env=env))
        Lines(watch.stdout.fileno()).next()
        return dunst
    finally:
        stop(watch)
        watch.stdout.close()
        watch.stderr.close()


def picture(env, path):
    """The number of colours on the screen."""
    subprocess.run(["import", "-window", "root", str(path)], env=env, check=True, timeout=PATIENCE)
    done = subprocess.run(["identify", "-format", "%k", str(path)], env=env, check=True, capture_output=True,
                          timeout=PATIENCE)
    return int(done.stdout)


def picture_until(env, path, wanted):
    """X has no word for "drawn": a picture is taken again until it is as wanted."""
    for _ in range(100):
        if wanted(picture(env, path)):
            return
    pytest.fail("the screen is not as it should be: %s" % path)


@pytest.mark.usefixtures("bus", "screen")
def test_dunst(env, tmp_path, started):
    dunst = start_dunst(env, tmp_path, started)
    notify = started(Driver("kindly-notify", env=env))

    def dunstctl(*arguments):
        subprocess.run(["dunstctl", *arguments], env=env, check=True, timeout=PATIENCE)

    def shown(*arguments, **named):
        return notify.shown(*arguments, **{"named": "u:1", "show_for": "t:" + INFINITY, **named})

    picture_until(env, tmp_path / "empty.png", lambda colours: colours == 1)
    shown("a", "A moment", "You could put a hand on your heart, if it feels all right & <good>.", CHOICES)
    picture_until(env, tmp_path / "shown.png", lambda colours: colours > 20)
    dunstctl("action")
    assert notify.next() == ("chosen", "a", "default")
    shown("a", "A moment", "The next step, in place.", CHOICES, step="b:1")
    dunstctl("context")
    assert notify.next() == ("chosen", "a", "later")
    assert notify.ask("withdraw", "a") == ("withdrawn",)
    picture_until(env, tmp_path / "withdrawn.png", lambda colours: colours == 1)

    shown("b")
    dunstctl("close")
    assert notify.next() == ("closed", "b", "dismissed")
    shown("c", show_for="t:1000")
    assert notify.next() == ("closed", "c", "off-screen")

    shown("d")
    dunst.stop()
    assert notify.next() == ("closed", "d", "off-screen")
    assert notify.error("e") == UNAVAILABLE
    start_dunst(env, tmp_path, started)
    shown("e", choices=CHOICES)
    dunstctl("context")
    assert notify.next() == ("chosen", "e", "later")
    assert notify.end() == 0


# --- kindly-tty ---

@pytest.mark.parametrize("key, choice, label", [
    ("h", "helpful", "Helpful"), ("L", "later", "In 15 min"), ("n", "not-this", "Not this"),
    ("\n", "default", "Put away"), ("\r", "default", "Put away"), ("xyz7 \033[H\033OHn", None, None),
], ids=repr)
def test_tty_keys(tty, terminal, key, choice, label):
    bus, owner, server_id = tty.shown("a", "A moment", "You could rest.", CHOICES, show_for="t:1")
    assert (bus, owner, server_id) == ("tty", os.ttyname(terminal.slave), 1)
    page = terminal.see("Put away\n")
    assert "A moment" in page and "  You could rest.\n" in page
    assert terminal.reads_keys()
    terminal.type(key)
    if choice:
        assert tty.next() == ("chosen", "a", choice)
        terminal.see("  %s\n" % label)
        tty.ask("introspect")
        assert terminal.is_as_found()
    else:
        assert tty.ask("introspect")[0] == "introspected"  # and nothing chosen
        assert terminal.reads_keys()


@pytest.mark.parametrize("settings, coloured", [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False),
], ids=repr)
def test_tty_colour(terminal, env, started, settings, coloured):
    tty = started(Driver("kindly-tty", env={**env, **settings}, terminal=terminal))
    tty.shown("a", choices=CHOICES)
    page = terminal.see("Put away\n")
    assert ("\033[1m" in page) == coloured
    assert (KEYS in page) == (not coloured)


def test_tty_wraps_and_reflows(terminal, env, started):
    terminal.resize(40)
    tty = started(Driver("kindly-tty", env={**env, "NO_COLOR": "1"}, terminal=terminal))
    tty.shown("a", "Ein Moment", "Vielleicht ist heute für dich ein guter Tag für 友達 und für Übermut.", CHOICES)
    page = terminal.see("Put away\n")
    assert "  Vielleicht ist heute für dich ein\n  guter Tag für 友達 und für Übermut.\n" in page
    terminal.resize(60)
    page = terminal.see("Put away\n")
    assert page.startswith("\r\033[7A\033[J")
    assert "  Vielleicht ist heute für dich ein guter Tag für 友達 und\n  für Übermut.\n" in page
    terminal.resize(30)
    page = terminal.see("Put away\n")
    assert page.startswith("\r\033[8A\033[J")  # what was wider takes up more rows now
    terminal.type("h")
    assert tty.next() == ("chosen", "a", "helpful")


def test_tty_sound(tty, terminal):
    tty.shown("a", sound="b:1")
    assert terminal.see("Put away\n").startswith("\a\n")
    tty.shown("a", sound="b:0")
    assert "\a" not in terminal.see("Put away\n")


def test_tty_control_characters(tty, terminal):
    tty.shown("a", "Ti\033]0;x\atle", "One\033[2Jtwo\u009b3mthree", ["a=A\033c"])
    page = terminal.see("Put away\n")
    assert "Ti]0;xtle" in page and "One[2Jtwo3mthree" in page and "Ac" in page


@pytest.mark.parametrize("typed, text", [
    ("a kind line\n", "a kind line"),
    ("  früher und 友達 \n", "früher und 友達"),
    ("mistake\x7f\x7f\x7f\x7f\x7f\x7f\x7fgood\n", "good"),
    ("友達\x7f\033[D\033OC!\n", "友!"),
    ("two\nlines, pasted\n", "two lines, pasted"),
    ("x" * 4001 + "\n", "x" * 4000),
    ("ü" * 2001 + "\n", "ü" * 2000),
], ids=lambda text: text[:20])
def test_tty_written(tty, terminal, typed, text):
    tty.shown("a", choices=CHOICES, write="b:1")
    assert "Write" in terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    assert terminal.reads_keys()  # and what is typed is shown by us
    terminal.type(typed)
    assert tty.next() == ("written", "a", text)
    terminal.see("  Written.\n")
    tty.ask("introspect")
    assert terminal.is_as_found()


@pytest.mark.parametrize("typed", ["\n", "   \n", "\x04", "x\x15\n"], ids=repr)
def test_tty_nothing_written(tty, terminal, typed):
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    terminal.type(typed)
    terminal.see("Put away\n")
    terminal.type("h")
    assert tty.next() == ("chosen", "a", "helpful")


def test_tty_written_as_it_is_seen(terminal, env, started):
    """What is taken back goes from the screen too, over the end of a row and where a character is wide; a new width
    draws the line anew."""
    terminal.resize(20)
    tty = started(Driver("kindly-tty", env={**env, "NO_COLOR": "1"}, terminal=terminal))
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    assert "  One line; Enter\n  ends it, an empty\n  one goes back.\n" in terminal.see("  > ")
    terminal.type("一二三四五六七八x")
    assert terminal.see("八x") == "一二三四五六七\n    八x"
    terminal.type("\x7f")
    assert terminal.see("八") == "\r\033[1A\033[J  > 一二三四五六七\n    八"
    terminal.type("\x7f")
    assert terminal.see("七") == "\r\033[1A\033[J  > 一二三四五六七"
    terminal.resize(12)
    assert terminal.see("七") == "\r\033[1A\033[J  > 一二三\n    四五六\n    七"
    terminal.type("\n")
    assert tty.next() == ("written", "a", "一二三四五六七")


def test_tty_written_without_a_cursor(terminal, env, started):
    tty = started(Driver("kindly-tty", env={**env, "TERM": "dumb"}, terminal=terminal))
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    terminal.type("ab\x7fc")
    assert terminal.see("ac") == "ac"
    terminal.type("\x15d")
    assert terminal.see("d") == "\n  > d"
    terminal.type("\n")
    assert tty.next() == ("written", "a", "d")


def test_tty_written_is_utf8(tty, terminal):
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    os.write(terminal.master, b"caf\xe9\n")
    terminal.see("  That line is not UTF-8 and was not taken.\n")
    terminal.see("Put away\n")
    terminal.type("h")
    assert tty.next() == ("chosen", "a", "helpful")


def test_tty_concealed_takes_no_line(tty, terminal):
    tty.shown("a", "A note for you", "", ["open=Open"], private="b:1", write="b:1")
    assert "Write" not in terminal.see("Open\n")
    terminal.type("w\n")
    assert tty.next() == ("chosen", "a", "default")


def test_tty_writing_is_not_disturbed(tty, terminal):
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    terminal.type("half ")
    terminal.see("half ")
    assert tty.ask("withdraw", "a") == ("withdrawn",)
    tty.shown("b", "The next one", "Later.", ["ok=All right"])
    terminal.type("a line\n")
    assert tty.next() == ("written", "a", "half a line")
    assert "The next one" in terminal.see("Put away\n")
    terminal.type("o")
    assert tty.next() == ("chosen", "b", "ok")


def writing_while_another_waits(tty, terminal):
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    terminal.type("w")
    terminal.see("  > ")
    tty.shown("b", "The next one", "Later.", ["ok=All right"])


def test_tty_nothing_written_while_another_waits(tty, terminal):
    writing_while_another_waits(tty, terminal)
    terminal.type("\n")
    assert tty.next() == ("closed", "a", "off-screen")
    assert "The next one" in terminal.see("Put away\n")
    terminal.type("o")
    assert tty.next() == ("chosen", "b", "ok")


def test_tty_the_same_one_anew_while_a_line_is_written(tty, terminal):
    """Its next step, say: it was on the screen all the time, and stays."""
    writing_while_another_waits(tty, terminal)
    tty.shown("a", "Once more", "Again.", ["ok=All right"])
    terminal.type("\n")
    assert "Once more" in terminal.see("Put away\n")
    terminal.type("o")
    assert tty.next() == ("chosen", "a", "ok")


def test_tty_the_one_that_waits_is_withdrawn(tty, terminal):
    writing_while_another_waits(tty, terminal)
    assert tty.ask("withdraw", "b") == ("withdrawn",)
    terminal.type("a line\n")
    assert tty.next() == ("written", "a", "a line")
    terminal.see("  Written.\n")
    assert tty.ask("introspect")[0] == "introspected"
    assert terminal.is_as_found()


def test_tty_step_and_withdraw(tty, terminal):
    tty.shown("a", choices=["next=Next"])
    terminal.see("Put away\n")
    terminal.type("n")
    assert tty.next() == ("chosen", "a", "next")
    assert tty.shown("a", "Second", choices=["enough=Enough for now"], step="b:1")[2] == 2
    assert "Second" in terminal.see("Put away\n")
    assert tty.ask("withdraw", "a") == ("withdrawn",)
    terminal.see("(put away)\n")
    assert terminal.is_as_found()
    tty.shown("b")
    tty.show("c")
    assert tty.next() == ("closed", "b", "off-screen")
    assert tty.next()[:2] == ("reply", "c")


@pytest.mark.parametrize("how", ["eof", "interrupt", signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=str)
@pytest.mark.parametrize("writing", [False, True])
def test_tty_is_put_back(tty, terminal, how, writing):
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    if writing:
        terminal.type("w")
        terminal.see("  > ")
    if how == "eof":
        assert tty.end() == 0
    else:
        if how == "interrupt":
            terminal.type("\x03")
        else:
            os.kill(tty.pid, how)
        assert tty.next() == ("eof",)
        assert tty.next() == ("exit", "0")
        if writing:
            terminal.see("\n")  # what comes next begins a row
    assert terminal.is_as_found()


def test_tty_suspended_and_continued(tty, terminal):
    tty.shown("a", choices=CHOICES)
    terminal.see("Put away\n")
    terminal.type("\x1a")
    assert tty.next() == ("stopped",)
    assert terminal.is_as_found()
    os.kill(tty.pid, signal.SIGCONT)
    terminal.see("Put away\n")
    assert terminal.reads_keys()
    terminal.type("h")
    assert tty.next() == ("chosen", "a", "helpful")


def until_stopped(pid):
    """The kernel has no word for it to others than its parent."""
    deadline = time.monotonic() + PATIENCE
    while pathlib.Path("/proc/%d/stat" % pid).read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "T":
        assert time.monotonic() < deadline


@pytest.mark.parametrize("writing", [False, True])
def test_tty_comes_back_from_behind(terminal, env, started, writing):
    """Stopped, sent behind, and brought to the front again, of which no signal tells; what was written is still there."""
    shell = '"$@"; read -r line; bg; read -r line; echo "got $line"; fg'
    tty = started(Driver("kindly-tty", env={**env, "NO_COLOR": "1"}, terminal=terminal, shell=shell))
    tty.shown("a", choices=CHOICES, write="b:1")
    terminal.see("Put away\n")
    if writing:
        terminal.type("w")
        terminal.see("  > ")
        terminal.type("half ")
        terminal.see("half ")
    terminal.type("\x1a")
    until_stopped(tty.pid)
    terminal.type("\n")
    terminal.see("&\n")
    assert tty.ask("introspect")[0] == "introspected"  # it goes on
    terminal.type("h\n")
    terminal.see("got h\n")  # by the shell: not an answer
    terminal.see("  > half " if writing else "Put away\n")
    assert terminal.reads_keys()
    terminal.type("a line\n" if writing else "h")
    assert tty.next() == (("written", "a", "half a line") if writing else ("chosen", "a", "helpful"))


def test_tty_without_a_terminal(env, started):
    tty = started(Driver("kindly-tty", env=env))
    assert tty.shown("a", "A moment", "You could rest.", CHOICES, write="b:1") == ("tty", "", 1)
    lines = Lines(tty.output)
    assert [lines.next() for _ in range(8)] == [
        "", "A moment", "  You could rest.", "", "Answer with: kindly answer CHOICE",
        "  helpful      Helpful", "  later        In 15 min", "  not-this     Not this"]
    assert tty.ask("withdraw", "a") == ("withdrawn",)
    assert tty.end() == 0


def test_tty_in_the_background(terminal, env, started):
    tty = started(Driver("kindly-tty", env=env, terminal=terminal, shell='"$@" & wait'))
    tty.shown("a", choices=CHOICES)
    terminal.see("Answer with: kindly answer CHOICE\n")
    assert terminal.is_as_found()


def test_tty_keeps_out_of_the_journal(env, started):
    tty = started(Driver("kindly-tty", env=env, journal=True))
    assert tty.error("a") == UNAVAILABLE
