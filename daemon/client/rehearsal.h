/* Plays the daemon's rules over a stretch of time, without waiting and without showing anything: the keeper
 * is asked at the instants at which the daemon would ask it, each prompt is on the screen at once, and nobody
 * answers. Nothing is written anywhere. */
#pragma once

#include "daemon/core/keeper.h"
#include "daemon/store/journal.h"

/* All borrowed. */
struct rehearsal {
    usec_t from_usec, until_usec; /* half-open */
    usec_t boot_usec;             /* CLOCK_BOOTTIME at from_usec, and its boot */
    struct uuid boot_id;
    const struct zone *zone;
    const struct schedule *schedule;
    const struct library *library;
    const struct hash_key *secret;
    struct plan *plan;
    const struct schedule *away,
        *asleep;             /* their `quiet` says when the person is away, and the machine asleep */
    struct journal *journal; /* what was shown before; NULL: nothing */
    bool goes_on;            /* the keeper is the journal's: what came due is in there too */
};

/* What a visitor gets: a prompt that is shown, or, with a rule, an occurrence that is not. Borrowed for the
 * call. */
struct rehearsed {
    usec_t time_usec; /* shown; of a missed one: due */
    const char *reminder;
    const char *rule; /* NULL: shown */
    enum theme theme; /* THEME_NONE: a practice */
    const char *prompt, *text;
};
typedef int (*rehearsed_visitor)(void *userdata, const struct rehearsed *rehearsed);

/* Begins as the daemon does after a start; `*keeper` moves on. What is missed is told when that is decided,
 * which is after later ones have been shown. A negative return of `visit` ends it and is returned. -E2BIG:
 * more happens than anyone could use, and it ended early. */
int rehearsal_play(const struct rehearsal *rehearsal, struct keeper **keeper, rehearsed_visitor visit,
                   void *userdata);
