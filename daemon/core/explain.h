/* Why something was shown, or wasn't: the sentence of `kindly why`. */
#pragma once

#include "daemon/core/entry.h"

/* `ret` is the caller's to free. -ENOMEM. */
int explain(const struct entry *entry, char **ret);
