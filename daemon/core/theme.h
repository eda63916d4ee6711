/* The themes, in one table. `own` are the lines a person chose to keep. */
#pragma once

#include "daemon/core/base.h"

enum theme {
    THEME_KINDNESS,
    THEME_ACCEPTANCE,
    THEME_HUMANITY,
    THEME_NOTICING,
    THEME_FRIEND,
    THEME_CARE,
    THEME_IMAGE,
    THEME_RESPECT,
    THEME_FORGIVENESS,
    THEME_PATIENCE,
    THEME_OWN,
    THEME_COUNT,
    THEME_NONE = THEME_COUNT,
};

/* A set of themes: bit 1 << theme. */
typedef uint32_t theme_set;
#define THEME_BIT(theme) ((theme_set)1 << (theme))
#define THEME_SET_ALL    ((theme_set)((1U << THEME_COUNT) - 1))

/* "kindness", ...; "" for THEME_NONE. */
const char *theme_id(enum theme theme);

/* The same word in the person's language. */
const char *theme_name(enum theme theme);

/* THEME_NONE when there is no such theme. */
enum theme theme_from_id(const char *id);
