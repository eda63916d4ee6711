/* rehearse: what would come, by the very rules and files that the daemon uses.
 *
 * The journal is only read: for the device's secret, which all chance comes from, for what is open now, and
 * for what was shown. Times are those that will come; texts hold until the next answer. Rows are collected
 * before they are printed, because what is missed is known later than what is shown meanwhile. */
#include <stdio.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "daemon/client/rehearsal.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/span.h"
#include "daemon/core/translate.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"

#define DAYS_DEFAULT 7
#define DAYS_MAX     366

/* --- What is rehearsed ------------------------------------------------------------------------ */

struct stage_set {
    struct schedule *schedule;
    struct library *library;
    struct journal *journal; /* NULL: there is none yet */
    struct keeper *keeper;
    usec_t *starts_usec; /* NULL: all reminders from the beginning of time */
    struct plan *plan;
    struct window windows[2][SCHEDULE_LIST_MAX]; /* --away and --asleep */
    struct schedule away, asleep;                /* borrow them as their quiet hours */
};

static void stage_set_done(struct stage_set *set) {
    plan_free(set->plan);
    free(set->starts_usec);
    keeper_free(set->keeper);
    journal_free(set->journal);
    library_free(set->library);
    schedule_free(set->schedule);
}

/* Errors told, each in its line. */
static int tell_mistakes(const struct mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->n; i++)
        if (mistakes->items[i].severity == MISTAKE_ERROR)
            complain("%s", mistakes->items[i].text);
    return OUTCOME_FAILED;
}

/* A deck with mistakes is left out, as the daemon leaves it out. */
static int load_decks(const struct schedule *schedule, struct mistakes *mistakes, struct library **ret) {
    _cleanup_(library_freep) struct library *library = library_new();
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    int r = library ? path_shipped("decks", &shipped) : -ENOMEM;
    if (r >= 0)
        r = path_user_decks(&own);
    if (r >= 0)
        r = deck_load_folder(library, shipped, schedule->languages, schedule->n_languages, mistakes);
    if (r >= 0)
        r = deck_load_folder(library, own, schedule->languages, schedule->n_languages, mistakes);
    if (r >= 0)
        *ret = TAKE_PTR(library);
    return r;
}

/* Read twice: practices are those of the decks, and the decks those of the schedule's languages. */
static int load_schedule(struct stage_set *set, const char *path, struct mistakes *mistakes) {
    _cleanup_(schedule_freep) struct schedule *first = NULL;
    struct mistakes of_decks = {};
    int r = config_load(path, NULL, mistakes, &first);
    if (r >= 0)
        r = client_settle_languages(first);
    if (r >= 0)
        r = load_decks(first, &of_decks, &set->library);
    if (r >= 0)
        tell_mistakes(&of_decks);
    mistakes_done(&of_decks);
    return r < 0 ? r : config_load(path, set->library, mistakes, &set->schedule);
}

static int load_files(struct stage_set *set, const char *config) {
    _cleanup_free_ char *shipped = NULL, *path = NULL;
    struct mistakes mistakes = {};
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(config, shipped, &path);
    if (r >= 0)
        r = load_schedule(set, path, &mistakes);
    int outcome = OUTCOME_DONE;
    if (r < 0)
        outcome =
            mistakes.n_errors > 0 ? tell_mistakes(&mistakes) : fail_errno(r, _("cannot read the schedule"));
    mistakes_done(&mistakes);
    return outcome;
}

static int open_journal(struct stage_set *set) {
    int outcome = client_journal(&set->journal);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!set->journal) {
        complain(_("there is no journal yet, and so no secret of this device: times with chance in them will "
                   "differ"));
        return OUTCOME_DONE;
    }
    int r = journal_add_own(set->journal, set->library);
    return r < 0 ? fail_errno(r, _("cannot read the journal")) : OUTCOME_DONE;
}

/* A reminder the daemon does not know yet starts when it is loaded. Which ones these are can't be asked of a
 * journal that is only read, so then all start now. */
