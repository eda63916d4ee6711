/* kindlyd: the daemon. Options, wiring, loop; the only file that knows all the others.
 *
 * One way through: a timer, the bus, the presenter or presence says something; a keeper_xxx() works out a
 * turn; the journal commits it; the turn becomes the state; its effects go to the presenter and the bus
 * (take_turn). Then what follows is published, the timer is armed for the next thing that can happen, and the
 * process sleeps.
 *
 * Presence is asked only when something may be shown: when the timer elapses while nothing is watched,
 * everybody is asked first and time moves on with the answers (on_elapsed). */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/desktop/bus.h"
#include "daemon/desktop/clock.h"
#include "daemon/desktop/presence.h"
#include "daemon/desktop/presenter.h"
#include "daemon/desktop/watch.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/exchange.h"
#include "daemon/store/journal.h"
#include "daemon/store/language.h"
#include "daemon/store/paths.h"
#include "daemon/store/sync.h"
#include "daemon/store/zonefile.h"

#define DECK_FOLDERS_MAX  16
#define EXIT_BUS_LOST     75 /* EX_TEMPFAIL: kindlyd.service starts it again */
#define FORGET_AGAIN_USEC (5 * USEC_PER_SEC)

struct options {
    const char *config, *journal, *presenter;
    char *decks[DECK_FOLDERS_MAX];
    size_t n_decks;
};

struct daemon {
    struct options options;
    char *config_path, *journal_path, *desktop_program, *terminal_program;

    sd_event *event;
    sd_bus *bus;
    struct desktop_clock *clock;
    struct watch *watch;
    struct presence_monitor *presence;
    struct presenter *presenter;
    struct bus_object *object;

    struct journal *journal; /* NULL: it can't be opened; see take_turn() */
    struct keeper *keeper;
    struct schedule *schedule;
    struct library *library;
    usec_t *starts_usec;
    struct plan *plan;
    struct hash_key secret;

    char *config_problem, *journal_problem, *presenter_problem; /* NULL: none */
    char *journal_notice;                                       /* of one that was set aside; NULL: none */
    bool watching;                                              /* presence is followed */
    bool asking;            /* presence is being asked before time moves on */
    bool told;              /* the person was told of config_problem */
    bool showed;            /* the presenter was asked to show something in this run */
    sd_event_source *flush; /* pages of what was forgotten are still held by a reader */
};

/* --- Telling ---------------------------------------------------------------------------------- */

