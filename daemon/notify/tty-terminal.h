/* The terminal of this process group, and its modes. There is one per process: it is put back however the
 * process ends, short of SIGKILL. */
#pragma once

#include "daemon/core/base.h"

struct terminal;

/* -ENOTTY: none that a person could answer at: no /dev/tty, standard input is something else, or another
 * process group is in front. -ENOMEM. */
int terminal_open(struct terminal **ret);
struct terminal *terminal_free(struct terminal *terminal); /* puts the modes back; always NULL */
DEFINE_CLEANUP(struct terminal, terminal_free)

int terminal_fd(const struct terminal *terminal);
const char *terminal_name(const struct terminal *terminal); /* e.g. "/dev/pts/3" */
size_t terminal_columns(const struct terminal *terminal);
size_t terminal_rows(const struct terminal *terminal);
bool terminal_in_front(const struct terminal *terminal);

/* Whether the cursor can be moved and colour be used; colour is also a matter of NO_COLOR. */
bool terminal_can_move(void);
bool terminal_has_colour(void);

/* Single keys without echo, or what was before. Signals from the keyboard work throughout; keys typed before
 * a change are dropped. Nothing happens in the background. */
void terminal_read_keys(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);

/* Writes all of it. Negative errno when the terminal is gone. */
int terminal_write(struct terminal *terminal, const char *text);
