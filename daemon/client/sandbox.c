/* Three files of /proc/PID tell: status, uid_map, mountinfo. System calls may be filtered for all that runs
 * here (in a container): only more filters than there are on ourselves are a sandbox of kindlyd's. */
#include "daemon/client/sandbox.h"

#include <stdio.h>
#include <unistd.h>

#define LINE_SIZE 4096 /* a longer line of mountinfo is none of "/" */

/* Gives each line to `look` until that returns true: 1. None: 0. */
static int find_line(pid_t pid, const char *name, bool (*look)(const char *line, long *number),
                     long *ret_number) {
    char path[64], line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    int found = 0;
    while (!found && fgets(line, sizeof line, stream))
        found = look(line, ret_number);
    fclose(stream);
    return found;
}

static bool has_no_new_privileges(const char *line, long *unused) {
    (void)unused;
    return streq(line, "NoNewPrivs:\t1\n");
}

/* How many filters there are on system calls; kernels before 5.9 tell only the mode, which is 0 for none. */
static bool is_number_of_filters(const char *line, long *ret) {
    return sscanf(line, "Seccomp_filters: %ld", ret) == 1;
}

static bool is_mode_of_filters(const char *line, long *ret) {
    return sscanf(line, "Seccomp: %ld", ret) == 1;
}

/* One user alone: inside, outside, how many. */
static bool is_of_one_person(const char *line, long *unused) {
    unsigned long inside, outside, count;
    (void)unused;
    return sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == outside && count == 1;
}

/* The root of the file system, read-only; what is mounted over it has lines of its own. */
static bool is_read_only_root(const char *line, long *unused) {
    char where[LINE_SIZE], options[LINE_SIZE];
    (void)unused;
    return sscanf(line, "%*u %*u %*s %*s %4095s %4095s", where, options) == 2 && streq(where, "/") &&
           (streq(options, "ro") || strncmp(options, "ro,", 3) == 0);
}

static int count_filters(pid_t pid, long *ret) {
    int r = find_line(pid, "status", is_number_of_filters, ret);
    if (r == 0)
        r = find_line(pid, "status", is_mode_of_filters, ret);
    return r < 0 ? r : r == 0 ? -ENODATA : 0;
}

static int is_filtered(pid_t pid) {
    long its, ours;
    int r = count_filters(pid, &its);
    if (r >= 0)
        r = count_filters(getpid(), &ours);
    return r < 0 ? r : its > ours;
}

int sandbox_of(pid_t pid, enum sandbox *ret) {
    int r = find_line(pid, "status", has_no_new_privileges, NULL);
    if (r > 0)
        r = is_filtered(pid);
    if (r <= 0) {
        if (r == 0)
            *ret = SANDBOX_NONE;
        return r;
    }
    r = find_line(pid, "uid_map", is_of_one_person, NULL);
    if (r > 0)
        r = find_line(pid, "mountinfo", is_read_only_root, NULL);
    if (r < 0)
        return r;
    *ret = r > 0 ? SANDBOX_STRICT : SANDBOX_BASIC;
    return 0;
}

const char *sandbox_id(enum sandbox sandbox) {
    static const char *const ids[] = {"none", "basic", "strict"};
    return ids[sandbox];
}
