/* The wording rules, each with a text that just passes and one that just fails; how words are found; what
 * characters are; and what is told. */
#include "daemon/core/letters.h"
#include "daemon/core/wording.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEN     "abcd efghi"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

/* Chinese characters. */
#define HAN_THREE   "\344\270\200\344\270\200\344\270\200"
#define HAN_NINE    HAN_THREE HAN_THREE HAN_THREE
#define HAN_TEN     HAN_NINE "\344\270\200"
#define HAN_SEVENTY HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_TEN
#define HAN_STOP    "\343\200\202"

static struct wordlist *english;

static int set_up(void **state) {
    static const char *const conditional[] = {"if", "in case"}, *const exits[] = {"or", "instead",
                                                                                  "rather not"};
    static const struct {
        const char *why, *words[5];
    } banned[] = {
        {"pressure", {"should*", "must", "don't"}},
        {"holding of breath", {"hold* ... breath*"}},
        {"belittling", {"at least", "\345\217\252\346\230\257", "m\303\274ss*"}},
    };
    (void)state;
    english = calloc(1, sizeof *english);
    for (size_t i = 0; i < ELEMENTSOF(conditional); i++)
        assert_int_equal(phrases_add(&english->conditional, conditional[i]), 0);
    for (size_t i = 0; i < ELEMENTSOF(exits); i++)
        assert_int_equal(phrases_add(&english->exits, exits[i]), 0);
    english->banned = calloc(ELEMENTSOF(banned), sizeof *english->banned);
    for (; english->n_banned < ELEMENTSOF(banned); english->n_banned++) {
        struct banned *group = &english->banned[english->n_banned];
        group->why = strdup(banned[english->n_banned].why);
        for (size_t i = 0; banned[english->n_banned].words[i]; i++)
            assert_int_equal(phrases_add(&group->words, banned[english->n_banned].words[i]), 0);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    english = wordlist_free(english);
    return 0;
}

/* --- One text --------------------------------------------------------------------------------- */

#define FINE -1

static const struct {
    int line;
    enum wording_kind kind;
    const char *text;
    int found; /* enum wording_rule, the only one; FINE: none */
    const char *told;
} texts[] = {
    /* length */
    {__LINE__, WORDING_PROMPT, SEVENTY SEVENTY ".", WORDING_LENGTH, "has 141 characters; at most 140"},
    {__LINE__, WORDING_PROMPT, SEVENTY TEN TEN TEN TEN TEN TEN "abcd efgh.", FINE, ""},
    {__LINE__, WORDING_PROMPT, HAN_SEVENTY HAN_STOP, WORDING_LENGTH, "has 71 characters; at most 70"},
    {__LINE__, WORDING_PROMPT, HAN_SEVENTY ".", WORDING_LENGTH, "has 71 characters; at most 70"},
    {__LINE__, WORDING_PROMPT, HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_TEN HAN_NINE HAN_STOP, FINE, ""},
    {__LINE__, WORDING_PROMPT, SEVENTY TEN TEN TEN TEN TEN TEN "a\314\201bcd \303\251fgh.", FINE, ""},
    {__LINE__, WORDING_TITLE, SEVENTY SEVENTY, FINE, ""},
    {__LINE__, WORDING_TITLE, SEVENTY SEVENTY "x", WORDING_LENGTH, "has 141 characters; at most 140"},

    /* questions */
    {__LINE__, WORDING_PROMPT, "Is there tea?", FINE, ""},
    {__LINE__, WORDING_PROMPT, "Is there tea? Or milk?", WORDING_QUESTIONS, "asks 2 questions; at most one"},
    {__LINE__, WORDING_PROMPT, "Tea\357\274\237 Milk?", WORDING_QUESTIONS, "asks 2 questions; at most one"},
    {__LINE__, WORDING_PROMPT, "\302\277Hay t\303\251?", FINE, ""},

    /* exclamation marks */
    {__LINE__, WORDING_PROMPT, "There is tea.", FINE, ""},
    {__LINE__, WORDING_PROMPT, "There is tea!", WORDING_EXCLAMATION,
     "has an exclamation mark; a full stop is enough"},
    {__LINE__, WORDING_PROMPT, "\302\241There is tea.", WORDING_EXCLAMATION,
     "has an exclamation mark; a full stop is enough"},
    {__LINE__, WORDING_PROMPT, "\345\226\235\350\214\266\357\274\201", WORDING_EXCLAMATION,
     "has an exclamation mark; a full stop is enough"},
    {__LINE__, WORDING_TITLE, "Tea!", WORDING_EXCLAMATION, "has an exclamation mark; a full stop is enough"},

    /* symbols */
    {__LINE__, WORDING_PROMPT,
     "\342\200\234Tea\342\200\235 \342\200\223 milk, 2 cups; (black/white): l\342\200\231eau\342\200\246.",
     FINE, ""},
    {__LINE__, WORDING_PROMPT, "Tea \342\230\225.", WORDING_SYMBOL,
     "has U+2615; letters and plain punctuation are enough"},
    {__LINE__, WORDING_PROMPT, "Tea \360\237\231\202.", WORDING_SYMBOL,
     "has U+1F642; letters and plain punctuation are enough"},
    {__LINE__, WORDING_PROMPT, "Tea & milk.", WORDING_SYMBOL,
     "has \"&\"; letters and plain punctuation are enough"},
    {__LINE__, WORDING_PROMPT, "Tea\342\200\256.", WORDING_SYMBOL,
     "has U+202E; letters and plain punctuation are enough"},
    {__LINE__, WORDING_PROMPT, "{name}, is there tea?", FINE, ""},
    {__LINE__, WORDING_PROMPT, "{nam}, is there tea?", WORDING_SYMBOL,
     "has \"{\"; letters and plain punctuation are enough"},
    {__LINE__, WORDING_STEP, "{name}, is there tea?", WORDING_SYMBOL,
     "has \"{\"; letters and plain punctuation are enough"},

    /* spaces */
    {__LINE__, WORDING_PROMPT, "Tea,\302\240here.", FINE, ""},
    {__LINE__, WORDING_PROMPT, "Tea,  here.", WORDING_SPACES,
     "has a space too many; one stands between words, none at an end"},
    {__LINE__, WORDING_PROMPT, " Tea.", WORDING_SPACES,
     "has a space too many; one stands between words, none at an end"},
    {__LINE__, WORDING_PROMPT, "Tea. ", WORDING_SPACES,
     "has a space too many; one stands between words, none at an end"},

    /* the end */
    {__LINE__, WORDING_STEP, "Say \342\200\230tea.\342\200\231", FINE, ""},
    {__LINE__, WORDING_STEP, "Say \342\200\230tea\342\200\231.", FINE, ""},
    {__LINE__, WORDING_STEP, "\345\226\235\350\214\266\357\274\237", FINE, ""},
    {__LINE__, WORDING_STEP, "\340\244\232\340\244\276\340\244\257\340\245\244", FINE, ""},
    {__LINE__, WORDING_STEP, "Say \342\200\230tea\342\200\231", WORDING_END,
     "ends without a full stop or a question mark"},
    {__LINE__, WORDING_STEP, "Say tea, ...", FINE, ""},
    {__LINE__, WORDING_STEP, "Say tea\342\200\246", WORDING_END,
     "ends without a full stop or a question mark"},
    {__LINE__, WORDING_TITLE, "A cup of tea", FINE, ""},

    /* banned words */
    {__LINE__, WORDING_PROMPT, "A mustard sandwich, at last.", FINE, ""},
    {__LINE__, WORDING_PROMPT, "A sandwich is a MUST.", WORDING_BANNED,
     "says \"MUST\" (pressure); better without"},
    {__LINE__, WORDING_PROMPT, "You shouldn't hurry.", WORDING_BANNED,
     "says \"shouldn't\" (pressure); better without"},
    {__LINE__, WORDING_PROMPT, "The shoulder is near.", WORDING_BANNED,
     "says \"shoulder\" (pressure); better without"},
    {__LINE__, WORDING_PROMPT, "Don\342\200\231t hurry.", WORDING_BANNED,
     "says \"Don\342\200\231t\" (pressure); better without"},
    {__LINE__, WORDING_PROMPT, "At\302\240least it is warm.", WORDING_BANNED,
     "says \"At\302\240least\" (belittling); better without"},
    {__LINE__, WORDING_PROMPT, "At, least.", FINE, ""},
    {__LINE__, WORDING_PROMPT, "M\303\234SSIG ist es.", WORDING_BANNED,
     "says \"M\303\234SSIG\" (belittling); better without"},
    {__LINE__, WORDING_PROMPT, "\346\210\221\345\217\252\346\230\257\347\264\257\343\200\202", WORDING_BANNED,
     "says \"\345\217\252\346\230\257\" (belittling); better without"},
    {__LINE__, WORDING_PROMPT, "\346\210\221\345\217\252\347\264\257\346\230\257\343\200\202", FINE, ""},
    {__LINE__, WORDING_TITLE, "A must", WORDING_BANNED, "says \"must\" (pressure); better without"},

    /* holding of breath: words with others between them */
    {__LINE__, WORDING_STEP, "You could be holding your next breath.", WORDING_BANNED,
     "says \"holding your next breath\" (holding of breath); better without"},
    {__LINE__, WORDING_STEP, "Hold breaths.", WORDING_BANNED,
     "says \"Hold breaths\" (holding of breath); better without"},
    {__LINE__, WORDING_STEP, "Hold a cup. A breath comes.", FINE, ""},
    {__LINE__, WORDING_STEP, "A breath comes, hold a cup.", FINE, ""},
    {__LINE__, WORDING_STEP, "Behold the breath.", FINE, ""},

    /* the way out of what is about the body */
    {__LINE__, WORDING_BODY, "Rest a hand on the table, or look out.", FINE, ""},
    {__LINE__, WORDING_BODY, "Rest a hand; if you would rather not, look out.", FINE, ""},
    {__LINE__, WORDING_BODY, "Rest a hand on the door for orientation.", WORDING_EXIT,
     "is about the body and has no way out, such as \"or\", \"instead\", \"rather not\""},
    {__LINE__, WORDING_PROMPT, "Rest a hand on the door for orientation.", FINE, ""},
    {__LINE__, WORDING_STEP, "Rest a hand on the door for orientation.", FINE, ""},
};

static void each_rule(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        struct wording_finding findings[WORDING_FINDINGS_MAX];
        char told[WORDING_MESSAGE_SIZE] = "";
        size_t n = wording_check(english, texts[i].text, texts[i].kind, findings);
        if (n > 0)
            wording_explain(&findings[0], told);
        if (n != (texts[i].found != FINE) || (n > 0 && (int)findings[0].rule != texts[i].found))
            fail_msg("line %d: %zu findings, the first: %s", texts[i].line, n, told);
        if (!streq(told, texts[i].told))
            fail_msg("line %d: told is: %s", texts[i].line, told);
    }
}

