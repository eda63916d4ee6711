/* Each method: read, validate, let the host act, reply. Errors are mapped in one place (set_error_for);
 * messages name the offending value and what is allowed. Answered later are ListPresence, which
 * asks others first, and what may take long (answer_long).
 *
 * sd-bus sends no text that isn't UTF-8: the reply is dropped, and the caller waits in vain. Callers' texts
 * are; what is made of them here, and what comes from a journal, a path or a program, is mended before it is
 * sent (refuse, bus-rows.c, take_text). */
#include "daemon/desktop/bus.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/core/explain.h"
#include "daemon/core/letters.h"
#include "daemon/core/translate.h"
#include "daemon/desktop/bus-rows.h"
#include "daemon/desktop/queue.h"

#define ERROR_PREFIX    KINDLY_INTERFACE ".Error."
#define LIMITS_EXCEEDED "org.freedesktop.DBus.Error.LimitsExceeded"
#define UPCOMING_MAX    1000
#define ENTRIES_MAX     10000
#define HOLD_REASON_MAX 200

struct bus_object {
    sd_bus *bus;
    sd_bus_slot *slot;
    const struct bus_host *host;
    void *userdata;
    struct presence_monitor *presence;
    struct call_queue *long_calls;
    struct bus_properties said;
    char *said_next_reminder, *said_problem;
    unsigned unsaid; /* properties whose change could not be told yet; bits in the order of bus_publish() */
};

/* --- Errors ----------------------------------------------------------------------------------- */

static const struct {
    int error;
    const char *name, *message;
} error_map[] = {
    {ESTALE, ERROR_PREFIX "NotOpen", N_("This prompt has not been shown yet, or was answered already")},
    {EDQUOT, ERROR_PREFIX "TooManySnoozes",
     N_("This prompt was put off as often as the schedule allows (snoozes)")},
    {ENODATA, ERROR_PREFIX "NoPrompt", N_("No prompt is eligible for that at the moment")},
    {EREMOTEIO, ERROR_PREFIX "Journal", N_("The journal can't be read or written; nothing was changed")},
    {E2BIG, LIMITS_EXCEEDED, N_("Too many prompts are open; answer or dismiss some first")},
    {EMSGSIZE, LIMITS_EXCEEDED, N_("A line has at most 4000 bytes")},
};

static int set_error_for(sd_bus_error *error, int r) {
    for (size_t i = 0; i < ELEMENTSOF(error_map); i++)
        if (error_map[i].error == -r)
            return sd_bus_error_set(error, error_map[i].name, _(error_map[i].message));
    return sd_bus_error_set_errno(error, r);
}

/* Names the error and says what is wrong. */
__attribute__((format(printf, 3, 4))) static int refuse(sd_bus_error *error, const char *name,
                                                        const char *format, ...) {
    _cleanup_free_ char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    if (!message)
        return -ENOMEM;
    letters_mend(message);
    return sd_bus_error_set(error, name, message);
}

/* In English what only a program can do wrong. */
#define invalid(error, ...) refuse(error, ERROR_PREFIX "InvalidArgument", __VA_ARGS__)

/* As much of what a caller said as is told back: a name, or enough to know it by. */
#define TOLD_MAX 64

/* The arguments of "%.*s". */
#define TOLD(text) (int)letters_cut(text, TOLD_MAX), text

/* The bus has checked their number and their types against the vtable. */
static int take_arguments(sd_bus_message *m, sd_bus_error *error, const char *types, ...) {
    va_list arguments;
    va_start(arguments, types);
    int r = sd_bus_message_readv(m, types, arguments);
    va_end(arguments);
    return r == -EBADMSG ? invalid(error, "A text has U+FFFE or another code that stands for no character")
                         : r;
}

/* Reads an id: "" gives NULL in `ret`, the newest. */
static int read_id(const char *text, struct uuid *storage, const struct uuid **ret, sd_bus_error *error) {
    *ret = NULL;
    if (*text == 0)
        return 0;
    if (uuid_parse(text, storage) < 0)
        return refuse(error, ERROR_PREFIX "NoSuchEntry", _("\"%.*s\" is not an id"), TOLD(text));
    *ret = storage;
    return 0;
}

