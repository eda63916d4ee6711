/* Time spans and moments: what is read, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/core/span.h"

/* Tuesday. */
#define NOW "2024-05-14T10:00:00+02:00"

static void test_spans(void **state) {
    static const struct {
        const char *text;
        int r;
        usec_t usec;
    } cases[] = {
        {"20min", 0, 20 * USEC_PER_MINUTE},
        {"90", 0, 90 * USEC_PER_SEC},
        {"1h 30min", 0, 90 * USEC_PER_MINUTE},
        {"1h30min", 0, 90 * USEC_PER_MINUTE},
        {" 2 h ", 0, 2 * USEC_PER_HOUR},
        {"2hours", 0, 2 * USEC_PER_HOUR},
        {"48hr", 0, 48 * USEC_PER_HOUR},
        {"1y 12month", 0, (usec_t)2 * 31557600 * USEC_PER_SEC},
        {"55s500ms", 0, 55500 * USEC_PER_MSEC},
        {"300ms20s 5day", 0, 5 * USEC_PER_DAY + 20300 * USEC_PER_MSEC},
        {"1M", 0, (usec_t)2629800 * USEC_PER_SEC},
        {"1m", 0, USEC_PER_MINUTE},
        {"1w 1d", 0, 8 * USEC_PER_DAY},
        {"2weeks 3days 4minutes 5seconds 6msec 7usec", 0,
         17 * USEC_PER_DAY + 245 * USEC_PER_SEC + 6 * USEC_PER_MSEC + 7},
        {"1.5h", 0, 90 * USEC_PER_MINUTE},
        {".5h", 0, 30 * USEC_PER_MINUTE},
        {"0.1", 0, 100 * USEC_PER_MSEC},
        {"0.0000001s", 0, 0},
        {"1.0000009999s", 0, USEC_PER_SEC},
        {"0.33333333333333333333333333y", 0, 10519199999999},
        {"5\u00b5s", 0, 5},
        {"5\u03bcs", 0, 5},
        {"5sec2", 0, 7 * USEC_PER_SEC},
        {"0", 0, 0},
        {"infinity", 0, USEC_INFINITY},
        {" infinity ", 0, USEC_INFINITY},
        {"18446744073709551614us", 0, USEC_INFINITY - 1},
        {"18446744073709551615us", -ERANGE, 0},
        {"18446744073709551616us", -ERANGE, 0},
        {"999999999999999999999999", -ERANGE, 0},
        {"584943y", -ERANGE, 0},
        {"584541y 500y", -ERANGE, 0},
        {"999999999999999999999999 bad", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"  ", -EINVAL, 0},
        {"h", -EINVAL, 0},
        {"5.", -EINVAL, 0},
        {"5.h", -EINVAL, 0},
        {"-5", -EINVAL, 0},
        {"5 s s", -EINVAL, 0},
        {"1,5h", -EINVAL, 0},
        {"1. 5h", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"5S", -EINVAL, 0},
        {"5H", -EINVAL, 0},
        {"5Min", -EINVAL, 0},
        {"5ns", -EINVAL, 0},
        {"1.2.3", -EINVAL, 0},
        {"infinity 5", -EINVAL, 0},
        {"5min!", -EINVAL, 0},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        usec_t usec = 12345, expected = cases[i].r < 0 ? 12345 : cases[i].usec;
        int r = span_parse(cases[i].text, &usec);
        if (r != cases[i].r || usec != expected)
            fail_msg("\"%s\": %d, %llu", cases[i].text, r, (unsigned long long)usec);
    }
}

