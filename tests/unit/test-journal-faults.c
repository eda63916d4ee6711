/* A disk that fails: a VFS between SQLite and the real one refuses the 1st, 2nd, 3rd ... open, write, sync,
 * truncation or read, until a run passes untouched. Whatever was acknowledged is there afterwards, what
 * wasn't is there whole or not at all, the file is sound, and the next call goes on as if nothing had been.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/beside.h"
#include "daemon/store/entries.h"

#define NOW      (1750000000 * USEC_PER_SEC)
#define RUNS_MAX 3000

/* --- The VFS ---------------------------------------------------------------------------------- */

enum operation {
    OPERATION_WRITE = 1,
    OPERATION_SYNC = 2,
    OPERATION_OPEN = 4,
    OPERATION_TRUNCATE = 8,
    OPERATION_READ = 16,
    OPERATION_SHARE = 32, /* of the WAL's index */
};
#define OPERATIONS_OF_WRITING                                                                                \
    (OPERATION_WRITE | OPERATION_SYNC | OPERATION_OPEN | OPERATION_TRUNCATE | OPERATION_SHARE)

/* One for the process, since SQLite knows VFSs by name only. */
static struct {
    sqlite3_vfs *real;
    int counts;        /* operations that count */
    int countdown;     /* the one that fails; 0: none */
    bool stays_broken; /* and all that come after it */
    int failed;
} faults;

static bool fails(enum operation operation) {
    if (!(faults.counts & (int)operation) || faults.countdown == 0)
        return false;
    if (faults.countdown > 1) {
        faults.countdown--;
        return false;
    }
    if (!faults.stays_broken)
        faults.countdown = 0;
    faults.failed++;
    return true;
}

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this one */
};

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct file *)file)->real;
}

static int faulty_close(sqlite3_file *file) {
    return real_of(file)->pMethods->xClose(real_of(file));
}
static int faulty_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 at) {
    return fails(OPERATION_READ) ? SQLITE_IOERR_READ
                                 : real_of(file)->pMethods->xRead(real_of(file), buffer, size, at);
}
/* Half of it is on the disk then. */
static int faulty_write(sqlite3_file *file, const void *buffer, int size, sqlite3_int64 at) {
    if (!fails(OPERATION_WRITE))
        return real_of(file)->pMethods->xWrite(real_of(file), buffer, size, at);
    real_of(file)->pMethods->xWrite(real_of(file), buffer, size / 2, at);
    return SQLITE_IOERR_WRITE;
}
static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return fails(OPERATION_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
                                     : real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int faulty_sync(sqlite3_file *file, int flags) {
    return fails(OPERATION_SYNC) ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int faulty_size(sqlite3_file *file, sqlite3_int64 *ret) {
    return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}
static int faulty_lock(sqlite3_file *file, int how) {
    return real_of(file)->pMethods->xLock(real_of(file), how);
}
static int faulty_unlock(sqlite3_file *file, int how) {
    return real_of(file)->pMethods->xUnlock(real_of(file), how);
}
static int faulty_check_lock(sqlite3_file *file, int *ret) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}
static int faulty_control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
static int faulty_sector(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int faulty_device(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int faulty_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret) {
    return fails(OPERATION_SHARE)
               ? SQLITE_IOERR_SHMMAP
               : real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, ret);
}
static int faulty_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}
static void faulty_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int faulty_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_lock,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector,
    .xDeviceCharacteristics = faulty_device,
    .xShmMap = faulty_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_barrier,
    .xShmUnmap = faulty_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags) {
    (void)vfs;
    struct file *file = (struct file *)base;
    base->pMethods = NULL;
    if (fails(OPERATION_OPEN))
        return SQLITE_CANTOPEN;
    file->real = (sqlite3_file *)(file + 1);
    int code = faults.real->xOpen(faults.real, path, file->real, flags, ret_flags);
    if (file->real->pMethods)
        base->pMethods = &faulty_methods;
    return code;
}

