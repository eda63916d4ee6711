"""The sandbox of kindlyd.service: what its settings come to on paper, what each of them keeps from happening when it is
tried from inside, and that everything kindly does can be done in it. The manager is an ordinary user's: with user
namespaces, where the strict part is in force, and with these refused."""

import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import stat
import struct
import subprocess
import tempfile

import pytest

from rig import CALM, FAR_AWAY, at_second, guided_journal
from rig_presenter import BUILD, PATIENCE, ROOT, Lines
from rig_systemd import AND_READ, AS_PERSON, HOME, RUNTIME, UID, PersonsManager
from test_install import VARIANT, copy_of_the_tree
from test_presenter import Program, picture_until

UNIT = os.path.join(BUILD, "kindlyd.service")
STRICT = os.path.join(ROOT, "units", "kindlyd-strict.conf")
EXPOSURE = 1.5

# --- On paper -----------------------------------------------------------------------------------


def analyze(folder, strict):
    shutil.copy(UNIT, folder / "kindlyd.service")
    if strict:
        (folder / "kindlyd.service.d").mkdir()
        shutil.copy(STRICT, folder / "kindlyd.service.d/10-strict.conf")
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", str(folder / "kindlyd.service")], check=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    return float(re.search(r"Overall exposure level for kindlyd.service: ([0-9.]+)", done.stdout.decode()).group(1))


def test_exposure(tmp_path, capsys):
    for name in "basic", "strict":
        (tmp_path / name).mkdir()
    basic, strict = analyze(tmp_path / "basic", False), analyze(tmp_path / "strict", True)
    with capsys.disabled():
        print("\nexposure: strict %s, basic %s" % (strict, basic))
    assert strict <= EXPOSURE < basic


@pytest.mark.parametrize("path", [UNIT, STRICT], ids=os.path.basename)
def test_explained_line_by_line(path):
    """Settings of one purpose may share what is said before them; an empty line ends it."""
    said, number = False, 0
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            said = True
        elif not line or line.startswith("["):
            said = False
        else:
            number += 1
            assert said or line.startswith("Description="), line
    assert number > 15


# What systemd 252 takes in a person's unit and doesn't enforce, or doesn't start with.
HOLLOW = "ProtectProc", "ProcSubset", "IPAddressDeny", "PrivateIPC"


def test_nothing_for_show():
    for path in UNIT, STRICT:
        assert not re.search("^(%s)=" % "|".join(HOLLOW), pathlib.Path(path).read_text(encoding="utf-8"), re.M)


# --- Who gets the strict part -------------------------------------------------------------------

PERSONS = {"SYSTEMD_SCOPE": "user", "HOME": "/home/a \"person\"", "XDG_RUNTIME_DIR": "/run/user/1", "LC_ALL": "C.UTF-8"}


