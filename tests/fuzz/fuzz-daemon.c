/* What others can say to the daemon: callers on its bus, with right and with wrong arguments, the presenter,
 * and the programs that it asks whether the person is there; while time passes. Every call is answered, with
 * what was promised or with an error of ours; what it says is text that a bus lets pass; and what it keeps
 * stays within its bounds, in memory as in the journal. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/hands.h"

#define STEPS_MAX 40
#define PRESENTER "org.kindlyd.Presenter1"

struct scene {
    struct hands hands;
    struct pieces pieces;
    unsigned n_waiting; /* calls without a reply yet */
    bool reloaded;      /* once is enough: it takes as long as all the rest */
    char cookie[32];    /* of the last hold */
    char id[64];        /* that the presenter was given last */
};

static const struct {
    const char *member, *types;
} methods[] = {
    {"Prompt", "s"},      {"Answer", "sss"},     {"Snooze", "st"},        {"SnoozeUntil", "st"},
    {"Dismiss", "s"},     {"Note", "sb"},        {"NoteForHardDay", "s"}, {"Keep", "sb"},
    {"Forget", "s"},      {"ForgetRange", "tt"}, {"Pause", "t"},          {"Resume", ""},
    {"Hold", "s"},        {"Release", "s"},      {"Reload", ""},          {"ResetLearning", ""},
    {"Import", "h"},      {"ListOpen", ""},      {"ListUpcoming", "u"},   {"ListEntries", "ttu"},
    {"ListPresence", ""}, {"Explain", "s"},      {"Nothing", "v"},
};

static const char *const words[] = {"",
                                    "care",
                                    "own",
                                    "three-breaths",
                                    "hard",
                                    "hard-moment",
                                    "then-and-now",
                                    "guidance",
                                    "daytime",
                                    "helpful",
                                    "okay",
                                    "not-for-me",
                                    "later",
                                    "not-this",
                                    "quiet-today",
                                    "next",
                                    "enough",
                                    "keep",
                                    "journal-only",
                                    "erase",
                                    "steady",
                                    "support",
                                    "keep-on",
                                    "fewer",
                                    "pause",
                                    "open",
                                    "let-go",
                                    "default",
                                    "01020304-0506-7008-8000-000000000002",
                                    "01020304-0506-7008-8000-000000000001",
                                    "dismissed",
                                    "off-screen",
                                    "locked",
                                    "idle"};

/* --- Drawing ---------------------------------------------------------------------------------- */

/* One of the words above, an id or cookie that there is, or any text. The caller frees. */
static char *draw_text(struct scene *scene) {
    uint8_t which = piece_byte(&scene->pieces);
    const struct keeper *keeper = scene->hands.daemon.keeper;
    char *text;
    if (which < ELEMENTSOF(words))
        text = strdup(words[which]);
    else if (which < 64 && keeper->n_open > 0) {
        text = malloc(UUID_TEXT_SIZE);
        holds(text);
        uuid_format(&keeper->open[which % keeper->n_open].id, text);
    } else if (which < 72)
        text = strdup(scene->cookie);
    else if (which < 96)
        text = strdup(scene->id);
    else
        text = piece_bus_text(&scene->pieces);
    holds(text);
    return text;
}

static uint64_t draw_number(struct scene *scene) {
    static const uint64_t numbers[] = {0,
                                       1,
                                       USEC_PER_MINUTE,
                                       USEC_PER_DAY,
                                       FUZZ_NOW,
                                       FUZZ_NOW + USEC_PER_HOUR,
                                       USEC_END_OF_TIME,
                                       USEC_INFINITY,
                                       USEC_INFINITY - 1,
                                       INT64_MAX};
    uint8_t which = piece_byte(&scene->pieces);
    return which < ELEMENTSOF(numbers) ? numbers[which] : piece_number(&scene->pieces, 1 + which % 8U);
}

