"""What others' tools say of what is not C: shell scripts, spelling, and what menus and software centres read."""

import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from rig_presenter import BUILD, ROOT

pytestmark = [pytest.mark.full, pytest.mark.once]

METAINFO = os.path.join(BUILD, "org.kindlyd.Kindly.metainfo.xml")
# Written in other languages than English, by rules of their own: the decks' by kindly check, the catalogues' by msgfmt.
OTHER_LANGUAGES = re.compile(r"config/(decks|wording)/(?!en)|po/.*\.po$|units/.*\.(desktop|metainfo\.xml)\.in$")
BINARY = (".png", ".db")


def files():
    """All that is in the repository."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return [name for name in listed.stdout.decode().split("\0") if name and os.path.exists(os.path.join(ROOT, name))]


def said(*command):
    """What it printed; fails where the tool does."""
    done = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def is_shell(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return re.match(rb"#! ?/(usr/)?bin/(env )?(ba|da)?sh\b", file.readline()) is not None


def test_shell_scripts():
    scripts = [name for name in files() if is_shell(name)]
    assert {"units/run.sh", ".ci/run", "docs/examples/call.sh", "debian/tests/answered"} <= set(scripts)
    assert said("shellcheck", *scripts) == ""
    assert said("shellcheck", "--shell=bash", "docs/completions/kindly.bash") == ""
    # PKGBUILD's variables are read by makepkg, which also gives it some.
    assert said("shellcheck", "--shell=bash", "--exclude=SC2034,SC2154,SC2164", "docs/packaging/PKGBUILD") == ""


def test_spelling():
    """tests/codespell.words are words that are right here: of other languages, or mistakes on purpose."""
    words = [name for name in files() if not OTHER_LANGUAGES.search(name) and not name.endswith(BINARY) and
             name != "tests/codespell.words"]
    assert said("codespell", "--quiet-level=3", "--ignore-words=tests/codespell.words", *words) == ""
    for word in pathlib.Path(ROOT, "tests/codespell.words").read_text().split():
        assert said("git", "-c", "safe.directory=*", "grep", "-iwl", word, "--", ":!tests/codespell.words"), word


@pytest.mark.parametrize("homepage", ["", "https://kindly.example"])
def test_software_centres(tmp_path, homepage):
    """As it is made, and as it is made once there is a place for the pictures. One thing is told: the id has capitals,
    being the name of the desktop entry and the beginning of the bus name."""
    path = METAINFO
    if homepage:
        path = str(tmp_path / "org.kindlyd.Kindly.metainfo.xml")
        said("make", "-s", f"HOMEPAGE={homepage}", f"O={tmp_path}", path)
    told = said("appstreamcli", "validate", "--pedantic", "--no-net", "--no-color", path)
    assert re.findall(r"^([EWIP]): \S+ (\S+)", told, re.M) == [("P", "cid-contains-uppercase-letter")]
    root = ElementTree.parse(path).getroot()
    images = [image.text for image in root.iter("image")]
    assert images == ([f"{homepage}/docs/{name}.png" for name in ("prompt", "report")] if homepage else [])
    assert all(os.path.exists(os.path.join(ROOT, image.removeprefix(homepage + "/"))) for image in images)
