/* Word lists, config/wording/LANG.conf -> struct wordlist: what the check of wording looks for in a language.
 */
#pragma once

#include "daemon/core/wording.h"
#include "daemon/store/mistake.h"

#define WORDLIST_FILE_MAX   (1024 * 1024)
#define WORDLIST_WORDS_MAX  1000 /* in one list; each is looked for in each text */
#define WORDLIST_BANNED_MAX 64   /* lists of banned words */
#define WORDLIST_WHY_MAX    100  /* bytes */

/* -EINVAL: errors are in `mistakes`. -ENOENT, -EACCES, ...: it can't be read (also told in `mistakes`).
 * -ENOMEM. */
int wordlist_load(const char *path, struct mistakes *mistakes, struct wordlist **ret);

/* The list of a language among those in a folder; for "pt-BR" also that of "pt". NULL when there is none.
 * Returns as wordlist_load() does otherwise. */
int wordlist_find(const char *folder, const char *language, struct mistakes *mistakes, struct wordlist **ret);

/* Whether a file is a word list rather than a schedule or a deck: it can be parsed and has one's keys. */
bool wordlist_is_list(const char *path);
