/* Clocks that jump, machines that sleep, programs that end and start, schedules that change: at most one
 * prompt comes of it, none twice, and none is lost without a rule. */
#include "tests/unit/keeper-rig.h"

static const struct rig_row catching_up[] = {
    {__LINE__, "slept through one: it is shown 1 to 3 minutes after waking", "at a 10:00",
     "sleep 10:30; 10:40", "~10:30 shown a"},
    {__LINE__, "slept through several: at most one, the newest", "at a 10:00; at b 10:10; at c 10:20",
     "sleep 11:00; 11:10", "11:00 missed newer b; missed newer a; ~11:00 shown c"},
    {__LINE__, "slept too long for any: none", "at a 10:00; at b 10:30", "sleep 18:00; 18:30",
     "18:00 missed hold b; missed hold a"},
    {__LINE__, "slept for days: each has its rule", "at a 10:00; quiet 21:00-08:30", "sleep +3 10:30; 11:00",
     "+3 10:30 missed hold a; missed hold a; missed hold a; ~+3 10:30 shown a"},
    {__LINE__, "slept into quiet hours", "at a 20:00; quiet 21:00-08:30", "sleep 22:00",
     "22:00 missed quiet a"},
    {__LINE__, "woken into an empty room: waiting goes on", "at a 10:00",
     "away; sleep 10:30; 10:50; back; 11:00", "~10:50 shown a"},
    {__LINE__, "a minute late is not late", "at a 10:00", "09:59; sleep 10:01", "10:01 shown a"},
    {__LINE__, "slept over an expiry", "at a 10:00", "10:05; sleep 12:00; list",
     "10:00 shown a; 12:00 unanswered a; open:"},
    {__LINE__, "slept through a snooze's end: as after any absence", "at a 10:00",
     "10:00; snooze 15min; sleep 11:00; 11:10", "10:00 shown a; snoozed to 10:15 a; ~11:00 shown a"},
    {__LINE__, "slept from a snooze's end into quiet hours", "at a 10:00; quiet 21:00-08:30",
     "10:00; snooze 15min; sleep 22:00", "10:00 shown a; snoozed to 10:15 a; 22:00 unanswered a"},
    {__LINE__, "slept from a snooze's end through quiet hours", "at a 10:00; quiet 21:00-08:30",
     "10:00; snooze 15min; sleep +1 09:00", "10:00 shown a; snoozed to 10:15 a; +1 09:00 unanswered a"},
    {__LINE__, "slept through a snooze's end and an occurrence: the newer one", "at a 10:00; at b 10:30",
     "10:00; snooze 15min; sleep 10:40; 10:50",
     "10:00 shown a; snoozed to 10:15 a; 10:40 unanswered a; ~10:40 shown b"},
    {__LINE__, "the program wasn't running: the same", "at a 10:00; at b 10:10", "restart 11:00; 11:10",
     "11:00 missed newer a; ~11:00 shown b"},
    {__LINE__, "limits hold in a catch-up: each day has its own", "at a 10:00; at b 10:05; most 1",
     "sleep +1 10:30; +1 09:00; 10:40",
     "+1 10:30 missed hold b; missed hold a; missed newer a; ~+1 10:30 shown b; ~+1 11:30 unanswered b; +2 "
     "10:00 shown a; "
     "+2 10:05 missed limit b"},
};

