/* The content goes into a hidden file beside, which gets its name when it is on disk. */
#include "daemon/store/create.h"

#include "daemon/store/read.h"

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

/* A file of that content under a name of its own; with mode and owner of `like`, if that is not NULL. Removed
 * again on failure. */
static int fill(char *hidden, const struct stat *like, const char *text, size_t size) {
    int fd = mkostemp(hidden, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    bool moves = like && (like->st_uid != geteuid() || like->st_gid != getegid());
    int r = moves && fchown(fd, like->st_uid, like->st_gid) < 0 ? -errno : 0;
    if (r == 0 && fchmod(fd, like ? like->st_mode & 07777 : FILE_MODE) < 0)
        r = -errno;
    if (r == 0)
        r = write_all(fd, text, size);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r < 0)
        unlink(hidden);
    return r;
}

/* The folder with a slash at its end, and a name in it for mkostemp(). */
static int choose_hidden(const char *path, char **ret_folder, char **ret_hidden) {
    const char *slash = strrchr(path, '/');
    _cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
    if (!folder || asprintf(ret_hidden, "%s.%s.XXXXXX", folder, slash ? slash + 1 : path) < 0)
        return -ENOMEM;
    *ret_folder = TAKE_PTR(folder);
    return 0;
}

int create_text(const char *path, const char *text, size_t size) {
    _cleanup_free_ char *folder = NULL, *hidden = NULL;
    int r = choose_hidden(path, &folder, &hidden);
    if (r == 0)
        r = fill(hidden, NULL, text, size);
    if (r < 0)
        return r;
    r = give_name(hidden, path);
    if (r < 0)
        unlink(hidden);
    return r < 0 ? r : sync_folder(folder);
}

/* --- Another text in its place ----------------------------------------------------------------- */

/* The owner's bit counts for root as well: it says what the person wants. */
static int check_writable(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0)
        return -errno;
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
        return -errno;
    return (status.st_mode & S_IWUSR) ? 0 : -EACCES;
}

/* The folder that is there, or is to be made in one that is. */
static int check_folder(const char *path) {
    _cleanup_free_ char *folder = strdup(path);
    if (!folder)
        return -ENOMEM;
    int r = -ENOENT;
    for (char *slash; r == -ENOENT && (slash = strrchr(folder, '/'));) {
        slash[slash == folder] = '\0';
        r = check_writable(folder);
        if (streq(folder, "/"))
            break;
    }
    return r == -ENOENT ? check_writable(".") : r;
}

int replace_check(const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? check_folder(path) : -errno;
    if (S_ISLNK(status.st_mode))
        return -ELOOP;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    int r = check_writable(path);
    return r < 0 ? r : check_folder(path);
}

int read_text(const char *path, size_t size_max, char **ret_text, size_t *ret_size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &status) < 0                 ? -errno
            : !S_ISREG(status.st_mode)             ? -EINVAL
            : (uintmax_t)status.st_size > size_max ? -EFBIG
                                                   : 0;
    _cleanup_free_ char *text = r < 0 ? NULL : malloc((size_t)status.st_size + 1);
    size_t size = 0;
    if (r == 0)
        r = text ? read_all(fd, text, (size_t)status.st_size, &size) : -ENOMEM;
    close(fd);
    if (r < 0)
        return r;
    text[size] = '\0';
    *ret_text = TAKE_PTR(text);
    *ret_size = size;
    return 0;
}

static int create_in_folder(const char *path, const char *text) {
    _cleanup_free_ char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (!folder)
        return -ENOMEM;
    if (slash && slash > folder)
        *slash = '\0';
    int r = slash && slash > folder ? create_folders(folder) : 0;
    if (r == 0)
        r = create_text(path, text, strlen(text));
    return r == -EEXIST ? -ESTALE : r;
}

/* Whether that is what it holds. */
static int check_content(const char *path, const char *before) {
    _cleanup_free_ char *now = NULL;
    size_t size = 0, expected = strlen(before);
    int r = read_text(path, expected, &now, &size);
    if (r == -EFBIG || r == -ENOENT)
        return -ESTALE;
    return r < 0 ? r : size == expected && memcmp(now, before, size) == 0 ? 0 : -ESTALE;
}

/* The look at what is there comes last, so that a change by another is missed only in the moment between two
 * system calls. */
int replace_text(const char *path, const char *before, const char *text) {
    struct stat status;
    int r = replace_check(path);
    if (r < 0)
        return r;
    if (!before)
        return create_in_folder(path, text);
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? -ESTALE : -errno;
    _cleanup_free_ char *folder = NULL, *hidden = NULL;
    r = choose_hidden(path, &folder, &hidden);
    if (r == 0)
        r = fill(hidden, &status, text, strlen(text));
    if (r < 0)
        return r;
    r = check_content(path, before);
    if (r == 0 && rename(hidden, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(hidden);
    return r < 0 ? r : sync_folder(folder);
}
