/* A zone is two sorted tables, made once and searched by halves ever after.
 *
 * `periods` cuts the line of instants where the offset changes. `stretches` cuts the line of local times
 * where its relation to instants changes: a stretch is either lived through with one offset, or skipped by a
 * spring change; in an autumn change the second pass adds nothing, so that each local time lies in exactly
 * one stretch. The footer rule is not evaluated in a lookup: its changes up to the last year are written into
 * the tables when they are built (two a year, a few kilobytes), so that a lookup past the data's table costs
 * the same as any other.
 *
 * Limits: changes before 1969-12-01 are folded into the first period and those after 2201 are dropped. Files
 * that count leap seconds ("right/...") are refused, because the clock of the machine doesn't count them. */
#include "daemon/core/zone.h"

#include <ctype.h>

#define FIRST_YEAR   1969
#define LAST_YEAR    2201
#define FIRST_SECOND ((int64_t)-31 * SECONDS_PER_DAY)
#define LAST_SECOND  ((int64_t)84768 * SECONDS_PER_DAY) /* 2202-02-02, past the last change of LAST_YEAR */

/* RFC 9636: -24:59:59 to 25:59:59. No offset outside is taken, and the searches rely on it. */
#define MIN_OFFSET (-89999)
#define MAX_OFFSET 93599

#define HEADER_SIZE 44
#define TYPE_SIZE   6

struct period {
    int64_t from_sec; /* UTC; the first one's is INT64_MIN */
    int32_t offset_sec;
    const char *abbreviation; /* in the zone's `abbreviations` */
};

struct zone {
    char *name;
    char *abbreviations;
    struct period *periods;
    size_t n_periods, periods_size;
    struct zone_stretch *stretches;
    size_t n_stretches;
};

/* One half of a year's rule: the day and the local second at which standard or summer time begins. */
struct change_rule {
    char kind; /* 'J': 1 to 365, without 29 February; '0': 0 to 365; 'M': month, week, weekday */
    int day;   /* of the year, or of the week from 0 Sunday */
    int month, week;
    int32_t second; /* of that day; may be negative or past its end */
};

struct half {
    const char *name; /* in the text */
    size_t name_size;
    int32_t offset_sec;
    const char *abbreviation; /* in the zone, when there is one */
    struct change_rule begin;
};

/* A parsed POSIX TZ string. */
struct rule {
    struct half standard, summer;
    bool has_summer;
};

/* --- Civil dates ------------------------------------------------------------------------------ */

static const int16_t days_before_month[13] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

/* Years are counted from 1 March here, which puts the leap day last: the months' lengths then follow one
 * line, and 400 years have 146097 days. 719468 is 1970-01-01, counted from 0000-03-01. */
