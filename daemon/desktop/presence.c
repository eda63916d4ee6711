/* Presence: one table of questions (presence-sources.c), asked all at once.
 *
 * A round asks every source of the table in parallel and ends when all have answered, or after 2 s. While
 * watched, a signal of a source, or a source that comes or goes, leads to another round: signals say that
 * something changed, never what, so that there is one way to learn a thing. Unknown holds nothing back. A
 * source's last answer stands until the next: a slow one doesn't flicker.
 *
 * Limits: lockers that tell nobody (swaylock, i3lock) can't be seen; nor can do-not-disturb of LXQt, Deepin
 * and fnott, which isn't on the bus; that of GNOME and MATE the presenter knows
 * (presence_set_presenter_held()). Of logind's sessions the one counts that it calls the user's display. */
#include "daemon/desktop/presence.h"

#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/desktop/clock.h"
#include "daemon/desktop/holds.h"
#include "daemon/desktop/presence-sources.h"

#define ROUND_LIMIT_USEC (2 * USEC_PER_SEC)
#define CALL_LIMIT_USEC  (2 * ROUND_LIMIT_USEC) /* never reached: the round ends first */
/* Locking a screen makes several sources signal at once: one round for all of them. */
#define SETTLE_USEC (100 * USEC_PER_MSEC)
/* How often a source is asked again that holds a prompt back and doesn't tell when it no longer does. */
#define SILENT_USEC (30 * USEC_PER_SEC)
/* Who waits for the end of a round. A round takes 2 s at most, and no caller asks that often in it; each is
 * about a kilobyte. */
#define ASKERS_MAX 25600

#define USER "org.freedesktop.login1.User"

static const struct source_answer absent = {.answer = ANSWER_ABSENT};

struct source {
    struct presence_monitor *monitor;
    const struct source_kind *kind;
    bool asking;
    sd_bus_slot *call;
    sd_bus_slot *matches[SOURCE_SIGNALS_MAX + 1]; /* its signals, and its owner's coming and going */
    struct source_answer last;
};

/* --- the monitor ------------------------------------------------------------------------------ */

struct asker {
    presence_asked asked;
    void *userdata;
    presence_done done;
};

struct presence_monitor {
    sd_event *event;
    sd_bus *session, *system; /* system NULL: not there, or not needed yet */
    presence_changed changed;
    void *userdata;
    uint32_t hold;
    usec_t idle_after_usec;

    struct source sources[SOURCE_COUNT];
    struct holds holds;
    bool presenter_held;

    bool asking;            /* a round is under way */
    bool again;             /* a signal came meanwhile */
    bool answered;          /* one has ended, and `askers` haven't been told */
    sd_bus_slot *lookup;    /* for the path of the session */
    sd_event_source *limit; /* ends the round */
    struct asker *askers;
    size_t n_askers, askers_capacity;

    bool watching;
    sd_event_source *settle; /* from a signal to the round */
    sd_event_source *silent; /* asks those again that don't tell */
    sd_bus_slot *return_call;
    uint32_t return_watch; /* id of AddUserActiveWatch; 0: none */

    enum presence known, told;
    bool known_locked, told_locked;
    usec_t learned_usec;
    sd_event_source *announce;
};

static sd_bus *bus_of(const struct source *source) {
    return source->kind->traits & SYSTEM_BUS ? source->monitor->system : source->monitor->session;
}

static bool source_holds(const struct source *source) {
    return source->last.answer == ANSWER_YES && (source->monitor->hold & source->kind->hold);
}

static bool any_holds(const struct presence_monitor *monitor, enum trait trait) {
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if ((source_kinds[i].traits & trait) && source_holds(&monitor->sources[i]))
            return true;
    return false;
}

