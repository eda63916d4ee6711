#!/bin/sh
# run.sh BUILD: uses kindly from its build folder. Where a session bus and a notification server are, prompts appear
# there; where they are not, on a private bus and in this terminal. Shows a first prompt, says what comes next, and
# goes on by the schedule until Ctrl-C, or until standard input ends when that is no terminal.
set -eu
build=$1
bus='' daemon='' input=''
finish() {
    trap - EXIT INT TERM HUP
    [ -z "$input" ] || kill "$input" 2>/dev/null || :
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
    [ -z "$daemon" ] || wait "$daemon" 2>/dev/null || :
    [ -z "$bus" ] || kill "$bus" 2>/dev/null || :
    exit "$1"
}
trap 'finish 0' INT TERM HUP
trap 'finish $?' EXIT

session_bus() { # is there one that answers?
    [ -n "${DBUS_SESSION_BUS_ADDRESS-}" ] || [ -S "${XDG_RUNTIME_DIR:-/nonexistent}/bus" ] || return 1
    call org.freedesktop.DBus org.freedesktop.DBus.GetId >/dev/null 2>&1
}
call() { # destination, method, arguments
    dest=$1 method=$2
    shift 2
    dbus-send --session --print-reply --dest="$dest" /org/freedesktop/DBus "$method" "$@"
}
server() { # a notification server that is there, or would be started
    call org.freedesktop.DBus org.freedesktop.DBus.NameHasOwner string:org.freedesktop.Notifications |
        grep -q 'boolean true' && return 0
    [ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ] || return 1
    call org.freedesktop.DBus org.freedesktop.DBus.ListActivatableNames | grep -q '"org.freedesktop.Notifications"'
}

if ! session_bus; then
    exec 3>&1
    address=$(dbus-daemon --session --fork --print-pid=1 --print-address=1 --nopidfile)
    bus=$(printf '%s\n' "$address" | tail -n 1)
    DBUS_SESSION_BUS_ADDRESS=$(printf '%s\n' "$address" | head -n 1)
    export DBUS_SESSION_BUS_ADDRESS
    echo 'No session bus here: a private one is used.'
fi
presenter=auto
if ! server; then
    presenter=terminal
    echo 'No notification server here: prompts appear in this terminal.'
fi

exec 4<&0 # a background command would get /dev/null
"$build/kindlyd" --presenter "$presenter" <&4 &
daemon=$!
tries=0
until "$build/kindly" status >/dev/null 2>&1; do
    kill -0 "$daemon" 2>/dev/null || { wait "$daemon"; }
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo 'kindlyd does not answer.' >&2; exit 1; }
    sleep 0.05
done
LC_ALL=C.UTF-8 "$build/kindly" status | sed -n "/^Next/p"
[ -z "$bus" ] || echo "Another one, from another terminal: DBUS_SESSION_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS $build/kindly now"
[ ! -t 0 ] || echo 'Ctrl-C ends it.'
if [ $presenter = terminal ]; then "$build/kindly" now >/dev/null; else "$build/kindly" now; fi

if [ -t 0 ]; then
    wait "$daemon"
else # in the background: a signal is heard only while waiting
    cat <&4 >/dev/null &
    input=$!
    wait "$input"
fi
