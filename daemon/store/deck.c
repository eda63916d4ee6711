/* A file is read whole into a batch, checked, and only then merged into the library: sorted once and in one
 * pass, so that 50,000 prompts take no longer than reading them. */
#include "daemon/store/deck.h"

#include "daemon/core/keeper.h"
#include "daemon/store/settings.h"

#include <dirent.h>
#include <stdio.h>

struct batch {
    const struct library *library;
    enum theme theme; /* THEME_NONE: not said, or not known */
    char *language, *title, *license;
    unsigned rank; /* of the language among those that are wanted */
    bool reviewed;
    struct prompt *prompts;
    size_t n_prompts;
    struct practice *practices;
    size_t n_practices;
};

static void batch_done(struct batch *batch) {
    for (size_t i = 0; i < batch->n_prompts; i++)
        prompt_done(&batch->prompts[i]);
    for (size_t i = 0; i < batch->n_practices; i++)
        practice_done(&batch->practices[i]);
    free(batch->prompts);
    free(batch->practices);
    free(batch->language);
    free(batch->title);
    free(batch->license);
}

/* Texts that are shown. */

static bool is_blank(const char *text) {
    return text[strspn(text, " ")] == '\0';
}

static int take_words(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      void *field) {
    const char *text = setting_text(setting);
    return text && is_blank(text) ? settings_refuse(settings, setting, key, NULL)
                                  : take_text(settings, setting, key, field);
}

/* An id is typed, and passed on the bus; words that mean something else there can't be one. */
static int take_id(struct settings *settings, const config_setting_t *setting, const struct key *key,
                   void *field) {
    const char *text = or_empty(setting_text(setting));
    bool plain =
        text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
    if (theme_from_id(text) != THEME_NONE || keeper_word_taken(text))
        return settings_refuse(settings, setting, key, "that word is taken; give it another id");
    return plain ? take_text(settings, setting, key, field) : settings_refuse(settings, setting, key, NULL);
}

static int take_depth(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      void *field) {
    unsigned depth = 1;
    int r = take_unsigned(settings, setting, key, &depth);
    *(uint8_t *)field = (uint8_t)depth;
    return r;
}

static int take_nameless(struct settings *settings, const config_setting_t *setting, const struct key *key,
                         void *field) {
    if (strstr(or_empty(setting_text(setting)), PROMPT_NAME))
        return settings_refuse(settings, setting, key,
                               "it stands where there is no name, so it has no " PROMPT_NAME);
    return take_words(settings, setting, key, field);
}

#define TEXT_ALLOWED "a text of one line in quotes, not empty, at most 400 bytes"
#define ID_ALLOWED   "1 to 64 letters, digits, '-', '_' and '.', in quotes"

#define OF_PROMPT(field) offsetof(struct prompt, field)

static const struct key prompt_keys[] = {
    {"id", take_id, OF_PROMPT(id), 1, DECK_ID_MAX, ID_ALLOWED, NULL, true},
    {"text", take_words, OF_PROMPT(text), 1, DECK_TEXT_MAX, TEXT_ALLOWED, NULL, true},
    {"nameless", take_nameless, OF_PROMPT(nameless), 1, DECK_TEXT_MAX, TEXT_ALLOWED, NULL, false},
    {"depth", take_depth, OF_PROMPT(depth), 1, 3, "1, 2 or 3", NULL, false},
    {"body", take_bool, OF_PROMPT(body), 0, 0, "true or false", NULL, false},
    {"write", take_bool, OF_PROMPT(write), 0, 0, "true or false", NULL, false},
};

static int take_step(struct settings *settings, const config_setting_t *setting, const struct key *key,
                     void *field) {
    struct practice *practice = field;
    char **step = list_append(&practice->steps, &practice->n_steps, sizeof *step);
    const struct key text = {.name = key->name, .low = 1, .high = DECK_TEXT_MAX, .allowed = key->allowed};
    return step ? take_words(settings, setting, &text, step) : -ENOMEM;
}

