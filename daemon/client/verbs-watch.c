/* watch: the daemon's signals, one line each. The match stands before older entries are asked for, so that
 * none is lost between; an entry that changes just then may come twice.
 *
 * It ends well on SIGINT, SIGTERM, and when nobody reads any more; a daemon that is started anew goes on
 * being watched. */
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/span.h"
#include "daemon/core/uuid.h"

struct watch {
    struct client *client;
    sd_event *event;
    bool json;
};

/* The signals, the word each is told by, and the keys of their arguments in order. */
static const struct {
    const char *member, *word;
    const char *keys[3];
} signals[] = {
    {"Shown", "shown", {"id", "reminder", "theme"}},
    {"Answered", "answered", {"id", "choice"}},
    {"Snoozed", "snoozed", {"id", "until_usec"}},
    {"Closed", "closed", {"id", "how"}},
    {"Noted", "noted", {"id"}},
};

/* What a line shows after the id, in this order, of what is there. */
static const char *const shown_keys[] = {"reminder", "theme", "choice", "how", "rule", "until_usec"};

static void print_line(struct client *client, const struct json_object *row) {
    char time[MOMENT_TEXT_SIZE];
    printf("%s  ", moment_format(row_usec(row, "time_usec", 0), client_zone(client), time));
    const char *event = row_text(row, "event");
    print_clean(stdout, streq(event, "entry") ? row_text(row, "state") : event);
    fputs("  ", stdout);
    print_clean(stdout, row_text(row, "id"));
    const char *between = "  ";
    for (size_t i = 0; i < ELEMENTSOF(shown_keys); i++) {
        usec_t until = row_usec(row, shown_keys[i], 0);
        const char *text =
            until > 0 ? moment_format(until, client_zone(client), time) : row_text(row, shown_keys[i]);
        if (*text == '\0')
            continue;
        fputs(between, stdout);
        print_clean(stdout, text);
        between = " ";
    }
    putchar('\n');
}

/* Adds `event` and prints. -EPIPE: nobody reads. */
static int print_event(struct watch *watch, const char *event, struct json_object *row) {
    int r = json_put(row, "event", json_object_new_string(event));
    if (r < 0)
        return r;
    if (watch->json)
        r = print_json(row);
    else
        print_line(watch->client, row);
    errno = 0;
    if (r >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
        r = errno > 0 ? -errno : -EIO;
    return r;
}

static int read_signal(sd_bus_message *message, const char *const keys[3], struct json_object *object) {
    int r = json_put(object, "time_usec", json_object_new_uint64(client_now()));
    for (size_t i = 0; i < 3 && keys[i] && r >= 0; i++) {
        struct json_object *value = NULL;
        r = json_from_message(message, &value);
        if (r >= 0)
            r = json_put(object, keys[i], value);
    }
    return r;
}

/* Ends the loop: well when nobody reads any more. */
static int end_on(struct watch *watch, int error) {
    int status = error == -EPIPE ? OUTCOME_DONE : fail_errno(error, "cannot go on watching");
    clearerr(stdout);
    return sd_event_exit(watch->event, status);
}

static int signal_came(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)ret_error;
    struct watch *watch = userdata;
    for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
        if (!sd_bus_message_is_signal(message, KINDLYD_NAME, signals[i].member))
            continue;
        _cleanup_json_ struct json_object *object = json_object_new_object();
        int r = object ? read_signal(message, signals[i].keys, object) : -ENOMEM;
        if (r >= 0)
            r = print_event(watch, signals[i].word, object);
        if (r < 0)
            return end_on(watch, r);
    }
    return 0;
}

static int bus_lost(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)message;
    (void)ret_error;
    struct watch *watch = userdata;
    complain("the session bus has ended");
    return sd_event_exit(watch->event, OUTCOME_UNREACHABLE);
}

static int output_closed(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    (void)fd;
    (void)events;
    (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), OUTCOME_DONE);
}

static int add_sources(struct watch *watch) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t mask;
    sigemptyset(&mask);
    for (size_t i = 0; i < ELEMENTSOF(ending); i++)
        sigaddset(&mask, ending[i]);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ELEMENTSOF(ending); i++) {
        int r = sd_event_add_signal(watch->event, NULL, ending[i], NULL, NULL);
        if (r < 0)
            return r;
    }
    /* No events: only that the other end is gone. A file can't be polled, and has no other end. */
    int r = sd_event_add_io(watch->event, NULL, STDOUT_FILENO, EPOLLERR, output_closed, NULL);
    return r == -EPERM ? 0 : r;
}

static int subscribe(struct watch *watch) {
    sd_bus *bus = watch->client->bus;
    int r = add_sources(watch);
    if (r >= 0)
        r = sd_bus_attach_event(bus, watch->event, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = sd_bus_match_signal(bus, NULL, KINDLYD_NAME, KINDLYD_PATH, KINDLYD_NAME, NULL, signal_came,
                                watch);
    if (r >= 0)
        r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local", NULL, "org.freedesktop.DBus.Local",
                                "Disconnected", bus_lost, watch);
    return r < 0 ? fail_errno(r, "cannot watch") : OUTCOME_DONE;
}

/* Ids are ordered by the time they were made (UUID version 7), and begin with it in milliseconds. */
static int print_entries(struct watch *watch, const struct uuid *since) {
    usec_t since_usec = 0;
    for (size_t i = 0; i < 6; i++)
        since_usec = since_usec << 8 | since->bytes[i];
    char text[UUID_TEXT_SIZE];
    uuid_format(since, text);
    _cleanup_json_ struct json_object *rows = NULL;
    int outcome = client_list(watch->client, &rows, "ListEntries", "ttu", since_usec * USEC_PER_MSEC,
                              USEC_INFINITY, (uint32_t)0);
    if (outcome != OUTCOME_DONE)
        return outcome;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (strcmp(row_text(row, "id"), text) <= 0)
            continue;
        int r = print_event(watch, "entry", row);
        if (r < 0)
            return r == -EPIPE ? OUTCOME_DONE : fail_errno(r, "cannot print");
    }
    return OUTCOME_DONE;
}

static int watch_loop(struct watch *watch, const struct uuid *since) {
    _cleanup_json_ struct json_object *properties = NULL;
    int outcome =
        client_properties(watch->client, &properties); /* starts the daemon, or tells that it can't */
    if (outcome == OUTCOME_DONE)
        outcome = subscribe(watch);
    if (outcome == OUTCOME_DONE && since)
        outcome = print_entries(watch, since);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = sd_event_loop(watch->event);
    return r < 0 ? fail_errno(r, "cannot watch") : r;
}

int verb_watch(struct client *client, const struct arguments *arguments) {
    struct uuid since;
    const char *text = option_value(arguments, "since");
    if (text && uuid_parse(text, &since) < 0)
        return fail_usage("--since takes the id of an entry, not \"%s\"", text);
    struct watch watch = {.client = client, .json = option_given(arguments, "json")};
    sd_bus *bus;
    int outcome = client_bus(client, &bus);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = sd_event_new(&watch.event);
    if (r < 0)
        return fail_errno(r, "cannot watch");
    outcome = watch_loop(&watch, text ? &since : NULL);
    sd_bus_detach_event(bus);
    sd_event_unref(watch.event);
    return outcome;
}
