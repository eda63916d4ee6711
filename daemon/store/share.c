/* One table of keys serves both ways. The file is ours alone, but read as carefully as any: a line that isn't
 * right is left out. */
#include "daemon/store/share.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/store/json.h"

#define LINE_MAX_SIZE (64 * 1024) /* a path of PATH_MAX bytes, each written as \u00xx, and the numbers */
#define LINES_MAX     (SHARE_FOLDERS_MAX * (SHARE_FILES_MAX + 1))

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_UUID };

#define AT(member) offsetof(struct share_file, member)

static const struct field {
    const char *name;
    enum field_type type;
    size_t offset;
} fields[] = {
    {"folder", FIELD_TEXT, AT(folder)},
    {"name", FIELD_TEXT, AT(name)},
    {"taken", FIELD_NUMBER, AT(taken)},
    {"sum", FIELD_NUMBER, AT(sum)},
    {"size", FIELD_NUMBER, AT(size)},
    {"inode", FIELD_NUMBER, AT(inode)},
    {"changed_nsec", FIELD_NUMBER, AT(changed_nsec)},
    {"seq", FIELD_NUMBER, AT(seq)},
    {"event", FIELD_UUID, AT(event)},
};

static void file_done(struct share_file *file) {
    free(file->folder);
    free(file->name);
    *file = (struct share_file){0};
}

struct share *share_free(struct share *share) {
    if (!share)
        return NULL;
    for (size_t i = 0; i < share->n; i++)
        file_done(&share->files[i]);
    free(share->files);
    free(share->path);
    if (share->lock >= 0)
        close(share->lock);
    free(share);
    return NULL;
}

static int read_field(const struct field *field, const struct json_value *value, struct share_file *file) {
    void *at = (char *)file + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        if (value->type != JSON_STRING || *(char **)at)
            return -EINVAL;
        return (*(char **)at = strdup(value->string)) ? 0 : -ENOMEM;
    case FIELD_NUMBER:
        if (value->type != JSON_INTEGER || value->negative)
            return -EINVAL;
        *(uint64_t *)at = value->magnitude;
        return 0;
    case FIELD_UUID:
        return value->type == JSON_STRING ? uuid_parse(value->string, at) : -EINVAL;
    }
    return -EINVAL;
}

static int parse_line(char *text, struct share_file *file) {
    struct json_reader reader = json_begin(text);
    struct json_value value;
    const char *key;
    int r;
    while ((r = json_next(&reader, &key, &value)) > 0)
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
            if (streq(fields[i].name, key)) {
                r = read_field(&fields[i], &value, file);
                if (r < 0)
                    return r;
            }
    return r < 0 || !file->folder || !file->name || file->seq < 0 ? -EINVAL : 0;
}

static int add_file(struct share *share, struct share_file *file) {
    int r = array_reserve(&share->files, &share->capacity, share->n + 1, sizeof *share->files);
    if (r < 0)
        return r;
    share->files[share->n++] = *file;
    *file = (struct share_file){0};
    return 0;
}

static int take_line(struct share *share, char *text) {
    struct share_file file = {0};
    int r = parse_line(text, &file);
    if (r >= 0)
        r = add_file(share, &file);
    file_done(&file);
    return r == -ENOMEM ? r : 0;
}

