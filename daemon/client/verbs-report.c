/* report: read from the file like the journal, in one pass, and closed before anything is printed or opened.
 */
#include <stdio.h>

#include "daemon/client/page.h"
#include "daemon/client/report-html.h"
#include "daemon/client/report-text.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/core/translate.h"
#include "daemon/store/journal.h"
#include "daemon/store/language.h"

/* --- Reading ---------------------------------------------------------------------------------- */

/* Midnight a year ago. */
static usec_t last_year(const struct zone *zone, usec_t now_usec) {
    struct civil now;
    zone_to_civil(zone, now_usec, &now, NULL, NULL);
    int32_t year = now.year - 1;
    int day = MIN_OF((int)now.day, days_in_month(year, now.month));
    return zone_day_second(zone, civil_to_days(year, now.month, day), 0);
}

static int read_range(struct client *client, const struct arguments *arguments, struct entry_filter *filter,
                      struct report *report) {
    const struct zone *zone = client_zone(client);
    bool since = option_given(arguments, "since"), until = option_given(arguments, "until");
    usec_t now = client_now();
    struct range range;
    int outcome = client_range(client, arguments, &range);
    if (outcome != OUTCOME_DONE)
        return outcome;
    filter->since_usec = since ? range.since_usec : last_year(zone, now);
    filter->until_usec = range.until_usec;
    if (filter->since_usec >= MIN_OF(filter->until_usec, now))
        return fail_usage(_("there is no time between --since and --until"));
    report->last_year = !since && !until;
    report->first_day = zone_local_day(zone, filter->since_usec);
    report->last_day = zone_local_day(zone, until ? filter->until_usec - 1 : now);
    return OUTCOME_DONE;
}

