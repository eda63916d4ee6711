/* The linker puts what is called __wrap_xxx here in the place of xxx (Makefile: fuzz-daemon): no process is
 * started, no timer runs, and what is random is counted.
 *
 * Both ends of both connections are in one loop, so that it is known when all is done: when nothing is left
 * to read. Its own timers (seconds) never elapse meanwhile. */
#include "tests/fuzz/hands.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/store/zonefile.h"
#include "tests/fuzz/state.h"

#define SETTLE_STEPS_MAX 20000 /* a step is a message; no input has as many */

static usec_t now_usec;
static uint64_t n_random;
static int presenter_fd = -1, other_end = -1;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret) {
    usec_t usec = clock == CLOCK_REALTIME ? now_usec : now_usec - FUZZ_NOW + USEC_PER_HOUR;
    *ret = (struct timespec){.tv_sec = (time_t)(usec / USEC_PER_SEC),
                             .tv_nsec = (long)(usec % USEC_PER_SEC) * 1000};
    return 0;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *ret_before);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *ret_before) {
    (void)fd, (void)flags, (void)at, (void)ret_before;
    return 0;
}

ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags) {
    (void)flags;
    memset(buffer, 0, size);
    n_random++;
    for (size_t i = 0; i < MIN_OF(size, sizeof n_random);
         i++) /* at its end: an id has fixed bits at its beginning */
        ((uint8_t *)buffer)[size - 1 - i] = (uint8_t)(n_random >> 8 * i);
    return (ssize_t)size;
}

int __real_socketpair(int domain, int type, int protocol, int fds[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fds[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fds[2]) {
    int r = __real_socketpair(domain, type, protocol, fds);
    if (r == 0)
        other_end = fds[1];
    return r;
}

/* The presenter's program, as its daemon sees it: its end of the pair stays open here. */
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) {
    if (presenter_fd >= 0)
        close(presenter_fd);
    presenter_fd = fcntl(other_end, F_DUPFD_CLOEXEC, 0);
    holds(presenter_fd >= 0);
    return 1 << 22; /* no process has that number */
}

int __wrap_sd_event_add_child(sd_event *event, sd_event_source **ret, pid_t pid, int options,
                              sd_event_child_handler_t handler, void *userdata);
int __wrap_sd_event_add_child(sd_event *event, sd_event_source **ret, pid_t pid, int options,
                              sd_event_child_handler_t handler, void *userdata) {
    (void)event, (void)ret, (void)pid, (void)options, (void)handler, (void)userdata;
    return 0;
}

int __wrap_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal) {
    (void)pid, (void)signal;
    return 0;
}

/* The only call that is waited for: what the bus says of the notification server's name. */
int __wrap_sd_bus_call_method(sd_bus *bus, const char *destination, const char *path, const char *interface,
                              const char *member, sd_bus_error *error, sd_bus_message **ret_reply,
                              const char *types, ...);
int __wrap_sd_bus_call_method(sd_bus *bus, const char *destination, const char *path, const char *interface,
                              const char *member, sd_bus_error *error, sd_bus_message **ret_reply,
                              const char *types, ...) {
    (void)error, (void)types;
    sd_bus_message *reply;
    holds(sd_bus_message_new_method_call(bus, &reply, destination, path, interface, member) >= 0);
    holds((streq(member, "NameHasOwner") ? sd_bus_message_append(reply, "b", 1)
                                         : sd_bus_message_append(reply, "as", 0)) >= 0);
    holds(sd_bus_message_seal(reply, 1, 0) >= 0);
    *ret_reply = reply;
    return 0;
}

/* --- The files -------------------------------------------------------------------------------- */

static const char schedule[] = "reminders = ( { name = \"daytime\"; between = \"09:30-20:30\"; times = 3; },"
                               " { name = \"noon\"; at = \"12:00\"; write = true; },"
                               " { name = \"pause\"; between = \"10:00-18:00\"; every = \"4h\";"
                               " practice = \"three-breaths\"; } );\n"
                               "languages = [\"en\"]; conceal = [\"own\"]; support = \"Call someone\";\n";
