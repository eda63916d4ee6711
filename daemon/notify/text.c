/* Everything here walks a text character by character with decode(), which knows all of UTF-8 (RFC 3629) and
 * stops at the first byte that is none. There is no hyphenation and no shaping: a character is as wide as
 * wcwidth(3) says. */
#include "daemon/notify/text.h"

#include <wchar.h>

#include "daemon/core/letters.h"

/* Narrower than this past its indent, a line has no indent. */
#define ROOM_MIN 16

/* The bytes of the character that begins here, and its code; 0 at the end and where it is not UTF-8. */
static size_t decode(const char *text, uint32_t *ret_code) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    if (bytes[0] < 0x80) {
        *ret_code = bytes[0];
        return bytes[0] ? 1 : 0;
    }
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4)
        return 0;
    size_t size = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    uint32_t code = bytes[0] & (0x7FU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3FU);
    }
    if (code < smallest[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ||
        letter_is_none(code))
        return 0;
    *ret_code = code;
    return size;
}

bool text_is_utf8(const char *text) {
    uint32_t code;
    size_t size;
    while ((size = decode(text, &code)) > 0)
        text += size;
    return *text == '\0';
}

static bool is_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool text_is_control(const char *character) {
    uint32_t code;
    return decode(character, &code) > 0 && is_control(code);
}

int text_clean(const char *text, char **ret) {
    char *clean = malloc(strlen(text) + 1);
    if (!clean)
        return -ENOMEM;
    char *end = clean;
    uint32_t code;
    for (size_t size; (size = decode(text, &code)) > 0; text += size)
        if (code == '\t')
            *end++ = ' ';
        else if (code == '\n' || !is_control(code))
            end = mempcpy(end, text, size);
    *end = '\0';
    *ret = clean;
    return 0;
}

static const char *entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

int text_escape_markup(const char *text, char **ret) {
    size_t size = 1;
    for (const char *c = text; *c; c++)
        size += entity(*c) ? strlen(entity(*c)) : 1;
    char *escaped = malloc(size);
    if (!escaped)
        return -ENOMEM;
    char *end = escaped;
    for (const char *c = text; *c; c++)
        if (entity(*c))
            end = stpcpy(end, entity(*c));
        else
            *end++ = *c;
    *end = '\0';
    *ret = escaped;
    return 0;
}

size_t text_cut(const char *text, size_t size) {
    size_t end = 0, step;
    uint32_t code;
    while ((step = decode(text + end, &code)) > 0 && end + step <= size)
        end += step;
    return end;
}

int text_line(const char *text, size_t size, char **ret) {
    _cleanup_free_ char *clean = NULL;
    if (!text_is_utf8(text))
        return -EINVAL;
    int r = text_clean(text, &clean);
    if (r < 0)
        return r;
    for (char *c = clean; (c = strchr(c, '\n'));)
        *c = ' ';
    const char *start = clean + strspn(clean, " ");
    size_t length = text_cut(start, size);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    if (length == 0)
        return -EINVAL;
    char *line = strndup(start, length);
    if (!line)
        return -ENOMEM;
    *ret = line;
    return 0;
}

static size_t code_columns(uint32_t code) {
    int columns = wcwidth((wchar_t)code);
    return columns >= 0 ? (size_t)columns : code >= 0x80 ? 1 : 0;
}

size_t text_next(const char *text, size_t *ret_columns) {
    uint32_t code;
    size_t size = decode(text, &code);
    *ret_columns = size > 0 ? code_columns(code) : 0;
    return size;
}

size_t text_columns(const char *text, size_t size) {
    size_t columns = 0, step;
    uint32_t code;
    for (size_t at = 0; at < size && (step = decode(text + at, &code)) > 0; at += step)
        columns += code_columns(code);
    return columns;
}

/* The bytes up to the next place where a line may break: a space, a newline, or either side of a wide
 * character. */
static size_t word_size(const char *text) {
    size_t end = 0, step;
    uint32_t code;
    bool wide = false;
    for (; (step = decode(text + end, &code)) > 0 && code != ' ' && code != '\n'; end += step) {
        size_t columns = code_columns(code);
        if (end > 0 && columns > 0 && (wide || columns > 1))
            break;
        wide = wide || columns > 1;
    }
    return end;
}

/* The bytes of a word that fit into `room` columns: at least one character, so that wrapping gets on. */
static size_t fitting_size(const char *word, size_t size, size_t room) {
    size_t end = 0, columns = 0, step;
    uint32_t code;
    while (end < size && (step = decode(word + end, &code)) > 0) {
        columns += code_columns(code);
        if (end > 0 && columns > room)
            break;
        end += step;
    }
    return end;
}

static void put_line_start(FILE *out, const char *text, size_t size, size_t indent) {
    for (size_t i = 0; i < indent; i++)
        fputc(' ', out);
    fwrite(text, 1, size, out);
}

void text_wrap(FILE *out, const char *text, size_t columns, size_t indent) {
    if (columns > 0 && columns < indent + ROOM_MIN)
        indent = 0;
    size_t room = columns > 0 ? columns - indent : SIZE_MAX, used = 0;
    bool started = false; /* something stands on the line */

    while (*text) {
        if (*text == '\n') {
            fputc('\n', out);
            started = false;
            text++;
            continue;
        }
        size_t spaces = strspn(text, " ");
        text += spaces;
        size_t size = word_size(text);
        if (size == 0 && *text != '\0' && *text != '\n')
            break; /* not UTF-8 from here on */
        if (size == 0)
            continue;

        size_t gap = spaces > 0 ? 1 : 0, width = text_columns(text, size);
        if (started && used + gap + width <= room) {
            if (gap)
                fputc(' ', out);
            fwrite(text, 1, size, out);
            used += gap + width;
            text += size;
            continue;
        }
        if (started)
            fputc('\n', out);
        size_t part = fitting_size(text, size, room);
        put_line_start(out, text, part, indent);
        used = text_columns(text, part);
        started = true;
        text += part;
    }
    if (started)
        fputc('\n', out);
}
