/* The XDG base directory rules: a variable that is unset, empty or relative means its default under the home.
 * What was installed is found from where the running program lies, so that a build folder works without being
 * installed. */
#include "daemon/store/paths.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#ifndef DATADIR
#define DATADIR "/usr/local/share/kindly"
#endif
#ifndef LOCALEDIR
#define LOCALEDIR "/usr/local/share/locale"
#endif
#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/local/libexec/kindly"
#endif

#define PASSWD_BUFFER_SIZE 16384 /* an entry of the user database; more is not a home we could use */

static int format_path(char **ret, const char *a, const char *b, const char *c) {
    char *path;
    if (asprintf(&path, "%s%s%s", a, b, c) < 0)
        return -ENOMEM;
    *ret = path;
    return 0;
}

static int path_home(char **ret) {
    const char *home = getenv("HOME");
    if (home && *home == '/')
        return format_path(ret, home, "", "");
    char buffer[PASSWD_BUFFER_SIZE];
    struct passwd entry, *found = NULL;
    int r = getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found);
    if (r == ENOMEM)
        return -ENOMEM;
    if (r != 0 || !found || !found->pw_dir || *found->pw_dir != '/')
        return -ENOENT;
    return format_path(ret, found->pw_dir, "", "");
}

/* $VARIABLE/rest, or ~/fallback/rest. */
static int path_xdg(const char *variable, const char *fallback, const char *rest, char **ret) {
    const char *folder = getenv(variable);
    if (folder && *folder == '/')
        return format_path(ret, folder, "/", rest);
    _cleanup_free_ char *home = NULL;
    int r = path_home(&home);
    if (r < 0)
        return r;
    _cleanup_free_ char *base = NULL;
    r = format_path(&base, home, "/", fallback);
    return r < 0 ? r : format_path(ret, base, "/", rest);
}

int path_journal(char **ret) {
    return path_xdg("XDG_STATE_HOME", ".local/state", "kindly/journal.db", ret);
}

int path_user_decks(char **ret) {
    return path_xdg("XDG_DATA_HOME", ".local/share", "kindly/decks", ret);
}

int path_user_config(char **ret) {
    return path_xdg("XDG_CONFIG_HOME", ".config", "kindly/kindly.conf", ret);
}

int path_autostart(char **ret) {
    return path_xdg("XDG_CONFIG_HOME", ".config", "autostart/kindlyd.desktop", ret);
}

/* The folder of the running program, without a slash at its end. -ENOENT where /proc doesn't tell. */
static int program_folder(char **ret) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return -ENOENT;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return -ENOENT;
    *slash = '\0';
    return format_path(ret, path, "", "");
}

/* Cuts "/build/VARIANT" and what follows off, at the last place where it stands. */
static bool cut_build_folder(char *folder) {
    static const char build[] = "/build/";
    char *last = NULL;
    for (char *at = strstr(folder, build); at; at = strstr(at + 1, build))
        last = at;
    if (!last || !last[sizeof build - 1])
        return false;
    *last = '\0';
    return true;
}

int path_shipped(const char *name, char **ret) {
    _cleanup_free_ char *folder = NULL, *path = NULL;
    int r = program_folder(&folder);
    if (r == -ENOMEM)
        return r;
    if (r == 0 && cut_build_folder(folder)) {
        r = format_path(&path, folder, "/config/", name);
        if (r < 0)
            return r;
        if (access(path, F_OK) == 0) {
            *ret = TAKE_PTR(path);
            return 0;
        }
    }
    return format_path(ret, DATADIR, "/", name);
}

/* Built catalogues are beside the programs of the build folder. */
int path_locale(char **ret) {
    _cleanup_free_ char *folder = NULL, *path = NULL;
    int r = program_folder(&folder);
    if (r >= 0)
        r = format_path(&path, folder, "/locale/", "");
    if (r == -ENOMEM)
        return r;
    if (r >= 0 && cut_build_folder(folder) && access(path, F_OK) == 0) {
        *ret = TAKE_PTR(path);
        return 0;
    }
    return format_path(ret, LOCALEDIR, "", "");
}

int path_program(const char *name, char **ret) {
    _cleanup_free_ char *folder = NULL, *beside = NULL;
    int r = program_folder(&folder);
    if (r < 0)
        return r;
    r = format_path(&beside, folder, "/", name);
    if (r < 0)
        return r;
    if (access(beside, X_OK) == 0) {
        *ret = TAKE_PTR(beside);
        return 0;
    }
    return format_path(ret, LIBEXECDIR, "/", name);
}
