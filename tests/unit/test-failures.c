/* One thing fails in each of the lower pieces: the 1st, 2nd, 3rd ... call of a family (tests/inject), until
 * the piece passes untouched. A piece that failed has changed nothing it hands out; one that didn't has the
 * same result as if nothing had failed; and what is on disk is as before, or as after. The whole daemon is
 * tests/inject/day.c. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/core/plan.h"
#include "daemon/desktop/clock.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/entries.h"
#include "daemon/store/lines.h"
#include "daemon/store/rescue.h"
#include "daemon/store/sync.h"
#include "daemon/store/wordlist.h"
#include "daemon/store/zonefile.h"
#include "tests/inject/inject.h"

#define NOW        ((usec_t)1772434740 * USEC_PER_SEC)
#define POINTS_MAX 5000

static const struct hash_key secret = {.bytes = "a test's secret"};

/* --- A bench -------------------------------------------------------------------------------------- */

struct bench {
    char folder[64], path[96], other[96]; /* a journal; another file */
    struct journal *journal;
    char result[20000]; /* what the piece came to, in words */
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void result(struct bench *bench, const char *format, ...) {
    va_list list;
    inject_off++;
    va_start(list, format);
    bench->used +=
        (size_t)vsnprintf(bench->result + bench->used, sizeof bench->result - bench->used, format, list);
    va_end(list);
    assert_true(bench->used < sizeof bench->result);
    inject_off--;
}

static void empty_folder(const char *folder) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' && (entry->d_name[1] == 0 || entry->d_name[1] == '.'))
            continue;
        if (unlink(path) < 0) {
            empty_folder(path);
            rmdir(path);
        }
    }
    if (all)
        closedir(all);
}

static void write_text(const struct bench *bench, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int setup(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "%s/kindly-failures-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/journal.db", bench->folder);
    snprintf(bench->other, sizeof bench->other, "%s/other", bench->folder);
    *state = bench;
    return 0;
}

static int teardown(void **state) {
    struct bench *bench = *state;
    inject_mend();
    empty_folder(bench->folder);
    int r = rmdir(bench->folder);
    free(bench);
    return r;
}

/* --- Pieces: files and rules ---------------------------------------------------------------------- */

static const char schedule_text[] =
    "reminders = ({ name = \"a\"; at = [\"Mon..Fri 08:45\", \"Sat *-*-1..7 10:00 Europe/Berlin\"]; themes = "
    "[\"care\"]; },\n"
    " { name = \"b\"; between = \"09:30-20:30\"; times = 3; gap = \"90min\"; on = \"Mon..Sun\"; },\n"
    " { name = \"c\"; between = \"10:00-18:00\"; every = \"4h\"; practice = \"breaths\"; });\n"
    "quiet = [\"21:00-08:30\", \"Fri,Sat 21:00-10:00\"]; snooze = [\"15min\", \"1h\", \"tomorrow\"];\n"
    "languages = [\"en\", \"de\"]; name = \"Mo\"; conceal = [\"care\"]; themes = { care = \"more\"; };\n"
    "support = \"someone near\";\n";
static const char wrong_text[] =
    "reminders = ({ name = \"a\"; at = \"25:00\"; }, { name = \"a\"; times = 3; });\n"
    "quite = [\"21:00-08:30\"]; snoozes = 99; languages = \"x y\";\n";
static const char deck_text[] =
    "theme = \"care\"; language = \"en\"; title = \"Care\"; license = \"CC0-1.0\"; reviewed = true;\n"
    "prompts = ({ id = \"care-01\"; text = \"Rest a little.\"; depth = 1; }, { id = \"care-02\"; text = "
    "\"Hello, NAME.\"; depth = 2;"
    " write = true; });\n"
    "practices = ({ id = \"breaths\"; title = \"Breaths\"; steps = (\"In.\", \"Out.\"); });\n";

