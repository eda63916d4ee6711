/* Spans and moments are read from left to right with one pointer; each take_*() moves it past what it has
 * understood, and a text is accepted only when it is understood to its end.
 *
 * Limits: a moment's text has fewer than 128 bytes and its year is one of 1970 to 2199; fractions past the
 * microsecond are dropped. */
#include "daemon/core/span.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define USEC_PER_WEEK  (7 * USEC_PER_DAY)
#define USEC_PER_MONTH (2629800 * USEC_PER_SEC)  /* a twelfth of a year */
#define USEC_PER_YEAR  (31557600 * USEC_PER_SEC) /* 365.25 days */

/* From the longest to the shortest. The first name of each is the one that is written. */
static const struct unit {
    usec_t usec;
    const char *names[4];
} units_table[] = {
    {USEC_PER_YEAR, {"y", "year", "years"}},           {USEC_PER_MONTH, {"month", "months", "M"}},
    {USEC_PER_WEEK, {"w", "week", "weeks"}},           {USEC_PER_DAY, {"d", "day", "days"}},
    {USEC_PER_HOUR, {"h", "hr", "hour", "hours"}},     {USEC_PER_MINUTE, {"min", "m", "minute", "minutes"}},
    {USEC_PER_SEC, {"s", "sec", "second", "seconds"}}, {USEC_PER_MSEC, {"ms", "msec"}},
    {1, {"us", "usec", "\u00b5s", "\u03bcs"}}, /* micro sign, Greek mu */
};

static void skip_spaces(const char **at) {
    while (isspace((unsigned char)**at))
        (*at)++;
}

static bool take(const char **at, char c) {
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* --- Spans ------------------------------------------------------------------------------------ */

/* "" is seconds. */
static bool take_unit(const char **at, usec_t *ret_usec) {
    const char *start = *at;
    while (isalpha((unsigned char)**at) || (unsigned char)**at >= 0x80)
        (*at)++;
    size_t size = (size_t)(*at - start);
    *ret_usec = USEC_PER_SEC;
    if (size == 0)
        return true;
    for (size_t i = 0; i < ELEMENTSOF(units_table); i++)
        for (size_t j = 0; j < ELEMENTSOF(units_table[i].names) && units_table[i].names[j]; j++)
            if (strlen(units_table[i].names[j]) == size &&
                memcmp(units_table[i].names[j], start, size) == 0) {
                *ret_usec = units_table[i].usec;
                return true;
            }
    return false;
}

/* Digits of a fraction, as so many parts of `*ret_scale`. Digits that can't change a microsecond of a year
 * are passed over. */
static bool take_fraction(const char **at, uint64_t *ret_value, uint64_t *ret_scale) {
    uint64_t value = 0, scale = 1;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++)
        if (scale < 1000000000000000000) {
            value = value * 10 + (uint64_t)(**at - '0');
            scale *= 10;
        }
    *ret_value = value;
    *ret_scale = scale;
    return true;
}

/* One number with its unit: 0, -EINVAL or -ERANGE. */
static int take_part(const char **at, usec_t *ret_usec) {
    const char *start = *at;
    uint64_t whole = 0, fraction = 0, scale = 1;
    usec_t unit, usec;
    bool too_long = false;
    for (; isdigit((unsigned char)**at); (*at)++)
        too_long |= __builtin_mul_overflow(whole, (uint64_t)10, &whole) ||
                    __builtin_add_overflow(whole, (uint64_t)(**at - '0'), &whole);
    bool has_whole = *at > start;
    bool has_fraction = take(at, '.');
    if (has_fraction ? !take_fraction(at, &fraction, &scale) : !has_whole)
        return -EINVAL;
    const char *end = *at;
    skip_spaces(at);
    if (!take_unit(at, &unit) || (*at == end && *end))
        return -EINVAL;
    if (too_long || __builtin_mul_overflow(whole, unit, &usec) ||
        __builtin_add_overflow(usec, (usec_t)((__uint128_t)fraction * unit / scale), &usec))
        return -ERANGE;
    *ret_usec = usec;
    return 0;
}

