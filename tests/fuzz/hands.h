/* The daemon, with all that is around it in our hands: its bus, its presenter, the clock and chance. It is
 * all of kindlyd but its start; its journal is that of state.h, its schedule and its deck are in
 * fuzz_folder(). */
#pragma once

#include "daemon/kindlyd.h"
#include "tests/fuzz/fuzz.h"

struct hands {
    struct daemon daemon;
    sd_bus *bus;       /* the other end of its bus */
    sd_bus *presenter; /* that of the presenter's link; NULL: it was not started, or has ended */
    /* Called with what the daemon asks of a program on the bus, or of the presenter; it replies. */
    sd_bus_message_handler_t asked;
    void *userdata;
};

/* Begins anew, at FUZZ_NOW. */
void hands_begin(struct hands *hands, sd_bus_message_handler_t asked, void *userdata);
void hands_end(struct hands *hands);

/* Lets everything happen that can, until nothing does. */
void hands_settle(struct hands *hands);

void hands_pass_time(usec_t span_usec);

/* As a program of that name on the bus would send it. */
void hands_sign(sd_bus_message *message, const char *sender);

/* The presenter's program ends. */
void hands_close_presenter(struct hands *hands);
