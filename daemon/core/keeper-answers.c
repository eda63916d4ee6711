/* What a person does with what was shown: answers, puts off, puts away, writes a line; and pause. */
#include "daemon/core/keeper-parts.h"
#include "daemon/core/span.h"

#define SNOOZE_MAX_USEC (366 * USEC_PER_DAY)
/* Put off at once: there is always room left for what comes due. */
#define SNOOZED_MAX (KEEPER_OPEN_MAX / 2)

/* How long the pause is that a question of the program's offers. */
#define OFFER_PAUSE_USEC (7 * USEC_PER_DAY)

/* What `steady` starts, the first of these that a deck has. */
static const char *const steadying[] = {"three-breaths", "hard-moment"};

/* --- The person's answers --------------------------------------------------------------------- */

static bool can_be_answered(const struct open_prompt *open) {
    return open->state != OPEN_WAITING || open->shown_usec > 0;
}

/* Begins a turn by the person. What they answer has been shown, even while the presenter's reply is on its
 * way. -ESTALE: it was not shown yet. */
static int turn_of_person(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                          struct turn *turn, struct open_prompt **ret_open) {
    int r = turn_about(keeper, id, turn, ret_open);
    if (r < 0)
        return r;
    if (!can_be_answered(*ret_open))
        return -ESTALE;
    return (*ret_open)->state == OPEN_SHOWING ? take_as_shown(turn, world, *ret_open) : 0;
}

static int check_note(const char *note) {
    return strlen(note) > KEEPER_NOTE_MAX ? -EMSGSIZE : 0;
}

/* Notes an answer or a step, with the line that was written. */
static int note_choice(struct turn *turn, const struct world *world, struct open_prompt *open,
                       enum event_kind kind, enum choice choice, const char *note) {
    struct event *event = add_event(turn, world, kind, &open->id);
    if (!event || replace_string(&event->choice, choice_id(choice)) < 0 ||
        (*note && replace_string(&event->note, note) < 0))
        return -ENOMEM;
    event->theme = open->theme;
    event->step = open->step;
    if (replace_string(&event->prompt, open->prompt) < 0)
        return -ENOMEM;
    note_offer_answered(turn->next, open, choice);
    if (*note && open->stage == STAGE_OFFER && offer_of(open) == OFFER_HARD_LINE && choice != CHOICE_HARD &&
        !add_event(turn, world, EVENT_FOR_HARD_DAY, &open->id))
        return -ENOMEM;
    struct effect *effect = add_effect(turn, EFFECT_SIGNAL_ANSWERED, &open->id);
    if (!effect)
        return -ENOMEM;
    effect->detail = choice_id(choice);
    return 0;
}

static int answer_and_close(struct turn *turn, const struct world *world, struct open_prompt *open,
                            enum choice choice, const char *note) {
    if (open->stage == STAGE_NOTICE)
        return close_open(turn, world, open, CLOSED_SEEN);
    int r = note_choice(turn, world, open, open->answered ? EVENT_STEPPED : EVENT_ANSWERED, choice, note);
    return r < 0 ? r : close_open(turn, world, open, CLOSED_ANSWERED);
}

/* The prompt says something else now, in the same place if it is before the person's eyes. */
static int step_to(struct turn *turn, const struct world *world, struct open_prompt *open, enum stage stage) {
    open->stage = stage;
    if (open->state == OPEN_SNOOZED || open->state == OPEN_WAITING)
        open->state = OPEN_SHOWN;
    if (open->state == OPEN_SHOWN)
        open->expires_usec = usec_add(world->now_usec, world->schedule->expire_after_usec);
    turn->changed = true;
    return open->on_screen || open->state == OPEN_SHOWING ? ask_to_show(turn, &open->id, true) : 0;
}

