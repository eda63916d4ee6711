/* The journal as the daemon knows it: the keeper's state, reminders, and what choosing a prompt needs.
 * Opening it is in journal-open.c, its tables are in schema.c, events in events.c, entries in entries.c. */
#include "daemon/store/entries.h"

static enum open_state state_from_id(const char *id) {
    enum open_state state = 0;
    while (state < OPEN_STATE_COUNT && !streq(open_state_id(state), id))
        state++;
    return state;
}

/* The columns of `open`, in the order of the table; put_open() is its mirror. The strings are the keeper's
 * even when an error is returned. */
static int get_open(struct query *query, struct open_prompt *open) {
    get_integer(query); /* place */
    get_bytes16(query, open->id.bytes);
    open->state = state_from_id(get_word(query));
    open->stage = stage_from_id(get_word(query));
    open->reminder = get_text(query);
    open->due_usec = get_usec(query);
    open->by_hand = get_bool(query);
    open->hold_until_usec = get_usec(query);
    open->not_before_usec = get_usec(query);
    open->held = get_bool(query);
    open->theme = theme_from_id(get_word(query));
    open->prompt = get_text(query);
    open->title = get_text(query);
    open->text = get_text(query);
    open->line = get_text(query);
    open->why = get_text(query);
    open->write = get_bool(query);
    open->practice = get_bool(query);
    open->step = get_count(query);
    open->shown_usec = get_usec(query);
    open->expires_usec = get_usec(query);
    open->answered = get_bool(query);
    open->on_screen = get_bool(query);
    open->bus_id = get_text(query);
    open->owner = get_text(query);
    open->server_id = get_count(query);
    open->snoozes = get_count(query);
    open->until_usec = get_usec(query);
    open->until_boot_usec = get_usec(query);
    get_bytes16(query, open->boot_id.bytes);
    if (query->error < 0)
        return query->error;
    return open->state < OPEN_STATE_COUNT && open->stage < STAGE_COUNT ? 0 : -EUCLEAN;
}

static void put_open(struct query *query, size_t place, const struct open_prompt *open) {
    put_integer(query, (int64_t)place);
    put_uuid(query, &open->id);
    put_text(query, open_state_id(open->state));
    put_text(query, stage_id(open->stage));
    put_text(query, open->reminder);
    put_usec(query, open->due_usec);
    put_integer(query, open->by_hand);
    put_usec(query, open->hold_until_usec);
    put_usec(query, open->not_before_usec);
    put_integer(query, open->held);
    put_text(query, open->theme == THEME_NONE ? NULL : theme_id(open->theme));
    put_text(query, open->prompt);
    put_text(query, open->title);
    put_text(query, open->text);
    put_text(query, open->line);
    put_text(query, open->why);
    put_integer(query, open->write);
    put_integer(query, open->practice);
    put_integer(query, open->step);
    put_usec(query, open->shown_usec);
    put_usec(query, open->expires_usec);
    put_integer(query, open->answered);
    put_integer(query, open->on_screen);
    put_text(query, open->bus_id);
    put_text(query, open->owner);
    put_integer(query, open->server_id);
    put_integer(query, open->snoozes);
    put_usec(query, open->until_usec);
    put_usec(query, open->until_boot_usec);
    put_uuid(query, &open->boot_id);
}

static int load_numbers(struct journal *journal, struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_KEEPER);
    int r = query_step(&query);
    if (r <= 0)
        return r < 0 ? r : -EUCLEAN;
    keeper->planned_until_usec = get_usec(&query);
    keeper->latest_due_usec = get_usec(&query);
    keeper->paused_until_usec = get_usec(&query);
    keeper->last_shown_usec = get_usec(&query);
    keeper->day = (int32_t)get_integer(&query);
    keeper->day_count = get_count(&query);
    keeper->commands_named = get_count(&query);
    keeper->guidance = get_count(&query);
    uint32_t fewer = get_count(&query);
    keeper->fewer = MIN_OF(fewer, KEEPER_FEWER_MAX);
    keeper->fewer_count = get_count(&query);
    keeper->drift_days = get_count(&query);
    keeper->drift_day = (int32_t)get_integer(&query);
    keeper->offer_day = (int32_t)get_integer(&query);
    keeper->then_usec = get_usec(&query);
    return 0;
}

static int load_open(struct journal *journal, struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_OPEN);
    int r;
    while ((r = query_step(&query)) > 0) {
        if (keeper->n_open == KEEPER_OPEN_MAX)
            return -EUCLEAN;
        r = get_open(&query, &keeper->open[keeper->n_open++]);
        if (r < 0)
            return r;
    }
    return r;
}

