/* Calendar expressions: what is read and refused, how it is written, and when it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/core/calendar.h"
#include "daemon/core/span.h"
#include "daemon/store/zonefile.h"

static struct zone *load(const char *name) {
    struct zone *zone = NULL;
    if (zonefile_load_tz(name, &zone) < 0)
        fail_msg("%s: can't be loaded; is tzdata installed?", name);
    return zone;
}

static struct calendar *parse(const char *text) {
    struct calendar *calendar = NULL;
    struct calendar_error error;
    if (calendar_parse(text, &calendar, &error) < 0)
        fail_msg("\"%s\": column %zu: %s", text, error.column, error.message);
    return calendar;
}

static void test_normalised(void **state) {
    static const struct {
        const char *text, *normalised;
    } cases[] = {
        /* the examples of systemd.time(7) */
        {"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
        {"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"},
        {"Wed *-1", "Wed *-*-01 00:00:00"},
        {"Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"},
        {"Wed, 17:48", "Wed *-*-* 17:48:00"},
        {"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"},
        {"*-*-7 0:0:0", "*-*-07 00:00:00"},
        {"10-15", "*-10-15 00:00:00"},
        {"monday *-12-* 17:00", "Mon *-12-* 17:00:00"},
        {"Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"},
        {"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"},
        {"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
        {"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"},
        {"03-05 08:05:40", "*-03-05 08:05:40"},
        {"08:05:40", "*-*-* 08:05:40"},
        {"05:40", "*-*-* 05:40:00"},
        {"Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"},
        {"Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"},
        {"2003-03-05 05:40", "2003-03-05 05:40:00"},
        {"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
        {"2003-02..04-05", "2003-02..04-05 00:00:00"},
        {"2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"},
        {"2003-03-05", "2003-03-05 00:00:00"},
        {"03-05", "*-03-05 00:00:00"},
        {"hourly", "*-*-* *:00:00"},
        {"daily", "*-*-* 00:00:00"},
        {"daily UTC", "*-*-* 00:00:00 UTC"},
        {"monthly", "*-*-01 00:00:00"},
        {"weekly", "Mon *-*-* 00:00:00"},
        {"weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"},
        {"yearly", "*-01-01 00:00:00"},
        {"annually", "*-01-01 00:00:00"},
        {"*:2/3", "*-*-* *:02/3:00"},
        {"*-02~03", "*-02~03 00:00:00"},
        {"Mon *-05~07/1", "Mon *-05~07/1 00:00:00"},
        /* the other words */
        {"minutely", "*-*-* *:*:00"},
        {"quarterly", "*-01,04,07,10-01 00:00:00"},
        {"semiannually", "*-01,07-01 00:00:00"},
        {"Semi-Annually", "*-01,07-01 00:00:00"},
        {"biannually", "*-01,07-01 00:00:00"},
        {"bi-annually", "*-01,07-01 00:00:00"},
        {"anually", "*-01-01 00:00:00"},
        {"DAILY utc", "*-*-* 00:00:00 UTC"},
        /* weekdays */
        {"mon..sun", "*-*-* 00:00:00"},
        {"Mon-Wed,Fri-Sun", "Mon..Wed,Fri..Sun *-*-* 00:00:00"},
        {"Mon,Tue", "Mon,Tue *-*-* 00:00:00"},
        {"Mon,", "Mon *-*-* 00:00:00"},
        {"Mon,  10:00", "Mon *-*-* 10:00:00"},
        {"Mon ", "Mon *-*-* 00:00:00"},
        {"Mon  UTC", "Mon *-*-* 00:00:00 UTC"},
        {"SUNDAY..Sun", "Sun *-*-* 00:00:00"},
        /* lists, ranges, steps */
        {"09:00,18:00", "*-*-* 09:00,18:00"},
        {"1..3,1..2,1/2,1:0", "*-*-* 01,01/2,01..02,01..03:00:00"},
        {"1/3,1/2,1..5/2:0", "*-*-* 01/2,01/3,01..05/2:00:00"},
        {"5,5,5:0", "*-*-* 05:00:00"},
        {"1..5/1:0", "*-*-* 01..05:00:00"},
        {"1..5/100:0", "*-*-* 01:00:00"},
        {"0..24/5:0", "*-*-* 00..20/5:00:00"},
        {"*-*-1..33/15", "*-*-01..31/15 00:00:00"},
        {"0/23:0/59:0/59.999999", "*-*-* 00/23:00/59:00/59.999999"},
        {"*-*", "*-*-* 00:00:00"},
        {"*-*-* ", "*-*-* 00:00:00"},
        {"*-*~*", "*-*-* 00:00:00"},
        {"1~1", "*-01~01 00:00:00"},
        {"*-*~28/27", "*-*~28/27 00:00:00"},
        {"*-*~10..12,3", "*-*~03,10..12 00:00:00"},
        {"*-*~1..30/5", "*-*~01..26/5 00:00:00"},
        {"*-*~2,28", "*-*~02,28 00:00:00"},
        {"Sun *-04,01/5,07..07-10 *:35", "Sun *-01/5,04,07-10 *:35:00"},
        /* years */
        {"70,1970-1-1", "1970-01-01 00:00:00"},
        {"69-1-1", "2069-01-01 00:00:00"},
        {"99..05-1-1", "1999..2005-01-01 00:00:00"},
        {"2199-1-1", "2199-01-01 00:00:00"},
        {"1970/100-1-1", "1970/100-01-01 00:00:00"},
        /* seconds */
        {"*:*:*", "*-*-* *:*:*"},
        {"*:*:0/1", "*-*-* *:*:*"},
        {"0..4:*:26,0/1,0..30/5", "*-*-* 00..04:*:*"},
        {"*:*:0/1,26.5", "*-*-* *:*:00/1,26.500000"},
        {"*:0/1", "*-*-* *:00/1:00"},
        {"*:*:0..5.5/0.3", "*-*-* *:*:00..05.400000/0.300000"},
        {"10:00:0.5..1.5", "*-*-* 10:00:00.500000..01.500000"},
        {"10:00:0.1..5", "*-*-* 10:00:00.100000..04.100000"},
        {"10:00:0..1.0", "*-*-* 10:00:00..01"},
        {"10:00:5/0.9999999", "*-*-* 10:00:05/1"},
        {"10:00:5.9999999", "*-*-* 10:00:06"},
        {"10:00:0.00000049", "*-*-* 10:00:00"},
        {"*:*:5..5.0/2", "*-*-* *:*:05"},
        /* the epoch */
        {"@0", "1970-01-01 00:00:00 UTC"},
        {"@1234", "1970-01-01 00:20:34 UTC"},
        {"@5 UTC", "1970-01-01 00:00:05 UTC"},
        {"Mon @7258118399", "Mon 2199-12-31 23:59:59 UTC"},
        /* zones */
        {"10:00 Etc/GMT+3", "*-*-* 10:00:00 Etc/GMT+3"},
        {"10:00 CEST", "*-*-* 10:00:00 CEST"},
        {"*-*-*  UTC", "*-*-* 00:00:00 UTC"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(calendar_freep) struct calendar *calendar = parse(cases[i].text);
        _cleanup_free_ char *text = NULL, *again = NULL;
        assert_int_equal(calendar_format(calendar, &text), 0);
        if (!streq(text, cases[i].normalised))
            fail_msg("\"%s\" becomes \"%s\"", cases[i].text, text);
        _cleanup_(calendar_freep) struct calendar *back = parse(text);
        assert_int_equal(calendar_format(back, &again), 0);
        if (!streq(text, again))
            fail_msg("\"%s\" becomes \"%s\", then \"%s\"", cases[i].text, text, again);
    }
}

static void test_refused(void **state) {
    static const struct {
        const char *text;
        size_t column;
        const char *told; /* a part of the message */
    } cases[] = {
        {"", 0, "empty"},
        {" ", 0, "a space"},
        {"  daily", 0, "a space"},
        {"daily ", 5, "stands alone"},
        {"weeklyx", 0, "weekday"},
        {"hourly  UTC", 6, "one space"},
        {"today", 0, "neither a weekday"},
        {"UTC", 0, "neither a weekday"},
        {"5", 0, "month-day"},
        {"*", 0, "month-day"},
        {"* *", 0, "month-day"},
        {"Fri..Mon", 0, "write Fri,Sat,Sun,Mon"},
        {"Tue,Sat..Tue 9:00", 4, "write Sat,Sun,Mon,Tue"},
        {"Mo", 0, "\"Mo\""},
        {"Mon..", 5, "weekday"},
        {"Mon..Wed..Fri", 8, "commas"},
        {"Mon,,Tue", 4, "weekday"},
        {",Mon", 0, "month-day"},
        {"Mon,10:00", 4, "weekday"},
        {"Mon10:00", 3, "space"},
        {"Mon Tue", 4, "commas without spaces"},
        {"Mon, Tue 9:00", 5, "commas without spaces"},
        {"9:00 Fri", 5, "come first"},
        {"9:00 daily", 5, "alone"},
        {"9:00 pm", 5, "24 hours"},
        {"9:00pm", 4, "24 hours"},
        {"9:00  UTC", 4, "too many"},
        {"9:00 ", 4, "too many"},
        {"9:00 Europe/Berlin x", 4, "time"},
        {"*/2:00", 0, "write 0/2"},
        {"*-*/2-1", 2, "write 1/2"},
        {"*:*,5:0", 2, "alone"},
        {"5,*:0", 2, "alone"},
        {"22..2:00", 0, "22..23,0..2"},
        {"*-11..2-1", 2, "11..12,1..2"},
        {"*-*-5..3", 4, "smaller"},
        {"2000..1990-1-1", 0, "smaller"},
        {"24:00", 0, "24 is no hour; it may be 0 to 23"},
        {"10:60", 3, "60 is no minute"},
        {"10:00:60", 6, "60 is no second"},
        {"10:0:59.9999999", 5, "60 is no second"},
        {"1..24:0", 0, "24 is no hour"},
        {"*-13-1", 2, "13 is no month"},
        {"*-0..5/2-1", 2, "0 is no month"},
        {"*-*-0", 4, "0 is no day"},
        {"*-*-32", 4, "32 is no day"},
        {"*-*~29", 4, "to 28"},
        {"*-*~0", 4, "to 28"},
        {"*-*~28..30", 4, "to 28"},
        {"1969-1-1", 0, "1970 to 2199"},
        {"2200-1-1", 0, "1970 to 2199"},
        {"100-1-1", 0, "1970 to 2199"},
        {"65..75-1-1", 0, "smaller"},
        {"*-1/0-1", 4, "more than 0"},
        {"1..5/0:0", 5, "more than 0"},
        {"*:0/60", 4, "leads past"},
        {"*:1/59", 4, "leads past"},
        {"*-*-31/1", 7, "leads past"},
        {"*-*~7/7", 6, "leads past"},
        {"*:*:0/60", 6, "leads past"},
        {"1970/300-1-1", 5, "leads past"},
        {"*:0/1.5", 5, "only seconds"},
        {"1.5:00", 1, "only seconds"},
        {"10:00:0.", 8, "decimals"},
        {"10:00:.5", 6, "number"},
        {"10:00:0.5.5", 9, "time"},
        {"10:00:0...5", 9, "number"},
        {"*:*:5..5", 4, "step"},
        {"*:*:0.1..0.5", 4, "step"},
        {"10:00:0/0.0000001", 8, "more than 0"},
        {"4294967297:00", 0, "too large"},
        {"99999999999999999999:00", 0, "too large"},
        {"*-*-1,", 6, "number"},
        {"*-*-1,,2", 6, "number"},
        {"*:1..", 5, "number"},
        {"*:1/2/3", 5, "time"},
        {"-1:00", 0, "number"},
        {"10:", 3, "number"},
        {"10::10", 3, "number"},
        {"10:00:00:00", 8, "time"},
        {"09:00,18:00:00,20:00", 11, "of its own"},
        {"09:00, 18:00", 6, "of its own"},
        {"10:00 11:00", 5, "time"},
        {"10:00-11:00", 5, "two dots"},
        {"2020-01-01T10:00", 10, "space"},
        {"2020/01/01", 0, "month-day"},
        {"*-*-1-1", 5, "year-month-day"},
        {"*~1-1", 1, "year-month-day"},
        {"*-*-", 4, "number"},
        {"*-*-1 *-*-2", 7, "hour"},
        {"*-*-* 10", 6, "hour"},
        {"10:00\n", 5, "\"?\""},
        {"*-*-*\t10:00", 5, "\"?10:00\""},
        {"@", 1, "seconds"},
        {"@-5", 1, "seconds"},
        {"@1234.5", 5, "alone"},
        {"@5 Europe/Berlin", 3, "no other zone"},
        {"@7258118400", 1, "2199"},
        {"@99999999999999999999", 1, "2199"},
        {"10:00 Europe/", 5, "time"},
        {"10:00 ../UTC", 5, "time"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct calendar *calendar = NULL;
        struct calendar_error error = {12345, ""};
        int r = calendar_parse(cases[i].text, &calendar, &error);
        if (r != -EINVAL || calendar || error.column != cases[i].column ||
            !strstr(error.message, cases[i].told))
            fail_msg("\"%s\": %d, column %zu: %s", cases[i].text, r, error.column, error.message);
        assert_null(strchr(error.message, '\n'));
        assert_int_equal(calendar_parse(cases[i].text, &calendar, NULL), -EINVAL);
    }
}

static void test_list_limit(void **state) {
    struct calendar *calendar = NULL;
    struct calendar_error error;
    char text[242 * 2 + 4] = "";
    (void)state;
    for (int n = 0; n < 242; n++)
        memcpy(text + 2 * n, "1,", 2);
    memcpy(text + 2 * 242 - 1, ":0", 3);
    assert_int_equal(calendar_parse(text, &calendar, &error), -EINVAL);
    assert_non_null(strstr(error.message, "at most 241"));
    assert_int_equal(calendar_parse(text + 2, &calendar, &error), 0);
    calendar_free(calendar);
}

static void test_clock_lists(void **state) {
    static const struct {
        const char *text;
        bool is_list;
    } cases[] = {
        {"09:00,18:00", true},
        {"9:00,18:00", true},
        {"9:00, 18:00", true},
        {"Mon..Fri 09:00,18:30", true},
        {"09:00:00,18:00:00", true},
        {"09:00,18:00,20:00", true},
        {"09:00,18:00 UTC", true},
        {"09:00,18", false},
        {"9,18:00", false},
        {"09:00", false},
        {"12,14:00,30", false},
        {"*:00,15:00", false},
        {"*-*-1,2 10:00", false},
        {"Mon,Tue 10:00", false},
        {"9:00,15:00/5", false},
        {"99:00,99:00", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (calendar_looks_like_clock_list(cases[i].text) != cases[i].is_list)
            fail_msg("\"%s\"", cases[i].text);
}

static void test_next(void **state) {
    static const struct {
        const char *zone, *text, *after, *times[5]; /* NULL ends the times; "" says that there are no more */
    } cases[] = {
        {"UTC",
         "daily",
         "2024-02-28T12:00:00Z",
         {"2024-02-29T00:00:00+00:00", "2024-03-01T00:00:00+00:00", "2024-03-02T00:00:00+00:00"}},
        {"UTC", "daily", "2024-02-28T00:00:00Z", {"2024-02-29T00:00:00+00:00"}},
        {"UTC", "daily", "2024-02-27T23:59:59.999999Z", {"2024-02-28T00:00:00+00:00"}},
        {"UTC", "*-02-29 12:00", "2096-03-01", {"2104-02-29T12:00:00+00:00"}},
        {"UTC",
         "Sat *-02-29",
         "1970-01-01",
         {"1992-02-29T00:00:00+00:00", "2020-02-29T00:00:00+00:00", "2048-02-29T00:00:00+00:00"}},
        {"UTC", "Fri *-*-13", "2024-01-01", {"2024-09-13T00:00:00+00:00", "2024-12-13T00:00:00+00:00"}},
        {"UTC", "Mon *-05~07/1", "2024-01-01", {"2024-05-27T00:00:00+00:00", "2025-05-26T00:00:00+00:00"}},
        {"UTC", "*-02~03", "2024-01-01", {"2024-02-27T00:00:00+00:00", "2025-02-26T00:00:00+00:00"}},
        {"UTC", "*-02~01..03/2", "2024-01-01", {"2024-02-27T00:00:00+00:00", "2024-02-29T00:00:00+00:00"}},
        {"UTC", "*-*~2,28", "2024-02-01", {"2024-02-02T00:00:00+00:00", "2024-02-28T00:00:00+00:00"}},
        {"UTC", "*-*-31", "2024-04-01", {"2024-05-31T00:00:00+00:00", "2024-07-31T00:00:00+00:00"}},
        {"UTC", "*-02-30", "2024-01-01", {""}},
        {"UTC", "Mon 2024-02-29", "2024-01-01", {""}},
        {"UTC", "2023-*-* *:*:*", "2024-01-01", {""}},
        {"UTC", "@1711627200", "2024-03-28T12:00:00Z", {""}},
        {"UTC", "@1711627200", "2024-03-28T11:59:59Z", {"2024-03-28T12:00:00+00:00", ""}},
        {"UTC", "*:*:*", "2199-12-31T23:59:58Z", {"2199-12-31T23:59:59+00:00", ""}},
        {"UTC", "*:0/45", "2024-01-01", {"2024-01-01T00:45:00+00:00", "2024-01-01T01:00:00+00:00"}},
        {"UTC", "09:00,18:00", "2024-01-01", {"2024-01-01T09:00:00+00:00", "2024-01-01T09:18:00+00:00"}},
        {"UTC",
         "10:00:0.5/0.25",
         "2024-01-01T10:00:59.5Z",
         {"2024-01-01T10:00:59.75+00:00", "2024-01-02T10:00:00.5+00:00"}},
        {"UTC",
         "10:00:59,0.000001",
         "2024-01-01T10:00:00Z",
         {"2024-01-01T10:00:00.000001+00:00", "2024-01-01T10:00:59+00:00"}},
        {"UTC", "*-*-2/12", "2022-12-27", {"2023-01-02T00:00:00+00:00", "2023-01-14T00:00:00+00:00"}},
        /* the spring change skips the time: the same distance past the gap */
        {"Europe/Berlin",
         "02:30",
         "2024-03-30T02:30:00+01:00",
         {"2024-03-31T03:30:00+02:00", "2024-04-01T02:30:00+02:00"}},
        {"Europe/Berlin",
         "2,3:30",
         "2024-03-30T12:00:00Z",
         {"2024-03-31T03:30:00+02:00", "2024-04-01T02:30:00+02:00", "2024-04-01T03:30:00+02:00"}},
        {"Europe/Berlin",
         "2..3:0/20",
         "2024-03-30T12:00:00Z",
         {"2024-03-31T03:00:00+02:00", "2024-03-31T03:20:00+02:00", "2024-03-31T03:40:00+02:00",
          "2024-04-01T02:00:00+02:00"}},
        {"Europe/Berlin",
         "2,3:15,45",
         "2024-03-30T12:00:00Z",
         {"2024-03-31T03:15:00+02:00", "2024-03-31T03:45:00+02:00", "2024-04-01T02:15:00+02:00"}},
        {"Europe/Berlin",
         "*:30",
         "2024-03-31T00:00:00Z",
         {"2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00", "2024-03-31T04:30:00+02:00"}},
        {"Africa/Cairo",
         "daily",
         "2023-04-26T22:00:00Z",
         {"2023-04-28T01:00:00+03:00", "2023-04-29T00:00:00+03:00"}},
        {"America/Sao_Paulo",
         "daily",
         "2018-11-03T03:00:00Z",
         {"2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"}},
        {"Australia/Lord_Howe",
         "02:15",
         "2024-10-05T00:00:00Z",
         {"2024-10-06T02:45:00+11:00", "2024-10-07T02:15:00+11:00"}},
        {"Pacific/Apia",
         "12:00",
         "2011-12-29T12:00:00-10:00",
         {"2011-12-31T12:00:00+14:00", "2012-01-01T12:00:00+14:00"}},
        {"Pacific/Apia", "2011-12-30 06:00", "2011-12-01", {"2011-12-31T06:00:00+14:00", ""}},
        {"Europe/Dublin", "01:30", "2025-03-29T12:00:00Z", {"2025-03-30T02:30:00+01:00"}},
        /* the autumn change repeats it: the first time only */
        {"Europe/Berlin",
         "02:30",
         "2024-10-26T12:00:00Z",
         {"2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"}},
        {"Europe/Berlin", "02:30", "2024-10-27T02:10:00+01:00", {"2024-10-28T02:30:00+01:00"}},
        {"Europe/Berlin",
         "*:30",
         "2024-10-27T00:00:00Z",
         {"2024-10-27T02:30:00+02:00", "2024-10-27T03:30:00+01:00"}},
        {"Atlantic/Azores",
         "daily",
         "2024-10-26T12:00:00Z",
         {"2024-10-27T00:00:00+00:00", "2024-10-28T00:00:00-01:00"}},
        {"Africa/Casablanca",
         "02:30",
         "2024-03-09T12:00:00Z",
         {"2024-03-10T02:30:00+01:00", "2024-03-11T02:30:00+00:00"}},
        /* an abbreviation of the zone counts while it is in force */
        {"Europe/Berlin",
         "02:30 CEST",
         "2024-10-26T12:00:00Z",
         {"2024-10-27T02:30:00+02:00", "2025-03-31T02:30:00+02:00"}},
        {"Europe/Berlin",
         "02:30 CET",
         "2024-03-30T12:00:00Z",
         {"2024-10-27T02:30:00+01:00", "2024-10-28T02:30:00+01:00"}},
        {"Europe/Berlin", "2024-07-01 CET", "2024-01-01", {""}},
        {"Europe/Berlin", "2024-07-01 12:00 CEST", "2024-01-01", {"2024-07-01T12:00:00+02:00", ""}},
        /* infinite to systemd 252 */
        {"America/St_Johns", "Sun *-04,01/5,07..07-10 *:35", "2024-03-01", {"2024-11-10T00:35:00-03:30"}},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(zone_freep) struct zone *zone = load(cases[i].zone);
        _cleanup_(calendar_freep) struct calendar *calendar = parse(cases[i].text);
        usec_t at;
        assert_int_equal(moment_parse(cases[i].after, 0, zone, MOMENT_NEXT, 0, &at), 0);
        for (size_t j = 0; j < ELEMENTSOF(cases[i].times) && cases[i].times[j]; j++) {
            char buffer[MOMENT_TEXT_SIZE] = "";
            if (calendar_next(calendar, zone, at, &at) == 0)
                moment_format(at, zone, buffer);
            if (!streq(buffer, cases[i].times[j]))
                fail_msg("\"%s\" in %s, time %zu: \"%s\"", cases[i].text, cases[i].zone, j, buffer);
        }
    }
}

static void test_edges(void **state) {
    _cleanup_(calendar_freep) struct calendar *calendar = parse("*:*:*");
    usec_t at = 12345;
    (void)state;
    assert_int_equal(calendar_next(calendar, zone_utc(), USEC_INFINITY, &at), -ENOENT);
    assert_int_equal(calendar_next(calendar, zone_utc(), USEC_END_OF_TIME, &at), -ENOENT);
    assert_int_equal(calendar_next(calendar, zone_utc(), USEC_END_OF_TIME - 1, &at), -ENOENT);
    assert_int_equal(at, 12345);
    assert_int_equal(calendar_next(calendar, zone_utc(), 0, &at), 0);
    assert_int_equal(at, USEC_PER_SEC);
    assert_null(calendar_zone_name(calendar));
    assert_null(calendar_free(NULL));
}

static void test_days(void **state) {
    static const struct {
        const char *text;
        int year, month, day; /* the first on or after 2024-02-10; 0: none */
        const char *told;     /* or why it is refused */
    } cases[] = {
        {"Mon..Sun", 2024, 2, 10, NULL},
        {"daily", 2024, 2, 10, NULL},
        {"weekly", 2024, 2, 12, NULL},
        {"Mon,Wed", 2024, 2, 12, NULL},
        {"*-*~1", 2024, 2, 29, NULL},
        {"Mon *-*-1..7", 2024, 3, 4, NULL},
        {"2024-02-10", 2024, 2, 10, NULL},
        {"2024-02-09", 0, 0, 0, NULL},
        {"*-02-30", 0, 0, 0, NULL},
        {"10:00", 0, 0, 0, "only days"},
        {"Mon 10:00", 0, 0, 0, "only days"},
        {"*-*-1 10:00", 0, 0, 0, "only days"},
        {"monthly", 0, 0, 0, "daily and weekly"},
        {"Mon UTC", 0, 0, 0, "commas"},
        {"*-*-1 UTC", 0, 0, 0, "only days"},
        {"@5", 0, 0, 0, "only days"},
        {"5", 0, 0, 0, "only days"},
        {" ", 0, 0, 0, "a space"},
        {"", 0, 0, 0, "empty"},
    };
    int32_t from = civil_to_days(2024, 2, 10);
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(calendar_freep) struct calendar *calendar = NULL;
        struct calendar_error error = {0, ""};
        int32_t day = 0;
        int r = calendar_parse_days(cases[i].text, &calendar, &error);
        if (cases[i].told && (r != -EINVAL || !strstr(error.message, cases[i].told)))
            fail_msg("\"%s\": %d, %s", cases[i].text, r, error.message);
        if (cases[i].told)
            continue;
        assert_int_equal(r, 0);
        bool found = calendar_next_day(calendar, from, &day) == 0;
        if (found != (cases[i].day > 0) ||
            (found && day != civil_to_days(cases[i].year, cases[i].month, cases[i].day)))
            fail_msg("\"%s\": %d", cases[i].text, day);
        if (found)
            assert_true(calendar_has_day(calendar, day) &&
                        (day == from || !calendar_has_day(calendar, from)));
    }
    _cleanup_(calendar_freep) struct calendar *daily = parse("daily");
    assert_true(calendar_has_day(daily, 0) && calendar_has_day(daily, 84005));
    assert_false(calendar_has_day(daily, -1) || calendar_has_day(daily, 84006));
    assert_false(calendar_has_day(daily, INT32_MIN) || calendar_has_day(daily, INT32_MAX));
}

/* --- Random expressions, made from sets and looked up in them --------------------------------- */

static uint64_t random_state;

static int random_below(int bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int)(random_state % (uint64_t)bound);
}

struct sets {
    bool weekday[7], month[13], day[32], hour[24], minute[60], second[60];
    bool from_end;
};

/* Fills a set with "*", or with some values, and writes it. */
static void make_set(bool *set, int min, int max, char *text, size_t size) {
    size_t used = 0;
    if (random_below(3) == 0) {
        memset(set + min, true, (size_t)(max - min + 1));
        snprintf(text, size, "*");
        return;
    }
    for (int n = random_below(4); n >= 0; n--) {
        int first = min + random_below(max - min + 1), step = 1 + random_below(9);
        int last = random_below(2) ? first : first + random_below(max - first + 1);
        for (int value = first; value <= last; value += step)
            set[value] = true;
        used += (size_t)snprintf(text + used, size - used, "%s%d..%d/%d", used ? "," : "", first, last, step);
    }
}

static void make_weekdays(bool *set, char *text, size_t size) {
    static const char *const names[] = {"Mon", "tue", "Wednesday", "THU", "Fri", "saturday", "Sun"};
    size_t used = 0;
    *text = 0;
    for (int i = 0; i < 7; i++) {
        set[i] = random_below(2);
        if (set[i])
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", names[i]);
    }
    if (used == 0)
        memset(set, true, 7 * sizeof *set);
}

static void make_expression(struct sets *sets, char *text, size_t size) {
    char weekdays[80], month[80], day[80], hour[80], minute[80], second[80];
    *sets = (struct sets){.from_end = random_below(4) == 0};
    make_weekdays(sets->weekday, weekdays, sizeof weekdays);
    make_set(sets->month, 1, 12, month, sizeof month);
    make_set(sets->day, 1, sets->from_end ? 28 : 31, day, sizeof day);
    make_set(sets->hour, 0, 23, hour, sizeof hour);
    make_set(sets->minute, 0, 59, minute, sizeof minute);
    make_set(sets->second, 0, 59, second, sizeof second);
    if (streq(day, "*")) /* then it is every day, counted from either end */
        memset(sets->day + 1, true, 31);
    snprintf(text, size, "%s %s%c%s %s:%s:%s", weekdays, month, sets->from_end ? '~' : '-', day, hour, minute,
             second);
}

static bool day_matches(const struct sets *sets, int32_t number) {
    int32_t year;
    int month, day;
    civil_from_days(number, &year, &month, &day);
    int index = sets->from_end ? days_in_month(year, month) + 1 - day : day;
    return sets->weekday[weekday_of_days(number)] && sets->month[month] && sets->day[index];
}

/* Tries every second of local time from a day before `after` on; gaps, which can bring a later one first, are
 * shorter than the hours that are looked at behind it. USEC_INFINITY: none in so many days. */
static usec_t try_all(const struct sets *sets, const struct zone *zone, usec_t after, int days) {
    int32_t today = zone_local_day(zone, after);
    usec_t best = USEC_INFINITY;
    for (int32_t number = MAX_OF(today - 1, 0); number < today + days; number++) {
        if (!day_matches(sets, number))
            continue;
        for (int second = 0; second < SECONDS_PER_DAY; second++) {
            if (!sets->hour[second / 3600]) {
                second += 3599;
                continue;
            }
            if (!sets->minute[second / 60 % 60]) {
                second += 59;
                continue;
            }
            if (!sets->second[second % 60])
                continue;
            usec_t usec = zone_day_second(zone, number, second);
            if (usec > after && usec < best)
                best = usec;
            if (usec != USEC_INFINITY && best < usec_sub(usec, 3 * USEC_PER_HOUR))
                return best;
        }
    }
    return best;
}

static void test_random(void **state) {
    static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo",
                                        "America/Sao_Paulo", "UTC"};
    const char *seed = getenv("SEED");
    random_state = (seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL)) | 1;
    print_message("SEED=%llu\n", (unsigned long long)random_state);
    (void)state;
    for (int i = 0; i < 500; i++) {
        const char *name = zones[random_below(ELEMENTSOF(zones))];
        _cleanup_(zone_freep) struct zone *zone = load(name);
        struct sets sets;
        char text[512];
        make_expression(&sets, text, sizeof text);
        const char *at = text + strspn(text, " ");
        _cleanup_(calendar_freep) struct calendar *calendar = parse(at);

        usec_t after = (usec_t)random_below(1800000000) * USEC_PER_SEC, next;
        usec_t change = zone_next_change(zone, after);
        if (random_below(2) && change != USEC_INFINITY)
            after = change + (usec_t)random_below(2 * SECONDS_PER_DAY) * USEC_PER_SEC - USEC_PER_DAY;
        int32_t day = zone_local_day(zone, after), next_day;
        while (!day_matches(&sets, day) && day < 40000)
            day++;
        if (day < 40000 &&
            (calendar_next_day(calendar, zone_local_day(zone, after), &next_day) < 0 || next_day != day))
            fail_msg("\"%s\" in %s after %llu: day %d", at, name, (unsigned long long)after, day);

        usec_t expected = try_all(&sets, zone, after, 100);
        int r = calendar_next(calendar, zone, after, &next);
        if (expected != USEC_INFINITY && (r < 0 || next != expected))
            fail_msg("\"%s\" in %s after %llu: %llu, not %llu", at, name, (unsigned long long)after,
                     (unsigned long long)(r < 0 ? 0 : next), (unsigned long long)expected);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalised),  cmocka_unit_test(test_refused), cmocka_unit_test(test_list_limit),
        cmocka_unit_test(test_clock_lists), cmocka_unit_test(test_next),    cmocka_unit_test(test_edges),
        cmocka_unit_test(test_days),        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
