/* What the program itself asks or says, and what follows from it. */
#include "tests/unit/keeper-rig.h"

#define DAILY "at a 10:00"
#define TWICE "at a 10:00; at b 15:00"

static const struct rig_row guidance[] = {
    {__LINE__, "at the first start it takes the first prompt's place", DAILY "; support Call Robin",
     "first-start; 10:00; words; choices; okay; +1 10:00; choices",
     "10:00 shown a; \"Before the first one|A few times a day a short invitation comes up. Letting it "
     "pass is fine, and so is no. This is not treatment, and not for emergencies. If it makes things "
     "worse, it is fine to stop.\n\nSupport: Call Robin\"; [okay support]; says okay a; answered a; +1 "
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "without a support line it says the rest", DAILY "; support ", "now guidance; words",
     "shown hand; \"Before the first one|A few times a day a short invitation comes up. Letting it pass is "
     "fine, "
     "and so is no. This is not treatment, and not for emergencies. If it makes things worse, it is fine to "
     "stop.\""},
    {__LINE__, "let pass, it comes again", TWICE, "first-start; 15:00; choices",
     "10:00 shown a; 11:00 unanswered a; 15:00 shown b; [okay support]"},
    {__LINE__, "let pass three times, it counts as read", TWICE, "first-start; +1 15:00; choices",
     "10:00 shown a; 11:00 unanswered a; 15:00 shown b; 16:00 unanswered b; +1 10:00 shown a; +1 "
     "11:00 unanswered a; +1 15:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "the third time it can be answered as the first", TWICE,
     "first-start; +1 10:00; choices; okay; 15:00; choices",
     "10:00 shown a; 11:00 unanswered a; 15:00 shown b; 16:00 unanswered b; +1 10:00 shown a; [okay "
     "support]; says okay a; answered a; +1 15:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "put away, it doesn't", TWICE, "first-start; 10:00; dismiss; 15:00; choices",
     "10:00 shown a; dismissed a; 15:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "a click puts it away", TWICE, "first-start; 10:00; click; 15:00; choices",
     "10:00 shown a; seen a; 15:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "what is asked for comes all the same, and it afterwards", DAILY,
     "first-start; now kindness; choices; helpful; 10:00; choices",
     "shown hand; [helpful later not-this hard not-for-me]; says helpful hand; answered hand; 10:00 shown "
     "a; [okay support]"},
    {__LINE__, "replaced by what was asked for, it comes again", TWICE,
     "first-start; 10:00; now kindness; helpful; 15:00; choices",
     "10:00 shown a; replaced a; shown hand; says helpful hand; answered hand; 15:00 shown b; [okay "
     "support]"},
    {__LINE__, "put off, it comes back as it was", DAILY, "first-start; 10:00; snooze 15min; 10:15; choices",
     "10:00 shown a; snoozed to 10:15 a; 10:15 shown a; [okay support]"},
    {__LINE__, "support is a step away", DAILY "; support Call Robin",
     "first-start; 10:00; support; words; enough; +1 10:00; choices",
     "10:00 shown a; step support a; in place a; \"Support|Call Robin\"; says enough a; answered a; +1 "
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "whatever follows from it, it was answered", TWICE,
     "first-start; 10:00; support; steady; 12:00; 15:00; choices",
     "10:00 shown a; step support a; in place a; step steady a; in place a; 11:00 unanswered a; 15:00 shown "
     "b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "only opened, it was not", TWICE "; conceal all",
     "first-start; 10:00; open; 15:00; open; choices",
     "10:00 shown a; step open a; in place a; 11:00 unanswered a; 15:00 shown b; step open b; in place b; "
     "[okay support]"},
    {__LINE__, "a hard moment is one there too", DAILY, "first-start; 10:00; hard; words",
     "10:00 shown a; says hard a; in place a; \"A hard moment|Nothing needs fixing this minute.\""},
    {__LINE__, "it can be read again", DAILY, "now guidance; choices; okay; list",
     "shown hand; [okay support]; says okay hand; answered hand; open:"},
    {__LINE__, "on a hard day too", DAILY, "first-start; now hard; 10:00; choices",
     "shown hand; says hard hand; 09:00 answered hand; 10:00 shown a; [okay support]"},
};