static int take_steps(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      void *field) {
    return settings_each(settings, setting, key, take_step, field);
}

#define OF_PRACTICE(field) offsetof(struct practice, field)

static const struct key practice_keys[] = {
    {"id", take_id, OF_PRACTICE(id), 1, DECK_ID_MAX, ID_ALLOWED, NULL, true},
    {"title", take_words, OF_PRACTICE(title), 1, DECK_TITLE_MAX, TEXT_ALLOWED, NULL, true},
    {"steps", take_steps, 0, 1, DECK_STEPS_MAX, "1 to 12 texts, each of one line and at most 400 bytes", NULL,
     true},
};

/* The file. */

/* Room for a list of groups, and a look at whether it is one; `*ret_n` is 0 when it isn't. */
static int begin_list(struct settings *settings, const config_setting_t *setting, const struct key *key,
                      size_t item_size, void **ret, int *ret_n) {
    int type = config_setting_type(setting), n = config_setting_length(setting);
    *ret_n = 0;
    if ((type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) || (unsigned)n > key->high)
        return settings_refuse(settings, setting, key, NULL);
    *ret = calloc((size_t)n + 1, item_size);
    if (!*ret)
        return -ENOMEM;
    *ret_n = n;
    return 0;
}

static int take_prompts(struct settings *settings, const config_setting_t *setting, const struct key *key,
                        void *field) {
    struct batch *batch = field;
    void *prompts = NULL;
    int n, r = begin_list(settings, setting, key, sizeof *batch->prompts, &prompts, &n);
    batch->prompts = prompts;
    for (int i = 0; i < n && r == 0; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        struct prompt *prompt = &batch->prompts[batch->n_prompts++];
        prompt->depth = 1;
        r = config_setting_type(group) == CONFIG_TYPE_GROUP
                ? settings_take(settings, group, prompt_keys, ELEMENTSOF(prompt_keys), prompt)
                : settings_refuse(settings, group, key, NULL);
    }
    return r;
}

static int take_practices(struct settings *settings, const config_setting_t *setting, const struct key *key,
                          void *field) {
    struct batch *batch = field;
    void *practices = NULL;
    int n, r = begin_list(settings, setting, key, sizeof *batch->practices, &practices, &n);
    batch->practices = practices;
    for (int i = 0; i < n && r == 0; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        struct practice *practice = &batch->practices[batch->n_practices++];
        r = config_setting_type(group) == CONFIG_TYPE_GROUP
                ? settings_take(settings, group, practice_keys, ELEMENTSOF(practice_keys), practice)
                : settings_refuse(settings, group, key, NULL);
    }
    return r;
}

static int take_deck_theme(struct settings *settings, const config_setting_t *setting, const struct key *key,
                           void *field) {
    enum theme theme = theme_from_id(or_empty(setting_text(setting)));
    if (theme == THEME_OWN)
        return settings_refuse(settings, setting, key,
                               "those are the lines a person keeps; a deck has another theme");
    if (theme == THEME_NONE)
        return settings_refuse(settings, setting, key, NULL);
    *(enum theme *)field = theme;
    return 0;
}

static int take_deck_language(struct settings *settings, const config_setting_t *setting,
                              const struct key *key, void *field) {
    const char *text = setting_text(setting);
    return text && is_language(text) ? take_text(settings, setting, key, field)
                                     : settings_refuse(settings, setting, key, NULL);
}

#define OF_BATCH(field) offsetof(struct batch, field)

