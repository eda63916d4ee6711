"""A line written at a notification: typed in place where the server takes one, else in a window, which a stand-in for
zenity is here. With a user manager the window is a unit of its own."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_link import (Windows, fixture_bus, fixture_env, fixture_notify, fixture_server,  # noqa: E402, F401
                      fixture_started)
from rig_presenter import CAPS, PATIENCE, Driver, Lines, Manager  # noqa: E402

CHOICES = ("helpful=Helpful", "later=In 15 min", "not-this=Not this")

@pytest.fixture(name="windows")
def fixture_windows(tmp_path, env, started):
    env["DISPLAY"] = ":7"
    windows = started(Windows(tmp_path / "bin", env))
    windows.install()
    return windows


@pytest.fixture(name="writer")
def fixture_writer(windows, server, env, started):
    """kindly-notify that ends soon after there is nothing to do."""
    assert windows and server
    return started(Driver("kindly-notify", "--linger", "1", env=env))


def offered(server):
    return server.next()["actions"][2::2]


def invite(writer, server, **hints):
    """Shows a prompt that invites a line, and clicks on Write."""
    server_id = writer.shown("a", choices=CHOICES, write="b:1", **hints)[2]
    server.next()
    server.do("action", id=server_id, key="write")
    return server_id


# --- in place ---

def test_a_reply_is_written(notify, server):
    server.do("set", caps=CAPS + ["inline-reply"])
    server_id = notify.shown("a", choices=CHOICES, write="b:1")[2]
    sent = server.next()
    assert sent["actions"][2:4] == ["inline-reply", "Write"]
    assert sent["hints"]["x-kde-reply-placeholder-text"] == "A line of your own"
    server.do("replied", id=server_id + 1, text="not ours")
    server.do("replied", id=server_id, text=" \n ")
    server.do("replied", id=server_id, text="a line\nof mine ")
    server.do("replied", id=server_id, text="doubled")
    server.do("closed", id=server_id, reason=3)
    assert notify.next() == ("written", "a", "a line of mine")
    notify.shown("b")


def test_a_reply_comes_twice(notify, server):
    server.do("set", caps=CAPS + ["inline-reply"], traits=["twice"])
    server_id = notify.shown("a", write="b:1")[2]
    server.do("replied", id=server_id, text="once")
    assert notify.next() == ("written", "a", "once")
    notify.shown("b")


@pytest.mark.parametrize("hints", [{}, {"write": "b:1", "private": "b:1"}], ids=repr)
def test_not_invited(notify, server, hints):
    server.do("set", caps=CAPS + ["inline-reply"])
    notify.shown("a", choices=CHOICES, **hints)
    assert offered(server) == ["helpful", "later", "not-this"]


# --- in a window ---

def test_a_window_is_written_in(writer, server, windows):
    """The server closes the notification on the click, as most do: that is no answer, nor the end of it."""
    server_id = invite(writer, server)
    server.do("closed", id=server_id, reason=2)
    asked = windows.opened()
    assert asked == "zenity --entry --title=kindly --text A line of your own token= display=:7"
    windows.type("what I wrote")
    assert writer.next() == ("written", "a", "what I wrote")
    assert windows.opened() == "ended"
    second = writer.shown("a", "Saved", choices=["keep=See it again some day"], step="b:1")[2]
    assert second != server_id and server.next()["actions"][2::2] == ["keep"]
    server.do("closed", id=second, reason=2)
    assert writer.next() == ("closed", "a", "dismissed")
    assert writer.next() == ("eof",)  # and only now it had nothing to do


def test_the_focus_is_handed_on(writer, server, windows):
    server_id = writer.shown("a", choices=CHOICES, write="b:1")[2]
    server.do("token", id=server_id, token="token-1")
    server.do("action", id=server_id, key="write")
    assert " token=token-1 " in windows.opened()
    windows.type("cancel")


@pytest.mark.parametrize("typed", ["cancel", "", "   "])
def test_closed_without_a_line(writer, server, windows, typed):
    """It is still open, and off the screen if the server took it off."""
    server_id = invite(writer, server)
    windows.opened()
    server.do("closed", id=server_id, reason=2)
    writer.shown("b")  # so it has heard that: it listens to the server before it asks it for more
    windows.type(typed)
    assert writer.next() == ("closed", "a", "off-screen")


def test_closed_without_a_line_where_it_still_stands(writer, server, windows):
    server_id = invite(writer, server)
    windows.opened()
    windows.type("cancel")
    assert windows.opened() == "ended"
    writer.ask("withdraw", "unheard of")  # so it has seen that end
    server.do("action", id=server_id, key="write")
    windows.opened()
    server.do("action", id=server_id, key="write")  # one window is enough
    writer.shown("b")  # so it has heard that
    windows.type("cancel")
    assert windows.opened() == "ended"
    server.do("action", id=server_id, key="helpful")
    assert writer.next() == ("chosen", "a", "helpful")


def test_withdrawn_while_it_is_written(writer, server, windows):
    """The line is told all the same."""
    invite(writer, server)
    windows.opened()
    assert writer.ask("withdraw", "a") == ("withdrawn",)
    windows.type("not lost")
    assert writer.next() == ("written", "a", "not lost")


def test_its_time_waits_for_the_line(writer, server, windows):
    invite(writer, server, show_for="t:2000000")
    windows.opened()
    writer.shown("b", show_for="t:2200000")
    assert writer.next() == ("closed", "b", "off-screen")  # and not the first, before it
    windows.type("late")
    assert writer.next() == ("written", "a", "late")


def test_the_window_ends_with_the_daemon(writer, server, windows):
    invite(writer, server)
    windows.opened()
    assert writer.end() == 0


def test_long_and_broken_lines(writer, server, windows):
    invite(writer, server)
    windows.opened()
    windows.type("é" * 3000)
    assert writer.next() == ("written", "a", "é" * 2000)
    writer.shown("b", choices=CHOICES, write="b:1")


# --- where it is offered ---

@pytest.mark.parametrize("programs, desktop, display, first", [
    (["zenity", "kdialog"], "", ":7", "zenity"),
    (["zenity", "kdialog"], "KDE", ":7", "kdialog"),
    (["zenity", "kdialog"], "x:KDE", ":7", "kdialog"),
    (["zenity"], "KDE", ":7", "zenity"),
    (["kdialog"], "GNOME", ":7", "kdialog"),
    ([], "GNOME", ":7", None),
    (["zenity"], "", None, None),
], ids=repr)
def test_offered_where_it_can_be(tmp_path, server, env, started, programs, desktop, display, first):
    windows = started(Windows(tmp_path / "bin", env))
    env["XDG_CURRENT_DESKTOP"] = desktop
    if display:
        env["DISPLAY"] = display
    for program in programs:
        windows.install(program)
    writer = started(Driver("kindly-notify", env=env))
    server_id = writer.shown("a", choices=CHOICES, write="b:1")[2]
    assert offered(server) == (["write"] if first else []) + ["helpful", "later", "not-this"]
    if first:
        server.do("action", id=server_id, key="write")
        assert windows.opened().split()[0] == first
        windows.type("cancel")


def test_not_offered_without_actions(writer, server):
    server.do("set", caps=["body"])
    writer.show("a", choices=CHOICES, write="b:1", named="u:3")
    assert writer.next()[0] == "reply"
    assert "write" not in server.next()["actions"]


# --- with a user manager ---

def test_the_window_is_a_unit(env, server, windows, started):
    """Outside our own unit's sandbox, with the environment that the manager has now."""
    del env["DISPLAY"]
    manager = started(Manager(env, environment=["WAYLAND_DISPLAY=wayland-9"]))
    writer = started(Driver("kindly-notify", env=env))
    server_id = writer.shown("a", choices=CHOICES, write="b:1")[2]
    server.do("token", id=server_id, token="token-2")
    server.do("action", id=server_id, key="write")
    started_unit = manager.next()
    assert started_unit["name"].startswith("kindly-write-") and started_unit["name"].endswith(".service")
    assert started_unit["environment"] == ["XDG_ACTIVATION_TOKEN=token-2", "DESKTOP_STARTUP_ID=token-2"]
    assert windows.opened().endswith(" token=token-2 display=wayland-9")
    windows.type("from the unit")
    assert writer.next() == ("written", "a", "from the unit")


