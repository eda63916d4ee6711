/* kindly: the command for people and scripts.
 *
 * Everything about a verb but what it does stands in one table, which parsing, help and completion read. */
#include <locale.h>
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/store/mistake.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define DEFAULT_VERB "status"

#define OPTION_JSON                                                                                          \
    { "json", 0, OPTION_FLAG, NULL, "print JSON, with the keys that the D-Bus interface documents" }
#define OPTION_ID                                                                                            \
    { "id", 0, OPTION_VALUE, "ID", "the prompt that is meant; without it the newest that is open" }

const struct verb verbs[] = {
    {.name = DEFAULT_VERB,
     .words = "",
     .summary = "what is open, what comes next, and whether it is paused",
     .details =
         "This is also what kindly says without a verb.\nA FORMAT for status bars is text with {state}, "
         "{open}, {next}, {reminder}, {paused}, {presence} and {problem}; a part in [ ] is left out when "
         "a field in it has nothing to say. Or it is the word waybar, for that bar's JSON.",
     .run = verb_status,
     .options = {{"format", 0, OPTION_VALUE, "FORMAT", "one line for a status bar; does not start kindlyd"},
                 {"follow", 0, OPTION_FLAG, NULL, "with --format: again whenever the line changes"},
                 OPTION_JSON}},
    {.name = "now",
     .words = "[WHAT]",
     .summary = "show a prompt now",
     .details = "WHAT is a theme, a reminder's name or a practice's id; without it, any. It is shown "
                "whatever the hour, "
                "and counts for nothing.",
     .max_words = 1,
     .run = verb_now},
    {.name = "hard", .words = "", .summary = "a hard moment: something steadying, at once", .run = verb_hard},
    {.name = "answer",
     .words = "CHOICE",
     .summary = "answer the open prompt",
     .details = "CHOICE is one of those the prompt offers (kindly status shows them), or helpful, okay, "
                "not-for-me or "
                "hard.",
     .min_words = 1,
     .max_words = 1,
     .run = verb_answer,
     .options =
         {{"note", 0, OPTION_MAYBE_VALUE, "TEXT",
           "with a line of your own; without TEXT it is read from standard input, or written in $EDITOR"},
          OPTION_ID}},
    {.name = "snooze",
     .words = "[SPAN|TIME]",
     .summary = "put the open prompt off",
     .details = "For a SPAN (20min, 1h 30min) or until a TIME (14:30, tomorrow, monday 9:00); without one, "
                "for as long "
                "as its \"later\" says.",
     .max_words = WORDS_ANY,
     .run = verb_snooze,
     .options = {OPTION_ID}},
    {.name = "dismiss",
     .words = "",
     .summary = "put the open prompt away; nothing is learned from it",
     .run = verb_dismiss,
     .options = {OPTION_ID}},
    {.name = "note",
     .words = "[TEXT]",
     .summary = "write a line of your own into the journal",
     .details = "Without TEXT it is read from standard input; on a terminal $VISUAL or $EDITOR opens. That "
                "is the better "
                "way: others on this machine can see the arguments of a command while it runs.",
     .max_words = WORDS_ANY,
     .run = verb_note,
     .options = {{"keep", 0, OPTION_FLAG, NULL, "show it again some day"},
                 {"open", 0, OPTION_FLAG, NULL, "ask for it in a window, as the desktop's menu does"}}},
    {.name = "forget",
     .words = "[ID]",
     .summary = "erase the content of entries for good",
     .max_words = 1,
     .run = verb_forget,
     .options = {{"since", 0, OPTION_VALUE, "TIME", "all entries from then on"},
                 {"until", 0, OPTION_VALUE, "TIME", "with --since: only those before then"},
                 {"everything", 0, OPTION_FLAG, NULL, "all entries; asks first on a terminal"},
                 {"yes", 0, OPTION_FLAG, NULL, "do not ask"}}},
    {.name = "pause",
     .words = "[SPAN|TIME]",
     .summary = "show nothing for a while, except by hand",
     .details = "For a SPAN (2h, 3 days) or until a TIME (18:00, tomorrow, monday); without one, until "
                "kindly resume.",
     .max_words = WORDS_ANY,
     .run = verb_pause},
    {.name = "resume", .words = "", .summary = "end the pause", .run = verb_resume},
    {.name = "hold",
     .words = "--while COMMAND...",
     .summary = "hold prompts back while a command runs",
     .details = "For scripts: it does not touch a pause of yours. The exit status is the command's; 127 when "
                "it is not "
                "found, 126 when it cannot be run.",
     .run = verb_hold,
     .options = {{"while", 0, OPTION_REST, "COMMAND...",
                  "the command and its arguments; nothing after it is ours"}}},
    {.name = "upcoming",
     .words = "",
     .summary = "what would be shown when",
     .details = "After gap, limit, quiet hours and pause, if you were there all the time.",
     .run = verb_upcoming,
     .options = {{"lines", 'n', OPTION_VALUE, "N", "how many, 1 to 1000 (10)"}, OPTION_JSON}},
    {.name = "journal",
     .words = "",
     .summary = "what was shown, answered and written",
     .details = "The last 30 days, if nothing else is said. It is read from the file, without the daemon.",
     .run = verb_journal,
     .options = {{"since", 0, OPTION_VALUE, "TIME", "from then on (2026-03-28, yesterday, last monday)"},
                 {"until", 0, OPTION_VALUE, "TIME", "only before then"},
                 {"theme", 0, OPTION_VALUE, "THEME", "only this theme"},
                 {"grep", 0, OPTION_VALUE, "TEXT", "only where the prompt or your words contain TEXT"},
                 {"notes", 0, OPTION_FLAG, NULL, "only where you wrote something"},
                 {"missed", 0, OPTION_FLAG, NULL, "also what was not shown, and the rule that did it"},
                 {"ids", 0, OPTION_FLAG, NULL, "with the id of each entry"},
                 OPTION_JSON}},
    {.name = "why",
     .words = "[ID]",
     .summary = "why this prompt, or why it was not shown",
     .details = "Without ID the newest that was shown.",
     .max_words = 1,
     .run = verb_why},
    {.name = "support",
     .words = "",
     .summary = "where there is help; works without the daemon",
     .run = verb_support,
     .options = {{"show", 0, OPTION_FLAG, NULL, "as a notification"}}},
    {.name = "presence",
     .words = "",
     .summary = "what says whether you are there",
     .run = verb_presence,
     .options = {OPTION_JSON}},
    {.name = "watch",
     .words = "",
     .summary = "what happens, one line each, until ended",
     .details = "TIME, what happened, the entry's id, then what is known of it; never a text.",
     .run = verb_watch,
     .options = {{"since", 0, OPTION_VALUE, "ID", "first the entries after this one"},
                 {"json", 0, OPTION_FLAG, NULL, "one JSON object a line"}}},
    {.name = "check",
     .words = "[FILE...]",
     .summary = "look for mistakes in the schedule and the decks",
     .details = "A FILE is a schedule or a deck; without one, the schedule in use and all decks.",
     .max_words = WORDS_ANY,
     .run = verb_check,
     .options = {OPTION_JSON}},
    {.name = "deck",
     .words = "import [FILE]",
     .summary = "make a deck of your own from plain text",
     .details =
         "Each line of FILE is a prompt; blank lines and lines that begin with # are left out. Without FILE, "
         "or with -, it is standard input. The deck is written beside your other ones, never over one.",
     .min_words = 1,
     .max_words = 2,
     .run = verb_deck,
     .options = {{"theme", 0, OPTION_VALUE, "THEME", "of all its prompts; this one is needed"},
                 {"language", 0, OPTION_VALUE, "LANG", "such as en or pt-BR (the schedule's first)"},
                 {"name", 0, OPTION_VALUE, "NAME", "of the deck, its file and its ids (that of FILE)"}}},
    {.name = "reload", .words = "", .summary = "read the schedule and the decks again", .run = verb_reload},
    {.name = "calendar",
     .words = "EXPRESSION",
     .summary = "when a calendar expression comes",
     .details = "One time a line; \"never\" and exit status 1 when there is none before 2200.",
     .min_words = 1,
     .max_words = WORDS_ANY,
     .run = verb_calendar,
     .options = {{"base-time", 0, OPTION_VALUE, "TIME",
                  "after this time (now): 2026-03-28T12:00:00Z, @EPOCH"},
                 {"iterations", 'n', OPTION_VALUE, "N", "how many (1)"}}},
    {.name = "rehearse",
     .words = "",
     .summary = "what would come, and when",
     .details =
         "One line each: time, reminder, theme, text. By the rules, the journal and the chance that "
         "kindlyd goes by: the times are those that come if you are there and let each pass; texts "
         "hold until your next answer. Windows are of each day; --away and --asleep may be given again.",
     .run = verb_rehearse,
     .options = {{"from", 0, OPTION_VALUE, "TIME",
                  "begin with nothing open at that time; without it now, as it is"},
                 {"days", 0, OPTION_VALUE, "N", "for how long, 1 to 366 (7)"},
                 {"away", 0, OPTION_VALUES, "WINDOW", "you are away, the screen locked: 12:00-13:30"},
                 {"asleep", 0, OPTION_VALUES, "WINDOW", "the machine is suspended: 23:00-07:00"},
                 {"config", 0, OPTION_VALUE, "FILE", "another schedule than the one in use"},
                 {"missed", 0, OPTION_FLAG, NULL, "also what is not shown, and the rule that does it"},
                 OPTION_JSON}},
    {.name = "help",
     .words = "[VERB]",
     .summary = "what kindly can do, or how a verb is used",
     .max_words = 1,
     .run = verb_help_of},
};
const size_t n_verbs = ELEMENTSOF(verbs);

