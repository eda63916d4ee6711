/* What the program itself asks or says once in a while: guidance at the first start, reviews, whether fewer
 * would suit, less of a theme, a line for a hard day, then and now, the next part of a path.
 *
 * None of it comes by itself. It takes the place of a prompt that is due, so that presence, quiet hours,
 * pause, gap and limit hold for it as for any prompt, nothing piles up, and nobody is interrupted once more
 * than without it. There is at most one a day, and none on a hard day but the one that is about it. Each is
 * written down as shown, under an id of its own that no deck can have, and so comes once: also when it is let
 * pass. */
#include <stdio.h>

#include "daemon/core/keeper-parts.h"

#define OFFER_PREFIX "offer:"
#define OFFER_LIST   5

#define YOUNG_USEC      (14 * USEC_PER_DAY) /* the first review */
#define SETTLED_USEC    (56 * USEC_PER_DAY) /* the second */
#define HALF_A_YEAR     (182 * USEC_PER_DAY)
#define ACQUAINTED_USEC (7 * USEC_PER_DAY) /* no line for a hard day is asked for before */
#define HARD_DAY_USEC   USEC_PER_DAY
#define HARD_MOMENTS    3 /* within CHOOSE_HARD_SPAN_USEC */
#define DRIFT_DAYS      10
#define NOT_FOR_ME      2
#define PATH_PART_USEC  (14 * USEC_PER_DAY)

struct question {
    const struct keeper *keeper;
    const struct world *world;
    const struct history *history;
};

/* --- What is known ---------------------------------------------------------------------------- */

static usec_t shown_usec(const struct history *history, const char *id) {
    const struct card *card = history_find(history, id);
    return card ? card->shown_usec : 0;
}

static bool is_past(const struct question *question, usec_t since_usec, usec_t span_usec) {
    return since_usec > 0 && usec_add(since_usec, span_usec) <= question->world->now_usec;
}

static usec_t offered_usec(const struct question *question, enum offer offer) {
    char id[OFFER_ID_SIZE];
    return shown_usec(question->history, offer_id(offer, 0, id));
}

/* --- The path --------------------------------------------------------------------------------- */

/* Its parts, in order; the last is its end. */
static const theme_set path_themes[PATH_PARTS] = {
    THEME_BIT(THEME_NOTICING) | THEME_BIT(THEME_CARE),
    THEME_BIT(THEME_IMAGE),
    THEME_BIT(THEME_RESPECT),
    THEME_BIT(THEME_KINDNESS),
    0,
};

/* The part whose line was said last; -1: none yet. */
static int path_part(const struct history *history, usec_t *ret_since_usec) {
    int part = -1;
    char id[OFFER_ID_SIZE];
    *ret_since_usec = 0;
    for (int i = 0; i < PATH_PARTS; i++) {
        usec_t since_usec = shown_usec(history, offer_id(OFFER_PATH, (unsigned)i, id));
        if (since_usec == 0)
            break;
        part = i;
        *ret_since_usec = since_usec;
    }
    return part;
}

theme_set path_focus(const struct schedule *schedule, const struct history *history) {
    usec_t since_usec;
    int part = schedule->path == PATH_NONE ? -1 : path_part(history, &since_usec);
    return part < 0 ? 0 : path_themes[part];
}

/* --- When each is due ------------------------------------------------------------------------- */

/* Each gives whether it is due, and of what: a theme, a part of the path. */

static bool guidance_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    return question->keeper->guidance < KEEPER_GUIDANCE_READ;
}

static bool hard_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    usec_t last_usec = offered_usec(question, OFFER_HARD);
    return question->history->hard_moments >= HARD_MOMENTS &&
           (last_usec == 0 || is_past(question, last_usec, HALF_A_YEAR));
}

static bool drift_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    const struct keeper *keeper = question->keeper;
    int32_t today = zone_local_day(question->world->zone, question->world->now_usec);
    uint32_t days_over = keeper->drift_days - (keeper->drift_days > 0 && keeper->drift_day == today);
    return question->world->schedule->drift && days_over >= DRIFT_DAYS &&
           offered_usec(question, OFFER_DRIFT) == 0;
}

static bool review_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    usec_t first_usec = question->history->first_usec;
    return is_past(question, first_usec, YOUNG_USEC) && !is_past(question, first_usec, SETTLED_USEC) &&
           offered_usec(question, OFFER_REVIEW) == 0;
}

static bool late_review_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    return is_past(question, question->history->first_usec, SETTLED_USEC) &&
           offered_usec(question, OFFER_LATE_REVIEW) == 0;
}

