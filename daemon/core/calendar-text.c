/* Reading and writing of expressions. Each field is read into its list of parts; a list is sorted and has no
 * item twice, so that what is written is the same for all that means the same. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "daemon/core/calendar-parts.h"

#define MAX_PARTS     241 /* as many as systemd takes */
#define LAST_FROM_END 28  /* every month has that many days */

static const char *const weekday_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};

static const struct {
    const char *word, *meaning;
} shorthands[] = {
    {"minutely", "*-*-* *:*:00"},
    {"hourly", "*-*-* *:00:00"},
    {"daily", "*-*-* 00:00:00"},
    {"weekly", "Mon *-*-* 00:00:00"},
    {"monthly", "*-*-01 00:00:00"},
    {"quarterly", "*-01,04,07,10-01 00:00:00"},
    {"semiannually", "*-01,07-01 00:00:00"},
    {"semi-annually", "*-01,07-01 00:00:00"},
    {"biannually", "*-01,07-01 00:00:00"},
    {"bi-annually", "*-01,07-01 00:00:00"},
    {"yearly", "*-01-01 00:00:00"},
    {"annually", "*-01-01 00:00:00"},
    {"anually", "*-01-01 00:00:00"},
};

/* --- Reading ---------------------------------------------------------------------------------- */

struct parser {
    const char *text; /* whole */
    const char *at, *end;
    struct calendar *calendar;
    struct calendar_error *error;
};

static char peek(const struct parser *parser) {
    return parser->at < parser->end ? *parser->at : 0;
}

static bool take(struct parser *parser, char c) {
    if (peek(parser) != c)
        return false;
    parser->at++;
    return true;
}

static const char *skipped_spaces(const struct parser *parser, const char *at) {
    while (at < parser->end && *at == ' ')
        at++;
    return at;
}

static void skip_spaces(struct parser *parser) {
    parser->at = skipped_spaces(parser, parser->at);
}

__attribute__((format(printf, 3, 4))) static int fail(struct parser *parser, const char *where,
                                                      const char *format, ...) {
    va_list list;
    va_start(list, format);
    parser->error->column = (size_t)(where - parser->text);
    vsnprintf(parser->error->message, sizeof parser->error->message, format, list);
    va_end(list);
    return -EINVAL;
}

#define WORD_SIZE 32

/* The next word from `at`, to be quoted in a message: cut to fit, and without what a terminal would act upon.
 */
static const char *quoted(const struct parser *parser, const char *at, char buffer[WORD_SIZE]) {
    size_t n = 0;
    at = skipped_spaces(parser, at);
    for (; at < parser->end && *at != ' ' && n + 1 < WORD_SIZE; at++)
        buffer[n++] = isprint((unsigned char)*at) ? *at : '?';
    buffer[n] = 0;
    return buffer;
}

static bool is_word(const char *at, const char *end, const char *word) {
    return strlen(word) == (size_t)(end - at) && strncasecmp(at, word, (size_t)(end - at)) == 0;
}

static const char *word_end(const struct parser *parser, const char *at) {
    while (at < parser->end && isalpha((unsigned char)*at))
        at++;
    return at;
}

/* By its full name or its first three letters: 0 to 6, or NOTHING. */
static int find_weekday(const char *at, const char *end) {
    for (int i = 0; i < 7; i++)
        if (is_word(at, end, weekday_names[i]) ||
            (end - at == 3 && strncasecmp(at, weekday_names[i], 3) == 0))
            return i;
    return NOTHING;
}

static const char *find_shorthand(const char *at, const char *end) {
    for (size_t i = 0; i < ELEMENTSOF(shorthands); i++)
        if (is_word(at, end, shorthands[i].word))
            return shorthands[i].meaning;
    return NULL;
}

/* Decimals of a second, rounded to microseconds. Tenths of them are added up: a seventh digit decides,
 * further ones don't. */
