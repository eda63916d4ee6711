#!/usr/bin/python3
"""`make release`: is everything said about this version said everywhere, and the same? Then it makes the tarball, and
says what is left to do. Changes nothing but build/dist.

The version is the Makefile's, and the day the changelog's; MISTAKES are told by file, all at once."""
import argparse
import gzip
import hashlib
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

# MAJOR when a journal, a schedule, a script or a call that worked would no longer; MINOR when something new can be
# used; PATCH otherwise.
SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
KEPT = ("expected.json", "journal.db", "kindly.conf")


def first(pattern, text):
    """The first match's groups, or as many empty ones."""
    compiled = re.compile(pattern, re.M)
    found = compiled.search(text)
    return found.groups() if found else ("",) * compiled.groups


def released(changelog):
    """What CHANGELOG.md tells of: [(version, day)], the newest first."""
    return [head for head in re.findall(r"^## \[(.*?)\](?: - (.*))?$", changelog, re.M) if head[0] != "Unreleased"]


class Tree:
    """A source tree, its build, and what is wrong with them."""

    def __init__(self, root, build):
        self.root, self.build, self.mistakes = pathlib.Path(root), pathlib.Path(build), []
        self.version = first(r"^VERSION\s*:= (.*)$", self.read("Makefile"))[0]
        self.changelog = released(self.read("CHANGELOG.md"))
        self.day = dict(self.changelog).get(self.version, "")

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8")

    def agree(self, name, what, found, wanted):
        if found != wanted:
            self.mistakes.append(f"{name}: {what} is {found or 'missing'}, not {wanted}")

    def look_at_changelog(self):
        if not re.fullmatch(SEMVER, self.version):
            self.mistakes.append(f"Makefile: VERSION is {self.version}, not MAJOR.MINOR.PATCH")
        text = self.read("CHANGELOG.md")
        if first(r"^## \[Unreleased\]$((?s:.*?))(?=^## |\Z)", text)[0].strip():
            self.mistakes.append("CHANGELOG.md: [Unreleased] is not empty; give it the version and the day")
        self.agree("CHANGELOG.md", "the newest version", self.changelog[0][0] if self.changelog else "", self.version)
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", self.day):
            self.mistakes.append(f"CHANGELOG.md: the day of {self.version} is {self.day or 'missing'}, not YYYY-MM-DD")

    def look_at_packages(self):
        version, suite, day = first(r"\A\S+ \((.*?)\) (\S+);(?s:.*?)^ -- .*?>  (.*)$", self.read("debian/changelog"))
        self.agree("debian/changelog", "the newest version", version, self.version)
        self.agree("debian/changelog", "the day", parsedate_to_datetime(day).date().isoformat() if day else "", self.day)
        if suite == "UNRELEASED":
            self.mistakes.append("debian/changelog: the newest version is for UNRELEASED")
        self.agree("docs/packaging/PKGBUILD", "pkgver", first(r"^pkgver=(.*)$", self.read("docs/packaging/PKGBUILD"))[0],
                   self.version)
        spec = self.read("docs/packaging/kindly.spec")
        self.agree("docs/packaging/kindly.spec", "Version", first(r"^Version:\s*(.*)$", spec)[0], self.version)
        self.agree("docs/packaging/kindly.spec", "the newest version of %changelog",
                   first(r"^%changelog\n\*.* - (.*)-\d+$", spec)[0], self.version)

    def look_at_metadata(self):
        name = "units/org.kindlyd.Kindly.metainfo.xml.in"
        releases = [f"{release.get('version')} of {release.get('date')}"
                    for release in ElementTree.fromstring(self.read(name).encode()).iter("release")]
        wanted = [f"{version} of {day}" for version, day in self.changelog]
        self.agree(name, "the newest release", releases[0] if releases else "", wanted[0])
        self.agree(name, "what is released before", ", ".join(releases[1:]), ", ".join(wanted[1:]))

    def look_at_build(self):
        for program in ("kindlyd", "kindly"):
            told = subprocess.run([self.build / program, "--version"], check=True, capture_output=True, text=True).stdout
            self.agree(f"{program} --version", "what it prints", told.strip(), f"{program} {self.version}")
        for page in sorted((self.root / "docs").glob("*.scd")):
            head = first(r'^\.TH (.*)$', (self.build / "man" / page.stem).read_text(encoding="utf-8"))[0]
            self.agree(f"{page.stem}, made from {page.name}", "the version at its foot",
                       first(r'"kindly ([^"]*)"', head)[0], self.version)

    def look_at_kept(self):
        folder = self.root / "tests/upgrade" / self.version
        missing = [name for name in KEPT if not (folder / name).is_file()]
        if missing:
            self.mistakes.append(f"tests/upgrade/{self.version}: {', '.join(missing)} missing; make keep-version")

    def look(self):
        """Gives what is wrong, as sentences."""
        self.look_at_changelog()
        self.look_at_packages()
        self.look_at_metadata()
        self.look_at_build()
        self.look_at_kept()
        return self.mistakes

    def git(self, *arguments, text=True):
        return subprocess.run(["git", "-C", self.root, *arguments], check=True, capture_output=True, text=text).stdout

    def look_at_git(self):
        changed = self.git("status", "--porcelain").splitlines()
        if changed:
            self.mistakes.append(f"git: {len(changed)} files are changed or unknown, {changed[0][3:]} is the first")
        if self.git("tag", "--list", f"v{self.version}").strip():
            self.mistakes.append(f"git: there is a tag v{self.version} already")

    def archive(self, folder):
        """The tarball of HEAD, the same bytes each time; gives its path."""
        name = f"kindly-{self.version}"
        path = pathlib.Path(folder) / f"{name}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(self.git("archive", "--format=tar", f"--prefix={name}/", "HEAD", text=False),
                                       mtime=0))
        return path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the folder of the programs and man pages")
    options = parser.parse_args()
    tree = Tree(".", options.build)
    tree.look()
    tree.look_at_git()
    for mistake in tree.mistakes:
        print(mistake, file=sys.stderr)
    if tree.mistakes:
        return 1
    path = tree.archive("build/dist")
    print(f"kindly {tree.version} of {tree.day} is said alike everywhere.\n"
          f"{path}: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}\n\n"
          f"Next:\n"
          f"  make check-full\n"
          f"  git tag --annotate v{tree.version} --message 'kindly {tree.version}'\n"
          f"  make deb\n"
          f"Then raise VERSION, and begin [Unreleased] in CHANGELOG.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
