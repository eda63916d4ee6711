/* Plays a life: a daemon made of the core, wired like daemon/kindlyd-turn.c (commit first, then memory, then
 * effects), with a journal that is a pointer: what was last committed is what a restart finds. Time goes from
 * one event to the next. */
#include "tests/simulate/machine.h"

#include <stdarg.h>

#define AT_ONCE_MAX 3000 /* turns at one instant: more is a loop */
#define LATE_USEC   USEC_PER_MINUTE
#define FLIGHT_USEC (50 * USEC_PER_MSEC)
#define HALF_LIFE   (60.0 * (double)USEC_PER_DAY)

static void advance(struct machine *machine);

/* --- Telling ---------------------------------------------------------------------------------- */

const char *local_text(const struct machine *machine, usec_t wall_usec, char buffer[MOMENT_TEXT_SIZE]) {
    return wall_usec >= USEC_END_OF_TIME ? "never" : moment_format(wall_usec, machine->zone, buffer);
}

void fail(struct machine *machine, const char *rule, const char *format, ...) {
    if (machine->failure.rule)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(machine->failure.detail, sizeof machine->failure.detail, format, arguments);
    va_end(arguments);
    machine->failure.rule = rule;
    machine->failure.at_usec = machine->elapsed_usec;
    tell(machine, "BROKEN: %s: %s", rule, machine->failure.detail);
}

void tell(struct machine *machine, const char *format, ...) {
    if (!machine->log)
        return;
    struct civil civil;
    const char *abbreviation;
    va_list arguments;
    zone_to_civil(machine->zone, machine->wall_usec, &civil, NULL, &abbreviation);
    fprintf(machine->log, "%d-%02d-%02d %02d:%02d:%02d.%03d %-6s ", civil.year, civil.month, civil.day,
            civil.hour, civil.minute, civil.second, civil.usec / 1000, abbreviation);
    va_start(arguments, format);
    vfprintf(machine->log, format, arguments);
    va_end(arguments);
    fputc('\n', machine->log);
}

static const char *name_of(const struct machine *machine, const struct turn *turn, const struct uuid *id) {
    const struct open_prompt *open = keeper_find(turn->next, id);
    if (!open)
        open = keeper_find(machine->keeper, id);
    return !open ? "-" : open->by_hand ? "by hand" : open->reminder;
}

static void tell_turn(struct machine *machine, const struct turn *turn, bool recorded) {
    if (!machine->log)
        return;
    char at[MOMENT_TEXT_SIZE];
    for (size_t i = 0; i < turn->n_events; i++) {
        const struct event *event = &turn->events[i];
        tell(machine, "  %s %s%s%s%s%s%s", event_kind_id(event->kind),
             event->reminder && *event->reminder ? event->reminder : name_of(machine, turn, &event->entry),
             event->detail ? " " : "", or_empty(event->detail), event->choice ? " " : "",
             or_empty(event->choice), recorded ? "" : " (unrecorded)");
        if (event->due_usec > 0)
            tell(machine, "    due %s", local_text(machine, event->due_usec, at));
        if (event->until_usec > 0)
            tell(machine, "    until %s", local_text(machine, event->until_usec, at));
    }
    for (size_t i = 0; i < turn->n_effects; i++)
        if (turn->effects[i].kind == EFFECT_SHOW || turn->effects[i].kind == EFFECT_WITHDRAW)
            tell(machine, "  %s %s%s", turn->effects[i].kind == EFFECT_SHOW ? "show" : "withdraw",
                 name_of(machine, turn, &turn->effects[i].id), turn->effects[i].in_place ? " in place" : "");
}

/* --- What the core asks ----------------------------------------------------------------------- */

static void world_random(void *userdata, void *buffer, size_t size) {
    struct machine *machine = userdata;
    for (uint8_t *byte = buffer; size > 0;) {
        struct chance chance = {machine->life->seed ^ ++machine->n_random << 20};
        uint64_t bits = chance_bits(&chance);
        size_t n = MIN_OF(size, sizeof bits);
        memcpy(byte, &bits, n);
        byte += n;
        size -= n;
    }
}

static bool world_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    return key_recorded(userdata, reminder, due_usec);
}

static int compare_cards(const void *a, const void *b) {
    return strcmp(((const struct card *)a)->prompt, ((const struct card *)b)->prompt);
}

static void add_card(struct history *history, const char *id, usec_t shown_usec, bool resting) {
    char *copy = strdup(id);
    if (!copy)
        abort();
    history->cards[history->n_cards++] = (struct card){copy, shown_usec, resting};
}

usec_t offer_recorded(const struct machine *machine, const char *id) {
    for (size_t i = 0; i < machine->past.n_offers; i++)
        if (streq(machine->past.offers[i].id, id))
            return machine->past.offers[i].shown_usec;
    return 0;
}

