/* Every entry point works alike: begin a turn with a deep copy of the keeper, change the copy, note events
 * and effects, hand the turn out. Nothing outside the turn is touched, so a failed turn is simply dropped.
 *
 * Rules that bound what can pile up: one prompt is on the screen; a newer showing closes every older shown
 * one; of those that wait, the newest is shown and the others are missed. Long absences are taken in piece by
 * piece. */
#include "daemon/core/keeper.h"

#include <stdio.h>

#include "daemon/core/span.h"

/* Occurrences taken in at once; after a very long absence the next turn follows immediately. */
#define DUE_PER_TURN 500
/* Waiting ones kept while away; past it the oldest gives way (it would lose against the newer ones anyway).
 */
#define WAITING_MAX 32
/* An occurrence found later than this after its due time was slept through, or the program was not running:
 * an absence like any other. */
#define LATE_USEC USEC_PER_MINUTE
/* A look ahead ends after this many steps, however little would be shown. */
#define UPCOMING_STEPS_MAX 20000
#define SNOOZE_MAX_USEC    (366 * USEC_PER_DAY)
/* Put off at once: there is always room left for what comes due. */
#define SNOOZED_MAX (KEEPER_OPEN_MAX / 2)

#define WORDS_TITLE           "A moment for you"
#define WORDS_CONCEALED_TITLE "A note for you"
#define WORDS_NOT_THIS        "All right. Does one of these fit better?"
#define WORDS_WRITTEN_TITLE   "Saved"
#define WORDS_WRITTEN         "It is in your journal. It could come back to you some day."
#define WORDS_HARD_TITLE      "A hard moment"
#define WORDS_HARD            "Nothing needs fixing this minute."
#define WORDS_SUPPORT_TITLE   "Support"

/* What `steady` starts, the first of these that a deck has. */
static const char *const steadying[] = {"three-breaths", "hard-moment"};

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

/* --- Copies and their end ------------------------------------------------------------------------------- */

static void open_done(struct open_prompt *open) {
    free(open->reminder);
    free(open->prompt);
    free(open->title);
    free(open->text);
    free(open->why);
    free(open->bus_id);
    free(open->owner);
    *open = (struct open_prompt){0};
}

static int replace_string(char **string, const char *value) {
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return -ENOMEM;
    free(*string);
    *string = copy;
    return 0;
}

static int open_copy(const struct open_prompt *from, struct open_prompt *to) {
    *to = *from;
    char **strings[] = {&to->reminder, &to->prompt, &to->title, &to->text, &to->why, &to->bus_id, &to->owner};
    int r = 0;
    for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
        const char *value = *strings[i];
        *strings[i] = NULL;
        if (r >= 0)
            r = replace_string(strings[i], value);
    }
    if (r < 0)
        open_done(to);
    return r;
}

struct keeper *keeper_new(void) {
    return calloc(1, sizeof(struct keeper));
}

struct keeper *keeper_free(struct keeper *keeper) {
    if (!keeper)
        return NULL;
    for (size_t i = 0; i < keeper->n_open; i++)
        open_done(&keeper->open[i]);
    free(keeper);
    return NULL;
}

static int keeper_copy(const struct keeper *from, struct keeper **ret) {
    _cleanup_(keeper_freep) struct keeper *to = keeper_new();
    if (!to)
        return -ENOMEM;
    to->planned_until_usec = from->planned_until_usec;
    to->latest_due_usec = from->latest_due_usec;
    to->paused_until_usec = from->paused_until_usec;
    to->last_shown_usec = from->last_shown_usec;
    to->day = from->day;
    to->day_count = from->day_count;
    for (; to->n_open < from->n_open; to->n_open++) {
        int r = open_copy(&from->open[to->n_open], &to->open[to->n_open]);
        if (r < 0)
            return r;
    }
    *ret = TAKE_PTR(to);
    return 0;
}

void turn_done(struct turn *turn) {
    keeper_free(turn->next);
    for (size_t i = 0; i < turn->n_events; i++)
        event_done(&turn->events[i]);
    for (size_t i = 0; i < turn->n_effects; i++)
        free(turn->effects[i].reminder);
    free(turn->events);
    free(turn->effects);
    *turn = (struct turn){0};
}

static inline void turn_donep(struct turn *turn) {
    turn_done(turn);
}

static int turn_begin(const struct keeper *keeper, struct turn *turn) {
    *turn = (struct turn){0};
    return keeper_copy(keeper, &turn->next);
}

static int turn_end(struct turn *turn, struct turn *ret) {
    *ret = *turn;
    *turn = (struct turn){0};
    return 0;
}

/* --- Looks ---------------------------------------------------------------------------------------------- */

/* How much a person means this one by "the newest": what is before them first, then what was put off. */
static int openness(const struct open_prompt *open) {
    switch (open->state) {
    case OPEN_SHOWN:
    case OPEN_SHOWING:
        return 2;
    case OPEN_SNOOZED:
        return 1;
    default:
        return open->shown_usec > 0 ? 1 : 0;
    }
}

const struct open_prompt *keeper_find(const struct keeper *keeper, const struct uuid *id) {
    const struct open_prompt *best = NULL;
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        if (id ? uuid_equal(&open->id, id)
               : !best || openness(open) > openness(best) ||
                     (openness(open) == openness(best) && open->shown_usec >= best->shown_usec))
            best = open;
    }
    return best;
}

const struct open_prompt *keeper_on_screen(const struct keeper *keeper) {
    for (size_t i = 0; i < keeper->n_open; i++)
        if (keeper->open[i].state == OPEN_SHOWING ||
            (keeper->open[i].state == OPEN_SHOWN && keeper->open[i].on_screen))
            return &keeper->open[i];
    return NULL;
}

bool keeper_needs_presence(const struct keeper *keeper) {
    for (size_t i = 0; i < keeper->n_open; i++)
        if (keeper->open[i].state == OPEN_WAITING)
            return true;
    return keeper_on_screen(keeper);
}

static bool paused_at(const struct keeper *keeper, usec_t time_usec) {
    return time_usec < keeper->paused_until_usec;
}

static bool quiet_now(const struct world *world) {
    usec_t end;
    return schedule_quiet_at(world->schedule, world->zone, world->now_usec, &end);
}

