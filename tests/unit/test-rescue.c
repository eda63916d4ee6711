/* Damaged journals: set aside whole, and a new one that has all that could be read. Every page in turn is
 * overwritten, files are cut off, headers lost; whatever is whole comes back byte for byte, and nothing else.
 */
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

#include "daemon/store/copies.h"
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

static void make_place(struct place *place, const char *home) {
    snprintf(place->folder, sizeof place->folder, "%s/kindly-rescue-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->home, sizeof place->home, "%s/%s", place->folder, home);
    snprintf(place->path, sizeof place->path, "%s/journal.db", place->home);
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    make_place(place, "kindly");
    *state = place;
    return journal_open(place->path, NOW, &place->journal, NULL);
}

static void empty_folder(const char *folder) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(all), entry->d_name, 0);
    if (all)
        closedir(all);
}

static void remove_place(struct place *place) {
    journal_free(place->journal);
    empty_folder(place->home);
    rmdir(place->home);
    empty_folder(place->folder);
    assert_int_equal(rmdir(place->folder), 0);
}

static int teardown(void **state) {
    remove_place(*state);
    free(*state);
    return 0;
}

/* --- Files ------------------------------------------------------------------------------------ */

struct bytes {
    char *start;
    size_t size;
};

static void bytes_done(struct bytes *bytes) {
    free(bytes->start);
}
#define _cleanup_bytes_ _cleanup_(bytes_done)

