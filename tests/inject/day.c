/* A day of the daemon in which one thing fails.
 *
 *     day FAMILY [--lasting] [--depth N] [--first N] [--last N]
 *
 * kindlyd's objects are linked whole, its main() too (the linker's --wrap gives us the start), and so is
 * everything that it talks to but the bus: a client, a presenter, a screen saver, and the clock live in the
 * same thread and are served in turn with the daemon's loop, so that a run is the same each time. Each run is
 * a process of its own: with nothing failing the day is played once, then with the 1st call of the family
 * failing, the 2nd ..., until a day passes untouched. `--lasting`: it goes on failing until the step of the
 * day has ended.
 *
 * After each step what is in memory is compared with what is in the journal; a step after the failure has to
 * succeed; at the end everything that a caller was told is done is looked for in the journal. A daemon that
 * ends may do so only before it is ready, and then the same day begins again. Sanitizers find the rest.
 *
 * Prints what it found wrong, with the number that plays it again, and how many points were tried. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kindlyd.h"
#include "daemon/store/sync.h"
#include "tests/inject/inject.h"

#define PATIENCE_MSEC 20000
#define ROUNDS_MAX    500
#define DELAYS_MAX    8 /* that pass while something goes on failing: what is tried again fails again */
#define FACTS_MAX     64
#define RUNS_MAX      20000

/* How a run ends: otherwise it was killed, or a sanitizer ended it. */
enum { RUN_HELD = 0, RUN_UNTOUCHED = 3, RUN_WRONG = 4 };

#define DAY_BEGINS ((usec_t)1772434740 * USEC_PER_SEC) /* 2026-03-02 07:59:00 in Berlin */

/* What a caller was told is done. */
struct fact {
    enum { NOTED, ANSWERED, FORGOTTEN, KEPT, IMPORTED } kind;
    bool may_be_gone; /* it was to be forgotten, and that was answered with an error */
    struct uuid id;
    char text[64];
};

static struct {
    char folder[60];
    const char *step;
    bool failed_before; /* this step */
    bool lasting;       /* what fails, does so to the end of a step */

    struct daemon *daemon;
    sd_event *event;
    sd_bus *client;
    struct journal *reader;
    bool stopping;

    char error[256]; /* of the last call */
    bool locked;     /* what the screen saver says */
    char cookie[20]; /* of a hold; "": none */
    bool unrecorded; /* the last turn could not be written */

    /* what the properties' signals said */
    uint32_t open_count;
    char *problem, *next_reminder;
    usec_t paused_until_usec;

    int presenter_fd; /* its end of the link, when it was started and hasn't begun; -1: not so */
    pid_t presenter_pid;
    sd_bus *link;
    struct uuid shown;
    char *body;
    bool on_screen;
    unsigned shows, withdrawn;

    struct fact facts[FACTS_MAX];
    size_t n_facts;
    unsigned runs; /* of the daemon's main() */
} day;

static char *describe(const struct keeper *keeper);

__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "WRONG: in \"%s\", %s failed%s: ", day.step ? day.step : "the start",
            inject_failed() ? inject_failed() : "nothing", day.failed_before ? " before" : "");
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    if (day.daemon && day.daemon->keeper) {
        _cleanup_free_ char *state = describe(day.daemon->keeper);
        fprintf(stderr, "the state, %" PRIu64 ":\n%s", clock_realtime(), state);
        fprintf(stderr, "the presenter: %s, started %s, %u shown\n",
                !day.link                   ? "not there"
                : sd_bus_is_ready(day.link) ? "ready"
                                            : "connecting",
                day.presenter_fd >= 0 ? "again" : "before", day.shows);
    }
    if (day.presenter_pid > 0)
        kill(day.presenter_pid, SIGKILL);
    _exit(RUN_WRONG);
}

#define NAME(text) ((char[]){text}) /* of main()'s arguments, which may be changed */

static void sure(int r, const char *what) {
    if (r < 0)
        wrong("the test itself: %s: %s", what, strerror(-r));
}

/* --- The presenter ------------------------------------------------------------------------------ */

static int on_presenter_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)userdata, (void)error;
    const char *id, *title, *body;
    if (sd_bus_message_is_method_call(m, "org.kindlyd.Presenter1", "Show")) {
        sure(sd_bus_message_read(m, "sss", &id, &title, &body), "Show");
        sure(uuid_parse(id, &day.shown), id);
        free(day.body);
        day.body = strdup(body);
        day.on_screen = true;
        day.shows++;
        sure(sd_bus_reply_method_return(m, "ssu", "bus", ":1.99", 7), "reply to Show");
        return 1;
    }
    if (sd_bus_message_is_method_call(m, "org.kindlyd.Presenter1", "Withdraw")) {
        struct uuid gone;
        sure(sd_bus_message_read(m, "s", &id), "Withdraw");
        sure(uuid_parse(id, &gone), id);
        if (uuid_equal(&gone, &day.shown))
            day.on_screen = false;
        day.withdrawn++;
        sure(sd_bus_reply_method_return(m, NULL), "reply to Withdraw");
        return 1;
    }
    return 0;
}

static void presenter_ends(void) {
    day.link = sd_bus_close_unref(day.link);
    day.on_screen = false;
    if (day.presenter_pid > 0)
        kill(day.presenter_pid, SIGKILL);
    day.presenter_pid = 0;
}

/* In the middle of the daemon's work: the rest follows in serve(). */
static void on_start(int fd, int pid) {
    if (day.presenter_fd >= 0)
        close(day.presenter_fd);
    day.presenter_fd = fd;
    day.presenter_pid = pid;
}