/* What the journal holds; nothing when there is none yet. */
static int read_report(const struct entry_filter *filter, struct report *report) {
    _cleanup_(journal_freep) struct journal *journal = NULL;
    int outcome = client_journal(&journal);
    if (!journal)
        return outcome;
    int r = journal_visit(journal, filter, report_add, report);
    return r < 0 ? fail_errno(r, _("cannot read the journal")) : OUTCOME_DONE;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void put(int *r, struct json_object *object, const char *key, struct json_object *value) {
    if (*r >= 0)
        *r = json_put(object, key, value);
    else
        json_object_put(value);
}

/* Adds an item; NULL is no memory. */
static void append(int *r, struct json_object *array, struct json_object *item) {
    if (*r >= 0 && (!item || json_object_array_add(array, item) < 0))
        *r = -ENOMEM;
    if (*r < 0)
        json_object_put(item);
}

static struct json_object *line_json(int *r, const struct own_line *line) {
    struct json_object *row = json_object_new_object();
    char id[UUID_TEXT_SIZE];
    if (!row)
        *r = -ENOMEM;
    uuid_format(&line->id, id);
    put(r, row, "id", json_object_new_string(id));
    put(r, row, "time_usec", json_object_new_uint64(line->time_usec));
    put(r, row, "offset_sec", json_object_new_int64(line->offset_sec));
    if (line->theme != THEME_NONE)
        put(r, row, "theme", json_object_new_string(theme_id(line->theme)));
    if (line->prompt)
        put(r, row, "text", json_object_new_string(line->prompt));
    put(r, row, "note", json_object_new_string(line->note));
    put(r, row, "keep", json_object_new_boolean(line->keep));
    return row;
}

/* Says no more of a theme than the report does. */
static struct json_object *theme_json(int *r, const struct figures *figures, enum theme theme) {
    struct json_object *row = json_object_new_object();
    uint32_t marked = figures->themes[theme].marked, helpful = figures->themes[theme].helpful;
    if (!row)
        *r = -ENOMEM;
    put(r, row, "theme", json_object_new_string(theme_id(theme)));
    if (figures->shown >= FIGURES_ENOUGH)
        put(r, row, "shown", json_object_new_uint64(figures->themes[theme].shown));
    put(r, row, "marked", json_object_new_uint64(marked));
    put(r, row, "helpful", json_object_new_uint64(helpful));
    if (marked >= FIGURES_ENOUGH) {
        uint32_t low, high;
        figures_interval(helpful, marked, &low, &high);
        put(r, row, "low_percent", json_object_new_uint64(low));
        put(r, row, "high_percent", json_object_new_uint64(high));
    }
    return row;
}

static struct json_object *new_array(int *r) {
    struct json_object *array = json_object_new_array();
    if (!array)
        *r = -ENOMEM;
    return array;
}

static void put_calendar(int *r, struct json_object *object, const struct figures *figures) {
    struct json_object *days = new_array(r), *hours = new_array(r);
    for (size_t i = 0; i < figures->n_days; i++) {
        int32_t year;
        int month, day;
        char date[32];
        civil_from_days(figures->days[i], &year, &month, &day);
        snprintf(date, sizeof date, "%04d-%02d-%02d", (int)year, month, day);
        append(r, days, json_object_new_string(date));
    }
    for (size_t i = 0; i < HOURS_OF_A_DAY; i++)
        append(r, hours, json_object_new_uint64(figures->hours[i]));
    put(r, object, "days", days);
    put(r, object, "hours", hours);
}

static int print_report_json(const struct report *report, const struct entry_filter *filter) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    int r = object ? 0 : -ENOMEM;
    struct json_object *words = new_array(&r), *themes = new_array(&r);
    for (size_t i = 0; i < report->n_lines; i++)
        append(&r, words, line_json(&r, &report->lines[i]));
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if (report->figures.themes[theme].shown > 0)
            append(&r, themes, theme_json(&r, &report->figures, theme));
    put(&r, object, "since_usec", json_object_new_uint64(filter->since_usec));
    if (filter->until_usec != USEC_INFINITY)
        put(&r, object, "until_usec", json_object_new_uint64(filter->until_usec));
    put(&r, object, "words", words);
    put(&r, object, "themes", themes);
    if (report->calendar)
        put_calendar(&r, object, &report->figures);
    if (r >= 0)
        r = print_json(object);
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

/* --- Pages ------------------------------------------------------------------------------------ */

struct page_of {
    const struct report *report;
    const struct zone *zone;
    bool booklet;
};

static int write_page(void *userdata, FILE *file) {
    const struct page_of *page = userdata;
    usec_t now = client_now();
    return report_write_html(page->report, page->booklet, now, zone_offset(page->zone, now), file);
}

static int save_page(const char *path, const struct page_of *page) {
    int r = page_save(path, write_page, (void *)(uintptr_t)page);
    if (r == -ELOOP)
        complain(_("%s is a symbolic link; nothing is written through one"), path);
    else if (r == -EEXIST)
        complain(_("%s is there already, and is not a file"), path);
    else if (r < 0)
        complain(_("cannot write %s: %s"), path, strerror(-r));
    return r < 0 ? OUTCOME_FAILED : OUTCOME_DONE;
}

static int open_page(const struct page_of *page) {
    _cleanup_free_ char *path = NULL;
    int r = page_path(true, &path);
    if (r == -ENXIO || r == -EPERM) {
        complain(_("there is no private place for the page here (XDG_RUNTIME_DIR); --html FILE writes it "
                   "elsewhere"));
        return OUTCOME_FAILED;
    }
    if (r < 0)
        return fail_errno(r, _("cannot write the page"));
    int outcome = save_page(path, page);
    if (outcome != OUTCOME_DONE)
        return outcome;
    r = page_open(path);
    if (r < 0)
        complain(_("nothing here could open the page; it is %s"), path);
    return r < 0 ? OUTCOME_FAILED : OUTCOME_DONE;
}

/* --- The verb --------------------------------------------------------------------------------- */

static int check_options(const struct arguments *arguments) {
    static const char *const ways[] = {"html", "open", "json"};
    const char *chosen = NULL;
    for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
        if (!option_given(arguments, ways[i]))
            continue;
        if (chosen)
            return fail_usage(_("--%s and --%s don't go together"), chosen, ways[i]);
        chosen = ways[i];
    }
    bool page = chosen && !streq(chosen, "json");
    if (option_given(arguments, "booklet") && !page)
        return fail_usage(_("--booklet is a page: it needs --html FILE or --open"));
    if (option_given(arguments, "ascii") && chosen)
        return fail_usage(_("--ascii and --%s don't go together"), chosen);
    const char *file = option_value(arguments, "html");
    return file && !*file ? fail_usage(_("--html needs the name of a file")) : OUTCOME_DONE;
}

static int print_text_report(const struct report *report, bool ascii) {
    int r = report_print(report, ascii || !language_draws_utf8(), stdout);
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

static int give_report(struct client *client, const struct arguments *arguments,
                       const struct entry_filter *filter, const struct report *report) {
    const struct page_of page = {report, client_zone(client), option_given(arguments, "booklet")};
    if (option_given(arguments, "json"))
        return print_report_json(report, filter);
    if (option_given(arguments, "html"))
        return save_page(option_value(arguments, "html"), &page);
    if (option_given(arguments, "open"))
        return open_page(&page);
    return print_text_report(report, option_given(arguments, "ascii"));
}

int verb_report(struct client *client, const struct arguments *arguments) {
    struct entry_filter filter = {.theme = THEME_NONE};
    struct report report = {.calendar = option_given(arguments, "calendar")};
    int outcome = check_options(arguments);
    if (outcome == OUTCOME_DONE)
        outcome = read_range(client, arguments, &filter, &report);
    if (outcome == OUTCOME_DONE)
        outcome = read_report(&filter, &report);
    if (outcome == OUTCOME_DONE)
        outcome = give_report(client, arguments, &filter, &report);
    report_done(&report);
    return outcome;
}
