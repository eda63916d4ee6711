/* Events as JSON lines. One table of keys serves both ways.
 *
 * A file comes from elsewhere, so nothing in it is believed: its size, each line's length, its depth, every
 * type, range and length is bounded, and it has to be UTF-8. It is read twice, once to check it and once to
 * add it (checking again, since the file could change meanwhile), and never held in memory whole. Pipes are
 * refused: one that never ends would hold up the daemon. */
#include "daemon/store/exchange.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/letters.h"
#include "daemon/store/entries.h"
#include "daemon/store/json.h"

#define OFFSET_MAX_SEC (26 * 3600)
#define STEP_MAX       1000000
#define WORD_MAX       200

struct line {
    struct event event;
    struct uuid device;
    uint32_t version;
};

enum key_type {
    KEY_VERSION,
    KEY_UUID,
    KEY_KIND,
    KEY_THEME,
    KEY_USEC,
    KEY_OFFSET,
    KEY_STEP,
    KEY_BOOL,
    KEY_TEXT,
};

#define FIELD(member) offsetof(struct line, member)

static const struct key {
    const char *name;
    enum key_type type;
    bool required;
    size_t length_max; /* of a text, bytes */
    size_t offset;     /* in struct line */
} keys[] = {
    {"version", KEY_VERSION, true, 0, FIELD(version)},
    {"id", KEY_UUID, true, 0, FIELD(event.id)},
    {"entry", KEY_UUID, true, 0, FIELD(event.entry)},
    {"device", KEY_UUID, true, 0, FIELD(device)},
    {"kind", KEY_KIND, true, 0, FIELD(event.kind)},
    {"time_usec", KEY_USEC, true, 0, FIELD(event.time_usec)},
    {"offset_sec", KEY_OFFSET, false, 0, FIELD(event.offset_sec)},
    {"due_usec", KEY_USEC, false, 0, FIELD(event.due_usec)},
    {"until_usec", KEY_USEC, false, 0, FIELD(event.until_usec)},
    {"theme", KEY_THEME, false, 0, FIELD(event.theme)},
    {"step", KEY_STEP, false, 0, FIELD(event.step)},
    {"keep", KEY_BOOL, false, 0, FIELD(event.keep)},
    {"reminder", KEY_TEXT, false, WORD_MAX, FIELD(event.reminder)},
    {"prompt", KEY_TEXT, false, WORD_MAX, FIELD(event.prompt)},
    {"text", KEY_TEXT, false, KEEPER_TEXT_MAX, FIELD(event.text)},
    {"choice", KEY_TEXT, false, WORD_MAX, FIELD(event.choice)},
    {"note", KEY_TEXT, false, KEEPER_NOTE_MAX, FIELD(event.note)},
    {"detail", KEY_TEXT, false, WORD_MAX, FIELD(event.detail)},
    {"why", KEY_TEXT, false, KEEPER_NOTE_MAX, FIELD(event.why)},
};

static void write_uuid(FILE *stream, const struct uuid *id) {
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    json_write_string(stream, text);
}

static void write_value(FILE *stream, const struct key *key, const struct line *line) {
    const void *field = (const char *)line + key->offset;
    switch (key->type) {
    case KEY_UUID:
        write_uuid(stream, field);
        break;
    case KEY_KIND:
        json_write_string(stream, event_kind_id(*(const enum event_kind *)field));
        break;
    case KEY_THEME:
        json_write_string(stream, theme_id(*(const enum theme *)field));
        break;
    case KEY_USEC:
        fprintf(stream, "%" PRIu64, *(const usec_t *)field);
        break;
    case KEY_OFFSET:
        fprintf(stream, "%" PRId32, *(const int32_t *)field);
        break;
    case KEY_VERSION:
    case KEY_STEP:
        fprintf(stream, "%" PRIu32, *(const uint32_t *)field);
        break;
    case KEY_BOOL:
        fputs(*(const bool *)field ? "true" : "false", stream);
        break;
    case KEY_TEXT:
        json_write_string(stream, *(char *const *)field);
        break;
    }
}

