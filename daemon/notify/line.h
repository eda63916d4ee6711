/* A line that a person writes on a terminal, key by key. The terminal gives single keys without echo; what is
 * to be seen, this says. Whoever writes Chinese, or goes over the end of a row, can take it back again. */
#pragma once

#include "daemon/notify/card.h"

struct line {
    char text[CARD_LINE_MAX + 1]; /* UTF-8, without control characters */
    size_t size;
    bool cut;   /* there was more than fits */
    bool wrong; /* something came that is not UTF-8 */

    char pending[4]; /* the beginning of a character whose other bytes have not come yet */
    size_t n_pending;
    enum {
        ESCAPE_NONE,
        ESCAPE_BEGUN,
        ESCAPE_SEQUENCE,
        ESCAPE_ONE_MORE
    } escape; /* of an arrow key and such */
};

/* What became of it. */
enum line_state {
    LINE_OPEN,     /* it goes on */
    LINE_FINISHED, /* Enter, or Ctrl-D at its end */
    LINE_LEFT,     /* Ctrl-D with nothing written */
};

/* Takes in what was read at once. Backspace, Ctrl-W and Ctrl-U take back a character, a word, everything;
 * other keys that are no text do nothing. A newline ends the line when it is the last of what was read;
 * within it is a space, as in what is pasted. */
enum line_state line_take(struct line *line, const char *bytes, size_t size);

/* How it looks, with the cursor behind it: rows of less than `columns` (0: one row), joined by newlines, and
 * only the last `rows` of them. -ENOMEM. */
int line_compose(const struct line *line, size_t columns, size_t rows, char **ret);
