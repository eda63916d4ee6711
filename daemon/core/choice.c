#include "daemon/core/choice.h"

#include <stdio.h>

#include "daemon/core/span.h"

static const struct {
    const char *id, *label;
} choices[CHOICE_COUNT + 1] = {
    [CHOICE_HELPFUL] = {"helpful", "Helpful"},
    [CHOICE_LATER] = {"later", "Later"},
    [CHOICE_LATER_SECOND] = {"later-second", "Later"},
    [CHOICE_LATER_THIRD] = {"later-third", "Later"},
    [CHOICE_LET_GO] = {"let-go", "Let it go"},
    [CHOICE_NOT_THIS] = {"not-this", "Not this"},
    [CHOICE_HARD] = {"hard", "It's hard right now"},
    [CHOICE_NOT_FOR_ME] = {"not-for-me", "Not for me"},
    [CHOICE_QUIET_TODAY] = {"quiet-today", "Quiet today"},
    [CHOICE_OKAY] = {"okay", "Okay"},
    [CHOICE_NEXT] = {"next", "Next"},
    [CHOICE_ENOUGH] = {"enough", "Enough for now"},
    [CHOICE_KEEP] = {"keep", "See it again some day"},
    [CHOICE_JOURNAL_ONLY] = {"journal-only", "Journal only"},
    [CHOICE_ERASE] = {"erase", "Erase"},
    [CHOICE_STEADY] = {"steady", "Something steadying"},
    [CHOICE_SUPPORT] = {"support", "Support"},
    [CHOICE_KEEP_ON] = {"keep-on", "Keep it as it is"},
    [CHOICE_FEWER] = {"fewer", "Fewer"},
    [CHOICE_PAUSE] = {"pause", "Pause"},
    [CHOICE_OPEN] = {"open", "Open"},
    [CHOICE_NONE] = {"", ""},
};

const char *choice_id(enum choice choice) {
    return choices[choice].id;
}

/* "In 15 min" for a span, "Tomorrow" and "At 18:00" for moments. */
static void later_label(const char *preset, char buffer[CHOICE_LABEL_SIZE]) {
    usec_t span;
    if (span_parse(preset, &span) >= 0) {
        if (span % USEC_PER_MINUTE == 0 && span < USEC_PER_HOUR)
            snprintf(buffer, CHOICE_LABEL_SIZE, "In %u min", (unsigned)(span / USEC_PER_MINUTE));
        else if (span % USEC_PER_HOUR == 0 && span < USEC_PER_DAY)
            snprintf(buffer, CHOICE_LABEL_SIZE, "In %u h", (unsigned)(span / USEC_PER_HOUR));
        else {
            char text[SPAN_TEXT_SIZE];
            snprintf(buffer, CHOICE_LABEL_SIZE, "In %.*s", CHOICE_LABEL_SIZE - 4,
                     span_format(span, 2, text, sizeof text));
        }
    } else if (preset[0] >= '0' && preset[0] <= '9')
        snprintf(buffer, CHOICE_LABEL_SIZE, "At %s", preset);
    else {
        snprintf(buffer, CHOICE_LABEL_SIZE, "%s", preset);
        if (buffer[0] >= 'a' && buffer[0] <= 'z')
            buffer[0] = (char)(buffer[0] - 'a' + 'A');
    }
}

int choice_preset(enum choice choice) {
    return choice >= CHOICE_LATER && choice <= CHOICE_LATER_THIRD ? (int)(choice - CHOICE_LATER) : -1;
}

const char *choice_label(enum choice choice, const char *preset, char buffer[CHOICE_LABEL_SIZE]) {
    if (choice_preset(choice) < 0 || !preset)
        return choices[choice].label;
    later_label(preset, buffer);
    return buffer;
}

enum choice choice_from_id(const char *id) {
    for (enum choice choice = 0; choice < CHOICE_COUNT; choice++)
        if (streq(choices[choice].id, id))
            return choice;
    return CHOICE_NONE;
}
