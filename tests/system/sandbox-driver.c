/* Tries what a sandbox is to keep from happening, one attempt after another, and prints a line for each: its
 * name, a tab, and "ok" or the name of the error. The same program outside the sandbox shows that the attempt
 * itself works, or what stops it there already.
 *
 * sandbox-driver HOME STATE-FOLDER OUTSIDE-FILE ABSTRACT-SOCKET SETUID-PROGRAM: a file in /tmp made outside,
 * the name of a socket that listens outside, and a program of root's that ends with 0 where it has become
 * root. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/core/base.h"

static const char *home, *state, *outside_file, *outside_socket, *setuid_program;

static int result(long r) {
    return r < 0 ? -errno : 0;
}

/* --- Sockets ---------------------------------------------------------------------------------- */

static int try_socket(int family, int type) {
    int fd = socket(family, type, 0);
    if (fd >= 0)
        close(fd);
    return result(fd);
}

static int inet(void) {
    return try_socket(AF_INET, SOCK_STREAM);
}
static int inet6(void) {
    return try_socket(AF_INET6, SOCK_DGRAM);
}
static int netlink(void) {
    return try_socket(AF_NETLINK, SOCK_RAW);
}
static int local(void) {
    return try_socket(AF_UNIX, SOCK_STREAM);
}

static int abstract(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(outside_socket);
    memcpy(address.sun_path + 1, outside_socket, MIN_OF(length, sizeof address.sun_path - 1));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int r = result(connect(fd, (const struct sockaddr *)&address,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
    close(fd);
    return r;
}

/* A network interface beside the loopback. */
static int interface(void) {
    FILE *stream = fopen("/proc/self/net/dev", "r");
    char line[256];
    bool other = false;
    while (stream && fgets(line, sizeof line, stream))
        other |= strchr(line, ':') && !strstr(line, " lo:");
    if (stream)
        fclose(stream);
    return other ? 0 : -ENODEV;
}

/* --- Files ------------------------------------------------------------------------------------ */

static int try_create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    int r = result(fd);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) >= 0 && (status.st_mode & 077) != 0)
        r = -EUNATCH; /* others can read it */
    if (fd >= 0)
        close(fd), unlink(path);
    return r;
}

static int try_open(const char *path, int flags) {
    int fd = open(path, flags | O_NONBLOCK);
    if (fd >= 0)
        close(fd);
    return result(fd);
}

static int write_home(void) {
    return try_create(home, "attempt");
}
static int write_state(void) {
    return try_create(state, "attempt");
}
static int write_config(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/.config/kindly", home);
    return try_create(path, "attempt");
}
static int write_usr(void) {
    return try_create("/usr/bin", "attempt");
}
static int write_run(void) {
    return try_create("/run/everybody", "attempt");
}
static int write_runtime(void) {
    return try_create(getenv("XDG_RUNTIME_DIR"), "attempt");
}
static int write_shm(void) {
    return try_create("/dev/shm", "kindly-attempt");
}
static int see_tmp(void) {
    return result(access(outside_file, R_OK));
}
static int device(void) {
    return try_open("/dev/null", O_RDWR) < 0 ? -EBADF : try_open("/dev/fuse", O_RDWR);
}
/* Their modes refuse it anyway, to an ordinary user. */
static int is_writable(const char *path) {
    struct statvfs status;
    return statvfs(path, &status) < 0 ? -errno : status.f_flag & ST_RDONLY ? -EROFS : 0;
}
static int tunable(void) {
    return is_writable("/proc/sys");
}
static int sysfs(void) {
    return is_writable("/sys");
}
static int control_group(void) {
    return try_open("/sys/fs/cgroup/user.slice/user-4242.slice/user@4242.service/cgroup.procs", O_WRONLY);
}
static int kernel_symbols(void) {
    return try_open("/proc/kallsyms", O_RDONLY);
}

/* A file whose execution would give its owner's rights. */
static int make_setuid(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/attempt-setuid", state);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    int r = fd < 0 ? -errno : result(fchmod(fd, 04700));
    if (fd >= 0)
        close(fd), unlink(path);
    return r;
}

/* --- Rights ----------------------------------------------------------------------------------- */

static int in_child(int (*attempt)(void)) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(-attempt());
    int status;
    return pid < 0 || waitpid(pid, &status, 0) < 0 ? -errno : -WEXITSTATUS(status);
}

