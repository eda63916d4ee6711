/* A libconfig file, guarded, and its keys by table: what kindly.conf and the decks have in common.
 *
 * A table lists every key of a group once. Reading goes on after a mistake, so that all are told; functions
 * return only -ENOMEM then, and the caller compares mistakes->n_errors before and after. */
#pragma once

#include "daemon/store/mistake.h"

#include <libconfig.h>

struct settings {
    const char *path; /* borrowed */
    struct mistakes *mistakes;
    void *userdata; /* for the functions of the tables */
    config_t config;
};

/* Reads and parses a file of at most `size_max` bytes. -EINVAL: it isn't a regular file, too large, or its
 * syntax is wrong; -ENOENT, -EACCES, ...: it can't be read; both are told in `mistakes`. -ENOMEM. Settings
 * are to be given to settings_done() in each case. */
int settings_read(struct settings *settings, const char *path, size_t size_max, struct mistakes *mistakes,
                  void *userdata);
/* The same from a text of our own. */
int settings_read_text(struct settings *settings, const char *path, const char *text,
                       struct mistakes *mistakes, void *userdata);
void settings_done(struct settings *settings);

struct key {
    const char *name;
    /* Checks the value and puts it into `field`, which is the target moved by `offset`. */
    int (*take)(struct settings *settings, const config_setting_t *setting, const struct key *key,
                void *field);
    size_t offset;
    uint64_t low,
        high; /* bounds, in the unit of `take`: of a number, a span, a text's bytes, a list's items */
    const char *allowed;  /* completes "must be ..." */
    const char *fallback; /* what stands for an absent key, as it would be written; NULL: nothing */
    bool required;
};

/* Takes all members of a group into `target`; tells unknown and missing ones. */
int settings_take(struct settings *settings, const config_setting_t *group, const struct key *keys,
                  size_t n_keys, void *target);

/* Functions for tables: the field is a bool, an unsigned, a char * (a plain text, owned). */
int take_bool(struct settings *settings, const config_setting_t *setting, const struct key *key, void *field);
int take_unsigned(struct settings *settings, const config_setting_t *setting, const struct key *key,
                  void *field);
int take_text(struct settings *settings, const config_setting_t *setting, const struct key *key, void *field);

/* Calls `take` for each item of a list, or for a single text as if it stood in one. */
int settings_each(struct settings *settings, const config_setting_t *setting, const struct key *key,
                  int (*take)(struct settings *settings, const config_setting_t *setting,
                              const struct key *key, void *field),
                  void *field);

/* The text of a string setting that can be shown as one line, or NULL. */
const char *setting_text(const config_setting_t *setting);

/* Tells that the value isn't allowed: what it is, and what the key must be; or, with a `reason`, why not. */
int settings_refuse(struct settings *settings, const config_setting_t *setting, const struct key *key,
                    const char *reason);

/* One more item at the end of a short list, zeroed; NULL when there is no memory. `*array` is the list's
 * pointer. */
void *list_append(void *array, size_t *n, size_t item_size);

/* "en", "pt-BR": letters, digits and '-', so that it can name a folder. */
bool is_language(const char *text);
