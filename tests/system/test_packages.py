"""The packages. Debian's is built by `make deb`, twice and in unlike places, looked at by lintian and blhc, installed in
a fresh Debian, tried there by its own tests (debian/tests), and taken out again. Those of Arch and Fedora are built as
far as Debian's tools can: the functions of the PKGBUILD, and rpmbuild without Fedora's packages."""

import os
import pathlib
import platform
import re
import shutil
import subprocess

import pytest

from rig_presenter import BUILD, ROOT  # noqa: E402

pytestmark = [pytest.mark.full, pytest.mark.once]

SOURCE = pathlib.Path(ROOT)
VERSION = re.search(r"^VERSION\s*:= (.*)$", (SOURCE / "Makefile").read_text(encoding="utf-8"), re.M)[1]
ARCHITECTURE = "amd64" if platform.machine() == "x86_64" else "arm64"
DEB = f"kindly_{VERSION}_{ARCHITECTURE}.deb"
# Rules of packaging give these other places, or other names, than make install does by itself.
MAN = re.compile(r"share/man/man\d/")
# What installing leaves behind on its own account: apt's and dpkg's books, and what is no file of the system.
BOOKS = re.compile(r"/(proc|sys|dev|run|tmp|root|var/(cache|log|lib/(apt|dpkg)))(/|$)")

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: a fresh system is a chroot")


def run(command, **how):
    """Gives what it printed; fails with that."""
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **how)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


def expected(places):
    """tests/install.list for a package, {path: mode}: `places` are (its beginning, ours)."""
    found = {}
    for line in (SOURCE / "tests/install.list").read_text(encoding="utf-8").splitlines():
        mode, path = line.split(" ", 1)
        path = path.replace("p/", "usr/", 1)
        for ours, theirs in places:
            if path.startswith(ours):
                path = path.replace(ours, theirs, 1)
        found[path] = mode
    return found


def files_below(root):
    return {str(path.relative_to(root)): f"{path.lstat().st_mode & 0o7777:o}"
            for path in pathlib.Path(root).rglob("*") if not path.is_dir()}


def a_copy(folder, source=SOURCE):
    """What belongs to the source, with nothing that was built."""
    shutil.copytree(source, folder, ignore=lambda path, names: [
        name for name in names if name in (".git", "__pycache__", ".pytest_cache") or
        (name == "build" and pathlib.Path(path) == source)])
    return folder


def make_deb(folder, **environment):
    flags = ("CFLAGS", "MAKEFLAGS", "MFLAGS", "DEB_BUILD_OPTIONS")
    run(["make", "deb"], cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in flags} | environment)
    return folder / "build/deb"


@pytest.fixture(name="deb", scope="module")
def fixture_deb(tmp_path_factory):
    """The folder of Debian's package and what came with it."""
    return make_deb(a_copy(tmp_path_factory.mktemp("one") / "source"))


# ---- Debian ----


def test_the_same_bytes_from_another_folder(deb, tmp_path):
    """In another language, time zone and depth, with another mask, and without the tests."""
    again = make_deb(a_copy(tmp_path / "a/much/longer/way", deb.parent.parent), DEB_BUILD_OPTIONS="nocheck parallel=1", LC_ALL="C",
                     TZ="Pacific/Auckland")
    log = (again / "build.log").read_text(encoding="utf-8")
    assert "check-unit" not in log and "check-unit" in (deb / "build.log").read_text(encoding="utf-8")
    packages = sorted(path.name for path in deb.glob("*.deb"))
    assert packages == [f"kindly-dbgsym_{VERSION}_{ARCHITECTURE}.deb", DEB]
    for name in [*packages, f"kindly_{VERSION}.tar.xz"]:
        assert (again / name).read_bytes() == (deb / name).read_bytes(), name


def test_what_is_in_the_package(deb, tmp_path):
    run(["dpkg-deb", "-x", deb / DEB, tmp_path / "root"])
    found = files_below(tmp_path / "root")
    wanted = expected([("usr/share/zsh/site-functions", "usr/share/zsh/vendor-completions")])
    del wanted["usr/share/kindly/decks/LICENSE"]
    wanted = {path + ".gz" if MAN.search(path) or path.endswith("writing-prompts.md") else path: mode
              for path, mode in wanted.items()}
    for name in ("CHANGELOG.md.gz", "changelog.gz", "copyright"):
        wanted["usr/share/doc/kindly/" + name] = "644"
    wanted["usr/share/lintian/overrides/kindly"] = "644"
    assert found == wanted


