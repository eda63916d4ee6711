/* Deck files: what is taken, which folders and languages are read, and that a bad file adds nothing. (What is
 * told of bad ones stands in tests/broken and test-config.) */
#include "daemon/store/deck.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/folder-rig.h"

#define MANY 5000

static void write_deck(const char *name, const char *text) {
    FILE *stream = fopen(in_folder(name), "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

static int load_deck(struct library *library, const char *text, struct mistakes *mistakes) {
    write_deck("a.conf", text);
    int r = deck_load_file(library, in_folder("a.conf"), mistakes);
    unlink(in_folder("a.conf"));
    return r;
}

static void a_deck_is_read(void **state) {
    (void)state;
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    int r = load_deck(
        library,
        "theme = \"care\"; language = \"en\"; title = \"T\"; license = \"CC0-1.0\"; reviewed = true;\n"
        "prompts = ( { id = \"care-2\"; text = \"Two.\"; depth = 3; body = true; write = true; },\n"
        "            { id = \"care-1\"; text = \"One \" \"\303\251.\"; } );\n"
        "practices = ( { id = \"p\"; title = \"P\"; steps = ( \"a\", \"b\" ); } );",
        &mistakes);
    assert_int_equal(r, 0);
    assert_int_equal(mistakes.n, 0);
    assert_int_equal(library->n_prompts, 2);
    assert_int_equal(library->themes, THEME_BIT(THEME_CARE));
    assert_true(library->all_reviewed);
    const struct prompt *prompt = library_find_prompt(library, "care-1");
    assert_string_equal(prompt->text, "One \303\251.");
    assert_int_equal(prompt->depth, 1);
    assert_int_equal(prompt->theme, THEME_CARE);
    assert_false(prompt->body || prompt->write);
    prompt = library_find_prompt(library, "care-2");
    assert_int_equal(prompt->depth, 3);
    assert_true(prompt->body && prompt->write);
    const struct practice *practice = library_find_practice(library, "p");
    assert_string_equal(practice->title, "P");
    assert_int_equal(practice->n_steps, 2);
    assert_string_equal(practice->steps[1], "b");
    library_free(library);
}

static void names_are_marked(void **state) {
    (void)state;
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    int r = load_deck(
        library,
        "theme = \"care\"; prompts = ( { id = \"a\"; text = \"{name}, tea?\"; nameless = \"Tea?\"; },\n"
        "{ id = \"b\"; text = \"{name}, tea?\"; }, { id = \"c\"; text = \"{nam}, tea?\"; } );",
        &mistakes);
    assert_int_equal(r, 0);
    assert_true(library_find_prompt(library, "a")->named);
    assert_string_equal(library_find_prompt(library, "a")->nameless, "Tea?");
    assert_true(library_find_prompt(library, "b")->named);
    assert_null(library_find_prompt(library, "b")->nameless);
    assert_false(library_find_prompt(library, "c")->named);
    library_free(library);
}

#define DECK(theme, prompts) "theme = \"" theme "\"; reviewed = false; prompts = ( " prompts " );"
#define PROMPT(id)           "{ id = \"" id "\"; text = \"A text.\"; }"

static void a_bad_file_adds_nothing(void **state) {
    (void)state;
    static const char good[] = DECK("care", PROMPT("x"));
    static const char *const bad[] = {
        DECK("image", PROMPT("y") ", " PROMPT("x")),
        DECK("image", PROMPT("y") ", " PROMPT("y")),
        DECK("image", PROMPT("y")) "practices = ( { id = \"z\"; } );",
        "practices = ( { id = \"x\"; title = \"X\"; steps = ( \"a\" ); } );",
        DECK("image", PROMPT("y") ", "),
        "theme = \"image\"; prompts = { id = \"y\"; text = \"A text.\"; };",
    };
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    assert_int_equal(load_deck(library, good, &mistakes), 0);
    assert_false(library->all_reviewed);
    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        mistakes_done(&mistakes);
        if (load_deck(library, bad[i], &mistakes) != -EINVAL || mistakes.n_errors == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(library->n_prompts, 1);
        assert_int_equal(library->n_practices, 0);
        assert_int_equal(library->themes, THEME_BIT(THEME_CARE));
    }
    mistakes_done(&mistakes);
    library_free(library);
}

static void texts_have_a_length(void **state) {
    (void)state;
    for (size_t length = DECK_TEXT_MAX; length <= DECK_TEXT_MAX + 1; length++) {
        char text[DECK_TEXT_MAX + 2] = "", deck[DECK_TEXT_MAX + 100];
        struct library *library = library_new();
        struct mistakes mistakes = {0};
        memset(text, 'x', length);
        snprintf(deck, sizeof deck, "theme = \"care\"; prompts = ( { id = \"a\"; text = \"%s\"; } );", text);
        assert_int_equal(load_deck(library, deck, &mistakes), length <= DECK_TEXT_MAX ? 0 : -EINVAL);
        mistakes_done(&mistakes);
        library_free(library);
    }
}

/* Ids of two decks that fall between each other, in no order. */
static void large_decks_are_sorted(void **state) {
    (void)state;
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    for (unsigned deck = 0; deck < 2; deck++) {
        FILE *stream = fopen(in_folder("a.conf"), "w");
        fprintf(stream, "theme = \"%s\"; prompts = (\n", deck ? "care" : "image");
        for (unsigned i = 0; i < MANY; i++)
            fprintf(stream, "%s{ id = \"p%05u\"; text = \"Text %u.\"; }\n", i ? "," : "",
                    i * 7919 % MANY * 2 + deck, i);
        fprintf(stream, ");\n");
        fclose(stream);
        assert_int_equal(deck_load_file(library, in_folder("a.conf"), &mistakes), 0);
        unlink(in_folder("a.conf"));
    }
    assert_int_equal(library->n_prompts, 2 * MANY);
    for (size_t i = 1; i < library->n_prompts; i++)
        assert_true(strcmp(library->prompts[i - 1].id, library->prompts[i].id) < 0);
    assert_int_equal(library_find_prompt(library, "p00001")->theme, THEME_CARE);
    assert_int_equal(library_find_prompt(library, "p00002")->theme, THEME_IMAGE);
    library_free(library);
}

/* Too many items are refused before libconfig makes something of them. */
static void items_are_bounded(void **state) {
    (void)state;
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    FILE *stream = fopen(in_folder("a.conf"), "w");
    fputs("prompts = ( 1", stream);
    for (unsigned i = 0; i < 1000000; i++)
        fputs(",1", stream);
    fputs(" );", stream);
    fclose(stream);
    assert_int_equal(deck_load_file(library, in_folder("a.conf"), &mistakes), -EINVAL);
    assert_non_null(strstr(mistakes.items[0].text, "more than 1000000 items"));
    unlink(in_folder("a.conf"));
    mistakes_done(&mistakes);
    library_free(library);
}

/* Each of the decks is within its bounds; the practices of both are more than all may have. */
static void all_decks_are_bounded(void **state) {
    (void)state;
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    for (unsigned deck = 0; deck < 2; deck++) {
        FILE *stream = fopen(in_folder("a.conf"), "w");
        fputs("practices = (\n", stream);
        for (unsigned i = 0; i < LIBRARY_PRACTICES_MAX / 2 + deck; i++)
            fprintf(stream, "%s{ id = \"p%u-%u\"; title = \"T\"; steps = ( \"A step.\" ); }\n", i ? "," : "",
                    deck, i);
        fputs(");\n", stream);
        fclose(stream);
        assert_int_equal(deck_load_file(library, in_folder("a.conf"), &mistakes), deck ? -EINVAL : 0);
        unlink(in_folder("a.conf"));
    }
    assert_int_equal(library->n_practices, LIBRARY_PRACTICES_MAX / 2);
    assert_non_null(
        strstr(mistakes.items[0].text, "all decks together have at most 100000 prompts and 1000 practices"));
    mistakes_done(&mistakes);
    library_free(library);
}

/* One prompt per file, its id the file's purpose. */
static void write_one(const char *name, const char *language, const char *id) {
    char text[256];
    snprintf(text, sizeof text, "theme = \"care\"; %s prompts = ( { id = \"%s\"; text = \"X.\"; } );",
             language, id);
    write_deck(name, text);
}

static void folders_by_language(void **state) {
    (void)state;
    static const char *const files[] = {"en/a.conf",  "en/b.conf",  "en/.hidden.conf",
                                        "en/c.txt",   "de/a.conf",  "own.conf",
                                        "my-de.conf", "my-en.conf", "broken.conf"};
    char en[] = "en", de[] = "de", fr[] = "fr";
    char *languages[] = {en, fr, en};
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    assert_int_equal(mkdir(in_folder("en"), 0700), 0);
    assert_int_equal(mkdir(in_folder("de"), 0700), 0);
    write_one("en/a.conf", "language = \"en\";", "taken-1");
    write_one("en/b.conf", "language = \"de\";", "wrong-folder");
    write_one("en/.hidden.conf", "", "hidden");
    write_one("en/c.txt", "", "no-deck");
    write_one("de/a.conf", "", "taken-1");
    write_one("own.conf", "", "taken-2");
    write_one("my-de.conf", "language = \"de\";", "taken-2");
    write_one("my-en.conf", "language = \"en\";", "taken-3");
    write_one("broken.conf", "language = 5;", "broken");
    assert_int_equal(deck_load_folder(library, folder, languages, ELEMENTSOF(languages), &mistakes), 0);
    assert_int_equal(library->n_prompts, 3);
    assert_string_equal(library->prompts[2].id, "taken-3");
    assert_int_equal(mistakes.n, 2);
    assert_non_null(strstr(mistakes.items[0].text, "the folder of \"en\""));
    assert_non_null(strstr(mistakes.items[1].text, "broken.conf:1: \"language\" is 5"));
    mistakes_done(&mistakes);
    library = library_free(library);

    library = library_new();
    languages[0] = de;
    assert_int_equal(deck_load_folder(library, folder, languages, 1, &mistakes), 0);
    assert_int_equal(library->n_prompts, 2);
    assert_string_equal(library->prompts[1].id, "taken-2");
    mistakes_done(&mistakes);
    library_free(library);
    for (size_t i = 0; i < ELEMENTSOF(files); i++)
        unlink(in_folder(files[i]));
    rmdir(in_folder("en"));
    rmdir(in_folder("de"));
}

static void write_practice(const char *name, const char *language, const char *title) {
    char text[256];
    snprintf(text, sizeof text,
             "%s practices = ( { id = \"pause\"; title = \"%s\"; steps = ( \"A step.\" ); } );", language,
             title);
    write_deck(name, text);
}

/* A practice is there once in each language, and the first language that has it wins, whichever file is read
 * first; a prompt has its id alone. */
static void practices_by_language(void **state) {
    (void)state;
    static const char *const files[] = {"en/a.conf", "own.conf", "again.conf", "none.conf", "prompt.conf"};
    static const struct {
        const char *languages[2], *expected;
    } cases[] = {{{"de", "en"}, "Pause"}, {{"en", "de"}, "A pause"}, {{"fr", "de"}, "Pause"}};
    assert_int_equal(mkdir(in_folder("en"), 0700), 0);
    write_practice("en/a.conf", "", "A pause");
    write_practice("own.conf", "language = \"de\";", "Pause");
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct library *library = library_new();
        struct mistakes mistakes = {0};
        char first[4], second[4], *languages[] = {first, second};
        strcpy(first, cases[i].languages[0]);
        strcpy(second, cases[i].languages[1]);
        assert_int_equal(deck_load_folder(library, in_folder("."), languages, 2, &mistakes), 0);
        assert_int_equal(deck_load_folder(library, folder, languages, 2, &mistakes), 0);
        if (mistakes.n == 0)
            fail_msg("the same practice is taken twice in one language");
        mistakes_done(&mistakes);
        assert_string_equal(library_find_practice(library, "pause")->title, cases[i].expected);
        library_free(library);
    }
    static const struct {
        const char *name, *text;
    } taken[] = {
        {"again.conf",
         "language = \"en\"; practices = ( { id = \"pause\"; title = \"T\"; steps = ( \"A.\" ); } );"},
        {"none.conf", "practices = ( { id = \"pause\"; title = \"T\"; steps = ( \"A.\" ); } );"},
        {"prompt.conf",
         "theme = \"care\"; language = \"fr\"; prompts = ( { id = \"pause\"; text = \"A.\"; } );"},
    };
    char en[] = "en", *languages[] = {en};
    for (size_t i = 0; i < ELEMENTSOF(taken); i++) {
        struct library *library = library_new();
        struct mistakes mistakes = {0};
        assert_int_equal(deck_load_folder(library, folder, languages, 1, &mistakes), 0);
        assert_int_equal(mistakes.n, 0);
        write_deck(taken[i].name, taken[i].text);
        assert_int_equal(deck_load_file(library, in_folder(taken[i].name), &mistakes), -EINVAL);
        assert_non_null(strstr(mistakes.items[0].text, "another deck has that id already"));
        unlink(in_folder(taken[i].name));
        mistakes_done(&mistakes);
        library_free(library);
    }
    for (size_t i = 0; i < ELEMENTSOF(files); i++)
        unlink(in_folder(files[i]));
    rmdir(in_folder("en"));
}

static void folders_that_are_none(void **state) {
    (void)state;
    char en[] = "en", *languages[] = {en};
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    assert_int_equal(deck_load_folder(library, in_folder("nowhere"), languages, 1, &mistakes), 0);
    assert_int_equal(mistakes.n, 0);
    write_deck("file", "");
    assert_int_equal(deck_load_folder(library, in_folder("file"), languages, 1, &mistakes), 0);
    assert_true(mistakes.n_errors > 0);
    unlink(in_folder("file"));
    assert_int_equal(deck_load_file(library, folder, &mistakes), -EINVAL);
    assert_int_equal(deck_load_file(library, in_folder("nowhere"), &mistakes), -ENOENT);
    mistakes_done(&mistakes);
    library_free(library);
}

static void decks_are_told_from_schedules(void **state) {
    (void)state;
    assert_true(deck_is_deck("tests/broken/deck-prompts.conf"));
    assert_true(deck_is_deck("tests/broken/deck-practices.conf"));
    assert_false(deck_is_deck("config/kindly.conf"));
    assert_false(deck_is_deck("tests/broken/open-quote.conf"));
    assert_false(deck_is_deck(folder));
    assert_false(deck_is_deck(in_folder("nowhere")));
}

static void installed_decks_are_fine(void **state) {
    (void)state;
    char en[] = "en", *languages[] = {en};
    struct library *library = library_new();
    struct mistakes mistakes = {0};
    assert_int_equal(deck_load_folder(library, "config/decks", languages, 1, &mistakes), 0);
    if (mistakes.n > 0)
        fail_msg("%s", mistakes.items[0].text);
    assert_true(library->n_prompts >= 90);
    assert_int_equal(library->themes, THEME_SET_ALL & ~THEME_BIT(THEME_OWN));
    assert_non_null(library_find_practice(library, "three-breaths"));
    library_free(library);
}

/* The first of them by their names; each would be opened and read. */
static void as_many_decks_as_may_be(void **state) {
    (void)state;
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    char text[128], name[32], *languages[] = {(char[]){"en"}};
    for (int i = 0; i < DECK_FILES_MAX + 2; i++) {
        snprintf(name, sizeof name, "%04d.conf", i);
        snprintf(text, sizeof text,
                 "theme = \"care\"; language = \"en\"; prompts = ( { id = \"c-%04d\"; text = \"T.\"; } );",
                 i);
        write_deck(name, text);
    }
    assert_int_equal(deck_load_folder(library, folder, languages, 1, &mistakes), 0);
    assert_int_equal(library->n_prompts, DECK_FILES_MAX);
    assert_null(library_find_prompt(library, "c-0500"));
    assert_int_equal(mistakes.n, 1);
    assert_non_null(
        strstr(mistakes.items[0].text, ": there are 502 decks in this folder; only the first 500 are read"));
    mistakes_done(&mistakes);
    library_free(library);
    for (int i = 0; i < DECK_FILES_MAX + 2; i++) {
        snprintf(name, sizeof name, "%04d.conf", i);
        unlink(in_folder(name));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deck_is_read),
        cmocka_unit_test(names_are_marked),
        cmocka_unit_test(a_bad_file_adds_nothing),
        cmocka_unit_test(texts_have_a_length),
        cmocka_unit_test(large_decks_are_sorted),
        cmocka_unit_test(items_are_bounded),
        cmocka_unit_test(all_decks_are_bounded),
        cmocka_unit_test(folders_by_language),
        cmocka_unit_test(practices_by_language),
        cmocka_unit_test(folders_that_are_none),
        cmocka_unit_test(decks_are_told_from_schedules),
        cmocka_unit_test(installed_decks_are_fine),
        cmocka_unit_test(as_many_decks_as_may_be),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
