/* The inside of the journal, for the files of the journal only: the database, its tables, its statements.
 *
 * Times are stored as they are in memory (64 bits; USEC_INFINITY is -1), 0 as NULL. Ids of kinds, themes,
 * states are stored as words. A text column of `event` that holds a blob was erased (see entries.c) and reads
 * as NULL. */
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "daemon/core/hash.h"
#include "daemon/core/uuid.h"

#define SCHEMA_APPLICATION 0x6b6e646c /* "kndl", SQLite's application_id: tells our files from others */

/* The versions of the tables: steps[N] brings them from version N to N + 1. */
struct schema {
    const char *const *steps;
    int version;
};
extern const struct schema schema;

/* Every statement that is used while running, in the order of the table in schema.c. */
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,

    STATEMENT_IDENTITY,
    STATEMENT_OPENED,
    STATEMENT_SET_OPENED,
    STATEMENT_KEEPER,
    STATEMENT_SET_KEEPER,
    STATEMENT_OPEN,
    STATEMENT_CLEAR_OPEN,
    STATEMENT_ADD_OPEN,
    STATEMENT_FORGET_OPEN,

    STATEMENT_REMINDERS,
    STATEMENT_SET_REMINDER,
    STATEMENT_DROP_REMINDER,
    STATEMENT_RECORDED,

    STATEMENT_MARKS,
    STATEMENT_HARD_MOMENTS,
    STATEMENT_HARD_LINE,
    STATEMENT_THEMES,
    STATEMENT_SHOWN_BETWEEN,
    STATEMENT_SHOWN_LAST,
    STATEMENT_CARDS,
    STATEMENT_OWN_LINES,

    STATEMENT_ADD_EVENT,
    STATEMENT_IS_FORGOTTEN,
    STATEMENT_IS_FULL,
    STATEMENT_MARK_FIRST,
    STATEMENT_MARK_HARD,
    STATEMENT_MARK_HELPFUL,
    STATEMENT_COUNT_SHOWN,
    STATEMENT_CARD_SHOWN,
    STATEMENT_CARD_RATED,
    STATEMENT_SHOWN_OF,
    STATEMENT_LEARNED,
    STATEMENT_SET_LEARNED,
    STATEMENT_SET_LESS,
    STATEMENT_KEEP_OF,
    STATEMENT_ADD_KEPT,
    STATEMENT_DROP_KEPT,
    STATEMENT_ADD_HARD_LINE,
    STATEMENT_DROP_HARD_LINE,
    STATEMENT_RESET_THEMES,
    STATEMENT_RESET_CARDS,

    STATEMENT_HAS_CONTENT,
    STATEMENT_ERASE,
    STATEMENT_ERASE_OWN,
    STATEMENT_DROP_CARD,

    STATEMENT_HEADS_UP,
    STATEMENT_HEADS_DOWN,
    STATEMENT_ENTRIES_UP,
    STATEMENT_EVENTS_OF,
    STATEMENT_STANDING,
    STATEMENT_NEWEST_SHOWN,
    STATEMENT_EXPORT, /* the only one that reads all of `event` */
    STATEMENT_LAST,
    STATEMENT_EVENT_AT,
    STATEMENT_FORGOTTEN_AFTER,
    STATEMENT_OF_DEVICE,
    STATEMENT_COUNT,
};

struct journal {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared when first used */
    struct uuid device;
    struct hash_key secret;
    bool newer;      /* of a newer version than ours, and only read: what isn't known here is passed over */
    ino_t file, wal; /* of a writer: itself, and the file it has as its WAL; 0: not known */
    struct uuid *erased; /* entries whose content this transaction erases; copies that hold it go too */
    size_t n_erased, erased_capacity;
};

const char *statement_sql(enum statement statement);

/* What SQLite's result code means as a negative errno; 0 for success. */
int schema_error(sqlite3 *db, int code);

/* Runs statements that are not in the table: at start, and on copies. */
int schema_execute(sqlite3 *db, const char *sql);

/* Checks that the database is ours and not of a newer version, without writing: -EMEDIUMTYPE (another
 * program's), -EUCLEAN, -EOVERFLOW.
 * `ret_version` is 0 for an empty file. */
int schema_check(sqlite3 *db, const struct schema *of, int *ret_version);

/* Sets how this connection works; a writer also makes the file a WAL one. -EOPNOTSUPP: the file system can't.
 */
int schema_configure(sqlite3 *db, bool writer);

/* Brings the tables from `version` to that of `to`, in one transaction; a new journal gets the device's id
 * and secret, and starts at `now_usec`. Copies of the version before are the caller's. */
int schema_migrate(sqlite3 *db, const struct schema *to, int version, usec_t now_usec);

/* journal_open() with other versions than ours, for tests of the steps from one to the next. */
int journal_open_as(const struct schema *as, const char *path, usec_t now_usec, struct journal **ret,
                    char **ret_problem);

/* Whether the database itself was moved, removed or replaced since it was opened. */
bool schema_moved(sqlite3 *db);
/* The files that stand in its place, and in that of its WAL; 0: none. */
ino_t schema_file(sqlite3 *db);
ino_t schema_wal(sqlite3 *db);

/* One transaction: transaction_end() commits if `r` is not negative, else rolls back; returns `r` or what the
 * commit met. Copies of the journal that hold what is erased are deleted before that (copies.h), so that none
 * outlives it. -ESTALE: the file or its WAL was moved, removed or replaced meanwhile, so that nothing written
 * would be found again. */
int transaction_begin(struct journal *journal);
int transaction_end(struct journal *journal, int r);

/* One run of a statement: put the parameters in order, step, get the columns in order. The first error sticks
 * and is returned by the next step, so that puts and gets need no checks of their own; after the last get ask
 * `query.error`. Texts and ids put in are borrowed until the query ends. */
struct query {
    struct journal *journal;
    sqlite3_stmt *statement;
    int next;
    int error;
};

struct query query_start(struct journal *journal, enum statement statement);
void query_end(struct query *query);
#define _cleanup_query_ _cleanup_(query_end)

void put_integer(struct query *query, int64_t value);
void put_usec(struct query *query, usec_t value);
void put_bound(struct query *query,
               usec_t value); /* the end of a range: what SQLite can't count is its maximum */
void put_real(struct query *query, double value);
void put_text(struct query *query, const char *text); /* may be NULL */
void put_uuid(struct query *query, const struct uuid *id);

/* 1: a row; 0: there is none (any more); negative: an error. */
int query_step(struct query *query);
/* For statements without rows, or whose rows don't matter. */
int query_run(struct query *query);

int64_t get_integer(struct query *query);
uint32_t get_count(struct query *query);
bool get_bool(struct query *query);
usec_t get_usec(struct query *query);
double get_real(struct query *query);
/* The caller frees; NULL: none, or an error. Always UTF-8: SQLite doesn't look, and a bit on a disk can turn.
 */
char *get_text(struct query *query);
const char *get_word(struct query *query);        /* borrowed until the next step; "" for none */
void get_bytes16(struct query *query, void *ret); /* an id or key; zeroes for none */
