/* What a person wrote goes through put_text() alone: no byte of it can begin a tag, end one, or be a
 * character that XML forbids. Each paragraph is a block whose direction its own first letters say, so that
 * none turns another around.
 *
 * A picture stands in the cell of a table beside a sentence that says the same; it is hidden from screen
 * readers, and rests on length, shape and place, not on colour. */
#include "daemon/client/report-html.h"

#include "daemon/core/translate.h"

/* No request can leave the page, whatever a browser or a mistake of ours would do. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

static const char style[] =
    ":root{color-scheme:light "
    "dark;--paper:#fbf8f2;--ink:#2d2823;--soft:#665d53;--line:#e3dacd;--full:#3d7565;"
    "--pale:#bcd6cc}\n"
    "@media (prefers-color-scheme:dark){:root{--paper:#1c1a18;--ink:#ebe4da;--soft:#b3a99c;--line:#3a352f;"
    "--full:#8cc4b1;--pale:#3f5f55}}\n"
    "@media (forced-colors:active){:root{--full:CanvasText;--pale:GrayText;--line:CanvasText}}\n"
    "@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--full:#333;"
    "--pale:#bbb}nav{display:none}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}\n"
    "header,main,footer{max-width:42rem;margin:0 auto;padding:0 clamp(1.25rem,5vw,2.5rem)}\n"
    "header{padding-top:clamp(2.5rem,9vw,5rem)}\n"
    "h1,h2,h3{font-family:Charter,'Bitstream Charter','Source Serif 4',Georgia,serif;font-weight:600;"
    "line-height:1.25;text-wrap:balance;break-after:avoid}\n"
    "h1{font-size:clamp(2rem,7vw,2.75rem);margin:0 0 .5rem}\n"
    "h2{font-size:1.6rem;margin:4.5rem 0 .75rem}\n"
    "h3{font-size:1.05rem;color:var(--soft);margin:3rem 0 0;padding-bottom:.4rem;"
    "border-bottom:1px solid var(--line)}\n"
    "p{margin:0 0 .75rem;overflow-wrap:anywhere}\n"
    "header p,.about,footer{color:var(--soft)}header p{text-wrap:balance}\n"
    "nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:1.5rem 0 0;padding:0}\n"
    "a{color:var(--full);text-underline-offset:.2em;display:inline-block;padding:.3rem 0}\n"
    "a:focus-visible{outline:2px solid var(--full);outline-offset:3px}\n"
    "article{margin:1.75rem 0 0;break-inside:avoid}\n"
    "article.long{break-inside:auto}\n"
    ".when,.asked{font-size:.9rem;color:var(--soft);margin:0}\n"
    ".own{font:1.2rem/1.6 Charter,'Bitstream Charter','Source Serif 4',Georgia,serif;margin:.25rem 0 "
    ".35rem}\n"
    ".own p{margin:0 0 .6rem;orphans:2;widows:2}\n"
    "table{border-collapse:collapse;width:100%;margin:1.25rem 0 0}\n"
    "caption,.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
    "white-space:nowrap}\n"
    "th{font-weight:500;text-align:start;vertical-align:top;width:9.5rem;padding:.55rem 1rem .55rem 0}\n"
    "td{vertical-align:top;padding:.55rem 0}\n"
    "tbody tr{border-top:1px solid var(--line);break-inside:avoid}\n"
    "td div{display:flex;flex-wrap:wrap;align-items:flex-start;gap:.15rem 1.25rem}\n"
    "td span{flex:1 1 14rem}\n"
    "svg{flex:none;display:block;margin-top:.35rem}\n"
    ".full{fill:var(--full)}.pale{fill:var(--pale)}.ring{fill:none;stroke:var(--full);stroke-width:1.2}\n"
    ".point{fill:var(--full);stroke:var(--paper);stroke-width:2}.dot{fill:var(--soft)}\n"
    "footer{font-size:.9rem;margin-top:5rem;padding-top:1.25rem;padding-bottom:3rem}\n"
    "@media print{body{font-size:10.5pt}.own{font-size:11.5pt}header{padding-top:0}h2{margin-top:3rem}"
    ".about{break-after:avoid}footer{break-inside:avoid;margin-top:3rem;padding-bottom:0}}\n"
    "@media (max-width:34rem){th{width:7rem;padding-right:.75rem}}\n"
    "@page{margin:2cm}\n";

/* After the other one. */
static const char booklet_style[] =
    "@page{size:A5;margin:1.8cm 1.6cm 2cm}\n"
    "main{padding-bottom:4rem}h2{margin-top:3rem}article{margin-top:2.25rem}\n"
    "@media print{header{height:14cm;padding-top:5cm;text-align:center;"
    "break-after:page}h2{margin-top:2.5rem}h2:first-child{margin-top:0}"
    "footer{display:none}}\n";