/* One-shot. Can't fail once the loop has had the event source, which has been so since presence_new(). */
static void start_timer(sd_event_source *timer, usec_t in_usec) {
    (void)sd_event_source_set_time_relative(timer, in_usec);
    (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void stop_timer(sd_event_source *timer) {
    (void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
}

/* Callers are told from the loop: they may be in the middle of something now. */
static void announce(struct presence_monitor *monitor) {
    (void)sd_event_source_set_enabled(monitor->announce, SD_EVENT_ONESHOT);
}

static bool presenter_holds(const struct presence_monitor *monitor) {
    return monitor->presenter_held && (monitor->hold & HOLD_DO_NOT_DISTURB);
}

static void conclude(struct presence_monitor *monitor) {
    bool busy = monitor->holds.n > 0 || presenter_holds(monitor);
    enum presence known = busy ? PRESENCE_BUSY : PRESENCE_AVAILABLE;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (known != PRESENCE_AWAY && source_holds(&monitor->sources[i]))
            known = source_presence(monitor->sources[i].kind);
    bool locked = presence_locked(monitor);
    if (known == monitor->known && locked == monitor->known_locked)
        return;
    monitor->known = known;
    monitor->known_locked = locked;
    monitor->learned_usec = clock_realtime();
    announce(monitor);
}

static size_t list_rows(const struct presence_monitor *monitor, struct presence_source *ret) {
    size_t n = 0;
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        const struct source *source = &monitor->sources[i];
        ret[n++] = (struct presence_source){
            .name = source->kind->name,
            .state = source_state(source->kind, source->last.answer),
            .detail = source->last.detail,
            .holds = source_holds(source),
        };
    }
    if (monitor->presenter_held)
        ret[n++] = (struct presence_source){"presenter", presence_id(PRESENCE_BUSY), N_("do not disturb"),
                                            presenter_holds(monitor)};
    for (size_t i = 0; i < monitor->holds.n; i++)
        ret[n++] =
            (struct presence_source){"hold", presence_id(PRESENCE_BUSY), holds_why(&monitor->holds, i), true};
    return n;
}

static void asker_done(struct asker *asker) {
    if (asker->done)
        asker->done(asker->userdata);
}

static void tell_askers(struct presence_monitor *monitor) {
    struct presence_source rows[SOURCE_COUNT + 1 + HOLDS_MAX];
    _cleanup_free_ struct asker *askers = TAKE_PTR(monitor->askers);
    size_t n_askers = monitor->n_askers;
    monitor->n_askers = monitor->askers_capacity = 0;
    for (size_t i = 0; i < n_askers; i++) { /* each may change what is held */
        askers[i].asked(askers[i].userdata, monitor->known, rows, list_rows(monitor, rows));
        asker_done(&askers[i]);
    }
}

static int on_announce(sd_event_source *timer, void *userdata) {
    struct presence_monitor *monitor = userdata;
    (void)timer;
    if (monitor->told != monitor->known || monitor->told_locked != monitor->known_locked) {
        monitor->told = monitor->known;
        monitor->told_locked = monitor->known_locked;
        monitor->changed(monitor->userdata, monitor->told);
    }
    if (monitor->answered) {
        monitor->answered = false;
        tell_askers(monitor);
    }
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void start_round(struct presence_monitor *monitor);
static void watch_return(struct presence_monitor *monitor);

/* No question starts a service. */
static int new_call(sd_bus *bus, const char *owner, const char *path, const char *interface,
                    const char *member, sd_bus_message **ret) {
    int r = sd_bus_message_new_method_call(bus, ret, owner, path, interface, member);
    return r < 0 ? r : sd_bus_message_set_auto_start(*ret, false);
}

static void settle_source(struct source *source, struct source_answer answer) {
    source->asking = false;
    source->call = sd_bus_slot_unref(source->call);
    source->last = answer;
    conclude(source->monitor);
}

static void end_round(struct presence_monitor *monitor) {
    monitor->asking = false;
    stop_timer(monitor->limit);
    monitor->learned_usec = clock_realtime();
    monitor->answered = true;
    announce(monitor);
    watch_return(monitor);
    if (monitor->watching && any_holds(monitor, SILENT))
        start_timer(monitor->silent, SILENT_USEC);
    if (monitor->again)
        start_round(monitor);
}

static void end_round_if_done(struct presence_monitor *monitor) {
    if (!monitor->asking)
        return;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (monitor->sources[i].asking)
            return;
    end_round(monitor);
}

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
    struct presence_monitor *monitor = userdata;
    (void)timer;
    (void)usec;
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (monitor->sources[i].asking)
            settle_source(&monitor->sources[i], source_unknown(N_("no answer within 2 s")));
    end_round_if_done(monitor);
    return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct source *source = userdata;
    (void)ret_error;
    settle_source(source, source_answer_of(source->kind, reply, source->monitor->idle_after_usec));
    end_round_if_done(source->monitor);
    return 0;
}

static int send_question(struct source *source, const char *path) {
    const struct source_kind *kind = source->kind;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = new_call(bus_of(source), kind->owner, path, kind->interface, kind->member, &call);
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kind->strings) && kind->strings[i]; i++)
        r = sd_bus_message_append(call, "s", kind->strings[i]);
    if (r >= 0 && kind->number > 0)
        r = sd_bus_message_append(call, "u", kind->number);
    if (r < 0)
        return r;
    return sd_bus_call_async(bus_of(source), &source->call, call, on_reply, source, CALL_LIMIT_USEC);
}

