/* A clock that jumps. Between two jumps stands what the daemon does in between: a turn is worked out, what it
 * shows counts as shown at the same instant, and the turn becomes the state. While the machine is asleep
 * there are no turns; the first one after it is at the wake-up.
 *
 * The history that texts are chosen by is the journal's, with what the rehearsal itself has shown laid over
 * it. Of the screen only one thing is left out: the fraction of a second that a real one takes. */
#include "daemon/client/rehearsal.h"

/* A reminder that comes each minute gives a year of these. A second or two. */
#define STEPS_MAX 1000000

struct player {
    const struct rehearsal *rehearsal;
    struct world world;
    struct keeper **keeper;
    struct history shown; /* by this rehearsal: counts, times, recent, cards, and `today` of the day below */
    int32_t day;
    uint64_t n_ids;
    rehearsed_visitor visit;
    void *userdata;
};

/* --- What was shown --------------------------------------------------------------------------- */

static int compare_cards(const void *a, const void *b) {
    return strcmp(((const struct card *)a)->prompt, ((const struct card *)b)->prompt);
}

static void sort_cards(struct history *history) {
    if (history->n_cards > 0)
        qsort(history->cards, history->n_cards, sizeof *history->cards, compare_cards);
}

/* The first `n_sorted` cards are in order; a new one is added behind all. */
static int show_card(struct history *history, size_t n_sorted, const char *prompt, usec_t time_usec) {
    const struct history sorted = {.cards = history->cards, .n_cards = n_sorted};
    const struct card *known = history_find(&sorted, prompt);
    if (known) {
        struct card *card = &history->cards[known - history->cards];
        card->shown_usec = MAX_OF(card->shown_usec, time_usec);
        return 0;
    }
    int r = array_reserve(&history->cards, &history->cards_capacity, history->n_cards + 1,
                          sizeof *history->cards);
    if (r < 0)
        return r;
    struct card card = {.prompt = strdup(prompt), .shown_usec = time_usec};
    if (!card.prompt)
        return -ENOMEM;
    history->cards[history->n_cards++] = card;
    return 0;
}

/* `recent` gets a newer one. */
static void show_recent(struct history *history, enum theme theme) {
    memmove(history->recent + 1, history->recent, (CHOOSE_RECENT - 1) * sizeof history->recent[0]);
    history->recent[0] = theme;
}

/* As the journal derives it from the event. */
static int note_shown(struct player *player, const struct event *event) {
    struct history *shown = &player->shown;
    int32_t day = zone_local_day(player->world.zone, event->time_usec);
    if (day != player->day)
        shown->today = 0;
    player->day = day;
    if (shown->first_usec == 0)
        shown->first_usec = event->time_usec;
    if (event->theme != THEME_NONE) {
        shown->themes[event->theme].shown++;
        shown->themes[event->theme].shown_usec = event->time_usec;
        shown->today |= THEME_BIT(event->theme);
        show_recent(shown, event->theme);
    }
    int r = event->prompt ? show_card(shown, shown->n_cards, event->prompt, event->time_usec) : 0;
    sort_cards(shown);
    return r;
}

static int lay_over(const struct player *player, struct history *history) {
    const struct history *shown = &player->shown;
    if (history->first_usec == 0)
        history->first_usec = shown->first_usec;
    for (size_t i = 0; i < THEME_COUNT; i++) {
        history->themes[i].shown += shown->themes[i].shown;
        history->themes[i].shown_usec = MAX_OF(history->themes[i].shown_usec, shown->themes[i].shown_usec);
    }
    if (player->day == zone_local_day(player->world.zone, player->world.now_usec))
        history->today |= shown->today;
    for (size_t i = CHOOSE_RECENT; i-- > 0;)
        if (shown->recent[i] != THEME_NONE)
            show_recent(history, shown->recent[i]);
    size_t n_sorted = history->n_cards;
    int r = 0;
    for (size_t i = 0; i < shown->n_cards && r >= 0; i++)
        r = show_card(history, n_sorted, shown->cards[i].prompt, shown->cards[i].shown_usec);
    sort_cards(history);
    return r;
}

static void history_init(struct history *history) {
    *history = (struct history){0};
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        history->recent[i] = THEME_NONE;
}

/* --- The world -------------------------------------------------------------------------------- */

/* Ids only have to differ. */
static void count_ids(void *userdata, void *buffer, size_t size) {
    struct player *player = userdata;
    memset(buffer, 0, size);
    player->n_ids++;
    memcpy(buffer, &player->n_ids, MIN_OF(size, sizeof player->n_ids));
}

static bool is_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    const struct rehearsal *rehearsal = ((struct player *)userdata)->rehearsal;
    return rehearsal->goes_on && rehearsal->journal &&
           journal_recorded(rehearsal->journal, reminder, due_usec);
}

static int history_now(void *userdata, struct history *ret) {
    struct player *player = userdata;
    struct history history;
    history_init(&history);
    int r = 0;
    if (player->rehearsal->journal)
        r = journal_history(player->rehearsal->journal, player->world.now_usec, player->world.zone, &history);
    if (r < 0)
        return r;
    r = lay_over(player, &history);
    if (r < 0) {
        history_done(&history);
        return r;
    }
    *ret = history;
    return 0;
}

