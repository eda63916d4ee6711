"""What a daemon finds outside, as the test wants it: clocks that jump or run on, and the n-th write to a file that meets
a signal or an error. It is outside-preload.c, told through a file that it has in memory."""

import mmap
import os
import signal
import struct

import pytest

from rig import now_usec
from rig_presenter import BUILD

FIELDS = struct.Struct("=5q")


class Outside:
    def __init__(self, folder):
        path = os.path.join(folder, "outside")
        with open(path, "wb") as file:
            file.write(bytes(FIELDS.size))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), FIELDS.size)
        self.wall_usec, self.elapsed_usec = 0, 0
        # What a program is started inside of; see Kindlyd. A sanitizer's library needn't be the first then.
        self.inside = ("env", "LD_PRELOAD=" + os.path.join(BUILD, "tests/system/outside-preload.so"), "OUTSIDE=" + path,
                       "ASAN_OPTIONS=%s:verify_asan_link_order=0" % os.environ.get("ASAN_OPTIONS", ""))
        self._tell()

    def _tell(self, writes=0, number=0, error=0):
        self.memory[:] = FIELDS.pack(self.wall_usec, self.elapsed_usec, writes, number, error)

    def now(self):
        """The wall clock in there."""
        return now_usec() + self.wall_usec + self.elapsed_usec

    def set_clock(self, daemon, usec):
        """Somebody sets the wall clock by so much, forward or back."""
        self.wall_usec += usec
        self._tell()
        os.kill(daemon.pid, signal.SIGUSR2)

    def elapse(self, daemon, usec):
        """So much time goes by, on all clocks; what was armed in between is late."""
        self.elapsed_usec += usec
        self._tell()
        os.kill(daemon.pid, signal.SIGUSR2)

    def signal_at(self, write, number):
        """The n-th write from now on brings this signal, before it is done."""
        self._tell(write, number=number)

    def fail_from(self, write, error):
        """From the n-th write on, all fail with this."""
        self._tell(write, error=error)

    def mend(self):
        self._tell()

    def has_come(self):
        """Whether the write that was to bring a signal has come."""
        return FIELDS.unpack(self.memory)[2] == 0

    def stop(self):
        self.memory.close()


@pytest.fixture(name="outside")
def fixture_outside(person, tmp_path):
    return person.keep(Outside(str(tmp_path)))


@pytest.fixture(name="daemon")
def fixture_daemon_inside(person, screen, outside):
    assert screen
    return person.start(inside=outside.inside)
