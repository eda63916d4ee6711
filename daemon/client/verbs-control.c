/* Verbs that pause, resume and reload. */
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

int verb_pause(struct client *client, const struct arguments *arguments) {
    struct when when = {.span_usec = USEC_INFINITY, .until_usec = USEC_INFINITY};
    _cleanup_free_ char *text = NULL;
    int r = words_join(arguments, &text);
    if (r < 0)
        return fail_errno(r, _("cannot read the arguments"));
    if (arguments->n_words > 0) {
        int outcome = client_when(client, text, &when);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    int outcome = client_call(client, NULL, "Pause", "t", when.until_usec);
    if (outcome != OUTCOME_DONE)
        return outcome;
    char time[TIME_WORDS_SIZE];
    if (when.until_usec == USEC_INFINITY)
        puts(_("Paused until you resume (kindly resume)."));
    else
        printf(_("Paused until %s.\n"), time_words(when.until_usec, client_now(), client_zone(client), time));
    return OUTCOME_DONE;
}

int verb_resume(struct client *client, const struct arguments *arguments) {
    (void)arguments;
    int outcome = client_call(client, NULL, "Resume", "");
    if (outcome == OUTCOME_DONE)
        puts(_("Not paused."));
    return outcome;
}

int verb_reload(struct client *client, const struct arguments *arguments) {
    (void)arguments;
    return client_call(client, NULL, "Reload", "");
}

int verb_learning(struct client *client, const struct arguments *arguments) {
    if (!streq(word_at(arguments, 0), "reset"))
        return fail_usage(_("learning takes one word: reset"));
    int outcome = client_call(client, NULL, "ResetLearning", "");
    if (outcome == OUTCOME_DONE)
        puts(_("What was learned is forgotten; the journal is as it was."));
    return outcome;
}