enum presence keeper_presence(const struct keeper *keeper, const struct world *world) {
    if (paused_at(keeper, world->now_usec))
        return PRESENCE_PAUSED;
    return quiet_now(world) ? PRESENCE_QUIET : world->presence;
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
        ret[n++] = CHOICE_HELPFUL;
        ret[n++] = open->snoozes < world->schedule->snoozes ? CHOICE_LATER : CHOICE_LET_GO;
        ret[n++] = CHOICE_NOT_THIS;
        ret[n++] = CHOICE_HARD;
        ret[n++] = CHOICE_NOT_FOR_ME;
    }
    return n;
}

/* The text of a practice's step; the last known one when the deck changed meanwhile. */
static const char *step_text(const struct world *world, const struct open_prompt *open) {
    const struct practice *practice = library_find_practice(world->library, or_empty(open->prompt));
    return practice && open->step < practice->n_steps ? practice->steps[open->step] : or_empty(open->text);
}

void keeper_words(const struct world *world, const struct open_prompt *open, const char **ret_title,
                  const char **ret_body) {
    const char *title = open->title ? open->title : WORDS_TITLE, *body = or_empty(open->text);
    switch (open->stage) {
    case STAGE_CONCEALED:
        title = WORDS_CONCEALED_TITLE;
        body = "";
        break;
    case STAGE_NOT_THIS:
        body = WORDS_NOT_THIS;
        break;
    case STAGE_PRACTICE:
        body = step_text(world, open);
        break;
    case STAGE_WRITTEN:
        title = WORDS_WRITTEN_TITLE;
        body = WORDS_WRITTEN;
        break;
    case STAGE_HARD:
        title = WORDS_HARD_TITLE;
        body = WORDS_HARD;
        break;
    case STAGE_SUPPORT:
        title = WORDS_SUPPORT_TITLE;
        body = or_empty(world->schedule->support);
        break;
    default:
        break;
    }
    *ret_title = title;
    *ret_body = body;
}

/* When a snooze ends by itself. Elapsed time that is over ended as long ago as it was over. */
static usec_t own_end(const struct world *world, const struct open_prompt *open) {
    if (open->until_boot_usec == 0 || !uuid_equal(&open->boot_id, &world->boot_id))
        return open->until_usec;
    if (open->until_boot_usec >= world->boot_usec)
        return usec_add(world->now_usec, open->until_boot_usec - world->boot_usec);
    return usec_sub(world->now_usec, world->boot_usec - open->until_boot_usec);
}

/* When a snoozed one comes back: its own end, not before the end of a pause, not within quiet hours. */
static usec_t snooze_end(const struct keeper *keeper, const struct world *world,
                         const struct open_prompt *open) {
    usec_t end = MAX_OF(own_end(world, open), keeper->paused_until_usec), quiet_end;
    if (end != USEC_INFINITY && schedule_quiet_at(world->schedule, world->zone, end, &quiet_end))
        end = quiet_end;
    return end;
}

usec_t keeper_back_usec(const struct keeper *keeper, const struct world *world,
                        const struct open_prompt *open) {
    return open->state == OPEN_SNOOZED ? snooze_end(keeper, world, open) : 0;
}

/* --- Noting down ---------------------------------------------------------------------------------------- */

static struct uuid fresh_id(const struct world *world) {
    uint8_t random[10];
    world->random(world->userdata, random, sizeof random);
    return uuid_from_time(world->now_usec, random);
}

/* `entry` NULL: the event begins an entry of its own. The event is the turn's; NULL when memory is out. */
static struct event *add_event(struct turn *turn, const struct world *world, enum event_kind kind,
                               const struct uuid *entry) {
    if (array_reserve(&turn->events, &turn->events_capacity, turn->n_events + 1, sizeof *turn->events) < 0)
        return NULL;
    struct event *event = &turn->events[turn->n_events++];
    struct civil unused;
    *event = (struct event){.kind = kind, .time_usec = world->now_usec, .theme = THEME_NONE};
    event->id = fresh_id(world);
    event->entry = entry ? *entry : event->id;
    zone_to_civil(world->zone, world->now_usec, &unused, &event->offset_sec, NULL);
    turn->changed = true;
    return event;
}

/* The first event of an entry has the entry's id: that is how entries are found in the journal. */
static struct event *add_first_event(struct turn *turn, const struct world *world, enum event_kind kind,
                                     const struct open_prompt *open) {
    struct event *event = add_event(turn, world, kind, &open->id);
    if (!event)
        return NULL;
    event->id = open->id;
    event->due_usec = open->by_hand ? 0 : open->due_usec;
    return replace_string(&event->reminder, open->reminder) < 0 ? NULL : event;
}

static struct effect *add_effect(struct turn *turn, enum effect_kind kind, const struct uuid *id) {
    if (array_reserve(&turn->effects, &turn->effects_capacity, turn->n_effects + 1, sizeof *turn->effects) <
        0)
        return NULL;
    struct effect *effect = &turn->effects[turn->n_effects++];
    *effect = (struct effect){.kind = kind, .id = *id, .theme = THEME_NONE};
    return effect;
}

static void remove_open(struct turn *turn, struct open_prompt *open) {
    size_t at = (size_t)(open - turn->next->open);
    open_done(open);
    turn->next->n_open--;
    memmove(open, open + 1, (turn->next->n_open - at) * sizeof *open);
    turn->changed = true;
}

static int withdraw(struct turn *turn, struct open_prompt *open) {
    if (open->state != OPEN_SHOWING && !open->on_screen)
        return 0;
    open->on_screen = false;
    turn->changed = true;
    return add_effect(turn, EFFECT_WITHDRAW, &open->id) ? 0 : -ENOMEM;
}