static void append_file(struct scene *scene, sd_bus_message *m) {
    int fd = memfd_create("import", MFD_CLOEXEC);
    char *text = piece_text(&scene->pieces);
    holds(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    holds(sd_bus_message_append(m, "h", fd) >= 0);
    close(fd);
    free(text);
}

/* For ever, or soon over: to look past a pause of years takes the daemon some 20 ms in each turn. */
static void append_end_of_pause(struct scene *scene, sd_bus_message *m) {
    uint64_t end_usec = draw_number(scene);
    if (end_usec > FUZZ_NOW && end_usec != USEC_INFINITY)
        end_usec = FUZZ_NOW + end_usec % (30 * USEC_PER_DAY);
    holds(sd_bus_message_append(m, "t", end_usec) >= 0);
}

/* One argument of a type. */
static void append(struct scene *scene, sd_bus_message *m, char type) {
    char *text = NULL;
    int r = 0;
    switch (type) {
    case 's':
        text = draw_text(scene);
        r = sd_bus_message_append(m, "s", text);
        break;
    case 't':
        r = sd_bus_message_append(m, "t", draw_number(scene));
        break;
    case 'u':
        r = sd_bus_message_append(m, "u", (uint32_t)draw_number(scene));
        break;
    case 'b':
        r = sd_bus_message_append(m, "b", piece_byte(&scene->pieces) & 1);
        break;
    case 'd':
        r = sd_bus_message_append(m, "d", (double)draw_number(scene));
        break;
    case 'h':
        append_file(scene, m);
        break;
    case 'v':
        text = draw_text(scene);
        r = piece_byte(&scene->pieces) & 1 ? sd_bus_message_append(m, "v", "s", text)
                                           : sd_bus_message_append(m, "v", "b", 1);
        break;
    case 'a':
        text = draw_text(scene);
        r = sd_bus_message_append(m, "as", 2, text, "x");
        break;
    default:
        r = sd_bus_message_append(m, "(ssu)", "a", "b", 7);
    }
    holds(r >= 0);
    free(text);
}

static void append_any(struct scene *scene, sd_bus_message *m) {
    static const char types[] = "stubdhva(";
    for (size_t n = piece_byte(&scene->pieces) % 4; n > 0; n--)
        append(scene, m, types[piece_byte(&scene->pieces) % (sizeof types - 1)]);
}

/* --- What the daemon says ---------------------------------------------------------------------- */

static bool is_text(const char *text) {
    while (*text && utf8_sequence(text) > 0)
        text += utf8_sequence(text);
    return *text == 0;
}

/* One of ours; or sd-bus's own, for what doesn't fit the interface. */
static void check_error(const sd_bus_error *error, bool right) {
    static const char *const ours[] = {
        "NoSuchEntry", "NotOpen", "InvalidArgument", "Config", "NoPrompt", "TooManySnoozes",
    };
    static const char *const theirs[] = {SD_BUS_ERROR_INVALID_ARGS, SD_BUS_ERROR_UNKNOWN_PROPERTY,
                                         SD_BUS_ERROR_PROPERTY_READ_ONLY};
    const char *prefix = KINDLY_INTERFACE ".Error.";
    bool known =
        streq(error->name, SD_BUS_ERROR_LIMITS_EXCEEDED) || streq(error->name, SD_BUS_ERROR_UNKNOWN_METHOD);
    for (size_t i = 0; i < ELEMENTSOF(ours); i++)
        known |=
            strncmp(error->name, prefix, strlen(prefix)) == 0 && streq(error->name + strlen(prefix), ours[i]);
    for (size_t i = 0; !right && i < ELEMENTSOF(theirs); i++)
        known |= streq(error->name, theirs[i]);
    holds(known);
    holds(*or_empty(error->message) && is_text(error->message));
}

/* Reads all of a message, as a caller would: each text has to be one. */
static void read_all_of(sd_bus_message *m) {
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "we");
    holds(nowhere && sd_bus_message_dump(m, nowhere, SD_BUS_MESSAGE_DUMP_SUBTREE_ONLY) >= 0);
}

static int take_reply(struct scene *scene, sd_bus_message *reply, bool right) {
    const char *cookie;
    holds(scene->n_waiting > 0);
    scene->n_waiting--;
    if (sd_bus_message_is_method_error(reply, NULL)) {
        check_error(sd_bus_message_get_error(reply), right);
        return 1;
    }
    read_all_of(reply);
    holds(sd_bus_message_rewind(reply, 1) >= 0);
    if (streq(or_empty(sd_bus_message_get_signature(reply, 1)), "s") &&
        sd_bus_message_read(reply, "s", &cookie) > 0)
        snprintf(scene->cookie, sizeof scene->cookie, "%.31s", cookie);
    return 1;
}

static int on_reply(sd_bus_message *reply, void *scene, sd_bus_error *error) {
    (void)error;
    return take_reply(scene, reply, true);
}

/* To a call with arguments of any types. */
static int on_reply_to_any(sd_bus_message *reply, void *scene, sd_bus_error *error) {
    (void)error;
    return take_reply(scene, reply, false);
}

