/* The tables of the journal and every statement on them, each in one table below.
 *
 * `event` only grows at its end and its rows never change their size: SQLite then never moves a row between
 * pages. That is what makes erasing certain: secure_delete zeroes what is deleted, but a page that was split
 * or merged can keep a stale copy of a row in its gap. For the same reason `event` has a rowid, and texts
 * stand in no index. All other tables are derived from it or small; of them only `open` holds text, and is
 * cleared whole. */
#include "daemon/store/schema.h"

#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "daemon/core/letters.h"
#include "daemon/store/copies.h"

/* How long a call waits for another process: readers end in milliseconds, and only the daemon writes. */
#define SCHEMA_BUSY_MSEC 200

/* `theme`: the sums are those of decayed_usec. `state` is one row: who this device
 * is, how often it was opened since an update (2: enough, see journal-open.c), the keeper's numbers, and
 * marks in the history. */
static const char *const migrations[] = {
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, entry BLOB NOT NULL,"
    " device BLOB NOT NULL, kind TEXT NOT NULL, time_usec INTEGER NOT NULL, offset_sec INTEGER NOT NULL,"
    " due_usec INTEGER, until_usec INTEGER, theme TEXT, step INTEGER NOT NULL, keep INTEGER NOT NULL,"
    " reminder TEXT, prompt TEXT, text TEXT, choice TEXT, note TEXT, detail TEXT, why TEXT);"
    "CREATE INDEX event_entry ON event (entry);"
    "CREATE INDEX event_head ON event (time_usec) WHERE id = entry;"
    "CREATE INDEX event_shown ON event (time_usec) WHERE kind = 'shown';"
    "CREATE INDEX event_due ON event (reminder, due_usec) WHERE due_usec IS NOT NULL;"
    "CREATE INDEX event_own ON event (prompt) WHERE theme = 'own';"
    "CREATE INDEX event_hard ON event (time_usec) WHERE choice = 'hard';"

    "CREATE TABLE open (place INTEGER PRIMARY KEY, id BLOB NOT NULL, state TEXT NOT NULL,"
    " stage TEXT NOT NULL, reminder TEXT, due_usec INTEGER, by_hand INTEGER NOT NULL,"
    " hold_until_usec INTEGER, not_before_usec INTEGER, held INTEGER NOT NULL, theme TEXT, prompt TEXT,"
    " title TEXT, text TEXT, line TEXT, why TEXT, write INTEGER NOT NULL, practice INTEGER NOT NULL,"
    " step INTEGER NOT NULL, shown_usec INTEGER, expires_usec INTEGER, answered INTEGER NOT NULL,"
    " on_screen INTEGER NOT NULL, bus_id TEXT, owner TEXT, server_id INTEGER NOT NULL,"
    " snoozes INTEGER NOT NULL, until_usec INTEGER, until_boot_usec INTEGER, boot_id BLOB NOT NULL);"

    "CREATE TABLE reminder (name TEXT PRIMARY KEY, digest INTEGER NOT NULL, start_usec INTEGER NOT NULL)"
    " WITHOUT ROWID;"

    "CREATE TABLE theme (theme TEXT PRIMARY KEY, shown INTEGER NOT NULL DEFAULT 0, shown_usec INTEGER,"
    " helped REAL NOT NULL DEFAULT 0, not_helped REAL NOT NULL DEFAULT 0, decayed_usec INTEGER,"
    " rated INTEGER NOT NULL DEFAULT 0, rated_helpful INTEGER NOT NULL DEFAULT 0,"
    " not_for_me INTEGER NOT NULL DEFAULT 0, less INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"

    "CREATE TABLE card (prompt TEXT PRIMARY KEY, shown_usec INTEGER, resting INTEGER NOT NULL DEFAULT 0)"
    " WITHOUT ROWID;"
    "CREATE INDEX card_shown ON card (shown_usec);"
    "CREATE INDEX card_resting ON card (resting) WHERE resting = 1;"

    "CREATE TABLE kept (entry BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE hard_line (entry BLOB PRIMARY KEY, time_usec INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), device BLOB NOT NULL,"
    " opened INTEGER NOT NULL DEFAULT 2,"
    " secret BLOB NOT NULL, planned_until_usec INTEGER, latest_due_usec INTEGER,"
    " paused_until_usec INTEGER, last_shown_usec INTEGER, day INTEGER NOT NULL DEFAULT 0,"
    " day_count INTEGER NOT NULL DEFAULT 0, commands_named INTEGER NOT NULL DEFAULT 0,"
    " guidance INTEGER NOT NULL DEFAULT 0, fewer INTEGER NOT NULL DEFAULT 0,"
    " fewer_count INTEGER NOT NULL DEFAULT 0, drift_days INTEGER NOT NULL DEFAULT 0,"
    " drift_day INTEGER NOT NULL DEFAULT 0, offer_day INTEGER NOT NULL DEFAULT 0, then_usec INTEGER,"
    " first_usec INTEGER, hard_usec INTEGER, helpful_usec INTEGER);",
};

