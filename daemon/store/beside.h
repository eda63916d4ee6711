/* The files beside a journal that hold what was written in it, by their names:
 *   journal.db-wal                             part of it; journal.db-shm has no content
 *   journal.db.vN                              as it was before an update changed its version N; .vN.XXXXXX
 *                                              if that was cut short while it was written
 *   journal.db.damaged-YYYYMMDD-HHMMSS[-wal]   found damaged then (UTC), and set aside whole
 *   journal.db.rescue[-part[-wal|-shm]]        a new one that is being made from a damaged one
 *   journal.db.notice                          what is to be told of that; no words of the person
 * journal.db.sync (share.h) holds no content. Copies elsewhere (backups, exports) are not known. */
#pragma once

#include "daemon/core/base.h"

enum copy_kind {
    COPY_PART,    /* of the journal itself */
    COPY_VERSION, /* vN */
    COPY_DAMAGED,
    COPY_RESCUE, /* left over, if nothing is being made just now */
    COPY_NOTICE,
};

/* In the order of their names. A negative return of `visit` ends it and is returned. 0 also when the folder
 * isn't there. */
int beside_visit(const char *journal_path,
                 int (*visit)(void *userdata, const char *path, enum copy_kind kind), void *userdata);

/* `path` and what follows it in a name. */
int path_beside(const char *path, const char *suffix, char **ret);

/* As a URI for SQLite, with its parameters ("?mode=ro"): every byte of the path that could mean something
 * there is escaped. */
int path_uri(const char *path, const char *parameters, char **ret);

/* The folder of a file: names in it are durable after that. */
int folder_sync(const char *path);

/* Overwrites the bytes of a file of ours, and removes it. That reaches as far as the file system lets it: one
 * that writes elsewhere than before (btrfs, snapshots, flash) may keep old blocks. 0 also when it isn't
 * there. */
int file_wipe(const char *path);