/* -ENOENT of a call about one prompt: nothing open, long closed, or never heard of. */
static int set_not_open(struct bus_object *object, const struct uuid *id, sd_bus_error *error) {
    if (!id)
        return sd_bus_error_set(error, ERROR_PREFIX "NotOpen", _("Nothing is open"));
    struct entry entry;
    int r = object->host->find_entry(object->userdata, id, &entry);
    if (r == -ENOENT)
        return sd_bus_error_set(error, ERROR_PREFIX "NoSuchEntry", _("There is no entry with that id"));
    if (r < 0)
        return set_error_for(error, r);
    entry_done(&entry);
    return sd_bus_error_set(error, ERROR_PREFIX "NotOpen", _("This prompt is no longer open"));
}

static int turn_error(struct bus_object *object, const struct uuid *id, int r, sd_bus_error *error) {
    return r == -ENOENT ? set_not_open(object, id, error) : set_error_for(error, r);
}

static inline void message_unrefp(sd_bus_message **m) {
    sd_bus_message_unref(*m);
}

/* --- Methods that take a turn ----------------------------------------------------------------- */

struct arguments {
    const struct uuid *id;
    const char *text, *note;
    usec_t span_usec, until_usec;
    bool keep;
    enum note_for what_for;
    struct uuid ret_id;
    usec_t ret_usec;
};

static int act_prompt(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_prompt(keeper, world, a->text, &a->ret_id, ret);
}

static int reply_id(sd_bus_message *m, const struct uuid *id) {
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return sd_bus_reply_method_return(m, "s", text);
}

static int method_prompt(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct arguments a = {0};
    int r = take_arguments(m, error, "s", &a.text);
    if (r < 0)
        return r;
    r = object->host->turn(object->userdata, act_prompt, &a);
    if (r == -ENOENT)
        return invalid(
            error,
            _("\"%.*s\" is not known; allowed are \"\", a theme, a reminder's name, a practice's id, "
              "\"hard\", \"then-and-now\", or \"guidance\""),
            TOLD(a.text));
    return r < 0 ? set_error_for(error, r) : reply_id(m, &a.ret_id);
}

static int act_answer(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_answer(keeper, world, a->id, a->text, a->note, ret);
}

static int invalid_choice(struct bus_object *object, const struct arguments *a, sd_bus_error *error) {
    const struct keeper *keeper;
    struct world world;
    object->host->look(object->userdata, &keeper, &world);
    const struct open_prompt *open = keeper_find(keeper, a->id);
    char allowed[256] = "";
    enum choice choices[CHOICES_MAX];
    size_t n = open ? keeper_choices(keeper, &world, open, choices) : 0, used = 0;
    for (size_t i = 0; i < n && used < sizeof allowed; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s, ", choice_id(choices[i]));
    return invalid(
        error, _("\"%.*s\" is not a choice of this prompt; allowed are %shelpful, okay, not-for-me, hard"),
        TOLD(a->text), allowed);
}

static int method_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct arguments a = {0};
    struct uuid id;
    const char *id_text;
    int r = take_arguments(m, error, "sss", &id_text, &a.text, &a.note);
    if (r < 0)
        return r;
    r = read_id(id_text, &id, &a.id, error);
    if (r < 0)
        return r;
    r = object->host->turn(object->userdata, act_answer, &a);
    if (r == -EINVAL)
        return invalid_choice(object, &a, error);
    return r < 0 ? turn_error(object, a.id, r, error) : sd_bus_reply_method_return(m, NULL);
}

static int act_snooze(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_snooze(keeper, world, a->id, a->span_usec, a->until_usec, &a->ret_usec, ret);
}

static int snooze(sd_bus_message *m, struct bus_object *object, bool until, sd_bus_error *error) {
    struct arguments a = {0};
    struct uuid id;
    const char *id_text;
    int r = take_arguments(m, error, "st", &id_text, until ? &a.until_usec : &a.span_usec);
    if (r < 0)
        return r;
    r = read_id(id_text, &id, &a.id, error);
    if (r < 0)
        return r;
    r = object->host->turn(object->userdata, act_snooze, &a);
    if (r == -EINVAL)
        return until ? invalid(error, "The end is in the past or more than a year ahead")
                     : invalid(error, _("The span is 0 or longer than a year"));
    return r < 0 ? turn_error(object, a.id, r, error) : sd_bus_reply_method_return(m, "t", a.ret_usec);
}

static int method_snooze(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    return snooze(m, userdata, false, error);
}

static int method_snooze_until(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    return snooze(m, userdata, true, error);
}

