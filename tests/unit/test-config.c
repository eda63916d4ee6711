/* kindly.conf: what is taken, what is refused and in which words, and files that try to do harm. */
#include "daemon/core/library.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"
#include "daemon/store/wordlist.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char folder[] = "/tmp/kindly-test-XXXXXX";
static char file[PATH_MAX];
static struct library *library;

static int set_up(void **state) {
    (void)state;
    struct practice practice = {.id = strdup("three-breaths"), .title = strdup("Three breaths")};
    library = library_new();
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/kindly.conf", folder);
    return library_add_practice(library, &practice);
}

static int tear_down(void **state) {
    (void)state;
    library = library_free(library);
    return rmdir(folder);
}

static void write_bytes(const char *path, const char *bytes, size_t size) {
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static int load_text(const char *text, struct mistakes *mistakes, struct schedule **ret) {
    write_bytes(file, text, strlen(text));
    int r = config_load(file, library, mistakes, ret);
    unlink(file);
    return r;
}

/* A schedule that must be fine, and without a warning. */
static struct schedule *load_good(const char *text) {
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    int r = load_text(text, &mistakes, &schedule);
    if (r < 0 || mistakes.n > 0)
        fail_msg("%s\n%d: %s", text, r, mistakes.n ? mistakes.items[0].text : "");
    mistakes_done(&mistakes);
    return schedule;
}

/* Each file in tests/broken, and what is told of it. */

static bool line_matches(const char *line, const char *expected) {
    size_t length = strlen(expected);
    if (length > 0 && expected[length - 1] == '*')
        return strncmp(line, expected, length - 1) == 0;
    return streq(line, expected);
}

static void compare_with_expected(const struct mistakes *mistakes, const char *path) {
    FILE *stream = fopen(path, "r");
    char expected[1024];
    size_t n = 0;
    if (!stream)
        fail_msg("%s is missing", path);
    for (; fgets(expected, sizeof expected, stream); n++) {
        expected[strcspn(expected, "\n")] = '\0';
        const char *line = n < mistakes->n ? mistakes->items[n].text : "nothing";
        if (!line_matches(line, expected))
            fail_msg("%s: expected\n%s\nbut told is\n%s", path, expected, line);
    }
    if (n < mistakes->n)
        fail_msg("%s: also told is\n%s", path, mistakes->items[n].text);
    fclose(stream);
}

/* A deck that is worded wrongly, as if it were one of ours. */
static int lint_broken(const char *path, struct library *decks, struct mistakes *mistakes) {
    struct lint *lint = lint_new("tests/broken/lists");
    lint_as(lint, MISTAKE_ERROR);
    assert_int_equal(deck_lint_file(decks, path, lint, mistakes), 0);
    assert_int_equal(lint_tell(lint, mistakes), 0);
    lint_free(lint);
    return mistakes->n_errors > 0 ? -EINVAL : 0;
}

/* What a file is for, its name begins with. */
static int load_broken(const char *name, const char *path, struct library *decks, struct mistakes *mistakes,
                       struct schedule **ret) {
    struct wordlist *list;
    if (strncmp(name, "deck-", 5) == 0)
        return deck_load_file(decks, path, mistakes);
    if (strncmp(name, "wording-", 8) == 0)
        return lint_broken(path, decks, mistakes);
    if (strncmp(name, "wordlist", 8) == 0)
        return wordlist_load(path, mistakes, &list);
    return config_load(path, library, mistakes, ret);
}

static void try_broken(const char *name) {
    char conf[PATH_MAX], expected[PATH_MAX];
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    struct library *decks = library_new();
    snprintf(conf, sizeof conf, "tests/broken/%s", name);
    snprintf(expected, sizeof expected, "%.*sexpected", (int)(strlen(conf) - strlen("conf")), conf);
    int r = load_broken(name, conf, decks, &mistakes, &schedule);
    compare_with_expected(&mistakes, expected);
    assert_int_equal(r, -EINVAL);
    assert_null(schedule);
    if (strncmp(name, "wording-", 8) != 0)
        assert_int_equal(decks->n_prompts + decks->n_practices + decks->themes, 0);
    assert_true(mistakes.n_errors > 0);
    mistakes_done(&mistakes);
    library_free(decks);
}

static void broken_files_are_told(void **state) {
    (void)state;
    DIR *broken = opendir("tests/broken");
    unsigned n = 0;
    assert_non_null(broken);
    for (struct dirent *entry = readdir(broken); entry; entry = readdir(broken)) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || !streq(entry->d_name + length - 5, ".conf"))
            continue;
        try_broken(entry->d_name);
        n++;
    }
    closedir(broken);
    assert_true(n >= 25);
}