/* --- Text ------------------------------------------------------------------------------------- */

/* Characters that are none, in Unicode and in XML. */
static bool is_noncharacter(uint32_t code) {
    return (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

/* What stands for a character on a page; NULL: itself. */
static const char *replacement(const struct character *c, const char *before) {
    switch (c->code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\n':
        return " ";
    default:
        return is_noncharacter(c->code) ? "?" : c->bytes != before ? c->bytes : NULL;
    }
}

static void put_bytes(FILE *file, const char *text, size_t size) {
    const char *end = text + size, *run = text, *before = text;
    for (struct character c; before < end && take_character(&text, &c); before = text) {
        const char *instead = replacement(&c, before);
        if (!instead)
            continue;
        fwrite(run, 1, (size_t)(before - run), file);
        fputs(instead, file);
        run = text;
    }
    fwrite(run, 1, (size_t)(before - run), file);
}

/* On one line. */
static void put_text(FILE *file, const char *text) {
    put_bytes(file, text, strlen(text));
}

static void put_element(FILE *file, const char *name, const char *text) {
    fprintf(file, "<%s>", name);
    put_text(file, text);
    fprintf(file, "</%.*s>\n", (int)strcspn(name, " "), name);
}

/* Line breaks stay; an empty line ends a paragraph. */
static void put_paragraphs(FILE *file, const char *text) {
    static const char line_end[] = "\r\n";
    text += strspn(text, line_end);
    while (*text) {
        fputs("<p dir=\"auto\">", file);
        for (;;) {
            size_t size = strcspn(text, line_end), breaks = 0;
            put_bytes(file, text, size);
            for (text += size; *text == '\n' || *text == '\r'; text++)
                breaks += *text == '\n';
            if (breaks > 1 || *text == '\0')
                break;
            fputs("<br/>", file);
        }
        fputs("</p>\n", file);
    }
}

/* --- Pictures --------------------------------------------------------------------------------- */

#define PICTURE_WIDTH 190
#define MIDDLE        8 /* of their height */
#define MARK_STEP     10
#define DAY_STEP      6

static void open_svg(FILE *file, unsigned width) {
    fprintf(file, "<svg width=\"%u\" height=\"%d\" viewBox=\"0 0 %u %d\" aria-hidden=\"true\">", width,
            2 * MIDDLE, width, 2 * MIDDLE);
}

static void draw_bar(FILE *file, const struct picture *picture) {
    double length = (double)picture->value * PICTURE_WIDTH / MAX_OF(picture->of, 1U);
    open_svg(file, PICTURE_WIDTH);
    fprintf(file, "<rect class=\"full\" y=\"%d\" width=\"%.1f\" height=\"10\" rx=\"2\"/>", MIDDLE - 5,
            MAX_OF(length, 1.0));
}

static void draw_marks(FILE *file, const struct picture *picture) {
    open_svg(file, PICTURE_WIDTH);
    for (uint32_t i = 0; i < picture->of; i++)
        fprintf(file, "<circle class=\"%s\" cx=\"%u\" cy=\"%d\" r=\"%s\"/>",
                i < picture->value ? "full" : "ring", i * MARK_STEP + 5, MIDDLE,
                i < picture->value ? "4" : "3.4");
}

static void draw_range(FILE *file, const struct picture *picture) {
    static const unsigned edge = 7, length = PICTURE_WIDTH - 2 * 7;
    unsigned low = edge + picture->low * length / 100, high = edge + picture->high * length / 100;
    open_svg(file, PICTURE_WIDTH);
    fprintf(file, "<rect class=\"dot\" y=\"%d\" width=\"%d\" height=\"1\"/>", MIDDLE, PICTURE_WIDTH);
    fprintf(file, "<rect class=\"pale\" x=\"%u\" y=\"%d\" width=\"%u\" height=\"9\" rx=\"4.5\"/>", low,
            MIDDLE - 4, high - low);
    fprintf(file, "<circle class=\"point\" cx=\"%u\" cy=\"%d.5\" r=\"5\"/>",
            edge + picture->value * length / 100, MIDDLE);
}

static void draw_days(FILE *file, const struct picture *picture) {
    open_svg(file, 31 * DAY_STEP);
    for (uint32_t day = 0; day < picture->of; day++)
        if (picture->days >> day & 1)
            fprintf(file, "<rect class=\"full\" x=\"%u\" y=\"%d\" width=\"5\" height=\"10\" rx=\"1.5\"/>",
                    day * DAY_STEP, MIDDLE - 5);
        else
            fprintf(file, "<circle class=\"dot\" cx=\"%u.5\" cy=\"%d\" r=\"1\"/>", day * DAY_STEP + 2,
                    MIDDLE);
}

static void draw(FILE *file, const struct picture *picture) {
    switch (picture->kind) {
    case PICTURE_BAR:
        draw_bar(file, picture);
        break;
    case PICTURE_MARKS:
        draw_marks(file, picture);
        break;
    case PICTURE_RANGE:
        draw_range(file, picture);
        break;
    case PICTURE_DAYS:
        draw_days(file, picture);
        break;
    }
    fputs("</svg>", file);
}

/* --- Sections --------------------------------------------------------------------------------- */

static const char *const part_ids[PART_COUNT] = {
    [PART_THEMES] = "themes", [PART_HELPFUL] = "helpful", [PART_CALENDAR] = "days", [PART_HOURS] = "hours"};

static void put_table(FILE *file, const struct section *section) {
    fputs("<table>\n", file);
    put_element(file, "caption", section->heading);
    fputs("<thead class=\"hidden\"><tr><th scope=\"col\">", file);
    put_text(file, section->labels);
    fputs("</th><th scope=\"col\">", file);
    put_text(file, report_in_words());
    fputs("</th></tr></thead>\n<tbody>\n", file);
    for (size_t i = 0; i < section->n_rows; i++) {
        fputs("<tr><th scope=\"row\">", file);
        put_text(file, section->rows[i].label);
        fputs("</th><td><div>", file);
        draw(file, &section->rows[i].picture);
        fputs("<span>", file);
        put_text(file, section->rows[i].sentence);
        fputs("</span></div></td></tr>\n", file);
    }
    fputs("</tbody>\n</table>\n", file);
}

static void put_section(FILE *file, enum part part, const struct section *section) {
    fprintf(file, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", part_ids[part], part_ids[part]);
    put_text(file, section->heading);
    fputs("</h2>\n", file);
    put_element(file, "p class=\"about\"", section->nothing ? section->nothing : section->about);
    if (section->n_rows > 0)
        put_table(file, section);
    fputs("</section>\n", file);
}

static int put_sections(const struct report *report, FILE *file) {
    for (enum part part = 0; part < PART_COUNT; part++) {
        struct section section;
        int r = section_build(report, part, &section);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        put_section(file, part, &section);
        section_done(&section);
    }
    return 0;
}

static int put_links(const struct report *report, FILE *file) {
    fputs("<nav aria-label=\"", file);
    put_text(file, report_contents());
    fputs("\">\n<ul>\n<li><a href=\"#words\">", file);
    put_text(file, report_words_heading());
    fputs("</a></li>\n", file);
    for (enum part part = 0; part < PART_COUNT; part++) {
        struct section section;
        int r = section_build(report, part, &section);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        fprintf(file, "<li><a href=\"#%s\">", part_ids[part]);
        put_text(file, section.heading);
        fputs("</a></li>\n", file);
        section_done(&section);
    }
    fputs("</ul>\n</nav>\n", file);
    return 0;
}

/* --- Own words -------------------------------------------------------------------------------- */

#define LONG_LINE 1200 /* bytes that may take more than half a page: these may be broken between two */

static void put_time(FILE *file, const struct own_line *line) {
    char words[LINE_TIME_SIZE];
    int32_t second, year, day = figures_day(line->time_usec, line->offset_sec, &second);
    int month, day_of_month;
    civil_from_days(day, &year, &month, &day_of_month);
    fprintf(file, "<time datetime=\"%04d-%02d-%02dT%02d:%02d\">", (int)year, month, day_of_month,
            (int)(second / 3600), (int)(second / 60 % 60));
    put_text(file, line_time(line, words));
    fputs("</time>", file);
}

static void put_line(FILE *file, const struct own_line *line, bool booklet) {
    fprintf(file, "<article%s>\n<p class=\"when\">", strlen(line->note) > LONG_LINE ? " class=\"long\"" : "");
    put_time(file, line);
    fputs("</p>\n<div class=\"own\">\n", file);
    put_paragraphs(file, line->note);
    fputs("</div>\n", file);
    if (line->prompt && !booklet) {
        fputs("<p class=\"asked\">", file);
        put_text(file, report_prompt());
        fputs(" <bdi>", file);
        put_text(file, _(line->prompt)); /* some are ours, not a deck's */
        fputs("</bdi></p>\n", file);
    }
    if (line->keep && !booklet)
        put_element(file, "p class=\"asked\"", report_kept());
    fputs("</article>\n", file);
}

/* By month. The months of a page stand below its heading, those of a booklet by themselves. */
static void put_lines(const struct report *report, bool booklet, FILE *file) {
    const char *level = booklet ? "h2" : "h3";
    int32_t last_year = -1;
    int last_month = 0;
    for (size_t i = 0; i < report->n_lines; i++) {
        const struct own_line *line = &report->lines[i];
        int32_t second, year;
        int month, day;
        civil_from_days(figures_day(line->time_usec, line->offset_sec, &second), &year, &month, &day);
        if (year != last_year || month != last_month) {
            char words[MONTH_WORDS_SIZE];
            put_element(file, level, month_words(year, month, words));
        }
        last_year = year;
        last_month = month;
        put_line(file, line, booklet);
    }
    if (report->n_lines > 0)
        return;
    put_element(file, "p class=\"about\"", report_no_words());
}

/* --- The page --------------------------------------------------------------------------------- */

/* Ours says which it is; where there is no catalogue, texts are English. */
static const char *language_of_page(void) {
    return translate_in_context(NC_("language of the texts, for HTML", "en"));
}

static void put_head(const struct report *report, bool booklet, FILE *file) {
    char range[REPORT_RANGE_SIZE];
    const char *title = booklet ? report_words_heading() : report_title();
    fprintf(file, "<!DOCTYPE html>\n<html lang=\"%s\">\n", language_of_page());
    fputs("<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\"/>\n"
          "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
          file);
    put_text(file, title);
    fprintf(file, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<header>\n", style,
            booklet ? booklet_style : "");
    put_element(file, "h1", title);
    put_element(file, "p", report_range(report, range));
}

static void put_foot(usec_t now_usec, int32_t offset_sec, FILE *file) {
    char made[REPORT_MADE_SIZE];
    int32_t second;
    fputs("</main>\n<footer>\n", file);
    put_element(file, "p", report_made(figures_day(now_usec, offset_sec, &second), made));
    put_element(file, "p", report_support());
    fputs("</footer>\n</body>\n</html>\n", file);
}

int report_write_html(const struct report *report, bool booklet, usec_t now_usec, int32_t offset_sec,
                      FILE *file) {
    put_head(report, booklet, file);
    int r = booklet ? 0 : put_links(report, file);
    fputs("</header>\n<main>\n", file);
    if (!booklet) {
        fputs("<section aria-labelledby=\"words\">\n<h2 id=\"words\">", file);
        put_text(file, report_words_heading());
        fputs("</h2>\n", file);
    }
    put_lines(report, booklet, file);
    if (!booklet) {
        fputs("</section>\n", file);
        if (r >= 0)
            r = put_sections(report, file);
    }
    put_foot(now_usec, offset_sec, file);
    return r;
}
