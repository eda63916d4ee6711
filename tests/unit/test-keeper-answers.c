/* What a person does with a prompt: put it off, answer it, write a line, ask for more or for quiet; and what
 * is refused leaves everything as it was. */
#include "tests/unit/keeper-rig.h"

static const struct rig_row snooze[] = {
    {__LINE__, "put off, it comes back and can be put off again", "at a 10:00",
     "10:05; snooze 15min; list; 10:25; snooze 1h; 12:00; helpful",
     "10:00 shown a; 10:05 snoozed to 10:20 a; open: a/snoozed; 10:20 shown a; 10:25 snoozed to 11:25 a; "
     "11:25 shown a; "
     "12:00 says helpful a; answered a"},
    {__LINE__, "at most `snoozes`: then the choice is let-go", "at a 10:00",
     "10:00; choices; snooze 15min; 10:15; choices; snooze 15min; 10:30; choices; later; snooze 5min; "
     "let-go; list",
     "10:00 shown a; [helpful later not-this hard not-for-me]; snoozed to 10:15 a; 10:15 shown a; "
     "[helpful later not-this hard not-for-me]; snoozed to 10:30 a; 10:30 shown a; "
     "[helpful let-go not-this hard not-for-me]; EINVAL; EDQUOT; dismissed a; open:"},
    {__LINE__, "before the last one there is nothing to let go", "at a 10:00", "10:00; let-go",
     "10:00 shown a; EINVAL"},
    {__LINE__, "no snooze at all", "at a 10:00; snoozes 0", "10:00; choices; snooze 15min",
     "10:00 shown a; [helpful let-go not-this hard not-for-me]; EDQUOT"},
    {__LINE__, "later is the first preset, a span", "at a 10:00; snooze 20min; snooze 1h", "10:00; later",
     "10:00 shown a; snoozed to 10:20 a"},
    {__LINE__, "later is the first preset, a moment", "at a 10:00; snooze tomorrow", "10:00; later",
     "10:00 shown a; snoozed to +1 09:00 a"},
    {__LINE__, "later is the first preset, a clock time", "at a 10:00; snooze 18:00",
     "10:00; later; 18:00; later", "10:00 shown a; snoozed to 18:00 a; 18:00 shown a; snoozed to +1 18:00 a"},
    {__LINE__, "the second and the third preset have choices of their own",
     "at a 10:00; snooze 20min; snooze 1h; snooze tomorrow; snooze 3h; snoozes 3",
     "10:00; choices; later-second; 11:00; later-third; +1 09:00; later-fourth; list",
     "10:00 shown a; [helpful later not-this hard not-for-me later-second later-third]; snoozed to 11:00 a; "
     "11:00 "
     "shown a; "
     "snoozed to +1 09:00 a; +1 09:00 shown a; EINVAL; open: a/shown/screen"},
    {__LINE__, "no choice for a preset that isn't there, nor when there is no snooze left",
     "at a 10:00; snooze 20min; snooze 1h; snoozes 1",
     "10:00; choices; later-third; later-second; 11:00; choices; later-second",
     "10:00 shown a; [helpful later not-this hard not-for-me later-second]; EINVAL; snoozed to 11:00 a; "
     "11:00 "
     "shown a; "
     "[helpful let-go not-this hard not-for-me]; EINVAL"},
    {__LINE__, "later without presets", "at a 10:00", "10:00; later", "10:00 shown a; snoozed to 10:15 a"},
    {__LINE__, "a line written with it is kept", "at a 10:00",
     "10:00; later so it is; 10:20; let-go; snooze 1h; 12:00; let-go and this",
     "10:00 shown a; snoozed to 10:15 a: so it is; 10:15 shown a; 10:20 EINVAL; snoozed to 11:20 a; 11:20 "
     "shown a; "
     "12:00 step let-go a: and this; dismissed a"},
    {__LINE__, "until a time of the wall clock", "at a 10:00", "10:00; snooze 18:30; 19:00",
     "10:00 shown a; snoozed to 18:30 a; 18:30 shown a"},
    {__LINE__, "a moment that is over, or beyond a year, makes no sense", "at a 10:00",
     "10:00; snooze 09:00; snooze 10:00; snooze 0; snooze 2y; list",
     "10:00 shown a; EINVAL; EINVAL; EINVAL; EINVAL; open: a/shown/screen"},
    {__LINE__, "an end in quiet hours moves to their end", "at a 20:00; quiet 21:00-08:30",
     "20:30; snooze 1h; +1 08:40", "20:00 shown a; 20:30 snoozed to +1 08:30 a; +1 08:30 shown a"},
    {__LINE__, "a clock time in quiet hours moves to their end too", "at a 20:00; quiet 21:00-08:30",
     "20:30; snooze +1 07:00; +1 08:40", "20:00 shown a; 20:30 snoozed to +1 08:30 a; +1 08:30 shown a"},
    {__LINE__, "one that meets a pause, to its end", "at a 10:00",
     "10:00; snooze 15min; 10:05; pause-all 12:00; 13:30",
     "10:00 shown a; snoozed to 10:15 a; 10:05 paused to 12:00; 12:00 shown a; 13:00 unanswered a"},
    {__LINE__, "put off in a pause, to its end", "at a 10:00", "10:00; pause-all 12:00; snooze 15min; 12:30",
     "10:00 shown a; paused to 12:00; snoozed to 12:00 a; 12:00 shown a"},
    {__LINE__, "a pause that ends before the snooze changes nothing", "at a 10:00",
     "10:00; pause-all 10:10; snooze 15min; 10:30",
     "10:00 shown a; paused to 10:10; snoozed to 10:15 a; 10:15 shown a"},
    {__LINE__, "a pause that ends in quiet hours: to their end", "at a 10:00; at b 12:00; quiet 21:00-08:30",
     "10:00; snooze 15min; pause-all 22:00; +1 09:00",
     "10:00 shown a; snoozed to 10:15 a; paused to 22:00; 12:00 missed paused b; +1 08:30 shown a"},
    {__LINE__, "resumed: it comes back then", "at a 10:00",
     "10:00; snooze 15min; pause-all; 11:00; resume; 11:10; back; list",
     "10:00 shown a; snoozed to 10:15 a; paused to for good; 11:00 resumed; shown a; 11:10 open: "
     "a/shown/screen"},
    {__LINE__, "resumed in quiet hours: it comes back after them", "at a 10:00; quiet 21:00-08:30",
     "10:00; snooze 15min; pause-all; 22:00; resume; +1 09:00",
     "10:00 shown a; snoozed to 10:15 a; paused to for good; 22:00 resumed; +1 08:30 shown a"},
    {__LINE__, "waiting when a pause begins: it comes back at its end", "at a 10:00",
     "10:00; snooze 15min; away; 10:30; list; pause-all 12:00; list; back; 12:30",
     "10:00 shown a; snoozed to 10:15 a; 10:30 open: a/waiting; paused to 12:00; open: a/snoozed; 12:00 "
     "shown a"},
    {__LINE__, "a returning snooze ignores gap and limit, and starts a new gap",
     "at a 10:00; every e 11:00-18:00 90min; most 2; gap 60min",
     "10:00; snooze 45min; 10:50; snooze 3h; 14:10",
     "10:00 shown a; snoozed to 10:45 a; 10:45 shown a; 10:50 snoozed to 13:50 a; 11:00 missed gap e; 12:30 "
     "shown e; "
     "13:30 unanswered e; 13:50 shown a; 14:00 missed gap e"},
    {__LINE__, "it doesn't count a second time", "at a 10:00; at b 12:00; most 2",
     "10:00; snooze 15min; 12:30",
     "10:00 shown a; snoozed to 10:15 a; 10:15 shown a; 11:15 unanswered a; 12:00 shown b"},
    {__LINE__, "finding the person away it waits, and is shown after the return",
     "at a 10:00; quiet 21:00-08:30", "10:00; snooze 15min; away; 15:00; list; back; 15:10",
     "10:00 shown a; snoozed to 10:15 a; 15:00 open: a/waiting; ~15:00 shown a"},
    {__LINE__, "away until the next quiet hours: unanswered", "at a 10:00; quiet 21:00-08:30",
     "10:00; snooze 15min; away; 22:00; back", "10:00 shown a; snoozed to 10:15 a; 21:00 unanswered a"},
    {__LINE__, "it can be answered while it is put off, and while it waits", "at a 10:00; at b 12:00",
     "10:00; snooze 1h; helpful; 12:00; snooze 1h; away; 13:30; list; helpful",
     "10:00 shown a; snoozed to 11:00 a; says helpful a; answered a; 12:00 shown b; snoozed to 13:00 b; "
     "13:30 open: b/waiting; says helpful b; answered b"},
    {__LINE__, "it can be dismissed and put off while it is put off", "at a 10:00",
     "10:00; snooze 1h; snooze 15min; snooze 1h; dismiss; list",
     "10:00 shown a; snoozed to 11:00 a; snoozed to 10:15 a; EDQUOT; dismissed a; open:"},
    {__LINE__, "of a snooze and an occurrence of the same time the snooze comes", "at a 10:00; at b 10:15",
     "10:00; snooze 15min; 10:30", "10:00 shown a; snoozed to 10:15 a; 10:15 missed newer b; shown a"},
    {__LINE__, "another prompt leaves it where it is", "at a 10:00; at b 10:30",
     "10:00; snooze 1h; 10:40; list",
     "10:00 shown a; snoozed to 11:00 a; 10:30 shown b; 10:40 open: a/snoozed b/shown/screen"},
    {__LINE__, "asked for by hand, it can be put off as well", "", "now; snooze 15min; 08:20; list",
     "shown hand; snoozed to 08:15 hand; 08:15 shown hand; 08:20 open: hand/shown/screen"},
};

