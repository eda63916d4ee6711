/* A card is built piece by piece and every piece is checked as it comes: UTF-8 and the bounds of the header.
 * What is kept can go to a notification server or a terminal as it is, so control characters are dropped
 * here; a terminal would obey them. */
#include "daemon/notify/card.h"

#include "daemon/notify/text.h"

static bool fits(const char *text, size_t at_least, size_t at_most) {
    size_t size = strlen(text);
    return size >= at_least && size <= at_most && text_is_utf8(text);
}

/* What a click is reported by, and what the command that answers is told: it is printed as it is. */
static bool is_id(const char *text) {
    if (!fits(text, 1, CARD_ID_MAX))
        return false;
    for (size_t columns; *text; text += text_next(text, &columns))
        if (text_is_control(text))
            return false;
    return true;
}

static int refuse(const char *sentence, const char **ret_wrong) {
    *ret_wrong = sentence;
    return -EINVAL;
}

static int duplicate(const char *text, char **ret) {
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

int card_new(const char *id, const char *title, const char *body, struct card **ret, const char **ret_wrong) {
    if (!is_id(id))
        return refuse("The id is not UTF-8 of 1 to 128 bytes without control characters.", ret_wrong);
    if (!fits(title, 1, CARD_TITLE_MAX))
        return refuse("The title is not UTF-8 of 1 to 512 bytes.", ret_wrong);
    if (!fits(body, 0, CARD_BODY_MAX))
        return refuse("The body is not UTF-8 of at most 8192 bytes.", ret_wrong);

    _cleanup_(card_freep) struct card *card = calloc(1, sizeof *card);
    if (!card)
        return -ENOMEM;
    int r = duplicate(id, &card->id);
    if (r < 0)
        return r;
    r = text_clean(title, &card->title);
    if (r < 0)
        return r;
    if (!*card->title)
        return refuse("The title is nothing but control characters.", ret_wrong);
    r = text_clean(body, &card->body);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(card);
    return 0;
}

static bool is_reserved(const char *id) {
    return streq(id, PRESENTER_DEFAULT) || streq(id, PRESENTER_REPLY) || streq(id, PRESENTER_WRITE);
}

static bool has_choice(const struct card *card, const char *id) {
    for (size_t i = 0; i < card->n_choices; i++)
        if (streq(card->choices[i].id, id))
            return true;
    return false;
}

int card_add_choice(struct card *card, const char *id, const char *label, const char **ret_wrong) {
    if (card->n_choices == CARD_CHOICES_MAX)
        return refuse("There are more than 16 choices.", ret_wrong);
    if (!is_id(id) || !fits(label, 1, CARD_LABEL_MAX))
        return refuse(
            "A choice's id or label is not UTF-8 of 1 to 128 bytes, or its id has control characters.",
            ret_wrong);
    if (is_reserved(id) || has_choice(card, id))
        return refuse("A choice's id is there twice, or is one of \"default\", \"inline-reply\", \"write\".",
                      ret_wrong);

    struct card_choice choice = {0};
    int r = duplicate(id, &choice.id);
    if (r < 0)
        return r;
    r = text_clean(label, &choice.label);
    if (r >= 0 && !*choice.label)
        r = refuse("A choice's label is nothing but control characters.", ret_wrong);
    if (r < 0) {
        free(choice.id);
        free(choice.label);
        return r;
    }
    card->choices[card->n_choices++] = choice;
    return 0;
}

int card_set_replaces(struct card *card, const char *bus_id, const char *owner, uint32_t server_id) {
    _cleanup_free_ char *bus_copy = NULL, *owner_copy = NULL;
    int r = duplicate(bus_id, &bus_copy);
    if (r < 0)
        return r;
    r = duplicate(owner, &owner_copy);
    if (r < 0)
        return r;
    free(card->replaces_bus);
    free(card->replaces_owner);
    card->replaces_bus = TAKE_PTR(bus_copy);
    card->replaces_owner = TAKE_PTR(owner_copy);
    card->replaces_id = server_id;
    return 0;
}

struct card *card_free(struct card *card) {
    if (!card)
        return NULL;
    for (size_t i = 0; i < card->n_choices; i++) {
        free(card->choices[i].id);
        free(card->choices[i].label);
    }
    free(card->id);
    free(card->title);
    free(card->body);
    free(card->replaces_bus);
    free(card->replaces_owner);
    free(card);
    return NULL;
}

bool *card_flag(struct card *card, const char *hint) {
    const struct {
        const char *hint;
        bool *field;
    } flags[] = {
        {"private", &card->concealed}, {"write", &card->write}, {"step", &card->step},
        {"sound", &card->sound},       {"force", &card->force},
    };
    for (size_t i = 0; i < ELEMENTSOF(flags); i++)
        if (streq(flags[i].hint, hint))
            return flags[i].field;
    return NULL;
}