def test_the_unit_is_stopped_with_the_daemon(env, server, windows, started):
    manager = started(Manager(env, environment=["DISPLAY=:9"]))
    writer = started(Driver("kindly-notify", env=env))
    invite(writer, server)
    name = manager.next()["name"]
    windows.opened()
    assert writer.end() == 0
    assert manager.next() == {"event": "stop", "name": name}


def test_a_manager_that_refuses(env, server, windows, started):
    """Then it is a child of ours."""
    started(Manager(env, environment=["DISPLAY=:9"], refuses=True))
    writer = started(Driver("kindly-notify", env=env))
    invite(writer, server)
    windows.opened()
    windows.type("all the same")
    assert writer.next() == ("written", "a", "all the same")


def test_a_display_that_is_gone(env, server, windows, started):
    """The prompt stays as it is."""
    del env["DISPLAY"]
    manager = started(Manager(env, environment=["WAYLAND_DISPLAY=wayland-9"]))
    writer = started(Driver("kindly-notify", env=env))
    server_id = writer.shown("a", choices=CHOICES, write="b:1")[2]
    assert offered(server)[0] == "write"
    manager.stop()
    server.do("action", id=server_id, key="write")
    server.do("action", id=server_id, key="helpful")
    assert writer.next() == ("chosen", "a", "helpful")


def test_a_window_that_can_not_be_started(writer, server, windows):
    server_id = writer.shown("a", choices=CHOICES, write="b:1")[2]
    (windows.folder / "zenity").write_text("#!/nonexistent\n")
    server.do("action", id=server_id, key="write")
    server.do("action", id=server_id, key="helpful")
    assert writer.next() == ("chosen", "a", "helpful")


# --- for real ---

@pytest.mark.full
def test_zenity_itself(server, env, started, tmp_path):
    """Under an X server: what is typed on a keyboard arrives, and Cancel is no line."""
    read, write = os.pipe()
    xvfb = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
                            pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        env["DISPLAY"] = ":" + Lines(read).next()
        os.close(read)
        writer = started(Driver("kindly-notify", env=env))

        def type_into_window(*keys):
            for command in ["search", "--sync", "--onlyvisible", "--name", "^kindly$", "windowfocus", "--sync"], keys:
                subprocess.run(["xdotool", *command], env=env, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)

        server_id = invite(writer, server)
        type_into_window("type", "a line I typed")
        subprocess.run(["import", "-window", "root", str(tmp_path / "window.png")], env=env, check=True)
        type_into_window("key", "Return")
        assert writer.next() == ("written", "a", "a line I typed")
        writer.ask("withdraw", "a")
        assert server.next() == {"event": "close", "id": server_id}
        server_id = invite(writer, server)
        server.do("closed", id=server_id, reason=2)
        type_into_window("key", "Escape")
        assert writer.next() == ("closed", "a", "off-screen")
    finally:
        xvfb.terminate()
        xvfb.wait(PATIENCE)

