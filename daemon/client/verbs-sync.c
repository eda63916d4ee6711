/* sync: takes in the other devices' files of a folder, and writes this device's. A file that can't be read
 * keeps nothing else from being done; it is told, left as it is, and tried again the next time. */
#include <stdio.h>

#include "daemon/client/import.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/paths.h"
#include "daemon/store/sync.h"

struct syncing {
    struct importing importing;
    struct journal *journal;
    struct share *share;
    struct sync_folder folder;
    char own[SYNC_NAME_SIZE];
    bool troubled; /* something was told */
};

static void syncing_done(struct syncing *syncing) {
    sync_folder_close(&syncing->folder);
    share_free(syncing->share);
    journal_free(syncing->journal);
}

/* The daemon makes the journal if it never ran. */
static int reach_daemon(struct client *client) {
    return client_call(client, NULL, "ListOpen", "");
}

static int open_folder(const char *path, struct sync_folder *ret) {
    int r = sync_folder_open(path, ret);
    if (r == -EILSEQ)
        return fail_usage(
            _("the path of this folder can't be remembered: it is not UTF-8, or holds control characters"));
    if (r == -ENOENT)
        return fail_usage(_("%s is not there; make the folder first, so that nothing is written where a "
                            "synchroniser would not find it"),
                          path);
    return r < 0 ? fail_errno(r, path) : OUTCOME_DONE;
}

static int open_all(struct client *client, const char *path, struct syncing *syncing) {
    _cleanup_free_ char *journal_path = NULL, *problem = NULL;
    int outcome = open_folder(path, &syncing->folder);
    if (outcome == OUTCOME_DONE)
        outcome = reach_daemon(client);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = path_journal(&journal_path);
    if (r >= 0)
        r = journal_open_readonly(journal_path, &syncing->journal, &problem);
    if (r >= 0)
        r = share_open(journal_path, true, &syncing->share);
    /* Of a newer version: what isn't known here would be missing in this device's file. */
    if (r >= 0 && !problem)
        return OUTCOME_DONE;
    complain("%s", problem ? problem : strerror(-r));
    return OUTCOME_FAILED;
}

static void say_what_it_means(const struct sync_folder *folder) {
    _cleanup_free_ char *text = NULL;
    if (asprintf(
            &text,
            _("The files in %s are plain text, so that you can read them without kindly: whoever can read "
              "that folder, here or where a synchroniser takes it, can read what you wrote. A synchroniser "
              "may keep old versions, also of what you erase later. This is said once.\n"),
            folder->path) < 0)
        text = NULL;
    print_text(stdout, 0, 0, or_empty(text));
}

/* --- Others' files ---------------------------------------------------------------------------- */

static int take(void *userdata, int fd) {
    return import_portion(userdata, fd);
}

/* This device's own file was changed by something else, and not to something that can be read. */
static int set_own_aside(struct syncing *syncing, const char *why) {
    _cleanup_free_ char *name = NULL;
    int r = sync_set_aside(syncing->journal, &syncing->folder, client_now(), &name);
    if (r < 0)
        return fail_errno(r, syncing->own);
    complain(_("%s, the file of this device, was changed by something else: %s. It is now called %s, and a "
               "new one is written"),
             syncing->own, why, name);
    return OUTCOME_DONE;
}

static int take_in(struct syncing *syncing, const char *name) {
    _cleanup_free_ char *message = NULL;
    enum sync_result result = SYNC_NOTHING;
    bool own = streq(name, syncing->own);
    int r = sync_take_in(syncing->share, syncing->journal, &syncing->folder, name, take, &syncing->importing,
                         &result, &message);
    if (r == -ECANCELED)
        return syncing->importing.outcome;
    if (r < 0)
        return fail_errno(r, name);
    syncing->troubled |= result == SYNC_REFUSED || (own && result == SYNC_UNFINISHED);
    if (own && (result == SYNC_REFUSED || result == SYNC_UNFINISHED))
        return set_own_aside(syncing, message ? message : _("its last line is not whole"));
    if (result == SYNC_REFUSED)
        complain(_("%s: %s. It stays as it is, and is tried again the next time"), name, or_empty(message));
    if (result == SYNC_UNFINISHED) {
        print_clean(stdout, name);
        puts(_(": its last line has not arrived whole; it is taken in the next time."));
    }
    return OUTCOME_DONE;
}

static int take_in_all(struct syncing *syncing) {
    char **names;
    size_t n;
    bool more;
    int r = sync_list(&syncing->folder, &names, &n, &more);
    if (r < 0)
        return fail_errno(r, _("cannot read the folder"));
    int outcome = OUTCOME_DONE;
    share_retain(syncing->share, syncing->folder.path, names, n, syncing->own);
    for (size_t i = 0; i < n; i++) {
        if (outcome == OUTCOME_DONE)
            outcome = take_in(syncing, names[i]);
        free(names[i]);
    }
    free(names);
    if (more) {
        complain(_("there are more than %d files of entries in the folder; the others are left alone"),
                 SHARE_FILES_MAX);
        syncing->troubled = true;
    }
    return outcome;
}

/* --- The verb --------------------------------------------------------------------------------- */

/* From here on the folder is known. */
static int begin(struct syncing *syncing) {
    struct share_file *unused;
    sync_own_name(syncing->journal, syncing->own);
    if (!share_knows(syncing->share, syncing->folder.path))
        say_what_it_means(&syncing->folder);
    int r = share_file(syncing->share, syncing->folder.path, syncing->own, &unused);
    if (r != -E2BIG)
        return r < 0 ? fail_errno(r, _("cannot remember the folder")) : OUTCOME_DONE;
    complain(_("%d folders are remembered already, and no more can be; delete %s to begin anew (everything "
               "is then "
               "read once more)"),
             SHARE_FOLDERS_MAX, syncing->share->path);
    return OUTCOME_FAILED;
}

static int write_own(struct syncing *syncing, bool *ret_written) {
    int r = sync_write_own(syncing->share, syncing->journal, &syncing->folder);
    if (r < 0)
        return fail_errno(r, _("cannot write this device's file"));
    *ret_written = r > 0;
    return OUTCOME_DONE;
}

static void say_what_was_done(const struct syncing *syncing, bool written) {
    uint64_t entries = syncing->importing.entries;
    if (entries > 0)
        import_say_taken_in(&syncing->importing);
    if (written)
        printf(_("Written: %s.\n"), syncing->own);
    if (entries == 0 && !written && !syncing->troubled)
        puts(_("Nothing new."));
}

int verb_sync(struct client *client, const struct arguments *arguments) {
    _cleanup_(syncing_done) struct syncing syncing = {.importing.client = client, .folder.fd = -1};
    bool written = false;
    int outcome = open_all(client, word_at(arguments, 0), &syncing);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = begin(&syncing);
    if (outcome == OUTCOME_DONE)
        outcome = take_in_all(&syncing);
    if (outcome == OUTCOME_DONE)
        outcome = write_own(&syncing, &written);
    int saved = share_save(syncing.share); /* also what was done before a failure */
    if (outcome == OUTCOME_DONE && saved < 0)
        return fail_errno(saved, _("cannot remember the folder"));
    if (outcome != OUTCOME_DONE)
        return outcome;
    say_what_was_done(&syncing, written);
    return syncing.troubled ? OUTCOME_FAILED : OUTCOME_DONE;
}