enum { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

/* With priorities for the system's log when systemd started us, else plainly and without what is for
 * debugging. Never a person's text. */
__attribute__((format(printf, 2, 3))) static void say(int priority, const char *format, ...) {
    bool to_journal = getenv("JOURNAL_STREAM");
    if (!to_journal && priority >= LOG_DEBUG)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (to_journal)
        fprintf(stderr, "<%d>", priority);
    else
        fputs("kindlyd: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* A system's error, in English whatever the locale. */
static const char *reason_of(int error) {
    const char *reason = strerrordesc_np(-error);
    return reason ? reason : "unknown error";
}

/* The log is told in English, once; what the person is told is kept. NULL: nothing any more. */
static void set_problem_as(char **problem, const char *english, const char *text) {
    if (streq(or_empty(*problem), or_empty(text)))
        return;
    free(*problem);
    *problem = text ? strdup(text) : NULL;
    if (text)
        say(LOG_WARNING, "%s", or_empty(english));
}

static void set_problem(char **problem, const char *text) {
    set_problem_as(problem, text, text ? _(text) : NULL);
}

static char *joined_problems(const struct daemon *daemon) {
    const char *parts[] = {daemon->config_problem, daemon->journal_problem, daemon->journal_notice,
                           daemon->presenter_problem};
    char *all = NULL;
    for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
        char *longer;
        if (!parts[i] || asprintf(&longer, "%s%s%s", or_empty(all), all ? "; " : "", parts[i]) < 0)
            continue;
        free(all);
        all = longer;
    }
    return all;
}

/* --- The world -------------------------------------------------------------------------------- */

static bool world_recorded(void *userdata, const char *reminder, usec_t due_usec) {
    struct daemon *daemon = userdata;
    return daemon->journal && journal_recorded(daemon->journal, reminder, due_usec);
}

/* Without a journal there is no history: everything is new. */
static int world_history(void *userdata, struct history *ret) {
    struct daemon *daemon = userdata;
    if (daemon->journal &&
        journal_history(daemon->journal, clock_realtime(), clock_zone(daemon->clock), ret) >= 0)
        return 0;
    *ret = (struct history){0};
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        ret->recent[i] = THEME_NONE;
    return 0;
}

static void look_at_world(struct daemon *daemon, struct world *ret) {
    *ret = (struct world){
        .now_usec = clock_realtime(),
        .boot_usec = clock_boottime(),
        .boot_id = clock_boot_id(daemon->clock),
        .zone = clock_zone(daemon->clock),
        .schedule = daemon->schedule,
        .library = daemon->library,
        .plan = daemon->plan,
        .secret = &daemon->secret,
        .presence = presence_now(daemon->presence, NULL),
        .locked = presence_locked(daemon->presence),
        .screen = presenter_ready(daemon->presenter),
        .random = clock_random,
        .recorded = world_recorded,
        .history = world_history,
        .userdata = daemon,
    };
}

static int32_t offset_now(const struct world *world) {
    struct civil unused;
    int32_t offset;
    zone_to_civil(world->zone, world->now_usec, &unused, &offset, NULL);
    return offset;
}

/* --- Turns ------------------------------------------------------------------------------------ */

static void settle(struct daemon *daemon);
static int take_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded);

static void show(struct daemon *daemon, const struct effect *effect);
static void renew_library(struct daemon *daemon);
static int erased(struct daemon *daemon, int r);

static void carry_out(struct daemon *daemon, const struct effect *effect) {
    if (effect->kind == EFFECT_SHOW)
        show(daemon, effect);
    else if (effect->kind == EFFECT_WITHDRAW)
        presenter_withdraw(daemon->presenter, &effect->id);
    else if (effect->kind == EFFECT_ERASE) {
        struct world world;
        look_at_world(daemon, &world);
        int r = daemon->journal ? erased(daemon, journal_forget(daemon->journal, &effect->id, world.now_usec,
                                                                offset_now(&world)))
                                : -EREMOTEIO;
        if (r < 0 && r != -EAGAIN)
            set_problem(&daemon->journal_problem,
                        N_("What you chose to erase could not be erased yet; try again"));
    } else
        bus_signal(daemon->object, effect);
}

static void open_journal_later(struct daemon *daemon);
static bool replace_if_damaged(struct daemon *daemon, int r);
static void recover_journal(struct daemon *daemon);
static int build_plan(struct daemon *daemon);
static void read_notice(struct daemon *daemon);

static int try_commit(struct daemon *daemon, const struct turn *turn) {
    return daemon->journal ? journal_commit(daemon->journal, turn) : -EREMOTEIO;
}

/* Makes a turn durable. A journal that was moved, removed or damaged is followed by a new one. */
static int commit(struct daemon *daemon, const struct turn *turn) {
    int r = try_commit(daemon, turn);
    if (r == -ESTALE) {
        daemon->journal = journal_free(daemon->journal);
        open_journal_later(daemon);
        r = try_commit(daemon, turn);
    } else if (replace_if_damaged(daemon, r))
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

/* State before effect: the journal first, then memory, then the outside. Where nothing can be written, a
 * scheduled prompt goes on in memory; what a caller wants recorded fails, and nothing has changed. */
static int take_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded) {
    struct world world;
    struct turn turn;
    if (!daemon->journal)
        recover_journal(daemon);
    look_at_world(daemon, &world);
    int r = act(daemon->keeper, &world, arguments, &turn);
    if (r < 0)
        return r;
    r = turn.changed ? commit(daemon, &turn) : 0;
    if (r < 0 && has_to_be_recorded) {
        turn_done(&turn);
        settle(daemon);
        return r;
    }
    keeper_free(daemon->keeper);
    daemon->keeper = TAKE_PTR(turn.next);
    for (size_t i = 0; i < turn.n_effects; i++)
        carry_out(daemon, &turn.effects[i]);
    bool kept = false; /* or no longer: a line of an entry that was marked hard does not come back */
    for (size_t i = 0; i < turn.n_events; i++)
        kept |= turn.events[i].kind == EVENT_KEPT || streq(or_empty(turn.events[i].choice), "hard");
    if (kept)
        renew_library(daemon);
    turn_done(&turn);
    settle(daemon);
    return 0;
}

static int act_advance(const struct keeper *keeper, const struct world *world, void *unused,
                       struct turn *ret) {
    (void)unused;
    return keeper_advance(keeper, world, ret);
}

static void advance(struct daemon *daemon) {
    int r = take_turn(daemon, act_advance, NULL, false);
    if (r < 0)
        say(LOG_ERROR, "cannot work out what is due: %s", reason_of(r));
}

static void publish(struct daemon *daemon, const struct world *world) {
    struct upcoming next;
    size_t n = 0;
    _cleanup_free_ char *problem = joined_problems(daemon);
    keeper_upcoming(daemon->keeper, world, &next, 1, &n);
    struct bus_properties properties = {
        .presence = keeper_presence(daemon->keeper, world),
        .paused_until_usec = daemon->keeper->paused_until_usec,
        .next_elapse_usec = n > 0 ? next.due_usec : USEC_INFINITY,
        .next_reminder = n > 0 ? next.reminder : "",
        .problem = or_empty(problem),
        .open_count = (uint32_t)daemon->keeper->n_open,
        .fewer = daemon->keeper->fewer,
    };
    presence_now(daemon->presence, &properties.presence_usec);
    int r = bus_publish(daemon->object, &properties);
    if (r < 0)
        say(LOG_ERROR, "cannot tell the bus what changed: %s", reason_of(r));
}

/* After every turn: what is published, what is followed, when to wake. */
static void settle(struct daemon *daemon) {
    struct world world;
    look_at_world(daemon, &world);
    publish(daemon, &world);
    bool needed = keeper_needs_presence(daemon->keeper);
    if (needed != daemon->watching) {
        daemon->watching = needed;
        presence_watch(daemon->presence, needed);
    }
    clock_arm(daemon->clock, keeper_next_wake(daemon->keeper, &world));
}

/* --- Time and presence ------------------------------------------------------------------------ */

static void on_asked(void *userdata, enum presence presence, const struct presence_source *sources,
                     size_t n) {
    (void)presence, (void)sources, (void)n;
    struct daemon *daemon = userdata;
    daemon->asking = false;
    advance(daemon);
}

/* Time moves on with fresh presence. */
static void ask_and_advance(struct daemon *daemon) {
    if (daemon->asking)
        return;
    if (daemon->watching) {
        advance(daemon);
        return;
    }
    daemon->asking = true;
    if (presence_ask(daemon->presence, on_asked, daemon) < 0) {
        daemon->asking = false;
        advance(daemon);
    }
}

static void on_elapsed(void *userdata) {
    ask_and_advance(userdata);
}

static void on_presence(void *userdata, enum presence presence) {
    (void)presence;
    struct daemon *daemon = userdata;
    if (daemon->watching)
        advance(daemon);
    else
        settle(daemon);
}

static void on_clock_changed(void *userdata, enum clock_change change) {
    struct daemon *daemon = userdata;
    say(LOG_DEBUG, change == CLOCK_ZONE ? "the time zone changed: computed anew"
                                        : "the clock was set, or the machine slept: computed anew");
    if (change == CLOCK_ZONE && build_plan(daemon) < 0)
        say(LOG_ERROR, "out of memory");
    ask_and_advance(daemon);
}

/* --- The presenter ---------------------------------------------------------------------------- */

static int act_unshown(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_unshown(keeper, world, id, ret);
}

static void show(struct daemon *daemon, const struct effect *effect) {
    struct world world;
    look_at_world(daemon, &world);
    const struct open_prompt *open = keeper_find(daemon->keeper, &effect->id);
    if (!open)
        return;
    daemon->showed = true;
    struct showing showing = {
        .id = open->id,
        .in_place = effect->in_place,
        .concealed = open->stage == STAGE_CONCEALED,
        .write = keeper_invites_line(open),
        .sound = daemon->schedule->sound,
        .force = open->by_hand || !(daemon->schedule->hold & HOLD_DO_NOT_DISTURB),
        .commands_named = daemon->keeper->commands_named,
        .show_for_usec = daemon->schedule->show_for_usec,
        .bus_id = open->bus_id,
        .owner = open->owner,
        .server_id = open->server_id,
    };
    enum choice choices[CHOICES_MAX];
    struct presenter_choice drawn[CHOICES_MAX];
    char labels[CHOICES_MAX][CHOICE_LABEL_SIZE];
    keeper_words(&world, open, &showing.title, &showing.body);
    showing.choices = drawn;
    showing.n_choices = keeper_choices(daemon->keeper, &world, open, choices);
    for (size_t i = 0; i < showing.n_choices; i++)
        drawn[i] = (struct presenter_choice){choice_id(choices[i]),
                                             keeper_choice_label(&world, choices[i], labels[i])};
    if (presenter_show(daemon->presenter, &showing) < 0) {
        struct uuid id = effect->id;
        take_turn(daemon, act_unshown, &id, false);
    }
}

struct showed {
    const struct uuid *id;
    const char *bus_id, *owner;
    uint32_t server_id;
};

static int act_showed(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    const struct showed *s = userdata;
    return keeper_showed(keeper, world, s->id, s->bus_id, s->owner, s->server_id, ret);
}

/* A turn the presenter asked for. One about a prompt that is gone meanwhile is nothing to tell. */
static void presenter_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded) {
    int r = take_turn(daemon, act, arguments, has_to_be_recorded);
    if (r < 0 && r != -ENOENT && r != -ESTALE && r != -EINVAL)
        say(LOG_ERROR, "an answer on the screen could not be taken: %s", reason_of(r));
    if (daemon->watching)
        advance(daemon);
}

