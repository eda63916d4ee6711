/* Marks are told apart by their ids in the journal; what else can be answered is an answer, and no mark. */
#include "daemon/client/figures.h"

#include <math.h>

#include "daemon/core/zone.h"

void figures_done(struct figures *figures) {
    free(figures->days);
    *figures = (struct figures){};
}

int32_t figures_day(usec_t time_usec, int32_t offset_sec, int32_t *ret_second) {
    int64_t local = (int64_t)(MIN_OF(time_usec, USEC_END_OF_TIME) / USEC_PER_SEC) + offset_sec;
    local = MAX_OF(local, 0);
    *ret_second = (int32_t)(local % SECONDS_PER_DAY);
    return (int32_t)(local / SECONDS_PER_DAY);
}

/* A flight to the west may bring a day back: then its place is before the end. */
static int add_day(struct figures *figures, int32_t day) {
    size_t at = figures->n_days;
    while (at > 0 && figures->days[at - 1] > day)
        at--;
    if (at > 0 && figures->days[at - 1] == day)
        return 0;
    int r =
        array_reserve(&figures->days, &figures->days_capacity, figures->n_days + 1, sizeof *figures->days);
    if (r < 0)
        return r;
    memmove(figures->days + at + 1, figures->days + at, (figures->n_days - at) * sizeof *figures->days);
    figures->days[at] = day;
    figures->n_days++;
    return 0;
}

static void add_theme(struct figures *figures, const struct entry *entry) {
    if (entry->theme >= THEME_COUNT)
        return;
    bool helpful = streq(entry->choice, "helpful");
    figures->shown++;
    figures->themes[entry->theme].shown++;
    figures->themes[entry->theme].helpful += helpful;
    figures->themes[entry->theme].marked +=
        helpful || streq(entry->choice, "okay") || streq(entry->choice, "not-for-me");
}

int figures_add(struct figures *figures, const struct entry *entry) {
    if (streq(entry->state, "forgotten"))
        return 0;
    int32_t second, day = figures_day(entry->time_usec, entry->offset_sec, &second);
    if (streq(entry->kind, "prompt")) {
        add_theme(figures, entry);
        if (entry->due_usec > 0)
            figures->hours[second / 3600]++;
    }
    return *entry->choice || *entry->note ? add_day(figures, day) : 0;
}

/* The first of `days` that is not before `day`. */
static size_t find_day(const struct figures *figures, int32_t day) {
    size_t low = 0, high = figures->n_days;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (figures->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t figures_month(const struct figures *figures, int32_t year, int month) {
    int32_t first = civil_to_days(year, month, 1), end = first + days_in_month(year, month);
    uint32_t bits = 0;
    for (size_t i = find_day(figures, first); i < figures->n_days && figures->days[i] < end; i++)
        bits |= (uint32_t)1 << (figures->days[i] - first);
    return bits;
}

void figures_interval(uint32_t hits, uint32_t n, uint32_t *ret_low, uint32_t *ret_high) {
    static const double z = 1.959964; /* 95% of a normal distribution lie within */
    double share = (double)hits / n, square = z * z / n;
    double middle = (share + square / 2) / (1 + square);
    double half = sqrt(share * (1 - share) / n * z * z + square * square / 4) / (1 + square);
    *ret_low = (uint32_t)lround(fmax(middle - half, 0) * 100);
    *ret_high = (uint32_t)lround(fmin(middle + half, 1) * 100);
}
