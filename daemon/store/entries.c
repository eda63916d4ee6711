/* Entries: events folded into one row each, found and visited.
 *
 * Reading goes in portions: what is visited has been read before, so that nothing is locked and no old page
 * is held while the visitor takes its time, and memory does not grow with the journal. */
#include "daemon/store/entries.h"

#include <strings.h>

#define ENTRIES_PORTION 64
#define EVENTS_PORTION  256

/* The columns of an event, in the order of the table. */
static int get_event(struct query *query, struct event *ret, struct uuid *ret_device) {
    struct event event = {.theme = THEME_NONE};
    get_bytes16(query, event.id.bytes);
    get_bytes16(query, event.entry.bytes);
    get_bytes16(query, ret_device->bytes);
    event.kind = event_kind_from_id(get_word(query));
    event.time_usec = get_usec(query);
    event.offset_sec = (int32_t)get_integer(query);
    event.due_usec = get_usec(query);
    event.until_usec = get_usec(query);
    event.theme = theme_from_id(get_word(query));
    event.step = get_count(query);
    event.keep = get_bool(query);
    event.reminder = get_text(query);
    event.prompt = get_text(query);
    event.text = get_text(query);
    event.choice = get_text(query);
    event.note = get_text(query);
    event.detail = get_text(query);
    event.why = get_text(query);
    int r = query->error;
    if (r >= 0 && event.kind == EVENT_KIND_COUNT)
        r = -EUCLEAN;
    if (r < 0) {
        event_done(&event);
        return r;
    }
    *ret = event;
    return 0;
}

/* Takes the first that is said; the source is then empty. */
static void take_first(char **slot, char **source) {
    if (!*slot)
        *slot = TAKE_PTR(*source);
}

/* The last one counts. */
static void take_last(char **slot, char **source) {
    if (!*source)
        return;
    free(*slot);
    *slot = TAKE_PTR(*source);
}

/* A person may write more than once: line after line. */
static int add_line(char **slot, char **source) {
    if (!*slot || !*source) {
        take_first(slot, source);
        return 0;
    }
    size_t had = strlen(*slot), added = strlen(*source);
    char *both = realloc(*slot, had + added + 2);
    if (!both)
        return -ENOMEM;
    both[had] = '\n';
    memcpy(both + had + 1, *source, added + 1);
    *slot = both;
    return 0;
}

/* An entry while its events are read: what decides its state. */
struct folding {
    struct entry entry;
    bool found, answered, missed, forgotten, open;
    enum closed_how closed; /* CLOSED_HOW_COUNT: not yet */
};

static struct folding folding_begin(void) {
    return (struct folding){.entry.theme = THEME_NONE, .closed = CLOSED_HOW_COUNT};
}

static void fold_head(struct folding *folding, const struct event *event, const struct uuid *device) {
    struct entry *entry = &folding->entry;
    folding->found = event->kind != EVENT_PAUSED && event->kind != EVENT_RESUMED;
    entry->id = event->id;
    entry->device = *device;
    entry->time_usec = event->time_usec;
    entry->offset_sec = event->offset_sec;
    entry->kind = event->kind == EVENT_NOTED ? "note" : event->kind == EVENT_MISSED ? "missed" : "prompt";
}

