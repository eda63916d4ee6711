/* What a person can answer, in one table: id, label, and what it does to the prompt. */
#pragma once

#include "daemon/core/base.h"

enum choice {
    CHOICE_HELPFUL,
    CHOICE_LATER,
    CHOICE_LET_GO, /* instead of `later` when there is no snooze left */
    CHOICE_NOT_THIS,
    CHOICE_HARD,
    CHOICE_NOT_FOR_ME,
    CHOICE_QUIET_TODAY,
    CHOICE_OKAY, /* never drawn: what a written line alone records */
    CHOICE_NEXT,
    CHOICE_ENOUGH,
    CHOICE_KEEP,
    CHOICE_JOURNAL_ONLY,
    CHOICE_ERASE,
    CHOICE_STEADY,
    CHOICE_SUPPORT,
    CHOICE_KEEP_ON,
    CHOICE_FEWER,
    CHOICE_PAUSE,
    CHOICE_OPEN,
    CHOICE_COUNT,
    CHOICE_NONE = CHOICE_COUNT,
};

/* The most that any prompt offers at once. */
#define CHOICES_MAX 6

const char *choice_id(enum choice choice); /* "helpful"; "" for CHOICE_NONE */

/* "Helpful". `later` is named after its span: "In 15 min", "Tomorrow"; `first_snooze` is the first preset's
 * text. */
#define CHOICE_LABEL_SIZE 64
const char *choice_label(enum choice choice, const char *first_snooze, char buffer[CHOICE_LABEL_SIZE]);

/* CHOICE_NONE when there is no such id. */
enum choice choice_from_id(const char *id);
