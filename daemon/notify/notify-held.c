/* A setting is asked only when the server that would show the notification belongs to its desktop: the
 * schemas are often installed where another desktop runs. GSettings ends the program when a schema or key is
 * missing, so both are looked up first. */
#include "daemon/notify/notify-held.h"

static const struct {
    const char *server_name; /* GetServerInformation */
    const char *schema, *key;
    bool held; /* the value that means: do not disturb */
} settings_table[] = {
    {"gnome-shell", "org.gnome.desktop.notifications", "show-banners", false},
    {"MATE Notification Daemon", "org.mate.NotificationDaemon", "do-not-disturb", true},
};

struct held {
    void (*on_free)(void *data);
    void *data;
    GSettings *settings; /* NULL: not waiting */
    size_t at;           /* in the table */
};

struct held *held_new(void (*on_free)(void *data), void *data) {
    struct held *held = g_new0(struct held, 1);
    held->on_free = on_free;
    held->data = data;
    return held;
}

static void stop_waiting(struct held *held) {
    if (held->settings)
        g_signal_handlers_disconnect_by_data(held->settings, held);
    g_clear_object(&held->settings);
}

struct held *held_free(struct held *held) {
    if (!held)
        return NULL;
    stop_waiting(held);
    g_free(held);
    return NULL;
}

static bool is_held(const struct held *held) {
    return g_settings_get_boolean(held->settings, settings_table[held->at].key) ==
           settings_table[held->at].held;
}

static void on_changed(GSettings *settings, const char *key, void *data) {
    struct held *held = data;
    (void)settings;
    (void)key;
    if (is_held(held))
        return;
    stop_waiting(held);
    held->on_free(held->data);
}

static GSettings *open_settings(size_t at) {
    GSettingsSchemaSource *source = g_settings_schema_source_get_default();
    if (!source)
        return NULL;
    g_autoptr(GSettingsSchema) schema =
        g_settings_schema_source_lookup(source, settings_table[at].schema, TRUE);
    if (!schema || !g_settings_schema_has_key(schema, settings_table[at].key))
        return NULL;
    return g_settings_new_full(schema, NULL, NULL);
}

static void start_waiting(struct held *held, size_t at) {
    held->settings = open_settings(at);
    held->at = at;
    if (!held->settings)
        return;
    g_autofree char *signal = g_strconcat("changed::", settings_table[at].key, NULL);
    g_signal_connect(held->settings, signal, G_CALLBACK(on_changed), held);
    if (!is_held(held)) /* read after connecting, or a change between the two is lost */
        stop_waiting(held);
}

bool held_check(struct held *held, const char *server_name) {
    stop_waiting(held);
    for (size_t i = 0; i < ELEMENTSOF(settings_table); i++)
        if (streq(settings_table[i].server_name, server_name)) {
            start_waiting(held, i);
            break;
        }
    return held_is_waiting(held);
}

bool held_is_waiting(const struct held *held) {
    return held->settings != NULL;
}
