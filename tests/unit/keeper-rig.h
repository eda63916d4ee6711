/* A stage for the keeper: a schedule and a script, both written in a line, and a log of what came of it.
 *
 *   settings  "at a 10:00; every b 10:00-18:00 4h; quiet 21:00-08:30"
 *   script    "10:20; helpful; 12:00"
 *   log       "10:00 shown a; 10:20 says helpful a; answered a"
 *
 * Settings are those of schedule-rig.h. It begins on Wednesday 2026-03-11 at 08:00; the person is there.
 *
 * Script: `10:00` plays the time until then, waking when the keeper asks for it; the rest are the commands in
 * the table at the end. The log gives the local time when it has changed, `+1` for the next day, `~10:30` for
 * 1 to 3 minutes after a return at 10:30, `10:30+` for a time with seconds.
 *
 * With every turn it is checked that the keeper given in stays as it was, that a refused turn leaves nothing
 * behind, that signals and events agree, that one prompt is on the screen at most, and that after an advance
 * the next wake is later than now, or something was achieved. */
#pragma once

#include "daemon/core/keeper.h"
#include "tests/unit/schedule-rig.h"

#define RIG_KEYS_MAX  20000
#define RIG_LOG_SIZE  32768
#define RIG_CARDS_MAX 64

struct rig_key {
    char reminder[SCHEDULE_NAME_MAX + 1];
    usec_t due_usec;
};

/* What the journal would tell of the past, as far as it matters here: what the program itself said, lines of
 * one's own, and hard moments. Cards of the decks are all new. */
struct rig_past {
    usec_t first_usec, helpful_usec;
    struct {
        char id[64];
        usec_t shown_usec;
        bool resting;
    } cards[RIG_CARDS_MAX];
    size_t n_cards;
    struct {
        struct uuid entry;
        usec_t time_usec;
    } hard[RIG_CARDS_MAX];
    size_t n_hard;
    uint32_t not_for_me[THEME_COUNT];
    theme_set less;
    char line[KEEPER_NOTE_MAX + 1]; /* the last one written, */
    char hard_line[128];            /* and that for a hard day; "": none */
    struct uuid own;                /* the entry of the last one that was kept */
};

struct rig {
    struct zone *zone;
    struct schedule *schedule;
    struct library *library;
    usec_t starts_usec[RIG_REMINDERS_MAX];
    struct world world;
    struct keeper *keeper;
    bool by_script; /* the presenter answers only when the script says so */
    bool starting;  /* the presenter that showed something has ended with the program */
    uint64_t n_random;
    struct rig_past past;
    usec_t delay_usec;    /* between the last return and its showing */
    struct rig_key *keys; /* what the journal holds */
    size_t n_keys;
    struct uuid asked; /* the last prompt by hand, or note */
    usec_t logged_usec;
    char log[RIG_LOG_SIZE];
    size_t log_size;
    /* Told of every showing that counts and of every miss, for tests that look at all of them; may be NULL.
     */
    void (*watch)(struct rig *rig, const struct event *event, const struct open_prompt *open);
    void *watch_data;
};

/* --- The world -------------------------------------------------------------------------------- */

static inline void rig_random(void *userdata, void *buffer, size_t size) {
    struct rig *rig = userdata;
    uint8_t *bytes = buffer;
    uint64_t bits = hash_word(&rig_secret, "random", "", rig->n_random++, 0);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits >> (8 * (i % 8)));
}

static inline bool rig_has_key(const struct rig *rig, const char *reminder, usec_t due_usec) {
    for (size_t i = rig->n_keys; i-- > 0;)
        if (rig->keys[i].due_usec == due_usec && streq(rig->keys[i].reminder, reminder))
            return true;
    return false;
}

static inline bool rig_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    return rig_has_key(userdata, reminder, due_usec);
}

static inline int rig_compare_cards(const void *a, const void *b) {
    return strcmp(((const struct card *)a)->prompt, ((const struct card *)b)->prompt);
}

static inline int rig_history(void *userdata, struct history *ret) {
    const struct rig *rig = userdata;
    const struct rig_past *past = &rig->past;
    struct history history = {
        .first_usec = past->first_usec,
        .hard_usec = past->n_hard > 0 ? past->hard[past->n_hard - 1].time_usec : 0,
        .helpful_usec = past->helpful_usec,
        .hard_line = *past->hard_line ? strdup(past->hard_line) : NULL,
        .less = past->less,
        .cards = calloc(RIG_CARDS_MAX, sizeof *history.cards),
        .n_cards = past->n_cards,
    };
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        history.recent[i] = THEME_NONE;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        history.themes[theme].not_for_me = past->not_for_me[theme];
    for (size_t i = 0; i < past->n_hard; i++)
        history.hard_moments += past->hard[i].time_usec + CHOOSE_HARD_SPAN_USEC >= rig->world.now_usec;
    for (size_t i = 0; i < past->n_cards; i++)
        history.cards[i] =
            (struct card){strdup(past->cards[i].id), past->cards[i].shown_usec, past->cards[i].resting};
    qsort(history.cards, history.n_cards, sizeof *history.cards, rig_compare_cards);
    *ret = history;
    return 0;
}