/* What is taken. */

static void absent_keys_have_their_defaults(void **state) {
    (void)state;
    struct schedule *schedule = load_good("reminders = ( );");
    assert_int_equal(schedule->n_reminders, 0);
    assert_int_equal(schedule->n_quiet, 2);
    assert_int_equal(schedule->quiet[0].start_sec, 21 * 3600);
    assert_int_equal(schedule->quiet[0].end_sec, (24 + 8) * 3600 + 1800);
    assert_null(schedule->quiet[0].on);
    assert_int_equal(schedule->quiet[1].end_sec, (24 + 10) * 3600);
    assert_non_null(schedule->quiet[1].on);
    assert_int_equal(schedule->hold, HOLD_LOCKED | HOLD_IDLE | HOLD_DO_NOT_DISTURB | HOLD_PRESENTING);
    assert_int_equal(schedule->idle_after_usec, 5 * USEC_PER_MINUTE);
    assert_int_equal(schedule->gap_usec, 90 * USEC_PER_MINUTE);
    assert_int_equal(schedule->show_for_usec, 45 * USEC_PER_SEC);
    assert_int_equal(schedule->expire_after_usec, 60 * USEC_PER_MINUTE);
    assert_int_equal(schedule->n_snooze, 3);
    assert_int_equal(schedule->snooze[0].span_usec, 15 * USEC_PER_MINUTE);
    assert_true(schedule->snooze[2].span_usec == USEC_INFINITY);
    assert_string_equal(schedule->snooze[2].text, "tomorrow");
    assert_int_equal(schedule->snoozes, 2);
    assert_int_equal(schedule->most_per_day, 6);
    assert_int_equal(schedule->n_languages, 1);
    assert_string_equal(schedule->languages[0], "en");
    assert_string_equal(schedule->name, "");
    assert_int_equal(schedule->conceal, THEME_BIT(THEME_OWN) | THEME_BIT(THEME_FORGIVENESS));
    assert_false(schedule->sound);
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        assert_int_equal(schedule->weights[theme], WEIGHT_NORMAL);
    assert_true(schedule->learn && schedule->drift);
    assert_string_equal(schedule->support, "findahelpline.com");
    schedule_free(schedule);
}

static void written_keys_are_read(void **state) {
    (void)state;
    struct schedule *schedule = load_good(
        "reminders = ( { name = \"a\"; at = [\"Mon 09:00\", \"Tue 18:00 UTC\"]; hold_for = \"1h\"; write = "
        "true; },\n"
        "  { name = \"b\"; between = \"22:00-01:00\"; times = 2; gap = \"1h\"; on = \"Fri\"; themes = "
        "[\"care\"]; },\n"
        "  { name = \"c\"; between = \"09:30-24:00\"; every = \"4h\"; practice = \"three-breaths\"; },\n"
        "  { name = \"d\"; between = \"07:00-07:00\"; times = 1; } );\n"
        "quiet = []; hold = ( \"idle\" ); gap = \"2h\"; show_for = \"until answered\"; snooze = "
        "[\"18:00\"];\n"
        "conceal = \"all\"; sound = true; themes = { kindness = \"more\"; forgiveness = \"off\"; care = "
        "\"less\"; };\n"
        "name = \"Ren\303\251e\"; languages = [\"de\", \"pt-BR\"]; most_per_day = 50; snoozes = 0; learn = "
        "false;");
    const struct reminder *reminder = schedule->reminders;
    assert_int_equal(schedule->n_reminders, 4);
    assert_int_equal(reminder[0].kind, REMINDER_AT);
    assert_int_equal(reminder[0].n_at, 2);
    assert_null(reminder[0].at[0].zone);
    assert_non_null(reminder[0].at[1].zone);
    assert_int_equal(reminder[0].hold_for_usec, USEC_PER_HOUR);
    assert_true(reminder[0].write);
    assert_int_equal(reminder[0].gap_usec, 2 * USEC_PER_HOUR);
    assert_int_equal(reminder[0].line, 1);
    assert_int_equal(reminder[1].kind, REMINDER_TIMES);
    assert_int_equal(reminder[1].window.start_sec, 22 * 3600);
    assert_int_equal(reminder[1].window.end_sec, 25 * 3600);
    assert_non_null(reminder[1].window.on);
    assert_int_equal(reminder[1].times, 2);
    assert_int_equal(reminder[1].gap_usec, USEC_PER_HOUR);
    assert_int_equal(reminder[1].themes, THEME_BIT(THEME_CARE));
    assert_true(reminder[1].hold_for_usec == USEC_INFINITY);
    assert_int_equal(reminder[1].line, 2);
    assert_int_equal(reminder[2].kind, REMINDER_EVERY);
    assert_int_equal(reminder[2].every_usec, 4 * USEC_PER_HOUR);
    assert_int_equal(reminder[2].window.end_sec, SECONDS_PER_DAY);
    assert_string_equal(reminder[2].practice, "three-breaths");
    assert_int_equal(reminder[3].window.end_sec - reminder[3].window.start_sec, SECONDS_PER_DAY);
    assert_int_equal(schedule->n_quiet, 0);
    assert_int_equal(schedule->hold, HOLD_IDLE);
    assert_true(schedule->show_for_usec == USEC_INFINITY);
    assert_int_equal(schedule->conceal, THEME_SET_ALL);
    assert_int_equal(schedule->weights[THEME_KINDNESS], WEIGHT_MORE);
    assert_int_equal(schedule->weights[THEME_FORGIVENESS], WEIGHT_OFF);
    assert_int_equal(schedule->weights[THEME_CARE], WEIGHT_LESS);
    assert_string_equal(schedule->name, "Ren\303\251e");
    assert_string_equal(schedule->languages[1], "pt-BR");
    schedule_free(schedule);
}

