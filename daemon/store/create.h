/* Making files and folders that only the person can read. */
#pragma once

#include "daemon/core/base.h"

/* The folder with all its parents, each that is missing with mode 0700 whatever the umask. `path` is changed
 * on the way and as before at the end. */
int create_folders(char *path);

/* A file of mode 0600 with that content, there whole or not at all, and on disk when this returns. Its folder
 * has to be there. -EEXIST: something is there already, and left as it is. */
int create_text(const char *path, const char *text, size_t size);
