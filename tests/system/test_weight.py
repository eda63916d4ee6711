"""How little the daemon is: what it holds, and what it does to the disk, stays the same however much was asked of it. The
figures themselves are those of `make bench`."""

import os
import re
import subprocess

import pytest

from rig import (BUILD, FAR_AWAY, HOUR, fixture_caller, fixture_daemon, fixture_person,  # noqa: F401
                 fixture_screen, now_usec)
from test_daemon import prompt

pytestmark = pytest.mark.once  # what it weighs says nothing of a build with sanitizers

CLIENTS = 200


def private_dirty(daemon, caller):
    """KB, when all that was asked is done, and the daemon waits for something to do: between two looks it was not on a
    processor."""
    caller.open()

    def look():
        with open("/proc/%d/schedstat" % daemon.pid, encoding="ascii") as file:
            ran = file.read()
        with open("/proc/%d/smaps_rollup" % daemon.pid, encoding="ascii") as file:
            return ran, int(re.search(r"^Private_Dirty: +(\d+)", file.read(), re.M).group(1))

    before, now = None, look()
    while now != before:
        subprocess.run(["true"], check=True)  # some time
        before, now = now, look()
    return now[1]


def flood(person, calls):
    """Gives how many calls were answered, and how many refused."""
    status, out, told = person.run("tests/system/caller-driver", "flood", str(CLIENTS), str(calls))
    assert status == 0, told
    return [int(word) for word in out.split()]


def as_installed(person):
    """Starts the daemon with the environment of its unit."""
    with open(os.path.join(BUILD, "kindlyd.service"), encoding="utf-8") as unit:
        settings = re.findall(r"^Environment=(\w+)=(.*)$", unit.read(), re.M)
    assert settings
    person.env |= dict(settings)
    return person.start()


def test_many_clients_at_once(person, caller):
    """Nobody is refused, and one who comes after them is served."""
    assert flood(person, 10) == [10 * CLIENTS, 0]
    assert len(caller.entries()) == 0  # no line was among so few calls of each
    caller.call("Note", "after them", False)
    assert [entry["note"] for entry in caller.entries()] == ["after them"]


@pytest.mark.full
def test_many_clients_leave_nothing(person, screen):
    assert screen
    daemon = as_installed(person)
    caller = person.caller()
    caller.call("Note", "a line", False)
    before = private_dirty(daemon, caller)
    assert flood(person, 100) == [100 * CLIENTS, 0]
    caller.call("Note", "a line", False)
    assert private_dirty(daemon, caller) <= before * 1.1
    assert len(caller.entries()) == CLIENTS + 2


@pytest.mark.full
def test_prompts_come_and_go(person, screen):
    """The first one leaves no more than a tenth, and those after it nothing."""
    daemon = as_installed(person)
    caller = person.caller()
    sizes = [private_dirty(daemon, caller)]
    for number in range(30):
        card, _ = prompt(caller, screen)
        caller.call("Answer", card, "helpful", "")
        if number in (0, 9, 29):
            sizes.append(private_dirty(daemon, caller))
    assert sizes[1] <= sizes[0] * 1.1 and sizes[3] <= sizes[2] + 16, sizes


@pytest.mark.full
def test_a_line_waits_for_the_disk_once(person, screen, tmp_path):
    """More only now and then, when the journal moves what is in its WAL to where it belongs: to the WAL, the file, and
    the WAL that begins anew."""
    assert screen
    trace = tmp_path / "trace"
    person.start(inside=["strace", "-D", "-f", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync,sync_file_range"])
    caller = person.caller()
    caller.call("Note", "a line", False)
    syncs = [len(trace.read_text().splitlines())]
    for _ in range(100):
        caller.call("Note", "a line", False)
        syncs.append(len(trace.read_text().splitlines()))
    each = [after - before for before, after in zip(syncs, syncs[1:])]
    assert set(each) <= {1, 2, 3} and each.count(1) >= 90, each
    caller.call("ListOpen")
    caller.get("NextElapseUSec")
    assert len(trace.read_text().splitlines()) == syncs[-1]


@pytest.mark.full
def test_as_much_as_there_may_be(person, screen):
    """10,000 reminders and 50,000 prompts are a schedule like others."""
    assert screen
    decks = person.folder / "data/kindly/decks"
    decks.mkdir(parents=True)
    for deck in range(5):
        (decks / ("deck-%d.conf" % deck)).write_text('theme = "care"; language = "en"; prompts = (%s);' % ",".join(
            '{ id = "many-%d-%d"; text = "Invitation %d: for one breath, let this moment be as it is."; }'
            % (deck, number, number) for number in range(10000)))
    person.schedule("languages = [\"en\"]; reminders = (%s);\n" % ",".join(
        '{ name = "r%d"; at = "2100-01-%02d %02d:%02d:%02d"; }'
        % (number, 1 + number % 28, number // 28 % 24, number % 60, number // 60 % 60) for number in range(10000)))
    person.start()
    caller = person.caller()
    assert caller.get("Problem") == ""
    assert caller.get("NextReminder") == "r0"
    assert len(caller.call("ListUpcoming", 100)) == 100
    assert any("Invitation" in prompt(caller, screen, "care")[1]["body"] for _ in range(3))
    caller.call("Pause", now_usec() + HOUR)
    caller.call("Resume")
    person.schedule(FAR_AWAY)
    caller.call("Reload")
    assert caller.get("NextReminder") == "far"