static bool has_value(const struct key *key, const struct line *line) {
    const void *field = (const char *)line + key->offset;
    if (key->required)
        return true;
    switch (key->type) {
    case KEY_THEME:
        return *(const enum theme *)field != THEME_NONE;
    case KEY_USEC:
        return *(const usec_t *)field > 0;
    case KEY_STEP:
        return *(const uint32_t *)field > 0;
    case KEY_BOOL:
        return *(const bool *)field;
    case KEY_TEXT:
        return *(char *const *)field != NULL;
    case KEY_VERSION:
    case KEY_UUID:
    case KEY_KIND:
    case KEY_OFFSET:
        break;
    }
    return true;
}

/* For entries_walk(). */
static int write_event(void *userdata, const struct uuid *device, const struct event *event) {
    FILE *stream = userdata;
    const struct line line = {.event = *event, .device = *device, .version = EXCHANGE_VERSION};
    char before = '{';
    errno = 0;
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        if (!has_value(&keys[i], &line))
            continue;
        fprintf(stream, "%c\"%s\":", before, keys[i].name);
        write_value(stream, &keys[i], &line);
        before = ',';
    }
    fputs("}\n", stream);
    if (ferror(stream))
        return errno > 0 ? -errno : -EIO;
    return 0;
}

int exchange_export(struct journal *journal, FILE *stream, usec_t since_usec, usec_t until_usec,
                    const struct uuid *device) {
    return entries_walk(journal, since_usec, until_usec, device, write_event, stream);
}

int exchange_export_after(struct journal *journal, FILE *stream, const struct uuid *device, int64_t after,
                          int64_t until) {
    return entries_walk_after(journal, device, after, until, write_event, stream);
}

/* Says what is wrong; -EINVAL, or -ENOMEM. */
__attribute__((format(printf, 2, 3))) static int mistake(char **ret_what, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(ret_what, format, arguments);
    va_end(arguments);
    if (length < 0) {
        *ret_what = NULL;
        return -ENOMEM;
    }
    letters_make_plain(*ret_what);
    return -EINVAL;
}

static int read_string(const struct key *key, const struct json_value *value, size_t length_max,
                       const char **ret, char **ret_what) {
    if (value->type != JSON_STRING)
        return mistake(ret_what, "%s is not a string", key->name);
    if (strlen(value->string) > length_max)
        return mistake(ret_what, "%s is longer than %zu bytes", key->name, length_max);
    *ret = value->string;
    return 0;
}

static int read_uuid(const struct key *key, const struct json_value *value, struct uuid *ret,
                     char **ret_what) {
    const char *text = NULL;
    struct uuid id;
    int r = read_string(key, value, UUID_TEXT_SIZE, &text, ret_what);
    if (r < 0)
        return r;
    if (uuid_parse(text, &id) < 0 || uuid_is_null(&id))
        return mistake(ret_what, "%s is not a UUID", key->name);
    *ret = id;
    return 0;
}

static int read_kind(const struct key *key, const struct json_value *value, enum event_kind *ret,
                     char **ret_what) {
    const char *text = NULL;
    int r = read_string(key, value, WORD_MAX, &text, ret_what);
    if (r < 0)
        return r;
    enum event_kind kind = event_kind_from_id(text);
    if (kind == EVENT_KIND_COUNT)
        return mistake(ret_what, "%s \"%s\" is unknown (shown, answered, noted, ...)", key->name, text);
    *ret = kind;
    return 0;
}

static int read_theme(const struct key *key, const struct json_value *value, enum theme *ret,
                      char **ret_what) {
    const char *text = NULL;
    int r = read_string(key, value, WORD_MAX, &text, ret_what);
    if (r < 0)
        return r;
    enum theme theme = theme_from_id(text);
    if (theme == THEME_NONE)
        return mistake(ret_what, "%s \"%s\" is unknown (kindness, acceptance, ...)", key->name, text);
    *ret = theme;
    return 0;
}

/* A whole number from 0 to `most`. */
static int read_count(const struct key *key, const struct json_value *value, uint64_t most, uint64_t *ret,
                      char **ret_what) {
    if (value->type != JSON_INTEGER)
        return mistake(ret_what, "%s is not a whole number", key->name);
    if (value->magnitude > (value->negative ? 0 : most))
        return mistake(ret_what, "%s is out of range (0 to %" PRIu64 ")", key->name, most);
    *ret = value->magnitude;
    return 0;
}

