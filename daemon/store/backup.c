/* Copies of a journal, while it is in use: SQLite's backup reads one snapshot, and whoever writes goes on.
 * The copy is made under another name, checked, made durable, and only then gets its name; it has no WAL, so
 * that one file is all of it. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/beside.h"
#include "daemon/store/journal.h"
#include "daemon/store/schema.h"

static int copy_pages(sqlite3 *from, sqlite3 *to) {
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return schema_error(to, sqlite3_errcode(to));
    int code = sqlite3_backup_step(backup, -1);
    int finished = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? 0 : schema_error(to, finished != SQLITE_OK ? finished : code);
}

static int look_into(sqlite3 *db, struct journal_copy *copy) {
    struct journal seen = {.db = db};
    int version;
    int r = schema_check(db, &schema, &version);
    if (r == -EOVERFLOW)
        r = 0;
    if (r >= 0)
        r = journal_check(&seen, NULL);
    if (r > 0)
        r = -EUCLEAN;
    return r < 0 ? r : journal_count(&seen, &copy->count);
}

static int fill(sqlite3 *from, const char *path, struct journal_copy *copy) {
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    int r = schema_error(to, code);
    /* It is thrown away if anything goes wrong, so that nothing has to be undone. */
    if (r >= 0)
        r = schema_execute(to,
                           "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY");
    if (r >= 0)
        r = copy_pages(from, to);
    if (r >= 0)
        r = schema_execute(to, "PRAGMA journal_mode = DELETE");
    if (r >= 0)
        r = look_into(to, copy);
    sqlite3_close(to);
    return r;
}

static int sync_file(int fd, struct journal_copy *copy) {
    struct stat status;
    if (fsync(fd) < 0 || fstat(fd, &status) < 0)
        return -errno;
    copy->size = (uint64_t)status.st_size;
    copy->readable_by_others = status.st_mode & 077;
    return 0;
}

/* Without `replace` never over anything, whoever made it meanwhile. */
static int give_name(const char *part, const char *path, bool replace) {
    if (replace)
        return rename(part, path) < 0 ? -errno : 0;
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) >= 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* A file system without that: there is a moment between the question and the name. */
    if (access(path, F_OK) >= 0)
        return -EEXIST;
    return rename(part, path) < 0 ? -errno : 0;
}

static void remove_part(const char *part) {
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *path = NULL;
        if (path_beside(part, suffixes[i], &path) >= 0)
            file_wipe(path);
    }
}

static bool is_same_file(sqlite3 *db, const char *path) {
    struct stat ours, theirs;
    return stat(sqlite3_db_filename(db, "main"), &ours) >= 0 && stat(path, &theirs) >= 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int journal_backup(struct journal *journal, const char *path, bool replace, struct journal_copy *ret) {
    struct journal_copy copy = {0};
    struct stat status;
    if (is_same_file(journal->db, path))
        return -EINVAL;
    if (lstat(path, &status) >= 0 && (!replace || !S_ISREG(status.st_mode)))
        return replace ? -EISDIR : -EEXIST;
    _cleanup_free_ char *part = NULL;
    int r = path_beside(path, ".XXXXXX", &part);
    if (r < 0)
        return r;
    int fd = mkostemp(part, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return -errno;
    r = fill(journal->db, part, &copy);
    if (r >= 0)
        r = sync_file(fd, &copy);
    close(fd);
    if (r >= 0)
        r = give_name(part, path, replace);
    if (r < 0) {
        remove_part(part);
        return r;
    }
    *ret = copy;
    return folder_sync(path);
}
