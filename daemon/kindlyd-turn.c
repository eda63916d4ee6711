/* A turn: the keeper works it out from the world as it is, the journal commits it, it becomes the state, and
 * its effects go to the screen and the bus. Time and presence ask for turns here; the screen and the bus
 * elsewhere.
 *
 * Presence is asked only when something may be shown: when the timer elapses while nothing is watched,
 * everybody is asked first and time moves on with the answers (on_elapsed). */
#include <malloc.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"

/* --- The world -------------------------------------------------------------------------------- */

static bool world_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    struct daemon *daemon = userdata;
    return daemon->journal && journal_recorded(daemon->journal, reminder, due_usec);
}

/* Without a journal there is no history: everything is new. */
static int world_history(void *userdata, struct history *ret) {
    struct daemon *daemon = userdata;
    if (daemon->journal &&
        journal_history(daemon->journal, clock_realtime(), clock_zone(daemon->clock), ret) >= 0)
        return 0;
    *ret = (struct history){0};
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        ret->recent[i] = THEME_NONE;
    return 0;
}

void look_at_world(struct daemon *daemon, struct world *ret) {
    *ret = (struct world){
        .now_usec = clock_realtime(),
        .boot_usec = clock_boottime(),
        .boot_id = clock_boot_id(daemon->clock),
        .zone = clock_zone(daemon->clock),
        .schedule = daemon->schedule,
        .library = daemon->library,
        .plan = daemon->plan,
        .secret = &daemon->secret,
        .presence = presence_now(daemon->presence, NULL),
        .locked = presence_locked(daemon->presence),
        .screen = presenter_ready(daemon->presenter),
        .random = clock_random,
        .recorded = world_recorded,
        .history = world_history,
        .userdata = daemon,
    };
}

int32_t offset_now(const struct world *world) {
    struct civil unused;
    int32_t offset;
    zone_to_civil(world->zone, world->now_usec, &unused, &offset, NULL);
    return offset;
}

/* --- Turns ------------------------------------------------------------------------------------ */

/* Events of turns that could not be written: with three a prompt, of a month. */
#define UNWRITTEN_MAX 1000

static void carry_out(struct daemon *daemon, const struct effect *effect) {
    if (effect->kind == EFFECT_SHOW)
        show(daemon, effect);
    else if (effect->kind == EFFECT_WITHDRAW)
        presenter_withdraw(daemon->presenter, &effect->id);
    else if (effect->kind == EFFECT_ERASE) {
        renew_library(daemon);
        flush_erased(daemon);
    } else
        bus_signal(daemon->object, effect);
}

/* The state in the journal is whole with any turn, its events are not: those of turns that could not be
 * written stand before the turn's own. */
static int prepend_unwritten(struct daemon *daemon, struct turn *turn) {
    size_t n = daemon->n_unwritten;
    int r = array_reserve(&turn->events, &turn->events_capacity, turn->n_events + n, sizeof *turn->events);
    if (r < 0)
        return r;
    if (turn->n_events > 0)
        memmove(turn->events + n, turn->events, turn->n_events * sizeof *turn->events);
    if (n > 0)
        memcpy(turn->events, daemon->unwritten, n * sizeof *turn->events);
    turn->n_events += n;
    daemon->n_unwritten = 0;
    return 0;
}

/* The first `n` of a turn that could not be written, or all, where it goes on in memory. */
static void keep_unwritten(struct daemon *daemon, struct turn *turn, size_t n) {
    if (array_reserve(&daemon->unwritten, &daemon->unwritten_capacity, n, sizeof *turn->events) < 0 ||
        n > UNWRITTEN_MAX) {
        say(LOG_ERROR, "what happened can't be kept until it can be written");
        return;
    }
    if (n == 0)
        return;
    memcpy(daemon->unwritten, turn->events, n * sizeof *turn->events);
    daemon->n_unwritten = n;
    turn->n_events -= n;
    memmove(turn->events, turn->events + n, turn->n_events * sizeof *turn->events);
}

static int write_turn(struct daemon *daemon, struct turn *turn, bool has_to_be_recorded) {
    size_t before = daemon->n_unwritten;
    int r = prepend_unwritten(daemon, turn);
    if (r < 0)
        return has_to_be_recorded ? r : 0; /* memory goes on: the next turn's state is whole */
    r = commit(daemon, turn);
    if (r < 0)
        keep_unwritten(daemon, turn, has_to_be_recorded ? before : turn->n_events);
    return has_to_be_recorded ? r : 0;
}

/* A kept line, or one that is no longer: of an entry that was marked hard it does not come back. */
static bool changes_texts(const struct turn *turn) {
    bool kept = false;
    for (size_t i = 0; i < turn->n_events; i++)
        kept |= turn->events[i].kind == EVENT_KEPT || streq(or_empty(turn->events[i].choice), "hard");
    return kept;
}

