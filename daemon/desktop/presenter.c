/* One child at most. What is asked of it is kept as one pending call, so that a presenter that dies before it
 * answers is started once more with the same call, and a second death, an error or 30 s of silence is
 * reported as unshown.
 *
 * One Show is on its way at most: a newer one waits for its reply, and the newest alone is sent then.
 *
 * After a failure nothing is tried for a while, doubling from 5 s to 5 min, or until the server changes hands
 * or the presenter says that it is free again.
 *
 * What it says is kept as it came, and said again every 5 s, where it can't be taken. */
#include "daemon/desktop/presenter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "daemon/core/translate.h"

#define PRESENTER_PATH      "/org/kindlyd/Presenter1"
#define PRESENTER_INTERFACE "org.kindlyd.Presenter1"
#define NOTIFICATIONS_NAME  "org.freedesktop.Notifications"
#define DBUS_NAME           "org.freedesktop.DBus"
#define DBUS_PATH           "/org/freedesktop/DBus"

#define PATIENCE_USEC    (30 * USEC_PER_SEC)
#define PAUSE_FIRST_USEC (5 * USEC_PER_SEC)
#define PAUSE_LAST_USEC  (5 * USEC_PER_MINUTE)
#define AGAIN_USEC       (5 * USEC_PER_SEC)
/* Kept at once; half of them signals: a person does not do more on one notification than this. */
#define ANSWERS_MAX 16

/* What is to be said to the daemon. Kept without memory of its own. */
struct answer {
    enum { ANSWER_SHOWED, ANSWER_UNSHOWN, ANSWER_SIGNAL } kind;
    struct uuid id;      /* of a Show */
    sd_bus_message *m;   /* its reply, or the signal; owned */
    const char *problem; /* ANSWER_UNSHOWN; static */
    int error;           /* ANSWER_UNSHOWN: why it could not be started; 0: not that */
};

struct presenter {
    sd_event *event;
    sd_bus *session;
    const char *mode, *desktop_program, *terminal_program;
    const struct presenter_events *events;
    void *userdata;

    sd_bus_slot *owner_match;
    bool server_owned, server_activatable;

    pid_t pid;           /* 0: none runs */
    const char *running; /* its program */
    sd_bus *link;

    sd_bus_message *pending; /* the Show that is wanted and not answered yet */
    struct uuid pending_id;
    bool retried;
    sd_bus_slot *on_its_way; /* a Show that was sent */
    bool superseded;         /* it isn't `pending` any more */

    bool held;              /* the presenter said Held: until Free */
    usec_t pause_usec;      /* of the last failure; 0: it went well */
    bool paused;            /* nothing is to be tried */
    sd_event_source *pause; /* armed meanwhile */

    struct answer answers[ANSWERS_MAX]; /* could not be taken yet */
    size_t n_answers;
    sd_event_source *again; /* armed while there are any */
};

static inline void bus_message_unrefp(sd_bus_message **m) {
    sd_bus_message_unref(*m);
}

/* --- What there is to show it on -------------------------------------------------------------- */

/* An activated server needs a display to draw on: ours, or that of the person's graphical session. */
static bool graphical_session(void) {
    if (getenv("WAYLAND_DISPLAY") || getenv("DISPLAY"))
        return true;
    _cleanup_free_ char *session = NULL, *type = NULL;
    if (sd_uid_get_display(getuid(), &session) < 0 || sd_session_get_type(session, &type) < 0)
        return false;
    return streq(type, "x11") || streq(type, "wayland") || streq(type, "mir");
}

static bool server_there(const struct presenter *presenter) {
    return presenter->server_owned || (presenter->server_activatable && graphical_session());
}

/* NULL: nothing to show it on. */
static const char *wanted_program(const struct presenter *presenter) {
    if (streq(presenter->mode, "desktop"))
        return server_there(presenter) ? presenter->desktop_program : NULL;
    if (streq(presenter->mode, "terminal"))
        return presenter->terminal_program;
    if (!streq(presenter->mode, "auto"))
        return presenter->mode;
    if (server_there(presenter))
        return presenter->desktop_program;
    return isatty(STDIN_FILENO) ? presenter->terminal_program : NULL;
}

