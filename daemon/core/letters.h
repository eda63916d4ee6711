/* Characters, as far as the wording of prompts needs them: by tables of our own, so that they are the same in
 * every locale and with every C library. */
#pragma once

#include "daemon/core/base.h"

enum letter_kind {
    LETTER_WORD,      /* of a word that stands between spaces: letters, marks on them, digits */
    LETTER_IDEOGRAPH, /* of a script that leaves no space between words: Chinese, kana */
    LETTER_SPACE,
    LETTER_QUOTE, /* quotes and brackets, and the marks that open a Spanish question */
    LETTER_PUNCTUATION,
    LETTER_STOP, /* ends a sentence */
    LETTER_QUESTION,
    LETTER_EXCLAMATION,
    LETTER_SYMBOL, /* everything else: emoji, arrows, currencies, control characters, ... */
};

/* The next character of a text in UTF-8, moving `*at` past it; 0 at its end. What isn't UTF-8 is U+FFFD, a
 * byte at a time. */
uint32_t letter_next(const char **at);

enum letter_kind letter_kind(uint32_t letter);

/* In small letters, and with a straight apostrophe: what is equal in any case is equal afterwards. */
uint32_t letter_fold(uint32_t letter);

/* How many columns of a line it takes: 0 for a mark on another letter, 2 in a wide script (Chinese, Japanese,
 * Korean), else 1. */
unsigned letter_columns(uint32_t letter);