int take_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded) {
    struct world world;
    struct turn turn;
    if (!daemon->journal)
        recover_journal(daemon);
    if (daemon->undone & UNDONE_TEXTS) /* nothing that was forgotten is chosen */
        renew_library(daemon);
    look_at_world(daemon, &world);
    int r = act(daemon->keeper, &world, arguments, &turn);
    if (r < 0)
        return r;
    bool new_texts = changes_texts(&turn);
    r = turn.changed ? write_turn(daemon, &turn, has_to_be_recorded) : 0;
    if (r < 0) {
        turn_done(&turn);
        settle(daemon);
        return r;
    }
    keeper_free(daemon->keeper);
    daemon->keeper = TAKE_PTR(turn.next);
    for (size_t i = 0; i < turn.n_effects; i++)
        carry_out(daemon, &turn.effects[i]);
    if (new_texts)
        renew_library(daemon);
    turn_done(&turn);
    settle(daemon);
    return 0;
}

int act_restart(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret) {
    (void)unused;
    return keeper_restart(keeper, world, ret);
}

static int act_advance(const struct keeper *keeper, const struct world *world, void *unused,
                       struct turn *ret) {
    (void)unused;
    return keeper_advance(keeper, world, ret);
}

/* The first time, what was open when the program ended is put back; a call that came before and showed
 * something has taken its place, or put it back itself. */
void advance_now(struct daemon *daemon) {
    bool put_back = daemon->put_back || daemon->showed;
    int r = take_turn(daemon, put_back ? act_advance : act_restart, NULL, false);
    if (r >= 0) {
        daemon->put_back = true;
        return;
    }
    say(LOG_ERROR, "cannot work out what is due: %s", reason_of(r));
    try_again(daemon, UNDONE_TURN);
}

static int publish(struct daemon *daemon, const struct world *world) {
    struct upcoming next;
    size_t n = 0;
    _cleanup_free_ char *problem = joined_problems(daemon);
    int r = keeper_upcoming(daemon->keeper, world, &next, 1, &n);
    if (r < 0)
        return r;
    struct bus_properties properties = {
        .presence = keeper_presence(daemon->keeper, world),
        .paused_until_usec = daemon->keeper->paused_until_usec,
        .next_elapse_usec = n > 0 ? next.due_usec : USEC_INFINITY,
        .next_reminder = n > 0 ? next.reminder : "",
        .problem = or_empty(problem),
        .open_count = (uint32_t)daemon->keeper->n_open,
        .fewer = daemon->keeper->fewer,
    };
    presence_now(daemon->presence, &properties.presence_usec);
    return bus_publish(daemon->object, &properties);
}

/* After every turn: what is published, what is followed, when to wake. */
void settle(struct daemon *daemon) {
    struct world world;
    look_at_world(daemon, &world);
    int r = publish(daemon, &world);
    bool needed = keeper_needs_presence(daemon->keeper);
    if (needed != daemon->watching) {
        int watched = presence_watch(daemon->presence, needed);
        daemon->watching = needed && watched >= 0; /* what isn't followed is asked when it matters */
        r = watched < 0 ? watched : r;
    }
    int armed = clock_arm(daemon->clock, keeper_next_wake(daemon->keeper, &world));
    r = armed < 0 ? armed : r;
    if (r < 0) {
        say(LOG_ERROR, "what follows from a change could not be done yet: %s", reason_of(r));
        try_again(daemon, UNDONE_SETTLE);
    }
    sd_event_source_set_enabled(daemon->rest, SD_EVENT_ONESHOT);
}

/* Mostly for hours: what it took to work out the turns, or to read a schedule and decks, goes back to the
 * system. Without malloc_trim() it stays with the process, below what outlives it. */
int on_rest(sd_event_source *source, void *userdata) {
    (void)source;
    struct daemon *daemon = userdata;
    if (daemon->journal)
        journal_rest(daemon->journal);
    malloc_trim(0);
    return 0;
}

/* --- Time and presence ------------------------------------------------------------------------ */

static void on_asked(void *userdata, enum presence presence, const struct presence_source *sources,
                     size_t n) {
    (void)presence, (void)sources, (void)n;
    struct daemon *daemon = userdata;
    daemon->asking = false;
    advance_now(daemon);
}

/* Time moves on with fresh presence. */
void ask_and_advance(struct daemon *daemon) {
    if (daemon->asking)
        return;
    if (daemon->watching) {
        advance_now(daemon);
        return;
    }
    daemon->asking = true;
    if (presence_ask(daemon->presence, on_asked, daemon, NULL) < 0) {
        daemon->asking = false;
        advance_now(daemon);
    }
}

void on_elapsed(void *userdata) {
    ask_and_advance(userdata);
}

void on_presence(void *userdata, enum presence presence) {
    (void)presence;
    struct daemon *daemon = userdata;
    if (daemon->watching)
        advance_now(daemon);
    else
        settle(daemon);
}

int on_clock_changed(void *userdata, enum clock_change change) {
    struct daemon *daemon = userdata;
    say(LOG_DEBUG, change == CLOCK_ZONE ? "the time zone changed: computed anew"
                                        : "the clock was set, or the machine slept: computed anew");
    int r = 0;
    if (change == CLOCK_SET)
        start_in_journal(daemon); /* set back, no reminder waits until the time of its start comes again */
    else
        r = build_plan(daemon);
    if (r >= 0)
        ask_and_advance(daemon);
    return r;
}