bool presenter_held(const struct presenter *presenter) {
    return presenter->held;
}

bool presenter_ready(struct presenter *presenter) {
    return !presenter->held && !presenter->paused && wanted_program(presenter);
}

/* One-shot. Can't fail once the loop has had the timer, which has been so since presenter_new(). */
static void start_timer(sd_event_source *timer, usec_t in_usec) {
    (void)sd_event_source_set_time_relative(timer, in_usec);
    (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void end_pause(struct presenter *presenter) {
    presenter->paused = false;
    (void)sd_event_source_set_enabled(presenter->pause, SD_EVENT_OFF);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct presenter *presenter = userdata;
    const char *name, *was, *is;
    if (sd_bus_message_read(m, "sss", &name, &was, &is) < 0)
        return 0;
    presenter->server_owned = *is != 0;
    if (presenter->server_owned) {
        end_pause(presenter);
        presenter->pause_usec = 0;
    }
    presenter->events->readiness(presenter->userdata);
    return 0;
}

static int read_owned(sd_bus_message *m, bool *ret) {
    int owned;
    int r = sd_bus_message_read(m, "b", &owned);
    if (r >= 0)
        *ret = owned;
    return r < 0 ? r : 0;
}

static int read_activatable(sd_bus_message *m, bool *ret) {
    const char *name;
    bool found = false;
    int r = sd_bus_message_enter_container(m, 'a', "s");
    while (r >= 0 && (r = sd_bus_message_read(m, "s", &name)) > 0)
        found |= streq(name, NOTIFICATIONS_NAME);
    if (r >= 0)
        *ret = found;
    return r < 0 ? r : 0;
}

/* Follows the server's name; a change of hands is the only thing that wakes us. The bus itself is asked, and
 * waited for: the very first call, which may have started us, already wants to be shown. */
static int watch_server(struct presenter *presenter) {
    _cleanup_(bus_message_unrefp) sd_bus_message *owned = NULL, *names = NULL;
    int r = sd_bus_add_match(presenter->session, &presenter->owner_match,
                             "type='signal',sender='" DBUS_NAME "',path='" DBUS_PATH "',interface='" DBUS_NAME
                             "',member='NameOwnerChanged',arg0='" NOTIFICATIONS_NAME "'",
                             on_owner_changed, presenter);
    if (r >= 0)
        r = sd_bus_call_method(presenter->session, DBUS_NAME, DBUS_PATH, DBUS_NAME, "NameHasOwner", NULL,
                               &owned, "s", NOTIFICATIONS_NAME);
    if (r >= 0)
        r = read_owned(owned, &presenter->server_owned);
    if (r >= 0)
        r = sd_bus_call_method(presenter->session, DBUS_NAME, DBUS_PATH, DBUS_NAME, "ListActivatableNames",
                               NULL, &names, NULL);
    return r < 0 ? r : read_activatable(names, &presenter->server_activatable);
}

/* --- The process ------------------------------------------------------------------------------ */

static int start(struct presenter *presenter, const char *program);

static void stop(struct presenter *presenter) {
    presenter->on_its_way = sd_bus_slot_unref(presenter->on_its_way);
    presenter->link = sd_bus_close_unref(presenter->link);
    presenter->pid = 0;
    presenter->running = NULL;
    presenter->held = false;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source, (void)usec;
    struct presenter *presenter = userdata;
    presenter->paused = false;
    presenter->events->readiness(presenter->userdata);
    return 0;
}

/* Nothing is tried for a while. */
static void begin_pause(struct presenter *presenter) {
    presenter->pause_usec =
        presenter->pause_usec == 0 ? PAUSE_FIRST_USEC : MIN_OF(presenter->pause_usec * 2, PAUSE_LAST_USEC);
    presenter->paused = true;
    start_timer(presenter->pause, presenter->pause_usec);
}

/* --- What is said to the daemon ---------------------------------------------------------------- */

struct reply {
    const char *bus_id, *owner; /* borrowed from the message */
    uint32_t server_id;
};

/* It is kept as long as the prompt is open. */
static int read_reply(sd_bus_message *m, struct reply *ret) {
    struct reply reply;
    int r = sd_bus_message_read(m, "ssu", &reply.bus_id, &reply.owner, &reply.server_id);
    if (r < 0)
        return r;
    if (strlen(reply.bus_id) > PRESENTER_NAME_MAX || strlen(reply.owner) > PRESENTER_NAME_MAX)
        return -EBADMSG;
    *ret = reply;
    return 0;
}

static int tell_showed(struct presenter *presenter, const struct answer *answer) {
    struct reply reply;
    int r = sd_bus_message_rewind(answer->m, 1);
    if (r >= 0)
        r = read_reply(answer->m, &reply);
    return r < 0 ? r
                 : presenter->events->showed(presenter->userdata, &answer->id, reply.bus_id, reply.owner,
                                             reply.server_id);
}

/* A signal that isn't what it should be is passed over. */
static int tell_signal(struct presenter *presenter, sd_bus_message *m) {
    const char *member = sd_bus_message_get_member(m), *id_text, *detail;
    struct uuid id;
    if (streq(member, "Named"))
        return presenter->events->named(presenter->userdata);
    int r = sd_bus_message_rewind(m, 1);
    if (r >= 0)
        r = sd_bus_message_read(m, "ss", &id_text, &detail);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || uuid_parse(id_text, &id) < 0)
        return 0;
    if (streq(member, "Chosen"))
        return presenter->events->chosen(presenter->userdata, &id, detail);
    if (streq(member, "Written"))
        return presenter->events->written(presenter->userdata, &id, detail);
    if (streq(member, "Closed"))
        return presenter->events->closed(presenter->userdata, &id, streq(detail, "dismissed"));
    return 0;
}

static int tell(struct presenter *presenter, const struct answer *answer) {
    switch (answer->kind) {
    case ANSWER_SHOWED:
        return tell_showed(presenter, answer);
    case ANSWER_UNSHOWN:
        return presenter->events->unshown(presenter->userdata, &answer->id, answer->problem, answer->error);
    default:
        return tell_signal(presenter, answer->m);
    }
}

/* What becomes of a Show always finds room, or the prompt would count as being shown for ever. */
static void keep_answer(struct presenter *presenter, struct answer answer, usec_t again_usec) {
    if (presenter->n_answers >= (answer.kind == ANSWER_SIGNAL ? ANSWERS_MAX / 2 : ANSWERS_MAX)) {
        sd_bus_message_unref(answer.m);
        return;
    }
    presenter->answers[presenter->n_answers++] = answer;
    start_timer(presenter->again, again_usec);
}

/* Takes `m`. In the order in which it came. */
static void give_answer(struct presenter *presenter, struct answer answer) {
    if (presenter->n_answers > 0 || tell(presenter, &answer) < 0)
        keep_answer(presenter, answer, AGAIN_USEC);
    else
        sd_bus_message_unref(answer.m);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source, (void)usec;
    struct presenter *presenter = userdata;
    for (size_t n = presenter->n_answers; n > 0; n--) { /* what is added meanwhile has its own time */
        if (tell(presenter, &presenter->answers[0]) < 0) {
            start_timer(presenter->again, AGAIN_USEC);
            return 0;
        }
        sd_bus_message_unref(presenter->answers[0].m);
        presenter->n_answers--;
        memmove(&presenter->answers[0], &presenter->answers[1],
                presenter->n_answers * sizeof presenter->answers[0]);
    }
    return 0;
}

static void report_unshown(struct presenter *presenter, const char *problem) {
    if (!presenter->pending)
        return;
    struct uuid id = presenter->pending_id;
    presenter->pending = sd_bus_message_unref(presenter->pending);
    give_answer(presenter, (struct answer){.kind = ANSWER_UNSHOWN, .id = id, .problem = problem});
}

static int send_pending(struct presenter *presenter);

/* The reply was to a Show that is no longer wanted: now for the one that is. */
static void go_on(struct presenter *presenter) {
    if (presenter->pending && send_pending(presenter) < 0) {
        begin_pause(presenter);
        report_unshown(presenter, NULL);
    }
}

/* Without a server there is nothing to tell: it comes, or doesn't. */
static const char *problem_of(struct presenter *presenter, const sd_bus_error *failure) {
    if (!failure || !sd_bus_error_has_name(failure, PRESENTER_INTERFACE ".Error.Unavailable"))
        return N_("The notification could not be shown; the prompt waits");
    bool is_desktop = streq(presenter->running, presenter->desktop_program);
    return is_desktop && presenter->server_owned ? N_("The notification server refused it; the prompt waits")
                                                 : NULL;
}

/* 1 throughout: after 0, sd-bus would go on to use the link, and abort if it was closed in here. */
static int on_show_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct presenter *presenter = userdata;
    const sd_bus_error *failure = sd_bus_message_get_error(m);
    if (failure && !sd_bus_is_open(presenter->link))
        return 0; /* it ended: on_disconnected() follows */
    presenter->on_its_way = sd_bus_slot_unref(presenter->on_its_way);
    bool hangs = failure && sd_bus_error_has_name(failure, SD_BUS_ERROR_NO_REPLY);
    if (hangs) {
        if (presenter->pid > 0)
            kill(presenter->pid, SIGKILL);
        stop(presenter);
    }
    if (hangs || (failure && sd_bus_error_has_name(failure, SD_BUS_ERROR_TIMEOUT))) {
        begin_pause(presenter);
        report_unshown(presenter, N_("The notification server does not answer; the prompt waits"));
        return 1;
    }
    if (presenter->superseded) {
        go_on(presenter);
        return 1;
    }
    if (failure && sd_bus_error_has_name(failure, PRESENTER_INTERFACE ".Error.Held")) {
        presenter->held = true;
        report_unshown(presenter, NULL);
        return 1;
    }
    struct reply reply;
    if (failure || read_reply(m, &reply) < 0) {
        begin_pause(presenter);
        report_unshown(presenter, problem_of(presenter, failure));
        return 1;
    }
    presenter->pause_usec = 0;
    struct uuid id = presenter->pending_id;
    presenter->pending = sd_bus_message_unref(presenter->pending);
    give_answer(presenter, (struct answer){.kind = ANSWER_SHOWED, .id = id, .m = sd_bus_message_ref(m)});
    return 1;
}