static const struct rig_row answers[] = {
    {__LINE__, "helpful, okay and not-for-me close", "at a 10:00; at b 11:00; at c 12:00",
     "10:00; helpful; 11:00; okay; 12:00; not-for-me; list",
     "10:00 shown a; says helpful a; answered a; 11:00 shown b; says okay b; answered b; 12:00 shown c; says "
     "not-for-me c; "
     "answered c; open:"},
    {__LINE__, "a line goes with the answer", "at a 10:00", "10:00; helpful a good day",
     "10:00 shown a; says helpful a: a good day; answered a"},
    {__LINE__, "dismissed", "at a 10:00", "10:00; dismiss; list", "10:00 shown a; dismissed a; open:"},
    {__LINE__, "a click puts open text away as seen", "at a 10:00", "10:00; click; list",
     "10:00 shown a; seen a; open:"},
    {__LINE__, "what isn't offered is refused", "at a 10:00",
     "10:00; next; quiet-today; keep; steady; open; whatever; list",
     "10:00 shown a; EINVAL; EINVAL; EINVAL; EINVAL; EINVAL; EINVAL; open: a/shown/screen"},
    {__LINE__, "nothing open", "", "helpful; click; dismiss; snooze 1h; write x",
     "ENOENT; ENOENT; ENOENT; ENOENT; ENOENT"},
    {__LINE__, "waiting and never shown: not open", "at a 10:00",
     "away; 10:10; helpful; click; dismiss; snooze 1h; write x; list",
     "10:10 ESTALE; ESTALE; ESTALE; ESTALE; ESTALE; open: a/waiting"},
    {__LINE__, "the newest is what is before the person's eyes", "at a 10:00; at b 10:05; at c 10:10",
     "10:00; snooze 1h; 10:05; away; 10:10; list; helpful; list",
     "10:00 shown a; snoozed to 11:00 a; 10:05 shown b; 10:10 open: a/snoozed b/shown/screen c/waiting; says "
     "helpful b; "
     "answered b; open: a/snoozed c/waiting"},
    {__LINE__, "not this: asks in place which", "at a 10:00",
     "10:00; not-this; choices; list; words; not-for-me; list",
     "10:00 shown a; step not-this a; in place a; [hard not-for-me quiet-today]; open: a/shown/screen; "
     "\"A moment for you|All right. Does one of these fit better?\"; says not-for-me a; answered a; open:"},
    {__LINE__, "not this, then helpful after all", "at a 10:00", "10:00; not-this; helpful",
     "10:00 shown a; step not-this a; in place a; says helpful a; answered a"},
    {__LINE__, "quiet today: paused to the local midnight", "at a 10:00; at b 23:59; at c 00:00; zone berlin",
     "10:00; not-this; quiet-today; who; list; +1 00:00; who",
     "10:00 shown a; step not-this a; in place a; says quiet-today a; paused to +1 00:00; answered a; "
     "paused; open:; "
     "23:59 missed paused b; +1 00:00 shown c; available"},
    {__LINE__, "quiet today leaves a longer pause", "",
     "pause-all +1 12:00; now; not-this; quiet-today; +1 11:00; who",
     "paused to +1 12:00; shown hand; step not-this hand; in place hand; says quiet-today hand; answered "
     "hand; +1 11:00 paused"},
    {__LINE__, "a step gives the person the whole time again", "at a 10:00", "10:50; not-this; 12:00",
     "10:00 shown a; 10:50 step not-this a; in place a; 11:50 unanswered a"},
    {__LINE__, "off the screen a step shows nothing", "at a 10:00", "10:00; off-screen; not-this; list",
     "10:00 shown a; step not-this a; open: a/shown"},
    {__LINE__, "practice: next, next, done", "at a 10:00; practice three-breaths",
     "10:00; choices; words; next; words; next; list",
     "10:00 shown a; [next enough]; \"Three breaths|One\"; step next a; in place a; \"Three breaths|Two\"; "
     "says next a; "
     "answered a; open:"},
    {__LINE__, "practice: enough for now", "at a 10:00; practice three-breaths", "10:00; next; enough; list",
     "10:00 shown a; step next a; in place a; says enough a; answered a; open:"},
    {__LINE__, "practice: let pass after a step, it was seen as far as it went",
     "at a 10:00; practice three-breaths; at b 15:00; practice three-breaths",
     "10:00; next; 12:00; 15:00; 17:00",
     "10:00 shown a; step next a; in place a; 11:00 seen a; 15:00 shown b; 16:00 unanswered b"},
    {__LINE__, "practice: put off, it goes on where it was", "at a 10:00; practice three-breaths",
     "10:00; next; snooze 15min; 10:15; words",
     "10:00 shown a; step next a; in place a; snoozed to 10:15 a; 10:15 shown a; \"Three breaths|Two\""},
    {__LINE__, "a practice that no deck has: a prompt instead", "at a 10:00; practice gone", "10:00; choices",
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "concealed: only a note, until opened", "at a 10:00; themes forgiveness; conceal forgiveness",
     "10:00; words; choices; open; words; choices; helpful",
     "10:00 shown a; \"A note for you|\"; [open]; step open a; in place a; \"A moment for "
     "you|forgiveness-01\"; "
     "[helpful later not-this hard not-for-me]; says helpful a; answered a"},
    {__LINE__, "concealed: a click reveals, the next puts away",
     "at a 10:00; themes forgiveness; conceal forgiveness", "10:00; click; words; click",
     "10:00 shown a; step open a; in place a; \"A moment for you|forgiveness-01\"; seen a"},
    {__LINE__, "concealed: other themes are not", "at a 10:00; themes kindness; conceal forgiveness",
     "10:00; words", "10:00 shown a; \"A moment for you|kindness-01\""},
    {__LINE__, "revealed, put off and back, it is a note again",
     "at a 10:00; themes forgiveness; conceal forgiveness",
     "10:00; open; snooze 15min; 10:15; words; choices",
     "10:00 shown a; step open a; in place a; snoozed to 10:15 a; 10:15 shown a; \"A note for you|\"; "
     "[open]"},
    {__LINE__, "not this, then put off: it comes back as it was", "at a 10:00; themes kindness",
     "10:00; not-this; snooze 15min; 10:15; words",
     "10:00 shown a; step not-this a; in place a; snoozed to 10:15 a; 10:15 shown a; \"A moment for "
     "you|kindness-01\""},
};

