/* What is logged, and what the person is told in `Problem`. */
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"

/* Whoever is to read the log may have stopped reading. What finds no room then is lost: no prompt waits for
 * it. A pipe that can be written at all takes PIPE_BUF at once. */
static void write_line(const char *line, size_t size) {
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&log, 1, 0) > 0 && (log.revents & POLLOUT))
        (void)!write(STDERR_FILENO, line, size);
}

/* With priorities for the system's log when systemd started us, else plainly and without what is for
 * debugging. Never a person's text. */
void say(int priority, const char *format, ...) {
    bool to_journal = getenv("JOURNAL_STREAM");
    if (!to_journal && priority >= LOG_DEBUG)
        return;
    char line[PIPE_BUF];
    const size_t room = sizeof line - 1; /* for the line's end */
    size_t size =
        (size_t)(to_journal ? snprintf(line, room, "<%d>", priority) : snprintf(line, room, "kindlyd: "));
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + size, room - size, format, arguments);
    va_end(arguments);
    size += length < 0 ? 0 : MIN_OF((size_t)length, room - size - 1);
    line[size++] = '\n';
    write_line(line, size);
}

/* A system's error, in English whatever the locale. */
const char *reason_of(int error) {
    const char *reason = strerrordesc_np(-error);
    return reason ? reason : "unknown error";
}

/* The log is told in English, once; what the person is told is kept. NULL: nothing any more. */
void set_problem_as(char **problem, const char *english, const char *text) {
    if (streq(or_empty(*problem), or_empty(text)))
        return;
    free(*problem);
    *problem = text ? strdup(text) : NULL;
    if (text)
        say(LOG_WARNING, "%s", or_empty(english));
}

void set_problem(char **problem, const char *text) {
    set_problem_as(problem, text, text ? _(text) : NULL);
}

char *joined_problems(const struct daemon *daemon) {
    const char *parts[] = {daemon->config_problem, daemon->deck_problem, daemon->journal_problem,
                           daemon->journal_notice, daemon->presenter_problem};
    char *all = NULL;
    for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
        char *longer;
        if (!parts[i] || asprintf(&longer, "%s%s%s", or_empty(all), all ? "; " : "", parts[i]) < 0)
            continue;
        free(all);
        all = longer;
    }
    return all;
}