static int find_starts(struct stage_set *set, usec_t now_usec) {
    size_t n = set->schedule->n_reminders;
    set->starts_usec = calloc(n + 1, sizeof *set->starts_usec);
    if (!set->starts_usec)
        return -ENOMEM;
    int r = set->journal ? journal_note_reminders(set->journal, set->schedule, now_usec, set->starts_usec)
                         : -ENOENT;
    if (r == -ENOMEM)
        return r;
    for (size_t i = 0; i < n && r < 0; i++)
        set->starts_usec[i] = now_usec;
    return 0;
}

/* The state to begin with: what the daemon has now, or nothing. What is said at the first start counts as
 * read: until it is, it would be all that comes. */
static int set_state(struct stage_set *set, usec_t from_usec, bool goes_on) {
    int r = goes_on ? find_starts(set, from_usec) : 0;
    bool loads = goes_on && set->journal;
    if (r >= 0 && loads)
        r = journal_load(set->journal, &set->keeper);
    else if (r >= 0 && !(set->keeper = keeper_new()))
        r = -ENOMEM;
    if (r < 0)
        return r;
    if (!loads)
        set->keeper->planned_until_usec = from_usec;
    set->keeper->guidance = KEEPER_GUIDANCE_READ;
    return 0;
}

/* --- Arguments -------------------------------------------------------------------------------- */

/* "12:00-13:30"; moves `text` past it. */
static bool read_window(const char **text, struct window *ret) {
    char part[4][3];
    int number[4], length = 0;
    if (sscanf(*text, "%2[0-9]:%2[0-9]-%2[0-9]:%2[0-9]%n", part[0], part[1], part[2], part[3], &length) != 4)
        return false;
    for (size_t i = 0; i < ELEMENTSOF(number); i++)
        number[i] = atoi(part[i]);
    int32_t start_sec = (number[0] * 60 + number[1]) * 60, end_sec = (number[2] * 60 + number[3]) * 60;
    if (strlen(part[1]) != 2 || strlen(part[3]) != 2 || number[1] > 59 || number[3] > 59 ||
        start_sec >= SECONDS_PER_DAY || end_sec > SECONDS_PER_DAY)
        return false;
    *ret = (struct window){start_sec, end_sec > start_sec ? end_sec : end_sec + SECONDS_PER_DAY, NULL};
    *text += length;
    return true;
}

/* Windows with commas between them, as the quiet hours of `ret`. */
static int read_windows(const char *option, const char *value, struct window *windows, struct schedule *ret) {
    *ret = (struct schedule){.quiet = windows};
    for (const char *text = value; text && *text;) {
        if (ret->n_quiet == SCHEDULE_LIST_MAX)
            return fail_usage(_("--%s takes at most %d windows"), option, SCHEDULE_LIST_MAX);
        if (!read_window(&text, &windows[ret->n_quiet++]) || (*text != '\0' && *text++ != ',') ||
            (*text == '\0' && text[-1] == ','))
            return fail_usage(
                _("--%s: \"%s\" is not a window of each day, or several with commas between them "
                  "(12:00-13:30, 23:00-07:00)"),
                option, value);
    }
    return value && !*value ? fail_usage(_("--%s needs a window, such as 12:00-13:30"), option)
                            : OUTCOME_DONE;
}

/* The same time of day, so many days later. */
static usec_t days_later(const struct zone *zone, usec_t from_usec, uint32_t days) {
    struct civil civil;
    zone_to_civil(zone, from_usec, &civil, NULL, NULL);
    int64_t second = (civil.hour * 60 + civil.minute) * 60 + civil.second;
    return usec_add(zone_day_second(zone, zone_local_day(zone, from_usec) + (int32_t)days, second),
                    (usec_t)civil.usec);
}

