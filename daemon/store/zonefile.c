/* TZ is read as tzset(3) says, with one difference: a name that is neither a file nor a POSIX string is an
 * error, where glibc silently takes UTC.
 *
 * Limits: a file has at most 1 MiB (the largest of tzdata has 4 KiB) and is a regular one. */
#include "daemon/store/zonefile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/read.h"

#define MAX_FILE_SIZE  ((off_t)1 << 20)
#define DEFAULT_FOLDER "/usr/share/zoneinfo"
#define DEFAULT_FILE   "/etc/localtime"

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
}

/* Reads the whole file. -ENOENT: there is none; -EBADMSG: not a regular file, or a larger one than a zone
 * ever is. */
static int read_file(const char *path, char **ret_data, size_t *ret_size) {
    _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE_SIZE)
        return -EBADMSG;

    size_t size = (size_t)status.st_size;
    _cleanup_free_ char *data = malloc(size + 1);
    if (!data)
        return -ENOMEM;
    int r = read_all(fd, data, size, ret_size);
    if (r < 0)
        return r;
    *ret_data = TAKE_PTR(data);
    return 0;
}

static int load_path(const char *name, const char *path, struct zone **ret) {
    _cleanup_free_ char *data = NULL;
    size_t size = 0;
    int r = read_file(path, &data, &size);
    if (r < 0)
        return r;
    return zone_from_tzif(name, data, size, ret);
}

static int load_below_folder(const char *name, struct zone **ret) {
    const char *folder = getenv("TZDIR");
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : DEFAULT_FOLDER, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENOENT;
    return load_path(name, path, ret);
}

/* A relative path without "." and "..", of the letters that zones are named with. */
static bool is_name(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/.";
    if (!*name || *name == '/' || strlen(name) > 255 || name[strspn(name, allowed)])
        return false;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (*part == '.' || *part == '/' || !*part)
            return false;
    }
    return true;
}

/* What is no zone's file is no zone to the person who named it. What can't be read just now is not that. */
static int as_missing(int r) {
    return error_may_pass(r) || r >= 0 ? r : -ENOENT;
}

int zonefile_load_name(const char *name, struct zone **ret) {
    if (!is_name(name))
        return -EINVAL;
    int r = as_missing(load_below_folder(name, ret));
    /* The one name that must work without tzdata. */
    return r == -ENOENT && streq(name, "UTC") ? zone_from_posix("UTC0", ret) : r;
}

int zonefile_load_tz(const char *tz, struct zone **ret) {
    if (!tz) {
        int r = as_missing(load_path("local time", DEFAULT_FILE, ret));
        return r == -ENOENT ? zone_from_posix("UTC0", ret) : r;
    }
    bool is_file = *tz == ':';
    tz += is_file;
    if (!*tz)
        return zone_from_posix("UTC0", ret);
    if (*tz == '/')
        return as_missing(load_path(tz, tz, ret));
    int r = zonefile_load_name(tz, ret);
    if (r >= 0 || error_may_pass(r) || is_file)
        return as_missing(r);
    return as_missing(zone_from_posix(tz, ret));
}