int span_parse(const char *text, usec_t *ret_usec) {
    const char *at = text;
    usec_t sum = 0, part;
    bool too_long = false;
    skip_spaces(&at);
    if (strncmp(at, "infinity", 8) == 0) {
        at += 8;
        skip_spaces(&at);
        if (*at)
            return -EINVAL;
        *ret_usec = USEC_INFINITY;
        return 0;
    }
    do {
        int r = take_part(&at, &part);
        if (r == -EINVAL)
            return r;
        too_long |= r < 0 || __builtin_add_overflow(sum, part, &sum) || sum == USEC_INFINITY;
        skip_spaces(&at);
    } while (*at);
    if (too_long)
        return -ERANGE;
    *ret_usec = sum;
    return 0;
}

const char *span_format(usec_t span_usec, int units, char *buffer, size_t size) {
    size_t used = 0;
    if (size == 0)
        return buffer;
    snprintf(buffer, size, "%s", span_usec == USEC_INFINITY ? "infinity" : "0");
    if (span_usec == USEC_INFINITY)
        return buffer;
    for (size_t i = 0; i < ELEMENTSOF(units_table) && units > 0; i++) {
        const struct unit *unit = &units_table[i];
        if (span_usec < unit->usec)
            continue;
        int n = snprintf(buffer + used, size - used, "%s%llu%s", used ? " " : "",
                         (unsigned long long)(span_usec / unit->usec), unit->names[0]);
        if (n < 0 || (size_t)n >= size - used)
            break;
        used += (size_t)n;
        span_usec %= unit->usec;
        units--;
    }
    return buffer;
}

/* --- Moments ---------------------------------------------------------------------------------- */

enum day_kind {
    DAY_NONE,    /* no day is named */
    DAY_FIXED,   /* this one */
    DAY_WEEKDAY, /* the next or last of its name, as the bias says */
};

struct moment {
    usec_t now_usec;
    const struct zone *zone;
    enum moment_bias bias;

    enum day_kind kind;
    int32_t day; /* days since 1970-01-01, or the weekday */
    int64_t second;
    int32_t usec;
};

/* Takes `word` when it stands there whole; letter case doesn't matter. */
static bool take_word(const char **at, const char *word) {
    size_t size = strlen(word);
    if (strncasecmp(*at, word, size) != 0 || isalnum((unsigned char)(*at)[size]))
        return false;
    *at += size;
    return true;
}

/* A number of `min_digits` to `max_digits` digits. */
static bool take_digits(const char **at, int min_digits, int max_digits, int min, int max, int *ret) {
    int value = 0, digits = 0;
    for (; isdigit((unsigned char)**at); (*at)++) {
        if (++digits > max_digits)
            return false;
        value = value * 10 + (**at - '0');
    }
    if (digits < min_digits || value < min || value > max)
        return false;
    *ret = value;
    return true;
}

static bool take_usec_fraction(const char **at, int32_t *ret_usec) {
    uint64_t value, scale;
    if (!take_fraction(at, &value, &scale))
        return false;
    *ret_usec = (int32_t)((__uint128_t)value * USEC_PER_SEC / scale);
    return true;
}

/* H:MM[:SS[.fraction]]. */
static bool take_clock(const char **at, struct moment *moment) {
    int hour, minute, second = 0;
    int32_t usec = 0;
    if (!take_digits(at, 1, 2, 0, 23, &hour) || !take(at, ':') || !take_digits(at, 2, 2, 0, 59, &minute))
        return false;
    if (take(at, ':')) {
        if (!take_digits(at, 2, 2, 0, 59, &second))
            return false;
        if (take(at, '.') && !take_usec_fraction(at, &usec))
            return false;
    }
    moment->second = hour * 3600 + minute * 60 + second;
    moment->usec = usec;
    return true;
}

static bool take_date(const char **at, int32_t *ret_day) {
    int year, month, day;
    if (!take_digits(at, 4, 4, 1970, 2199, &year) || !take(at, '-') ||
        !take_digits(at, 1, 2, 1, 12, &month) || !take(at, '-') ||
        !take_digits(at, 1, 2, 1, days_in_month(year, month), &day))
        return false;
    *ret_day = civil_to_days(year, month, day);
    return true;
}

