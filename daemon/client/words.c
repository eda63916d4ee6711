/* Text is read one character at a time (take_character), so that every way to print it sees the same: what is
 * not UTF-8 and every control character come out as "?". Widths are those of the C library, so that East
 * Asian and combining characters count right in a UTF-8 locale.
 *
 * Lines break at spaces and beside wide characters. Limits: a word wider than a line is not broken; runs of
 * spaces become one. */
#include "daemon/client/words.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "daemon/core/date.h"
#include "daemon/core/letters.h"
#include "daemon/core/translate.h"

#define WIDTH_MAX 80
#define WIDTH_MIN 20

/* The length that a first byte promises, and the bits of the code in it; 0 for none. */
static size_t sequence_length(unsigned char first, uint32_t *ret_bits) {
    if (first < 0x80) {
        *ret_bits = first;
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        *ret_bits = first & 0x1f;
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *ret_bits = first & 0x0f;
        return 3;
    }
    if (first >= 0xf0 && first < 0xf5) {
        *ret_bits = first & 0x07;
        return 4;
    }
    return 0;
}

/* One code point; `size` bytes are there. false: not UTF-8. */
static bool decode(const char *text, size_t size, uint32_t *ret_code, size_t *ret_length) {
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code;
    size_t length = sequence_length((unsigned char)text[0], &code);
    if (length == 0 || length > size)
        return false;
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xc0) != 0x80)
            return false;
        code = code << 6 | (byte & 0x3f);
    }
    if (code < lowest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || letter_is_none(code))
        return false;
    *ret_code = code;
    *ret_length = length;
    return true;
}

static bool is_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The next character, moving `*at` past it; false at the end. */
bool take_character(const char **at, struct character *ret) {
    if (**at == '\0')
        return false;
    struct character c = {.bytes = *at, .size = 1};
    bool valid = decode(*at, strnlen(*at, 4), &c.code, &c.size);
    *at += c.size;
    if (valid && c.code == '\t')
        c = (struct character){.code = ' ', .bytes = " ", .size = 1};
    else if (!valid || (is_control(c.code) && c.code != '\n'))
        c = (struct character){.code = '?', .bytes = "?", .size = 1};
    *ret = c;
    return true;
}

static size_t character_width(const struct character *c) {
    int width = wcwidth((wchar_t)c->code);
    return width < 0 ? 1 : (size_t)width;
}

bool text_is_utf8(const char *text, size_t size) {
    for (size_t at = 0, length; at < size; at += length) {
        uint32_t code;
        if (text[at] == '\0' || !decode(text + at, size - at, &code, &length))
            return false;
    }
    return true;
}

size_t text_width(const char *text) {
    size_t width = 0;
    struct character c;
    while (take_character(&text, &c))
        width += character_width(&c);
    return width;
}

void print_clean(FILE *file, const char *text) {
    struct character c;
    while (take_character(&text, &c))
        if (c.code == '\n')
            fputc(' ', file);
        else
            fwrite(c.bytes, 1, c.size, file);
}

size_t line_width(FILE *file) {
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_MAX;
    return MAX_OF(MIN_OF((size_t)size.ws_col, (size_t)WIDTH_MAX), (size_t)WIDTH_MIN);
}

/* Where a line is being filled. */
struct filling {
    FILE *file;
    size_t column, indent, width;
    bool begun; /* the line has a word already */
};

static void break_line(struct filling *filling) {
    fputc('\n', filling->file);
    filling->column = 0;
    filling->begun = false;
}

/* Prints the word of `size` bytes, after a space or right behind the one before, on a new line when it
 * doesn't fit on this one. */
static void put_word(struct filling *filling, const char *word, size_t size, size_t width, bool spaced) {
    if (filling->begun && filling->column + spaced + width > filling->width)
        break_line(filling);
    if (filling->begun) {
        fputs(spaced ? " " : "", filling->file);
        filling->column += spaced;
    } else if (filling->column < filling->indent) {
        fprintf(filling->file, "%*s", (int)(filling->indent - filling->column), "");
        filling->column = filling->indent;
    }
    for (const char *end = word + size; word < end;) {
        struct character c;
        if (!take_character(&word, &c))
            break;
        fwrite(c.bytes, 1, c.size, filling->file);
    }
    filling->column += width;
    filling->begun = true;
}