/* Without a list what needs no words is still found, and a text can be wrong in many ways. */
static void without_a_list(void **state) {
    (void)state;
    static const char wrong[] =
        SEVENTY SEVENTY "  You should always hold your breath! Should you? Must you? @";
    struct wording_finding findings[WORDING_FINDINGS_MAX];
    static const enum wording_rule plain[] = {WORDING_LENGTH, WORDING_QUESTIONS, WORDING_EXCLAMATION,
                                              WORDING_SYMBOL, WORDING_SPACES,    WORDING_END};
    size_t n = wording_check(NULL, wrong, WORDING_BODY, findings);
    assert_int_equal(n, ELEMENTSOF(plain));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(findings[i].rule, plain[i]);
    n = wording_check(english, wrong, WORDING_BODY, findings);
    assert_int_equal(n, ELEMENTSOF(plain) + 3);
    assert_int_equal(findings[6].rule, WORDING_EXIT);
    assert_string_equal(findings[7].why, "pressure");
    assert_string_equal(findings[8].why, "holding of breath");
    struct wordlist empty = {0};
    assert_int_equal(wording_check(&empty, wrong, WORDING_BODY, findings), ELEMENTSOF(plain));
}

/* More groups than there is room for, and a text longer than is looked at. */
static void findings_are_bounded(void **state) {
    (void)state;
    struct wording_finding findings[WORDING_FINDINGS_MAX];
    struct wordlist *list = calloc(1, sizeof *list);
    list->banned = calloc(40, sizeof *list->banned);
    for (; list->n_banned < 40; list->n_banned++)
        assert_int_equal(phrases_add(&list->banned[list->n_banned].words, "must"), 0);
    char text[4 * WORDING_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text, "must ", 5);
    assert_int_equal(wording_check(list, text, WORDING_PROMPT, findings), WORDING_FINDINGS_MAX);
    assert_int_equal(findings[0].n, WORDING_TEXT_MAX);
    assert_int_equal(wording_check(list, "", WORDING_PROMPT, findings), 1);
    wordlist_free(list);
}