/* The card of that id; a new one where there is none. Only what isn't of a deck is remembered. */
static inline size_t rig_card(struct rig *rig, const char *id) {
    struct rig_past *past = &rig->past;
    size_t i = 0;
    while (i < past->n_cards && !streq(past->cards[i].id, id))
        i++;
    if (i < past->n_cards)
        return i;
    assert_true(past->n_cards < RIG_CARDS_MAX);
    snprintf(past->cards[i].id, sizeof past->cards[i].id, "%s", id);
    past->n_cards++;
    return i;
}

static inline void rig_remember_answer(struct rig *rig, const struct event *event) {
    struct rig_past *past = &rig->past;
    enum theme less = keeper_less_of(or_empty(event->prompt));
    if (streq(event->choice, "helpful"))
        past->helpful_usec = rig->world.now_usec;
    if (streq(event->choice, "not-for-me") && event->theme != THEME_NONE)
        past->not_for_me[event->theme]++;
    if (streq(event->choice, "not-for-me") && event->theme == THEME_OWN)
        past->cards[rig_card(rig, event->prompt)].resting = true;
    if (streq(event->choice, "less") && less != THEME_NONE)
        past->less |= THEME_BIT(less);
}

static inline void rig_remember(struct rig *rig, const struct event *event) {
    struct rig_past *past = &rig->past;
    if (event->kind == EVENT_SHOWN && event->prompt &&
        (event->theme == THEME_OWN || strncmp(event->prompt, "offer:", 6) == 0))
        past->cards[rig_card(rig, event->prompt)].shown_usec = rig->world.now_usec;
    if (event->kind == EVENT_ANSWERED)
        rig_remember_answer(rig, event);
    if (event->note)
        snprintf(past->line, sizeof past->line, "%s", event->note);
    if (event->kind == EVENT_FOR_HARD_DAY)
        snprintf(past->hard_line, sizeof past->hard_line, "%.127s", past->line);
    if (!event->choice || !streq(event->choice, "hard"))
        return;
    for (size_t i = 0; i < past->n_hard; i++)
        if (uuid_equal(&past->hard[i].entry, &event->entry))
            return;
    assert_true(past->n_hard < RIG_CARDS_MAX);
    past->hard[past->n_hard].entry = event->entry;
    past->hard[past->n_hard++].time_usec = rig->world.now_usec;
}

static inline void rig_add_prompt(struct library *library, const char *id, enum theme theme, uint8_t depth) {
    struct prompt prompt = {.id = strdup(id), .text = strdup(id), .theme = theme, .depth = depth};
    assert_int_equal(library_add_prompt(library, &prompt), 0);
}

static inline struct library *rig_library(void) {
    static const char *const practices[][4] = {
        {"hard-moment", "A hard moment", "Only this", NULL},
        {"three-breaths", "Three breaths", "One", "Two"},
    };
    struct library *library = library_new();
    rig_add_prompt(library, "kindness-01", THEME_KINDNESS, 2);
    rig_add_prompt(library, "noticing-01", THEME_NOTICING, 1);
    rig_add_prompt(library, "forgiveness-01", THEME_FORGIVENESS, 2);
    for (size_t i = 0; i < ELEMENTSOF(practices); i++) {
        struct practice practice = {.id = strdup(practices[i][0]), .title = strdup(practices[i][1])};
        practice.steps = calloc(2, sizeof *practice.steps);
        for (; practice.n_steps < 2 && practices[i][2 + practice.n_steps]; practice.n_steps++)
            practice.steps[practice.n_steps] = strdup(practices[i][2 + practice.n_steps]);
        assert_int_equal(library_add_practice(library, &practice), 0);
    }
    return library;
}

/* --- The log ---------------------------------------------------------------------------------- */

static inline const char *rig_time(const struct rig *rig, usec_t time_usec, char buffer[40]) {
    struct civil civil;
    const char *before = "", *after = "";
    if (time_usec == USEC_INFINITY)
        return "for good";
    usec_t returned = usec_sub(time_usec, rig->delay_usec);
    if (time_usec % USEC_PER_MINUTE != 0) {
        if (returned % USEC_PER_MINUTE == 0) {
            before = "~";
            time_usec = returned;
        } else
            after = "+";
    }
    zone_to_civil(rig->zone, time_usec, &civil, NULL, NULL);
    int day = zone_local_day(rig->zone, time_usec) - RIG_START_DAY;
    char days[16] = "";
    if (day != 0)
        snprintf(days, sizeof days, "%+d ", day);
    snprintf(buffer, 40, "%s%s%02d:%02d%s", before, days, civil.hour, civil.minute, after);
    return buffer;
}

__attribute__((format(printf, 2, 3))) static inline void rig_log(struct rig *rig, const char *format, ...) {
    char time[40];
    va_list arguments;
    FILE *log = fmemopen(rig->log + rig->log_size, sizeof rig->log - rig->log_size, "w");
    assert_non_null(log);
    if (rig->log_size > 0)
        fputs("; ", log);
    if (rig->logged_usec != rig->world.now_usec)
        fprintf(log, "%s ", rig_time(rig, rig->world.now_usec, time));
    rig->logged_usec = rig->world.now_usec;
    va_start(arguments, format);
    vfprintf(log, format, arguments);
    va_end(arguments);
    fclose(log);
    rig->log_size += strlen(rig->log + rig->log_size);
}

