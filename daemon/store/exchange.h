/* Entries as JSON lines: what `kindly export` and `kindly sync` write and Import takes in.
 *
 * One event a line, an object with these keys; a key without a value is left out, an unknown one is ignored:
 *   version     1
 *   id, entry   UUIDs; events of one entry share `entry`, and its first event has that very id
 *   device      UUID of the machine it happened on
 *   kind        shown, missed, answered, stepped, snoozed, closed, noted, kept, paused, resumed, forgotten,
 *               for-hard-day
 *   time_usec   microseconds since 1970-01-01 00:00:00 UTC; offset_sec: of local time then, east of UTC
 *   due_usec    of the occurrence; left out when it was asked for by hand
 *   until_usec  snoozed, paused (18446744073709551615: until resumed)
 *   theme       a theme; step: of a practice; keep: whether a kept line comes back
 *   reminder, prompt, text, choice, note, detail (why missed, how closed), why (how it was chosen)
 * The device's secret, the schedule and what is open now are not part of it. */
#pragma once

#include <stdio.h>

#include "daemon/store/journal.h"

#define EXCHANGE_VERSION  1
#define EXCHANGE_LINE_MAX (64 * 1024)         /* bytes of a line: some ten times what an event can hold */
#define EXCHANGE_FILE_MAX (256 * 1024 * 1024) /* bytes of a file: about a million events */

/* Writes the events of entries whose time is in [since, until), in the order they were written down.
 * `device`: only those that happened on it; NULL: of all. `stream` is not flushed. -EIO, ...: what writing
 * met, or the journal. */
int exchange_export(struct journal *journal, FILE *stream, usec_t since_usec, usec_t until_usec,
                    const struct uuid *device);

/* Takes in a file, from its beginning: all of it is checked first, then all of it is added in one
 * transaction. Events that are there already are left as they are; of an entry that was forgotten here, only
 * that there was something is taken in; and what was forgotten elsewhere is forgotten here. `ret_count`: how
 * many entries are new. -EINVAL: `ret_message` (may be NULL; the caller frees it) is "line N: what is wrong,
 * and what is allowed", or what is wrong with the file; nothing has changed. Other errors are those of the
 * journal or of reading. */
int exchange_import(struct journal *journal, int fd, uint32_t *ret_count, char **ret_message);
