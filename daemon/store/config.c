/* Two tables hold all keys, of the file and of a reminder; an absent key's default is read from its table's
 * text by the same function as a written one. What depends on several keys is checked after them. A mistake
 * never ends the reading, so that all are told; a schedule with a mistake is thrown away as a whole. */
#include "daemon/store/config.h"

#include "daemon/core/keeper.h"
#include "daemon/core/plan.h"
#include "daemon/core/span.h"
#include "daemon/store/language.h"
#include "daemon/store/paths.h"
#include "daemon/store/settings.h"
#include "daemon/store/zonefile.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A rule that has not come within this many tries has no day in common with `on`. */
#define COMMON_DAY_TRIES 1000

/* The search for a day with too many reminders looks at this many of them, day by day: a few milliseconds. */
#define DAY_LOOKS_MAX 20000

/* More on one day needs no exact number. */
#define DAY_COUNT_MAX 100

/* No day shows more: most_per_day ends there too. */
#define TIMES_MAX 50

#define SNOOZE_MIN_USEC USEC_PER_SEC
#define SNOOZE_MAX_USEC (28 * USEC_PER_DAY)

struct reader {
    const struct library *library;
    const config_setting_t *reminders; /* read last, because their defaults depend on other keys */
    struct schedule *schedule;
};

static int warn(struct settings *settings, unsigned line, const char *name, const char *message) {
    return mistakes_add(settings->mistakes, MISTAKE_WARNING, settings->path, line, "%s: %s", name, message);
}

static int complain(struct settings *settings, unsigned line, const char *name, const char *message) {
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line, "%s: %s", name, message);
}

/* Time spans. */

static int take_span(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    const char *text = setting_text(setting);
    usec_t span_usec;
    if (!text || span_parse(text, &span_usec) < 0 || span_usec < key->low || span_usec > key->high)
        return settings_refuse(settings, setting, key, NULL);
    *(usec_t *)field = span_usec;
    return 0;
}

static int take_span_or_never(struct settings *settings, const config_setting_t *setting,
                              const struct key *key, void *field) {
    const char *text = setting_text(setting);
    if (!text || !streq(text, "until answered"))
        return take_span(settings, setting, key, field);
    *(usec_t *)field = USEC_INFINITY;
    return 0;
}

/* Windows: "09:30-20:30". */

/* "9:30" or "09:30", up to 24:00; moves `text` past it. */
static bool read_clock(const char **text, int32_t *ret_sec) {
    int32_t parts[2] = {0, 0};
    for (size_t part = 0; part < 2; part++) {
        const char *start = *text;
        for (; **text >= '0' && **text <= '9' && *text - start < 2; (*text)++)
            parts[part] = parts[part] * 10 + (**text - '0');
        if (*text == start || (part == 1 && *text - start < 2))
            return false;
        if (part == 0 && *(*text)++ != ':')
            return false;
    }
    *ret_sec = (parts[0] * 60 + parts[1]) * 60;
    return parts[1] < 60 && *ret_sec <= SECONDS_PER_DAY;
}

static bool read_window(const char *text, struct window *window) {
    int32_t start_sec, end_sec;
    if (!read_clock(&text, &start_sec) || *text++ != '-' || !read_clock(&text, &end_sec) || *text)
        return false;
    if (start_sec == SECONDS_PER_DAY)
        return false;
    window->start_sec = start_sec;
    window->end_sec = end_sec > start_sec ? end_sec : end_sec + SECONDS_PER_DAY;
    return true;
}

static int take_window(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    const char *text = setting_text(setting);
    return text && read_window(text, field) ? 0 : settings_refuse(settings, setting, key, NULL);
}

static int read_days(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     const char *text, struct calendar **ret) {
    struct calendar_error error;
    int r = calendar_parse_days(text, ret, &error);
    return r == -EINVAL ? settings_refuse(settings, setting, key, error.message) : r;
}

static int take_days(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    const char *text = setting_text(setting);
    return text ? read_days(settings, setting, key, text, field)
                : settings_refuse(settings, setting, key, NULL);
}

/* "[DAYS ]HH:MM-HH:MM". */
static int take_quiet_window(struct settings *settings, const config_setting_t *setting,
                             const struct key *key, void *field) {
    struct schedule *schedule = field;
    const char *text = setting_text(setting);
    const char *space = text ? strrchr(text, ' ') : NULL;
    struct window read;
    if (!text || !read_window(space ? space + 1 : text, &read))
        return settings_refuse(settings, setting, key, NULL);
    struct window *window = list_append(&schedule->quiet, &schedule->n_quiet, sizeof *window);
    if (!window)
        return -ENOMEM;
    window->start_sec = read.start_sec;
    window->end_sec = read.end_sec;
    if (!space)
        return 0;
    _cleanup_free_ char *days = strndup(text, (size_t)(space - text));
    return days ? read_days(settings, setting, key, days, &window->on) : -ENOMEM;
}

