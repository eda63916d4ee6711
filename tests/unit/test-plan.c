/* What is due when: places within blocks, chance, clock changes, claims, and the same answer however one
 * asks. */
#include "daemon/core/plan.h"
#include "tests/unit/schedule-rig.h"

#define MINUTES(n) ((usec_t)(n)*USEC_PER_MINUTE)
#define HOURS(n)   ((usec_t)(n)*USEC_PER_HOUR)

struct bench {
    struct schedule *schedule;
    struct zone *zone;
    struct plan *plan;
};

static struct bench set_up(const char *settings) {
    const char *zone;
    struct bench bench = {.schedule = rig_schedule(settings, &zone)};
    assert_int_equal(zone_from_posix(zone, &bench.zone), 0);
    assert_int_equal(plan_new(bench.schedule, NULL, bench.zone, &rig_secret, &bench.plan), 0);
    return bench;
}

static void tear_down(struct bench *bench) {
    plan_free(bench->plan);
    schedule_free(bench->schedule);
    zone_free(bench->zone);
}

/* A local time; days count from Wednesday 2026-03-11. */
static usec_t at(const struct bench *bench, int day, int hour, int minute) {
    return zone_day_second(bench->zone, RIG_START_DAY + day, (hour * 60 + minute) * 60);
}

static struct occurrence pop(struct bench *bench) {
    struct occurrence occurrence;
    assert_int_equal(plan_pop(bench->plan, &occurrence), 0);
    return occurrence;
}

/* Occurrences in [from, until). */
static size_t count_between(struct bench *bench, usec_t from_usec, usec_t until_usec) {
    size_t n = 0;
    struct occurrence occurrence;
    plan_seek(bench->plan, from_usec - 1);
    for (; plan_peek(bench->plan, &occurrence) >= 0 && occurrence.due_usec < until_usec; n++)
        plan_pop(bench->plan, &occurrence);
    return n;
}

/* --- `times` ---------------------------------------------------------------------------------- */