static inline const struct open_prompt *rig_find(const struct keeper *keeper, const struct uuid *id) {
    return keeper_find(keeper, id);
}

/* The reminder's name, or "hand". */
static inline const char *rig_name(const struct rig *rig, const struct turn *turn, const struct uuid *id) {
    const struct open_prompt *open = rig_find(turn->next, id);
    if (!open)
        open = rig_find(rig->keeper, id);
    if (open)
        return *open->reminder ? open->reminder : "hand";
    for (size_t i = 0; i < turn->n_events; i++)
        if (uuid_equal(&turn->events[i].entry, id) && turn->events[i].reminder && *turn->events[i].reminder)
            return turn->events[i].reminder;
    return "hand";
}

static inline void rig_log_event(struct rig *rig, const struct turn *turn, const struct event *event) {
    char time[40];
    const char *name = rig_name(rig, turn, &event->entry);
    const char *dash = event->note ? ": " : "", *note = or_empty(event->note);
    switch (event->kind) {
    case EVENT_SHOWN:
        rig_log(rig, "shown %s", name);
        break;
    case EVENT_MISSED:
        rig_log(rig, "missed %s %s", event->detail, name);
        break;
    case EVENT_ANSWERED:
        rig_log(rig, "says %s %s%s%s", event->choice, name, dash, note);
        break;
    case EVENT_STEPPED:
        rig_log(rig, "step %s %s%s%s", event->choice, name, dash, note);
        break;
    case EVENT_SNOOZED:
        rig_log(rig, "snoozed to %s %s%s%s", rig_time(rig, event->until_usec, time), name, dash, note);
        break;
    case EVENT_PAUSED:
        rig_log(rig, "paused to %s", rig_time(rig, event->until_usec, time));
        break;
    case EVENT_RESUMED:
        rig_log(rig, "resumed");
        break;
    case EVENT_NOTED:
        rig_log(rig, "noted: %s", note);
        break;
    case EVENT_KEPT:
        rig_log(rig, event->keep ? "kept" : "not kept");
        break;
    case EVENT_FOR_HARD_DAY:
        rig_log(rig, "for a hard day");
        break;
    default: /* a close is told by its signal */
        break;
    }
}

static inline void rig_log_effect(struct rig *rig, const struct turn *turn, const struct effect *effect) {
    const char *name = rig_name(rig, turn, &effect->id);
    const struct open_prompt *open = rig_find(turn->next, &effect->id);
    if (effect->kind == EFFECT_SHOW && effect->in_place)
        rig_log(rig, "in place %s", name);
    else if (effect->kind == EFFECT_SHOW && open && open->state == OPEN_SHOWN)
        rig_log(rig, "again %s", name);
    else if (effect->kind == EFFECT_SHOW && rig->by_script)
        rig_log(rig, "show %s", name);
    else if (effect->kind == EFFECT_WITHDRAW && open && open->state != OPEN_SNOOZED)
        rig_log(rig, "withdrawn %s", name);
    else if (effect->kind == EFFECT_SIGNAL_CLOSED && !streq(effect->detail, "missed"))
        rig_log(rig, "%s %s", effect->detail, name);
    else if (effect->kind == EFFECT_ERASE)
        rig_log(rig, "erase %s", name);
}

/* --- What holds for every turn ---------------------------------------------------------------- */

/* A mark of all that a keeper holds. */
static inline uint64_t rig_mark(const struct keeper *keeper) {
    size_t head = offsetof(struct keeper, n_open);
    uint64_t mark = hash_bytes(&rig_secret, &keeper->n_open, sizeof *keeper - head);
    mark ^= hash_bytes(&rig_secret, keeper->open, keeper->n_open * sizeof keeper->open[0]);
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        const char *strings[] = {open->reminder, open->prompt, open->title,  open->text,
                                 open->line,     open->why,    open->bus_id, open->owner};
        for (size_t j = 0; j < ELEMENTSOF(strings); j++)
            mark = hash_word(&rig_secret, "string", or_empty(strings[j]), mark, strings[j] != NULL);
    }
    return mark;
}

static inline size_t rig_events(const struct turn *turn, enum event_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < turn->n_events; i++)
        n += turn->events[i].kind == kind;
    return n;
}

static inline size_t rig_effects(const struct turn *turn, enum effect_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < turn->n_effects; i++)
        n += turn->effects[i].kind == kind;
    return n;
}

static inline bool rig_has_effect(const struct turn *turn, enum effect_kind kind, const struct uuid *id) {
    for (size_t i = 0; i < turn->n_effects; i++)
        if (turn->effects[i].kind == kind && uuid_equal(&turn->effects[i].id, id))
            return true;
    return false;
}

