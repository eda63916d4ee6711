/* The rules of DESIGN's "The life of an occurrence", told from the outside: from each turn and what the judge
 * believes, never from how the keeper came to it. What came due is taken from a second walk (timetable.c). */
#include "tests/simulate/machine.h"

#define LATE_USEC                                                                                            \
    USEC_PER_MINUTE /* what is found later than this after its time waited through an absence                \
                     */
#define AT_ONCE 500 /* that many due ones are taken in before the rest follows in another turn */

static bool takes_in(enum call call) {
    return call == CALL_ADVANCE || call == CALL_RESTART || call == CALL_PAUSE || call == CALL_RESUME;
}

static bool moves_on(enum call call) {
    return call == CALL_ADVANCE || call == CALL_RESTART;
}

/* --- Looking things up ------------------------------------------------------------------------ */

static uint64_t mixed(uint64_t digest, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size > 0) {
        uint64_t word = 0;
        size_t n = MIN_OF(size, sizeof word);
        memcpy(&word, bytes, n);
        digest = (digest ^ word) * 0x9e3779b97f4a7c15ULL;
        digest ^= digest >> 29;
        bytes += n;
        size -= n;
    }
    return digest;
}

static uint64_t open_digest(uint64_t digest, const struct open_prompt *open) {
    struct open_prompt plain = *open;
    const char *strings[] = {open->reminder, open->prompt, open->title,  open->text,
                             open->line,     open->why,    open->bus_id, open->owner};
    for (size_t i = 0; i < ELEMENTSOF(strings); i++)
        digest = mixed(digest, or_empty(strings[i]), strlen(or_empty(strings[i])) + 1);
    const uint64_t numbers[] = {
        plain.state,   plain.stage,      plain.due_usec,   plain.by_hand,         plain.hold_until_usec,
        plain.held,    plain.theme,      plain.write,      plain.practice,        plain.not_before_usec,
        plain.step,    plain.shown_usec, plain.answered,   plain.expires_usec,    plain.on_screen,
        plain.snoozes, plain.server_id,  plain.until_usec, plain.until_boot_usec,
    };
    digest = mixed(digest, numbers, sizeof numbers);
    digest = mixed(digest, plain.id.bytes, sizeof plain.id.bytes);
    return mixed(digest, plain.boot_id.bytes, sizeof plain.boot_id.bytes);
}

uint64_t keeper_digest(const struct keeper *keeper, bool all) {
    const uint64_t numbers[] = {
        keeper->n_open,
        keeper->paused_until_usec,
        keeper->last_shown_usec,
        (uint64_t)keeper->day,
        keeper->day_count,
        keeper->guidance,
        keeper->fewer,
        keeper->fewer_count,
        keeper->drift_days,
        (uint64_t)keeper->drift_day,
        (uint64_t)keeper->offer_day,
        keeper->then_usec,
        all ? keeper->planned_until_usec : 0,
        all ? keeper->latest_due_usec : 0,
    };
    uint64_t digest = mixed(0xcbf29ce484222325ULL, numbers, sizeof numbers);
    for (size_t i = 0; i < keeper->n_open; i++)
        digest = open_digest(digest, &keeper->open[i]);
    return digest;
}

static uint64_t key_of(const char *reminder, usec_t due_usec) {
    return due_usec << 3 | name_index(reminder);
}

static size_t key_place(const struct machine *machine, uint64_t key) {
    size_t at = (size_t)(key * 0x9e3779b97f4a7c15ULL >> 20) & (machine->keys_size - 1);
    while (machine->keys[at] != 0 && machine->keys[at] != key)
        at = (at + 1) & (machine->keys_size - 1);
    return at;
}

bool key_recorded(const struct machine *machine, const char *reminder, usec_t due_usec) {
    return machine->keys_size > 0 && machine->keys[key_place(machine, key_of(reminder, due_usec))] != 0;
}

static void record_key(struct machine *machine, uint64_t key) {
    if (2 * machine->n_keys >= machine->keys_size) {
        uint64_t *old = machine->keys;
        size_t old_size = machine->keys_size;
        machine->keys_size = old_size > 0 ? 2 * old_size : 1 << 12;
        machine->keys = calloc(machine->keys_size, sizeof *machine->keys);
        if (!machine->keys)
            abort();
        for (size_t i = 0; i < old_size; i++)
            if (old[i] != 0)
                machine->keys[key_place(machine, old[i])] = old[i];
        free(old);
    }
    machine->keys[key_place(machine, key)] = key;
    machine->n_keys++;
}

static const struct open_prompt *find_open(const struct keeper *keeper, const struct uuid *id) {
    for (size_t i = 0; i < keeper->n_open; i++)
        if (uuid_equal(&keeper->open[i].id, id))
            return &keeper->open[i];
    return NULL;
}

static const struct open_prompt *find_key(const struct keeper *keeper, const char *reminder,
                                          usec_t due_usec) {
    for (size_t i = 0; i < keeper->n_open; i++)
        if (!keeper->open[i].by_hand && keeper->open[i].due_usec == due_usec &&
            streq(keeper->open[i].reminder, reminder))
            return &keeper->open[i];
    return NULL;
}

static bool is_first(const struct event *event) {
    return uuid_equal(&event->id, &event->entry) && event->due_usec > 0;
}

