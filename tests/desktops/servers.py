"""Every notification server of the matrix: what Debian calls it, how it is started, seen and clicked, and what it keeps
of what is over. SERVERS is the one table; the tests know nothing of a server but this."""

import json
import os
import shlex
import subprocess
import sys

from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from rig import CALM, FAR_AWAY, Caller, Person  # noqa: E402, F401
from rig_presenter import NAME, PATIENCE, Lines, stop  # noqa: E402, F401

LIBRARY = "/usr/lib/x86_64-linux-gnu"
SIZE = 1024, 768


class Running:
    """A program, with what it says in a file of its own."""

    def __init__(self, env, log, *command, **how):
        with open(log, "ab") as file:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **how)

    def stop(self):
        stop(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Desktop:
    """A server under a virtual X server of its own. A subclass says what differs."""
    package = ""
    command = ()
    light = False      # starts in a second: also in check-full
    clicked = "button" # how a choice is made, for the table
    environment = {}
    services = {}      # what the bus may start: {name: command}

    def __init__(self, folder):
        self.folder = str(folder)
        self.person = Person(folder, self._service_files())
        self.env = self.person.env
        self.env.update(NO_AT_BRIDGE="1", GTK_A11Y="none", XDG_CONFIG_DIRS="/etc/xdg", **self.environment)
        self.names = self.person.keep(Caller(self.person.bus.address))
        self.server = None

    def _service_files(self):
        if not self.services:
            return None
        folder = os.path.join(self.folder, "services")
        os.mkdir(folder)
        for name, command in self.services.items():
            with open(os.path.join(folder, name + ".service"), "w", encoding="utf-8") as file:
                file.write("[D-BUS Service]\nName=%s\nExec=%s\n" % (name, command))
        return folder

    def launch(self, *command, **how):
        log = os.path.join(self.folder, os.path.basename(command[0]) + ".log")
        return self.person.keep(Running(self.env, log, *command, **how))

    def run(self, *command):
        return subprocess.run(command, env=self.env, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE).stdout.decode()

    def prepare(self):
        """What is there before the server."""
        read, write = os.pipe()
        self.launch("Xvfb", "-displayfd", str(write), "-screen", "0", "%dx%dx24" % SIZE, "-noreset", "-nolisten", "tcp",
                    pass_fds=[write])
        os.close(write)
        self.env["DISPLAY"] = ":" + Lines(read).next()
        os.close(read)
        self.run("xsetroot", "-solid", "#4f7388")

    def start(self):
        self.server = self.launch(*self.command)
        self.names.appeared(NAME)

    def kill(self):
        """At once, as a crash would."""
        self.names.appeared(NAME)
        self.server.kill()
        self.names.vanished(NAME)

    def stop(self):
        self.person.stop()

    def picture(self, path):
        self.run("import", "-window", "root", path)
        with Image.open(path) as image:
            return image.convert("RGB")

    def click(self, x, y):
        self.run("xdotool", "mousemove", str(x - 1), str(y), "mousemove", str(x), str(y), "click", "1")

    def move_away(self):
        """A pointer over a notification holds it on the screen."""
        self.run("xdotool", "mousemove", "8", str(SIZE[1] // 2))

    def unfold(self):
        """Opens what the server draws folded, so that its choices are seen."""

    def choose(self, label, screen):
        """Makes a choice as a person does: on its button, which is found by its label."""
        self._click_on(screen.place(label))

    def _click_on(self, box):
        left, top, right, bottom = box
        self.click(round((left + right) / 2), round((top + bottom) / 2))

    def history(self):
        """What the server says it keeps of notifications that are over, for the table."""
        return "not asked"


class Dunst(Desktop):
    package, light = "dunst", True
    command = "dunst",
    clicked = "menu"

    def prepare(self):
        super().prepare()
        self.wanted = os.path.join(self.folder, "wanted")
        menu = os.path.join(self.folder, "menu")
        with open(menu, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec grep -m1 -F -f %s\n" % shlex.quote(self.wanted))
        os.chmod(menu, 0o755)
        config = os.path.join(self.folder, "dunstrc")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[global]\ndmenu = %s\nfont = Sans 11\nwidth = 400\nmarkup = full\n" % menu)
        self.command = "dunst", "-conf", config

    def choose(self, label, screen):
        """dunst draws no buttons; its menu is asked for, and this stands in for dmenu."""
        with open(self.wanted, "w", encoding="utf-8") as file:
            file.write("#%s " % label)
        self.run("dunstctl", "context")

    def history(self):
        return "%s in its history" % self.run("dunstctl", "count", "history").strip()


class Xfce(Desktop):
    package, light = "xfce4-notifyd", True
    command = LIBRARY + "/xfce4/notifyd/xfce4-notifyd",

    def prepare(self):
        super().prepare()
        self.launch(LIBRARY + "/xfce4/xfconf/xfconfd")
        self.names.appeared("org.xfce.Xfconf")


class Mate(Desktop):
    package, light = "mate-notification-daemon", True
    command = "/usr/lib/mate-notification-daemon/mate-notification-daemon",


class Lxqt(Desktop):
    package, light = "lxqt-notificationd", True
    command = "lxqt-notificationd",
    environment = {"QT_QPA_PLATFORM": "xcb"}

    def choose(self, label, screen):
        """Up to three actions are buttons, with labels cut to their width; more are a list to choose from."""
        if screen.look().find("Actions"):
            self.clicked = "list"
            left, top, right, bottom = screen.place("Actions")
            self.click(round(right) + 20, round((top + bottom) / 2))
            self._click_on(screen.place(label))
            label = "OK"
        self._click_on(screen.place(label, label.split()[0]))


class NotificationDaemon(Desktop):
    package, light = "notification-daemon", True
    command = "/usr/lib/notification-daemon/notification-daemon",


class Sway(Desktop):
    """A server of Wayland: sway in a window of the X server, which gives it a real pointer."""
    environment = {"WLR_BACKENDS": "x11", "WLR_RENDERER": "pixman", "XDG_SESSION_TYPE": "wayland",
                   "XDG_CURRENT_DESKTOP": "sway"}

    def prepare(self):
        super().prepare()
        config = os.path.join(self.folder, "sway.conf")
        ready = os.path.join(self.folder, "ready")
        os.mkfifo(ready)
        with open(config, "w", encoding="utf-8") as file:
            file.write("output X11-1 resolution %dx%d bg #4f7388 solid_color\nxwayland disable\n"
                       "exec echo $WAYLAND_DISPLAY >%s\n" % (*SIZE, ready))
        fifo = os.open(ready, os.O_RDWR)
        self.launch("sway", "-c", config)
        self.env["WAYLAND_DISPLAY"] = Lines(fifo).next()
        os.close(fifo)


class Mako(Sway):
    package, command = "mako-notifier", ("mako",)
    clicked = "menu"

    def choose(self, label, screen):
        """mako draws no buttons; its menu is asked for, and grep stands in for dmenu."""
        self.run("makoctl", "menu", "grep", "-m1", "-F", label)

    def history(self):
        """It can't be asked; but what it has, it brings back."""
        self.run("makoctl", "restore")
        kept = len(json.loads(self.run("makoctl", "list"))["data"][0])
        self.run("makoctl", "dismiss", "--all")
        return "can bring it back" if kept else "none kept"


class Swaync(Sway):
    package, command = "sway-notification-center", ("swaync",)

    def history(self):
        return "%s in its centre" % self.run("swaync-client", "-c").strip()


SERVERS = {server.package: server for server in (
    Dunst, Xfce, Mate, Lxqt, NotificationDaemon, Mako, Swaync)}
