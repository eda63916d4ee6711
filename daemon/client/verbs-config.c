/* config: single settings of the schedule, read and changed where they stand.
 *
 * A setting is one of the table of keys in store/config.c, a theme's weight ("themes.care"), or what a
 * reminder says ("daytime.times"). Those that are lists or groups are shown, and changed in the editor. */
#include <stdio.h>

#include "daemon/client/change.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/amend.h"
#include "daemon/store/config.h"

#define THEMES "themes"

static bool is_text(const struct config_key *key) {
    return key->fallback && *key->fallback == '"';
}

/* A value as JSON has it; NULL: a list or a group, or no memory. */
static struct json_object *value_of(const config_setting_t *setting) {
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return json_object_new_string(or_empty(config_setting_get_string(setting)));
    case CONFIG_TYPE_BOOL:
        return json_object_new_boolean(config_setting_get_bool(setting));
    case CONFIG_TYPE_INT:
        return json_object_new_int(config_setting_get_int(setting));
    default:
        return NULL;
    }
}

/* A key that is left out is what its default says. */
static struct json_object *default_of(const struct config_key *key) {
    if (is_text(key))
        return json_object_new_string_len(key->fallback + 1, (int)strlen(key->fallback) - 2);
    if (streq(key->fallback, "true") || streq(key->fallback, "false"))
        return json_object_new_boolean(streq(key->fallback, "true"));
    return json_object_new_int(atoi(key->fallback));
}

/* --- Which setting ---------------------------------------------------------------------------- */

/* Every name of one kind, with commas between; `nearest` is among them, or NULL. */
static int refuse_name(const char *name, const char *const *known, size_t n) {
    const char *nearest = nearest_word(name, known, n);
    if (nearest)
        return fail_usage(_("there is no setting \"%s\"; did you mean \"%s\"?"), name, nearest);
    char names[512] = "";
    for (size_t i = 0; i < n; i++)
        if (strlen(names) + strlen(known[i]) + sizeof ", " < sizeof names)
            strcat(strcat(names, i ? ", " : ""), known[i]);
    return fail_usage(_("there is no setting \"%s\"; there are %s"), name, names);
}

#define NAMES_MAX 64

static int find_key(const char *name, struct config_key *ret) {
    const char *known[NAMES_MAX];
    struct config_key key;
    size_t n = 0;
    for (size_t i = 0; config_key_at(i, &key); i++) {
        if (streq(key.name, name) && !key.scalar) {
            complain(_("%s is a list or a group; kindly edit changes it"), name);
            return OUTCOME_USAGE;
        }
        if (streq(key.name, name)) {
            *ret = key;
            return OUTCOME_DONE;
        }
        if (key.scalar && n < NAMES_MAX)
            known[n++] = key.name;
    }
    return refuse_name(name, known, n);
}

static int find_theme(const char *name) {
    const char *known[THEME_COUNT];
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        known[theme] = theme_id(theme);
    return theme_from_id(name) != THEME_NONE ? OUTCOME_DONE : refuse_name(name, known, THEME_COUNT);
}

static int find_reminder(const struct amend *amend, const struct schedule *schedule, const char *name) {
    const char *known[NAMES_MAX];
    if (amend_find_reminder(amend, name))
        return OUTCOME_DONE;
    size_t n = MIN_OF(schedule->n_reminders, (size_t)NAMES_MAX);
    for (size_t i = 0; i < n; i++)
        known[i] = schedule->reminders[i].name;
    const char *nearest = nearest_word(name, known, n);
    if (nearest)
        return fail_usage(_("there is no reminder \"%s\"; did you mean \"%s\"?"), name, nearest);
    return fail_usage(_("there is no reminder \"%s\""), name);
}

/* What is asked for. `key` is empty for what is in a group. */
struct target {
    const char *path;
    struct config_key key;
};

static int find_target(const struct amend *amend, const struct schedule *schedule, const char *path,
                       struct target *ret) {
    struct target target = {.path = path};
    const char *dot = strrchr(path, '.');
    _cleanup_free_ char *group = dot ? strndup(path, (size_t)(dot - path)) : NULL;
    int outcome = !dot                   ? find_key(path, &target.key)
                  : !group               ? fail_errno(-ENOMEM, path)
                  : streq(group, THEMES) ? find_theme(dot + 1)
                                         : find_reminder(amend, schedule, group);
    const config_setting_t *setting = amend_find(amend, path);
    if (outcome == OUTCOME_DONE && setting && config_setting_is_aggregate(setting)) {
        complain(_("%s is a list or a group; kindly edit changes it"), path);
        outcome = OUTCOME_USAGE;
    }
    if (outcome == OUTCOME_DONE)
        *ret = target;
    return outcome;
}

