/* Signals of somebody on the bus, without waiting for the bus to say that it took the match. */
#pragma once

#include <systemd/sd-bus.h>

#define BUS_NAME "org.freedesktop.DBus" /* of the bus itself */

struct signal_kind {
    const char *interface, *member;
    const char *first; /* the first argument must be this; NULL: any */
};

/* `more`: of a match rule, ",arg2=''". One that the bus refuses is a signal less. -ENOMEM. */
int match_signal(sd_bus *bus, const char *sender, const struct signal_kind *signal, const char *more,
                 sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret);