static const struct event *find_first(const struct turn *turn, const char *reminder, usec_t due_usec) {
    for (size_t i = 0; i < turn->n_events; i++)
        if (is_first(&turn->events[i]) && turn->events[i].due_usec == due_usec &&
            streq(turn->events[i].reminder, reminder))
            return &turn->events[i];
    return NULL;
}

static const struct event *find_event(const struct turn *turn, const struct uuid *entry,
                                      enum event_kind kind) {
    for (size_t i = 0; i < turn->n_events; i++)
        if (turn->events[i].kind == kind && uuid_equal(&turn->events[i].entry, entry))
            return &turn->events[i];
    return NULL;
}

static const struct plain_reminder *find_reminder(const struct machine *machine, const char *name) {
    for (size_t i = 0; i < machine->timetable->n_reminders; i++)
        if (streq(machine->timetable->reminders[i].name, name))
            return &machine->timetable->reminders[i];
    return NULL;
}

void belief_copy(const struct belief *from, struct belief *to) {
    memcpy(to, from, offsetof(struct belief, tracks) + from->n_tracks * sizeof from->tracks[0]);
}

struct track *find_track(struct belief *belief, const struct uuid *id) {
    for (size_t i = 0; i < belief->n_tracks; i++)
        if (uuid_equal(&belief->tracks[i].id, id))
            return &belief->tracks[i];
    return NULL;
}

/* The track of an open prompt; a new one where there is none. */
static struct track *track_of(struct machine *machine, const struct uuid *id) {
    struct belief *belief = &machine->belief;
    struct track *track = find_track(belief, id);
    if (track)
        return track;
    if (belief->n_tracks == TRACKS_MAX) {
        fail(machine, "bounded", "more is open than may be");
        return &belief->tracks[0];
    }
    belief->tracks[belief->n_tracks] = (struct track){
        .id = *id,
        .taken_usec = machine->elapsed_usec,
        .since_usec = machine->wall_usec,
        .hold_usec = USEC_INFINITY,
    };
    return &belief->tracks[belief->n_tracks++];
}

static bool quiet_now(const struct machine *machine) {
    return quiet_at(machine->timetable, machine->zone, machine->wall_usec);
}

/* --- Rules by themselves ---------------------------------------------------------------------- */

static bool has_place(struct machine *machine, const struct plain_reminder *reminder, usec_t time_usec) {
    int32_t day = zone_local_day(machine->zone, time_usec);
    unsigned most = machine->timetable->schedule->most_per_day;
    unsigned shown = machine->belief.day == day ? machine->belief.day_count : 0;
    if (shown >= most || (reminder && reminder->kind == REMINDER_AT))
        return shown < most;
    return shown + claims_between(&machine->dues, time_usec, zone_day_second(machine->zone, day + 1, 0) - 1) <
           most;
}

static bool within_gap(const struct machine *machine, const struct plain_reminder *reminder,
                       usec_t due_usec) {
    usec_t last = machine->belief.last_shown_usec;
    if (!reminder || reminder->kind == REMINDER_AT || last == 0)
        return false;
    return (due_usec > last ? due_usec - last : last - due_usec) < reminder->gap_usec;
}

static usec_t own_end(const struct machine *machine, const struct track *track) {
    if (track->snooze_boot_usec == 0 || !uuid_equal(&track->boot_id, &machine->boot_id))
        return track->snooze_usec;
    return machine->wall_usec + track->snooze_boot_usec - machine->world.boot_usec;
}

static usec_t snooze_end(const struct machine *machine, const struct track *track) {
    usec_t end = MAX_OF(own_end(machine, track), machine->belief.paused_usec);
    return end == USEC_INFINITY ? end : quiet_end_at(machine->timetable, machine->zone, end);
}

/* Rules that miss an occurrence at once, as bits of enum missed_rule. */
static unsigned missed_at_once(struct machine *machine, const struct due *due) {
    const struct plain_reminder *reminder = &machine->timetable->reminders[due->reminder];
    unsigned rules = 0;
    if (quiet_at(machine->timetable, machine->zone, due->due_usec))
        rules |= 1 << MISSED_QUIET;
    if (due->due_usec < machine->belief.paused_usec)
        rules |= 1 << MISSED_PAUSED;
    if (due->crowded || within_gap(machine, reminder, due->due_usec))
        rules |= 1 << MISSED_GAP;
    if (!has_place(machine, reminder, due->due_usec))
        rules |= 1 << MISSED_LIMIT;
    return rules;
}

static enum missed_rule rule_from_id(const char *id) {
    enum missed_rule rule = 0;
    while (rule < MISSED_RULE_COUNT && !streq(missed_rule_id(rule), or_empty(id)))
        rule++;
    return rule;
}

/* Fewer were chosen: of each three in a row that nothing else misses, one or two pass by. So at most twice
 * that many follow each other, and at least one in five, or three, does not come, or comes. */
static void judge_fewer(struct machine *machine, const struct due *due, bool passed) {
    struct belief *belief = &machine->belief;
    unsigned most_passed = 2 * belief->fewer, most_shown = 2 * (KEEPER_FEWER_OF - belief->fewer);
    belief->passed = passed ? belief->passed + 1 : 0;
    belief->shown = passed ? 0 : belief->shown + 1;
    if (belief->passed > most_passed || (belief->fewer > 0 && belief->shown > most_shown))
        fail(machine, "fewer", "%s: %u in a row %s, with fewer chosen %u times",
             machine->timetable->reminders[due->reminder].name, passed ? belief->passed : belief->shown,
             passed ? "pass by" : "come", belief->fewer);
}

