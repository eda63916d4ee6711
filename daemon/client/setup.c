/* Each question is a row: what is asked, what stands now, what is wrong with an answer, and what it changes.
 * All are asked before anything is changed, and only an answer that is another one than before changes
 * something, so that running it again and pressing Enter leaves every byte where it is.
 *
 * The number of prompts is that of the reminder "daytime", or of the first one that spreads its prompts over
 * a window. A time that is none any more becomes a comment, as in the file that is installed, and comes back
 * from it. */
#include "daemon/client/setup.h"

#include <stdio.h>

#include "daemon/core/plan.h"
#include "daemon/core/span.h"
#include "daemon/core/translate.h"

#define DAYTIME       "daytime"
#define DAYTIME_HOURS "09:30-20:30"
#define DAYTIME_GROUP "{ name = \"" DAYTIME "\"; between = \"" DAYTIME_HOURS "\"; times = 3; }"
#define EVENING       "evening"
#define EVENING_GROUP                                                                                        \
    "{ name = \"" EVENING "\"; at = \"20:15\"; write = true; themes = [\"care\", \"respect\", \"own\"]; }"

#define TIMES_MAX 50 /* as store/config.c has it */

#define YES "yes"
#define NO  "no"

#define PROBLEM_SIZE 320

struct question {
    enum ask_kind kind;
    const char *text;
    bool may_be_empty;
    const char *options; /* ids with spaces between; "themes": all of them */
    bool (*applies)(const struct setup *setup);
    int (*present)(const struct setup *setup, char **ret);
    /* Brings the answer into its one form, or says what is wrong with it. `*ret_back` is the question to go
     * back to then. */
    bool (*check)(struct setup *setup, char **answer, enum answer *ret_back, char problem[PROBLEM_SIZE]);
    int (*apply)(struct setup *setup, const char *answer);
};

static int copy(const char *text, char **ret) {
    char *own = strdup(text);
    if (!own)
        return -ENOMEM;
    *ret = own;
    return 0;
}

/* --- How many, and when ----------------------------------------------------------------------- */

/* NULL: none is spread over a window. */
static const struct reminder *find_daytime(const struct schedule *schedule) {
    const struct reminder *named = schedule_find(schedule, DAYTIME);
    if (named && named->kind == REMINDER_TIMES)
        return named;
    for (size_t i = 0; i < schedule->n_reminders; i++)
        if (schedule->reminders[i].kind == REMINDER_TIMES)
            return &schedule->reminders[i];
    return NULL;
}

static unsigned number_of(const char *answer) {
    return (unsigned)strtoul(answer, NULL, 10);
}

static int present_times(const struct setup *setup, char **ret) {
    const struct reminder *daytime = find_daytime(setup->schedule);
    return asprintf(ret, "%u", daytime ? daytime->times : 0) < 0 ? -ENOMEM : 0;
}

static bool check_times(struct setup *setup, char **answer, enum answer *ret_back,
                        char problem[PROBLEM_SIZE]) {
    (void)setup, (void)ret_back;
    size_t length = strlen(*answer);
    if (length >= 1 && length <= 2 && strspn(*answer, "0123456789") == length &&
        number_of(*answer) <= TIMES_MAX)
        return true;
    snprintf(problem, PROBLEM_SIZE, _("That has to be a whole number from 0 to %d."), TIMES_MAX);
    return false;
}

/* "9", "9:30", "09:30"; moves `*at` past it. */
static bool read_clock(const char **at, int *ret_minutes) {
    int hours = 0, minutes = 0, length = 0;
    if (sscanf(*at, "%2d%n", &hours, &length) != 1 || **at < '0' || **at > '9')
        return false;
    *at += length;
    if (**at == ':') {
        if (sscanf(*at, ":%2d%n", &minutes, &length) != 1 || length != 3 || (*at)[1] < '0' || (*at)[1] > '9')
            return false;
        *at += length;
    }
    *ret_minutes = hours * 60 + minutes;
    return hours <= 24 && minutes < 60 && *ret_minutes <= 24 * 60;
}

/* "9-20:30" with any dash, and blanks. Minutes; the end is later than the start. */
static bool read_hours(const char *text, int *ret_start, int *ret_end) {
    int start, end;
    text += strspn(text, " ");
    if (!read_clock(&text, &start) || start == 24 * 60)
        return false;
    text += strspn(text, " ");
    size_t dash = strncmp(text, "\xe2\x80\x93", 3) == 0 || strncmp(text, "\xe2\x80\x94", 3) == 0 ? 3
                  : *text == '-'                                                                 ? 1
                                                                                                 : 0;
    text += dash;
    text += strspn(text, " ");
    if (dash == 0 || !read_clock(&text, &end) || text[strspn(text, " ")])
        return false;
    *ret_start = start;
    *ret_end = end > start ? end : end + 24 * 60;
    return true;
}

