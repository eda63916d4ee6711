/* Completion: `kindly --complete WORDS...` prints what could stand for the last of the words, one a line,
 * each with a tab and a few words about it. Shells only ask and filter. A line with no word before the tab,
 * "files" or "commands", leaves it to the shell.
 *
 * What a word is, the verb table says: by the name that a verb's help gives it (THEME, ID, ...). Everything
 * is read from files; pressing Tab neither starts the daemon nor waits for it. What can't be read is left out
 * silently. */
#include <stdio.h>

#include "daemon/client/bar.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/choice.h"
#include "daemon/core/translate.h"
#include "daemon/store/config.h"
#include "daemon/store/deck.h"
#include "daemon/store/journal.h"
#include "daemon/store/paths.h"

static void print_candidate(const char *word, const char *about) {
    print_clean(stdout, word);
    putchar('\t');
    print_clean(stdout, about);
    putchar('\n');
}

/* --- What there is ---------------------------------------------------------------------------- */

static void list_verbs(void) {
    for (size_t i = 0; i < n_verbs; i++)
        print_candidate(verbs[i].name, _(verbs[i].summary));
}

static void list_themes(void) {
    for (enum theme theme = 0; theme < THEME_COUNT; theme++)
        print_candidate(theme_id(theme), _("theme"));
}

static struct schedule *find_schedule(void) {
    struct mistakes ignored = {};
    _cleanup_free_ char *shipped = NULL, *path = NULL;
    struct schedule *schedule = NULL;
    if (path_shipped("kindly.conf", &shipped) >= 0 && config_find(NULL, shipped, &path) >= 0)
        config_load(path, NULL, &ignored, &schedule);
    if (schedule)
        client_settle_languages(schedule);
    mistakes_done(&ignored);
    return schedule;
}

static struct keeper *find_keeper(void) {
    _cleanup_free_ char *path = NULL;
    _cleanup_(journal_freep) struct journal *journal = NULL;
    struct keeper *keeper = NULL;
    if (path_journal(&path) >= 0 && journal_open_readonly(path, &journal, NULL) >= 0)
        journal_load(journal, &keeper);
    return keeper;
}

static void list_open(void) {
    _cleanup_(keeper_freep) struct keeper *keeper = find_keeper();
    for (size_t i = keeper ? keeper->n_open : 0; i-- > 0;) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&keeper->open[i].id, id);
        print_candidate(id, open_state_id(keeper->open[i].state));
    }
}

/* Those that always count, and those of the newest open prompt. */
static void list_choices(void) {
    _cleanup_(keeper_freep) struct keeper *keeper = find_keeper();
    _cleanup_(schedule_freep) struct schedule *schedule = find_schedule();
    const struct open_prompt *open = keeper ? keeper_find(keeper, NULL) : NULL;
    bool listed[CHOICE_COUNT] = {
        [CHOICE_HELPFUL] = true, [CHOICE_OKAY] = true, [CHOICE_HARD] = true, [CHOICE_NOT_FOR_ME] = true};
    enum choice choices[CHOICES_MAX];
    const struct world world = {.schedule = schedule};
    for (size_t n = open && schedule ? keeper_choices(keeper, &world, open, choices) : 0; n-- > 0;)
        listed[choices[n]] = true;
    for (enum choice choice = 0; choice < CHOICE_COUNT; choice++) {
        char label[CHOICE_LABEL_SIZE];
        if (listed[choice])
            print_candidate(choice_id(choice), schedule ? keeper_choice_label(&world, choice, label)
                                                        : choice_label(choice, NULL, label));
    }
}

static void list_practices(const struct schedule *schedule) {
    struct mistakes ignored = {};
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    _cleanup_(library_freep) struct library *library = library_new();
    if (library && path_shipped("decks", &shipped) >= 0)
        deck_load_folder(library, shipped, schedule->languages, schedule->n_languages, &ignored);
    if (library && path_user_decks(&own) >= 0)
        deck_load_folder(library, own, schedule->languages, schedule->n_languages, &ignored);
    for (size_t i = 0; library && i < library->n_practices; i++) {
        const struct practice *practice = &library->practices[i];
        if (library_find_practice(library, practice->id) == practice)
            print_candidate(practice->id, _("practice"));
    }
    mistakes_done(&ignored);
}

static void list_showable(void) {
    list_themes();
    _cleanup_(schedule_freep) struct schedule *schedule = find_schedule();
    if (!schedule)
        return;
    for (size_t i = 0; i < schedule->n_reminders; i++)
        print_candidate(schedule->reminders[i].name, _("reminder"));
    list_practices(schedule);
    print_candidate("then-and-now", _("an old line of yours, beside today"));
    print_candidate("guidance", _("what this is"));
}

