/* Reading goes: file -> guard -> libconfig -> tables. libconfig 1.5 and its scanner don't check their own
 * allocations, so lack of memory inside them ends the program; everything on this side of them returns
 * -ENOMEM. */
#include "daemon/store/settings.h"

#include "daemon/store/guard.h"
#include "daemon/store/read.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* As much of a value as is told back. */
#define SHOWN_SIZE 72

/* Enough for each table's names in one message. */
#define NAMES_SIZE 256
#define KEYS_MAX   32

static int tell_unreadable(struct settings *settings, int error) {
    settings->mistakes->may_pass |= error_may_pass(error);
    int r = mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0, "can't be read: %s",
                         strerror(-error));
    return r < 0 ? r : error;
}

static int tell_unfit(struct settings *settings, const char *what, size_t size_max) {
    int r = mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, 0,
                         "%s; it must be a regular file of at most %zu MiB", what, size_max / (1024 * 1024));
    return r < 0 ? r : -EINVAL;
}

static int read_open_file(struct settings *settings, int fd, size_t size_max, char **ret_text,
                          size_t *ret_size) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return tell_unreadable(settings, -errno);
    if (!S_ISREG(status.st_mode))
        return tell_unfit(settings, "isn't a regular file", size_max);
    if ((uintmax_t)status.st_size > size_max)
        return tell_unfit(settings, "is too large", size_max);
    _cleanup_free_ char *text = malloc((size_t)status.st_size + sizeof "\n");
    if (!text)
        return -ENOMEM;
    int r = read_all(fd, text, (size_t)status.st_size, ret_size);
    if (r < 0)
        return tell_unreadable(settings, r);
    strcpy(text + (*ret_size)++,
           "\n"); /* libconfig refuses a comment at the end of the last line without it */
    *ret_text = TAKE_PTR(text);
    return 0;
}

/* Opened without blocking, because a FIFO would wait for its writer. */
static int read_file(struct settings *settings, size_t size_max, char **ret_text, size_t *ret_size) {
    int fd = open(settings->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return tell_unreadable(settings, -errno);
    int r = read_open_file(settings, fd, size_max, ret_text, ret_size);
    close(fd);
    return r;
}

static int tell_syntax(struct settings *settings, unsigned line, const char *message) {
    int r = mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line, "%s", message);
    return r < 0 ? r : -EINVAL;
}

/* libconfig's words, and ours. */
static const char *explain_syntax(const char *error) {
    static const struct {
        const char *theirs, *ours;
    } words[] = {
        {"duplicate setting name", "this key stands twice in its group; each is given once"},
        {"mismatched element type in array", "what stands in [ ] must be all of one kind"},
    };
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (error && streq(error, words[i].theirs))
            return words[i].ours;
    return "not understood here or just before; a setting reads: key = value;";
}

/* libconfig notes an item's text at the line where it looked ahead; `lines` knows better. */
static void place_texts(config_setting_t *setting, const struct guard_lines *lines, size_t *at) {
    if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
        if (!config_setting_name(setting) && *at < lines->n)
            setting->line = lines->items[*at];
        (*at)++;
    } else if (config_setting_is_aggregate(setting)) {
        int n = config_setting_length(setting);
        for (int i = 0; i < n; i++)
            place_texts(config_setting_get_elem(setting, (unsigned)i), lines, at);
    }
}

static int parse(struct settings *settings, const char *text, size_t size) {
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a UTF-8 file with it */
    if (strncmp(text, mark, sizeof mark - 1) == 0) {
        text += sizeof mark - 1;
        size -= sizeof mark - 1;
    }
    struct guard_lines lines;
    struct guard_finding finding;
    int r = guard_check(text, size, &lines, &finding);
    if (r == -EBADMSG)
        return tell_syntax(settings, finding.line, finding.message);
    if (r < 0)
        return r;
    if (config_read_string(&settings->config, text)) {
        size_t at = 0;
        place_texts(config_root_setting(&settings->config), &lines, &at);
    } else {
        r = tell_syntax(settings, (unsigned)config_error_line(&settings->config),
                        explain_syntax(config_error_text(&settings->config)));
    }
    free(lines.items);
    return r;
}

static void settings_init(struct settings *settings, const char *path, struct mistakes *mistakes,
                          void *userdata) {
    *settings = (struct settings){.path = path, .mistakes = mistakes, .userdata = userdata};
    config_init(&settings->config);
}

int settings_read_text(struct settings *settings, const char *path, const char *text,
                       struct mistakes *mistakes, void *userdata) {
    settings_init(settings, path, mistakes, userdata);
    _cleanup_free_ char *lines = NULL;
    if (asprintf(&lines, "%s\n", text) < 0) { /* as in read_open_file() */
        lines = NULL;
        return -ENOMEM;
    }
    return parse(settings, lines, strlen(lines));
}

int settings_read(struct settings *settings, const char *path, size_t size_max, struct mistakes *mistakes,
                  void *userdata) {
    settings_init(settings, path, mistakes, userdata);
    _cleanup_free_ char *text = NULL;
    size_t size = 0;
    int r = read_file(settings, size_max, &text, &size);
    return r < 0 ? r : parse(settings, text, size);
}

void settings_done(struct settings *settings) {
    config_destroy(&settings->config);
}