static int present_hours(const struct setup *setup, char **ret) {
    const struct reminder *daytime = find_daytime(setup->schedule);
    int start = daytime ? daytime->window.start_sec / 60 : 0,
        end = daytime ? daytime->window.end_sec / 60 : 0;
    if (!daytime)
        return copy(DAYTIME_HOURS, ret);
    end -= end > 24 * 60 ? 24 * 60 : 0;
    return asprintf(ret, "%02d:%02d-%02d:%02d", start / 60, start % 60, end / 60, end % 60) < 0 ? -ENOMEM : 0;
}

static bool asks_hours(const struct setup *setup) {
    return number_of(setup->answers[ANSWER_TIMES]) > 0;
}

static bool check_hours(struct setup *setup, char **answer, enum answer *ret_back,
                        char problem[PROBLEM_SIZE]) {
    int start, end;
    if (!read_hours(*answer, &start, &end)) {
        snprintf(problem, PROBLEM_SIZE, "%s", _("That has to be two times of day, such as 09:30-20:30."));
        return false;
    }
    char hours[32], gap[SPAN_TEXT_SIZE];
    int last = end > 24 * 60 ? end - 24 * 60 : end;
    snprintf(hours, sizeof hours, "%02d:%02d-%02d:%02d", start / 60, start % 60, last / 60, last % 60);
    const struct reminder *daytime = find_daytime(setup->schedule);
    unsigned times = number_of(setup->answers[ANSWER_TIMES]);
    usec_t gap_usec = daytime ? daytime->gap_usec : setup->schedule->gap_usec;
    unsigned fit = plan_fits((usec_t)(end - start) * USEC_PER_MINUTE, times, gap_usec);
    if (fit < times) {
        snprintf(problem, PROBLEM_SIZE,
                 _("%u prompts don't fit into %s with %s between two of them; up to %u would. Fewer, or more "
                   "hours?"),
                 times, hours, span_format(gap_usec, 2, gap, sizeof gap), fit);
        *ret_back = ANSWER_TIMES;
        return false;
    }
    free(*answer);
    *answer = strdup(hours);
    return *answer != NULL;
}

/* Sets what a reminder says. */
static int set_in(struct amend *amend, const char *reminder, const char *key, const char *source) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s.%s", reminder, key) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    return amend_set(amend, path, source);
}

/* A number that is larger than the most of a day would mean nothing. */
static int make_room(struct setup *setup) {
    unsigned wanted = number_of(setup->answers[ANSWER_TIMES]) + streq(setup->answers[ANSWER_EVENING], YES);
    char number[16];
    if (wanted <= setup->schedule->most_per_day)
        return 0;
    snprintf(number, sizeof number, "%u", MIN_OF(wanted, (unsigned)TIMES_MAX));
    return amend_set(setup->amend, "most_per_day", number);
}

static int apply_hours(struct setup *setup, const char *answer) {
    const struct reminder *daytime = find_daytime(setup->schedule);
    char source[64];
    snprintf(source, sizeof source, "\"%s\"", answer);
    return set_in(setup->amend, daytime ? daytime->name : DAYTIME, "between", source);
}

static int apply_times(struct setup *setup, const char *answer) {
    const struct reminder *daytime = find_daytime(setup->schedule);
    if (number_of(answer) == 0)
        return daytime ? amend_drop_reminder(setup->amend, daytime->name) : 0;
    int r = daytime ? 0 : amend_add_reminder(setup->amend, DAYTIME, DAYTIME_GROUP);
    if (r >= 0)
        r = set_in(setup->amend, daytime ? daytime->name : DAYTIME, "times", answer);
    if (r >= 0 && !daytime) /* a comment may have had others than those that were shown */
        r = apply_hours(setup, setup->answers[ANSWER_HOURS]);
    return r < 0 ? r : make_room(setup);
}

static int present_evening(const struct setup *setup, char **ret) {
    return copy(schedule_find(setup->schedule, EVENING) ? YES : NO, ret);
}

static int apply_evening(struct setup *setup, const char *answer) {
    if (streq(answer, NO))
        return amend_drop_reminder(setup->amend, EVENING);
    int r = amend_add_reminder(setup->amend, EVENING, EVENING_GROUP);
    return r < 0 ? r : make_room(setup);
}

/* --- What about ------------------------------------------------------------------------------- */

static int themes_of_weight(const struct setup *setup, enum weight weight, char **ret) {
    char ids[256] = "";
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if (setup->schedule->weights[theme] == weight)
            strcat(strcat(ids, *ids ? " " : ""), theme_id(theme));
    return copy(ids, ret);
}