static void ask_source(struct source *source, const char *path) {
    if (!bus_of(source)) {
        settle_source(source, absent);
        return;
    }
    int r = send_question(source, path);
    if (r < 0)
        settle_source(source, source_unknown(strerror(-r)));
}

/* --- the person's session --------------------------------------------------------------------- */

/* NULL: there is none. */
static void ask_session(struct presence_monitor *monitor, const char *path) {
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        struct source *source = &monitor->sources[i];
        if (source->kind->path)
            continue;
        if (path)
            ask_source(source, path);
        else
            settle_source(source, absent);
    }
}

/* Takes the slot of the step before. */
static int look_up(struct presence_monitor *monitor, sd_bus_message *call, sd_bus_message_handler_t handler) {
    sd_bus_slot *slot;
    int r = sd_bus_call_async(monitor->system, &slot, call, handler, monitor, CALL_LIMIT_USEC);
    if (r < 0)
        return r;
    sd_bus_slot_unref(monitor->lookup);
    monitor->lookup = slot;
    return 0;
}

/* Of a list of sessions, the first of this user on a seat. */
static const char *own_session(sd_bus_message *list) {
    const char *seat, *path;
    uint32_t uid;
    if (sd_bus_message_enter_container(list, 'a', "(susso)") < 0)
        return NULL;
    while (sd_bus_message_read(list, "(susso)", NULL, &uid, NULL, &seat, &path) > 0)
        if (uid == getuid() && *seat)
            return path;
    return NULL;
}

static int on_sessions(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct presence_monitor *monitor = userdata;
    (void)ret_error;
    ask_session(monitor, sd_bus_message_is_method_error(reply, NULL) ? NULL : own_session(reply));
    end_round_if_done(monitor);
    return 0;
}

/* A logind that names no display (lesser implementations don't) may list a session all the same. */
static int list_sessions(struct presence_monitor *monitor) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = new_call(monitor->system, LOGIND, LOGIND_PATH, MANAGER, "ListSessions", &call);
    return r < 0 ? r : look_up(monitor, call, on_sessions);
}

static int on_display(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct presence_monitor *monitor = userdata;
    const char *path = "/";
    (void)ret_error;
    if (!sd_bus_message_is_method_error(reply, NULL))
        (void)sd_bus_message_read(reply, "v", "(so)", NULL, &path);
    if (!streq(path, "/"))
        ask_session(monitor, path);
    else if (list_sessions(monitor) < 0)
        ask_session(monitor, NULL);
    end_round_if_done(monitor);
    return 0;
}

