/* Two draws: first a theme, then the next card of that theme's shuffled deck.
 *
 * Theme: those that are on, minus today's, minus the last three, minus what is deeper than the ceiling; where
 * that leaves none, first "last three" is dropped, then "today"; off-switches and the ceiling never. Themes
 * that have a card unseen for 30 days come before all that have none: so no prompt comes again within 30 days
 * while another is left. Of the eligible: one shown fewer than three times comes first; with probability 0.30
 * the one unseen longest; else each draws from Beta(3 + s, 2 + f) and the largest wins, weighed by `more` and
 * `less`.
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
    [BRANCH_ASKED] = "asked",     [BRANCH_NEW] = "new",   [BRANCH_VARIETY] = "variety",
    [BRANCH_LEARNED] = "learned", [BRANCH_PATH] = "path",
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
    free(history->hard_line);
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

/* What the schedule says of a theme counts before what was answered once. */
enum weight choose_weight(const struct schedule *schedule, const struct history *history, enum theme theme) {
    bool less = schedule->weights[theme] == WEIGHT_NORMAL && history->less & THEME_BIT(theme);
    return less ? WEIGHT_LESS : schedule->weights[theme];
}

static double weight_factor(enum weight weight) {
    return weight == WEIGHT_MORE ? 1.5 : weight == WEIGHT_LESS ? 0.6 : 1.0;
}

/* A person's first two weeks, which begin with the first showing. */
static bool is_young(const struct history *history, usec_t now_usec) {
    return history->first_usec == 0 || now_usec < usec_add(history->first_usec, FIRST_WEEKS_USEC);
}

/* How deep a prompt may go now. In the first two weeks there are no image and forgiveness prompts either. */
static unsigned depth_ceiling(const struct history *history, const struct wish *wish) {
    if (history->hard_usec > 0 && wish->now_usec < usec_add(history->hard_usec, AFTER_HARD_USEC))
        return 1;
    return is_young(history, wish->now_usec) && !wish->asked ? 2 : 3;
}

static theme_set first_weeks_without(const struct history *history, usec_t now_usec) {
    return is_young(history, now_usec) ? THEME_BIT(THEME_IMAGE) | THEME_BIT(THEME_FORGIVENESS) : 0;
}

/* What a choice looks at. */
struct draw {
    const struct library *library;
    const struct history *history;
    const char *name; /* of the person; "" for none */
    usec_t now_usec;
    unsigned ceiling;
    uint64_t state; /* of chance */
};

static usec_t card_shown_usec(const struct draw *draw, const struct prompt *prompt) {
    const struct card *card = history_find(draw->history, prompt->id);
    return card ? card->shown_usec : 0;
}

static bool card_is_fresh(const struct draw *draw, const struct prompt *prompt) {
    usec_t shown_usec = card_shown_usec(draw, prompt);
    return shown_usec == 0 || usec_add(shown_usec, CHOOSE_REST_USEC) <= draw->now_usec;
}

/* A line of one's own is left alone for a while, whatever else there is. */
static bool line_is_ripe(const struct draw *draw, const struct prompt *prompt) {
    usec_t since_usec = MAX_OF(prompt->written_usec, card_shown_usec(draw, prompt));
    return prompt->theme != THEME_OWN || usec_add(since_usec, CHOOSE_OWN_REST_USEC) <= draw->now_usec;
}

static bool card_fits(const struct draw *draw, const struct prompt *prompt) {
    const struct card *card = history_find(draw->history, prompt->id);
    return prompt->depth <= draw->ceiling && !(card && card->resting) && line_is_ripe(draw, prompt) &&
           prompt_suits(prompt, draw->name);
}

/* Themes with at least one card that may be shown; `fresh`: with one unseen for 30 days. */
static theme_set themes_with_cards(const struct draw *draw, bool fresh) {
    theme_set themes = 0;
    for (size_t i = 0; i < draw->library->n_prompts && themes != draw->library->themes; i++) {
        const struct prompt *prompt = &draw->library->prompts[i];
        if (!(themes & THEME_BIT(prompt->theme)) && card_fits(draw, prompt) &&
            (!fresh || card_is_fresh(draw, prompt)))
            themes |= THEME_BIT(prompt->theme);
    }
    return themes;
}

