/* A format is text with fields, {open}, and optional parts, [● {open}], which are left out when a field in
 * them is empty; so a bar can be silent as long as there is nothing to say. A backslash takes the meaning of
 * the character after it, and \n and \t are what they are elsewhere. Parts don't nest.
 *
 * Fields come out as they are, without control characters. Only waybar's texts are markup (Pango's), so only
 * there it is escaped. */
#include "daemon/client/bar.h"

#include <stdio.h>

#include "daemon/client/outlook.h"
#include "daemon/client/rows.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/mistake.h"

/* What is to be shown; without properties and open prompts the daemon doesn't run. */
struct bar {
    struct client *client;
    const struct json_object *properties, *open;
    const char *format;  /* while it is put: */
    char *const *values; /* of the fields */
};

/* --- What there is to say --------------------------------------------------------------------- */

/* The first that holds is the state. Signs are in every font that has box drawing, and no picture. */
enum state { STATE_OFF, STATE_OPEN, STATE_PROBLEM, STATE_PAUSED, STATE_CALM };
static const struct {
    const char *name, *sign;
} states[] = {
    [STATE_OFF] = {"off", "·"},       [STATE_OPEN] = {"open", "●"}, [STATE_PROBLEM] = {"problem", "△"},
    [STATE_PAUSED] = {"paused", "◌"}, [STATE_CALM] = {"calm", "○"},
};

static bool is_put_off(const struct json_object *row) {
    return streq(row_text(row, "state"), "snoozed");
}

static bool is_waiting(const struct json_object *row) {
    return streq(row_text(row, "state"), "waiting");
}

/* Those that can be answered now. The others are not shown for a reason: a bar is no way around it. */
static size_t count_open(const struct bar *bar) {
    size_t n = 0, n_rows = bar->open ? json_object_array_length(bar->open) : 0;
    for (size_t i = 0; i < n_rows; i++) {
        const struct json_object *row = json_object_array_get_idx(bar->open, i);
        n += !is_put_off(row) && !is_waiting(row);
    }
    return n;
}

static enum state state_of(const struct bar *bar) {
    if (!bar->properties)
        return STATE_OFF;
    if (count_open(bar) > 0)
        return STATE_OPEN;
    if (*row_text(bar->properties, "Problem"))
        return STATE_PROBLEM;
    return row_usec(bar->properties, "PausedUntilUSec", 0) > 0 ? STATE_PAUSED : STATE_CALM;
}

/* A bar has little room: today goes without saying. */
static void put_time(FILE *out, const struct bar *bar, usec_t time) {
    char buffer[TIME_WORDS_SIZE];
    fputs(time_words_brief(time, client_now(), client_zone(bar->client), buffer), out);
}

static void put_state(FILE *out, const struct bar *bar) {
    fputs(states[state_of(bar)].name, out);
}

static void put_open(FILE *out, const struct bar *bar) {
    size_t n = count_open(bar);
    if (n > 0)
        fprintf(out, "%zu", n);
}

static void put_next(FILE *out, const struct bar *bar) {
    usec_t next = row_usec(bar->properties, "NextElapseUSec", USEC_INFINITY);
    if (next != USEC_INFINITY)
        put_time(out, bar, next);
}

static void put_reminder(FILE *out, const struct bar *bar) {
    print_clean(out, row_text(bar->properties, "NextReminder"));
}

static void put_paused(FILE *out, const struct bar *bar) {
    usec_t until = row_usec(bar->properties, "PausedUntilUSec", 0);
    if (until == USEC_INFINITY)
        fputs(translate_in_context(NC_("paused until", "resumed")), out);
    else if (until > 0)
        put_time(out, bar, until);
}

static void put_presence(FILE *out, const struct bar *bar) {
    print_clean(out, row_text(bar->properties, "Presence"));
}

static void put_problem(FILE *out, const struct bar *bar) {
    print_clean(out, row_text(bar->properties, "Problem"));
}

static const struct {
    const char *name, *about;
    void (*put)(FILE *out, const struct bar *bar);
} fields[] = {
    {"state", N_("open, problem, paused or calm, in this order; off when kindlyd does not run"), put_state},
    {"open", N_("how many prompts are there to be answered"), put_open},
    {"next", N_("when the next one comes: 15:40, tomorrow 09:00"), put_next},
    {"reminder", N_("the reminder it is of"), put_reminder},
    {"paused", N_("until when it is paused: 18:00, tomorrow 09:00, resumed"), put_paused},
    {"presence", N_("whether you are there, as last known"), put_presence},
    {"problem", N_("what needs a look, in a sentence"), put_problem},
};
#define FIELD_COUNT ELEMENTSOF(fields)

