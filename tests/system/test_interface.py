"""What the daemon says of itself is what units/ documents: every member, argument, type, direction and annotation; and
what it is made of: one thread, no GLib, asleep while nothing is due."""

import os
import re
import select
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from rig import (DBUS, KINDLYD, NAME, OBJECT, SIGNATURES, Refused,
                 fixture_caller, fixture_daemon, fixture_person, fixture_screen)  # noqa: F401
from rig_presenter import ROOT

UNITS = os.path.join(ROOT, "units")
CHANGE = DBUS + ".Property.EmitsChangedSignal"
SECONDS = 3  # of silence; long enough for any timer of a second


def documented(name):
    with open(os.path.join(UNITS, name + ".xml"), encoding="utf-8") as file:
        return file.read()


def members(xml, interface):
    """{(kind, name): (arguments or type, annotations)}. A sensitive method says so to the bus library alone."""
    found = {}
    root = ElementTree.fromstring(xml)
    for member in root.find("interface[@name='%s']" % interface):
        notes = {note.get("name"): note.get("value") for note in member.findall("annotation")}
        if member.tag == "property":
            notes.setdefault(CHANGE, "true")
            about = member.get("type"), member.get("access")
        else:
            about = tuple((argument.get("name"), argument.get("type"), argument.get("direction", "out"))
                          for argument in member.findall("arg"))
        found[member.tag, member.get("name")] = about, notes
    return found


def test_introspection_is_what_is_documented(caller):
    xml = caller.ask(NAME, OBJECT, DBUS + ".Introspectable", "Introspect")[0]
    live, written = members(xml, NAME), members(documented(NAME), NAME)
    assert sorted(live) == sorted(written)
    for member in written:
        assert live[member] == written[member], member


def test_the_tests_call_every_method():
    inputs = {name: "".join(kind for _, kind, direction in about if direction == "in")
              for (tag, name), (about, _) in members(documented(NAME), NAME).items() if tag == "method"}
    assert SIGNATURES == inputs


def test_every_member_is_documented():
    """By the comment right before it, or named in that of its neighbours."""
    xml = documented(NAME)
    for tag, name in members(xml, NAME):
        before = xml[: xml.index('<%s name="%s"' % (tag, name))]
        own = before.rstrip().endswith("-->")
        nearest = before[before.rindex("<!--"):before.rindex("-->")]
        assert own or re.search(r"\b%s\b" % name, nearest), "%s %s is not documented" % (tag, name)


def test_every_error_is_documented():
    with open(os.path.join(ROOT, "daemon/desktop/bus.c"), encoding="utf-8") as file:
        used = set(re.findall(r'ERROR_PREFIX "(\w+)"', file.read()))
    listed = set(re.findall(r"^    (\w+) {2,}\S", documented(NAME).split("Rows are")[0], re.M))
    assert used == listed


@pytest.mark.parametrize("name", [NAME, "org.kindlyd.Presenter1"])
def test_xml_is_well_formed(name):
    done = subprocess.run(["xmllint", "--noout", "--nonet", os.path.join(UNITS, name + ".xml")], check=False,
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("member", sorted(SIGNATURES))
def test_wrong_types_are_refused(person, caller, member):
    wrong = ["s", "x"] if SIGNATURES[member] == "" else []
    status, _, told = person.run("busctl", "--user", "call", NAME, OBJECT, NAME, member, *wrong)
    assert status == 1 and "Invalid arguments" in told, told
    assert caller.open() == []


def test_unknown_members_are_refused(caller):
    for interface, member in ((NAME, "Prompts"), (NAME, "prompt"), (NAME + ".Journal", "Prompt")):
        with pytest.raises(Refused) as caught:
            caller.ask(NAME, OBJECT, interface, member)
        assert caught.value.name.startswith(DBUS + ".Error.Unknown")
    with pytest.raises(Refused):
        caller.ask(NAME, "/", NAME, "ListOpen")


def test_links_no_glib():
    linked = subprocess.run(["ldd", KINDLYD], check=True, capture_output=True, text=True).stdout
    assert not re.search(r"lib(glib|gio|gobject|notify)", linked), linked
    for wanted in ("libsystemd", "libconfig", "libsqlite3"):
        assert wanted in linked


def test_one_thread(daemon, caller):
    caller.call("Prompt", "humanity")
    caller.next("Shown")
    assert len(os.listdir("/proc/%d/task" % daemon.pid)) == 1


def switches(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return re.findall(r"^\w*ctxt_switches:\s*(\d+)$", file.read(), re.M)


def silence(daemon, seconds):
    """Lets time pass; ends at once if the daemon says anything to its supervisor."""
    assert select.select([daemon.supervisor], [], [], seconds) == ([], [], [])


@pytest.mark.parametrize("open_one", [False, True])
def test_asleep_while_nothing_is_due(daemon, caller, screen, open_one):
    if open_one:
        caller.call("Prompt", "humanity")
        assert screen.next()["event"] == "notify"
        caller.next("Shown")
    caller.open()
    silence(daemon, 0.5)  # what a start or a showing leaves to do is done
    was = switches(daemon.pid)
    silence(daemon, SECONDS)
    assert switches(daemon.pid) == was
