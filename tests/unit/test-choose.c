/* Which prompt: every rule of eligibility alone, then what chance does over many draws. */
#include "daemon/core/choose.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW        ((usec_t)1773216000 * USEC_PER_SEC)
#define DAY        USEC_PER_DAY
#define SEEN_OFTEN 10 /* a theme that is not new any more */

struct bench {
    struct library *library;
    struct schedule schedule;
    struct history history;
    struct wish wish;
};

static void add_prompt(struct bench *bench, enum theme theme, const char *id, uint8_t depth, bool write) {
    struct prompt prompt = {
        .id = strdup(id), .text = strdup(id), .theme = theme, .depth = depth, .write = write};
    assert_int_equal(library_add_prompt(bench->library, &prompt), 0);
}

static void add_theme(struct bench *bench, enum theme theme, uint8_t depth, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        char id[64];
        snprintf(id, sizeof id, "%s-%02u", theme_id(theme), i);
        add_prompt(bench, theme, id, depth, false);
    }
}

/* All themes well known, nothing shown lately. */
static struct bench set_up(void) {
    struct bench bench = {.library = library_new(), .wish.now_usec = NOW, .schedule.learn = true};
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        bench.schedule.weights[theme] = WEIGHT_NORMAL;
        bench.history.themes[theme].shown = SEEN_OFTEN;
        bench.history.themes[theme].shown_usec = NOW - 10 * DAY;
    }
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        bench.history.recent[i] = THEME_NONE;
    bench.history.first_usec = NOW - 100 * DAY;
    return bench;
}

static void tear_down(struct bench *bench) {
    library_free(bench->library);
    history_done(&bench->history);
}

/* Cards have to be added in the order of their ids. */
static void add_card(struct bench *bench, const char *id, usec_t shown_usec, bool resting) {
    struct history *history = &bench->history;
    assert_int_equal(array_reserve(&history->cards, &history->cards_capacity, history->n_cards + 1,
                                   sizeof *history->cards),
                     0);
    history->cards[history->n_cards++] = (struct card){strdup(id), shown_usec, resting};
}

static struct pick pick(struct bench *bench, uint64_t seed) {
    struct pick pick;
    bench->wish.seed = seed;
    assert_int_equal(choose_prompt(bench->library, &bench->schedule, &bench->history, &bench->wish, &pick),
                     0);
    return pick;
}

/* The themes that come in many draws; 0: none is eligible. */
static theme_set themes_that_come(struct bench *bench) {
    theme_set themes = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct pick pick;
        bench->wish.seed = seed;
        int r = choose_prompt(bench->library, &bench->schedule, &bench->history, &bench->wish, &pick);
        assert_true(r == 0 || r == -ENOENT);
        if (r == 0)
            themes |= THEME_BIT(pick.prompt->theme);
    }
    return themes;
}

#define K   THEME_BIT(THEME_KINDNESS)
#define N   THEME_BIT(THEME_NOTICING)
#define C   THEME_BIT(THEME_CARE)
#define I   THEME_BIT(THEME_IMAGE)
#define F   THEME_BIT(THEME_FORGIVENESS)
#define ALL (K | N | C | I | F)

/* The library has kindness (depth 2), noticing (1), care (1), image (3) and forgiveness (2), two cards each.
 */
