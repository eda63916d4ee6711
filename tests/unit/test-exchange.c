/* Entries as JSON lines: out and in again is the same; whatever is wrong is told with its line and changes
 * nothing. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/entries.h"
#include "daemon/store/exchange.h"

#define NOW (1750000000 * USEC_PER_SEC)

/* Text that may be written to, as the strings of events are. */
#define S(text) ((char[]){text})

#define ID_A   "01977a3e-0000-7000-8000-00000000000a"
#define ID_B   "01977a3e-0000-7000-8000-00000000000b"
#define DEVICE "11111111-2222-4333-8444-555555555555"

/* A line with all that is needed, and more. */
#define LINE(id, more)                                                                                       \
    "{\"version\":1,\"id\":\"" id "\",\"entry\":\"" id "\",\"device\":\"" DEVICE                             \
    "\",\"kind\":\"noted\",\"time_usec\":1750000000000000" more "}\n"

/* Two machines. */
struct place {
    char folder[64];
    struct journal *here, *there;
    uint8_t next_id;
};

static void path_of(const struct place *place, const char *name, char ret[128]) {
    snprintf(ret, 128, "%s/%s", place->folder, name);
}

static int setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    char path[128];
    /* In memory where that can be: every commit waits for the disk. */
    snprintf(place->folder, sizeof place->folder, "%s/kindly-exchange-XXXXXX",
             access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(place->folder))
        return -1;
    *state = place;
    path_of(place, "here.db", path);
    if (journal_open(path, NOW, &place->here, NULL) < 0)
        return -1;
    path_of(place, "there.db", path);
    return journal_open(path, NOW, &place->there, NULL);
}

