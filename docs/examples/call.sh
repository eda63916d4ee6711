#!/bin/sh
# call.sh COMMAND...: no prompts while a call runs, or a talk, or a film: call.sh zoom
#
# What comes due meanwhile waits; when it is over, at most one prompt comes, a minute or more later. Your own pause is
# not touched, and nothing has to be undone, however the command ends. If kindly isn't there, the call takes place.
kindly status --format '{state}' >/dev/null 2>&1 && set -- kindly hold --while "$@"
exec "$@"
