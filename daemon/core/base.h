/* What every file here may assume: times in microseconds, cleanup attributes, a few helpers.
 *
 * Errors, in the whole tree: a function returns 0 (or a documented non-negative value) or a negative errno;
 * outputs are `ret_x`, last, and untouched on failure. Who owns what is said at each declaration; where
 * nothing is said, `const` pointers are borrowed and non-const outputs belong to the caller. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A point in time: microseconds since 1970-01-01 00:00:00 UTC. Or an elapsed time in microseconds. */
typedef uint64_t usec_t;

#define USEC_INFINITY   UINT64_MAX
#define USEC_PER_MSEC   ((usec_t)1000)
#define USEC_PER_SEC    ((usec_t)1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR   (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY    (24 * USEC_PER_HOUR)
#define SECONDS_PER_DAY 86400

/* 2200-01-01 00:00:00 UTC: no search and no schedule goes past it (systemd.time(7) ends there too). */
#define USEC_END_OF_TIME ((usec_t)7258118400 * USEC_PER_SEC)

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))
#define MIN_OF(a, b)      ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b)      ((a) > (b) ? (a) : (b))

/* Frees what the variable points to when it goes out of scope. */
#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_free_      _cleanup_(base_freep)

/* Hands a pointer over: the variable is NULL afterwards. */
#define TAKE_PTR(pointer)                                                                                    \
    ({                                                                                                       \
        __typeof__(pointer) *take_ = &(pointer);                                                             \
        __typeof__(pointer) taken_ = *take_;                                                                 \
        *take_ = NULL;                                                                                       \
        taken_;                                                                                              \
    })

#define DEFINE_CLEANUP(type, function)                                                                       \
    static inline void function##p(type **pointer) {                                                         \
        if (*pointer)                                                                                        \
            function(*pointer);                                                                              \
    }

static inline void base_freep(void *pointer) {
    free(*(void **)pointer);
}

static inline bool streq(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

/* "" for NULL. */
static inline const char *or_empty(const char *text) {
    return text ? text : "";
}

/* Addition that stops at USEC_INFINITY. */
static inline usec_t usec_add(usec_t a, usec_t b) {
    return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* Subtraction that stops at 0; infinity stays infinity. */
static inline usec_t usec_sub(usec_t a, usec_t b) {
    return a == USEC_INFINITY ? a : a > b ? a - b : 0;
}

/* Whether a negative errno may be gone the next time: no memory, no descriptor, no room, a disk that hangs.
 */
static inline bool error_may_pass(int error) {
    return error == -ENOMEM || error == -EIO || error == -EMFILE || error == -ENFILE || error == -ENOSPC ||
           error == -ENOBUFS || error == -EAGAIN;
}

/* Makes room for `wanted` items of `item_size`, growing by doubling. `*array` is untouched on -ENOMEM. */
int array_reserve(void *array, size_t *capacity, size_t wanted, size_t item_size);