static int take_quiet(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      void *field) {
    return settings_each(settings, setting, key, take_quiet_window, field);
}

/* Words: themes, weights, what holds. */

static int refuse_theme(struct settings *settings, const config_setting_t *setting, const struct key *key,
                        const char *word) {
    const char *known[THEME_COUNT];
    char reason[96];
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        known[theme] = theme_id(theme);
    const char *nearest = nearest_word(word, known, THEME_COUNT);
    snprintf(reason, sizeof reason, "did you mean \"%s\"?", or_empty(nearest));
    return settings_refuse(settings, setting, key, nearest ? reason : NULL);
}

static int take_theme(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      void *field) {
    const char *word = setting_text(setting);
    enum theme theme = word ? theme_from_id(word) : THEME_NONE;
    if (theme == THEME_NONE)
        return refuse_theme(settings, setting, key, or_empty(word));
    *(theme_set *)field |= THEME_BIT(theme);
    return 0;
}

static int take_themes(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    return settings_each(settings, setting, key, take_theme, field);
}

static int take_concealed(struct settings *settings, const config_setting_t *setting, const struct key *key,
                          void *field) {
    const char *word = setting_text(setting);
    if (!word || !streq(word, "all"))
        return take_theme(settings, setting, key, field);
    *(theme_set *)field = THEME_SET_ALL;
    return 0;
}

static int take_conceal(struct settings *settings, const config_setting_t *setting, const struct key *key,
                        void *field) {
    return settings_each(settings, setting, key, take_concealed, field);
}

static int take_hold_word(struct settings *settings, const config_setting_t *setting, const struct key *key,
                          void *field) {
    static const struct {
        const char *word;
        enum hold bit;
    } words[] = {
        {"locked", HOLD_LOCKED},
        {"idle", HOLD_IDLE},
        {"do-not-disturb", HOLD_DO_NOT_DISTURB},
        {"presenting", HOLD_PRESENTING},
    };
    const char *word = setting_text(setting);
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (word && streq(word, words[i].word)) {
            *(uint32_t *)field |= words[i].bit;
            return 0;
        }
    return settings_refuse(settings, setting, key, NULL);
}

static int take_hold(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    return settings_each(settings, setting, key, take_hold_word, field);
}

static int take_weight(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    static const char *const words[] = {
        [WEIGHT_OFF] = "off", [WEIGHT_LESS] = "less", [WEIGHT_NORMAL] = "normal", [WEIGHT_MORE] = "more"};
    const char *word = setting_text(setting);
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (word && streq(word, words[i])) {
            *(enum weight *)field = (enum weight)i;
            return 0;
        }
    return settings_refuse(settings, setting, key, NULL);
}

static int take_path(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    static const char *const words[] = {[PATH_NONE] = "", [PATH_SELF_IMAGE] = "self-image"};
    const char *word = setting_text(setting);
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (word && streq(word, words[i])) {
            *(enum path *)field = (enum path)i;
            return 0;
        }
    return settings_refuse(settings, setting, key, NULL);
}

/* A group whose table of keys is the table of themes. */
static int take_weights(struct settings *settings, const config_setting_t *setting, const struct key *key,
                        void *field) {
    if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
        return settings_refuse(settings, setting, key, NULL);
    struct key keys[THEME_COUNT];
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        keys[theme] = (struct key){.name = theme_id(theme),
                                   .take = take_weight,
                                   .offset = theme * sizeof(enum weight),
                                   .allowed = "\"more\", \"normal\", \"less\" or \"off\""};
    return settings_take(settings, setting, keys, THEME_COUNT, field);
}

/* Other lists. */

/* A preset must lie ahead at whatever time of the day it is chosen: tried at the last second of one. */
static bool is_moment_ahead(const char *text) {
    usec_t late_usec = zone_day_second(zone_utc(), civil_to_days(2190, 1, 1), SECONDS_PER_DAY - 1),
           moment_usec;
    return moment_parse(text, late_usec, zone_utc(), MOMENT_NEXT, SCHEDULE_MORNING_SEC, &moment_usec) == 0 &&
           moment_usec > late_usec;
}

