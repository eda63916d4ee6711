/* deck: decks of the person's own. So far they are made from plain text.
 *
 * Everything is checked before anything is written; what is found in the wording is told afterwards and keeps
 * nothing from being used. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/config.h"
#include "daemon/store/create.h"
#include "daemon/store/deck.h"
#include "daemon/store/lines.h"
#include "daemon/store/paths.h"
#include "daemon/store/read.h"
#include "daemon/store/settings.h"

#define STANDARD_INPUT N_("standard input")

struct deck_import {
    const char *source; /* NULL: standard input */
    enum theme theme;
    char *name;
    char *language;
    struct schedule *schedule;
    char *folder, *path; /* of the deck */
    char *text;
    size_t n; /* prompts in it */
    struct lint *lint;
    struct library *library;
};

static void import_done(struct deck_import *import) {
    free(import->name);
    free(import->language);
    free(import->folder);
    free(import->path);
    free(import->text);
    lint_free(import->lint);
    library_free(import->library);
    schedule_free(import->schedule);
}

static const char *source_name(const struct deck_import *import) {
    return import->source ? import->source : _(STANDARD_INPUT);
}

/* To standard error; the outcome is OUTCOME_FAILED when there are errors. */
static int tell_mistakes(struct mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->n; i++) {
        print_clean(stderr, mistakes->items[i].text);
        fputc('\n', stderr);
    }
    int outcome = mistakes->n_errors > 0 ? OUTCOME_FAILED : OUTCOME_DONE;
    mistakes_done(mistakes);
    return outcome;
}

/* --- What was asked for ----------------------------------------------------------------------- */

static int take_theme(const struct arguments *arguments, struct deck_import *import) {
    const char *word = option_value(arguments, "theme");
    import->theme = theme_from_id(or_empty(word));
    if (import->theme < THEME_OWN)
        return OUTCOME_DONE;
    char names[160] = "";
    for (enum theme theme = 0; theme < THEME_OWN; theme++)
        strcat(strcat(names, theme ? ", " : ""), theme_id(theme));
    return word ? fail_usage(_("there is no theme \"%s\" for decks; it must be one of %s"), word, names)
                : fail_usage(_("deck import needs --theme=THEME, one of %s"), names);
}

static int take_name(const struct arguments *arguments, struct deck_import *import) {
    const char *name = option_value(arguments, "name");
    if (name && !lines_name_fits(name))
        return fail_usage(
            _("the name \"%s\" can't be that of a deck: 1 to %d letters (a to z), digits, '-', '_' "
              "and '.', the first one no '.'"),
            name, LINES_NAME_MAX);
    if (!name && !import->source)
        return fail_usage(_("deck import needs --name=NAME with standard input; the deck is called so"));
    import->name = name ? strdup(name) : lines_name_from(import->source);
    if (!import->name)
        return fail_usage(_("%s gives the deck no name; deck import needs --name=NAME for it"),
                          import->source);
    return OUTCOME_DONE;
}

/* The schedule in use, with the languages it comes to; one with mistakes counts as none. */
static int find_schedule(struct deck_import *import) {
    struct mistakes ignored = {};
    _cleanup_free_ char *shipped = NULL, *path = NULL;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(NULL, shipped, &path);
    if (r >= 0)
        r = config_load(path, NULL, &ignored, &import->schedule);
    if (r >= 0)
        r = client_settle_languages(import->schedule);
    mistakes_done(&ignored);
    return r == -ENOMEM ? fail_errno(r, _("cannot read the schedule")) : OUTCOME_DONE;
}

static bool reads_language(const struct deck_import *import) {
    const struct schedule *schedule = import->schedule;
    for (size_t i = 0; schedule && i < schedule->n_languages; i++)
        if (streq(schedule->languages[i], import->language))
            return true;
    return !schedule;
}

