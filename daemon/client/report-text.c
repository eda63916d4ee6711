/* A row is a label, a picture and a sentence side by side; where a line has no room for that, below each
 * other. Pictures are drawn of characters that a monospaced font has in one width. */
#include "daemon/client/report-text.h"

#include "daemon/core/translate.h"

#define INDENT         2
#define GAP            2
#define PICTURE_WIDTH  20 /* of all but days, which take one column each */
#define SENTENCE_WIDTH 24 /* less is no place for a sentence: it then stands below */
#define NEWEST         12 /* own lines; the journal has the rest */
#define EIGHTHS        8

/* What pictures are drawn with. */
struct brush {
    const char *eighths[EIGHTHS + 1]; /* of a bar's last column; the last is a whole one */
    const char *full, *empty;         /* marks */
    const char *off, *within, *point; /* a range */
    const char *day, *other_day;
};

static const struct brush blocks = {
    {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}, "■", "□", "·", "━", "●", "●", "·"};
static const struct brush letters = {
    {"", "", "", "", "#", "#", "#", "#", "#"}, "#", "o", ".", "=", "O", "O", "."};

struct page {
    FILE *file;
    const struct brush *brush;
    size_t width;
    size_t label_width; /* the widest of the section */
};

static void put_times(FILE *file, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        fputs(text, file);
}

/* --- Pictures: each gives the columns it took ------------------------------------------------- */

static size_t draw_bar(const struct page *page, const struct picture *picture) {
    size_t eighths = (size_t)((uint64_t)picture->value * PICTURE_WIDTH * EIGHTHS / MAX_OF(picture->of, 1U));
    const char *last = page->brush->eighths[eighths % EIGHTHS];
    size_t whole = eighths / EIGHTHS;
    if (whole == 0 && !*last) /* too little to draw is still something */
        last = *page->brush->eighths[1] ? page->brush->eighths[1] : page->brush->eighths[EIGHTHS];
    put_times(page->file, page->brush->eighths[EIGHTHS], whole);
    fputs(last, page->file);
    return whole + (*last ? 1 : 0);
}

static size_t draw_marks(const struct page *page, const struct picture *picture) {
    put_times(page->file, page->brush->full, picture->value);
    put_times(page->file, page->brush->empty, picture->of - picture->value);
    return picture->of;
}

static size_t column_of(uint32_t percent) {
    return (size_t)(percent * (PICTURE_WIDTH - 1) + 50) / 100;
}

static size_t draw_range(const struct page *page, const struct picture *picture) {
    size_t low = column_of(picture->low), high = column_of(picture->high), point = column_of(picture->value);
    for (size_t i = 0; i < PICTURE_WIDTH; i++)
        fputs(i == point              ? page->brush->point
              : i >= low && i <= high ? page->brush->within
                                      : page->brush->off,
              page->file);
    return PICTURE_WIDTH;
}

static size_t draw_days(const struct page *page, const struct picture *picture) {
    for (uint32_t day = 0; day < picture->of; day++)
        fputs(picture->days >> day & 1 ? page->brush->day : page->brush->other_day, page->file);
    return picture->of;
}

static size_t draw(const struct page *page, const struct picture *picture) {
    switch (picture->kind) {
    case PICTURE_BAR:
        return draw_bar(page, picture);
    case PICTURE_MARKS:
        return draw_marks(page, picture);
    case PICTURE_RANGE:
        return draw_range(page, picture);
    case PICTURE_DAYS:
        break;
    }
    return draw_days(page, picture);
}

/* --- Rows ------------------------------------------------------------------------------------- */

static size_t picture_width(const struct picture *picture) {
    return picture->kind == PICTURE_DAYS ? 31 : PICTURE_WIDTH;
}

static void print_beside(const struct page *page, const struct row *row, size_t column) {
    size_t pad = page->label_width - text_width(row->label) + GAP;
    fprintf(page->file, "%*s%s%*s", INDENT, "", row->label, (int)pad, "");
    size_t drawn = INDENT + page->label_width + GAP + draw(page, &row->picture);
    if (*row->sentence) {
        fprintf(page->file, "%*s", (int)(column - drawn), "");
        print_text(page->file, column, column, row->sentence);
    } else
        fputc('\n', page->file);
}

static void print_below(const struct page *page, const struct row *row) {
    fprintf(page->file, "%s\n", row->label);
    if (INDENT + picture_width(&row->picture) <= page->width) {
        fprintf(page->file, "%*s", INDENT, "");
        draw(page, &row->picture);
        fputc('\n', page->file);
    }
    if (*row->sentence)
        print_text(page->file, 0, INDENT, row->sentence);
}

static void print_rows(struct page *page, const struct section *section) {
    page->label_width = 0;
    for (size_t i = 0; i < section->n_rows; i++)
        page->label_width = MAX_OF(page->label_width, text_width(section->rows[i].label));
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct row *row = &section->rows[i];
        size_t column = INDENT + page->label_width + GAP + picture_width(&row->picture) + GAP;
        if (column + SENTENCE_WIDTH <= page->width)
            print_beside(page, row, column);
        else
            print_below(page, row);
    }
}

static void print_section(struct page *page, const struct section *section) {
    fputs("\n\n", page->file);
    print_text(page->file, 0, 0, section->heading);
    fputc('\n', page->file);
    print_text(page->file, 0, 0, section->nothing ? section->nothing : section->about);
    if (section->n_rows > 0)
        fputc('\n', page->file);
    print_rows(page, section);
}

/* --- Own words -------------------------------------------------------------------------------- */

static void print_more(const struct report *report, FILE *file) {
    int32_t year;
    int month, day;
    char more[160];
    civil_from_days(report->first_day, &year, &month, &day);
    snprintf(more, sizeof more,
             _("These are the newest. kindly journal --notes --since %04d-%02d-%02d has more."), (int)year,
             month, day);
    fputc('\n', file);
    print_text(file, 0, 0, more);
}

static void print_lines(const struct report *report, FILE *file) {
    fputc('\n', file);
    print_text(file, 0, 0, report_words_heading());
    if (report->n_lines == 0) {
        fputc('\n', file);
        print_text(file, 0, 0, report_no_words());
    }
    for (size_t i = report->n_lines > NEWEST ? report->n_lines - NEWEST : 0; i < report->n_lines; i++) {
        char time[LINE_TIME_SIZE];
        fputc('\n', file);
        print_text(file, 0, 0, line_time(&report->lines[i], time));
        print_text(file, 0, INDENT, report->lines[i].note);
    }
    if (report->n_lines > NEWEST)
        print_more(report, file);
}

int report_print(const struct report *report, bool ascii, FILE *file) {
    char range[REPORT_RANGE_SIZE];
    struct page page = {.file = file, .brush = ascii ? &letters : &blocks, .width = line_width(file)};
    print_text(file, 0, 0, report_title());
    print_text(file, 0, 0, report_range(report, range));
    print_lines(report, file);
    for (enum part part = 0; part < PART_COUNT; part++) {
        struct section section;
        int r = section_build(report, part, &section);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        print_section(&page, &section);
        section_done(&section);
    }
    return 0;
}