/* --- get -------------------------------------------------------------------------------------- */

static int put_setting(const struct config_key *key, struct json_object *value, struct json_object *row) {
    _cleanup_json_ struct json_object *otherwise = key->name ? default_of(key) : NULL;
    int r = json_put(row, "value", json_object_get(value));
    if (r >= 0 && key->name)
        r = json_put(row, "default", json_object_new_boolean(json_object_equal(value, otherwise)));
    if (r >= 0 && key->name)
        r = json_put(row, "allowed", json_object_new_string(key->allowed));
    return r;
}

/* {"key", "value", "default", "allowed"}; the last two of keys in the table. */
static int make_row(const struct amend *amend, const struct target *target, struct json_object **ret) {
    const config_setting_t *setting = amend_find(amend, target->path);
    _cleanup_json_ struct json_object *row = json_object_new_object();
    _cleanup_json_ struct json_object *value = setting            ? value_of(setting)
                                               : target->key.name ? default_of(&target->key)
                                                                  : NULL;
    int r = row && value ? json_put(row, "key", json_object_new_string(target->path)) : -ENOMEM;
    if (r >= 0)
        r = put_setting(&target->key, value, row);
    if (r >= 0)
        *ret = TAKE_PTR(row);
    return r;
}

static int list_rows(const struct amend *amend, struct json_object **ret) {
    _cleanup_json_ struct json_object *rows = json_object_new_array();
    struct target target = {};
    int r = rows ? 0 : -ENOMEM;
    for (size_t i = 0; r >= 0 && config_key_at(i, &target.key); i++) {
        struct json_object *row = NULL;
        target.path = target.key.name;
        const config_setting_t *setting = amend_find(amend, target.path);
        if (!target.key.scalar || (setting && config_setting_is_aggregate(setting)))
            continue;
        r = make_row(amend, &target, &row);
        if (r >= 0 && json_object_array_add(rows, row) < 0) {
            json_object_put(row);
            r = -ENOMEM;
        }
    }
    if (r >= 0)
        *ret = TAKE_PTR(rows);
    return r;
}

#define KEY_COLUMN 14

static void print_rows(const struct json_object *rows) {
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const struct json_object *row = json_object_array_get_idx(rows, i);
        printf("%-*s ", KEY_COLUMN, row_text(row, "key"));
        print_clean(stdout, json_object_to_json_string_ext(json_object_object_get(row, "value"),
                                                           JSON_C_TO_STRING_NOSLASHESCAPE));
        puts(row_flag(row, "default") ? _("  (default)") : "");
    }
}