static theme_set eligible_themes(theme_set allowed, theme_set fresh, const struct history *history) {
    theme_set recent = 0;
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        if (history->recent[i] != THEME_NONE)
            recent |= THEME_BIT(history->recent[i]);
    const theme_set rules[] = {
        fresh & ~history->today & ~recent,
        fresh & ~history->today,
        allowed & ~history->today & ~recent,
        allowed & ~history->today,
        fresh,
        allowed,
    };
    size_t i = 0;
    while (!rules[i])
        i++;
    return rules[i];
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

/* `focus`: themes of a path; one that is eligible comes, and what spaces themes mixes the others in. */
static enum theme draw_theme(struct draw *draw, theme_set eligible, const struct schedule *schedule,
                             const struct wish *wish, enum branch *ret_branch) {
    const struct history *history = draw->history;
    uint64_t shown[THEME_COUNT], seen_usec[THEME_COUNT];
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        shown[theme] = history->themes[theme].shown;
        seen_usec[theme] = history->themes[theme].shown_usec;
    }
    *ret_branch = BRANCH_PATH;
    if (eligible & wish->focus)
        return least(eligible & wish->focus, seen_usec, &draw->state);
    enum theme theme = least(eligible, shown, &draw->state);
    if (shown[theme] < NEW_THEME_SHOWINGS) {
        *ret_branch = BRANCH_NEW;
        return theme;
    }
    *ret_branch = BRANCH_VARIETY;
    if (!schedule->learn || next_uniform(&draw->state) < VARIETY_SHARE)
        return least(eligible, seen_usec, &draw->state);
    *ret_branch = BRANCH_LEARNED;
    double best = -1;
    for (enum theme i = 0; i < THEME_COUNT; i++) {
        if (!(eligible & THEME_BIT(i)))
            continue;
        double drawn =
            weight_factor(choose_weight(schedule, history, i)) *
            next_beta(&draw->state, 3 + history->themes[i].helped, 2 + history->themes[i].not_helped);
        if (drawn > best) {
            best = drawn;
            theme = i;
        }
    }
    return theme;
}

/* The card of the theme that has not been seen for longest; among those not seen within 30 days, one at
 * random. */
static const struct prompt *draw_card(struct draw *draw, enum theme theme, bool write) {
    const struct prompt *best = NULL;
    usec_t best_usec = 0;
    uint64_t ties = 0;
    for (size_t i = 0; i < draw->library->n_prompts; i++) {
        const struct prompt *prompt = &draw->library->prompts[i];
        if (prompt->theme != theme || (write && !prompt->write) || !card_fits(draw, prompt))
            continue;
        usec_t shown_usec = card_is_fresh(draw, prompt) ? 0 : card_shown_usec(draw, prompt);
        if (!best || shown_usec < best_usec) {
            best = prompt;
            best_usec = shown_usec;
            ties = 1;
        } else if (shown_usec == best_usec && hash_scale(next_bits(&draw->state), ++ties) == 0)
            best = prompt;
    }
    return best;
}

int choose_prompt(const struct library *library, const struct schedule *schedule,
                  const struct history *history, const struct wish *wish, struct pick *ret) {
    struct draw draw = {
        .library = library,
        .history = history,
        .name = or_empty(schedule->name),
        .now_usec = wish->now_usec,
        .ceiling = depth_ceiling(history, wish),
        .state = wish->seed,
    };
    theme_set on = wish->themes ? wish->themes : THEME_SET_ALL;
    if (!wish->asked) {
        on &= ~first_weeks_without(history, wish->now_usec);
        for (enum theme theme = 0; theme < THEME_COUNT; theme++)
            if (schedule->weights[theme] == WEIGHT_OFF)
                on &= ~THEME_BIT(theme);
    }
    theme_set allowed = themes_with_cards(&draw, false) & on;
    if (!allowed)
        return -ENOENT;
    theme_set eligible = eligible_themes(allowed, themes_with_cards(&draw, true) & on, history);
    enum branch branch;
    enum theme theme = draw_theme(&draw, eligible, schedule, wish, &branch);
    if ((allowed & (allowed - 1)) == 0)
        branch = BRANCH_ASKED;
    const struct prompt *prompt = draw_card(&draw, theme, wish->write);
    if (!prompt)
        prompt = draw_card(&draw, theme, false);
    *ret = (struct pick){prompt, branch, history->themes[theme].rated, history->themes[theme].rated_helpful};
    return 0;
}
