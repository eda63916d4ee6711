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

/* What follows from an event that is in the table already, inside a transaction. */
int entries_follow(struct journal *journal, const struct event *event);

/* Calls `visit` for each event, in the order they were added, of entries whose time is in [since, until);
 * `device` NULL: of all. A negative return of it ends the walk and is returned. Reads all of `event`. */
int entries_walk(struct journal *journal, usec_t since_usec, usec_t until_usec, const struct uuid *device,
                 int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                 void *userdata);
