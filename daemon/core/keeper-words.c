/* What the screen says at each stage, and what can be answered. */
#include <stdarg.h>
#include <stdio.h>

#include "daemon/core/date.h"
#include "daemon/core/keeper-parts.h"

#define WORDS_TITLE           N_("A moment for you")
#define WORDS_CONCEALED_TITLE N_("A note for you")
#define WORDS_NOT_THIS        N_("All right. Does one of these fit better?")
#define WORDS_WRITTEN_TITLE   N_("Saved")
#define WORDS_WRITTEN         N_("It is in your journal. It could come back to you some day.")
#define WORDS_SUPPORT_TITLE   N_("Support")

static const char *const presence_ids[PRESENCE_COUNT] = {
    [PRESENCE_AVAILABLE] = "available", [PRESENCE_AWAY] = "away",     [PRESENCE_BUSY] = "busy",
    [PRESENCE_QUIET] = "quiet",         [PRESENCE_PAUSED] = "paused",
};
static const char *const open_state_ids[OPEN_STATE_COUNT] = {
    [OPEN_WAITING] = "waiting",
    [OPEN_SHOWING] = "showing",
    [OPEN_SHOWN] = "shown",
    [OPEN_SNOOZED] = "snoozed",
};
static const char *const stage_ids[STAGE_COUNT] = {
    [STAGE_PROMPT] = "prompt",     [STAGE_CONCEALED] = "concealed", [STAGE_NOT_THIS] = "not-this",
    [STAGE_PRACTICE] = "practice", [STAGE_WRITTEN] = "written",     [STAGE_HARD] = "hard",
    [STAGE_SUPPORT] = "support",   [STAGE_NOTICE] = "notice",       [STAGE_OFFER] = "offer",
};

const char *presence_id(enum presence presence) {
    return presence_ids[presence];
}

const char *open_state_id(enum open_state state) {
    return open_state_ids[state];
}

const char *stage_id(enum stage stage) {
    return stage_ids[stage];
}

enum stage stage_from_id(const char *id) {
    enum stage stage = 0;
    while (stage < STAGE_COUNT && !streq(stage_ids[stage], id))
        stage++;
    return stage;
}

/* As DESIGN orders them; the other presets come last, for where there is room for more than the first few. */
static size_t prompt_choices(const struct world *world, const struct open_prompt *open,
                             enum choice ret[CHOICES_MAX]) {
    bool may_wait = open->snoozes < world->schedule->snoozes;
    size_t n = 0;
    ret[n++] = CHOICE_HELPFUL;
    ret[n++] = may_wait ? CHOICE_LATER : CHOICE_LET_GO;
    ret[n++] = CHOICE_NOT_THIS;
    ret[n++] = CHOICE_HARD;
    ret[n++] = CHOICE_NOT_FOR_ME;
    for (enum choice later = CHOICE_LATER_SECOND; may_wait && later <= CHOICE_LATER_THIRD; later++)
        if ((size_t)choice_preset(later) < world->schedule->n_snooze)
            ret[n++] = later;
    return n;
}

size_t keeper_choices(const struct keeper *keeper, const struct world *world, const struct open_prompt *open,
                      enum choice ret[CHOICES_MAX]) {
    size_t n = 0;
    switch (open->stage) {
    case STAGE_CONCEALED:
        ret[n++] = CHOICE_OPEN;
        break;
    case STAGE_NOT_THIS:
        ret[n++] = CHOICE_HARD;
        ret[n++] = CHOICE_NOT_FOR_ME;
        ret[n++] = CHOICE_QUIET_TODAY;
        break;
    case STAGE_PRACTICE:
        ret[n++] = CHOICE_NEXT;
        ret[n++] = CHOICE_ENOUGH;
        break;
    case STAGE_WRITTEN:
        ret[n++] = CHOICE_KEEP;
        ret[n++] = CHOICE_JOURNAL_ONLY;
        ret[n++] = CHOICE_ERASE;
        break;
    case STAGE_HARD:
        ret[n++] = CHOICE_STEADY;
        ret[n++] = CHOICE_QUIET_TODAY;
        ret[n++] = CHOICE_SUPPORT;
        break;
    case STAGE_NOTICE:
        ret[n++] = CHOICE_OKAY;
        break;
    case STAGE_OFFER:
        return offer_choices(keeper, open, ret);
    case STAGE_SUPPORT:
        ret[n++] = CHOICE_STEADY;
        ret[n++] = CHOICE_QUIET_TODAY;
        ret[n++] = CHOICE_ENOUGH;
        break;
    default:
        return prompt_choices(world, open, ret);
    }
    return n;
}

bool keeper_invites_line(const struct open_prompt *open) {
    return open->write && (open->stage == STAGE_PROMPT || open->stage == STAGE_OFFER);
}

const char *keeper_choice_label(const struct world *world, enum choice choice,
                                char buffer[CHOICE_LABEL_SIZE]) {
    const struct schedule *schedule = world->schedule;
    int preset = choice_preset(choice);
    bool is_set = preset >= 0 && (size_t)preset < schedule->n_snooze;
    return choice_label(choice, is_set ? schedule->snooze[preset].text : NULL, buffer);
}

/* The text of a practice's step; the last known one when the deck changed meanwhile. */
static const char *step_text(const struct world *world, const struct open_prompt *open) {
    const struct practice *practice = library_find_practice(world->library, or_empty(open->prompt));
    return practice && open->step < practice->n_steps ? practice->steps[open->step] : or_empty(open->text);
}

