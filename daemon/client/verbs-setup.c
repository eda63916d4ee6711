/* setup: a short conversation for the first time, and for whenever something is to be other than it is.
 *
 * Nothing is changed before the last question is answered. Then the schedule is written, kindlyd is set to
 * start at login or not, and started; the first time, a first prompt comes. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/open.h"
#include "daemon/client/outlook.h"
#include "daemon/client/process.h"
#include "daemon/client/rows.h"
#include "daemon/client/setup.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/keeper.h"
#include "daemon/core/translate.h"
#include "daemon/store/create.h"
#include "daemon/store/journal.h"

struct run {
    struct client *client;
    struct asker asker;
    struct change change;
    struct amend amend;
    struct login login;
    struct schedule *schedule;
    struct library *library;
    bool left_alone; /* the schedule is another's to change */
};

static void run_done(struct run *run) {
    amend_done(&run->amend);
    change_done(&run->change);
    schedule_free(run->schedule);
    library_free(run->library);
}

/* --- Before ----------------------------------------------------------------------------------- */

static int read_all_there_is(struct run *run) {
    struct mistakes mistakes = {};
    const struct change *change = &run->change;
    int r = amend_init(&run->amend, change->path, change->text, strlen(change->text), &mistakes);
    if (r >= 0)
        r = change_check(change->path, change->text, &mistakes, &run->schedule, &run->library);
    int outcome = r == -EINVAL ? change_refuse_broken(&mistakes)
                  : r < 0      ? fail_errno(r, change->path)
                               : login_look(run->client, &run->login);
    mistakes_done(&mistakes);
    run->left_alone = replace_check(change->path) < 0;
    return outcome;
}

