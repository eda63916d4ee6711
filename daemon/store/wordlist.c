/* Word lists are read as decks are, by tables of keys. Whatever is wrong with one is told; a list with
 * mistakes isn't used, so that half a list doesn't pass for a whole one. */
#include "daemon/store/wordlist.h"

#include "daemon/store/settings.h"

#include <stdio.h>
#include <unistd.h>

#define WORDS_ALLOWED                                                                                        \
    "a list of at most 1000 words or phrases; \"*\" may end a word, and \" ... \" stand once between two"

static int take_phrase(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    const char *text = setting_text(setting);
    int r = text ? phrases_add(field, text) : -EINVAL;
    return r == -EINVAL || r == -E2BIG ? settings_refuse(settings, setting, key, NULL) : r;
}

static int take_phrases(struct settings *settings, const config_setting_t *setting, const struct key *key,
                        void *field) {
    return settings_each(settings, setting, key, take_phrase, field);
}

#define OF_BANNED(field) offsetof(struct banned, field)

static const struct key banned_keys[] = {
    {"why", take_text, OF_BANNED(why), 1, WORDLIST_WHY_MAX, "a text of one line in quotes, 1 to 100 bytes",
     NULL, true},
    {"words", take_phrases, OF_BANNED(words), 1, WORDLIST_WORDS_MAX, WORDS_ALLOWED, NULL, true},
};

static int take_banned_group(struct settings *settings, const config_setting_t *setting,
                             const struct key *key, void *field) {
    struct wordlist *list = field;
    if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
        return settings_refuse(settings, setting, key, NULL);
    struct banned *group = list_append(&list->banned, &list->n_banned, sizeof *group);
    return group ? settings_take(settings, setting, banned_keys, ELEMENTSOF(banned_keys), group) : -ENOMEM;
}

static int take_banned(struct settings *settings, const config_setting_t *setting, const struct key *key,
                       void *field) {
    return settings_each(settings, setting, key, take_banned_group, field);
}

static int take_list_language(struct settings *settings, const config_setting_t *setting,
                              const struct key *key, void *field) {
    const char *text = setting_text(setting);
    return text && is_language(text) ? take_text(settings, setting, key, field)
                                     : settings_refuse(settings, setting, key, NULL);
}

#define OF_LIST(field) offsetof(struct wordlist, field)

static const struct key wordlist_keys[] = {
    {"language", take_list_language, OF_LIST(language), 0, 64, "a language such as \"en\" or \"pt-BR\"", NULL,
     true},
    {"conditional", take_phrases, OF_LIST(conditional), 0, WORDLIST_WORDS_MAX, WORDS_ALLOWED, NULL, false},
    {"exits", take_phrases, OF_LIST(exits), 0, WORDLIST_WORDS_MAX, WORDS_ALLOWED, NULL, false},
    {"banned", take_banned, 0, 0, WORDLIST_BANNED_MAX,
     "a list of at most 64 groups, such as ( { why = \"pressure\"; words = [\"must\"]; } )", NULL, false},
};

/* The file's name is how a list is found. */
static int check_name(struct settings *settings, const struct wordlist *list) {
    const char *slash = strrchr(settings->path, '/'), *name = slash ? slash + 1 : settings->path;
    size_t length = list->language ? strlen(list->language) : 0;
    if (!list->language || (strncmp(name, list->language, length) == 0 && streq(name + length, ".conf")))
        return 0;
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                        "\"language\" is \"%s\", but the list of that language is called %s.conf",
                        list->language, list->language);
}

static int read_list(struct settings *settings, struct wordlist *list) {
    size_t n_errors = settings->mistakes->n_errors;
    int r = settings_take(settings, config_root_setting(&settings->config), wordlist_keys,
                          ELEMENTSOF(wordlist_keys), list);
    if (r == 0)
        r = check_name(settings, list);
    return r == 0 && settings->mistakes->n_errors > n_errors ? -EINVAL : r;
}

int wordlist_load(const char *path, struct mistakes *mistakes, struct wordlist **ret) {
    _cleanup_(wordlist_freep) struct wordlist *list = calloc(1, sizeof *list);
    struct settings settings;
    if (!list)
        return -ENOMEM;
    int r = settings_read(&settings, path, WORDLIST_FILE_MAX, mistakes, NULL);
    if (r == 0)
        r = read_list(&settings, list);
    settings_done(&settings);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(list);
    return 0;
}

int wordlist_find(const char *folder, const char *language, struct mistakes *mistakes,
                  struct wordlist **ret) {
    size_t lengths[] = {strlen(language), strcspn(language, "-")};
    for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%s/%.*s.conf", folder, (int)lengths[i], language) < 0) {
            path = NULL;
            return -ENOMEM;
        }
        if (access(path, F_OK) == 0)
            return wordlist_load(path, mistakes, ret);
    }
    *ret = NULL;
    return 0;
}

bool wordlist_is_list(const char *path) {
    struct mistakes ignored = {0};
    struct settings settings;
    bool list = false;
    if (settings_read(&settings, path, WORDLIST_FILE_MAX, &ignored, NULL) == 0) {
        const config_setting_t *root = config_root_setting(&settings.config);
        for (size_t i = 1; i < ELEMENTSOF(wordlist_keys) && !list; i++)
            list = config_setting_get_member(root, wordlist_keys[i].name);
    }
    settings_done(&settings);
    mistakes_done(&ignored);
    return list;
}
