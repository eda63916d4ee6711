/* Damaged journals: set aside whole, and a new one that has all that could be read. Every page in turn is
 * overwritten, files are cut off, headers lost; whatever is whole comes back byte for byte, and nothing else.
 */
#include "tests/unit/journal-rig.h"

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

/* Bytes here and there, in the file and in the WAL: whatever they say, it ends in a sound journal. ROUNDS of
 * it, for who has less time: memcheck takes fifty times as long. */
static void test_random_damage(void **state) {
    struct place *place = *state;
    const char *rounds = getenv("ROUNDS");
    unsigned seed = 7;
    fill(place);
    _cleanup_bytes_ struct bytes file = read_file(place->path, ""), wal = read_file(place->path, "-wal");
    place->journal = journal_free(place->journal);
    uint32_t most = 0;
    for (int run = 0, runs = rounds ? atoi(rounds) : 200; run < runs; run++) {
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

/* The sums of a WAL's own header are wrong: nothing in it counts, and what the file has comes back. */
static void test_lost_header_of_the_wal(void **state) {
    struct place *place = *state;
    fill(place);
    assert_int_equal(journal_flush(place->journal), 0);
    add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("the last line")});
    _cleanup_bytes_ struct bytes file = read_file(place->path, ""), wal = read_file(place->path, "-wal");
    assert_true(wal.size > 4096);
    place->journal = journal_free(place->journal);
    memset(file.start, 0, 4096);
    memset(wal.start + 24, 0, 8);
    write_file(place->path, "", file.start, file.size);
    write_file(place->path, "-wal", wal.start, wal.size);
    assert_replaced(place);
    assert_int_equal(all_events(place->path), EVENTS + 1);
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
    /* Nor does it stay when the journal is sound. */
    write_file(place->path, ".rescue-part", old, sizeof old);
    write_file(place->path, ".rescue-part-wal", old, sizeof old);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    assert_false(exists(place->path, ".rescue-part"));
    assert_false(exists(place->path, ".rescue-part-wal"));
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
    assert_int_equal(beside_visit(place->path, note_copy, all), 0);
    assert_string_equal(all, "damaged-1=2 notice=4 rescue=3 v1=1 v12=1 ");
    char path[200];
    snprintf(path, sizeof path, "%s.v1", place->path);
    assert_int_equal(file_wipe(path), 0);
    assert_int_equal(file_wipe(path), 0);
    assert_false(exists(place->path, ".v1"));
}

/* Somebody wrote it: it tells nothing. */
static void test_a_notice_that_is_none(void **state) {
    struct place *place = *state;
    _cleanup_free_ char *notice = NULL;
    write_file(place->path, ".notice", "12", 2);
    assert_int_equal(journal_notice(place->path, &notice), -ENOENT);
    assert_null(notice);
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
        TEST(test_lost_header_of_the_wal),
        TEST(test_interrupted),
        TEST(test_twice),
        TEST(test_reader_is_told),
        TEST(test_copies),
        TEST(test_a_notice_that_is_none),
        cmocka_unit_test(test_elsewhere_noise_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
