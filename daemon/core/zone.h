/* Time zones: instants to civil (wall-clock) time and back, without switching TZ in the environment.
 *
 * A zone is immutable once built; it is built from TZif data (RFC 8536, version 2+, with the footer rule for
 * times past the table) or from a POSIX TZ string. No I/O here: store/zonefile finds and reads the files.
 * Civil years 1970 to 2199 are the range that matters; instants near the edges may fall in 1969 or 2200
 * locally. */
#pragma once

#include "daemon/core/base.h"

struct zone;

struct civil {
    int32_t year;
    int8_t month; /* 1 to 12 */
    int8_t day;   /* 1 to 31 */
    int8_t hour, minute, second;
    int32_t usec; /* 0 to 999999 */
};

/* What became of a local time that was asked for. */
enum zone_fit {
    ZONE_ONCE,    /* it happens once */
    ZONE_GAP,     /* a spring change skips it: the instant is at the same distance past the gap (RFC 5545) */
    ZONE_OVERLAP, /* it happens twice: the instant is the first */
};

/* Days since 1970-01-01 of a Gregorian date, and back. Defined for every year an int32_t day number can
 * reach. */
int32_t civil_to_days(int32_t year, int month, int day);
void civil_from_days(int32_t days, int32_t *ret_year, int *ret_month, int *ret_day);
/* 0 Monday to 6 Sunday. */
int weekday_of_days(int32_t days);
int days_in_month(int32_t year, int month);

/* `name` is kept for messages. -EBADMSG: not TZif of version 2 or later, or damaged. */
int zone_from_tzif(const char *name, const void *data, size_t size, struct zone **ret);
/* A POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3" or "<+0330>-3:30". -EINVAL if it is none. */
int zone_from_posix(const char *text, struct zone **ret);
struct zone *zone_free(struct zone *zone); /* always NULL; NULL and zone_utc() are fine */
DEFINE_CLEANUP(struct zone, zone_free)

/* Static; never freed. */
const struct zone *zone_utc(void);
const char *zone_name(const struct zone *zone);

/* Civil time of an instant; `ret_offset_sec` (east of UTC) and `ret_abbreviation` (borrowed from the zone)
 * may be NULL. */
void zone_to_civil(const struct zone *zone, usec_t time_usec, struct civil *ret, int32_t *ret_offset_sec,
                   const char **ret_abbreviation);

/* Instant of a civil time, as enum zone_fit says. Instants before 1970 are given as 0. */
enum zone_fit zone_from_civil(const struct zone *zone, const struct civil *civil, usec_t *ret_usec);

/* The next change of offset strictly after `after_usec`: USEC_INFINITY when there is none. */
usec_t zone_next_change(const struct zone *zone, usec_t after_usec);

/* Seconds east of UTC at an instant. */
int32_t zone_offset(const struct zone *zone, usec_t time_usec);

/* Whether the zone has ever, since 1970, gone by this abbreviation ("CEST"). */
bool zone_has_abbreviation(const struct zone *zone, const char *abbreviation);

/* For searches along local time: a stretch of local seconds (since 1970-01-01 00:00:00 local) whose instants
 * are `local - shift_sec`. In the order of their local times, stretches cover all of them, each once; the
 * first begins at INT64_MIN and the last ends at INT64_MAX. The instants at which stretches begin are in the
 * same order, but those of a gap run beside those of the stretch after it. `fit` is ZONE_GAP or ZONE_ONCE. */
struct zone_stretch {
    int64_t from_sec, until_sec;
    int32_t shift_sec;
    enum zone_fit fit;
};
/* Borrowed from the zone. */
const struct zone_stretch *zone_stretches(const struct zone *zone, size_t *ret_n);
/* The index of the stretch that a local second lies in; and of the last that has begun at a second of UTC. */
size_t zone_stretch_at(const struct zone *zone, int64_t local_sec);
size_t zone_stretch_begun(const struct zone *zone, int64_t second);

/* The local date of an instant as days since 1970-01-01. */
int32_t zone_local_day(const struct zone *zone, usec_t time_usec);

/* The instant of `second_of_day` (may be 86400 or more: it then lies on a following day) on a local date, by
 * the same rule as zone_from_civil(). */
usec_t zone_day_second(const struct zone *zone, int32_t day, int64_t second_of_day);
