/* Two draws: first a theme, then the next card of that theme's shuffled deck.
 *
 * Theme: those that are on, minus today's, minus the last three, minus what is deeper than the ceiling; where
 * that leaves none, first "last three" is dropped, then "today"; off-switches and the ceiling never. Of the
 * eligible: one shown fewer than three times comes first; with probability 0.30 the one unseen longest; else
 * each draws from Beta(3 + s, 2 + f) and the largest wins, weighed by `more` and `less`.
 *
 * Card: one at random of the theme's that were not seen within 30 days; where there is none, the one unseen
 * longest. So a card never comes again while another of its theme has been unseen for longer, or within 30
 * days while others are left.
 */
#include "daemon/core/choose.h"

#include <math.h>

#define NEW_THEME_SHOWINGS 3
#define VARIETY_SHARE      0.30
#define FIRST_WEEKS_USEC   (14 * USEC_PER_DAY)
#define AFTER_HARD_USEC    USEC_PER_DAY

static const char *const branch_ids[BRANCH_COUNT] = {
    [BRANCH_ASKED] = "asked",
    [BRANCH_NEW] = "new",
    [BRANCH_VARIETY] = "variety",
    [BRANCH_LEARNED] = "learned",
};

const char *branch_id(enum branch branch) {
    return branch_ids[branch];
}

enum branch branch_from_id(const char *id) {
    enum branch branch = 0;
    while (branch < BRANCH_COUNT && !streq(branch_ids[branch], id))
        branch++;
    return branch;
}

void history_done(struct history *history) {
    for (size_t i = 0; i < history->n_cards; i++)
        free(history->cards[i].prompt);
    free(history->cards);
    *history = (struct history){0};
}

static int compare_card(const void *key, const void *card) {
    return strcmp(key, ((const struct card *)card)->prompt);
}

const struct card *history_find(const struct history *history, const char *prompt) {
    if (history->n_cards == 0)
        return NULL;
    return bsearch(prompt, history->cards, history->n_cards, sizeof *history->cards, compare_card);
}

