/* Only the body of a notification can carry markup, and only where the server says so; everywhere else markup
 * would show as text. Where a server draws no buttons the last line names the command that answers. Where it
 * draws no body the text moves up into the summary, which is a single line. */
#include "daemon/notify/notice.h"

#include <limits.h>
#include <stdio.h>

#include "daemon/notify/text.h"

#define ANSWER_LINE "Answer with: kindly answer"

void notice_caps_add(struct notice_caps *caps, const char *name) {
    const struct {
        const char *name;
        bool *field;
    } known[] = {
        {"actions", &caps->actions},
        {"body", &caps->body},
        {"body-markup", &caps->markup},
    };
    for (size_t i = 0; i < ELEMENTSOF(known); i++)
        if (streq(known[i].name, name))
            *known[i].field = true;
}

static int timeout_of(usec_t show_for_usec) {
    if (show_for_usec == USEC_INFINITY)
        return 0;
    if (show_for_usec == 0)
        return -1;
    usec_t msec = MAX_OF(show_for_usec / USEC_PER_MSEC, (usec_t)1);
    return (int)MIN_OF(msec, (usec_t)INT_MAX);
}

static void join_lines(char *text) {
    for (; *text; text++)
        if (*text == '\n')
            *text = ' ';
}

/* "first" + "between" + "second"; nothing between when one of them is empty. */
static int join(const char *first, const char *between, const char *second, char **ret) {
    char *joined;
    if (asprintf(&joined, "%s%s%s", first, *first && *second ? between : "", second) < 0)
        return -ENOMEM;
    *ret = joined;
    return 0;
}

static int compose_summary(const struct card *card, struct notice_caps caps, char **ret) {
    char *summary = NULL;
    int r = join(card->title, ": ", caps.body ? "" : card->body, &summary);
    if (r < 0)
        return r;
    join_lines(summary);
    *ret = summary;
    return 0;
}

static int compose_body(const struct card *card, struct notice_caps caps, char **ret) {
    _cleanup_free_ char *text = NULL;
    int r = join(card->body, "\n", caps.actions || card->n_choices == 0 ? "" : ANSWER_LINE, &text);
    if (r < 0)
        return r;
    if (caps.markup)
        return text_escape_markup(text, ret);
    *ret = TAKE_PTR(text);
    return 0;
}

int notice_new(const struct card *card, struct notice_caps caps, struct notice **ret) {
    _cleanup_(notice_freep) struct notice *notice = calloc(1, sizeof *notice);
    if (!notice)
        return -ENOMEM;
    int r = compose_summary(card, caps, &notice->summary);
    if (r < 0)
        return r;
    r = caps.body ? compose_body(card, caps, &notice->body) : 0;
    if (r < 0)
        return r;
    notice->timeout_msec = timeout_of(card->show_for_usec);
    *ret = TAKE_PTR(notice);
    return 0;
}

struct notice *notice_free(struct notice *notice) {
    if (!notice)
        return NULL;
    free(notice->summary);
    free(notice->body);
    free(notice);
    return NULL;
}

int notice_icon_file(const char *program, char **ret_path) {
    const char *build = NULL;
    for (const char *at = program; (at = strstr(at, "/build/")); at++)
        build = at;
    if (!build)
        return -ENOENT;
    char *path;
    if (asprintf(&path, "%.*s/units/" NOTICE_ICON_NAME ".svg", (int)(build - program), program) < 0)
        return -ENOMEM;
    *ret_path = path;
    return 0;
}