static void presenter_begins(void) {
    day.link = sd_bus_close_unref(day.link);
    int r = sd_bus_new(&day.link);
    if (r >= 0)
        r = sd_bus_set_fd(day.link, day.presenter_fd, day.presenter_fd);
    if (r >= 0)
        r = sd_bus_add_filter(day.link, NULL, on_presenter_call, NULL);
    if (r >= 0)
        r = sd_bus_start(day.link);
    day.presenter_fd = -1;
    if (r < 0) /* the other end is closed already */
        presenter_ends();
}

static void presenter_says(const char *member, const char *detail) {
    char id[UUID_TEXT_SIZE];
    uuid_format(&day.shown, id);
    if (day.link)
        sure(sd_bus_emit_signal(day.link, "/org/kindlyd/Presenter1", "org.kindlyd.Presenter1", member, "ss",
                                id, detail),
             member);
}

/* --- The loop, and what is served with it ------------------------------------------------------- */

static bool serve_client(void) {
    bool busy = false;
    int r;
    while ((r = sd_bus_process(day.client, NULL)) > 0)
        busy = true;
    sure(r, "the client's bus");
    return busy;
}

static bool serve_presenter(void) {
    bool busy = false;
    int r = 0;
    if (day.presenter_fd >= 0)
        presenter_begins();
    while (day.link && (r = sd_bus_process(day.link, NULL)) > 0)
        busy = true;
    if (day.link && (r < 0 || !sd_bus_is_open(day.link)))
        presenter_ends();
    return busy;
}

static bool serve(void) {
    inject_off--;
    int r = sd_event_run(day.event, 0);
    inject_off++;
    if (!day.stopping && (r < 0 || sd_event_get_state(day.event) == SD_EVENT_FINISHED))
        wrong("the daemon's loop ended (%d)", r);
    bool busy = serve_client();
    return serve_presenter() || busy || r > 0;
}

static void wait_for_more(void) {
    struct pollfd fds[3] = {{.fd = sd_event_get_fd(day.event), .events = POLLIN},
                            {.fd = sd_bus_get_fd(day.client), .events = POLLIN},
                            {.fd = day.link ? sd_bus_get_fd(day.link) : -1, .events = POLLIN}};
    if (poll(fds, 3, PATIENCE_MSEC) == 0)
        wrong("nothing comes any more");
}

struct reply {
    sd_bus_message *m;
};

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct reply *reply = userdata;
    reply->m = sd_bus_message_ref(m);
    return 0;
}

static sd_bus_message *new_call(const char *interface, const char *member);
static sd_bus_message *send_call(sd_bus_message *m);

static void ping(void) {
    sd_bus_message_unref(send_call(new_call("org.freedesktop.DBus.Peer", "Ping")));
}

/* While nothing can be sent, not even an error is: what was called after it has been answered by then. */
static bool is_lost(const struct reply *reply) {
    for (int i = 0; i < 3 && inject_is_failing() && !reply->m; i++) {
        while (!reply->m && serve())
            ;
        inject_pass_delays();
        ping();
    }
    return inject_is_failing() && !reply->m;
}

/* Sends, and serves everybody until the reply is there. NULL: an error, which is in day.error, or none. */
static sd_bus_message *send_call(sd_bus_message *m) {
    bool may_be_lost = sd_bus_message_is_method_call(m, KINDLY_INTERFACE, NULL);
    struct reply reply = {0};
    sd_bus_slot *slot;
    sure(sd_bus_call_async(day.client, &slot, m, on_reply, &reply, 0), "call");
    sd_bus_message_unref(m);
    sd_bus_flush(day.client);
    while (!reply.m && !(may_be_lost && is_lost(&reply)))
        if (!reply.m && !serve())
            wait_for_more();
    sd_bus_slot_unref(slot);
    *day.error = 0;
    if (!reply.m)
        return NULL;
    const sd_bus_error *error = sd_bus_message_get_error(reply.m);
    if (!error)
        return reply.m;
    snprintf(day.error, sizeof day.error, "%s: %s", error->name, error->message);
    sd_bus_message_unref(reply.m);
    return NULL;
}

static sd_bus_message *new_call(const char *interface, const char *member) {
    sd_bus_message *m;
    sure(sd_bus_message_new_method_call(day.client, &m, KINDLY_BUS_NAME, KINDLY_OBJECT_PATH, interface,
                                        member),
         member);
    return m;
}

static bool is_at_rest(void) {
    if (day.daemon->asking)
        return false;
    for (size_t i = 0; i < day.daemon->keeper->n_open; i++)
        if (day.daemon->keeper->open[i].state == OPEN_SHOWING)
            return false;
    return true;
}

/* Until what was set going has come to an end: a message to and fro follows all that was sent before it. */
static void rest(void) {
    unsigned delays = 0;
    for (unsigned i = 0, quiet = 0; quiet < 3 || !(is_at_rest() || inject_is_failing()); i++, quiet++) {
        for (unsigned n = 0; serve() && !(inject_is_failing() && n > ROUNDS_MAX); n++)
            ; /* what can't be read is there to be read again, as long as it fails */
        ping();
        if (i > ROUNDS_MAX)
            wrong("it comes to no end: %s",
                  day.daemon->asking ? "presence is asked" : "a showing isn't answered");
        if (quiet >= 1 && (!inject_is_failing() || delays++ < DELAYS_MAX) && inject_pass_delays())
            quiet = 0;
    }
}

/* A step that nothing stood in the way of has to succeed. */
static bool must(bool did, const char *what) {
    if (!did && (!inject_failed() || day.failed_before) && !inject_is_failing())
        wrong("%s: %s", what, *day.error ? day.error : "no");
    return did;
}

