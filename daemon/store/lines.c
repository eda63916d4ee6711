/* The lines are checked and collected first, because the ids have as many digits as their number needs. */
#include "daemon/store/lines.h"

#include "daemon/store/deck.h"
#include "daemon/store/guard.h"

#include <stdio.h>

#define DIGITS_MIN 3 /* "care-001" is not an id of the installed decks */

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

bool lines_name_fits(const char *name) {
    size_t length = strspn(name, NAME_CHARACTERS);
    return length > 0 && length <= LINES_NAME_MAX && name[length] == '\0' && *name != '.';
}

char *lines_name_from(const char *path) {
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    const char *ending = strrchr(from, '.');
    const char *end = ending && ending > from ? ending : from + strlen(from);
    char name[LINES_NAME_MAX + 1];
    size_t n = 0;
    for (; from < end && n < LINES_NAME_MAX; from++) {
        char c = strchr(NAME_CHARACTERS, *from) ? *from : '-';
        if (n > 0 ? c != '-' || name[n - 1] != '-' : c != '-' && c != '.')
            name[n++] = c;
    }
    while (n > 0 && name[n - 1] == '-')
        n--;
    return n > 0 ? strndup(name, n) : NULL;
}

void lines_id(const char *name, size_t index, size_t n, char ret[LINES_ID_SIZE]) {
    int digits = MAX_OF(snprintf(NULL, 0, "%zu", n), DIGITS_MIN);
    snprintf(ret, LINES_ID_SIZE, "%s-%0*zu", name, digits, index + 1);
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct reading {
    const char *source;
    struct mistakes *mistakes;
    char **prompts;
    size_t n, capacity;
};

static void reading_done(struct reading *reading) {
    for (size_t i = 0; i < reading->n; i++)
        free(reading->prompts[i]);
    free(reading->prompts);
}

static bool is_utf8(const char *text) {
    size_t length;
    while (*text && (length = utf8_sequence(text)) > 0)
        text += length;
    return *text == '\0';
}

static int refuse(const struct reading *reading, unsigned line, const char *message) {
    return mistakes_add(reading->mistakes, MISTAKE_ERROR, reading->source, line, "%s", message);
}

/* It ends there. */
static int refuse_more(const struct reading *reading, unsigned line) {
    int r = mistakes_add(reading->mistakes, MISTAKE_ERROR, reading->source, line,
                         "this is prompt %d; a deck is made of at most %d", LINES_PROMPTS_MAX + 1,
                         LINES_PROMPTS_MAX);
    return r < 0 ? r : -EINVAL;
}

static bool is_edge(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one line in, or tells what is wrong with it. */
static int take_line(struct reading *reading, const char *line, size_t size, unsigned number) {
    while (size > 0 && is_edge(line[size - 1]))
        size--;
    for (; size > 0 && is_edge(*line); size--)
        line++;
    if (size == 0 || *line == '#')
        return 0;
    if (size > DECK_TEXT_MAX)
        return mistakes_add(reading->mistakes, MISTAKE_ERROR, reading->source, number,
                            "this line has %zu bytes; a prompt has at most %d, better 140 characters", size,
                            DECK_TEXT_MAX);
    if (reading->n == LINES_PROMPTS_MAX)
        return refuse_more(reading, number);
    _cleanup_free_ char *text = strndup(line, size);
    if (!text)
        return -ENOMEM;
    if (strlen(text) == size && !is_utf8(text))
        return refuse(reading, number, "this line isn't valid UTF-8; save the text as UTF-8");
    if (strlen(text) < size || !text_is_plain(text))
        return refuse(reading, number, "this line has a control character, such as a tab; it is plain text");
    int r = array_reserve(&reading->prompts, &reading->capacity, reading->n + 1, sizeof *reading->prompts);
    if (r < 0)
        return r;
    reading->prompts[reading->n++] = TAKE_PTR(text);
    return 0;
}

static int take_lines(struct reading *reading, const char *text, size_t size) {
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a UTF-8 file with it */
    const char *end = text + size;
    int r = 0;
    if (size >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0)
        text += sizeof mark - 1;
    for (unsigned number = 1; text < end && r == 0; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        r = take_line(reading, text, (size_t)(line_end - text), number);
        text = line_end + 1;
    }
    return r;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A stream in memory would drop what it has no memory for, and not say so. */
struct text {
    char *start;
    size_t size, capacity;
    int error; /* sticks */
};

static void add_bytes(struct text *text, const char *bytes, size_t size) {
    if (text->error >= 0)
        text->error = array_reserve(&text->start, &text->capacity, text->size + size + 1, 1);
    if (text->error < 0)
        return;
    memcpy(text->start + text->size, bytes, size);
    text->size += size;
    text->start[text->size] = 0;
}

static void add_text(struct text *text, const char *more) {
    add_bytes(text, more, strlen(more));
}

static void add_quoted(struct text *text, const char *words) {
    add_text(text, "\"");
    for (; *words; words++) {
        if (*words == '"' || *words == '\\')
            add_text(text, "\\");
        add_bytes(text, words, 1);
    }
    add_text(text, "\"");
}

static void add_head(struct text *text, const struct lines_deck *deck) {
    add_text(text, "# Made by kindly deck import. It is yours now: kindly-decks(5) says what else can stand "
                   "here.\ntheme    = \"");
    add_text(text, theme_id(deck->theme));
    add_text(text, "\";\nlanguage = \"");
    add_text(text, deck->language);
    add_text(text, "\";\n\nprompts = (\n");
}

static int format_deck(const struct lines_deck *deck, const struct reading *reading, char **ret_text) {
    struct text text = {0};
    add_head(&text, deck);
    for (size_t i = 0; i < reading->n; i++) {
        char id[LINES_ID_SIZE];
        lines_id(deck->name, i, reading->n, id);
        add_text(&text, "    { id = \"");
        add_text(&text, id);
        add_text(&text, "\"; depth = 1;\n      text = ");
        add_quoted(&text, reading->prompts[i]);
        add_text(&text, i + 1 < reading->n ? "; },\n" : "; }\n");
    }
    add_text(&text, ");\n");
    if (text.error < 0) {
        free(text.start);
        return text.error;
    }
    *ret_text = text.start;
    return 0;
}

int lines_to_deck(const char *source, const char *text, size_t size, const struct lines_deck *deck,
                  struct mistakes *mistakes, char **ret_text, size_t *ret_n) {
    struct reading reading = {.source = source, .mistakes = mistakes};
    size_t n_errors = mistakes->n_errors;
    int r = take_lines(&reading, text, size);
    if (r == 0 && reading.n == 0 && mistakes->n_errors == n_errors)
        r = refuse(&reading, 0, "there is no prompt in it; each line is one");
    if (r == 0 && mistakes->n_errors > n_errors)
        r = -EINVAL;
    if (r == 0)
        r = format_deck(deck, &reading, ret_text);
    if (r == 0)
        *ret_n = reading.n;
    reading_done(&reading);
    return r;
}