def test_the_icon_in_a_menu(deb, tmp_path):
    """As GTK looks it up where no cache knows it yet: beside the list of sizes that the system has."""
    run(["dpkg-deb", "-x", deb / DEB, tmp_path])
    import gi  # here, since the quick tests read this file where there is no GTK
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk
    theme = Gtk.IconTheme()
    theme.set_custom_theme("hicolor")
    theme.set_search_path([f"{tmp_path}/usr/share/icons", "/usr/share/icons"])
    entry = (tmp_path / "usr/share/applications/org.kindlyd.Kindly.desktop").read_text(encoding="utf-8")
    [name] = re.findall("^Icon=(.*)$", entry, re.M)
    for wanted, folder in ((name, "scalable"), (name + "-symbolic", "symbolic")):
        for size in (16, 48, 256):
            found = theme.lookup_icon(wanted, size, Gtk.IconLookupFlags.FORCE_SIZE)
            assert found.get_filename() == f"{tmp_path}/usr/share/icons/hicolor/{folder}/apps/{wanted}.svg"
            pixels = found.load_icon()
            assert (pixels.get_width(), pixels.get_height()) == (size, size)
            assert len(set(pixels.get_pixels())) > 2  # it is not empty


def test_lintian(deb):
    told = run(["lintian", "--allow-root", "--display-info", "--pedantic", "--info", "--fail-on",
                "error,warning,info,pedantic", deb / f"kindly_{VERSION}_{ARCHITECTURE}.changes"])
    assert told == ""


def test_hardening(deb):
    """Every flag that dpkg-buildflags gives has reached every compiler and linker."""
    assert run(["blhc", "--all", "--debian", deb / "build.log"]) == ""


@pytest.fixture(name="fresh", scope="module")
def fixture_fresh(deb, tmp_path_factory):
    """A fresh Debian with all that the package and its tests depend on; a function that runs a command beside it."""
    root = tmp_path_factory.mktemp("fresh") / "root"
    control = (SOURCE / "debian/tests/control").read_text(encoding="utf-8")
    packages = {name for names in re.findall(r"^Depends: @, (.*)$", control, re.M) for name in names.split(", ")}
    run(["mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt/lists", "--include=" + ",".join(packages),
         os.environ.get("KINDLY_SUITE", "bookworm"), root])

    def inside(command, **how):
        """In namespaces of its own, so that nothing stays mounted or running."""
        return run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc",
                    'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; mount --make-rslave "$0/dev"; exec "$@"',
                    root, *command], env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8"), **how)

    depends = run(["dpkg-deb", "--field", deb / DEB, "Depends"]).strip()
    inside(["chroot", root, "apt-get", "-qq", "--no-install-recommends", "satisfy", depends])
    return root, inside


def contents(root):
    """{path: what can be told of it}; a folder's time changes when something in it comes and goes."""
    found = {}
    for folder, folders, names in os.walk(root):
        below = folder.removeprefix(str(root))
        folders[:] = [name for name in folders if not BOOKS.match(f"{below}/{name}")]
        for name in [*folders, *names]:
            status = os.lstat(os.path.join(folder, name))
            regular = name in names
            found[f"{below}/{name}"] = (status.st_mode, status.st_uid, regular and status.st_size)
    return found


@needs_root
def test_purged_without_a_trace(deb, fresh):
    root, inside = fresh
    apt = ["chroot", root, "apt-get", "-qq", "--yes", "--no-install-recommends"]
    before = contents(root)
    shutil.copy(deb / DEB, root / "tmp")
    inside([*apt, "install", f"/tmp/{DEB}"])
    came = contents(root).keys() - before.keys()
    assert {"/usr/bin/kindly", "/usr/share/kindly/decks"} <= came
    # It is for the one who asks for it, not for everybody on the machine.
    assert not [path for path in came if path.startswith("/etc/")]
    assert inside(["chroot", root, "kindlyd", "--version"]) == f"kindlyd {VERSION}\n"
    inside([*apt, "remove", "--purge", "kindly"])
    after = contents(root)
    differ = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    assert differ == []
    assert not [path for path in (root / "var/lib/dpkg").rglob("*kindly*")]


