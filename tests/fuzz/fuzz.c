/* The file in memory is one and the same memfd each time. Streams are exchanged rather than descriptors,
 * which sanitizers and libFuzzer write to. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/store/guard.h"

_Noreturn void fuzz_fail(const char *condition, const char *file, int line) {
    dprintf(STDERR_FILENO, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

/* What a program would find of the person or the desktop is nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    static const char *const nowhere_to_be_found[] = {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                                      "XDG_STATE_HOME", "XDG_RUNTIME_DIR"};
    holds(setlocale(LC_CTYPE, "C.UTF-8"));
    for (size_t i = 0; i < ELEMENTSOF(nowhere_to_be_found); i++)
        setenv(nowhere_to_be_found[i], "/nowhere", 1);
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("LANGUAGE");
    return 0;
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = strndup((const char *)data, size);
    holds(text);
    return text;
}

const char *fuzz_file(const uint8_t *data, size_t size) {
    static char path[32];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    holds(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

static char folder[PATH_MAX];

static void remove_folder(void) {
    DIR *all = opendir(folder);
    for (struct dirent *entry; all && (entry = readdir(all));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(all), entry->d_name, 0);
    if (all)
        closedir(all);
    rmdir(folder);
}

const char *fuzz_folder(void) {
    static bool made;
    if (!made) {
        const char *within = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/kindly-fuzz-XXXXXX", within ? within : "/dev/shm");
        holds(mkdtemp(folder));
        atexit(remove_folder);
        made = true;
    }
    return folder;
}

static FILE *spoken_out, *spoken_err, *nowhere;

void fuzz_silence(void) {
    if (!nowhere)
        nowhere = fopen("/dev/null", "we");
    holds(nowhere);
    spoken_out = stdout;
    spoken_err = stderr;
    stdout = stderr = nowhere;
}

void fuzz_speak(void) {
    stdout = spoken_out;
    stderr = spoken_err;
}

uint8_t piece_byte(struct pieces *pieces) {
    if (pieces->left == 0)
        return 0;
    pieces->left--;
    return *pieces->at++;
}

uint64_t piece_number(struct pieces *pieces, size_t bytes) {
    uint64_t number = 0;
    while (bytes-- > 0)
        number = number << 8 | piece_byte(pieces);
    return number;
}

char *piece_text(struct pieces *pieces) {
    size_t size = piece_byte(pieces);
    if (size == 255)
        size = (size_t)piece_number(pieces, 2);
    size = MIN_OF(size, pieces->left);
    char *text = fuzz_text(pieces->at, size);
    pieces->at += size;
    pieces->left -= size;
    return text;
}

char *piece_bus_text(struct pieces *pieces) {
    char *text = piece_text(pieces);
    for (char *at = text; *at;) {
        size_t length = utf8_sequence(at);
        if (length == 0)
            *at = '?';
        at += MAX_OF(length, (size_t)1);
    }
    return text;
}
