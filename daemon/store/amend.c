/* libconfig says what a text means, but of places only the line. So it is asked which member of which group
 * is meant, and the text is counted through to that one: members and items come in the same order in both.
 * What is counted through was read by libconfig before, so the scanner has nothing to check.
 *
 * A list has a comma between two items and none at its ends. A reminder that becomes a comment takes one
 * along, written so that taking the comment's sign away brings the reminder back. A comment is done line by
 * line with "#": a block comment would end at the first one inside.
 *
 * Each change is made on a copy, which has to be readable before it takes the place of the text. */
#include "daemon/store/amend.h"

#include "daemon/store/settings.h"

#include <stdio.h>

#define INDENT    "    "
#define REMINDERS "reminders"
#define THEMES    "themes"

/* --- Reading ---------------------------------------------------------------------------------- */

static int read_text(config_t *config, const char *path, const char *text, struct mistakes *mistakes) {
    struct settings settings;
    int r = settings_read_text(&settings, path, text, mistakes, NULL);
    *config = settings.config;
    return r;
}

int amend_init(struct amend *amend, const char *path, const char *text, size_t size,
               struct mistakes *mistakes) {
    *amend = (struct amend){.path = path, .size = size};
    config_init(&amend->config);
    if (memchr(text, '\0', size)) {
        int r =
            mistakes_add(mistakes, MISTAKE_ERROR, path, 0, "there is a NUL byte in it; a text file has none");
        return r < 0 ? r : -EINVAL;
    }
    amend->text = strndup(text, size);
    if (!amend->text)
        return -ENOMEM;
    config_destroy(&amend->config);
    return read_text(&amend->config, path, amend->text, mistakes);
}

void amend_done(struct amend *amend) {
    config_destroy(&amend->config);
    free(amend->text);
    *amend = (struct amend){0};
}

/* Takes `text` over, if it can be read. */
static int adopt(struct amend *amend, char *text) {
    struct mistakes ignored = {0};
    config_t config;
    int r = read_text(&config, amend->path, text, &ignored);
    mistakes_done(&ignored);
    if (r < 0) {
        config_destroy(&config);
        free(text);
        return r;
    }
    config_destroy(&amend->config);
    free(amend->text);
    amend->config = config;
    amend->text = text;
    amend->size = strlen(text);
    return 0;
}

const config_setting_t *amend_find_reminder(const struct amend *amend, const char *name) {
    const config_setting_t *list = config_lookup(&amend->config, REMINDERS), *item;
    if (!list || !config_setting_is_aggregate(list))
        return NULL;
    for (unsigned i = 0; (item = config_setting_get_elem(list, i)); i++) {
        const char *found;
        if (config_setting_is_group(item) && config_setting_lookup_string(item, "name", &found) &&
            streq(found, name))
            return item;
    }
    return NULL;
}

/* The group a path is in, and the key in it. NULL: there is no such group. A name may have a dot, a key not.
 */