static int read_range(struct client *client, const struct arguments *arguments, struct rehearsal *rehearsal) {
    const char *from = option_value(arguments, "from"), *days = option_value(arguments, "days");
    const struct zone *zone = client_zone(client);
    rehearsal->from_usec = client_now();
    rehearsal->goes_on = !from;
    if (from && moment_parse(from, rehearsal->from_usec, zone, MOMENT_NEXT, 0, &rehearsal->from_usec) < 0)
        return fail_usage(_("--from: \"%s\" is not a time (2026-03-28, tomorrow, monday 9:00)"), from);
    if (rehearsal->from_usec >= USEC_END_OF_TIME)
        return fail_usage(_("--from: nothing comes after 2199"));
    uint32_t n = DAYS_DEFAULT;
    int outcome = days ? client_number("days", days, 1, DAYS_MAX, &n) : OUTCOME_DONE;
    rehearsal->until_usec = days_later(zone, rehearsal->from_usec, n);
    return outcome;
}

/* --- Rows ------------------------------------------------------------------------------------- */

struct row {
    usec_t time_usec;
    size_t number; /* in the order they were told */
    char *reminder, *prompt, *text;
    const char *rule; /* static; NULL: shown */
    enum theme theme;
};

struct rows {
    struct row *items;
    size_t n, capacity;
    bool missed_too;
};

static void rows_done(struct rows *rows) {
    for (size_t i = 0; i < rows->n; i++) {
        free(rows->items[i].reminder);
        free(rows->items[i].prompt);
        free(rows->items[i].text);
    }
    free(rows->items);
}

static const char *known_rule(const char *id) {
    enum missed_rule rule = 0;
    while (rule + 1 < MISSED_RULE_COUNT && !streq(missed_rule_id(rule), id))
        rule++;
    return missed_rule_id(rule);
}

static int add_row(void *userdata, const struct rehearsed *rehearsed) {
    struct rows *rows = userdata;
    if (rehearsed->rule && !rows->missed_too)
        return 0;
    int r = array_reserve(&rows->items, &rows->capacity, rows->n + 1, sizeof *rows->items);
    if (r < 0)
        return r;
    struct row *row = &rows->items[rows->n];
    *row = (struct row){
        .time_usec = rehearsed->time_usec,
        .number = rows->n++,
        .reminder = strdup(rehearsed->reminder),
        .prompt = strdup(or_empty(rehearsed->prompt)),
        .text = strdup(or_empty(rehearsed->text)),
        .rule = rehearsed->rule ? known_rule(rehearsed->rule) : NULL,
        .theme = rehearsed->theme,
    };
    return row->reminder && row->prompt && row->text ? 0 : -ENOMEM;
}

