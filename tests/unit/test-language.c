/* Which languages a locale means, and which of them have decks. */
#include "daemon/store/language.h"

#include "daemon/store/deck.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/folder-rig.h"

static void free_list(char **list, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static const struct {
    int line;
    const char *locale, *wishes, *list; /* with a space after each */
} cases[] = {
    {__LINE__, "de_DE.UTF-8", NULL, "de en "},
    {__LINE__, "de_AT.UTF-8@euro", "", "de en "},
    {__LINE__, "zh_CN", NULL, "zh en "},
    {__LINE__, "fr", NULL, "fr en "},
    {__LINE__, "en_GB.UTF-8", NULL, "en "},
    {__LINE__, "PT_br", NULL, "pt en "},
    {__LINE__, "sr_RS@latin", NULL, "sr en "},
    {__LINE__, "haw-US", NULL, "haw en "},
    {__LINE__, "C", NULL, "en "},
    {__LINE__, "POSIX", "de", "en "},
    {__LINE__, "C.UTF-8", "de", "en "},
    {__LINE__, "de_DE.UTF-8", "fr_CA:es:fr:de", "fr es de en "},
    {__LINE__, "de_DE.UTF-8", "en:de", "en de "},
    {__LINE__, "de_DE.UTF-8", ":::es:", "es en "},
    {__LINE__, "", NULL, "en "},
    {__LINE__, "../../etc", NULL, "en "},
    {__LINE__, "de/../fr", "d:12:de1:abcdefghijk_X", "en "},
};

static void each_case(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char **list, text[256] = "";
        size_t n;
        assert_int_equal(language_list_of(cases[i].locale, cases[i].wishes, &list, &n), 0);
        for (size_t j = 0; j < n; j++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", list[j]);
        free_list(list, n);
        if (!streq(text, cases[i].list))
            fail_msg("line %d: \"%s\", not \"%s\"", cases[i].line, text, cases[i].list);
    }
}

/* Each of many wishes is new; English is among them all the same. */
static void many_wishes_are_bounded(void **state) {
    (void)state;
    char wishes[26 * 26 * 3 + 1], *at = wishes, **list;
    for (char a = 'a'; a <= 'z'; a++)
        for (char b = 'a'; b <= 'z'; b++)
            at += sprintf(at, "%c%c:", a, b);
    size_t n;
    assert_int_equal(language_list_of("de_DE", wishes, &list, &n), 0);
    assert_in_range(n, 10, 100);
    assert_string_equal(list[0], "aa");
    assert_string_equal(list[n - 1], "en"); /* which was among the wishes past the bound */
    free_list(list, n);
}

/* What is left of the wishes, with a space after each. */
static void settle(const char *wishes, bool by_locale, char ret_left[64]) {
    struct schedule schedule = {.languages_by_locale = by_locale};
    assert_int_equal(language_list_of("de_DE", wishes, &schedule.languages, &schedule.n_languages), 0);
    char nowhere[] = "/nonexistent", *folders[] = {nowhere, folder};
    assert_int_equal(deck_settle_languages(&schedule, folders, ELEMENTSOF(folders)), 0);
    *ret_left = '\0';
    for (size_t i = 0; i < schedule.n_languages; i++)
        strcat(strcat(ret_left, schedule.languages[i]), " ");
    free_list(schedule.languages, schedule.n_languages);
}

static void wishes_end_with_decks(void **state) {
    (void)state;
    char left[64];
    assert_int_equal(mkdir(in_folder("fr"), 0700), 0);
    assert_int_equal(mkdir(in_folder("it"), 0700), 0);
    fclose(fopen(in_folder("fr/care.conf"), "w"));
    fclose(fopen(in_folder("it/notes.txt"), "w"));
    settle("fr:es", true, left);
    assert_string_equal(left, "fr ");
    settle("it:fr:es", true, left);
    assert_string_equal(left, "it fr ");
    settle("it", true, left);
    assert_string_equal(left, "it en ");
    settle("fr:es", false, left);
    assert_string_equal(left, "fr es en ");
    unlink(in_folder("fr/care.conf"));
    unlink(in_folder("it/notes.txt"));
    rmdir(in_folder("fr"));
    rmdir(in_folder("it"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case),
        cmocka_unit_test(many_wishes_are_bounded),
        cmocka_unit_test(wishes_end_with_decks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
