/* The journal as the daemon knows it: opening it, the keeper's state, reminders, and what choosing a prompt
 * needs.
 *
 * One connection, one thread. Who else reads the file does so for milliseconds; who else writes it is refused
 * after SQLite's short wait. The tables are in schema.c, events in events.c, entries in entries.c. */
#include "daemon/store/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/entries.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* What is told when it can't be opened, by error; others are told as "can't be opened". */
static const struct {
    int error;
    const char *sentence;
} problems[] = {
    {EUCLEAN, "is damaged, or not a journal of kindly; it is left as it is. Move it away to begin a new one"},
    {EOVERFLOW,
     "was written by a newer version of kindly, and is left as it is. Install that version to use it"},
    {ELOOP, "is a symbolic link; it has to be the file itself"},
    {EISDIR, "is not a regular file"},
    {EOPNOTSUPP, "is on a file system that can't hold it safely (SQLite's WAL mode doesn't work there)"},
    {EBUSY, "is in use by another program"},
    {ENOENT, "isn't there"},
};

static void tell(const char *path, int error, char **ret_problem) {
    if (!ret_problem)
        return;
    char *told = NULL;
    int length = -1;
    for (size_t i = 0; i < ELEMENTSOF(problems); i++)
        if (problems[i].error == -error)
            length = asprintf(&told, "The journal %s %s.", path, problems[i].sentence);
    if (length < 0)
        length = asprintf(&told, "The journal %s can't be opened: %s.", path, strerror(-error));
    *ret_problem = length < 0 ? NULL : told;
}

/* An existing mode is only ever made stricter. That can fail where files have no modes of their own: nothing
 * is lost then that could be had. */
static void tighten(const char *path, mode_t mode) {
    struct stat status;
    if (lstat(path, &status) >= 0 && !S_ISLNK(status.st_mode) && (status.st_mode & 0777 & ~mode) != 0)
        (void)!chmod(path, status.st_mode & mode);
}

/* Whatever the umask. */
static int make_folder(const char *path) {
    if (mkdir(path, FOLDER_MODE) >= 0)
        return chmod(path, FOLDER_MODE) < 0 ? -errno : 0;
    return errno == EEXIST ? 0 : -errno;
}

/* `path` with all its parents; it is changed on the way and as before at the end. */
static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int r = access(path, F_OK) < 0 ? make_folder(path) : 0;
        *slash = '/';
        if (r < 0)
            return r;
    }
    return make_folder(path);
}

/* The journal's path with its folder resolved (a link on the way to it is fine, the file itself must be
 * none), and the folder. */
static int resolve(const char *path, bool create, char **ret_path, char **ret_folder) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    _cleanup_free_ char *given = slash ? strndup(path, MAX_OF((size_t)(slash - path), 1U)) : strdup(".");
    if (!given)
        return -ENOMEM;
    int r = create ? make_folders(given) : 0;
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
    return S_ISREG(status.st_mode) ? 0 : -EISDIR;
}

static int tighten_all(const char *path, const char *folder) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *name = strrchr(folder, '/');
    if (streq(name + 1, "kindly"))
        tighten(folder, FOLDER_MODE);
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *file = NULL;
        if (asprintf(&file, "%s%s", path, suffixes[i]) < 0) {
            file = NULL;
            return -ENOMEM;
        }
        tighten(file, FILE_MODE);
    }
    return 0;
}