/* A value as it is told back, within SHOWN_SIZE and without half a character at the end. */
static const char *show_value(const config_setting_t *setting, char buffer[SHOWN_SIZE]) {
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return "a list";
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(setting) ? "true" : "false";
    case CONFIG_TYPE_FLOAT:
        snprintf(buffer, SHOWN_SIZE, "%g", config_setting_get_float(setting));
        return buffer;
    case CONFIG_TYPE_STRING:
        break;
    default:
        snprintf(buffer, SHOWN_SIZE, "%d", config_setting_get_int(setting));
        return buffer;
    }
    const char *text = or_empty(config_setting_get_string(setting));
    size_t length = 0, room = SHOWN_SIZE - sizeof "\"\"...";
    while (text[length] && utf8_sequence(text + length) && length + utf8_sequence(text + length) <= room)
        length += utf8_sequence(text + length);
    snprintf(buffer, SHOWN_SIZE, "\"%.*s\"%s", (int)length, text, text[length] ? "..." : "");
    return buffer;
}

int settings_refuse(struct settings *settings, const config_setting_t *setting, const struct key *key,
                    const char *reason) {
    char buffer[SHOWN_SIZE];
    const char *value = show_value(setting, buffer);
    const char *verb = config_setting_name(setting) ? "is" : "has";
    unsigned line = config_setting_source_line(setting);
    if (reason)
        return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line, "\"%s\" %s %s: %s",
                            key->name, verb, value, reason);
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line,
                        "\"%s\" %s %s, but must be %s", key->name, verb, value, key->allowed);
}

const char *setting_text(const config_setting_t *setting) {
    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return NULL;
    const char *text = or_empty(config_setting_get_string(setting));
    return text_is_plain(text) ? text : NULL;
}

int take_bool(struct settings *settings, const config_setting_t *setting, const struct key *key,
              void *field) {
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        return settings_refuse(settings, setting, key, NULL);
    *(bool *)field = config_setting_get_bool(setting);
    return 0;
}

int take_unsigned(struct settings *settings, const config_setting_t *setting, const struct key *key,
                  void *field) {
    if (config_setting_type(setting) != CONFIG_TYPE_INT)
        return settings_refuse(settings, setting, key, NULL);
    int value = config_setting_get_int(setting);
    if (value < 0 || (unsigned)value < key->low || (unsigned)value > key->high)
        return settings_refuse(settings, setting, key, NULL);
    *(unsigned *)field = (unsigned)value;
    return 0;
}

int take_text(struct settings *settings, const config_setting_t *setting, const struct key *key,
              void *field) {
    const char *text = setting_text(setting);
    if (!text || strlen(text) < key->low || strlen(text) > key->high)
        return settings_refuse(settings, setting, key, NULL);
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    *(char **)field = copy;
    return 0;
}

int settings_each(struct settings *settings, const config_setting_t *setting, const struct key *key,
                  int (*take)(struct settings *settings, const config_setting_t *setting,
                              const struct key *key, void *field),
                  void *field) {
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return take(settings, setting, key, field);
    int type = config_setting_type(setting), n = config_setting_length(setting);
    if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
        return settings_refuse(settings, setting, key, NULL);
    if ((unsigned)n < key->low || (unsigned)n > key->high)
        return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path,
                            config_setting_source_line(setting),
                            "\"%s\" has %d items, but must have %u to %u: %s", key->name, n,
                            (unsigned)key->low, (unsigned)key->high, key->allowed);
    int r = 0;
    for (int i = 0; i < n && r == 0; i++)
        r = take(settings, config_setting_get_elem(setting, (unsigned)i), key, field);
    return r;
}

static const struct key *find_key(const struct key *keys, size_t n_keys, const char *name) {
    for (size_t i = 0; i < n_keys; i++)
        if (streq(keys[i].name, name))
            return &keys[i];
    return NULL;
}

static int tell_unknown(struct settings *settings, const config_setting_t *setting, const struct key *keys,
                        size_t n_keys) {
    const char *known[KEYS_MAX];
    char names[NAMES_SIZE] = "";
    size_t length = 0, n = MIN_OF(n_keys, (size_t)KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        known[i] = keys[i].name;
        if (length < sizeof names)
            length +=
                (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", known[i]);
    }
    const char *name = config_setting_name(setting), *nearest = nearest_word(name, known, n);
    unsigned line = config_setting_source_line(setting);
    if (nearest)
        return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line,
                            "unknown key \"%.64s\": did you mean \"%s\"?", name, nearest);
    return mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path, line,
                        "unknown key \"%.64s\": allowed here are %s", name, names);
}

static int tell_missing(struct settings *settings, const config_setting_t *group, const struct key *keys,
                        size_t n_keys) {
    int r = 0;
    for (size_t i = 0; i < n_keys && r == 0; i++)
        if (keys[i].required && !config_setting_get_member(group, keys[i].name))
            r = mistakes_add(settings->mistakes, MISTAKE_ERROR, settings->path,
                             config_setting_source_line(group), "\"%s\" is missing; it must be %s",
                             keys[i].name, keys[i].allowed);
    return r;
}

int settings_take(struct settings *settings, const config_setting_t *group, const struct key *keys,
                  size_t n_keys, void *target) {
    int r = tell_missing(settings, group, keys, n_keys), n = config_setting_length(group);
    for (int i = 0; i < n && r == 0; i++) {
        const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        const struct key *key = find_key(keys, n_keys, config_setting_name(member));
        r = key ? key->take(settings, member, key, (char *)target + key->offset)
                : tell_unknown(settings, member, keys, n_keys);
    }
    return r;
}

void *list_append(void *array, size_t *n, size_t item_size) {
    char **items = array;
    char *larger = reallocarray(*items, *n + 1, item_size);
    if (!larger)
        return NULL;
    *items = larger;
    return memset(larger + item_size * (*n)++, 0, item_size);
}

bool is_language(const char *text) {
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return length >= 2 && length <= 35 && text[length] == '\0' && *text != '-';
}