static int take_preset(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    struct schedule *schedule = field;
    const char *text = setting_text(setting);
    usec_t span_usec = USEC_INFINITY;
    if (!text || strlen(text) > SCHEDULE_NAME_MAX)
        return settings_refuse(settings, setting, key, NULL);
    if (span_parse(text, &span_usec) == 0) {
        if (span_usec < SNOOZE_MIN_USEC || span_usec > SNOOZE_MAX_USEC)
            return settings_refuse(settings, setting, key, NULL);
    } else if (!is_moment_ahead(text)) {
        return settings_refuse(settings, setting, key, NULL);
    }
    struct snooze_preset *preset = list_append(&schedule->snooze, &schedule->n_snooze, sizeof *preset);
    if (!preset)
        return -ENOMEM;
    preset->span_usec = span_usec;
    preset->text = strdup(text);
    return preset->text ? 0 : -ENOMEM;
}

static int take_snooze(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    return settings_each(settings, setting, key, take_preset, field);
}

/* Instead of languages: those that the desktop speaks. */
#define LOCALE "locale"

static int take_language(struct settings *settings, const config_setting_t *setting, const struct key *key,
                         void *field) {
    struct schedule *schedule = field;
    const char *text = setting_text(setting);
    if (!text || !is_language(text) || streq(text, LOCALE))
        return settings_refuse(settings, setting, key, NULL);
    char **language = list_append(&schedule->languages, &schedule->n_languages, sizeof *language);
    if (!language)
        return -ENOMEM;
    *language = strdup(text);
    return *language ? 0 : -ENOMEM;
}

static int take_languages(struct settings *settings, const config_setting_t *setting, const struct key *key,
                          void *field) {
    struct schedule *schedule = field;
    const char *word = setting_text(setting);
    schedule->languages_by_locale = word && streq(word, LOCALE);
    if (schedule->languages_by_locale)
        return language_list(&schedule->languages, &schedule->n_languages);
    return settings_each(settings, setting, key, take_language, field);
}

/* Reminders. */

static int take_name(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    const struct reader *reader = settings->userdata;
    const char *name = or_empty(setting_text(setting)), *reason = NULL;
    if (theme_from_id(name) != THEME_NONE)
        reason = "that is a theme's id; give the reminder another name";
    else if (streq(name, "hard"))
        reason = "that is the menu's \"a hard moment\"; give the reminder another name";
    else if (keeper_word_taken(name))
        reason = "that word means something to kindly now; give the reminder another name";
    else if (reader->library && library_find_practice(reader->library, name))
        reason = "that is a practice's id; give the reminder another name";
    return reason ? settings_refuse(settings, setting, key, reason)
                  : take_text(settings, setting, key, field);
}

/* Whether the suffix is an abbreviation of local time ("CEST"), which the plan's own zone then answers for.
 */
static bool is_local_suffix(const struct calendar *calendar) {
    _cleanup_(zone_freep) struct zone *local = NULL;
    return zonefile_load_tz(getenv("TZ"), &local) >= 0 && calendar_zone_is_local(calendar, local);
}

static int load_suffix_zone(struct settings *settings, const config_setting_t *setting, const struct key *key,
                            struct moment_rule *rule) {
    const char *name = calendar_zone_name(rule->calendar);
    char reason[160];
    if (!name)
        return 0;
    int r = zonefile_load_name(name, &rule->zone);
    if (r == 0 || r == -ENOMEM || is_local_suffix(rule->calendar))
        return r == -ENOMEM ? r : 0;
    settings->mistakes->may_pass |= error_may_pass(r);
    snprintf(reason, sizeof reason,
             "there is no time zone \"%.64s\"; zones are named like \"Europe/Berlin\" or \"UTC\"", name);
    return settings_refuse(settings, setting, key, reason);
}

static int take_rule(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    struct reminder *reminder = field;
    const char *text = setting_text(setting);
    if (!text)
        return settings_refuse(settings, setting, key, NULL);
    if (calendar_looks_like_clock_list(text))
        return settings_refuse(settings, setting, key,
                               "several times are written as a list: at = [\"09:00\", \"18:00\"]");
    struct moment_rule *rule = list_append(&reminder->at, &reminder->n_at, sizeof *rule);
    if (!rule)
        return -ENOMEM;
    struct calendar_error error;
    int r = calendar_parse(text, &rule->calendar, &error);
    if (r == -EINVAL)
        return settings_refuse(settings, setting, key, error.message);
    return r < 0 ? r : load_suffix_zone(settings, setting, key, rule);
}

static int take_at(struct settings *settings, const config_setting_t *setting, const struct key *key,
                   void *field) {
    return settings_each(settings, setting, key, take_rule, field);
}

static int refuse_practice(struct settings *settings, const config_setting_t *setting, const struct key *key,
                           const struct library *library, const char *id) {
    _cleanup_free_ const char **known = malloc((library->n_practices + 1) * sizeof *known);
    char reason[160];
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < library->n_practices; i++)
        known[i] = library->practices[i].id;
    const char *nearest = nearest_word(id, known, library->n_practices);
    if (nearest)
        snprintf(reason, sizeof reason, "there is no such practice: did you mean \"%s\"?", nearest);
    return settings_refuse(settings, setting, key, nearest ? reason : NULL);
}

