/* A schedule written in a line: "at a 10:00; every b 10:00-18:00 4h; quiet 21:00-08:30".
 *
 * `at NAME EXPRESSION`, `times NAME WINDOW N`, `every NAME WINDOW SPAN`, each followed by what belongs to it:
 * `on DAYS`, `hold SPAN`, `its-gap SPAN`, `themes LIST`, `practice ID`; and `quiet WINDOW`, `gap`, `most`,
 * `snooze`, `snoozes`, `expire`, `conceal THEME` (or `all`), `support TEXT`, `path`, `drift` (else off),
 * `off THEME`, `never-learn`, `zone berlin` (else UTC). What is not said is the default. */
#pragma once

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "daemon/core/hash.h"
#include "daemon/core/schedule.h"
#include "daemon/core/span.h"

#define RIG_REMINDERS_MAX 32
#define RIG_START_DAY     20523 /* Wednesday 2026-03-11 */
#define BERLIN            "CET-1CEST,M3.5.0,M10.5.0/3"

static const struct hash_key rig_secret = {.bytes = "a rig's secret"};

static inline usec_t rig_span(const char *text) {
    usec_t span;
    assert_int_equal(span_parse(text, &span), 0);
    return span;
}

static inline struct window rig_window(const char *text) {
    int h1, m1, h2, m2;
    assert_int_equal(sscanf(text, "%d:%d-%d:%d", &h1, &m1, &h2, &m2), 4);
    struct window window = {.start_sec = h1 * 3600 + m1 * 60, .end_sec = h2 * 3600 + m2 * 60};
    if (window.end_sec <= window.start_sec)
        window.end_sec += SECONDS_PER_DAY;
    return window;
}

static inline struct reminder *rig_add_reminder(struct schedule *schedule, enum reminder_kind kind,
                                                char *rest) {
    assert_true(schedule->n_reminders < RIG_REMINDERS_MAX);
    struct reminder *reminder = &schedule->reminders[schedule->n_reminders++];
    *reminder = (struct reminder){.kind = kind, .hold_for_usec = USEC_INFINITY, .gap_usec = USEC_INFINITY};
    reminder->name = strdup(strsep(&rest, " "));
    if (kind == REMINDER_AT) {
        reminder->at = calloc(1, sizeof *reminder->at);
        reminder->n_at = 1;
        assert_int_equal(calendar_parse(rest, &reminder->at[0].calendar, NULL), 0);
        return reminder;
    }
    reminder->window = rig_window(strsep(&rest, " "));
    if (kind == REMINDER_TIMES)
        reminder->times = (unsigned)atoi(rest);
    else
        reminder->every_usec = rig_span(rest);
    return reminder;
}

static inline theme_set rig_themes(char *list) {
    theme_set themes = 0;
    for (char *id; (id = strsep(&list, ","));) {
        assert_int_not_equal(theme_from_id(id), THEME_NONE);
        themes |= THEME_BIT(theme_from_id(id));
    }
    return themes;
}

static inline void rig_set(struct schedule *schedule, const char **zone, char *clause) {
    char *rest = clause, *key = strsep(&rest, " ");
    struct reminder *last =
        schedule->n_reminders > 0 ? &schedule->reminders[schedule->n_reminders - 1] : NULL;
    if (streq(key, "at"))
        rig_add_reminder(schedule, REMINDER_AT, rest);
    else if (streq(key, "times"))
        rig_add_reminder(schedule, REMINDER_TIMES, rest);
    else if (streq(key, "every"))
        rig_add_reminder(schedule, REMINDER_EVERY, rest);
    else if (streq(key, "on") && last)
        assert_int_equal(calendar_parse_days(rest, &last->window.on, NULL), 0);
    else if (streq(key, "hold") && last)
        last->hold_for_usec = rig_span(rest);
    else if (streq(key, "its-gap") && last)
        last->gap_usec = rig_span(rest);
    else if (streq(key, "themes") && last)
        last->themes = rig_themes(rest);
    else if (streq(key, "practice") && last)
        last->practice = strdup(rest);
    else if (streq(key, "quiet"))
        schedule->quiet[schedule->n_quiet++] = rig_window(rest);
    else if (streq(key, "gap"))
        schedule->gap_usec = rig_span(rest);
    else if (streq(key, "most"))
        schedule->most_per_day = (unsigned)atoi(rest);
    else if (streq(key, "snoozes"))
        schedule->snoozes = (unsigned)atoi(rest);
    else if (streq(key, "snooze")) {
        struct snooze_preset *preset = &schedule->snooze[schedule->n_snooze++];
        preset->text = strdup(rest);
        if (span_parse(rest, &preset->span_usec) < 0)
            preset->span_usec = USEC_INFINITY;
    } else if (streq(key, "expire"))
        schedule->expire_after_usec = rig_span(rest);
    else if (streq(key, "conceal"))
        schedule->conceal = streq(rest, "all") ? THEME_SET_ALL : rig_themes(rest);
    else if (streq(key, "path"))
        schedule->path = PATH_SELF_IMAGE;
    else if (streq(key, "drift"))
        schedule->drift = true;
    else if (streq(key, "off"))
        schedule->weights[theme_from_id(rest)] = WEIGHT_OFF;
    else if (streq(key, "never-learn"))
        schedule->learn = false;
    else if (streq(key, "support"))
        schedule->support = strdup(rest);
    else if (streq(key, "zone"))
        *zone = streq(rest, "berlin") ? BERLIN : "UTC0";
    else
        fail_msg("no such setting: %s", key);
}

static inline char *rig_next_clause(char **rest) {
    char *clause;
    while ((clause = strsep(rest, ";"))) {
        clause += strspn(clause, " ");
        if (*clause)
            return clause;
    }
    return NULL;
}

static inline struct schedule *rig_schedule(const char *settings, const char **ret_zone) {
    struct schedule *schedule = calloc(1, sizeof *schedule);
    schedule->reminders = calloc(RIG_REMINDERS_MAX, sizeof *schedule->reminders);
    schedule->quiet = calloc(SCHEDULE_LIST_MAX, sizeof *schedule->quiet);
    schedule->snooze = calloc(SCHEDULE_LIST_MAX, sizeof *schedule->snooze);
    schedule->gap_usec = 90 * USEC_PER_MINUTE;
    schedule->expire_after_usec = USEC_PER_HOUR;
    schedule->snoozes = 2;
    schedule->most_per_day = 6;
    schedule->learn = true;
    for (size_t i = 0; i < THEME_COUNT; i++)
        schedule->weights[i] = WEIGHT_NORMAL;
    _cleanup_free_ char *copy = strdup(settings);
    char *rest = copy;
    *ret_zone = "UTC0";
    for (char *clause; (clause = rig_next_clause(&rest));)
        rig_set(schedule, ret_zone, clause);
    for (size_t i = 0; i < schedule->n_reminders; i++)
        if (schedule->reminders[i].gap_usec == USEC_INFINITY)
            schedule->reminders[i].gap_usec = schedule->gap_usec;
    if (!schedule->support)
        schedule->support = strdup("findahelpline.com");
    return schedule;
}
