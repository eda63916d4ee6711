/* See inject.h. Each row of calls.h becomes __wrap_NAME(), which the linker puts in the place of NAME.
 * Streams are the C library's and their writing is within it; so fdopen() gives one that reads and writes
 * through the functions here, and a stream in memory fails as glibc's does: without a word. */
#include "tests/inject/inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

const char *const inject_family_names[INJECT_FAMILIES] = {
    [MEMORY] = "memory",           [SQLITE] = "sqlite", [SQLITE_HEAP] = "sqlite-heap",
    [SQLITE_DISK] = "sqlite-disk", [BUS] = "bus",       [FILES] = "files",
};

static struct {
    struct inject_plan plan;
    unsigned calls, points;
    bool armed;
    const char *failed;
    uint64_t within; /* the way to the call of SQLite that is going on */
} now;
int inject_off;

/* --- Ways --------------------------------------------------------------------------------------- */

#define WAYS_MAX (1 << 16)
static uint64_t ways[WAYS_MAX]; /* seen in this run; a hash table */

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

/* Return addresses, by the chain of frame pointers: through our own functions up to those of libraries, which
 * may have none. */
static uint64_t way_here(const char *name) {
    const uintptr_t *frame = __builtin_frame_address(0), top = (uintptr_t)frame + (1 << 20);
    uint64_t hash = (uintptr_t)name;
    for (unsigned i = 0; i < now.plan.depth; i++) {
        hash = mix(hash, frame[1]);
        const uintptr_t *up = (const uintptr_t *)frame[0];
        if (up <= frame || (uintptr_t)up > top || (uintptr_t)up % sizeof *up != 0)
            break;
        frame = up;
    }
    return hash;
}

static bool is_new(uint64_t way) {
    size_t i = way % WAYS_MAX;
    for (unsigned n = 0; ways[i] != 0; i = (i + 1) % WAYS_MAX) {
        if (ways[i] == way)
            return false;
        if (++n == WAYS_MAX)
            abort();
    }
    ways[i] = way;
    return true;
}

/* --- Failing ------------------------------------------------------------------------------------ */

void inject_arm(const struct inject_plan *plan) {
    now = (__typeof__(now)){.plan = *plan, .armed = true};
    memset(ways, 0, sizeof ways);
}

void inject_mend(void) {
    now.armed = false;
}

unsigned inject_calls(void) {
    return now.calls;
}

unsigned inject_points(void) {
    return now.points;
}

const char *inject_failed(void) {
    return now.failed;
}

bool inject_is_failing(void) {
    return now.armed && now.plan.lasting && now.failed;
}

/* KINDLY_INJECT_TRACE: where it was, on standard error. */
static void note_failure(const char *name) {
    now.failed = name;
#ifdef __SANITIZE_ADDRESS__
    if (getenv("KINDLY_INJECT_TRACE"))
        __sanitizer_print_stack_trace();
#endif
}

static bool counts(enum inject_family family, const char *name) {
    if (now.plan.depth == 0)
        return true;
    uint64_t way =
        family == SQLITE_HEAP || family == SQLITE_DISK ? mix(now.within, (uintptr_t)name) : way_here(name);
    return is_new(way ? way : 1);
}

static bool fails(enum inject_family family, const char *name) {
    if (!now.armed || inject_off)
        return false;
    if (family == SQLITE)
        now.within = way_here(name);
    if (family != now.plan.family)
        return false;
    now.calls++;
    if (inject_is_failing())
        return true;
    if (!counts(family, name) || ++now.points != now.plan.nth || now.failed)
        return false;
    note_failure(name);
    return true;
}

/* --- The table --------------------------------------------------------------------------------- */

#define DECLARE(type, name, parameters)                                                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;
#define CALL(family, type, name, parameters, arguments, failure, error)      DECLARE(type, name, parameters)
#define DONE_FIRST                                                           CALL
#define VARIADIC(family, type, name, parameters, last, call, failure, error) DECLARE(type, name, parameters)
#define BY_HAND(family, type, name, parameters)                              DECLARE(type, name, parameters)
#include "tests/inject/calls.h"
#undef CALL
#undef DONE_FIRST
#undef VARIADIC
#undef BY_HAND

