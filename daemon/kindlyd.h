/* kindlyd: what its rooms know of one another.
 *
 *   kindlyd.c           start, wiring, loop, end
 *   kindlyd-options.c   the options of the command
 *   kindlyd-turn.c      turns, and what time and presence make of them
 *   kindlyd-screen.c    what is shown, and what was done with it there
 *   kindlyd-schedule.c  the schedule and the decks
 *   kindlyd-journal.c   the journal in use; what is erased
 *   kindlyd-host.c      what the bus object asks
 *   kindlyd-again.c     what could not be done is tried again
 *   kindlyd-say.c       the log and `Problem`
 *
 * There is one `struct daemon`, and it owns all it points to. Functions return 0 or a negative errno; what is
 * told to the person or the log is told by the function that fails. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/desktop/bus.h"
#include "daemon/desktop/clock.h"
#include "daemon/desktop/presence.h"
#include "daemon/desktop/presenter.h"
#include "daemon/desktop/watch.h"
#include "daemon/store/journal.h"

#define DECK_FOLDERS_MAX 16

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
    bool joined; /* what was open in the journal is in `keeper` */
    struct schedule *schedule;
    struct library *library;
    usec_t *starts_usec;
    usec_t adopted_usec; /* when the schedule was put in force */
    struct plan *plan;
    struct hash_key secret;

    char *config_problem, *deck_problem, *journal_problem, *presenter_problem; /* NULL: none */
    char *journal_notice;    /* of one that was set aside; NULL: none */
    bool watching;           /* presence is followed */
    bool asking;             /* presence is being asked before time moves on */
    bool told;               /* the person was told of config_problem */
    bool showed;             /* the presenter was asked to show something in this run */
    bool put_back;           /* what was open when the program ended is on its way to the screen again */
    struct uuid ended_under; /* the prompt whose presenter ended under it, the last time that one did */
    sd_event_source *rest;   /* when nothing is left to do */

    /* Events of turns that could not be written: they go with the next one. */
    struct event *unwritten;
    size_t n_unwritten, unwritten_capacity;

    unsigned undone; /* enum undone */
    usec_t again_usec;
    sd_event_source *again; /* armed while anything is undone */
};

/* 0: go on; 1: done (--help, --version); -EINVAL: told; -ENOMEM. The strings are argv's, but for `decks`. */
int read_options(int argc, char **argv, struct options *options);

/* --- The log and Problem ---------------------------------------------------------------------- */

enum { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

__attribute__((format(printf, 2, 3))) void say(int priority, const char *format, ...);
/* A system's error, in English whatever the locale. */
const char *reason_of(int error);
/* The log is told in English, once; what the person is told is kept. NULL: nothing any more. */
void set_problem_as(char **problem, const char *english, const char *text);
void set_problem(char **problem, const char *text); /* a text of N_() */
char *joined_problems(const struct daemon *daemon); /* NULL: none; the caller frees */

/* --- Turns ------------------------------------------------------------------------------------ */

/* State before effect: the journal first, then memory, then the outside. Where nothing can be written, a
 * scheduled prompt goes on in memory, and is written with the next turn that can be; what a caller wants
 * recorded fails with -EREMOTEIO, and nothing has changed. Otherwise what `act` returns. */
int take_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded);
/* What is on the screen is put back there: the program has started anew, or its presenter has. */
int act_restart(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret);
/* Time moves on, with presence as last known. */
void advance_now(struct daemon *daemon);
/* The same, with presence asked first where it isn't followed. */
void ask_and_advance(struct daemon *daemon);
/* After every turn: what is published, what is followed, when to wake. */
void settle(struct daemon *daemon);
void look_at_world(struct daemon *daemon, struct world *ret);
int32_t offset_now(const struct world *world); /* of local time, in seconds */

void on_elapsed(void *userdata);
void on_presence(void *userdata, enum presence presence);
int on_clock_changed(void *userdata, enum clock_change change);
/* Nothing is left to do. */
int on_rest(sd_event_source *source, void *userdata);

/* --- The screen ------------------------------------------------------------------------------- */

void show(struct daemon *daemon, const struct effect *effect);
extern const struct presenter_events presenter_events;

/* --- The schedule and the decks --------------------------------------------------------------- */

int find_config(struct daemon *daemon);
/* Before they are read, so that no later change is missed. */
int watch_files(struct daemon *daemon);
int load_first(struct daemon *daemon);
/* What is open and put off stays; with mistakes in the file, all stays: -EINVAL, and `ret_message`, which may
 * be NULL, has them, one a line. */
int reload(struct daemon *daemon, char **ret_message);
void on_files_changed(void *userdata);
/* The person kept a line, or let one go: the texts there are have changed. Until it worked it is
 * UNDONE_TEXTS. */
void renew_library(struct daemon *daemon);
int build_plan(struct daemon *daemon);

/* --- The journal ------------------------------------------------------------------------------ */

/* The state as it was when the program ended; where there is none, a new one in memory. */
int load_keeper(struct daemon *daemon);
/* Makes a turn durable; -EREMOTEIO: it can't be, and Problem says so. */
int commit(struct daemon *daemon, const struct turn *turn);
/* Tries again to open a journal that could not be opened. */
void recover_journal(struct daemon *daemon);
/* Notes the schedule's reminders in the journal, where they are new to it, and plans anew. */
void start_in_journal(struct daemon *daemon);
/* What is told of a journal that was set aside, until the person has seen it (kindly doctor). */
void read_notice(struct daemon *daemon);
/* Journal errors as the bus wants them. Damage that is met in reading is mended for the next call. */
int journal_result(struct daemon *daemon, int r);
/* What journal_forget() gave, made true of the texts in memory and of shared folders; -EAGAIN: a reader holds
 * old pages, and it is tried again until it has ended. */
int erased(struct daemon *daemon, int r);
/* This device's files in shared folders, written anew without what was erased. */
void erase_shared(struct daemon *daemon);
/* Nothing of what was forgotten is in the WAL, or in shared folders; tried again until it is so. */
void flush_erased(struct daemon *daemon);

/* --- What is tried again ----------------------------------------------------------------------- */

enum undone {
    UNDONE_TURN = 1 << 0,   /* time moved on, and what follows from it could not be worked out */
    UNDONE_RELOAD = 1 << 1, /* the schedule */
    UNDONE_WATCH = 1 << 2,  /* its files aren't followed */
    UNDONE_TEXTS = 1 << 3,  /* the texts in memory are those of before something was kept or forgotten */
    UNDONE_FLUSH = 1 << 4,  /* what was forgotten is still in the WAL, or in a shared folder */
    UNDONE_SETTLE = 1 << 5, /* what follows from a turn: the properties, what is followed */
};

/* The timer is made once, so that nothing is needed when something fails. */
int prepare_again(struct daemon *daemon);
void try_again(struct daemon *daemon, enum undone what);

/* --- The bus ---------------------------------------------------------------------------------- */

extern const struct bus_host bus_host;