static const char deck[] =
    "theme = \"care\"; language = \"en\";\n"
    "prompts = ( { id = \"care-01\"; text = \"Rest is allowed.\"; depth = 1; },"
    " { id = \"care-02\"; text = \"Water, air, rest?\"; depth = 1; write = true; } );\n"
    "practices = ( { id = \"three-breaths\"; title = \"Three\"; steps = (\"One.\","
    " \"Two.\"); }, { id = \"hard-moment\"; title = \"Hard\"; steps = (\"It is.\"); } );\n";

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    holds(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* In a folder whose files are removed at the end, as one: decks and schedule. */
static const char *file_of(const char *name, const char *text) {
    static char paths[2][PATH_MAX + 16];
    char *path = paths[streq(name, "kindly.conf")];
    if (*path == 0) {
        snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder(), name);
        write_text(path, text);
    }
    return path;
}

/* --- Connections ------------------------------------------------------------------------------ */

static void start(sd_bus *bus, int fd, bool server) {
    holds(sd_bus_set_fd(bus, fd, fd) >= 0 && sd_bus_set_anonymous(bus, 1) >= 0);
    holds(sd_bus_negotiate_fds(bus, 1) >= 0);
    if (server)
        holds(sd_bus_set_server(bus, 1, (sd_id128_t){.bytes = {1}}) >= 0);
    holds(sd_bus_start(bus) >= 0);
}

static int on_asked(sd_bus_message *message, void *userdata, sd_bus_error *error) {
    struct hands *hands = userdata;
    return sd_bus_message_is_method_call(message, NULL, NULL) ? hands->asked(message, hands->userdata, error)
                                                              : 0;
}