static int64_t take_decimals(struct parser *parser) {
    int64_t tenths = 0;
    for (int64_t place = SECOND_UNIT; isdigit((unsigned char)peek(parser)); parser->at++, place /= 10)
        tenths += (*parser->at - '0') * place;
    return (tenths + 5) / 10;
}

static bool sees_dots(const struct parser *parser) {
    return parser->end - parser->at >= 2 && parser->at[0] == '.' && parser->at[1] == '.';
}

/* A number of a field's unit: digits, for seconds perhaps with decimals. */
static int parse_number(struct parser *parser, int which, int64_t *ret) {
    const char *start = parser->at;
    int64_t value = 0;
    for (; isdigit((unsigned char)peek(parser)) && value <= INT32_MAX; parser->at++)
        value = value * 10 + (*parser->at - '0');
    if (parser->at == start)
        return fail(parser, start, "a number is expected here for the %s", calendar_limits[which].name);
    if (which == SECOND)
        value *= SECOND_UNIT;
    if (peek(parser) == '.' && !sees_dots(parser)) {
        if (which != SECOND)
            return fail(parser, parser->at,
                        "only seconds can have decimals; a range has two dots, like 1..5");
        parser->at++;
        if (!isdigit((unsigned char)peek(parser)))
            return fail(parser, parser->at, "decimals are expected after the point");
        value += take_decimals(parser);
    }
    if (value > INT32_MAX)
        return fail(parser, start, "this number is too large; the %s may be %s", calendar_limits[which].name,
                    calendar_limits[which].allowed);
    *ret = value;
    return 0;
}

static int parse_step(struct parser *parser, int which, int32_t *ret) {
    const char *start = parser->at;
    int64_t step;
    int r = parse_number(parser, which, &step);
    if (r < 0)
        return r;
    if (step == 0)
        return fail(parser, start, "a step must be more than 0");
    *ret = (int32_t)step;
    return 0;
}

/* A value of a field. Years of two digits are those from 1970 to 2069. */
static int parse_value(struct parser *parser, int which, int32_t *ret) {
    int64_t value;
    int r = parse_number(parser, which, &value);
    if (r < 0)
        return r;
    if (which == YEAR && value < 100)
        value += value < 70 ? 2000 : 1900;
    *ret = (int32_t)value;
    return 0;
}

static int32_t highest(const struct calendar *calendar, int which) {
    return which == DAY && calendar->from_end ? LAST_FROM_END : calendar_limits[which].max;
}

static int check_value(struct parser *parser, const char *where, int which, int32_t value) {
    if (value >= calendar_limits[which].min && value <= highest(parser->calendar, which))
        return 0;
    if (which == DAY && parser->calendar->from_end)
        return fail(parser, where, "days from the month's end go from 1, the last, to %d", LAST_FROM_END);
    return fail(parser, where, "%d is no %s; it may be %s", which == SECOND ? value / SECOND_UNIT : value,
                calendar_limits[which].name, calendar_limits[which].allowed);
}

static int fail_backwards(struct parser *parser, const char *where, int which, const struct part *part) {
    bool can_wrap = which == MONTH || which == HOUR || which == MINUTE;
    if (can_wrap && part->stop >= calendar_limits[which].min && part->start <= calendar_limits[which].max)
        return fail(parser, where, "a range goes upwards; one that wraps is written as two: %d..%d,%d..%d",
                    part->start, calendar_limits[which].max, calendar_limits[which].min, part->stop);
    return fail(parser, where, "a range goes upwards: the smaller number comes first");
}