/* A small generator (splitmix64): all chance of one choice comes from one seed. */
static uint64_t next_bits(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/* In (0, 1). */
static double next_uniform(uint64_t *state) {
    return ((double)(next_bits(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double next_normal(uint64_t *state) {
    double radius = sqrt(-2 * log(next_uniform(state)));
    return radius * cos(2 * M_PI * next_uniform(state));
}

/* Gamma(shape, 1) for shape >= 1, by Marsaglia and Tsang (2000). */
static double next_gamma(uint64_t *state, double shape) {
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = next_normal(state), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(next_uniform(state)) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

static double next_beta(uint64_t *state, double a, double b) {
    double x = next_gamma(state, a), y = next_gamma(state, b);
    return x / (x + y);
}

static double weight_factor(enum weight weight) {
    return weight == WEIGHT_MORE ? 1.5 : weight == WEIGHT_LESS ? 0.6 : 1.0;
}

/* How deep a prompt may go now. In the first two weeks there are no image and forgiveness prompts either. */
static unsigned depth_ceiling(const struct history *history, usec_t now_usec) {
    bool hard = history->hard_usec > 0 && now_usec < usec_add(history->hard_usec, AFTER_HARD_USEC);
    return hard ? 1 : 3;
}

static theme_set first_weeks_without(const struct history *history, usec_t now_usec) {
    bool young = history->first_usec == 0 || now_usec < usec_add(history->first_usec, FIRST_WEEKS_USEC);
    return young ? THEME_BIT(THEME_IMAGE) | THEME_BIT(THEME_FORGIVENESS) : 0;
}

static bool card_fits(const struct prompt *prompt, const struct schedule *schedule,
                      const struct history *history, unsigned ceiling) {
    const struct card *card = history_find(history, prompt->id);
    return prompt->depth <= ceiling && !(card && card->resting) &&
           prompt_suits(prompt, or_empty(schedule->name));
}

/* Themes with at least one card that may be shown. */
static theme_set themes_with_cards(const struct library *library, const struct schedule *schedule,
                                   const struct history *history, unsigned ceiling) {
    theme_set themes = 0;
    for (size_t i = 0; i < library->n_prompts && themes != library->themes; i++) {
        const struct prompt *prompt = &library->prompts[i];
        if (!(themes & THEME_BIT(prompt->theme)) && card_fits(prompt, schedule, history, ceiling))
            themes |= THEME_BIT(prompt->theme);
    }
    return themes;
}

static theme_set eligible_themes(theme_set allowed, const struct history *history) {
    theme_set recent = 0;
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        if (history->recent[i] != THEME_NONE)
            recent |= THEME_BIT(history->recent[i]);
    if (allowed & ~history->today & ~recent)
        return allowed & ~history->today & ~recent;
    if (allowed & ~history->today)
        return allowed & ~history->today;
    return allowed;
}

/* The eligible theme with the least key; ties are drawn. */
static enum theme least(theme_set eligible, const uint64_t key[THEME_COUNT], uint64_t *state) {
    enum theme best = THEME_NONE;
    unsigned ties = 0;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        if (!(eligible & THEME_BIT(theme)))
            continue;
        if (best == THEME_NONE || key[theme] < key[best]) {
            best = theme;
            ties = 1;
        } else if (key[theme] == key[best] && hash_scale(next_bits(state), ++ties) == 0)
            best = theme;
    }
    return best;
}

static enum theme draw_theme(theme_set eligible, const struct schedule *schedule,
                             const struct history *history, uint64_t *state, enum branch *ret_branch) {
    uint64_t shown[THEME_COUNT], seen_usec[THEME_COUNT];
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        shown[theme] = history->themes[theme].shown;
        seen_usec[theme] = history->themes[theme].shown_usec;
    }
    enum theme theme = least(eligible, shown, state);
    if (shown[theme] < NEW_THEME_SHOWINGS) {
        *ret_branch = BRANCH_NEW;
        return theme;
    }
    *ret_branch = BRANCH_VARIETY;
    if (!schedule->learn || next_uniform(state) < VARIETY_SHARE)
        return least(eligible, seen_usec, state);
    *ret_branch = BRANCH_LEARNED;
    double best = -1;
    for (enum theme i = 0; i < THEME_COUNT; i++) {
        if (!(eligible & THEME_BIT(i)))
            continue;
        double draw = weight_factor(schedule->weights[i]) *
                      next_beta(state, 3 + history->themes[i].helped, 2 + history->themes[i].not_helped);
        if (draw > best) {
            best = draw;
            theme = i;
        }
    }
    return theme;
}

/* The card of the theme that has not been seen for longest; among those not seen within 30 days, one at
 * random. */
static const struct prompt *draw_card(const struct library *library, const struct schedule *schedule,
                                      const struct history *history, enum theme theme, bool write,
                                      unsigned ceiling, usec_t now_usec, uint64_t *state) {
    const struct prompt *best = NULL;
    usec_t best_usec = 0;
    uint64_t ties = 0;
    for (size_t i = 0; i < library->n_prompts; i++) {
        const struct prompt *prompt = &library->prompts[i];
        if (prompt->theme != theme || (write && !prompt->write) ||
            !card_fits(prompt, schedule, history, ceiling))
            continue;
        const struct card *card = history_find(history, prompt->id);
        usec_t shown_usec = card ? card->shown_usec : 0;
        if (usec_add(shown_usec, CHOOSE_REST_USEC) <= now_usec)
            shown_usec = 0;
        if (!best || shown_usec < best_usec) {
            best = prompt;
            best_usec = shown_usec;
            ties = 1;
        } else if (shown_usec == best_usec && hash_scale(next_bits(state), ++ties) == 0)
            best = prompt;
    }
    return best;
}

int choose_prompt(const struct library *library, const struct schedule *schedule,
                  const struct history *history, const struct wish *wish, struct pick *ret) {
    uint64_t state = wish->seed;
    unsigned ceiling = depth_ceiling(history, wish->now_usec);
    theme_set allowed = themes_with_cards(library, schedule, history, ceiling);
    if (wish->themes)
        allowed &= wish->themes;
    if (!wish->asked) {
        allowed &= ~first_weeks_without(history, wish->now_usec);
        for (enum theme theme = 0; theme < THEME_COUNT; theme++)
            if (schedule->weights[theme] == WEIGHT_OFF)
                allowed &= ~THEME_BIT(theme);
    }
    if (!allowed)
        return -ENOENT;
    theme_set eligible = eligible_themes(allowed, history);
    enum branch branch;
    enum theme theme = draw_theme(eligible, schedule, history, &state, &branch);
    if ((allowed & (allowed - 1)) == 0)
        branch = BRANCH_ASKED;
    const struct prompt *prompt =
        draw_card(library, schedule, history, theme, wish->write, ceiling, wish->now_usec, &state);
    if (!prompt)
        prompt = draw_card(library, schedule, history, theme, false, ceiling, wish->now_usec, &state);
    *ret = (struct pick){prompt, branch, history->themes[theme].rated, history->themes[theme].rated_helpful};
    return 0;
}