static int get_all(const struct amend *amend, bool json) {
    _cleanup_json_ struct json_object *rows = NULL;
    int r = list_rows(amend, &rows);
    if (r >= 0 && json)
        r = print_json(rows);
    else if (r >= 0)
        print_rows(rows);
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

static int get_one(const struct amend *amend, const struct schedule *schedule, const char *path, bool json) {
    struct target target;
    _cleanup_json_ struct json_object *row = NULL;
    int outcome = find_target(amend, schedule, path, &target);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (!target.key.name && !amend_find(amend, path)) {
        complain(_("%s is not set"), path);
        return OUTCOME_FAILED;
    }
    int r = make_row(amend, &target, &row);
    if (r >= 0 && json)
        r = print_json(row);
    else if (r >= 0) {
        print_clean(stdout, json_object_get_string(json_object_object_get(row, "value")));
        putchar('\n');
    }
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

/* --- set -------------------------------------------------------------------------------------- */

/* As it stands in a file. What is no number and no truth is a text, and the reader says if that is wrong. */
static int make_source(const struct target *target, const char *value, char **ret) {
    bool number = *value && strspn(value, "0123456789") == strlen(value);
    bool truth = streq(value, "true") || streq(value, "false");
    if ((target->key.name && is_text(&target->key)) || (!number && !truth))
        return amend_quote(value, ret);
    *ret = strdup(value);
    return *ret ? 0 : -ENOMEM;
}

/* Warnings that weren't there before: what this value brings along. */
static void tell_new(const struct mistakes *before, const struct mistakes *after) {
    for (size_t i = 0; i < after->n; i++) {
        bool known = false;
        for (size_t j = 0; j < before->n && !known; j++)
            known = streq(before->items[j].text, after->items[i].text);
        if (!known)
            complain("%s", after->items[i].text);
    }
}

static int check_changed(const struct change *change, const struct amend *amend,
                         const struct mistakes *before) {
    struct mistakes mistakes = {};
    int r = change_check(change->path, amend->text, &mistakes, NULL, NULL);
    int outcome = OUTCOME_DONE;
    if (r == -EINVAL) {
        change_tell_short(&mistakes, change->path);
        outcome = OUTCOME_USAGE;
    } else if (r < 0)
        outcome = fail_errno(r, change->path);
    else
        tell_new(before, &mistakes);
    mistakes_done(&mistakes);
    return outcome;
}

static int tell_set(struct client *client, const char *path, const char *source) {
    bool running;
    int outcome = change_reload(client, &running);
    if (outcome != OUTCOME_DONE)
        return outcome;
    print_clean(stdout, path);
    fputs(" = ", stdout);
    print_clean(stdout, source);
    puts(running ? _(": in use.") : _(": saved. kindlyd is not running; it takes it up when it starts."));
    return OUTCOME_DONE;
}

static int set(struct client *client, struct change *change, struct amend *amend, const struct target *target,
               const char *value, const struct mistakes *before) {
    _cleanup_free_ char *source = NULL;
    int r = make_source(target, value, &source);
    if (r >= 0)
        r = amend_set(amend, target->path, source);
    if (r == -EINVAL)
        return fail_usage(_("\"%s\" can't stand in a schedule"), value);
    if (r < 0)
        return fail_errno(r, target->path);
    int outcome = check_changed(change, amend, before);
    if (outcome == OUTCOME_DONE && !streq(amend->text, change->text))
        outcome = change_write(change, amend->text);
    return outcome == OUTCOME_DONE ? tell_set(client, target->path, source) : outcome;
}

/* The words of a value, after "set" and the key. */
static int join_value(const struct arguments *arguments, char **ret) {
    struct arguments value = {.words = arguments->words + 2, .n_words = arguments->n_words - 2};
    int r = words_join(&value, ret);
    return r < 0 ? fail_errno(r, _("cannot read the arguments")) : OUTCOME_DONE;
}

static int set_one(struct client *client, struct change *change, struct amend *amend,
                   const struct schedule *schedule, const struct arguments *arguments,
                   const struct mistakes *before) {
    _cleanup_free_ char *value = NULL;
    struct target target;
    int outcome = find_target(amend, schedule, arguments->words[1], &target);
    if (outcome == OUTCOME_DONE)
        outcome = join_value(arguments, &value);
    return outcome == OUTCOME_DONE ? set(client, change, amend, &target, value, before) : outcome;
}

/* --- The verb --------------------------------------------------------------------------------- */

static int run(struct client *client, struct change *change, const struct arguments *arguments, bool sets) {
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    struct mistakes mistakes = {};
    struct amend amend;
    int r = amend_init(&amend, change->path, change->text, strlen(change->text), &mistakes);
    if (r >= 0)
        r = change_check(change->path, change->text, &mistakes, &schedule, NULL);
    bool json = option_given(arguments, "json");
    int outcome = r == -EINVAL             ? change_refuse_broken(&mistakes)
                  : r < 0                  ? fail_errno(r, change->path)
                  : sets                   ? set_one(client, change, &amend, schedule, arguments, &mistakes)
                  : arguments->n_words > 1 ? get_one(&amend, schedule, arguments->words[1], json)
                                           : get_all(&amend, json);
    amend_done(&amend);
    mistakes_done(&mistakes);
    return outcome;
}

int verb_config(struct client *client, const struct arguments *arguments) {
    const char *what = arguments->words[0];
    bool sets = streq(what, "set");
    if (!sets && !streq(what, "get"))
        return fail_usage(_("config does not know \"%s\"; it is get or set"), what);
    if (sets && arguments->n_words < 3)
        return fail_usage(_("config set needs more: kindly config set KEY VALUE"));
    if (!sets && arguments->n_words > 2)
        return fail_usage(_("config get takes one KEY, not \"%s\""), arguments->words[2]);
    if (sets && option_given(arguments, "json"))
        return fail_usage(_("--json goes with config get only"));
    struct change change;
    int outcome = change_begin(&change);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = run(client, &change, arguments, sets);
    change_done(&change);
    return outcome;
}