#define CALL(family, type, name, parameters, arguments, failure, error)                                      \
    type __wrap_##name parameters {                                                                          \
        if (fails(family, #name)) {                                                                          \
            errno = error;                                                                                   \
            return failure;                                                                                  \
        }                                                                                                    \
        return __real_##name arguments;                                                                      \
    }
#define DONE_FIRST(family, type, name, parameters, arguments, failure, error)                                \
    type __wrap_##name parameters {                                                                          \
        bool failing = fails(family, #name);                                                                 \
        type result = __real_##name arguments;                                                               \
        if (failing)                                                                                         \
            errno = error;                                                                                   \
        return failing ? failure : result;                                                                   \
    }
#define VARIADIC(family, type, name, parameters, last, call, failure, error)                                 \
    type __wrap_##name parameters {                                                                          \
        if (fails(family, #name)) {                                                                          \
            errno = error;                                                                                   \
            return failure;                                                                                  \
        }                                                                                                    \
        va_list list;                                                                                        \
        va_start(list, last);                                                                                \
        type result = call;                                                                                  \
        va_end(list);                                                                                        \
        return result;                                                                                       \
    }
#define BY_HAND(family, type, name, parameters)
#include "tests/inject/calls.h"

/* --- Streams ------------------------------------------------------------------------------------ */

/* glibc's stream in memory begins with BUFSIZ bytes. What it can't add after that is dropped, and only the
 * call that wrote it says so: neither ferror() nor fclose() does. When it is closed it is made to fit, and
 * where that fails there is no text, and no error either. */
static struct {
    FILE *stream;
    char **text;
} in_memory; /* one at a time */

FILE *__wrap_open_memstream(char **ret, size_t *ret_size) {
    if (fails(MEMORY, "open_memstream")) {
        errno = ENOMEM;
        return NULL;
    }
    in_memory.text = ret;
    return in_memory.stream = __real_open_memstream(ret, ret_size);
}

static bool growth_fails(FILE *stream, const char *name) {
    return stream == in_memory.stream && ftell(stream) >= BUFSIZ && fails(MEMORY, name);
}

int __wrap_fputc(int byte, FILE *stream) {
    return growth_fails(stream, "fputc") ? EOF : __real_fputc(byte, stream);
}

int __wrap_fputs(const char *text, FILE *stream) {
    return growth_fails(stream, "fputs") ? EOF : __real_fputs(text, stream);
}

#define PRINT(stream, format)                                                                                \
    ({                                                                                                       \
        va_list list;                                                                                        \
        va_start(list, format);                                                                              \
        int n = vfprintf(stream, format, list);                                                              \
        va_end(list);                                                                                        \
        n;                                                                                                   \
    })

__attribute__((format(printf, 2, 3))) int __wrap_fprintf(FILE *stream, const char *format, ...) {
    return growth_fails(stream, "fprintf") ? -1 : PRINT(stream, format);
}

__attribute__((format(printf, 3, 4))) int __wrap___fprintf_chk(FILE *stream, int flag, const char *format,
                                                               ...) {
    (void)flag;
    return growth_fails(stream, "fprintf") ? -1 : PRINT(stream, format);
}

int __wrap_fclose(FILE *stream) {
    bool no_text = stream == in_memory.stream && fails(MEMORY, "fclose");
    if (stream == in_memory.stream)
        in_memory.stream = NULL;
    int r = __real_fclose(stream);
    if (no_text) {
        free(*in_memory.text);
        *in_memory.text = NULL;
    }
    return r;
}

static ssize_t cookie_read(void *cookie, char *buffer, size_t size) {
    return __wrap_read((int)(intptr_t)cookie, buffer, size);
}

/* 0 is how a cookie says that it failed. */
static ssize_t cookie_write(void *cookie, const char *buffer, size_t size) {
    ssize_t n = __wrap_write((int)(intptr_t)cookie, buffer, size);
    return n < 0 ? 0 : n;
}

static int cookie_close(void *cookie) {
    return __wrap_close((int)(intptr_t)cookie);
}

