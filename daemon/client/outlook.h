/* How things are, in lines for people: what status says and what a bar shows on demand. Never the text of a
 * prompt. Each line ends with a newline. */
#pragma once

#include <stdio.h>

#include "daemon/client/client.h"

/* What comes next. `properties` are the daemon's. */
void outlook_next(FILE *out, struct client *client, const struct json_object *properties);

/* Whether it is paused; or, when it isn't, that these are quiet hours. */
void outlook_pause(FILE *out, struct client *client, const struct json_object *properties);

/* What needs a look; nothing when there is nothing. */
void outlook_problem(FILE *out, const struct json_object *properties);

/* Of a prompt that waits for a good moment. `row` is one of ListOpen. */
void outlook_waiting(FILE *out, const struct json_object *row);