int journal_load(struct journal *journal, struct keeper **ret) {
    _cleanup_(keeper_freep) struct keeper *keeper = keeper_new();
    if (!keeper)
        return -ENOMEM;
    int r = load_numbers(journal, keeper);
    if (r >= 0)
        r = load_open(journal, keeper);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

static int save_numbers(struct journal *journal, const struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_KEEPER);
    put_usec(&query, keeper->planned_until_usec);
    put_usec(&query, keeper->latest_due_usec);
    put_usec(&query, keeper->paused_until_usec);
    put_usec(&query, keeper->last_shown_usec);
    put_integer(&query, keeper->day);
    put_integer(&query, keeper->day_count);
    put_integer(&query, keeper->commands_named);
    put_integer(&query, keeper->guidance);
    put_integer(&query, keeper->fewer);
    put_integer(&query, keeper->fewer_count);
    put_integer(&query, keeper->drift_days);
    put_integer(&query, keeper->drift_day);
    put_integer(&query, keeper->offer_day);
    put_usec(&query, keeper->then_usec);
    return query_run(&query);
}

static int clear_open(struct journal *journal) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_CLEAR_OPEN);
    return query_run(&query);
}

static int add_open(struct journal *journal, size_t place, const struct open_prompt *open) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_ADD_OPEN);
    put_open(&query, place, open);
    return query_run(&query);
}

/* Written whole each time: there are hardly ever more than three, on one page. */
static int save_open(struct journal *journal, const struct keeper *keeper) {
    int r = clear_open(journal);
    for (size_t i = 0; i < keeper->n_open && r >= 0; i++)
        r = add_open(journal, i, &keeper->open[i]);
    return r;
}

/* An event may be there already: a commit that failed at its very end can be found written all the same, when
 * the journal is opened again, and the events of that turn are kept to go with the next one. */
static int save_turn(struct journal *journal, const struct turn *turn) {
    for (size_t i = 0; i < turn->n_events; i++) {
        int r = entries_add(journal, &journal->device, &turn->events[i]);
        if (r < 0)
            return r;
    }
    int r = save_numbers(journal, turn->next);
    return r < 0 ? r : save_open(journal, turn->next);
}

int journal_commit(struct journal *journal, const struct turn *turn) {
    if (!turn->changed && turn->n_events == 0)
        return 0;
    int r = transaction_begin(journal);
    return r < 0 ? r : transaction_end(journal, save_turn(journal, turn));
}

/* A reminder of the schedule beside what is known of it. */
struct known {
    const char *name;
    size_t index; /* in the schedule */
    uint64_t digest;
    usec_t start_usec;
    bool changed; /* new, or another digest */
};

static int compare_known(const void *a, const void *b) {
    const struct known *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* Names that are in the journal only; few at a time. */
struct gone {
    char **names;
    size_t n, capacity;
};

static void gone_done(struct gone *gone) {
    for (size_t i = 0; i < gone->n; i++)
        free(gone->names[i]);
    free(gone->names);
}

static int gone_add(struct gone *gone, const char *name) {
    int r = array_reserve(&gone->names, &gone->capacity, gone->n + 1, sizeof *gone->names);
    if (r < 0)
        return r;
    gone->names[gone->n] = strdup(name);
    return gone->names[gone->n++] ? 0 : -ENOMEM;
}

/* Both sides sorted by name. */
static int compare_reminders(struct journal *journal, struct known *known, size_t n, struct gone *gone) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_REMINDERS);
    size_t i = 0;
    int r;
    while ((r = query_step(&query)) > 0) {
        const char *name = get_word(&query);
        while (i < n && strcmp(known[i].name, name) < 0)
            i++;
        if (i == n || !streq(known[i].name, name)) {
            r = gone_add(gone, name);
            if (r < 0)
                return r;
            continue;
        }
        if ((uint64_t)get_integer(&query) != known[i].digest)
            continue;
        usec_t start_usec = get_usec(&query);
        if (start_usec > known[i].start_usec)
            continue; /* the clock was ahead when it was noted: it starts now, not when that time comes again
                       */
        known[i].start_usec = start_usec;
        known[i].changed = false;
    }
    return r < 0 ? r : query.error;
}

static int save_reminder(struct journal *journal, const struct known *known) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_REMINDER);
    put_text(&query, known->name);
    put_integer(&query, (int64_t)known->digest);
    put_integer(&query, (int64_t)known->start_usec);
    return query_run(&query);
}

static int drop_reminder(struct journal *journal, const char *name) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_DROP_REMINDER);
    put_text(&query, name);
    return query_run(&query);
}