static const config_setting_t *find_group(const struct amend *amend, const char *path, const char **ret_key) {
    const char *dot = strrchr(path, '.');
    *ret_key = dot ? dot + 1 : path;
    if (!dot)
        return config_root_setting(&amend->config);
    char name[128];
    if ((size_t)(dot - path) >= sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    const config_setting_t *group = streq(name, THEMES)
                                        ? config_setting_get_member(config_root_setting(&amend->config), name)
                                        : amend_find_reminder(amend, name);
    return group && config_setting_is_group(group) ? group : NULL;
}

const config_setting_t *amend_find(const struct amend *amend, const char *path) {
    const char *key;
    const config_setting_t *group = find_group(amend, path, &key);
    return group ? config_setting_get_member(group, key) : NULL;
}

/* --- Counting through ------------------------------------------------------------------------- */

struct token {
    size_t start, end;
    char kind; /* a punctuation, '"' for a string, 'a' for anything else; 0: the text's end */
};

static size_t line_start(const char *text, size_t at) {
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

/* The line break, or the end of the text. */
static size_t line_end(const char *text, size_t at) {
    return at + strcspn(text + at, "\n");
}

/* The length of a comment at that place, without its line break; 0: there is none. */
static size_t comment_length(const char *at) {
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*')
        return 0;
    const char *end = strstr(at + 2, "*/");
    return end ? (size_t)(end - at) + 2 : strlen(at);
}

static size_t string_length(const char *at) {
    size_t length = 1;
    while (at[length] && at[length] != '"' && at[length] != '\n')
        length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return length + (at[length] == '"');
}

static struct token next_token(const char *text, size_t at) {
    for (size_t length; (length = strspn(text + at, " \t\r\f\n") + comment_length(text + at)) > 0;)
        at += strchr(" \t\r\f\n", text[at]) ? strspn(text + at, " \t\r\f\n") : length;
    char c = text[at];
    if (c == '\0')
        return (struct token){at, at, 0};
    if (c == '"')
        return (struct token){at, at + string_length(text + at), '"'};
    if (strchr("()[]{},;:=", c))
        return (struct token){at, at + 1, c};
    size_t length = strcspn(text + at, " \t\r\f\n()[]{},;:=\"#/");
    return (struct token){at, at + MAX_OF(length, (size_t)1), 'a'};
}

/* The value that begins with the next token: what is between two brackets, or strings that belong together.
 */
static struct token value_at(const char *text, size_t at) {
    struct token value = next_token(text, at), token = value;
    for (size_t depth = 0; token.kind;) {
        depth += strchr("([{", token.kind) != NULL;
        depth -= depth > 0 && strchr(")]}", token.kind);
        value.end = token.end;
        struct token next = next_token(text, token.end);
        if (depth == 0 && !(token.kind == '"' && next.kind == '"'))
            break;
        token = next;
    }
    return value;
}

/* A member of a group, or an item of a list. */
struct place {
    size_t name;       /* where it begins: a member's name, an item itself */
    size_t start, end; /* the value */
    size_t after;      /* past what separates it from the next one, if it has that; else `end` */
};

/* The one at `at` or behind; false when there is none any more. */
static bool next_place(const char *text, size_t at, bool is_group, struct place *ret) {
    struct token first = next_token(text, at);
    if (first.kind == 0 || strchr(")]}", first.kind))
        return false;
    struct token value = value_at(text, is_group ? next_token(text, first.end).end : at);
    struct token after = next_token(text, value.end);
    bool separates = after.kind == ',' || (is_group && after.kind == ';');
    *ret = (struct place){first.start, value.start, value.end, separates ? after.end : value.end};
    return true;
}

/* Where the text itself begins: some editors write a mark before it. */
static size_t text_start(const char *text) {
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* What a setting holds, between its brackets; the whole text for that of the file. */
static struct place inside(const char *text, const config_setting_t *setting);

static struct place place_of(const char *text, const config_setting_t *setting) {
    const config_setting_t *parent = config_setting_parent(setting);
    size_t at = inside(text, parent).start;
    struct place place = {0};
    for (int i = config_setting_index(setting); i >= 0; i--) {
        next_place(text, at, config_setting_is_group(parent), &place);
        at = place.after;
    }
    return place;
}

static struct place inside(const char *text, const config_setting_t *setting) {
    if (config_setting_is_root(setting))
        return (struct place){.start = text_start(text), .end = strlen(text)};
    struct place place = place_of(text, setting);
    return (struct place){.start = place.start + 1, .end = place.end - 1};
}

/* --- Changing --------------------------------------------------------------------------------- */

/* Makes `text`, which is the caller's, another one: `with` instead of what stands from `start` to `end`. */
static int splice(char **text, size_t start, size_t end, const char *with) {
    char *changed;
    if (asprintf(&changed, "%.*s%s%s", (int)start, *text, with, *text + end) < 0)
        return -ENOMEM;
    free(*text);
    *text = changed;
    return 0;
}

static bool is_blank(const char *text, size_t start, size_t end) {
    return start + strspn(text + start, " \t\r") >= end;
}

/* As the line before ends, or the first one. */
static const char *line_break(const char *text, size_t at) {
    size_t start = line_start(text, at), end = start > 0 ? start - 1 : line_end(text, 0);
    return end > 0 && text[end] == '\n' && text[end - 1] == '\r' ? "\r\n" : "\n";
}

/* Whether only a comment follows on the line. */
static bool ends_line(const char *text, size_t at) {
    size_t end = line_end(text, at), next = at + strspn(text + at, " \t\r");
    return next >= end || text[next] == '#' || (text[next] == '/' && text[next + 1] == '/');
}

/* The next comment that has lines of its own, from `*at` to `end`, where nothing but blanks and comments is.
 */
static bool next_comment_line(const char *text, size_t *at, size_t end) {
    while (*at < end) {
        size_t length = comment_length(text + *at);
        bool is_block = text[*at] == '/' && text[*at + 1] == '*';
        if (length > 0 && !is_block && is_blank(text, line_start(text, *at), *at))
            return true;
        *at += MAX_OF(length, (size_t)1);
    }
    return false;
}

/* Past the sign of a comment and blanks. */
static const char *comment_words(const char *comment) {
    comment += *comment == '/' ? 2 : strspn(comment, "#");
    return comment + strspn(comment, " \t");
}

/* Whether the comment shows the key: "# gap = ...". */
static bool shows_key(const char *comment, const char *key) {
    const char *words = comment_words(comment);
    size_t length = strlen(key);
    if (strncmp(words, key, length) != 0)
        return false;
    words += length + strspn(words + length, " \t");
    return *words == '=' || *words == ':';
}

/* The end of a line that shows the key in the group, between its members. */
static bool find_example(const char *text, struct place group, const char *key, size_t *ret_end) {
    struct place member = {.after = group.start};
    for (bool more = true; more;) {
        size_t at = member.after;
        more = next_place(text, at, true, &member);
        size_t end = more ? member.name : group.end;
        for (; next_comment_line(text, &at, end); at = line_end(text, at))
            if (shows_key(text + at, key)) {
                *ret_end = line_end(text, at);
                return true;
            }
    }
    return false;
}

/* Blanks with which the group's members begin their lines. */
static int find_indent(const char *text, struct place group, bool is_root, char **ret) {
    struct place member = {.after = group.start};
    while (next_place(text, member.after, true, &member)) {
        size_t start = line_start(text, member.name);
        if (start < group.start || !is_blank(text, start, member.name))
            continue;
        *ret = strndup(text + start, member.name - start);
        return *ret ? 0 : -ENOMEM;
    }
    size_t start = line_start(text, group.end);
    int r = is_root ? asprintf(ret, "%s", "")
                    : asprintf(ret, "%.*s%s", (int)strspn(text + start, " \t"), text + start, INDENT);
    return r < 0 ? -ENOMEM : 0;
}

/* A line of its own at `at`, which is the end of another line, or the start of one. */
static int insert_line(char **text, size_t at, const char *indent, const char *line) {
    const char *end = line_break(*text, at);
    _cleanup_free_ char *lines = NULL;
    bool after = at > text_start(*text) && (*text)[at - 1] != '\n';
    if (after && (*text)[at] == '\n' && (*text)[at - 1] == '\r')
        at--;
    int r = after ? asprintf(&lines, "%s%s%s%s", end, indent, line, (*text)[at] ? "" : end)
                  : asprintf(&lines, "%s%s%s", indent, line, end);
    if (r < 0) {
        lines = NULL;
        return -ENOMEM;
    }
    return splice(text, at, at, lines);
}

/* In the line where the group's bracket closes, after what stands there. */
static int insert_inline(char **text, struct place group, const char *line) {
    struct place member = {0}, last = {0};
    for (size_t at = group.start; next_place(*text, at, true, &member); at = member.after)
        last = member;
    bool space = (*text)[group.end - 1] == ' ';
    _cleanup_free_ char *words = NULL;
    if (asprintf(&words, "%s%s ", space ? "" : " ", line) < 0) {
        words = NULL;
        return -ENOMEM;
    }
    int r = splice(text, group.end, group.end, words);
    return r == 0 && last.end > 0 && last.after == last.end ? splice(text, last.end, last.end, ";") : r;
}

static int insert_member(char **text, const config_setting_t *group, const char *key, const char *source) {
    struct place place = inside(*text, group);
    bool is_root = config_setting_is_root(group);
    _cleanup_free_ char *line = NULL, *indent = NULL;
    if (asprintf(&line, "%s = %s;", key, source) < 0) {
        line = NULL;
        return -ENOMEM;
    }
    int r = find_indent(*text, place, is_root, &indent);
    if (r < 0)
        return r;
    size_t at, closing = line_start(*text, place.end);
    if (find_example(*text, place, key, &at))
        return insert_line(text, at, indent, line);
    if (is_root)
        return insert_line(text, place.end, indent, line);
    if (closing >= place.start && is_blank(*text, closing, place.end))
        return insert_line(text, closing, indent, line);
    return insert_inline(text, place, line);
}

/* A weight, where the file has no group for them yet. */
static int add_themes(struct amend *amend, char **text, const char *key, const char *source) {
    const config_setting_t *root = config_root_setting(&amend->config);
    _cleanup_free_ char *group = NULL;
    if (config_setting_get_member(root, THEMES))
        return -EINVAL; /* but it is none */
    if (asprintf(&group, "{ %s = %s; }", key, source) < 0) {
        group = NULL;
        return -ENOMEM;
    }
    return insert_member(text, root, THEMES, group);
}

int amend_set(struct amend *amend, const char *path, const char *source) {
    const char *key;
    const config_setting_t *group = find_group(amend, path, &key);
    const config_setting_t *setting = group ? config_setting_get_member(group, key) : NULL;
    bool is_theme = strncmp(path, THEMES ".", sizeof THEMES) == 0;
    if (!group && !is_theme)
        return -ENOENT;
    char *text = strdup(amend->text);
    if (!text)
        return -ENOMEM;
    int r;
    if (setting) {
        struct place place = place_of(text, setting);
        r = splice(&text, place.start, place.end, source);
    } else
        r = group ? insert_member(&text, group, key, source) : add_themes(amend, &text, key, source);
    if (r < 0) {
        free(text);
        return r;
    }
    return adopt(amend, text);
}

/* --- Reminders as comments -------------------------------------------------------------------- */

/* Makes the lines from `start` to `end` comments; what else stands in the first and the last one gets a line
 * of its own. A blank at a line's start makes room for the sign, so that columns stay. */
static int comment_out(char **text, size_t start, size_t end) {
    const char *break_ = line_break(*text, start);
    int r = 0;
    if (!ends_line(*text, end))
        r = splice(text, end, end, break_);
    if (r == 0 && !is_blank(*text, line_start(*text, start), start)) {
        r = splice(text, start, start, break_);
        start += strlen(break_);
        end += strlen(break_);
    }
    for (size_t at = line_start(*text, start); r == 0 && at < end; at = line_end(*text, at) + 1) {
        bool room = (*text)[at] == ' ';
        r = splice(text, at, at + room, "#");
        end += !room;
    }
    return r;
}

/* The commas before and after an item; SIZE_MAX: there is none. */
static void find_commas(const char *text, const config_setting_t *item, size_t *ret_before,
                        size_t *ret_after) {
    struct place list = inside(text, config_setting_parent(item)), place = {.after = list.start};
    *ret_before = *ret_after = SIZE_MAX;
    for (int i = config_setting_index(item); i >= 0; i--) {
        if (place.end > 0)
            *ret_before = place.after - 1;
        next_place(text, place.after, false, &place);
    }
    if (place.after > place.end)
        *ret_after = place.after - 1;
}

/* Which comma goes along: one in the same line if there is one, so that whole lines become comments. */
static int drop(char **text, const config_setting_t *item) {
    struct place place = place_of(*text, item);
    size_t before, after;
    find_commas(*text, item, &before, &after);
    if (before != SIZE_MAX && is_blank(*text, before + 1, place.start))
        return comment_out(text, before, place.end);
    if (after != SIZE_MAX && is_blank(*text, place.end, after))
        return comment_out(text, place.start, after + 1);
    if (before != SIZE_MAX) { /* it stands at the end of another line */
        bool room = (*text)[place.start - 1] == ' ';
        int r = splice(text, place.start - room, place.start, ",");
        if (r == 0)
            r = splice(text, before, before + 1, "");
        return r < 0 ? r : comment_out(text, place.start - room - 1, place.end - room);
    }
    if (after != SIZE_MAX) { /* at the start of another line */
        int r = splice(text, after, after + 1, " ");
        if (r == 0)
            r = splice(text, place.end, place.end, ",");
        return r < 0 ? r : comment_out(text, place.start, place.end + 1);
    }
    return comment_out(text, place.start, place.end);
}

int amend_drop_reminder(struct amend *amend, const char *name) {
    const config_setting_t *item = amend_find_reminder(amend, name);
    if (!item)
        return -ENOENT;
    char *text = strdup(amend->text);
    if (!text)
        return -ENOMEM;
    int r = drop(&text, item);
    if (r < 0) {
        free(text);
        return r;
    }
    return adopt(amend, text);
}

/* A reminder in a comment: where its lines are, and what stands in them without the comment's sign. */
struct shown {
    size_t start, end;
    char *lines;
    struct token comma, group, last; /* in `lines`; `last` is a comma after the group, if there is one */
};

/* The lines from `at` on that are comments, without their sign, as long as they are one after another. */
static char *uncommented(const char *text, size_t at) {
    size_t start = line_start(text, at), end = start;
    while (text[end]) {
        size_t sign = end + strspn(text + end, " \t");
        if (text[sign] != '#')
            break;
        end = line_end(text, end) + (text[line_end(text, end)] == '\n');
    }
    char *lines = strndup(text + start, end - start);
    for (char *line = lines; line && *line; line += strcspn(line, "\n") + 1) {
        line[strspn(line, " \t")] = ' ';
        if (!line[strcspn(line, "\n")])
            break;
    }
    return lines;
}

/* Whether it is a group that the ordinary reader takes, and is called so. */
static bool is_group_named(const char *source, size_t size, const char *name) {
    struct amend trial;
    struct mistakes ignored = {0};
    _cleanup_free_ char *list = NULL;
    if (asprintf(&list, REMINDERS " = (%.*s\n);", (int)size, source) < 0) {
        list = NULL;
        return false;
    }
    bool found =
        amend_init(&trial, REMINDERS, list, strlen(list), &ignored) == 0 && amend_find_reminder(&trial, name);
    amend_done(&trial);
    mistakes_done(&ignored);
    return found;
}

/* What the comment at `at` shows, if it is that reminder. The caller frees its lines. */
static bool read_shown(const char *text, size_t at, const char *name, struct shown *ret) {
    const char *words = comment_words(text + at);
    if (text[at] != '#' || (*words != ',' && *words != '{'))
        return false;
    struct shown shown = {.start = line_start(text, at), .lines = uncommented(text, at)};
    if (!shown.lines)
        return false;
    struct token first = next_token(shown.lines, 0);
    shown.comma = first.kind == ',' ? first : (struct token){0};
    shown.group = value_at(shown.lines, shown.comma.end);
    struct token next = next_token(shown.lines, shown.group.end);
    shown.last =
        next.kind == ',' && next.start <= line_end(shown.lines, shown.group.end) ? next : (struct token){0};
    size_t end = MAX_OF(shown.group.end, shown.last.end);
    if (shown.group.kind != '{' || !ends_line(shown.lines, end) ||
        !is_group_named(shown.lines + shown.group.start, shown.group.end - shown.group.start, name)) {
        free(shown.lines);
        return false;
    }
    size_t length = line_end(shown.lines, end);
    shown.lines[length] = '\0';
    shown.end = shown.start;
    for (size_t line = 0; line < length || shown.end == shown.start; line = line_end(shown.lines, line) + 1)
        shown.end = line_end(text, shown.end + (shown.end > shown.start));
    *ret = shown;
    return true;
}

/* Takes it out of the comment, with the commas that its place needs. */
static int take_in(char **text, struct shown *shown, bool comma_before, bool comma_after) {
    char *lines = shown->lines;
    _cleanup_free_ char *with = NULL;
    if (shown->comma.end > 0 && !comma_before)
        lines[shown->comma.start] = ' ';
    if (shown->last.end > 0 && !comma_after)
        lines[shown->last.start] = ' ';
    if (asprintf(&with, "%.*s%s%.*s%s%s", (int)shown->group.start, lines,
                 comma_before && shown->comma.end == 0 ? "," : "",
                 (int)(shown->group.end - shown->group.start), lines + shown->group.start,
                 comma_after && shown->last.end == 0 ? "," : "", lines + shown->group.end) < 0) {
        with = NULL;
        return -ENOMEM;
    }
    return splice(text, shown->start, shown->end, with);
}

/* Looks through the comments between two items, and takes the reminder in if it is there; 1: it was. */
static int take_from_gap(char **text, size_t start, size_t end, bool first, bool last, const char *name) {
    struct token comma = next_token(*text, start);
    bool has_comma = comma.kind == ',' && comma.start < end;
    for (size_t at = start; at < end;) {
        if (has_comma && at == comma.start)
            at = comma.end;
        size_t stop = has_comma && at < comma.start ? comma.start : end;
        if (!next_comment_line(*text, &at, stop)) {
            at = stop;
            continue;
        }
        struct shown shown;
        if (read_shown(*text, at, name, &shown)) {
            bool is_after = has_comma && at > comma.start;
            int r = take_in(text, &shown, !first && !is_after, !last && (first || is_after));
            free(shown.lines);
            return r < 0 ? r : 1;
        }
        at = line_end(*text, at);
    }
    return 0;
}

static int take_from_comment(char **text, struct place list, const char *name) {
    struct place item = {.end = list.start, .after = list.start};
    int r = 0;
    for (bool first = true, last = false; r == 0 && !last; first = false) {
        size_t start = item.end;
        last = !next_place(*text, item.after, false, &item);
        r = take_from_gap(text, start, last ? list.end : item.start, first, last, name);
    }
    return r;
}

/* At the list's end: in a line of its own where its bracket has one, else in the line. */
static int append(char **text, struct place list, const char *source) {
    struct place item = {0}, last = {0};
    for (size_t at = list.start; next_place(*text, at, false, &item); at = item.after)
        last = item;
    size_t closing = line_start(*text, list.end), start = line_start(*text, last.start);
    bool lines = closing >= list.start && is_blank(*text, closing, list.end);
    _cleanup_free_ char *words = NULL, *indent = NULL;
    if (asprintf(&words, "%s%s", last.end == 0 ? "" : lines ? "," : ", ", source) < 0) {
        words = NULL;
        return -ENOMEM;
    }
    if (!lines)
        return splice(text, last.end ? last.end : list.start, last.end ? last.end : list.start, words);
    size_t column = last.start - start; /* where the last one begins; the comma stands before it */
    bool begins = last.end > 0 && column > 0 && strspn(*text + start, " \t,") >= column;
    indent = begins ? strndup(*text + start, column - 1) : strdup(last.end > 0 ? "" : INDENT);
    if (!indent)
        return -ENOMEM;
    for (char *comma = indent; (comma = strchr(comma, ','));)
        *comma = ' ';
    return insert_line(text, closing, indent, words);
}

int amend_add_reminder(struct amend *amend, const char *name, const char *source) {
    const config_setting_t *setting = config_lookup(&amend->config, REMINDERS);
    if (!setting || !config_setting_is_list(setting))
        return -ENOENT;
    if (amend_find_reminder(amend, name))
        return -EEXIST;
    char *text = strdup(amend->text);
    if (!text)
        return -ENOMEM;
    struct place list = inside(text, setting);
    int r = take_from_comment(&text, list, name);
    if (r == 0)
        r = append(&text, list, source);
    if (r < 0) {
        free(text);
        return r;
    }
    return adopt(amend, text);
}

/* --- Texts ------------------------------------------------------------------------------------ */

int amend_quote(const char *text, char **ret) {
    char *quoted = malloc(2 * strlen(text) + sizeof "\"\""), *end = quoted;
    if (!quoted)
        return -ENOMEM;
    *end++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *end++ = '\\';
        *end++ = *text;
    }
    *end++ = '"';
    *end = '\0';
    *ret = quoted;
    return 0;
}

struct line {
    const char *text;
    size_t size, number;
};

static struct line first_line(const char *text) {
    return (struct line){text, strcspn(text, "\n"), 1};
}

static bool line_is(const struct line *line, const struct line *other) {
    return line->size == other->size && memcmp(line->text, other->text, line->size) == 0;
}

static bool is_end(const struct line *line) {
    return *line->text == '\0';
}

static struct line next_line(struct line line) {
    const char *next = line.text + line.size + (line.text[line.size] == '\n');
    return (struct line){next, strcspn(next, "\n"), line.number + 1};
}

/* How many lines further the line comes in the other text; SIZE_MAX: never. */
static size_t lines_until(const struct line *line, struct line other) {
    for (size_t n = 0; !is_end(&other); n++, other = next_line(other))
        if (line_is(line, &other))
            return n;
    return SIZE_MAX;
}

/* Changes are few and in order: the side whose line comes sooner in the other one waits for it. */
void amend_compare(const char *before, const char *after,
                   void (*line)(void *userdata, char sign, size_t number, const char *text, size_t size),
                   void *userdata) {
    struct line old = first_line(before), new = first_line(after);
    while (!is_end(&old) || !is_end(&new)) {
        if (!is_end(&old) && !is_end(&new) && line_is(&old, &new)) {
            old = next_line(old);
            new = next_line(new);
            continue;
        }
        bool take_old = is_end(&new) || (!is_end(&old) && lines_until(&old, new) >= lines_until(&new, old));
        struct line *taken = take_old ? &old : &new;
        line(userdata, take_old ? '-' : '+', taken->number, taken->text,
             taken->size - (taken->size > 0 && taken->text[taken->size - 1] == '\r'));
        *taken = next_line(*taken);
    }
}
