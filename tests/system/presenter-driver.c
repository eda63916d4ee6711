/* presenter-driver: stands in for the daemon at the other end of a presenter's link, for tests.
 *
 *     presenter-driver [-f IN,OUT] PROGRAM [ARGUMENT...]
 *
 * Starts PROGRAM with the link as fd 3 and takes commands as lines from IN (else standard input; the
 * program's is then /dev/null), fields separated by tabs; \n, \t, \\ stand for themselves:
 *
 *     show ID TITLE BODY [CHOICE=LABEL | hint:NAME=TYPE:VALUE]...     TYPE one of b, t, u, s, (ssu) (VALUE:
 * A,B,1) withdraw ID introspect close                      closes the link, as the end of the daemon would
 *
 * Calls don't wait for their replies. What happens is written to OUT (else standard output) in the same form:
 * `started PID`, `stopped` (by a signal), `reply ID BUS OWNER SERVER_ID`, `error ID NAME MESSAGE`,
 * `withdrawn`, `introspected XML`, `chosen ID CHOICE`, `written ID TEXT`, `closed ID HOW`, `named`, `free`,
 * `eof`, and at last `exit STATUS` (128 + its number for a signal). The end of the commands closes the link.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define PATH       "/org/kindlyd/Presenter1"
#define INTERFACE  "org.kindlyd.Presenter1"
#define LINK_FD    3
#define FIELDS_MAX 64
#define LINE_SIZE  65536

struct driver {
    sd_event *event;
    sd_bus *bus;
    pid_t pid;
    int in;
    FILE *out;
    char line[LINE_SIZE];
    size_t used;
    bool link_closed;
};

static void check(int r, const char *what) {
    if (r >= 0)
        return;
    fprintf(stderr, "presenter-driver: %s: %s\n", what, strerror(-r));
    exit(EXIT_FAILURE);
}

/* --- events ----------------------------------------------------------------------------------- */

static void put_field(FILE *out, const char *text) {
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\t')
            fputs("\\t", out);
        else if (*text == '\\')
            fputs("\\\\", out);
        else
            fputc(*text, out);
}

static void put_event(struct driver *driver, const char *const *fields, size_t n_fields) {
    for (size_t i = 0; i < n_fields; i++) {
        if (i > 0)
            fputc('\t', driver->out);
        put_field(driver->out, fields[i]);
    }
    fputc('\n', driver->out);
    fflush(driver->out);
}

#define EVENT(driver, ...)                                                                                   \
    put_event(driver, (const char *const[]){__VA_ARGS__},                                                    \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static int on_signal(sd_bus_message *message, void *data, sd_bus_error *error) {
    static const struct {
        const char *member, *event;
    } names[] = {{"Chosen", "chosen"}, {"Written", "written"}, {"Closed", "closed"}};
    struct driver *driver = data;
    (void)error;
    if (sd_bus_message_is_signal(message, INTERFACE, "Free"))
        EVENT(driver, "free");
    if (sd_bus_message_is_signal(message, INTERFACE, "Named"))
        EVENT(driver, "named");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sd_bus_message_is_signal(message, INTERFACE, names[i].member)) {
            const char *id = "", *value = "";
            check(sd_bus_message_read(message, "ss", &id, &value), names[i].member);
            EVENT(driver, names[i].event, id, value);
        }
    return 0;
}

static int on_end_of_link(sd_bus_message *message, void *data, sd_bus_error *error) {
    struct driver *driver = data;
    (void)message;
    (void)error;
    if (!driver->link_closed)
        EVENT(driver, "eof");
    return sd_event_exit(driver->event, 0);
}

/* --- calls ------------------------------------------------------------------------------------ */

struct call {
    struct driver *driver;
    char *id;
};

static int on_shown(sd_bus_message *reply, void *data, sd_bus_error *error) {
    struct call *call = data;
    (void)error;
    const sd_bus_error *failure = sd_bus_message_get_error(reply);
    if (failure) {
        EVENT(call->driver, "error", call->id, failure->name, failure->message ? failure->message : "");
    } else {
        const char *bus = "", *owner = "";
        uint32_t server_id = 0;
        char number[16];
        check(sd_bus_message_read(reply, "ssu", &bus, &owner, &server_id), "reply of Show");
        snprintf(number, sizeof number, "%u", server_id);
        EVENT(call->driver, "reply", call->id, bus, owner, number);
    }
    return 0;
}

static void call_free(void *data) {
    struct call *call = data;
    free(call->id);
    free(call);
}