static int prepare_file(const char *given, char **ret_path) {
    _cleanup_free_ char *path = NULL, *folder = NULL;
    int r = resolve(given, true, &path, &folder);
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

static int open_writer(struct journal *journal, const char *given, usec_t now_usec) {
    _cleanup_free_ char *path = NULL;
    int version;
    int r = prepare_file(given, &path);
    if (r >= 0)
        r = connect_file(journal, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    if (r >= 0)
        r = schema_check(journal->db, &version);
    if (r >= 0)
        r = schema_configure(journal->db, true);
    if (r >= 0)
        r = schema_migrate(journal->db, version, now_usec);
    return r < 0 ? r : load_identity(journal);
}

static int open_for_reading(struct journal *journal, const char *path, int flags) {
    int version;
    int r = connect_file(journal, path, flags | SQLITE_OPEN_READONLY);
    if (r >= 0)
        r = schema_configure(journal->db, false);
    if (r >= 0)
        r = schema_check(journal->db, &version);
    if (r >= 0 && version < SCHEMA_VERSION)
        r = version == 0 ? -ENOENT : -EUCLEAN;
    return r < 0 ? r : load_identity(journal);
}

/* As a URI: every byte that could mean something there is escaped. */
static int immutable_uri(const char *path, char **ret) {
    char *uri = malloc(strlen(path) * 3 + sizeof "file:?immutable=1");
    if (!uri)
        return -ENOMEM;
    char *out = stpcpy(uri, "file:");
    for (; *path; path++)
        out += sprintf(out, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    strcpy(out, "?immutable=1");
    *ret = uri;
    return 0;
}

/* Whether everything is in the file itself: there is no WAL, or an empty one. */
static bool is_at_rest(const char *path) {
    _cleanup_free_ char *wal = NULL;
    struct stat status;
    if (asprintf(&wal, "%s-wal", path) < 0) {
        wal = NULL;
        return false;
    }
    return stat(wal, &status) < 0 ? errno == ENOENT : status.st_size == 0;
}

static void disconnect(struct journal *journal) {
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(journal->statements[i]);
        journal->statements[i] = NULL;
    }
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
    if ((r != -EACCES && r != -EROFS) || !is_at_rest(path) || access(folder, W_OK) >= 0)
        return r;
    disconnect(journal);
    r = immutable_uri(path, &uri);
    return r < 0 ? r : open_for_reading(journal, uri, SQLITE_OPEN_URI);
}

int journal_open(const char *path, usec_t now_usec, struct journal **ret, char **ret_problem) {
    _cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof *journal);
    int r = journal ? open_writer(journal, path, now_usec) : -ENOMEM;
    if (r < 0) {
        tell(path, r, ret_problem);
        return r;
    }
    *ret = TAKE_PTR(journal);
    return 0;
}

int journal_open_readonly(const char *path, struct journal **ret, char **ret_problem) {
    _cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof *journal);
    int r = journal ? open_reader(journal, path) : -ENOMEM;
    if (r < 0) {
        tell(path, r, ret_problem);
        return r;
    }
    *ret = TAKE_PTR(journal);
    return 0;
}

struct journal *journal_free(struct journal *journal) {
    if (!journal)
        return NULL;
    disconnect(journal);
    free(journal);
    return NULL;
}

const struct hash_key *journal_secret(const struct journal *journal) {
    return &journal->secret;
}

const struct uuid *journal_device(const struct journal *journal) {
    return &journal->device;
}

static enum open_state state_from_id(const char *id) {
    enum open_state state = 0;
    while (state < OPEN_STATE_COUNT && !streq(open_state_id(state), id))
        state++;
    return state;
}

/* The columns of `open`, in the order of the table; put_open() is its mirror. The strings are the keeper's
 * even when an error is returned. */
