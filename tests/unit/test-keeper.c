/* The life of an occurrence, sentence by sentence: from due to off the screen. Snoozes, answers, and clocks
 * that jump have files of their own. */
#include "tests/unit/keeper-rig.h"

static const struct rig_row day_and_limits[] = {
    {__LINE__, "what is due is shown at once when the person is there", "at a 10:00", "12:00",
     "10:00 shown a; 11:00 unanswered a"},
    {__LINE__, "no more than most_per_day are shown on a day; the rest is missed (limit)",
     "at a 10:00; at b 11:00; at c 12:00; most 2", "13:00",
     "10:00 shown a; 11:00 unanswered a; shown b; 12:00 missed limit c; unanswered b"},
    {__LINE__, "the day is the local date of showing: the next one has its own places", "at a 10:00; most 1",
     "+1 10:30", "10:00 shown a; 11:00 unanswered a; +1 10:00 shown a"},
    {__LINE__, "the local date counts, not UTC's", "at a 23:30; at b 00:30; most 1; zone berlin", "+1 00:45",
     "23:30 shown a; +1 00:30 unanswered a; shown b"},
    {__LINE__, "an `at` later that day has its place: an `every` gives way",
     "every e 09:00-10:00 2h; at a 18:00; most 1", "18:30", "09:00 missed limit e; 18:00 shown a"},
    {__LINE__, "two places, one is claimed: the first `every` is shown, the second is not",
     "every e 09:00-12:00 2h; at a 18:00; most 2", "18:30",
     "09:00 shown e; 10:00 unanswered e; 11:00 missed limit e; 18:00 shown a"},
    {__LINE__, "`at` reminders past the limit miss it in the order of their times",
     "at a 18:00; at b 19:00; most 1", "19:30", "18:00 shown a; 19:00 missed limit b; unanswered a"},
    {__LINE__, "an `at` in quiet hours claims no place",
     "every e 09:00-10:00 2h; at a 22:00; quiet 21:00-08:00; most 1", "22:30",
     "09:00 shown e; 10:00 unanswered e; 22:00 missed quiet a"},
    {__LINE__, "an `at` of the next day claims no place today", "every e 20:00-21:00 2h; at a 09:00; most 1",
     "20:30", "09:00 shown a; 10:00 unanswered a; 20:00 missed limit e"},
    {__LINE__, "no place at all: nothing is shown", "at a 10:00; most 0", "10:30", "10:00 missed limit a"},
    {__LINE__, "an `at` ignores gap", "at a 10:00; at b 10:10; gap 90min", "10:30",
     "10:00 shown a; 10:10 replaced a; shown b"},
    {__LINE__, "an `every` within gap of an `at` is missed (gap), before it and after",
     "every e 09:00-13:00 1h; at a 11:00; gap 61min", "12:30",
     "09:00 shown e; 10:00 missed gap e; unanswered e; 11:00 missed gap e; shown a; 12:00 missed gap e; "
     "unanswered a"},
    {__LINE__, "exactly a gap away is far enough", "every e 10:00-13:00 1h; at a 11:00; gap 1h", "12:30",
     "10:00 shown e; 11:00 missed gap e; unanswered e; shown a; 12:00 unanswered a; shown e"},
    {__LINE__, "an `every` within gap of the last showing is missed (gap)",
     "every e 09:00-13:00 1h; gap 90min", "11:30",
     "09:00 shown e; 10:00 missed gap e; unanswered e; 11:00 shown e"},
    {__LINE__, "a gap of one's own counts for that reminder",
     "every e 09:00-13:00 1h; its-gap 30min; gap 90min", "10:30",
     "09:00 shown e; 10:00 unanswered e; shown e"},
    {__LINE__, "the gap counts from the showing, not from the due time",
     "every e 09:00-13:00 1h; hold 40min; gap 55min", "away; 09:30; back; 11:10",
     "~09:30 shown e; 10:00 missed gap e; ~10:30 unanswered e; 11:00 shown e"},
    {__LINE__, "of equal times the first in the file is shown, the others are missed (newer)",
     "at a 10:00; at b 10:00", "10:30", "10:00 missed newer b; shown a"},
    {__LINE__, "an `every` beside an `at` of the same time gives way", "every e 10:00-11:00 2h; at a 10:00",
     "10:30", "10:00 missed gap e; shown a"},
};