@needs_root
def test_its_own_tests(deb, fresh, tmp_path):
    """A prompt in a terminal and on a notification server, and the daemon started over D-Bus, as installed."""
    root, inside = fresh
    run(["dpkg-source", "-x", deb / f"kindly_{VERSION}.dsc", tmp_path / "source"])
    told = inside(["autopkgtest", "--no-built-binaries", f"{tmp_path}/source//", deb / DEB, "--", "chroot", root])
    assert re.findall(r"^(\w+) +(PASS|FAIL|SKIP)", told.rpartition("summary")[2], re.M) == [
        ("answered", "PASS"), ("activated", "PASS"), ("begun", "PASS")], told


# ---- Arch, Fedora ----


@pytest.fixture(name="tarball", scope="module")
def fixture_tarball(tmp_path_factory):
    """The source, and with it what is compiled already: what follows has the same flags, and only links anew."""
    folder = tmp_path_factory.mktemp("tarball")
    source = a_copy(folder / f"kindly-{VERSION}")
    shutil.copytree(BUILD, source / "build/release")
    run(["tar", "-C", folder, "-czf", folder / f"kindly-{VERSION}.tar.gz", f"kindly-{VERSION}"])
    return folder / f"kindly-{VERSION}.tar.gz"


def test_arch(tarball, tmp_path):
    """makepkg's way through the functions, as far as it doesn't ask pacman."""
    script = r"""
      set -eu
      source PKGBUILD
      srcdir=$PWD/src pkgdir=$PWD/pkg/$pkgname
      mkdir -p "$srcdir" "$pkgdir"
      [ "$(type -t build) $(type -t check) $(type -t package)" = 'function function function' ]
      for file in "${source[@]}"; do tar -C "$srcdir" -xf "$file"; done
      for step in build check package; do (cd "$srcdir"; "$step"); done
    """
    shutil.copy(SOURCE / "docs/packaging/PKGBUILD", tmp_path)
    shutil.copy(tarball, tmp_path)
    run(["bash", "-c", script], cwd=tmp_path)
    wanted = expected([("usr/libexec/", "usr/lib/")]) | {"usr/share/licenses/kindly/LICENSE": "644"}
    assert files_below(tmp_path / "pkg/kindly") == wanted
    assert b"/usr/lib/kindly" in (tmp_path / "pkg/kindly/usr/bin/kindlyd").read_bytes()


# What Fedora's own macros and programs would give.
FEDORA = {"_userunitdir": "/usr/lib/systemd/user", "_metainfodir": "/usr/share/metainfo", "_docdir": "/usr/share/doc",
          "_docdir_fmt": "%{NAME}", "systemd_user_post()": "%{nil}", "systemd_user_preun()": "%{nil}",
          "systemd_user_postun_with_restart()": "%{nil}"}


def test_fedora(tarball, tmp_path):
    spec = SOURCE / "docs/packaging/kindly.spec"
    defines = [word for name, value in (FEDORA | {"_topdir": tmp_path, "_tmppath": tmp_path}).items()
               for word in ("--define", f"{name} {value}")]
    assert f"Version: {VERSION}" in re.sub(" +", " ", run(["rpmspec", *defines, "-P", spec]))
    (tmp_path / "SOURCES").mkdir()
    shutil.copy(tarball, tmp_path / "SOURCES")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "appstream-util").symlink_to("/bin/true")
    run(["rpmbuild", *defines, "-bb", "--nodeps", spec], env=dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}"))
    [package] = (tmp_path / "RPMS").glob("*/*.rpm")
    query = ["rpm", "--define", f"_dbpath {tmp_path}/db", "-qp", package]
    found = dict(reversed(line.split(" ")) for line in run(
        [*query, "--queryformat", r"[%{FILEMODES:octal} %{FILENAMES}\n]"]).splitlines())
    found = {path[1:].removesuffix(".gz"): mode[-3:] for path, mode in found.items() if mode.startswith("10")}
    wanted = expected([]) | {"usr/share/doc/kindly/CHANGELOG.md": "644", "usr/share/licenses/kindly/LICENSE": "644"}
    found = {path: mode for path, mode in found.items() if "/.build-id/" not in path}
    assert found == wanted
    assert "libsystemd.so.0()(64bit)" in run([*query, "--requires"])