static struct bytes read_file(const char *path, const char *suffix) {
    char full[200];
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

static void write_file(const char *path, const char *suffix, const void *start, size_t size) {
    char full[200];
    snprintf(full, sizeof full, "%s%s", path, suffix);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(start, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static bool exists(const char *path, const char *suffix) {
    char full[200];
    snprintf(full, sizeof full, "%s%s", path, suffix);
    return access(full, F_OK) >= 0;
}

static mode_t mode_of(const char *path, const char *suffix) {
    char full[200];
    struct stat status;
    snprintf(full, sizeof full, "%s%s", path, suffix);
    assert_int_equal(stat(full, &status), 0);
    return status.st_mode & 0777;
}

static void assert_same_bytes(const char *path, const char *suffix, const struct bytes *expected) {
    _cleanup_bytes_ struct bytes now = read_file(path, suffix);
    assert_int_equal(now.size, expected->size);
    assert_memory_equal(now.start, expected->start, expected->size);
}

/* --- A journal with something of everything ---------------------------------------------------- */

static struct uuid add(struct place *place, const struct uuid *entry, struct event event) {
    event.id = uuid_from_time(NOW, (uint8_t[10]){0});
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

static void put_open(struct place *place) {
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

static void fill(struct place *place) {
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
static uint32_t count_events(const char *path, const char *original, bool texts_may_lack) {
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

static uint32_t all_events(const char *path) {
    return count_events(path, path, false);
}

static void assert_sound(struct place *place) {
    _cleanup_free_ char *finding = NULL;
    int r = journal_check(place->journal, &finding);
    if (r != 0)
        fail_msg("%d: %s", r, or_empty(finding));
}

/* Opens it, once damaged, and looks that all is well now. */
static void assert_replaced(struct place *place) {
    _cleanup_bytes_ struct bytes before = read_file(place->path, "");
    _cleanup_free_ char *problem = NULL, *notice = NULL;
    assert_int_equal(journal_open(place->path, NOW, &place->journal, &problem), 0);
    assert_null(problem);
    assert_same_bytes(place->path, ASIDE, &before);
    assert_int_equal(mode_of(place->path, ""), 0600);
    assert_int_equal(mode_of(place->path, ASIDE) & 077, 0);
    assert_false(exists(place->path, ".rescue"));
    assert_false(exists(place->path, ".rescue-part"));
    assert_false(exists(place->path, ".rescue-part-wal"));
    assert_int_equal(journal_notice(place->path, &notice), 0);
    assert_non_null(strstr(notice, ASIDE));
    assert_sound(place);
}

static bool same_device(const struct place *place, const struct uuid *device, const struct hash_key *secret) {
    return memcmp(journal_device(place->journal), device, sizeof *device) == 0 &&
           memcmp(journal_secret(place->journal), secret, sizeof *secret) == 0;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void test_noise(void **state) {
    struct place *place = *state;
    char noise[5000];
    memset(noise, 'x', sizeof noise);
    place->journal = journal_free(place->journal);
    write_file(place->path, "", noise, sizeof noise);
    assert_replaced(place);
    _cleanup_free_ char *notice = NULL;
    assert_int_equal(journal_notice(place->path, &notice), 0);
    assert_non_null(strstr(notice, "nothing in it could be read"));
    /* It ends when it was seen, and works as any other. */
    assert_int_equal(journal_notice_seen(place->path), 0);
    assert_int_equal(journal_notice(place->path, &notice), -ENOENT);
    add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("a line")});
}

static void test_another_programs(void **state) {
    struct place *place = *state;
    static const char *const theirs[] = {
        "CREATE TABLE theirs (a)",
        "PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE theirs (a)",
    };
    for (size_t i = 0; i < ELEMENTSOF(theirs); i++) {
        place->journal = journal_free(place->journal);
        unlink(place->path);
        sqlite3 *db;
        assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, theirs[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        _cleanup_bytes_ struct bytes before = read_file(place->path, "");
        _cleanup_free_ char *problem = NULL;
        assert_int_equal(journal_open(place->path, NOW, &place->journal, &problem), -EMEDIUMTYPE);
        assert_non_null(strstr(problem, "left as it is"));
        assert_same_bytes(place->path, "", &before);
        assert_false(exists(place->path, ASIDE));
    }
}

/* A whole journal gives itself. */
static void test_all_of_it(void **state) {
    struct place *place = *state;
    fill(place);
    struct uuid device = *journal_device(place->journal);
    struct hash_key secret = *journal_secret(place->journal);
    usec_t start = 0;
    struct reminder reminder = {.name = S("pause"), .kind = REMINDER_EVERY, .every_usec = USEC_PER_HOUR};
    struct schedule schedule = {.reminders = &reminder, .n_reminders = 1};
    assert_int_equal(journal_note_reminders(place->journal, &schedule, NOW, &start), 0);
    assert_int_equal(journal_reset_learning(place->journal), 0);
    place->journal = journal_free(place->journal);
    uint32_t events = all_events(place->path);
    assert_int_equal(events, EVENTS + 1);
    assert_int_equal(journal_replace(place->path, NOW, &place->journal, NULL), 0);
    char aside[200];
    snprintf(aside, sizeof aside, "%s" ASIDE, place->path);
    assert_int_equal(count_events(place->path, aside, false), events);
    assert_true(same_device(place, &device, &secret));
    assert_sound(place);

    _cleanup_(keeper_freep) struct keeper *keeper = NULL;
    assert_int_equal(journal_load(place->journal, &keeper), 0);
    assert_int_equal(keeper->planned_until_usec, NOW + 5);
    assert_int_equal(keeper->day_count, 7);
    assert_int_equal(keeper->n_open, 1);
    assert_string_equal(keeper->open[0].text, "Rest a little.");
    /* What was reset stays so, and a reminder goes on from when it began. */
    struct history history;
    assert_int_equal(journal_history(place->journal, NOW, zone_utc(), &history), 0);
    assert_int_equal(history.themes[THEME_CARE].rated, 0);
    assert_true(history.themes[THEME_CARE].shown > 0);
    history_done(&history);
    assert_int_equal(journal_note_reminders(place->journal, &schedule, NOW + 9, &start), 0);
    assert_int_equal(start, NOW);
    /* Kept lines, and what was forgotten, as before. */
    _cleanup_(library_freep) struct library *library = library_new();
    assert_int_equal(journal_add_own(place->journal, library), 0);
    assert_int_equal(library->n_prompts, 34);
}

/* Each page in turn becomes noise. An event is lost exactly when its own page is. */
static void test_every_page(void **state) {
    struct place *place = *state;
    fill(place);
    struct uuid device = *journal_device(place->journal);
    struct hash_key secret = *journal_secret(place->journal);
    assert_int_equal(journal_flush(place->journal), 0);
    place->journal = journal_free(place->journal);
    _cleanup_bytes_ struct bytes whole = read_file(place->path, "");
    char original[200];
    snprintf(original, sizeof original, "%s/original.db", place->folder);
    write_file(original, "", whole.start, whole.size);
    uint32_t lost = 0, strangers = 0, untouched = 0;
    for (size_t page = 0; page < whole.size / 4096; page++) {
        empty_folder(place->home);
        memset(whole.start + page * 4096, 0xff, 4096);
        write_file(place->path, "", whole.start, whole.size);
        _cleanup_bytes_ struct bytes intact = read_file(original, "");
        memcpy(whole.start + page * 4096, intact.start + page * 4096, 4096);
        /* Damage that opening doesn't meet is met later, and has the same end. */
        int r = journal_open(place->path, NOW, &place->journal, NULL);
        assert_int_equal(r, 0);
        if (!exists(place->path, ASIDE)) {
            if (journal_check(place->journal, NULL) == 0)
                untouched++; /* a free page */
            place->journal = journal_free(place->journal);
            assert_int_equal(journal_replace(place->path, NOW, &place->journal, NULL), 0);
        }
        assert_true(exists(place->path, ASIDE));
        assert_sound(place);
        lost += EVENTS + 1 - count_events(place->path, original, true);
        strangers += !same_device(place, &device, &secret);
        add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("a line"), .time_usec = NOW - 1});
        place->next_id--;
        place->journal = journal_free(place->journal);
    }
    assert_int_equal(lost, EVENTS + 1);
    assert_int_equal(strangers, 1);
    assert_true(untouched <= 2);
}

static void test_cut_off(void **state) {
    struct place *place = *state;
    fill(place);
    assert_int_equal(journal_flush(place->journal), 0);
    place->journal = journal_free(place->journal);
    _cleanup_bytes_ struct bytes whole = read_file(place->path, "");
    char original[200];
    snprintf(original, sizeof original, "%s/original.db", place->folder);
    write_file(original, "", whole.start, whole.size);
    uint32_t last = 0;
    for (size_t size = 1; size <= whole.size - 4096; size += whole.size / 23) {
        empty_folder(place->home);
        write_file(place->path, "", whole.start, size);
        assert_replaced(place);
        uint32_t n = count_events(place->path, original, true);
        assert_true(n >= last);
        last = n;
        place->journal = journal_free(place->journal);
    }
    assert_true(last > EVENTS / 2);
}

/* Bytes here and there, in the file and in the WAL: whatever they say, it ends in a sound journal. */
static void test_random_damage(void **state) {
    struct place *place = *state;
    unsigned seed = 7;
    fill(place);
    _cleanup_bytes_ struct bytes file = read_file(place->path, ""), wal = read_file(place->path, "-wal");
    place->journal = journal_free(place->journal);
    uint32_t most = 0;
    for (int run = 0; run < 200; run++) {
        _cleanup_bytes_ struct bytes broken = {malloc(file.size), file.size};
        memcpy(broken.start, file.start, file.size);
        for (int i = 0; i < 1 + run; i++)
            broken.start[(size_t)rand_r(&seed) % broken.size] = (char)rand_r(&seed);
        empty_folder(place->home);
        write_file(place->path, "", broken.start, broken.size);
        write_file(place->path, "-wal", wal.start, run % 2 ? wal.size : (size_t)rand_r(&seed) % wal.size);
        assert_int_equal(journal_replace(place->path, NOW, &place->journal, NULL), 0);
        assert_sound(place);
        place->journal = journal_free(place->journal);
        most = MAX_OF(most, all_events(place->path));
    }
    assert_int_equal(most, EVENTS + 1);
}

/* A crash left the newest pages in the WAL, and the file's header is zeroes. */
static void test_lost_header_and_wal(void **state) {
    struct place *place = *state;
    fill(place);
    struct uuid device = *journal_device(place->journal);
    struct hash_key secret = *journal_secret(place->journal);
    add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("the last line")});
    _cleanup_bytes_ struct bytes file = read_file(place->path, ""), wal = read_file(place->path, "-wal");
    assert_true(wal.size > 4096);
    place->journal = journal_free(place->journal);
    char original[200];
    snprintf(original, sizeof original, "%s/original.db", place->folder);
    _cleanup_bytes_ struct bytes whole = read_file(place->path, "");
    write_file(original, "", whole.start, whole.size);
    memset(file.start, 0, 4096);
    write_file(place->path, "", file.start, file.size);
    write_file(place->path, "-wal", wal.start, wal.size);
    /* Its tail was half written. */
    FILE *tail = fopen(strcat(strcpy((char[200]){0}, place->path), "-wal"), "a");
    assert_int_equal(fwrite(wal.start, 1, 6000, tail), 6000);
    fclose(tail);
    assert_replaced(place);
    assert_true(exists(place->path, ASIDE "-wal"));
    assert_int_equal(count_events(place->path, original, false), EVENTS + 2);
    assert_true(same_device(place, &device, &secret));
}

/* Whenever it was interrupted, the next start goes on from there. */
static void test_interrupted(void **state) {
    struct place *place = *state;
    fill(place);
    assert_int_equal(journal_flush(place->journal), 0);
    place->journal = journal_free(place->journal);
    _cleanup_bytes_ struct bytes whole = read_file(place->path, "");
    static const char old[] = "the old one", old_wal[] = "its wal";
    for (int step = 0; step < 3; step++) {
        struct timespec times[2] = {{.tv_sec = NOW / USEC_PER_SEC}, {.tv_sec = NOW / USEC_PER_SEC}};
        char complete[200];
        empty_folder(place->home);
        write_file(place->path, ".rescue", whole.start, whole.size);
        write_file(place->path, step > 0 ? ASIDE : "", old, sizeof old);
        write_file(place->path, step > 1 ? ASIDE "-wal" : "-wal", old_wal, sizeof old_wal);
        snprintf(complete, sizeof complete, "%s.rescue", place->path);
        assert_int_equal(utimensat(AT_FDCWD, complete, times, 0), 0);
        assert_int_equal(journal_open(place->path, NOW + USEC_PER_DAY, &place->journal, NULL), 0);
        assert_same_bytes(place->path, ASIDE, &(struct bytes){(char *)(uintptr_t)old, sizeof old});
        assert_same_bytes(place->path, ASIDE "-wal",
                          &(struct bytes){(char *)(uintptr_t)old_wal, sizeof old_wal});
        assert_false(exists(place->path, ".rescue"));
        place->journal = journal_free(place->journal);
        assert_int_equal(all_events(place->path), EVENTS + 1);
    }
    /* A new one that was not complete doesn't count. */
    empty_folder(place->home);
    write_file(place->path, ".rescue-part", old, sizeof old);
    write_file(place->path, "", whole.start, 6000);
    assert_replaced(place);
}

/* Two in the same second have names of their own. */
static void test_twice(void **state) {
    struct place *place = *state;
    place->journal = journal_free(place->journal);
    for (int i = 0; i < 2; i++) {
        write_file(place->path, "", "noise", 5);
        assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
        place->journal = journal_free(place->journal);
    }
    assert_true(exists(place->path, ASIDE));
    assert_true(exists(place->path, ".damaged-20250615-150641"));
}

static void test_reader_is_told(void **state) {
    struct place *place = *state;
    fill(place);
    place->journal = journal_free(place->journal);
    assert_int_equal(truncate(place->path, 6000), 0);
    _cleanup_bytes_ struct bytes before = read_file(place->path, "");
    _cleanup_free_ char *problem = NULL;
    assert_int_equal(journal_open_readonly(place->path, &place->journal, &problem), -EUCLEAN);
    assert_non_null(strstr(problem, "damaged"));
    assert_same_bytes(place->path, "", &before);
}

static void test_elsewhere_noise_is_left(void **state) {
    (void)state;
    struct place place = {0};
    make_place(&place, "other");
    assert_int_equal(mkdir(place.home, 0700), 0);
    write_file(place.path, "", "no journal of ours", 18);
    assert_int_equal(journal_open(place.path, NOW, &place.journal, NULL), -EMEDIUMTYPE);
    assert_same_bytes(place.path, "", &(struct bytes){S("no journal of ours"), 18});
    remove_place(&place);
}

static int note_copy(void *userdata, const char *path, enum copy_kind kind) {
    char *all = userdata;
    sprintf(all + strlen(all), "%s=%d ", strrchr(path, '.') + 1, (int)kind);
    return 0;
}

static void test_copies(void **state) {
    struct place *place = *state;
    static const char *const names[] = {".v1",     ".v12",     ".vx",    ".v",       ".damaged-1", ".rescue",
                                        ".notice", ".notices", "-other", ".damaged", "-journal"};
    char all[300] = "";
    place->journal = journal_free(place->journal);
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        write_file(place->path, names[i], "word", 4);
    assert_int_equal(copies_visit(place->path, note_copy, all), 0);
    assert_string_equal(all, "damaged-1=2 notice=4 rescue=3 v1=1 v12=1 ");
    char path[200];
    snprintf(path, sizeof path, "%s.v1", place->path);
    assert_int_equal(file_wipe(path), 0);
    assert_int_equal(file_wipe(path), 0);
    assert_false(exists(place->path, ".v1"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_noise),
        TEST(test_another_programs),
        TEST(test_all_of_it),
        TEST(test_every_page),
        TEST(test_cut_off),
        TEST(test_random_damage),
        TEST(test_lost_header_and_wal),
        TEST(test_interrupted),
        TEST(test_twice),
        TEST(test_reader_is_told),
        TEST(test_copies),
        cmocka_unit_test(test_elsewhere_noise_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