const struct schema schema = {.steps = migrations, .version = ELEMENTSOF(migrations)};

#define EVENT_COLUMNS                                                                                        \
    "id, entry, device, kind, time_usec, offset_sec, due_usec, until_usec, theme, step, keep, reminder, "    \
    "prompt, text, choice, note, detail, why"
#define EVENT_COLUMNS_OF_E                                                                                   \
    "e.id, e.entry, e.device, e.kind, e.time_usec, e.offset_sec, e.due_usec, e.until_usec, e.theme, "        \
    "e.step, e.keep, e.reminder, e.prompt, e.text, e.choice, e.note, e.detail, e.why"
#define OPEN_COLUMNS                                                                                         \
    "place, id, state, stage, reminder, due_usec, by_hand, hold_until_usec, not_before_usec, held, theme, "  \
    "prompt, title, text, line, why, write, practice, step, shown_usec, expires_usec, answered, on_screen, " \
    "bus_id, owner, server_id, snoozes, until_usec, until_boot_usec, boot_id"

/* As long as before, byte for byte. */
#define ZEROED(column) column " = zeroblob(length(CAST(" column " AS BLOB)))"

/* Which index a statement on `event` uses is said in it, so that no version of SQLite chooses to read all. */
static const char *const statements[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",

    [STATEMENT_IDENTITY] = "SELECT device, secret FROM state",
    [STATEMENT_OPENED] = "SELECT opened FROM state",
    [STATEMENT_SET_OPENED] = "UPDATE state SET opened = ?",
    [STATEMENT_KEEPER] = "SELECT planned_until_usec, latest_due_usec, paused_until_usec, last_shown_usec,"
                         " day, day_count, commands_named, guidance, fewer, fewer_count, drift_days,"
                         " drift_day, offer_day, then_usec FROM state",
    [STATEMENT_SET_KEEPER] = "UPDATE state SET planned_until_usec = ?, latest_due_usec = ?,"
                             " paused_until_usec = ?, last_shown_usec = ?, day = ?, day_count = ?,"
                             " commands_named = ?, guidance = ?, fewer = ?, fewer_count = ?,"
                             " drift_days = ?, drift_day = ?, offer_day = ?, then_usec = ?",
    [STATEMENT_OPEN] = "SELECT " OPEN_COLUMNS " FROM open ORDER BY place",
    [STATEMENT_CLEAR_OPEN] = "DELETE FROM open",
    [STATEMENT_ADD_OPEN] = "INSERT INTO open (" OPEN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                           " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_FORGET_OPEN] = "DELETE FROM open WHERE id = ?1 OR (theme = 'own' AND prompt = ?2)",

    [STATEMENT_REMINDERS] = "SELECT name, digest, start_usec FROM reminder ORDER BY name",
    [STATEMENT_SET_REMINDER] = "INSERT INTO reminder (name, digest, start_usec) VALUES (?, ?, ?)"
                               " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest,"
                               " start_usec = excluded.start_usec",
    [STATEMENT_DROP_REMINDER] = "DELETE FROM reminder WHERE name = ?",
    [STATEMENT_RECORDED] = "SELECT 1 FROM event INDEXED BY event_due"
                           " WHERE reminder = ? AND due_usec = ? AND device = ? LIMIT 1",

    [STATEMENT_MARKS] = "SELECT first_usec, hard_usec, helpful_usec FROM state",
    [STATEMENT_HARD_MOMENTS] = "SELECT count(DISTINCT entry) FROM event INDEXED BY event_hard"
                               " WHERE choice = 'hard' AND time_usec >= ? AND time_usec <= ?",
    [STATEMENT_HARD_LINE] = "SELECT (SELECT note FROM event INDEXED BY event_entry"
                            " WHERE event.entry = hard_line.entry AND typeof(note) = 'text'"
                            " ORDER BY seq DESC LIMIT 1) FROM hard_line ORDER BY time_usec DESC, entry DESC"
                            " LIMIT 1",
    [STATEMENT_THEMES] = "SELECT theme, shown, shown_usec, helped, not_helped, decayed_usec, rated,"
                         " rated_helpful, not_for_me, less FROM theme",
    [STATEMENT_SHOWN_BETWEEN] = "SELECT theme FROM event INDEXED BY event_shown WHERE kind = 'shown'"
                                " AND time_usec >= ? AND time_usec < ? AND due_usec IS NOT NULL",
    [STATEMENT_SHOWN_LAST] = "SELECT theme FROM event INDEXED BY event_shown WHERE kind = 'shown'"
                             " AND due_usec IS NOT NULL AND theme IS NOT NULL AND time_usec <= ?"
                             " ORDER BY time_usec DESC, seq DESC LIMIT ?",
    [STATEMENT_CARDS] = "SELECT prompt, shown_usec, resting FROM card WHERE shown_usec >= ? OR resting = 1"
                        " OR (prompt >= 'offer:' AND prompt < 'offer;') ORDER BY prompt",
    /* Not of an entry that was marked hard. */
    [STATEMENT_OWN_LINES] =
        "SELECT kept.entry, line.note, line.time_usec FROM (SELECT entry FROM kept ORDER BY entry DESC LIMIT "
        "?)"
        " AS kept CROSS JOIN event AS line ON line.seq ="
        " (SELECT max(seq) FROM event INDEXED BY event_entry WHERE event.entry = kept.entry"
        " AND typeof(note) = 'text') WHERE NOT EXISTS (SELECT 1 FROM event INDEXED BY event_entry"
        " WHERE event.entry = kept.entry AND choice = 'hard')",

    [STATEMENT_ADD_EVENT] = "INSERT INTO event (" EVENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                            " ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    [STATEMENT_IS_FORGOTTEN] = "SELECT 1 FROM event INDEXED BY event_entry"
                               " WHERE entry = ? AND kind = 'forgotten' LIMIT 1",
    [STATEMENT_IS_FULL] = "SELECT 1 FROM event INDEXED BY event_entry WHERE entry = ? LIMIT 1 OFFSET ? - 1",
    [STATEMENT_MARK_FIRST] = "UPDATE state SET first_usec = ?1"
                             " WHERE first_usec IS NULL OR first_usec > ?1",
    [STATEMENT_MARK_HARD] = "UPDATE state SET hard_usec = ?1 WHERE hard_usec IS NULL OR hard_usec < ?1",
    [STATEMENT_MARK_HELPFUL] = "UPDATE state SET helpful_usec = ?1"
                               " WHERE helpful_usec IS NULL OR helpful_usec < ?1",
    [STATEMENT_COUNT_SHOWN] = "INSERT INTO theme (theme, shown, shown_usec) VALUES (?, 1, ?)"
                              " ON CONFLICT (theme) DO UPDATE SET shown = shown + 1,"
                              " shown_usec = max(coalesce(shown_usec, 0), excluded.shown_usec)",
    [STATEMENT_CARD_SHOWN] = "INSERT INTO card (prompt, shown_usec) VALUES (?, ?)"
                             " ON CONFLICT (prompt) DO UPDATE"
                             " SET shown_usec = max(coalesce(shown_usec, 0), excluded.shown_usec)",
    [STATEMENT_CARD_RATED] = "INSERT INTO card (prompt, resting) VALUES (?, ?)"
                             " ON CONFLICT (prompt) DO UPDATE SET resting = excluded.resting",
    [STATEMENT_SHOWN_OF] = "SELECT theme, prompt FROM event INDEXED BY event_entry"
                           " WHERE entry = ? AND kind = 'shown' ORDER BY seq LIMIT 1",
    [STATEMENT_LEARNED] = "SELECT helped, not_helped, decayed_usec, rated, rated_helpful, not_for_me"
                          " FROM theme WHERE theme = ?",
    [STATEMENT_SET_LEARNED] =
        "INSERT INTO theme (theme, helped, not_helped, decayed_usec, rated,"
        " rated_helpful, not_for_me) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (theme) DO UPDATE SET"
        " helped = excluded.helped, not_helped = excluded.not_helped,"
        " decayed_usec = excluded.decayed_usec, rated = excluded.rated,"
        " rated_helpful = excluded.rated_helpful, not_for_me = excluded.not_for_me",
    [STATEMENT_SET_LESS] = "INSERT INTO theme (theme, less) VALUES (?, ?) ON CONFLICT (theme) DO UPDATE"
                           " SET less = excluded.less",
    /* By what the events say alone, so that every device comes to the same; a line is kept in the very turn
     * that notes it. */
    [STATEMENT_KEEP_OF] =
        "SELECT keep FROM event INDEXED BY event_entry WHERE entry = ? AND"
        " kind IN ('noted', 'kept') ORDER BY time_usec DESC, kind = 'kept' DESC, id DESC LIMIT 1",
    [STATEMENT_ADD_KEPT] = "INSERT INTO kept (entry) VALUES (?) ON CONFLICT (entry) DO NOTHING",
    [STATEMENT_DROP_KEPT] = "DELETE FROM kept WHERE entry = ?",
    [STATEMENT_ADD_HARD_LINE] = "INSERT INTO hard_line (entry, time_usec) VALUES (?, ?)"
                                " ON CONFLICT (entry) DO UPDATE SET time_usec = max(time_usec,"
                                " excluded.time_usec)",
    [STATEMENT_DROP_HARD_LINE] = "DELETE FROM hard_line WHERE entry = ?",
    [STATEMENT_RESET_THEMES] = "UPDATE theme SET helped = 0, not_helped = 0, rated = 0, rated_helpful = 0,"
                               " not_for_me = 0, less = 0",
    [STATEMENT_RESET_CARDS] = "UPDATE card SET resting = 0 WHERE resting = 1",

    [STATEMENT_HAS_CONTENT] = "SELECT 1 FROM event INDEXED BY event_entry WHERE entry = ?"
                              " AND 'text' IN (typeof(prompt), typeof(text), typeof(choice), typeof(note),"
                              " typeof(why)) LIMIT 1",
    [STATEMENT_ERASE] = "UPDATE event INDEXED BY event_entry SET " ZEROED("prompt") ", " ZEROED(
        "text") ", " ZEROED("choice") ", " ZEROED("note") ", " ZEROED("why") " WHERE entry = ?",
    [STATEMENT_ERASE_OWN] =
        "UPDATE event INDEXED BY event_own SET " ZEROED("text") " WHERE theme = 'own' AND prompt = ?",
    [STATEMENT_DROP_CARD] = "DELETE FROM card WHERE prompt = ?",

    [STATEMENT_HEADS_UP] = "SELECT id, seq, time_usec FROM event INDEXED BY event_head WHERE id = entry"
                           " AND kind NOT IN ('paused', 'resumed') AND (?1 OR kind <> 'missed')"
                           " AND time_usec >= ?2 AND time_usec < ?3 AND (time_usec > ?2 OR seq > ?4)"
                           " ORDER BY time_usec, seq LIMIT ?5",
    [STATEMENT_HEADS_DOWN] = "SELECT id, seq, time_usec FROM event INDEXED BY event_head WHERE id = entry"
                             " AND kind NOT IN ('paused', 'resumed') AND (?1 OR kind <> 'missed')"
                             " AND time_usec >= ?2 AND time_usec <= ?3 AND (time_usec < ?3 OR seq < ?4)"
                             " ORDER BY time_usec DESC, seq DESC LIMIT ?5",
    [STATEMENT_ENTRIES_UP] =
        "SELECT head.seq, head.time_usec,"
        " CASE e.seq WHEN head.seq THEN EXISTS (SELECT 1 FROM kept WHERE entry = head.id) END,"
        " CASE e.seq WHEN head.seq THEN EXISTS (SELECT 1 FROM open WHERE id = head.id) "
        "END, " EVENT_COLUMNS_OF_E " FROM event AS head INDEXED BY event_head"
        " CROSS JOIN event AS e INDEXED BY event_entry ON e.entry = head.id"
        " WHERE head.id = head.entry AND head.kind NOT IN ('paused', 'resumed')"
        " AND (?1 OR head.kind <> 'missed') AND head.time_usec >= ?2"
        " AND head.time_usec < ?3 AND (head.time_usec > ?2 OR head.seq > ?4)"
        " ORDER BY head.time_usec, head.seq, e.seq",
    [STATEMENT_EVENTS_OF] = "SELECT " EVENT_COLUMNS " FROM event INDEXED BY event_entry WHERE entry = ?"
                            " ORDER BY seq",
    [STATEMENT_STANDING] = "SELECT EXISTS (SELECT 1 FROM kept WHERE entry = ?1),"
                           " EXISTS (SELECT 1 FROM open WHERE id = ?1)",
    [STATEMENT_NEWEST_SHOWN] = "SELECT entry FROM event INDEXED BY event_shown WHERE kind = 'shown'"
                               " AND device = ? ORDER BY time_usec DESC, seq DESC LIMIT 1",
    /* An event belongs to the time of its entry; one whose entry isn't here, to its own. */
    [STATEMENT_EXPORT] = "SELECT seq, " EVENT_COLUMNS " FROM event AS e WHERE seq > ?1"
                         " AND (?2 IS NULL OR device = ?2) AND coalesce((SELECT head.time_usec"
                         " FROM event AS head WHERE head.id = e.entry), time_usec) BETWEEN ?3 AND ?4"
                         " ORDER BY seq LIMIT ?5",
    [STATEMENT_LAST] = "SELECT seq, id FROM event WHERE seq = (SELECT max(seq) FROM event)",
    [STATEMENT_EVENT_AT] = "SELECT id FROM event WHERE seq = ?",
    [STATEMENT_FORGOTTEN_AFTER] = "SELECT 1 FROM event WHERE seq > ? AND kind = 'forgotten' LIMIT 1",
    [STATEMENT_OF_DEVICE] = "SELECT seq, " EVENT_COLUMNS " FROM event WHERE seq > ? AND seq <= ?"
                            " AND device = ? ORDER BY seq LIMIT ?",
};

