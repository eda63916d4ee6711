"""What the presenters' tests stand on: a private bus, a notification server that does as it is told, the other end of
a presenter's link (presenter-driver), and a terminal. Nothing here waits for time to pass: every wait is for the next
line or text, and fails after PATIENCE seconds. Everything ends what it started, by its id.

Run as a program, `rig_presenter.py server` or `manager`, this file is that notification server, or a user manager
that starts units: commands are JSON lines on standard input, each acknowledged with {"event": "done"}; what clients ask
comes out as JSON lines.
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 20
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("KINDLY_BUILD") or os.path.join(ROOT, "build", "release"))

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
CAPS = ["actions", "body", "body-markup", "icon-static"]

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <auth>EXTERNAL</auth>
  {services}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  {limits}
</busconfig>
"""
# As a session has them (session.conf of D-Bus); by itself the bus refuses sooner than kindlyd would.
LIMITS = {"max_incoming_bytes": 10**9, "max_outgoing_bytes": 10**9, "max_message_size": 10**9,
          "max_completed_connections": 100_000, "max_connections_per_user": 100_000,
          "max_match_rules_per_connection": 50_000, "max_replies_per_connection": 50_000}


def bus_config(directory, services=None):
    """Of a bus that listens there. `services`: a folder that says what it may start."""
    return BUS_CONFIG.format(directory=directory, services="<servicedir>%s</servicedir>" % services if services else "",
                             limits="".join('<limit name="%s">%d</limit>' % limit for limit in LIMITS.items()))


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_some(fd, deadline):
    """Bytes as they come; b"" at the end."""
    ready, _, _ = select.select([fd], [], [], max(0, deadline - time.monotonic()))
    if not ready:
        raise TimeoutError("nothing came for %d s" % PATIENCE)
    try:
        return os.read(fd, 65536)
    except OSError:  # a terminal whose other side is closed
        return b""


class Lines:
    """Lines from a file descriptor, one at a time."""

    def __init__(self, fd):
        self.fd, self.pending = fd, b""

    def next(self):
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self.pending:
            more = read_some(self.fd, deadline)
            if not more:
                raise EOFError("no more lines")
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()