static void check_open(const struct keeper *keeper) {
    size_t on_screen = 0;
    holds(keeper->n_open <= KEEPER_OPEN_MAX);
    for (size_t i = 0; i < keeper->n_open; i++) {
        const struct open_prompt *open = &keeper->open[i];
        on_screen += open->on_screen;
        holds(strlen(or_empty(open->text)) <= KEEPER_TEXT_MAX);
        holds(strlen(or_empty(open->bus_id)) <= PRESENTER_NAME_MAX &&
              strlen(or_empty(open->owner)) <= PRESENTER_NAME_MAX);
    }
    holds(on_screen <= 1);
}

/* State before effect: what is in memory is what is written down. */
static void check_journal(struct daemon *daemon) {
    struct keeper *stored = NULL;
    holds(daemon->journal && !daemon->journal_problem);
    holds(journal_load(daemon->journal, &stored) >= 0);
    holds(stored->n_open == daemon->keeper->n_open);
    for (size_t i = 0; i < stored->n_open; i++)
        holds(uuid_equal(&stored->open[i].id, &daemon->keeper->open[i].id) &&
              stored->open[i].state == daemon->keeper->open[i].state);
    holds(stored->paused_until_usec == daemon->keeper->paused_until_usec);
    keeper_free(stored);
}

/* --- What others say -------------------------------------------------------------------------- */

static const char *draw_caller(struct scene *scene) {
    static const char *const callers[] = {":1.1", ":1.2", ":1.3"};
    return callers[piece_byte(&scene->pieces) % ELEMENTSOF(callers)];
}

static void send(struct scene *scene, sd_bus_message *m, bool right) {
    scene->n_waiting++;
    holds(sd_bus_call_async(scene->hands.bus, NULL, m, right ? on_reply : on_reply_to_any, scene, 0) >= 0);
    sd_bus_message_unref(m);
}

static void call(struct scene *scene, bool right) {
    size_t which = piece_byte(&scene->pieces) % ELEMENTSOF(methods);
    sd_bus_message *m;
    if (streq(methods[which].member, "Reload") && scene->reloaded)
        return;
    scene->reloaded |= streq(methods[which].member, "Reload");
    holds(sd_bus_message_new_method_call(scene->hands.bus, &m, KINDLY_BUS_NAME, KINDLY_OBJECT_PATH,
                                         KINDLY_INTERFACE, methods[which].member) >= 0);
    hands_sign(m, draw_caller(scene));
    if (streq(methods[which].member, "Pause"))
        append_end_of_pause(scene, m);
    else if (right)
        for (const char *type = methods[which].types; *type; type++)
            append(scene, m, *type);
    else
        append_any(scene, m);
    send(scene, m, right);
}

static void ask_property(struct scene *scene) {
    static const char *const members[] = {"Get", "Set", "GetAll"};
    size_t which = piece_byte(&scene->pieces) % ELEMENTSOF(members);
    sd_bus_message *m;
    holds(sd_bus_message_new_method_call(scene->hands.bus, &m, KINDLY_BUS_NAME, KINDLY_OBJECT_PATH,
                                         "org.freedesktop.DBus.Properties", members[which]) >= 0);
    holds(sd_bus_message_append(m, "s", KINDLY_INTERFACE) >= 0);
    if (which < 2)
        holds(sd_bus_message_append(m, "s", piece_byte(&scene->pieces) & 1 ? "Problem" : "OpenCount") >= 0);
    if (which == 1)
        append(scene, m, 'v');
    send(scene, m, false);
}

static void leave(struct scene *scene) {
    sd_bus_message *m;
    const char *caller = draw_caller(scene);
    holds(sd_bus_message_new_signal(scene->hands.bus, &m, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                    "NameOwnerChanged") >= 0);
    hands_sign(m, "org.freedesktop.DBus");
    holds(sd_bus_message_append(m, "sss", caller, caller, "") >= 0 && sd_bus_send(NULL, m, NULL) >= 0);
    sd_bus_message_unref(m);
}

/* As it is meant, or with any arguments. */
static void presenter_says(struct scene *scene) {
    static const char *const signals[] = {"Chosen", "Written", "Closed", "Free", "Named", "Unheard"};
    sd_bus_message *m;
    if (!scene->hands.presenter)
        return;
    size_t which = piece_byte(&scene->pieces) % ELEMENTSOF(signals);
    uint8_t how = piece_byte(&scene->pieces) % 8;
    holds(sd_bus_message_new_signal(scene->hands.presenter, &m, "/org/kindlyd/Presenter1", PRESENTER,
                                    signals[which]) >= 0);
    if (how == 0)
        append_any(scene, m);
    else if (which < 3) {
        char *text = draw_text(scene);
        holds(sd_bus_message_append(m, "ss", scene->id, text) >= 0);
        free(text);
    }
    (void)sd_bus_send(NULL, m, NULL); /* the daemon may have closed the link */
    sd_bus_message_unref(m);
}