static int take_practice(struct settings *settings, const config_setting_t *setting, const struct key *key,
                         void *field) {
    const struct reader *reader = settings->userdata;
    const char *id = setting_text(setting);
    if (id && reader->library && !library_find_practice(reader->library, id))
        return refuse_practice(settings, setting, key, reader->library, id);
    return take_text(settings, setting, key, field);
}

#define THEMES_ALLOWED                                                                                       \
    "kindness, acceptance, humanity, noticing, friend, care, image, respect, forgiveness, patience and own"
#define OF_REMINDER(field) offsetof(struct reminder, field)

static const struct key reminder_keys[] = {
    {"name", take_name, OF_REMINDER(name), 1, SCHEDULE_NAME_MAX,
     "a text of one line in quotes, 1 to 64 bytes", NULL, true},
    {"at", take_at, 0, 1, SCHEDULE_LIST_MAX,
     "a calendar expression such as \"Mon..Fri 08:45\", or a list: [\"09:00\", \"18:00\"]", NULL, false},
    {"times", take_unsigned, OF_REMINDER(times), 1, TIMES_MAX, "a whole number from 1 to 50", NULL, false},
    {"every", take_span, OF_REMINDER(every_usec), USEC_PER_MINUTE, USEC_PER_DAY,
     "a time span from \"1min\" to \"1d\", such as \"4h\"", NULL, false},
    {"between", take_window, OF_REMINDER(window), 0, 0, "a window such as \"09:30-20:30\", up to 24:00", NULL,
     false},
    {"on", take_days, OF_REMINDER(window.on), 0, 0, "days such as \"Mon..Fri\" or \"Sat,Sun\", in quotes",
     NULL, false},
    {"hold_for", take_span, OF_REMINDER(hold_for_usec), 0, USEC_PER_DAY,
     "a time span up to \"1d\", such as \"2h\"", NULL, false},
    {"gap", take_span, OF_REMINDER(gap_usec), 0, USEC_PER_DAY, "a time span up to \"1d\", such as \"90min\"",
     NULL, false},
    {"write", take_bool, OF_REMINDER(write), 0, 0, "true or false", NULL, false},
    {"themes", take_themes, OF_REMINDER(themes), 1, SCHEDULE_LIST_MAX, "a list of themes: " THEMES_ALLOWED,
     NULL, false},
    {"practice", take_practice, OF_REMINDER(practice), 1, SCHEDULE_NAME_MAX,
     "the id of a practice in the decks, such as \"three-breaths\"", NULL, false},
};

static int check_kind(struct settings *settings, const config_setting_t *group, struct reminder *reminder) {
    bool at = config_setting_get_member(group, "at"), times = config_setting_get_member(group, "times"),
         every = config_setting_get_member(group, "every"),
         between = config_setting_get_member(group, "between");
    const char *name = reminder->name;
    if (at + times + every == 0)
        return complain(settings, reminder->line, name,
                        "it says no time; give one of \"at\", \"times\" and \"every\"");
    if (at + times + every > 1)
        return complain(
            settings, reminder->line, name,
            "it says its time in several ways; give exactly one of \"at\", \"times\" and \"every\"");
    if (at && between)
        return complain(settings, reminder->line, name,
                        "\"between\" goes with \"times\" and \"every\"; \"at\" says its own times");
    if (!at && !between)
        return complain(settings, reminder->line, name,
                        "\"times\" and \"every\" need a window, such as between = \"09:30-20:30\"");
    reminder->kind = at ? REMINDER_AT : times ? REMINDER_TIMES : REMINDER_EVERY;
    return 0;
}

static usec_t window_usec(const struct window *window) {
    return (usec_t)(window->end_sec - window->start_sec) * USEC_PER_SEC;
}

static int check_times(struct settings *settings, const struct reminder *reminder) {
    const struct window *window = &reminder->window;
    unsigned fit = plan_fits(window_usec(window), reminder->times, reminder->gap_usec);
    char gap[SPAN_TEXT_SIZE];
    if (fit == reminder->times)
        return 0;
    int start = window->start_sec / 60, end = window->end_sec / 60;
    if (end > 24 * 60)
        end -= 24 * 60;
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, reminder->line,
                        "%s: %u times do not fit into %02d:%02d-%02d:%02d with a gap of %s: at most %u do",
                        reminder->name, reminder->times, start / 60, start % 60, end / 60, end % 60,
                        span_format(reminder->gap_usec, 3, gap, sizeof gap), fit);
}

