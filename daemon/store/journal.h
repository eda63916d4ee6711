/* The journal: SQLite, one file, 0600 in a folder 0700.
 *
 * What is written is durable when a call returns (WAL, synchronous=FULL). Events are never changed but by
 * journal_forget(), which overwrites their content. What is open now and the keeper's few numbers stand
 * beside them, in the same transaction. Bodies of queries use indices only: cost does not grow with the
 * journal's length. */
#pragma once

#include "daemon/core/entry.h"
#include "daemon/core/keeper.h"

struct journal;

/* Creates folder and file if need be, migrates an older version (a copy of it stays beside, journal.db.vN,
 * until the new one has been opened twice), and makes the device's id and secret once.
 * Modes that let others in are tightened, that of the folder if it is named "kindly" (another may hold more
 * than the journal). One of ours that is damaged is set aside whole, and a new one begun with what can be
 * read (rescue.h); journal_notice() says so. Any other that can't be used is left as it is. -EROFS, -EACCES,
 * -ENOSPC, -EIO: can't be written; -EMEDIUMTYPE: not a journal; -EUCLEAN: damaged (reading only);
 * -EOVERFLOW: of a newer version. `ret_problem` (may be NULL) is then one sentence in the person's
 * language, owned by the caller. */
int journal_open(const char *path, usec_t now_usec, struct journal **ret, char **ret_problem);

/* The same for one that turned out to be damaged while it was in use; it has to be freed before. */
int journal_replace(const char *given, usec_t now_usec, struct journal **ret, char **ret_problem);

int journal_version(struct journal *journal); /* of its tables; 0: it can't be read */

/* Reads all of it, and looks whether it is sound. 0: it is; 1: it is damaged, and `ret_finding` (may be NULL;
 * the caller frees) is what SQLite found first, without any content. */
int journal_check(struct journal *journal, char **ret_finding);

/* How much is in it. Reads an index, or all of it: not for the daemon. */
struct journal_count {
    uint64_t events, entries; /* entries: prompts that were shown, and lines */
    uint64_t lines;           /* of the person's own */
};
int journal_count(struct journal *journal, struct journal_count *ret);

/* Copies it to another file (0600), while it is in use; the copy is checked before it gets its name. What can
 * be read of a newer version's is copied as it is. -EEXIST: there is something, and `replace` is false;
 * -EISDIR: it isn't a file; -EINVAL: it is the journal itself; -EUCLEAN: the journal is damaged. */
struct journal_copy {
    struct journal_count count;
    uint64_t size;           /* bytes */
    bool readable_by_others; /* the file system has no modes, or its own idea of them */
};
int journal_backup(struct journal *journal, const char *path, bool replace, struct journal_copy *ret);

/* What the person is to be told since a journal was set aside, in a sentence of their language; -ENOENT:
 * nothing. It stands in a file, over restarts, until it was seen. */
int journal_notice(const char *path, char **ret);
int journal_notice_seen(const char *path);

/* For reading beside the daemon, or without it: never writes to the journal nor creates one; SQLite may leave
 * an empty -wal and a -shm beside it. Each read is one short transaction, or several. -ENOENT: there is none
 * yet; -EPROTO: of an older version, which kindlyd will update. One of a newer version is read as far as it
 * is known here; `ret_problem` then says so, and reading may fail with -EUCLEAN. Other errors are those of
 * journal_open(). */
int journal_open_readonly(const char *path, struct journal **ret, char **ret_problem);

/* What to say of such an error in the log, in English. NULL: no memory. */
char *journal_problem(const char *path, int error);

struct journal *journal_free(struct journal *journal); /* always NULL; ends open statements */
DEFINE_CLEANUP(struct journal, journal_free)

const struct hash_key *journal_secret(const struct journal *journal);
const struct uuid *journal_device(const struct journal *journal);

/* The keeper as it was at the last commit. */
int journal_load(struct journal *journal, struct keeper **ret);

/* One transaction: the turn's events, its open prompts and numbers. 0: durable. Nothing is written on
 * failure. -EIO, -ENOSPC, -EROFS, ...: what SQLite met. */
int journal_commit(struct journal *journal, const struct turn *turn);

/* Reminders known so far: a name with another digest, or a new name, starts at `now_usec`; others keep their
 * start, unless it is later than `now_usec`: the clock was ahead when it was noted. One that is gone from the
 * schedule is new when it comes back. Writes only if something changed, and not at all in a journal opened
 * for reading. `starts_usec` gets one value per reminder, in the schedule's order. */
int journal_note_reminders(struct journal *journal, const struct schedule *schedule, usec_t now_usec,
                           usec_t *starts_usec);

/* For struct world. */
bool journal_recorded(struct journal *journal, const char *reminder, usec_t due_usec);
int journal_history(struct journal *journal, usec_t now_usec, const struct zone *zone, struct history *ret);

struct entry_filter {
    usec_t since_usec, until_usec; /* half-open, by time_usec */
    uint32_t limit;                /* 0: none; otherwise the newest that many */
    enum theme theme;              /* THEME_NONE: any */
    const char *grep;              /* NULL; else text or note contains it, without regard to ASCII case */
    bool notes_only;               /* entries with a line of one's own */
    bool missed_too;               /* also occurrences that were not shown */
};

/* Calls `visit` for each, oldest first; a negative return of it ends the walk and is returned. */
int journal_visit(struct journal *journal, const struct entry_filter *filter, entry_visitor visit,
                  void *userdata);

/* -ENOENT: it isn't there, or isn't an entry (a pause). */
int journal_find(struct journal *journal, const struct uuid *id, struct entry *ret);
/* The newest entry that was shown on this device. -ENOENT. */
int journal_newest_shown(struct journal *journal, struct uuid *ret);

/* Kept lines that come back: years of one a day, and soon read. */
#define OWN_LINES_MAX 10000

/* Adds the kept lines, of more than OWN_LINES_MAX the newest by their ids, as prompts of theme own; a
 * prompt's id is the text of its entry's id. Those that are in the library already are left as they are. */
int journal_add_own(struct journal *journal, struct library *library);

/* Forgets what was learned from answers (sums, counts, resting cards), not what was shown and when. */
int journal_reset_learning(struct journal *journal);

/* Erases the content (text, note, choice, why, prompt) of entries for good: overwritten in the file and its
 * WAL, also where a kept line was shown again as a prompt. What was learned stays. A `forgotten` event
 * remains; in a turn given to journal_commit() or an imported one it erases likewise. `turns` of the keeper
 * for open ones are the caller's, also for one of theme own that shows the line (its prompt is the entry's
 * id). 0: done; 1: done, but old pages are still in the WAL, most often because a reader holds them (call
 * journal_flush() again later).
 * -ENOENT: no such entry. The range counts those that had content until now. */
int journal_forget(struct journal *journal, const struct uuid *id, usec_t now_usec, int32_t offset_sec);
int journal_forget_range(struct journal *journal, usec_t since_usec, usec_t until_usec, usec_t now_usec,
                         int32_t offset_sec, uint32_t *ret_count);
/* 0: the WAL is empty; 1: a reader is in the way. */
int journal_flush(struct journal *journal);

/* Gives back the memory of pages and statements; what is needed next is read and prepared again. */
void journal_rest(struct journal *journal);