static const struct rig_row reviews[] = {
    {__LINE__, "after two weeks, once", TWICE,
     "began -14 10:00; 10:00; words; choices; keep-on; 15:00; choices; +1 10:00; choices",
     "10:00 shown a; \"A look back|Two weeks so far. Does it suit you as it is?\"; [keep-on fewer pause]; "
     "says keep-on a; answered a; 15:00 shown b; [helpful later not-this hard not-for-me]; 16:00 "
     "unanswered b; +1 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not before", DAILY, "began -14 10:01; 10:00; choices",
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "let pass, it is not asked again", DAILY, "began -14 10:00; +1 10:00; choices",
     "10:00 shown a; 11:00 unanswered a; +1 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "after eight weeks; the first is then over too", DAILY,
     "began -56 10:00; 10:00; words; keep-on; +1 10:00; choices",
     "10:00 shown a; \"A look back|Eight weeks so far. Does it suit you as it is? It is fine to need this "
     "less.\"; says keep-on a; answered a; +1 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "pause: a week", DAILY, "began -14 10:00; 10:00; pause; +6 10:00; +1 10:00; who",
     "10:00 shown a; says pause a; paused to +7 10:00; answered a; +1 10:00 missed paused a; +2 10:00 "
     "missed paused a; +3 10:00 missed paused a; +4 10:00 missed paused a; +5 10:00 missed paused a; +6 "
     "10:00 missed paused a; +7 10:00 shown a; available"},
    {__LINE__, "pause leaves a longer pause", "", "began -14 10:00; pause-all; now guidance; pause; who",
     "paused to for good; shown hand; EINVAL; paused"},
    {__LINE__, "nothing else is a choice of it", DAILY,
     "began -14 10:00; 10:00; less; as-before; later; still",
     "10:00 shown a; EINVAL; EINVAL; EINVAL; EINVAL"},
    {__LINE__, "it waits like any prompt, and is none in quiet hours",
     DAILY "; at b 11:00; quiet 09:00-10:30", "began -14 10:00; away; 11:10; back; 11:20; choices",
     "10:00 missed quiet a; ~11:10 shown b; 11:20 [keep-on fewer pause]"},
    {__LINE__, "not on a hard day", TWICE, "began -14 10:00; now hard; 10:00; choices; +1 10:00; choices",
     "shown hand; says hard hand; 09:00 answered hand; 10:00 shown a; [helpful later not-this hard "
     "not-for-me]; 11:00 unanswered a; 15:00 shown b; 16:00 unanswered b; +1 10:00 shown a; [keep-on "
     "fewer pause]"},
    {__LINE__, "concealed where all is", DAILY "; conceal all",
     "began -14 10:00; 10:00; words; click; choices",
     "10:00 shown a; \"A note for you|\"; step open a; in place a; [keep-on fewer pause]"},
};

static const struct rig_row fewer[] = {
    {__LINE__, "learning reset undoes it", DAILY, "began -14 10:00; 10:00; fewer; reset; +5 11:00",
     "10:00 shown a; says fewer a; answered a; +1 10:00 shown a; +1 11:00 unanswered a; +2 10:00 shown a; "
     "+2 11:00 unanswered a; +3 10:00 shown a; +3 11:00 unanswered a; +4 10:00 shown a; +4 11:00 "
     "unanswered a; +5 10:00 shown a; +5 11:00 unanswered a"},
    {__LINE__, "asked for by hand, none passes by", DAILY,
     "began -14 10:00; 10:00; fewer; now; helpful; now; helpful; now; helpful",
     "10:00 shown a; says fewer a; answered a; shown hand; says helpful hand; answered hand; shown hand; "
     "says helpful hand; answered hand; shown hand; says helpful hand; answered hand"},
};

