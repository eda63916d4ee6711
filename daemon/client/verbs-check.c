/* check: the schedule and the decks are read by the functions that the daemon uses, and what they find is
 * told; then how the decks are worded.
 *
 * The schedule is read twice: decks are those of its languages, and its practices are those of the decks. */
#include <limits.h>
#include <stdio.h>

#include "daemon/client/check.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"
#include "daemon/store/wordlist.h"

static int start_lint(struct lint **ret) {
    _cleanup_free_ char *lists = NULL;
    int r = path_shipped("wording", &lists);
    if (r < 0)
        return r;
    struct lint *lint = lint_new(lists);
    if (!lint)
        return -ENOMEM;
    *ret = lint;
    return 0;
}

/* Whose wording has to be right: ours. */
static int load_folders(struct check *check, char *const *languages, size_t n_languages, struct lint *lint,
                        struct library *library) {
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    int r = path_shipped("decks", &shipped);
    if (r >= 0)
        r = path_user_decks(&own);
    if (r >= 0 && lint)
        lint_as(lint, MISTAKE_ERROR);
    if (r >= 0)
        r = deck_lint_folder(library, shipped, languages, n_languages, lint, &check->mistakes);
    if (r >= 0 && lint)
        lint_as(lint, MISTAKE_WARNING);
    if (r >= 0)
        r = deck_lint_folder(library, own, languages, n_languages, lint, &check->mistakes);
    return r;
}

/* The decks of the schedule's languages; a schedule with mistakes counts as English. `lint` may be NULL. */
static int load_decks(struct check *check, const char *path, struct lint *lint, struct library **ret) {
    struct mistakes ignored = {};
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    int r = config_load(path, NULL, &ignored, &schedule);
    mistakes_done(&ignored);
    if (schedule && r >= 0)
        r = client_settle_languages(schedule);
    if (r == -ENOMEM)
        return r;
    char english[] = "en", *fallback[] = {english};
    _cleanup_(library_freep) struct library *library = library_new();
    if (!library)
        return -ENOMEM;
    if (schedule)
        r = load_folders(check, schedule->languages, schedule->n_languages, lint, library);
    else
        r = load_folders(check, fallback, 1, lint, library);
    if (r >= 0)
        *ret = TAKE_PTR(library);
    return r;
}

/* -EINVAL and errors of reading are in the mistakes; other errors are real ones. */
static int real_error(const struct check *check, size_t errors_before, int r) {
    return r < 0 && r != -ENOMEM && check->mistakes.n_errors > errors_before ? 0 : r;
}

static int check_schedule(struct check *check, const char *path, const struct library *library) {
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    size_t before = check->mistakes.n_errors;
    return real_error(check, before, config_load(path, library, &check->mistakes, &schedule));
}

int check_everything(struct check *check, char **ret_path) {
    _cleanup_free_ char *shipped = NULL;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(NULL, shipped, ret_path);
    if (r < 0)
        return r;
    _cleanup_(library_freep) struct library *library = NULL;
    _cleanup_(lint_freep) struct lint *lint = NULL;
    r = start_lint(&lint);
    if (r >= 0)
        r = load_decks(check, *ret_path, lint, &library);
    if (r < 0)
        return r;
    check->unreviewed = !library->all_reviewed;
    r = check_schedule(check, *ret_path, library);
    return r < 0 ? r : lint_tell(lint, &check->mistakes); /* last, so that it leaves room for the others */
}

static bool is_shipped(const char *path) {
    char file[PATH_MAX], folder[PATH_MAX];
    _cleanup_free_ char *shipped = NULL;
    if (path_shipped("decks", &shipped) < 0 || !realpath(path, file) || !realpath(shipped, folder))
        return false;
    size_t length = strlen(folder);
    return strncmp(file, folder, length) == 0 && file[length] == '/';
}

