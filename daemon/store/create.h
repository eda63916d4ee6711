/* Making files and folders that only the person can read; and putting another text into a file of theirs. */
#pragma once

#include "daemon/core/base.h"

/* The folder with all its parents, each that is missing with mode 0700 whatever the umask. `path` is changed
 * on the way and as before at the end. */
int create_folders(char *path);

/* A file of mode 0600 with that content, there whole or not at all, and on disk when this returns. Its folder
 * has to be there. -EEXIST: something is there already, and left as it is. */
int create_text(const char *path, const char *text, size_t size);

/* Whether replace_text() would touch it: not a symbolic link (-ELOOP: it is kept elsewhere, by another tool),
 * not what is no regular file (-EINVAL), not what is read-only or lies in a read-only folder (-EACCES,
 * -EROFS), root included. 0 also when nothing is there yet. Other negative errnos: it can't be looked at. */
int replace_check(const char *path);

/* Another text in the place of `before`, there whole or not at all, and on disk when this returns; mode and
 * owner stay. `before` NULL: nothing is there yet, and folders are made. -ESTALE: it isn't `before` that is
 * there. What replace_check() returns. */
int replace_text(const char *path, const char *before, const char *text);

/* The content of a regular file of at most `size_max` bytes, with a NUL that isn't counted. -EFBIG: it is
 * larger. -EINVAL: it is no regular file. */
int read_text(const char *path, size_t size_max, char **ret_text, size_t *ret_size);
