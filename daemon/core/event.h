/* What is written down: events. An entry (one prompt from due to done, or one line of a person's own) is the
 * events that share its id; the first event of an entry has that very id. Events are never changed but by
 * Forget. */
#pragma once

#include "daemon/core/theme.h"
#include "daemon/core/uuid.h"

enum event_kind {
    EVENT_SHOWN,    /* a prompt was on the screen; `text`, `prompt`, `theme`, `why` say which */
    EVENT_MISSED,   /* an occurrence was not shown; `detail` is the rule that did it (enum missed_rule) */
    EVENT_ANSWERED, /* `choice`, and `note` if a line was written */
    EVENT_STEPPED,  /* a choice that doesn't close: `choice`; of a practice, `step` is the one reached */
    EVENT_SNOOZED,  /* until `until_usec` */
    EVENT_CLOSED,   /* `detail` is how (enum closed_how): seen, dismissed, unanswered, replaced */
    EVENT_NOTED,    /* a line of one's own: `note` */
    EVENT_KEPT,     /* `keep`: whether the entry's line comes back as a prompt of theme own */
    EVENT_PAUSED,   /* until `until_usec` (USEC_INFINITY: until resumed) */
    EVENT_RESUMED,
    EVENT_FORGOTTEN,    /* the entry's content was erased */
    EVENT_FOR_HARD_DAY, /* the entry's line comes first in a hard moment; the newest such one counts */
    EVENT_KIND_COUNT,
};

enum missed_rule {
    MISSED_GAP,
    MISSED_LIMIT,
    MISSED_NEWER,
    MISSED_HOLD, /* waited longer than hold_for */
    MISSED_QUIET,
    MISSED_PAUSED,
    MISSED_NO_PROMPT, /* no text is eligible */
    MISSED_REMOVED,   /* its reminder is no longer in the schedule */
    MISSED_FEWER,     /* the person chose fewer */
    MISSED_RULE_COUNT,
};

enum closed_how {
    CLOSED_ANSWERED,
    CLOSED_SEEN,
    CLOSED_DISMISSED,
    CLOSED_UNANSWERED,
    CLOSED_REPLACED,
    CLOSED_MISSED,
    CLOSED_FORGOTTEN,
    CLOSED_HOW_COUNT,
};

const char *event_kind_id(enum event_kind kind);    /* "shown", ... */
enum event_kind event_kind_from_id(const char *id); /* EVENT_KIND_COUNT: none */
const char *missed_rule_id(enum missed_rule rule);  /* "gap", ... */
const char *closed_how_id(enum closed_how how);     /* "answered", ... */

struct event {
    struct uuid id, entry;
    enum event_kind kind;
    usec_t time_usec;
    int32_t offset_sec; /* of the local zone then, east of UTC */
    usec_t due_usec;    /* of the occurrence; 0: by hand, or not an occurrence */
    usec_t until_usec;
    enum theme theme; /* THEME_NONE: none */
    uint32_t step;
    bool keep;
    char *reminder; /* the strings may be NULL; owned */
    char *prompt;   /* id of a prompt or practice */
    char *text;
    char *choice;
    char *note;
    char *detail;
    char *why; /* how it was chosen: see core/choose */
};

void event_done(struct event *event);