static int check_every(struct settings *settings, const struct reminder *reminder) {
    char every[SPAN_TEXT_SIZE], gap[SPAN_TEXT_SIZE];
    if (reminder->every_usec >= reminder->gap_usec)
        return 0;
    return mistakes_add(settings->mistakes, MISTAKE_WARNING, settings->path, reminder->line,
                        "%s: every %s is shorter than its gap of %s, so some will be left out",
                        reminder->name, span_format(reminder->every_usec, 3, every, sizeof every),
                        span_format(reminder->gap_usec, 3, gap, sizeof gap));
}

/* Whether a date of the rule is one of the days, found by taking turns in jumping to the next one. */
static bool has_common_day(const struct calendar *rule, const struct calendar *days) {
    int32_t day = 0, other;
    for (unsigned i = 0; i < COMMON_DAY_TRIES; i++) {
        if (calendar_next_day(rule, day, &day) < 0 || calendar_next_day(days, day, &other) < 0)
            return false;
        if (other == day)
            return true;
        day = other;
    }
    return false;
}

/* A zone of its own shifts the dates, so that `on` can't be judged here. */
static bool rule_comes(const struct moment_rule *rule, const struct calendar *on) {
    usec_t first_usec;
    if (calendar_next(rule->calendar, rule->zone ? rule->zone : zone_utc(), 0, &first_usec) < 0)
        return false;
    return !on || rule->zone || has_common_day(rule->calendar, on);
}

static int check_at(struct settings *settings, const struct reminder *reminder) {
    for (size_t i = 0; i < reminder->n_at; i++)
        if (rule_comes(&reminder->at[i], reminder->window.on))
            return 0;
    return complain(settings, reminder->line, reminder->name,
                    "its time never comes; give a date that exists, and days in \"on\" that it falls on");
}

static int check_content(struct settings *settings, const struct reminder *reminder) {
    const struct schedule *schedule = ((const struct reader *)settings->userdata)->schedule;
    if (reminder->practice && (reminder->themes || reminder->write))
        return warn(settings, reminder->line, reminder->name,
                    "with \"practice\", \"themes\" and \"write\" have no effect");
    if (!reminder->themes)
        return 0;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        if ((reminder->themes & THEME_BIT(theme)) && schedule->weights[theme] != WEIGHT_OFF)
            return 0;
    return warn(settings, reminder->line, reminder->name, "all its themes are \"off\", so it shows nothing");
}

static int check_reminder(struct settings *settings, const config_setting_t *group,
                          struct reminder *reminder) {
    size_t n_errors = settings->mistakes->n_errors;
    int r = check_kind(settings, group, reminder);
    if (r < 0 || settings->mistakes->n_errors > n_errors)
        return r;
    r = reminder->kind == REMINDER_AT      ? check_at(settings, reminder)
        : reminder->kind == REMINDER_TIMES ? check_times(settings, reminder)
                                           : check_every(settings, reminder);
    return r < 0 ? r : check_content(settings, reminder);
}

static int read_reminder(struct settings *settings, const config_setting_t *group, const struct key *key) {
    struct schedule *schedule = ((const struct reader *)settings->userdata)->schedule;
    size_t n_errors = settings->mistakes->n_errors;
    if (config_setting_type(group) != CONFIG_TYPE_GROUP)
        return settings_refuse(settings, group, key, NULL);
    struct reminder *reminder = &schedule->reminders[schedule->n_reminders++];
    *reminder = (struct reminder){.hold_for_usec = USEC_INFINITY,
                                  .gap_usec = schedule->gap_usec,
                                  .line = config_setting_source_line(group)};
    int r = settings_take(settings, group, reminder_keys, ELEMENTSOF(reminder_keys), reminder);
    if (r < 0 || settings->mistakes->n_errors > n_errors)
        return r;
    return check_reminder(settings, group, reminder);
}

static int compare_names(const void *a, const void *b) {
    const struct reminder *left = *(const struct reminder *const *)a,
                          *right = *(const struct reminder *const *)b;
    int order = strcmp(or_empty(left->name), or_empty(right->name));
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static int check_names(struct settings *settings, const struct schedule *schedule) {
    size_t n = schedule->n_reminders;
    _cleanup_free_ const struct reminder **sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &schedule->reminders[i];
    qsort(sorted, n, sizeof *sorted, compare_names);
    int r = 0;
    for (size_t i = 1; i < n && r == 0; i++)
        if (sorted[i]->name && sorted[i - 1]->name && streq(sorted[i]->name, sorted[i - 1]->name))
            r = mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, sorted[i]->line,
                             "the name \"%s\" is that of the reminder in line %u already; each has its own",
                             sorted[i]->name, sorted[i - 1]->line);
    return r;
}

/* The file. */

