/* Presence: one table of questions, asked all at once.
 *
 * A round asks every source of the table in parallel and ends when all have answered, or after 2 s. While
 * watched, a signal of a source, or a source that comes or goes, leads to another round: signals say that
 * something changed, never what, so that there is one way to learn a thing. Whatever is no clear answer is
 * unknown, and unknown holds nothing back. A source's last answer stands until the next: a slow one doesn't
 * flicker.
 *
 * Limits: lockers that tell nobody (swaylock, i3lock) can't be seen; nor can do-not-disturb of LXQt, Deepin
 * and fnott, which isn't on the bus; that of GNOME and MATE the presenter knows
 * (presence_set_presenter_held()). Of logind's sessions the one counts that it calls the user's display. */
#include "daemon/desktop/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/core/schedule.h"
#include "daemon/core/translate.h"
#include "daemon/desktop/clock.h"

#define ROUND_LIMIT_USEC (2 * USEC_PER_SEC)
#define CALL_LIMIT_USEC  (2 * ROUND_LIMIT_USEC) /* never reached: the round ends first */
/* Locking a screen makes several sources signal at once: one round for all of them. */
#define SETTLE_USEC (100 * USEC_PER_MSEC)
/* How often a source is asked again that holds a prompt back and doesn't tell when it no longer does. */
#define SILENT_USEC (30 * USEC_PER_SEC)
/* Holds at once: of all, and of one caller, so that one that has forgotten to release leaves room for others.
 */
#define HOLDS_MAX        64
#define HOLDS_OF_ONE_MAX 16
/* Who waits for the end of a round. A round takes 2 s at most, and no caller asks that often in it; each is
 * about a kilobyte. */
#define ASKERS_MAX  25600
#define SIGNALS_MAX 3

#define BUS_NAME      "org.freedesktop.DBus"
#define BUS_PATH      "/org/freedesktop/DBus"
#define PROPERTIES    "org.freedesktop.DBus.Properties"
#define LOGIND        "org.freedesktop.login1"
#define LOGIND_PATH   "/org/freedesktop/login1"
#define MANAGER       "org.freedesktop.login1.Manager"
#define SESSION       "org.freedesktop.login1.Session"
#define USER          "org.freedesktop.login1.User"
#define IDLE_MONITOR  "org.gnome.Mutter.IdleMonitor"
#define IDLE_PATH     "/org/gnome/Mutter/IdleMonitor/Core"
#define NOTIFICATIONS "org.freedesktop.Notifications"
#define NOTIFY_PATH   "/org/freedesktop/Notifications"
#define DUNST         "org.dunstproject.cmd0"
#define MAKO          "fr.emersion.Mako"
#define SWAYNC        "org.erikreider.swaync.cc"
#define XFCONF        "org.xfce.Xfconf"
#define POWER         "org.freedesktop.PowerManagement"
#define POWER_INHIBIT "org.freedesktop.PowerManagement.Inhibit"
#define SESSIONS      "org.gnome.SessionManager"

#define KEEPS_SCREEN_ON N_("a program keeps the screen on")

enum answer {
    ANSWER_UNKNOWN,
    ANSWER_ABSENT,
    ANSWER_NO,
    ANSWER_YES,
};

struct source;

/* Reads a reply: 1 yes, 0 no; negative: it isn't what was to be expected. */
typedef int (*read_reply)(struct source *source, sd_bus_message *reply);

enum trait {
    SYSTEM_BUS = 1 << 0,    /* it is there, not on the session's bus */
    RETURN_SIGNAL = 1 << 1, /* tells the return only when asked to (AddUserActiveWatch), and then once */
    SILENT = 1 << 2,        /* doesn't, or not in all its versions, tell that it changed */
};

struct signal_kind {
    const char *interface, *member;
    const char *first; /* the first argument must be this; NULL: any */
};

/* A row of the table: a question, what a yes means, and the signals that say that the answer may be another.
 */
