#include "daemon/core/date.h"

#include <stdio.h>

#include "daemon/core/translate.h"

static const char *const months[] = {N_("January"),   N_("February"), N_("March"),    N_("April"),
                                     N_("May"),       N_("June"),     N_("July"),     N_("August"),
                                     N_("September"), N_("October"),  N_("November"), N_("December")};

const char *month_name(int month) {
    return _(months[month - 1]);
}

const char *date_words(usec_t time_usec, usec_t now_usec, const struct zone *zone,
                       char buffer[DATE_WORDS_SIZE]) {
    struct civil then, now;
    zone_to_civil(zone, time_usec, &then, NULL, NULL);
    zone_to_civil(zone, now_usec, &now, NULL, NULL);
    const char *month = month_name(then.month);
    if (then.year == now.year) /* For: 30 November */
        snprintf(buffer, DATE_WORDS_SIZE, _("%1$d %2$s"), then.day, month);
    else /* For: 30 November 2026 */
        snprintf(buffer, DATE_WORDS_SIZE, _("%1$d %2$s %3$d"), then.day, month, (int)then.year);
    return buffer;
}
