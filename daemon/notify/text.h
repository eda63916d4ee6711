/* Text as a screen needs it: checked, cleaned, escaped, measured and wrapped. Texts are UTF-8, as far as a
 * bus takes it (letter_is_none() of core/letters.h). Widths are columns of a terminal; they follow
 * wcwidth(3), so the caller sets a UTF-8 LC_CTYPE first. */
#pragma once

#include <stdio.h>

#include "daemon/core/base.h"

bool text_is_utf8(const char *text);

/* Whether the character that begins here is one that a terminal obeys, a newline included. */
bool text_is_control(const char *character);

/* A copy without control characters: newlines stay, a tab becomes a space, the rest goes. -ENOMEM. */
int text_clean(const char *text, char **ret);

/* A copy in which a server's markup means itself. -ENOMEM. */
int text_escape_markup(const char *text, char **ret);

/* The longest beginning of at most `size` bytes that ends with a whole character. */
size_t text_cut(const char *text, size_t size);

/* What a person wrote as one line of 1 to `size` bytes: cleaned, newlines are spaces, none at its ends; what
 * is longer is cut there. -EINVAL: it is no UTF-8, or nothing is left; -ENOMEM. */
int text_line(const char *text, size_t size, char **ret);

/* The bytes of the character that begins here, and the columns that it takes; 0 at the end, and where the
 * text is not UTF-8. */
size_t text_next(const char *text, size_t *ret_columns);

/* The columns that the first `size` bytes take. */
size_t text_columns(const char *text, size_t size);

/* Writes the text in lines of at most `columns`, each begun with `indent` spaces and ended with a newline.
 * Breaks at spaces, beside wide characters, and inside a word only where it is wider than a line. A newline
 * in the text stays one; `columns` 0 breaks nowhere else. Errors are those of the stream: see ferror(3). */
void text_wrap(FILE *out, const char *text, size_t columns, size_t indent);
