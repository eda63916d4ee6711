/* Each text becomes a sorted set of hashes of its runs. Comparing all pairs would be quadratic, so each text
 * is only compared with those before it that share one of its rare runs: two sets whose coefficient reaches
 * the bound have a run in common among the rarest (1 - bound / (2 - bound)) of each (the "prefix" of set
 * similarity joins), so nothing is lost by that.
 *
 * What bounds the work is the number of comparisons, TWINS_LOOKS_MAX for all texts together and a few for
 * each in any case: up to about 3,000 texts it is never reached; beyond it the rarest runs are looked up
 * first, and near texts share those. */
#include "daemon/core/twins.h"

#include "daemon/core/letters.h"

#define BOUND_NUMERATOR   7
#define BOUND_DENOMINATOR 10

#define RUNS_MAX        160 /* of one text that are looked at: a prompt has at most 140 */
#define RUN_COLUMNS     3
#define BUCKET_BITS     16
#define BUCKETS         (1U << BUCKET_BITS)
#define TWINS_LOOKS_MAX ((size_t)10 * 1000 * 1000)
#define LOOKS_MIN       200 /* of each text */

#define MARKS 4 /* words of 64 bits */

struct set {
    uint32_t *runs; /* sorted; borrowed from the index */
    size_t n;
    uint64_t marks[MARKS]; /* a bit for each run, some for several */
};

struct index {
    struct set *sets;
    size_t n_sets;
    uint32_t *runs; /* of all texts, one after the other */
    size_t n_runs, runs_capacity;
    uint32_t *frequency; /* of each bucket: in how many texts one of its runs is */
    uint32_t *starts;    /* of each bucket's places in `texts` */
    uint32_t *filled;    /* how many of them are taken */
    uint32_t *texts;     /* those looked at so far that have a rare run of the bucket */
    uint32_t *seen;      /* by which text each was compared with last, plus one */
};

static void index_done(struct index *index) {
    free(index->sets);
    free(index->runs);
    free(index->frequency);
    free(index->starts);
    free(index->filled);
    free(index->texts);
    free(index->seen);
}

static int compare_runs(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* --- A text's runs ---------------------------------------------------------------------------- */

/* The characters that count: small letters, and one space for whatever is between two words and at the ends.
 */
static size_t bare_letters(const char *text, uint32_t letters[RUNS_MAX + 2]) {
    size_t n = 0;
    uint32_t letter;
    letters[n++] = ' ';
    while (n < RUNS_MAX + 1 && (letter = letter_next(&text))) {
        enum letter_kind kind = letter_kind(letter);
        if (kind == LETTER_WORD || kind == LETTER_IDEOGRAPH)
            letters[n++] = letter_fold(letter);
        else if (letters[n - 1] != ' ')
            letters[n++] = ' ';
    }
    if (letters[n - 1] != ' ')
        letters[n++] = ' ';
    return n;
}

/* FNV-1a over the characters of the run that begins here, and the bits mixed, because buckets take the low
 * ones. */
static bool hash_run(const uint32_t *letters, size_t n, uint32_t *ret) {
    uint32_t hash = 2166136261U;
    unsigned columns = 0;
    for (size_t i = 0; i < n && columns < RUN_COLUMNS; i++) {
        hash = (hash ^ letters[i]) * 16777619U;
        columns += letter_columns(letters[i]);
    }
    *ret = hash ^ hash >> 15;
    return columns >= RUN_COLUMNS;
}

static int add_set(struct index *index, const char *text) {
    uint32_t letters[RUNS_MAX + 2];
    size_t n_letters = bare_letters(text, letters), n = 0;
    int r =
        array_reserve(&index->runs, &index->runs_capacity, index->n_runs + RUNS_MAX + 2, sizeof *index->runs);
    if (r < 0)
        return r;
    uint32_t *runs = index->runs + index->n_runs;
    for (size_t i = 0; i < n_letters; i++)
        n += hash_run(letters + i, n_letters - i, &runs[n]);
    qsort(runs, n, sizeof *runs, compare_runs);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || runs[i] != runs[i - 1])
            runs[kept++] = runs[i];
    struct set *set = &index->sets[index->n_sets++];
    set->n = kept;
    for (size_t i = 0; i < kept; i++)
        set->marks[runs[i] / 64 % MARKS] |= UINT64_C(1) << runs[i] % 64;
    index->n_runs += kept;
    return 0;
}

/* --- The index -------------------------------------------------------------------------------- */

static uint32_t bucket_of(uint32_t run) {
    return run & (BUCKETS - 1);
}

static void count_buckets(struct index *index) {
    uint32_t start = 0;
    for (size_t i = 0; i < index->n_runs; i++)
        index->frequency[bucket_of(index->runs[i])]++;
    for (size_t i = 0; i < BUCKETS; i++) {
        index->starts[i] = start;
        start += index->frequency[i];
    }
}

