/* The person's language. In the code every text is English, and English is what is stored, compared and
 * logged; it is translated where it goes out to a person: in the words of a card and of a row's label, title,
 * detail and problem, in the messages of D-Bus errors, and in what the programs print. What scripts rely on
 * is never translated: ids, names of errors, keys, JSON's own words, the log, the daemon's reports about
 * files.
 *
 * What the program says around a date, a theme or a line of the person's is translated when it is put
 * together, and written down as it was read, as the text of a deck's prompt is.
 *
 * Without a locale, without its catalogue or before language_begin() (store/language.h) a text is its own
 * translation; so are texts that are in no catalogue, such as those of decks. */
#pragma once

#include <libintl.h>
#include <string.h>

#define TRANSLATE_DOMAIN "kindly"

/* The msgid of "" is a catalogue's header. */
__attribute__((format_arg(1))) static inline const char *translate(const char *text) {
    return *text ? dgettext(TRANSLATE_DOMAIN, text) : text;
}

/* A text behind "CONTEXT\004": the same English word can be two in another language. */
__attribute__((format_arg(1))) static inline const char *translate_in_context(const char *key) {
    const char *found = dgettext(TRANSLATE_DOMAIN, key), *text = strchr(found, '\004');
    return text ? text + 1 : found;
}

/* Translates now; marks a text that is translated later. */
#define _(text)            translate(text)
#define N_(text)           text
#define NC_(context, text) context "\004" text

/* One of two texts, by a number; each language has its own rules. */
#define TRANSLATE_COUNT(one, many, n) dngettext(TRANSLATE_DOMAIN, one, many, n)
