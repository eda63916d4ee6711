/* One pass over the text with libconfig's own tokens: comments, strings, words, numbers, punctuation. Refused
 * is what libconfig would take wrongly, and what it would refuse with nothing but "syntax error" although
 * more can be said; all other mistakes of syntax are left to it. */
#include "daemon/store/guard.h"

#include "daemon/core/letters.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

struct bracket {
    char opened;
    unsigned line;
    unsigned keys; /* assignments directly in it */
};

struct scan {
    const char *at, *end;
    unsigned line;
    struct bracket open[GUARD_DEPTH_MAX + 1]; /* the first is the file itself */
    size_t depth;
    unsigned items;
    char before; /* the token before: a punctuation, '"' for a string, 'a' for anything else */
    struct guard_lines lines;
    struct guard_finding *finding;
};

__attribute__((format(printf, 3, 4))) static int refuse(struct scan *scan, unsigned line, const char *format,
                                                        ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(scan->finding->message, sizeof scan->finding->message, format, arguments);
    va_end(arguments);
    scan->finding->line = line;
    return -EBADMSG;
}

size_t utf8_sequence(const char *text) {
    const char *at = text;
    uint32_t letter = letter_next(&at);
    size_t length = (size_t)(at - text);
    if (length == 0)
        return 1; /* a NUL */
    return letter_is_none(letter) || (letter == LETTER_UNKNOWN && length == 1) ? 0 : length;
}

bool text_is_plain(const char *text) {
    while (*text) {
        const unsigned char *byte = (const unsigned char *)text;
        size_t length = utf8_sequence(text);
        if (length == 0 || byte[0] < ' ' || byte[0] == 0x7f || (byte[0] == 0xc2 && byte[1] < 0xa0))
            return false;
        text += length;
    }
    return true;
}

