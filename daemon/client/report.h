/* The report: a person's own words, then what can fairly be said in numbers (figures.h), as sections of rows,
 * each with a sentence and a picture. Read once from the journal, then printed by report-text.h or
 * report-html.h; the words of both stand in report.c. */
#pragma once

#include "daemon/client/figures.h"
#include "daemon/client/words.h"

/* A line of the person's own, and the prompt that it answers. */
struct own_line {
    struct uuid id;
    usec_t time_usec;
    int32_t offset_sec;
    enum theme theme;
    bool keep;
    char *note;
    char *prompt; /* NULL: a line by itself */
};

struct report {
    struct own_line *lines; /* oldest first */
    size_t n_lines, lines_capacity;
    struct figures figures;
    int32_t first_day, last_day; /* the dates it is about */
    bool last_year;              /* these were not asked for */
    bool calendar;               /* with the calendar and the times of day */
};

void report_done(struct report *report);

/* An entry_visitor; `userdata` is the report. -ENOMEM. */
int report_add(void *userdata, const struct entry *entry);

/* Numbers to draw. */
struct picture {
    enum { PICTURE_BAR, PICTURE_MARKS, PICTURE_RANGE, PICTURE_DAYS } kind;
    uint32_t value,
        of; /* a bar's length; the full marks among all, fewer than FIGURES_ENOUGH; percent of 100 */
    uint32_t low, high; /* RANGE: percent */
    uint32_t days;      /* DAYS: bit 0 is the 1st of a month with `of` days */
};

struct row {
    char label[96];
    char sentence[256]; /* says all that the picture shows */
    struct picture picture;
};

enum part { PART_THEMES, PART_HELPFUL, PART_CALENDAR, PART_HOURS, PART_COUNT };

struct section {
    const char *heading, *about; /* static; these and all words are in the person's language */
    const char *nothing;         /* instead of rows; NULL when there are some */
    const char *labels;          /* what the labels are: "Theme" */
    struct row *rows;
    size_t n_rows, rows_capacity;
};

void section_done(struct section *section);

/* 1: the part; 0: it was not asked for; -ENOMEM. */
int section_build(const struct report *report, enum part part, struct section *ret);

/* Sentences and headings around them; static. */
const char *report_title(void);
const char *report_words_heading(void);
const char *report_no_words(void);
const char *report_prompt(void);   /* before the text of a prompt */
const char *report_kept(void);     /* of a line that comes back */
const char *report_in_words(void); /* heads a column of sentences */
const char *report_contents(void); /* names the list of headings */
const char *report_support(void);

/* When and where a page was made; `day` is a local date. */
#define REPORT_MADE_SIZE 256
const char *report_made(int32_t day, char buffer[REPORT_MADE_SIZE]);

/* "The last year, from 25 November 2025 to 25 November 2026." */
#define REPORT_RANGE_SIZE 160
const char *report_range(const struct report *report, char buffer[REPORT_RANGE_SIZE]);

/* "Monday 23 November 2026, 10:32" */
#define LINE_TIME_SIZE (DAY_WORDS_SIZE + 32)
const char *line_time(const struct own_line *line, char buffer[LINE_TIME_SIZE]);