/* The person's line for a hard day, if they wrote one. Without a history the rest is said all the same. */
static int set_hard_line(struct open_prompt *open, const struct world *world) {
    _cleanup_(history_done) struct history history = {0};
    free(open->line);
    open->line = NULL;
    if (world->history(world->userdata, &history) < 0 || !history.hard_line)
        return 0;
    return words_of_hard_line(history.hard_line, &open->line);
}

static int answer_hard(struct turn *turn, const struct world *world, struct open_prompt *open,
                       const char *note) {
    int r =
        note_choice(turn, world, open, open->answered ? EVENT_STEPPED : EVENT_ANSWERED, CHOICE_HARD, note);
    if (r >= 0)
        r = set_hard_line(open, world);
    if (r < 0)
        return r;
    open->answered = true;
    return step_to(turn, world, open, STAGE_HARD);
}

static int answer_step(struct turn *turn, const struct world *world, struct open_prompt *open,
                       enum choice choice, const char *note, enum stage stage) {
    int r = note_choice(turn, world, open, EVENT_STEPPED, choice, note);
    return r < 0 ? r : step_to(turn, world, open, stage);
}

static int answer_next(struct turn *turn, const struct world *world, struct open_prompt *open,
                       const char *note) {
    const struct practice *practice = library_find_practice(world->library, or_empty(open->prompt));
    if (!practice || open->step + 1 >= practice->n_steps)
        return answer_and_close(turn, world, open, CHOICE_NEXT, note);
    open->step++;
    return answer_step(turn, world, open, CHOICE_NEXT, note, STAGE_PRACTICE);
}

static int answer_steady(struct turn *turn, const struct world *world, struct open_prompt *open,
                         const char *note) {
    const struct practice *practice = NULL;
    for (size_t i = 0; i < ELEMENTSOF(steadying) && !practice; i++)
        practice = library_find_practice(world->library, steadying[i]);
    if (!practice)
        return -ENODATA;
    int r = note_choice(turn, world, open, EVENT_STEPPED, CHOICE_STEADY, note);
    if (r >= 0)
        r = set_practice(open, practice);
    return r < 0 ? r : step_to(turn, world, open, STAGE_PRACTICE);
}

static int begin_pause(struct turn *turn, const struct world *world, usec_t until_usec) {
    struct event *event = add_event(turn, world, EVENT_PAUSED, NULL);
    if (!event)
        return -ENOMEM;
    event->until_usec = until_usec;
    turn->next->paused_until_usec = until_usec;
    return end_waiting(turn, world);
}

/* Nothing more until then; a longer pause stays. */
static int answer_with_pause(struct turn *turn, const struct world *world, struct open_prompt *open,
                             enum choice choice, usec_t until_usec, const char *note) {
    int r = answer_and_close(turn, world, open, choice, note);
    if (r >= 0 && !paused_at(turn->next, until_usec - 1))
        r = begin_pause(turn, world, until_usec);
    return r;
}

static int answer_quiet_today(struct turn *turn, const struct world *world, struct open_prompt *open,
                              const char *note) {
    usec_t midnight = zone_day_second(world->zone, zone_local_day(world->zone, world->now_usec) + 1, 0);
    return answer_with_pause(turn, world, open, CHOICE_QUIET_TODAY, midnight, note);
}

/* What a question of the program's changes, it changes when this is chosen, and only then. */
static int answer_offer(struct turn *turn, const struct world *world, struct open_prompt *open,
                        enum choice choice, const char *note) {
    if (follow_offer(turn->next, choice))
        return answer_with_pause(turn, world, open, choice, usec_add(world->now_usec, OFFER_PAUSE_USEC),
                                 note);
    return answer_and_close(turn, world, open, choice, note);
}

static int note_kept(struct turn *turn, const struct world *world, const struct uuid *entry, bool keep) {
    struct event *event = add_event(turn, world, EVENT_KEPT, entry);
    if (!event)
        return -ENOMEM;
    event->keep = keep;
    return 0;
}

