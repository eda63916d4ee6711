/* What is typed on a terminal, key by key, and what is made of a line that comes from a dialog. */
#include "daemon/notify/line.h"
#include "daemon/notify/text.h"
#include "tests/fuzz/fuzz.h"

static void check_line(const struct line *line) {
    holds(line->size <= CARD_LINE_MAX && strlen(line->text) == line->size && text_is_utf8(line->text));
    for (size_t at = 0, columns, n; (n = text_next(line->text + at, &columns)) > 0; at += n)
        holds(!text_is_control(line->text + at));
    char *shown = NULL;
    for (size_t columns = 0; columns < 30; columns += 7) {
        holds(line_compose(line, columns, columns % 5, &shown) >= 0 && text_is_utf8(shown));
        free(shown);
    }
}

static void check_text(const char *text) {
    char *line = NULL, *clean = NULL, *escaped = NULL;
    int r = text_line(text, CARD_LINE_MAX, &line);
    holds(r >= 0 || r == -EINVAL);
    if (r >= 0)
        holds(*line && strlen(line) <= CARD_LINE_MAX && text_is_utf8(line) && !strchr(line, '\n'));
    holds(text_clean(text, &clean) >= 0 && text_escape_markup(clean, &escaped) >= 0);
    holds(strlen(clean) <= strlen(text) && !strpbrk(escaped, "<>\"'"));
    free(line);
    free(clean);
    free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pieces pieces = {data, size};
    struct line *line = calloc(1, sizeof *line); /* apart, so that a sanitizer sees what is written past it */
    holds(line);
    enum line_state state = LINE_OPEN;
    while (pieces.left > 0 && state == LINE_OPEN) {
        size_t n = piece_byte(&pieces) % 16U + 1;
        n = MIN_OF(n, pieces.left);
        state = line_take(line, (const char *)pieces.at, n);
        pieces.at += n;
        pieces.left -= n;
        check_line(line);
    }
    free(line);
    char *text = fuzz_text(data, size);
    check_text(text);
    free(text);
    return 0;
}
