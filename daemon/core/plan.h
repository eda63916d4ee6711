/* Reminders -> what is due when. Pure: the same schedule, zone and secret give the same occurrences, whenever
 * and in whatever pieces one asks.
 *
 * A plan is a cursor: it stands after an instant and gives the occurrences that follow it in order of due
 * time (equal times in the file's order). It keeps one next occurrence per reminder in a heap, so that a step
 * costs O(log n). */
#pragma once

#include "daemon/core/hash.h"
#include "daemon/core/schedule.h"

struct plan;

struct occurrence {
    const struct reminder *reminder; /* borrowed from the schedule */
    usec_t due_usec;
    usec_t hold_until_usec; /* shown no later than this when it has to wait (DESIGN: Hold) */
    bool crowded;           /* a `times` or `every` that lies within its gap of an `at`: missed (gap) */
};

/* Borrows all for its lifetime. `starts_usec` has one instant per reminder, in the schedule's order: nothing
 * of it is due up to then (a reminder new to the file starts when it is loaded); NULL: all from the beginning
 * of time. */
int plan_new(const struct schedule *schedule, const usec_t *starts_usec, const struct zone *zone,
             const struct hash_key *secret, struct plan **ret);
struct plan *plan_free(struct plan *plan); /* always NULL */
DEFINE_CLEANUP(struct plan, plan_free)

/* Puts the cursor after an instant. Cheap when it only moves forward a little or not at all. */
void plan_seek(struct plan *plan, usec_t after_usec);

/* The next occurrence, without and with moving past it. -ENOENT: there is none before 2200. */
int plan_peek(struct plan *plan, struct occurrence *ret);
int plan_pop(struct plan *plan, struct occurrence *ret);

/* How many `at` occurrences come due in (after_usec, until_usec] outside quiet hours: the places they claim
 * in most_per_day before anything else is placed. Counts to `enough` at the most. */
unsigned plan_claims(struct plan *plan, usec_t after_usec, usec_t until_usec, unsigned enough);

/* Times of a `times` reminder's window of w elapsed microseconds: how many fit with that gap (DESIGN:
 * Schedule). */
static inline unsigned plan_fits(usec_t window_usec, unsigned times, usec_t gap_usec) {
    usec_t fit = gap_usec == 0 ? times : window_usec / gap_usec;
    return fit < times ? (unsigned)fit : times;
}