/* Takes strings out of `event`. */
static int fold(struct folding *folding, struct event *event, const struct uuid *device) {
    struct entry *entry = &folding->entry;
    if (uuid_equal(&event->id, &event->entry))
        fold_head(folding, event, device);
    switch (event->kind) {
    case EVENT_MISSED:
        folding->missed = true;
        take_last(&entry->rule, &event->detail);
        break;
    case EVENT_ANSWERED:
        folding->answered = true;
        take_last(&entry->choice, &event->choice);
        break;
    case EVENT_SNOOZED:
        entry->snoozes++;
        break;
    case EVENT_CLOSED:
        for (enum closed_how how = 0; how < CLOSED_HOW_COUNT; how++)
            if (streq(or_empty(event->detail), closed_how_id(how)))
                folding->closed = how;
        break;
    case EVENT_FORGOTTEN:
        folding->forgotten = true;
        break;
    case EVENT_SHOWN:
    case EVENT_STEPPED:
    case EVENT_NOTED:
    case EVENT_KEPT:
    case EVENT_PAUSED:
    case EVENT_RESUMED:
    case EVENT_KIND_COUNT:
        break;
    case EVENT_FOR_HARD_DAY:
        entry->for_hard_day = true;
        break;
    }
    if (event->due_usec > 0)
        entry->due_usec = event->due_usec;
    if (event->theme != THEME_NONE)
        entry->theme = event->theme;
    entry->step = MAX_OF(entry->step, event->step);
    take_first(&entry->reminder, &event->reminder);
    take_first(&entry->prompt, &event->prompt);
    take_first(&entry->text, &event->text);
    take_first(&entry->why, &event->why);
    return add_line(&entry->note, &event->note);
}

/* An answer stays one, even when the notification was closed by something else afterwards. */
static const char *folded_state(const struct folding *folding, bool open) {
    if (folding->forgotten)
        return "forgotten";
    if (open)
        return "open";
    if (folding->answered)
        return "answered";
    if (folding->missed)
        return "missed";
    if (streq(folding->entry.kind, "note"))
        return "noted";
    return closed_how_id(folding->closed == CLOSED_HOW_COUNT ? CLOSED_UNANSWERED : folding->closed);
}

static int fill_empty(struct entry *entry) {
    char **texts[] = {&entry->rule,   &entry->reminder, &entry->prompt, &entry->text,
                      &entry->choice, &entry->note,     &entry->why};
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        if (!*texts[i])
            *texts[i] = strdup("");
        if (!*texts[i])
            return -ENOMEM;
    }
    return 0;
}

static int fold_standing(struct journal *journal, const struct uuid *id, struct folding *folding) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_STANDING);
    put_uuid(&query, id);
    int r = query_step(&query);
    if (r < 0)
        return r;
    folding->entry.keep = get_bool(&query);
    folding->entry.state = folded_state(folding, get_bool(&query));
    return fill_empty(&folding->entry);
}

static int fold_events(struct journal *journal, const struct uuid *id, struct folding *folding) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_EVENTS_OF);
    put_uuid(&query, id);
    int r;
    while ((r = query_step(&query)) > 0) {
        struct event event;
        struct uuid device;
        r = get_event(&query, &event, &device);
        if (r == -EUCLEAN && journal->newer)
            continue;
        if (r < 0)
            return r;
        r = fold(folding, &event, &device);
        event_done(&event);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    return folding->found ? 0 : -ENOENT;
}

int journal_find(struct journal *journal, const struct uuid *id, struct entry *ret) {
    struct folding folding = folding_begin();
    int r = fold_events(journal, id, &folding);
    if (r >= 0)
        r = fold_standing(journal, id, &folding);
    if (r < 0) {
        entry_done(&folding.entry);
        return r;
    }
    *ret = folding.entry;
    return 0;
}

int journal_newest_shown(struct journal *journal, struct uuid *ret) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_NEWEST_SHOWN);
    put_uuid(&query, &journal->device);
    int r = query_step(&query);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    get_bytes16(&query, ret->bytes);
    return 0;
}

/* A place in the order of entries, and the way to go from there. */
struct walk {
    enum statement statement; /* STATEMENT_HEADS_UP or STATEMENT_HEADS_DOWN */
    bool missed_too;
    usec_t since_usec, until_usec; /* going up half-open, going down both included */
    int64_t seq;                   /* among those of the time walked to */
};

struct head {
    struct uuid id;
    usec_t time_usec;
    int64_t seq;
};

