/* kindly-notify: shows prompts as desktop notifications and reports what a person does with them.
 *
 * Two connections: the link (fd 3, peer to peer, org.kindlyd.Presenter1) and the session bus, where libnotify
 * talks to the notification server. Calls on the link are handled one at a time; a call to the server blocks
 * this process, and nothing else. A showing says at most one thing (Chosen or Closed) until it is shown
 * again: most servers close a notification after a click, and that closing is no answer. What is on screen is
 * known by the server's id only as long as that server owns its name; when it goes, everything it showed is
 * gone.
 *
 * Nothing is kept: the program ends when the daemon closes the link, taking its notifications along, and by
 * itself when nothing was to be done for a while. GLib ends it when memory runs out; the daemon then starts
 * it again. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>

#include "daemon/notify/notify-card.h"
#include "daemon/notify/notify-draw.h"
#include "daemon/notify/notify-held.h"
#include "daemon/notify/notify-server.h"

#define LINGER_SEC     60
#define LINGER_MAX_SEC 86400

static const char introspection[] =
    "<node><interface name='" PRESENTER_INTERFACE "'>"
    "<method name='Show'>"
    "<arg name='id' type='s' direction='in'/><arg name='title' type='s' direction='in'/>"
    "<arg name='body' type='s' direction='in'/><arg name='choices' type='a(ss)' direction='in'/>"
    "<arg name='hints' type='a{sv}' direction='in'/>"
    "<arg name='bus_id' type='s' direction='out'/><arg name='owner' type='s' direction='out'/>"
    "<arg name='server_id' type='u' direction='out'/>"
    "</method>"
    "<method name='Withdraw'><arg name='id' type='s' direction='in'/></method>"
    "<signal name='Chosen'><arg name='id' type='s'/><arg name='choice' type='s'/></signal>"
    "<signal name='Written'><arg name='id' type='s'/><arg name='text' type='s'/></signal>"
    "<signal name='Closed'><arg name='id' type='s'/><arg name='how' type='s'/></signal>"
    "<signal name='Free'/>"
    "</interface></node>";

struct presenter {
    GMainLoop *loop;
    GDBusConnection *link, *bus; /* bus: NULL until first needed */
    struct held *held;
    GHashTable *showings; /* id -> struct showing: what is on screen */
    GQueue calls;         /* GDBusMethodInvocation: not handled yet */
    bool handling;
    guint linger; /* the timer's id; 0 while there is something to do */
    guint linger_sec;
    int exit_code;
};

struct showing {
    struct presenter *presenter; /* borrowed */
    char *id, *owner;            /* owner: unique name of the server that shows it */
    NotifyNotification *notification;
    bool told; /* a click was reported; what the server does about it is no news */
};

static void emit(struct presenter *presenter, const char *signal, const char *id, const char *value) {
    g_dbus_connection_emit_signal(presenter->link, NULL, PRESENTER_PATH, PRESENTER_INTERFACE, signal,
                                  id ? g_variant_new("(ss)", id, value) : NULL, NULL);
}

/* --- showings --------------------------------------------------------------------------------- */

/* The notification is not on screen any more, or not ours: libnotify forgets its id with it. */
static void showing_free(void *data) {
    struct showing *showing = data;
    g_signal_handlers_disconnect_by_data(showing->notification, showing);
    draw_set_id(showing->notification, 0);
    g_object_unref(showing->notification);
    g_free(showing->id);
    g_free(showing->owner);
    g_free(showing);
}

static void on_chosen(NotifyNotification *notification, char *choice, void *data) {
    struct showing *showing = data;
    (void)notification;
    if (showing->told)
        return;
    showing->told = true;
    emit(showing->presenter, "Chosen", showing->id, choice);
}

/* How a closing is told by the server's reason; NULL: it isn't. */
static const char *closed_how(int reason) {
    switch (reason) {
    case NOTIFY_CLOSED_REASON_DISMISSED:
        return PRESENTER_DISMISSED;
    case NOTIFY_CLOSED_REASON_API_REQUEST:
        return NULL;
    default:
        return PRESENTER_OFF_SCREEN;
    }
}

static void linger_start(struct presenter *presenter);

static void showing_end(struct showing *showing, const char *how) {
    struct presenter *presenter = showing->presenter;
    if (how && !showing->told)
        emit(presenter, "Closed", showing->id, how);
    g_hash_table_remove(presenter->showings, showing->id);
    linger_start(presenter);
}

