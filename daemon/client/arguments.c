/* Items are taken from left to right; each take_*() eats the item it understands and, where the option has a
 * value, the one after it. The first mistake is told and ends it. */
#include "daemon/client/arguments.h"

#include <stdio.h>
#include <wchar.h>
#include <wctype.h>

#include "daemon/client/client.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/mistake.h"

#define HELP_COLUMN 26 /* where an option's help begins */

static const struct option help_option = {"help", 'h', OPTION_FLAG, NULL, N_("show this help")};

static size_t count_options(const struct verb *verb) {
    size_t n = 0;
    while (n < OPTIONS_MAX && verb->options[n].name)
        n++;
    return n;
}

void arguments_done(struct arguments *arguments) {
    free(arguments->words);
    for (size_t i = 0; i < OPTIONS_MAX; i++)
        free(arguments->joined[i]);
    *arguments = (struct arguments){};
}

static size_t option_index(const struct verb *verb, const char *name) {
    size_t n = count_options(verb);
    for (size_t i = 0; i < n; i++)
        if (streq(verb->options[i].name, name))
            return i;
    return OPTIONS_MAX;
}

bool option_given(const struct arguments *arguments, const char *name) {
    size_t i = option_index(arguments->verb, name);
    return i < OPTIONS_MAX && arguments->given[i];
}

const char *option_value(const struct arguments *arguments, const char *name) {
    size_t i = option_index(arguments->verb, name);
    return i < OPTIONS_MAX ? arguments->values[i] : NULL;
}

const char *word_at(const struct arguments *arguments, size_t index) {
    return index < arguments->n_words ? arguments->words[index] : NULL;
}

int words_join(const struct arguments *arguments, char **ret) {
    size_t size = 1;
    for (size_t i = 0; i < arguments->n_words; i++)
        size += strlen(arguments->words[i]) + 1;
    char *text = malloc(size), *end = text;
    if (!text)
        return -ENOMEM;
    *text = '\0';
    for (size_t i = 0; i < arguments->n_words; i++) {
        if (i > 0)
            *end++ = ' ';
        end = stpcpy(end, arguments->words[i]);
    }
    *ret = text;
    return 0;
}

/* --- Parsing ---------------------------------------------------------------------------------- */

static int refuse_option(const struct verb *verb, const char *name, size_t length) {
    const char *known[OPTIONS_MAX + 1];
    size_t n = count_options(verb);
    for (size_t i = 0; i < n; i++)
        known[i] = verb->options[i].name;
    known[n] = help_option.name;
    _cleanup_free_ char *word = strndup(name, length);
    if (!word)
        return -ENOMEM;
    const char *near = nearest_word(word, known, n + 1);
    if (near)
        complain(_("%s has no option --%s; did you mean --%s?"), verb->name, word, near);
    else
        complain(_("%s has no option --%s; see: kindly %s --help"), verb->name, word, verb->name);
    return -EINVAL;
}

/* One more value of an option that may be given again. */
static int join_value(struct arguments *arguments, size_t index, const char *value) {
    char *joined;
    if (asprintf(&joined, "%s,%s", arguments->values[index], value) < 0)
        return -ENOMEM;
    free(arguments->joined[index]);
    arguments->values[index] = arguments->joined[index] = joined;
    return 0;
}

/* Marks the option as given; `value` is what came with it in the same item, or NULL. */
static int take_option(struct arguments *arguments, size_t index, const char *value, char ***items) {
    const struct option *option = &arguments->verb->options[index];
    bool again = arguments->given[index];
    if (again && option->kind != OPTION_VALUES) {
        complain(_("--%s is given twice"), option->name);
        return -EINVAL;
    }
    if (value && (option->kind == OPTION_FLAG || option->kind == OPTION_REST)) {
        complain(_("--%s takes no value with \"=\""), option->name);
        return -EINVAL;
    }
    if ((option->kind == OPTION_VALUE || option->kind == OPTION_VALUES) && !value && !(value = *(*items)++)) {
        complain(_("--%s needs a value: %s"), option->name, option->value);
        return -EINVAL;
    }
    if (again)
        return join_value(arguments, index, value);
    arguments->given[index] = true;
    arguments->values[index] = value;
    return 0;
}

static int take_long(struct arguments *arguments, const char *item, char ***items) {
    const char *name = item + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *options = arguments->verb->options;
    size_t n = count_options(arguments->verb);
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return take_option(arguments, i, equals ? equals + 1 : NULL, items);
    return refuse_option(arguments->verb, name, length);
}