static int compare_rows(const void *a, const void *b) {
    const struct row *left = a, *right = b;
    if (left->time_usec != right->time_usec)
        return left->time_usec < right->time_usec ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* To the second. */
static void print_row(const struct row *row, const struct zone *zone) {
    char time[MOMENT_TEXT_SIZE];
    printf("%s\t", moment_format(row->time_usec - row->time_usec % USEC_PER_SEC, zone, time));
    print_clean(stdout, row->reminder);
    if (row->rule)
        printf("\tmissed\t%s", row->rule);
    else {
        printf("\t%s\t", row->theme == THEME_NONE ? "-" : theme_id(row->theme));
        print_clean(stdout, row->text);
    }
    putchar('\n');
}

static void put_text(int *r, struct json_object *object, const char *key, const char *text) {
    if (*r >= 0 && *text)
        *r = json_put(object, key, json_object_new_string(text));
}

/* The keys of an entry, as far as they are known. */
static int fill_object(struct json_object *object, const struct row *row) {
    int r = json_put(object, "time_usec", json_object_new_uint64(row->time_usec));
    put_text(&r, object, "kind", row->rule ? "missed" : "prompt");
    put_text(&r, object, "rule", or_empty(row->rule));
    put_text(&r, object, "reminder", row->reminder);
    put_text(&r, object, "theme", theme_id(row->theme));
    put_text(&r, object, "prompt", row->prompt);
    put_text(&r, object, "text", row->text);
    return r;
}

static int print_rows_json(const struct rows *rows) {
    _cleanup_json_ struct json_object *array = json_object_new_array();
    int r = array ? 0 : -ENOMEM;
    for (size_t i = 0; i < rows->n && r >= 0; i++) {
        _cleanup_json_ struct json_object *object = json_object_new_object();
        r = object ? fill_object(object, &rows->items[i]) : -ENOMEM;
        if (r >= 0 && json_object_array_add(array, json_object_get(object)) < 0)
            r = -ENOMEM;
    }
    return r < 0 ? r : print_json(array);
}

static int print_rows(struct client *client, const struct rows *rows, bool json) {
    if (rows->n > 0)
        qsort(rows->items, rows->n, sizeof *rows->items, compare_rows);
    if (json)
        return print_rows_json(rows);
    for (size_t i = 0; i < rows->n; i++)
        print_row(&rows->items[i], client_zone(client));
    return 0;
}

/* --- The verb --------------------------------------------------------------------------------- */

static int look_at_boot(struct rehearsal *rehearsal) {
    struct timespec now;
    sd_id128_t boot = {};
    clock_gettime(CLOCK_BOOTTIME, &now);
    rehearsal->boot_usec = (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
    int r = sd_id128_get_boot(&boot);
    memcpy(rehearsal->boot_id.bytes, boot.bytes, sizeof rehearsal->boot_id.bytes);
    return r;
}

static int set_stage(struct stage_set *set, struct rehearsal *rehearsal) {
    static const struct hash_key no_secret = {0};
    int r = set_state(set, rehearsal->from_usec, rehearsal->goes_on);
    if (r < 0)
        return r;
    (void)look_at_boot(rehearsal); /* without it spans end by the wall clock, as in the daemon */
    rehearsal->schedule = set->schedule;
    rehearsal->library = set->library;
    rehearsal->journal = set->journal;
    rehearsal->away = &set->away;
    rehearsal->asleep = &set->asleep;
    rehearsal->secret = set->journal ? journal_secret(set->journal) : &no_secret;
    r = plan_new(set->schedule, set->starts_usec, rehearsal->zone, rehearsal->secret, &set->plan);
    rehearsal->plan = set->plan;
    return r;
}

static int rehearse(struct client *client, struct stage_set *set, struct rehearsal *rehearsal,
                    const struct arguments *arguments) {
    struct rows rows = {.missed_too = option_given(arguments, "missed")};
    int r = set_stage(set, rehearsal);
    if (r >= 0)
        r = rehearsal_play(rehearsal, &set->keeper, add_row, &rows);
    bool too_much = r == -E2BIG;
    if (r >= 0 || too_much)
        r = print_rows(client, &rows, option_given(arguments, "json"));
    if (r >= 0 && rows.n == 0 && !too_much)
        complain(_("nothing would be shown in that time"));
    rows_done(&rows);
    if (r < 0)
        return fail_errno(r, _("cannot rehearse"));
    if (!too_much)
        return OUTCOME_DONE;
    complain(_("so much comes due that it ends here; take fewer --days"));
    return OUTCOME_FAILED;
}

int verb_rehearse(struct client *client, const struct arguments *arguments) {
    struct stage_set set = {};
    struct rehearsal rehearsal = {.zone = client_zone(client)};
    int outcome = read_range(client, arguments, &rehearsal);
    if (outcome == OUTCOME_DONE)
        outcome = read_windows("away", option_value(arguments, "away"), set.windows[0], &set.away);
    if (outcome == OUTCOME_DONE)
        outcome = read_windows("asleep", option_value(arguments, "asleep"), set.windows[1], &set.asleep);
    if (outcome == OUTCOME_DONE)
        outcome = load_files(&set, option_value(arguments, "config"));
    if (outcome == OUTCOME_DONE)
        outcome = open_journal(&set);
    if (outcome == OUTCOME_DONE)
        outcome = rehearse(client, &set, &rehearsal, arguments);
    stage_set_done(&set);
    return outcome;
}
