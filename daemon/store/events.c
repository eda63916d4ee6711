/* Events: adding them, what follows from them, erasing their content.
 *
 * What follows is kept in the same transaction: what was shown and rated (tables `theme` and `card`), the
 * kept lines (`kept`), the marks of the first showing and the last `hard` (`state`). Entries of other devices
 * count as those of this one: it is one person. It comes out the same whichever device's events arrive first,
 * except that an answer teaches only when its showing is there already.
 *
 * Erasing overwrites the bytes where they lie, with as many zeroes (schema.c says why); what remains is that
 * there was something, when, of which reminder and theme, and how long it was. */
#include "daemon/store/entries.h"

#include <math.h>
#include <sys/random.h>

/* What an answer teaches (EVIDENCE: Learning what helps). Other answers teach nothing. */
static const struct rating {
    const char *choice;
    double value;
    bool helpful, rests;
} ratings[] = {
    {.choice = "helpful", .value = 1, .helpful = true},
    {.choice = "okay", .value = 0.5},
    {.choice = "not-for-me", .value = 0, .rests = true},
};

static const struct rating *find_rating(const char *choice) {
    for (size_t i = 0; i < ELEMENTSOF(ratings); i++)
        if (choice && streq(ratings[i].choice, choice))
            return &ratings[i];
    return NULL;
}

double learning_decay(usec_t from_usec, usec_t to_usec) {
    return exp2(-(double)usec_sub(to_usec, from_usec) / (double)LEARNING_HALF_LIFE_USEC);
}

static const char *theme_word(enum theme theme) {
    return theme == THEME_NONE ? NULL : theme_id(theme);
}

/* Statements with nothing but an id, or a word. */
static int run_with_id(struct journal *journal, enum statement statement, const struct uuid *id) {
    _cleanup_query_ struct query query = query_start(journal, statement);
    put_uuid(&query, id);
    return query_run(&query);
}

static int run_with_word(struct journal *journal, enum statement statement, const char *word) {
    _cleanup_query_ struct query query = query_start(journal, statement);
    put_text(&query, word);
    return query_run(&query);
}

static int run_with_time(struct journal *journal, enum statement statement, usec_t time_usec) {
    _cleanup_query_ struct query query = query_start(journal, statement);
    put_usec(&query, time_usec);
    return query_run(&query);
}

/* 1 or 0: whether there is such a row. */
static int is_forgotten(struct journal *journal, const struct uuid *entry) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_IS_FORGOTTEN);
    put_uuid(&query, entry);
    return query_step(&query);
}

/* A line that was kept is shown as a prompt whose id is that of its entry. */
static int shows_forgotten(struct journal *journal, const struct event *event) {
    struct uuid kept;
    if (event->theme != THEME_OWN || !event->prompt || uuid_parse(event->prompt, &kept) < 0)
        return 0;
    return is_forgotten(journal, &kept);
}

static int insert_event(struct journal *journal, const struct uuid *device, const struct event *event) {
    int forgotten = is_forgotten(journal, &event->entry);
    if (forgotten < 0)
        return forgotten;
    int shows = shows_forgotten(journal, event);
    if (shows < 0)
        return shows;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_ADD_EVENT);
    put_uuid(&query, &event->id);
    put_uuid(&query, &event->entry);
    put_uuid(&query, device);
    put_text(&query, event_kind_id(event->kind));
    put_integer(&query, (int64_t)event->time_usec);
    put_integer(&query, event->offset_sec);
    put_usec(&query, event->due_usec);
    put_usec(&query, event->until_usec);
    put_text(&query, theme_word(event->theme));
    put_integer(&query, event->step);
    put_integer(&query, event->keep);
    put_text(&query, event->reminder);
    put_text(&query, forgotten ? NULL : event->prompt);
    put_text(&query, forgotten || shows ? NULL : event->text);
    put_text(&query, forgotten ? NULL : event->choice);
    put_text(&query, forgotten ? NULL : event->note);
    put_text(&query, event->detail);
    put_text(&query, forgotten ? NULL : event->why);
    int r = query_run(&query);
    return r < 0 ? r : sqlite3_changes(journal->db) > 0;
}