/* What the program itself asks: one a day, each once. */
static void judge_offer(struct machine *machine, const struct open_prompt *open, const struct event *event) {
    static const char *const again[] = {"offer:guidance", "offer:hard"};
    bool then = streq(or_empty(event->why), "then-and-now");
    bool plain = strncmp(or_empty(event->prompt), "offer:", 6) == 0;
    if ((!then && !plain) || !open || open->by_hand || streq(or_empty(event->prompt), again[0]))
        return;
    int32_t today = zone_local_day(machine->zone, machine->wall_usec);
    /* Set back, the clock comes to the same day again. */
    if (machine->belief.offer_day == today && machine->jumped_usec < machine->belief.offer_usec)
        fail(machine, "one question a day", "%s is the second", or_empty(event->prompt));
    machine->belief.offer_day = today;
    machine->belief.offer_usec = machine->elapsed_usec;
    if (plain && !streq(event->prompt, again[1]) && offer_recorded(machine, event->prompt) > 0)
        fail(machine, "asked once", "%s is asked again", event->prompt);
}

/* Nothing changes unasked: only what the person has chosen. */
static void believe_chosen(struct machine *machine, const struct event *event) {
    struct belief *belief = &machine->belief;
    const char *choice = or_empty(event->choice);
    uint32_t fewer = streq(choice, choice_id(CHOICE_FEWER)) ? MIN_OF(belief->fewer + 1, KEEPER_FEWER_MAX)
                     : streq(choice, choice_id(CHOICE_AS_BEFORE)) ? 0
                                                                  : belief->fewer;
    if (fewer != belief->fewer)
        belief->passed = belief->shown = 0;
    belief->fewer = fewer;
}

/* --- Coming due ------------------------------------------------------------------------------- */

static void fill_dues(struct machine *machine, usec_t from_usec, usec_t until_usec) {
    struct dues *dues = &machine->dues;
    if (from_usec < dues->from_usec || until_usec + USEC_PER_DAY >= dues->until_usec)
        dues_fill(dues, machine->timetable, machine->zone, machine->starts_usec, &machine->life->secret,
                  from_usec, until_usec);
}

/* One that came due is either waiting now, or ended in this turn; where a rule misses it at once, by that
 * rule. */
static void judge_due(struct machine *machine, const struct turn *turn, const struct due *due) {
    char at[MOMENT_TEXT_SIZE];
    const char *name = machine->timetable->reminders[due->reminder].name;
    const struct event *first = find_first(turn, name, due->due_usec);
    const struct open_prompt *open = find_key(turn->next, name, due->due_usec);
    unsigned rules = missed_at_once(machine, due);
    if (!first && !open) {
        fail(machine, "never lost", "%s, due %s, is neither open nor missed", name,
             local_text(machine, due->due_usec, at));
        return;
    }
    if (rules != 0 &&
        (!first || first->kind != EVENT_MISSED || !(rules & 1U << rule_from_id(first->detail)))) {
        const char *wanted = missed_rule_id((enum missed_rule)__builtin_ctz(rules));
        fail(machine, "missed at once", "%s, due %s, is to be missed (%s) and is %s", name,
             local_text(machine, due->due_usec, at), wanted, first ? or_empty(first->detail) : "open");
    }
    if (rules == 0)
        judge_fewer(machine, due,
                    first && first->kind == EVENT_MISSED && rule_from_id(first->detail) == MISSED_FEWER);
    struct track *track = track_of(machine, open ? &open->id : &first->entry);
    track->held = machine->wall_usec - due->due_usec > LATE_USEC;
    track->since_usec = due->due_usec;
    track->hold_usec =
        MIN_OF(due->hold_until_usec, next_quiet_after(machine->timetable, machine->zone, due->due_usec));
}

static size_t count_new(const struct machine *machine, const struct turn *turn) {
    size_t n = 0;
    for (size_t i = 0; i < turn->next->n_open; i++)
        n += !turn->next->open[i].by_hand && !find_open(machine->keeper, &turn->next->open[i].id);
    for (size_t i = 0; i < turn->n_events; i++)
        n += is_first(&turn->events[i]) && !find_open(machine->keeper, &turn->events[i].entry);
    return n;
}

static void judge_dues(struct machine *machine, const struct turn *turn) {
    struct belief *belief = &machine->belief;
    usec_t now = machine->wall_usec, until = turn->next->planned_until_usec;
    if (belief->planned_usec > now)
        belief->planned_usec = now;
    if (until > now || until < belief->planned_usec) {
        fail(machine, "planned until",
             "what is due has been handled up to a time that is not between then and now");
        return;
    }
    fill_dues(machine, belief->planned_usec, now);
    size_t found = 0, n_due = 0;
    for (size_t i = dues_after(&machine->dues, belief->planned_usec); i < machine->dues.n; i++) {
        const struct due *due = &machine->dues.items[i];
        const char *name = machine->timetable->reminders[due->reminder].name;
        if (due->due_usec > until)
            break;
        n_due++;
        if (find_key(machine->keeper, name, due->due_usec) || key_recorded(machine, name, due->due_usec))
            continue;
        found++;
        judge_due(machine, turn, due);
    }
    if (until < now && n_due < AT_ONCE)
        fail(machine, "planned until", "only %zu were due, and not all are handled", n_due);
    if (count_new(machine, turn) != found)
        fail(machine, "nothing made up", "%zu came due, %zu were taken in", found, count_new(machine, turn));
    belief->planned_usec = until;
}

