/* A look at a libconfig text before libconfig 1.5 sees it, because it has traps: it wraps integers past 32
 * bits silently, follows `@include`, recurses without a bound, searches a group's keys one by one, ends a
 * string at a NUL, lets a forgotten quote swallow the rest of the file, and notes a list's texts at the line
 * where it looked ahead. */
#pragma once

#include "daemon/core/base.h"

#define GUARD_DEPTH_MAX 16      /* brackets within brackets; a schedule needs 4 */
#define GUARD_KEYS_MAX  256     /* in one group; a schedule needs 20, and libconfig's search is quadratic */
#define GUARD_ITEMS_MAX 1000000 /* commas and assignments; libconfig takes 100 bytes for each */

struct guard_finding {
    unsigned line;
    char message[160]; /* what is wrong, and what is allowed */
};

/* The lines at which the text's strings start, in order; adjacent strings, which libconfig joins, count as
 * one. */
struct guard_lines {
    unsigned *items;
    size_t n, capacity;
};

/* `text` ends with a NUL at text[size]. 0: libconfig may read it; the caller frees ret_lines->items.
 * -EBADMSG: refused, `ret_finding` says why. -ENOMEM. */
int guard_check(const char *text, size_t size, struct guard_lines *ret_lines,
                struct guard_finding *ret_finding);

/* The length of the UTF-8 sequence at `text` (RFC 3629: no overlong forms, surrogates, or values past
 * U+10FFFF), 0 if it is none, or one that a bus lets nobody send (letter_is_none). It ends with a NUL. */
size_t utf8_sequence(const char *text);

/* Valid UTF-8 without control characters (C0, DEL, C1): what can be shown as one line. */
bool text_is_plain(const char *text);