static int send_pending(struct presenter *presenter) {
    presenter->superseded = presenter->on_its_way;
    if (presenter->superseded)
        return 0;
    _cleanup_(bus_message_unrefp) sd_bus_message *m = NULL;
    int r = sd_bus_message_new_method_call(presenter->link, &m, NULL, PRESENTER_PATH, PRESENTER_INTERFACE,
                                           "Show");
    if (r >= 0)
        r = sd_bus_message_rewind(presenter->pending, 1);
    if (r >= 0)
        r = sd_bus_message_copy(m, presenter->pending, 1);
    if (r >= 0)
        r = sd_bus_call_async(presenter->link, &presenter->on_its_way, m, on_show_reply, presenter,
                              PATIENCE_USEC);
    return r;
}

/* The presenter's end of the socket is gone: it has ended, in peace or not. */
static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)m, (void)error;
    struct presenter *presenter = userdata;
    bool was_held = presenter->held;
    stop(presenter);
    if (!presenter->pending) {
        if (was_held) /* nobody else would tell that it is free again */
            presenter->events->readiness(presenter->userdata);
        presenter->events->ended(presenter->userdata);
        return 0;
    }
    const char *program = wanted_program(presenter);
    if (!presenter->retried && program) {
        presenter->retried = true;
        if (start(presenter, program) >= 0 && send_pending(presenter) >= 0)
            return 0;
        stop(presenter); /* no other could be started, or it has ended as well */
    }
    begin_pause(presenter);
    report_unshown(presenter,
                   N_("The program that shows notifications ended unexpectedly; the prompt waits"));
    return 0;
}

