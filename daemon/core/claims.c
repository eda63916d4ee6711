/* Days are UTC days: only a way to cut time into pieces. An `at` that comes more often than anyone could mean
 * is thinned out to one a minute, and a day with too many claims all the same counts as claimed throughout.
 * Where memory is out a day has no claims, and is looked at anew the next time: a prompt may then come near
 * an `at`, which the gap rule at its due time still forbids. */
#include "daemon/core/claims.h"

#define DAYS_KEPT    4
#define PER_DAY_MAX  20000
#define EXACT_A_DAY  64 /* of one reminder; more than most_per_day can be */
#define THINNED_USEC USEC_PER_MINUTE

struct day {
    uint64_t number; /* of the day since 1970, plus 1; 0: an empty place */
    bool full;       /* claimed throughout */
    bool lacks;      /* there was no memory for all: not to be kept */
    usec_t *at;
    size_t n, capacity;
    usec_t apart_usec; /* `last` was worked out for it; USEC_INFINITY: it was not */
    uint32_t *last;    /* of each claim's run, by its place in `at` */
    size_t last_capacity;
};

struct claims {
    const struct schedule *schedule;
    const usec_t *starts_usec;
    const struct zone *zone;
    bool any; /* there is an `at` at all */
    struct day days[DAYS_KEPT];
    size_t next_place;
};

int claims_new(const struct schedule *schedule, const usec_t *starts_usec, const struct zone *zone,
               struct claims **ret) {
    struct claims *claims = calloc(1, sizeof *claims);
    if (!claims)
        return -ENOMEM;
    claims->schedule = schedule;
    claims->starts_usec = starts_usec;
    claims->zone = zone;
    for (size_t i = 0; i < schedule->n_reminders; i++)
        claims->any |= schedule->reminders[i].kind == REMINDER_AT;
    *ret = claims;
    return 0;
}

struct claims *claims_free(struct claims *claims) {
    if (!claims)
        return NULL;
    for (size_t i = 0; i < DAYS_KEPT; i++) {
        free(claims->days[i].at);
        free(claims->days[i].last);
    }
    free(claims);
    return NULL;
}

usec_t claims_next_at(const struct reminder *reminder, const struct zone *zone, usec_t after_usec) {
    for (;;) {
        usec_t earliest = USEC_INFINITY;
        for (size_t i = 0; i < reminder->n_at; i++) {
            const struct moment_rule *rule = &reminder->at[i];
            usec_t next;
            if (calendar_next(rule->calendar, rule->zone ? rule->zone : zone, after_usec, &next) >= 0 &&
                next < earliest)
                earliest = next;
        }
        if (earliest == USEC_INFINITY || !reminder->window.on)
            return earliest;
        int32_t day = zone_local_day(zone, earliest), allowed;
        if (calendar_next_day(reminder->window.on, day, &allowed) < 0)
            return USEC_INFINITY;
        if (allowed == day)
            return earliest;
        after_usec = MAX_OF(zone_day_second(zone, allowed, 0) - 1, earliest);
    }
}

static void add_claim(struct day *day, usec_t at_usec) {
    if (day->n == PER_DAY_MAX)
        day->full = true;
    else if (array_reserve(&day->at, &day->capacity, day->n + 1, sizeof *day->at) >= 0)
        day->at[day->n++] = at_usec;
    else
        day->lacks = true;
}

static void add_reminder(const struct claims *claims, struct day *day, const struct reminder *reminder,
                         usec_t after_usec, usec_t before_usec) {
    usec_t at = after_usec, quiet_end;
    for (unsigned n = 0; !day->full; n++) {
        at = claims_next_at(reminder, claims->zone, at);
        if (at >= before_usec)
            return;
        if (!schedule_quiet_at(claims->schedule, claims->zone, at, &quiet_end))
            add_claim(day, at);
        if (n >= EXACT_A_DAY)
            at += THINNED_USEC - 1;
    }
}

static int compare_usec(const void *a, const void *b) {
    usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;
    return x < y ? -1 : x > y;
}

static struct day *get_day(struct claims *claims, uint64_t number) {
    for (size_t i = 0; i < DAYS_KEPT; i++)
        if (claims->days[i].number == number + 1)
            return &claims->days[i];
    struct day *day = &claims->days[claims->next_place++ % DAYS_KEPT];
    day->number = number + 1;
    day->n = 0;
    day->full = day->lacks = false;
    day->apart_usec = USEC_INFINITY;
    usec_t start = number * USEC_PER_DAY;
    for (size_t i = 0; i < claims->schedule->n_reminders; i++) {
        usec_t since = claims->starts_usec ? claims->starts_usec[i] : 0;
        if (claims->schedule->reminders[i].kind == REMINDER_AT)
            add_reminder(claims, day, &claims->schedule->reminders[i], MAX_OF(usec_sub(start, 1), since),
                         start + USEC_PER_DAY);
    }
    if (day->n > 0)
        qsort(day->at, day->n, sizeof *day->at, compare_usec);
    if (day->lacks)
        day->number = 0;
    return day;
}

/* How many of the day's claims are at or before `usec`. */
static size_t count_until(const struct day *day, usec_t usec) {
    size_t low = 0, high = day->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (day->at[middle] <= usec)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

usec_t claims_next(struct claims *claims, usec_t after_usec, usec_t before_usec) {
    for (uint64_t number = after_usec / USEC_PER_DAY; claims->any && number * USEC_PER_DAY < before_usec;
         number++) {
        const struct day *day = get_day(claims, number);
        size_t i = count_until(day, after_usec);
        usec_t next = day->full    ? MAX_OF(after_usec + 1, number * USEC_PER_DAY)
                      : i < day->n ? day->at[i]
                                   : USEC_INFINITY;
        if (next != USEC_INFINITY)
            return next < before_usec ? next : USEC_INFINITY;
    }
    return USEC_INFINITY;
}

static bool find_runs(struct day *day, usec_t apart_usec) {
    if (day->apart_usec == apart_usec)
        return true;
    if (array_reserve(&day->last, &day->last_capacity, day->n, sizeof *day->last) < 0)
        return false;
    for (size_t i = day->n; i-- > 0;) {
        bool goes_on = i + 1 < day->n && day->at[i + 1] - day->at[i] <= apart_usec;
        day->last[i] = goes_on ? day->last[i + 1] : (uint32_t)i;
    }
    day->apart_usec = apart_usec;
    return true;
}

usec_t claims_run_end(struct claims *claims, usec_t claim_usec, usec_t apart_usec, usec_t before_usec) {
    for (usec_t next_usec = claim_usec; next_usec != USEC_INFINITY;) {
        struct day *day = get_day(claims, next_usec / USEC_PER_DAY);
        if (day->full)
            claim_usec = (next_usec / USEC_PER_DAY + 1) * USEC_PER_DAY - 1;
        else if (find_runs(day, apart_usec))
            claim_usec = day->at[day->last[count_until(day, next_usec) - 1]];
        else
            return next_usec;
        next_usec = claims_next(claims, claim_usec, MIN_OF(before_usec, claim_usec + apart_usec + 1));
    }
    return claim_usec;
}

unsigned claims_count(struct claims *claims, usec_t after_usec, usec_t until_usec, unsigned enough) {
    unsigned count = 0;
    for (uint64_t number = after_usec / USEC_PER_DAY; claims->any && number * USEC_PER_DAY <= until_usec;
         number++) {
        const struct day *day = get_day(claims, number);
        size_t n = day->full ? enough : count_until(day, until_usec) - count_until(day, after_usec);
        if (n >= enough - count)
            return enough;
        count += (unsigned)n;
    }
    return count;
}
