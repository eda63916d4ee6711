/* What is new in a file is told by how much of it was taken in, and by a sum over that part: if the part is
 * still the same, only what follows is read as entries. A file that hasn't changed at all isn't read. */
#include "daemon/store/sync.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/store/entries.h"
#include "daemon/store/guard.h"

#define BLOCK (64 * 1024)

/* Syncthing leaves alone what begins so, Nextcloud what ends so, and sync_is_entries() both. */
#define TEMPORARY_PREFIX "~syncthing~"
#define TEMPORARY_SUFFIX ".part"

/* --- The folder ------------------------------------------------------------------------------- */

int sync_folder_open(const char *path, struct sync_folder *ret) {
    _cleanup_free_ char *real = realpath(path, NULL);
    if (!real)
        return -errno;
    if (!text_is_plain(real))
        return -EILSEQ;
    int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret = (struct sync_folder){.path = TAKE_PTR(real), .fd = fd};
    return 0;
}

void sync_folder_close(struct sync_folder *folder) {
    if (!folder->path)
        return;
    free(folder->path);
    close(folder->fd);
    *folder = (struct sync_folder){.fd = -1};
}

bool sync_is_entries(const char *name, struct uuid *ret_device) {
    static const char suffix[] = ".jsonl";
    size_t length = strlen(name), id_length = UUID_TEXT_SIZE - 1;
    char id[UUID_TEXT_SIZE];
    struct uuid device;
    if (length < id_length + sizeof suffix - 1 || !streq(name + length - (sizeof suffix - 1), suffix))
        return false;
    memcpy(id, name, id_length);
    id[id_length] = 0;
    if (uuid_parse(id, &device) < 0 || uuid_is_null(&device))
        return false;
    if (ret_device)
        *ret_device = device;
    return true;
}