static int world_history(void *userdata, struct history *ret) {
    const struct machine *machine = userdata;
    const struct library *library = machine->life->library;
    struct history history = {
        .first_usec = machine->past.first_usec,
        .hard_usec = machine->past.hard_usec,
        .helpful_usec = machine->past.helpful_usec,
        .hard_line = machine->past.hard_line ? strdup("a line") : NULL,
        .less = machine->past.less,
    };
    for (size_t i = 0; i < machine->past.n_hard; i++)
        history.hard_moments += machine->past.hard[i].time_usec + CHOOSE_HARD_SPAN_USEC >= machine->wall_usec;
    int32_t today = zone_local_day(machine->zone, machine->wall_usec);
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        history.themes[theme].shown = machine->past.themes[theme].shown;
        history.themes[theme].shown_usec = machine->past.themes[theme].shown_usec;
        history.themes[theme].helped = machine->past.themes[theme].helped;
        history.themes[theme].not_helped = machine->past.themes[theme].not_helped;
        history.themes[theme].not_for_me = machine->past.not_for_me[theme];
        history.themes[theme].rated = machine->past.themes[theme].rated;
        history.themes[theme].rated_helpful = machine->past.themes[theme].rated_helpful;
        if (machine->past.themes[theme].shown > 0 && machine->past.themes[theme].day == today)
            history.today |= THEME_BIT(theme);
    }
    memcpy(history.recent, machine->past.recent, sizeof history.recent);
    history.cards = calloc(library->n_prompts + OFFERS_MAX, sizeof *history.cards);
    if (!history.cards)
        abort();
    for (size_t i = 0; i < library->n_prompts; i++) {
        usec_t shown = machine->past.card_usec[i];
        if (!machine->past.card_resting[i] && (shown == 0 || shown + CHOOSE_REST_USEC <= machine->wall_usec))
            continue;
        add_card(&history, library->prompts[i].id, shown, machine->past.card_resting[i]);
    }
    for (size_t i = 0; i < machine->past.n_offers; i++)
        add_card(&history, machine->past.offers[i].id, machine->past.offers[i].shown_usec, false);
    qsort(history.cards, history.n_cards, sizeof *history.cards, compare_cards);
    *ret = history;
    return 0;
}

static size_t card_of(const struct machine *machine, const char *prompt) {
    const struct prompt *found = prompt ? library_find_prompt(machine->life->library, prompt) : NULL;
    return found ? (size_t)(found - machine->life->library->prompts) : SIZE_MAX;
}

static void remember_offer(struct machine *machine, const char *id, usec_t time_usec) {
    size_t i = 0;
    while (i < machine->past.n_offers && !streq(machine->past.offers[i].id, id))
        i++;
    if (i == OFFERS_MAX)
        abort();
    snprintf(machine->past.offers[i].id, sizeof machine->past.offers[i].id, "%s", id);
    machine->past.offers[i].shown_usec = time_usec;
    machine->past.n_offers = MAX_OF(machine->past.n_offers, i + 1);
}

/* Once an entry; the oldest gives way. */
static void remember_hard(struct machine *machine, const struct event *event) {
    size_t *n = &machine->past.n_hard;
    for (size_t i = 0; i < *n; i++)
        if (uuid_equal(&machine->past.hard[i].entry, &event->entry))
            return;
    if (*n == HARD_MAX)
        memmove(machine->past.hard, machine->past.hard + 1, --*n * sizeof machine->past.hard[0]);
    machine->past.hard[*n].entry = event->entry;
    machine->past.hard[(*n)++].time_usec = event->time_usec;
}

/* What was said to the program's own questions, and in hard moments. */
static void remember_asked(struct machine *machine, const struct event *event) {
    enum theme less = keeper_less_of(or_empty(event->prompt));
    const char *choice = or_empty(event->choice);
    if (event->kind == EVENT_SHOWN && strncmp(or_empty(event->prompt), "offer:", 6) == 0)
        remember_offer(machine, event->prompt, event->time_usec);
    if (event->kind == EVENT_FOR_HARD_DAY)
        machine->past.hard_line = true;
    if (streq(choice, choice_id(CHOICE_HARD))) {
        remember_hard(machine, event);
        machine->past.hard_usec = MAX_OF(machine->past.hard_usec, event->time_usec);
    }
    if (event->kind == EVENT_ANSWERED && streq(choice, choice_id(CHOICE_LESS)) && less != THEME_NONE)
        machine->past.less |= THEME_BIT(less);
    if (event->kind == EVENT_SHOWN && machine->past.first_usec == 0)
        machine->past.first_usec = event->time_usec;
}