static const struct {
    int line;
    theme_set off, today;
    enum theme recent[CHOOSE_RECENT];
    usec_t first_ago, hard_ago; /* 0: long ago, never */
    theme_set wanted;
    bool asked;
    theme_set expected;
} cases[] = {
#define NO_RECENT                                                                                            \
    { THEME_NONE, THEME_NONE, THEME_NONE }
#define RECENT(a, b, c)                                                                                      \
    { THEME_##a, THEME_##b, THEME_##c }
    {__LINE__, 0, 0, NO_RECENT, 0, 0, 0, false, ALL},
    /* off, never; not even when nothing else is left */
    {__LINE__, K | I, 0, NO_RECENT, 0, 0, 0, false, N | C | F},
    {__LINE__, ALL, 0, NO_RECENT, 0, 0, 0, false, 0},
    {__LINE__, K, 0, NO_RECENT, 0, 0, K, false, 0},
    {__LINE__, K, 0, NO_RECENT, 0, 0, K, true, K}, /* but when it is asked for */
    /* not twice a day, not among the last three */
    {__LINE__, 0, K, NO_RECENT, 0, 0, 0, false, N | C | I | F},
    {__LINE__, 0, 0, RECENT(KINDNESS, CARE, IMAGE), 0, 0, 0, false, N | F},
    {__LINE__, 0, N, RECENT(KINDNESS, CARE, IMAGE), 0, 0, 0, false, F},
    /* none left: first "last three" is dropped, then "today" */
    {__LINE__, 0, N | F, RECENT(KINDNESS, CARE, IMAGE), 0, 0, 0, false, K | C | I},
    {__LINE__, 0, ALL, RECENT(KINDNESS, CARE, IMAGE), 0, 0, 0, false, ALL},
    {__LINE__, F, ALL, RECENT(KINDNESS, CARE, IMAGE), 0, 0, 0, false, K | N | C | I},
    /* a reminder's themes */
    {__LINE__, 0, 0, NO_RECENT, 0, 0, K | C, false, K | C},
    {__LINE__, 0, K, NO_RECENT, 0, 0, K | C, false, C},
    {__LINE__, 0, K | C, NO_RECENT, 0, 0, K | C, false, K | C},
    {__LINE__, 0, 0, NO_RECENT, 0, 0, THEME_BIT(THEME_OWN), false, 0}, /* no card */
    /* no image and forgiveness in the first two weeks */
    {__LINE__, 0, 0, NO_RECENT, 13 * DAY, 0, 0, false, K | N | C},
    {__LINE__, 0, 0, NO_RECENT, 14 * DAY, 0, 0, false, ALL},
    {__LINE__, 0, 0, NO_RECENT, USEC_INFINITY, 0, 0, false, K | N | C}, /* nothing was shown yet */
    {__LINE__, 0, 0, NO_RECENT, DAY, 0, I | F, false, 0},
    {__LINE__, 0, 0, NO_RECENT, DAY, 0, F, true, F},
    /* for 24 hours after `hard`, depth 1; never dropped, asked for or not */
    {__LINE__, 0, 0, NO_RECENT, 0, DAY - 1, 0, false, N | C},
    {__LINE__, 0, 0, NO_RECENT, 0, DAY, 0, false, ALL},
    {__LINE__, 0, N | C, RECENT(NOTICING, CARE, NONE), 0, 1, 0, false, N | C},
    {__LINE__, 0, 0, NO_RECENT, 0, 1, K, true, 0},
};

static void test_eligible(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct bench bench = set_up();
        add_theme(&bench, THEME_KINDNESS, 2, 2);
        add_theme(&bench, THEME_NOTICING, 1, 2);
        add_theme(&bench, THEME_CARE, 1, 2);
        add_theme(&bench, THEME_IMAGE, 3, 2);
        add_theme(&bench, THEME_FORGIVENESS, 2, 2);
        for (enum theme theme = 0; theme < THEME_COUNT; theme++)
            if (cases[i].off & THEME_BIT(theme))
                bench.schedule.weights[theme] = WEIGHT_OFF;
        bench.history.today = cases[i].today;
        memcpy(bench.history.recent, cases[i].recent, sizeof bench.history.recent);
        if (cases[i].first_ago)
            bench.history.first_usec = cases[i].first_ago == USEC_INFINITY ? 0 : NOW - cases[i].first_ago;
        if (cases[i].hard_ago)
            bench.history.hard_usec = NOW - cases[i].hard_ago;
        bench.wish.themes = cases[i].wanted;
        bench.wish.asked = cases[i].asked;
        theme_set themes = themes_that_come(&bench);
        if (themes != cases[i].expected)
            fail_msg("case at line %d: %x", cases[i].line, themes);
        tear_down(&bench);
    }
}

static void test_nothing_there(void **state) {
    (void)state;
    struct bench bench = set_up();
    assert_int_equal(themes_that_come(&bench), 0);
    tear_down(&bench);
}

