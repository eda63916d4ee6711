/* Everything a report says in its own words stands here. Sentences are whole; a number with a noun has two
 * forms. Themes stay in their order: they are not ranked. */
#include "daemon/client/report.h"

#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/core/zone.h"

void report_done(struct report *report) {
    for (size_t i = 0; i < report->n_lines; i++) {
        free(report->lines[i].note);
        free(report->lines[i].prompt);
    }
    free(report->lines);
    figures_done(&report->figures);
    *report = (struct report){};
}

static int add_line(struct report *report, const struct entry *entry) {
    int r =
        array_reserve(&report->lines, &report->lines_capacity, report->n_lines + 1, sizeof *report->lines);
    if (r < 0)
        return r;
    struct own_line *line = &report->lines[report->n_lines++];
    *line = (struct own_line){
        .id = entry->id,
        .time_usec = entry->time_usec,
        .offset_sec = entry->offset_sec,
        .theme = entry->theme,
        .keep = entry->keep,
        .note = strdup(entry->note),
        .prompt = *entry->text ? strdup(entry->text) : NULL,
    };
    return line->note && (line->prompt || !*entry->text) ? 0 : -ENOMEM;
}

int report_add(void *userdata, const struct entry *entry) {
    struct report *report = userdata;
    int r = *entry->note && !streq(entry->state, "forgotten") ? add_line(report, entry) : 0;
    return r < 0 ? r : figures_add(&report->figures, entry);
}

/* --- Words ------------------------------------------------------------------------------------ */

const char *report_title(void) {
    return _("Your journal");
}

const char *report_words_heading(void) {
    return _("In your own words");
}

const char *report_no_words(void) {
    return _("There is no line of your own in this time. That is fine.");
}

const char *report_prompt(void) {
    return _("The prompt:");
}

const char *report_kept(void) {
    return _("A line you kept: it comes back some day.");
}

const char *report_in_words(void) {
    return _("In words");
}

const char *report_contents(void) {
    return _("On this page");
}

const char *report_support(void) {
    return _("kindly is not treatment, and not for emergencies. If you would like to talk with someone, "
             "findahelpline.com lists people who listen, and \"Support\" in the menu has your own line.");
}

const char *report_made(int32_t day, char buffer[REPORT_MADE_SIZE]) {
    char date[FULL_DATE_WORDS_SIZE];
    snprintf(
        buffer, REPORT_MADE_SIZE,
        _("Made on this computer on %s. It loads nothing and sends nothing; whoever can open this file can "
          "read it."),
        full_date_words(day, date));
    return buffer;
}

const char *report_range(const struct report *report, char buffer[REPORT_RANGE_SIZE]) {
    char first[FULL_DATE_WORDS_SIZE], last[FULL_DATE_WORDS_SIZE];
    full_date_words(report->first_day, first);
    full_date_words(report->last_day, last);
    snprintf(buffer, REPORT_RANGE_SIZE,
             report->last_year ? _("The last year, from %s to %s.") : _("From %s to %s."), first, last);
    return buffer;
}

const char *line_time(const struct own_line *line, char buffer[LINE_TIME_SIZE]) {
    char day[DAY_WORDS_SIZE];
    int32_t second;
    day_words(figures_day(line->time_usec, line->offset_sec, &second), day);
    snprintf(buffer, LINE_TIME_SIZE, _("%s, %02d:%02d"), day, (int)(second / 3600), (int)(second / 60 % 60));
    return buffer;
}