const char *statement_sql(enum statement statement) {
    return statements[statement];
}

int schema_error(sqlite3 *db, int code) {
    int os = db ? sqlite3_system_errno(db) : 0;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CANTOPEN:
        return os > 0 && os != ENOENT ? -os : -EACCES;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR: /* our statements are right, so the tables aren't */
        return -EUCLEAN;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    default:
        return -EIO;
    }
}

int schema_execute(sqlite3 *db, const char *sql) {
    return schema_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static int ask(sqlite3 *db, const char *sql, int *ret) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return schema_error(db, code);
}

int schema_check(sqlite3 *db, const struct schema *of, int *ret_version) {
    int version = 0, application = 0, tables = 0;
    int r = ask(db, "PRAGMA user_version", &version);
    if (r >= 0)
        r = ask(db, "PRAGMA application_id", &application);
    if (r >= 0)
        r = ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (r < 0)
        return r;
    bool empty = version == 0 && application == 0 && tables == 0;
    if (!empty && application != SCHEMA_APPLICATION)
        return -EMEDIUMTYPE;
    if (!empty && version < 1)
        return -EUCLEAN;
    if (version > of->version)
        return -EOVERFLOW;
    *ret_version = version;
    return 0;
}

/* Nothing that was written may spill to a temporary file; little memory, since the daemon is always there; a
 * WAL that had to grow shrinks again. */
