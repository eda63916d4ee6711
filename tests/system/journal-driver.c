/* Makes a journal of a life that never was: journal-driver FILE SEED DAYS PER_DAY END_SEC
 *
 * For DAYS days before END_SEC (of the epoch), PER_DAY prompts each, written through the same code as the
 * daemon's; about two fifths are answered, some with a line, and every few days a line comes by itself. The
 * same arguments make the same entries, ids included. Prints how many events there are. Times are UTC plus an
 * hour. */
#include <stdio.h>

#include "daemon/core/hash.h"
#include "daemon/store/entries.h"

#define OFFSET_SEC   3600
#define FIRST_HOUR   9
#define HOURS_OF_DAY 12
#define CONTENT(a)   ((char *)(uintptr_t)(a)) /* the journal only reads what an event holds */

static const struct {
    enum theme theme;
    const char *id, *text;
} prompts[] = {
    {THEME_KINDNESS, "kindness-a",
     "If a harsh sentence about yourself came up, what might a gentler one be?"},
    {THEME_ACCEPTANCE, "acceptance-a", "Some of today may not be fixable today. Could one part of it wait?"},
    {THEME_HUMANITY, "humanity-a", "Others lose the thread as well. This is part of being human."},
    {THEME_NOTICING, "noticing-a", "What is here right now, if you look for one breath?"},
    {THEME_FRIEND, "friend-a", "If a friend had a day like this, what would you tell them?"},
    {THEME_CARE, "care-a", "Is there something small that would do you good this hour?"},
    {THEME_IMAGE, "image-a", "What did you do this week that an earlier you would not have?"},
    {THEME_RESPECT, "respect-a", "Is there a limit that you would like to name today?"},
    {THEME_PATIENCE, "patience-a", "Slow is still a way of going."},
};

static const char *const lines[] = {
    "I asked for more time, and nobody minded.",
    "Tired, not lazy. Those are two different things.",
    "I would have told a friend to go home. So I went home.",
    "The walk along the river. Ten minutes, no phone.",
    "I snapped at Ana and said sorry the same evening. That counts for something.",
    "Said no to the extra shift. My hands shook, and I said it anyway.",
    "Two years ago I would have stayed silent in that meeting.",
    "Nothing special today. That was the good thing about it.",
    "I don't have to solve it tonight.",
    "Bread, tea, the window open. Enough.",
    "It still hurts. It hurts less than in spring, and I am allowed both.",
    "I keep thinking I should be further along by now.\n\nThen I looked at what the last months were like, "
    "and "
    "found that I had carried a good deal.",
};

/* Where the next event comes from. */
struct making {
    struct journal *journal;
    struct hash_key key;
    uint64_t drawn, n_events;
};

static uint64_t draw(struct making *making, uint64_t bound) {
    return hash_scale(hash_word(&making->key, "journal-driver", "", making->drawn++, 0), bound);
}

static struct uuid draw_id(struct making *making, usec_t time_usec) {
    uint8_t random[8];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)draw(making, 256);
    return uuid_from_time(time_usec, random);
}

/* Adds an event to an entry, or begins one: `entry` is then null, and set. */
static int add(struct making *making, struct event *event, struct uuid *entry) {
    event->id = draw_id(making, event->time_usec);
    if (uuid_is_null(entry))
        *entry = event->id;
    event->entry = *entry;
    event->offset_sec = OFFSET_SEC;
    int r = entries_add(making->journal, &making->journal->device, event);
    making->n_events++;
    return r < 0 ? r : 0;
}

static char *draw_line(struct making *making) {
    return CONTENT(lines[draw(making, ELEMENTSOF(lines))]);
}