/* The journal's memory of what was shown and answered. */
static void remember(struct machine *machine, const struct event *event) {
    remember_asked(machine, event);
    size_t card = card_of(machine, event->prompt);
    if (card == SIZE_MAX || event->theme == THEME_NONE)
        return;
    if (event->kind == EVENT_SHOWN) {
        machine->past.themes[event->theme].shown++;
        machine->past.themes[event->theme].shown_usec = event->time_usec;
        machine->past.themes[event->theme].day = zone_local_day(machine->zone, event->time_usec);
        memmove(machine->past.recent + 1, machine->past.recent,
                (CHOOSE_RECENT - 1) * sizeof *machine->past.recent);
        machine->past.recent[0] = event->theme;
        machine->past.card_usec[card] = event->time_usec;
    } else if (event->kind == EVENT_ANSWERED) {
        bool helpful = streq(event->choice, choice_id(CHOICE_HELPFUL));
        machine->past.themes[event->theme].rated++;
        machine->past.themes[event->theme].rated_helpful += helpful;
        *(helpful ? &machine->past.themes[event->theme].helped
                  : &machine->past.themes[event->theme].not_helped) += 1;
        if (helpful)
            machine->past.helpful_usec = event->time_usec;
        if (streq(event->choice, choice_id(CHOICE_NOT_FOR_ME))) {
            machine->past.card_resting[card] = true;
            machine->past.not_for_me[event->theme]++;
        }
    }
}

static const struct world *look(struct machine *machine, enum call call) {
    bool fresh = call == CALL_ADVANCE || call == CALL_RESTART;
    if (fresh || machine->watching) {
        machine->known_presence = machine->presence;
        machine->known_locked = machine->locked;
    }
    machine->world = (struct world){
        .now_usec = machine->wall_usec,
        .boot_usec = machine->elapsed_usec - machine->boot_began_usec + USEC_PER_MINUTE,
        .boot_id = machine->boot_id,
        .zone = machine->zone,
        .schedule = machine->timetable->schedule,
        .library = machine->life->library,
        .plan = machine->plan,
        .secret = &machine->life->secret,
        .presence = machine->known_presence,
        .locked = machine->known_locked,
        .screen = screen_ready(machine),
        .random = world_random,
        .recorded = world_recorded,
        .history = world_history,
        .userdata = machine,
    };
    machine->digest = keeper_digest(machine->keeper, true);
    return &machine->world;
}

/* --- Turns ------------------------------------------------------------------------------------ */

static void set_later(struct machine *machine, struct happening happening, usec_t at_usec) {
    if (machine->n_soon == SOON_MAX)
        return;
    happening.moment = AT_ITS_TIME;
    happening.at_usec = at_usec;
    machine->soon[machine->n_soon++] = happening;
}

/* Springs the first trap that waits for such a moment. */
static void spring(struct machine *machine, enum moment_of_happening moment) {
    for (size_t i = 0; i < machine->n_traps; i++) {
        struct happening trap = machine->traps[i];
        if (trap.moment != moment)
            continue;
        machine->n_traps--;
        memmove(machine->traps + i, machine->traps + i + 1, (machine->n_traps - i) * sizeof trap);
        set_later(machine, trap,
                  machine->elapsed_usec + (moment == IN_FLIGHT ? FLIGHT_USEC : trap.delay_usec));
        return;
    }
}

/* It ends, in one of three ways, and starts again some time later. */
static void stop(struct machine *machine, uint64_t bits) {
    static const usec_t down[] = {0, 2 * USEC_PER_SEC, 3 * USEC_PER_MINUTE, 3 * USEC_PER_HOUR,
                                  4 * USEC_PER_DAY};
    struct chance chance = {bits};
    uint64_t way = chance_below(&chance, 4);
    usec_t most = down[chance_below(&chance, ELEMENTSOF(down))];
    machine->running = false;
    machine->start_usec = machine->elapsed_usec + chance_below(&chance, most + 1);
    tell(machine, "%s, for %lu s",
         way == 3   ? "the machine goes down"
         : way == 2 ? "kill -9, the presenter too"
                    : "kill -9",
         (unsigned long)((machine->start_usec - machine->elapsed_usec) / USEC_PER_SEC));
    server_daemon_ended(machine, way >= 2);
    if (way == 3) {
        server_restart(machine);
        machine->boot_began_usec = machine->start_usec;
        world_random(machine, machine->boot_id.bytes, sizeof machine->boot_id.bytes);
    }
    if (machine->keeper != machine->committed)
        keeper_free(machine->keeper);
    machine->keeper = machine->committed;
    if (machine->unrecorded)
        machine->returned_usec = 0; /* what was shown unrecorded is not known any more */
    belief_copy(&machine->committed_belief, &machine->belief);
    machine->unrecorded = false;
}

static void settle(struct machine *machine, enum call call, usec_t planned_before_usec) {
    machine->watching = keeper_needs_presence(machine->keeper);
    machine->wake_usec = keeper_next_wake(machine->keeper, look(machine, call));
    judge_wake(machine, call, planned_before_usec);
    server_check(machine);
}

/* Ends here if that was the plan. */
static bool doomed(struct machine *machine, unsigned moment) {
    if (machine->doom != moment)
        return false;
    machine->doom = 0;
    stop(machine, machine->doom_chance);
    return true;
}

static void carry_out(struct machine *machine, const struct effect *effect);

static void become(struct machine *machine, enum call call, struct turn *turn, bool recorded) {
    if (machine->keeper != machine->committed)
        keeper_free(machine->keeper);
    machine->keeper = TAKE_PTR(turn->next);
    machine->unrecorded |= turn->changed;
    if (!turn->changed || !recorded)
        return;
    machine->unrecorded = false;
    keeper_free(machine->committed);
    machine->committed = machine->keeper;
    judge_committed(machine, turn);
    if (call == CALL_SHOWED)
        server_written(machine);
    for (size_t i = 0; i < turn->n_events; i++)
        remember(machine, &turn->events[i]);
}

