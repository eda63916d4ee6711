/* The rows of lists on the bus, aa{sv}; units/org.kindlyd.Kindly1.xml has their keys. Negative errno of
 * sd-bus. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/entry.h"
#include "daemon/desktop/presence.h"

/* A reply that is one array of rows, opened; the caller's to unref. */
int rows_begin(sd_bus_message *call, sd_bus_message **ret);
int rows_append_open(sd_bus_message *m, const struct keeper *keeper, const struct world *world,
                     const struct open_prompt *open);
int rows_append_upcoming(sd_bus_message *m, const struct world *world, const struct upcoming *upcoming);
/* For journal_visit(): `userdata` is the message. */
int rows_append_entry(void *userdata, const struct entry *entry);
int rows_append_source(sd_bus_message *m, const struct presence_source *source);
int rows_send(sd_bus_message *reply);