static const struct rig_row hard_moments[] = {
    {__LINE__, "hard: an answer at once, in the same place", "at a 10:00",
     "10:00; hard; words; choices; list",
     "10:00 shown a; says hard a; in place a; \"A hard moment|Nothing needs fixing this minute.\"; "
     "[steady quiet-today support]; open: a/shown/screen"},
    {__LINE__, "something steadying is a practice", "at a 10:00",
     "10:00; hard; steady; words; next; next; list",
     "10:00 shown a; says hard a; in place a; step steady a; in place a; \"Three breaths|One\"; step next a; "
     "in place a; "
     "step next a; answered a; open:"},
    {__LINE__, "quiet today", "at a 10:00", "10:00; hard; quiet-today; who; list",
     "10:00 shown a; says hard a; in place a; step quiet-today a; paused to +1 00:00; answered a; paused; "
     "open:"},
    {__LINE__, "support: the person's own line", "at a 10:00; support Call Robin",
     "10:00; hard; support; words; choices; enough",
     "10:00 shown a; says hard a; in place a; step support a; in place a; \"Support|Call Robin\"; "
     "[steady quiet-today enough]; step enough a; answered a"},
    {__LINE__, "it is an answer: let pass it is no less one", "at a 10:00", "10:00; hard; 12:00; list",
     "10:00 shown a; says hard a; in place a; 11:00 answered a; 12:00 open:"},
    {__LINE__, "it can't be put off", "at a 10:00", "10:00; hard; snooze 15min",
     "10:00 shown a; says hard a; in place a; ESTALE"},
    {__LINE__, "kindly hard, at any time", "quiet 07:00-09:00",
     "away; now hard; words; choices; steady; list",
     "shown hand; says hard hand; \"A hard moment|Nothing needs fixing this minute.\"; [steady quiet-today "
     "support]; "
     "step steady hand; in place hand; open: hand/shown/screen"},
    {__LINE__, "hard twice is one answer and a step", "at a 10:00", "10:00; hard; hard again",
     "10:00 shown a; says hard a; in place a; step hard a: again; in place a"},
    {__LINE__, "for a day, depth 1 only",
     "at a 10:00; at b 12:00; themes kindness; at c 14:00; themes kindness,noticing",
     "10:00; hard; 14:00; words",
     "10:00 shown a; says hard a; in place a; 11:00 answered a; 12:00 missed no-prompt b; 14:00 shown c; "
     "\"A moment for you|noticing-01\""},
};

