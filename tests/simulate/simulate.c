/* Years of life with the very core, and with everything that can go wrong outside of it.
 *
 *   simulate --years N --seed S [--minimise]
 *
 * Year i is played from seed S + i, so a failing year is found again as `--years 1 --seed S+i`. A failure
 * prints the rule that was broken; with --minimise the list of what happened is cut down as long as the same
 * rule still breaks, and what is left is printed line by line. Exit code 0: no rule was broken; 1: one was;
 * 2: wrong usage. */
#include <getopt.h>
#include <stdarg.h>
#include <time.h>

#include "daemon/core/library.h"
#include "tests/simulate/life.h"

#define LINES_MAX        50 /* of a history that is printed */
#define PATIENCE_SECONDS 30 /* with cutting a history down */

static const char *const zone_names[LIFE_ZONES] = {
    "Europe/Berlin",     "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Africa/Casablanca", "Pacific/Apia",     "America/Sao_Paulo",   "UTC",
};

static struct zone *load_zone(const char *name) {
    char path[128], data[1 << 16];
    struct zone *zone = NULL;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(data, 1, sizeof data, file) : 0;
    if (file)
        fclose(file);
    if (size == 0 || zone_from_tzif(name, data, size, &zone) < 0)
        fprintf(stderr, "simulate: %s can't be read; it is in the package tzdata\n", path);
    return zone;
}

__attribute__((format(printf, 1, 2))) static char *formatted(const char *format, ...) {
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    return text;
}

static void add_practice(struct library *library, const char *id, unsigned n_steps) {
    struct practice practice = {.id = formatted("%s", id), .title = formatted("%s", id), .n_steps = n_steps};
    practice.steps = calloc(n_steps, sizeof *practice.steps);
    if (!practice.steps)
        abort();
    for (unsigned i = 0; i < n_steps; i++)
        practice.steps[i] = formatted("%s, step %u", id, i + 1);
    library_add_practice(library, &practice);
}

/* A few prompts of each theme, light and deep. */
static struct library *make_library(void) {
    struct library *library = library_new();
    if (!library)
        abort();
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        for (unsigned i = 1; i <= 4; i++) {
            struct prompt prompt = {
                .id = formatted("%s-%02u", theme_id(theme), i),
                .text = formatted("A text of %s, %u", theme_id(theme), i),
                .theme = theme,
                .depth = (uint8_t)(1 + i % 3),
                .write = i == 2,
                .written_usec = theme == THEME_OWN ? 1 : 0,
            };
            library_add_prompt(library, &prompt);
        }
    add_practice(library, "three-breaths", 3);
    add_practice(library, "hard-moment", 2);
    return library;
}

static double seconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- Cutting down ----------------------------------------------------------------------------- */

/* Whether the life breaks that rule, by its end at the latest. */
static bool still_breaks(const struct life *life, const char *rule) {
    struct failure failure;
    uint64_t turns = 0;
    life_play(life, NULL, &turns, &failure);
    return failure.rule && streq(failure.rule, rule);
}

/* Begins as late as it can. */
static void begin_later(struct life *life, const struct failure *failure) {
    static const unsigned days[] = {1, 2, 4, 8, 16, 32, 64, 128};
    for (size_t i = 0; i < ELEMENTSOF(days) && days[i] * USEC_PER_DAY < failure->at_usec; i++) {
        life->skip_usec = failure->at_usec - days[i] * USEC_PER_DAY;
        if (still_breaks(life, failure->rule))
            return;
    }
    life->skip_usec = 0;
}

/* Tries without `n` happenings from `at` on; leaves them out if it still breaks. */
static bool leave_out(struct life *life, size_t at, size_t n, const char *rule) {
    struct life less = *life;
    less.happenings = malloc((life->n_happenings + 1) * sizeof *life->happenings);
    if (!less.happenings)
        abort();
    memcpy(less.happenings, life->happenings, at * sizeof *life->happenings);
    memcpy(less.happenings + at, life->happenings + at + n,
           (life->n_happenings - at - n) * sizeof *life->happenings);
    less.n_happenings -= n;
    bool breaks = still_breaks(&less, rule);
    free(breaks ? life->happenings : less.happenings);
    if (breaks)
        *life = less;
    return breaks;
}

