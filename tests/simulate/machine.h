/* The machine that a life is played on: its clocks, a daemon made of the core alone (like
 * daemon/kindlyd-turn.c, with a mock journal), a presenter and a notification server, the person, and the
 * judge's own belief of what is true. */
#pragma once

#include "daemon/core/keeper.h"
#include "daemon/core/span.h"
#include "tests/simulate/life.h"

#define TRACKS_MAX    4096 /* those of one turn are among them */
#define NOTICES_MAX   32
#define SOON_MAX      16
#define DISPLAYED_MAX 128
#define OFFERS_MAX    64
#define HARD_MAX      64

enum call {
    CALL_ADVANCE,
    CALL_RESTART,
    CALL_RELOAD,
    CALL_PROMPT,
    CALL_TELL,
    CALL_SHOWED,
    CALL_UNSHOWN,
    CALL_OFF_SCREEN,
    CALL_PERSON, /* answer, open, write, snooze, dismiss, forget, note */
    CALL_PAUSE,
    CALL_RESUME,
};

enum presenter_mode {
    PRESENTER_WORKS,
    PRESENTER_SLOW,
    PRESENTER_FAILS,
    PRESENTER_HANGS,
    PRESENTER_HOLDS,
    PRESENTER_NONE,
    PRESENTER_MODES,
};

/* What the judge knows of an open prompt. */
struct track {
    struct uuid id;
    bool held;                            /* it waits, or waited, for a return */
    usec_t taken_usec;                    /* elapsed: when it began to wait */
    usec_t returned_usec;                 /* elapsed: when the person came back for it; 0: not yet */
    usec_t since_usec;                    /* wall: waits since then */
    usec_t hold_usec;                     /* wall: an absence until then is too long */
    usec_t expires_usec;                  /* wall: of a shown one; 0: not shown */
    usec_t snooze_usec, snooze_boot_usec; /* the end; the latter 0: wall time counts */
    struct uuid boot_id;
};

/* What the judge believes of the keeper, from the outside. Kept twice: as in memory, and as last committed.
 */
struct belief {
    usec_t planned_usec, last_shown_usec, paused_usec;
    int32_t day;
    unsigned day_count;
    uint32_t fewer;         /* chosen so often */
    unsigned passed, shown; /* that passed by in a row, and that did not, since it was chosen */
    int32_t offer_day;      /* of the last question of the program; INT32_MIN: none yet */
    usec_t offer_usec;      /* elapsed: when that was */
    size_t n_tracks;
    struct track tracks[TRACKS_MAX];
};

/* A notification on the server's screen. */
struct notice {
    struct uuid entry;
    uint32_t server_id, owner;
    bool written; /* the server's answer is committed */
    bool orphan;  /* the presenter that showed it was killed, */
    bool excused; /* before the answer was written */
};

/* An entry that was shown and has not been put off since. */
struct displayed {
    struct uuid entry;
    unsigned start; /* of the daemon, counted */
    bool excused;   /* that it was shown could not be written down: it may come twice */
};

struct machine {
    const struct life *life;
    FILE *log;
    struct failure failure;

    /* Clocks. Everything here is elapsed time unless it says wall. */
    usec_t elapsed_usec, wall_usec, boot_began_usec;
    struct uuid boot_id;
    const struct zone *zone;
    usec_t jumped_usec; /* when the wall clock was set, or the schedule or zone changed, last */

    /* The person, the session. */
    enum presence presence;
    bool locked;
    struct uuid returned_with; /* the last prompt that waited for a return and was shown, */
    usec_t returned_usec;      /* and that return */

    /* The daemon. */
    bool running;
    unsigned start;    /* the how manieth it is */
    usec_t start_usec; /* when it is started again */
    const struct timetable *timetable, *on_disk;
    usec_t starts_usec[TIMETABLE_REMINDERS_MAX + 1];
    struct plan *plan;
    struct keeper *keeper, *committed; /* the same where all is written */
    bool unrecorded;                   /* memory holds something that could not be written */
    bool watching;
    enum presence known_presence;
    bool known_locked;
    usec_t wake_usec; /* wall */
    struct world world;
    usec_t snooze_span_usec, snooze_until_usec; /* what is asked for in this turn; both 0: the first preset */
    uint64_t digest, n_random;
    unsigned doom; /* ends: 1 before the next commit, 2 after it, 3 after the first effect; 0: not */
    uint64_t doom_chance;
    usec_t turn_usec;
    unsigned turns_at_once;
    uint64_t turns;

