"""A presenter under test: an environment, a bus, a notification server that does as it is told, kindly-notify between."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_presenter import Bus, Driver, Server  # noqa: E402


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