/* As headings of rows. */
static const char *const theme_headings[THEME_COUNT] = {
    [THEME_KINDNESS] = NC_("heading", "Kindness"),       [THEME_ACCEPTANCE] = NC_("heading", "Acceptance"),
    [THEME_HUMANITY] = NC_("heading", "Being human"),    [THEME_NOTICING] = NC_("heading", "Noticing"),
    [THEME_FRIEND] = NC_("heading", "A friend's view"),  [THEME_CARE] = NC_("heading", "Care"),
    [THEME_IMAGE] = NC_("heading", "Self-image"),        [THEME_RESPECT] = NC_("heading", "Self-respect"),
    [THEME_FORGIVENESS] = NC_("heading", "Forgiveness"), [THEME_PATIENCE] = NC_("heading", "Patience"),
    [THEME_OWN] = NC_("heading", "Your own lines"),
};

_Static_assert(FIGURES_ENOUGH == 20, "sentences below say so");

static const struct {
    const char *heading, *about, *nothing, *labels;
} parts[PART_COUNT] = {
    [PART_THEMES] = {N_("What the prompts were about"),
                     N_("How often each theme was shown. It says what came, not how you did."),
                     N_("Fewer than 20 prompts were shown in this time: too few for a picture."),
                     NC_("heading", "Theme")},
    [PART_HELPFUL] =
        {N_("What you marked as helpful"),
         N_("Only prompts that you marked helpful, okay or not for you are in it. Letting one pass "
            "says nothing, and is not counted."),
         N_("Nothing was marked in this time, and nothing needs to be."), NC_("heading", "Theme")},
    [PART_CALENDAR] =
        {N_("Days with a moment"),
         N_("A mark is a day on which you answered or wrote something, whatever it was. The others "
            "are days like any other."),
         N_("There is no answer and no line in this time. That is fine."), NC_("heading", "Month")},
    [PART_HOURS] = {N_("When prompts arrived"),
                    N_("By the hour in which they came, on the clock of the place where you were."),
                    N_("No prompt of the schedule was shown in this time."), NC_("heading", "Hour")},
};

/* --- Sections --------------------------------------------------------------------------------- */

void section_done(struct section *section) {
    free(section->rows);
    *section = (struct section){};
}

/* Zeroed; NULL: no memory. */
static struct row *add_row(struct section *section, const char *label, struct picture picture) {
    int r =
        array_reserve(&section->rows, &section->rows_capacity, section->n_rows + 1, sizeof *section->rows);
    if (r < 0)
        return NULL;
    struct row *row = &section->rows[section->n_rows++];
    *row = (struct row){.picture = picture};
    snprintf(row->label, sizeof row->label, "%s", label);
    return row;
}

static int add_themes(const struct report *report, struct section *section) {
    const struct figures *figures = &report->figures;
    uint32_t most = 0;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        most = MAX_OF(most, figures->themes[theme].shown);
    for (enum theme theme = 0; theme < THEME_COUNT && figures->shown >= FIGURES_ENOUGH; theme++) {
        uint32_t n = figures->themes[theme].shown;
        if (n == 0)
            continue;
        struct row *row = add_row(section, translate_in_context(theme_headings[theme]),
                                  (struct picture){.kind = PICTURE_BAR, .value = n, .of = most});
        if (!row)
            return -ENOMEM;
        snprintf(row->sentence, sizeof row->sentence, TRANSLATE_COUNT("Shown %u time.", "Shown %u times.", n),
                 n);
    }
    return 0;
}

static struct picture picture_helpful(uint32_t helpful, uint32_t marked) {
    if (marked < FIGURES_ENOUGH)
        return (struct picture){.kind = PICTURE_MARKS, .value = helpful, .of = marked};
    struct picture picture = {.kind = PICTURE_RANGE, .value = (200 * helpful / marked + 1) / 2, .of = 100};
    figures_interval(helpful, marked, &picture.low, &picture.high);
    return picture;
}