static const struct rig_row hold[] = {
    {__LINE__, "due while away: waits, and is shown 1 to 3 minutes after the return", "at a 10:00",
     "away; 10:30; list; back; 10:31; list; 10:40",
     "10:30 open: a/waiting; 10:31 open: a/waiting; ~10:30 shown a"},
    {__LINE__, "due while busy: the same", "at a 10:00", "busy; 10:30; back; 10:40", "~10:30 shown a"},
    {__LINE__, "an `at` waits 2 hours: a return just before is in time", "at a 10:00",
     "away; 11:59; back; 12:10", "~11:59 shown a"},
    {__LINE__, "an `at` waits 2 hours and no longer", "at a 10:00", "away; 12:30; back; 13:00",
     "12:00 missed hold a"},
    {__LINE__, "hold_for runs to the return: what comes back in time is shown though its time ends meanwhile",
     "at a 10:00; hold 31min", "away; 10:30; back; 11:00", "~10:30 shown a"},
    {__LINE__, "an `every` waits 20 minutes", "every e 10:00-18:00 4h", "away; 10:19; back; 10:30",
     "~10:19 shown e"},
    {__LINE__, "an `every` waits no longer than 20 minutes", "every e 10:00-18:00 4h",
     "away; 10:30; back; 11:00", "10:20 missed hold e"},
    {__LINE__, "a `times` waits to the end of its block", "times t 10:00-12:00 1; gap 119min",
     "away; 11:58; back; 12:10", "~11:58 shown t"},
    {__LINE__, "a `times` waits no longer than its block", "times t 10:00-12:00 1; gap 119min",
     "away; 12:30; back", "12:00 missed hold t"},
    {__LINE__, "hold_for is settable: longer", "every e 10:00-18:00 8h; hold 3h", "away; 12:59; back; 13:05",
     "~12:59 shown e"},
    {__LINE__, "hold_for is settable: none at all", "at a 10:00; hold 0", "away; 10:30; back",
     "10:00 missed hold a"},
    {__LINE__, "no hold is no matter for who is there", "at a 10:00; hold 0", "10:30", "10:00 shown a"},
    {__LINE__, "several that wait are reduced to the newest on return", "at a 10:00; at b 10:20; at c 10:40",
     "away; 11:00; list; back; 11:10",
     "11:00 open: a/waiting b/waiting c/waiting; missed newer b; missed newer a; ~11:00 shown c"},
    {__LINE__, "none is shown if all are too old", "at a 10:00; at b 10:20", "away; 13:00; back; 13:30",
     "12:00 missed hold a; 12:20 missed hold b"},
    {__LINE__, "the person leaves in the minutes after the return: waiting goes on", "at a 10:00",
     "away; 10:30; back; 10:30:30; away; 10:50; back; 11:00", "~10:50 shown a"},
    {__LINE__, "leaving again until it is too old", "at a 10:00; hold 1h",
     "away; 10:58; back; 10:58:30; away; 11:30; back; 12:00", "11:00 missed hold a"},
    {__LINE__, "one that comes due in the minutes after the return is the newest", "at a 10:00; at b 10:31",
     "away; 10:30; back; 11:00", "10:31 missed newer a; shown b"},
    {__LINE__, "a return delay is not prolonged by another word on presence", "at a 10:00",
     "away; 10:30; back; 10:30:20; back; 10:30:40; back; 10:40", "~10:30 shown a"},
    {__LINE__, "an absence without anything due: nothing is late", "at a 10:00", "away; 09:59; back; 10:30",
     "10:00 shown a"},
    {__LINE__, "the limit is looked at again when it is shown", "at a 10:00; at b 10:30; most 1",
     "away; 10:20; back; 10:50", "~10:20 shown a; 10:30 missed limit b"},
    {__LINE__, "no presenter: waits like an absence", "at a 10:00",
     "screen off; 10:05; list; screen on; list", "10:05 open: a/waiting; shown a; open: a/shown/screen"},
    {__LINE__, "no presenter until it is too old", "at a 10:00", "screen off; 12:30; screen on",
     "12:00 missed hold a"},
    {__LINE__, "no presenter after a return, until it is too old", "at a 10:00; hold 30min",
     "away; screen off; 10:25; back; 11:00; screen on", "10:30 missed hold a"},
};