static int present_more(const struct setup *setup, char **ret) {
    return themes_of_weight(setup, WEIGHT_MORE, ret);
}

static int present_less(const struct setup *setup, char **ret) {
    return themes_of_weight(setup, WEIGHT_LESS, ret);
}

static bool check_less(struct setup *setup, char **answer, enum answer *ret_back,
                       char problem[PROBLEM_SIZE]) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if (ask_has(setup->answers[ANSWER_MORE], theme_id(theme)) && ask_has(*answer, theme_id(theme))) {
            snprintf(problem, PROBLEM_SIZE, _("\"%s\" can't come both more and less often."),
                     theme_name(theme));
            *ret_back = ANSWER_MORE;
            return false;
        }
    return true;
}

/* Both answers together; a theme that is off stays so if neither has it. */
static int apply_themes(struct setup *setup, const char *answer) {
    (void)answer;
    int r = 0;
    for (enum theme theme = 0; theme < THEME_COUNT && r >= 0; theme++) {
        const char *id = theme_id(theme);
        enum weight weight = setup->schedule->weights[theme], wanted = weight;
        if (ask_has(setup->answers[ANSWER_MORE], id))
            wanted = WEIGHT_MORE;
        else if (ask_has(setup->answers[ANSWER_LESS], id))
            wanted = WEIGHT_LESS;
        else if (weight == WEIGHT_MORE || weight == WEIGHT_LESS)
            wanted = WEIGHT_NORMAL;
        if (wanted != weight)
            r = set_in(setup->amend, "themes", id,
                       wanted == WEIGHT_MORE   ? "\"more\""
                       : wanted == WEIGHT_LESS ? "\"less\""
                                               : "\"normal\"");
    }
    return r;
}

static int set_text(struct setup *setup, const char *key, const char *text) {
    _cleanup_free_ char *source = NULL;
    int r = amend_quote(text, &source);
    return r < 0 ? r : amend_set(setup->amend, key, source);
}

static bool check_text(struct setup *setup, char **answer, enum answer *ret_back,
                       char problem[PROBLEM_SIZE]) {
    (void)setup, (void)ret_back;
    if (strlen(*answer) <= SCHEDULE_TEXT_MAX)
        return true;
    snprintf(problem, PROBLEM_SIZE, _("That is longer than it can be (%d bytes)."), SCHEDULE_TEXT_MAX);
    return false;
}

static int present_name(const struct setup *setup, char **ret) {
    return copy(setup->schedule->name, ret);
}

static int apply_name(struct setup *setup, const char *answer) {
    return set_text(setup, "name", answer);
}

static int present_support(const struct setup *setup, char **ret) {
    return copy(setup->schedule->support, ret);
}

static int apply_support(struct setup *setup, const char *answer) {
    return set_text(setup, "support", answer);
}

/* --- At login --------------------------------------------------------------------------------- */

static int present_login(const struct setup *setup, char **ret) {
    return copy(setup->first || setup->login->starts ? YES : NO, ret);
}

bool setup_wants_login(const struct setup *setup) {
    return streq(setup->answers[ANSWER_LOGIN], YES);
}

/* --- The table -------------------------------------------------------------------------------- */

static const struct question questions[ANSWER_COUNT] = {
    [ANSWER_TIMES] = {.kind = ASK_TEXT,
                      .text = N_("How many prompts a day would you like? 0 means none by the schedule."),
                      .present = present_times,
                      .check = check_times,
                      .apply = apply_times},
    [ANSWER_HOURS] = {.kind = ASK_TEXT,
                      .text = N_("Between which hours? Quiet hours, if any fall into them, stay quiet."),
                      .applies = asks_hours,
                      .present = present_hours,
                      .check = check_hours,
                      .apply = apply_hours},
    [ANSWER_EVENING] = {.kind = ASK_ONE,
                        .text = N_("One more in the evening, which invites you to write a line?"),
                        .options = YES " " NO,
                        .present = present_evening,
                        .apply = apply_evening},
    [ANSWER_MORE] = {.kind = ASK_SOME,
                     .text = N_("Are there themes that could come more often?"),
                     .options = "themes",
                     .present = present_more,
                     .apply = apply_themes},
    [ANSWER_LESS] = {.kind = ASK_SOME,
                     .text = N_("And some that could come less often?"),
                     .options = "themes",
                     .present = present_less,
                     .check = check_less,
                     .apply = apply_themes},
    [ANSWER_NAME] = {.kind = ASK_TEXT,
                     .text = N_("What may prompts call you? No name is fine, too."),
                     .may_be_empty = true,
                     .present = present_name,
                     .check = check_text,
                     .apply = apply_name},
    [ANSWER_SUPPORT] = {.kind = ASK_TEXT,
                        .text = N_("What would you like to read when you ask for support? You could add "
                                   "someone you would call."),
                        .may_be_empty = true,
                        .present = present_support,
                        .check = check_text,
                        .apply = apply_support},
    [ANSWER_LOGIN] = {.kind = ASK_ONE,
                      .text = N_("Should it start by itself when you log in?"),
                      .options = YES " " NO,
                      .present = present_login},
};

