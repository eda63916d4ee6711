/* An expression is six fields, each "*" or a sorted list of values, ranges and steps; that is what is
 * printed. For the search each field becomes a set of bits: the days of a month are one word for each length
 * of month and one for each weekday it may begin with, so that a month's matching days are two loads and an
 * "and". The time of day is found by carrying from hour to minute to second, the day by going from month to
 * month.
 *
 * A search looks at local time only. The zone cuts local time into stretches (zone.h) with one offset each,
 * where the hour that a spring change skips is a stretch of its own; the earliest instant over those
 * stretches is the answer.
 *
 * Bounds: local years are 1970 to 2199, so that a search for a day looks at no more than 230 * 12 months,
 * each once; having found none it has looked at all there are, which is the proof of -ENOENT. The time of a
 * day found takes a fixed number of steps, and one more for each item of a list of seconds with decimals;
 * lists have a bounded number of items. Each round of the search over stretches goes to a later stretch, and
 * the search stops at the first that begins after the best answer; in real zones that is two or three rounds.
 */
#include "daemon/core/calendar-parts.h"

/* Gaps and offsets are below 26 hours each: no stretch that begins earlier than this before an instant
 * reaches it. */
#define LONGEST_GAP_SEC (52 * 3600)

const struct calendar_limit calendar_limits[FIELDS] = {
    [YEAR] = {"year", FIRST_YEAR, LAST_YEAR, "1970 to 2199", "2000/2"},
    [MONTH] = {"month", 1, 12, "1 to 12", "1/2"},
    [DAY] = {"day", 1, 31, "1 to 31", "1/2"},
    [HOUR] = {"hour", 0, 23, "0 to 23", "0/2"},
    [MINUTE] = {"minute", 0, 59, "0 to 59", "0/2"},
    [SECOND] = {"second", 0, 60 * SECOND_UNIT - 1, "0 to 59.999999", "0/2"},
};

/* --- Sets ------------------------------------------------------------------------------------- */

/* The lowest number in the set from `from` up, or NOTHING. */
static inline int next_bit(uint64_t bits, int from) {
    uint64_t rest = from < 64 ? bits >> from << from : 0;
    return rest ? __builtin_ctzll(rest) : NOTHING;
}

/* The values of a part, upwards; days from the month's end run towards it, so that an open step goes down
 * to 1. */
static struct part part_range(const struct part *part, int which, bool from_end) {
    struct part range = {part->start, part->start, part->step > 0 ? part->step : 1};
    if (part->stop != NOTHING)
        range.stop = part->stop;
    else if (part->step > 0 && from_end)
        range.start -= (part->start - calendar_limits[which].min) / part->step * part->step;
    else if (part->step > 0)
        range.stop = calendar_limits[which].max;
    return range;
}

/* Sets the bits of a field's values, each less `base` and in units of `unit`. */
static void fill_set(const struct calendar *calendar, int which, int32_t base, int32_t unit, uint64_t *bits) {
    const struct field *field = &calendar->fields[which];
    const struct part every = {calendar_limits[which].min, calendar_limits[which].max, unit};
    const struct part *parts = field->n > 0 ? field->parts : &every;
    for (size_t i = 0; i < MAX_OF(field->n, (size_t)1); i++) {
        struct part range = part_range(&parts[i], which, which == DAY && calendar->from_end);
        for (int32_t value = range.start; value <= range.stop; value += range.step) {
            int32_t bit = value / unit - base;
            bits[bit / 64] |= (uint64_t)1 << (bit % 64);
        }
    }
}

static void fill_days(struct calendar *calendar) {
    uint64_t chosen = 0;
    fill_set(calendar, DAY, 0, 1, &chosen);
    for (int i = 0; i < 4; i++)
        for (int day = 1, length = 28 + i; day <= length; day++) {
            int value = calendar->from_end ? length - day + 1 : day;
            calendar->days[i] |= (chosen >> value & 1) << day;
        }
    for (int first = 0; first < 7; first++)
        for (int day = 1; day <= 31; day++)
            if (calendar->weekdays >> ((first + day - 1) % 7) & 1)
                calendar->weekday_days[first] |= (uint64_t)1 << day;
}

bool calendar_has_fractions(const struct field *seconds) {
    for (size_t i = 0; i < seconds->n; i++)
        if (seconds->parts[i].start % SECOND_UNIT != 0 || seconds->parts[i].step % SECOND_UNIT != 0)
            return true;
    return false;
}
/* --- Searching -------------------------------------------------------------------------------- */

