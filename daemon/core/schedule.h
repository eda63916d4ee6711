/* The schedule: what kindly.conf says, checked and in units. Filled by store/config; read by core. */
#pragma once

#include "daemon/core/calendar.h"
#include "daemon/core/theme.h"

/* Bounds on what a file can make large; each is far above what a person can use. */
#define SCHEDULE_REMINDERS_MAX 20000 /* next-due stays O(log n) */
#define SCHEDULE_LIST_MAX      64    /* quiet, snooze, at, languages */
#define SCHEDULE_NAME_MAX      64    /* bytes of a reminder's name */
#define SCHEDULE_TEXT_MAX      500   /* bytes of support, name */

enum reminder_kind {
    REMINDER_AT,
    REMINDER_TIMES,
    REMINDER_EVERY,
};

/* A daily window of local time, half-open. */
struct window {
    int32_t start_sec; /* of the local day, 0 to 86399 */
    int32_t
        end_sec; /* greater than start_sec; 86400 or more when it crosses midnight; at most start + 86400 */
    struct calendar *on; /* the days it starts on; NULL: every day */
};

struct moment_rule {
    struct calendar *calendar;
    struct zone *zone; /* of its suffix; NULL: the local one */
};

struct reminder {
    char *name;
    enum reminder_kind kind;
    struct moment_rule *at; /* REMINDER_AT */
    size_t n_at;
    struct window window; /* REMINDER_TIMES, REMINDER_EVERY; for REMINDER_AT only `on` is used */
    unsigned times;       /* REMINDER_TIMES: that many a day, at least 1 */
    usec_t every_usec;    /* REMINDER_EVERY: at least a minute */
    usec_t hold_for_usec; /* USEC_INFINITY: the kind's default (at 2 h, times to its block's end, every 20
                             min) */
    usec_t gap_usec;      /* its own, else the schedule's */
    bool write;           /* prefer prompts that invite a line */
    theme_set themes;     /* 0: any */
    char *practice;       /* NULL: prompts */
    unsigned line;        /* in the file, for messages */
};

/* How often a theme comes. */
enum weight {
    WEIGHT_OFF,
    WEIGHT_LESS,
    WEIGHT_NORMAL,
    WEIGHT_MORE,
};

/* A direction for some weeks: see keeper-offers.c. */
enum path {
    PATH_NONE,
    PATH_SELF_IMAGE,
};

/* What holds a prompt back (`hold`), as bits. */
enum hold {
    HOLD_LOCKED = 1 << 0,
    HOLD_IDLE = 1 << 1,
    HOLD_DO_NOT_DISTURB = 1 << 2,
    HOLD_PRESENTING = 1 << 3,
};

/* A preset of `snooze`: a span, or a moment such as "tomorrow" or "18:00". */
struct snooze_preset {
    char *text;
    usec_t span_usec; /* USEC_INFINITY: a moment, to be read with moment_parse() */
};

/* A moment without a clock time, such as "tomorrow", means this second of its local day (09:00); quiet hours
 * then move it to their end. */
#define SCHEDULE_MORNING_SEC (9 * 3600)

struct schedule {
    struct reminder *reminders;
    size_t n_reminders;
    struct window *quiet;
    size_t n_quiet;
    uint32_t hold;                                                      /* enum hold */
    usec_t idle_after_usec, gap_usec, show_for_usec, expire_after_usec; /* USEC_INFINITY: "until answered" */
    struct snooze_preset *snooze;
    size_t n_snooze;
    unsigned snoozes;
    unsigned most_per_day;
    char **languages;
    size_t n_languages;
    bool languages_by_locale; /* they are wishes: the first that has decks counts */
    char *name;               /* "" none */
    theme_set conceal;
    bool sound;
    enum weight weights[THEME_COUNT];
    bool learn, drift;
    enum path path;
    char *support;
};

struct schedule *schedule_free(struct schedule *schedule); /* always NULL */
DEFINE_CLEANUP(struct schedule, schedule_free)

/* NULL when there is none of that name. */
const struct reminder *schedule_find(const struct schedule *schedule, const char *name);

/* A hash of what a reminder means (not of where it stands), to tell a changed one from a kept one. */
uint64_t reminder_digest(const struct reminder *reminder);

/* The quiet span that holds `time_usec`, merged with those that touch or overlap it: true, and its end. */
bool schedule_quiet_at(const struct schedule *schedule, const struct zone *zone, usec_t time_usec,
                       usec_t *ret_end_usec);

/* The next start of quiet hours strictly after `after_usec` (USEC_INFINITY: there are none). */
usec_t schedule_next_quiet(const struct schedule *schedule, const struct zone *zone, usec_t after_usec);
