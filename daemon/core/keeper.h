/* The life of an occurrence: from due to done (DESIGN: The life of an occurrence). The heart of the program.
 *
 *   due -> waiting -> showing -> shown -> answered | seen | dismissed | unanswered | replaced
 *             |                    \-> snoozed -> waiting (again)
 *             \-> missed, with the rule that did it
 *
 * Pure: no clock, no I/O, no chance of its own. Everything from outside comes in with `struct world`; what to
 * do comes out as a `struct turn`: the next state, the events to write down, and the effects to carry out
 * once they are. The keeper given in is never changed, so a turn that can't be written is dropped and nothing
 * has happened:
 *
 *   keeper_xxx(keeper, world, ..., &turn)  ->  journal commits turn  ->  keeper = turn.next  ->  effects
 */
#pragma once

#include "daemon/core/choice.h"
#include "daemon/core/choose.h"
#include "daemon/core/event.h"
#include "daemon/core/plan.h"

#define KEEPER_FEWER_OF  3 /* prompts, of which `fewer` lets one pass by; chosen twice, two */
#define KEEPER_FEWER_MAX 2
/* The guidance of the first start counts as read once it was answered or put away, or went by that often. */
#define KEEPER_GUIDANCE_READ 3

/* Open prompts at once: one shown, one waiting, and what was put off. More is refused with -E2BIG. */
#define KEEPER_OPEN_MAX 64
#define KEEPER_NOTE_MAX 4000 /* bytes of a written line; more is refused with -EMSGSIZE */
/* Bytes of a text that is shown: a line of one's own and the words around it. */
#define KEEPER_TEXT_MAX (KEEPER_NOTE_MAX + 200)

/* After any absence at most one prompt, 1 to 3 minutes after the return. */
#define KEEPER_RETURN_MIN_USEC (1 * USEC_PER_MINUTE)
#define KEEPER_RETURN_MAX_USEC (3 * USEC_PER_MINUTE)

enum presence {
    PRESENCE_AVAILABLE,
    PRESENCE_AWAY,
    PRESENCE_BUSY,
    PRESENCE_QUIET,
    PRESENCE_PAUSED,
    PRESENCE_COUNT,
};
const char *presence_id(enum presence presence);

enum open_state {
    OPEN_WAITING,
    OPEN_SHOWING, /* committed, Show not answered yet */
    OPEN_SHOWN,
    OPEN_SNOOZED,
    OPEN_STATE_COUNT,
};
const char *open_state_id(enum open_state state);

/* What the prompt asks at the moment; it decides the choices. */
enum stage {
    STAGE_PROMPT,
    STAGE_CONCEALED,
    STAGE_NOT_THIS, /* `not-this` was chosen: which? */
    STAGE_PRACTICE, /* a step of a practice */
    STAGE_WRITTEN,  /* a line was written: keep it? */
    STAGE_HARD,     /* `hard` was chosen */
    STAGE_SUPPORT,  /* the support line is shown */
    STAGE_NOTICE,   /* a word from the program itself: keeper_tell() */
    STAGE_OFFER,    /* a question from the program itself: keeper-offers.c */
    STAGE_COUNT,
};
const char *stage_id(enum stage stage);
enum stage stage_from_id(const char *id); /* STAGE_COUNT: none */

struct open_prompt {
    struct uuid id;
    enum open_state state;
    enum stage stage;
    char *reminder;  /* "" by hand */
    usec_t due_usec; /* of the occurrence, or when it was asked for */
    bool by_hand;    /* ignores presence, quiet, pause, gap and limit; counts for nothing */

    /* waiting */
    usec_t hold_until_usec; /* still held after this: missed, or unanswered when it had been shown */
    usec_t not_before_usec; /* the pause after a return; 0: none */
    bool held;              /* was held since it came due */

