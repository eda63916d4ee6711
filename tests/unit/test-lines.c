/* Plain text made into a deck: what is taken, what is refused and in which words, and that what comes out is
 * read back as it was. And files that are made whole or not at all. */
#include "daemon/store/create.h"
#include "daemon/store/deck.h"
#include "daemon/store/lines.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct lines_deck care = {.name = "mine", .theme = THEME_CARE, .language = "en"};

/* --- Lines ------------------------------------------------------------------------------------ */

static int convert(const char *text, size_t size, struct mistakes *mistakes, char **ret_deck, size_t *ret_n) {
    return lines_to_deck("notes.txt", text, size, &care, mistakes, ret_deck, ret_n);
}

static const struct {
    const char *text;
    const char *prompts[4];
} taken[] = {
    {"One.", {"One."}},
    {"One.\nTwo.\n", {"One.", "Two."}},
    {"\n\n# A comment.\n  \t\n#\n One. \t\n   # Another.\nTwo.\r\n", {"One.", "Two."}},
    {"\xef\xbb\xbfOne.\n", {"One."}},
    {"Say \"so\".\nA \\ and \\x00 and \\n.\n", {"Say \"so\".", "A \\ and \\x00 and \\n."}},
    {"\344\275\240\345\245\275\343\200\202\n\303\251t\303\251.\n",
     {"\344\275\240\345\245\275\343\200\202", "\303\251t\303\251."}},
    {"{name}, tea?\n@include \"x\"\n);\n// so\n", {"{name}, tea?", "@include \"x\"", ");", "// so"}},
};

static void lines_become_prompts(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(taken); i++) {
        struct mistakes mistakes = {0};
        struct library *library = library_new();
        char *deck;
        size_t n, expected = 0;
        while (expected < ELEMENTSOF(taken[i].prompts) && taken[i].prompts[expected])
            expected++;
        assert_int_equal(convert(taken[i].text, strlen(taken[i].text), &mistakes, &deck, &n), 0);
        assert_int_equal(n, expected);
        if (deck_lint_text(library, "mine.conf", deck, NULL, &mistakes) < 0)
            fail_msg("%s", mistakes.items[0].text);
        assert_int_equal(library->n_prompts, expected);
        for (size_t j = 0; j < expected; j++) {
            char id[LINES_ID_SIZE];
            lines_id("mine", j, n, id);
            const struct prompt *prompt = library_find_prompt(library, id);
            assert_non_null(prompt);
            assert_string_equal(prompt->text, taken[i].prompts[j]);
            assert_int_equal(prompt->theme, THEME_CARE);
            assert_int_equal(prompt->depth, 1);
        }
        free(deck);
        library_free(library);
    }
}

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t size;
    const char *told[3];
} refused[] = {
    {TEXT(""), {"notes.txt: there is no prompt in it; each line is one"}},
    {TEXT("\n# nothing\n"), {"notes.txt: there is no prompt in it; each line is one"}},
    {TEXT("One.\nT\xffwo.\n"), {"notes.txt:2: this line isn't valid UTF-8; save the text as UTF-8"}},
    {TEXT("One.\n\nT\two."),
     {"notes.txt:3: this line has a control character, such as a tab; it is plain text"}},
    {TEXT("One\0.\nTwo\x1b.\nThree\xc2\x85.\n"),
     {"notes.txt:1: this line has a control character, such as a tab; it is plain text",
      "notes.txt:2: this line has a control character, such as a tab; it is plain text",
      "notes.txt:3: this line has a control character, such as a tab; it is plain text"}},
    {TEXT("One\xe2\x82"), {"notes.txt:1: this line isn't valid UTF-8; save the text as UTF-8"}},
};

static void other_lines_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
        struct mistakes mistakes = {0};
        char *deck = NULL;
        size_t n = 7;
        assert_int_equal(convert(refused[i].text, refused[i].size, &mistakes, &deck, &n), -EINVAL);
        assert_true(deck == NULL && n == 7);
        for (size_t j = 0; j < ELEMENTSOF(refused[i].told); j++)
            if (refused[i].told[j])
                assert_string_equal(j < mistakes.n ? mistakes.items[j].text : "nothing", refused[i].told[j]);
            else
                assert_true(mistakes.n <= j);
        mistakes_done(&mistakes);
    }
}

static void lines_have_a_length(void **state) {
    (void)state;
    for (size_t length = DECK_TEXT_MAX; length <= DECK_TEXT_MAX + 1; length++) {
        char text[DECK_TEXT_MAX + 8], *deck = NULL;
        struct mistakes mistakes = {0};
        size_t n;
        memset(text, 'x', length);
        strcpy(text + length, "  \n");
        int r = convert(text, strlen(text), &mistakes, &deck, &n);
        assert_int_equal(r, length <= DECK_TEXT_MAX ? 0 : -EINVAL);
        if (r < 0)
            assert_string_equal(
                mistakes.items[0].text,
                "notes.txt:1: this line has 401 bytes; a prompt has at most 400, better 140 characters");
        mistakes_done(&mistakes);
        free(deck);
    }
}