static const struct rig_row lines[] = {
    {__LINE__, "a written line alone is okay with the line, then asks whether to keep it", "at a 10:00",
     "10:00; write a line; words; choices",
     "10:00 shown a; says okay a: a line; in place a; \"Saved|It is in your journal. It could come back to "
     "you some day.\"; "
     "[keep journal-only erase]"},
    {__LINE__, "see it again some day", "at a 10:00", "10:00; write a line; keep; list",
     "10:00 shown a; says okay a: a line; in place a; kept; answered a; open:"},
    {__LINE__, "journal only", "at a 10:00", "10:00; write a line; journal-only; list",
     "10:00 shown a; says okay a: a line; in place a; answered a; open:"},
    {__LINE__, "erased", "at a 10:00", "10:00; write a line; erase; list",
     "10:00 shown a; says okay a: a line; in place a; forgotten a; erase a; open:"},
    {__LINE__, "let pass, it is answered and in the journal", "at a 10:00",
     "10:00; write a line; 12:00; list",
     "10:00 shown a; says okay a: a line; in place a; 11:00 answered a; 12:00 open:"},
    {__LINE__, "a click then closes it, answered", "at a 10:00", "10:00; write a line; click",
     "10:00 shown a; says okay a: a line; in place a; answered a"},
    {__LINE__, "a second line is a step", "at a 10:00", "10:00; write one; write two",
     "10:00 shown a; says okay a: one; in place a; step okay a: two; in place a"},
    {__LINE__, "an empty line is none", "at a 10:00", "10:00; write; list",
     "10:00 shown a; EINVAL; open: a/shown/screen"},
    {__LINE__, "a line with the last word is not lost", "at a 10:00", "10:00; write one; keep and two",
     "10:00 shown a; says okay a: one; in place a; step keep a: and two; kept; answered a"},
    {__LINE__, "a note of one's own", "", "note a thought; note-kept another; keep-entry no; note",
     "noted: a thought; noted: another; kept; not kept; EINVAL"},
    {__LINE__, "forgotten, an open one closes", "at a 10:00", "10:00; forget; list",
     "10:00 shown a; forgotten a; open:"},
    {__LINE__, "forgotten after a line was written", "at a 10:00", "10:00; write x; forget",
     "10:00 shown a; says okay a: x; in place a; forgotten a"},
    {__LINE__, "forgotten, a waiting one stays: nothing of it is written down", "at a 10:00",
     "away; 10:10; forget; list", "10:10 open: a/waiting"},
    {__LINE__, "forgotten, one that isn't open", "", "note x; forget; list", "noted: x; open:"},
    {__LINE__, "a word from the program: nothing of it is written down", "",
     "tell Hello; words; choices; helpful; okay; list",
     "\"A word|Hello\"; [okay]; EINVAL; answered hand; open:"},
    {__LINE__, "a word from the program passes by itself", "", "tell Hello; 10:00", "09:00 answered hand"},
    {__LINE__, "a word from the program gives way", "", "by-script; tell Hello; now; list",
     "show hand; answered hand; show hand; open: hand/showing"},
};

