/* Where things are: the XDG base directories, and what was installed. Strings are the caller's to free.
 * -ENOMEM; a home that can't be found is -ENOENT. */
#pragma once

#include "daemon/core/base.h"

/* $XDG_STATE_HOME/kindly/journal.db, and so on. */
int path_journal(char **ret);
int path_user_decks(char **ret);  /* $XDG_DATA_HOME/kindly/decks */
int path_user_config(char **ret); /* $XDG_CONFIG_HOME/kindly/kindly.conf, whether it is there or not */

/* $XDG_CONFIG_HOME/autostart/kindlyd.desktop: starts it at login where there is no systemd. */
int path_autostart(char **ret);

/* A file or folder of ours that was installed or, when the program runs from its build folder, stands in the
 * source tree: `name` is "kindly.conf", "decks" or "wording". */
int path_shipped(const char *name, char **ret);

/* The folder of the catalogues of translations, likewise: LANGUAGE/LC_MESSAGES/kindly.mo in it. */
int path_locale(char **ret);

/* A program of ours ("kindly-notify", "kindly-tty"): beside the running one, or where such programs were
 * installed. */
int path_program(const char *name, char **ret);