static int get_display(struct presence_monitor *monitor, const char *user_path) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = new_call(monitor->system, LOGIND, user_path, PROPERTIES, "Get", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "ss", USER, "Display");
    return r < 0 ? r : look_up(monitor, call, on_display);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct presence_monitor *monitor = userdata;
    const char *path = NULL;
    (void)ret_error;
    if (!sd_bus_message_is_method_error(reply, NULL))
        (void)sd_bus_message_read(reply, "o", &path);
    if ((path ? get_display(monitor, path) : list_sessions(monitor)) < 0)
        ask_session(monitor, NULL);
    end_round_if_done(monitor);
    return 0;
}

/* The user's session isn't that of this process, which as a user service is in none. */
static int find_session(struct presence_monitor *monitor) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    if (!monitor->system)
        return -ENOENT;
    int r = new_call(monitor->system, LOGIND, LOGIND_PATH, MANAGER, "GetUser", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "u", (uint32_t)getuid());
    return r < 0 ? r : look_up(monitor, call, on_user);
}

/* --- watching --------------------------------------------------------------------------------- */

static void schedule_round(struct presence_monitor *monitor) {
    int enabled;
    /* Not put off further by further signals: a chatty source would put it off for ever. */
    if (sd_event_source_get_enabled(monitor->settle, &enabled) >= 0 && enabled == SD_EVENT_OFF)
        start_timer(monitor->settle, SETTLE_USEC);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata) {
    struct presence_monitor *monitor = userdata;
    (void)timer;
    (void)usec;
    if (monitor->asking)
        monitor->again = true;
    else
        start_round(monitor);
    return 0;
}

/* The watch for the person's return is used up, or gone with its service. False: it was somebody else's. */
static bool take_return_signal(struct presence_monitor *monitor, sd_bus_message *message) {
    uint32_t id;
    if (sd_bus_message_is_signal(message, IDLE_MONITOR, "WatchFired") &&
        (sd_bus_message_read(message, "u", &id) < 0 || id != monitor->return_watch))
        return false;
    monitor->return_watch = 0;
    return true;
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    struct source *source = userdata;
    (void)ret_error;
    if (!(source->kind->traits & RETURN_SIGNAL) || take_return_signal(source->monitor, message))
        schedule_round(source->monitor);
    return 0;
}

/* Several sources have the same owner: the first watches it for all. */
static bool is_first_of_owner(const struct source *source) {
    for (const struct source_kind *kind = source_kinds; kind < source->kind; kind++)
        if (streq(kind->owner, source->kind->owner))
            return false;
    return true;
}

static int watch_source(struct source *source) {
    const struct source_kind *kind = source->kind;
    sd_bus *bus = bus_of(source);
    if (!bus || source->matches[0])
        return 0;
    const struct signal_kind owner_changed = {BUS_NAME, "NameOwnerChanged", kind->owner};
    size_t n = 0;
    int r = 0;
    for (size_t i = 0; r >= 0 && i < SOURCE_SIGNALS_MAX && kind->signals[i].member; i++)
        r = match_signal(bus, kind->owner, &kind->signals[i], "", on_signal, source, &source->matches[n++]);
    if (r >= 0 && is_first_of_owner(source))
        r = match_signal(bus, BUS_NAME, &owner_changed, "", on_signal, source, &source->matches[n]);
    return r < 0 ? r : 0;
}

static void unwatch_source(struct source *source) {
    for (size_t i = 0; i < ELEMENTSOF(source->matches); i++)
        source->matches[i] = sd_bus_slot_unref(source->matches[i]);
}