/* What was on the screen and no longer is has been withdrawn; what ended has been told. */
static inline void rig_check_leaving(const struct rig *rig, const struct turn *turn) {
    for (size_t i = 0; i < rig->keeper->n_open; i++) {
        const struct open_prompt *before = &rig->keeper->open[i];
        const struct open_prompt *after = rig_find(turn->next, &before->id);
        bool was_there = before->state == OPEN_SHOWING || before->on_screen;
        if ((!after && !rig->starting) || (after && after->state == OPEN_SNOOZED))
            assert_int_equal(was_there, rig_has_effect(turn, EFFECT_WITHDRAW, &before->id));
        if (!after)
            assert_true(rig_has_effect(turn, EFFECT_SIGNAL_CLOSED, &before->id));
    }
}

static inline void rig_check_keeper(const struct keeper *keeper) {
    size_t n_on_screen = 0;
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        n_on_screen += open->state == OPEN_SHOWING || open->on_screen;
        assert_true(open->state != OPEN_SHOWN || open->shown_usec > 0);
        assert_true(open->state != OPEN_SNOOZED || open->shown_usec > 0);
        for (size_t j = 0; j < i; j++)
            assert_false(uuid_equal(&open->id, &keeper->open[j].id));
    }
    assert_true(n_on_screen <= 1);
}

static inline void rig_check_turn(const struct rig *rig, const struct turn *turn) {
    assert_int_equal(rig_effects(turn, EFFECT_SIGNAL_SNOOZED), rig_events(turn, EVENT_SNOOZED));
    assert_int_equal(rig_effects(turn, EFFECT_SIGNAL_NOTED), rig_events(turn, EVENT_NOTED));
    assert_true(rig_effects(turn, EFFECT_SIGNAL_SHOWN) >= rig_events(turn, EVENT_SHOWN));
    assert_true(rig_effects(turn, EFFECT_SIGNAL_CLOSED) >=
                rig_events(turn, EVENT_CLOSED) + rig_events(turn, EVENT_MISSED));
    assert_true(rig_effects(turn, EFFECT_SHOW) <= 1);
    if (turn->n_events + turn->n_effects > 0)
        assert_true(turn->changed);
    for (size_t i = 0; i < turn->n_events; i++) {
        const struct event *event = &turn->events[i];
        bool begins = event->kind == EVENT_MISSED || event->kind == EVENT_NOTED;
        assert_true(!begins || uuid_equal(&event->id, &event->entry));
        for (size_t j = 0; j < i; j++)
            assert_false(uuid_equal(&event->id, &turn->events[j].id));
    }
    rig_check_leaving(rig, turn);
    rig_check_keeper(turn->next);
}

/* The journal's part: keys, and a prompt's events only after the one that begins its entry. */
static inline void rig_record(struct rig *rig, const struct turn *turn) {
    for (size_t i = 0; i < turn->n_events; i++) {
        const struct event *event = &turn->events[i];
        rig_remember(rig, event);
        if (rig->watch)
            rig->watch(rig, event, rig_find(turn->next, &event->entry));
        if (event->due_usec == 0 || (event->kind != EVENT_SHOWN && event->kind != EVENT_MISSED))
            continue;
        assert_false(rig_has_key(rig, event->reminder, event->due_usec)); /* a key comes once */
        assert_true(rig->n_keys < RIG_KEYS_MAX);
        struct rig_key *key = &rig->keys[rig->n_keys++];
        snprintf(key->reminder, sizeof key->reminder, "%s", event->reminder);
        key->due_usec = event->due_usec;
    }
}

/* --- Turns ------------------------------------------------------------------------------------ */

/* Takes the result of a keeper function: adopts the turn, or makes sure that a refusal left nothing. */
static inline void rig_take(struct rig *rig, int r, struct turn *turn, uint64_t mark);

/* For tests that make the same call first with something failing; it has to leave no trace. */
#ifndef RIG_REHEARSE
#define RIG_REHEARSE(rig, call)
#endif

#define RIG_TURN(rig, call)                                                                                  \
    do {                                                                                                     \
        struct turn turn;                                                                                    \
        RIG_REHEARSE(rig, call);                                                                             \
        memset(&turn, 0x5a, sizeof turn);                                                                    \
        uint64_t mark_ = rig_mark((rig)->keeper);                                                            \
        int r_ = (call);                                                                                     \
        rig_take((rig), r_, &turn, mark_);                                                                   \
    } while (0)

static inline void rig_note_return(struct rig *rig, const struct turn *turn) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        const struct open_prompt *open = &turn->next->open[i], *before = rig_find(rig->keeper, &open->id);
        if (open->not_before_usec == 0 || (before && before->not_before_usec == open->not_before_usec))
            continue;
        rig->delay_usec = open->not_before_usec - rig->world.now_usec;
        assert_in_range(rig->delay_usec, KEEPER_RETURN_MIN_USEC, KEEPER_RETURN_MAX_USEC);
    }
}

static inline void rig_present(struct rig *rig, const struct uuid *id) {
    if (rig->world.screen)
        RIG_TURN(rig, keeper_showed(rig->keeper, &rig->world, id, "bus", ":1.7", 7, &turn));
    else
        RIG_TURN(rig, keeper_unshown(rig->keeper, &rig->world, id, &turn));
}