static const struct rig_row drift[] = {
    {__LINE__, "ten days without an answer, then once", DAILY "; drift; expire 1min; gap 1min",
     "+9 10:30; +1 10:00; words; choices; +1 10:00; choices",
     "10:00 shown a; 10:01 unanswered a; +1 10:00 shown a; +1 10:01 unanswered a; +2 10:00 shown a; +2 "
     "10:01 unanswered a; +3 10:00 shown a; +3 10:01 unanswered a; +4 10:00 shown a; +4 10:01 unanswered "
     "a; +5 10:00 shown a; +5 10:01 unanswered a; +6 10:00 shown a; +6 10:01 unanswered a; +7 10:00 shown "
     "a; +7 10:01 unanswered a; +8 10:00 shown a; +8 10:01 unanswered a; +9 10:00 shown a; +9 10:01 "
     "unanswered a; +10 10:00 shown a; \"A moment for you|Letting prompts pass is fine. Would fewer suit "
     "you?\"; [keep-on fewer pause]; +10 10:01 unanswered a; +11 10:00 shown a; [helpful later not-this "
     "hard not-for-me]"},
};

/* What a look says, alone. */
static const char *look(struct rig *rig, const char *command) {
    rig->log_size = 0;
    rig->logged_usec = rig->world.now_usec;
    rig_run(rig, command);
    return rig->log;
}

/* So many days, each with one prompt at 10:00 that nobody answers; then the next one. */
static void pass_days(struct rig *rig, unsigned days) {
    for (unsigned i = 0; i < days; i++) {
        rig->log_size = 0;
        rig_run(rig, i == 0 ? "10:00; 11:30" : "+1 10:00; 11:30");
    }
    rig->log_size = 0;
    rig_run(rig, "+1 10:00");
}

static void test_drift_days(void **state) {
    (void)state;
    static const struct {
        int line;
        const char *settings, *before;
        unsigned days;
        bool asked;
    } cases[] = {
        {__LINE__, DAILY "; drift", "", 10, true},
        {__LINE__, DAILY "; drift", "", 9, false},
        {__LINE__, DAILY, "", 12, false},                         /* drift = false */
        {__LINE__, DAILY "; at b 10:05; drift", "", 9, false},    /* days, not prompts */
        {__LINE__, DAILY "; drift", "10:00; helpful", 10, false}, /* begins anew after the answer */
        {__LINE__, DAILY "; drift", "10:00; helpful", 11, true},
        {__LINE__, DAILY "; drift", "10:00; not-this; dismiss", 10, false}, /* a step is one too */
        {__LINE__, DAILY "; drift", "10:00; dismiss", 10, true},            /* put away is not answered */
        {__LINE__, DAILY "; drift", "now; dismiss; +1 08:00; now; 09:10", 8, false}, /* asked for */
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct rig rig;
        rig_begin(&rig, cases[i].settings);
        rig_run(&rig, cases[i].before);
        pass_days(&rig, cases[i].days);
        if (cases[i].asked != streq(look(&rig, "choices"), "[keep-on fewer pause]"))
            fail_msg("line %d: %s", cases[i].line, rig.log);
        rig_end(&rig);
    }
}

static const struct rig_row less[] = {
    {__LINE__, "after two not-for-me in a theme, once, at the next prompt",
     "at a 09:00; at b 12:00; at c 15:00; themes kindness",
     "09:00; not-for-me; now kindness; not-for-me; 12:00; words; choices; less; 15:00; choices",
     "09:00 shown a; says not-for-me a; answered a; shown hand; says not-for-me hand; answered hand; "
     "12:00 shown b; \"A moment for you|Two prompts of the theme \"kindness\" were not for you. Less of this "
     "theme?\"; [less keep-on]; says less b; answered b; 15:00 shown c; [helpful later not-this hard "
     "not-for-me]"},
    {__LINE__, "one alone asks nothing", TWICE, "now kindness; not-for-me; 10:00; choices",
     "shown hand; says not-for-me hand; answered hand; 10:00 shown a; [helpful later not-this hard "
     "not-for-me]"},
    {__LINE__, "of a theme that is off it asks nothing", DAILY "; off kindness",
     "now kindness; not-for-me; now kindness; not-for-me; 10:00; choices",
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "where nothing is learned it asks nothing", DAILY "; never-learn",
     "now kindness; not-for-me; now kindness; not-for-me; 10:00; choices",
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "concealed with its theme", DAILY "; conceal kindness",
     "now kindness; not-for-me; now kindness; not-for-me; 10:00; words; open; choices",
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "10:00 shown a; \"A note for you|\"; step open a; in place a; [less keep-on]"},
    {__LINE__, "of two themes, one a day", TWICE,
     "now kindness; not-for-me; now kindness; not-for-me; now noticing; not-for-me; now noticing; "
     "not-for-me; 10:00; words; keep-on; 15:00; choices; helpful; +1 10:00; words",
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "10:00 shown a; \"A moment for you|Two prompts of the theme \"kindness\" were not for you. Less of this "
     "theme?\"; says keep-on a; answered a; 15:00 shown b; [helpful later not-this hard not-for-me]; says "
     "helpful b; answered b; +1 10:00 shown a; \"A moment for you|Two prompts of the theme \"noticing\" were "
     "not for "
     "you. Less of this theme?\""},
};

