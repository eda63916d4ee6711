/* Verbs that pause, resume, reload and erase. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/page.h"
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

/* --- forget ----------------------------------------------------------------------------------- */

/* Only a person at a terminal is asked. */
static bool really_everything(const struct arguments *arguments) {
    if (option_given(arguments, "yes") || !isatty(STDIN_FILENO))
        return true;
    fputs(_("This erases everything in the journal for good, also what you wrote.\nType yes to go on: "),
          stderr);
    char line[16];
    if (fgets(line, sizeof line, stdin) && streq(line, "yes\n"))
        return true;
    complain(_("nothing was erased"));
    return false;
}

static int forget_range(struct client *client, usec_t since, usec_t until) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = client_call(client, &reply, "ForgetRange", "tt", since, until);
    if (outcome != OUTCOME_DONE)
        return outcome;
    uint32_t count;
    outcome = client_read(reply, 'u', &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (count == 0)
        puts(_("There was nothing to erase."));
    else
        printf(TRANSLATE_COUNT("Erased %u entry.\n", "Erased %u entries.\n", count), (unsigned)count);
    return OUTCOME_DONE;
}

static int forget_since(struct client *client, const struct arguments *arguments) {
    usec_t since, until = USEC_INFINITY;
    int outcome = client_past(client, "since", option_value(arguments, "since"), &since);
    if (outcome == OUTCOME_DONE && option_given(arguments, "until"))
        outcome = client_past(client, "until", option_value(arguments, "until"), &until);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (until <= since)
        return fail_usage(_("--until is not after --since"));
    return forget_range(client, since, until);
}

static int forget(struct client *client, const struct arguments *arguments) {
    const char *id = word_at(arguments, 0);
    bool since = option_given(arguments, "since"), everything = option_given(arguments, "everything");
    if ((id != NULL) + since + everything != 1)
        return fail_usage(_("forget takes one of: an ID, --since TIME, --everything"));
    if (option_given(arguments, "until") && !since)
        return fail_usage(_("--until goes with --since only"));
    if (since)
        return forget_since(client, arguments);
    if (everything)
        return really_everything(arguments) ? forget_range(client, 0, USEC_INFINITY) : OUTCOME_FAILED;
    if (*id == '\0')
        return fail_usage(_("the ID is empty; kindly journal --ids shows them"));
    int outcome = client_call(client, NULL, "Forget", "s", id);
    if (outcome == OUTCOME_DONE)
        puts(_("Erased."));
    return outcome;
}

/* A report that was opened may show what is now erased. */
int verb_forget(struct client *client, const struct arguments *arguments) {
    int outcome = forget(client, arguments);
    int r = outcome == OUTCOME_DONE ? page_drop() : 0;
    return r < 0 ? fail_errno(r, "cannot remove the report that was opened") : outcome;
}