static const struct rig_row setting_the_clock[] = {
    {__LINE__, "a step back: what was shown isn't shown again", "at a 10:00",
     "10:05; helpful; set-clock 09:50; 10:30", "10:00 shown a; 10:05 says helpful a; answered a"},
    {__LINE__, "a step back: what was missed stays so", "at a 10:00",
     "away; 12:30; set-clock 09:50; back; 10:30", "12:00 missed hold a"},
    {__LINE__, "a step back: what is new then comes", "at a 10:00; at b 10:20",
     "10:05; helpful; set-clock 09:50; 10:30",
     "10:00 shown a; 10:05 says helpful a; answered a; 10:20 shown b"},
    {__LINE__, "a step back while it waits: there is one of it", "at a 10:00",
     "away; 10:05; set-clock 09:50; 10:10; list; back; 10:20", "10:10 open: a/waiting; ~10:10 shown a"},
    {__LINE__, "a step back while it is shown: it is still there", "at a 10:00",
     "10:05; set-clock 09:50; 10:02; list", "10:00 shown a; 10:02 open: a/shown/screen"},
    {__LINE__, "a step back over a day", "at a 10:00",
     "+1 10:05; set-clock -1 09:00; 23:00; +1 10:05; +1 10:05",
     "10:00 shown a; 11:00 unanswered a; +1 10:00 shown a; 10:00 unanswered a; +2 10:00 shown a"},
    {__LINE__, "a step back in the minutes after a return", "at a 10:00",
     "away; 10:30; back; set-clock -2 10:15; 10:20; list",
     "~-2 10:15 shown a; -2 10:20 open: a/shown/screen"},
    {__LINE__, "a step forward is like a sleep", "at a 10:00", "set-clock 10:30; 10:40", "~10:30 shown a"},
    {__LINE__, "a small step forward shows what it passed", "at a 10:00",
     "09:59:30; set-clock 10:00:20; list", "10:00+ shown a; open: a/shown/screen"},
    {__LINE__, "a snooze's span is elapsed time: a step forward doesn't shorten it", "at a 10:00",
     "10:00; snooze 1h; set-clock 12:00; 12:50; list; 13:10",
     "10:00 shown a; snoozed to 11:00 a; 12:50 open: a/snoozed; 13:00 shown a"},
    {__LINE__, "a snooze's span is elapsed time: a step back doesn't prolong it", "at a 10:00",
     "10:00; snooze 1h; set-clock 08:30; 09:40", "10:00 shown a; snoozed to 11:00 a; 09:30 shown a"},
    {__LINE__, "a snooze to a clock time follows the clock", "at a 10:00",
     "10:00; snooze 11:00; set-clock 10:58; 11:05", "10:00 shown a; snoozed to 11:00 a; 11:00 shown a"},
    {__LINE__, "a pause follows the clock", "at a 11:00", "pause-all 10:00; set-clock 10:30; 11:05",
     "paused to 10:00; 11:00 shown a"},
};

static const struct rig_row starting_again[] = {
    {__LINE__, "waiting: waits on", "at a 10:00", "away; 10:05; restart; list; back; 10:20",
     "10:05 open: a/waiting; ~10:05 shown a"},
    {__LINE__, "waiting, back for too long", "at a 10:00", "away; 10:05; restart 13:00; list",
     "13:00 missed hold a; open:"},
    {__LINE__, "in the minutes after a return: they don't begin anew", "at a 10:00",
     "away; 10:30; back; restart; 10:40", "~10:30 shown a"},
    {__LINE__, "showing: asked for again", "at a 10:00", "by-script; 10:00; restart; list; showed; list",
     "10:00 show a; show a; open: a/showing; shown a; open: a/shown/screen"},
    {__LINE__, "showing, and the person is away now: waits", "at a 10:00",
     "by-script; 10:00; away; restart; list", "10:00 show a; open: a/waiting"},
    {__LINE__, "showing, and it is quiet now", "at a 20:30; quiet 21:00-08:30",
     "by-script; 20:30; restart 21:30; list", "20:30 show a; 21:30 missed quiet a; open:"},
    {__LINE__, "showing, and it is the next day", "at a 10:00", "by-script; 10:00; restart +1 09:00; list",
     "10:00 show a; +1 09:00 missed hold a; open:"},
    {__LINE__, "showing by hand: asked for again, whatever is now", "",
     "by-script; now; away; pause-all; restart; showed; list",
     "show hand; paused to for good; show hand; shown hand; open: hand/shown/screen"},
    {__LINE__, "shown: goes to the presenter, which puts it back in its place", "at a 10:00",
     "10:05; restart; list", "10:00 shown a; 10:05 again a; open: a/shown/screen"},
    {__LINE__, "shown and asked for again, it isn't counted twice", "at a 10:00; at b 12:00; most 2",
     "10:05; restart; 12:00", "10:00 shown a; 10:05 again a; 11:00 unanswered a; 12:00 shown b"},
    {__LINE__, "shown, expired meanwhile", "at a 10:00", "10:05; restart 12:00; list",
     "10:00 shown a; 12:00 unanswered a; open:"},
    {__LINE__, "shown, and locked now: withdrawn", "at a 10:00",
     "by-script; 10:00; showed; lock; restart; list", "10:00 show a; shown a; withdrawn a; open: a/shown"},
    {__LINE__, "shown and off the screen: it isn't shown again", "at a 10:00",
     "10:05; off-screen; restart; list", "10:00 shown a; 10:05 open: a/shown"},
    {__LINE__, "shown in a step of a practice: the same step", "at a 10:00; practice three-breaths",
     "10:00; next; restart; words", "10:00 shown a; step next a; in place a; again a; \"Three breaths|Two\""},
    {__LINE__, "snoozed: comes back at its time", "at a 10:00",
     "10:00; snooze 1h; restart 10:30; list; 11:10",
     "10:00 shown a; snoozed to 11:00 a; 10:30 open: a/snoozed; 11:00 shown a"},
    {__LINE__, "snoozed, and its time has passed", "at a 10:00", "10:00; snooze 1h; restart 11:30; 11:40",
     "10:00 shown a; snoozed to 11:00 a; ~11:30 shown a"},
    {__LINE__, "snoozed, another boot: the wall end counts", "at a 10:00",
     "10:00; snooze 1h; set-clock 10:30; reboot; 11:10", "10:00 shown a; snoozed to 11:00 a; 11:00 shown a"},
    {__LINE__, "snoozed, the same boot: elapsed time counts", "at a 10:00",
     "10:00; snooze 1h; set-clock 10:30; restart; 11:10; list; 11:40",
     "10:00 shown a; snoozed to 11:00 a; 11:10 open: a/snoozed; 11:30 shown a"},
    {__LINE__, "snoozed until tomorrow, and the machine was off overnight",
     "at a 10:00; snooze tomorrow; quiet 21:00-08:30", "10:00; later; 18:00; reboot +1 08:45; 09:10",
     "10:00 shown a; snoozed to +1 09:00 a; +1 09:00 shown a"},
    {__LINE__, "paused: stays so", "at a 10:00", "pause-all; reboot 10:30; who; 11:00",
     "paused to for good; 10:30 missed paused a; paused"},
    {__LINE__, "a restart shows nothing twice", "at a 10:00", "10:05; helpful; restart; 10:10; restart; list",
     "10:00 shown a; 10:05 says helpful a; answered a; 10:10 open:"},
};

