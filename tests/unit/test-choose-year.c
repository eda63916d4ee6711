/* Years of three prompts a day on the real choice, with a person who answers: what holds on each day, and
 * what becomes of the shares of the themes. */
#include <math.h>
#include <stdio.h>

#include "daemon/core/choose.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BEGIN      ((usec_t)1773216000 * USEC_PER_SEC)
#define DAYS       365
#define PER_DAY    3
#define SEEDS      20
#define HALF_LIFE  (60.0 * (double)USEC_PER_DAY)
#define THEMES     THEME_OWN /* the ten of the decks */
#define CARDS_MAX  256
#define NOBODY     THEME_NONE
#define HARD_EVERY 23 /* days between hard moments */
#define YOUNG_USEC (14 * USEC_PER_DAY)

/* How deep the cards of a theme are, in turn. */
static const uint8_t depths[THEMES][4] = {
    [THEME_KINDNESS] = {1, 2, 2, 2}, [THEME_ACCEPTANCE] = {1, 2, 2, 2}, [THEME_HUMANITY] = {1, 1, 1, 1},
    [THEME_NOTICING] = {1, 1, 1, 1}, [THEME_FRIEND] = {1, 2, 2, 2},     [THEME_CARE] = {1, 1, 1, 1},
    [THEME_IMAGE] = {2, 2, 3, 3},    [THEME_RESPECT] = {1, 2, 2, 2},    [THEME_FORGIVENESS] = {2, 2, 3, 3},
    [THEME_PATIENCE] = {1, 1, 1, 1},
};

struct person {
    enum theme helped, not_helped; /* always answered so; NOBODY: none is */
    unsigned cards, cards_not_helped;
};

struct year {
    struct library *library;
    struct schedule schedule;
    struct history history;
    usec_t decayed_usec[THEME_COUNT];
    usec_t *card_usec; /* by prompt, in the library's order */
    bool *card_rests;
    usec_t hard_usec;
    unsigned shown[THEME_COUNT], branches[BRANCH_COUNT], n_cards;
};

static void add_cards(struct library *library, enum theme theme, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        char id[64];
        snprintf(id, sizeof id, "%s-%03u", theme_id(theme), i);
        struct prompt prompt = {
            .id = strdup(id), .text = strdup(id), .theme = theme, .depth = depths[theme][i % 4]};
        assert_int_equal(library_add_prompt(library, &prompt), 0);
    }
}

static void year_begin(struct year *year, const struct person *person) {
    *year = (struct year){.library = library_new(), .schedule.learn = true};
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        year->schedule.weights[theme] = WEIGHT_NORMAL;
    for (enum theme theme = 0; theme < THEMES; theme++)
        add_cards(year->library, theme,
                  theme == person->not_helped ? person->cards_not_helped : person->cards);
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        year->history.recent[i] = THEME_NONE;
    year->card_usec = calloc(year->library->n_prompts, sizeof *year->card_usec);
    year->card_rests = calloc(year->library->n_prompts, sizeof *year->card_rests);
}

static void year_end(struct year *year) {
    history_done(&year->history);
    library_free(year->library);
    free(year->card_usec);
    free(year->card_rests);
}

/* As the journal gives them: those of the last 30 days, and those that rest; sorted, as the library is. */
static void fill_cards(struct year *year, usec_t now_usec) {
    struct history *history = &year->history;
    for (size_t i = 0; i < history->n_cards; i++)
        free(history->cards[i].prompt);
    history->n_cards = 0;
    for (size_t i = 0; i < year->library->n_prompts; i++) {
        usec_t shown = year->card_usec[i];
        if (!year->card_rests[i] && (shown == 0 || shown + CHOOSE_REST_USEC < now_usec))
            continue;
        assert_int_equal(array_reserve(&history->cards, &history->cards_capacity, history->n_cards + 1,
                                       sizeof *history->cards),
                         0);
        history->cards[history->n_cards++] =
            (struct card){strdup(year->library->prompts[i].id), shown, year->card_rests[i]};
    }
}

static void fade(struct year *year, usec_t now_usec) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        double left = exp2(-(double)(now_usec - year->decayed_usec[theme]) / HALF_LIFE);
        year->history.themes[theme].helped *= left;
        year->history.themes[theme].not_helped *= left;
        year->decayed_usec[theme] = now_usec;
    }
}

/* What holds for every prompt. The themes have cards enough, so nothing has to be dropped. */
static void check_pick(const struct year *year, const struct prompt *prompt, usec_t now_usec) {
    usec_t last_usec = year->card_usec[prompt - year->library->prompts];
    assert_true(last_usec == 0 || now_usec - last_usec >= CHOOSE_REST_USEC);
    assert_false(year->card_rests[prompt - year->library->prompts]);
    assert_false(year->history.today & THEME_BIT(prompt->theme));
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        assert_int_not_equal(year->history.recent[i], prompt->theme);
    if (now_usec < BEGIN + YOUNG_USEC) {
        assert_true(prompt->depth < 3);
        assert_true(prompt->theme != THEME_IMAGE && prompt->theme != THEME_FORGIVENESS);
    }
    if (year->hard_usec > 0 && now_usec < year->hard_usec + USEC_PER_DAY)
        assert_int_equal(prompt->depth, 1);
}

