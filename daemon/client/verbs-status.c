/* status: what is open and what comes, for people, as JSON, or as one line for a status bar. A bar asks often
 * and only looks: for its line the daemon is not started, and not running is one more thing to show. */
#include <stdio.h>

#include "daemon/client/bar.h"
#include "daemon/client/open.h"
#include "daemon/client/outlook.h"
#include "daemon/client/rows.h"
#include "daemon/client/stream.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

/* One that can be answered now, or when the others come. */
static void print_open_row(struct client *client, const struct json_object *row, bool newest) {
    const char *state = row_text(row, "state");
    char time[TIME_WORDS_SIZE];
    if (streq(state, "snoozed")) {
        usec_t until = row_usec(row, "until_usec", 0);
        printf(_("Put off until %s:\n"), time_words(until, client_now(), client_zone(client), time));
        print_text(stdout, 0, 2, row_text(row, "text"));
    } else if (streq(state, "waiting")) {
        outlook_waiting(stdout, row);
    } else {
        puts(_("Open:"));
        open_print(row, newest);
    }
    putchar('\n');
}

static void print_fewer(const struct json_object *properties) {
    usec_t fewer = row_usec(properties, "Fewer", 0);
    if (fewer > 0)
        print_text(
            stdout, 0, 0,
            fewer == 1
                ? _("You chose fewer: of each three prompts one passes by (kindly learning reset undoes it).")
                : _("You chose fewer: of each three prompts two pass by (kindly learning reset undoes it)."));
}

static void print_status(struct client *client, const struct json_object *properties,
                         const struct json_object *open) {
    size_t n = json_object_array_length(open);
    for (size_t i = 0; i < n; i++)
        print_open_row(client, json_object_array_get_idx(open, i), i == 0);
    if (n == 0)
        puts(_("Nothing is open."));
    outlook_next(stdout, client, properties);
    outlook_pause(stdout, client, properties);
    print_fewer(properties);
    outlook_problem(stdout, properties);
}

/* Takes `value` over; `*r` keeps the first error. */
static void put_when(int *r, struct json_object *object, bool when, const char *key,
                     struct json_object *value) {
    if (*r >= 0 && when)
        *r = json_put(object, key, value);
    else
        json_object_put(value);
}

/* The properties under the rows' kind of names; one without a value is left out, as keys of rows are. */
static int status_object(const struct json_object *properties, struct json_object *open,
                         struct json_object **ret) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    usec_t known = row_usec(properties, "PresenceUSec", 0);
    usec_t paused = row_usec(properties, "PausedUntilUSec", 0);
    usec_t next = row_usec(properties, "NextElapseUSec", USEC_INFINITY);
    const char *reminder = row_text(properties, "NextReminder"), *problem = row_text(properties, "Problem");
    const char *version = row_text(properties, "Version"), *presence = row_text(properties, "Presence");
    int r = 0;
    put_when(&r, object, true, "version", json_object_new_string(version));
    put_when(&r, object, true, "presence", json_object_new_string(presence));
    put_when(&r, object, known > 0, "presence_usec", json_object_new_uint64(known));
    put_when(&r, object, true, "paused", json_object_new_boolean(paused > 0));
    put_when(&r, object, paused > 0 && paused != USEC_INFINITY, "paused_until_usec",
             json_object_new_uint64(paused));
    put_when(&r, object, next != USEC_INFINITY, "next_elapse_usec", json_object_new_uint64(next));
    put_when(&r, object, *reminder != '\0', "next_reminder", json_object_new_string(reminder));
    uint64_t fewer = row_usec(properties, "Fewer", 0);
    put_when(&r, object, fewer > 0, "fewer", json_object_new_uint64(fewer));
    put_when(&r, object, *problem != '\0', "problem", json_object_new_string(problem));
    put_when(&r, object, true, "open", json_object_get(open));
    if (r >= 0)
        *ret = TAKE_PTR(object);
    return r;
}

