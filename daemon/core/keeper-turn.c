/* A turn in the making: a deep copy of the keeper that may be changed, and what is noted of the changes. */
#include "daemon/core/keeper-parts.h"

/* --- Copies and their end --------------------------------------------------------------------- */

static void open_done(struct open_prompt *open) {
    free(open->reminder);
    free(open->prompt);
    free(open->title);
    free(open->text);
    free(open->line);
    free(open->why);
    free(open->bus_id);
    free(open->owner);
    *open = (struct open_prompt){0};
}

int replace_string(char **string, const char *value) {
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return -ENOMEM;
    free(*string);
    *string = copy;
    return 0;
}

static int open_copy(const struct open_prompt *from, struct open_prompt *to) {
    *to = *from;
    char **strings[] = {&to->reminder, &to->prompt, &to->title,  &to->text,
                        &to->line,     &to->why,    &to->bus_id, &to->owner};
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

int keeper_copy(const struct keeper *from, struct keeper **ret) {
    _cleanup_(keeper_freep) struct keeper *to = keeper_new();
    if (!to)
        return -ENOMEM;
    /* All that stands after the list of open prompts is numbers. */
    const size_t numbers = offsetof(struct keeper, planned_until_usec);
    memcpy((char *)to + numbers, (const char *)from + numbers, sizeof *to - numbers);
    for (; to->n_open < from->n_open; to->n_open++) {
        int r = open_copy(&from->open[to->n_open], &to->open[to->n_open]);
        if (r < 0)
            return r;
    }
    *ret = TAKE_PTR(to);
    return 0;
}

int keeper_merge(const struct keeper *running, const struct keeper *stored, struct keeper **ret) {
    _cleanup_(keeper_freep) struct keeper *to = NULL;
    int r = keeper_copy(running, &to);
    for (size_t i = stored->n_open; r >= 0 && i-- > 0 && to->n_open < KEEPER_OPEN_MAX;) {
        struct open_prompt *open = &to->open[to->n_open];
        r = open_copy(&stored->open[i], open);
        if (r < 0)
            break;
        open->on_screen = false;
        if (open->state == OPEN_SHOWING)
            open->state = open->shown_usec > 0 ? OPEN_SHOWN : OPEN_WAITING;
        to->n_open++;
    }
    if (r < 0)
        return r;
    to->latest_due_usec = MAX_OF(running->latest_due_usec, stored->latest_due_usec);
    to->paused_until_usec = MAX_OF(running->paused_until_usec, stored->paused_until_usec);
    to->last_shown_usec = MAX_OF(running->last_shown_usec, stored->last_shown_usec);
    to->commands_named = MAX_OF(running->commands_named, stored->commands_named);
    to->then_usec = MAX_OF(running->then_usec, stored->then_usec);
    to->offer_day = MAX_OF(running->offer_day, stored->offer_day);
    /* What was chosen where nothing could be written down was refused. */
    to->guidance = stored->guidance;
    to->fewer = stored->fewer;
    to->fewer_count = stored->fewer_count;
    to->drift_days = stored->drift_days;
    to->drift_day = stored->drift_day;
    if (running->day == stored->day)
        to->day_count += stored->day_count;
    else if (running->day_count == 0) {
        to->day = stored->day;
        to->day_count = stored->day_count;
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

int turn_begin(const struct keeper *keeper, struct turn *turn) {
    *turn = (struct turn){0};
    return keeper_copy(keeper, &turn->next);
}

int turn_end(struct turn *turn, struct turn *ret) {
    *ret = *turn;
    *turn = (struct turn){0};
    return 0;
}

/* --- Noting down ------------------------------------------------------------------------------ */

/* The one with an id that is known to be there. Pointers into the list don't outlive a removal; ids do. */
struct open_prompt *at_id(struct keeper *keeper, const struct uuid *id) {
    size_t i = 0;
    while (!uuid_equal(&keeper->open[i].id, id))
        i++;
    return &keeper->open[i];
}

static struct uuid fresh_id(const struct world *world) {
    uint8_t random[8];
    world->random(world->userdata, random, sizeof random);
    return uuid_from_time(world->now_usec, random);
}

/* A fresh open prompt at the end of the list. NULL: the list is full, or memory is out. */
struct open_prompt *add_open(struct turn *turn, const struct world *world, const char *reminder) {
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

/* `entry` NULL: the event begins an entry of its own. The event is the turn's; NULL when memory is out. */
struct event *add_event(struct turn *turn, const struct world *world, enum event_kind kind,
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
struct event *add_first_event(struct turn *turn, const struct world *world, enum event_kind kind,
                              const struct open_prompt *open) {
    struct event *event = add_event(turn, world, kind, &open->id);
    if (!event)
        return NULL;
    event->id = open->id;
    event->due_usec = open->by_hand ? 0 : open->due_usec;
    return replace_string(&event->reminder, open->reminder) < 0 ? NULL : event;
}

struct effect *add_effect(struct turn *turn, enum effect_kind kind, const struct uuid *id) {
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

int withdraw(struct turn *turn, struct open_prompt *open) {
    if (open->state != OPEN_SHOWING && !open->on_screen)
        return 0;
    open->on_screen = false;
    turn->changed = true;
    return add_effect(turn, EFFECT_WITHDRAW, &open->id) ? 0 : -ENOMEM;
}

/* Ends an open prompt that was shown. `how` is CLOSED_ANSWERED when the answer's event is noted already. */
int close_open(struct turn *turn, const struct world *world, struct open_prompt *open, enum closed_how how) {
    int r = withdraw(turn, open);
    if (r < 0)
        return r;
    if (how == CLOSED_UNANSWERED && open->practice && open->step > 0)
        how = CLOSED_SEEN; /* as far as it went, it was there for the person */
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
    note_offer_closed(turn->next, open, how);
    remove_open(turn, open);
    return 0;
}

/* Ends one that waits: missed, or unanswered when it had been shown before it was put off. */
int give_up(struct turn *turn, const struct world *world, struct open_prompt *open, enum missed_rule rule) {
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