static void prepare_files(struct bench *bench) {
    char path[128];
    write_text(bench, "kindly.conf", schedule_text);
    write_text(bench, "wrong.conf", wrong_text);
    snprintf(path, sizeof path, "%s/decks", bench->folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/decks/en", bench->folder);
    mkdir(path, 0700);
    write_text(bench, "decks/en/care.conf", deck_text);
    write_text(bench, "decks/own.conf",
               "language = \"en\"; theme = \"noticing\"; prompts = ({ id = \"n-1\"; text = \"Look.\"; depth "
               "= 1; });\n");
}

static int load_decks(struct bench *bench, struct library **ret) {
    char path[128], *languages[] = {bench->folder};
    char en[] = "en";
    languages[0] = en;
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    snprintf(path, sizeof path, "%s/decks", bench->folder);
    int r = library ? deck_load_folder(library, path, languages, 1, &mistakes) : -ENOMEM;
    if (r >= 0 && mistakes.n_errors > 0)
        r = -EINVAL; /* a file that can't be read is left out, and told */
    mistakes_done(&mistakes);
    if (r < 0)
        library_free(library);
    else
        *ret = library;
    return r;
}

static int piece_decks(struct bench *bench) {
    struct library *library = NULL;
    int r = load_decks(bench, &library);
    if (r < 0)
        return r;
    for (size_t i = 0; i < library->n_prompts; i++)
        result(bench, "%s %s; ", library->prompts[i].id, library->prompts[i].text);
    const struct practice *practice = library_find_practice(library, "breaths");
    result(bench, "%s %zu", practice->title, practice->n_steps);
    library_free(library);
    return 0;
}

static int load_schedule(struct bench *bench, const char *name, struct schedule **ret) {
    char path[128];
    struct mistakes mistakes = {0};
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    int r = config_load(path, NULL, &mistakes, ret);
    for (size_t i = 0; r >= 0 && i < mistakes.n; i++)
        result(bench, "%s; ", mistakes.items[i].text);
    mistakes_done(&mistakes);
    return r;
}

static int piece_schedule(struct bench *bench) {
    struct schedule *schedule = NULL;
    int r = load_schedule(bench, "kindly.conf", &schedule);
    if (r < 0) {
        assert_null(schedule);
        return r;
    }
    for (size_t i = 0; i < schedule->n_reminders; i++)
        result(bench, "%s; ", schedule->reminders[i].name);
    result(bench, "%zu %zu %s %s", schedule->n_quiet, schedule->n_languages, schedule->name,
           schedule->support);
    schedule_free(schedule);
    return 0;
}

static int piece_wrong_schedule(struct bench *bench) {
    char path[128];
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    snprintf(path, sizeof path, "%s/wrong.conf", bench->folder);
    int r = config_load(path, NULL, &mistakes, &schedule);
    assert_true(r < 0);
    assert_null(schedule);
    for (size_t i = 0; r == -EINVAL && i < mistakes.n; i++)
        result(bench, "%s; ", mistakes.items[i].text);
    mistakes_done(&mistakes);
    return r == -EINVAL ? 0 : r;
}

static int piece_plan(struct bench *bench) {
    struct zone *zone = NULL;
    struct schedule *schedule = NULL;
    struct plan *plan = NULL;
    struct occurrence occurrence;
    int r = zonefile_load_tz("Europe/Berlin", &zone);
    if (r >= 0)
        r = load_schedule(bench, "kindly.conf", &schedule);
    if (r >= 0)
        r = plan_new(schedule, NULL, zone, &secret, &plan);
    if (r >= 0)
        plan_seek(plan, NOW);
    for (int i = 0; r >= 0 && i < 20; i++) {
        r = plan_pop(plan, &occurrence);
        if (r >= 0)
            result(bench, "%s %" PRIu64 "; ", occurrence.reminder->name, occurrence.due_usec);
    }
    plan_free(plan);
    schedule_free(schedule);
    zone_free(zone);
    return r;
}

static int piece_calendar(struct bench *bench) {
    struct calendar *calendar;
    _cleanup_free_ char *text = NULL;
    int r = calendar_parse("Mon,Wed..Fri 2026..2030-*-01,15 08:00/15:00,30 Europe/Berlin", &calendar, NULL);
    if (r < 0)
        return r;
    r = calendar_format(calendar, &text);
    calendar_free(calendar);
    if (r >= 0)
        result(bench, "%s", text);
    return r;
}

static int piece_lines(struct bench *bench) {
    char text[40000] = "";
    for (size_t i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "A line \"%zu\" %0100d\n", i, 7);
    struct mistakes mistakes = {0};
    struct lines_deck deck = {.name = "mine", .theme = THEME_CARE, .language = "en"};
    _cleanup_free_ char *made = NULL, *name = lines_name_from("/here/my lines.txt");
    size_t n = 0;
    int r = name ? lines_to_deck("lines", text, strlen(text), &deck, &mistakes, &made, &n) : -ENOMEM;
    mistakes_done(&mistakes);
    if (r >= 0)
        result(bench, "%s %zu %s", name, n, made);
    return r;
}

/* --- Pieces: the journal ---------------------------------------------------------------------------- */

static struct uuid id_of(uint8_t number) {
    struct uuid id = uuid_from_time(NOW + number, (uint8_t[8]){0});
    id.bytes[15] = number;
    return id;
}

/* As the daemon does it: an event, and a state with something open. */
static int write_note(struct journal *journal, uint8_t number, const char *text) {
    char note[100];
    snprintf(note, sizeof note, "%s", text);
    struct event event = {.kind = EVENT_NOTED, .theme = THEME_NONE, .time_usec = NOW + number, .note = note};
    event.id = event.entry = id_of(number);
    inject_off++;
    struct turn turn = {.next = keeper_new(), .changed = true, .events = &event, .n_events = 1};
    turn.next->day_count = number;
    turn.next->n_open = 1;
    turn.next->open[0] = (struct open_prompt){.id = event.id, .theme = THEME_NONE, .text = strdup(note)};
    inject_off--;
    int r = journal_commit(journal, &turn);
    inject_off++;
    keeper_free(turn.next);
    inject_off--;
    return r;
}

static void prepare_journal(struct bench *bench) {
    assert_int_equal(journal_open(bench->path, NOW, &bench->journal, NULL), 0);
    for (uint8_t i = 1; i < 6; i++)
        assert_int_equal(write_note(bench->journal, i, "a line that was there before"), 0);
}

static void prepare_closed_journal(struct bench *bench) {
    prepare_journal(bench);
    bench->journal = journal_free(bench->journal);
}

static int piece_new_journal(struct bench *bench) {
    _cleanup_free_ char *problem = NULL;
    int r = journal_open(bench->path, NOW, &bench->journal, &problem);
    if (r < 0)
        assert_null(bench->journal);
    return r;
}

static int piece_write(struct bench *bench) {
    return write_note(bench->journal, 77, "a line that is new");
}

static int take_entry(void *userdata, const struct entry *entry) {
    result(userdata, "%s %s; ", entry->kind, entry->note);
    return 0;
}

static int piece_read(struct bench *bench) {
    struct entry_filter filter = {.until_usec = USEC_INFINITY, .theme = THEME_NONE};
    struct keeper *keeper = NULL;
    struct history history;
    struct library *library = library_new();
    int r = library ? journal_load(bench->journal, &keeper) : -ENOMEM;
    if (r >= 0)
        r = journal_visit(bench->journal, &filter, take_entry, bench);
    if (r >= 0)
        r = journal_add_own(bench->journal, library);
    if (r >= 0) {
        r = journal_history(bench->journal, NOW, zone_utc(), &history);
        if (r >= 0)
            history_done(&history);
    }
    if (r >= 0)
        result(bench, "%u %zu", keeper->day_count, keeper->n_open);
    keeper_free(keeper);
    library_free(library);
    return r;
}

static int piece_forget(struct bench *bench) {
    struct uuid id = id_of(2);
    int r = journal_forget(bench->journal, &id, NOW + 100, 0);
    return r < 0 ? r : 0; /* 1: all but the WAL */
}

static int piece_forget_range(struct bench *bench) {
    uint32_t n = 0;
    int r = journal_forget_range(bench->journal, NOW + 2, NOW + 5, NOW + 100, 0, &n);
    if (r >= 0)
        result(bench, "%u", n);
    return r < 0 ? r : 0;
}

static int piece_reset(struct bench *bench) {
    return journal_reset_learning(bench->journal);
}

static int piece_backup(struct bench *bench) {
    struct journal_copy copy;
    int r = journal_backup(bench->journal, bench->other, true, &copy);
    if (r < 0)
        return r;
    struct journal *journal;
    inject_off++;
    assert_int_equal(journal_open_readonly(bench->other, &journal, NULL), 0);
    assert_int_equal(journal_check(journal, NULL), 0);
    journal_free(journal);
    inject_off--;
    result(bench, "%" PRIu64, copy.count.lines);
    return 0;
}

static int piece_export(struct bench *bench) {
    int fd = memfd_create("export", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    FILE *stream = fdopen(fd, "w");
    if (!stream) {
        close(fd);
        return -ENOMEM;
    }
    int r = exchange_export(bench->journal, stream, 0, USEC_INFINITY, NULL);
    if (r >= 0 && fflush(stream) != 0)
        r = -EIO;
    inject_off++;
    off_t size = lseek(fd, 0, SEEK_END);
    fclose(stream);
    inject_off--;
    if (r >= 0)
        result(bench, "%ld", (long)size);
    return r;
}

static void prepare_import(struct bench *bench) {
    prepare_journal(bench);
    FILE *stream = fopen(bench->other, "w");
    assert_int_equal(exchange_export(bench->journal, stream, 0, USEC_INFINITY, NULL), 0);
    fclose(stream);
    bench->journal = journal_free(bench->journal);
    unlink(bench->path);
    char wal[110];
    snprintf(wal, sizeof wal, "%s-wal", bench->path);
    unlink(wal);
    assert_int_equal(journal_open(bench->path, NOW, &bench->journal, NULL), 0);
}

static int piece_import(struct bench *bench) {
    inject_off++;
    int fd = open(bench->other, O_RDONLY | O_CLOEXEC);
    inject_off--;
    uint32_t n = 0;
    _cleanup_free_ char *message = NULL;
    int r = exchange_import(bench->journal, fd, NOW + 1000, &n, &message);
    inject_off++;
    close(fd);
    inject_off--;
    if (r >= 0)
        result(bench, "%u", n);
    return r;
}

static int piece_sync(struct bench *bench) {
    struct share *share = NULL;
    struct sync_folder folder;
    struct uuid id = id_of(1);
    char path[128];
    snprintf(path, sizeof path, "%s/share", bench->folder);
    inject_off++;
    mkdir(path, 0700);
    inject_off--;
    int r = share_open(bench->path, true, &share);
    if (r < 0)
        return r;
    r = sync_folder_open(path, &folder);
    if (r >= 0) {
        r = sync_write_own(share, bench->journal, &folder);
        sync_folder_close(&folder);
    }
    if (r >= 0)
        r = share_save(share);
    share_free(share);
    if (r >= 0)
        r = journal_forget(bench->journal, &id, NOW + 100, 0);
    return r < 0 ? r : sync_erase_own(bench->journal, bench->path, NOW + 200);
}

/* Sixteen bytes of each page are other ones, but for the first. */
static void prepare_damaged(struct bench *bench) {
    prepare_closed_journal(bench);
    int fd = open(bench->path, O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 4096; at < size; at += 4096)
        assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, at), 8);
    close(fd);
}