static int answer_erase(struct turn *turn, const struct world *world, struct open_prompt *open) {
    struct uuid id = open->id;
    int r = close_open(turn, world, open, CLOSED_FORGOTTEN);
    if (r < 0)
        return r;
    return add_event(turn, world, EVENT_FORGOTTEN, &id) && add_effect(turn, EFFECT_ERASE, &id) ? 0 : -ENOMEM;
}

static size_t count_snoozed(const struct keeper *keeper) {
    size_t n = 0;
    for (size_t i = 0; i < keeper->n_open; i++)
        n += keeper->open[i].state == OPEN_SNOOZED;
    return n;
}

static int put_off(struct turn *turn, const struct world *world, struct open_prompt *open, usec_t span_usec,
                   usec_t until_usec, const char *note) {
    if (open->answered)
        return -ESTALE;
    if (open->snoozes >= world->schedule->snoozes)
        return -EDQUOT;
    if (open->state != OPEN_SNOOZED && count_snoozed(turn->next) >= SNOOZED_MAX)
        return -E2BIG;
    if (span_usec > 0)
        until_usec = usec_add(world->now_usec, span_usec);
    if (until_usec <= world->now_usec || until_usec - world->now_usec > SNOOZE_MAX_USEC)
        return -EINVAL;
    int r = withdraw(turn, open);
    if (r < 0)
        return r;
    open->state = OPEN_SNOOZED;
    open->snoozes++;
    open->until_usec = until_usec;
    open->until_boot_usec = span_usec > 0 ? usec_add(world->boot_usec, span_usec) : 0;
    open->boot_id = world->boot_id;
    if (open->stage == STAGE_NOT_THIS || open->stage == STAGE_PROMPT || open->stage == STAGE_OFFER)
        open->stage = first_stage(world, open);
    struct event *event = add_event(turn, world, EVENT_SNOOZED, &open->id);
    struct effect *effect = event ? add_effect(turn, EFFECT_SIGNAL_SNOOZED, &open->id) : NULL;
    if (!effect || (*note && replace_string(&event->note, note) < 0))
        return -ENOMEM;
    event->until_usec = effect->until_usec = snooze_end(turn->next, world, open);
    return 0;
}

/* By a preset of the schedule. */
static int answer_later(struct turn *turn, const struct world *world, struct open_prompt *open,
                        enum choice choice, const char *note) {
    if (world->schedule->n_snooze == 0)
        return put_off(turn, world, open, 15 * USEC_PER_MINUTE, 0, note);
    const struct snooze_preset *preset = &world->schedule->snooze[choice_preset(choice)];
    if (preset->span_usec != USEC_INFINITY)
        return put_off(turn, world, open, preset->span_usec, 0, note);
    usec_t until;
    int r =
        moment_parse(preset->text, world->now_usec, world->zone, MOMENT_NEXT, SCHEDULE_MORNING_SEC, &until);
    return r < 0 ? r : put_off(turn, world, open, 0, until, note);
}

static bool may_choose(const struct keeper *keeper, const struct world *world, const struct open_prompt *open,
                       enum choice choice) {
    if (open->stage == STAGE_NOTICE)
        return choice == CHOICE_OKAY;
    if (choice == CHOICE_HELPFUL || choice == CHOICE_OKAY || choice == CHOICE_NOT_FOR_ME ||
        choice == CHOICE_HARD)
        return true;
    enum choice choices[CHOICES_MAX];
    size_t n = keeper_choices(keeper, world, open, choices);
    for (size_t i = 0; i < n; i++)
        if (choices[i] == choice)
            return true;
    return false;
}

