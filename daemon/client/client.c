/* The connection is opened at the first call and closed at the end. Calls are ordinary ones: D-Bus starts the
 * daemon when it is not running and its activation file is installed.
 *
 * The command is short-lived and asks the time where it needs it; it decides nothing that the daemon decides.
 */
#include "daemon/client/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "daemon/client/rows.h"
#include "daemon/client/words.h"
#include "daemon/core/schedule.h"
#include "daemon/core/span.h"
#include "daemon/core/translate.h"
#include "daemon/store/deck.h"
#include "daemon/store/journal.h"
#include "daemon/store/paths.h"
#include "daemon/store/zonefile.h"

void client_done(struct client *client) {
    client->bus = sd_bus_flush_close_unref(client->bus);
    client->zone = zone_free(client->zone);
}

usec_t client_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
}

const struct zone *client_zone(struct client *client) {
    if (!client->zone && zonefile_load_tz(getenv("TZ"), &client->zone) < 0)
        return zone_utc();
    return client->zone;
}

int client_settle_languages(struct schedule *schedule) {
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    int r = path_shipped("decks", &shipped);
    if (r >= 0)
        r = path_user_decks(&own);
    return r < 0 ? r : deck_settle_languages(schedule, (char *[]){shipped, own}, 2);
}

/* --- Complaints ------------------------------------------------------------------------------- */

/* Lines of a message stay lines. */
static void print_complaint(const char *text) {
    fputs("kindly: ", stderr);
    for (;;) {
        size_t length = strcspn(text, "\n");
        _cleanup_free_ char *line = strndup(text, length);
        print_clean(stderr, line ? line : _("out of memory"));
        fputc('\n', stderr);
        text += length;
        if (*text == '\0' || *++text == '\0')
            return;
    }
}

__attribute__((format(printf, 1, 0))) static void complain_list(const char *format, va_list list) {
    char *text = NULL;
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    print_complaint(text ? text : _("out of memory"));
    free(text);
}

void complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    complain_list(format, list);
    va_end(list);
}

int fail_usage(const char *format, ...) {
    va_list list;
    va_start(list, format);
    complain_list(format, list);
    va_end(list);
    return OUTCOME_USAGE;
}

int fail_errno(int error, const char *what) {
    complain("%s: %s", what, strerror(-error));
    return OUTCOME_FAILED;
}

/* --- The daemon ------------------------------------------------------------------------------- */

int client_bus(struct client *client, sd_bus **ret) {
    if (!client->bus) {
        int r = sd_bus_open_user(&client->bus);
        if (r == -ENOMEM)
            return fail_errno(r, _("cannot reach the session bus"));
        if (r < 0) {
            complain(_("there is no session bus here (is DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR set?)"));
            return OUTCOME_UNREACHABLE;
        }
    }
    *ret = client->bus;
    return OUTCOME_DONE;
}

/* What the bus and our own end say when nobody answers. The daemon itself uses none of these; a name that
 * ends with a dot stands for all that begin so. */
static const char *const unreachable[] = {
    SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER,      SD_BUS_ERROR_NO_SERVER,
    SD_BUS_ERROR_DISCONNECTED,    "org.freedesktop.DBus.Error.Spawn.", "org.freedesktop.systemd1.",
    "System.Error.ECONNREFUSED",  "System.Error.ECONNABORTED",         "System.Error.ENOTCONN",
    "System.Error.EPIPE",
};

static bool is_unreachable(const char *name) {
    for (size_t i = 0; i < ELEMENTSOF(unreachable); i++) {
        size_t length = strlen(unreachable[i]);
        bool prefix = unreachable[i][length - 1] == '.';
        if (prefix ? strncmp(name, unreachable[i], length) == 0 : streq(name, unreachable[i]))
            return true;
    }
    return false;
}

int fail_call(const sd_bus_error *error) {
    const char *name = or_empty(error->name);
    if (streq(name, SD_BUS_ERROR_NO_MEMORY)) {
        complain(_("out of memory"));
        return OUTCOME_FAILED;
    }
    if (streq(name, SD_BUS_ERROR_NO_REPLY) || streq(name, SD_BUS_ERROR_TIMEOUT)) {
        complain(_("kindlyd did not answer; what was asked may or may not have been done"));
        return OUTCOME_UNREACHABLE;
    }
    if (is_unreachable(name)) {
        complain(_("kindlyd is not running (start it with: systemctl --user start kindlyd)"));
        return OUTCOME_UNREACHABLE;
    }
    complain("%s", error->message && *error->message ? error->message : name);
    return OUTCOME_FAILED;
}

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

int client_is_running(struct client *client, bool *ret) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int running;
    int r = sd_bus_call_method(client->bus, BUS_NAME, BUS_PATH, BUS_NAME, "NameHasOwner", NULL, &reply, "s",
                               KINDLYD_NAME);
    if (r >= 0)
        r = sd_bus_message_read(reply, "b", &running);
    if (r < 0)
        return r;
    *ret = running;
    return 0;
}

int client_match_owner(struct client *client, sd_bus_message_handler_t handler, void *userdata) {
    return sd_bus_add_match(client->bus, NULL,
                            "type='signal',sender='" BUS_NAME "',interface='" BUS_NAME "',"
                            "member='NameOwnerChanged',arg0='" KINDLYD_NAME "'",
                            handler, userdata);
}

/* Sends a call made ready. */
static int send_call(sd_bus *bus, sd_bus_message *call, sd_bus_message **ret_reply) {
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *reply = NULL;
    int r = sd_bus_call(bus, call, 0, &error, &reply);
    if (r < 0) {
        if (!sd_bus_error_is_set(&error))
            sd_bus_error_set_errno(&error, r);
        return fail_call(&error);
    }
    if (ret_reply)
        *ret_reply = reply;
    else
        sd_bus_message_unref(reply);
    return OUTCOME_DONE;
}

