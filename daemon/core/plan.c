/* A binary heap of each reminder's next occurrence. An occurrence is computed from the reminder, the zone and
 * the secret alone, so the cursor can be thrown away and put anywhere at any time.
 *
 * `at` reminders claim their instants first: where a `times` occurrence would fall within its gap of one, its
 * block is drawn from what is left of it; an `every` occurrence there is crowded out. An `at` in quiet hours
 * is not shown and claims nothing. */
#include "daemon/core/plan.h"

#include "daemon/core/claims.h"

/* Free room in a block is looked for among at most this many runs of claims: more leave none. */
#define CLAIMS_MAX 20000

/* So many occurrences can be taken out and put back (plan_seek() backwards) without working out all the
 * others. */
#define TAKEN_MAX 64

#define HOLD_AT_USEC    (2 * USEC_PER_HOUR)
#define HOLD_EVERY_USEC (20 * USEC_PER_MINUTE)

struct item {
    struct occurrence occurrence;
    size_t index; /* of the reminder: equal times keep the file's order */
};

struct plan {
    struct claims *claims;
    const struct schedule *schedule;
    const usec_t *starts_usec;
    const struct zone *zone;
    const struct hash_key *secret;
    usec_t after_usec; /* the cursor was put here; what was due up to here is not in the heap */
    struct {
        size_t index;
        usec_t due_usec;
    } taken[TAKEN_MAX]; /* out of the heap since then */
    size_t n_taken;     /* TAKEN_MAX + 1: more than are remembered */
    bool filled;
    size_t n;
    struct item heap[];
};

int plan_new(const struct schedule *schedule, const usec_t *starts_usec, const struct zone *zone,
             const struct hash_key *secret, struct plan **ret) {
    struct plan *plan = calloc(1, sizeof *plan + schedule->n_reminders * sizeof plan->heap[0]);
    if (!plan)
        return -ENOMEM;
    plan->schedule = schedule;
    plan->starts_usec = starts_usec;
    plan->zone = zone;
    plan->secret = secret;
    int r = claims_new(schedule, starts_usec, zone, &plan->claims);
    if (r < 0) {
        plan_free(plan);
        return r;
    }
    *ret = plan;
    return 0;
}

struct plan *plan_free(struct plan *plan) {
    if (!plan)
        return NULL;
    claims_free(plan->claims);
    free(plan);
    return NULL;
}

static usec_t start_of(const struct plan *plan, size_t index) {
    return plan->starts_usec ? plan->starts_usec[index] : 0;
}

unsigned plan_claims(struct plan *plan, usec_t after_usec, usec_t until_usec, unsigned enough) {
    return claims_count(plan->claims, after_usec, until_usec, enough);
}

/* Walks the parts of [low, high) that are at least `gap` away from every claim. Returns their total length;
 * when `offset` falls into one of them, `ret_usec` is the instant at that offset. */
static usec_t free_room(const struct plan *plan, usec_t low, usec_t high, usec_t gap, usec_t offset,
                        usec_t *ret_usec) {
    usec_t room = 0, from = low, claim = usec_sub(low, gap), before = usec_add(high, gap);
    for (unsigned i = 0; from < high; i++) {
        if (i == CLAIMS_MAX)
            return 0;
        claim = gap > 0 ? claims_next(plan->claims, claim, before) : USEC_INFINITY;
        usec_t to = claim == USEC_INFINITY ? high : MIN_OF(high, usec_sub(claim, gap));
        if (to > from) {
            if (ret_usec && offset >= room && offset - room < to - from)
                *ret_usec = from + (offset - room);
            room += to - from;
        }
        if (claim == USEC_INFINITY)
            break;
        claim = claims_run_end(plan->claims, claim, 2 * gap, before);
        from = MAX_OF(from, claim + gap);
    }
    return room;
}

