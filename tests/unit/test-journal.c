/* The journal: what is committed is there after a reopen, what failed has changed nothing, what is forgotten
 * is gone from the bytes. Everything happens in a folder of its own, removed at the end of each test. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/entries.h"

#define NOW (1750000000 * USEC_PER_SEC)

/* Text that may be written to, as the strings of events are. */
#define S(text) ((char[]){text})

/* --- A folder and a journal in it ------------------------------------------------------------- */

struct place {
    char folder[64];
    char path[128]; /* FOLDER/kindly/journal.db */
    struct journal *journal;
    uint8_t next_id;
};

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    /* In memory where that can be: every commit waits for the disk. */
    snprintf(place->folder, sizeof place->folder, "%s/kindly-journal-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/kindly/journal.db", place->folder);
    *state = place;
    return journal_open(place->path, NOW, &place->journal, NULL);
}

static void remove_files(const char *folder) {
    static const char *const names[] = {"journal.db",      "journal.db-wal", "journal.db-shm",
                                        "journal.db-copy", "link.db",        "other.db"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static int teardown(void **state) {
    struct place *place = *state;
    char inner[128];
    journal_free(place->journal);
    snprintf(inner, sizeof inner, "%s/kindly", place->folder);
    remove_files(inner);
    remove_files(place->folder);
    free(place);
    return 0;
}

static void reopen(struct place *place) {
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open(place->path, NOW, &place->journal, NULL), 0);
}

static struct uuid make_id(struct place *place) {
    struct uuid id = uuid_from_time(NOW, (uint8_t[8]){0});
    id.bytes[15] = ++place->next_id;
    return id;
}

/* --- Turns, as the keeper makes them ---------------------------------------------------------- */

static char *copy(const char *text) {
    char *copied = text ? strdup(text) : NULL;
    assert_true(!text || copied);
    return copied;
}

static void commit_event(struct place *place, const struct event *event) {
    struct event written = *event;
    struct turn turn = {.events = &written, .n_events = 1};
    assert_int_equal(journal_load(place->journal, &turn.next), 0);
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(turn.next);
}

static struct uuid add(struct place *place, const struct uuid *entry, struct event event) {
    event.id = make_id(place);
    event.entry = entry ? *entry : event.id;
    if (event.time_usec == 0)
        event.time_usec = NOW;
    if (event.kind != EVENT_SHOWN)
        event.theme = THEME_NONE;
    commit_event(place, &event);
    return event.id;
}

static struct uuid add_shown(struct place *place, usec_t time_usec, usec_t due_usec, enum theme theme,
                             char *prompt, char *text) {
    return add(place, NULL,
               (struct event){.kind = EVENT_SHOWN,
                              .time_usec = time_usec,
                              .offset_sec = 7200,
                              .due_usec = due_usec,
                              .theme = theme,
                              .reminder = due_usec > 0 ? S("daytime") : S(""),
                              .prompt = prompt,
                              .text = text,
                              .why = S("variety")});
}

static struct uuid add_note(struct place *place, usec_t time_usec, const char *note) {
    _cleanup_free_ char *line = copy(note);
    return add(place, NULL, (struct event){.kind = EVENT_NOTED, .time_usec = time_usec, .note = line});
}

static void add_answer(struct place *place, const struct uuid *entry, usec_t time_usec, char *choice,
                       char *note) {
    add(place, entry,
        (struct event){.kind = EVENT_ANSWERED, .time_usec = time_usec, .choice = choice, .note = note});
}

/* --- The whole state -------------------------------------------------------------------------- */

/* Field by field, so that the padding stays zero and two can be compared as bytes. */
static struct keeper *full_keeper(struct place *place) {
    struct keeper *keeper = keeper_new();
    assert_non_null(keeper);
    keeper->planned_until_usec = NOW;
    keeper->latest_due_usec = NOW - 1;
    keeper->paused_until_usec = USEC_INFINITY;
    keeper->last_shown_usec = NOW - 2;
    keeper->day = 20254;
    keeper->day_count = 3;
    keeper->commands_named = 2;
    keeper->guidance = 2;
    keeper->fewer = 1;
    keeper->fewer_count = 5;
    keeper->drift_days = 9;
    keeper->drift_day = 20253;
    keeper->offer_day = 20252;
    keeper->then_usec = NOW - 3;
    keeper->n_open = 2;
    struct open_prompt *open = &keeper->open[0];
    open->id = make_id(place);
    open->state = OPEN_SNOOZED;
    open->stage = STAGE_PRACTICE;
    open->reminder = copy("pause");
    open->due_usec = NOW - 5;
    open->hold_until_usec = NOW + 5;
    open->not_before_usec = NOW + 6;
    open->held = true;
    open->theme = THEME_PATIENCE;
    open->prompt = copy("three-breaths");
    open->title = copy("Three breaths");
    open->text = copy("Feel your feet.");
    open->line = copy("This passes.");
    open->why = copy("learned 6/8");
    open->write = true;
    open->practice = true;
    open->step = 2;
    open->shown_usec = NOW - 4;
    open->expires_usec = USEC_INFINITY;
    open->answered = true;
    open->on_screen = true;
    open->bus_id = copy("4711");
    open->owner = copy(":1.42");
    open->server_id = UINT32_MAX;
    open->snoozes = 2;
    open->until_usec = NOW + 7;
    open->until_boot_usec = 8;
    open->boot_id = make_id(place);
    open = &keeper->open[1];
    open->id = make_id(place);
    open->reminder = copy("");
    open->due_usec = NOW;
    open->by_hand = true;
    open->theme = THEME_NONE;
    return keeper;
}

static void assert_same_text(const char *a, const char *b) {
    assert_int_equal(!a, !b);
    if (a)
        assert_string_equal(a, b);
}

static void assert_same_open(const struct open_prompt *a, const struct open_prompt *b) {
    char *const texts[][2] = {{a->reminder, b->reminder}, {a->prompt, b->prompt}, {a->title, b->title},
                              {a->text, b->text},         {a->line, b->line},     {a->why, b->why},
                              {a->bus_id, b->bus_id},     {a->owner, b->owner}};
    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        assert_same_text(texts[i][0], texts[i][1]);
    /* What isn't text is compared as bytes: a field that is new and not stored is found too. */
    struct open_prompt bare[2];
    memcpy(&bare[0], a, sizeof *a);
    memcpy(&bare[1], b, sizeof *b);
    for (size_t i = 0; i < 2; i++) {
        bare[i].reminder = bare[i].prompt = bare[i].title = bare[i].text = bare[i].why = NULL;
        bare[i].line = bare[i].bus_id = bare[i].owner = NULL;
    }
    assert_memory_equal(&bare[0], &bare[1], sizeof bare[0]);
}

static void assert_same_keeper(const struct keeper *a, const struct keeper *b) {
    assert_int_equal(a->n_open, b->n_open);
    for (size_t i = 0; i < a->n_open; i++)
        assert_same_open(&a->open[i], &b->open[i]);
    assert_memory_equal((const char *)a + offsetof(struct keeper, n_open),
                        (const char *)b + offsetof(struct keeper, n_open),
                        sizeof *a - offsetof(struct keeper, n_open));
}

static void test_commit_and_reopen(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = full_keeper(place), .changed = true};
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    reopen(place);
    _cleanup_(keeper_freep) struct keeper *loaded = NULL;
    assert_int_equal(journal_load(place->journal, &loaded), 0);
    assert_same_keeper(turn.next, loaded);
    keeper_free(turn.next);
}

static void test_a_new_journal_starts_now(void **state) {
    struct place *place = *state;
    _cleanup_(keeper_freep) struct keeper *keeper = NULL;
    assert_int_equal(journal_load(place->journal, &keeper), 0);
    assert_int_equal(keeper->planned_until_usec, NOW);
    assert_int_equal(keeper->n_open, 0);
}