/* --- Ends ------------------------------------------------------------------------------------- */

/* Whether there is a newer (or as new) one that waits too, or one asked for by hand that took the screen. */
static bool something_newer(struct machine *machine, const struct turn *turn, const struct uuid *id,
                            usec_t since) {
    for (size_t i = 0; i < machine->belief.n_tracks; i++) {
        const struct track *track = &machine->belief.tracks[i];
        const struct open_prompt *was = find_open(machine->keeper, &track->id);
        bool came_back = was && was->state == OPEN_SNOOZED && track->snooze_usec == 0;
        bool waits = !was || was->state == OPEN_WAITING || was->state == OPEN_SHOWING || came_back;
        if (!uuid_equal(&track->id, id) && waits && track->since_usec >= since)
            return true;
    }
    const struct open_prompt *own = find_open(machine->keeper, id);
    for (size_t i = 0; i < turn->n_effects; i++)
        if (turn->effects[i].kind == EFFECT_SHOW && own && own->state == OPEN_SHOWING)
            return true;
    return false;
}

/* The person is there, something can be shown, and has been since before the wait became too long. */
static bool back_in_time(const struct machine *machine, const struct track *track) {
    usec_t returned = track->returned_usec;
    return machine->presence == PRESENCE_AVAILABLE && screen_ready(machine) && track->held && returned > 0 &&
           machine->jumped_usec < returned &&
           machine->wall_usec - (machine->elapsed_usec - returned) < track->hold_usec;
}

/* Every prompt of the themes that may come rests, or is too deep; simply: none is left. */
static bool nothing_to_choose(const struct machine *machine, const struct plain_reminder *reminder) {
    const struct library *library = machine->life->library;
    bool hard = machine->past.hard_usec > 0 && machine->wall_usec < machine->past.hard_usec + USEC_PER_DAY;
    bool young =
        machine->past.first_usec == 0 || machine->wall_usec < machine->past.first_usec + 14 * USEC_PER_DAY;
    for (size_t i = 0; i < library->n_prompts; i++) {
        const struct prompt *prompt = &library->prompts[i];
        usec_t shown = machine->past.card_usec[i];
        bool unripe =
            prompt->theme == THEME_OWN && shown > 0 && shown + CHOOSE_OWN_REST_USEC > machine->wall_usec;
        if (machine->past.card_resting[i] || unripe || (hard && prompt->depth > 1) ||
            (young && prompt->depth > 2) ||
            (young && (prompt->theme == THEME_IMAGE || prompt->theme == THEME_FORGIVENESS)) ||
            machine->timetable->schedule->weights[prompt->theme] == WEIGHT_OFF)
            continue;
        if (!reminder || reminder->themes == 0 || reminder->themes & THEME_BIT(prompt->theme))
            return false;
    }
    return true;
}

static void judge_missed(struct machine *machine, enum call call, const struct turn *turn,
                         const struct event *event) {
    enum missed_rule rule = rule_from_id(event->detail);
    const struct plain_reminder *reminder = find_reminder(machine, or_empty(event->reminder));
    const struct track *track = find_track(&machine->belief, &event->entry);
    usec_t now = machine->wall_usec, due = event->due_usec, paused = turn->next->paused_until_usec;
    bool crowded = false;
    for (size_t i = dues_after(&machine->dues, due - 1);
         i < machine->dues.n && machine->dues.items[i].due_usec == due; i++)
        crowded |= machine->dues.items[i].crowded;
    bool right = false;
    switch (rule) {
    case MISSED_GAP:
        right = crowded || within_gap(machine, reminder, due) || within_gap(machine, reminder, now);
        break;
    case MISSED_LIMIT:
        right = !has_place(machine, reminder, due) || !has_place(machine, reminder, now);
        break;
    case MISSED_NEWER:
        right = track && something_newer(machine, turn, &event->entry, track->since_usec);
        break;
    case MISSED_HOLD:
        right = track && now >= track->hold_usec && !back_in_time(machine, track);
        break;
    case MISSED_QUIET:
        right = quiet_at(machine->timetable, machine->zone, due) || quiet_now(machine);
        break;
    case MISSED_PAUSED:
        right = due < machine->paused_usec || now < MAX_OF(machine->paused_usec, paused);
        break;
    case MISSED_NO_PROMPT:
        right = nothing_to_choose(machine, reminder);
        break;
    case MISSED_FEWER:
        right = machine->belief.fewer > 0 && takes_in(call);
        break;
    case MISSED_REMOVED:
        right = call == CALL_RELOAD && !reminder;
        break;
    default:
        break;
    }
    char at[MOMENT_TEXT_SIZE];
    if (!right)
        fail(machine, "missed with its rule", "%s, due %s, is missed (%s), and that rule does not hold",
             or_empty(event->reminder), local_text(machine, due, at), or_empty(event->detail));
}

/* Closed by time alone: an open one that expired, or a returned snooze that found nobody, or a newer one. */
static void judge_closed(struct machine *machine, enum call call, const struct turn *turn,
                         const struct event *event) {
    const struct open_prompt *was = find_open(machine->keeper, &event->entry);
    const struct track *track = find_track(&machine->belief, &event->entry);
    if (!was || !track || !streq(or_empty(event->detail), closed_how_id(CLOSED_UNANSWERED)))
        return;
    usec_t now = machine->wall_usec;
    usec_t since = track->since_usec;
    bool right = was->state == OPEN_SHOWN
                     ? track->expires_usec <= now
                     : something_newer(machine, turn, &event->entry, since) || quiet_now(machine) ||
                           next_quiet_after(machine->timetable, machine->zone, since) <= now ||
                           track->hold_usec <= now;
    if (!right && moves_on(call))
        fail(machine, "unanswered in time", "%s is closed before its time", or_empty(was->reminder));
}