class Bus:
    """A session bus of its own; it starts nothing but what `services` (a folder) says."""

    def __init__(self, directory, services=None):
        config = os.path.join(directory, "bus.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(bus_config(directory, services))
        self.process = subprocess.Popen(
            ["dbus-daemon", "--config-file=" + config, "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.address = Lines(self.process.stdout.fileno()).next()

    def stop(self):
        stop(self.process)
        self.process.stdout.close()


class Server:
    """A notification server in a process of its own; `how` and the commands are those of serve()."""

    role = "server"
    prefix = []  # a command that runs it

    def __init__(self, env, **how):
        self.process = subprocess.Popen([*self.prefix, sys.executable, os.path.abspath(__file__), self.role], env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = Lines(self.process.stdout.fileno())
        self.events = []
        self.do("set", **how)

    def next(self):
        """The next thing a client asked."""
        return self.events.pop(0) if self.events else json.loads(self.lines.next())

    def do(self, what, **arguments):
        """Returns when it is done, and what it sends is on the bus."""
        self.process.stdin.write(json.dumps({"do": what, **arguments}).encode() + b"\n")
        self.process.stdin.flush()
        while (event := json.loads(self.lines.next()))["event"] != "done":
            self.events.append(event)

    def stop(self):
        stop(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


class Manager(Server):
    """A systemd user manager as far as a unit is started by it; `how` is that of manage()."""

    role = "manager"


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def unescape(text):
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\0", "\\")


class Driver:
    """The daemon's end of a link. Without a terminal the program has no input and `output` is what it prints. `shell` is
    how a shell with jobs runs it, as "$@"."""

    def __init__(self, program, *arguments, env=None, terminal=None, shell=None, journal=False):
        command_read, self.commands = os.pipe()
        self.events, event_write = os.pipe()
        self.output, output_write = os.pipe()
        if journal:  # as systemd says that standard output goes there
            stat = os.fstat(output_write)
            env = {**env, "JOURNAL_STREAM": "%d:%d" % (stat.st_dev, stat.st_ino)}
        command = [os.path.join(BUILD, "tests", "system", "presenter-driver"),
                   "-f", "%d,%d" % (command_read, event_write), os.path.join(BUILD, program), *arguments]
        if shell:
            command = ["bash", "-c", "set -m; " + shell, "bash", *command]
        self.process = subprocess.Popen(
            command, env=env, pass_fds=(command_read, event_write), start_new_session=terminal is not None,
            stdin=terminal.slave if terminal else subprocess.DEVNULL,
            stdout=terminal.slave if terminal else output_write,
            stderr=terminal.slave if shell else None,  # it is there that a shell looks for its terminal
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if terminal else None)
        os.close(command_read)
        os.close(event_write)
        os.close(output_write)
        self.lines = Lines(self.events)
        started, pid = self.next()
        assert started == "started"
        self.pid = int(pid)

    def send(self, *fields):
        os.write(self.commands, "\t".join(escape(field) for field in fields).encode() + b"\n")

    def next(self):
        return tuple(unescape(field) for field in self.lines.next().split("\t"))

    def show(self, card, title="A moment", body="You could rest.", choices=("helpful=Helpful",), **hints):
        self.send("show", card, title, body, *choices,
                  *("hint:%s=%s" % (name, value) for name, value in hints.items()))

    def shown(self, card, *arguments, **named):
        """Shows, and gives the bus, the owner and the server's id of the reply."""
        self.show(card, *arguments, **named)
        event, of_card, *rest = self.next()
        assert (event, of_card) == ("reply", card), rest
        bus, owner, server_id = rest
        return bus, owner, int(server_id)

    def error(self, card, *arguments, **named):
        """Shows, and gives the name of the error."""
        self.show(card, *arguments, **named)
        event, of_card, *rest = self.next()
        assert (event, of_card) == ("error", card), rest
        return rest[0]

    def ask(self, *fields):
        """One more round trip: whatever was to be said before has been said."""
        self.send(*fields)
        return self.next()

    def end(self):
        """Closes the link; gives the program's exit status."""
        self.send("close")
        event, status = self.next()
        assert event == "exit"
        return int(status)

    def stop(self):
        os.close(self.commands)  # which ends it as the end of the daemon would
        try:
            self.process.wait(PATIENCE)
        finally:
            stop(self.process)
            os.close(self.events)
            os.close(self.output)


class Terminal:
    """A terminal as a person has it before them."""

    def __init__(self, columns=80):
        self.master, self.slave = pty.openpty()
        self.resize(columns)
        self.found = termios.tcgetattr(self.slave)
        self.seen = ""

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def see(self, text):
        """Waits until `text` stands there; gives everything up to its end that was not given before."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            more = read_some(self.master, deadline)
            assert more, "the terminal ended with %r" % self.seen
            self.seen += more.decode(errors="replace").replace("\r\n", "\n")
        end = self.seen.index(text) + len(text)
        given, self.seen = self.seen[:end], self.seen[end:]
        return given

    def reads_keys(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def is_as_found(self):
        return termios.tcgetattr(self.slave) == self.found

    def stop(self):
        os.close(self.master)
        os.close(self.slave)


def serve():
    """Commands: set (caps, name, vendor, mode, traits), action (id, key), token (id, token), replied (id, text), closed (id,
    reason), impostor (id, key), noise (id, times: signals that make no sense, of that notification and of others), release.
    Modes: normal; zero (the id 0), error, stale (an error where something is to be replaced), stale-zero (the id 0
    then), hold (Notify is not answered before `release`), crash (the server is gone in the middle of Notify).
    Traits, as servers have them: flood (KDE: the same twice within a second is an error), same-text (lxqt: a text
    that stands already is dropped, with a fresh id), twice (GNOME, swaync: every signal comes twice), at-most-N (MATE:
    more are an error), closing-errors (notification-daemon: an unknown id can't be closed)."""
    import dbus
    import dbus.lowlevel
    import dbus.mainloop.glib
    import dbus.service
    from gi.repository import GLib

    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    how = {"caps": CAPS, "name": "rig", "vendor": "rig", "mode": "normal", "traits": []}
    held = []
    live = {}  # id -> what it says
    last = {"said": None, "at": 0.0}

    def say(event, **values):
        print(json.dumps({"event": event, **values}), flush=True)

    def refusal(said, replaces):
        """The error a notification is refused with by mode or trait."""
        if how["mode"] == "error" or how["mode"] == "stale" and replaces:
            return "org.example.Error.No"
        if "flood" in how["traits"]:
            soon = said == last["said"] and time.monotonic() - last["at"] < 1
            last.update(said=said, at=time.monotonic())
            if soon:
                return NAME + ".Error.ExcessNotificationGeneration"
        limits = [int(trait.rsplit("-", 1)[1]) for trait in how["traits"] if trait.startswith("at-most-")]
        if limits and not replaces and len(live) >= limits[0]:
            return "org.freedesktop.Notifications.MaxNotificationsExceeded"
        return None

    class Notifications(dbus.service.Object):
        last = 0

        @dbus.service.method(NAME, out_signature="as")
        def GetCapabilities(self):
            return dbus.Array(how["caps"], signature="s")

        @dbus.service.method(NAME, out_signature="ssss")
        def GetServerInformation(self):
            return how["name"], how["vendor"], "1", "1.2"

        @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u",
                             async_callbacks=("reply", "fail"))
        def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout, reply, fail):
            said = (str(summary), str(body), tuple(actions))
            error = refusal(said, replaces)
            is_zero = how["mode"] == "zero" or how["mode"] == "stale-zero" and replaces
            server_id = 0
            if not error and not is_zero:
                Notifications.last += 1
                server_id = int(replaces) or Notifications.last
            dropped = "same-text" in how["traits"] and said in live.values() and not replaces
            say("notify", app=app, replaces=int(replaces), icon=icon, summary=summary, body=body,
                actions=list(actions), hints={str(name): hints[name] for name in hints},
                types={str(name): type(hints[name]).__name__ for name in hints}, timeout=int(timeout),
                id=server_id, drawn=bool(server_id) and not dropped)
            if server_id and not dropped:
                live[server_id] = said
            if how["mode"] == "crash":
                os._exit(1)
            if error:
                fail(dbus.DBusException("no", name=error))
            elif how["mode"] == "hold":
                held.append((reply, server_id))
            else:
                reply(dbus.UInt32(server_id))

        @dbus.service.method(NAME, in_signature="u")
        def CloseNotification(self, server_id):
            say("close", id=int(server_id))
            was_live = live.pop(int(server_id), None)
            if not was_live and "closing-errors" in how["traits"]:
                raise dbus.DBusException("no", name=NAME + ".InvalidId")
            self.NotificationClosed(server_id, 3)
            if "twice" in how["traits"]:
                self.NotificationClosed(server_id, 2)

        @dbus.service.signal(NAME, signature="us")
        def ActionInvoked(self, server_id, key):
            pass

        @dbus.service.signal(NAME, signature="us")
        def ActivationToken(self, server_id, token):
            pass

        @dbus.service.signal(NAME, signature="us")
        def NotificationReplied(self, server_id, text):
            pass

        @dbus.service.signal(NAME, signature="uu")
        def NotificationClosed(self, server_id, reason):
            pass

    server = Notifications(bus, PATH)
    owned = dbus.service.BusName(NAME, bus)

    def times():
        return 2 if "twice" in how["traits"] else 1

    def command(what, arguments):
        if what == "set":
            how.update(arguments)
        elif what == "action":
            for _ in range(times()):
                server.ActionInvoked(arguments["id"], arguments["key"])
        elif what == "token":
            server.ActivationToken(arguments["id"], arguments["token"])
        elif what == "replied":
            for _ in range(times()):
                server.NotificationReplied(arguments["id"], arguments["text"])
        elif what == "closed":
            live.pop(arguments["id"], None)
            for _ in range(times()):
                server.NotificationClosed(arguments["id"], arguments["reason"])
        elif what == "impostor":  # the same from a connection that isn't the server
            other = dbus.bus.BusConnection(os.environ["DBUS_SESSION_BUS_ADDRESS"])
            signal = dbus.lowlevel.SignalMessage(PATH, NAME, "ActionInvoked")
            signal.append(dbus.UInt32(arguments["id"]), arguments["key"])
            other.send_message(signal)
            other.flush()
            other.close()
        elif what == "noise":
            card = arguments["id"]
            senseless = (("ActionInvoked", "su", ("helpful", card)), ("ActionInvoked", "u", (card,)),
                         ("ActionInvoked", "", ()), ("ActionInvoked", "us", (card, "no-such-choice")),
                         ("ActionInvoked", "us", (card, "")), ("ActionInvoked", "us", (0, "helpful")),
                         ("ActionInvoked", "us", (2**32 - 1, "helpful")), ("NotificationClosed", "us", (1, "2")),
                         ("NotificationClosed", "uu", (0, 2)), ("NotificationClosed", "uu", (2**32 - 1, 2)),
                         ("NotificationReplied", "uu", (1, 1)),
                         ("NotificationReplied", "us", (2**32 - 1, "x" * 100000)), ("Nonsense", "s", ("x",)))
            for i in range(arguments["times"]):
                member, signature, values = senseless[i % len(senseless)]
                signal = dbus.lowlevel.SignalMessage(PATH, NAME, member)
                signal.append(*values, signature=signature)
                bus.send_message(signal)
        elif what == "release":
            while held:
                reply, server_id = held.pop()
                reply(dbus.UInt32(server_id))
        bus.flush()
        say("done")

    take_commands(command)
    del owned


def take_commands(command):
    """Runs the loop until the end of the commands."""
    from gi.repository import GLib

    lines = Lines(0)

    def on_input(_fd, _condition):
        try:
            request = json.loads(lines.next())
        except EOFError:
            loop.quit()
            return False
        command(request.pop("do"), request)
        return True

    loop = GLib.MainLoop()
    GLib.io_add_watch(0, GLib.IO_IN, on_input)
    loop.run()


def manage():
    """org.freedesktop.systemd1, whose units are children of this process. Command: set (environment: what the manager
    gives to units; refuses: no unit is started)."""
    import dbus
    import dbus.mainloop.glib
    import dbus.service

    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    how = {"environment": [], "refuses": False}
    manager_name = "org.freedesktop.systemd1.Manager"
    units = {}

    def say(event, **values):
        print(json.dumps({"event": event, **values}), flush=True)

    class Systemd(dbus.service.Object):
        @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
        def Get(self, interface, name):
            assert (interface, name) == (manager_name, "Environment")
            return dbus.Array(how["environment"], signature="s")

        @dbus.service.method(manager_name, in_signature="ssa(sv)a(sa(sv))", out_signature="o")
        def StartTransientUnit(self, name, mode, properties, aux):
            assert mode == "fail" and not aux
            if how["refuses"]:
                raise dbus.DBusException("no", name="org.freedesktop.DBus.Error.AccessDenied")
            properties = dict(properties)
            ((path, arguments, ignores),) = properties["ExecStart"]
            output = properties["StandardOutputFileDescriptor"].take()
            environment = [str(variable) for variable in properties["Environment"]]
            assert arguments[0] == path and not ignores
            say("start", name=str(name), environment=environment)
            units[name] = subprocess.Popen(
                [str(argument) for argument in arguments], stdout=output,
                env={"PATH": os.environ["PATH"], **dict(text.split("=", 1) for text in how["environment"] + environment)})
            os.close(output)
            return dbus.ObjectPath("/org/freedesktop/systemd1/job/1")

        @dbus.service.method(manager_name, in_signature="ss", out_signature="o")
        def StopUnit(self, name, mode):
            assert mode == "fail"
            stop(units.pop(name))
            say("stop", name=str(name))
            return dbus.ObjectPath("/org/freedesktop/systemd1/job/2")

    systemd = Systemd(bus, "/org/freedesktop/systemd1")
    owned = dbus.service.BusName("org.freedesktop.systemd1", bus)

    def command(what, arguments):
        assert what == "set"
        how.update(arguments)
        say("done")

    take_commands(command)
    for unit in units.values():
        stop(unit)
    del systemd, owned


if __name__ == "__main__":
    roles = {"server": serve, "manager": manage}
    if len(sys.argv) != 2 or sys.argv[1] not in roles:
        sys.exit("usage: rig_presenter.py server|manager")
    roles[sys.argv[1]]()