/* What this is and is not. */
static int begin(struct run *run) {
    _cleanup_free_ char *text = NULL;
    const char *unreviewed =
        run->library->all_reviewed
            ? ""
            : _("Not every text has been read by a native speaker other than its author yet.");
    if (asprintf(
            &text, "%s\n\n%s%s%s", keeper_guidance(),
            _("What you write stays on this computer, in a journal that whoever can use your account can "
              "read."),
            *unreviewed ? "\n\n" : "", unreviewed) < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return run->asker.begin(&run->asker, text);
}

/* --- What becomes of it ----------------------------------------------------------------------- */

static int check(const struct run *run) {
    struct mistakes mistakes = {};
    int r = change_check(run->change.path, run->amend.text, &mistakes, NULL, NULL);
    if (r == -EINVAL)
        change_tell_short(&mistakes, run->change.path);
    else if (r < 0)
        fail_errno(r, run->change.path);
    mistakes_done(&mistakes);
    return r < 0 ? OUTCOME_FAILED : OUTCOME_DONE;
}

static int write_schedule(const struct run *run) {
    bool same = streq(run->amend.text, run->change.text);
    if (same && (run->change.before || run->left_alone))
        return OUTCOME_DONE;
    return change_write(&run->change, run->amend.text);
}

/* Has a running kindlyd take the schedule up, or starts it. */
static int put_in_force(struct run *run, const struct setup *setup) {
    bool running;
    int outcome = login_set(run->client, &run->login, setup_wants_login(setup));
    if (outcome == OUTCOME_DONE)
        outcome = change_reload(run->client, &running);
    if (outcome == OUTCOME_DONE && !running && (setup->first || setup_wants_login(setup)))
        outcome = login_start(run->client, &run->login);
    return outcome;
}

static int show_first(struct run *run) {
    bool in_terminal = run->asker.again && !run->asker.program;
    return in_terminal ? open_prompt_now(run->client, "") : client_call(run->client, NULL, "Prompt", "s", "");
}

static int write_ending(FILE *out, struct run *run, int outcome, bool known,
                        const struct json_object *properties) {
    if (run->left_alone && !streq(run->amend.text, run->change.text))
        fprintf(
            out,
            _("%s is a link or read-only, and left alone. In a terminal, kindly setup shows the lines that "
              "would change.\n"),
            run->change.path);
    else
        fputs(outcome == OUTCOME_UNREACHABLE
                  ? _("Saved, but kindlyd could not be started. kindly doctor may say more.\n")
                  : _("All set.\n"),
              out);
    if (known)
        outlook_next(out, run->client, properties);
    fputs(_("Everything can be changed again: with Settings in the menu, kindly setup, or kindly edit."),
          out);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

static int end(struct run *run, int outcome) {
    _cleanup_json_ struct json_object *properties = NULL;
    _cleanup_free_ char *text = NULL;
    size_t size;
    bool running = false;
    if (outcome != OUTCOME_UNREACHABLE && run->client->bus && client_is_running(run->client, &running) >= 0 &&
        running && client_properties(run->client, &properties) != OUTCOME_DONE)
        running = false;
    FILE *out = open_memstream(&text, &size);
    int r = out ? write_ending(out, run, outcome, running, properties) : -ENOMEM;
    if (r >= 0)
        r = run->asker.end(&run->asker, text);
    return r < 0 ? fail_errno(r, _("cannot print")) : outcome;
}

static int carry_out(struct run *run, const struct setup *setup) {
    int outcome = check(run);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int written = write_schedule(run);
    if (written != OUTCOME_DONE && !run->left_alone)
        return written;
    outcome = put_in_force(run, setup);
    if (outcome == OUTCOME_DONE && setup->first)
        outcome = show_first(run);
    outcome = end(run, outcome);
    return outcome == OUTCOME_DONE ? written : outcome;
}

/* What is begun is carried out: neither Ctrl-C nor a closed terminal leaves it half done. */
static int carry_out_whole(struct run *run, const struct setup *setup) {
    sigset_t ending, before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, &before);
    int outcome = carry_out(run, setup);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return outcome;
}

static int converse(struct run *run) {
    struct setup setup = {
        .schedule = run->schedule, .login = &run->login, .first = !run->change.before, .amend = &run->amend};
    int r = begin(run);
    if (r >= 0)
        r = setup_run(&setup, &run->asker);
    int outcome = OUTCOME_DONE;
    if (r < 0) {
        outcome = r == -EINVAL ? OUTCOME_USAGE : OUTCOME_FAILED;
        if (r != -EINVAL && r != -ECANCELED)
            fail_errno(r, _("cannot ask"));
        complain(_("nothing was changed"));
    } else
        outcome = carry_out_whole(run, &setup);
    setup_done(&setup);
    return outcome;
}

static int run_with(struct client *client, const struct asker *asker) {
    struct run run = {.client = client, .asker = *asker};
    int outcome = change_begin(&run.change);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = read_all_there_is(&run);
    if (outcome == OUTCOME_DONE)
        outcome = converse(&run);
    run_done(&run);
    return outcome;
}

/* --- From the menu ---------------------------------------------------------------------------- */

/* The last way to reach somebody who has no terminal before them. */
static int notify(struct client *client, const char *text) {
    sd_bus *bus;
    int outcome = client_bus(client, &bus);
    if (outcome == OUTCOME_DONE)
        sd_bus_call_method(bus, "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
                           "org.freedesktop.Notifications", "Notify", NULL, NULL, "susssasa{sv}i", "kindly",
                           0, "org.kindlyd.Kindly", "kindly", text, 0, 0, -1);
    complain("%s", text);
    return OUTCOME_FAILED;
}

static int run_in_windows(struct client *client) {
    struct asker asker;
    if (ask_by_windows(&asker) >= 0)
        return run_with(client, &asker);
    int r = process_in_terminal((const char *const[]){"setup", NULL}, true);
    if (r >= 0)
        return r;
    return notify(client, _("There is no window for the questions here: zenity, kdialog or a terminal would "
                            "do. In a terminal it is: kindly setup"));
}

/* Whether the person has neither a schedule of their own nor anything in the journal. */
static int is_first_time(bool *ret) {
    struct change change;
    struct journal *journal = NULL;
    struct journal_count count = {0};
    int outcome = change_begin(&change);
    if (outcome != OUTCOME_DONE)
        return outcome;
    bool first = !change.before;
    change_done(&change);
    if (first)
        outcome = client_journal(&journal);
    if (outcome == OUTCOME_DONE && journal)
        first = journal_count(journal, &count) >= 0 && count.entries == 0;
    journal_free(journal);
    if (outcome == OUTCOME_DONE)
        *ret = first;
    return outcome;
}

static int open_journal(struct client *client) {
    char option[] = "--open", *items[] = {option, NULL};
    struct arguments arguments;
    int r = arguments_parse(verb_find("report"), items, &arguments);
    if (r < 0)
        return fail_errno(r, _("cannot read the arguments"));
    int outcome = verb_report(client, &arguments);
    arguments_done(&arguments);
    return outcome;
}

/* --- The verb --------------------------------------------------------------------------------- */

int verb_setup(struct client *client, const struct arguments *arguments) {
    bool defaults = option_given(arguments, "defaults"), open = option_given(arguments, "open"),
         first = option_given(arguments, "first");
    struct asker asker;
    if (defaults + open + first > 1)
        return fail_usage(_("setup takes one of --defaults, --open and --first"));
    if (first) {
        bool is_first = true;
        int outcome = is_first_time(&is_first);
        if (outcome == OUTCOME_DONE && !is_first)
            return open_journal(client);
    }
    if (open || first)
        return run_in_windows(client);
    if (defaults)
        ask_nobody(&asker);
    else
        ask_by_lines(&asker);
    return run_with(client, &asker);
}
