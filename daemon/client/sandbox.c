/* Three files of /proc/PID tell: status, uid_map, mountinfo. */
#include "daemon/client/sandbox.h"

#include <stdio.h>

#define LINE_SIZE 4096 /* a longer line of mountinfo is none of "/" */

/* The first line for which `is_it` holds: 1; none: 0. */
static int find_line(pid_t pid, const char *name, bool (*is_it)(const char *line)) {
    char path[64], line[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    int found = 0;
    while (!found && fgets(line, sizeof line, stream))
        found = is_it(line);
    fclose(stream);
    return found;
}

static bool has_no_new_privileges(const char *line) {
    return streq(line, "NoNewPrivs:\t1\n");
}

static bool has_filter(const char *line) {
    return streq(line, "Seccomp:\t2\n");
}

/* One user alone: inside, outside, how many. */
static bool is_of_one_person(const char *line) {
    unsigned long inside, outside, count;
    return sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == outside && count == 1;
}

/* The root of the file system, read-only; others are mounted over it, each with a line of its own. */
static bool is_read_only_root(const char *line) {
    char where[LINE_SIZE], options[LINE_SIZE];
    return sscanf(line, "%*u %*u %*s %*s %4095s %4095s", where, options) == 2 && streq(where, "/") &&
           (streq(options, "ro") || strncmp(options, "ro,", 3) == 0);
}

int sandbox_of(pid_t pid, enum sandbox *ret) {
    static const struct {
        const char *file;
        bool (*is_it)(const char *line);
        enum sandbox without;
    } signs[] = {
        {"status", has_no_new_privileges, SANDBOX_NONE},
        {"status", has_filter, SANDBOX_NONE},
        {"uid_map", is_of_one_person, SANDBOX_BASIC},
        {"mountinfo", is_read_only_root, SANDBOX_BASIC},
    };
    enum sandbox sandbox = SANDBOX_STRICT;
    for (size_t i = 0; sandbox == SANDBOX_STRICT && i < ELEMENTSOF(signs); i++) {
        int r = find_line(pid, signs[i].file, signs[i].is_it);
        if (r < 0)
            return r;
        if (r == 0)
            sandbox = signs[i].without;
    }
    *ret = sandbox;
    return 0;
}

const char *sandbox_id(enum sandbox sandbox) {
    static const char *const ids[] = {"none", "basic", "strict"};
    return ids[sandbox];
}