/* What was open is open still, the same, or an event says how it ended. */
static void judge_ends(struct machine *machine, const struct turn *turn) {
    for (size_t i = 0; i < machine->keeper->n_open; i++) {
        const struct open_prompt *was = &machine->keeper->open[i], *is = find_open(turn->next, &was->id);
        if (is) {
            bool same = streq(is->reminder, was->reminder) && is->due_usec == was->due_usec &&
                        is->by_hand == was->by_hand && is->snoozes >= was->snoozes &&
                        (was->shown_usec == 0 || is->shown_usec == was->shown_usec);
            if (!same)
                fail(machine, "acknowledged", "%s has become another one", was->reminder);
            continue;
        }
        bool ended = find_event(turn, &was->id, EVENT_MISSED) || find_event(turn, &was->id, EVENT_CLOSED) ||
                     find_event(turn, &was->id, EVENT_ANSWERED) ||
                     find_event(turn, &was->id, EVENT_STEPPED) || find_event(turn, &was->id, EVENT_KEPT) ||
                     was->answered;
        bool told = false;
        for (size_t j = 0; j < turn->n_effects; j++)
            told |=
                turn->effects[j].kind == EFFECT_SIGNAL_CLOSED && uuid_equal(&turn->effects[j].id, &was->id);
        if (!ended || !told)
            fail(machine, "ends exactly once", "%s is gone without a word", was->reminder);
    }
}

/* --- Showing ---------------------------------------------------------------------------------- */

static void judge_shown_now(struct machine *machine, enum call call, const struct turn *turn,
                            const struct open_prompt *open) {
    const char *name = open->reminder;
    const struct plain_reminder *reminder = find_reminder(machine, name);
    struct track *track = track_of(machine, &open->id);
    if (!moves_on(call))
        fail(machine, "fresh presence", "%s is shown by a turn for which presence may be stale", name);
    if (quiet_now(machine))
        fail(machine, "quiet", "%s is shown in quiet hours", name);
    if (machine->wall_usec < MAX_OF(machine->belief.paused_usec, turn->next->paused_until_usec))
        fail(machine, "paused", "%s is shown in a pause", name);
    if (machine->presence != PRESENCE_AVAILABLE || machine->locked)
        fail(machine, "held back", "%s is shown while the person is %s", name,
             machine->locked ? "locked out" : presence_id(machine->presence));
    if (open->shown_usec == 0 && !has_place(machine, reminder, machine->wall_usec))
        fail(machine, "limit", "%s is shown past the limit of the day", name);
    if (open->shown_usec == 0 && within_gap(machine, reminder, machine->wall_usec))
        fail(machine, "gap", "%s is shown within the gap of the last showing", name);
    const struct open_prompt *was = find_open(machine->keeper, &open->id);
    bool then = streq(or_empty(open->why), "then-and-now"); /* a question, whatever was asked for */
    if (open->theme != THEME_NONE && !then && !(was && was->prompt) && reminder && reminder->themes &&
        !(reminder->themes & THEME_BIT(open->theme)))
        fail(machine, "themes", "%s is of a theme that is not asked for", name);
    if (!track->held)
        return;
    if (track->returned_usec == 0 || (machine->jumped_usec < track->returned_usec &&
                                      machine->elapsed_usec - track->returned_usec < KEEPER_RETURN_MIN_USEC))
        fail(machine, "after a return", "%s is shown less than a minute after the return", name);
    if (!uuid_equal(&machine->returned_with, &open->id) && track->taken_usec <= machine->returned_usec)
        fail(machine, "one after an absence", "%s is the second one of the same absence", name);
    if (machine->jumped_usec < track->returned_usec && open->shown_usec == 0 &&
        machine->wall_usec - (machine->elapsed_usec - track->returned_usec) >= track->hold_usec)
        fail(machine, "hold", "%s is shown, though the return came too late for it", name);
    machine->returned_with = open->id;
    machine->returned_usec = track->returned_usec;
}

static void judge_shows(struct machine *machine, enum call call, const struct turn *turn) {
    for (size_t i = 0; i < turn->n_effects; i++) {
        const struct effect *effect = &turn->effects[i];
        const struct open_prompt *open = find_open(turn->next, &effect->id);
        if (effect->kind != EFFECT_SHOW)
            continue;
        if (!open || (open->state != OPEN_SHOWING && open->state != OPEN_SHOWN)) {
            fail(machine, "one on screen", "what is asked to be shown is not open");
            continue;
        }
        const struct open_prompt *was = find_open(machine->keeper, &open->id);
        bool again = call == CALL_RESTART && was && was->state == OPEN_SHOWN && was->on_screen;
        if (!effect->in_place && !open->by_hand && !again)
            judge_shown_now(machine, call, turn, open);
    }
    size_t n = 0;
    for (size_t i = 0; i < turn->next->n_open; i++)
        n += turn->next->open[i].state == OPEN_SHOWING || turn->next->open[i].on_screen;
    if (n > 1)
        fail(machine, "one on screen", "%zu prompts are on the screen or on their way", n);
}

