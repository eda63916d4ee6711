"""kindlyd as it is installed, under a real `systemd --user` in namespaces of its own: a cgroup, processes and /run that
nothing outside sees. The manager runs as root, since only root can make these; so its runtime folder is the test's, and
the test speaks to its bus and to systemctl from outside."""

import os
import pathlib
import subprocess

import pytest

from rig import NAME, OBJECT, PATIENCE, Caller, FAR_AWAY, CALM, HOUR, INFINITY, Server, now_usec, stop
from rig_link import Windows
from rig_presenter import bus_config
from rig_systemd import Manager
from test_install import VARIANT, copy_of_the_tree

pytestmark = pytest.mark.full


@pytest.fixture(name="installed", scope="module")
def fixture_installed(tmp_path_factory):
    """make install into a prefix of its own, from a copy of the tree; its folder."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a user manager of its own takes namespaces and a cgroup")
    if VARIANT == "asan":
        pytest.skip("the sanitizer's leak check needs what the unit's sandbox forbids; tested with the other builds")
    folder = tmp_path_factory.mktemp("installed")
    tree = folder / "tree"
    tree.mkdir()
    copy_of_the_tree(tree)
    subprocess.run(["make", "-s", "VARIANT=" + VARIANT, "PREFIX=%s" % (folder / "usr"), "install"], cwd=tree,
                   check=True, stdout=subprocess.DEVNULL,
                   stdin=subprocess.DEVNULL)
    return folder / "usr"


@pytest.fixture(name="started")
def fixture_started():
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in reversed(things):
        thing.stop()


@pytest.fixture(name="home")
def fixture_home(tmp_path, installed):
    """The unit, and the file that starts it over the bus, where a person would put them."""
    home = tmp_path / "home"
    for folder, source in ((".config/systemd/user", "lib/systemd/user/kindlyd.service"),
                           (".local/share/dbus-1/services", "share/dbus-1/services/%s.service" % NAME)):
        (home / folder).mkdir(parents=True)
        (home / folder / os.path.basename(source)).write_text((installed / source).read_text())
    (home / ".config/kindly").mkdir()
    (home / ".config/kindly/kindly.conf").write_text(FAR_AWAY + CALM)
    return home


def environment(tmp_path, home):
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    return {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(run), "LC_ALL": "C.UTF-8",
            "XDG_DATA_HOME": str(home / ".local/share"), "TZ": "UTC", "GSETTINGS_BACKEND": "memory",
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=%s/bus" % run}


@pytest.fixture(name="manager")
def fixture_manager(tmp_path, home, started):
    return started(Manager(environment(tmp_path, home), str(tmp_path)))


def test_the_unit_is_sound(installed, manager, tmp_path):
    """With the system's own units beside it: what else is installed on this machine may be wrong."""
    units = tmp_path / "units"
    units.mkdir()
    for kind in "*.target", "*.socket", "*.slice", "dbus.service":
        for unit in pathlib.Path("/usr/lib/systemd/user").glob(kind):
            (units / unit.name).symlink_to(unit)
    (units / "kindlyd.service").symlink_to(installed / "lib/systemd/user/kindlyd.service")
    assert manager.run("env", "SYSTEMD_UNIT_PATH=%s" % units, "systemd-analyze", "--user", "verify", "--man=no",
                       str(units / "kindlyd.service")) == (0, "")


def test_a_life_under_systemd(manager, home, started):
    assert manager.systemctl("start", "kindlyd") == (0, "")
    assert manager.show("ActiveState") == "active"
    caller = started(Caller(manager.env["DBUS_SESSION_BUS_ADDRESS"]))
    screen = started(Server(manager.env))

    card = caller.call("Prompt", "humanity")
    asked = screen.next()
    assert asked["event"] == "notify" and caller.next("Shown")[0] == card
    put_off = caller.call("Prompt", "care")
    caller.call("Snooze", put_off, HOUR)
    card = caller.call("Prompt", "three-breaths")
    while asked["event"] != "notify" or asked["summary"] != "Three breaths":
        asked = screen.next()
    while caller.next("Shown")[0] != card:
        pass

    schedule = home / ".config/kindly/kindly.conf"
    schedule.write_text(FAR_AWAY.replace("far", "farther") + CALM)
    assert manager.systemctl("reload", "kindlyd") == (0, "")
    assert [row["reminder"] for row in caller.call("ListUpcoming", 2)] == ["", "farther"]
    schedule.write_text(FAR_AWAY + "nonsense = 1;\n")
    status, told = manager.systemctl("reload", "kindlyd")
    assert status != 0 and "failed" in told
    assert "nonsense" in caller.get("Problem") and manager.show("ActiveState") == "active"
    schedule.write_text(FAR_AWAY + CALM)
    assert manager.systemctl("reload", "kindlyd") == (0, "") and caller.get("Problem") == ""

    before = [(row["id"], row["state"], row["text"]) for row in caller.open()]
    caller.seen()
    assert manager.systemctl("kill", "--signal=KILL", "kindlyd") == (0, "")
    caller.vanished()
    caller.appeared()
    assert [(row["id"], row["state"], row["text"]) for row in caller.open()] == before
    back = screen.next()
    while back["event"] == "close":  # the presenter's last word, if it was given the time for one
        back = screen.next()
    assert (back["event"], back["replaces"], back["body"]) == ("notify", asked["id"], asked["body"])
    assert manager.show("NRestarts") == "1"

    assert manager.systemctl("stop", "kindlyd") == (0, "")
    assert screen.next() == {"event": "close", "id": back["id"]}
    assert (manager.show("Result"), manager.show("ExecMainStatus"), manager.show("ActiveState")) == (
        "success", "0", "inactive")