/* Whether a line may end between two characters without a space: where one is wide, as in Chinese, unless
 * the line would begin with what closes or end with what opens. */
static bool may_part(const struct character *before, const struct character *after) {
    static const wchar_t closing[] = L".,;:?!)]}，。；：？！、）》〉】』」”’…",
                         opening[] = L"([{（《〈【『「“‘";
    return (character_width(before) > 1 || character_width(after) > 1) &&
           !wcschr(opening, (wchar_t)before->code) && !wcschr(closing, (wchar_t)after->code);
}

void print_text(FILE *file, size_t column, size_t indent, const char *text) {
    struct filling filling = {.file = file, .column = column, .indent = indent, .width = line_width(file)};
    const char *word = text, *at = text;
    size_t width = 0;
    bool spaced = true;
    struct character last = {.code = ' '};
    for (;;) {
        const char *before = at;
        struct character c;
        bool more = take_character(&at, &c), in_word = more && c.code != ' ' && c.code != '\n';
        bool parts = in_word && before > word && may_part(&last, &c);
        if (!parts && in_word) {
            width += character_width(&c);
            last = c;
            continue;
        }
        if (before > word)
            put_word(&filling, word, (size_t)(before - word), width, spaced);
        if (!more)
            break;
        if (c.code == '\n')
            break_line(&filling);
        spaced = !parts;
        word = parts ? before : at;
        width = parts ? character_width(&c) : 0;
        last = c;
    }
    fputc('\n', file);
}

/* What may stand on a line for as long as one more character, the ellipsis, has room after it. */
static void print_beginning(FILE *file, size_t columns, const char *text) {
    const char *at = text, *end = text;
    size_t width = 0;
    struct character c, last = {.code = ' '};
    for (const char *before = at; take_character(&at, &c) && width < columns; before = at) {
        bool space = c.code == ' ' || c.code == '\n';
        if (space ? last.code != ' ' && last.code != '\n' : before > text && may_part(&last, &c))
            end = before;
        width += character_width(&c);
        last = c;
    }
    _cleanup_free_ char *beginning = strndup(text, (size_t)(end - text));
    print_clean(file, beginning ? beginning : "");
    fputs("…", file);
}

void print_short(FILE *file, size_t column, const char *text) {
    size_t width = line_width(file), columns = width > column ? width - column : 1;
    if (text_width(text) <= columns)
        print_clean(file, text);
    else
        print_beginning(file, columns, text);
    fputc('\n', file);
}

/* --- Times ------------------------------------------------------------------------------------ */

static const char *const weekdays[] = {N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
                                       N_("Friday"), N_("Saturday"), N_("Sunday")};

/* Where there is little room. */
static const char *const short_weekdays[] = {
    NC_("short", "Mon"), NC_("short", "Tue"), NC_("short", "Wed"), NC_("short", "Thu"),
    NC_("short", "Fri"), NC_("short", "Sat"), NC_("short", "Sun"),
};
static const char *const short_months[] = {
    NC_("short", "Jan"), NC_("short", "Feb"), NC_("short", "Mar"), NC_("short", "Apr"),
    NC_("short", "May"), NC_("short", "Jun"), NC_("short", "Jul"), NC_("short", "Aug"),
    NC_("short", "Sep"), NC_("short", "Oct"), NC_("short", "Nov"), NC_("short", "Dec"),
};