static int watch_all(struct presence_monitor *monitor) {
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        int r = watch_source(&monitor->sources[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int on_return_watch(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct presence_monitor *monitor = userdata;
    (void)ret_error;
    if (!sd_bus_message_is_method_error(reply, NULL))
        (void)sd_bus_message_read(reply, "u", &monitor->return_watch);
    monitor->return_call = sd_bus_slot_unref(monitor->return_call);
    return 0;
}

/* Idle, as the compositor sees it: the first key or movement is told when it was asked to tell. */
static void watch_return(struct presence_monitor *monitor) {
    if (!monitor->watching || !any_holds(monitor, RETURN_SIGNAL) || monitor->return_watch != 0 ||
        monitor->return_call)
        return;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = new_call(monitor->session, IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "AddUserActiveWatch", &call);
    if (r >= 0)
        (void)sd_bus_call_async(monitor->session, &monitor->return_call, call, on_return_watch, monitor, 0);
}

static void unwatch_return(struct presence_monitor *monitor) {
    monitor->return_call = sd_bus_slot_unref(monitor->return_call);
    if (monitor->return_watch == 0)
        return;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
    int r = new_call(monitor->session, IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "RemoveWatch", &call);
    if (r >= 0)
        r = sd_bus_message_append(call, "u", monitor->return_watch);
    if (r >= 0)
        (void)sd_bus_send(monitor->session, call, NULL);
    monitor->return_watch = 0;
}

static void stop_watching(struct presence_monitor *monitor) {
    monitor->watching = false;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        unwatch_source(&monitor->sources[i]);
    unwatch_return(monitor);
    stop_timer(monitor->settle);
    stop_timer(monitor->silent);
}

/* --- rounds ----------------------------------------------------------------------------------- */

static void close_system(struct presence_monitor *monitor) {
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        struct source *source = &monitor->sources[i];
        if (!(source->kind->traits & SYSTEM_BUS))
            continue;
        source->call = sd_bus_slot_unref(source->call);
        unwatch_source(source);
    }
    monitor->system = sd_bus_close_unref(monitor->system);
}

/* Connects without waiting: what is asked meanwhile is queued. */
static void open_system(struct presence_monitor *monitor) {
    if (monitor->system && sd_bus_is_open(monitor->system) > 0)
        return;
    close_system(monitor);
    int r = sd_bus_open_system(&monitor->system);
    if (r < 0) {
        monitor->system = NULL;
        return;
    }
    r = sd_bus_attach_event(monitor->system, monitor->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        close_system(monitor);
}

static void start_round(struct presence_monitor *monitor) {
    monitor->asking = true;
    monitor->again = false;
    start_timer(monitor->limit, ROUND_LIMIT_USEC);
    stop_timer(monitor->silent);
    open_system(monitor);
    if (monitor->watching)
        (void)watch_all(monitor); /* what was added before stays; new is only a system bus that came back */
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        monitor->sources[i].asking = true;
    if (find_session(monitor) < 0)
        ask_session(monitor, NULL);
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (source_kinds[i].path) /* the others follow with the session */
            ask_source(&monitor->sources[i], source_kinds[i].path);
    end_round_if_done(monitor);
}

int presence_ask(struct presence_monitor *monitor, presence_asked asked, void *userdata, presence_done done) {
    if (asked && monitor->n_askers == ASKERS_MAX)
        return -E2BIG;
    if (asked) {
        int r = array_reserve(&monitor->askers, &monitor->askers_capacity, monitor->n_askers + 1,
                              sizeof *monitor->askers);
        if (r < 0)
            return r;
        monitor->askers[monitor->n_askers++] = (struct asker){asked, userdata, done};
    }
    if (!monitor->asking)
        start_round(monitor);
    return 0;
}

int presence_watch(struct presence_monitor *monitor, bool on) {
    if (on == monitor->watching)
        return 0;
    if (!on) {
        stop_watching(monitor);
        return 0;
    }
    open_system(monitor);
    int r = watch_all(monitor);
    if (r < 0) {
        stop_watching(monitor);
        return r;
    }
    monitor->watching = true;
    /* Answers under way may be older than the watch. */
    if (monitor->asking)
        monitor->again = true;
    else
        start_round(monitor);
    return 0;
}

void presence_configure(struct presence_monitor *monitor, uint32_t hold, usec_t idle_after_usec) {
    monitor->hold = hold;
    monitor->idle_after_usec = idle_after_usec;
    conclude(monitor);
    if (monitor->watching)
        schedule_round(monitor);
}

void presence_set_presenter_held(struct presence_monitor *monitor, bool held) {
    monitor->presenter_held = held;
    conclude(monitor);
}

bool presence_locked(const struct presence_monitor *monitor) {
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (source_kinds[i].hold == HOLD_LOCKED && monitor->sources[i].last.answer == ANSWER_YES)
            return true;
    return false;
}

enum presence presence_now(const struct presence_monitor *monitor, usec_t *ret_learned_usec) {
    if (ret_learned_usec)
        *ret_learned_usec = monitor->learned_usec;
    return monitor->known;
}

/* --- Hold() ----------------------------------------------------------------------------------- */

static void on_holds_changed(void *userdata) {
    conclude(userdata);
}

int presence_hold(struct presence_monitor *monitor, const char *sender, const char *why, char **ret_cookie) {
    return holds_add(&monitor->holds, sender, why, ret_cookie);
}

int presence_release(struct presence_monitor *monitor, const char *cookie) {
    return holds_release(&monitor->holds, cookie);
}

/* --- all together ----------------------------------------------------------------------------- */

static int new_timer(struct presence_monitor *monitor, usec_t accuracy_usec, sd_event_time_handler_t handler,
                     sd_event_source **ret) {
    int r = sd_event_add_time(monitor->event, ret, CLOCK_MONOTONIC, USEC_INFINITY, accuracy_usec, handler,
                              monitor);
    return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int add_event_sources(struct presence_monitor *monitor) {
    int r = sd_event_add_defer(monitor->event, &monitor->announce, on_announce, monitor);
    if (r >= 0)
        r = sd_event_source_set_enabled(monitor->announce, SD_EVENT_OFF);
    if (r >= 0)
        r = new_timer(monitor, 10 * USEC_PER_MSEC, on_limit, &monitor->limit);
    if (r >= 0)
        r = new_timer(monitor, 10 * USEC_PER_MSEC, on_timer, &monitor->settle);
    if (r >= 0)
        r = new_timer(monitor, SILENT_USEC / 3, on_timer, &monitor->silent);
    return r;
}

int presence_new(sd_event *event, sd_bus *session, presence_changed changed, void *userdata,
                 struct presence_monitor **ret) {
    _cleanup_(presence_freep) struct presence_monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor)
        return -ENOMEM;
    monitor->event = sd_event_ref(event);
    monitor->session = sd_bus_ref(session);
    monitor->changed = changed;
    monitor->userdata = userdata;
    monitor->idle_after_usec = USEC_INFINITY;
    monitor->holds = (struct holds){.bus = session, .changed = on_holds_changed, .userdata = monitor};
    monitor->known = monitor->told = PRESENCE_AVAILABLE;
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        monitor->sources[i].monitor = monitor;
        monitor->sources[i].kind = &source_kinds[i];
    }
    int r = add_event_sources(monitor);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(monitor);
    return 0;
}

struct presence_monitor *presence_free(struct presence_monitor *monitor) {
    if (!monitor)
        return NULL;
    unwatch_return(monitor);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        sd_bus_slot_unref(monitor->sources[i].call);
        monitor->sources[i].call = NULL;
        unwatch_source(&monitor->sources[i]);
    }
    close_system(monitor);
    holds_done(&monitor->holds);
    sd_event_source_disable_unref(monitor->announce);
    sd_event_source_disable_unref(monitor->limit);
    sd_event_source_disable_unref(monitor->settle);
    sd_event_source_disable_unref(monitor->silent);
    for (size_t i = 0; i < monitor->n_askers; i++)
        asker_done(&monitor->askers[i]);
    free(monitor->askers);
    sd_bus_unref(monitor->session);
    sd_event_unref(monitor->event);
    free(monitor);
    return NULL;
}
