/* Changes to a schedule's text: what becomes of it, byte by byte, in tables; and files that are replaced. */
#include "daemon/store/amend.h"
#include "daemon/store/config.h"
#include "daemon/store/create.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void begin(struct amend *amend, const char *text) {
    struct mistakes mistakes = {0};
    if (amend_init(amend, "test.conf", text, strlen(text), &mistakes) < 0)
        fail_msg("%s\n%s", text, mistakes.n ? mistakes.items[0].text : "");
    mistakes_done(&mistakes);
}

/* --- Values ----------------------------------------------------------------------------------- */

/* The common beginning: what has to be in each schedule. */
#define R "reminders = ( { name = \"a\"; times = 3; between = \"9:00-20:00\" } );\n"

static const struct {
    const char *before, *path, *source, *after;
} values[] = {
    /* In place, as the person writes. */
    {"gap = \"90min\";\n", "gap", "\"1h\"", "gap = \"1h\";\n"},
    {"gap = \"90min\";", "gap", "\"1h\"", "gap = \"1h\";"},
    {"gap : \"90min\",\n", "gap", "\"1h\"", "gap : \"1h\",\n"},
    {"gap=\"90min\"", "gap", "\"1h\"", "gap=\"1h\""},
    {"\tgap\t=\t\"90min\"\t;\t# mine\r\nsnoozes = 1;\r\n", "gap", "\"1h\"",
     "\tgap\t=\t\"1h\"\t;\t# mine\r\nsnoozes = 1;\r\n"},
    {"gap = \"90min\"; snoozes = 1; sound = TRUE;\n", "snoozes", "2",
     "gap = \"90min\"; snoozes = 2; sound = TRUE;\n"},
    {"snoozes=1 sound=true learn=false", "sound", "false", "snoozes=1 sound=false learn=false"},
    {"snoozes =\n  /* few */ 1 // so\n;\n", "snoozes", "2", "snoozes =\n  /* few */ 2 // so\n;\n"},
    {"snoozes = 0x1;", "snoozes", "2", "snoozes = 2;"},
    /* The same key where it is none. */
    {"# gap = \"1s\";\n/* gap = \"2s\";\n gap = 1; */\n// gap = 3\ngap = \"90min\"; // gap = 4\n", "gap",
     "\"1h\"", "# gap = \"1s\";\n/* gap = \"2s\";\n gap = 1; */\n// gap = 3\ngap = \"1h\"; // gap = 4\n"},
    {"name = \"gap = 5; # \\\" /* gap\"; gap = \"90min\";", "gap", "\"1h\"",
     "name = \"gap = 5; # \\\" /* gap\"; gap = \"1h\";"},
    {"name = \"a\\\\\"; gap = \"90min\";", "gap", "\"1h\"", "name = \"a\\\\\"; gap = \"1h\";"},
    /* Values of several parts. */
    {"support = \"findahelpline.com, \"\n  /* and */ \"call\" # more\n  \" Sam\"; gap = \"1h\";", "support",
     "\"Sam\"", "support = \"Sam\"; gap = \"1h\";"},
    {"quiet = [\"21:00-08:30\", # late\n \"Fri,Sat 21:00-10:00\"\n];\n", "quiet", "[]", "quiet = [];\n"},
    {"quiet = (\"21:00-]08:30\"); gap = \"1h\";", "quiet", "[\"22:00-07:00\"]",
     "quiet = [\"22:00-07:00\"]; gap = \"1h\";"},
    {"conceal = \"all\";\n", "conceal", "[\"own\", \"care\"]", "conceal = [\"own\", \"care\"];\n"},
    /* What isn't there yet. */
    {"gap = \"1h\";\n", "sound", "true", "gap = \"1h\";\nsound = true;\n"},
    {"gap = \"1h\";", "sound", "true", "gap = \"1h\";\nsound = true;\n"},
    {"gap = \"1h\"", "sound", "true", "gap = \"1h\"\nsound = true;\n"},
    {"gap = \"1h\"; # end", "sound", "true", "gap = \"1h\"; # end\nsound = true;\n"},
    {"gap = \"1h\";\r\n", "sound", "true", "gap = \"1h\";\r\nsound = true;\r\n"},
    {"# sound = false;\n# more of it\ngap = \"1h\";\n", "sound", "true",
     "# sound = false;\nsound = true;\n# more of it\ngap = \"1h\";\n"},
    {"gap = \"1h\";\r\n#sound: true\r\nlearn = true;\r\n", "sound", "true",
     "gap = \"1h\";\r\n#sound: true\r\nsound = true;\r\nlearn = true;\r\n"},
    {"gap = \"1h\"; # sound = false\n", "sound", "true", "gap = \"1h\"; # sound = false\nsound = true;\n"},
    {"/*\n# sound = false;\n*/\n# soundless = 1\n# sound\n", "sound", "true",
     "/*\n# sound = false;\n*/\n# soundless = 1\n# sound\nsound = true;\n"},
    {"// sound = 1", "sound", "true", "// sound = 1\nsound = true;\n"},
    {"\xef\xbb\xbfgap = \"1h\";\n", "gap", "\"2h\"", "\xef\xbb\xbfgap = \"2h\";\n"},
    /* Themes. */
    {"themes = { kindness = \"more\"; };\n", "themes.kindness", "\"less\"",
     "themes = { kindness = \"less\"; };\n"},
    {"themes = { kindness = \"more\"; };\n", "themes.care", "\"off\"",
     "themes = { kindness = \"more\"; care = \"off\"; };\n"},
    {"themes = { kindness = \"more\" };\n", "themes.care", "\"off\"",
     "themes = { kindness = \"more\"; care = \"off\"; };\n"},
    {"themes = {};\n", "themes.care", "\"off\"", "themes = { care = \"off\"; };\n"},
    {"themes : { }\n", "themes.care", "\"off\"", "themes : { care = \"off\"; }\n"},
    {"themes = {\n#   kindness    = \"more\";\n#   forgiveness = \"off\";\n};\n", "themes.kindness",
     "\"more\"",
     "themes = {\n#   kindness    = \"more\";\n    kindness = \"more\";\n#   forgiveness = \"off\";\n};\n"},
    {"themes = {\n};\n", "themes.care", "\"off\"", "themes = {\n    care = \"off\";\n};\n"},
    {"themes = {\n\tkindness = \"more\" };\n", "themes.care", "\"off\"",
     "themes = {\n\tkindness = \"more\"; care = \"off\"; };\n"},
    {"themes = {\n\tkindness = \"more\"; # yes\n\t};\n", "themes.care", "\"off\"",
     "themes = {\n\tkindness = \"more\"; # yes\n\tcare = \"off\";\n\t};\n"},
    {"gap = \"1h\";\n", "themes.care", "\"off\"", "gap = \"1h\";\nthemes = { care = \"off\"; };\n"},
    /* In a reminder. */
    {"", "a.times", "4", NULL},
    {"", "a.between", "\"8:00-10:00\"", NULL},
    {"", "a.gap", "\"1h\"", NULL},
};