struct source_kind {
    const char *name;
    const char *owner, *path; /* path NULL: logind's object of the person's session */
    const char *interface, *member, *strings[2];
    uint32_t number; /* the argument when there are no strings; 0: none */
    read_reply read;
    enum hold hold;
    const char *says; /* of a yes; NULL: `read` fills in the detail */
    struct signal_kind signals[SIGNALS_MAX];
    unsigned traits; /* enum trait */
};

struct source {
    struct presence_monitor *monitor;
    const struct source_kind *kind;
    bool asking;
    sd_bus_slot *call;
    sd_bus_slot *matches[SIGNALS_MAX + 1]; /* its signals, and its owner's coming and going */
    enum answer answer;
    char detail[96];
};

/* --- reading replies -------------------------------------------------------------------------- */

static int read_flag(struct source *source, sd_bus_message *reply) {
    int flag;
    (void)source;
    int r = sd_bus_message_read(reply, "b", &flag);
    return r < 0 ? r : flag;
}

static int read_property(struct source *source, sd_bus_message *reply) {
    int flag;
    (void)source;
    int r = sd_bus_message_read(reply, "v", "b", &flag);
    return r < 0 ? r : flag;
}

static int read_not_property(struct source *source, sd_bus_message *reply) {
    int r = read_property(source, reply);
    return r < 0 ? r : !r;
}

/* logind's list of what is inhibited: "shutdown:idle". */
static int read_idle_inhibited(struct source *source, sd_bus_message *reply) {
    const char *list;
    (void)source;
    int r = sd_bus_message_read(reply, "v", "s", &list);
    if (r < 0)
        return r;
    for (size_t length; *list; list += length + (list[length] == ':')) {
        length = strcspn(list, ":");
        if (length == strlen("idle") && strncmp(list, "idle", length) == 0)
            return 1;
    }
    return 0;
}

static int read_modes(struct source *source, sd_bus_message *reply) {
    const char *mode;
    (void)source;
    int r = sd_bus_message_enter_container(reply, 'a', "s");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_read(reply, "s", &mode)) > 0)
        if (streq(mode, "do-not-disturb"))
            return 1;
    return r;
}

/* Whether that is long enough; USEC_INFINITY: nobody knows since when. */
static int judge_idle(struct source *source, usec_t idle_usec);

static int read_idle_time(struct source *source, sd_bus_message *reply) {
    uint64_t idle_msec;
    int r = sd_bus_message_read(reply, "t", &idle_msec);
    if (r < 0)
        return r;
    return judge_idle(source, MIN_OF(idle_msec, USEC_INFINITY / USEC_PER_MSEC) * USEC_PER_MSEC);
}

/* Of all the properties of a session, whether and since when it is idle. */
static int read_idle_hint(struct source *source, sd_bus_message *reply) {
    const char *name;
    uint64_t since_usec = 0;
    int idle = -ENODATA;
    int r = sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
        r = sd_bus_message_read(reply, "s", &name);
        if (r < 0)
            return r;
        if (streq(name, "IdleHint"))
            r = sd_bus_message_read(reply, "v", "b", &idle);
        else if (streq(name, "IdleSinceHint"))
            r = sd_bus_message_read(reply, "v", "t", &since_usec);
        else
            r = sd_bus_message_skip(reply, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(reply);
    }
    if (r < 0)
        return r;
    if (idle <= 0)
        return idle;
    return judge_idle(source, since_usec == 0 ? USEC_INFINITY : usec_sub(clock_realtime(), since_usec));
}

/* --- the table -------------------------------------------------------------------------------- */

#define GET_PROPERTY PROPERTIES, "Get"
#define CHANGED(of)                                                                                          \
    { PROPERTIES, "PropertiesChanged", (of) }

/* A screen saver counts as a lock: nobody can read what is under it. */
#define SCREENSAVER(name, owner, path)                                                                       \
    {                                                                                                        \
        name, owner, path, owner, "GetActive", {NULL}, 0, read_flag, HOLD_LOCKED, N_("locked"),              \
            {{owner, "ActiveChanged", NULL}}, 0                                                              \
    }

