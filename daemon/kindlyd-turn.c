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

static void carry_out(struct daemon *daemon, const struct effect *effect) {
    if (effect->kind == EFFECT_SHOW)
        show(daemon, effect);
    else if (effect->kind == EFFECT_WITHDRAW)
        presenter_withdraw(daemon->presenter, &effect->id);
    else if (effect->kind == EFFECT_ERASE) {
        struct world world;
        look_at_world(daemon, &world);
        int r = daemon->journal ? erased(daemon, journal_forget(daemon->journal, &effect->id, world.now_usec,
                                                                offset_now(&world)))
                                : -EREMOTEIO;
        if (r < 0 && r != -EAGAIN)
            set_problem(&daemon->journal_problem,
                        N_("What you chose to erase could not be erased yet; try again"));
    } else
        bus_signal(daemon->object, effect);
}

/* State before effect: the journal first, then memory, then the outside. Where nothing can be written, a
 * scheduled prompt goes on in memory; what a caller wants recorded fails, and nothing has changed. */
int take_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded) {
    struct world world;
    struct turn turn;
    if (!daemon->journal)
        recover_journal(daemon);
    look_at_world(daemon, &world);
    int r = act(daemon->keeper, &world, arguments, &turn);
    if (r < 0)
        return r;
    r = turn.changed ? commit(daemon, &turn) : 0;
    if (r < 0 && has_to_be_recorded) {
        turn_done(&turn);
        settle(daemon);
        return r;
    }
    keeper_free(daemon->keeper);
    daemon->keeper = TAKE_PTR(turn.next);
    for (size_t i = 0; i < turn.n_effects; i++)
        carry_out(daemon, &turn.effects[i]);
    bool kept = false; /* or no longer: a line of an entry that was marked hard does not come back */
    for (size_t i = 0; i < turn.n_events; i++)
        kept |= turn.events[i].kind == EVENT_KEPT || streq(or_empty(turn.events[i].choice), "hard");
    if (kept)
        renew_library(daemon);
    turn_done(&turn);
    settle(daemon);
    return 0;
}

static int act_advance(const struct keeper *keeper, const struct world *world, void *unused,
                       struct turn *ret) {
    (void)unused;
    return keeper_advance(keeper, world, ret);
}

void advance_now(struct daemon *daemon) {
    int r = take_turn(daemon, act_advance, NULL, false);
    if (r < 0)
        say(LOG_ERROR, "cannot work out what is due: %s", reason_of(r));
}

static void publish(struct daemon *daemon, const struct world *world) {
    struct upcoming next;
    size_t n = 0;
    _cleanup_free_ char *problem = joined_problems(daemon);
    keeper_upcoming(daemon->keeper, world, &next, 1, &n);
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
    int r = bus_publish(daemon->object, &properties);
    if (r < 0)
        say(LOG_ERROR, "cannot tell the bus what changed: %s", reason_of(r));
}

/* After every turn: what is published, what is followed, when to wake. */
void settle(struct daemon *daemon) {
    struct world world;
    look_at_world(daemon, &world);
    publish(daemon, &world);
    bool needed = keeper_needs_presence(daemon->keeper);
    if (needed != daemon->watching) {
        daemon->watching = needed;
        presence_watch(daemon->presence, needed);
    }
    clock_arm(daemon->clock, keeper_next_wake(daemon->keeper, &world));
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
static void ask_and_advance(struct daemon *daemon) {
    if (daemon->asking)
        return;
    if (daemon->watching) {
        advance_now(daemon);
        return;
    }
    daemon->asking = true;
    if (presence_ask(daemon->presence, on_asked, daemon) < 0) {
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

void on_clock_changed(void *userdata, enum clock_change change) {
    struct daemon *daemon = userdata;
    say(LOG_DEBUG, change == CLOCK_ZONE ? "the time zone changed: computed anew"
                                        : "the clock was set, or the machine slept: computed anew");
    if (change == CLOCK_SET)
        start_in_journal(daemon); /* set back, no reminder waits until the time of its start comes again */
    else if (build_plan(daemon) < 0)
        say(LOG_ERROR, "out of memory");
    ask_and_advance(daemon);
}
