/* Asking a person a few questions, one after another: in a terminal, in windows of the desktop, or by lines
 * of standard input. Texts are in the person's language, and hold nothing that a window could take for markup
 * (no <, &, \ or _). */
#pragma once

#include "daemon/core/base.h"

enum ask_kind {
    ASK_TEXT, /* a line */
    ASK_ONE,  /* one of the options */
    ASK_SOME, /* any of the options, also none */
};

#define ASK_OPTIONS_MAX 16

struct ask {
    enum ask_kind kind;
    const char *text;
    const char *problem; /* what was wrong with the answer before; NULL: nothing */
    const char *present; /* the answer that stands if the person says nothing else; ids as `ids` below */
    bool may_be_empty;   /* of a line */
    const char *options[ASK_OPTIONS_MAX], *labels[ASK_OPTIONS_MAX]; /* ids, and what the person reads */
    const char *abouts[ASK_OPTIONS_MAX];                            /* a few words about each, or NULL */
    size_t n_options;
};

/* Functions return 0 or a negative errno; -ECANCELED: the person wants everything to stay as it is. */
struct asker {
    /* What is said before the questions. */
    int (*begin)(struct asker *asker, const char *text);
    /* An answer for the caller to free: a line, an id, or ids with a space between. */
    int (*ask)(struct asker *asker, const struct ask *ask, char **ret_answer);
    /* What is said when all is done. */
    int (*end)(struct asker *asker, const char *text);
    bool again;          /* there is somebody to be asked again after a wrong answer */
    const char *program; /* of windows */
    bool ended;          /* the lines have come to their end */
};

/* On a terminal (Ctrl-C and Ctrl-D leave everything as it is), or from standard input: one answer a line, an
 * empty line is the present answer, and so is each after the end. */
void ask_by_lines(struct asker *ret);

/* Takes every present answer. */
void ask_nobody(struct asker *ret);

/* Windows of zenity or kdialog. -ENOENT: neither is there, or no display for them. */
int ask_by_windows(struct asker *ret);

/* The ids that an answer names by number (from 1), id or label, with commas or spaces between, in the order
 * of the options and with a space between. -EINVAL: one of the words names none. */
int ask_match(const struct ask *ask, const char *answer, char **ret_ids);

/* Whether an answer with spaces has the id. */
bool ask_has(const char *ids, const char *id);
