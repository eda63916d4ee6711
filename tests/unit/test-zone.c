/* Time zones: against tables, against libc, and with damaged data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/core/span.h"
#include "daemon/store/zonefile.h"

#define FOLDER "/usr/share/zoneinfo/"

static uint64_t random_state;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static struct zone *load(const char *name) {
    struct zone *zone = NULL;
    if (zonefile_load_tz(name, &zone) < 0)
        fail_msg("%s: can't be loaded; is tzdata installed?", name);
    return zone;
}

static struct civil civil_of(const char *text) {
    int year, month, day, hour, minute, second;
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second), 6);
    return (struct civil){year, (int8_t)month, (int8_t)day, (int8_t)hour, (int8_t)minute, (int8_t)second, 0};
}

static bool same(const struct civil *a, const struct civil *b) {
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->usec == b->usec;
}

static usec_t utc_of(const char *text) {
    struct civil civil = civil_of(text);
    usec_t usec;
    zone_from_civil(zone_utc(), &civil, &usec);
    return usec;
}

static void test_days(void **state) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t number = -135140; /* 1600-01-01, a Saturday */
    int weekday = 5;
    (void)state;
    for (int32_t year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            int length = lengths[month - 1] + (month == 2 && leap);
            assert_int_equal(days_in_month(year, month), length);
            for (int day = 1; day <= length; day++, number++, weekday = (weekday + 1) % 7) {
                int32_t y;
                int m, d;
                civil_from_days(number, &y, &m, &d);
                if (y != year || m != month || d != day || civil_to_days(year, month, day) != number ||
                    weekday_of_days(number) != weekday)
                    fail_msg("%d-%02d-%02d, day %d", year, month, day, number);
            }
        }
    static const int32_t far[] = {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX};
    for (size_t i = 0; i < ELEMENTSOF(far); i++) {
        int32_t year;
        int month, day;
        civil_from_days(far[i], &year, &month, &day);
        assert_int_equal(civil_to_days(year, month, day), far[i]);
        assert_in_range(weekday_of_days(far[i]), 0, 6);
    }
}

