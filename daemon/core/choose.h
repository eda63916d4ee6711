/* Which prompt: a pure rule over the library, the schedule's weights, and what was shown and answered so far.
 */
#pragma once

#include "daemon/core/hash.h"
#include "daemon/core/library.h"
#include "daemon/core/schedule.h"

#define CHOOSE_HARD_SPAN_USEC (14 * USEC_PER_DAY)
#define CHOOSE_RECENT         3                   /* no theme among the last three showings */
#define CHOOSE_REST_USEC      (30 * USEC_PER_DAY) /* no prompt again within, while others are left */
#define CHOOSE_OWN_REST_USEC  (14 * USEC_PER_DAY) /* no line of one's own, after it was written or shown */

/* What the journal knows of one card. */
struct card {
    char *prompt;
    usec_t shown_usec; /* last time */
    bool resting;      /* marked not-for-me: never again */
};

struct history {
    usec_t first_usec;     /* the first showing ever; 0: none yet */
    usec_t hard_usec;      /* the last `hard`; 0: none */
    uint32_t hard_moments; /* entries marked so within the last CHOOSE_HARD_SPAN_USEC */
    usec_t helpful_usec;   /* the last `helpful`; 0: none */
    char *hard_line;       /* the newest line for a hard day; NULL: none */
    struct {
        uint64_t shown;
        usec_t shown_usec;             /* last time; 0: never */
        double helped, not_helped;     /* sums decayed to `now` with a half-life of 60 days */
        uint32_t rated, rated_helpful; /* plain counts, for `why` */
        uint32_t not_for_me;           /* plain count */
    } themes[THEME_COUNT];
    theme_set less;                   /* the person chose "Less of it" when asked */
    theme_set today;                  /* themes shown on the local date of `now`, not by hand */
    enum theme recent[CHOOSE_RECENT]; /* newest first; THEME_NONE where there are fewer */
    struct card *cards;               /* those shown within CHOOSE_REST_USEC, or resting, and all of offers
                                         (keeper-offers.c);               sorted by prompt id */
    size_t n_cards, cards_capacity;
};

void history_done(struct history *history);
const struct card *history_find(const struct history *history, const char *prompt);

/* What a prompt is wanted for. */
struct wish {
    theme_set themes; /* 0: any */
    theme_set focus;  /* of the path (keeper-offers.c): one of these that is eligible comes first; 0: none */
    bool asked;       /* the person named the theme: off-switches and the first two weeks don't count */
    bool write;       /* prefer those that invite a line */
    usec_t now_usec;
    uint64_t seed; /* chance comes from here only */
};

/* Why this one: stored with the showing, told by Explain. */
enum branch {
    BRANCH_ASKED,   /* the theme was asked for, or only one was eligible */
    BRANCH_NEW,     /* shown fewer than three times so far */
    BRANCH_VARIETY, /* unseen longest */
    BRANCH_LEARNED, /* drawn by what helped */
    BRANCH_PATH,    /* where the path is */
    BRANCH_COUNT,
};
const char *branch_id(enum branch branch);
enum branch branch_from_id(const char *id); /* BRANCH_COUNT: none */

struct pick {
    const struct prompt *prompt; /* borrowed from the library */
    enum branch branch;
    uint32_t rated, rated_helpful; /* of its theme, then */
};

/* How often the theme comes: what the schedule says, else less of it where the person chose that when asked.
 */
enum weight choose_weight(const struct schedule *schedule, const struct history *history, enum theme theme);

/* -ENOENT: nothing is eligible. */
int choose_prompt(const struct library *library, const struct schedule *schedule,
                  const struct history *history, const struct wish *wish, struct pick *ret);
