"""What `make release` looks at: that everything says the same of this version, and that the tarball is the same bytes
each time."""

import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

from rig_presenter import BUILD, ROOT

sys.path.insert(0, os.path.join(ROOT, "tests"))
from release import Tree  # noqa: E402

pytestmark = pytest.mark.once

METAINFO = "units/org.kindlyd.Kindly.metainfo.xml.in"
NOW = Tree(ROOT, BUILD)
V, DAY = NOW.version, datetime.date.fromisoformat(NOW.day)
NEXT = DAY + datetime.timedelta(days=1)
KEPT = f"tests/upgrade/{V}"
# What is changed in which file, and what is told then.
BREAKS = [
    ("Makefile", f"= {V}", "= 99.0.0", f"CHANGELOG.md: the newest version is {V}, not 99.0.0"),
    ("Makefile", f"= {V}", "= 99.0", "Makefile: VERSION is 99.0, not MAJOR.MINOR.PATCH"),
    ("CHANGELOG.md", f"## [{V}] - {DAY}", f"## [{V}]", f"CHANGELOG.md: the day of {V} is missing, not YYYY-MM-DD"),
    ("CHANGELOG.md", f"## [{V}]", f"## [Unreleased]\n\n- A thing.\n\n## [{V}]",
     "CHANGELOG.md: [Unreleased] is not empty; give it the version and the day"),
    ("debian/changelog", f"({V})", "(99.0.0)", f"debian/changelog: the newest version is 99.0.0, not {V}"),
    ("debian/changelog", f"{DAY:%d %b %Y}", f"{NEXT:%d %b %Y}", f"debian/changelog: the day is {NEXT}, not {DAY}"),
    ("debian/changelog", "unstable", "UNRELEASED", "debian/changelog: the newest version is for UNRELEASED"),
    ("docs/packaging/PKGBUILD", f"pkgver={V}", "pkgver=99", f"docs/packaging/PKGBUILD: pkgver is 99, not {V}"),
    ("docs/packaging/kindly.spec", f"Version:        {V}", "Version:        99",
     f"docs/packaging/kindly.spec: Version is 99, not {V}"),
    ("docs/packaging/kindly.spec", f"- {V}-1", "- 99-1",
     f"docs/packaging/kindly.spec: the newest version of %changelog is 99, not {V}"),
    (METAINFO, f'date="{DAY}"', f'date="{NEXT}"', f"{METAINFO}: the newest release is {V} of {NEXT}, not {V} of {DAY}"),
]


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    """What is looked at, to be changed."""
    for name in {name for name, *_rest in BREAKS} | {path.relative_to(ROOT) for path in
                                                    [*pathlib.Path(ROOT, "docs").glob("*.scd"),
                                                     *pathlib.Path(ROOT, KEPT).iterdir()]}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), tmp_path / name)
    return tmp_path


def test_all_agrees():
    assert Tree(ROOT, BUILD).look() == []


@pytest.mark.parametrize("name, old, new, told", BREAKS, ids=[told.split(", not")[0] for *_change, told in BREAKS])
def test_what_does_not_agree_is_told(tree, name, old, new, told):
    text = (tree / name).read_text(encoding="utf-8")
    assert old in text
    (tree / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert told in Tree(tree, BUILD).look()


def test_programs_of_another_version(tree, tmp_path):
    build = tmp_path / "build"
    shutil.copytree(os.path.join(BUILD, "man"), build / "man")
    page = build / "man/kindlyd.8"
    page.write_text(page.read_text(encoding="utf-8").replace(f"kindly {V}", "kindly 99"), encoding="utf-8")
    shutil.copy(os.path.join(BUILD, "kindly"), build)
    (build / "kindlyd").write_text("#!/bin/sh\necho kindlyd 99\n")
    (build / "kindlyd").chmod(0o755)
    assert Tree(tree, build).look() == [
        f"kindlyd --version: what it prints is kindlyd 99, not kindlyd {V}",
        f"kindlyd.8, made from kindlyd.8.scd: the version at its foot is 99, not {V}"]


def test_what_is_not_kept(tree):
    (tree / KEPT / "journal.db").unlink()
    assert Tree(tree, BUILD).look() == [f"{KEPT}: journal.db missing; make keep-version"]


def git(tree, *arguments):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"} | {
        f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", tree, *arguments], check=True, env=environment, capture_output=True)


def test_the_tarball(tree, tmp_path):
    git(tree, "init", "--quiet", "--initial-branch=main")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "all")
    clean = Tree(tree, BUILD)
    clean.look_at_git()
    assert clean.mistakes == []
    paths = [clean.archive(tmp_path / name) for name in ("one", "two")]
    assert paths[0].name == f"kindly-{V}.tar.gz" and paths[0].read_bytes() == paths[1].read_bytes()
    with tarfile.open(paths[0]) as archive:
        assert {name.split("/")[0] for name in archive.getnames()} == {f"kindly-{V}"}
        assert f"kindly-{V}/debian/changelog" in archive.getnames()
    (tree / "one more").write_text("")
    git(tree, "tag", f"v{V}")
    dirty = Tree(tree, BUILD)
    dirty.look_at_git()
    assert len(dirty.mistakes) == 2 and "one more" in dirty.mistakes[0] and f"v{V}" in dirty.mistakes[1]