static int get_open(struct query *query, struct open_prompt *open) {
    get_integer(query); /* place */
    get_bytes16(query, open->id.bytes);
    open->state = state_from_id(get_word(query));
    open->stage = stage_from_id(get_word(query));
    open->reminder = get_text(query);
    open->due_usec = get_usec(query);
    open->by_hand = get_bool(query);
    open->hold_until_usec = get_usec(query);
    open->not_before_usec = get_usec(query);
    open->held = get_bool(query);
    open->theme = theme_from_id(get_word(query));
    open->prompt = get_text(query);
    open->title = get_text(query);
    open->text = get_text(query);
    open->why = get_text(query);
    open->write = get_bool(query);
    open->practice = get_bool(query);
    open->step = get_count(query);
    open->shown_usec = get_usec(query);
    open->expires_usec = get_usec(query);
    open->answered = get_bool(query);
    open->on_screen = get_bool(query);
    open->bus_id = get_text(query);
    open->owner = get_text(query);
    open->server_id = get_count(query);
    open->snoozes = get_count(query);
    open->until_usec = get_usec(query);
    open->until_boot_usec = get_usec(query);
    get_bytes16(query, open->boot_id.bytes);
    if (query->error < 0)
        return query->error;
    return open->state < OPEN_STATE_COUNT && open->stage < STAGE_COUNT ? 0 : -EUCLEAN;
}

static void put_open(struct query *query, size_t place, const struct open_prompt *open) {
    put_integer(query, (int64_t)place);
    put_uuid(query, &open->id);
    put_text(query, open_state_id(open->state));
    put_text(query, stage_id(open->stage));
    put_text(query, open->reminder);
    put_usec(query, open->due_usec);
    put_integer(query, open->by_hand);
    put_usec(query, open->hold_until_usec);
    put_usec(query, open->not_before_usec);
    put_integer(query, open->held);
    put_text(query, open->theme == THEME_NONE ? NULL : theme_id(open->theme));
    put_text(query, open->prompt);
    put_text(query, open->title);
    put_text(query, open->text);
    put_text(query, open->why);
    put_integer(query, open->write);
    put_integer(query, open->practice);
    put_integer(query, open->step);
    put_usec(query, open->shown_usec);
    put_usec(query, open->expires_usec);
    put_integer(query, open->answered);
    put_integer(query, open->on_screen);
    put_text(query, open->bus_id);
    put_text(query, open->owner);
    put_integer(query, open->server_id);
    put_integer(query, open->snoozes);
    put_usec(query, open->until_usec);
    put_usec(query, open->until_boot_usec);
    put_uuid(query, &open->boot_id);
}

static int load_numbers(struct journal *journal, struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_KEEPER);
    int r = query_step(&query);
    if (r <= 0)
        return r < 0 ? r : -EUCLEAN;
    keeper->planned_until_usec = get_usec(&query);
    keeper->latest_due_usec = get_usec(&query);
    keeper->paused_until_usec = get_usec(&query);
    keeper->last_shown_usec = get_usec(&query);
    keeper->day = (int32_t)get_integer(&query);
    keeper->day_count = get_count(&query);
    return 0;
}

static int load_open(struct journal *journal, struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_OPEN);
    int r;
    while ((r = query_step(&query)) > 0) {
        if (keeper->n_open == KEEPER_OPEN_MAX)
            return -EUCLEAN;
        r = get_open(&query, &keeper->open[keeper->n_open++]);
        if (r < 0)
            return r;
    }
    return r;
}

int journal_load(struct journal *journal, struct keeper **ret) {
    _cleanup_(keeper_freep) struct keeper *keeper = keeper_new();
    if (!keeper)
        return -ENOMEM;
    int r = load_numbers(journal, keeper);
    if (r >= 0)
        r = load_open(journal, keeper);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keeper);
    return 0;
}

static int save_numbers(struct journal *journal, const struct keeper *keeper) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_KEEPER);
    put_usec(&query, keeper->planned_until_usec);
    put_usec(&query, keeper->latest_due_usec);
    put_usec(&query, keeper->paused_until_usec);
    put_usec(&query, keeper->last_shown_usec);
    put_integer(&query, keeper->day);
    put_integer(&query, keeper->day_count);
    return query_run(&query);
}

static int clear_open(struct journal *journal) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_CLEAR_OPEN);
    return query_run(&query);
}

static int add_open(struct journal *journal, size_t place, const struct open_prompt *open) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_ADD_OPEN);
    put_open(&query, place, open);
    return query_run(&query);
}

