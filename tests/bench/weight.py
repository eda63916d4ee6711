#!/usr/bin/python3
"""What kindlyd weighs and how still it is, beside a bare service with the same libraries (bare.c) and beside programs of
Debian that remind people: all at once on one bus and one screen, so that what is shared is shared alike. Not a test: it
fails for no number.

kindlyd has the shipped decks and schedule (nothing of which comes due meanwhile) and a journal of ten years; it and the
bare service have the environment of its unit. PSS counts a page of a library as a part for each process that maps it; here those are the
programs of this run alone. Context switches, times on a
processor and the time there are those of all threads, over IDLE_SECONDS in which nobody does anything."""

import os
import pathlib
import select
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from rig_bench import (Aims, Ended, Screen, activity, activity_since, helper, memory, print_table, private_libraries,
                       unit_environment)
from rig import DBUS, DBUS_OBJECT, KINDLYD, NAME, Person
from gi.repository import Gio, GLib

IDLE_SECONDS = 60
SETTLE_SECONDS = 8  # the slowest, a Python program with windows, is asleep by then
STARTS, PEER_STARTS = 21, 3
PATIENCE_MS = 30000
LINGER_SECONDS = 60  # of kindly-notify
EVENTS_OF_TEN_YEARS = "36500"
BARE = "org.kindlyd.Bare1"
REMIND_SLEEPS = "hrtimer_nanosleep"


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                          check=True).stdout.rsplit("-", 1)[0]


def shipped_schedule():
    """As it is installed, with a day that begins in two hours."""
    begin = time.gmtime(time.time() + 7200)
    window = "%02d:30-%02d:30" % (begin.tm_hour, (begin.tm_hour + 11) % 24)
    text = pathlib.Path("config/kindly.conf").read_text(encoding="utf-8")
    assert '"09:30-20:30"' in text
    return text.replace('"09:30-20:30"', '"%s"' % window)