/* What R, which stands before each text, becomes. */
static const char *const changed_reminders[] = {
    "reminders = ( { name = \"a\"; times = 4; between = \"9:00-20:00\" } );\n",
    "reminders = ( { name = \"a\"; times = 3; between = \"8:00-10:00\" } );\n",
    "reminders = ( { name = \"a\"; times = 3; between = \"9:00-20:00\"; gap = \"1h\"; } );\n",
};

static void values_are_set(void **state) {
    (void)state;
    size_t reminder = 0;
    for (size_t i = 0; i < ELEMENTSOF(values); i++) {
        char before[1024], after[1024];
        const char *r = values[i].after ? R : changed_reminders[reminder++];
        bool marked = strncmp(values[i].before, "\xef", 1) == 0; /* a mark has to stand first */
        snprintf(before, sizeof before, "%s%s", marked ? "" : R, values[i].before);
        snprintf(after, sizeof after, "%s%s", marked ? "" : r, or_empty(values[i].after));
        struct amend amend;
        begin(&amend, before);
        int result = amend_set(&amend, values[i].path, values[i].source);
        if (result < 0 || !streq(amend.text, after))
            fail_msg("%s = %s in\n%s\nis %d\n%s\nnot\n%s", values[i].path, values[i].source, before, result,
                     amend.text, after);
        assert_int_equal(amend.size, strlen(after));
        assert_non_null(amend_find(&amend, values[i].path));
        assert_int_equal(amend_set(&amend, values[i].path, values[i].source), 0); /* and again: nothing */
        assert_string_equal(amend.text, after);
        amend_done(&amend);
    }
}