static int check_deck(struct check *check, const char *path) {
    _cleanup_(library_freep) struct library *library = library_new();
    _cleanup_(lint_freep) struct lint *lint = NULL;
    int r = library ? start_lint(&lint) : -ENOMEM;
    if (r < 0)
        return r;
    lint_as(lint, is_shipped(path) ? MISTAKE_ERROR : MISTAKE_WARNING);
    size_t before = check->mistakes.n_errors;
    r = real_error(check, before, deck_lint_file(library, path, lint, &check->mistakes));
    check->unreviewed = check->unreviewed || !library->all_reviewed;
    return r < 0 ? r : lint_tell(lint, &check->mistakes);
}

static int check_words(struct check *check, const char *path) {
    _cleanup_(wordlist_freep) struct wordlist *list = NULL;
    size_t before = check->mistakes.n_errors;
    return real_error(check, before, wordlist_load(path, &check->mistakes, &list));
}

/* Schedules may name practices of the decks; those of the schedule's own languages are read for it. */
static int check_file(struct check *check, const char *path) {
    if (deck_is_deck(path))
        return check_deck(check, path);
    if (wordlist_is_list(path))
        return check_words(check, path);
    struct check decks = {};
    _cleanup_(library_freep) struct library *library = NULL;
    int r = load_decks(&decks, path, NULL, &library);
    mistakes_done(&decks.mistakes);
    return r < 0 ? r : check_schedule(check, path, library);
}

/* --- Telling ---------------------------------------------------------------------------------- */

static void print_mistakes(const struct check *check, const char *subject) {
    for (size_t i = 0; i < check->mistakes.n; i++) {
        print_clean(stdout, check->mistakes.items[i].text);
        putchar('\n');
    }
    if (check->mistakes.n == 0) {
        print_clean(stdout, subject);
        puts(_(": no mistakes."));
    }
    if (check->mistakes.n > 0 && check->mistakes.n_errors == 0)
        puts(_("These are warnings: everything is used as it is."));
    if (check->unreviewed)
        puts(_("Not every text has been read by a native speaker other than its author (reviewed = false)."));
}

static int print_mistakes_json(const struct check *check) {
    _cleanup_json_ struct json_object *array = json_object_new_array();
    int r = array ? 0 : -ENOMEM;
    for (size_t i = 0; i < check->mistakes.n && r >= 0; i++) {
        const struct mistake *mistake = &check->mistakes.items[i];
        const char *severity = mistake->severity == MISTAKE_ERROR ? "error" : "warning";
        _cleanup_json_ struct json_object *row = json_object_new_object();
        r = row ? json_put(row, "severity", json_object_new_string(severity)) : -ENOMEM;
        if (r >= 0)
            r = json_put(row, "text", json_object_new_string(mistake->text));
        if (r >= 0 && json_object_array_add(array, json_object_get(row)) < 0)
            r = -ENOMEM;
    }
    return r < 0 ? r : print_json(array);
}

/* What a person calls the file: the last part of its path. */
static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

int verb_check(struct client *client, const struct arguments *arguments) {
    (void)client;
    struct check check = {};
    _cleanup_free_ char *found = NULL;
    int r = 0;
    if (arguments->n_words == 0)
        r = check_everything(&check, &found);
    for (size_t i = 0; i < arguments->n_words && r >= 0; i++)
        r = check_file(&check, arguments->words[i]);
    const char *path = found ? found : word_at(arguments, 0);
    const char *subject = arguments->n_words > 1 ? _("All of these") : file_name(or_empty(path));
    if (r >= 0 && option_given(arguments, "json"))
        r = print_mistakes_json(&check);
    else if (r >= 0)
        print_mistakes(&check, subject);
    int outcome = r < 0                         ? fail_errno(r, _("cannot check"))
                  : check.mistakes.n_errors > 0 ? OUTCOME_FAILED
                                                : OUTCOME_DONE;
    mistakes_done(&check.mistakes);
    return outcome;
}
