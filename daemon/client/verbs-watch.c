/* watch: the daemon's signals, one line each, and that it went and came back. The match stands before older
 * entries are asked for, so that none is lost between; an entry that changes just then may come twice. */
#include <stdio.h>

#include "daemon/client/rows.h"
#include "daemon/client/stream.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/span.h"
#include "daemon/core/translate.h"
#include "daemon/core/uuid.h"

struct watch {
    struct stream stream; /* first: it is what callbacks get */
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
    const char *event = row_text(row, "event"), *id = row_text(row, "id"), *between = "  ";
    print_clean(stdout, streq(event, "entry") ? row_text(row, "state") : event);
    fputs(*id ? "  " : "", stdout);
    print_clean(stdout, id);
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
    if (r >= 0 && watch->json)
        r = print_json(row);
    else if (r >= 0)
        print_line(watch->stream.client, row);
    return r < 0 ? r : stream_flush();
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

static int on_signal(struct stream *stream, sd_bus_message *message) {
    for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
        if (!sd_bus_message_is_signal(message, KINDLYD_NAME, signals[i].member))
            continue;
        _cleanup_json_ struct json_object *object = json_object_new_object();
        int r = object ? read_signal(message, signals[i].keys, object) : -ENOMEM;
        return r < 0 ? r : print_event((struct watch *)stream, signals[i].word, object);
    }
    return 0;
}

static int on_daemon(struct stream *stream, bool running) {
    static const char *const nothing[3] = {NULL};
    _cleanup_json_ struct json_object *object = json_object_new_object();
    int r = object ? read_signal(NULL, nothing, object) : -ENOMEM;
    return r < 0 ? r : print_event((struct watch *)stream, running ? "started" : "stopped", object);
}

/* Ids are ordered by the time they were made (UUID version 7), and begin with it in milliseconds. Rows have
 * texts; a line hasn't. An outcome, or the negative errno of a line. */
static int print_entries(struct watch *watch, const struct uuid *since) {
    usec_t since_usec = 0;
    for (size_t i = 0; i < 6; i++)
        since_usec = since_usec << 8 | since->bytes[i];
    char text[UUID_TEXT_SIZE];
    uuid_format(since, text);
    _cleanup_json_ struct json_object *rows = NULL;
    int outcome = client_list(watch->stream.client, &rows, "ListEntries", "ttu", since_usec * USEC_PER_MSEC,
                              USEC_INFINITY, (uint32_t)0);
    if (outcome != OUTCOME_DONE)
        return outcome;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (strcmp(row_text(row, "id"), text) <= 0)
            continue;
        json_object_object_del(row, "text");
        json_object_object_del(row, "note");
        int r = print_event(watch, "entry", row);
        if (r < 0)
            return r;
    }
    return OUTCOME_DONE;
}

static int watch_on(struct watch *watch, const struct uuid *since) {
    int outcome = stream_begin(&watch->stream);
    if (outcome == OUTCOME_DONE && since)
        outcome = print_entries(watch, since);
    if (outcome == OUTCOME_DONE)
        outcome = stream_run(&watch->stream);
    return outcome < 0 ? stream_outcome(outcome) : outcome;
}

int verb_watch(struct client *client, const struct arguments *arguments) {
    struct uuid since;
    const char *text = option_value(arguments, "since");
    if (text && uuid_parse(text, &since) < 0)
        return fail_usage(_("--since takes the id of an entry, not \"%s\""), text);
    struct watch watch = {
        .stream = {.client = client, .on_signal = on_signal, .on_daemon = on_daemon},
        .json = option_given(arguments, "json"),
    };
    _cleanup_json_ struct json_object *properties = NULL;
    int outcome = client_properties(client, &properties); /* starts the daemon, or tells that it can't */
    if (outcome == OUTCOME_DONE)
        outcome = watch_on(&watch, text ? &since : NULL);
    stream_done(&watch.stream);
    return outcome;
}