static int piece_rescue(struct bench *bench) {
    return rescue(bench->path, NOW);
}

/* What waits to be put in place, or stands in its way, is brought to its end by the next start. */
static void check_after_rescue(struct bench *bench) {
    struct journal *journal;
    assert_int_equal(journal_open(bench->path, NOW, &journal, NULL), 0);
    assert_int_equal(journal_check(journal, NULL), 0);
    journal_free(journal);
}

/* --- Each failure ------------------------------------------------------------------------------------ */

/* The journal is sound, the lines of before are there or forgotten, and the next write works. */
static void check_journal(struct bench *bench) {
    if (!bench->journal)
        assert_int_equal(journal_open(bench->path, NOW, &bench->journal, NULL), 0);
    assert_int_equal(journal_check(bench->journal, NULL), 0);
    assert_int_equal(write_note(bench->journal, 99, "the next one"), 0);
    bench->journal = journal_free(bench->journal);
    assert_int_equal(journal_open(bench->path, NOW, &bench->journal, NULL), 0);
    struct keeper *keeper;
    assert_int_equal(journal_load(bench->journal, &keeper), 0);
    assert_int_equal(keeper->day_count, 99);
    keeper_free(keeper);
    for (uint8_t i = 1; i < 6; i++) {
        struct uuid id = id_of(i);
        struct entry entry;
        if (journal_find(bench->journal, &id, &entry) < 0)
            continue; /* of another test's journal */
        if (!streq(entry.state, "forgotten"))
            assert_string_equal(entry.note, "a line that was there before");
        entry_done(&entry);
    }
}

