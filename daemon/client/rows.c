/* Recursion follows the message's own nesting, which D-Bus bounds at 64. */
#include "daemon/client/rows.h"

#include <stdio.h>

int json_put(struct json_object *object, const char *key, struct json_object *value) {
    if (!value)
        return -ENOMEM;
    if (json_object_object_add(object, key, value) == 0)
        return 0;
    json_object_put(value);
    return -ENOMEM;
}

static int read_variant(sd_bus_message *message, const char *contents, struct json_object **ret) {
    int r = sd_bus_message_enter_container(message, 'v', contents);
    if (r < 0)
        return r;
    _cleanup_json_ struct json_object *value = NULL;
    r = json_from_message(message, &value);
    if (r < 0)
        return r;
    r = sd_bus_message_exit_container(message);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(value);
    return 0;
}

/* The items of an array or a structure. */
static int read_items(sd_bus_message *message, char type, const char *contents, struct json_object **ret) {
    int r = sd_bus_message_enter_container(message, type, contents);
    if (r < 0)
        return r;
    _cleanup_json_ struct json_object *array = json_object_new_array();
    if (!array)
        return -ENOMEM;
    while ((r = sd_bus_message_at_end(message, false)) == 0) {
        struct json_object *item = NULL;
        r = json_from_message(message, &item);
        if (r < 0)
            return r;
        if (json_object_array_add(array, item) < 0) {
            json_object_put(item);
            return -ENOMEM;
        }
    }
    if (r > 0)
        r = sd_bus_message_exit_container(message);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(array);
    return 0;
}

/* One {key value} of a dictionary. */
static int read_pair(sd_bus_message *message, const char *contents, struct json_object *object) {
    int r = sd_bus_message_enter_container(message, 'e', contents);
    if (r < 0)
        return r;
    const char *key;
    r = sd_bus_message_read_basic(message, 's', &key);
    if (r < 0)
        return r;
    struct json_object *value = NULL;
    r = json_from_message(message, &value);
    if (r < 0)
        return r;
    r = json_put(object, key, value);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_dictionary(sd_bus_message *message, const char *contents, struct json_object **ret) {
    int r = sd_bus_message_enter_container(message, 'a', contents);
    if (r < 0)
        return r;
    _cleanup_free_ char *pair = strdup(contents + 1);
    if (!pair)
        return -ENOMEM;
    pair[strlen(pair) - 1] = '\0'; /* the braces are not part of what is entered */
    _cleanup_json_ struct json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    while ((r = sd_bus_message_at_end(message, false)) == 0) {
        r = read_pair(message, pair, object);
        if (r < 0)
            return r;
    }
    if (r > 0)
        r = sd_bus_message_exit_container(message);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(object);
    return 0;
}

static int read_basic(sd_bus_message *message, char type, struct json_object **ret) {
    union {
        const char *text;
        int boolean;
        uint8_t byte;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
    } value;
    int r = sd_bus_message_read_basic(message, type, &value);
    if (r < 0)
        return r;
    struct json_object *object = NULL;
    switch (type) {
    case 's':
    case 'o':
        object = json_object_new_string(value.text);
        break;
    case 'b':
        object = json_object_new_boolean(value.boolean);
        break;
    case 'y':
        object = json_object_new_int(value.byte);
        break;
    case 'i':
        object = json_object_new_int64(value.i32);
        break;
    case 'u':
        object = json_object_new_int64(value.u32);
        break;
    case 'x':
        object = json_object_new_int64(value.i64);
        break;
    case 't':
        object = json_object_new_uint64(value.u64);
        break;
    default:
        return -EBADMSG;
    }
    if (!object)
        return -ENOMEM;
    *ret = object;
    return 0;
}

int json_from_message(sd_bus_message *message, struct json_object **ret) {
    char type;
    const char *contents;
    int r = sd_bus_message_peek_type(message, &type, &contents);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    switch (type) {
    case 'v':
        return read_variant(message, contents, ret);
    case 'a':
        return *contents == '{' ? read_dictionary(message, contents, ret)
                                : read_items(message, 'a', contents, ret);
    case 'r':
        return read_items(message, 'r', contents, ret);
    default:
        return read_basic(message, type, ret);
    }
}

static struct json_object *row_get(const struct json_object *row, const char *key, enum json_type type) {
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(row, key, &value) || !json_object_is_type(value, type))
        return NULL;
    return value;
}

const char *row_text(const struct json_object *row, const char *key) {
    struct json_object *value = row_get(row, key, json_type_string);
    return value ? json_object_get_string(value) : "";
}

usec_t row_usec(const struct json_object *row, const char *key, usec_t fallback) {
    struct json_object *value = row_get(row, key, json_type_int);
    return value ? json_object_get_uint64(value) : fallback;
}

bool row_flag(const struct json_object *row, const char *key) {
    struct json_object *value = row_get(row, key, json_type_boolean);
    return value && json_object_get_boolean(value);
}

struct json_object *row_array(const struct json_object *row, const char *key) {
    return row_get(row, key, json_type_array);
}

struct json_object *rows_find(const struct json_object *rows, const char *id) {
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (streq(row_text(row, "id"), id))
            return row;
    }
    return NULL;
}

const char *json_line(struct json_object *object) {
    return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

int print_json(struct json_object *object) {
    const char *text = json_line(object);
    if (!text)
        return -ENOMEM;
    puts(text);
    return 0;
}
