/* Time zones, as TZ in the environment writes them and as files of /usr/share/zoneinfo do: an instant goes to
 * local time and back. */
#include "daemon/core/zone.h"
#include "tests/fuzz/fuzz.h"

/* A zone can put its clock forward and back by two days each, and so skip a time and show it after all when
 * that is within a week; which of the two counts is nobody's concern. No zone has ever done that. In the
 * first week of 1970 it can't be asked, since there is no instant before. */
#define CROWD_USEC (7 * USEC_PER_DAY)

static bool is_crowded(const struct zone *zone, usec_t time_usec) {
    if (time_usec < CROWD_USEC)
        return true;
    usec_t first_usec = zone_next_change(zone, time_usec - CROWD_USEC);
    return first_usec != USEC_INFINITY &&
           zone_next_change(zone, first_usec) <= usec_add(time_usec, CROWD_USEC);
}

static const usec_t times_usec[] = {0, CROWD_USEC, FUZZ_NOW, FUZZ_NOW + 200 * USEC_PER_DAY,
                                    USEC_END_OF_TIME - USEC_PER_DAY};

static void check_instant(const struct zone *zone, usec_t time_usec) {
    struct civil civil;
    int32_t offset_sec;
    const char *abbreviation = NULL;
    usec_t again_usec;
    zone_to_civil(zone, time_usec, &civil, &offset_sec, &abbreviation);
    holds(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.hour >= 0 && civil.hour < 24);
    holds(offset_sec == zone_offset(zone, time_usec) && abbreviation);
    holds(zone_next_change(zone, time_usec) > time_usec);
    (void)zone_local_day(zone, time_usec);
    if (is_crowded(zone, time_usec))
        return;
    enum zone_fit fit = zone_from_civil(zone, &civil, &again_usec);
    holds(fit != ZONE_GAP); /* it happens: it was just read off a clock */
    holds(fit == ZONE_OVERLAP ? again_usec <= time_usec : again_usec == time_usec);
}

static void check(struct zone *zone) {
    size_t n;
    const struct zone_stretch *stretches = zone_stretches(zone, &n);
    holds(n >= 1 && stretches[0].from_sec == INT64_MIN && stretches[n - 1].until_sec == INT64_MAX);
    for (size_t i = 1; i < n; i++)
        holds(stretches[i].from_sec == stretches[i - 1].until_sec);
    for (size_t i = 0; i < ELEMENTSOF(times_usec); i++)
        check_instant(zone, times_usec[i]);
    usec_t change_usec = FUZZ_NOW;
    for (int i = 0; i < 4 && (change_usec = zone_next_change(zone, change_usec)) < USEC_END_OF_TIME; i++) {
        check_instant(zone, change_usec);
        check_instant(zone, change_usec - 1);
    }
    zone_free(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct zone *zone = NULL;
    char *text = fuzz_text(data, size);
    if (zone_from_posix(text, &zone) >= 0)
        check(zone);
    if (zone_from_tzif("fuzz", data, size, &zone) >= 0)
        check(zone);
    free(text);
    return 0;
}
