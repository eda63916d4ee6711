/* Notices when files change: written in place, replaced by rename (as editors do), removed and made again,
 * behind symbolic links too (dotfiles). Folders are watched, not files, so that none of these is missed. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/core/base.h"

struct watch;

/* Called from the loop once things have been still for a moment. */
typedef void (*watch_changed)(void *userdata);

int watch_new(sd_event *event, watch_changed changed, void *userdata, struct watch **ret);
struct watch *watch_free(struct watch *watch); /* always NULL */
DEFINE_CLEANUP(struct watch, watch_free)

/* A file, whether it is there or not, with every link that it is behind. */
int watch_file(struct watch *watch, const char *path);
/* A folder, whether it is there or not: what is made, written and removed in it and in the folders it has
 * now. */
int watch_folder(struct watch *watch, const char *path);

/* Watches nothing any more. */
void watch_clear(struct watch *watch);
