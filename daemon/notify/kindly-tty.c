/* kindly-tty: shows prompts on the terminal, for where there is no desktop (org.kindlyd.Presenter1 on fd 3).
 *
 * A prompt is written among whatever else stands there, and is answered with a single key. Only one can be
 * answered: the newest. The terminal reads keys without echo exactly while a prompt waits for one, and is put
 * back however we end. While the person writes a line nothing disturbs it: a prompt that comes waits until
 * the line is finished, and one that is withdrawn still gets its line. In the background we wait to be
 * brought back to the front. Without a usable terminal the prompt is printed, and `kindly answer` answers it.
 * Limit: where other output came between, a new width of the window redraws over its last lines. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "daemon/core/translate.h"
#include "daemon/notify/line.h"
#include "daemon/notify/page.h"
#include "daemon/notify/text.h"
#include "daemon/notify/tty-card.h"
#include "daemon/notify/tty-terminal.h"
#include "daemon/store/language.h"

#define BUS_ID "tty"

/* What a terminal hands over at once at the most (termios(3)). */
#define INPUT_MAX 4096

/* Text in longer rows is hard to read. */
#define PAGE_COLUMNS_MAX 80

/* How often to look, in the background, whether we are in front again: no signal tells that. */
#define FRONT_INTERVAL USEC_PER_SEC

enum mode {
    MODE_IDLE, /* nothing waits for an answer */
    MODE_KEYS, /* `card` waits for a key */
    MODE_LINE, /* a line is being written for `card` */
};

struct tty {
    sd_event *event;
    sd_bus *bus;
    struct terminal *terminal; /* NULL: none is usable */
    sd_event_source *input, *front;
    enum mode mode;
    struct card *card; /* unless idle */
    struct card *next; /* came while a line was being written */
    bool withdrawn;    /* `card` was, while a line was being written */
    size_t drawn_columns;
    struct line line; /* what is being written */
    char *line_drawn; /* how it stands on the terminal; NULL: it doesn't */
    uint32_t shown;   /* counts showings: the server id */
};

