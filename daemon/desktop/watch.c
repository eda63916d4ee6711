/* One inotify descriptor. Each watched file is a (folder, name) pair; a folder that is watched whole has no
 * name. An event that matches starts a short timer, and more events start it anew, so that an editor's
 * several steps are noticed once. A folder that isn't there is waited for in the nearest one that is; whoever
 * hears of a change watches anew. A link among the folders of a path is followed once: that it points
 * elsewhere later is not noticed. */
#include "daemon/desktop/watch.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define STILL_USEC       (200 * USEC_PER_MSEC)
#define RESTLESS_USEC    (2 * USEC_PER_SEC) /* what is written to all the time is told all the same */
#define LINKS_MAX        16                 /* on the way to a file; the kernel allows 40 */
#define INSIDE_MAX       64 /* folders in a watched folder: decks have one for each language */
#define EVENTS_OF_FOLDER (IN_DELETE_SELF | IN_MOVE_SELF)
#define EVENTS                                                                                               \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | EVENTS_OF_FOLDER)

struct place {
    int folder;
    char *name; /* NULL: anything in the folder */
};

struct watch {
    sd_event *event;
    sd_event_source *source, *still;
    usec_t latest_usec; /* when a change that began is told at the latest; CLOCK_MONOTONIC. 0: none */
    int fd;
    struct place *places;
    size_t n, capacity;
    watch_changed changed;
    void *userdata;
};

static int on_still(sd_event_source *source, uint64_t usec, void *userdata) {
    (void)source, (void)usec;
    struct watch *watch = userdata;
    watch->latest_usec = 0;
    watch->changed(watch->userdata);
    return 0;
}

static bool concerns(const struct watch *watch, const struct inotify_event *event) {
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    for (size_t i = 0; i < watch->n; i++) {
        const struct place *place = &watch->places[i];
        if (place->folder == event->wd && (!place->name || event->mask & EVENTS_OF_FOLDER ||
                                           (event->len > 0 && streq(place->name, event->name))))
            return true;
    }
    return false;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
    (void)source, (void)revents;
    struct watch *watch = userdata;
    _Alignas(struct inotify_event) char buffer[4096];
    bool concerned = false;
    for (;;) {
        ssize_t size = read(fd, buffer, sizeof buffer);
        if (size <= 0)
            break;
        for (const char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const void *)at;
            concerned |= concerns(watch, event);
            at += sizeof *event + event->len;
        }
    }
    if (!concerned)
        return 0;
    /* None of this can fail: the loop runs, and has had the timer since watch_new(). */
    uint64_t now_usec = 0;
    (void)sd_event_now(watch->event, CLOCK_MONOTONIC, &now_usec);
    if (watch->latest_usec == 0)
        watch->latest_usec = now_usec + RESTLESS_USEC;
    usec_t left_usec = watch->latest_usec > now_usec ? watch->latest_usec - now_usec : 0;
    (void)sd_event_source_set_time_relative(watch->still, MIN_OF(STILL_USEC, left_usec));
    (void)sd_event_source_set_enabled(watch->still, SD_EVENT_ONESHOT);
    return 0;
}

int watch_new(sd_event *event, watch_changed changed, void *userdata, struct watch **ret) {
    _cleanup_(watch_freep) struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->event = sd_event_ref(event);
    watch->changed = changed;
    watch->userdata = userdata;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd < 0)
        return -errno;
    int r = sd_event_add_io(event, &watch->source, watch->fd, EPOLLIN, on_events, watch);
    if (r >= 0)
        r = sd_event_add_time(event, &watch->still, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_MSEC, on_still,
                              watch);
    if (r >= 0)
        r = sd_event_source_set_enabled(watch->still, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(watch);
    return 0;
}

struct watch *watch_free(struct watch *watch) {
    if (!watch)
        return NULL;
    watch_clear(watch);
    free(watch->places);
    sd_event_source_disable_unref(watch->source);
    sd_event_source_disable_unref(watch->still);
    sd_event_unref(watch->event);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
    return NULL;
}

static int add_place(struct watch *watch, const char *folder, const char *name) {
    int r = array_reserve(&watch->places, &watch->capacity, watch->n + 1, sizeof *watch->places);
    if (r < 0)
        return r;
    char *copy = name ? strdup(name) : NULL;
    if (name && !copy)
        return -ENOMEM;
    int wd = inotify_add_watch(watch->fd, folder, EVENTS | IN_ONLYDIR);
    if (wd < 0) {
        free(copy);
        return -errno;
    }
    watch->places[watch->n++] = (struct place){wd, copy};
    return 0;
}

/* No folder is there, or none that can be watched; another may be soon. */
static bool is_no_folder(int r) {
    return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EACCES;
}

/* The name in the folder; where that isn't there, its own name in the folder before it, and so on up to the
 * root. */
static int add_place_or_wait(struct watch *watch, const char *folder, const char *name) {
    char at[PATH_MAX], copy[PATH_MAX];
    int r = add_place(watch, folder, name);
    if (snprintf(at, sizeof at, "%s", folder) >= (int)sizeof at)
        return -ENAMETOOLONG;
    while (is_no_folder(r) && !streq(at, "/") && !streq(at, ".")) {
        strcpy(copy, at);
        const char *missing = basename(copy);
        r = add_place(watch, dirname(at), missing);
    }
    return r;
}

int watch_folder(struct watch *watch, const char *path) {
    int r = add_place_or_wait(watch, path, NULL);
    DIR *folder = r < 0 ? NULL : opendir(path);
    if (!folder)
        return r;
    struct dirent *entry;
    for (int n = 0; r >= 0 && n < INSIDE_MAX && (entry = readdir(folder));) {
        char inside[PATH_MAX];
        if (entry->d_name[0] == '.' ||
            snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name) >= PATH_MAX)
            continue;
        r = add_place(watch, inside, NULL);
        if (r == -ENOTDIR || r == -ENOENT)
            r = 0;
        else
            n++;
    }
    closedir(folder);
    return r;
}

/* Watches the folder of `path` for its name, then goes on where it points to, if it is a link. */
int watch_file(struct watch *watch, const char *path) {
    char at[PATH_MAX], target[PATH_MAX], folder[PATH_MAX], name[PATH_MAX];
    if (snprintf(at, sizeof at, "%s", path) >= (int)sizeof at)
        return -ENAMETOOLONG;
    for (int i = 0; i < LINKS_MAX; i++) {
        strcpy(folder, at);
        strcpy(name, at);
        const char *parent = dirname(folder);
        int r = add_place_or_wait(watch, parent, basename(name));
        if (r < 0)
            return r;
        ssize_t length = readlink(at, target, sizeof target - 1);
        if (length < 0)
            return 0;
        target[length] = 0;
        char next[PATH_MAX];
        int n = target[0] == '/' ? snprintf(next, sizeof next, "%s", target)
                                 : snprintf(next, sizeof next, "%s/%s", parent, target);
        if (n >= (int)sizeof next)
            return -ENAMETOOLONG;
        strcpy(at, next);
    }
    return -ELOOP;
}

void watch_clear(struct watch *watch) {
    for (size_t i = 0; i < watch->n; i++) {
        inotify_rm_watch(watch->fd, watch->places[i].folder);
        free(watch->places[i].name);
    }
    watch->n = 0;
}
