/* The questions whose answers are presence: one row each, the table in presence-sources.c. A row says whom to
 * ask what, how the reply is read, what a yes means, and which signals say that the answer may be another
 * now. Nothing is asked here: presence.c does, all of them at once. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/base.h"
#include "daemon/core/keeper.h"
#include "daemon/desktop/match.h"

#define SOURCE_COUNT       17
#define SOURCE_SIGNALS_MAX 3

#define PROPERTIES   "org.freedesktop.DBus.Properties"
#define LOGIND       "org.freedesktop.login1"
#define LOGIND_PATH  "/org/freedesktop/login1"
#define MANAGER      "org.freedesktop.login1.Manager"
#define IDLE_MONITOR "org.gnome.Mutter.IdleMonitor"
#define IDLE_PATH    "/org/gnome/Mutter/IdleMonitor/Core"

enum answer {
    ANSWER_UNKNOWN,
    ANSWER_ABSENT,
    ANSWER_NO,
    ANSWER_YES,
};

struct source_answer {
    enum answer answer;
    char detail[96]; /* of a yes or an unknown: a text of N_(), or what came */
};

/* Reads a reply: 1 yes, 0 no; negative: it isn't what was to be expected. Idle is who has been so for
 * `idle_after_usec`. The detail of a yes goes into `ret`, where there is one to tell. */
typedef int (*read_reply)(sd_bus_message *reply, usec_t idle_after_usec, struct source_answer *ret);

enum trait {
    SYSTEM_BUS = 1 << 0,    /* it is there, not on the session's bus */
    RETURN_SIGNAL = 1 << 1, /* tells the return only when asked to (AddUserActiveWatch), and then once */
    SILENT = 1 << 2,        /* doesn't, or not in all its versions, tell that it changed */
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
    const char *says; /* of a yes; NULL: `read` does */
    struct signal_kind signals[SOURCE_SIGNALS_MAX];
    unsigned traits; /* enum trait */
};

extern const struct source_kind source_kinds[SOURCE_COUNT];

/* What a reply or an error says. Whatever is no clear answer is unknown. */
struct source_answer source_answer_of(const struct source_kind *kind, sd_bus_message *reply,
                                      usec_t idle_after_usec);
struct source_answer source_unknown(const char *why);
/* "unknown", "absent", "available"; a yes is the presence that it means. */
const char *source_state(const struct source_kind *kind, enum answer answer);
enum presence source_presence(const struct source_kind *kind);