/* The most prompts there can be, each as long as can be and all of it escaped, still make a deck that is
 * read. */
static void many_lines_fit(void **state) {
    (void)state;
    size_t line = DECK_TEXT_MAX + 1, size = (LINES_PROMPTS_MAX + 1) * line, n = 0;
    char *text = malloc(size), *deck = NULL;
    struct mistakes mistakes = {0};
    memset(text, '"', size);
    for (size_t i = 0; i <= LINES_PROMPTS_MAX; i++)
        text[i * line + DECK_TEXT_MAX] = '\n';
    assert_true(size <= LINES_SIZE_MAX);
    assert_int_equal(convert(text, size, &mistakes, &deck, &n), -EINVAL);
    assert_int_equal(mistakes.n, 1);
    assert_string_equal(mistakes.items[0].text,
                        "notes.txt:10001: this is prompt 10001; a deck is made of at most 10000");
    mistakes_done(&mistakes);
    assert_int_equal(convert(text, size - line, &mistakes, &deck, &n), 0);
    assert_int_equal(n, LINES_PROMPTS_MAX);
    assert_true(strlen(deck) <= DECK_FILE_MAX);
    struct library *library = library_new();
    assert_int_equal(deck_lint_text(library, "mine.conf", deck, NULL, &mistakes), 0);
    assert_int_equal(library->n_prompts, n);
    assert_non_null(library_find_prompt(library, "mine-00001"));
    library_free(library);
    free(deck);
    free(text);
}

static const struct {
    const char *path, *name; /* NULL: none */
} names[] = {
    {"notes.txt", "notes"},
    {"/tmp/a folder/My notes.2.txt", "My-notes.2"},
    {"S\303\244tze.txt", "S-tze"},
    {".hidden", "hidden"},
    {"-a-.txt", "a"},
    {"notes", "notes"},
    {"\344\275\240\345\245\275.txt", NULL},
    {"folder/", NULL},
    {"", NULL},
    {"0123456789012345678901234567890123456789012345678901234567890",
     "01234567890123456789012345678901234567890123456789"},
};

static void names_come_from_files(void **state) {
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        char *name = lines_name_from(names[i].path);
        assert_string_equal(name ? name : "none", names[i].name ? names[i].name : "none");
        assert_true(!name || lines_name_fits(name));
        free(name);
    }
    static const char *const unfit[] = {
        "", ".a", "a b", "a/b", "\303\251", "012345678901234567890123456789012345678901234567890"};
    for (size_t i = 0; i < ELEMENTSOF(unfit); i++)
        assert_false(lines_name_fits(unfit[i]));
    char id[LINES_ID_SIZE];
    lines_id("a", 0, 1, id);
    assert_string_equal(id, "a-001");
    lines_id("a", 9999, 10000, id);
    assert_string_equal(id, "a-10000");
}

/* --- Files ------------------------------------------------------------------------------------ */

static void files_are_made_once(void **state) {
    (void)state;
    char folder[] = "/tmp/kindly-test-XXXXXX", inner[64], path[128], link_path[128], text[8] = "";
    struct stat status;
    mode_t mask = umask(0777);
    assert_non_null(mkdtemp(folder));
    chmod(folder, 0700);
    snprintf(inner, sizeof inner, "%s/a/b", folder);
    snprintf(path, sizeof path, "%s/mine.conf", inner);
    snprintf(link_path, sizeof link_path, "%s/link.conf", inner);
    assert_int_equal(create_text(path, "one\n", 4), -ENOENT);
    assert_int_equal(create_folders(inner), 0);
    assert_int_equal(create_folders(inner), 0);
    assert_int_equal(create_text(path, "one\n", 4), 0);
    assert_int_equal(create_text(path, "two\n", 4), -EEXIST);
    assert_int_equal(symlink("nowhere", link_path), 0);
    assert_int_equal(create_text(link_path, "two\n", 4), -EEXIST);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(stat(inner, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "one\n");
    unlink(path);
    unlink(link_path);
    assert_int_equal(rmdir(inner), 0); /* nothing else was left in it */
    *strrchr(inner, '/') = '\0';
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_prompts),  cmocka_unit_test(other_lines_are_refused),
        cmocka_unit_test(lines_have_a_length),   cmocka_unit_test(many_lines_fit),
        cmocka_unit_test(names_come_from_files), cmocka_unit_test(files_are_made_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