static int add_end(struct making *making, usec_t time_usec, struct uuid *entry) {
    static const char *const choices[] = {"helpful", "helpful", "helpful", "helpful",   "helpful",
                                          "okay",    "okay",    "hard",    "not-for-me"};
    struct event event = {.time_usec = time_usec, .theme = THEME_NONE};
    if (draw(making, 5) < 2) {
        event.kind = EVENT_ANSWERED;
        event.choice = CONTENT(choices[draw(making, ELEMENTSOF(choices))]);
        event.note = draw(making, 6) == 0 ? draw_line(making) : NULL;
    } else {
        event.kind = EVENT_CLOSED;
        event.detail = CONTENT(closed_how_id(draw(making, 4) == 0 ? CLOSED_SEEN : CLOSED_UNANSWERED));
    }
    return add(making, &event, entry);
}

static int add_prompt(struct making *making, usec_t time_usec) {
    size_t prompt = draw(making, ELEMENTSOF(prompts));
    struct uuid entry = {};
    struct event event = {
        .kind = EVENT_SHOWN,
        .time_usec = time_usec,
        .due_usec = time_usec,
        .theme = prompts[prompt].theme,
        .reminder = CONTENT("daytime"),
        .prompt = CONTENT(prompts[prompt].id),
        .text = CONTENT(prompts[prompt].text),
        .why = CONTENT("variety"),
    };
    int r = add(making, &event, &entry);
    return r < 0 ? r : add_end(making, time_usec + draw(making, 30) * USEC_PER_MINUTE, &entry);
}

/* Now and then a prompt's place is taken by one that was not shown, or by a line of one's own. */
static int add_moment(struct making *making, usec_t time_usec) {
    struct uuid entry = {};
    struct event event = {.time_usec = time_usec, .theme = THEME_NONE};
    switch (draw(making, 12)) {
    case 0:
        event.kind = EVENT_MISSED;
        event.due_usec = time_usec;
        event.reminder = CONTENT("daytime");
        event.detail = CONTENT(missed_rule_id(MISSED_HOLD));
        return add(making, &event, &entry);
    case 1:
        event.kind = EVENT_NOTED;
        event.note = draw_line(making);
        int r = add(making, &event, &entry);
        if (r < 0 || draw(making, 3) > 0)
            return r;
        struct event kept = {.kind = EVENT_KEPT, .time_usec = time_usec, .theme = THEME_NONE, .keep = true};
        return add(making, &kept, &entry);
    default:
        return add_prompt(making, time_usec);
    }
}

static int add_days(struct making *making, usec_t end_usec, uint64_t days, uint64_t per_day) {
    usec_t block = HOURS_OF_DAY * USEC_PER_HOUR / per_day;
    usec_t begin_usec = end_usec - end_usec % USEC_PER_DAY - days * USEC_PER_DAY;
    for (uint64_t day = 0; day < days; day++) {
        if (draw(making, 7) == 0) /* a day away */
            continue;
        usec_t morning_usec = begin_usec + day * USEC_PER_DAY + FIRST_HOUR * USEC_PER_HOUR;
        for (uint64_t i = 0; i < per_day; i++) {
            int r = add_moment(making, morning_usec + i * block + draw(making, block));
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int make_journal(char **argv) {
    struct making making = {};
    uint64_t seed = strtoull(argv[2], NULL, 10), days = strtoull(argv[3], NULL, 10);
    usec_t end_usec = strtoull(argv[5], NULL, 10) * USEC_PER_SEC;
    memcpy(making.key.bytes, &seed, sizeof seed);
    int r = journal_open(argv[1], end_usec, &making.journal, NULL);
    if (r < 0)
        return r;
    r = transaction_begin(making.journal);
    if (r >= 0)
        r = transaction_end(making.journal,
                            add_days(&making, end_usec, days, MAX_OF(strtoull(argv[4], NULL, 10), 1U)));
    journal_free(making.journal);
    printf("%llu\n", (unsigned long long)making.n_events);
    return r;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fputs("usage: journal-driver FILE SEED DAYS PER_DAY END_SEC\n", stderr);
        return 2;
    }
    int r = make_journal(argv);
    if (r < 0)
        fprintf(stderr, "journal-driver: %s\n", strerror(-r));
    return r < 0;
}