/* Written whole each time: there are hardly ever more than three, on one page. */
static int save_open(struct journal *journal, const struct keeper *keeper) {
    int r = clear_open(journal);
    for (size_t i = 0; i < keeper->n_open && r >= 0; i++)
        r = add_open(journal, i, &keeper->open[i]);
    return r;
}

static int save_turn(struct journal *journal, const struct turn *turn) {
    for (size_t i = 0; i < turn->n_events; i++) {
        int r = entries_add(journal, &journal->device, &turn->events[i]);
        if (r <= 0)
            return r < 0 ? r : -EEXIST;
    }
    int r = save_numbers(journal, turn->next);
    return r < 0 ? r : save_open(journal, turn->next);
}

int journal_commit(struct journal *journal, const struct turn *turn) {
    if (!turn->changed && turn->n_events == 0)
        return 0;
    int r = transaction_begin(journal);
    return r < 0 ? r : transaction_end(journal, save_turn(journal, turn));
}

/* A reminder of the schedule beside what is known of it. */
struct known {
    const char *name;
    size_t index; /* in the schedule */
    uint64_t digest;
    usec_t start_usec;
    bool changed; /* new, or another digest */
};

static int compare_known(const void *a, const void *b) {
    const struct known *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* Names that are in the journal only; few at a time. */
struct gone {
    char **names;
    size_t n, capacity;
};

static void gone_done(struct gone *gone) {
    for (size_t i = 0; i < gone->n; i++)
        free(gone->names[i]);
    free(gone->names);
}

static int gone_add(struct gone *gone, const char *name) {
    int r = array_reserve(&gone->names, &gone->capacity, gone->n + 1, sizeof *gone->names);
    if (r < 0)
        return r;
    gone->names[gone->n] = strdup(name);
    return gone->names[gone->n++] ? 0 : -ENOMEM;
}

/* Both sides sorted by name. */
static int compare_reminders(struct journal *journal, struct known *known, size_t n, struct gone *gone) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_REMINDERS);
    size_t i = 0;
    int r;
    while ((r = query_step(&query)) > 0) {
        const char *name = get_word(&query);
        while (i < n && strcmp(known[i].name, name) < 0)
            i++;
        if (i == n || !streq(known[i].name, name)) {
            r = gone_add(gone, name);
            if (r < 0)
                return r;
            continue;
        }
        if ((uint64_t)get_integer(&query) != known[i].digest)
            continue;
        known[i].start_usec = get_usec(&query);
        known[i].changed = false;
    }
    return r < 0 ? r : query.error;
}

static int save_reminder(struct journal *journal, const struct known *known) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SET_REMINDER);
    put_text(&query, known->name);
    put_integer(&query, (int64_t)known->digest);
    put_integer(&query, (int64_t)known->start_usec);
    return query_run(&query);
}

static int drop_reminder(struct journal *journal, const char *name) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_DROP_REMINDER);
    put_text(&query, name);
    return query_run(&query);
}

static int save_reminders(struct journal *journal, const struct known *known, size_t n,
                          const struct gone *gone) {
    for (size_t i = 0; i < gone->n; i++) {
        int r = drop_reminder(journal, gone->names[i]);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++) {
        int r = known[i].changed ? save_reminder(journal, &known[i]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static bool any_changed(const struct known *known, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (known[i].changed)
            return true;
    return false;
}

int journal_note_reminders(struct journal *journal, const struct schedule *schedule, usec_t now_usec,
                           usec_t *starts_usec) {
    size_t n = schedule->n_reminders;
    _cleanup_free_ struct known *known = calloc(n + 1, sizeof *known);
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct reminder *reminder = &schedule->reminders[i];
        known[i] = (struct known){
            .name = reminder->name,
            .index = i,
            .digest = reminder_digest(reminder),
            .start_usec = now_usec,
            .changed = true,
        };
    }
    qsort(known, n, sizeof *known, compare_known);
    _cleanup_(gone_done) struct gone gone = {0};
    int r = compare_reminders(journal, known, n, &gone);
    if (r < 0)
        return r;
    if (gone.n > 0 || any_changed(known, n)) {
        r = transaction_begin(journal);
        if (r >= 0)
            r = transaction_end(journal, save_reminders(journal, known, n, &gone));
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++)
        starts_usec[known[i].index] = known[i].start_usec;
    return 0;
}

bool journal_recorded(struct journal *journal, const char *reminder, usec_t due_usec) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_RECORDED);
    put_text(&query, reminder);
    put_usec(&query, due_usec);
    put_uuid(&query, &journal->device);
    return query_step(&query) > 0;
}

