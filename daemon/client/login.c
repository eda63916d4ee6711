/* systemd is asked over D-Bus, as systemctl does. An entry is written as a whole and removed as a whole; a
 * desktop that lets people switch entries off writes that into it. */
#include "daemon/client/login.h"

#include <stdio.h>
#include <unistd.h>

#include "daemon/client/process.h"
#include "daemon/core/translate.h"
#include "daemon/store/create.h"
#include "daemon/store/paths.h"

#define SYSTEMD         "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define UNIT            "kindlyd.service"

#define ENTRY_SIZE_MAX 65536
#define START_USEC     (10 * USEC_PER_SEC) /* a start takes a fraction of a second */

/* --- systemd ---------------------------------------------------------------------------------- */

/* "enabled", "disabled", ...; false: there is no user manager, or it has no such unit. */
static bool unit_state(sd_bus *bus, bool *ret_enabled) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    const char *state;
    int r = sd_bus_message_new_method_call(bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                           "GetUnitFileState");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(call, false);
    if (r >= 0)
        r = sd_bus_message_append(call, "s", UNIT);
    if (r >= 0)
        r = sd_bus_call(bus, call, 0, NULL, &reply);
    if (r >= 0)
        r = sd_bus_message_read(reply, "s", &state);
    if (r < 0)
        return false;
    *ret_enabled = strncmp(state, "enabled", strlen("enabled")) == 0;
    return true;
}

static int call_manager(sd_bus *bus, const char *member, const char *types, ...) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    va_list list;
    int r = sd_bus_message_new_method_call(bus, &call, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, member);
    va_start(list, types);
    if (r >= 0 && *types)
        r = sd_bus_message_appendv(call, types, list);
    va_end(list);
    if (r >= 0)
        r = sd_bus_call(bus, call, 0, &error, &reply);
    if (r >= 0)
        return OUTCOME_DONE;
    complain(_("systemd can't do that with %s: %s"), UNIT, error.message ? error.message : strerror(-r));
    return OUTCOME_FAILED;
}

static int set_unit(sd_bus *bus, bool enabled) {
    int outcome = enabled ? call_manager(bus, "EnableUnitFiles", "asbb", 1, UNIT, false, false)
                          : call_manager(bus, "DisableUnitFiles", "asb", 1, UNIT, false);
    return outcome == OUTCOME_DONE ? call_manager(bus, "Reload", "") : outcome;
}

/* --- The entry -------------------------------------------------------------------------------- */

/* As the Desktop Entry Specification has it: quoted, and the quoted escaped once more as a string. */
static int quote_command(const char *path, char **ret) {
    char *quoted = malloc(4 * strlen(path) + sizeof "\"\""), *end = quoted;
    if (!quoted)
        return -ENOMEM;
    *end++ = '"';
    for (; *path; path++) {
        if (strchr("\"`$\\", *path))
            end = stpcpy(end, *path == '\\' ? "\\\\\\" : "\\\\");
        if (*path == '%')
            *end++ = '%';
        *end++ = *path;
    }
    *end++ = '"';
    *end = '\0';
    *ret = quoted;
    return 0;
}

/* systemd makes units of such entries; where it is, it has ours. */
static int make_entry(char **ret) {
    _cleanup_free_ char *program = NULL, *command = NULL;
    int r = path_program("kindlyd", &program);
    if (r >= 0)
        r = quote_command(program, &command);
    if (r >= 0 && asprintf(ret,
                           "[Desktop Entry]\nType=Application\nName=kindlyd\nIcon=org.kindlyd.Kindly\n"
                           "Exec=%s\nNoDisplay=true\nX-systemd-skip=true\n",
                           command) < 0)
        r = -ENOMEM;
    return r;
}

static bool has_line(const char *text, const char *line) {
    size_t length = strlen(line);
    for (const char *at = text; (at = strstr(at, line)); at++)
        if ((at == text || at[-1] == '\n') && strchr("\r\n", at[length]))
            return true;
    return false;
}

/* NULL: there is none. */
static int read_entry(char **ret_path, char **ret_text) {
    size_t size;
    int r = path_autostart(ret_path);
    if (r >= 0)
        r = read_text(*ret_path, ENTRY_SIZE_MAX, ret_text, &size);
    return r == -ENOENT && *ret_path ? 0 : r;
}

