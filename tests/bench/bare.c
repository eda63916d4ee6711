/* The least that a service like kindlyd can be: bare FOLDER. It takes a name on the session bus, opens
 * FOLDER/bare.db in WAL, reads the schedule's length from FOLDER/bare.conf, serves one property, says
 * READY=1, and sleeps until SIGTERM. The same libraries, opened the same way, and nothing of ours: what this
 * weighs, nobody who uses them can save. */
#include <libconfig.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#define NAME      "org.kindlyd.Bare1"
#define OBJECT    "/org/kindlyd/Bare1"
#define INTERFACE NAME

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Length", "u", NULL, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

static int read_length(const char *folder, uint32_t *ret_length) {
    char path[4096];
    int length;
    config_t config;
    snprintf(path, sizeof path, "%s/bare.conf", folder);
    config_init(&config);
    int found = config_read_file(&config, path) && config_lookup_int(&config, "length", &length);
    config_destroy(&config);
    if (!found)
        return -1;
    *ret_length = (uint32_t)length;
    return 0;
}

static int open_database(const char *folder, sqlite3 **ret) {
    char path[4096];
    snprintf(path, sizeof path, "%s/bare.db", folder);
    return sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
                   sqlite3_exec(*ret,
                                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                "CREATE TABLE IF NOT EXISTS line (text TEXT);"
                                "INSERT INTO line SELECT 'one' WHERE NOT EXISTS (SELECT 1 FROM line);",
                                NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : -1;
}

int main(int argc, char **argv) {
    sd_event *event = NULL;
    sd_bus *bus = NULL;
    sqlite3 *database = NULL;
    uint32_t length;
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (argc != 2 || read_length(argv[1], &length) < 0 || open_database(argv[1], &database) < 0 ||
        sd_event_default(&event) < 0 || sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0 ||
        sd_bus_open_user(&bus) < 0 || sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL) < 0 ||
        sd_bus_add_object_vtable(bus, NULL, OBJECT, INTERFACE, vtable, &length) < 0 ||
        sd_bus_request_name(bus, NAME, 0) < 0) {
        fputs("bare: cannot start\n", stderr);
        return 1;
    }
    sd_notify(0, "READY=1");
    int r = sd_event_loop(event);
    sqlite3_close(database);
    sd_bus_flush_close_unref(bus);
    sd_event_unref(event);
    return r < 0;
}
