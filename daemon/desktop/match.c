#include "daemon/desktop/match.h"

#include <stdio.h>

#include "daemon/core/base.h"

/* A refused match is a signal less; without this sd-bus would close the connection for it. */
static int on_installed(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    (void)reply;
    (void)userdata;
    (void)ret_error;
    return 1;
}

int match_signal(sd_bus *bus, const char *sender, const struct signal_kind *signal, const char *more,
                 sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret) {
    _cleanup_free_ char *rule = NULL;
    if (asprintf(&rule, "type='signal',sender='%s',interface='%s',member='%s'%s%s%s%s", sender,
                 signal->interface, signal->member, signal->first ? ",arg0='" : "", or_empty(signal->first),
                 signal->first ? "'" : "", more) < 0) {
        rule = NULL;
        return -ENOMEM;
    }
    return sd_bus_add_match_async(bus, ret, rule, handler, on_installed, userdata);
}
