/* The program prints the line on its standard output, a pipe of ours, and ends. The end of the pipe is all
 * that is waited for, so it doesn't matter who its parent is.
 *
 * With systemd it is a transient unit: in our own unit's sandbox it would find neither the desktop's settings
 * nor, when we were started before the desktop, its display. Without systemd there is no sandbox, and it is a
 * child of ours. */
#include "daemon/notify/notify-window.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/core/dialog.h"
#include "daemon/notify/card.h"
#include "daemon/notify/text.h"

#define SYSTEMD         "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define CALL_MSEC       3000

/* More than this is not read: a line that long was not written by hand. */
#define READ_MAX ((gsize)65536)

struct window {
    GDBusConnection *bus;
    window_done on_done;
    void *data;
    int output; /* our end of the pipe */
    guint watch;
    GString *written;
    char *unit; /* started by systemd; else: */
    GPid pid;   /* 0: reaped */
    guint child_watch;
};

/* --- where it can be ------------------------------------------------------------------------ */

/* The path of the program to use, or NULL. */
static char *find_program(void) {
    const char *desktop = g_getenv("XDG_CURRENT_DESKTOP"), *name;
    for (size_t place = 0; (name = dialog_program(desktop, place)); place++) {
        char *path = g_find_program_in_path(name);
        if (path)
            return path;
    }
    return NULL;
}

static bool names_display(const char *variable) {
    return g_str_has_prefix(variable, "DISPLAY=") || g_str_has_prefix(variable, "WAYLAND_DISPLAY=");
}

static bool have_display(void) {
    return g_getenv("DISPLAY") || g_getenv("WAYLAND_DISPLAY");
}

/* What the user manager would give to a unit now; NULL: there is no user manager. */
static char **manager_environment(GDBusConnection *bus) {
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        bus, SYSTEMD, SYSTEMD_PATH, "org.freedesktop.DBus.Properties", "Get",
        g_variant_new("(ss)", SYSTEMD_MANAGER, "Environment"), G_VARIANT_TYPE("(v)"),
        G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MSEC, NULL, NULL);
    if (!reply)
        return NULL;
    g_autoptr(GVariant) value = NULL;
    g_variant_get(reply, "(v)", &value);
    return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY) ? g_variant_dup_strv(value, NULL) : NULL;
}

static bool is_display_there(char **environment) {
    for (char **variable = environment; variable && *variable; variable++)
        if (names_display(*variable))
            return true;
    return have_display();
}

bool window_is_possible(GDBusConnection *bus) {
    g_autofree char *program = find_program();
    if (!program)
        return false;
    g_auto(GStrv) environment = manager_environment(bus);
    return is_display_there(environment);
}

/* --- what was written ----------------------------------------------------------------------- */

static void finish(struct window *window) {
    _cleanup_free_ char *line = NULL;
    window->watch = 0;
    (void)text_line(window->written->str, CARD_LINE_MAX,
                    &line); /* nothing usable: as if nothing was written */
    window->on_done(line, window->data);
}

static gboolean on_output(int fd, GIOCondition condition, void *data) {
    struct window *window = data;
    char buffer[4096];
    (void)condition;
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (n > 0 && window->written->len < READ_MAX) {
        g_string_append_len(window->written, buffer, n);
        return G_SOURCE_CONTINUE;
    }
    finish(window);
    return G_SOURCE_REMOVE;
}

/* --- starting it ---------------------------------------------------------------------------- */

static GVariant *exec_start(const char *const *command) {
    GVariantBuilder list;
    g_variant_builder_init(&list, G_VARIANT_TYPE("a(sasb)"));
    g_variant_builder_add(&list, "(s^asb)", command[0], command, FALSE);
    return g_variant_builder_end(&list);
}

static GVariant *unit_properties(const char *const *command, const char *const *environment) {
    GVariantBuilder properties;
    g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
    g_variant_builder_add(&properties, "(sv)", "Description", g_variant_new_string("A line for kindly"));
    g_variant_builder_add(&properties, "(sv)", "CollectMode", g_variant_new_string("inactive-or-failed"));
    g_variant_builder_add(&properties, "(sv)", "ExecStart", exec_start(command));
    g_variant_builder_add(&properties, "(sv)", "StandardOutputFileDescriptor", g_variant_new_handle(0));
    g_variant_builder_add(&properties, "(sv)", "Environment", g_variant_new_strv(environment, -1));
    return g_variant_builder_end(&properties);
}

