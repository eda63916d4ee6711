/* One line for status bars. It never has the text of a prompt, nor a count of what was missed. */
#pragma once

#include "daemon/client/client.h"

/* The format that is not written in fields: waybar's JSON. */
#define BAR_WAYBAR "waybar"

/* What a format can name, without its braces, and a few words about it; NULL past the last. */
const char *bar_field(size_t index, const char **ret_about);

/* OUTCOME_USAGE: the format has a mistake, which was told. */
int bar_check(const char *format);

/* The line of a format that bar_check() has let pass, without a newline. `properties` and `open` are the
 * daemon's; both are NULL when it doesn't run. -ENOMEM. */
int bar_compose(struct client *client, const char *format, const struct json_object *properties,
                const struct json_object *open, char **ret);