static struct walk walk_up(const struct entry_filter *filter) {
    return (struct walk){
        .statement = STATEMENT_HEADS_UP,
        .missed_too = filter->missed_too,
        .since_usec = filter->since_usec,
        .until_usec = filter->until_usec,
        .seq = -1,
    };
}

static struct walk walk_down(const struct entry_filter *filter) {
    struct walk walk = walk_up(filter);
    walk.statement = STATEMENT_HEADS_DOWN;
    walk.until_usec = filter->until_usec - 1;
    walk.seq = INT64_MAX;
    return walk;
}

/* The next portion of heads; the walk is then after them. */
static int walk_heads(struct journal *journal, struct walk *walk, struct head ret[ENTRIES_PORTION],
                      size_t *ret_n) {
    _cleanup_query_ struct query query = query_start(journal, walk->statement);
    put_integer(&query, walk->missed_too);
    put_bound(&query, walk->since_usec);
    put_bound(&query, walk->until_usec);
    put_integer(&query, walk->seq);
    put_integer(&query, ENTRIES_PORTION);
    size_t n = 0;
    int r;
    while ((r = query_step(&query)) > 0) {
        get_bytes16(&query, ret[n].id.bytes);
        ret[n].seq = get_integer(&query);
        ret[n].time_usec = get_usec(&query);
        n++;
    }
    if (r < 0)
        return r;
    if (n > 0) {
        *(walk->statement == STATEMENT_HEADS_UP ? &walk->since_usec : &walk->until_usec) =
            ret[n - 1].time_usec;
        walk->seq = ret[n - 1].seq;
    }
    *ret_n = n;
    return 0;
}

/* Without regard to ASCII case; `word` is not empty. */
static bool contains(const char *text, const char *word) {
    size_t length = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, length) == 0)
            return true;
    return false;
}

static bool wanted(const struct entry_filter *filter, const struct entry *entry) {
    if (filter->theme != THEME_NONE && entry->theme != filter->theme)
        return false;
    if (filter->notes_only && !*entry->note)
        return false;
    return !filter->grep || !*filter->grep || contains(entry->text, filter->grep) ||
           contains(entry->note, filter->grep);
}

static bool wants_all(const struct entry_filter *filter) {
    return filter->theme == THEME_NONE && !filter->notes_only && !filter->grep;
}

static int is_wanted(struct journal *journal, const struct entry_filter *filter, const struct uuid *id) {
    if (wants_all(filter) && !journal->newer)
        return 1;
    struct entry entry;
    int r = journal_find(journal, id, &entry);
    if (r < 0)
        return r == -ENOENT && journal->newer ? 0 : r;
    bool is = wanted(filter, &entry);
    entry_done(&entry);
    return is;
}

/* Where to begin so that only the newest `limit` come. */
static int find_newest(struct journal *journal, const struct entry_filter *filter, struct walk *ret) {
    struct walk down = walk_down(filter);
    struct head heads[ENTRIES_PORTION];
    uint32_t left = filter->limit;
    size_t n;
    do {
        int r = walk_heads(journal, &down, heads, &n);
        if (r < 0)
            return r;
        for (size_t i = 0; i < n && left > 0; i++) {
            r = is_wanted(journal, filter, &heads[i].id);
            if (r < 0)
                return r;
            if (r == 0)
                continue;
            left--;
            ret->since_usec = heads[i].time_usec;
            ret->seq = heads[i].seq - 1;
        }
    } while (n == ENTRIES_PORTION && left > 0);
    return 0;
}

/* Entries read at once. */
struct entries {
    struct entry wanted[ENTRIES_PORTION];
    size_t n, n_read; /* wanted, and all that were read */
};

static void entries_done(struct entries *entries) {
    for (size_t i = 0; i < entries->n; i++)
        entry_done(&entries->wanted[i]);
    entries->n = 0;
}

/* All events of an entry are folded: it is among the wanted ones, or dropped. What began it can be unknown
 * here, if a newer version wrote it. */