static void remember(struct year *year, const struct person *person, const struct prompt *prompt,
                     usec_t now_usec) {
    struct history *history = &year->history;
    enum theme theme = prompt->theme;
    if (history->first_usec == 0)
        history->first_usec = now_usec;
    history->themes[theme].shown++;
    history->themes[theme].shown_usec = now_usec;
    history->today |= THEME_BIT(theme);
    memmove(history->recent + 1, history->recent, (CHOOSE_RECENT - 1) * sizeof history->recent[0]);
    history->recent[0] = theme;
    year->card_usec[prompt - year->library->prompts] = now_usec;
    year->shown[theme]++;
    if (theme != person->helped && theme != person->not_helped)
        return; /* let pass: it teaches nothing */
    bool helped = theme == person->helped;
    *(helped ? &history->themes[theme].helped : &history->themes[theme].not_helped) += 1;
    history->themes[theme].rated++;
    history->themes[theme].rated_helpful += helped;
    year->card_rests[prompt - year->library->prompts] |= !helped;
}

static void live(struct year *year, const struct person *person, uint64_t seed) {
    static const struct hash_key secret = {.bytes = "a simulated year"};
    year_begin(year, person);
    for (unsigned day = 0; day < DAYS; day++) {
        year->history.today = 0;
        for (unsigned i = 0; i < PER_DAY; i++) {
            usec_t now_usec = BEGIN + day * USEC_PER_DAY + (10 + 4 * i) * USEC_PER_HOUR;
            fade(year, now_usec);
            fill_cards(year, now_usec);
            struct wish wish = {.now_usec = now_usec,
                                .seed = hash_word(&secret, "year", "", seed, day * PER_DAY + i)};
            struct pick pick;
            int r = choose_prompt(year->library, &year->schedule, &year->history, &wish, &pick);
            assert_int_equal(r, 0);
            check_pick(year, pick.prompt, now_usec);
            remember(year, person, pick.prompt, now_usec);
            year->branches[pick.branch]++;
            if (i == 1 && day % HARD_EVERY == HARD_EVERY - 1)
                year->hard_usec = year->history.hard_usec = now_usec;
        }
    }
}

/* Shares of the even one, of all that is shown: 1 is as much as each would have. */
static double share(unsigned shown) {
    return (double)shown * THEMES / (DAYS * PER_DAY);
}

struct shares {
    double least, least_helped, most_not_helped, helped, not_helped;
};

static struct shares live_many(const struct person *person) {
    struct shares shares = {.least = 10, .least_helped = 10};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct year year;
        live(&year, person, seed);
        for (enum theme theme = 0; theme < THEMES; theme++)
            shares.least = fmin(shares.least, share(year.shown[theme]));
        double helped = person->helped == NOBODY ? 1 : share(year.shown[person->helped]);
        double not_helped = person->not_helped == NOBODY ? 1 : share(year.shown[person->not_helped]);
        shares.least_helped = fmin(shares.least_helped, helped);
        shares.most_not_helped = fmax(shares.most_not_helped, not_helped);
        shares.helped += helped / SEEDS;
        shares.not_helped += not_helped / SEEDS;
        year_end(&year);
    }
    print_message("  helped %.2f of an even share (least %.2f), not helped %.2f (most %.2f), least of any "
                  "theme %.2f\n",
                  shares.helped, shares.least_helped, shares.not_helped, shares.most_not_helped,
                  shares.least);
    return shares;
}

static void test_without_answers(void **state) {
    (void)state;
    const struct person person = {NOBODY, NOBODY, 20, 20};
    struct shares shares = live_many(&person);
    assert_true(shares.least > 0.5);
}

static void test_helpful_and_not(void **state) {
    (void)state;
    static const enum theme pairs[][2] = {
        {THEME_KINDNESS, THEME_PATIENCE}, {THEME_CARE, THEME_HUMANITY}, {THEME_IMAGE, THEME_ACCEPTANCE}};
    for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
        const struct person person = {pairs[i][0], pairs[i][1], 40, CARDS_MAX};
        struct shares shares = live_many(&person);
        assert_true(shares.least_helped > 1.2);
        assert_true(shares.most_not_helped < 0.9);
        assert_true(shares.least > 0.5);
    }
}

/* A card that was not for the person rests for good: a theme of which none was has come once with each. */
static void test_all_cards_rest(void **state) {
    (void)state;
    const struct person person = {THEME_KINDNESS, THEME_PATIENCE, 40, 20};
    struct year year;
    live(&year, &person, 1);
    assert_int_equal(year.shown[THEME_PATIENCE], 20);
    year_end(&year);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_answers),
        cmocka_unit_test(test_helpful_and_not),
        cmocka_unit_test(test_all_cards_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