/* It may have been left to itself before, and another runs: being waited for is all that is due to it then.
 */
static int on_exited(sd_event_source *source, const siginfo_t *info, void *userdata) {
    struct presenter *presenter = userdata;
    if (info->si_pid == presenter->pid)
        presenter->pid = 0;
    sd_event_source_set_floating(source, false); /* the loop lets go of it */
    return 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct presenter *presenter = userdata;
    if (!sd_bus_message_is_signal(m, PRESENTER_INTERFACE, NULL))
        return 0;
    if (streq(sd_bus_message_get_member(m), "Free")) {
        presenter->held = false;
        presenter->events->readiness(presenter->userdata);
    } else
        give_answer(presenter, (struct answer){.kind = ANSWER_SIGNAL, .m = sd_bus_message_ref(m)});
    return 1;
}

static void run(const char *program, int fd) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (fd == 3)
        fcntl(fd, F_SETFD, 0);
    else if (dup2(fd, 3) < 0)
        _exit(126);
    execl(program, program, (char *)NULL);
    _exit(127);
}

static int open_link(struct presenter *presenter, int fd) {
    sd_id128_t server_id;
    int r = sd_id128_randomize(&server_id);
    if (r >= 0)
        r = sd_bus_new(&presenter->link);
    if (r >= 0)
        r = sd_bus_set_fd(presenter->link, fd, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    r = sd_bus_set_server(presenter->link, 1, server_id);
    if (r >= 0)
        r = sd_bus_set_anonymous(presenter->link, 1);
    if (r >= 0)
        r = sd_bus_add_filter(presenter->link, NULL, on_signal, presenter);
    if (r >= 0)
        r = sd_bus_match_signal(presenter->link, NULL, NULL, "/org/freedesktop/DBus/Local",
                                "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, presenter);
    if (r >= 0)
        r = sd_bus_start(presenter->link);
    if (r >= 0)
        r = sd_bus_attach_event(presenter->link, presenter->event, SD_EVENT_PRIORITY_NORMAL);
    return r;
}

static int start(struct presenter *presenter, const char *program) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        run(program, fds[1]);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return -errno;
    }
    presenter->pid = pid;
    presenter->running = program;
    int r = sd_event_add_child(presenter->event, NULL, pid, WEXITED, on_exited, presenter);
    if (r < 0) {
        close(fds[0]);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0); /* at once: nobody else would */
    } else
        r = open_link(presenter, fds[0]);
    if (r < 0)
        stop(presenter);
    return r;
}