static void test_identity_is_kept(void **state) {
    struct place *place = *state;
    struct uuid device = *journal_device(place->journal);
    struct hash_key secret = *journal_secret(place->journal);
    assert_false(uuid_is_null(&device));
    assert_memory_not_equal(device.bytes, secret.bytes, sizeof device.bytes);
    reopen(place);
    assert_memory_equal(&device, journal_device(place->journal), sizeof device);
    assert_memory_equal(&secret, journal_secret(place->journal), sizeof secret);
}

static void test_unchanged_turn_writes_nothing(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = full_keeper(place)};
    int before = sqlite3_total_changes(place->journal->db);
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    assert_int_equal(sqlite3_total_changes(place->journal->db), before);
    keeper_free(turn.next);
}

/* --- Files and modes -------------------------------------------------------------------------- */

static mode_t mode_of(const char *path, const char *suffix) {
    char file[256];
    struct stat status;
    snprintf(file, sizeof file, "%s%s", path, suffix);
    assert_int_equal(stat(file, &status), 0);
    return status.st_mode & 0777;
}

static void folder_of(const struct place *place, char ret[128]) {
    snprintf(ret, 128, "%s/kindly", place->folder);
}

static void test_modes(void **state) {
    struct place *place = *state;
    char folder[128];
    folder_of(place, folder);
    static const mode_t umasks[] = {0, 022, 0777};
    for (size_t i = 0; i < ELEMENTSOF(umasks); i++) {
        journal_free(place->journal);
        unlink(place->path);
        assert_int_equal(rmdir(folder), 0);
        mode_t old = umask(umasks[i]);
        int r = journal_open(place->path, NOW, &place->journal, NULL);
        add_note(place, NOW, "a line");
        umask(old);
        assert_int_equal(r, 0);
        assert_int_equal(mode_of(folder, ""), 0700);
        assert_int_equal(mode_of(place->path, ""), 0600);
        assert_int_equal(mode_of(place->path, "-wal"), 0600);
        assert_int_equal(mode_of(place->path, "-shm"), 0600);
    }
}

static void test_wrong_modes_are_tightened(void **state) {
    struct place *place = *state;
    char folder[128];
    folder_of(place, folder);
    place->journal = journal_free(place->journal);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(place->path, 0644), 0);
    reopen(place);
    assert_int_equal(mode_of(folder, ""), 0700);
    assert_int_equal(mode_of(place->path, ""), 0600);
}

/* Another folder may hold more than the journal. */
static void test_other_folders_keep_their_mode(void **state) {
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/other.db", place->folder);
    assert_int_equal(chmod(place->folder, 0755), 0);
    _cleanup_(journal_freep) struct journal *journal = NULL;
    assert_int_equal(journal_open(path, NOW, &journal, NULL), 0);
    assert_int_equal(mode_of(place->folder, ""), 0755);
    assert_int_equal(mode_of(path, ""), 0600);
}

static void write_file(const char *path, const char *bytes, size_t size) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The caller frees. NULL: there is no such file. */
static char *read_whole(const char *path, size_t *ret_size) {
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return NULL;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = (size_t)status.st_size;
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    *ret_size = size;
    return bytes;
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Opening for writing and for reading fails with `error` and a sentence that says `word`; the file stays as
 * it is. */
static void assert_refused(const char *path, int error, const char *word) {
    for (int readonly = 0; readonly < 2; readonly++) {
        struct journal *journal = NULL;
        size_t before_size = 0, after_size = 0;
        _cleanup_free_ char *problem = NULL, *after = NULL, *before = read_whole(path, &before_size);
        int r = readonly ? journal_open_readonly(path, &journal, &problem)
                         : journal_open(path, NOW, &journal, &problem);
        assert_int_equal(r, error);
        assert_null(journal);
        assert_non_null(problem);
        if (!strstr(problem, word))
            fail_msg("\"%s\" doesn't say \"%s\"", problem, word);
        after = read_whole(path, &after_size);
        assert_int_equal(!before, !after);
        assert_int_equal(before_size, after_size);
        if (before)
            assert_memory_equal(before, after, before_size);
    }
}

static void test_not_ours(void **state) {
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/other.db", place->folder);
    char noise[5000];
    memset(noise, 'x', sizeof noise);
    write_file(path, noise, sizeof noise);
    assert_refused(path, -EMEDIUMTYPE, "left as it is");
    unlink(path);
    run_sql(path, "CREATE TABLE theirs (a)");
    assert_refused(path, -EMEDIUMTYPE, "not a journal");
    unlink(path);
    run_sql(path, "PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE theirs (a)");
    assert_refused(path, -EMEDIUMTYPE, "left as it is");
}

static void test_newer_version(void **state) {
    struct place *place = *state;
    add_note(place, NOW, "a line");
    place->journal = journal_free(place->journal);
    run_sql(place->path, "PRAGMA user_version = 99; ALTER TABLE state RENAME COLUMN device TO machine");
    assert_refused(place->path, -EOVERFLOW, "newer");
}

static void test_links_and_folders_are_refused(void **state) {
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/link.db", place->folder);
    assert_int_equal(symlink(place->path, path), 0);
    assert_refused(path, -ELOOP, "symbolic link");
    assert_refused(place->folder, -EISDIR, "regular file");
}

/* A link on the way to it is fine. */
static void test_linked_folder(void **state) {
    struct place *place = *state;
    char link[128], path[160], folder[128];
    folder_of(place, folder);
    snprintf(link, sizeof link, "%s/link.db", place->folder);
    snprintf(path, sizeof path, "%s/journal.db", link);
    assert_int_equal(symlink(folder, link), 0);
    place->journal = journal_free(place->journal);
    assert_int_equal(journal_open(path, NOW, &place->journal, NULL), 0);
}

static void test_empty_file_becomes_a_journal(void **state) {
    struct place *place = *state;
    place->journal = journal_free(place->journal);
    write_file(place->path, "", 0);
    reopen(place);
}

static void test_moved_away(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = full_keeper(place), .changed = true};
    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(journal_commit(place->journal, &turn), -ESTALE);
    keeper_free(turn.next);
}

/* --- Reading beside and without the daemon ---------------------------------------------------- */

static void assert_line_is_read(const char *path, const struct uuid *id, const char *line) {
    _cleanup_(journal_freep) struct journal *reader = NULL;
    struct entry entry;
    assert_int_equal(journal_open_readonly(path, &reader, NULL), 0);
    assert_int_equal(journal_find(reader, id, &entry), 0);
    assert_string_equal(entry.note, line);
    entry_done(&entry);
}

static void test_reader(void **state) {
    struct place *place = *state;
    struct uuid id = add_note(place, NOW, "beside");
    assert_line_is_read(place->path, &id, "beside");
    place->journal = journal_free(place->journal);
    assert_line_is_read(place->path, &id, "beside");
    reopen(place);
    assert_line_is_read(place->path, &id, "beside");
}

static void test_reader_never_writes(void **state) {
    struct place *place = *state;
    _cleanup_(journal_freep) struct journal *reader = NULL;
    assert_int_equal(journal_open_readonly(place->path, &reader, NULL), 0);
    struct turn turn = {.next = full_keeper(place), .changed = true};
    assert_int_equal(journal_commit(reader, &turn), -EROFS);
    keeper_free(turn.next);
    place->journal = journal_free(place->journal);
    unlink(place->path);
    _cleanup_free_ char *problem = NULL;
    struct journal *none = NULL;
    assert_int_equal(journal_open_readonly(place->path, &none, &problem), -ENOENT);
    assert_int_equal(access(place->path, F_OK), -1);
}