/* A theme shown fewer than three times comes first, the least shown of them. */
static void test_new_themes_first(void **state) {
    (void)state;
    struct bench bench = set_up();
    add_theme(&bench, THEME_KINDNESS, 1, 2);
    add_theme(&bench, THEME_NOTICING, 1, 2);
    add_theme(&bench, THEME_CARE, 1, 2);
    bench.history.themes[THEME_NOTICING].shown = 2;
    bench.history.themes[THEME_CARE].shown = 1;
    assert_int_equal(themes_that_come(&bench), C);
    assert_int_equal(pick(&bench, 1).branch, BRANCH_NEW);
    bench.history.themes[THEME_CARE].shown = 2;
    assert_int_equal(themes_that_come(&bench), N | C);
    bench.history.themes[THEME_NOTICING].shown = bench.history.themes[THEME_CARE].shown = 3;
    assert_int_equal(themes_that_come(&bench), K | N | C);
    tear_down(&bench);
}

/* The same seed gives the same prompt; another one, sooner or later, another. */
static void test_chance_comes_from_the_seed(void **state) {
    (void)state;
    struct bench bench = set_up();
    add_theme(&bench, THEME_KINDNESS, 1, 20);
    add_theme(&bench, THEME_CARE, 1, 20);
    const struct prompt *first = pick(&bench, 0).prompt;
    size_t others = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        const struct prompt *prompt = pick(&bench, seed).prompt;
        assert_ptr_equal(prompt, pick(&bench, seed).prompt);
        others += prompt != first;
    }
    assert_in_range(others, 90, 99);
    tear_down(&bench);
}

/* --- Shares over many draws ------------------------------------------------------------------- */

#define DRAWS 20000

struct shares {
    unsigned theme[THEME_COUNT], branch[BRANCH_COUNT];
};

static struct shares draw_many(struct bench *bench) {
    struct shares shares = {0};
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        struct pick one = pick(bench, seed);
        shares.theme[one.prompt->theme]++;
        shares.branch[one.branch]++;
    }
    return shares;
}

static struct bench three_themes(void) {
    struct bench bench = set_up();
    add_theme(&bench, THEME_KINDNESS, 1, 1);
    add_theme(&bench, THEME_NOTICING, 1, 1);
    add_theme(&bench, THEME_CARE, 1, 1);
    return bench;
}

/* 30 in 100 are for variety: the one unseen longest. Standard deviation: 65 of 20000. */
static void test_variety(void **state) {
    (void)state;
    struct bench bench = three_themes();
    bench.history.themes[THEME_CARE].shown_usec = NOW - 20 * DAY;
    struct shares shares = draw_many(&bench);
    assert_in_range(shares.branch[BRANCH_VARIETY], 6000 - 400, 6000 + 400);
    assert_int_equal(shares.branch[BRANCH_VARIETY] + shares.branch[BRANCH_LEARNED], DRAWS);
    /* All of variety and a third of the rest. */
    assert_in_range(shares.theme[THEME_CARE], 6000 + 14000 / 3 - 500, 6000 + 14000 / 3 + 500);
    tear_down(&bench);
}

/* What helped comes more often, what didn't still comes. */
static void test_learning(void **state) {
    (void)state;
    struct bench bench = three_themes();
    bench.history.themes[THEME_KINDNESS].helped = 20;
    bench.history.themes[THEME_CARE].not_helped = 20;
    struct shares shares = draw_many(&bench);
    assert_true(shares.theme[THEME_KINDNESS] > DRAWS / 2);
    assert_true(shares.theme[THEME_CARE] > DRAWS / 20); /* variety */
    assert_true(shares.theme[THEME_NOTICING] > shares.theme[THEME_CARE]);
    tear_down(&bench);
}

/* Without anything learnt all themes are alike. */
static void test_nothing_learnt(void **state) {
    (void)state;
    struct bench bench = three_themes();
    struct shares shares = draw_many(&bench);
    assert_in_range(shares.theme[THEME_KINDNESS], DRAWS / 3 - 400, DRAWS / 3 + 400);
    assert_in_range(shares.theme[THEME_NOTICING], DRAWS / 3 - 400, DRAWS / 3 + 400);
    tear_down(&bench);
}

static void test_more_and_less(void **state) {
    (void)state;
    struct bench bench = three_themes();
    bench.schedule.weights[THEME_KINDNESS] = WEIGHT_MORE;
    bench.schedule.weights[THEME_CARE] = WEIGHT_LESS;
    struct shares shares = draw_many(&bench);
    assert_true(shares.theme[THEME_KINDNESS] > shares.theme[THEME_NOTICING] * 3 / 2);
    assert_true(shares.theme[THEME_NOTICING] > shares.theme[THEME_CARE] * 3 / 2);
    assert_true(shares.theme[THEME_CARE] > DRAWS / 20);
    tear_down(&bench);
}