/* The rest of a range, after its dots. Its end is moved to the last value that the step meets. */
static int parse_range(struct parser *parser, int which, const char *where, struct part *part) {
    const int32_t unit = which == SECOND ? SECOND_UNIT : 1;
    int r = parse_value(parser, which, &part->stop);
    if (r < 0)
        return r;
    if (part->stop < part->start)
        return fail_backwards(parser, where, which, part);
    part->step = unit;
    if (take(parser, '/')) {
        r = parse_step(parser, which, &part->step);
        if (r < 0)
            return r;
    } else if (which == SECOND && part->stop - part->start < SECOND_UNIT)
        return fail(parser, where, "a range of less than a second needs a step, like 0..0.5/0.1");

    part->stop -= (part->stop - part->start) % part->step;
    r = check_value(parser, where, which, part->stop);
    if (r >= 0 && part->stop == part->start)
        *part = (struct part){part->start, NOTHING, 0};
    return r;
}

static int parse_open_step(struct parser *parser, int which, const char *where, struct part *part) {
    bool from_end = which == DAY && parser->calendar->from_end;
    int r = parse_step(parser, which, &part->step);
    if (r < 0)
        return r;
    int32_t room =
        from_end ? part->start - calendar_limits[which].min : calendar_limits[which].max - part->start;
    if (part->step > room)
        return fail(parser, where, "this step is too wide: the first already leads past the last %s",
                    calendar_limits[which].name);
    return 0;
}

static int parse_part(struct parser *parser, int which, struct part *ret) {
    struct part part = {0, NOTHING, 0};
    const char *start = parser->at;
    if (peek(parser) == '*')
        return fail(parser, start, "\"*\" stands alone: it means every %s", calendar_limits[which].name);
    int r = parse_value(parser, which, &part.start);
    if (r >= 0)
        r = check_value(parser, start, which, part.start);
    if (r < 0)
        return r;
    if (sees_dots(parser)) {
        parser->at += 2;
        r = parse_range(parser, which, start, &part);
    } else if (take(parser, '/'))
        r = parse_open_step(parser, which, parser->at, &part);
    if (r >= 0)
        *ret = part;
    return r;
}

static int compare_parts(const struct part *a, const struct part *b) {
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->stop != b->stop)
        return a->stop < b->stop ? -1 : 1;
    return a->step < b->step ? -1 : a->step > b->step;
}

static int add_part(struct field *field, const struct part *part) {
    size_t at = field->n;
    while (at > 0 && compare_parts(&field->parts[at - 1], part) > 0)
        at--;
    if (at > 0 && compare_parts(&field->parts[at - 1], part) == 0)
        return 0;
    int r = array_reserve(&field->parts, &field->size, field->n + 1, sizeof *field->parts);
    if (r < 0)
        return r;
    memmove(field->parts + at + 1, field->parts + at, (field->n - at) * sizeof *field->parts);
    field->parts[at] = *part;
    field->n++;
    return 0;
}

static int parse_every(struct parser *parser, int which) {
    const char *start = parser->at;
    parser->at++;
    if (peek(parser) == '/')
        return fail(parser, start, "\"*\" takes no step; write %s", calendar_limits[which].step_example);
    if (peek(parser) == ',' || peek(parser) == '.')
        return fail(parser, start, "\"*\" stands alone: it means every %s", calendar_limits[which].name);
    return 0;
}

/* Whole seconds with 0/1 among them: every second, and written so. */
static bool is_every_second(const struct field *seconds) {
    const struct part every = {0, NOTHING, SECOND_UNIT};
    for (size_t i = 0; i < seconds->n; i++)
        if (compare_parts(&seconds->parts[i], &every) == 0)
            return !calendar_has_fractions(seconds);
    return false;
}

static int parse_field(struct parser *parser, int which) {
    struct field *field = &parser->calendar->fields[which];
    struct part part;
    int count = 0;
    if (peek(parser) == '*')
        return parse_every(parser, which);
    do {
        if (++count > MAX_PARTS)
            return fail(parser, parser->at, "a list has at most %d items", MAX_PARTS);
        if (peek(parser) == ' ' && calendar_looks_like_clock_list(parser->text))
            return fail(parser, parser->at,
                        "clock times can't be listed; each needs an expression of its own");
        int r = parse_part(parser, which, &part);
        if (r >= 0)
            r = add_part(field, &part);
        if (r < 0)
            return r;
    } while (take(parser, ','));
    if (which == SECOND && is_every_second(field))
        field->n = 0;
    return 0;
}

