/* Copies of a journal: backups while it is written, what an update keeps of the version before it, and one
 * that a newer version wrote. */
#include "tests/unit/journal-rig.h"

#include <signal.h>
#include <sys/resource.h>

static void path_in(const struct place *place, const char *name, char ret[200]) {
    snprintf(ret, 200, "%s/%s", place->folder, name);
}

/* --- Backups ---------------------------------------------------------------------------------- */

static void test_backup(void **state) {
    struct place *place = *state;
    char path[200];
    struct journal_copy copy;
    fill(place);
    path_in(place, "copy.db", path);
    mode_t old = umask(0);
    int r = journal_backup(place->journal, path, false, &copy);
    umask(old);
    assert_int_equal(r, 0);
    assert_int_equal(mode_of(path, ""), 0600);
    assert_false(copy.readable_by_others);
    assert_int_equal(copy.count.events, EVENTS + 1);
    assert_int_equal(copy.count.entries, EVENTS / 2);
    assert_int_equal(copy.count.lines, EVENTS / 4 - 1);
    /* One file, all of it, and a journal like any other. */
    assert_false(exists(path, "-wal"));
    assert_false(exists(path, "-journal"));
    assert_int_equal(count_events(path, place->path, false), EVENTS + 1);
    _cleanup_bytes_ struct bytes bytes = read_file(path, "");
    assert_int_equal(copy.size, bytes.size);
    _cleanup_(journal_freep) struct journal *again = NULL;
    assert_int_equal(journal_open(path, NOW, &again, NULL), 0);
    assert_memory_equal(journal_device(again), journal_device(place->journal), sizeof(struct uuid));
}

/* From a reader's connection, while the writer goes on. */
static void test_backup_while_written(void **state) {
    struct place *place = *state;
    char path[200];
    struct journal_copy copy;
    fill(place);
    path_in(place, "copy.db", path);
    _cleanup_(journal_freep) struct journal *reader = NULL;
    assert_int_equal(journal_open_readonly(place->path, &reader, NULL), 0);
    for (int i = 0; i < 20; i++) {
        add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("meanwhile")});
        assert_int_equal(journal_backup(reader, path, true, &copy), 0);
        assert_int_equal(copy.count.events, EVENTS + 2 + i);
    }
}

static void assert_alone(const struct place *place, const char *name) {
    DIR *all = opendir(place->folder);
    for (struct dirent *entry; (entry = readdir(all));)
        if (entry->d_name[0] != '.' && !streq(entry->d_name, "kindly") && !streq(entry->d_name, name))
            fail_msg("%s is left", entry->d_name);
    closedir(all);
}

static void test_backup_over_something(void **state) {
    struct place *place = *state;
    char path[200], folder[200], linked[200];
    struct journal_copy copy;
    fill(place);
    path_in(place, "copy.db", path);
    write_file(path, "", "theirs", 6);
    assert_int_equal(journal_backup(place->journal, path, false, &copy), -EEXIST);
    assert_same_bytes(path, "", &(struct bytes){S("theirs"), 6});
    assert_alone(place, "copy.db");
    assert_int_equal(journal_backup(place->journal, path, true, &copy), 0);
    assert_int_equal(mode_of(path, ""), 0600);
    assert_alone(place, "copy.db");
    /* Never over itself, a folder, or what a link leads to. */
    assert_int_equal(journal_backup(place->journal, place->path, true, &copy), -EINVAL);
    path_in(place, "kindly", folder);
    assert_int_equal(journal_backup(place->journal, folder, true, &copy), -EISDIR);
    snprintf(linked, sizeof linked, "%s/linked.db", place->home);
    assert_int_equal(symlink(path, linked), 0);
    assert_int_equal(journal_backup(place->journal, linked, true, &copy), -EISDIR);
    path_in(place, "none/copy.db", path);
    assert_int_equal(journal_backup(place->journal, path, true, &copy), -ENOENT);
}

/* A disk that is full: told, and nothing is left. */
static void test_backup_without_room(void **state) {
    struct place *place = *state;
    char path[200];
    struct journal_copy copy;
    struct rlimit before, limit;
    fill(place);
    path_in(place, "copy.db", path);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int r = journal_backup(place->journal, path, false, &copy);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_true(r == -EIO || r == -ENOSPC);
    assert_alone(place, "");
}

static void test_backup_of_a_damaged_one(void **state) {
    struct place *place = *state;
    char path[200];
    struct journal_copy copy;
    fill(place);
    assert_int_equal(journal_flush(place->journal), 0);
    _cleanup_bytes_ struct bytes bytes = read_file(place->path, "");
    memset(bytes.start + bytes.size / 2 / 4096 * 4096, 0xff, 4096);
    place->journal = journal_free(place->journal);
    write_file(place->path, "", bytes.start, bytes.size);
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    path_in(place, "copy.db", path);
    assert_int_equal(journal_backup(place->journal, path, false, &copy), -EUCLEAN);
    assert_alone(place, "");
}

