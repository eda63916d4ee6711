/* journal: read from the file, so that it works without the daemon.
 *
 * All that is asked for is read at once and the file closed before anything is printed: a reader that stays,
 * for a pager, would keep erased words in the write-ahead log. Own words lead, nothing is counted, and what
 * was not shown is there only when asked for. */
#include <stdio.h>

#include "daemon/client/diary.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/event.h"
#include "daemon/core/translate.h"
#include "daemon/store/journal.h"
#include "daemon/store/mistake.h"

#define DEFAULT_RANGE_USEC (30 * USEC_PER_DAY)
#define TIME_COLUMNS       7 /* "10:42  " */
#define WORDS_INDENT       9 /* the person's own, under a prompt */

/* --- Reading ---------------------------------------------------------------------------------- */

static void put_text(int *r, struct json_object *row, const char *key, const char *text) {
    if (*r >= 0 && text && *text)
        *r = json_put(row, key, json_object_new_string(text));
}

static void put_number(int *r, struct json_object *row, const char *key, uint64_t number) {
    if (*r >= 0 && number > 0)
        *r = json_put(row, key, json_object_new_uint64(number));
}

static void put_uuid(int *r, struct json_object *row, const char *key, const struct uuid *id) {
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    put_text(r, row, key, text);
}

/* The keys and the order of the D-Bus interface. */
static int fill_row(struct json_object *row, const struct entry *entry) {
    int r = 0;
    put_uuid(&r, row, "id", &entry->id);
    put_uuid(&r, row, "device", &entry->device);
    put_number(&r, row, "time_usec", entry->time_usec);
    if (r >= 0)
        r = json_put(row, "offset_sec", json_object_new_int64(entry->offset_sec));
    put_text(&r, row, "kind", entry->kind);
    put_text(&r, row, "state", entry->state);
    put_text(&r, row, "rule", entry->rule);
    put_text(&r, row, "reminder", entry->reminder);
    put_number(&r, row, "due_usec", entry->due_usec);
    put_text(&r, row, "theme", theme_id(entry->theme));
    put_text(&r, row, "prompt", entry->prompt);
    put_text(&r, row, "text", entry->text);
    put_text(&r, row, "choice", entry->choice);
    put_text(&r, row, "note", entry->note);
    if (r >= 0)
        r = json_put(row, "keep", json_object_new_boolean(entry->keep));
    if (r >= 0)
        r = json_put(row, "for_hard_day", json_object_new_boolean(entry->for_hard_day));
    put_number(&r, row, "snoozes", entry->snoozes);
    put_number(&r, row, "step", entry->step);
    return r;
}

static int add_row(void *userdata, const struct entry *entry) {
    struct json_object *rows = userdata;
    _cleanup_json_ struct json_object *row = json_object_new_object();
    int r = row ? fill_row(row, entry) : -ENOMEM;
    if (r >= 0 && json_object_array_add(rows, row) < 0)
        r = -ENOMEM;
    if (r >= 0)
        row = NULL;
    return r;
}

static int read_rows(const struct entry_filter *filter, struct json_object *rows, bool *ret_there) {
    _cleanup_(journal_freep) struct journal *journal = NULL;
    int outcome = client_journal(&journal);
    *ret_there = journal;
    if (!journal)
        return outcome;
    int r = journal_visit(journal, filter, add_row, rows);
    return r < 0 ? fail_errno(r, _("cannot read the journal")) : OUTCOME_DONE;
}

/* --- Printing --------------------------------------------------------------------------------- */

static const char *const rule_words[MISSED_RULE_COUNT] = {
    [MISSED_GAP] = N_("too close to another"),
    [MISSED_LIMIT] = N_("the day's limit was reached"),
    [MISSED_NEWER] = N_("a newer one took its place"),
    [MISSED_HOLD] = N_("there was no good moment in time"),
    [MISSED_QUIET] = N_("quiet hours"),
    [MISSED_PAUSED] = N_("paused"),
    [MISSED_NO_PROMPT] = N_("no text was left for it"),
    [MISSED_REMOVED] = N_("its reminder is no longer in the schedule"),
    [MISSED_FEWER] = N_("you chose fewer"),
};

static const char *words_of_rule(const char *rule) {
    for (size_t i = 0; i < MISSED_RULE_COUNT; i++)
        if (streq(missed_rule_id((enum missed_rule)i), rule))
            return _(rule_words[i]);
    return rule;
}

static void print_missed(const struct json_object *row) {
    print_clean(stdout, row_text(row, "reminder"));
    fputs(_(", not shown: "), stdout);
    print_clean(stdout, words_of_rule(row_text(row, "rule")));
    putchar('\n');
}

