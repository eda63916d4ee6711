/* A word list from any bytes; what it looks for is then looked for in texts, among them the file itself. */
#include "daemon/store/guard.h"
#include "daemon/store/wordlist.h"
#include "tests/fuzz/fuzz.h"

static const char *const texts[] = {
    "If you like, let your shoulders be as they are. You can stop at any time.",
    "Must you? Don't! \xe2\x80\x9cJust try harder\xe2\x80\x9d \xe2\x80\xa6 {name} \xf0\x9f\x92\x9a  twice ",
    "如果你愿意，可以停一停。",
};

static void check_finding(const struct wording_finding *finding, const char *text) {
    char message[WORDING_MESSAGE_SIZE] = "";
    wording_explain(finding, message);
    holds(*message && strlen(message) < sizeof message);
    if (finding->rule == WORDING_BANNED)
        holds(finding->word >= text && finding->word + finding->word_size <= text + strlen(text));
    if (text_is_plain(text))
        holds(text_is_plain(message));
}

static void check_text(const struct wordlist *list, const char *text, struct wording_shares *shares) {
    for (enum wording_kind kind = WORDING_PROMPT; kind <= WORDING_TITLE; kind++) {
        struct wording_finding findings[WORDING_FINDINGS_MAX];
        size_t n = wording_check(list, text, kind, findings);
        holds(n <= WORDING_FINDINGS_MAX);
        for (size_t i = 0; i < n; i++)
            check_finding(&findings[i], text);
    }
    wording_count(list, text, shares);
}

static void check_list(const struct wordlist *list, const char *itself) {
    struct wording_shares shares = {0};
    struct wording_finding findings[WORDING_FINDINGS_MAX];
    for (size_t i = 0; i < ELEMENTSOF(texts); i++)
        check_text(list, texts[i], &shares);
    check_text(list, itself, &shares);
    holds(shares.prompts == ELEMENTSOF(texts) + 1 && shares.conditional <= shares.sentences);
    holds(wording_weigh(list, &shares, findings) <= WORDING_FINDINGS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    char *itself = fuzz_text(data, size);
    struct mistakes mistakes = {0};
    struct wordlist *list = NULL;
    int r = wordlist_load(path, &mistakes, &list);
    holds(r >= 0 || r == -EINVAL);
    holds((r < 0) == (mistakes.n_errors > 0));
    if (r >= 0) {
        holds(list->n_banned <= WORDLIST_BANNED_MAX && list->conditional.n <= WORDLIST_WORDS_MAX);
        check_list(list, itself);
    }
    for (size_t i = 0; i < mistakes.n; i++)
        holds(text_is_plain(mistakes.items[i].text));
    wordlist_free(list);
    mistakes_done(&mistakes);
    free(itself);
    return 0;
}