/* `r` is what the core returned. */
static int take(struct machine *machine, enum call call, bool has_to_be_recorded, int r, struct turn *turn) {
    machine->turns++;
    machine->turns_at_once = machine->turn_usec == machine->elapsed_usec ? machine->turns_at_once + 1 : 0;
    machine->turn_usec = machine->elapsed_usec;
    if (machine->turns_at_once > AT_ONCE_MAX)
        fail(machine, "comes to rest", "turn follows on turn without an end");
    if (keeper_digest(machine->keeper, true) != machine->digest)
        fail(machine, "a turn changes nothing", "the keeper that was passed in has changed");
    if (r < 0) {
        if (r == -ENOMEM || call == CALL_ADVANCE || call == CALL_RESTART || call == CALL_RELOAD)
            fail(machine, "a turn succeeds", "error %d", r);
        return r;
    }
    if (turn->changed && doomed(machine, 1)) {
        turn_done(turn);
        return -EINTR;
    }
    bool recorded = machine->elapsed_usec >= machine->broken_until_usec;
    if (turn->changed && !recorded && has_to_be_recorded) {
        turn_done(turn);
        if (keeper_digest(machine->keeper, true) != machine->digest)
            fail(machine, "a turn changes nothing", "a dropped turn has left something behind");
        return -EREMOTEIO;
    }
    tell_turn(machine, turn, recorded);
    usec_t planned = machine->keeper->planned_until_usec;
    judge_turn(machine, call, turn);
    become(machine, call, turn, recorded);
    unsigned start = machine->start;
    bool changed = turn->changed, ended = changed && doomed(machine, 2);
    for (size_t i = 0; i < turn->n_effects && !ended && !machine->failure.rule; i++) {
        carry_out(machine, &turn->effects[i]);
        ended = machine->start != start || !machine->running || doomed(machine, 3);
    }
    turn_done(turn);
    if (ended)
        return -EINTR;
    settle(machine, call, planned);
    return 0;
}

static void move_on_if_watching(struct machine *machine) {
    if (machine->running && machine->watching)
        advance(machine);
}

static void advance(struct machine *machine) {
    struct turn turn;
    if (!machine->running)
        return;
    int r = keeper_advance(machine->keeper, look(machine, CALL_ADVANCE), &turn);
    take(machine, CALL_ADVANCE, false, r, &turn);
}

static void unshown(struct machine *machine, const struct uuid *id) {
    struct turn turn;
    machine->failed_usec = machine->elapsed_usec;
    server_forget(machine, id);
    int r = keeper_unshown(machine->keeper, look(machine, CALL_UNSHOWN), id, &turn);
    take(machine, CALL_UNSHOWN, false, r, &turn);
}

static void carry_out(struct machine *machine, const struct effect *effect) {
    struct uuid id = effect->id;
    if (effect->kind == EFFECT_WITHDRAW)
        server_withdraw(machine, &id);
    else if (effect->kind == EFFECT_SIGNAL_SHOWN)
        spring(machine, AFTER_SHOWN);
    const struct open_prompt *open = effect->kind == EFFECT_SHOW ? keeper_find(machine->keeper, &id) : NULL;
    if (!open)
        return;
    if (server_show(machine, open, effect->in_place))
        spring(machine, IN_FLIGHT);
    else
        unshown(machine, &id);
}

/* The presenter's answer to Show. */
static void on_reply(struct machine *machine) {
    struct turn turn;
    struct uuid id = machine->pending;
    machine->reply_usec = USEC_INFINITY;
    if (machine->reply_showed) {
        char owner[16];
        snprintf(owner, sizeof owner, ":1.%u", machine->owner);
        tell(machine, "the presenter has shown it");
        int r = keeper_showed(machine->keeper, look(machine, CALL_SHOWED), &id, "bus", owner,
                              machine->reply_id, &turn);
        take(machine, CALL_SHOWED, false, r, &turn);
    } else {
        tell(machine, "the presenter could not show it");
        if (machine->mode == PRESENTER_HOLDS)
            machine->held = true;
        else
            machine->pause_until_usec = machine->elapsed_usec + machine->pause_usec;
        unshown(machine, &id);
    }
    move_on_if_watching(machine);
}

/* --- Starting, loading ------------------------------------------------------------------------ */