static int end_entry(const struct entry_filter *filter, struct folding *folding, struct entries *entries) {
    int r = 0;
    bool is_wanted = false;
    if (folding->found) {
        folding->entry.state = folded_state(folding, folding->open);
        r = fill_empty(&folding->entry);
        is_wanted = r >= 0 && wanted(filter, &folding->entry);
    }
    if (is_wanted)
        entries->wanted[entries->n++] = folding->entry;
    else
        entry_done(&folding->entry);
    entries->n_read++;
    *folding = folding_begin();
    return r;
}

/* Folds the row that the query is at, after its `seq`. */
static int fold_row(struct query *query, struct folding *folding) {
    struct event event;
    struct uuid device;
    folding->entry.keep |= get_bool(query);
    folding->open |= get_bool(query);
    int r = get_event(query, &event, &device);
    if (r < 0)
        return r == -EUCLEAN && query->journal->newer ? 0 : r;
    r = fold(folding, &event, &device);
    event_done(&event);
    return r;
}

/* The rows of an entry come one after the other. */
static int fold_rows(struct query *query, const struct entry_filter *filter, struct walk *walk,
                     struct folding *folding, struct entries *entries) {
    bool in_entry = false;
    int r;
    while ((r = query_step(query)) > 0) {
        int64_t seq = get_integer(query);
        if (in_entry && seq != walk->seq) {
            r = end_entry(filter, folding, entries);
            if (r < 0 || entries->n_read == ENTRIES_PORTION)
                return r;
        }
        in_entry = true;
        walk->seq = seq;
        walk->since_usec = get_usec(query);
        r = fold_row(query, folding);
        if (r < 0)
            return r;
    }
    return r < 0 || !in_entry ? r : end_entry(filter, folding, entries);
}

/* The next entries, in one query; the walk is then after them. */
static int read_entries(struct journal *journal, const struct entry_filter *filter, struct walk *walk,
                        struct entries *entries) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_ENTRIES_UP);
    put_integer(&query, walk->missed_too);
    put_bound(&query, walk->since_usec);
    put_bound(&query, walk->until_usec);
    put_integer(&query, walk->seq);
    struct folding folding = folding_begin();
    int r = fold_rows(&query, filter, walk, &folding, entries);
    entry_done(&folding.entry);
    return r;
}

int journal_visit(struct journal *journal, const struct entry_filter *filter, entry_visitor visit,
                  void *userdata) {
    if (filter->since_usec >= filter->until_usec)
        return 0;
    struct walk walk = walk_up(filter);
    int r = filter->limit > 0 ? find_newest(journal, filter, &walk) : 0;
    struct entries entries = {.n_read = ENTRIES_PORTION};
    while (r >= 0 && entries.n_read == ENTRIES_PORTION) {
        entries.n_read = 0;
        r = read_entries(journal, filter, &walk, &entries);
        for (size_t i = 0; i < entries.n && r >= 0; i++)
            r = visit(userdata, &entries.wanted[i]);
        entries_done(&entries);
    }
    return r < 0 ? r : 0;
}

static int visit_own(struct query *query, struct library *library) {
    struct uuid entry;
    get_bytes16(query, entry.bytes);
    struct prompt prompt = {.theme = THEME_OWN, .depth = 1, .text = get_text(query)};
    prompt.written_usec = get_usec(query);
    char id[UUID_TEXT_SIZE];
    uuid_format(&entry, id);
    prompt.id = strdup(id);
    int r = query->error;
    if (r >= 0 && !prompt.id)
        r = -ENOMEM;
    if (r >= 0 && prompt.text)
        r = library_add_prompt(library, &prompt);
    prompt_done(&prompt);
    return r == -EEXIST ? 0 : r;
}

