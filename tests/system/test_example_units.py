"""The units of docs/examples that run kindly sync: sound, and at work under a real `systemd --user`."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import PATIENCE, Caller  # noqa: E402
from rig_presenter import BUILD, ROOT  # noqa: E402
from rig_sync import Change  # noqa: E402
from test_sync import STRANGER, fixture_laptop, line  # noqa: E402, F401
from test_systemd import fixture_home, fixture_installed, fixture_manager, fixture_started  # noqa: E402, F401

DONE = 0
EXAMPLES = pathlib.Path(ROOT) / "docs/examples"


def test_the_examples_are_sound(tmp_path):
    """With the system's own targets beside them, and the command as it is built."""
    for kind in "*.target", "*.socket", "*.slice", "dbus.service":
        for unit in pathlib.Path("/usr/lib/systemd/user").glob(kind):
            (tmp_path / unit.name).symlink_to(unit)
    units = sorted(path.name for path in EXAMPLES.glob("kindly-sync.*"))
    assert units == ["kindly-sync.path", "kindly-sync.service", "kindly-sync.timer"]
    for name in units:
        text = (EXAMPLES / name).read_text()
        (tmp_path / name).write_text(text.replace("ExecStart=kindly ", f"ExecStart={BUILD}/kindly "))
    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", *(tmp_path / name for name in units)], check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
             "SYSTEMD_UNIT_PATH": str(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_the_example_runs(laptop):
    """The command of the service, in a home with the folder that the units name."""
    command, = [line for line in (EXAMPLES / "kindly-sync.service").read_text().splitlines() if "ExecStart=" in line]
    folder = laptop.folder / "home/Sync/kindly"
    folder.mkdir(parents=True)
    laptop.call("Note", "of the laptop", False)
    arguments = command.removeprefix("ExecStart=kindly ").replace("%h", laptop.env["HOME"]).split()
    assert laptop.run("kindly", *arguments)[0] == DONE
    assert [json.loads(line)["note"] for line in (folder / laptop.own.name).read_text().splitlines()] == ["of the laptop"]
    watched = [line for line in (EXAMPLES / "kindly-sync.path").read_text().splitlines() if "PathChanged=" in line]
    assert watched == ["PathChanged=" + arguments[1].replace(laptop.env["HOME"], "%h")]


def test_what_is_told_of_them_is_so():
    """Each unit is named, the timer is among what is enabled, and the folder is that of the units."""
    told = (EXAMPLES / "sync.md").read_text()
    units = sorted(path.name for path in EXAMPLES.glob("kindly-sync.*"))
    assert all(f"`{unit}`" in told for unit in units)
    enabled = re.search(r"enable --now ([^`]*)`", told)[1].split()
    assert [EXAMPLES / unit for unit in enabled] == [EXAMPLES / "kindly-sync.path", EXAMPLES / "kindly-sync.timer"]
    assert all("[Install]" in (EXAMPLES / unit).read_text() for unit in enabled)
    assert "kindly sync ~/Sync/kindly" in told


@pytest.mark.full
def test_the_path_unit_takes_in_what_a_synchroniser_brings(manager, home, installed, started):
    folder = home / "Sync/kindly"
    folder.mkdir(parents=True)
    for unit in EXAMPLES.glob("kindly-sync.*"):
        text = unit.read_text().replace("ExecStart=kindly ", f"ExecStart={installed}/bin/kindly ")
        (home / ".config/systemd/user" / unit.name).write_text(text)
    assert manager.systemctl("daemon-reload") == (0, "")
    assert manager.systemctl("start", "kindlyd", "kindly-sync.path", "kindly-sync.timer") == (0, "")
    change = started(Change(folder))
    arriving = home / "Sync/arriving"
    arriving.write_text(line(1))
    arriving.rename(folder / (STRANGER + ".jsonl"))
    while len(list(folder.glob("*.jsonl"))) < 2:  # this device's own file is the last thing a sync writes
        change.wait()
    caller = started(Caller(manager.env["DBUS_SESSION_BUS_ADDRESS"]))
    assert [row["note"] for row in caller.entries()] == ["line 1"]
