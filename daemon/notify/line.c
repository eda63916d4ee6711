/* Editing is at the end only, as in a terminal's own lines. The last column of a row stays free: terminals
 * differ in where the cursor is when it is full. */
#include "daemon/notify/line.h"

#include <stdio.h>

#include "daemon/notify/text.h"

#define PROMPT    "  > "
#define CONTINUED "    "      /* as wide as PROMPT */
#define MORE      "  \u2026 " /* instead of PROMPT, where its beginning is not shown */
#define ROOM_MIN  2           /* columns of a row for its text: one wide character */

#define CTRL(letter) ((letter)&0x1f)

/* --- Keys ------------------------------------------------------------------------------------- */

/* The last character goes, with the marks that stand above or below it. */
static void take_back(struct line *line) {
    size_t last = 0, columns;
    for (size_t at = 0, size; (size = text_next(line->text + at, &columns)) > 0; at += size)
        if (columns > 0)
            last = at;
    line->cut = false;
    line->size = last;
    line->text[last] = '\0';
}

static bool ends_with_space(const struct line *line) {
    return line->size > 0 && line->text[line->size - 1] == ' ';
}

static void take_back_word(struct line *line) {
    while (ends_with_space(line))
        line->size--;
    while (line->size > 0 && !ends_with_space(line))
        line->size--;
    line->cut = false;
    line->text[line->size] = '\0';
}

static void add(struct line *line, const char *bytes, size_t size) {
    if (line->cut || line->size + size > CARD_LINE_MAX) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->size, bytes, size);
    line->size += size;
    line->text[line->size] = '\0';
}

/* How many bytes a character has that begins so; 0: none does. */
static size_t promised_size(unsigned char first) {
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

static void take_text(struct line *line, char byte) {
    line->pending[line->n_pending++] = byte;
    size_t promised = promised_size((unsigned char)line->pending[0]), columns;
    if (line->n_pending < promised)
        return;
    char character[sizeof line->pending + 1] = "";
    memcpy(character, line->pending, line->n_pending);
    if (promised == 0 || text_next(character, &columns) != line->n_pending)
        line->wrong = true;
    else if (!text_is_control(character))
        add(line, character, line->n_pending);
    line->n_pending = 0;
}

/* ESC [ ... up to a letter or "~", ESC O and one more, or ESC and one more. true: the byte belongs to it. */
static bool take_escape(struct line *line, char byte) {
    switch (line->escape) {
    case ESCAPE_NONE:
        line->escape = byte == '\033' ? ESCAPE_BEGUN : ESCAPE_NONE;
        return byte == '\033';
    case ESCAPE_BEGUN:
        line->escape = byte == '[' ? ESCAPE_SEQUENCE : byte == 'O' ? ESCAPE_ONE_MORE : ESCAPE_NONE;
        return true;
    case ESCAPE_SEQUENCE:
        line->escape = byte >= '@' && byte <= '~' ? ESCAPE_NONE : ESCAPE_SEQUENCE;
        return true;
    default:
        line->escape = ESCAPE_NONE;
        return true;
    }
}

static enum line_state finish(struct line *line) {
    line->wrong |= line->n_pending > 0;
    line->n_pending = 0;
    return LINE_FINISHED;
}

enum line_state line_take(struct line *line, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        char byte = bytes[i];
        if (take_escape(line, byte))
            continue;
        if ((byte == '\n' || byte == '\r') && i + 1 == size)
            return finish(line);
        if (byte == CTRL('D') && i + 1 == size)
            return line->size > 0 ? finish(line) : LINE_LEFT;
        if (byte == 0x7f || byte == '\b')
            take_back(line);
        else if (byte == CTRL('W'))
            take_back_word(line);
        else if (byte == CTRL('U'))
            *line = (struct line){0};
        else if (byte == '\n' || byte == '\r' || byte == '\t')
            add(line, " ", 1);
        else if ((unsigned char)byte >= ' ')
            take_text(line, byte);
    }
    return LINE_OPEN;
}

/* --- How it looks ----------------------------------------------------------------------------- */

/* The bytes of the next row of `room` columns, at least one character. */
static size_t row_size(const char *text, size_t room) {
    size_t end = 0, used = 0, columns;
    for (size_t size; (size = text_next(text + end, &columns)) > 0; end += size) {
        if (end > 0 && used + columns > room)
            break;
        used += columns;
    }
    return end;
}

int line_compose(const struct line *line, size_t columns, size_t rows, char **ret) {
    size_t used = strlen(PROMPT) + 1;
    size_t room = columns == 0 ? SIZE_MAX : columns >= used + ROOM_MIN ? columns - used : ROOM_MIN;
    size_t n_rows = 0, skipped = 0;
    for (size_t at = 0; n_rows == 0 || line->text[at]; at += row_size(line->text + at, room))
        n_rows++;
    const char *text = line->text;
    for (; rows > 0 && n_rows - skipped > rows; skipped++)
        text += row_size(text, room);

    char *shown = NULL;
    size_t size;
    FILE *out = open_memstream(&shown, &size);
    if (!out)
        return -ENOMEM;
    fputs(skipped > 0 ? MORE : PROMPT, out);
    for (size_t row; *text; text += row) {
        row = row_size(text, room);
        fwrite(text, 1, row, out);
        fputs(text[row] ? "\n" CONTINUED : "", out);
    }
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(shown);
        return -ENOMEM;
    }
    *ret = shown;
    return 0;
}