static void emit(struct tty *tty, const char *signal, const char *id, const char *value) {
    (void)sd_bus_emit_signal(tty->bus, PRESENTER_PATH, PRESENTER_INTERFACE, signal, "ss", id, value);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static size_t page_columns(const struct tty *tty) {
    return MIN_OF(terminal_columns(tty->terminal), (size_t)PAGE_COLUMNS_MAX);
}

static int draw_page(struct tty *tty) {
    _cleanup_free_ char *page = NULL;
    tty->drawn_columns = page_columns(tty);
    int r = page_compose(tty->card, tty->drawn_columns, terminal_has_colour(), &page);
    return r < 0 ? r : terminal_write(tty->terminal, page);
}

/* The page as it was drawn goes away, as many rows as it takes up now. */
static void erase_page(struct tty *tty) {
    _cleanup_free_ char *page = NULL;
    char erase[48];
    if (!terminal_can_move() || page_compose(tty->card, tty->drawn_columns, false, &page) < 0)
        return;
    size_t rows = page_rows(page, terminal_columns(tty->terminal));
    snprintf(erase, sizeof erase, "\r\033[%zuA\033[J", rows);
    (void)terminal_write(tty->terminal, erase);
}

static void say(struct tty *tty, const char *remark) {
    _cleanup_free_ char *text = NULL;
    if (page_compose_remark(remark, page_columns(tty), &text) >= 0)
        (void)terminal_write(tty->terminal, text);
}

static int wait_for_key(struct tty *tty) {
    tty->mode = MODE_KEYS;
    terminal_read_keys(tty->terminal);
    (void)sd_event_source_set_enabled(tty->input, SD_EVENT_ON);
    return draw_page(tty);
}

/* What stands there of the line goes away; the cursor is behind it. */
static void erase_line(struct tty *tty) {
    char erase[48] = "\n";
    size_t rows = page_rows(tty->line_drawn, terminal_columns(tty->terminal));
    if (terminal_can_move() && rows > 1)
        snprintf(erase, sizeof erase, "\r\033[%zuA\033[J", rows - 1);
    else if (terminal_can_move())
        strcpy(erase, "\r\033[J");
    (void)terminal_write(tty->terminal, erase);
}

static int draw_line(struct tty *tty) {
    _cleanup_free_ char *text = NULL;
    size_t rows = terminal_rows(tty->terminal);
    int r = line_compose(&tty->line, terminal_columns(tty->terminal), rows > 1 ? rows - 1 : 1, &text);
    if (r < 0)
        return r;
    size_t same = tty->line_drawn ? strlen(tty->line_drawn) : 0;
    if (same > 0 && strncmp(text, tty->line_drawn, same) != 0) {
        erase_line(tty);
        same = 0;
    }
    r = terminal_write(tty->terminal, text + same);
    free(tty->line_drawn);
    tty->line_drawn = TAKE_PTR(text);
    return r;
}

/* With what is written of it already. */
static int wait_for_line(struct tty *tty) {
    tty->mode = MODE_LINE;
    terminal_read_keys(tty->terminal);
    (void)sd_event_source_set_enabled(tty->input, SD_EVENT_ON);
    free(TAKE_PTR(tty->line_drawn));
    return draw_line(tty);
}

static void be_idle(struct tty *tty) {
    tty->mode = MODE_IDLE;
    tty->card = card_free(tty->card);
    tty->withdrawn = false;
    tty->line = (struct line){0};
    free(TAKE_PTR(tty->line_drawn));
    (void)sd_event_source_set_enabled(tty->input, SD_EVENT_OFF);
    (void)sd_event_source_set_enabled(tty->front, SD_EVENT_OFF);
    if (tty->terminal)
        terminal_restore(tty->terminal);
}

/* The terminal hung up: what stood there is off the screen, still open. */
static void lose_terminal(struct tty *tty) {
    if (tty->card && !tty->withdrawn)
        emit(tty, "Closed", tty->card->id, PRESENTER_OFF_SCREEN);
    if (tty->next)
        emit(tty, "Closed", tty->next->id, PRESENTER_OFF_SCREEN);
    tty->next = card_free(tty->next);
    be_idle(tty);
    tty->input = sd_event_source_unref(tty->input);
    tty->terminal = terminal_free(tty->terminal);
}

/* Takes the card over and lets it wait for a key. */
static int show_card(struct tty *tty, struct card *card) {
    if (tty->card && !streq(tty->card->id, card->id))
        emit(tty, "Closed", tty->card->id, PRESENTER_OFF_SCREEN);
    card_free(tty->card);
    tty->card = card;
    tty->withdrawn = false;
    if (card->sound)
        (void)terminal_write(tty->terminal, "\a");
    return wait_for_key(tty);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void choose(struct tty *tty, const char *choice, const char *label) {
    emit(tty, "Chosen", tty->card->id, choice);
    say(tty, label);
    be_idle(tty);
}

static void handle_key(struct tty *tty, char key) {
    char keys[CARD_CHOICES_MAX];
    key = (char)tolower((unsigned char)key);
    page_keys(tty->card, keys);
    if (key == '\n' || key == '\r') {
        choose(tty, PRESENTER_DEFAULT, page_default_label(tty->card));
        return;
    }
    if (key == PAGE_KEY_WRITE && card_takes_line(tty->card)) {
        say(tty, _("One line; Enter ends it, an empty one goes back."));
        if (wait_for_line(tty) < 0)
            lose_terminal(tty);
        return;
    }
    for (size_t i = 0; i < tty->card->n_choices; i++)
        if (keys[i] == key) {
            choose(tty, tty->card->choices[i].id, tty->card->choices[i].label);
            return;
        }
}

/* An arrow or function key sends ESC and then letters, which are no answer. */
static void handle_keys(struct tty *tty, const char *keys) {
    for (; *keys && *keys != '\033' && tty->mode == MODE_KEYS; keys++)
        handle_key(tty, *keys);
}

static void finish_line(struct tty *tty) {
    struct card *next = TAKE_PTR(tty->next);
    be_idle(tty);
    if (next && show_card(tty, next) < 0)
        lose_terminal(tty);
}

/* Nothing was written: the prompt waits for a key as before, unless it is gone or another one waits. */
static void cancel_line(struct tty *tty) {
    tty->line = (struct line){0};
    if (tty->next && !tty->withdrawn && !streq(tty->card->id, tty->next->id))
        emit(tty, "Closed", tty->card->id, PRESENTER_OFF_SCREEN);
    if (tty->next || tty->withdrawn)
        finish_line(tty);
    else if (wait_for_key(tty) < 0)
        lose_terminal(tty);
}

static void take_line(struct tty *tty) {
    if (tty->line.wrong) {
        say(tty, _("That line is not UTF-8 and was not taken."));
        cancel_line(tty);
        return;
    }
    _cleanup_free_ char *text = NULL;
    if (text_line(tty->line.text, CARD_LINE_MAX, &text) == -ENOMEM)
        say(tty, _("There is not enough memory to take that line."));
    if (!text) {
        cancel_line(tty);
        return;
    }
    if (tty->line.cut)
        say(tty, _("The line is longer than 4000 bytes; its beginning was taken."));
    emit(tty, "Written", tty->card->id, text);
    say(tty, _("Written."));
    finish_line(tty);
}

static void handle_line(struct tty *tty, const char *bytes, size_t size) {
    enum line_state state = line_take(&tty->line, bytes, size);
    if (draw_line(tty) < 0) {
        lose_terminal(tty);
        return;
    }
    if (state == LINE_OPEN)
        return;
    (void)terminal_write(tty->terminal, "\n");
    if (state == LINE_FINISHED)
        take_line(tty);
    else
        cancel_line(tty);
}

/* --- in front and behind ---------------------------------------------------------------------- */

/* What waits is drawn anew: other output may have come between. */
static void come_back(struct tty *tty) {
    (void)sd_event_source_set_enabled(tty->front, SD_EVENT_OFF);
    if ((tty->mode == MODE_LINE ? wait_for_line(tty) : wait_for_key(tty)) < 0)
        lose_terminal(tty);
}

static void stay_behind(struct tty *tty) {
    (void)sd_event_source_set_enabled(tty->input, SD_EVENT_OFF);
    (void)sd_event_source_set_time_relative(tty->front, FRONT_INTERVAL);
    (void)sd_event_source_set_enabled(tty->front, SD_EVENT_ONESHOT);
}

static void look_who_is_in_front(struct tty *tty) {
    if (tty->mode == MODE_IDLE)
        return;
    if (terminal_in_front(tty->terminal))
        come_back(tty);
    else
        stay_behind(tty);
}

static int on_front(sd_event_source *source, uint64_t time_usec, void *data) {
    (void)source;
    (void)time_usec;
    look_who_is_in_front(data);
    return 0;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *data) {
    struct tty *tty = data;
    char buffer[INPUT_MAX + 1];
    (void)source;
    if (!(events & (EPOLLHUP | EPOLLERR)) && !terminal_in_front(tty->terminal)) {
        stay_behind(tty);
        return 0;
    }
    ssize_t size = read(fd, buffer, sizeof buffer - 1);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (size < 0 || events & (EPOLLHUP | EPOLLERR)) {
        lose_terminal(tty);
        return 0;
    }
    buffer[size] = '\0'; /* a NUL typed in ends what is read, as it would end a text */
    if (tty->mode == MODE_KEYS)
        handle_keys(tty, buffer);
    else if (tty->mode == MODE_LINE)
        handle_line(tty, buffer, (size_t)size);
    return 0;
}

/* --- signals ---------------------------------------------------------------------------------- */

static int on_resize(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
    struct tty *tty = data;
    (void)source;
    (void)info;
    if (tty->mode == MODE_IDLE || !terminal_in_front(tty->terminal))
        return 0;
    if (tty->mode == MODE_KEYS)
        erase_page(tty);
    if ((tty->mode == MODE_KEYS ? draw_page(tty) : draw_line(tty)) < 0)
        lose_terminal(tty);
    return 0;
}

static int on_suspend(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
    struct tty *tty = data;
    (void)source;
    (void)info;
    if (tty->terminal)
        terminal_restore(tty->terminal);
    return raise(SIGSTOP) == 0 ? 0 : -errno;
}

static int on_continue(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
    (void)source;
    (void)info;
    look_who_is_in_front(data);
    return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
    struct tty *tty = data;
    (void)info;
    if (tty->mode == MODE_LINE)
        (void)terminal_write(tty->terminal, "\n"); /* what comes next begins a row */
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static const struct {
    int number;
    sd_event_signal_handler_t handler;
} signals[] = {
    {SIGWINCH, on_resize}, {SIGTSTP, on_suspend}, {SIGCONT, on_continue}, {SIGINT, on_end},
    {SIGTERM, on_end},     {SIGQUIT, on_end},     {SIGHUP, on_end},
};

static int add_signals(struct tty *tty) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTSOF(signals); i++)
        sigaddset(&set, signals[i].number);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    (void)signal(SIGPIPE, SIG_IGN); /* a write that fails says so */
    (void)signal(SIGTTOU, SIG_IGN); /* `stty tostop` would stop us, and the daemon would wait */
    for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
        int r = sd_event_add_signal(tty->event, NULL, signals[i].number, signals[i].handler, tty);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- the link --------------------------------------------------------------------------------- */

/* Standard output as the journal: no text of a prompt goes to a log. */
static bool output_is_journal(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat output;
    char name[64];
    if (!stream || fstat(STDOUT_FILENO, &output) < 0)
        return false;
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)output.st_dev, (uintmax_t)output.st_ino);
    return streq(stream, name);
}

