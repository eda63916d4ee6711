"""What the benches stand on: a screen, what the kernel says of a process, percentiles, tables, and aims whose "met" or
"missed" is worked out from the figures."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))
from rig import BUILD  # noqa: E402
from rig_presenter import Lines, stop  # noqa: E402


def helper(name):
    return os.path.join(BUILD, "tests/bench", name)


class Screen:
    """Xvfb, which programs with windows need."""

    def __init__(self, env):
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"], pass_fds=[write],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        env["DISPLAY"] = ":" + Lines(read).next()
        os.close(read)

    def stop(self):
        stop(self.process)


class Ended:
    """A process that ends with the bench."""

    def __init__(self, *command, env):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid

    def stop(self):
        stop(self.process)


def memory(pid):
    """Sizes in KB, by the names of smaps."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as rollup:
        return {line.split(":")[0]: int(line.split()[1]) for line in rollup.readlines()[1:]}


def activity(pid):
    """{thread: (context switches, times on a processor, seconds there)} so far."""
    found = {}
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        switches = sum(int(line.split()[1]) for line in (task / "status").read_text().splitlines()
                       if "ctxt_switches" in line)
        on_cpu, _waited, slices = (task / "schedstat").read_text().split()
        found[task.name] = switches, int(slices), int(on_cpu) / 1e9
    return found


def activity_since(before, pid):
    """The sums over the threads that were there all the time, or came."""
    none = (0, 0, 0)
    changes = [[now - was for now, was in zip(counts, before.get(task, none))]
               for task, counts in activity(pid).items()]
    return [sum(column) for column in zip(*changes)]


def unit_environment():
    """What kindlyd.service sets."""
    lines = (ROOT / "units/kindlyd.service.in").read_text(encoding="utf-8").splitlines()
    return dict(line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment="))


def private_libraries(folder):
    """Copies of the libraries that kindlyd links, for LD_LIBRARY_PATH: only who is given them shares them, so that a
    PSS does not depend on what else runs on the machine."""
    folder.mkdir()
    linked = subprocess.run(["ldd", os.path.join(BUILD, "kindlyd")], check=True, capture_output=True, text=True).stdout
    for word in linked.split():
        if word.startswith("/") and "ld-linux" not in word:
            shutil.copy(word, folder)
    os.sync()  # pages that are not written yet would count as private and dirty
    return str(folder)


def percentile(values, share):
    """The least value that at least that share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def print_table(head, rows, note=""):
    """The first column is text, the others are figures; a figure that is none is a dash."""
    rows = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]))
    if note:
        print(note)
    print()


class Aims:
    def __init__(self):
        self.rows = []

    def most(self, what, value, bound, unit=""):
        self._add(what, value, "at most", bound, unit, value <= bound)

    def least(self, what, value, bound, unit=""):
        self._add(what, value, "at least", bound, unit, value >= bound)

    def _add(self, what, value, how, bound, unit, met):
        unit = " " + unit if unit else ""
        figure = "%d" % value if float(value).is_integer() else "%.2f" % value
        self.rows.append([what, figure + unit, "%s %g%s" % (how, bound, unit), "met" if met else "missed"])

    def print(self):
        print_table(["aim", "measured", "wanted", ""], self.rows)