/* A file that isn't even a database is damaged as well, and that is what is found. */
static void test_a_look_at_no_database(void **state) {
    struct place *place = *state;
    struct journal seen = {0};
    _cleanup_free_ char *finding = NULL;
    char noise[5000], path[200];
    memset(noise, 'x', sizeof noise);
    write_file(place->path, ".noise", noise, sizeof noise);
    snprintf(path, sizeof path, "%s.noise", place->path);
    assert_int_equal(sqlite3_open(path, &seen.db), SQLITE_OK);
    assert_int_equal(journal_check(&seen, &finding), 1);
    assert_string_equal(finding, "file is not a database");
    sqlite3_close(seen.db);
}

/* --- Updates ---------------------------------------------------------------------------------- */

/* A version that comes after ours, made up. */
struct made_up {
    const char *steps[8];
    struct schema schema;
};

static struct schema next_version(struct made_up *made_up, const char *step) {
    for (int i = 0; i < schema.version; i++)
        made_up->steps[i] = schema.steps[i];
    made_up->steps[schema.version] = step;
    return (struct schema){made_up->steps, schema.version + 1};
}

static void version_suffix(char ret[20]) {
    snprintf(ret, 20, ".v%d", schema.version);
}

static void test_an_update_keeps_the_version_before(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next =
        next_version(&made_up, "ALTER TABLE event ADD COLUMN later TEXT; CREATE TABLE more (a);");
    char kept[20], copy[200];
    version_suffix(kept);
    snprintf(copy, sizeof copy, "%s%s", place->path, kept);
    fill(place);
    struct uuid device = *journal_device(place->journal);
    place->journal = journal_free(place->journal);
    assert_false(exists(place->path, kept));
    /* The update itself, and the first start after it. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
        assert_int_equal(mode_of(place->path, kept), 0600);
        assert_memory_equal(journal_device(place->journal), &device, sizeof device);
        assert_int_equal(
            sqlite3_exec(place->journal->db, "SELECT a FROM more; SELECT later FROM event", NULL, NULL, NULL),
            SQLITE_OK);
        place->journal = journal_free(place->journal);
        assert_int_equal(all_events(copy), EVENTS + 1);
    }
    _cleanup_(journal_freep) struct journal *before = NULL; /* ours can read it still */
    assert_int_equal(journal_open_readonly(copy, &before, NULL), 0);
    assert_memory_equal(journal_device(before), &device, sizeof device);
    before = journal_free(before);
    /* The second. */
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    assert_false(exists(place->path, kept));
    place->journal = journal_free(place->journal);
    assert_int_equal(all_events(place->path), EVENTS + 1);
    /* From then on it is as ever: opening writes nothing. */
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    assert_int_equal(sqlite3_total_changes(place->journal->db), 0);
}

/* A step that can't be done is no damage: the journal stays as it was, for the version before. */
static void test_an_update_that_fails(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next = next_version(&made_up, "CREATE TABLE more (a); CREATE TABLE event (a)");
    char kept[20], copy[200];
    _cleanup_free_ char *problem = NULL;
    version_suffix(kept);
    snprintf(copy, sizeof copy, "%s%s", place->path, kept);
    fill(place);
    place->journal = journal_free(place->journal);
    write_file(place->path, kept, "half", 4); /* of an earlier try */
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, &problem), -ENOTRECOVERABLE);
    assert_non_null(strstr(problem, "could not be updated"));
    assert_false(exists(place->path, ASIDE));
    assert_int_equal(all_events(copy), EVENTS + 1);
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    assert_sound(place);
    assert_int_equal(sqlite3_exec(place->journal->db, "SELECT * FROM more", NULL, NULL, NULL), SQLITE_ERROR);
}

/* Damage that the update meets is damage: what can be read is in the new version. */
static void test_an_update_of_a_damaged_one(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next = next_version(&made_up, "CREATE TABLE more (a)");
    fill(place);
    assert_int_equal(journal_flush(place->journal), 0);
    _cleanup_bytes_ struct bytes bytes = read_file(place->path, "");
    memset(bytes.start + bytes.size / 2 / 4096 * 4096, 0xff, 4096);
    place->journal = journal_free(place->journal);
    write_file(place->path, "", bytes.start, bytes.size);
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    assert_same_bytes(place->path, ASIDE, &bytes);
    assert_sound(place);
    place->journal = journal_free(place->journal);
    assert_in_range(all_events(place->path), EVENTS / 2, EVENTS + 1); /* that page may be of an index */
}

