/* What a presenter is asked to show. Both read the same arguments, one with GVariant and one with sd-bus, and
 * both take the same card from them or refuse it; then it is drawn, for servers and terminals of all kinds.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/notify/notice.h"
#include "daemon/notify/notify-card.h"
#include "daemon/notify/page.h"
#include "daemon/notify/text.h"
#include "daemon/notify/tty-card.h"
#include "tests/fuzz/fuzz.h"

#define HINTS_MAX 12

/* The arguments of Show, written twice. */
struct call {
    sd_bus_message *message;
    GVariantBuilder choices, hints;
    char *id, *title, *body;
};

/* A message needs a bus, which needn't be connected to anything. */
static sd_bus *any_bus(void) {
    static sd_bus *bus;
    if (!bus) {
        int fds[2];
        holds(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        holds(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fds[0], fds[0]) >= 0 && sd_bus_start(bus) >= 0);
    }
    return bus;
}

static void add_choices(struct call *call, struct pieces *pieces) {
    g_variant_builder_init(&call->choices, G_VARIANT_TYPE("a(ss)"));
    holds(sd_bus_message_open_container(call->message, 'a', "(ss)") >= 0);
    for (size_t n = piece_byte(pieces) % (CARD_CHOICES_MAX + 3); n > 0; n--) {
        char *id = piece_bus_text(pieces), *label = piece_bus_text(pieces);
        g_variant_builder_add(&call->choices, "(ss)", id, label);
        holds(sd_bus_message_append(call->message, "(ss)", id, label) >= 0);
        free(id);
        free(label);
    }
    holds(sd_bus_message_close_container(call->message) >= 0);
}

static const char *const names[] = {"private", "write",    "step",     "sound",
                                    "force",   "show_for", "replaces", "named"};

/* Of a type of the contract or of another. */
static void add_hint(struct call *call, struct pieces *pieces) {
    size_t which = piece_byte(pieces) % (ELEMENTSOF(names) + 1);
    char *drawn = which < ELEMENTSOF(names) ? strdup(names[which]) : piece_bus_text(pieces);
    char *first = NULL, *second = NULL;
    uint64_t number = piece_number(pieces, 8);
    GVariant *value;
    int r;
    switch (piece_byte(pieces) % 6) {
    case 0:
        value = g_variant_new_boolean(number & 1);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "b", (int)(number & 1));
        break;
    case 1:
        value = g_variant_new_uint64(number);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "t", number);
        break;
    case 2:
        value = g_variant_new_uint32((uint32_t)number);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "u", (uint32_t)number);
        break;
    case 3:
        first = piece_bus_text(pieces);
        second = piece_bus_text(pieces);
        value = g_variant_new("(ssu)", first, second, (guint32)number);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "(ssu)", first, second, (uint32_t)number);
        break;
    case 4:
        first = piece_bus_text(pieces);
        value = g_variant_new("as", NULL);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "as", 0);
        break;
    default:
        first = piece_bus_text(pieces);
        value = g_variant_new_string(first);
        r = sd_bus_message_append(call->message, "{sv}", drawn, "s", first);
    }
    holds(r >= 0);
    g_variant_builder_add(&call->hints, "{sv}", drawn, value);
    free(drawn);
    free(first);
    free(second);
}

static void add_hints(struct call *call, struct pieces *pieces) {
    g_variant_builder_init(&call->hints, G_VARIANT_TYPE("a{sv}"));
    holds(sd_bus_message_open_container(call->message, 'a', "{sv}") >= 0);
    for (size_t n = piece_byte(pieces) % HINTS_MAX; n > 0; n--)
        add_hint(call, pieces);
    holds(sd_bus_message_close_container(call->message) >= 0);
}