/* A showing by hand (it has no due time) counts for nothing but its card; one that returns after it was put
 * off adds nothing. */
static int count_shown(struct journal *journal, const struct event *event) {
    if (event->due_usec == 0 || event->theme == THEME_NONE)
        return 0;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_COUNT_SHOWN);
    put_text(&query, theme_id(event->theme));
    put_usec(&query, event->time_usec);
    return query_run(&query);
}

static int note_shown(struct journal *journal, const struct event *event) {
    int r = count_shown(journal, event);
    if (r >= 0)
        r = run_with_time(journal, STATEMENT_MARK_FIRST, event->time_usec);
    if (r < 0 || !event->prompt)
        return r;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_CARD_SHOWN);
    put_text(&query, event->prompt);
    put_usec(&query, event->time_usec);
    return query_run(&query);
}

/* What is known of a theme's ratings; the sums are those of `decayed_usec`. */
struct learned {
    double helped, not_helped;
    usec_t decayed_usec;
    int64_t rated, rated_helpful, not_for_me;
};

/* Times may come in any order: an import can bring older answers. */
static void learned_add(struct learned *learned, const struct rating *rating, usec_t time_usec) {
    double left = learning_decay(learned->decayed_usec, time_usec);
    learned->decayed_usec = MAX_OF(learned->decayed_usec, time_usec);
    double weight = learning_decay(time_usec, learned->decayed_usec);
    learned->helped = learned->helped * left + weight * rating->value;
    learned->not_helped = learned->not_helped * left + weight * (1 - rating->value);
    learned->rated++;
    learned->rated_helpful += rating->helpful;
    learned->not_for_me += rating->rests;
}

static int load_learned(struct journal *journal, const char *theme, struct learned *ret) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_LEARNED);
    put_text(&query, theme);
    int r = query_step(&query);
    if (r <= 0)
        return r;
    ret->helped = get_real(&query);
    ret->not_helped = get_real(&query);
    ret->decayed_usec = get_usec(&query);
    ret->rated = get_integer(&query);
    ret->rated_helpful = get_integer(&query);
    ret->not_for_me = get_integer(&query);
    return 0;
}

static int save_learned(struct journal *journal, const char *theme, const struct learned *learned) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_LEARNED);
    put_text(&query, theme);
    put_real(&query, learned->helped);
    put_real(&query, learned->not_helped);
    put_usec(&query, learned->decayed_usec);
    put_integer(&query, learned->rated);
    put_integer(&query, learned->rated_helpful);
    put_integer(&query, learned->not_for_me);
    return query_run(&query);
}

static int learn_theme(struct journal *journal, const char *theme, const struct rating *rating,
                       usec_t time_usec) {
    struct learned learned = {0};
    int r = load_learned(journal, theme, &learned);
    if (r < 0)
        return r;
    learned_add(&learned, rating, time_usec);
    return save_learned(journal, theme, &learned);
}

/* The answer to "Less of this theme?". */
static int note_less(struct journal *journal, const struct event *event) {
    enum theme theme = keeper_less_of(or_empty(event->prompt));
    bool less = streq(or_empty(event->choice), "less");
    if (theme == THEME_NONE || (!less && !streq(or_empty(event->choice), "keep-on")))
        return 0;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_LESS);
    put_text(&query, theme_id(theme));
    put_integer(&query, less);
    return query_run(&query);
}

static int learn(struct journal *journal, const struct event *event) {
    const struct rating *rating = find_rating(event->choice);
    if (!rating)
        return note_less(journal, event);
    int r = rating->helpful ? run_with_time(journal, STATEMENT_MARK_HELPFUL, event->time_usec) : 0;
    if (r < 0)
        return r;
    _cleanup_query_ struct query shown = query_start(journal, STATEMENT_SHOWN_OF);
    put_uuid(&shown, &event->entry);
    r = query_step(&shown);
    if (r <= 0)
        return r;
    _cleanup_free_ char *theme = get_text(&shown), *prompt = get_text(&shown);
    if (shown.error < 0)
        return shown.error;
    if (theme) {
        r = learn_theme(journal, theme, rating, event->time_usec);
        if (r < 0)
            return r;
    }
    if (!prompt)
        return 0;
    _cleanup_query_ struct query card = query_start(journal, STATEMENT_CARD_RATED);
    put_text(&card, prompt);
    put_integer(&card, rating->rests);
    return query_run(&card);
}