static void test_fits(void **state) {
    (void)state;
    static const struct {
        int line;
        usec_t window_usec;
        unsigned times;
        usec_t gap_usec;
        unsigned fits;
    } cases[] = {
        {__LINE__, HOURS(11), 3, MINUTES(90), 3}, {__LINE__, HOURS(11), 8, MINUTES(90), 7},
        {__LINE__, HOURS(3), 2, MINUTES(90), 2},  {__LINE__, HOURS(3) - 1, 2, MINUTES(90), 1},
        {__LINE__, HOURS(1), 2, MINUTES(90), 0},  {__LINE__, HOURS(1), 24, 0, 24},
        {__LINE__, 0, 3, MINUTES(90), 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (plan_fits(cases[i].window_usec, cases[i].times, cases[i].gap_usec) != cases[i].fits)
            fail_msg("case at line %d", cases[i].line);
}

#define BINS 20
#define DAYS 4000
/* Chi-square with 19 degrees of freedom exceeds this once in 10^6. */
#define CHI_SQUARE_MAX 64.0

/* Each time lies in its block, a gap before the block's end, and anywhere there is as likely. */
static void test_times_are_uniform_in_their_blocks(void **state) {
    (void)state;
    struct bench bench = set_up("times t 09:30-20:30 3; gap 90min");
    unsigned bins[3][BINS] = {0};
    usec_t block = HOURS(11) / 3, room = block - MINUTES(90);
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    for (int day = 0; day < DAYS; day++)
        for (unsigned i = 0; i < 3; i++) {
            struct occurrence occurrence = pop(&bench);
            usec_t start = at(&bench, day, 9, 30) + HOURS(11) * i / 3;
            assert_true(occurrence.due_usec >= start && occurrence.due_usec < start + room);
            assert_int_equal(occurrence.hold_until_usec, at(&bench, day, 9, 30) + HOURS(11) * (i + 1) / 3);
            assert_false(occurrence.crowded);
            bins[i][(occurrence.due_usec - start) * BINS / room]++;
        }
    for (unsigned i = 0; i < 3; i++) {
        double chi_square = 0, expected = (double)DAYS / BINS;
        for (size_t bin = 0; bin < BINS; bin++)
            chi_square += (bins[i][bin] - expected) * (bins[i][bin] - expected) / expected;
        assert_true(chi_square > 3 && chi_square < CHI_SQUARE_MAX);
    }
    tear_down(&bench);
}

/* A window exactly full leaves no choice: each time is at its block's start. */
static void test_a_full_window(void **state) {
    (void)state;
    struct bench bench = set_up("times t 09:00-12:00 2; gap 90min");
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    assert_int_equal(pop(&bench).due_usec, at(&bench, 0, 9, 0));
    assert_int_equal(pop(&bench).due_usec, at(&bench, 0, 10, 30));
    assert_int_equal(pop(&bench).due_usec, at(&bench, 1, 9, 0));
    tear_down(&bench);
}

/* Chance is the device's, the reminder's and the day's. */
static void test_chance_has_three_sources(void **state) {
    (void)state;
    struct bench bench = set_up("times one 09:00-21:00 1; times two 09:00-21:00 1; gap 1h");
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    usec_t first = pop(&bench).due_usec, second = pop(&bench).due_usec;
    assert_true(second - first > USEC_PER_SEC);
    usec_t tomorrow = pop(&bench).due_usec - USEC_PER_DAY;
    assert_true(tomorrow != first && tomorrow != second);

    struct plan *other;
    static const struct hash_key another = {.bytes = "another secret"};
    struct occurrence occurrence;
    assert_int_equal(plan_new(bench.schedule, NULL, bench.zone, &another, &other), 0);
    plan_seek(other, at(&bench, 0, 0, 0));
    assert_int_equal(plan_pop(other, &occurrence), 0);
    assert_true(occurrence.due_usec != first && occurrence.due_usec != second);
    plan_free(other);
    tear_down(&bench);
}

/* --- Windows and days ------------------------------------------------------------------------- */

/* How many come due from one local time to another (half-open); 2026-03-29 is day 18, 2026-10-25 day 228. */
static const struct {
    int line;
    const char *settings;
    int from_day, from_hour, until_day, until_hour;
    size_t n;
} counts[] = {
    {__LINE__, "every e 10:00-12:00 1h", 0, 0, 1, 0, 2}, /* 12:00 is outside */
    {__LINE__, "every e 10:00-12:00 1h", 0, 10, 0, 11, 1},
    {__LINE__, "every e 10:00-12:00 1h; on Sat", 0, 0, 7, 0, 2},
    {__LINE__, "every e 10:00-12:00 1h; on Mon..Fri", 0, 0, 7, 0, 10},
    {__LINE__, "every e 22:00-04:00 2h", 0, 0, 1, 0, 2 + 1}, /* and 00:00, 02:00 of the night before */
    {__LINE__, "every e 22:00-04:00 2h; on Wed", 0, 0, 2, 0, 3},
    {__LINE__, "every e 22:00-04:00 2h; on Tue", 0, 0, 1, 0, 2}, /* Tuesday's window reaches into Wednesday */
    {__LINE__, "times t 22:00-04:00 3; on Wed; gap 1h", 0, 22, 1, 4, 3},
    {__LINE__, "times t 22:00-04:00 3; on Wed; gap 1h", 1, 4, 7, 22, 0},
    {__LINE__, "every e 00:00-24:00 1h", 0, 0, 1, 0, 24},
    {__LINE__, "at a Mon..Fri 10:00; on Sat", 0, 0, 30, 0, 0},
    {__LINE__, "at a 10:00; on Sat", 0, 0, 7, 0, 1},
    {__LINE__, "times t 00:00-06:00 4; gap 90min; zone berlin", 17, 0, 18, 0, 4},
    {__LINE__, "times t 00:00-06:00 4; gap 90min; zone berlin", 18, 0, 19, 0, 3}, /* five hours are left */
    {__LINE__, "times t 00:00-06:00 4; gap 90min; zone berlin", 228, 0, 229, 0, 4},
    {__LINE__, "times t 02:00-03:00 1; gap 30min; zone berlin", 18, 0, 19, 0, 0}, /* nothing is left of it */
    {__LINE__, "times t 02:00-03:00 1; gap 30min; zone berlin", 228, 0, 229, 0, 1},
    {__LINE__, "every e 00:00-06:00 1h; zone berlin", 18, 0, 19, 0, 5},
    {__LINE__, "every e 00:00-06:00 1h; zone berlin", 228, 0, 229, 0, 7},
    {__LINE__, "at a 02:30; zone berlin", 18, 0, 19, 0, 1},
    {__LINE__, "at a 02:30; zone berlin", 228, 0, 229, 0, 1},
    {__LINE__, "", 0, 0, 300, 0, 0},
};

static void test_windows_and_days(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(counts); i++) {
        struct bench bench = set_up(counts[i].settings);
        size_t n = count_between(&bench, at(&bench, counts[i].from_day, counts[i].from_hour, 0),
                                 at(&bench, counts[i].until_day, counts[i].until_hour, 0));
        if (n != counts[i].n)
            fail_msg("case at line %d: %zu", counts[i].line, n);
        tear_down(&bench);
    }
}

/* `every` counts elapsed time from the window's start, through both clock changes. */
static void test_every_is_elapsed_time(void **state) {
    (void)state;
    struct bench bench = set_up("every e 00:30-08:00 50min; gap 0; zone berlin");
    static const int days[] = {17, 18, 228};
    for (size_t i = 0; i < ELEMENTSOF(days); i++) {
        usec_t start = at(&bench, days[i], 0, 30), end = at(&bench, days[i], 8, 0);
        plan_seek(bench.plan, start - 1);
        for (usec_t due = start; due < end; due += MINUTES(50)) {
            struct occurrence occurrence = pop(&bench);
            assert_int_equal(occurrence.due_usec, due);
            assert_int_equal(occurrence.hold_until_usec, due + MINUTES(20));
        }
        assert_true(pop(&bench).due_usec > end);
    }
    tear_down(&bench);
}

static void test_hold_for(void **state) {
    (void)state;
    struct bench bench = set_up("at a 10:00; at b 11:00; hold 3h; every c 12:00-13:00 1h; hold 0");
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    assert_int_equal(pop(&bench).hold_until_usec, at(&bench, 0, 12, 0));
    assert_int_equal(pop(&bench).hold_until_usec, at(&bench, 0, 14, 0));
    assert_int_equal(pop(&bench).hold_until_usec, at(&bench, 0, 12, 0));
    tear_down(&bench);
}

/* --- Claims ----------------------------------------------------------------------------------- */

static usec_t distance(usec_t a, usec_t b) {
    return a > b ? a - b : b - a;
}

/* While there is room, nothing that is drawn lies within its gap of an `at`, and blocks are kept. */
static void test_drawn_times_keep_away_from_claims(void **state) {
    (void)state;
    struct bench bench = set_up("times t 09:00-21:00 4; at a 14:30; at b Sat 18:00; gap 70min");
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    for (int day = 0; day < 1000; day++) {
        bool saturday = weekday_of_days(RIG_START_DAY + day) == 5;
        unsigned drawn = 0;
        for (unsigned i = 0; i < (saturday ? 6 : 5); i++) {
            struct occurrence occurrence = pop(&bench);
            if (occurrence.reminder->kind == REMINDER_AT)
                continue;
            usec_t block = at(&bench, day, 9 + 3 * (int)drawn++, 0);
            assert_false(occurrence.crowded);
            assert_true(occurrence.due_usec >= block && occurrence.due_usec < block + HOURS(3) - MINUTES(70));
            assert_true(distance(occurrence.due_usec, at(&bench, day, 14, 30)) >= MINUTES(70));
            assert_true(!saturday || distance(occurrence.due_usec, at(&bench, day, 18, 0)) >= MINUTES(70));
        }
        assert_int_equal(drawn, 4);
    }
    tear_down(&bench);
}

/* Claims too near to each other leave nothing between them, over midnight too; what is left is all drawn
 * from. */
static void test_drawn_between_runs_of_claims(void **state) {
    (void)state;
    struct bench bench = set_up("times t 18:00-04:00 1; at a 20..23,0..1:0/10; gap 30min");
    unsigned before = 0, after = 0;
    plan_seek(bench.plan, at(&bench, 0, 12, 0));
    for (int day = 0; day < 200;) {
        struct occurrence occurrence = pop(&bench);
        if (occurrence.reminder->kind == REMINDER_AT)
            continue;
        usec_t due = occurrence.due_usec;
        assert_false(occurrence.crowded);
        before += due >= at(&bench, day, 18, 0) && due < at(&bench, day, 19, 30);
        after += due >= at(&bench, day, 26, 20) && due < at(&bench, day, 27, 30);
        day++;
    }
    assert_int_equal(before + after, 200);
    assert_in_range(before, 80, 140); /* 90 minutes of 160 */
    tear_down(&bench);
}

/* More claims than are looked at one by one: nothing is between them, either. */
static void test_drawn_in_a_day_full_of_claims(void **state) {
    (void)state;
    struct bench bench =
        set_up("times t 09:00-21:00 1; at a *:*; at b *:*; at c *:*; at d *:*; at e *:*; at f *:*; "
               "at g *:*; at h *:*; at i *:*; at j *:*; at k *:*; at l *:*; at m *:*; at n *:*; "
               "gap 30min");
    struct occurrence occurrence;
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    do
        occurrence = pop(&bench);
    while (occurrence.reminder->kind == REMINDER_AT);
    assert_true(occurrence.crowded);
    assert_true(occurrence.due_usec >= at(&bench, 0, 9, 0) && occurrence.due_usec < at(&bench, 0, 21, 0));
    tear_down(&bench);
}

static void test_crowded(void **state) {
    (void)state;
    static const struct {
        int line;
        const char *settings;
        size_t n_crowded; /* of the first 10 that are not `at` */
    } cases[] = {
        {__LINE__, "times t 09:00-11:00 1; at a 10:00; gap 90min", 10},
        {__LINE__, "times t 09:00-11:00 1; at a 10:00; gap 30min", 0},
        {__LINE__, "times t 09:00-21:00 2; at a *:00; gap 31min", 10},
        {__LINE__, "times t 09:00-21:00 2; at a *:00; gap 29min", 0},
        {__LINE__, "times t 09:00-21:00 2; at a *:*:*; gap 10min", 10},
        {__LINE__, "times t 09:00-21:00 2; at a *:00; gap 0", 0},
        {__LINE__, "every e 09:00-21:00 2h; at a 10:00; gap 1h", 0}, /* exactly a gap away */
        {__LINE__, "every e 09:00-21:00 2h; at a 10:00; gap 61min",
         4}, /* 09:00 and 11:00, two days of five */
        {__LINE__, "every e 09:00-10:00 2h; at a 09:00; gap 1min", 10},
        {__LINE__, "every e 09:00-10:00 2h; at a 09:00; gap 0", 0},
        {__LINE__, "every e 09:00-10:00 2h; at a 09:00; quiet 08:00-10:00; gap 1h", 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct bench bench = set_up(cases[i].settings);
        size_t n_crowded = 0;
        plan_seek(bench.plan, at(&bench, 0, 0, 0));
        for (size_t n = 0; n < 10;) {
            struct occurrence occurrence = pop(&bench);
            if (occurrence.reminder->kind == REMINDER_AT)
                continue;
            n_crowded += occurrence.crowded;
            n++;
        }
        if (n_crowded != cases[i].n_crowded)
            fail_msg("case at line %d: %zu", cases[i].line, n_crowded);
        tear_down(&bench);
    }
}

/* An `at` that is not shown claims nothing: the day is the one without it. */
static void test_quiet_claims_nothing(void **state) {
    (void)state;
    struct bench with = set_up("times t 09:00-21:00 4; at a 12:00; quiet 11:30-12:30; gap 60min");
    struct bench without = set_up("times t 09:00-21:00 4; quiet 11:30-12:30; gap 60min");
    plan_seek(with.plan, at(&with, 0, 0, 0));
    plan_seek(without.plan, at(&with, 0, 0, 0));
    for (size_t i = 0; i < 100; i++) {
        struct occurrence occurrence = pop(&with);
        if (occurrence.reminder->kind == REMINDER_TIMES)
            assert_int_equal(occurrence.due_usec, pop(&without).due_usec);
    }
    tear_down(&with);
    tear_down(&without);
}

static void test_claims_are_counted(void **state) {
    (void)state;
    struct bench bench =
        set_up("at a 10:00; at b 12:00; at c 22:00; every e 09:00-12:00 1h; quiet 21:00-08:00");
    static const struct {
        int line, from_hour, until_hour;
        unsigned enough, claims;
    } cases[] = {
        {__LINE__, 0, 24, 9, 2}, {__LINE__, 0, 24, 1, 1},  {__LINE__, 10, 24, 9, 1}, {__LINE__, 9, 10, 9, 1},
        {__LINE__, 0, 48, 9, 4}, {__LINE__, 13, 24, 9, 0}, {__LINE__, 0, 24, 0, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (plan_claims(bench.plan, at(&bench, 0, cases[i].from_hour, 0),
                        at(&bench, 0, cases[i].until_hour, 0), cases[i].enough) != cases[i].claims)
            fail_msg("case at line %d", cases[i].line);
    tear_down(&bench);
}

/* --- The cursor ------------------------------------------------------------------------------- */

static const char *const mixed =
    "times t 20:00-07:00 4; at a 10:00; at b Sat 10:00; every e 08:00-20:00 50min; "
    "at c *-*-1 00:00; times u 00:00-24:00 3; on Mon,Sun; quiet 21:00-06:00; gap 40min; zone berlin";
#define WALK 3000

static bool same_occurrence(const struct occurrence *a, const struct occurrence *b) {
    return a->reminder == b->reminder && a->due_usec == b->due_usec && a->crowded == b->crowded &&
           a->hold_until_usec == b->hold_until_usec;
}

/* Seeking anywhere, forwards and backwards, equals walking there. */
static void test_any_order_of_asking(void **state) {
    (void)state;
    struct bench bench = set_up(mixed);
    struct occurrence *walk = calloc(WALK, sizeof *walk), occurrence;
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    for (size_t i = 0; i < WALK; i++) {
        walk[i] = pop(&bench);
        assert_true(i == 0 || walk[i].due_usec >= walk[i - 1].due_usec);
        assert_true(walk[i].reminder->window.end_sec == 0 || walk[i].hold_until_usec > walk[i].due_usec);
    }
    for (uint64_t n = 0; n < 400; n++) {
        size_t i = hash_scale(hash_word(&rig_secret, "seek", "", n, 0), WALK - 8) + 1;
        while (walk[i].due_usec == walk[i - 1].due_usec)
            i++;
        usec_t after = n % 2 ? walk[i].due_usec - 1 : walk[i - 1].due_usec;
        plan_seek(bench.plan, after);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(plan_peek(bench.plan, &occurrence), 0);
            assert_true(same_occurrence(&occurrence, &walk[i + j]));
            if (n % 3) /* peeking and popping in pieces, and seeking to where one is */
                plan_seek(bench.plan, j == 0 ? after : walk[i + j].due_usec - 1);
            if (walk[i + j + 1].due_usec == walk[i + j].due_usec)
                break;
            assert_int_equal(plan_pop(bench.plan, &occurrence), 0);
            assert_true(same_occurrence(&occurrence, &walk[i + j]));
        }
    }
    free(walk);
    tear_down(&bench);
}

static void test_equal_times_keep_the_files_order(void **state) {
    (void)state;
    struct bench bench = set_up("at c 10:00; every b 10:00-11:00 2h; at a 10:00; at d 09:00; gap 0");
    plan_seek(bench.plan, at(&bench, 0, 9, 0));
    for (size_t i = 0; i < 40; i++)
        assert_string_equal(pop(&bench).reminder->name, ((const char *const[]){"c", "b", "a", "d"})[i % 4]);
    tear_down(&bench);
}

/* Nothing of a reminder is due up to its start; another's start is no matter. */
static void test_starts(void **state) {
    (void)state;
    struct bench bench = set_up("at a 10:00; at b 10:00; times t 09:00-10:30 1; gap 89min");
    usec_t starts[] = {at(&bench, 0, 10, 0), at(&bench, 0, 9, 59), 0};
    plan_free(bench.plan);
    assert_int_equal(plan_new(bench.schedule, starts, bench.zone, &rig_secret, &bench.plan), 0);
    plan_seek(bench.plan, at(&bench, 0, 9, 30));
    assert_string_equal(pop(&bench).reminder->name, "b");
    assert_string_equal(pop(&bench).reminder->name, "t");
    assert_string_equal(pop(&bench).reminder->name, "a");
    tear_down(&bench);
}

static void test_the_end(void **state) {
    (void)state;
    struct bench bench =
        set_up("at a 2026-03-11 10:00; at b 2199-12-31 23:59; every e 12:00-13:00 1h; on 2026-03-12");
    struct occurrence occurrence;
    assert_int_equal(plan_peek(bench.plan, &occurrence), 0); /* from the beginning of time */
    assert_string_equal(occurrence.reminder->name, "a");
    plan_seek(bench.plan, at(&bench, 0, 0, 0));
    assert_string_equal(pop(&bench).reminder->name, "a");
    assert_string_equal(pop(&bench).reminder->name, "e");
    assert_string_equal(pop(&bench).reminder->name, "b");
    assert_int_equal(plan_peek(bench.plan, &occurrence), -ENOENT);
    assert_int_equal(plan_pop(bench.plan, &occurrence), -ENOENT);
    plan_seek(bench.plan, USEC_END_OF_TIME);
    assert_int_equal(plan_pop(bench.plan, &occurrence), -ENOENT);
    tear_down(&bench);
}

/* Ten thousand reminders, two hundred thousand steps: were a step O(n), this would be 2 * 10^9 calendar
 * searches. */
static void test_many_reminders(void **state) {
    (void)state;
    enum { REMINDERS = 10000, STEPS = 200000 };
    struct bench bench = set_up("");
    free(bench.schedule->reminders);
    bench.schedule->reminders = calloc(REMINDERS, sizeof *bench.schedule->reminders);
    for (unsigned i = 0; i < REMINDERS; i++) {
        struct reminder *reminder = &bench.schedule->reminders[bench.schedule->n_reminders++];
        char text[64];
        *reminder = (struct reminder){.kind = REMINDER_AT, .hold_for_usec = USEC_INFINITY, .n_at = 1};
        snprintf(text, sizeof text, "%u", i);
        reminder->name = strdup(text);
        reminder->at = calloc(1, sizeof *reminder->at);
        snprintf(text, sizeof text, "%02u:%02u:%02u", i % 24, i / 24 % 60, i / 1440);
        assert_int_equal(calendar_parse(text, &reminder->at[0].calendar, NULL), 0);
    }
    plan_free(bench.plan);
    assert_int_equal(plan_new(bench.schedule, NULL, bench.zone, &rig_secret, &bench.plan), 0);
    plan_seek(bench.plan, at(&bench, 0, 0, 0) - 1);
    usec_t before = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        usec_t due = pop(&bench).due_usec;
        assert_true(due >= before);
        before = due;
        plan_seek(bench.plan, due);
    }
    assert_int_equal((before - at(&bench, 0, 0, 0)) / USEC_PER_DAY, STEPS / REMINDERS - 1);
    tear_down(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_times_are_uniform_in_their_blocks),
        cmocka_unit_test(test_a_full_window),
        cmocka_unit_test(test_chance_has_three_sources),
        cmocka_unit_test(test_windows_and_days),
        cmocka_unit_test(test_every_is_elapsed_time),
        cmocka_unit_test(test_hold_for),
        cmocka_unit_test(test_drawn_times_keep_away_from_claims),
        cmocka_unit_test(test_drawn_between_runs_of_claims),
        cmocka_unit_test(test_drawn_in_a_day_full_of_claims),
        cmocka_unit_test(test_crowded),
        cmocka_unit_test(test_quiet_claims_nothing),
        cmocka_unit_test(test_claims_are_counted),
        cmocka_unit_test(test_any_order_of_asking),
        cmocka_unit_test(test_equal_times_keep_the_files_order),
        cmocka_unit_test(test_starts),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_many_reminders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