static void nothing_else_is_done(void **state) {
    (void)state;
    static const struct {
        const char *path, *source;
        int error;
    } cases[] = {
        {"b.times", "4", -ENOENT},
        {"a.b.times", "4", -ENOENT},
        {".times", "4", -ENOENT},
        {"gap", "\"", -EINVAL},
        {"gap", "1; gap = 2", -EINVAL},
        {"gap", "", -EINVAL},
        {"a.times", "4 } ); x = ( {", -EINVAL},
        {"gap", "[", -EINVAL},
        {"themes.care", "\"more\"", -EINVAL},
    };
    const char *text = R "gap = \"1h\";\nthemes = \"all\";\n";
    struct amend amend;
    begin(&amend, text);
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        int r = amend_set(&amend, cases[i].path, cases[i].source);
        if (i == 6) /* readable, and for the schedule's own reader to refuse */
            assert_true(r == cases[i].error || r == 0);
        else if (r != cases[i].error)
            fail_msg("%s = %s: %d", cases[i].path, cases[i].source, r);
        if (r < 0)
            assert_string_equal(amend.text, text);
        amend_done(&amend);
        begin(&amend, text);
    }
    assert_null(amend_find(&amend, "b.times"));
    assert_null(amend_find(&amend, "nothing"));
    assert_int_equal(config_setting_get_int(amend_find(&amend, "a.times")), 3);
    amend_done(&amend);
}

static void unreadable_texts_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"gap = ;", "gap = \"1h", "/* ", "@include \"x\""};
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        struct mistakes mistakes = {0};
        struct amend amend;
        assert_int_equal(amend_init(&amend, "x.conf", texts[i], strlen(texts[i]), &mistakes), -EINVAL);
        assert_int_equal(mistakes.n_errors, 1);
        amend_done(&amend);
        mistakes_done(&mistakes);
    }
    struct mistakes mistakes = {0};
    struct amend amend;
    assert_int_equal(amend_init(&amend, "x.conf", "a = 1;\0b = 2;", 13, &mistakes), -EINVAL);
    assert_string_equal(mistakes.items[0].text, "x.conf: there is a NUL byte in it; a text file has none");
    amend_done(&amend);
    mistakes_done(&mistakes);
}

/* --- Reminders -------------------------------------------------------------------------------- */

#define A     "{ name = \"a\"; at = \"1:00\"; }"
#define B     "{ name = \"b\"; at = \"2:00\"; }"
#define C     "{ name = \"c\"; at = \"3:00\"; }"
#define THREE "{\n name = \"b\"; # two\n at = \"2:00\";\n}"