#define ROWS_TEST(rows)                                                                                      \
    static void test_##rows(void **state) {                                                                  \
        (void)state;                                                                                         \
        rig_run_rows(rows, ELEMENTSOF(rows));                                                                \
    }

ROWS_TEST(snooze)
ROWS_TEST(answers)
ROWS_TEST(hard_moments)
ROWS_TEST(lines)

static char *long_line(size_t size) {
    char *line = malloc(size + 1);
    memset(line, 'x', size);
    line[size] = 0;
    return line;
}

/* The longest line is taken, one byte more is refused, wherever a line goes. */
static void test_long_lines(void **state) {
    (void)state;
    static const struct {
        int line;
        const char *before;
        bool ends; /* the prompt is gone after the good one */
    } cases[] = {{__LINE__, "write", false}, {__LINE__, "note", false}, {__LINE__, "helpful", true}};
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct rig rig;
        rig_begin(&rig, "");
        rig_run(&rig, "now");
        _cleanup_free_ char *good = long_line(KEEPER_NOTE_MAX), *bad = long_line(KEEPER_NOTE_MAX + 1);
        char script[KEEPER_NOTE_MAX + 64];
        rig.log_size = 0;
        snprintf(script, sizeof script, "%s %s", cases[i].before, bad);
        rig_run(&rig, script);
        if (!streq(rig.log, "EMSGSIZE"))
            fail_msg("line %d: %s", cases[i].line, rig.log);
        snprintf(script, sizeof script, "%s %s", cases[i].before, good);
        rig_run(&rig, script);
        if (strstr(rig.log + strlen("EMSGSIZE"), "EMSGSIZE") || (rig.keeper->n_open == 0) != cases[i].ends)
            fail_msg("line %d: %s", cases[i].line, rig.log);
        rig_end(&rig);
    }
}