/* A theme that the schedule says something of needs no question, and lines of one's own rest without one. */
static bool less_due(const struct question *question, unsigned *ret_of) {
    const struct history *history = question->history;
    char id[OFFER_ID_SIZE];
    for (enum theme theme = 0; theme < THEME_OWN && question->world->schedule->learn; theme++)
        if (history->themes[theme].not_for_me >= NOT_FOR_ME &&
            choose_weight(question->world->schedule, history, theme) == WEIGHT_NORMAL &&
            shown_usec(history, offer_id(OFFER_LESS, theme, id)) == 0) {
            *ret_of = theme;
            return true;
        }
    return false;
}

static bool path_due(const struct question *question, unsigned *ret_of) {
    usec_t since_usec;
    if (question->world->schedule->path == PATH_NONE || question->history->first_usec == 0)
        return false; /* where nothing is written down, it would begin each day */
    int part = path_part(question->history, &since_usec);
    *ret_of = (unsigned)(part + 1);
    return part < 0 || (part + 1 < PATH_PARTS && is_past(question, since_usec, PATH_PART_USEC));
}

/* On a day with something helpful in it. */
static bool hard_line_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    const struct history *history = question->history;
    const struct world *world = question->world;
    return !history->hard_line && is_past(question, history->first_usec, ACQUAINTED_USEC) &&
           history->helpful_usec > 0 &&
           zone_local_day(world->zone, history->helpful_usec) ==
               zone_local_day(world->zone, world->now_usec) &&
           offered_usec(question, OFFER_HARD_LINE) == 0;
}

/* A kept line that is half a year old, was not shown lately and does not rest. One of them, by chance. */
static const struct prompt *old_line(const struct question *question, uint64_t seed) {
    const struct library *library = question->world->library;
    const struct prompt *line = NULL;
    uint64_t n = 0;
    for (size_t i = 0; i < library->n_prompts; i++) {
        const struct prompt *prompt = &library->prompts[i];
        const struct card *card = history_find(question->history, prompt->id);
        if (prompt->theme != THEME_OWN || !is_past(question, prompt->written_usec, HALF_A_YEAR) ||
            (card && (card->resting || !is_past(question, card->shown_usec, CHOOSE_OWN_REST_USEC))))
            continue;
        if (hash_scale(seed * (2 * n + 1), n + 1) == 0)
            line = prompt;
        n++;
    }
    return line;
}

static bool then_due(const struct question *question, unsigned *ret_of) {
    (void)ret_of;
    usec_t last_usec = question->keeper->then_usec;
    return is_past(question, question->history->first_usec, HALF_A_YEAR) &&
           (last_usec == 0 || is_past(question, last_usec, HALF_A_YEAR)) &&
           question->world->schedule->weights[THEME_OWN] != WEIGHT_OFF && old_line(question, 0);
}

/* --- The table -------------------------------------------------------------------------------- */

/* Whether the number of prompts suits. */
#define NUMBER_CHOICES                                                                                       \
    { CHOICE_KEEP_ON, CHOICE_FEWER, CHOICE_PAUSE, CHOICE_AS_BEFORE, CHOICE_NONE }

/* In the order in which they come. `choices` end with CHOICE_NONE, and what matters most comes first, for
 * servers that draw few; of `fewer` and `as-before`, only what can be done is offered. */
static const struct {
    const char *name;
    bool (*is_due)(const struct question *question, unsigned *ret_of);
    enum choice choices[OFFER_LIST + 1];
} offers[OFFER_COUNT] = {
    [OFFER_GUIDANCE] = {"guidance", guidance_due, {CHOICE_OKAY, CHOICE_SUPPORT, CHOICE_NONE}},
    [OFFER_HARD] = {"hard",
                    hard_due,
                    {CHOICE_FEWER, CHOICE_PAUSE, CHOICE_SUPPORT, CHOICE_KEEP_ON, CHOICE_AS_BEFORE,
                     CHOICE_NONE}},
    [OFFER_DRIFT] = {"drift", drift_due, NUMBER_CHOICES},
    [OFFER_REVIEW] = {"review", review_due, NUMBER_CHOICES},
    [OFFER_LATE_REVIEW] = {"late-review", late_review_due, NUMBER_CHOICES},
    [OFFER_LESS] = {"less", less_due, {CHOICE_LESS, CHOICE_KEEP_ON, CHOICE_NONE}},
    [OFFER_PATH] = {"path", path_due, {CHOICE_OKAY, CHOICE_NONE}},
    [OFFER_HARD_LINE] = {"hard-line", hard_line_due, {CHOICE_LET_GO, CHOICE_NONE}},
    [OFFER_THEN] = {"then-and-now",
                    then_due,
                    {CHOICE_STILL, CHOICE_PARTLY, CHOICE_NOT_ANY_MORE, CHOICE_NONE}},
};