/* It was seen: the gap begins, the day counts. */
static void believe_shown(struct machine *machine, const struct turn *turn, const struct event *event) {
    const struct open_prompt *open = find_open(turn->next, &event->entry);
    if (!open)
        open = find_open(machine->keeper, &event->entry);
    struct belief *belief = &machine->belief;
    struct track *track = track_of(machine, &event->entry);
    usec_t now = machine->wall_usec;
    track->expires_usec = usec_add(now, machine->timetable->schedule->expire_after_usec);
    if (!open || open->by_hand)
        return;
    track->expires_usec =
        MIN_OF(track->expires_usec, next_quiet_after(machine->timetable, machine->zone, now));
    belief->last_shown_usec = now;
    if (!is_first(event))
        return;
    if (!track->held && open->due_usec <= now && now - open->due_usec < LATE_USEC)
        belief->last_shown_usec = open->due_usec; /* shown when it was due */
    int32_t today = zone_local_day(machine->zone, now);
    belief->day_count = belief->day == today ? belief->day_count + 1 : 1;
    belief->day = today;
}

/* --- Snoozes and pauses ----------------------------------------------------------------------- */

static void believe_snoozed(struct machine *machine, const struct turn *turn, const struct event *event) {
    const struct open_prompt *open = find_open(turn->next, &event->entry);
    struct track *track = track_of(machine, &event->entry);
    usec_t span = machine->snooze_span_usec, until = machine->snooze_until_usec;
    const struct schedule *schedule = machine->timetable->schedule;
    if (span == 0 && until == 0) {
        span = schedule->n_snooze == 0 ? 15 * USEC_PER_MINUTE : schedule->snooze[0].span_usec;
        if (span == USEC_INFINITY) {
            span = 0;
            until = open ? open->until_usec : 0;
        }
    }
    track->snooze_usec = span > 0 ? usec_add(machine->wall_usec, span) : until;
    track->snooze_boot_usec = span > 0 ? usec_add(machine->world.boot_usec, span) : 0;
    track->boot_id = machine->boot_id;
    track->expires_usec = 0;
    if (!open || open->snoozes > schedule->snoozes)
        fail(machine, "snoozes", "it is put off more often than allowed");
    else if (event->until_usec != snooze_end(machine, track))
        fail(machine, "snoozes", "the end that is told is another one");
    server_forget(machine, &event->entry);
}

/* Those that met the pause end with it. */
static void believe_pause_over(struct machine *machine, usec_t end_usec) {
    struct belief *belief = &machine->belief;
    for (size_t i = 0; i < belief->n_tracks; i++) {
        struct track *track = &belief->tracks[i];
        if (track->snooze_usec == 0 || own_end(machine, track) >= end_usec)
            continue;
        track->snooze_usec = end_usec;
        track->snooze_boot_usec = 0;
    }
    belief->paused_usec = 0;
}

static void judge_snoozes(struct machine *machine, const struct turn *turn) {
    for (size_t i = 0; i < machine->keeper->n_open; i++) {
        const struct open_prompt *was = &machine->keeper->open[i], *is = find_open(turn->next, &was->id);
        struct track *track = find_track(&machine->belief, &was->id);
        if (was->state != OPEN_SNOOZED || !track)
            continue;
        usec_t end = snooze_end(machine, track);
        bool over = end <= machine->wall_usec, back = !is || is->state != OPEN_SNOOZED;
        char at[MOMENT_TEXT_SIZE];
        if (over != back)
            fail(machine, "snoozes come back", "%s, put off until %s, is %s", was->reminder,
                 local_text(machine, end, at), back ? "back before" : "not back");
        if (!back)
            continue;
        track->held = machine->wall_usec - end > LATE_USEC;
        track->since_usec = end;
        track->taken_usec = machine->elapsed_usec;
        track->returned_usec = 0;
        track->snooze_usec = 0;
        track->hold_usec = next_quiet_after(machine->timetable, machine->zone, end);
    }
}

/* --- What holds after time has moved on ------------------------------------------------------- */

static void judge_waiting(struct machine *machine, const struct open_prompt *open, bool showing) {
    struct track *track = track_of(machine, &open->id);
    bool there = machine->presence == PRESENCE_AVAILABLE;
    if (!there) {
        track->held = true;
        track->returned_usec = 0;
    } else if (track->returned_usec == 0)
        track->returned_usec = machine->elapsed_usec;
    if (quiet_now(machine) || machine->wall_usec < machine->belief.paused_usec)
        fail(machine, "quiet", "%s waits in quiet hours or a pause", open->reminder);
    if (!there && machine->wall_usec >= track->hold_usec)
        fail(machine, "hold", "%s waits longer than it may", open->reminder);
    if (!there || showing || !screen_ready(machine))
        return;
    usec_t since = MAX_OF(track->returned_usec, MAX_OF(machine->failed_usec, machine->ready_usec));
    since = MAX_OF(since, machine->jumped_usec); /* set back, the clock has the moment still to come */
    if (!track->held || machine->elapsed_usec - since > KEEPER_RETURN_MAX_USEC)
        fail(machine, "after a return", "%s waits, though the person is there%s", open->reminder,
             track->held ? " for more than three minutes" : "");
}

/* After a step back of the clock, or with a shorter expire_after, none stays for longer than it would from
 * now. */
static void believe_shorter(struct machine *machine) {
    usec_t latest = usec_add(machine->wall_usec, machine->timetable->schedule->expire_after_usec);
    for (size_t i = 0; i < machine->belief.n_tracks; i++)
        machine->belief.tracks[i].expires_usec = MIN_OF(machine->belief.tracks[i].expires_usec, latest);
}

