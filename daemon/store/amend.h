/* Changes to the text of a schedule: one value or one reminder, and every other byte as the person wrote it.
 *
 * A place is named by its path: "gap", "themes.kindness", or "NAME.times" of the reminder NAME. Values are
 * given as they stand in a file: "3", "\"90min\"", "[\"own\"]". Whether a value is allowed there is for
 * config_load_text() to say, before the text is written anywhere. */
#pragma once

#include "daemon/store/mistake.h"

#include <libconfig.h>

struct amend {
    const char *path; /* borrowed: what mistakes call the file */
    char *text;       /* ends with a NUL that isn't counted */
    size_t size;
    config_t config; /* what libconfig reads in it */
};

/* Takes a copy of the text. -EINVAL: it can't be read, told in `mistakes`. -ENOMEM. In each case to be given
 * to amend_done(). Its size is bounded by CONFIG_FILE_MAX and what is put into it. */
int amend_init(struct amend *amend, const char *path, const char *text, size_t size,
               struct mistakes *mistakes);
void amend_done(struct amend *amend);

/* What stands at the path, or NULL. Borrowed, until the next change. */
const config_setting_t *amend_find(const struct amend *amend, const char *path);
const config_setting_t *amend_find_reminder(const struct amend *amend, const char *name);

/* Each is done as a whole or not at all; -EINVAL: with it the text could not be read any more; -ENOMEM. */

/* Gives the value, also to a key that isn't there yet; then it is put after a comment that shows it
 * ("# gap = ..."), or at the end of its group. -ENOENT: there is no such reminder. */
int amend_set(struct amend *amend, const char *path, const char *source);

/* Adds a reminder: one that stands in a comment of the list under that name is taken out of the comment as it
 * is; otherwise `source`, a group "{ ... }", is put at the end. -EEXIST: there is one of that name. -ENOENT:
 * there is no list of reminders. */
int amend_add_reminder(struct amend *amend, const char *name, const char *source);

/* Makes a reminder a comment. -ENOENT: there is none of that name. */
int amend_drop_reminder(struct amend *amend, const char *name);

/* A text in quotes, for a value. The caller frees it. -ENOMEM. */
int amend_quote(const char *text, char **ret);

/* Calls `line` for each line that one of two texts has and the other has not, in order: its number in the
 * text that has it, and '-' for a line of `before` or '+' for one of `after`. Lines come without their end.
 */
void amend_compare(const char *before, const char *after,
                   void (*line)(void *userdata, char sign, size_t number, const char *text, size_t size),
                   void *userdata);