/* --- Phrases ---------------------------------------------------------------------------------- */

static void phrases_that_are_none(void **state) {
    (void)state;
    static const char *const none[] = {
        "", " ", "*", "a  b", " a", "a ", "... a", "a ...", "a ... b ... c", "a *", "a*b", "a ...b"};
    struct wordlist *list = calloc(1, sizeof *list);
    for (size_t i = 0; i < ELEMENTSOF(none); i++)
        if (phrases_add(&list->exits, none[i]) != -EINVAL)
            fail_msg("taken: \"%s\"", none[i]);
    char text[WORDING_PHRASE_MAX + 2];
    memset(text, 'x', sizeof text);
    text[WORDING_PHRASE_MAX + 1] = '\0';
    assert_int_equal(phrases_add(&list->exits, text), -E2BIG);
    text[WORDING_PHRASE_MAX] = '\0';
    assert_int_equal(phrases_add(&list->exits, text), 0);
    assert_int_equal(list->exits.n, 1);
    wordlist_free(list);
}

/* --- A deck ----------------------------------------------------------------------------------- */

static const struct {
    int line;
    const char *text;
    size_t sentences, conditional;
    bool silent, brief;
} counted[] = {
    {__LINE__, "Slow is fine.", 1, 0, true, true},
    {__LINE__, "If it rains, stay. In case it doesn't, go. Iffy days pass.", 3, 2, true, true},
    {__LINE__, "Is it? 'If only.' \302\253 If \302\273 is a word. It costs 3.50 if sold.", 4, 2, false, true},
    {__LINE__, TEN TEN TEN TEN TEN "abcdefghi", 1, 0, true, true},
    {__LINE__, TEN TEN TEN TEN TEN "abcd efghi", 1, 0, true, false},
    {__LINE__, HAN_TEN HAN_STOP HAN_TEN HAN_STOP, 2, 0, true, true},
    {__LINE__, HAN_TEN HAN_TEN HAN_TEN, 1, 0, true, false},
    {__LINE__, "", 0, 0, true, true},
};