/* For what stands where something else is expected. */
static int fail_here(struct parser *parser, const char *expected) {
    char word[WORD_SIZE];
    if (parser->at == parser->end)
        return fail(parser, parser->at, "the text ends too early: %s", expected);
    return fail(parser, parser->at, "\"%s\" is not understood here: %s", quoted(parser, parser->at, word),
                expected);
}

/* The first mark of the coming word tells a date from a time: '-', '~' or ':', or 0 if there is none. */
static char first_mark(const struct parser *parser) {
    const char *at = parser->at;
    while (at < parser->end && *at != ' ' && *at != '-' && *at != '~' && *at != ':')
        at++;
    return at < parser->end && *at != ' ' ? *at : 0;
}

static int count_date_marks(const struct parser *parser) {
    int n = 0;
    for (const char *at = parser->at; at < parser->end && *at != ' '; at++)
        n += *at == '-' || *at == '~';
    return n;
}

/* [year-]month-day, or [year-]month~day. */
static int parse_date(struct parser *parser) {
    static const char expected[] = "a date is month-day or year-month-day";
    struct calendar *calendar = parser->calendar;
    int r = 0;
    for (int which = count_date_marks(parser) > 1 ? YEAR : MONTH; which < DAY && r >= 0; which++) {
        r = parse_field(parser, which);
        if (r < 0)
            return r;
        calendar->from_end = which == MONTH && peek(parser) == '~';
        if (!take(parser, calendar->from_end ? '~' : '-'))
            return fail_here(parser, expected);
    }
    r = parse_field(parser, DAY);
    if (r < 0)
        return r;
    calendar->from_end &= calendar->fields[DAY].n > 0;
    if (peek(parser) == 'T')
        return fail(parser, parser->at, "date and time are divided by a space");
    if (parser->at < parser->end && *parser->at != ' ')
        return fail_here(parser, expected);
    skip_spaces(parser);
    return 0;
}

static int add_value(struct calendar *calendar, int which, int32_t value) {
    const struct part part = {value, NOTHING, 0};
    return add_part(&calendar->fields[which], &part);
}

static int add_midnight(struct calendar *calendar) {
    int r = 0;
    for (int which = HOUR; which <= SECOND && r >= 0; which++)
        r = add_value(calendar, which, 0);
    return r;
}

static int fail_after_time(struct parser *parser) {
    if (calendar_looks_like_clock_list(parser->text))
        return fail(parser, parser->at, "clock times can't be listed; each needs an expression of its own");
    if (skipped_spaces(parser, parser->at) == parser->end)
        return fail(parser, parser->at, "a space too many: none ends the text, and one goes before a zone");
    if (peek(parser) == '-')
        return fail(parser, parser->at,
                    "a range is written with two dots, and in one part: 9..17:00 is each hour");
    if (isalpha((unsigned char)peek(parser)))
        return fail(parser, parser->at, "a time has 24 hours, without am or pm, and a space before a zone");
    return fail_here(parser, "a time is hour:minute or hour:minute:second, and only a zone comes after it");
}

/* hour:minute[:second], at the end of the text. */
static int parse_time(struct parser *parser) {
    int r = parse_field(parser, HOUR);
    if (r >= 0 && !take(parser, ':'))
        return fail_here(parser, "a date is month-day, a time is hour:minute");
    if (r >= 0)
        r = parse_field(parser, MINUTE);
    if (r >= 0)
        r = take(parser, ':') ? parse_field(parser, SECOND) : add_value(parser->calendar, SECOND, 0);
    if (r >= 0 && parser->at < parser->end)
        return fail_after_time(parser);
    return r;
}