/* What became of it, if there is something to say. */
static void print_outcome(const struct json_object *row) {
    const struct happened happened = {
        .state = row_text(row, "state"),
        .theme = row_text(row, "theme"),
        .prompt = row_text(row, "prompt"),
        .choice = row_text(row, "choice"),
        .snoozes = row_usec(row, "snoozes", 0),
        .step = row_usec(row, "step", 0),
        .keep = row_flag(row, "keep"),
    };
    char words[OUTCOME_WORDS_SIZE];
    outcome_words(&happened, words);
    if (*words)
        print_text(stdout, 0, TIME_COLUMNS, words);
}

/* The lines after the time of day, which ends at `column`: prompts in short, own words in full. */
static void print_entry(const struct json_object *row, size_t column) {
    const char *text = row_text(row, "text"), *note = row_text(row, "note");
    if (streq(row_text(row, "state"), "forgotten")) {
        puts(_("(erased)"));
        return;
    }
    if (streq(row_text(row, "kind"), "missed")) {
        print_missed(row);
        return;
    }
    if (*text) {
        print_short(stdout, column, _(text)); /* some are ours, not a deck's */
        print_outcome(row);
        if (*note)
            print_text(stdout, 0, WORDS_INDENT, note);
    } else if (*note) {
        print_text(stdout, column, TIME_COLUMNS, note);
        print_outcome(row);
    } else
        puts(_("(no text)"));
    if (*note && row_flag(row, "for_hard_day"))
        print_text(stdout, 0, TIME_COLUMNS, _("For a hard day"));
}

/* Days and times are those of the place and the day it happened. */
static void print_rows(struct client *client, const struct json_object *rows, bool ids) {
    int32_t last_day = INT32_MIN, day;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const struct json_object *row = json_object_array_get_idx(rows, i);
        struct json_object *offset = NULL;
        json_object_object_get_ex(row, "offset_sec", &offset);
        char clock[CLOCK_WORDS_SIZE];
        clock_words(client, row_usec(row, "time_usec", 0), json_object_get_int(offset), &day, clock);
        if (day != last_day) {
            char words[DAY_WORDS_SIZE];
            printf("%s%s\n\n", i > 0 ? "\n" : "", day_words(day, words));
        }
        last_day = day;
        print_entry(row, (size_t)printf("%s  ", clock));
        if (ids)
            print_text(stdout, 0, TIME_COLUMNS, row_text(row, "id"));
    }
}

static int print_journal(struct client *client, struct json_object *rows, const struct arguments *arguments,
                         bool there) {
    if (option_given(arguments, "json")) {
        int r = print_json(rows);
        return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
    }
    print_rows(client, rows, option_given(arguments, "ids"));
    if (json_object_array_length(rows) == 0)
        puts(there ? _("Nothing there in that time.") : _("Nothing written yet."));
    return OUTCOME_DONE;
}

/* --- The verb --------------------------------------------------------------------------------- */

static int refuse_theme(const char *theme) {
    const char *known[THEME_COUNT];
    for (enum theme i = 0; i < THEME_COUNT; i++)
        known[i] = theme_id(i);
    const char *near = nearest_word(theme, known, THEME_COUNT);
    if (near)
        return fail_usage(_("there is no theme \"%s\"; did you mean \"%s\"?"), theme, near);
    return fail_usage(
        _("there is no theme \"%s\"; there are kindness, acceptance, humanity, noticing, friend, care, "
          "image, respect, forgiveness, patience, own"),
        theme);
}

static int read_range(struct client *client, const struct arguments *arguments, struct entry_filter *filter) {
    const char *since = option_value(arguments, "since"), *until = option_value(arguments, "until");
    filter->until_usec = USEC_INFINITY;
    if (until) {
        int outcome = client_past(client, "until", until, &filter->until_usec);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    if (since)
        return client_past(client, "since", since, &filter->since_usec);
    filter->since_usec = usec_sub(MIN_OF(filter->until_usec, client_now()), DEFAULT_RANGE_USEC);
    return OUTCOME_DONE;
}

int verb_journal(struct client *client, const struct arguments *arguments) {
    struct entry_filter filter = {
        .theme = THEME_NONE,
        .grep = option_value(arguments, "grep"),
        .notes_only = option_given(arguments, "notes"),
        .missed_too = option_given(arguments, "missed"),
    };
    const char *theme = option_value(arguments, "theme");
    if (theme && (filter.theme = theme_from_id(theme)) == THEME_NONE)
        return refuse_theme(theme);
    int outcome = read_range(client, arguments, &filter);
    if (outcome != OUTCOME_DONE)
        return outcome;
    _cleanup_json_ struct json_object *rows = json_object_new_array();
    if (!rows)
        return fail_errno(-ENOMEM, _("cannot read the journal"));
    bool there;
    outcome = read_rows(&filter, rows, &there);
    return outcome == OUTCOME_DONE ? print_journal(client, rows, arguments, there) : outcome;
}
