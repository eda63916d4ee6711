/* GDBus has checked the types of the arguments against the interface; what is left is what they say. */
#include "daemon/notify/notify-card.h"

static int read_hint(struct card *card, const char *name, GVariant *value) {
    bool *flag = card_flag(card, name);
    if (flag && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        *flag = g_variant_get_boolean(value);
    if (streq(name, "show_for") && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
        card->show_for_usec = g_variant_get_uint64(value);
    if (streq(name, "named") && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
        card->named = g_variant_get_uint32(value);
    if (streq(name, "replaces") && g_variant_is_of_type(value, G_VARIANT_TYPE("(ssu)"))) {
        const char *bus_id, *owner;
        uint32_t server_id;
        g_variant_get(value, "(&s&su)", &bus_id, &owner, &server_id);
        return card_set_replaces(card, bus_id, owner, server_id);
    }
    return 0;
}

int card_from_variant(GVariant *arguments, struct card **ret, const char **ret_wrong) {
    const char *id, *title, *body;
    g_autoptr(GVariantIter) choices = NULL, hints = NULL;
    g_variant_get(arguments, "(&s&s&sa(ss)a{sv})", &id, &title, &body, &choices, &hints);

    _cleanup_(card_freep) struct card *card = NULL;
    int r = card_new(id, title, body, &card, ret_wrong);
    const char *choice, *label;
    while (r >= 0 && g_variant_iter_next(choices, "(&s&s)", &choice, &label))
        r = card_add_choice(card, choice, label, ret_wrong);
    const char *name;
    GVariant *value;
    while (r >= 0 && g_variant_iter_next(hints, "{&sv}", &name, &value)) {
        r = read_hint(card, name, value);
        g_variant_unref(value);
    }
    if (r < 0)
        return r;
    *ret = TAKE_PTR(card);
    return 0;
}