const char *offer_id(enum offer offer, unsigned of, char buffer[OFFER_ID_SIZE]) {
    if (offer == OFFER_LESS)
        snprintf(buffer, OFFER_ID_SIZE, OFFER_PREFIX "%s:%s", offers[offer].name, theme_id((enum theme)of));
    else if (offer == OFFER_PATH)
        snprintf(buffer, OFFER_ID_SIZE, OFFER_PREFIX "%s:%u", offers[offer].name, of + 1);
    else
        snprintf(buffer, OFFER_ID_SIZE, OFFER_PREFIX "%s", offers[offer].name);
    return buffer;
}

/* "Then and now" is a prompt of theme own, so that its line is forgotten with the line; `why` tells it. */
enum offer offer_of(const struct open_prompt *open) {
    if (open->theme == THEME_OWN)
        return streq(or_empty(open->why), offers[OFFER_THEN].name) ? OFFER_THEN : OFFER_COUNT;
    const char *prompt = or_empty(open->prompt);
    if (strncmp(prompt, OFFER_PREFIX, strlen(OFFER_PREFIX)) != 0)
        return OFFER_COUNT;
    prompt += strlen(OFFER_PREFIX);
    size_t length = strcspn(prompt, ":");
    for (enum offer offer = 0; offer < OFFER_COUNT; offer++)
        if (strlen(offers[offer].name) == length && strncmp(offers[offer].name, prompt, length) == 0)
            return offer;
    return OFFER_COUNT;
}

enum theme keeper_less_of(const char *prompt) {
    char id[OFFER_ID_SIZE];
    enum theme theme = 0;
    while (theme < THEME_COUNT && !streq(offer_id(OFFER_LESS, theme, id), prompt))
        theme++;
    return theme;
}

/* What it would give away on the screen; THEME_NONE: nothing. */
enum theme offer_theme(const struct open_prompt *open) {
    return offer_of(open) == OFFER_LESS ? keeper_less_of(open->prompt) : open->theme;
}

size_t offer_choices(const struct keeper *keeper, const struct open_prompt *open,
                     enum choice ret[CHOICES_MAX]) {
    enum offer offer = offer_of(open);
    size_t n = 0;
    for (size_t i = 0; offer < OFFER_COUNT && offers[offer].choices[i] != CHOICE_NONE; i++) {
        enum choice choice = offers[offer].choices[i];
        if ((choice == CHOICE_FEWER && keeper->fewer == KEEPER_FEWER_MAX) ||
            (choice == CHOICE_AS_BEFORE && keeper->fewer == 0))
            continue;
        ret[n++] = choice;
    }
    return n;
}

/* --- Setting one ------------------------------------------------------------------------------ */

static int set_then(struct open_prompt *open, const struct question *question, uint64_t seed) {
    const struct prompt *line = old_line(question, seed);
    if (!line)
        return -ENODATA;
    _cleanup_free_ char *text = NULL;
    int r = words_of_then(question->world, line, &text);
    if (r >= 0)
        r = replace_string(&open->prompt, line->id);
    if (r >= 0)
        r = replace_string(&open->why, offers[OFFER_THEN].name);
    if (r >= 0)
        r = replace_string(&open->text, text);
    open->theme = THEME_OWN;
    return r;
}

static int set_plain(struct open_prompt *open, const struct world *world, enum offer offer, unsigned of) {
    char id[OFFER_ID_SIZE];
    _cleanup_free_ char *text = NULL;
    int r = words_of_offer(world, offer, of, &text);
    if (r >= 0)
        r = replace_string(&open->prompt, offer_id(offer, of, id));
    if (r >= 0)
        r = replace_string(&open->why, "offer");
    if (r >= 0)
        r = replace_string(&open->text, text);
    open->write = offer == OFFER_HARD_LINE;
    return r;
}

static int set_offer(struct open_prompt *open, const struct question *question, enum offer offer, unsigned of,
                     uint64_t seed) {
    int r =
        offer == OFFER_THEN ? set_then(open, question, seed) : set_plain(open, question->world, offer, of);
    if (r >= 0)
        r = replace_string(&open->title, words_of_offer_title(offer));
    if (r >= 0)
        open->stage = first_stage(question->world, open);
    return r;
}