static void test_local_times(void **state) {
    static const struct {
        const char *zone, *local, *utc;
        enum zone_fit fit;
    } cases[] = {
        {"Europe/Berlin", "2024-01-15 12:00:00", "2024-01-15 11:00:00", ZONE_ONCE},
        {"Europe/Berlin", "2024-03-31 01:59:59", "2024-03-31 00:59:59", ZONE_ONCE},
        {"Europe/Berlin", "2024-03-31 02:00:00", "2024-03-31 01:00:00", ZONE_GAP},
        {"Europe/Berlin", "2024-03-31 02:30:00", "2024-03-31 01:30:00", ZONE_GAP},
        {"Europe/Berlin", "2024-03-31 03:00:00", "2024-03-31 01:00:00", ZONE_ONCE},
        {"Europe/Berlin", "2024-10-27 01:59:59", "2024-10-26 23:59:59", ZONE_ONCE},
        {"Europe/Berlin", "2024-10-27 02:00:00", "2024-10-27 00:00:00", ZONE_OVERLAP},
        {"Europe/Berlin", "2024-10-27 02:59:59", "2024-10-27 00:59:59", ZONE_OVERLAP},
        {"Europe/Berlin", "2024-10-27 03:00:00", "2024-10-27 02:00:00", ZONE_ONCE},
        {"Europe/Berlin", "2150-07-01 12:00:00", "2150-07-01 10:00:00", ZONE_ONCE},
        {"Europe/Berlin", "2199-12-31 23:59:59", "2199-12-31 22:59:59", ZONE_ONCE},
        {"Australia/Lord_Howe", "2024-10-06 02:15:00", "2024-10-05 15:45:00", ZONE_GAP},
        {"Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06 14:45:00", ZONE_OVERLAP},
        {"Australia/Lord_Howe", "2024-04-07 02:00:00", "2024-04-06 15:30:00", ZONE_ONCE},
        {"Pacific/Apia", "2011-12-29 23:59:59", "2011-12-30 09:59:59", ZONE_ONCE},
        {"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 22:00:00", ZONE_GAP},
        {"Pacific/Apia", "2011-12-31 12:00:00", "2011-12-30 22:00:00", ZONE_ONCE},
        {"Africa/Cairo", "2023-04-28 00:00:00", "2023-04-27 22:00:00", ZONE_GAP},
        {"America/Sao_Paulo", "2018-11-04 00:00:00", "2018-11-04 03:00:00", ZONE_GAP},
        {"America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-18 01:30:00", ZONE_OVERLAP},
        {"Europe/Dublin", "2025-03-30 01:30:00", "2025-03-30 01:30:00", ZONE_GAP},
        {"Europe/Dublin", "2025-10-26 01:30:00", "2025-10-26 00:30:00", ZONE_OVERLAP},
        {"Europe/Dublin", "2100-07-01 12:00:00", "2100-07-01 11:00:00", ZONE_ONCE},
        {"Africa/Casablanca", "2024-03-10 02:30:00", "2024-03-10 01:30:00", ZONE_OVERLAP},
        {"Africa/Casablanca", "2024-04-14 02:30:00", "2024-04-14 02:30:00", ZONE_GAP},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-03-31 02:30:00", "2024-03-31 01:30:00", ZONE_GAP},
        {"<+0330>-3:30", "2024-01-01 00:00:00", "2023-12-31 20:30:00", ZONE_ONCE},
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2024-03-30 22:30:00", "2024-03-31 01:30:00", ZONE_GAP},
        {"IST-2IDT,M3.4.4/26,M10.5.0", "2024-03-29 02:30:00", "2024-03-29 00:30:00", ZONE_GAP},
        {"XXX3EDT4,0/0,J365/23", "2024-07-01 12:00:00", "2024-07-01 16:00:00", ZONE_ONCE},
        {"XXX3EDT4,0/0,J365/23", "2024-01-01 00:00:00", "2024-01-01 04:00:00", ZONE_ONCE},
        {"AAA0BBB,J60/0,J61/0", "2024-03-01 00:30:00", "2024-03-01 00:30:00", ZONE_GAP},
        {"AAA0BBB,59/0,60/0", "2024-02-29 00:30:00", "2024-02-29 00:30:00", ZONE_GAP},
        {"EST5EDT4", "2024-03-10 02:30:00", "2024-03-10 07:30:00", ZONE_GAP},
        {"", "2024-03-10 02:30:00", "2024-03-10 02:30:00", ZONE_ONCE},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(zone_freep) struct zone *zone = load(cases[i].zone);
        struct civil civil = civil_of(cases[i].local);
        int32_t day = civil_to_days(civil.year, civil.month, civil.day);
        int64_t second = civil.hour * 3600 + civil.minute * 60 + civil.second;
        usec_t usec;
        enum zone_fit fit = zone_from_civil(zone, &civil, &usec);
        if (usec != utc_of(cases[i].utc) || fit != cases[i].fit)
            fail_msg("%s %s: %llu, fit %d", cases[i].zone, cases[i].local, (unsigned long long)usec, fit);
        if (zone_day_second(zone, day, second) != usec ||
            zone_day_second(zone, day - 1, second + SECONDS_PER_DAY) != usec)
            fail_msg("%s %s: zone_day_second()", cases[i].zone, cases[i].local);
        struct civil back;
        zone_to_civil(zone, usec, &back, NULL, NULL);
        if (fit != ZONE_GAP && !same(&back, &civil))
            fail_msg("%s %s: doesn't come back", cases[i].zone, cases[i].local);
    }
}

static void test_edges(void **state) {
    _cleanup_(zone_freep) struct zone *berlin = load("Europe/Berlin");
    _cleanup_(zone_freep) struct zone *west = load("WST12");
    struct civil civil = civil_of("1969-12-31 23:59:59"), ret;
    usec_t usec;
    (void)state;
    zone_from_civil(berlin, &civil, &usec);
    assert_int_equal(usec, 0);
    zone_to_civil(west, 0, &ret, NULL, NULL);
    assert_int_equal(ret.year, 1969);
    assert_int_equal(ret.hour, 12);
    assert_int_equal(zone_local_day(west, 0), -1);
    zone_to_civil(berlin, USEC_INFINITY, &ret, NULL, NULL);
    assert_int_equal(ret.year, 586524);
    assert_true(zone_day_second(berlin, INT32_MAX, INT64_MAX) == USEC_INFINITY);
    assert_int_equal(zone_day_second(berlin, INT32_MIN, INT64_MIN), 0);
    assert_null(zone_free(NULL));
    assert_true(zone_next_change(zone_utc(), 0) == USEC_INFINITY);
    assert_true(zone_next_change(berlin, USEC_INFINITY) == USEC_INFINITY);
    assert_string_equal(zone_name(berlin), "Europe/Berlin");
    assert_true(zone_has_abbreviation(berlin, "CEST"));
    assert_false(zone_has_abbreviation(berlin, "EDT"));
}

