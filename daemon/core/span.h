/* Time spans ("20min", "1h 30min", "90") and moments ("14:30", "tomorrow 9:00", RFC 3339, "@EPOCH") as people
 * write them; and the other way round. Spans are those of systemd.time(7): a bare number is seconds, "m" is
 * minutes and "M" months. */
#pragma once

#include "daemon/core/zone.h"

/* -EINVAL: not a span. -ERANGE: too long for an unsigned 64-bit number. "infinity" gives USEC_INFINITY. */
int span_parse(const char *text, usec_t *ret_usec);

/* "1h 30min", "15min", "0"; at most `units` parts, rounded down to the smallest of them. Writes at most
 * `size`. */
const char *span_format(usec_t span_usec, int units, char *buffer, size_t size);
#define SPAN_TEXT_SIZE 96

/* What a moment without a date means. */
enum moment_bias {
    MOMENT_NEXT, /* the next time it comes: "9:00" said at 10:00 is tomorrow; "monday" is the coming one */
    MOMENT_LAST, /* the last time it came:  "9:00" said at 8:00 is yesterday; "monday" is the past one */
};

/* "now", "today", "tomorrow", "yesterday", weekday names ("monday", "next monday", "last monday"), each alone
 * or with a clock time; "14:30", "14:30:15"; "2026-03-28", "2026-03-28 12:00"; RFC 3339; "@EPOCH" in seconds
 * with fractions;
 * "+1h", "1h ago", "in 1h"; a zone name after a date and time is NOT taken here. A day without a clock time
 * means `day_start_sec` seconds after its local midnight. -EINVAL. */
int moment_parse(const char *text, usec_t now_usec, const struct zone *zone, enum moment_bias bias,
                 int day_start_sec, usec_t *ret_usec);

/* RFC 3339 with the zone's offset, e.g. "2026-03-29T03:30:00+02:00"; fractions only where there are any,
 * without trailing zeros. */
#define MOMENT_TEXT_SIZE 48
const char *moment_format(usec_t time_usec, const struct zone *zone, char buffer[MOMENT_TEXT_SIZE]);
