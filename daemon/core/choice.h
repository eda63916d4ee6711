/* What a person can answer, in one table: id, label, and what it does to the prompt. */
#pragma once

#include "daemon/core/base.h"

enum choice {
    CHOICE_HELPFUL,
    CHOICE_LATER,
    CHOICE_LATER_SECOND, /* the second and third preset of `snooze` */
    CHOICE_LATER_THIRD,
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
    CHOICE_AS_BEFORE, /* undoes `fewer` */
    CHOICE_PAUSE,
    CHOICE_LESS,
    CHOICE_STILL,
    CHOICE_PARTLY,
    CHOICE_NOT_ANY_MORE,
    CHOICE_OPEN,
    CHOICE_COUNT,
    CHOICE_NONE = CHOICE_COUNT,
};

/* The most that any prompt offers at once. */
#define CHOICES_MAX 8

const char *choice_id(enum choice choice); /* "helpful"; "" for CHOICE_NONE */

/* Which preset of `snooze` a choice means, from 0; -1: none. */
int choice_preset(enum choice choice);

/* "Helpful", in the person's language. One that puts off is named after its preset's text, so that it says
 * what happens: "In 15 min", "Tomorrow"; `preset` is not looked at for others, and may be NULL. */
#define CHOICE_LABEL_SIZE 64
const char *choice_label(enum choice choice, const char *preset, char buffer[CHOICE_LABEL_SIZE]);

/* CHOICE_NONE when there is no such id. */
enum choice choice_from_id(const char *id);
