/* Reads one flat JSON object (RFC 8259) of a line, member by member, without allocating: strings are decoded
 * where they stand. Values that are arrays or objects are checked and passed over. And writes strings. */
#pragma once

#include <stdio.h>

#include "daemon/core/base.h"

#define JSON_DEPTH_MAX 8 /* the object itself is 1 */

struct json_reader {
    char *at;
    bool begun;
    const char *mistake; /* after -EINVAL: what is wrong; static */
};

enum json_type {
    JSON_STRING,
    JSON_INTEGER, /* written without fraction and exponent, and of 64 bits */
    JSON_BOOL,
    JSON_OTHER, /* null, another number, an array, an object */
};

struct json_value {
    enum json_type type;
    const char *string; /* borrowed from the text; UTF-8 without NUL */
    bool negative;      /* JSON_INTEGER: the value is -magnitude */
    uint64_t magnitude;
    bool boolean;
};

/* `text` ends with a NUL and is changed by reading. */
struct json_reader json_begin(char *text);

/* 1: a member; 0: the object has ended, and the text with it; -EINVAL: it is no such object. */
int json_next(struct json_reader *reader, const char **ret_key, struct json_value *ret);

/* `text` as a JSON string, quotes included. */
void json_write_string(FILE *stream, const char *text);