/* "Until resumed" is the one time past the end of time. */
static int read_usec(const struct key *key, const struct json_value *value, usec_t *ret, char **ret_what) {
    bool endless = key->offset == FIELD(event.until_usec) && value->type == JSON_INTEGER &&
                   !value->negative && value->magnitude == USEC_INFINITY;
    return read_count(key, value, endless ? USEC_INFINITY : USEC_END_OF_TIME, ret, ret_what);
}

static int read_offset(const struct key *key, const struct json_value *value, int32_t *ret, char **ret_what) {
    if (value->type != JSON_INTEGER)
        return mistake(ret_what, "%s is not a whole number", key->name);
    if (value->magnitude > OFFSET_MAX_SEC)
        return mistake(ret_what, "%s is out of range (-%d to %d)", key->name, OFFSET_MAX_SEC, OFFSET_MAX_SEC);
    *ret = value->negative ? -(int32_t)value->magnitude : (int32_t)value->magnitude;
    return 0;
}

static int read_step(const struct key *key, const struct json_value *value, uint32_t *ret, char **ret_what) {
    uint64_t number = 0;
    int r = read_count(key, value, STEP_MAX, &number, ret_what);
    if (r >= 0)
        *ret = (uint32_t)number;
    return r;
}

static int read_version(const struct key *key, const struct json_value *value, uint32_t *ret,
                        char **ret_what) {
    uint64_t number = 0;
    int r = read_count(key, value, UINT32_MAX, &number, ret_what);
    if (r < 0)
        return r;
    if (number > EXCHANGE_VERSION)
        return mistake(ret_what, "version %" PRIu64 " is of a newer kindly (this one reads %d)", number,
                       EXCHANGE_VERSION);
    if (number < EXCHANGE_VERSION)
        return mistake(ret_what, "version %" PRIu64 " is unknown (this kindly reads %d)", number,
                       EXCHANGE_VERSION);
    *ret = EXCHANGE_VERSION;
    return 0;
}

static int read_bool(const struct key *key, const struct json_value *value, bool *ret, char **ret_what) {
    if (value->type != JSON_BOOL)
        return mistake(ret_what, "%s is neither true nor false", key->name);
    *ret = value->boolean;
    return 0;
}

static int read_text(const struct key *key, const struct json_value *value, char **ret, char **ret_what) {
    const char *text = NULL;
    int r = read_string(key, value, key->length_max, &text, ret_what);
    if (r < 0)
        return r;
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

static int read_value(const struct key *key, const struct json_value *value, struct line *line,
                      char **ret_what) {
    void *field = (char *)line + key->offset;
    switch (key->type) {
    case KEY_VERSION:
        return read_version(key, value, field, ret_what);
    case KEY_UUID:
        return read_uuid(key, value, field, ret_what);
    case KEY_KIND:
        return read_kind(key, value, field, ret_what);
    case KEY_THEME:
        return read_theme(key, value, field, ret_what);
    case KEY_USEC:
        return read_usec(key, value, field, ret_what);
    case KEY_OFFSET:
        return read_offset(key, value, field, ret_what);
    case KEY_STEP:
        return read_step(key, value, field, ret_what);
    case KEY_BOOL:
        return read_bool(key, value, field, ret_what);
    case KEY_TEXT:
        break;
    }
    return read_text(key, value, field, ret_what);
}

/* Words that the journal turns into states and rules. */
static int check_detail(const struct event *event, char **ret_what) {
    const char *detail = or_empty(event->detail);
    bool known = event->kind != EVENT_MISSED && event->kind != EVENT_CLOSED;
    for (enum missed_rule rule = 0; event->kind == EVENT_MISSED && rule < MISSED_RULE_COUNT; rule++)
        known |= streq(detail, missed_rule_id(rule));
    for (enum closed_how how = 0; event->kind == EVENT_CLOSED && how < CLOSED_HOW_COUNT; how++)
        known |= streq(detail, closed_how_id(how));
    return known ? 0
                 : mistake(ret_what, "detail \"%s\" is unknown for %s", detail, event_kind_id(event->kind));
}

/* A member; `seen` has a bit for each key. */
static int read_member(const char *name, const struct json_value *value, struct line *line, uint32_t *seen,
                       char **ret_what) {
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        if (!streq(keys[i].name, name))
            continue;
        if (*seen & UINT32_C(1) << i)
            return mistake(ret_what, "%s is there twice", name);
        *seen |= UINT32_C(1) << i;
        return read_value(&keys[i], value, line, ret_what);
    }
    return 0;
}

