/* Calls kindlyd over the session bus, as a program in C does:
 *
 *   caller-driver ratio ROUNDS         medians in microseconds of Ping, a property, and ListOpen, each once a
 * round caller-driver notes COUNT          the median in microseconds of Note, one after the other
 *   caller-driver flood CLIENTS CALLS  so many clients send so many calls each, all at once: prints how many
 * were answered and how many refused
 *
 * Ping is answered by the service's bus library alone: what it takes, no call of that service can go below.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>

#define NAME       "org.kindlyd.Kindly1"
#define OBJECT     "/org/kindlyd/Kindly1"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define WAIT_USEC  (120 * (uint64_t)1000000) /* for all of a flood */

enum kind { PING, GET, LIST_OPEN, NOTE, LIST_UPCOMING, KIND_COUNT };

static int new_call(sd_bus *bus, enum kind kind, sd_bus_message **ret) {
    static const struct {
        const char *interface, *member;
    } calls[KIND_COUNT] = {
        [PING] = {"org.freedesktop.DBus.Peer", "Ping"},
        [GET] = {PROPERTIES, "Get"},
        [LIST_OPEN] = {NAME, "ListOpen"},
        [NOTE] = {NAME, "Note"},
        [LIST_UPCOMING] = {NAME, "ListUpcoming"},
    };
    int r = sd_bus_message_new_method_call(bus, ret, NAME, OBJECT, calls[kind].interface, calls[kind].member);
    if (r >= 0 && kind == GET)
        r = sd_bus_message_append(*ret, "ss", NAME, "NextElapseUSec");
    if (r >= 0 && kind == NOTE)
        r = sd_bus_message_append(*ret, "sb", "a line", 0);
    if (r >= 0 && kind == LIST_UPCOMING)
        r = sd_bus_message_append(*ret, "u", 3U);
    return r;
}

/* --- One after the other ---------------------------------------------------------------------- */

static double now_usec(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int timed_call(sd_bus *bus, enum kind kind, double *ret_usec) {
    sd_bus_message *call = NULL, *reply = NULL;
    int r = new_call(bus, kind, &call);
    double began = now_usec();
    if (r >= 0)
        r = sd_bus_call(bus, call, 0, NULL, &reply);
    *ret_usec = now_usec() - began;
    sd_bus_message_unref(call);
    sd_bus_message_unref(reply);
    return r;
}

static int compare_doubles(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

/* By turns, so that what disturbs one disturbs all. Prints a line of medians. */
static int time_calls(const enum kind *kinds, size_t n_kinds, size_t rounds) {
    double *times = calloc(n_kinds * rounds, sizeof *times);
    sd_bus *bus = NULL;
    int r = times ? sd_bus_open_user(&bus) : -1;
    for (size_t round = 0; r >= 0 && round < rounds; round++)
        for (size_t i = 0; r >= 0 && i < n_kinds; i++)
            r = timed_call(bus, kinds[i], &times[i * rounds + round]);
    for (size_t i = 0; r >= 0 && i < n_kinds; i++) {
        qsort(times + i * rounds, rounds, sizeof *times, compare_doubles);
        printf("%.1f%c", times[i * rounds + rounds / 2], i + 1 < n_kinds ? ' ' : '\n');
    }
    sd_bus_flush_close_unref(bus);
    free(times);
    return r;
}

/* --- All at once ------------------------------------------------------------------------------ */

struct flood {
    sd_event *event;
    size_t left, answered, refused;
};

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
    (void)error;
    struct flood *flood = userdata;
    if (sd_bus_message_is_method_error(reply, NULL)) {
        if (flood->refused++ == 0)
            fprintf(stderr, "caller-driver: %s\n", sd_bus_message_get_error(reply)->message);
    } else {
        flood->answered++;
    }
    return --flood->left == 0 ? sd_event_exit(flood->event, 0) : 0;
}

/* One call in a hundred writes to the disk. */
static enum kind kind_of(size_t number) {
    static const enum kind usual[] = {GET, LIST_OPEN, LIST_UPCOMING, PING};
    return number % 100 == 99 ? NOTE : usual[number % 4];
}

static int flood(size_t clients, size_t calls) {
    struct flood flood = {.left = clients * calls};
    sd_bus **buses = calloc(clients, sizeof *buses);
    int r = buses ? sd_event_default(&flood.event) : -1;
    for (size_t i = 0; r >= 0 && i < clients; i++) {
        r = sd_bus_open_user(&buses[i]);
        if (r >= 0)
            r = sd_bus_attach_event(buses[i], flood.event, 0);
    }
    for (size_t number = 0; r >= 0 && number < calls; number++)
        for (size_t i = 0; r >= 0 && i < clients; i++) {
            sd_bus_message *call = NULL;
            r = new_call(buses[i], kind_of(number), &call);
            if (r >= 0)
                r = sd_bus_call_async(buses[i], NULL, call, on_reply, &flood, WAIT_USEC);
            sd_bus_message_unref(call);
        }
    if (r >= 0)
        r = sd_event_loop(flood.event);
    for (size_t i = 0; buses && i < clients; i++)
        sd_bus_flush_close_unref(buses[i]);
    free(buses);
    sd_event_unref(flood.event);
    printf("%zu %zu\n", flood.answered, flood.refused);
    return r;
}

int main(int argc, char **argv) {
    static const enum kind compared[] = {PING, GET, LIST_OPEN}, note = NOTE;
    size_t first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0,
           second = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    int r;
    if (argc == 3 && strcmp(argv[1], "ratio") == 0 && first > 0)
        r = time_calls(compared, sizeof compared / sizeof *compared, first);
    else if (argc == 3 && strcmp(argv[1], "notes") == 0 && first > 0)
        r = time_calls(&note, 1, first);
    else if (argc == 4 && strcmp(argv[1], "flood") == 0 && first > 0 && second > 0)
        r = flood(first, second);
    else {
        fputs("usage: caller-driver ratio ROUNDS | notes COUNT | flood CLIENTS CALLS\n", stderr);
        return 2;
    }
    if (r < 0)
        fprintf(stderr, "caller-driver: %s\n", strerror(-r));
    return r < 0;
}