static const struct key deck_keys[] = {
    {"theme", take_deck_theme, OF_BATCH(theme), 0, 0,
     "kindness, acceptance, humanity, noticing, friend, care, image, respect, forgiveness or patience", NULL,
     false},
    {"language", take_deck_language, OF_BATCH(language), 0, DECK_ID_MAX,
     "a language such as \"en\" or \"pt-BR\"", NULL, false},
    {"title", take_text, OF_BATCH(title), 0, DECK_TITLE_MAX,
     "a text of one line in quotes, at most 500 bytes", NULL, false},
    {"license", take_text, OF_BATCH(license), 0, DECK_TITLE_MAX,
     "a text of one line in quotes, at most 500 bytes", NULL, false},
    {"reviewed", take_bool, OF_BATCH(reviewed), 0, 0, "true or false", NULL, false},
    {"prompts", take_prompts, 0, 0, LIBRARY_PROMPTS_MAX,
     "a list of at most 100000 groups, such as ( { id = \"care-01\"; text = \"...\"; } )", NULL, false},
    {"practices", take_practices, 0, 0, LIBRARY_PRACTICES_MAX,
     "a list of at most 1000 groups, such as ( { id = \"pause\"; title = \"...\"; steps = ( \"...\" ); } )",
     NULL, false},
};

static int check_theme(struct settings *settings, const config_setting_t *root) {
    const config_setting_t *prompts = config_setting_get_member(root, "prompts");
    if (!prompts && !config_setting_get_member(root, "practices"))
        return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                            "there are no \"prompts\" and no \"practices\"; a deck has at least one of them");
    if (prompts && !config_setting_get_member(root, "theme"))
        return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                            "\"theme\" is missing; it must be %s", deck_keys[0].allowed);
    return 0;
}

/* Ids are unique among prompts and practices together, in the file and in the library; but a practice may be
 * there once in each language. */

static size_t collect_ids(const config_setting_t *root, const char *name, const config_setting_t **ids,
                          size_t n_ids) {
    const config_setting_t *list = config_setting_get_member(root, name);
    int n = list && config_setting_is_aggregate(list) ? config_setting_length(list) : 0;
    for (int i = 0; i < n; i++) {
        const config_setting_t *id =
            config_setting_get_member(config_setting_get_elem(list, (unsigned)i), "id");
        if (id && config_setting_get_string(id))
            ids[n_ids++] = id;
    }
    return n_ids;
}

static int compare_ids(const void *a, const void *b) {
    const config_setting_t *left = *(const config_setting_t *const *)a;
    const config_setting_t *right = *(const config_setting_t *const *)b;
    unsigned left_line = config_setting_source_line(left), right_line = config_setting_source_line(right);
    int order = strcmp(config_setting_get_string(left), config_setting_get_string(right));
    return order ? order : (left_line > right_line) - (left_line < right_line);
}

static bool is_taken(const struct batch *batch, const config_setting_t *id) {
    const char *text = config_setting_get_string(id);
    const config_setting_t *list = config_setting_parent(config_setting_parent(id));
    bool practice = streq(config_setting_name(list), "practices");
    return library_find_prompt(batch->library, text) ||
           library_has_practice(batch->library, text, practice ? batch->language : NULL);
}

static int check_id(struct settings *settings, const struct batch *batch, const config_setting_t *before,
                    const config_setting_t *id) {
    const char *text = config_setting_get_string(id);
    char reason[96];
    if (before && streq(config_setting_get_string(before), text))
        snprintf(reason, sizeof reason, "that id stands in line %u already; each is given once",
                 config_setting_source_line(before));
    else if (is_taken(batch, id))
        snprintf(reason, sizeof reason, "another deck has that id already; each is given once");
    else
        return 0;
    return settings_refuse(settings, id, &prompt_keys[0], reason);
}

static int check_ids(struct settings *settings, const struct batch *batch) {
    const config_setting_t *root = config_root_setting(&settings->config);
    _cleanup_free_ const config_setting_t **ids =
        calloc(batch->n_prompts + batch->n_practices + 1, sizeof *ids);
    if (!ids)
        return -ENOMEM;
    size_t n = collect_ids(root, "prompts", ids, 0);
    n = collect_ids(root, "practices", ids, n);
    qsort(ids, n, sizeof *ids, compare_ids);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = check_id(settings, batch, i ? ids[i - 1] : NULL, ids[i]);
    return r;
}

