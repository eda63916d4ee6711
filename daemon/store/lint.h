/* The wording of decks: collects what deck_lint_*() load, and tells what the rules of core/wording and
 * core/twins find in it, each with its file and line.
 *
 * Texts are borrowed from the library that they were loaded into: it has to outlive the lint. */
#pragma once

#include "daemon/core/library.h"
#include "daemon/store/mistake.h"

struct lint;

/* `lists`: the folder of the word lists; copied. NULL: out of memory. */
struct lint *lint_new(const char *lists);
struct lint *lint_free(struct lint *lint); /* always NULL */
DEFINE_CLEANUP(struct lint, lint_free)

/* What is found in decks that are added from now on counts as that: errors in the installed ones, warnings in
 * a person's own. Warnings, as long as nothing is said. */
void lint_as(struct lint *lint, enum severity severity);

/* For store/deck, while a file is loaded. `language` NULL: it names none, and no words are looked for;
 * THEME_NONE: it has practices only. The line is that of its prompts. -ENOMEM. */
int lint_add_deck(struct lint *lint, const char *path, const char *language, enum theme theme, unsigned line);
/* The rest belongs to the deck that was added last. `nameless_line` 0: there is no such text. */
int lint_add_prompt(struct lint *lint, const struct prompt *prompt, unsigned text_line,
                    unsigned nameless_line);
/* `step` 0: the practice's title; from 1 on its steps. */
int lint_add_step(struct lint *lint, const char *id, size_t step, const char *text, unsigned line);

/* Looks at everything that was added. -ENOMEM. */
int lint_tell(struct lint *lint, struct mistakes *mistakes);
