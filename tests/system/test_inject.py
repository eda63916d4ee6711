"""Failure injection (tests/inject): in a day of the whole daemon each call to the outside fails once.

The day is played by build/asan/inject-day. A call counts as another one when it is reached in another way, by DEPTH
callers; `inject-day FAMILY`, without a depth, plays all of some 25,000 points.
"""

import os
import pathlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.once

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KINDLY_BUILD") or ROOT / "build/release").resolve()
FAMILIES = "memory", "sqlite", "sqlite-heap", "sqlite-disk", "bus", "files"
DEPTH = 5
DEPTH_LASTING = 3  # a condition that lasts meets the same code by many ways


def words(path):
    lines = path.read_text().splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def symbols(objects, *options):
    done = subprocess.run(["nm", *options, *objects], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in done.stdout.splitlines() if line and not line.endswith(":")}


def test_every_call_is_known():
    """What the daemon needs of libraries either fails in these tests, or is said not to."""
    objects = sorted(BUILD.glob("daemon/kindlyd*.o")) + [
        one for folder in ("core", "store", "desktop") for one in sorted(BUILD.glob(f"daemon/{folder}/*.o"))]
    needed = symbols(objects, "--undefined-only") - symbols(objects, "--defined-only")
    failing = set(re.findall(r"--wrap=(\w+)", (BUILD / "tests/inject/wraps").read_text()))
    plain = {re.sub(r"^__(\w+)_chk$", r"\1", name) for name in needed
             if not re.match(r"__(asan|ubsan|sanitizer|stack_chk|llvm|gcov)|_?_tls", name)}
    assert sorted(plain - failing - words(ROOT / "tests/inject/sturdy.list")) == []


def play(*arguments):
    day = (BUILD if BUILD.name == "cov" else BUILD.parent / "asan") / "inject-day"
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=1", UBSAN_OPTIONS="print_stacktrace=1")
    done = subprocess.run([day, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"{day} {' '.join(arguments)}\n{done.stdout}"
    return int(re.search(r": (\d+) points, 0 wrong$", done.stdout)[1])


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
def test_a_day(family, record_property):
    points = play(family, "--depth", str(DEPTH))
    record_property("points", points)
    print(family, points, "points")
    assert points > 50


@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
def test_a_day_with_a_lasting_failure(family, record_property):
    points = play(family, "--lasting", "--depth", str(DEPTH_LASTING))
    record_property("points", points)
    print(family, points, "points")
    assert points >= 10
