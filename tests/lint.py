#!/usr/bin/python3
"""Looks through the daemon's code with clang-tidy, cppcheck and gcc's analyzer, on all processors. Any finding fails
that isn't in tests/lint.list; so does an entry there that nothing matches any more.

The compiler's flags come after --."""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

LIST = "tests/lint.list"
FINDING = re.compile(r"^(?P<file>\S+?):(?P<line>\d+):\d+: (?:warning|error|style|performance|portability): "
                     r".*?(?:\[-?(?P<check>[\w.,-]+)\])?$")

# cppcheck doesn't know the attribute cleanup, so it isn't asked for leaks; readdir and ttyname are safe in programs of
# one thread; and the house's style has buffers declared before the expression that may fill them, values called like
# the function that gives them, and steps that each begin with the same condition.
NOT_FOR_CPPCHECK = ("memleak", "resourceLeak", "readdirCalled", "ttynameCalled", "variableScope", "shadowFunction",
                    "duplicateCondition")
TOOLS = {
    "clang-tidy": ["clang-tidy", "--quiet", "{file}", "--", "{flags}"],
    "cppcheck": ["cppcheck", "--quiet", "--enable=warning,style,performance,portability", "--std=c11",
                 "--library=posix", "--library=gnu", *("--suppress=" + check for check in NOT_FOR_CPPCHECK),
                 "-I.", "-D_GNU_SOURCE", "{file}"],
    "gcc -fanalyzer": ["gcc", "{flags}", "-O0", "-fanalyzer", "-fdiagnostics-plain-output", "-S", "-o", os.devnull,
                       "{file}"],
}


def look(tool, file, flags):
    """What the tool says of the file: its findings, each with the text around it. A tool that fails raises."""
    command = [word.format(file=file) for part in TOOLS[tool] for word in (flags if part == "{flags}" else [part])]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True)
    findings, said = [], done.stdout + done.stderr
    for line in said.splitlines():
        if match := FINDING.match(line):
            findings.append([os.path.relpath(match["file"]), int(match["line"]), match["check"] or "", line])
        elif findings:
            findings[-1][3] += "\n" + line
    if done.returncode != 0 and not findings:
        raise RuntimeError(f"{' '.join(command)}\n{said}")
    return findings


def read_list():
    """The entries: [check, file, part of the line]."""
    with open(LIST, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                entry, _, reason = line.strip().partition("  # ")
                assert reason, f"{LIST}: no reason: {line}"
                yield entry.split(maxsplit=2)


def is_known(finding, entries, used):
    file, number, checks, _ = finding
    with open(file, encoding="utf-8") as source:
        text = source.read().splitlines()[number - 1]
    for i, (check, where, *part) in enumerate(entries):
        if where == file and check in checks.split(",") and (not part or part[0] in text):
            used.add(i)
            return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flags", nargs="+", help="of the compiler")
    flags = parser.parse_args().flags
    files = sorted(glob.glob("daemon/**/*.c", recursive=True))
    entries, used, failed = list(read_list()), set(), False
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        looks = {tool: [pool.submit(look, tool, file, flags) for file in files] for tool in TOOLS}
        for tool, results in looks.items():
            # A header is looked at with every file that includes it.
            findings = {tuple(finding[:3]): finding for result in results for finding in result.result()}
            unknown = [finding for _, finding in sorted(findings.items()) if not is_known(finding, entries, used)]
            for finding in unknown:
                print(finding[3])
            told = f"{len(unknown)} findings" if unknown else "clean"
            print(f"{tool}: {len(files)} files, {told} ({len(findings) - len(unknown)} in {LIST})", flush=True)
            failed = failed or bool(unknown)
    for i, entry in enumerate(entries):
        if i not in used:
            print(f"{LIST}: nothing matches any more: {' '.join(entry)}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