/* The first matching part of a minute at or after `from_usec`, or NOTHING. */
static int32_t next_second(const struct calendar *calendar, int32_t from_usec) {
    if (!calendar->has_fractions) {
        int second = next_bit(calendar->seconds, (from_usec + SECOND_UNIT - 1) / SECOND_UNIT);
        return second == NOTHING ? NOTHING : second * SECOND_UNIT;
    }
    const struct field *field = &calendar->fields[SECOND];
    int32_t best = NOTHING;
    for (size_t i = 0; i < field->n && (best == NOTHING || field->parts[i].start < best); i++) {
        struct part range = part_range(&field->parts[i], SECOND, false);
        int32_t value = range.start;
        if (value < from_usec)
            value += (from_usec - value + range.step - 1) / range.step * range.step;
        if (value <= range.stop && (best == NOTHING || value < best))
            best = value;
    }
    return best;
}

/* The first matching time of a day at or after `from_usec` past midnight, or NOTHING. No field is empty, so
 * that after a carry the first value of the lower fields is always there. */
static int64_t next_time(const struct calendar *calendar, int64_t from_usec) {
    int hour = (int)(from_usec / (int64_t)USEC_PER_HOUR);
    int minute = (int)(from_usec / (int64_t)USEC_PER_MINUTE % 60);
    int32_t second = (int32_t)(from_usec % (int64_t)USEC_PER_MINUTE);

    int found_hour = next_bit(calendar->hours, hour);
    int found_minute = NOTHING;
    int32_t found_second = NOTHING;
    if (found_hour == hour) {
        found_minute = next_bit(calendar->minutes, minute);
        if (found_minute == minute) {
            found_second = next_second(calendar, second);
            if (found_second == NOTHING)
                found_minute = next_bit(calendar->minutes, minute + 1);
        }
        if (found_minute == NOTHING)
            found_hour = next_bit(calendar->hours, hour + 1);
    }
    if (found_hour == NOTHING)
        return NOTHING;
    if (found_minute == NOTHING)
        found_minute = next_bit(calendar->minutes, 0);
    if (found_second == NOTHING)
        found_second = next_second(calendar, 0);
    return (found_hour * (int64_t)60 + found_minute) * (int64_t)USEC_PER_MINUTE + found_second;
}

void calendar_compile(struct calendar *calendar) {
    fill_set(calendar, YEAR, FIRST_YEAR, 1, calendar->years);
    fill_set(calendar, MONTH, 0, 1, &calendar->months);
    fill_set(calendar, HOUR, 0, 1, &calendar->hours);
    fill_set(calendar, MINUTE, 0, 1, &calendar->minutes);
    fill_days(calendar);
    calendar->has_fractions = calendar_has_fractions(&calendar->fields[SECOND]);
    if (!calendar->has_fractions)
        fill_set(calendar, SECOND, 0, SECOND_UNIT, &calendar->seconds);
    calendar->first_time_usec = next_time(calendar, 0);
}

/* The first matching day at or after `from_day`, or NOTHING. */
static int32_t next_day(const struct calendar *calendar, int32_t from_day) {
    int32_t year;
    int month, day;
    if (from_day >= END_DAY)
        return NOTHING;
    civil_from_days(MAX_OF(from_day, 0), &year, &month, &day);
    for (; year <= LAST_YEAR; year++, month = day = 1) {
        int index = year - FIRST_YEAR;
        if (!(calendar->years[index / 64] >> (index % 64) & 1))
            continue;
        int begin = month;
        for (; (month = next_bit(calendar->months, month)) != NOTHING; month++) {
            uint64_t days = calendar->days[days_in_month(year, month) - 28];
            if (days == 0)
                continue;
            int32_t first = civil_to_days(year, month, 1);
            days &= calendar->weekday_days[weekday_of_days(first)];
            int found = next_bit(days, month == begin ? day : 1);
            if (found != NOTHING)
                return first + found - 1;
        }
    }
    return NOTHING;
}

/* The first matching local time at or after `from_usec`, both in microseconds since 1970-01-01 00:00 local
 * time; or NOTHING. */