    /* The journal. */
    usec_t broken_until_usec;
    struct {
        uint64_t digest;
        usec_t start_usec;
        bool known;
    } noted[8];
    uint64_t *keys; /* an open-addressed set of (due, reminder); 0 is free */
    size_t n_keys, keys_size;
    struct {
        enum theme recent[CHOOSE_RECENT];
        struct {
            uint64_t shown;
            usec_t shown_usec;
            double helped, not_helped;
            uint32_t rated, rated_helpful;
            int32_t day;
        } themes[THEME_COUNT];
        usec_t first_usec, hard_usec, helpful_usec;
        usec_t *card_usec; /* by prompt, in the library's order */
        bool *card_resting;
        struct {
            char id[64];
            usec_t shown_usec;
        } offers[OFFERS_MAX];
        size_t n_offers;
        struct {
            struct uuid entry;
            usec_t time_usec;
        } hard[HARD_MAX]; /* the latest */
        size_t n_hard;
        uint32_t not_for_me[THEME_COUNT];
        theme_set less;
        bool hard_line;
    } past;

    /* The presenter and the server. */
    enum presenter_mode mode;
    usec_t pause_until_usec, pause_usec;
    bool held;
    struct uuid pending;
    usec_t failed_usec; /* when it last could not show something, */
    usec_t ready_usec;  /* and when it last became able to */
    usec_t reply_usec;  /* USEC_INFINITY: nothing is asked */
    bool reply_showed;
    uint32_t reply_id;
    struct notice notices[NOTICES_MAX];
    size_t n_notices;
    uint32_t owner, next_server_id;
    struct displayed displayed[DISPLAYED_MAX];
    size_t n_displayed;

    /* Happenings that wait for a showing, and those whose time has been set. */
    struct happening traps[SOON_MAX], soon[SOON_MAX];
    size_t n_traps, n_soon;

    /* The judge. */
    struct belief belief, committed_belief;
    usec_t paused_usec; /* the belief before the turn */
    struct dues dues;
};

/* Notes the first failure; the play ends there. */
__attribute__((format(printf, 3, 4))) void fail(struct machine *machine, const char *rule, const char *format,
                                                ...);
/* A line of the history, with the local time. */
__attribute__((format(printf, 2, 3))) void tell(struct machine *machine, const char *format, ...);
const char *local_text(const struct machine *machine, usec_t wall_usec, char buffer[MOMENT_TEXT_SIZE]);

/* --- server.c --------------------------------------------------------------------------------- */

bool screen_ready(const struct machine *machine);
/* Asks to show an open prompt. False: it can't even be asked. */
bool server_show(struct machine *machine, const struct open_prompt *open, bool in_place);
void server_withdraw(struct machine *machine, const struct uuid *id);
/* The prompt is not on the screen after all, or was put off: it may be shown anew. */
void server_forget(struct machine *machine, const struct uuid *id);
/* The server's last answer is committed. */
void server_written(struct machine *machine);
/* The daemon has ended; the presenter takes away what it shows, unless it was killed too. */
void server_daemon_ended(struct machine *machine, bool presenter_killed);
void server_restart(struct machine *machine);
void server_check(struct machine *machine);

/* --- judge.c ---------------------------------------------------------------------------------- */

void belief_copy(const struct belief *from, struct belief *to);
struct track *find_track(struct belief *belief, const struct uuid *id);
/* When a question of the program's was shown last; 0: never, or unrecorded. */
usec_t offer_recorded(const struct machine *machine, const char *id);
bool key_recorded(const struct machine *machine, const char *reminder, usec_t due_usec);
uint64_t keeper_digest(const struct keeper *keeper, bool all);
/* What follows from a turn that is taken: every rule is checked, and the belief goes on. */
void judge_turn(struct machine *machine, enum call call, const struct turn *turn);
/* Its events are written. */
void judge_committed(struct machine *machine, const struct turn *turn);
/* The wake that was asked for: not missing, and not in the past after an advance. */
void judge_wake(struct machine *machine, enum call call, usec_t planned_before_usec);
/* Time passed in which nothing could be seen: the machine slept, or the daemon wasn't running. */
void judge_absence(struct machine *machine);
