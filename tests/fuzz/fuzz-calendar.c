/* Calendar expressions: what is understood is printed so that it means the same, and a search goes forward,
 * ends, and gives the same whenever it is asked. */
#include "daemon/core/calendar.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/fuzz.h"

#define STEPS 4

static const char *const zones[] = {"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "NST3:30NDT,M3.2.0,M11.1.0",
                                    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"};

static struct zone *zone_at(size_t index) {
    static struct zone *loaded[ELEMENTSOF(zones)];
    if (!loaded[index])
        holds(zone_from_posix(zones[index], &loaded[index]) >= 0);
    return loaded[index];
}

static void check_search(const struct calendar *calendar, const struct zone *zone, usec_t base_usec) {
    usec_t at_usec = base_usec, next_usec, again_usec;
    for (int i = 0; i < STEPS && calendar_next(calendar, zone, at_usec, &next_usec) >= 0; i++) {
        holds(next_usec > at_usec && next_usec < USEC_END_OF_TIME);
        /* There is nothing in between. */
        usec_t middle_usec = at_usec + (next_usec - at_usec) / 2;
        if (middle_usec < next_usec)
            holds(calendar_next(calendar, zone, middle_usec, &again_usec) >= 0 && again_usec == next_usec);
        at_usec = next_usec;
    }
}

static void check_days(const struct calendar *calendar, int32_t from) {
    int32_t day;
    if (calendar_next_day(calendar, from, &day) >= 0)
        holds(day >= from && calendar_has_day(calendar, day));
}

static void check_printed(const struct calendar *calendar, bool days) {
    struct calendar *again = NULL;
    char *text = NULL, *twice = NULL;
    holds(calendar_format(calendar, &text) >= 0 && text_is_plain(text));
    if (!days) { /* what is printed has a clock time, too */
        holds(calendar_parse(text, &again, NULL) >= 0);
        holds(calendar_format(again, &twice) >= 0 && streq(text, twice));
    }
    for (size_t i = 0; again && i < ELEMENTSOF(zones); i++) {
        usec_t next_usec = 0, next_again_usec = 0;
        int r = calendar_next(calendar, zone_at(i), FUZZ_NOW, &next_usec);
        holds(calendar_next(again, zone_at(i), FUZZ_NOW, &next_again_usec) == r);
        holds(next_usec == next_again_usec);
    }
    calendar_free(again);
    free(text);
    free(twice);
}

static void check(const char *text, bool days) {
    struct calendar *calendar = NULL;
    struct calendar_error error = {.column = SIZE_MAX};
    int r = days ? calendar_parse_days(text, &calendar, &error) : calendar_parse(text, &calendar, &error);
    if (r < 0) {
        holds(r == -EINVAL && error.column <= strlen(text));
        holds(*error.message && (text_is_plain(error.message) || !text_is_plain(text)));
        return;
    }
    check_printed(calendar, days);
    for (size_t i = 0; i < ELEMENTSOF(zones); i++) {
        check_search(calendar, zone_at(i), 0);
        check_search(calendar, zone_at(i), FUZZ_NOW);
        check_search(calendar, zone_at(i), (usec_t)1774746000 * USEC_PER_SEC); /* a spring change */
        check_search(calendar, zone_at(i), USEC_END_OF_TIME - USEC_PER_DAY);
    }
    check_days(calendar, 0);
    check_days(calendar, (int32_t)(FUZZ_NOW / USEC_PER_DAY));
    holds(!calendar_zone_name(calendar) || *calendar_zone_name(calendar));
    calendar_free(calendar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    check(text, false);
    check(text, true);
    (void)calendar_looks_like_clock_list(text);
    free(text);
    return 0;
}