static int answer(struct turn *turn, const struct world *world, struct open_prompt *open, enum choice choice,
                  const char *note) {
    bool says_nothing = choice == CHOICE_LET_GO || choice == CHOICE_KEEP || choice == CHOICE_JOURNAL_ONLY;
    if (says_nothing && *note) { /* but what was written isn't lost */
        int r = note_choice(turn, world, open, EVENT_STEPPED, choice, note);
        if (r < 0)
            return r;
    }
    switch (choice) {
    case CHOICE_LATER:
    case CHOICE_LATER_SECOND:
    case CHOICE_LATER_THIRD:
        return answer_later(turn, world, open, choice, note);
    case CHOICE_LET_GO:
        return close_open(turn, world, open, CLOSED_DISMISSED);
    case CHOICE_NOT_THIS:
        return answer_step(turn, world, open, choice, note, STAGE_NOT_THIS);
    case CHOICE_HARD:
        return answer_hard(turn, world, open, note);
    case CHOICE_QUIET_TODAY:
        return answer_quiet_today(turn, world, open, note);
    case CHOICE_NEXT:
        return answer_next(turn, world, open, note);
    case CHOICE_STEADY:
        return answer_steady(turn, world, open, note);
    case CHOICE_SUPPORT:
        return answer_step(turn, world, open, choice, note, STAGE_SUPPORT);
    case CHOICE_OPEN:
        return answer_step(turn, world, open, choice, note, opened_stage(open));
    case CHOICE_ERASE:
        return answer_erase(turn, world, open);
    case CHOICE_KEEP: {
        int r = note_kept(turn, world, &open->id, true);
        return r < 0 ? r : close_open(turn, world, open, CLOSED_ANSWERED);
    }
    case CHOICE_JOURNAL_ONLY:
        return close_open(turn, world, open, CLOSED_ANSWERED);
    case CHOICE_FEWER:
    case CHOICE_AS_BEFORE:
    case CHOICE_PAUSE:
        return answer_offer(turn, world, open, choice, note);
    default:
        return answer_and_close(turn, world, open, choice, note);
    }
}

