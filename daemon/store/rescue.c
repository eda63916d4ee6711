/* See rescue.h. The time in the damaged one's new name is the modification time of the complete new one, so
 * that whoever finishes gives the same name to all its parts. */
#include "daemon/store/rescue.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/store/beside.h"
#include "daemon/store/journal.h"
#include "daemon/store/read.h"
#include "daemon/store/salvage.h"

#define NOTICE_MAX 4096

bool rescue_is_ours(const char *path) {
    static const char place[] = "/kindly/journal.db";
    uint8_t header[72] = {0};
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t size = 0;
    int r = read_all(fd, (char *)header, sizeof header, &size);
    close(fd);
    if (r < 0)
        return false;
    if (memcmp(header, "SQLite format 3", 16) == 0)
        return ((uint32_t)header[68] << 24 | (uint32_t)header[69] << 16 | (uint32_t)header[70] << 8 |
                header[71]) == SCHEMA_APPLICATION;
    size_t length = strlen(path);
    return length >= sizeof place - 1 && streq(path + length - (sizeof place - 1), place);
}

/* --- What is told ----------------------------------------------------------------------------- */

static int read_notice(const char *path, char **ret) {
    _cleanup_free_ char *notice = NULL, *text = calloc(1, NOTICE_MAX + 1);
    int r = text ? path_beside(path, ".notice", &notice) : -ENOMEM;
    if (r < 0)
        return r;
    int fd = open(notice, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t size;
    r = read_all(fd, text, NOTICE_MAX, &size);
    close(fd);
    if (r >= 0)
        *ret = TAKE_PTR(text);
    return r;
}

/* In the file are the number of entries, a space, and what the damaged one is called now. */
int journal_notice(const char *path, char **ret) {
    _cleanup_free_ char *text = NULL;
    int r = read_notice(path, &text);
    if (r < 0)
        return r;
    char *aside = strchr(text, ' ');
    if (!aside)
        return -ENOENT;
    char *told;
    unsigned long long entries = strtoull(text, NULL, 10);
    int length = entries == 0 ? asprintf(&told,
                                         _("The journal was damaged. It is kept whole as %s; nothing in it "
                                           "could be read, and prompts go on in a new one"),
                                         aside + 1)
                              : asprintf(&told,
                                         _("The journal was damaged. It is kept whole as %s; what could be "
                                           "read of it is in a new one (entries: %llu)"),
                                         aside + 1, entries);
    if (length < 0)
        return -ENOMEM;
    *ret = told;
    return 0;
}

int journal_notice_seen(const char *path) {
    _cleanup_free_ char *notice = NULL;
    int r = path_beside(path, ".notice", &notice);
    if (r < 0)
        return r;
    return unlink(notice) < 0 ? -errno : 0;
}

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    size_t size = strlen(text);
    int r = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0 ? 0 : errno > 0 ? -errno : -EIO;
    close(fd);
    return r;
}

static int write_notice(const char *path, const char *aside, uint64_t entries) {
    _cleanup_free_ char *notice = NULL, *text = NULL;
    if (asprintf(&text, "%llu %s", (unsigned long long)entries, aside) < 0) {
        text = NULL;
        return -ENOMEM;
    }
    int r = path_beside(path, ".notice", &notice);
    return r < 0 ? r : write_file(notice, text);
}

/* --- Changing places -------------------------------------------------------------------------- */

static int aside_name(const char *path, time_t second, char **ret) {
    struct tm civil;
    char suffix[40];
    if (!gmtime_r(&second, &civil) || strftime(suffix, sizeof suffix, ".damaged-%Y%m%d-%H%M%S", &civil) == 0)
        return -EINVAL;
    return path_beside(path, suffix, ret);
}

/* The first second from then on whose name is free. */
static int free_second(const char *path, usec_t now_usec, time_t *ret, char **ret_aside) {
    for (time_t second = (time_t)(now_usec / USEC_PER_SEC);; second++) {
        _cleanup_free_ char *aside = NULL;
        int r = aside_name(path, second, &aside);
        if (r < 0)
            return r;
        if (access(aside, F_OK) >= 0)
            continue;
        *ret = second;
        *ret_aside = TAKE_PTR(aside);
        return 0;
    }
}