static void on_showed(void *userdata, const struct uuid *id, const char *bus_id, const char *owner,
                      uint32_t server_id) {
    struct daemon *daemon = userdata;
    struct showed showed = {id, bus_id, owner, server_id};
    set_problem(&daemon->presenter_problem, NULL);
    presenter_turn(daemon, act_showed, &showed, false);
}

static void on_unshown(void *userdata, const struct uuid *id, const char *problem) {
    struct daemon *daemon = userdata;
    struct uuid copy = *id;
    set_problem(&daemon->presenter_problem, problem);
    presence_set_presenter_held(daemon->presence, presenter_held(daemon->presenter));
    presenter_turn(daemon, act_unshown, &copy, false);
}

struct said {
    const struct uuid *id;
    const char *text;
};

static int act_chosen(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    const struct said *said = userdata;
    return streq(said->text, "default") ? keeper_opened(keeper, world, said->id, ret)
                                        : keeper_answer(keeper, world, said->id, said->text, "", ret);
}

static int act_written(const struct keeper *keeper, const struct world *world, void *userdata,
                       struct turn *ret) {
    const struct said *said = userdata;
    return keeper_written(keeper, world, said->id, said->text, ret);
}

static int act_noted(const struct keeper *keeper, const struct world *world, void *userdata,
                     struct turn *ret) {
    const struct said *said = userdata;
    struct uuid unused;
    return keeper_note(keeper, world, said->text, NOTE_FOR_JOURNAL, &unused, ret);
}

static void on_chosen(void *userdata, const struct uuid *id, const char *choice) {
    struct said said = {id, choice};
    presenter_turn(userdata, act_chosen, &said, true);
}

/* A prompt can end while its line is being written: it is a line of its own then, not lost. */
static void on_written(void *userdata, const struct uuid *id, const char *text) {
    struct daemon *daemon = userdata;
    struct said said = {id, text};
    struct entry entry;
    if (keeper_find(daemon->keeper, id))
        presenter_turn(daemon, act_written, &said, true);
    else if (daemon->journal && journal_find(daemon->journal, id, &entry) >= 0) {
        entry_done(&entry);
        presenter_turn(daemon, act_noted, &said, true);
    }
}

static int act_dismissed(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_dismiss(keeper, world, id, ret);
}

static int act_off_screen(const struct keeper *keeper, const struct world *world, void *id,
                          struct turn *ret) {
    return keeper_off_screen(keeper, world, id, ret);
}

static void on_closed(void *userdata, const struct uuid *id, bool dismissed) {
    struct uuid copy = *id;
    presenter_turn(userdata, dismissed ? act_dismissed : act_off_screen, &copy, dismissed);
}

