/* A line written key by key: what keys do, and how it looks in rows. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/notify/line.h"

#define EXPECT(condition, line)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("case at line %d", line);                                                               \
    } while (0)

static enum line_state type(struct line *line, const char *keys) {
    return line_take(line, keys, strlen(keys));
}

/* Where the kernel's own lines go wrong: wide characters, accents that combine, arrow keys. */
static void test_keys(void **state) {
    static const struct {
        int line;
        const char *keys, *text;
        enum line_state state;
    } cases[] = {
        {__LINE__, "", "", LINE_OPEN},
        {__LINE__, "a kind line", "a kind line", LINE_OPEN},
        {__LINE__, "früher und 友達\n", "früher und 友達", LINE_FINISHED},
        {__LINE__, "a\r", "a", LINE_FINISHED},
        {__LINE__, "\n", "", LINE_FINISHED},
        {__LINE__, "\x04", "", LINE_LEFT},
        {__LINE__, "a\x04", "a", LINE_FINISHED},
        {__LINE__, "友達\x7f", "友", LINE_OPEN},
        {__LINE__, "友達\b\b\b", "", LINE_OPEN},
        {__LINE__, "xe\xCC\x81\x7f", "x", LINE_OPEN}, /* an accent goes with its letter */
        {__LINE__, "one two  \x17", "one ", LINE_OPEN},
        {__LINE__, "one\x17\x17", "", LINE_OPEN},
        {__LINE__, "one two\x15three", "three", LINE_OPEN},
        {__LINE__, "a\033[Db\033[1;5Cc\033OHd\033xe", "abcde", LINE_OPEN},
        {__LINE__,
         "a\tb\x01\x0c\x1f\xC2\x85"
         "c",
         "a bc", LINE_OPEN},
        {__LINE__, "two\nlines\r\nand more", "two lines  and more", LINE_OPEN}, /* pasted */
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct line line = {0};
        EXPECT(type(&line, cases[i].keys) == cases[i].state, cases[i].line);
        EXPECT(streq(line.text, cases[i].text) && line.size == strlen(line.text), cases[i].line);
        EXPECT(!line.wrong && !line.cut, cases[i].line);
    }
}

/* Bytes come as the terminal hands them over: one character may come in two parts, and so may a key. */
static void test_one_byte_at_a_time(void **state) {
    static const char keys[] = "fr\xC3\xBCh \033[1;5D友x\x7f 💛";
    struct line line = {0};
    (void)state;
    for (size_t i = 0; i < sizeof keys - 1; i++)
        assert_int_equal(line_take(&line, &keys[i], 1), LINE_OPEN);
    assert_string_equal(line.text, "früh 友 💛");
    assert_int_equal(type(&line, "\n"), LINE_FINISHED);
    assert_false(line.wrong);
}

static void test_not_utf8(void **state) {
    static const char *const keys[] = {"caf\xE9\n",  "caf\xE9\x04",    "\xFFx\n",
                                       "\xC0\xAF\n", "\xED\xA0\x80\n", "\xE2\x28\xA1\n"};
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        struct line line = {0};
        assert_int_equal(type(&line, keys[i]), LINE_FINISHED);
        assert_true(line.wrong);
    }
    struct line line = {0};
    type(&line, "\xFF\xE9\x15good");
    assert_false(line.wrong);
    assert_string_equal(line.text, "good");
}

static void test_full(void **state) {
    struct line line = {0};
    (void)state;
    for (size_t i = 0; i < CARD_LINE_MAX - 1; i++)
        assert_int_equal(type(&line, "x"), LINE_OPEN);
    assert_false(line.cut);
    type(&line, "ü");
    assert_true(line.cut);
    type(&line, "y"); /* would fit, but what came before it did not */
    assert_int_equal(line.size, CARD_LINE_MAX - 1);
    type(&line, "\x7fyy");
    assert_false(line.cut);
    assert_int_equal(line.size, CARD_LINE_MAX);
    assert_string_equal(line.text + CARD_LINE_MAX - 3, "xyy");
}

static void test_compose(void **state) {
    static const struct {
        int line;
        const char *text;
        size_t columns, rows;
        const char *expected;
    } cases[] = {
        {__LINE__, "", 20, 5, "  > "},
        {__LINE__, "a kind line", 20, 5, "  > a kind line"},
        {__LINE__, "0123456789abcde", 20, 5, "  > 0123456789abcde"}, /* the last column stays free */
        {__LINE__, "0123456789abcdef", 20, 5, "  > 0123456789abcde\n    f"},
        {__LINE__, "友達友達友達友達", 20, 5, "  > 友達友達友達友\n    達"}, /* seven are 14 columns, of 15 */
        {__LINE__, "0123456789abcdef", 0, 5, "  > 0123456789abcdef"},
        {__LINE__, "0123456789abcdefghijklmnopqrstuv", 20, 2, "  \u2026 fghijklmnopqrst\n    uv"},
        {__LINE__, "0123456789abcdef", 20, 1, "  \u2026 f"},
        {__LINE__, "0123456789abcdef", 20, 0, "  > 0123456789abcde\n    f"},
        {__LINE__, "abc", 3, 5, "  > ab\n    c"},
        {__LINE__, "友達", 1, 5, "  > 友\n    達"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct line line = {0};
        _cleanup_free_ char *shown = NULL;
        type(&line, cases[i].text);
        EXPECT(line_compose(&line, cases[i].columns, cases[i].rows, &shown) == 0, cases[i].line);
        if (!streq(shown, cases[i].expected))
            fail_msg("case at line %d: got\n%s", cases[i].line, shown);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),     cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_not_utf8), cmocka_unit_test(test_full),
        cmocka_unit_test(test_compose),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
