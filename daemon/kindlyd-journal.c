/* The journal in use. One that can't be opened or written is tried again before each turn, and meanwhile the
 * state goes on in memory; one that is damaged gives way to a new one. What was forgotten is erased from all
 * that is written, here and in shared folders. */
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"
#include "daemon/store/sync.h"

/* What is told of a journal that was set aside, until the person has seen it (kindly doctor). */
void read_notice(struct daemon *daemon) {
    _cleanup_free_ char *notice = NULL, *text = NULL;
    if (journal_notice(daemon->journal_path, &notice) >= 0 &&
        asprintf(&text, _("%s (kindly doctor says more, and ends this message)"), notice) < 0)
        text = NULL;
    set_problem_as(&daemon->journal_notice,
                   "The journal was damaged; it was set aside, and a new one begun (kindly doctor says more)",
                   text);
}

static int open_journal_with(struct daemon *daemon, int (*open)(const char *path, usec_t now_usec,
                                                                struct journal **ret, char **ret_problem)) {
    _cleanup_free_ char *problem = NULL;
    int r = open(daemon->journal_path, clock_realtime(), &daemon->journal, &problem);
    read_notice(daemon);
    if (r < 0) {
        _cleanup_free_ char *english = journal_problem(daemon->journal_path, r);
        set_problem_as(&daemon->journal_problem, english ? english : "The journal can't be opened",
                       problem ? problem : _("The journal can't be opened"));
        return r;
    }
    daemon->secret = *journal_secret(daemon->journal);
    return 0;
}

static int open_journal(struct daemon *daemon) {
    return open_journal_with(daemon, journal_open);
}

/* While running: the schedule's reminders are in force since it was read; where the clock was ahead then,
 * since it was put right. */
void start_in_journal(struct daemon *daemon) {
    if (!daemon->journal || !daemon->schedule)
        return;
    daemon->adopted_usec = MIN_OF(daemon->adopted_usec, clock_realtime());
    int r =
        journal_note_reminders(daemon->journal, daemon->schedule, daemon->adopted_usec, daemon->starts_usec);
    if (r >= 0)
        r = build_plan(daemon);
    if (r < 0)
        say(LOG_WARNING, "cannot note the reminders: %s", reason_of(r));
}

static void open_journal_later(struct daemon *daemon) {
    open_journal(daemon);
    start_in_journal(daemon);
}

/* By a connection of its own: one for which the disk failed, or the descriptors ran out, may take a sound
 * file for a damaged one from then on. */
static bool is_damaged(const char *path) {
    _cleanup_(journal_freep) struct journal *seen = NULL;
    int r = journal_open_readonly(path, &seen, NULL);
    return r == -EUCLEAN || (r >= 0 && journal_check(seen, NULL) == 1);
}

/* What `r` says of the journal in use is looked into: if it is damaged indeed, it gives way to a new one,
 * else it is opened anew; true: what failed can be tried again. The state stays in memory, and is whole in
 * the journal with the next turn. */
static bool reopen_if_damaged(struct daemon *daemon, int r) {
    if (r != -EUCLEAN || !daemon->journal)
        return false;
    bool damaged = is_damaged(daemon->journal_path);
    daemon->journal = journal_free(daemon->journal);
    open_journal_with(daemon, damaged ? journal_replace : journal_open);
    start_in_journal(daemon);
    return daemon->journal;
}

/* A journal that could not be opened is tried again before each turn. What is open in it, from before, joins
 * what is open now, once: later the state here is the newer one, and whole in the journal with a turn. One
 * that can't be read is none yet. */
void recover_journal(struct daemon *daemon) {
    _cleanup_(keeper_freep) struct keeper *stored = NULL;
    struct keeper *merged;
    open_journal_later(daemon);
    if (!daemon->journal)
        return;
    int r = journal_load(daemon->journal, &stored);
    if (reopen_if_damaged(daemon, r))
        r = journal_load(daemon->journal, &stored);
    if (r >= 0 && daemon->joined)
        return;
    if (r >= 0)
        r = keeper_merge(daemon->keeper, stored, &merged);
    if (r < 0) {
        daemon->journal = journal_free(daemon->journal); /* nothing in it is lost; it is tried again */
        return;
    }
    keeper_free(daemon->keeper);
    daemon->keeper = merged;
    daemon->joined = true;
}