static const struct rig_row reloading[] = {
    {__LINE__, "a new reminder starts when it is loaded", "at a 20:00",
     "10:30; reload at a 20:00, at b 10:00; list; +1 10:05",
     "10:30 open:; 20:00 shown a; 21:00 unanswered a; +1 10:00 shown b"},
    {__LINE__, "a new reminder that is due later today comes", "", "10:30; reload at b 11:00; 11:05",
     "11:00 shown b"},
    {__LINE__, "what waits for a reminder that is gone is missed (removed)", "at a 10:00; at b 10:05",
     "away; 10:10; reload at b 10:05; list; back; 10:20",
     "10:10 missed removed a; open: b/waiting; ~10:10 shown b"},
    {__LINE__, "what is open stays", "at a 10:00", "10:05; reload at b 20:00; list; helpful",
     "10:00 shown a; 10:05 open: a/shown/screen; says helpful a; answered a"},
    {__LINE__, "what is put off stays and comes back", "at a 10:00",
     "10:05; snooze 1h; reload at b 20:00; 11:10", "10:00 shown a; 10:05 snoozed to 11:05 a; 11:05 shown a"},
    {__LINE__, "what was put off and waits stays", "at a 10:00",
     "10:00; snooze 1h; away; 11:10; reload at b 20:00; list",
     "10:00 shown a; snoozed to 11:00 a; 11:10 open: a/waiting"},
    {__LINE__, "being shown while its reminder goes away", "at a 10:00",
     "by-script; 10:00; reload at b 20:00; showed; list", "10:00 show a; shown a; open: a/shown/screen"},
    {__LINE__, "fewer snoozes now: none left", "at a 10:00",
     "10:00; snooze 15min; reload at a 10:00, snoozes 1; 10:15; choices",
     "10:00 shown a; snoozed to 10:15 a; 10:15 shown a; [helpful let-go not-this hard not-for-me]"},
    {__LINE__, "new quiet hours count at once", "at a 10:00; at b 10:30",
     "10:05; helpful; reload at a 10:00, at b 10:30, quiet 10:20-11:00; 10:40",
     "10:00 shown a; 10:05 says helpful a; answered a; 10:30 missed quiet b"},
    {__LINE__, "what waits when a reload makes it quiet is missed", "at a 10:00",
     "away; 10:10; reload at a 10:00, quiet 10:05-11:00", "10:10 missed quiet a"},
};

