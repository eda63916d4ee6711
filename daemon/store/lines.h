/* Plain text, one prompt a line -> the text of a deck. */
#pragma once

#include "daemon/core/theme.h"
#include "daemon/store/mistake.h"

#define LINES_PROMPTS_MAX 10000             /* years of prompts; a deck file holds them in any case */
#define LINES_SIZE_MAX    (8 * 1024 * 1024) /* bytes: twice as many as those lines can have */
#define LINES_NAME_MAX    50                /* bytes of a name, so that it fits into an id */

struct lines_deck {
    const char *name; /* see lines_name_fits() */
    enum theme theme;
    const char *language;
};

/* Whether ids and a file can begin with it: 1 to LINES_NAME_MAX letters, digits, '-', '_' and '.', the first
 * one no '.'. */
bool lines_name_fits(const char *name);

/* A name that fits, from a file's: its last part without the ending, and '-' for what can't stand in a name.
 * NULL: nothing is left of it, or no memory. */
char *lines_name_from(const char *path);

/* The id of prompt `index` of `n`, from 0: "name-001", with as many digits as the last one needs. */
#define LINES_ID_SIZE (LINES_NAME_MAX + 16)
void lines_id(const char *name, size_t index, size_t n, char ret[LINES_ID_SIZE]);

/* Blank lines and lines that begin with # are left out, as are spaces at the ends of lines. `source` is what
 * the text is called in `mistakes`. -EINVAL: they have errors: a line that isn't UTF-8, has a control
 * character or is too long; too many lines; none. -ENOMEM. `ret_n`: how many prompts. */
int lines_to_deck(const char *source, const char *text, size_t size, const struct lines_deck *deck,
                  struct mistakes *mistakes, char **ret_text, size_t *ret_n);
