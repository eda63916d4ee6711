/* The small windows a desktop has for one line of text, in one table. */
#pragma once

#include "daemon/core/base.h"

/* The words of a command and its end. */
#define DIALOG_ARGUMENTS 6

/* The dialog programs, in the order in which they are tried where `desktop` (XDG_CURRENT_DESKTOP; may be
 * NULL) is used: "zenity", "kdialog". NULL past the last. */
const char *dialog_program(const char *desktop, size_t place);

/* The command that asks `question` with such a program and prints the line that was written; nothing when the
 * person closes the window. Fills `ret` up to its NULL; all is borrowed: `program` (a name, or a path that
 * ends with it), `question`, and words of the table. -ENOENT: it is none of the table's. */
int dialog_command(const char *program, const char *question, const char *ret[DIALOG_ARGUMENTS]);