static void on_closed(NotifyNotification *notification, void *data) {
    showing_end(data, closed_how(notify_notification_get_closed_reason(notification)));
}

static struct showing *showing_new(struct presenter *presenter, const char *id) {
    struct showing *showing = g_new0(struct showing, 1);
    showing->presenter = presenter;
    showing->id = g_strdup(id);
    showing->notification = notify_notification_new("kindly", NULL, NULL);
    g_signal_connect(showing->notification, "closed", G_CALLBACK(on_closed), showing);
    g_hash_table_replace(presenter->showings, showing->id, showing);
    return showing;
}

/* Takes it off the screen without a word to the daemon, which asked for it. */
static void withdraw(struct presenter *presenter, const char *id) {
    struct showing *showing = g_hash_table_lookup(presenter->showings, id);
    if (!showing)
        return;
    server_close(presenter->bus, showing->owner, draw_get_id(showing->notification));
    g_hash_table_remove(presenter->showings, id);
}

static void withdraw_all(struct presenter *presenter) {
    g_autoptr(GList) ids = g_hash_table_get_keys(presenter->showings);
    for (GList *id = ids; id; id = id->next)
        withdraw(presenter, id->data);
    if (presenter->bus)
        g_dbus_connection_flush_sync(presenter->bus, NULL, NULL);
}

/* --- the session bus -------------------------------------------------------------------------- */

static void on_owner_changed(GDBusConnection *bus, const char *sender, const char *path,
                             const char *interface, const char *signal, GVariant *arguments, void *data) {
    struct presenter *presenter = data;
    (void)bus;
    (void)sender;
    (void)path;
    (void)interface;
    (void)signal;
    const char *new_owner;
    g_variant_get_child(arguments, 2, "&s", &new_owner);
    g_autoptr(GList) showings = g_hash_table_get_values(presenter->showings);
    for (GList *item = showings; item; item = item->next) {
        struct showing *showing = item->data;
        if (!streq(showing->owner, new_owner))
            showing_end(showing, PRESENTER_OFF_SCREEN);
    }
}

static void stop(struct presenter *presenter, int exit_code) {
    presenter->exit_code = exit_code;
    g_main_loop_quit(presenter->loop);
}

static void on_bus_lost(GDBusConnection *bus, gboolean remote, GError *error, void *data) {
    (void)bus;
    (void)remote;
    (void)error;
    fputs("kindly-notify: the session bus is gone.\n", stderr);
    stop(data, EXIT_FAILURE);
}

static bool connect_bus(struct presenter *presenter) {
    if (presenter->bus)
        return true;
    presenter->bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
    if (!presenter->bus)
        return false;
    g_dbus_connection_set_exit_on_close(presenter->bus, FALSE);
    g_signal_connect(presenter->bus, "closed", G_CALLBACK(on_bus_lost), presenter);
    g_dbus_connection_signal_subscribe(presenter->bus, "org.freedesktop.DBus", "org.freedesktop.DBus",
                                       "NameOwnerChanged", "/org/freedesktop/DBus", SERVER_NAME,
                                       G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, presenter, NULL);
    return true;
}

/* The showing to draw in: that of the step before while it is on screen, else a fresh one, which may stand in
 * for one of an earlier run of the daemon if its server is still the same. */
static struct showing *place_for(struct presenter *presenter, const struct card *card,
                                 const struct server *server) {
    struct showing *showing = g_hash_table_lookup(presenter->showings, card->id);
    if (showing && card->step && streq(showing->owner, server->owner))
        return showing;
    withdraw(presenter, card->id);
    showing = showing_new(presenter, card->id);
    showing->owner = g_strdup(server->owner);
    if (card->replaces_bus && card->replaces_id <= INT_MAX && streq(card->replaces_bus, server->bus_id) &&
        streq(card->replaces_owner, server->owner))
        draw_set_id(showing->notification, card->replaces_id);
    return showing;
}

/* A failure leaves nothing behind: what would have been replaced goes, too. */
static int draw_showing(struct showing *showing, const struct card *card, const struct server *server) {
    struct presenter *presenter = showing->presenter;
    uint32_t replaced = draw_get_id(showing->notification);
    showing->told = false;
    int r = draw(showing->notification, card, server->caps, on_chosen, showing);
    if (r >= 0)
        return 0;
    if (replaced != 0)
        server_close(presenter->bus, server->owner, replaced);
    g_hash_table_remove(presenter->showings, card->id);
    return r;
}

