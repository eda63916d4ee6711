/* The inside of the journal: a damaged one is set aside whole, and a new one takes its place.
 *
 * The new one is made beside it first, with what could be read; only when it is complete and durable the two
 * change places. Whenever that is interrupted, the next start goes on from there: either the damaged one
 * stands as it was, or the complete new one takes its place (rescue_finish). Names are in beside.h. */
#pragma once

#include "daemon/core/base.h"

/* Whether a file that can't be used as a journal is one of ours that was damaged: its header says so, or it
 * has none (zeroes after a power loss, noise) and stands where only ours would, as kindly/journal.db. Another
 * program's database never is. */
bool rescue_is_ours(const char *path);

/* Makes the new one and puts it in place. `path` has no link in its folder, and nobody has it open. */
int rescue(const char *path, usec_t now_usec);

/* Puts a complete new one in place that waits for it; 0 also when none does. */
int rescue_finish(const char *path);
