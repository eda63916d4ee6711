/* What is logged, and what the person is told in `Problem`. */
#include <stdarg.h>
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"

/* With priorities for the system's log when systemd started us, else plainly and without what is for
 * debugging. Never a person's text. */
void say(int priority, const char *format, ...) {
    bool to_journal = getenv("JOURNAL_STREAM");
    if (!to_journal && priority >= LOG_DEBUG)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (to_journal)
        fprintf(stderr, "<%d>", priority);
    else
        fputs("kindlyd: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
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
    const char *parts[] = {daemon->config_problem, daemon->journal_problem, daemon->journal_notice,
                           daemon->presenter_problem};
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