#define R(keys) "reminders = ( { name = \"x\"; " keys " } );"

/* Text of a file, and what its first mistake says somewhere; NULL: it is fine. */
static const struct {
    int line;
    const char *text, *told;
} cases[] = {
    {__LINE__, "reminders = ( );", NULL},
    {__LINE__, "reminders = [ ];", NULL},
    {__LINE__, "\357\273\277reminders = ( ); # a byte order mark", NULL},
    {__LINE__, "/* a */ reminders = ( ) // b\n# c @include \"d\" 99999999999\n", NULL},
    {__LINE__, "reminders = ( );\r\nname = \"@include 99999999999 # // /*\";\r\n", NULL},
    {__LINE__, "reminders = ( ); name = \"a\" \"b\";", NULL},
    {__LINE__, "reminders = ( ); name = \"a \\\"b\\\" \\\\\";", NULL},
    {__LINE__, "", "\"reminders\" is missing"},
    {__LINE__, "reminders = { };", "\"reminders\" is a group { }, but must be"},
    {__LINE__, "reminders = ( ); snoozes = 2147483648;", "2147483648 is too large"},
    {__LINE__, "reminders = ( ); snoozes = -2147483649;", "-2147483649 is too large"},
    {__LINE__, "reminders = ( ); snoozes = 99999999999999999999999;", "is too large"},
    {__LINE__, "reminders = ( ); snoozes = 0x100000002;", "0x100000002 is too large"},
    {__LINE__, "reminders = ( ); snoozes = 0x2;", NULL},
    {__LINE__, "reminders = ( ); snoozes = 2LL;", "without L"},
    {__LINE__, "reminders = ( ); snoozes = -1;",
     "\"snoozes\" is -1, but must be a whole number from 0 to 10"},
    {__LINE__, "reminders = ( ); gap = \"0\";", NULL},
    {__LINE__, "reminders = ( ); gap = \"25h\";", "\"gap\" is \"25h\""},
    {__LINE__, "reminders = ( ); expire_after = \"until answered\";", NULL},
    {__LINE__, "reminders = ( ); gap = \"until answered\";", "\"gap\" is"},
    {__LINE__, "reminders = ( ); quiet = \"21:00-24:00\";", NULL},
    {__LINE__, "reminders = ( ); quiet = [\"Mon..Fri 9:00-17:00\"];", NULL},
    {__LINE__, "reminders = ( ); quiet = [\"*-12-24..26 00:00-24:00\"];", NULL},
    {__LINE__, "reminders = ( ); quiet = [\"21:00-25:00\"];", "\"quiet\" has \"21:00-25:00\""},
    {__LINE__, "reminders = ( ); quiet = [\"21:0-23:00\"];", "\"quiet\" has"},
    {__LINE__, "reminders = ( ); quiet = [\"\"];", "\"quiet\" has \"\""},
    {__LINE__, "reminders = ( ); conceal = [\"all\", \"care\"];", NULL},
    {__LINE__, "reminders = ( ); conceal = [];", NULL},
    {__LINE__, "reminders = ( ); hold = [];", NULL},
    {__LINE__, "reminders = ( ); snooze = [\"2h\", \"tomorrow 8:00\", \"18:00\", \"monday\"];", NULL},
    {__LINE__, "reminders = ( ); snooze = [\"2020-01-01\"];", "\"snooze\" has"},
    {__LINE__, "reminders = ( ); snooze = [\"1h ago\"];", "\"snooze\" has"},
    {__LINE__, "reminders = ( ); snooze = [\"now\"];", "\"snooze\" has"},
    {__LINE__, "reminders = ( ); snooze = [\"infinity\"];", "\"snooze\" has"},
    {__LINE__, "reminders = ( ); snooze = [15];", "\"snooze\" has 15"},
    {__LINE__, "reminders = ( ); languages = [];", "\"languages\" has 0 items"},
    {__LINE__, "reminders = ( ); languages = [\"..\"];", "\"languages\" has \"..\""},
    {__LINE__, "reminders = ( ); languages = [\"e/n\"];", "\"languages\" has"},
    {__LINE__, "reminders = ( ); support = \"\";", NULL},
    {__LINE__, "reminders = ( ); show_for = 45;", "\"show_for\" is 45, but must be a time span"},
    {__LINE__, "reminders = ( ); name = \"\\xff\";", "\"name\" is"},
    {__LINE__, "reminders = ( ; );", "not understood"},
    {__LINE__, "reminders = ( ) ); gap = 5;", ") closes nothing"},
    {__LINE__, "reminders = ( ]; gap = 5;", "] doesn't close the ( of line 1"},
    {__LINE__, "reminders = ( , );", "no comma before the first item"},
    {__LINE__, "reminders = ( ); hold = [\"idle\",, \"locked\"];", "two commas"},
    {__LINE__, R("at = \"20:15\";"), NULL},
    {__LINE__, R("at = \"daily\"; on = \"Mon\";"), NULL},
    {__LINE__, R("at = [];"), "\"at\" has 0 items"},
    {__LINE__, R("at = 9;"), "\"at\" is 9"},
    {__LINE__, R("at = [9];"), "\"at\" has 9"},
    {__LINE__, "reminders = ( { name = \"guidance\"; at = \"20:15\"; } );",
     "that word means something to kindly now; give the reminder another name"},
    {__LINE__, R("at = [\"09:00\", \"09:00,18:00\"];"), "at = [\"09:00\", \"18:00\"]"},
    {__LINE__, R("at = \"09:00 /etc/passwd\";"), "\"at\" is"},
    {__LINE__, R("at = \"09:00 ../UTC\";"), "\"at\" is"},
    {__LINE__, R("at = \"1969-01-01\";"), "\"at\" is"},
    {__LINE__, R("at = \"2020-01-01 09:00\";"), NULL},
    {__LINE__, R("at = \"Mon 23:00 UTC\"; on = \"Tue\";"), NULL},
    {__LINE__, R("at = \"*-*-29 09:00\"; on = \"*-02-*\";"), NULL},
    {__LINE__, R("at = \"*-01-01 09:00\"; on = \"*-02-*\";"), "its time never comes"},
    {__LINE__, R("times = 7; between = \"09:30-20:30\";"), "cannot all fit: 7 can come due"},
    {__LINE__, R("times = 8; between = \"09:30-20:30\";"), "at most 7 do"},
    {__LINE__, R("times = 51; between = \"09:30-20:30\"; gap = \"0\";"), "\"times\" is 51"},
    {__LINE__, R("every = \"1h\"; between = \"09:30-11:30\";"),
     "every 1h is shorter than its gap of 1h 30min"},
    {__LINE__, R("every = \"1h\"; between = \"09:30-11:30\"; gap = \"1h\";"), NULL},
    {__LINE__, R("at = \"20:15\"; themes = \"own\";"), NULL},
    {__LINE__, R("at = \"20:15\"; themes = [ ];"), "\"themes\" has 0 items"},
    {__LINE__, R("at = \"20:15\"; themes = \"care\"; practice = \"three-breaths\";"), "have no effect"},
    {__LINE__, R("at = \"20:15\"; themes = \"care\";") "themes = { care = \"off\"; };",
     "\"off\", so it shows nothing"},
    {__LINE__, R("at = \"20:15\"; practice = \"tree-breaths\";"), "did you mean \"three-breaths\"?"},
    {__LINE__, R("at = \"20:15\"; write = 1;"), "\"write\" is 1, but must be true or false"},
    {__LINE__, R("at = [\"0:00\",\"1:00\",\"2:00\",\"3:00\",\"4:00\",\"5:00\",\"6:00\"];"), NULL},
    {__LINE__, R("at = \"*:*\";"), "100 can come due"},
    {__LINE__, R("at = \"*:*\";") "most_per_day = 0;", NULL},
    {__LINE__, R("at = \"*:*\";") "quiet = \"00:00-24:00\";", NULL},
    {__LINE__, R("every = \"1min\"; between = \"20:55-08:30\"; gap = \"0\";"), NULL},
    {__LINE__, R("every = \"1min\"; between = \"20:53-08:30\"; gap = \"0\";"), "7 can come due"},
};

