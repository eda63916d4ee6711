/* A folder that several machines share: each writes FOLDER/DEVICE.jsonl with what happened on it, and reads
 * the others'. Any file synchroniser carries the files. They are read as files from strangers. */
#pragma once

#include "daemon/store/exchange.h"
#include "daemon/store/share.h"

/* A folder, opened. */
struct sync_folder {
    char *path; /* its real path, UTF-8 */
    int fd;
};

/* -ENOTDIR, -ENOENT, ...; -EILSEQ: its path isn't UTF-8, so that it can't be remembered. */
int sync_folder_open(const char *path, struct sync_folder *ret);
void sync_folder_close(struct sync_folder *folder);

/* Whether the name is that of a file of entries: a device's id, then anything, then ".jsonl" (what
 * synchronisers make of a conflict is read too). `ret_device` may be NULL. */
bool sync_is_entries(const char *name, struct uuid *ret_device);

/* The file of this device. */
#define SYNC_NAME_SIZE (UUID_TEXT_SIZE + sizeof ".jsonl")
void sync_own_name(const struct journal *journal, char ret[SYNC_NAME_SIZE]);

/* The names of files of entries, sorted, at most SHARE_FILES_MAX; the caller frees each and the array. */
int sync_list(const struct sync_folder *folder, char ***ret_names, size_t *ret_n, bool *ret_more);

enum sync_result {
    SYNC_NOTHING,    /* nothing in it is new */
    SYNC_TAKEN,      /* what is new was given to `take` */
    SYNC_UNFINISHED, /* likewise, but its last line has not arrived whole */
    SYNC_REFUSED,    /* `ret_message` says why; what stands before it was given to `take` */
};

/* Reads what is new in a file, checks it, and gives it to `take`, which is that of struct exchange_reading.
 * Each event has to have happened on the device the file is named for. What is known of the file is brought
 * up to date in `share`. A negative return of `take`, or what else went wrong here: that error. */
int sync_take_in(struct share *share, const struct journal *journal, const struct sync_folder *folder,
                 const char *name, int (*take)(void *userdata, int fd), void *userdata, enum sync_result *ret,
                 char **ret_message);

/* Brings this device's file up to date: appended to where that is enough, written anew where something was
 * erased or the file isn't as it was left; not touched when there is nothing new. What is in it has to be
 * taken in before. It is complete at any moment: written under a temporary name that synchronisers leave
 * alone, then renamed. 1: written; 0: there was nothing to write. */
int sync_write_own(struct share *share, struct journal *journal, const struct sync_folder *folder);

/* 1: something was erased since this device's file in a known folder was last written; 0: nothing was. */
int sync_is_behind(struct share *share, struct journal *journal, const char *path);

/* Moves this device's file out of the way, to a name that is not read, when it holds what can't be read and
 * would be lost. `ret_name`: the new one, the caller frees. */
int sync_set_aside(const struct journal *journal, const struct sync_folder *folder, usec_t now_usec,
                   char **ret_name);

/* For the daemon, after something was erased: writes this device's file anew in all folders that are known.
 * A folder that isn't there now is left for the next `kindly sync`. -EWOULDBLOCK: kindly sync is running;
 * call again. Other errors: a file still holds it. */
int sync_erase_own(struct journal *journal, const char *journal_path, usec_t now_usec);
