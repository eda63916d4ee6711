/* kindlyd: the daemon. Start, wiring, loop, end. The kindlyd*.c files are the only ones that know all others.
 *
 * One way through: a timer, the bus, the presenter or presence says something; a keeper_xxx() works out a
 * turn; the journal commits it; the turn becomes the state; its effects go to the presenter and the bus
 * (take_turn). Then what follows is published, the timer is armed for the next thing that can happen, and the
 * process sleeps. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"
#include "daemon/store/language.h"
#include "daemon/store/paths.h"
#include "daemon/store/streams.h"
#include "daemon/store/zonefile.h"

#define EXIT_BUS_LOST 75 /* EX_TEMPFAIL: kindlyd.service starts it again */

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
    if (r >= 0)
        r = sd_bus_attach_event(daemon->bus, daemon->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        say(LOG_ERROR, "cannot start: %s", reason_of(r));
    return r;
}

static int take_name(struct daemon *daemon) {
    int r = sd_bus_request_name(daemon->bus, KINDLY_BUS_NAME, 0);
    if (r == -EEXIST)
        say(LOG_ERROR, "another kindlyd already runs on this session bus; this one ends");
    else if (r < 0)
        say(LOG_ERROR, "cannot take the name %s: %s", KINDLY_BUS_NAME, reason_of(r));
    return r;
}

static int act_tell(const struct keeper *keeper, const struct world *world, void *text, struct turn *ret) {
    return keeper_tell(keeper, world, N_("Your schedule has a mistake"), text, ret);
}

/* Everybody has said whether the person is there: what was open is put back, and the day goes on. */
static void on_asked_first(void *userdata, enum presence presence, const struct presence_source *sources,
                           size_t n) {
    (void)presence, (void)sources, (void)n;
    struct daemon *daemon = userdata;
    daemon->asking = false;
    advance_now(daemon);
    if (daemon->config_problem && !daemon->told && !(daemon->undone & UNDONE_RELOAD))
        daemon->told = take_turn(daemon, act_tell, daemon->config_problem, false) >= 0;
}

static int wire(struct daemon *daemon) {
    int r = prepare_again(daemon);
    if (r >= 0)
        r = clock_new(daemon->event, zonefile_load_tz, "/etc/localtime", on_elapsed, on_clock_changed, daemon,
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
    if (r >= 0)
        r = sd_event_add_defer(daemon->event, &daemon->rest, on_rest, daemon);
    if (r >= 0)
        r = sd_event_source_set_priority(daemon->rest, SD_EVENT_PRIORITY_IDLE);
    return r;
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
    char *name = strrchr(path, '/');
    *name = 0;
    bool there = access(path, F_OK) == 0;
    *name = '/';
    if (there)
        return;
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
    r = presence_ask(daemon->presence, on_asked_first, daemon, NULL);
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
    sd_event_source_disable_unref(daemon->rest);
    sd_event_source_disable_unref(daemon->again);
    for (size_t i = 0; i < daemon->n_unwritten; i++)
        event_done(&daemon->unwritten[i]);
    free(daemon->unwritten);
    sd_bus_flush_close_unref(daemon->bus);
    sd_event_unref(daemon->event);
    for (size_t i = 0; i < daemon->options.n_decks; i++)
        free(daemon->options.decks[i]);
    char *strings[] = {daemon->config_path,      daemon->journal_path,      daemon->desktop_program,
                       daemon->terminal_program, daemon->config_problem,    daemon->deck_problem,
                       daemon->journal_problem,  daemon->presenter_problem, daemon->journal_notice};
    for (size_t i = 0; i < ELEMENTSOF(strings); i++)
        free(strings[i]);
    free(daemon->starts_usec);
}

int main(int argc, char **argv) {
    struct daemon daemon = {.options = {.presenter = "auto"}};
    streams_begin();
    language_begin();
    int r = read_options(argc, argv, &daemon.options);
    if (r != 0) {
        stop(&daemon);
        return r < 0 ? 2 : fflush(stdout) == 0 ? 0 : 1;
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
