/* A text is spelled out first: its characters in small letters, and what kind each is of. Phrases are
 * compiled to the same characters, with a code of their own for "any ending" and for "any words", so that
 * finding one is comparing from each place where a word may begin.
 *
 * Limits: a phrase is matched as it is written (no stems, no accents left out), and a full stop within a
 * sentence (an abbreviation) counts as its end. */
#include "daemon/core/wording.h"

#include "daemon/core/letters.h"

#include <stdio.h>

/* In phrases only; no character has such a code. */
#define CODE_ENDING   0x110000
#define CODE_ANYTHING 0x110001

#define PHRASES_TOLD 5 /* of a list, in a message */

/* --- Spelling --------------------------------------------------------------------------------- */

struct spelled {
    uint32_t codes[WORDING_TEXT_MAX];
    enum letter_kind kinds[WORDING_TEXT_MAX];
    uint16_t bytes[WORDING_TEXT_MAX + 1]; /* where each begins; where the last one ends */
    size_t n;
};

static void spell(const char *text, struct spelled *ret) {
    const char *at = text;
    uint32_t letter;
    ret->n = 0;
    ret->bytes[0] = 0;
    while (ret->n < WORDING_TEXT_MAX && (letter = letter_next(&at))) {
        ret->codes[ret->n] = letter_fold(letter);
        ret->kinds[ret->n] = letter_kind(letter);
        ret->bytes[++ret->n] = (uint16_t)(at - text);
    }
}

/* The person's name counts as a word of six letters, which is what it is in the file. */
static void blend_names_in(struct spelled *spelled) {
    static const char name[] = "{name}";
    for (size_t i = 0; i + sizeof name - 1 <= spelled->n; i++) {
        size_t length = 0;
        while (length < sizeof name - 1 && spelled->codes[i + length] == (uint32_t)name[length])
            length++;
        for (size_t j = 0; length == sizeof name - 1 && j < length; j++)
            spelled->kinds[i + j] = LETTER_WORD;
    }
}

static bool ends_sentence(enum letter_kind kind) {
    return kind == LETTER_STOP || kind == LETTER_QUESTION || kind == LETTER_EXCLAMATION;
}

/* Whether a word can begin or end between the character at `place` and the one before it. */
static bool is_boundary(const struct spelled *spelled, size_t place) {
    return place == 0 || place == spelled->n || spelled->kinds[place - 1] != LETTER_WORD ||
           spelled->kinds[place] != LETTER_WORD;
}

/* --- Phrases ---------------------------------------------------------------------------------- */

static void phrases_done(struct phrases *phrases) {
    for (size_t i = 0; i < phrases->n; i++)
        free(phrases->items[i].text);
    free(phrases->items);
}

struct wordlist *wordlist_free(struct wordlist *list) {
    if (!list)
        return NULL;
    for (size_t i = 0; i < list->n_banned; i++) {
        free(list->banned[i].why);
        phrases_done(&list->banned[i].words);
    }
    free(list->banned);
    phrases_done(&list->conditional);
    phrases_done(&list->exits);
    free(list->language);
    free(list);
    return NULL;
}

/* Takes one piece of a phrase's text and says what stands for it. */
static uint32_t compile_piece(const char **at, uint32_t before) {
    static const char anything[] = " ... ";
    if (strncmp(*at, anything, sizeof anything - 1) == 0) {
        *at += sizeof anything - 1;
        return CODE_ANYTHING;
    }
    uint32_t letter = letter_next(at);
    if (letter == '*' && (**at == ' ' || **at == '\0') && before != ' ')
        return CODE_ENDING;
    return letter_kind(letter) == LETTER_SPACE ? ' ' : letter_fold(letter);
}

static int compile(const char *text, struct phrase *phrase) {
    bool anything = false;
    uint32_t before = ' ';
    if (*text == '\0')
        return -EINVAL;
    while (*text) {
        uint32_t code = compile_piece(&text, before);
        bool again = code == CODE_ANYTHING && anything;
        bool empty = before == ' ' && (code == ' ' || code == '.' || code == CODE_ANYTHING);
        if (again || empty || code == '*')
            return -EINVAL;
        if (phrase->n_codes == WORDING_PHRASE_MAX)
            return -E2BIG;
        anything = anything || code == CODE_ANYTHING;
        phrase->codes[phrase->n_codes++] = code;
        before = code == CODE_ANYTHING ? ' ' : code;
    }
    return before == ' ' ? -EINVAL : 0;
}

