/* The inside of the keeper, for the files of the keeper only (keeper*.c).
 *
 * Pointers to open prompts are the turn's, and don't outlive a removal (close_open(), give_up()): ids do.
 * Functions that return a pointer return NULL when memory is out, unless another reason is named. */
#pragma once

#include "daemon/core/keeper.h"
#include "daemon/core/translate.h"

#define WORDS_HARD_TITLE N_("A hard moment")
#define WORDS_HARD       N_("Nothing needs fixing this minute.")

/* --- keeper-offers.c: what the program itself asks -------------------------------------------- */

enum offer {
    OFFER_GUIDANCE,
    OFFER_HARD, /* some hard moments of late */
    OFFER_DRIFT,
    OFFER_REVIEW,
    OFFER_LATE_REVIEW,
    OFFER_LESS, /* of a theme */
    OFFER_PATH, /* its next part */
    OFFER_HARD_LINE,
    OFFER_THEN, /* then and now */
    OFFER_COUNT,
};
#define PATH_PARTS 5

/* What it is written down as. `of`: a theme, or a part of the path from 0; else 0. */
#define OFFER_ID_SIZE 48
const char *offer_id(enum offer offer, unsigned of, char buffer[OFFER_ID_SIZE]);
/* OFFER_COUNT: it is none. */
enum offer offer_of(const struct open_prompt *open);
/* The theme that its words give away. */
enum theme offer_theme(const struct open_prompt *open);
size_t offer_choices(const struct keeper *keeper, const struct open_prompt *open,
                     enum choice ret[CHOICES_MAX]);
/* One that can be asked for by hand; OFFER_COUNT: no such word. */
enum offer offer_from_word(const char *word);

/* 1: one is due, and has become what the prompt says; 0: none is. */
int take_offer(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
               const struct history *history, uint64_t seed);
/* By hand. -ENODATA: there is nothing to ask about. */
int ask_offer(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
              const struct history *history, enum offer offer, uint64_t seed);
/* Where the path is; 0: there is none. */
theme_set path_focus(const struct schedule *schedule, const struct history *history);

/* A prompt is shown for the first time. */
void note_offer_shown(struct keeper *keeper, const struct world *world, const struct open_prompt *open);
/* Anything was answered, or a step taken. */
void note_offer_answered(struct keeper *keeper, const struct open_prompt *open, enum choice choice);
void note_offer_closed(struct keeper *keeper, const struct open_prompt *open, enum closed_how how);
/* What a choice changes; true: a pause is to begin. */
bool follow_offer(struct keeper *keeper, enum choice choice);
/* Whether one that has come due passes by, because the person chose fewer. Counts it. */
bool passes_by(struct keeper *keeper, const struct world *world);

/* --- keeper-words.c: what a person reads ------------------------------------------------------ */

/* The callers free. -ENOMEM. */
int words_of_offer(const struct world *world, enum offer offer, unsigned of, char **ret);
int words_of_own(const struct world *world, const struct prompt *line, char **ret);
int words_of_then(const struct world *world, const struct prompt *line, char **ret);
int words_of_hard_line(const char *line, char **ret);
const char *words_of_offer_title(enum offer offer); /* English; static; NULL: the usual one */

/* --- keeper-turn.c: a turn in the making ------------------------------------------------------ */

/* A copy of `value` (may be NULL) takes the old one's place. */
int replace_string(char **string, const char *value);

int keeper_copy(const struct keeper *from, struct keeper **ret);
int turn_begin(const struct keeper *keeper, struct turn *turn);
/* Hands it over. */
int turn_end(struct turn *turn, struct turn *ret);

static inline void turn_donep(struct turn *turn) {
    turn_done(turn);
}

/* A fresh open prompt at the end of the list. NULL: the list is full, or memory is out. */
struct open_prompt *add_open(struct turn *turn, const struct world *world, const char *reminder);
/* The one with an id that is known to be there. */
struct open_prompt *at_id(struct keeper *keeper, const struct uuid *id);

/* `entry` NULL: the event begins an entry of its own. */
struct event *add_event(struct turn *turn, const struct world *world, enum event_kind kind,
                        const struct uuid *entry);
/* The first event of an entry has the entry's id: that is how entries are found in the journal. */
struct event *add_first_event(struct turn *turn, const struct world *world, enum event_kind kind,
                              const struct open_prompt *open);
struct effect *add_effect(struct turn *turn, enum effect_kind kind, const struct uuid *id);

/* Off the screen, if it is on it. */
int withdraw(struct turn *turn, struct open_prompt *open);
/* Ends an open prompt that was shown. `how` is CLOSED_ANSWERED when the answer's event is noted already. */
int close_open(struct turn *turn, const struct world *world, struct open_prompt *open, enum closed_how how);
/* Ends one that waits: missed, or unanswered when it had been shown before it was put off. */
int give_up(struct turn *turn, const struct world *world, struct open_prompt *open, enum missed_rule rule);

/* --- keeper-life.c: from due to shown --------------------------------------------------------- */

static inline bool paused_at(const struct keeper *keeper, usec_t time_usec) {
    return time_usec < keeper->paused_until_usec;
}

/* What has come due waits, or is missed by a rule that holds at its due time. */
int take_in_due(struct turn *turn, const struct world *world);
/* Time and presence have moved. `look_ahead`: no text is chosen. */
int advance(struct turn *turn, const struct world *world, bool look_ahead);

/* When a snoozed one comes back: its own end, not before the end of a pause, not within quiet hours. */
usec_t snooze_end(const struct keeper *keeper, const struct world *world, const struct open_prompt *open);
void end_pause(struct turn *turn, const struct world *world, usec_t end_usec);
/* A pause or quiet hours have begun: occurrences are missed; a returned snooze meets the pause's end instead.
 */
int end_waiting(struct turn *turn, const struct world *world);

/* NULL: by hand, or it is no longer in the schedule. */
const struct reminder *reminder_of(const struct world *world, const struct open_prompt *open);
int set_practice(struct open_prompt *open, const struct practice *practice);
/* How a prompt comes up: each time it comes, a concealed one is closed again. */
enum stage first_stage(const struct world *world, const struct open_prompt *open);
/* What is under it. */
enum stage opened_stage(const struct open_prompt *open);
/* Chance for a scheduled one comes from its key, so that a look ahead sees the same; by hand it is fresh. */
uint64_t seed_of(const struct world *world, const struct open_prompt *open);
/* Which text. -ENOENT: none is eligible. */
int choose_text(struct open_prompt *open, const struct world *world, const struct history *history,
                theme_set themes, bool asked, bool write);

/* Closes whatever else is before the person's eyes, and asks the presenter. */
int begin_showing(struct turn *turn, const struct world *world, const struct uuid *id);
int ask_to_show(struct turn *turn, const struct uuid *id, bool in_place);
/* It was before the person's eyes: counts, the gap, the end. */
int count_shown(struct turn *turn, const struct world *world, struct open_prompt *open);
/* It is not on the screen after all. A returned snooze waits until the next quiet hours. */
void wait_again(const struct world *world, struct open_prompt *open);
/* Answered before the presenter's reply: it was shown. */
int take_as_shown(struct turn *turn, const struct world *world, struct open_prompt *open);

/* --- keeper.c --------------------------------------------------------------------------------- */

/* Begins a turn about one open prompt. -ENOENT. */
int turn_about(const struct keeper *keeper, const struct uuid *id, struct turn *turn,
               struct open_prompt **ret_open);
