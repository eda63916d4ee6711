/* Reads a damaged journal without SQLite: every page that is still a leaf of a table gives its rows, whatever
 * became of the page that leads to it, of the header, or of the indices (the format: sqlite.org/fileformat2).
 *
 * That finds no row twice and none that was deleted: rows of `event` never move between pages, and what
 * secure_delete frees is zeroes (schema.c). SQLite's own tool and its .recover read the same pages, but do
 * not know our rows; so it isn't used, and nothing depends on whether it is installed.
 *
 * Rows are told apart by their first columns. What can't be told (the sums of learning, when a reminder
 * began) is asked of SQLite at the end, table by table, as far as it can still read them. */
#include "daemon/store/salvage.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/beside.h"
#include "daemon/store/entries.h"
#include "daemon/store/guard.h"

#define PAGE_SIZE_USUAL 4096
#define PAGE_SIZE_MAX   65536
#define PAYLOAD_MAX     ((size_t)1 << 20) /* of a row; those of ours are below 100 KiB */
#define COLUMNS_MAX     64
#define WAL_HEADER      32
#define FRAME_HEADER    24
#define LEAF_OF_TABLE   0x0d

/* --- Pages ------------------------------------------------------------------------------------ */

struct pages {
    int fd, wal_fd; /* -1: there is none */
    uint32_t page_size, usable;
    uint32_t n;    /* pages are 1 to n */
    off_t *in_wal; /* by page: where its last committed image is in the WAL; 0: in the file */
    uint32_t n_in_wal;
    uint8_t *page;   /* the one that was read last */
    uint32_t number; /* its number; 0: none */
    /* Bytes that rows may still take from outside their leaves. A page of these is part of one row, and a row
     * is read twice; only in damage they lead in circles, a million times over. */
    uint64_t overflow_left;
};

static uint32_t read32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t read16(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static bool read_at(int fd, off_t offset, void *buffer, size_t size) {
    ssize_t n;
    do
        n = pread(fd, buffer, size, offset);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)size;
}

static bool is_page_size(uint32_t size) {
    return size >= 512 && size <= PAGE_SIZE_MAX && (size & (size - 1)) == 0;
}

/* The sums of the WAL run over all frames, in the byte order its first word names. */
struct checksum {
    bool big_endian;
    uint32_t a, b;
};

static void checksum_add(struct checksum *sum, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint32_t first = read32(bytes + i), second = read32(bytes + i + 4);
        sum->a += (sum->big_endian ? first : __builtin_bswap32(first)) + sum->b;
        sum->b += (sum->big_endian ? second : __builtin_bswap32(second)) + sum->a;
    }
}

static void note_frame(struct pages *pages, off_t *pending, uint32_t capacity, uint32_t committed) {
    for (uint32_t i = 1; i < capacity; i++)
        if (pending[i] > 0)
            pages->in_wal[i] = pending[i];
    memset(pending, 0, capacity * sizeof *pending);
    pages->n = MAX_OF(pages->n, MIN_OF(committed, capacity - 1));
}

/* Frames count as far as the chain of checksums holds, and up to the last commit among them. */
static int read_frames(struct pages *pages, const uint8_t header[WAL_HEADER], off_t size) {
    uint32_t capacity = pages->n_in_wal;
    _cleanup_free_ off_t *pending = calloc(capacity, sizeof *pending);
    _cleanup_free_ uint8_t *frame = malloc(FRAME_HEADER + pages->page_size);
    if (!pending || !frame)
        return -ENOMEM;
    struct checksum sum = {.big_endian = header[3] & 1};
    checksum_add(&sum, header, WAL_HEADER - 8);
    if (sum.a != read32(header + 24) || sum.b != read32(header + 28))
        return 0;
    off_t step = FRAME_HEADER + pages->page_size;
    for (off_t at = WAL_HEADER; at + step <= size; at += step) {
        if (!read_at(pages->wal_fd, at, frame, (size_t)step) || memcmp(frame + 8, header + 16, 8) != 0)
            break;
        checksum_add(&sum, frame, 8);
        checksum_add(&sum, frame + FRAME_HEADER, pages->page_size);
        uint32_t number = read32(frame), committed = read32(frame + 4);
        if (sum.a != read32(frame + 16) || sum.b != read32(frame + 20) || number == 0 || number >= capacity)
            break;
        pending[number] = at + FRAME_HEADER;
        if (committed > 0)
            note_frame(pages, pending, capacity, committed);
    }
    return 0;
}

