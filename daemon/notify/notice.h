/* A notice: what a notification server is asked to draw for a card, given what it can do. */
#pragma once

#include "daemon/core/translate.h"
#include "daemon/notify/card.h"

/* What a server says it can do, as far as it changes what is sent; and what is known of it by its name. */
struct notice_caps {
    bool actions, body, markup, reply;
    size_t buttons;      /* there is room for so many; 0: all choices are in a menu */
    bool counts_default; /* a click on the text takes up a button's room: it is done without */
    bool keeps_buttons;  /* or has none, when a notification is replaced: what follows is shown anew */
    bool keeps_bubble;   /* on the screen when a notification is closed, but not past its time */
};

struct notice_action {
    const char *key, *label; /* of the card, or static */
};

/* The text itself, a way to write, and the choices. */
#define NOTICE_ACTIONS_MAX (CARD_CHOICES_MAX + 2)

struct notice {
    char *summary;      /* one line */
    char *body;         /* markup or plain, as the server reads it; NULL where it draws no body */
    int timeout_msec;   /* -1: as the server likes; 0: never */
    bool names_command; /* the body ends with the command that answers */
    struct notice_action actions[NOTICE_ACTIONS_MAX];
    size_t n_actions;
};

#define NOTICE_ICON_NAME   "org.kindlyd.Kindly"
#define NOTICE_WRITE_LABEL N_("Write")

/* Of a server of this name (GetServerInformation), before it has told a capability. */
struct notice_caps notice_caps_of(const char *server_name);

/* Notes one capability by its name; unknown ones change nothing. */
void notice_caps_add(struct notice_caps *caps, const char *name);

/* `window`: a window to write in can be opened. Borrows from the card. -ENOMEM. */
int notice_new(const struct card *card, struct notice_caps caps, bool window, struct notice **ret);
struct notice *notice_free(struct notice *notice); /* always NULL */
DEFINE_CLEANUP(struct notice, notice_free)

/* The icon's file, for a program that runs from the build tree (DIR/build/...):
 * DIR/units/org.kindlyd.Kindly.svg. -ENOENT: it runs from elsewhere, where the icon has its themed name.
 * -ENOMEM. */
int notice_icon_file(const char *program, char **ret_path);
