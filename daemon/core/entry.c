#include "daemon/core/entry.h"

void entry_done(struct entry *entry) {
    free(entry->rule);
    free(entry->reminder);
    free(entry->prompt);
    free(entry->text);
    free(entry->choice);
    free(entry->note);
    free(entry->why);
    *entry = (struct entry){.theme = THEME_NONE};
}