static void list_keys(void) {
    struct config_key key;
    for (size_t i = 0; config_key_at(i, &key); i++)
        if (key.scalar)
            print_candidate(key.name, key.allowed);
}

static void list_formats(void) {
    print_candidate(BAR_WAYBAR, _("JSON for waybar"));
    const char *name, *about;
    for (size_t i = 0; (name = bar_field(i, &about)); i++) {
        char field[32];
        snprintf(field, sizeof field, "{%s}", name);
        print_candidate(field, _(about));
    }
}

static void list_files(void) {
    puts("\tfiles");
}

static void list_commands(void) {
    puts("\tcommands");
}

/* By what the verb table calls it. Times and texts are the person's. */
static const struct {
    const char *name;
    void (*list)(void);
} lists[] = {
    {"VERB", list_verbs},     {"WHAT", list_showable}, {"THEME", list_themes}, {"CHOICE", list_choices},
    {"ID", list_open},        {"FILE", list_files},    {"DIR", list_files},    {"COMMAND", list_commands},
    {"FORMAT", list_formats}, {"KEY", list_keys},
};

/* Words in small letters stand for themselves: "one", "one|another". */
static void list_words(const char *name) {
    for (size_t length; *name >= 'a' && *name <= 'z'; name += length + (name[length] == '|')) {
        length = strcspn(name, "| ");
        printf("%.*s\t\n", (int)length, name);
    }
}

static void list_named(const char *name) {
    if (*name >= 'a' && *name <= 'z') {
        list_words(name);
        return;
    }
    name += *name == '[';
    size_t length = strcspn(name, "]|. ");
    for (size_t i = 0; i < ELEMENTSOF(lists); i++)
        if (strlen(lists[i].name) == length && strncmp(lists[i].name, name, length) == 0)
            lists[i].list();
}

/* --- Where the last word stands --------------------------------------------------------------- */

static const struct option *option_of(const struct verb *verb, const char *word) {
    for (size_t i = 0; i < OPTIONS_MAX && verb->options[i].name; i++) {
        const struct option *option = &verb->options[i];
        if ((strncmp(word, "--", 2) == 0 && streq(word + 2, option->name)) ||
            (option->letter && word[0] == '-' && word[1] == option->letter && word[2] == '\0'))
            return option;
    }
    return NULL;
}

/* The option whose value the last word is, or NULL. A shell may have cut "--theme=no" at its "=". */
static const struct option *option_before(const struct verb *verb, char **words, size_t n) {
    bool equals = n >= 2 && streq(words[n - 2], "="), is_equals = streq(words[n - 1], "=");
    size_t at = equals ? 3 : 2;
    const struct option *option = n > at ? option_of(verb, words[n - at]) : NULL;
    if (!option || option->kind == OPTION_FLAG)
        return NULL;
    return option->kind != OPTION_MAYBE_VALUE || equals || is_equals ? option : NULL;
}

/* Whether it belongs to a command that a verb runs. */
static bool is_of_command(const struct verb *verb, char **words, size_t n) {
    for (size_t i = 1; i + 2 < n; i++) {
        const struct option *option = option_of(verb, words[i]);
        if (option && option->kind == OPTION_REST)
            return true;
    }
    return false;
}

static size_t count_words(const struct verb *verb, char **words, size_t n) {
    size_t count = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        const struct option *option = option_of(verb, words[i]);
        if (option && (option->kind == OPTION_VALUE || option->kind == OPTION_VALUES))
            i++;
        else if (*words[i] != '-')
            count++;
    }
    return count;
}

/* What the help calls the verb's word `index`, or "": none. "..." at the end means that more like it follow.
 */
static const char *name_of_word(const struct verb *verb, size_t index) {
    const char *name = verb->words, *end = name + strlen(name);
    bool more = strstr(name, "...");
    for (size_t i = 0; i < index; i++) {
        const char *space = strchr(name, ' ');
        if (!space)
            return more ? name : end;
        name = space + 1;
    }
    return name;
}

int verb_complete(char **words) {
    size_t n = 0;
    while (words[n])
        n++;
    if (n <= 1) {
        list_verbs();
        return OUTCOME_DONE;
    }
    const struct verb *verb = verb_find(words[0]);
    if (!verb)
        return OUTCOME_DONE;
    const struct option *option = option_before(verb, words, n);
    if (option)
        list_named(or_empty(option->value));
    else if (is_of_command(verb, words, n))
        list_files();
    else if (*words[n - 1] == '-')
        verb_list_options(verb, stdout);
    else
        list_named(name_of_word(verb, count_words(verb, words, n)));
    return OUTCOME_DONE;
}
