/* Quiet hours across midnight, clock changes and overlaps; what makes a reminder another one. */
#include "daemon/core/schedule.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* "21:00-08:30" as seconds of the day, with days or NULL. */
struct quiet {
    const char *on;
    int start_minute, end_minute;
};

#define HM(hour, minute) ((hour)*60 + (minute))

static void set_quiet(struct schedule *schedule, const struct quiet *quiet) {
    for (; quiet->end_minute > 0; quiet++) {
        struct window *window = &schedule->quiet[schedule->n_quiet++];
        window->start_sec = quiet->start_minute * 60;
        window->end_sec = quiet->end_minute * 60;
        if (quiet->on)
            assert_int_equal(calendar_parse_days(quiet->on, &window->on, NULL), 0);
    }
}

/* "2026-03-28 22:00" of a zone; NULL is never. */
static usec_t instant(const struct zone *zone, const char *text) {
    int year, month, day, hour, minute, second = 0;
    if (!text)
        return USEC_INFINITY;
    assert_true(sscanf(text, "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second) >= 5);
    return zone_day_second(zone, civil_to_days(year, month, day), (hour * 60 + minute) * 60 + second);
}

#define QUIET_MAX 4

static const struct quiet standard[] = {
    {NULL, HM(21, 0), HM(32, 30)}, {"Fri,Sat", HM(21, 0), HM(34, 0)}, {0}};
static const struct quiet touching[] = {{NULL, HM(21, 0), HM(24, 0)}, {NULL, HM(0, 0), HM(8, 0)}, {0}};
static const struct quiet in_the_gap[] = {{NULL, HM(2, 0), HM(3, 0)}, {0}};
static const struct quiet weekend[] = {{"Sat,Sun", HM(0, 0), HM(24, 0)}, {0}};
static const struct quiet always[] = {{NULL, HM(7, 0), HM(31, 0)}, {0}};
static const struct quiet holiday[] = {{"*-07..08-*", HM(0, 0), HM(24, 0)}, {0}};
static const struct quiet over[] = {{"2020-01-01", HM(9, 0), HM(10, 0)}, {0}};
static const struct quiet none[] = {{0}};

#define OPEN "-"

/* Berlin: summer time from 2026-03-29 02:00 to 2026-10-25 03:00. `end` OPEN: not quiet then; NULL: for good.
 */
static const struct {
    int line;
    const struct quiet *quiet;
    const char *time, *end, *next;
} cases[] = {
    {__LINE__, none, "2026-03-11 12:00", OPEN, NULL},
    {__LINE__, standard, "2026-03-11 12:00", OPEN, "2026-03-11 21:00"},
    {__LINE__, standard, "2026-03-11 20:59:59", OPEN, "2026-03-11 21:00"},
    {__LINE__, standard, "2026-03-11 21:00", "2026-03-12 08:30", "2026-03-12 21:00"},
    {__LINE__, standard, "2026-03-12 00:30", "2026-03-12 08:30", "2026-03-12 21:00"},
    {__LINE__, standard, "2026-03-12 08:29:59", "2026-03-12 08:30", "2026-03-12 21:00"},
    {__LINE__, standard, "2026-03-12 08:30", OPEN, "2026-03-12 21:00"},
    {__LINE__, standard, "2026-03-13 21:00", "2026-03-14 10:00", "2026-03-14 21:00"},
    {__LINE__, standard, "2026-03-14 09:00", "2026-03-14 10:00", "2026-03-14 21:00"},
    {__LINE__, standard, "2026-03-13 09:00", OPEN, "2026-03-13 21:00"},
    {__LINE__, standard, "2026-03-28 23:00", "2026-03-29 10:00", "2026-03-29 21:00"},
    {__LINE__, touching, "2026-03-11 22:00", "2026-03-12 08:00", "2026-03-12 21:00"},
    {__LINE__, touching, "2026-03-12 00:00", "2026-03-12 08:00", "2026-03-12 21:00"},
    {__LINE__, touching, "2026-03-12 08:00", OPEN, "2026-03-12 21:00"},
    {__LINE__, in_the_gap, "2026-03-28 02:30", "2026-03-28 03:00", "2026-03-30 02:00"},
    {__LINE__, in_the_gap, "2026-03-29 03:00", OPEN, "2026-03-30 02:00"},
    {__LINE__, in_the_gap, "2026-10-25 02:30", "2026-10-25 03:00", "2026-10-26 02:00"},
    {__LINE__, weekend, "2026-03-13 23:59", OPEN, "2026-03-14 00:00"},
    {__LINE__, weekend, "2026-03-14 00:00", "2026-03-16 00:00", "2026-03-21 00:00"},
    {__LINE__, weekend, "2026-03-28 12:00", "2026-03-30 00:00", "2026-04-04 00:00"},
    {__LINE__, always, "2026-03-14 06:00", NULL, NULL},
    {__LINE__, always, "2026-03-14 07:00", NULL, NULL},
    {__LINE__, holiday, "2026-03-14 07:00", OPEN, "2026-07-01 00:00"},
    {__LINE__, holiday, "2026-07-14 07:00", "2026-09-01 00:00", "2027-07-01 00:00"},
    {__LINE__, over, "2026-03-14 07:00", OPEN, NULL},
    {__LINE__, over, "2019-03-14 07:00", OPEN, "2020-01-01 09:00"},
};

static void quiet_hours(void **state) {
    (void)state;
    struct zone *berlin = NULL;
    assert_int_equal(zone_from_posix("CET-1CEST,M3.5.0,M10.5.0/3", &berlin), 0);
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct window windows[QUIET_MAX] = {0};
        struct schedule schedule = {.quiet = windows};
        usec_t time_usec = instant(berlin, cases[i].time), end_usec = 1, wanted_usec = 1;
        set_quiet(&schedule, cases[i].quiet);
        bool open = cases[i].end && streq(cases[i].end, OPEN);
        if (!open)
            wanted_usec = instant(berlin, cases[i].end);
        if (schedule_quiet_at(&schedule, berlin, time_usec, &end_usec) == open || end_usec != wanted_usec)
            fail_msg("line %d: %s: quiet until %ju, not %ju", cases[i].line, cases[i].time,
                     (uintmax_t)end_usec, (uintmax_t)wanted_usec);
        usec_t next_usec = schedule_next_quiet(&schedule, berlin, time_usec);
        if (next_usec != instant(berlin, cases[i].next))
            fail_msg("line %d: %s: next is %ju", cases[i].line, cases[i].time, (uintmax_t)next_usec);
        for (size_t w = 0; w < schedule.n_quiet; w++)
            calendar_free(windows[w].on);
    }
    zone_free(berlin);
}

/* The clock changes inside the window: it is an hour shorter, and an hour longer. */
static void quiet_hours_follow_the_clock(void **state) {
    (void)state;
    struct window window = {.start_sec = 21 * 3600, .end_sec = 32 * 3600};
    struct schedule schedule = {.quiet = &window, .n_quiet = 1};
    struct zone *berlin = NULL;
    usec_t end_usec = 0;
    assert_int_equal(zone_from_posix("CET-1CEST,M3.5.0,M10.5.0/3", &berlin), 0);
    usec_t spring_usec = instant(berlin, "2026-03-28 21:00"),
           autumn_usec = instant(berlin, "2026-10-24 21:00");
    assert_true(schedule_quiet_at(&schedule, berlin, spring_usec, &end_usec));
    assert_int_equal(end_usec - spring_usec, 10 * USEC_PER_HOUR);
    assert_true(schedule_quiet_at(&schedule, berlin, autumn_usec, &end_usec));
    assert_int_equal(end_usec - autumn_usec, 12 * USEC_PER_HOUR);
    zone_free(berlin);
}

static void digests_tell_meanings_apart(void **state) {
    (void)state;
    char name[] = "a", other[] = "b", practice[] = "p";
    struct calendar *nine = NULL, *ten = NULL, *monday = NULL;
    assert_int_equal(calendar_parse("09:00", &nine, NULL), 0);
    assert_int_equal(calendar_parse("10:00", &ten, NULL), 0);
    assert_int_equal(calendar_parse_days("Mon", &monday, NULL), 0);
    struct moment_rule one[] = {{nine, NULL}}, two[] = {{nine, NULL}, {ten, NULL}}, late[] = {{ten, NULL}};
    const struct reminder reminders[] = {
        {.name = name},
        {.name = other},
        {.name = name, .kind = REMINDER_TIMES},
        {.name = name, .kind = REMINDER_EVERY},
        {.name = name, .at = one, .n_at = 1},
        {.name = name, .at = late, .n_at = 1},
        {.name = name, .at = two, .n_at = 2},
        {.name = name, .window = {.start_sec = 1}},
        {.name = name, .window = {.end_sec = 1}},
        {.name = name, .window = {.on = monday}},
        {.name = name, .times = 1},
        {.name = name, .every_usec = 1},
        {.name = name, .hold_for_usec = 1},
        {.name = name, .gap_usec = 1},
        {.name = name, .write = true},
        {.name = name, .themes = 1},
        {.name = name, .practice = practice},
    };
    for (size_t i = 0; i < ELEMENTSOF(reminders); i++)
        for (size_t j = 0; j < i; j++)
            if (reminder_digest(&reminders[i]) == reminder_digest(&reminders[j]))
                fail_msg("%zu is like %zu", i, j);
    struct reminder moved = reminders[4];
    moved.line = 99;
    assert_true(reminder_digest(&moved) == reminder_digest(&reminders[4]));
    calendar_free(nine);
    calendar_free(ten);
    calendar_free(monday);
}

static void found_by_name(void **state) {
    (void)state;
    char morning[] = "morning", evening[] = "evening";
    struct reminder reminders[] = {{.name = morning}, {.name = evening}};
    struct schedule schedule = {.reminders = reminders, .n_reminders = 2};
    assert_ptr_equal(schedule_find(&schedule, "evening"), &reminders[1]);
    assert_null(schedule_find(&schedule, "noon"));
    assert_null(schedule_free(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_hours),
        cmocka_unit_test(quiet_hours_follow_the_clock),
        cmocka_unit_test(digests_tell_meanings_apart),
        cmocka_unit_test(found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
