/* org.kindlyd.Kindly1 on the session bus: units/org.kindlyd.Kindly1.xml is its documentation.
 *
 * The object reads and validates what callers say and lets the host act. It holds no state but what its
 * properties last said. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/entry.h"
#include "daemon/core/keeper.h"
#include "daemon/desktop/presence.h"

#define KINDLY_BUS_NAME    "org.kindlyd.Kindly1"
#define KINDLY_OBJECT_PATH "/org/kindlyd/Kindly1"
#define KINDLY_INTERFACE   "org.kindlyd.Kindly1"

struct bus_object;

/* A keeper_xxx() with its arguments. */
typedef int (*bus_act)(const struct keeper *keeper, const struct world *world, void *arguments,
                       struct turn *ret);

/* What the object needs of the daemon. Journal failures are -EREMOTEIO in all of them: nothing was changed
 * then. */
struct bus_host {
    /* Borrowed until the next call that changes anything. */
    void (*look)(void *userdata, const struct keeper **ret_keeper, struct world *ret_world);
    /* Acts, writes down, carries out. What `act` returned otherwise. */
    int (*turn)(void *userdata, bus_act act, void *arguments);
    int (*find_entry)(void *userdata, const struct uuid *id, struct entry *ret); /* -ENOENT */
    int (*newest_shown)(void *userdata, struct uuid *ret);                       /* -ENOENT */
    int (*visit_entries)(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t limit,
                         entry_visitor visit, void *visitor_userdata);
    int (*forget)(void *userdata, const struct uuid *id); /* -ENOENT; -EAGAIN: a reader holds old pages yet */
    int (*forget_range)(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t *ret_count);
    int (*reload)(void *userdata, char **ret_message); /* -EINVAL: the mistakes are in `ret_message` */
    int (*reset_learning)(void *userdata);
    int (*import)(void *userdata, int fd, uint32_t *ret_count,
                  char **ret_message); /* -EINVAL, with a message */
};

/* What the properties say. Strings are borrowed for the call of bus_publish(). */
struct bus_properties {
    enum presence presence;
    usec_t presence_usec, paused_until_usec, next_elapse_usec;
    const char *next_reminder, *problem;
    uint32_t open_count, fewer;
};

/* Puts the object on the bus, which is attached to a loop (the name is requested by the caller). Borrows
 * everything for its lifetime. */
int bus_object_new(sd_bus *bus, const struct bus_host *host, void *userdata,
                   struct presence_monitor *presence, struct bus_object **ret);
struct bus_object *bus_object_free(struct bus_object *object); /* always NULL */
DEFINE_CLEANUP(struct bus_object, bus_object_free)

/* Takes new values and emits a change signal for those that differ, and for those it could not be emitted for
 * before. On failure it is to be called again. */
int bus_publish(struct bus_object *object, const struct bus_properties *properties);

/* Emits the signal of an EFFECT_SIGNAL_*; other effects are ignored. */
int bus_signal(struct bus_object *object, const struct effect *effect);
