/* A card: one prompt as the daemon asks a presenter to show it (units/org.kindlyd.Presenter1.xml). Both
 * presenters read their call into one, so that both take and refuse the same things. */
#pragma once

#include "daemon/core/base.h"

#define PRESENTER_FD                3 /* where the daemon leaves the link */
#define PRESENTER_PATH              "/org/kindlyd/Presenter1"
#define PRESENTER_INTERFACE         "org.kindlyd.Presenter1"
#define PRESENTER_ERROR_UNAVAILABLE PRESENTER_INTERFACE ".Error.Unavailable"
#define PRESENTER_ERROR_HELD        PRESENTER_INTERFACE ".Error.Held"
#define PRESENTER_ERROR_TIMEOUT     "org.freedesktop.DBus.Error.Timeout"

/* What Closed says. */
#define PRESENTER_DISMISSED  "dismissed"
#define PRESENTER_OFF_SCREEN "off-screen"

/* What a server calls a click on the text itself, the button of a reply typed in place (KDE), and ours that
 * opens a window to write in; no choice of a card may be named so. */
#define PRESENTER_DEFAULT "default"
#define PRESENTER_REPLY   "inline-reply"
#define PRESENTER_WRITE   "write"

/* Bounds in bytes: above what a prompt or a kept line can have, below what a server or a screen chokes on. */
#define CARD_ID_MAX      128
#define CARD_TITLE_MAX   512
#define CARD_BODY_MAX    8192
#define CARD_LABEL_MAX   128
#define CARD_CHOICES_MAX 16
#define CARD_LINE_MAX    4000 /* a line a person writes */

struct card_choice {
    char *id, *label;
};

struct card {
    char *id, *title, *body; /* title and body without control characters but newlines */
    struct card_choice choices[CARD_CHOICES_MAX];
    size_t n_choices;
    usec_t show_for_usec; /* 0: as the server likes; USEC_INFINITY: until answered */
    bool concealed;       /* hint `private`: the text is a stand-in until the person opens it */
    bool write, step, sound, force;
    uint32_t named;                      /* showings until now that named the command that answers */
    char *replaces_bus, *replaces_owner; /* hint `replaces`; NULL: nothing */
    uint32_t replaces_id;
};

/* -EINVAL: `ret_wrong` says in a sentence what is wrong and what is allowed (static). -ENOMEM. */
int card_new(const char *id, const char *title, const char *body, struct card **ret, const char **ret_wrong);
int card_add_choice(struct card *card, const char *id, const char *label, const char **ret_wrong);

/* The earlier showing this one may stand in for. -ENOMEM. */
int card_set_replaces(struct card *card, const char *bus_id, const char *owner, uint32_t server_id);

struct card *card_free(struct card *card); /* always NULL */
DEFINE_CLEANUP(struct card, card_free)

/* The field of a yes-or-no hint, or NULL when there is no such hint: it is ignored then. */
bool *card_flag(struct card *card, const char *hint);

/* Whether a line may be written now: not while the text is concealed. */
static inline bool card_takes_line(const struct card *card) {
    return card->write && !card->concealed;
}