int schema_configure(sqlite3 *db, bool writer) {
    int code = sqlite3_busy_timeout(db, SCHEMA_BUSY_MSEC);
    if (code != SQLITE_OK)
        return schema_error(db, code);
    int r = schema_execute(db, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -200; PRAGMA mmap_size = 0;"
                               "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    if (r < 0)
        return r;
    if (!writer)
        return schema_execute(db, "PRAGMA query_only = ON;");
    r = schema_execute(db, "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 1048576;"
                           "PRAGMA wal_autocheckpoint = 250;");
    if (r < 0)
        return r;
    int is_wal = 0;
    r = ask(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &is_wal);
    if (r < 0)
        return r;
    return is_wal ? 0 : -EOPNOTSUPP;
}

/* Who this device is: chosen once. */
static int add_identity(sqlite3 *db, usec_t now_usec) {
    uint8_t random[32];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -EIO;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        db, "INSERT INTO state (one, device, secret, planned_until_usec) VALUES (1, ?, ?, ?)", -1, &statement,
        NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 1, random, 16, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 2, random + 16, 16, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, (int64_t)now_usec);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    int r = schema_error(db, code);
    sqlite3_finalize(statement);
    return r;
}

static int migrate(sqlite3 *db, const struct schema *to, int version, usec_t now_usec) {
    for (int i = version; i < to->version; i++) {
        int r = schema_execute(db, to->steps[i]);
        if (r < 0)
            return r;
    }
    int r = version == 0 ? add_identity(db, now_usec) : schema_execute(db, "UPDATE state SET opened = 0");
    if (r < 0)
        return r;
    char numbers[100];
    snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             SCHEMA_APPLICATION, to->version);
    return schema_execute(db, numbers);
}