void sync_own_name(const struct journal *journal, char ret[SYNC_NAME_SIZE]) {
    char id[UUID_TEXT_SIZE];
    uuid_format(journal_device(journal), id);
    snprintf(ret, SYNC_NAME_SIZE, "%s.jsonl", id);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

int sync_list(const struct sync_folder *folder, char ***ret_names, size_t *ret_n, bool *ret_more) {
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        int r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    char **names = NULL;
    size_t n = 0, capacity = 0;
    bool more = false;
    int r = 0;
    for (struct dirent *entry; r >= 0 && !more && (errno = 0, entry = readdir(entries));) {
        if (!sync_is_entries(entry->d_name, NULL))
            continue;
        more = n == SHARE_FILES_MAX;
        r = more ? 0 : array_reserve(&names, &capacity, n + 1, sizeof *names);
        if (r >= 0 && !more)
            r = (names[n] = strdup(entry->d_name)) ? (int)(n++, 0) : -ENOMEM;
    }
    if (r >= 0)
        r = -errno;
    closedir(entries);
    if (r < 0) {
        free_names(names, n);
        return r;
    }
    if (n > 0)
        qsort(names, n, sizeof *names, compare_names);
    *ret_names = names;
    *ret_n = n;
    *ret_more = more;
    return 0;
}

/* --- Reading ---------------------------------------------------------------------------------- */

/* The sum over the first `size` bytes, each block's with that before it, and the lines in them; -EBADMSG:
 * there are not as many. */
static int sum_up(int fd, uint64_t size, const struct hash_key *key, uint64_t *ret, unsigned *ret_lines) {
    _cleanup_free_ uint8_t *buffer = malloc(sizeof(uint64_t) + BLOCK);
    if (!buffer)
        return -ENOMEM;
    uint64_t sum = 0;
    unsigned lines = 0;
    for (uint64_t at = 0; at < size;) {
        size_t wanted = (size_t)MIN_OF(size - at, (uint64_t)BLOCK), n = 0;
        while (n < wanted) {
            ssize_t got = pread(fd, buffer + sizeof sum + n, wanted - n, (off_t)(at + n));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return got < 0 ? -errno : -EBADMSG;
            n += (size_t)got;
        }
        for (size_t i = 0; i < n; i++)
            lines += buffer[sizeof sum + i] == '\n';
        memcpy(buffer, &sum, sizeof sum);
        sum = hash_bytes(key, buffer, sizeof sum + n);
        at += n;
    }
    *ret = sum;
    *ret_lines = lines;
    return 0;
}

/* Whether what was taken in is still how the file begins. */
static bool begins_as_taken(int fd, const struct share_file *file, const struct hash_key *key,
                            unsigned *ret_lines) {
    uint64_t sum;
    return file->taken > 0 && sum_up(fd, file->taken, key, &sum, ret_lines) >= 0 && sum == file->sum;
}

/* The parts of a reading that its callback needs. */
struct taking {
    int (*take)(void *userdata, int fd);
    void *userdata;
    bool any;
    off_t end;
};

static int take_portion(void *userdata, int fd, off_t end) {
    struct taking *taking = userdata;
    int r = taking->take(taking->userdata, fd);
    if (r < 0)
        return r == -EINVAL ? -EREMOTEIO : r;
    taking->any = true;
    taking->end = end;
    return 0;
}

/* 0 with a descriptor; -EINVAL with a message: nothing that can be read. */
static int open_entries(const struct sync_folder *folder, const char *name, int *ret_fd, struct stat *ret,
                        char **ret_message) {
    const char *message = NULL;
    int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        message = errno == ELOOP ? "it is a symbolic link, and these are not followed" : strerror(errno);
    else if (fstat(fd, ret) < 0)
        message = strerror(errno);
    else if (!S_ISREG(ret->st_mode))
        message = "it is not a regular file";
    if (!message) {
        *ret_fd = fd;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    *ret_message = strdup(message);
    return *ret_message ? -EINVAL : -ENOMEM;
}

/* What was taken in is known from now on; how the file is only if that is all of it. Nothing is known of one
 * that changed meanwhile. */
static int note_taken(struct share_file *file, int fd, const struct stat *before, const struct taking *taking,
                      bool whole, const struct hash_key *key) {
    struct stat after;
    file->taken = (uint64_t)taking->end;
    unsigned unused;
    int r = sum_up(fd, file->taken, key, &file->sum, &unused);
    file->size = file->inode = file->changed_nsec = 0;
    if (r < 0 || fstat(fd, &after) < 0) {
        file->taken = 0;
        return r == -ENOMEM ? r : 0;
    }
    share_note(file, &after);
    bool changed = !share_is_as_noted(file, before);
    if (changed) /* while it was read: what the sum is over may not be what was taken in */
        file->taken = 0;
    if (changed || !whole)
        file->size = file->inode = file->changed_nsec = 0;
    return 0;
}

static int read_entries(struct share_file *file, int fd, const struct stat *status,
                        const struct hash_key *key, const struct uuid *device, struct taking *taking,
                        enum sync_result *ret, char **ret_message) {
    unsigned lines = 0;
    if (begins_as_taken(fd, file, key, &lines))
        taking->end = (off_t)file->taken;
    else
        lines = 0;
    if (taking->end != status->st_size) /* this device's own: it isn't what was written any more */
        file->seq = 0;
    const struct exchange_reading reading = {
        .fd = fd,
        .from = taking->end,
        .lines_before = lines,
        .device = device,
        .take = take_portion,
        .userdata = taking,
    };
    off_t end;
    int r = exchange_read(&reading, &end, ret_message);
    bool refused = r == -EINVAL;
    if (r < 0 && !refused)
        return r;
    bool whole = !refused && end == status->st_size;
    r = note_taken(file, fd, status, taking, whole, key);
    if (r < 0)
        return r;
    *ret = refused ? SYNC_REFUSED : !whole ? SYNC_UNFINISHED : taking->any ? SYNC_TAKEN : SYNC_NOTHING;
    return 0;
}

int sync_take_in(struct share *share, const struct journal *journal, const struct sync_folder *folder,
                 const char *name, int (*take)(void *userdata, int fd), void *userdata, enum sync_result *ret,
                 char **ret_message) {
    struct uuid device;
    struct share_file *file;
    struct stat status;
    int fd;
    if (!sync_is_entries(name, &device))
        return -EINVAL;
    int r = open_entries(folder, name, &fd, &status, ret_message);
    if (r == -EINVAL)
        *ret = SYNC_REFUSED;
    if (r < 0)
        return r == -EINVAL ? 0 : r;
    r = share_file(share, folder->path, name, &file);
    if (r >= 0 && share_is_as_noted(file, &status))
        *ret = SYNC_NOTHING;
    else if (r >= 0) {
        struct taking taking = {.take = take, .userdata = userdata};
        r = read_entries(file, fd, &status, journal_secret(journal), &device, &taking, ret, ret_message);
    }
    close(fd);
    return r;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* For entries_walk_after(): the first one is enough. */
static int stop_at_first(void *userdata, const struct uuid *device, const struct event *event) {
    (void)userdata, (void)device, (void)event;
    return -EALREADY;
}

enum writing { WRITE_NOTHING, WRITE_APPENDED, WRITE_ANEW };

/* What has to be done to bring the file to the place `last`. */
static int choose_writing(struct journal *journal, const struct sync_folder *folder,
                          const struct share_file *file, int64_t last, enum writing *ret) {
    struct stat status;
    bool as_left = fstatat(folder->fd, file->name, &status, AT_SYMLINK_NOFOLLOW) >= 0 &&
                   S_ISREG(status.st_mode) && share_is_as_noted(file, &status);
    int known =
        file->seq > 0 ? entries_is_at(journal, file->seq, &file->event) : as_left && status.st_size == 0;
    int erased = known > 0 ? entries_forgotten_after(journal, file->seq) : 0;
    if (known < 0 || erased < 0)
        return known < 0 ? known : erased;
    if (!as_left || !known || erased) {
        *ret = WRITE_ANEW;
        return 0;
    }
    int r = entries_walk_after(journal, journal_device(journal), file->seq, last, stop_at_first, NULL);
    if (r < 0 && r != -EALREADY)
        return r;
    *ret = r == -EALREADY ? WRITE_APPENDED : WRITE_NOTHING;
    return 0;
}

/* What an earlier run may have left when it was ended in the middle. */
static void remove_leftovers(const struct sync_folder *folder, const char *own) {
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0)
            close(fd);
        return;
    }
    size_t prefix = sizeof TEMPORARY_PREFIX - 1;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (strncmp(entry->d_name, TEMPORARY_PREFIX, prefix) == 0 &&
            strncmp(entry->d_name + prefix, own, strlen(own)) == 0)
            unlinkat(folder->fd, entry->d_name, 0);
    closedir(entries);
}

static int copy_file(const struct sync_folder *folder, const char *name, uint64_t size, FILE *stream) {
    int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    _cleanup_free_ char *buffer = malloc(BLOCK);
    int r = buffer ? 0 : -ENOMEM;
    while (r >= 0 && size > 0) {
        ssize_t got = read(fd, buffer, (size_t)MIN_OF(size, (uint64_t)BLOCK));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            r = got < 0 ? -errno : -EBADMSG;
        else if (fwrite(buffer, 1, (size_t)got, stream) != (size_t)got)
            r = errno > 0 ? -errno : -EIO;
        else
            size -= (uint64_t)got;
    }
    close(fd);
    return r;
}

static int write_entries(struct journal *journal, const struct sync_folder *folder,
                         const struct share_file *file, enum writing writing, int64_t last, int fd) {
    FILE *stream = fdopen(fd, "w");
    if (!stream) {
        int r = -errno;
        close(fd);
        return r;
    }
    int r = writing == WRITE_APPENDED ? copy_file(folder, file->name, file->size, stream) : 0;
    if (r >= 0)
        r = exchange_export_after(journal, stream, journal_device(journal),
                                  writing == WRITE_APPENDED ? file->seq : 0, last);
    errno = 0;
    if (r >= 0 && (fflush(stream) != 0 || ferror(stream) || fsync(fd) < 0))
        r = errno > 0 ? -errno : -EIO;
    fclose(stream);
    return r;
}

/* The file as it is now, which is as it was written: the lock keeps others of us away. */
static int note_written(struct share_file *file, const struct sync_folder *folder,
                        const struct hash_key *key) {
    struct stat status;
    int fd = openat(folder->fd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unsigned unused;
    int r = fstat(fd, &status) < 0 ? -errno : sum_up(fd, (uint64_t)status.st_size, key, &file->sum, &unused);
    close(fd);
    if (r < 0)
        return r;
    file->taken = (uint64_t)status.st_size;
    share_note(file, &status);
    return 0;
}

static int replace_own(struct journal *journal, const struct sync_folder *folder, struct share_file *file,
                       enum writing writing, int64_t last) {
    char temporary[NAME_MAX + 1];
    uint64_t random;
    remove_leftovers(folder, file->name);
    if (getentropy(&random, sizeof random) < 0)
        return -errno;
    snprintf(temporary, sizeof temporary, TEMPORARY_PREFIX "%s.%016" PRIx64 TEMPORARY_SUFFIX, file->name,
             random);
    int fd = openat(folder->fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = write_entries(journal, folder, file, writing, last, fd);
    if (r >= 0 && renameat(folder->fd, temporary, folder->fd, file->name) < 0)
        r = -errno;
    if (r < 0) {
        unlinkat(folder->fd, temporary, 0);
        return r;
    }
    (void)!fsync(folder->fd); /* some file systems can't; the file itself is safe */
    return note_written(file, folder, journal_secret(journal));
}

int sync_write_own(struct share *share, struct journal *journal, const struct sync_folder *folder) {
    char name[SYNC_NAME_SIZE];
    struct share_file *file;
    struct uuid last_event;
    int64_t last;
    enum writing writing;
    sync_own_name(journal, name);
    int r = share_file(share, folder->path, name, &file);
    if (r >= 0)
        r = entries_last(journal, &last, &last_event);
    if (r >= 0)
        r = choose_writing(journal, folder, file, last, &writing);
    if (r >= 0 && writing != WRITE_NOTHING)
        r = replace_own(journal, folder, file, writing, last);
    if (r < 0)
        return r;
    file->seq = last;
    file->event = last_event;
    return writing != WRITE_NOTHING;
}

int sync_set_aside(const struct journal *journal, const struct sync_folder *folder, usec_t now_usec,
                   char **ret_name) {
    char own[SYNC_NAME_SIZE];
    _cleanup_free_ char *name = NULL;
    sync_own_name(journal, own);
    if (asprintf(&name, "%s.aside-%" PRIu64, own, now_usec / USEC_PER_SEC) < 0) {
        name = NULL;
        return -ENOMEM;
    }
    if (renameat(folder->fd, own, folder->fd, name) < 0)
        return -errno;
    *ret_name = TAKE_PTR(name);
    return 0;
}

/* --- Erasing ---------------------------------------------------------------------------------- */

struct erasing {
    struct share *share;
    struct journal *journal;
    usec_t now_usec;
};

static int import_own(void *userdata, int fd) {
    struct erasing *erasing = userdata;
    uint32_t unused;
    return exchange_import(erasing->journal, fd, erasing->now_usec, &unused, NULL);
}

static int erase_in_folder(struct erasing *erasing, const struct sync_folder *folder, const char *name) {
    enum sync_result result = SYNC_NOTHING;
    char *message = NULL;
    if (faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        return 0;
    /* Usually it is as it was left, and nothing is read. */
    int r =
        sync_take_in(erasing->share, erasing->journal, folder, name, import_own, erasing, &result, &message);
    free(message);
    if (r >= 0 && (result == SYNC_REFUSED || result == SYNC_UNFINISHED))
        r = -EBADMSG; /* kindly sync sets it aside, and says so */
    return r < 0 ? r : sync_write_own(erasing->share, erasing->journal, folder);
}

int sync_is_behind(struct share *share, struct journal *journal, const char *path) {
    struct share_file *file;
    char name[SYNC_NAME_SIZE];
    sync_own_name(journal, name);
    int r = share_file(share, path, name, &file);
    return r < 0 ? r : entries_forgotten_after(journal, file->seq);
}

static int erase_in_path(void *userdata, const char *path) {
    struct erasing *erasing = userdata;
    struct sync_folder folder;
    char name[SYNC_NAME_SIZE];
    sync_own_name(erasing->journal, name);
    int r = sync_is_behind(erasing->share, erasing->journal, path);
    if (r > 0)
        r = sync_folder_open(path, &folder);
    else
        return r;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = streq(folder.path, path) ? erase_in_folder(erasing, &folder, name) : 0;
    sync_folder_close(&folder);
    return r;
}

int sync_erase_own(struct journal *journal, const char *journal_path, usec_t now_usec) {
    if (!share_exists(journal_path))
        return 0;
    _cleanup_(share_freep) struct share *share = NULL;
    int r = share_open(journal_path, false, &share);
    if (r < 0)
        return r;
    struct erasing erasing = {share, journal, now_usec};
    r = share_visit_folders(share, erase_in_path, &erasing);
    int saved = share_save(share);
    return r < 0 ? r : saved;
}