static int setup_vfs(void **state) {
    static sqlite3_vfs faulty;
    (void)state;
    faults.real = sqlite3_vfs_find(NULL);
    faulty = *faults.real; /* all that isn't about open files is the real one's */
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(struct file) + faults.real->szOsFile;
    faulty.xOpen = faulty_open;
    return sqlite3_vfs_register(&faulty, 1) == SQLITE_OK ? 0 : -1;
}

static void arm(int counts, int which, bool stays_broken) {
    faults.counts = counts;
    faults.countdown = which;
    faults.stays_broken = stays_broken;
    faults.failed = 0;
}

static void disarm(void) {
    faults.countdown = 0;
}

/* --- A journal in a folder of its own ---------------------------------------------------------- */

struct place {
    char folder[64], home[96], path[128];
    struct journal *journal;
};

static void empty_folder(const char *folder) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(all), entry->d_name, 0);
    if (all)
        closedir(all);
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "%s/kindly-faults-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    *state = place;
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->home, sizeof place->home, "%s/kindly", place->folder);
    snprintf(place->path, sizeof place->path, "%s/journal.db", place->home);
    return 0;
}

static int teardown(void **state) {
    struct place *place = *state;
    disarm();
    journal_free(place->journal);
    empty_folder(place->home);
    rmdir(place->home);
    int r = rmdir(place->folder);
    free(place);
    return r;
}

static struct uuid id_of(uint8_t number) {
    struct uuid id = uuid_from_time(NOW + number, (uint8_t[8]){0});
    id.bytes[15] = number;
    return id;
}

static void note_of(uint8_t number, char ret[3000]) {
    memset(ret, 'a' + number % 26, 3000);
    ret[100 + 900 * (number % 4)] = 0;
    if (number % 4 == 3)
        ret[2900] = 0;
}

/* As the daemon does it: an event, and a state with something open. */
static int write_note(struct place *place, uint8_t number) {
    char note[3000];
    note_of(number, note);
    struct event event = {.kind = EVENT_NOTED, .theme = THEME_NONE, .time_usec = NOW + number, .note = note};
    event.id = event.entry = id_of(number);
    struct turn turn = {.next = keeper_new(), .changed = true, .events = &event, .n_events = 1};
    assert_non_null(turn.next);
    turn.next->day_count = number;
    turn.next->n_open = 1;
    turn.next->open[0] = (struct open_prompt){.id = event.id, .theme = THEME_NONE, .text = strdup(note)};
    int r = journal_commit(place->journal, &turn);
    keeper_free(turn.next);
    return r;
}

enum outcome { UNTRIED, FAILED, ACKNOWLEDGED };

/* Whole, or not at all. */
static bool has_note(struct place *place, uint8_t number) {
    struct uuid id = id_of(number);
    struct entry entry;
    int r = journal_find(place->journal, &id, &entry);
    if (r == -ENOENT)
        return false;
    assert_int_equal(r, 0);
    char note[3000];
    note_of(number, note);
    if (!streq(entry.state, "forgotten"))
        assert_string_equal(entry.note, note);
    entry_done(&entry);
    return true;
}

static int refuse_copy(void *userdata, const char *path, enum copy_kind kind) {
    (void)userdata;
    if (kind == COPY_DAMAGED || kind == COPY_RESCUE)
        fail_msg("there is %s", path);
    return 0;
}

static void assert_sound(struct place *place) {
    _cleanup_free_ char *finding = NULL;
    int r = journal_check(place->journal, &finding);
    if (r != 0)
        fail_msg("%d %s", r, finding ? finding : "");
}

/* Opens it on a disk that works again. */
static void open_again(struct place *place) {
    disarm();
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    assert_sound(place);
}

/* A disk that fails is not a damaged journal: nothing is set aside for it. */
static void assert_none_aside(struct place *place) {
    assert_int_equal(beside_visit(place->path, refuse_copy, NULL), 0);
}

/* --- Tests ------------------------------------------------------------------------------------ */

#define NOTES 6