/* The latest word on it counts, whichever device it came from. */
static int note_kept(struct journal *journal, const struct uuid *entry) {
    int forgotten = is_forgotten(journal, entry);
    if (forgotten < 0)
        return forgotten;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_KEEP_OF);
    put_uuid(&query, entry);
    int r = query_step(&query);
    if (r < 0)
        return r;
    bool keep = r > 0 && get_bool(&query) && !forgotten;
    return run_with_id(journal, keep ? STATEMENT_ADD_KEPT : STATEMENT_DROP_KEPT, entry);
}

static int note_hard_line(struct journal *journal, const struct event *event) {
    int r = is_forgotten(journal, &event->entry);
    if (r != 0)
        return MIN_OF(r, 0);
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_ADD_HARD_LINE);
    put_uuid(&query, &event->entry);
    put_integer(&query, (int64_t)event->time_usec);
    return query_run(&query);
}

static int has_content(struct journal *journal, const struct uuid *entry) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_HAS_CONTENT);
    put_uuid(&query, entry);
    return query_step(&query);
}

/* For transaction_end(), which deletes the copies that hold it. Where nothing is here that could be erased, a
 * copy isn't touched: it may be all that is left of a damaged journal, and hold no more of the entry than
 * this one does. */
static int note_erased(struct journal *journal, const struct uuid *entry) {
    int r = has_content(journal, entry);
    if (r <= 0)
        return r;
    r = array_reserve(&journal->erased, &journal->erased_capacity, journal->n_erased + 1,
                      sizeof *journal->erased);
    if (r >= 0)
        journal->erased[journal->n_erased++] = *entry;
    return r;
}

static int erase(struct journal *journal, const struct uuid *entry) {
    char own[UUID_TEXT_SIZE];
    uuid_format(entry, own);
    int r = note_erased(journal, entry);
    if (r >= 0)
        r = run_with_id(journal, STATEMENT_ERASE, entry);
    if (r >= 0)
        r = run_with_word(journal, STATEMENT_ERASE_OWN, own);
    if (r >= 0)
        r = run_with_id(journal, STATEMENT_DROP_KEPT, entry);
    if (r >= 0)
        r = run_with_id(journal, STATEMENT_DROP_HARD_LINE, entry);
    if (r >= 0)
        r = run_with_word(journal, STATEMENT_DROP_CARD, own);
    if (r < 0)
        return r;
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_FORGET_OPEN);
    put_uuid(&query, entry);
    put_text(&query, own);
    return query_run(&query);
}

static int follow(struct journal *journal, const struct event *event) {
    if (event->choice && streq(event->choice, "hard")) {
        int r = run_with_time(journal, STATEMENT_MARK_HARD, event->time_usec);
        if (r < 0)
            return r;
    }
    switch (event->kind) {
    case EVENT_SHOWN:
        return note_shown(journal, event);
    case EVENT_ANSWERED:
        return learn(journal, event);
    case EVENT_NOTED:
    case EVENT_KEPT:
        return note_kept(journal, &event->entry);
    case EVENT_FOR_HARD_DAY:
        return note_hard_line(journal, event);
    case EVENT_FORGOTTEN:
        return erase(journal, &event->entry);
    case EVENT_MISSED:
    case EVENT_STEPPED:
    case EVENT_SNOOZED:
    case EVENT_CLOSED:
    case EVENT_PAUSED:
    case EVENT_RESUMED:
    case EVENT_KIND_COUNT:
        break;
    }
    return 0;
}

int entries_follow(struct journal *journal, const struct event *event, usec_t latest_usec) {
    struct event counted = *event;
    counted.time_usec = MIN_OF(event->time_usec, latest_usec);
    return follow(journal, &counted);
}