    /* chosen when it is first shown */
    enum theme theme;
    char *prompt; /* id of the prompt or practice; NULL: not chosen yet */
    char *title, *text;
    char *line; /* what a hard moment says where there is a line for a hard day; never written down */
    char *why;
    bool write, practice;
    uint32_t step; /* of a practice, from 0 */

    /* shown */
    usec_t shown_usec;   /* first time; 0: not yet */
    usec_t expires_usec; /* unanswered then */
    bool answered; /* an answer is recorded; what follows (keep it? something steadying?) is a courtesy */
    bool on_screen;
    char *bus_id, *owner; /* what the presenter said of the notification; NULL: not known */
    uint32_t server_id;

    /* snoozed */
    uint32_t snoozes;  /* so far */
    usec_t until_usec; /* wall clock */
    usec_t
        until_boot_usec; /* elapsed (CLOCK_BOOTTIME) when it was a span and boot_id still matches; 0: wall */
    struct uuid boot_id;
};

struct keeper {
    struct open_prompt open[KEEPER_OPEN_MAX];
    size_t n_open;
    usec_t planned_until_usec; /* what came due up to here has been handled */
    usec_t latest_due_usec;    /* the latest due time ever handled: only up to here can a key come twice */
    usec_t paused_until_usec;  /* 0: not paused; USEC_INFINITY: until resumed */
    usec_t last_shown_usec;    /* of a scheduled showing, or a returning snooze: starts the gap */
    int32_t day;               /* local date (days since 1970) that day_count counts */
    uint32_t day_count;        /* scheduled showings on it */
    uint32_t commands_named;   /* showings that named the command that answers; see keeper_named() */
    uint32_t guidance;         /* times the guidance of the first start went by; KEEPER_GUIDANCE_READ */
    uint32_t fewer;            /* how often `fewer` was chosen: of three prompts that many pass by */
    uint32_t fewer_count;      /* prompts that came due since then */
    uint32_t drift_days;       /* days since the last answer on which the schedule showed something */
    int32_t drift_day;         /* the latest of them */
    int32_t offer_day;         /* the local date of the last offer */
    usec_t then_usec;          /* the last "then and now"; 0: none */
};

/* Everything from outside that a turn may depend on. Borrowed for the call. */
struct world {
    usec_t now_usec;  /* CLOCK_REALTIME */
    usec_t boot_usec; /* CLOCK_BOOTTIME */
    struct uuid boot_id;
    const struct zone *zone;
    const struct schedule *schedule;
    const struct library *library;
    struct plan *plan;             /* a cursor: moved by the keeper, holds no state of its own */
    const struct hash_key *secret; /* of this device */
    enum presence presence; /* available, away or busy: quiet and paused are the keeper's own knowledge */
    bool locked;            /* the screen is locked: what is shown leaves it */
    bool screen;            /* a presenter can show something */

    /* Fresh random bits, for ids and for prompts asked by hand. */
    void (*random)(void *userdata, void *buffer, size_t size);
    /* Whether the key (reminder, due time) is in the journal. Asked only for due times up to latest_due_usec.
     */
    bool (*recorded)(void *userdata, const char *reminder, usec_t due_usec);
    /* What choose_prompt() needs to know. The caller frees with history_done(). */
    int (*history)(void *userdata, struct history *ret);
    void *userdata;
};

enum effect_kind {
    EFFECT_SHOW,     /* ask the presenter; then keeper_showed() or keeper_unshown() */
    EFFECT_WITHDRAW, /* take it off the screen */
    EFFECT_SIGNAL_SHOWN,
    EFFECT_SIGNAL_ANSWERED, /* detail: the choice */
    EFFECT_SIGNAL_SNOOZED,  /* until_usec */
    EFFECT_SIGNAL_CLOSED,   /* detail: enum closed_how as text */
    EFFECT_SIGNAL_NOTED,
    EFFECT_ERASE, /* the turn has erased the entry's content: nothing of it stays elsewhere (journal_flush())
                   */
};