static const struct piece {
    const char *name;
    void (*prepare)(struct bench *bench);
    int (*run)(struct bench *bench);
    void (*check)(struct bench *bench); /* what is left; NULL: nothing is */
    bool may_differ;                    /* something is left out where memory is (claims.c) */
} pieces[] = {
    {"decks", prepare_files, piece_decks, NULL, false},
    {"a schedule", prepare_files, piece_schedule, NULL, false},
    {"a schedule with mistakes", prepare_files, piece_wrong_schedule, NULL, false},
    {"a plan", prepare_files, piece_plan, NULL, true},
    {"a calendar", NULL, piece_calendar, NULL, false},
    {"lines to a deck", NULL, piece_lines, NULL, false},
    {"a new journal", NULL, piece_new_journal, check_journal, false},
    {"a journal opened", prepare_closed_journal, piece_new_journal, check_journal, false},
    {"a turn written", prepare_journal, piece_write, check_journal, false},
    {"reading", prepare_journal, piece_read, check_journal, false},
    {"forgetting", prepare_journal, piece_forget, check_journal, false},
    {"forgetting a range", prepare_journal, piece_forget_range, check_journal, false},
    {"forgetting what was learned", prepare_journal, piece_reset, check_journal, false},
    {"a backup", prepare_journal, piece_backup, check_journal, false},
    {"an export", prepare_journal, piece_export, check_journal, false},
    {"an import", prepare_import, piece_import, check_journal, false},
    {"a shared folder", prepare_journal, piece_sync, check_journal, false},
    {"a damaged journal", prepare_damaged, piece_rescue, check_after_rescue, false},
};

