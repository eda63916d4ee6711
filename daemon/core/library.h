/* The texts: prompts of all decks in use, and practices. Filled by store/deck from files; read by core. */
#pragma once

#include "daemon/core/theme.h"

/* In the text of a deck: the name that the schedule gives. */
#define PROMPT_NAME "{name}"

struct prompt {
    char *id;       /* unique in the library, e.g. "humanity-01" */
    char *text;     /* UTF-8, one paragraph */
    char *nameless; /* what stands for a text with PROMPT_NAME when there is no name; NULL: nothing does */
    enum theme theme;
    uint8_t depth;       /* 1 light to 3 deep (EVIDENCE: themes) */
    bool body;           /* about the body or a feeling: carries an exit */
    bool write;          /* invites a line */
    bool named;          /* PROMPT_NAME in its text is the person's name (it isn't in a line of their own) */
    usec_t written_usec; /* of theme own: when the person wrote it; 0 for others */
};

struct practice {
    char *id;       /* e.g. "three-breaths"; unique in its language */
    char *language; /* NULL: its deck names none, and it counts for each */
    unsigned rank;  /* of the language among those asked for: the least is preferred */
    char *title;
    char **steps;
    size_t n_steps; /* at least 1 */
};

struct library {
    struct prompt *prompts; /* sorted by id */
    size_t n_prompts, prompts_capacity;
    struct practice *practices;
    size_t n_practices, practices_capacity;
    theme_set themes;  /* those with at least one prompt */
    bool all_reviewed; /* false when any deck says reviewed = false */
};

struct library *library_new(void);
struct library *library_free(struct library *library); /* always NULL */
DEFINE_CLEANUP(struct library, library_free)

/* The text as it is shown to someone of that name; "" or blank: they have set none. The caller frees it.
 * -ENODATA: it needs a name. -ENOMEM. */
int prompt_words(const struct prompt *prompt, const char *name, char **ret);
/* Whether there are words for that name: prompt_words() wouldn't return -ENODATA. */
bool prompt_suits(const struct prompt *prompt, const char *name);

void prompt_done(struct prompt *prompt);
void practice_done(struct practice *practice);

/* Take the contents over on success (the argument is zeroed). -EEXIST: the id is there already, of a practice
 * in its language. */
int library_add_prompt(struct library *library, struct prompt *prompt);
int library_add_practice(struct library *library, struct practice *practice);

/* Whether a practice has that id in that language (NULL: in any). */
bool library_has_practice(const struct library *library, const char *id, const char *language);

/* NULL when there is none. A practice is there once in each language: it is that of the preferred one. */
const struct prompt *library_find_prompt(const struct library *library, const char *id);
const struct practice *library_find_practice(const struct library *library, const char *id);