static int act_named(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret) {
    (void)unused;
    return keeper_named(keeper, world, ret);
}

static void on_named(void *userdata) {
    presenter_turn(userdata, act_named, NULL, false);
}

static void on_readiness(void *userdata) {
    struct daemon *daemon = userdata;
    presence_set_presenter_held(daemon->presence, presenter_held(daemon->presenter));
    if (daemon->watching)
        advance(daemon);
}

static const struct presenter_events presenter_events = {
    .showed = on_showed,
    .unshown = on_unshown,
    .chosen = on_chosen,
    .written = on_written,
    .closed = on_closed,
    .named = on_named,
    .readiness = on_readiness,
};

/* --- Schedule and decks ----------------------------------------------------------------------- */

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
static void set_config_problem(struct daemon *daemon, const char *message, const char *then) {
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
        set_problem_as(&daemon->config_problem, english, problem);
}

static int load_decks(const struct daemon *daemon, const struct schedule *schedule, struct library **ret) {
    _cleanup_(library_freep) struct library *library = library_new();
    if (!library)
        return -ENOMEM;
    struct mistakes mistakes = {0};
    int r = 0;
    for (size_t i = 0; r >= 0 && i < daemon->options.n_decks; i++)
        r = deck_load_folder(library, daemon->options.decks[i], schedule->languages, schedule->n_languages,
                             &mistakes);
    for (size_t i = 0; i < mistakes.n; i++)
        if (mistakes.items[i].severity == MISTAKE_ERROR)
            say(LOG_WARNING, "%s", mistakes.items[i].text);
    mistakes_done(&mistakes);
    if (r >= 0 && daemon->journal && journal_add_own(daemon->journal, library) < 0)
        say(LOG_WARNING, "the lines you kept could not be read from the journal");
    if (r < 0)
        return r;
    *ret = TAKE_PTR(library);
    return 0;
}

/* The person kept a line, or let one go: the texts there are have changed. */
static void renew_library(struct daemon *daemon) {
    struct library *library;
    if (load_decks(daemon, daemon->schedule, &library) < 0)
        return;
    library_free(daemon->library);
    daemon->library = library;
}

/* A schedule and the decks of its languages. -EINVAL: `ret_message` has the mistakes. */
static int load(const struct daemon *daemon, const char *path, struct schedule **ret_schedule,
                struct library **ret_library, char **ret_message) {
    struct mistakes mistakes = {0};
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
        mistakes = (struct mistakes){0};
        r = config_load(path, library, &mistakes, &schedule);
    }
    if (r >= 0)
        r = deck_settle_languages(schedule, daemon->options.decks, daemon->options.n_decks);
    if (r < 0)
        *ret_message = told_mistakes(&mistakes);
    mistakes_done(&mistakes);
    if (r < 0)
        return r == -ENOMEM ? r : -EINVAL;
    *ret_schedule = TAKE_PTR(schedule);
    *ret_library = TAKE_PTR(library);
    return 0;
}

static int build_plan(struct daemon *daemon) {
    struct plan *plan;
    int r =
        plan_new(daemon->schedule, daemon->starts_usec, clock_zone(daemon->clock), &daemon->secret, &plan);
    if (r < 0)
        return r;
    plan_free(daemon->plan);
    daemon->plan = plan;
    return 0;
}

/* Puts a loaded schedule in force. */
static int adopt(struct daemon *daemon, struct schedule *schedule, struct library *library) {
    _cleanup_free_ usec_t *starts = calloc(schedule->n_reminders + 1, sizeof *starts);
    if (!starts)
        return -ENOMEM;
    int r = daemon->journal ? journal_note_reminders(daemon->journal, schedule, clock_realtime(), starts) : 0;
    if (r < 0)
        say(LOG_WARNING, "cannot note the reminders: %s", reason_of(r));
    daemon->plan = plan_free(daemon->plan);
    schedule_free(daemon->schedule);
    library_free(daemon->library);
    free(daemon->starts_usec);
    daemon->schedule = schedule;
    daemon->library = library;
    daemon->starts_usec = TAKE_PTR(starts);
    presence_configure(daemon->presence, schedule->hold, schedule->idle_after_usec);
    return build_plan(daemon);
}

/* Before they are read, so that no later change is missed. */
static void watch_files(struct daemon *daemon) {
    watch_clear(daemon->watch);
    watch_file(daemon->watch, daemon->config_path);
    for (size_t i = 0; i < daemon->options.n_decks; i++)
        watch_folder(daemon->watch, daemon->options.decks[i]);
    _cleanup_free_ char *person = NULL;
    if (!daemon->options.config && path_user_config(&person) >= 0 && !streq(person, daemon->config_path))
        watch_file(daemon->watch, person);
}

static int find_config(struct daemon *daemon) {
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
static int reload(struct daemon *daemon, char **ret_message) {
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
        set_config_problem(daemon, message, N_("the schedule in force stays"));
        settle(daemon);
    }
    sd_notify(0, "READY=1");
    if (r < 0 && ret_message)
        *ret_message = TAKE_PTR(message);
    return r;
}

static void on_files_changed(void *userdata) {
    reload(userdata, NULL);
}

/* The terminal that all was to be shown on has hung up. */
static bool terminal_is_gone(const struct daemon *daemon) {
    return streq(daemon->options.presenter, "terminal") && !isatty(STDIN_FILENO) && errno == EIO;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
    (void)source, (void)info;
    struct daemon *daemon = userdata;
    if (terminal_is_gone(daemon))
        return sd_event_exit(daemon->event, 0);
    reload(daemon, NULL);
    return 0;
}

