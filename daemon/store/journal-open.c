/* Opening the journal: its folder and file, their modes, and what is told when it can't be used.
 *
 * One connection, one thread. Who else reads the file does so for milliseconds; who else writes it is refused
 * after SQLite's short wait. Nothing is written before the file is known to be ours and of a version that we
 * know. One of ours that is damaged is replaced (rescue.h): better a working journal with what could be read
 * than none; another program's file is never touched. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/translate.h"
#include "daemon/store/beside.h"
#include "daemon/store/create.h"
#include "daemon/store/journal.h"
#include "daemon/store/rescue.h"
#include "daemon/store/schema.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* What is told when it can't be opened, by error; others are told as "can't be opened". */
static const struct {
    int error;
    const char *sentence;
} problems[] = {
    {EUCLEAN, N_("is damaged. When kindlyd starts it sets it aside whole, and begins a new one with what can "
                 "be read")},
    {EMEDIUMTYPE, N_("is not a journal of kindly; it is left as it is. Move it away to begin a new one")},
    {EOVERFLOW,
     N_("was written by a newer version of kindly, and is left as it is. Install that version to use it")},
    {EPROTO, N_("was written by an older version of kindly; kindlyd updates it when it starts")},
    {ENOTRECOVERABLE, N_("is of an older version of kindly and could not be updated; it is left as it is")},
    {ELOOP, N_("is a symbolic link; it has to be the file itself")},
    {EISDIR, N_("is not a regular file")},
    {EOPNOTSUPP, N_("is on a file system that can't hold it safely (SQLite's WAL mode doesn't work there)")},
    {EBUSY, N_("is in use by another program")},
    {ENOENT, N_("isn't there")},
};

static const char *sentence_of(int error) {
    for (size_t i = 0; i < ELEMENTSOF(problems); i++)
        if (problems[i].error == -error)
            return problems[i].sentence;
    return NULL;
}

char *journal_problem(const char *path, int error) {
    char *told;
    const char *sentence = sentence_of(error);
    int length = sentence ? asprintf(&told, "The journal %s %s.", path, sentence)
                          : asprintf(&told, "The journal %s can't be opened: %s.", path,
                                     or_empty(strerrordesc_np(-error)));
    return length < 0 ? NULL : told;
}

static void tell(const char *path, int error, char **ret_problem) {
    if (!ret_problem)
        return;
    char *told;
    const char *sentence = sentence_of(error);
    int length = sentence ? asprintf(&told, _("The journal %s %s."), path, _(sentence))
                          : asprintf(&told, _("The journal %s can't be opened: %s."), path, strerror(-error));
    *ret_problem = length < 0 ? NULL : told;
}

/* An existing mode is only ever made stricter. That can fail where files have no modes of their own: nothing
 * is lost then that could be had. */
static void tighten(const char *path, mode_t mode) {
    struct stat status;
    if (lstat(path, &status) >= 0 && !S_ISLNK(status.st_mode) && (status.st_mode & 0777 & ~mode) != 0)
        (void)!fchmodat(AT_FDCWD, path, status.st_mode & mode, AT_SYMLINK_NOFOLLOW);
}

/* The journal's path with its folder resolved (a link on the way to it is fine, the file itself must be
 * none), and the folder. */
static int resolve(const char *path, bool create, char **ret_path, char **ret_folder) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    _cleanup_free_ char *given = slash ? strndup(path, MAX_OF((size_t)(slash - path), 1U)) : strdup(".");
    if (!given)
        return -ENOMEM;
    int r = create ? create_folders(given) : 0;
    if (r < 0)
        return r;
    _cleanup_free_ char *folder = realpath(given, NULL);
    if (!folder)
        return -errno;
    char *resolved;
    if (asprintf(&resolved, "%s/%s", streq(folder, "/") ? "" : folder, name) < 0)
        return -ENOMEM;
    *ret_path = resolved;
    *ret_folder = TAKE_PTR(folder);
    return 0;
}

/* Opening the file here and closing it would drop the locks of another connection to it in this process
 * (fcntl locks work like that), so this is done only when nobody can have it yet. */