def test_started_over_the_bus(manager, started):
    screen = started(Server(manager.env))
    status, told = manager.run("busctl", "--user", "call", NAME, OBJECT, NAME, "Prompt", "s", "humanity")
    assert status == 0, told
    assert screen.next()["event"] == "notify"
    assert manager.show("ActiveState") == "active" and manager.show("MainPID") != "0"


def test_a_line_is_written_outside_the_sandbox(tmp_path, home, started):
    """The window is a unit of its own, without the daemon's limits and with the display that the manager learned of
    after the daemon had started."""
    env = environment(tmp_path, home)
    path = env["PATH"]
    windows = started(Windows(tmp_path / "bin", env))
    windows.install()
    env["PATH"] += ":" + path
    manager = started(Manager(env, str(tmp_path)))
    assert manager.systemctl("set-environment", "PATH=" + env["PATH"]) == (0, "")
    (home / ".config/kindly/kindly.conf").write_text(
        'reminders = ( { name = "evening"; at = "2100-01-01 20:15"; write = true; } );\n' + CALM)
    assert manager.systemctl("start", "kindlyd") == (0, "")
    assert manager.systemctl("set-environment", "DISPLAY=:55") == (0, "")
    caller = started(Caller(env["DBUS_SESSION_BUS_ADDRESS"]))
    screen = started(Server(env))
    card = caller.call("Prompt", "evening")
    shown = screen.next()
    screen.do("action", id=shown["id"], key="write")
    assert windows.opened().endswith(" display=:55")
    _, units = manager.systemctl("list-units", "--plain", "--no-legend", "kindly-write-*")
    name = units.split()[0]
    limits = manager.systemctl("show", "--property=NoNewPrivileges,RestrictNamespaces", name)[1]
    assert "NoNewPrivileges=no" in limits and "RestrictNamespaces=no" in limits
    windows.type("in the evening")
    assert caller.next("Answered") == (card, "okay")
    assert caller.entries()[-1]["note"] == "in the evening"


class BusOfItsOwn:
    """A session bus beside the manager's, at an address that stays: systemd 252 itself hangs for 90 s now and then when
    its own is killed."""

    def __init__(self, folder):
        folder.mkdir()
        self.address = "unix:path=%s/bus" % folder
        self.config = folder / "bus.conf"
        self.config.write_text(bus_config(folder).replace("unix:dir=%s" % folder, self.address))
        self.start()

    def start(self):
        self.process = subprocess.Popen(["dbus-daemon", "--config-file=%s" % self.config, "--nofork",
                                         "--print-address=1"], stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def stop(self):
        stop(self.process)
        self.process.stdout.close()


def test_comes_back_with_the_bus(manager, home, started, tmp_path):
    """The bus goes: 75, and systemd starts it again. The bus is back: what was open, put off and paused is as it was."""
    assert (manager.show("Restart"), manager.show("RestartForceExitStatus")) == ("on-failure", "75")
    bus = started(BusOfItsOwn(tmp_path / "other"))
    drop_in = home / ".config/systemd/user/kindlyd.service.d/bus.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nEnvironment=DBUS_SESSION_BUS_ADDRESS=%s\n" % bus.address)
    assert manager.systemctl("daemon-reload") == (0, "") and manager.systemctl("start", "kindlyd") == (0, "")
    caller = Caller(bus.address)
    put_off, is_open = caller.call("Prompt", "care"), None
    caller.call("Snooze", put_off, HOUR)
    is_open = caller.call("Prompt", "humanity")
    caller.call("Pause", INFINITY)
    before = [(row["id"], row["state"], row["text"]) for row in caller.open()]
    assert {row[0]: row[1] for row in before} == {put_off: "snoozed", is_open: "shown"}
    bus.stop()
    while manager.show("ExecMainStatus") != "75":
        pass
    bus.start()
    caller = started(Caller(bus.address))
    caller.appeared()
    assert [(row["id"], row["state"], row["text"]) for row in caller.open()] == before
    assert caller.get("PausedUntilUSec") == INFINITY and caller.get("Problem") == ""
    assert manager.show("NRestarts") == "1"
    caller.call("Resume")
    assert 0 < caller.get("NextElapseUSec") - now_usec() <= HOUR  # the one that was put off


def test_enabled_it_starts_with_the_session(home, manager):
    assert manager.systemctl("enable", "kindlyd")[0] == 0
    assert (home / ".config/systemd/user/default.target.wants/kindlyd.service").is_symlink()
    assert manager.systemctl("is-enabled", "kindlyd") == (0, "enabled\n")


def test_set_up_it_runs_and_starts_with_the_session(installed, home, manager, started):
    """As by kindly setup, outside the cgroup: it asks systemd over the bus."""
    screen = started(Server(manager.env))
    (home / ".config/kindly/kindly.conf").unlink()

    def setup(answers):
        done = subprocess.run([installed / "bin/kindly", "setup"], input=answers, env=manager.env, text=True, check=False,
                              capture_output=True, timeout=PATIENCE)
        return done.returncode, done.stderr

    assert setup("2\n") == (0, "")
    assert "times = 2;" in (home / ".config/kindly/kindly.conf").read_text()
    assert manager.systemctl("is-enabled", "kindlyd") == (0, "enabled\n") and manager.show("ActiveState") == "active"
    assert screen.next()["event"] == "notify" and not (home / ".config/autostart").exists()
    assert setup("\n" * 7 + "no\n") == (0, "")
    assert manager.systemctl("is-enabled", "kindlyd")[1] == "disabled\n" and manager.show("ActiveState") == "active"
