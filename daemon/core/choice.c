#include "daemon/core/choice.h"

#include <stdio.h>

#include "daemon/core/span.h"
#include "daemon/core/translate.h"

static const struct {
    const char *id, *label;
} choices[CHOICE_COUNT + 1] = {
    [CHOICE_HELPFUL] = {"helpful", N_("Helpful")},
    [CHOICE_LATER] = {"later", N_("Later")},
    [CHOICE_LATER_SECOND] = {"later-second", N_("Later")},
    [CHOICE_LATER_THIRD] = {"later-third", N_("Later")},
    [CHOICE_LET_GO] = {"let-go", N_("Let it go")},
    [CHOICE_NOT_THIS] = {"not-this", N_("Not this")},
    [CHOICE_HARD] = {"hard", N_("It's hard right now")},
    [CHOICE_NOT_FOR_ME] = {"not-for-me", N_("Not for me")},
    [CHOICE_QUIET_TODAY] = {"quiet-today", N_("Quiet today")},
    [CHOICE_OKAY] = {"okay", N_("Okay")},
    [CHOICE_NEXT] = {"next", N_("Next")},
    [CHOICE_ENOUGH] = {"enough", N_("Enough for now")},
    [CHOICE_KEEP] = {"keep", N_("See it again some day")},
    [CHOICE_JOURNAL_ONLY] = {"journal-only", N_("Journal only")},
    [CHOICE_ERASE] = {"erase", N_("Erase")},
    [CHOICE_STEADY] = {"steady", N_("Something steadying")},
    [CHOICE_SUPPORT] = {"support", N_("Support")},
    [CHOICE_KEEP_ON] = {"keep-on", N_("Keep it as it is")},
    [CHOICE_FEWER] = {"fewer", N_("Fewer")},
    [CHOICE_AS_BEFORE] = {"as-before", N_("As many as before")},
    [CHOICE_PAUSE] = {"pause", N_("Pause for a week")},
    [CHOICE_LESS] = {"less", N_("Less of it")},
    [CHOICE_STILL] = {"still", N_("Still")},
    [CHOICE_PARTLY] = {"partly", N_("Partly")},
    [CHOICE_NOT_ANY_MORE] = {"not-any-more", N_("Not any more")},
    [CHOICE_OPEN] = {"open", N_("Open")},
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
            snprintf(buffer, CHOICE_LABEL_SIZE, _("In %u min"), (unsigned)(span / USEC_PER_MINUTE));
        else if (span % USEC_PER_HOUR == 0 && span < USEC_PER_DAY)
            snprintf(buffer, CHOICE_LABEL_SIZE, _("In %u h"), (unsigned)(span / USEC_PER_HOUR));
        else {
            char text[SPAN_TEXT_SIZE];
            snprintf(buffer, CHOICE_LABEL_SIZE, _("In %s"), span_format(span, 2, text, 32));
        }
    } else if (preset[0] >= '0' && preset[0] <= '9')
        snprintf(buffer, CHOICE_LABEL_SIZE, _("At %s"), preset);
    else if (streq(preset, "tomorrow"))
        snprintf(buffer, CHOICE_LABEL_SIZE, "%s", _("Tomorrow"));
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
        return _(choices[choice].label);
    later_label(preset, buffer);
    return buffer;
}

enum choice choice_from_id(const char *id) {
    for (enum choice choice = 0; choice < CHOICE_COUNT; choice++)
        if (streq(choices[choice].id, id))
            return choice;
    return CHOICE_NONE;
}
