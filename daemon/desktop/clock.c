/* Clocks, the zone and random bits of the system.
 *
 * Two timerfds on CLOCK_REALTIME, read here and not by sd-event: its own wall-clock timers are put off so
 * that programs wake together, and can end the loop with -EIO when the clock is set back between expiry and
 * read. One is the timer. The other is never meant to expire: the kernel cancels it when the clock is
 * stepped, or was asleep. Slewing (NTP) isn't told, and needn't be. What changes the meaning of time comes
 * before the timer in the loop.
 *
 * The zone is watched with inotify: the link and what it points to, so that another zone and new rules in the
 * same file are both seen, and the folder, because the link is mostly replaced by another. Where that isn't
 * possible (a sandbox, no file) the zone stays as it was read at the start. */
#include "daemon/desktop/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <systemd/sd-id128.h>
#include <time.h>
#include <unistd.h>

#define FILE_EVENTS   (IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_CLOSE_WRITE)
#define FOLDER_EVENTS (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)

#define AGAIN_USEC (5 * USEC_PER_SEC)

/* A time never reached. Kernels of 32 bits refuse the largest times. */
#define FAR_SEC ((time_t)(sizeof(time_t) > 4 ? USEC_END_OF_TIME / USEC_PER_SEC : INT32_MAX))

struct desktop_clock {
    sd_event *event;
    clock_load_zone load_zone;
    const char *localtime_path;
    clock_elapsed elapsed;
    clock_changed changed;
    void *userdata;
    struct uuid boot_id;
    struct zone *zone;            /* NULL: UTC */
    sd_event_source *timer, *set; /* each owns its file descriptor */
    sd_event_source *watch;       /* of the zone's files; NULL: can't be watched */
    sd_event_source *again;       /* armed while a change of them could not be taken in */
};

static usec_t read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
}

usec_t clock_realtime(void) {
    return read_clock(CLOCK_REALTIME);
}

usec_t clock_boottime(void) {
    return read_clock(CLOCK_BOOTTIME);
}

void clock_random(void *unused, void *buffer, size_t size) {
    (void)unused;
    for (size_t done = 0; done < size;) {
        ssize_t n = getrandom((char *)buffer + done, size - done, 0);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            abort(); /* no kernel of this century; ids that repeat would be worse than no program */
    }
}

struct uuid clock_boot_id(const struct desktop_clock *clock) {
    return clock->boot_id;
}

const struct zone *clock_zone(const struct desktop_clock *clock) {
    return clock->zone ? clock->zone : zone_utc();
}

/* --- the timer, and steps of the clock -------------------------------------------------------- */

static int arm_set(struct desktop_clock *clock) {
    struct itimerspec far = {.it_value.tv_sec = FAR_SEC};
    int fd = sd_event_source_get_io_fd(clock->set);
    if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) < 0 &&
        errno != ECANCELED)
        return -errno;
    return 0;
}

int clock_arm(struct desktop_clock *clock, usec_t at_usec) {
    struct itimerspec at = {0}; /* all zero disarms */
    if (at_usec != USEC_INFINITY) {
        usec_t bounded_usec = MIN_OF(at_usec, (usec_t)FAR_SEC * USEC_PER_SEC);
        at.it_value.tv_sec = (time_t)(bounded_usec / USEC_PER_SEC);
        at.it_value.tv_nsec = bounded_usec == 0 ? 1 : (long)(bounded_usec % USEC_PER_SEC) * 1000;
    }
    if (timerfd_settime(sd_event_source_get_io_fd(clock->timer), TFD_TIMER_ABSTIME, &at, NULL) < 0)
        return -errno;
    return 0;
}

static int on_timer(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct desktop_clock *clock = userdata;
    (void)source;
    (void)events;
    uint64_t times;
    /* Armed anew since it woke the loop: nothing to read, and not elapsed. */
    if (read(fd, &times, sizeof times) == sizeof times)
        clock->elapsed(clock->userdata);
    return 0;
}

void clock_was_set(struct desktop_clock *clock) {
    clock->changed(clock->userdata, CLOCK_SET);
}

static int on_set(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct desktop_clock *clock = userdata;
    (void)source;
    (void)events;
    uint64_t times;
    if (read(fd, &times, sizeof times) < 0 && errno == EAGAIN)
        return 0;
    (void)arm_set(clock); /* it worked with the same values before */
    clock_was_set(clock);
    return 0;
}

/* --- the zone --------------------------------------------------------------------------------- */

static int on_zone_file(sd_event_source *source, int fd, uint32_t events, void *userdata);

static void watch_folder(int fd, const char *path) {
    const char *name = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    if (name == path)
        strcpy(folder, "/");
    else if (name && (size_t)(name - path) < sizeof folder) {
        memcpy(folder, path, (size_t)(name - path));
        folder[name - path] = '\0';
    }
    (void)inotify_add_watch(fd, folder, FOLDER_EVENTS);
}

/* Watches from scratch: after a change, other files stand behind the same names. Each of the three may fail,
 * most often because it isn't there. */
static int watch_zone(struct desktop_clock *clock) {
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)inotify_add_watch(fd, clock->localtime_path, FILE_EVENTS | IN_DONT_FOLLOW);
    (void)inotify_add_watch(fd, clock->localtime_path, FILE_EVENTS);
    watch_folder(fd, clock->localtime_path);
    sd_event_source *watch;
    int r = sd_event_add_io(clock->event, &watch, fd, EPOLLIN, on_zone_file, clock);
    if (r < 0) {
        close(fd);
        return r;
    }
    sd_event_source_set_io_fd_own(watch, true);
    (void)sd_event_source_set_priority(watch, SD_EVENT_PRIORITY_IMPORTANT);
    sd_event_source_disable_unref(clock->watch); /* the one before goes on until here */
    clock->watch = watch;
    return 0;
}

