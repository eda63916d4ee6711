#include "daemon/core/theme.h"

static const char *const theme_ids[THEME_COUNT + 1] = {
    [THEME_KINDNESS] = "kindness",
    [THEME_ACCEPTANCE] = "acceptance",
    [THEME_HUMANITY] = "humanity",
    [THEME_NOTICING] = "noticing",
    [THEME_FRIEND] = "friend",
    [THEME_CARE] = "care",
    [THEME_IMAGE] = "image",
    [THEME_RESPECT] = "respect",
    [THEME_FORGIVENESS] = "forgiveness",
    [THEME_PATIENCE] = "patience",
    [THEME_OWN] = "own",
    [THEME_NONE] = "",
};

const char *theme_id(enum theme theme) {
    return theme_ids[theme];
}

enum theme theme_from_id(const char *id) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if (streq(theme_ids[theme], id))
            return theme;
    return THEME_NONE;
}
