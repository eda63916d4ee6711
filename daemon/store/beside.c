/* Names of the journal's copies, and how they end. One folder is read, without going into others. */
#include "daemon/store/beside.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What follows the journal's name; longer ones before their beginnings. */
static const struct {
    const char *suffix;
    enum copy_kind kind;
    bool more; /* anything may follow */
} names[] = {
    {"-wal", COPY_PART, false},     {"-shm", COPY_PART, false},      {".damaged-", COPY_DAMAGED, true},
    {".rescue", COPY_RESCUE, true}, {".notice", COPY_NOTICE, false}, {".v", COPY_VERSION, true},
};

/* After the number: nothing, what SQLite puts beside a file, or the end of a name while it is being made. */
static bool is_version(const char *digits) {
    size_t n = strspn(digits, "0123456789");
    return n > 0 && (digits[n] == '\0' || digits[n] == '-' || digits[n] == '.');
}

static bool find_kind(const char *suffix, enum copy_kind *ret) {
    for (size_t i = 0; i < ELEMENTSOF(names); i++) {
        size_t length = strlen(names[i].suffix);
        bool fits =
            names[i].more ? strncmp(suffix, names[i].suffix, length) == 0 : streq(suffix, names[i].suffix);
        if (!fits || (names[i].kind == COPY_VERSION && !is_version(suffix + length)))
            continue;
        *ret = names[i].kind;
        return true;
    }
    return false;
}

int path_beside(const char *path, const char *suffix, char **ret) {
    char *beside;
    if (asprintf(&beside, "%s%s", path, suffix) < 0)
        return -ENOMEM;
    *ret = beside;
    return 0;
}

int path_uri(const char *path, const char *parameters, char **ret) {
    char *uri = malloc(strlen(path) * 3 + strlen(parameters) + sizeof "file:");
    if (!uri)
        return -ENOMEM;
    char *out = stpcpy(uri, "file:");
    for (; *path; path++)
        out += sprintf(out, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    strcpy(out, parameters);
    *ret = uri;
    return 0;
}

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int folder_of(const char *path, char **ret) {
    const char *name = name_in(path);
    char *folder = name == path ? strdup(".") : strndup(path, (size_t)(name - path));
    if (!folder)
        return -ENOMEM;
    *ret = folder;
    return 0;
}

int beside_visit(const char *journal_path,
                 int (*visit)(void *userdata, const char *path, enum copy_kind kind), void *userdata) {
    _cleanup_free_ char *folder = NULL;
    int r = folder_of(journal_path, &folder);
    if (r < 0)
        return r;
    const char *journal = name_in(journal_path);
    size_t length = strlen(journal);
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0)
        return errno == ENOENT ? 0 : -errno;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        enum copy_kind kind;
        if (r >= 0 && strncmp(name, journal, length) == 0 && find_kind(name + length, &kind)) {
            _cleanup_free_ char *path = NULL;
            r = path_beside(journal_path, name + length, &path);
            if (r >= 0)
                r = visit(userdata, path, kind);
        }
        free(entries[i]);
    }
    free(entries);
    return r < 0 ? r : 0;
}

int folder_sync(const char *path) {
    _cleanup_free_ char *folder = NULL;
    int r = folder_of(path, &folder);
    if (r < 0)
        return r;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    /* Some file systems can't, and have nothing to sync then. */
    r = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
    close(fd);
    return r;
}

static int overwrite(int fd) {
    static const char zeroes[4096]; /* in the program's image: no larger than a page */
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    for (off_t done = 0; done < status.st_size;) {
        ssize_t n = pwrite(fd, zeroes, MIN_OF(sizeof zeroes, (size_t)(status.st_size - done)), done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += MAX_OF(n, 0);
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int file_wipe(const char *path) {
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP)
        return errno == ENOENT ? 0 : -errno;
    int r = fd < 0 ? 0 : overwrite(fd); /* what a link leads to isn't ours */
    if (fd >= 0)
        close(fd);
    if (r >= 0 && unlink(path) < 0 && errno != ENOENT)
        r = -errno;
    return r < 0 ? r : folder_sync(path);
}
