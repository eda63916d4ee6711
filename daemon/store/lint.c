/* Nearly the same texts are looked for first, language by language, because a text is told with its own file
 * while its twin may stand in another; then each deck is told from its first text to its last. */
#include "daemon/store/lint.h"

#include "daemon/core/twins.h"
#include "daemon/core/wording.h"
#include "daemon/store/wordlist.h"

#include <stdio.h>

struct text {
    const char *id, *text;
    unsigned line;
    enum wording_kind kind;
    uint8_t step;    /* of a practice, from 1; 0: its title, or no practice */
    bool counts;     /* in the deck's shares, and may have a twin: of a prompt, what anybody can be shown */
    bool needs_name; /* {name}, and nothing for those without one */
    bool needs_no_name; /* a nameless text beside one without {name} */
    size_t twin;        /* another text, or TWINS_NONE */
    bool same;          /* as its twin, and not only nearly */
    const struct deck *deck;
};

struct deck {
    char *path, *language;
    enum theme theme;
    enum severity severity;
    unsigned line;
    size_t first, n; /* of its texts */
};

struct words {
    char *language;
    struct wordlist *list; /* NULL: there is none, or it has mistakes */
};

struct lint {
    char *lists;
    enum severity severity;
    struct deck **decks;
    size_t n_decks, decks_capacity;
    struct text *texts;
    size_t n_texts, texts_capacity;
    struct words *words; /* of the languages met so far */
    size_t n_words, words_capacity;
};

struct lint *lint_new(const char *lists) {
    struct lint *lint = calloc(1, sizeof *lint);
    if (!lint)
        return NULL;
    lint->severity = MISTAKE_WARNING;
    lint->lists = strdup(lists);
    return lint->lists ? lint : lint_free(lint);
}

static void deck_done(struct deck *deck) {
    free(deck->path);
    free(deck->language);
    free(deck);
}

struct lint *lint_free(struct lint *lint) {
    if (!lint)
        return NULL;
    for (size_t i = 0; i < lint->n_decks; i++)
        deck_done(lint->decks[i]);
    for (size_t i = 0; i < lint->n_words; i++) {
        free(lint->words[i].language);
        wordlist_free(lint->words[i].list);
    }
    free(lint->lists);
    free(lint->decks);
    free(lint->texts);
    free(lint->words);
    free(lint);
    return NULL;
}

void lint_as(struct lint *lint, enum severity severity) {
    lint->severity = severity;
}

/* --- Collecting ------------------------------------------------------------------------------- */

int lint_add_deck(struct lint *lint, const char *path, const char *language, enum theme theme,
                  unsigned line) {
    int r = array_reserve(&lint->decks, &lint->decks_capacity, lint->n_decks + 1, sizeof *lint->decks);
    if (r < 0)
        return r;
    struct deck *deck = calloc(1, sizeof *deck);
    if (!deck)
        return -ENOMEM;
    *deck = (struct deck){.path = strdup(path),
                          .language = language ? strdup(language) : NULL,
                          .theme = theme,
                          .severity = lint->severity,
                          .line = line,
                          .first = lint->n_texts};
    if (!deck->path || (language && !deck->language)) {
        deck_done(deck);
        return -ENOMEM;
    }
    lint->decks[lint->n_decks++] = deck;
    return 0;
}

static int add_text(struct lint *lint, struct text text) {
    int r = array_reserve(&lint->texts, &lint->texts_capacity, lint->n_texts + 1, sizeof *lint->texts);
    if (r < 0)
        return r;
    text.twin = TWINS_NONE;
    text.deck = lint->decks[lint->n_decks - 1];
    lint->texts[lint->n_texts++] = text;
    lint->decks[lint->n_decks - 1]->n++;
    return 0;
}

int lint_add_prompt(struct lint *lint, const struct prompt *prompt, unsigned text_line,
                    unsigned nameless_line) {
    enum wording_kind kind = prompt->body ? WORDING_BODY : WORDING_PROMPT;
    struct text text = {.id = prompt->id,
                        .text = prompt->text,
                        .line = text_line,
                        .kind = kind,
                        .counts = !prompt->nameless,
                        .needs_name = prompt->named && !prompt->nameless};
    int r = add_text(lint, text);
    if (r < 0 || !prompt->nameless)
        return r;
    struct text nameless = {.id = prompt->id,
                            .text = prompt->nameless,
                            .line = nameless_line,
                            .kind = kind,
                            .counts = true,
                            .needs_no_name = !prompt->named};
    return add_text(lint, nameless);
}

int lint_add_step(struct lint *lint, const char *id, size_t step, const char *text, unsigned line) {
    return add_text(lint, (struct text){.id = id,
                                        .text = text,
                                        .line = line,
                                        .kind = step ? WORDING_STEP : WORDING_TITLE,
                                        .step = (uint8_t)step});
}

/* --- Twins ------------------------------------------------------------------------------------ */

static bool same_language(const struct deck *a, const struct deck *b) {
    return streq(or_empty(a->language), or_empty(b->language));
}

/* Those of a language that may have twins: `places` says where they stand among all texts. */
static size_t pick_texts(const struct lint *lint, const struct deck *like, struct twin *twins,
                         size_t *places) {
    size_t n = 0;
    for (size_t i = 0; i < lint->n_texts; i++) {
        const struct text *text = &lint->texts[i];
        if (!text->counts || !same_language(text->deck, like))
            continue;
        twins[n] = (struct twin){.text = text->text, .group = (int)text->deck->theme};
        places[n++] = i;
    }
    return n;
}

