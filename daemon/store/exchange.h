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
#define EXCHANGE_PORTION  (1024 * 1024) /* what the daemon is given at once: it is busy for about 0.1 s */
/* Bytes that exchange_import() takes at once, and the daemon's Import with it: a portion and its last line,
 * and room for who makes portions of their own. */
#define EXCHANGE_IMPORT_MAX (2 * 1024 * 1024)

/* Writes the events of entries whose time is in [since, until), in the order they were written down.
 * `device`: only those that happened on it; NULL: of all. `stream` is not flushed. -EIO, ...: what writing
 * met, or the journal. */
int exchange_export(struct journal *journal, FILE *stream, usec_t since_usec, usec_t until_usec,
                    const struct uuid *device);

/* Writes the events of one device that were added after the one at `after`, up to the one at `until`; these
 * are places in the journal's own order (see share.c). */
int exchange_export_after(struct journal *journal, FILE *stream, const struct uuid *device, int64_t after,
                          int64_t until);

/* How a file from elsewhere is read in whole lines. */
struct exchange_reading {
    int fd;
    off_t from;                /* where to begin: at the beginning of a line */
    unsigned lines_before;     /* so that a message names the right line */
    const struct uuid *device; /* NULL: any; else every event has to have happened on it */
    bool unfinished_too;       /* a last line without a newline counts; else it waits */
    /* Called with each portion of lines that are right, in `fd` from its beginning (a file in memory, the
     * caller's until it returns), and where it ends in the file read. A negative return ends the reading and
     * is returned. NULL: only check. */
    int (*take)(void *userdata, int fd, off_t end);
    void *userdata;
};

/* Reads and checks as exchange_import() does, without a journal. Lines before a mistake are taken, it and
 * what follows are not. `ret_end`: after the last whole line. -EINVAL with `ret_message`, as below. */
int exchange_read(const struct exchange_reading *reading, off_t *ret_end, char **ret_message);

/* Takes in a file of at most EXCHANGE_IMPORT_MAX, from its beginning: all of it is checked first, then all of
 * it is added in one transaction. Events that are there already are left as they are; of an entry that was
 * forgotten here, only that there was something is taken in; and what was forgotten elsewhere is forgotten
 * here: journal_flush() and the keeper are the caller's. What is said to be later than `now_usec` counts as
 * of now. `ret_count`: how many entries are new. -EINVAL: `ret_message` (may be NULL; the caller frees it) is
 * "line N: what is wrong, and what is allowed", or what is wrong with the file; nothing has changed. Other
 * errors are those of the journal or of reading. */
int exchange_import(struct journal *journal, int fd, usec_t now_usec, uint32_t *ret_count,
                    char **ret_message);