int journal_add_own(struct journal *journal, struct library *library) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_OWN_LINES);
    put_integer(&query, OWN_LINES_MAX);
    int r;
    while ((r = query_step(&query)) > 0) {
        r = visit_own(&query, library);
        if (r < 0)
            return r;
    }
    return r;
}

/* Events read at once, so that nothing is locked while they are visited. */
struct portion {
    struct event events[EVENTS_PORTION];
    struct uuid devices[EVENTS_PORTION];
    size_t n;
    int64_t seq; /* of the last one */
};

static int fill_portion(struct query *query, struct portion *portion) {
    int r;
    while ((r = query_step(query)) > 0) {
        portion->seq = get_integer(query);
        r = get_event(query, &portion->events[portion->n], &portion->devices[portion->n]);
        if (r < 0)
            return r;
        portion->n++;
    }
    return r;
}

/* Which events: those of a range of time, or those after a place. */
struct stretch {
    const struct uuid *device;
    usec_t since_usec, until_usec;
    int64_t until_seq; /* 0: a range of time */
};

static int read_portion(struct journal *journal, const struct stretch *stretch, struct portion *portion) {
    bool places = stretch->until_seq > 0;
    _cleanup_query_ struct query query =
        query_start(journal, places ? STATEMENT_OF_DEVICE : STATEMENT_EXPORT);
    put_integer(&query, portion->seq);
    if (places)
        put_integer(&query, stretch->until_seq);
    put_uuid(&query, stretch->device);
    if (!places) {
        put_bound(&query, stretch->since_usec);
        put_bound(&query, stretch->until_usec - 1);
    }
    put_integer(&query, EVENTS_PORTION);
    return fill_portion(&query, portion);
}

static int walk(struct journal *journal, const struct stretch *stretch, int64_t after,
                int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                void *userdata) {
    _cleanup_free_ struct portion *portion = calloc(1, sizeof *portion);
    if (!portion)
        return -ENOMEM;
    portion->seq = after;
    int r;
    size_t n;
    do {
        portion->n = 0;
        r = read_portion(journal, stretch, portion);
        n = portion->n;
        for (size_t i = 0; i < n; i++) {
            if (r >= 0)
                r = visit(userdata, &portion->devices[i], &portion->events[i]);
            event_done(&portion->events[i]);
        }
    } while (r >= 0 && n == EVENTS_PORTION);
    return r < 0 ? r : 0;
}

int entries_walk(struct journal *journal, usec_t since_usec, usec_t until_usec, const struct uuid *device,
                 int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                 void *userdata) {
    const struct stretch stretch = {.device = device, .since_usec = since_usec, .until_usec = until_usec};
    return since_usec < until_usec ? walk(journal, &stretch, 0, visit, userdata) : 0;
}

int entries_walk_after(struct journal *journal, const struct uuid *device, int64_t after, int64_t until,
                       int (*visit)(void *userdata, const struct uuid *device, const struct event *event),
                       void *userdata) {
    const struct stretch stretch = {.device = device, .until_seq = until};
    return after < until ? walk(journal, &stretch, after, visit, userdata) : 0;
}

int entries_last(struct journal *journal, int64_t *ret_seq, struct uuid *ret_id) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_LAST);
    *ret_seq = 0;
    *ret_id = (struct uuid){0};
    int r = query_step(&query);
    if (r <= 0)
        return r;
    *ret_seq = get_integer(&query);
    get_bytes16(&query, ret_id->bytes);
    return 0;
}

int entries_is_at(struct journal *journal, int64_t seq, const struct uuid *id) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_EVENT_AT);
    put_integer(&query, seq);
    int r = query_step(&query);
    if (r <= 0)
        return r;
    struct uuid there;
    get_bytes16(&query, there.bytes);
    return uuid_equal(&there, id);
}

int entries_forgotten_after(struct journal *journal, int64_t seq) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_FORGOTTEN_AFTER);
    put_integer(&query, seq);
    return query_step(&query);
}
