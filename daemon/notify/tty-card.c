/* sd-bus has checked the types of the arguments against the table of methods; what is left is what they say.
 */
#include "daemon/notify/tty-card.h"

static int read_choices(sd_bus_message *message, struct card *card, const char **ret_wrong) {
    int r = sd_bus_message_enter_container(message, 'a', "(ss)");
    if (r < 0)
        return r;
    const char *id, *label;
    while ((r = sd_bus_message_read(message, "(ss)", &id, &label)) > 0) {
        r = card_add_choice(card, id, label, ret_wrong);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_flag(sd_bus_message *message, bool *flag) {
    int value;
    int r = sd_bus_message_read(message, "v", "b", &value);
    if (r >= 0)
        *flag = value;
    return r;
}

static int read_replaces(sd_bus_message *message, struct card *card) {
    const char *bus_id, *owner;
    uint32_t server_id;
    int r = sd_bus_message_read(message, "v", "(ssu)", &bus_id, &owner, &server_id);
    return r < 0 ? r : card_set_replaces(card, bus_id, owner, server_id);
}

static int read_hint(sd_bus_message *message, struct card *card) {
    const char *name, *type;
    int r = sd_bus_message_read(message, "s", &name);
    if (r < 0)
        return r;
    r = sd_bus_message_peek_type(message, NULL, &type);
    if (r < 0)
        return r;
    bool *flag = card_flag(card, name);
    if (flag && streq(type, "b"))
        return read_flag(message, flag);
    if (streq(name, "show_for") && streq(type, "t"))
        return sd_bus_message_read(message, "v", "t", &card->show_for_usec);
    if (streq(name, "replaces") && streq(type, "(ssu)"))
        return read_replaces(message, card);
    return sd_bus_message_skip(message, "v");
}

static int read_hints(sd_bus_message *message, struct card *card) {
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    if (r < 0)
        return r;
    while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = read_hint(message, card);
        if (r < 0)
            return r;
        r = sd_bus_message_exit_container(message);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int card_from_message(sd_bus_message *message, struct card **ret, const char **ret_wrong) {
    const char *id, *title, *body;
    int r = sd_bus_message_read(message, "sss", &id, &title, &body);
    if (r < 0)
        return r;
    _cleanup_(card_freep) struct card *card = NULL;
    r = card_new(id, title, body, &card, ret_wrong);
    if (r < 0)
        return r;
    r = read_choices(message, card, ret_wrong);
    if (r < 0)
        return r;
    r = read_hints(message, card);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(card);
    return 0;
}