static void each_case(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct mistakes mistakes = {0};
        struct schedule *schedule = NULL;
        int r = load_text(cases[i].text, &mistakes, &schedule);
        const char *told = mistakes.n ? mistakes.items[0].text : NULL;
        if (!cases[i].told != !told || (told && !strstr(told, cases[i].told)))
            fail_msg("line %d: %s\ntold: %s", cases[i].line, cases[i].text, told ? told : "nothing");
        assert_int_equal(r, mistakes.n_errors ? -EINVAL : 0);
        assert_int_equal(!schedule, !!mistakes.n_errors);
        mistakes_done(&mistakes);
        schedule_free(schedule);
    }
}

/* Who drops warnings is not to pay for them; errors are told all the same. */
static void errors_only(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n_told;
    } few[] = {
        {R("times = 7; between = \"09:30-20:30\";"), 0},
        {R("times = 8; between = \"09:30-20:30\";"), 1},
    };
    for (size_t i = 0; i < ELEMENTSOF(few); i++) {
        struct mistakes mistakes = {.errors_only = true};
        struct schedule *schedule = NULL;
        load_text(few[i].text, &mistakes, &schedule);
        assert_int_equal(mistakes.n, few[i].n_told);
        mistakes_done(&mistakes);
        schedule_free(schedule);
    }
}

