/* Gives a target the files that it is named, or those of a folder, one test each, as libFuzzer would: what
 * was found once stays found, in each build. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/read.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX ((size_t)1024 * 1024)

static int n_done;

static void replay(const char *path) {
    size_t size = 0;
    uint8_t *data = malloc(INPUT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    holds(data && fd >= 0 && read_all(fd, (char *)data, INPUT_MAX, &size) >= 0 && size < INPUT_MAX);
    close(fd);
    uint8_t *exact = malloc(size); /* so that a sanitizer sees what is read past it */
    holds(exact || size == 0);
    memcpy(exact, data, size);
    free(data);
    printf("# %s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    printf("ok %d - %s\n", ++n_done, path);
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *folder) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_shown, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        replay(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

int main(int argc, char **argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (stat(argv[i], &status) < 0)
            continue; /* nothing was found yet */
        if (S_ISDIR(status.st_mode))
            replay_folder(argv[i]);
        else
            replay(argv[i]);
    }
    printf("1..%d\n", n_done);
    return n_done > 0 ? 0 : 1;
}
