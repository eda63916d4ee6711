/* Urgency is always normal and nothing is transient: GNOME draws no banner for low urgency and drops what is
 * transient after 4 s. The image goes out as a hint, since libnotify's versions disagree on what its icon
 * argument becomes. It is resident where a server knows that: a click then leaves it where it is, so that
 * what follows is said in the same place. Each hint has the type the specification gives it: mako refuses a
 * notification over a wrong one. */
#include "daemon/notify/notify-draw.h"

#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/notify/notify-server.h"

#define PLACEHOLDER N_("A line of your own")
#define FLOOD_ERROR "org.freedesktop.Notifications.Error.ExcessNotificationGeneration"
#define FLOOD_USEC  1100000

uint32_t draw_get_id(NotifyNotification *notification) {
    int id = 0; /* libnotify keeps the server's unsigned id in an int */
    g_object_get(notification, "id", &id, NULL);
    return (uint32_t)id;
}

void draw_set_id(NotifyNotification *notification, uint32_t id) {
    g_object_set(notification, "id", (int)id, NULL);
}

/* A file's URI when run from the build tree, else the themed name. */
static char *icon(void) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    _cleanup_free_ char *path = NULL;
    if (program && notice_icon_file(program, &path) == 0 && access(path, R_OK) == 0)
        return g_filename_to_uri(path, NULL, NULL);
    return g_strdup(NOTICE_ICON_NAME);
}

static void set_hints(NotifyNotification *notification, const struct card *card) {
    g_autofree char *image = icon();
    notify_notification_clear_hints(notification);
    notify_notification_set_urgency(notification, NOTIFY_URGENCY_NORMAL);
    notify_notification_set_category(notification, "x-kindly.prompt");
    notify_notification_set_hint(notification, "desktop-entry", g_variant_new_string("org.kindlyd.Kindly"));
    notify_notification_set_hint(notification, "image-path", g_variant_new_string(image));
    notify_notification_set_hint(notification, "resident", g_variant_new_boolean(TRUE));
    if (card->sound && !card->step)
        notify_notification_set_hint(notification, "sound-name", g_variant_new_string("message-new-instant"));
    else
        notify_notification_set_hint(notification, "suppress-sound", g_variant_new_boolean(TRUE));
}

static void set_actions(NotifyNotification *notification, const struct notice *notice,
                        NotifyActionCallback on_chosen, void *data) {
    notify_notification_clear_actions(notification);
    for (size_t i = 0; i < notice->n_actions; i++) {
        const struct notice_action *action = &notice->actions[i];
        if (streq(action->key, PRESENTER_REPLY))
            notify_notification_set_hint(notification, "x-kde-reply-placeholder-text",
                                         g_variant_new_string(_(PLACEHOLDER)));
        notify_notification_add_action(notification, action->key, action->label, on_chosen, data, NULL);
    }
}

/* KDE takes the same notification again only after a second, and says so: a prompt that comes back is one. */
static bool waited_out_flood(const GError *error) {
    if (!error)
        return false;
    g_autofree char *name = g_dbus_error_get_remote_error(error);
    if (!name || !streq(name, FLOOD_ERROR))
        return false;
    g_usleep(FLOOD_USEC);
    return true;
}

/* The id 0 is a server's way to say that it shows nothing. */
static bool send_once(NotifyNotification *notification, GError **error) {
    return notify_notification_show(notification, error) && draw_get_id(notification) != 0;
}

static int send_notification(NotifyNotification *notification) {
    uint32_t replaced = draw_get_id(notification);
    g_autoptr(GError) error = NULL;
    if (send_once(notification, &error))
        return 0;
    if (server_is_silent(error))
        return -ETIMEDOUT;
    if (!waited_out_flood(error)) {
        bool answered = !error || g_dbus_error_is_remote_error(error);
        if (!answered || replaced == 0)
            return -EHOSTUNREACH;
        draw_set_id(notification, 0); /* what it would replace is gone: anew */
    }
    return send_once(notification, NULL) ? 0 : -EHOSTUNREACH;
}

int draw(NotifyNotification *notification, const struct card *card, const struct notice *notice,
         NotifyActionCallback on_chosen, void *data) {
    notify_notification_update(notification, notice->summary, notice->body, NULL);
    notify_notification_set_timeout(notification, notice->timeout_msec);
    set_hints(notification, card);
    set_actions(notification, notice, on_chosen, data);
    int r = send_notification(notification);
    if (r < 0)
        draw_set_id(notification, 0);
    return r;
}