static void append_hint(sd_bus_message *message, char *hint) {
    char *name = strtok(hint, "="), *type = strtok(NULL, ":"), *value = strtok(NULL, "");
    check(name && type && value ? 0 : -EINVAL, "hint");
    if (strcmp(type, "b") == 0) {
        check(sd_bus_message_append(message, "{sv}", name, "b", atoi(value)), name);
    } else if (strcmp(type, "t") == 0) {
        check(sd_bus_message_append(message, "{sv}", name, "t", (uint64_t)strtoull(value, NULL, 10)), name);
    } else if (strcmp(type, "u") == 0) {
        check(sd_bus_message_append(message, "{sv}", name, "u", (uint32_t)strtoul(value, NULL, 10)), name);
    } else if (strcmp(type, "s") == 0) {
        check(sd_bus_message_append(message, "{sv}", name, "s", value), name);
    } else {
        const char *bus = strtok(value, ","), *owner = strtok(NULL, ","), *id = strtok(NULL, ",");
        check(bus && owner && id ? 0 : -EINVAL, "hint (ssu)");
        check(sd_bus_message_append(message, "{sv}", name, "(ssu)", bus, owner,
                                    (uint32_t)strtoul(id, NULL, 10)),
              name);
    }
}

static bool is_hint(const char *field) {
    return strncmp(field, "hint:", 5) == 0;
}

static void append_choices(sd_bus_message *message, char **fields, size_t n_fields) {
    check(sd_bus_message_open_container(message, 'a', "(ss)"), "choices");
    for (size_t i = 0; i < n_fields; i++) {
        if (is_hint(fields[i]))
            continue;
        char *label = strchr(fields[i], '=');
        check(label ? 0 : -EINVAL, "choice");
        *label++ = '\0';
        check(sd_bus_message_append(message, "(ss)", fields[i], label), "choice");
    }
    check(sd_bus_message_close_container(message), "choices");
}

static void command_show(struct driver *driver, char **fields, size_t n_fields) {
    sd_bus_message *message = NULL;
    struct call *call = calloc(1, sizeof *call);
    check(call && n_fields >= 4 ? 0 : -EINVAL, "show");
    call->driver = driver;
    call->id = strdup(fields[1]);
    check(sd_bus_message_new_method_call(driver->bus, &message, NULL, PATH, INTERFACE, "Show"), "show");
    check(sd_bus_message_append(message, "sss", fields[1], fields[2], fields[3]), "show");
    append_choices(message, fields + 4, n_fields - 4);
    check(sd_bus_message_open_container(message, 'a', "{sv}"), "hints");
    for (size_t i = 4; i < n_fields; i++)
        if (is_hint(fields[i]))
            append_hint(message, fields[i] + 5);
    check(sd_bus_message_close_container(message), "hints");
    sd_bus_slot *slot = NULL;
    check(sd_bus_call_async(driver->bus, &slot, message, on_shown, call, UINT64_MAX), "show");
    check(sd_bus_slot_set_destroy_callback(slot, call_free), "show");
    check(sd_bus_slot_set_floating(slot, true), "show");
    sd_bus_slot_unref(slot);
    sd_bus_message_unref(message);
}

static int on_withdrawn(sd_bus_message *reply, void *data, sd_bus_error *error) {
    (void)error;
    EVENT((struct driver *)data, sd_bus_message_is_method_error(reply, NULL) ? "error" : "withdrawn");
    return 0;
}

static int on_introspected(sd_bus_message *reply, void *data, sd_bus_error *error) {
    const char *xml = "";
    (void)error;
    check(sd_bus_message_read(reply, "s", &xml), "introspect");
    EVENT((struct driver *)data, "introspected", xml);
    return 0;
}

static void close_link(struct driver *driver) {
    driver->link_closed = true;
    (void)sd_bus_flush(driver->bus);
    sd_bus_close(driver->bus);
    check(sd_event_exit(driver->event, 0), "close");
}

static void run_command(struct driver *driver, char **fields, size_t n_fields) {
    if (strcmp(fields[0], "show") == 0)
        command_show(driver, fields, n_fields);
    else if (strcmp(fields[0], "withdraw") == 0 && n_fields == 2)
        check(sd_bus_call_method_async(driver->bus, NULL, NULL, PATH, INTERFACE, "Withdraw", on_withdrawn,
                                       driver, "s", fields[1]),
              "withdraw");
    else if (strcmp(fields[0], "introspect") == 0)
        check(sd_bus_call_method_async(driver->bus, NULL, NULL, PATH, "org.freedesktop.DBus.Introspectable",
                                       "Introspect", on_introspected, driver, ""),
              "introspect");
    else if (strcmp(fields[0], "close") == 0)
        close_link(driver);
    else
        check(-EINVAL, fields[0]);
}

/* --- commands --------------------------------------------------------------------------------- */

static void unescape(char *text) {
    char *end = text;
    for (; *text; text++) {
        if (*text == '\\' && text[1])
            *end++ = *++text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
        else
            *end++ = *text;
    }
    *end = '\0';
}

