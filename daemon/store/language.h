/* Which language this process speaks, by the environment: LC_ALL, LC_MESSAGES, LANG, and before them
 * LANGUAGE, as gettext(3) has it. */
#pragma once

#include "daemon/core/base.h"

/* At the start of main(). Takes the language from the environment, and nothing else: numbers are read and
 * written the same everywhere. Texts are UTF-8 in every locale. */
void language_begin(void);

/* Whether the locale's own characters are UTF-8: what is only drawn need not be, unlike texts. */
bool language_draws_utf8(void);

/* From here on English, whatever the environment says: for what scripts read. */
void language_none(void);

/* The languages of the locale, the most wanted first, at the end always "en": "de_AT.UTF-8" gives "de", "en".
 * The caller frees the list and each. -ENOMEM. */
int language_list(char ***ret, size_t *ret_n);

/* The same of the values: `locale` is that of messages, `wishes` is LANGUAGE ("de_AT:fr", NULL: unset), which
 * counts only where there is a locale. */
int language_list_of(const char *locale, const char *wishes, char ***ret, size_t *ret_n);