static void prepare(struct bench *bench, const struct piece *piece) {
    bench->journal = journal_free(bench->journal);
    empty_folder(bench->folder);
    bench->used = 0;
    *bench->result = 0;
    if (piece->prepare)
        piece->prepare(bench);
}

static int run_once(struct bench *bench, const struct piece *piece, enum inject_family family, unsigned nth,
                    char untouched[sizeof bench->result]) {
    prepare(bench, piece);
    inject_arm(&(struct inject_plan){.family = family, .nth = nth});
    int r = piece->run(bench);
    inject_mend();
    if (!inject_failed()) {
        if (r < 0)
            fail_msg("%s: %d with nothing failing", piece->name, r);
        memcpy(untouched, bench->result, sizeof bench->result);
    } else if (r >= 0 && !streq(bench->result, untouched) && !piece->may_differ)
        fail_msg("%s, %s %u: %s failed, and nothing was said:\n%s\n%s", piece->name,
                 inject_family_names[family], nth, inject_failed(), bench->result, untouched);
    if (getenv("KINDLY_INJECT_VERBOSE") && inject_failed())
        print_message("%s, %s %u: %s gave %d\n", piece->name, inject_family_names[family], nth,
                      inject_failed(), r);
    if (piece->check)
        piece->check(bench);
    bench->journal = journal_free(bench->journal);
    return inject_failed() ? 0 : 1;
}

static void fail_each(struct bench *bench, enum inject_family family) {
    static char untouched[sizeof bench->result];
    unsigned all = 0;
    for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
        unsigned nth = 0;
        run_once(bench, &pieces[i], family, nth++, untouched);
        while (!run_once(bench, &pieces[i], family, nth, untouched)) {
            assert_in_range(nth, 1, POINTS_MAX);
            nth++;
        }
        all += nth - 1;
    }
    print_message("%s: %u points\n", inject_family_names[family], all);
}

#define TEST_OF(family)                                                                                      \
    static void test_##family(void **state) {                                                                \
        fail_each(*state, family);                                                                           \
    }
TEST_OF(MEMORY)
TEST_OF(SQLITE)
TEST_OF(SQLITE_DISK)
TEST_OF(FILES)

int main(void) {
    inject_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_MEMORY, setup, teardown),
        cmocka_unit_test_setup_teardown(test_SQLITE, setup, teardown),
        cmocka_unit_test_setup_teardown(test_SQLITE_DISK, setup, teardown),
        cmocka_unit_test_setup_teardown(test_FILES, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