static int64_t next_local(const struct calendar *calendar, int64_t from_usec) {
    from_usec = MAX_OF(from_usec, 0);
    int32_t today = (int32_t)(from_usec / (int64_t)USEC_PER_DAY);
    int32_t day = next_day(calendar, today);
    int64_t time = calendar->first_time_usec;
    if (day == today) {
        time = next_time(calendar, from_usec % (int64_t)USEC_PER_DAY);
        if (time == NOTHING) {
            day = next_day(calendar, today + 1);
            time = calendar->first_time_usec;
        }
    }
    return day == NOTHING ? NOTHING : day * (int64_t)USEC_PER_DAY + time;
}

static int64_t begin_of(const struct zone_stretch *stretch) {
    return stretch->from_sec == INT64_MIN ? INT64_MIN : stretch->from_sec - stretch->shift_sec;
}

/* The first instant at or after `from_usec`, or USEC_INFINITY. */
static usec_t next_in_stretches(const struct calendar *calendar, const struct zone *zone, usec_t from_usec) {
    const int64_t unit = USEC_PER_SEC;
    int64_t from = (int64_t)from_usec, from_sec = from / unit, found = INT64_MIN, best = INT64_MAX;
    size_t n, i = zone_stretch_begun(zone, from_sec);
    const struct zone_stretch *stretches = zone_stretches(zone, &n);

    while (i > 0 && begin_of(&stretches[i]) > from_sec - LONGEST_GAP_SEC)
        i--;
    for (; i < n && (best == INT64_MAX || begin_of(&stretches[i]) <= best / unit); i++) {
        const struct zone_stretch *stretch = &stretches[i];
        int64_t local = from + stretch->shift_sec * unit;
        if (local / unit < stretch->from_sec)
            local = stretch->from_sec * unit;
        if (local / unit >= stretch->until_sec)
            continue;
        if (found < local)
            found = next_local(calendar, local);
        if (found == NOTHING)
            break;
        if (found / unit < stretch->until_sec)
            best = MIN_OF(best, found - stretch->shift_sec * unit);
        else if (best == INT64_MAX)
            i = zone_stretch_at(zone, found / unit) - 1; /* those between have none */
    }
    return best == INT64_MAX ? USEC_INFINITY : (usec_t)best;
}

/* For a zone suffix that is an abbreviation of the local zone: it names an offset, and counts while that is
 * in force. */
static usec_t next_while_named(const struct calendar *calendar, const struct zone *zone, usec_t from_usec) {
    struct civil civil;
    const char *abbreviation;
    int32_t offset;
    while (from_usec < USEC_END_OF_TIME) {
        usec_t until_usec = zone_next_change(zone, from_usec);
        zone_to_civil(zone, from_usec, &civil, &offset, &abbreviation);
        if (streq(abbreviation, calendar->zone)) {
            int64_t shift = offset * (int64_t)USEC_PER_SEC;
            int64_t found = next_local(calendar, (int64_t)from_usec + shift);
            if (found == NOTHING)
                break;
            if (found - shift < (int64_t)MIN_OF(until_usec, USEC_END_OF_TIME))
                return (usec_t)(found - shift);
        }
        from_usec = until_usec;
    }
    return USEC_INFINITY;
}

bool calendar_zone_is_local(const struct calendar *calendar, const struct zone *local) {
    const char *name = calendar->zone;
    return name && !streq(name, "UTC") && !streq(name, zone_name(local)) &&
           zone_has_abbreviation(local, name);
}

int calendar_next(const struct calendar *calendar, const struct zone *zone, usec_t after_usec,
                  usec_t *ret_usec) {
    if (after_usec >= USEC_END_OF_TIME - 1)
        return -ENOENT;
    usec_t next = calendar_zone_is_local(calendar, zone) ? next_while_named(calendar, zone, after_usec + 1)
                                                         : next_in_stretches(calendar, zone, after_usec + 1);
    if (next >= USEC_END_OF_TIME)
        return -ENOENT;
    *ret_usec = next;
    return 0;
}

int calendar_next_day(const struct calendar *calendar, int32_t from_day, int32_t *ret_day) {
    int32_t day = next_day(calendar, from_day);
    if (day == NOTHING)
        return -ENOENT;
    *ret_day = day;
    return 0;
}

bool calendar_has_day(const struct calendar *calendar, int32_t day) {
    return day >= 0 && next_day(calendar, day) == day;
}

const char *calendar_zone_name(const struct calendar *calendar) {
    return calendar->zone;
}

struct calendar *calendar_free(struct calendar *calendar) {
    if (!calendar)
        return NULL;
    for (int which = 0; which < FIELDS; which++)
        free(calendar->fields[which].parts);
    free(calendar->zone);
    free(calendar);
    return NULL;
}
