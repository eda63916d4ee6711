/* Reads a card from the arguments of Show. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/notify/card.h"

/* Hints that are unknown, or of another type than documented, are ignored. -EINVAL with `ret_wrong` as in
 * card.h, other errors as sd_bus_message_read(3). */
int card_from_message(sd_bus_message *message, struct card **ret, const char **ret_wrong);