/* At the start a bad file is replaced by the shipped default: better some prompts than none. */
static int load_first(struct daemon *daemon) {
    struct schedule *schedule;
    struct library *library;
    _cleanup_free_ char *message = NULL, *shipped = NULL;
    int r = load(daemon, daemon->config_path, &schedule, &library, &message);
    if (r == -EINVAL) {
        set_config_problem(daemon, message, N_("the shipped default is in force"));
        _cleanup_free_ char *unused = NULL;
        r = path_shipped("kindly.conf", &shipped);
        if (r >= 0)
            r = load(daemon, shipped, &schedule, &library, &unused);
    }
    return r < 0 ? r : adopt(daemon, schedule, library);
}

/* --- The journal ------------------------------------------------------------------------------ */

/* What is told of a journal that was set aside, until the person has seen it (kindly doctor). */
static void read_notice(struct daemon *daemon) {
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

/* While running: the schedule's reminders start in it at once. */
static void start_in_journal(struct daemon *daemon) {
    if (!daemon->journal || !daemon->schedule)
        return;
    int r = journal_note_reminders(daemon->journal, daemon->schedule, clock_realtime(), daemon->starts_usec);
    if (r >= 0)
        r = build_plan(daemon);
    if (r < 0)
        say(LOG_WARNING, "cannot note the reminders: %s", reason_of(r));
}

static void open_journal_later(struct daemon *daemon) {
    open_journal(daemon);
    start_in_journal(daemon);
}

/* What `r` says of the journal in use is looked into: if it is damaged indeed, it gives way to a new one, and
 * this is true. The state stays in memory, and is whole in the new one with the next turn. */
static bool replace_if_damaged(struct daemon *daemon, int r) {
    if (r != -EUCLEAN || !daemon->journal || journal_check(daemon->journal, NULL) != 1)
        return false;
    daemon->journal = journal_free(daemon->journal);
    open_journal_with(daemon, journal_replace);
    start_in_journal(daemon);
    return daemon->journal;
}

/* A journal that could not be opened is tried again before each turn. What is open in it, from before, joins
 * what is open now. */
static void recover_journal(struct daemon *daemon) {
    _cleanup_(keeper_freep) struct keeper *stored = NULL;
    struct keeper *merged;
    open_journal_later(daemon);
    if (!daemon->journal)
        return;
    int r = journal_load(daemon->journal, &stored);
    if (replace_if_damaged(daemon, r))
        r = journal_load(daemon->journal, &stored);
    if (r >= 0)
        r = keeper_merge(daemon->keeper, stored, &merged);
    if (r < 0) {
        daemon->journal = journal_free(daemon->journal); /* nothing in it is lost; it is tried again */
        return;
    }
    keeper_free(daemon->keeper);
    daemon->keeper = merged;
}

/* The state as it was when the program ended; where there is none, a new one in memory. Nothing can be put
 * away for good then, and so nothing is said that stays until it is. */
static int load_keeper(struct daemon *daemon) {
    if (open_journal(daemon) >= 0) {
        int r = journal_load(daemon->journal, &daemon->keeper);
        if (replace_if_damaged(daemon, r))
            r = journal_load(daemon->journal, &daemon->keeper);
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

/* --- What the bus needs ----------------------------------------------------------------------- */

static void host_look(void *userdata, const struct keeper **ret_keeper, struct world *ret_world) {
    struct daemon *daemon = userdata;
    *ret_keeper = daemon->keeper;
    look_at_world(daemon, ret_world);
}

static int host_turn(void *userdata, bus_act act, void *arguments) {
    struct daemon *daemon = userdata;
    int r = take_turn(daemon, act, arguments, true);
    if (r >= 0 && daemon->watching)
        advance(daemon);
    return r;
}

/* Journal errors as the bus wants them. Damage that is met in reading is mended for the next call. */
static int journal_result(struct daemon *daemon, int r) {
    if (replace_if_damaged(daemon, r))
        settle(daemon);
    return r >= 0 || r == -ENOENT || r == -ENOMEM ? r : -EREMOTEIO;
}

static int host_find_entry(void *userdata, const struct uuid *id, struct entry *ret) {
    struct daemon *daemon = userdata;
    return daemon->journal ? journal_result(daemon, journal_find(daemon->journal, id, ret)) : -EREMOTEIO;
}

static int host_newest_shown(void *userdata, struct uuid *ret) {
    struct daemon *daemon = userdata;
    return daemon->journal ? journal_result(daemon, journal_newest_shown(daemon->journal, ret)) : -EREMOTEIO;
}

static int host_visit_entries(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t limit,
                              entry_visitor visit, void *visitor_userdata) {
    struct daemon *daemon = userdata;
    struct entry_filter filter = {
        .since_usec = since_usec,
        .until_usec = until_usec,
        .limit = limit,
        .theme = THEME_NONE,
        .missed_too = true,
    };
    return daemon->journal
               ? journal_result(daemon, journal_visit(daemon->journal, &filter, visit, visitor_userdata))
               : -EREMOTEIO;
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata);

static void flush_later(struct daemon *daemon) {
    if (!daemon->flush)
        sd_event_add_time_relative(daemon->event, &daemon->flush, CLOCK_MONOTONIC, FORGET_AGAIN_USEC,
                                   USEC_PER_SEC, on_flush, daemon);
}

/* This device's files in shared folders, written anew without what was erased. One that can't be is tried
 * again with the next thing that is erased, and by kindly sync. */
static void erase_shared(struct daemon *daemon) {
    int r = daemon->journal ? sync_erase_own(daemon->journal, daemon->journal_path, clock_realtime()) : 0;
    if (r == -EWOULDBLOCK)
        flush_later(daemon);
    else if (r < 0)
        say(LOG_WARNING, "what was erased is still in a file of a shared folder (%s); kindly sync mends it",
            reason_of(r));
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source, (void)usec;
    struct daemon *daemon = userdata;
    daemon->flush = sd_event_source_disable_unref(daemon->flush);
    if (daemon->journal && journal_flush(daemon->journal) == 1)
        flush_later(daemon);
    erase_shared(daemon);
    return 0;
}

/* What journal_forget() gave; where a reader holds old pages (`r` is 1), tries again until it has ended. */
static int erased(struct daemon *daemon, int r) {
    if (r >= 0) {
        renew_library(daemon);
        erase_shared(daemon);
    }
    if (r == 1)
        flush_later(daemon);
    return r == 1 ? -EAGAIN : journal_result(daemon, r);
}

static int act_forget(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_forget(keeper, world, id, ret);
}

static int host_forget(void *userdata, const struct uuid *id) {
    struct daemon *daemon = userdata;
    struct uuid copy = *id;
    struct world world;
    look_at_world(daemon, &world);
    int r = take_turn(daemon, act_forget, &copy, true);
    if (r < 0)
        return r;
    if (!daemon->journal)
        return -EREMOTEIO;
    return erased(daemon, journal_forget(daemon->journal, id, world.now_usec, offset_now(&world)));
}

/* The entry in [since, until) that an open prompt belongs to, or whose kept line it shows. */
static bool shows_entry_of(struct daemon *daemon, const struct open_prompt *open, usec_t since_usec,
                           usec_t until_usec, struct uuid *ret) {
    *ret = open->id;
    if (open->shown_usec > 0 && open->shown_usec >= since_usec && open->shown_usec < until_usec)
        return true;
    struct entry entry;
    if (open->theme != THEME_OWN || uuid_parse(or_empty(open->prompt), ret) < 0 || !daemon->journal ||
        journal_find(daemon->journal, ret, &entry) < 0)
        return false;
    usec_t written_usec = entry.time_usec;
    entry_done(&entry);
    return written_usec >= since_usec && written_usec < until_usec;
}

static int host_forget_range(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t *ret_count) {
    struct daemon *daemon = userdata;
    struct world world;
    look_at_world(daemon, &world);
    struct uuid none = {0}; /* a line for a hard day on the screen may be of any entry, and goes with each */
    int told = take_turn(daemon, act_forget, &none, true);
    if (told < 0)
        return told;
    for (size_t i = daemon->keeper->n_open; i-- > 0;) {
        struct uuid id;
        if (i >= daemon->keeper->n_open ||
            !shows_entry_of(daemon, &daemon->keeper->open[i], since_usec, until_usec, &id))
            continue;
        int r = take_turn(daemon, act_forget, &id, true);
        if (r < 0)
            return r;
    }
    if (!daemon->journal)
        return -EREMOTEIO;
    return erased(daemon, journal_forget_range(daemon->journal, since_usec, until_usec, world.now_usec,
                                               offset_now(&world), ret_count));
}

static int host_reload(void *userdata, char **ret_message) {
    return reload(userdata, ret_message);
}

static int act_reset(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret) {
    (void)unused;
    return keeper_reset(keeper, world, ret);
}

static int host_reset_learning(void *userdata) {
    struct daemon *daemon = userdata;
    int r = take_turn(daemon, act_reset, NULL, true);
    if (r < 0)
        return r;
    return daemon->journal ? journal_result(daemon, journal_reset_learning(daemon->journal)) : -EREMOTEIO;
}

static bool is_forgotten(struct daemon *daemon, const struct uuid *id) {
    struct entry entry;
    if (journal_find(daemon->journal, id, &entry) < 0)
        return false;
    bool forgotten = streq(entry.state, "forgotten");
    entry_done(&entry);
    return forgotten;
}

/* The entry that was forgotten elsewhere while an open prompt shows it, or its kept line. */
static bool shows_forgotten(struct daemon *daemon, const struct open_prompt *open, struct uuid *ret) {
    *ret = open->id;
    return is_forgotten(daemon, ret) ||
           (open->theme == THEME_OWN && uuid_parse(or_empty(open->prompt), ret) >= 0 &&
            is_forgotten(daemon, ret));
}

/* The line that a hard moment shows; NULL: none. The caller frees. */
static char *hard_line(struct daemon *daemon) {
    struct history history;
    if (journal_history(daemon->journal, clock_realtime(), clock_zone(daemon->clock), &history) < 0)
        return NULL;
    char *line = TAKE_PTR(history.hard_line);
    history_done(&history);
    return line;
}

/* What is open closes as it does when it is forgotten here: its text must not come back with the next turn.
 * `line`: the one for a hard day before; if it is another now, none stays on the screen. */
static int close_forgotten(struct daemon *daemon, const char *line) {
    _cleanup_free_ char *line_now = hard_line(daemon);
    struct uuid none = {0};
    if (line && !streq(line, or_empty(line_now))) {
        int r = take_turn(daemon, act_forget, &none, true);
        if (r < 0)
            return r;
    }
    for (size_t i = daemon->keeper->n_open; i-- > 0;) {
        struct uuid id;
        if (i >= daemon->keeper->n_open || !shows_forgotten(daemon, &daemon->keeper->open[i], &id))
            continue;
        int r = take_turn(daemon, act_forget, &id, true);
        if (r < 0)
            return r;
    }
    return 0;
}

static int host_import(void *userdata, int fd, uint32_t *ret_count, char **ret_message) {
    struct daemon *daemon = userdata;
    if (!daemon->journal)
        return -EREMOTEIO;
    _cleanup_free_ char *line = hard_line(daemon);
    int r = exchange_import(daemon->journal, fd, clock_realtime(), ret_count, ret_message);
    if (r == -EINVAL)
        return r;
    if (r >= 0)
        r = close_forgotten(daemon, line);
    if (r >= 0)
        r = erased(daemon, journal_flush(daemon->journal));
    return r == -EAGAIN ? 0 : journal_result(daemon, r); /* all is taken in; the rest follows */
}

static const struct bus_host bus_host = {
    .look = host_look,
    .turn = host_turn,
    .find_entry = host_find_entry,
    .newest_shown = host_newest_shown,
    .visit_entries = host_visit_entries,
    .forget = host_forget,
    .forget_range = host_forget_range,
    .reload = host_reload,
    .reset_learning = host_reset_learning,
    .import = host_import,
};

/* --- Start and end ---------------------------------------------------------------------------- */

static int on_bus_lost(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)m, (void)error;
    struct daemon *daemon = userdata;
    say(LOG_WARNING, "the session bus is gone");
    return sd_event_exit(daemon->event, EXIT_BUS_LOST);
}

static int open_bus(struct daemon *daemon) {
    int r = sd_bus_open_user(&daemon->bus);
    if (r < 0) {
        say(LOG_ERROR, "no session bus: %s (DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR say where one is)",
            reason_of(r));
        return r;
    }
    /* Not before the journal is closed, or who takes the name next would find it in use. */
    r = sd_bus_set_close_on_exit(daemon->bus, false);
    if (r >= 0)
        r = sd_bus_match_signal(daemon->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                                "org.freedesktop.DBus.Local", "Disconnected", on_bus_lost, daemon);
    return r < 0 ? r : sd_bus_attach_event(daemon->bus, daemon->event, SD_EVENT_PRIORITY_NORMAL);
}

static int take_name(struct daemon *daemon) {
    int r = sd_bus_request_name(daemon->bus, KINDLY_BUS_NAME, 0);
    if (r == -EEXIST)
        say(LOG_ERROR, "another kindlyd already runs on this session bus; this one ends");
    else if (r < 0)
        say(LOG_ERROR, "cannot take the name %s: %s", KINDLY_BUS_NAME, reason_of(r));
    return r;
}

static int act_restart(const struct keeper *keeper, const struct world *world, void *unused,
                       struct turn *ret) {
    (void)unused;
    return keeper_restart(keeper, world, ret);
}

static int act_tell(const struct keeper *keeper, const struct world *world, void *text, struct turn *ret) {
    return keeper_tell(keeper, world, N_("Your schedule has a mistake"), text, ret);
}

/* Everybody has said whether the person is there: what was open is put back, and the day goes on. A call that
 * came first and showed something has taken its place, or put it back itself. */
static void on_asked_first(void *userdata, enum presence presence, const struct presence_source *sources,
                           size_t n) {
    (void)presence, (void)sources, (void)n;
    struct daemon *daemon = userdata;
    daemon->asking = false;
    take_turn(daemon, daemon->showed ? act_advance : act_restart, NULL, false);
    if (daemon->config_problem && !daemon->told) {
        daemon->told = true;
        take_turn(daemon, act_tell, daemon->config_problem, false);
    }
}

static int wire(struct daemon *daemon) {
    int r = clock_new(daemon->event, zonefile_load_tz, "/etc/localtime", on_elapsed, on_clock_changed, daemon,
                      &daemon->clock);
    if (r >= 0)
        r = watch_new(daemon->event, on_files_changed, daemon, &daemon->watch);
    if (r >= 0)
        r = presence_new(daemon->event, daemon->bus, on_presence, daemon, &daemon->presence);
    if (r >= 0)
        r = presenter_new(daemon->event, daemon->bus, daemon->options.presenter, daemon->desktop_program,
                          daemon->terminal_program, &presenter_events, daemon, &daemon->presenter);
    if (r >= 0)
        r = bus_object_new(daemon->bus, &bus_host, daemon, daemon->presence, &daemon->object);
    return r;
}

static int add_signals(struct daemon *daemon) {
    int r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
    if (r >= 0)
        r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
    return r;
}

/* Those that lead to a path. */
static void make_folders_of(char *path) {
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        mkdir(path, 0700);
        *at = '/';
    }
}

/* Where the person's schedule and decks would be: made now, so that they are noticed when they come. */
static void make_folders(const struct options *options) {
    _cleanup_free_ char *config = NULL, *decks = NULL;
    if (!options->config && path_user_config(&config) >= 0)
        make_folders_of(config);
    if (path_user_decks(&decks) >= 0 && streq(decks, options->decks[options->n_decks - 1])) {
        make_folders_of(decks);
        mkdir(decks, 0700);
    }
}

static int default_paths(struct daemon *daemon) {
    struct options *options = &daemon->options;
    int r = 0;
    if (options->n_decks == 0) {
        r = path_shipped("decks", &options->decks[0]);
        if (r >= 0)
            r = path_user_decks(&options->decks[1]);
        options->n_decks = 2;
    }
    if (r >= 0 && options->journal)
        r = (daemon->journal_path = strdup(options->journal)) ? 0 : -ENOMEM;
    else if (r >= 0)
        r = path_journal(&daemon->journal_path);
    if (r >= 0)
        r = path_program("kindly-notify", &daemon->desktop_program);
    if (r >= 0)
        r = path_program("kindly-tty", &daemon->terminal_program);
    return r;
}

static int start(struct daemon *daemon) {
    int r = default_paths(daemon);
    if (r >= 0)
        r = sd_event_default(&daemon->event);
    if (r >= 0)
        r = add_signals(daemon);
    if (r < 0) {
        say(LOG_ERROR, "cannot start: %s", reason_of(r));
        return r;
    }
    r = open_bus(daemon);
    if (r >= 0)
        r = take_name(daemon); /* before anything of the person is touched: a second daemon ends here */
    if (r < 0)
        return r;
    make_folders(&daemon->options);
    r = wire(daemon);
    if (r >= 0)
        r = load_keeper(daemon);
    if (r >= 0)
        r = find_config(daemon);
    if (r >= 0) {
        watch_files(daemon);
        r = load_first(daemon);
    }
    if (r >= 0)
        erase_shared(daemon); /* it may have ended in between */
    if (r < 0) {
        say(LOG_ERROR, "cannot start: %s", reason_of(r));
        return r;
    }
    daemon->asking = true;
    r = presence_ask(daemon->presence, on_asked_first, daemon);
    if (r < 0)
        on_asked_first(daemon, PRESENCE_AVAILABLE, NULL, 0);
    settle(daemon);
    sd_notify(0, "READY=1");
    return 0;
}

static void stop(struct daemon *daemon) {
    presenter_free(daemon->presenter);
    bus_object_free(daemon->object);
    presence_free(daemon->presence);
    watch_free(daemon->watch);
    clock_free(daemon->clock);
    plan_free(daemon->plan);
    schedule_free(daemon->schedule);
    library_free(daemon->library);
    keeper_free(daemon->keeper);
    journal_free(daemon->journal);
    sd_event_source_disable_unref(daemon->flush);
    sd_bus_flush_close_unref(daemon->bus);
    sd_event_unref(daemon->event);
    for (size_t i = 0; i < daemon->options.n_decks; i++)
        free(daemon->options.decks[i]);
    char *strings[] = {daemon->config_path,       daemon->journal_path,   daemon->desktop_program,
                       daemon->terminal_program,  daemon->config_problem, daemon->journal_problem,
                       daemon->presenter_problem, daemon->journal_notice};
    for (size_t i = 0; i < ELEMENTSOF(strings); i++)
        free(strings[i]);
    free(daemon->starts_usec);
}

/* --- Options ---------------------------------------------------------------------------------- */

static const struct {
    struct option option;
    const char *argument, *help;
} option_table[] = {
    {{"config", required_argument, NULL, 'c'},
     "FILE",
     N_("the schedule, instead of the person's or the shipped one")},
    {{"decks", required_argument, NULL, 'd'},
     "DIR",
     N_("a folder of decks; may be given again; replaces the defaults")},
    {{"journal", required_argument, NULL, 'j'}, "FILE", N_("the journal, instead of the person's")},
    {{"presenter", required_argument, NULL, 'p'},
     "HOW",
     N_("auto, desktop, terminal, or the path of a program")},
    {{"version", no_argument, NULL, 'v'}, "", N_("print the version and end")},
    {{"help", no_argument, NULL, 'h'}, "", N_("print this and end")},
};

static void print_help(void) {
    puts(_("Usage: kindlyd [OPTION...]\n"
           "Brings short prompts for self-compassion to the desktop, by the schedule in kindly.conf.\n"));
    for (size_t i = 0; i < ELEMENTSOF(option_table); i++)
        printf("  --%-9s %-6s %s\n", option_table[i].option.name, option_table[i].argument,
               _(option_table[i].help));
    putchar('\n');
    puts(_("Control it with kindly(1), or over D-Bus as org.kindlyd.Kindly1. It ends with 0 on SIGTERM, 75 "
           "when the\n"
           "session bus is lost, 2 for wrong options, and 1 when it can't start."));
}

/* 0: go on; 1: done; -EINVAL: told. */
static int read_options(int argc, char **argv, struct options *options) {
    struct option long_options[ELEMENTSOF(option_table) + 1] = {0};
    for (size_t i = 0; i < ELEMENTSOF(option_table); i++)
        long_options[i] = option_table[i].option;
    for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) >= 0;) {
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'd':
            if (options->n_decks == DECK_FOLDERS_MAX) {
                fprintf(stderr, "kindlyd: --decks can be given at most %d times\n", DECK_FOLDERS_MAX);
                return -EINVAL;
            }
            if (!(options->decks[options->n_decks++] = strdup(optarg)))
                return -ENOMEM;
            break;
        case 'j':
            options->journal = optarg;
            break;
        case 'p':
            options->presenter = optarg;
            break;
        case 'v':
            puts("kindlyd " VERSION);
            return 1;
        case 'h':
            print_help();
            return 1;
        default:
            fputs("Try: kindlyd --help\n", stderr);
            return -EINVAL;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "kindlyd: \"%s\" is not an option\nTry: kindlyd --help\n", argv[optind]);
        return -EINVAL;
    }
    const char *how = options->presenter;
    if (!streq(how, "auto") && !streq(how, "desktop") && !streq(how, "terminal") && !strchr(how, '/')) {
        fprintf(stderr,
                "kindlyd: --presenter is auto, desktop, terminal, or a path with a slash; not \"%s\"\n", how);
        return -EINVAL;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct daemon daemon = {.options = {.presenter = "auto"}};
    language_begin();
    int r = read_options(argc, argv, &daemon.options);
    if (r != 0) {
        stop(&daemon);
        return r < 0 ? 2 : 0;
    }
    umask(0077);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    r = start(&daemon);
    if (r >= 0) {
        r = sd_event_loop(daemon.event);
        if (r < 0)
            say(LOG_ERROR, "the event loop failed: %s", reason_of(r));
        sd_notify(0, "STOPPING=1");
    }
    stop(&daemon);
    return r < 0 ? 1 : r;
}
