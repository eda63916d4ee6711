/* A small window to write one line in, by a program that the desktop has (core/dialog.h): for notification
 * servers that can't be typed into. */
#pragma once

#include <gio/gio.h>

#include "daemon/core/base.h"

struct window;

/* `text`: what was written, one line of 1 to CARD_LINE_MAX bytes; NULL: it was closed without. Called once,
 * from the loop, when the window is gone; it may free it. */
typedef void (*window_done)(const char *text, void *data);

/* Whether a window could be opened now: there is a program for it, and a screen. */
bool window_is_possible(GDBusConnection *bus);

/* Opens one. It is started by the systemd user manager where there is one: outside our own unit's sandbox,
 * with the environment that the manager has now. `token`: what lets it take the focus; may be NULL. Borrows
 * `data`. -ENOENT: window_is_possible() would say no; -EIO: it can't be started. */
int window_open(GDBusConnection *bus, const char *question, const char *token, window_done on_done,
                void *data, struct window **ret);

/* Closes it; what was written until now is lost. Always NULL. */
struct window *window_free(struct window *window);
DEFINE_CLEANUP(struct window, window_free)