static int open_wal(struct pages *pages, const char *path) {
    _cleanup_free_ char *wal = NULL;
    uint8_t header[WAL_HEADER];
    struct stat status;
    int r = path_beside(path, "-wal", &wal);
    if (r < 0)
        return r;
    pages->wal_fd = open(wal, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (pages->wal_fd < 0 || fstat(pages->wal_fd, &status) < 0 ||
        !read_at(pages->wal_fd, 0, header, sizeof header) || (read32(header) | 1) != 0x377f0683 ||
        read32(header + 8) != pages->page_size)
        return 0;
    /* Each frame can add one page. */
    uint64_t frames = (uint64_t)status.st_size / (FRAME_HEADER + pages->page_size);
    pages->n_in_wal = (uint32_t)MIN_OF(pages->n + frames + 2, (uint64_t)UINT32_MAX / 2);
    pages->in_wal = calloc(pages->n_in_wal, sizeof *pages->in_wal);
    return pages->in_wal ? read_frames(pages, header, status.st_size) : -ENOMEM;
}

static void pages_done(struct pages *pages) {
    if (pages->fd >= 0)
        close(pages->fd);
    if (pages->wal_fd >= 0)
        close(pages->wal_fd);
    free(pages->in_wal);
    free(pages->page);
}

/* Where the header is lost, the size is the one that SQLite has given all of our files. */
static int pages_open(struct pages *pages, const char *path) {
    uint8_t header[100] = {0};
    struct stat status;
    pages->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (pages->fd < 0 || fstat(pages->fd, &status) < 0)
        return -errno;
    pages->page_size = PAGE_SIZE_USUAL;
    uint32_t reserved = 0;
    if (read_at(pages->fd, 0, header, sizeof header) && memcmp(header, "SQLite format 3", 16) == 0) {
        uint32_t size = read16(header + 16) == 1 ? PAGE_SIZE_MAX : read16(header + 16);
        if (is_page_size(size)) {
            pages->page_size = size;
            reserved = header[20];
        }
    }
    pages->usable = pages->page_size - reserved;
    pages->n = (uint32_t)MIN_OF(((uint64_t)status.st_size + pages->page_size - 1) / pages->page_size,
                                (uint64_t)UINT32_MAX / 4);
    pages->page = malloc(pages->page_size);
    int r = pages->page ? open_wal(pages, path) : -ENOMEM;
    pages->overflow_left = (uint64_t)2 * MAX_OF(pages->n, pages->n_in_wal) * pages->page_size;
    return r;
}

/* NULL: it can't be read. Borrowed until the next. */
static const uint8_t *pages_read(struct pages *pages, uint32_t number) {
    if (number == pages->number)
        return pages->page;
    pages->number = 0;
    if (number == 0 || number > pages->n)
        return NULL;
    off_t in_wal = number < pages->n_in_wal ? pages->in_wal[number] : 0;
    if (in_wal > 0
            ? !read_at(pages->wal_fd, in_wal, pages->page, pages->page_size)
            : !read_at(pages->fd, (off_t)(number - 1) * pages->page_size, pages->page, pages->page_size))
        return NULL;
    pages->number = number;
    return pages->page;
}

/* --- Rows ------------------------------------------------------------------------------------- */

struct value {
    enum { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_BLOB, VALUE_TEXT } type;
    int64_t integer;
    double real;
    const uint8_t *bytes; /* in the row's payload */
    size_t size;
};

struct row {
    int64_t rowid;
    uint8_t *payload;
    size_t n;
    struct value values[COLUMNS_MAX];
};

/* A number of 1 to 9 bytes; moves `*at`. False: it goes past the end. */
static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret) {
    uint64_t value = 0;
    for (int i = 0; i < 9; i++) {
        if (*at >= end)
            return false;
        uint8_t byte = *(*at)++;
        value = i == 8 ? value << 8 | byte : value << 7 | (byte & 0x7f);
        if (i == 8 || !(byte & 0x80))
            break;
    }
    *ret = value;
    return true;
}

