/* kindly: the command for people and scripts.
 *
 * Everything about a verb but what it does stands in one table, which parsing, help and completion read. */
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/language.h"
#include "daemon/store/mistake.h"
#include "daemon/store/streams.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define DEFAULT_VERB "status"

#define OPTION_JSON                                                                                          \
    { "json", 0, OPTION_FLAG, NULL, N_("print JSON, with the keys that the D-Bus interface documents") }
#define OPTION_ID                                                                                            \
    { "id", 0, OPTION_VALUE, "ID", N_("the prompt that is meant; without it the newest that is open") }

const struct verb verbs[] = {
    {.name = DEFAULT_VERB,
     .words = "",
     .summary = N_("what is open, what comes next, and whether it is paused"),
     .details =
         N_("This is also what kindly says without a verb.\nA FORMAT for status bars is text with {state}, "
            "{open}, {next}, {reminder}, {paused}, {presence} and {problem}; a part in [ ] is left out when "
            "a field in it has nothing to say. Or it is the word waybar, for that bar's JSON."),
     .run = verb_status,
     .options = {{"format", 0, OPTION_VALUE, "FORMAT",
                  N_("one line for a status bar; does not start kindlyd")},
                 {"follow", 0, OPTION_FLAG, NULL, N_("with --format: again whenever the line changes")},
                 OPTION_JSON}},
    {.name = "now",
     .words = "[WHAT]",
     .summary = N_("show a prompt now"),
     .details =
         N_("WHAT is a theme, a reminder's name, a practice's id, then-and-now (an old line of yours, "
            "beside today) or guidance (what this is); without it, any. It is shown whatever the hour, "
            "and counts for nothing."),
     .max_words = 1,
     .run = verb_now},
    {.name = "hard",
     .words = "",
     .summary = N_("a hard moment: something steadying, at once"),
     .run = verb_hard},
    {.name = "answer",
     .words = "CHOICE",
     .summary = N_("answer the open prompt"),
     .details = N_("CHOICE is one of those the prompt offers (kindly status shows them), or helpful, okay, "
                   "not-for-me or "
                   "hard."),
     .min_words = 1,
     .max_words = 1,
     .run = verb_answer,
     .options =
         {{"note", 0, OPTION_MAYBE_VALUE, "TEXT",
           N_("with a line of your own; without TEXT it is read from standard input, or written in $EDITOR")},
          OPTION_ID}},
    {.name = "snooze",
     .words = "[SPAN|TIME]",
     .summary = N_("put the open prompt off"),
     .details =
         N_("For a SPAN (20min, 1h 30min) or until a TIME (14:30, tomorrow, monday 9:00); without one, "
            "for as long "
            "as its \"later\" says."),
     .max_words = WORDS_ANY,
     .run = verb_snooze,
     .options = {OPTION_ID}},
    {.name = "dismiss",
     .words = "",
     .summary = N_("put the open prompt away; nothing is learned from it"),
     .run = verb_dismiss,
     .options = {OPTION_ID}},
    {.name = "note",
     .words = "[TEXT]",
     .summary = N_("write a line of your own into the journal"),
     .details =
         N_("Without TEXT it is read from standard input; on a terminal $VISUAL or $EDITOR opens. That "
            "is the better "
            "way: others on this machine can see the arguments of a command while it runs."),
     .max_words = WORDS_ANY,
     .run = verb_note,
     .options = {{"keep", 0, OPTION_FLAG, NULL, N_("show it again some day")},
                 {"for-a-hard-day", 0, OPTION_FLAG, NULL, N_("show it first in a hard moment")},
                 {"open", 0, OPTION_FLAG, NULL, N_("ask for it in a window, as the desktop's menu does")}}},
    {.name = "forget",
     .words = "[ID]",
     .summary = N_("erase the content of entries for good"),
     .details =
         N_("In the journal, in copies of it beside it, and in your file of a shared folder. It then says "
            "what it can't reach."),
     .max_words = 1,
     .run = verb_forget,
     .options = {{"since", 0, OPTION_VALUE, "TIME", N_("all entries from then on")},
                 {"until", 0, OPTION_VALUE, "TIME", N_("with --since: only those before then")},
                 {"everything", 0, OPTION_FLAG, NULL, N_("all entries; asks first")},
                 {"yes", 0, OPTION_FLAG, NULL, N_("do not ask; needed where there is no terminal")}}},
    {.name = "pause",
     .words = "[SPAN|TIME]",
     .summary = N_("show nothing for a while, except by hand"),
     .details = N_("For a SPAN (2h, 3 days) or until a TIME (18:00, tomorrow, monday); without one, until "
                   "kindly resume."),
     .max_words = WORDS_ANY,
     .run = verb_pause},
    {.name = "resume", .words = "", .summary = N_("end the pause"), .run = verb_resume},
    {.name = "hold",
     .words = "--while COMMAND...",
     .summary = N_("hold prompts back while a command runs"),
     .details =
         N_("For scripts: it does not touch a pause of yours. The exit status is the command's; 127 when "
            "it is not "
            "found, 126 when it cannot be run."),
     .run = verb_hold,
     .options = {{"while", 0, OPTION_REST, "COMMAND...",
                  N_("the command and its arguments; nothing after it is ours")}}},
    {.name = "upcoming",
     .words = "",
     .summary = N_("what would be shown when"),
     .details = N_("After gap, limit, quiet hours and pause, if you were there all the time."),
     .run = verb_upcoming,
     .options = {{"lines", 'n', OPTION_VALUE, "N", N_("how many, 1 to 1000 (10)")}, OPTION_JSON}},
    {.name = "journal",
     .words = "",
     .summary = N_("what was shown, answered and written"),
     .details =
         N_("The last 30 days, if nothing else is said. It is read from the file, without the daemon."),
     .run = verb_journal,
     .options = {{"since", 0, OPTION_VALUE, "TIME", N_("from then on (2026-03-28, yesterday, last monday)")},
                 {"until", 0, OPTION_VALUE, "TIME", N_("only before then")},
                 {"theme", 0, OPTION_VALUE, "THEME", N_("only this theme")},
                 {"grep", 0, OPTION_VALUE, "TEXT", N_("only where the prompt or your words contain TEXT")},
                 {"notes", 0, OPTION_FLAG, NULL, N_("only where you wrote something")},
                 {"missed", 0, OPTION_FLAG, NULL, N_("also what was not shown, and the rule that did it")},
                 {"ids", 0, OPTION_FLAG, NULL, N_("with the id of each entry")},
                 OPTION_JSON}},
    {.name = "report",
     .words = "",
     .summary = N_("your own words, and what helped"),
     .details =
         N_("The last year, if nothing else is said. It is read from the file, without the daemon. Your own "
            "words lead; numbers are there only where they are fair to one person, and are no score."),
     .run = verb_report,
     .options = {{"since", 0, OPTION_VALUE, "TIME", N_("from then on (2026-03-28, last monday)")},
                 {"until", 0, OPTION_VALUE, "TIME", N_("only before then")},
                 {"calendar", 0, OPTION_FLAG, NULL, N_("also the days with a moment, and the times of day")},
                 {"html", 0, OPTION_VALUE, "FILE", N_("as a page in FILE, which only you can read")},
                 {"open", 0, OPTION_FLAG, NULL, N_("as a page in your browser, as the desktop's menu does")},
                 {"booklet", 0, OPTION_FLAG, NULL, N_("with --html or --open: a booklet of your own words")},
                 {"ascii", 0, OPTION_FLAG, NULL, N_("draw with ASCII characters only")},
                 {"json", 0, OPTION_FLAG, NULL, N_("print JSON, with the keys that kindly(1) names")}}},
    {.name = "why",
     .words = "[ID]",
     .summary = N_("why this prompt, or why it was not shown"),
     .details = N_("Without ID the newest that was shown."),
     .max_words = 1,
     .run = verb_why},
    {.name = "support",
     .words = "",
     .summary = N_("where there is help; works without the daemon"),
     .run = verb_support,
     .options = {{"show", 0, OPTION_FLAG, NULL, N_("as a notification")}}},
    {.name = "presence",
     .words = "",
     .summary = N_("what says whether you are there"),
     .run = verb_presence,
     .options = {OPTION_JSON}},
    {.name = "watch",
     .words = "",
     .summary = N_("what happens, one line each, until ended"),
     .details = N_("TIME, what happened, the entry's id, then what is known of it; never a text."),
     .run = verb_watch,
     .options = {{"since", 0, OPTION_VALUE, "ID", N_("first the entries after this one")},
                 {"json", 0, OPTION_FLAG, NULL, N_("one JSON object a line")}}},
    {.name = "export",
     .words = "[FILE]",
     .summary = N_("take the journal along, as a file"),
     .details =
         N_("Without FILE it is printed. A file is readable by you alone, and appears whole or not at all. "
            "kindly-journal(5) says what is in it."),
     .max_words = 1,
     .run = verb_export,
     .options = {{"format", 0, OPTION_VALUE, "jsonl|markdown",
                  N_("jsonl: everything, for kindly import and for programs; markdown: to read (jsonl)")},
                 {"since", 0, OPTION_VALUE, "TIME", N_("from then on")},
                 {"until", 0, OPTION_VALUE, "TIME", N_("only before then")}}},
    {.name = "import",
     .words = "FILE",
     .summary = N_("take in a file of kindly export"),
     .details =
         N_("What is in the journal already stays as it is; doing it again changes nothing. A file with a "
            "mistake in it is not taken in."),
     .min_words = 1,
     .max_words = 1,
     .run = verb_import},
    {.name = "sync",
     .words = "DIR",
     .summary = N_("share the journal with your other devices, through a folder"),
     .details = N_("Writes what happened here to a file of this device in DIR, and takes in the files of the "
                   "others. Any file synchroniser can carry the folder. The files are plain text."),
     .min_words = 1,
     .max_words = 1,
     .run = verb_sync},
    {.name = "setup",
     .words = "",
     .summary = N_("set it up by a few questions; again at any time"),
     .details = N_(
         "How many prompts, when, about what, and whether it starts at login. Enter takes what stands. "
         "Only what is answered anew is changed in the schedule. Answers can also come from standard input, "
         "one a line, an empty one for what stands; nothing is changed before the last."),
     .run = verb_setup,
     .options = {{"defaults", 0, OPTION_FLAG, NULL, N_("ask nothing: everything as it stands")},
                 {"open", 0, OPTION_FLAG, NULL, N_("ask in windows, as the desktop's menu does")},
                 {"first", 0, OPTION_FLAG, NULL,
                  N_("the first time as with --open; after that kindly report --open")}}},
    {.name = "edit",
     .words = "",
     .summary = N_("change the schedule in your editor"),
     .details =
         N_("In $VISUAL or $EDITOR, on a draft. It is put in place when it has no mistake; with one, you can "
            "go on, or leave everything as it was and keep the draft for the next time."),
     .run = verb_edit},
    {.name = "config",
     .words = "get|set [KEY] [VALUE]",
     .summary = N_("show or change a setting of the schedule"),
     .details =
         N_("KEY is a single setting (gap, show_for, name), a theme (themes.care), or what a reminder says "
            "(daytime.times). set changes that value where it stands, and nothing else in the file. get "
            "without a KEY shows all single settings."),
     .min_words = 1,
     .max_words = WORDS_ANY,
     .run = verb_config,
     .options = {{"json", 0, OPTION_FLAG, NULL, N_("with get: JSON, with key, value, default and allowed")}}},
    {.name = "check",
     .words = "[FILE...]",
     .summary = N_("look for mistakes in the schedule and the decks"),
     .details = N_("A FILE is a schedule or a deck; without one, the schedule in use and all decks."),
     .max_words = WORDS_ANY,
     .run = verb_check,
     .options = {OPTION_JSON}},
    {.name = "deck",
     .words = "import [FILE]",
     .summary = N_("make a deck of your own from plain text"),
     .details = N_(
         "Each line of FILE is a prompt; blank lines and lines that begin with # are left out. Without FILE, "
         "or with -, it is standard input. The deck is written beside your other ones, never over one."),
     .min_words = 1,
     .max_words = 2,
     .run = verb_deck,
     .options = {{"theme", 0, OPTION_VALUE, "THEME", N_("of all its prompts; this one is needed")},
                 {"language", 0, OPTION_VALUE, "LANG", N_("such as en or pt-BR (the schedule's first)")},
                 {"name", 0, OPTION_VALUE, "NAME", N_("of the deck, its file and its ids (that of FILE)")}}},
    {.name = "learning",
     .words = "reset",
     .summary = N_("forget what was learned from your answers, not the journal"),
     .details =
         N_("Themes weigh alike again, prompts that were not for you may come again, and as many prompts "
            "come as the schedule says."),
     .min_words = 1,
     .max_words = 1,
     .run = verb_learning},
    {.name = "reload",
     .words = "",
     .summary = N_("read the schedule and the decks again"),
     .run = verb_reload},
    {.name = "calendar",
     .words = "EXPRESSION",
     .summary = N_("when a calendar expression comes"),
     .details = N_("One time a line; \"never\" and exit status 1 when there is none before 2200."),
     .min_words = 1,
     .max_words = WORDS_ANY,
     .run = verb_calendar,
     .options = {{"base-time", 0, OPTION_VALUE, "TIME",
                  N_("after this time (now): 2026-03-28T12:00:00Z, @EPOCH")},
                 {"iterations", 'n', OPTION_VALUE, "N", N_("how many (1)")}}},
    {.name = "rehearse",
     .words = "",
     .summary = N_("what would come, and when"),
     .details =
         N_("One line each: time, reminder, theme, text. By the rules, the journal and the chance that "
            "kindlyd goes by: the times are those that come if you are there and let each pass; texts "
            "hold until your next answer. Windows are of each day; --away and --asleep may be given again."),
     .run = verb_rehearse,
     .options = {{"from", 0, OPTION_VALUE, "TIME",
                  N_("begin with nothing open at that time; without it now, as it is")},
                 {"days", 0, OPTION_VALUE, "N", N_("for how long, 1 to 366 (7)")},
                 {"away", 0, OPTION_VALUES, "WINDOW", N_("you are away, the screen locked: 12:00-13:30")},
                 {"asleep", 0, OPTION_VALUES, "WINDOW", N_("the machine is suspended: 23:00-07:00")},
                 {"config", 0, OPTION_VALUE, "FILE", N_("another schedule than the one in use")},
                 {"missed", 0, OPTION_FLAG, NULL, N_("also what is not shown, and the rule that does it")},
                 OPTION_JSON}},
    {.name = "backup",
     .words = "FILE",
     .summary = N_("copy the journal to a file"),
     .details = N_("Also while kindlyd writes. The copy is checked, and readable by you alone; it is not "
                   "encrypted. To go back to it: stop kindlyd, and put it in the journal's place."),
     .min_words = 1,
     .max_words = 1,
     .run = verb_backup,
     .options = {{"force", 0, OPTION_FLAG, NULL, N_("replace FILE if it is there")}}},
    {.name = "doctor",
     .words = "",
     .summary = N_("is all well, where is the journal, and who can read it"),
     .details = N_("Reads all of the journal. What needs a look is said so, and makes the exit status 1."),
     .run = verb_doctor,
     .options =
         {{"mend", 0, OPTION_FLAG, NULL,
           N_("if the journal is damaged: set it aside whole, and begin a new one with what can be read")},
          {"json", 0, OPTION_FLAG, NULL, N_("one JSON object")}}},
    {.name = "help",
     .words = "[VERB]",
     .summary = N_("what kindly can do, or how a verb is used"),
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
        return fail_usage(_("there is no verb \"%s\"; did you mean \"%s\"?"), name, near);
    return fail_usage(_("there is no verb \"%s\"; see: kindly --help"), name);
}

#define VERB_COLUMN 14 /* where a verb's summary begins */

void verbs_help(void) {
    puts(_("Usage: kindly [VERB] [WORDS] [OPTIONS]\n"));
    print_text(stdout, 0, 0,
               _("Short invitations to be kind to yourself, at moments when you can take them in."));
    puts(_("\nVerbs:"));
    for (size_t i = 0; i < n_verbs; i++) {
        int length = printf("  %s", verbs[i].name);
        printf("%*s", VERB_COLUMN - length, "");
        print_text(stdout, VERB_COLUMN, VERB_COLUMN, _(verbs[i].summary));
    }
    putchar('\n');
    print_text(
        stdout, 0, 0,
        _("kindly VERB --help says more. Exit status: 0 done, 1 failed, 2 wrong usage, 3 kindlyd cannot be "
          "reached."));
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
        return r == -EINVAL ? OUTCOME_USAGE : fail_errno(r, _("cannot read the arguments"));
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
        printf("%s\t%s\n", verbs[i].name, _(verbs[i].summary));
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
    streams_begin();
    language_begin();
    int status = run(argv + (argc > 0 ? 1 : 0));
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == OUTCOME_DONE)
        return fail_errno(errno > 0 ? -errno : -EIO, _("cannot write"));
    return status;
}
