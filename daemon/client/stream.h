/* A verb that prints as things happen, until it is ended: SIGINT, SIGTERM and SIGHUP end it well, and so does
 * that nobody reads any more. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/client/client.h"

struct stream {
    struct client *client;
    /* A signal of the daemon's object came, of any interface; the daemon is gone, or there (again). They
     * return 0, or a negative errno that ends the stream; -EPIPE ends it well. */
    int (*on_signal)(struct stream *stream, sd_bus_message *message);
    int (*on_daemon)(struct stream *stream, bool running);
    sd_event *event; /* NULL before stream_begin() */
};

/* From here on nothing that happens is lost; it waits for stream_run(). An outcome. */
int stream_begin(struct stream *stream);

/* Prints what happens: the outcome in the end. */
int stream_run(struct stream *stream);

/* Whatever was begun. */
void stream_done(struct stream *stream);

/* After every line: it is written. Negative errno; -EPIPE when nobody reads. */
int stream_flush(void);

/* The outcome of a line that could not be printed, told unless nobody reads. */
int stream_outcome(int error);

/* Ends the loop from a callback of one's own, with that error. */
int stream_end(struct stream *stream, int error);
