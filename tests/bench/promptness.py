#!/usr/bin/python3
"""How soon: from the instant a prompt is due to Notify on the bus, as a monitor of the bus notes it; a call beside a
Ping of the same service; a line beside the one fdatasync it has to wait for; and many clients at once. Not a test: it
fails for no number.

An occurrence goes the whole way: timer, presence, choice, commit, presenter, Notify to dunst on a screen. A day has at
most 50, so there are eleven daemons one after the other, each with a journal of its own, whose reminder is due at 50 instants
close to each other. Each prompt is dismissed as soon as it is shown. Warm: kindly-notify is there from the prompt
before; cold: it was ended after it. Which it was is seen by who sent Notify."""

import contextlib
import os
import pathlib
import re
import select
import signal
import statistics
import subprocess
import tempfile
import time

from rig_bench import Aims, Ended, Screen, helper, memory, percentile, print_table, unit_environment
from rig import BUILD, CALM, Person, Refused, guided_journal, now_usec

A_DAY, DAEMONS = 50, 11
WARM_APART_USEC, COLD_APART_USEC = 80000, 160000
FIRST_USEC = 700000  # from now to the first instant
RATIO_ROUNDS, RATIO_RUNS = 2000, 3
NOTES = 300
A_TURN_BYTES = 8 * 4120  # pages of the journal that a line changes, as they stand in its WAL
CLIENTS, CALLS = 200, 100


class Home(Person):
    def __init__(self, folder):
        folder.mkdir()
        super().__init__(folder)
        self.env |= unit_environment()
        self.keep(Screen(self.env))
        self.keep(Ended("dunst", env=self.env))
        self.caller().appeared("org.freedesktop.Notifications")
        self.number = 0

    def begin(self, *inside):
        """A daemon with a journal of its own."""
        self.number += 1
        journal = self.folder / ("journal-%d" % self.number)
        journal.write_bytes(guided_journal())
        return self.start("--journal", str(journal), inside=inside)

    def end(self, *things):
        for thing in things:
            thing.stop()
            self.things.remove(thing)


class Monitor(Ended):
    """Notes when each Notify passed the bus, and who sent it."""

    def __init__(self, home):
        self.log = home.folder / "monitor"
        with open(self.log, "w", encoding="ascii") as log:
            self.process = subprocess.Popen(
                ["stdbuf", "-oL", "dbus-monitor", "--address", home.bus.address, "--profile",
                 "interface='org.freedesktop.Notifications',member='Notify'"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.DEVNULL)
        home.keep(self)

    def seen(self):
        """[(microseconds of the epoch, sender)]"""
        return [(round(float(words[1]) * 1e6), words[3]) for words in
                (line.split() for line in self.log.read_text(encoding="ascii").splitlines()) if words[0] == "mc"]


# --- From due to Notify -----------------------------------------------------------------------------------------

def calendar(at_usec):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at_usec // 1000000)) + ".%06d UTC" % (at_usec % 1000000)


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def end_presenter(daemon):
    for child in children_of(daemon.pid):
        ended = os.pidfd_open(child)
        os.kill(child, signal.SIGTERM)
        select.select([ended], [], [], 10)
        os.close(ended)


def play(home, monitor, cold):
    """One daemon's day. Gives the delays in milliseconds of those that were cold, or warm. One that is due while the one
    before it still waits takes its place, as the design has it: it is the newer."""
    apart_usec = COLD_APART_USEC if cold else WARM_APART_USEC
    first_usec = now_usec() + FIRST_USEC
    due = [first_usec + i * apart_usec for i in range(A_DAY)]
    home.schedule('reminders = ( { name = "often"; at = [%s]; } );\n' % ", ".join('"%s"' % calendar(at) for at in due)
                  + CALM, calm=False)
    daemon = home.begin()
    caller = home.caller()
    caller.call("Prompt", "humanity")  # by hand: the one before the first
    while caller.get("NextElapseUSec") <= due[-1] or caller.open():
        with contextlib.suppress(Refused):  # the next one has taken its place
            caller.call("Dismiss", caller.next("Shown")[0])
        if cold:
            end_presenter(daemon)
    entries = [entry for entry in caller.entries() if entry["state"] != "missed"]
    daemon.end()
    home.end(caller, daemon)
    seen = monitor.seen()[-len(entries):]
    senders = [sender for _at, sender in seen]
    return [(at_usec - entry["due_usec"]) / 1000
            for entry, (at_usec, sender), before in zip(entries[1:], seen[1:], senders)
            if (sender != before) == cold]


def time_prompts(home, aims):
    monitor = Monitor(home)
    rows = []
    for what, cold, bound in (("kindly-notify is there", False, 100), ("kindly-notify is started", True, 250)):
        delays = [delay for _ in range(DAEMONS) for delay in play(home, monitor, cold)]
        rows.append([what, len(delays), DAEMONS * A_DAY] + ["%.1f" % percentile(delays, share) for share in (50, 90, 99, 100)])
        aims.most("99 of 100 prompts on the bus, " + ("cold" if cold else "warm"), percentile(delays, 99), bound, "ms")
    print_table(["from due to Notify", "prompts", "of", "p50 ms", "p90 ms", "p99 ms", "most ms"], rows)


# --- Calls ------------------------------------------------------------------------------------------------------

def ask(home, *arguments):
    done = subprocess.run([os.path.join(BUILD, "tests/system/caller-driver"), *map(str, arguments)], env=home.env, check=True, capture_output=True,
                          text=True)
    return [float(word) for word in done.stdout.split()]


def time_calls(home, aims):
    home.schedule()
    daemon = home.begin()
    caller = home.caller()
    rows = []
    for what in "nothing is open", "one prompt is open":
        if rows:
            caller.call("Prompt", "humanity")
            caller.next("Shown")
        runs = [ask(home, "ratio", RATIO_ROUNDS) for _ in range(RATIO_RUNS)]
        ping, get, listed = [statistics.median(column) for column in zip(*runs)]
        rows.append([what] + ["%.0f" % value for value in (ping, get, listed)]
                    + ["%.2f" % (get / ping), "%.2f" % (listed / ping)])
        aims.most("a property, times a Ping, %s" % what, get / ping, 1.3)
        aims.most("ListOpen, times a Ping, %s" % what, listed / ping, 1.3)
    print_table(["round trip, medians of %d" % (RATIO_ROUNDS * RATIO_RUNS), "Ping us", "property us", "ListOpen us",
                 "ratio", "ratio"], rows)
    daemon.end()
    home.end(caller, daemon)


def time_syncs(folder, count):
    """The median in microseconds of writing as much as a line's turn to a file that is as long already, and waiting for
    the disk, in that folder."""
    times = []
    path = folder / "bare"
    path.write_bytes(b"x" * A_TURN_BYTES * 32)
    with open(path, "r+b", buffering=0) as file:
        os.fsync(file.fileno())
        for number in range(count):
            began = time.monotonic()
            os.pwrite(file.fileno(), b"y" * A_TURN_BYTES, number % 32 * A_TURN_BYTES)
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - began) * 1e6)
    path.unlink()
    return statistics.median(times)