/* How much of a payload stands in the leaf itself; the rest is a list of pages. */
static size_t local_size(const struct pages *pages, size_t payload) {
    size_t most = pages->usable - 35, least = (pages->usable - 12) * 32 / 255 - 23;
    if (payload <= most)
        return payload;
    size_t kept = least + (payload - least) % (pages->usable - 4);
    return kept <= most ? kept : least;
}

static bool read_overflow(struct pages *pages, uint32_t number, uint8_t *to, size_t size) {
    while (size > 0) {
        const uint8_t *page = pages_read(pages, number);
        if (!page)
            return false;
        size_t n = MIN_OF(size, (size_t)pages->usable - 4);
        memcpy(to, page + 4, n);
        to += n;
        size -= n;
        number = read32(page);
    }
    return true;
}

/* Text is whole if it is UTF-8 without NUL; what isn't is damage, or another program's. */
static bool is_text(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size;) {
        char sequence[5] = {0};
        memcpy(sequence, bytes + i, MIN_OF(size - i, (size_t)4));
        size_t length = utf8_sequence(sequence);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

static bool read_value(uint64_t type, const uint8_t **at, const uint8_t *end, struct value *ret) {
    static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    size_t size = type >= 12 ? (type - 12) / 2 : type < ELEMENTSOF(sizes) ? sizes[type] : SIZE_MAX;
    if (size > (size_t)(end - *at))
        return false;
    const uint8_t *bytes = *at;
    *at += size;
    *ret = (struct value){.type = VALUE_INTEGER, .bytes = bytes, .size = size};
    if (type == 0)
        ret->type = VALUE_NULL;
    else if (type >= 12)
        ret->type = type % 2 == 0 ? VALUE_BLOB : is_text(bytes, size) ? VALUE_TEXT : VALUE_NULL;
    else if (type == 8 || type == 9)
        ret->integer = (int64_t)type - 8;
    else {
        uint64_t number = bytes[0] & 0x80 ? UINT64_MAX : 0;
        for (size_t i = 0; i < size; i++)
            number = number << 8 | bytes[i];
        ret->integer = (int64_t)number;
        if (type == 7) {
            ret->type = VALUE_REAL;
            memcpy(&ret->real, &number, sizeof ret->real);
        }
    }
    return true;
}

static bool read_record(const uint8_t *payload, size_t size, struct row *row) {
    const uint8_t *types = payload, *end = payload + size;
    uint64_t header;
    if (!read_varint(&types, end, &header) || header > size)
        return false;
    const uint8_t *at = payload + header;
    while (types < payload + header) {
        uint64_t type;
        if (row->n == COLUMNS_MAX || !read_varint(&types, payload + header, &type) ||
            !read_value(type, &at, end, &row->values[row->n]))
            return false;
        row->n++;
    }
    return at == end;
}

static void row_done(struct row *row) {
    free(row->payload);
}

/* The cells of a leaf; 0: the page is none. */
static uint32_t count_cells(const struct pages *pages, const uint8_t *page, uint32_t number) {
    size_t header = number == 1 ? 100 : 0;
    if (page[header] != LEAF_OF_TABLE)
        return 0;
    uint32_t n = read16(page + header + 3);
    return header + 8 + (size_t)n * 2 <= pages->usable ? n : 0;
}

/* 1: a row; 0: there is none that is whole. */
static int read_cell(struct pages *pages, uint32_t number, uint32_t cell, struct row *ret) {
    const uint8_t *page = pages_read(pages, number);
    if (!page || cell >= count_cells(pages, page, number))
        return 0;
    uint32_t offset = read16(page + (number == 1 ? 100 : 0) + 8 + (size_t)cell * 2);
    if (offset >= pages->usable)
        return 0;
    const uint8_t *at = page + offset, *end = page + pages->usable;
    uint64_t size, rowid;
    if (!read_varint(&at, end, &size) || !read_varint(&at, end, &rowid) || size > PAYLOAD_MAX)
        return 0;
    size_t local = local_size(pages, size);
    if (local + (local < size ? 4 : 0) > (size_t)(end - at) || size - local > pages->overflow_left)
        return 0;
    pages->overflow_left -= size - local;
    _cleanup_free_ uint8_t *payload = malloc(size + 1);
    if (!payload)
        return -ENOMEM;
    memcpy(payload, at, local);
    if (local < size && !read_overflow(pages, read32(at + local), payload + local, size - local))
        return 0;
    struct row row = {.rowid = (int64_t)rowid};
    if (!read_record(payload, size, &row))
        return 0;
    row.payload = TAKE_PTR(payload);
    *ret = row;
    return 1;
}

/* --- Which table a row is of ------------------------------------------------------------------ */

static bool is_id(const struct value *value) {
    return value->type == VALUE_BLOB && value->size == 16;
}

static bool is_word(const struct value *value, const char *word) {
    return value->type == VALUE_TEXT && value->size == strlen(word) &&
           memcmp(value->bytes, word, value->size) == 0;
}

static bool is_event(const struct row *row) {
    const struct value *values = row->values;
    if (row->n < 7 || values[0].type != VALUE_NULL || row->rowid < 1 || !is_id(&values[1]) ||
        !is_id(&values[2]) || !is_id(&values[3]) || values[5].type != VALUE_INTEGER)
        return false;
    for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (is_word(&values[4], event_kind_id(kind)))
            return true;
    return false;
}

static bool is_state(const struct row *row) {
    return row->n > 4 && row->rowid == 1 && row->values[0].type == VALUE_NULL && is_id(&row->values[1]) &&
           row->values[2].type == VALUE_INTEGER && is_id(&row->values[3]);
}

static bool is_open(const struct row *row) {
    if (row->n < 4 || row->values[0].type != VALUE_NULL || !is_id(&row->values[1]))
        return false;
    for (enum open_state state = 0; state < OPEN_STATE_COUNT; state++)
        if (is_word(&row->values[2], open_state_id(state)))
            return true;
    return false;
}

/* Whole rows go into the table of the same columns as they are; those that a later version added keep what
 * they default to. */
static const struct {
    const char *table;
    bool (*fits)(const struct row *row);
} tables[] = {
    {"event", is_event},
    {"state", is_state},
    {"open", is_open},
};
enum { TABLE_EVENT, TABLE_STATE, TABLE_OPEN, TABLE_COUNT };

/* --- Putting rows in -------------------------------------------------------------------------- */

struct place {
    int64_t rowid;
    uint32_t page, cell;
};

struct salvaging {
    struct pages pages;
    struct journal *into;
    usec_t now_usec; /* what follows from events counts as of then at the latest */
    size_t n_columns[TABLE_COUNT];
    struct place *places; /* of events */
    size_t n_places, capacity;
};

static int ask_number(sqlite3 *db, const char *sql, int64_t *ret) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return schema_error(db, code);
}

