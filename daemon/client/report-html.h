/* The report as one page for a browser: nothing in it is loaded from elsewhere, and nothing runs. Well-formed
 * as XML too. */
#pragma once

#include "daemon/client/report.h"

/* `booklet`: own words only, laid out for small sheets. `now_usec` and `offset_sec` say when it was made.
 * -ENOMEM; whether writing went well, ferror() tells. */
int report_write_html(const struct report *report, bool booklet, usec_t now_usec, int32_t offset_sec,
                      FILE *file);