static const struct rig_row own[] = {
    {__LINE__, "with its date; of another year, with that", "at a 10:00; at b 15:00; themes own",
     "own -20 10:00 I asked for help.; now own; words; own -100 10:00 I rested.; dismiss; now own; words",
     "shown hand; \"A moment for you|On 19 February you wrote: I asked for help.\"; dismissed hand; shown "
     "hand; \"A moment for you|On 1 December 2025 you wrote: I rested.\""},
    {__LINE__, "not sooner than 14 days after it was written", "at a 10:00; themes own",
     "own -13 09:00 I rested.; 10:00; +1 10:00; words",
     "10:00 missed no-prompt a; +1 10:00 shown a; \"A moment for you|On 26 February you wrote: I rested.\""},
    {__LINE__, "nor after it was shown", "at a 10:00; themes own",
     "own -20 09:00 I rested.; 10:00; okay; +13 10:00; +1 10:00; choices",
     "10:00 shown a; says okay a; answered a; +1 10:00 missed no-prompt a; +2 10:00 missed no-prompt a; "
     "+3 10:00 missed no-prompt a; +4 10:00 missed no-prompt a; +5 10:00 missed no-prompt a; +6 10:00 "
     "missed no-prompt a; +7 10:00 missed no-prompt a; +8 10:00 missed no-prompt a; +9 10:00 missed "
     "no-prompt a; +10 10:00 missed no-prompt a; +11 10:00 missed no-prompt a; +12 10:00 missed no-prompt "
     "a; +13 10:00 missed no-prompt a; +14 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not-for-me lets it rest, and asks nothing", DAILY,
     "own -20 09:00 I rested.; own -20 09:00 I ate.; now own; not-for-me; now own; not-for-me; now own; "
     "10:00; choices",
     "shown hand; says not-for-me hand; answered hand; shown hand; says not-for-me hand; answered hand; "
     "ENODATA; 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "forgotten, one that is on the screen closes", "",
     "own -20 09:00 I rested.; now own; forget-own; list", "shown hand; forgotten hand; open:"},
    {__LINE__, "forgotten on its way to the screen, it closes as well", "",
     "own -20 09:00 I rested.; by-script; now own; forget-own; list",
     "show hand; shown hand; forgotten hand; open:"},
    {__LINE__, "forgotten before it was seen, it becomes another", "at a 10:00; themes own",
     "own -20 09:00 I rested.; own -20 09:00 I ate.; by-script; 10:00; unshown; words; forget-own; list; "
     "words",
     "10:00 show a; \"A moment for you|On 19 February you wrote: I ate.\"; show a; open: a/showing; \"A "
     "moment for "
     "you|On 19 February you wrote: I rested.\""},
    {__LINE__, "another one that is forgotten changes nothing", "",
     "own -20 09:00 I rested.; now own; own -20 09:00 I ate.; forget-own; words",
     "shown hand; \"A moment for you|On 19 February you wrote: I rested.\""},
    {__LINE__, "concealed", "conceal own", "own -20 09:00 I rested.; now own; words; click; words",
     "shown hand; \"A note for you|\"; step open hand; in place hand; \"A moment for you|On 19 February "
     "you wrote: I rested.\""},
};

