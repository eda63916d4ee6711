/* Whether kindlyd starts when the person logs in: as a unit of their systemd, or where there is none (or the
 * unit isn't installed) by an autostart entry of the desktop. Functions return outcomes, as client.h says. */
#pragma once

#include "daemon/client/client.h"

enum login_way { LOGIN_BY_UNIT, LOGIN_BY_ENTRY };

struct login {
    enum login_way way;
    bool starts; /* as it is now */
};

/* How it is. Without a session bus there is no user manager to ask. */
int login_look(struct client *client, struct login *ret);

/* Makes it so. What it replaces goes: with a unit, the entry. */
int login_set(struct client *client, const struct login *login, bool starts);

/* Starts kindlyd now, if it doesn't run, and waits until it answers. OUTCOME_UNREACHABLE, told: it can't be.
 */
int login_start(struct client *client, const struct login *login);
