/* A deck from any bytes, with the check of its wording: it is refused whole, with reasons, or what it adds is
 * within the bounds. */
#include "daemon/store/deck.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text, size_t length_max) {
    holds(*text && strlen(text) <= length_max && text_is_plain(text));
}

static void check_library(const struct library *library) {
    for (size_t i = 0; i < library->n_prompts; i++) {
        const struct prompt *prompt = &library->prompts[i];
        char *words = NULL;
        check_text(prompt->id, DECK_ID_MAX);
        check_text(prompt->text, DECK_TEXT_MAX);
        holds(prompt->theme < THEME_COUNT && prompt->depth >= 1 && prompt->depth <= 3);
        holds(library_find_prompt(library, prompt->id) == prompt);
        int r = prompt_words(prompt, "", &words);
        holds(r >= 0 || (r == -ENODATA && !prompt_suits(prompt, "")));
        free(words);
    }
    for (size_t i = 0; i < library->n_practices; i++) {
        const struct practice *practice = &library->practices[i];
        check_text(practice->id, DECK_ID_MAX);
        check_text(practice->title, DECK_TITLE_MAX);
        holds(practice->n_steps >= 1 && practice->n_steps <= DECK_STEPS_MAX);
        for (size_t step = 0; step < practice->n_steps; step++)
            check_text(practice->steps[step], DECK_TEXT_MAX);
        holds(library_find_practice(library, practice->id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    struct mistakes mistakes = {0};
    struct library *library = library_new();
    struct lint *lint = lint_new("/nowhere");
    holds(library && lint);
    int r = deck_lint_file(library, path, lint, &mistakes);
    holds(r >= 0 || r == -EINVAL);
    holds((r < 0) == (mistakes.n_errors > 0));
    if (r < 0)
        holds(library->n_prompts == 0 && library->n_practices == 0);
    else {
        check_library(library);
        holds(deck_is_deck(path));
        holds(lint_tell(lint, &mistakes) >= 0);
        size_t n = library->n_prompts, n_practices = library->n_practices;
        holds(deck_load_file(library, path, &mistakes) <= 0); /* the same ids again */
        holds(library->n_prompts == n && library->n_practices == n_practices);
    }
    for (size_t i = 0; i < mistakes.n; i++)
        holds(text_is_plain(mistakes.items[i].text));
    lint_free(lint);
    library_free(library);
    mistakes_done(&mistakes);
    return 0;
}
