#!/usr/bin/python3
"""Runs the tests side by side and ends with one line: N passed, N failed, N skipped.

Unit tests are cmocka programs (they speak TAP); system tests are pytest files, one process each. Everything is found
by wildcard. What fails is printed whole; what is skipped is printed with its reason."""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fuzz"))
import fuzz  # noqa: E402

ORDINARY = "nobody"  # who runs what refuses to be root
FUZZ_SECONDS = 60  # for each target
# What takes longest, in parts of a name: it begins first, so that none of it is left alone at the end.
LONG = ("test_inject", "test_packages", "test_arrival", "test-failures", "test_sync", "test-journal-faults",
        "test_simulate", "test_sandbox", "test_systemd")
TIMEOUT = 900  # seconds for one program or file: only a hang takes that long

# What is still reachable is no leak: a child that a test forks ends in the middle of it.
LEAKS = "definite,indirect,possible"
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=" + LEAKS,
            "--errors-for-leak-kinds=" + LEAKS]


class Result:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0
        self.output, self.reasons, self.seconds = "", [], 0.0
        self.cases = {}  # of a pytest file: {name: (outcome, message, what it recorded)}


def run(command, environment):
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace") + f"\nno end after {TIMEOUT} s"


def run_unit(program, environment, prefix=(), arguments=()):
    result = Result(" ".join([*prefix[:1], os.path.relpath(program)]))
    status, result.output = run([*prefix, program, *arguments], dict(environment, CMOCKA_MESSAGE_OUTPUT="TAP"))
    result.passed = len(re.findall(r"^ok \d+(?!.*# SKIP)", result.output, re.M))
    result.failed = len(re.findall(r"^not ok \d+", result.output, re.M))
    result.reasons = re.findall(r"^ok \d+ - (.*# SKIP.*)$", result.output, re.M)
    result.skipped = len(result.reasons)
    if (status != 0 and not result.failed) or (status == 0 and not result.passed):
        result.failed += 1
        result.output += f"\nended with status {status}"
    return result


def outcome_of(case):
    for what, tag in (("failed", "failure"), ("failed", "error"), ("skipped", "skipped")):
        if (child := case.find(tag)) is not None:
            return what, child.get("message")
    return "passed", ""


def run_pytest(name, path, environment, *options, prefix=()):
    """A pytest file in a process of its own; gives the exit status, too."""
    result = Result(name)
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        options += "--basetemp=" + os.path.join(folder, "t"),
        if prefix:
            shutil.chown(folder, ORDINARY)
        status, result.output = run([*prefix, "/usr/bin/python3", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                                     "--tb=short", f"--junitxml={report}", path, *options], environment)
        try:
            cases = list(ElementTree.parse(report).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError):
            cases = []
    for case in cases:
        outcome, message = outcome_of(case)
        setattr(result, outcome, getattr(result, outcome) + 1)
        if outcome == "skipped":
            result.reasons.append(f"{case.get('name')}: {message}")
        result.cases[case.get("name")] = outcome, message, {
            recorded.get("name"): recorded.get("value") for recorded in case.iter("property")}
    return result, status


def run_system(path, environment, marks):
    """`marks`: which tests of the file, in pytest's words; "": all of them."""
    result, status = run_pytest(path, path, environment, *(["-m", marks] if marks else []))
    none_asked = status == 5 and marks  # the whole file is marked
    if status not in (0, 1) and not result.failed and not none_asked:
        result.failed += 1
    return result


def desktops(light):
    """The notification servers of the matrix, or those of them that start in a second."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "desktops"))
    from servers import SERVERS  # here, since it stands on what the quick tests don't need
    return [name for name, server in SERVERS.items() if server.light or not light]


def run_desktop(server, environment):
    """One notification server's tests. Some servers refuse to be root, so an ordinary user runs them all, with the one
    right that root's files are still read."""
    prefix = [] if os.getuid() else [
        "setpriv", "--reuid=" + ORDINARY, "--regid=nogroup", "--clear-groups", "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override"]
    result, status = run_pytest("tests/desktops: " + server, "tests/desktops/test_desktops.py",
                                dict(environment, KINDLY_DESKTOP=server), prefix=prefix)
    if status not in (0, 1) and not result.failed:
        result.failed += 1
    return result