static bool take_weekday(const char **at, int *ret_weekday) {
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    for (int i = 0; i < 7; i++) {
        char brief[4] = {names[i][0], names[i][1], names[i][2], 0};
        if (take_word(at, names[i]) || take_word(at, brief)) {
            *ret_weekday = i;
            return true;
        }
    }
    return false;
}

/* "today", "monday", "next monday"; false when none is named. */
static bool take_named_day(const char **at, struct moment *moment) {
    static const struct {
        const char *name;
        int32_t offset;
    } days[] = {{"today", 0}, {"tomorrow", 1}, {"yesterday", -1}};
    int32_t today = zone_local_day(moment->zone, moment->now_usec);
    int weekday;

    for (size_t i = 0; i < ELEMENTSOF(days); i++)
        if (take_word(at, days[i].name)) {
            moment->kind = DAY_FIXED;
            moment->day = today + days[i].offset;
            return true;
        }

    const char *start = *at;
    bool is_next = take_word(at, "next");
    bool is_last = !is_next && take_word(at, "last");
    skip_spaces(at);
    if (!take_weekday(at, &weekday)) {
        *at = start;
        return false;
    }
    moment->kind = is_next || is_last ? DAY_FIXED : DAY_WEEKDAY;
    moment->day = weekday;
    int ahead = (weekday - weekday_of_days(today) + 7) % 7;
    if (is_next)
        moment->day = today + (ahead > 0 ? ahead : 7);
    if (is_last)
        moment->day = today + ahead - 7;
    return true;
}

/* Z or +hh:mm, directly after a clock time. */
static bool take_offset(const char **at, int32_t *ret_offset_sec) {
    int hours, minutes;
    if (take(at, 'Z') || take(at, 'z')) {
        *ret_offset_sec = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    if (!take(at, '+') && !take(at, '-'))
        return false;
    if (!take_digits(at, 2, 2, 0, 23, &hours) || !take(at, ':') || !take_digits(at, 2, 2, 0, 59, &minutes))
        return false;
    *ret_offset_sec = sign * (hours * 3600 + minutes * 60);
    return true;
}

static usec_t instant_on(const struct moment *moment, int32_t day) {
    return usec_add(zone_day_second(moment->zone, day, moment->second), (usec_t)moment->usec);
}

/* The instant nearest to now, on the side the bias says, among those on days `step` apart. */
static usec_t instant_near(const struct moment *moment, int32_t day, int32_t step) {
    bool is_later = instant_on(moment, day) > moment->now_usec;
    if (moment->bias == MOMENT_NEXT)
        return instant_on(moment, is_later ? day : day + step);
    return instant_on(moment, is_later ? day - step : day);
}

static usec_t instant_of(const struct moment *moment) {
    int32_t today = zone_local_day(moment->zone, moment->now_usec);
    switch (moment->kind) {
    case DAY_FIXED:
        return instant_on(moment, moment->day);
    case DAY_WEEKDAY: {
        int ahead = (moment->day - weekday_of_days(today) + 7) % 7;
        bool is_other_day = ahead > 0 && moment->bias == MOMENT_LAST;
        return instant_near(moment, today + ahead - (is_other_day ? 7 : 0), 7);
    }
    case DAY_NONE:
    default:
        return instant_near(moment, today, 1);
    }
}

/* A day, a clock time, or both; with an offset, if it is a date and a clock time. */
static int parse_day_and_clock(const char *at, struct moment *moment, usec_t *ret_usec) {
    bool is_date =
        isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) && isdigit((unsigned char)at[2]);
    int32_t offset_sec;
    if (is_date) {
        if (!take_date(&at, &moment->day))
            return -EINVAL;
        moment->kind = DAY_FIXED;
    } else
        take_named_day(&at, moment);

    if (*at || moment->kind == DAY_NONE) {
        bool is_joined = is_date && (take(&at, 'T') || take(&at, 't'));
        if (!is_joined && moment->kind != DAY_NONE && !isspace((unsigned char)*at))
            return -EINVAL;
        skip_spaces(&at);
        if (!take_clock(&at, moment))
            return -EINVAL;
        if (is_date && *at) {
            if (!take_offset(&at, &offset_sec) || *at)
                return -EINVAL;
            int64_t second = (int64_t)moment->day * SECONDS_PER_DAY + moment->second - offset_sec;
            *ret_usec = second < 0 ? 0 : (usec_t)second * USEC_PER_SEC + (usec_t)moment->usec;
            return 0;
        }
    }
    if (*at)
        return -EINVAL;
    *ret_usec = instant_of(moment);
    return 0;
}

