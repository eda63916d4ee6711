/* kindly.conf -> struct schedule, with libconfig, every mistake told with its line.
 *
 * libconfig 1.5 is guarded, because it has traps: before it sees the text, that is a regular file of at most
 * 1 MiB without NUL, `@include` or integers past 32 bits, and not nested deeper than a schedule needs. */
#pragma once

#include "daemon/core/library.h"
#include "daemon/core/schedule.h"
#include "daemon/store/mistake.h"

#define CONFIG_FILE_MAX (1024 * 1024)

/* Reads and checks a schedule. `mistakes` gets everything found, errors and warnings (a day's reminders that
 * cannot all fit, an `every` shorter than its gap). 0 and a schedule: no errors. -EINVAL: errors are in
 * `mistakes`. -ENOENT, -EACCES, ...: the file can't be read (also told in `mistakes`). -ENOMEM. `library` may
 * be NULL; with it, `practice` and name clashes with practices are checked. Languages
 * that it leaves to the locale are wishes: see deck_settle_languages(). */
int config_load(const char *path, const struct library *library, struct mistakes *mistakes,
                struct schedule **ret);

/* The same of a text that would stand in that file, as amend.h changes it. */
int config_load_text(const char *path, const char *text, const struct library *library,
                     struct mistakes *mistakes, struct schedule **ret);

/* The first of: `option` if not NULL; $XDG_CONFIG_HOME/kindly/kindly.conf;
 * $XDG_CONFIG_DIRS/kindly/kindly.conf; `installed`. The caller frees it. An `option` is taken as it is; of
 * the others the first that exists, be it a link that leads nowhere. `installed` is given when none does.
 * -ENOMEM. */
int config_find(const char *option, const char *installed, char **ret_path);

/* The table of keys, for the client's help, completion and `config get|set`. */
struct config_key {
    const char *name;
    const char *allowed;  /* completes "must be ..." */
    const char *fallback; /* the default as it is written in a file; NULL: none */
    bool scalar;          /* a text, a number, or true or false */
};

/* The keys of a schedule in the order of DESIGN; false when `index` is past the last. */
bool config_key_at(size_t index, struct config_key *ret);
