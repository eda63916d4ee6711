/* The copies of the journal beside it (beside.h), and what is erased. */
#pragma once

#include "daemon/core/uuid.h"

/* Wipes the copies that hold anything of these entries, each with what belongs to it (-wal, -shm, -journal).
 * A copy is read, never opened as a database: a damaged one can't be trusted to say what is in it. An entry's
 * id stands in the clear beside its content. 0; -EACCES, -EROFS, -EIO, ...: one that holds some is still
 * there. */
int copies_forget(const char *journal_path, const struct uuid *entries, size_t n);