static void texts_are_counted(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(counted); i++) {
        struct wording_shares shares = {0};
        wording_count(english, counted[i].text, &shares);
        if (shares.sentences != counted[i].sentences || shares.conditional != counted[i].conditional ||
            shares.silent != counted[i].silent || shares.brief != counted[i].brief || shares.prompts != 1)
            fail_msg("line %d: %zu sentences, %zu conditional, silent %zu, brief %zu", counted[i].line,
                     shares.sentences, shares.conditional, shares.silent, shares.brief);
    }
}

static void a_long_list_is_told_in_part(void **state) {
    (void)state;
    static const char *const words[] = {"if", "when", "in case", "unless", "whenever", "as soon as"};
    struct wordlist *list = calloc(1, sizeof *list);
    char told[WORDING_MESSAGE_SIZE];
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        assert_int_equal(phrases_add(&list->exits, words[i]), 0);
    struct wording_finding finding = {.rule = WORDING_EXIT, .phrases = &list->exits};
    wording_explain(&finding, told);
    assert_string_equal(told, "is about the body and has no way out, such as \"if\", \"when\", \"in case\", "
                              "\"unless\", \"whenever\", ...");
    wordlist_free(list);
}

static const struct {
    int line;
    struct wording_shares shares;
    int found;
    const char *told;
} decks[] = {
    {__LINE__, {.sentences = 30, .conditional = 10, .prompts = 12, .silent = 4, .brief = 3}, FINE, ""},
    {__LINE__,
     {.sentences = 29, .conditional = 10, .prompts = 12, .silent = 4, .brief = 3},
     WORDING_CONDITIONAL,
     "10 of 29 sentences open with one of \"if\", \"in case\"; at most a third"},
    {__LINE__,
     {.sentences = 30, .conditional = 10, .prompts = 12, .silent = 3, .brief = 3},
     WORDING_ASKING,
     "only 3 of 12 prompts ask nothing; at least a third"},
    {__LINE__,
     {.sentences = 30, .conditional = 10, .prompts = 12, .silent = 4, .brief = 2},
     WORDING_LONG,
     "only 2 of 12 prompts are short, under 60 characters (30 Chinese ones); at least a quarter"},
    {__LINE__, {.sentences = 7, .conditional = 7, .prompts = 7}, FINE, ""},
    {__LINE__,
     {.sentences = 8, .prompts = 8, .silent = 3, .brief = 1},
     WORDING_LONG,
     "only 1 of 8 prompts are short, under 60 characters (30 Chinese ones); at least a quarter"},
};

