/* Figures: what counts, what says nothing, and how much may be said. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/client/figures.h"
#include "daemon/core/zone.h"

#define EXPECT(condition, line)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("case at line %d", line);                                                               \
    } while (0)

/* Text that may be written to, as the strings of entries are. */
#define S(text) ((char[]){text})

#define NOON ((usec_t)1795608000 * USEC_PER_SEC) /* 2026-11-25 12:00 UTC */

/* What each kind of entry adds, to the theme `care` where it has one. */
static void test_what_counts(void **state) {
    static const struct {
        int line;
        const char *kind, *state, *choice, *note;
        bool by_hand;
        uint32_t shown, marked, helpful, arrived, days;
    } cases[] = {
        {__LINE__, "prompt", "answered", "helpful", "", false, 1, 1, 1, 1, 1},
        {__LINE__, "prompt", "answered", "okay", "a line", false, 1, 1, 0, 1, 1},
        {__LINE__, "prompt", "answered", "not-for-me", "", false, 1, 1, 0, 1, 1},
        {__LINE__, "prompt", "answered", "hard", "", false, 1, 0, 0, 1, 1},
        {__LINE__, "prompt", "answered", "quiet-today", "", false, 1, 0, 0, 1, 1},
        {__LINE__, "prompt", "answered", "enough", "", false, 1, 0, 0, 1, 1},
        {__LINE__, "prompt", "unanswered", "", "", false, 1, 0, 0, 1, 0},
        {__LINE__, "prompt", "seen", "", "", false, 1, 0, 0, 1, 0},
        {__LINE__, "prompt", "dismissed", "", "", false, 1, 0, 0, 1, 0},
        {__LINE__, "prompt", "replaced", "", "", false, 1, 0, 0, 1, 0},
        {__LINE__, "prompt", "open", "", "", false, 1, 0, 0, 1, 0},
        {__LINE__, "prompt", "answered", "helpful", "", true, 1, 1, 1, 0, 1},
        {__LINE__, "note", "noted", "", "a line", true, 0, 0, 0, 0, 1},
        {__LINE__, "prompt", "forgotten", "helpful", "a line", false, 0, 0, 0, 0, 0},
        {__LINE__, "note", "forgotten", "", "a line", true, 0, 0, 0, 0, 0},
        {__LINE__, "missed", "missed", "", "", false, 0, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct figures figures = {};
        const struct entry entry = {
            .time_usec = NOON,
            .due_usec = cases[i].by_hand ? 0 : NOON,
            .kind = cases[i].kind,
            .state = cases[i].state,
            .theme = THEME_CARE,
            .choice = (char *)(uintptr_t)cases[i].choice,
            .note = (char *)(uintptr_t)cases[i].note,
        };
        assert_int_equal(figures_add(&figures, &entry), 0);
        EXPECT(figures.shown == cases[i].shown, cases[i].line);
        EXPECT(figures.themes[THEME_CARE].shown == cases[i].shown, cases[i].line);
        EXPECT(figures.themes[THEME_CARE].marked == cases[i].marked, cases[i].line);
        EXPECT(figures.themes[THEME_CARE].helpful == cases[i].helpful, cases[i].line);
        EXPECT(figures.hours[12] == cases[i].arrived, cases[i].line);
        EXPECT(figures.n_days == cases[i].days, cases[i].line);
        figures_done(&figures);
    }
}

/* A prompt without a theme (a practice) is in no theme, and a moment all the same. */
static void test_no_theme(void **state) {
    (void)state;
    struct figures figures = {};
    const struct entry entry = {.time_usec = NOON,
                                .kind = "prompt",
                                .state = "answered",
                                .theme = THEME_NONE,
                                .choice = S("enough"),
                                .note = S("")};
    assert_int_equal(figures_add(&figures, &entry), 0);
    assert_int_equal(figures.shown, 0);
    assert_int_equal(figures.n_days, 1);
    figures_done(&figures);
}

static void test_local_days(void **state) {
    static const struct {
        int line;
        usec_t time_usec;
        int32_t offset_sec, day, second;
    } cases[] = {
        {__LINE__, 0, 0, 0, 0},
        {__LINE__, 0, -3600, 0, 0}, /* nothing is before 1970 */
        {__LINE__, NOON, 0, 20782, 12 * 3600},
        {__LINE__, NOON, 14 * 3600, 20783, 2 * 3600},
        {__LINE__, NOON, -12 * 3600 - 1, 20781, SECONDS_PER_DAY - 1},
        {__LINE__, NOON, 19800, 20782, 17 * 3600 + 1800},
        {__LINE__, USEC_INFINITY, 0, 84006, 0},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        int32_t second, day = figures_day(cases[i].time_usec, cases[i].offset_sec, &second);
        EXPECT(day == cases[i].day && second == cases[i].second, cases[i].line);
    }
}

/* Each day once and in order, also on a flight to the west. */
static void test_days_in_order(void **state) {
    static const struct {
        int hours; /* after noon */
        int32_t offset_hours;
    } moments[] = {{0, 13}, {1, 13}, {2, -11}, {3, 13}, {26, -11}, {50, -11}, {51, 13}};
    (void)state;
    struct figures figures = {};
    for (size_t i = 0; i < ELEMENTSOF(moments); i++) {
        const struct entry entry = {.time_usec = NOON + (usec_t)moments[i].hours * USEC_PER_HOUR,
                                    .offset_sec = moments[i].offset_hours * 3600,
                                    .kind = "note",
                                    .state = "noted",
                                    .theme = THEME_NONE,
                                    .choice = S(""),
                                    .note = S("x")};
        assert_int_equal(figures_add(&figures, &entry), 0);
    }
    static const int32_t days[] = {20782, 20783, 20784, 20785};
    assert_int_equal(figures.n_days, ELEMENTSOF(days));
    assert_memory_equal(figures.days, days, sizeof days);
    figures_done(&figures);
}

static void test_months(void **state) {
    (void)state;
    int32_t days[] = {civil_to_days(2026, 1, 31), civil_to_days(2026, 2, 1), civil_to_days(2026, 2, 28),
                      civil_to_days(2026, 3, 1)};
    const struct figures figures = {.days = days, .n_days = ELEMENTSOF(days)}, empty = {};
    assert_int_equal(figures_month(&figures, 2025, 12), 0);
    assert_int_equal(figures_month(&figures, 2026, 1), (uint32_t)1 << 30);
    assert_int_equal(figures_month(&figures, 2026, 2), 1 | 1 << 27);
    assert_int_equal(figures_month(&figures, 2026, 3), 1);
    assert_int_equal(figures_month(&figures, 2026, 4), 0);
    assert_int_equal(figures_month(&empty, 2026, 4), 0);
}

/* The ends solve |share - p| = z * sqrt(p (1 - p) / n), which is how the interval is defined. */
static bool is_end(uint32_t hits, uint32_t n, uint32_t percent, bool low) {
    static const double z = 1.959964;
    double share = (double)hits / n, before = (percent - 0.5) / 100, after = (percent + 0.5) / 100;
    double a = fabs(share - before) - z * sqrt(fmax(before * (1 - before), 0) / n);
    double b = fabs(share - after) - z * sqrt(fmax(after * (1 - after), 0) / n);
    return low ? a > -1e-9 && b < 1e-9 : a < 1e-9 && b > -1e-9;
}

static void test_interval(void **state) {
    static const struct {
        int line;
        uint32_t hits, n, low, high;
    } cases[] = {
        {__LINE__, 0, 1, 0, 79},      {__LINE__, 1, 1, 21, 100},      {__LINE__, 0, 20, 0, 16},
        {__LINE__, 20, 20, 84, 100},  {__LINE__, 10, 20, 30, 70},     {__LINE__, 25, 34, 57, 85},
        {__LINE__, 5, 8, 31, 86},     {__LINE__, 50, 100, 40, 60},    {__LINE__, 1, 100, 0, 5},
        {__LINE__, 99, 100, 95, 100}, {__LINE__, 4000, 5000, 79, 81},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        uint32_t low, high;
        figures_interval(cases[i].hits, cases[i].n, &low, &high);
        if (low != cases[i].low || high != cases[i].high)
            fail_msg("case at line %d: %u to %u", cases[i].line, low, high);
    }
    for (uint32_t n = FIGURES_ENOUGH; n < 200; n += 7)
        for (uint32_t hits = 1; hits < n; hits++) {
            uint32_t low, high;
            figures_interval(hits, n, &low, &high);
            if (low > 0 && !is_end(hits, n, low, true))
                fail_msg("%u of %u: not from %u", hits, n, low);
            if (high < 100 && !is_end(hits, n, high, false))
                fail_msg("%u of %u: not to %u", hits, n, high);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_counts), cmocka_unit_test(test_no_theme),
        cmocka_unit_test(test_local_days),  cmocka_unit_test(test_days_in_order),
        cmocka_unit_test(test_months),      cmocka_unit_test(test_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
