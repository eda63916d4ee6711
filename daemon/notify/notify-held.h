/* Do-not-disturb of desktops that only tell it in their settings (GNOME and MATE): no notification server
 * says so on the bus, and a notification sent then would go unseen. */
#pragma once

#include <gio/gio.h>

#include "daemon/core/base.h"

struct held;

/* `on_free` is called once when the wait that held_check() began is over. Borrows `data`. */
struct held *held_new(void (*on_free)(void *data), void *data);
struct held *held_free(struct held *held); /* always NULL */
DEFINE_CLEANUP(struct held, held_free)

/* Whether the desktop of this server must not disturb now; if so, waits for the setting to change. */
bool held_check(struct held *held, const char *server_name);

bool held_is_waiting(const struct held *held);