static int entry_state(bool *ret_starts) {
    _cleanup_free_ char *path = NULL, *text = NULL;
    int r = read_entry(&path, &text);
    if (r < 0)
        return fail_errno(r, path ? path : _("cannot find the folder for autostart"));
    *ret_starts =
        text && !has_line(text, "Hidden=true") && !has_line(text, "X-GNOME-Autostart-enabled=false");
    return OUTCOME_DONE;
}

static int set_entry(bool starts) {
    _cleanup_free_ char *path = NULL, *before = NULL, *text = NULL;
    int r = read_entry(&path, &before);
    if (r >= 0 && starts)
        r = make_entry(&text);
    if (r >= 0 && starts && !(before && streq(before, text)))
        r = replace_text(path, before, text);
    if (r >= 0 && !starts && before && unlink(path) < 0)
        r = -errno;
    return r < 0 ? fail_errno(r, path ? path : _("cannot find the folder for autostart")) : OUTCOME_DONE;
}

/* --- Both ------------------------------------------------------------------------------------- */

static bool have_bus(struct client *client) {
    return client->bus || sd_bus_open_user(&client->bus) >= 0;
}

int login_look(struct client *client, struct login *ret) {
    struct login login = {.way = LOGIN_BY_ENTRY};
    if (have_bus(client) && unit_state(client->bus, &login.starts)) {
        login.way = LOGIN_BY_UNIT;
        *ret = login;
        return OUTCOME_DONE;
    }
    int outcome = entry_state(&login.starts);
    if (outcome == OUTCOME_DONE)
        *ret = login;
    return outcome;
}

int login_set(struct client *client, const struct login *login, bool starts) {
    if (login->way == LOGIN_BY_ENTRY)
        return set_entry(starts);
    int outcome = starts == login->starts ? OUTCOME_DONE : set_unit(client->bus, starts);
    return outcome == OUTCOME_DONE ? set_entry(false) : outcome;
}

/* Away from this process: it goes on when we end, and says what it has to say to nobody. */
static int start_program(void) {
    _cleanup_free_ char *program = NULL;
    int r = path_program("kindlyd", &program);
    if (r < 0)
        return r;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    const char *const command[] = {"sh",     "-c",    "setsid \"$1\" </dev/null >/dev/null 2>&1 &",
                                   "kindly", program, NULL};
    pid_t pid;
    r = process_start(command, &mask, -1, &pid);
    return r < 0 ? r : process_wait(pid) == 0 ? 0 : -ENOEXEC;
}

static int came(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)ret_error;
    const char *name, *before, *after;
    if (sd_bus_message_read(message, "sss", &name, &before, &after) >= 0 && *after)
        *(bool *)userdata = true;
    return 0;
}

static int wait_for(sd_bus *bus, const bool *running) {
    usec_t end = client_now() + START_USEC;
    for (usec_t now; !*running && (now = client_now()) < end;) {
        int r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, end - now);
        if (r < 0)
            return r;
    }
    return *running ? 0 : -ETIMEDOUT;
}

static int start(struct client *client, const struct login *login, bool *running) {
    if (login->way == LOGIN_BY_UNIT) {
        int outcome = call_manager(client->bus, "StartUnit", "ss", UNIT, "replace");
        if (outcome != OUTCOME_DONE)
            return -ENOTSUP; /* told */
    } else {
        int r = start_program();
        if (r < 0)
            return r;
    }
    return wait_for(client->bus, running);
}

int login_start(struct client *client, const struct login *login) {
    sd_bus *bus;
    bool running = false;
    int outcome = client_bus(client, &bus);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = client_match_owner(client, came, &running);
    if (r >= 0 && !running)
        r = client_is_running(client, &running);
    if (r >= 0 && !running)
        r = start(client, login, &running);
    if (r < 0 && r != -ENOTSUP)
        complain(_("kindlyd could not be started: %s"), strerror(-r));
    return r < 0 ? OUTCOME_UNREACHABLE : OUTCOME_DONE;
}