static int parse_line(char *text, struct line *line, char **ret_what) {
    struct json_reader reader = json_begin(text);
    struct json_value value;
    const char *name;
    uint32_t seen = 0;
    int r;
    while ((r = json_next(&reader, &name, &value)) > 0) {
        r = read_member(name, &value, line, &seen, ret_what);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return mistake(ret_what, "it is not a JSON object: %s", reader.mistake);
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        if (keys[i].required && !(seen & UINT32_C(1) << i))
            return mistake(ret_what, "%s is missing", keys[i].name);
    return check_detail(&line->event, ret_what);
}

/* Lines that are right, until there are enough of them to be handed on. */
struct sink {
    int fd;       /* in memory, so that nothing of it stays anywhere; -1: nothing is handed on */
    char *buffer; /* EXCHANGE_PORTION and a line */
    size_t n;
};

/* What is known while a file is read. */
struct import {
    struct journal *journal; /* NULL: only checking, or handing on */
    const struct exchange_reading *reading;
    struct sink sink;
    usec_t now_usec;
    bool adding;     /* else only checking */
    unsigned number; /* of the line */
    off_t end;       /* after the last line that was right */
    uint32_t entries;
    char *what; /* the mistake */
};

static int add_line(struct import *import, const struct line *line) {
    const struct event *event = &line->event;
    int r = entries_take_in(import->journal, &line->device, event, import->now_usec);
    if (r <= 0)
        return r;
    bool pause = event->kind == EVENT_PAUSED || event->kind == EVENT_RESUMED;
    if (uuid_equal(&event->id, &event->entry) && !pause)
        import->entries++;
    return 0;
}

static int check_device(struct import *import, const struct line *line) {
    const struct uuid *device = import->reading->device;
    if (!device || uuid_equal(device, &line->device))
        return 0;
    return mistake(&import->what, "device is another than the file is named for");
}

static int parse_and_add(struct import *import, char *text) {
    struct line line = {.event.theme = THEME_NONE};
    int r = parse_line(text, &line, &import->what);
    if (r >= 0)
        r = check_device(import, &line);
    if (r >= 0 && import->adding)
        r = add_line(import, &line);
    event_done(&line.event);
    return r;
}

static int write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Hands on what has come together. */
static int sink_flush(struct import *import) {
    struct sink *sink = &import->sink;
    if (sink->n == 0)
        return 0;
    if (ftruncate(sink->fd, 0) < 0 || lseek(sink->fd, 0, SEEK_SET) < 0)
        return -errno;
    int r = write_all(sink->fd, sink->buffer, sink->n);
    if (r < 0)
        return r;
    sink->n = 0;
    return import->reading->take(import->reading->userdata, sink->fd, import->end);
}

/* `text` has room for a NUL after it. */
static int take_line(struct import *import, char *text, size_t length) {
    import->number++;
    if (length > EXCHANGE_LINE_MAX)
        return mistake(&import->what, "it is longer than %d bytes", EXCHANGE_LINE_MAX);
    if (memchr(text, 0, length))
        return mistake(&import->what, "it holds a NUL");
    struct sink *sink = &import->sink;
    if (sink->fd >= 0) { /* parsing changes the text */
        memcpy(sink->buffer + sink->n, text, length);
        sink->buffer[sink->n + length] = '\n';
    }
    text[length] = 0;
    bool empty = text[strspn(text, " \t\r")] == 0;
    int r = empty ? 0 : parse_and_add(import, text);
    if (r < 0)
        return r;
    import->end += (off_t)length + 1;
    if (sink->fd < 0)
        return 0;
    sink->n += length + 1;
    return sink->n >= EXCHANGE_PORTION ? sink_flush(import) : 0;
}

/* All lines of what is in the buffer; `*n` is then what is left of the last one, at the buffer's beginning.
 */
static int take_lines(struct import *import, char *buffer, size_t *n) {
    char *at = buffer, *end = buffer + *n, *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        int r = take_line(import, at, (size_t)(newline - at));
        if (r < 0)
            return r;
        at = newline + 1;
    }
    *n = (size_t)(end - at);
    memmove(buffer, at, *n);
    return 0;
}