static void test_an_update_without_room(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next = next_version(&made_up, "CREATE TABLE more (a)");
    char kept[20];
    struct rlimit before, limit;
    _cleanup_free_ char *problem = NULL;
    version_suffix(kept);
    fill(place);
    place->journal = journal_free(place->journal);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int r = journal_open_as(&next, place->path, NOW, &place->journal, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_true(r < 0);
    assert_non_null(problem);
    assert_false(exists(place->path, kept));
    /* As it was, for the version before and for the next try. */
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    assert_true(exists(place->path, kept));
}

/* --- A newer version's ------------------------------------------------------------------------ */

static int count_seen(void *userdata, const struct entry *entry) {
    (void)entry;
    ++*(uint32_t *)userdata;
    return 0;
}

static uint32_t visit_all(struct journal *journal, int expected) {
    struct entry_filter all = {.until_usec = USEC_INFINITY, .theme = THEME_NONE};
    uint32_t n = 0;
    assert_int_equal(journal_visit(journal, &all, count_seen, &n), expected);
    return n;
}

static void test_a_newer_version_is_only_read(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next =
        next_version(&made_up, "ALTER TABLE event ADD COLUMN later TEXT; CREATE TABLE more (a);");
    fill(place);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    /* A kind of entry, and one of event, that nobody here knows. */
    assert_int_equal(
        sqlite3_exec(place->journal->db,
                     "INSERT INTO event (id, entry, device, kind, time_usec, offset_sec, step, keep)"
                     " SELECT randomblob(16), id, device, 'imagined', time_usec, 0, 0, 0 FROM event"
                     " WHERE id = entry LIMIT 5;"
                     "INSERT INTO event (id, entry, device, kind, time_usec, offset_sec, step, keep)"
                     " VALUES (x'0102030405060708090a0b0c0d0e0f10', x'0102030405060708090a0b0c0d0e0f10',"
                     " randomblob(16), 'imagined', 1750000000000000, 0, 0, 0)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(journal_flush(place->journal), 0);
    place->journal = journal_free(place->journal);
    _cleanup_bytes_ struct bytes before = read_file(place->path, "");
    _cleanup_free_ char *problem = NULL, *told = NULL;
    assert_int_equal(journal_open(place->path, NOW, &place->journal, &problem), -EOVERFLOW);
    assert_non_null(strstr(problem, "newer version"));
    assert_same_bytes(place->path, "", &before);
    _cleanup_(journal_freep) struct journal *reader = NULL;
    assert_int_equal(journal_open_readonly(place->path, &reader, &told), 0);
    assert_non_null(strstr(told, "newer version"));
    assert_int_equal(visit_all(reader, 0), EVENTS / 2);
    /* An entry of ours with an event that nobody here knows is told without it; a copy has all of it. */
    struct uuid id;
    struct entry entry;
    struct journal_copy copy;
    char path[200];
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(reader->db,
                                        "SELECT entry FROM event WHERE kind = 'imagined' AND id <> entry"
                                        " LIMIT 1",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    memcpy(&id, sqlite3_column_blob(statement, 0), sizeof id);
    sqlite3_finalize(statement);
    assert_int_equal(journal_find(reader, &id, &entry), 0);
    entry_done(&entry);
    path_in(place, "copy.db", path);
    assert_int_equal(journal_backup(reader, path, false, &copy), 0);
    assert_true(copy.count.events > EVENTS);
    assert_same_bytes(place->path, "", &before);
}

static void test_a_newer_version_without_what_we_read(void **state) {
    struct place *place = *state;
    struct made_up made_up;
    struct schema next = next_version(&made_up, "ALTER TABLE event RENAME COLUMN why TO reason");
    fill(place);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
    place->journal = journal_free(place->journal);
    _cleanup_(journal_freep) struct journal *reader = NULL;
    assert_int_equal(journal_open_readonly(place->path, &reader, NULL), 0);
    visit_all(reader, -EUCLEAN);
    assert_false(exists(place->path, ASIDE));
}

static void test_an_older_version_is_not_read(void **state) {
    struct place *place = *state;
    _cleanup_free_ char *problem = NULL;
    assert_int_equal(sqlite3_exec(place->journal->db, "PRAGMA user_version = 0", NULL, NULL, NULL),
                     SQLITE_OK);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open_readonly(place->path, &place->journal, &problem), -EUCLEAN);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_backup),
        TEST(test_backup_while_written),
        TEST(test_backup_over_something),
        TEST(test_backup_without_room),
        TEST(test_backup_of_a_damaged_one),
        TEST(test_a_look_at_no_database),
        TEST(test_an_update_keeps_the_version_before),
        TEST(test_an_update_that_fails),
        TEST(test_an_update_of_a_damaged_one),
        TEST(test_an_update_without_room),
        TEST(test_a_newer_version_is_only_read),
        TEST(test_a_newer_version_without_what_we_read),
        TEST(test_an_older_version_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