static int teardown(void **state) {
    struct place *place = *state;
    char path[128];
    journal_free(place->here);
    journal_free(place->there);
    path_of(place, "here.db", path);
    unlink(path);
    path_of(place, "there.db", path);
    unlink(path);
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static struct uuid add(struct place *place, struct journal *journal, const struct uuid *entry,
                       struct event event) {
    event.id = uuid_from_time(NOW, (uint8_t[8]){0});
    event.id.bytes[15] = ++place->next_id;
    event.entry = entry ? *entry : event.id;
    if (event.time_usec == 0)
        event.time_usec = NOW;
    if (event.kind != EVENT_SHOWN)
        event.theme = THEME_NONE;
    struct turn turn = {.events = &event, .n_events = 1};
    assert_int_equal(journal_load(journal, &turn.next), 0);
    assert_int_equal(journal_commit(journal, &turn), 0);
    keeper_free(turn.next);
    return event.id;
}

/* The caller frees. */
static char *export_range(struct journal *journal, usec_t since_usec, usec_t until_usec,
                          const struct uuid *device) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(exchange_export(journal, stream, since_usec, until_usec, device), 0);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static char *export_all(struct journal *journal) {
    return export_range(journal, 0, USEC_INFINITY, NULL);
}

static int make_file(const char *text, size_t size) {
    int fd = memfd_create("import", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size); /* reading begins at the file's beginning nevertheless */
    return fd;
}

static int import_text(struct journal *journal, const char *text, uint32_t *ret_count, char **ret_message) {
    int fd = make_file(text, strlen(text));
    int r = exchange_import(journal, fd, NOW * 2, ret_count, ret_message);
    close(fd);
    return r;
}

static void assert_imports(struct journal *journal, const char *text, uint32_t entries) {
    uint32_t count = 99;
    _cleanup_free_ char *message = NULL;
    int r = import_text(journal, text, &count, &message);
    if (r < 0)
        fail_msg("%s: %s", text, or_empty(message));
    assert_int_equal(count, entries);
}

static size_t count_lines(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* --- Out and in ------------------------------------------------------------------------------- */

static struct uuid add_everything(struct place *place) {
    struct event shown = {
        .kind = EVENT_SHOWN,
        .offset_sec = -12600,
        .due_usec = NOW - 60,
        .theme = THEME_CARE,
        .reminder = S("daytime"),
        .prompt = S("care-01"),
        .text = S("Rest a \"little\".\n\tÄ/\\"),
        .why = S("variety"),
    };
    struct uuid id = add(place, place->here, NULL, shown);
    add(place, place->here, &id, (struct event){.kind = EVENT_STEPPED, .choice = S("next"), .step = 2});
    add(place, place->here, &id, (struct event){.kind = EVENT_SNOOZED, .until_usec = NOW + 60});
    add(place, place->here, &id,
        (struct event){
            .kind = EVENT_ANSWERED, .time_usec = NOW + 1, .choice = S("helpful"), .note = S("I did")});
    add(place, place->here, &id, (struct event){.kind = EVENT_KEPT, .keep = true});
    add(place, place->here, NULL, (struct event){.kind = EVENT_MISSED, .due_usec = NOW, .detail = S("gap")});
    add(place, place->here, NULL, (struct event){.kind = EVENT_PAUSED, .until_usec = USEC_INFINITY});
    add(place, place->here, NULL, (struct event){.kind = EVENT_RESUMED});
    return id;
}

static void test_there_and_back(void **state) {
    struct place *place = *state;
    struct uuid id = add_everything(place);
    _cleanup_free_ char *out = export_all(place->here);
    assert_int_equal(count_lines(out), 8);
    assert_imports(place->there, out, 2);
    assert_imports(place->there, out, 0);
    _cleanup_free_ char *again = export_all(place->there);
    assert_string_equal(out, again);

    _cleanup_(entry_done) struct entry entry;
    assert_int_equal(journal_find(place->there, &id, &entry), 0);
    assert_true(uuid_equal(&entry.device, journal_device(place->here)));
    assert_string_equal(entry.text, "Rest a \"little\".\n\tÄ/\\");
    assert_string_equal(entry.note, "I did");
    assert_true(entry.keep);

    /* It teaches there, too; what is due there is nobody else's matter. */
    _cleanup_(history_done) struct history history;
    assert_int_equal(journal_history(place->there, NOW, zone_utc(), &history), 0);
    assert_int_equal(history.themes[THEME_CARE].rated_helpful, 1);
    assert_false(journal_recorded(place->there, "daytime", NOW - 60));
    assert_true(journal_recorded(place->here, "daytime", NOW - 60));
}

static void test_import_leaves_the_keeper(void **state) {
    struct place *place = *state;
    add_everything(place);
    _cleanup_free_ char *out = export_all(place->here);
    assert_imports(place->there, out, 2);
    _cleanup_(keeper_freep) struct keeper *keeper = NULL;
    assert_int_equal(journal_load(place->there, &keeper), 0);
    assert_int_equal(keeper->n_open, 0);
    assert_int_equal(keeper->paused_until_usec, 0);
    assert_int_equal(keeper->planned_until_usec, NOW);
}

static void test_export_holds_no_secret(void **state) {
    struct place *place = *state;
    add_everything(place);
    _cleanup_free_ char *out = export_all(place->here);
    struct uuid secret;
    char text[UUID_TEXT_SIZE];
    memcpy(secret.bytes, journal_secret(place->here)->bytes, sizeof secret.bytes);
    uuid_format(&secret, text);
    assert_null(strstr(out, text));
}

/* Entries come whole: by the time of their first event. */
static void test_export_ranges(void **state) {
    struct place *place = *state;
    struct uuid id = add(place, place->here, NULL, (struct event){.kind = EVENT_NOTED, .note = S("one")});
    add(place, place->here, &id, (struct event){.kind = EVENT_KEPT, .time_usec = NOW + 50, .keep = true});
    add(place, place->here, NULL,
        (struct event){.kind = EVENT_NOTED, .time_usec = NOW + 1, .note = S("two")});
    static const struct {
        usec_t since_usec, until_usec;
        size_t lines;
    } cases[] = {
        {0, USEC_INFINITY, 3},  {NOW, NOW + 1, 2}, {NOW + 1, NOW + 2, 1},
        {NOW + 2, NOW + 99, 0}, {NOW, NOW, 0},     {NOW + 1, NOW, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *out = export_range(place->here, cases[i].since_usec, cases[i].until_usec, NULL);
        if (count_lines(out) != cases[i].lines)
            fail_msg("case %zu: %s", i, out);
    }
}

static void test_export_of_one_device(void **state) {
    struct place *place = *state;
    add(place, place->here, NULL, (struct event){.kind = EVENT_NOTED, .note = S("mine")});
    assert_imports(place->here, LINE(ID_A, ",\"note\":\"theirs\""), 1);
    _cleanup_free_ char *mine = export_range(place->here, 0, USEC_INFINITY, journal_device(place->here));
    assert_int_equal(count_lines(mine), 1);
    assert_non_null(strstr(mine, "mine"));
}

/* More than is read at once. */
static void test_export_many(void **state) {
    struct place *place = *state;
    enum { LINES = 600 };
    size_t size = 0;
    _cleanup_free_ char *text = malloc(LINES * 200);
    for (unsigned i = 0; i < LINES; i++)
        size += (size_t)sprintf(text + size,
                                "{\"version\":1,\"id\":\"%032x\",\"entry\":\"%032x\",\"device\":\"" DEVICE
                                "\",\"kind\":\"noted\",\"time_usec\":%u}\n",
                                i + 1, i + 1, i);
    assert_imports(place->here, text, LINES);
    _cleanup_free_ char *out = export_all(place->here);
    assert_int_equal(count_lines(out), LINES);
    assert_imports(place->there, out, LINES);
}

static void test_export_to_a_full_disk(void **state) {
    struct place *place = *state;
    add_everything(place);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setbuf(full, NULL);
    assert_int_equal(exchange_export(place->here, full, 0, USEC_INFINITY, NULL), -ENOSPC);
    fclose(full);
}

/* --- What is accepted, and what isn't --------------------------------------------------------- */

static void test_accepted(void **state) {
    struct place *place = *state;
    static const struct {
        const char *text;
        uint32_t entries;
    } cases[] = {
        {"", 0},
        {"\n\n  \r\n", 0},
        {LINE(ID_A, ",\"note\":\"one\""), 1},
        {LINE(ID_A, ",\"note\":\"another text for what is there\""), 0},
        {LINE(ID_B, ",\"unknown\":{\"a\":[1,2,{\"b\":null}]}"), 1},
        {"{\"version\":1,\"id\":\"01977a3e000070008000000000000001\",\"entry\":\"" ID_A
         "\",\"device\":\"" DEVICE
         "\",\"kind\":\"paused\",\"time_usec\":0,\"until_usec\":18446744073709551615,\"offset_sec\":-3600}",
         0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_imports(place->here, cases[i].text, cases[i].entries);
    struct uuid id;
    assert_int_equal(uuid_parse(ID_A, &id), 0);
    _cleanup_(entry_done) struct entry entry;
    assert_int_equal(journal_find(place->here, &id, &entry), 0);
    assert_string_equal(entry.note, "one");
}

#define GOOD LINE(ID_A, "")
#define OF_KIND(kind, more)                                                                                  \
    "{\"version\":1,\"id\":\"" ID_B "\",\"entry\":\"" ID_B "\",\"device\":\"" DEVICE                         \
    "\",\"time_usec\":5,\"kind\":\"" kind "\"" more "}\n"
#define AT_TIME(time) "{\"version\":1,\"id\":\"" ID_B "\",\"time_usec\":" time "}\n"
#define BARE(members) "{" members "}\n"

static void test_refused(void **state) {
    struct place *place = *state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"nonsense", "line 1: it is not a JSON object: it is not an object"},
        {GOOD "\n{", "line 3: it is not a JSON object"},
        {GOOD "{}{}\n", "line 2: it is not a JSON object: something follows the object"},
        {"[]\n", "line 1: it is not a JSON object"},
        {"null\n", "line 1: it is not a JSON object"},
        {"{\"version\":1,\"note\":\"\xff\xfe\"}\n", "line 1: it is not a JSON object: a string is not UTF-8"},
        {BARE(""), "line 1: version is missing"},
        {BARE("\"version\":2"), "line 1: version 2 is of a newer kindly (this one reads 1)"},
        {BARE("\"version\":0"), "line 1: version 0 is unknown"},
        {BARE("\"version\":\"1\""), "line 1: version is not a whole number"},
        {BARE("\"version\":1"), "line 1: id is missing"},
        {BARE("\"version\":1,\"id\":7"), "line 1: id is not a string"},
        {BARE("\"version\":1,\"id\":\"7\""), "line 1: id is not a UUID"},
        {BARE("\"version\":1,\"id\":\"00000000-0000-0000-0000-000000000000\""), "line 1: id is not a UUID"},
        {GOOD OF_KIND("seen", ""), "line 2: kind \"seen\" is unknown"},
        {OF_KIND("missed", ""), "line 1: detail \"\" is unknown for missed"},
        {OF_KIND("closed", ",\"detail\":\"gap\""), "line 1: detail \"gap\" is unknown for closed"},
        {LINE(ID_B, ",\"theme\":\"despair\""), "line 1: theme \"despair\" is unknown"},
        {LINE(ID_B, ",\"theme\":\"\""), "line 1: theme \"\" is unknown"},
        {AT_TIME("-1"), "line 1: time_usec is out of range"},
        {AT_TIME("1e15"), "line 1: time_usec is not a whole number"},
        {AT_TIME("18446744073709551615"), "line 1: time_usec is out of range"},
        {AT_TIME("9999999999999999999999"), "line 1: time_usec is not a whole number"},
        {LINE(ID_B, ",\"due_usec\":7258118400000001"), "line 1: due_usec is out of range"},
        {LINE(ID_B, ",\"until_usec\":18446744073709551614"), "line 1: until_usec is out of range"},
        {LINE(ID_B, ",\"offset_sec\":true"), "line 1: offset_sec is not a whole number"},
        {LINE(ID_B, ",\"offset_sec\":93601"), "line 1: offset_sec is out of range (-93600 to 93600)"},
        {LINE(ID_B, ",\"offset_sec\":-93601"), "line 1: offset_sec is out of range"},
        {LINE(ID_B, ",\"step\":-1"), "line 1: step is out of range"},
        {LINE(ID_B, ",\"step\":true"), "line 1: step is not a whole number"},
        {LINE(ID_B, ",\"keep\":1"), "line 1: keep is neither true nor false"},
        {LINE(ID_B, ",\"keep\":true,\"keep\":true"), "line 1: keep is there twice"},
        {LINE(ID_B, ",\"note\":null"), "line 1: note is not a string"},
        {LINE(ID_B, ",\"note\":\"a\\u0000b\""), "line 1: it is not a JSON object: a string holds a NUL"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        uint32_t count = 99;
        _cleanup_free_ char *message = NULL;
        int r = import_text(place->here, cases[i].text, &count, &message);
        if (r != -EINVAL || strncmp(or_empty(message), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("case %zu: %d, \"%s\" instead of \"%s\"", i, r, or_empty(message), cases[i].message);
        assert_int_equal(count, 99);
        _cleanup_free_ char *out = export_all(place->here);
        assert_string_equal(out, "");
    }
    assert_int_equal(import_text(place->here, "nonsense", &(uint32_t){0}, NULL), -EINVAL);
}

static void test_nul_bytes(void **state) {
    struct place *place = *state;
    static const char text[] = GOOD "{}\0{}\n";
    uint32_t count;
    _cleanup_free_ char *message = NULL;
    int fd = make_file(text, sizeof text - 1);
    assert_int_equal(exchange_import(place->here, fd, NOW, &count, &message), -EINVAL);
    assert_string_equal(message, "line 2: it holds a NUL");
    close(fd);
}

/* Lengths at their bounds: of a note, and of a line, wherever it begins. */
static void test_lengths(void **state) {
    struct place *place = *state;
    static const struct {
        size_t note, padding;
        const char *message; /* NULL: accepted */
    } cases[] = {
        {KEEPER_NOTE_MAX, 0, NULL},
        {KEEPER_NOTE_MAX + 1, 0, "line 2: note is longer than 4000 bytes"},
        {1, EXCHANGE_LINE_MAX, NULL},
        {1, EXCHANGE_LINE_MAX + 1, "line 2: it is longer than 65536 bytes"},
        {1, EXCHANGE_LINE_MAX + 2, "line 2: it is longer than 65536 bytes"},
        {1, EXCHANGE_LINE_MAX * 3, "line 2: it is longer than 65536 bytes"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *text = calloc(1, EXCHANGE_LINE_MAX * 4), *message = NULL;
        assert_non_null(text);
        char *at = stpcpy(text, LINE(ID_A, ""));
        char *begin = at;
        at = stpcpy(at, LINE(ID_B, ",\"note\":\""));
        at -= 2; /* before the closing brace */
        memset(at, 'n', cases[i].note);
        at = stpcpy(at + cases[i].note, "\"}");
        while ((size_t)(at - begin) < cases[i].padding)
            *at++ = ' ';
        strcpy(at, "\n" LINE(ID_A, ""));
        uint32_t count;
        int r = import_text(place->here, text, &count, &message);
        assert_int_equal(r, cases[i].message ? -EINVAL : 0);
        if (cases[i].message)
            assert_string_equal(message, cases[i].message);
    }
}

static void test_only_regular_files(void **state) {
    struct place *place = *state;
    int ends[2];
    uint32_t count;
    _cleanup_free_ char *message = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(exchange_import(place->here, ends[0], NOW, &count, &message), -EINVAL);
    assert_string_equal(message, "it is not a regular file");
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(exchange_import(place->here, -1, NOW, &count, NULL), -EBADF);
}

static void test_only_files_of_a_sane_size(void **state) {
    struct place *place = *state;
    uint32_t count;
    off_t end;
    _cleanup_free_ char *message = NULL, *whole = NULL;
    int fd = make_file("", 0);
    const struct exchange_reading reading = {.fd = fd};
    assert_int_equal(ftruncate(fd, (off_t)EXCHANGE_FILE_MAX + 1), 0);
    assert_int_equal(exchange_read(&reading, &end, &whole), -EINVAL);
    assert_string_equal(whole, "the file is larger than 256 MiB");
    assert_int_equal(ftruncate(fd, (off_t)EXCHANGE_IMPORT_MAX + 1), 0);
    assert_int_equal(exchange_import(place->here, fd, NOW, &count, &message), -EINVAL);
    assert_string_equal(message,
                        "the file is larger than the 2 MiB that are taken in at once; kindly import hands it "
                        "over in portions");
    close(fd);
}

static void test_write_only_descriptor(void **state) {
    struct place *place = *state;
    uint32_t count;
    char path[128];
    path_of(place, "here.db", path);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(exchange_import(place->here, fd, NOW, &count, NULL), -EBADF);
    close(fd);
}

/* --- Forgetting across machines --------------------------------------------------------------- */

static void test_forgotten_elsewhere(void **state) {
    struct place *place = *state;
    struct uuid id = add_everything(place);
    _cleanup_free_ char *before = export_all(place->here);
    assert_imports(place->there, before, 2);
    assert_int_equal(journal_forget(place->here, &id, NOW + 9, 0), 0);
    _cleanup_free_ char *after = export_all(place->here);
    assert_null(strstr(after, "I did"));
    assert_imports(place->there, after, 0);
    _cleanup_free_ char *there = export_all(place->there);
    assert_string_equal(there, after);
    /* An old file doesn't bring it back, neither there nor on a machine that sees it after the new one. */
    assert_imports(place->there, before, 0);
    _cleanup_free_ char *still = export_all(place->there);
    assert_string_equal(still, after);
    struct entry entry;
    assert_int_equal(journal_find(place->there, &id, &entry), 0);
    assert_string_equal(entry.state, "forgotten");
    entry_done(&entry);
}

static void test_forgotten_before_it_arrives(void **state) {
    struct place *place = *state;
    static const char forgotten[] = "{\"version\":1,\"id\":\"" ID_B "\",\"entry\":\"" ID_A
                                    "\",\"device\":\"" DEVICE "\",\"kind\":\"forgotten\",\"time_usec\":1}\n";
    assert_imports(place->here, forgotten, 0);
    assert_imports(place->here, LINE(ID_A, ",\"note\":\"a secret\",\"keep\":true"), 1);
    _cleanup_free_ char *out = export_all(place->here);
    assert_int_equal(count_lines(out), 2);
    assert_null(strstr(out, "a secret"));
    _cleanup_(library_freep) struct library *library = library_new();
    assert_int_equal(journal_add_own(place->here, library), 0);
    assert_int_equal(library->n_prompts, 0);
}

/* --- Other clocks ----------------------------------------------------------------------------- */

/* A clock that is ahead is written down as it is, and reaches no further than now. */
static void test_clocks_ahead(void **state) {
    struct place *place = *state;
    static const char text[] =
        "{\"version\":1,\"id\":\"" ID_A "\",\"entry\":\"" ID_A "\",\"device\":\"" DEVICE
        "\",\"kind\":\"shown\",\"time_usec\":4000000000000000,\"due_usec\":4000000000000000,"
        "\"theme\":\"care\",\"prompt\":\"care-01\"}\n"
        "{\"version\":1,\"id\":\"" ID_B "\",\"entry\":\"" ID_A "\",\"device\":\"" DEVICE
        "\",\"kind\":\"answered\",\"time_usec\":4000000000000001,\"choice\":\"hard\"}\n";
    uint32_t count;
    int fd = make_file(text, strlen(text));
    assert_int_equal(exchange_import(place->here, fd, NOW, &count, NULL), 0);
    close(fd);
    _cleanup_free_ char *out = export_all(place->here);
    assert_non_null(strstr(out, "4000000000000000"));
    _cleanup_(history_done) struct history history;
    assert_int_equal(journal_history(place->here, NOW, zone_utc(), &history), 0);
    assert_int_equal(history.hard_usec, NOW);
    assert_int_equal(history.first_usec, NOW);
    assert_int_equal(history.themes[THEME_CARE].shown_usec, NOW);
    assert_int_equal(history.cards[0].shown_usec, NOW);
    assert_int_equal(history.recent[0], THEME_NONE); /* not the latest for seventy years */
}

/* Whichever of two said the same moment arrives first. */
static void test_keep_comes_out_the_same(void **state) {
    struct place *place = *state;
#define SAID(id, kind, keep)                                                                                 \
    "{\"version\":1,\"id\":\"" id "\",\"entry\":\"" ID_A "\",\"device\":\"" DEVICE "\",\"kind\":\"" kind     \
    "\",\"time_usec\":5,\"note\":\"a line\",\"keep\":" keep "}\n"
    static const char noted[] = SAID(ID_A, "noted", "false"),
                      one[] = SAID("01977a3e-0000-7000-8000-000000000001", "kept", "true"),
                      two[] = SAID("01977a3e-0000-7000-8000-000000000002", "kept", "false");
    static const char *const orders[][3] = {{noted, one, two}, {two, one, noted}, {one, noted, two}};
    for (size_t i = 0; i < ELEMENTSOF(orders); i++) {
        struct journal *journal = i == 0 ? place->here : place->there;
        uint32_t count;
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(import_text(journal, orders[i][j], &count, NULL), 0);
        struct uuid id;
        struct entry entry;
        assert_int_equal(uuid_parse(ID_A, &id), 0);
        assert_int_equal(journal_find(journal, &id, &entry), 0);
        assert_false(entry.keep);
        entry_done(&entry);
    }
    assert_imports(place->here, SAID("01977a3e-0000-7000-8000-000000000003", "kept", "true"), 0);
    struct uuid id;
    struct entry entry;
    assert_int_equal(uuid_parse(ID_A, &id), 0);
    assert_int_equal(journal_find(place->here, &id, &entry), 0);
    assert_true(entry.keep);
    entry_done(&entry);
}

/* --- Portions --------------------------------------------------------------------------------- */

struct portions {
    size_t n, bytes, largest;
    off_t end;
    bool refuse;
};

/* That it was forgotten is taken in whatever went before, and once. */
static void test_an_entry_with_too_many_events(void **state) {
    struct place *place = *state;
    struct entry entry;
    char *text = NULL;
    size_t size;
    const struct uuid id = {.bytes = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x7c, 0xde, 0x8f, 1}};
    char own[UUID_TEXT_SIZE];
    uuid_format(&id, own);
    FILE *stream = open_memstream(&text, &size);
    for (int i = 0; i < ENTRY_EVENTS_MAX + 50; i++) {
        struct uuid event = id;
        event.bytes[14] = (uint8_t)(i >> 8);
        event.bytes[15] = (uint8_t)i;
        char event_text[UUID_TEXT_SIZE];
        uuid_format(&event, event_text);
        fprintf(stream,
                "{\"version\":1,\"id\":\"%s\",\"entry\":\"%s\",\"device\":\"%s\",\"kind\":\"%s\",\"time_"
                "usec\":%d%s}\n",
                event_text, own, own, i > 0 ? "kept" : "noted", 1000000 + i,
                i > 0 ? ",\"keep\":true" : ",\"note\":\"a line\"");
    }
    assert_int_equal(fclose(stream), 0);
    assert_imports(place->here, text, 1);
    _cleanup_free_ char *taken = export_all(place->here);
    assert_int_equal(count_lines(taken), ENTRY_EVENTS_MAX);
    assert_int_equal(journal_find(place->here, &id, &entry), 0);
    assert_true(entry.keep);
    entry_done(&entry);
    for (int i = 0; i < 2; i++) {
        snprintf(
            text, size,
            "{\"version\":1,\"id\":\"%.35s%d\",\"entry\":\"%s\",\"device\":\"%s\",\"kind\":\"forgotten\","
            "\"time_usec\":2000000}\n",
            "99999999-89ab-7cde-8f01-23456789ab0", i, own, own);
        assert_imports(place->here, text, 0);
        assert_int_equal(journal_find(place->here, &id, &entry), 0);
        assert_string_equal(entry.state, "forgotten");
        assert_string_equal(or_empty(entry.note), "");
        entry_done(&entry);
    }
    _cleanup_free_ char *erased = export_all(place->here);
    assert_int_equal(count_lines(erased), ENTRY_EVENTS_MAX + 1);
    free(text);
}

static int take_portion(void *userdata, int fd, off_t end) {
    struct portions *portions = userdata;
    off_t size = lseek(fd, 0, SEEK_END);
    char last;
    assert_int_equal(pread(fd, &last, 1, size - 1), 1);
    assert_int_equal(last, '\n');
    portions->n++;
    portions->bytes += (size_t)size;
    portions->largest = MAX_OF(portions->largest, (size_t)size);
    portions->end = end;
    return portions->refuse ? -ECANCELED : 0;
}

static void test_portions(void **state) {
    (void)state;
    enum { LINES = 20000 };
    char line[400];
    size_t size = 0;
    _cleanup_free_ char *text = malloc(LINES * sizeof line);
    for (unsigned i = 1; i <= LINES; i++)
        size += (size_t)sprintf(text + size,
                                "{\"version\":1,\"id\":\"%032x\",\"entry\":\"%032x\",\"device\":\"" DEVICE
                                "\",\"kind\":\"noted\",\"time_usec\":%u,\"note\":\"%0100u\"}\n",
                                i, i, i, i);
    struct portions portions = {0};
    struct exchange_reading reading = {
        .fd = make_file(text, size), .take = take_portion, .userdata = &portions};
    off_t end;
    assert_int_equal(exchange_read(&reading, &end, NULL), 0);
    assert_int_equal(end, size);
    assert_int_equal(portions.bytes, size);
    assert_int_equal(portions.end, size);
    assert_int_equal(portions.n, size / EXCHANGE_PORTION + 1);
    assert_in_range(portions.largest, EXCHANGE_PORTION, EXCHANGE_PORTION + sizeof line);
    portions = (struct portions){.refuse = true};
    assert_int_equal(exchange_read(&reading, &end, NULL), -ECANCELED);
    assert_int_equal(portions.n, 1);
    close(reading.fd);
}

static void test_reading(void **state) {
    (void)state;
    static const size_t length = sizeof GOOD - 1;
    struct uuid device, other;
    assert_int_equal(uuid_parse(DEVICE, &device), 0);
    assert_int_equal(uuid_parse(ID_A, &other), 0);
    const struct {
        const char *text;
        off_t from;
        unsigned before;
        bool unfinished_too;
        const struct uuid *device;
        size_t taken;
        const char *message; /* NULL: it is right */
    } cases[] = {
        {GOOD GOOD, 0, 0, false, &device, 2 * length, NULL},
        {GOOD "{\"vers", 0, 0, false, NULL, length, NULL},
        {GOOD "{\"vers", 0, 0, true, NULL, length,
         "line 2: it is not a JSON object: it ends within a string"},
        {GOOD GOOD, (off_t)length, 1, false, NULL, length, NULL},
        {GOOD "{}\n", (off_t)length, 7, false, NULL, 0, "line 8: version is missing"},
        {GOOD GOOD "nothing\n" GOOD, 0, 0, false, NULL, 2 * length,
         "line 3: it is not a JSON object: it is not an object"},
        {GOOD, 0, 0, false, &other, 0, "line 1: device is another than the file is named for"},
        {"\n\n" GOOD, 0, 0, false, &device, length + 2, NULL},
        {"", 0, 0, true, NULL, 0, NULL},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct portions portions = {0};
        const struct exchange_reading reading = {
            .fd = make_file(cases[i].text, strlen(cases[i].text)),
            .from = cases[i].from,
            .lines_before = cases[i].before,
            .unfinished_too = cases[i].unfinished_too,
            .device = cases[i].device,
            .take = take_portion,
            .userdata = &portions,
        };
        _cleanup_free_ char *message = NULL;
        off_t end = -1;
        int r = exchange_read(&reading, &end, &message);
        if (r != (cases[i].message ? -EINVAL : 0) || !streq(or_empty(message), or_empty(cases[i].message)) ||
            portions.bytes != cases[i].taken)
            fail_msg("case %zu: %d, \"%s\", %zu taken", i, r, or_empty(message), portions.bytes);
        if (r >= 0)
            assert_int_equal(end, cases[i].from + (off_t)cases[i].taken);
        close(reading.fd);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_import_leaves_the_keeper),
        TEST(test_export_holds_no_secret),
        TEST(test_export_ranges),
        TEST(test_export_of_one_device),
        TEST(test_export_many),
        TEST(test_export_to_a_full_disk),
        TEST(test_accepted),
        TEST(test_refused),
        TEST(test_nul_bytes),
        TEST(test_lengths),
        TEST(test_only_regular_files),
        TEST(test_only_files_of_a_sane_size),
        TEST(test_write_only_descriptor),
        TEST(test_forgotten_elsewhere),
        TEST(test_forgotten_before_it_arrives),
        TEST(test_clocks_ahead),
        TEST(test_keep_comes_out_the_same),
        TEST(test_an_entry_with_too_many_events),
        TEST(test_portions),
        TEST(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
