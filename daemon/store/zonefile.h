/* Finds and reads time-zone data, as glibc does: TZ unset: /etc/localtime; TZ="" or unreadable: UTC;
 * TZ=":path" or "Area/City": under TZDIR or /usr/share/zoneinfo, or an absolute path; otherwise a POSIX TZ
 * string. */
#pragma once

#include "daemon/core/zone.h"

/* The zone that a value of TZ means; NULL: unset. -ENOENT: there is no such zone. -ENOMEM, -EMFILE, -EIO,
 * ...: its file can't be read just now. */
int zonefile_load_tz(const char *tz, struct zone **ret);

/* A zone by the name a calendar expression ends with ("UTC", "Europe/Berlin"). -ENOENT: none of that name;
 * -EINVAL: not a name (leading '/', "..", ...). */
int zonefile_load_name(const char *name, struct zone **ret);