/* Ends an open prompt that was shown. `how` is CLOSED_ANSWERED when the answer's event is noted already. */
static int close_open(struct turn *turn, const struct world *world, struct open_prompt *open,
                      enum closed_how how) {
    int r = withdraw(turn, open);
    if (r < 0)
        return r;
    if (open->answered && (how != CLOSED_FORGOTTEN || open->stage == STAGE_NOTICE))
        how = CLOSED_ANSWERED;
    if (how != CLOSED_ANSWERED) {
        struct event *event = add_event(turn, world, EVENT_CLOSED, &open->id);
        if (!event || replace_string(&event->detail, closed_how_id(how)) < 0)
            return -ENOMEM;
    }
    struct effect *effect = add_effect(turn, EFFECT_SIGNAL_CLOSED, &open->id);
    if (!effect)
        return -ENOMEM;
    effect->detail = closed_how_id(how);
    remove_open(turn, open);
    return 0;
}

/* Ends one that waits: missed, or unanswered when it had been shown before it was put off. */
static int give_up(struct turn *turn, const struct world *world, struct open_prompt *open,
                   enum missed_rule rule) {
    if (open->shown_usec > 0)
        return close_open(turn, world, open, CLOSED_UNANSWERED);
    int r = withdraw(turn, open);
    if (r < 0)
        return r;
    struct event *event = add_first_event(turn, world, EVENT_MISSED, open);
    if (!event || replace_string(&event->detail, missed_rule_id(rule)) < 0)
        return -ENOMEM;
    struct effect *effect = add_effect(turn, EFFECT_SIGNAL_CLOSED, &open->id);
    if (!effect)
        return -ENOMEM;
    effect->detail = closed_how_id(CLOSED_MISSED);
    remove_open(turn, open);
    return 0;
}

/* --- Limits --------------------------------------------------------------------------------------------- */

static uint32_t shown_on_day(const struct keeper *keeper, int32_t day) {
    return keeper->day == day ? keeper->day_count : 0;
}

/* Whether a showing at `time_usec` has a place in most_per_day. What an `at` claims later that day is taken.
 */
static bool has_place(const struct keeper *keeper, const struct world *world, const struct reminder *reminder,
                      usec_t time_usec) {
    int32_t day = zone_local_day(world->zone, time_usec);
    uint32_t shown = shown_on_day(keeper, day), most = world->schedule->most_per_day;
    if (shown >= most)
        return false;
    if (reminder && reminder->kind == REMINDER_AT)
        return true;
    usec_t midnight = zone_day_second(world->zone, day + 1, 0);
    return shown + plan_claims(world->plan, time_usec, usec_sub(midnight, 1), most - shown) < most;
}

/* An `at` ignores the gap. */
static bool within_gap(const struct keeper *keeper, const struct reminder *reminder, usec_t time_usec) {
    usec_t last = keeper->last_shown_usec, distance = time_usec > last ? time_usec - last : last - time_usec;
    return reminder && reminder->kind != REMINDER_AT && last > 0 && distance < reminder->gap_usec;
}

/* --- Coming due ----------------------------------------------------------------------------------------- */

static bool is_open(const struct keeper *keeper, const struct occurrence *occurrence) {
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        if (!open->by_hand && open->due_usec == occurrence->due_usec &&
            streq(open->reminder, occurrence->reminder->name))
            return true;
    }
    return false;
}

/* A key comes a second time only after the clock was set back. */
static bool is_known(const struct keeper *keeper, const struct world *world,
                     const struct occurrence *occurrence) {
    return occurrence->due_usec <= keeper->latest_due_usec &&
           (is_open(keeper, occurrence) ||
            world->recorded(world->userdata, occurrence->reminder->name, occurrence->due_usec));
}

static struct open_prompt *oldest_waiting(struct keeper *keeper, size_t *ret_n) {
    struct open_prompt *oldest = NULL;
    size_t n = 0;
    for (size_t i = 0; i < keeper->n_open; i++) {
        struct open_prompt *open = &keeper->open[i];
        if (open->state != OPEN_WAITING)
            continue;
        n++;
        if (!oldest || open->due_usec < oldest->due_usec)
            oldest = open;
    }
    *ret_n = n;
    return oldest;
}

/* A fresh open prompt at the end of the list. NULL: the list is full, or memory is out. */
static struct open_prompt *add_open(struct turn *turn, const struct world *world, const char *reminder) {
    if (turn->next->n_open == KEEPER_OPEN_MAX)
        return NULL;
    char *name = strdup(reminder);
    if (!name)
        return NULL;
    struct open_prompt *open = &turn->next->open[turn->next->n_open++];
    *open = (struct open_prompt){
        .id = fresh_id(world),
        .reminder = name,
        .due_usec = world->now_usec,
        .theme = THEME_NONE,
    };
    turn->changed = true;
    return open;
}

/* Lets it wait; what can't be shown by a rule that holds at its due time is missed at once. */
static int take_in(struct turn *turn, const struct world *world, const struct occurrence *occurrence) {
    struct keeper *keeper = turn->next;
    size_t n_waiting;
    struct open_prompt *oldest = oldest_waiting(keeper, &n_waiting);
    if (oldest && (n_waiting == WAITING_MAX || keeper->n_open == KEEPER_OPEN_MAX)) {
        int r = give_up(turn, world, oldest, MISSED_NEWER);
        if (r < 0)
            return r;
    }
    struct open_prompt *open = add_open(turn, world, occurrence->reminder->name);
    if (!open)
        return -ENOMEM;
    open->due_usec = occurrence->due_usec;
    open->hold_until_usec = MIN_OF(occurrence->hold_until_usec,
                                   schedule_next_quiet(world->schedule, world->zone, occurrence->due_usec));
    open->held = world->now_usec - occurrence->due_usec > LATE_USEC;

    usec_t end;
    if (schedule_quiet_at(world->schedule, world->zone, occurrence->due_usec, &end))
        return give_up(turn, world, open, MISSED_QUIET);
    if (paused_at(keeper, occurrence->due_usec))
        return give_up(turn, world, open, MISSED_PAUSED);
    if (occurrence->crowded || within_gap(keeper, occurrence->reminder, occurrence->due_usec))
        return give_up(turn, world, open, MISSED_GAP);
    if (!has_place(keeper, world, occurrence->reminder, occurrence->due_usec))
        return give_up(turn, world, open, MISSED_LIMIT);
    return 0;
}