/* One that is empty holds nothing. */
static bool is_empty(const char *path) {
    struct stat status;
    return lstat(path, &status) >= 0 && status.st_size == 0;
}

static int move(const char *from, const char *to) {
    return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

/* The WAL goes with its file, and first of all no part of the old one may meet the new one. */
static int set_aside(const char *path, const char *aside) {
    _cleanup_free_ char *wal = NULL, *aside_wal = NULL, *shm = NULL;
    int r = path_beside(path, "-wal", &wal);
    if (r >= 0)
        r = path_beside(aside, "-wal", &aside_wal);
    if (r >= 0)
        r = path_beside(path, "-shm", &shm);
    if (r >= 0)
        (void)!fchmodat(AT_FDCWD, path, 0600, AT_SYMLINK_NOFOLLOW); /* where files have modes */
    if (r >= 0)
        r = move(path, aside);
    if (r >= 0 && (!is_empty(wal) || unlink(wal) < 0))
        r = move(wal, aside_wal);
    if (r >= 0 && unlink(shm) < 0 && errno != ENOENT)
        r = -errno;
    return r < 0 ? r : folder_sync(path);
}

static int remove_part(const char *part) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *path = NULL;
        int r = path_beside(part, suffixes[i], &path);
        if (r >= 0)
            r = file_wipe(path);
        if (r < 0)
            return r;
    }
    return 0;
}

int rescue_finish(const char *path) {
    _cleanup_free_ char *complete = NULL, *part = NULL, *aside = NULL;
    struct stat status;
    int r = path_beside(path, ".rescue", &complete);
    if (r >= 0)
        r = path_beside(path, ".rescue-part", &part);
    if (r < 0)
        return r;
    if (lstat(part, &status) >= 0)
        remove_part(part); /* it was not complete */
    if (lstat(complete, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISREG(status.st_mode)) /* made by somebody else */
        return 0;
    r = aside_name(path, status.st_mtime, &aside);
    if (r >= 0)
        r = set_aside(path, aside);
    if (r >= 0 && rename(complete, path) < 0)
        r = -errno;
    return r < 0 ? r : folder_sync(path);
}

/* --- Making the new one ----------------------------------------------------------------------- */

static int fill(const char *path, const char *part, usec_t now_usec, uint64_t *ret_entries) {
    struct journal *journal = NULL;
    int r = journal_open(part, now_usec, &journal, NULL);
    if (r >= 0)
        r = salvage(path, journal, now_usec, ret_entries);
    if (r >= 0)
        r = journal_flush(journal) == 0 ? 0 : -EBUSY;
    journal_free(journal);
    return r;
}

/* From here on it counts as complete. */
static int complete(const char *path, const char *part, time_t second) {
    _cleanup_free_ char *to = NULL;
    struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};
    int r = path_beside(path, ".rescue", &to);
    if (r >= 0 && (utimensat(AT_FDCWD, part, times, 0) < 0 || rename(part, to) < 0))
        r = -errno;
    return r < 0 ? r : folder_sync(path);
}

int rescue(const char *path, usec_t now_usec) {
    _cleanup_free_ char *part = NULL, *aside = NULL;
    uint64_t entries;
    time_t second;
    int r = path_beside(path, ".rescue-part", &part);
    if (r >= 0)
        r = remove_part(part);
    if (r >= 0)
        r = fill(path, part, now_usec, &entries);
    if (r >= 0)
        r = free_second(path, now_usec, &second, &aside);
    if (r >= 0)
        r = write_notice(path, aside, entries);
    if (r >= 0) {
        r = complete(path, part, second);
        if (r >= 0)
            return rescue_finish(path);
        journal_notice_seen(path); /* nothing came of it */
    }
    if (part)
        remove_part(part);
    return r;
}
