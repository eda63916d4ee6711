/* 128-bit ids. Ids of entries and events are UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds
 * since the epoch, 12 of the millisecond's part (section 6.2, method 3), then random bits, so that they sort
 * by the microsecond in which they were made. */
#pragma once

#include "daemon/core/base.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct uuid {
    uint8_t bytes[16];
};

/* Version 7 from a time and 8 random bytes. */
struct uuid uuid_from_time(usec_t time_usec, const uint8_t random[8]);

/* Lower-case text with dashes into `ret`. */
void uuid_format(const struct uuid *id, char ret[UUID_TEXT_SIZE]);

/* With or without dashes, any case. -EINVAL for anything else. */
int uuid_parse(const char *text, struct uuid *ret);

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool uuid_is_null(const struct uuid *id) {
    static const struct uuid null;
    return uuid_equal(id, &null);
}