static int load_marks(struct journal *journal, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_MARKS);
    int r = query_step(&query);
    if (r <= 0)
        return r;
    history->first_usec = get_usec(&query);
    history->hard_usec = get_usec(&query);
    return 0;
}

static int load_themes(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_THEMES);
    int r;
    while ((r = query_step(&query)) > 0) {
        enum theme theme = theme_from_id(get_word(&query));
        if (theme == THEME_NONE)
            continue;
        __typeof__(&history->themes[0]) of = &history->themes[theme];
        of->shown = (uint64_t)get_integer(&query);
        of->shown_usec = get_usec(&query);
        double helped = get_real(&query), not_helped = get_real(&query);
        double left = learning_decay(get_usec(&query), now_usec);
        of->helped = helped * left;
        of->not_helped = not_helped * left;
        of->rated = get_count(&query);
        of->rated_helpful = get_count(&query);
    }
    return r < 0 ? r : query.error;
}

static int load_today(struct journal *journal, usec_t now_usec, const struct zone *zone,
                      struct history *history) {
    int32_t day = zone_local_day(zone, now_usec);
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SHOWN_BETWEEN);
    put_bound(&query, zone_day_second(zone, day, 0));
    put_bound(&query, zone_day_second(zone, day + 1, 0));
    int r;
    while ((r = query_step(&query)) > 0) {
        enum theme theme = theme_from_id(get_word(&query));
        if (theme != THEME_NONE)
            history->today |= THEME_BIT(theme);
    }
    return r < 0 ? r : query.error;
}

static int load_recent(struct journal *journal, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_SHOWN_LAST);
    put_integer(&query, CHOOSE_RECENT);
    int r;
    for (size_t i = 0; (r = query_step(&query)) > 0; i++)
        history->recent[i] = theme_from_id(get_word(&query));
    return r < 0 ? r : query.error;
}

static int load_cards(struct journal *journal, usec_t now_usec, struct history *history) {
    _cleanup_query_ struct query query = query_start(journal, STATEMENT_CARDS);
    put_bound(&query, usec_sub(now_usec, CHOOSE_REST_USEC));
    int r;
    while ((r = query_step(&query)) > 0) {
        r = array_reserve(&history->cards, &history->cards_capacity, history->n_cards + 1,
                          sizeof *history->cards);
        if (r < 0)
            return r;
        struct card *card = &history->cards[history->n_cards++];
        card->prompt = get_text(&query);
        card->shown_usec = get_usec(&query);
        card->resting = get_bool(&query);
        if (query.error < 0)
            return query.error;
    }
    return r;
}

int journal_history(struct journal *journal, usec_t now_usec, const struct zone *zone, struct history *ret) {
    struct history history = {0};
    for (size_t i = 0; i < CHOOSE_RECENT; i++)
        history.recent[i] = THEME_NONE;
    int r = load_marks(journal, &history);
    if (r >= 0)
        r = load_themes(journal, now_usec, &history);
    if (r >= 0)
        r = load_today(journal, now_usec, zone, &history);
    if (r >= 0)
        r = load_recent(journal, &history);
    if (r >= 0)
        r = load_cards(journal, now_usec, &history);
    if (r < 0) {
        history_done(&history);
        return r;
    }
    *ret = history;
    return 0;
}
