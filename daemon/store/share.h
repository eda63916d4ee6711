/* What is remembered of the folders that `kindly sync` was given: JOURNAL.sync beside the journal, one JSON
 * object a line. Without it nothing is lost; everything is then read once more, and the first-time words are
 * said again. */
#pragma once

#include <sys/stat.h>

#include "daemon/core/uuid.h"

#define SHARE_FOLDERS_MAX 8 /* each is written to whenever something is erased */
#define SHARE_FILES_MAX                                                                                      \
    1000 /* in one folder, beside our own: nobody has as many devices, and a folder may be hostile */

/* What is known of a file of entries in a folder. */
struct share_file {
    char *folder, *name;                /* owned; the folder's real path */
    uint64_t taken;                     /* bytes from its beginning that are in the journal, whole lines */
    uint64_t sum;                       /* of these: see sync.c */
    uint64_t size, inode, changed_nsec; /* the file when it was read; all 0: look again */
    int64_t seq;       /* of this device's file: everything up to there is in it, in the journal's order */
    struct uuid event; /* the event at that place */
};

struct share {
    char *path;
    int lock;
    struct share_file *files;
    size_t n, capacity;
};

/* Reads what is known and locks it (by a lock on the journal's folder), so that two don't write one file.
 * `wait`: until it is free; else -EWOULDBLOCK. What can't be made sense of is as if it were not known. */
int share_open(const char *journal_path, bool wait, struct share **ret);
struct share *share_free(struct share *share); /* always NULL */
DEFINE_CLEANUP(struct share, share_free)

/* Whether there is anything to know, without reading it. */
bool share_exists(const char *journal_path);

bool share_knows(const struct share *share, const char *folder);
/* Calls `visit` with each folder once; a negative return ends it and is returned. */
int share_visit_folders(const struct share *share, int (*visit)(void *userdata, const char *folder),
                        void *userdata);

/* What is known of a file; a new one, with nothing known, where there is none. Borrowed until the next call.
 * -E2BIG: there are too many folders or files. */
int share_file(struct share *share, const char *folder, const char *name, struct share_file **ret);

/* Forgets the files of a folder that are neither among `names`, sorted, nor `own`. */
void share_retain(struct share *share, const char *folder, char *const *names, size_t n, const char *own);

/* Notes how the file is, or whether it is still so. */
void share_note(struct share_file *file, const struct stat *status);
bool share_is_as_noted(const struct share_file *file, const struct stat *status);

/* Writes it, atomically. */
int share_save(const struct share *share);
