/* How prompts are worded, as far as a program can judge it: rules on one text, and on a deck as a whole. They
 * follow the thirteen rules of docs/writing-prompts.md; what is looked for in a language stands in its word
 * list. Nothing here reads a file. */
#pragma once

#include "daemon/core/base.h"

/* Bounds. Columns are counted so that a character of a wide script (Chinese, Japanese, Korean) takes two: 140
 * letters, or 70 of those. */
#define WORDING_COLUMNS_MAX   140
#define WORDING_SHORT_COLUMNS 60 /* fewer are short */
#define WORDING_QUESTIONS_MAX 1
#define WORDING_SHARES_FROM   8   /* prompts in a deck; shares of fewer say nothing */
#define WORDING_TEXT_MAX      512 /* characters of a text that are looked at; a deck's texts are shorter */
#define WORDING_PHRASE_MAX    64  /* characters of a word or phrase of a list */

/* --- Word lists ------------------------------------------------------------------------------- */

/* A word or phrase to look for: whole words, in any case. `*` at a word's end stands for any ending, `...`
 * between two words for any words of the same sentence, or none. In a script without spaces between words it
 * is found anywhere. */
struct phrase {
    char *text; /* as it stands in the list */
    uint32_t codes[WORDING_PHRASE_MAX];
    size_t n_codes;
};

struct phrases {
    struct phrase *items;
    size_t n;
};

struct banned {
    char *why;
    struct phrases words;
};

/* Of one language. Whatever a list leaves out isn't looked for. */
struct wordlist {
    char *language;
    struct phrases conditional; /* a sentence that opens so counts as "If" */
    struct phrases exits;       /* a prompt about the body has one of them */
    struct banned *banned;
    size_t n_banned;
};

struct wordlist *wordlist_free(struct wordlist *list); /* always NULL */
DEFINE_CLEANUP(struct wordlist, wordlist_free)

/* -EINVAL: nothing that could be found. -E2BIG: longer than WORDING_PHRASE_MAX. -ENOMEM. */
int phrases_add(struct phrases *phrases, const char *text);

/* --- One text --------------------------------------------------------------------------------- */

enum wording_kind {
    WORDING_PROMPT,
    WORDING_BODY, /* a prompt about the body or a feeling */
    WORDING_STEP, /* of a practice */
    WORDING_TITLE,
};

enum wording_rule {
    WORDING_LENGTH,      /* `n` columns; `wide`: mostly of a wide script */
    WORDING_QUESTIONS,   /* `n` of them */
    WORDING_EXCLAMATION, /* a mark */
    WORDING_SYMBOL,      /* `code` */
    WORDING_SPACES,      /* one at an end, or two in a row */
    WORDING_END,         /* no full stop or question mark */
    WORDING_BANNED,      /* `word` of `word_size` bytes in the text, `why` */
    WORDING_EXIT,        /* about the body, and none of the list's `phrases` */
    WORDING_CONDITIONAL, /* of a deck: `n` of `of` sentences open with one of `phrases` */
    WORDING_ASKING,      /* of a deck: only `n` of `of` prompts ask nothing */
    WORDING_LONG,        /* of a deck: only `n` of `of` prompts are short */
};

/* What is borrowed is the text's or the list's. */
struct wording_finding {
    enum wording_rule rule;
    size_t n, of;
    bool wide;
    uint32_t code;
    const char *word;
    size_t word_size;
    const char *why;
    const struct phrases *phrases;
};

/* Each rule finds at most one thing in a text, and so does each group of banned words, of those that fit. */
#define WORDING_FINDINGS_MAX 16

/* What is wrong with a text; `list` NULL: without words. In prompts {name} is no symbol. The number of
 * findings. */
size_t wording_check(const struct wordlist *list, const char *text, enum wording_kind kind,
                     struct wording_finding ret[WORDING_FINDINGS_MAX]);

/* A finding in a person's words, to follow the name of what it is about: "asks 2 questions; at most one". For
 * a deck it is a sentence. */
#define WORDING_MESSAGE_SIZE 512
void wording_explain(const struct wording_finding *finding, char buffer[WORDING_MESSAGE_SIZE]);

/* --- A deck ----------------------------------------------------------------------------------- */

struct wording_shares {
    size_t sentences, conditional; /* of all prompts; those that open with one of the list's words */
    size_t prompts, silent, brief; /* all; those that ask nothing; those that are short */
};

/* Adds a prompt. */
void wording_count(const struct wordlist *list, const char *text, struct wording_shares *shares);
/* At most a third of the sentences are conditional, at least a third of the prompts ask nothing, at least a
 * quarter are short. */
size_t wording_weigh(const struct wordlist *list, const struct wording_shares *shares,
                     struct wording_finding ret[WORDING_FINDINGS_MAX]);