int phrases_add(struct phrases *phrases, const char *text) {
    struct phrase phrase = {0};
    int r = compile(text, &phrase);
    if (r < 0)
        return r;
    struct phrase *larger = reallocarray(phrases->items, phrases->n + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    phrases->items = larger;
    phrase.text = strdup(text);
    if (!phrase.text)
        return -ENOMEM;
    phrases->items[phrases->n++] = phrase;
    return 0;
}

/* A word that has begun goes on with a letter, or with an apostrophe between two of them. */
static bool continues_word(const struct spelled *spelled, size_t place) {
    if (place < spelled->n && spelled->codes[place] == '\'')
        place++;
    return place < spelled->n && spelled->kinds[place] == LETTER_WORD;
}

/* Compares a phrase's codes from `first` to `last` with the text at `place`: where that ends, or 0 for no
 * match. */
static size_t match_part(const struct spelled *spelled, size_t place, const struct phrase *phrase,
                         size_t first, size_t last) {
    if (!is_boundary(spelled, place))
        return 0;
    for (size_t i = first; i < last; i++) {
        uint32_t code = phrase->codes[i];
        if (code == CODE_ENDING) {
            while (continues_word(spelled, place))
                place++;
            continue;
        }
        if (place == spelled->n ||
            !(code == ' ' ? spelled->kinds[place] == LETTER_SPACE : spelled->codes[place] == code))
            return 0;
        place++;
    }
    return is_boundary(spelled, place) ? place : 0;
}

/* Where the phrase that begins at `place` ends, or 0 when it doesn't begin there. */
static size_t match_at(const struct spelled *spelled, size_t place, const struct phrase *phrase) {
    size_t split = 0;
    while (split < phrase->n_codes && phrase->codes[split] != CODE_ANYTHING)
        split++;
    size_t end = match_part(spelled, place, phrase, 0, split);
    if (end == 0 || split == phrase->n_codes)
        return end;
    for (; end < spelled->n && !ends_sentence(spelled->kinds[end]); end++) {
        size_t all = match_part(spelled, end, phrase, split + 1, phrase->n_codes);
        if (all)
            return all;
    }
    return 0;
}

/* The end of one of the phrases that begins at `place`, or 0. */
static size_t match_any(const struct spelled *spelled, size_t place, const struct phrases *phrases) {
    size_t end = 0;
    for (size_t i = 0; i < phrases->n && end == 0; i++)
        if (spelled->codes[place] == phrases->items[i].codes[0])
            end = match_at(spelled, place, &phrases->items[i]);
    return end;
}

/* The first place where one of the phrases stands; false: none does. */
static bool find_phrase(const struct spelled *spelled, const struct phrases *phrases, size_t *ret_start,
                        size_t *ret_end) {
    for (size_t place = 0; place < spelled->n; place++) {
        size_t end = is_boundary(spelled, place) ? match_any(spelled, place, phrases) : 0;
        if (end > 0) {
            *ret_start = place;
            *ret_end = end;
            return true;
        }
    }
    return false;
}

/* --- One text --------------------------------------------------------------------------------- */

struct findings {
    struct wording_finding *items;
    size_t n;
};

/* There is room: each rule finds one thing at most, and banned words are looked for last. */
static struct wording_finding *find(struct findings *findings, enum wording_rule rule) {
    struct wording_finding *finding = &findings->items[findings->n++];
    *finding = (struct wording_finding){.rule = rule};
    return finding;
}

static size_t count_columns(const struct spelled *spelled, size_t *ret_wide) {
    size_t columns = 0, wide = 0;
    for (size_t i = 0; i < spelled->n; i++) {
        columns += letter_columns(spelled->codes[i]);
        wide += letter_columns(spelled->codes[i]) == 2;
    }
    *ret_wide = wide;
    return columns;
}

static size_t count_kind(const struct spelled *spelled, enum letter_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < spelled->n; i++)
        n += spelled->kinds[i] == kind;
    return n;
}

static void check_length(const struct spelled *spelled, struct findings *findings) {
    size_t wide, columns = count_columns(spelled, &wide);
    if (columns <= WORDING_COLUMNS_MAX)
        return;
    struct wording_finding *finding = find(findings, WORDING_LENGTH);
    finding->n = columns;
    finding->wide = 4 * wide > columns;
}