@pytest.fixture(name="generator")
def fixture_generator():
    """`generator(env)` runs it as a person's manager does; gives its status, what it said, and what it wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        program, strict = folder / "build/here/kindly-sandbox-generator", folder / "config/kindlyd-strict.conf"
        for path in program, strict:
            path.parent.mkdir(parents=True)
        shutil.copy(os.path.join(BUILD, program.name), program)
        shutil.copy(STRICT, strict)
        as_person = [] if os.getuid() else AS_PERSON + AND_READ

        def generate(env, *, units=True):
            if units:
                (folder / "units").mkdir()
                if as_person:
                    os.chown(folder / "units", UID, UID)
            done = subprocess.run([*as_person, program, *[folder / "units"] * 3], env=env, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False, timeout=PATIENCE)
            written = sorted((folder / "units").rglob("*.conf"))
            assert all(path.parent.name == "kindlyd.service.d" for path in written)
            return done.returncode, done.stdout + done.stderr, {path.name: path for path in written}

        generate.program, generate.strict, generate.as_person = program, strict, as_person
        yield generate


@pytest.fixture(name="walls")
def fixture_walls(generator):
    if subprocess.run(generator.as_person + ["unshare", "--user", "--map-current-user", "--mount", "--net", "true"],
                      check=False, capture_output=True).returncode != 0:
        pytest.skip("user namespaces are refused here, and the strict part with them")
    return generator


def test_the_strict_part_and_the_folders_it_leaves_open(walls):
    status, said, written = walls(PERSONS | {"XDG_CONFIG_HOME": "/home/100%/$config"})
    assert (status, said, sorted(written)) == (0, "", ["10-strict.conf", "11-folders.conf"])
    assert written["10-strict.conf"].readlink() == walls.strict
    lines = [line for line in written["11-folders.conf"].read_text().splitlines() if line[0] != "#"]
    assert lines == [
        "[Service]", r'ReadWritePaths= "-/home/a \"person\"/.local/state/kindly"',
        r'ExecStartPre=-+mkdir -p -- "%t/dconf" "/home/a \"person\"/.local/state/kindly" '
        r'"/home/100%%/$$config/kindly" "/home/a \"person\"/.local/share/kindly/decks"']


@pytest.mark.parametrize("env", [
    {"SYSTEMD_SCOPE": "system"}, {"SYSTEMD_SCOPE": ""}, {"HOME": "/tmp/home"}, {"XDG_STATE_HOME": "/var/tmp/state"},
    {"XDG_CONFIG_HOME": "/home/a\nline"}, {"XDG_DATA_HOME": "/home/\x7f"}, {"XDG_RUNTIME_DIR": "/tmp/run"},
    {"XDG_RUNTIME_DIR": None}, {"DBUS_SESSION_BUS_ADDRESS": "unix:abstract=/run/user/1/bus"},
    {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/tmp/bus"},
], ids=repr)
def test_where_walls_would_be_in_the_way_there_are_none(generator, env):
    env = {name: value for name, value in (PERSONS | env).items() if value is not None}
    assert generator(env) == (0, "", {})


def test_the_strict_part_can_not_be_written(walls):
    assert walls(PERSONS, units=False) == (
        1, "kindly-sandbox-generator: kindlyd.service goes without its strict part: No such file or directory\n", {})


def test_the_generator_is_run_by_systemd(generator):
    done = subprocess.run([generator.program], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "kindly-sandbox-generator is run by systemd: systemd.generator(7)\n"


# --- What can be done from inside ---------------------------------------------------------------

# Attempts of sandbox-driver, and how they end: outside, in the basic sandbox, in the strict one. What fails outside
# already is nothing the sandbox could take the credit for; it is here for the error, which says who refused.
REFUSED = "ENOSYS"  # by the system-call filter
ATTEMPTS = {
    "inet": ("ok", "EAFNOSUPPORT", "EAFNOSUPPORT"),
    "inet6": ("ok", "EAFNOSUPPORT", "EAFNOSUPPORT"),
    "netlink": ("ok", "EAFNOSUPPORT", "EAFNOSUPPORT"),
    "local": ("ok", "ok", "ok"),
    "abstract": ("ok", "ok", "ECONNREFUSED"),
    "interface": ("ok", "ok", "ENODEV"),
    "write_home": ("EUNATCH", "ok", "EROFS"),  # EUNATCH: it is there, and others can read it
    "write_state": ("EUNATCH", "ok", "ok"),
    "write_config": ("EUNATCH", "ok", "EROFS"),
    "write_usr": ("EACCES", "EACCES", "EROFS"),
    "write_run": ("EUNATCH", "ok", "EROFS"),
    "write_runtime": ("EUNATCH", "ok", "EROFS"),
    "write_shm": ("EUNATCH", "ok", "EACCES"),
    "see_tmp": ("ok", "ok", "ENOENT"),
    "device": ("ok", "ok", "ENOENT"),
    "tunable": ("ok", "ok", "EROFS"),
    "sysfs": ("ok", "ok", "EROFS"),
    "control_group": ("ok", "ok", "EROFS"),
    "kernel_symbols": ("ok", "ok", "EACCES"),
    "make_setuid": ("ok", "EPERM", "EPERM"),
    "become_root": ("ok", "EPERM", "EPERM"),
    "trace": ("ok", REFUSED, REFUSED),
    "user_namespace": ("ok", "EPERM", "EPERM"),
    "user_namespace_by_clone": ("ok", "EPERM", "EPERM"),
    "mount_something": ("EPERM", REFUSED, REFUSED),
    "change_root": ("EPERM", REFUSED, REFUSED),
    "change_owner": ("ok", REFUSED, REFUSED),
    "become_other": ("ok", REFUSED, REFUSED),
    "set_clock": ("EPERM", REFUSED, REFUSED),
    "set_host_name": ("EPERM", REFUSED, REFUSED),
    "read_kernel_log": ("EPERM", REFUSED, REFUSED),
    "load_module": ("EPERM ENOSYS", REFUSED, REFUSED),  # ENOSYS: a kernel without modules
    "realtime": ("ok", REFUSED, REFUSED),
    "writable_code": ("ok", "EPERM", "EPERM"),
    "make_code": ("ok", "EPERM", "EPERM"),
    "lock_memory": ("ok", REFUSED, REFUSED),
    "other_personality": ("ok", "EPERM", "EPERM"),
    "keyring": ("ok", REFUSED, REFUSED),
    "io_uring": ("ok", REFUSED, REFUSED),
    "bpf": ("EPERM", REFUSED, REFUSED),
    "perf": ("ok", REFUSED, REFUSED),
    "capabilities": ("ok", "ok", "EPERM"),
    "core_dump": ("ok", "EFBIG", "EFBIG"),
}


@pytest.fixture(name="installed", scope="module")
def fixture_installed(tmp_path_factory):
    """What make install puts into /usr/local, from a copy of the tree."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a user manager of its own takes namespaces and a cgroup")
    if VARIANT in ("asan", "cov"):
        pytest.skip("what this build does at a program's end the unit's sandbox forbids; tested with the other builds")
    folder = tmp_path_factory.mktemp("installed")
    tree = folder / "tree"
    tree.mkdir()
    copy_of_the_tree(tree)
    subprocess.run(["make", "-s", "VARIANT=" + VARIANT, "PREFIX=/usr/local", "DESTDIR=%s" % folder, "install"], cwd=tree,
                   check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return folder / "usr/local"


@pytest.fixture(name="start")
def fixture_start(installed):
    managers = []

    def start(**how):
        managers.append(PersonsManager(installed, **how))
        return managers[-1]

    yield start
    for manager in reversed(managers):
        manager.stop()


def begin(manager):
    """Somebody who has used kindly before: a schedule, a journal."""
    manager.write(".config/kindly/kindly.conf", FAR_AWAY + CALM)
    manager.write(".local/state/kindly/journal.db", guided_journal())


def sandbox(manager):
    return json.loads(manager.run("kindly", "doctor", "--json")[1])["sandbox"]


def drop_in(manager, text):
    """One of the person's own, beside the unit and after ours."""
    manager.write(".config/systemd/user/kindlyd.service.d/override.conf", "[Service]\n" + text)
    assert manager.systemctl("daemon-reload") == (0, "")


def instead(command):
    """A drop-in's settings that run something once in kindlyd's place."""
    return "Type=oneshot\nBusName=\nRestart=no\nRestartForceExitStatus=\nExecStart=\nExecStart=%s\n" % command


def attempts_of(text):
    return dict(line.split("\t") for line in text.splitlines())


@pytest.fixture(name="try_all")
def fixture_try_all():
    """Gives how the attempts end, outside and inside the unit."""
    listener = socket.socket(socket.AF_UNIX)
    name = "kindly-%d-%s" % (os.getpid(), os.urandom(4).hex())
    listener.bind("\0" + name)
    listener.listen(16)

    def try_all(manager):
        driver = manager.write("sandbox-driver", pathlib.Path(BUILD, "tests/system/sandbox-driver").read_bytes(), 0o755)
        become = manager.write("become-root", pathlib.Path(BUILD, "tests/system/become-root-driver").read_bytes())
        os.chown(become, 0, 0)
        become.chmod(0o4755)
        outside = manager.folder / "outside"
        outside.touch(0o644)
        command = ["%s/%s" % (HOME, driver.name), HOME, HOME + "/.local/state/kindly", str(outside), name,
                   "%s/%s" % (HOME, become.name)]
        status, told = manager.run("sh", "-c", 'umask 022; exec "$@"', "sh", *command)
        assert status == 0, told
        for folder in ".config/kindly", ".local/state/kindly":
            assert os.listdir(manager.home / folder) in (["kindly.conf"], ["journal.db"])
        drop_in(manager, instead(" ".join(command)) + "StandardOutput=file:%s/attempts\n" % HOME)
        status, failure = manager.systemctl("start", "kindlyd")
        assert status == 0, failure + manager.systemctl("status", "kindlyd")[1]
        return attempts_of(told), attempts_of((manager.home / "attempts").read_text())

    yield try_all
    listener.close()


def check_attempts(ended, column):
    assert list(ended) == list(ATTEMPTS)
    assert {name: how for name, how in ended.items() if how not in ATTEMPTS[name][column].split()} == {}


@pytest.mark.full
def test_each_protection(start, try_all):
    manager = start(prepare=begin)
    outside, inside = try_all(manager)
    check_attempts(outside, 0)
    check_attempts(inside, 2)


@pytest.mark.full
def test_where_user_namespaces_are_refused(start, try_all):
    """It starts, and is held to all that takes none. With the strict part it would not have started."""
    manager = start(prepare=begin, blocked=True)
    assert not (manager.runtime / "systemd/generator/kindlyd.service.d").exists()
    assert manager.systemctl("start", "kindlyd") == (0, "")
    assert sandbox(manager) == "basic"
    assert "Basic: no network" in manager.run("kindly", "doctor")[1]
    assert manager.systemctl("stop", "kindlyd") == (0, "")
    _, inside = try_all(manager)
    check_attempts(inside, 1)
    drop_in(manager, "Restart=no\nPrivateUsers=yes\n")
    assert manager.systemctl("start", "kindlyd")[0] != 0
    assert manager.show("ExecMainStatus") == "217"


@pytest.mark.full
def test_limits(start):
    """What the controllers have to enforce, where the machine gives them to a person's manager."""
    manager = start(prepare=begin)
    assert manager.systemctl("start", "kindlyd") == (0, "")
    limits = dict(line.split("=") for line in manager.systemctl(
        "show", "--property=MemoryMax,MemoryHigh,TasksMax,ControlGroup", "kindlyd")[1].split())
    assert (limits["MemoryHigh"], limits["MemoryMax"], limits["TasksMax"]) == (str(256 << 20), str(384 << 20), "32")
    group = "/sys/fs/cgroup" + limits["ControlGroup"]
    controllers = manager.run("cat", group + "/cgroup.controllers")[1].split()
    for controller, file, value in ("memory", "memory.max", str(384 << 20)), ("pids", "pids.max", "32"):
        if controller in controllers:
            assert manager.run("cat", group + "/" + file) == (0, value + "\n")
        else:
            print("not enforced here: the controller %s is not in cgroup v2" % controller)


# --- Everything kindly does, in it --------------------------------------------------------------


def with_dunst(manager):
    """dunst, whose menu picks what is asked for in a file."""
    manager.write("menu", "#!/bin/sh\ngrep -m1 \"$(cat %s/pick)\"\n" % HOME, 0o700)
    manager.write(".config/dunst/dunstrc", "[global]\ndmenu = %s/menu\nfont = Sans 11\nwidth = 400\n" % HOME)


@pytest.fixture(name="display")
def fixture_display(tmp_path):
    """A screen that lets in who has its cookie: its number, and what .Xauthority holds."""
    cookie = os.urandom(16)
    authority = tmp_path / "authority"
    read, write = os.pipe()

    def entry(number):
        """Of any host, for that display."""
        fields = b"", number.encode(), b"MIT-MAGIC-COOKIE-1", cookie
        return struct.pack(">H", 0xffff) + b"".join(struct.pack(">H", len(field)) + field for field in fields)

    authority.write_bytes(entry(""))
    screen = Program("Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp",
                     "-auth", str(authority), pass_fds=[write])
    os.close(write)
    number = Lines(read).next()
    os.close(read)
    yield number, entry(number)
    screen.stop()


def children(manager, name):
    """Processes of that name in the unit, as the manager's system numbers them."""
    pids = manager.run("cat", "/sys/fs/cgroup%s/cgroup.procs" % manager.show("ControlGroup"))[1].split()
    return [pid for pid in pids if manager.run("cat", "/proc/%s/comm" % pid)[1].strip() == name]


def log_of(manager):
    """What the unit has said: standard error of all in it."""
    return (manager.home / "said").read_text()


@pytest.mark.full
@pytest.mark.parametrize("refused", ["answered", "deadly"])
def test_a_life_in_it(start, display, tmp_path, refused):
    """`deadly`: a system call that the filter refuses ends the program. GLib asks for one that it can do without."""
    number, authority = display

    def prepare(manager):
        begin(manager)
        with_dunst(manager)
        manager.write(".Xauthority", authority)
        (manager.home / "shared").mkdir()
        os.chown(manager.home / "shared", UID, UID)
        manager.write(".config/systemd/user/kindlyd.service.d/override.conf",
                      "[Service]\nStandardError=append:%s/said\nEnvironment=JOURNAL_STREAM=0:0\n%s" % (
                          HOME, "SystemCallErrorNumber=kill\nSystemCallFilter=sched_setattr\n"
                          if refused == "deadly" else ""))

    manager = start(prepare=prepare)
    assert manager.systemctl("set-environment", "DISPLAY=:" + number) == (0, "")
    assert manager.systemctl("start", "dunst", "kindlyd") == (0, "")
    assert sandbox(manager) == "strict"
    caller = manager.caller()
    env = {**manager.outside, "DISPLAY": ":" + number, "XAUTHORITY": str(manager.home / ".Xauthority")}

    # Shown and answered on a real server.
    picture_until(env, tmp_path / "empty.png", lambda colours: colours == 1)
    card = caller.call("Prompt", "humanity")
    assert caller.next("Shown")[0] == card
    picture_until(env, tmp_path / "shown.png", lambda colours: colours > 20)
    manager.write("pick", "#Helpful")
    assert manager.run("dunstctl", "context")[0] == 0
    assert caller.next("Closed") == (card, "answered")

    # The presenter ends unexpectedly; the next prompt has another one.
    (presenter,) = children(manager, "kindly-notify")
    assert manager.run("kill", "-KILL", presenter)[0] == 0
    card = caller.call("Prompt", "care")
    assert caller.next("Shown")[0] == card
    assert children(manager, "kindly-notify") not in ([], [presenter])
    caller.call("Dismiss", card)

    # The schedule and a deck are changed, and noticed.
    manager.write(".config/kindly/kindly.conf",
                  'reminders = ( { name = "evening"; at = "2100-01-01 20:15"; write = true; } );\n' + CALM)
    while [row["reminder"] for row in caller.call("ListUpcoming", 1)] != ["evening"]:
        caller.changed("NextReminder")
    manager.write("texts", "You may go slowly today.\n")
    manager.kindly("deck", "import", "--theme=care", "texts")
    (deck,) = (manager.home / ".local/share/kindly/decks").rglob("*.conf")
    assert deck.exists() and manager.systemctl("reload", "kindlyd") == (0, "")

    # A line is written in a window that is outside.
    card = caller.call("Prompt", "evening")
    assert caller.next("Shown")[0] == card
    manager.write("pick", "#Write")
    assert manager.run("dunstctl", "context")[0] == 0
    focus = ["search", "--sync", "--onlyvisible", "--name", "^kindly$", "windowfocus", "--sync"]
    subprocess.run(["xdotool", *focus, "type", "in the evening"], env=env, check=True, timeout=PATIENCE)
    unit = manager.systemctl("list-units", "--plain", "--no-legend", "kindly-write-*")[1].split()[0]
    window = manager.systemctl("show", "--value", "--property=MainPID", unit)[1].strip()
    status = manager.run("cat", "/proc/%s/status" % window)[1]
    assert "NoNewPrivs:\t0" in status and "Seccomp:\t0" in status
    subprocess.run(["xdotool", "key", "Return"], env=env, check=True, timeout=PATIENCE)
    assert caller.next("Answered") == (card, "okay")

    # Written down, shared, forgotten, also in the shared folder, which is not in the sandbox.
    line = caller.call("Note", "SECRETWORDS", False)
    manager.kindly("sync", "shared")
    (shared,) = (manager.home / "shared").glob("*.jsonl")
    assert "SECRETWORDS" in shared.read_text() and "in the evening" in shared.read_text()
    assert "It is gone from your file" in manager.kindly("forget", line)
    assert "SECRETWORDS" not in shared.read_text() and "in the evening" in shared.read_text()
    with sqlite3.connect("file:%s?mode=ro" % (manager.home / ".local/state/kindly/journal.db"), uri=True) as database:
        assert database.execute("SELECT count(*) FROM event WHERE note = 'SECRETWORDS'").fetchone() == (0,)

    assert manager.systemctl("stop", "kindlyd") == (0, "")
    assert (manager.show("Result"), manager.show("NRestarts")) == ("success", "0")
    said = log_of(manager)
    assert "SECRETWORDS" not in said and not re.search("CRITICAL|WARNING|[Rr]ead-only(?! file system\\); kindly sync)",
                                                       said), said
    assert stat.S_IMODE((manager.home / ".local/state/kindly").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (manager.home / ".local/state/kindly").iterdir()} == {0o600}


@pytest.mark.full
def test_settings_are_read(start):
    """GSettings, from dconf's real files: GNOME's do not disturb, and its end."""
    manager = start(prepare=begin)
    key = "org.gnome.desktop.notifications", "show-banners"
    assert manager.run("gsettings", "set", *key, "false")[0] == 0
    screen = manager.serve(name="gnome-shell", vendor="GNOME")
    drop_in(manager, "StandardError=append:%s/said\n" % HOME)
    assert manager.systemctl("start", "kindlyd") == (0, "")
    assert sandbox(manager) == "strict"
    caller = manager.caller()
    _due, when = at_second(1)
    manager.write(".config/kindly/kindly.conf", 'reminders = ( { name = "soon"; at = "%s UTC"; } );\n' % when + CALM)
    assert caller.changed("Presence") == "busy"
    assert [row["state"] for row in caller.open()] == ["waiting"]
    assert manager.run("gsettings", "set", *key, "true")[0] == 0
    assert caller.changed("Presence") == "available"
    assert caller.open()[0]["until_usec"] > 0 and screen
    assert "dconf" not in log_of(manager)


@pytest.mark.full
def test_the_screen_is_reached(start, display):
    """A program of the unit finds the X server by its socket in /tmp, and may enter by the cookie in .Xauthority; with
    another /tmp/.X11-unix, or without the cookie, it does not."""
    number, authority = display
    manager = start(prepare=begin)
    manager.write(".Xauthority", authority)
    for hidden in "", "/tmp/.X11-unix", "%h/.Xauthority":
        drop_in(manager, instead("xdpyinfo -display :" + number) + "InaccessiblePaths=%s\n" % hidden)
        assert (manager.systemctl("start", "kindlyd")[0] == 0) == (not hidden), hidden


@pytest.mark.full
def test_ends_with_its_bus(start):
    manager = start(prepare=begin)
    status, told = manager.run("systemd-run", "--user", "--quiet", "--unit=other-bus", "--service-type=notify",
                               "dbus-daemon", "--session", "--nofork", "--nopidfile",
                               "--address=unix:path=%s/bus" % HOME)
    assert status == 0, told
    os.mkfifo(manager.home / "ended")
    os.chown(manager.home / "ended", UID, UID)
    drop_in(manager, "Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=%s/bus\nRestart=no\nRestartForceExitStatus=\n"
            "ExecStopPost=/bin/sh -c 'echo $EXIT_STATUS >%s/ended'\n" % (HOME, HOME))
    assert manager.systemctl("start", "kindlyd") == (0, "")
    ended = os.open(manager.home / "ended", os.O_RDWR)
    assert manager.systemctl("stop", "other-bus")[0] == 0
    assert Lines(ended).next() == "75"
    os.close(ended)


@pytest.mark.full
@pytest.mark.parametrize("way", ["none", "state", "parent", "xdg"])
def test_where_the_journal_is(start, way):
    """A first start, with nothing there; its folder, or one above it, is a link; the environment names another place,
    with all that a unit file gives a meaning to."""
    odd = "a b%h$HOME\\c'd"

    def prepare(manager):
        if way == "state":
            (manager.home / ".local/state").mkdir(parents=True)
            (manager.home / ".local/state/kindly").symlink_to(HOME + "/elsewhere")
        elif way == "parent":
            (manager.home / ".local").mkdir()
            (manager.home / ".local/state").symlink_to("../elsewhere")
        if way in ("state", "parent"):
            (manager.home / "elsewhere").mkdir(mode=0o700)
        for folder, names, _ in os.walk(manager.home):
            for name in names:
                os.chown(os.path.join(folder, name), UID, UID, follow_symlinks=False)

    environment = {"XDG_STATE_HOME": "%s/%s" % (HOME, odd)} if way == "xdg" else {}
    manager = start(prepare=prepare, environment=environment)
    assert manager.systemctl("start", "kindlyd") == (0, "")
    assert sandbox(manager) == "strict"
    manager.kindly("note", "a line")
    assert "a line" in manager.kindly("journal")
    folder = {"none": ".local/state/kindly", "state": "elsewhere", "parent": "elsewhere/kindly",
              "xdg": odd + "/kindly"}[way]
    assert stat.S_IMODE((manager.home / folder).stat().st_mode) == 0o700
    assert stat.S_IMODE((manager.home / folder / "journal.db").stat().st_mode) == 0o600
    for folder in ".config/kindly", ".local/share/kindly/decks":
        assert stat.S_IMODE((manager.home / folder).stat().st_mode) == 0o700


@pytest.mark.full
@pytest.mark.parametrize("change", [{"XDG_STATE_HOME": "/tmp/state"}, {"XDG_RUNTIME_DIR": "/tmp/run"},
                                    {"DBUS_SESSION_BUS_ADDRESS": "unix:abstract=/tmp/dbus-x"},
                                    {"XDG_CONFIG_HOME": "/home/a\nb"}, {"SYSTEMD_SCOPE": "system"},
                                    {"SYSTEMD_SCOPE": ""}, {}])
def test_not_where_it_would_hide_something(installed, tmp_path, change):
    """The generator alone: nothing is put up where what kindly needs would be behind it, or the manager is another's or
    an older one. Without a change it is."""
    tmp_path.chmod(0o755)
    env = {"SYSTEMD_SCOPE": "user", "HOME": HOME, "XDG_RUNTIME_DIR": RUNTIME, "PATH": os.environ["PATH"],
           "DBUS_SESSION_BUS_ADDRESS": "unix:path=%s/bus" % RUNTIME, **change}
    generator = [str(installed / "lib/systemd/user-generators/kindly-sandbox-generator"), str(tmp_path), "unused", "unused"]

    def generate(*prefix):
        done = subprocess.run([*prefix, *generator], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, check=False)
        return done.returncode, b"goes without its strict part" in done.stderr

    # What it was built to put up is in /usr/local, where nothing is here: that it tried is all there is to see.
    assert generate(*AS_PERSON) == ((0, False) if change else (1, True))
    assert generate() == (0, False)  # root's
    assert not os.listdir(tmp_path)