/* However much is put off, there is room for what comes due. */
static void test_much_put_off(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig, "at a 10:00");
    for (size_t i = 0; i < KEEPER_OPEN_MAX; i++) {
        rig.log_size = 0;
        rig_run(&rig, "now; snooze +5 12:00");
    }
    assert_non_null(strstr(rig.log, "E2BIG"));
    assert_true(rig.keeper->n_open < KEEPER_OPEN_MAX);
    rig.log_size = 0;
    rig_run(&rig, "10:00; helpful");
    assert_string_equal(rig.log, "09:00 unanswered hand; 10:00 shown a; says helpful a; answered a");
    rig_end(&rig);
}

/* However much comes due while the person is away, few wait, and one is shown. */
static void test_much_waiting(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig, "every e 08:00-20:00 2min; hold 12h; gap 0; most 500");
    rig_run(&rig, "dismiss; away; 19:01");
    assert_int_equal(rig.keeper->n_open, 32);
    rig.log_size = 0;
    rig_run(&rig, "back; list");
    assert_non_null(strstr(rig.log, "open: e/waiting"));
    assert_int_equal(rig.keeper->n_open, 1);
    rig_end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snooze),       cmocka_unit_test(test_answers),
        cmocka_unit_test(test_hard_moments), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_lines),   cmocka_unit_test(test_much_put_off),
        cmocka_unit_test(test_much_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