static inline void rig_take(struct rig *rig, int r, struct turn *turn, uint64_t mark) {
    assert_true(rig_mark(rig->keeper) == mark);
    if (r < 0) {
        for (size_t i = 0; i < sizeof *turn; i++)
            assert_int_equal(((const uint8_t *)turn)[i], 0x5a);
        rig_log(rig, "%s", strerrorname_np(-r));
        return;
    }
    rig_check_turn(rig, turn);
    for (size_t i = 0; i < turn->n_events; i++)
        rig_log_event(rig, turn, &turn->events[i]);
    for (size_t i = 0; i < turn->n_effects; i++)
        rig_log_effect(rig, turn, &turn->effects[i]);
    rig_record(rig, turn);
    rig_note_return(rig, turn);
    keeper_free(rig->keeper);
    rig->keeper = TAKE_PTR(turn->next);
    struct uuid show = {0};
    for (size_t i = 0; i < turn->n_effects; i++)
        if (turn->effects[i].kind == EFFECT_SHOW)
            show = turn->effects[i].id;
    turn_done(turn);
    if (!rig->by_script && !uuid_is_null(&show))
        rig_present(rig, &show);
}

static inline void rig_advance(struct rig *rig) {
    for (;;) {
        usec_t reached = rig->keeper->planned_until_usec;
        RIG_TURN(rig, keeper_advance(rig->keeper, &rig->world, &turn));
        if (keeper_next_wake(rig->keeper, &rig->world) > rig->world.now_usec)
            return;
        assert_true(rig->keeper->planned_until_usec > reached); /* a long absence, piece by piece */
    }
}

/* What the daemon does after a turn that was asked for. */
static inline void rig_settle(struct rig *rig) {
    if (keeper_needs_presence(rig->keeper))
        rig_advance(rig);
}

static inline void rig_play(struct rig *rig, usec_t until_usec) {
    for (;;) {
        usec_t wake = MAX_OF(keeper_next_wake(rig->keeper, &rig->world), rig->world.now_usec);
        usec_t next = MIN_OF(wake, until_usec);
        rig->world.boot_usec += next - rig->world.now_usec;
        rig->world.now_usec = next;
        if (wake > until_usec)
            return;
        rig_advance(rig);
    }
}

/* --- Commands --------------------------------------------------------------------------------- */

/* "10:00", "+1 10:00", "-1 10:00": that time on the present local day, or so many days later or earlier. */
static inline usec_t rig_moment(const struct rig *rig, const char *text) {
    int days = 0, hour, minute, second = 0;
    if (*text == '+' || *text == '-') {
        char *end;
        days = (int)strtol(text, &end, 10);
        text = end;
    }
    assert_true(sscanf(text, "%d:%d:%d", &hour, &minute, &second) >= 2);
    return zone_day_second(rig->zone, zone_local_day(rig->zone, rig->world.now_usec) + days,
                           (hour * 60 + minute) * 60 + second);
}

static inline void rig_elapse(struct rig *rig, const char *text) {
    usec_t until = rig_moment(rig, text);
    assert_true(until >= rig->world.now_usec);
    rig_play(rig, until);
}

/* Nothing runs until then: suspend, or the program is not there. */
static inline void rig_jump(struct rig *rig, const char *text) {
    usec_t until = rig_moment(rig, text);
    assert_true(until >= rig->world.now_usec);
    rig->world.boot_usec += until - rig->world.now_usec;
    rig->world.now_usec = until;
}

static inline void rig_presence(struct rig *rig, enum presence presence) {
    rig->world.presence = presence;
    rig_settle(rig);
}

static inline void rig_do_away(struct rig *rig, char *rest) {
    (void)rest;
    rig_presence(rig, PRESENCE_AWAY);
}

static inline void rig_do_busy(struct rig *rig, char *rest) {
    (void)rest;
    rig_presence(rig, PRESENCE_BUSY);
}

static inline void rig_do_back(struct rig *rig, char *rest) {
    (void)rest;
    rig->world.locked = false;
    rig_presence(rig, PRESENCE_AVAILABLE);
}

static inline void rig_do_lock(struct rig *rig, char *rest) {
    (void)rest;
    rig->world.locked = true;
    rig_presence(rig, PRESENCE_AWAY);
}

static inline void rig_do_screen(struct rig *rig, char *rest) {
    rig->world.screen = streq(rest, "on");
    rig_settle(rig);
}

static inline void rig_do_jump(struct rig *rig, char *rest) {
    rig_jump(rig, rest);
}

static inline void rig_do_sleep(struct rig *rig, char *rest) {
    rig_jump(rig, rest);
    rig_advance(rig);
}

static inline void rig_do_set_clock(struct rig *rig, char *rest) {
    rig->world.now_usec = rig_moment(rig, rest);
    rig_advance(rig);
}

/* Down until then; the same boot. */
static inline void rig_do_restart(struct rig *rig, char *rest) {
    if (rest)
        rig_jump(rig, rest);
    rig->starting = true;
    RIG_TURN(rig, keeper_restart(rig->keeper, &rig->world, &turn));
    rig->starting = false;
}

static inline void rig_do_reboot(struct rig *rig, char *rest) {
    if (rest)
        rig_jump(rig, rest);
    rig->world.boot_usec = USEC_PER_MINUTE;
    rig->world.boot_id.bytes[0]++;
    rig_do_restart(rig, NULL);
}

