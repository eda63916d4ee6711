/* The outside as a test makes it, loaded into a program before its libraries (LD_PRELOAD). $OUTSIDE is a file
 * that the test writes to at any time: how far the clocks are off, and what the n-th write from now on meets.
 *
 * Clocks change when the test sends SIGUSR2: timers that were armed for a moment of theirs are armed anew,
 * and the one that waits for a step of the wall clock (TFD_TIMER_CANCEL_ON_SET) fires if there was one, as
 * the kernel does it. What elapsed passes on all clocks. A read of that timer gives a count where the kernel
 * gives ECANCELED.
 *
 * Writes are those to files, as SQLite makes them, with what makes them durable. The test's choice holds for
 * this program, not for those it starts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TIMERS_MAX    64 /* by file descriptor */
#define NSEC_PER_SEC  1000000000LL
#define NSEC_PER_USEC 1000LL

struct outside {
    int64_t wall_usec, elapsed_usec; /* in force with the next SIGUSR2 */
    int64_t writes_left;             /* until one meets what follows; 0: none will */
    int64_t signal, error; /* the signal it is sent; or what this one and all later ones fail with */
};

struct timer {
    bool known;
    clockid_t clock;
    int flags;
    struct itimerspec asked;
};

static struct outside nothing, *outside = &nothing;
static int64_t wall_nsec, elapsed_nsec; /* in force */
static struct timer timers[TIMERS_MAX];

static int64_t shift_of(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return wall_nsec + elapsed_nsec;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return elapsed_nsec;
    default:
        return 0;
    }
}

static struct timespec moved(struct timespec time, int64_t nsec) {
    int64_t sum = (int64_t)time.tv_sec * NSEC_PER_SEC + time.tv_nsec + nsec;
    return sum <= 0 ? (struct timespec){.tv_nsec = 1}
                    : (struct timespec){.tv_sec = sum / NSEC_PER_SEC, .tv_nsec = sum % NSEC_PER_SEC};
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
    struct timespec now;
    int r = (int)syscall(SYS_clock_gettime, clock, &now);
    if (r >= 0)
        *ret = moved(now, shift_of(clock));
    return r;
}

/* --- Timers ----------------------------------------------------------------------------------- */

static struct timer *timer_of(int fd) {
    return fd >= 0 && fd < TIMERS_MAX ? &timers[fd] : NULL;
}

int timerfd_create(clockid_t clock, int flags) {
    int fd = (int)syscall(SYS_timerfd_create, clock, flags);
    if (timer_of(fd))
        timers[fd] = (struct timer){.known = true, .clock = clock};
    return fd;
}

static int arm(int fd, int flags, const struct itimerspec *asked, struct itimerspec *ret_before) {
    struct itimerspec to = *asked;
    const struct timer *timer = timer_of(fd);
    bool armed = to.it_value.tv_sec != 0 || to.it_value.tv_nsec != 0;
    if (timer && timer->known && (flags & TFD_TIMER_ABSTIME) && armed)
        to.it_value = moved(to.it_value, -shift_of(timer->clock));
    return (int)syscall(SYS_timerfd_settime, fd, flags, &to, ret_before);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *asked, struct itimerspec *ret_before) {
    struct timer *timer = timer_of(fd);
    if (timer && timer->known) {
        timer->flags = flags;
        timer->asked = *asked;
    }
    return arm(fd, flags, asked, ret_before);
}

static void on_shifted(int signal) {
    (void)signal;
    int error = errno;
    bool is_set = wall_nsec != outside->wall_usec * NSEC_PER_USEC;
    wall_nsec = outside->wall_usec * NSEC_PER_USEC;
    elapsed_nsec = outside->elapsed_usec * NSEC_PER_USEC;
    for (int fd = 0; fd < TIMERS_MAX; fd++) {
        static const struct itimerspec at_once = {.it_value.tv_nsec = 1};
        const struct timer *timer = &timers[fd];
        if (!timer->known || !(timer->flags & TFD_TIMER_ABSTIME))
            continue;
        if (is_set && (timer->flags & TFD_TIMER_CANCEL_ON_SET))
            syscall(SYS_timerfd_settime, fd, 0, &at_once, NULL);
        else
            arm(fd, timer->flags, &timer->asked, NULL);
    }
    errno = error;
}

/* --- Writes ----------------------------------------------------------------------------------- */

/* -1 with errno: this one fails. */
static int meet(void) {
    if (outside->writes_left > 1) {
        outside->writes_left--;
        return 0;
    }
    if (outside->writes_left == 1 && outside->signal != 0) {
        outside->writes_left = 0;
        raise((int)outside->signal);
    } else if (outside->writes_left == 1) {
        errno = (int)outside->error;
        return -1;
    }
    return 0;
}

ssize_t pwrite64(int fd, const void *buffer, size_t size, off_t offset) {
    return meet() < 0 ? -1 : syscall(SYS_pwrite64, fd, buffer, size, offset);
}

ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset) {
    return pwrite64(fd, buffer, size, offset);
}

int ftruncate64(int fd, off_t size) {
    return meet() < 0 ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) {
    return ftruncate64(fd, size);
}

int fdatasync(int fd) {
    return meet() < 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    return meet() < 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

/* --- Start ------------------------------------------------------------------------------------ */

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("OUTSIDE");
    unsetenv("LD_PRELOAD");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *outside, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        _exit(125);
    close(fd);
    outside = mapped;
    struct sigaction action = {.sa_handler = on_shifted, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
    on_shifted(SIGUSR2);
}