/* A call with its arguments; false: an error. */
static bool call(const char *member, sd_bus_message **ret, const char *types, ...) {
    sd_bus_message *m = new_call(KINDLY_INTERFACE, member);
    va_list list;
    va_start(list, types);
    if (types)
        sure(sd_bus_message_appendv(m, types, list), member);
    va_end(list);
    sd_bus_message *reply = send_call(m);
    bool did = must(reply, member);
    if (did && ret)
        *ret = reply;
    else
        sd_bus_message_unref(reply);
    return did;
}

static bool call_for_id(const char *member, struct uuid *ret, const char *types, ...) {
    sd_bus_message *m = new_call(KINDLY_INTERFACE, member);
    va_list list;
    va_start(list, types);
    sure(sd_bus_message_appendv(m, types, list), member);
    va_end(list);
    sd_bus_message *reply = send_call(m);
    const char *id;
    if (!must(reply, member))
        return false;
    sure(sd_bus_message_read(reply, "s", &id), "an id");
    sure(uuid_parse(id, ret), id);
    sd_bus_message_unref(reply);
    return true;
}

/* --- What the client sees ------------------------------------------------------------------------ */

static void keep_text(char **where, const char *text) {
    free(*where);
    *where = strdup(text);
}

static void read_properties(sd_bus_message *m) {
    const char *name, *text;
    sure(sd_bus_message_enter_container(m, 'a', "{sv}"), "properties");
    while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
        sure(sd_bus_message_read(m, "s", &name), "a property");
        if (streq(name, "OpenCount"))
            sure(sd_bus_message_read(m, "v", "u", &day.open_count), name);
        else if (streq(name, "PausedUntilUSec"))
            sure(sd_bus_message_read(m, "v", "t", &day.paused_until_usec), name);
        else if (streq(name, "Problem") || streq(name, "NextReminder")) {
            sure(sd_bus_message_read(m, "v", "s", &text), name);
            keep_text(*name == 'P' ? &day.problem : &day.next_reminder, text);
        } else
            sure(sd_bus_message_skip(m, "v"), name);
        sd_bus_message_exit_container(m);
    }
    sd_bus_message_exit_container(m);
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)userdata, (void)error;
    sd_bus_message_skip(m, "s");
    read_properties(m);
    return 0;
}

static int on_screensaver(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)userdata, (void)error;
    if (!sd_bus_message_is_method_call(m, "org.freedesktop.ScreenSaver", "GetActive"))
        return 0;
    sure(sd_bus_reply_method_return(m, "b", day.locked), "GetActive");
    return 1;
}

static void lock_screen(bool locked) {
    day.locked = locked;
    sure(sd_bus_emit_signal(day.client, "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver",
                            "ActiveChanged", "b", locked),
         "ActiveChanged");
    rest();
}

static void connect_client(void) {
    int r = sd_bus_open_user(&day.client);
    if (r >= 0)
        r = sd_bus_request_name(day.client, "org.freedesktop.ScreenSaver", 0);
    if (r >= 0)
        r = sd_bus_add_filter(day.client, NULL, on_screensaver, NULL);
    if (r >= 0)
        r = sd_bus_match_signal(day.client, NULL, NULL, KINDLY_OBJECT_PATH, "org.freedesktop.DBus.Properties",
                                "PropertiesChanged", on_properties, NULL);
    sure(r, "the client");
}

/* What the signals said is what is so. */
static void compare_properties(void) {
    sd_bus_message *m = new_call("org.freedesktop.DBus.Properties", "GetAll");
    sure(sd_bus_message_append(m, "s", KINDLY_INTERFACE), "GetAll");
    _cleanup_free_ char *problem = TAKE_PTR(day.problem), *next = TAKE_PTR(day.next_reminder);
    uint32_t open_count = day.open_count;
    usec_t paused = day.paused_until_usec;
    sd_bus_message *reply = send_call(m);
    if (!must(reply, "GetAll"))
        return;
    read_properties(reply);
    sd_bus_message_unref(reply);
    if (day.open_count != day.daemon->keeper->n_open)
        wrong("OpenCount is %u", day.open_count);
    if (problem && !streq(problem, day.problem))
        wrong("Problem was said to be \"%s\", and is \"%s\"", problem, day.problem);
    if (next && !streq(next, day.next_reminder))
        wrong("NextReminder was said to be \"%s\", and is \"%s\"", next, day.next_reminder);
    if (next && (open_count != day.open_count || paused != day.paused_until_usec))
        wrong("OpenCount or PausedUntilUSec changed without a signal");
    if (*day.problem)
        wrong("all is well, and there is a problem: %s", day.problem);
    if (!*day.next_reminder)
        wrong("nothing comes next");
}

/* --- Memory and disk ----------------------------------------------------------------------------- */

static void describe_open(FILE *out, const struct open_prompt *open) {
    char id[UUID_TEXT_SIZE], boot[UUID_TEXT_SIZE];
    uuid_format(&open->id, id);
    uuid_format(&open->boot_id, boot);
    fprintf(out, "%s %d %d [%s] %lu %d %lu %lu %d %d ", id, open->state, open->stage,
            or_empty(open->reminder), open->due_usec, open->by_hand, open->hold_until_usec,
            open->not_before_usec, open->held, open->theme);
    fprintf(out, "[%s] [%s] [%s] [%s] [%s] %d %d %u ", or_empty(open->prompt), or_empty(open->title),
            or_empty(open->text), or_empty(open->line), or_empty(open->why), open->write, open->practice,
            open->step);
    fprintf(out, "%lu %lu %d %d [%s] [%s] %u %u %lu %lu %s\n", open->shown_usec, open->expires_usec,
            open->answered, open->on_screen, or_empty(open->bus_id), or_empty(open->owner), open->server_id,
            open->snoozes, open->until_usec, open->until_boot_usec, boot);
}

