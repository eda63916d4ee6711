/* Runs the clock alone, for test_clock.py: commands come in on stdin, one a line; what the clock tells goes
 * out on stdout, one thing a line, as it comes. The argument is the path to watch instead of /etc/localtime.
 *
 *   arm USEC|never|past        armed; then, at its time: elapsed LATE_USEC
 *   set                        changed set
 *   zone                       zone NAME OFFSET_SEC (of 1 July 2026)
 *   boot                       boot ID
 *   random                     random HEX
 *   (a change)                 changed set, or changed zone NAME OFFSET_SEC
 * The end of stdin ends it. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/desktop/clock.h"

#define JULY_USEC ((usec_t)1782864000 * USEC_PER_SEC)

struct driver {
    sd_event *event;
    struct desktop_clock *clock;
    usec_t armed_usec;
    char input[4096];
    size_t n_input;
};

/* The loader has no argument of its own for what it reads. */
static const char *zone_path;

static int load_zone(const char *tz, struct zone **ret) {
    if (tz)
        return zone_from_posix(tz, ret);
    _cleanup_(base_freep) char *data = malloc(65536);
    if (!data)
        return -ENOMEM;
    FILE *file = fopen(zone_path, "re");
    if (!file)
        return -errno;
    size_t size = fread(data, 1, 65536, file);
    fclose(file);
    return zone_from_tzif("localtime", data, size, ret);
}

static void on_elapsed(void *userdata) {
    struct driver *driver = userdata;
    usec_t now_usec = clock_realtime();
    if (now_usec < driver->armed_usec)
        printf("elapsed early\n");
    else
        printf("elapsed %" PRIu64 "\n", now_usec - driver->armed_usec);
}

static void say_zone(const struct driver *driver) {
    const struct zone *zone = clock_zone(driver->clock);
    printf("zone %s %" PRId32 "\n", zone_name(zone), zone_offset(zone, JULY_USEC));
}

static int on_changed(void *userdata, enum clock_change change) {
    printf("changed ");
    if (change == CLOCK_ZONE)
        say_zone(userdata);
    else
        printf("set\n");
    return 0;
}

static void do_arm(struct driver *driver, const char *when) {
    usec_t at_usec = usec_add(clock_realtime(), strtoul(when, NULL, 10));
    if (streq(when, "never"))
        at_usec = USEC_INFINITY;
    if (streq(when, "past"))
        at_usec = 0;
    driver->armed_usec = at_usec;
    int r = clock_arm(driver->clock, at_usec);
    printf("%s\n", r < 0 ? strerrorname_np(-r) : "armed");
}

static void do_boot(struct driver *driver) {
    char text[UUID_TEXT_SIZE];
    struct uuid id = clock_boot_id(driver->clock);
    uuid_format(&id, text);
    printf("boot %s\n", text);
}

static void do_random(void) {
    uint64_t bits[2];
    clock_random(NULL, bits, sizeof bits);
    printf("random %016" PRIx64 "%016" PRIx64 "\n", bits[0], bits[1]);
}

static void do_command(struct driver *driver, char *line) {
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    if (streq(verb, "arm"))
        do_arm(driver, or_empty(rest));
    else if (streq(verb, "set"))
        clock_was_set(driver->clock);
    else if (streq(verb, "zone"))
        say_zone(driver);
    else if (streq(verb, "boot"))
        do_boot(driver);
    else if (streq(verb, "random"))
        do_random();
    else
        printf("error %s\n", verb);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct driver *driver = userdata;
    (void)source;
    (void)events;
    ssize_t n = read(fd, driver->input + driver->n_input, sizeof driver->input - driver->n_input);
    if (n <= 0)
        return sd_event_exit(driver->event, 0);
    driver->n_input += (size_t)n;
    char *end;
    while ((end = memchr(driver->input, '\n', driver->n_input))) {
        *end = '\0';
        do_command(driver, driver->input);
        driver->n_input -= (size_t)(end + 1 - driver->input);
        memmove(driver->input, end + 1, driver->n_input);
    }
    return 0;
}

static int run(const char *path) {
    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    _cleanup_(clock_freep) struct desktop_clock *clock = NULL;
    struct driver driver = {0};
    zone_path = path;
    int r = sd_event_default(&event);
    if (r >= 0)
        r = clock_new(event, load_zone, path, on_elapsed, on_changed, &driver, &clock);
    if (r >= 0)
        r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_input, &driver);
    if (r < 0)
        return r;
    driver.event = event;
    driver.clock = clock;
    return sd_event_loop(event);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int r = argc == 2 ? run(argv[1]) : -EINVAL;
    if (r < 0)
        fprintf(stderr, "clock-driver: %s\n", strerror(-r));
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