/* The first; where they follow the locale, the one that has decks, which is the last. */
static const char *schedule_language(const struct schedule *schedule) {
    if (!schedule || schedule->n_languages == 0)
        return "en";
    return schedule->languages[schedule->languages_by_locale ? schedule->n_languages - 1 : 0];
}

static int take_language(const struct arguments *arguments, struct deck_import *import) {
    const char *language = option_value(arguments, "language");
    if (language && !is_language(language))
        return fail_usage(_("\"%s\" is no language, such as en or pt-BR"), language);
    if (!language)
        language = schedule_language(import->schedule);
    import->language = strdup(language);
    return import->language ? OUTCOME_DONE : fail_errno(-ENOMEM, _("cannot take the language"));
}

static int take_place(struct deck_import *import) {
    int r = path_user_decks(&import->folder);
    if (r >= 0 && asprintf(&import->path, "%s/%s.conf", import->folder, import->name) < 0) {
        import->path = NULL;
        r = -ENOMEM;
    }
    return r < 0 ? fail_errno(r, _("cannot find the folder for decks")) : OUTCOME_DONE;
}

static int take_arguments(const struct arguments *arguments, struct deck_import *import) {
    const char *file = word_at(arguments, 1);
    import->source = file && !streq(file, "-") ? file : NULL;
    int outcome = take_theme(arguments, import);
    if (outcome == OUTCOME_DONE)
        outcome = take_name(arguments, import);
    if (outcome == OUTCOME_DONE)
        outcome = find_schedule(import);
    if (outcome == OUTCOME_DONE)
        outcome = take_language(arguments, import);
    return outcome == OUTCOME_DONE ? take_place(import) : outcome;
}

/* --- From lines to a deck --------------------------------------------------------------------- */