static char *describe(const struct keeper *keeper) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "%lu %lu %lu %lu %d %u %u %u %u %u %u %d %d %lu\n", keeper->planned_until_usec,
            keeper->latest_due_usec, keeper->paused_until_usec, keeper->last_shown_usec, keeper->day,
            keeper->day_count, keeper->commands_named, keeper->guidance, keeper->fewer, keeper->fewer_count,
            keeper->drift_days, keeper->drift_day, keeper->offer_day, keeper->then_usec);
    for (size_t i = 0; i < keeper->n_open; i++)
        describe_open(out, &keeper->open[i]);
    fclose(out);
    return text;
}

static void journal_path_of(char ret[128]) {
    snprintf(ret, 128, "%s/state/journal.db", day.folder);
}

/* A state that could not be written goes on in memory, and Problem says so. */
static void compare_with_disk(void) {
    if (!day.daemon->journal || day.unrecorded) {
        if (!day.daemon->journal_problem && !day.lasting)
            wrong("the state isn't recorded, and Problem doesn't say so");
        return;
    }
    char path[128];
    journal_path_of(path);
    if (!day.reader)
        sure(journal_open_readonly(path, &day.reader, NULL), "reading the journal");
    struct keeper *stored;
    sure(journal_load(day.reader, &stored), "reading the state");
    /* Moves on in memory alone as long as nothing comes due. */
    if (stored->planned_until_usec <= day.daemon->keeper->planned_until_usec)
        stored->planned_until_usec = day.daemon->keeper->planned_until_usec;
    _cleanup_free_ char *here = describe(day.daemon->keeper), *there = describe(stored);
    keeper_free(stored);
    if (!streq(here, there))
        wrong("memory and disk differ:\n%s---\n%s", here, there);
}

static void remember(int kind, const struct uuid *id, const char *text) {
    if (day.n_facts == FACTS_MAX)
        wrong("the test itself: too many facts");
    struct fact *fact = &day.facts[day.n_facts++];
    fact->kind = (__typeof__(fact->kind))kind;
    fact->id = *id;
    snprintf(fact->text, sizeof fact->text, "%s", text);
}

static bool is_forgotten(const struct uuid *id) {
    for (size_t i = 0; i < day.n_facts; i++)
        if (day.facts[i].kind == FORGOTTEN && uuid_equal(&day.facts[i].id, id))
            return true;
    return false;
}

static void check_fact(struct journal *journal, const struct fact *fact) {
    char id[UUID_TEXT_SIZE];
    uuid_format(&fact->id, id);
    struct entry entry;
    if (journal_find(journal, &fact->id, &entry) < 0)
        wrong("entry %s (%s) is lost", id, fact->text);
    if (fact->kind == FORGOTTEN) {
        if (!streq(entry.state, "forgotten") || *entry.note || *entry.text)
            wrong("entry %s was forgotten, and is %s: %s", id, entry.state, entry.note);
    } else if (is_forgotten(&fact->id) || (fact->may_be_gone && streq(entry.state, "forgotten")))
        ; /* since then */
    else if (fact->kind == ANSWERED && !streq(entry.choice, fact->text))
        wrong("entry %s was answered with %s, and has \"%s\"", id, fact->text, entry.choice);
    else if ((fact->kind == NOTED || fact->kind == IMPORTED) && !streq(entry.note, fact->text))
        wrong("entry %s should say %s, and says \"%s\"", id, fact->text, entry.note);
    else if (fact->kind == KEPT && !entry.keep)
        wrong("entry %s is not kept", id);
    entry_done(&entry);
}

/* Nothing of what was erased is in any file. */
static void search_files(const char *folder, const char *text) {
    DIR *all = opendir(folder);
    for (struct dirent *file; all && (file = readdir(all));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        int fd = open(path, O_RDONLY);
        off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
        void *bytes = size > 0 && file->d_name[0] != '.'
                          ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0)
                          : MAP_FAILED;
        if (bytes != MAP_FAILED && memmem(bytes, (size_t)size, text, strlen(text)))
            wrong("\"%s\" was erased, and is in %s", text, path);
        if (bytes != MAP_FAILED)
            munmap(bytes, (size_t)size);
        if (fd >= 0)
            close(fd);
    }
    if (all)
        closedir(all);
}

static void check_facts(void) {
    char path[128], folder[128];
    journal_path_of(path);
    struct journal *journal;
    _cleanup_free_ char *problem = NULL, *finding = NULL;
    if (journal_open(path, DAY_BEGINS, &journal, &problem) < 0)
        wrong("the journal can't be opened: %s", or_empty(problem));
    if (journal_check(journal, &finding) != 0)
        wrong("the journal is damaged: %s", or_empty(finding));
    for (size_t i = 0; i < day.n_facts; i++)
        check_fact(journal, &day.facts[i]);
    journal_free(journal);
    for (size_t i = 0; i < day.n_facts; i++)
        if (is_forgotten(&day.facts[i].id) && strlen(day.facts[i].text) > 8) {
            snprintf(folder, sizeof folder, "%s/state", day.folder);
            search_files(folder, day.facts[i].text);
            snprintf(folder, sizeof folder, "%s/share", day.folder);
            search_files(folder, day.facts[i].text);
        }
}

/* --- The day -------------------------------------------------------------------------------------- */

static void write_text(const char *name, const char *text) {
    char path[128], part[140];
    snprintf(path, sizeof path, "%s/%s", day.folder, name);
    snprintf(part, sizeof part, "%s~", path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0 ||
        rename(part, path) < 0)
        wrong("the test itself: %s: %s", path, strerror(errno));
}

