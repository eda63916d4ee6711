/* Spans and moments as people write them: what is understood can be said again. */
#include "daemon/core/span.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/fuzz.h"

#define PARTS_ALL 16

static void check_span(const char *text) {
    char buffer[SPAN_TEXT_SIZE], small[8];
    usec_t span_usec, again_usec;
    if (span_parse(text, &span_usec) < 0)
        return;
    holds(span_parse(span_format(span_usec, PARTS_ALL, buffer, sizeof buffer), &again_usec) >= 0);
    holds(strlen(buffer) + 1 < sizeof buffer && again_usec == span_usec);
    for (int units = 1; units < 4; units++) { /* rounded down */
        holds(span_parse(span_format(span_usec, units, buffer, sizeof buffer), &again_usec) >= 0);
        holds(again_usec <= span_usec);
    }
    holds(strlen(span_format(span_usec, PARTS_ALL, small, sizeof small)) < sizeof small);
}

static void check_moment(const char *text, const struct zone *zone, enum moment_bias bias) {
    char buffer[MOMENT_TEXT_SIZE];
    usec_t time_usec, again_usec;
    if (moment_parse(text, FUZZ_NOW, zone, bias, 9 * 3600, &time_usec) < 0)
        return;
    if (time_usec < USEC_PER_DAY || time_usec >= USEC_END_OF_TIME - USEC_PER_DAY)
        return; /* the local year may be 1969 or 2200, which are not read */
    moment_format(time_usec, zone, buffer);
    holds(strlen(buffer) < sizeof buffer);
    holds(moment_parse(buffer, FUZZ_NOW, zone, bias, 0, &again_usec) >= 0 && again_usec == time_usec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct zone *zones[2];
    if (!zones[0])
        holds(zone_from_posix("CET-1CEST,M3.5.0,M10.5.0/3", &zones[0]) >= 0 &&
              zone_from_posix("<-0330>3:30<-0230>,M3.2.0,M11.1.0", &zones[1]) >= 0);
    char *text = fuzz_text(data, size);
    check_span(text);
    for (size_t i = 0; i < ELEMENTSOF(zones); i++) {
        check_moment(text, zones[i], MOMENT_NEXT);
        check_moment(text, zones[i], MOMENT_LAST);
    }
    free(text);
    return 0;
}
