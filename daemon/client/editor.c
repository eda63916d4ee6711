/* A variable is read by a shell, because it may hold options; the editors of our own list need none. */
#include "daemon/client/editor.h"

#include <stdio.h>

#include "daemon/client/process.h"
#include "daemon/core/translate.h"

const char *editor_chosen(void) {
    static const char *const variables[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
        const char *editor = getenv(variables[i]);
        if (editor && *editor)
            return editor;
    }
    return NULL;
}

static int start_chosen(const char *editor, const char *path, const sigset_t *mask, pid_t *ret) {
    _cleanup_free_ char *command = NULL;
    if (asprintf(&command, "%s \"$1\"", editor) < 0) {
        command = NULL;
        return -ENOMEM;
    }
    return process_start((const char *const[]){"sh", "-c", command, "kindly", path, NULL}, mask, -1, ret);
}

/* The first is Debian's choice of the person, the second that of the machine. */
static int start_any(const char **ret_editor, const char *path, const sigset_t *mask, pid_t *ret) {
    static const char *const editors[] = {"sensible-editor", "editor", "nano", "vi"};
    int r = -ENOENT;
    for (size_t i = 0; r == -ENOENT && i < ELEMENTSOF(editors); i++) {
        r = process_start((const char *const[]){editors[i], path, NULL}, mask, -1, ret);
        *ret_editor = editors[i];
    }
    return r;
}

int editor_run(const char *editor, const char *path, const sigset_t *mask) {
    pid_t pid;
    int r = editor ? start_chosen(editor, path, mask, &pid) : start_any(&editor, path, mask, &pid);
    if (r >= 0)
        r = process_wait(pid);
    if (r < 0)
        return fail_errno(r, _("cannot start the editor"));
    if (r != 0) {
        complain(_("the editor (%s) ended with status %d, nothing saved"), editor, r);
        return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}