static int load_zone(const struct desktop_clock *clock, struct zone **ret) {
    int r = clock->load_zone(getenv("TZ"), ret);
    if (r == -ENOENT) {
        *ret = NULL;
        return 0;
    }
    return r;
}

/* What is about the folder's other files has their names; what is about the zone's own files has none. */
static bool concerns_zone(const struct desktop_clock *clock, const struct inotify_event *event) {
    const char *name = strrchr(clock->localtime_path, '/');
    name = name ? name + 1 : clock->localtime_path;
    return event->len == 0 || streq(event->name, name);
}

static bool read_zone_events(const struct desktop_clock *clock, int fd) {
    union {
        struct inotify_event first;
        char bytes[4096];
    } buffer;
    bool concerned = false;
    ssize_t n;
    while ((n = read(fd, &buffer, sizeof buffer)) > 0)
        for (const char *at = buffer.bytes; at < buffer.bytes + n;) {
            const struct inotify_event *event = (const void *)at;
            concerned = concerned || concerns_zone(clock, event);
            at += sizeof *event + event->len;
        }
    return concerned;
}

static void try_again(struct desktop_clock *clock) {
    (void)sd_event_source_set_time_relative(clock->again, AGAIN_USEC);
    (void)sd_event_source_set_enabled(clock->again, SD_EVENT_ONESHOT);
}

static int take_zone(struct desktop_clock *clock) {
    struct zone *zone, *old = clock->zone;
    int r = load_zone(clock, &zone);
    if (r < 0)
        return r;
    clock->zone = zone;
    r = clock->changed(clock->userdata, CLOCK_ZONE);
    if (r < 0)
        clock->zone = old;
    zone_free(r < 0 ? zone : old);
    return r;
}

/* Watches before it reads, so that no later change is missed. */
static void follow_zone(struct desktop_clock *clock) {
    int r = getenv("TZ") ? 0 : watch_zone(clock);
    int taken = take_zone(clock);
    if (error_may_pass(r) || error_may_pass(taken))
        try_again(clock);
}

static int on_zone_file(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct desktop_clock *clock = userdata;
    (void)source;
    (void)events;
    /* Gone in the middle of being replaced: the folder tells when the new one is there. */
    if (read_zone_events(clock, fd) && access(clock->localtime_path, F_OK) >= 0)
        follow_zone(clock);
    return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source;
    (void)usec;
    follow_zone(userdata);
    return 0;
}

/* --- all together ----------------------------------------------------------------------------- */

static int new_timer(struct desktop_clock *clock, sd_event_io_handler_t handler, int64_t priority,
                     sd_event_source **ret) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = sd_event_add_io(clock->event, ret, fd, EPOLLIN, handler, clock);
    if (r < 0) {
        close(fd);
        return r;
    }
    sd_event_source_set_io_fd_own(*ret, true);
    return sd_event_source_set_priority(*ret, priority);
}

/* Without an id (no /proc) every start counts as another boot: spans then end by the wall clock. */
static struct uuid read_boot_id(void) {
    sd_id128_t boot;
    struct uuid id;
    if (sd_id128_get_boot(&boot) < 0)
        clock_random(NULL, &boot, sizeof boot);
    memcpy(id.bytes, boot.bytes, sizeof id.bytes);
    return id;
}

static int clock_start(struct desktop_clock *clock) {
    int r = new_timer(clock, on_timer, SD_EVENT_PRIORITY_NORMAL, &clock->timer);
    if (r < 0)
        return r;
    r = new_timer(clock, on_set, SD_EVENT_PRIORITY_IMPORTANT, &clock->set);
    if (r < 0)
        return r;
    r = arm_set(clock);
    if (r < 0)
        return r;
    r = sd_event_add_time(clock->event, &clock->again, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_SEC, on_again,
                          clock);
    if (r >= 0)
        r = sd_event_source_set_enabled(clock->again, SD_EVENT_OFF);
    if (r < 0)
        return r;
    if (!getenv("TZ") && error_may_pass(watch_zone(clock)))
        try_again(clock);
    r = load_zone(clock, &clock->zone);
    if (!error_may_pass(r))
        return r;
    try_again(clock);
    return 0;
}

int clock_new(sd_event *event, clock_load_zone load, const char *localtime_path, clock_elapsed elapsed,
              clock_changed changed, void *userdata, struct desktop_clock **ret) {
    _cleanup_(clock_freep) struct desktop_clock *clock = malloc(sizeof *clock);
    if (!clock)
        return -ENOMEM;
    *clock = (struct desktop_clock){
        .event = sd_event_ref(event),
        .load_zone = load,
        .localtime_path = localtime_path,
        .elapsed = elapsed,
        .changed = changed,
        .userdata = userdata,
        .boot_id = read_boot_id(),
    };
    int r = clock_start(clock);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(clock);
    return 0;
}

struct desktop_clock *clock_free(struct desktop_clock *clock) {
    if (!clock)
        return NULL;
    sd_event_source_disable_unref(clock->timer);
    sd_event_source_disable_unref(clock->set);
    sd_event_source_disable_unref(clock->watch);
    sd_event_source_disable_unref(clock->again);
    zone_free(clock->zone);
    sd_event_unref(clock->event);
    free(clock);
    return NULL;
}
