/* Verbs around the person's own words: note, and support, which must work when nothing else does. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/input.h"
#include "daemon/client/open.h"
#include "daemon/client/process.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/keeper.h"
#include "daemon/core/translate.h"
#include "daemon/store/config.h"
#include "daemon/store/paths.h"

/* --- note ------------------------------------------------------------------------------------- */

/* What a line is written for. */
static const struct purpose {
    const char *option; /* NULL: the journal alone */
    const char *question, *done;
} purposes[] = {
    [NOTE_FOR_JOURNAL] = {NULL, N_("A line of your own"), N_("Written down.")},
    [NOTE_FOR_KEEPING] = {"keep", N_("A line to see again some day"),
                          N_("Written down. You may see it again some day.")},
    [NOTE_FOR_HARD_DAY] = {"for-a-hard-day", N_("A line for a hard day"),
                           N_("Written down. In a hard moment it comes first.")},
};

static int save_note(struct client *client, const struct input *input, enum note_for what_for) {
    int outcome = what_for == NOTE_FOR_HARD_DAY
                      ? client_call(client, NULL, "NoteForHardDay", "s", input->text)
                      : client_call(client, NULL, "Note", "sb", input->text, what_for == NOTE_FOR_KEEPING);
    if (outcome != OUTCOME_DONE) {
        input_give_back(input);
        return outcome;
    }
    puts(_(purposes[what_for].done));
    return OUTCOME_DONE;
}

/* Asked before the person writes, so that they don't write for nothing. */
static int reach_daemon(struct client *client) {
    _cleanup_json_ struct json_object *properties = NULL;
    return client_properties(client, &properties);
}

/* The same command again, in a terminal window. */
static int note_in_terminal(enum note_for what_for) {
    char option[32] = "";
    if (purposes[what_for].option)
        snprintf(option, sizeof option, "--%s", purposes[what_for].option);
    int r = process_in_terminal((const char *const[]){"note", *option ? option : NULL, NULL}, false);
    if (r >= 0)
        return r == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
    complain(_("no window to write in: none of zenity, kdialog, $TERMINAL, x-terminal-emulator, xterm can be "
               "started"));
    return OUTCOME_FAILED;
}

static int note_in_window(struct client *client, enum note_for what_for) {
    int outcome = reach_daemon(client);
    if (outcome != OUTCOME_DONE)
        return outcome;
    struct input input;
    int r = input_ask(_(purposes[what_for].question), &input);
    if (r < 0)
        return note_in_terminal(what_for);
    if (r != OUTCOME_DONE)
        return r;
    outcome = save_note(client, &input, what_for);
    input_done(&input);
    return outcome;
}

static int take_text(const struct arguments *arguments, struct input *ret) {
    _cleanup_free_ char *text = NULL;
    int r = words_join(arguments, &text);
    return r < 0 ? fail_errno(r, _("cannot read the arguments")) : input_take(text, ret);
}

int verb_note(struct client *client, const struct arguments *arguments) {
    bool given = arguments->n_words > 0;
    enum note_for what_for = NOTE_FOR_JOURNAL;
    if (option_given(arguments, "keep") && option_given(arguments, "for-a-hard-day"))
        return fail_usage(_("note takes --keep or --for-a-hard-day, not both"));
    for (size_t i = NOTE_FOR_KEEPING; i < ELEMENTSOF(purposes); i++)
        if (option_given(arguments, purposes[i].option))
            what_for = (enum note_for)i;
    if (option_given(arguments, "open"))
        return given ? fail_usage(_("note takes TEXT or --open, not both"))
                     : note_in_window(client, what_for);
    int outcome = given || !isatty(STDIN_FILENO) ? OUTCOME_DONE : reach_daemon(client);
    if (outcome != OUTCOME_DONE)
        return outcome;
    struct input input;
    outcome = given ? take_text(arguments, &input) : input_read(&input);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = save_note(client, &input, what_for);
    input_done(&input);
    return outcome;
}

/* --- support ---------------------------------------------------------------------------------- */

#define SUPPORT_SITE "findahelpline.com"

/* The person's own line. It may be missing, whatever is wrong with the schedule: the rest is said all the
 * same. */
static int own_support(char **ret) {
    _cleanup_free_ char *shipped = NULL, *path = NULL;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(NULL, shipped, &path);
    if (r < 0)
        return r;
    struct mistakes mistakes = {};
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    r = config_load(path, NULL, &mistakes, &schedule);
    mistakes_done(&mistakes);
    if (r < 0)
        return r;
    char *support = strdup(or_empty(schedule->support));
    if (!support)
        return -ENOMEM;
    *ret = support;
    return 0;
}

/* What is read once at the first start, too. */
static void print_support(void) {
    _cleanup_free_ char *own = NULL;
    int r = own_support(&own);
    if (own && *own)
        print_text(stdout, 0, 0, own);
    if (!own || !strstr(own, SUPPORT_SITE))
        puts(SUPPORT_SITE);
    putchar('\n');
    print_text(stdout, 0, 0, keeper_guidance());
    print_text(stdout, 0, 0,
               _("In an emergency, the emergency number of the place where you are is the one to call."));
    if (r < 0)
        complain(_("your own line can't be read from the schedule just now; kindly check says why"));
}

static int show_support(struct client *client) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = client_call(client, &reply, "Prompt", "s", "hard");
    const char *id;
    if (outcome == OUTCOME_DONE)
        outcome = client_read(reply, 's', &id);
    if (outcome == OUTCOME_DONE)
        outcome = client_call(client, NULL, "Answer", "sss", id, "support", "");
    return outcome;
}

int verb_support(struct client *client, const struct arguments *arguments) {
    if (option_given(arguments, "show"))
        return show_support(client);
    print_support();
    return OUTCOME_DONE;
}
