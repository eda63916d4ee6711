/* The person's editor. */
#pragma once

#include <signal.h>

#include "daemon/client/client.h"

/* $VISUAL or $EDITOR, or NULL. */
const char *editor_chosen(void);

/* Opens `path` in `editor`, which may have options too ("code --wait"), and waits until it ends; NULL: in the
 * first of sensible-editor, editor, nano and vi that is there. `mask` is the editor's signal mask.
 * OUTCOME_FAILED, told: it can't be started, or says that it failed. */
int editor_run(const char *editor, const char *path, const sigset_t *mask);