/* Who is away has locked the screen and is idle: it holds prompts back if the schedule says so of one of
 * them. */
static void move_to(struct player *player, usec_t time_usec) {
    struct world *world = &player->world;
    usec_t end_usec;
    world->boot_usec += time_usec - world->now_usec;
    world->now_usec = time_usec;
    world->locked = schedule_quiet_at(player->rehearsal->away, world->zone, time_usec, &end_usec);
    world->presence = world->locked && (world->schedule->hold & (HOLD_LOCKED | HOLD_IDLE))
                          ? PRESENCE_AWAY
                          : PRESENCE_AVAILABLE;
}

/* --- Turns ------------------------------------------------------------------------------------ */

static int tell_event(struct player *player, const struct keeper *keeper, const struct event *event) {
    const struct open_prompt *open = keeper_find(keeper, &event->entry);
    struct rehearsed rehearsed = {.time_usec = event->time_usec, .theme = THEME_NONE};
    if (event->kind == EVENT_MISSED) {
        rehearsed.time_usec = event->due_usec;
        rehearsed.reminder = or_empty(event->reminder);
        rehearsed.rule = or_empty(event->detail);
    } else if (event->kind == EVENT_SHOWN && open) {
        rehearsed.reminder = or_empty(open->reminder);
        rehearsed.theme = open->theme;
        rehearsed.prompt = or_empty(open->prompt);
        rehearsed.text = or_empty(open->text);
    } else
        return 0;
    return player->visit(player->userdata, &rehearsed);
}

/* One that comes back after it was put off isn't counted again, here as in the journal. */
static int note_events(struct player *player, const struct turn *turn) {
    int r = 0;
    for (size_t i = 0; i < turn->n_events && r >= 0; i++) {
        const struct event *event = &turn->events[i];
        if (event->kind == EVENT_SHOWN && event->due_usec > 0)
            r = note_shown(player, event);
        if (r >= 0)
            r = tell_event(player, turn->next, event);
    }
    return r;
}

static int show(struct player *player, const struct uuid *id);

/* The turn becomes the state; it is done with afterwards. */
static int adopt(struct player *player, struct turn *turn) {
    int r = note_events(player, turn);
    if (r >= 0) {
        keeper_free(*player->keeper);
        *player->keeper = TAKE_PTR(turn->next);
    }
    for (size_t i = 0; i < turn->n_effects && r >= 0; i++)
        if (turn->effects[i].kind == EFFECT_SHOW)
            r = show(player, &turn->effects[i].id);
    turn_done(turn);
    return r;
}

static int show(struct player *player, const struct uuid *id) {
    struct turn turn;
    int r = keeper_showed(*player->keeper, &player->world, id, "", "", 1, &turn);
    return r < 0 ? r : adopt(player, &turn);
}

static int step(struct player *player, bool first) {
    struct turn turn;
    int r = first ? keeper_restart(*player->keeper, &player->world, &turn)
                  : keeper_advance(*player->keeper, &player->world, &turn);
    return r < 0 ? r : adopt(player, &turn);
}

/* --- Time ------------------------------------------------------------------------------------- */

/* Nothing happens while the machine is asleep. */
static usec_t when_awake(const struct player *player, usec_t time_usec) {
    usec_t end_usec;
    bool asleep = schedule_quiet_at(player->rehearsal->asleep, player->world.zone, time_usec, &end_usec);
    return asleep ? end_usec : time_usec;
}

/* The keeper's own next instant, or the next time somebody leaves or comes back. */
static usec_t next_instant(const struct player *player) {
    const struct schedule *away = player->rehearsal->away;
    const struct world *world = &player->world;
    usec_t change_usec, wake_usec = keeper_next_wake(*player->keeper, world);
    if (!schedule_quiet_at(away, world->zone, world->now_usec, &change_usec))
        change_usec = schedule_next_quiet(away, world->zone, world->now_usec);
    return MAX_OF(MIN_OF(wake_usec, change_usec), world->now_usec);
}

static int play(struct player *player) {
    usec_t until_usec = player->rehearsal->until_usec;
    usec_t time_usec = when_awake(player, player->world.now_usec);
    for (unsigned steps = 0; time_usec < until_usec; steps++) {
        if (steps == STEPS_MAX)
            return -E2BIG;
        move_to(player, time_usec);
        int r = step(player, steps == 0);
        if (r < 0)
            return r;
        time_usec = when_awake(player, next_instant(player));
    }
    return 0;
}

int rehearsal_play(const struct rehearsal *rehearsal, struct keeper **keeper, rehearsed_visitor visit,
                   void *userdata) {
    struct player player = {
        .rehearsal = rehearsal,
        .world = {.now_usec = rehearsal->from_usec,
                  .boot_usec = rehearsal->boot_usec,
                  .boot_id = rehearsal->boot_id,
                  .zone = rehearsal->zone,
                  .schedule = rehearsal->schedule,
                  .library = rehearsal->library,
                  .plan = rehearsal->plan,
                  .secret = rehearsal->secret,
                  .screen = true,
                  .random = count_ids,
                  .recorded = is_recorded,
                  .history = history_now},
        .keeper = keeper,
        .visit = visit,
        .userdata = userdata,
    };
    player.world.userdata = &player;
    history_init(&player.shown);
    int r = play(&player);
    history_done(&player.shown);
    return r;
}
