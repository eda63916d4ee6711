/* Draws a life. Happenings come in bursts and with long calms between them: most bugs need two things within
 * minutes, and years of nothing cost nothing. */
#include "tests/simulate/life.h"

#define LENGTH_USEC (365 * USEC_PER_DAY)

/* How often each kind comes, relative to the others, and how much of it in the two special moments. */
static const struct {
    const char *id;
    unsigned weight, in_flight_percent, after_shown_percent;
} kinds[HAPPENING_COUNT] = {
    [HAPPENING_LEAVE] = {"leave", 60, 10, 10},
    [HAPPENING_COME] = {"come", 90, 2, 10},
    [HAPPENING_ANSWER] = {"answer", 60, 10, 70},
    [HAPPENING_OPEN] = {"open", 8, 10, 80},
    [HAPPENING_WRITE] = {"write", 8, 10, 80},
    [HAPPENING_SNOOZE] = {"snooze", 40, 5, 80},
    [HAPPENING_DISMISS] = {"dismiss", 8, 10, 60},
    [HAPPENING_OFF_SCREEN] = {"off-screen", 12, 10, 80},
    [HAPPENING_FORGET] = {"forget", 3, 20, 40},
    [HAPPENING_NOTE] = {"note", 3, 20, 20},
    [HAPPENING_PROMPT] = {"prompt", 15, 20, 20},
    [HAPPENING_TELL] = {"tell", 3, 20, 20},
    [HAPPENING_PAUSE] = {"pause", 12, 20, 20},
    [HAPPENING_RESUME] = {"resume", 14, 0, 10},
    [HAPPENING_RELOAD] = {"reload", 8, 10, 10},
    [HAPPENING_TRAVEL] = {"travel", 4, 10, 10},
    [HAPPENING_SET_CLOCK] = {"set-clock", 10, 20, 20},
    [HAPPENING_SUSPEND] = {"suspend", 30, 10, 10},
    [HAPPENING_KILL] = {"kill", 30, 40, 20},
    [HAPPENING_JOURNAL] = {"journal", 6, 30, 20},
    [HAPPENING_PRESENTER] = {"presenter", 20, 5, 30},
    [HAPPENING_SERVER] = {"server", 5, 20, 30},
    [HAPPENING_LOOK] = {"look", 1, 20, 20},
};

const char *happening_id(enum happening_kind kind) {
    return kinds[kind].id;
}

static usec_t random_pause(struct chance *chance) {
    uint64_t kind = chance_below(chance, 100);
    return kind < 12   ? chance_below(chance, 5 * USEC_PER_SEC)
           : kind < 45 ? chance_below(chance, 10 * USEC_PER_MINUTE)
           : kind < 85 ? chance_below(chance, 6 * USEC_PER_HOUR)
                       : chance_below(chance, 2 * USEC_PER_DAY);
}

static enum happening_kind random_kind(struct chance *chance) {
    unsigned total = 0;
    for (size_t i = 0; i < HAPPENING_COUNT; i++)
        total += kinds[i].weight;
    uint64_t at = chance_below(chance, total);
    enum happening_kind kind = 0;
    for (; at >= kinds[kind].weight; kind++)
        at -= kinds[kind].weight;
    return kind;
}

static enum moment_of_happening random_moment(struct chance *chance, enum happening_kind kind) {
    uint64_t percent = chance_below(chance, 100);
    return percent < kinds[kind].in_flight_percent                                     ? IN_FLIGHT
           : percent < kinds[kind].in_flight_percent + kinds[kind].after_shown_percent ? AFTER_SHOWN
                                                                                       : AT_ITS_TIME;
}

static void draw_happenings(struct chance *chance, struct life *life) {
    size_t capacity = 0;
    for (usec_t at = random_pause(chance); at < life->length_usec; at += random_pause(chance)) {
        if (array_reserve(&life->happenings, &capacity, life->n_happenings + 1, sizeof *life->happenings) < 0)
            abort();
        enum happening_kind kind = random_kind(chance);
        life->happenings[life->n_happenings++] = (struct happening){
            .at_usec = at,
            .kind = kind,
            .moment = random_moment(chance, kind),
            .delay_usec = chance_percent(chance, 80) ? chance_below(chance, 5 * USEC_PER_MINUTE)
                                                     : chance_below(chance, 2 * USEC_PER_HOUR),
            .chance = chance_bits(chance),
        };
    }
}

void life_new(uint64_t seed, const struct zone *const zones[LIFE_ZONES], const struct library *library,
              struct life *ret) {
    struct chance chance = {seed * 0x9e3779b97f4a7c15ULL + 1};
    *ret = (struct life){.seed = seed, .length_usec = LENGTH_USEC, .zones = zones, .library = library};
    ret->zone = (unsigned)chance_below(&chance, LIFE_ZONES);
    /* From 2011 on; some begin in its second half, before Samoa skipped a day. */
    usec_t first_day = chance_percent(&chance, 20) ? 15150 + chance_below(&chance, 180)
                                                   : 14975 + chance_below(&chance, 30 * 365);
    ret->begin_usec = first_day * USEC_PER_DAY + chance_below(&chance, USEC_PER_DAY);
    for (size_t i = 0; i < sizeof ret->secret.bytes; i++)
        ret->secret.bytes[i] = (uint8_t)chance_bits(&chance);
    for (size_t i = 0; i < LIFE_TIMETABLES; i++)
        timetable_random(&chance, i > 0 ? &ret->timetables[i - 1] : NULL, &ret->timetables[i]);
    draw_happenings(&chance, ret);
}

void life_done(struct life *life) {
    for (size_t i = 0; i < LIFE_TIMETABLES; i++)
        timetable_done(&life->timetables[i]);
    free(life->happenings);
}
