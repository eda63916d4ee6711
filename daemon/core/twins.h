/* Which texts say the same, or nearly the same, as another.
 *
 * Two texts are compared by the runs of characters in them (three letters, or two characters of a wide
 * script; small letters, punctuation left out). With a and b different runs of which c are in both, they are
 * near when 2c / (a + b), Dice's coefficient, is at least 0.7: one word of a short sentence changed, or two
 * of a long one. */
#pragma once

#include "daemon/core/base.h"

#define TWINS_NONE SIZE_MAX

struct twin {
    const char *text;
    int group; /* within a group texts are compared for nearness; with another group's only for sameness */
    size_t of; /* filled in: the index of an earlier text that says the same, or TWINS_NONE */
    bool same; /* not only nearly */
};

/* Fills `of` and `same` in. The work is bounded (see twins.c), so that a few of many thousand may be missed.
 * -ENOMEM. */
int twins_find(struct twin *twins, size_t n);
