/* The content goes into a hidden file beside, which gets its name when it is on disk. */
#include "daemon/store/create.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define FILE_MODE   0600

static int create_folder(const char *path) {
    if (mkdir(path, FOLDER_MODE) >= 0)
        return chmod(path, FOLDER_MODE) < 0 ? -errno : 0;
    return errno == EEXIST ? 0 : -errno;
}

int create_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int r = access(path, F_OK) < 0 ? create_folder(path) : 0;
        *slash = '/';
        if (r < 0)
            return r;
    }
    return create_folder(path);
}

static int write_all(int fd, const char *text, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        size -= (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Some file systems can't rename without replacing; they can link. */
static int give_name(const char *hidden, const char *path) {
    if (renameat2(AT_FDCWD, hidden, AT_FDCWD, path, RENAME_NOREPLACE) >= 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (link(hidden, path) < 0)
        return -errno;
    unlink(hidden);
    return 0;
}

/* The name is on disk as well. */
static int sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static int fill(char *hidden, const char *path, const char *text, size_t size) {
    int fd = mkostemp(hidden, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fchmod(fd, FILE_MODE) < 0 ? -errno : write_all(fd, text, size);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0)
        r = give_name(hidden, path);
    if (r < 0)
        unlink(hidden);
    return r;
}

int create_text(const char *path, const char *text, size_t size) {
    const char *slash = strrchr(path, '/');
    _cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
    _cleanup_free_ char *hidden = NULL;
    if (!folder || asprintf(&hidden, "%s.%s.XXXXXX", folder, slash ? slash + 1 : path) < 0)
        return -ENOMEM;
    int r = fill(hidden, path, text, size);
    return r < 0 ? r : sync_folder(folder);
}
