/* What can fairly be said about one person's journal in numbers. Pure: entries in, numbers out.
 *
 * A number comes from what was shown, marked or written, never from what was not: letting a prompt pass,
 * seeing it, putting it off or away says nothing, and a hard moment says nothing of its own. Nothing is
 * compared or ranked. Erased entries are left out of everything. */
#pragma once

#include "daemon/core/entry.h"

/* So many showings, or marks in one theme, before more is said of them than how many they are. */
#define FIGURES_ENOUGH 20

#define HOURS_OF_A_DAY 24

struct figures {
    struct {
        uint32_t shown;
        uint32_t marked;  /* helpful, okay or not-for-me */
        uint32_t helpful; /* of these */
    } themes[THEME_COUNT];
    uint32_t shown;                 /* of all themes */
    uint32_t hours[HOURS_OF_A_DAY]; /* prompts of the schedule, by the clock where and when they came */
    int32_t *days;                  /* local dates with an answer or a line, whatever it was, ascending */
    size_t n_days, days_capacity;
};

void figures_done(struct figures *figures);

/* Entries come in the order of their times. -ENOMEM. */
int figures_add(struct figures *figures, const struct entry *entry);

/* The local date (days since 1970-01-01) and second of the day of an instant, given the offset then. */
int32_t figures_day(usec_t time_usec, int32_t offset_sec, int32_t *ret_second);

/* The days of a month that are among `days`: bit 0 is the 1st. */
uint32_t figures_month(const struct figures *figures, int32_t year, int month);

/* Where the share `hits` of `n` may really lie, in percent: Wilson's score interval at 95%. `n` is not 0. */
void figures_interval(uint32_t hits, uint32_t n, uint32_t *ret_low, uint32_t *ret_high);