FILE *__wrap_fdopen(int fd, const char *mode) {
    if (inject_off > 0)
        return __real_fdopen(fd, mode);
    if (fails(FILES, "fdopen")) {
        errno = ENOMEM;
        return NULL;
    }
    cookie_io_functions_t functions = {cookie_read, cookie_write, NULL, cookie_close};
    return fopencookie((void *)(intptr_t)fd, mode, functions);
}

/* --- The clock ----------------------------------------------------------------------------------- */

#define NSEC_PER_SEC     1000000000
#define SHORT_DELAY_USEC 301000000
#define LONG_DELAY_USEC  3600000000
/* presence: how long all that is asked has to answer; what doesn't is to be noticed by that it takes long. */
#define ROUND_USEC 2000000

static int64_t ahead_nsec;
static struct {
    int fd, flags;
    struct itimerspec at; /* in the product's time */
} timers[4];
static size_t n_timers;

static struct timespec moved(struct timespec time, int64_t nsec) {
    int64_t all = time.tv_sec * (int64_t)NSEC_PER_SEC + time.tv_nsec + nsec;
    return (struct timespec){all / NSEC_PER_SEC, all % NSEC_PER_SEC};
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret) {
    int r = __real_clock_gettime(clock, ret);
    *ret = moved(*ret, ahead_nsec);
    return r;
}

static int set_timer(size_t i) {
    struct itimerspec at = timers[i].at;
    if (at.it_value.tv_sec != 0 || at.it_value.tv_nsec != 0)
        at.it_value = moved(at.it_value, -ahead_nsec);
    return __real_timerfd_settime(timers[i].fd, timers[i].flags, &at, NULL);
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *ret_before) {
    (void)ret_before;
    if (fails(FILES, "timerfd_settime")) {
        errno = ENOMEM;
        return -1;
    }
    size_t i = 0;
    while (i < n_timers && timers[i].fd != fd)
        i++;
    if (i == n_timers && n_timers++ == sizeof timers / sizeof timers[0])
        abort();
    timers[i] = (__typeof__(timers[i])){fd, flags, *at};
    return set_timer(i);
}

void inject_move_clock(int64_t usec) {
    ahead_nsec += usec * 1000;
    for (size_t i = 0; i < n_timers; i++)
        set_timer(i);
}

/* Short delays begun, each with a reference; the source may have been let go of meanwhile. */
#define DELAYS_MAX 64
static sd_event_source *delays[DELAYS_MAX];
static size_t n_delays;

static bool is_short(uint64_t usec) {
    return usec < SHORT_DELAY_USEC && usec != ROUND_USEC;
}

static void note_delay(sd_event_source *source) {
    for (size_t i = 0; i < n_delays; i++)
        if (delays[i] == source)
            return;
    if (n_delays == DELAYS_MAX)
        abort();
    delays[n_delays++] = sd_event_source_ref(source);
}

bool inject_pass_delays(void) {
    bool any = false;
    for (size_t i = 0; i < n_delays; i++) {
        int on = SD_EVENT_OFF;
        sd_event_source_get_enabled(delays[i], &on);
        any |= on != SD_EVENT_OFF;
        if (on != SD_EVENT_OFF)
            sd_event_source_set_time(delays[i], 0);
        sd_event_source_unref(delays[i]);
    }
    n_delays = 0;
    return any;
}

int __wrap_sd_event_add_time_relative(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                                      uint64_t accuracy, sd_event_time_handler_t handler, void *userdata) {
    if (fails(BUS, "sd_event_add_time_relative"))
        return -ENOMEM;
    int r = __real_sd_event_add_time_relative(event, ret, clock, is_short(usec) ? LONG_DELAY_USEC : usec,
                                              accuracy, handler, userdata);
    if (r >= 0 && is_short(usec))
        note_delay(*ret);
    return r;
}

int __wrap_sd_event_source_set_time_relative(sd_event_source *source, uint64_t usec) {
    if (is_short(usec))
        note_delay(source);
    return __real_sd_event_source_set_time_relative(source, is_short(usec) ? LONG_DELAY_USEC : usec);
}

/* All that it can meet is a signal, and that once. */
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags) {
    static bool interrupted;
    interrupted = !interrupted && fails(FILES, "getrandom");
    if (!interrupted)
        return __real_getrandom(buffer, size, flags);
    errno = EINTR;
    return -1;
}

