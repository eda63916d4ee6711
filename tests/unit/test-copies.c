/* Copies of the journal beside it: those that hold an entry are deleted, whatever else is in them; nothing
 * else is. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/copies.h"

#define PORTION (256 * 1024) /* read at once */

struct place {
    char folder[64], journal[96];
};

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/kindly-copies-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->journal, sizeof place->journal, "%s/journal.db", place->folder);
    *state = place;
    return 0;
}

static const char *path_of(const struct place *place, const char *name, char buffer[160]) {
    snprintf(buffer, 160, "%s/%s", place->folder, name);
    return buffer;
}

static void write_file(const struct place *place, const char *name, const void *data, size_t size,
                       size_t at) {
    char path[160];
    int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, (off_t)at), size);
    close(fd);
}

static bool is_there(const struct place *place, const char *name) {
    char path[160];
    struct stat status;
    return lstat(path_of(place, name, path), &status) >= 0;
}

static void remove_file(const struct place *place, const char *name) {
    char path[160];
    unlink(path_of(place, name, path));
}

static int teardown(void **state) {
    struct place *place = *state;
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static struct uuid id_of(uint8_t number) {
    struct uuid id = {.bytes = {1, 2, 3, 4, 5, 6, 0x70}};
    id.bytes[15] = number;
    return id;
}

/* Wherever it lies: at the beginning, across two portions, at the very end. */
static void test_places(void **state) {
    struct place *place = *state;
    static const size_t places[] = {0,           1,           4096,    PORTION - 16,   PORTION - 15,
                                    PORTION - 8, PORTION - 1, PORTION, 3 * PORTION - 7};
    const struct uuid ids[] = {id_of(9), id_of(1), id_of(5)};
    for (size_t i = 0; i < ELEMENTSOF(places); i++) {
        write_file(place, "journal.db.v1", &ids[i % 3], sizeof ids[0], places[i]);
        assert_int_equal(copies_forget(place->journal, ids, ELEMENTSOF(ids)), 0);
        if (is_there(place, "journal.db.v1"))
            fail_msg("at %zu", places[i]);
    }
}

static void test_others_stay(void **state) {
    struct place *place = *state;
    static const char *const names[] = {"journal.db",         "journal.db-wal",   "journal.db.sync",
                                        "journal.db.v",       "journal.db.vault", "other.db.v1",
                                        "damaged-journal.db", "journal.db.w1"};
    const struct uuid wanted = id_of(1), another = id_of(2);
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        write_file(place, names[i], &wanted, sizeof wanted, 0);
    write_file(place, "journal.db.v1", &another, sizeof another, 0);
    write_file(place, "journal.db.v2", "", 0, 0);
    write_file(place, "journal.db.v3", &wanted, sizeof wanted - 1, 0); /* not all of it */
    assert_int_equal(copies_forget(place->journal, &wanted, 1), 0);
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        if (!is_there(place, names[i]))
            fail_msg("%s", names[i]);
        remove_file(place, names[i]);
    }
    for (int version = 1; version <= 3; version++) {
        char name[32];
        snprintf(name, sizeof name, "journal.db.v%d", version);
        assert_true(is_there(place, name));
        remove_file(place, name);
    }
}

static void test_what_belongs_to_a_copy_goes_with_it(void **state) {
    struct place *place = *state;
    static const char *const names[] = {"journal.db.v12",
                                        "journal.db.v12-wal",
                                        "journal.db.v12-shm",
                                        "journal.db.damaged-20261125-120000",
                                        "journal.db.damaged-20261125-120000-wal",
                                        "journal.db.damaged-20261125-130000",
                                        "journal.db.damaged-20261125-130000-wal",
                                        "journal.db.rescue-part",
                                        "journal.db.v2.AbCdEf"};
    /* Of each copy one file holds it: the copy, or what belongs to it. */
    static const bool holds[] = {true, false, false, true, false, false, true, true, true};
    const struct uuid wanted = id_of(1);
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        write_file(place, names[i], holds[i] ? (const void *)&wanted : "0123456789abcdef", sizeof wanted,
                   100);
    assert_int_equal(copies_forget(place->journal, &wanted, 1), 0);
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (is_there(place, names[i]))
            fail_msg("%s", names[i]);
}

/* Their bytes are overwritten first: another name for the file finds only zeroes. */
static void test_overwritten(void **state) {
    struct place *place = *state;
    char copy[160], other[160], bytes[200];
    const struct uuid wanted = id_of(1);
    write_file(place, "journal.db.v1", &wanted, sizeof wanted, 0);
    write_file(place, "journal.db.v1", "a private sentence", 18, 100);
    assert_int_equal(link(path_of(place, "journal.db.v1", copy), path_of(place, "other", other)), 0);
    assert_int_equal(copies_forget(place->journal, &wanted, 1), 0);
    int fd = open(other, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, bytes, sizeof bytes), 118);
    close(fd);
    for (int i = 0; i < 118; i++)
        assert_int_equal(bytes[i], 0);
    remove_file(place, "other");
}

static void test_links_and_folders(void **state) {
    struct place *place = *state;
    char path[160], target[160];
    const struct uuid wanted = id_of(1);
    write_file(place, "elsewhere", &wanted, sizeof wanted, 0);
    assert_int_equal(symlink(path_of(place, "elsewhere", target), path_of(place, "journal.db.v1", path)), 0);
    assert_int_equal(mkdir(path_of(place, "journal.db.v2", path), 0700), 0);
    assert_int_equal(mkfifo(path_of(place, "journal.db.v3", path), 0600), 0);
    assert_int_equal(copies_forget(place->journal, &wanted, 1), 0);
    assert_true(is_there(place, "elsewhere") && is_there(place, "journal.db.v1"));
    rmdir(path_of(place, "journal.db.v2", path));
    remove_file(place, "elsewhere");
    remove_file(place, "journal.db.v1");
    remove_file(place, "journal.db.v3");
}

static void test_no_folder(void **state) {
    (void)state;
    const struct uuid wanted = id_of(1);
    assert_int_equal(copies_forget("/nonexistent/journal.db", &wanted, 1), 0);
    assert_int_equal(copies_forget("/nonexistent/journal.db", NULL, 0), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_places),      TEST(test_others_stay),       TEST(test_what_belongs_to_a_copy_goes_with_it),
        TEST(test_overwritten), TEST(test_links_and_folders), TEST(test_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
