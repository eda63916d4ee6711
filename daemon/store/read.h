/* Reading a file that is open already. */
#pragma once

#include "daemon/core/base.h"

/* Up to `size` bytes into `buffer`, fewer only at the file's end. Negative errno of read(2). */
int read_all(int fd, char *buffer, size_t size, size_t *ret_size);
