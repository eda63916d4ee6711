/* On a terminal the questions are printed; otherwise a script is at the other end, which knows them. Ctrl-C
 * interrupts the reading, so that the caller can say that nothing was changed. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/ask.h"
#include "daemon/client/client.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/guard.h"

/* A longer line was not written by hand. */
#define LINE_SIZE 2048

#define NONE "-" /* typed for an empty line or no option, because Enter alone takes what stands */

static bool on_terminal(const struct asker *asker) {
    return asker->again;
}

static int begin(struct asker *asker, const char *text) {
    if (!on_terminal(asker))
        return 0;
    print_text(stdout, 0, 0, text);
    putchar('\n');
    print_text(
        stdout, 0, 0,
        _("A few questions follow. Enter takes the answer in brackets; Ctrl-C leaves everything as it is."));
    return 0;
}

static int end(struct asker *asker, const char *text) {
    if (on_terminal(asker))
        putchar('\n');
    print_text(stdout, 0, 0, text);
    return 0;
}

/* The labels of ids, with commas. */
static void print_labels(const struct ask *ask, const char *ids) {
    const char *between = "";
    for (size_t i = 0; i < ask->n_options; i++)
        if (ask_has(ids, ask->options[i])) {
            printf("%s%s", between, ask->labels[i]);
            between = ", ";
        }
    if (!*between)
        fputs(_("none"), stdout);
}

static void print_question(const struct ask *ask) {
    putchar('\n');
    if (ask->problem)
        print_text(stdout, 0, 0, ask->problem);
    print_text(stdout, 0, 0, ask->text);
    for (size_t i = 0; i < ask->n_options && ask->kind == ASK_SOME; i++)
        printf("  %2u %s%s%s\n", (unsigned)(i + 1), ask->labels[i], ask->abouts[i] ? ": " : "",
               or_empty(ask->abouts[i]));
    for (size_t i = 0; i < ask->n_options && ask->kind == ASK_ONE; i++)
        printf("%s%s%s", i ? ", " : "  ", ask->labels[i], i + 1 == ask->n_options ? "\n" : "");
    if (ask->kind == ASK_SOME)
        puts(_("  numbers or names; - for none"));
    if (ask->may_be_empty)
        puts(_("  - for none"));
    putchar('[');
    if (ask->kind == ASK_TEXT)
        print_clean(stdout, *ask->present ? ask->present : _("none"));
    else
        print_labels(ask, ask->present);
    fputs("] ", stdout);
    fflush(stdout);
}

/* Reads a byte; `mask` is in force while it waits, so that no signal slips by. 0: the end, or a signal. */
static ssize_t read_byte(const sigset_t *mask, char *ret) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (ppoll(&input, 1, NULL, mask) < 0)
        return 0;
    return read(STDIN_FILENO, ret, 1);
}

/* `line` without its line break; false: no more lines, or Ctrl-C. */
static bool read_line(const sigset_t *mask, char line[LINE_SIZE]) {
    size_t size = 0;
    char c;
    ssize_t n;
    while ((n = read_byte(mask, &c)) == 1 && c != '\n')
        if (size + 1 < LINE_SIZE)
            line[size++] = c;
    while (size > 0 && strchr(" \t\r", line[size - 1]))
        size--;
    line[size] = '\0';
    return n == 1 || (n == 0 && size > 0 && errno != EINTR);
}

static void interrupt(int number) {
    (void)number;
}

/* Asks and reads; Ctrl-C ends the reading as the end of the lines does. */
static bool read_answer(const struct asker *asker, const struct ask *ask, char line[LINE_SIZE]) {
    struct sigaction ours = {.sa_handler = interrupt}, before;
    sigset_t interrupts, mask;
    sigemptyset(&interrupts);
    if (on_terminal(asker))
        sigaddset(&interrupts, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupts, &mask);
    if (on_terminal(asker)) {
        sigaction(SIGINT, &ours, &before);
        print_question(ask);
    }
    errno = 0;
    bool more = !asker->ended && read_line(&mask, line);
    if (on_terminal(asker))
        sigaction(SIGINT, &before, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return more;
}

static int take(const struct ask *ask, const char *line, char **ret) {
    const char *words = line + strspn(line, " \t");
    if (!text_is_plain(words))
        return -EINVAL;
    bool none = streq(words, NONE) && (ask->may_be_empty || ask->kind == ASK_SOME);
    const char *answer = none ? "" : *words ? words : ask->present;
    if (ask->kind != ASK_TEXT) {
        int r = ask_match(ask, answer, ret);
        if (r == 0 && ask->kind == ASK_ONE && (!**ret || strchr(*ret, ' '))) {
            free(*ret);
            r = -EINVAL;
        }
        return r;
    }
    *ret = strdup(answer);
    return *ret ? 0 : -ENOMEM;
}

static int ask_line(struct asker *asker, const struct ask *ask, char **ret) {
    struct ask now = *ask;
    for (;;) {
        char line[LINE_SIZE] = "";
        if (!read_answer(asker, &now, line)) {
            if (on_terminal(asker)) {
                putchar('\n');
                return -ECANCELED;
            }
            asker->ended = true;
        }
        int r = take(ask, line, ret);
        if (r != -EINVAL)
            return r;
        if (!on_terminal(asker)) {
            complain(_("\"%s\" is no answer to: %s"), line, ask->text);
            return r;
        }
        now.problem = _("That is not among the answers.");
    }
}

void ask_by_lines(struct asker *ret) {
    *ret = (struct asker){
        .begin = begin, .ask = ask_line, .end = end, .again = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
}

static int ask_none(struct asker *asker, const struct ask *ask, char **ret) {
    (void)asker;
    *ret = strdup(ask->present);
    return *ret ? 0 : -ENOMEM;
}

void ask_nobody(struct asker *ret) {
    *ret = (struct asker){.begin = begin, .ask = ask_none, .end = end};
}