static int act_dismiss(const struct keeper *keeper, const struct world *world, void *userdata,
                       struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_dismiss(keeper, world, a->id, ret);
}

static int method_dismiss(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct arguments a = {0};
    struct uuid id;
    const char *id_text;
    int r = take_arguments(m, error, "s", &id_text);
    if (r < 0)
        return r;
    r = read_id(id_text, &id, &a.id, error);
    if (r < 0)
        return r;
    r = object->host->turn(object->userdata, act_dismiss, &a);
    return r < 0 ? turn_error(object, a.id, r, error) : sd_bus_reply_method_return(m, NULL);
}

static int act_note(const struct keeper *keeper, const struct world *world, void *userdata,
                    struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_note(keeper, world, a->text, a->what_for, &a->ret_id, ret);
}

static int note(sd_bus_message *m, struct bus_object *object, struct arguments *a, sd_bus_error *error) {
    int r = object->host->turn(object->userdata, act_note, a);
    if (r == -EINVAL)
        return invalid(error, _("The line is empty"));
    return r < 0 ? set_error_for(error, r) : reply_id(m, &a->ret_id);
}

static int method_note(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct arguments a = {0};
    int keep;
    int r = take_arguments(m, error, "sb", &a.text, &keep);
    if (r < 0)
        return r;
    a.what_for = keep ? NOTE_FOR_KEEPING : NOTE_FOR_JOURNAL;
    return note(m, userdata, &a, error);
}

static int method_note_for_hard_day(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct arguments a = {.what_for = NOTE_FOR_HARD_DAY};
    int r = take_arguments(m, error, "s", &a.text);
    return r < 0 ? r : note(m, userdata, &a, error);
}

/* An id that names an entry of the journal, as Keep and Forget need one. */
static int read_entry(sd_bus_message *m, struct bus_object *object, struct uuid *ret_id, struct entry *ret,
                      sd_bus_error *error) {
    const char *text;
    const struct uuid *id;
    int r = take_arguments(m, error, "s", &text);
    if (r < 0)
        return r;
    r = read_id(text, ret_id, &id, error);
    if (r < 0)
        return r;
    if (!id)
        return invalid(error, "An id is needed here: \"\" is not allowed");
    r = object->host->find_entry(object->userdata, id, ret);
    if (r == -ENOENT)
        return sd_bus_error_set(error, ERROR_PREFIX "NoSuchEntry", _("There is no entry with that id"));
    return r < 0 ? set_error_for(error, r) : 0;
}

static int act_keep(const struct keeper *keeper, const struct world *world, void *userdata,
                    struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_keep(keeper, world, a->id, a->keep, ret);
}

