/* The verb table's types, and a strict parser over it: verbs and options are known by their full names only.
 *
 * Options are written --name=value, --name value, -n value or -nvalue, anywhere before a lone "--". */
#pragma once

#include <stdio.h>

#include "daemon/core/base.h"

#define OPTIONS_MAX 8

/* Words that a verb joins to one, so that `kindly snooze 1h 30min` needs no quotes. */
#define WORDS_ANY UINT32_MAX

enum option_kind {
    OPTION_FLAG,
    OPTION_VALUE,
    OPTION_VALUES,      /* may be given again: the values are joined with commas */
    OPTION_MAYBE_VALUE, /* a value only as --name=value */
    OPTION_REST,        /* takes everything after it, as it is */
};

struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    const char *value; /* what the help calls it; NULL for a flag */
    const char *help;
};

struct client;
struct arguments;

struct verb {
    const char *name;
    const char *words; /* as the help shows them */
    const char *summary;
    const char *details; /* a paragraph of the help, or NULL */
    uint32_t min_words, max_words;
    int (*run)(struct client *client, const struct arguments *arguments); /* returns the exit status */
    struct option options[OPTIONS_MAX]; /* ends at the first without a name */
};

/* What was given. Everything is borrowed from argv but the list of words, and values that were joined. */
struct arguments {
    const struct verb *verb;
    bool help; /* --help was among them; nothing else was checked */
    bool given[OPTIONS_MAX];
    const char *values[OPTIONS_MAX];
    char *joined[OPTIONS_MAX];
    char **rest; /* of OPTION_REST, ends with NULL; NULL: not given */
    char **words;
    size_t n_words;
};

void arguments_done(struct arguments *arguments);

/* `items` are those after the verb, ending with NULL. -EINVAL: wrong usage, which was told on standard error;
 * -ENOMEM. */
int arguments_parse(const struct verb *verb, char **items, struct arguments *ret);

/* By the option's name in the verb's table. option_value() is NULL without a value. */
bool option_given(const struct arguments *arguments, const char *name);
const char *option_value(const struct arguments *arguments, const char *name);

/* Whatever is not NULL of the word's place. */
const char *word_at(const struct arguments *arguments, size_t index);

/* All words with a space between, "" for none. -ENOMEM. */
int words_join(const struct arguments *arguments, char **ret);

/* "kindly snooze [SPAN|TIME] [options]" and its table of options. */
void verb_help(const struct verb *verb, FILE *file);
/* The options, one a line: --name, a tab, what it does. */
void verb_list_options(const struct verb *verb, FILE *file);