static int load(struct share *share) {
    int fd = open(share->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (!stream) {
        int r = -errno;
        if (fd >= 0)
            close(fd);
        return error_may_pass(r) ? r : 0;
    }
    _cleanup_free_ char *line = malloc(LINE_MAX_SIZE);
    int r = line ? 0 : -ENOMEM;
    for (size_t n = 0; r >= 0 && n < LINES_MAX && fgets(line, LINE_MAX_SIZE, stream); n++)
        r = take_line(share, line);
    if (r >= 0 && ferror(stream)) /* half of it is not what is known: it would be written over */
        r = -EIO;
    fclose(stream);
    return r;
}

static int lock_folder(const char *journal_path, bool wait) {
    const char *slash = strrchr(journal_path, '/');
    _cleanup_free_ char *folder =
        slash ? strndup(journal_path, MAX_OF((size_t)(slash - journal_path), 1U)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return folder ? -errno : -ENOMEM;
    while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
        if (errno == EINTR)
            continue;
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static char *path_of(const char *journal_path) {
    char *path;
    return asprintf(&path, "%s.sync", journal_path) < 0 ? NULL : path;
}

bool share_exists(const char *journal_path) {
    _cleanup_free_ char *path = path_of(journal_path);
    return path && access(path, F_OK) >= 0;
}

int share_open(const char *journal_path, bool wait, struct share **ret) {
    _cleanup_(share_freep) struct share *share = calloc(1, sizeof *share);
    if (!share)
        return -ENOMEM;
    share->lock = -1;
    share->path = path_of(journal_path);
    if (!share->path)
        return -ENOMEM;
    share->lock = lock_folder(journal_path, wait);
    int r = share->lock < 0 ? share->lock : load(share);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(share);
    return 0;
}

bool share_knows(const struct share *share, const char *folder) {
    for (size_t i = 0; i < share->n; i++)
        if (streq(share->files[i].folder, folder))
            return true;
    return false;
}

static bool is_first_of_folder(const struct share *share, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (streq(share->files[i].folder, share->files[at].folder))
            return false;
    return true;
}

int share_visit_folders(const struct share *share, int (*visit)(void *userdata, const char *folder),
                        void *userdata) {
    int r = 0;
    for (size_t i = 0; i < share->n && r >= 0; i++)
        if (is_first_of_folder(share, i))
            r = visit(userdata, share->files[i].folder);
    return r;
}

static bool has_room(const struct share *share, const char *folder) {
    size_t folders = 0, files = 0;
    for (size_t i = 0; i < share->n; i++) {
        folders += is_first_of_folder(share, i);
        files += streq(share->files[i].folder, folder);
    }
    return files > 0 ? files <= SHARE_FILES_MAX : folders < SHARE_FOLDERS_MAX;
}

int share_file(struct share *share, const char *folder, const char *name, struct share_file **ret) {
    for (size_t i = 0; i < share->n; i++)
        if (streq(share->files[i].folder, folder) && streq(share->files[i].name, name)) {
            *ret = &share->files[i];
            return 0;
        }
    if (!has_room(share, folder))
        return -E2BIG;
    struct share_file file = {.folder = strdup(folder), .name = strdup(name)};
    int r = file.folder && file.name ? add_file(share, &file) : -ENOMEM;
    file_done(&file);
    if (r < 0)
        return r;
    *ret = &share->files[share->n - 1];
    return 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void share_retain(struct share *share, const char *folder, char *const *names, size_t n, const char *own) {
    size_t kept = 0;
    for (size_t i = 0; i < share->n; i++) {
        struct share_file *file = &share->files[i];
        if (!streq(file->folder, folder) || streq(file->name, own) ||
            (n > 0 && bsearch(&file->name, names, n, sizeof *names, compare_names)))
            share->files[kept++] = *file;
        else
            file_done(file);
    }
    share->n = kept;
}

static uint64_t nsec_of(const struct timespec *time) {
    return (uint64_t)time->tv_sec * 1000000000U + (uint64_t)time->tv_nsec;
}

void share_note(struct share_file *file, const struct stat *status) {
    file->size = (uint64_t)status->st_size;
    file->inode = status->st_ino;
    file->changed_nsec = nsec_of(&status->st_ctim);
}

/* The time of the last change of the file or of its inode: nothing that copies files can set it. */
bool share_is_as_noted(const struct share_file *file, const struct stat *status) {
    return file->inode > 0 && file->size == (uint64_t)status->st_size && file->inode == status->st_ino &&
           file->changed_nsec == nsec_of(&status->st_ctim);
}

static void write_file(FILE *stream, const struct share_file *file) {
    char before = '{';
    for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
        const void *at = (const char *)file + fields[i].offset;
        char text[UUID_TEXT_SIZE];
        fprintf(stream, "%c\"%s\":", before, fields[i].name);
        before = ',';
        switch (fields[i].type) {
        case FIELD_TEXT:
            json_write_string(stream, *(char *const *)at);
            break;
        case FIELD_NUMBER:
            fprintf(stream, "%" PRIu64, *(const uint64_t *)at);
            break;
        case FIELD_UUID:
            uuid_format(at, text);
            json_write_string(stream, text);
            break;
        }
    }
    fputs("}\n", stream);
}

static int write_files(const struct share *share, int fd) {
    FILE *stream = fdopen(fd, "w");
    if (!stream) {
        int r = -errno;
        close(fd);
        return r;
    }
    errno = 0;
    for (size_t i = 0; i < share->n; i++)
        write_file(stream, &share->files[i]);
    bool written = fflush(stream) == 0 && !ferror(stream) && fsync(fd) == 0;
    int r = written ? 0 : errno > 0 ? -errno : -EIO;
    fclose(stream);
    return r;
}

int share_save(const struct share *share) {
    _cleanup_free_ char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", share->path) < 0) {
        temporary = NULL;
        return -ENOMEM;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return -errno;
    int r = write_files(share, fd);
    if (r >= 0 && rename(temporary, share->path) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    return r;
}
