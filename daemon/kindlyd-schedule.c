/* The schedule and the decks: found, read, put in force, and read again when they change. With a mistake in
 * them what is in force stays; at the start the shipped default takes their place. */
#include <limits.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"

/* One a line, for Reload. */
static char *told_mistakes(const struct mistakes *mistakes) {
    char *all = NULL;
    for (size_t i = 0; i < mistakes->n; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        char *longer;
        if (mistake->severity != MISTAKE_ERROR ||
            asprintf(&longer, "%s%s%s", or_empty(all), all ? "\n" : "", mistake->text) < 0)
            continue;
        free(all);
        all = longer;
    }
    return all;
}

/* The first mistake, how many there are besides, and what follows. */
static void set_file_problem(char **problem_of, const char *message, const char *then) {
    const char *all = message ? message : N_("The schedule could not be read");
    unsigned more = 0;
    for (const char *at = all; (at = strchr(at, '\n')); at++)
        more++;
    char others[96] = "", others_english[96] = "";
    if (more > 0) {
        static const char words[] = N_(" (and %u more: kindly check)");
        snprintf(others, sizeof others, _(words), more);
        snprintf(others_english, sizeof others_english, words, more);
    }
    _cleanup_free_ char *problem = NULL, *english = NULL;
    int first = (int)strcspn(all, "\n");
    if (asprintf(&problem, "%.*s%s; %s", message ? first : INT_MAX, message ? all : _(all), others,
                 _(then)) >= 0 &&
        asprintf(&english, "%.*s%s; %s", first, all, others_english, then) >= 0)
        set_problem_as(problem_of, english, problem);
}

static int load_decks(struct daemon *daemon, const struct schedule *schedule, struct library **ret) {
    _cleanup_(library_freep) struct library *library = library_new();
    if (!library)
        return -ENOMEM;
    struct mistakes mistakes = {0};
    int r = 0;
    for (size_t i = 0; r >= 0 && i < daemon->options.n_decks; i++)
        r = deck_load_folder(library, daemon->options.decks[i], schedule->languages, schedule->n_languages,
                             &mistakes);
    _cleanup_free_ char *told = told_mistakes(&mistakes);
    if (mistakes.may_pass)
        try_again(daemon, UNDONE_TEXTS);
    mistakes_done(&mistakes);
    if (told)
        set_file_problem(&daemon->deck_problem, told, N_("it is left out"));
    else
        set_problem(&daemon->deck_problem, NULL);
    if (r >= 0 && daemon->journal && journal_add_own(daemon->journal, library) < 0) {
        say(LOG_WARNING, "the lines you kept could not be read from the journal yet");
        try_again(daemon, UNDONE_TEXTS);
    }
    if (r < 0)
        return r;
    *ret = TAKE_PTR(library);
    return 0;
}

/* The person kept a line, or let one go: the texts there are have changed. */
void renew_library(struct daemon *daemon) {
    struct library *library;
    daemon->undone &= ~(unsigned)UNDONE_TEXTS;
    if (load_decks(daemon, daemon->schedule, &library) < 0) {
        try_again(daemon, UNDONE_TEXTS);
        return;
    }
    library_free(daemon->library);
    daemon->library = library;
}

/* A schedule and the decks of its languages. -EINVAL: `ret_message` has the mistakes. */
static int load(struct daemon *daemon, const char *path, struct schedule **ret_schedule,
                struct library **ret_library, char **ret_message) {
    struct mistakes mistakes = {.errors_only = true};
    _cleanup_(schedule_freep) struct schedule *first = NULL, *schedule = NULL;
    _cleanup_(library_freep) struct library *library = NULL;
    int r =
        config_load(path, NULL, &mistakes, &first); /* for its languages: practices are known after that */
    if (r >= 0)
        r = deck_settle_languages(first, daemon->options.decks, daemon->options.n_decks);
    if (r >= 0)
        r = load_decks(daemon, first, &library);
    if (r >= 0) {
        mistakes_done(&mistakes);
        mistakes = (struct mistakes){.errors_only = true};
        r = config_load(path, library, &mistakes, &schedule);
    }
    if (r >= 0)
        r = deck_settle_languages(schedule, daemon->options.decks, daemon->options.n_decks);
    if (r < 0)
        *ret_message = told_mistakes(&mistakes);
    bool may_pass = mistakes.may_pass;
    mistakes_done(&mistakes);
    if (r < 0)
        return error_may_pass(r) ? r : may_pass ? -EAGAIN : -EINVAL;
    *ret_schedule = TAKE_PTR(schedule);
    *ret_library = TAKE_PTR(library);
    return 0;
}

static int new_plan(struct daemon *daemon, const struct schedule *schedule, const usec_t *starts_usec,
                    struct plan **ret) {
    return plan_new(schedule, starts_usec, clock_zone(daemon->clock), &daemon->secret, ret);
}