static void check_marks(const struct spelled *spelled, struct findings *findings) {
    size_t questions = count_kind(spelled, LETTER_QUESTION);
    if (questions > WORDING_QUESTIONS_MAX)
        find(findings, WORDING_QUESTIONS)->n = questions;
    if (count_kind(spelled, LETTER_EXCLAMATION) > 0)
        find(findings, WORDING_EXCLAMATION);
    for (size_t i = 0; i < spelled->n; i++)
        if (spelled->kinds[i] == LETTER_SYMBOL) {
            find(findings, WORDING_SYMBOL)->code = spelled->codes[i];
            break;
        }
}

static void check_spaces(const struct spelled *spelled, struct findings *findings) {
    bool space = true;
    for (size_t i = 0; i < spelled->n; i++) {
        bool here = spelled->kinds[i] == LETTER_SPACE;
        if (here && (space || i + 1 == spelled->n)) {
            find(findings, WORDING_SPACES);
            return;
        }
        space = here;
    }
}

static void check_end(const struct spelled *spelled, struct findings *findings) {
    size_t last = spelled->n;
    while (last > 0 && (spelled->kinds[last - 1] == LETTER_QUOTE || spelled->kinds[last - 1] == LETTER_SPACE))
        last--;
    if (last == 0 || !ends_sentence(spelled->kinds[last - 1]))
        find(findings, WORDING_END);
}

static void check_banned(const struct wordlist *list, const char *text, const struct spelled *spelled,
                         struct findings *findings) {
    for (size_t i = 0; i < list->n_banned && findings->n < WORDING_FINDINGS_MAX; i++) {
        size_t start, end;
        if (!find_phrase(spelled, &list->banned[i].words, &start, &end))
            continue;
        struct wording_finding *finding = find(findings, WORDING_BANNED);
        finding->word = text + spelled->bytes[start];
        finding->word_size = (size_t)(spelled->bytes[end] - spelled->bytes[start]);
        finding->why = list->banned[i].why;
    }
}

static void check_exit(const struct wordlist *list, const struct spelled *spelled,
                       struct findings *findings) {
    size_t start, end;
    if (list->exits.n > 0 && !find_phrase(spelled, &list->exits, &start, &end))
        find(findings, WORDING_EXIT)->phrases = &list->exits;
}

size_t wording_check(const struct wordlist *list, const char *text, enum wording_kind kind,
                     struct wording_finding ret[WORDING_FINDINGS_MAX]) {
    struct findings findings = {.items = ret};
    struct spelled spelled;
    spell(text, &spelled);
    if (kind == WORDING_PROMPT || kind == WORDING_BODY)
        blend_names_in(&spelled);
    check_length(&spelled, &findings);
    check_marks(&spelled, &findings);
    check_spaces(&spelled, &findings);
    if (kind != WORDING_TITLE)
        check_end(&spelled, &findings);
    if (list && kind == WORDING_BODY)
        check_exit(list, &spelled, &findings);
    if (list)
        check_banned(list, text, &spelled, &findings);
    return findings.n;
}

/* --- A deck ----------------------------------------------------------------------------------- */

/* A sentence opens with its first letter; after a full stop of a script with spaces there is one of those. */
static void count_sentences(const struct wordlist *list, const struct spelled *spelled,
                            struct wording_shares *shares) {
    bool inside = false, ended = false;
    for (size_t i = 0; i < spelled->n; i++) {
        enum letter_kind kind = spelled->kinds[i];
        bool letter = kind == LETTER_WORD || kind == LETTER_IDEOGRAPH;
        if (ended && (kind == LETTER_SPACE || kind == LETTER_IDEOGRAPH))
            inside = false;
        ended = ends_sentence(kind) || (ended && kind == LETTER_QUOTE);
        if (inside || !letter)
            continue;
        inside = true;
        shares->sentences++;
        shares->conditional += list && match_any(spelled, i, &list->conditional) > 0;
    }
}

void wording_count(const struct wordlist *list, const char *text, struct wording_shares *shares) {
    struct spelled spelled;
    size_t wide;
    spell(text, &spelled);
    count_sentences(list, &spelled, shares);
    shares->prompts++;
    shares->silent += count_kind(&spelled, LETTER_QUESTION) == 0;
    shares->brief += count_columns(&spelled, &wide) < WORDING_SHORT_COLUMNS;
}

