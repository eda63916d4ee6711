"""The clock: its timer, and changes of the zone's files in a folder of the test's own.

clock-driver runs the clock alone and says what it tells, line by line. The wall clock itself can't be set by a test;
what follows from that is started by hand (`set`).
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from rig_mock import Lines

DRIVER = Path(os.environ.get("KINDLY_BUILD", "build/release")) / "tests/system/clock-driver"
ZONES = Path("/usr/share/zoneinfo")

BERLIN, TOKYO, UTC = "zone localtime 7200", "zone localtime 32400", "zone UTC 0"


class Clock(Lines):
    def __init__(self, path, tz=None):
        environment = {key: value for key, value in os.environ.items() if key != "TZ"}
        if tz is not None:
            environment["TZ"] = tz
        super().__init__([str(DRIVER), str(path)], environment)

    def ask(self, command):
        self.say(command)
        return self.next()

    def until_zone(self, zone):
        """One file operation may be told as several changes: until the one that brings the zone."""
        while (line := self.next()) != f"changed {zone}":
            assert line.startswith("changed zone ")

    def rest(self):
        status, rest = self.end()
        assert status == 0
        return rest.splitlines()


@pytest.fixture
def start(tmp_path):
    clocks = []

    def start(path=tmp_path / "localtime", tz=None):
        clocks.append(Clock(path, tz))
        clocks[-1].ask("zone")  # it watches now
        return clocks[-1]

    yield start
    for clock in clocks:  # by itself, so that a sanitizer speaks of what is left behind
        if clock.process.poll() is None:
            assert clock.end()[0] == 0


@pytest.fixture
def link(tmp_path):
    path = tmp_path / "localtime"
    path.symlink_to(ZONES / "Europe/Berlin")
    return path


# ---- the timer ----


@pytest.mark.parametrize("delay_usec", [1, 1000, 20000])
def test_elapses_once_and_exactly(start, delay_usec):
    clock = start()
    assert clock.ask(f"arm {delay_usec}") == "armed"
    verb, late_usec = clock.next().split()
    assert verb == "elapsed"
    assert int(late_usec) < 250000  # on a busy machine; else about 100
    assert clock.rest() == []


def test_past_elapses_at_once(start):
    clock = start()
    assert clock.ask("arm past") == "armed"
    assert clock.next().startswith("elapsed ")
    assert clock.rest() == []


def test_armed_anew(start):
    clock = start()
    assert clock.ask("arm 3600000000") == "armed"
    assert clock.ask("arm 1000") == "armed"
    assert clock.next().startswith("elapsed ")
    assert clock.ask("arm past") == "armed"
    assert clock.next().startswith("elapsed ")


def test_never(start):
    clock = start()
    clock.process.stdin.write(b"arm past\narm never\n")  # in one go: it is disarmed before it can elapse
    assert [clock.next(), clock.next()] == ["armed", "armed"]
    assert clock.ask("zone").startswith("zone ")
    assert clock.rest() == []


def test_far_away(start):
    clock = start()
    assert clock.ask(f"arm {2**63}") == "armed"
    assert clock.ask("zone").startswith("zone ")


def test_set(start):
    clock = start()
    assert clock.ask("set") == "changed set"
    assert clock.rest() == []


# ---- the rest of the system ----


def test_boot_id(start):
    assert start().ask("boot") == "boot " + Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_random(start):
    clock = start()
    values = {clock.ask("random") for _ in range(100)}
    assert len(values) == 100


def test_no_wakeups(start):
    """Asleep is asleep: between two looks at it, the process has not been scheduled."""
    clock = start()
    assert clock.ask("arm 3600000000") == "armed"
    status = Path(f"/proc/{clock.process.pid}/status")

    def switches():
        lines = status.read_text().splitlines()
        return [line for line in lines if "ctxt_switches" in line], [line for line in lines if "State:" in line][0]

    while "sleeping" not in switches()[1]:
        pass
    before = switches()
    for _ in range(20):
        subprocess.run(["true"], check=True)  # some time, with work for the machine
    assert switches() == before


# ---- the zone ----


def test_tz_is_for_good(start, tmp_path, link):
    clock = start(link, tz="JST-9")
    assert clock.ask("zone").endswith(" 32400")
    link.unlink()
    link.symlink_to(ZONES / "UTC")
    assert clock.ask("zone").endswith(" 32400")
    assert clock.rest() == []


def test_no_zone_is_utc(start):
    assert start().ask("zone") == UTC


def test_no_folder_is_fine(start, tmp_path):
    clock = start(tmp_path / "none" / "localtime")
    assert clock.ask("zone") == UTC
    assert clock.ask("arm 1000") == "armed"
    assert clock.next().startswith("elapsed ")


def test_link_replaced(start, tmp_path, link):
    """As timedated and dpkg do it: a new link, moved over the old one."""
    clock = start(link)
    assert clock.ask("zone") == BERLIN
    for target, zone in (("Asia/Tokyo", TOKYO), ("Europe/Berlin", BERLIN), ("Asia/Tokyo", TOKYO)):
        new = tmp_path / "localtime.new"
        new.symlink_to(ZONES / target)
        new.rename(link)
        clock.until_zone(zone)


def test_link_removed_and_made_again(start, link):
    clock = start(link)
    link.unlink()
    assert clock.ask("zone") == BERLIN  # in between, the zone stays
    link.symlink_to(ZONES / "Asia/Tokyo")
    clock.until_zone(TOKYO)


def test_link_comes_first(start, tmp_path):
    clock = start()
    (tmp_path / "localtime").symlink_to(ZONES / "Europe/Berlin")
    clock.until_zone(BERLIN)


def test_file_written_in_place(start, tmp_path):
    path = tmp_path / "localtime"
    shutil.copyfile(ZONES / "Europe/Berlin", path)
    clock = start(path)
    assert clock.ask("zone") == BERLIN
    path.write_bytes((ZONES / "Asia/Tokyo").read_bytes())
    clock.until_zone(TOKYO)


def test_new_rules_behind_the_link(start, tmp_path):
    """As an update of tzdata does it: the link stays, the file it points to is replaced."""
    (tmp_path / "zoneinfo").mkdir()
    target = tmp_path / "zoneinfo" / "Home"
    shutil.copyfile(ZONES / "Europe/Berlin", target)
    link = tmp_path / "localtime"
    link.symlink_to(target)
    clock = start(link)
    assert clock.ask("zone") == BERLIN
    for zone, answer in (("Asia/Tokyo", TOKYO), ("Europe/Berlin", BERLIN)):
        new = tmp_path / "zoneinfo" / "Home.dpkg-new"
        shutil.copyfile(ZONES / zone, new)
        new.rename(target)
        clock.until_zone(answer)


def test_rubbish_leaves_the_zone(start, tmp_path, link):
    clock = start(link)
    assert clock.ask("zone") == BERLIN
    new = tmp_path / "localtime.new"
    new.write_text("rubbish")
    new.rename(link)
    assert clock.ask("zone") == BERLIN
    shutil.copyfile(ZONES / "Asia/Tokyo", new)
    new.rename(link)
    clock.until_zone(TOKYO)


def test_other_files_of_the_folder(start, tmp_path, link):
    clock = start(link)
    (tmp_path / "hosts").write_text("x")
    (tmp_path / "localtime.old").write_text("x")
    assert clock.ask("zone") == BERLIN
    assert clock.rest() == []