/* clang-format off */
static const struct source_kind source_kinds[] = {
    /* name, owner, path; the question; how it is read, what a yes holds by and says; signals; traits */
    {"logind-lock", LOGIND, NULL, GET_PROPERTY, {SESSION, "LockedHint"}, 0,
     read_property, HOLD_LOCKED, N_("locked"), {CHANGED(SESSION)}, SYSTEM_BUS},
    {"logind-active", LOGIND, NULL, GET_PROPERTY, {SESSION, "Active"}, 0,
     read_not_property, HOLD_LOCKED, N_("another session is in front"),
     {{MANAGER, "SessionNew", NULL}, {MANAGER, "SessionRemoved", NULL}}, SYSTEM_BUS},
    {"logind-idle", LOGIND, NULL, PROPERTIES, "GetAll", {SESSION}, 0,
     read_idle_hint, HOLD_IDLE, NULL, {CHANGED(SESSION)}, SYSTEM_BUS},
    {"logind-inhibited", LOGIND, LOGIND_PATH, GET_PROPERTY, {MANAGER, "BlockInhibited"}, 0,
     read_idle_inhibited, HOLD_PRESENTING, KEEPS_SCREEN_ON, {CHANGED(MANAGER)}, SYSTEM_BUS},

    SCREENSAVER("screensaver", "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    SCREENSAVER("gnome-screensaver", "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    SCREENSAVER("mate-screensaver", "org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    SCREENSAVER("cinnamon-screensaver", "org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    SCREENSAVER("xfce-screensaver", "org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
    {"gnome-idle", IDLE_MONITOR, IDLE_PATH, IDLE_MONITOR, "GetIdletime", {NULL}, 0,
     read_idle_time, HOLD_IDLE, NULL, {{IDLE_MONITOR, "WatchFired", NULL}}, RETURN_SIGNAL},

    {"kde-do-not-disturb", NOTIFICATIONS, NOTIFY_PATH, GET_PROPERTY, {NOTIFICATIONS, "Inhibited"}, 0,
     read_property, HOLD_DO_NOT_DISTURB, N_("do not disturb"), {CHANGED(NOTIFICATIONS)}, 0},
    {"dunst-do-not-disturb", NOTIFICATIONS, NOTIFY_PATH, GET_PROPERTY, {DUNST, "paused"}, 0,
     read_property, HOLD_DO_NOT_DISTURB, N_("paused"), {CHANGED(DUNST)}, 0},
    {"mako-do-not-disturb", NOTIFICATIONS, "/fr/emersion/Mako", MAKO, "ListModes", {NULL}, 0,
     read_modes, HOLD_DO_NOT_DISTURB, N_("do not disturb"), {CHANGED(MAKO)}, SILENT},
    {"swaync-do-not-disturb", SWAYNC, "/org/erikreider/swaync/cc", SWAYNC, "GetDnd", {NULL}, 0,
     read_flag, HOLD_DO_NOT_DISTURB, N_("do not disturb"),
     {{SWAYNC, "SubscribeV2", NULL}, {SWAYNC, "Subscribe", NULL}}, 0},
    {"xfce-do-not-disturb", XFCONF, "/org/xfce/Xfconf", XFCONF, "GetProperty",
     {"xfce4-notifyd", "/do-not-disturb"}, 0, read_property, HOLD_DO_NOT_DISTURB, N_("do not disturb"),
     {{XFCONF, "PropertyChanged", "xfce4-notifyd"}, {XFCONF, "PropertyRemoved", "xfce4-notifyd"}}, 0},

    {"session-inhibited", SESSIONS, "/org/gnome/SessionManager", SESSIONS, "IsInhibited", {NULL},
     8 /* going idle */, read_flag, HOLD_PRESENTING, KEEPS_SCREEN_ON,
     {{SESSIONS, "InhibitorAdded", NULL}, {SESSIONS, "InhibitorRemoved", NULL}}, 0},
    {"power-inhibited", POWER, "/org/freedesktop/PowerManagement/Inhibit", POWER_INHIBIT, "HasInhibit",
     {NULL}, 0, read_flag, HOLD_PRESENTING, KEEPS_SCREEN_ON,
     {{POWER_INHIBIT, "HasInhibitChanged", NULL}}, 0},
};
/* clang-format on */

/* Errors that mean: nothing of the kind is there. */
static const char *const absent_errors[] = {
    SD_BUS_ERROR_SERVICE_UNKNOWN,    SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_UNKNOWN_OBJECT,
    SD_BUS_ERROR_UNKNOWN_METHOD,     SD_BUS_ERROR_UNKNOWN_INTERFACE, SD_BUS_ERROR_UNKNOWN_PROPERTY,
    SD_BUS_ERROR_INVALID_ARGS, /* GDBus: no such property */
    XFCONF ".Error.ChannelNotFound",
};
/* ... and: it was never set, so it is off. */
#define ERROR_NOT_SET XFCONF ".Error.PropertyNotFound"

static const char *const answer_states[] = {
    [ANSWER_UNKNOWN] = "unknown",
    [ANSWER_ABSENT] = "absent",
    [ANSWER_NO] = "available",
};

/* --- the monitor ------------------------------------------------------------------------------ */

/* A script's Hold(). */
struct held {
    struct presence_monitor *monitor;
    char cookie[17];
    char *sender, *why;
    sd_bus_slot *leaves, *check;
};

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

    struct source sources[ELEMENTSOF(source_kinds)];
    struct held *holds[HOLDS_MAX];
    size_t n_holds;
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

static int judge_idle(struct source *source, usec_t idle_usec) {
    if (idle_usec < source->monitor->idle_after_usec)
        return 0;
    if (idle_usec == USEC_INFINITY)
        strcpy(source->detail, N_("idle"));
    else
        snprintf(source->detail, sizeof source->detail, _("idle for %llu min"),
                 (unsigned long long)(idle_usec / USEC_PER_MINUTE));
    return 1;
}

static bool source_holds(const struct source *source) {
    return source->answer == ANSWER_YES && (source->monitor->hold & source->kind->hold);
}

static bool any_holds(const struct presence_monitor *monitor, enum trait trait) {
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        if ((source_kinds[i].traits & trait) && source_holds(&monitor->sources[i]))
            return true;
    return false;
}

static enum presence kind_presence(const struct source_kind *kind) {
    return kind->hold & (HOLD_LOCKED | HOLD_IDLE) ? PRESENCE_AWAY : PRESENCE_BUSY;
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
    bool busy = monitor->n_holds > 0 || presenter_holds(monitor);
    enum presence known = busy ? PRESENCE_BUSY : PRESENCE_AVAILABLE;
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        if (known != PRESENCE_AWAY && source_holds(&monitor->sources[i]))
            known = kind_presence(monitor->sources[i].kind);
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
        const struct source *source = &monitor->sources[i];
        ret[n++] = (struct presence_source){
            .name = source->kind->name,
            .state = source->answer == ANSWER_YES ? presence_id(kind_presence(source->kind))
                                                  : answer_states[source->answer],
            .detail = source->detail,
            .holds = source_holds(source),
        };
    }
    if (monitor->presenter_held)
        ret[n++] = (struct presence_source){"presenter", presence_id(PRESENCE_BUSY), N_("do not disturb"),
                                            presenter_holds(monitor)};
    for (size_t i = 0; i < monitor->n_holds; i++)
        ret[n++] = (struct presence_source){"hold", presence_id(PRESENCE_BUSY), monitor->holds[i]->why, true};
    return n;
}

static void asker_done(struct asker *asker) {
    if (asker->done)
        asker->done(asker->userdata);
}

static void tell_askers(struct presence_monitor *monitor) {
    struct presence_source rows[ELEMENTSOF(source_kinds) + 1 + HOLDS_MAX];
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

static void settle_source(struct source *source, enum answer answer, const char *detail) {
    source->asking = false;
    source->call = sd_bus_slot_unref(source->call);
    source->answer = answer;
    if (detail)
        snprintf(source->detail, sizeof source->detail, "%s", detail);
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        if (monitor->sources[i].asking)
            return;
    end_round(monitor);
}

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
    struct presence_monitor *monitor = userdata;
    (void)timer;
    (void)usec;
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        if (monitor->sources[i].asking)
            settle_source(&monitor->sources[i], ANSWER_UNKNOWN, N_("no answer within 2 s"));
    end_round_if_done(monitor);
    return 0;
}

static bool is_absent(const sd_bus_error *error) {
    for (size_t i = 0; i < ELEMENTSOF(absent_errors); i++)
        if (sd_bus_error_has_name(error, absent_errors[i]))
            return true;
    return false;
}

static void take_error(struct source *source, const sd_bus_error *error) {
    if (is_absent(error))
        settle_source(source, ANSWER_ABSENT, "");
    else if (sd_bus_error_has_name(error, ERROR_NOT_SET))
        settle_source(source, ANSWER_NO, "");
    else
        settle_source(source, ANSWER_UNKNOWN, error->name);
}

static void take_reply(struct source *source, sd_bus_message *reply) {
    source->detail[0] = '\0';
    int r = source->kind->read(source, reply);
    if (r < 0)
        settle_source(source, ANSWER_UNKNOWN, N_("an answer that makes no sense"));
    else
        settle_source(source, r > 0 ? ANSWER_YES : ANSWER_NO, r > 0 ? source->kind->says : "");
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct source *source = userdata;
    (void)ret_error;
    if (sd_bus_message_is_method_error(reply, NULL))
        take_error(source, sd_bus_message_get_error(reply));
    else
        take_reply(source, reply);
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
        settle_source(source, ANSWER_ABSENT, "");
        return;
    }
    int r = send_question(source, path);
    if (r < 0)
        settle_source(source, ANSWER_UNKNOWN, strerror(-r));
}

/* --- the person's session --------------------------------------------------------------------- */

/* NULL: there is none. */
static void ask_session(struct presence_monitor *monitor, const char *path) {
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
        struct source *source = &monitor->sources[i];
        if (source->kind->path)
            continue;
        if (path)
            ask_source(source, path);
        else
            settle_source(source, ANSWER_ABSENT, "");
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

/* A refused match is a signal less; without this sd-bus would close the connection for it. */
static int on_installed(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    (void)reply;
    (void)userdata;
    (void)ret_error;
    return 1;
}

static int add_match(sd_bus *bus, const char *sender, const struct signal_kind *signal, const char *more,
                     sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret) {
    _cleanup_free_ char *rule = NULL;
    if (asprintf(&rule, "type='signal',sender='%s',interface='%s',member='%s'%s%s%s%s", sender,
                 signal->interface, signal->member, signal->first ? ",arg0='" : "", or_empty(signal->first),
                 signal->first ? "'" : "", more) < 0) {
        rule = NULL;
        return -ENOMEM;
    }
    return sd_bus_add_match_async(bus, ret, rule, handler, on_installed, userdata);
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
    for (size_t i = 0; r >= 0 && i < SIGNALS_MAX && kind->signals[i].member; i++)
        r = add_match(bus, kind->owner, &kind->signals[i], "", on_signal, source, &source->matches[n++]);
    if (r >= 0 && is_first_of_owner(source))
        r = add_match(bus, BUS_NAME, &owner_changed, "", on_signal, source, &source->matches[n]);
    return r < 0 ? r : 0;
}

static void unwatch_source(struct source *source) {
    for (size_t i = 0; i < ELEMENTSOF(source->matches); i++)
        source->matches[i] = sd_bus_slot_unref(source->matches[i]);
}

static int watch_all(struct presence_monitor *monitor) {
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        unwatch_source(&monitor->sources[i]);
    unwatch_return(monitor);
    stop_timer(monitor->settle);
    stop_timer(monitor->silent);
}

/* --- rounds ----------------------------------------------------------------------------------- */

static void close_system(struct presence_monitor *monitor) {
    monitor->lookup = sd_bus_slot_unref(monitor->lookup);
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        monitor->sources[i].asking = true;
    if (find_session(monitor) < 0)
        ask_session(monitor, NULL);
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++)
        if (source_kinds[i].hold == HOLD_LOCKED && monitor->sources[i].answer == ANSWER_YES)
            return true;
    return false;
}

enum presence presence_now(const struct presence_monitor *monitor, usec_t *ret_learned_usec) {
    if (ret_learned_usec)
        *ret_learned_usec = monitor->learned_usec;
    return monitor->known;
}

/* --- Hold() ----------------------------------------------------------------------------------- */

static void held_free(struct held *held) {
    sd_bus_slot_unref(held->leaves);
    sd_bus_slot_unref(held->check);
    free(held->sender);
    free(held->why);
    free(held);
}
DEFINE_CLEANUP(struct held, held_free)

static void release(struct held *held) {
    struct presence_monitor *monitor = held->monitor;
    size_t i = 0;
    while (monitor->holds[i] != held)
        i++;
    monitor->n_holds--;
    memmove(&monitor->holds[i], &monitor->holds[i + 1], (monitor->n_holds - i) * sizeof *monitor->holds);
    held_free(held);
    conclude(monitor);
}

static int on_sender_left(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)message;
    (void)ret_error;
    release(userdata);
    return 0;
}

