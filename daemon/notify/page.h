/* A page: a card as a terminal shows it. */
#pragma once

#include "daemon/notify/card.h"

#define PAGE_KEY_WRITE 'w'

/* One key for every choice, each a different lower-case letter or digit: the first letter of the choice's id
 * that is free, so that a key stays the same in every language. A card that takes a line has 'w' for it. */
void page_keys(const struct card *card, char ret_keys[CARD_CHOICES_MAX]);

/* Title, text and the line of keys, wrapped to `columns` (0: not at all); ends with a newline. -ENOMEM. */
int page_compose(const struct card *card, size_t columns, bool colour, char **ret);

/* The same without keys, for where none can be read: the choices and the command that takes them. -ENOMEM. */
int page_compose_plain(const struct card *card, size_t columns, char **ret);

/* A few words that go with a page. -ENOMEM. */
int page_compose_remark(const char *remark, size_t columns, char **ret);

/* The rows that a page composed without colour takes up on a terminal of `columns`. */
size_t page_rows(const char *page, size_t columns);

/* What a body click does to this card, in a word or two. */
const char *page_default_label(const struct card *card);