static int refuse(sd_bus_message *m, const char *name) {
    return sd_bus_reply_method_errorf(m, name, "no");
}

static int reply_to_show(struct scene *scene, sd_bus_message *m) {
    const char *id, *title, *body;
    holds(sd_bus_message_read(m, "sss", &id, &title, &body) > 0);
    holds(*title && strlen(title) <= 512 && strlen(body) <= 8192);
    snprintf(scene->id, sizeof scene->id, "%s", id);
    char *bus_id = NULL, *owner = NULL;
    int r;
    switch (piece_byte(&scene->pieces) % 8) {
    case 1:
        return refuse(m, PRESENTER ".Error.Held");
    case 2:
        return refuse(m, PRESENTER ".Error.Unavailable");
    case 3:
        return refuse(m, SD_BUS_ERROR_TIMEOUT);
    case 4:
        return refuse(m, SD_BUS_ERROR_NO_REPLY);
    case 5:
        return sd_bus_reply_method_return(m, "su", "a", 7);
    case 6:
        bus_id = piece_bus_text(&scene->pieces);
        owner = piece_bus_text(&scene->pieces);
        r = sd_bus_reply_method_return(m, "ssu", bus_id, owner, (uint32_t)piece_number(&scene->pieces, 4));
        free(bus_id);
        free(owner);
        return r;
    default:
        return sd_bus_reply_method_return(m, "ssu", "0123", ":1.9", 7);
    }
}

/* A program that the daemon asks about the person. */
static int reply_to_question(struct scene *scene, sd_bus_message *m) {
    switch (piece_byte(&scene->pieces) % 8) {
    case 1:
        return sd_bus_reply_method_return(m, "b", 1);
    case 2:
        return sd_bus_reply_method_return(m, "v", "b", 1);
    case 3:
        return sd_bus_reply_method_return(m, "t", draw_number(scene));
    case 4:
        return sd_bus_reply_method_return(m, "v", "s", "shutdown:idle");
    case 5:
        return sd_bus_reply_method_return(m, "as", 2, "dnd", "default");
    case 6:
        return sd_bus_reply_method_return(m, "u", (uint32_t)draw_number(scene));
    default:
        return refuse(m, SD_BUS_ERROR_SERVICE_UNKNOWN);
    }
}

static int on_asked(sd_bus_message *m, void *userdata, sd_bus_error *error) {
    (void)error;
    struct scene *scene = userdata;
    int r;
    if (!sd_bus_message_is_method_call(m, PRESENTER, NULL))
        r = reply_to_question(scene, m);
    else if (sd_bus_message_is_method_call(m, NULL, "Show"))
        r = reply_to_show(scene, m);
    else
        r = sd_bus_reply_method_return(m, NULL);
    holds(r >= 0);
    return 1;
}

/* --- A scene ---------------------------------------------------------------------------------- */

static void step(struct scene *scene) {
    switch (piece_byte(&scene->pieces) % 12) {
    case 0:
        call(scene, false);
        break;
    case 1:
        ask_property(scene);
        break;
    case 2:
    case 3:
    case 4:
        presenter_says(scene);
        break;
    case 5:
        hands_pass_time(draw_number(scene) % (4 * USEC_PER_DAY));
        on_elapsed(&scene->hands.daemon);
        break;
    case 6:
        leave(scene);
        break;
    case 7:
        hands_close_presenter(&scene->hands);
        break;
    default:
        call(scene, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scene scene = {.pieces = {data, size}};
    fuzz_silence();
    hands_begin(&scene.hands, on_asked, &scene);
    for (int i = 0; i < STEPS_MAX && scene.pieces.left > 0; i++) {
        bool at_once = piece_byte(&scene.pieces) % 4 == 0; /* with what follows */
        step(&scene);
        if (!at_once)
            hands_settle(&scene.hands);
        check_open(scene.hands.daemon.keeper);
    }
    hands_settle(&scene.hands);
    holds(scene.n_waiting == 0);
    check_open(scene.hands.daemon.keeper);
    check_journal(&scene.hands.daemon);
    hands_end(&scene.hands);
    fuzz_speak();
    return 0;
}