/* --- What is asked of it ---------------------------------------------------------------------- */

static int append_hints(sd_bus_message *m, const struct showing *showing) {
    const struct {
        const char *key;
        bool value;
    } flags[] = {
        {"step", showing->in_place}, {"private", showing->concealed}, {"write", showing->write},
        {"sound", showing->sound},   {"force", showing->force},
    };
    int r = sd_bus_message_open_container(m, 'a', "{sv}");
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(flags); i++)
        if (flags[i].value)
            r = sd_bus_message_append(m, "{sv}", flags[i].key, "b", 1);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "show_for", "t", showing->show_for_usec);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "named", "u", showing->commands_named);
    if (r >= 0 && showing->bus_id && showing->owner)
        r = sd_bus_message_append(m, "{sv}", "replaces", "(ssu)", showing->bus_id, showing->owner,
                                  showing->server_id);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The arguments of Show, kept apart from any link: a message of its own that is copied into each attempt. */
static int write_show(struct presenter *presenter, const struct showing *showing, sd_bus_message **ret) {
    _cleanup_(bus_message_unrefp) sd_bus_message *m = NULL;
    char id[UUID_TEXT_SIZE];
    uuid_format(&showing->id, id);
    int r = sd_bus_message_new_method_call(presenter->session, &m, NULL, PRESENTER_PATH, PRESENTER_INTERFACE,
                                           "Show");
    if (r >= 0)
        r = sd_bus_message_append(m, "sss", id, showing->title, showing->body);
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'a', "(ss)");
    for (size_t i = 0; r >= 0 && i < showing->n_choices; i++)
        r = sd_bus_message_append(m, "(ss)", showing->choices[i].id, showing->choices[i].label);
    if (r >= 0)
        r = sd_bus_message_close_container(m);
    if (r >= 0)
        r = append_hints(m, showing);
    if (r >= 0)
        r = sd_bus_message_seal(m, 1, 0);
    if (r >= 0)
        *ret = TAKE_PTR(m);
    return r;
}

