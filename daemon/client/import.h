/* Entries for the daemon to take in, portion by portion: it is never busy for long with one, and no call
 * waits longer than D-Bus lets it. */
#pragma once

#include "daemon/client/client.h"

struct importing {
    struct client *client;
    int outcome;      /* of the call that failed, told */
    uint64_t entries; /* how many were new */
};

/* Gives a portion to Import(h). -ECANCELED: see `outcome`. */
int import_portion(struct importing *importing, int fd);

/* "Taken in: 3 entries." */
void import_say_taken_in(const struct importing *importing);