/* A copy in a folder that can't be written to, read by its owner, who isn't root. */
static void test_reader_in_a_readonly_folder(void **state) {
    struct place *place = *state;
    char folder[128];
    struct uuid id = add_note(place, NOW, "a copy");
    folder_of(place, folder);
    place->journal = journal_free(place->journal);
    uid_t owner = geteuid() == 0 ? 65534 : geteuid();
    assert_int_equal(chmod(place->folder, 0755), 0);
    assert_int_equal(chown(place->path, owner, (gid_t)-1), 0);
    assert_int_equal(chown(folder, owner, (gid_t)-1), 0);
    assert_int_equal(chmod(folder, 0500), 0);
    pid_t child = fork();
    if (child == 0) {
        struct journal *reader = NULL;
        struct entry entry;
        bool fine = (geteuid() == owner || setuid(owner) == 0) &&
                    journal_open_readonly(place->path, &reader, NULL) == 0 &&
                    journal_find(reader, &id, &entry) == 0 && streq(entry.note, "a copy");
        _exit(fine ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(status, 0);
}

/* --- Failures --------------------------------------------------------------------------------- */

static void set_file_limit(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The 1st, 2nd, 3rd ... page can't be written, until all can: a turn is there whole or not at all. */
static void test_failed_writes_change_nothing(void **state) {
    struct place *place = *state;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct turn turn = {.next = full_keeper(place), .changed = true, .n_events = 1};
    struct event event = {.id = make_id(place), .time_usec = NOW, .theme = THEME_NONE, .kind = EVENT_NOTED};
    char note[4000];
    memset(note, 'n', sizeof note - 1);
    note[sizeof note - 1] = 0;
    event.note = note;
    event.entry = event.id;
    turn.events = &event;
    _cleanup_(keeper_freep) struct keeper *empty = NULL, *full = NULL;
    assert_int_equal(journal_load(place->journal, &empty), 0);
    assert_true(journal_flush(place->journal) >= 0);
    int failures = 0;
    for (rlim_t limit = 0; failures < 100; limit += 2048, failures++) {
        set_file_limit(limit);
        int r = journal_commit(place->journal, &turn);
        set_file_limit(before.rlim_cur);
        if (r >= 0)
            break;
        assert_int_equal(r, -EIO);
        _cleanup_(keeper_freep) struct keeper *now = NULL;
        struct entry entry;
        assert_int_equal(journal_load(place->journal, &now), 0);
        assert_same_keeper(empty, now);
        assert_int_equal(journal_find(place->journal, &event.id, &entry), -ENOENT);
    }
    signal(SIGXFSZ, old);
    assert_in_range(failures, 3, 99);
    assert_int_equal(journal_load(place->journal, &full), 0);
    assert_same_keeper(turn.next, full);
    keeper_free(turn.next);
}

static void test_full(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = full_keeper(place), .changed = true};
    for (size_t i = 2; i < KEEPER_OPEN_MAX; i++)
        turn.next->open[i] =
            (struct open_prompt){.id = make_id(place), .theme = THEME_NONE, .text = copy("text")};
    turn.next->n_open = KEEPER_OPEN_MAX;
    assert_int_equal(sqlite3_exec(place->journal->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(journal_commit(place->journal, &turn), -ENOSPC);
    _cleanup_(keeper_freep) struct keeper *now = NULL;
    assert_int_equal(journal_load(place->journal, &now), 0);
    assert_int_equal(now->n_open, 0);
    keeper_free(turn.next);
}

static void test_same_event_twice_is_there_once(void **state) {
    struct place *place = *state;
    struct event events[2] = {{.kind = EVENT_NOTED, .time_usec = NOW, .theme = THEME_NONE, .note = S("one")}};
    events[0].id = events[0].entry = make_id(place);
    events[1] = events[0];
    struct turn turn = {.next = full_keeper(place), .changed = true, .events = events, .n_events = 2};
    struct entry entry;
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    assert_int_equal(journal_commit(place->journal, &turn), 0); /* of a turn whose end was not told */
    assert_int_equal(journal_find(place->journal, &events[0].id, &entry), 0);
    assert_string_equal(entry.note, "one");
    entry_done(&entry);
    keeper_free(turn.next);
}

static void test_another_writer(void **state) {
    struct place *place = *state;
    sqlite3 *other;
    struct turn turn = {.next = full_keeper(place), .changed = true};
    assert_int_equal(sqlite3_busy_timeout(place->journal->db, 0), SQLITE_OK);
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(journal_commit(place->journal, &turn), -EBUSY);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(turn.next);
}

/* --- Reminders -------------------------------------------------------------------------------- */

static struct schedule make_schedule(struct reminder *reminders, size_t n) {
    return (struct schedule){.reminders = reminders, .n_reminders = n};
}

static void test_reminders(void **state) {
    struct place *place = *state;
    struct reminder reminders[] = {
        {.name = S("pause"), .kind = REMINDER_EVERY, .every_usec = USEC_PER_HOUR},
        {.name = S("daytime"), .kind = REMINDER_TIMES, .times = 3},
        {.name = S("evening"), .kind = REMINDER_TIMES, .times = 1},
    };
    struct schedule three = make_schedule(reminders, 3), two = make_schedule(reminders, 2);
    usec_t starts[3];
    assert_int_equal(journal_note_reminders(place->journal, &two, NOW, starts), 0);
    assert_int_equal(starts[0], NOW);
    assert_int_equal(starts[1], NOW);

    int before = sqlite3_total_changes(place->journal->db);
    assert_int_equal(journal_note_reminders(place->journal, &two, NOW + 1, starts), 0);
    assert_int_equal(starts[1], NOW);
    assert_int_equal(sqlite3_total_changes(place->journal->db), before);

    assert_int_equal(journal_note_reminders(place->journal, &three, NOW + 2, starts), 0);
    assert_int_equal(starts[0], NOW);
    assert_int_equal(starts[2], NOW + 2);

    reminders[1].times = 4;
    reopen(place);
    assert_int_equal(journal_note_reminders(place->journal, &three, NOW + 3, starts), 0);
    assert_int_equal(starts[0], NOW);
    assert_int_equal(starts[1], NOW + 3);
    assert_int_equal(starts[2], NOW + 2);

    /* Gone and back again: new. */
    assert_int_equal(journal_note_reminders(place->journal, &two, NOW + 4, starts), 0);
    assert_int_equal(journal_note_reminders(place->journal, &three, NOW + 5, starts), 0);
    assert_int_equal(starts[0], NOW);
    assert_int_equal(starts[2], NOW + 5);

    /* The clock was ahead, and has been put right: none waits until its start comes again. */
    assert_int_equal(journal_note_reminders(place->journal, &three, NOW + 4, starts), 0);
    assert_int_equal(starts[0], NOW);
    assert_int_equal(starts[2], NOW + 4);
}

static void test_recorded(void **state) {
    struct place *place = *state;
    add_shown(place, NOW + 9, NOW, THEME_CARE, S("care-01"), S("text"));
    add(place, NULL,
        (struct event){
            .kind = EVENT_MISSED, .due_usec = NOW + 1, .reminder = S("daytime"), .detail = S("gap")});
    add_shown(place, NOW + 9, 0, THEME_CARE, S("care-01"), S("text"));
    assert_true(journal_recorded(place->journal, "daytime", NOW));
    assert_true(journal_recorded(place->journal, "daytime", NOW + 1));
    assert_false(journal_recorded(place->journal, "daytime", NOW + 2));
    assert_false(journal_recorded(place->journal, "evening", NOW));
    assert_false(journal_recorded(place->journal, "", 0));
}

/* --- History and learning --------------------------------------------------------------------- */

static void assert_near(double value, double expected) {
    if (value < expected - 1e-9 || value > expected + 1e-9)
        fail_msg("%f is not %f", value, expected);
}

static struct history load_history(struct place *place, usec_t now_usec) {
    struct history history;
    assert_int_equal(journal_history(place->journal, now_usec, zone_utc(), &history), 0);
    return history;
}

static void test_history_of_nothing(void **state) {
    _cleanup_(history_done) struct history history = load_history(*state, NOW);
    assert_int_equal(history.first_usec, 0);
    assert_int_equal(history.hard_usec, 0);
    assert_int_equal(history.today, 0);
    assert_int_equal(history.recent[0], THEME_NONE);
    assert_int_equal(history.n_cards, 0);
}

static void test_history(void **state) {
    struct place *place = *state;
    usec_t today = NOW / USEC_PER_DAY * USEC_PER_DAY;
    add_shown(place, today - 40 * USEC_PER_DAY, today, THEME_IMAGE, S("image-01"), S("old"));
    add_shown(place, today - 1, today - 1, THEME_CARE, S("care-01"), S("yesterday"));
    struct uuid id = add_shown(place, today, today, THEME_HUMANITY, S("humanity-01"), S("first"));
    add(place, &id,
        (struct event){
            .kind = EVENT_SHOWN, .time_usec = today + 5, .theme = THEME_NONE}); /* back from a snooze */
    add_shown(place, today + 6, 0, THEME_FRIEND, S("friend-01"), S("by hand"));
    add_shown(place, today + 7, today + 7, THEME_NONE, S("three-breaths"), S("a practice"));
    add_shown(place, today + 8, today + 8, THEME_PATIENCE, S("patience-01"), S("last"));
    add_answer(place, &id, today + 9, S("hard"), NULL);

    _cleanup_(history_done) struct history history = load_history(place, today + USEC_PER_HOUR);
    assert_int_equal(history.first_usec, today - 40 * USEC_PER_DAY);
    assert_int_equal(history.hard_usec, today + 9);
    assert_int_equal(history.today, THEME_BIT(THEME_HUMANITY) | THEME_BIT(THEME_PATIENCE));
    assert_int_equal(history.recent[0], THEME_PATIENCE);
    assert_int_equal(history.recent[1], THEME_HUMANITY);
    assert_int_equal(history.recent[2], THEME_CARE);
    assert_int_equal(history.themes[THEME_HUMANITY].shown, 1);
    assert_int_equal(history.themes[THEME_HUMANITY].shown_usec, today);
    assert_int_equal(history.themes[THEME_FRIEND].shown, 0);
    assert_int_equal(history.themes[THEME_HUMANITY].rated, 0);
    assert_int_equal(history.n_cards, 5);
    assert_string_equal(history.cards[0].prompt, "care-01");
    assert_int_equal(history.cards[0].shown_usec, today - 1);
    assert_string_equal(history.cards[4].prompt, "three-breaths");
    assert_non_null(history_find(&history, "friend-01"));
    assert_null(history_find(&history, "image-01"));
}

static void rate(struct place *place, usec_t time_usec, enum theme theme, char *prompt, char *choice) {
    struct uuid id = add_shown(place, time_usec, time_usec, theme, prompt, S("text"));
    add_answer(place, &id, time_usec, choice, NULL);
}

static void test_learning(void **state) {
    struct place *place = *state;
    rate(place, NOW, THEME_CARE, S("care-01"), S("helpful"));
    rate(place, NOW, THEME_CARE, S("care-02"), S("okay"));
    rate(place, NOW, THEME_CARE, S("care-03"), S("not-for-me"));
    rate(place, NOW, THEME_CARE, S("care-04"), S("hard"));
    rate(place, NOW, THEME_CARE, S("care-05"), S("later"));
    rate(place, NOW + LEARNING_HALF_LIFE_USEC, THEME_CARE, S("care-06"), S("helpful"));
    rate(place, NOW, THEME_CARE, S("care-07"), S("helpful")); /* older than the one before */

    _cleanup_(history_done) struct history history = load_history(place, NOW + 2 * LEARNING_HALF_LIFE_USEC);
    assert_near(history.themes[THEME_CARE].helped, 1.5 / 4 + 0.5 + 0.25);
    assert_near(history.themes[THEME_CARE].not_helped, 1.5 / 4);
    assert_int_equal(history.themes[THEME_CARE].rated, 5);
    assert_int_equal(history.themes[THEME_CARE].rated_helpful, 3);
    assert_int_equal(history.n_cards, 1); /* the others were shown long ago */
    assert_string_equal(history.cards[0].prompt, "care-03");
    assert_true(history.cards[0].resting);
}

/* Entries marked hard within 14 days, each once; and the last `helpful`. */
static void test_history_of_hard_moments(void **state) {
    struct place *place = *state;
    static const struct {
        usec_t days_ago;
        bool twice;
    } moments[] = {{15, false}, {14, false}, {3, true}, {0, false}};
    for (size_t i = 0; i < ELEMENTSOF(moments); i++) {
        usec_t time_usec = NOW - moments[i].days_ago * USEC_PER_DAY;
        struct uuid id = add_shown(place, time_usec, 0, THEME_NONE, S("hard"), S("text"));
        add_answer(place, &id, time_usec, S("hard"), NULL);
        if (moments[i].twice)
            add(place, &id,
                (struct event){.kind = EVENT_STEPPED, .time_usec = time_usec + 1, .choice = S("hard")});
    }
    rate(place, NOW - 7, THEME_CARE, S("care-01"), S("helpful"));
    rate(place, NOW - 9, THEME_CARE, S("care-02"), S("helpful"));
    _cleanup_(history_done) struct history history = load_history(place, NOW);
    assert_int_equal(history.hard_moments, 3);
    assert_int_equal(history.helpful_usec, NOW - 7);
    assert_null(history.hard_line);
}

/* What the program itself has said is known however long ago; "less of it" holds until the next answer. */
static void test_history_of_offers(void **state) {
    struct place *place = *state;
    add_shown(place, NOW - 400 * USEC_PER_DAY, NOW - 1, THEME_NONE, S("offer:drift"), S("text"));
    struct uuid id = add_shown(place, NOW, NOW, THEME_NONE, S("offer:less:care"), S("text"));
    for (int less = 1; less >= 0; less--) {
        add(place, &id,
            (struct event){.kind = EVENT_ANSWERED,
                           .choice = less ? S("less") : S("keep-on"),
                           .prompt = S("offer:less:care")});
        _cleanup_(history_done) struct history history = load_history(place, NOW);
        assert_int_equal(history.less, less ? THEME_BIT(THEME_CARE) : 0);
        assert_int_equal(history_find(&history, "offer:drift")->shown_usec, NOW - 400 * USEC_PER_DAY);
        assert_non_null(history_find(&history, "offer:less:care"));
        assert_int_equal(history.today, 0);
    }
    rate(place, NOW, THEME_CARE, S("care-01"), S("not-for-me"));
    rate(place, NOW, THEME_CARE, S("care-02"), S("not-for-me"));
    _cleanup_(history_done) struct history history = load_history(place, NOW);
    assert_int_equal(history.themes[THEME_CARE].not_for_me, 2);
}

static void assert_hard_line(struct place *place, const char *expected) {
    _cleanup_(history_done) struct history history = load_history(place, NOW);
    assert_string_equal(or_empty(history.hard_line), expected);
}

/* The newest counts, until it is forgotten. */
static void test_line_for_a_hard_day(void **state) {
    struct place *place = *state;
    struct uuid newer = add_note(place, NOW - 5, "newer");
    add(place, &newer, (struct event){.kind = EVENT_FOR_HARD_DAY, .time_usec = NOW - 5});
    struct uuid older = add_note(place, NOW - 9, "older"); /* taken in later */
    add(place, &older, (struct event){.kind = EVENT_FOR_HARD_DAY, .time_usec = NOW - 9});
    assert_hard_line(place, "newer");
    reopen(place);
    assert_hard_line(place, "newer");
    struct entry entry;
    assert_int_equal(journal_find(place->journal, &newer, &entry), 0);
    assert_true(entry.for_hard_day);
    entry_done(&entry);
    assert_int_equal(journal_forget(place->journal, &newer, NOW, 0), 0);
    assert_hard_line(place, "older");
    add(place, &newer, (struct event){.kind = EVENT_FOR_HARD_DAY, .time_usec = NOW});
    assert_hard_line(place, "older");
    assert_int_equal(journal_forget(place->journal, &older, NOW, 0), 0);
    assert_hard_line(place, "");
}

static void test_reset_learning(void **state) {
    struct place *place = *state;
    rate(place, NOW, THEME_CARE, S("care-01"), S("helpful"));
    rate(place, NOW, THEME_CARE, S("care-02"), S("not-for-me"));
    struct uuid id = add_shown(place, NOW, 0, THEME_NONE, NULL, S("text"));
    add(place, &id,
        (struct event){.kind = EVENT_ANSWERED, .choice = S("less"), .prompt = S("offer:less:care")});
    assert_int_equal(journal_reset_learning(place->journal), 0);
    _cleanup_(history_done) struct history history = load_history(place, NOW);
    assert_near(history.themes[THEME_CARE].helped, 0);
    assert_near(history.themes[THEME_CARE].not_helped, 0);
    assert_int_equal(history.themes[THEME_CARE].rated, 0);
    assert_int_equal(history.themes[THEME_CARE].shown, 2);
    assert_int_equal(history.n_cards, 2);
    assert_false(history.cards[1].resting);
    assert_int_equal(history.less, 0);
    assert_int_equal(history.themes[THEME_CARE].not_for_me, 0);
}

/* --- Entries ---------------------------------------------------------------------------------- */

static struct entry find(struct place *place, const struct uuid *id) {
    struct entry entry;
    assert_int_equal(journal_find(place->journal, id, &entry), 0);
    return entry;
}

static void test_fold_prompt(void **state) {
    struct place *place = *state;
    struct uuid id = add_shown(place, NOW, NOW - 60, THEME_CARE, S("care-01"), S("Rest a little."));
    add(place, &id, (struct event){.kind = EVENT_SNOOZED, .until_usec = NOW + 9, .note = S("busy")});
    add(place, &id, (struct event){.kind = EVENT_SHOWN, .time_usec = NOW + 9, .theme = THEME_NONE});
    add_answer(place, &id, NOW + 10, S("okay"), S("I did"));
    add(place, &id, (struct event){.kind = EVENT_STEPPED, .choice = S("keep"), .step = 0});
    add(place, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
    reopen(place);
    _cleanup_(entry_done) struct entry entry = find(place, &id);
    assert_true(uuid_equal(&entry.id, &id));
    assert_true(uuid_equal(&entry.device, journal_device(place->journal)));
    assert_int_equal(entry.time_usec, NOW);
    assert_int_equal(entry.offset_sec, 7200);
    assert_int_equal(entry.due_usec, NOW - 60);
    assert_string_equal(entry.kind, "prompt");
    assert_string_equal(entry.state, "answered");
    assert_int_equal(entry.theme, THEME_CARE);
    assert_string_equal(entry.rule, "");
    assert_string_equal(entry.reminder, "daytime");
    assert_string_equal(entry.prompt, "care-01");
    assert_string_equal(entry.text, "Rest a little.");
    assert_string_equal(entry.choice, "okay");
    assert_string_equal(entry.note, "busy\nI did");
    assert_string_equal(entry.why, "variety");
    assert_int_equal(entry.snoozes, 1);
    assert_true(entry.keep);
}

static void test_fold_states(void **state) {
    struct place *place = *state;
    static const struct {
        enum event_kind kind;
        const char *choice, *detail, *expected;
    } cases[] = {
        {EVENT_STEPPED, "not-this", NULL, "unanswered"},
        {EVENT_ANSWERED, "helpful", NULL, "answered"},
        {EVENT_CLOSED, NULL, "seen", "seen"},
        {EVENT_CLOSED, NULL, "dismissed", "dismissed"},
        {EVENT_CLOSED, NULL, "unanswered", "unanswered"},
        {EVENT_CLOSED, NULL, "replaced", "replaced"},
        {EVENT_FORGOTTEN, NULL, NULL, "forgotten"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *choice = copy(cases[i].choice), *detail = copy(cases[i].detail);
        struct uuid id = add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("text"));
        add(place, &id, (struct event){.kind = cases[i].kind, .choice = choice, .detail = detail});
        _cleanup_(entry_done) struct entry entry = find(place, &id);
        if (!streq(entry.state, cases[i].expected))
            fail_msg("case %zu: %s instead of %s", i, entry.state, cases[i].expected);
    }
}

static void test_fold_others(void **state) {
    struct place *place = *state;
    struct uuid missed = add(
        place, NULL,
        (struct event){.kind = EVENT_MISSED, .due_usec = NOW, .reminder = S("pause"), .detail = S("quiet")});
    struct uuid note = add_note(place, NOW, "mine");
    struct uuid pause = add(place, NULL, (struct event){.kind = EVENT_PAUSED, .until_usec = USEC_INFINITY});
    struct entry entry;
    entry = find(place, &missed);
    assert_string_equal(entry.kind, "missed");
    assert_string_equal(entry.state, "missed");
    assert_string_equal(entry.rule, "quiet");
    entry_done(&entry);
    entry = find(place, &note);
    assert_string_equal(entry.kind, "note");
    assert_string_equal(entry.state, "noted");
    assert_int_equal(entry.theme, THEME_NONE);
    entry_done(&entry);
    assert_int_equal(journal_find(place->journal, &pause, &entry), -ENOENT);
}

static void test_open_entry(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = full_keeper(place), .changed = true};
    struct event event = {.kind = EVENT_SHOWN, .time_usec = NOW, .theme = THEME_NONE};
    event.id = event.entry = turn.next->open[0].id;
    turn.events = &event;
    turn.n_events = 1;
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    _cleanup_(entry_done) struct entry entry = find(place, &event.id);
    assert_string_equal(entry.state, "open");
    keeper_free(turn.next);
}

static void test_newest_shown(void **state) {
    struct place *place = *state;
    struct uuid newest, ids[2];
    assert_int_equal(journal_newest_shown(place->journal, &newest), -ENOENT);
    ids[0] = add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("text"));
    ids[1] = add_shown(place, NOW + 1, 0, THEME_CARE, S("care-02"), S("text"));
    add_note(place, NOW + 2, "a line");
    assert_int_equal(journal_newest_shown(place->journal, &newest), 0);
    assert_true(uuid_equal(&newest, &ids[1]));
}

struct seen {
    char words[2000];
    size_t n, stop_after;
};

static int see(void *userdata, const struct entry *entry) {
    struct seen *seen = userdata;
    if (strlen(seen->words) + strlen(entry->text) + strlen(entry->note) + 2 < sizeof seen->words) {
        strcat(seen->words, entry->text);
        strcat(seen->words, entry->note);
        strcat(seen->words, " ");
    }
    return ++seen->n == seen->stop_after ? -ECANCELED : 0;
}

static void test_visit(void **state) {
    struct place *place = *state;
    static const struct {
        struct entry_filter filter;
        const char *expected;
    } cases[] = {
        {{0, USEC_INFINITY, 0, THEME_NONE, NULL, false, false}, "one two Three four five "},
        {{0, USEC_INFINITY, 0, THEME_NONE, NULL, false, true}, "one two  Three four five "},
        {{0, USEC_INFINITY, 2, THEME_NONE, NULL, false, false}, "four five "},
        {{0, USEC_INFINITY, 3, THEME_NONE, NULL, false, true}, "Three four five "},
        {{0, USEC_INFINITY, 99, THEME_NONE, NULL, false, false}, "one two Three four five "},
        {{NOW + 1, NOW + 3, 0, THEME_NONE, NULL, false, false}, "two Three "},
        {{NOW + 1, NOW + 3, 1, THEME_NONE, NULL, false, false}, "Three "},
        {{NOW + 1, NOW + 1, 0, THEME_NONE, NULL, false, false}, ""},
        {{NOW + 9, NOW + 1, 5, THEME_NONE, NULL, false, false}, ""},
        {{0, USEC_INFINITY, 0, THEME_CARE, NULL, false, false}, "one five "},
        {{0, USEC_INFINITY, 1, THEME_CARE, NULL, false, false}, "five "},
        {{0, USEC_INFINITY, 0, THEME_NONE, NULL, true, false}, "two Three four "},
        {{0, USEC_INFINITY, 2, THEME_NONE, NULL, true, false}, "Three four "},
        {{0, USEC_INFINITY, 0, THEME_NONE, "thr", false, false}, "Three "},
        {{0, USEC_INFINITY, 0, THEME_NONE, "O", false, false}, "one two four "},
        {{0, USEC_INFINITY, 1, THEME_NONE, "O", true, false}, "four "},
        {{0, USEC_INFINITY, 0, THEME_NONE, "%", false, false}, ""},
        {{0, USEC_INFINITY, 0, THEME_NONE, "", false, false}, "one two Three four five "},
    };
    add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("one"));
    add_note(place, NOW + 1, "two");
    add(place, NULL, (struct event){.kind = EVENT_MISSED, .time_usec = NOW + 2, .detail = S("gap")});
    add(place, NULL, (struct event){.kind = EVENT_PAUSED, .time_usec = NOW + 2});
    add_note(place, NOW + 2, "Three");
    add_note(place, NOW + 3, "four");
    add_shown(place, NOW + 3, NOW + 3, THEME_CARE, S("care-02"), S("five"));
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct seen seen = {0};
        assert_int_equal(journal_visit(place->journal, &cases[i].filter, see, &seen), 0);
        if (!streq(seen.words, cases[i].expected))
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, seen.words, cases[i].expected);
    }
}

