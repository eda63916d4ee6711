/* From due to shown: what comes due is taken in, waits, is held, and comes to the screen, or is missed with
 * the rule that did it.
 *
 * What bounds that which can pile up: one prompt is on the screen; a newer showing closes every older shown
 * one; of those that wait, the newest is shown and the others are missed. Long absences are taken in piece by
 * piece. */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/core/keeper-parts.h"

/* Occurrences taken in at once; after a very long absence the next turn follows immediately. */
#define DUE_PER_TURN 500
/* Waiting ones kept while away; past it the oldest gives way (it would lose against the newer ones anyway).
 */
#define WAITING_MAX 32
/* An occurrence found later than this after its due time was slept through, or the program was not running:
 * an absence like any other. */
#define LATE_USEC USEC_PER_MINUTE

/* --- Limits ----------------------------------------------------------------------------------- */

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

/* --- Coming due ------------------------------------------------------------------------------- */

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
    if (passes_by(keeper, world))
        return give_up(turn, world, open, MISSED_FEWER);
    return 0;
}

int take_in_due(struct turn *turn, const struct world *world) {
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

/* --- Coming back, expiring, leaving the screen ------------------------------------------------ */

/* When a snooze ends by itself. Elapsed time that is over ended as long ago as it was over. */
static usec_t own_end(const struct world *world, const struct open_prompt *open) {
    if (open->until_boot_usec == 0 || !uuid_equal(&open->boot_id, &world->boot_id))
        return open->until_usec;
    if (open->until_boot_usec >= world->boot_usec)
        return usec_add(world->now_usec, open->until_boot_usec - world->boot_usec);
    return usec_sub(world->now_usec, world->boot_usec - open->until_boot_usec);
}

/* When a snoozed one comes back: its own end, not before the end of a pause, not within quiet hours. */
usec_t snooze_end(const struct keeper *keeper, const struct world *world, const struct open_prompt *open) {
    usec_t end = MAX_OF(own_end(world, open), keeper->paused_until_usec), quiet_end;
    if (end != USEC_INFINITY && schedule_quiet_at(world->schedule, world->zone, end, &quiet_end))
        end = quiet_end;
    return end;
}

/* What met the pause ends with it. */
void end_pause(struct turn *turn, const struct world *world, usec_t end_usec) {
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

/* --- Showing ---------------------------------------------------------------------------------- */

/* A reminder that a waiting or asked-for prompt belongs to; NULL: by hand, or it is no longer in the
 * schedule. */
const struct reminder *reminder_of(const struct world *world, const struct open_prompt *open) {
    return open->by_hand ? NULL : schedule_find(world->schedule, open->reminder);
}

int set_practice(struct open_prompt *open, const struct practice *practice) {
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

enum stage opened_stage(const struct open_prompt *open) {
    if (open->practice)
        return STAGE_PRACTICE;
    return offer_of(open) == OFFER_COUNT ? STAGE_PROMPT : STAGE_OFFER;
}

/* A question of the program's is concealed with the theme it names; one that names none, where all are. */
enum stage first_stage(const struct world *world, const struct open_prompt *open) {
    enum theme theme = offer_theme(open);
    theme_set conceal = world->schedule->conceal;
    bool concealed = theme == THEME_NONE ? conceal == THEME_SET_ALL : (conceal & THEME_BIT(theme)) != 0;
    return concealed ? STAGE_CONCEALED : opened_stage(open);
}

/* With the seed the choice can be made again from the same history. */
static int set_prompt(struct open_prompt *open, const struct world *world, const struct pick *pick,
                      uint64_t seed) {
    char why[80];
    snprintf(why, sizeof why, "%s %u %u %016" PRIx64, branch_id(pick->branch), pick->rated_helpful,
             pick->rated, seed);
    _cleanup_free_ char *words = NULL;
    int r = pick->prompt->written_usec > 0
                ? words_of_own(world, pick->prompt, &words)
                : prompt_words(pick->prompt, or_empty(world->schedule->name), &words);
    if (r >= 0)
        r = replace_string(&open->prompt, pick->prompt->id);
    if (r >= 0)
        r = replace_string(&open->text, words);
    if (r >= 0)
        r = replace_string(&open->why, why);
    if (r < 0)
        return r;
    open->theme = pick->prompt->theme;
    open->write = pick->prompt->write;
    open->stage = first_stage(world, open);
    return 0;
}

uint64_t seed_of(const struct world *world, const struct open_prompt *open) {
    if (!open->by_hand)
        return hash_word(world->secret, "choose", open->reminder, open->due_usec, 0);
    uint64_t seed;
    world->random(world->userdata, &seed, sizeof seed);
    return seed;
}

int choose_text(struct open_prompt *open, const struct world *world, const struct history *history,
                theme_set themes, bool asked, bool write) {
    struct wish wish = {
        .themes = themes,
        .focus = path_focus(world->schedule, history),
        .asked = asked,
        .write = write,
        .now_usec = world->now_usec,
        .seed = seed_of(world, open),
    };
    struct pick pick;
    int r = choose_prompt(world->library, world->schedule, history, &wish, &pick);
    return r < 0 ? r : set_prompt(open, world, &pick, wish.seed);
}

/* What the program itself has to say comes first, in the place of what was to come. */
static int choose_scheduled(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
                            const struct reminder *reminder) {
    _cleanup_(history_done) struct history history = {0};
    int r = world->history(world->userdata, &history);
    if (r >= 0)
        r = take_offer(open, keeper, world, &history, seed_of(world, open));
    if (r != 0)
        return MIN_OF(r, 0);
    const struct practice *practice =
        reminder && reminder->practice ? library_find_practice(world->library, reminder->practice) : NULL;
    if (practice)
        return set_practice(open, practice);
    return choose_text(open, world, &history, reminder ? reminder->themes : 0, false,
                       reminder && reminder->write);
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

/* A gap counts from the due time of a prompt that was shown when it was due: the moments that the screen
 * takes don't push the next one out of its place. */
static usec_t shown_as_of(const struct world *world, const struct open_prompt *open) {
    bool on_time = open->shown_usec == 0 && !open->held && open->due_usec <= world->now_usec &&
                   world->now_usec - open->due_usec < LATE_USEC;
    return on_time ? open->due_usec : world->now_usec;
}

/* It was before the person's eyes: counts, the gap, the end. */
int count_shown(struct turn *turn, const struct world *world, struct open_prompt *open) {
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
    if (open->shown_usec == 0) {
        note_offer_shown(keeper, world, open);
        open->shown_usec = world->now_usec;
    }
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
int take_as_shown(struct turn *turn, const struct world *world, struct open_prompt *open) {
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

int ask_to_show(struct turn *turn, const struct uuid *id, bool in_place) {
    struct effect *effect = add_effect(turn, EFFECT_SHOW, id);
    if (!effect)
        return -ENOMEM;
    effect->in_place = in_place;
    turn->changed = true;
    return 0;
}

int begin_showing(struct turn *turn, const struct world *world, const struct uuid *id) {
    int r = make_room(turn, world, id);
    if (r < 0)
        return r;
    struct open_prompt *open = at_id(turn->next, id);
    open->state = OPEN_SHOWING;
    open->on_screen = false;
    open->not_before_usec = 0;
    return ask_to_show(turn, id, false);
}

/* --- Hold and return -------------------------------------------------------------------------- */

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
int end_waiting(struct turn *turn, const struct world *world) {
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
        return give_up(turn, world, open,
                       MISSED_GAP); /* it came due while another was on its way to the screen */
    if (open->shown_usec == 0 && !has_place(turn->next, world, reminder, world->now_usec))
        return give_up(turn, world, open, MISSED_LIMIT);
    if (!open->prompt && !look_ahead) {
        r = choose_scheduled(open, turn->next, world, reminder);
        if (r == -ENOENT)
            return give_up(turn, world, open, MISSED_NO_PROMPT);
        if (r < 0)
            return r;
    }
    return begin_showing(turn, world, &id);
}

int advance(struct turn *turn, const struct world *world, bool look_ahead) {
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

void wait_again(const struct world *world, struct open_prompt *open) {
    open->state = OPEN_WAITING;
    if (open->shown_usec > 0)
        open->hold_until_usec = schedule_next_quiet(world->schedule, world->zone, world->now_usec);
}

/* Whether it was shown is not known: it is shown if it still may be. */
static void put_back_showing(struct turn *turn, const struct world *world) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        struct open_prompt *open = &turn->next->open[i];
        if (open->state != OPEN_SHOWING || open->by_hand)
            continue;
        wait_again(world, open);
        turn->changed = true;
    }
}

int keeper_restart(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r >= 0) {
        put_back_showing(&turn, world);
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
