#!/usr/bin/python3
"""What many reminders and many prompts cost: the time until kindlyd is ready, its memory, a call that takes a turn, and
the instructions of finding the next occurrence, which valgrind counts exactly. Not a test: it fails for no number.

Half of the reminders have a set time, a quarter a random one in a window, a quarter come every few hours. Prompts are in
decks of the person's own, with texts as long as the shipped ones."""

import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import time

from rig_bench import Aims, helper, memory, print_table, unit_environment
from rig import BUILD, HOUR, Person, guided_journal, now_usec

REMINDERS = (1, 100, 1000, 10000)
PROMPTS = 50000
DECKS = 20
STARTS = 5
DAYS_OF_STEPS = 4  # occurrences that are taken out of a plan, for each reminder
STEPS_LEAST = 2000
TURNS = 10


def reminder(number, chance):
    at = "%02d:%02d" % (chance.randrange(9, 21), chance.randrange(60))
    begin = "%02d:%02d" % (chance.randrange(20), chance.randrange(60))
    how = ('at = "%s:%02d"' % (at, chance.randrange(60)), 'at = "%s"' % at, 'between = "%s-22:30"; times = 1' % begin,
           'between = "%s-22:30"; every = "%dmin"' % (begin, chance.randrange(60, 600)))[number % 4]
    return '{ name = "r%d"; %s; }' % (number, how)


def schedule(reminders):
    chance = random.Random(reminders)
    return "reminders = (\n%s\n);\n" % ",\n".join(reminder(number, chance) for number in range(reminders))


def write_decks(folder, prompts):
    folder.mkdir(parents=True, exist_ok=True)
    for deck in range(DECKS):
        rows = ('{ id = "many-%02d-%05d"; text = "Invitation %d: for one breath, let this moment be as it is. Nothing has '
                'to be done, and nothing has to be better."; }' % (deck, number, number)
                for number in range(prompts // DECKS))
        (folder / ("many-%02d.conf" % deck)).write_text('theme = "care"; language = "en"; prompts = (\n%s\n);\n'
                                                        % ",\n".join(rows), encoding="utf-8")


class Home(Person):
    def __init__(self, folder):
        folder.mkdir()
        super().__init__(folder)
        self.env |= unit_environment()
        self.begin_journal()

    def begin(self):
        """A daemon with a journal that knows none of the reminders."""
        for file in self.journal.parent.iterdir():
            file.unlink()
        self.journal.write_bytes(guided_journal())
        return self.again()

    def again(self):
        """Seconds until it is ready, and the daemon."""
        self.run("true")
        began = time.monotonic()
        daemon = self.start()
        return time.monotonic() - began, daemon

    def end(self, *things):
        for thing in things:
            thing.stop()
            self.things.remove(thing)

    def measure(self):
        """(ms to ready at the first start, at later ones, private KB, ms of a turn)"""
        first, daemon = self.begin()
        daemon.end()
        self.end(daemon)
        later = []
        for number in range(STARTS):
            took, daemon = self.again()
            later.append(took)
            if number + 1 < STARTS:
                daemon.end()
                self.end(daemon)
        caller = self.caller()
        assert caller.get("Problem") == "", caller.get("Problem")
        caller.call("ListOpen")
        turns = []
        for _ in range(TURNS):
            caller.call("Pause", now_usec() + HOUR)
            began = time.monotonic()
            caller.call("Resume")
            turns.append(time.monotonic() - began)
        caller.call("ListOpen")
        time.sleep(0.5)
        sizes = memory(daemon.pid)
        daemon.end()
        self.end(caller, daemon)
        return (first * 1000, statistics.median(later) * 1000, sizes["Private_Dirty"] + sizes["Private_Clean"],
                statistics.median(turns) * 1000)


def instructions(folder, reminders):
    """Of one plan_pop(), on average."""
    path, counted = folder / "plan.conf", folder / "counted"
    steps = max(STEPS_LEAST, DAYS_OF_STEPS * reminders)  # whole days, which have all kinds of reminders
    path.write_text(schedule(reminders), encoding="utf-8")
    subprocess.run(["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=%s" % counted,
                    "--collect-atstart=no", "--toggle-collect=plan_pop", helper("plan"), str(path), str(steps)],
                   check=True, stdin=subprocess.DEVNULL)
    return int(re.search(r"^summary: (\d+)", counted.read_text(), re.M).group(1)) / steps


def main():
    assert os.path.exists(os.path.join(BUILD, "kindlyd")), "make all first"
    aims, found = Aims(), {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        home = Home(folder / "home")
        try:
            for reminders in REMINDERS:
                home.schedule(schedule(reminders), calm=False)
                found[reminders] = home.measure()
            write_decks(home.folder / "data/kindly/decks", PROMPTS)
            both = home.measure()
        finally:
            home.stop()
        pops = {reminders: instructions(folder, reminders) for reminders in REMINDERS}

    most = REMINDERS[-1]
    rows = [["%d reminders" % reminders, *("%.1f" % value for value in found[reminders][:2]), "%.1f" % found[reminders][3],
             found[reminders][2], "%.0f" % pops[reminders]] for reminders in REMINDERS]
    rows.append(["%d, %d prompts" % (most, PROMPTS), *("%.1f" % value for value in both[:2]), "%.1f" % both[3], both[2],
                 None])
    print_table(["", "first start ms", "start ms", "turn ms", "private KB", "next, instructions"], rows,
                "start: until ready, median of %d; the first one notes each reminder in the journal. turn: Resume, while\n"
                "what comes next is worked out anew. A reminder takes %.2f KB, a prompt %.2f KB."
                % (STARTS, (found[most][2] - found[1][2]) / most, (both[2] - found[most][2]) / PROMPTS))
    aims.most("start with %d reminders and %d prompts" % (most, PROMPTS), both[1] / 1000, 1, "s")
    aims.most("first start with as many", both[0] / 1000, 1, "s")
    for fewer, more in zip(REMINDERS[1:], REMINDERS[2:]):
        aims.most("next occurrence, %d reminders, times %d" % (more, fewer), pops[more] / pops[fewer], 1.5)
    aims.print()


if __name__ == "__main__":
    main()