static void connect_bus(struct hands *hands) {
    struct daemon *daemon = &hands->daemon;
    int fds[2];
    holds(__real_socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
    holds(sd_bus_new(&daemon->bus) >= 0 && sd_bus_new(&hands->bus) >= 0);
    holds(sd_bus_set_trusted(daemon->bus, 1) >= 0); /* no bus is there to be asked who a caller is */
    start(hands->bus, fds[1], true);
    start(daemon->bus, fds[0], false);
    holds(sd_bus_add_filter(hands->bus, NULL, on_asked, hands) >= 0);
    holds(sd_bus_attach_event(hands->bus, daemon->event, SD_EVENT_PRIORITY_NORMAL) >= 0);
    holds(sd_bus_attach_event(daemon->bus, daemon->event, SD_EVENT_PRIORITY_NORMAL) >= 0);
}

/* The program that was started meanwhile. */
static void take_presenter(struct hands *hands) {
    if (presenter_fd < 0)
        return;
    hands_close_presenter(hands);
    holds(sd_bus_new(&hands->presenter) >= 0);
    start(hands->presenter, presenter_fd, false);
    presenter_fd = -1;
    holds(sd_bus_add_filter(hands->presenter, NULL, on_asked, hands) >= 0);
    holds(sd_bus_attach_event(hands->presenter, hands->daemon.event, SD_EVENT_PRIORITY_NORMAL) >= 0);
}

void hands_close_presenter(struct hands *hands) {
    hands->presenter = sd_bus_close_unref(hands->presenter);
}

void hands_settle(struct hands *hands) {
    for (int n = 0; sd_event_run(hands->daemon.event, 0) > 0; n++) {
        holds(n < SETTLE_STEPS_MAX);
        take_presenter(hands);
    }
}

void hands_pass_time(usec_t span_usec) {
    now_usec += span_usec;
}

void hands_sign(sd_bus_message *message, const char *sender) {
    holds(sd_bus_message_set_sender(message, sender) >= 0);
}

/* --- Begin and end ---------------------------------------------------------------------------- */

static void wire(struct daemon *daemon) {
    holds(clock_new(daemon->event, zonefile_load_tz, "/nowhere/localtime", on_elapsed, on_clock_changed,
                    daemon, &daemon->clock) >= 0);
    holds(watch_new(daemon->event, on_files_changed, daemon, &daemon->watch) >= 0);
    holds(presence_new(daemon->event, daemon->bus, on_presence, daemon, &daemon->presence) >= 0);
    /* The programs are started with nothing but a fork that is ours. */
    holds(presenter_new(daemon->event, daemon->bus, daemon->options.presenter, "/desktop", "/terminal",
                        &presenter_events, daemon, &daemon->presenter) >= 0);
    holds(bus_object_new(daemon->bus, &bus_host, daemon, daemon->presence, &daemon->object) >= 0);
}

/* A schedule of that file: reading it takes longer than all the rest. */
static struct schedule *known;

static void adopt_known(struct daemon *daemon) {
    daemon->schedule = TAKE_PTR(known);
    daemon->starts_usec = calloc(daemon->schedule->n_reminders, sizeof *daemon->starts_usec);
    holds(daemon->starts_usec &&
          journal_note_reminders(daemon->journal, daemon->schedule, now_usec, daemon->starts_usec) >= 0);
    renew_library(daemon);
    presence_configure(daemon->presence, daemon->schedule->hold, daemon->schedule->idle_after_usec);
    holds(daemon->library && build_plan(daemon) >= 0);
}

static void load(struct daemon *daemon) {
    daemon->journal = state_journal();
    daemon->journal_path = strdup(state_path());
    daemon->secret = *journal_secret(daemon->journal);
    holds(daemon->journal_path && journal_load(daemon->journal, &daemon->keeper) >= 0);
    holds(find_config(daemon) >= 0);
    if (!known)
        holds(load_first(daemon) >= 0 && !daemon->config_problem);
    else
        adopt_known(daemon);
}

void hands_begin(struct hands *hands, sd_bus_message_handler_t asked, void *userdata) {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/system", 1);
    now_usec = FUZZ_NOW;
    n_random = 0;
    *hands = (struct hands){.asked = asked, .userdata = userdata};
    struct daemon *daemon = &hands->daemon;
    daemon->options = (struct options){
        .config = file_of("kindly.conf", schedule), .presenter = "/nowhere/presenter", .n_decks = 1};
    file_of("deck.conf", deck);
    daemon->options.decks[0] = (char[]){""};
    daemon->options.decks[0] = strdup(fuzz_folder());
    holds(daemon->options.decks[0]);
    holds(sd_event_new(&daemon->event) >= 0);
    connect_bus(hands);
    wire(daemon);
    load(daemon);
    settle(daemon);
    hands_settle(hands);
}

void hands_end(struct hands *hands) {
    struct daemon *daemon = &hands->daemon;
    presenter_free(daemon->presenter);
    bus_object_free(daemon->object);
    presence_free(daemon->presence);
    watch_free(daemon->watch);
    clock_free(daemon->clock);
    plan_free(daemon->plan);
    known = TAKE_PTR(daemon->schedule);
    library_free(daemon->library);
    keeper_free(daemon->keeper);
    sd_event_source_disable_unref(daemon->rest);
    sd_event_source_disable_unref(daemon->again);
    for (size_t i = 0; i < daemon->n_unwritten; i++)
        event_done(&daemon->unwritten[i]);
    free(daemon->unwritten);
    sd_bus_close_unref(hands->presenter);
    if (presenter_fd >= 0)
        close(presenter_fd);
    presenter_fd = -1;
    sd_bus_close_unref(hands->bus);
    sd_bus_close_unref(daemon->bus);
    sd_event_unref(daemon->event);
    char *strings[] = {daemon->options.decks[0],  daemon->config_path,    daemon->journal_path,
                       daemon->config_problem,    daemon->journal_notice, daemon->journal_problem,
                       daemon->presenter_problem, daemon->deck_problem,   (char *)daemon->starts_usec};
    for (size_t i = 0; i < ELEMENTSOF(strings); i++)
        free(strings[i]);
}
