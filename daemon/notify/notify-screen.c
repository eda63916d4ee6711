/* A showing says at most one thing (Chosen, Written or Closed) until it is shown again: most servers close a
 * notification after a click, and that closing is no answer. What is on screen is known by the server's id
 * only as long as that server owns its name; when it goes, everything it showed is gone.
 *
 * A line is written where the server takes one in place (KDE's inline reply), else in a window. A window
 * outlives its notification: what is written is told whenever it is done. When `show_for` is over a showing
 * goes out of the server's history, too; some servers would keep it there, or know no time at all. */
#include "daemon/notify/notify-screen.h"

#include "daemon/core/translate.h"
#include "daemon/notify/notify-draw.h"
#include "daemon/notify/notify-held.h"
#include "daemon/notify/notify-server.h"
#include "daemon/notify/notify-window.h"
#include "daemon/notify/text.h"

/* Of the window; never the prompt's text, which others could read there in the list of processes. */
#define QUESTION N_("A line of your own")

struct screen {
    const struct screen_events *events;
    void *data;
    GDBusConnection *bus; /* NULL until first needed */
    bool is_lost;
    struct held *held;
    GHashTable *showings; /* id -> struct showing: what is on screen */
    GHashTable *writings; /* id -> struct writing: windows that are open */
    GHashTable *ended;    /* the server's ids of this run's showings that are over */
};

struct showing {
    struct screen *screen; /* borrowed */
    char *id, *owner;      /* owner: unique name of the server that shows it */
    NotifyNotification *notification;
    bool told;          /* the person did something; what the server does about it is no news */
    bool named;         /* its text named the command that answers */
    bool keeps_bubble;  /* see notice.h */
    uint32_t server_id; /* as it was drawn last; 0: not yet */
    guint end;          /* the timer of show_for; 0: none */
};

struct writing {
    struct screen *screen; /* borrowed */
    char *id;
    struct window *window;
};

static void say(struct screen *screen, const char *signal, const char *id, const char *value) {
    screen->events->said(screen->data, signal, id, value);
}

static void changed(struct screen *screen) {
    screen->events->changed(screen->data);
}

/* --- the end of a showing --------------------------------------------------------------------- */