static int create_file(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return errno == EEXIST ? 0 : -errno;
    int r = fchmod(fd, FILE_MODE) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static int check_file(const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0)
        return -errno;
    if (S_ISLNK(status.st_mode))
        return -ELOOP;
    if (!S_ISREG(status.st_mode))
        return -EISDIR;
    /* SQLite would take less than its smallest page for nothing, and write over it. */
    return status.st_size > 0 && status.st_size < 512 ? -EUCLEAN : 0;
}

static int tighten_all(const char *path, const char *folder) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *name = strrchr(folder, '/');
    if (streq(name + 1, "kindly"))
        tighten(folder, FOLDER_MODE);
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *file = NULL;
        int r = path_beside(path, suffixes[i], &file);
        if (r < 0)
            return r;
        tighten(file, FILE_MODE);
    }
    return 0;
}

static int prepare_file(const char *given, char **ret_path) {
    _cleanup_free_ char *path = NULL, *folder = NULL;
    int r = resolve(given, true, &path, &folder);
    if (r >= 0)
        r = rescue_finish(path);
    if (r >= 0)
        r = create_file(path);
    if (r >= 0)
        r = check_file(path);
    if (r >= 0)
        r = tighten_all(path, folder);
    if (r < 0)
        return r;
    /* SQLite would quietly open it for reading. */
    if (access(path, W_OK) < 0)
        return -errno;
    *ret_path = TAKE_PTR(path);
    return 0;
}

static int connect_file(struct journal *journal, const char *path, int flags) {
    int code =
        sqlite3_open_v2(path, &journal->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(journal->db, 1);
    return schema_error(journal->db, code);
}

static int load_identity(struct journal *journal) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_IDENTITY);
    int r = query_step(&query);
    if (r <= 0)
        return r < 0 ? r : -EUCLEAN;
    get_bytes16(&query, journal->device.bytes);
    get_bytes16(&query, journal->secret.bytes);
    return 0;
}

/* --- Copies of older versions ------------------------------------------------------------------ */

#define OPENED_ENOUGH 2 /* times the new version was opened after the update, until the copy goes */

/* Before the tables change: as it is now, durable, in place of an older copy of the same version. */
static int keep_version(struct journal *journal, const char *path, int version) {
    _cleanup_free_ char *copy = NULL;
    struct journal_copy unused;
    char suffix[20];
    snprintf(suffix, sizeof suffix, ".v%d", version);
    int r = path_beside(path, suffix, &copy);
    return r < 0 ? r : journal_backup(journal, copy, true, &unused);
}

static int wipe_version(void *userdata, const char *path, enum copy_kind kind) {
    (void)userdata;
    return kind == COPY_VERSION ? file_wipe(path) : 0;
}

static int set_opened(struct journal *journal, int64_t opened) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_OPENED);
    put_integer(&query, opened);
    return query_run(&query);
}

/* Copies go before it is written down that they did. That they can't be removed, or that this can't be
 * counted, is no reason not to open: the next start tries again. */