/* Berlin: 2026-03-29 02:00 to 03:00 is skipped, 18 days after the stage's first; 2026-10-25 02:00 to 03:00
 * happens twice, after 228 days. */
static const struct rig_row clock_changes[] = {
    {__LINE__, "a skipped local time happens at the same distance past the gap",
     "at a 2026-03-29 02:30; zone berlin", "+18 04:00", "+18 03:30 shown a"},
    {__LINE__, "a local time that occurs twice happens once",
     "at a 2026-10-25 02:30; zone berlin; expire 15min", "+228 06:00",
     "+228 02:30 shown a; +228 02:45 unanswered a"},
    {__LINE__, "`every` counts elapsed time: an hour less in spring",
     "every e 00:00-05:00 1h; on 2026-03-29; gap 0; zone berlin", "+18 12:00",
     "+18 00:00 shown e; +18 01:00 unanswered e; shown e; +18 03:00 unanswered e; shown e; +18 04:00 "
     "unanswered e; shown e; "
     "+18 05:00 unanswered e"},
    {__LINE__, "tomorrow is a wall time", "at a 2026-03-28 10:00; zone berlin; snooze tomorrow",
     "+17 10:00; later; +1 12:00",
     "+17 10:00 shown a; snoozed to +18 09:00 a; +18 09:00 shown a; +18 10:00 unanswered a"},
    {__LINE__, "a snooze of a day is a day of elapsed time", "at a 2026-03-28 10:00; zone berlin",
     "+17 10:00; snooze 1d; +1 11:30", "+17 10:00 shown a; snoozed to +18 11:00 a; +18 11:00 shown a"},
};

#define ROWS_TEST(rows)                                                                                      \
    static void test_##rows(void **state) {                                                                  \
        (void)state;                                                                                         \
        rig_run_rows(rows, ELEMENTSOF(rows));                                                                \
    }

ROWS_TEST(catching_up)
ROWS_TEST(setting_the_clock)
ROWS_TEST(starting_again)
ROWS_TEST(reloading)
ROWS_TEST(clock_changes)

/* Time passed a moment while something else was on its way to the disk, before anybody could move on. */
static void test_moments_that_passed(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig, "at a 10:00; hold 1h");
    rig_run(&rig, "pause-all 09:00; jump 09:01; note x; 09:30; away; 10:20; back; jump 10:30; note y; 10:40");
    assert_int_equal(rig.keeper->paused_until_usec, 0);
    assert_string_equal(rig.log, "paused to 09:00; 09:01 noted: x; 10:30 noted: y; ~10:30 shown a");
    rig_end(&rig);
}

/* Years of absence are taken in piece by piece, and end in one prompt. */
static void test_years_of_absence(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig, "every e 00:00-24:00 4h; hold 4h; at a 10:00");
    rig_jump(&rig, "+1200 10:02");
    size_t pieces = 0;
    do {
        usec_t reached = rig.keeper->planned_until_usec;
        RIG_TURN(&rig, keeper_advance(rig.keeper, &rig.world, &turn));
        assert_true(rig.keeper->planned_until_usec > reached);
        rig.log_size = 0;
        pieces++;
    } while (keeper_next_wake(rig.keeper, &rig.world) <= rig.world.now_usec);
    assert_in_range(pieces, 10, 30);
    assert_int_equal(rig.n_keys, 1200 * 7);
    assert_int_equal(rig.keeper->n_open, 1);
    rig_run(&rig, "10:10; list");
    assert_string_equal(rig.log, "~+1200 10:02 shown a; +1200 10:10 open: a/shown/screen");
    rig_end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catching_up),      cmocka_unit_test(test_setting_the_clock),
        cmocka_unit_test(test_starting_again),   cmocka_unit_test(test_reloading),
        cmocka_unit_test(test_clock_changes),    cmocka_unit_test(test_moments_that_passed),
        cmocka_unit_test(test_years_of_absence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
