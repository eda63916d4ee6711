#!/usr/bin/python3
"""What the journal's length costs: an empty one, ten years of ten entries a day, and a million events, measured by
turns in one run, as times of the empty one's. Not a test: it fails for no number.

Of each row the shortest of ROUNDS, which others on the machine have disturbed least."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from rig import BUILD, KINDLYD, Person  # noqa: E402

SIZES = (0, 36500, 1000000)
ROUNDS = int(os.environ.get("ROUNDS", "15"))
ANSWERS = 10  # a round


class Home:
    """A person with a journal of that many events, whom nothing comes due for."""

    def __init__(self, folder, events):
        folder.mkdir()
        self.person = Person(folder)
        self.rows, self.memory = {}, []
        if events:
            subprocess.run([os.path.join(BUILD, "tests/bench/make-journal"), str(self.person.journal), str(events)],
                           check=True)

    def note(self, row, seconds):
        self.rows.setdefault(row, []).append(seconds * 1000)

    def time(self, row, function, *arguments):
        began = time.monotonic()
        result = function(*arguments)
        self.note(row, time.monotonic() - began)
        return result

    def command(self, *words):
        status, _out, told = self.person.run("kindly", *words)
        assert status == 0, told

    def round(self):
        self.person.run("true")
        began = time.monotonic()
        daemon = self.person.start()
        self.note("start to ready", time.monotonic() - began)
        caller = self.person.caller()
        self.time("kindly status", self.command, "status")
        self.time("kindly journal --since today", self.command, "journal", "--since", "today")
        answers = []
        for _ in range(ANSWERS):
            card = caller.call("Prompt", "three-breaths")
            began = time.monotonic()
            caller.call("Answer", card, "okay", "")
            answers.append(time.monotonic() - began)
        self.note("Answer over D-Bus", statistics.median(answers))
        began = time.monotonic()
        caller.call("ListUpcoming", 10)
        self.note("ListUpcoming over D-Bus", time.monotonic() - began)
        with open("/proc/%d/smaps_rollup" % daemon.pid, encoding="ascii") as rollup:
            sizes = dict(line.split()[:2] for line in rollup.readlines()[1:])
        self.memory.append(int(sizes["Private_Dirty:"]) + int(sizes["Private_Clean:"]))
        daemon.end()
        for thing in (caller, daemon):
            thing.stop()
            self.person.things.remove(thing)


def print_table(homes):
    print("%-30s" % "shortest of %d rounds" % ROUNDS + "".join("%16s" % ("%d events" % size if size else "empty")
                                                       for size in SIZES) + "%9s%9s" % ("ratio", "ratio"))
    rows = {row: [min(home.rows[row]) for home in homes] for row in homes[0].rows}
    for row, values in rows.items():
        print("%-30s" % row + "".join("%13.2f ms" % value for value in values)
              + "".join("%9.2f" % (value / values[0]) for value in values[1:]))
    values = [statistics.median(home.memory) for home in homes]
    print("%-30s" % "memory of kindlyd, private" + "".join("%13d KB" % value for value in values)
          + "".join("%9.2f" % (value / values[0]) for value in values[1:]))


def main():
    assert os.path.exists(KINDLYD), "make all first"
    with tempfile.TemporaryDirectory() as folder:
        homes = []
        try:
            for size in SIZES:
                homes.append(Home(pathlib.Path(folder) / str(size), size))
            for number in range(ROUNDS):
                for home in homes[number % len(homes):] + homes[:number % len(homes)]:
                    home.round()
            print_table(homes)
        finally:
            for home in homes:
                home.person.stop()


if __name__ == "__main__":
    main()
