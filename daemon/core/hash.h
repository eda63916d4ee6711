/* A keyed hash (SipHash-2-4, Aumasson and Bernstein 2012): the same key and message give the same 64 bits on
 * every machine and in every run. Chance in the schedule comes from it, so that a restart, a reload or a look
 * ahead sees the same day. */
#pragma once

#include "daemon/core/base.h"

struct hash_key {
    uint8_t bytes[16];
};

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size);

/* Hash of a word and two numbers; `purpose` keeps the uses apart. */
uint64_t hash_word(const struct hash_key *key, const char *purpose, const char *word, uint64_t a, uint64_t b);

/* Uniform in [0, bound); 0 when bound is 0. Multiplies instead of dividing: the bias is below bound / 2^64.
 */
uint64_t hash_scale(uint64_t bits, uint64_t bound);
