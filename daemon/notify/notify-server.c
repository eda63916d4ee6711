/* Calls go to the server's unique name, so that none of them starts a program by surprise; starting one is a
 * step of its own. All of them have short timeouts: the daemon gives a showing 30 s in all. */
#include "daemon/notify/notify-server.h"

#define BUS_NAME      "org.freedesktop.DBus"
#define BUS_PATH      "/org/freedesktop/DBus"
#define BUS_INTERFACE "org.freedesktop.DBus"

#define CALL_TIMEOUT_MSEC  3000
#define START_TIMEOUT_MSEC 10000 /* a server that waits for its desktop takes some seconds */

static GVariant *ask_bus(GDBusConnection *bus, const char *method, GVariant *arguments, const char *type,
                         int timeout_msec) {
    return g_dbus_connection_call_sync(bus, BUS_NAME, BUS_PATH, BUS_INTERFACE, method, arguments,
                                       G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NONE, timeout_msec, NULL,
                                       NULL);
}

bool server_is_silent(const GError *error) {
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
           g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT);
}

/* -EHOSTUNREACH, -ETIMEDOUT: as server_find(). */
static int ask_server(GDBusConnection *bus, const char *owner, const char *method, const char *type,
                      GVariant **ret) {
    g_autoptr(GError) error = NULL;
    GVariant *reply = g_dbus_connection_call_sync(bus, owner, SERVER_PATH, SERVER_INTERFACE, method, NULL,
                                                  G_VARIANT_TYPE(type), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                                  CALL_TIMEOUT_MSEC, NULL, &error);
    if (!reply)
        return server_is_silent(error) ? -ETIMEDOUT : -EHOSTUNREACH;
    *ret = reply;
    return 0;
}

/* The one string of a reply, or NULL; consumes the reply. */
static char *take_string(GVariant *reply) {
    if (!reply)
        return NULL;
    char *text = NULL;
    g_variant_get_child(reply, 0, "s", &text);
    g_variant_unref(reply);
    return text;
}

static char *get_owner(GDBusConnection *bus) {
    return take_string(
        ask_bus(bus, "GetNameOwner", g_variant_new("(s)", SERVER_NAME), "(s)", CALL_TIMEOUT_MSEC));
}

static bool can_start(GDBusConnection *bus) {
    g_autoptr(GVariant) reply = ask_bus(bus, "ListActivatableNames", NULL, "(as)", CALL_TIMEOUT_MSEC);
    if (!reply)
        return false;
    g_autofree const char **names = NULL;
    g_variant_get(reply, "(^a&s)", &names);
    return g_strv_contains(names, SERVER_NAME);
}

static char *find_owner(GDBusConnection *bus) {
    char *owner = get_owner(bus);
    if (owner || !can_start(bus))
        return owner;
    g_autoptr(GVariant) reply =
        ask_bus(bus, "StartServiceByName", g_variant_new("(su)", SERVER_NAME, 0), "(u)", START_TIMEOUT_MSEC);
    return reply ? get_owner(bus) : NULL;
}

char *server_name(const char *name, const char *vendor) {
    bool is_shared = streq(name, "Notification Daemon");
    return g_strconcat(is_shared ? vendor : "", is_shared ? " " : "", name, NULL);
}

static int get_name(GDBusConnection *bus, struct server *server) {
    g_autoptr(GVariant) reply = NULL;
    int r = ask_server(bus, server->owner, "GetServerInformation", "(ssss)", &reply);
    if (r < 0)
        return r;
    const char *name, *vendor;
    g_variant_get(reply, "(&s&sss)", &name, &vendor, NULL, NULL);
    server->name = server_name(name, vendor);
    server->caps = notice_caps_of(server->name);
    return 0;
}

static int get_caps(GDBusConnection *bus, struct server *server) {
    g_autoptr(GVariant) reply = NULL;
    int r = ask_server(bus, server->owner, "GetCapabilities", "(as)", &reply);
    if (r < 0)
        return r;
    g_autofree const char **names = NULL;
    g_variant_get(reply, "(^a&s)", &names);
    for (const char **name = names; *name; name++)
        notice_caps_add(&server->caps, *name);
    return 0;
}

int server_find(GDBusConnection *bus, struct server **ret) {
    _cleanup_(server_freep) struct server *server = g_new0(struct server, 1);
    server->bus_id = take_string(ask_bus(bus, "GetId", NULL, "(s)", CALL_TIMEOUT_MSEC));
    server->owner = find_owner(bus);
    if (!server->bus_id || !server->owner)
        return -EHOSTUNREACH;
    int r = get_name(bus, server);
    if (r >= 0)
        r = get_caps(bus, server);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(server);
    return 0;
}

struct server *server_free(struct server *server) {
    if (!server)
        return NULL;
    g_free(server->bus_id);
    g_free(server->owner);
    g_free(server->name);
    g_free(server);
    return NULL;
}

static void tell_server(GDBusConnection *bus, const char *owner, const char *method, GVariant *arguments) {
    g_dbus_connection_call(bus, owner, SERVER_PATH, SERVER_INTERFACE, method, arguments, NULL,
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_TIMEOUT_MSEC, NULL, NULL, NULL);
}

/* Nothing to read, for the shortest of times: a bubble that stays when it is closed goes by that. */
static void end_bubble(GDBusConnection *bus, const char *owner, uint32_t id) {
    tell_server(bus, owner, "Notify",
                g_variant_new("(susss@as@a{sv}i)", "kindly", id, "", " ", "",
                              g_variant_new_array(G_VARIANT_TYPE_STRING, NULL, 0),
                              g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0), 1));
}

void server_close(GDBusConnection *bus, const char *owner, uint32_t id, bool keeps_bubble) {
    if (keeps_bubble)
        end_bubble(bus, owner, id);
    tell_server(bus, owner, "CloseNotification", g_variant_new("(u)", id));
}
