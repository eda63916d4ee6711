/* What a person types is matched generously: a number, an id, a label, or the beginning of one. */
#include "daemon/client/ask.h"

#include <strings.h>

bool ask_has(const char *ids, const char *id) {
    size_t length = strlen(id);
    for (size_t n; *ids; ids += n + (ids[n] == ' ')) {
        n = strcspn(ids, " ");
        if (n == length && strncmp(ids, id, n) == 0)
            return true;
    }
    return false;
}

static bool is_word(const char *word, size_t size, const char *other) {
    return strlen(other) == size && strncasecmp(word, other, size) == 0;
}

/* From 1; 0: it is no number, or that of no option. */
static size_t match_number(const struct ask *ask, const char *word, size_t size) {
    size_t number = 0;
    for (size_t i = 0; i < size; i++) {
        if (word[i] < '0' || word[i] > '9' || number > ask->n_options)
            return 0;
        number = number * 10 + (size_t)(word[i] - '0');
    }
    return number <= ask->n_options ? number : 0;
}

/* The option that a word names; n_options: none. A beginning is enough where nothing else begins so. */
static size_t match_word(const struct ask *ask, const char *word, size_t size) {
    size_t found = ask->n_options, n_found = 0, number = match_number(ask, word, size);
    if (number > 0)
        return number - 1;
    for (size_t i = 0; i < ask->n_options && size > 0; i++) {
        if (is_word(word, size, ask->options[i]) || is_word(word, size, ask->labels[i]))
            return i;
        if (strncasecmp(word, ask->labels[i], size) == 0 || strncasecmp(word, ask->options[i], size) == 0) {
            found = i;
            n_found++;
        }
    }
    return n_found == 1 ? found : ask->n_options;
}

static bool take_word(const struct ask *ask, const char *word, size_t size, bool chosen[ASK_OPTIONS_MAX]) {
    while (size > 0 && word[size - 1] == ' ')
        size--;
    size_t i = match_word(ask, word, size);
    if (i == ask->n_options)
        return false;
    chosen[i] = true;
    return true;
}

/* A label may have a space in it, so commas come first, if there are any. */
int ask_match(const struct ask *ask, const char *answer, char **ret_ids) {
    bool chosen[ASK_OPTIONS_MAX] = {false};
    const char *between = strchr(answer, ',') ? "," : " \t";
    bool whole = take_word(ask, answer, strlen(answer), chosen);
    for (const char *at = answer; !whole && *(at += strspn(at, ", \t"));) {
        size_t size = strcspn(at, between);
        if (!take_word(ask, at, size, chosen))
            return -EINVAL;
        at += size;
    }
    size_t size = 1;
    for (size_t i = 0; i < ask->n_options; i++)
        size += chosen[i] ? strlen(ask->options[i]) + 1 : 0;
    char *ids = malloc(size), *end = ids;
    if (!ids)
        return -ENOMEM;
    *end = '\0';
    for (size_t i = 0; i < ask->n_options; i++)
        if (chosen[i])
            end = stpcpy(stpcpy(end, end > ids ? " " : ""), ask->options[i]);
    *ret_ids = ids;
    return 0;
}