static int take_short(struct arguments *arguments, const char *item, char ***items) {
    const struct verb *verb = arguments->verb;
    size_t n = count_options(verb);
    for (size_t i = 0; i < n; i++) {
        if (verb->options[i].letter != item[1])
            continue;
        const char *value = item[2] ? item + 2 : NULL;
        return take_option(arguments, i, value, items);
    }
    complain(_("%s has no option -%c; see: kindly %s --help"), verb->name, item[1], verb->name);
    return -EINVAL;
}

/* The option that takes the rest, if it was given: everything after it but a leading "--". */
static bool take_rest(struct arguments *arguments, char **items) {
    const struct verb *verb = arguments->verb;
    size_t n = count_options(verb);
    for (size_t i = 0; i < n; i++)
        if (verb->options[i].kind == OPTION_REST && arguments->given[i]) {
            arguments->rest = *items && streq(*items, "--") ? items + 1 : items;
            return true;
        }
    return false;
}

static int take_items(struct arguments *arguments, char **items) {
    bool options = true;
    while (*items && !take_rest(arguments, items)) {
        char *item = *items++;
        int r = 0;
        if (!options || item[0] != '-' || item[1] == '\0')
            arguments->words[arguments->n_words++] = item;
        else if (streq(item, "--"))
            options = false;
        else if (streq(item, "--help") || streq(item, "-h")) {
            arguments->help = true;
            return 0;
        } else if (item[1] == '-')
            r = take_long(arguments, item, &items);
        else
            r = take_short(arguments, item, &items);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_words(const struct arguments *arguments) {
    const struct verb *verb = arguments->verb;
    if (arguments->help)
        return 0;
    if (arguments->n_words < verb->min_words) {
        complain(_("%s needs more: kindly %s %s"), verb->name, verb->name, verb->words);
        return -EINVAL;
    }
    if (arguments->n_words > verb->max_words) {
        complain(_("%s does not take \"%s\"; see: kindly %s --help"), verb->name,
                 arguments->words[verb->max_words], verb->name);
        return -EINVAL;
    }
    return 0;
}

int arguments_parse(const struct verb *verb, char **items, struct arguments *ret) {
    size_t n = 0;
    while (items[n])
        n++;
    struct arguments arguments = {.verb = verb, .words = calloc(n + 1, sizeof(char *))};
    if (!arguments.words)
        return -ENOMEM;
    int r = take_items(&arguments, items);
    if (r >= 0)
        r = check_words(&arguments);
    if (r < 0) {
        arguments_done(&arguments);
        return r;
    }
    *ret = arguments;
    return 0;
}

/* --- Help ------------------------------------------------------------------------------------- */

static void option_help(const struct option *option, FILE *file) {
    char letter[8] = "    ", name[64];
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    const char *before = option->kind == OPTION_MAYBE_VALUE ? "[=" : option->kind == OPTION_REST ? " " : "=";
    snprintf(name, sizeof name, "  %s--%s%s%s%s", letter, option->name, option->value ? before : "",
             or_empty(option->value), option->kind == OPTION_MAYBE_VALUE ? "]" : "");
    size_t column = strlen(name);
    fputs(name, file);
    if (column >= HELP_COLUMN) {
        fputc('\n', file);
        column = 0;
    }
    fprintf(file, "%*s", (int)(HELP_COLUMN - column), "");
    print_text(file, HELP_COLUMN, HELP_COLUMN, _(option->help));
}

/* A summary as a sentence of its own: with a capital. */
static void print_sentence(FILE *file, const char *summary) {
    wchar_t first;
    size_t size = mbrtowc(&first, summary, strlen(summary), &(mbstate_t){0});
    bool is_letter = size > 0 && size <= strlen(summary) && iswlower((wint_t)first);
    char *sentence = NULL;
    if (is_letter && asprintf(&sentence, "%lc%s", towupper((wint_t)first), summary + size) < 0)
        sentence = NULL;
    print_text(file, 0, 0, sentence ? sentence : summary);
    free(sentence);
}

void verb_help(const struct verb *verb, FILE *file) {
    size_t n = count_options(verb);
    fprintf(file, _("Usage: kindly %s%s%s%s\n\n"), verb->name, n > 0 ? " [OPTIONS]" : "",
            *verb->words ? " " : "", verb->words);
    print_sentence(file, _(verb->summary));
    if (verb->details) {
        fputc('\n', file);
        print_text(file, 0, 0, _(verb->details));
    }
    fputs(_("\nOptions:\n"), file);
    for (size_t i = 0; i < n; i++)
        option_help(&verb->options[i], file);
    option_help(&help_option, file);
}

void verb_list_options(const struct verb *verb, FILE *file) {
    size_t n = count_options(verb);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "--%s\t%s\n", verb->options[i].name, _(verb->options[i].help));
    fprintf(file, "--%s\t%s\n", help_option.name, _(help_option.help));
}