static int read_source(const struct deck_import *import, char **ret_text, size_t *ret_size) {
    int fd = import->source ? open(import->source, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    if (fd < 0)
        return fail_errno(-errno, import->source);
    if (isatty(fd))
        fputs(_("One prompt a line; Ctrl-D on a line of its own ends it, Ctrl-C drops it.\n"), stderr);
    _cleanup_free_ char *text = malloc(LINES_SIZE_MAX + 1);
    size_t size = 0;
    int r = text ? read_all(fd, text, LINES_SIZE_MAX + 1, &size) : -ENOMEM;
    if (import->source)
        close(fd);
    if (r < 0)
        return fail_errno(r, source_name(import));
    if (size > LINES_SIZE_MAX) {
        complain(_("%s is larger than %d MiB; a deck is made of at most %d lines"), source_name(import),
                 LINES_SIZE_MAX / (1024 * 1024), LINES_PROMPTS_MAX);
        return OUTCOME_FAILED;
    }
    *ret_text = TAKE_PTR(text);
    *ret_size = size;
    return OUTCOME_DONE;
}

static int make_deck(struct deck_import *import) {
    _cleanup_free_ char *lines = NULL;
    size_t size = 0;
    int outcome = read_source(import, &lines, &size);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const struct lines_deck deck = {
        .name = import->name, .theme = import->theme, .language = import->language};
    struct mistakes mistakes = {};
    int r = lines_to_deck(source_name(import), lines, size, &deck, &mistakes, &import->text, &import->n);
    outcome = tell_mistakes(&mistakes);
    return r < 0 && outcome == OUTCOME_DONE ? fail_errno(r, source_name(import)) : outcome;
}

/* --- Beside the decks that are there ---------------------------------------------------------- */

/* All decks in use; what is wrong with them is for `kindly check` to tell. */
static int load_decks(struct deck_import *import) {
    char english[] = "en", *fallback[] = {english};
    char *const *languages = import->schedule ? import->schedule->languages : fallback;
    size_t n = import->schedule ? import->schedule->n_languages : ELEMENTSOF(fallback);
    struct mistakes ignored = {};
    _cleanup_free_ char *shipped = NULL;
    import->library = library_new();
    int r = import->library ? path_shipped("decks", &shipped) : -ENOMEM;
    if (r >= 0)
        r = deck_load_folder(import->library, shipped, languages, n, &ignored);
    if (r >= 0)
        r = deck_load_folder(import->library, import->folder, languages, n, &ignored);
    mistakes_done(&ignored);
    return r < 0 ? fail_errno(r, _("cannot read the decks")) : OUTCOME_DONE;
}

static int check_ids(const struct deck_import *import) {
    for (size_t i = 0; i < import->n; i++) {
        char id[LINES_ID_SIZE];
        lines_id(import->name, i, import->n, id);
        if (library_find_prompt(import->library, id) ||
            library_has_practice(import->library, id, import->language)) {
            complain(_("another deck has a prompt \"%s\" already; choose another --name"), id);
            return OUTCOME_FAILED;
        }
    }
    return OUTCOME_DONE;
}

static int check_deck(struct deck_import *import) {
    _cleanup_free_ char *lists = NULL;
    int outcome = load_decks(import);
    if (outcome == OUTCOME_DONE)
        outcome = check_ids(import);
    if (outcome != OUTCOME_DONE)
        return outcome;
    struct mistakes mistakes = {};
    int r = path_shipped("wording", &lists);
    import->lint = r < 0 ? NULL : lint_new(lists);
    if (r >= 0)
        r = import->lint
                ? deck_lint_text(import->library, import->path, import->text, import->lint, &mistakes)
                : -ENOMEM;
    outcome = tell_mistakes(&mistakes);
    return r < 0 && outcome == OUTCOME_DONE ? fail_errno(r, _("cannot check the deck")) : outcome;
}

/* --- In its place ----------------------------------------------------------------------------- */

static int refuse_existing(const struct deck_import *import) {
    complain(_("%s is there already, and left as it is; choose another --name"), import->path);
    return OUTCOME_FAILED;
}

static int write_deck(const struct deck_import *import) {
    int r = create_folders(import->folder);
    if (r >= 0)
        r = create_text(import->path, import->text, strlen(import->text));
    if (r == -EEXIST)
        return refuse_existing(import);
    return r < 0 ? fail_errno(r, import->path) : OUTCOME_DONE;
}

static int tell_deck(const struct deck_import *import) {
    print_clean(stdout, import->path);
    printf(TRANSLATE_COUNT(": %zu prompt of the theme %s, in \"%s\".\n",
                           ": %zu prompts of the theme %s, in \"%s\".\n", import->n),
           import->n, theme_id(import->theme), import->language);
    if (!reads_language(import))
        printf(_("They come when the schedule's languages have \"%s\" among them.\n"), import->language);
    struct mistakes mistakes = {};
    int r = lint_tell(import->lint, &mistakes);
    tell_mistakes(&mistakes);
    return r < 0 ? fail_errno(r, _("cannot look at the wording")) : OUTCOME_DONE;
}

static int import_lines(const struct arguments *arguments, struct deck_import *import) {
    struct stat status;
    int outcome = take_arguments(arguments, import);
    if (outcome == OUTCOME_DONE && lstat(import->path, &status) >= 0)
        outcome = refuse_existing(import);
    if (outcome == OUTCOME_DONE)
        outcome = make_deck(import);
    if (outcome == OUTCOME_DONE)
        outcome = check_deck(import);
    if (outcome == OUTCOME_DONE)
        outcome = write_deck(import);
    return outcome == OUTCOME_DONE ? tell_deck(import) : outcome;
}

int verb_deck(struct client *client, const struct arguments *arguments) {
    (void)client;
    if (!streq(word_at(arguments, 0), "import"))
        return fail_usage(_("deck does not know \"%s\"; it is: kindly deck import [FILE]"),
                          word_at(arguments, 0));
    struct deck_import import = {};
    int outcome = import_lines(arguments, &import);
    import_done(&import);
    return outcome;
}
