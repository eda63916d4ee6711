/* Urgency is always normal and nothing is transient: GNOME draws no banner for low urgency and drops what is
 * transient after 4 s. The image goes out as a hint, since libnotify's versions disagree on what its icon
 * argument becomes. Each hint has the type the specification gives it: mako refuses a notification over a
 * wrong one. */
#include "daemon/notify/notify-draw.h"

#include <unistd.h>

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
    if (card->sound && !card->step)
        notify_notification_set_hint(notification, "sound-name", g_variant_new_string("message-new-instant"));
    else
        notify_notification_set_hint(notification, "suppress-sound", g_variant_new_boolean(TRUE));
}

static void set_actions(NotifyNotification *notification, const struct card *card,
                        NotifyActionCallback on_chosen, void *data) {
    notify_notification_clear_actions(notification);
    notify_notification_add_action(notification, PRESENTER_DEFAULT, card->concealed ? "Open" : "Put away",
                                   on_chosen, data, NULL);
    for (size_t i = 0; i < card->n_choices; i++)
        notify_notification_add_action(notification, card->choices[i].id, card->choices[i].label, on_chosen,
                                       data, NULL);
}

static int send_notification(NotifyNotification *notification) {
    uint32_t replaced = draw_get_id(notification);
    g_autoptr(GError) error = NULL;
    bool sent = notify_notification_show(notification, &error);
    if (sent && draw_get_id(notification) != 0)
        return 0;
    draw_set_id(notification, 0);
    if (replaced == 0 || (error && !g_dbus_error_is_remote_error(error)))
        return -EHOSTUNREACH;
    return send_notification(notification); /* what it would replace is gone: anew, once */
}

int draw(NotifyNotification *notification, const struct card *card, struct notice_caps caps,
         NotifyActionCallback on_chosen, void *data) {
    _cleanup_(notice_freep) struct notice *notice = NULL;
    int r = notice_new(card, caps, &notice);
    if (r < 0)
        return r;
    notify_notification_update(notification, notice->summary, notice->body, NULL);
    notify_notification_set_timeout(notification, notice->timeout_msec);
    set_hints(notification, card);
    set_actions(notification, card, on_chosen, data);
    return send_notification(notification);
}