/* learn = false: themes take turns, whatever was answered. */
static void test_turns_without_learning(void **state) {
    (void)state;
    struct bench bench = three_themes();
    static const enum theme order[] = {THEME_CARE, THEME_KINDNESS, THEME_NOTICING};
    bench.schedule.learn = false;
    bench.history.themes[THEME_NOTICING].helped = 100;
    for (size_t i = 0; i < ELEMENTSOF(order); i++)
        bench.history.themes[order[i]].shown_usec = NOW - (10 - i) * DAY;
    for (size_t i = 0; i < 30; i++) {
        struct pick one = pick(&bench, i);
        assert_int_equal(one.prompt->theme, order[i % 3]);
        assert_int_equal(one.branch, BRANCH_VARIETY);
        bench.history.themes[one.prompt->theme].shown_usec = NOW + i;
    }
    tear_down(&bench);
}

/* Why: the theme's plain counts go with the pick. */
static void test_why(void **state) {
    (void)state;
    struct bench bench = three_themes();
    for (enum theme theme = 0; theme < THEME_COUNT; theme++) {
        bench.history.themes[theme].rated = 10 + theme;
        bench.history.themes[theme].rated_helpful = theme;
    }
    struct pick one = pick(&bench, 3);
    assert_int_equal(one.rated, 10 + one.prompt->theme);
    assert_int_equal(one.rated_helpful, one.prompt->theme);
    bench.wish.themes = C;
    assert_int_equal(pick(&bench, 3).branch, BRANCH_ASKED);
    bench.wish.asked = true;
    assert_int_equal(pick(&bench, 3).branch, BRANCH_ASKED);
    tear_down(&bench);
}

/* --- Cards ------------------------------------------------------------------------------------ */

/* Which of four cards come; "w" is the one that invites a line. */
static const struct {
    int line;
    struct {
        const char *id;
        unsigned days_ago;
        bool resting;
    } cards[4];
    bool write;
    const char *expected;
} decks[] = {
    {__LINE__, {{0}}, false, "abcw"},
    {__LINE__, {{"a", 5, false}}, false, "bcw"},                    /* rests for 30 days */
    {__LINE__, {{"a", 29, false}, {"b", 30, false}}, false, "bcw"}, /* 30 days are over */
    {__LINE__,
     {{"a", 5, false}, {"b", 9, false}, {"c", 7, false}, {"w", 2, false}},
     false,
     "b"}, /* the oldest */
    {__LINE__, {{"a", 5, false}, {"b", 5, false}, {"c", 5, false}, {"w", 5, false}}, false, "abcw"},
    {__LINE__, {{"a", 90, true}}, false, "bcw"}, /* not for me */
    {__LINE__, {{"a", 5, false}, {"b", 90, true}, {"c", 90, true}, {"w", 90, true}}, false, "a"},
    {__LINE__, {{"a", 90, true}, {"b", 90, true}, {"c", 90, true}, {"w", 90, true}}, false, ""},
    {__LINE__, {{0}}, true, "w"}, /* a line is preferred */
    {__LINE__, {{"w", 2, false}}, true, "w"},
    {__LINE__, {{"w", 2, true}}, true, "abc"}, /* preferred, not required */
};

static void test_cards(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(decks); i++) {
        struct bench bench = set_up();
        for (const char *id = "abcw"; *id; id++)
            add_prompt(&bench, THEME_CARE, (const char[]){*id, 0}, 1, *id == 'w');
        for (size_t j = 0; j < 4 && decks[i].cards[j].id; j++)
            add_card(&bench, decks[i].cards[j].id, NOW - decks[i].cards[j].days_ago * DAY,
                     decks[i].cards[j].resting);
        bench.wish.write = decks[i].write;
        char came[8] = "";
        for (const char *id = "abcw"; *id; id++)
            for (uint64_t seed = 0; seed < 200; seed++) {
                struct pick one;
                bench.wish.seed = seed;
                if (choose_prompt(bench.library, &bench.schedule, &bench.history, &bench.wish, &one) == 0 &&
                    *one.prompt->id == *id) {
                    strcat(came, (const char[]){*id, 0});
                    break;
                }
            }
        if (!streq(came, decks[i].expected))
            fail_msg("case at line %d: %s", decks[i].line, came);
        tear_down(&bench);
    }
}