#define DECK(theme, id, text)                                                                                \
    "theme = \"" theme "\"; language = \"en\"; title = \"" theme                                             \
    "\"; license = \"CC0-1.0\"; reviewed = false;\n"                                                         \
    "prompts = ({ id = \"" id "-01\"; text = \"" text "\"; depth = 1; }, { id = \"" id                       \
    "-02\"; text = \"" text " Again.\"; depth = 1; });\n"
#define SCHEDULE(reminders)                                                                                  \
    "reminders = ({ name = \"morning\"; at = \"08:00\"; }" reminders ");\n"                                  \
    "quiet = [\"22:00-06:00\"]; languages = [\"en\"]; hold = [\"locked\"]; snooze = [\"15min\", \"1h\"];\n"

static void prepare(void) {
    static const char *const folders[] = {"decks", "decks/en", "state", "share", "config", "runtime"};
    char path[128];
    for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", day.folder, folders[i]);
        if (mkdir(path, 0700) < 0)
            wrong("the test itself: %s: %s", path, strerror(errno));
    }
    write_text("config/kindly.conf", SCHEDULE(""));
    write_text("decks/en/care.conf", DECK("care", "care", "Rest a little."));
    write_text("decks/en/noticing.conf",
               DECK("noticing", "noticing", "What is here?") "practices = ({ id = \"three-breaths\"; title = "
                                                             "\"Breaths\"; steps = (\"In.\", \"Out.\"); },"
                                                             " { id = \"body\"; title = \"Body\"; steps = "
                                                             "(\"It is hard.\", \"Others know it.\"); });\n");
}

static void move_to(usec_t usec) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    inject_move_clock((int64_t)usec - (int64_t)now.tv_sec * 1000000 - now.tv_nsec / 1000);
}

/* To when the next thing happens; where nothing does, so long that it would have. */
static void wake(usec_t at_most_usec) {
    struct world world;
    look_at_world(day.daemon, &world);
    usec_t next_usec = keeper_next_wake(day.daemon->keeper, &world);
    move_to(MIN_OF(next_usec, world.now_usec + at_most_usec) + 1000);
    rest();
}

/* The newest that is on the screen, if it is there. */
static bool has_prompt(const char *what) {
    return must(day.on_screen && keeper_find(day.daemon->keeper, &day.shown), what);
}

static void click(const char *choice) {
    presenter_says("Chosen", choice);
    rest();
}

static void step_note(void) {
    struct uuid id;
    if (call_for_id("Note", &id, "sb", "a pebble that is warm", false))
        remember(NOTED, &id, "a pebble that is warm");
    if (call_for_id("Note", &id, "sb", "a lamp that is kept", true)) {
        remember(NOTED, &id, "a lamp that is kept");
        remember(KEPT, &id, "");
    }
    if (call_for_id("NoteForHardDay", &id, "s", "someone is there for me"))
        remember(NOTED, &id, "someone is there for me");
}

static void step_due(void) {
    wake(2 * USEC_PER_MINUTE); /* 08:00 */
    if (!has_prompt("what came due is shown"))
        return;
    struct uuid id = day.shown;
    if (call("Answer", NULL, "sss", "", "helpful", ""))
        remember(ANSWERED, &id, "helpful");
}

static void step_clicks(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "care");
    rest();
    if (!has_prompt("a prompt by hand is shown"))
        return;
    click("not-this");
    click("not-for-me");
    must(!keeper_find(day.daemon->keeper, &id), "the click is taken");
    call_for_id("Prompt", &id, "s", "");
    rest();
    if (!has_prompt("another prompt is shown"))
        return;
    presenter_says("Written", "written where it was shown");
    rest();
    click("keep");
    presenter_says("Closed", "dismissed");
    rest();
}

static void step_practice(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "three-breaths");
    rest();
    if (!has_prompt("a practice is shown"))
        return;
    click("next");
    call("ListOpen", NULL, NULL);
    call("Dismiss", NULL, "s", "");
    rest();
}

static void step_hard(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "hard");
    rest();
    if (has_prompt("a word for a hard moment is shown"))
        call("Dismiss", NULL, "s", "");
    rest();
}

static void step_snooze(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "noticing");
    rest();
    if (!has_prompt("a prompt is shown"))
        return;
    if (call("Snooze", NULL, "st", "", (uint64_t)(10 * USEC_PER_MINUTE)))
        must(!day.on_screen, "what is put off leaves the screen");
    wake(11 * USEC_PER_MINUTE);
    if (!has_prompt("what was put off comes back"))
        return;
    click("later");
    call("ListUpcoming", NULL, "u", 5u);
    wake(16 * USEC_PER_MINUTE);
    if (has_prompt("it comes back again") && call("Answer", NULL, "sss", "", "okay", "and a line with it"))
        remember(ANSWERED, &day.shown, "okay");
}

static void step_pause(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t until = ((uint64_t)now.tv_sec + 3600) * 1000000;
    if (call("Pause", NULL, "t", until) && day.daemon->keeper->paused_until_usec != until)
        wrong("it was paused, and isn't");
    if (call("Resume", NULL, NULL) && day.daemon->keeper->paused_until_usec != 0)
        wrong("it was resumed, and isn't");
}

/* Where its reply is what failed, it is done. */
static void release(void) {
    sd_bus_message *m = *day.cookie ? new_call(KINDLY_INTERFACE, "Release") : NULL;
    if (!m)
        return;
    sure(sd_bus_message_append(m, "s", day.cookie), "Release");
    sd_bus_message *reply = send_call(m);
    if (must(reply || strstr(day.error, "is not the cookie of a hold"), "Release"))
        *day.cookie = 0;
    sd_bus_message_unref(reply);
}