int schema_migrate(sqlite3 *db, const struct schema *to, int version, usec_t now_usec) {
    if (version == to->version)
        return 0;
    int r = schema_execute(db, "BEGIN IMMEDIATE");
    if (r < 0)
        return r;
    r = migrate(db, to, version, now_usec);
    if (r >= 0)
        r = schema_execute(db, "COMMIT");
    if (r < 0 && !sqlite3_get_autocommit(db))
        schema_execute(db, "ROLLBACK");
    return r;
}

static int run_simple(struct journal *journal, enum statement statement) {
    _cleanup_query_ struct query query = query_start(journal, statement);
    return query_run(&query);
}

bool schema_moved(sqlite3 *db) {
    int moved = 0;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved;
}

static ino_t file_at(const char *path) {
    struct stat status;
    return stat(path, &status) >= 0 ? status.st_ino : 0;
}

ino_t schema_file(sqlite3 *db) {
    const char *path = sqlite3_db_filename(db, "main");
    return path && *path ? file_at(path) : 0;
}

ino_t schema_wal(sqlite3 *db) {
    const char *path = sqlite3_db_filename(db, "main");
    return path && *path ? file_at(sqlite3_filename_wal(path)) : 0;
}

int transaction_begin(struct journal *journal) {
    if (schema_moved(journal->db) || (journal->wal != 0 && schema_wal(journal->db) != journal->wal))
        return -ESTALE;
    /* Prepared now, so that going back needs no memory. */
    struct query rollback = query_start(journal, STATEMENT_ROLLBACK);
    if (rollback.error < 0)
        return rollback.error;
    /* One that could not be gone back from, when everything failed. */
    if (!sqlite3_get_autocommit(journal->db))
        run_simple(journal, STATEMENT_ROLLBACK);
    return run_simple(journal, STATEMENT_BEGIN);
}

