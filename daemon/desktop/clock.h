/* The only place that reads clocks, zones and random bits of the system, and that knows when they change. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/core/uuid.h"
#include "daemon/core/zone.h"

struct desktop_clock;

/* Why everything must be computed again. */
enum clock_change {
    CLOCK_SET,  /* the wall clock was set, or the machine was suspended (the kernel tells both alike) */
    CLOCK_ZONE, /* another zone, or the zone's rules changed */
};

/* A negative return to CLOCK_ZONE says that it could not be taken in: the zone is as it was then, and it is
 * tried again after a while. */
typedef int (*clock_changed)(void *userdata, enum clock_change change);
typedef void (*clock_elapsed)(void *userdata);

/* Reads the zone that a value of TZ means (NULL: unset), as zonefile_load_tz() does. -ENOENT: there is no
 * such zone, which is then UTC, as the C library has it. What may pass (error_may_pass()) is tried again, and
 * it is UTC meanwhile, where there was none before. */
typedef int (*clock_load_zone)(const char *tz, struct zone **ret);

/* `localtime_path` ("/etc/localtime") is the file behind an unset TZ: it is watched, while it is there and
 * again when it comes back; with TZ set the zone never changes. The path is borrowed for the clock's life. */
int clock_new(sd_event *event, clock_load_zone load_zone, const char *localtime_path, clock_elapsed elapsed,
              clock_changed changed, void *userdata, struct desktop_clock **ret);
struct desktop_clock *clock_free(struct desktop_clock *clock); /* always NULL */
DEFINE_CLEANUP(struct desktop_clock, clock_free)

usec_t clock_realtime(void);
usec_t clock_boottime(void);
struct uuid clock_boot_id(const struct desktop_clock *clock);
/* Valid until `changed` has taken the next CLOCK_ZONE. */
const struct zone *clock_zone(const struct desktop_clock *clock);

/* One timer, on CLOCK_REALTIME; USEC_INFINITY: none. A time that is past elapses at once. `elapsed` is called
 * from the loop, once for each arming, within milliseconds of the time. */
int clock_arm(struct desktop_clock *clock, usec_t at_usec);

/* What a step of the wall clock leads to; called by the clock itself. */
void clock_was_set(struct desktop_clock *clock);

void clock_random(void *unused, void *buffer, size_t size);
