/* A schedule as the simulation understands it: plain numbers, from which the core's struct schedule is built,
 * and from which what comes due is worked out a second time, without the core's plan and calendar. */
#pragma once

#include "daemon/core/plan.h"

#define TIMETABLE_REMINDERS_MAX 6
#define TIMETABLE_QUIET_MAX     3
#define EVERY_WEEKDAY           0x7f

struct plain_window {
    int32_t start_sec, end_sec;
    uint8_t weekdays; /* bit 0: Monday */
};

struct plain_moment {
    uint8_t weekdays;
    int month_day; /* 0: any */
    int second_of_day;
    bool tokyo; /* a moment of that zone, not of the local one */
};

struct plain_reminder {
    char name[4]; /* "r0" to "r7" */
    enum reminder_kind kind;
    struct plain_moment at[3];
    size_t n_at;
    struct plain_window window; /* for `at` only the weekdays count */
    unsigned times;
    usec_t every_usec, hold_for_usec, gap_usec;
    theme_set themes;
    const char *practice;
};

struct timetable {
    struct plain_reminder reminders[TIMETABLE_REMINDERS_MAX];
    size_t n_reminders;
    struct plain_window quiet[TIMETABLE_QUIET_MAX];
    size_t n_quiet;
    struct zone *tokyo;
    struct schedule *schedule; /* the same, as the core reads it */
};

/* A stream of chance (splitmix64). */
struct chance {
    uint64_t state;
};
uint64_t chance_bits(struct chance *chance);
uint64_t chance_below(struct chance *chance, uint64_t bound); /* 0 for 0 */
bool chance_percent(struct chance *chance, unsigned percent);

/* `previous` may be NULL; else some reminders stay as they were in it. */
void timetable_random(struct chance *chance, const struct timetable *previous, struct timetable *ret);
void timetable_done(struct timetable *timetable);
/* A short description in `buffer`. */
const char *timetable_text(const struct timetable *timetable, char *buffer, size_t size);
static inline unsigned name_index(const char *name) {
    return (unsigned)(name[1] - '0') & 7;
}

/* Quiet hours, the simple way. */
bool quiet_at(const struct timetable *timetable, const struct zone *zone, usec_t time_usec);
usec_t quiet_end_at(const struct timetable *timetable, const struct zone *zone, usec_t time_usec);
usec_t next_quiet_after(const struct timetable *timetable, const struct zone *zone, usec_t after_usec);

/* What comes due, in order of time and reminder. */
struct due {
    usec_t due_usec, hold_until_usec;
    unsigned reminder; /* index */
    bool crowded;
};
struct dues {
    struct due *items;
    size_t n, capacity;
    usec_t *claims; /* instants of `at` outside quiet hours */
    size_t n_claims, claims_capacity;
    usec_t from_usec, until_usec; /* complete in [from, until) */
};
void dues_done(struct dues *dues);
/* Makes `dues` complete from `from_usec` to a little past `until_usec`. */
void dues_fill(struct dues *dues, const struct timetable *timetable, const struct zone *zone,
               const usec_t *starts_usec, const struct hash_key *secret, usec_t from_usec, usec_t until_usec);
/* The index of the first that is due after an instant. */
size_t dues_after(const struct dues *dues, usec_t after_usec);
unsigned claims_between(const struct dues *dues, usec_t after_usec, usec_t until_usec); /* (after, until] */
