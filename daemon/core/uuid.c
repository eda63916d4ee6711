#include "daemon/core/uuid.h"

#include <ctype.h>

struct uuid uuid_from_time(usec_t time_usec, const uint8_t random[8]) {
    struct uuid id;
    uint64_t milliseconds = time_usec / USEC_PER_MSEC,
             fraction = (time_usec % USEC_PER_MSEC << 12) / USEC_PER_MSEC;
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(milliseconds >> (8 * (5 - i)));
    id.bytes[6] = (uint8_t)(fraction >> 8 | 0x70);
    id.bytes[7] = (uint8_t)fraction;
    memcpy(id.bytes + 8, random, 8);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

void uuid_format(const struct uuid *id, char ret[UUID_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    char *out = ret;
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[id->bytes[i] >> 4];
        *out++ = digits[id->bytes[i] & 15];
    }
    *out = 0;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    int lower = tolower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int uuid_parse(const char *text, struct uuid *ret) {
    struct uuid id;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (*text == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
            text++;
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return -EINVAL;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text)
        return -EINVAL;
    *ret = id;
    return 0;
}
