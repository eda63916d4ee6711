#pragma once

#include <sys/types.h>

#include "daemon/core/base.h"

/* How much of kindlyd.service's sandbox a process is in. What the kernel holds it to counts, not what a unit
 * says. */
enum sandbox {
    SANDBOX_NONE,
    SANDBOX_BASIC,  /* no new rights, system calls filtered */
    SANDBOX_STRICT, /* and in a user namespace of one person, with a file system that is read-only */
};

/* A negative errno: /proc doesn't tell. */
int sandbox_of(pid_t pid, enum sandbox *ret);

/* "none", "basic", "strict". */
const char *sandbox_id(enum sandbox sandbox);
