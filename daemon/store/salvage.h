/* The inside of the journal: what can still be read of a damaged one. */
#pragma once

#include "daemon/store/schema.h"

/* Reads the file and its WAL page by page, and puts into `into`, which is new and empty, what is whole:
 * events and what follows from them, this device's id and secret, the keeper's numbers, what is open,
 * reminders. What follows counts as of `now_usec` at the latest (entries.h). The damaged one is only read.
 * `ret_entries` counts what a person would call entries. Errors are those of writing, or -ENOMEM; damage is
 * none. */
int salvage(const char *path, struct journal *into, usec_t now_usec, uint64_t *ret_entries);
