/* An entry as people see it: its events folded into one row. Filled by store/journal. */
#pragma once

#include "daemon/core/event.h"

struct entry {
    struct uuid id, device;
    usec_t time_usec; /* of its first event */
    int32_t offset_sec;
    usec_t due_usec;
    const char *kind;  /* "prompt", "note" or "missed"; static */
    const char *state; /* "open", "answered", "seen", "dismissed", "unanswered", "replaced", "missed",
                          "noted", "forgotten"; static */
    enum theme theme;
    char *rule;                                           /* of a missed one */
    char *reminder, *prompt, *text, *choice, *note, *why; /* "" where there is none */
    uint32_t snoozes, step;
    bool keep;
    bool for_hard_day; /* its line was written for a hard day */
};

void entry_done(struct entry *entry);

/* A negative return ends the walk and is returned by it. */
typedef int (*entry_visitor)(void *userdata, const struct entry *entry);