static int take_in_due(struct turn *turn, const struct world *world) {
    struct keeper *keeper = turn->next;
    if (keeper->planned_until_usec == 0 || world->now_usec < keeper->planned_until_usec) {
        keeper->planned_until_usec = world->now_usec;
        turn->changed = true;
    }
    plan_seek(world->plan, keeper->planned_until_usec);
    struct occurrence occurrence;
    usec_t reached = world->now_usec;
    for (size_t n = 0; plan_peek(world->plan, &occurrence) >= 0 && occurrence.due_usec <= world->now_usec;
         n++) {
        if (n >= DUE_PER_TURN && occurrence.due_usec > keeper->latest_due_usec) {
            reached = keeper->latest_due_usec;
            break;
        }
        plan_pop(world->plan, &occurrence);
        if (is_known(keeper, world, &occurrence))
            continue;
        int r = take_in(turn, world, &occurrence);
        if (r < 0)
            return r;
        keeper->latest_due_usec = MAX_OF(keeper->latest_due_usec, occurrence.due_usec);
    }
    keeper->planned_until_usec = reached;
    return 0;
}

/* --- Coming back, expiring, leaving the screen ---------------------------------------------------------- */

/* What met the pause ends with it. */
static void end_pause(struct turn *turn, const struct world *world, usec_t end_usec) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_SNOOZED || own_end(world, open) >= end_usec)
            continue;
        open->until_usec = end_usec;
        open->until_boot_usec = 0;
    }
    turn->next->paused_until_usec = 0;
    turn->changed = true;
}

static void return_snoozed(struct turn *turn, const struct world *world) {
    struct keeper *keeper = turn->next;
    for (size_t i = 0; i < keeper->n_open; i++) {
        struct open_prompt *open = &keeper->open[i];
        usec_t end = open->state == OPEN_SNOOZED ? snooze_end(keeper, world, open) : USEC_INFINITY;
        if (end > world->now_usec)
            continue;
        open->state = OPEN_WAITING;
        open->until_usec = end;
        open->hold_until_usec = schedule_next_quiet(world->schedule, world->zone, end);
        open->not_before_usec = 0;
        open->held = world->now_usec - end > LATE_USEC;
        turn->changed = true;
    }
}

/* After a step back of the clock, or with a shorter expire_after, none stays for longer than it would from
 * now. */
static void shorten_stay(struct turn *turn, const struct world *world, struct open_prompt *open) {
    usec_t latest_usec = usec_add(world->now_usec, world->schedule->expire_after_usec);
    if (open->expires_usec <= latest_usec)
        return;
    open->expires_usec = latest_usec;
    turn->changed = true;
}

static int expire_shown(struct turn *turn, const struct world *world) {
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_SHOWN)
            continue;
        shorten_stay(turn, world, open);
        int r = 0;
        if (open->expires_usec <= world->now_usec)
            r = close_open(turn, world, open, CLOSED_UNANSWERED);
        else if (world->locked && open->on_screen)
            r = withdraw(turn, open);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- Showing -------------------------------------------------------------------------------------------- */

/* A reminder that a waiting or asked-for prompt belongs to; NULL: by hand, or it is no longer in the
 * schedule. */
static const struct reminder *reminder_of(const struct world *world, const struct open_prompt *open) {
    return open->by_hand ? NULL : schedule_find(world->schedule, open->reminder);
}

static int set_practice(struct open_prompt *open, const struct practice *practice) {
    int r = replace_string(&open->prompt, practice->id);
    if (r >= 0)
        r = replace_string(&open->title, practice->title);
    if (r >= 0)
        r = replace_string(&open->text, practice->steps[0]);
    if (r < 0)
        return r;
    open->practice = true;
    open->step = 0;
    open->stage = STAGE_PRACTICE;
    return 0;
}

/* How a prompt comes up: each time it comes, a concealed one is closed again. */
static enum stage first_stage(const struct world *world, const struct open_prompt *open) {
    return world->schedule->conceal & THEME_BIT(open->theme) ? STAGE_CONCEALED : STAGE_PROMPT;
}

static int set_prompt(struct open_prompt *open, const struct world *world, const struct pick *pick) {
    char why[64];
    snprintf(why, sizeof why, "%s %u %u", branch_id(pick->branch), pick->rated_helpful, pick->rated);
    int r = replace_string(&open->prompt, pick->prompt->id);
    if (r >= 0)
        r = replace_string(&open->text, pick->prompt->text);
    if (r >= 0)
        r = replace_string(&open->why, why);
    if (r < 0)
        return r;
    open->theme = pick->prompt->theme;
    open->write = pick->prompt->write;
    open->stage = first_stage(world, open);
    return 0;
}

/* Chance for a scheduled one comes from its key, so that a look ahead sees the same; by hand it is fresh. */
static uint64_t seed_of(const struct world *world, const struct open_prompt *open) {
    if (!open->by_hand)
        return hash_word(world->secret, "choose", open->reminder, open->due_usec, 0);
    uint64_t seed;
    world->random(world->userdata, &seed, sizeof seed);
    return seed;
}

/* Which text. -ENOENT: none is eligible. */
static int choose_text(struct open_prompt *open, const struct world *world, theme_set themes, bool asked,
                       bool write, const char *practice_id) {
    const struct practice *practice = practice_id ? library_find_practice(world->library, practice_id) : NULL;
    if (practice)
        return set_practice(open, practice);
    struct history history = {0};
    int r = world->history(world->userdata, &history);
    if (r < 0)
        return r;
    struct wish wish = {
        .themes = themes,
        .asked = asked,
        .write = write,
        .now_usec = world->now_usec,
        .seed = seed_of(world, open),
    };
    struct pick pick;
    r = choose_prompt(world->library, world->schedule, &history, &wish, &pick);
    if (r >= 0)
        r = set_prompt(open, world, &pick);
    history_done(&history);
    return r;
}

/* The first showing begins the entry; a later one (after a snooze) only adds to it. */
static int note_shown(struct turn *turn, const struct world *world, struct open_prompt *open) {
    if (open->stage == STAGE_NOTICE)
        return 0;
    if (open->shown_usec > 0)
        return add_event(turn, world, EVENT_SHOWN, &open->id) ? 0 : -ENOMEM;
    struct event *event = add_first_event(turn, world, EVENT_SHOWN, open);
    if (!event || replace_string(&event->prompt, open->prompt) < 0 ||
        replace_string(&event->text, open->text) < 0 || replace_string(&event->why, open->why) < 0)
        return -ENOMEM;
    event->theme = open->theme;
    if (open->stage != STAGE_HARD)
        return 0;
    event = add_event(turn, world, EVENT_ANSWERED, &open->id);
    if (!event || replace_string(&event->choice, choice_id(CHOICE_HARD)) < 0)
        return -ENOMEM;
    open->answered = true;
    return 0;
}