static int print_status_json(const struct json_object *properties, struct json_object *open) {
    _cleanup_json_ struct json_object *object = NULL;
    int r = status_object(properties, open, &object);
    if (r >= 0)
        r = print_json(object);
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

static int ask(struct client *client, struct json_object **ret_properties, struct json_object **ret_open) {
    int outcome = client_properties(client, ret_properties);
    return outcome == OUTCOME_DONE ? open_list(client, ret_open) : outcome;
}

/* --- For bars --------------------------------------------------------------------------------- */

/* Asks, unless it is known not to run, and gives the line; both outcomes, done and unreachable, have one. */
static int ask_for_line(struct client *client, const char *format, bool running, char **ret) {
    _cleanup_json_ struct json_object *properties = NULL, *open = NULL;
    int outcome = running ? ask(client, &properties, &open) : OUTCOME_UNREACHABLE;
    if (outcome != OUTCOME_DONE && outcome != OUTCOME_UNREACHABLE)
        return outcome;
    bool known = outcome == OUTCOME_DONE;
    int r = bar_compose(client, format, known ? properties : NULL, known ? open : NULL, ret);
    return r < 0 ? fail_errno(r, _("cannot print")) : outcome;
}

static int print_line(struct client *client, const char *format) {
    _cleanup_free_ char *line = NULL;
    int outcome = ask_for_line(client, format, true, &line);
    if (line)
        puts(line);
    return outcome;
}

/* A line whenever it would be another. */
struct follow {
    struct stream stream; /* first: it is what callbacks get */
    const char *format;
    char *line; /* as last printed; NULL: none yet */
    bool running;
    sd_event_source *soon, *midnight;
};

/* A hung daemon must not keep a bar from ending us. */
#define FOLLOW_TIMEOUT (3 * USEC_PER_SEC)

/* What is "tomorrow 09:00" becomes "09:00" then. */
static int wait_for_midnight(struct follow *follow) {
    const struct zone *zone = client_zone(follow->stream.client);
    usec_t midnight = zone_day_second(zone, zone_local_day(zone, client_now()) + 1, 0);
    int r = sd_event_source_set_time(follow->midnight, midnight);
    return r < 0 ? r : sd_event_source_set_enabled(follow->midnight, SD_EVENT_ONESHOT);
}

static int print_if_changed(struct follow *follow) {
    struct client *client = follow->stream.client;
    client->zone = zone_free(client->zone); /* the person may have travelled */
    _cleanup_free_ char *line = NULL;
    ask_for_line(client, follow->format, follow->running, &line);
    int r = wait_for_midnight(follow);
    if (r < 0 || !line || (follow->line && streq(follow->line, line)))
        return r;
    free(follow->line);
    follow->line = TAKE_PTR(line);
    puts(follow->line);
    return stream_flush();
}

static int on_soon(sd_event_source *source, void *userdata) {
    (void)source;
    struct follow *follow = userdata;
    int r = print_if_changed(follow);
    return r < 0 ? stream_end(&follow->stream, r) : 0;
}

static int on_midnight(sd_event_source *source, uint64_t time_usec, void *userdata) {
    (void)time_usec;
    return on_soon(source, userdata);
}

/* Signals come in groups: one look for all that are there. */
static int look_soon(struct follow *follow) {
    return sd_event_source_set_enabled(follow->soon, SD_EVENT_ONESHOT);
}

static int on_signal(struct stream *stream, sd_bus_message *message) {
    (void)message;
    return look_soon((struct follow *)stream);
}

static int on_daemon(struct stream *stream, bool running) {
    struct follow *follow = (struct follow *)stream;
    follow->running = running;
    return look_soon(follow);
}

static int add_sources(struct follow *follow) {
    sd_event *event = follow->stream.event;
    int r = sd_event_add_defer(event, &follow->soon, on_soon, follow);
    if (r >= 0)
        r = sd_event_source_set_priority(follow->soon, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_add_time(event, &follow->midnight, CLOCK_REALTIME, USEC_INFINITY, USEC_PER_SEC,
                              on_midnight, follow);
    if (r >= 0)
        r = sd_bus_set_method_call_timeout(follow->stream.client->bus, FOLLOW_TIMEOUT);
    if (r >= 0)
        r = client_is_running(follow->stream.client, &follow->running);
    return r < 0 ? fail_errno(r, _("cannot watch")) : OUTCOME_DONE;
}

static int follow_lines(struct client *client, const char *format) {
    struct follow follow = {
        .stream = {.client = client, .on_signal = on_signal, .on_daemon = on_daemon},
        .format = format,
    };
    int outcome = stream_begin(&follow.stream);
    if (outcome == OUTCOME_DONE)
        outcome = add_sources(&follow);
    if (outcome == OUTCOME_DONE)
        outcome = stream_run(&follow.stream);
    sd_event_source_unref(follow.soon);
    sd_event_source_unref(follow.midnight);
    stream_done(&follow.stream);
    free(follow.line);
    return outcome;
}

/* --- The verb --------------------------------------------------------------------------------- */

int verb_status(struct client *client, const struct arguments *arguments) {
    const char *format = option_value(arguments, "format");
    bool json = option_given(arguments, "json"), follow = option_given(arguments, "follow");
    if (format && json)
        return fail_usage(_("status takes --format or --json, not both"));
    if (follow && !format)
        return fail_usage(_("--follow goes with --format only"));
    if (format) {
        int outcome = bar_check(format);
        client->only_running = true;
        return outcome != OUTCOME_DONE ? outcome
               : follow                ? follow_lines(client, format)
                                       : print_line(client, format);
    }
    _cleanup_json_ struct json_object *properties = NULL, *open = NULL;
    int outcome = ask(client, &properties, &open);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (json)
        return print_status_json(properties, open);
    print_status(client, properties, open);
    return OUTCOME_DONE;
}
