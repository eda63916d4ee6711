#!/usr/bin/python3
"""Every notification server against every question of test_desktops.py: a table with one row a server, the reasons of
what fails, and the line that tests/run.py ends with, a cell being a test. Pictures are kept in build/desktops."""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import run  # noqa: E402

PICTURES = "build/desktops"
COLUMNS = {"test_shown": "shown", "test_answered": "answered", "test_second_question": "second question",
           "test_step": "next step", "test_two_alike": "same text twice", "test_withdrawn": "withdrawn",
           "test_restarted": "server restarted", "test_expired": "off after its time"}
FIRST = 32  # the width of a server's name


def version(package):
    """The upstream version of what is installed, where dpkg knows it."""
    if not shutil.which("dpkg-query"):
        return ""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return done.stdout.decode().split(":")[-1].split("+deb")[0].rsplit("-", 1)[0]


def cell(result, test):
    outcome, _, recorded = result.cases.get(test, ("failed", "", {}))
    return {"passed": recorded.get("note", "ok"), "failed": "FAILS", "skipped": "skipped"}[outcome]


def row(name, cells):
    widths = [max(12, len(column)) for column in COLUMNS.values()]
    return "| %s | %s |" % (name.ljust(FIRST), " | ".join(map(str.ljust, cells, widths)))


def judge(server, environment):
    """Runs one server's tests; its pictures are ours, whoever took them."""
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:
            shutil.chown(folder, run.ORDINARY)
        result = run.run_desktop(server, dict(environment, KINDLY_PICTURES=folder))
        for picture in os.listdir(folder):
            shutil.copyfile(os.path.join(folder, picture), os.path.join(PICTURES, picture))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the folder of the programs under test")
    parser.add_argument("servers", nargs="*", help="some servers only, by their package")
    options = parser.parse_args()
    os.makedirs(PICTURES, exist_ok=True)
    environment = run.environment_for(options.build, True)
    known = run.desktops(light=False)
    if unknown := set(options.servers) - set(known):
        parser.error("not a server of the table: %s" % ", ".join(unknown))

    print(row("server", COLUMNS.values()))
    print(row("-" * FIRST, ["-" * max(12, len(column)) for column in COLUMNS.values()]), flush=True)
    counts, reasons = dict.fromkeys(("passed", "failed", "skipped"), 0), []
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        jobs = {pool.submit(judge, server, environment): server for server in options.servers or known}
        for job in concurrent.futures.as_completed(jobs):
            server, result = jobs[job], job.result()
            print(row("%s %s" % (server, version(server)), [cell(result, test) for test in COLUMNS]), flush=True)
            for outcome in counts:
                counts[outcome] += getattr(result, outcome)
            reasons += ["%s, %s: %s" % (server, COLUMNS.get(test, test), message)
                        for test, (outcome, message, _) in result.cases.items() if outcome != "passed"]
            if result.failed and not result.cases:
                reasons.append("%s: %s" % (server, result.output))
    print("".join("\n" + reason for reason in reasons))
    print("pictures: %s" % PICTURES)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