/* A gap counts from the due time of a prompt that was shown when it was due: the moments that the screen takes don't
 * push the next one out of its place. */
static usec_t shown_as_of(const struct world *world, const struct open_prompt *open) {
    bool on_time = open->shown_usec == 0 && !open->held && open->due_usec <= world->now_usec &&
                   world->now_usec - open->due_usec < LATE_USEC;
    return on_time ? open->due_usec : world->now_usec;
}

/* It was before the person's eyes: counts, the gap, the end. */
static int count_shown(struct turn *turn, const struct world *world, struct open_prompt *open) {
    struct keeper *keeper = turn->next;
    int r = note_shown(turn, world, open);
    if (r < 0)
        return r;
    int32_t today = zone_local_day(world->zone, world->now_usec);
    if (!open->by_hand) {
        keeper->last_shown_usec = shown_as_of(world, open);
        if (open->shown_usec == 0) {
            keeper->day_count = shown_on_day(keeper, today) + 1;
            keeper->day = today;
        }
    }
    open->state = OPEN_SHOWN;
    if (open->shown_usec == 0)
        open->shown_usec = world->now_usec;
    open->expires_usec = usec_add(world->now_usec, world->schedule->expire_after_usec);
    if (!open->by_hand)
        open->expires_usec =
            MIN_OF(open->expires_usec, schedule_next_quiet(world->schedule, world->zone, world->now_usec));
    struct effect *effect = add_effect(turn, EFFECT_SIGNAL_SHOWN, &open->id);
    if (!effect)
        return -ENOMEM;
    effect->theme = open->theme;
    return replace_string(&effect->reminder, open->reminder);
}

/* Counts as shown while the presenter's reply is still on its way. */
static int take_as_shown(struct turn *turn, const struct world *world, struct open_prompt *open) {
    open->on_screen = true;
    return count_shown(turn, world, open);
}

/* Whatever else was before the person's eyes is closed: one prompt is on the screen, ever. */
static int make_room(struct turn *turn, const struct world *world, const struct uuid *id) {
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (uuid_equal(&open->id, id))
            continue;
        int r = 0;
        if (open->state == OPEN_SHOWING && open->by_hand)
            r = take_as_shown(turn, world, open);
        if (r >= 0 && open->state == OPEN_SHOWING)
            r = give_up(turn, world, open, MISSED_NEWER);
        else if (r >= 0 && open->state == OPEN_SHOWN)
            r = close_open(turn, world, open, CLOSED_REPLACED);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The one with an id that is known to be there. Pointers into the list don't outlive a removal; ids do. */
static struct open_prompt *at_id(struct keeper *keeper, const struct uuid *id) {
    size_t i = 0;
    while (!uuid_equal(&keeper->open[i].id, id))
        i++;
    return &keeper->open[i];
}

static int ask_to_show(struct turn *turn, const struct uuid *id, bool in_place) {
    struct effect *effect = add_effect(turn, EFFECT_SHOW, id);
    if (!effect)
        return -ENOMEM;
    effect->in_place = in_place;
    turn->changed = true;
    return 0;
}

static int begin_showing(struct turn *turn, const struct world *world, const struct uuid *id) {
    int r = make_room(turn, world, id);
    if (r < 0)
        return r;
    struct open_prompt *open = at_id(turn->next, id);
    open->state = OPEN_SHOWING;
    open->on_screen = false;
    open->not_before_usec = 0;
    return ask_to_show(turn, id, false);
}

/* --- Hold and return ------------------------------------------------------------------------------------ */

/* What decides which of several is the newest: when it began to wait. */
static usec_t waiting_since(const struct open_prompt *open) {
    return open->shown_usec > 0 ? open->until_usec : open->due_usec;
}

static int give_up_waiting(struct turn *turn, const struct world *world, enum missed_rule rule) {
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        int r = open->state == OPEN_WAITING ? give_up(turn, world, open, rule) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* A pause or quiet hours have begun: occurrences are missed; a returned snooze meets the pause's end instead.
 */
static int end_waiting(struct turn *turn, const struct world *world) {
    if (!paused_at(turn->next, world->now_usec))
        return give_up_waiting(turn, world, MISSED_QUIET);
    for (size_t i = 0; i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state == OPEN_WAITING && open->shown_usec > 0) {
            open->state = OPEN_SNOOZED;
            open->until_boot_usec = 0;
            turn->changed = true;
        }
    }
    return give_up_waiting(turn, world, MISSED_PAUSED);
}

/* Away or busy: waiting goes on, and what was about to be shown after a return is not. */
static void hold_waiting(struct turn *turn) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_WAITING || (open->held && open->not_before_usec == 0))
            continue;
        open->held = true;
        open->not_before_usec = 0;
        turn->changed = true;
    }
}

/* The moment after the return has passed unused: the machine slept, or the program was not running, or there
 * was no screen. That was another absence, and needs a return of its own. */
static bool moment_passed(const struct world *world, const struct open_prompt *open) {
    return open->not_before_usec > 0 && world->now_usec > usec_add(open->not_before_usec, LATE_USEC);
}

/* hold_for runs from the due time to the return: one that is about to be shown is no longer too old, unless
 * there is no screen to show it on. */
static bool about_to_show(const struct world *world, const struct open_prompt *open) {
    if (open->not_before_usec > 0)
        return world->now_usec < open->not_before_usec || (world->screen && !moment_passed(world, open));
    return !open->held && world->screen && world->now_usec - waiting_since(open) <= LATE_USEC;
}

static int drop_too_old(struct turn *turn, const struct world *world) {
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_WAITING || about_to_show(world, open) ||
            open->hold_until_usec > world->now_usec)
            continue;
        int r = give_up(turn, world, open, MISSED_HOLD);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Of those that wait, the newest (of equals, the first in the schedule); the others are missed. */