struct effect {
    enum effect_kind kind;
    struct uuid id;
    const char *detail; /* static */
    char *reminder;     /* EFFECT_SIGNAL_SHOWN; owned by the turn */
    enum theme theme;
    usec_t until_usec;
    bool in_place; /* EFFECT_SHOW: the same notification, another text; no new alert */
};

struct turn {
    struct keeper *next;
    struct event *events;
    size_t n_events, events_capacity;
    struct effect *effects;
    size_t n_effects, effects_capacity;
    bool changed; /* next differs from what the journal holds: commit even without events */
};

void turn_done(struct turn *turn);

struct keeper *keeper_new(void);
struct keeper *keeper_free(struct keeper *keeper); /* always NULL */
DEFINE_CLEANUP(struct keeper, keeper_free)

/* One that ran in memory, because the journal could not be opened, takes in what is open in the journal from
 * before. None of that is on the screen now; what finds no room (KEEPER_OPEN_MAX) is left out, the oldest
 * first. */
int keeper_merge(const struct keeper *running, const struct keeper *stored, struct keeper **ret);

/* All functions below: -ENOMEM; `ret` needs turn_done() after success.
 * -ENOENT: no such open prompt (a NULL id means the newest that is open); -ESTALE: it is open, but not so
 * that this can be done to it; -EINVAL: not one of its choices, or a time that makes no sense. */

/* Time or presence moved: whatever follows from it. Call it at keeper_next_wake(), and whenever the world
 * changed. Only this one and keeper_restart() show what is due, so only for them presence has to be fresh. */
int keeper_advance(const struct keeper *keeper, const struct world *world, struct turn *ret);

/* After a start: what was showing or shown when the program ended goes to the presenter again, which puts it
 * back in its place. */
int keeper_restart(const struct keeper *keeper, const struct world *world, struct turn *ret);

/* After a new schedule: what waits for a reminder that is gone is missed (removed); what is open and snoozed
 * stays. */
int keeper_reload(const struct keeper *keeper, const struct world *world, struct turn *ret);

/* By hand. `what`: "", a theme, a reminder's name, a practice's id, or a word of keeper_word_taken(): "hard",
 * "then-and-now", "guidance". -ENOENT: none of these;
 * -ENODATA: no prompt is eligible. `ret_id` is the new prompt's. */
int keeper_prompt(const struct keeper *keeper, const struct world *world, const char *what,
                  struct uuid *ret_id, struct turn *ret);

/* A word from the program itself, shown like a prompt by hand; nothing of it is written down. */
int keeper_tell(const struct keeper *keeper, const struct world *world, const char *title, const char *text,
                struct turn *ret);

/* The presenter's answers. */
int keeper_showed(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  const char *bus_id, const char *owner, uint32_t server_id, struct turn *ret);
int keeper_unshown(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   struct turn *ret);
/* The showing has named the command that answers, for want of buttons. The count goes to the presenter, which
 * does so only the first few times. */
int keeper_named(const struct keeper *keeper, const struct world *world, struct turn *ret);
int keeper_off_screen(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                      struct turn *ret);
/* A click on the body: concealed text is revealed, open text is put away as seen. */
int keeper_opened(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  struct turn *ret);
/* A line was written on the notification: recorded, then "keep it?" in place. */
int keeper_written(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   const char *text, struct turn *ret);

/* The person's answers. `choice`: one of the prompt's, or helpful, okay, not-for-me, hard at any stage.
 * `note` may be empty. `later` snoozes by the first preset, `later-second` and `later-third` by those after
 * it. */
int keeper_answer(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  const char *choice, const char *note, struct turn *ret);
/* -EDQUOT: no snooze is left. `until_usec` is wall clock; with `span_usec` not 0 elapsed time counts instead.
 */
int keeper_snooze(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                  usec_t span_usec, usec_t until_usec, usec_t *ret_until_usec, struct turn *ret);
int keeper_dismiss(const struct keeper *keeper, const struct world *world, const struct uuid *id,
                   struct turn *ret);