/* Halves, then quarters, down to single ones; again as long as a whole round takes something away, or
 * patience ends. */
static void cut_down(struct life *life, const struct failure *failure) {
    life->length_usec = failure->at_usec + 1;
    begin_later(life, failure);
    size_t first = 0, kept = 0;
    while (first < life->n_happenings && life->happenings[first].at_usec < life->skip_usec)
        first++;
    for (; first < life->n_happenings && life->happenings[first].at_usec <= failure->at_usec; first++)
        life->happenings[kept++] = life->happenings[first];
    life->n_happenings = kept;
    double patience_ends = seconds_now() + PATIENCE_SECONDS;
    for (bool less = true; less;) {
        less = false;
        for (size_t n = MAX_OF(life->n_happenings / 2, (size_t)1); n > 0; n /= 2)
            for (size_t at = 0; at + n <= life->n_happenings && seconds_now() < patience_ends;)
                if (leave_out(life, at, n, failure->rule))
                    less = true;
                else
                    at += n;
    }
}

/* The history of a life that is cut down: how it begins, and what came last. */
static void print_history(const struct life *life) {
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *log = open_memstream(&text, &size);
    struct failure failure;
    uint64_t turns = 0;
    if (!log)
        abort();
    life_play(life, log, &turns, &failure);
    fclose(log);
    char *last = text + size, *first_end = strchr(text, '\n');
    while (last > text && lines <= LINES_MAX)
        lines += *--last == '\n';
    if (last > text)
        printf("%.*s\n...\n", (int)(first_end - text), text);
    fputs(last > text ? last + 1 : text, stdout);
    free(text);
}

static void report(struct life *life, const struct failure *failure, bool minimise) {
    printf("BROKEN  %s: %s\n        seed %llu\n", failure->rule, failure->detail,
           (unsigned long long)life->seed);
    if (!minimise) {
        printf("        the shortest history: --years 1 --seed %llu --minimise\n",
               (unsigned long long)life->seed);
        return;
    }
    cut_down(life, failure);
    printf("        cut down to %zu happenings:\n", life->n_happenings);
    print_history(life);
}

/* --- Playing ---------------------------------------------------------------------------------- */

static int play_years(uint64_t years, uint64_t seed, bool minimise,
                      const struct zone *const zones[LIFE_ZONES], const struct library *library) {
    double began = seconds_now();
    uint64_t turns = 0;
    for (uint64_t year = 0; year < years; year++) {
        struct life life;
        struct failure failure;
        life_new(seed + year, zones, library, &life);
        life_play(&life, NULL, &turns, &failure);
        if (failure.rule)
            report(&life, &failure, minimise);
        life_done(&life);
        if (failure.rule)
            return 1;
    }
    double took = seconds_now() - began;
    printf("%llu years from seed %llu, %llu turns: no rule broken; %.1f s, %.0f years a second\n",
           (unsigned long long)years, (unsigned long long)seed, (unsigned long long)turns, took,
           (double)years / took);
    return 0;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"years", required_argument, NULL, 'y'},
        {"seed", required_argument, NULL, 's'},
        {"minimise", no_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    uint64_t years = 100, seed = 1;
    bool minimise = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (c == 'y')
            years = strtoull(optarg, NULL, 10);
        else if (c == 's')
            seed = strtoull(optarg, NULL, 10);
        else if (c == 'm')
            minimise = true;
        else {
            fputs("Usage: simulate [--years N] [--seed S] [--minimise]\n", stderr);
            return 2;
        }
    }
    struct zone *zones[LIFE_ZONES] = {0};
    const struct zone *borrowed[LIFE_ZONES];
    bool all = true;
    for (size_t i = 0; i < LIFE_ZONES; i++) {
        borrowed[i] = zones[i] = load_zone(zone_names[i]);
        all &= zones[i] != NULL;
    }
    struct library *library = make_library();
    int status = all ? play_years(years, seed, minimise, borrowed, library) : 1;
    library_free(library);
    for (size_t i = 0; i < LIFE_ZONES; i++)
        zone_free(zones[i]);
    return status;
}
