/* One window for each question. They print the answer and end with 0, or end with something else when the
 * person closes them; that one can't be told from a program that fails, and means the same: all stays as it
 * is. zenity shows the text of a list as markup. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/ask.h"
#include "daemon/client/process.h"
#include "daemon/core/dialog.h"
#include "daemon/core/translate.h"

/* Words before, and four of each option. */
#define WORDS_MAX (20 + 4 * ASK_OPTIONS_MAX)

/* As much of an answer as is read. */
#define ANSWER_SIZE 4096

struct command {
    const char *words[WORDS_MAX];
    size_t n;
};

static void add(struct command *command, const char *word) {
    if (command->n + 1 < WORDS_MAX)
        command->words[command->n++] = word;
}

static bool is_zenity(const struct asker *asker) {
    return streq(asker->program, "zenity");
}

/* What was printed, without line breaks at its end. */
static void read_printed(int fd, char text[ANSWER_SIZE]) {
    size_t size = 0;
    for (ssize_t n; (n = read(fd, text + size, ANSWER_SIZE - 1 - size)) != 0;) {
        if (n < 0 && errno != EINTR)
            break;
        size += n > 0 ? (size_t)n : 0;
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    text[size] = '\0';
}

static int run(const struct command *command, char text[ANSWER_SIZE]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    pid_t pid;
    int r = process_start(command->words, &mask, ends[1], &pid);
    close(ends[1]);
    if (r >= 0) {
        read_printed(ends[0], text);
        r = process_wait(pid);
    }
    close(ends[0]);
    return r > 0 ? -ECANCELED : r;
}

static struct command command_of(const struct asker *asker) {
    struct command command = {.words = {asker->program}, .n = 1};
    add(&command, "--title");
    add(&command, "kindly");
    if (is_zenity(asker)) {
        add(&command, "--width=520");
        add(&command, "--window-icon=org.kindlyd.Kindly");
    } else {
        add(&command, "--icon");
        add(&command, "org.kindlyd.Kindly");
    }
    return command;
}

static int begin(struct asker *asker, const char *text) {
    struct command command = command_of(asker);
    char printed[ANSWER_SIZE];
    _cleanup_free_ char *whole = NULL, *yes = NULL, *no = NULL;
    bool zenity = is_zenity(asker);
    if (asprintf(&whole, "%s\n\n%s", text,
                 _("A few questions follow. Closing a window leaves everything as it is.")) < 0)
        whole = NULL;
    if (asprintf(&yes, "--%s-label=%s", zenity ? "ok" : "yes", _("Go on")) < 0)
        yes = NULL;
    if (asprintf(&no, "--%s-label=%s", zenity ? "cancel" : "no", _("Not now")) < 0)
        no = NULL;
    if (!whole || !yes || !no)
        return -ENOMEM;
    if (zenity) {
        add(&command, yes);
        add(&command, no);
        add(&command, "--question");
        add(&command, "--no-markup");
        add(&command, "--text");
    } else {
        add(&command, "--yes-label");
        add(&command, strchr(yes, '=') + 1);
        add(&command, "--no-label");
        add(&command, strchr(no, '=') + 1);
        add(&command, "--yesno");
    }
    add(&command, whole);
    return run(&command, printed);
}

static int end(struct asker *asker, const char *text) {
    struct command command = command_of(asker);
    char printed[ANSWER_SIZE];
    if (is_zenity(asker)) {
        add(&command, "--info");
        add(&command, "--no-markup");
        add(&command, "--text");
    } else
        add(&command, "--msgbox");
    add(&command, text);
    int r = run(&command, printed);
    return r == -ECANCELED ? 0 : r;
}

static void add_line(const struct asker *asker, const struct ask *ask, const char *text,
                     struct command *command) {
    bool zenity = is_zenity(asker);
    add(command, zenity ? "--entry" : "--inputbox");
    if (zenity)
        add(command, "--text");
    add(command, text);
    if (zenity)
        add(command, "--entry-text");
    add(command, ask->present);
}

/* As high as its options need; of pixels, so that a large font gets a scroll bar. */
#define LIST_HEIGHT   150
#define OPTION_HEIGHT 26
#define HEIGHT_SIZE   32

/* A list with a column of marks; zenity has one of ids too, which isn't shown,
 * and one of what the options are about. */
static void add_list(const struct asker *asker, const struct ask *ask, const char *text,
                     struct command *command, char height[HEIGHT_SIZE]) {
    static const char *const columns[] = {"--list",           "--hide-header", "--column=",
                                          "--column=",        "--column=",     "--hide-column=2",
                                          "--print-column=2", "--separator= "};
    snprintf(height, HEIGHT_SIZE, "--height=%zu", LIST_HEIGHT + OPTION_HEIGHT * ask->n_options);
    bool zenity = is_zenity(asker), some = ask->kind == ASK_SOME;
    for (size_t i = 0; zenity && i < ELEMENTSOF(columns); i++)
        add(command, columns[i]);
    if (zenity)
        add(command, height);
    if (!zenity && some)
        add(command, "--separate-output");
    add(command, some ? "--checklist" : "--radiolist");
    if (zenity)
        add(command, "--text");
    add(command, text);
    for (size_t i = 0; i < ask->n_options; i++) {
        bool on = ask_has(ask->present, ask->options[i]);
        if (zenity)
            add(command, on ? "TRUE" : "FALSE");
        add(command, ask->options[i]);
        add(command, ask->labels[i]);
        add(command, zenity ? or_empty(ask->abouts[i]) : on ? "on" : "off");
    }
}

static int ask_window(struct asker *asker, const struct ask *ask, char **ret) {
    struct command command = command_of(asker);
    char answer[ANSWER_SIZE], height[HEIGHT_SIZE];
    _cleanup_free_ char *text = NULL;
    if (asprintf(&text, "%s%s%s", or_empty(ask->problem), ask->problem ? "\n\n" : "", ask->text) < 0) {
        text = NULL;
        return -ENOMEM;
    }
    if (ask->kind == ASK_TEXT)
        add_line(asker, ask, text, &command);
    else
        add_list(asker, ask, text, &command, height);
    int r = run(&command, answer);
    if (r < 0)
        return r;
    if (ask->kind == ASK_TEXT) {
        *ret = strdup(answer);
        return *ret ? 0 : -ENOMEM;
    }
    for (char *line = answer; (line = strchr(line, '\n'));)
        *line = ' '; /* kdialog prints one a line */
    return ask_match(ask, ask->kind == ASK_ONE && !*answer ? ask->present : answer, ret);
}

int ask_by_windows(struct asker *ret) {
    const char *desktop = getenv("XDG_CURRENT_DESKTOP"), *program;
    if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY"))
        return -ENOENT;
    for (size_t place = 0; (program = dialog_program(desktop, place)); place++) {
        if (!process_is_there(program))
            continue;
        *ret =
            (struct asker){.begin = begin, .ask = ask_window, .end = end, .again = true, .program = program};
        return 0;
    }
    return -ENOENT;
}