static int call_list(struct client *client, sd_bus_message **ret_reply, const char *interface,
                     const char *member, const char *types, va_list list) {
    sd_bus *bus;
    int outcome = client_bus(client, &bus);
    if (outcome != OUTCOME_DONE)
        return outcome;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(bus, &call, KINDLYD_NAME, KINDLYD_PATH, interface, member);
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, !client->only_running);
    if (r >= 0 && *types)
        r = sd_bus_message_appendv(call, types, list);
    if (r == -EINVAL) /* of a text: the types are ours */
        return fail_usage(_("this is not UTF-8, and kindlyd takes no other text"));
    if (r < 0)
        return fail_errno(r, member);
    return send_call(bus, call, ret_reply);
}

int client_call(struct client *client, sd_bus_message **ret_reply, const char *member, const char *types,
                ...) {
    va_list list;
    va_start(list, types);
    int outcome = call_list(client, ret_reply, KINDLYD_NAME, member, types, list);
    va_end(list);
    return outcome;
}

int client_read(sd_bus_message *reply, char type, void *ret) {
    int r = sd_bus_message_read_basic(reply, type, ret);
    return r <= 0 ? fail_errno(r < 0 ? r : -EBADMSG, _("cannot read what kindlyd answered")) : OUTCOME_DONE;
}

static int read_json(sd_bus_message *reply, enum json_type type, struct json_object **ret) {
    struct json_object *value = NULL;
    int r = json_from_message(reply, &value);
    if (r >= 0 && !json_object_is_type(value, type)) {
        json_object_put(value);
        r = -EBADMSG;
    }
    if (r < 0)
        return fail_errno(r, _("cannot read what kindlyd answered"));
    *ret = value;
    return OUTCOME_DONE;
}

int client_list(struct client *client, struct json_object **ret_rows, const char *member, const char *types,
                ...) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    va_list list;
    va_start(list, types);
    int outcome = call_list(client, &reply, KINDLYD_NAME, member, types, list);
    va_end(list);
    return outcome == OUTCOME_DONE ? read_json(reply, json_type_array, ret_rows) : outcome;
}

static int call_properties(struct client *client, sd_bus_message **ret_reply, const char *types, ...) {
    va_list list;
    va_start(list, types);
    int outcome = call_list(client, ret_reply, "org.freedesktop.DBus.Properties", "GetAll", types, list);
    va_end(list);
    return outcome;
}

int client_properties(struct client *client, struct json_object **ret) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = call_properties(client, &reply, "s", KINDLYD_NAME);
    return outcome == OUTCOME_DONE ? read_json(reply, json_type_object, ret) : outcome;
}

/* --- What people write ------------------------------------------------------------------------ */

int client_when(struct client *client, const char *text, struct when *ret) {
    usec_t now = client_now();
    struct when when = {};
    if (span_parse(text, &when.span_usec) >= 0) {
        if (when.span_usec == 0)
            return fail_usage(_("\"%s\" is no time at all; say for how long (20min) or until when (14:30)"),
                              text);
        when.until_usec = usec_add(now, when.span_usec);
        *ret = when;
        return OUTCOME_DONE;
    }
    when.span_usec = 0;
    if (moment_parse(text, now, client_zone(client), MOMENT_NEXT, SCHEDULE_MORNING_SEC, &when.until_usec) < 0)
        return fail_usage(
            _("\"%s\" is neither a span (20min, 1h 30min) nor a time (14:30, tomorrow, monday 9:00)"), text);
    *ret = when;
    return OUTCOME_DONE;
}

int client_past(struct client *client, const char *option, const char *text, usec_t *ret_usec) {
    if (moment_parse(text, client_now(), client_zone(client), MOMENT_LAST, 0, ret_usec) < 0)
        return fail_usage(_("--%s: \"%s\" is not a time (2026-03-28, yesterday, last monday, 14:30)"), option,
                          text);
    return OUTCOME_DONE;
}

int client_journal(struct journal **ret) {
    _cleanup_free_ char *path = NULL, *problem = NULL;
    struct journal *journal = NULL;
    int r = path_journal(&path);
    if (r < 0)
        return fail_errno(r, _("cannot find the journal"));
    r = journal_open_readonly(path, &journal, &problem);
    if (problem && r != -ENOENT)
        complain("%s", problem); /* also of one that a newer version wrote: what is known of it is read */
    else if (r < 0 && r != -ENOENT)
        return fail_errno(r, _("cannot read the journal"));
    if (r < 0 && r != -ENOENT)
        return OUTCOME_FAILED;
    *ret = journal;
    return OUTCOME_DONE;
}

int client_range(struct client *client, const struct arguments *arguments, struct range *ret) {
    struct range range = {.until_usec = USEC_INFINITY};
    const char *since = option_value(arguments, "since"), *until = option_value(arguments, "until");
    int outcome = since ? client_past(client, "since", since, &range.since_usec) : OUTCOME_DONE;
    if (outcome == OUTCOME_DONE && until)
        outcome = client_past(client, "until", until, &range.until_usec);
    if (outcome == OUTCOME_DONE)
        *ret = range;
    return outcome;
}

int client_number(const char *option, const char *text, uint32_t low, uint32_t high, uint32_t *ret) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < low || number > high)
        return fail_usage(_("--%s takes a number from %u to %u, not \"%s\""), option, low, high, text);
    *ret = (uint32_t)number;
    return OUTCOME_DONE;
}
