/* The inside of the journal: events and what is derived from them, for the files of the journal only. Reading
 * and erasing entries is in journal.h. */
#pragma once

#include "daemon/store/journal.h"
#include "daemon/store/schema.h"

/* Answers fade: what was learned weighs half as much after this. */
#define LEARNING_HALF_LIFE_USEC (60 * USEC_PER_DAY)

/* What is left of a sum of `from_usec` at `to_usec`; 1 when that is not later. */
double learning_decay(usec_t from_usec, usec_t to_usec);

/* Adds an event and what follows from it, inside a transaction. 1: added; 0: it is there already. An event of
 * an entry that was forgotten is added without its content; `forgotten` erases what is there. */
int entries_add(struct journal *journal, const struct uuid *device, const struct event *event);

/* What follows from an event that is in the table already, inside a transaction. Where it says a time later
 * than `latest_usec`, what follows counts as of then: a clock that is ahead elsewhere must not reach into the
 * future here. */
int entries_follow(struct journal *journal, const struct event *event, usec_t latest_usec);

/* Events of one entry that are taken in from elsewhere, far more than a life of one has: each is looked at
 * whenever another comes, so that a file with no bound to them would keep the daemon busy for minutes. */
#define ENTRY_EVENTS_MAX 256

/* entries_add() for an event from elsewhere: it is written down as it is, and what follows from it (what was
 * learned, what rests) counts as of `now_usec` at the latest. 0 also for one past ENTRY_EVENTS_MAX, and where
 * it says again that the entry was forgotten. */
int entries_take_in(struct journal *journal, const struct uuid *device, const struct event *event,
                    usec_t now_usec);

/* The place of the newest event in the journal's order, and its id: 0 and zeroes when there is none. */
int entries_last(struct journal *journal, int64_t *ret_seq, struct uuid *ret_id);
/* 1: it stands there; 0: another does, or none. */
int entries_is_at(struct journal *journal, int64_t seq, const struct uuid *id);
/* 1: something was forgotten after that place; 0: nothing was. */
int entries_forgotten_after(struct journal *journal, int64_t seq);

/* entries_walk() of one device's events after a place and up to another; reads only these. */
int entries_walk_after(struct journal *journal, const struct uuid *device, int64_t after, int64_t until,
                       int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                       void *userdata);

/* Calls `visit` for each event, in the order they were added, of entries whose time is in [since, until);
 * `device` NULL: of all. A negative return of it ends the walk and is returned. Reads all of `event`. */
int entries_walk(struct journal *journal, usec_t since_usec, usec_t until_usec, const struct uuid *device,
                 int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                 void *userdata);
