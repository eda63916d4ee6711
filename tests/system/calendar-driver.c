/* Calendar expressions from standard input, for tests that compare with other programs. Each line is
 * ZONE<TAB>BASE_USEC<TAB>N<TAB>EXPRESSION, with ZONE as in TZ; each is answered by one line:
 *     NORMALISED<TAB>USEC USEC ...     the next N times after the base, then "never" if there are fewer
 *     error COLUMN MESSAGE             refused
 * Exits 1 on a line that isn't like that, or a zone that can't be loaded. */
#include "daemon/core/calendar.h"
#include "daemon/store/zonefile.h"

#include <stdio.h>

/* The zone of the line before is kept: lines mostly come sorted by zone. */
struct loaded {
    char *name;
    struct zone *zone;
};

static int load(struct loaded *loaded, int (*read)(const char *, struct zone **), const char *name,
                const struct zone **ret) {
    if (!loaded->name || !streq(loaded->name, name)) {
        struct zone *zone;
        int r = read(name, &zone);
        if (r < 0)
            return r;
        zone_free(loaded->zone);
        free(loaded->name);
        loaded->zone = zone;
        loaded->name = strdup(name);
    }
    *ret = loaded->zone;
    return 0;
}

static int print_times(const struct calendar *calendar, const struct zone *zone, usec_t base_usec, int n) {
    _cleanup_free_ char *normalised = NULL;
    int r = calendar_format(calendar, &normalised);
    if (r < 0)
        return r;
    printf("%s\t", normalised);
    for (int i = 0; i < n; i++) {
        r = calendar_next(calendar, zone, base_usec, &base_usec);
        if (r == -ENOENT || r == -EINVAL) {
            printf("never");
            break;
        }
        if (r < 0)
            return r;
        printf("%llu ", (unsigned long long)base_usec);
    }
    printf("\n");
    return 0;
}

static int answer(struct loaded zones[2], const char *zone_text, usec_t base_usec, int n, const char *text) {
    _cleanup_(calendar_freep) struct calendar *calendar = NULL;
    struct calendar_error error;
    const struct zone *zone;
    int r = calendar_parse(text, &calendar, &error);
    if (r == -EINVAL) {
        printf("error %zu %s\n", error.column, error.message);
        return 0;
    }
    if (r >= 0)
        r = load(&zones[0], zonefile_load_tz, zone_text, &zone);
    if (r >= 0 && calendar_zone_name(calendar) && !calendar_zone_is_local(calendar, zone))
        r = load(&zones[1], zonefile_load_name, calendar_zone_name(calendar), &zone);
    if (r == -ENOENT || r == -EINVAL) {
        printf("error 0 no such zone\n");
        return 0;
    }
    return r < 0 ? r : print_times(calendar, zone, base_usec, n);
}

int main(void) {
    struct loaded zones[2] = {{0}, {0}};
    char line[8192];
    int r = 0;
    while (r >= 0 && fgets(line, sizeof line, stdin)) {
        unsigned long long base_usec;
        int n, used = 0;
        line[strcspn(line, "\n")] = 0;
        char *rest = strchr(line, '\t');
        if (!rest || sscanf(rest, "\t%llu\t%d%n", &base_usec, &n, &used) != 2 || rest[used] != '\t') {
            r = -EINVAL;
            break;
        }
        *rest = 0;
        r = answer(zones, line, base_usec, n, rest + used + 1);
    }
    for (int i = 0; i < 2; i++) {
        zone_free(zones[i].zone);
        free(zones[i].name);
    }
    return r < 0;
}