static void every_key_is_described(void **state) {
    (void)state;
    struct config_key key;
    size_t n = 0;
    for (; config_key_at(n, &key); n++) {
        assert_non_null(key.allowed);
        assert_int_equal(!key.fallback, streq(key.name, "reminders"));
    }
    assert_int_equal(n, 19);
    assert_true(config_key_at(4, &key));
    assert_string_equal(key.name, "gap");
    assert_true(key.scalar);
}

/* The file that is installed. */

static char *read_default(void) {
    char *text = calloc(1, CONFIG_FILE_MAX);
    FILE *stream = fopen("config/kindly.conf", "r");
    assert_non_null(stream);
    assert_true(fread(text, 1, CONFIG_FILE_MAX - 1, stream) > 0);
    fclose(stream);
    return text;
}

static void installed_file_is_fine(void **state) {
    (void)state;
    _cleanup_free_ char *text = read_default();
    struct schedule *schedule = load_good(text);
    assert_int_equal(schedule->n_reminders, 1);
    assert_non_null(schedule_find(schedule, "daytime"));
    schedule_free(schedule);
}

/* All its examples at once may be too many for a day, but they are no errors. */
static void installed_examples_are_fine(void **state) {
    (void)state;
    _cleanup_free_ char *text = read_default();
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    for (char *at = strstr(text, "#  ,{"); at; at = strstr(at, "#  ,{"))
        *at = ' ';
    int r = load_text(text, &mistakes, &schedule);
    if (r < 0)
        fail_msg("%s", mistakes.items[0].text);
    assert_true(schedule->n_reminders > 1);
    mistakes_done(&mistakes);
    schedule_free(schedule);
}

/* Files that try to do harm. */

