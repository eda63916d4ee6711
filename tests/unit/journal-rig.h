/* What tests of a journal's files stand on: a folder with a journal in it, files as bytes, and a journal with
 * something of everything. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/beside.h"
#include "daemon/store/entries.h"
#include "daemon/store/rescue.h"

#define NOW    (1750000000 * USEC_PER_SEC) /* 2025-06-15 15:06:40 UTC */
#define ASIDE  ".damaged-20250615-150640"
#define EVENTS 400

#define S(text) ((char[]){text})

struct place {
    char folder[64], home[96], path[128]; /* FOLDER/kindly/journal.db */
    struct journal *journal;
    uint32_t next_id;
};

static inline void make_place(struct place *place, const char *home) {
    snprintf(place->folder, sizeof place->folder, "%s/kindly-rescue-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->home, sizeof place->home, "%s/%s", place->folder, home);
    snprintf(place->path, sizeof place->path, "%s/journal.db", place->home);
}

static inline int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    make_place(place, "kindly");
    *state = place;
    return journal_open(place->path, NOW, &place->journal, NULL);
}

static inline void empty_folder(const char *folder) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(all), entry->d_name, 0);
    if (all)
        closedir(all);
}

static inline void remove_place(struct place *place) {
    journal_free(place->journal);
    empty_folder(place->home);
    rmdir(place->home);
    empty_folder(place->folder);
    assert_int_equal(rmdir(place->folder), 0);
}

static inline int teardown(void **state) {
    remove_place(*state);
    free(*state);
    return 0;
}

/* --- Files ------------------------------------------------------------------------------------ */

struct bytes {
    char *start;
    size_t size;
};

static inline void bytes_done(struct bytes *bytes) {
    free(bytes->start);
}
#define _cleanup_bytes_ _cleanup_(bytes_done)

static inline struct bytes read_file(const char *path, const char *suffix) {
    char full[300];
    struct stat status;
    snprintf(full, sizeof full, "%s%s", path, suffix);
    if (stat(full, &status) < 0)
        return (struct bytes){0};
    struct bytes bytes = {malloc((size_t)status.st_size + 1), (size_t)status.st_size};
    FILE *file = fopen(full, "r");
    assert_non_null(file);
    assert_int_equal(fread(bytes.start, 1, bytes.size, file), bytes.size);
    fclose(file);
    return bytes;
}

static inline void write_file(const char *path, const char *suffix, const void *start, size_t size) {
    char full[300];
    snprintf(full, sizeof full, "%s%s", path, suffix);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(start, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline bool exists(const char *path, const char *suffix) {
    char full[300];
    snprintf(full, sizeof full, "%s%s", path, suffix);
    return access(full, F_OK) >= 0;
}

static inline mode_t mode_of(const char *path, const char *suffix) {
    char full[300];
    struct stat status;
    snprintf(full, sizeof full, "%s%s", path, suffix);
    assert_int_equal(stat(full, &status), 0);
    return status.st_mode & 0777;
}

static inline void assert_same_bytes(const char *path, const char *suffix, const struct bytes *expected) {
    _cleanup_bytes_ struct bytes now = read_file(path, suffix);
    assert_int_equal(now.size, expected->size);
    assert_memory_equal(now.start, expected->start, expected->size);
}

/* --- A journal with something of everything ---------------------------------------------------- */

static inline struct uuid add(struct place *place, const struct uuid *entry, struct event event) {
    event.id = uuid_from_time(NOW, (uint8_t[8]){0});
    uint32_t number = ++place->next_id;
    memcpy(event.id.bytes + 12, &number, sizeof number);
    event.entry = entry ? *entry : event.id;
    if (event.time_usec == 0)
        event.time_usec = NOW + place->next_id;
    if (event.kind != EVENT_SHOWN)
        event.theme = THEME_NONE;
    struct turn turn = {.events = &event, .n_events = 1};
    assert_int_equal(journal_load(place->journal, &turn.next), 0);
    turn.next->day_count = 7;
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(turn.next);
    return event.id;
}

static inline void put_open(struct place *place) {
    struct turn turn = {.next = keeper_new(), .changed = true};
    turn.next->day_count = 7;
    turn.next->planned_until_usec = NOW + 5;
    turn.next->n_open = 1;
    turn.next->open[0] = (struct open_prompt){.id.bytes[3] = 9,
                                              .state = OPEN_SHOWN,
                                              .theme = THEME_CARE,
                                              .prompt = strdup("care-01"),
                                              .text = strdup("Rest a little.")};
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(turn.next);
}

static inline void fill(struct place *place) {
    char note[6000];
    assert_int_equal(sqlite3_exec(place->journal->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    for (uint32_t i = 0; i < EVENTS / 4; i++) {
        struct uuid shown = add(place, NULL,
                                (struct event){.kind = EVENT_SHOWN,
                                               .due_usec = NOW + i,
                                               .theme = (enum theme)(i % 9),
                                               .reminder = S("daytime"),
                                               .prompt = S("care-01"),
                                               .text = S("Was dir gut tut, zählt. \xe2\x80\x94"),
                                               .why = S("variety")});
        add(place, &shown, (struct event){.kind = EVENT_ANSWERED, .choice = S("helpful")});
        /* Some reach into pages of their own. */
        memset(note, 'a' + (int)(i % 26), sizeof note);
        note[i % 10 == 0 ? sizeof note - 1 - i : 20 + i] = 0;
        struct uuid line = add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = note, .keep = i % 2});
        add(place, &line, (struct event){.kind = EVENT_KEPT, .keep = i % 3 == 0});
        if (i == 50)
            assert_int_equal(journal_forget(place->journal, &line, NOW + EVENTS, 0), 0);
    }
    put_open(place);
}

/* Every column of every event; `id` of those that are in both has to agree in all others. */
static inline uint32_t count_events(const char *path, const char *original, bool texts_may_lack) {
    char sql[500];
    sqlite3 *db;
    sqlite3_stmt *query;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS original", original);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "SELECT count(*), sum(ours.id NOT IN (SELECT id FROM (SELECT * FROM main.event INTERSECT"
             " SELECT * FROM original.event)) AND NOT (%d AND ours.note IS NULL)) FROM main.event AS ours",
             texts_may_lack);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    uint32_t n = (uint32_t)sqlite3_column_int(query, 0);
    if (sqlite3_column_int(query, 1) > 0)
        fail_msg("%d events are others than they were", sqlite3_column_int(query, 1));
    sqlite3_finalize(query);
    sqlite3_close(db);
    return n;
}

static inline uint32_t all_events(const char *path) {
    return count_events(path, path, false);
}

static inline void assert_sound(struct place *place) {
    _cleanup_free_ char *finding = NULL;
    int r = journal_check(place->journal, &finding);
    if (r != 0)
        fail_msg("%d: %s", r, or_empty(finding));
}
