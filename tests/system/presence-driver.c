/* Runs the presence monitor alone, for test_presence.py: commands come in on stdin, one a line; what the
 * monitor tells goes out on stdout, one thing a line, as it comes.
 *
 *   configure HOLD SECONDS     ready
 *   ask                        source NAME STATE HOLDS DETAIL (each row), asked PRESENCE
 *   watch on|off               watching on|off
 *   hold SENDER WHY            held COOKIE
 *   release COOKIE             released
 *   now                        now PRESENCE learned|unknown
 *   (a change)                 changed PRESENCE
 * An error is told as "error NAME" (of the errno). The end of stdin ends it. */
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/desktop/presence.h"

struct driver {
    sd_event *event;
    struct presence_monitor *monitor;
    char input[4096];
    size_t n_input;
};

static void say_result(int r, const char *success) {
    if (r < 0)
        printf("error %s\n", strerrorname_np(-r));
    else
        printf("%s\n", success);
}

static void on_changed(void *userdata, enum presence presence) {
    (void)userdata;
    printf("changed %s\n", presence_id(presence));
}

static void on_asked(void *userdata, enum presence presence, const struct presence_source *sources,
                     size_t n_sources) {
    (void)userdata;
    for (size_t i = 0; i < n_sources; i++)
        printf("source %s %s %s %s\n", sources[i].name, sources[i].state, sources[i].holds ? "holds" : "-",
               sources[i].detail);
    printf("asked %s\n", presence_id(presence));
}

static void do_hold(struct driver *driver, const char *sender, const char *why) {
    _cleanup_free_ char *cookie = NULL;
    int r = presence_hold(driver->monitor, sender, why, &cookie);
    if (r < 0)
        say_result(r, "");
    else
        printf("held %s\n", cookie);
}

static void do_now(struct driver *driver) {
    usec_t learned_usec;
    enum presence presence = presence_now(driver->monitor, &learned_usec);
    printf("now %s %s\n", presence_id(presence), learned_usec > 0 ? "learned" : "unknown");
}

static void do_command(struct driver *driver, char *line) {
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    const char *first = rest ? strsep(&rest, " ") : "";
    if (streq(verb, "configure")) {
        presence_configure(driver->monitor, (uint32_t)strtoul(first, NULL, 10),
                           strtoul(or_empty(rest), NULL, 10) * USEC_PER_SEC);
        say_result(0, "ready");
    } else if (streq(verb, "ask")) {
        int r = presence_ask(driver->monitor, on_asked, NULL, NULL);
        if (r < 0)
            say_result(r, "");
    } else if (streq(verb, "watch")) {
        bool on = streq(first, "on");
        say_result(presence_watch(driver->monitor, on), on ? "watching on" : "watching off");
    } else if (streq(verb, "hold"))
        do_hold(driver, first, or_empty(rest));
    else if (streq(verb, "release"))
        say_result(presence_release(driver->monitor, first), "released");
    else if (streq(verb, "now"))
        do_now(driver);
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

static int run(void) {
    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
    _cleanup_(presence_freep) struct presence_monitor *monitor = NULL;
    struct driver driver = {0};
    int r = sd_event_default(&event);
    if (r >= 0)
        r = sd_bus_open_user(&bus);
    if (r >= 0)
        r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = presence_new(event, bus, on_changed, NULL, &monitor);
    if (r >= 0)
        r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_input, &driver);
    if (r < 0)
        return r;
    driver.event = event;
    driver.monitor = monitor;
    return sd_event_loop(event);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    int r = run();
    if (r < 0)
        fprintf(stderr, "presence-driver: %s\n", strerror(-r));
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
