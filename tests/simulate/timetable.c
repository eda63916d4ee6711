/* The second opinion on what comes due. It enumerates local dates one after the other and knows nothing of
 * heaps, cursors and calendar expressions; only civil time (core/zone) and the keyed hash, which have their
 * own tests, are shared with the core. */
#include "tests/simulate/timetable.h"

#include <stdio.h>

/* A window that starts on a date lies within the two dates after it. */
#define DAYS_BACK 3
/* How far ahead is worked out at once. */
#define DAYS_AHEAD 12
/* Every quiet window has a weekday, so that one starts within this many days; some more for dates that a zone
 * skips. */
#define QUIET_DAYS_AHEAD 10

uint64_t chance_bits(struct chance *chance) {
    uint64_t z = chance->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

uint64_t chance_below(struct chance *chance, uint64_t bound) {
    return hash_scale(chance_bits(chance), bound);
}

bool chance_percent(struct chance *chance, unsigned percent) {
    return chance_below(chance, 100) < percent;
}

/* --- Making one ------------------------------------------------------------------------------- */

static const char *const weekday_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static uint8_t random_weekdays(struct chance *chance) {
    if (chance_percent(chance, 60))
        return EVERY_WEEKDAY;
    uint8_t days = (uint8_t)chance_below(chance, 128);
    return days ? days : 0x1f;
}

static int32_t random_time(struct chance *chance) {
    static const int32_t marked[] = {0, 9000, 9 * 3600, 21 * 3600, 86400 - 60, 7200, 3 * 3600};
    if (chance_percent(chance, 20))
        return marked[chance_below(chance, ELEMENTSOF(marked))];
    return (int32_t)chance_below(chance, 24 * 12) * 300;
}

static struct plain_window random_window(struct chance *chance, int32_t least_sec) {
    struct plain_window window = {.start_sec = random_time(chance), .weekdays = random_weekdays(chance)};
    int32_t most = SECONDS_PER_DAY - least_sec;
    window.end_sec =
        window.start_sec + least_sec + (int32_t)chance_below(chance, (uint64_t)most / 300 + 1) * 300;
    return window;
}

static void random_at(struct chance *chance, struct plain_reminder *reminder) {
    reminder->n_at = 1 + chance_below(chance, ELEMENTSOF(reminder->at));
    for (size_t i = 0; i < reminder->n_at; i++)
        reminder->at[i] = (struct plain_moment){
            .weekdays = random_weekdays(chance),
            .month_day = chance_percent(chance, 10) ? 1 + (int)chance_below(chance, 31) : 0,
            .second_of_day =
                random_time(chance) + (chance_percent(chance, 10) ? (int)chance_below(chance, 60) : 0),
            .tokyo = chance_percent(chance, 10),
        };
    reminder->window.weekdays = chance_percent(chance, 80) ? EVERY_WEEKDAY : random_weekdays(chance);
}

static usec_t random_gap(struct chance *chance) {
    static const unsigned minutes[] = {0, 1, 20, 60, 90, 90, 90, 180};
    return minutes[chance_below(chance, ELEMENTSOF(minutes))] * USEC_PER_MINUTE;
}

static void random_reminder(struct chance *chance, unsigned index, struct plain_reminder *ret) {
    *ret = (struct plain_reminder){.hold_for_usec = USEC_INFINITY, .gap_usec = random_gap(chance)};
    snprintf(ret->name, sizeof ret->name, "r%u", index & 7);
    if (chance_percent(chance, 20))
        ret->hold_for_usec = chance_below(chance, 240) * USEC_PER_MINUTE;
    if (chance_percent(chance, 40))
        ret->themes = (theme_set)chance_below(chance, THEME_SET_ALL + 1);
    if (chance_percent(chance, 15))
        ret->practice = chance_percent(chance, 50) ? "three-breaths" : "gone";
    ret->kind = (enum reminder_kind)chance_below(chance, 3);
    if (ret->kind == REMINDER_AT)
        random_at(chance, ret);
    else if (ret->kind == REMINDER_TIMES) {
        ret->window = random_window(chance, 3600);
        usec_t length = (usec_t)(ret->window.end_sec - ret->window.start_sec) * USEC_PER_SEC;
        ret->times = MAX_OF(1U, plan_fits(length, 1 + (unsigned)chance_below(chance, 5), ret->gap_usec));
        ret->gap_usec = MIN_OF(ret->gap_usec, length / ret->times);
    } else if (chance_percent(chance, 4)) { /* dense, but not for long */
        ret->window = random_window(chance, 3600);
        ret->window.end_sec = ret->window.start_sec + 3600;
        ret->every_usec = USEC_PER_MINUTE;
    } else {
        ret->window = random_window(chance, 3600);
        ret->every_usec = (30 + chance_below(chance, 300)) * USEC_PER_MINUTE;
    }
}

static struct calendar *days_calendar(uint8_t weekdays) {
    char text[64] = "";
    struct calendar *calendar = NULL;
    if (weekdays == EVERY_WEEKDAY)
        return NULL;
    for (size_t i = 0; i < 7; i++)
        if (weekdays & 1 << i)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "," : "",
                     weekday_names[i]);
    if (calendar_parse_days(text, &calendar, NULL) < 0)
        abort();
    return calendar;
}