/* "@" and seconds since 1970, UTC: the date and time they mean. */
static int parse_epoch(struct parser *parser) {
    struct calendar *calendar = parser->calendar;
    const char *start = ++parser->at;
    int64_t seconds = 0, end = (int64_t)END_DAY * SECONDS_PER_DAY;
    struct civil civil;
    for (; isdigit((unsigned char)peek(parser)) && seconds < end; parser->at++)
        seconds = seconds * 10 + (*parser->at - '0');
    if (parser->at == start)
        return fail_here(parser, "whole seconds since 1970 are expected after \"@\"");
    if (seconds >= end)
        return fail(parser, start, "this is later than the year %d", LAST_YEAR);
    if (parser->at < parser->end)
        return fail_here(parser, "whole seconds since 1970 stand alone");

    if (calendar->zone && !streq(calendar->zone, "UTC"))
        return fail(parser, parser->end + 1,
                    "seconds since 1970 are counted in UTC: no other zone may follow");
    if (!calendar->zone)
        calendar->zone = strdup("UTC");
    if (!calendar->zone)
        return -ENOMEM;
    zone_to_civil(zone_utc(), (usec_t)seconds * USEC_PER_SEC, &civil, NULL, NULL);
    const int32_t values[FIELDS] = {civil.year, civil.month,  civil.day,
                                    civil.hour, civil.minute, civil.second * SECOND_UNIT};
    int r = 0;
    for (int which = 0; which < FIELDS && r >= 0; which++)
        r = add_value(calendar, which, values[which]);
    return r;
}

/* "Fri..Mon" is a common wish: tells the list that says it. */
static int fail_weekdays_backwards(struct parser *parser, const char *where, int first, int last) {
    char list[7 * 4 + 1] = "";
    size_t used = 0;
    for (int day = first;; day = (day + 1) % 7) {
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%.3s", used ? "," : "", weekday_names[day]);
        if (day == last)
            break;
    }
    return fail(parser, where, "a range of weekdays can't go past Sunday; write %s", list);
}

static int fail_unknown_word(struct parser *parser) {
    char word[WORD_SIZE];
    return fail(
        parser, parser->at,
        "\"%s\" is neither a weekday like Mon or Monday nor minutely, hourly, daily, weekly, monthly, "
        "quarterly, semiannually, yearly",
        quoted(parser, parser->at, word));
}

static int parse_weekday(struct parser *parser, int *ret) {
    const char *end = word_end(parser, parser->at);
    int weekday = find_weekday(parser->at, end);
    if (find_shorthand(parser->at, end))
        return fail(parser, end, "this word stands alone: only a zone may follow it, after one space");
    if (weekday == NOTHING && end > parser->at)
        return fail_unknown_word(parser);
    if (weekday == NOTHING)
        return fail_here(parser, "a weekday like Mon or Monday is expected");
    parser->at = end;
    *ret = weekday;
    return 0;
}

/* Days and ranges, with commas; one more comma may end them. "Mon-Fri" is the older way to write "Mon..Fri".
 */
static int parse_weekdays(struct parser *parser) {
    uint8_t weekdays = 0;
    do {
        const char *start = parser->at;
        int first, last;
        int r = parse_weekday(parser, &first);
        if (r < 0)
            return r;
        last = first;
        bool is_range = sees_dots(parser) || peek(parser) == '-';
        if (is_range) {
            parser->at += *parser->at == '-' ? 1 : 2;
            r = parse_weekday(parser, &last);
            if (r < 0)
                return r;
        }
        if (last < first)
            return fail_weekdays_backwards(parser, start, first, last);
        for (int day = first; day <= last; day++)
            weekdays |= (uint8_t)(1 << day);
    } while (take(parser, ',') && peek(parser) && peek(parser) != ' ');

    if (parser->at < parser->end && *parser->at != ' ')
        return fail_here(parser,
                         "weekdays are joined by commas, ranges are like Mon..Fri, and a space follows");
    skip_spaces(parser);
    if (isalpha((unsigned char)peek(parser)))
        return fail(parser, parser->at, "weekdays are joined by commas without spaces, like Mon,Tue");
    parser->calendar->weekdays = weekdays;
    return 0;
}

