/* A line of the person's own: from standard input, from their editor, or from a dialog. */
#pragma once

#include "daemon/client/client.h"

/* Where a text comes from, so that nothing written is lost when it can't be saved. */
struct input {
    char *text;  /* without line breaks at its end; never empty */
    bool edited; /* it stands nowhere else: written in an editor or a dialog */
};

void input_done(struct input *input);

/* On a terminal $VISUAL or $EDITOR, or else lines until Ctrl-D; otherwise standard input to its end. An empty
 * text is OUTCOME_FAILED, told. */
int input_read(struct input *ret);

/* A dialog of the desktop. OUTCOME_FAILED, told: closed without a text. -ENOENT: there is no such program
 * here; other negative errnos: it can't be started. */
int input_ask(const char *question, struct input *ret);

/* A text given as an argument. Returns as input_read() does. */
int input_take(const char *text, struct input *ret);

/* After a failure: gives an edited text back to the person. */
void input_give_back(const struct input *input);
