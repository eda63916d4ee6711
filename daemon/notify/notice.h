/* A notice: what a notification server is asked to draw for a card, given what it can do. */
#pragma once

#include "daemon/notify/card.h"

/* What a server says it can do, as far as it changes what is sent. */
struct notice_caps {
    bool actions, body, markup;
};

struct notice {
    char *summary;    /* one line */
    char *body;       /* markup or plain, as the server reads it; NULL where it draws no body */
    int timeout_msec; /* -1: as the server likes; 0: never */
};

#define NOTICE_ICON_NAME "org.kindlyd.Kindly"

/* Notes one capability by its name; unknown ones change nothing. */
void notice_caps_add(struct notice_caps *caps, const char *name);

/* -ENOMEM. */
int notice_new(const struct card *card, struct notice_caps caps, struct notice **ret);
struct notice *notice_free(struct notice *notice); /* always NULL */
DEFINE_CLEANUP(struct notice, notice_free)

/* The icon's file, for a program that runs from the build tree (DIR/build/...):
 * DIR/units/org.kindlyd.Kindly.svg. -ENOENT: it runs from elsewhere, where the icon has its themed name.
 * -ENOMEM. */
int notice_icon_file(const char *program, char **ret_path);