static int index_init(struct index *index, const struct twin *twins, size_t n) {
    int r = 0;
    index->sets = calloc(n + 1, sizeof *index->sets);
    index->seen = calloc(n + 1, sizeof *index->seen);
    index->frequency = calloc(BUCKETS, sizeof *index->frequency);
    index->starts = calloc(BUCKETS, sizeof *index->starts);
    index->filled = calloc(BUCKETS, sizeof *index->filled);
    if (!index->sets || !index->seen || !index->frequency || !index->starts || !index->filled)
        return -ENOMEM;
    for (size_t i = 0; i < n && r == 0; i++)
        r = add_set(index, twins[i].text);
    if (r < 0)
        return r;
    index->texts = calloc(index->n_runs + 1, sizeof *index->texts);
    if (!index->texts)
        return -ENOMEM;
    uint32_t *runs = index->runs;
    for (size_t i = 0; i < n; i++) {
        index->sets[i].runs = runs;
        runs += index->sets[i].n;
    }
    count_buckets(index);
    return 0;
}

/* --- Comparing -------------------------------------------------------------------------------- */

static bool is_near(size_t common, size_t a, size_t b) {
    return 2 * BOUND_DENOMINATOR * common >= BOUND_NUMERATOR * (a + b);
}

/* At most so many runs are in both: each mark that only one set has stands for a run that only that set has.
 */
static size_t most_common(const struct set *a, const struct set *b) {
    size_t apart = 0;
    for (size_t i = 0; i < MARKS; i++)
        apart += (size_t)__builtin_popcountll(a->marks[i] ^ b->marks[i]);
    return MIN_OF((a->n + b->n - apart) / 2, MIN_OF(a->n, b->n));
}

static bool are_near(const struct set *a, const struct set *b) {
    size_t common = 0;
    if (!is_near(most_common(a, b), a->n, b->n))
        return false;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        common += a->runs[i] == b->runs[j];
        bool first = a->runs[i] <= b->runs[j], second = b->runs[j] <= a->runs[i];
        i += first;
        j += second;
    }
    return is_near(common, a->n, b->n);
}

static bool are_same(const struct set *a, const struct set *b) {
    return a->n == b->n && memcmp(a->runs, b->runs, a->n * sizeof *a->runs) == 0;
}

struct rare {
    uint32_t frequency, run;
};

static int compare_rare(const void *a, const void *b) {
    const struct rare *left = a, *right = b;
    int order = (left->frequency > right->frequency) - (left->frequency < right->frequency);
    return order ? order : compare_runs(&left->run, &right->run);
}

/* The rarest runs of a set, as many as two near ones must share one of. */
static size_t rarest(const struct index *index, const struct set *set, struct rare ret[RUNS_MAX + 2]) {
    for (size_t i = 0; i < set->n; i++)
        ret[i] = (struct rare){index->frequency[bucket_of(set->runs[i])], set->runs[i]};
    qsort(ret, set->n, sizeof *ret, compare_rare);
    size_t rest = 2 * BOUND_DENOMINATOR - BOUND_NUMERATOR;
    size_t shared = (BOUND_NUMERATOR * set->n + rest - 1) / rest; /* with a smaller set, at the very least */
    return MIN_OF(set->n - shared + 1, set->n);
}

/* Compares with one text before it. */
static bool look_at(const struct index *index, struct twin *twins, size_t text, size_t other) {
    const struct set *set = &index->sets[text], *others = &index->sets[other];
    bool same = are_same(set, others);
    if (!same && (twins[text].group != twins[other].group || !are_near(set, others)))
        return false;
    twins[text].of = other;
    twins[text].same = same;
    return true;
}

static void find_twin(const struct index *index, struct twin *twins, size_t text, const struct rare *rare,
                      size_t n_rare, size_t looks) {
    for (size_t i = 0; i < n_rare; i++) {
        uint32_t bucket = bucket_of(rare[i].run);
        const uint32_t *others = index->texts + index->starts[bucket];
        for (uint32_t j = 0; j < index->filled[bucket] && looks > 0; j++, looks--) {
            if (index->seen[others[j]] == text + 1)
                continue;
            index->seen[others[j]] = (uint32_t)text + 1;
            if (look_at(index, twins, text, others[j]))
                return;
        }
    }
}

static void add_text(const struct index *index, size_t text, const struct rare *rare, size_t n_rare) {
    for (size_t i = 0; i < n_rare; i++) {
        uint32_t bucket = bucket_of(rare[i].run);
        index->texts[index->starts[bucket] + index->filled[bucket]++] = (uint32_t)text;
    }
}

int twins_find(struct twin *twins, size_t n) {
    struct index index = {0};
    int r = index_init(&index, twins, n);
    size_t looks = MAX_OF(TWINS_LOOKS_MAX / (n + 1), (size_t)LOOKS_MIN);
    for (size_t i = 0; i < n && r == 0; i++) {
        struct rare rare[RUNS_MAX + 2];
        size_t n_rare = rarest(&index, &index.sets[i], rare);
        twins[i].of = TWINS_NONE;
        twins[i].same = false;
        find_twin(&index, twins, i, rare, n_rare, looks);
        add_text(&index, i, rare, n_rare);
    }
    index_done(&index);
    return r;
}