static int method_keep(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct uuid id;
    struct entry entry;
    int keep;
    int r = read_entry(m, object, &id, &entry, error);
    if (r < 0)
        return r;
    bool has_line = *or_empty(entry.note) != 0;
    entry_done(&entry);
    if (!has_line)
        return invalid(error, _("This entry has no line of your own to keep"));
    r = take_arguments(m, error, "b", &keep);
    if (r < 0)
        return r;
    struct arguments a = {.id = &id, .keep = keep};
    r = object->host->turn(object->userdata, act_keep, &a);
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

static int act_pause(const struct keeper *keeper, const struct world *world, void *userdata,
                     struct turn *ret) {
    struct arguments *a = userdata;
    return keeper_pause(keeper, world, a->until_usec, ret);
}

static int method_pause(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct arguments a = {0};
    int r = take_arguments(m, error, "t", &a.until_usec);
    if (r < 0)
        return r;
    r = object->host->turn(object->userdata, act_pause, &a);
    if (r == -EINVAL)
        return invalid(error, "The end of the pause is in the past; UINT64_MAX means until resumed");
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

static int act_resume(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    (void)userdata;
    return keeper_resume(keeper, world, ret);
}

static int method_resume(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    int r = object->host->turn(object->userdata, act_resume, NULL);
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

/* --- Methods on the journal and the schedule -------------------------------------------------- */

static int method_forget(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct uuid id;
    struct entry entry;
    int r = read_entry(m, object, &id, &entry, error);
    if (r < 0)
        return r;
    entry_done(&entry);
    r = object->host->forget(object->userdata, &id);
    if (r == -EAGAIN)
        return sd_bus_error_set(
            error, ERROR_PREFIX "Journal",
            _("It is erased, but another program reads the journal: old copies are overwritten as "
              "soon as it ends"));
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

static int method_forget_range(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    usec_t since, until;
    uint32_t count;
    int r = take_arguments(m, error, "tt", &since, &until);
    if (r < 0)
        return r;
    if (since >= until)
        return invalid(error, "The range is empty: since_usec has to be before until_usec");
    r = object->host->forget_range(object->userdata, since, until, &count);
    if (r == -EAGAIN)
        return sd_bus_error_set(
            error, ERROR_PREFIX "Journal",
            _("All is erased, but another program reads the journal: old copies are overwritten as "
              "soon as it ends"));
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, "u", count);
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    _cleanup_free_ char *message = NULL;
    int r = object->host->reload(object->userdata, &message);
    if (r == -EINVAL)
        return refuse(error, ERROR_PREFIX "Config", "%s", or_empty(message));
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

static int method_reset_learning(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    int r = object->host->reset_learning(object->userdata);
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, NULL);
}

static int method_import(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    _cleanup_free_ char *message = NULL;
    int fd;
    uint32_t count;
    int r = take_arguments(m, error, "h", &fd);
    if (r < 0)
        return r;
    r = object->host->import(object->userdata, fd, &count, &message);
    if (r == -EINVAL)
        return invalid(error, "%s", or_empty(message));
    return r < 0 ? set_error_for(error, r) : sd_bus_reply_method_return(m, "u", count);
}

/* --- Lists ------------------------------------------------------------------------------------ */

/* Newest first: by when it was shown, or came due. */
static int compare_open(const void *a, const void *b) {
    const struct open_prompt *const *x = a, *const *y = b;
    usec_t x_usec = MAX_OF((*x)->shown_usec, (*x)->due_usec),
           y_usec = MAX_OF((*y)->shown_usec, (*y)->due_usec);
    return x_usec < y_usec ? 1 : x_usec > y_usec ? -1 : 0;
}

static int method_list_open(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct bus_object *object = userdata;
    const struct keeper *keeper;
    struct world world;
    object->host->look(object->userdata, &keeper, &world);
    const struct open_prompt *sorted[KEEPER_OPEN_MAX];
    for (size_t i = 0; i < keeper->n_open; i++)
        sorted[i] = &keeper->open[i];
    qsort(sorted, keeper->n_open, sizeof sorted[0], compare_open);
    _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
    int r = rows_begin(m, &reply);
    for (size_t i = 0; r >= 0 && i < keeper->n_open; i++)
        r = rows_append_open(reply, keeper, &world, sorted[i]);
    return r < 0 ? r : rows_send(reply);
}

static int list_upcoming(sd_bus_message *m, struct bus_object *object, sd_bus_error *error) {
    uint32_t limit;
    int r = take_arguments(m, error, "u", &limit);
    if (r < 0)
        return r;
    if (limit == 0 || limit > UPCOMING_MAX)
        return invalid(error, "The limit is 1 to %d", UPCOMING_MAX);
    const struct keeper *keeper;
    struct world world;
    object->host->look(object->userdata, &keeper, &world);
    _cleanup_free_ struct upcoming *items = calloc(limit, sizeof *items);
    if (!items)
        return -ENOMEM;
    size_t n;
    r = keeper_upcoming(keeper, &world, items, limit, &n);
    if (r < 0)
        return r;
    _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
    r = rows_begin(m, &reply);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = rows_append_upcoming(reply, &world, &items[i]);
    return r < 0 ? r : rows_send(reply);
}

static int list_entries(sd_bus_message *m, struct bus_object *object, sd_bus_error *error) {
    usec_t since, until;
    uint32_t limit;
    int r = take_arguments(m, error, "ttu", &since, &until, &limit);
    if (r < 0)
        return r;
    if (limit > ENTRIES_MAX)
        return invalid(error, "The limit is at most %d; 0 means that", ENTRIES_MAX);
    _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
    r = rows_begin(m, &reply);
    if (r < 0)
        return r;
    r = object->host->visit_entries(object->userdata, since, until, limit ? limit : ENTRIES_MAX,
                                    rows_append_entry, reply);
    return r < 0 ? set_error_for(error, r) : rows_send(reply);
}

/* A long reply is out of our hands before the next one is made: a caller that reads slowly, or not at all,
 * fills the bus, which has bounds of its own for that, and not us. */
static int answer_long(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    int r = streq(or_empty(sd_bus_message_get_member(m)), "ListEntries") ? list_entries(m, object, error)
                                                                         : list_upcoming(m, object, error);
    return r < 0 ? r : sd_bus_flush(object->bus);
}

static int method_long(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    int r = call_queue_add(object->long_calls, m);
    if (r == -E2BIG)
        return refuse(error, LIMITS_EXCEEDED, "At most %d such calls of one program may wait, and %d in all",
                      QUEUE_OF_ONE_MAX, QUEUE_MAX);
    return r < 0 ? r : 1;
}

static void presence_answered(void *userdata, enum presence presence, const struct presence_source *sources,
                              size_t n_sources) {
    (void)presence;
    sd_bus_message *call = userdata;
    _cleanup_(message_unrefp) sd_bus_message *reply = NULL;
    int r = rows_begin(call, &reply);
    for (size_t i = 0; r >= 0 && i < n_sources; i++)
        r = rows_append_source(reply, &sources[i]);
    if (r >= 0)
        r = rows_send(reply);
    if (r < 0)
        sd_bus_reply_method_errno(call, r, NULL);
}

static void call_done(void *userdata) {
    sd_bus_message_unref(userdata);
}

static int method_list_presence(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    int r = presence_ask(object->presence, presence_answered, sd_bus_message_ref(m), call_done);
    if (r < 0)
        sd_bus_message_unref(m);
    if (r == -E2BIG)
        return refuse(error, LIMITS_EXCEEDED, "Too many callers wait for this already");
    return r < 0 ? r : 1;
}

/* --- Hold ------------------------------------------------------------------------------------- */

static int method_hold(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    const char *why;
    _cleanup_free_ char *cookie = NULL;
    int r = take_arguments(m, error, "s", &why);
    if (r < 0)
        return r;
    if (strlen(why) > HOLD_REASON_MAX)
        return invalid(error, "A reason has at most %d bytes", HOLD_REASON_MAX);
    r = presence_hold(object->presence, sd_bus_message_get_sender(m), why, &cookie);
    if (r == -E2BIG)
        return sd_bus_error_set(error, LIMITS_EXCEEDED, _("Too many holds at once"));
    if (r >= 0) {
        r = sd_bus_reply_method_return(m, "s", cookie);
        if (r < 0) /* nobody else could */
            presence_release(object->presence, cookie);
    }
    return r;
}

static int method_release(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    const char *cookie;
    int r = take_arguments(m, error, "s", &cookie);
    if (r < 0)
        return r;
    r = presence_release(object->presence, cookie);
    if (r == -ENOENT)
        return invalid(error, "\"%.*s\" is not the cookie of a hold", TOLD(cookie));
    return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

/* --- Explain ---------------------------------------------------------------------------------- */

static int method_explain(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    struct bus_object *object = userdata;
    struct uuid storage;
    const struct uuid *id;
    const char *text;
    int r = take_arguments(m, error, "s", &text);
    if (r < 0)
        return r;
    r = read_id(text, &storage, &id, error);
    if (r < 0)
        return r;
    if (!id && (r = object->host->newest_shown(object->userdata, &storage)) == -ENOENT)
        return sd_bus_error_set(error, ERROR_PREFIX "NoSuchEntry", _("Nothing has been shown yet"));
    struct entry entry;
    if (r >= 0)
        r = object->host->find_entry(object->userdata, &storage, &entry);
    if (r == -ENOENT)
        return sd_bus_error_set(error, ERROR_PREFIX "NoSuchEntry", _("There is no entry with that id"));
    if (r < 0)
        return set_error_for(error, r);
    _cleanup_free_ char *sentence = NULL;
    r = explain(&entry, &sentence);
    entry_done(&entry);
    if (r < 0)
        return r;
    letters_mend(sentence);
    return sd_bus_reply_method_return(m, "s", sentence);
}

/* --- Properties and signals ------------------------------------------------------------------- */

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
    (void)bus, (void)path, (void)interface, (void)error;
    const struct bus_object *object = userdata;
    const struct bus_properties *said = &object->said;
    if (streq(property, "Version"))
        return sd_bus_message_append(reply, "s", VERSION);
    if (streq(property, "Presence"))
        return sd_bus_message_append(reply, "s", presence_id(said->presence));
    if (streq(property, "PresenceUSec"))
        return sd_bus_message_append(reply, "t", said->presence_usec);
    if (streq(property, "PausedUntilUSec"))
        return sd_bus_message_append(reply, "t", said->paused_until_usec);
    if (streq(property, "NextElapseUSec"))
        return sd_bus_message_append(reply, "t", said->next_elapse_usec);
    if (streq(property, "NextReminder"))
        return sd_bus_message_append(reply, "s", or_empty(object->said_next_reminder));
    if (streq(property, "OpenCount"))
        return sd_bus_message_append(reply, "u", said->open_count);
    if (streq(property, "Fewer"))
        return sd_bus_message_append(reply, "u", said->fewer);
    return sd_bus_message_append(reply, "s", or_empty(object->said_problem));
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Prompt", SD_BUS_ARGS("s", what), SD_BUS_RESULT("s", id), method_prompt, 0),
    SD_BUS_METHOD_WITH_ARGS("Answer", SD_BUS_ARGS("s", id, "s", choice, "s", note), SD_BUS_NO_RESULT,
                            method_answer, SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Snooze", SD_BUS_ARGS("s", id, "t", duration_usec),
                            SD_BUS_RESULT("t", until_usec), method_snooze, 0),
    SD_BUS_METHOD_WITH_ARGS("SnoozeUntil", SD_BUS_ARGS("s", id, "t", until_usec),
                            SD_BUS_RESULT("t", back_usec), method_snooze_until, 0),
    SD_BUS_METHOD_WITH_ARGS("Dismiss", SD_BUS_ARGS("s", id), SD_BUS_NO_RESULT, method_dismiss, 0),
    SD_BUS_METHOD_WITH_ARGS("Note", SD_BUS_ARGS("s", text, "b", keep), SD_BUS_RESULT("s", id), method_note,
                            SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("NoteForHardDay", SD_BUS_ARGS("s", text), SD_BUS_RESULT("s", id),
                            method_note_for_hard_day, SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Keep", SD_BUS_ARGS("s", id, "b", keep), SD_BUS_NO_RESULT, method_keep, 0),
    SD_BUS_METHOD_WITH_ARGS("Forget", SD_BUS_ARGS("s", id), SD_BUS_NO_RESULT, method_forget, 0),
    SD_BUS_METHOD_WITH_ARGS("ForgetRange", SD_BUS_ARGS("t", since_usec, "t", until_usec),
                            SD_BUS_RESULT("u", count), method_forget_range, 0),
    SD_BUS_METHOD_WITH_ARGS("Pause", SD_BUS_ARGS("t", until_usec), SD_BUS_NO_RESULT, method_pause, 0),
    SD_BUS_METHOD_WITH_ARGS("Resume", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_resume, 0),
    SD_BUS_METHOD_WITH_ARGS("Hold", SD_BUS_ARGS("s", why), SD_BUS_RESULT("s", cookie), method_hold, 0),
    SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", cookie), SD_BUS_NO_RESULT, method_release, 0),
    SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload, 0),
    SD_BUS_METHOD_WITH_ARGS("ResetLearning", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reset_learning, 0),
    SD_BUS_METHOD_WITH_ARGS("Import", SD_BUS_ARGS("h", file), SD_BUS_RESULT("u", count), method_import, 0),
    SD_BUS_METHOD_WITH_ARGS("ListOpen", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", rows), method_list_open, 0),
    SD_BUS_METHOD_WITH_ARGS("ListUpcoming", SD_BUS_ARGS("u", limit), SD_BUS_RESULT("aa{sv}", rows),
                            method_long, 0),
    SD_BUS_METHOD_WITH_ARGS("ListEntries", SD_BUS_ARGS("t", since_usec, "t", until_usec, "u", limit),
                            SD_BUS_RESULT("aa{sv}", rows), method_long, 0),
    SD_BUS_METHOD_WITH_ARGS("ListPresence", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", rows),
                            method_list_presence, 0),
    SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_ARGS("s", id), SD_BUS_RESULT("s", sentence), method_explain, 0),
    SD_BUS_PROPERTY("Version", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Presence", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("PresenceUSec", "t", get_property, 0, 0),
    SD_BUS_PROPERTY("PausedUntilUSec", "t", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("NextElapseUSec", "t", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("NextReminder", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("OpenCount", "u", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Fewer", "u", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Problem", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_SIGNAL_WITH_ARGS("Shown", SD_BUS_ARGS("s", id, "s", reminder, "s", theme), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Answered", SD_BUS_ARGS("s", id, "s", choice), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Snoozed", SD_BUS_ARGS("s", id, "t", until_usec), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Closed", SD_BUS_ARGS("s", id, "s", how), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Noted", SD_BUS_ARGS("s", id), 0),
    SD_BUS_VTABLE_END,
};

int bus_object_new(sd_bus *bus, const struct bus_host *host, void *userdata,
                   struct presence_monitor *presence, struct bus_object **ret) {
    struct bus_object *object = calloc(1, sizeof *object);
    if (!object)
        return -ENOMEM;
    object->bus = bus;
    object->host = host;
    object->userdata = userdata;
    object->presence = presence;
    object->said.next_elapse_usec = USEC_INFINITY;
    int r = call_queue_new(sd_bus_get_event(bus), answer_long, object, &object->long_calls);
    if (r >= 0)
        r = sd_bus_add_object_vtable(bus, &object->slot, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, vtable,
                                     object);
    if (r < 0) {
        bus_object_free(object);
        return r;
    }
    *ret = object;
    return 0;
}

struct bus_object *bus_object_free(struct bus_object *object) {
    if (!object)
        return NULL;
    sd_bus_slot_unref(object->slot);
    call_queue_free(object->long_calls);
    free(object->said_next_reminder);
    free(object->said_problem);
    free(object);
    return NULL;
}

/* 1: it is another text now. */
static int take_text(char **said, const char *text) {
    _cleanup_free_ char *copy = strdup(or_empty(text));
    if (!copy)
        return -ENOMEM;
    letters_mend(copy);
    if (streq(or_empty(*said), copy))
        return 0;
    free(*said);
    *said = TAKE_PTR(copy);
    return 1;
}

int bus_publish(struct bus_object *object, const struct bus_properties *properties) {
    static char names[][16] = {"Presence",  "PausedUntilUSec", "NextElapseUSec", "NextReminder",
                               "OpenCount", "Fewer",           "Problem"};
    struct bus_properties was = object->said;
    int next_reminder = take_text(&object->said_next_reminder, properties->next_reminder);
    int problem = take_text(&object->said_problem, properties->problem);
    object->said = *properties;
    const bool differs[ELEMENTSOF(names)] = {
        was.presence != properties->presence,
        was.paused_until_usec != properties->paused_until_usec,
        was.next_elapse_usec != properties->next_elapse_usec,
        next_reminder > 0,
        was.open_count != properties->open_count,
        was.fewer != properties->fewer,
        problem > 0,
    };
    char *changed[ELEMENTSOF(names) + 1];
    size_t n = 0;
    for (size_t i = 0; i < ELEMENTSOF(differs); i++) {
        object->unsaid |= (unsigned)differs[i] << i;
        if (object->unsaid & 1U << i)
            changed[n++] = names[i];
    }
    changed[n] = NULL;
    int r = n == 0 ? 0
                   : sd_bus_emit_properties_changed_strv(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE,
                                                         changed);
    if (r >= 0)
        object->unsaid = 0;
    if (r < 0)
        return r;
    return next_reminder < 0 || problem < 0 ? -ENOMEM : 0;
}

int bus_signal(struct bus_object *object, const struct effect *effect) {
    char id[UUID_TEXT_SIZE];
    uuid_format(&effect->id, id);
    switch (effect->kind) {
    case EFFECT_SIGNAL_SHOWN:
        return sd_bus_emit_signal(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, "Shown", "sss", id,
                                  or_empty(effect->reminder), theme_id(effect->theme));
    case EFFECT_SIGNAL_ANSWERED:
        return sd_bus_emit_signal(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, "Answered", "ss", id,
                                  effect->detail);
    case EFFECT_SIGNAL_SNOOZED:
        return sd_bus_emit_signal(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, "Snoozed", "st", id,
                                  effect->until_usec);
    case EFFECT_SIGNAL_CLOSED:
        return sd_bus_emit_signal(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, "Closed", "ss", id,
                                  effect->detail);
    case EFFECT_SIGNAL_NOTED:
        return sd_bus_emit_signal(object->bus, KINDLY_OBJECT_PATH, KINDLY_INTERFACE, "Noted", "s", id);
    default:
        return 0;
    }
}
