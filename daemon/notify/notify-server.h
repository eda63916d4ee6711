/* The notification server as it is right now. Asked afresh for every showing: capabilities change while a
 * server runs (Xfce drops `actions` while it must not disturb), and a server can be another one than a moment
 * ago. */
#pragma once

#include <gio/gio.h>

#include "daemon/notify/notice.h"

#define SERVER_NAME      "org.freedesktop.Notifications"
#define SERVER_PATH      "/org/freedesktop/Notifications"
#define SERVER_INTERFACE "org.freedesktop.Notifications"

struct server {
    char *bus_id; /* which session bus; tells it from another or an earlier one */
    char *owner;  /* unique name */
    char *name;   /* as GetServerInformation says, e.g. "gnome-shell"; server_name() */
    struct notice_caps caps;
};

/* Starts a server where none runs and the bus knows how to. -EHOSTUNREACH: there is none, or it answers
 * with an error; -ETIMEDOUT: it does not answer. */
int server_find(GDBusConnection *bus, struct server **ret);
/* What a server is called here. "Notification Daemon" is what both MATE's and GNOME's old one say: their
 * vendor comes before it. The caller frees. */
char *server_name(const char *name, const char *vendor);

struct server *server_free(struct server *server); /* always NULL */
DEFINE_CLEANUP(struct server, server_free)

/* Whether a call failed for want of an answer. NULL: it didn't fail. */
bool server_is_silent(const GError *error);

/* Asks it to take a notification off the screen, and doesn't wait. `keeps_bubble`: see notice.h. */
void server_close(GDBusConnection *bus, const char *owner, uint32_t id, bool keeps_bubble);
