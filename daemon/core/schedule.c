/* Quiet hours are windows of local time that start on local dates; their instants come from the zone, so a
 * window is an hour shorter or longer when the clocks change in it. Windows that touch or overlap are one
 * span. */
#include "daemon/core/schedule.h"

#include "daemon/core/hash.h"

/* A window starts on the date of an instant it holds or on the one before; one more, because a zone can skip
 * a date (Samoa, 2011). */
#define QUIET_DAYS_BACK 2

/* Quiet for longer than this on end counts as quiet for good: it bounds the search. */
#define QUIET_SPAN_MAX_USEC (400 * USEC_PER_DAY)

/* A window can start on a date where the clock change leaves nothing of it, but not on many in a row. */
#define QUIET_EMPTY_MAX 8

static void reminder_done(struct reminder *reminder) {
    free(reminder->name);
    for (size_t i = 0; i < reminder->n_at; i++) {
        calendar_free(reminder->at[i].calendar);
        zone_free(reminder->at[i].zone);
    }
    free(reminder->at);
    calendar_free(reminder->window.on);
    free(reminder->practice);
}

struct schedule *schedule_free(struct schedule *schedule) {
    if (!schedule)
        return NULL;
    for (size_t i = 0; i < schedule->n_reminders; i++)
        reminder_done(&schedule->reminders[i]);
    for (size_t i = 0; i < schedule->n_quiet; i++)
        calendar_free(schedule->quiet[i].on);
    for (size_t i = 0; i < schedule->n_snooze; i++)
        free(schedule->snooze[i].text);
    for (size_t i = 0; i < schedule->n_languages; i++)
        free(schedule->languages[i]);
    free(schedule->reminders);
    free(schedule->quiet);
    free(schedule->snooze);
    free(schedule->languages);
    free(schedule->name);
    free(schedule->support);
    free(schedule);
    return NULL;
}

const struct reminder *schedule_find(const struct schedule *schedule, const char *name) {
    for (size_t i = 0; i < schedule->n_reminders; i++)
        if (streq(schedule->reminders[i].name, name))
            return &schedule->reminders[i];
    return NULL;
}

/* Not a secret: the same reminder has the same digest in every run. */
static const struct hash_key digest_key = {.bytes = "kindly reminder"};

static uint64_t digest_numbers(uint64_t digest, const char *purpose, uint64_t a, uint64_t b) {
    digest = hash_word(&digest_key, purpose, "", digest, a);
    return hash_word(&digest_key, purpose, "", digest, b);
}

static uint64_t digest_text(uint64_t digest, const char *purpose, const char *text) {
    return hash_word(&digest_key, purpose, or_empty(text), digest, text != NULL);
}

/* Without memory the calendar counts as another one: the reminder then starts anew, which loses at most what
 * came due while nothing could be done anyway. */
static uint64_t digest_calendar(uint64_t digest, const char *purpose, const struct calendar *calendar) {
    _cleanup_free_ char *text = NULL;
    if (calendar && calendar_format(calendar, &text) < 0)
        text = NULL;
    return digest_text(digest, purpose, text);
}

uint64_t reminder_digest(const struct reminder *reminder) {
    const struct window *window = &reminder->window;
    uint64_t digest = digest_text(0, "name", reminder->name);
    for (size_t i = 0; i < reminder->n_at; i++)
        digest = digest_calendar(digest, "at", reminder->at[i].calendar);
    digest = digest_numbers(digest, "kind", reminder->kind, reminder->times);
    digest = digest_numbers(digest, "window", (uint64_t)window->start_sec, (uint64_t)window->end_sec);
    digest = digest_calendar(digest, "on", window->on);
    digest = digest_numbers(digest, "every", reminder->every_usec, reminder->hold_for_usec);
    digest = digest_numbers(digest, "gap", reminder->gap_usec, reminder->write);
    digest = digest_numbers(digest, "themes", reminder->themes, 0);
    return digest_text(digest, "practice", reminder->practice);
}

/* The instants of the window that starts on that date; false: it doesn't, or a clock change leaves nothing of
 * it. */
static bool window_on(const struct window *window, const struct zone *zone, int32_t day,
                      usec_t *ret_start_usec, usec_t *ret_end_usec) {
    if (window->on && !calendar_has_day(window->on, day))
        return false;
    *ret_start_usec = zone_day_second(zone, day, window->start_sec);
    *ret_end_usec = zone_day_second(zone, day, window->end_sec);
    return *ret_start_usec < *ret_end_usec;
}

/* The end of the windows that hold an instant (the latest of them); the instant itself when there is none. */
static usec_t quiet_end(const struct schedule *schedule, const struct zone *zone, usec_t time_usec) {
    usec_t start_usec, end_usec, latest_usec = time_usec;
    int32_t today = zone_local_day(zone, time_usec);
    for (int32_t day = today - QUIET_DAYS_BACK; day <= today; day++)
        for (size_t i = 0; i < schedule->n_quiet; i++)
            if (window_on(&schedule->quiet[i], zone, day, &start_usec, &end_usec) &&
                start_usec <= time_usec && end_usec > latest_usec)
                latest_usec = end_usec;
    return latest_usec;
}

bool schedule_quiet_at(const struct schedule *schedule, const struct zone *zone, usec_t time_usec,
                       usec_t *ret_end_usec) {
    usec_t end_usec = quiet_end(schedule, zone, time_usec), before_usec = time_usec;
    if (end_usec == time_usec)
        return false;
    while (end_usec > before_usec && end_usec - time_usec <= QUIET_SPAN_MAX_USEC) {
        before_usec = end_usec;
        end_usec = quiet_end(schedule, zone, before_usec);
    }
    *ret_end_usec = end_usec > before_usec ? USEC_INFINITY : end_usec;
    return true;
}

/* The first start of one window after an instant; USEC_INFINITY when there is none. */
static usec_t window_next_start(const struct window *window, const struct zone *zone, usec_t after_usec) {
    int32_t day = zone_local_day(zone, after_usec) - QUIET_DAYS_BACK;
    for (unsigned empty = 0; empty < QUIET_EMPTY_MAX; empty++, day++) {
        usec_t start_usec, end_usec;
        if (window->on && calendar_next_day(window->on, day, &day) < 0)
            return USEC_INFINITY;
        if (window_on(window, zone, day, &start_usec, &end_usec) && start_usec > after_usec)
            return start_usec;
    }
    return USEC_INFINITY;
}

usec_t schedule_next_quiet(const struct schedule *schedule, const struct zone *zone, usec_t after_usec) {
    usec_t first_usec = USEC_INFINITY, end_usec;
    if (schedule_quiet_at(schedule, zone, after_usec, &end_usec))
        after_usec = end_usec;
    if (after_usec >= USEC_END_OF_TIME)
        return USEC_INFINITY;
    for (size_t i = 0; i < schedule->n_quiet; i++) {
        usec_t start_usec = window_next_start(&schedule->quiet[i], zone, after_usec);
        first_usec = MIN_OF(first_usec, start_usec);
    }
    return first_usec;
}