static void test_span_format(void **state) {
    static const struct {
        usec_t usec;
        int units;
        const char *text;
    } cases[] = {
        {0, 3, "0"},
        {1, 3, "1us"},
        {90 * USEC_PER_MINUTE, 3, "1h 30min"},
        {15 * USEC_PER_MINUTE, 1, "15min"},
        {119 * USEC_PER_SEC, 1, "1min"},
        {119 * USEC_PER_SEC, 2, "1min 59s"},
        {USEC_PER_DAY + 5 * USEC_PER_MINUTE + 3, 2, "1d 5min"},
        {8 * USEC_PER_DAY, 2, "1w 1d"},
        {1500 * USEC_PER_MSEC, 9, "1s 500ms"},
        {(usec_t)31557600 * USEC_PER_SEC * 2 + (usec_t)2629800 * USEC_PER_SEC, 9, "2y 1month"},
        {USEC_INFINITY, 1, "infinity"},
        {USEC_INFINITY - 1, 9, "584542y 2w 2d 20h 1min 49s 551ms 614us"},
        {USEC_PER_HOUR, 0, "0"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char buffer[SPAN_TEXT_SIZE];
        usec_t back;
        span_format(cases[i].usec, cases[i].units, buffer, sizeof buffer);
        if (!streq(buffer, cases[i].text))
            fail_msg("%llu in %d: \"%s\"", (unsigned long long)cases[i].usec, cases[i].units, buffer);
        if (cases[i].units == 9 && (span_parse(buffer, &back) < 0 || back != cases[i].usec))
            fail_msg("\"%s\" doesn't come back", buffer);
    }
    char small[8] = "xxxxxxx";
    assert_string_equal(span_format(90 * USEC_PER_MINUTE, 3, small, 6), "1h 30");
    assert_int_equal(small[6], 'x');
    span_format(1, 1, small, 0);
}

static void test_moments(void **state) {
    /* The day starts at 9:00. */
    static const struct {
        const char *text, *next, *last; /* NULL: refused */
    } cases[] = {
        {"now", NOW, NOW},
        {"NOW", NOW, NOW},
        {"today", "2024-05-14T09:00:00+02:00", "2024-05-14T09:00:00+02:00"},
        {"tomorrow", "2024-05-15T09:00:00+02:00", "2024-05-15T09:00:00+02:00"},
        {"yesterday", "2024-05-13T09:00:00+02:00", "2024-05-13T09:00:00+02:00"},
        {"tomorrow 7:30", "2024-05-15T07:30:00+02:00", "2024-05-15T07:30:00+02:00"},
        {"  Tomorrow   7:30 ", "2024-05-15T07:30:00+02:00", "2024-05-15T07:30:00+02:00"},
        {"today 8:00", "2024-05-14T08:00:00+02:00", "2024-05-14T08:00:00+02:00"},
        {"14:30", "2024-05-14T14:30:00+02:00", "2024-05-13T14:30:00+02:00"},
        {"9:00", "2024-05-15T09:00:00+02:00", "2024-05-14T09:00:00+02:00"},
        {"10:00", "2024-05-15T10:00:00+02:00", "2024-05-14T10:00:00+02:00"},
        {"14:30:15.25", "2024-05-14T14:30:15.25+02:00", "2024-05-13T14:30:15.25+02:00"},
        {"monday", "2024-05-20T09:00:00+02:00", "2024-05-13T09:00:00+02:00"},
        {"Wed", "2024-05-15T09:00:00+02:00", "2024-05-08T09:00:00+02:00"},
        {"tuesday", "2024-05-21T09:00:00+02:00", "2024-05-14T09:00:00+02:00"},
        {"tue 12:00", "2024-05-14T12:00:00+02:00", "2024-05-07T12:00:00+02:00"},
        {"next monday", "2024-05-20T09:00:00+02:00", "2024-05-20T09:00:00+02:00"},
        {"next tuesday 12:00", "2024-05-21T12:00:00+02:00", "2024-05-21T12:00:00+02:00"},
        {"last tuesday", "2024-05-07T09:00:00+02:00", "2024-05-07T09:00:00+02:00"},
        {"last wed 8:00", "2024-05-08T08:00:00+02:00", "2024-05-08T08:00:00+02:00"},
        {"2024-03-28", "2024-03-28T09:00:00+01:00", "2024-03-28T09:00:00+01:00"},
        {"2024-03-28 12:00", "2024-03-28T12:00:00+01:00", "2024-03-28T12:00:00+01:00"},
        {"2024-03-31 02:30", "2024-03-31T03:30:00+02:00", "2024-03-31T03:30:00+02:00"},
        {"2024-10-27 02:30", "2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+02:00"},
        {"2024-03-28T12:00:00Z", "2024-03-28T13:00:00+01:00", "2024-03-28T13:00:00+01:00"},
        {"2024-03-28t12:00:00.5z", "2024-03-28T13:00:00.5+01:00", "2024-03-28T13:00:00.5+01:00"},
        {"2024-03-28T12:00:00-05:30", "2024-03-28T18:30:00+01:00", "2024-03-28T18:30:00+01:00"},
        {"2024-03-28 12:00:00+01:00", "2024-03-28T12:00:00+01:00", "2024-03-28T12:00:00+01:00"},
        {"2024-03-28T12:00", "2024-03-28T12:00:00+01:00", "2024-03-28T12:00:00+01:00"},
        {"2024-02-29", "2024-02-29T09:00:00+01:00", "2024-02-29T09:00:00+01:00"},
        {"@1711627200", "2024-03-28T13:00:00+01:00", "2024-03-28T13:00:00+01:00"},
        {"@1711627200.000001", "2024-03-28T13:00:00.000001+01:00", "2024-03-28T13:00:00.000001+01:00"},
        {"+1h", "2024-05-14T11:00:00+02:00", "2024-05-14T11:00:00+02:00"},
        {"in 1h", "2024-05-14T11:00:00+02:00", "2024-05-14T11:00:00+02:00"},
        {"In 1h 30min", "2024-05-14T11:30:00+02:00", "2024-05-14T11:30:00+02:00"},
        {"1h ago", "2024-05-14T09:00:00+02:00", "2024-05-14T09:00:00+02:00"},
        {"-1h", "2024-05-14T09:00:00+02:00", "2024-05-14T09:00:00+02:00"},
        {"2 months ago", "2024-03-14T12:00:00+01:00", "2024-03-14T12:00:00+01:00"},
        {"99y ago", "1970-01-01T01:00:00+01:00", "1970-01-01T01:00:00+01:00"},
        {"", NULL, NULL},
        {"1h", NULL, NULL},
        {"soon", NULL, NULL},
        {"24:00", NULL, NULL},
        {"9", NULL, NULL},
        {"9:5", NULL, NULL},
        {"9:00pm", NULL, NULL},
        {"tomorrow9:00", NULL, NULL},
        {"tomorrow 9:00 UTC", NULL, NULL},
        {"next", NULL, NULL},
        {"next tomorrow", NULL, NULL},
        {"monday tuesday", NULL, NULL},
        {"2023-02-29", NULL, NULL},
        {"2024-13-01", NULL, NULL},
        {"1969-12-31", NULL, NULL},
        {"2200-01-01", NULL, NULL},
        {"2024-03-28 12:00 UTC", NULL, NULL},
        {"2024-03-28T", NULL, NULL},
        {"2024-03-28x12:00", NULL, NULL},
        {"tomorrow9:00", NULL, NULL},
        {"9:000", NULL, NULL},
        {"9:00:5", NULL, NULL},
        {"9:00:60", NULL, NULL},
        {"9:00:00.", NULL, NULL},
        {"2024-03-28T12:00:00+1", NULL, NULL},
        {"2024-03-28T12:00:00+01:00x", NULL, NULL},
        {"9:00Z", NULL, NULL},
        {"@", NULL, NULL},
        {"@-5", NULL, NULL},
        {"@5x", NULL, NULL},
        {"@7258118400", NULL, NULL},
        {"@99999999999999999999999", NULL, NULL},
        {"+", NULL, NULL},
        {"in", NULL, NULL},
        {"in 1h ago", NULL, NULL},
        {"+1h ago", NULL, NULL},
        {"ago", NULL, NULL},
    };
    _cleanup_(zone_freep) struct zone *zone = NULL;
    usec_t now;
    (void)state;
    assert_int_equal(zone_from_posix("CET-1CEST,M3.5.0,M10.5.0/3", &zone), 0);
    assert_int_equal(moment_parse(NOW, 0, zone, MOMENT_NEXT, 0, &now), 0);
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        for (int pass = 0; pass < 2; pass++) {
            enum moment_bias bias = pass == 0 ? MOMENT_NEXT : MOMENT_LAST;
            const char *expected = pass == 0 ? cases[i].next : cases[i].last;
            char buffer[MOMENT_TEXT_SIZE];
            usec_t usec;
            int r = moment_parse(cases[i].text, now, zone, bias, 9 * 3600, &usec);
            if (r != (expected ? 0 : -EINVAL))
                fail_msg("\"%s\": %d", cases[i].text, r);
            if (expected && !streq(moment_format(usec, zone, buffer), expected))
                fail_msg("\"%s\", pass %d: %s", cases[i].text, pass, buffer);
        }
    char longer[200];
    memset(longer, '1', sizeof longer);
    longer[sizeof longer - 1] = 0;
    assert_int_equal(moment_parse(longer, now, zone, MOMENT_NEXT, 0, &now), -EINVAL);
}

static void test_moment_format(void **state) {
    static const struct {
        const char *zone;
        usec_t usec;
        const char *text;
    } cases[] = {
        {"UTC0", 0, "1970-01-01T00:00:00+00:00"},
        {"<+0545>-5:45", 0, "1970-01-01T05:45:00+05:45"},
        {"<-0930>9:30", 500000, "1969-12-31T14:30:00.5-09:30"},
        {"<-04430>0:44:30", 0, "1969-12-31T23:16:00-00:44"},
        {"UTC0", USEC_END_OF_TIME - 1, "2199-12-31T23:59:59.999999+00:00"},
        {"UTC0", USEC_INFINITY, "586524-01-19T08:01:49.551615+00:00"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(zone_freep) struct zone *zone = NULL;
        char buffer[MOMENT_TEXT_SIZE];
        assert_int_equal(zone_from_posix(cases[i].zone, &zone), 0);
        if (!streq(moment_format(cases[i].usec, zone, buffer), cases[i].text))
            fail_msg("%s %llu: %s", cases[i].zone, (unsigned long long)cases[i].usec, buffer);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_span_format),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_moment_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