static const struct rig_row quiet[] = {
    {__LINE__, "due in quiet hours: missed at once", "at a 22:00; quiet 21:00-08:30", "22:30",
     "22:00 missed quiet a"},
    {__LINE__, "quiet hours cross midnight", "at a 02:00; quiet 21:00-08:30", "+1 09:00",
     "+1 02:00 missed quiet a"},
    {__LINE__, "quiet hours end at their end", "at a 08:30; quiet 21:00-08:30", "08:45", "08:30 shown a"},
    {__LINE__, "quiet hours begin at their start", "at a 21:00; quiet 21:00-08:30", "21:15",
     "21:00 missed quiet a"},
    {__LINE__, "what waits when they begin is missed", "at a 20:00; quiet 21:00-08:30", "away; 22:00; back",
     "21:00 missed quiet a"},
    {__LINE__, "a return delay that reaches into quiet hours", "at a 20:00; quiet 21:00-08:30",
     "away; 20:59:30; back; 22:00", "21:00 missed quiet a"},
    {__LINE__, "an open one is withdrawn when quiet hours begin", "at a 20:30; quiet 21:00-08:30", "22:00",
     "20:30 shown a; 21:00 unanswered a"},
    {__LINE__, "by hand it is shown in quiet hours", "quiet 21:00-08:30", "22:00; who; now kindness; list",
     "22:00 quiet; shown hand; open: hand/shown/screen"},
};

static const struct rig_row paused[] = {
    {__LINE__, "due while paused: missed at once", "at a 10:00; at b 11:00", "pause-all 10:30; who; 11:30",
     "paused to 10:30; paused; 10:00 missed paused a; 11:00 shown b"},
    {__LINE__, "the end of a pause is half-open", "at a 10:30", "pause-all 10:30; 10:40",
     "paused to 10:30; 10:30 shown a"},
    {__LINE__, "until resumed", "at a 10:00", "pause-all; +2 09:00; resume; who; 10:30",
     "paused to for good; 10:00 missed paused a; +1 10:00 missed paused a; +2 09:00 resumed; available; +2 "
     "10:00 shown a"},
    {__LINE__, "what waits when the pause begins is missed", "at a 10:00",
     "away; 10:30; pause-all 12:00; back; 13:00", "10:30 paused to 12:00; missed paused a"},
    {__LINE__, "what is on the screen stays", "at a 10:00", "10:10; pause-all 12:00; list; helpful",
     "10:00 shown a; 10:10 paused to 12:00; open: a/shown/screen; says helpful a; answered a"},
    {__LINE__, "resume brings nothing back that the pause missed", "at a 10:00",
     "pause-all; 10:30; resume; 11:00", "paused to for good; 10:00 missed paused a; 10:30 resumed"},
    {__LINE__, "resumed before anybody noticed what came due in the pause", "at a 10:00",
     "pause-all; jump 10:30; resume; 10:40", "paused to for good; 10:30 missed paused a; resumed"},
    {__LINE__, "a pause can be changed", "at a 10:00", "pause-all; pause-all 09:00; 10:30",
     "paused to for good; paused to 09:00; 10:00 shown a"},
    {__LINE__, "resume without a pause is fine", "", "resume; who", "available"},
    {__LINE__, "a pause in the past makes no sense", "", "09:00; pause-all 08:00; pause-all 09:00; who",
     "09:00 EINVAL; EINVAL; available"},
    {__LINE__, "by hand it is shown while paused", "", "pause-all; now", "paused to for good; shown hand"},
    {__LINE__, "slept through the pause's end: what was due in it is missed, what was due after it waits",
     "at a 09:30; at b 10:30", "pause-all 10:00; sleep 11:00; 11:10",
     "paused to 10:00; 11:00 missed paused a; ~11:00 shown b"},
};