/* Words that mean something to keeper_prompt(): no reminder, practice or prompt is called so. */
bool keeper_word_taken(const char *word);

/* The theme that the prompt of that id asks "Less of this theme?" about; THEME_NONE: it doesn't. */
enum theme keeper_less_of(const char *prompt);

/* What the guidance of the first start says of the program, without the support line, in the person's
 * language. Static. */
const char *keeper_guidance(void);

/* A line of one's own; empty text is -EINVAL. */
enum note_for {
    NOTE_FOR_JOURNAL,
    NOTE_FOR_KEEPING,  /* it comes back as a prompt of theme own */
    NOTE_FOR_HARD_DAY, /* it comes first in a hard moment; the newest such one counts */
};
int keeper_note(const struct keeper *keeper, const struct world *world, const char *text,
                enum note_for what_for, struct uuid *ret_id, struct turn *ret);
/* Whether the line of an entry comes back. The caller has made sure that the entry is there and has one. */
int keeper_keep(const struct keeper *keeper, const struct world *world, const struct uuid *entry, bool keep,
                struct turn *ret);
/* The entry's content is erased: if it is open, it closes, and so does a prompt that shows its kept line. The
 * journal does the erasing. */
int keeper_forget(const struct keeper *keeper, const struct world *world, const struct uuid *entry,
                  struct turn *ret);

/* Undoes what was chosen when the program asked: `fewer`. What was learned is the journal's. */
int keeper_reset(const struct keeper *keeper, const struct world *world, struct turn *ret);

/* `until_usec` in the past is -EINVAL. */
int keeper_pause(const struct keeper *keeper, const struct world *world, usec_t until_usec, struct turn *ret);
int keeper_resume(const struct keeper *keeper, const struct world *world, struct turn *ret);

/* When keeper_advance() is needed next if nothing else happens (CLOCK_REALTIME); USEC_INFINITY: never.
 * Elapsed times are converted at `world->now_usec`: call again after the clock was set. */
usec_t keeper_next_wake(const struct keeper *keeper, const struct world *world);

/* Looks. */
const struct open_prompt *keeper_find(const struct keeper *keeper,
                                      const struct uuid *id); /* NULL id: the newest */
const struct open_prompt *keeper_on_screen(const struct keeper *keeper);
/* When a snoozed prompt really comes back, after pause and quiet hours; 0 for one that is not put off. */
usec_t keeper_back_usec(const struct keeper *keeper, const struct world *world,
                        const struct open_prompt *open);
/* Whether anything waits or is on screen: presence matters then, and only then. */
bool keeper_needs_presence(const struct keeper *keeper);
enum presence keeper_presence(const struct keeper *keeper, const struct world *world);
/* Whether what it says now invites a line. */
bool keeper_invites_line(const struct open_prompt *open);
size_t keeper_choices(const struct keeper *keeper, const struct world *world, const struct open_prompt *open,
                      enum choice ret[CHOICES_MAX]);
/* The label of one of them; `later` without a preset means 15 minutes. */
const char *keeper_choice_label(const struct world *world, enum choice choice,
                                char buffer[CHOICE_LABEL_SIZE]);
/* What the screen says now: title and body of the prompt's stage. Borrowed from the prompt, the library or
 * static. */
void keeper_words(const struct world *world, const struct open_prompt *open, const char **ret_title,
                  const char **ret_body);

/* What would be shown after gap, limit, quiet and pause if the person were there from now on and let every
 * prompt pass: at most `limit` items. */
struct upcoming {
    usec_t due_usec;
    const char *reminder; /* borrowed from the schedule, or from the open prompt that returns */
    bool returning;       /* a snoozed one */
    struct uuid id;       /* of the snoozed one */
};
int keeper_upcoming(const struct keeper *keeper, const struct world *world, struct upcoming *ret,
                    size_t limit, size_t *ret_n);