static void count_opening(struct journal *journal, const char *path) {
    int64_t opened = OPENED_ENOUGH;
    {
        _cleanup_query_ struct query query = query_start(journal, STATEMENT_OPENED);
        if (query_step(&query) > 0)
            opened = get_integer(&query) + 1;
    }
    if (opened > OPENED_ENOUGH || (opened == OPENED_ENOUGH && beside_visit(path, wipe_version, NULL) < 0))
        return;
    set_opened(journal, opened);
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* A step that can't be done is no damage: the copy that was made before it is sound. */
static int bring_up_to_date(struct journal *journal, const struct schema *as, const char *path, int version,
                            usec_t now_usec) {
    int r = version > 0 && version < as->version ? keep_version(journal, path, version) : 0;
    if (r < 0)
        return r;
    r = schema_migrate(journal->db, as, version, now_usec);
    if (r < 0)
        return r == -EUCLEAN && version > 0 ? -ENOTRECOVERABLE : r;
    /* A new one is at once in the file itself: its header says whose it is. */
    return version == 0 ? MIN_OF(journal_flush(journal), 0) : 0;
}

static int open_writer(struct journal *journal, const struct schema *as, const char *given, usec_t now_usec) {
    _cleanup_free_ char *path = NULL;
    int version = 0;
    int r = prepare_file(given, &path);
    if (r >= 0)
        r = connect_file(journal, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_URI);
    /* SQLite takes it for reading where it can't open it for more, for want of a descriptor, say. */
    if (r >= 0 && sqlite3_db_readonly(journal->db, "main") != 0)
        r = -EROFS;
    /* As long as it isn't known to be sound, what is in the WAL stays there. */
    if (r >= 0)
        sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (r >= 0)
        r = schema_check(journal->db, as, &version);
    if (r >= 0)
        r = schema_configure(journal->db, true);
    if (r >= 0)
        r = bring_up_to_date(journal, as, path, version, now_usec);
    if (r >= 0)
        r = load_identity(journal);
    if (r < 0)
        return r;
    if (version == as->version)
        count_opening(journal, path);
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    journal->file = schema_file(journal->db);
    journal->wal = schema_wal(journal->db);
    return 0;
}

static int open_for_reading(struct journal *journal, const char *path, int flags) {
    int version;
    int r = connect_file(journal, path, flags | SQLITE_OPEN_READONLY);
    if (r >= 0)
        r = schema_configure(journal->db, false);
    if (r >= 0)
        r = schema_check(journal->db, &schema, &version);
    if (r == -EOVERFLOW) {
        journal->newer = true;
        return load_identity(journal) < 0 ? r : 0;
    }
    if (r >= 0 && version < schema.version)
        r = version == 0 ? -ENOENT : -EPROTO;
    return r < 0 ? r : load_identity(journal);
}

/* Whether everything is in the file itself: there is no WAL, or an empty one. */
static bool is_at_rest(const char *path) {
    _cleanup_free_ char *wal = NULL;
    struct stat status;
    if (path_beside(path, "-wal", &wal) < 0)
        return false;
    return stat(wal, &status) < 0 ? errno == ENOENT : status.st_size == 0;
}

/* Beside another file in its place, the WAL of the one before would be taken for that one's, and spoil it.
 * But where it can't be seen that it is another one, the WAL may hold what was told to be done. */
static void remove_left_wal(struct journal *journal) {
    if (journal->file == 0 || journal->wal == 0 || schema_wal(journal->db) != journal->wal)
        return;
    errno = 0;
    ino_t file = schema_file(journal->db);
    if (file == journal->file || (file == 0 && errno != ENOENT))
        return;
    unlink(sqlite3_filename_wal(sqlite3_db_filename(journal->db, "main")));
}

static void forget_statements(struct journal *journal) {
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(journal->statements[i]);
        journal->statements[i] = NULL;
    }
}

void journal_rest(struct journal *journal) {
    forget_statements(journal);
    sqlite3_db_release_memory(journal->db);
}

static void disconnect(struct journal *journal) {
    forget_statements(journal);
    remove_left_wal(journal);
    sqlite3_close(journal->db);
    journal->db = NULL;
}

/* In WAL mode even a reader needs the -shm file, and makes one if the daemon doesn't run. Where it can't (a
 * copy in a folder that is read-only) and nothing is in the WAL, the file is read without locks: nobody can
 * write it there. */
static int open_reader(struct journal *journal, const char *given) {
    _cleanup_free_ char *path = NULL, *folder = NULL, *uri = NULL;
    int r = resolve(given, false, &path, &folder);
    if (r >= 0)
        r = check_file(path);
    if (r >= 0)
        r = access(path, R_OK) < 0 ? -errno : 0;
    if (r >= 0)
        r = open_for_reading(journal, path, SQLITE_OPEN_NOFOLLOW);
    if (r == -EUCLEAN && !rescue_is_ours(path))
        return -EMEDIUMTYPE;
    if ((r != -EACCES && r != -EROFS) || !is_at_rest(path) || access(folder, W_OK) >= 0)
        return r;
    disconnect(journal);
    r = path_uri(path, "?immutable=1", &uri);
    return r < 0 ? r : open_for_reading(journal, uri, SQLITE_OPEN_URI);
}

static void tell_of_damage(const char *path, int error, char **ret_problem) {
    if (ret_problem && asprintf(ret_problem, _("The journal %s is damaged, and can't be replaced yet: %s."),
                                path, strerror(-error)) < 0)
        *ret_problem = NULL;
}

