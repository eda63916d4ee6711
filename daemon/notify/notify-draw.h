/* A notification on its way to the server: everything that is said to libnotify about how it looks. */
#pragma once

#include <libnotify/notify.h>

#include "daemon/notify/notice.h"

/* Draws a card's notice with this object: in place of the notification whose id the object has, else a new
 * one. Where nothing can be replaced any more it is drawn anew. Every action calls `on_chosen` with `data`.
 * Blocks until the server answers, 25 s at most. -EHOSTUNREACH: the server did not take it; -ETIMEDOUT: it
 * did not answer. */
int draw(NotifyNotification *notification, const struct card *card, const struct notice *notice,
         NotifyActionCallback on_chosen, void *data);

/* The server's id; 0 while it is not on screen. Set to 0 it is forgotten, to another, replaced. */
uint32_t draw_get_id(NotifyNotification *notification);
void draw_set_id(NotifyNotification *notification, uint32_t id);
