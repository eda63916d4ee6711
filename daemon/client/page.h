/* A page with a person's words on disk: a file that they alone can read, there whole or as it was before. */
#pragma once

#include <stdio.h>

#include "daemon/core/base.h"

/* Writes what is to stand in the file; a negative return is passed on. */
typedef int (*page_writer)(void *userdata, FILE *file);

/* Makes or replaces the file at `path`, mode 0600. What stands there is only ever replaced as a whole, and
 * only if it is a regular file. -ELOOP: it is a symbolic link; -EEXIST: it is something else; others: what
 * writing met. Nothing has changed then. */
int page_save(const char *path, page_writer write, void *userdata);

/* Where the page stands that is opened for a look: $XDG_RUNTIME_DIR/kindly/report.html, in memory and gone at
 * the end of the session. `make`: with its folder, mode 0700. -ENXIO: there is no such place; -EPERM: the
 * folder is not the person's own; others: what making it met. */
int page_path(bool make, char **ret);

/* Opens it with what the desktop has for it, and waits until that has been done. -ENOENT: there is nothing
 * for it here; -EIO: nothing could open it. */
int page_open(const char *path);

/* Removes it. 0 also when there is none. */
int page_drop(void);
