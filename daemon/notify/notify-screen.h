/* What this process has on the screen of a notification server, and what a person does with it. */
#pragma once

#include "daemon/notify/card.h"

struct screen;

/* A signal of the contract (units/org.kindlyd.Presenter1.xml): its name, and its arguments; both NULL where
 * it has none. Called from the loop and from screen_show(). */
typedef void (*screen_said)(void *data, const char *signal, const char *id, const char *value);
/* screen_is_idle() may have changed. */
typedef void (*screen_changed)(void *data);
/* The session bus is gone, and with it all that was shown. */
typedef void (*screen_lost)(void *data);

struct screen_events {
    screen_said said;
    screen_changed changed;
    screen_lost lost;
};

/* Borrows `events` and `data`. The bus is connected to when it is first needed. */
struct screen *screen_new(const struct screen_events *events, void *data);
/* Takes off what is shown, and closes what is being written in. Always NULL. */
struct screen *screen_free(struct screen *screen);
DEFINE_CLEANUP(struct screen, screen_free)

/* Shows a card; returns when the server has taken it, after 25 s at most. -EHOSTUNREACH: no server takes it
 * now; -ETIMEDOUT: there is one, and it does not answer; -EBUSY: the desktop must not be disturbed, Free()
 * follows; -ENOMEM. The outputs are the caller's. */
int screen_show(struct screen *screen, const struct card *card, char **ret_bus_id, char **ret_owner,
                uint32_t *ret_server_id);

/* Takes it off without a word; one that isn't there is fine. A line that is being written can be finished. */
void screen_withdraw(struct screen *screen, const char *id);

/* Nothing is shown, written or waited for. */
bool screen_is_idle(const struct screen *screen);
