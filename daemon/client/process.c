/* posix_spawn tells at once when a program can't be run, so no child has to report it. It takes its arguments
 * as not constant, and changes none of them. */
#include "daemon/client/process.h"

#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/core/translate.h"

static int set_attributes(posix_spawnattr_t *attributes, const sigset_t *mask) {
    sigset_t ordinary;
    sigfillset(&ordinary);
    int r = posix_spawnattr_setsigdefault(attributes, &ordinary);
    if (r == 0)
        r = posix_spawnattr_setsigmask(attributes, mask);
    if (r == 0)
        r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return -r;
}

static int spawn(const char *const argv[], const posix_spawnattr_t *attributes, int stdout_fd, pid_t *ret) {
    posix_spawn_file_actions_t actions;
    int r = posix_spawn_file_actions_init(&actions);
    if (r != 0)
        return -r;
    if (stdout_fd >= 0)
        r = posix_spawn_file_actions_adddup2(&actions, stdout_fd, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawnp(ret, argv[0], &actions, attributes, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int process_start(const char *const argv[], const sigset_t *mask, int stdout_fd, pid_t *ret) {
    posix_spawnattr_t attributes;
    int r = -posix_spawnattr_init(&attributes);
    if (r < 0)
        return r;
    r = set_attributes(&attributes, mask);
    if (r >= 0)
        r = spawn(argv, &attributes, stdout_fd, ret);
    posix_spawnattr_destroy(&attributes);
    return r;
}

int process_status(int code, int status) {
    return code == CLD_EXITED ? status : 128 + status;
}

int process_wait(pid_t pid) {
    siginfo_t info = {};
    while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
        if (errno != EINTR)
            return -errno;
    return process_status(info.si_code, info.si_status);
}

bool process_is_there(const char *name) {
    char file[PATH_MAX];
    const char *path = or_empty(getenv("PATH"));
    for (size_t length; *path; path += length + (path[length] == ':')) {
        length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, path, name);
        if (length > 0 && access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* Runs "$2" and the words after it, then says "$1" and waits for Enter. */
#define STAY "words=$1; shift; \"$@\"; status=$?; printf '\\n%s ' \"$words\"; read -r line; exit $status"

int process_in_terminal(const char *const words[], bool stays) {
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return -errno;
    self[length] = '\0';
    const char *chosen = getenv("TERMINAL");
    const char *const terminals[] = {chosen && *chosen ? chosen : "x-terminal-emulator",
                                     "x-terminal-emulator", "xterm"};
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    int r = -ENOENT;
    for (size_t i = 0; r < 0 && i < ELEMENTSOF(terminals); i++) {
        const char *argv[8 + PROCESS_WORDS_MAX] = {terminals[i], "-e"};
        size_t n = 2;
        const char *const stay[] = {"sh", "-c", STAY, "kindly", _("Enter closes this window.")};
        for (size_t j = 0; stays && j < ELEMENTSOF(stay); j++)
            argv[n++] = stay[j];
        argv[n++] = self;
        for (size_t j = 0; j < PROCESS_WORDS_MAX && words[j]; j++)
            argv[n++] = words[j];
        pid_t pid;
        r = process_start(argv, &mask, -1, &pid);
        if (r >= 0)
            r = process_wait(pid);
    }
    return r;
}
