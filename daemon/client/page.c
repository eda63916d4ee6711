/* The text goes into a hidden file beside, which takes the name when it is on disk: rename() never goes
 * through a link. */
#include "daemon/client/page.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/client/process.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

static int check_place(const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(status.st_mode))
        return -ELOOP;
    return S_ISREG(status.st_mode) ? 0 : -EEXIST;
}

/* Takes `fd` over. */
static int fill(int fd, page_writer write, void *userdata) {
    FILE *file = fdopen(fd, "w");
    if (!file) {
        int r = -errno;
        close(fd);
        return r;
    }
    int r = fchmod(fd, FILE_MODE) < 0 ? -errno : write(userdata, file);
    errno = 0;
    if (r >= 0 && (fflush(file) != 0 || ferror(file) || fsync(fd) < 0))
        r = errno > 0 ? -errno : -EIO;
    if (fclose(file) != 0 && r >= 0)
        r = -errno;
    return r;
}

int page_save(const char *path, page_writer write, void *userdata) {
    int r = check_place(path);
    if (r < 0)
        return r;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    _cleanup_free_ char *hidden = NULL;
    if (asprintf(&hidden, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
        hidden = NULL;
        return -ENOMEM;
    }
    int fd = mkostemp(hidden, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = fill(fd, write, userdata);
    if (r >= 0 && rename(hidden, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(hidden);
    return r;
}

/* Only a folder of the person's own, and for them alone. */
static int make_folder(const char *path) {
    struct stat status;
    if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
        return -errno;
    if (lstat(path, &status) < 0)
        return -errno;
    if (!S_ISDIR(status.st_mode) || status.st_uid != getuid())
        return -EPERM;
    return (status.st_mode & 07777) != FOLDER_MODE && chmod(path, FOLDER_MODE) < 0 ? -errno : 0;
}

int page_path(bool make, char **ret) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (!runtime || *runtime != '/')
        return -ENXIO;
    _cleanup_free_ char *folder = NULL;
    if (asprintf(&folder, "%s/kindly", runtime) < 0) {
        folder = NULL;
        return -ENOMEM;
    }
    int r = make ? make_folder(folder) : 0;
    if (r < 0)
        return r;
    char *path;
    if (asprintf(&path, "%s/report.html", folder) < 0)
        return -ENOMEM;
    *ret = path;
    return 0;
}

/* The words before the path. */
static const char *const openers[][2] = {{"xdg-open", NULL}, {"gio", "open"}, {"kde-open", NULL}};

int page_open(const char *path) {
    sigset_t mask;
    int result = -ENOENT;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < ELEMENTSOF(openers); i++) {
        const char *const with_word[] = {openers[i][0], openers[i][1], path, NULL};
        const char *const alone[] = {openers[i][0], path, NULL};
        pid_t pid;
        if (process_start(openers[i][1] ? with_word : alone, &mask, -1, &pid) < 0)
            continue;
        if (process_wait(pid) == 0)
            return 0;
        result = -EIO;
    }
    return result;
}

int page_drop(void) {
    _cleanup_free_ char *path = NULL;
    int r = page_path(false, &path);
    if (r >= 0 && unlink(path) < 0)
        r = -errno;
    return r == -ENOENT || r == -ENXIO ? 0 : r;
}
