/* check: the schedule and the decks are read by the functions that the daemon uses, and what they find is
 * told.
 *
 * The schedule is read twice: decks are those of its languages, and its practices are those of the decks. */
#include <stdio.h>

#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"

struct check {
    struct mistakes mistakes;
    bool unreviewed; /* of the decks that were read, one says so */
};

static int load_folders(struct check *check, char *const *languages, size_t n_languages,
                        struct library *library) {
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    int r = path_shipped("decks", &shipped);
    if (r >= 0)
        r = path_user_decks(&own);
    if (r >= 0)
        r = deck_load_folder(library, shipped, languages, n_languages, &check->mistakes);
    if (r >= 0)
        r = deck_load_folder(library, own, languages, n_languages, &check->mistakes);
    return r;
}

/* The decks of the schedule's languages; a schedule with mistakes counts as English. */
static int load_decks(struct check *check, const char *path, struct library **ret) {
    struct mistakes ignored = {};
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    int r = config_load(path, NULL, &ignored, &schedule);
    mistakes_done(&ignored);
    if (r == -ENOMEM)
        return r;
    char english[] = "en", *fallback[] = {english};
    _cleanup_(library_freep) struct library *library = library_new();
    if (!library)
        return -ENOMEM;
    if (schedule)
        r = load_folders(check, schedule->languages, schedule->n_languages, library);
    else
        r = load_folders(check, fallback, 1, library);
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

static int check_everything(struct check *check, char **ret_path) {
    _cleanup_free_ char *shipped = NULL;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(NULL, shipped, ret_path);
    if (r < 0)
        return r;
    _cleanup_(library_freep) struct library *library = NULL;
    r = load_decks(check, *ret_path, &library);
    if (r < 0)
        return r;
    check->unreviewed = !library->all_reviewed;
    return check_schedule(check, *ret_path, library);
}

static int check_deck(struct check *check, const char *path) {
    _cleanup_(library_freep) struct library *library = library_new();
    if (!library)
        return -ENOMEM;
    size_t before = check->mistakes.n_errors;
    int r = real_error(check, before, deck_load_file(library, path, &check->mistakes));
    check->unreviewed = check->unreviewed || !library->all_reviewed;
    return r;
}

/* Schedules may name practices of the decks; those of the schedule's own languages are read for it. */
static int check_file(struct check *check, const char *path) {
    if (deck_is_deck(path))
        return check_deck(check, path);
    struct check decks = {};
    _cleanup_(library_freep) struct library *library = NULL;
    int r = load_decks(&decks, path, &library);
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
        puts(": no mistakes.");
    }
    if (check->unreviewed)
        puts("Not every text has been read by a native speaker other than its author (reviewed = false).");
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
    const char *subject = arguments->n_words > 1 ? "All of these" : file_name(or_empty(path));
    if (r >= 0 && option_given(arguments, "json"))
        r = print_mistakes_json(&check);
    else if (r >= 0)
        print_mistakes(&check, subject);
    int outcome = r < 0                         ? fail_errno(r, "cannot check")
                  : check.mistakes.n_errors > 0 ? OUTCOME_FAILED
                                                : OUTCOME_DONE;
    mistakes_done(&check.mistakes);
    return outcome;
}