static inline void rig_plan(struct rig *rig) {
    rig->world.plan = plan_free(rig->world.plan);
    assert_int_equal(plan_new(rig->schedule, rig->starts_usec, rig->zone, &rig_secret, &rig->world.plan), 0);
}

/* `reload` with what the file says now, `,` for `;`: kept reminders keep their starts, new ones begin now. */
static inline void rig_do_reload(struct rig *rig, char *rest) {
    const char *zone;
    usec_t starts[RIG_REMINDERS_MAX] = {0};
    for (char *at = rest; *at; at++)
        if (*at == ',')
            *at = ';';
    struct schedule *schedule = rig_schedule(rest, &zone);
    for (size_t i = 0; i < schedule->n_reminders; i++) {
        const struct reminder *before = schedule_find(rig->schedule, schedule->reminders[i].name);
        starts[i] = before ? rig->starts_usec[before - rig->schedule->reminders] : rig->world.now_usec;
    }
    schedule_free(rig->schedule);
    rig->schedule = schedule;
    rig->world.schedule = schedule;
    memcpy(rig->starts_usec, starts, sizeof starts);
    rig_plan(rig);
    RIG_TURN(rig, keeper_reload(rig->keeper, &rig->world, &turn));
    rig_settle(rig);
}

static inline void rig_do_by_script(struct rig *rig, char *rest) {
    (void)rest;
    rig->by_script = true;
}

static inline const struct uuid *rig_on_screen(const struct rig *rig) {
    const struct open_prompt *open = keeper_on_screen(rig->keeper);
    assert_non_null(open);
    return &open->id;
}

static inline void rig_do_showed(struct rig *rig, char *rest) {
    (void)rest;
    struct uuid id = *rig_on_screen(rig);
    RIG_TURN(rig, keeper_showed(rig->keeper, &rig->world, &id, "bus", ":1.7", 7, &turn));
    rig_settle(rig);
}

static inline void rig_do_unshown(struct rig *rig, char *rest) {
    (void)rest;
    struct uuid id = *rig_on_screen(rig);
    RIG_TURN(rig, keeper_unshown(rig->keeper, &rig->world, &id, &turn));
}

static inline void rig_do_off_screen(struct rig *rig, char *rest) {
    (void)rest;
    struct uuid id = *rig_on_screen(rig);
    RIG_TURN(rig, keeper_off_screen(rig->keeper, &rig->world, &id, &turn));
}

static inline void rig_do_open(struct rig *rig, char *rest) {
    (void)rest;
    RIG_TURN(rig, keeper_opened(rig->keeper, &rig->world, NULL, &turn));
    rig_settle(rig);
}

static inline void rig_do_write(struct rig *rig, char *rest) {
    RIG_TURN(rig, keeper_written(rig->keeper, &rig->world, NULL, or_empty(rest), &turn));
    rig_settle(rig);
}

static inline void rig_do_snooze(struct rig *rig, char *rest) {
    usec_t until;
    if (strchr(rest, ':'))
        RIG_TURN(rig, keeper_snooze(rig->keeper, &rig->world, NULL, 0, rig_moment(rig, rest), &until, &turn));
    else
        RIG_TURN(rig, keeper_snooze(rig->keeper, &rig->world, NULL, rig_span(rest), 0, &until, &turn));
    rig_settle(rig);
}

static inline void rig_do_dismiss(struct rig *rig, char *rest) {
    (void)rest;
    RIG_TURN(rig, keeper_dismiss(rig->keeper, &rig->world, NULL, &turn));
    rig_settle(rig);
}

static inline void rig_do_now(struct rig *rig, char *rest) {
    RIG_TURN(rig, keeper_prompt(rig->keeper, &rig->world, or_empty(rest), &rig->asked, &turn));
    rig_settle(rig);
}

static inline void rig_do_tell(struct rig *rig, char *rest) {
    RIG_TURN(rig, keeper_tell(rig->keeper, &rig->world, "A word", rest, &turn));
    rig_settle(rig);
}

static inline void rig_do_pause(struct rig *rig, char *rest) {
    usec_t until = rest ? rig_moment(rig, rest) : USEC_INFINITY;
    RIG_TURN(rig, keeper_pause(rig->keeper, &rig->world, until, &turn));
    rig_settle(rig);
}

static inline void rig_do_resume(struct rig *rig, char *rest) {
    (void)rest;
    RIG_TURN(rig, keeper_resume(rig->keeper, &rig->world, &turn));
    rig_settle(rig);
}

static inline void rig_do_note(struct rig *rig, char *rest) {
    RIG_TURN(rig,
             keeper_note(rig->keeper, &rig->world, or_empty(rest), NOTE_FOR_JOURNAL, &rig->asked, &turn));
}

static inline void rig_do_note_kept(struct rig *rig, char *rest) {
    RIG_TURN(rig,
             keeper_note(rig->keeper, &rig->world, or_empty(rest), NOTE_FOR_KEEPING, &rig->asked, &turn));
}

static inline void rig_do_note_hard(struct rig *rig, char *rest) {
    RIG_TURN(rig,
             keeper_note(rig->keeper, &rig->world, or_empty(rest), NOTE_FOR_HARD_DAY, &rig->asked, &turn));
}

