#include "daemon/core/hash.h"

#include <endian.h>

static inline uint64_t rotate_left(uint64_t value, int bits) {
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int n) {
    while (n-- > 0) {
        v[0] += v[1];
        v[1] = rotate_left(v[1], 13) ^ v[0];
        v[0] = rotate_left(v[0], 32);
        v[2] += v[3];
        v[3] = rotate_left(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate_left(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate_left(v[1], 17) ^ v[2];
        v[2] = rotate_left(v[2], 32);
    }
}

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return le64toh(value);
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size) {
    const uint8_t *at = data;
    uint64_t k0 = load64(key->bytes), k1 = load64(key->bytes + 8);
    uint64_t v[4] = {
        k0 ^ 0x736f6d6570736575ULL,
        k1 ^ 0x646f72616e646f6dULL,
        k0 ^ 0x6c7967656e657261ULL,
        k1 ^ 0x7465646279746573ULL,
    };
    size_t left = size;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word = load64(at);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)at[i] << (8 * i);
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_word(const struct hash_key *key, const char *purpose, const char *word, uint64_t a,
                   uint64_t b) {
    uint64_t parts[4] = {
        hash_bytes(key, purpose, strlen(purpose)),
        hash_bytes(key, word, strlen(word)),
        a,
        b,
    };
    for (size_t i = 0; i < ELEMENTSOF(parts); i++)
        parts[i] = htole64(parts[i]);
    return hash_bytes(key, parts, sizeof parts);
}

uint64_t hash_scale(uint64_t bits, uint64_t bound) {
    return (uint64_t)(((__uint128_t)bits * bound) >> 64);
}