static void test_next_change(void **state) {
    static const struct {
        const char *zone, *after, *change;
    } cases[] = {
        {"Europe/Berlin", "2024-01-01 00:00:00", "2024-03-31 01:00:00"},
        {"Europe/Berlin", "2024-03-31 00:59:59", "2024-03-31 01:00:00"},
        {"Europe/Berlin", "2024-03-31 01:00:00", "2024-10-27 01:00:00"},
        {"Europe/Berlin", "2150-01-01 00:00:00", "2150-03-29 01:00:00"},
        {"Pacific/Apia", "2011-12-01 00:00:00", "2011-12-30 10:00:00"},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", "2024-01-01 00:00:00", "2024-04-06 14:00:00"},
        /* A week before new year, and so before the change that ends the summer before. */
        {"AAA0BBB,0/-160,J365/0", "2024-12-01 00:00:00", "2024-12-25 08:00:00"},
        {"AAA0BBB,0/-160,J365/0", "2024-12-25 08:00:00", "2024-12-30 23:00:00"},
        {"Asia/Tokyo", "1970-01-01 00:00:00", NULL},
        {"UTC", "1970-01-01 00:00:00", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(zone_freep) struct zone *zone = load(cases[i].zone);
        usec_t expected = cases[i].change ? utc_of(cases[i].change) : USEC_INFINITY;
        if (zone_next_change(zone, utc_of(cases[i].after)) != expected)
            fail_msg("%s after %s", cases[i].zone, cases[i].after);
    }
}

static void test_refused(void **state) {
    static const char *const posix[] = {
        "",
        "CET",
        "CE-1",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "CET-25",
        "CET-1:60",
        "CET-1:30:60",
        "CET-1CE",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "<+03-3",
        "<+0>-3",
        "CET-1CEST,J0,J5",
        "CET-1CEST,366,5",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1 ",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "-1",
        "CET--1",
        "CET-1CEST,M3.5.7,M10.5.0",
    };
    static const char *const names[] = {
        "",  "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "Europe//Berlin", "Europe/", "a b",
        ".", "Europe/.hidden", "Europe/Berl\n"};
    /* Two headers that count nothing, and no rule: a zone without a single offset. */
    char hollow[2 * 44 + 2] = "TZif2";
    struct zone *zone = NULL;
    (void)state;
    memcpy(hollow + 44, "TZif2", 5);
    memcpy(hollow + 88, "\n\n", 2);
    for (size_t i = 0; i < ELEMENTSOF(posix); i++)
        if (zone_from_posix(posix[i], &zone) != -EINVAL)
            fail_msg("\"%s\" should be no POSIX zone", posix[i]);
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (zonefile_load_name(names[i], &zone) != -EINVAL)
            fail_msg("\"%s\" should be no name", names[i]);
    assert_int_equal(zonefile_load_name("Europe/Atlantis", &zone), -ENOENT);
    assert_int_equal(zonefile_load_name("Europe", &zone), -ENOENT); /* a folder */
    assert_int_equal(zonefile_load_tz("Europe/Atlantis", &zone), -ENOENT);
    assert_int_equal(zonefile_load_tz(":Europe/Atlantis", &zone), -ENOENT);
    assert_int_equal(zonefile_load_tz("/dev/zero", &zone), -ENOENT);
    assert_int_equal(zonefile_load_tz("/nowhere", &zone), -ENOENT);
    assert_int_equal(zone_from_tzif("x", "TZif", 4, &zone), -EBADMSG);
    assert_int_equal(zone_from_tzif("x", "", 0, &zone), -EBADMSG);
    assert_int_equal(zone_from_tzif("x", hollow, sizeof hollow, &zone), -EBADMSG);
    assert_null(zone);
}

static void test_files(void **state) {
    static const char *const names[] = {NULL, ":Europe/Berlin", FOLDER "Europe/Berlin", "Europe/Berlin", ":",
                                        "UTC"};
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        zone_free(load(names[i]));
}

/* libc keeps one zone, named by the environment; here that's its own process's business. */
static void test_against_libc(void **state) {
    static const char *const zones[] = {
        "Europe/Berlin",
        "Europe/Dublin",
        "Africa/Casablanca",
        "Africa/Cairo",
        "Africa/El_Aaiun",
        "America/Sao_Paulo",
        "America/St_Johns",
        "America/Nuuk",
        "Asia/Gaza",
        "Asia/Tehran",
        "Asia/Kathmandu",
        "Antarctica/Troll",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Chatham",
        "America/Havana",
        "America/Santiago",
        "Europe/London",
        "Pacific/Norfolk",
        "Asia/Pyongyang",
        "Africa/Monrovia",
        "Antarctica/Casey",
        "America/New_York",
        "Asia/Tokyo",
        "EST5EDT",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
        "AAA0BBB,J60/0,J300/0",
    };
    const char *seed = getenv("SEED"), *old = getenv("TZ");
    _cleanup_free_ char *kept = old ? strdup(old) : NULL;
    random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    random_state |= 1;
    print_message("SEED=%llu\n", (unsigned long long)random_state);
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(zones); i++) {
        _cleanup_(zone_freep) struct zone *zone = load(zones[i]);
        setenv("TZ", zones[i], 1);
        tzset();
        for (int j = 0; j < 2000; j++) {
            time_t second = (time_t)(next_random() % 7258118400);
            if (j % 4 == 0) { /* at a change */
                usec_t change = zone_next_change(zone, (usec_t)second * USEC_PER_SEC);
                if (change != USEC_INFINITY)
                    second = (time_t)(change / USEC_PER_SEC) - (j % 8 == 0);
            }
            struct tm tm;
            struct civil civil;
            const char *abbreviation;
            int32_t offset;
            localtime_r(&second, &tm);
            zone_to_civil(zone, (usec_t)second * USEC_PER_SEC, &civil, &offset, &abbreviation);
            if (civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 || civil.day != tm.tm_mday ||
                civil.hour != tm.tm_hour || civil.minute != tm.tm_min || civil.second != tm.tm_sec ||
                offset != tm.tm_gmtoff || !streq(abbreviation, tm.tm_zone))
                fail_msg("%s at %lld: offset %d, libc %ld", zones[i], (long long)second, offset,
                         tm.tm_gmtoff);
        }
    }
    if (kept)
        setenv("TZ", kept, 1);
    else
        unsetenv("TZ");
    tzset();
}