/* Before the commit: whatever happens between the two, nothing is left behind of what is erased. */
static int forget_in_copies(struct journal *journal) {
    const char *path = sqlite3_db_filename(journal->db, "main");
    return path && *path ? copies_forget(path, journal->erased, journal->n_erased) : 0;
}

int transaction_end(struct journal *journal, int r) {
    if (r >= 0 && journal->n_erased > 0) {
        int forgotten = forget_in_copies(journal);
        r = forgotten < 0 ? forgotten : r;
    }
    free(journal->erased);
    journal->erased = NULL;
    journal->n_erased = journal->erased_capacity = 0;
    if (r >= 0) {
        int committed = run_simple(journal, STATEMENT_COMMIT);
        if (committed >= 0)
            return r;
        r = committed;
    }
    /* After some errors SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(journal->db))
        run_simple(journal, STATEMENT_ROLLBACK);
    return r;
}

struct query query_start(struct journal *journal, enum statement statement) {
    struct query query = {.journal = journal, .next = 1};
    sqlite3_stmt **prepared = &journal->statements[statement];
    if (!*prepared) {
        int code = sqlite3_prepare_v3(journal->db, statements[statement], -1, SQLITE_PREPARE_PERSISTENT,
                                      prepared, NULL);
        query.error = schema_error(journal->db, code);
    }
    query.statement = *prepared;
    return query;
}

void query_end(struct query *query) {
    if (!query->statement)
        return;
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement); /* what was put in was borrowed */
}

