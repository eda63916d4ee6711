/* Reads a card from the arguments of Show. */
#pragma once

#include <glib.h>

#include "daemon/notify/card.h"

/* Hints that are unknown, or of another type than documented, are ignored. -EINVAL with `ret_wrong` as in
 * card.h; -ENOMEM. */
int card_from_variant(GVariant *arguments, struct card **ret, const char **ret_wrong);
