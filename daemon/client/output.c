#include "daemon/client/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/translate.h"

/* Where the file will stand: links on the way are followed if it is there. */
static int choose_path(const char *path, char **ret) {
    struct stat status;
    if (stat(path, &status) < 0) {
        if (errno != ENOENT)
            return -errno;
        *ret = strdup(path);
    } else if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EEXIST;
    else
        *ret = realpath(path, NULL);
    return *ret ? 0 : -errno;
}

static int open_beside(struct output *output) {
    const char *slash = strrchr(output->path, '/');
    int folder = slash ? (int)(slash - output->path) + 1 : 0;
    if (asprintf(&output->temporary, "%.*s.kindly-XXXXXX", folder, output->path) < 0) {
        output->temporary = NULL;
        return -ENOMEM;
    }
    int fd = mkostemp(output->temporary, O_CLOEXEC); /* 0600 */
    int r = fd < 0 ? -errno : 0;
    if (r >= 0 && !(output->stream = fdopen(fd, "w"))) {
        r = -errno;
        unlink(output->temporary);
        close(fd);
    }
    if (r < 0) {
        free(output->temporary);
        output->temporary = NULL;
    }
    return r;
}

int output_open(const char *path, struct output *ret) {
    struct output output = {0};
    if (!path) {
        *ret = (struct output){.stream = stdout};
        return OUTCOME_DONE;
    }
    int r = choose_path(path, &output.path);
    if (r >= 0)
        r = open_beside(&output);
    if (r < 0) {
        free(output.path);
        if (r == -EEXIST)
            return fail_usage(_("%s is no regular file; without a FILE it goes to standard output"), path);
        return fail_errno(r, path);
    }
    *ret = output;
    return OUTCOME_DONE;
}

int output_finish(struct output *output) {
    errno = 0;
    bool written = fflush(output->stream) == 0 && !ferror(output->stream);
    if (written && output->path)
        written = fsync(fileno(output->stream)) == 0 && rename(output->temporary, output->path) == 0;
    if (!written)
        return fail_errno(errno > 0 ? -errno : -EIO, output->path ? output->path : _("cannot write"));
    free(output->temporary);
    output->temporary = NULL;
    return OUTCOME_DONE;
}

void output_done(struct output *output) {
    if (output->path && output->stream)
        fclose(output->stream);
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (struct output){0};
}