/* What the journal does with a schedule that is put in force: a reminder new to it starts now. */
static void note_reminders(struct machine *machine) {
    const struct schedule *schedule = machine->timetable->schedule;
    bool there[8] = {0}, differs = false;
    for (size_t i = 0; i < schedule->n_reminders; i++) {
        unsigned name = name_index(schedule->reminders[i].name);
        there[name] = true;
        differs |= !machine->noted[name].known ||
                   machine->noted[name].digest != reminder_digest(&schedule->reminders[i]);
    }
    memset(machine->starts_usec, 0, sizeof machine->starts_usec);
    if (differs && machine->elapsed_usec < machine->broken_until_usec)
        return;
    for (size_t i = 0; i < schedule->n_reminders; i++) {
        unsigned name = name_index(schedule->reminders[i].name);
        uint64_t digest = reminder_digest(&schedule->reminders[i]);
        if (!machine->noted[name].known || machine->noted[name].digest != digest)
            machine->noted[name].start_usec = machine->wall_usec;
        machine->noted[name].digest = digest;
        machine->starts_usec[i] = machine->noted[name].start_usec;
    }
    for (size_t i = 0; i < ELEMENTSOF(machine->noted); i++)
        machine->noted[i].known = there[i];
}

static void build_plan(struct machine *machine) {
    machine->plan = plan_free(machine->plan);
    if (plan_new(machine->timetable->schedule, machine->starts_usec, machine->zone, &machine->life->secret,
                 &machine->plan) < 0)
        abort();
    machine->dues.until_usec = 0;
    machine->jumped_usec = machine->elapsed_usec;
}

static void adopt(struct machine *machine) {
    machine->timetable = machine->on_disk;
    note_reminders(machine);
    build_plan(machine);
}

static void start(struct machine *machine) {
    tell(machine, "kindlyd starts");
    machine->running = true;
    machine->start++;
    machine->doom = 0;
    machine->watching = false;
    adopt(machine);
    judge_absence(machine);
    struct turn turn;
    int r = keeper_restart(machine->keeper, look(machine, CALL_RESTART), &turn);
    take(machine, CALL_RESTART, false, r, &turn);
}

/* --- Happenings ------------------------------------------------------------------------------- */

/* The one that a person means: mostly what is before them. False: nothing is open. */
static bool pick_open(const struct machine *machine, struct chance *chance, struct uuid *ret) {
    const struct keeper *keeper = machine->keeper;
    const struct open_prompt *open = chance_percent(chance, 85) ? keeper_find(keeper, NULL) : NULL;
    if (keeper->n_open == 0)
        return false;
    if (!open)
        open = &keeper->open[chance_below(chance, keeper->n_open)];
    *ret = open->id;
    return true;
}

static int answer(struct machine *machine, struct chance *chance, const struct uuid *id, struct turn *ret) {
    static const enum choice always[] = {CHOICE_HELPFUL, CHOICE_OKAY, CHOICE_NOT_FOR_ME, CHOICE_HARD,
                                         CHOICE_COUNT};
    const struct world *world = look(machine, CALL_PERSON);
    const struct open_prompt *open = keeper_find(machine->keeper, id);
    enum choice choices[CHOICES_MAX], choice;
    size_t n = keeper_choices(machine->keeper, world, open, choices);
    choice = chance_percent(chance, 80) ? choices[chance_below(chance, n)]
                                        : always[chance_below(chance, ELEMENTSOF(always))];
    const char *note = chance_percent(chance, 20) ? "a line" : "";
    machine->snooze_span_usec = machine->snooze_until_usec = 0;
    tell(machine, "the person says %s", choice == CHOICE_COUNT ? "nonsense" : choice_id(choice));
    return keeper_answer(machine->keeper, world, id, choice == CHOICE_COUNT ? "nonsense" : choice_id(choice),
                         note, ret);
}

static int snooze(struct machine *machine, struct chance *chance, const struct uuid *id, struct turn *ret) {
    static const usec_t spans[] = {USEC_PER_SEC, 15 * USEC_PER_MINUTE, USEC_PER_HOUR, 12 * USEC_PER_HOUR,
                                   30 * USEC_PER_DAY};
    usec_t span = 1 + chance_below(chance, spans[chance_below(chance, ELEMENTSOF(spans))]), told;
    bool wall = chance_percent(chance, 40);
    machine->snooze_span_usec = wall ? 0 : span;
    machine->snooze_until_usec = wall ? machine->wall_usec + span : 0;
    tell(machine, "the person puts it off for %lu s%s", (unsigned long)(span / USEC_PER_SEC),
         wall ? ", by the clock" : "");
    return keeper_snooze(machine->keeper, look(machine, CALL_PERSON), id, machine->snooze_span_usec,
                         machine->snooze_until_usec, &told, ret);
}

/* What a person does with an open prompt. */
static void act(struct machine *machine, enum happening_kind kind, struct chance *chance) {
    struct turn turn;
    struct uuid id;
    int r;
    if (!pick_open(machine, chance, &id))
        return;
    if (kind == HAPPENING_ANSWER)
        r = answer(machine, chance, &id, &turn);
    else if (kind == HAPPENING_SNOOZE)
        r = snooze(machine, chance, &id, &turn);
    else {
        tell(machine, "the person: %s", happening_id(kind));
        const struct world *world = look(machine, CALL_PERSON);
        r = kind == HAPPENING_OPEN      ? keeper_opened(machine->keeper, world, &id, &turn)
            : kind == HAPPENING_WRITE   ? keeper_written(machine->keeper, world, &id, "a line", &turn)
            : kind == HAPPENING_DISMISS ? keeper_dismiss(machine->keeper, world, &id, &turn)
                                        : keeper_forget(machine->keeper, world, &id, &turn);
    }
    take(machine, CALL_PERSON, true, r, &turn);
    move_on_if_watching(machine);
}