/* --- Processes ---------------------------------------------------------------------------------- */

void (*inject_on_start)(int fd, int pid);
static int other_end = -1;

int __wrap_socketpair(int domain, int type, int protocol, int fds[2]) {
    if (fails(FILES, "socketpair")) {
        errno = EMFILE;
        return -1;
    }
    int r = __real_socketpair(domain, type, protocol, fds);
    if (r >= 0 && inject_on_start)
        other_end = dup(fds[1]);
    return r;
}

pid_t __wrap_fork(void) {
    if (fails(FILES, "fork")) {
        errno = EAGAIN;
        if (other_end >= 0)
            close(other_end);
        return -1;
    }
    if (!inject_on_start)
        return __real_fork();
    int ends[2];
    if (pipe(ends) < 0)
        abort();
    pid_t pid = __real_fork();
    if (pid == 0)
        return 0;
    /* Until it has closed all that it was given: as long as it holds the other end of a link, that link
     * doesn't end. */
    close(ends[1]);
    if (pid > 0)
        (void)!__real_read(ends[0], &(char){0}, 1);
    close(ends[0]);
    inject_on_start(other_end, pid);
    return pid;
}

int __wrap_execl(const char *path, const char *argument, ...) {
    (void)path, (void)argument;
    close_range(3, ~0U, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pause();
    _exit(0);
}

/* --- Within SQLite ------------------------------------------------------------------------------ */

static sqlite3_mem_methods heap;

static void *heap_malloc(int size) {
    return fails(SQLITE_HEAP, "xMalloc") ? NULL : heap.xMalloc(size);
}

static void *heap_realloc(void *old, int size) {
    return fails(SQLITE_HEAP, "xRealloc") ? NULL : heap.xRealloc(old, size);
}

/* The first two fields of SQLite's table of system calls that this one stands for: name and real function. */
#define SYSTEM_CALLS(CALL)                                                                                   \
    CALL(int, open, (const char *path, int flags, int mode), (path, flags, mode), EMFILE)                    \
    CALL(int, access, (const char *path, int how), (path, how), EIO)                                         \
    CALL(int, stat, (const char *path, struct stat *ret), (path, ret), EIO)                                  \
    CALL(int, fstat, (int fd, struct stat *ret), (fd, ret), EIO)                                             \
    CALL(int, ftruncate, (int fd, off_t size), (fd, size), EIO)                                              \
    CALL(ssize_t, pread64, (int fd, void *buffer, size_t size, off_t at), (fd, buffer, size, at), EIO)       \
    CALL(ssize_t, pwrite64, (int fd, const void *buffer, size_t size, off_t at), (fd, buffer, size, at),     \
         ENOSPC)                                                                                             \
    CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM)                                              \
    CALL(int, unlink, (const char *path), (path), EACCES)                                                    \
    CALL(void *, mmap, (void *at, size_t size, int how, int flags, int fd, off_t from),                      \
         (at, size, how, flags, fd, from), ENOMEM)

#define REPLACEMENT(type, name, parameters, arguments, error)                                                \
    static type(*real_##name) parameters;                                                                    \
    static type disk_##name parameters {                                                                     \
        if (!fails(SQLITE_DISK, #name))                                                                      \
            return real_##name arguments;                                                                    \
        errno = error;                                                                                       \
        return (type)-1; /* MAP_FAILED too */                                                                \
    }
SYSTEM_CALLS(REPLACEMENT)

#define REPLACE(type, name, parameters, arguments, error)                                                    \
    real_##name = (type(*) parameters)disk->xGetSystemCall(disk, #name);                                     \
    disk->xSetSystemCall(disk, #name, (sqlite3_syscall_ptr)disk_##name);

void inject_setup(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap);
    sqlite3_mem_methods failing = heap;
    failing.xMalloc = heap_malloc;
    failing.xRealloc = heap_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    /* The heap is asked each time, not a store of small pieces. */
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    sqlite3_initialize();
    sqlite3_vfs *disk = sqlite3_vfs_find(NULL);
    SYSTEM_CALLS(REPLACE)
}