static void put(struct query *query, int code) {
    query->next++;
    if (query->error >= 0)
        query->error = schema_error(query->journal->db, code);
}

void put_integer(struct query *query, int64_t value) {
    put(query, sqlite3_bind_int64(query->statement, query->next, value));
}

void put_usec(struct query *query, usec_t value) {
    if (value == 0)
        put(query, sqlite3_bind_null(query->statement, query->next));
    else
        put_integer(query, (int64_t)value);
}

void put_bound(struct query *query, usec_t value) {
    put_integer(query, (int64_t)MIN_OF(value, (usec_t)INT64_MAX));
}

void put_real(struct query *query, double value) {
    put(query, sqlite3_bind_double(query->statement, query->next, value));
}

void put_text(struct query *query, const char *text) {
    put(query, sqlite3_bind_text(query->statement, query->next, text, -1, SQLITE_STATIC));
}

void put_uuid(struct query *query, const struct uuid *id) {
    const void *bytes = id ? id->bytes : NULL;
    put(query, sqlite3_bind_blob(query->statement, query->next, bytes, sizeof id->bytes, SQLITE_STATIC));
}

int query_step(struct query *query) {
    if (query->error < 0)
        return query->error;
    int code = sqlite3_step(query->statement);
    query->next = 0;
    if (code == SQLITE_ROW)
        return 1;
    query->error = schema_error(query->journal->db, code);
    sqlite3_reset(query->statement);
    return query->error;
}

int query_run(struct query *query) {
    int r;
    do
        r = query_step(query);
    while (r > 0);
    return r;
}

int64_t get_integer(struct query *query) {
    return sqlite3_column_int64(query->statement, query->next++);
}

uint32_t get_count(struct query *query) {
    return (uint32_t)get_integer(query);
}

bool get_bool(struct query *query) {
    return get_integer(query) != 0;
}

usec_t get_usec(struct query *query) {
    return (usec_t)get_integer(query);
}

double get_real(struct query *query) {
    return sqlite3_column_double(query->statement, query->next++);
}

/* NULL when it is no text, or there is no memory for it. */
static const char *take_word(struct query *query) {
    int column = query->next++;
    if (sqlite3_column_type(query->statement, column) != SQLITE_TEXT)
        return NULL;
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    if (!text)
        query->error = -ENOMEM;
    return (const char *)text;
}

const char *get_word(struct query *query) {
    return or_empty(take_word(query));
}

char *get_text(struct query *query) {
    const char *word = take_word(query);
    char *text = word ? strdup(word) : NULL;
    if (word && !text)
        query->error = -ENOMEM;
    if (text)
        letters_mend(text);
    return text;
}

void get_bytes16(struct query *query, void *ret) {
    int column = query->next++;
    const void *bytes = sqlite3_column_blob(query->statement, column);
    if (!bytes && sqlite3_column_type(query->statement, column) == SQLITE_BLOB)
        query->error = -ENOMEM;
    if (bytes && sqlite3_column_bytes(query->statement, column) == 16)
        memcpy(ret, bytes, 16);
    else
        memset(ret, 0, 16);
}