/* Wrapped at the width of the terminal, if standard output is one. */
static int print_plain(const struct card *card) {
    _cleanup_free_ char *page = NULL;
    struct winsize size;
    if (output_is_journal())
        return -EHOSTUNREACH;
    size_t columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
    int r = page_compose_plain(card, MIN_OF(columns, (size_t)PAGE_COLUMNS_MAX), &page);
    if (r < 0)
        return r;
    return fputs(page, stdout) < 0 || fflush(stdout) != 0 ? -EHOSTUNREACH : 0;
}

static int ensure_terminal(struct tty *tty) {
    if (tty->terminal)
        return terminal_in_front(tty->terminal) ? 0 : -ENOTTY;
    int r = terminal_open(&tty->terminal);
    if (r < 0)
        return r;
    r = sd_event_add_io(tty->event, &tty->input, terminal_fd(tty->terminal), EPOLLIN, on_input, tty);
    if (r < 0)
        tty->terminal = terminal_free(tty->terminal);
    return r;
}

/* On the terminal: now, or when the line that is being written is finished. */
static int present_on_terminal(struct tty *tty, struct card **card) {
    if (tty->mode == MODE_LINE) {
        card_free(tty->next);
        tty->next = TAKE_PTR(*card);
        return 0;
    }
    int r = show_card(tty, TAKE_PTR(*card));
    if (r < 0) {
        be_idle(tty); /* the reply says so, no signal */
        lose_terminal(tty);
    }
    return r;
}