/* Stretches cover local time without holes, begin in the order of their instants, and give what the zone
 * gives. */
static void check_stretches(const struct zone *zone) {
    size_t n;
    const struct zone_stretch *stretches = zone_stretches(zone, &n);
    assert_true(n > 0 && stretches[0].from_sec == INT64_MIN && stretches[n - 1].until_sec == INT64_MAX);
    for (size_t i = 1; i < n; i++) {
        assert_true(stretches[i].from_sec == stretches[i - 1].until_sec);
        assert_true(stretches[i].from_sec < stretches[i].until_sec);
        int64_t begin = stretches[i].from_sec - stretches[i].shift_sec;
        if (i > 1)
            assert_true(begin >= stretches[i - 1].from_sec - stretches[i - 1].shift_sec);
        assert_int_equal(zone_stretch_at(zone, stretches[i].from_sec), i);
        assert_in_range(zone_stretch_begun(zone, begin), i, n - 1);
    }
}

static void use(const struct zone *zone) {
    check_stretches(zone);
    for (int i = 0; i < 20; i++) {
        usec_t usec = next_random() % USEC_END_OF_TIME, back;
        struct civil civil;
        zone_to_civil(zone, usec, &civil, NULL, NULL);
        zone_from_civil(zone, &civil, &back);
        assert_true(zone_next_change(zone, usec) > usec);
    }
}

static void test_damaged(void **state) {
    static const char *const files[] = {FOLDER "Europe/Berlin", FOLDER "Africa/Casablanca",
                                        FOLDER "Asia/Tokyo"};
    (void)state;
    random_state = 42;
    for (size_t i = 0; i < ELEMENTSOF(files); i++) {
        char data[8192], copy[8192];
        FILE *file = fopen(files[i], "re");
        assert_non_null(file);
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        for (size_t cut = 0; cut < size; cut++) {
            struct zone *zone = NULL;
            assert_int_equal(zone_from_tzif("cut", data, cut, &zone), -EBADMSG);
        }
        for (int round = 0; round < 3000; round++) {
            struct zone *zone = NULL;
            memcpy(copy, data, size);
            for (uint64_t changes = next_random() % 4 + 1; changes > 0; changes--)
                copy[next_random() % size] = (char)next_random();
            int r = zone_from_tzif("damaged", copy, size, &zone);
            if (r >= 0)
                use(zone);
            else
                assert_int_equal(r, -EBADMSG);
            zone_free(zone);
        }
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),         cmocka_unit_test(test_local_times), cmocka_unit_test(test_edges),
        cmocka_unit_test(test_next_change),  cmocka_unit_test(test_refused),     cmocka_unit_test(test_files),
        cmocka_unit_test(test_against_libc), cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
