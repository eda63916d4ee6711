/* The ids of what is written down, in tables. They are stored in the journal and in exported files: a word
 * here is never changed, only added. */
#include "daemon/core/event.h"

static const char *const kind_ids[EVENT_KIND_COUNT] = {
    [EVENT_SHOWN] = "shown",     [EVENT_MISSED] = "missed",       [EVENT_ANSWERED] = "answered",
    [EVENT_STEPPED] = "stepped", [EVENT_SNOOZED] = "snoozed",     [EVENT_CLOSED] = "closed",
    [EVENT_NOTED] = "noted",     [EVENT_KEPT] = "kept",           [EVENT_PAUSED] = "paused",
    [EVENT_RESUMED] = "resumed", [EVENT_FORGOTTEN] = "forgotten", [EVENT_FOR_HARD_DAY] = "for-hard-day",
};

static const char *const missed_ids[MISSED_RULE_COUNT] = {
    [MISSED_GAP] = "gap",
    [MISSED_LIMIT] = "limit",
    [MISSED_NEWER] = "newer",
    [MISSED_HOLD] = "hold",
    [MISSED_QUIET] = "quiet",
    [MISSED_PAUSED] = "paused",
    [MISSED_NO_PROMPT] = "no-prompt",
    [MISSED_REMOVED] = "removed",
    [MISSED_FEWER] = "fewer",
};

static const char *const closed_ids[CLOSED_HOW_COUNT] = {
    [CLOSED_ANSWERED] = "answered",     [CLOSED_SEEN] = "seen",         [CLOSED_DISMISSED] = "dismissed",
    [CLOSED_UNANSWERED] = "unanswered", [CLOSED_REPLACED] = "replaced", [CLOSED_MISSED] = "missed",
    [CLOSED_FORGOTTEN] = "forgotten",
};

const char *event_kind_id(enum event_kind kind) {
    return kind_ids[kind];
}

enum event_kind event_kind_from_id(const char *id) {
    for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (streq(kind_ids[kind], id))
            return kind;
    return EVENT_KIND_COUNT;
}

const char *missed_rule_id(enum missed_rule rule) {
    return missed_ids[rule];
}

const char *closed_how_id(enum closed_how how) {
    return closed_ids[how];
}

void event_done(struct event *event) {
    free(event->reminder);
    free(event->prompt);
    free(event->text);
    free(event->choice);
    free(event->note);
    free(event->detail);
    free(event->why);
    *event = (struct event){.theme = THEME_NONE};
}
