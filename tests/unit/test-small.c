/* The small parts everything stands on: ids, hashes, tables of words, arrays, sums; and who may include whom.
 */
#include "daemon/core/base.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "daemon/core/choice.h"
#include "daemon/core/choose.h"
#include "daemon/core/event.h"
#include "daemon/core/hash.h"
#include "daemon/core/keeper.h"
#include "daemon/core/library.h"
#include "daemon/core/theme.h"
#include "daemon/core/uuid.h"

/* --- Hash ------------------------------------------------------------------------------------- */

/* SipHash-2-4 of 00 01 02 ... with the key 00 01 ... 0f: the vectors of its reference code; 15 bytes is the
 * example worked out in the paper (appendix A). */
static const struct {
    int line;
    size_t size;
    uint64_t hash;
} sip_vectors[] = {
    {__LINE__, 0, 0x726fdb47dd0e0e31}, {__LINE__, 1, 0x74f839c593dc67fd},  {__LINE__, 2, 0x0d6c8009d9a94f5a},
    {__LINE__, 3, 0x85676696d7fb7e2d}, {__LINE__, 4, 0xcf2794e0277187b7},  {__LINE__, 5, 0x18765564cd99a68d},
    {__LINE__, 6, 0xcbc9466e58fee3ce}, {__LINE__, 7, 0xab0200f58b01d137},  {__LINE__, 8, 0x93f5f5799a932462},
    {__LINE__, 9, 0x9e0082df0ba9e4b0}, {__LINE__, 15, 0xa129ca6149be45e5},
};