int32_t civil_to_days(int32_t year, int month, int day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

void civil_from_days(int32_t days, int32_t *ret_year, int *ret_month, int *ret_day) {
    int64_t z = (int64_t)days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    uint32_t day_of_era = (uint32_t)(z - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int32_t)(era * 400 + year_of_era + (month <= 2));
    *ret_month = month;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

int weekday_of_days(int32_t days) {
    int weekday = (int)(((int64_t)days + 3) % 7); /* 1970-01-01 was a Thursday */
    return weekday < 0 ? weekday + 7 : weekday;
}

static bool is_leap_year(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int32_t year, int month) {
    static const int8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 2 && is_leap_year(year));
}

/* --- Building the tables ---------------------------------------------------------------------- */

static int add_period(struct zone *zone, int64_t from_sec, int32_t offset_sec, const char *abbreviation) {
    struct period *last = zone->n_periods ? &zone->periods[zone->n_periods - 1] : NULL;
    if (last && from_sec <= FIRST_SECOND)
        from_sec = last->from_sec;
    if (last && last->from_sec >= from_sec)
        zone->n_periods--; /* it would last no time at all */
    else if (last && last->offset_sec == offset_sec && streq(last->abbreviation, abbreviation))
        return 0;
    int r = array_reserve(&zone->periods, &zone->periods_size, zone->n_periods + 1, sizeof *zone->periods);
    if (r < 0)
        return r;
    zone->periods[zone->n_periods++] = (struct period){from_sec, offset_sec, abbreviation};
    return 0;
}

static int32_t change_day(const struct change_rule *rule, int32_t year) {
    int32_t new_year = civil_to_days(year, 1, 1);
    if (rule->kind == '0')
        return new_year + rule->day;
    if (rule->kind == 'J')
        return new_year + rule->day - 1 + (is_leap_year(year) && rule->day > days_before_month[3]);
    int32_t first = civil_to_days(year, rule->month, 1);
    int sunday_based = (weekday_of_days(first) + 1) % 7;
    int day = (rule->day - sunday_based + 7) % 7 + 7 * (rule->week - 1);
    return first + (day < days_in_month(year, rule->month) ? day : day - 7);
}

static int64_t change_second(const struct half *begins, const struct half *ends, int32_t year) {
    return (int64_t)change_day(&begins->begin, year) * SECONDS_PER_DAY + begins->begin.second -
           ends->offset_sec;
}

/* Writes the rule's changes after `after_sec` into the table, in order. A time of day may move a change
 * across new year, by a week at most, so that a change can only trade places with one of the year before. */
static int add_rule(struct zone *zone, const struct rule *rule, int64_t after_sec) {
    struct change {
        int64_t at_sec;
        const struct half *half;
    } changes[2 * (LAST_YEAR - FIRST_YEAR + 1)];
    size_t n = 0;

    if (!rule->has_summer)
        return 0;
    for (int32_t year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        int64_t summer = change_second(&rule->summer, &rule->standard, year);
        int64_t standard = change_second(&rule->standard, &rule->summer, year);
        const struct change both[2] = {{summer, &rule->summer}, {standard, &rule->standard}};
        for (int i = 0; i < 2; i++) {
            struct change change = both[(standard < summer) ^ i];
            size_t at = n++;
            for (; at > 0 && changes[at - 1].at_sec > change.at_sec; at--)
                changes[at] = changes[at - 1];
            changes[at] = change;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (changes[i].at_sec <= after_sec)
            continue;
        const struct half *half = changes[i].half;
        int r = add_period(zone, changes[i].at_sec, half->offset_sec, half->abbreviation);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Walks through the periods with the furthest local time that any has reached: what lies beyond it is new,
 * what a period jumps over is a gap, what it repeats was there before. */
static int make_stretches(struct zone *zone) {
    zone->stretches = calloc(2 * zone->n_periods, sizeof *zone->stretches);
    if (!zone->stretches)
        return -ENOMEM;
    int64_t reached = INT64_MIN;
    for (size_t i = 0; i < zone->n_periods; i++) {
        const struct period *period = &zone->periods[i];
        bool is_first = i == 0, is_last = i + 1 == zone->n_periods;
        int64_t from = is_first ? INT64_MIN : period->from_sec + period->offset_sec;
        int64_t until = is_last ? INT64_MAX : period[1].from_sec + period->offset_sec;
        if (from > reached) {
            int32_t shift = (int32_t)(reached - period->from_sec);
            zone->stretches[zone->n_stretches++] = (struct zone_stretch){reached, from, shift, ZONE_GAP};
            reached = from;
        }
        if (until > reached) {
            zone->stretches[zone->n_stretches++] =
                (struct zone_stretch){reached, until, period->offset_sec, ZONE_ONCE};
            reached = until;
        }
    }
    return 0;
}

/* --- POSIX TZ strings ------------------------------------------------------------------------- */

static bool take(const char **at, char c) {
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_number(const char **at, int min, int max, int *ret) {
    const char *start = *at;
    int value = 0;
    for (; isdigit((unsigned char)**at) && value <= max; (*at)++)
        value = value * 10 + (**at - '0');
    if (*at == start || value < min || value > max)
        return false;
    *ret = value;
    return true;
}

/* [+-]h[:mm[:ss]], in seconds. */
static bool take_clock(const char **at, int max_hours, int32_t *ret_sec) {
    int sign = take(at, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (sign > 0)
        take(at, '+');
    if (!take_number(at, 0, max_hours, &hours))
        return false;
    if (take(at, ':')) {
        if (!take_number(at, 0, 59, &minutes))
            return false;
        if (take(at, ':') && !take_number(at, 0, 59, &seconds))
            return false;
    }
    *ret_sec = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool take_name(const char **at, struct half *half) {
    bool quoted = take(at, '<');
    half->name = *at;
    while (isalpha((unsigned char)**at) ||
           (quoted && (isdigit((unsigned char)**at) || **at == '+' || **at == '-')))
        (*at)++;
    half->name_size = (size_t)(*at - half->name);
    return half->name_size >= 3 && (!quoted || take(at, '>'));
}

/* POSIX counts offsets to the west. */
static bool take_offset(const char **at, int32_t *ret_offset_sec) {
    int32_t west;
    if (!take_clock(at, 24, &west))
        return false;
    *ret_offset_sec = -west;
    return -west >= MIN_OFFSET && -west <= MAX_OFFSET;
}

static bool take_change(const char **at, struct change_rule *ret) {
    *ret = (struct change_rule){.kind = '0', .second = 2 * 3600};
    if (!take(at, ','))
        return false;
    if (take(at, 'M')) {
        ret->kind = 'M';
        if (!take_number(at, 1, 12, &ret->month) || !take(at, '.') || !take_number(at, 1, 5, &ret->week) ||
            !take(at, '.') || !take_number(at, 0, 6, &ret->day))
            return false;
    } else if (take(at, 'J')) {
        ret->kind = 'J';
        if (!take_number(at, 1, 365, &ret->day))
            return false;
    } else if (!take_number(at, 0, 365, &ret->day))
        return false;
    return !take(at, '/') || take_clock(at, 167, &ret->second);
}

static bool take_changes(const char **at, struct rule *rule) {
    return take_change(at, &rule->summer.begin) && take_change(at, &rule->standard.begin);
}

/* A summer time without rules changes as it does in the United States, which is also what glibc assumes. */
static bool rule_parse(const char *text, struct rule *ret) {
    const char *at = text, *usual = ",M3.2.0,M11.1.0";
    *ret = (struct rule){0};
    if (!take_name(&at, &ret->standard) || !take_offset(&at, &ret->standard.offset_sec))
        return false;
    if (!*at)
        return true;
    ret->has_summer = true;
    if (!take_name(&at, &ret->summer))
        return false;
    ret->summer.offset_sec = ret->standard.offset_sec + 3600;
    if (*at && *at != ',' && !take_offset(&at, &ret->summer.offset_sec))
        return false;
    return take_changes(*at ? &at : &usual, ret) && !*at;
}

/* --- Making and freeing ----------------------------------------------------------------------- */

struct zone *zone_free(struct zone *zone) {
    if (!zone || zone == zone_utc())
        return NULL;
    free(zone->name);
    free(zone->abbreviations);
    free(zone->periods);
    free(zone->stretches);
    free(zone);
    return NULL;
}

/* A zone with a name and room for `size` bytes of abbreviations, zeroed. */
static int zone_new(const char *name, size_t size, struct zone **ret) {
    _cleanup_(zone_freep) struct zone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return -ENOMEM;
    zone->name = strdup(name);
    zone->abbreviations = calloc(1, size);
    if (!zone->name || !zone->abbreviations)
        return -ENOMEM;
    *ret = TAKE_PTR(zone);
    return 0;
}

static size_t rule_names_size(const struct rule *rule) {
    return rule->standard.name_size + rule->summer.name_size + 2;
}

/* Copies the rule's names to `names`, which has rule_names_size() zeroed bytes. */
static void keep_rule_names(struct rule *rule, char *names) {
    rule->standard.abbreviation = memcpy(names, rule->standard.name, rule->standard.name_size);
    if (rule->has_summer)
        rule->summer.abbreviation =
            memcpy(names + rule->standard.name_size + 1, rule->summer.name, rule->summer.name_size);
}

int zone_from_posix(const char *text, struct zone **ret) {
    _cleanup_(zone_freep) struct zone *zone = NULL;
    struct rule rule;
    if (!rule_parse(text, &rule))
        return -EINVAL;
    int r = zone_new(text, rule_names_size(&rule), &zone);
    if (r < 0)
        return r;
    keep_rule_names(&rule, zone->abbreviations);
    r = add_period(zone, INT64_MIN, rule.standard.offset_sec, rule.standard.abbreviation);
    if (r >= 0)
        r = add_rule(zone, &rule, INT64_MIN);
    if (r >= 0)
        r = make_stretches(zone);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(zone);
    return 0;
}

/* --- TZif ------------------------------------------------------------------------------------- */

/* The 64-bit block of a TZif file, inside the caller's bytes. */
struct tzif {
    size_t n_times, n_types, n_chars;
    const uint8_t *times, *indexes, *types, *chars;
    char footer[256];
};

static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int32_t read_i32(const uint8_t *at) {
    return (int32_t)read_u32(at);
}

static int64_t read_i64(const uint8_t *at) {
    return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

/* Reads the header and the extent of the block at `data`, whose times take `time_size` bytes. The sum can't
 * overflow: each count is below 2^32 and its items are small. False: it doesn't fit. */
static bool block_read(const uint8_t *data, size_t size, size_t time_size, struct tzif *ret,
                       size_t *ret_end) {
    if (size < HEADER_SIZE || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return false;
    uint64_t n_ut = read_u32(data + 20), n_standard = read_u32(data + 24), n_leaps = read_u32(data + 28);
    uint64_t n_times = read_u32(data + 32), n_types = read_u32(data + 36), n_chars = read_u32(data + 40);
    uint64_t end = HEADER_SIZE + n_times * (time_size + 1) + n_types * TYPE_SIZE + n_chars +
                   n_leaps * (time_size + 4) + n_standard + n_ut;
    if (end > size || n_leaps > 0)
        return false;
    *ret = (struct tzif){.n_times = (size_t)n_times, .n_types = (size_t)n_types, .n_chars = (size_t)n_chars};
    ret->times = data + HEADER_SIZE;
    ret->indexes = ret->times + n_times * time_size;
    ret->types = ret->indexes + n_times;
    ret->chars = ret->types + n_types * TYPE_SIZE;
    *ret_end = (size_t)end;
    return true;
}

static bool footer_read(const uint8_t *data, size_t size, struct tzif *tzif) {
    if (size < 2 || data[0] != '\n')
        return false;
    const uint8_t *end = memchr(data + 1, '\n', size - 1);
    if (!end)
        return false;
    size_t length = (size_t)(end - data - 1);
    if (length >= sizeof tzif->footer || memchr(data + 1, 0, length))
        return false;
    memcpy(tzif->footer, data + 1, length);
    return true;
}

static bool types_are_sane(const struct tzif *tzif) {
    if (tzif->n_types == 0 || tzif->n_types > 256 || tzif->n_chars == 0)
        return false;
    for (size_t i = 0; i < tzif->n_types; i++) {
        int32_t offset = read_i32(tzif->types + i * TYPE_SIZE);
        if (offset < MIN_OFFSET || offset > MAX_OFFSET || tzif->types[i * TYPE_SIZE + 5] >= tzif->n_chars)
            return false;
    }
    return true;
}

static bool times_are_sane(const struct tzif *tzif) {
    for (size_t i = 0; i < tzif->n_times; i++)
        if (tzif->indexes[i] >= tzif->n_types ||
            (i > 0 && read_i64(tzif->times + 8 * i) <= read_i64(tzif->times + 8 * (i - 1))))
            return false;
    return true;
}

static bool tzif_read(const uint8_t *data, size_t size, struct tzif *ret) {
    struct tzif tzif;
    size_t skip, end;
    if (!block_read(data, size, 4, &tzif, &skip) || !block_read(data + skip, size - skip, 8, &tzif, &end))
        return false;
    if (!footer_read(data + skip + end, size - skip - end, &tzif))
        return false;
    if (!types_are_sane(&tzif) || !times_are_sane(&tzif))
        return false;
    *ret = tzif;
    return true;
}

static int add_type(struct zone *zone, const struct tzif *tzif, int64_t from_sec, size_t type) {
    const uint8_t *at = tzif->types + type * TYPE_SIZE;
    return add_period(zone, from_sec, read_i32(at), zone->abbreviations + at[5]);
}

static int add_table(struct zone *zone, const struct tzif *tzif) {
    int r = add_type(zone, tzif, INT64_MIN, 0);
    for (size_t i = 0; i < tzif->n_times && r >= 0; i++) {
        int64_t at_sec = read_i64(tzif->times + 8 * i);
        if (at_sec > LAST_SECOND)
            break;
        r = add_type(zone, tzif, at_sec, tzif->indexes[i]);
    }
    return r;
}

int zone_from_tzif(const char *name, const void *data, size_t size, struct zone **ret) {
    _cleanup_(zone_freep) struct zone *zone = NULL;
    struct tzif tzif;
    struct rule rule;
    if (!tzif_read(data, size, &tzif))
        return -EBADMSG;
    bool has_rule = tzif.footer[0];
    if (has_rule && !rule_parse(tzif.footer, &rule))
        return -EBADMSG;
    int r = zone_new(name, tzif.n_chars + 1 + (has_rule ? rule_names_size(&rule) : 0), &zone);
    if (r < 0)
        return r;
    memcpy(zone->abbreviations, tzif.chars, tzif.n_chars);
    if (has_rule)
        keep_rule_names(&rule, zone->abbreviations + tzif.n_chars + 1);

    /* Without a table the footer alone says it all (RFC 9636, section 3.3). */
    bool has_table = tzif.n_times > 0 || !has_rule;
    r = has_table ? add_table(zone, &tzif)
                  : add_period(zone, INT64_MIN, rule.standard.offset_sec, rule.standard.abbreviation);
    if (r >= 0 && has_rule)
        r = add_rule(zone, &rule,
                     tzif.n_times > 0 ? read_i64(tzif.times + 8 * (tzif.n_times - 1)) : INT64_MIN);
    if (r >= 0)
        r = make_stretches(zone);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(zone);
    return 0;
}

static struct period utc_period = {INT64_MIN, 0, "UTC"};
static struct zone_stretch utc_stretch = {INT64_MIN, INT64_MAX, 0, ZONE_ONCE};
static char utc_name[] = "UTC";

const struct zone *zone_utc(void) {
    static const struct zone utc = {
        .name = utc_name,
        .periods = &utc_period,
        .n_periods = 1,
        .stretches = &utc_stretch,
        .n_stretches = 1,
    };
    return &utc;
}

const char *zone_name(const struct zone *zone) {
    return zone->name;
}

/* --- Looking up ------------------------------------------------------------------------------- */

/* Seconds are below 2^45 for every usec_t, so that sums with offsets stay far from the edges of int64_t. */
static int64_t to_seconds(usec_t time_usec) {
    return (int64_t)(time_usec / USEC_PER_SEC);
}

static size_t period_at(const struct zone *zone, int64_t second) {
    size_t low = 0, n = zone->n_periods;
    while (n > 1) {
        size_t half = n / 2;
        low = zone->periods[low + half].from_sec <= second ? low + half : low;
        n -= half;
    }
    return low;
}

size_t zone_stretch_at(const struct zone *zone, int64_t local_sec) {
    size_t low = 0, n = zone->n_stretches;
    while (n > 1) {
        size_t half = n / 2;
        low = zone->stretches[low + half].from_sec <= local_sec ? low + half : low;
        n -= half;
    }
    return low;
}

static int64_t begin_of(const struct zone_stretch *stretch) {
    return stretch->from_sec == INT64_MIN ? INT64_MIN : stretch->from_sec - stretch->shift_sec;
}

size_t zone_stretch_begun(const struct zone *zone, int64_t second) {
    size_t low = 0, n = zone->n_stretches;
    while (n > 1) {
        size_t half = n / 2;
        low = begin_of(&zone->stretches[low + half]) <= second ? low + half : low;
        n -= half;
    }
    return low;
}

const struct zone_stretch *zone_stretches(const struct zone *zone, size_t *ret_n) {
    *ret_n = zone->n_stretches;
    return zone->stretches;
}

int32_t zone_offset(const struct zone *zone, usec_t time_usec) {
    return zone->periods[period_at(zone, to_seconds(time_usec))].offset_sec;
}

bool zone_has_abbreviation(const struct zone *zone, const char *abbreviation) {
    for (size_t i = 0; i < zone->n_periods; i++)
        if (streq(zone->periods[i].abbreviation, abbreviation))
            return true;
    return false;
}

static int32_t split_seconds(int64_t seconds, int32_t *ret_second_of_day) {
    int64_t days = seconds / SECONDS_PER_DAY, rest = seconds % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    *ret_second_of_day = (int32_t)rest;
    return (int32_t)days;
}

void zone_to_civil(const struct zone *zone, usec_t time_usec, struct civil *ret, int32_t *ret_offset_sec,
                   const char **ret_abbreviation) {
    const struct period *period = &zone->periods[period_at(zone, to_seconds(time_usec))];
    int32_t second, year;
    int month, day;
    civil_from_days(split_seconds(to_seconds(time_usec) + period->offset_sec, &second), &year, &month, &day);
    *ret = (struct civil){
        .year = year,
        .month = (int8_t)month,
        .day = (int8_t)day,
        .hour = (int8_t)(second / 3600),
        .minute = (int8_t)(second / 60 % 60),
        .second = (int8_t)(second % 60),
        .usec = (int32_t)(time_usec % USEC_PER_SEC),
    };
    if (ret_offset_sec)
        *ret_offset_sec = period->offset_sec;
    if (ret_abbreviation)
        *ret_abbreviation = period->abbreviation;
}

static usec_t to_usec(int64_t second, int32_t usec) {
    if (second < 0)
        return 0;
    if ((uint64_t)second >= USEC_INFINITY / USEC_PER_SEC)
        return USEC_INFINITY;
    return (usec_t)second * USEC_PER_SEC + (usec_t)usec;
}

/* Whether a local time that comes to pass at `second` comes again in the period after. */
static bool comes_again(const struct zone *zone, int64_t second, int64_t local_sec) {
    size_t next = period_at(zone, second) + 1;
    return next < zone->n_periods &&
           local_sec >= zone->periods[next].from_sec + zone->periods[next].offset_sec;
}

enum zone_fit zone_from_civil(const struct zone *zone, const struct civil *civil, usec_t *ret_usec) {
    int64_t local = (int64_t)civil_to_days(civil->year, civil->month, civil->day) * SECONDS_PER_DAY +
                    civil->hour * 3600 + civil->minute * 60 + civil->second;
    const struct zone_stretch *stretch = &zone->stretches[zone_stretch_at(zone, local)];
    int64_t second = local - stretch->shift_sec;
    *ret_usec = to_usec(second, civil->usec);
    if (stretch->fit == ZONE_ONCE && comes_again(zone, second, local))
        return ZONE_OVERLAP;
    return stretch->fit;
}

usec_t zone_next_change(const struct zone *zone, usec_t after_usec) {
    size_t i = period_at(zone, to_seconds(after_usec));
    int32_t offset = zone->periods[i].offset_sec;
    while (++i < zone->n_periods)
        if (zone->periods[i].offset_sec != offset)
            return to_usec(zone->periods[i].from_sec, 0);
    return USEC_INFINITY;
}

int32_t zone_local_day(const struct zone *zone, usec_t time_usec) {
    int32_t second;
    return split_seconds(to_seconds(time_usec) + zone_offset(zone, time_usec), &second);
}

usec_t zone_day_second(const struct zone *zone, int32_t day, int64_t second_of_day) {
    int64_t local;
    if (__builtin_add_overflow((int64_t)day * SECONDS_PER_DAY, second_of_day, &local))
        return second_of_day < 0 ? 0 : USEC_INFINITY;
    int32_t shift = zone->stretches[zone_stretch_at(zone, local)].shift_sec;
    if (__builtin_sub_overflow(local, (int64_t)shift, &local))
        return shift > 0 ? 0 : USEC_INFINITY;
    return to_usec(local, 0);
}