int take_offer(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
               const struct history *history, uint64_t seed) {
    const struct question question = {keeper, world, history};
    bool had_one = keeper->offer_day == zone_local_day(world->zone, world->now_usec);
    bool hard_day = history->hard_usec > 0 && world->now_usec < usec_add(history->hard_usec, HARD_DAY_USEC);
    for (enum offer offer = 0; offer < OFFER_COUNT; offer++) {
        unsigned of = 0;
        if ((had_one && offer != OFFER_GUIDANCE) || (hard_day && offer > OFFER_HARD) ||
            !offers[offer].is_due(&question, &of))
            continue;
        int r = set_offer(open, &question, offer, of, seed);
        return r < 0 ? r : 1;
    }
    return 0;
}

int ask_offer(struct open_prompt *open, const struct keeper *keeper, const struct world *world,
              const struct history *history, enum offer offer, uint64_t seed) {
    const struct question question = {keeper, world, history};
    return set_offer(open, &question, offer, 0, seed);
}

enum offer offer_from_word(const char *word) {
    static const enum offer asked[] = {OFFER_GUIDANCE, OFFER_THEN};
    for (size_t i = 0; i < ELEMENTSOF(asked); i++)
        if (streq(offers[asked[i]].name, word))
            return asked[i];
    return OFFER_COUNT;
}

bool keeper_word_taken(const char *word) {
    return streq(word, choice_id(CHOICE_HARD)) || offer_from_word(word) != OFFER_COUNT;
}

/* --- What follows ----------------------------------------------------------------------------- */

/* Days without an answer are counted while the person is there; what they asked for themselves is not. */
static void note_drift(struct keeper *keeper, const struct world *world, int32_t today) {
    if (world->presence != PRESENCE_AVAILABLE || keeper->drift_day == today)
        return;
    keeper->drift_day = today;
    keeper->drift_days++;
}

void note_offer_shown(struct keeper *keeper, const struct world *world, const struct open_prompt *open) {
    int32_t today = zone_local_day(world->zone, world->now_usec);
    enum offer offer = offer_of(open);
    if (!open->by_hand)
        note_drift(keeper, world, today);
    if (offer != OFFER_COUNT && offer != OFFER_GUIDANCE && !open->by_hand)
        keeper->offer_day = today;
    if (offer == OFFER_THEN)
        keeper->then_usec = world->now_usec;
}

/* One that is only opened is not answered yet. */
void note_offer_answered(struct keeper *keeper, const struct open_prompt *open, enum choice choice) {
    keeper->drift_days = 0;
    if (offer_of(open) == OFFER_GUIDANCE && choice != CHOICE_OPEN)
        keeper->guidance = KEEPER_GUIDANCE_READ;
}

void note_offer_closed(struct keeper *keeper, const struct open_prompt *open, enum closed_how how) {
    bool went_by = how == CLOSED_UNANSWERED || how == CLOSED_REPLACED;
    if (offer_of(open) == OFFER_GUIDANCE)
        keeper->guidance =
            went_by ? MIN_OF(keeper->guidance + 1, KEEPER_GUIDANCE_READ) : KEEPER_GUIDANCE_READ;
}

static void set_fewer(struct keeper *keeper, uint32_t fewer) {
    keeper->fewer = fewer;
    keeper->fewer_count = 0;
}

bool follow_offer(struct keeper *keeper, enum choice choice) {
    if (choice == CHOICE_FEWER)
        set_fewer(keeper, MIN_OF(keeper->fewer + 1, KEEPER_FEWER_MAX));
    else if (choice == CHOICE_AS_BEFORE)
        set_fewer(keeper, 0);
    return choice == CHOICE_PAUSE;
}

/* Of each three that come due, one or two pass by: which, is drawn anew for each three, so that no hour of
 * the day is always the one. */
bool passes_by(struct keeper *keeper, const struct world *world) {
    if (keeper->fewer == 0)
        return false;
    uint32_t place = keeper->fewer_count % KEEPER_FEWER_OF, three = keeper->fewer_count / KEEPER_FEWER_OF;
    keeper->fewer_count++;
    bool is_drawn = place == hash_scale(hash_word(world->secret, "fewer", "", three, 0), KEEPER_FEWER_OF);
    return keeper->fewer == 1 ? is_drawn : !is_drawn;
}

int keeper_reset(const struct keeper *keeper, const struct world *world, struct turn *ret) {
    (void)world;
    _cleanup_(turn_donep) struct turn turn;
    int r = turn_begin(keeper, &turn);
    if (r < 0)
        return r;
    set_fewer(turn.next, 0);
    turn.changed = true;
    return turn_end(&turn, ret);
}
