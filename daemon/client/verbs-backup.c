/* backup: a copy of the journal, made beside the daemon and without it. */
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/journal.h"

static int refuse(const char *file, int error) {
    switch (error) {
    case -EEXIST:
        complain(_("%s is there already; with --force it is replaced"), file);
        return OUTCOME_FAILED;
    case -EINVAL:
        complain(_("%s is the journal itself"), file);
        return OUTCOME_FAILED;
    case -EISDIR:
        complain(_("%s is not a file"), file);
        return OUTCOME_FAILED;
    case -EUCLEAN:
        complain(
            _("the journal is damaged, and no copy was made of it; kindly doctor says what can be done"));
        return OUTCOME_FAILED;
    default:
        return fail_errno(error, file);
    }
}

static void tell(const char *file, const struct journal_copy *copy) {
    char count[ENTRIES_WORDS_SIZE], size[SIZE_WORDS_SIZE];
    print_clean(stdout, file);
    printf(": %s (%s).\n", entries_words(copy->count.entries, copy->count.lines, count),
           size_words(copy->size, size));
    print_text(stdout, 0, 0,
               copy->readable_by_others
                   ? _("On that file system others may be able to read it. It is not encrypted.")
                   : _("You alone can read it. It is not encrypted, and kindly forget does not reach it."));
}

int verb_backup(struct client *client, const struct arguments *arguments) {
    (void)client;
    const char *file = word_at(arguments, 0);
    _cleanup_(journal_freep) struct journal *journal = NULL;
    struct journal_copy copy;
    int outcome = client_journal(&journal);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!journal) {
        complain(_("nothing is written yet, so there is nothing to copy"));
        return OUTCOME_FAILED;
    }
    int r = journal_backup(journal, file, option_given(arguments, "force"), &copy);
    if (r < 0)
        return refuse(file, r);
    tell(file, &copy);
    return OUTCOME_DONE;
}
