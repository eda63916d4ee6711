/* One pass over each copy, whatever the number of entries: two bytes of each position are looked up among
 * those of the ids, and where they are known the whole id is. The two are the fastest of the milliseconds
 * that a version 7 id begins with, so that few positions pass. */
#include "daemon/store/copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/beside.h"

#define ID_SIZE    sizeof(struct uuid)
#define PORTION    (256 * 1024) /* read at once */
#define PREFIX_AT  4            /* the two bytes of an id that are looked up first */
#define PREFIX_MAX 65536

/* The ids, sorted, and which prefixes there are among them. */
struct wanted {
    struct uuid *ids;
    size_t n;
    uint8_t prefixes[PREFIX_MAX / 8];
};

static int compare_ids(const void *a, const void *b) {
    return memcmp(a, b, ID_SIZE);
}

static unsigned prefix_of(const uint8_t *id) {
    return (unsigned)id[PREFIX_AT] << 8 | id[PREFIX_AT + 1];
}

static struct wanted *wanted_free(struct wanted *wanted) {
    free(wanted->ids);
    free(wanted);
    return NULL;
}
DEFINE_CLEANUP(struct wanted, wanted_free)

static int wanted_new(const struct uuid *entries, size_t n, struct wanted **ret) {
    _cleanup_(wanted_freep) struct wanted *wanted = calloc(1, sizeof *wanted);
    if (!wanted || !(wanted->ids = calloc(n, ID_SIZE)))
        return -ENOMEM;
    wanted->n = n;
    memcpy(wanted->ids, entries, n * ID_SIZE);
    qsort(wanted->ids, n, ID_SIZE, compare_ids);
    for (size_t i = 0; i < n; i++) {
        unsigned prefix = prefix_of(wanted->ids[i].bytes);
        wanted->prefixes[prefix / 8] |= (uint8_t)(1U << prefix % 8);
    }
    *ret = TAKE_PTR(wanted);
    return 0;
}

static bool has_wanted(const struct wanted *wanted, const uint8_t *at, size_t size) {
    for (size_t i = 0; i + ID_SIZE <= size; i++) {
        unsigned prefix = prefix_of(at + i);
        if ((wanted->prefixes[prefix / 8] >> prefix % 8 & 1) &&
            bsearch(at + i, wanted->ids, wanted->n, ID_SIZE, compare_ids))
            return true;
    }
    return false;
}

/* 1: it holds some; 0: none. An id may lie across two portions. */
static int file_has_wanted(int fd, const struct wanted *wanted) {
    _cleanup_free_ uint8_t *buffer = malloc(PORTION);
    if (!buffer)
        return -ENOMEM;
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + n, PORTION - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : 0;
        n += (size_t)got;
        if (has_wanted(wanted, buffer, n))
            return 1;
        size_t kept = MIN_OF(n, ID_SIZE - 1);
        memmove(buffer, buffer + n - kept, kept);
        n = kept;
    }
}

/* -ENOENT: it is gone, or no regular file. */
static int open_file(const char *path) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP ? -ENOENT : -errno;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return -ENOENT;
    }
    return fd;
}

/* What belongs to a copy first: as long as the copy has its name, it is found again. */
static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};

/* The copy that `path` is, or belongs to. */
static int copy_of(const char *path, char **ret) {
    size_t length = strlen(path);
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        size_t size = strlen(suffixes[i]);
        if (size > 0 && length > size && streq(path + length - size, suffixes[i]))
            length -= size;
    }
    return (*ret = strndup(path, length)) ? 0 : -ENOMEM;
}

static int wipe_copy(const char *copy) {
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *part = NULL;
        int r = path_beside(copy, suffixes[i], &part);
        if (r >= 0)
            r = file_wipe(part);
        if (r < 0 && r != -ENAMETOOLONG)
            return r;
    }
    return 0;
}

static int forget_in(void *userdata, const char *path, enum copy_kind kind) {
    if (kind == COPY_PART || kind == COPY_NOTICE)
        return 0;
    int fd = open_file(path);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    int r = file_has_wanted(fd, userdata);
    close(fd);
    if (r <= 0)
        return r;
    _cleanup_free_ char *copy = NULL;
    r = copy_of(path, &copy);
    return r < 0 ? r : wipe_copy(copy);
}

int copies_forget(const char *journal_path, const struct uuid *entries, size_t n) {
    _cleanup_(wanted_freep) struct wanted *wanted = NULL;
    if (n == 0)
        return 0;
    int r = wanted_new(entries, n, &wanted);
    return r < 0 ? r : beside_visit(journal_path, forget_in, wanted);
}
