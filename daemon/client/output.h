/* What a verb writes: to a file that appears whole or not at all, readable by the person alone; or to
 * standard output. */
#pragma once

#include <stdio.h>

#include "daemon/client/client.h"

struct output {
    FILE *stream;
    char *path, *temporary; /* NULL: standard output */
};

/* `path` NULL: standard output. A file that is there is replaced at the end; where a symbolic link leads is
 * followed. Outcomes. */
int output_open(const char *path, struct output *ret);

/* Makes the file durable and puts it in its place; OUTCOME_FAILED, told: it could not be, and what was there
 * before is as it was. */
int output_finish(struct output *output);

/* Throws away what was not finished. */
void output_done(struct output *output);
