"""A real `systemd --user` in namespaces of its own: a cgroup, processes and /run that nothing outside sees. Only root
can make these. Manager runs as root, with the test's own folders; PersonsManager as an ordinary user with a home in
/home, and kindly installed in /usr/local: what a sandbox hides or lets through is where it really is."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from rig import Caller
from rig_presenter import PATIENCE, Server, stop

# What sd_booted() asks for is a folder in /run; the manager's cgroup is where systemd and logind expect a user's.
INSIDE = r"""
set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/$GROUP
echo 0 >/sys/fs/cgroup/$GROUP/cgroup.procs
umount /sys/fs/cgroup
exec unshare --cgroup sh -ec '
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/systemd/system /sys/fs/cgroup/user.slice/user-0.slice/user@0.service
  (echo 0 >/sys/fs/cgroup/user.slice/user-0.slice/user@0.service/cgroup.procs
   SYSTEMD_LOG_TARGET=console exec /lib/systemd/systemd --user) &
  wait $!'
"""
REMOVE = r"""
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for i in $(seq 50); do
  find /sys/fs/cgroup/$GROUP -depth -type d -exec rmdir {} + 2>/dev/null
  [ -d /sys/fs/cgroup/$GROUP ] || exit 0
  sleep 0.1
done
exit 1
"""
UNSHARE = ["unshare", "--mount", "--propagation", "private"]


class Manager:
    """systemd --user; it is there when it says so."""

    script = INSIDE
    about = {}  # what the script has to know besides

    def __init__(self, env, folder):
        self.env = env
        self.group = {"GROUP": "kindly-%d-%s" % (os.getpid(), os.urandom(4).hex())}
        path = os.path.join(folder, "manager")
        self.log = open(os.path.join(folder, "manager.log"), "wb")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            os.chmod(path, 0o666)
            listener.settimeout(PATIENCE)
            self.process = subprocess.Popen(
                UNSHARE + ["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", self.script],
                env={**env, **self.group, **self.about, "NOTIFY_SOCKET": path}, stdin=subprocess.DEVNULL,
                stdout=self.log, stderr=subprocess.STDOUT)
            try:
                while b"READY=1" not in listener.recv(4096):
                    pass
            except TimeoutError:
                self.stop()
                with open(self.log.name, encoding="utf-8", errors="replace") as log:
                    pytest.fail("no user manager: %s" % log.read())

    def run(self, *command):
        """Runs a command inside: the manager speaks only to processes it can see."""
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid), encoding="ascii") as children:
            inside = children.read().split()[0]
        done = subprocess.run(["nsenter", "--target=" + inside, "--mount", "--pid", "--cgroup", *command], env=self.env,
                              check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=4 * PATIENCE)
        return done.returncode, (done.stdout + done.stderr).decode()

    def systemctl(self, *arguments):
        return self.run("systemctl", "--user", "--no-pager", *arguments)

    def show(self, name):
        return self.systemctl("show", "--value", "--property=" + name, "kindlyd")[1].strip()

    def stop(self):
        self.process.send_signal(signal.SIGKILL)  # --kill-child: all that runs inside goes with it
        stop(self.process)
        self.log.close()
        subprocess.run(UNSHARE + ["sh", "-c", REMOVE], env={**self.env, **self.group}, check=True)


UID = 4242
HOME, RUNTIME = "/home/person", "/run/user/%d" % UID
AS_PERSON = ["setpriv", "--reuid=%d" % UID, "--regid=%d" % UID, "--clear-groups"]
# With the one right that files of whoever runs the tests can be read.
AND_READ = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]

PERSONS = r"""
set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/$GROUP
echo 0 >/sys/fs/cgroup/$GROUP/cgroup.procs
umount /sys/fs/cgroup
exec unshare --cgroup sh -ec '
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/systemd/system /run/systemd/unit-root $XDG_RUNTIME_DIR
  mkdir -m 1777 /run/everybody
  mount -t tmpfs -o mode=755 tmpfs /home
  mkdir $HOME
  mount --bind $FOLDER/home $HOME
  mount --bind $FOLDER/run $XDG_RUNTIME_DIR
  mount --bind $INSTALLED /usr/local
  mount -t tmpfs tmpfs /etc/systemd/user
  for file in passwd group; do
    { cat /etc/$file; printf "$LINE"; } >/run/$file
    mount --bind /run/$file /etc/$file
  done
  group=/sys/fs/cgroup/user.slice/user-$ID.slice/user@$ID.service
  mkdir -p $group
  chown $ID:$ID $group $group/cgroup.procs $group/cgroup.subtree_control $group/cgroup.threads
  cd $HOME
  (echo 0 >$group/cgroup.procs
   [ -z "$BLOCKED" ] || mkfifo /run/mapped
   exec ${BLOCKED:+unshare --user sh -c "read line </run/mapped; exec \"\$@\"" sh} \
     ${BLOCKED:+sh -c "echo 0 >/proc/sys/user/max_user_namespaces; exec \"\$@\"" sh} \
     $AS_PERSON env -u INSTALLED -u FOLDER -u AS_PERSON -u BLOCKED -u LINE -u ID -u GROUP \
     SYSTEMD_LOG_TARGET=console /lib/systemd/systemd --user) &
  manager=$!
  if [ -n "$BLOCKED" ]; then
    until [ "$(readlink /proc/$manager/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do :; done
    echo 0 0 65536 >/proc/$manager/uid_map
    echo 0 0 65536 >/proc/$manager/gid_map
    echo >/run/mapped
  fi
  wait $manager'
"""


@contextlib.contextmanager
def as_person():
    """What connects to the person's bus meanwhile is the person."""
    os.seteuid(UID)
    try:
        yield
    finally:
        os.seteuid(0)


class PersonsServer(Server):
    """A notification server that the person runs."""
    prefix = AS_PERSON + AND_READ


class PersonsManager(Manager):
    """The person's home is `home`; from inside it is HOME. `installed` has bin, lib and share. `blocked`: user
    namespaces are refused, as where user.max_user_namespaces is 0."""

    script = PERSONS

    def __init__(self, installed, *, blocked=False, environment=(), prepare=lambda _home: None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kindly-"))
        self.folder.chmod(0o755)
        self.home, self.runtime = self.folder / "home", self.folder / "run"
        for folder in self.home, self.runtime:
            folder.mkdir(mode=0o700)
            os.chown(folder, UID, UID)
        self.things = []
        prepare(self)
        self.address = "unix:path=%s/bus" % self.runtime
        env = {"PATH": "%s/bin:/usr/local/bin:/usr/bin:/bin" % HOME, "HOME": HOME, "XDG_RUNTIME_DIR": RUNTIME,
               "LC_ALL": "C.UTF-8", "TZ": "UTC", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent",
               **dict(environment)}
        self.outside = {**env, "XDG_RUNTIME_DIR": str(self.runtime), "HOME": str(self.home),
                        "DBUS_SESSION_BUS_ADDRESS": self.address}
        self.about = {"FOLDER": str(self.folder), "INSTALLED": str(installed), "ID": str(UID),
                      "AS_PERSON": " ".join(AS_PERSON), "BLOCKED": "yes" if blocked else "",
                      "LINE": "person:x:%d:%d::%s:/bin/sh\\n" % (UID, UID, HOME)}
        super().__init__(env, str(self.folder))

    def run(self, *command):
        return super().run(*AS_PERSON, "env", "--chdir=" + HOME, "DBUS_SESSION_BUS_ADDRESS=unix:path=%s/bus" % RUNTIME,
                           *command)

    def kindly(self, *arguments):
        status, told = self.run("kindly", *arguments)
        assert status == 0, told
        return told

    def write(self, path, text, mode=0o600):
        """A file of the person's, in the home."""
        path = self.home / path
        for folder in reversed(path.relative_to(self.home).parents):
            if not (self.home / folder).exists():
                (self.home / folder).mkdir(mode=0o700)
                os.chown(self.home / folder, UID, UID)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        os.chown(path, UID, UID)
        return path

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def caller(self):
        with as_person():
            return self.keep(Caller(self.address))

    def serve(self, **how):
        return self.keep(PersonsServer(self.outside, **how))

    def stop(self):
        for thing in reversed(self.things):
            thing.stop()
        super().stop()
        shutil.rmtree(self.folder)
