/* Makes a journal as years of use would have: make-journal FILE EVENTS [YEARS [SEED]]
 *
 * It ends now, and its last two days are ten entries each; what is left of EVENTS lies evenly over YEARS (10)
 * before that. The same arguments on the same day give the same entries. Six of ten are prompts that were
 * answered, two are lines of the person's own (50 in all are kept, however long it is: kept lines are
 * prompts, as those of a deck are), one was put off, one missed. Some texts repeat, own words don't. Not
 * durable while it is made: it is a test's. */
#include <stdio.h>
#include <time.h>

#include "daemon/store/entries.h"

#define ENTRIES_A_DAY 10
#define NEAR_DAYS     2
#define KEPT          50
#define CARDS         8 /* of each theme */

struct maker {
    struct journal *journal;
    uint64_t chance; /* state of the generator */
    size_t left;     /* events to make */
    size_t made, kept;
    int r;
};

/* splitmix64: small, and the same everywhere. */
static uint64_t next_chance(struct maker *maker) {
    uint64_t z = maker->chance += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static struct uuid make_id(struct maker *maker, usec_t time_usec) {
    uint64_t random = next_chance(maker);
    uint8_t bytes[8];
    memcpy(bytes, &random, sizeof bytes);
    return uuid_from_time(time_usec, bytes);
}

/* Fills in what all events have; `entry` NULL: its first. */
static struct uuid add(struct maker *maker, const struct uuid *entry, struct event event) {
    struct uuid id = make_id(maker, event.time_usec);
    if (maker->left == 0 || maker->r < 0)
        return id;
    event.id = id;
    event.entry = entry ? *entry : id;
    event.offset_sec = 3600;
    maker->left--;
    maker->made++;
    int r = entries_add(maker->journal, journal_device(maker->journal), &event);
    if (r <= 0)
        maker->r = r < 0 ? r : -EEXIST;
    return id;
}

static struct uuid add_shown(struct maker *maker, usec_t time_usec) {
    enum theme theme = (enum theme)(next_chance(maker) % THEME_OWN);
    char prompt[40], text[200], reminder[] = "daytime", why[] = "variety";
    unsigned card = 1 + (unsigned)(next_chance(maker) % CARDS);
    snprintf(prompt, sizeof prompt, "%s-%02u", theme_id(theme), card);
    snprintf(text, sizeof text,
             "Invitation %u of %s: for one breath, let this moment be as it is. Nothing has to be done.",
             card, theme_id(theme));
    return add(maker, NULL,
               (struct event){.kind = EVENT_SHOWN,
                              .time_usec = time_usec,
                              .due_usec = time_usec - USEC_PER_MINUTE,
                              .theme = theme,
                              .reminder = reminder,
                              .prompt = prompt,
                              .text = text,
                              .why = why});
}

static void add_answer(struct maker *maker, const struct uuid *entry, usec_t time_usec) {
    static const char *const choices[] = {"helpful", "helpful", "okay", "okay", "not-for-me", "hard"};
    char choice[20];
    strcpy(choice, choices[next_chance(maker) % ELEMENTSOF(choices)]);
    add(maker, entry,
        (struct event){
            .kind = EVENT_ANSWERED, .time_usec = time_usec, .theme = THEME_NONE, .choice = choice});
}

static void add_note(struct maker *maker, usec_t time_usec) {
    static const char *const beginnings[] = {
        "Called my sister, and it was good to hear her laugh", "I was hard on myself about the report today",
        "A walk in the rain, slowly", "Asked for help. It was easier than I had thought",
        "Slept badly; I let the evening be quiet"};
    char note[200];
    const char *beginning = beginnings[next_chance(maker) % ELEMENTSOF(beginnings)];
    snprintf(note, sizeof note, "%s. (%zu)", beginning, maker->made);
    bool keep = maker->kept < KEPT;
    maker->kept += keep;
    add(maker, NULL,
        (struct event){
            .kind = EVENT_NOTED, .time_usec = time_usec, .theme = THEME_NONE, .note = note, .keep = keep});
}

static void add_missed(struct maker *maker, usec_t time_usec) {
    char reminder[] = "daytime", rule[] = "hold";
    add(maker, NULL,
        (struct event){.kind = EVENT_MISSED,
                       .time_usec = time_usec,
                       .due_usec = time_usec - USEC_PER_HOUR,
                       .theme = THEME_NONE,
                       .reminder = reminder,
                       .detail = rule});
}

static void add_entry(struct maker *maker, size_t number, usec_t time_usec) {
    size_t sort = number % ENTRIES_A_DAY;
    if (sort == 3 || sort == 7) {
        add_note(maker, time_usec);
        return;
    }
    if (sort == 9) {
        add_missed(maker, time_usec);
        return;
    }
    struct uuid entry = add_shown(maker, time_usec);
    if (sort == 5) {
        struct event snoozed = {.kind = EVENT_SNOOZED, .theme = THEME_NONE};
        snoozed.time_usec = time_usec + USEC_PER_MINUTE;
        snoozed.until_usec = time_usec + 16 * USEC_PER_MINUTE;
        add(maker, &entry, snoozed);
    }
    add_answer(maker, &entry, time_usec + 20 * USEC_PER_MINUTE);
}

/* Events that ENTRIES_A_DAY entries are. */
#define EVENTS_A_DAY 18

static void make(struct maker *maker, usec_t now_usec, unsigned years) {
    size_t near = NEAR_DAYS * EVENTS_A_DAY, far = maker->left > near ? maker->left - near : 0;
    size_t n = far * ENTRIES_A_DAY / EVENTS_A_DAY;
    usec_t near_usec = now_usec - NEAR_DAYS * USEC_PER_DAY;
    usec_t start_usec = near_usec - years * 365 * USEC_PER_DAY;
    for (size_t i = 0; i < n; i++)
        add_entry(maker, i, start_usec + (near_usec - start_usec) / (n + 1) * i);
    for (size_t i = 0; i < NEAR_DAYS * ENTRIES_A_DAY; i++)
        add_entry(maker, i, near_usec + USEC_PER_DAY / ENTRIES_A_DAY * i);
    while (maker->left > 0 && maker->r >= 0) /* what rounding left over */
        add_note(maker, now_usec - USEC_PER_MINUTE);
}

static int run(const char *path, size_t events, unsigned years, uint64_t seed) {
    struct timespec now;
    struct maker maker = {.chance = seed, .left = events};
    _cleanup_free_ char *problem = NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    usec_t now_usec = (usec_t)now.tv_sec * USEC_PER_SEC;
    int r = journal_open(path, now_usec, &maker.journal, &problem);
    if (r < 0) {
        fprintf(stderr, "make-journal: %s\n", or_empty(problem));
        return r;
    }
    sqlite3_exec(maker.journal->db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -65536", NULL, NULL, NULL);
    r = transaction_begin(maker.journal);
    if (r >= 0) {
        make(&maker, now_usec, years);
        r = transaction_end(maker.journal, maker.r);
    }
    journal_free(maker.journal);
    return r;
}

int main(int argc, char **argv) {
    unsigned long long events = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    unsigned long years = argc > 3 ? strtoul(argv[3], NULL, 10) : 10;
    if (argc < 3 || argc > 5 || events > 100000000 || years < 1 || years > 50) {
        fputs("Usage: make-journal FILE EVENTS [YEARS [SEED]]\n", stderr);
        return 2;
    }
    int r = run(argv[1], events, (unsigned)years, argc > 4 ? strtoull(argv[4], NULL, 10) : 1);
    if (r < 0)
        fprintf(stderr, "make-journal: %s\n", strerror(-r));
    return r < 0 ? 1 : 0;
}