const struct verb *verb_find(const char *name) {
    for (size_t i = 0; i < n_verbs; i++)
        if (streq(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

int verb_unknown(const char *name) {
    const char *known[ELEMENTSOF(verbs)];
    for (size_t i = 0; i < n_verbs; i++)
        known[i] = verbs[i].name;
    const char *near = nearest_word(name, known, n_verbs);
    if (near)
        return fail_usage("there is no verb \"%s\"; did you mean \"%s\"?", name, near);
    return fail_usage("there is no verb \"%s\"; see: kindly --help", name);
}

#define VERB_COLUMN 14 /* where a verb's summary begins */

void verbs_help(void) {
    puts("Usage: kindly [VERB] [WORDS] [OPTIONS]\n");
    print_text(stdout, 0, 0,
               "Short invitations to be kind to yourself, at moments when you can take them in.");
    puts("\nVerbs:");
    for (size_t i = 0; i < n_verbs; i++) {
        int length = printf("  %s", verbs[i].name);
        printf("%*s", VERB_COLUMN - length, "");
        print_text(stdout, VERB_COLUMN, VERB_COLUMN, verbs[i].summary);
    }
    puts("\nkindly VERB --help says more. Exit status: 0 done, 1 failed, 2 wrong usage, 3 kindlyd\n"
         "cannot be reached.");
}

int verb_help_of(struct client *client, const struct arguments *arguments) {
    (void)client;
    const char *name = word_at(arguments, 0);
    if (!name) {
        verbs_help();
        return OUTCOME_DONE;
    }
    const struct verb *verb = verb_find(name);
    if (!verb)
        return verb_unknown(name);
    verb_help(verb, stdout);
    return OUTCOME_DONE;
}

static int run_verb(const struct verb *verb, char **items) {
    struct arguments arguments;
    int r = arguments_parse(verb, items, &arguments);
    if (r < 0)
        return r == -EINVAL ? OUTCOME_USAGE : fail_errno(r, "cannot read the arguments");
    struct client client = {};
    int status = OUTCOME_DONE;
    if (arguments.help)
        verb_help(verb, stdout);
    else
        status = verb->run(&client, &arguments);
    client_done(&client);
    arguments_done(&arguments);
    return status;
}

/* For shells' completion: one verb a line with its summary, or one option of a verb a line with its help. */
static int list_verbs(void) {
    for (size_t i = 0; i < n_verbs; i++)
        printf("%s\t%s\n", verbs[i].name, verbs[i].summary);
    return OUTCOME_DONE;
}

static int list_options(const char *name) {
    const struct verb *verb = verb_find(or_empty(name));
    if (!verb)
        return verb_unknown(or_empty(name));
    verb_list_options(verb, stdout);
    return OUTCOME_DONE;
}

static int run(char **items) {
    const char *first = items[0];
    if (first && (streq(first, "--help") || streq(first, "-h"))) {
        verbs_help();
        return OUTCOME_DONE;
    }
    if (first && streq(first, "--version")) {
        puts("kindly " VERSION);
        return OUTCOME_DONE;
    }
    if (first && streq(first, "--list-verbs"))
        return list_verbs();
    if (first && streq(first, "--list-options"))
        return list_options(items[1]);
    if (first && streq(first, "--complete"))
        return verb_complete(items + 1);
    if (!first || *first == '-')
        return run_verb(verb_find(DEFAULT_VERB), items);
    const struct verb *verb = verb_find(first);
    return verb ? run_verb(verb, items + 1) : verb_unknown(first);
}

int main(int argc, char **argv) {
    setlocale(LC_ALL, "");
    int status = run(argv + (argc > 0 ? 1 : 0));
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == OUTCOME_DONE)
        return fail_errno(errno > 0 ? -errno : -EIO, "cannot write");
    return status;
}
