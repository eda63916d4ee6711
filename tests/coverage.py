#!/usr/bin/python3
"""Which lines and branches of the daemon's code the tests have reached, from what a build with --coverage wrote when
its programs ended: a table by folder and file, and every line that wasn't reached and isn't explained.

tests/uncovered.list says why a line isn't reached: a file (or *), a part of the line or of the one before it, and the
reason. An entry that no line needs any more is told, and so is the number of lines that each reason stands for.
Branches that the compiler made for no condition of ours aren't counted; that is gcovr's work."""
import argparse
import collections
import json
import os
import subprocess
import sys

LIST = "tests/uncovered.list"
REASONS = 8  # that are told with their lines; the rest stand for one or two each


def read_counts(build):
    """By file: {line: (how often, how often each branch)}."""
    said = subprocess.run(["gcovr", "-j", str(os.cpu_count()), "--root", ".", "--object-directory", build, "--filter",
                           "daemon/", "--exclude-unreachable-branches", "--json", "-", build],
                          check=True, stdout=subprocess.PIPE).stdout
    return {file["file"]: {line["line_number"]: (line["count"], [branch["count"] for branch in line["branches"]])
                           for line in file["lines"] if not line["gcovr/noncode"]}
            for file in json.loads(said)["files"]}


def read_list():
    with open(LIST, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                entry, _, reason = line.strip().partition("  # ")
                assert reason, f"{LIST}: no reason: {line}"
                yield (*entry.split(": ", 1), reason)


class Sum:
    def __init__(self, counts=()):
        self.lines = len(counts)
        self.lines_reached = sum(count > 0 for count, _ in counts)
        branches = [count for _, branches in counts for count in branches]
        self.branches, self.branches_reached = len(branches), sum(count > 0 for count in branches)

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self):
        return "  ".join(f"{100 * part / (whole or 1):6.1f} % of {whole:5} {what}" if whole else " " * 24
                         for part, whole, what in ((self.lines_reached, self.lines, "lines"),
                                                   (self.branches_reached, self.branches, "branches")))


def print_table(files):
    folders, total = collections.defaultdict(Sum), Sum()
    for path, counts in files.items():
        folders[os.path.dirname(path)].add(Sum(counts.values()))
        total.add(Sum(counts.values()))
    for folder in sorted(folders):
        for path in sorted(path for path in files if os.path.dirname(path) == folder):
            print(f"  {path:36}{Sum(files[path].values())}")
        print(f"{folder:38}{folders[folder]}\n")
    print(f"{'all':38}{total}")


def explain(files):
    """Prints what the list doesn't explain; gives how many lines each reason stands for."""
    entries = list(read_list())
    used, reasons, unexplained = set(), collections.Counter(), 0
    for path, counts in sorted(files.items()):
        with open(path, encoding="utf-8") as source:
            text = source.read().splitlines()
        for number, (count, _) in sorted(counts.items()):
            if count > 0:
                continue
            two = "\n".join(text[max(number - 2, 0):number])
            here = [i for i, (where, part, _) in enumerate(entries) if where in (path, "*") and part in two]
            if here:
                used.add(here[0])
                reasons[entries[here[0]][2]] += 1
            else:
                unexplained += 1
                print(f"{path}:{number}: not reached: {text[number - 1].strip()}")
    for i, (where, part, _) in enumerate(entries):
        if i not in used:
            print(f"{LIST}: no line needs this any more: {where}: {part}")
    return reasons, unexplained


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="the folder of the build")
    files = read_counts(parser.parse_args().build)
    reasons, unexplained = explain(files)
    print()
    print_table(files)
    print("\nNot reached:")
    for reason, count in reasons.most_common(REASONS):
        print(f"{count:6} lines  {reason}")
    print(f"{sum(reasons.values()) - sum(dict(reasons.most_common(REASONS)).values()):6} lines  for other reasons there")
    print(f"{unexplained:6} lines  unexplained")


if __name__ == "__main__":
    sys.exit(main())