static void step_lists(void) {
    call("ListEntries", NULL, "ttu", (uint64_t)0, UINT64_MAX, 100u);
    call("ListPresence", NULL, NULL);
    call("Explain", NULL, "s", "");
    sd_bus_message *reply;
    if (call("Hold", &reply, "s", "a talk")) {
        const char *cookie;
        sure(sd_bus_message_read(reply, "s", &cookie), "a cookie");
        snprintf(day.cookie, sizeof day.cookie, "%s", cookie);
        sd_bus_message_unref(reply);
        rest();
        release();
    }
    rest();
}

/* Shown again by a new process. */
static void step_presenter_ends(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "care");
    presenter_ends();
    rest();
    call("Dismiss", NULL, "s", "");
    rest();
    call_for_id("Prompt", &id, "s", "care");
    rest();
    if (has_prompt("a new presenter shows it"))
        call("Dismiss", NULL, "s", "");
    rest();
}

static void step_reload(void) {
    write_text("config/kindly.conf", SCHEDULE(", { name = \"noon\"; at = \"12:00\"; }"));
    if (call("Reload", NULL, NULL))
        must(schedule_find(day.daemon->schedule, "noon"), "the new schedule is in force");
    write_text("config/kindly.conf", "reminders = (");
    if (send_call(new_call(KINDLY_INTERFACE, "Reload")))
        wrong("a schedule with a mistake was taken");
    must(schedule_find(day.daemon->schedule, "noon"), "the schedule in force stays");
    rest();
}

static void step_reload_by_itself(void) {
    write_text("config/kindly.conf", SCHEDULE(", { name = \"evening\"; at = \"19:00\"; }"));
    rest();
    must(schedule_find(day.daemon->schedule, "evening"), "a changed file is noticed");
}

#define OTHER_DEVICE "8d5b6a1e-0000-4000-8000-000000000001"
static const char others[] =
    "{\"version\":1,\"id\":\"019caaaa-0000-7000-8000-000000000001\",\"entry\":"
    "\"019caaaa-0000-7000-8000-000000000001\",\"device\":\"" OTHER_DEVICE "\",\"kind\":"
    "\"noted\",\"time_usec\":1772300000000000,\"offset_sec\":0,\"note\":\"from elsewhere\"}\n"
    "{\"version\":1,\"id\":\"019caaaa-0000-7000-8000-000000000002\",\"entry\":"
    "\"019caaaa-0000-7000-8000-000000000002\",\"device\":\"" OTHER_DEVICE "\",\"kind\":"
    "\"noted\",\"time_usec\":1772300000000001,\"offset_sec\":0,\"note\":\"and another\"}\n";

static void step_import(void) {
    int fd = memfd_create("others", MFD_CLOEXEC);
    if (fd < 0 || write(fd, others, sizeof others - 1) < 0)
        wrong("the test itself: a file in memory");
    struct uuid id;
    if (call("Import", NULL, "h", fd)) {
        sure(uuid_parse("019caaaa-0000-7000-8000-000000000001", &id), "an id");
        remember(IMPORTED, &id, "from elsewhere");
        sure(uuid_parse("019caaaa-0000-7000-8000-000000000002", &id), "an id");
        remember(IMPORTED, &id, "and another");
    }
    close(fd);
}

/* A folder that is shared with other machines; kindly sync writes there. */
static void step_share(void) {
    char path[128], shared[128];
    journal_path_of(path);
    snprintf(shared, sizeof shared, "%s/share", day.folder);
    struct share *share;
    struct sync_folder folder;
    if (!day.reader)
        return;
    sure(share_open(path, true, &share), "sync");
    sure(sync_folder_open(shared, &folder), "sync");
    sure(sync_write_own(share, day.reader, &folder), "sync");
    sure(share_save(share), "sync");
    sync_folder_close(&folder);
    share_free(share);
}

static void forget(size_t i) {
    char id[UUID_TEXT_SIZE];
    uuid_format(&day.facts[i].id, id);
    if (call("Forget", NULL, "s", id))
        remember(FORGOTTEN, &day.facts[i].id, day.facts[i].text);
    else
        day.facts[i].may_be_gone = true;
}

/* The notes of before; one of them may be on the screen. */
static void step_forget(void) {
    size_t n = day.n_facts;
    for (size_t i = 0; i < n; i++)
        if (day.facts[i].kind == NOTED && !is_forgotten(&day.facts[i].id))
            forget(i);
    call("ForgetRange", NULL, "tt", (uint64_t)1, (uint64_t)2);
    call("ResetLearning", NULL, NULL);
}

/* What is open is erased by the choice that is offered for it. */
static void step_erase(void) {
    struct uuid id;
    call_for_id("Prompt", &id, "s", "care");
    rest();
    if (!has_prompt("a prompt is shown"))
        return;
    presenter_says("Written", "this is to be erased");
    rest();
    click("erase");
}

static void step_locked(void) {
    lock_screen(true);
    move_to(DAY_BEGINS + 12 * USEC_PER_HOUR); /* 19:59, past the evening's */
    rest();
    must(!day.on_screen, "nothing is shown while the screen is locked");
    lock_screen(false);
    wake(5 * USEC_PER_MINUTE);
    if (!has_prompt("what waited is shown after the return"))
        return;
    struct uuid id = day.shown;
    click("helpful");
    if (!keeper_find(day.daemon->keeper, &id))
        remember(ANSWERED, &id, "helpful");
}