/* Takes the card over. Any error: there is nowhere to show it. */
static int present(struct tty *tty, struct card **card) {
    int r = ensure_terminal(tty);
    if (r == -ENOTTY)
        return print_plain(*card);
    return r < 0 ? r : present_on_terminal(tty, card);
}

static int method_show(sd_bus_message *message, void *data, sd_bus_error *error) {
    struct tty *tty = data;
    _cleanup_(card_freep) struct card *card = NULL;
    const char *wrong = NULL;
    int r = card_from_message(message, &card, &wrong);
    if (r == -EINVAL && wrong)
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, wrong);
    if (r >= 0)
        r = present(tty, &card);
    if (r < 0)
        return sd_bus_error_set(error, PRESENTER_ERROR_UNAVAILABLE, "There is nowhere to show this now.");
    return sd_bus_reply_method_return(message, "ssu", BUS_ID,
                                      tty->terminal ? terminal_name(tty->terminal) : "", ++tty->shown);
}

static int method_withdraw(sd_bus_message *message, void *data, sd_bus_error *error) {
    struct tty *tty = data;
    (void)error;
    const char *id;
    int r = sd_bus_message_read(message, "s", &id);
    if (r < 0)
        return r;
    if (tty->next && streq(tty->next->id, id))
        tty->next = card_free(tty->next);
    if (tty->card && streq(tty->card->id, id)) {
        if (tty->mode == MODE_LINE) {
            tty->withdrawn = true;
        } else {
            say(tty, _("(put away)"));
            be_idle(tty);
        }
    }
    return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS(
        "Show", SD_BUS_ARGS("s", id, "s", title, "s", body, "a(ss)", choices, "a{sv}", hints),
        SD_BUS_RESULT("s", bus_id, "s", owner, "u", server_id), method_show, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Withdraw", SD_BUS_ARGS("s", id), SD_BUS_NO_RESULT, method_withdraw,
                            SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL_WITH_ARGS("Chosen", SD_BUS_ARGS("s", id, "s", choice), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Written", SD_BUS_ARGS("s", id, "s", text), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Closed", SD_BUS_ARGS("s", id, "s", how), 0),
    SD_BUS_SIGNAL("Named", "", 0),
    SD_BUS_SIGNAL("Free", "", 0),
    SD_BUS_VTABLE_END,
};

/* sd-bus takes what came along with the end of the handshake for read, and would wait for more before it
 * looks at it: so the handshake and what came with it are handled before the loop begins. The link may end
 * meanwhile. */
static int finish_handshake(struct tty *tty) {
    int r, code;
    do {
        r = sd_bus_process(tty->bus, NULL);
        if (r == 0 && sd_bus_is_ready(tty->bus) > 0)
            return 0;
        if (r == 0)
            r = sd_bus_wait(tty->bus, USEC_INFINITY);
    } while (r >= 0 && sd_event_get_exit_code(tty->event, &code) < 0);
    return sd_event_get_exit_code(tty->event, &code) >= 0 ? 0 : r;
}

/* The end of the link ends the loop. */
static int connect_link(struct tty *tty) {
    struct stat link;
    if (fstat(PRESENTER_FD, &link) < 0 || !S_ISSOCK(link.st_mode))
        return -ENOTSOCK; /* sd-bus would end the program over it */
    int r = sd_bus_new(&tty->bus);
    if (r < 0)
        return r;
    r = sd_bus_set_fd(tty->bus, PRESENTER_FD, PRESENTER_FD);
    if (r < 0)
        return r;
    r = sd_bus_set_anonymous(tty->bus, true);
    if (r < 0)
        return r;
    r = sd_bus_set_exit_on_disconnect(tty->bus, true);
    if (r < 0)
        return r;
    r = sd_bus_add_object_vtable(tty->bus, NULL, PRESENTER_PATH, PRESENTER_INTERFACE, vtable, tty);
    if (r < 0)
        return r;
    r = sd_bus_attach_event(tty->bus, tty->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        return r;
    r = sd_bus_start(tty->bus);
    return r < 0 ? r : finish_handshake(tty);
}

static void tty_done(struct tty *tty) {
    tty->card = card_free(tty->card);
    tty->next = card_free(tty->next);
    free(TAKE_PTR(tty->line_drawn));
    tty->input = sd_event_source_unref(tty->input);
    tty->front = sd_event_source_unref(tty->front);
    tty->terminal = terminal_free(tty->terminal);
    tty->bus = sd_bus_flush_close_unref(tty->bus);
    tty->event = sd_event_unref(tty->event);
}

int main(int argc, char **argv) {
    (void)argv;
    struct tty tty = {0};
    language_begin();
    if (argc != 1) {
        fprintf(stderr, "kindly-tty: %s\n", _("takes no arguments; kindlyd starts it."));
        return 2;
    }
    int r = sd_event_new(&tty.event);
    if (r >= 0)
        r = sd_event_add_time_relative(tty.event, &tty.front, CLOCK_MONOTONIC, 0, 0, on_front, &tty);
    if (r >= 0)
        r = sd_event_source_set_enabled(tty.front, SD_EVENT_OFF);
    if (r >= 0)
        r = add_signals(&tty);
    if (r >= 0)
        r = connect_link(&tty);
    if (r < 0) {
        fprintf(
            stderr, "kindly-tty: %s\n",
            _("kindlyd starts it and talks to it over file descriptor 3; there is no daemon behind that."));
        tty_done(&tty);
        return EXIT_FAILURE;
    }
    (void)sd_event_loop(tty.event);
    tty_done(&tty);
    return EXIT_SUCCESS;
}