/* What the server has said until now is heard before the next thing is asked of it. Calls that come in
 * meanwhile wait in the queue. */
static void hear_signals(void) {
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* -EHOSTUNREACH: Unavailable. -EBUSY: Held. */
static int show(struct presenter *presenter, const struct card *card, struct server **ret_server,
                uint32_t *ret_server_id) {
    _cleanup_(server_freep) struct server *server = NULL;
    if (!connect_bus(presenter))
        return -EHOSTUNREACH;
    int r = server_find(presenter->bus, &server);
    if (r < 0)
        return r;
    hear_signals();
    if (!g_main_loop_is_running(presenter->loop))
        return -EHOSTUNREACH; /* we are ending */
    if (!card->force && held_check(presenter->held, server->name))
        return -EBUSY;
    struct showing *showing = place_for(presenter, card, server);
    r = draw_showing(showing, card, server);
    if (r < 0)
        return r;
    *ret_server_id = draw_get_id(showing->notification);
    *ret_server = TAKE_PTR(server);
    return 0;
}

/* --- the link --------------------------------------------------------------------------------- */

static void refuse(GDBusMethodInvocation *call, int error, const char *wrong) {
    if (error == -EINVAL)
        g_dbus_method_invocation_return_dbus_error(call, "org.freedesktop.DBus.Error.InvalidArgs", wrong);
    else if (error == -EBUSY)
        g_dbus_method_invocation_return_dbus_error(call, PRESENTER_ERROR_HELD,
                                                   "The desktop is set not to disturb.");
    else
        g_dbus_method_invocation_return_dbus_error(call, PRESENTER_ERROR_UNAVAILABLE,
                                                   "No notification server takes this now.");
}

static void handle_show(struct presenter *presenter, GDBusMethodInvocation *call) {
    _cleanup_(card_freep) struct card *card = NULL;
    _cleanup_(server_freep) struct server *server = NULL;
    const char *wrong = NULL;
    uint32_t server_id = 0;
    int r = card_from_variant(g_dbus_method_invocation_get_parameters(call), &card, &wrong);
    if (r >= 0)
        r = show(presenter, card, &server, &server_id);
    if (r < 0)
        refuse(call, r, wrong);
    else
        g_dbus_method_invocation_return_value(
            call, g_variant_new("(ssu)", server->bus_id, server->owner, server_id));
}

static void handle_withdraw(struct presenter *presenter, GDBusMethodInvocation *call) {
    const char *id;
    g_variant_get(g_dbus_method_invocation_get_parameters(call), "(&s)", &id);
    withdraw(presenter, id);
    g_dbus_method_invocation_return_value(call, NULL);
}

static gboolean on_linger_over(void *data) {
    struct presenter *presenter = data;
    presenter->linger = 0;
    stop(presenter, EXIT_SUCCESS);
    return G_SOURCE_REMOVE;
}

static void linger_stop(struct presenter *presenter) {
    g_clear_handle_id(&presenter->linger, g_source_remove);
}

/* The end comes a while after the last thing there was to do. */
static void linger_start(struct presenter *presenter) {
    linger_stop(presenter);
    if (!presenter->handling && g_hash_table_size(presenter->showings) == 0 &&
        !held_is_waiting(presenter->held))
        presenter->linger = g_timeout_add_seconds(presenter->linger_sec, on_linger_over, presenter);
}

static void on_call(GDBusConnection *link, const char *sender, const char *path, const char *interface,
                    const char *method, GVariant *arguments, GDBusMethodInvocation *call, void *data) {
    struct presenter *presenter = data;
    (void)link;
    (void)sender;
    (void)path;
    (void)interface;
    (void)method;
    (void)arguments;
    g_queue_push_tail(&presenter->calls, call);
    if (presenter->handling)
        return;
    presenter->handling = true;
    linger_stop(presenter);
    while ((call = g_queue_pop_head(&presenter->calls)))
        if (streq(g_dbus_method_invocation_get_method_name(call), "Show"))
            handle_show(presenter, call);
        else
            handle_withdraw(presenter, call);
    presenter->handling = false;
    linger_start(presenter);
}

static void on_free(void *data) {
    struct presenter *presenter = data;
    emit(presenter, "Free", NULL, NULL);
    linger_start(presenter);
}

static void on_link_closed(GDBusConnection *link, gboolean remote, GError *error, void *data) {
    (void)link;
    (void)remote;
    (void)error;
    stop(data, EXIT_SUCCESS);
}

static gboolean on_terminate(void *data) {
    stop(data, EXIT_SUCCESS);
    return G_SOURCE_CONTINUE;
}

/* Calls are taken only once the object is there: the daemon may have sent its first before we were ready. */
static bool connect_link(struct presenter *presenter) {
    static const GDBusInterfaceVTable vtable = {.method_call = on_call};
    g_autoptr(GSocket) socket = g_socket_new_from_fd(PRESENTER_FD, NULL);
    if (!socket)
        return false;
    fcntl(PRESENTER_FD, F_SETFD, FD_CLOEXEC);
    g_autoptr(GSocketConnection) stream = g_socket_connection_factory_create_connection(socket);
    presenter->link = g_dbus_connection_new_sync(G_IO_STREAM(stream), NULL,
                                                 G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                     G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                                 NULL, NULL, NULL);
    if (!presenter->link)
        return false;
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(introspection, NULL);
    g_signal_connect(presenter->link, "closed", G_CALLBACK(on_link_closed), presenter);
    g_dbus_connection_register_object(presenter->link, PRESENTER_PATH, node->interfaces[0], &vtable,
                                      presenter, NULL, NULL);
    g_dbus_connection_start_message_processing(presenter->link);
    return true;
}

/* --- start and end ---------------------------------------------------------------------------- */

/* Warnings of the libraries may quote what is shown; no text goes to a log. */
static GLogWriterOutput quiet_writer(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                                     void *data) {
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return g_log_writer_standard_streams(level, fields, n_fields, data);
    return G_LOG_WRITER_HANDLED;
}

static void presenter_done(struct presenter *presenter) {
    withdraw_all(presenter);
    linger_stop(presenter);
    g_clear_pointer(&presenter->showings, g_hash_table_unref);
    presenter->held = held_free(presenter->held);
    if (presenter->bus)
        g_signal_handlers_disconnect_by_data(presenter->bus, presenter);
    g_clear_object(&presenter->bus);
    if (presenter->link)
        g_signal_handlers_disconnect_by_data(presenter->link, presenter);
    g_clear_object(&presenter->link);
    g_main_loop_unref(presenter->loop);
}

static void presenter_init(struct presenter *presenter, guint linger_sec) {
    *presenter = (struct presenter){.linger_sec = linger_sec, .calls = G_QUEUE_INIT};
    presenter->loop = g_main_loop_new(NULL, FALSE);
    presenter->held = held_new(on_free, presenter);
    presenter->showings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, showing_free);
    g_unix_signal_add(SIGTERM, on_terminate, presenter);
    g_unix_signal_add(SIGINT, on_terminate, presenter);
}