static int keep_newest(struct turn *turn, const struct world *world, struct uuid *ret_id) {
    const struct open_prompt *newest = NULL;
    for (size_t i = 0; i < turn->next->n_open; i++) {
        const struct open_prompt *open = &turn->next->open[i];
        if (open->state == OPEN_WAITING && (!newest || waiting_since(open) > waiting_since(newest)))
            newest = open;
    }
    if (!newest)
        return -ENOENT;
    *ret_id = newest->id;
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_WAITING || uuid_equal(&open->id, ret_id))
            continue;
        int r = give_up(turn, world, open, MISSED_NEWER);
        if (r < 0)
            return r;
    }
    return 0;
}

/* 1 to 3 minutes after the return, from a hash of the occurrence. */
static usec_t return_delay(const struct world *world, const struct open_prompt *open) {
    uint64_t bits = hash_word(world->secret, "return", open->reminder, open->due_usec, open->snoozes);
    return KEEPER_RETURN_MIN_USEC + hash_scale(bits, KEEPER_RETURN_MAX_USEC - KEEPER_RETURN_MIN_USEC);
}

static int show_waiting(struct turn *turn, const struct world *world, bool look_ahead) {
    struct uuid id;
    int r = drop_too_old(turn, world);
    if (r >= 0)
        r = keep_newest(turn, world, &id);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    struct open_prompt *open = at_id(turn->next, &id);
    bool clock_went_back = open->not_before_usec > usec_add(world->now_usec, KEEPER_RETURN_MAX_USEC);
    if (open->held && world->screen &&
        (open->not_before_usec == 0 || clock_went_back || moment_passed(world, open))) {
        open->not_before_usec = usec_add(world->now_usec, return_delay(world, open));
        turn->changed = true;
    }
    const struct open_prompt *on_screen = keeper_on_screen(turn->next);
    bool busy_showing = on_screen && on_screen->state == OPEN_SHOWING;
    if (world->now_usec < open->not_before_usec || !world->screen || busy_showing)
        return 0;
    const struct reminder *reminder = reminder_of(world, open);
    if (open->shown_usec == 0 && within_gap(turn->next, reminder, world->now_usec))
        return give_up(turn, world, open, MISSED_GAP); /* it came due while another was on its way to the screen */
    if (open->shown_usec == 0 && !has_place(turn->next, world, reminder, world->now_usec))
        return give_up(turn, world, open, MISSED_LIMIT);
    if (!open->prompt && !look_ahead) {
        r = choose_text(open, world, reminder ? reminder->themes : 0, false, reminder && reminder->write,
                        reminder ? reminder->practice : NULL);
        if (r == -ENOENT)
            return give_up(turn, world, open, MISSED_NO_PROMPT);
        if (r < 0)
            return r;
    }
    return begin_showing(turn, world, &id);
}

static int advance(struct turn *turn, const struct world *world, bool look_ahead) {
    int r = take_in_due(turn, world);
    if (r < 0)
        return r;
    if (turn->next->paused_until_usec > 0 && !paused_at(turn->next, world->now_usec))
        end_pause(turn, world, turn->next->paused_until_usec);
    return_snoozed(turn, world);
    r = expire_shown(turn, world);
    if (r < 0)
        return r;
    switch (keeper_presence(turn->next, world)) {
    case PRESENCE_AVAILABLE:
        return show_waiting(turn, world, look_ahead);
    case PRESENCE_AWAY:
    case PRESENCE_BUSY:
        hold_waiting(turn);
        return drop_too_old(turn, world);
    default:
        return end_waiting(turn, world);
    }
}

int keeper_advance(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0)
        r = advance(&turn, world, false);
    return r < 0 ? r : turn_end(&turn, ret);
}

/* Whether it was shown is not known: it waits again, and is shown if it still may be. */
static void wait_again(struct turn *turn) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_SHOWING || open->by_hand)
            continue;
        open->state = OPEN_WAITING;
        turn->changed = true;
    }
}

int keeper_restart(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0) {
        wait_again(&turn);
        r = advance(&turn, world, false);
    }
    for (size_t i = 0; r >= 0 && i < turn.next->n_open; i++) {
        const struct open_prompt *open = &turn.next->open[i];
        bool asked = false;
        for (size_t j = 0; j < turn.n_effects; j++)
            asked |= turn.effects[j].kind == EFFECT_SHOW && uuid_equal(&turn.effects[j].id, &open->id);
        if (!asked && (open->state == OPEN_SHOWING || (open->state == OPEN_SHOWN && open->on_screen)))
            r = ask_to_show(&turn, &open->id, false);
    }
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_reload(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    for (size_t i = r < 0 ? 0 : turn.next->n_open; r >= 0 && i-- > 0;) {
        struct open_prompt *open = &turn.next->open[i];
        if (open->state == OPEN_WAITING && open->shown_usec == 0 && !open->by_hand &&
            !reminder_of(world, open))
            r = give_up(&turn, world, open, MISSED_REMOVED);
    }
    if (r < 0)
        return r;
    turn.changed = true; /* planned_until goes with the reminders' starts */
    return turn_end(&turn, ret);
}

/* --- By hand -------------------------------------------------------------------------------------------- */

static int set_hard(struct open_prompt *open) {
    int r = replace_string(&open->prompt, "hard");
    if (r >= 0)
        r = replace_string(&open->title, WORDS_HARD_TITLE);
    if (r >= 0)
        r = replace_string(&open->text, WORDS_HARD);
    open->stage = STAGE_HARD;
    return r;
}

static int choose_by_hand(struct open_prompt *open, const struct world *world, const char *what) {
    if (streq(what, choice_id(CHOICE_HARD)))
        return set_hard(open);
    int r;
    const struct reminder *reminder = schedule_find(world->schedule, what);
    enum theme theme = theme_from_id(what);
    if (*what == 0)
        r = choose_text(open, world, 0, false, false, NULL);
    else if (theme != THEME_NONE)
        r = choose_text(open, world, THEME_BIT(theme), true, false, NULL);
    else if (reminder)
        r = choose_text(open, world, reminder->themes, false, reminder->write, reminder->practice);
    else if (library_find_practice(world->library, what))
        r = choose_text(open, world, 0, false, false, what);
    else
        return -ENOENT;
    return r == -ENOENT ? -ENODATA : r;
}