static int take_reminders(struct settings *settings, const config_setting_t *setting, const struct key *key,
                          void *field) {
    struct reader *reader = settings->userdata;
    struct schedule *schedule = field;
    int type = config_setting_type(setting), n = config_setting_length(setting);
    if ((type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) || (unsigned)n > key->high)
        return settings_refuse(settings, setting, key, NULL);
    schedule->reminders = calloc((size_t)n + 1, sizeof *schedule->reminders);
    if (!schedule->reminders)
        return -ENOMEM;
    reader->reminders = setting;
    return 0;
}

#define OF_SCHEDULE(field) offsetof(struct schedule, field)
#define NEVER              " or \"until answered\""

/* Order, names and defaults are those of the commented file that is installed. */
static const struct key schedule_keys[] = {
    {"reminders", take_reminders, 0, 0, SCHEDULE_REMINDERS_MAX,
     "a list of at most 20000 groups, such as ( { name = \"evening\"; at = \"20:15\"; } )", NULL, true},
    {"quiet", take_quiet, 0, 0, SCHEDULE_LIST_MAX,
     "a list of windows such as \"21:00-08:30\" or \"Fri,Sat 21:00-10:00\"",
     "[\"21:00-08:30\", \"Fri,Sat 21:00-10:00\"]", false},
    {"hold", take_hold, OF_SCHEDULE(hold), 0, SCHEDULE_LIST_MAX,
     "a list of \"locked\", \"idle\", \"do-not-disturb\" and \"presenting\"",
     "[\"locked\", \"idle\", \"do-not-disturb\", \"presenting\"]", false},
    {"idle_after", take_span, OF_SCHEDULE(idle_after_usec), USEC_PER_SEC, USEC_PER_DAY,
     "a time span from \"1s\" to \"1d\", such as \"5min\"", "\"5min\"", false},
    {"gap", take_span, OF_SCHEDULE(gap_usec), 0, USEC_PER_DAY, "a time span up to \"1d\", such as \"90min\"",
     "\"90min\"", false},
    {"show_for", take_span_or_never, OF_SCHEDULE(show_for_usec), USEC_PER_SEC, USEC_PER_DAY,
     "a time span from \"1s\" to \"1d\", such as \"45s\"," NEVER, "\"45s\"", false},
    {"expire_after", take_span_or_never, OF_SCHEDULE(expire_after_usec), USEC_PER_SEC, USEC_PER_DAY,
     "a time span from \"1s\" to \"1d\", such as \"60min\"," NEVER, "\"60min\"", false},
    {"snooze", take_snooze, 0, 1, SCHEDULE_LIST_MAX,
     "a list of time spans from \"1s\" to \"4w\" and moments such as \"tomorrow\" or \"18:00\"",
     "[\"15min\", \"1h\", \"tomorrow\"]", false},
    {"snoozes", take_unsigned, OF_SCHEDULE(snoozes), 0, 10, "a whole number from 0 to 10", "2", false},
    {"most_per_day", take_unsigned, OF_SCHEDULE(most_per_day), 0, 50, "a whole number from 0 to 50", "6",
     false},
    {"languages", take_languages, 0, 1, SCHEDULE_LIST_MAX,
     "a list of languages such as \"en\" or \"pt-BR\", or \"locale\"", "\"locale\"", false},
    {"name", take_text, OF_SCHEDULE(name), 0, SCHEDULE_TEXT_MAX,
     "a text of one line in quotes, at most 500 bytes", "\"\"", false},
    {"conceal", take_conceal, OF_SCHEDULE(conceal), 0, SCHEDULE_LIST_MAX,
     "\"all\" or a list of themes: " THEMES_ALLOWED, "[\"own\", \"forgiveness\"]", false},
    {"sound", take_bool, OF_SCHEDULE(sound), 0, 0, "true or false", "false", false},
    {"themes", take_weights, OF_SCHEDULE(weights), 0, 0, "a group such as { kindness = \"more\"; }", "{ }",
     false},
    {"learn", take_bool, OF_SCHEDULE(learn), 0, 0, "true or false", "true", false},
    {"drift", take_bool, OF_SCHEDULE(drift), 0, 0, "true or false", "true", false},
    {"path", take_path, OF_SCHEDULE(path), 0, 0, "\"self-image\", or \"\" for none", "\"\"", false},
    {"support", take_text, OF_SCHEDULE(support), 0, SCHEDULE_TEXT_MAX,
     "a text of one line in quotes, at most 500 bytes", "\"findahelpline.com\"", false},
};

bool config_key_at(size_t index, struct config_key *ret) {
    if (index >= ELEMENTSOF(schedule_keys))
        return false;
    const struct key *key = &schedule_keys[index];
    *ret = (struct config_key){.name = key->name,
                               .allowed = key->allowed,
                               .fallback = key->fallback,
                               .scalar = key->fallback && !strchr("[({", *key->fallback)};
    return true;
}