static const struct rig_row shown[] = {
    {__LINE__, "a newer showing closes the older as replaced", "at a 10:00; at b 10:30", "10:30",
     "10:00 shown a; 10:30 replaced a; shown b"},
    {__LINE__, "after expire_after an open one is withdrawn, unanswered; no second showing",
     "at a 10:00; expire 30min", "20:00", "10:00 shown a; 10:30 unanswered a"},
    {__LINE__, "until answered: it stays", "at a 10:00; expire infinity", "23:00; list",
     "10:00 shown a; 23:00 open: a/shown/screen"},
    {__LINE__, "off the screen by the server it is still open", "at a 10:00",
     "10:01; off-screen; list; 10:20; helpful",
     "10:00 shown a; 10:01 open: a/shown; 10:20 says helpful a; answered a"},
    {__LINE__, "off the screen it expires all the same", "at a 10:00", "10:01; off-screen; 12:00",
     "10:00 shown a; 11:00 unanswered a"},
    {__LINE__, "when the screen locks it is withdrawn, stays open, and isn't shown again", "at a 10:00",
     "10:05; lock; list; 10:20; back; 10:40; list; helpful",
     "10:00 shown a; 10:05 withdrawn a; open: a/shown; 10:40 open: a/shown; says helpful a; answered a"},
    {__LINE__, "away without a lock leaves it on the screen", "at a 10:00", "10:05; away; list",
     "10:00 shown a; 10:05 open: a/shown/screen"},
    {__LINE__, "locked between the question and the presenter's answer", "at a 10:00",
     "by-script; 10:00; lock; showed; list", "10:00 show a; shown a; withdrawn a; open: a/shown"},
    {__LINE__, "a failed show goes back to waiting, due time unchanged", "at a 10:00",
     "by-script; 10:00; list; unshown; list; away; 12:30",
     "10:00 show a; open: a/showing; open: a/waiting; 12:00 missed hold a"},
    {__LINE__, "after a failed show it is tried again", "at a 10:00",
     "by-script; 10:00; unshown; back; showed; list", "10:00 show a; show a; shown a; open: a/shown/screen"},
    {__LINE__, "while one is asked for, another waits", "at a 10:00; at b 10:01",
     "by-script; 10:01; list; showed; list",
     "10:00 show a; 10:01 open: a/showing b/waiting; shown a; replaced a; show b; open: b/showing"},
    {__LINE__, "nothing eligible: missed (no-prompt)", "at a 10:00; themes patience", "10:30",
     "10:00 missed no-prompt a"},
};

static const struct rig_row by_hand[] = {
    {__LINE__, "by hand: ignores presence", "", "away; now", "shown hand"},
    {__LINE__, "starts no gap", "every e 09:00-10:00 2h", "08:50; now; 09:30",
     "08:50 shown hand; 09:00 replaced hand; shown e"},
    {__LINE__, "ignores the gap and counts for nothing", "every e 09:00-10:00 2h; at a 12:00; most 2",
     "09:10; now; 09:20; now; 12:10",
     "09:00 shown e; 09:10 replaced e; shown hand; 09:20 replaced hand; shown hand; 10:20 unanswered hand; "
     "12:00 shown a"},
    {__LINE__, "ignores the limit", "most 0", "now", "shown hand"},
    {__LINE__, "expires like any other", "", "now; 10:00", "shown hand; 09:00 unanswered hand"},
    {__LINE__, "without a screen it is open for whoever asked", "", "screen off; now; list; helpful",
     "shown hand; open: hand/shown; says helpful hand; answered hand"},
    {__LINE__, "a theme, a reminder, a practice, or nothing", "at a 20:00; practice three-breaths",
     "now kindness; words; now a; words; now hard-moment; words",
     "shown hand; \"A moment for you|kindness-01\"; replaced hand; shown hand; \"Three breaths|One\"; "
     "replaced hand; "
     "shown hand; \"A hard moment|Only this\""},
    {__LINE__, "something else is nothing", "", "now whatever; list", "ENOENT; open:"},
    {__LINE__, "no text for it", "", "now patience; now own; list", "ENODATA; ENODATA; open:"},
    {__LINE__, "asked for twice before the presenter has answered", "", "by-script; now; now; showed; list",
     "show hand; shown hand; replaced hand; show hand; shown hand; open: hand/shown/screen"},
    {__LINE__, "answered before the presenter has answered", "", "by-script; now; helpful; list",
     "show hand; shown hand; says helpful hand; answered hand; open:"},
    {__LINE__, "put off before the presenter has answered", "", "by-script; now; snooze 15min; list",
     "show hand; shown hand; snoozed to 08:15 hand; open: hand/snoozed"},
    {__LINE__, "dismissed before the presenter has answered", "", "by-script; now; dismiss; list",
     "show hand; shown hand; dismissed hand; open:"},
    {__LINE__, "clicked before the presenter has answered", "conceal kindness",
     "by-script; now kindness; click; showed; list",
     "show hand; shown hand; step open hand; in place hand; open: hand/shown/screen"},
};

