#include "daemon/client/stream.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/core/translate.h"
int stream_flush(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return errno > 0 ? -errno : -EIO;
}

int stream_outcome(int error) {
    int outcome = error == -EPIPE ? OUTCOME_DONE : fail_errno(error, _("cannot go on"));
    clearerr(stdout);
    return outcome;
}

int stream_end(struct stream *stream, int error) {
    return sd_event_exit(stream->event, stream_outcome(error));
}

static int signal_came(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)ret_error;
    struct stream *stream = userdata;
    int r = stream->on_signal(stream, message);
    return r < 0 ? stream_end(stream, r) : 0;
}

static int owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)ret_error;
    struct stream *stream = userdata;
    const char *name, *before, *after;
    if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
        return 0;
    int r = stream->on_daemon(stream, *after != '\0');
    return r < 0 ? stream_end(stream, r) : 0;
}

static int bus_lost(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)message;
    (void)ret_error;
    struct stream *stream = userdata;
    complain(_("the session bus has ended"));
    return sd_event_exit(stream->event, OUTCOME_UNREACHABLE);
}

static int output_closed(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    (void)fd;
    (void)events;
    (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), OUTCOME_DONE);
}

static int add_endings(struct stream *stream) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < ELEMENTSOF(ending); i++)
        sigaddset(&mask, ending[i]);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ELEMENTSOF(ending); i++) {
        int r = sd_event_add_signal(stream->event, NULL, ending[i], NULL, NULL);
        if (r < 0)
            return r;
    }
    /* No events: only that the other end is gone. A file can't be polled, and has no other end. */
    int r = sd_event_add_io(stream->event, NULL, STDOUT_FILENO, EPOLLERR, output_closed, NULL);
    return r == -EPERM ? 0 : r;
}

static int add_matches(struct stream *stream) {
    sd_bus *bus = stream->client->bus;
    int r = sd_bus_match_signal(bus, NULL, KINDLYD_NAME, KINDLYD_PATH, NULL, NULL, signal_came, stream);
    if (r >= 0)
        r = client_match_owner(stream->client, owner_changed, stream);
    if (r >= 0)
        r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local", NULL, "org.freedesktop.DBus.Local",
                                "Disconnected", bus_lost, stream);
    return r;
}

int stream_begin(struct stream *stream) {
    sd_bus *bus;
    int outcome = client_bus(stream->client, &bus);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = sd_event_new(&stream->event);
    if (r >= 0)
        r = add_endings(stream);
    if (r >= 0)
        r = sd_bus_attach_event(bus, stream->event, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = add_matches(stream);
    return r < 0 ? fail_errno(r, _("cannot watch")) : OUTCOME_DONE;
}

int stream_run(struct stream *stream) {
    int r = sd_event_loop(stream->event);
    return r < 0 ? fail_errno(r, _("cannot watch")) : r;
}

void stream_done(struct stream *stream) {
    if (!stream->event)
        return;
    sd_bus_detach_event(stream->client->bus);
    stream->event = sd_event_unref(stream->event);
}