static int check_characters(struct scan *scan) {
    unsigned line = 1;
    for (const char *at = scan->at; at < scan->end;) {
        if (*at == '\0')
            return refuse(scan, line, "there is a NUL byte; a text file has none");
        size_t length = utf8_sequence(at);
        if (length == 0)
            return refuse(scan, line, "this line isn't valid UTF-8; save the file as UTF-8");
        line += *at == '\n';
        at += length;
    }
    return 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

static bool is_number(char c) {
    return is_word(c) || c == '.' || c == '+';
}

static void skip_line(struct scan *scan) {
    while (scan->at < scan->end && *scan->at != '\n')
        scan->at++;
}

static int skip_comment(struct scan *scan) {
    unsigned start = scan->line;
    for (scan->at += 2; scan->at < scan->end; scan->at++) {
        if (scan->at[0] == '*' && scan->at[1] == '/') {
            scan->at += 2;
            return 0;
        }
        scan->line += *scan->at == '\n';
    }
    return refuse(scan, start, "this comment isn't closed; it ends with */");
}

static int note_string(struct scan *scan) {
    if (scan->before == '"')
        return 0;
    int r = array_reserve(&scan->lines.items, &scan->lines.capacity, scan->lines.n + 1,
                          sizeof *scan->lines.items);
    if (r < 0)
        return r;
    scan->lines.items[scan->lines.n++] = scan->line;
    return 0;
}

/* libconfig loses the memory of a string that it doesn't expect. */
static bool expects_string(const struct scan *scan) {
    char opened = scan->open[scan->depth].opened;
    return strchr("=:([\"", scan->before) || (scan->before == ',' && (opened == '(' || opened == '['));
}

static int take_string(struct scan *scan) {
    if (!expects_string(scan))
        return refuse(scan, scan->line,
                      "there is no place for a text here; a setting reads: key = \"text\";");
    int r = note_string(scan);
    if (r < 0)
        return r;
    for (scan->at++; scan->at < scan->end && *scan->at != '\n'; scan->at++) {
        if (*scan->at == '"') {
            scan->at++;
            return 0;
        }
        if (*scan->at != '\\')
            continue;
        if (strncasecmp(scan->at, "\\x00", 4) == 0)
            return refuse(scan, scan->line, "\\x00 would end the text; leave it out");
        if (scan->at[1] != '\n')
            scan->at++;
    }
    return refuse(scan, scan->line, "a quote isn't closed; a text ends with \" on the line where it starts");
}

/* An integer is decimal, or 0x and hexadecimal; everything else (a fraction, a typing error) can't wrap. */
static int take_number(struct scan *scan) {
    const char *start = scan->at;
    while (scan->at < scan->end && is_number(*scan->at))
        scan->at++;
    char *end;
    errno = 0;
    bool hexadecimal = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
    long long value = strtoll(start, &end, hexadecimal ? 16 : 10);
    bool wraps = errno == ERANGE || value > INT32_MAX || value < INT32_MIN;
    int length = (int)MIN_OF(scan->at - start, 40);
    if (wraps && *end != '.' && *end != 'e' && *end != 'E')
        return refuse(scan, scan->line, "%.*s is too large; whole numbers go to %d", length, start,
                      INT32_MAX);
    if (end > start && *end == 'L')
        return refuse(scan, scan->line, "%.*s: a number is written without L", length, start);
    return 0;
}

static int open_bracket(struct scan *scan, char bracket) {
    if (scan->depth == GUARD_DEPTH_MAX)
        return refuse(scan, scan->line, "brackets within brackets, more than %d deep", GUARD_DEPTH_MAX);
    scan->open[++scan->depth] = (struct bracket){.opened = bracket, .line = scan->line};
    return 0;
}

static int close_bracket(struct scan *scan, char bracket) {
    char opened = bracket == ')' ? '(' : bracket == ']' ? '[' : '{';
    const struct bracket *open = &scan->open[scan->depth];
    if (scan->depth == 0)
        return refuse(scan, scan->line, "%c closes nothing; there is no %c before it", bracket, opened);
    if (open->opened != opened)
        return refuse(scan, scan->line, "%c doesn't close the %c of line %u", bracket, open->opened,
                      open->line);
    if (scan->before == ',' && bracket != '}')
        return refuse(scan, scan->line, "no comma after the last item, before %c", bracket);
    scan->depth--;
    return 0;
}

static int take_comma(struct scan *scan) {
    if (scan->before == '(' || scan->before == '[')
        return refuse(scan, scan->line, "no comma before the first item, after %c", scan->before);
    if (scan->before == ',')
        return refuse(scan, scan->line, "two commas in a row; one stands between two items");
    return 0;
}

static int take_assignment(struct scan *scan) {
    if (++scan->open[scan->depth].keys > GUARD_KEYS_MAX)
        return refuse(scan, scan->line, "more than %d keys in one group", GUARD_KEYS_MAX);
    return 0;
}

static int take_punctuation(struct scan *scan, char c) {
    scan->at++;
    if (strchr("([{", c))
        return open_bracket(scan, c);
    if (strchr(")]}", c))
        return close_bracket(scan, c);
    if (strchr(",=:", c) && ++scan->items > GUARD_ITEMS_MAX)
        return refuse(scan, scan->line, "more than %d items in one file", GUARD_ITEMS_MAX);
    if (c == ',')
        return take_comma(scan);
    if (c == '=' || c == ':')
        return take_assignment(scan);
    if (c == '@')
        return refuse(scan, scan->line, "@include isn't taken here; one file holds everything");
    return 0;
}

static int take_token(struct scan *scan) {
    char c = *scan->at;
    int r;
    if (c == '"') {
        r = take_string(scan);
        scan->before = '"';
    } else if (is_letter(c)) {
        while (scan->at < scan->end && is_word(*scan->at))
            scan->at++;
        r = 0;
        scan->before = 'a';
    } else if (is_number(c)) {
        r = take_number(scan);
        scan->before = 'a';
    } else {
        r = take_punctuation(scan, c);
        scan->before = c;
    }
    return r;
}

/* Space, comments, or a token. */
static int scan_step(struct scan *scan) {
    const char *at = scan->at;
    if (*at == '\n') {
        scan->line++;
        scan->at++;
    } else if (strchr(" \t\r\f", *at)) {
        scan->at++;
    } else if (*at == '#' || (at[0] == '/' && at[1] == '/')) {
        skip_line(scan);
    } else if (at[0] == '/' && at[1] == '*') {
        return skip_comment(scan);
    } else {
        return take_token(scan);
    }
    return 0;
}

int guard_check(const char *text, size_t size, struct guard_lines *ret_lines,
                struct guard_finding *ret_finding) {
    struct scan scan = {.at = text, .end = text + size, .line = 1, .before = ';', .finding = ret_finding};
    int r = check_characters(&scan);
    while (r == 0 && scan.at < scan.end)
        r = scan_step(&scan);
    if (r == 0 && scan.depth > 0)
        r = refuse(&scan, scan.open[scan.depth].line, "%c isn't closed", scan.open[scan.depth].opened);
    if (r < 0) {
        free(scan.lines.items);
        return r;
    }
    *ret_lines = scan.lines;
    return 0;
}
