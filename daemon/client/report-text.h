/* The report on a terminal: at most 80 columns, and narrower ones get what fits. */
#pragma once

#include "daemon/client/report.h"

/* `ascii`: pictures of ASCII characters only. -ENOMEM. */
int report_print(const struct report *report, bool ascii, FILE *file);