static struct calendar *moment_calendar(const struct plain_moment *moment) {
    char text[96] = "", day[16] = "*";
    struct calendar *calendar;
    for (size_t i = 0; i < 7 && moment->weekdays != EVERY_WEEKDAY; i++)
        if (moment->weekdays & 1 << i)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "," : "",
                     weekday_names[i]);
    if (moment->month_day > 0)
        snprintf(day, sizeof day, "%d", moment->month_day);
    int second = moment->second_of_day;
    snprintf(text + strlen(text), sizeof text - strlen(text), " *-*-%s %02d:%02d:%02d", day, second / 3600,
             second / 60 % 60, second % 60);
    if (calendar_parse(text + strspn(text, " "), &calendar, NULL) < 0)
        abort();
    return calendar;
}

static char *copy_text(const char *text) {
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

static void *zeroed(size_t n, size_t size) {
    void *memory = calloc(n + 1, size);
    if (!memory)
        abort();
    return memory;
}

static struct zone *tokyo_zone(void) {
    struct zone *zone;
    if (zone_from_posix("JST-9", &zone) < 0)
        abort();
    return zone;
}

static struct window core_window(const struct plain_window *plain) {
    return (struct window){plain->start_sec, plain->end_sec, days_calendar(plain->weekdays)};
}

static struct reminder core_reminder(const struct plain_reminder *plain) {
    struct reminder reminder = {
        .name = copy_text(plain->name),
        .kind = plain->kind,
        .n_at = plain->n_at,
        .window = core_window(&plain->window),
        .times = plain->times,
        .every_usec = plain->every_usec,
        .hold_for_usec = plain->hold_for_usec,
        .gap_usec = plain->gap_usec,
        .themes = plain->themes,
        .practice = plain->practice ? copy_text(plain->practice) : NULL,
    };
    reminder.at = zeroed(plain->n_at, sizeof *reminder.at);
    for (size_t i = 0; i < plain->n_at; i++)
        reminder.at[i] =
            (struct moment_rule){moment_calendar(&plain->at[i]), plain->at[i].tokyo ? tokyo_zone() : NULL};
    return reminder;
}

/* What the two descriptions have in common, and what only the keeper reads. */
static struct schedule *core_schedule(const struct timetable *timetable, struct chance *chance) {
    static const char *const first_snooze[] = {"15min", "1h", "tomorrow", "18:00", NULL};
    struct schedule *schedule = zeroed(1, sizeof *schedule);
    schedule->reminders = zeroed(timetable->n_reminders, sizeof *schedule->reminders);
    for (; schedule->n_reminders < timetable->n_reminders; schedule->n_reminders++)
        schedule->reminders[schedule->n_reminders] =
            core_reminder(&timetable->reminders[schedule->n_reminders]);
    schedule->quiet = zeroed(timetable->n_quiet, sizeof *schedule->quiet);
    for (; schedule->n_quiet < timetable->n_quiet; schedule->n_quiet++)
        schedule->quiet[schedule->n_quiet] = core_window(&timetable->quiet[schedule->n_quiet]);
    schedule->gap_usec = random_gap(chance);
    schedule->expire_after_usec =
        chance_percent(chance, 10) ? USEC_INFINITY : (5 + chance_below(chance, 115)) * USEC_PER_MINUTE;
    schedule->show_for_usec = 45 * USEC_PER_SEC;
    schedule->snoozes = (unsigned)chance_below(chance, 4);
    schedule->most_per_day = 1 + (unsigned)chance_below(chance, 8);
    schedule->learn = chance_percent(chance, 70);
    schedule->drift = true;
    schedule->path = chance_percent(chance, 40) ? PATH_SELF_IMAGE : PATH_NONE;
    schedule->conceal = chance_percent(chance, 50) ? THEME_BIT(THEME_OWN) | THEME_BIT(THEME_FORGIVENESS) : 0;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        schedule->weights[theme] = (enum weight)(chance_percent(chance, 5) ? 0 : 1 + chance_below(chance, 3));
    const char *snooze = first_snooze[chance_below(chance, ELEMENTSOF(first_snooze))];
    if (snooze) {
        schedule->snooze = zeroed(1, sizeof *schedule->snooze);
        schedule->n_snooze = 1;
        usec_t span = streq(snooze, "15min") ? 15 * USEC_PER_MINUTE
                      : streq(snooze, "1h")  ? USEC_PER_HOUR
                                             : USEC_INFINITY;
        schedule->snooze[0] = (struct snooze_preset){copy_text(snooze), span};
    }
    schedule->name = copy_text("");
    schedule->support = copy_text("A person");
    return schedule;
}

/* Hours of a week, of 168. */
static unsigned quiet_hours(const struct timetable *timetable) {
    unsigned hours = 0;
    for (usec_t hour = 1000; hour < 1168; hour++)
        hours += quiet_at(timetable, zone_utc(), hour * USEC_PER_HOUR);
    return hours;
}

static void random_quiet(struct chance *chance, struct timetable *ret) {
    ret->n_quiet = chance_below(chance, TIMETABLE_QUIET_MAX + 1);
    for (size_t i = 0; i < ret->n_quiet; i++) {
        ret->quiet[i] = random_window(chance, 300);
        if (i == 0 && chance_percent(chance, 70))
            ret->quiet[i] = (struct plain_window){21 * 3600, 32 * 3600 + 1800, EVERY_WEEKDAY};
        else if (chance_percent(chance, 70))
            ret->quiet[i].end_sec = MIN_OF(ret->quiet[i].end_sec, ret->quiet[i].start_sec + 3 * 3600);
    }
    while (quiet_hours(ret) > 100 && chance_percent(chance, 95)) /* little happens where it is mostly quiet */
        ret->n_quiet--;
}

void timetable_random(struct chance *chance, const struct timetable *previous, struct timetable *ret) {
    *ret = (struct timetable){.n_reminders = chance_below(chance, TIMETABLE_REMINDERS_MAX + 1)};
    for (unsigned i = 0; i < ret->n_reminders; i++)
        if (previous && i < previous->n_reminders && chance_percent(chance, 50))
            ret->reminders[i] = previous->reminders[i];
        else
            random_reminder(chance, i, &ret->reminders[i]);
    random_quiet(chance, ret);
    ret->tokyo = tokyo_zone();
    ret->schedule = core_schedule(ret, chance);
}

void timetable_done(struct timetable *timetable) {
    zone_free(timetable->tokyo);
    schedule_free(timetable->schedule);
}

/* --- Saying what it is ------------------------------------------------------------------------ */

static void print_days(FILE *out, uint8_t weekdays) {
    for (size_t i = 0; i < 7 && weekdays != EVERY_WEEKDAY; i++)
        if (weekdays & 1 << i)
            fprintf(out, " %s", weekday_names[i]);
}

static void print_window(FILE *out, const struct plain_window *window) {
    fprintf(out, " %02d:%02d-%02d:%02d", window->start_sec / 3600, window->start_sec / 60 % 60,
            window->end_sec / 3600, window->end_sec / 60 % 60);
    print_days(out, window->weekdays);
}

static unsigned long minutes_of(usec_t span_usec) {
    return (unsigned long)(span_usec / USEC_PER_MINUTE);
}

static void print_reminder(FILE *out, const struct plain_reminder *reminder) {
    fprintf(out, "%s:", reminder->name);
    for (size_t i = 0; i < reminder->n_at; i++) {
        const struct plain_moment *moment = &reminder->at[i];
        fprintf(out, "%s at %02d:%02d:%02d%s", i > 0 ? "," : "", moment->second_of_day / 3600,
                moment->second_of_day / 60 % 60, moment->second_of_day % 60, moment->tokyo ? " Tokyo" : "");
        print_days(out, moment->weekdays);
        if (moment->month_day > 0)
            fprintf(out, " on the %d.", moment->month_day);
    }
    if (reminder->kind == REMINDER_AT && reminder->window.weekdays != EVERY_WEEKDAY) {
        fputs(", only", out);
        print_days(out, reminder->window.weekdays);
    }
    if (reminder->kind != REMINDER_AT)
        print_window(out, &reminder->window);
    if (reminder->kind == REMINDER_TIMES)
        fprintf(out, " %u times", reminder->times);
    if (reminder->kind == REMINDER_EVERY)
        fprintf(out, " every %lu min", minutes_of(reminder->every_usec));
    fprintf(out, " gap %lu min", minutes_of(reminder->gap_usec));
    if (reminder->hold_for_usec != USEC_INFINITY)
        fprintf(out, " hold %lu min", minutes_of(reminder->hold_for_usec));
    fputs("; ", out);
}

const char *timetable_text(const struct timetable *timetable, char *buffer, size_t size) {
    FILE *out = fmemopen(buffer, size, "w");
    if (!out)
        abort();
    for (size_t i = 0; i < timetable->n_reminders; i++)
        print_reminder(out, &timetable->reminders[i]);
    for (size_t i = 0; i < timetable->n_quiet; i++) {
        fputs("quiet", out);
        print_window(out, &timetable->quiet[i]);
        fputs("; ", out);
    }
    const struct schedule *schedule = timetable->schedule;
    fprintf(out, "at most %u a day, %u snoozes", schedule->most_per_day, schedule->snoozes);
    if (schedule->expire_after_usec != USEC_INFINITY)
        fprintf(out, ", expires after %lu min", minutes_of(schedule->expire_after_usec));
    fclose(out);
    return buffer;
}

/* --- Quiet hours ------------------------------------------------------------------------------ */

static bool on_day(uint8_t weekdays, int32_t day) {
    return weekdays & 1 << weekday_of_days(day);
}

static bool window_of_day(const struct plain_window *window, const struct zone *zone, int32_t day,
                          usec_t *ret_start, usec_t *ret_end) {
    if (!on_day(window->weekdays, day))
        return false;
    *ret_start = zone_day_second(zone, day, window->start_sec);
    *ret_end = zone_day_second(zone, day, window->end_sec);
    return *ret_start < *ret_end;
}

/* The end of one of the quiet windows that hold an instant; 0: none does. */
static usec_t one_quiet_end(const struct timetable *timetable, const struct zone *zone, usec_t time_usec) {
    int32_t today = zone_local_day(zone, time_usec);
    usec_t start, end;
    for (size_t i = 0; i < timetable->n_quiet; i++)
        for (int32_t day = today - DAYS_BACK; day <= today; day++)
            if (window_of_day(&timetable->quiet[i], zone, day, &start, &end) && start <= time_usec &&
                time_usec < end)
                return end;
    return 0;
}

bool quiet_at(const struct timetable *timetable, const struct zone *zone, usec_t time_usec) {
    return one_quiet_end(timetable, zone, time_usec) > 0;
}

usec_t quiet_end_at(const struct timetable *timetable, const struct zone *zone, usec_t time_usec) {
    usec_t begin = time_usec;
    for (usec_t end; (end = one_quiet_end(timetable, zone, time_usec)) > 0; time_usec = end)
        if (end - begin > 100 * USEC_PER_DAY)
            return USEC_INFINITY;
    return time_usec;
}

usec_t next_quiet_after(const struct timetable *timetable, const struct zone *zone, usec_t after_usec) {
    usec_t first = USEC_INFINITY, start, end;
    after_usec = quiet_end_at(timetable, zone, after_usec);
    if (after_usec == USEC_INFINITY)
        return after_usec;
    int32_t today = zone_local_day(zone, after_usec);
    for (size_t i = 0; i < timetable->n_quiet; i++)
        for (int32_t day = today - DAYS_BACK; day <= today + QUIET_DAYS_AHEAD; day++)
            if (window_of_day(&timetable->quiet[i], zone, day, &start, &end) && start > after_usec) {
                first = MIN_OF(first, start);
                break;
            }
    return first;
}

/* --- What comes due --------------------------------------------------------------------------- */

void dues_done(struct dues *dues) {
    free(dues->items);
    free(dues->claims);
    *dues = (struct dues){0};
}

static void add_due(struct dues *dues, struct due due) {
    if (array_reserve(&dues->items, &dues->capacity, dues->n + 1, sizeof due) < 0)
        abort();
    dues->items[dues->n++] = due;
}

static bool moment_on(const struct plain_moment *moment, int32_t day) {
    int32_t year;
    int month, month_day;
    civil_from_days(day, &year, &month, &month_day);
    return on_day(moment->weekdays, day) && (moment->month_day == 0 || moment->month_day == month_day);
}

static void add_moments(struct dues *dues, const struct timetable *timetable, const struct zone *zone,
                        unsigned index, usec_t start_usec, int32_t day) {
    const struct plain_reminder *reminder = &timetable->reminders[index];
    usec_t hold = reminder->hold_for_usec == USEC_INFINITY ? 2 * USEC_PER_HOUR : reminder->hold_for_usec;
    for (size_t i = 0; i < reminder->n_at; i++) {
        const struct plain_moment *moment = &reminder->at[i];
        if (!moment_on(moment, day))
            continue;
        usec_t due = zone_day_second(moment->tokyo ? timetable->tokyo : zone, day, moment->second_of_day);
        if (due > start_usec && on_day(reminder->window.weekdays, zone_local_day(zone, due)))
            add_due(dues, (struct due){due, due + hold, index, false});
    }
}

static int compare_usec(const void *a, const void *b) {
    usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;
    return (x > y) - (x < y);
}

static int compare_due(const void *a, const void *b) {
    const struct due *x = a, *y = b;
    return x->due_usec != y->due_usec ? compare_usec(&x->due_usec, &y->due_usec)
                                      : (x->reminder > y->reminder) - (x->reminder < y->reminder);
}

/* So far only `at` ones are there. */
static void take_claims(struct dues *dues, const struct timetable *timetable, const struct zone *zone) {
    dues->n_claims = 0;
    for (size_t i = 0; i < dues->n; i++) {
        if (quiet_at(timetable, zone, dues->items[i].due_usec))
            continue;
        if (array_reserve(&dues->claims, &dues->claims_capacity, dues->n_claims + 1, sizeof *dues->claims) <
            0)
            abort();
        dues->claims[dues->n_claims++] = dues->items[i].due_usec;
    }
}

/* What is left of [low, high) `gap` away from every claim; the instant at `offset` within it. */
static usec_t room_between(const struct dues *dues, usec_t low, usec_t high, usec_t gap, usec_t offset,
                           usec_t *ret) {
    usec_t room = 0;
    for (size_t i = 0; i <= dues->n_claims && low < high; i++) {
        bool last = i == dues->n_claims;
        usec_t to = last ? high : MIN_OF(high, dues->claims[i] - gap);
        if (to > low) {
            if (offset >= room && offset < room + (to - low))
                *ret = low + (offset - room);
            room += to - low;
        }
        if (!last)
            low = MAX_OF(low, dues->claims[i] + gap);
    }
    return room;
}

static void add_times(struct dues *dues, const struct plain_reminder *reminder, unsigned index,
                      usec_t start_usec, const struct hash_key *secret, int32_t day, usec_t from, usec_t to) {
    usec_t w = to - from, g = reminder->gap_usec, ignored;
    usec_t n = g == 0 ? reminder->times : MIN_OF(reminder->times, w / g);
    for (usec_t i = 0; i < n; i++) {
        usec_t low = from + i * w / n, block_end = from + (i + 1) * w / n;
        usec_t high = block_end - g > low && block_end > g ? block_end - g : low + 1;
        uint64_t bits = hash_word(secret, "times", reminder->name, (uint64_t)day, i);
        struct due due = {low + hash_scale(bits, high - low), block_end, index, false};
        usec_t room = room_between(dues, low, high, g, 0, &ignored);
        due.crowded = room == 0;
        if (room > 0 && room < high - low)
            room_between(dues, low, high, g, hash_scale(bits, room), &due.due_usec);
        if (reminder->hold_for_usec != USEC_INFINITY)
            due.hold_until_usec = due.due_usec + reminder->hold_for_usec;
        if (due.due_usec > start_usec)
            add_due(dues, due);
    }
}

static void add_every(struct dues *dues, const struct plain_reminder *reminder, unsigned index,
                      usec_t start_usec, usec_t from, usec_t to) {
    usec_t hold = reminder->hold_for_usec == USEC_INFINITY ? 20 * USEC_PER_MINUTE : reminder->hold_for_usec;
    for (usec_t at = from; at < to; at += reminder->every_usec) {
        bool crowded = false;
        for (size_t i = 0; i < dues->n_claims; i++) {
            usec_t claim = dues->claims[i];
            crowded |= (claim > at ? claim - at : at - claim) < reminder->gap_usec;
        }
        if (at > start_usec)
            add_due(dues, (struct due){at, at + hold, index, crowded});
    }
}

/* A date that the zone skips starts no window. */
static bool day_exists(const struct zone *zone, int32_t day) {
    return zone_local_day(zone, zone_day_second(zone, day, 12 * 3600)) == day;
}

/* Equal instants of one reminder happen once. */
static void sort_dues(struct dues *dues) {
    size_t kept = 0;
    if (dues->n > 0)
        qsort(dues->items, dues->n, sizeof *dues->items, compare_due);
    for (size_t i = 0; i < dues->n; i++)
        if (kept == 0 || compare_due(&dues->items[kept - 1], &dues->items[i]) != 0)
            dues->items[kept++] = dues->items[i];
    dues->n = kept;
}

void dues_fill(struct dues *dues, const struct timetable *timetable, const struct zone *zone,
               const usec_t *starts_usec, const struct hash_key *secret, usec_t from_usec,
               usec_t until_usec) {
    int32_t first = zone_local_day(zone, from_usec) - DAYS_BACK;
    int32_t last = zone_local_day(zone, until_usec) + DAYS_AHEAD;
    dues->n = 0;
    for (unsigned i = 0; i < timetable->n_reminders;
         i++) /* claims a little beyond, for what lies near them */
        for (int32_t day = first - DAYS_BACK; day <= last + DAYS_BACK; day++)
            if (timetable->reminders[i].kind == REMINDER_AT)
                add_moments(dues, timetable, zone, i, starts_usec[i], day);
    sort_dues(dues);
    take_claims(dues, timetable, zone);
    for (unsigned i = 0; i < timetable->n_reminders; i++) {
        const struct plain_reminder *reminder = &timetable->reminders[i];
        for (int32_t day = first; day <= last && reminder->kind != REMINDER_AT; day++) {
            usec_t from, to;
            if (!window_of_day(&reminder->window, zone, day, &from, &to) || !day_exists(zone, day))
                continue;
            if (reminder->kind == REMINDER_TIMES)
                add_times(dues, reminder, i, starts_usec[i], secret, day, from, to);
            else
                add_every(dues, reminder, i, starts_usec[i], from, to);
        }
    }
    sort_dues(dues);
    dues->from_usec = from_usec;
    dues->until_usec = zone_day_second(zone, last - 1, 0);
}

size_t dues_after(const struct dues *dues, usec_t after_usec) {
    size_t low = 0, high = dues->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dues->items[middle].due_usec <= after_usec)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned claims_between(const struct dues *dues, usec_t after_usec, usec_t until_usec) {
    unsigned n = 0;
    for (size_t i = 0; i < dues->n_claims && dues->claims[i] <= until_usec; i++)
        n += dues->claims[i] > after_usec;
    return n;
}
