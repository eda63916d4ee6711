/* What the screen says at each stage, and what can be answered. */
#include "daemon/core/keeper-parts.h"
#include "daemon/core/translate.h"

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
    [STAGE_SUPPORT] = "support",   [STAGE_NOTICE] = "notice",
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

size_t keeper_choices(const struct world *world, const struct open_prompt *open,
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
        body = _(WORDS_HARD);
        break;
    case STAGE_SUPPORT:
        title = _(WORDS_SUPPORT_TITLE);
        body = or_empty(world->schedule->support);
        break;
    case STAGE_NOTICE:
        title = _(title);
        break;
    default:
        break;
    }
    *ret_title = title;
    *ret_body = body;
}