static inline void rig_do_reset(struct rig *rig, char *rest) {
    (void)rest;
    RIG_TURN(rig, keeper_reset(rig->keeper, &rig->world, &turn));
    rig->past.less = 0;
}

/* Nothing was ever shown, and the person was not told yet what this is. */
static inline void rig_do_first_start(struct rig *rig, char *rest) {
    (void)rest;
    rig->past.first_usec = 0;
    rig->past.n_cards = 0;
    rig->keeper->guidance = 0;
}

/* It began then, and nothing was asked since. */
static inline void rig_do_began(struct rig *rig, char *rest) {
    rig->past.first_usec = rig_moment(rig, rest);
    rig->past.n_cards = 0;
}

/* A line that was kept: when, and what. */
static inline void rig_do_own(struct rig *rig, char *rest) {
    char *time = strchr(rest, ' ');
    char *text = strchr(time + 1, ' ');
    *text++ = 0;
    char id[UUID_TEXT_SIZE];
    rig->past.own.bytes[0]++;
    uuid_format(&rig->past.own, id);
    struct prompt prompt = {.id = strdup(id),
                            .text = strdup(text),
                            .theme = THEME_OWN,
                            .depth = 1,
                            .written_usec = rig_moment(rig, rest)};
    assert_int_equal(library_add_prompt(rig->library, &prompt), 0);
}

static inline void rig_do_keep_entry(struct rig *rig, char *rest) {
    RIG_TURN(rig, keeper_keep(rig->keeper, &rig->world, &rig->asked, streq(rest, "yes"), &turn));
}

static inline void rig_do_forget(struct rig *rig, char *rest) {
    (void)rest;
    const struct open_prompt *open = keeper_find(rig->keeper, NULL);
    struct uuid id = open ? open->id : rig->asked;
    RIG_TURN(rig, keeper_forget(rig->keeper, &rig->world, &id, &turn));
    rig_settle(rig);
}

static inline void rig_do_forget_own(struct rig *rig, char *rest) {
    (void)rest;
    struct library *library = rig->library;
    char id[UUID_TEXT_SIZE];
    uuid_format(&rig->past.own, id);
    size_t at = (size_t)(library_find_prompt(library, id) - library->prompts);
    prompt_done(&library->prompts[at]);
    memmove(&library->prompts[at], &library->prompts[at + 1],
            (--library->n_prompts - at) * sizeof *library->prompts);
    RIG_TURN(rig, keeper_forget(rig->keeper, &rig->world, &rig->past.own, &turn));
    rig_settle(rig);
}

/* --- Looks: they go to the log without a turn ------------------------------------------------- */

static inline void rig_do_list(struct rig *rig, char *rest) {
    (void)rest;
    char text[512] = "open:";
    for (size_t i = 0; i < rig->keeper->n_open; i++) {
        const struct open_prompt *open = &rig->keeper->open[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, " %s/%s%s", *open->reminder ? open->reminder : "hand",
                 open_state_id(open->state), open->on_screen ? "/screen" : "");
    }
    rig_log(rig, "%s", text);
}

static inline void rig_do_choices(struct rig *rig, char *rest) {
    (void)rest;
    char text[256] = "";
    enum choice choices[CHOICES_MAX];
    size_t n = keeper_choices(rig->keeper, &rig->world, keeper_find(rig->keeper, NULL), choices);
    assert_in_range(n, 1, CHOICES_MAX);
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", choice_id(choices[i]));
    }
    rig_log(rig, "[%s]", text);
}

static inline void rig_do_words(struct rig *rig, char *rest) {
    (void)rest;
    const char *title, *body;
    keeper_words(&rig->world, keeper_find(rig->keeper, NULL), &title, &body);
    rig_log(rig, "\"%s|%s\"", title, body);
}

static inline void rig_do_who(struct rig *rig, char *rest) {
    (void)rest;
    rig_log(rig, "%s", presence_id(keeper_presence(rig->keeper, &rig->world)));
}

static inline void rig_do_ahead(struct rig *rig, char *rest) {
    struct upcoming upcoming[16];
    size_t n, limit = (size_t)atoi(rest);
    char text[512] = "", time[40];
    assert_true(limit <= ELEMENTSOF(upcoming));
    uint64_t mark = rig_mark(rig->keeper);
    assert_int_equal(keeper_upcoming(rig->keeper, &rig->world, upcoming, limit, &n), 0);
    assert_true(rig_mark(rig->keeper) == mark);
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s%s at %s", i > 0 ? ", " : "",
                 upcoming[i].returning ? "returning " : "", upcoming[i].reminder,
                 rig_time(rig, upcoming[i].due_usec, time));
    }
    rig_log(rig, "ahead %s", n > 0 ? text : "nothing");
}