/* The state as it was when the program ended; where there is none, a new one in memory. Nothing can be put
 * away for good then, and so nothing is said that stays until it is. */
int load_keeper(struct daemon *daemon) {
    if (open_journal(daemon) >= 0) {
        int r = journal_load(daemon->journal, &daemon->keeper);
        if (reopen_if_damaged(daemon, r))
            r = journal_load(daemon->journal, &daemon->keeper);
        daemon->joined = r >= 0;
        if (r >= 0)
            return 0;
        set_problem(&daemon->journal_problem, N_("What was open could not be read from the journal"));
        daemon->journal = journal_free(daemon->journal);
    }
    clock_random(NULL, &daemon->secret, sizeof daemon->secret);
    daemon->keeper = keeper_new();
    if (!daemon->keeper)
        return -ENOMEM;
    daemon->keeper->guidance = KEEPER_GUIDANCE_READ;
    return 0;
}

static int try_commit(struct daemon *daemon, const struct turn *turn) {
    return daemon->journal ? journal_commit(daemon->journal, turn) : -EREMOTEIO;
}

/* Makes a turn durable. A journal that was moved, removed or damaged is followed by a new one. */
int commit(struct daemon *daemon, const struct turn *turn) {
    int r = try_commit(daemon, turn);
    if (r == -ESTALE) {
        daemon->journal = journal_free(daemon->journal);
        open_journal_later(daemon);
        r = try_commit(daemon, turn);
    } else if (reopen_if_damaged(daemon, r))
        r = try_commit(daemon, turn);
    if (r >= 0) {
        set_problem(&daemon->journal_problem, NULL);
        return 0;
    }
    if (daemon->journal) {
        static const char sentence[] = N_("The journal %s can't be written (%s); prompts go on unrecorded"),
                          moved[] = N_("it was moved or removed");
        char *text = NULL, *english = NULL;
        if (asprintf(&text, _(sentence), daemon->journal_path, r == -ESTALE ? _(moved) : strerror(-r)) >= 0 &&
            asprintf(&english, sentence, daemon->journal_path, r == -ESTALE ? moved : reason_of(r)) >= 0)
            set_problem_as(&daemon->journal_problem, english, text);
        free(text);
        free(english);
    }
    return -EREMOTEIO;
}

/* Journal errors as the bus wants them. Damage that is met in reading is mended for the next call. */
int journal_result(struct daemon *daemon, int r) {
    if (reopen_if_damaged(daemon, r))
        settle(daemon);
    return r >= 0 || r == -ENOENT || r == -ENOMEM ? r : -EREMOTEIO;
}

/* --- Erasing ---------------------------------------------------------------------------------- */

/* This device's files in shared folders, written anew without what was erased. Where a folder can't be
 * written, kindly sync mends it, or the next thing that is erased. */
void erase_shared(struct daemon *daemon) {
    int r = daemon->journal ? sync_erase_own(daemon->journal, daemon->journal_path, clock_realtime()) : 0;
    if (error_may_pass(r)) /* -EAGAIN: kindly sync is running */
        try_again(daemon, UNDONE_FLUSH);
    else if (r < 0)
        say(LOG_WARNING, "what was erased is still in a file of a shared folder (%s); kindly sync mends it",
            reason_of(r));
}

void flush_erased(struct daemon *daemon) {
    if (daemon->journal && journal_flush(daemon->journal) != 0)
        try_again(daemon, UNDONE_FLUSH);
    erase_shared(daemon);
}

/* What journal_forget() gave; where old pages are left (`r` is 1), tries again until they aren't. */
int erased(struct daemon *daemon, int r) {
    if (r >= 0) {
        renew_library(daemon);
        erase_shared(daemon);
    }
    if (r == 1)
        try_again(daemon, UNDONE_FLUSH);
    return r == 1 ? -EAGAIN : journal_result(daemon, r);
}
