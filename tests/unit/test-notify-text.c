/* Text for screens: UTF-8, control characters, markup, widths, wrapping. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/notify/text.h"

#define EXPECT(condition, line)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("case at line %d", line);                                                               \
    } while (0)

static void test_utf8(void **state) {
    static const struct {
        int line;
        const char *text;
        bool valid;
    } cases[] = {
        {__LINE__, "", true},
        {__LINE__, "plain", true},
        {__LINE__, "Grüße, 友達, 💛", true},
        {__LINE__, "\xF4\x8F\xBF\xBD", true},  /* U+10FFFD */
        {__LINE__, "\xF4\x8F\xBF\xBF", false}, /* U+10FFFF stands for no character */
        {__LINE__, "\xC3", false},
        {__LINE__, "a\x80", false},
        {__LINE__, "\xC0\xAF", false},         /* overlong */
        {__LINE__, "\xE0\x80\xAF", false},     /* overlong */
        {__LINE__, "\xF0\x80\x80\xAF", false}, /* overlong */
        {__LINE__, "\xED\xA0\x80", false},     /* surrogate */
        {__LINE__, "\xF4\x90\x80\x80", false}, /* past the end */
        {__LINE__, "\xF8\x88\x80\x80\x80", false},
        {__LINE__, "\xFF", false},
        {__LINE__, "\xE2\x82", false},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        EXPECT(text_is_utf8(cases[i].text) == cases[i].valid, cases[i].line);
}

static void test_clean_and_escape(void **state) {
    static const struct {
        int line;
        int (*function)(const char *text, char **ret);
        const char *text, *expected;
    } cases[] = {
        {__LINE__, text_clean, "", ""},
        {__LINE__, text_clean, "a\tb\nc\r\n", "a b\nc\n"},
        {__LINE__, text_clean, "\033[31mred\033[0m\a", "[31mred[0m"},
        {__LINE__, text_clean,
         "a\x7F\xC2\x9B"
         "b",
         "ab"}, /* DEL and the one-byte CSI */
        {__LINE__, text_clean, "é友💛", "é友💛"},
        {__LINE__, text_escape_markup, "", ""},
        {__LINE__, text_escape_markup, "<b>\"Tom\" & 'I'</b>",
         "&lt;b&gt;&quot;Tom&quot; &amp; &apos;I&apos;&lt;/b&gt;"},
        {__LINE__, text_escape_markup, "&amp; é", "&amp;amp; é"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *result = NULL;
        EXPECT(cases[i].function(cases[i].text, &result) == 0, cases[i].line);
        EXPECT(streq(result, cases[i].expected), cases[i].line);
    }
}

static void test_cut_and_columns(void **state) {
    static const struct {
        int line;
        const char *text;
        size_t size, cut, columns;
    } cases[] = {
        {__LINE__, "", 10, 0, 0},          {__LINE__, "abc", 10, 3, 3}, {__LINE__, "abc", 2, 2, 2},
        {__LINE__, "aé", 2, 1, 1},         {__LINE__, "友達", 5, 3, 2}, {__LINE__, "友達", 6, 6, 4},
        {__LINE__, "e\xCC\x81x", 4, 4, 2}, /* a combining accent takes no column */
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        size_t cut = text_cut(cases[i].text, cases[i].size);
        EXPECT(cut == cases[i].cut, cases[i].line);
        EXPECT(text_columns(cases[i].text, cut) == cases[i].columns, cases[i].line);
    }
}

static void test_line(void **state) {
    static const struct {
        int line;
        const char *text;
        size_t size;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {__LINE__, "a line", 100, "a line"},   {__LINE__, "  a\nb\r\n \n", 100, "a b"},
        {__LINE__, "a\x1b[1mb", 100, "a[1mb"}, {__LINE__, "", 100, NULL},
        {__LINE__, " \n\t ", 100, NULL},       {__LINE__, "\xff", 100, NULL},
        {__LINE__, "abc", 3, "abc"},           {__LINE__, "abcd", 3, "abc"},
        {__LINE__, "ab\xC3\xA9", 3, "ab"},     {__LINE__, "ab cd", 3, "ab"},
        {__LINE__, "a\tb", 100, "a b"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *line = NULL;
        int r = text_line(cases[i].text, cases[i].size, &line);
        EXPECT(r == (cases[i].expected ? 0 : -EINVAL), cases[i].line);
        EXPECT(streq(or_empty(line), or_empty(cases[i].expected)), cases[i].line);
    }
}

static void test_wrap(void **state) {
    static const struct {
        int line;
        const char *text;
        size_t columns, indent;
        const char *expected;
    } cases[] = {
        {__LINE__, "", 20, 0, ""},
        {__LINE__, "one two", 20, 0, "one two\n"},
        {__LINE__, "one  two ", 20, 0, "one two\n"},
        {__LINE__, "one two three four five", 20, 0, "one two three four\nfive\n"},
        {__LINE__, "exactly twenty chars", 20, 0, "exactly twenty chars\n"},
        {__LINE__, "exactly twenty chars!", 20, 0, "exactly twenty\nchars!\n"},
        {__LINE__, "one two three four five", 20, 2, "  one two three four\n  five\n"},
        {__LINE__, "one\n\ntwo", 20, 2, "  one\n\n  two\n"},
        {__LINE__, "one\n", 20, 0, "one\n"},
        {__LINE__, "one \xff two", 20, 0, "one\n"}, /* what is no text ends it */
        {__LINE__, "a b", 0, 2, "  a b\n"},
        {__LINE__, "abcdefghij", 4, 0, "abcd\nefgh\nij\n"},
        {__LINE__, "ab abcdefghij kl", 4, 0, "ab\nabcd\nefgh\nij\nkl\n"},
        {__LINE__, "ab cd", 4, 2, "ab\ncd\n"}, /* too narrow for an indent */
        {__LINE__, "Grüße an alle Übrigen", 20, 0, "Grüße an alle\nÜbrigen\n"},
        {__LINE__, "友達友達友", 4, 0, "友達\n友達\n友\n"},
        {__LINE__, "abc友達", 4, 0, "abc\n友達\n"},
        {__LINE__, "友", 1, 0, "友\n"}, /* wider than the line: written all the same */
        {__LINE__,
         "no\xC2\xA0"
         "break here",
         10, 0,
         "no\xC2\xA0"
         "break\nhere\n"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *result = NULL;
        size_t size;
        FILE *out = open_memstream(&result, &size);
        assert_non_null(out);
        text_wrap(out, cases[i].text, cases[i].columns, cases[i].indent);
        assert_int_equal(fclose(out), 0);
        if (!streq(result, cases[i].expected))
            fail_msg("case at line %d: got\n%s", cases[i].line, result);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_clean_and_escape),
        cmocka_unit_test(test_cut_and_columns),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_wrap),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