/* What the names of the themes stand for. */
static const char *const abouts[THEME_COUNT] = {
    [THEME_KINDNESS] = N_("a gentler tone with yourself"),
    [THEME_ACCEPTANCE] = N_("letting be what can't be mended today"),
    [THEME_HUMANITY] = N_("being imperfect, as people are"),
    [THEME_NOTICING] = N_("what is there, without judging it"),
    [THEME_FRIEND] = N_("the warmth one would give a friend"),
    [THEME_CARE] = N_("rest, breath, something small that is good"),
    [THEME_IMAGE] = N_("a picture of yourself that is up to date"),
    [THEME_RESPECT] = N_("what you need, what matters to you, limits"),
    [THEME_FORGIVENESS] = N_("setting a mistake down, after a repair"),
    [THEME_PATIENCE] = N_("time, and slow change"),
    [THEME_OWN] = N_("lines of yours that you chose to keep"),
};

static void add_option(struct ask *ask, const char *id, const char *label, const char *about) {
    ask->options[ask->n_options] = id;
    ask->labels[ask->n_options] = label;
    ask->abouts[ask->n_options++] = about;
}

static void add_options(const struct question *question, struct ask *ask) {
    if (!question->options)
        return;
    if (!streq(question->options, "themes")) {
        add_option(ask, YES, _("Yes"), NULL);
        add_option(ask, NO, _("No"), NULL);
        return;
    }
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        add_option(ask, theme_id(theme), theme_name(theme), _(abouts[theme]));
}

/* What was answered before stands when a question comes again. */
static int present_of(const struct setup *setup, enum answer at, char **ret) {
    return setup->answers[at] ? copy(setup->answers[at], ret) : questions[at].present(setup, ret);
}

/* Asks one question; `*at` moves on, or back. */
static int ask_one(struct setup *setup, struct asker *asker, enum answer *at, char problem[PROBLEM_SIZE]) {
    const struct question *question = &questions[*at];
    struct ask ask = {.kind = question->kind,
                      .text = _(question->text),
                      .problem = *problem ? problem : NULL,
                      .may_be_empty = question->may_be_empty};
    _cleanup_free_ char *present = NULL;
    char *answer = NULL;
    int r = present_of(setup, *at, &present);
    if (r < 0)
        return r;
    ask.present = present;
    add_options(question, &ask);
    r = asker->ask(asker, &ask, &answer);
    if (r < 0)
        return r;
    *problem = '\0';
    enum answer back = *at;
    if (question->check && !question->check(setup, &answer, &back, problem)) {
        free(answer);
        if (!*problem)
            return -ENOMEM;
        if (!asker->again)
            complain("%s", problem);
        *at = back;
        return asker->again ? 0 : -EINVAL;
    }
    free(setup->answers[*at]);
    setup->answers[(*at)++] = answer;
    return 0;
}

/* A question that doesn't apply has its present answer. */
static int ask_all(struct setup *setup, struct asker *asker) {
    char problem[PROBLEM_SIZE] = "";
    int r = 0;
    for (enum answer at = 0; at < ANSWER_COUNT && r >= 0;) {
        const struct question *question = &questions[at];
        if (!question->applies || question->applies(setup)) {
            r = ask_one(setup, asker, &at, problem);
            continue;
        }
        free(setup->answers[at]);
        setup->answers[at] = NULL;
        r = question->present(setup, &setup->answers[at]);
        at++;
    }
    return r;
}

static int apply_all(struct setup *setup) {
    int r = 0;
    for (enum answer at = 0; at < ANSWER_COUNT && r >= 0; at++) {
        _cleanup_free_ char *present = NULL;
        if (!questions[at].apply)
            continue;
        r = questions[at].present(setup, &present);
        if (r >= 0 && !streq(present, setup->answers[at]))
            r = questions[at].apply(setup, setup->answers[at]);
    }
    return r;
}

int setup_run(struct setup *setup, struct asker *asker) {
    int r = ask_all(setup, asker);
    return r < 0 ? r : apply_all(setup);
}

void setup_done(struct setup *setup) {
    for (size_t i = 0; i < ANSWER_COUNT; i++)
        free(setup->answers[i]);
}