static void shares_are_weighed(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(decks); i++) {
        struct wording_finding findings[WORDING_FINDINGS_MAX];
        char told[WORDING_MESSAGE_SIZE] = "";
        size_t n = wording_weigh(english, &decks[i].shares, findings);
        if (n > 0)
            wording_explain(&findings[0], told);
        if (n != (decks[i].found != FINE) || (n > 0 && (int)findings[0].rule != decks[i].found) ||
            !streq(told, decks[i].told))
            fail_msg("line %d: %zu findings, the first: %s", decks[i].line, n, told);
    }
}

/* --- Characters ------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    uint32_t code, folded;
    enum letter_kind kind;
    unsigned columns;
} letters[] = {
    {"a", 'a', 'a', LETTER_WORD, 1},
    {"Z", 'Z', 'z', LETTER_WORD, 1},
    {"7", '7', '7', LETTER_WORD, 1},
    {"\303\204", 0xc4, 0xe4, LETTER_WORD, 1},                    /* A with diaeresis */
    {"\303\227", 0xd7, 0xd7, LETTER_SYMBOL, 1},                  /* multiplication sign */
    {"\305\222", 0x152, 0x153, LETTER_WORD, 1},                  /* OE */
    {"\305\223", 0x153, 0x153, LETTER_WORD, 1},                  /* oe */
    {"\305\270", 0x178, 0xff, LETTER_WORD, 1},                   /* Y with diaeresis */
    {"\316\251", 0x3a9, 0x3c9, LETTER_WORD, 1},                  /* Omega */
    {"\320\257", 0x42f, 0x44f, LETTER_WORD, 1},                  /* Ya */
    {"\341\272\276", 0x1ebe, 0x1ebf, LETTER_WORD, 1},            /* Vietnamese E */
    {"\314\201", 0x301, 0x301, LETTER_WORD, 0},                  /* an accent on the letter before */
    {"\342\200\231", 0x2019, '\'', LETTER_QUOTE, 1},             /* an apostrophe */
    {"\302\240", 0xa0, 0xa0, LETTER_SPACE, 1},                   /* no-break space */
    {"\342\200\257", 0x202f, 0x202f, LETTER_SPACE, 1},           /* narrow no-break space */
    {"\302\277", 0xbf, 0xbf, LETTER_QUOTE, 1},                   /* opens a question */
    {"\343\200\202", 0x3002, 0x3002, LETTER_STOP, 2},            /* ideographic full stop */
    {"\357\274\237", 0xff1f, 0xff1f, LETTER_QUESTION, 2},        /* full-width question mark */
    {"\344\275\240", 0x4f60, 0x4f60, LETTER_IDEOGRAPH, 2},       /* Chinese */
    {"\352\260\200", 0xac00, 0xac00, LETTER_WORD, 2},            /* Hangul has spaces between words */
    {"\343\201\202", 0x3042, 0x3042, LETTER_IDEOGRAPH, 2},       /* Hiragana */
    {"\343\200\200", 0x3000, 0x3000, LETTER_SPACE, 2},           /* ideographic space */
    {"\330\237", 0x61f, 0x61f, LETTER_QUESTION, 1},              /* Arabic question mark */
    {"\342\202\254", 0x20ac, 0x20ac, LETTER_SYMBOL, 1},          /* Euro */
    {"\360\237\231\202", 0x1f642, 0x1f642, LETTER_SYMBOL, 2},    /* a face */
    {"\360\240\200\200", 0x20000, 0x20000, LETTER_IDEOGRAPH, 2}, /* a rare Chinese character */
    {"\377", 0xfffd, 0xfffd, LETTER_SYMBOL, 1},                  /* no UTF-8 */
    {"\300\200", 0xfffd, 0xfffd, LETTER_SYMBOL, 1},              /* overlong */
    {"\355\240\200", 0xfffd, 0xfffd, LETTER_SYMBOL, 1},          /* a surrogate */
    {"\364\220\200\200", 0xfffd, 0xfffd, LETTER_SYMBOL, 1},      /* past the last one */
    {"\342\202", 0xfffd, 0xfffd, LETTER_SYMBOL, 1},              /* cut off */
    {"", 0, 0, LETTER_SYMBOL, 1},
};