/* Dropped gives the second text, added again gives the third, or the first where there is none. */
static const struct {
    const char *name, *whole, *dropped, *again;
} reminders[] = {
    /* The comma before, as in the file that is installed. */
    {"a", "(\n    " A "\n   ," B "\n)", "(\n#   " A ",\n    " B "\n)", "(\n    " A ",\n    " B "\n)"},
    {"b", "(\n    " A "\n   ," B "\n)", "(\n    " A "\n#  ," B "\n)", NULL},
    {"b", "(\n    " A "\n   ," B "\n   ," C "\n)", "(\n    " A "\n#  ," B "\n   ," C "\n)", NULL},
    /* The comma after. */
    {"a", "(\n    " A ",\n    " B "\n)", "(\n#   " A ",\n    " B "\n)", NULL},
    {"b", "(\n    " A ",\n    " B "\n)", "(\n    " A "\n#  ," B "\n)", "(\n    " A "\n   ," B "\n)"},
    {"b", "(\n    " A ",\n    " B ",\n    " C "\n)", "(\n    " A ",\n#   " B ",\n    " C "\n)", NULL},
    /* The only one; tabs; nothing before it in its line. */
    {"a", "(\n    " A "\n)", "(\n#   " A "\n)", NULL},
    {"b", "(\n\t" A ",\n\t" B "\n)", "(\n\t" A "\n#\t," B "\n)", "(\n\t" A "\n \t," B "\n)"},
    {"a", "(\n" A "\n," B ")", "(\n#" A ",\n " B ")", "(\n " A ",\n " B ")"},
    /* All in one line. */
    {"a", "( " A " )", "( \n#" A "\n )", "( \n " A "\n )"},
    {"a", "(" A "," B ")", "(\n#" A ",\n" B ")", "(\n " A ",\n" B ")"},
    {"b", "(" A ", " B ", " C ")", "(" A "\n#, " B "\n, " C ")", "(" A "\n , " B "\n, " C ")"},
    {"c", "(" A ", " B ", " C ")", "(" A ", " B "\n#, " C "\n)", "(" A ", " B "\n , " C "\n)"},
    /* Several lines, comments, and other line breaks. */
    {"b", "(\n " A "\n," THREE "\n)", "(\n " A "\n#,{\n#name = \"b\"; # two\n#at = \"2:00\";\n#}\n)",
     "(\n " A "\n ,{\n name = \"b\"; # two\n at = \"2:00\";\n }\n)"},
    {"b", "(\n    " A " # one\n   ," B " # two\n   ," C " /* three */\n)",
     "(\n    " A " # one\n#  ," B " # two\n   ," C " /* three */\n)", NULL},
    {"b", "(\n    " A "\n    , // why\n    " B "\n)", "(\n    " A "\n     // why\n#  ," B "\n)",
     "(\n    " A "\n     // why\n   ," B "\n)"},
    {"b", "(\r\n    " A "\r\n   ," B "\r\n)", "(\r\n    " A "\r\n#  ," B "\r\n)", NULL},
    {"b", "(" A ",\r\n" B ")", "(" A "\r\n#," B "\r\n)", "(" A "\r\n ," B "\r\n)"},
    {"b", "(\n    " A "\n   ," B " /* to\n be */\n)", "(\n    " A "\n#  ," B "\n /* to\n be */\n)",
     "(\n    " A "\n   ," B "\n /* to\n be */\n)"},
};

static void write_list(char text[1024], const char *list) {
    snprintf(text, 1024, "# first\ngap = \"1h\";\nreminders = %s;\n# last", list);
}

static void reminders_become_comments_and_come_back(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(reminders); i++) {
        char text[1024];
        struct amend amend;
        write_list(text, reminders[i].whole);
        begin(&amend, text);
        int r = amend_drop_reminder(&amend, reminders[i].name);
        write_list(text, reminders[i].dropped);
        if (r < 0 || !streq(amend.text, text))
            fail_msg("%zu, dropped: %d\n%s\nnot\n%s", i, r, amend.text, text);
        assert_null(amend_find_reminder(&amend, reminders[i].name));
        assert_int_equal(amend_drop_reminder(&amend, reminders[i].name), -ENOENT);
        r = amend_add_reminder(&amend, reminders[i].name, "{ name = \"other\"; }");
        write_list(text, reminders[i].again ? reminders[i].again : reminders[i].whole);
        if (r < 0 || !streq(amend.text, text))
            fail_msg("%zu, again: %d\n%s\nnot\n%s", i, r, amend.text, text);
        assert_non_null(amend_find_reminder(&amend, reminders[i].name));
        amend_done(&amend);
    }
}