/* More than a portion, most of them at the same time. */
static void test_visit_many(void **state) {
    struct place *place = *state;
    struct keeper *keeper = keeper_new();
    struct event events[200] = {0};
    char note[] = "x";
    for (size_t i = 0; i < ELEMENTSOF(events); i++) {
        events[i] = (struct event){.kind = EVENT_NOTED, .theme = THEME_NONE, .note = note};
        events[i].time_usec = NOW + (i < 20 ? i : 20);
        events[i].id = events[i].entry = make_id(place);
    }
    struct turn turn = {.next = keeper, .events = events, .n_events = ELEMENTSOF(events)};
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(keeper);
    static const uint32_t limits[] = {0, 1, 31, 32, 33, 64, 179, 180, 181, 199, 200, 201};
    for (size_t i = 0; i < ELEMENTSOF(limits); i++) {
        struct seen seen = {0};
        struct entry_filter filter = {.until_usec = USEC_INFINITY, .limit = limits[i], .theme = THEME_NONE};
        assert_int_equal(journal_visit(place->journal, &filter, see, &seen), 0);
        assert_int_equal(seen.n, limits[i] == 0 ? 200 : MIN_OF(limits[i], 200U));
    }
    struct seen seen = {.stop_after = 40};
    struct entry_filter filter = {.until_usec = USEC_INFINITY, .theme = THEME_NONE};
    assert_int_equal(journal_visit(place->journal, &filter, see, &seen), -ECANCELED);
    assert_int_equal(seen.n, 40);
}