static void off_screen(struct machine *machine) {
    const struct open_prompt *open = keeper_on_screen(machine->keeper);
    if (!open || open->state != OPEN_SHOWN)
        return;
    struct uuid id = open->id;
    struct turn turn;
    tell(machine, "the server closes it");
    server_withdraw(machine, &id);
    int r = keeper_off_screen(machine->keeper, look(machine, CALL_OFF_SCREEN), &id, &turn);
    take(machine, CALL_OFF_SCREEN, false, r, &turn);
    move_on_if_watching(machine);
}

static void note(struct machine *machine) {
    struct turn turn;
    struct uuid id;
    tell(machine, "the person notes a line");
    enum note_for what_for = machine->n_random % 4 == 0 ? NOTE_FOR_HARD_DAY : NOTE_FOR_KEEPING;
    int r = keeper_note(machine->keeper, look(machine, CALL_PERSON), "a line", what_for, &id, &turn);
    take(machine, CALL_PERSON, true, r, &turn);
}

static void prompt(struct machine *machine, enum happening_kind kind, struct chance *chance) {
    static const char *const whats[] = {"",         "kindness", "r0",           "three-breaths", "hard",
                                        "nonsense", "own",      "then-and-now", "guidance"};
    const char *what = whats[chance_below(chance, ELEMENTSOF(whats))];
    struct turn turn;
    struct uuid id;
    tell(machine, kind == HAPPENING_TELL ? "the program tells something%s" : "the person asks for \"%s\"",
         kind == HAPPENING_TELL ? "" : what);
    if (kind == HAPPENING_TELL) {
        int r = keeper_tell(machine->keeper, look(machine, CALL_TELL), "A word", "from the program", &turn);
        take(machine, CALL_TELL, false, r, &turn);
    } else {
        int r = keeper_prompt(machine->keeper, look(machine, CALL_PROMPT), what, &id, &turn);
        take(machine, CALL_PROMPT, true, r, &turn);
    }
    move_on_if_watching(machine);
}

static void pause_prompts(struct machine *machine, enum happening_kind kind, struct chance *chance) {
    static const usec_t spans[] = {10 * USEC_PER_MINUTE, 4 * USEC_PER_HOUR, 3 * USEC_PER_DAY};
    struct turn turn;
    if (kind == HAPPENING_RESUME) {
        tell(machine, "the person ends the pause");
        int r = keeper_resume(machine->keeper, look(machine, CALL_RESUME), &turn);
        take(machine, CALL_RESUME, true, r, &turn);
    } else {
        usec_t until = chance_percent(chance, 15)
                           ? USEC_INFINITY
                           : machine->wall_usec + 1 +
                                 chance_below(chance, spans[chance_below(chance, ELEMENTSOF(spans))]);
        tell(machine, "the person pauses");
        int r = keeper_pause(machine->keeper, look(machine, CALL_PAUSE), until, &turn);
        take(machine, CALL_PAUSE, true, r, &turn);
    }
    move_on_if_watching(machine);
}

static void reload(struct machine *machine, struct chance *chance) {
    char text[1000];
    struct turn turn;
    machine->on_disk = &machine->life->timetables[chance_below(chance, LIFE_TIMETABLES)];
    if (machine->log)
        tell(machine, "the schedule is now: %s", timetable_text(machine->on_disk, text, sizeof text));
    if (!machine->running)
        return;
    adopt(machine);
    int r = keeper_reload(machine->keeper, look(machine, CALL_RELOAD), &turn);
    take(machine, CALL_RELOAD, false, r, &turn);
}

static void come_or_leave(struct machine *machine, enum happening_kind kind, struct chance *chance) {
    uint64_t how = chance_below(chance, 3);
    machine->presence = kind == HAPPENING_COME ? PRESENCE_AVAILABLE
                        : how == 0             ? PRESENCE_BUSY
                                               : PRESENCE_AWAY;
    machine->locked = kind == HAPPENING_LEAVE && how == 2;
    tell(machine, "the person is %s%s", presence_id(machine->presence), machine->locked ? ", locked" : "");
    move_on_if_watching(machine);
}

static void travel(struct machine *machine, struct chance *chance) {
    machine->zone = machine->life->zones[chance_below(chance, LIFE_ZONES)];
    tell(machine, "the zone is %s", zone_name(machine->zone));
    if (!machine->running)
        return;
    build_plan(machine);
    advance(machine);
}