static void check_same(const struct card *a, const struct card *b) {
    holds(streq(a->id, b->id) && streq(a->title, b->title) && streq(a->body, b->body));
    holds(a->n_choices == b->n_choices);
    for (size_t i = 0; i < a->n_choices; i++)
        holds(streq(a->choices[i].id, b->choices[i].id) && streq(a->choices[i].label, b->choices[i].label));
    holds(a->concealed == b->concealed && a->write == b->write && a->step == b->step &&
          a->sound == b->sound && a->force == b->force && a->show_for_usec == b->show_for_usec);
    holds(a->replaces_id == b->replaces_id && streq(or_empty(a->replaces_bus), or_empty(b->replaces_bus)) &&
          streq(or_empty(a->replaces_owner), or_empty(b->replaces_owner)));
}

static void check_line(const char *text, bool newlines) {
    holds(text_is_utf8(text));
    for (size_t at = 0, columns, n; (n = text_next(text + at, &columns)) > 0; at += n)
        holds(!text_is_control(text + at) || (newlines && text[at] == '\n'));
}

static void check_notice(const struct card *card, struct pieces *pieces) {
    struct notice_caps caps = {.buttons = piece_byte(pieces) % (CARD_CHOICES_MAX + 2)};
    uint8_t bits = piece_byte(pieces);
    caps.actions = bits & 1;
    caps.body = bits & 2;
    caps.markup = bits & 4;
    caps.reply = bits & 8;
    caps.counts_default = bits & 16;
    struct notice *notice = NULL;
    holds(notice_new(card, caps, bits & 32, &notice) >= 0);
    check_line(notice->summary, false);
    if (notice->body)
        check_line(notice->body, true);
    holds(notice->n_actions <= NOTICE_ACTIONS_MAX && notice->timeout_msec >= -1);
    notice_free(notice);
}

static void check_page(const struct card *card, size_t columns) {
    char keys[CARD_CHOICES_MAX], *page = NULL, *plain = NULL;
    page_keys(card, keys);
    for (size_t i = 0; i < card->n_choices; i++)
        holds(keys[i] && !memchr(keys + i + 1, keys[i], card->n_choices - i - 1));
    holds(page_compose(card, columns, false, &page) >= 0 && page_compose_plain(card, columns, &plain) >= 0);
    check_line(page, true);
    check_line(plain, true);
    holds(page_rows(page, columns) >= 1);
    free(page);
    free(plain);
}

static void check(struct call *call, struct pieces *pieces) {
    struct card *tty = NULL, *desktop = NULL;
    const char *tty_wrong = NULL, *desktop_wrong = NULL;
    GVariant *arguments = g_variant_ref_sink(
        g_variant_new("(sssa(ss)a{sv})", call->id, call->title, call->body, &call->choices, &call->hints));
    holds(sd_bus_message_seal(call->message, 1, 0) >= 0);
    int r = card_from_message(call->message, &tty, &tty_wrong);
    holds(card_from_variant(arguments, &desktop, &desktop_wrong) == r);
    if (r < 0)
        holds(r == -EINVAL && tty_wrong && streq(tty_wrong, desktop_wrong));
    else {
        check_same(tty, desktop);
        check_line(tty->title, true);
        check_line(tty->body, true);
        check_notice(desktop, pieces);
        check_page(tty, piece_byte(pieces));
    }
    card_free(tty);
    card_free(desktop);
    g_variant_unref(arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pieces pieces = {data, size};
    struct call call = {
        .id = piece_bus_text(&pieces), .title = piece_bus_text(&pieces), .body = piece_bus_text(&pieces)};
    holds(sd_bus_message_new_method_call(any_bus(), &call.message, NULL, PRESENTER_PATH, PRESENTER_INTERFACE,
                                         "Show") >= 0);
    holds(sd_bus_message_append(call.message, "sss", call.id, call.title, call.body) >= 0);
    add_choices(&call, &pieces);
    add_hints(&call, &pieces);
    check(&call, &pieces);
    sd_bus_message_unref(call.message);
    free(call.id);
    free(call.title);
    free(call.body);
    return 0;
}
