/* Each takes the question as its last argument and prints what was written. */
#include "daemon/core/dialog.h"

#define OPTIONS 3

static const struct {
    const char *program, *options[OPTIONS];
    const char *desktop; /* where it comes first */
} dialogs[] = {
    {"zenity", {"--entry", "--title=kindly", "--text"}, NULL},
    {"kdialog", {"--title", "kindly", "--inputbox"}, "KDE"},
};

/* Whether a list such as "ubuntu:GNOME" has the name. */
static bool is_among(const char *list, const char *name) {
    for (size_t length; *list; list += length + (list[length] == ':')) {
        length = strcspn(list, ":");
        if (length == strlen(name) && strncmp(list, name, length) == 0)
            return true;
    }
    return false;
}

const char *dialog_program(const char *desktop, size_t place) {
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < ELEMENTSOF(dialogs); i++) {
            bool is_own = desktop && dialogs[i].desktop && is_among(desktop, dialogs[i].desktop);
            if (is_own == own && place-- == 0)
                return dialogs[i].program;
        }
    return NULL;
}

int dialog_command(const char *program, const char *question, const char *ret[DIALOG_ARGUMENTS]) {
    const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
    for (size_t i = 0; i < ELEMENTSOF(dialogs); i++) {
        if (!streq(dialogs[i].program, name))
            continue;
        *ret++ = program;
        for (size_t j = 0; j < OPTIONS; j++)
            *ret++ = dialogs[i].options[j];
        *ret++ = question;
        *ret = NULL;
        return 0;
    }
    return -ENOENT;
}