const char *bar_field(size_t index, const char **ret_about) {
    if (index >= FIELD_COUNT)
        return NULL;
    *ret_about = fields[index].about;
    return fields[index].name;
}

/* --- Formats ---------------------------------------------------------------------------------- */

enum token_kind {
    TOKEN_END,
    TOKEN_TEXT,
    TOKEN_FIELD,
    TOKEN_PART,     /* [ */
    TOKEN_PART_END, /* ] */
    TOKEN_NO_FIELD, /* {nothing-like-it} */
    TOKEN_STRAY,    /* a brace without its other one */
    TOKEN_NO_ESCAPE,
};

struct token {
    char text;         /* of TOKEN_TEXT and TOKEN_STRAY: one byte */
    size_t field;      /* its index */
    const char *begin; /* of TOKEN_NO_FIELD: the name */
    size_t size;
};

static enum token_kind take_escape(const char **at, struct token *ret) {
    const char *escape = *at + 1;
    switch (*escape) {
    case 'n':
        ret->text = '\n';
        break;
    case 't':
        ret->text = '\t';
        break;
    case '\\':
    case '{':
    case '}':
    case '[':
    case ']':
        ret->text = *escape;
        break;
    default:
        return TOKEN_NO_ESCAPE;
    }
    *at += 2;
    return TOKEN_TEXT;
}

static enum token_kind take_field(const char **at, struct token *ret) {
    ret->begin = *at + 1;
    ret->size = strcspn(ret->begin, "{}");
    if (ret->begin[ret->size] != '}') {
        ret->text = '{';
        return TOKEN_STRAY;
    }
    *at = ret->begin + ret->size + 1;
    for (ret->field = 0; ret->field < FIELD_COUNT; ret->field++) {
        const char *name = fields[ret->field].name;
        if (strlen(name) == ret->size && memcmp(name, ret->begin, ret->size) == 0)
            return TOKEN_FIELD;
    }
    return TOKEN_NO_FIELD;
}

/* The next piece of a format, moving `*at` past it unless it is a mistake. */
static enum token_kind take_token(const char **at, struct token *ret) {
    ret->text = **at;
    switch (**at) {
    case '\0':
        return TOKEN_END;
    case '\\':
        return take_escape(at, ret);
    case '{':
        return take_field(at, ret);
    case '}':
        return TOKEN_STRAY;
    case '[':
        ++*at;
        return TOKEN_PART;
    case ']':
        ++*at;
        return TOKEN_PART_END;
    default:
        ++*at;
        return TOKEN_TEXT;
    }
}

/* Tells what there is: `what` is no field, or a format without any. */
static int refuse_fields(const char *what, size_t size, bool is_format) {
    char known[FIELD_COUNT * 16] = "";
    for (size_t i = 0; i < FIELD_COUNT; i++)
        sprintf(known + strlen(known), "{%s}, ", fields[i].name);
    return fail_usage(is_format ? _("--format: \"%.*s\" names no field: %sor %s alone")
                                : _("--format: \"%.*s\" is no field: %sor %s alone"),
                      (int)size, what, known, BAR_WAYBAR);
}

int bar_check(const char *format) {
    if (streq(format, BAR_WAYBAR))
        return OUTCOME_DONE;
    bool part = false;
    size_t n_fields = 0;
    const char *at = format;
    for (;;) {
        struct token token;
        switch (take_token(&at, &token)) {
        case TOKEN_END:
            if (part)
                return fail_usage(_("--format: \"[\" without \"]\"; the character itself is \\["));
            return n_fields > 0 ? OUTCOME_DONE : refuse_fields(format, strlen(format), true);
        case TOKEN_TEXT:
            break;
        case TOKEN_FIELD:
            n_fields++;
            break;
        case TOKEN_PART:
            if (part)
                return fail_usage(_("--format: \"[\" within \"[ ]\"; the character itself is \\["));
            part = true;
            break;
        case TOKEN_PART_END:
            if (!part)
                return fail_usage(_("--format: \"]\" without \"[\"; the character itself is \\]"));
            part = false;
            break;
        case TOKEN_NO_FIELD:
            return refuse_fields(token.begin - 1, token.size + 2, false);
        case TOKEN_STRAY:
            return fail_usage(_("--format: \"%c\" without \"%c\"; the character itself is \\%c"), token.text,
                              token.text == '{' ? '}' : '{', token.text);
        case TOKEN_NO_ESCAPE:
            return fail_usage(_("--format: after \"\\\" comes one of n t \\ { } [ ]"));
        }
    }
}

