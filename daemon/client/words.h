/* Printing for people: wrapped at the terminal's width (at most 80 columns), times in everyday words, and no
 * control character of any text reaches the terminal. */
#pragma once

#include <stdio.h>

#include "daemon/core/zone.h"

/* The text as paragraphs, wrapped. The cursor stands in column `column`; every further line begins at
 * `indent`. Ends with a newline. */
void print_text(FILE *file, size_t column, size_t indent, const char *text);

/* The text on the line where the cursor is; its line breaks become spaces. */
void print_clean(FILE *file, const char *text);

/* The text on the rest of the line, its first words and "…" where it doesn't fit. The cursor stands in column
 * `column`. Ends with a newline. */
void print_short(FILE *file, size_t column, const char *text);

/* Columns the text takes on a terminal. */
size_t text_width(const char *text);

/* Columns of a line on that terminal: 20 to 80; 80 where it is none. */
size_t line_width(FILE *file);

/* One character of a text as it may be printed: what is not UTF-8 and every control character is "?", a tab
 * is a space; a line break stays. */
struct character {
    uint32_t code;
    const char *bytes;
    size_t size;
};
/* false at the end of the text. */
bool take_character(const char **at, struct character *ret);

/* Valid UTF-8 without NUL: what the bus can carry. */
bool text_is_utf8(const char *text, size_t size);

/* "today 15:40", "tomorrow 09:00", "Mon 30 Nov 09:00"; with the year when it is another. */
#define TIME_WORDS_SIZE 64
const char *time_words(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                       char buffer[TIME_WORDS_SIZE]);

/* The same where today goes without saying: "15:40". */
const char *time_words_brief(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                             char buffer[TIME_WORDS_SIZE]);

bool is_same_day(usec_t a_usec, usec_t b_usec, const struct zone *zone);

/* "Monday 23 November 2026" of days since 1970-01-01. */
#define DAY_WORDS_SIZE 64
const char *day_words(int32_t day, char buffer[DAY_WORDS_SIZE]);

/* "812 bytes", "4.1 MB": in steps of 1000. */
#define SIZE_WORDS_SIZE 32
const char *size_words(uint64_t bytes, char buffer[SIZE_WORDS_SIZE]);

/* "12 entries, 3 lines of your own". */
#define ENTRIES_WORDS_SIZE 128
const char *entries_words(uint64_t entries, uint64_t lines, char buffer[ENTRIES_WORDS_SIZE]);

/* "23 November 2026", and "November 2026". */
#define FULL_DATE_WORDS_SIZE 48
const char *full_date_words(int32_t day, char buffer[FULL_DATE_WORDS_SIZE]);
#define MONTH_WORDS_SIZE 40
const char *month_words(int32_t year, int month, char buffer[MONTH_WORDS_SIZE]);
