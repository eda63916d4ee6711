/* Mistakes in a file, collected so that all of them are told at once, each as
 * `file:line: what is wrong, and what is allowed`. */
#pragma once

#include "daemon/core/base.h"

/* A file can hold at most this many that are told; the rest are counted in the last line. */
#define MISTAKES_MAX 100

enum severity {
    MISTAKE_ERROR,
    MISTAKE_WARNING,
};

struct mistake {
    char *text; /* the whole line, without a newline or another control character */
    enum severity severity;
    unsigned line;
};

struct mistakes {
    struct mistake *items;
    size_t n, capacity;
    size_t n_errors;  /* of all, also those over the bound */
    size_t n_untold;  /* over the bound */
    bool errors_only; /* set by the caller: warnings aren't wanted, and what is costly to find isn't looked
                         for */
    bool may_pass;    /* one is that a file could not be read just now: see error_may_pass() */
};

void mistakes_done(struct mistakes *mistakes);

/* Adds `file:line: message`; line 0 leaves the line out. Those of one file that are added in a row are kept
 * in the order of their lines. -ENOMEM. */
__attribute__((format(printf, 5, 6))) int mistakes_add(struct mistakes *mistakes, enum severity severity,
                                                       const char *file, unsigned line, const char *format,
                                                       ...);

/* The known word nearest to `word` (Levenshtein distance at most 3, and less than half its length), or NULL.
 */
const char *nearest_word(const char *word, const char *const *known, size_t n_known);