static int add(struct journal *journal, const struct uuid *device, const struct event *event,
               usec_t latest_usec) {
    int r = insert_event(journal, device, event);
    if (r <= 0)
        return r;
    r = entries_follow(journal, event, latest_usec);
    return r < 0 ? r : 1;
}

int entries_add(struct journal *journal, const struct uuid *device, const struct event *event) {
    return add(journal, device, event, USEC_INFINITY);
}

static int is_full(struct journal *journal, const struct uuid *entry) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_IS_FULL);
    put_uuid(&query, entry);
    put_integer(&query, ENTRY_EVENTS_MAX);
    return query_step(&query);
}

int entries_take_in(struct journal *journal, const struct uuid *device, const struct event *event,
                    usec_t now_usec) {
    int r = event->kind == EVENT_FORGOTTEN ? is_forgotten(journal, &event->entry)
                                           : is_full(journal, &event->entry);
    if (r != 0)
        return MIN_OF(r, 0);
    return add(journal, device, event, now_usec);
}

int journal_reset_learning(struct journal *journal) {
    static const enum statement reset[] = {
        STATEMENT_RESET_THEMES,
        STATEMENT_RESET_CARDS,
    };
    int r = transaction_begin(journal);
    if (r < 0)
        return r;
    for (size_t i = 0; i < ELEMENTSOF(reset) && r >= 0; i++) {
        _cleanup_query_ struct query query = query_start(journal, reset[i]);
        r = query_run(&query);
    }
    return transaction_end(journal, r);
}

static int add_tombstone(struct journal *journal, const struct uuid *entry, usec_t now_usec,
                         int32_t offset_sec) {
    uint8_t random[8];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -EIO;
    struct event event = {
        .id = uuid_from_time(now_usec, random),
        .entry = *entry,
        .kind = EVENT_FORGOTTEN,
        .time_usec = now_usec,
        .offset_sec = offset_sec,
        .theme = THEME_NONE,
    };
    return entries_add(journal, &journal->device, &event);
}

int journal_flush(struct journal *journal) {
    int code = sqlite3_wal_checkpoint_v2(journal->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return (code & 0xff) == SQLITE_BUSY ? 1 : schema_error(journal->db, code);
}

/* What is forgotten is forgotten, whatever becomes of the WAL. */
static int flush_forgotten(struct journal *journal) {
    return journal_flush(journal) == 0 ? 0 : 1;
}

int journal_forget(struct journal *journal, const struct uuid *id, usec_t now_usec, int32_t offset_sec) {
    struct entry entry;
    int r = journal_find(journal, id, &entry);
    if (r < 0)
        return r;
    entry_done(&entry);
    r = transaction_begin(journal);
    if (r < 0)
        return r;
    r = transaction_end(journal, add_tombstone(journal, id, now_usec, offset_sec));
    return r < 0 ? r : flush_forgotten(journal);
}

/* The entries of a range that still have their content. They are read while their content is erased: that
 * changes nothing about which they are. */
static int forget_entries(struct journal *journal, usec_t since_usec, usec_t until_usec, usec_t now_usec,
                          int32_t offset_sec, uint32_t *count) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_HEADS_UP);
    put_integer(&query, false);
    put_bound(&query, since_usec);
    put_bound(&query, until_usec);
    put_integer(&query, -1);
    put_integer(&query, -1);
    int r;
    while ((r = query_step(&query)) > 0) {
        struct uuid id;
        get_bytes16(&query, id.bytes);
        r = is_forgotten(journal, &id);
        if (r > 0)
            continue;
        if (r == 0)
            r = add_tombstone(journal, &id, now_usec, offset_sec);
        if (r < 0)
            return r;
        ++*count;
    }
    return r;
}

int journal_forget_range(struct journal *journal, usec_t since_usec, usec_t until_usec, usec_t now_usec,
                         int32_t offset_sec, uint32_t *ret_count) {
    uint32_t count = 0;
    int r = transaction_begin(journal);
    if (r < 0)
        return r;
    r = transaction_end(journal,
                        forget_entries(journal, since_usec, until_usec, now_usec, offset_sec, &count));
    if (r < 0)
        return r;
    *ret_count = count;
    return flush_forgotten(journal);
}