static int find_twins_in(struct lint *lint, const struct deck *like, struct twin *twins, size_t *places) {
    size_t n = pick_texts(lint, like, twins, places);
    int r = twins_find(twins, n);
    for (size_t i = 0; i < n && r == 0; i++)
        if (twins[i].of != TWINS_NONE) {
            lint->texts[places[i]].twin = places[twins[i].of];
            lint->texts[places[i]].same = twins[i].same;
        }
    return r;
}

static int find_twins(struct lint *lint) {
    _cleanup_free_ struct twin *twins = calloc(lint->n_texts + 1, sizeof *twins);
    _cleanup_free_ size_t *places = calloc(lint->n_texts + 1, sizeof *places);
    if (!twins || !places)
        return -ENOMEM;
    int r = 0;
    for (size_t i = 0; i < lint->n_decks && r == 0; i++) {
        size_t before = 0;
        while (before < i && !same_language(lint->decks[before], lint->decks[i]))
            before++;
        if (before == i)
            r = find_twins_in(lint, lint->decks[i], twins, places);
    }
    return r;
}

/* --- Telling ---------------------------------------------------------------------------------- */

/* The words of a deck's language, read once. Mistakes in a list are told, and it isn't used. */
static int find_words(struct lint *lint, const char *language, struct mistakes *mistakes,
                      const struct wordlist **ret) {
    *ret = NULL;
    if (!language)
        return 0;
    for (size_t i = 0; i < lint->n_words; i++)
        if (streq(lint->words[i].language, language)) {
            *ret = lint->words[i].list;
            return 0;
        }
    int r = array_reserve(&lint->words, &lint->words_capacity, lint->n_words + 1, sizeof *lint->words);
    struct words words = {.language = r == 0 ? strdup(language) : NULL};
    if (!words.language)
        return -ENOMEM;
    r = wordlist_find(lint->lists, language, mistakes, &words.list);
    lint->words[lint->n_words++] = words;
    *ret = words.list;
    return r == -ENOMEM ? r : 0;
}

static int tell(const struct deck *deck, const struct text *text, struct mistakes *mistakes,
                const char *message) {
    char what[64] = "";
    if (text->kind == WORDING_TITLE)
        snprintf(what, sizeof what, "the title of ");
    else if (text->step > 0)
        snprintf(what, sizeof what, "step %u of ", text->step);
    return mistakes_add(mistakes, deck->severity, deck->path, text->line, "%s\"%s\" %s", what, text->id,
                        message);
}

static int tell_twin(const struct lint *lint, const struct text *text, struct mistakes *mistakes) {
    if (text->twin == TWINS_NONE)
        return 0;
    const struct text *twin = &lint->texts[text->twin];
    const char *slash = strrchr(twin->deck->path, '/');
    char message[512];
    snprintf(message, sizeof message, "says %s as \"%s\" (%s:%u)",
             text->same ? "the same" : "nearly the same", twin->id, slash ? slash + 1 : twin->deck->path,
             twin->line);
    return tell(text->deck, text, mistakes, message);
}

static int tell_text(const struct lint *lint, const struct wordlist *list, const struct text *text,
                     struct mistakes *mistakes) {
    struct wording_finding findings[WORDING_FINDINGS_MAX];
    size_t n = wording_check(list, text->text, text->kind, findings);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        char message[WORDING_MESSAGE_SIZE];
        wording_explain(&findings[i], message);
        r = tell(text->deck, text, mistakes, message);
    }
    if (r == 0 && text->needs_name)
        r = tell(text->deck, text, mistakes,
                 "has " PROMPT_NAME " but no \"nameless\"; without a name it is not shown");
    if (r == 0 && text->needs_no_name)
        r = tell(text->deck, text, mistakes, "has \"nameless\", but there is no " PROMPT_NAME " in its text");
    return r == 0 ? tell_twin(lint, text, mistakes) : r;
}

static int tell_shares(const struct deck *deck, const struct wordlist *list,
                       const struct wording_shares *shares, struct mistakes *mistakes) {
    struct wording_finding findings[WORDING_FINDINGS_MAX];
    size_t n = wording_weigh(list, shares, findings);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        char message[WORDING_MESSAGE_SIZE];
        wording_explain(&findings[i], message);
        r = mistakes_add(mistakes, deck->severity, deck->path, deck->line, "%s", message);
    }
    return r;
}

static int tell_deck(struct lint *lint, const struct deck *deck, struct mistakes *mistakes) {
    const struct wordlist *list;
    struct wording_shares shares = {0};
    int r = find_words(lint, deck->language, mistakes, &list);
    for (size_t i = deck->first; i < deck->first + deck->n && r == 0; i++) {
        const struct text *text = &lint->texts[i];
        if (text->counts)
            wording_count(list, text->text, &shares);
        r = tell_text(lint, list, text, mistakes);
    }
    return r == 0 ? tell_shares(deck, list, &shares, mistakes) : r;
}

int lint_tell(struct lint *lint, struct mistakes *mistakes) {
    int r = find_twins(lint);
    for (size_t i = 0; i < lint->n_decks && r == 0; i++)
        r = tell_deck(lint, lint->decks[i], mistakes);
    return r;
}