static int check_room(struct settings *settings, const struct batch *batch) {
    if (batch->library->n_prompts + batch->n_prompts <= LIBRARY_PROMPTS_MAX &&
        batch->library->n_practices + batch->n_practices <= LIBRARY_PRACTICES_MAX)
        return 0;
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                        "all decks together have at most %d prompts and %d practices", LIBRARY_PROMPTS_MAX,
                        LIBRARY_PRACTICES_MAX);
}

/* Into the library. */

static int compare_prompts(const void *a, const void *b) {
    return strcmp(((const struct prompt *)a)->id, ((const struct prompt *)b)->id);
}

/* From the ends of both, so that the library's own prompts move up at most once. Room has been made. */
static void merge_prompts(struct library *library, struct batch *batch) {
    size_t to = library->n_prompts + batch->n_prompts, kept = library->n_prompts;
    library->n_prompts = to;
    while (batch->n_prompts > 0) {
        const struct prompt *last = &batch->prompts[batch->n_prompts - 1];
        bool old = kept > 0 && strcmp(library->prompts[kept - 1].id, last->id) > 0;
        library->prompts[--to] = old ? library->prompts[--kept] : batch->prompts[--batch->n_prompts];
    }
}

/* What the deck says of all that is in it. */
static int mark_all(struct batch *batch) {
    for (size_t i = 0; i < batch->n_prompts; i++) {
        batch->prompts[i].theme = batch->theme;
        batch->prompts[i].named = strstr(batch->prompts[i].text, PROMPT_NAME);
    }
    for (size_t i = 0; batch->language && i < batch->n_practices; i++) {
        struct practice *practice = &batch->practices[i];
        practice->rank = batch->rank;
        practice->language = strdup(batch->language);
        if (!practice->language)
            return -ENOMEM;
    }
    return 0;
}

static int merge(struct library *library, struct batch *batch) {
    int r = array_reserve(&library->prompts, &library->prompts_capacity,
                          library->n_prompts + batch->n_prompts, sizeof *library->prompts);
    if (r == 0)
        r = array_reserve(&library->practices, &library->practices_capacity,
                          library->n_practices + batch->n_practices, sizeof *library->practices);
    if (r < 0)
        return r;
    if (batch->n_prompts > 0) {
        library->themes |= THEME_BIT(batch->theme);
        qsort(batch->prompts, batch->n_prompts, sizeof *batch->prompts, compare_prompts);
    }
    library->all_reviewed = library->all_reviewed && batch->reviewed;
    merge_prompts(library, batch);
    for (size_t i = 0; i < batch->n_practices; i++)
        library->practices[library->n_practices++] = batch->practices[i];
    batch->n_practices = 0;
    return 0;
}

/* For the check of wording: every text with its line. The library will hold the texts. */

static unsigned line_of(const config_setting_t *group, const char *name) {
    const config_setting_t *member = config_setting_get_member(group, name);
    return member ? config_setting_source_line(member) : 0;
}

static int lint_practice(struct lint *lint, const config_setting_t *group, const struct practice *practice) {
    const config_setting_t *steps = config_setting_get_member(group, "steps");
    int r = lint_add_step(lint, practice->id, 0, practice->title, line_of(group, "title"));
    for (size_t i = 0; i < practice->n_steps && r == 0; i++) {
        const config_setting_t *step =
            config_setting_is_aggregate(steps) ? config_setting_get_elem(steps, (unsigned)i) : steps;
        r = lint_add_step(lint, practice->id, i + 1, practice->steps[i], config_setting_source_line(step));
    }
    return r;
}