static void letters_are_known(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(letters); i++) {
        const char *at = letters[i].text;
        uint32_t code = letter_next(&at);
        if (code != letters[i].code || letter_fold(code) != letters[i].folded ||
            letter_kind(code) != letters[i].kind || letter_columns(code) != letters[i].columns)
            fail_msg("row %zu: U+%04X, folded U+%04X, kind %d, %u columns", i, (unsigned)code,
                     (unsigned)letter_fold(code), (int)letter_kind(code), letter_columns(code));
        if (code != 0xfffd)
            assert_ptr_equal(at, letters[i].text + strlen(letters[i].text));
        else
            assert_ptr_equal(at, letters[i].text + 1);
    }
}

static void texts_are_mended(void **state) {
    static const struct {
        const char *text, *mended;
    } cases[] = {
        {"", ""},
        {"Gr\303\274\303\237e \360\237\222\232", "Gr\303\274\303\237e \360\237\222\232"},
        {"\357\277\275", "\357\277\275"}, /* the sign that stands for such is one itself */
        {"x\303", "x?"},
        {"\377\376y", "??y"},
        {"\342\202\"", "??\""},
        {"\355\240\200", "???"},
        {"\357\277\276", "?"},                        /* U+FFFE */
        {"\357\267\220 \360\237\277\277 z", "? ? z"}, /* U+FDD0, U+1FFFF */
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char text[32];
        strcpy(text, cases[i].text);
        assert_int_equal(letters_are_whole(text), streq(text, cases[i].mended));
        letters_mend(text);
        assert_string_equal(text, cases[i].mended);
        assert_true(letters_are_whole(text));
    }
}

static void texts_are_made_plain(void **state) {
    char text[] = "a\033[1m\302\233\177\n\303\244\303";
    (void)state;
    letters_make_plain(text);
    assert_string_equal(text, "a?[1m???\303\244?");
}

static void texts_are_cut_between_letters(void **state) {
    static const char text[] = "a\303\244\342\202\254\360\237\222\232";
    static const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    (void)state;
    for (size_t size = 0; size < ELEMENTSOF(ends); size++)
        assert_int_equal(letters_cut(text, size), ends[size]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule),
        cmocka_unit_test(without_a_list),
        cmocka_unit_test(findings_are_bounded),
        cmocka_unit_test(phrases_that_are_none),
        cmocka_unit_test(texts_are_counted),
        cmocka_unit_test(a_long_list_is_told_in_part),
        cmocka_unit_test(shares_are_weighed),
        cmocka_unit_test(letters_are_known),
        cmocka_unit_test(texts_are_mended),
        cmocka_unit_test(texts_are_made_plain),
        cmocka_unit_test(texts_are_cut_between_letters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
