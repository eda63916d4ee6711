/* Days in words, in the person's language. */
#pragma once

#include "daemon/core/zone.h"

/* "March". `month`: 1 to 12. */
const char *month_name(int month);

#define DATE_WORDS_SIZE 48
/* "3 March", and the year if it is another one than now. Gives `buffer`. */
const char *date_words(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                       char buffer[DATE_WORDS_SIZE]);
