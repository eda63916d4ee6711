/* Every entry point works alike: begin a turn with a deep copy of the keeper, change the copy, note events
 * and effects, hand the turn out. Nothing outside the turn is touched, so a failed turn is simply dropped.
 *
 * Here is what is asked of a keeper, what is shown by hand, what the presenter says, and what comes next. The
 * way from due to shown is in keeper-life.c, a person's answers in keeper-answers.c, the words in
 * keeper-words.c, and the making of a turn in keeper-turn.c. */
#include "daemon/core/keeper-parts.h"

/* A look ahead ends after this many steps, however little would be shown. */
#define UPCOMING_STEPS_MAX 20000

/* --- Looks ------------------------------------------------------------------------------------ */

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

static bool quiet_now(const struct world *world) {
    usec_t end;
    return schedule_quiet_at(world->schedule, world->zone, world->now_usec, &end);
}

enum presence keeper_presence(const struct keeper *keeper, const struct world *world) {
    if (paused_at(keeper, world->now_usec))
        return PRESENCE_PAUSED;
    return quiet_now(world) ? PRESENCE_QUIET : world->presence;
}

usec_t keeper_back_usec(const struct keeper *keeper, const struct world *world,
                        const struct open_prompt *open) {
    return open->state == OPEN_SNOOZED ? snooze_end(keeper, world, open) : 0;
}

/* --- By hand ---------------------------------------------------------------------------------- */

static int set_hard(struct open_prompt *open, const struct history *history) {
    int r = replace_string(&open->prompt, "hard");
    if (r >= 0)
        r = replace_string(&open->title, WORDS_HARD_TITLE);
    if (r >= 0)
        r = replace_string(&open->text, WORDS_HARD);
    if (r >= 0 && history->hard_line)
        r = words_of_hard_line(history->hard_line, &open->line);
    open->stage = STAGE_HARD;
    return r;
}

static int choose_with(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
                       const struct history *history, const char *what) {
    const struct reminder *reminder = schedule_find(world->schedule, what);
    const struct practice *practice =
        library_find_practice(world->library, reminder ? or_empty(reminder->practice) : what);
    enum theme theme = theme_from_id(what);
    enum offer offer = offer_from_word(what);
    int r;
    if (streq(what, choice_id(CHOICE_HARD)))
        return set_hard(open, history);
    if (offer != OFFER_COUNT)
        return ask_offer(open, keeper, world, history, offer, seed_of(world, open));
    if (practice)
        return set_practice(open, practice);
    if (*what == 0)
        r = choose_text(open, world, history, 0, false, false);
    else if (theme != THEME_NONE)
        r = choose_text(open, world, history, THEME_BIT(theme), true, false);
    else if (reminder)
        r = choose_text(open, world, history, reminder->themes, false, reminder->write);
    else
        return -ENOENT;
    return r == -ENOENT ? -ENODATA : r;
}

/* Help in a hard moment comes also where the history can't be read. */
static int choose_by_hand(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
                          const char *what) {
    _cleanup_(history_done) struct history history = {0};
    int r = world->history(world->userdata, &history);
    if (r < 0 && !streq(what, choice_id(CHOICE_HARD)))
        return r;
    return choose_with(open, keeper, world, &history, what);
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
    r = choose_by_hand(open, turn.next, world, what);
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

/* --- The presenter's answers ------------------------------------------------------------------ */

/* Begins a turn about one open prompt. `ret_open` is the turn's. */
int turn_about(const struct keeper *keeper, const struct uuid *id, struct turn *turn,
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
    if (open->state == OPEN_SHOWING && open->by_hand) /* there for whoever asked, without a screen too */
        r = count_shown(&turn, world, open);
    else if (open->state == OPEN_SHOWING)
        wait_again(world, open);
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

int keeper_named(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    (void)world;
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r < 0)
        return r;
    turn.next->commands_named++;
    turn.changed = true;
    return turn_end(&turn, ret);
}

/* --- What comes next -------------------------------------------------------------------------- */

/* A moment that has passed since time last moved on is one to wake at, too: at once. */
usec_t keeper_next_wake(const struct keeper *keeper, const struct world *world) {
    usec_t wake = USEC_INFINITY, moved_on_usec = keeper->planned_until_usec;
    struct occurrence occurrence;
    plan_seek(world->plan, keeper->planned_until_usec);
    if (plan_peek(world->plan, &occurrence) >= 0)
        wake = occurrence.due_usec;
    if (keeper->paused_until_usec > 0)
        wake = MIN_OF(wake, keeper->paused_until_usec);
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        if (open->state == OPEN_SNOOZED)
            wake = MIN_OF(wake, snooze_end(keeper, world, open));
        else if (open->state == OPEN_SHOWN)
            wake = MIN_OF(wake, open->expires_usec);
        else if (open->state == OPEN_WAITING && open->not_before_usec > moved_on_usec)
            wake = MIN_OF(wake, MIN_OF(open->not_before_usec,
                                       schedule_next_quiet(world->schedule, world->zone, world->now_usec)));
        else if (open->state == OPEN_WAITING && open->hold_until_usec > moved_on_usec)
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