static void test_siphash(void **state) {
    (void)state;
    struct hash_key key;
    uint8_t message[1 + 64];
    for (uint8_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = i;
    for (uint8_t i = 0; i < sizeof message - 1; i++)
        message[1 + i] = i; /* at an odd address: alignment is no matter */
    for (size_t i = 0; i < ELEMENTSOF(sip_vectors); i++)
        if (hash_bytes(&key, message + 1, sip_vectors[i].size) != sip_vectors[i].hash)
            fail_msg("case at line %d", sip_vectors[i].line);
}

/* Every argument counts, and none can be mistaken for another. */
static void test_hash_word(void **state) {
    (void)state;
    static const struct hash_key key = {.bytes = "one key"}, other_key = {.bytes = "another key"};
    const uint64_t hashes[] = {
        hash_word(&key, "purpose", "word", 1, 2),    hash_word(&other_key, "purpose", "word", 1, 2),
        hash_word(&key, "purposeword", "", 1, 2),    hash_word(&key, "", "purposeword", 1, 2),
        hash_word(&key, "purpose", "word", 2, 1),    hash_word(&key, "purpose", "word", 1, 1),
        hash_word(&key, "purpose", "word", 0, 2),    hash_word(&key, "word", "purpose", 1, 2),
        hash_word(&key, "purpose", "another", 1, 2),
    };
    assert_true(hashes[0] == hash_word(&key, "purpose", "word", 1, 2));
    for (size_t i = 0; i < ELEMENTSOF(hashes); i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[i] != hashes[j]);
}

static void test_hash_scale(void **state) {
    (void)state;
    static const struct {
        int line;
        uint64_t bits, bound, scaled;
    } cases[] = {
        {__LINE__, 0, 10, 0},
        {__LINE__, UINT64_MAX, 10, 9},
        {__LINE__, UINT64_MAX / 2 + 1, 10, 5},
        {__LINE__, UINT64_MAX / 2, 10, 4},
        {__LINE__, UINT64_MAX, 0, 0},
        {__LINE__, UINT64_MAX, 1, 0},
        {__LINE__, UINT64_MAX, UINT64_MAX, UINT64_MAX - 1},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (hash_scale(cases[i].bits, cases[i].bound) != cases[i].scaled)
            fail_msg("case at line %d", cases[i].line);
}

/* --- Ids -------------------------------------------------------------------------------------- */

/* The example of RFC 9562, appendix A.6, 2022-02-22 19:22:22 UTC, with 797 us for its rand_a. */
static void test_uuid_from_time(void **state) {
    (void)state;
    static const uint8_t random[8] = {0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    char text[UUID_TEXT_SIZE];
    struct uuid id = uuid_from_time((usec_t)1645557742000 * USEC_PER_MSEC + 797, random);
    uuid_format(&id, text);
    assert_string_equal(text, "017f22e2-79b0-7cc0-98c4-dc0c0c07398f");

    static const uint8_t zeros[8], ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    for (usec_t time_usec = 5 * USEC_PER_MSEC; time_usec < 7 * USEC_PER_MSEC; time_usec++) {
        struct uuid earlier = uuid_from_time(time_usec, ones), later = uuid_from_time(time_usec + 1, zeros);
        assert_true(memcmp(earlier.bytes, later.bytes, sizeof earlier.bytes) < 0); /* sorted by time */
        assert_int_equal(later.bytes[6] >> 4, 7);
        assert_int_equal(later.bytes[8] >> 6, 2);
    }
}

#define ID "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

static const struct {
    int line;
    const char *text;
    bool valid;
} uuid_texts[] = {
    {__LINE__, ID, true},
    {__LINE__, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", true},
    {__LINE__, "017f22e279b07cc398c4dc0c0c07398f", true},
    {__LINE__, "017f22e2-79b07cc398c4dc0c0c07398f", true},
    {__LINE__, "", false},
    {__LINE__, "-", false},
    {__LINE__, "017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
    {__LINE__, ID "0", false},
    {__LINE__, ID "-", false},
    {__LINE__, ID " ", false},
    {__LINE__, " " ID, false},
    {__LINE__, "{" ID "}", false},
    {__LINE__, "017f22e2--79b0-7cc3-98c4-dc0c0c07398f", false},
    {__LINE__, "017f22e-279b0-7cc3-98c4-dc0c0c07398f", false},
    {__LINE__, "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
    {__LINE__, "-017f22e2-79b0-7cc3-98c4-dc0c0c07398f", false},
};

static void test_uuid_parse(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(uuid_texts); i++) {
        struct uuid id = {{1, 2, 3}}, untouched = id;
        char text[UUID_TEXT_SIZE];
        int r = uuid_parse(uuid_texts[i].text, &id);
        uuid_format(&id, text);
        if (uuid_texts[i].valid ? r != 0 || !streq(text, ID) : r != -EINVAL || !uuid_equal(&id, &untouched))
            fail_msg("case at line %d", uuid_texts[i].line);
    }
    struct uuid null = {{0}}, last = {{0}};
    last.bytes[15] = 1;
    assert_true(uuid_is_null(&null));
    assert_false(uuid_is_null(&last));
    assert_false(uuid_equal(&null, &last));
}

/* --- Tables of words -------------------------------------------------------------------------- */

/* Every id is there, is lower case, and is no other's. */
static void expect_ids(const char *(*id_of)(int), int n) {
    for (int i = 0; i < n; i++) {
        const char *id = id_of(i);
        assert_non_null(id);
        assert_int_not_equal(*id, 0);
        for (const char *c = id; *c; c++)
            assert_true(islower((unsigned char)*c) || *c == '-');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(id, id_of(j));
    }
}

#define ID_OF(name, function, type)                                                                          \
    static const char *name(int i) {                                                                         \
        return function((type)i);                                                                            \
    }

ID_OF(theme_of, theme_id, enum theme)
ID_OF(choice_of, choice_id, enum choice)
ID_OF(kind_of, event_kind_id, enum event_kind)
ID_OF(rule_of, missed_rule_id, enum missed_rule)
ID_OF(how_of, closed_how_id, enum closed_how)
ID_OF(branch_of, branch_id, enum branch)
ID_OF(presence_of, presence_id, enum presence)
ID_OF(state_of, open_state_id, enum open_state)
ID_OF(stage_of, stage_id, enum stage)

static void test_ids(void **state) {
    (void)state;
    expect_ids(theme_of, THEME_COUNT);
    expect_ids(choice_of, CHOICE_COUNT);
    expect_ids(kind_of, EVENT_KIND_COUNT);
    expect_ids(rule_of, MISSED_RULE_COUNT);
    expect_ids(how_of, CLOSED_HOW_COUNT);
    expect_ids(branch_of, BRANCH_COUNT);
    expect_ids(presence_of, PRESENCE_COUNT);
    expect_ids(state_of, OPEN_STATE_COUNT);
    expect_ids(stage_of, STAGE_COUNT);
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        assert_int_equal(theme_from_id(theme_id(theme)), theme);
    for (enum choice choice = 0; choice < CHOICE_COUNT; choice++)
        assert_int_equal(choice_from_id(choice_id(choice)), choice);
    for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++)
        assert_int_equal(event_kind_from_id(event_kind_id(kind)), kind);
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
        assert_int_equal(stage_from_id(stage_id(stage)), stage);
    static const char *const strangers[] = {"", "Kindness", "kind", "helpful ", "no such"};
    for (size_t i = 0; i < ELEMENTSOF(strangers); i++) {
        assert_int_equal(theme_from_id(strangers[i]), THEME_NONE);
        assert_int_equal(choice_from_id(strangers[i]), CHOICE_NONE);
        assert_int_equal(event_kind_from_id(strangers[i]), EVENT_KIND_COUNT);
        assert_int_equal(stage_from_id(strangers[i]), STAGE_COUNT);
    }
    assert_string_equal(theme_id(THEME_NONE), "");
    assert_string_equal(choice_id(CHOICE_NONE), "");
    assert_int_equal(THEME_SET_ALL, THEME_BIT(THEME_COUNT) - 1);
}

/* Labels make sense alone, and `later` says when. */
static void test_labels(void **state) {
    (void)state;
    static const struct {
        int line;
        enum choice choice;
        const char *first_snooze, *label;
    } cases[] = {
        {__LINE__, CHOICE_HELPFUL, "15min", "Helpful"},
        {__LINE__, CHOICE_LATER, "15min", "In 15 min"},
        {__LINE__, CHOICE_LATER, "90", "In 1min 30s"},
        {__LINE__, CHOICE_LATER, "1h", "In 1 h"},
        {__LINE__, CHOICE_LATER_SECOND, "23h", "In 23 h"},
        {__LINE__, CHOICE_LATER_THIRD, "1d", "In 1d"},
        {__LINE__, CHOICE_LATER, "90min", "In 1h 30min"},
        {__LINE__, CHOICE_LATER, "tomorrow", "Tomorrow"},
        {__LINE__, CHOICE_LATER, "18:00", "At 18:00"},
        {__LINE__, CHOICE_LATER, NULL, "Later"},
        {__LINE__, CHOICE_LET_GO, "15min", "Let it go"},
        {__LINE__, CHOICE_NOT_THIS, NULL, "Not this"},
        {__LINE__, CHOICE_HARD, NULL, "It's hard right now"},
        {__LINE__, CHOICE_NOT_FOR_ME, NULL, "Not for me"},
        {__LINE__, CHOICE_QUIET_TODAY, NULL, "Quiet today"},
        {__LINE__, CHOICE_NEXT, NULL, "Next"},
        {__LINE__, CHOICE_ENOUGH, NULL, "Enough for now"},
        {__LINE__, CHOICE_KEEP, NULL, "See it again some day"},
        {__LINE__, CHOICE_JOURNAL_ONLY, NULL, "Journal only"},
        {__LINE__, CHOICE_ERASE, NULL, "Erase"},
        {__LINE__, CHOICE_STEADY, NULL, "Something steadying"},
        {__LINE__, CHOICE_SUPPORT, NULL, "Support"},
        {__LINE__, CHOICE_NONE, NULL, ""},
    };
    char buffer[CHOICE_LABEL_SIZE];
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (!streq(choice_label(cases[i].choice, cases[i].first_snooze, buffer), cases[i].label))
            fail_msg("case at line %d: %s", cases[i].line,
                     choice_label(cases[i].choice, cases[i].first_snooze, buffer));
    for (enum choice choice = 0; choice < CHOICE_COUNT; choice++)
        assert_int_not_equal(*choice_label(choice, "15min", buffer), 0);

    char longest[400];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(strlen(choice_label(CHOICE_LATER, longest, buffer)), CHOICE_LABEL_SIZE - 1);
}

/* --- base.h and the library ------------------------------------------------------------------- */

static void test_sums_stop_at_the_ends(void **state) {
    (void)state;
    static const struct {
        int line;
        usec_t (*function)(usec_t a, usec_t b);
        usec_t a, b, result;
    } cases[] = {
        {__LINE__, usec_add, 1, 2, 3},
        {__LINE__, usec_add, USEC_INFINITY, 1, USEC_INFINITY},
        {__LINE__, usec_add, 1, USEC_INFINITY, USEC_INFINITY},
        {__LINE__, usec_add, USEC_INFINITY - 1, 1, USEC_INFINITY},
        {__LINE__, usec_add, USEC_INFINITY - 1, 2, USEC_INFINITY},
        {__LINE__, usec_sub, 3, 2, 1},
        {__LINE__, usec_sub, 2, 3, 0},
        {__LINE__, usec_sub, USEC_INFINITY, 5, USEC_INFINITY},
        {__LINE__, usec_sub, 5, USEC_INFINITY, 0},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        if (cases[i].function(cases[i].a, cases[i].b) != cases[i].result)
            fail_msg("case at line %d", cases[i].line);
}

static void test_arrays_grow(void **state) {
    (void)state;
    int *numbers = NULL;
    size_t capacity = 0, growths = 0;
    for (int i = 0; i < 10000; i++) {
        size_t before = capacity;
        assert_int_equal(array_reserve(&numbers, &capacity, (size_t)i + 1, sizeof *numbers), 0);
        growths += capacity != before;
        numbers[i] = i;
    }
    assert_true(growths < 20);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

static void test_take_and_cleanup(void **state) {
    (void)state;
    char *given = strdup("x"), *kept = given;
    {
        _cleanup_free_ char *owned = given;
        given = TAKE_PTR(owned);
        assert_null(owned);
    }
    assert_ptr_equal(given, kept);
    free(given);
    assert_null(library_free(NULL));
    assert_null(keeper_free(NULL));
    assert_null(schedule_free(NULL));
    assert_null(plan_free(NULL));
}

static void test_library(void **state) {
    (void)state;
    struct library *library = library_new();
    assert_true(library->all_reviewed);
    for (unsigned i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof id, "p%02u", i * 37 % 100); /* in any order */
        struct prompt prompt = {
            .id = strdup(id), .text = strdup("text"), .theme = i % 2 ? THEME_CARE : THEME_IMAGE};
        assert_int_equal(library_add_prompt(library, &prompt), 0);
        assert_null(prompt.id);
    }
    for (size_t i = 1; i < library->n_prompts; i++)
        assert_true(strcmp(library->prompts[i - 1].id, library->prompts[i].id) < 0);
    assert_int_equal(library->themes, THEME_BIT(THEME_CARE) | THEME_BIT(THEME_IMAGE));
    assert_string_equal(library_find_prompt(library, "p42")->id, "p42");
    assert_null(library_find_prompt(library, "p420"));
    assert_null(library_find_prompt(library, ""));

    struct prompt twice = {.id = strdup("p42"), .text = strdup("another")};
    assert_int_equal(library_add_prompt(library, &twice), -EEXIST);
    assert_string_equal(twice.text, "another"); /* still the caller's */
    prompt_done(&twice);

    struct practice practice = {.id = strdup("breath"), .title = strdup("Breath")};
    assert_int_equal(library_add_practice(library, &practice), 0);
    struct practice again = {.id = strdup("breath"), .title = strdup("Breath")};
    assert_int_equal(library_add_practice(library, &again), -EEXIST);
    practice_done(&again);
    assert_string_equal(library_find_practice(library, "breath")->title, "Breath");
    assert_null(library_find_practice(library, "breaths"));
    library_free(library);
}

static const struct {
    const char *text, *nameless;
    bool own;                    /* a line of the person's, not a deck's */
    const char *name, *expected; /* NULL: it needs a name */
} words[] = {
    {"Slow is fine.", NULL, false, "Kim", "Slow is fine."},
    {"{name}, slow is fine.", "Slow is fine.", false, "Kim", "Kim, slow is fine."},
    {"{name}, slow is fine.", "Slow is fine.", false, "", "Slow is fine."},
    {"{name}, slow is fine.", "Slow is fine.", false, "  ", "Slow is fine."},
    {"{name}, slow is fine.", NULL, false, "", NULL},
    {"{name}, slow is fine.", NULL, false, "{name}", "{name}, slow is fine."},
    {"Slow, {name}. Slow, {name}", "Slow.", false, "\345\260\217\351\233\250",
     "Slow, \345\260\217\351\233\250. Slow, \345\260\217\351\233\250"},
    {"{name}", "You.", false, "Kim", "Kim"},
    {"A {name} in braces.", NULL, true, "Kim", "A {name} in braces."},
    {"A {name} in braces.", NULL, true, "", "A {name} in braces."},
};

static void test_words_of_a_prompt(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(words); i++) {
        struct prompt prompt = {.text = strdup(words[i].text), .named = !words[i].own};
        prompt.named = prompt.named && strstr(prompt.text, PROMPT_NAME);
        prompt.nameless = words[i].nameless ? strdup(words[i].nameless) : NULL;
        char *told = NULL;
        int r = prompt_words(&prompt, words[i].name, &told);
        assert_int_equal(r, words[i].expected ? 0 : -ENODATA);
        assert_int_equal(prompt_suits(&prompt, words[i].name), words[i].expected != NULL);
        if (words[i].expected)
            assert_string_equal(told, words[i].expected);
        free(told);
        prompt_done(&prompt);
    }
}

/* --- Who includes whom ------------------------------------------------------------------------ */

/* `core` knows only itself; `store` and `desktop` don't know each other. */
static const struct {
    const char *files, *forbidden[3];
} layers[] = {
    {"daemon/core/*.[ch]", {"daemon/store/", "daemon/desktop/", "systemd/"}},
    {"daemon/store/*.[ch]", {"daemon/desktop/", "daemon/notify/", "daemon/client/"}},
    {"daemon/desktop/*.[ch]", {"daemon/store/", "daemon/notify/", "daemon/client/"}},
};

static void expect_includes_without(const char *path, const char *forbidden) {
    char line[512];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    for (unsigned n = 1; fgets(line, sizeof line, file); n++)
        if (strncmp(line, "#include", strlen("#include")) == 0 && strstr(line, forbidden))
            fail_msg("%s:%u: %s", path, n, line);
    fclose(file);
}

static void test_layers(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(layers); i++) {
        glob_t found;
        assert_int_equal(glob(layers[i].files, 0, NULL, &found), 0);
        for (size_t j = 0; j < found.gl_pathc; j++)
            for (size_t k = 0; k < ELEMENTSOF(layers[i].forbidden); k++)
                expect_includes_without(found.gl_pathv[j], layers[i].forbidden[k]);
        globfree(&found);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash),     cmocka_unit_test(test_hash_word),
        cmocka_unit_test(test_hash_scale),  cmocka_unit_test(test_uuid_from_time),
        cmocka_unit_test(test_uuid_parse),  cmocka_unit_test(test_ids),
        cmocka_unit_test(test_labels),      cmocka_unit_test(test_sums_stop_at_the_ends),
        cmocka_unit_test(test_arrays_grow), cmocka_unit_test(test_take_and_cleanup),
        cmocka_unit_test(test_library),     cmocka_unit_test(test_words_of_a_prompt),
        cmocka_unit_test(test_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