static int count_columns(struct salvaging *salvaging) {
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char sql[100];
        int64_t n = 0;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s')", tables[i].table);
        int r = ask_number(salvaging->into->db, sql, &n);
        if (r < 0)
            return r;
        salvaging->n_columns[i] = (size_t)n;
    }
    return 0;
}

static int bind_value(sqlite3_stmt *statement, int index, const struct value *value) {
    switch (value->type) {
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case VALUE_REAL:
        return sqlite3_bind_double(statement, index, value->real);
    case VALUE_BLOB:
        return sqlite3_bind_blob(statement, index, value->bytes, (int)value->size, SQLITE_STATIC);
    case VALUE_TEXT:
        return sqlite3_bind_text(statement, index, (const char *)value->bytes, (int)value->size,
                                 SQLITE_STATIC);
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

/* "INSERT OR x INTO table (its first n columns) VALUES (?, ...)"; the first column is the row's number. */
static int prepare_insert(struct salvaging *salvaging, size_t table, size_t n, sqlite3_stmt **ret) {
    char names[2000] = "", sql[4000], marks[COLUMNS_MAX * 3 + 1] = "";
    char *out = names;
    sqlite3_stmt *columns = NULL;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s') LIMIT %zu", tables[table].table, n);
    int code = sqlite3_prepare_v2(salvaging->into->db, sql, -1, &columns, NULL);
    for (size_t i = 0; i < n && code == SQLITE_OK && sqlite3_step(columns) == SQLITE_ROW; i++) {
        out += snprintf(out, sizeof names - (size_t)(out - names), "%s%s", i > 0 ? ", " : "",
                        (const char *)sqlite3_column_text(columns, 0));
        strcat(marks, i > 0 ? ", ?" : "?");
        if (out >= names + sizeof names - 64)
            break;
    }
    sqlite3_finalize(columns);
    snprintf(sql, sizeof sql, "INSERT OR %s INTO %s (%s) VALUES (%s)",
             table == TABLE_STATE ? "REPLACE" : "IGNORE", tables[table].table, names, marks);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(salvaging->into->db, sql, -1, ret, NULL);
    return schema_error(salvaging->into->db, code);
}

static int insert_row(struct salvaging *salvaging, const struct row *row, sqlite3_stmt *statement) {
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, row->rowid);
    int code = SQLITE_OK;
    for (size_t i = 1; i < row->n && code == SQLITE_OK; i++)
        code = bind_value(statement, (int)i + 1, &row->values[i]);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    sqlite3_reset(statement);
    /* One that the table refuses is damaged: it goes without. */
    return (code & 0xff) == SQLITE_CONSTRAINT ? 0 : schema_error(salvaging->into->db, code);
}

static int insert_once(struct salvaging *salvaging, size_t table, const struct row *row) {
    sqlite3_stmt *statement = NULL;
    int r = prepare_insert(salvaging, table, row->n, &statement);
    if (r >= 0)
        r = insert_row(salvaging, row, statement);
    sqlite3_finalize(statement);
    return r;
}

static int take_row(struct salvaging *salvaging, uint32_t page, uint32_t cell, const struct row *row) {
    for (size_t table = 0; table < TABLE_COUNT; table++) {
        if (row->n > salvaging->n_columns[table] || !tables[table].fits(row))
            continue;
        if (table != TABLE_EVENT)
            return insert_once(salvaging, table, row);
        int r = array_reserve(&salvaging->places, &salvaging->capacity, salvaging->n_places + 1,
                              sizeof *salvaging->places);
        if (r >= 0)
            salvaging->places[salvaging->n_places++] = (struct place){row->rowid, page, cell};
        return r;
    }
    return 0;
}

/* The small tables are put in at once; where events are is noted, since their order is not that of pages. */
static int scan(struct salvaging *salvaging) {
    struct pages *pages = &salvaging->pages;
    for (uint32_t number = 1; number <= pages->n; number++) {
        const uint8_t *page = pages_read(pages, number);
        uint32_t n = page ? count_cells(pages, page, number) : 0;
        for (uint32_t cell = 0; cell < n; cell++) {
            struct row row;
            int r = read_cell(pages, number, cell, &row);
            if (r > 0) {
                r = take_row(salvaging, number, cell, &row);
                row_done(&row);
            }
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int compare_places(const void *a, const void *b) {
    const struct place *left = a, *right = b;
    return left->rowid < right->rowid ? -1 : left->rowid > right->rowid;
}

static int insert_events(struct salvaging *salvaging) {
    sqlite3_stmt *statement = NULL;
    size_t n = 0;
    int r = 0;
    if (salvaging->n_places == 0)
        return 0;
    qsort(salvaging->places, salvaging->n_places, sizeof *salvaging->places, compare_places);
    for (size_t i = 0; i < salvaging->n_places && r >= 0; i++) {
        struct row row;
        r = read_cell(&salvaging->pages, salvaging->places[i].page, salvaging->places[i].cell, &row);
        if (r <= 0)
            continue;
        if (row.n != n) {
            sqlite3_finalize(statement);
            statement = NULL;
            n = row.n;
            r = prepare_insert(salvaging, TABLE_EVENT, n, &statement);
        }
        if (r >= 0)
            r = insert_row(salvaging, &row, statement);
        row_done(&row);
    }
    sqlite3_finalize(statement);
    return r;
}

static int follow_event(void *userdata, const struct uuid *device, const struct event *event) {
    (void)device;
    struct salvaging *salvaging = userdata;
    return entries_follow(salvaging->into, event, salvaging->now_usec);
}

/* What the damaged one knew of these is better than what follows from events: learning may have been reset
 * since. Each is taken whole or not at all. Opened for reading, in its own right: nothing in it changes. */
static int take_small_tables(const char *path, sqlite3 *db) {
    static const char *const small[] = {"theme", "card", "reminder"};
    _cleanup_free_ char *uri = NULL;
    int r = path_uri(path, "?mode=ro", &uri);
    if (r < 0)
        return r;
    sqlite3_stmt *attach = NULL;
    int code = sqlite3_prepare_v2(db, "ATTACH ? AS old", -1, &attach, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(attach, 1, uri, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(attach);
    sqlite3_finalize(attach);
    if (code != SQLITE_DONE)
        return 0;
    for (size_t i = 0; i < ELEMENTSOF(small); i++) {
        char sql[200];
        /* With a condition it is copied row by row: SQLite would otherwise copy indices as they are. */
        snprintf(sql, sizeof sql,
                 "BEGIN; DELETE FROM main.%s; INSERT INTO main.%s SELECT * FROM old.%s WHERE true; COMMIT",
                 small[i], small[i], small[i]);
        if (schema_execute(db, sql) < 0 && !sqlite3_get_autocommit(db))
            r = schema_execute(db, "ROLLBACK");
        if (r < 0)
            break;
    }
    schema_execute(db, "DETACH old");
    return r;
}

static int put_in(struct salvaging *salvaging) {
    struct journal *into = salvaging->into;
    int r = transaction_begin(into);
    if (r < 0)
        return r;
    r = scan(salvaging);
    if (r >= 0)
        r = insert_events(salvaging);
    if (r >= 0)
        r = entries_walk(into, 0, USEC_INFINITY, NULL, follow_event, salvaging);
    return transaction_end(into, r);
}

int salvage(const char *path, struct journal *into, usec_t now_usec, uint64_t *ret_entries) {
    struct salvaging salvaging = {.pages = {.fd = -1, .wal_fd = -1}, .into = into, .now_usec = now_usec};
    struct journal_count count;
    int r = pages_open(&salvaging.pages, path);
    if (r >= 0)
        r = count_columns(&salvaging);
    if (r >= 0)
        r = put_in(&salvaging);
    pages_done(&salvaging.pages);
    free(salvaging.places);
    if (r >= 0)
        r = take_small_tables(path, into->db);
    if (r >= 0)
        r = journal_count(into, &count);
    if (r >= 0)
        *ret_entries = count.entries;
    return r;
}
