"""make install puts what tests/install.list says where it says, with its modes; uninstall leaves nothing."""
import os
import stat
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig_presenter import BUILD, ROOT  # noqa: E402

VARIANT = os.path.basename(BUILD)


def make(goal, root):
    subprocess.run(["make", "-s", f"VARIANT={VARIANT}", f"DESTDIR={root}", "PREFIX=/p", goal], cwd=ROOT, check=True,
                   stdin=subprocess.DEVNULL)


def files_below(root):
    lines = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            lines.append(f"{stat.S_IMODE(os.stat(path).st_mode):o} {os.path.relpath(path, root)}")
    return sorted(lines, key=lambda line: line.split()[1])


def copy_of_the_tree(folder):
    """Installing elsewhere rewrites generated units: that must not race with the build under test."""
    subprocess.run(["cp", "-a", "Makefile", "daemon", "config", "docs", "po", "units", "tests", folder], cwd=ROOT, check=True)
    os.makedirs(os.path.join(folder, "build"))
    subprocess.run(["cp", "-a", BUILD, os.path.join(folder, "build")], check=True)


@pytest.mark.once
def test_install_and_uninstall(tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    tree.mkdir()
    copy_of_the_tree(tree)
    monkeypatch.setitem(globals(), "ROOT", str(tree))
    root = tmp_path / "root"
    make("install", root)
    with open(tree / "tests" / "install.list", encoding="utf-8") as expected:
        assert files_below(root) == expected.read().splitlines()
    with open(root / "p/lib/systemd/user/kindlyd.service", encoding="utf-8") as unit:
        assert "ExecStart=/p/bin/kindlyd\n" in unit.read()
    for folder, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert b"@bindir@" not in file.read(), name
    make("uninstall", root)
    assert files_below(root) == []
    left = [os.path.join(folder, name) for folder, names, _ in os.walk(root) for name in names if "kindly" in name]
    assert left == []