static int save_reminders(struct journal *journal, const struct known *known, size_t n,
                          const struct gone *gone) {
    for (size_t i = 0; i < gone->n; i++) {
        int r = drop_reminder(journal, gone->names[i]);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++) {
        int r = known[i].changed ? save_reminder(journal, &known[i]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static bool any_changed(const struct known *known, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (known[i].changed)
            return true;
    return false;
}

int journal_note_reminders(struct journal *journal, const struct schedule *schedule, usec_t now_usec,
                           usec_t *starts_usec) {
    size_t n = schedule->n_reminders;
    _cleanup_free_ struct known *known = calloc(n + 1, sizeof *known);
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct reminder *reminder = &schedule->reminders[i];
        known[i] = (struct known){
            .name = reminder->name,
            .index = i,
            .digest = reminder_digest(reminder),
            .start_usec = now_usec,
            .changed = true,
        };
    }
    qsort(known, n, sizeof *known, compare_known);
    _cleanup_(gone_done) struct gone gone = {0};
    int r = compare_reminders(journal, known, n, &gone);
    if (r < 0)
        return r;
    bool writable = sqlite3_db_readonly(journal->db, "main") == 0;
    if (writable && (gone.n > 0 || any_changed(known, n))) {
        r = transaction_begin(journal);
        if (r >= 0)
            r = transaction_end(journal, save_reminders(journal, known, n, &gone));
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++)
        starts_usec[known[i].index] = known[i].start_usec;
    return 0;
}

bool journal_recorded(struct journal *journal, const char *reminder, usec_t due_usec) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_RECORDED);
    put_text(&query, reminder);
    put_usec(&query, due_usec);
    put_uuid(&query, &journal->device);
    return query_step(&query) > 0;
}

static int load_marks(struct journal *journal, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_MARKS);
    int r = query_step(&query);
    if (r <= 0)
        return r;
    history->first_usec = get_usec(&query);
    history->hard_usec = get_usec(&query);
    history->helpful_usec = get_usec(&query);
    return 0;
}

static int load_hard(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query moments = query_start(journal, STATEMENT_HARD_MOMENTS);
    put_bound(&moments, usec_sub(now_usec, CHOOSE_HARD_SPAN_USEC));
    put_bound(&moments, now_usec);
    int r = query_step(&moments);
    if (r < 0)
        return r;
    history->hard_moments = get_count(&moments);
    _cleanup_query_ struct query line = query_start(journal, STATEMENT_HARD_LINE);
    r = query_step(&line);
    if (r <= 0)
        return r;
    history->hard_line = get_text(&line);
    return line.error;
}

static int load_themes(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_THEMES);
    int r;
    while ((r = query_step(&query)) > 0) {
        enum theme theme = theme_from_id(get_word(&query));
        if (theme == THEME_NONE)
            continue;
        __typeof__(&history->themes[0]) of = &history->themes[theme];
        of->shown = (uint64_t)get_integer(&query);
        of->shown_usec = get_usec(&query);
        double helped = get_real(&query), not_helped = get_real(&query);
        double left = learning_decay(get_usec(&query), now_usec);
        of->helped = helped * left;
        of->not_helped = not_helped * left;
        of->rated = get_count(&query);
        of->rated_helpful = get_count(&query);
        of->not_for_me = get_count(&query);
        if (get_bool(&query))
            history->less |= THEME_BIT(theme);
    }
    return r < 0 ? r : query.error;
}

static int load_today(struct journal *journal, usec_t now_usec, const struct zone *zone,
                      struct history *history) {
    int32_t day = zone_local_day(zone, now_usec);
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SHOWN_BETWEEN);
    put_bound(&query, zone_day_second(zone, day, 0));
    put_bound(&query, zone_day_second(zone, day + 1, 0));
    int r;
    while ((r = query_step(&query)) > 0) {
        enum theme theme = theme_from_id(get_word(&query));
        if (theme != THEME_NONE)
            history->today |= THEME_BIT(theme);
    }
    return r < 0 ? r : query.error;
}

/* Another machine's clock may be ahead: what it shows later than now is not the latest here. */
static int load_recent(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SHOWN_LAST);
    put_bound(&query, now_usec);
    put_integer(&query, CHOOSE_RECENT);
    int r;
    for (size_t i = 0; (r = query_step(&query)) > 0; i++)
        history->recent[i] = theme_from_id(get_word(&query));
    return r < 0 ? r : query.error;
}

static int load_cards(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_CARDS);
    put_bound(&query, usec_sub(now_usec, CHOOSE_REST_USEC));
    int r;
    while ((r = query_step(&query)) > 0) {
        r = array_reserve(&history->cards, &history->cards_capacity, history->n_cards + 1,
                          sizeof *history->cards);
        if (r < 0)
            return r;
        struct card *card = &history->cards[history->n_cards++];
        card->prompt = get_text(&query);
        card->shown_usec = get_usec(&query);
        card->resting = get_bool(&query);
        if (query.error < 0)
            return query.error;
    }
    return r;
}

int journal_history(struct journal *journal, usec_t now_usec, const struct zone *zone, struct history *ret) {
    struct history history = {0};
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        history.recent[i] = THEME_NONE;
    int r = load_marks(journal, &history);
    if (r >= 0)
        r = load_hard(journal, now_usec, &history);
    if (r >= 0)
        r = load_themes(journal, now_usec, &history);
    if (r >= 0)
        r = load_today(journal, now_usec, zone, &history);
    if (r >= 0)
        r = load_recent(journal, now_usec, &history);
    if (r >= 0)
        r = load_cards(journal, now_usec, &history);
    if (r < 0) {
        history_done(&history);
        return r;
    }
    *ret = history;
    return 0;
}