static int lint_batch(struct lint *lint, const struct settings *settings, const struct batch *batch) {
    const config_setting_t *root = config_root_setting(&settings->config);
    const config_setting_t *prompts = config_setting_get_member(root, "prompts");
    const config_setting_t *practices = config_setting_get_member(root, "practices");
    int r = lint_add_deck(lint, settings->path, batch->language, batch->theme, line_of(root, "prompts"));
    for (size_t i = 0; i < batch->n_prompts && r == 0; i++) {
        const config_setting_t *group = config_setting_get_elem(prompts, (unsigned)i);
        r = lint_add_prompt(lint, &batch->prompts[i], line_of(group, "text"), line_of(group, "nameless"));
    }
    for (size_t i = 0; i < batch->n_practices && r == 0; i++)
        r = lint_practice(lint, config_setting_get_elem(practices, (unsigned)i), &batch->practices[i]);
    return r;
}

/* Which files are wanted: those of any of several languages, or of none; or, with no languages, all. */
struct wanted {
    const char *folder_language; /* NULL: the folder is of no language */
    char *const *languages;
    size_t n_languages;
    struct lint *lint; /* NULL: nobody looks at the wording */
};

/* The language's place among them; n_languages when it isn't there. */
static size_t rank_of(const struct wanted *wanted, const char *language) {
    size_t rank = 0;
    while (rank < wanted->n_languages && !streq(wanted->languages[rank], language))
        rank++;
    return rank;
}

static bool is_wanted(const struct wanted *wanted, const char *language) {
    return !language || !wanted->languages || rank_of(wanted, language) < wanted->n_languages;
}

static int check_language(struct settings *settings, const struct wanted *wanted, const char *language) {
    if (!wanted->folder_language || !language || streq(wanted->folder_language, language))
        return 0;
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                        "\"language\" is \"%s\", but the file lies in the folder of \"%s\"", language,
                        wanted->folder_language);
}

/* In the folder of a language a deck needn't name it. */
static int settle_language(const struct wanted *wanted, struct batch *batch) {
    if (!batch->language && wanted->folder_language) {
        batch->language = strdup(wanted->folder_language);
        if (!batch->language)
            return -ENOMEM;
    }
    if (batch->language)
        batch->rank = (unsigned)rank_of(wanted, batch->language);
    return 0;
}

static int read_batch(struct settings *settings, const struct wanted *wanted, struct batch *batch) {
    const config_setting_t *root = config_root_setting(&settings->config);
    int r = settings_take(settings, root, deck_keys, ELEMENTSOF(deck_keys), batch);
    if (r == 0)
        r = check_theme(settings, root);
    if (r == 0)
        r = check_language(settings, wanted, batch->language);
    if (r == 0)
        r = settle_language(wanted, batch);
    if (r < 0 || !is_wanted(wanted, batch->language))
        return r;
    r = check_ids(settings, batch);
    return r < 0 ? r : check_room(settings, batch);
}

/* `text` NULL: what stands in the file. */
static int load(struct library *library, const char *path, const char *text, const struct wanted *wanted,
                struct mistakes *mistakes) {
    struct batch batch = {.library = library, .theme = THEME_NONE, .reviewed = true};
    size_t n_errors = mistakes->n_errors;
    struct settings settings;
    int r = text ? settings_read_text(&settings, path, text, mistakes, NULL)
                 : settings_read(&settings, path, DECK_FILE_MAX, mistakes, NULL);
    if (r == 0)
        r = read_batch(&settings, wanted, &batch);
    if (r == 0 && mistakes->n_errors > n_errors)
        r = -EINVAL;
    bool add = r == 0 && is_wanted(wanted, batch.language);
    if (add)
        r = mark_all(&batch);
    if (add && r == 0 && wanted->lint)
        r = lint_batch(wanted->lint, &settings, &batch);
    if (add && r == 0)
        r = merge(library, &batch);
    settings_done(&settings);
    batch_done(&batch);
    return r;
}

int deck_load_file(struct library *library, const char *path, struct mistakes *mistakes) {
    return deck_lint_file(library, path, NULL, mistakes);
}

int deck_lint_file(struct library *library, const char *path, struct lint *lint, struct mistakes *mistakes) {
    return load(library, path, NULL, &(struct wanted){.lint = lint}, mistakes);
}