static bool start_unit(struct window *window, const char *const *command, const char *const *environment,
                       int output) {
    g_autofree char *name = g_strdup_printf("kindly-write-%08x%08x.service", g_random_int(), g_random_int());
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    if (g_unix_fd_list_append(fds, output, NULL) < 0)
        return false;
    GVariant *arguments =
        g_variant_new("(ss@a(sv)@a(sa(sv)))", name, "fail", unit_properties(command, environment),
                      g_variant_new_array(G_VARIANT_TYPE("(sa(sv))"), NULL, 0));
    g_autoptr(GVariant) job = g_dbus_connection_call_with_unix_fd_list_sync(
        window->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "StartTransientUnit", arguments,
        G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MSEC, fds, NULL, NULL, NULL);
    if (job)
        window->unit = g_steal_pointer(&name);
    return job;
}

static void on_child_ended(GPid pid, int status, void *data) {
    struct window *window = data;
    (void)pid;
    (void)status;
    if (!window)
        return;
    window->pid = 0;
    window->child_watch = 0;
}

/* If we are killed, the window goes, too: a line that is written there would reach nobody. */
static void end_with_us(void *unused) {
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static bool start_child(struct window *window, const char *const *command, const char *const *environment,
                        int output) {
    g_auto(GStrv) all = g_get_environ();
    for (; *environment; environment++) {
        g_auto(GStrv) parts = g_strsplit(*environment, "=", 2);
        all = g_environ_setenv(all, parts[0], parts[1], TRUE);
    }
    if (!g_spawn_async_with_fds(NULL, (char **)(uintptr_t)command, all, G_SPAWN_DO_NOT_REAP_CHILD,
                                end_with_us, NULL, &window->pid, -1, output, -1, NULL))
        return false;
    window->child_watch = g_child_watch_add(window->pid, on_child_ended, window);
    return true;
}

/* What the program needs beside the environment it has anyway: what lets it take the focus, and our display
 * where the manager knows none. */
static GPtrArray *own_environment(char **manager, const char *token) {
    static const char *const displays[] = {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"};
    GPtrArray *variables = g_ptr_array_new_with_free_func(g_free);
    bool is_known = false;
    for (char **variable = manager; variable && *variable; variable++)
        is_known |= names_display(*variable);
    for (size_t i = 0; !is_known && i < ELEMENTSOF(displays); i++)
        if (g_getenv(displays[i]))
            g_ptr_array_add(variables, g_strdup_printf("%s=%s", displays[i], g_getenv(displays[i])));
    if (token) {
        g_ptr_array_add(variables, g_strdup_printf("XDG_ACTIVATION_TOKEN=%s", token));
        g_ptr_array_add(variables, g_strdup_printf("DESKTOP_STARTUP_ID=%s", token));
    }
    g_ptr_array_add(variables, NULL);
    return variables;
}

int window_open(GDBusConnection *bus, const char *question, const char *token, window_done on_done,
                void *data, struct window **ret) {
    g_autofree char *program = find_program();
    const char *command[DIALOG_ARGUMENTS];
    if (!program || dialog_command(program, question, command) < 0)
        return -ENOENT;
    g_auto(GStrv) manager = manager_environment(bus);
    if (!is_display_there(manager))
        return -ENOENT;
    g_autoptr(GPtrArray) variables = own_environment(manager, token);
    const char *const *environment = (const char *const *)variables->pdata;

    _cleanup_(window_freep) struct window *window = g_new0(struct window, 1);
    window->bus = g_object_ref(bus);
    window->on_done = on_done;
    window->data = data;
    window->written = g_string_new(NULL);
    window->output = -1;
    int ends[2];
    if (!g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
        return -EIO;
    window->output = ends[0];
    bool started = (manager && start_unit(window, command, environment, ends[1])) ||
                   start_child(window, command, environment, ends[1]);
    close(ends[1]);
    if (!started || !g_unix_set_fd_nonblocking(ends[0], TRUE, NULL))
        return -EIO;
    window->watch = g_unix_fd_add(ends[0], G_IO_IN | G_IO_HUP | G_IO_ERR, on_output, window);
    *ret = TAKE_PTR(window);
    return 0;
}

static void stop_unit(const struct window *window) {
    g_dbus_connection_call(window->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, "StopUnit",
                           g_variant_new("(ss)", window->unit, "fail"), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           CALL_MSEC, NULL, NULL, NULL);
}

struct window *window_free(struct window *window) {
    if (!window)
        return NULL;
    bool is_open = window->watch != 0;
    if (is_open && window->unit)
        stop_unit(window);
    if (window->pid != 0) {
        g_source_remove(window->child_watch);
        if (is_open)
            kill(window->pid, SIGTERM);
        g_child_watch_add(window->pid, on_child_ended, NULL); /* it is reaped all the same */
    }
    g_clear_handle_id(&window->watch, g_source_remove);
    if (window->output >= 0)
        close(window->output);
    g_string_free(window->written, TRUE);
    g_free(window->unit);
    g_object_unref(window->bus);
    g_free(window);
    return NULL;
}
