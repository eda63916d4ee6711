/* What the verbs of `kindly` share: the connection to the daemon, times in a person's words, and how a verb
 * ends.
 *
 * Functions here that return an outcome have told the person what went wrong, on standard error; a verb
 * passes such an outcome on. The others return 0 or a negative errno and say nothing. */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#include "daemon/client/arguments.h"
#include "daemon/core/zone.h"

#define KINDLYD_NAME "org.kindlyd.Kindly1"
#define KINDLYD_PATH "/org/kindlyd/Kindly1"

/* The exit status. */
enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_FAILED = 1,
    OUTCOME_USAGE = 2,       /* what was asked for makes no sense */
    OUTCOME_UNREACHABLE = 3, /* the daemon does not answer */
};

struct client {
    sd_bus *bus;       /* NULL until it is needed: see client_bus() */
    struct zone *zone; /* NULL until it is needed: see client_zone() */
    bool only_running; /* calls don't start the daemon */
};

void client_done(struct client *client);

usec_t client_now(void);

/* The local zone; UTC when TZ names none that is known here. Borrowed. */
const struct zone *client_zone(struct client *client);

struct journal;
struct schedule;

/* The languages of a schedule that leaves them to the locale: see deck_settle_languages(). */
int client_settle_languages(struct schedule *schedule);

/* "kindly: ..." on standard error, without control characters. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);
/* The same, and the outcome to return. */
__attribute__((format(printf, 1, 2))) int fail_usage(const char *format, ...);
/* What a negative errno means: out of memory, ... Always OUTCOME_FAILED. */
int fail_errno(int error, const char *what);

/* The connection, opened at the first use. Borrowed. */
int client_bus(struct client *client, sd_bus **ret);

/* The outcome of a call that failed, told. `error` is what the bus gave. */
int fail_call(const sd_bus_error *error);

/* Whether the daemon has its name on the bus, which is open. Negative errno. */
int client_is_running(struct client *client, bool *ret);

/* Calls `handler` with NameOwnerChanged(name, before, after) when the daemon goes or comes, as long as the
 * connection lasts. Negative errno. */
int client_match_owner(struct client *client, sd_bus_message_handler_t handler, void *userdata);

/* Calls a method of the daemon, which D-Bus starts if need be. `types` and what follows are its arguments;
 * `ret_reply` may be NULL. */
int client_call(struct client *client, sd_bus_message **ret_reply, const char *member, const char *types,
                ...);

/* The reply's first value, of a basic type. Text is borrowed from the reply. */
int client_read(sd_bus_message *reply, char type, void *ret);

/* Calls a method that replies aa{sv}: a JSON array of objects with the rows' keys. */
int client_list(struct client *client, struct json_object **ret_rows, const char *member, const char *types,
                ...);

/* All properties of the daemon, by name. */
int client_properties(struct client *client, struct json_object **ret);

/* Opens the person's journal for reading, beside the daemon or without it. `*ret` is NULL where there is none
 * yet. OUTCOME_FAILED: told. */
int client_journal(struct journal **ret);

/* What --since and --until say; 0 and USEC_INFINITY where they are not given. */
struct range {
    usec_t since_usec, until_usec;
};
int client_range(struct client *client, const struct arguments *arguments, struct range *ret);

/* A span or a moment as a person writes them: "20min", "14:30", "tomorrow". */
struct when {
    usec_t span_usec;  /* 0: a moment was meant. USEC_INFINITY: for ever */
    usec_t until_usec; /* the end, by the wall clock */
};
int client_when(struct client *client, const char *text, struct when *ret);

/* A moment in the past, as --since and --until take it; a day means its midnight. */
int client_past(struct client *client, const char *option, const char *text, usec_t *ret_usec);

/* A number from `low` to `high`. */
int client_number(const char *option, const char *text, uint32_t low, uint32_t high, uint32_t *ret);