static int parse_epoch(const char *at, usec_t *ret_usec) {
    uint64_t second = 0;
    int32_t usec = 0;
    const char *start = at;
    for (; isdigit((unsigned char)*at) && second < USEC_END_OF_TIME; at++)
        second = second * 10 + (uint64_t)(*at - '0');
    if (at == start || (take(&at, '.') && !take_usec_fraction(&at, &usec)) || *at)
        return -EINVAL;
    if (second >= USEC_END_OF_TIME / USEC_PER_SEC)
        return -EINVAL;
    *ret_usec = second * USEC_PER_SEC + (usec_t)usec;
    return 0;
}

/* Cuts " ago" off the end of the text. */
static bool cut_ago(char *text) {
    size_t size = strlen(text);
    if (size < 4 || strcasecmp(text + size - 3, "ago") != 0 || !isspace((unsigned char)text[size - 4]))
        return false;
    text[size - 4] = 0;
    return true;
}

static int parse_relative(char *text, usec_t now_usec, usec_t *ret_usec) {
    const char *at = text;
    usec_t span;
    bool is_past = take(&at, '-');
    bool is_future = !is_past && (take(&at, '+') || take_word(&at, "in"));
    if (!is_past && !is_future)
        is_past = cut_ago(text);
    if ((!is_past && !is_future) || span_parse(at, &span) < 0)
        return -EINVAL;
    *ret_usec = is_past ? usec_sub(now_usec, span) : usec_add(now_usec, span);
    return 0;
}

int moment_parse(const char *text, usec_t now_usec, const struct zone *zone, enum moment_bias bias,
                 int day_start_sec, usec_t *ret_usec) {
    struct moment moment = {.now_usec = now_usec, .zone = zone, .bias = bias, .second = day_start_sec};
    char buffer[128];
    skip_spaces(&text);
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    if (size >= sizeof buffer)
        return -EINVAL;
    memcpy(buffer, text, size);
    buffer[size] = 0;

    if (buffer[0] == '@')
        return parse_epoch(buffer + 1, ret_usec);
    if (strcasecmp(buffer, "now") == 0) {
        *ret_usec = now_usec;
        return 0;
    }
    if (parse_day_and_clock(buffer, &moment, ret_usec) >= 0)
        return 0;
    return parse_relative(buffer, now_usec, ret_usec);
}

/* An offset that isn't of whole minutes (Liberia until 1972) can't be written: the next one that can is used,
 * with the clock time that belongs to it, so that the instant stays right. */
const char *moment_format(usec_t time_usec, const struct zone *zone, char buffer[MOMENT_TEXT_SIZE]) {
    char fraction[8] = "";
    uint32_t usec = (uint32_t)(time_usec % USEC_PER_SEC);
    int32_t offset = zone_offset(zone, time_usec) / 60 * 60;
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    int64_t local = (int64_t)(time_usec / USEC_PER_SEC) + offset;
    int64_t day = (local - (local < 0 ? SECONDS_PER_DAY - 1 : 0)) / SECONDS_PER_DAY;
    int second = (int)(local - day * SECONDS_PER_DAY), year, month, day_of_month;

    civil_from_days((int32_t)day, &year, &month, &day_of_month);
    if (usec > 0) {
        int n = snprintf(fraction, sizeof fraction, ".%06u", usec);
        while (n > 0 && fraction[n - 1] == '0')
            fraction[--n] = 0;
    }
    snprintf(buffer, MOMENT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d", year, month,
             day_of_month, second / 3600, second / 60 % 60, second % 60, fraction, offset < 0 ? '-' : '+',
             minutes / 60, minutes % 60);
    return buffer;
}
