/* Texts are the person's and may hold anything: in Markdown whatever could be taken for markup is escaped, so
 * that it reads as it was written. */
#include "daemon/client/diary.h"

#include <stdio.h>

#include "daemon/client/words.h"
#include "daemon/core/choice.h"
#include "daemon/core/translate.h"
#include "daemon/store/journal.h"

/* What a state says beyond the answer. */
static const struct {
    const char *state, *words;
} state_words[] = {
    {"open", NC_("outcome", "Still open")},
    {"dismissed", NC_("outcome", "Put away")},
    {"seen", NC_("outcome", "Put away")},
};

static const char *words_of_state(const char *state) {
    for (size_t i = 0; i < ELEMENTSOF(state_words); i++)
        if (streq(state_words[i].state, state))
            return translate_in_context(state_words[i].words);
    return "";
}

/* Prompts have a theme; what kindly itself says has an id of its own. */
static bool is_practice(const struct happened *happened) {
    return *happened->prompt && !*happened->theme && !strchr(happened->prompt, ':') &&
           !streq(happened->prompt, "hard");
}

/* The answer; of a practice, how far it went: that is as far as it was to go. */
static void answer_words(const struct happened *happened, char *buffer, size_t size) {
    char label[CHOICE_LABEL_SIZE];
    enum choice choice = choice_from_id(happened->choice);
    if (is_practice(happened))
        snprintf(buffer, size, _("A practice, as far as its step %u"), (unsigned)happened->step + 1);
    else
        snprintf(buffer, size, "%s",
                 choice == CHOICE_NONE ? happened->choice : choice_label(choice, NULL, label));
}

const char *outcome_words(const struct happened *happened, char buffer[OUTCOME_WORDS_SIZE]) {
    char answer[160];
    answer_words(happened, answer, sizeof answer);
    const char *parts[] = {
        happened->snoozes > 0 ? translate_in_context(NC_("outcome", "Put off")) : "",
        answer,
        words_of_state(happened->state),
        happened->keep ? translate_in_context(NC_("outcome", "Kept")) : "",
    };
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < ELEMENTSOF(parts) && used < OUTCOME_WORDS_SIZE; i++)
        if (*parts[i])
            used += (size_t)snprintf(buffer + used, OUTCOME_WORDS_SIZE - used, "%s%s", used > 0 ? " · " : "",
                                     parts[i]);
    return buffer;
}

/* "UTC+9", "UTC-3:30". */
static void zone_words(int32_t offset_sec, char *buffer, size_t size) {
    int minutes = abs(offset_sec) / 60;
    int n = snprintf(buffer, size, "UTC%c%d", offset_sec < 0 ? '-' : '+', minutes / 60);
    if (minutes % 60 > 0 && n > 0)
        snprintf(buffer + n, size - (size_t)n, ":%02d", minutes % 60);
}

const char *clock_words(struct client *client, usec_t time_usec, int32_t offset_sec, int32_t *ret_day,
                        char buffer[CLOCK_WORDS_SIZE]) {
    int64_t local = MAX_OF((int64_t)(time_usec / USEC_PER_SEC) + offset_sec, (int64_t)0);
    int second = (int)(local % SECONDS_PER_DAY);
    int32_t offset_here;
    struct civil unused;
    zone_to_civil(client_zone(client), time_usec, &unused, &offset_here, NULL);
    int n = snprintf(buffer, CLOCK_WORDS_SIZE, "%02d:%02d", second / 3600, second / 60 % 60);
    if (offset_here != offset_sec && n > 0) {
        char zone[16];
        zone_words(offset_sec, zone, sizeof zone);
        snprintf(buffer + n, CLOCK_WORDS_SIZE - (size_t)n, " (%s)", zone);
    }
    *ret_day = (int32_t)(local / SECONDS_PER_DAY);
    return buffer;
}

/* --- Markdown --------------------------------------------------------------------------------- */

struct diary {
    struct client *client;
    FILE *stream;
    int32_t day;
};

/* One line, up to `end`. */
static void write_line(FILE *stream, const char *at, const char *end) {
    static const char anywhere[] = "\\`*_[]<>&~", at_start[] = "#+-=|";
    const char *digits = at + strspn(at, "0123456789");
    if (at < end && strchr(at_start, *at))
        fputc('\\', stream);
    for (const char *begin = at; at < end; at++) {
        if (strchr(anywhere, *at) || (at == digits && at > begin && (*at == '.' || *at == ')')))
            fputc('\\', stream);
        if ((uint8_t)*at >= 0x20 && *at != 0x7f)
            fputc(*at, stream);
        else if (*at == '\t')
            fputc(' ', stream);
    }
}

/* Line by line, each after `before`. */
static void write_lines(FILE *stream, const char *before, const char *text) {
    for (;;) {
        const char *end = text + strcspn(text, "\n");
        fputs(before, stream);
        text += strspn(text, " \t") < (size_t)(end - text) ? strspn(text, " \t") : 0;
        if (end > text)
            fputc(' ', stream);
        write_line(stream, text, end);
        fputs("\n", stream);
        if (*end == '\0')
            return;
        text = end + 1;
    }
}

/* On one line. */
static void write_short(FILE *stream, const char *text) {
    for (;;) {
        const char *end = text + strcspn(text, "\n");
        write_line(stream, text, end);
        if (*end == '\0')
            return;
        fputc(' ', stream);
        text = end + 1;
    }
}

/* For journal_visit(). */
static int write_entry(void *userdata, const struct entry *entry) {
    struct diary *diary = userdata;
    char clock[CLOCK_WORDS_SIZE], day_text[DAY_WORDS_SIZE], outcome[OUTCOME_WORDS_SIZE];
    int32_t day;
    clock_words(diary->client, entry->time_usec, entry->offset_sec, &day, clock);
    if (day != diary->day)
        fprintf(diary->stream, "\n## %s\n", day_words(day, day_text));
    diary->day = day;
    fprintf(diary->stream, "\n**%s**", clock);
    const struct happened happened = {
        .state = entry->state,
        .theme = theme_id(entry->theme),
        .prompt = entry->prompt,
        .choice = entry->choice,
        .snoozes = entry->snoozes,
        .step = entry->step,
        .keep = entry->keep,
    };
    outcome_words(&happened, outcome);
    if (streq(entry->state, "forgotten"))
        fprintf(diary->stream, " *%s*", _("(erased)"));
    if (*entry->text) {
        fputc(' ', diary->stream);
        write_short(diary->stream, _(entry->text)); /* some are ours, not a deck's */
    }
    if (*outcome) {
        fputs(" *", diary->stream);
        write_short(diary->stream, outcome);
        fputc('*', diary->stream);
    }
    fputc('\n', diary->stream);
    if (*entry->note) {
        fputc('\n', diary->stream);
        write_lines(diary->stream, ">", entry->note);
    }
    return ferror(diary->stream) ? -EIO : 0;
}

int diary_write(struct client *client, struct journal *journal, usec_t since_usec, usec_t until_usec,
                FILE *stream) {
    const struct entry_filter filter = {
        .since_usec = since_usec, .until_usec = until_usec, .theme = THEME_NONE};
    struct diary diary = {.client = client, .stream = stream, .day = INT32_MIN};
    fprintf(stream, "# %s\n", _("Journal"));
    return journal_visit(journal, &filter, write_entry, &diary);
}