static int add_helpful(const struct report *report, struct section *section) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        uint32_t helpful = report->figures.themes[theme].helpful,
                 marked = report->figures.themes[theme].marked;
        if (marked == 0)
            continue;
        struct row *row =
            add_row(section, translate_in_context(theme_headings[theme]), picture_helpful(helpful, marked));
        if (!row)
            return -ENOMEM;
        if (marked < FIGURES_ENOUGH)
            snprintf(row->sentence, sizeof row->sentence,
                     _("You marked %1$u of %2$u as helpful; too few to say more."), helpful, marked);
        else
            snprintf(row->sentence, sizeof row->sentence,
                     _("You marked %1$u of %2$u as helpful: roughly, between %3$u and %4$u in 100."), helpful,
                     marked, row->picture.low, row->picture.high);
    }
    return 0;
}

/* "1, 5-7, 12" of the bits set. */
static void list_days(uint32_t days, char *buffer, size_t size) {
    size_t length = 0;
    *buffer = '\0';
    for (int day = 1; day <= 31; day++) {
        int last = day;
        while (last <= 31 && days >> (last - 1) & 1)
            last++;
        if (last == day)
            continue;
        const char *comma = length > 0 ? _(", ") : "";
        const char *between = last - 1 == day ? "" : last - 2 == day ? _(", ") : "-";
        int n = *between ? snprintf(buffer + length, size - length, "%s%d%s%d", comma, day, between, last - 1)
                         : snprintf(buffer + length, size - length, "%s%d", comma, day);
        length += (size_t)MAX_OF(n, 0);
        day = last - 1;
    }
}

/* From the month of the first day with a moment to that of the last. */
static int add_calendar(const struct report *report, struct section *section) {
    const struct figures *figures = &report->figures;
    if (figures->n_days == 0)
        return 0;
    int32_t year, last_year;
    int month, last_month, day;
    civil_from_days(figures->days[0], &year, &month, &day);
    civil_from_days(figures->days[figures->n_days - 1], &last_year, &last_month, &day);
    while (year < last_year || (year == last_year && month <= last_month)) {
        char label[MONTH_WORDS_SIZE];
        struct row *row = add_row(section, month_words(year, month, label),
                                  (struct picture){.kind = PICTURE_DAYS,
                                                   .of = (uint32_t)days_in_month(year, month),
                                                   .days = figures_month(figures, year, month)});
        if (!row)
            return -ENOMEM;
        list_days(row->picture.days, row->sentence, sizeof row->sentence);
        year += month == 12;
        month = month % 12 + 1;
    }
    return 0;
}

static int add_hours(const struct report *report, struct section *section) {
    uint32_t most = 0;
    for (int hour = 0; hour < HOURS_OF_A_DAY; hour++)
        most = MAX_OF(most, report->figures.hours[hour]);
    for (int hour = 0; hour < HOURS_OF_A_DAY; hour++) {
        uint32_t n = report->figures.hours[hour];
        if (n == 0)
            continue;
        char label[32];
        snprintf(label, sizeof label, "%02d:00", hour);
        struct row *row =
            add_row(section, label, (struct picture){.kind = PICTURE_BAR, .value = n, .of = most});
        if (!row)
            return -ENOMEM;
        snprintf(row->sentence, sizeof row->sentence, TRANSLATE_COUNT("%u prompt.", "%u prompts.", n), n);
    }
    return 0;
}

int section_build(const struct report *report, enum part part, struct section *ret) {
    static int (*const add[PART_COUNT])(const struct report *report, struct section *section) = {
        [PART_THEMES] = add_themes,
        [PART_HELPFUL] = add_helpful,
        [PART_CALENDAR] = add_calendar,
        [PART_HOURS] = add_hours,
    };
    if ((part == PART_CALENDAR || part == PART_HOURS) && !report->calendar)
        return 0;
    struct section section = {
        .heading = _(parts[part].heading),
        .about = _(parts[part].about),
        .labels = translate_in_context(parts[part].labels),
    };
    int r = add[part](report, &section);
    if (r < 0) {
        section_done(&section);
        return r;
    }
    if (section.n_rows == 0)
        section.nothing = _(parts[part].nothing);
    *ret = section;
    return 1;
}