static void judge_moved_on(struct machine *machine, const struct turn *turn) {
    bool showing = false;
    for (size_t i = 0; i < turn->next->n_open; i++)
        showing |= turn->next->open[i].state == OPEN_SHOWING;
    for (size_t i = 0; i < turn->next->n_open; i++) {
        const struct open_prompt *open = &turn->next->open[i];
        const struct track *track = track_of(machine, &open->id);
        if (open->state == OPEN_WAITING)
            judge_waiting(machine, open, showing);
        if (open->state == OPEN_SHOWN && track->expires_usec > 0 && track->expires_usec <= machine->wall_usec)
            fail(machine, "expires", "%s is open after its end", open->reminder);
        if (machine->locked && open->on_screen)
            fail(machine, "held back", "%s is on the screen while that is locked", open->reminder);
    }
}

/* --- A turn ----------------------------------------------------------------------------------- */

static void judge_event(struct machine *machine, enum call call, const struct turn *turn,
                        const struct event *event) {
    switch (event->kind) {
    case EVENT_SHOWN:
        believe_shown(machine, turn, event);
        judge_offer(machine, find_open(turn->next, &event->entry), event);
        break;
    case EVENT_ANSWERED:
    case EVENT_STEPPED:
        believe_chosen(machine, event);
        break;
    case EVENT_MISSED:
        judge_missed(machine, call, turn, event);
        break;
    case EVENT_CLOSED:
        judge_closed(machine, call, turn, event);
        break;
    case EVENT_SNOOZED:
        believe_snoozed(machine, turn, event);
        break;
    case EVENT_PAUSED:
        machine->belief.paused_usec = event->until_usec;
        break;
    case EVENT_RESUMED:
        believe_pause_over(machine, MIN_OF(machine->belief.paused_usec, machine->wall_usec));
        break;
    default:
        break;
    }
    char at[MOMENT_TEXT_SIZE];
    if (is_first(event) && key_recorded(machine, event->reminder, event->due_usec))
        fail(machine, "ends exactly once", "%s, due %s, ends a second time", event->reminder,
             local_text(machine, event->due_usec, at));
}

/* A choice that doesn't close prolongs; a returned snooze that meets a pause is put off until its end. */
static void believe_steps(struct machine *machine, const struct turn *turn) {
    for (size_t i = 0; i < turn->next->n_open; i++) {
        const struct open_prompt *open = &turn->next->open[i], *was = find_open(machine->keeper, &open->id);
        struct track *track = track_of(machine, &open->id);
        bool stepped =
            find_event(turn, &open->id, EVENT_STEPPED) || find_event(turn, &open->id, EVENT_ANSWERED);
        if (stepped && open->state == OPEN_SHOWN)
            track->expires_usec =
                usec_add(machine->wall_usec, machine->timetable->schedule->expire_after_usec);
        bool waited = was && (was->state == OPEN_WAITING || was->state == OPEN_SHOWING);
        if (open->state == OPEN_SNOOZED && waited && track->snooze_usec == 0) {
            track->snooze_usec = track->since_usec;
            track->snooze_boot_usec = 0;
        }
        if (open->state != OPEN_SNOOZED)
            track->snooze_usec = 0;
        if (open->state != OPEN_WAITING || !was || was->state != OPEN_SHOWING)
            continue;
        track->returned_usec = 0; /* it could not be shown: hold_for runs on, until the next return */
        if (open->shown_usec > 0)
            track->hold_usec = next_quiet_after(machine->timetable, machine->zone, machine->wall_usec);
    }
}

static void drop_tracks(struct machine *machine, const struct keeper *next) {
    struct belief *belief = &machine->belief;
    for (size_t i = belief->n_tracks; i-- > 0;)
        if (!find_open(next, &belief->tracks[i].id)) {
            server_forget(machine, &belief->tracks[i].id);
            belief->tracks[i] = belief->tracks[--belief->n_tracks];
        }
}

/* It counts as read when the person has answered it or put it away; let pass, or replaced by another, it
 * counts once, and the third time is as good as read. */
static void judge_guidance(struct machine *machine, const struct turn *turn) {
    bool read = false;
    uint32_t went_by = 0;
    for (size_t i = 0; i < turn->n_events; i++)
        read |= streq(or_empty(turn->events[i].prompt), "offer:guidance") && turn->events[i].choice &&
                !streq(turn->events[i].choice, choice_id(CHOICE_OPEN));
    for (size_t i = 0; i < machine->keeper->n_open; i++) {
        const struct open_prompt *was = &machine->keeper->open[i];
        if (!streq(or_empty(was->prompt), "offer:guidance") || find_open(turn->next, &was->id))
            continue;
        const struct event *closed = find_event(turn, &was->id, EVENT_CLOSED);
        const char *how = closed ? or_empty(closed->detail) : "";
        if (find_event(turn, &was->id, EVENT_MISSED))
            continue;
        bool passed =
            streq(how, closed_how_id(CLOSED_UNANSWERED)) || streq(how, closed_how_id(CLOSED_REPLACED));
        went_by += passed;
        read |= !passed;
    }
    uint32_t expected = read ? 3 : MIN_OF(machine->keeper->guidance + went_by, 3u);
    if (turn->next->guidance != expected)
        fail(machine, "guidance", "it %s, and %u became %u", read ? "was answered or put away" : "was not",
             machine->keeper->guidance, turn->next->guidance);
}