/* All of that with nothing failing any more. */
static void step_next_day(void) {
    struct uuid id;
    if (call_for_id("Note", &id, "sb", "the day after", false))
        remember(NOTED, &id, "the day after");
    write_text("config/kindly.conf", SCHEDULE(", { name = \"tea\"; at = \"16:00\"; }"));
    rest();
    must(schedule_find(day.daemon->schedule, "tea"), "a changed file is noticed");
    move_to(DAY_BEGINS + USEC_PER_DAY);
    wake(2 * USEC_PER_MINUTE);
    if (!has_prompt("the next morning's is shown"))
        return;
    id = day.shown;
    click("helpful");
    must(!keeper_find(day.daemon->keeper, &id), "a click is taken");
    remember(ANSWERED, &id, "helpful");
    lock_screen(true);
    move_to(DAY_BEGINS + USEC_PER_DAY + 9 * USEC_PER_HOUR);
    rest();
    must(!day.on_screen, "nothing is shown while the screen is locked");
    lock_screen(false);
    wake(5 * USEC_PER_MINUTE);
    if (has_prompt("what waited is shown after the return"))
        call("Dismiss", NULL, "s", "");
    compare_properties();
}

static const struct {
    const char *name;
    void (*take)(void);
} steps[] = {
    {"notes", step_note},
    {"a prompt comes due", step_due},
    {"clicks", step_clicks},
    {"a practice", step_practice},
    {"a hard moment", step_hard},
    {"put off", step_snooze},
    {"a pause", step_pause},
    {"lists", step_lists},
    {"the presenter ends", step_presenter_ends},
    {"a new schedule", step_reload},
    {"a schedule that changes by itself", step_reload_by_itself},
    {"entries from elsewhere", step_import},
    {"a shared folder", step_share},
    {"forget", step_forget},
    {"erase", step_erase},
    {"a locked screen", step_locked},
    {"the next day", step_next_day},
};

static void live(void) {
    for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
        day.step = steps[i].name;
        day.failed_before = inject_failed();
        if (day.lasting && i + 1 == ELEMENTSOF(steps))
            inject_mend();
        steps[i].take();
        rest();
        if (inject_is_failing()) {
            inject_mend();
            rest();
        }
        release(); /* a Release that failed is asked for again */
        compare_with_disk();
    }
}

/* In the place of the loop: everything is wired, and the daemon is ready. */
int __wrap_sd_event_loop(sd_event *event);
int __wrap_sd_event_loop(sd_event *event) {
    inject_off++;
    day.event = event;
    day.stopping = false;
    connect_client();
    live();
    day.reader = journal_free(day.reader);
    day.stopping = true;
    kill(getpid(), SIGTERM);
    while (sd_event_get_state(event) != SD_EVENT_FINISHED)
        if (!serve())
            wait_for_more();
    day.step = "the end";
    day.daemon = NULL;
    presenter_ends();
    day.client = sd_bus_flush_close_unref(day.client);
    int code = 0;
    sd_event_get_exit_code(event, &code);
    inject_off--;
    return code;
}

int __real_bus_object_new(sd_bus *bus, const struct bus_host *host, void *userdata,
                          struct presence_monitor *presence, struct bus_object **ret);
int __wrap_bus_object_new(sd_bus *bus, const struct bus_host *host, void *userdata,
                          struct presence_monitor *presence, struct bus_object **ret);
int __wrap_bus_object_new(sd_bus *bus, const struct bus_host *host, void *userdata,
                          struct presence_monitor *presence, struct bus_object **ret) {
    day.daemon = userdata;
    return __real_bus_object_new(bus, host, userdata, presence, ret);
}

int __real_commit(struct daemon *daemon, const struct turn *turn);
int __wrap_commit(struct daemon *daemon, const struct turn *turn);
int __wrap_commit(struct daemon *daemon, const struct turn *turn) {
    int r = __real_commit(daemon, turn);
    day.unrecorded = r < 0;
    return r;
}

int __real_main(int argc, char **argv);

static int run_daemon(void) {
    char config[128], decks[128], journal[128];
    snprintf(config, sizeof config, "%s/config/kindly.conf", day.folder);
    snprintf(decks, sizeof decks, "%s/decks", day.folder);
    journal_path_of(journal);
    char *argv[] = {NAME("kindlyd"),
                    NAME("--config"),
                    config,
                    NAME("--decks"),
                    decks,
                    NAME("--journal"),
                    journal,
                    NAME("--presenter"),
                    NAME("/the/presenter"),
                    NULL};
    optind = 0;
    day.runs++;
    return __real_main(ELEMENTSOF(argv) - 1, argv);
}

/* The run before has ended, and the bus may not have noticed yet. */
static void wait_for_name(void) {
    int owned = true;
    sd_bus *bus;
    sure(sd_bus_open_user(&bus), "the bus");
    while (owned) {
        sd_bus_message *reply;
        sure(sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                "NameHasOwner", NULL, &reply, "s", KINDLY_BUS_NAME),
             "NameHasOwner");
        sure(sd_bus_message_read(reply, "b", &owned), "NameHasOwner");
        sd_bus_message_unref(reply);
    }
    sd_bus_flush_close_unref(bus);
}

/* One run, in a process of its own. */
static int play(const struct inject_plan *plan) {
    prepare();
    wait_for_name();
    day.presenter_fd = -1;
    inject_on_start = on_start;
    move_to(DAY_BEGINS);
    day.lasting = plan->lasting;
    inject_arm(plan);
    int r = run_daemon();
    bool touched = inject_failed();
    if (plan->nth == 0)
        fprintf(stderr, "%u calls, %u points\n", inject_calls(), inject_points());
    inject_mend();
    if (r != 0 && day.event)
        wrong("the daemon ended with %d", r);
    if (r != 0 && !touched)
        wrong("the daemon could not start (%d)", r);
    if (r != 0) {
        inject_pass_delays(); /* those of the one that ended */
        r = run_daemon();
        if (r != 0)
            wrong("the daemon could not start again (%d)", r);
    }
    inject_off++;
    check_facts();
    free(day.body);
    free(day.problem);
    free(day.next_reminder);
    return touched ? RUN_HELD : RUN_UNTOUCHED;
}