def time_notes(home, aims):
    daemon = home.begin()
    bare, noted = [], []
    for _ in range(RATIO_RUNS):
        bare.append(time_syncs(home.folder, NOTES))
        noted.append(ask(home, "notes", NOTES)[0])
    daemon.end()
    home.end(daemon)

    trace = home.folder / "trace"
    daemon = home.begin("strace", "-D", "-f", "-qq", "-o", str(trace), "-e", "trace=fdatasync,fsync")
    ask(home, "ratio", 1)
    before = len(trace.read_text().splitlines())
    caller = home.caller()
    counts = []
    for _ in range(NOTES):
        caller.call("Note", "a line", False)
        now = len(trace.read_text().splitlines())
        counts.append(now - before)
        before = now
    daemon.end()
    home.end(caller, daemon)
    rows = [["so much and fdatasync", "%.0f" % statistics.median(bare), 1, "-"],
            ["Note", "%.0f" % statistics.median(noted), int(statistics.median(counts)),
             "%.2f" % (statistics.median(noted) / statistics.median(bare))]]
    print_table(["one line", "us", "syncs", "ratio"], rows,
                "Of %d lines %d took one sync; %d at once with the journal's own clearing of its WAL, %d at most."
                % (NOTES, counts.count(1), NOTES - counts.count(1), max(counts)))
    aims.most("syncs of a line, median", statistics.median(counts), 1)


# --- All at once ------------------------------------------------------------------------------------------------

def flood(home, aims):
    daemon = home.begin()
    caller = home.caller()
    caller.call("ListOpen")
    before = memory(daemon.pid)
    began = time.monotonic()
    answered, refused = ask(home, "flood", CLIENTS, CALLS)
    took = time.monotonic() - began
    caller.call("Note", "a line", False)  # the next turn
    caller.call("ListOpen")
    time.sleep(0.5)
    after = memory(daemon.pid)
    with open("/proc/%d/status" % daemon.pid, encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s*(\d+)", status.read()).group(1))
    print_table(["%d clients at once" % CLIENTS, "calls", "refused", "s", "RSS before KB", "peak KB", "after KB",
                 "dirty before KB", "after KB"],
                [["", int(answered + refused), int(refused), "%.2f" % took, before["Rss"], peak, after["Rss"],
                  before["Private_Dirty"], after["Private_Dirty"]]])
    aims.most("calls refused, of %d" % (CLIENTS * CALLS), CLIENTS * CALLS - answered, 0)
    aims.most("private dirty after %d calls, times before" % (CLIENTS * CALLS),
              after["Private_Dirty"] / before["Private_Dirty"], 1.1)
    daemon.end()
    home.end(caller, daemon)


def main():
    aims = Aims()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(pathlib.Path(folder) / "home")
        try:
            time_prompts(home, aims)
            time_calls(home, aims)
            time_notes(home, aims)
            flood(home, aims)
            aims.print()
        finally:
            home.stop()


if __name__ == "__main__":
    main()
