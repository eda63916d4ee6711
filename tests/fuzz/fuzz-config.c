/* A schedule from any bytes: it is refused with reasons, or it is within its bounds, and days can be drawn
 * from it. */
#include "daemon/core/plan.h"
#include "daemon/store/config.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/fuzz.h"

#define OCCURRENCES 16

static void check_mistakes(const struct mistakes *mistakes, bool refused) {
    holds(refused == (mistakes->n_errors > 0));
    holds(mistakes->n <= MISTAKES_MAX + 1);
    for (size_t i = 0; i < mistakes->n; i++)
        holds(text_is_plain(mistakes->items[i].text));
}

static void check_window(const struct window *window) {
    holds(window->start_sec >= 0 && window->start_sec < SECONDS_PER_DAY);
    holds(window->end_sec > window->start_sec && window->end_sec <= window->start_sec + SECONDS_PER_DAY);
}

static void check_reminder(const struct schedule *schedule, const struct reminder *reminder) {
    size_t length = strlen(reminder->name);
    holds(length > 0 && length <= SCHEDULE_NAME_MAX && text_is_plain(reminder->name));
    holds(schedule_find(schedule, reminder->name) == reminder);
    holds(reminder->n_at <= SCHEDULE_LIST_MAX && (reminder->n_at > 0) == (reminder->kind == REMINDER_AT));
    if (reminder->kind != REMINDER_AT)
        check_window(&reminder->window);
    if (reminder->kind == REMINDER_TIMES)
        holds(reminder->times >= 1);
    if (reminder->kind == REMINDER_EVERY)
        holds(reminder->every_usec >= USEC_PER_MINUTE);
}

static void check_schedule(const struct schedule *schedule) {
    holds(schedule->n_reminders <= SCHEDULE_REMINDERS_MAX);
    for (size_t i = 0; i < schedule->n_reminders; i++)
        check_reminder(schedule, &schedule->reminders[i]);
    holds(schedule->n_quiet <= SCHEDULE_LIST_MAX && schedule->n_snooze <= SCHEDULE_LIST_MAX);
    for (size_t i = 0; i < schedule->n_quiet; i++)
        check_window(&schedule->quiet[i]);
    holds(schedule->n_languages > 0 && schedule->n_languages <= SCHEDULE_LIST_MAX);
    holds(strlen(schedule->name) <= SCHEDULE_TEXT_MAX && text_is_plain(schedule->name));
    holds(strlen(schedule->support) <= SCHEDULE_TEXT_MAX && text_is_plain(schedule->support));
}

static void check_plan(const struct schedule *schedule, const struct zone *zone) {
    static const struct hash_key secret = {0};
    struct plan *plan;
    struct occurrence occurrence;
    usec_t end_usec, before_usec = FUZZ_NOW;
    holds(plan_new(schedule, NULL, zone, &secret, &plan) >= 0);
    plan_seek(plan, FUZZ_NOW);
    for (int i = 0; i < OCCURRENCES && plan_pop(plan, &occurrence) >= 0; i++) {
        holds(occurrence.due_usec > FUZZ_NOW && occurrence.due_usec >= before_usec);
        holds(occurrence.hold_until_usec >= occurrence.due_usec);
        if (schedule_quiet_at(schedule, zone, occurrence.due_usec, &end_usec))
            holds(end_usec > occurrence.due_usec);
        before_usec = occurrence.due_usec;
    }
    holds(schedule_next_quiet(schedule, zone, FUZZ_NOW) > FUZZ_NOW);
    plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct zone *zone;
    if (!zone)
        holds(zone_from_posix("CET-1CEST,M3.5.0,M10.5.0/3", &zone) >= 0);
    const char *path = fuzz_file(data, size);
    struct mistakes mistakes = {0};
    struct schedule *schedule = NULL;
    int r = config_load(path, NULL, &mistakes, &schedule);
    holds(r >= 0 || r == -EINVAL);
    check_mistakes(&mistakes, r < 0);
    if (r >= 0) {
        check_schedule(schedule);
        check_plan(schedule, zone);
        check_plan(schedule, zone_utc());
    }
    mistakes_done(&mistakes);
    schedule_free(schedule);
    return 0;
}