/* A theme whose cards were all seen within 30 days waits while another has one that was not, however the
 * themes would be spaced otherwise. */
static void test_fresh_cards_first(void **state) {
    (void)state;
    struct bench bench = three_themes();
    add_card(&bench, "care-00", NOW - DAY, false);
    add_card(&bench, "kindness-00", NOW - 29 * DAY, false);
    assert_int_equal(themes_that_come(&bench), N);
    bench.history.recent[0] = THEME_NOTICING;
    assert_int_equal(themes_that_come(&bench), N);
    bench.history.today = N;
    assert_int_equal(themes_that_come(&bench), K | C);
    tear_down(&bench);
}

/* A line of one's own: not within 14 days after it was written or shown, also when it is asked for. */
static void test_own_lines(void **state) {
    (void)state;
    static const struct {
        int line;
        unsigned written_ago, shown_ago; /* days; 0: never shown */
        bool resting, comes;
    } lines[] = {
        {__LINE__, 13, 0, false, false},  {__LINE__, 14, 0, false, true},   {__LINE__, 100, 13, false, false},
        {__LINE__, 100, 14, false, true}, {__LINE__, 100, 40, true, false},
    };
    for (size_t i = 0; i < ELEMENTSOF(lines); i++)
        for (int asked = 0; asked <= 1; asked++) {
            struct bench bench = set_up();
            add_theme(&bench, THEME_OWN, 1, 1);
            bench.library->prompts[0].written_usec = NOW - lines[i].written_ago * DAY;
            if (lines[i].shown_ago > 0)
                add_card(&bench, "own-00", NOW - lines[i].shown_ago * DAY, lines[i].resting);
            bench.wish.themes = THEME_BIT(THEME_OWN);
            bench.wish.asked = asked;
            if ((themes_that_come(&bench) != 0) != lines[i].comes)
                fail_msg("case at line %d", lines[i].line);
            tear_down(&bench);
        }
}

/* A theme of the path comes whenever it may; off and spacing hold for it too. */
static void test_path(void **state) {
    (void)state;
    struct bench bench = three_themes();
    bench.wish.focus = C;
    assert_int_equal(themes_that_come(&bench), C);
    assert_int_equal(pick(&bench, 1).branch, BRANCH_PATH);
    bench.history.recent[2] = THEME_CARE;
    assert_int_equal(themes_that_come(&bench), K | N);
    bench.history.recent[2] = THEME_NONE;
    bench.schedule.weights[THEME_CARE] = WEIGHT_OFF;
    assert_int_equal(themes_that_come(&bench), K | N);
    tear_down(&bench);
}

/* "Less of it", chosen when asked, is as `less` in the schedule; what the schedule says counts more. */
static void test_less_when_asked(void **state) {
    (void)state;
    struct bench bench = three_themes();
    bench.history.less = C;
    struct shares shares = draw_many(&bench);
    assert_true(shares.theme[THEME_NOTICING] > shares.theme[THEME_CARE] * 3 / 2);
    bench.schedule.weights[THEME_CARE] = WEIGHT_MORE;
    shares = draw_many(&bench);
    assert_true(shares.theme[THEME_CARE] > shares.theme[THEME_NOTICING] * 3 / 2);
    tear_down(&bench);
}

/* In the first two weeks none of depth 3, whatever its theme; asked for, it may come. */
static void test_young_depth(void **state) {
    (void)state;
    struct bench bench = set_up();
    add_theme(&bench, THEME_KINDNESS, 3, 2);
    bench.history.first_usec = NOW - 13 * DAY;
    assert_int_equal(themes_that_come(&bench), 0);
    bench.wish.themes = K;
    bench.wish.asked = true;
    assert_int_equal(themes_that_come(&bench), K);
    tear_down(&bench);
}