static const struct rig_row hard_line[] = {
    {__LINE__, "first of all in a hard moment, with the rest", DAILY,
     "note-hard This passes.; 10:00; hard; words; choices",
     "noted: This passes.; for a hard day; 10:00 shown a; says hard a; in place a; \"A hard moment|Your "
     "own words for a day like this: This passes.\n\nNothing needs fixing this minute.\"; [steady "
     "quiet-today support]"},
    {__LINE__, "the newest one counts", "", "note-hard One.; note-hard Two.; now hard; words",
     "noted: One.; for a hard day; noted: Two.; for a hard day; shown hand; says hard hand; \"A hard "
     "moment|Your own words for a day like this: Two.\n\nNothing needs fixing this minute.\""},
    {__LINE__, "what is shown of it goes when something is forgotten", "",
     "note-hard One.; now hard; forget; now hard; words",
     "noted: One.; for a hard day; shown hand; says hard hand; forgotten hand; shown hand; says hard "
     "hand; \"A hard moment|Your own words for a day like this: One.\n\nNothing needs fixing this "
     "minute.\""},
    {__LINE__, "an empty one is none", "", "note-hard", "EINVAL"},
    {__LINE__, "offered once, after something helpful, in the place of that day's next prompt",
     "at a 10:00; at b 12:00; at c 15:00",
     "10:00; helpful; 12:00; words; choices; write This passes.; 15:00; hard; words",
     "10:00 shown a; says helpful a; answered a; 12:00 shown b; \"For a hard day|If you like, write a "
     "line for a hard day. In a hard moment it would come first, in your own words.\"; [let-go]; says "
     "okay b: This passes.; for a hard day; answered b; 15:00 shown c; says hard c; in place c; \"A hard "
     "moment|Your own words for a day like this: This passes.\n\nNothing needs fixing this minute.\""},
    {__LINE__, "let go, it is not offered again", "at a 10:00; at b 12:00; at c 15:00",
     "10:00; helpful; 12:00; let-go; 15:00; choices; helpful; +1 10:00; helpful; 12:00; choices",
     "10:00 shown a; says helpful a; answered a; 12:00 shown b; dismissed b; 15:00 shown c; [helpful "
     "later not-this hard not-for-me]; says helpful c; answered c; +1 10:00 shown a; says helpful a; "
     "answered a; +1 12:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not on the day after", DAILY, "10:00; helpful; +1 10:00; choices",
     "10:00 shown a; says helpful a; answered a; +1 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not in the first week", TWICE, "began -6 09:00; 10:00; helpful; 15:00; choices",
     "10:00 shown a; says helpful a; answered a; 15:00 shown b; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not where there is one", TWICE, "note-hard One.; 10:00; helpful; 15:00; choices",
     "noted: One.; for a hard day; 10:00 shown a; says helpful a; answered a; 15:00 shown b; [helpful "
     "later not-this hard not-for-me]"},
    {__LINE__, "a line with the answer is it too", TWICE, "10:00; helpful; 15:00; okay This passes.",
     "10:00 shown a; says helpful a; answered a; 15:00 shown b; says okay b: This passes.; for a hard "
     "day; answered b"},
};

static const struct rig_row hard_moments[] = {
    {__LINE__, "three within 14 days: one quiet offer, at the next prompt", TWICE,
     "now hard; dismiss; now hard; dismiss; now hard; dismiss; 10:00; words; choices; keep-on; 15:00; "
     "choices",
     "shown hand; says hard hand; answered hand; shown hand; says hard hand; answered hand; shown hand; "
     "says hard hand; answered hand; 10:00 shown a; \"A moment for you|There were some hard moments "
     "lately. Someone you trust might be good to have near. Would fewer prompts suit you, or a pause?\"; "
     "[fewer pause support keep-on]; says keep-on a; answered a; 15:00 shown b; [helpful later not-this "
     "hard not-for-me]"},
    {__LINE__, "two are not three; one prompt twice is one", DAILY,
     "now hard; hard; dismiss; now hard; dismiss; 10:00; choices",
     "shown hand; says hard hand; step hard hand; in place hand; answered hand; shown hand; says hard "
     "hand; answered hand; 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "not again with the next three", DAILY "; expire 1min",
     "now hard; dismiss; now hard; dismiss; now hard; dismiss; 10:00; okay; now hard; dismiss; now hard; "
     "dismiss; now hard; dismiss; +1 10:00; choices",
     "shown hand; says hard hand; answered hand; shown hand; says hard hand; answered hand; shown hand; "
     "says hard hand; answered hand; 10:00 shown a; says okay a; answered a; shown hand; says hard hand; "
     "answered hand; shown hand; says hard hand; answered hand; shown hand; says hard hand; answered "
     "hand; +1 10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "someone you trust: the support line", DAILY "; support Call Robin",
     "now hard; dismiss; now hard; dismiss; now hard; dismiss; 10:00; support; words",
     "shown hand; says hard hand; answered hand; shown hand; says hard hand; answered hand; shown hand; "
     "says hard hand; answered hand; 10:00 shown a; step support a; in place a; \"Support|Call Robin\""},
};