static void set_clock(struct machine *machine, struct chance *chance) {
    static const usec_t spans[] = {2 * USEC_PER_SEC, 5 * USEC_PER_MINUTE, 2 * USEC_PER_HOUR,
                                   2 * USEC_PER_DAY};
    usec_t span = chance_below(chance, spans[chance_below(chance, ELEMENTSOF(spans))]);
    bool back = chance_percent(chance, 50);
    tell(machine, "the clock is set %lu s %s", (unsigned long)(span / USEC_PER_SEC),
         back ? "back" : "forward");
    machine->wall_usec = back ? machine->wall_usec - span : machine->wall_usec + span;
    machine->jumped_usec = machine->elapsed_usec;
    if (!machine->running)
        return;
    judge_absence(machine);
    advance(machine);
}

static void suspend(struct machine *machine, struct chance *chance) {
    static const usec_t spans[] = {90 * USEC_PER_SEC, 3 * USEC_PER_HOUR, 16 * USEC_PER_HOUR,
                                   6 * USEC_PER_DAY};
    usec_t span = chance_below(chance, spans[chance_below(chance, ELEMENTSOF(spans))]);
    tell(machine, "the machine sleeps for %lu s", (unsigned long)(span / USEC_PER_SEC));
    machine->elapsed_usec += span;
    machine->wall_usec += span;
    if (chance_percent(chance, 40)) {
        machine->presence = PRESENCE_AWAY;
        machine->locked = true;
    }
    tell(machine, "it wakes%s", machine->locked ? ", locked" : "");
    if (!machine->running)
        return;
    judge_absence(machine);
    if (chance_percent(chance, 50))
        advance(machine);
}

static void set_presenter(struct machine *machine, struct chance *chance) {
    static const char *const names[] = {"works", "is slow", "fails", "hangs", "holds", "is gone"};
    enum presenter_mode mode = chance_percent(chance, 60)
                                   ? PRESENTER_WORKS
                                   : (enum presenter_mode)chance_below(chance, PRESENTER_MODES);
    tell(machine, "the notification server %s", names[mode]);
    if (mode == PRESENTER_NONE)
        server_restart(machine);
    machine->mode = mode;
    machine->held = false;
    machine->ready_usec = machine->elapsed_usec;
    move_on_if_watching(machine);
}

/* A look ahead changes nothing, is in order, and is not of the past. */
static void look_ahead(struct machine *machine) {
    struct upcoming upcoming[4];
    size_t n = 0;
    int r = keeper_upcoming(machine->keeper, look(machine, CALL_PERSON), upcoming, ELEMENTSOF(upcoming), &n);
    bool right =
        r >= 0 && n <= ELEMENTSOF(upcoming) && keeper_digest(machine->keeper, true) == machine->digest;
    for (size_t i = 0; right && i < n; i++)
        right = upcoming[i].due_usec >= (i > 0 ? upcoming[i - 1].due_usec : machine->wall_usec) &&
                !quiet_at(machine->timetable, machine->zone, upcoming[i].due_usec) &&
                upcoming[i].due_usec >=
                    (machine->wall_usec < machine->belief.paused_usec ? machine->belief.paused_usec : 0);
    if (!right)
        fail(machine, "a look ahead",
             "what is upcoming is out of order, in quiet hours or a pause, or changed the keeper");
}

static void happen(struct machine *machine, const struct happening *happening) {
    static const usec_t breaks[] = {1, USEC_PER_MINUTE, 6 * USEC_PER_HOUR};
    struct chance chance = {happening->chance};
    enum happening_kind kind = happening->kind;
    switch (kind) {
    case HAPPENING_LEAVE:
    case HAPPENING_COME:
        come_or_leave(machine, kind, &chance);
        return;
    case HAPPENING_RELOAD:
        reload(machine, &chance);
        return;
    case HAPPENING_TRAVEL:
        travel(machine, &chance);
        return;
    case HAPPENING_SET_CLOCK:
        set_clock(machine, &chance);
        return;
    case HAPPENING_SUSPEND:
        suspend(machine, &chance);
        return;
    case HAPPENING_PRESENTER:
        set_presenter(machine, &chance);
        return;
    case HAPPENING_SERVER:
        tell(machine, "the notification server is started again");
        server_restart(machine);
        return;
    case HAPPENING_JOURNAL:
        machine->broken_until_usec =
            machine->elapsed_usec + breaks[chance_below(&chance, ELEMENTSOF(breaks))];
        tell(machine, "the journal can't be written for %lu s",
             (unsigned long)((machine->broken_until_usec - machine->elapsed_usec) / USEC_PER_SEC));
        return;
    default:
        break;
    }
    if (!machine->running)
        return;
    switch (kind) {
    case HAPPENING_OFF_SCREEN:
        off_screen(machine);
        return;
    case HAPPENING_NOTE:
        note(machine);
        return;
    case HAPPENING_PROMPT:
    case HAPPENING_TELL:
        prompt(machine, kind, &chance);
        return;
    case HAPPENING_PAUSE:
    case HAPPENING_RESUME:
        pause_prompts(machine, kind, &chance);
        return;
    case HAPPENING_KILL:
        machine->doom = (unsigned)chance_below(&chance, 4);
        machine->doom_chance = chance_bits(&chance);
        if (machine->doom == 0)
            stop(machine, machine->doom_chance);
        return;
    case HAPPENING_LOOK:
        look_ahead(machine);
        return;
    default:
        act(machine, kind, &chance);
    }
}