int keeper_prompt(const struct keeper *keeper, const struct world *world, const char *what,
                  struct uuid *ret_id, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r < 0)
        return r;
    if (turn.next->n_open == KEEPER_OPEN_MAX)
        return -E2BIG;
    struct open_prompt *open = add_open(&turn, world, "");
    if (!open)
        return -ENOMEM;
    struct uuid id = open->id;
    open->by_hand = true;
    r = choose_by_hand(open, world, what);
    if (r >= 0)
        r = begin_showing(&turn, world, &id);
    if (r < 0)
        return r;
    *ret_id = id;
    return turn_end(&turn, ret);
}

int keeper_tell(const struct keeper *keeper, const struct world *world, const char *title, const char *text,
                struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r < 0)
        return r;
    if (turn.next->n_open == KEEPER_OPEN_MAX)
        return -E2BIG;
    struct open_prompt *open = add_open(&turn, world, "");
    if (!open || replace_string(&open->prompt, stage_id(STAGE_NOTICE)) < 0 ||
        replace_string(&open->title, title) < 0 || replace_string(&open->text, text) < 0)
        return -ENOMEM;
    open->by_hand = true;
    open->answered = true; /* nothing of it is written down */
    open->stage = STAGE_NOTICE;
    struct uuid id = open->id;
    r = begin_showing(&turn, world, &id);
    return r < 0 ? r : turn_end(&turn, ret);
}

/* --- The presenter's answers ---------------------------------------------------------------------------- */

/* Begins a turn about one open prompt. `ret_open` is the turn's. */
static int turn_about(const struct keeper *keeper, const struct uuid *id, struct turn *turn,
                      struct open_prompt **ret_open) {
    *turn = (struct turn){0};
    const struct open_prompt *open = keeper_find(keeper, id);
    if (!open)
        return -ENOENT;
    struct uuid found = open->id;
    int r = turn_begin(keeper, turn);
    if (r < 0)
        return r;
    *ret_open = at_id(turn->next, &found);
    return 0;
}