static const struct rig_row looking_ahead[] = {
    {__LINE__, "what would be shown, after gap, limit, quiet",
     "every e 09:00-13:00 1h; at a 22:00; quiet 21:00-08:30; most 3", "ahead 4",
     "ahead e at 09:00, e at 11:00, e at +1 09:00, e at +1 11:00"},
    {__LINE__, "what is paused isn't there", "at a 10:00", "pause-all 12:00; ahead 1",
     "paused to 12:00; ahead a at +1 10:00"},
    {__LINE__, "paused for good", "at a 10:00", "pause-all; ahead 1", "paused to for good; ahead nothing"},
    {__LINE__, "what was put off comes back", "at a 10:00", "10:05; snooze 1h; ahead 2",
     "10:00 shown a; 10:05 snoozed to 11:05 a; ahead returning a at 11:05, a at +1 10:00"},
    {__LINE__, "as if the person were there", "at a 10:00", "away; 10:30; back; ahead 1",
     "10:30 ahead a at ~10:30"},
    {__LINE__, "two at the same time", "at a 10:00; at b 10:00", "ahead 2",
     "ahead a at 10:00, a at +1 10:00"},
    {__LINE__, "two at the same time, and something that isn't shown soon after",
     "at a 10:00; at b 10:00; every e 10:15-10:20 1h", "ahead 2", "ahead a at 10:00, a at +1 10:00"},
    {__LINE__, "nothing ever", "", "ahead 3", "ahead nothing"},
    {__LINE__, "nothing after the last one", "at a 2026-03-11 10:00", "ahead 3", "ahead a at 10:00"},
    {__LINE__, "none asked for", "at a 10:00", "ahead 0", "ahead nothing"},
};

/* Where a journal comes back, what was open in it joins what is open now: what was being shown then waits, or
 * is as it was before it came again, and the day's count is that of the day it was made on. */
static void test_merged(void **state) {
    (void)state;
    static const struct {
        const char *script;
        enum open_state merged;
        uint32_t day_count;
    } cases[] = {
        {"by-script; 10:00", OPEN_WAITING, 0},
        {"10:00; by-script; snooze 15min; 10:20", OPEN_SHOWN, 1},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct rig running, stored;
        struct keeper *merged;
        rig_begin(&running, "");
        rig_begin(&stored, "at a 10:00");
        rig_run(&stored, cases[i].script);
        assert_int_equal(stored.keeper->open[0].state, OPEN_SHOWING);
        assert_int_equal(keeper_merge(running.keeper, stored.keeper, &merged), 0);
        assert_int_equal(merged->n_open, 1);
        assert_int_equal(merged->open[0].state, cases[i].merged);
        assert_false(merged->open[0].on_screen);
        assert_int_equal(merged->day, stored.keeper->day);
        assert_int_equal(merged->day_count, cases[i].day_count);
        keeper_free(merged);
        rig_end(&running);
        rig_end(&stored);
    }
}

/* As much as may be put off, twice: there is no room for one more, and that is told. */
static void test_full(void **state) {
    (void)state;
    struct rig rig;
    struct keeper *merged;
    struct turn turn = {0};
    struct uuid id;
    rig_begin(&rig, "");
    for (int i = 0; i < KEEPER_OPEN_MAX / 2; i++)
        rig_run(&rig, "now; snooze 1h");
    assert_int_equal(keeper_merge(rig.keeper, rig.keeper, &merged), 0);
    assert_int_equal(merged->n_open, KEEPER_OPEN_MAX);
    assert_int_equal(keeper_prompt(merged, &rig.world, "", &id, &turn), -E2BIG);
    assert_int_equal(keeper_tell(merged, &rig.world, "A word", "A text", &turn), -E2BIG);
    assert_null(turn.next);
    keeper_free(merged);
    rig_end(&rig);
}

/* The presenter's word on a showing that is no longer wanted. */
static void test_showed_too_late(void **state) {
    (void)state;
    struct rig rig;
    struct turn turn = {0};
    rig_begin(&rig, "at a 10:00");
    rig_run(&rig, "by-script; 10:00");
    struct uuid id = *rig_on_screen(&rig);
    rig_run(&rig, "unshown");
    assert_int_equal(keeper_showed(rig.keeper, &rig.world, &id, "bus", ":1.7", 7, &turn), -ESTALE);
    assert_null(turn.next);
    rig_end(&rig);
}

#define ROWS_TEST(rows)                                                                                      \
    static void test_##rows(void **state) {                                                                  \
        (void)state;                                                                                         \
        rig_run_rows(rows, ELEMENTSOF(rows));                                                                \
    }

ROWS_TEST(day_and_limits)
ROWS_TEST(hold)
ROWS_TEST(quiet)
ROWS_TEST(paused)
ROWS_TEST(shown)
ROWS_TEST(by_hand)
ROWS_TEST(looking_ahead)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_day_and_limits),  cmocka_unit_test(test_hold),   cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_paused),          cmocka_unit_test(test_shown),  cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_looking_ahead),   cmocka_unit_test(test_merged), cmocka_unit_test(test_full),
        cmocka_unit_test(test_showed_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
