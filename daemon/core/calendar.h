/* Calendar expressions: the grammar of systemd.time(7), all of it.
 *
 * Differences, on purpose: a local time that the spring change skips happens at the same distance past the
 * gap; equal instants happen once; a time that occurs twice in autumn happens once, the first time; a search
 * ends in an answer or in -ENOENT, which is a proof that there is none before 2200. */
#pragma once

#include "daemon/core/zone.h"

struct calendar;

/* Where and why a text was refused. */
struct calendar_error {
    size_t column;     /* 0-based byte offset of the culprit in the text */
    char message[160]; /* one sentence, what is wrong and what is allowed; no newline */
};

/* `ret_error` may be NULL. -EINVAL with `ret_error` filled; -ENOMEM. The zone suffix, if any, is only checked
 * for its shape; calendar_zone_name() names it and the caller loads it. */
int calendar_parse(const char *text, struct calendar **ret, struct calendar_error *ret_error);

/* Only the part that names days: weekdays and a date, no time, no zone, no shorthand but "daily" and
 * "weekly". */
int calendar_parse_days(const char *text, struct calendar **ret, struct calendar_error *ret_error);

struct calendar *calendar_free(struct calendar *calendar); /* always NULL */
DEFINE_CLEANUP(struct calendar, calendar_free)

/* The suffix ("UTC", "Europe/Berlin"), or NULL for local time. */
const char *calendar_zone_name(const struct calendar *calendar);

/* Whether the suffix is an abbreviation that the local zone uses ("CEST"), unless it is that zone's name.
 * Then `local` is the zone to search in, and the expression counts only while the abbreviation is in force.
 * Ask before loading a zone of that name. */
bool calendar_zone_is_local(const struct calendar *calendar, const struct zone *local);

/* Whether the text lists clock times ("09:00,18:00"). The grammar has no such list: that one is valid, and
 * means 09:00 and 09:18. */
bool calendar_looks_like_clock_list(const char *text);

/* The first instant strictly after `after_usec`. `zone` is the local zone, or the one that
 * calendar_zone_name() names. -ENOENT: there is none before 2200-01-01. */
int calendar_next(const struct calendar *calendar, const struct zone *zone, usec_t after_usec,
                  usec_t *ret_usec);

/* The first local date on or after `from_day` (days since 1970-01-01) that the weekday and date parts match.
 * -ENOENT. */
int calendar_next_day(const struct calendar *calendar, int32_t from_day, int32_t *ret_day);

/* Whether that very day matches. */
bool calendar_has_day(const struct calendar *calendar, int32_t day);

/* Normalised text, as `systemd-analyze calendar` prints it; parses back to the same. -ENOMEM. */
int calendar_format(const struct calendar *calendar, char **ret);
