/* The daemon's rows (a{sv}) as JSON: one way to read them for people and for scripts. */
#pragma once

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#include "daemon/core/base.h"

static inline void json_freep(struct json_object **object) {
    json_object_put(*object);
}
#define _cleanup_json_ _cleanup_(json_freep)

/* Reads the value at the message's cursor, whatever its type: dictionaries become objects, arrays and
 * structures arrays, variants what is in them. -EBADMSG, -ENOMEM. */
int json_from_message(sd_bus_message *message, struct json_object **ret);

/* Adds a key; `value` is taken over, also on failure. NULL (no memory): -ENOMEM. */
int json_put(struct json_object *object, const char *key, struct json_object *value);

/* Of a row: "", 0, `fallback`, false when the key is not there. Borrowed. */
const char *row_text(const struct json_object *row, const char *key);
usec_t row_usec(const struct json_object *row, const char *key, usec_t fallback);
bool row_flag(const struct json_object *row, const char *key);
struct json_object *row_array(const struct json_object *row, const char *key); /* NULL: none */

/* The row of an array whose `id` it is; NULL: none. Borrowed. */
struct json_object *rows_find(const struct json_object *rows, const char *id);

/* As one line without its newline, borrowed from the object; NULL: no memory. */
const char *json_line(struct json_object *object);
/* On standard output, in one line. */
int print_json(struct json_object *object);