static int try_to_show(struct presenter *presenter, const struct showing *showing) {
    const char *program = wanted_program(presenter);
    if (!program)
        return -ENXIO;
    sd_bus_message *m;
    int r = write_show(presenter, showing, &m);
    if (r < 0) {
        begin_pause(presenter);
        return r;
    }
    sd_bus_message_unref(presenter->pending);
    presenter->pending = m;
    presenter->pending_id = showing->id;
    presenter->retried = false;
    if (presenter->link && !streq(presenter->running, program))
        stop(presenter);
    if (presenter->link && send_pending(presenter) < 0)
        stop(presenter); /* it has ended, and that had not been noticed */
    if (!presenter->link) {
        r = start(presenter, program);
        if (r >= 0)
            r = send_pending(presenter);
    }
    if (r < 0) {
        presenter->pending = sd_bus_message_unref(presenter->pending);
        begin_pause(presenter);
    }
    return r;
}

void presenter_show(struct presenter *presenter, const struct showing *showing) {
    int r = try_to_show(presenter, showing);
    if (r == -ENXIO) /* nothing to show it on is no problem, and known at once */
        give_answer(presenter, (struct answer){.kind = ANSWER_UNSHOWN, .id = showing->id});
    else if (r < 0)
        keep_answer(presenter, (struct answer){.kind = ANSWER_UNSHOWN, .id = showing->id, .error = r}, 0);
}

void presenter_withdraw(struct presenter *presenter, const struct uuid *id) {
    if (presenter->pending && uuid_equal(&presenter->pending_id, id)) {
        presenter->pending = sd_bus_message_unref(presenter->pending);
        presenter->superseded = true;
    }
    if (!presenter->link)
        return;
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    int r = sd_bus_call_method_async(presenter->link, NULL, NULL, PRESENTER_PATH, PRESENTER_INTERFACE,
                                     "Withdraw", NULL, NULL, "s", text);
    /* It can't be told; but it takes all off the screen when the link ends. */
    if (r < 0 && !presenter->pending && !presenter->on_its_way && !presenter->held)
        stop(presenter);
}

static int new_timer(struct presenter *presenter, sd_event_time_handler_t handler, sd_event_source **ret) {
    int r = sd_event_add_time(presenter->event, ret, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_SEC, handler,
                              presenter);
    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int presenter_new(sd_event *event, sd_bus *session, const char *mode, const char *desktop_program,
                  const char *terminal_program, const struct presenter_events *events, void *userdata,
                  struct presenter **ret) {
    _cleanup_(presenter_freep) struct presenter *presenter = calloc(1, sizeof *presenter);
    if (!presenter)
        return -ENOMEM;
    presenter->event = sd_event_ref(event);
    presenter->session = sd_bus_ref(session);
    presenter->mode = mode;
    presenter->desktop_program = desktop_program;
    presenter->terminal_program = terminal_program;
    presenter->events = events;
    presenter->userdata = userdata;
    int r = new_timer(presenter, on_pause_over, &presenter->pause);
    if (r >= 0)
        r = new_timer(presenter, on_again, &presenter->again);
    if (r >= 0)
        r = watch_server(presenter);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(presenter);
    return 0;
}

struct presenter *presenter_free(struct presenter *presenter) {
    if (!presenter)
        return NULL;
    stop(presenter);
    sd_bus_message_unref(presenter->pending);
    sd_event_source_disable_unref(presenter->pause);
    sd_event_source_disable_unref(presenter->again);
    for (size_t i = 0; i < presenter->n_answers; i++)
        sd_bus_message_unref(presenter->answers[i].m);
    sd_bus_slot_unref(presenter->owner_match);
    sd_bus_unref(presenter->session);
    sd_event_unref(presenter->event);
    free(presenter);
    return NULL;
}
