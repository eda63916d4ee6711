/* The modes found at the start are kept and put back; between, only ICANON and ECHO differ. A background
 * process must not change a terminal's modes (it would be stopped, or spoil what is in front), so then
 * nothing is done: the shell has put its own modes back when it took the terminal. */
#include "daemon/notify/tty-terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    24

struct terminal {
    int fd;
    char *name;
    struct termios found;
    bool changed;
};

/* What exit() has to put back. */
static struct terminal *at_exit;

static void restore_at_exit(void) {
    if (at_exit)
        terminal_restore(at_exit);
}

bool terminal_in_front(const struct terminal *terminal) {
    return tcgetpgrp(terminal->fd) == getpgrp();
}

int terminal_open(struct terminal **ret) {
    static bool registered;
    if (!isatty(STDIN_FILENO))
        return -ENOTTY;
    _cleanup_(terminal_freep) struct terminal *terminal = calloc(1, sizeof *terminal);
    if (!terminal)
        return -ENOMEM;
    const char *name = ttyname(STDIN_FILENO);
    terminal->name = strdup(name ? name : "/dev/tty");
    terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (!terminal->name)
        return -ENOMEM;
    if (terminal->fd < 0 || !terminal_in_front(terminal) || tcgetattr(terminal->fd, &terminal->found) < 0)
        return -ENOTTY;
    if (!registered && atexit(restore_at_exit) != 0)
        return -ENOMEM;
    registered = true;
    at_exit = terminal;
    *ret = TAKE_PTR(terminal);
    return 0;
}

struct terminal *terminal_free(struct terminal *terminal) {
    if (!terminal)
        return NULL;
    terminal_restore(terminal);
    if (at_exit == terminal)
        at_exit = NULL;
    if (terminal->fd >= 0)
        close(terminal->fd);
    free(terminal->name);
    free(terminal);
    return NULL;
}

int terminal_fd(const struct terminal *terminal) {
    return terminal->fd;
}

const char *terminal_name(const struct terminal *terminal) {
    return terminal->name;
}

size_t terminal_columns(const struct terminal *terminal) {
    struct winsize size;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_DEFAULT;
    return size.ws_col;
}

size_t terminal_rows(const struct terminal *terminal) {
    struct winsize size;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
        return ROWS_DEFAULT;
    return size.ws_row;
}

bool terminal_can_move(void) {
    const char *type = getenv("TERM");
    return type && *type && !streq(type, "dumb");
}

bool terminal_has_colour(void) {
    const char *no_colour = getenv("NO_COLOR");
    return terminal_can_move() && !(no_colour && *no_colour);
}

static void set_modes(struct terminal *terminal, const struct termios *modes, bool changed) {
    if (!terminal_in_front(terminal))
        return;
    if (tcsetattr(terminal->fd, TCSAFLUSH, modes) == 0)
        terminal->changed = changed;
}

void terminal_read_keys(struct terminal *terminal) {
    struct termios modes = terminal->found;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_lflag |= ISIG;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    set_modes(terminal, &modes, true);
}

void terminal_restore(struct terminal *terminal) {
    if (terminal->changed)
        set_modes(terminal, &terminal->found, false);
}

int terminal_write(struct terminal *terminal, const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(terminal->fd, text, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        text += written;
        left -= (size_t)written;
    }
    return 0;
}