static const struct rig_row then_and_now[] = {
    {__LINE__, "on request, a line of half a year ago", "",
     "own -182 08:00 I am slow.; now then-and-now; words; choices; partly; list",
     "shown hand; \"Then and now|On 10 September 2025 you wrote: I am slow.\n\nIs this still how you see "
     "yourself?\"; [still partly not-any-more]; says partly hand; answered hand; open:"},
    {__LINE__, "none is old enough", "", "own -181 08:00 I am slow.; now then-and-now; list",
     "ENODATA; open:"},
    {__LINE__, "after half a year, once in half a year", DAILY,
     "own -200 08:00 I am slow.; began -182 10:00; 10:00; keep-on; +1 10:00; words; not-any-more; +1 "
     "10:00; choices",
     "10:00 shown a; says keep-on a; answered a; +1 10:00 shown a; \"Then and now|On 23 August 2025 you "
     "wrote: I am slow.\n\nIs this still how you see yourself?\"; says not-any-more a; answered a; +2 "
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
    {__LINE__, "where lines of one's own are off, only on request", DAILY "; off own",
     "own -200 08:00 I am slow.; 10:00; choices; helpful; now then-and-now; choices",
     "10:00 shown a; [helpful later not-this hard not-for-me]; says helpful a; answered a; shown hand; "
     "[still partly not-any-more]"},
    {__LINE__, "concealed as lines of one's own are", "conceal own",
     "own -200 08:00 I am slow.; now then-and-now; words; open; choices",
     "shown hand; \"A note for you|\"; step open hand; in place hand; [still partly not-any-more]"},
    {__LINE__, "not a line that was shown lately", "",
     "own -200 08:00 I am slow.; now own; okay; now then-and-now; +14 08:00; now then-and-now",
     "shown hand; says okay hand; answered hand; ENODATA; +14 08:00 shown hand"},
    {__LINE__, "not a line that rests", "",
     "own -200 08:00 I am slow.; now own; not-for-me; now then-and-now",
     "shown hand; says not-for-me hand; answered hand; ENODATA"},
};

static const struct rig_row path[] = {
    {__LINE__, "each part is said in one line, then its themes come first", TWICE "; path",
     "10:00; words; choices; okay; 15:00; words",
     "10:00 shown a; \"A moment for you|Your path begins with two weeks of noticing and care, with the "
     "other themes in between.\"; [okay]; says okay a; answered a; 15:00 shown b; \"A moment for "
     "you|noticing-01\""},
    {__LINE__, "without it nothing is said", DAILY, "10:00; choices",
     "10:00 shown a; [helpful later not-this hard not-for-me]"},
};

/* Until the next prompt that is shown. */
static void play_to_prompt(struct rig *rig) {
    rig->log_size = 0;
    *rig->log = 0;
    for (unsigned i = 0; !strstr(rig->log, "shown"); i++) {
        assert_in_range(i, 0, 100);
        rig_play(rig, rig->world.now_usec + 30 * USEC_PER_MINUTE);
    }
}

/* Of each three that come due one passes by, or two; and what can be chosen then. */
static void test_of_each_three(void **state) {
    (void)state;
    static const struct {
        const char *choices;
        unsigned shown; /* of 30, before it is chosen once more */
    } levels[] = {{"[keep-on fewer pause]", 30},
                  {"[keep-on fewer pause as-before]", 20},
                  {"[keep-on pause as-before]", 10}};
    struct rig rig;
    rig_begin(&rig, "every e 00:00-24:00 30min; gap 1min; most 50; expire 1min");
    for (uint32_t level = 0; level < ELEMENTSOF(levels); level++) {
        assert_int_equal(rig.keeper->fewer, level);
        size_t before = rig.n_keys;
        rig.keeper->fewer_count = 0;
        unsigned shown = 0;
        while (rig.n_keys - before < 30) {
            rig.log_size = 0;
            rig_play(&rig, rig.world.now_usec + 30 * USEC_PER_MINUTE);
            shown += strstr(rig.log, "shown e") != NULL;
        }
        assert_int_equal(shown, levels[level].shown);
        rig_run(&rig, "+1 00:00; began -15 07:00");
        play_to_prompt(&rig);
        assert_string_equal(look(&rig, "choices"), levels[level].choices);
        rig_run(&rig, level + 1 < ELEMENTSOF(levels) ? "fewer" : "as-before");
    }
    assert_int_equal(rig.keeper->fewer, 0);
    rig_end(&rig);
}

/* Every part after two weeks and not before, each in one line; then all themes mix again. */
static void test_path_parts(void **state) {
    (void)state;
    static const char *const words[] = {"noticing and care", "self-image", "self-respect", "to kindness",
                                        "ends here"};
    struct rig rig;
    rig_begin(&rig, DAILY "; path");
    rig_run(&rig, "10:00");
    for (size_t i = 0; i < ELEMENTSOF(words); i++) {
        assert_non_null(strstr(look(&rig, "words"), words[i]));
        assert_string_equal(look(&rig, "choices"), "[okay]");
        pass_days(&rig, 12);
        for (unsigned day = 0; day < 3 && streq(look(&rig, "choices"), "[okay]") == 0; day++)
            if (day < 2)
                rig_run(&rig, "+1 10:00");
    }
    for (unsigned day = 0; day < 20; day++) {
        assert_string_not_equal(look(&rig, "choices"), "[okay]");
        rig_run(&rig, "+1 10:00");
    }
    rig_end(&rig);
}

/* Three moments count within 14 days. */
static void test_hard_moments_apart(void **state) {
    (void)state;
    static const struct {
        int line;
        unsigned days; /* from the first to the next prompt */
        bool asked;
    } cases[] = {{__LINE__, 14, true}, {__LINE__, 15, false}};
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct rig rig;
        rig_begin(&rig, DAILY);
        rig_run(&rig, "10:00; hard; dismiss");
        pass_days(&rig, cases[i].days - 1);
        rig_run(&rig, "now hard; dismiss; now hard; dismiss; +1 10:00");
        if (cases[i].asked != streq(look(&rig, "choices"), "[fewer pause support keep-on]"))
            fail_msg("line %d: %s", cases[i].line, rig.log);
        rig_end(&rig);
    }
}

#define ROWS_TEST(rows)                                                                                      \
    static void test_##rows(void **state) {                                                                  \
        (void)state;                                                                                         \
        rig_run_rows(rows, ELEMENTSOF(rows));                                                                \
    }

ROWS_TEST(guidance)
ROWS_TEST(reviews)
ROWS_TEST(fewer)
ROWS_TEST(drift)
ROWS_TEST(less)
ROWS_TEST(own)
ROWS_TEST(hard_line)
ROWS_TEST(hard_moments)
ROWS_TEST(then_and_now)
ROWS_TEST(path)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guidance),     cmocka_unit_test(test_reviews),
        cmocka_unit_test(test_fewer),        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_drift_days),   cmocka_unit_test(test_less),
        cmocka_unit_test(test_own),          cmocka_unit_test(test_hard_line),
        cmocka_unit_test(test_hard_moments), cmocka_unit_test(test_then_and_now),
        cmocka_unit_test(test_path),         cmocka_unit_test(test_of_each_three),
        cmocka_unit_test(test_path_parts),   cmocka_unit_test(test_hard_moments_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