/* --- Kept lines ------------------------------------------------------------------------------- */

static size_t count_own(struct place *place, const struct uuid *id, const char *line) {
    _cleanup_(library_freep) struct library *library = library_new();
    assert_non_null(library);
    assert_int_equal(journal_add_own(place->journal, library), 0);
    assert_int_equal(journal_add_own(place->journal, library), 0); /* they are there already */
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    const struct prompt *prompt = library_find_prompt(library, text);
    assert_int_equal(!prompt, !line);
    if (prompt) {
        assert_string_equal(prompt->text, line);
        assert_int_equal(prompt->theme, THEME_OWN);
        assert_int_equal(prompt->written_usec, NOW);
    }
    return library->n_prompts;
}

/* Whenever it was marked, and whatever was said besides. */
static void test_no_own_line_of_a_hard_moment(void **state) {
    struct place *place = *state;
    for (int before = 1; before >= 0; before--) {
        struct uuid id = add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("text"));
        if (before)
            add_answer(place, &id, NOW, S("hard"), NULL);
        add_answer(place, &id, NOW, S("okay"), S("a heavy line"));
        add(place, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
        if (before == 0)
            assert_int_equal(count_own(place, &id, "a heavy line"), 1);
        add(place, &id, (struct event){.kind = EVENT_STEPPED, .choice = S("hard")});
        assert_int_equal(count_own(place, &id, NULL), 0);
    }
}

