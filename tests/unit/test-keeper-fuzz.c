/* Random schedules and random days. What holds for every turn is checked by the stage; here, what holds for
 * whole lives: nothing due is lost, no day has more than its share, and a look ahead is what then happens.
 *
 * KINDLY_FUZZ is the number of lives of each kind (default 40), KINDLY_FUZZ_FROM the first seed.
 *
 * Some lives are short of memory: each turn is asked for with its 1st, 2nd, 3rd ... allocation failing, until
 * none does. */
#include <stdbool.h>

#include "tests/inject/inject.h"

struct rig;
struct turn;
static bool short_of_memory;
static uint64_t begin_rehearsal(const struct rig *rig, struct turn *turn, unsigned nth);
static bool end_rehearsal(struct rig *rig, int r, struct turn *turn, uint64_t mark);
#define RIG_REHEARSE(rig, call)                                                                              \
    for (unsigned nth = 1; short_of_memory; nth++) {                                                         \
        uint64_t before_ = begin_rehearsal((rig), &turn, nth);                                               \
        if (!end_rehearsal((rig), (call), &turn, before_))                                                   \
            break;                                                                                           \
    }

#include "tests/unit/keeper-rig.h"

#define LIVES_DEFAULT 40
#define STEPS         60
#define AHEAD         12
#define DAYS_MAX      64

static unsigned n_rehearsed, n_random_before;

static uint64_t begin_rehearsal(const struct rig *rig, struct turn *turn, unsigned nth) {
    memset(turn, 0x5a, sizeof *turn);
    n_random_before = (unsigned)rig->n_random;
    uint64_t mark = rig_mark(rig->keeper);
    inject_arm(&(struct inject_plan){.family = MEMORY, .nth = nth});
    return mark;
}

/* False: nothing failed. */
static bool end_rehearsal(struct rig *rig, int r, struct turn *turn, uint64_t mark) {
    inject_mend();
    assert_true(rig_mark(rig->keeper) == mark);
    rig->n_random = n_random_before;
    if (r >= 0)
        turn_done(turn);
    for (size_t i = 0; r < 0 && i < sizeof *turn; i++)
        assert_int_equal(((const uint8_t *)turn)[i], 0x5a);
    if (!inject_failed())
        return false;
    assert_true(r == -ENOMEM || r >= 0);
    n_rehearsed++;
    return true;
}

static int history_with_memory(void *userdata, struct history *ret) {
    inject_off++;
    int r = rig_history(userdata, ret);
    inject_off--;
    return r;
}

struct chance {
    uint64_t seed, n;
};