/* --- The play --------------------------------------------------------------------------------- */

static void machine_begin(struct machine *machine, const struct life *life, FILE *log) {
    machine->life = life;
    machine->log = log;
    machine->elapsed_usec = machine->boot_began_usec = machine->start_usec = life->skip_usec;
    machine->wall_usec = life->begin_usec + life->skip_usec;
    machine->zone = life->zones[life->zone];
    machine->on_disk = &life->timetables[0];
    machine->reply_usec = machine->wake_usec = USEC_INFINITY;
    machine->keeper = keeper_new();
    machine->past.card_usec = calloc(life->library->n_prompts, sizeof *machine->past.card_usec);
    machine->past.card_resting = calloc(life->library->n_prompts, sizeof *machine->past.card_resting);
    if (!machine->keeper || !machine->past.card_usec || !machine->past.card_resting)
        abort();
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        machine->past.recent[i] = THEME_NONE;
    machine->committed = machine->keeper;
    machine->keeper->planned_until_usec = machine->wall_usec;
    machine->belief.planned_usec = machine->wall_usec;
    machine->belief.offer_day = INT32_MIN;
    belief_copy(&machine->belief, &machine->committed_belief);
    world_random(machine, machine->boot_id.bytes, sizeof machine->boot_id.bytes);
    char text[1000];
    if (log)
        tell(machine, "%s; %s", zone_name(machine->zone),
             timetable_text(machine->on_disk, text, sizeof text));
}

static void machine_done(struct machine *machine) {
    if (machine->keeper != machine->committed)
        keeper_free(machine->keeper);
    keeper_free(machine->committed);
    plan_free(machine->plan);
    free(machine->keys);
    free(machine->past.card_usec);
    free(machine->past.card_resting);
    dues_done(&machine->dues);
}

static void go_to(struct machine *machine, usec_t elapsed_usec) {
    if (elapsed_usec <= machine->elapsed_usec)
        return;
    machine->wall_usec += elapsed_usec - machine->elapsed_usec;
    machine->elapsed_usec = elapsed_usec;
}

static usec_t timer_usec(const struct machine *machine) {
    if (!machine->running || machine->wake_usec == USEC_INFINITY)
        return USEC_INFINITY;
    return machine->elapsed_usec + usec_sub(machine->wake_usec, machine->wall_usec);
}

/* The one of `soon` that comes first. */
static size_t soonest(const struct machine *machine) {
    size_t first = 0;
    for (size_t i = 1; i < machine->n_soon; i++)
        if (machine->soon[i].at_usec < machine->soon[first].at_usec)
            first = i;
    return first;
}

static void take_soonest(struct machine *machine) {
    size_t at = soonest(machine);
    struct happening happening = machine->soon[at];
    machine->soon[at] = machine->soon[--machine->n_soon];
    happen(machine, &happening);
}

static void meet(struct machine *machine, const struct happening *happening) {
    if (happening->moment == AT_ITS_TIME)
        happen(machine, happening);
    else if (machine->n_traps < SOON_MAX)
        machine->traps[machine->n_traps++] = *happening;
}

/* Goes to whatever comes next. False: the life is over. */
static bool step(struct machine *machine, size_t *next_happening) {
    const struct life *life = machine->life;
    const struct happening *happening =
        *next_happening < life->n_happenings ? &life->happenings[*next_happening] : NULL;
    bool pausing = machine->pause_until_usec > machine->elapsed_usec;
    const usec_t candidates[] = {
        machine->running ? machine->reply_usec : machine->start_usec,
        machine->n_soon > 0 ? machine->soon[soonest(machine)].at_usec : USEC_INFINITY,
        pausing ? machine->pause_until_usec : USEC_INFINITY,
        timer_usec(machine),
        happening ? happening->at_usec : USEC_INFINITY,
    };
    size_t first = 0;
    for (size_t i = 1; i < ELEMENTSOF(candidates); i++)
        if (candidates[i] < candidates[first])
            first = i;
    if (candidates[first] >= life->length_usec)
        return false;
    go_to(machine, candidates[first]);
    if (first == 4) {
        (*next_happening)++;
        meet(machine, happening);
    } else if (first == 3)
        advance(machine);
    else if (first == 2) {
        machine->ready_usec = machine->elapsed_usec;
        move_on_if_watching(machine);
    } else if (first == 1)
        take_soonest(machine);
    else if (machine->running)
        on_reply(machine);
    else
        start(machine);
    return !machine->failure.rule;
}

void life_play(const struct life *life, FILE *log, uint64_t *turns, struct failure *ret) {
    struct machine *machine = calloc(1, sizeof *machine);
    if (!machine)
        abort();
    machine_begin(machine, life, log);
    size_t next = 0;
    while (next < life->n_happenings && life->happenings[next].at_usec < life->skip_usec)
        next++;
    while (step(machine, &next))
        ;
    *ret = machine->failure;
    *turns += machine->turns;
    machine_done(machine);
    free(machine);
}
