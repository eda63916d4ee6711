#include "daemon/core/explain.h"

#include <stdio.h>

#include "daemon/core/choose.h"
#include "daemon/core/translate.h"

static const struct {
    const char *rule, *sentence;
} missed_sentences[] = {
    {"gap", N_("it came due too close to another prompt")},
    {"limit", N_("the day already had as many prompts as the schedule allows")},
    {"newer", N_("a newer one came while it waited")},
    {"hold", N_("it had waited longer than it may while you were away or busy")},
    {"quiet", N_("it came due in quiet hours")},
    {"paused", N_("it came due in a pause")},
    {"no-prompt", N_("no text was eligible for it")},
    {"removed", N_("its reminder is no longer in the schedule")},
    {"fewer", N_("you chose fewer, so this one passed by")},
};

/* What the program itself asks. */
static const struct {
    const char *why, *sentence;
} own_questions[] = {
    {"offer", N_("It is a word from kindly itself, in the place of a prompt.")},
    {"then-and-now", N_("It is a line that you kept half a year ago or longer.")},
};

/* Why this text: the branch of the choice, and its counts. */
static int explain_choice(const struct entry *entry, char **ret) {
    char name[32] = "";
    unsigned helpful = 0, rated = 0;
    sscanf(or_empty(entry->why), "%31s %u %u", name, &helpful, &rated);
    const char *theme = theme_name(entry->theme);
    int n;
    for (size_t i = 0; i < ELEMENTSOF(own_questions); i++)
        if (streq(own_questions[i].why, name))
            return (*ret = strdup(_(own_questions[i].sentence))) ? 0 : -ENOMEM;
    switch (branch_from_id(name)) {
    case BRANCH_NEW:
        n = asprintf(ret, _("Its theme, %s, had been shown least so far."), theme);
        break;
    case BRANCH_VARIETY:
        n = asprintf(ret, _("Its theme, %s, had not been seen for longest: for variety."), theme);
        break;
    case BRANCH_LEARNED:
        n = rated > 0 ? asprintf(ret, _("Its theme, %s, was drawn; you marked %u of %u of these helpful."),
                                 theme, helpful, rated)
                      : asprintf(ret, _("Its theme, %s, was drawn by chance."), theme);
        break;
    case BRANCH_PATH:
        n = asprintf(ret, _("Its theme, %s, is where your path is now."), theme);
        break;
    case BRANCH_ASKED:
        n = asprintf(ret, _("Its theme, %s, was the one that could come."), theme);
        break;
    default:
        n = asprintf(ret, "%s",
                     streq(or_empty(entry->prompt), "hard") ? _("It is there for a hard moment.")
                     : *or_empty(entry->prompt)             ? _("It is a practice.")
                                                            : _("Its content was erased."));
    }
    return n < 0 ? -ENOMEM : 0;
}

int explain(const struct entry *entry, char **ret) {
    if (streq(entry->kind, "note"))
        return (*ret = strdup(_("You wrote this yourself."))) ? 0 : -ENOMEM;
    if (streq(entry->kind, "missed")) {
        const char *because = _("a rule of the schedule");
        for (size_t i = 0; i < ELEMENTSOF(missed_sentences); i++)
            if (streq(missed_sentences[i].rule, or_empty(entry->rule)))
                because = _(missed_sentences[i].sentence);
        return asprintf(ret, _("The reminder \"%s\" was not shown: %s."), or_empty(entry->reminder),
                        because) < 0
                   ? -ENOMEM
                   : 0;
    }
    _cleanup_free_ char *choice = NULL;
    int r = explain_choice(entry, &choice);
    if (r < 0)
        return r;
    int n = entry->due_usec > 0
                ? asprintf(ret, _("The reminder \"%s\" came due. %s"), or_empty(entry->reminder), choice)
                : asprintf(ret, _("You asked for it. %s"), choice);
    return n < 0 ? -ENOMEM : 0;
}