static void test_own_lines(void **state) {
    struct place *place = *state;
    struct uuid id = add_note(place, NOW, "I am allowed to rest");
    add_note(place, NOW, "not kept");
    assert_int_equal(count_own(place, &id, NULL), 0);
    add(place, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
    assert_int_equal(count_own(place, &id, "I am allowed to rest"), 1);
    add(place, &id, (struct event){.kind = EVENT_KEPT, .time_usec = NOW + 1, .keep = false});
    assert_int_equal(count_own(place, &id, NULL), 0);
    /* The latest word counts, not the one that arrives last. */
    add(place, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
    assert_int_equal(count_own(place, &id, NULL), 0);
    add(place, &id, (struct event){.kind = EVENT_KEPT, .time_usec = NOW + 2, .keep = true});
    assert_int_equal(count_own(place, &id, "I am allowed to rest"), 1);
    assert_int_equal(journal_forget(place->journal, &id, NOW, 0), 0);
    assert_int_equal(count_own(place, &id, NULL), 0);
}

/* --- Forgetting ------------------------------------------------------------------------------- */

static size_t count_word(const struct place *place, const char *suffix, const char *word) {
    char path[256];
    size_t size = 0, count = 0;
    snprintf(path, sizeof path, "%s%s", place->path, suffix);
    _cleanup_free_ char *bytes = read_whole(path, &size);
    for (char *at = bytes; at && (at = memmem(at, size - (size_t)(at - bytes), word, strlen(word))); at++)
        count++;
    return count;
}

static size_t count_everywhere(const struct place *place, const char *word) {
    return count_word(place, "", word) + count_word(place, "-wal", word);
}

static void test_forget(void **state) {
    struct place *place = *state;
    struct uuid id = add_shown(place, NOW, NOW, THEME_CARE, S("SECRETcard"), S("SECRETtext"));
    add_answer(place, &id, NOW, S("helpful"), S("SECRETnote"));
    struct uuid other = add_note(place, NOW, "KEPTWORD");
    assert_true(count_everywhere(place, "SECRETnote") > 0);
    assert_int_equal(journal_forget(place->journal, &id, NOW + 1, 0), 0);
    assert_int_equal(count_everywhere(place, "SECRETtext"), 0);
    assert_int_equal(count_everywhere(place, "SECRETnote"), 0);
    assert_int_equal(count_everywhere(place, "KEPTWORD"), 1);
    struct entry entry = find(place, &id);
    assert_string_equal(entry.state, "forgotten");
    assert_string_equal(entry.text, "");
    assert_string_equal(entry.note, "");
    assert_string_equal(entry.choice, "");
    assert_string_equal(entry.why, "");
    assert_string_equal(entry.prompt, "");
    entry_done(&entry);
    entry = find(place, &other);
    assert_string_equal(entry.note, "KEPTWORD");
    entry_done(&entry);
    _cleanup_(history_done) struct history history = load_history(place, NOW + 1);
    assert_int_equal(history.themes[THEME_CARE].rated_helpful, 1);
    struct uuid unknown = make_id(place);
    assert_int_equal(journal_forget(place->journal, &unknown, NOW, 0), -ENOENT);
    assert_true(journal_recorded(place->journal, "daytime", NOW));
}

/* Long ones reach into pages of their own. */
static void test_forget_long(void **state) {
    struct place *place = *state;
    char note[KEEPER_NOTE_MAX * 2];
    for (size_t i = 0; i < sizeof note; i++)
        note[i] = "LONGWORD"[i % 8];
    note[sizeof note - 1] = 0;
    struct uuid id = add_note(place, NOW, note);
    assert_int_equal(journal_forget(place->journal, &id, NOW, 0), 0);
    assert_int_equal(count_everywhere(place, "LONG"), 0);
}

static void test_forget_while_read(void **state) {
    struct place *place = *state;
    struct uuid id = add_note(place, NOW, "SECRETnote");
    assert_int_equal(journal_flush(place->journal), 0);
    sqlite3 *reader;
    sqlite3_stmt *reading;
    assert_int_equal(sqlite3_busy_timeout(place->journal->db, 0), SQLITE_OK);
    assert_int_equal(sqlite3_open_v2(place->path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(reader, "SELECT id FROM event", -1, &reading, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(reading), SQLITE_ROW);
    assert_int_equal(journal_forget(place->journal, &id, NOW, 0), 1);
    struct entry entry = find(place, &id);
    assert_string_equal(entry.note, "");
    entry_done(&entry);
    assert_int_equal(journal_flush(place->journal), 1);
    sqlite3_finalize(reading);
    sqlite3_close(reader);
    assert_int_equal(journal_flush(place->journal), 0);
    assert_int_equal(count_everywhere(place, "SECRETnote"), 0);
}

/* A kept line that was shown again as a prompt, one that is open, and the open prompt's own text. */
static void test_forget_what_was_shown_again(void **state) {
    struct place *place = *state;
    struct uuid id = add_note(place, NOW, "SECRETline");
    char own[UUID_TEXT_SIZE];
    uuid_format(&id, own);
    add(place, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
    struct uuid again = add_shown(place, NOW + 1, NOW + 1, THEME_OWN, own, S("SECRETline"));
    struct turn turn = {.next = keeper_new(), .changed = true};
    turn.next->n_open = 2;
    turn.next->open[0] = (struct open_prompt){.id = id, .theme = THEME_NONE, .text = copy("SECRETline")};
    turn.next->open[1] = (struct open_prompt){
        .id = again, .theme = THEME_OWN, .prompt = copy(own), .text = copy("SECRETline")};
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    keeper_free(turn.next);
    assert_int_equal(journal_forget(place->journal, &id, NOW + 2, 0), 0);
    assert_int_equal(count_everywhere(place, "SECRET"), 0);
    _cleanup_(entry_done) struct entry entry = find(place, &again);
    assert_string_equal(entry.text, "");
    /* Whoever shows it nevertheless doesn't bring it back. */
    add_shown(place, NOW + 3, NOW + 3, THEME_OWN, own, S("SECRETline"));
    assert_int_equal(count_everywhere(place, "SECRET"), 0);
}

/* What was open is on other pages; they are cleared as soon as it closes. */
static void test_closed_prompts_leave_no_text(void **state) {
    struct place *place = *state;
    struct turn turn = {.next = keeper_new(), .changed = true};
    assert_non_null(turn.next);
    for (size_t i = 0; i < KEEPER_OPEN_MAX; i++) {
        char text[600];
        memset(text, 'y', sizeof text);
        memcpy(text, "SECRET", 6);
        text[200 + 6 * i] = 0;
        turn.next->open[i] =
            (struct open_prompt){.id = make_id(place), .theme = THEME_NONE, .text = copy(text)};
    }
    for (turn.next->n_open = KEEPER_OPEN_MAX; turn.next->n_open > 3; turn.next->n_open -= 7)
        assert_int_equal(journal_commit(place->journal, &turn), 0);
    assert_int_equal(journal_flush(place->journal), 0);
    assert_int_equal(count_everywhere(place, "SECRET"), turn.next->n_open + 7);
    turn.next->n_open = 0;
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    assert_int_equal(journal_flush(place->journal), 0);
    assert_int_equal(count_everywhere(place, "SECRET"), 0);
    assert_int_equal(count_everywhere(place, "yyyy"), 0);
    turn.next->n_open = KEEPER_OPEN_MAX; /* so that all are freed */
    keeper_free(turn.next);
}

static void test_forget_range(void **state) {
    struct place *place = *state;
    struct uuid ids[4];
    for (size_t i = 0; i < ELEMENTSOF(ids); i++)
        ids[i] = add_note(place, NOW + i, "SECRETnote");
    add(place, NULL, (struct event){.kind = EVENT_MISSED, .time_usec = NOW + 1, .detail = S("gap")});
    uint32_t count = 99;
    assert_int_equal(journal_forget_range(place->journal, NOW + 1, NOW + 3, NOW + 9, 0, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(count_everywhere(place, "SECRETnote"), 2);
    assert_int_equal(journal_forget_range(place->journal, 0, USEC_INFINITY, NOW + 9, 0, &count), 0);
    assert_int_equal(count, 2); /* two had been forgotten before */
    assert_int_equal(count_everywhere(place, "SECRETnote"), 0);
    assert_int_equal(journal_forget_range(place->journal, NOW + 3, NOW + 1, NOW + 9, 0, &count), 0);
    assert_int_equal(count, 0);
}

/* Entries of many lengths, written and forgotten by turns: no page keeps a stale copy of any. */
static void test_forget_leaves_no_stale_copies(void **state) {
    struct place *place = *state;
    enum { ENTRIES = 240 };
    struct uuid ids[ENTRIES];
    size_t forgotten = 0;
    char note[3000] = "SECRET";
    memset(note + 6, 'z', sizeof note - 7);
    assert_int_equal(sqlite3_exec(place->journal->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < ENTRIES; i++) {
        size_t length = 6 + (i * i * 7919) % (sizeof note - 7);
        char had = note[length];
        note[length] = 0;
        ids[i] = add_note(place, NOW + i, note);
        note[length] = had;
        while (i % 3 == 2 && forgotten < i / 2)
            assert_int_equal(journal_forget(place->journal, &ids[forgotten++], NOW, 0), 0);
    }
    assert_int_equal(journal_flush(place->journal), 0);
    assert_int_equal(count_everywhere(place, "SECRET"), ENTRIES - forgotten);
    uint32_t count;
    assert_int_equal(journal_forget_range(place->journal, 0, USEC_INFINITY, NOW, 0, &count), 0);
    assert_int_equal(count, ENTRIES - forgotten);
    assert_int_equal(count_everywhere(place, "SECRET"), 0);
    assert_int_equal(count_everywhere(place, "zzz"), 0);
}

/* A copy of the journal goes with what is erased, unless there was nothing left to erase: it may be all that
 * is left of a damaged journal. */
static void test_forget_deletes_copies_that_hold_it(void **state) {
    struct place *place = *state;
    char copy[160];
    snprintf(copy, sizeof copy, "%s.v1", place->path);
    struct uuid first = add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("one")});
    struct uuid second = add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("two")});
    for (int i = 0; i < 3; i++) {
        FILE *file = fopen(copy, "w");
        assert_non_null(file);
        fwrite(&first, sizeof first, 1, file);
        fclose(file);
        assert_int_equal(journal_forget(place->journal, i == 1 ? &second : &first, NOW + 1, 0), 0);
        assert_int_equal(access(copy, F_OK), i == 0 ? -1 : 0);
    }
    unlink(copy);
}

/* --- Statements ------------------------------------------------------------------------------- */

/* Where each statement looks: a row of what SQLite would do. */
static bool scans_events(const char *detail) {
    return strncmp(detail, "SCAN event", 10) == 0 || streq(detail, "SCAN e") || strstr(detail, "AUTOMATIC");
}

/* Nothing the daemon does reads all of `event`: its cost doesn't grow with the journal. Those
 * that go through an index in its order end after the first rows they want. */
static void test_no_statement_reads_all_events(void **state) {
    struct place *place = *state;
    size_t searches = 0;
    for (enum statement i = 0; i < STATEMENT_COUNT; i++) {
        char sql[2000];
        sqlite3_stmt *plan;
        bool in_order = i == STATEMENT_NEWEST_SHOWN || i == STATEMENT_SHOWN_LAST;
        assert_non_null(statement_sql(i));
        assert_in_range(snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statement_sql(i)), 1,
                        sizeof sql - 1);
        assert_int_equal(sqlite3_prepare_v2(place->journal->db, sql, -1, &plan, NULL), SQLITE_OK);
        if (in_order)
            assert_non_null(strstr(sql, " LIMIT "));
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);
            searches += strncmp(detail, "SEARCH event", 12) == 0;
            if (scans_events(detail) && i != STATEMENT_EXPORT &&
                !(in_order && streq(detail, "SCAN event USING INDEX event_shown")))
                fail_msg("%s: %s", statement_sql(i), detail);
        }
        sqlite3_finalize(plan);
    }
    assert_true(searches > 10);
}

/* Fills the past with entries of ten a day. */
static void add_past(struct place *place, uint32_t entries) {
    struct turn turn = {.next = keeper_new(), .events = calloc(entries, sizeof *turn.events)};
    char line[] = "a line", reminder[] = "daytime", prompt[] = "care-01", text[] = "text";
    assert_true(turn.next && turn.events);
    for (uint32_t i = 0; i < entries; i++) {
        struct event *event = &turn.events[turn.n_events++];
        *event = (struct event){.kind = i % 2 ? EVENT_NOTED : EVENT_SHOWN, .theme = THEME_NONE};
        event->time_usec = NOW - (usec_t)(entries - i) * USEC_PER_DAY / 10;
        event->id = uuid_from_time(event->time_usec, (uint8_t[8]){0});
        event->entry = event->id;
        if (event->kind == EVENT_NOTED) {
            event->note = line;
            continue;
        }
        event->theme = (enum theme)(i / 2 % THEME_OWN);
        event->due_usec = event->time_usec;
        event->reminder = reminder;
        event->prompt = prompt;
        event->text = text;
    }
    assert_int_equal(journal_commit(place->journal, &turn), 0);
    free(turn.events);
    keeper_free(turn.next);
}

/* What SQLite does, in its own steps, for a day of the daemon's life. */
static int steps_of_a_day(struct place *place) {
    reopen(place);
    struct uuid id = add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("text"));
    add_answer(place, &id, NOW + 1, S("helpful"), NULL);
    struct uuid line = add_note(place, NOW + 2, "kept");
    add(place, &line, (struct event){.kind = EVENT_KEPT, .time_usec = NOW + 3, .keep = true});
    struct history history = load_history(place, NOW + 4);
    history_done(&history);
    _cleanup_(library_freep) struct library *library = library_new();
    assert_int_equal(journal_add_own(place->journal, library), 0);
    assert_true(journal_recorded(place->journal, "daytime", NOW));
    struct uuid newest;
    assert_int_equal(journal_newest_shown(place->journal, &newest), 0);
    struct entry_filter today = {.since_usec = NOW, .until_usec = USEC_INFINITY, .theme = THEME_NONE};
    struct entry_filter last = {.until_usec = USEC_INFINITY, .limit = 3, .theme = THEME_NONE};
    struct seen seen = {0};
    assert_int_equal(journal_visit(place->journal, &today, see, &seen), 0);
    assert_int_equal(journal_visit(place->journal, &last, see, &seen), 0);
    assert_int_equal(journal_forget(place->journal, &line, NOW + 5, 0), 0);
    int steps = 0;
    for (enum statement i = 0; i < STATEMENT_COUNT; i++)
        if (place->journal->statements[i])
            steps += sqlite3_stmt_status(place->journal->statements[i], SQLITE_STMTSTATUS_VM_STEP, 0);
    return steps;
}

