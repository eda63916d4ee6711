/* posix_spawn tells at once when a program can't be run, so no child has to report it. It takes its arguments
 * as not constant, and changes none of them. */
#include "daemon/client/process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

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
