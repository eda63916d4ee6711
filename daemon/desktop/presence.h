/* Whether the person is there and free: plain D-Bus questions to what the desktop offers.
 *
 * Nothing is asked or watched while nothing waits or is on screen, so that idling costs nothing. No question
 * ever starts a service. A source that is missing, hangs (2 s at most) or answers nonsense is unknown, and
 * unknown never holds anything back. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/keeper.h"

struct presence_monitor;

/* One source's last answer, or one Hold(). Strings are borrowed until the next ask. */
struct presence_source {
    const char *name;  /* "logind-lock", "logind-idle", "screensaver", "kde-do-not-disturb", ..., "presenter",
                          "hold" */
    const char *state; /* "available", "away", "busy", "unknown" (no answer), "absent" (not there) */
    const char *detail; /* "locked", "idle for 12 min", the reason of a hold, ...; may be empty */
    bool holds;         /* by `hold` of the schedule this one holds prompts back now */
};

/* Called from the loop whenever what is known has changed. */
typedef void (*presence_changed)(void *userdata, enum presence presence);
/* Called once when all sources have answered or timed out. The rows are borrowed for the call. */
typedef void (*presence_asked)(void *userdata, enum presence presence, const struct presence_source *sources,
                               size_t n_sources);

/* Frees what an asker has given along. */
typedef void (*presence_done)(void *userdata);

/* Borrows `session`. The system bus is opened when it is first needed; where there is none, logind is absent.
 */
int presence_new(sd_event *event, sd_bus *session, presence_changed changed, void *userdata,
                 struct presence_monitor **ret);
struct presence_monitor *presence_free(struct presence_monitor *monitor); /* always NULL */
DEFINE_CLEANUP(struct presence_monitor, presence_free)

/* What holds (enum hold) and how long idle is idle; from the schedule. Until then only Hold() does. */
void presence_configure(struct presence_monitor *monitor, uint32_t hold, usec_t idle_after_usec);

/* Asks every source afresh; `asked` may be NULL. Questions under way are shared. `changed` is called too if
 * it has. `done`, unless NULL, is given `userdata` once: after `asked`, or when the monitor ends before that;
 * not after an error. -E2BIG: as many wait for the answer as may. */
int presence_ask(struct presence_monitor *monitor, presence_asked asked, void *userdata, presence_done done);

/* Watches for changes from now on (asking once at the start), or stops. */
int presence_watch(struct presence_monitor *monitor, bool on);

/* Do-not-disturb that nobody tells on the bus: the presenter finds it when it is to show something (Held),
 * and says when it is over. */
void presence_set_presenter_held(struct presence_monitor *monitor, bool held);

/* Whether the screen is locked, as last known: whatever `hold` says, what is shown leaves a locked screen. */
bool presence_locked(const struct presence_monitor *monitor);

/* As last known, and when that was learned; PRESENCE_AVAILABLE before the first answer, with 0 as its time.
 */
enum presence presence_now(const struct presence_monitor *monitor, usec_t *ret_learned_usec);

/* Hold() of scripts: busy until released, or until `sender` (a unique bus name) leaves the bus. -E2BIG past
 * 64 at once, or 16 of one sender. `ret_cookie` is a text of the caller's to free; no cookie comes twice, not
 * even after a restart. -ENOENT: no such cookie. presence_now() tells at once, `changed` comes from the loop.
 */
int presence_hold(struct presence_monitor *monitor, const char *sender, const char *why, char **ret_cookie);
int presence_release(struct presence_monitor *monitor, const char *cookie);
