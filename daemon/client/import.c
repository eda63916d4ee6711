#include "daemon/client/import.h"

#include <stdio.h>

#include "daemon/core/translate.h"

int import_portion(struct importing *importing, int fd) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    uint32_t count = 0;
    importing->outcome = client_call(importing->client, &reply, "Import", "h", fd);
    if (importing->outcome == OUTCOME_DONE)
        importing->outcome = client_read(reply, 'u', &count);
    importing->entries += count;
    return importing->outcome == OUTCOME_DONE ? 0 : -ECANCELED;
}

void import_say_taken_in(const struct importing *importing) {
    printf(TRANSLATE_COUNT("Taken in: %llu entry.\n", "Taken in: %llu entries.\n", importing->entries),
           (unsigned long long)importing->entries);
}
