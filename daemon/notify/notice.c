/* Only the body of a notification can carry markup, and only where the server says so; everywhere else markup
 * would show as text. Where a server draws no buttons the last line names the command that answers, until it
 * has done so often enough to be known. Where it draws no body the text moves up into the summary, which is a
 * single line. */
#include "daemon/notify/notice.h"

#include <limits.h>
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/notify/text.h"

#define ANSWER_LINE N_("Answer with: kindly answer")

/* So many showings name the command where a server has no choices at all, and where they are in a menu. */
#define NAMED_WITHOUT_ACTIONS 3
#define NAMED_WITH_MENU       1

/* Xfce, MATE and what is not in the table put all buttons into one row, where more make the notification as
 * wide as the screen. */
#define BUTTONS_IN_A_ROW 5

/* GNOME draws three buttons whatever it is sent, lxqt makes a list of more; notification-daemon and swaync
 * cut them off; Plasma wraps them. dunst, mako and fnott draw none, and have a menu or a click on the text
 * instead. */
static const struct {
    const char *name;
    struct notice_caps caps;
} servers[] = {
    {"gnome-shell", {.buttons = 3, .keeps_buttons = true}},
    {"lxqt-notificationd", {.buttons = 3, .counts_default = true, .keeps_buttons = true}},
    {"GNOME Notification Daemon", {.buttons = 3, .keeps_bubble = true}},
    {"SwayNotificationCenter", {.buttons = 3}},
    {"Plasma", {.buttons = CARD_CHOICES_MAX}},
    {"dunst", {.buttons = 0}},
    {"mako", {.buttons = 0}},
    {"fnott", {.buttons = 0}},
};

struct notice_caps notice_caps_of(const char *server_name) {
    for (size_t i = 0; i < ELEMENTSOF(servers); i++)
        if (streq(servers[i].name, server_name))
            return servers[i].caps;
    return (struct notice_caps){.buttons = BUTTONS_IN_A_ROW};
}

void notice_caps_add(struct notice_caps *caps, const char *name) {
    const struct {
        const char *name;
        bool *field;
    } known[] = {
        {"actions", &caps->actions},
        {"body", &caps->body},
        {"body-markup", &caps->markup},
        {PRESENTER_REPLY, &caps->reply},
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

static bool names_command(const struct card *card, struct notice_caps caps) {
    if (card->n_choices == 0 || !caps.body)
        return false;
    return card->named < (!caps.actions ? NAMED_WITHOUT_ACTIONS : caps.buttons == 0 ? NAMED_WITH_MENU : 0);
}

static int compose_body(const struct card *card, struct notice_caps caps, bool names_command, char **ret) {
    const char *line = names_command ? _(ANSWER_LINE) : "";
    if (!caps.markup)
        return join(card->body, "\n", line, ret);
    _cleanup_free_ char *escaped = NULL, *italic = NULL;
    int r = text_escape_markup(card->body, &escaped);
    if (r >= 0 && asprintf(&italic, *line ? "<i>%s</i>" : "%s", line) < 0) {
        italic = NULL;
        r = -ENOMEM;
    }
    return r < 0 ? r : join(escaped, "\n", italic, ret);
}

static void add_action(struct notice *notice, const char *key, const char *label) {
    notice->actions[notice->n_actions++] = (struct notice_action){key, label};
}

/* The choices in their order as far as there is room, and before them the way to write. Where that leaves no
 * room for all of them, writing takes the first one's place: what puts off and what says no stay in sight. */
static void add_actions(struct notice *notice, const struct card *card, struct notice_caps caps,
                        const char *write_key) {
    size_t room = caps.buttons > 0 ? caps.buttons : SIZE_MAX;
    bool crowded = write_key && card->n_choices >= room;
    if (!caps.counts_default)
        add_action(notice, PRESENTER_DEFAULT, card->concealed ? _("Open") : _("Put away"));
    if (write_key)
        add_action(notice, write_key, _(NOTICE_WRITE_LABEL));
    for (size_t i = crowded ? 1 : 0; i < MIN_OF(card->n_choices, room); i++)
        add_action(notice, card->choices[i].id, card->choices[i].label);
}

int notice_new(const struct card *card, struct notice_caps caps, bool window, struct notice **ret) {
    _cleanup_(notice_freep) struct notice *notice = calloc(1, sizeof *notice);
    if (!notice)
        return -ENOMEM;
    notice->names_command = names_command(card, caps);
    int r = compose_summary(card, caps, &notice->summary);
    if (r >= 0 && caps.body)
        r = compose_body(card, caps, notice->names_command, &notice->body);
    if (r < 0)
        return r;
    notice->timeout_msec = timeout_of(card->show_for_usec);
    bool writes = card_takes_line(card);
    add_actions(notice, card, caps,
                writes && caps.reply ? PRESENTER_REPLY
                : writes && window   ? PRESENTER_WRITE
                                     : NULL);
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
