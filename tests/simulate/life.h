/* One simulated life: its schedules, its zones, and what happens to it from outside. Everything in it comes
 * from one seed, and each happening carries the chance it needs, so that leaving some out doesn't change the
 * others. */
#pragma once

#include <stdio.h>

#include "tests/simulate/timetable.h"

#define LIFE_TIMETABLES 5
#define LIFE_ZONES      8

enum happening_kind {
    HAPPENING_LEAVE, /* idle, locked, or busy */
    HAPPENING_COME,
    HAPPENING_ANSWER,
    HAPPENING_OPEN,
    HAPPENING_WRITE,
    HAPPENING_SNOOZE,
    HAPPENING_DISMISS,
    HAPPENING_OFF_SCREEN,
    HAPPENING_FORGET,
    HAPPENING_NOTE,
    HAPPENING_PROMPT,
    HAPPENING_TELL,
    HAPPENING_PAUSE,
    HAPPENING_RESUME,
    HAPPENING_RELOAD,
    HAPPENING_TRAVEL,
    HAPPENING_SET_CLOCK,
    HAPPENING_SUSPEND,
    HAPPENING_KILL,
    HAPPENING_JOURNAL,   /* can't be written for a while */
    HAPPENING_PRESENTER, /* works, is slow, fails, hangs, holds, or has no server */
    HAPPENING_SERVER,    /* is started again: what it showed is gone */
    HAPPENING_LOOK,      /* asks what is upcoming */
    HAPPENING_COUNT,
};

enum moment_of_happening {
    AT_ITS_TIME,
    IN_FLIGHT,   /* while the next Show is not answered yet */
    AFTER_SHOWN, /* `delay_usec` after the next showing */
};

struct happening {
    usec_t at_usec; /* elapsed since the life began; for the other moments: from then on */
    enum happening_kind kind;
    enum moment_of_happening moment;
    usec_t delay_usec;
    uint64_t chance;
};

struct life {
    uint64_t seed;
    usec_t begin_usec;  /* wall clock */
    usec_t length_usec; /* elapsed */
    usec_t skip_usec;   /* begins that much later instead: set when a failure is cut down */
    struct hash_key secret;
    struct timetable timetables[LIFE_TIMETABLES];
    const struct zone *const *zones; /* LIFE_ZONES */
    unsigned zone;                   /* the first */
    const struct library *library;
    struct happening *happenings;
    size_t n_happenings;
};

/* A year of `seed`. `zones` and `library` are borrowed. */
void life_new(uint64_t seed, const struct zone *const zones[LIFE_ZONES], const struct library *library,
              struct life *ret);
void life_done(struct life *life);

const char *happening_id(enum happening_kind kind);

/* What was found when a rule was broken. */
struct failure {
    const char *rule; /* NULL: none */
    char detail[400];
    usec_t at_usec; /* elapsed */
};

/* Plays a life with the real core. What happens is written to `log` if it isn't NULL. `turns` is added to. */
void life_play(const struct life *life, FILE *log, uint64_t *turns, struct failure *ret);
