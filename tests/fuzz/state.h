/* A journal for targets that need one. */
#pragma once

#include "daemon/store/journal.h"
#include "tests/fuzz/fuzz.h"

/* The journal of fuzz_folder(), put back to how it was when it was made: with a few entries, of which one is
 * open and one a kept line. Its device, its secret and its ids are the same in each run. Borrowed. */
struct journal *state_journal(void);
const char *state_path(void);

/* Events in it. */
uint64_t state_events(struct journal *journal);
