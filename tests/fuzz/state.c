/* Opening a journal makes a dozen tables and indices, which takes milliseconds; so it is opened once, and
 * what its tables held then is kept in tables in memory, from which they are filled again. */
#include "tests/fuzz/state.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/store/schema.h"

#define TABLES_MAX 16

static struct journal *journal;
static char path[PATH_MAX + 16], tables[TABLES_MAX][32];
static size_t n_tables;

/* `before`, the table's name, `between`, and its name again. */
static void run(const char *before, const char *between, const char *table) {
    char sql[200];
    snprintf(sql, sizeof sql, "%s%s%s%s", before, table, between, *between ? table : "");
    holds(schema_execute(journal->db, sql) == 0);
}

static void list_tables(void) {
    sqlite3_stmt *statement;
    holds(sqlite3_prepare_v2(journal->db,
                             "SELECT name FROM main.sqlite_master WHERE type = 'table'"
                             " AND name NOT LIKE 'sqlite_%'",
                             -1, &statement, NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        holds(n_tables < TABLES_MAX);
        snprintf(tables[n_tables++], sizeof tables[0], "%s", (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
}

static void add(uint8_t number, struct event event) {
    event.id = (struct uuid){.bytes = {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, [15] = number}};
    event.entry = event.id;
    event.time_usec = FUZZ_NOW - (usec_t)(60 - number) * USEC_PER_DAY;
    struct turn turn = {.events = &event, .n_events = 1};
    holds(journal_load(journal, &turn.next) >= 0 && journal_commit(journal, &turn) >= 0);
    keeper_free(turn.next);
}

#define S(text) ((char[]){text})

static void fill(void) {
    add(1, (struct event){.kind = EVENT_SHOWN,
                          .theme = THEME_CARE,
                          .prompt = S("care-03"),
                          .text = S("Rest does not have to be earned first."),
                          .reminder = S("daytime"),
                          .due_usec = FUZZ_NOW - 59 * USEC_PER_DAY,
                          .why = S("learned 1 2")});
    add(2,
        (struct event){.kind = EVENT_NOTED, .theme = THEME_NONE, .note = S("A line of mine"), .keep = true});
    add(3, (struct event){.kind = EVENT_MISSED,
                          .theme = THEME_NONE,
                          .reminder = S("daytime"),
                          .due_usec = FUZZ_NOW - 57 * USEC_PER_DAY,
                          .detail = S("quiet")});
    struct turn turn = {.next = keeper_new(), .changed = true};
    holds(turn.next);
    turn.next->guidance = KEEPER_GUIDANCE_READ;
    turn.next->planned_until_usec = turn.next->latest_due_usec = FUZZ_NOW;
    holds(journal_commit(journal, &turn) >= 0);
    keeper_free(turn.next);
}

static void begin(void) {
    snprintf(path, sizeof path, "%s/journal.db", fuzz_folder());
    holds(journal_open(path, FUZZ_NOW, &journal, NULL) >= 0);
    memset(&journal->device, 0x11, sizeof journal->device);
    memset(&journal->secret, 0x22, sizeof journal->secret);
    holds(schema_execute(journal->db, "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
                                      "UPDATE state SET device = x'11111111111111111111111111111111',"
                                      " secret = x'22222222222222222222222222222222'") == 0);
    fill();
    list_tables();
    for (size_t i = 0; i < n_tables; i++)
        run("CREATE TEMP TABLE begin_", " AS SELECT * FROM main.", tables[i]);
}

struct journal *state_journal(void) {
    static int changes; /* a refused input leaves it as it was */
    if (!journal)
        begin();
    else if (sqlite3_total_changes(journal->db) != changes) {
        holds(schema_execute(journal->db, "BEGIN") == 0);
        for (size_t i = 0; i < n_tables; i++) {
            run("DELETE FROM main.", "", tables[i]);
            run("INSERT INTO main.", " SELECT * FROM begin_", tables[i]);
        }
        holds(schema_execute(journal->db, "COMMIT") == 0);
    }
    changes = sqlite3_total_changes(journal->db);
    return journal;
}

const char *state_path(void) {
    return path;
}

uint64_t state_events(struct journal *of) {
    struct journal_count count;
    holds(journal_count(of, &count) >= 0);
    return count.events;
}