/* Occurrence `i` of `n` in a window that starts on `day` (DESIGN: `times`). */
static struct occurrence draw_time(const struct plan *plan, const struct reminder *reminder, int32_t day,
                                   usec_t start, usec_t length, unsigned n, unsigned i) {
    usec_t low = start + (usec_t)((__uint128_t)length * i / n);
    usec_t block_end = start + (usec_t)((__uint128_t)length * (i + 1) / n);
    usec_t high = MAX_OF(low + 1, usec_sub(block_end, reminder->gap_usec));
    uint64_t bits = hash_word(plan->secret, "times", reminder->name, (uint64_t)day, i);
    struct occurrence occurrence = {
        .reminder = reminder,
        .due_usec = low + hash_scale(bits, high - low),
        .hold_until_usec = block_end,
    };
    usec_t room = free_room(plan, low, high, reminder->gap_usec, 0, NULL);
    if (room == 0)
        occurrence.crowded = true;
    else if (room < high - low)
        free_room(plan, low, high, reminder->gap_usec, hash_scale(bits, room), &occurrence.due_usec);
    return occurrence;
}

static bool next_times(const struct plan *plan, const struct reminder *reminder, int32_t day, usec_t start,
                       usec_t end, usec_t after_usec, struct occurrence *ret) {
    unsigned n = plan_fits(end - start, reminder->times, reminder->gap_usec);
    unsigned first =
        after_usec <= start ? 0 : (unsigned)((__uint128_t)(after_usec - start) * n / (end - start));
    for (unsigned i = first; i < n; i++) {
        struct occurrence occurrence = draw_time(plan, reminder, day, start, end - start, n, i);
        if (occurrence.due_usec > after_usec) {
            *ret = occurrence;
            return true;
        }
    }
    return false;
}

static bool next_every(const struct plan *plan, const struct reminder *reminder, usec_t start, usec_t end,
                       usec_t after_usec, struct occurrence *ret) {
    usec_t due = start;
    if (after_usec >= start)
        due += ((after_usec - start) / reminder->every_usec + 1) * reminder->every_usec;
    if (due >= end)
        return false;
    usec_t gap = reminder->gap_usec;
    *ret = (struct occurrence){
        .reminder = reminder,
        .due_usec = due,
        .hold_until_usec = usec_add(due, HOLD_EVERY_USEC),
        .crowded =
            gap > 0 && claims_next(plan->claims, usec_sub(due, gap), usec_add(due, gap)) != USEC_INFINITY,
    };
    return true;
}

/* A date that the zone skips (Samoa had no 2011-12-30) starts no window. */
static bool day_exists(const struct zone *zone, int32_t day) {
    return zone_local_day(zone, zone_day_second(zone, day, SECONDS_PER_DAY / 2)) == day;
}

/* A window may have begun the day before the one that `after_usec` is on, or one earlier across a skipped
 * date. One whose end the spring change moves may still be open when the next begins: the earlier occurrence
 * of both comes. */
static bool next_in_window(const struct plan *plan, const struct reminder *reminder, usec_t after_usec,
                           struct occurrence *ret) {
    const struct window *window = &reminder->window;
    int32_t last_day = zone_local_day(plan->zone, USEC_END_OF_TIME);
    bool found = false;
    for (int32_t day = zone_local_day(plan->zone, after_usec) - 2; day <= last_day; day++) {
        if (window->on && calendar_next_day(window->on, day, &day) < 0)
            break;
        usec_t start = zone_day_second(plan->zone, day, window->start_sec);
        usec_t end = zone_day_second(plan->zone, day, window->end_sec);
        if (found && start >= ret->due_usec)
            break;
        if (end <= start || end <= after_usec || !day_exists(plan->zone, day))
            continue;
        struct occurrence next;
        bool any = reminder->kind == REMINDER_TIMES
                       ? next_times(plan, reminder, day, start, end, after_usec, &next)
                       : next_every(plan, reminder, start, end, after_usec, &next);
        if (any && (!found || next.due_usec < ret->due_usec)) {
            *ret = next;
            found = true;
        }
    }
    return found;
}

