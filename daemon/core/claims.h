/* The instants that `at` reminders claim before anything else is placed: those outside quiet hours, sorted,
 * worked out a day at a time when they are asked for. A few days are kept, so that placing many reminders on
 * the same day works its claims out once, and a question is a binary search. */
#pragma once

#include "daemon/core/schedule.h"

struct claims;

/* Borrows all for its lifetime; `starts_usec` as plan_new() has it. */
int claims_new(const struct schedule *schedule, const usec_t *starts_usec, const struct zone *zone,
               struct claims **ret);
struct claims *claims_free(struct claims *claims); /* always NULL */
DEFINE_CLEANUP(struct claims, claims_free)

/* The first claim in (after_usec, before_usec); USEC_INFINITY: none. */
usec_t claims_next(struct claims *claims, usec_t after_usec, usec_t before_usec);

/* Claims of which each is at most `apart_usec` after the one before are a run, and leave no room between
 * them: the last of the run from the claim at `claim_usec` on, or at least that before `before_usec`. */
usec_t claims_run_end(struct claims *claims, usec_t claim_usec, usec_t apart_usec, usec_t before_usec);

/* How many there are in (after_usec, until_usec], counted to `enough` at the most. */
unsigned claims_count(struct claims *claims, usec_t after_usec, usec_t until_usec, unsigned enough);

/* The next instant of an `at` reminder strictly after `after_usec`, in quiet hours or not; USEC_INFINITY:
 * none. */
usec_t claims_next_at(const struct reminder *reminder, const struct zone *zone, usec_t after_usec);