static void expect_refusal(const char *path, int error, const char *told) {
    struct mistakes mistakes = {0};
    struct schedule untouched, *schedule = &untouched;
    int r = config_load(path, library, &mistakes, &schedule);
    if (r != error || mistakes.n != 1 || !strstr(mistakes.items[0].text, told))
        fail_msg("%s: %d, %s", path, r, mistakes.n ? mistakes.items[0].text : "nothing told");
    assert_ptr_equal(schedule, &untouched);
    mistakes_done(&mistakes);
}

static void expect_bytes_refused(const char *bytes, size_t size, const char *told) {
    write_bytes(file, bytes, size);
    expect_refusal(file, -EINVAL, told);
    unlink(file);
}

static void not_a_regular_file(void **state) {
    (void)state;
    expect_refusal(file, -ENOENT, "can't be read: No such file");
    expect_refusal(folder, -EINVAL, "isn't a regular file");
    assert_int_equal(mkfifo(file, 0600), 0);
    expect_refusal(file, -EINVAL, "isn't a regular file");
    unlink(file);
    expect_refusal("/dev/zero", -EINVAL, "isn't a regular file");
}

static void symlink_to_a_file_is_fine(void **state) {
    (void)state;
    char target[PATH_MAX];
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    snprintf(target, sizeof target, "%s/target.conf", folder);
    write_bytes(target, "reminders = ( );", 16);
    assert_int_equal(symlink(target, file), 0);
    assert_int_equal(config_load(file, NULL, &mistakes, &schedule), 0);
    schedule_free(schedule);
    unlink(file);
    unlink(target);
}

static void hostile_bytes(void **state) {
    (void)state;
    size_t size = 2 * 1024 * 1024;
    _cleanup_free_ char *large = malloc(size);
    memset(large, ' ', size);
    expect_bytes_refused(large, size, "is too large; it must be a regular file of at most 1 MiB");
    memset(large, '(', CONFIG_FILE_MAX);
    expect_bytes_refused(large, CONFIG_FILE_MAX, "more than 16 deep");
    for (size_t i = 0; i < CONFIG_FILE_MAX / 4; i++)
        memcpy(large + 4 * i, "a=1;", 4);
    expect_bytes_refused(large, CONFIG_FILE_MAX, "more than 256 keys");
    expect_bytes_refused("reminders = ( );\0", 17, ":1: there is a NUL byte");
    expect_bytes_refused("\n\xc0\xaf", 3, ":2: this line isn't valid UTF-8");
    expect_bytes_refused("# \xed\xa0\x80", 5, "isn't valid UTF-8");
    expect_bytes_refused("# \xf4\x90\x80\x80", 6, "isn't valid UTF-8");
    expect_bytes_refused("# \xe2\x82", 4, "isn't valid UTF-8");
    expect_bytes_refused("\"", 1, "no place for a text");
    expect_bytes_refused("a = \"\\", 6, "a quote isn't closed");
    expect_bytes_refused("/*", 2, "isn't closed");
    expect_bytes_refused("  @include \"/etc/passwd\"\n", 25, "@include");
}

/* Mistakes. */

static void mistakes_are_in_order_and_bounded(void **state) {
    (void)state;
    struct mistakes mistakes = {0};
    mistakes_add(&mistakes, MISTAKE_ERROR, "b", 9, "b nine");
    mistakes_add(&mistakes, MISTAKE_ERROR, "a", 5, "five\n\033");
    mistakes_add(&mistakes, MISTAKE_WARNING, "a", 7, "seven");
    mistakes_add(&mistakes, MISTAKE_ERROR, "a", 5, "five again");
    mistakes_add(&mistakes, MISTAKE_ERROR, "a", 0, "whole file");
    static const char *const expected[] = {"b:9: b nine", "a: whole file", "a:5: five??", "a:5: five again",
                                           "a:7: seven"};
    for (size_t i = 0; i < ELEMENTSOF(expected); i++)
        assert_string_equal(mistakes.items[i].text, expected[i]);
    assert_int_equal(mistakes.n_errors, 4);
    for (unsigned i = 0; i < 2 * MISTAKES_MAX; i++)
        mistakes_add(&mistakes, MISTAKE_ERROR, "a", 10 + i, "more");
    assert_int_equal(mistakes.n, MISTAKES_MAX + 1);
    assert_int_equal(mistakes.n_errors, 4 + 2 * MISTAKES_MAX);
    assert_string_equal(mistakes.items[MISTAKES_MAX].text, "... and 105 more");
    mistakes_done(&mistakes);
}

