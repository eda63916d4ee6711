/* What could not be done, for want of memory or of a descriptor, because a disk was full or a reader stood in
 * the way, is noted and tried again: after 5 s, and while anything fails, after twice as long each time, up
 * to 40 s. Trying costs little, and a person waits for it. */
#include "daemon/kindlyd.h"

#define AGAIN_FIRST_USEC (5 * USEC_PER_SEC)
#define AGAIN_LAST_USEC  (40 * USEC_PER_SEC)

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source, (void)usec;
    struct daemon *daemon = userdata;
    unsigned undone = daemon->undone;
    daemon->undone = 0;                                                /* what fails notes itself again */
    bool missed = (undone & UNDONE_WATCH) && watch_files(daemon) >= 0; /* a change may have been */
    if ((undone & UNDONE_RELOAD) || missed)
        reload(daemon, NULL);
    if (undone & UNDONE_TEXTS)
        renew_library(daemon);
    if (undone & UNDONE_FLUSH)
        flush_erased(daemon);
    if (undone & UNDONE_TURN)
        ask_and_advance(daemon);
    else if (undone & UNDONE_SETTLE)
        settle(daemon);
    if (!daemon->undone)
        daemon->again_usec = 0;
    return 0;
}

int prepare_again(struct daemon *daemon) {
    int r = sd_event_add_time(daemon->event, &daemon->again, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_SEC,
                              on_again, daemon);
    return r < 0 ? r : sd_event_source_set_enabled(daemon->again, SD_EVENT_OFF);
}

void try_again(struct daemon *daemon, enum undone what) {
    bool armed = daemon->undone;
    daemon->undone |= what;
    if (armed)
        return;
    daemon->again_usec =
        daemon->again_usec == 0 ? AGAIN_FIRST_USEC : MIN_OF(daemon->again_usec * 2, AGAIN_LAST_USEC);
    (void)sd_event_source_set_time_relative(daemon->again, daemon->again_usec);
    (void)sd_event_source_set_enabled(daemon->again, SD_EVENT_ONESHOT);
}
