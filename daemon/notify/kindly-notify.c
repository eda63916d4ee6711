/* kindly-notify: shows prompts as desktop notifications and reports what a person does with them.
 *
 * Two connections: the link (fd 3, peer to peer, org.kindlyd.Presenter1) and the session bus, where libnotify
 * talks to the notification server (notify-screen.c). Calls on the link are handled one at a time; a call to
 * the server blocks this process, and nothing else.
 *
 * Nothing is kept: the program ends when the daemon closes the link, taking its notifications along, and by
 * itself when nothing was to be done for a while. GLib ends it when memory runs out; the daemon then starts
 * it again. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <libnotify/notify.h>

#include "daemon/core/translate.h"
#include "daemon/notify/notify-card.h"
#include "daemon/notify/notify-screen.h"
#include "daemon/store/language.h"

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
    "<signal name='Named'/>"
    "<signal name='Free'/>"
    "</interface></node>";

struct presenter {
    GMainLoop *loop;
    GDBusConnection *link;
    struct screen *screen;
    GQueue calls; /* GDBusMethodInvocation: not handled yet */
    bool handling;
    guint linger; /* the timer's id; 0 while there is something to do */
    guint linger_sec;
    int exit_code;
};

static void stop(struct presenter *presenter, int exit_code) {
    presenter->exit_code = exit_code;
    g_main_loop_quit(presenter->loop);
}

/* --- the end by itself ------------------------------------------------------------------------ */

static gboolean on_linger_over(void *data) {
    struct presenter *presenter = data;
    presenter->linger = 0;
    stop(presenter, EXIT_SUCCESS);
    return G_SOURCE_REMOVE;
}

/* The end comes a while after the last thing there was to do. */
static void linger(struct presenter *presenter) {
    g_clear_handle_id(&presenter->linger, g_source_remove);
    if (!presenter->handling && screen_is_idle(presenter->screen))
        presenter->linger = g_timeout_add_seconds(presenter->linger_sec, on_linger_over, presenter);
}

/* --- what the screen says --------------------------------------------------------------------- */

static void on_said(void *data, const char *signal, const char *id, const char *value) {
    struct presenter *presenter = data;
    g_dbus_connection_emit_signal(presenter->link, NULL, PRESENTER_PATH, PRESENTER_INTERFACE, signal,
                                  id ? g_variant_new("(ss)", id, value) : NULL, NULL);
}

static void on_screen_changed(void *data) {
    linger(data);
}

static void on_screen_lost(void *data) {
    fputs("kindly-notify: the session bus is gone.\n", stderr);
    stop(data, EXIT_FAILURE);
}

static const struct screen_events screen_events = {
    .said = on_said,
    .changed = on_screen_changed,
    .lost = on_screen_lost,
};

/* --- the link --------------------------------------------------------------------------------- */

static void refuse(GDBusMethodInvocation *call, int error, const char *wrong) {
    if (error == -EINVAL)
        g_dbus_method_invocation_return_dbus_error(call, "org.freedesktop.DBus.Error.InvalidArgs", wrong);
    else if (error == -EBUSY)
        g_dbus_method_invocation_return_dbus_error(call, PRESENTER_ERROR_HELD,
                                                   "The desktop is set not to disturb.");
    else if (error == -ETIMEDOUT)
        g_dbus_method_invocation_return_dbus_error(call, PRESENTER_ERROR_TIMEOUT,
                                                   "The notification server does not answer.");
    else
        g_dbus_method_invocation_return_dbus_error(call, PRESENTER_ERROR_UNAVAILABLE,
                                                   "No notification server takes this now.");
}

static void handle_show(struct presenter *presenter, GDBusMethodInvocation *call) {
    _cleanup_(card_freep) struct card *card = NULL;
    g_autofree char *bus_id = NULL, *owner = NULL;
    const char *wrong = NULL;
    uint32_t server_id = 0;
    int r = card_from_variant(g_dbus_method_invocation_get_parameters(call), &card, &wrong);
    if (r >= 0)
        r = screen_show(presenter->screen, card, &bus_id, &owner, &server_id);
    if (r < 0)
        refuse(call, r, wrong);
    else
        g_dbus_method_invocation_return_value(call, g_variant_new("(ssu)", bus_id, owner, server_id));
}

static void handle_withdraw(struct presenter *presenter, GDBusMethodInvocation *call) {
    const char *id;
    g_variant_get(g_dbus_method_invocation_get_parameters(call), "(&s)", &id);
    screen_withdraw(presenter->screen, id);
    g_dbus_method_invocation_return_value(call, NULL);
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
    linger(presenter);
    while ((call = g_queue_pop_head(&presenter->calls)))
        if (streq(g_dbus_method_invocation_get_method_name(call), "Show"))
            handle_show(presenter, call);
        else
            handle_withdraw(presenter, call);
    presenter->handling = false;
    linger(presenter);
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
    presenter->screen = screen_free(presenter->screen);
    g_clear_handle_id(&presenter->linger, g_source_remove);
    if (presenter->link)
        g_signal_handlers_disconnect_by_data(presenter->link, presenter);
    g_clear_object(&presenter->link);
    g_main_loop_unref(presenter->loop);
}

static void presenter_init(struct presenter *presenter, guint linger_sec) {
    *presenter = (struct presenter){.linger_sec = linger_sec, .calls = G_QUEUE_INIT};
    presenter->loop = g_main_loop_new(NULL, FALSE);
    presenter->screen = screen_new(&screen_events, presenter);
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
    language_begin();
    guint linger_sec;
    if (parse_arguments(argc, argv, &linger_sec) < 0) {
        fputs("kindly-notify: takes nothing but --linger SECONDS (1 to 86400); kindlyd starts it.\n", stderr);
        return 2;
    }
    notify_init("kindly");

    struct presenter presenter;
    presenter_init(&presenter, linger_sec);
    if (!connect_link(&presenter)) {
        fprintf(
            stderr, "kindly-notify: %s\n",
            _("kindlyd starts it and talks to it over file descriptor 3; there is no daemon behind that."));
        presenter_done(&presenter);
        return EXIT_FAILURE;
    }
    linger(&presenter);
    g_main_loop_run(presenter.loop);
    presenter_done(&presenter);
    return presenter.exit_code;
}
