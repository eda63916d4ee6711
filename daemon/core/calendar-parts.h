/* The inside of a calendar, for its two files only: calendar.c searches, calendar-text.c reads and writes. */
#pragma once

#include "daemon/core/calendar.h"

#define FIRST_YEAR    1970
#define LAST_YEAR     2199
#define END_DAY       84006 /* 2200-01-01 */
#define EVERY_WEEKDAY 0x7f
#define SECOND_UNIT   1000000 /* seconds are counted in microseconds */
#define NOTHING       (-1)

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

struct calendar_limit {
    const char *name;
    int32_t min, max;
    const char *allowed;
    const char *step_example;
};
extern const struct calendar_limit calendar_limits[FIELDS];

/* One item of a list: a value, a range ("2..4", "2..9/3") or an open step ("2/3"). */
struct part {
    int32_t start;
    int32_t stop; /* NOTHING: no range */
    int32_t step; /* 0: a single value */
};

struct field {
    struct part *parts; /* sorted, no two the same; none: "*" */
    size_t n, size;
};

struct calendar {
    uint8_t weekdays; /* bit 0 is Monday */
    bool from_end;    /* the days count from the month's end */
    char *zone;
    struct field fields[FIELDS];

    /* The same as sets, made by calendar_compile(). A day's bit is its number; a year's is its distance from
     * FIRST_YEAR. */
    uint64_t years[(LAST_YEAR - FIRST_YEAR) / 64 + 1];
    uint64_t months, hours, minutes, seconds;
    uint64_t days[4];         /* by the month's length, from 28 */
    uint64_t weekday_days[7]; /* by the weekday of the month's first day */
    bool has_fractions;       /* `seconds` doesn't tell: look through the list */
    int64_t first_time_usec;  /* of a matching day */
};

/* Makes the sets of what the fields say: the calendar can be searched then. */
void calendar_compile(struct calendar *calendar);

/* Whether a list of seconds has decimals. */
bool calendar_has_fractions(const struct field *seconds);
