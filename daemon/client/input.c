/* Texts are bounded by what an entry can hold (KEEPER_NOTE_MAX bytes), so that reading stops early.
 *
 * For the editor there is a folder of our own in the runtime folder (memory, only the person's), removed with
 * all that is in it, backups of the editor included. Signals that would end this program wait until that is
 * done. */
#include "daemon/client/input.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/client/editor.h"
#include "daemon/client/process.h"
#include "daemon/client/words.h"
#include "daemon/core/dialog.h"
#include "daemon/core/keeper.h"
#include "daemon/core/translate.h"

#define FOLDER_NAME "kindly-XXXXXX"
#define FILE_NAME   "note.txt"

void input_done(struct input *input) {
    free(input->text);
    *input = (struct input){};
}

void input_give_back(const struct input *input) {
    if (!input->edited)
        return;
    complain(_("this is what you wrote; it was not saved:"));
    puts(input->text);
}

/* Takes `text` over. */
static int finish(char *text, size_t size, bool edited, struct input *ret) {
    struct input input = {.text = text, .edited = edited};
    if (!text_is_utf8(text, size)) {
        complain(_("that is not text in UTF-8, nothing saved"));
        input_done(&input);
        return OUTCOME_FAILED;
    }
    text[size] = '\0';
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        text[--size] = '\0';
    if (text[strspn(text, " \t\r\n")] == '\0') {
        complain(_("nothing written, nothing saved"));
        input_done(&input);
        return OUTCOME_FAILED;
    }
    if (size > KEEPER_NOTE_MAX) {
        complain(_("that is longer than a note can be (%d bytes), nothing saved"), KEEPER_NOTE_MAX);
        input_give_back(&input);
        input_done(&input);
        return OUTCOME_FAILED;
    }
    *ret = input;
    return OUTCOME_DONE;
}

int input_take(const char *text, struct input *ret) {
    char *copy = strdup(text);
    return copy ? finish(copy, strlen(copy), false, ret) : fail_errno(-ENOMEM, _("cannot take the text"));
}

/* More than this is not read: enough to give back what was written, and to know that it is too long. */
#define READ_MAX ((size_t)16 * KEEPER_NOTE_MAX)

static int read_all(int fd, char **ret_text, size_t *ret_size) {
    _cleanup_free_ char *text = malloc(READ_MAX + 1);
    if (!text)
        return -ENOMEM;
    size_t size = 0;
    while (size < READ_MAX) {
        ssize_t n = read(fd, text + size, READ_MAX - size);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            size += (size_t)n;
    }
    text[size] = '\0';
    *ret_text = TAKE_PTR(text);
    *ret_size = size;
    return 0;
}

static int read_input(int fd, bool edited, struct input *ret) {
    char *text = NULL;
    size_t size = 0;
    int r = read_all(fd, &text, &size);
    return r < 0 ? fail_errno(r, _("cannot read the text")) : finish(text, size, edited, ret);
}

/* --- The editor ------------------------------------------------------------------------------- */

static int make_folder(char **ret) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char *folder;
    if (asprintf(&folder, "%s/" FOLDER_NAME, runtime && *runtime == '/' ? runtime : "/tmp") < 0)
        return -ENOMEM;
    if (!mkdtemp(folder)) {
        int r = -errno;
        free(folder);
        return r;
    }
    *ret = folder;
    return 0;
}

static void remove_folder(const char *folder) {
    DIR *files = opendir(folder);
    if (files) {
        struct dirent *file;
        while ((file = readdir(files)))
            unlinkat(dirfd(files), file->d_name, 0);
        closedir(files);
    }
    if (rmdir(folder) < 0)
        complain(_("cannot remove %s, where your text was edited: %m"), folder);
}

static int edit_in(const char *folder, const char *editor, const sigset_t *mask, struct input *ret) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/" FILE_NAME, folder) < 0) {
        path = NULL;
        return fail_errno(-ENOMEM, _("cannot start the editor"));
    }
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(-errno, path);
    close(fd);
    int outcome = editor_run(editor, path, mask);
    if (outcome != OUTCOME_DONE)
        return outcome;
    fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW); /* the editor may have put another file in its place */
    if (fd < 0)
        return fail_errno(-errno, path);
    outcome = read_input(fd, true, ret);
    close(fd);
    return outcome;
}

static int read_editor(const char *editor, struct input *ret) {
    sigset_t ending, before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGQUIT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, &before);
    char *folder = NULL;
    int r = make_folder(&folder);
    int outcome =
        r < 0 ? fail_errno(r, _("cannot make a place for the text")) : edit_in(folder, editor, &before, ret);
    if (folder)
        remove_folder(folder);
    free(folder);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return outcome;
}

int input_read(struct input *ret) {
    if (!isatty(STDIN_FILENO))
        return read_input(STDIN_FILENO, false, ret);
    const char *editor = editor_chosen();
    if (editor)
        return read_editor(editor, ret);
    fputs(_("Write what you like; Ctrl-D on a line of its own ends it, Ctrl-C drops it.\n"), stderr);
    return read_input(STDIN_FILENO, false, ret);
}

/* --- Dialogs ---------------------------------------------------------------------------------- */

/* -ENOENT and the like: it can't be started. Otherwise an outcome. */
static int run_dialog(const char *const command[], struct input *ret) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    pid_t pid;
    int r = process_start(command, &mask, ends[1], &pid);
    close(ends[1]);
    if (r >= 0) {
        r = read_input(ends[0], true, ret);
        process_wait(pid);
    }
    close(ends[0]);
    return r;
}

int input_ask(const char *question, struct input *ret) {
    const char *desktop = getenv("XDG_CURRENT_DESKTOP"), *program;
    int r = -ENOENT;
    for (size_t place = 0; r == -ENOENT && (program = dialog_program(desktop, place)); place++) {
        const char *command[DIALOG_ARGUMENTS];
        r = dialog_command(program, question, command);
        if (r >= 0)
            r = run_dialog(command, ret);
    }
    return r;
}
