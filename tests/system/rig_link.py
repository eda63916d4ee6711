"""A presenter under test: an environment, a bus, a notification server that does as it is told, kindly-notify between; and
the window that a person writes in."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_presenter import Bus, Driver, Lines, Server  # noqa: E402


@pytest.fixture(name="started")
def fixture_started():
    """Keeps what a test starts, and stops it, the last first."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in reversed(things):
        thing.stop()


@pytest.fixture(name="env")
def fixture_env(tmp_path):
    env = {name: value for name, value in os.environ.items()
           if name not in ("DISPLAY", "WAYLAND_DISPLAY", "JOURNAL_STREAM", "NO_COLOR", "GSETTINGS_SCHEMA_DIR")}
    for name, folder in (("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        (tmp_path / folder).mkdir(mode=0o700)
        env[name] = str(tmp_path / folder)
    return {**env, "LC_ALL": "C.UTF-8", "TERM": "xterm", "GSETTINGS_BACKEND": "memory",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}


@pytest.fixture(name="bus")
def fixture_bus(tmp_path, env, started):
    bus = started(Bus(str(tmp_path)))
    env["DBUS_SESSION_BUS_ADDRESS"] = bus.address
    return bus


@pytest.fixture(name="server")
def fixture_server(bus, env, started):
    assert bus.address
    return started(Server(env))


@pytest.fixture(name="notify")
def fixture_notify(server, env, started):
    assert server
    return started(Driver("kindly-notify", env=env))


# Says what it was started with, then writes what it is told; "cancel" is a window that is closed.
WINDOW = """#!/bin/sh
printf '%s\\n' "{name} $* token=$XDG_ACTIVATION_TOKEN display=$DISPLAY$WAYLAND_DISPLAY" >"{folder}/asked"
read -r line <"{folder}/typed"
[ "$line" = cancel ] || printf '%s\\n' "$line"
exec >&-
echo ended >"{folder}/asked"
"""


class Windows:
    """The programs that open a window, and the person who types into it."""

    def __init__(self, folder, env):
        self.folder = folder
        folder.mkdir()
        for fifo in "asked", "typed":
            os.mkfifo(folder / fifo)
        self.asked = os.open(folder / "asked", os.O_RDWR)
        self.typed = os.open(folder / "typed", os.O_RDWR)
        self.lines = Lines(self.asked)
        for tool in "sh", "printf", "dash":  # nothing else is on the path: no zenity of the machine's
            (folder / tool).symlink_to("/bin/sh" if tool != "printf" else "/usr/bin/printf")
        env["PATH"] = str(folder)

    def install(self, name="zenity"):
        program = self.folder / name
        program.write_text(WINDOW.replace("{name}", name).replace("{folder}", str(self.folder)))
        program.chmod(0o755)

    def opened(self):
        return self.lines.next()

    def type(self, line):
        os.write(self.typed, line.encode() + b"\n")

    def stop(self):
        os.close(self.asked)
        os.close(self.typed)
