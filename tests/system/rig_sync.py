"""Two people's worth of kindlyd that are one person's: a laptop and a desktop, each with a bus, a home and a shared
folder of its own, and rsync between the folders."""

import contextlib
import ctypes
import json
import os
import pathlib
import random
import select
import sqlite3
import subprocess
import uuid

import pytest

from rig import PATIENCE, Person, Refused, now_usec

LIBC = ctypes.CDLL(None, use_errno=True)
IN_MODIFY, IN_MOVED_TO = 2, 0x80


class Device(Person):
    """A person's machine, with its daemon running and a shared folder."""

    def __init__(self, folder, name):
        path = pathlib.Path(folder) / name
        path.mkdir()
        super().__init__(path)
        self.name = name
        self.shared = path / "shared"
        self.shared.mkdir()
        self.serve()
        self.daemon = self.start()
        self.caller_ = self.caller()

    def begin_journal(self):
        """Each device has an id of its own."""
        super().begin_journal()
        with contextlib.closing(sqlite3.connect(self.journal)) as journal, journal:
            journal.execute("UPDATE state SET device = ?, secret = ?", (uuid.uuid4().bytes, os.urandom(16)))

    def call(self, member, *arguments):
        return self.caller_.call(member, *arguments)

    def wrote_lately(self, text):
        """A line that is kept, written here long enough ago to come back."""
        entry, time_usec = str(uuid.uuid4()), now_usec() - 15 * 24 * 3600 * 1000000
        event = {"version": 1, "id": entry, "entry": entry, "device": self.device, "kind": "noted",
                 "time_usec": time_usec, "keep": True, "note": text}
        path = self.folder / "lately.jsonl"
        path.write_text(json.dumps(event) + "\n")
        assert self.run("kindly", "import", str(path))[1] == "Taken in: 1 entry.\n"
        path.unlink()
        return entry

    def show(self, what):
        """A prompt on the screen."""
        card = self.call("Prompt", what)
        assert self.caller_.next("Shown")[0] == card
        return card

    def sync(self, folder=None):
        return self.run("kindly", "sync", str(folder or self.shared))

    def synced(self):
        status, out, err = self.sync()
        assert (status, err) == (0, ""), err
        return out

    def rows(self):
        status, out, err = self.run("kindly", "journal", "--since", "@0", "--missed", "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    def exported(self):
        status, out, err = self.run("kindly", "export")
        assert (status, err) == (0, "")
        return out.splitlines()

    @property
    def device(self):
        """The id of this device."""
        with contextlib.closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as database:
            return str(uuid.UUID(bytes=database.execute("SELECT device FROM state").fetchone()[0]))

    @property
    def own(self):
        """This device's file in its shared folder."""
        return self.shared / (self.device + ".jsonl")

    def holding(self, word):
        """The files of its state and of its shared folder that hold a word."""
        files = [path for folder in (self.journal.parent, self.shared) for path in folder.rglob("*") if path.is_file()]
        return [path.name for path in files if word.encode() in path.read_bytes()]


def rsync(source, target):
    """As a synchroniser would: a device's file comes from that device. All are sent, since several changes in one
    second look alike to rsync."""
    subprocess.run(["rsync", "-aI", f"--exclude={target.own.name}", f"{source.shared}/", f"{target.shared}/"], check=True, timeout=PATIENCE)


class Change:
    """Waits until a file is written to or cut, or one has got its name in a folder."""

    def __init__(self, path):
        self.fd = LIBC.inotify_init1(os.O_CLOEXEC)
        assert self.fd >= 0 and LIBC.inotify_add_watch(self.fd, os.fsencode(path), IN_MODIFY | IN_MOVED_TO) >= 0

    def wait(self):
        assert select.select([self.fd], [], [], PATIENCE)[0], "nothing has changed"
        os.read(self.fd, 4096)

    def stop(self):
        os.close(self.fd)


class Life:
    """What happens on two devices in one random order; everything said holds a word that tells it from all else."""

    def __init__(self, devices, seed):
        self.devices, self.random, self.n = devices, random.Random(seed), 0
        self.seed, self.said, self.forgotten, self.steps = seed, {}, [], 0

    def word(self):
        self.n += 1
        return "word%08xn%de" % (self.seed & 0xffffffff, self.n)

    def note(self, device):
        word = self.word()
        self.said[device.call("Note", word, self.random.random() < 0.4)] = word

    def prompt(self, device):
        word = self.word()
        try:
            card = device.call("Prompt", self.random.choice(("care", "noticing", "kindness")))
        except Refused:  # all of them were seen lately
            return
        device.call("Answer", card, self.random.choice(("helpful", "okay", "not-for-me")), word)
        self.said[card] = word

    def put_off(self, device):
        card = device.call("Prompt", "three-breaths")
        device.call("Snooze", card, 3600 * 1000000)
        device.call("Dismiss", card)

    def keep(self, device):
        lines = [row["id"] for row in device.call("ListEntries", 0, 2**64 - 1, 0) if row.get("note")]
        if lines:
            device.call("Keep", self.random.choice(lines), self.random.random() < 0.5)

    def forget(self, device):
        """Of what is known here, wherever it was said."""
        known = [row["id"] for row in device.call("ListEntries", 0, 2**64 - 1, 0) if row["id"] in self.said]
        if known:
            entry = self.random.choice(known)
            device.call("Forget", entry)
            self.forgotten.append(self.said.pop(entry))

    def sync(self, device):
        device.synced()

    def carry(self, device):
        rsync(device, self.other(device))

    def carry_half(self, device):
        """The other device's file has arrived only to some byte."""
        other = self.other(device)
        if not device.own.exists():
            return
        data = device.own.read_bytes()
        (other.shared / device.own.name).write_bytes(data[:self.random.randrange(len(data) + 1)])

    def other(self, device):
        return self.devices[1 - self.devices.index(device)]

    def live(self, steps):
        actions = [self.note] * 4 + [self.prompt] * 3 + [self.put_off, self.keep] + [self.forget] * 2
        actions += [self.sync] * 4 + [self.carry] * 4 + [self.carry_half] * 2
        for _ in range(steps):
            self.steps += 1
            self.random.choice(actions)(self.random.choice(self.devices))

    def settle(self):
        """Syncs in a random order until both agree; gives the rounds it took. The files that the last one wrote are
        then carried as well."""
        for rounds in range(1, 6):
            self.round()
            if not self.differences():
                self.carry_all()
                return rounds
        return None

    def carry_all(self):
        """Until every file of one folder is in the other as it is."""
        for _ in range(2):
            for step in (self.sync, self.carry):
                for device in self.devices:
                    step(device)

    def round(self):
        steps = [(self.sync, device) for device in self.devices] + [(self.carry, device) for device in self.devices]
        self.random.shuffle(steps)
        for step, device in steps:
            step(device)

    def differences(self):
        """Lines of either journal that the other hasn't, and rows that read otherwise there."""
        one, other = (set(device.exported()) for device in self.devices)
        rows = [{row["id"]: row for row in device.rows()} for device in self.devices]
        return sorted(one ^ other) + [rows[0].get(id) for id in rows[0].keys() | rows[1].keys()
                                      if rows[0].get(id) != rows[1].get(id)]


@pytest.fixture(name="laptop")
def fixture_laptop(tmp_path):
    device = Device(tmp_path, "laptop")
    try:
        yield device
    finally:
        device.stop()