static const struct {
    const char *before, *after;
} added[] = {
    {"()", "(" B ")"},
    {"(\n)", "(\n    " B "\n)"},
    {"( " A " )", "( " A ", " B " )"},
    {"(" A " /* so */)", "(" A ", " B " /* so */)"},
    {"(\n    " A "\n)", "(\n    " A "\n   ," B "\n)"},
    {"(\n    " A "\n   ," C "\n  )", "(\n    " A "\n   ," C "\n   ," B "\n  )"},
    {"(\n\t" A " # one\n\t# more\n)", "(\n\t" A " # one\n\t# more\n," B "\n)"},
    {"(\r\n  " A "\r\n)", "(\r\n  " A "\r\n ," B "\r\n)"},
    /* A comment that shows it, with the commas that it needs where it is. */
    {"(\n# " B "\n)", "(\n  " B "\n)"},
    {"(\n# ," B ",\n)", "(\n   " B " \n)"},
    {"(\n    " A "\n#  " B "\n)", "(\n    " A "\n   ," B "\n)"},
    {"(\n#  " B "\n    " A "\n)", "(\n   " B ",\n    " A "\n)"},
    {"(\n " A "\n# " B "\n," C "\n)", "(\n " A "\n  ," B "\n," C "\n)"},
    {"(\n " A ",\n# " B "\n " C "\n)", "(\n " A ",\n  " B ",\n " C "\n)"},
    {"(\n " A "\n# see " B "\n#" C "\n)", "(\n " A "\n# see " B "\n#" C "\n," B "\n)"},
    /* What looks like it, and is none: it is left as it is. */
    {"(\n " A "\n# { name = \"b\"; at = \n)", "(\n " A "\n# { name = \"b\"; at = \n," B "\n)"},
    {"(\n " A "\n# " B " it was\n)", "(\n " A "\n# " B " it was\n," B "\n)"},
    {"(\n " A "\n# { name = \"b\"; at = \"2:00\"; \" }\n)",
     "(\n " A "\n# { name = \"b\"; at = \"2:00\"; \" }\n," B "\n)"},
    {"(\n " A "\n/*\n# " B "\n*/)", "(\n " A ", " B "\n/*\n# " B "\n*/)"},
    {"(\n " A "\n#" C "\n#" B "\n)", "(\n " A "\n#" C "\n ," B "\n)"},
};

static void reminders_are_added(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(added); i++) {
        char before[1024], after[1024];
        struct amend amend;
        write_list(before, added[i].before);
        write_list(after, added[i].after);
        begin(&amend, before);
        int r = amend_add_reminder(&amend, "b", B);
        if (r < 0 || !streq(amend.text, after))
            fail_msg("%zu: %d\n%s\nnot\n%s", i, r, amend.text, after);
        assert_int_equal(amend_add_reminder(&amend, "b", B), -EEXIST);
        amend_done(&amend);
    }
    struct amend amend;
    begin(&amend, "gap = \"1h\";");
    assert_int_equal(amend_add_reminder(&amend, "b", B), -ENOENT);
    amend_done(&amend);
}

/* --- Any layout -------------------------------------------------------------------------------- */

static unsigned next_random(unsigned *state, unsigned below) {
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 16) % below;
}

/* Something that may stand between two tokens. */
static const char *random_gap(unsigned *state) {
    static const char *const gaps[] = {"",
                                       " ",
                                       "\n",
                                       "\n    ",
                                       "\t",
                                       " /* , { */ ",
                                       " # { name = \"x\"\n",
                                       "\n  // ,\n  ",
                                       "/* a\n b */",
                                       "\r\n ",
                                       "\n#  ,{ name = \"d\"; at = \"4:00\"; }\n   ",
                                       "\n"};
    return gaps[next_random(state, ELEMENTSOF(gaps))];
}

static void add_text(char *text, const char *more) {
    strcat(text, more);
}

static void random_list(unsigned *state, char *text) {
    static const char *const items[] = {A, B, C};
    add_text(text, "gap = \"1h\"; # before\nreminders =");
    add_text(text, random_gap(state));
    add_text(text, "(");
    for (size_t i = 0; i < ELEMENTSOF(items); i++) {
        add_text(text, random_gap(state));
        add_text(text, i ? "," : "");
        add_text(text, random_gap(state));
        add_text(text, items[i]);
    }
    add_text(text, random_gap(state));
    add_text(text, ");\n# after");
}

/* However it is written: what goes is gone, what comes is there, the others stay in their order, and around
 * the list nothing changes. */
static void any_layout_holds(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d"};
    for (unsigned seed = 0; seed < 3000; seed++) {
        unsigned chance = seed;
        char text[2048] = "";
        bool there[] = {true, true, true, false};
        struct amend amend;
        random_list(&chance, text);
        begin(&amend, text);
        for (size_t step = 0; step < 6; step++) {
            size_t i = next_random(&chance, ELEMENTSOF(names));
            int r = there[i] ? amend_drop_reminder(&amend, names[i])
                             : amend_add_reminder(&amend, names[i], "{ name = \"d\"; at = \"4:00\"; }");
            there[i] = !there[i];
            size_t found = 0;
            for (size_t j = 0; j < ELEMENTSOF(names); j++)
                found += (amend_find_reminder(&amend, names[j]) != NULL) == there[j];
            bool around =
                strncmp(amend.text, text, 23) == 0 && streq(amend.text + amend.size - 10, ");\n# after");
            if (r < 0 || found != ELEMENTSOF(names) || !around)
                fail_msg("seed %u, step %zu, %s: %d\n%s\n--- from\n%s", seed, step, names[i], r, amend.text,
                         text);
        }
        amend_done(&amend);
    }
}