/* What a function puts, as a text. */
static int compose(void (*put)(FILE *out, const struct bar *bar), const struct bar *bar, char **ret) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    put(out, bar);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}

/* Whether every field of the part that begins here says something. */
static bool part_speaks(const char *at, char *const *values) {
    for (;;) {
        struct token token;
        enum token_kind kind = take_token(&at, &token);
        if (kind == TOKEN_FIELD && *values[token.field] == '\0')
            return false;
        if (kind == TOKEN_PART_END || kind == TOKEN_END)
            return true;
    }
}

static void put_format(FILE *out, const struct bar *bar) {
    const char *at = bar->format;
    bool speaks = true;
    for (;;) {
        struct token token;
        switch (take_token(&at, &token)) {
        case TOKEN_TEXT:
            if (speaks)
                fputc(token.text, out);
            break;
        case TOKEN_FIELD:
            if (speaks)
                fputs(bar->values[token.field], out);
            break;
        case TOKEN_PART:
            speaks = part_speaks(at, bar->values);
            break;
        case TOKEN_PART_END:
            speaks = true;
            break;
        default:
            return;
        }
    }
}

static int compose_fields(struct bar *bar, const char *format, char **ret) {
    char *values[FIELD_COUNT] = {NULL};
    int r = 0;
    for (size_t i = 0; i < FIELD_COUNT && r >= 0; i++)
        r = compose(fields[i].put, bar, &values[i]);
    bar->format = format;
    bar->values = values;
    if (r >= 0)
        r = compose(put_format, bar, ret);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        free(values[i]);
    return r;
}

/* --- waybar ----------------------------------------------------------------------------------- */

static void put_tooltip(FILE *out, const struct bar *bar) {
    if (!bar->properties) {
        fprintf(out, "%s\n", _("kindlyd is not running."));
        return;
    }
    size_t n = count_open(bar);
    if (n > 0)
        fprintf(out, TRANSLATE_COUNT("A prompt is open.\n", "%zu prompts are open.\n", n), n);
    for (size_t i = 0; i < json_object_array_length(bar->open); i++) {
        const struct json_object *row = json_object_array_get_idx(bar->open, i);
        if (is_waiting(row))
            outlook_waiting(out, row);
    }
    outlook_next(out, bar->client, bar->properties);
    if (row_usec(bar->properties, "PausedUntilUSec", 0) > 0)
        outlook_pause(out, bar->client, bar->properties);
    outlook_problem(out, bar->properties);
}

/* Pango refuses a text whose markup has a mistake. */
static char *escape_markup(const char *text) {
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}};
    char *escaped = malloc(strlen(text) * strlen("&amp;") + 1), *end = escaped;
    for (; escaped && *text; text++) {
        size_t i = 0;
        while (i < ELEMENTSOF(entities) && entities[i].character != *text)
            i++;
        if (i < ELEMENTSOF(entities))
            end = stpcpy(end, entities[i].entity);
        else
            *end++ = *text;
    }
    if (escaped)
        *end = '\0';
    return escaped;
}

static int waybar_object(const struct bar *bar, const char *tooltip, struct json_object *object) {
    enum state state = state_of(bar);
    int r = json_put(object, "text", json_object_new_string(states[state].sign));
    if (r >= 0)
        r = json_put(object, "alt", json_object_new_string(states[state].name));
    if (r >= 0)
        r = json_put(object, "tooltip", json_object_new_string(tooltip));
    if (r >= 0)
        r = json_put(object, "class", json_object_new_string(states[state].name));
    return r;
}

static int compose_waybar(const struct bar *bar, char **ret) {
    _cleanup_free_ char *lines = NULL, *tooltip = NULL;
    _cleanup_json_ struct json_object *object = json_object_new_object();
    int r = object ? compose(put_tooltip, bar, &lines) : -ENOMEM;
    if (r < 0)
        return r;
    lines[strlen(lines) - 1] = '\0'; /* no newline after the last */
    tooltip = escape_markup(lines);
    r = tooltip ? waybar_object(bar, tooltip, object) : -ENOMEM;
    if (r < 0)
        return r;
    const char *line = json_line(object);
    char *copy = line ? strdup(line) : NULL;
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

int bar_compose(struct client *client, const char *format, const struct json_object *properties,
                const struct json_object *open, char **ret) {
    struct bar bar = {.client = client, .properties = properties, .open = open};
    return streq(format, BAR_WAYBAR) ? compose_waybar(&bar, ret) : compose_fields(&bar, format, ret);
}
