/* A list of ready-made lines, bounded, each put at its place among those of its file when it is added. */
#include "daemon/store/mistake.h"

#include "daemon/core/letters.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

/* Words longer than this have no near neighbour among ours. */
#define NEAREST_WORD_MAX 64
#define NEAREST_DISTANCE 3

void mistakes_done(struct mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->n; i++)
        free(mistakes->items[i].text);
    free(mistakes->items);
    *mistakes = (struct mistakes){0};
}

static bool is_of_file(const struct mistake *mistake, const char *file) {
    size_t length = strlen(file);
    return strncmp(mistake->text, file, length) == 0 && mistake->text[length] == ':';
}

static size_t place_for(const struct mistakes *mistakes, const char *file, unsigned line) {
    size_t place = mistakes->n;
    while (place > 0 && mistakes->items[place - 1].line > line &&
           is_of_file(&mistakes->items[place - 1], file))
        place--;
    return place;
}

/* Takes `text` over on success. */
static int insert(struct mistakes *mistakes, size_t place, struct mistake mistake) {
    int r = array_reserve(&mistakes->items, &mistakes->capacity, mistakes->n + 1, sizeof *mistakes->items);
    if (r < 0)
        return r;
    memmove(mistakes->items + place + 1, mistakes->items + place,
            (mistakes->n - place) * sizeof *mistakes->items);
    mistakes->items[place] = mistake;
    mistakes->n++;
    return 0;
}

/* The last line, which says how many more there are, takes the place of its predecessor. */
static int count_untold(struct mistakes *mistakes, enum severity severity) {
    char *text;
    if (asprintf(&text, "... and %zu more", mistakes->n_untold + 1) < 0)
        return -ENOMEM;
    if (mistakes->n_untold == 0) {
        int r = insert(mistakes, mistakes->n, (struct mistake){text, severity, UINT_MAX});
        if (r < 0) {
            free(text);
            return r;
        }
    } else {
        struct mistake *last = &mistakes->items[mistakes->n - 1];
        free(last->text);
        last->text = text;
        last->severity = MIN_OF(last->severity, severity);
    }
    mistakes->n_untold++;
    return 0;
}

int mistakes_add(struct mistakes *mistakes, enum severity severity, const char *file, unsigned line,
                 const char *format, ...) {
    int r;
    if (mistakes->n >= MISTAKES_MAX) {
        r = count_untold(mistakes, severity);
    } else {
        _cleanup_free_ char *message = NULL;
        va_list arguments;
        va_start(arguments, format);
        r = vasprintf(&message, format, arguments);
        va_end(arguments);
        if (r < 0) {
            message = NULL;
            return -ENOMEM;
        }
        _cleanup_free_ char *text = NULL;
        r = line ? asprintf(&text, "%s:%u: %s", file, line, message)
                 : asprintf(&text, "%s: %s", file, message);
        if (r < 0) {
            text = NULL;
            return -ENOMEM;
        }
        size_t place = place_for(mistakes, file, line);
        letters_make_plain(text); /* a path can be any bytes, and what is told may not steer a terminal */
        r = insert(mistakes, place, (struct mistake){text, severity, line});
        if (r == 0)
            text = NULL;
    }
    if (r < 0)
        return r;
    if (severity == MISTAKE_ERROR)
        mistakes->n_errors++;
    return 0;
}

/* Levenshtein distance, one row at a time; both words are at most NEAREST_WORD_MAX bytes. */
static size_t distance(const char *a, const char *b) {
    size_t row[NEAREST_WORD_MAX + 1], length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN_OF(replaced, MIN_OF(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const char *nearest_word(const char *word, const char *const *known, size_t n_known) {
    size_t length = strlen(word), nearest = NEAREST_DISTANCE + 1;
    const char *found = NULL;
    if (length > NEAREST_WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n_known; i++) {
        if (strlen(known[i]) > NEAREST_WORD_MAX)
            continue;
        size_t d = distance(word, known[i]);
        if (d < nearest && 2 * d < length) {
            nearest = d;
            found = known[i];
        }
    }
    return found;
}
