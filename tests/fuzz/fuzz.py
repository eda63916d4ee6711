#!/usr/bin/python3
"""Gives the targets of tests/fuzz hostile input, one on each processor, and prints a row for each: executions, how many
a second, the edges of the code that were reached, and what was found. Ends with 1 when something was.

What a target has learned to reach is kept in BUILD/corpus, so that runs add up; the inputs in tests/fuzz are where it
begins. An input that was found is kept in build/fuzz-findings; once it is mended it goes to tests/fuzz/found/TARGET,
which `make check` replays."""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FINDINGS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "fuzz-findings")
TIMEOUT = 30  # seconds for one input: it takes milliseconds, so only what does not end takes that long, on any machine
MEMORY = 2048  # MiB


def targets():
    return sorted(os.path.basename(path)[len("fuzz-"):-len(".c")] for path in glob.glob(os.path.join(HERE, "fuzz-*.c")))


def inputs(target):
    """The folders of inputs that are in the repository."""
    return [folder for kind in ("corpus", "found") if os.path.isdir(folder := os.path.join(HERE, kind, target))]


def folder_in_memory():
    return tempfile.TemporaryDirectory(prefix="kindly-fuzz-", dir="/dev/shm")


class Run:
    """What came of one target."""

    def __init__(self, target, status, output):
        def last(pattern):
            found = re.findall(pattern, output)
            return int(found[-1]) if found else 0
        self.target = target
        self.output = re.sub(r"^(#\d|INFO:|\").*\n", "", output, flags=re.M)  # without how it got there
        self.executions = last(r"stat::number_of_executed_units: *(\d+)") or last(r"^#(\d+)\b")
        self.each_second = last(r"stat::average_exec_per_sec: *(\d+)")
        self.edges = last(r"\bcov: (\d+)")
        self.kept = re.findall(r"Test unit written to (\S+)", output)
        self.good = status == 0 and self.executions > 0

    def __str__(self):
        findings = "none" if self.good else " ".join(self.kept) or "see above"
        return f"{self.target:<12} {self.executions:>11} {self.each_second:>8}/s {self.edges:>7}  {findings}"


def run(build, target, seconds):
    learned = os.path.join(build, "corpus", target)
    os.makedirs(learned, exist_ok=True)
    os.makedirs(FINDINGS, exist_ok=True)
    command = [os.path.join(build, "tests/fuzz/fuzz-" + target), f"-max_total_time={seconds}", f"-timeout={TIMEOUT}",
               f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={FINDINGS}/{target}-", "-print_final_stats=1",
               "-use_value_profile=1"]
    if os.path.exists(words := os.path.join(HERE, target + ".dict")):
        command.append("-dict=" + words)
    environment = dict(os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1",
                       UBSAN_OPTIONS="print_stacktrace=1")
    with folder_in_memory() as environment["TMPDIR"]:
        done = subprocess.run(command + [learned] + inputs(target), env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return Run(target, done.returncode, done.stdout.decode("utf-8", "replace"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the folder of the targets")
    parser.add_argument("--seconds", type=int, required=True, help="for each target")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of: " + " ".join(targets()))
    options = parser.parse_args()
    chosen = options.targets or targets()
    if unknown := set(chosen) - set(targets()):
        parser.error(f"there is no target {' '.join(sorted(unknown))}; there are: {' '.join(targets())}")

    good = True
    print(f"{'target':<12} {'executions':>11} {'':>10} {'edges':>7}  findings")
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for future in concurrent.futures.as_completed(pool.submit(run, os.path.abspath(options.build), target,
                                                                  options.seconds) for target in chosen):
            result = future.result()
            if not result.good:
                print(result.output)
            print(result, flush=True)
            good = good and result.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
