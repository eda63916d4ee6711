/* The schedule and the decks, read by the functions that the daemon uses. */
#pragma once

#include "daemon/store/mistake.h"

struct check {
    struct mistakes mistakes;
    bool unreviewed; /* of the decks that were read, one says so */
};

/* The schedule in use, and all decks of its languages. Mistakes in them are no errors of this. The caller
 * frees `*ret_path`, the schedule's, and the mistakes. */
int check_everything(struct check *check, char **ret_path);
