#include "daemon/core/theme.h"

#include "daemon/core/translate.h"

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

static const char *const theme_names[THEME_COUNT] = {
    [THEME_KINDNESS] = NC_("theme", "kindness"),
    [THEME_ACCEPTANCE] = NC_("theme", "acceptance"),
    [THEME_HUMANITY] = NC_("theme", "humanity"),
    [THEME_NOTICING] = NC_("theme", "noticing"),
    [THEME_FRIEND] = NC_("theme", "friend"),
    [THEME_CARE] = NC_("theme", "care"),
    [THEME_IMAGE] = NC_("theme", "image"),
    [THEME_RESPECT] = NC_("theme", "respect"),
    [THEME_FORGIVENESS] = NC_("theme", "forgiveness"),
    [THEME_PATIENCE] = NC_("theme", "patience"),
    [THEME_OWN] = NC_("theme", "own"),
};

const char *theme_id(enum theme theme) {
    return theme_ids[theme];
}

const char *theme_name(enum theme theme) {
    return theme == THEME_NONE ? "" : translate_in_context(theme_names[theme]);
}

enum theme theme_from_id(const char *id) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if (streq(theme_ids[theme], id))
            return theme;
    return THEME_NONE;
}