/* A life: begin a journal, write, flush, write, erase the first, write. */
static void live(struct place *place, enum outcome outcomes[NOTES], enum outcome *erased) {
    _cleanup_free_ char *problem = NULL;
    int r = journal_open(place->path, NOW, &place->journal, &problem);
    if (r < 0) {
        assert_non_null(strstr(or_empty(problem), "journal"));
        assert_null(place->journal);
        return;
    }
    struct uuid first = id_of(0);
    for (uint8_t i = 0; i < NOTES; i++) {
        r = write_note(place, i);
        assert_in_range(-r, 0, 200); /* an errno, never what SQLite calls it */
        assert_int_not_equal(r, -EUCLEAN);
        outcomes[i] = r < 0 ? FAILED : ACKNOWLEDGED;
        if (i == 1)
            journal_flush(place->journal);
        if (i == 3 && outcomes[0] == ACKNOWLEDGED)
            *erased = journal_forget(place->journal, &first, NOW, 0) < 0 ? FAILED : ACKNOWLEDGED;
    }
}

static void check_life(struct place *place, const enum outcome outcomes[NOTES], enum outcome erased,
                       int run) {
    int last = -1;
    for (uint8_t i = 0; i < NOTES; i++) {
        bool there = has_note(place, i);
        if (outcomes[i] == ACKNOWLEDGED && !there)
            fail_msg("run %d: note %u was acknowledged and is lost", run, i);
        if (outcomes[i] == UNTRIED && there)
            fail_msg("run %d: note %u comes from nowhere", run, i);
        if (there)
            last = i;
    }
    _cleanup_(keeper_freep) struct keeper *keeper = NULL;
    assert_int_equal(journal_load(place->journal, &keeper), 0);
    assert_int_equal(keeper->day_count, last < 0 ? 0 : last); /* the state goes with its event */
    if (erased == ACKNOWLEDGED) {
        struct uuid first = id_of(0);
        struct entry entry;
        assert_int_equal(journal_find(place->journal, &first, &entry), 0);
        assert_string_equal(entry.note, "");
        entry_done(&entry);
    }
}

static int run_lives(struct place *place, int operations, bool stays_broken) {
    for (int run = 1; run < RUNS_MAX; run++) {
        enum outcome outcomes[NOTES] = {UNTRIED}, erased = UNTRIED;
        empty_folder(place->home);
        arm(operations, run, stays_broken);
        live(place, outcomes, &erased);
        if (faults.failed == 0) {
            for (size_t i = 0; i < NOTES; i++)
                assert_int_equal(outcomes[i], ACKNOWLEDGED);
            return run - 1;
        }
        /* In the same process it goes on at once. */
        disarm();
        if (place->journal) {
            assert_int_equal(write_note(place, 100), 0);
            assert_true(has_note(place, 100));
        }
        bool went_on = place->journal;
        open_again(place);
        assert_none_aside(place);
        assert_int_equal(has_note(place, 100), went_on);
        if (went_on) { /* back to where the last of them was */
            _cleanup_(keeper_freep) struct keeper *keeper = NULL;
            assert_int_equal(journal_load(place->journal, &keeper), 0);
            assert_int_equal(keeper->day_count, 100);
        }
        for (uint8_t i = 0; i < NOTES; i++)
            if (outcomes[i] == ACKNOWLEDGED)
                assert_true(has_note(place, i));
        place->journal = journal_free(place->journal);
    }
    fail_msg("there is no end of operations");
    return 0;
}

/* The same, but ended there: what a kill or a power loss leaves. */
static int run_ended_lives(struct place *place, int operations) {
    for (int run = 1; run < RUNS_MAX; run++) {
        enum outcome outcomes[NOTES] = {UNTRIED}, erased = UNTRIED;
        empty_folder(place->home);
        arm(operations, run, true);
        live(place, outcomes, &erased);
        bool untouched = faults.failed == 0;
        place->journal = journal_free(place->journal); /* nothing of it reaches the disk any more */
        open_again(place);
        assert_none_aside(place);
        check_life(place, outcomes, erased, run);
        place->journal = journal_free(place->journal);
        if (untouched)
            return run - 1;
    }
    fail_msg("there is no end of operations");
    return 0;
}

static void test_a_write_fails(void **state) {
    assert_in_range(run_lives(*state, OPERATIONS_OF_WRITING, false), 50, RUNS_MAX);
}

static void test_a_read_fails(void **state) {
    assert_in_range(run_lives(*state, OPERATION_READ, false), 10, RUNS_MAX);
}

