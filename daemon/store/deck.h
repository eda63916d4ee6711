/* Deck files -> struct library. A deck holds prompts of one theme and language, practices, or both. */
#pragma once

#include "daemon/core/library.h"
#include "daemon/core/schedule.h"
#include "daemon/store/lint.h"
#include "daemon/store/mistake.h"

#define DECK_FILE_MAX         (16 * 1024 * 1024)
#define DECK_TEXT_MAX         400 /* bytes of one prompt or step: what a notification can show at all */
#define DECK_STEPS_MAX        12
#define DECK_ID_MAX           64  /* bytes */
#define DECK_TITLE_MAX        500 /* bytes of a title or a license */
#define DECK_FILES_MAX        500 /* in a folder, and in one of a language in it: each is opened and read */
#define LIBRARY_PROMPTS_MAX   100000
#define LIBRARY_PRACTICES_MAX 1000

/* Adds what one file holds. -EINVAL: errors are in `mistakes`, nothing of the file was added. */
int deck_load_file(struct library *library, const char *path, struct mistakes *mistakes);

/* The same, and what was added is given to `lint` too. `text`: the file as it would be, instead of reading
 * it. */
int deck_lint_file(struct library *library, const char *path, struct lint *lint, struct mistakes *mistakes);
int deck_lint_text(struct library *library, const char *path, const char *text, struct lint *lint,
                   struct mistakes *mistakes);

/* Whether a file is a deck rather than a schedule: it can be parsed and has prompts or practices. */
bool deck_is_deck(const char *path);

/* Adds all `*.conf` of DIR/LANG for each language in order, then those directly in DIR whose `language` is
 * among them (or that name none), in the order of their names. A folder that isn't there is fine. Of more
 * than DECK_FILES_MAX in one folder the first count. Files with errors are left out and told in `mistakes`;
 * the rest is loaded. Practices are ranked by the place of their language among `languages`. -ENOMEM. */
int deck_load_folder(struct library *library, const char *folder, char *const *languages, size_t n_languages,
                     struct mistakes *mistakes);
/* The same, and what was added is given to `lint` too. */
int deck_lint_folder(struct library *library, const char *folder, char *const *languages, size_t n_languages,
                     struct lint *lint, struct mistakes *mistakes);

/* Where a schedule leaves its languages to the locale: of these the first one counts that has decks in a
 * folder (DIR/LANG), and those before it, of which a folder may hold single decks; what comes after it goes.
 * Otherwise nothing changes. -ENOMEM, or what else keeps a folder from being read just now. */
int deck_settle_languages(struct schedule *schedule, char *const *folders, size_t n_folders);