/* --- All runs ------------------------------------------------------------------------------------- */

#define HANG_SEC 60

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at) {
    (void)status, (void)kind, (void)at;
    return remove(path);
}

static void remove_folder(const char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char bus_config[] = /* of a bus where all is allowed */
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\"\n"
    " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth>\n"
    "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow "
    "eavesdrop=\"true\"/>\n"
    "<allow own=\"*\"/></policy></busconfig>\n";

/* One bus for all runs: the names are given back at the end of each. */
static pid_t start_bus(const char *folder) {
    char config[128], option[160], address[300] = "";
    snprintf(config, sizeof config, "%s/bus.conf", folder);
    FILE *file = fopen(config, "w");
    fprintf(file, bus_config, folder);
    fclose(file);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    snprintf(option, sizeof option, "--config-file=%s", config);
    char *argv[] = {NAME("dbus-daemon"), option, NAME("--nofork"), NAME("--print-address=1"), NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    pid_t pid;
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    ssize_t n = error ? 0 : read(fds[0], address, sizeof address - 1);
    close(fds[0]);
    address[strcspn(address, "\n")] = 0;
    if (n <= 0)
        return -1;
    setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1); /* nobody on it is logind */
    return pid;
}

static void set_environment(const char *folder) {
    static const char *const unset[] = {"DISPLAY", "WAYLAND_DISPLAY", "NOTIFY_SOCKET", "JOURNAL_STREAM",
                                        "LANGUAGE"};
    static const char *const homes[] = {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                        "XDG_RUNTIME_DIR"};
    for (size_t i = 0; i < ELEMENTSOF(unset); i++)
        unsetenv(unset[i]);
    for (size_t i = 0; i < ELEMENTSOF(homes); i++)
        setenv(homes[i], folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "Europe/Berlin", 1);
}

/* RUN_..., or what waitpid() said. What it printed is in `log`. */
static int run_apart(const struct inject_plan *plan, const char *log) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, STDERR_FILENO);
        alarm(HANG_SEC);
        inject_off--;
        int r = play(plan);
        inject_off++; /* what counts lines or leaks does its work at the end */
        exit(r);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void print_file(const char *path) {
    char line[1000];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        printf("    %s", line);
    if (file)
        fclose(file);
}

struct runs {
    struct inject_plan plan; /* without `nth` */
    unsigned first, last;
};

/* How many went wrong. */
static unsigned run_all(const struct runs *runs, const char *base) {
    char log[64];
    snprintf(log, sizeof log, "%s/log", base);
    unsigned n_wrong = 0, nth = runs->first;
    int r = RUN_HELD;
    for (; nth <= runs->last && r != RUN_UNTOUCHED; nth++) {
        snprintf(day.folder, sizeof day.folder, "%s/%u", base, nth);
        mkdir(day.folder, 0700);
        set_environment(day.folder);
        struct inject_plan plan = runs->plan;
        plan.nth = nth;
        r = run_apart(&plan, log);
        remove_folder(day.folder);
        if (r == RUN_HELD || (r == RUN_UNTOUCHED && nth != runs->first))
            continue;
        if (r == RUN_UNTOUCHED && nth == 0) {
            r = RUN_HELD;
            print_file(log);
            continue;
        }
        n_wrong++;
        printf("%s %u%s: ended with %d\n", inject_family_names[runs->plan.family], nth,
               runs->plan.lasting ? ", lasting" : "", r);
        print_file(log);
        fflush(stdout);
    }
    printf("%s%s: %u points, %u wrong%s\n", inject_family_names[runs->plan.family],
           runs->plan.lasting ? ", lasting" : "",
           nth - runs->first - (r == RUN_UNTOUCHED) - (runs->first == 0), n_wrong,
           r == RUN_UNTOUCHED ? "" : "; NOT TO THE END");
    return n_wrong;
}

static int read_arguments(int argc, char **argv, struct runs *ret) {
    static const struct option options[] = {{"lasting", no_argument, NULL, 'l'},
                                            {"depth", required_argument, NULL, 'd'},
                                            {"first", required_argument, NULL, 'f'},
                                            {"last", required_argument, NULL, 't'},
                                            {0}};
    *ret = (struct runs){.last = RUNS_MAX};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (c == 'l')
            ret->plan.lasting = true;
        else if (c == 'd')
            ret->plan.depth = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'f')
            ret->first = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 't')
            ret->last = (unsigned)strtoul(optarg, NULL, 10);
        else
            return -EINVAL;
    }
    if (optind + 1 != argc)
        return -EINVAL;
    while (ret->plan.family < INJECT_FAMILIES && !streq(argv[optind], inject_family_names[ret->plan.family]))
        ret->plan.family++;
    return ret->plan.family < INJECT_FAMILIES ? 0 : -EINVAL;
}

int __wrap_main(int argc, char **argv);
int __wrap_main(int argc, char **argv) {
    struct runs runs;
    if (read_arguments(argc, argv, &runs) < 0) {
        fputs("Usage: day FAMILY [--lasting] [--depth N] [--first N] [--last N]\n", stderr);
        return 2;
    }
    inject_off++;
    inject_setup();
    char base[40];
    snprintf(base, sizeof base, "%s/kindly-day-XXXXXX", access("/dev/shm", W_OK) >= 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(base))
        return 2;
    pid_t bus = start_bus(base);
    if (bus < 0) {
        fputs("day: no bus\n", stderr);
        return 2;
    }
    unsigned n_wrong = run_all(&runs, base);
    kill(bus, SIGTERM);
    waitpid(bus, NULL, 0);
    remove_folder(base);
    return n_wrong > 0;
}
