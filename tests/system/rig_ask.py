"""A program that talks with a person in a terminal: what stands there is waited for, and answered by typing."""

import fcntl
import os
import signal
import subprocess
import termios
import time

from rig_presenter import PATIENCE, Terminal, read_some, stop


class Conversation(Terminal):
    """The program has the terminal to itself, and Ctrl-C typed there reaches it."""

    def __init__(self, env, *command, columns=200):
        super().__init__(columns)
        self.process = subprocess.Popen(command, env=env, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        start_new_session=True, preexec_fn=self.take_terminal)
        os.close(self.slave)

    @staticmethod
    def take_terminal():
        """What runs in the background of a shell has Ctrl-C ignored, and hands that down."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def answer(self, question, line):
        """What stood there up to the end of the question, which is answered with that line."""
        seen = self.see(question)
        self.type(line + "\n")
        return seen

    def rest(self):
        """What else is said to the end, and the exit status."""
        said = self.seen
        while more := read_some(self.master, time.monotonic() + PATIENCE):
            said += more.decode(errors="replace").replace("\r\n", "\n")
        return said, self.process.wait(PATIENCE)

    def stop(self):
        stop(self.process)
        os.close(self.master)