static const struct rig_command {
    const char *name;
    void (*run)(struct rig *rig, char *rest);
} rig_commands[] = {
    {"away", rig_do_away},
    {"busy", rig_do_busy},
    {"back", rig_do_back},
    {"lock", rig_do_lock},
    {"screen", rig_do_screen},       /* on | off: whether a presenter can show something */
    {"jump", rig_do_jump},           /* UNTIL: nothing has noticed yet */
    {"sleep", rig_do_sleep},         /* UNTIL: suspended */
    {"set-clock", rig_do_set_clock}, /* TO: the wall clock alone is set */
    {"restart", rig_do_restart},     /* [AFTER]: the program ends and starts then */
    {"reboot", rig_do_reboot},       /* [AFTER] */
    {"reload", rig_do_reload},       /* SETTINGS with commas */
    {"by-script", rig_do_by_script}, /* from here on the presenter's answers are in the script */
    {"showed", rig_do_showed},
    {"unshown", rig_do_unshown},
    {"off-screen", rig_do_off_screen},
    {"click", rig_do_open},    /* on the body */
    {"write", rig_do_write},   /* TEXT */
    {"snooze", rig_do_snooze}, /* SPAN or UNTIL */
    {"dismiss", rig_do_dismiss},
    {"now", rig_do_now},         /* [WHAT] */
    {"tell", rig_do_tell},       /* TEXT */
    {"pause-all", rig_do_pause}, /* [UNTIL] */
    {"resume", rig_do_resume},
    {"note", rig_do_note},             /* TEXT */
    {"note-kept", rig_do_note_kept},   /* TEXT */
    {"note-hard", rig_do_note_hard},   /* TEXT */
    {"keep-entry", rig_do_keep_entry}, /* yes | no */
    {"reset", rig_do_reset},
    {"first-start", rig_do_first_start},
    {"began", rig_do_began}, /* WHEN */
    {"own", rig_do_own},     /* WHEN TEXT, kept then; `-20 10:00 a line` */
    {"forget", rig_do_forget},
    {"forget-own", rig_do_forget_own}, /* the last line that was kept */
    {"list", rig_do_list},
    {"choices", rig_do_choices},
    {"words", rig_do_words},
    {"who", rig_do_who},
    {"ahead", rig_do_ahead}, /* N */
};

/* Anything else is an answer to the newest, with a line after a space. */
static inline void rig_answer(struct rig *rig, const char *choice, const char *note) {
    RIG_TURN(rig, keeper_answer(rig->keeper, &rig->world, NULL, choice, note, &turn));
    rig_settle(rig);
}

static inline void rig_command(struct rig *rig, char *clause) {
    if ((*clause >= '0' && *clause <= '9') || *clause == '+') {
        rig_elapse(rig, clause);
        return;
    }
    char *rest = clause, *name = strsep(&rest, " ");
    for (size_t i = 0; i < ELEMENTSOF(rig_commands); i++)
        if (streq(rig_commands[i].name, name)) {
            rig_commands[i].run(rig, rest);
            return;
        }
    rig_answer(rig, name, or_empty(rest));
}

static inline void rig_run(struct rig *rig, const char *script) {
    _cleanup_free_ char *copy = strdup(script);
    char *rest = copy;
    for (char *clause; (clause = rig_next_clause(&rest));)
        rig_command(rig, clause);
}

/* --- Begin and end ---------------------------------------------------------------------------- */

static inline void rig_begin(struct rig *rig, const char *settings) {
    const char *zone;
    *rig = (struct rig){0};
    rig->schedule = rig_schedule(settings, &zone);
    assert_int_equal(zone_from_posix(zone, &rig->zone), 0);
    rig->library = rig_library();
    rig->keys = calloc(RIG_KEYS_MAX, sizeof *rig->keys);
    rig->keeper = keeper_new();
    rig->world = (struct world){
        .now_usec = zone_day_second(rig->zone, RIG_START_DAY, 8 * 3600),
        .boot_usec = USEC_PER_HOUR,
        .boot_id.bytes = {1},
        .zone = rig->zone,
        .schedule = rig->schedule,
        .library = rig->library,
        .secret = &rig_secret,
        .screen = true,
        .random = rig_random,
        .recorded = rig_recorded,
        .history = rig_history,
        .userdata = rig,
    };
    rig->logged_usec = rig->world.now_usec;
    rig->keeper->guidance = KEEPER_GUIDANCE_READ;
    rig->past.first_usec = 1; /* long ago, and the reviews were */
    rig->past.cards[rig_card(rig, "offer:review")].shown_usec = 1;
    rig->past.cards[rig_card(rig, "offer:late-review")].shown_usec = 1;
    rig_plan(rig);
    rig_advance(rig);
}

static inline void rig_end(struct rig *rig) {
    keeper_free(rig->keeper);
    plan_free(rig->world.plan);
    schedule_free(rig->schedule);
    library_free(rig->library);
    zone_free(rig->zone);
    free(rig->keys);
}

/* --- Tables ----------------------------------------------------------------------------------- */

struct rig_row {
    int line;
    const char *sentence; /* what the row shows */
    const char *settings, *script, *log;
};

static inline void rig_run_rows(const struct rig_row *rows, size_t n) {
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct rig rig;
        rig_begin(&rig, rows[i].settings);
        rig_run(&rig, rows[i].script);
        if (!streq(rig.log, rows[i].log)) {
            print_error("line %d: %s\n  settings %s\n  script   %s\n  expected %s\n  log      %s\n",
                        rows[i].line, rows[i].sentence, rows[i].settings, rows[i].script, rows[i].log,
                        rig.log);
            n_wrong++;
        }
        rig_end(&rig);
    }
    assert_int_equal(n_wrong, 0);
}