static void found_share(struct findings *findings, enum wording_rule rule, size_t n, size_t of,
                        const struct phrases *phrases) {
    struct wording_finding *finding = find(findings, rule);
    finding->n = n;
    finding->of = of;
    finding->phrases = phrases;
}

size_t wording_weigh(const struct wordlist *list, const struct wording_shares *shares,
                     struct wording_finding ret[WORDING_FINDINGS_MAX]) {
    struct findings findings = {.items = ret};
    if (shares->prompts < WORDING_SHARES_FROM)
        return 0;
    if (3 * shares->conditional > shares->sentences)
        found_share(&findings, WORDING_CONDITIONAL, shares->conditional, shares->sentences,
                    &list->conditional);
    if (3 * shares->silent < shares->prompts)
        found_share(&findings, WORDING_ASKING, shares->silent, shares->prompts, NULL);
    if (4 * shares->brief < shares->prompts)
        found_share(&findings, WORDING_LONG, shares->brief, shares->prompts, NULL);
    return findings.n;
}

/* --- In words --------------------------------------------------------------------------------- */

/* "if", "when", ... */
static void name_phrases(const struct phrases *phrases, char *buffer, size_t size) {
    size_t length = 0;
    *buffer = '\0';
    for (size_t i = 0; i < phrases->n && i < PHRASES_TOLD && length < size; i++)
        length += (size_t)snprintf(buffer + length, size - length, "%s\"%s\"", i ? ", " : "",
                                   phrases->items[i].text);
    if (phrases->n > PHRASES_TOLD && length < size)
        snprintf(buffer + length, size - length, ", ...");
}

static void explain_length(const struct wording_finding *finding, char buffer[WORDING_MESSAGE_SIZE]) {
    size_t width = finding->wide ? 2 : 1;
    snprintf(buffer, WORDING_MESSAGE_SIZE, "has %zu characters; at most %zu",
             (finding->n + width - 1) / width, WORDING_COLUMNS_MAX / width);
}

/* Beyond ASCII by its number: some of them steer a terminal, and some can't be seen. */
static void explain_symbol(const struct wording_finding *finding, char buffer[WORDING_MESSAGE_SIZE]) {
    char name[16];
    if (finding->code > ' ' && finding->code < 0x7f)
        snprintf(name, sizeof name, "\"%c\"", (char)finding->code);
    else
        snprintf(name, sizeof name, "U+%04X", (unsigned)finding->code);
    snprintf(buffer, WORDING_MESSAGE_SIZE, "has %s; letters and plain punctuation are enough", name);
}

void wording_explain(const struct wording_finding *finding, char buffer[WORDING_MESSAGE_SIZE]) {
    char phrases[WORDING_MESSAGE_SIZE / 2] = "";
    if (finding->phrases)
        name_phrases(finding->phrases, phrases, sizeof phrases);
    switch (finding->rule) {
    case WORDING_LENGTH:
        explain_length(finding, buffer);
        break;
    case WORDING_QUESTIONS:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "asks %zu questions; at most one", finding->n);
        break;
    case WORDING_EXCLAMATION:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "has an exclamation mark; a full stop is enough");
        break;
    case WORDING_SYMBOL:
        explain_symbol(finding, buffer);
        break;
    case WORDING_SPACES:
        snprintf(buffer, WORDING_MESSAGE_SIZE,
                 "has a space too many; one stands between words, none at an end");
        break;
    case WORDING_END:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "ends without a full stop or a question mark");
        break;
    case WORDING_BANNED:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "says \"%.*s\" (%s); better without", (int)finding->word_size,
                 finding->word, finding->why);
        break;
    case WORDING_EXIT:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "is about the body and has no way out, such as %s", phrases);
        break;
    case WORDING_CONDITIONAL:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "%zu of %zu sentences open with %s%s; at most a third",
                 finding->n, finding->of, finding->phrases->n == 1 ? "" : "one of ", phrases);
        break;
    case WORDING_ASKING:
        snprintf(buffer, WORDING_MESSAGE_SIZE, "only %zu of %zu prompts ask nothing; at least a third",
                 finding->n, finding->of);
        break;
    case WORDING_LONG:
        snprintf(
            buffer, WORDING_MESSAGE_SIZE,
            "only %zu of %zu prompts are short, under %d characters (%d Chinese ones); at least a quarter",
            finding->n, finding->of, WORDING_SHORT_COLUMNS, WORDING_SHORT_COLUMNS / 2);
        break;
    }
}