/* Who hands a file to a journal waits for it to be taken in; who only reads it doesn't. */
static int check_size(struct import *import, off_t size) {
    if (size > EXCHANGE_FILE_MAX)
        return mistake(&import->what, "the file is larger than %d MiB", EXCHANGE_FILE_MAX / 1024 / 1024);
    if (import->journal && size > EXCHANGE_IMPORT_MAX)
        return mistake(
            &import->what,
            "the file is larger than the %d MiB that are taken in at once; kindly import hands it over in "
            "portions",
            EXCHANGE_IMPORT_MAX / 1024 / 1024);
    return 0;
}

/* One way through the file. The buffer holds the longest line and one byte more, which tells a longer one. */
static int read_file(struct import *import, char *buffer, size_t size) {
    size_t n = 0;
    off_t offset = import->reading->from;
    import->number = import->reading->lines_before;
    import->end = offset;
    for (;;) {
        ssize_t got = pread(import->reading->fd, buffer + n, size - n, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return n > 0 && import->reading->unfinished_too ? take_line(import, buffer, n) : 0;
        offset += got;
        n += (size_t)got;
        int r = check_size(import, offset);
        if (r >= 0)
            r = take_lines(import, buffer, &n);
        if (r >= 0 && n == size)
            r = take_line(import, buffer, n);
        if (r < 0)
            return r;
    }
}

static int check_file(struct import *import) {
    struct stat status;
    if (fstat(import->reading->fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return mistake(&import->what, "it is not a regular file");
    return check_size(import, status.st_size);
}

static int import_file(struct import *import) {
    size_t size = EXCHANGE_LINE_MAX + 1;
    _cleanup_free_ char *buffer = malloc(size + 1);
    if (!buffer)
        return -ENOMEM;
    int r = check_file(import);
    if (r >= 0)
        r = read_file(import, buffer, size);
    if (r < 0 || !import->journal)
        return r;
    r = transaction_begin(import->journal);
    if (r < 0)
        return r;
    import->adding = true;
    return transaction_end(import->journal, read_file(import, buffer, size));
}

/* A mistake of the file itself has no line. */
static void hand_message(struct import *import, char **ret_message) {
    if (!ret_message || !import->what)
        return;
    if (import->number == 0)
        *ret_message = TAKE_PTR(import->what);
    else if (asprintf(ret_message, "line %u: %s", import->number, import->what) < 0)
        *ret_message = NULL;
}

int exchange_import(struct journal *journal, int fd, usec_t now_usec, uint32_t *ret_count,
                    char **ret_message) {
    const struct exchange_reading reading = {.fd = fd, .unfinished_too = true};
    struct import import = {.journal = journal, .reading = &reading, .now_usec = now_usec, .sink.fd = -1};
    int r = import_file(&import);
    if (r < 0)
        hand_message(&import, ret_message);
    free(import.what);
    if (r < 0)
        return r;
    *ret_count = import.entries;
    return 0;
}

static int sink_open(struct sink *sink) {
    sink->buffer = malloc(EXCHANGE_PORTION + EXCHANGE_LINE_MAX + 1);
    if (!sink->buffer)
        return -ENOMEM;
    sink->fd = memfd_create("kindly-import", MFD_CLOEXEC);
    return sink->fd < 0 ? -errno : 0;
}

int exchange_read(const struct exchange_reading *reading, off_t *ret_end, char **ret_message) {
    struct import import = {.reading = reading, .sink.fd = -1};
    int r = reading->take ? sink_open(&import.sink) : 0;
    if (r >= 0)
        r = import_file(&import);
    /* After a mistake too: what stands before it is right. */
    if (reading->take && (r >= 0 || r == -EINVAL)) {
        int handed = sink_flush(&import);
        r = handed < 0 ? handed : r;
    }
    if (r == -EINVAL)
        hand_message(&import, ret_message);
    if (import.sink.fd >= 0)
        close(import.sink.fd);
    free(import.sink.buffer);
    free(import.what);
    if (r < 0)
        return r;
    *ret_end = import.end;
    return 0;
}