static void run_line(struct driver *driver, char *line) {
    char *fields[FIELDS_MAX] = {0};
    size_t n_fields = 0;
    while (line && n_fields < FIELDS_MAX)
        fields[n_fields++] = strsep(&line, "\t");
    for (size_t i = 0; i < n_fields; i++)
        unescape(fields[i]);
    run_command(driver, fields, n_fields);
}

static int on_command(sd_event_source *source, int fd, uint32_t events, void *data) {
    struct driver *driver = data;
    (void)source;
    (void)events;
    ssize_t size = read(fd, driver->line + driver->used, sizeof driver->line - 1 - driver->used);
    if (size <= 0) {
        close_link(driver);
        return 0;
    }
    driver->used += (size_t)size;
    driver->line[driver->used] = '\0';
    char *newline;
    while (!driver->link_closed && (newline = strchr(driver->line, '\n'))) {
        *newline = '\0';
        run_line(driver, driver->line);
        driver->used -= (size_t)(newline + 1 - driver->line);
        memmove(driver->line, newline + 1, driver->used + 1);
    }
    return 0;
}

static int on_child(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
    struct driver *driver = data;
    siginfo_t state = {0};
    (void)source;
    (void)info;
    if (waitid(P_PID, (id_t)driver->pid, &state, WSTOPPED | WNOHANG) == 0 && state.si_pid == driver->pid)
        EVENT(driver, "stopped");
    return 0;
}

static void watch_child(struct driver *driver) {
    char number[16];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    check(sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0, "sigprocmask");
    check(sd_event_add_signal(driver->event, NULL, SIGCHLD, on_child, driver), "SIGCHLD");
    snprintf(number, sizeof number, "%d", driver->pid);
    EVENT(driver, "started", number);
}

static pid_t start_program(int link, bool own_input, char **argv) {
    pid_t pid = fork();
    check(pid < 0 ? -errno : 0, "fork");
    if (pid > 0)
        return pid;
    (void)signal(SIGINT, SIG_DFL);
    if (own_input) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            _exit(127);
    }
    if (dup2(link, LINK_FD) < 0)
        _exit(127);
    execvp(argv[0], argv);
    _exit(127);
}

/* Descriptors that the program must not see are moved out of the way of fd 3, too. */
static int keep_private(int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    check(moved < 0 ? -errno : 0, "fcntl");
    return moved;
}

static void open_link(struct driver *driver, int fd) {
    sd_id128_t id;
    check(sd_id128_randomize(&id), "id");
    check(sd_bus_new(&driver->bus), "bus");
    check(sd_bus_set_fd(driver->bus, fd, fd), "bus");
    check(sd_bus_set_server(driver->bus, true, id), "bus");
    check(sd_bus_set_anonymous(driver->bus, true), "bus");
    check(sd_bus_attach_event(driver->bus, driver->event, 0), "bus");
    check(sd_bus_match_signal(driver->bus, NULL, NULL, PATH, INTERFACE, NULL, on_signal, driver), "match");
    check(sd_bus_match_signal(driver->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                              "org.freedesktop.DBus.Local", "Disconnected", on_end_of_link, driver),
          "match");
    check(sd_bus_start(driver->bus), "bus");
}

int main(int argc, char **argv) {
    static struct driver driver;
    int in = STDIN_FILENO, out = STDOUT_FILENO, at = 1;
    bool own_input = true;
    if (argc > 2 && strcmp(argv[1], "-f") == 0) {
        check(sscanf(argv[2], "%d,%d", &in, &out) == 2 ? 0 : -EINVAL, "-f");
        own_input = false;
        at = 3;
    }
    check(argc > at ? 0 : -EINVAL, "usage: presenter-driver [-f IN,OUT] PROGRAM [ARGUMENT...]");
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* of the terminal: for the program */

    int ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0, "socketpair");
    driver.in = keep_private(in);
    driver.out = fdopen(keep_private(out), "w");
    check(driver.out ? 0 : -errno, "fdopen");
    if (!own_input) {
        close(in);
        close(out);
    }
    int ours = keep_private(ends[0]), theirs = keep_private(ends[1]);
    driver.pid = start_program(theirs, own_input, argv + at);
    close(ends[0]);
    close(ends[1]);
    close(theirs);

    check(sd_event_new(&driver.event), "event");
    watch_child(&driver);
    open_link(&driver, ours);
    check(sd_event_add_io(driver.event, NULL, driver.in, EPOLLIN, on_command, &driver), "commands");
    check(sd_event_loop(driver.event), "loop");
    sd_bus_close_unref(driver.bus);

    int status = 0;
    char number[16];
    check(waitpid(driver.pid, &status, 0) < 0 ? -errno : 0, "waitpid");
    snprintf(number, sizeof number, "%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    EVENT(&driver, "exit", number);
    fclose(driver.out);
    sd_event_unref(driver.event);
    return 0;
}