/* [weekdays] [date] [time], or [weekdays] @seconds. */
static int parse_days_and_time(struct parser *parser, bool days_only) {
    int r = 0;
    if (parser->at == parser->end)
        return fail(parser, parser->at, "the text is empty; \"Mon..Fri 09:00\" would be an expression");
    if (isalpha((unsigned char)peek(parser)))
        r = parse_weekdays(parser);
    if (r >= 0 && peek(parser) == '@' && !days_only)
        return parse_epoch(parser);
    if (r >= 0 && (first_mark(parser) == '-' || first_mark(parser) == '~'))
        r = parse_date(parser);
    if (r < 0)
        return r;
    if (parser->at == parser->end)
        return add_midnight(parser->calendar);
    if (days_only)
        return fail_here(parser, "only days are said here, such as Mon..Fri or *-*-1");
    if (!first_mark(parser))
        return fail_here(parser, "a date is month-day, a time is hour:minute");
    return parse_time(parser);
}

/* A name like "UTC", "CEST" or "Etc/GMT+3". */
static bool looks_like_zone(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
    size_t size = strlen(name);
    return isalpha((unsigned char)name[0]) && size < 256 && strspn(name, allowed) == size &&
           name[size - 1] != '/';
}

/* Cuts a zone off the end, with the one space before it. */
static int parse_zone(struct parser *parser) {
    const char *space = strrchr(parser->at, ' ');
    const char *name = space ? space + 1 : NULL;
    if (!name || space == parser->at || !looks_like_zone(name))
        return 0;
    if (find_weekday(name, parser->end) != NOTHING)
        return fail(parser, name, "weekdays come first, joined by commas without spaces, like Mon,Tue 09:00");
    if (find_shorthand(name, parser->end))
        return fail(parser, name, "this word stands alone: only a zone may follow it");
    if (is_word(name, parser->end, "am") || is_word(name, parser->end, "pm"))
        return fail(parser, name, "a time has 24 hours, without am or pm");
    parser->calendar->zone = strdup(is_word(name, parser->end, "UTC") ? "UTC" : name);
    if (!parser->calendar->zone)
        return -ENOMEM;
    parser->end = space;
    return 0;
}

static int parse_expression(struct parser *parser, bool days_only) {
    if (peek(parser) == ' ')
        return fail(parser, parser->at, "a space doesn't belong before the expression");
    int r = days_only ? 0 : parse_zone(parser);
    if (r < 0)
        return r;
    const char *meaning = find_shorthand(parser->at, parser->end);
    if (!meaning)
        return parse_days_and_time(parser, days_only);
    if (days_only && !is_word(parser->at, parser->end, "daily") &&
        !is_word(parser->at, parser->end, "weekly"))
        return fail(parser, parser->at, "only days are said here: of these words, daily and weekly");
    parser->text = parser->at = meaning;
    parser->end = meaning + strlen(meaning);
    return parse_days_and_time(parser, false);
}

static int parse(const char *text, bool days_only, struct calendar **ret, struct calendar_error *ret_error) {
    struct calendar_error error = {0, ""};
    _cleanup_(calendar_freep) struct calendar *calendar = calloc(1, sizeof *calendar);
    if (!calendar)
        return -ENOMEM;
    calendar->weekdays = EVERY_WEEKDAY;
    struct parser parser = {text, text, text + strlen(text), calendar, &error};
    int r = parse_expression(&parser, days_only);
    if (r == -EINVAL && ret_error)
        *ret_error = error;
    if (r < 0)
        return r;
    calendar_compile(calendar);
    *ret = TAKE_PTR(calendar);
    return 0;
}