static int on_sender_checked(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct held *held = userdata;
    int there = true;
    (void)ret_error;
    held->check = sd_bus_slot_unref(held->check);
    if (!sd_bus_message_is_method_error(reply, NULL))
        (void)sd_bus_message_read(reply, "b", &there);
    if (!there)
        release(held);
    return 0;
}

/* It may have left before the match was there, so that is asked once, after it. */
static int follow_sender(struct held *held, sd_bus *bus, const char *sender) {
    const struct signal_kind owner_changed = {BUS_NAME, "NameOwnerChanged", sender};
    int r = add_match(bus, BUS_NAME, &owner_changed, ",arg2=''", on_sender_left, held, &held->leaves);
    if (r < 0)
        return r;
    return sd_bus_call_method_async(bus, &held->check, BUS_NAME, BUS_PATH, BUS_NAME, "NameHasOwner",
                                    on_sender_checked, held, "s", sender);
}

static bool may_hold(const struct presence_monitor *monitor, const char *sender) {
    size_t n = 0;
    for (size_t i = 0; i < monitor->n_holds; i++)
        n += streq(monitor->holds[i]->sender, sender);
    return monitor->n_holds < HOLDS_MAX && n < HOLDS_OF_ONE_MAX;
}

int presence_hold(struct presence_monitor *monitor, const char *sender, const char *why, char **ret_cookie) {
    if (!may_hold(monitor, sender))
        return -E2BIG;
    _cleanup_(held_freep) struct held *held = calloc(1, sizeof *held);
    if (!held)
        return -ENOMEM;
    held->monitor = monitor;
    uint64_t random;
    clock_random(NULL, &random, sizeof random);
    snprintf(held->cookie, sizeof held->cookie, "%016" PRIx64, random);
    held->sender = strdup(sender);
    held->why = strdup(why);
    _cleanup_free_ char *cookie = strdup(held->cookie);
    if (!held->sender || !held->why || !cookie)
        return -ENOMEM;
    int r = follow_sender(held, monitor->session, sender);
    if (r < 0)
        return r;
    monitor->holds[monitor->n_holds++] = TAKE_PTR(held);
    conclude(monitor);
    *ret_cookie = TAKE_PTR(cookie);
    return 0;
}

int presence_release(struct presence_monitor *monitor, const char *cookie) {
    for (size_t i = 0; i < monitor->n_holds; i++)
        if (streq(monitor->holds[i]->cookie, cookie)) {
            release(monitor->holds[i]);
            return 0;
        }
    return -ENOENT;
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
    monitor->known = monitor->told = PRESENCE_AVAILABLE;
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
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
    for (size_t i = 0; i < ELEMENTSOF(source_kinds); i++) {
        sd_bus_slot_unref(monitor->sources[i].call);
        monitor->sources[i].call = NULL;
        unwatch_source(&monitor->sources[i]);
    }
    close_system(monitor);
    for (size_t i = 0; i < monitor->n_holds; i++)
        held_free(monitor->holds[i]);
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