/* One of ours that is damaged gives way to a new one. */
static int replace(const char *given, const char *path, usec_t now_usec, char **ret_problem) {
    int r = rescue(path, now_usec);
    if (r < 0)
        tell_of_damage(given, r, ret_problem);
    return r;
}

static int replace_if_ours(const char *given, usec_t now_usec, char **ret_problem) {
    _cleanup_free_ char *path = NULL, *folder = NULL;
    int r = resolve(given, false, &path, &folder);
    if (r >= 0 && !rescue_is_ours(path))
        r = -EMEDIUMTYPE;
    if (r < 0) {
        tell(given, r, ret_problem);
        return r;
    }
    return replace(given, path, now_usec, ret_problem);
}

int journal_open_as(const struct schema *as, const char *path, usec_t now_usec, struct journal **ret,
                    char **ret_problem) {
    _cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof *journal);
    int r = journal ? open_writer(journal, as, path, now_usec) : -ENOMEM;
    if (r == -EUCLEAN || r == -EMEDIUMTYPE) {
        disconnect(journal);
        r = replace_if_ours(path, now_usec, ret_problem);
        if (r < 0)
            return r;
        r = open_writer(journal, as, path, now_usec);
    }
    if (r < 0) {
        tell(path, r, ret_problem);
        return r;
    }
    *ret = TAKE_PTR(journal);
    return 0;
}

int journal_open(const char *path, usec_t now_usec, struct journal **ret, char **ret_problem) {
    return journal_open_as(&schema, path, now_usec, ret, ret_problem);
}

int journal_replace(const char *given, usec_t now_usec, struct journal **ret, char **ret_problem) {
    _cleanup_free_ char *path = NULL, *folder = NULL;
    int r = resolve(given, false, &path, &folder);
    if (r < 0)
        tell(given, r, ret_problem);
    else
        r = replace(given, path, now_usec, ret_problem);
    return r < 0 ? r : journal_open(given, now_usec, ret, ret_problem);
}

int journal_open_readonly(const char *path, struct journal **ret, char **ret_problem) {
    _cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof *journal);
    int r = journal ? open_reader(journal, path) : -ENOMEM;
    if (r < 0) {
        tell(path, r, ret_problem);
        return r;
    }
    if (journal->newer && ret_problem &&
        asprintf(
            ret_problem,
            _("The journal %s was written by a newer version of kindly; what this version knows of it is "
              "read."),
            path) < 0)
        *ret_problem = NULL;
    *ret = TAKE_PTR(journal);
    return 0;
}

int journal_check(struct journal *journal, char **ret_finding) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(journal->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    int r = schema_error(journal->db, code);
    if (r == -EUCLEAN)
        found = sqlite3_errmsg(journal->db);
    if (found && !streq(found, "ok")) {
        const char *line = strrchr(found, '\n'); /* before it: of which database */
        found = line ? line + 1 : found;
        r = 1;
        if (ret_finding && !(*ret_finding = strdup(found)))
            r = -ENOMEM;
    }
    sqlite3_finalize(statement);
    return r;
}

int journal_version(struct journal *journal) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(journal->db, "PRAGMA user_version", -1, &statement, NULL);
    int version =
        code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    return version;
}

int journal_count(struct journal *journal, struct journal_count *ret) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        journal->db,
        "SELECT count(*), count(*) FILTER (WHERE id = entry AND kind NOT IN ('paused', 'resumed', 'missed')),"
        " count(*) FILTER (WHERE typeof(note) = 'text') FROM event",
        -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret = (struct journal_count){
            .events = (uint64_t)sqlite3_column_int64(statement, 0),
            .entries = (uint64_t)sqlite3_column_int64(statement, 1),
            .lines = (uint64_t)sqlite3_column_int64(statement, 2),
        };
    sqlite3_finalize(statement);
    return schema_error(journal->db, code);
}

struct journal *journal_free(struct journal *journal) {
    if (!journal)
        return NULL;
    disconnect(journal);
    free(journal->erased);
    free(journal);
    return NULL;
}

const struct hash_key *journal_secret(const struct journal *journal) {
    return &journal->secret;
}

const struct uuid *journal_device(const struct journal *journal) {
    return &journal->device;
}