int build_plan(struct daemon *daemon) {
    struct plan *plan;
    int r = new_plan(daemon, daemon->schedule, daemon->starts_usec, &plan);
    if (r < 0)
        return r;
    plan_free(daemon->plan);
    daemon->plan = plan;
    return 0;
}

/* Puts a loaded schedule in force, with all that stands on it; or nothing has changed. Takes both. */
static int adopt(struct daemon *daemon, struct schedule *given_schedule, struct library *given_library) {
    _cleanup_(schedule_freep) struct schedule *schedule = given_schedule;
    _cleanup_(library_freep) struct library *library = given_library;
    _cleanup_free_ usec_t *starts = calloc(schedule->n_reminders + 1, sizeof *starts);
    struct plan *plan;
    if (!starts)
        return -ENOMEM;
    int r = daemon->journal ? journal_note_reminders(daemon->journal, schedule, clock_realtime(), starts) : 0;
    if (r < 0)
        say(LOG_WARNING, "cannot note the reminders: %s", reason_of(r));
    r = new_plan(daemon, schedule, starts, &plan);
    if (r < 0)
        return r;
    plan_free(daemon->plan);
    schedule_free(daemon->schedule);
    library_free(daemon->library);
    free(daemon->starts_usec);
    daemon->plan = plan;
    daemon->schedule = TAKE_PTR(schedule);
    daemon->library = TAKE_PTR(library);
    daemon->starts_usec = TAKE_PTR(starts);
    daemon->adopted_usec = clock_realtime();
    presence_configure(daemon->presence, daemon->schedule->hold, daemon->schedule->idle_after_usec);
    return 0;
}

/* Before they are read, so that no later change is missed. */
int watch_files(struct daemon *daemon) {
    watch_clear(daemon->watch);
    int r = watch_file(daemon->watch, daemon->config_path);
    for (size_t i = 0; i < daemon->options.n_decks; i++) {
        int watched = watch_folder(daemon->watch, daemon->options.decks[i]);
        r = r < 0 ? r : watched;
    }
    _cleanup_free_ char *person = NULL;
    int found = daemon->options.config ? 0 : path_user_config(&person);
    if (person && !streq(person, daemon->config_path))
        found = watch_file(daemon->watch, person);
    r = r < 0 ? r : found;
    if (error_may_pass(r))
        try_again(daemon, UNDONE_WATCH);
    return r;
}

int find_config(struct daemon *daemon) {
    _cleanup_free_ char *shipped = NULL;
    char *path;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(daemon->options.config, shipped, &path);
    if (r < 0)
        return r;
    free(daemon->config_path);
    daemon->config_path = path;
    return 0;
}

static int act_reload(const struct keeper *keeper, const struct world *world, void *unused,
                      struct turn *ret) {
    (void)unused;
    return keeper_reload(keeper, world, ret);
}

/* What is open and put off stays; with mistakes in the file, all stays. */
int reload(struct daemon *daemon, char **ret_message) {
    struct schedule *schedule;
    struct library *library;
    _cleanup_free_ char *message = NULL;
    sd_notify(0, "RELOADING=1");
    int r = find_config(daemon);
    if (r >= 0) {
        watch_files(daemon);
        r = load(daemon, daemon->config_path, &schedule, &library, &message);
    }
    if (r >= 0)
        r = adopt(daemon, schedule, library);
    if (r >= 0) {
        set_problem(&daemon->config_problem, NULL);
        read_notice(daemon);
        r = take_turn(daemon, act_reload, NULL, false);
        say(LOG_INFO, "the schedule is %s", daemon->config_path);
    } else {
        set_file_problem(&daemon->config_problem, message, N_("the schedule in force stays"));
        settle(daemon);
    }
    if (error_may_pass(r))
        try_again(daemon, UNDONE_RELOAD);
    sd_notify(0, "READY=1");
    if (r < 0 && ret_message)
        *ret_message = TAKE_PTR(message);
    return r;
}

void on_files_changed(void *userdata) {
    reload(userdata, NULL);
}

/* At the start a bad file is replaced by the shipped default: better some prompts than none. */
int load_first(struct daemon *daemon) {
    struct schedule *schedule;
    struct library *library;
    _cleanup_free_ char *message = NULL, *shipped = NULL;
    int r = load(daemon, daemon->config_path, &schedule, &library, &message);
    if (error_may_pass(r))
        try_again(daemon, UNDONE_RELOAD);
    if (r < 0) {
        set_file_problem(&daemon->config_problem, message, N_("the shipped default is in force"));
        _cleanup_free_ char *why = NULL;
        r = path_shipped("kindly.conf", &shipped);
        if (r >= 0)
            r = load(daemon, shipped, &schedule, &library, &why);
        if (r < 0 && why)
            say(LOG_ERROR, "nor can that be used: %s", why);
    }
    return r < 0 ? r : adopt(daemon, schedule, library);
}