int deck_lint_text(struct library *library, const char *path, const char *text, struct lint *lint,
                   struct mistakes *mistakes) {
    return load(library, path, text, &(struct wanted){.lint = lint}, mistakes);
}

bool deck_is_deck(const char *path) {
    struct mistakes ignored = {0};
    struct settings settings;
    bool deck = false;
    if (settings_read(&settings, path, DECK_FILE_MAX, &ignored, NULL) == 0) {
        const config_setting_t *root = config_root_setting(&settings.config);
        deck = config_setting_get_member(root, "prompts") || config_setting_get_member(root, "practices");
    }
    settings_done(&settings);
    mistakes_done(&ignored);
    return deck;
}

/* Folders. */

static int is_deck_name(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return *entry->d_name != '.' && length > 5 && streq(entry->d_name + length - 5, ".conf");
}

static int compare_entries(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_entry(struct library *library, const char *folder, const char *name,
                      const struct wanted *wanted, struct mistakes *mistakes) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    int r = load(library, path, NULL, wanted, mistakes);
    return r == -ENOMEM ? r : 0;
}

static int load_folder(struct library *library, const char *folder, const struct wanted *wanted,
                       struct mistakes *mistakes) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_deck_name, compare_entries);
    if (n < 0 && errno == ENOMEM)
        return -ENOMEM;
    if (n < 0 && errno == ENOENT)
        return 0;
    if (n < 0) {
        mistakes->may_pass |= error_may_pass(-errno);
        return mistakes_add(mistakes, MISTAKE_ERROR, folder, 0, "can't be read: %s", strerror(errno));
    }
    int r = n > DECK_FILES_MAX ? mistakes_add(mistakes, MISTAKE_ERROR, folder, 0,
                                              "there are %d decks in this folder; only the first %d are read",
                                              n, DECK_FILES_MAX)
                               : 0;
    for (int i = 0; i < n; i++) {
        if (r == 0 && i < DECK_FILES_MAX)
            r = load_entry(library, folder, entries[i]->d_name, wanted, mistakes);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static int load_language(struct library *library, const char *folder, const struct wanted *wanted,
                         struct mistakes *mistakes) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, wanted->folder_language) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    return load_folder(library, path, wanted, mistakes);
}

int deck_load_folder(struct library *library, const char *folder, char *const *languages, size_t n_languages,
                     struct mistakes *mistakes) {
    return deck_lint_folder(library, folder, languages, n_languages, NULL, mistakes);
}

int deck_lint_folder(struct library *library, const char *folder, char *const *languages, size_t n_languages,
                     struct lint *lint, struct mistakes *mistakes) {
    struct wanted wanted = {.languages = languages, .n_languages = n_languages, .lint = lint};
    int r = 0;
    for (size_t i = 0; i < n_languages && r == 0; i++) {
        wanted.folder_language = languages[i];
        if (rank_of(&wanted, languages[i]) == i)
            r = load_language(library, folder, &wanted, mistakes);
    }
    wanted.folder_language = NULL;
    return r < 0 ? r : load_folder(library, folder, &wanted, mistakes);
}

/* Whether DIR/LANG has decks. */
static int has_decks(const char *folder, const char *language, bool *ret) {
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, language) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    struct dirent **entries;
    int n = scandir(path, &entries, is_deck_name, NULL);
    if (n < 0)
        return error_may_pass(-errno) ? -errno : 0;
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    *ret |= n > 0;
    return 0;
}

int deck_settle_languages(struct schedule *schedule, char *const *folders, size_t n_folders) {
    size_t n = 0;
    bool found = !schedule->languages_by_locale;
    while (!found && n < schedule->n_languages) {
        for (size_t i = 0; i < n_folders; i++) {
            int r = has_decks(folders[i], schedule->languages[n], &found);
            if (r < 0)
                return r;
        }
        n++;
    }
    while (schedule->languages_by_locale && schedule->n_languages > n)
        free(schedule->languages[--schedule->n_languages]);
    return 0;
}