/* As many with two years behind them as with a week. */
static void test_cost_does_not_grow(void **state) {
    struct place *place = *state;
    assert_int_equal(sqlite3_exec(place->journal->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    add_past(place, 70);
    int few = steps_of_a_day(place);
    place->journal = journal_free(place->journal);
    unlink(place->path);
    reopen(place);
    place->next_id = 0;
    add_past(place, 7300);
    int many = steps_of_a_day(place);
    if (many * 10 > few * 12)
        fail_msg("%d steps with a long past, %d with a short one", many, few);
}

/* What it holds in memory doesn't grow with what it has done, and it goes on from where it was. */
static void test_rest(void **state) {
    struct place *place = *state;
    struct history history;
    journal_rest(place->journal);
    sqlite3_int64 before = sqlite3_memory_used();
    struct uuid shown = add_shown(place, NOW, NOW, THEME_CARE, S("care-01"), S("a text"));
    add_note(place, NOW, "a line");
    assert_int_equal(journal_history(place->journal, NOW, zone_utc(), &history), 0);
    history_done(&history);
    assert_true(sqlite3_memory_used() > before + 32 * 1024); /* statements, pages */
    journal_rest(place->journal);
    assert_true(sqlite3_memory_used() <= before + 4 * 1024);
    assert_true(journal_recorded(place->journal, "daytime", NOW));
    struct entry entry;
    assert_int_equal(journal_find(place->journal, &shown, &entry), 0);
    entry_done(&entry);
}

static void test_free_nothing(void **state) {
    (void)state;
    assert_null(journal_free(NULL));
}

/* The newest of them. */
static void test_as_many_kept_lines_as_come_back(void **state) {
    struct place *place = *state;
    char sql[600];
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO event (id, entry, device, kind, time_usec, offset_sec, step, keep, note)"
             " SELECT CAST(printf('%%016d', i) AS BLOB), CAST(printf('%%016d', i) AS BLOB), zeroblob(16), "
             "'noted', i, 0,"
             " 0, 1, 'line ' || i FROM n; INSERT INTO kept SELECT entry FROM event",
             OWN_LINES_MAX + 3);
    assert_int_equal(sqlite3_exec(place->journal->db, sql, NULL, NULL, NULL), SQLITE_OK);
    _cleanup_(library_freep) struct library *library = library_new();
    assert_int_equal(journal_add_own(place->journal, library), 0);
    assert_int_equal(library->n_prompts, OWN_LINES_MAX);
    assert_string_equal(library->prompts[0].text, "line 4");
}

/* SQLite keeps any bytes; nobody else takes them. */
static void test_damaged_texts_are_mended(void **state) {
    struct place *place = *state;
    struct entry entry;
    struct uuid id = add(place, NULL, (struct event){.kind = EVENT_NOTED, .note = S("a line")});
    assert_int_equal(sqlite3_exec(place->journal->db, "UPDATE event SET note = CAST(x'61c3ff20e282' AS TEXT)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(journal_find(place->journal, &id, &entry), 0);
    assert_string_equal(entry.note, "a?? ??");
    entry_done(&entry);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_commit_and_reopen),
        TEST(test_a_new_journal_starts_now),
        TEST(test_identity_is_kept),
        TEST(test_unchanged_turn_writes_nothing),
        TEST(test_modes),
        TEST(test_wrong_modes_are_tightened),
        TEST(test_other_folders_keep_their_mode),
        TEST(test_not_ours),
        TEST(test_newer_version),
        TEST(test_links_and_folders_are_refused),
        TEST(test_linked_folder),
        TEST(test_empty_file_becomes_a_journal),
        TEST(test_damaged_texts_are_mended),
        TEST(test_as_many_kept_lines_as_come_back),
        TEST(test_moved_away),
        TEST(test_reader),
        TEST(test_reader_never_writes),
        TEST(test_reader_in_a_readonly_folder),
        TEST(test_failed_writes_change_nothing),
        TEST(test_full),
        TEST(test_same_event_twice_is_there_once),
        TEST(test_another_writer),
        TEST(test_reminders),
        TEST(test_recorded),
        TEST(test_history_of_nothing),
        TEST(test_history),
        TEST(test_learning),
        TEST(test_reset_learning),
        TEST(test_history_of_hard_moments),
        TEST(test_history_of_offers),
        TEST(test_line_for_a_hard_day),
        TEST(test_fold_prompt),
        TEST(test_fold_states),
        TEST(test_fold_others),
        TEST(test_open_entry),
        TEST(test_newest_shown),
        TEST(test_visit),
        TEST(test_visit_many),
        TEST(test_own_lines),
        TEST(test_no_own_line_of_a_hard_moment),
        TEST(test_forget),
        TEST(test_forget_long),
        TEST(test_forget_while_read),
        TEST(test_forget_what_was_shown_again),
        TEST(test_closed_prompts_leave_no_text),
        TEST(test_forget_range),
        TEST(test_forget_leaves_no_stale_copies),
        TEST(test_forget_deletes_copies_that_hold_it),
        TEST(test_no_statement_reads_all_events),
        TEST(test_cost_does_not_grow),
        TEST(test_rest),
        cmocka_unit_test(test_free_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