/* False: it never comes again. */
static bool next_occurrence(const struct plan *plan, size_t index, usec_t after_usec,
                            struct occurrence *ret) {
    const struct reminder *reminder = &plan->schedule->reminders[index];
    after_usec = MAX_OF(after_usec, start_of(plan, index));
    if (reminder->kind == REMINDER_AT) {
        usec_t due = claims_next_at(reminder, plan->zone, after_usec);
        *ret = (struct occurrence){reminder, due, usec_add(due, HOLD_AT_USEC), false};
    } else if (!next_in_window(plan, reminder, after_usec, ret))
        return false;
    if (ret->due_usec >= USEC_END_OF_TIME)
        return false;
    if (reminder->hold_for_usec != USEC_INFINITY)
        ret->hold_until_usec = usec_add(ret->due_usec, reminder->hold_for_usec);
    return true;
}

static bool comes_before(const struct item *a, const struct item *b) {
    if (a->occurrence.due_usec != b->occurrence.due_usec)
        return a->occurrence.due_usec < b->occurrence.due_usec;
    return a->index < b->index;
}

static void sift_down(struct plan *plan, size_t at) {
    struct item moving = plan->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= plan->n)
            break;
        if (child + 1 < plan->n && comes_before(&plan->heap[child + 1], &plan->heap[child]))
            child++;
        if (!comes_before(&plan->heap[child], &moving))
            break;
        plan->heap[at] = plan->heap[child];
        at = child;
    }
    plan->heap[at] = moving;
}

/* Replaces the first item by its reminder's next occurrence after `after_usec`. */
static void renew_first(struct plan *plan, usec_t after_usec) {
    struct item *first = &plan->heap[0];
    if (!next_occurrence(plan, first->index, after_usec, &first->occurrence))
        plan->heap[0] = plan->heap[--plan->n];
    if (plan->n > 0)
        sift_down(plan, 0);
}

static void order(struct plan *plan) {
    for (size_t i = plan->n / 2; i-- > 0;)
        sift_down(plan, i);
}

static void fill(struct plan *plan, usec_t after_usec) {
    plan->n = 0;
    for (size_t i = 0; i < plan->schedule->n_reminders; i++) {
        struct item *item = &plan->heap[plan->n];
        item->index = i;
        if (next_occurrence(plan, i, after_usec, &item->occurrence))
            plan->n++;
    }
    order(plan);
    plan->filled = true;
}

/* Puts back what was taken out and is due after `after_usec`. */
static void put_back(struct plan *plan, usec_t after_usec) {
    bool any = false;
    for (size_t i = 0; i < plan->n_taken; i++) {
        if (plan->taken[i].due_usec <= after_usec)
            continue;
        size_t at = 0;
        while (at < plan->n && plan->heap[at].index != plan->taken[i].index)
            at++;
        plan->heap[at].index = plan->taken[i].index;
        if (next_occurrence(plan, plan->heap[at].index, after_usec, &plan->heap[at].occurrence))
            plan->n = MAX_OF(plan->n, at + 1);
        any = true;
    }
    if (any)
        order(plan);
}

void plan_seek(struct plan *plan, usec_t after_usec) {
    if (!plan->filled || after_usec < plan->after_usec || plan->n_taken > TAKEN_MAX)
        fill(plan, after_usec);
    else
        put_back(plan, after_usec);
    while (plan->n > 0 && plan->heap[0].occurrence.due_usec <= after_usec)
        renew_first(plan, after_usec);
    plan->after_usec = after_usec;
    plan->n_taken = 0;
}

int plan_peek(struct plan *plan, struct occurrence *ret) {
    if (!plan->filled)
        fill(plan, plan->after_usec);
    if (plan->n == 0)
        return -ENOENT;
    *ret = plan->heap[0].occurrence;
    return 0;
}

int plan_pop(struct plan *plan, struct occurrence *ret) {
    int r = plan_peek(plan, ret);
    if (r < 0)
        return r;
    if (plan->n_taken < TAKEN_MAX) {
        plan->taken[plan->n_taken].index = plan->heap[0].index;
        plan->taken[plan->n_taken].due_usec = ret->due_usec;
    }
    plan->n_taken += plan->n_taken <= TAKEN_MAX;
    renew_first(plan, ret->due_usec);
    return 0;
}