/* Of what no key is as long as, nothing is near, and comparing has its bound. */
static void nearest_to_long_words(void **state) {
    char word[200];
    const char *known[] = {word, "window"};
    (void)state;
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = 0;
    assert_null(nearest_word(word, known, ELEMENTSOF(known)));
    assert_string_equal(nearest_word("windo", known, ELEMENTSOF(known)), "window");
}

static void nearest_words(void **state) {
    (void)state;
    static const char *const known[] = {"reminders", "quiet", "hold", "gap", "snooze", "snoozes"};
    static const struct {
        const char *word, *nearest;
    } words[] = {
        {"remindres", "reminders"},
        {"reminder", "reminders"},
        {"Quiet", "quiet"},
        {"snoze", "snooze"},
        {"snoozess", "snoozes"},
        {"gaps", "gap"},
        {"xyz", NULL},
        {"", NULL},
        {"go", NULL},
        {"remembering", NULL},
    };
    for (size_t i = 0; i < ELEMENTSOF(words); i++) {
        const char *nearest = nearest_word(words[i].word, known, ELEMENTSOF(known));
        if (!nearest != !words[i].nearest || (nearest && !streq(nearest, words[i].nearest)))
            fail_msg("%s: %s", words[i].word, nearest ? nearest : "none");
    }
}

/* Places. */

static void expect_path(int r, char *path, const char *format, const char *rest) {
    char expected[PATH_MAX];
    snprintf(expected, sizeof expected, "%s%s", format, rest);
    assert_int_equal(r, 0);
    assert_string_equal(path, expected);
    free(path);
}

static void base_folders(void **state) {
    (void)state;
    char *path = NULL;
    setenv("HOME", "/home/x", 1);
    setenv("XDG_STATE_HOME", "/s", 1);
    setenv("XDG_DATA_HOME", "not/absolute", 1);
    unsetenv("XDG_CONFIG_HOME");
    int r = path_journal(&path);
    expect_path(r, path, "/s/kindly", "/journal.db");
    r = path_user_decks(&path);
    expect_path(r, path, "/home/x", "/.local/share/kindly/decks");
    r = path_user_config(&path);
    expect_path(r, path, "/home/x", "/.config/kindly/kindly.conf");
    assert_int_equal(path_program("kindly-notify", &path), 0);
    free(path);
    assert_int_equal(path_shipped("decks", &path), 0);
    free(path);
}

static void config_is_searched_in_order(void **state) {
    (void)state;
    char system[PATH_MAX], inner[PATH_MAX], conf[PATH_MAX], folders[PATH_MAX + 32], *path = NULL;
    snprintf(system, sizeof system, "%s/etc", folder);
    snprintf(inner, sizeof inner, "%.4000s/kindly", system);
    snprintf(conf, sizeof conf, "%.4000s/kindly.conf", inner);
    snprintf(folders, sizeof folders, "relative:/nowhere:%s", system);
    assert_int_equal(mkdir(system, 0700) + mkdir(inner, 0700), 0);
    setenv("XDG_CONFIG_HOME", "/nowhere", 1);
    setenv("XDG_CONFIG_DIRS", folders, 1);
    int r = config_find(NULL, "/installed", &path);
    expect_path(r, path, "/installed", "");
    write_bytes(conf, "", 0);
    r = config_find(NULL, "/installed", &path);
    expect_path(r, path, conf, "");
    setenv("XDG_CONFIG_HOME", system, 1);
    setenv("XDG_CONFIG_DIRS", "/nowhere", 1);
    r = config_find(NULL, "/installed", &path);
    expect_path(r, path, conf, "");
    r = config_find("option.conf", "/installed", &path);
    expect_path(r, path, "option.conf", "");
    unlink(conf);
    assert_int_equal(rmdir(inner) + rmdir(system), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_files_are_told),
        cmocka_unit_test(absent_keys_have_their_defaults),
        cmocka_unit_test(written_keys_are_read),
        cmocka_unit_test(each_case),
        cmocka_unit_test(errors_only),
        cmocka_unit_test(every_key_is_described),
        cmocka_unit_test(installed_file_is_fine),
        cmocka_unit_test(installed_examples_are_fine),
        cmocka_unit_test(not_a_regular_file),
        cmocka_unit_test(symlink_to_a_file_is_fine),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(mistakes_are_in_order_and_bounded),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(nearest_to_long_words),
        cmocka_unit_test(base_folders),
        cmocka_unit_test(config_is_searched_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