int keeper_answer(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  const char *choice, const char *note, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    enum choice chosen = choice_from_id(choice);
    int r = turn_of_person(keeper, world, id, &turn, &open);
    if (r < 0)
        return r;
    if (chosen == CHOICE_NONE || !may_choose(keeper, world, open, chosen))
        return -EINVAL;
    r = check_note(note);
    if (r >= 0)
        r = answer(&turn, world, open, chosen, note);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_opened(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_of_person(keeper, world, id, &turn, &open);
    if (r < 0)
        return r;
    r = open->stage == STAGE_CONCEALED ? answer(&turn, world, open, CHOICE_OPEN, "")
                                       : close_open(&turn, world, open, CLOSED_SEEN);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_written(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   const char *text, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_of_person(keeper, world, id, &turn, &open);
    if (r < 0)
        return r;
    if (*text == 0)
        return -EINVAL;
    r = check_note(text);
    if (r >= 0)
        r = note_choice(&turn, world, open, open->answered ? EVENT_STEPPED : EVENT_ANSWERED, CHOICE_OKAY,
                        text);
    if (r < 0)
        return r;
    open->answered = true;
    bool asked_for = open->stage == STAGE_OFFER && offer_of(open) == OFFER_HARD_LINE;
    r = asked_for ? close_open(&turn, world, open, CLOSED_ANSWERED)
                  : step_to(&turn, world, open, STAGE_WRITTEN);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_snooze(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  usec_t span_usec, usec_t until_usec, usec_t *ret_until_usec, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_of_person(keeper, world, id, &turn, &open);
    if (r >= 0)
        r = put_off(&turn, world, open, span_usec, until_usec, "");
    if (r < 0)
        return r;
    *ret_until_usec = snooze_end(turn.next, world, open);
    return turn_end(&turn, ret);
}

int keeper_dismiss(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_of_person(keeper, world, id, &turn, &open);
    if (r < 0)
        return r;
    r = close_open(&turn, world, open, CLOSED_DISMISSED);
    return r < 0 ? r : turn_end(&turn, ret);
}

/* --- Lines of one's own, pause ---------------------------------------------------------------- */

int keeper_note(const struct keeper *keeper, const struct world *world, const char *text,
                enum note_for what_for, struct uuid *ret_id, struct turn *ret) {
    if (*text == 0)
        return -EINVAL;
    int r = check_note(text);
    if (r < 0)
        return r;
    _cleanup_(turn_donep) struct turn turn;
    r = turn_begin(keeper, &turn);
    if (r < 0)
        return r;
    struct event *event = add_event(&turn, world, EVENT_NOTED, NULL);
    if (!event || replace_string(&event->note, text) < 0)
        return -ENOMEM;
    struct uuid id = event->id;
    if (what_for == NOTE_FOR_KEEPING && note_kept(&turn, world, &id, true) < 0)
        return -ENOMEM;
    if (what_for == NOTE_FOR_HARD_DAY && !add_event(&turn, world, EVENT_FOR_HARD_DAY, &id))
        return -ENOMEM;
    if (!add_effect(&turn, EFFECT_SIGNAL_NOTED, &id))
        return -ENOMEM;
    *ret_id = id;
    return turn_end(&turn, ret);
}

int keeper_keep(const struct keeper *keeper, const struct world *world, const struct uuid *entry, bool keep,
                struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0)
        r = note_kept(&turn, world, entry, keep);
    return r < 0 ? r : turn_end(&turn, ret);
}

/* A line for a hard day that is before the person's eyes goes, whichever is forgotten: what is left is said
 * all the same. */
static int forget_hard_line(struct turn *turn) {
    int r = 0;
    for (size_t i = 0; r >= 0 && i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (!open->line)
            continue;
        replace_string(&open->line, NULL);
        turn->changed = true;
        if (open->stage == STAGE_HARD && (open->on_screen || open->state == OPEN_SHOWING))
            r = ask_to_show(turn, &open->id, true);
    }
    return r;
}

/* A kept line of that entry that is before the person's eyes as a prompt closes; one that was only chosen for
 * what waits is chosen anew. */
static int forget_line(struct turn *turn, const struct world *world, const struct uuid *entry) {
    char line[UUID_TEXT_SIZE];
    uuid_format(entry, line);
    int r = 0;
    for (size_t i = turn->next->n_open; r >= 0 && i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->theme != THEME_OWN || !streq(or_empty(open->prompt), line))
            continue;
        if (!can_be_answered(open)) {
            replace_string(&open->prompt, NULL);
            replace_string(&open->text, NULL);
            open->theme = THEME_NONE;
            turn->changed = true;
            continue;
        }
        if (open->state == OPEN_SHOWING)
            r = take_as_shown(turn, world, open);
        if (r >= 0)
            r = close_open(turn, world, open, CLOSED_FORGOTTEN);
    }
    return r;
}

int keeper_forget(const struct keeper *keeper, const struct world *world, const struct uuid *entry,
                  struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_of_person(keeper, world, entry, &turn, &open);
    if (r == -ENOENT)
        r = turn_begin(keeper, &turn);
    else if (r == -ESTALE)
        r = 0; /* nothing of it is written down yet */
    else if (r >= 0)
        r = close_open(&turn, world, open, CLOSED_FORGOTTEN);
    if (r >= 0)
        r = forget_line(&turn, world, entry);
    if (r >= 0)
        r = forget_hard_line(&turn);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_pause(const struct keeper *keeper, const struct world *world, usec_t until_usec,
                 struct turn *ret) {
    if (until_usec <= world->now_usec)
        return -EINVAL;
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0)
        r = take_in_due(&turn, world);
    if (r >= 0)
        r = begin_pause(&turn, world, until_usec);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_resume(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0)
        r = take_in_due(&turn, world); /* what came due in the pause is missed by it */
    if (r < 0)
        return r;
    if (turn.next->paused_until_usec > 0) {
        end_pause(&turn, world, MIN_OF(turn.next->paused_until_usec, world->now_usec));
        if (!add_event(&turn, world, EVENT_RESUMED, NULL))
            return -ENOMEM;
    }
    return turn_end(&turn, ret);
}