class Home(Person):
    """A person with ten years behind them, and what the other programs need."""

    def __init__(self, folder):
        folder.mkdir()
        super().__init__(folder)
        self.schedule(shipped_schedule(), calm=False)
        subprocess.run([helper("make-journal"), str(self.journal), EVENTS_OF_TEN_YEARS], check=True)
        self.env |= {"DBUS_SYSTEM_BUS_ADDRESS": self.bus.address,
                     "LD_LIBRARY_PATH": private_libraries(folder / "libraries")}
        self.others = {name: value for name, value in self.env.items()
                       if name not in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
        (folder / "bare").mkdir()
        (folder / "bare/bare.conf").write_text("length = 3;\n")
        (folder / "three.rem").write_text("".join("REM AT %s MSG a line\n" % at for at in ("09:00", "13:00", "18:00")))
        self.keep(Screen(self.env))
        self.others["DISPLAY"] = self.env["DISPLAY"]

    def commands(self):
        """{name: (command, environment)}; the first two are compared more closely."""
        return {
            "kindlyd": ([KINDLYD], {**self.env, **unit_environment()}),
            "bare service": ([helper("bare"), str(self.folder / "bare")], {**self.env, **unit_environment()}),
            "Safe Eyes " + version("safeeyes"): (["safeeyes"], self.others),
            "workrave " + version("workrave"): (["workrave"], self.others),
            "remind -z " + version("remind"): (["remind", "-f", "-z", str(self.folder / "three.rem")], self.others),
            "dunst " + version("dunst"): (["dunst"], self.others),
        }


# --- Starts -----------------------------------------------------------------------------------------------------

class Starts:
    """Starts programs one at a time, and notes when the bus and the supervisor, whose part it has, hear of them."""

    def __init__(self, home):
        self.home, self.context = home, GLib.MainContext()
        self.context.push_thread_default()
        flags = Gio.DBusConnectionFlags
        self.bus = Gio.DBusConnection.new_for_address_sync(
            home.bus.address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.signal_subscribe(DBUS, DBUS, "NameOwnerChanged", DBUS_OBJECT, None, Gio.DBusSignalFlags.NONE,
                                  self._changed)
        self.path = str(home.folder / "notify")
        self.supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.supervisor.bind(self.path)
        told = GLib.unix_fd_source_new(self.supervisor.fileno(), GLib.IOCondition.IN)
        told.set_callback(self._told)
        told.attach(self.context)
        self.context.pop_thread_default()
        self.seen, self.owners, self.pid = {}, set(), 0

    def _note(self, what):
        self.seen.setdefault(what, time.monotonic())

    def _told(self, *_unused):
        if b"READY=1" in self.supervisor.recv(4096):
            self._note("ready")
        return True

    def _pid_of(self, owner):
        try:
            return self.bus.call_sync(DBUS, DBUS_OBJECT, DBUS, "GetConnectionUnixProcessID",
                                      GLib.Variant("(s)", (owner,)), None, Gio.DBusCallFlags.NONE, -1, None).unpack()[0]
        except GLib.Error:
            return 0  # it is gone again

    def _changed(self, _bus, _sender, _path, _interface, _member, arguments):
        name, was, owner = arguments.unpack()
        if name in (NAME, BARE) and owner:
            self._note("name")
        elif name.startswith(":") and owner and not self.seen.get("connected") and self._pid_of(owner) == self.pid:
            self._note("connected")
        elif was and not owner:
            self._note("gone " + name)

    def until(self, *marks):
        late = []
        timer = GLib.timeout_source_new(PATIENCE_MS)
        timer.set_callback(lambda _unused: late.append(True) or False)
        timer.attach(self.context)
        while not late and not any(mark in self.seen for mark in marks):
            self.context.iteration(True)
        timer.destroy()
        if late:
            raise TimeoutError("none of %s in %d ms" % (marks, PATIENCE_MS))

    def once(self, command, env, *marks):
        """Milliseconds to each mark; the program has ended then."""
        env = {**env, "NOTIFY_SOCKET": self.path}
        self.seen = {}
        null = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
        began = time.monotonic()
        self.pid = os.posix_spawnp(command[0], command, env, file_actions=actions)
        try:
            if marks == (REMIND_SLEEPS,):
                self._until_asleep()
            for mark in marks:
                self.until(mark)
        finally:
            os.close(null)
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
        if "name" in self.seen:
            self.until("gone " + NAME, "gone " + BARE)
        return [(self.seen[mark] - began) * 1000 for mark in marks]

    def _until_asleep(self):
        """Looks until it has gone to sleep for the next minute, which nobody tells."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while REMIND_SLEEPS not in self.seen:
            assert time.monotonic() < deadline
            number = pathlib.Path("/proc/%d/syscall" % self.pid).read_text().split()[0]
            if number in ("35", "230") and "remind" in pathlib.Path("/proc/%d/comm" % self.pid).read_text():
                self._note(REMIND_SLEEPS)

    def stop(self):
        self.supervisor.close()
        self.bus.close_sync(None)


def time_starts(folder):
    """{name: (ms to its name or to the bus, ms to ready, how it was seen)}"""
    home = Home(folder)
    found = {}
    try:
        starts = home.keep(Starts(home))
        commands = home.commands()
        close = list(commands)[:2]
        times = {name: [] for name in close}
        for name in close * (STARTS + 1):
            times[name].append(starts.once(*commands[name], "name", "ready"))
        for name in close:  # the first ones have made what is made once
            found[name] = (*[statistics.median(column) for column in zip(*times[name][1:])], "a name")
        for name in list(commands)[2:]:
            how, mark = ("asleep", REMIND_SLEEPS) if name.startswith("remind") else ("connected", "connected")
            runs = [starts.once(*commands[name], mark)[0] for _ in range(PEER_STARTS)]
            found[name] = statistics.median(runs), None, how
    finally:
        home.stop()
    return found


# --- Weight -----------------------------------------------------------------------------------------------------

def print_weight(weights, idle, starts):
    rows = []
    for name, (sizes, threads, files) in weights.items():
        switches, times, seconds = idle[name]
        started, ready, how = starts[name]
        rows.append([name, sizes["Rss"], sizes["Pss"], sizes["Private_Dirty"], threads, files, switches, times,
                     "%.2f" % (seconds * 1000), "%.1f" % started, how, None if ready is None else "%.1f" % ready])
    print_table(["%d s of idling" % IDLE_SECONDS, "RSS KB", "PSS KB", "dirty KB", "threads", "files", "switches",
                 "wake-ups", "CPU ms", "start ms", "to", "ready ms"], rows,
                "dirty: private dirty. start, ready: medians of %d starts by turns; of the others, of %d."
                % (STARTS, PEER_STARTS))


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def show_prompt(home):
    caller = home.keep(home.caller())
    card = caller.call("Prompt", "humanity")
    while caller.next("Shown")[0] != card:
        pass
    return caller, card


def main():
    os.sync()  # a program that was just linked has dirty pages, which would count as its own
    aims = Aims()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(pathlib.Path(folder) / "home")
        try:
            things = {}
            for name, (command, env) in reversed(home.commands().items()):
                things[name] = home.keep(Ended(*command, env=env))
            things = dict(reversed(things.items()))
            home.caller().appeared()
            time.sleep(SETTLE_SECONDS)
            dead = [name for name, thing in things.items() if thing.process.poll() is not None]
            assert not dead, "these have ended: %s" % ", ".join(dead)
            before = {name: activity(thing.pid) for name, thing in things.items()}
            weights = {name: (memory(thing.pid), len(os.listdir("/proc/%d/task" % thing.pid)),
                              len(os.listdir("/proc/%d/fd" % thing.pid))) for name, thing in things.items()}
            time.sleep(IDLE_SECONDS)
            idle = {name: activity_since(before[name], thing.pid) for name, thing in things.items()}

            daemon = things["kindlyd"].pid
            caller, card = show_prompt(home)
            (presenter,) = [os.pidfd_open(child) for child in children_of(daemon)]
            caller.call("Answer", card, "helpful", "")
            answered = time.monotonic()
            starts = time_starts(pathlib.Path(folder) / "starts")
            gone, _, _ = select.select([presenter], [], [], 2 * LINGER_SECONDS)
            lingered = time.monotonic() - answered if gone else float("inf")
            caller.call("ListOpen")
            time.sleep(1)
            after = memory(daemon)

            print_weight(weights, idle, starts)
            (ours, threads, _), (bare, _, _) = weights["kindlyd"], weights["bare service"]
            (eyes,) = [sizes for name, (sizes, _, _) in weights.items() if name.startswith("Safe Eyes")]
            aims.most("wake-ups while idle", idle["kindlyd"][1], 0)
            aims.most("threads", threads, 1)
            aims.most("PSS, times the bare service's", ours["Pss"] / bare["Pss"], 1.25)
            aims.most("private dirty, times the bare service's", ours["Private_Dirty"] / bare["Private_Dirty"], 1.5)
            aims.least("PSS of Safe Eyes, times ours", eyes["Pss"] / ours["Pss"], 15)
            aims.most("start to its name, times the bare service's",
                      starts["kindlyd"][0] / starts["bare service"][0], 1.3)
            aims.most("start to ready, times the bare service's", starts["kindlyd"][1] / starts["bare service"][1], 1.3)
            aims.most("private dirty after a prompt, times before", after["Private_Dirty"] / ours["Private_Dirty"], 1.05)
            aims.most("kindly-notify gone after", lingered, LINGER_SECONDS + 2, "s")
            aims.print()
        finally:
            home.stop()


if __name__ == "__main__":
    main()
