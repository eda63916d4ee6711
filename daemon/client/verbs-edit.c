/* edit: the schedule in the person's editor.
 *
 * What is edited is a draft beside the schedule, so that a text with a mistake is never in use. A draft that
 * could not be put in place stays, and the next `kindly edit` goes on with it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/client/change.h"
#include "daemon/client/editor.h"
#include "daemon/client/outlook.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/beside.h"
#include "daemon/store/config.h"
#include "daemon/store/create.h"

/* The draft and what the last editor left in it. */
struct draft {
    char *path;
    char *text;
};

static void draft_done(struct draft *draft) {
    free(draft->path);
    free(draft->text);
}

static bool is_older(const char *path, const char *other) {
    struct stat status, of_other;
    if (stat(path, &status) < 0 || stat(other, &of_other) < 0)
        return false;
    if (status.st_mtim.tv_sec != of_other.st_mtim.tv_sec)
        return status.st_mtim.tv_sec < of_other.st_mtim.tv_sec;
    return status.st_mtim.tv_nsec < of_other.st_mtim.tv_nsec;
}

/* A copy of the schedule, or what is left from last time. */
static int begin_draft(const struct change *change, struct draft *draft) {
    int r = path_beside(change->path, ".draft", &draft->path);
    if (r >= 0)
        r = replace_text(draft->path, NULL, change->text);
    if (r < 0 && r != -ESTALE)
        return fail_errno(r, draft->path ? draft->path : _("cannot make a draft"));
    if (r == 0)
        return OUTCOME_DONE;
    if (is_older(draft->path, change->path)) {
        complain(_("the schedule was changed after the draft that was kept last time; take from %s what you "
                   "need, and remove it"),
                 draft->path);
        return OUTCOME_FAILED;
    }
    complain(_("going on with the draft that was kept last time, %s"), draft->path);
    return OUTCOME_DONE;
}

static int read_draft(struct draft *draft) {
    size_t size;
    free(draft->text);
    draft->text = NULL;
    int r = read_text(draft->path, CONFIG_FILE_MAX, &draft->text, &size);
    if (r >= 0 && strlen(draft->text) != size)
        r = -EILSEQ; /* a NUL byte */
    return r < 0 ? fail_errno(r, draft->path) : OUTCOME_DONE;
}

/* Ctrl-C is the editor's while it runs; what was written is in the draft in any case. */
static int run_editor(const struct draft *draft) {
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct sigaction interrupt, quit;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigaction(SIGINT, &ignored, &interrupt);
    sigaction(SIGQUIT, &ignored, &quit);
    int outcome = editor_run(editor_chosen(), draft->path, &mask);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return outcome;
}

/* Whether the person wants to go on with a draft that has mistakes; where nobody can be asked, no. */
static bool ask_again(const struct draft *draft) {
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return false;
    fprintf(stderr,
            _("Enter: edit it again. Any letter and Enter: leave the schedule as it is, and keep the draft "
              "(%s). "),
            draft->path);
    char answer[64];
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    return answer[0] == '\n';
}

static void tell_kept(const struct draft *draft) {
    complain(_("the schedule is as it was; the draft is kept, and kindly edit goes on with it: %s"),
             draft->path);
}

/* Until the draft is in order, or nothing was changed (then it is gone): `ret_text` NULL. */
static int edit_draft(const struct change *change, struct draft *draft, bool *ret_changed) {
    for (;;) {
        int outcome = run_editor(draft);
        int read = read_draft(draft);
        bool changed = read != OUTCOME_DONE || !streq(draft->text, change->text);
        if (!changed)
            unlink(draft->path);
        if (outcome == OUTCOME_DONE)
            outcome = read;
        if (outcome != OUTCOME_DONE || !changed) {
            if (changed)
                tell_kept(draft);
            *ret_changed = false;
            return outcome;
        }
        struct mistakes mistakes = {};
        int r = change_check(draft->path, draft->text, &mistakes, NULL, NULL);
        change_tell(&mistakes);
        mistakes_done(&mistakes);
        if (r >= 0) {
            *ret_changed = true;
            return OUTCOME_DONE;
        }
        if (r != -EINVAL)
            return fail_errno(r, draft->path);
        if (!ask_again(draft)) {
            tell_kept(draft);
            return OUTCOME_FAILED;
        }
    }
}

static int put_in_force(struct client *client) {
    bool running;
    int outcome = change_reload(client, &running);
    if (outcome != OUTCOME_DONE || !running) {
        if (outcome == OUTCOME_DONE)
            puts(_("Saved. kindlyd is not running; it takes it up when it starts."));
        return outcome;
    }
    _cleanup_json_ struct json_object *properties = NULL;
    outcome = client_properties(client, &properties);
    if (outcome != OUTCOME_DONE)
        return outcome;
    fputs(_("In use. "), stdout);
    outlook_next(stdout, client, properties);
    return OUTCOME_DONE;
}

static int edit(struct client *client, const struct change *change, struct draft *draft) {
    bool changed = false;
    int outcome = begin_draft(change, draft);
    if (outcome == OUTCOME_DONE)
        outcome = edit_draft(change, draft, &changed);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!changed) {
        puts(_("Nothing was changed."));
        return OUTCOME_DONE;
    }
    outcome = change_write(change, draft->text);
    if (outcome != OUTCOME_DONE) {
        tell_kept(draft);
        return outcome;
    }
    unlink(draft->path);
    return put_in_force(client);
}

int verb_edit(struct client *client, const struct arguments *arguments) {
    (void)arguments;
    struct change change;
    struct draft draft = {};
    if (!editor_chosen() && !isatty(STDIN_FILENO))
        return fail_usage(_("there is no terminal to edit in, and neither $VISUAL nor $EDITOR is set"));
    int outcome = change_begin(&change);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = change_may_write(&change);
    if (outcome == OUTCOME_DONE)
        outcome = edit(client, &change, &draft);
    draft_done(&draft);
    change_done(&change);
    return outcome;
}