/* A year of three a day: no card comes again within 30 days while its theme has others, and each comes. */
static void test_a_year(void **state) {
    (void)state;
    struct bench bench = set_up();
    enum { CARDS = 40 };
    static const enum theme themes[] = {THEME_CARE, THEME_KINDNESS, THEME_NOTICING,
                                        THEME_PATIENCE}; /* by id */
    usec_t last_usec[ELEMENTSOF(themes)][CARDS] = {0};
    for (size_t i = 0; i < ELEMENTSOF(themes); i++)
        add_theme(&bench, themes[i], 1, CARDS);
    for (uint64_t n = 0; n < 3 * 365; n++) {
        usec_t now = bench.wish.now_usec = NOW + n * DAY / 3;
        if (n % 3 == 0)
            bench.history.today = 0;
        for (size_t i = 0; i < bench.history.n_cards; i++)
            free(bench.history.cards[i].prompt);
        bench.history.n_cards = 0;
        for (size_t i = 0; i < ELEMENTSOF(themes); i++)
            for (unsigned card = 0; card < CARDS; card++)
                if (last_usec[i][card] > 0) {
                    char id[64];
                    snprintf(id, sizeof id, "%s-%02u", theme_id(themes[i]), card);
                    add_card(&bench, id, last_usec[i][card], false);
                }
        struct pick one = pick(&bench, n);
        size_t of = 0;
        while (themes[of] != one.prompt->theme)
            of++;
        unsigned card = (unsigned)atoi(strrchr(one.prompt->id, '-') + 1);
        assert_true(last_usec[of][card] == 0 || now - last_usec[of][card] >= CHOOSE_REST_USEC);
        assert_false(bench.history.today & THEME_BIT(one.prompt->theme));
        for (size_t i = 0; i < CHOOSE_RECENT; i++)
            assert_int_not_equal(bench.history.recent[i], one.prompt->theme);
        last_usec[of][card] = now;
        memmove(bench.history.recent + 1, bench.history.recent,
                sizeof bench.history.recent[0] * (CHOOSE_RECENT - 1));
        bench.history.recent[0] = one.prompt->theme;
        bench.history.today |= THEME_BIT(one.prompt->theme);
        bench.history.themes[one.prompt->theme].shown_usec = now;
    }
    for (size_t i = 0; i < ELEMENTSOF(themes); i++)
        for (size_t card = 0; card < CARDS; card++)
            assert_true(last_usec[i][card] > 0);
    tear_down(&bench);
}

/* Without a name, what needs one never comes, even where nothing else is left. */
static void test_names(void **state) {
    (void)state;
    static char kim[] = "Kim";
    struct bench bench = set_up();
    add_theme(&bench, THEME_CARE, 1, 2);
    bench.library->prompts[0].named = true;
    for (unsigned i = 0; i < 100; i++)
        assert_string_equal(pick(&bench, i).prompt->id, "care-01");
    bench.library->prompts[1].named = true;
    assert_int_equal(themes_that_come(&bench), 0);
    bench.schedule.name = kim;
    bool came[2] = {false};
    for (unsigned i = 0; i < 100; i++)
        came[pick(&bench, i).prompt == &bench.library->prompts[1]] = true;
    assert_true(came[0] && came[1]);
    bench.schedule.name = NULL;
    bench.library->prompts[0].nameless = strdup("A text.");
    for (unsigned i = 0; i < 100; i++)
        assert_string_equal(pick(&bench, i).prompt->id, "care-00");
    tear_down(&bench);
}

static void test_ids(void **state) {
    (void)state;
    for (enum branch branch = 0; branch < BRANCH_COUNT; branch++)
        assert_int_equal(branch_from_id(branch_id(branch)), branch);
    assert_int_equal(branch_from_id("luck"), BRANCH_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eligible),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_new_themes_first),
        cmocka_unit_test(test_chance_comes_from_the_seed),
        cmocka_unit_test(test_variety),
        cmocka_unit_test(test_learning),
        cmocka_unit_test(test_nothing_learnt),
        cmocka_unit_test(test_more_and_less),
        cmocka_unit_test(test_turns_without_learning),
        cmocka_unit_test(test_why),
        cmocka_unit_test(test_cards),
        cmocka_unit_test(test_fresh_cards_first),
        cmocka_unit_test(test_own_lines),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_less_when_asked),
        cmocka_unit_test(test_young_depth),
        cmocka_unit_test(test_a_year),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