/* Absent keys are read as if their defaults stood in the file. A key that was refused is not absent. */
static int take_default(struct settings *settings, const struct key *key, struct schedule *schedule) {
    char text[128];
    struct settings defaults;
    snprintf(text, sizeof text, "%s = %s;", key->name, key->fallback);
    int r = settings_read_text(&defaults, key->name, text, settings->mistakes, settings->userdata);
    if (r == 0)
        r = settings_take(&defaults, config_root_setting(&defaults.config), key, 1, schedule);
    settings_done(&defaults);
    return r;
}

static int take_defaults(struct settings *settings, struct schedule *schedule) {
    const config_setting_t *root = config_root_setting(&settings->config);
    int r = 0;
    for (size_t i = 0; i < ELEMENTSOF(schedule_keys) && r == 0; i++)
        if (schedule_keys[i].fallback && !config_setting_get_member(root, schedule_keys[i].name))
            r = take_default(settings, &schedule_keys[i], schedule);
    return r;
}

static int read_reminders(struct settings *settings, const config_setting_t *list) {
    const struct reader *reader = settings->userdata;
    int r = 0, n = list ? config_setting_length(list) : 0;
    for (int i = 0; i < n && r == 0; i++)
        r = read_reminder(settings, config_setting_get_elem(list, (unsigned)i), &schedule_keys[0]);
    return r < 0 ? r : check_names(settings, reader->schedule);
}

/* The days' reminders against most_per_day. Dates are those of a leap year, which has each weekday and each
 * day of the months; clock changes don't matter, so it is counted in UTC. */

#define DAY_MINUTES 1440

struct day {
    int32_t number; /* since 1970-01-01 */
    usec_t start_usec;
    bool quiet[2 * DAY_MINUTES]; /* of this day and the next, because windows cross midnight */
};

static void mark_quiet(struct day *day, const struct window *window, int offset) {
    int start = offset * DAY_MINUTES + window->start_sec / 60,
        end = offset * DAY_MINUTES + window->end_sec / 60;
    if (window->on && !calendar_has_day(window->on, day->number + offset))
        return;
    for (int minute = MAX_OF(start, 0); minute < end && minute < 2 * DAY_MINUTES; minute++)
        day->quiet[minute] = true;
}

static void day_init(struct day *day, const struct schedule *schedule, int32_t number) {
    *day = (struct day){.number = number, .start_usec = zone_day_second(zone_utc(), number, 0)};
    for (int offset = -1; offset <= 1; offset++)
        for (size_t i = 0; i < schedule->n_quiet; i++)
            mark_quiet(day, &schedule->quiet[i], offset);
}

/* The instant itself when it isn't quiet, else the end of the quiet. */
static usec_t skip_quiet(const struct day *day, usec_t time_usec) {
    usec_t minute = (time_usec - day->start_usec) / USEC_PER_MINUTE, end = minute;
    while (end < ELEMENTSOF(day->quiet) && day->quiet[end])
        end++;
    return end == minute ? time_usec : day->start_usec + end * USEC_PER_MINUTE;
}

static unsigned count_rule(const struct day *day, const struct calendar *calendar) {
    unsigned n = 0;
    usec_t time_usec = day->start_usec - 1;
    if (!calendar_has_day(calendar, day->number))
        return 0;
    while (n < DAY_COUNT_MAX && calendar_next(calendar, zone_utc(), time_usec, &time_usec) == 0 &&
           time_usec < day->start_usec + USEC_PER_DAY) {
        usec_t open_usec = skip_quiet(day, time_usec);
        n += open_usec == time_usec;
        time_usec = MAX_OF(time_usec, open_usec - 1);
    }
    return n;
}

static unsigned count_every(const struct day *day, const struct reminder *reminder) {
    unsigned n = 0;
    usec_t every_usec = reminder->every_usec;
    usec_t time_usec = day->start_usec + (usec_t)reminder->window.start_sec * USEC_PER_SEC;
    usec_t end_usec = time_usec + window_usec(&reminder->window);
    while (time_usec < end_usec && n < DAY_COUNT_MAX) {
        usec_t wait_usec = skip_quiet(day, time_usec) - time_usec;
        n += wait_usec == 0;
        time_usec += wait_usec == 0 ? every_usec : (wait_usec + every_usec - 1) / every_usec * every_usec;
    }
    return n;
}

static unsigned count_reminder(const struct day *day, const struct reminder *reminder) {
    unsigned n = 0;
    if (reminder->window.on && !calendar_has_day(reminder->window.on, day->number))
        return 0;
    if (reminder->kind == REMINDER_TIMES)
        return reminder->times;
    if (reminder->kind == REMINDER_EVERY)
        return count_every(day, reminder);
    for (size_t i = 0; i < reminder->n_at && n < DAY_COUNT_MAX; i++)
        n += count_rule(day, reminder->at[i].calendar);
    return n;
}

