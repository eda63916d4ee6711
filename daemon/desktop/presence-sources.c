/* The table of presence's sources, and how their replies are read. */
#include "daemon/desktop/presence-sources.h"

#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/desktop/clock.h"

#define SESSION       "org.freedesktop.login1.Session"
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

/* --- reading replies -------------------------------------------------------------------------- */

static int read_flag(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    int flag;
    (void)idle_after_usec, (void)ret;
    int r = sd_bus_message_read(reply, "b", &flag);
    return r < 0 ? r : flag;
}

static int read_property(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    int flag;
    (void)idle_after_usec, (void)ret;
    int r = sd_bus_message_read(reply, "v", "b", &flag);
    return r < 0 ? r : flag;
}

static int read_not_property(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    int r = read_property(reply, idle_after_usec, ret);
    return r < 0 ? r : !r;
}

/* logind's list of what is inhibited: "shutdown:idle". */
static int read_idle_inhibited(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    const char *list;
    (void)idle_after_usec, (void)ret;
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

static int read_modes(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    const char *mode;
    (void)idle_after_usec, (void)ret;
    int r = sd_bus_message_enter_container(reply, 'a', "s");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_read(reply, "s", &mode)) > 0)
        if (streq(mode, "do-not-disturb"))
            return 1;
    return r;
}

/* Whether that is long enough; USEC_INFINITY: nobody knows since when. */
static int judge_idle(usec_t idle_usec, usec_t idle_after_usec, struct source_answer *ret) {
    if (idle_usec < idle_after_usec)
        return 0;
    if (idle_usec == USEC_INFINITY)
        snprintf(ret->detail, sizeof ret->detail, "%s", N_("idle"));
    else
        snprintf(ret->detail, sizeof ret->detail, _("idle for %llu min"),
                 (unsigned long long)(idle_usec / USEC_PER_MINUTE));
    return 1;
}

static int read_idle_time(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
    uint64_t idle_msec;
    int r = sd_bus_message_read(reply, "t", &idle_msec);
    if (r < 0)
        return r;
    return judge_idle(MIN_OF(idle_msec, USEC_INFINITY / USEC_PER_MSEC) * USEC_PER_MSEC, idle_after_usec, ret);
}

/* Of all the properties of a session, whether and since when it is idle. */
static int read_idle_hint(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret) {
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
    return judge_idle(since_usec == 0 ? USEC_INFINITY : usec_sub(clock_realtime(), since_usec),
                      idle_after_usec, ret);
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
const struct source_kind source_kinds[] = {
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
_Static_assert(ELEMENTSOF(source_kinds) == SOURCE_COUNT, "one row each");

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

enum presence source_presence(const struct source_kind *kind) {
    return kind->hold & (HOLD_LOCKED | HOLD_IDLE) ? PRESENCE_AWAY : PRESENCE_BUSY;
}

const char *source_state(const struct source_kind *kind, enum answer answer) {
    return answer == ANSWER_YES ? presence_id(source_presence(kind)) : answer_states[answer];
}

static bool is_absent(const sd_bus_error *error) {
    for (size_t i = 0; i < ELEMENTSOF(absent_errors); i++)
        if (sd_bus_error_has_name(error, absent_errors[i]))
            return true;
    return false;
}

struct source_answer source_unknown(const char *why) {
    struct source_answer answer = {.answer = ANSWER_UNKNOWN};
    snprintf(answer.detail, sizeof answer.detail, "%s", why);
    return answer;
}

struct source_answer source_answer_of(const struct source_kind *kind, sd_bus_message *reply,
                                      usec_t idle_after_usec) {
    struct source_answer answer = {0};
    const sd_bus_error *error = sd_bus_message_get_error(reply);
    if (error && is_absent(error))
        return (struct source_answer){.answer = ANSWER_ABSENT};
    if (error && sd_bus_error_has_name(error, ERROR_NOT_SET))
        return (struct source_answer){.answer = ANSWER_NO};
    if (error)
        return source_unknown(error->name);
    int r = kind->read(reply, idle_after_usec, &answer);
    if (r < 0)
        return source_unknown(N_("an answer that makes no sense"));
    answer.answer = r > 0 ? ANSWER_YES : ANSWER_NO;
    if (r > 0 && kind->says)
        snprintf(answer.detail, sizeof answer.detail, "%s", kind->says);
    return answer;
}