/* --- The file that is installed ---------------------------------------------------------------- */

static char *shipped_text(void) {
    FILE *file = fopen("config/kindly.conf", "r");
    if (!file)
        fail_msg("to be run where config/ is");
    char *text = calloc(1, 65536);
    assert_true(fread(text, 1, 65535, file) > 1000);
    fclose(file);
    return text;
}

static struct schedule *load_good(const char *text) {
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    if (config_load_text("kindly.conf", text, NULL, &mistakes, &schedule) < 0)
        fail_msg("%s\n%s", text, mistakes.n ? mistakes.items[0].text : "");
    mistakes_done(&mistakes); /* that a day can't hold all of them is a warning */
    return schedule;
}

/* Each commented reminder is taken in and made a comment again; each key is set to its own default, and then
 * to itself: never does another byte change. */
static void the_shipped_file_holds(void **state) {
    (void)state;
    static const char *const names[] = {"morning", "pause", "evening", "weekend"};
    _cleanup_free_ char *text = shipped_text();
    struct amend amend;
    begin(&amend, text);
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        assert_int_equal(amend_add_reminder(&amend, names[i], "{ }"), 0);
        schedule_free(load_good(amend.text));
    }
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        assert_int_equal(amend_drop_reminder(&amend, names[i]), 0);
    assert_string_equal(amend.text, text);
    struct config_key key;
    for (size_t i = 0; config_key_at(i, &key); i++) {
        if (!key.fallback || streq(key.name, "languages") || streq(key.name, "themes"))
            continue;
        assert_int_equal(amend_set(&amend, key.name, key.fallback), 0);
        assert_string_equal(amend.text, text);
    }
    assert_int_equal(amend_set(&amend, "languages", "\"locale\""), 0);
    assert_non_null(strstr(amend.text, "# languages = [\"en\"];\nlanguages = \"locale\";\n\n"));
    assert_int_equal(amend_set(&amend, "daytime.times", "5"), 0);
    assert_int_equal(amend_set(&amend, "themes.forgiveness", "\"off\""), 0);
    struct schedule *schedule = load_good(amend.text);
    assert_int_equal(schedule->reminders[0].times, 5);
    assert_int_equal(schedule->weights[THEME_FORGIVENESS], WEIGHT_OFF);
    schedule_free(schedule);
    amend_done(&amend);
}

/* --- Texts ------------------------------------------------------------------------------------- */

static void texts_are_quoted(void **state) {
    (void)state;
    static const char *const texts[] = {"", "Sam", "a \"b\" \\c", "\\", "\"", "# /* {};", "\303\251"};
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        struct amend amend;
        char *quoted;
        const char *read;
        begin(&amend, R);
        assert_int_equal(amend_quote(texts[i], &quoted), 0);
        assert_int_equal(amend_set(&amend, "name", quoted), 0);
        read = config_setting_get_string(amend_find(&amend, "name"));
        assert_string_equal(or_empty(read), texts[i]);
        free(quoted);
        amend_done(&amend);
    }
}

static void note_line(void *userdata, char sign, size_t number, const char *text, size_t size) {
    char *out = userdata;
    sprintf(out + strlen(out), "%c%zu%.*s|", sign, number, (int)size, text);
}