int keeper_showed(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  const char *bus_id, const char *owner, uint32_t server_id, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_about(keeper, id, &turn, &open);
    if (r < 0)
        return r;
    if (open->state != OPEN_SHOWING && open->state != OPEN_SHOWN)
        return -ESTALE;
    if (open->state == OPEN_SHOWING)
        r = count_shown(&turn, world, open);
    if (r >= 0)
        r = replace_string(&open->bus_id, bus_id);
    if (r >= 0)
        r = replace_string(&open->owner, owner);
    if (r < 0)
        return r;
    open->server_id = server_id;
    open->on_screen = true;
    turn.changed = true;
    if (world->locked)
        r = withdraw(&turn, open);
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_unshown(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_about(keeper, id, &turn, &open);
    if (r < 0)
        return r;
    if (open->state == OPEN_SHOWING && open->by_hand)
        r = count_shown(&turn, world,
                        open); /* asked for: it is there for whoever asked, without a screen too */
    else if (open->state == OPEN_SHOWING) {
        open->state = OPEN_WAITING;
        if (open->shown_usec > 0)
            open->hold_until_usec = schedule_next_quiet(world->schedule, world->zone, world->now_usec);
    }
    if (r >= 0)
        r = withdraw(&turn, open); /* a step that failed: what was said before is not to stay */
    turn.changed = true;
    return r < 0 ? r : turn_end(&turn, ret);
}

int keeper_off_screen(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                      struct turn *ret) {
    (void)world;
    _cleanup_(turn_donep) struct turn turn;
    struct open_prompt *open;
    int r = turn_about(keeper, id, &turn, &open);
    if (r < 0)
        return r;
    if (open->on_screen) {
        open->on_screen = false;
        turn.changed = true;
    }
    return turn_end(&turn, ret);
}

/* --- The person's answers ------------------------------------------------------------------------------- */

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

static int answer_hard(struct turn *turn, const struct world *world, struct open_prompt *open,
                       const char *note) {
    int r =
        note_choice(turn, world, open, open->answered ? EVENT_STEPPED : EVENT_ANSWERED, CHOICE_HARD, note);
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

/* Nothing more until the local midnight; a longer pause stays. */
static int answer_quiet_today(struct turn *turn, const struct world *world, struct open_prompt *open,
                              const char *note) {
    usec_t midnight = zone_day_second(world->zone, zone_local_day(world->zone, world->now_usec) + 1, 0);
    int r = answer_and_close(turn, world, open, CHOICE_QUIET_TODAY, note);
    if (r >= 0 && !paused_at(turn->next, midnight - 1))
        r = begin_pause(turn, world, midnight);
    return r;
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
    return r < 0 ? r : add_effect(turn, EFFECT_ERASE, &id) ? 0 : -ENOMEM;
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
    if (open->stage == STAGE_NOT_THIS || open->stage == STAGE_PROMPT)
        open->stage = first_stage(world, open);
    struct event *event = add_event(turn, world, EVENT_SNOOZED, &open->id);
    struct effect *effect = event ? add_effect(turn, EFFECT_SIGNAL_SNOOZED, &open->id) : NULL;
    if (!effect || (*note && replace_string(&event->note, note) < 0))
        return -ENOMEM;
    event->until_usec = effect->until_usec = snooze_end(turn->next, world, open);
    return 0;
}

/* The first preset of the schedule. */
static int answer_later(struct turn *turn, const struct world *world, struct open_prompt *open,
                        const char *note) {
    if (world->schedule->n_snooze == 0)
        return put_off(turn, world, open, 15 * USEC_PER_MINUTE, 0, note);
    const struct snooze_preset *preset = &world->schedule->snooze[0];
    if (preset->span_usec != USEC_INFINITY)
        return put_off(turn, world, open, preset->span_usec, 0, note);
    usec_t until;
    int r =
        moment_parse(preset->text, world->now_usec, world->zone, MOMENT_NEXT, SCHEDULE_MORNING_SEC, &until);
    return r < 0 ? r : put_off(turn, world, open, 0, until, note);
}

static bool may_choose(const struct world *world, const struct open_prompt *open, enum choice choice) {
    if (open->stage == STAGE_NOTICE)
        return choice == CHOICE_OKAY;
    if (choice == CHOICE_HELPFUL || choice == CHOICE_OKAY || choice == CHOICE_NOT_FOR_ME ||
        choice == CHOICE_HARD)
        return true;
    enum choice choices[CHOICES_MAX];
    size_t n = keeper_choices(world, open, choices);
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
        return answer_later(turn, world, open, note);
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
        return answer_step(turn, world, open, choice, note, open->practice ? STAGE_PRACTICE : STAGE_PROMPT);
    case CHOICE_ERASE:
        return answer_erase(turn, world, open);
    case CHOICE_KEEP: {
        int r = note_kept(turn, world, &open->id, true);
        return r < 0 ? r : close_open(turn, world, open, CLOSED_ANSWERED);
    }
    case CHOICE_JOURNAL_ONLY:
        return close_open(turn, world, open, CLOSED_ANSWERED);
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
    if (chosen == CHOICE_NONE || !may_choose(world, open, chosen))
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
    r = step_to(&turn, world, open, STAGE_WRITTEN);
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

/* --- Lines of one's own, pause -------------------------------------------------------------------------- */

int keeper_note(const struct keeper *keeper, const struct world *world, const char *text, bool keep,
                struct uuid *ret_id, struct turn *ret) {
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
    if (keep && note_kept(&turn, world, &id, true) < 0)
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

/* --- What comes next ------------------------------------------------------------------------------------ */

usec_t keeper_next_wake(const struct keeper *keeper, const struct world *world) {
    usec_t wake = USEC_INFINITY;
    struct occurrence occurrence;
    plan_seek(world->plan, keeper->planned_until_usec);
    if (plan_peek(world->plan, &occurrence) >= 0)
        wake = occurrence.due_usec;
    if (paused_at(keeper, world->now_usec))
        wake = MIN_OF(wake, keeper->paused_until_usec);
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        if (open->state == OPEN_SNOOZED)
            wake = MIN_OF(wake, snooze_end(keeper, world, open));
        else if (open->state == OPEN_SHOWN)
            wake = MIN_OF(wake, open->expires_usec);
        else if (open->state == OPEN_WAITING && open->not_before_usec > world->now_usec)
            wake = MIN_OF(wake, MIN_OF(open->not_before_usec,
                                       schedule_next_quiet(world->schedule, world->zone, world->now_usec)));
        else if (open->state == OPEN_WAITING && open->hold_until_usec > world->now_usec)
            wake = MIN_OF(wake, open->hold_until_usec);
    }
    return wake;
}

/* What a look ahead puts between itself and the world: ids that only have to differ. */
struct look {
    const struct world *world;
    uint64_t n_ids;
};

static void count_ids(void *userdata, void *buffer, size_t size) {
    struct look *look = userdata;
    memset(buffer, 0, size);
    look->n_ids++;
    memcpy(buffer, &look->n_ids, MIN_OF(size, sizeof look->n_ids));
}

static bool look_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    const struct world *world = ((struct look *)userdata)->world;
    return world->recorded(world->userdata, reminder, due_usec);
}

/* Lets pass what is being shown. */
static int pass_showing(struct turn *turn, const struct world *world, struct upcoming *ret, bool *ret_shown) {
    *ret_shown = false;
    for (size_t i = turn->next->n_open; i-- > 0;) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_SHOWING)
            continue;
        const struct reminder *reminder = reminder_of(world, open);
        *ret = (struct upcoming){
            .due_usec = world->now_usec,
            .reminder = reminder ? reminder->name : "",
            .returning = open->shown_usec > 0,
            .id = open->id,
        };
        *ret_shown = true;
        int r = count_shown(turn, world, open);
        if (r >= 0)
            r = close_open(turn, world, open, CLOSED_SEEN);
        if (r < 0)
            return r;
    }
    return 0;
}

/* One step of a look ahead: what is to be shown. What is being shown at its beginning is not to come any
 * more. */
static int look_ahead_step(struct keeper **keeper, const struct world *world, struct upcoming *ret,
                           bool *ret_shown) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(*keeper, &turn);
    if (r >= 0)
        r = pass_showing(&turn, world, ret, ret_shown);
    if (r >= 0)
        r = advance(&turn, world, true);
    if (r >= 0)
        r = pass_showing(&turn, world, ret, ret_shown);
    if (r < 0)
        return r;
    keeper_free(*keeper);
    *keeper = TAKE_PTR(turn.next);
    return 0;
}

/* Paused until resumed, or in quiet hours without an end: nothing is to come, however far one looks. */
static bool silent_for_good(const struct keeper *keeper, const struct world *world) {
    usec_t end;
    return keeper->paused_until_usec == USEC_INFINITY ||
           (schedule_quiet_at(world->schedule, world->zone, world->now_usec, &end) && end == USEC_INFINITY);
}

int keeper_upcoming(const struct keeper *keeper, const struct world *world, struct upcoming *ret,
                    size_t limit, size_t *ret_n) {
    _cleanup_(keeper_freep) struct keeper *ahead = NULL;
    int r = keeper_copy(keeper, &ahead);
    if (r < 0)
        return r;
    struct look look = {.world = world};
    struct world then = *world;
    then.presence = PRESENCE_AVAILABLE;
    then.locked = false;
    then.screen = true;
    then.random = count_ids;
    then.recorded = look_recorded;
    then.userdata = &look;
    size_t n = 0;
    for (size_t steps = 0; n < limit && steps < UPCOMING_STEPS_MAX; steps++) {
        bool shown;
        r = look_ahead_step(&ahead, &then, &ret[n], &shown);
        if (r < 0)
            return r;
        n += shown;
        usec_t wake = keeper_next_wake(ahead, &then);
        if (wake == USEC_INFINITY || silent_for_good(ahead, &then))
            break;
        wake = MAX_OF(wake, then.now_usec);
        then.boot_usec += wake - then.now_usec;
        then.now_usec = wake;
    }
    *ret_n = n;
    return 0;
}
