/* backup: a copy of the journal, made beside the daemon and without it. */
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/store/journal.h"
#include "daemon/store/paths.h"

static int refuse(const char *file, int error) {
    switch (error) {
    case -EEXIST:
        complain("%s is there already; with --force it is replaced", file);
        return OUTCOME_FAILED;
    case -EINVAL:
        complain("%s is the journal itself", file);
        return OUTCOME_FAILED;
    case -EISDIR:
        complain("%s is not a file", file);
        return OUTCOME_FAILED;
    case -EUCLEAN:
        complain("the journal is damaged, and no copy was made of it; kindly doctor says what can be done");
        return OUTCOME_FAILED;
    default:
        return fail_errno(error, file);
    }
}

static void tell(const char *file, const struct journal_copy *copy) {
    char size[SIZE_WORDS_SIZE];
    printf("%llu %s and %llu of your own lines are in ", (unsigned long long)copy->count.entries,
           copy->count.entries == 1 ? "entry" : "entries", (unsigned long long)copy->count.lines);
    print_clean(stdout, file);
    printf(" (%s).\n", size_words(copy->size, size));
    print_text(stdout, 0, 0,
               copy->readable_by_others
                   ? "On that file system others may be able to read it. It is not encrypted."
                   : "You alone can read it. It is not encrypted, and kindly forget does not reach it.");
}

int verb_backup(struct client *client, const struct arguments *arguments) {
    (void)client;
    const char *file = word_at(arguments, 0);
    _cleanup_free_ char *path = NULL, *problem = NULL;
    _cleanup_(journal_freep) struct journal *journal = NULL;
    struct journal_copy copy;
    int r = path_journal(&path);
    if (r < 0)
        return fail_errno(r, "cannot find the journal");
    r = journal_open_readonly(path, &journal, &problem);
    if (r < 0) {
        complain("%s", r == -ENOENT ? "nothing is written yet, so there is nothing to copy"
                       : problem    ? problem
                                    : "the journal can't be opened");
        return OUTCOME_FAILED;
    }
    r = journal_backup(journal, file, option_given(arguments, "force"), &copy);
    if (r < 0)
        return refuse(file, r);
    tell(file, &copy);
    return OUTCOME_DONE;
}