void keeper_words(const struct world *world, const struct open_prompt *open, const char **ret_title,
                  const char **ret_body) {
    const char *title = open->title ? open->title : _(WORDS_TITLE), *body = or_empty(open->text);
    switch (open->stage) {
    case STAGE_CONCEALED:
        title = _(WORDS_CONCEALED_TITLE);
        body = "";
        break;
    case STAGE_NOT_THIS:
        body = _(WORDS_NOT_THIS);
        break;
    case STAGE_PRACTICE:
        body = step_text(world, open);
        break;
    case STAGE_WRITTEN:
        title = _(WORDS_WRITTEN_TITLE);
        body = _(WORDS_WRITTEN);
        break;
    case STAGE_HARD:
        title = _(WORDS_HARD_TITLE);
        body = open->line ? open->line : _(WORDS_HARD);
        break;
    case STAGE_SUPPORT:
        title = _(WORDS_SUPPORT_TITLE);
        body = or_empty(world->schedule->support);
        break;
    case STAGE_NOTICE:
    case STAGE_OFFER:
        title = _(open->title ? open->title : WORDS_TITLE);
        break;
    default:
        break;
    }
    *ret_title = title;
    *ret_body = body;
}

/* --- What the program itself says ------------------------------------------------------------- */

/* Put together around a date, a theme or the person's own line, and translated then: like the text of a
 * prompt, it is written down as it was read. */

#define WORDS_GUIDANCE                                                                                       \
    N_("A few times a day a short invitation comes up. Letting it pass is fine, and so is no. This is not "  \
       "treatment, and not for emergencies. If it makes things worse, it is fine to stop.")

/* One line at each change. */
static const char *const path_words[PATH_PARTS] = {
    N_("Your path begins with two weeks of noticing and care, with the other themes in between."),
    N_("From now on, for two weeks, your path turns to self-image, with the other themes in between."),
    N_("From now on, for two weeks, your path turns to self-respect, with the other themes in between."),
    N_("From now on, for two weeks, your path turns to kindness, with the other themes in between."),
    N_("Your path ends here. From now on all themes mix again."),
};

static const struct {
    const char *title, *text; /* title NULL: the usual one; text NULL: see words_of_offer() */
} offer_words[OFFER_COUNT] = {
    [OFFER_GUIDANCE] = {N_("Before the first one"), NULL},
    [OFFER_HARD] = {NULL, N_("There were some hard moments lately. Someone you trust might be good to have "
                             "near. Would fewer prompts suit you, or a pause?")},
    [OFFER_DRIFT] = {NULL, N_("Letting prompts pass is fine. Would fewer suit you?")},
    [OFFER_REVIEW] = {N_("A look back"), N_("Two weeks so far. Does it suit you as it is?")},
    [OFFER_LATE_REVIEW] = {N_("A look back"), N_("Eight weeks so far. Does it suit you as it is? It is fine "
                                                 "to need this less.")},
    [OFFER_LESS] = {NULL, NULL},
    [OFFER_PATH] = {NULL, NULL},
    [OFFER_HARD_LINE] = {N_("For a hard day"), N_("If you like, write a line for a hard day. In a hard "
                                                  "moment it would come first, in your own words.")},
    [OFFER_THEN] = {N_("Then and now"), NULL},
};

__attribute__((format(printf, 2, 3))) static int compose(char **ret, const char *format, ...) {
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0)
        return -ENOMEM;
    free(*ret);
    *ret = text;
    return 0;
}

const char *keeper_guidance(void) {
    return _(WORDS_GUIDANCE);
}

const char *words_of_offer_title(enum offer offer) {
    return offer_words[offer].title;
}

static int words_of_guidance(const char *support, char **ret) {
    _cleanup_free_ char *line = NULL;
    if (*support == 0)
        return compose(ret, "%s", keeper_guidance());
    int r = compose(&line, _("Support: %s"), support);
    return r < 0 ? r : compose(ret, "%s\n\n%s", keeper_guidance(), line);
}

int words_of_offer(const struct world *world, enum offer offer, unsigned of, char **ret) {
    switch (offer) {
    case OFFER_GUIDANCE:
        return words_of_guidance(or_empty(world->schedule->support), ret);
    case OFFER_LESS:
        return compose(ret, _("Two prompts of the theme \"%s\" were not for you. Less of this theme?"),
                       theme_name((enum theme)of));
    case OFFER_PATH:
        return compose(ret, "%s", _(path_words[of]));
    default:
        return compose(ret, "%s", _(offer_words[offer].text));
    }
}

static const char *date_of(const struct world *world, const struct prompt *line,
                           char buffer[DATE_WORDS_SIZE]) {
    return date_words(line->written_usec, world->now_usec, world->zone, buffer);
}

int words_of_own(const struct world *world, const struct prompt *line, char **ret) {
    char date[DATE_WORDS_SIZE];
    return compose(ret, _("On %s you wrote: %s"), date_of(world, line, date), line->text);
}

int words_of_then(const struct world *world, const struct prompt *line, char **ret) {
    _cleanup_free_ char *wrote = NULL;
    int r = words_of_own(world, line, &wrote);
    return r < 0 ? r : compose(ret, "%s\n\n%s", wrote, _("Is this still how you see yourself?"));
}

int words_of_hard_line(const char *line, char **ret) {
    _cleanup_free_ char *own = NULL;
    int r = compose(&own, _("Your own words for a day like this: %s"), line);
    return r < 0 ? r : compose(ret, "%s\n\n%s", own, _(WORDS_HARD));
}