int calendar_parse(const char *text, struct calendar **ret, struct calendar_error *ret_error) {
    return parse(text, false, ret, ret_error);
}

int calendar_parse_days(const char *text, struct calendar **ret, struct calendar_error *ret_error) {
    return parse(text, true, ret, ret_error);
}

/* H:MM[:SS] with an hour below 24, at the beginning of `at`: its length, or 0. */
static size_t clock_length(const char *at) {
    static const char *const shapes[] = {"dd:dd:dd", "d:dd:dd", "dd:dd", "d:dd"};
    for (size_t i = 0; i < ELEMENTSOF(shapes); i++) {
        size_t n = 0;
        while (shapes[i][n] && (shapes[i][n] == ':' ? at[n] == ':' : isdigit((unsigned char)at[n])))
            n++;
        if (!shapes[i][n] && (at[n] == 0 || at[n] == ' ' || at[n] == ',') && atoi(at) < 24)
            return n;
    }
    return 0;
}

bool calendar_looks_like_clock_list(const char *text) {
    for (const char *at = text; *at; at++) {
        size_t size = clock_length(at);
        if ((at > text && at[-1] != ' ') || size == 0 || at[size] != ',')
            continue;
        const char *next = at + size + 1;
        if (clock_length(next + strspn(next, " ")) > 0)
            return true;
    }
    return false;
}
/* --- Writing ---------------------------------------------------------------------------------- */

static void write_number(FILE *file, int which, int32_t value, int width) {
    if (which != SECOND)
        fprintf(file, "%0*d", width, value);
    else if (value % SECOND_UNIT == 0)
        fprintf(file, "%0*d", width, value / SECOND_UNIT);
    else
        fprintf(file, "%0*d.%06d", width, value / SECOND_UNIT, value % SECOND_UNIT);
}

static void write_field(FILE *file, const struct calendar *calendar, int which) {
    const struct field *field = &calendar->fields[which];
    const int32_t unit = which == SECOND ? SECOND_UNIT : 1;
    if (field->n == 0)
        fputc('*', file);
    for (size_t i = 0; i < field->n; i++) {
        const struct part *part = &field->parts[i];
        if (i > 0)
            fputc(',', file);
        write_number(file, which, part->start, 2);
        if (part->stop != NOTHING) {
            fputs("..", file);
            write_number(file, which, part->stop, 2);
        }
        if (part->step > 0 && (part->stop == NOTHING || part->step != unit)) {
            fputc('/', file);
            write_number(file, which, part->step, 1);
        }
    }
}

/* Runs of three days and more become ranges. */
static void write_weekdays(FILE *file, uint8_t weekdays) {
    const char *divider = "";
    for (int day = 0; day < 7; day++) {
        if (!(weekdays >> day & 1))
            continue;
        int last = day;
        while (last < 6 && weekdays >> (last + 1) & 1)
            last++;
        fprintf(file, "%s%.3s", divider, weekday_names[day]);
        if (last > day)
            fprintf(file, "%s%.3s", last > day + 1 ? ".." : ",", weekday_names[last]);
        divider = ",";
        day = last;
    }
    fputc(' ', file);
}

int calendar_format(const struct calendar *calendar, char **ret) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return -ENOMEM;
    if (calendar->weekdays != EVERY_WEEKDAY)
        write_weekdays(file, calendar->weekdays);
    for (int which = 0; which < FIELDS; which++) {
        write_field(file, calendar, which);
        if (which < SECOND)
            fputc(which == MONTH && calendar->from_end ? '~' : "-- ::"[which], file);
    }
    if (calendar->zone)
        fprintf(file, " %s", calendar->zone);
    bool failed = ferror(file);
    if (fclose(file) != 0 || failed || !text) { /* no text: that is all that tells of a lack of memory */
        free(text);
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}