static void test_it_stays_broken(void **state) {
    assert_in_range(run_lives(*state, OPERATIONS_OF_WRITING, true), 50, RUNS_MAX);
}

static void test_it_ends_broken(void **state) {
    assert_in_range(run_ended_lives(*state, OPERATIONS_OF_WRITING), 50, RUNS_MAX);
}

/* A damaged journal, replaced on a disk that fails: it stands as it was, or is replaced; nothing is lost on
 * the way, and the next start ends it. */
static void test_rescue(void **state) {
    struct place *place = *state;
    enum { HERE = 30 };
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
    for (uint8_t i = 0; i < HERE; i++)
        assert_int_equal(write_note(place, i), 0);
    struct uuid device = *journal_device(place->journal);
    place->journal = journal_free(place->journal);
    FILE *file = fopen(place->path, "r+");
    assert_int_equal(fwrite((char[4096]){0}, 1, 100, file), 100); /* the header alone */
    fclose(file);
    size_t size = 0;
    static char damaged[1 << 20];
    file = fopen(place->path, "r");
    size = fread(damaged, 1, sizeof damaged, file);
    fclose(file);
    for (int run = 1;; run++) {
        assert_true(run < RUNS_MAX);
        empty_folder(place->home);
        file = fopen(place->path, "w");
        assert_int_equal(fwrite(damaged, 1, size, file), size);
        fclose(file);
        arm(OPERATIONS_OF_WRITING, run, false);
        int r = journal_open(place->path, NOW, &place->journal, NULL);
        bool untouched = faults.failed == 0;
        if (untouched)
            assert_int_equal(r, 0);
        open_again(place);
        for (uint8_t i = 0; i < HERE; i++)
            assert_true(has_note(place, i));
        assert_memory_equal(journal_device(place->journal), &device, sizeof device);
        place->journal = journal_free(place->journal);
        if (!untouched)
            continue;
        assert_in_range(run, 20, RUNS_MAX);
        break;
    }
}

/* An update on a disk that fails: the version before stays as it was, or the new one is there and a copy of
 * the one before beside it. */
static void test_update(void **state) {
    struct place *place = *state;
    const char *steps[8];
    assert_true(schema.version < (int)ELEMENTSOF(steps));
    memcpy(steps, schema.steps, (size_t)schema.version * sizeof *steps);
    steps[schema.version] = "ALTER TABLE event ADD COLUMN later TEXT; CREATE TABLE more (a)";
    const struct schema next = {steps, schema.version + 1};
    char kept[160];
    snprintf(kept, sizeof kept, "%s.v%d", place->path, schema.version);
    for (int run = 1;; run++) {
        assert_true(run < RUNS_MAX);
        empty_folder(place->home);
        assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
        for (uint8_t i = 0; i < NOTES; i++)
            assert_int_equal(write_note(place, i), 0);
        place->journal = journal_free(place->journal);
        arm(OPERATIONS_OF_WRITING, run, run % 2);
        int r = journal_open_as(&next, place->path, NOW, &place->journal, NULL);
        bool untouched = faults.failed == 0;
        if (untouched)
            assert_int_equal(r, 0);
        place->journal = journal_free(place->journal);
        disarm();
        assert_none_aside(place);
        assert_int_equal(journal_open_as(&next, place->path, NOW, &place->journal, NULL), 0);
        assert_sound(place);
        for (uint8_t i = 0; i < NOTES; i++)
            assert_true(has_note(place, i));
        place->journal = journal_free(place->journal);
        assert_int_equal(journal_open_readonly(kept, &place->journal, NULL), 0);
        for (uint8_t i = 0; i < NOTES; i++)
            assert_true(has_note(place, i));
        place->journal = journal_free(place->journal);
        if (!untouched)
            continue;
        assert_in_range(run, 20, RUNS_MAX);
        break;
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_write_fails),  TEST(test_a_read_fails), TEST(test_it_stays_broken),
        TEST(test_it_ends_broken), TEST(test_rescue),       TEST(test_update),
    };
    return cmocka_run_group_tests(tests, setup_vfs, NULL);
}
