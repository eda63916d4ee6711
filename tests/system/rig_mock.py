"""Services of a desktop, mocked with python-dbusmock in a process of their own (this file, started with --serve)."""

import json
import os
import select
import subprocess
import sys
import time

PATIENCE = 10  # seconds for a line to come; only a failing test needs them

MOCK = "org.freedesktop.DBus.Mock"
LOGIND = "org.freedesktop.login1"
MANAGER = LOGIND + ".Manager"
SESSION = LOGIND + ".Session"
USER = LOGIND + ".User"
NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
DUNST = "org.dunstproject.cmd0"
MAKO = "fr.emersion.Mako"
SWAYNC = "org.erikreider.swaync.cc"
XFCONF = "org.xfce.Xfconf"
IDLE_MONITOR = "org.gnome.Mutter.IdleMonitor"
IDLE_PATH = "/org/gnome/Mutter/IdleMonitor/Core"
SESSIONS = "org.gnome.SessionManager"
POWER = "org.freedesktop.PowerManagement"
POWER_PATH = "/org/freedesktop/PowerManagement/Inhibit"

USER_PATH = "/org/freedesktop/login1/user/_me"
SESSION_PATH = "/org/freedesktop/login1/session/_32"


def serve(spec):
    """Owns the names and objects of `spec` until the end of stdin; the driver's questions are answered as it says."""
    import dbus.mainloop.glib
    import dbusmock
    from gi.repository import GLib

    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    keep = []
    for service in spec:
        bus = dbus.bus.BusConnection(service["address"])
        name = dbus.service.BusName(service["name"], bus, do_not_queue=True)
        objects = {}
        for path, interface, properties, methods in service["objects"]:
            properties = {key: eval(value, {"dbus": dbus}) for key, value in properties.items()}
            if path not in objects:
                objects[path] = dbusmock.DBusMockObject(name, path, interface, properties)
            else:
                objects[path].AddProperties(interface, dbus.Dictionary(properties, signature="sv"))
            for method in methods:
                objects[path].AddMethod(interface, *method)
        keep.append((bus, name, objects))
    loop = GLib.MainLoop()
    GLib.io_add_watch(0, GLib.IO_HUP, lambda *_: loop.quit())
    print("ready", flush=True)
    loop.run()


class Lines:
    """A program with a line for every event."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
        )
        self.buffer = b""

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def next(self):
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no line within {PATIENCE} s; so far {self.buffer!r}"
            part = os.read(self.process.stdout.fileno(), 65536)
            assert part, f"ended instead of saying a line; exit code {self.process.wait()}"
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def end(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(PATIENCE), (self.buffer + rest).decode()


def start_services(services, addresses, environment):
    """Each service: (bus, name, [(path, interface, {property: expression}, [(method, in, out, code)])]); `addresses` says
    where the buses are. Ends with its standard input."""
    spec = [{"address": addresses[bus], "name": name, "objects": objects} for bus, name, objects in services]
    server = Lines([sys.executable, os.path.abspath(__file__), "--serve", json.dumps(spec)], environment)
    assert server.next() == "ready"
    return server


def list_sessions():
    """One of this user without a seat, one of another user, and the one that counts."""
    sessions = (
        f"ret = [('9', dbus.UInt32({os.getuid()}), 'me', '', dbus.ObjectPath('{SESSION_PATH}9')), "
        f"('7', dbus.UInt32(4711), 'other', 'seat0', dbus.ObjectPath('{SESSION_PATH}7')), "
        f"('2', dbus.UInt32({os.getuid()}), 'me', 'seat0', dbus.ObjectPath('{SESSION_PATH}'))]"
    )
    return ("ListSessions", "", "a(susso)", sessions)


def logind(session=None, display=SESSION_PATH, inhibited="''"):
    """A logind with one session of this user, as the real one shows it."""
    properties = {
        "LockedHint": "False",
        "IdleHint": "False",
        "IdleSinceHint": "dbus.UInt64(0)",
        "Active": "True",
        "Id": "'2'",
    }
    properties.update(session or {})
    manager = [("GetUser", "u", "o", f"ret = dbus.ObjectPath('{USER_PATH}')"), list_sessions()]
    return (
        "system",
        LOGIND,
        [
            ("/org/freedesktop/login1", MANAGER, {"BlockInhibited": inhibited}, manager),
            (USER_PATH, USER, {"Display": f"dbus.Struct(('2', dbus.ObjectPath('{display}')), signature='so')"}, []),
            (SESSION_PATH, SESSION, properties, []),
        ],
    )


if __name__ == "__main__" and sys.argv[1] == "--serve":
    serve(json.loads(sys.argv[2]))