/* -EINVAL: not as main() describes it. */
static int parse_arguments(int argc, char **argv, guint *ret_linger_sec) {
    if (argc == 1) {
        *ret_linger_sec = LINGER_SEC;
        return 0;
    }
    if (argc != 3 || !streq(argv[1], "--linger"))
        return -EINVAL;
    char *end;
    unsigned long seconds = strtoul(argv[2], &end, 10);
    if (end == argv[2] || *end || seconds == 0 || seconds > LINGER_MAX_SEC)
        return -EINVAL;
    *ret_linger_sec = (guint)seconds;
    return 0;
}

int main(int argc, char **argv) {
    setenv("NOTIFY_IGNORE_PORTAL", "1", 1); /* a portal knows no closing, no hints, no capabilities */
    g_log_set_writer_func(quiet_writer, NULL, NULL);
    guint linger_sec;
    if (parse_arguments(argc, argv, &linger_sec) < 0) {
        fputs("kindly-notify: takes nothing but --linger SECONDS (1 to 86400); kindlyd starts it.\n", stderr);
        return 2;
    }
    notify_init("kindly");

    struct presenter presenter;
    presenter_init(&presenter, linger_sec);
    if (!connect_link(&presenter)) {
        fputs("kindly-notify: kindlyd starts it and talks to it over file descriptor 3; there is no daemon "
              "behind that.\n",
              stderr);
        presenter_done(&presenter);
        return EXIT_FAILURE;
    }
    linger_start(&presenter);
    g_main_loop_run(presenter.loop);
    presenter_done(&presenter);
    return presenter.exit_code;
}