void judge_turn(struct machine *machine, enum call call, const struct turn *turn) {
    struct belief *belief = &machine->belief;
    const struct keeper *next = turn->next;
    machine->paused_usec = belief->paused_usec;
    if (!turn->changed &&
        (turn->n_events > 0 || keeper_digest(next, false) != keeper_digest(machine->keeper, false)))
        fail(machine, "acknowledged", "something has changed that is not to be written down");
    if (takes_in(call))
        judge_dues(machine, turn);
    else {
        fill_dues(machine, MIN_OF(belief->planned_usec, machine->wall_usec), machine->wall_usec);
        if (count_new(machine, turn) > 0)
            fail(machine, "nothing made up", "something came due in a turn that takes nothing in");
    }
    if (moves_on(call) && belief->paused_usec > 0 && belief->paused_usec <= machine->wall_usec)
        believe_pause_over(machine, belief->paused_usec);
    if (moves_on(call)) {
        believe_shorter(machine);
        judge_snoozes(machine, turn);
    }
    judge_ends(machine, turn);
    for (size_t i = 0; i < turn->n_events; i++)
        judge_event(machine, call, turn, &turn->events[i]);
    for (size_t i = 0; belief->paused_usec > machine->paused_usec && i < next->n_open; i++)
        if (next->open[i].state == OPEN_WAITING)
            fail(machine, "paused", "%s waits on in the pause that has begun", next->open[i].reminder);
    judge_shows(machine, call, turn);
    believe_steps(machine, turn);
    if (moves_on(call))
        judge_moved_on(machine, turn);
    for (size_t i = 0; call == CALL_RELOAD && i < next->n_open; i++)
        if (next->open[i].state == OPEN_WAITING && next->open[i].shown_usec == 0 &&
            !find_reminder(machine, next->open[i].reminder))
            fail(machine, "removed", "%s waits, and is no longer in the schedule", next->open[i].reminder);
    drop_tracks(machine, next);
    judge_guidance(machine, turn);
    if (next->fewer != belief->fewer)
        fail(machine, "nothing changes unasked", "of each three %u pass by, and %u was chosen", next->fewer,
             belief->fewer);
    if (next->paused_until_usec != belief->paused_usec || next->last_shown_usec != belief->last_shown_usec ||
        (belief->day_count > 0 && (next->day != belief->day || next->day_count != belief->day_count)))
        fail(machine, "acknowledged", "pause, last showing or the day's count is another than it should be");
}

void judge_committed(struct machine *machine, const struct turn *turn) {
    for (size_t i = 0; i < turn->n_events; i++)
        if (is_first(&turn->events[i]))
            record_key(machine, key_of(turn->events[i].reminder, turn->events[i].due_usec));
    belief_copy(&machine->belief, &machine->committed_belief);
}

/* The earliest instant at which something follows from time alone. */
static usec_t next_consequence(struct machine *machine) {
    struct belief *belief = &machine->belief;
    fill_dues(machine, MIN_OF(belief->planned_usec, machine->wall_usec), machine->wall_usec);
    size_t at = dues_after(&machine->dues, belief->planned_usec);
    usec_t next = at < machine->dues.n ? machine->dues.items[at].due_usec : USEC_INFINITY;
    if (machine->wall_usec < belief->paused_usec)
        next = MIN_OF(next, belief->paused_usec);
    for (size_t i = 0; i < machine->keeper->n_open; i++) {
        const struct open_prompt *open = &machine->keeper->open[i];
        const struct track *track = find_track(belief, &open->id);
        if (!track)
            continue;
        if (open->state == OPEN_SNOOZED)
            next = MIN_OF(next, snooze_end(machine, track));
        if (open->state == OPEN_SHOWN && track->expires_usec > 0)
            next = MIN_OF(next, track->expires_usec);
        if (open->state == OPEN_WAITING && track->hold_usec > machine->wall_usec && track->returned_usec == 0)
            next = MIN_OF(next, track->hold_usec);
    }
    return next;
}

void judge_wake(struct machine *machine, enum call call, usec_t planned_before_usec) {
    usec_t wake = machine->wake_usec, next = next_consequence(machine);
    char at[MOMENT_TEXT_SIZE], instead[MOMENT_TEXT_SIZE];
    if (wake > next)
        fail(machine, "a wake is missing", "something follows at %s, the wake is at %s",
             local_text(machine, next, at), local_text(machine, wake, instead));
    if (!moves_on(call) || wake > machine->wall_usec)
        return;
    usec_t planned = machine->keeper->planned_until_usec;
    if (planned >= machine->wall_usec || planned <= planned_before_usec)
        fail(machine, "a wake in the past", "after everything was done the next wake is %s",
             local_text(machine, wake, at));
}

void judge_absence(struct machine *machine) {
    struct belief *belief = &machine->belief;
    for (size_t i = 0; i < belief->n_tracks; i++) {
        struct track *track = &belief->tracks[i];
        const struct open_prompt *open = find_open(machine->keeper, &track->id);
        bool waits = open && open->state == OPEN_WAITING;
        bool slept_past = waits && open->not_before_usec + LATE_USEC < machine->wall_usec;
        bool set_back = waits && open->not_before_usec > machine->wall_usec + KEEPER_RETURN_MAX_USEC;
        if (slept_past || set_back || (open && open->state == OPEN_SHOWING))
            track->returned_usec = 0;
    }
}