/* The notification is not on screen any more, or not ours: libnotify forgets its id with it. */
static void showing_free(void *data) {
    struct showing *showing = data;
    g_hash_table_add(showing->screen->ended, GUINT_TO_POINTER(showing->server_id));
    g_clear_handle_id(&showing->end, g_source_remove);
    g_signal_handlers_disconnect_by_data(showing->notification, showing);
    draw_set_id(showing->notification, 0);
    g_object_unref(showing->notification);
    g_free(showing->id);
    g_free(showing->owner);
    g_free(showing);
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

static void showing_end(struct showing *showing, const char *how) {
    struct screen *screen = showing->screen;
    if (how && !showing->told)
        say(screen, "Closed", showing->id, how);
    g_hash_table_remove(screen->showings, showing->id);
    changed(screen);
}

static bool is_writing(const struct showing *showing) {
    return g_hash_table_contains(showing->screen->writings, showing->id);
}

/* Most servers close a notification when its button is clicked: one that is being written to is not over. */
static void on_closed(NotifyNotification *notification, void *data) {
    struct showing *showing = data;
    if (!is_writing(showing))
        showing_end(showing, closed_how(notify_notification_get_closed_reason(notification)));
}

/* Nothing is to be done when the server has closed it, and it is kept only for the line that is being
 * written. */
static void close_on_server(const struct showing *showing) {
    uint32_t server_id = draw_get_id(showing->notification);
    if (server_id != 0)
        server_close(showing->screen->bus, showing->owner, server_id, showing->keeps_bubble);
}

static gboolean on_show_for_over(void *data) {
    struct showing *showing = data;
    showing->end = 0;
    close_on_server(showing);
    showing_end(showing, PRESENTER_OFF_SCREEN);
    return G_SOURCE_REMOVE;
}

static void set_end(struct showing *showing, usec_t show_for_usec) {
    usec_t msec = show_for_usec / USEC_PER_MSEC;
    g_clear_handle_id(&showing->end, g_source_remove);
    if (msec > 0 && msec <= G_MAXUINT)
        showing->end = g_timeout_add((guint)msec, on_show_for_over, showing);
}

/* --- a line of one's own ---------------------------------------------------------------------- */

static void writing_free(void *data) {
    struct writing *writing = data;
    window_free(writing->window);
    g_free(writing->id);
    g_free(writing);
}

static void on_written(const char *text, void *data) {
    struct writing *writing = data;
    struct screen *screen = writing->screen;
    struct showing *showing = g_hash_table_lookup(screen->showings, writing->id);
    if (text)
        say(screen, "Written", writing->id, text);
    if (text && showing)
        showing->told = true;
    else if (showing && draw_get_id(showing->notification) == 0)
        showing_end(showing, PRESENTER_OFF_SCREEN);
    g_hash_table_remove(screen->writings, writing->id);
    changed(screen);
}

/* One window for a prompt. While it is open the prompt's time on the screen doesn't end. */
static void open_window(struct showing *showing) {
    struct screen *screen = showing->screen;
    if (is_writing(showing))
        return;
    struct writing *writing = g_new0(struct writing, 1);
    writing->screen = screen;
    writing->id = g_strdup(showing->id);
    const char *token = notify_notification_get_activation_token(showing->notification);
    if (window_open(screen->bus, _(QUESTION), token, on_written, writing, &writing->window) < 0) {
        writing_free(writing);
        return;
    }
    g_clear_handle_id(&showing->end, g_source_remove);
    g_hash_table_replace(screen->writings, writing->id, writing);
    changed(screen);
}

/* A reply typed in place is told by a signal of its own (on_replied). */
static void on_chosen(NotifyNotification *notification, char *choice, void *data) {
    struct showing *showing = data;
    (void)notification;
    if (showing->told || streq(choice, PRESENTER_REPLY))
        return;
    if (streq(choice, PRESENTER_WRITE)) {
        open_window(showing);
        return;
    }
    showing->told = true;
    say(showing->screen, "Chosen", showing->id, choice);
}

static struct showing *find_on_server(const struct screen *screen, const char *owner, guint32 server_id) {
    GHashTableIter showings;
    void *item;
    g_hash_table_iter_init(&showings, screen->showings);
    while (g_hash_table_iter_next(&showings, NULL, &item)) {
        struct showing *showing = item;
        if (draw_get_id(showing->notification) == server_id && streq(showing->owner, owner))
            return showing;
    }
    return NULL;
}

/* KDE sends it to us alone, swaync to everybody; libnotify doesn't pass it on. */
static void on_replied(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                       const char *signal, GVariant *arguments, void *data) {
    struct screen *screen = data;
    (void)bus;
    (void)path;
    (void)interface;
    (void)signal;
    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(us)")))
        return;
    guint32 server_id;
    const char *text;
    g_variant_get(arguments, "(u&s)", &server_id, &text);
    struct showing *showing = find_on_server(screen, or_empty(sender), server_id);
    _cleanup_free_ char *line = NULL;
    if (!showing || showing->told || text_line(text, CARD_LINE_MAX, &line) < 0)
        return;
    showing->told = true;
    say(screen, "Written", showing->id, line);
}

/* --- the session bus -------------------------------------------------------------------------- */

static void on_owner_changed(GDBusConnection *bus, const char *sender, const char *path,
                             const char *interface, const char *signal, GVariant *arguments, void *data) {
    struct screen *screen = data;
    (void)bus;
    (void)sender;
    (void)path;
    (void)interface;
    (void)signal;
    const char *new_owner;
    g_variant_get_child(arguments, 2, "&s", &new_owner);
    g_autoptr(GList) showings = g_hash_table_get_values(screen->showings);
    for (GList *item = showings; item; item = item->next) {
        struct showing *showing = item->data;
        if (!streq(showing->owner, new_owner))
            showing_end(showing, PRESENTER_OFF_SCREEN);
    }
    g_hash_table_remove_all(screen->ended); /* another server counts anew */
}

static void on_bus_lost(GDBusConnection *bus, gboolean remote, GError *error, void *data) {
    struct screen *screen = data;
    (void)bus;
    (void)remote;
    (void)error;
    screen->is_lost = true;
    screen->events->lost(screen->data);
}

static bool connect_bus(struct screen *screen) {
    if (screen->bus)
        return true;
    screen->bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
    if (!screen->bus)
        return false;
    g_dbus_connection_set_exit_on_close(screen->bus, FALSE);
    g_signal_connect(screen->bus, "closed", G_CALLBACK(on_bus_lost), screen);
    g_dbus_connection_signal_subscribe(screen->bus, "org.freedesktop.DBus", "org.freedesktop.DBus",
                                       "NameOwnerChanged", "/org/freedesktop/DBus", SERVER_NAME,
                                       G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, screen, NULL);
    g_dbus_connection_signal_subscribe(screen->bus, SERVER_NAME, SERVER_INTERFACE, "NotificationReplied",
                                       SERVER_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_replied, screen, NULL);
    return true;
}

/* --- showing ---------------------------------------------------------------------------------- */

void screen_withdraw(struct screen *screen, const char *id) {
    struct showing *showing = g_hash_table_lookup(screen->showings, id);
    if (!showing)
        return;
    close_on_server(showing);
    g_hash_table_remove(screen->showings, id);
    changed(screen);
}

static struct showing *showing_new(struct screen *screen, const char *id, const struct server *server) {
    struct showing *showing = g_new0(struct showing, 1);
    showing->screen = screen;
    showing->id = g_strdup(id);
    showing->owner = g_strdup(server->owner);
    showing->keeps_bubble = server->caps.keeps_bubble;
    showing->notification = notify_notification_new("kindly", NULL, NULL);
    g_signal_connect(showing->notification, "closed", G_CALLBACK(on_closed), showing);
    g_hash_table_replace(screen->showings, showing->id, showing);
    return showing;
}

/* Whether the card says which notification it may stand in for: one of an earlier run of this program, whose
 * server is still the same. Of this run's own it is known here whether they are there. */
static bool can_replace(const struct screen *screen, const struct card *card, const struct server *server) {
    return card->replaces_bus && card->replaces_id <= INT_MAX && streq(card->replaces_bus, server->bus_id) &&
           streq(card->replaces_owner, server->owner) &&
           !g_hash_table_contains(screen->ended, GUINT_TO_POINTER(card->replaces_id));
}

/* The showing to draw in: that of the step before while it is on screen, else a fresh one. */
static struct showing *place_for(struct screen *screen, const struct card *card,
                                 const struct server *server) {
    struct showing *showing = g_hash_table_lookup(screen->showings, card->id);
    if (showing && card->step && !server->caps.keeps_buttons && streq(showing->owner, server->owner) &&
        draw_get_id(showing->notification) != 0)
        return showing;
    bool named = showing && card->step && showing->named;
    screen_withdraw(screen, card->id);
    showing = showing_new(screen, card->id, server);
    showing->named = named;
    if (can_replace(screen, card, server) && server->caps.keeps_buttons)
        server_close(screen->bus, server->owner, card->replaces_id, false);
    else if (can_replace(screen, card, server))
        draw_set_id(showing->notification, card->replaces_id);
    return showing;
}

static int draw_notice(struct showing *showing, const struct card *card, const struct server *server) {
    struct screen *screen = showing->screen;
    bool window = card_takes_line(card) && !server->caps.reply && server->caps.actions &&
                  window_is_possible(screen->bus);
    _cleanup_(notice_freep) struct notice *notice = NULL;
    int r = notice_new(card, server->caps, window, &notice);
    if (r >= 0)
        r = draw(showing->notification, card, notice, on_chosen, showing);
    if (r < 0)
        return r;
    showing->server_id = draw_get_id(showing->notification);
    if (notice->names_command && !showing->named)
        say(screen, "Named", NULL, NULL);
    showing->named |= notice->names_command;
    set_end(showing, card->show_for_usec);
    return 0;
}

/* A failure leaves nothing behind: what would have been replaced goes, too. */
static int draw_showing(struct showing *showing, const struct card *card, const struct server *server) {
    struct screen *screen = showing->screen;
    uint32_t replaced = draw_get_id(showing->notification);
    showing->told = false;
    int r = draw_notice(showing, card, server);
    if (r >= 0)
        return 0;
    if (replaced != 0)
        server_close(screen->bus, server->owner, replaced, server->caps.keeps_bubble);
    g_hash_table_remove(screen->showings, card->id);
    return r;
}

/* What the server has said until now is heard before the next thing is asked of it. */
static void hear_signals(void) {
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

int screen_show(struct screen *screen, const struct card *card, char **ret_bus_id, char **ret_owner,
                uint32_t *ret_server_id) {
    _cleanup_(server_freep) struct server *server = NULL;
    if (!connect_bus(screen))
        return -EHOSTUNREACH;
    int r = server_find(screen->bus, &server);
    if (r < 0)
        return r;
    hear_signals();
    if (screen->is_lost)
        return -EHOSTUNREACH;
    if (!card->force && held_check(screen->held, server->name))
        return -EBUSY;
    struct showing *showing = place_for(screen, card, server);
    r = draw_showing(showing, card, server);
    if (r < 0)
        return r;
    *ret_server_id = draw_get_id(showing->notification);
    *ret_bus_id = TAKE_PTR(server->bus_id);
    *ret_owner = TAKE_PTR(server->owner);
    return 0;
}

/* --- all together ----------------------------------------------------------------------------- */

bool screen_is_idle(const struct screen *screen) {
    return g_hash_table_size(screen->showings) == 0 && g_hash_table_size(screen->writings) == 0 &&
           !held_is_waiting(screen->held);
}

static void on_free(void *data) {
    struct screen *screen = data;
    say(screen, "Free", NULL, NULL);
    changed(screen);
}

struct screen *screen_new(const struct screen_events *events, void *data) {
    struct screen *screen = g_new0(struct screen, 1);
    screen->events = events;
    screen->data = data;
    screen->held = held_new(on_free, screen);
    screen->showings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, showing_free);
    screen->writings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, writing_free);
    screen->ended = g_hash_table_new(NULL, NULL);
    return screen;
}

struct screen *screen_free(struct screen *screen) {
    if (!screen)
        return NULL;
    GHashTableIter showings;
    void *showing;
    g_hash_table_iter_init(&showings, screen->showings);
    while (g_hash_table_iter_next(&showings, NULL, &showing))
        close_on_server(showing);
    g_hash_table_unref(screen->showings);
    g_hash_table_unref(screen->writings);
    g_hash_table_unref(screen->ended);
    held_free(screen->held);
    if (screen->bus) {
        g_dbus_connection_flush_sync(screen->bus, NULL, NULL);
        g_signal_handlers_disconnect_by_data(screen->bus, screen);
        g_object_unref(screen->bus);
    }
    g_free(screen);
    return NULL;
}