static uint64_t draw(struct chance *chance, uint64_t bound) {
    return hash_scale(hash_word(&rig_secret, "fuzz", "", chance->seed, chance->n++), bound);
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void draw_settings(struct chance *chance, char *text, size_t size) {
    static const char *const themes[] = {"kindness,noticing", "noticing,forgiveness", "patience"};
    text[0] = 0;
    for (uint64_t i = 0, n = draw(chance, 5); i <= n; i++) {
        unsigned start = (unsigned)draw(chance, 22), length = 2 + (unsigned)draw(chance, 20);
        unsigned end = (start + length) % 24;
        switch (draw(chance, 3)) {
        case 0:
            add(text, size, "at r%u %02u:%02u;", (unsigned)i, start, (unsigned)draw(chance, 4) * 15);
            break;
        case 1:
            add(text, size, "times r%u %02u:00-%02u:00 %u;", (unsigned)i, start, end,
                1 + (unsigned)draw(chance, 4));
            break;
        default:
            add(text, size, "every r%u %02u:00-%02u:00 %umin;", (unsigned)i, start, end,
                7 + (unsigned)draw(chance, 200));
        }
        if (draw(chance, 4) == 0)
            add(text, size, "hold %umin;", (unsigned)draw(chance, 300));
        if (draw(chance, 8) == 0)
            add(text, size, "on %s;", draw(chance, 2) ? "Mon..Fri" : "*-*-1..20");
        if (draw(chance, 6) == 0)
            add(text, size, "practice three-breaths;");
        else if (draw(chance, 4) == 0)
            add(text, size, "themes %s;", themes[draw(chance, 2 + (chance->seed % 2))]);
        if (draw(chance, 8) == 0)
            add(text, size, "its-gap %umin;", (unsigned)draw(chance, 60));
    }
    if (draw(chance, 3) > 0)
        add(text, size, "quiet %02u:30-08:00;", 19 + (unsigned)draw(chance, 5));
    if (draw(chance, 4) == 0)
        add(text, size, "quiet 12:%02u-14:00;", (unsigned)draw(chance, 60));
    if (draw(chance, 4) == 0)
        add(text, size, "conceal kindness;");
    add(text, size, "gap %umin; most %u; snoozes %u; expire %umin; zone %s", (unsigned)draw(chance, 120),
        (unsigned)draw(chance, 8), (unsigned)draw(chance, 4), 1 + (unsigned)draw(chance, 200),
        draw(chance, 2) ? "berlin" : "UTC0");
}

/* What may happen at any time, and in which kinds of life it does. */
static const struct {
    const char *command;
    bool rewinds; /* the clock goes back */
} happenings[] = {
    {"away", false},
    {"busy", false},
    {"back", false},
    {"back", false},
    {"lock", false},
    {"screen off", false},
    {"screen on", false},
    {"helpful", false},
    {"hard a word", false},
    {"not-this", false},
    {"open", false},
    {"next", false},
    {"later", false},
    {"let-go", false},
    {"quiet-today", false},
    {"steady", false},
    {"click", false},
    {"write a line", false},
    {"keep", false},
    {"erase", false},
    {"snooze 5min", false},
    {"snooze 7h", false},
    {"snooze +1 06:00", false},
    {"dismiss", false},
    {"now", false},
    {"now kindness", false},
    {"now hard", false},
    {"tell Hello", false},
    {"pause-all +0 23:00", false},
    {"pause-all", false},
    {"resume", false},
    {"resume", false},
    {"restart", false},
    {"reboot", false},
    {"forget", false},
    {"set-clock +0 23:50", false},
    {"note x", false},
    {"whatever", false},
    {"set-clock -1 10:00", true},
    {"set-clock +0 00:10", true},
};

static void let_time_pass(struct rig *rig, struct chance *chance, bool asleep) {
    usec_t span = draw(chance, 3) ? draw(chance, 90 * USEC_PER_MINUTE) : draw(chance, 30) * USEC_PER_HOUR;
    if (!asleep) {
        rig_play(rig, rig->world.now_usec + span);
        return;
    }
    rig->world.now_usec += span;
    rig->world.boot_usec += span;
    rig_advance(rig);
}

/* The presenter is slow: it answers now, or says that it couldn't. */
static void hear_presenter(struct rig *rig, struct chance *chance) {
    const struct open_prompt *open = keeper_on_screen(rig->keeper);
    if (open && open->state == OPEN_SHOWING)
        rig_run(rig, draw(chance, 3) ? "showed" : "unshown");
    else if (open && draw(chance, 3) == 0)
        rig_run(rig, "off-screen");
    rig->by_script = draw(chance, 4) == 0;
}

static void live(struct rig *rig, struct chance *chance, bool rewinding) {
    for (size_t i = 0; i < STEPS; i++) {
        rig->log_size = 0;
        if (draw(chance, 3) > 0)
            let_time_pass(rig, chance, draw(chance, 6) == 0);
        hear_presenter(rig, chance);
        size_t which = draw(chance, ELEMENTSOF(happenings));
        if (!happenings[which].rewinds || rewinding)
            rig_run(rig, happenings[which].command);
    }
}

/* --- Nothing is lost, no day has more than its share ------------------------------------------ */

struct days {
    unsigned shown[DAYS_MAX];
};

static void count_day(struct rig *rig, const struct event *event, const struct open_prompt *open) {
    (void)open;
    struct days *days = rig->watch_data;
    if (event->kind != EVENT_SHOWN || event->due_usec == 0)
        return;
    int32_t day = zone_local_day(rig->zone, event->time_usec) - RIG_START_DAY;
    assert_in_range(day, 0, DAYS_MAX - 1);
    assert_true(++days->shown[day] <= rig->schedule->most_per_day);
}

/* `at` reminders come as often as there is a place for them; here only that what came due is accounted for.
 */
static void expect_all_accounted_for(struct rig *rig, usec_t since_usec) {
    struct occurrence occurrence;
    plan_seek(rig->world.plan, since_usec);
    while (plan_pop(rig->world.plan, &occurrence) >= 0 &&
           occurrence.due_usec <= rig->keeper->planned_until_usec) {
        bool open = false;
        for (size_t i = 0; i < rig->keeper->n_open; i++)
            open |= streq(rig->keeper->open[i].reminder, occurrence.reminder->name) &&
                    rig->keeper->open[i].due_usec == occurrence.due_usec;
        assert_true(open || rig_has_key(rig, occurrence.reminder->name, occurrence.due_usec));
    }
}

static void live_and_account(uint64_t seed) {
    struct chance chance = {.seed = seed};
    struct days days = {0};
    struct rig rig;
    char settings[2048];
    draw_settings(&chance, settings, sizeof settings);
    rig_begin(&rig, settings);
    rig.watch = count_day;
    rig.watch_data = &days;
    usec_t since_usec = rig.world.now_usec;
    live(&rig, &chance, false);
    expect_all_accounted_for(&rig, since_usec);
    rig_end(&rig);
}

/* A clock that goes back and forth: what the stage checks must hold all the same. */
static void live_with_a_bad_clock(uint64_t seed) {
    struct chance chance = {.seed = seed};
    struct rig rig;
    char settings[2048];
    draw_settings(&chance, settings, sizeof settings);
    rig_begin(&rig, settings);
    live(&rig, &chance, true);
    rig_end(&rig);
}

/* --- A look ahead is what then happens -------------------------------------------------------- */

struct seen {
    usec_t time_usec[AHEAD];
    char reminder[AHEAD][SCHEDULE_NAME_MAX + 1];
    size_t n;
};

static void note_seen(struct rig *rig, const struct event *event, const struct open_prompt *open) {
    struct seen *seen = rig->watch_data;
    if (event->kind != EVENT_SHOWN || seen->n == AHEAD)
        return;
    assert_non_null(open);
    seen->time_usec[seen->n] = event->time_usec;
    snprintf(seen->reminder[seen->n], sizeof seen->reminder[0], "%s", open->reminder);
    seen->n++;
}

static void look_ahead_and_live(uint64_t seed) {
    struct chance chance = {.seed = seed};
    struct rig rig;
    char settings[2048];
    draw_settings(&chance, settings, sizeof settings);
    if (strstr(settings, "patience")) /* has no text, and a look ahead chooses none */
        return;
    rig_begin(&rig, settings);
    live(&rig, &chance, false);
    rig.by_script = false;
    if (keeper_on_screen(rig.keeper) && keeper_on_screen(rig.keeper)->state == OPEN_SHOWING)
        rig_run(&rig, "showed");
    rig.log_size = 0;
    rig_run(&rig, "screen on; back");

    struct upcoming upcoming[AHEAD];
    struct seen seen = {0};
    size_t n;
    assert_int_equal(keeper_upcoming(rig.keeper, &rig.world, upcoming, AHEAD, &n), 0);
    rig.watch = note_seen;
    rig.watch_data = &seen;
    usec_t end = rig.world.now_usec + 20 * USEC_PER_DAY;
    if (n == AHEAD)
        end = upcoming[n - 1].due_usec;
    while (rig.world.now_usec < end) {
        rig.log_size = 0;
        rig_play(&rig, MIN_OF(end, rig.world.now_usec + USEC_PER_DAY));
    }
    while (n > 0 && upcoming[n - 1].due_usec > end)
        n--;
    bool same = n == seen.n;
    for (size_t i = 0; same && i < n; i++)
        same = seen.time_usec[i] == upcoming[i].due_usec && streq(seen.reminder[i], upcoming[i].reminder);
    if (!same) {
        char time[40];
        for (size_t i = 0; i < MAX_OF(n, seen.n); i++) {
            print_error("  ahead %s %s", i < n ? rig_time(&rig, upcoming[i].due_usec, time) : "-",
                        i < n ? upcoming[i].reminder : "");
            print_error("  then %s %s\n", i < seen.n ? rig_time(&rig, seen.time_usec[i], time) : "-",
                        i < seen.n ? seen.reminder[i] : "");
        }
        fail_msg("%s", settings);
    }
    rig_end(&rig);
}

/* --- Lives ------------------------------------------------------------------------------------ */

static uint64_t number_from_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* The seed of a failure is the last one that was begun. */
static uint64_t last_seed;

static void run_lives(void (*life)(uint64_t seed)) {
    uint64_t from = number_from_environment("KINDLY_FUZZ_FROM", 0);
    uint64_t lives = number_from_environment("KINDLY_FUZZ", LIVES_DEFAULT);
    for (last_seed = from; last_seed < from + lives; last_seed++)
        life(last_seed);
}

#define LIVES_SHORT_OF_MEMORY 4

static void test_short_of_memory(void **state) {
    (void)state;
    uint64_t from = number_from_environment("KINDLY_FUZZ_FROM", 0);
    short_of_memory = true;
    for (last_seed = from; last_seed < from + LIVES_SHORT_OF_MEMORY; last_seed++) {
        struct chance chance = {.seed = last_seed};
        struct rig rig;
        char settings[2048];
        draw_settings(&chance, settings, sizeof settings);
        rig_begin(&rig, settings);
        rig.world.history = history_with_memory;
        live(&rig, &chance, false);
        rig_end(&rig);
    }
    short_of_memory = false;
    print_message("%u allocations failed\n", n_rehearsed);
}

static int tell_seed(void **state) {
    (void)state;
    print_message("up to seed %llu\n", (unsigned long long)last_seed);
    return 0;
}

static void test_all_accounted_for(void **state) {
    (void)state;
    run_lives(live_and_account);
}

static void test_bad_clocks(void **state) {
    (void)state;
    run_lives(live_with_a_bad_clock);
}

static void test_looking_ahead(void **state) {
    (void)state;
    run_lives(look_ahead_and_live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_all_accounted_for, tell_seed),
        cmocka_unit_test_teardown(test_bad_clocks, tell_seed),
        cmocka_unit_test_teardown(test_looking_ahead, tell_seed),
        cmocka_unit_test_teardown(test_short_of_memory, tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
