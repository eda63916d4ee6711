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

/* U+FFFE and its like stand for no character ever. They are UTF-8, but sd-bus takes no text that has one. */
static inline bool letter_is_none(uint32_t letter) {
    return (letter >= 0xfdd0 && letter <= 0xfdef) || (letter & 0xfffe) == 0xfffe;
}

#define LETTER_UNKNOWN 0xfffd

/* The next character of a text in UTF-8, moving `*at` past it; 0 at its end. What isn't UTF-8 is
 * LETTER_UNKNOWN, a byte at a time. */
uint32_t letter_next(const char **at);

/* Whether a bus takes a text: UTF-8, and no letter_is_none(); and made so in place: a byte that belongs to no
 * character becomes "?", and so does each letter_is_none(). */
bool letters_are_whole(const char *text);
void letters_mend(char *text);

/* The same, and for control characters too: what a terminal would obey. */
void letters_make_plain(char *text);

/* The longest beginning of at most `size` bytes that ends with a whole character. */
size_t letters_cut(const char *text, size_t size);

enum letter_kind letter_kind(uint32_t letter);

/* In small letters, and with a straight apostrophe: what is equal in any case is equal afterwards. */
uint32_t letter_fold(uint32_t letter);

/* How many columns of a line it takes: 0 for a mark on another letter, 2 in a wide script (Chinese, Japanese,
 * Korean), else 1. */
unsigned letter_columns(uint32_t letter);
