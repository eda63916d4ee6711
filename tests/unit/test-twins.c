/* Texts that say the same: pairs on both sides of the bound, all pairs of many random texts against a plain
 * comparison, and many thousand texts. */
#include "daemon/core/twins.h"

#include "daemon/core/hash.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OTHER_GROUP 2

static const struct {
    int line;
    const char *first, *second;
    bool near, same;
} pairs[] = {
    {__LINE__, "Slow is still a way of going.", "Slow is still a way of going.", true, true},
    {__LINE__, "Slow is still a way of going.", "SLOW is, still: a way of going?", true, true},
    {__LINE__, "Don't hurry.", "Don\342\200\231t hurry.", true, true},
    {__LINE__, "Slow is still a way of going.", "Slow is still a way to go.", true, false},
    {__LINE__, "Slow is still a way of going.", "Slow is also one way of going.", false, false},
    {__LINE__, "You can put this away.", "You can put it away.", true, false},
    {__LINE__, "You can put this away.", "You can put this down now.", false, false},
    {__LINE__, "Nothing to do here. You can put this away.",
     "Nothing needs to be noticed now. You can put this away.", false, false},
    {__LINE__, "Is there a glass of water near?", "Is there a cup of water near you?", true, false},
    {__LINE__, "Is there a glass of water near?", "Is there one window near you?", false, false},
    {__LINE__, "abcd", "abce", false, false},
    {__LINE__, "Yes.", "No.", false, false},
    {__LINE__, "?", "!", false, false},
    {__LINE__, "", "", false, false},
    /* "Nothing to do here; putting it down is enough", and variations */
    {__LINE__,
     "\350\277\231\351\207\214\346\262\241\346\234\211\350\246\201\345\201\232\347\232\204\344\272\213\357"
     "\274\214\346\224\276\344\270\213\345\260\261\345\245\275\343\200\202",
     "\350\277\231\351\207\214\346\262\241\346\234\211\350\246\201\345\201\232\347\232\204\344\272\213\357"
     "\274\214\346\224\276\344\270\213\345\260\261\350\241\214\343\200\202",
     true, false},
    {__LINE__,
     "\350\277\231\351\207\214\346\262\241\346\234\211\350\246\201\345\201\232\347\232\204\344\272\213\357"
     "\274\214\346\224\276\344\270\213\345\260\261\345\245\275\343\200\202",
     "\344\273\212\345\244\251\346\262\241\346\234\211\345\201\232\345\256\214\347\232\204\344\272\213\357"
     "\274\214\346\230\216\345\244\251\345\206\215\350\257\264\343\200\202",
     false, false},
};

static void pairs_are_compared(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
        for (int turned = 0; turned < 2; turned++)
            for (int group = 1; group <= OTHER_GROUP; group++) {
                struct twin twins[] = {{.text = turned ? pairs[i].second : pairs[i].first, .group = 1},
                                       {.text = turned ? pairs[i].first : pairs[i].second, .group = group}};
                bool expected = group == 1 ? pairs[i].near : pairs[i].same;
                assert_int_equal(twins_find(twins, 2), 0);
                assert_true(twins[0].of == TWINS_NONE);
                if ((twins[1].of == 0) != expected || twins[1].same != pairs[i].same)
                    fail_msg("line %d: %s", pairs[i].line, twins[1].of == 0 ? "near" : "not near");
            }
}

/* --- Against a plain comparison --------------------------------------------------------------- */

#define RANDOM_TEXTS 800
#define RANDOM_SIZE  40

/* Few letters and few words, so that many are near each other. */
static void random_text(uint64_t *state, char text[RANDOM_SIZE]) {
    static const char *const words[] = {"tea",  "ten",  "rest", "rust", "roast", "cup",
                                        "door", "wait", "slow", "soft", "week",  "quiet"};
    *text = '\0';
    for (unsigned i = 0; i < 5; i++) {
        *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
        strcat(strcat(text, words[(*state >> 33) % ELEMENTSOF(words)]), " ");
    }
}

/* Dice's coefficient over the runs of three letters, by counting in all pairs of places. */
static bool plainly_near(const char *a, const char *b) {
    size_t sizes[2] = {0}, common = 0;
    const char *texts[] = {a, b};
    char padded[2][RANDOM_SIZE + 2];
    for (unsigned t = 0; t < 2; t++)
        snprintf(padded[t], sizeof padded[t], " %s", texts[t]);
    for (unsigned t = 0; t < 2; t++)
        for (const char *at = padded[t]; strlen(at) >= 3; at++) {
            char run[4] = {at[0], at[1], at[2]};
            if (strstr(padded[t], run) != at)
                continue;
            sizes[t]++;
            common += t == 0 && strstr(padded[1], run);
        }
    return 20 * common >= 7 * (sizes[0] + sizes[1]);
}

static void nothing_is_lost(void **state) {
    (void)state;
    static char texts[RANDOM_TEXTS][RANDOM_SIZE];
    static struct twin twins[RANDOM_TEXTS];
    uint64_t seed = 1;
    size_t near = 0, alone = 0;
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        random_text(&seed, texts[i]);
        twins[i] = (struct twin){.text = texts[i]};
    }
    assert_int_equal(twins_find(twins, RANDOM_TEXTS), 0);
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        size_t other = 0;
        while (other < i && !plainly_near(texts[i], texts[other]))
            other++;
        if (twins[i].of == TWINS_NONE ? other < i : !plainly_near(texts[i], texts[twins[i].of]))
            fail_msg("%s: %s", texts[i], texts[MIN_OF(other, i)]);
        near += other < i;
        alone += other == i;
    }
    if (near < 50 || alone < 50)
        fail_msg("%zu near, %zu alone", near, alone);
}

/* --- Many ------------------------------------------------------------------------------------- */

#define MANY    50000
#define PLANTED 500 /* every so many is near the first of its block */

static void many_are_quick(void **state) {
    (void)state;
    static char texts[MANY][64];
    static struct twin twins[MANY];
    for (size_t i = 0; i < MANY; i++) {
        size_t of = i % PLANTED == PLANTED - 1 ? i + 1 - PLANTED : i;
        uint64_t bits = hash_word(&(struct hash_key){0}, "many", "", of, 0);
        size_t n = 0;
        for (; n < 40; n++, bits = n % 8 ? bits / 32 : hash_word(&(struct hash_key){0}, "many", "", of, n))
            texts[i][n] = n % 6 == 5 ? ' ' : (char)('a' + bits % 26);
        if (of != i)
            texts[i][20] = 'q';
        twins[i] = (struct twin){.text = texts[i]};
    }
    assert_int_equal(twins_find(twins, MANY), 0);
    for (size_t i = 0; i < MANY; i++)
        assert_true(twins[i].of == (i % PLANTED == PLANTED - 1 ? i + 1 - PLANTED : TWINS_NONE));
}

/* All alike but for a number: each is near the first, and found at once. */
static void many_alike_are_quick(void **state) {
    (void)state;
    static char texts[MANY][64];
    static struct twin twins[MANY];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "A text of which there are many, number %zu.", i);
        twins[i] = (struct twin){.text = texts[i]};
    }
    assert_int_equal(twins_find(twins, MANY), 0);
    for (size_t i = 1; i < MANY; i++)
        assert_true(twins[i].of < i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_compared),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(many_are_quick),
        cmocka_unit_test(many_alike_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