static void texts_are_compared(void **state) {
    (void)state;
    static const struct {
        const char *before, *after, *told;
    } cases[] = {
        {"a\nb\n", "a\nb\n", ""},
        {"a\nb\n", "a\nb", ""},
        {"a\nb\n", "a\nc\n", "-2b|+2c|"},
        {"a\nb\n", "a\nx\nb\n", "+2x|"},
        {"a\nx\nb\n", "a\nb\n", "-2x|"},
        {"a\r\nb\r\n", "a\r\nc\r\n", "-2b|+2c|"},
        {"", "a\n\nb", "+1a|+2|+3b|"},
        {"1\n2\n3\n4\n", "1\n2b\n3\n4\n5\n", "-22|+22b|+55|"},
        {"1\n2\n2\n3\n", "1\n2\n3\n", "-32|"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char told[256] = "";
        amend_compare(cases[i].before, cases[i].after, note_line, told);
        assert_string_equal(told, cases[i].told);
    }
}

/* --- Files ------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/kindly-test-XXXXXX";

static int set_up(void **state) {
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void expect_text(const char *path, const char *expected) {
    char *text;
    size_t size;
    assert_int_equal(read_text(path, 1000, &text, &size), 0);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
    free(text);
}

static void files_are_replaced(void **state) {
    (void)state;
    struct stat status;
    assert_int_equal(replace_check("deep/er/file"), 0);
    assert_int_equal(replace_check("/kindly-is-not-here/file"), access("/", W_OK) < 0 ? -EACCES : 0);
    assert_int_equal(replace_text("deep/er/file", "old", "new"), -ESTALE);
    assert_int_equal(replace_text("deep/er/file", NULL, "old"), 0);
    expect_text("deep/er/file", "old");
    assert_int_equal(stat("deep/er/file", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat("deep/er", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(replace_text("deep/er/file", NULL, "new"), -ESTALE);
    assert_int_equal(replace_text("deep/er/file", "ol", "new"), -ESTALE);
    assert_int_equal(replace_text("deep/er/file", "older", "new"), -ESTALE);
    expect_text("deep/er/file", "old");
    assert_int_equal(chmod("deep/er/file", 0644), 0);
    if (geteuid() == 0)
        assert_int_equal(chown("deep/er/file", 65534, 65534), 0);
    assert_int_equal(replace_text("deep/er/file", "old", "new"), 0);
    expect_text("deep/er/file", "new");
    assert_int_equal(stat("deep/er/file", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(status.st_uid, geteuid() == 0 ? 65534 : geteuid());
    assert_int_equal(unlink("deep/er/file"), 0);
    assert_int_equal(rmdir("deep/er"), 0); /* nothing else was left in it */
    assert_int_equal(rmdir("deep"), 0);
}

static void what_is_not_ours_is_left_alone(void **state) {
    (void)state;
    char *text;
    size_t size;
    assert_int_equal(create_text("file", "text", 4), 0);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(replace_text("link", "text", "new"), -ELOOP);
    assert_int_equal(replace_text("dangling", NULL, "new"), -ELOOP);
    assert_int_equal(replace_text("folder", NULL, "new"), -EINVAL);
    assert_int_equal(read_text("folder", 10, &text, &size), -EINVAL);
    assert_int_equal(read_text("file", 3, &text, &size), -EFBIG);
    assert_int_equal(chmod("file", 0400), 0);
    assert_int_equal(replace_text("file", "text", "new"), -EACCES);
    assert_int_equal(chmod("file", 0600), 0);
    assert_int_equal(chmod("folder", 0500), 0);
    assert_int_equal(replace_text("folder/new", NULL, "new"), -EACCES);
    assert_int_equal(replace_text("folder/deep/new", NULL, "new"), -EACCES);
    assert_int_equal(chmod(".", 0500), 0);
    assert_int_equal(replace_text("./file", "text", "new"), -EACCES);
    assert_int_equal(chmod(".", 0700), 0);
    expect_text("file", "text");
    assert_int_equal(unlink("dangling") + unlink("link") + unlink("file") + rmdir("folder"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_set),
        cmocka_unit_test(nothing_else_is_done),
        cmocka_unit_test(unreadable_texts_are_refused),
        cmocka_unit_test(reminders_become_comments_and_come_back),
        cmocka_unit_test(reminders_are_added),
        cmocka_unit_test(any_layout_holds),
        cmocka_unit_test(the_shipped_file_holds),
        cmocka_unit_test(texts_are_quoted),
        cmocka_unit_test(texts_are_compared),
    };
    const struct CMUnitTest files[] = {
        cmocka_unit_test(files_are_replaced),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + cmocka_run_group_tests(files, set_up, tear_down);
}