static int check_days(struct settings *settings, const struct schedule *schedule) {
    const struct reader *reader = settings->userdata;
    int32_t first = civil_to_days(2024, 1, 1), looks = 0;
    for (int32_t number = first; number < first + 366 && looks < DAY_LOOKS_MAX; number++) {
        struct day day;
        unsigned n = 0;
        day_init(&day, schedule, number);
        for (size_t i = 0; i < schedule->n_reminders && n < DAY_COUNT_MAX; i++, looks++)
            n += count_reminder(&day, &schedule->reminders[i]);
        if (n > schedule->most_per_day && schedule->most_per_day > 0)
            return mistakes_add(settings->mistakes, MISTAKE_WARNING, settings->path,
                                config_setting_source_line(reader->reminders),
                                "a day's reminders cannot all fit: %u can come due on one day, but "
                                "\"most_per_day\" is %u",
                                n, schedule->most_per_day);
    }
    return 0;
}

static int read_schedule(struct settings *settings, struct reader *reader) {
    struct schedule *schedule = reader->schedule;
    size_t n_errors = settings->mistakes->n_errors;
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        schedule->weights[theme] = WEIGHT_NORMAL;
    int r = settings_take(settings, config_root_setting(&settings->config), schedule_keys,
                          ELEMENTSOF(schedule_keys), schedule);
    if (r == 0)
        r = take_defaults(settings, schedule);
    if (r == 0)
        r = read_reminders(settings, reader->reminders);
    if (r == 0 && settings->mistakes->n_errors == n_errors && !settings->mistakes->errors_only)
        r = check_days(settings, schedule);
    if (r == 0 && settings->mistakes->n_errors > n_errors)
        r = -EINVAL;
    return r;
}

/* `text` NULL: what the file holds. */
static int load(const char *path, const char *text, const struct library *library, struct mistakes *mistakes,
                struct schedule **ret) {
    _cleanup_(schedule_freep) struct schedule *schedule = calloc(1, sizeof *schedule);
    struct reader reader = {.library = library, .schedule = schedule};
    struct settings settings;
    if (!schedule)
        return -ENOMEM;
    int r = text ? settings_read_text(&settings, path, text, mistakes, &reader)
                 : settings_read(&settings, path, CONFIG_FILE_MAX, mistakes, &reader);
    if (r == 0)
        r = read_schedule(&settings, &reader);
    settings_done(&settings);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(schedule);
    return 0;
}

/* A link that leads nowhere, and what can't be looked at, are there: they are told as mistakes, where to go
 * by another schedule without a word would leave a person wondering. */
static bool is_there(const char *path) {
    struct stat status;
    return lstat(path, &status) >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

int config_load(const char *path, const struct library *library, struct mistakes *mistakes,
                struct schedule **ret) {
    return load(path, NULL, library, mistakes, ret);
}

int config_load_text(const char *path, const char *text, const struct library *library,
                     struct mistakes *mistakes, struct schedule **ret) {
    return load(path, text, library, mistakes, ret);
}

/* DIR/kindly/kindly.conf if it exists; 1: it does, and `ret_path` is its path. */
static int find_in(const char *folder, size_t length, char **ret_path) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%.*s/kindly/kindly.conf", (int)length, folder) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    if (*folder != '/' || !is_there(path))
        return 0;
    *ret_path = TAKE_PTR(path);
    return 1;
}

static int find_in_system(char **ret_path) {
    const char *folders = getenv("XDG_CONFIG_DIRS");
    if (!folders || !*folders)
        folders = "/etc/xdg";
    while (*folders) {
        size_t length = strcspn(folders, ":");
        int r = find_in(folders, length, ret_path);
        if (r != 0)
            return r;
        folders += length + (folders[length] == ':');
    }
    return 0;
}

/* The person's own, or the system's. NULL is given when there is neither. */
static int find_written(char **ret_path) {
    _cleanup_free_ char *path = NULL;
    int r = path_user_config(&path);
    if (r == -ENOMEM)
        return r;
    if (r == 0 && is_there(path)) {
        *ret_path = TAKE_PTR(path);
        return 0;
    }
    r = find_in_system(ret_path);
    return MIN_OF(r, 0);
}

int config_find(const char *option, const char *installed, char **ret_path) {
    char *path = NULL;
    int r = option ? 0 : find_written(&path);
    if (r < 0)
        return r;
    if (!path)
        path = strdup(option ? option : installed);
    if (!path)
        return -ENOMEM;
    *ret_path = path;
    return 0;
}
