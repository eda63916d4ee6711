/* Plain text, a prompt a line: the deck that is made of it is one, with as many prompts. */
#include "daemon/store/deck.h"
#include "daemon/store/guard.h"
#include "daemon/store/lines.h"
#include "tests/fuzz/fuzz.h"

static void check_deck(const char *text, size_t n) {
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    struct lint *lint = lint_new("/nowhere");
    holds(library && lint);
    holds(deck_lint_text(library, "made", text, lint, &mistakes) >= 0);
    holds(library->n_prompts == n && n >= 1 && n <= LINES_PROMPTS_MAX);
    lint_free(lint);
    library_free(library);
    mistakes_done(&mistakes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mistakes mistakes = {0};
    char *path = fuzz_text(data, size), *text = NULL, *name = lines_name_from(path);
    size_t n = 0;
    holds(!name || lines_name_fits(name));
    const struct lines_deck deck = {.name = name ? name : "own", .theme = THEME_CARE, .language = "en"};
    int r = lines_to_deck("lines", (const char *)data, size, &deck, &mistakes, &text, &n);
    holds(r >= 0 || r == -EINVAL);
    holds((r < 0) == (mistakes.n_errors > 0));
    if (r >= 0)
        check_deck(text, n);
    for (size_t i = 0; i < mistakes.n; i++)
        holds(text_is_plain(mistakes.items[i].text));
    mistakes_done(&mistakes);
    free(text);
    free(name);
    free(path);
    return 0;
}
