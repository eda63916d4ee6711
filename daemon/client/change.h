/* Changing the person's schedule: what `edit`, `config` and `setup` have in common. Functions return
 * outcomes, as client.h says. */
#pragma once

#include "daemon/client/client.h"
#include "daemon/core/library.h"
#include "daemon/core/schedule.h"
#include "daemon/store/mistake.h"

struct change {
    char *path;   /* of the person's own schedule, whether it is there or not */
    char *before; /* what stands in it; NULL: it isn't there yet, and `text` is another one's */
    char *text;   /* of the schedule in use */
};

/* Reads the schedule in use: the person's own, or else the machine's, or the one that was installed. */
int change_begin(struct change *ret);
void change_done(struct change *change);

/* Reads `text` as it would be read if it stood in the file `path`, with the decks of its languages. Returns
 * 0 or a negative errno: -EINVAL is told in `mistakes`. The outputs are for the caller to free; each may be
 * NULL. */
int change_check(const char *path, const char *text, struct mistakes *mistakes,
                 struct schedule **ret_schedule, struct library **ret_library);

/* Tells the mistakes, to standard error: errors and warnings, or of errors only what is wrong without the
 * place, for a text that the person doesn't see. */
void change_tell(const struct mistakes *mistakes);
void change_tell_short(const struct mistakes *mistakes, const char *path);

/* That the schedule itself has a mistake, so that it can't be changed by its parts. OUTCOME_FAILED. */
int change_refuse_broken(const struct mistakes *mistakes);

/* Whether the file may be changed: OUTCOME_FAILED, told, if it is left alone. */
int change_may_write(const struct change *change);

/* Puts `text` into the person's file. Where that is left alone: says why, prints the lines that would
 * change, and returns OUTCOME_FAILED. */
int change_write(const struct change *change, const char *text);

/* Has the daemon, if it runs, take the schedule up. `*ret_running` says whether it does. */
int change_reload(struct client *client, bool *ret_running);
