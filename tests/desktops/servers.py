"""Every notification server of the matrix: what Debian calls it, how it is started, seen and clicked, and what it keeps
of what is over. SERVERS is the one table; the tests know nothing of a server but this."""

import json
import os
import shlex
import signal
import subprocess
import sys

from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
from rig import CALM, DBUS, DBUS_OBJECT, FAR_AWAY, Caller, GLib, Person  # noqa: E402, F401
from rig_presenter import NAME, PATIENCE, Bus, Lines, stop  # noqa: E402, F401

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
    pictures_alike = 1 # in a row, that it counts as being at rest
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
        self.names.ask(DBUS, DBUS_OBJECT, DBUS, "UpdateActivationEnvironment", GLib.Variant("(a{ss})", (self.env,)))
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

    def is_drawn(self, picture):
        """Whether that is the desktop's empty screen, and not what comes before it."""
        return True

    def click(self, x, y):
        self.run("xdotool", "mousemove", str(x - 1), str(y), "mousemove", str(x), str(y), "click", "1")

    def move_away(self):
        """A pointer over a notification holds it on the screen."""
        self.run("xdotool", "mousemove", "8", str(SIZE[1] // 2))

    def unfold(self, box):
        """Opens what the server draws folded at that place, so that its choices are seen."""

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
            with screen.seen_as_empty():
                self.click(round(right) + 20, round((top + bottom) / 2))
                self.move_away()
                item = screen.place(label)
            self._click_on(item)
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


class Plasma(Desktop):
    package, command = "plasma-workspace", ("plasmashell",)
    pictures_alike = 10
    environment = {"KDE_FULL_SESSION": "true", "KDE_SESSION_VERSION": "5", "XDG_CURRENT_DESKTOP": "KDE",
                   "XDG_SESSION_TYPE": "x11", "QT_QPA_PLATFORM": "xcb", "QT_QUICK_BACKEND": "software"}
    services = {"org.kde.ActivityManager": LIBRARY + "/libexec/kactivitymanagerd", "org.kde.kded5": "/usr/bin/kded5",
                "org.kde.kglobalaccel": "/usr/bin/kglobalaccel5"}

    def prepare(self):
        super().prepare()
        self.launch("kwin_x11")
        self.names.appeared("org.kde.KWin")

    def is_drawn(self, picture):
        return picture.getcolors(1000) is None  # there is a picture in the background


class Gnome(Desktop):
    """GNOME Shell alone, without a screen of X: it takes its own pictures, and has a pointer made for it."""
    package, command = "gnome-shell", ("gnome-shell", "--headless", "--virtual-monitor", "%dx%d" % SIZE, "--wayland",
                                       "--no-x11", "--unsafe-mode")
    environment = {"GSETTINGS_BACKEND": "keyfile", "XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "GNOME"}
    services = {"ca.desrt.dconf": "/usr/libexec/dconf-service",
                "org.gnome.Shell.Notifications": "/usr/bin/gjs /usr/share/gnome-shell/org.gnome.Shell.Notifications"}
    settings = ("[org/gnome/shell]\nwelcome-dialog-last-shown-version='99'\n"
                "[org/gnome/desktop/screensaver]\nlock-enabled=false\n"
                "[org/gnome/desktop/session]\nidle-delay=uint32 0\n"
                "[org/gnome/desktop/background]\npicture-options='none'\nprimary-color='#4f7388'\n")
    pointer = """
        let device = global.kindlyPointer ??= imports.gi.Clutter.get_default_backend().get_default_seat()
            .create_virtual_device(imports.gi.Clutter.InputDeviceType.POINTER_DEVICE);
        let now = () => imports.gi.GLib.get_monotonic_time();
        device.notify_absolute_motion(now(), %d, %d);
        """

    def prepare(self):
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "glib-2.0/settings")
        os.makedirs(folder)
        with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
            file.write(self.settings)
        system = os.path.join(self.folder, "system")
        os.mkdir(system)
        bus = self.person.keep(Bus(system))
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
        self.launch(sys.executable, "-m", "dbusmock", "--system", "--template", "logind")
        watch = self.person.keep(Caller(bus.address))
        watch.appeared("org.freedesktop.login1")

    def kill(self):
        """The shell, and the program that speaks for it on the bus."""
        pid, = self.names.ask(DBUS, DBUS_OBJECT, DBUS, "GetConnectionUnixProcessID", GLib.Variant("(s)", (NAME,)))
        self.server.kill()
        os.kill(pid, signal.SIGKILL)
        self.names.vanished(NAME)

    def is_drawn(self, picture):
        """Past its start, without the overview, and what it has to say itself put away."""
        return self._evaluate("""
            Main.overview.hide();
            Main.messageTray.getSources().forEach(source => source.destroy());
            !Main.layoutManager._startingUp && !Main.overview.visible && !Main.messageTray._banner
            """) == "true"

    def _evaluate(self, script):
        done, result = self.names.ask("org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell", "Eval",
                                      GLib.Variant("(s)", (script,)))
        assert done, result
        return result

    def picture(self, path):
        self.names.ask("org.gnome.Shell.Screenshot", "/org/gnome/Shell/Screenshot", "org.gnome.Shell.Screenshot",
                       "Screenshot", GLib.Variant("(bbs)", (False, False, path)))
        with Image.open(path) as image:
            return image.convert("RGB")

    def click(self, x, y):
        """What is under the pointer, and that it was pressed, is known once a frame has been drawn."""
        for what in "", "device.notify_button(now(), 1, 1);", "device.notify_button(now(), 1, 0);":
            self._evaluate(self.pointer % (x, y) + what)
            self._wait_for_a_frame()

    def _wait_for_a_frame(self):
        self.picture(os.path.join(self.folder, "frame.png"))

    def move_away(self):
        self._evaluate(self.pointer % (8, SIZE[1] // 2))

    def unfold(self, box):
        """A banner opens under a pointer that moves, once it has come to rest."""
        left, top, right, bottom = box
        for step in range(20):
            self._evaluate(self.pointer % ((left + right) / 2 + step, (top + bottom) / 2))
            self._wait_for_a_frame()
            if self._evaluate("Main.messageTray._banner?.expanded ?? false") == "true":
                break

    def history(self):
        return "%s in its list" % self._evaluate(
            "Main.messageTray.getSources().reduce((sum, source) => sum + source.notifications.length, 0)")


SERVERS = {server.package: server for server in (
    Dunst, Xfce, Mate, Lxqt, NotificationDaemon, Mako, Swaync, Plasma, Gnome)}