def run_replay(target, build, environment):
    """Inputs of a target of the fuzzer: those it begins with, and what was found once."""
    program = os.path.join(build, "tests/fuzz/fuzz-" + target)
    with fuzz.folder_in_memory() as folder:
        return run_unit(program, dict(environment, TMPDIR=folder), arguments=fuzz.inputs(target))


def run_fuzz(target, build):
    """New hostile input, for a minute."""
    result, found = Result("tests/fuzz: " + target), fuzz.run(build, target, FUZZ_SECONDS)
    result.passed, result.failed = int(found.good), int(not found.good)
    result.output = found.output + "\n" + str(found)
    return result


def timed(function, *arguments):
    start = time.monotonic()
    result = function(*arguments)
    result.seconds = time.monotonic() - start
    return result


def environment_for(build, full):
    environment = dict(os.environ, KINDLY_BUILD=os.path.abspath(build), LC_ALL="C.UTF-8",
                       ASAN_OPTIONS="detect_leaks=1:abort_on_error=1", UBSAN_OPTIONS="print_stacktrace=1",
                       KINDLY_FULL="1" if full else "")
    for name in ("NOTIFY_SOCKET", "JOURNAL_STREAM", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY",
                 "LANGUAGE"):
        environment.pop(name, None)
    return environment


def unit_tests(build):
    return [path[:-2].replace("tests/", build + "/tests/", 1) for path in sorted(glob.glob("tests/unit/test-*.c"))]


def play(jobs, workers):
    """So many at a time; each is told when it has ended."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        for future in concurrent.futures.as_completed([pool.submit(timed, *job) for job in jobs]):
            result = future.result()
            results.append(result)
            if result.failed:
                print(f"  FAIL  {result.name}  ({result.failed} failed)\n{result.output}", flush=True)
            elif result.passed or result.skipped:
                print(f"  PASS  {result.name}  ({result.passed}, {result.seconds:.1f} s)", flush=True)
            for reason in result.reasons:
                print(f"  SKIP  {result.name}: {reason}", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="the folder of the programs under test")
    parser.add_argument("--again", metavar="BUILD", help="another build, for all tests but those marked once")
    parser.add_argument("--valgrind", metavar="BUILD", help="a build for its unit tests under memcheck")
    parser.add_argument("--fuzz", metavar="BUILD", help="a build of the fuzzer's targets, to run with new input")
    parser.add_argument("--full", action="store_true", help="also tests that take long or need root")
    options = parser.parse_args()

    jobs = []
    for build in filter(None, [options.build, options.again]):
        once = build == options.build
        environment = environment_for(build, options.full and once)
        marks = " and ".join(["not full"] * (not options.full) + ["not once"] * (not once))
        jobs += [(run_system, path, environment, marks) for path in sorted(glob.glob("tests/system/test_*.py"))]
        if options.full and once:  # what they draw, of which another build says nothing new
            jobs += [(run_desktop, server, environment) for server in desktops(light=True)]
        jobs += [(run_unit, program, environment) for program in unit_tests(build)]
        jobs += [(run_replay, target, build, environment) for target in fuzz.targets()]
    if options.valgrind:
        environment = dict(environment_for(options.valgrind, full=False), ROUNDS="40")
        jobs += [(run_unit, program, environment, VALGRIND) for program in unit_tests(options.valgrind)]
    cores = os.cpu_count() or 1
    jobs.sort(key=lambda job: not any(word in str(job[1]) for word in LONG))
    results = play(jobs, 2 * cores)  # most of them wait for a bus most of the time
    if options.fuzz:
        results += play([(run_fuzz, target, os.path.abspath(options.fuzz)) for target in fuzz.targets()], cores)
    passed, failed, skipped = (sum(getattr(result, what) for result in results)
                               for what in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
