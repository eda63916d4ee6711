/* Verbs that only look: status, upcoming, presence. */
#include <stdio.h>

#include "daemon/client/open.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"

static const char *words_of_time(struct client *client, usec_t time, char buffer[TIME_WORDS_SIZE]) {
    return time_words(time, client_now(), client_zone(client), buffer);
}

/* --- status ----------------------------------------------------------------------------------- */

/* One that can be answered now, or when the others come. */
static void print_open_row(struct client *client, const struct json_object *row, bool newest) {
    const char *state = row_text(row, "state");
    char time[TIME_WORDS_SIZE];
    if (streq(state, "snoozed")) {
        printf("Put off until %s:\n", words_of_time(client, row_usec(row, "until_usec", 0), time));
        print_text(stdout, 0, 2, row_text(row, "text"));
    } else if (streq(state, "waiting")) {
        fputs("Waiting for a good moment: ", stdout);
        print_clean(stdout, *row_text(row, "reminder") ? row_text(row, "reminder") : "a prompt");
        fputs(".\n", stdout);
    } else {
        puts("Open:");
        open_print(row, newest);
    }
    putchar('\n');
}

static void print_next(struct client *client, const struct json_object *properties) {
    usec_t next = row_usec(properties, "NextElapseUSec", USEC_INFINITY);
    if (next == USEC_INFINITY) {
        puts("Nothing is to come.");
        return;
    }
    char time[TIME_WORDS_SIZE];
    const char *reminder = row_text(properties, "NextReminder");
    fputs("Next: ", stdout);
    print_clean(stdout, reminder);
    printf("%s%s.\n", *reminder ? ", " : "", words_of_time(client, next, time));
}

static void print_pause(struct client *client, const struct json_object *properties) {
    usec_t until = row_usec(properties, "PausedUntilUSec", 0);
    char time[TIME_WORDS_SIZE];
    if (until == USEC_INFINITY)
        puts("Paused until you resume (kindly resume).");
    else if (until > 0)
        printf("Paused until %s.\n", words_of_time(client, until, time));
    else if (streq(row_text(properties, "Presence"), "quiet"))
        puts("Quiet hours; not paused.");
    else
        puts("Not paused.");
}

static void print_status(struct client *client, const struct json_object *properties,
                         const struct json_object *open) {
    size_t n = json_object_array_length(open);
    for (size_t i = 0; i < n; i++)
        print_open_row(client, json_object_array_get_idx(open, i), i == 0);
    if (n == 0)
        puts("Nothing is open.");
    print_next(client, properties);
    print_pause(client, properties);
    const char *problem = row_text(properties, "Problem");
    if (*problem) {
        fputs("Needs a look: ", stdout);
        print_text(stdout, strlen("Needs a look: "), 2, problem);
    }
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
    return r < 0 ? fail_errno(r, "cannot print") : OUTCOME_DONE;
}

int verb_status(struct client *client, const struct arguments *arguments) {
    _cleanup_json_ struct json_object *properties = NULL, *open = NULL;
    int outcome = client_properties(client, &properties);
    if (outcome == OUTCOME_DONE)
        outcome = open_list(client, &open);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (option_given(arguments, "json"))
        return print_status_json(properties, open);
    print_status(client, properties, open);
    return OUTCOME_DONE;
}

/* --- upcoming and presence -------------------------------------------------------------------- */

static int print_rows_json(struct json_object *rows) {
    int r = print_json(rows);
    return r < 0 ? fail_errno(r, "cannot print") : OUTCOME_DONE;
}

#define UPCOMING_DEFAULT 10
#define UPCOMING_MAX     1000
#define UPCOMING_COLUMN  20 /* where the reminder's name begins; longer times push it on */

int verb_upcoming(struct client *client, const struct arguments *arguments) {
    uint32_t limit = UPCOMING_DEFAULT;
    const char *lines = option_value(arguments, "lines");
    int outcome = lines ? client_number("lines", lines, 1, UPCOMING_MAX, &limit) : OUTCOME_DONE;
    _cleanup_json_ struct json_object *rows = NULL;
    if (outcome == OUTCOME_DONE)
        outcome = client_list(client, &rows, "ListUpcoming", "u", limit);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (option_given(arguments, "json"))
        return print_rows_json(rows);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const struct json_object *row = json_object_array_get_idx(rows, i);
        char time[TIME_WORDS_SIZE];
        printf("%-*s ", UPCOMING_COLUMN - 1, words_of_time(client, row_usec(row, "due_usec", 0), time));
        print_clean(stdout, row_text(row, "reminder"));
        puts(streq(row_text(row, "kind"), "snoozed") ? " (put off)" : "");
    }
    if (json_object_array_length(rows) == 0)
        puts("Nothing is to come.");
    return OUTCOME_DONE;
}

static void print_source(const struct json_object *row, size_t column) {
    const char *source = row_text(row, "source"), *state = row_text(row, "state"),
               *detail = row_text(row, "detail");
    print_clean(stdout, source);
    printf("%*s", (int)(column - text_width(source)), "");
    print_clean(stdout, state);
    if (row_flag(row, "holds"))
        fputs(", holds prompts back", stdout);
    if (*detail) {
        fputs(" (", stdout);
        print_clean(stdout, detail);
        putchar(')');
    }
    putchar('\n');
}

int verb_presence(struct client *client, const struct arguments *arguments) {
    _cleanup_json_ struct json_object *rows = NULL;
    int outcome = client_list(client, &rows, "ListPresence", "");
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (option_given(arguments, "json"))
        return print_rows_json(rows);
    size_t n = json_object_array_length(rows), widest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = text_width(row_text(json_object_array_get_idx(rows, i), "source"));
        widest = MAX_OF(widest, width);
    }
    for (size_t i = 0; i < n; i++)
        print_source(json_object_array_get_idx(rows, i), widest + 2);
    if (n == 0)
        puts("Nothing here tells whether you are there.");
    return OUTCOME_DONE;
}