static int run_setuid(void) {
    execl(setuid_program, setuid_program, (char *)NULL);
    return -errno;
}
static int become_root(void) {
    return in_child(run_setuid);
}
static int trace_self(void) {
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static int trace(void) {
    return in_child(trace_self);
}
static int unshare_user(void) {
    return result(unshare(CLONE_NEWUSER));
}
static int user_namespace(void) {
    return in_child(unshare_user);
}
static int user_namespace_by_clone(void) {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | 17 /* SIGCHLD */, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    int r = result(pid);
    if (pid > 0)
        waitpid((pid_t)pid, NULL, 0);
    return r;
}
static int mount_something(void) {
    return result(mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}
static int change_root(void) {
    return result(chroot("/"));
}
static int change_owner(void) {
    return result(chown(state, getuid(), getgid()));
}
static int become_other(void) {
    return result(setresuid(getuid(), getuid(), getuid()));
}
static int set_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return result(clock_settime(CLOCK_REALTIME, &now));
}
static int set_host_name(void) {
    return result(sethostname("attempt", 7));
}
static int read_kernel_log(void) {
    return result(syscall(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0));
}
static int load_module(void) {
    return result(syscall(SYS_finit_module, -1, "", 0));
}
static int realtime(void) {
    struct sched_param parameter = {.sched_priority = 0};
    return result(sched_setscheduler(0, SCHED_BATCH, &parameter));
}

/* --- Memory and the kernel's other doors ------------------------------------------------------- */

static int try_map(int protection) {
    void *memory = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    munmap(memory, 4096);
    return 0;
}
static int writable_code(void) {
    return try_map(PROT_READ | PROT_WRITE | PROT_EXEC);
}
static int make_code(void) {
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? -errno : result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}
static int lock_memory(void) {
    return result(mlock(home, 1));
}
static int other_personality(void) {
    return result(personality(PER_LINUX | ADDR_NO_RANDOMIZE));
}
static int keyring(void) {
    return result(syscall(SYS_add_key, "user", "kindly-attempt", "x", 1, -3 /* the process's own */));
}
static int io_uring(void) {
    char parameters[256] = {0};
    return result(syscall(SYS_io_uring_setup, 1, parameters));
}
static int bpf(void) {
    union bpf_attr attributes = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}
static int perf(void) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
                                         .size = sizeof attributes,
                                         .config = PERF_COUNT_SW_CPU_CLOCK,
                                         .exclude_kernel = 1};
    return result(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}
static int capabilities(void) {
    FILE *stream = fopen("/proc/self/status", "r");
    char line[256];
    bool empty = false;
    while (stream && fgets(line, sizeof line, stream))
        empty |= streq(line, "CapBnd:\t0000000000000000\n");
    if (stream)
        fclose(stream);
    return empty ? -EPERM : 0;
}
static int core_dump(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_max == 0 ? -EFBIG : 0;
}

/* Those named so end up in the table of test_sandbox.py, in the same order. */
#define ATTEMPT(name)                                                                                        \
    { #name, name }
static const struct {
    const char *name;
    int (*attempt)(void);
} attempts[] = {
    ATTEMPT(inet),
    ATTEMPT(inet6),
    ATTEMPT(netlink),
    ATTEMPT(local),
    ATTEMPT(abstract),
    ATTEMPT(interface),
    ATTEMPT(write_home),
    ATTEMPT(write_state),
    ATTEMPT(write_config),
    ATTEMPT(write_usr),
    ATTEMPT(write_run),
    ATTEMPT(write_runtime),
    ATTEMPT(write_shm),
    ATTEMPT(see_tmp),
    ATTEMPT(device),
    ATTEMPT(tunable),
    ATTEMPT(sysfs),
    ATTEMPT(control_group),
    ATTEMPT(kernel_symbols),
    ATTEMPT(make_setuid),
    ATTEMPT(become_root),
    ATTEMPT(trace),
    ATTEMPT(user_namespace),
    ATTEMPT(user_namespace_by_clone),
    ATTEMPT(mount_something),
    ATTEMPT(change_root),
    ATTEMPT(change_owner),
    ATTEMPT(become_other),
    ATTEMPT(set_clock),
    ATTEMPT(set_host_name),
    ATTEMPT(read_kernel_log),
    ATTEMPT(load_module),
    ATTEMPT(realtime),
    ATTEMPT(writable_code),
    ATTEMPT(make_code),
    ATTEMPT(lock_memory),
    ATTEMPT(other_personality),
    ATTEMPT(keyring),
    ATTEMPT(io_uring),
    ATTEMPT(bpf),
    ATTEMPT(perf),
    ATTEMPT(capabilities),
    ATTEMPT(core_dump),
};

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    home = argv[1], state = argv[2], outside_file = argv[3], outside_socket = argv[4],
    setuid_program = argv[5];
    for (size_t i = 0; i < ELEMENTSOF(attempts); i++) {
        int r = attempts[i].attempt();
        const char *name = r == 0 ? "ok" : strerrorname_np(-r);
        printf("%s\t%s\n", attempts[i].name, name ? name : "other");
        fflush(stdout);
    }
    return 0;
}