const char *time_words(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                       char buffer[TIME_WORDS_SIZE]) {
    struct civil time, now;
    zone_to_civil(zone, time_usec, &time, NULL, NULL);
    zone_to_civil(zone, now_usec, &now, NULL, NULL);
    int32_t day = zone_local_day(zone, time_usec), distance = day - zone_local_day(zone, now_usec);
    const char *near = distance == 0    ? _("today")
                       : distance == 1  ? _("tomorrow")
                       : distance == -1 ? _("yesterday")
                                        : NULL;
    char date[40] = "";
    if (!near) {
        const char *weekday = translate_in_context(short_weekdays[weekday_of_days(day)]),
                   *month = translate_in_context(short_months[time.month - 1]);
        if (time.year == now.year) /* For: Mon 30 Nov */
            snprintf(date, sizeof date, _("%1$s %2$d %3$s"), weekday, time.day, month);
        else /* For: Mon 30 Nov 2026 */
            snprintf(date, sizeof date, _("%1$s %2$d %3$s %4$d"), weekday, time.day, month, (int)time.year);
    }
    snprintf(buffer, TIME_WORDS_SIZE, "%s %02d:%02d", near ? near : date, time.hour, time.minute);
    return buffer;
}

bool is_same_day(usec_t a_usec, usec_t b_usec, const struct zone *zone) {
    return zone_local_day(zone, a_usec) == zone_local_day(zone, b_usec);
}

const char *time_words_brief(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                             char buffer[TIME_WORDS_SIZE]) {
    if (!is_same_day(time_usec, now_usec, zone))
        return time_words(time_usec, now_usec, zone, buffer);
    struct civil time;
    zone_to_civil(zone, time_usec, &time, NULL, NULL);
    snprintf(buffer, TIME_WORDS_SIZE, "%02d:%02d", time.hour, time.minute);
    return buffer;
}

const char *day_words(int32_t day, char buffer[DAY_WORDS_SIZE]) {
    int32_t year;
    int month, day_of_month;
    civil_from_days(day, &year, &month, &day_of_month);
    /* For: Monday 30 November 2026, a heading */
    snprintf(buffer, DAY_WORDS_SIZE, translate_in_context(NC_("heading", "%1$s %2$d %3$s %4$d")),
             _(weekdays[weekday_of_days(day)]), day_of_month, month_name(month), (int)year);
    return buffer;
}

const char *size_words(uint64_t bytes, char buffer[SIZE_WORDS_SIZE]) {
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    if (bytes < 1000) {
        snprintf(buffer, SIZE_WORDS_SIZE, TRANSLATE_COUNT("%u byte", "%u bytes", bytes), (unsigned)bytes);
        return buffer;
    }
    double size = (double)bytes / 1000;
    size_t unit = 0;
    for (; size >= 999.5 && unit + 1 < ELEMENTSOF(units); unit++)
        size /= 1000;
    snprintf(buffer, SIZE_WORDS_SIZE, size < 9.95 ? "%.1f %s" : "%.0f %s", size, units[unit]);
    return buffer;
}

const char *entries_words(uint64_t entries, uint64_t lines, char buffer[ENTRIES_WORDS_SIZE]) {
    int n = snprintf(buffer, ENTRIES_WORDS_SIZE, TRANSLATE_COUNT("%llu entry", "%llu entries", entries),
                     (unsigned long long)entries);
    if (n > 0 && n < ENTRIES_WORDS_SIZE)
        snprintf(buffer + n, ENTRIES_WORDS_SIZE - (size_t)n,
                 TRANSLATE_COUNT(", %llu line of your own", ", %llu lines of your own", lines),
                 (unsigned long long)lines);
    return buffer;
}

const char *full_date_words(int32_t day, char buffer[FULL_DATE_WORDS_SIZE]) {
    int32_t year;
    int month, day_of_month;
    civil_from_days(day, &year, &month, &day_of_month);
    /* For: 30 November 2026 */
    snprintf(buffer, FULL_DATE_WORDS_SIZE, _("%1$d %2$s %3$d"), day_of_month, month_name(month), (int)year);
    return buffer;
}

const char *month_words(int32_t year, int month, char buffer[MONTH_WORDS_SIZE]) {
    /* For: November 2026, a heading */
    snprintf(buffer, MONTH_WORDS_SIZE, translate_in_context(NC_("heading", "%1$s %2$d")), month_name(month),
             (int)year);
    return buffer;
}
